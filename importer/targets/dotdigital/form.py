"""What a mapping writes of a contact, and where each field stands in the account.

Documented by the vendor's specification of the contacts service: at most five consent records and
a hundred lists in a call; ``contactId`` finds a contact and can never be set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from importer.errors import DefectError, UnusableInputError
from importer.field_rules import FieldRole, ValueType
from importer.language import tr
from importer.targets.dotdigital.grammar import (
    CONTACT_ID,
    IDENTIFIER,
    LIST,
    MOST_RECORDS,
    PREFERENCE,
    RECORD,
    names_place,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from importer.model import Connection, PlannedField, Resubscription, WriteMode

_MOST_LISTS = 100  # of one contact


@dataclass(frozen=True, slots=True)
class ContactForm:
    """How the fields of a mapping stand in a contact.

    ``match``: the one that finds it. ``places``: code -> number, of lists and preferences that the
    mapping names otherwise. ``time_zone``: of times of day in the plan. ``option``: how values meet
    those that are stored, as in ``WriteMode``.
    """

    fields: tuple[PlannedField, ...]
    match: PlannedField | None
    places: Mapping[str, str]
    time_zone: str
    resubscription: Resubscription | None
    option: str

    @property
    def match_name(self) -> str:
        """What the platform calls the identifier that finds a contact."""
        return self.match.code.removeprefix(IDENTIFIER) if self.match else ""

    def of(self, beginning: str) -> list[PlannedField]:
        """Give the fields whose codes begin so."""
        return [f for f in self.fields if f.code.startswith(beginning)]

    def planned(self, code: str) -> PlannedField | None:
        """Give the field of this code, if it is written."""
        return next((f for f in self.fields if f.code == code), None)

    def place(self, code: str) -> int:
        """Give the number of a list or a preference. Raises DefectError where it is not known."""
        return int(_place(code, self.places))

    @property
    def subscribed(self) -> str:
        """What is written as the status of whoever says yes, with what stands behind it."""
        asked = self.resubscription
        if asked is None:
            return '"subscribed"'
        options: dict[str, Any] = {"resubscribeWithNoChallenge": not asked.ask_first}
        if asked.locale:
            options["preferredLocale"] = asked.locale
        if asked.redirect:
            options["redirectUrlAfterChallenge"] = asked.redirect
        return '"subscribed","resubscribeOptions":' + orjson.dumps(options).decode()


def form_of(
    connection: Connection,
    fields: tuple[PlannedField, ...],
    *,
    mode: WriteMode,
    places: Mapping[str, str],
) -> ContactForm:
    """Make the form of a contact. Raises UnusableInputError for what no call can hold."""
    if mistakes := [*_mistakes(fields, places), *_times_of_nowhere(connection, fields)]:
        raise UnusableInputError(*mistakes)
    match = next((f for f in fields if f.role is FieldRole.KEY), None)
    return ContactForm(
        fields, match, places, connection.time_zone, mode.resubscription, mode.option
    )


def _times_of_nowhere(connection: Connection, fields: Sequence[PlannedField]) -> list[str]:
    """Refuse times of day of which nobody says where they were: hours may lie between."""
    times = [f.code for f in fields if f.type is ValueType.DATETIME]
    if connection.time_zone or not times:
        return []
    sentence = tr(
        "{fields}: Dotdigital keeps times in UTC, and in which zone the file's times of day were "
        "is not said. Write `time_zone: America/Toronto`, say, in the connection {connection}, or "
        "`time_zone: UTC`.",
        fields=", ".join(times),
        connection=connection.name,
    )
    return [sentence]


def record_numbers(fields: Sequence[PlannedField]) -> list[str]:
    """Give the suffixes of the consent records that are written, in order."""
    parts = [f.code.removeprefix(RECORD) for f in fields if f.code.startswith(RECORD)]
    return sorted({part[len(part.split(".")[0]) :] for part in parts})


def _mistakes(fields: Sequence[PlannedField], places: Mapping[str, str]) -> list[str]:
    """Say what no call of version 3 can hold, a sentence each."""
    found = []
    if len(record_numbers(fields)) > MOST_RECORDS:
        found.append(
            tr(
                "The mapping writes more than {most} consent records, and a contact takes no more "
                "in one call: leave one out.",
                most=MOST_RECORDS,
            )
        )
    if sum(f.code.startswith(LIST) for f in fields) > _MOST_LISTS:
        found.append(
            tr(
                "The mapping writes more than {most} lists, and a contact takes no more in one "
                "call: write the others with another mapping.",
                most=_MOST_LISTS,
            )
        )
    if any(f.code == CONTACT_ID and f.role is not FieldRole.KEY for f in fields):
        found.append(
            tr(
                '"{code}" is the platform\'s own number of a contact: it can find one, and never '
                "be written. Take it out of the mapping, or make it the key.",
                code=CONTACT_ID,
            )
        )
    return found + _same_twice(fields, places)


def needs_places(codes: Sequence[str]) -> tuple[str, ...]:
    """Name the lists and preferences of which only the name is written."""
    return tuple(code for code in codes if names_place(code))


def _same_twice(fields: Sequence[PlannedField], places: Mapping[str, str]) -> list[str]:
    seen: dict[str, str] = {}
    found = []
    for field in fields:
        code = field.code
        if code.startswith((LIST, PREFERENCE)) and (not names_place(code) or code in places):
            meant = code.split(".")[0] + "." + _place(code, places).lstrip("0")
        else:
            meant = code.lower()
        if meant in seen:
            found.append(
                tr(
                    '"{one}" and "{other}" are the same field of Dotdigital: write it once.',
                    one=seen[meant],
                    other=code,
                )
            )
        seen.setdefault(meant, code)
    return found


def _place(code: str, places: Mapping[str, str]) -> str:
    _, _, own = code.partition(".")
    known = places.get(code, "" if names_place(code) else own)
    if not known:
        raise DefectError(f"the place of {code} in the account was not looked up")
    return known.rpartition("/")[2]
