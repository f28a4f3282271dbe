"""The limits that hold for a run's calls, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from importer.language import decimal, mark, number, tr
from importer.reports.words.figures import duration, size

if TYPE_CHECKING:
    from importer.reports.summary import LimitsInForce

_LIMITS = {
    "rows_per_call": mark("contacts a call"),
    "bytes_per_call": mark("size of a call"),
    "calls_per_second": mark("calls a second"),
    "calls_per_minute": mark("calls a minute"),
    "calls_per_hour": mark("calls an hour"),
    "calls_per_day": mark("calls a day"),
    "in_flight": mark("calls at the same time"),
    "timeout_seconds": mark("longest wait for an answer"),
    "attempts": mark("attempts for a call"),
}


@dataclass(frozen=True, slots=True)
class LimitLine:
    """A limit: what it bounds and its value, in words; ``own``: the connection set it."""

    words: str
    value: str
    own: bool


def limit_lines(limits: LimitsInForce | None) -> list[LimitLine]:
    """Lay out the limits in force; one that the connection lifted is told as well."""
    if limits is None:
        return []
    lines = []
    for name, words in _LIMITS.items():
        value, own = getattr(limits, name), name in limits.configured
        if value is None and not own:
            continue
        lines.append(LimitLine(tr(words), _written(name, value), own))
    return lines


def _written(name: str, value: float | None) -> str:
    match name, value:
        case _, None:
            return tr("no limit")
        case "bytes_per_call", _:
            return size(int(value))
        case "timeout_seconds", _:
            return duration(value)
        case _:
            return number(int(value)) if value == int(value) else decimal(value, 2)
