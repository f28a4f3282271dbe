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
)
from importer.targets.dialog_insight.words import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from importer.model import Batch, PlannedField, WriteMode

_WRITTEN = {"created": Verdict.CREATED, "updated": Verdict.UPDATED}
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

_MISSING = Outcome(
    Verdict.UNKNOWN, IssueCode.ANSWER_MISSING, message=message(IssueCode.ANSWER_MISSING)
)

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
    outcomes: list[Outcome | None] = [None] * len(batch)
    strangers = 0
    for position, element in zip(_positions(batch, elements, keys), elements, strict=True):
        if position is None:
            strangers += 1
            continue
        outcome, earlier = _outcome(element, mode), outcomes[position]
        if earlier is None:
            outcomes[position] = outcome
            continue
        strangers += 1
        if _CLAIM[outcome.verdict] < _CLAIM[earlier.verdict]:
            outcomes[position] = outcome
    doubtful = batch.repeated and mode.insert_only
    return Settled(
        outcomes=tuple(_believed(outcome, doubtful) for outcome in outcomes),
        request_id=request_id,
        joined=sum(outcome is not None for outcome in outcomes),
        strangers=strangers,
    )


def _believed(outcome: Outcome | None, doubtful: bool) -> Outcome:
    """Withdraw what a repeated insert cannot know: who made a contact that is already there."""
    if outcome is None:
        return _MISSING
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


def _outcome(element: Mapping[str, Any], mode: WriteMode) -> Outcome:
    """Read one answer: ``Created`` or ``Updated`` without a complaint is success, nothing else.

    A contact is left out on purpose only where the mapping asks for it; else it is refused.
    """
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
        return _MISSING
    said = f"{status} ({complaint})" if status and complaint else status or complaint
    words = ": ".join(part for part in (said, told) if part)
    asked = mode.skip_duplicates or mode.skip_unmatched
    if asked and status.lower().startswith(_SKIP):
        return Outcome(
            Verdict.SKIPPED, IssueCode.PLATFORM_SKIPPED, message=words, record_id=record_id
        )
    return Outcome(Verdict.REJECTED, IssueCode.PLATFORM_REFUSED, message=words, record_id=record_id)
