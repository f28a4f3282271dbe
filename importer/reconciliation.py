"""Rows + issues + journal -> one verdict for each row, and totals that must balance."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from importer.errors import DefectError
from importer.issues import IssueCode
from importer.journal import Gap, Journal, SettledBatch
from importer.journal.going_on import goes_on, going_on, in_two_steps
from importer.model import Outcome, Reason, RowCheck, Verdict
from importer.row_results import (
    DECIDING,
    ENDED_BY_ISSUE,
    InRowOrder,
    RowResults,
    answer_lost,
    answer_pending,
    decided,
    gave_way,
    in_part,
    not_sent,
    unchanged,
    with_update,
)
from importer.run_columns import SLICE_ROWS, column_batches
from importer.run_folder import RunFolder
from importer.tables import TableDescription

_TEXT = pa.large_string()


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
    issues = InRowOrder(map(_deciding, column_batches(folder.issues)))
    for batch in column_batches(folder.rows, SLICE_ROWS):
        yield _results(batch, tables, outcomes, issues)


def _results(
    batch: Any,
    tables: Sequence[TableDescription],
    outcomes: _Outcomes,
    issues: InRowOrder[_Deciding],
) -> RowResults:
    count = batch.num_rows
    first = batch.column("row")[0].as_py()
    checks = batch.column("verdict").to_numpy()
    ends = _Ends(count)
    reasons: dict[int, tuple[Reason, ...]] = {}
    worded = issues.until(first + count)
    for at in np.flatnonzero(np.isin(checks, list(ENDED_BY_ISSUE))).tolist():
        verdict = ENDED_BY_ISSUE[checks[at]]
        found = [one for one in worded.get(first + at, ()) if one.end.verdict is verdict]
        if not found:
            raise DefectError(f"no issue says why the row of index {first + at} is {verdict}")
        ends.put(at, found[0].end)
        if verdict is Verdict.INVALID:
            reasons[first + at] = tuple(one.reason() for one in found)
    ends.put_same(np.flatnonzero(checks == RowCheck.UNCHANGED), unchanged())
    duplicates = np.flatnonzero(checks == RowCheck.DUPLICATE)
    for at, outcome in zip(
        duplicates.tolist(), _duplicates(batch.take(pa.array(duplicates)), tables), strict=True
    ):
        ends.put(at, outcome)
        if outcome.code == IssueCode.DUPLICATE_REFUSED:
            reasons[first + at] = (Reason(outcome.message),)
    planned = np.flatnonzero(checks == RowCheck.GOOD)
    if len(planned):
        start = batch.column("position")[int(planned[0])].as_py()
        for at in outcomes.fill(ends, planned, start):
            refused = ends.of(at)
            reasons[first + at] = (Reason(refused.message, field=refused.field),)
    noes: dict[int, tuple[str, ...]] = {}
    withheld: dict[int, tuple[str, ...]] = {}
    for row in reasons:
        for code, consents in ((_CONFLICT, noes), (_SUPPRESSED, withheld)):
            said = [one for one in worded.get(row, ()) if (one.end.verdict, one.end.code) == code]
            if said:
                consents[row] = tuple(one.end.field for one in said)
                reasons[row] += tuple(one.reason(told=True) for one in said)
    return RowResults(
        first=first,
        table=batch.column("table").to_numpy(),
        number=batch.column("number").to_numpy(),
        key=batch.column("key"),
        end=ends.end,
        outcomes=ends.known,
        batch=ends.texts(ends.batch),
        attempts=ends.attempts,
        record_id=ends.texts(ends.record_id),
        reasons=dict(sorted(reasons.items())),
        noes=noes,
        withheld=withheld,
    )


# Warnings that decide no verdict, but what the file to fix may say.
_CONFLICT = (Verdict.NOT_SENT, IssueCode.CONSENT_CONFLICT)
_SUPPRESSED = (Verdict.NOT_SENT, IssueCode.SUPPRESSED)


class _Ends:
    """The columns of some rows' ends while they are filled; at first, nothing was sent."""

    def __init__(self, count: int) -> None:
        self.known: list[Outcome] = []
        self._places: dict[tuple[Verdict, str, str, str], int] = {}
        self.end = np.full(count, self._place(not_sent()), dtype=np.int32)
        self.batch = np.full(count, "", dtype=object)
        self.attempts = np.zeros(count, dtype=np.int32)
        self.record_id = np.full(count, "", dtype=object)
        self._none_sent = True

    def _place(self, outcome: Outcome) -> int:
        """Tell which of the known outcomes this one is, but for its record id."""
        members = (outcome.verdict, outcome.code, outcome.field, outcome.message)
        place = self._places.setdefault(members, len(self.known))
        if place == len(self.known):
            self.known.append(Outcome(*members))
        return place

    def put(self, at: int, outcome: Outcome) -> None:
        """Put in an end of which the platform said nothing."""
        self.end[at] = self._place(outcome)

    def put_same(self, at: NDArray[np.int64], outcome: Outcome) -> None:
        """Put in one end for several rows."""
        if len(at):
            self.end[at] = self._place(outcome)

    def put_all(self, at: NDArray[np.int64], outcomes: Sequence[Outcome], batch: str) -> None:
        self._none_sent = False
        self.batch[at] = batch
        self.end[at] = [self._place(outcome) for outcome in outcomes]
        self.record_id[at] = [outcome.record_id for outcome in outcomes]

    def settle(self, at: int, outcome: Outcome) -> None:
        """Put in what was found out later; the call that carried the row stays."""
        self.put(at, outcome)
        self.record_id[at] = outcome.record_id or self.record_id[at]

    def take_back(self, places: NDArray[np.int64]) -> dict[int, Outcome]:
        """Make of those that go on to another step, for now, that they were not sent.

        Gives what was said of them so far, where those are words of refusal.
        """
        passed = [end for end, one in enumerate(self.known) if goes_on(one)]
        going = places[np.isin(self.end[places], passed)]
        refused = {at: self.of(at) for at in self.where(going, Verdict.REJECTED)}
        self.end[going] = self._place(not_sent())
        self.batch[going] = self.record_id[going] = ""
        return refused

    def where(self, places: NDArray[np.int64], verdict: Verdict) -> list[int]:
        """Find those of some places whose end is a verdict."""
        ends = [end for end, one in enumerate(self.known) if one.verdict is verdict]
        found: list[int] = places[np.isin(self.end[places], ends)].tolist()
        return found

    def texts(self, members: NDArray[np.object_]) -> pa.Array:
        """Give the batches or record ids as a column; before anything is sent, all are blank."""
        if self._none_sent:
            return pa.repeat(pa.scalar("", _TEXT), len(members))
        return pa.array(members, _TEXT)

    def of(self, at: int) -> Outcome:
        return self.known[int(self.end[at])]


