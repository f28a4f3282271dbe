"""What rows came to: as columns for the reports, and the ends of which no platform says anything.

Whoever tells of rows, of all in order or of a single one, takes its ends and sentences from here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from importer.issues import IN_PART, IssueCode, Severity, message
from importer.language import tr
from importer.model import Outcome, Reason, RowCheck, Verdict

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


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
        import numpy as np

        ends = [end for end, one in enumerate(self.outcomes) if one.verdict in verdicts]
        indices: list[int] = (self.first + np.flatnonzero(np.isin(self.end, ends))).tolist()
        return indices


# --- ends that the checks decide ------------------------------------------------------------------

ENDED_BY_ISSUE: Mapping[int, Verdict] = {
    RowCheck.INVALID: Verdict.INVALID,
    RowCheck.SKIPPED: Verdict.SKIPPED,
}
"""What a row came to whose check ended so: its first issue that decides it says why."""

DECIDING: Mapping[str, Verdict] = {
    Severity.ERROR: Verdict.INVALID,
    Severity.SKIP: Verdict.SKIPPED,
}
"""Severity of the issues that decide a row -> what it comes to."""


def decided(
    verdict: Verdict,
    code: str,
    column: str | None,
    field: str | None,
    value: str | None,
    detail: str | None,
) -> Outcome:
    """Give the end of a row that an issue decides; its members are as the run's file has them."""
    told = message(code, column=column, field=field, value=value, detail=detail)
    return Outcome(verdict, code, field or "", told)


def unchanged() -> Outcome:
    """Give the end of a row that is as it was last sent."""
    code = IssueCode.UNCHANGED
    return Outcome(Verdict.SKIPPED, code.value, "", message(code))


def gave_way(number: int, table: str, *, refused: bool) -> Outcome:
    """Give the end of a duplicate; ``number``: of the row that was chosen.

    ``table``: what that row's table is called, "": it is the same one.
    """
    place = tr("row {number}", number=number)
    if table:
        place = tr("row {number} of {table}", number=number, table=table)
    code = IssueCode.DUPLICATE_REFUSED if refused else IssueCode.DUPLICATE_KEY
    return Outcome(Verdict.DUPLICATE, code.value, "", message(code, detail=place))


_T = TypeVar("_T")


class InRowOrder(Generic[_T]):
    """What is said of rows, in their order, asked for in that order; one row may have several."""

    def __init__(self, batches: Iterator[Iterable[tuple[int, _T]]]) -> None:
        self._batches = batches
        self._waiting: list[tuple[int, _T]] = []

    def until(self, end: int) -> dict[int, list[_T]]:
        """Give what is said of the next rows, up to the one of index ``end``, by row."""
        while not self._waiting or self._waiting[-1][0] < end:
            batch = next(self._batches, None)
            if batch is None:
                break
            self._waiting.extend(batch)
        found: dict[int, list[_T]] = {}
        taken = 0
        for row, said in self._waiting:
            if row >= end:
                break
            taken += 1
            found.setdefault(row, []).append(said)
        del self._waiting[:taken]
        return found


# --- ends of contacts -----------------------------------------------------------------------------


def not_sent() -> Outcome:
    """Give the end of a contact whose turn has not come."""
    return Outcome(Verdict.NOT_SENT, IssueCode.NOT_SENT.value, "", message(IssueCode.NOT_SENT))


def answer_lost() -> Outcome:
    """Give the end of a contact that was sent and of which nobody knows what became."""
    code = IssueCode.ANSWER_LOST
    return Outcome(Verdict.UNKNOWN, code.value, "", message(code))


def answer_pending() -> Outcome:
    """Give the end of a contact that the platform took, and has not said yet what became of it."""
    code = IssueCode.ANSWER_PENDING
    return Outcome(Verdict.UNKNOWN, code.value, "", message(code))


def in_part(outcome: Outcome) -> bool:
    """Tell whether a contact was written, but not all of it."""
    return outcome.verdict in _WRITTEN and outcome.code in IN_PART


_WRITTEN = frozenset({Verdict.CREATED, Verdict.UPDATED, Verdict.ACCEPTED})


def with_update(insert: Outcome, update: Outcome) -> Outcome:
    """Add what the update before was told to an insert's outcome, where both were refused."""
    told, before = replace(insert, record_id=""), replace(update, record_id="")
    if not (told.verdict is before.verdict is Verdict.REJECTED) or told == before:
        return insert
    words = tr(
        "{insert} (told to the update before: {update})",
        insert=insert.message,
        update=update.message,
    )
    return replace(insert, message=words)
