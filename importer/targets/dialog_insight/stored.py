"""A contact as Contacts.Get shows it, in the plan's canonical text, and how it differs.

The call and the flat objects of its answer are known from public client code only; so is that a
contact which is not there is an empty list. Several forms are read of each kind of value, for
which one the platform writes is not known. Nor is how many contacts an answer shows at most.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import orjson

from importer.errors import InDoubtError, Refusal, RefusedError
from importer.field_rules import ValueType
from importer.language import tr
from importer.model import Difference, comparable_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from importer.model import PlannedField

_KEY = "key_"
_YES_OR_NO = {"1": "yes", "true": "yes", "yes": "yes", "0": "no", "false": "no", "no": "no"}
_DAY = 10  # characters of a date
_CLOCK = re.compile(r"(\d\d:\d\d)(?::(\d\d)(?:\.0*)?)?Z?")
_MIDNIGHT = " 00:00:00"
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_LARGEST_POWER = 40  # of ten; a number beyond it stays as it is written
_ALL_SHOWN = 10  # contacts; a longer answer may have left some out
# The part of a key that fewest contacts have in common is asked for: the first of these kinds.
_TELLING = (
    ValueType.EMAIL,
    ValueType.PHONE,
    ValueType.TEXT,
    ValueType.INTEGER,
    ValueType.DECIMAL,
    ValueType.LIST,
    ValueType.POSTAL,
    ValueType.DATETIME,
    ValueType.DATE,
    ValueType.CHOICE,
    ValueType.BOOLEAN,
    ValueType.CONSENT,
)


def clause(fields: Sequence[PlannedField], key: Sequence[str]) -> dict[str, Any]:
    """Ask for the contacts that have one part of a key: one field is all that is known.

    Its value has the form in which a Merge call writes it.
    """
    place = _most_telling(fields)
    return {
        "$type": "FieldClause",
        "Field": {"Name": _member(fields[place])},
        "TypeOperator": "Equal",
        "ComparisonValue": _wire(fields[place].type, key[place]),
    }


def found(
    members: Mapping[str, Any],
    keys: Sequence[PlannedField],
    key: Sequence[str],
    fields: Sequence[PlannedField],
) -> Mapping[str, str] | None:
    """Give a contact's stored values: field code -> canonical text, without those it lacks.

    None: there is no such contact. Raises InDoubtError for an answer that cannot be understood,
    RefusedError(CALL) for one that does not tell whether this contact is there.
    """
    listed = members.get("Records")
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise InDoubtError(tr("The platform's answer about a contact cannot be understood."))
    wanted = _tie(keys, key)
    for one in listed:
        named = {str(name).lower(): value for name, value in one.items()}
        if any(_member(field).lower() not in named for field in keys):
            raise InDoubtError(tr("The platform's answer about a contact does not show its key."))
        parts = [_text(named[_member(field).lower()]) or "" for field in keys]
        if _tie(keys, parts) == wanted:
            texts = {field.code: _canonical(field, named) for field in fields}
            return {code: text for code, text in texts.items() if text is not None}
    _refuse_doubtful_absence(keys, len(listed))
    return None


def differences(
    fields: Sequence[PlannedField],
    sent: Mapping[str, str | None],
    stored: Mapping[str, str],
) -> tuple[Difference, ...]:
    """List the fields that were sent and are stored otherwise; what was left alone is no matter.

    Addresses are compared without regard to case, texts without regard to how line ends and
    accents are encoded.
    """
    found = []
    for field in fields:
        text, other = sent.get(field.code), stored.get(field.code, "")
        if text is not None and _same(field.type, text) != _same(field.type, other):
            found.append(Difference(field.code, text, other))
    return tuple(found)


# --- which contact -------------------------------------------------------------------------------


def _most_telling(fields: Sequence[PlannedField]) -> int:
    return min(range(len(fields)), key=lambda at: _TELLING.index(fields[at].type))


def _member(field: PlannedField) -> str:
    return field.code.removeprefix(_KEY)


def _tie(keys: Sequence[PlannedField], parts: Sequence[str]) -> str:
    """Make the text by which a contact of the plan is known again in an answer."""
    pairs = zip(keys, parts, strict=True)
    return comparable_key([_same(field.type, part) for field, part in pairs])


def _refuse_doubtful_absence(keys: Sequence[PlannedField], others: int) -> None:
    """Believe that a contact is not there only where the answer must have shown it."""
    if others and len(keys) == 1:
        raise RefusedError(
            tr("The platform answered with other contacts than the one that was asked for."),
            scope=Refusal.CALL,
        )
    if others >= _ALL_SHOWN:
        raise RefusedError(
            tr(
                "The platform shows {contacts} contacts that have the same {field}, and may have "
                "left out the one that was asked for.",
                contacts=others,
                field=_asked(keys),
            ),
            scope=Refusal.CALL,
        )


def _asked(keys: Sequence[PlannedField]) -> str:
    return _member(keys[_most_telling(keys)])


# --- forms of a value ----------------------------------------------------------------------------


def _wire(type_: ValueType, text: str) -> Any:
    """Write a part of a key as a Merge call does."""
    match type_:
        case ValueType.DATE | ValueType.DATETIME:
            return text.replace("-", ".")
        case ValueType.INTEGER | ValueType.DECIMAL:
            # Its digits as they stand: a float would round them.
            return orjson.Fragment(text) if _NUMBER.fullmatch(text) else text
        case ValueType.BOOLEAN | ValueType.CONSENT:
            answer = _YES_OR_NO.get(text)
            return text if answer is None else int(answer == "yes")
        case (
            ValueType.TEXT
            | ValueType.EMAIL
            | ValueType.PHONE
            | ValueType.CHOICE
            | ValueType.POSTAL
            | ValueType.LIST
        ):
            return text


def _canonical(field: PlannedField, named: Mapping[str, Any]) -> str | None:
    text = _text(named.get(field.code.lower()))
    return None if text is None else _normal(field.type, text)


def _text(value: Any) -> str | None:
    """Give a JSON value as text; None for what says nothing."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "|".join(_text(one) or "" for one in value)
    return value if isinstance(value, str) else str(value)


