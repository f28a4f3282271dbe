"""Bars: totals cut into segments, none too narrow to be seen, in per cent of the width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from importer.language import number, tr
from importer.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.reports.summary import ConsentTotals, RowTotals

_NARROWEST = 1.5  # per cent of the bar: what is there can be seen


@dataclass(frozen=True, slots=True)
class Segment:
    """One piece of a bar; ``x`` and ``width`` in per cent. ``label``: empty if it is narrow."""

    name: str
    x: float
    width: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a consent is set to for some contacts; ``width`` of its bar in per cent."""

    name: str
    words: str
    count: int
    width: float


def bar(totals: Sequence[tuple[str, int]]) -> list[Segment]:
    """Cut a bar of 100 per cent into what occurs of named totals, none too narrow to be seen."""
    there = [(name, count) for name, count in totals if count]
    total = sum(count for _, count in there)
    widths = [max(_NARROWEST, 100 * count / total) for _, count in there]
    scale = 100 / sum(widths) if widths else 0
    segments, x = [], 0.0
    for (name, count), raw in zip(there, widths, strict=True):
        width = raw * scale
        label = str(number(count))
        fits = width >= 2.5 + 2.2 * len(label)
        segments.append(Segment(name, round(x, 3), round(width, 3), label if fits else ""))
        x += width
    return segments


def row_bar(rows: RowTotals) -> list[Segment]:
    """Cut a bar into the verdicts of rows."""
    return bar([(verdict.value, rows.of(verdict)) for verdict in Verdict])


def answers(one: ConsentTotals) -> list[Answer]:
    """Lay out what a consent is set to: a yes withheld for what the account holds is no yes."""
    counts = [
        ("yes", tr("yes"), one.yes - one.withheld_by_account),
        ("no", tr("no"), one.no),
        ("left", tr("left alone"), one.left),
        ("withheld", tr("yes withheld"), one.withheld + one.withheld_by_account),
    ]
    most = max(count for _, _, count in counts)
    return [
        Answer(name, words, count, round(max(0.5, 100 * count / most), 3) if count else 0)
        for name, words, count in counts
    ]
