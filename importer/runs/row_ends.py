"""What one row of a run came to, as its reports say it, without reading the other rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from importer import pipeline
from importer.journal import Call, CallResult, Journal, Lookup
from importer.journal.going_on import goes_on, going_on, in_two_steps
from importer.journal.one_contact import calls_of, settled_batch_of
from importer.language import speaking
from importer.model import Outcome, RowCheck
from importer.row_results import (
    DECIDING,
    ENDED_BY_ISSUE,
    answer_lost,
    answer_pending,
    decided,
    gave_way,
    not_sent,
    unchanged,
    with_update,
)
from importer.run_folder import RunFolder
from importer.runs.fitting import KnownRow
from importer.tables import TableDescription

_IN_DOUBT = frozenset({CallResult.OPEN, CallResult.IN_DOUBT})
_DECIDED_BY = ("code", "column", "field", "value", "detail")


@dataclass(frozen=True, slots=True)
class Settling:
    """The platform's answer to a contact: ``call``: the number of the last call that carried it."""

    call: int
    batch: str
    outcome: Outcome
    request_id: str
    at: str


@dataclass(frozen=True, slots=True)
class RowEnd:
    """What a row came to, and how: its calls and the answers to them, in the order of the steps.

    ``batch``: the one that settled it. ``attempts``: the calls that carried it.
    """

    outcome: Outcome
    batch: str = ""
    attempts: int = 0
    calls: tuple[Call, ...] = ()
    settlings: tuple[Settling, ...] = ()
    lookup: Lookup | None = None


class RunRows:
    """Tells of single rows of one run what they came to."""

    def __init__(self, folder: RunFolder, journal: Journal) -> None:
        self.folder = folder
        self.journal = journal
        self.tables: Sequence[TableDescription] = pipeline.tables_of(journal)
        self._planned = pipeline.plan_facts(journal).planned

    @cached_property
    def _lookups(self) -> dict[int, Lookup]:
        return {one.position: one for one in self.journal.lookups()}

    @cached_property
    def _going_on(self) -> Any:
        return going_on(self.journal, self._planned)

    def end_of(self, row: KnownRow, issues: Sequence[Mapping[str, Any]]) -> RowEnd:
        """Tell what a row came to, in the run's language, which details of issues are in.

        ``issues``: what the run's issues say of it, in their order.
        """
        with speaking(self.folder.settings.language):
            return self._end_of(row, issues)

    def _end_of(self, row: KnownRow, issues: Sequence[Mapping[str, Any]]) -> RowEnd:
        match row.check:
            case RowCheck.GOOD:
                return self._sent(row.position)
            case RowCheck.DUPLICATE:
                same = row.winner_table == row.table
                table = "" if same else self.tables[row.winner_table].shown
                return RowEnd(gave_way(row.winner_number, table, refused=row.refused))
            case RowCheck.UNCHANGED:
                return RowEnd(unchanged())
            case RowCheck.INVALID | RowCheck.SKIPPED:
                verdict = ENDED_BY_ISSUE[row.check]
                found = next(one for one in issues if DECIDING.get(one["severity"]) is verdict)
                return RowEnd(decided(verdict, *(found[name] for name in _DECIDED_BY)))

    def _sent(self, position: int) -> RowEnd:
        end = _step_end(self.journal.at_step(0), position)
        if in_two_steps(self.journal) and end.settlings and goes_on(end.outcome):
            end = self._second(position, end)
        lookup = self._lookups.get(position)
        if lookup is None or lookup.outcome is None:
            return replace(end, lookup=lookup)
        known = lookup.outcome
        outcome = replace(known, record_id=known.record_id or end.outcome.record_id)
        return replace(end, outcome=outcome, lookup=lookup)

    def _second(self, position: int, update: RowEnd) -> RowEnd:
        """Tell what a contact came to that went on to the second step, or was to."""
        place = int(self._going_on.searchsorted(position))
        if place == len(self._going_on) or self._going_on[place] != position:
            return replace(update, outcome=not_sent(), batch="")
        insert = _step_end(self.journal.at_step(1), place)
        return RowEnd(
            with_update(insert.outcome, update.outcome),
            insert.batch,
            update.attempts + insert.attempts,
            (*update.calls, *insert.calls),
            (*update.settlings, *insert.settlings),
        )


def _step_end(journal: Journal, position: int) -> RowEnd:
    """Tell what a contact came to in one step of the sending."""
    calls = calls_of(journal, position)
    attempts = sum(call.result is not CallResult.NOT_TAKEN for call in calls)
    found = settled_batch_of(journal, position)
    if found is None:
        return RowEnd(_without_answer(calls), "", attempts, tuple(calls))
    number, batch = found
    outcome = batch.outcomes[position - batch.first]
    settling = Settling(number, batch.batch, outcome, batch.request_id, batch.settled)
    return RowEnd(outcome, batch.batch, attempts, tuple(calls), (settling,))


def _without_answer(calls: Sequence[Call]) -> Outcome:
    """Tell what a contact came to of which the platform has not said anything."""
    if any(call.result is CallResult.TAKEN for call in calls):
        return answer_pending()
    return answer_lost() if any(call.result in _IN_DOUBT for call in calls) else not_sent()
