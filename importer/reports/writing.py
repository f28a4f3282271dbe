"""All reports of a run, written while its results pass; each takes its place when it is whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from importer.files import write_whole
from importer.journal import Call, Lookup, Settlement
from importer.model import Verdict
from importer.reports.fixes import NO_MENDING, FixWriter, Mending
from importer.reports.ledger import Ledger
from importer.reports.pages.page import TOTALS, page
from importer.reports.pages.timeline import timeline
from importer.reports.pages.totals_page import totals_page
from importer.reports.problems import Problems
from importer.reports.summary import RowTotals, RunFacts, Summary
from importer.reports.tables import result_writer, write_issues
from importer.reports.verified import ReadBack
from importer.reports.withheld import issue_batches
from importer.row_results import RowResults
from importer.run_columns import SLICE_ROWS, column_batches
from importer.run_folder import RunFolder, RunSettings
from importer.tables import TableDescription

if TYPE_CHECKING:
    from importer.reports.masking import Masker


class _Writer(Protocol):
    """Writes one report, or the reports of one kind."""

    def add(self, results: RowResults) -> None: ...


class Reports:
    """Writes a run's reports while its results pass; each takes its place only when it is whole.

    ``calls``, ``settlements`` and ``lookups``: the journal's, of all steps. ``mending``: how the
    rows to fix are given back. ``totals``: whether the page without any row is written too.

    With ``masks`` they are those for sending to others, written into the folder ``into``: no person
    is in them, nor anything by which a row could be mended or a consent be proved.
    """

    def __init__(
        self,
        folder: RunFolder,
        tables: Sequence[TableDescription],
        *,
        calls: Sequence[Call] = (),
        settlements: Iterable[Settlement] = (),
        lookups: Iterable[Lookup] = (),
        mending: Mending = NO_MENDING,
        totals: bool = False,
        into: Path | None = None,
        masks: Masker | None = None,
    ) -> None:
        self._folder = folder
        self._tables = tables
        self._calls = calls
        self._settlements = settlements
        self._lookups = lookups
        self._mending = mending
        self._masks = masks
        self._path = into or folder.path
        self._totals_wanted = totals or masks is not None or (self._path / TOTALS).exists()
        self._delimiter = folder.settings.report_delimiter
        self._problems = Problems(tables)
        self._counts: Counter[tuple[int, Verdict]] = Counter()
        self._files = ExitStack()
        self._writers: list[_Writer] = []
        self._read_back: ReadBack | None = None

    def __enter__(self) -> Reports:
        path, tables, delimiter = self._path, self._tables, self._delimiter
        self._opened(result_writer(path / "results.csv", tables, delimiter))
        if self._masks is None:
            sources = column_batches(self._folder.source, SLICE_ROWS)
            self._opened(FixWriter(path, tables, sources, delimiter, self._mending))
            self._read_back = ReadBack(self._folder, self._lookups, tables, delimiter)
            self._opened(self._read_back)
            self._opened(
                Ledger(
                    self._folder,
                    tables,
                    delimiter,
                    settlements=self._settlements,
                    calls=self._calls,
                )
            )
        return self

    def _opened(self, writer: AbstractContextManager[_Writer]) -> None:
        self._writers.append(self._files.enter_context(writer))

    def __exit__(self, *error: Any) -> None:
        self._files.__exit__(*error)

    def add(self, results: RowResults) -> None:
        """Take the results of the next rows."""
        shown = results if self._masks is None else self._masks.results(results)
        for writer in self._writers:
            writer.add(shown)
        self._count(shown)
        self._problems.add(shown)

    def _count(self, results: RowResults) -> None:
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
            totals.append(RowTotals.counted(of, read=sum(of.values())))
        return totals

    def finish(self, facts: RunFacts) -> Summary:
        """Put the row reports in their places, and write issues, summary and pages."""
        self._files.close()
        folder, masks, path = self._folder, self._masks, self._path
        issues = issue_batches(folder)
        places = column_batches(folder.rows, columns=["table", "number", "key"])
        write_issues(
            path / "issues.csv",
            masks.issues(issues) if masks else issues,
            masks.places(places) if masks else places,
            self._tables,
            self._delimiter,
            self._problems,
        )
        summary = facts.summary(self._problems.counts(), self._totals())
        settings = folder.settings
        if masks:
            summary, settings = masks.summary(summary), masks.settings(settings)
        write_whole(path / "summary.json", summary.as_json())
        self._write_pages(summary, settings)
        return summary

    def _write_pages(self, summary: Summary, settings: RunSettings) -> None:
        groups, calls = self._problems.groups(), timeline(self._calls)
        masked = self._masks is not None
        # First, so that the page names it the first time as ever after.
        if self._totals_wanted:
            told = totals_page(summary, groups, calls, masked=masked)
            write_whole(self._path / TOTALS, told.encode())
        told = page(
            summary,
            groups,
            settings,
            self._read_back.shown if self._read_back else None,
            rows=self._problems.rows(),
            calls=calls,
            beside=frozenset(one.name for one in self._path.iterdir()),
            masked=masked,
        )
        write_whole(self._path / "report.html", told.encode())