def _duplicates(batch: Any, tables: Sequence[TableDescription]) -> Iterator[Outcome]:
    names = ("table", "winner_table", "winner_number", "refused")
    columns = [batch.column(name).to_pylist() for name in names]
    for table, winner, number, refused in zip(*columns, strict=True):
        place = "" if winner == table else tables[winner].shown
        yield gave_way(number, place, refused=refused)


class _Outcomes:
    """The journal's outcomes, asked for in plan order.

    Of a run in two steps the second has the last word on a contact that went on to it, whose
    attempts are those of both. What was looked up afterwards settles what was unknown.
    """

    def __init__(self, journal: Journal, planned: int) -> None:
        self._first = _Step(journal.at_step(0), planned)
        self._second: _Step | None = None
        if in_two_steps(journal):
            self._going_on = going_on(journal, planned)
            self._second = _Step(journal.at_step(1), len(self._going_on))
        self._looked_up = [
            (one.position, one.outcome) for one in journal.lookups() if one.outcome is not None
        ]

    def fill(self, ends: _Ends, planned: NDArray[np.int64], start: int) -> list[int]:
        """Put in the ends of contacts whose plan positions begin at ``start``.

        ``planned``: where their rows stand among the ends. Gives where the rejected ones stand.
        """
        end = start + len(planned)
        self._first.fill(ends, planned, start)
        if self._second is not None:
            before = ends.take_back(planned)
            low, high = self._going_on.searchsorted([start, end]).tolist()
            places = planned[self._going_on[low:high] - start]
            self._second.fill(ends, places, low)
            _say_both(ends, before)
        first = bisect_left(self._looked_up, start, key=_position)
        for position, outcome in self._looked_up[first:]:
            if position >= end:
                break
            ends.settle(int(planned[position - start]), outcome)
        return ends.where(planned, Verdict.REJECTED)


def _position(looked_up: tuple[int, Outcome]) -> int:
    return looked_up[0]