def _same(type_: ValueType, text: str) -> str:
    """Give one text to all the texts that mean the same."""
    text = _normal(type_, text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if type_ is ValueType.EMAIL:
        return text.strip().lower()
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _normal(type_: ValueType, text: str) -> str:
    """Write a value as the plan does, whichever of the known forms it has."""
    if not text:
        return ""
    match type_:
        case ValueType.DATE:
            return _dashed(text[:_DAY])
        case ValueType.DATETIME:
            return _dashed(text[:_DAY]) + _clock(text[_DAY:])
        case ValueType.INTEGER | ValueType.DECIMAL:
            return _number(text)
        case ValueType.CONSENT:
            return _YES_OR_NO.get(text.lower(), text)
        case ValueType.BOOLEAN:
            answer = _YES_OR_NO.get(text.lower())
            return text if answer is None else {"yes": "true", "no": "false"}[answer]
        case (
            ValueType.TEXT
            | ValueType.EMAIL
            | ValueType.PHONE
            | ValueType.CHOICE
            | ValueType.POSTAL
            | ValueType.LIST
        ):
            return text


def _dashed(day: str) -> str:
    return day.replace(".", "-").replace("/", "-")


def _clock(text: str) -> str:
    """Write a time of day as the plan does; none at all is midnight."""
    known = _CLOCK.fullmatch(text.replace("T", " ").strip())
    if known is None:
        return text or _MIDNIGHT
    return f" {known[1]}:{known[2] or '00'}"


def _number(text: str) -> str:
    """Write a number without an exponent and without zeros that say nothing."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if not number.is_finite() or abs(number.adjusted()) > _LARGEST_POWER:
        return text
    digits = format(number, "f")
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return "0" if number == 0 else digits
