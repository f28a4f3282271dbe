"""A mapping is compared with what the account has, and names of the account become its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Members
from typing import TYPE_CHECKING

import orjson

from importer import targets
from importer.assembly.connecting import account_fields, target_of
from importer.documents import near
from importer.errors import Mistake, UnusableInputError
from importer.field_rules import FieldRole, FieldRule, ValueType
from importer.language import tr
from importer.model import PlannedField

if TYPE_CHECKING:
    from importer.assembly.means import Means
    from importer.journal import Journal
    from importer.mapping import Mapping
    from importer.model import AccountFields, Connection

_PLACES = "places"  # the fact that keeps how the account names fields, once it was asked
_NUMBERS = frozenset({ValueType.INTEGER, ValueType.DECIMAL})
_DATES = frozenset({ValueType.DATE, ValueType.DATETIME})
# What the account keeps -> the types that can be written to it; of any other, all can.
_FITTING = {
    ValueType.DECIMAL: _NUMBERS,
    ValueType.INTEGER: frozenset({ValueType.INTEGER}),
    ValueType.DATE: _DATES,
    ValueType.BOOLEAN: frozenset({ValueType.BOOLEAN}),
}


def account_mistakes(mapping: Mapping, account: AccountFields) -> list[Mistake]:
    """List what a mapping writes and the account does not have, or keeps as something else.

    With near names; and the consents that a call would leave out, where that counts as a no.
    """
    known = _Known(account)
    wanted = targets.needs_places(mapping.target, [rule.field for rule in mapping.rules])
    mistakes = []
    for rule, place in _rules(mapping):
        code = rule.field.removeprefix("key_")
        if known.has(code) and code in wanted and not known.knows_place(code):
            mistakes.append(mapping.document.mistake(_not_one(code, account), *place))
        elif not known.has(code):
            sentence = tr(
                "the account has no field {field}.{hint}",
                field=code,
                hint=near(code, dict.fromkeys([*account.labels, *account.places])),
            )
            mistakes.append(mapping.document.mistake(sentence, *place))
        elif (kept := known.other_type(code, rule)) is not None:
            sentence = tr(
                "the account keeps {field} as {kept}, and it is of type {type} here: write "
                "type: {kept}",
                field=code,
                kept=kept,
                type=rule.type,
            )
            mistakes.append(mapping.document.mistake(sentence, *place))
    written = {known.place(rule.field) for rule in mapping.rules}
    lacking = [code for code in sorted(account.wants) if known.place(code) not in written]
    if lacking and not mapping.mode.left_out:
        named = ", ".join(f"{code} ({account.labels.get(code, code)})" for code in lacking)
        sentence = tr(
            "the platform takes each preference that a call leaves out for a no, and the mapping "
            "does not write {named}: map them, or write consent: {{left_out: no}} if that is meant",
            named=named,
        )
        mistakes.append(mapping.document.mistake(sentence, "columns"))
    return mistakes


def compare(connection: Connection, mapping: Mapping, account: AccountFields) -> None:
    """Refuse a mapping that writes what the account does not have, or what no call can hold.

    Raises UnusableInputError.
    """
    if mistakes := account_mistakes(mapping, account):
        raise UnusableInputError(*mistakes)
    known = _Known(account)
    fields = tuple(PlannedField(rule.field, rule.type, rule.role) for rule in mapping.rules)
    wanted = targets.needs_places(mapping.target, [field.code for field in fields])
    places = {code: known.place(code) for code in wanted if known.knows_place(code)}
    target_of(connection, mapping, fields, places=places)


def _not_one(code: str, account: AccountFields) -> str:
    return tr(
        "the account has no field {field}, or several of that name.{hint}",
        field=code,
        hint=near(code, dict.fromkeys([*account.labels, *account.places])),
    )


def places_of(
    journal: Journal, connection: Connection, mapping: Mapping, means: Means
) -> Members[str, str]:
    """Give how the account names those fields that a run writes by a name.

    The account is asked once, before the run's first call: from then on its journal knows.

    Raises:
        UnusableInputError: the account cannot be asked, or has no such field.
    """
    wanted = targets.needs_places(mapping.target, [rule.field for rule in mapping.rules])
    if not wanted:
        return {}
    noted = journal.fact(_PLACES)
    if noted is not None:
        told: dict[str, str] = orjson.loads(noted)
        return told
    found = account_fields(connection, means, mapping)
    if isinstance(found, str):
        raise UnusableInputError(
            tr(
                "the account must say which numbers {fields} have, and it cannot be asked: "
                "{reason}",
                fields=", ".join(wanted),
                reason=found,
            )
        )
    known = _Known(found)
    places = {code: known.place(code) for code in wanted}
    unknown = [code for code in wanted if not known.knows_place(code)]
    if unknown:
        raise UnusableInputError(*(_not_one(code, found) for code in unknown))
    journal.set_fact(_PLACES, orjson.dumps(places).decode())
    return places


class _Known:
    """What an account told, asked without regard to case."""

    def __init__(self, account: AccountFields) -> None:
        self._labels = {code.casefold() for code in account.labels}
        self._places = {code.casefold(): place for code, place in account.places.items()}
        self._types = {code.casefold(): type_ for code, type_ in account.types.items()}
        self._beginnings = account.beginnings

    def has(self, code: str) -> bool:
        """Tell whether the account has a field, or does not tell of its kind."""
        alike = code.casefold()
        told = code.startswith(self._beginnings)
        return not told or alike in self._labels or alike in self._places

    def knows_place(self, code: str) -> bool:
        return code.casefold() in self._places

    def place(self, code: str) -> str:
        """Give how the account names a field, which is the code itself where it does not tell."""
        return self._places.get(code.casefold(), code.casefold())

    def other_type(self, code: str, rule: FieldRule) -> ValueType | None:
        """Give what the account keeps in a field that gets something else; None: it fits."""
        kept = self._types.get(code.casefold())
        if kept is None or rule.role is not FieldRole.DATA:
            return None
        return None if rule.type in _FITTING.get(kept, {rule.type}) else kept


def _rules(mapping: Mapping) -> Iterator[tuple[FieldRule, tuple[str, str]]]:
    for column in mapping.columns:
        for rule in column.rules:
            yield rule, ("columns", rule.column)
    for made in mapping.made:
        yield made.rule, (made.section, made.rule.column)