def _say_both(ends: _Ends, before: Mapping[int, Outcome]) -> None:
    for at, update in before.items():
        ends.put(at, with_update(ends.of(at), update))


class _Step:
    """What one step of the sending says of its contacts, asked for in the order of its plan."""

    def __init__(self, journal: Journal, planned: int) -> None:
        self._batches = journal.settled_batches()
        self._attempts: NDArray[np.int32] = journal.attempts_at(planned)
        self._doubtful: list[Gap] = [gap for gap in journal.gaps(planned) if gap.in_doubt]
        self._current: SettledBatch | None = next(self._batches, None)

    def fill(self, ends: _Ends, places: NDArray[np.int64], start: int) -> None:
        """Put in the ends of contacts whose positions begin at ``start``."""
        end = start + len(places)
        ends.attempts[places] += self._attempts[start:end]
        for settled in self._settled(start, end):
            low, high = max(settled.first, start), min(settled.end, end)
            outcomes = settled.outcomes[low - settled.first : high - settled.first]
            ends.put_all(places[low - start : high - start], outcomes, settled.batch)
        lost, pending = answer_lost(), answer_pending()
        for gap in self._doubtful:
            at = places[max(gap.first - start, 0) : max(gap.end - start, 0)]
            ends.put_same(at, pending if gap.ticket else lost)

    def _settled(self, start: int, end: int) -> Iterator[SettledBatch]:
        """Give the settled batches that reach into a stretch of the plan, in its order."""
        while self._current is not None and self._current.first < end:
            if self._current.end > start:
                yield self._current
            if self._current.end > end:
                return
            self._current = next(self._batches, None)


@dataclass(frozen=True, slots=True)
class _Deciding:
    """What an issue makes of a row, or of its consents; and the column in which it was found."""

    end: Outcome
    column: str

    def reason(self, *, told: bool = False) -> Reason:
        return Reason(self.end.message, self.column, self.end.field, told)


def _deciding(batch: Any) -> Iterator[tuple[int, _Deciding]]:
    columns = [batch.column(name).to_pylist() for name in batch.schema.names]
    for row, severity, code, column, field, value, detail in zip(*columns, strict=True):
        verdict = DECIDING.get(severity)
        if verdict is None:
            refused = code == IssueCode.CONSENT_CONFLICT and detail == "no"
            if not (refused or (code == IssueCode.SUPPRESSED and field)):
                continue
            verdict = Verdict.NOT_SENT
        end = decided(verdict, code, column, field, value, detail)
        yield row, _Deciding(end, column or "")


# --- the books ------------------------------------------------------------------------------------


def balance(totals: Counter[str], books: Books) -> None:
    """Prove that every row has one verdict and that they add up to what was read.

    Raises:
        DefectError: they do not.
    """
    settled = {Verdict.CREATED, Verdict.UPDATED, Verdict.ACCEPTED, Verdict.REJECTED,
               Verdict.UNKNOWN, Verdict.NOT_SENT}  # fmt: skip
    ends = sum(totals[verdict] for verdict in settled)
    rows = sum(totals[verdict] for verdict in Verdict)
    passed_over = totals[Verdict.SKIPPED] - books.skipped  # by the platform, as asked
    claims = {
        "rows read": (rows, books.read),
        "rows refused by our checks": (totals[Verdict.INVALID], books.invalid),
        "duplicates": (totals[Verdict.DUPLICATE], books.duplicate),
        "contacts of the plan": (ends + passed_over, books.planned),
    }
    wrong = [f"{name}: {found}, not {due}" for name, (found, due) in claims.items() if found != due]
    if passed_over < 0:
        wrong.append(f"rows left out: {totals[Verdict.SKIPPED]}, not {books.skipped} or more")
    if wrong:
        raise DefectError("the verdicts do not balance: " + "; ".join(wrong))


IN_PART_ROWS = "in-part"
"""What counts, beside the verdicts, rows of which only a part was written."""


def counted(results: Iterable[RowResults], totals: Counter[str]) -> Iterator[RowResults]:
    """Count the verdicts of results while they pass, and the rows that were written in part."""
    for some in results:
        counts = np.bincount(some.end, minlength=len(some.outcomes)).tolist()
        for outcome, count in zip(some.outcomes, counts, strict=True):
            if count:
                totals[outcome.verdict] += count
                if in_part(outcome):
                    totals[IN_PART_ROWS] += count
        yield some
