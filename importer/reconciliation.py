"""Rows + issues + journal -> one verdict for each row, and totals that must balance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from importer.errors import DefectError
from importer.issues import IssueCode, Severity, message
from importer.journal import Journal, SettledBatch
from importer.model import Outcome, RowCheck, RowResult, TableDescription, Verdict
from importer.run_folder import RunFolder, column_batches

_WORDED = {Severity.ERROR: RowCheck.INVALID, Severity.SKIP: RowCheck.SKIPPED}


@dataclass(frozen=True, slots=True)
class RowResults:
    """The results of consecutive rows. ``first``: the index of the first row in the run.

    ``tables``: the table of each row. ``reasons``: for rows to be fixed, every sentence that says
    why; missing for all others.
    """

    first: int
    results: Sequence[RowResult]
    tables: Sequence[int]
    reasons: dict[int, tuple[str, ...]]


class Books(Protocol):
    """What the check counted, against which the verdicts must balance."""

    @property
    def read(self) -> int: ...
    @property
    def planned(self) -> int: ...
    @property
    def invalid(self) -> int: ...
    @property
    def skipped(self) -> int: ...
    @property
    def duplicate(self) -> int: ...


def reconcile(
    folder: RunFolder,
    journal: Journal,
    tables: Sequence[TableDescription],
    *,
    planned: int,
) -> Iterator[RowResults]:
    """Give every row its verdict, in input order and in bounded memory.

    ``planned``: how many contacts the plan holds.
    """
    outcomes = _Outcomes(journal, planned)
    issues = _IssueReader(folder)
    for batch in column_batches(folder.rows):
        yield _results(batch, tables, outcomes, issues)


def _results(
    batch: Any, tables: Sequence[TableDescription], outcomes: _Outcomes, issues: _IssueReader
) -> RowResults:
    columns = {name: batch.column(name).to_pylist() for name in _NEEDED}
    first = columns["row"][0]
    worded = issues.until(first + batch.num_rows)
    results: list[RowResult] = []
    reasons: dict[int, tuple[str, ...]] = {}
    places = zip(*(columns[name] for name in _NEEDED), strict=True)
    for row, table, number, key, check, position, won_table, won_number, refused in places:
        described = tables[table]
        batch_id, attempts = "", 0
        match check:
            case RowCheck.GOOD:
                outcome, batch_id, attempts = outcomes.at(position)
                if outcome.verdict is Verdict.REJECTED:
                    reasons[row] = (outcome.message,)
            case RowCheck.INVALID:
                outcome = worded[row][0]
                reasons[row] = tuple(issue.message for issue in worded[row])
            case RowCheck.SKIPPED:
                outcome = worded[row][0]
            case _:
                outcome = _duplicate(tables[won_table], table == won_table, won_number, refused)
                if refused:
                    reasons[row] = (outcome.message,)
        results.append(
            RowResult(
                described.file,
                described.sheet,
                number,
                key,
                outcome.verdict.value,
                outcome.code,
                outcome.field,
                outcome.message,
                batch_id,
                attempts,
                outcome.record_id,
            )
        )
    return RowResults(first, results, columns["table"], reasons)


_NEEDED = (
    "row", "table", "number", "key", "verdict", "position",
    "winner_table", "winner_number", "refused",
)  # fmt: skip


def _duplicate(winner: TableDescription, same_table: bool, number: int, refused: bool) -> Outcome:
    place = f"row {number}"
    if not same_table:
        place += f" of {winner.file}" + (f", sheet {winner.sheet}" if winner.sheet else "")
    code = IssueCode.DUPLICATE_REFUSED if refused else IssueCode.DUPLICATE_KEY
    return Outcome(Verdict.DUPLICATE, code.value, "", message(code, detail=place))


_NOT_SENT = Outcome(Verdict.NOT_SENT, IssueCode.NOT_SENT.value, "", message(IssueCode.NOT_SENT))
_LOST = Outcome(Verdict.UNKNOWN, IssueCode.ANSWER_LOST.value, "", message(IssueCode.ANSWER_LOST))


class _Outcomes:
    """The journal's outcomes, asked for in plan order."""

    def __init__(self, journal: Journal, planned: int) -> None:
        self._batches = journal.settled_batches()
        self._attempts: NDArray[np.int32] = journal.attempts_at(planned)
        self._doubtful = [gap for gap in journal.gaps(planned) if gap.in_doubt]
        self._current: SettledBatch | None = next(self._batches, None)

    def at(self, position: int) -> tuple[Outcome, str, int]:
        """Give a contact's outcome, the batch that settled it, and the calls that carried it."""
        attempts = int(self._attempts[position])
        while self._current is not None and self._current.end <= position:
            self._current = next(self._batches, None)
        if self._current is not None and self._current.first <= position:
            outcome = self._current.outcomes[position - self._current.first]
            return outcome, self._current.batch, attempts
        while self._doubtful and self._doubtful[0].end <= position:
            self._doubtful.pop(0)
        if self._doubtful and self._doubtful[0].first <= position:
            return _LOST, "", attempts
        return _NOT_SENT, "", attempts


