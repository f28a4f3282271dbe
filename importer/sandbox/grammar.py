"""Which members a record of a Merge call may have, and what its values become."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from importer.sandbox.errors import RefusalError, UnfitValueError
from importer.sandbox.project import FieldKind, ProjectField
from importer.sandbox.settings import (
    BlankRule,
    SandboxSettings,
    TableKeyRule,
    UnknownFieldRule,
)
from importer.sandbox.values import Check, Scalar, check_date, check_for, check_moment, check_yes_no

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from importer.sandbox.project import Project, Table

_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Member:
    """A name that Data may hold, as project or table spells it, and the check of its values."""

    name: str
    check: Check
    is_key: bool = False


@dataclass(slots=True)
class Candidate:
    """One record of a call, read: its ID and Data as sent, whom it means, what it would write.

    ``key_values`` is empty when ``number`` names the contact. In ``values`` None clears.
    ``problem`` says why the record cannot be taken; empty when it can.
    """

    sent_id: dict[str, Any]
    sent_values: dict[str, Any]
    number: int | None
    key_values: dict[str, Scalar]
    values: dict[str, Scalar | None]
    problem: str


class Grammar:
    """The names of one place. They are matched without regard to case (inferred, not documented).

    ``keys``: the names of the primary key; ``number``: what ID and Record call the number of a
    record, None where no document names it; ``what``: one record, in messages.
    """

    def __init__(
        self,
        settings: SandboxSettings,
        members: Sequence[Member],
        *,
        keys: tuple[str, ...],
        required: tuple[str, ...],
        what: str,
        number: str | None = None,
        key_in_data: TableKeyRule = TableKeyRule.OPTIONAL,
    ) -> None:
        self._settings = settings
        self.key_names = keys
        self.required = required
        self.what = what
        self.key_in_data = key_in_data
        self._number = number
        self._any_field = settings.any_field and number is not None
        self.names = tuple(member.name for member in members)
        self._exact = {member.name: member for member in members}
        self._folded = {member.name.lower(): member for member in members}
        self._keys = {f"key_{name.lower()}": self._exact[name] for name in self.key_names}

    def member(self, name: str) -> Member | None:
        """The member of that name, if there is one."""
        found = self._exact.get(name) or self._folded.get(name.lower())
        if found is None and self._any_field and name[:2].lower() == "f_":
            longest = ProjectField("any").longest
            return Member(name, check_for(FieldKind.TEXT, longest))
        return found

    def fold(self, values: dict[str, Scalar]) -> str:
        """A record's key as it is matched: trimmed, without regard to case."""
        parts = [str(values[name]).strip().lower() for name in self.key_names]
        return parts[0] if len(parts) == 1 else "\x1f".join(parts)

    def read(self, records: object) -> list[Candidate]:
        """Read the Records of a call. Raises RefusalError when the call must be refused whole."""
        if not isinstance(records, list):
            raise RefusalError("BadRequest", "Records must be an array")
        if len(records) > self._settings.max_records:
            raise RefusalError(
                "TooManyRecords",
                f"{len(records)} records are too many; "
                f"at most {self._settings.max_records} records a call",
            )
        if self._settings.unknown_field is UnknownFieldRule.REFUSE:
            self._refuse_unknown(records)
        return [self._read_one(position, one) for position, one in enumerate(records)]

    def _refuse_unknown(self, records: list[object]) -> None:
        unknown: dict[str, int] = {}
        for position, record in enumerate(records):
            values = record.get("Data") if isinstance(record, dict) else None
            for name in values if isinstance(values, dict) else ():
                if name not in self._exact and self.member(name) is None:
                    unknown.setdefault(name, position)
        if unknown:
            places = ", ".join(f"{name} (Records[{at}])" for name, at in unknown.items())
            raise RefusalError("UnknownField", f"unknown field in Data: {places}")

    def _read_one(self, position: int, record: object) -> Candidate:
        if not isinstance(record, dict) or not isinstance(record.get("ID"), dict):
            raise RefusalError("BadRequest", f"Records[{position}] needs an ID object")
        sent_values = record.get("Data")
        if sent_values is None:
            sent_values = {}
        if not isinstance(sent_values, dict) or record.keys() - {"ID", "Data"}:
            raise RefusalError("BadRequest", f"Records[{position}] may hold only ID and Data")
        problems: list[str] = []
        sent_id = record["ID"]
        if self._number is not None and self._number in sent_id:
            number, key_values = self._read_number(position, sent_id, self._number), {}
        else:
            number, key_values = None, self._read_key(position, sent_id, problems)
        values = self._read_values(sent_values, problems)
        return Candidate(
            sent_id, sent_values, number, key_values, values, problem="; ".join(problems)
        )

    def _read_number(self, position: int, sent_id: dict[str, Any], name: str) -> int:
        number = as_number(sent_id[name])
        if number is None or number > _LARGEST_ID or len(sent_id) > 1:
            raise RefusalError(
                "BadRequest", f"Records[{position}].ID: {name} must be one whole number, alone"
            )
        return number

    def _read_key(
        self, position: int, sent_id: dict[str, Any], problems: list[str]
    ) -> dict[str, Scalar]:
        found: dict[str, Scalar] = {}
        for name, value in sent_id.items():
            member = self._keys.get(name.lower())
            if member is None:
                raise RefusalError(
                    "UnknownField", f"Records[{position}].ID: {name} is not part of the key"
                )
            found[member.name] = ""
            if _is_blank(value):
                problems.append(f"{name}: the key is blank")
                continue
            try:
                found[member.name] = member.check(value)
            except UnfitValueError as problem:
                problems.append(f"{name}: {problem}")
        if missing := [name for name in self.key_names if name not in found]:
            raise RefusalError("BadRequest", f"Records[{position}].ID: key_{missing[0]} is missing")
        return found

    def _read_values(self, sent: dict[str, Any], problems: list[str]) -> dict[str, Scalar | None]:
        found: dict[str, Scalar | None] = {}
        rule = self._settings.blank
        for name, value in sent.items():
            member = self._exact.get(name) or self.member(name)
            if member is None:
                if self._settings.unknown_field is UnknownFieldRule.REJECT:
                    problems.append(f"{name}: unknown field")
            elif member.is_key and self.key_in_data is TableKeyRule.REFUSED:
                problems.append(f"{name}: the key may not stand in Data")
            elif _is_blank(value):
                if member.is_key or rule is BlankRule.REFUSE:
                    problems.append(f"{name}: may not be blank")
                elif rule is BlankRule.CLEAR:
                    found[member.name] = None
            else:
                try:
                    found[member.name] = member.check(value)
                except UnfitValueError as problem:
                    problems.append(f"{name}: {problem}")
        return found

    def whole(self, number: int, values: dict[str, Scalar]) -> dict[str, Scalar | None]:
        """A record as the platform shows it: its number, then every field, null when empty."""
        shown: dict[str, Scalar | None] = {}
        if self._number is not None:
            shown[self._number] = number
        shown.update(dict.fromkeys(self.names))
        shown.update(values)
        return shown


