"""Rows + issues + journal -> one verdict for each row, and totals that must balance."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from importer.errors import DefectError
from importer.issues import IssueCode, Severity, message
from importer.journal import Gap, Journal, SettledBatch
from importer.journal.going_on import goes_on, going_on, in_two_steps
from importer.language import tr
from importer.model import Outcome, Reason, RowCheck, Verdict
from importer.run_folder import RunFolder, column_batches
from importer.tables import TableDescription

_TEXT = pa.large_string()
_WORDED = {Severity.ERROR: Verdict.INVALID, Severity.SKIP: Verdict.SKIPPED}


@dataclass(frozen=True, slots=True)
class RowResults:
    """The results of consecutive rows, as columns of equal length.

    ``first``: the index of the first row in the run. ``table``: which table a row stands in.
    ``end``: which of ``outcomes``, which are few, a row came to; its record id stands in
    ``record_id``. ``reasons``: for rows to be fixed, by index, everything that says why.
    ``noes``: of those, the consents that their key refuses elsewhere. ``withheld``: the consents
    to which they may not say yes, for their address is on a suppression list.
    """

    first: int
    table: NDArray[np.int32]
    number: NDArray[np.int64]
    key: pa.Array
    end: NDArray[np.int32]
    outcomes: Sequence[Outcome]
    batch: pa.Array
    attempts: NDArray[np.int32]
    record_id: pa.Array
    reasons: dict[int, tuple[Reason, ...]]
    noes: dict[int, tuple[str, ...]]
    withheld: dict[int, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.table)

    @property
    def verdict(self) -> list[Verdict]:
        """The verdict of each row."""
        verdicts = [outcome.verdict for outcome in self.outcomes]
        return [verdicts[end] for end in self.end.tolist()]

    def indices_of(self, verdicts: Collection[str]) -> list[int]:
        """Give the indices in the run of the rows that have one of some verdicts."""
        ends = [end for end, one in enumerate(self.outcomes) if one.verdict in verdicts]
        indices: list[int] = (self.first + np.flatnonzero(np.isin(self.end, ends))).tolist()
        return indices


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
    count = batch.num_rows
    first = batch.column("row")[0].as_py()
    checks = batch.column("verdict").to_numpy()
    ends = _Ends(count)
    reasons: dict[int, tuple[Reason, ...]] = {}
    worded = issues.until(first + count)
    for at in np.flatnonzero(np.isin(checks, list(_ENDED_BY_ISSUE))).tolist():
        verdict = _ENDED_BY_ISSUE[checks[at]]
        found = [one for one in worded.get(first + at, ()) if one.end.verdict is verdict]
        if not found:
            raise DefectError(f"no issue says why the row of index {first + at} is {verdict}")
        ends.put(at, found[0].end)
        if verdict is Verdict.INVALID:
            reasons[first + at] = tuple(one.reason() for one in found)
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
_ENDED_BY_ISSUE = {RowCheck.INVALID: Verdict.INVALID, RowCheck.SKIPPED: Verdict.SKIPPED}


class _Ends:
    """The columns of some rows' ends while they are filled; at first, nothing was sent."""

    def __init__(self, count: int) -> None:
        self.known: list[Outcome] = []
        self._places: dict[tuple[Verdict, str, str, str], int] = {}
        self.end = np.full(count, self._place(_not_sent()), dtype=np.int32)
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
        self.end[going] = self._place(_not_sent())
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
        place = tr("row {number}", number=number)
        if winner != table:
            place = tr("row {number} of {table}", number=number, table=tables[winner].shown)
        code = IssueCode.DUPLICATE_REFUSED if refused else IssueCode.DUPLICATE_KEY
        yield Outcome(Verdict.DUPLICATE, code.value, "", message(code, detail=place))


def _not_sent() -> Outcome:
    return Outcome(Verdict.NOT_SENT, IssueCode.NOT_SENT.value, "", message(IssueCode.NOT_SENT))


def _lost() -> Outcome:
    code = IssueCode.ANSWER_LOST
    return Outcome(Verdict.UNKNOWN, code.value, "", message(code))


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
    """Add what an update was told to what the insert was told, where both were refused."""
    for at, update in before.items():
        insert = ends.of(at)
        if update.verdict is insert.verdict is Verdict.REJECTED and update != insert:
            words = tr(
                "{insert} (told to the update before: {update})",
                insert=insert.message,
                update=update.message,
            )
            ends.put(at, replace(insert, message=words))


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
        lost = _lost()
        for gap in self._doubtful:
            for at in places[max(gap.first - start, 0) : max(gap.end - start, 0)].tolist():
                ends.put(at, lost)

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
    """What an issue makes of a row, and the column in which it was found."""

    end: Outcome
    column: str

    def reason(self, *, told: bool = False) -> Reason:
        return Reason(self.end.message, self.column, self.end.field, told)


class _IssueReader:
    """The issues that decided a row, or its consents, asked for in row order."""

    def __init__(self, folder: RunFolder) -> None:
        self._batches = column_batches(folder.issues)
        self._waiting: list[tuple[int, _Deciding]] = []

    def until(self, end: int) -> dict[int, list[_Deciding]]:
        """Give the deciding issues of the next rows, up to ``end``, by row."""
        while not self._waiting or self._waiting[-1][0] < end:
            batch = next(self._batches, None)
            if batch is None:
                break
            self._waiting.extend(_deciding(batch))
        found: dict[int, list[_Deciding]] = {}
        taken = 0
        for row, deciding in self._waiting:
            if row >= end:
                break
            taken += 1
            found.setdefault(row, []).append(deciding)
        del self._waiting[:taken]
        return found


def _deciding(batch: Any) -> Iterator[tuple[int, _Deciding]]:
    columns = [batch.column(name).to_pylist() for name in batch.schema.names]
    for row, severity, code, column, field, value, detail in zip(*columns, strict=True):
        verdict = _WORDED.get(Severity(severity))
        if verdict is None:
            refused = code == IssueCode.CONSENT_CONFLICT and detail == "no"
            if not (refused or (code == IssueCode.SUPPRESSED and field)):
                continue
            verdict = Verdict.NOT_SENT
        text = message(code, column=column or field or "", value=value or "", detail=detail or "")
        yield row, _Deciding(Outcome(verdict, code, field or "", text), column or "")


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
    if passed_over < 0:
        wrong.append(f"rows left out: {totals[Verdict.SKIPPED]}, not {books.skipped} or more")
    if wrong:
        raise DefectError("the verdicts do not balance: " + "; ".join(wrong))


def counted(results: Iterable[RowResults], totals: Counter[str]) -> Iterator[RowResults]:
    """Count the verdicts of results while they pass."""
    for some in results:
        counts = np.bincount(some.end, minlength=len(some.outcomes)).tolist()
        for outcome, count in zip(some.outcomes, counts, strict=True):
            if count:
                totals[outcome.verdict] += count
        yield some
