"""Problems grouped by their code: how many, the first few of each, and the rows they hit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from importer.documents import joined
from importer.issues import IssueCode, Severity
from importer.language import number, tr
from importer.model import Verdict
from importer.reports.problem_rows import KeptRows, ProblemRows, Sentence
from importer.row_results import in_part
from importer.tables import place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from importer.model import Outcome
    from importer.row_results import RowResults
    from importer.tables import TableDescription

EXAMPLES = 5
MOST_STRETCHES = 12
# Of rows of these ends, only the end says what is wrong: no issue of the check does.
_BY_PLATFORM = (Verdict.REJECTED, Verdict.UNKNOWN)
_ALWAYS_BAD = (*_BY_PLATFORM, Verdict.INVALID)


@dataclass(slots=True)
class HitRows:
    """Rows of one table: how many, and the first and last number of the first few stretches."""

    rows: int = 0
    stretches: list[tuple[int, int]] = field(default_factory=list)
    last: int = -1

    def add(self, row: int) -> None:
        """Take a row; the same one twice in a row counts once."""
        if row == self.last:
            return
        self.rows += 1
        if self.stretches and row == self.last + 1 == self.stretches[-1][1] + 1:
            self.stretches[-1] = (self.stretches[-1][0], row)
        elif len(self.stretches) < MOST_STRETCHES:
            self.stretches.append((row, row))
        self.last = row

    @property
    def listed(self) -> str:
        """The rows as people list them: 12, 15 to 18, 40 and 1,203 more."""
        told = joined(_stretch(first, last) for first, last in self.stretches)
        left = self.rows - sum(last - first + 1 for first, last in self.stretches)
        return tr("{rows} and {count} more", rows=told, count=number(left)) if left else told


def _stretch(first: int, last: int) -> str:
    if first == last:
        return str(first)
    if last == first + 1:
        return tr("{one}, {other}", one=first, other=last)
    return tr("{first} to {last}", first=first, last=last)


@dataclass(slots=True)
class Group:
    """All issues of one code. ``examples``: (place, sentence) of the first few.

    ``hit``: index of a table -> which of its rows.
    """

    code: str
    severity: str
    count: int = 0
    examples: list[tuple[str, str]] = field(default_factory=list)
    hit: dict[int, HitRows] = field(default_factory=dict)


class Problems:
    """Counts problems as they pass; keeps a few examples of each, and the rows to search.

    First the results of all rows are added, then the issues are noted, both in row order.
    """

    def __init__(self, tables: Sequence[TableDescription] = ()) -> None:
        self._tables = tables
        self._groups: dict[tuple[str, str], Group] = {}
        self._kept = KeptRows()

    def add(self, results: RowResults) -> None:
        """Take the results of the next rows: the refused, the unknown, those written in part."""
        bad = [end for end, one in enumerate(results.outcomes) if _is_bad(one)]
        at = np.flatnonzero(np.isin(results.end, bad))
        for table, row, end, key in zip(
            results.table[at].tolist(),
            results.number[at].tolist(),
            results.end[at].tolist(),
            results.key.take(at).to_pylist(),
            strict=True,
        ):
            self.keep(table, row, key or "", results.outcomes[end])

    def keep(self, table: int, row: int, key: str, end: Outcome) -> None:
        """Take one such row; ``end``: what it came to."""
        if in_part(end):
            self.note_at(end.code, Severity.WARNING, table, row, end.message, key)
            return
        self._kept.add(table, row, key, end)
        if end.verdict in _BY_PLATFORM:
            self._count(end.code, Severity.ERROR, table, row, end.message)

    def note_at(
        self, code: str, severity: str, table: int, row: int, sentence: str, key: str = ""
    ) -> None:
        """Count one issue of the row ``row`` of the table of that index; ``key``: the row's."""
        self._count(code, severity, table, row, sentence)
        self._kept.note(table, row, key, Sentence(code, severity, sentence))

    def _count(self, code: str, severity: str, table: int, row: int, sentence: str) -> None:
        group = self._one_more(code, severity, sentence, lambda: self._place(table, row))
        hit = group.hit.get(table)
        if hit is None:
            hit = group.hit[table] = HitRows()
        hit.add(row)

    def _one_more(self, code: str, severity: str, sentence: str, place: Callable[[], str]) -> Group:
        group = self._groups.get((code, severity))
        if group is None:
            group = self._groups[code, severity] = Group(code, severity)
        group.count += 1
        if len(group.examples) < EXAMPLES:
            group.examples.append((place(), sentence))
        return group

    def _place(self, table: int, row: int) -> str:
        one = self._tables[table]
        return place_of(one.file, one.sheet, row)

    def groups(self) -> list[Group]:
        """Give the groups: errors first, the most frequent first."""
        return sorted(
            self._groups.values(), key=lambda g: (g.severity != "error", -g.count, g.code)
        )

    def counts(self) -> dict[str, int]:
        """Give the count of each code."""
        return {group.code: group.count for group in self.groups()}

    def rows(self) -> ProblemRows:
        """Give the rows that can be searched on the page."""
        return self._kept.rows()


def _is_bad(end: Outcome) -> bool:
    return end.verdict in _ALWAYS_BAD or end.code == IssueCode.DUPLICATE_REFUSED or in_part(end)