def contact_grammar(settings: SandboxSettings) -> Grammar:
    """The names of the project's contacts."""
    fields = settings.project.fields
    return Grammar(
        settings,
        list(_of_contacts(settings.project)),
        keys=tuple(f"f_{code}" for code in settings.project.key_fields),
        required=tuple(f"f_{one.code}" for one in fields if one.required),
        what="contact",
        number="idContact",
    )


def _of_contacts(project: Project) -> Iterator[Member]:
    for one in project.fields:
        check = check_for(one.kind, one.longest)
        yield Member(f"f_{one.code}", check, is_key=one.code in project.key_fields)
    for optin in project.optins:
        yield Member(f"optin_{optin.code}", check_yes_no)
        yield Member(f"dtOptin_{optin.code}", check_moment)
    yield Member("hasTrackingConsent", check_yes_no)
    yield Member("dtTrackingConsent", check_date)


def table_grammar(settings: SandboxSettings, table: Table) -> Grammar:
    """The names of a table's columns, which have no prefix but ``key_`` in ID."""
    members = [
        Member(one.code, check_for(one.kind, one.longest), is_key=one.code in table.key_fields)
        for one in table.fields
    ]
    return Grammar(
        settings,
        members,
        keys=table.key_fields,
        required=tuple(one.code for one in table.fields if one.required),
        what="row",
        key_in_data=settings.table_key_in_data,
    )


def sent_keys(records: Iterable[object]) -> list[object]:
    """The keys of a call's records as sent; of a composite key the list of its parts."""
    keys: list[object] = []
    for record in records:
        sent_id = record.get("ID") if isinstance(record, dict) else None
        parts = list(sent_id.values()) if isinstance(sent_id, dict) else []
        keys.append(parts[0] if len(parts) == 1 else parts)
    return keys


def as_number(value: object) -> int | None:
    """A whole number sent as a JSON integer or as a string, as clients do both; else None."""
    if type(value) is int and value >= 0:
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        return int(value)
    return None


def _is_blank(value: object) -> bool:
    return value is None or value == ""