class _IssueReader:
    """The issues that decided a row, asked for in row order."""

    def __init__(self, folder: RunFolder) -> None:
        self._batches = column_batches(folder.issues)
        self._waiting: list[tuple[int, Outcome]] = []

    def until(self, end: int) -> dict[int, list[Outcome]]:
        """Give the deciding issues of the next rows, up to ``end``, by row."""
        while not self._waiting or self._waiting[-1][0] < end:
            batch = next(self._batches, None)
            if batch is None:
                break
            self._waiting.extend(_deciding(batch))
        found: dict[int, list[Outcome]] = {}
        taken = 0
        for row, outcome in self._waiting:
            if row >= end:
                break
            taken += 1
            found.setdefault(row, []).append(outcome)
        del self._waiting[:taken]
        return found


def _deciding(batch: Any) -> Iterator[tuple[int, Outcome]]:
    columns = [batch.column(name).to_pylist() for name in batch.schema.names]
    for row, severity, code, column, field, value, detail in zip(*columns, strict=True):
        check = _WORDED.get(Severity(severity))
        if check is None:
            continue
        verdict = Verdict.INVALID if check is RowCheck.INVALID else Verdict.SKIPPED
        text = message(code, column=column or field or "", value=value or "", detail=detail or "")
        yield row, Outcome(verdict, code, field or "", text)


# --- the books ------------------------------------------------------------------------------------


def balance(totals: Counter[str], books: Books) -> None:
    """Prove that every row has one verdict and that they add up to what was read.

    Raises:
        DefectError: they do not.
    """
    settled = {Verdict.CREATED, Verdict.UPDATED, Verdict.ACCEPTED, Verdict.REJECTED,
               Verdict.UNKNOWN, Verdict.NOT_SENT}  # fmt: skip
    ends = sum(totals[verdict] for verdict in settled)
    passed_over = totals[Verdict.SKIPPED] - books.skipped  # by the platform, as asked
    claims = {
        "rows read": (sum(totals.values()), books.read),
        "rows refused by our checks": (totals[Verdict.INVALID], books.invalid),
        "duplicates": (totals[Verdict.DUPLICATE], books.duplicate),
        "contacts of the plan": (ends + passed_over, books.planned),
    }
    wrong = [f"{name}: {found}, not {due}" for name, (found, due) in claims.items() if found != due]
    if wrong or passed_over < 0:
        raise DefectError("the verdicts do not balance: " + "; ".join(wrong))


def counted(results: Iterable[RowResults], totals: Counter[str]) -> Iterator[RowResults]:
    """Count the verdicts of results while they pass."""
    for some in results:
        totals.update(result.verdict for result in some.results)
        yield some
