"""The ``Records`` of an answer to a Merge call, tied to the batch's contacts.

Observed: each element has ``IdRecord``, ``Status``, ``ValidationResult``, ``Message`` and an echo
of the request's ``ID``. Only ``Updated`` and ``OK`` were ever seen; the order, the completeness
and every other word are unknown, so nothing is assumed of them.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from importer.field_rules import ValueType
from importer.issues import IssueCode, message
from importer.model import (
    Outcome,
    Settled,
    Verdict,
    comparable_key,
    comparable_keys,
)
from importer.targets.words import text_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from importer.model import Batch, PlannedField, WriteMode

_WRITTEN = {"created": Verdict.CREATED, "updated": Verdict.UPDATED}
_PLAIN = {"Created": Verdict.CREATED, "Updated": Verdict.UPDATED}
_SKIP = "skip"
_VALID = ("", "ok")
_AS_IT_STANDS = {
    ValueType.TEXT,
    ValueType.EMAIL,
    ValueType.PHONE,
    ValueType.CHOICE,
    ValueType.POSTAL,
    ValueType.LIST,
}
_KEY_SEPARATOR = "\x1f"

# Where two answers to one contact disagree, the one that claims least is believed.
_CLAIM = {
    Verdict.UNKNOWN: 0,
    Verdict.REJECTED: 1,
    Verdict.SKIPPED: 2,
    Verdict.UPDATED: 3,
    Verdict.CREATED: 4,
}


def any_written(answered: Any) -> bool:
    """Tell whether an answer claims that at least one contact was written."""
    if not isinstance(answered, list):
        return False
    return any(
        isinstance(entry, dict) and text_of(entry.get("Status")).lower() in _WRITTEN
        for entry in answered
    )


def settle(
    batch: Batch,
    answered: Any,
    *,
    keys: Sequence[PlannedField],
    mode: WriteMode,
    request_id: str,
) -> Settled:
    """Give each contact its outcome: by the echoed ``ID``; by position only when no echo is there.

    A contact without an answer is unknown. An answer that belongs to no contact, or a second one
    to the same contact, counts as a stranger.
    """
    elements = answered if isinstance(answered, list) else []
    read = [_plain_outcome(element) or _outcome(element, mode) for element in elements]
    outcomes: list[Outcome | None] = [None] * len(batch)
    strangers = 0
    if _in_order(batch, elements, keys):
        outcomes = [*read]
    else:
        strangers = _join(outcomes, read, _positions(batch, elements, keys))
    joined = len(batch) - outcomes.count(None)
    doubts = _doubts(batch) if mode.insert_only else ()
    if doubts or joined < len(batch):
        outcomes = [_believed(one, at in doubts) for at, one in enumerate(outcomes)]
    missing = _missing()
    return Settled(
        outcomes=tuple(one or missing for one in outcomes),
        request_id=request_id,
        joined=joined,
        strangers=strangers,
    )


def _in_order(batch: Batch, elements: Sequence[Any], keys: Sequence[PlannedField]) -> bool:
    """Tell whether each contact's answer stands in its own place: the usual case, quickly told."""
    if len(elements) != len(batch) or len(keys) != 1 or keys[0].type not in _AS_IT_STANDS:
        return False
    code = keys[0].code
    try:
        echoed = [element["ID"][code] for element in elements]
        return comparable_keys([echoed]) == [*batch.keys]
    except (AttributeError, KeyError, TypeError):  # of another form
        return False


def _join(
    outcomes: list[Outcome | None], read: Sequence[Outcome], positions: Sequence[int | None]
) -> int:
    """Put what was read in the places of the contacts it belongs to; count the strangers."""
    strangers = 0
    for position, outcome in zip(positions, read, strict=True):
        earlier = None if position is None else outcomes[position]
        strangers += position is None or earlier is not None
        if position is None:
            continue
        if earlier is None or _CLAIM[outcome.verdict] < _CLAIM[earlier.verdict]:
            outcomes[position] = outcome
    return strangers


def _doubts(batch: Batch) -> Collection[int]:
    """Tell of which contacts an earlier call is in doubt."""
    return range(len(batch)) if batch.repeated else batch.doubtful


def _believed(outcome: Outcome | None, doubtful: bool) -> Outcome:
    """Withdraw what a repeated insert cannot know: who made a contact that is already there."""
    if outcome is None:
        return _missing()
    if doubtful and outcome.verdict is not Verdict.CREATED:
        code = IssueCode.REPEATED_INSERT
        said = outcome.message or outcome.verdict.value
        return Outcome(
            Verdict.UNKNOWN, code, message=message(code, detail=said), record_id=outcome.record_id
        )
    return outcome


