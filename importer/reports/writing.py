"""All reports of a run, written while its results pass; each takes its place when it is whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np

from importer.files import write_whole
from importer.issues import Severity
from importer.journal import Lookup
from importer.model import Verdict
from importer.reports.fixes import FixWriter, Refusals
from importer.reports.page import page
from importer.reports.problems import Problems
from importer.reports.summary import RowTotals, RunFacts, Summary
from importer.reports.tables import ResultColumns, result_writer, write_issues
from importer.reports.verified import ReadBack
from importer.reports.withheld import issue_batches
from importer.run_folder import RunFolder, column_batches
from importer.tables import TableDescription

_BY_PLATFORM: dict[str, Severity] = {
    Verdict.REJECTED: Severity.ERROR,
    Verdict.UNKNOWN: Severity.ERROR,
}


class Reports:
    """Writes a run's reports while its results pass; each takes its place only when it is whole.

    ``refusals``: for each table, how a no is written in which of its columns. ``ragged``: whether
    the mapping accepts rows of too few or too many cells. ``lookups``: the contacts that were
    read back.
    """

    def __init__(
        self,
        folder: RunFolder,
        tables: Sequence[TableDescription],
        refusals: Sequence[Refusals] = (),
        *,
        ragged: bool = False,
        lookups: Iterable[Lookup] = (),
    ) -> None:
        self._refusals = refusals
        self._ragged = ragged
        self._lookups = lookups
        self._folder = folder
        self._tables = tables
        self._delimiter = folder.settings.report_delimiter
        self._problems = Problems()
        self._counts: Counter[tuple[int, Verdict]] = Counter()
        self._files = ExitStack()
        self._results: Any = None
        self._fixes: Any = None
        self._read_back: Any = None

    def __enter__(self) -> Reports:
        path = self._folder.path
        self._results = self._files.enter_context(
            result_writer(path / "results.csv", self._tables, self._delimiter)
        )
        sources = column_batches(self._folder.source)
        self._fixes = self._files.enter_context(
            FixWriter(
                path,
                self._tables,
                sources,
                self._delimiter,
                self._refusals,
                evened=self._ragged,
            )
        )
        self._read_back = self._files.enter_context(
            ReadBack(self._folder, self._lookups, self._tables, self._delimiter)
        )
        return self

    def __exit__(self, *error: Any) -> None:
        self._files.__exit__(*error)

    def add(self, results: ResultColumns) -> None:
        """Take the results of the next rows."""
        self._results.add(results)
        self._read_back.add(results)
        self._count(results)
        self._fixes.add(
            results.first, results.table, results.reasons, results.noes, results.withheld
        )
        wanted = [i for i, one in enumerate(results.outcomes) if one.verdict in _BY_PLATFORM]
        for at in np.flatnonzero(np.isin(results.end, wanted)).tolist():
            one = results.outcomes[results.end[at]]
            place = f"{self._tables[results.table[at]].place} row {results.number[at]}"
            self._problems.note(one.code, _BY_PLATFORM[one.verdict], place, one.message)

    def _count(self, results: ResultColumns) -> None:
        """Count the verdicts of each table."""
        ends = len(results.outcomes)
        places, counts = np.unique(
            results.table.astype(np.int64) * ends + results.end, return_counts=True
        )
        for at, count in zip(places.tolist(), counts.tolist(), strict=True):
            table, end = divmod(at, ends)
            self._counts[table, results.outcomes[end].verdict] += count

    def _totals(self) -> list[RowTotals]:
        totals = []
        for index in range(len(self._tables)):
            of = {verdict: self._counts[index, verdict] for verdict in Verdict}
            members = {verdict.value.replace("-", "_"): count for verdict, count in of.items()}
            totals.append(RowTotals(read=sum(of.values()), **members))
        return totals

    def finish(self, facts: RunFacts) -> Summary:
        """Put the row reports in their places, and write issues, summary and page."""
        self._files.close()
        folder = self._folder
        write_issues(
            folder.path / "issues.csv",
            issue_batches(folder),
            column_batches(folder.rows, columns=["table", "number"]),
            self._tables,
            self._delimiter,
            self._problems,
        )
        summary = facts.summary(self._problems.counts(), self._totals())
        write_whole(folder.path / "summary.json", summary.as_json())
        groups = self._problems.groups()
        told = page(summary, groups, folder.settings, self._read_back.shown)
        write_whole(folder.path / "report.html", told.encode())
        return summary