def _positions(
    batch: Batch, elements: Sequence[Any], keys: Sequence[PlannedField]
) -> list[int | None]:
    """Find the contact of each answer; None: it belongs to none."""
    if not any(_echo(element) for element in elements):
        if len(elements) != len(batch):
            return [None] * len(elements)
        return [i if isinstance(e, dict) else None for i, e in enumerate(elements)]
    codes, types = [f.code for f in keys], [f.type for f in keys]
    if _AS_IT_STANDS.issuperset(types):
        places = {key: i for i, key in enumerate(batch.keys)}
    else:
        places = {_tie(key.split(_KEY_SEPARATOR), types): i for i, key in enumerate(batch.keys)}
    ties = [_echoed_tie(_echo(element), codes, types) for element in elements]
    return [None if tie is None else places.get(tie) for tie in ties]


def _echo(element: Any) -> Mapping[str, Any]:
    echo = element.get("ID") if isinstance(element, dict) else None
    return echo if isinstance(echo, dict) else {}


def _echoed_tie(
    echo: Mapping[str, Any], codes: Sequence[str], types: Sequence[ValueType]
) -> str | None:
    """Make the text that an echo is found by; None when it lacks a part of the key.

    The vendor's pages write the same field name in two cases, so case does not count in names.
    """
    values = [echo.get(code) for code in codes]
    if None in values:
        named = {name.lower(): value for name, value in echo.items()}
        values = [named.get(code.lower()) for code in codes]
    texts = [_echoed_text(value) for value in values]
    return None if None in texts else _tie([text or "" for text in texts], types)


def _echoed_text(value: Any) -> str | None:
    if type(value) is str:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def _tie(parts: Sequence[str], types: Sequence[ValueType]) -> str:
    if _AS_IT_STANDS.issuperset(types):
        return comparable_key(parts)
    pairs = zip(parts, types, strict=True)
    return comparable_key([_normal(part, type_) for part, type_ in pairs])


def _normal(text: str, type_: ValueType) -> str:
    """Undo what the platform's form of a value changes, so that both sides read alike."""
    match type_:
        case ValueType.DATE | ValueType.DATETIME:
            return text.replace(".", "-")
        case ValueType.INTEGER | ValueType.DECIMAL:
            try:
                return format(Decimal(text).normalize(), "f")
            except InvalidOperation:
                return text
        case ValueType.BOOLEAN | ValueType.CONSENT:
            return {"1": "true", "yes": "true", "0": "false", "no": "false"}.get(text, text)
        case (
            ValueType.TEXT
            | ValueType.EMAIL
            | ValueType.PHONE
            | ValueType.CHOICE
            | ValueType.POSTAL
            | ValueType.LIST
        ):
            return text


def _plain_outcome(element: Any) -> Outcome | None:
    """Read an answer that says nothing but what was written, in the words that are known."""
    try:
        if element["Message"] is None and element["ValidationResult"] == "OK":
            verdict, number = _PLAIN.get(element["Status"]), element["IdRecord"]
            if verdict is not None and type(number) is int and number > 0:
                return Outcome(verdict, record_id=str(number))
    except (KeyError, TypeError):  # of another form
        pass
    return None


def _outcome(element: Any, mode: WriteMode) -> Outcome:
    """Read one answer: ``Created`` or ``Updated`` without a complaint is success, nothing else.

    A contact is left out on purpose only where the mapping asks for it; else it is refused.
    """
    if not isinstance(element, dict):
        return _missing()
    status = text_of(element.get("Status"))
    complaint = text_of(element.get("ValidationResult"))
    told = text_of(element.get("Message"))
    number = text_of(element.get("IdRecord"))
    record_id = "" if number == "0" else number
    complaint = "" if complaint.lower() in _VALID else complaint
    verdict = _WRITTEN.get(status.lower())
    if verdict is not None and not complaint:
        return Outcome(verdict, record_id=record_id)
    if not (status or complaint or told):
        return _missing()
    said = f"{status} ({complaint})" if status and complaint else status or complaint
    words = ": ".join(part for part in (said, told) if part)
    asked = mode.skip_duplicates or mode.skip_unmatched
    if asked and status.lower().startswith(_SKIP):
        return Outcome(
            Verdict.SKIPPED, IssueCode.PLATFORM_SKIPPED, message=words, record_id=record_id
        )
    return Outcome(Verdict.REJECTED, IssueCode.PLATFORM_REFUSED, message=words, record_id=record_id)


def _missing() -> Outcome:
    code = IssueCode.ANSWER_MISSING
    return Outcome(Verdict.UNKNOWN, code, message=message(code))
