"""The stages in their order: ``check``, ``send``, ``read_back``, ``finish``. It alone knows it."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
from pydantic import TypeAdapter

from importer import delivery
from importer.checking import Checker, Suppression
from importer.clock import Clock, iso
from importer.consent_ledger import note_consents
from importer.delivery import DeliveryEnd
from importer.delivery.steps import (
    deliver_to_new,
    deliver_unless_refused,
    deliver_without_yeses,
)
from importer.delivery.verifying import Carried, can_be_asked, verify
from importer.delivery.withheld import existing_ones, refused_ones
from importer.delivery.yeses import Selected, WithoutWithheld, WithoutYeses, contacts_with_a_yes
from importer.errors import UnusableInputError
from importer.files import sync_folder
from importer.journal import Journal
from importer.journal.going_on import going_on, in_two_steps, settled_for_good
from importer.journal.sentences import note_sentences
from importer.language import english, tr
from importer.mapping import BoundMapping, Mapping, SeenTable, TableSight, YesTo, unsettled
from importer.mending import mending_of
from importer.model import (
    PlannedField,
    PlanSlice,
    RunState,
    Verdict,
    Watcher,
    WriteMode,
)
from importer.plan_sums import cut_plan, note_sums
from importer.planning import PlanFacts, PlannedTable, Planner
from importer.planning.changes import Known
from importer.planning.column_files import ISSUES, ColumnFile
from importer.reconciliation import balance, counted, reconcile
from importer.reports import Reports, RunFacts, Summary, withheld_file
from importer.reports.masking import Masker
from importer.run_columns import keep_rows, plan_slices, planned_fields
from importer.run_folder import RunFolder
from importer.sources import Source
from importer.tables import TableDescription
from importer.targets import Target


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """The plan file of a run, as delivery reads it."""

    folder: RunFolder
    fields: tuple[PlannedField, ...]
    length: int

    def __len__(self) -> int:
        return self.length

    def slices(self, first: int, end: int) -> Iterator[PlanSlice]:
        """Give the contacts from ``first`` up to ``end``."""
        return plan_slices(self.folder.plan, self.fields, first, end)


# --- check: source -> mapping -> checking -> planning ---------------------------------------------


def check(
    folder: RunFolder,
    journal: Journal,
    sources: Sequence[Source],
    bound: Sequence[BoundMapping],
    *,
    largest_row: int,
    suppression: Suppression | None = None,
    known: Known | None = None,
    warnings: Sequence[str] = (),
    clock: Clock,
    watcher: Watcher,
) -> PlanFacts:
    """Read, map, check and plan; when it returns, the journal says *checked*.

    ``bound``: the mapping laid on each source's table. ``largest_row``: bytes that one contact may
    take. ``suppression``: the addresses that get no yes. ``known``: by what rows are compared, of
    which only changes are planned. ``warnings``: what is known already to be warned of.

    Raises UnusableInputError at a source that cannot be read to its end, or of which the mapping
    must settle something first.
    """
    fields = tuple(PlannedField(r.field, r.type, r.role) for r in bound[0].rules)
    planner = Planner(
        folder,
        fields,
        policy=bound[0].mapping.duplicates,
        row_rules=bound[0].mapping.row_rules,
        tables=[
            PlannedTable(source.description.shown, {r.field: r.column for r in laid.rules})
            for source, laid in zip(sources, bound, strict=True)
        ],
        width=max(len(source.description.columns) for source in sources),
        leave_out_listed=suppression is not None and suppression.rows,
        known=known,
    )
    watcher.begin("check", None)
    tables: list[TableDescription] = []
    seen: list[SeenTable] = []
    try:
        for index, (source, mapping) in enumerate(zip(sources, bound, strict=True)):
            rows = 0
            checker = Checker(
                mapping.rules,
                largest_row=largest_row,
                columns=source.description.columns,
                row_rules=mapping.mapping.row_rules,
                today=mapping.run_date,
                suppression=suppression,
            )
            sight = TableSight(mapping)
            for chunk in source.chunks():
                mapped = mapping.apply(chunk)
                sight.add(chunk, mapped)
                planner.add(index, chunk, checker.check(mapped))
                rows += len(chunk)
                watcher.advance(len(chunk))
            # Much of a table is known only now that it was read to its end.
            uses = mapping.uses
            found = (
                *(one for one in source.description.obstacles if one[0] in uses),
                *checker.obstacles(),
            )
            tables.append(replace(source.description, rows=rows, obstacles=found))
            seen.append(sight.seen())
        _refuse_obstacles(tables)
        facts = planner.finish()
    except BaseException:
        planner.close()
        raise
    watcher.end()
    _note_tables(journal, tables, bound, warnings)
    journal.set_fact("seen", _SEEN.dump_json(tuple(seen)).decode())
    journal.set_fact("plan", orjson.dumps(asdict(facts)).decode())
    journal.set_fact("checked", iso(clock.now()))
    note_sums(journal, folder)
    journal.set_state(RunState.CHECKED)
    watcher.event("checked", **{k: v for k, v in asdict(facts).items() if k != "consents"})
    return facts


def plan_facts(journal: Journal) -> PlanFacts:
    """Read back what the check came to."""
    return PlanFacts(**orjson.loads(journal.fact("plan") or "{}"))


def _refuse_obstacles(tables: Sequence[TableDescription]) -> None:
    """Refuse tables of which a column that is used may have been read wrongly."""
    found = [
        tr("{place}: {sentence}", place=table.shown, sentence=sentence)
        for table in tables
        for _, sentence in table.obstacles
    ]
    if found:
        raise UnusableInputError(*found)


_TABLES = TypeAdapter(tuple[TableDescription, ...])
_SEEN = TypeAdapter(tuple[SeenTable, ...])


def _note_tables(
    journal: Journal,
    tables: Sequence[TableDescription],
    bound: Sequence[BoundMapping],
    known: Sequence[str],
) -> None:
    """Note what was understood of each table, what is to be warned of, and what is left open.

    ``known``: warnings that do not come of the tables.
    """
    warnings = [*known, *bound[0].mapping.warnings]
    left_open: list[str] = []
    for table, laid in zip(tables, bound, strict=True):
        sentences = unsettled(laid, table)
        warnings += [*table.warnings, *sentences, *laid.warnings]
        left_open += sentences
    note_sentences(journal, warnings)
    stored = tuple(table.in_english() for table in tables)
    journal.set_fact("tables", _TABLES.dump_json(stored).decode())
    journal.set_fact("warnings", orjson.dumps([english(w) for w in warnings]).decode())
    journal.set_fact("unsettled", orjson.dumps(left_open).decode())


def tables_of(journal: Journal) -> tuple[TableDescription, ...]:
    """Read back what was understood of each table."""
    return _TABLES.validate_json(journal.fact("tables") or "[]")


def seen_of(journal: Journal) -> tuple[SeenTable, ...]:
    """Read back what was seen of each table; none: the run did not read any itself."""
    return _SEEN.validate_json(journal.fact("seen") or "[]")


def unsettled_of(journal: Journal) -> tuple[str, ...]:
    """Read back what the mapping leaves open: a person must have seen it before it is sent."""
    return tuple(orjson.loads(journal.fact("unsettled") or "[]"))


# --- send: batching -> delivery -> journal --------------------------------------------------


def stored_plan(folder: RunFolder, journal: Journal) -> StoredPlan:
    """Open the plan of a checked run."""
    return StoredPlan(folder, planned_fields(folder.plan), plan_facts(journal).planned)


def send(
    plan: StoredPlan,
    journal: Journal,
    *,
    mapping: Mapping,
    target_for: Callable[[WriteMode], Target],
    clock: Clock,
    watcher: Watcher,
    **means: Any,
) -> DeliveryEnd:
    """Deliver what the plan holds and the journal has not settled, each yes to whom it may go.

    ``target_for``: makes the target that writes in a mode. ``means``: what ``delivery.deliver``
    asks for beside these. Raises as it does, and UnusableInputError where contacts must be looked
    up and cannot be.
    """
    if journal.fact("started") is None:
        journal.set_fact("started", iso(clock.now()))
    journal.set_fact("end", "{}")  # what an earlier delivery ended with is no longer so
    journal.set_state(RunState.SENDING)
    done = settled_for_good(journal, len(plan))
    watcher.begin("send", len(plan))
    watcher.advance(done)
    end = _deliver(plan, journal, mapping, target_for, clock=clock, watcher=watcher, **means)
    watcher.end()
    watcher.event("delivery-ended", reason=end.reason.value)
    return end


def _deliver(
    plan: StoredPlan,
    journal: Journal,
    mapping: Mapping,
    target_for: Callable[[WriteMode], Target],
    **means: Any,
) -> DeliveryEnd:
    mode, dates = mapping.mode, mapping.row_rules.consent_dates
    match mapping.yes_to:
        case YesTo.EVERYONE:
            return delivery.deliver(plan=plan, journal=journal, target=target_for(mode), **means)
        case YesTo.NEW if mode.allow_insert:
            return deliver_to_new(
                plan, journal, mode=mode, target_for=target_for, dates=dates, **means
            )
        case YesTo.NEW:
            target = target_for(mode)
            return deliver_without_yeses(plan, journal, target=target, dates=dates, **means)
        case YesTo.UNLESS_REFUSED:
            target = target_for(mode)
            return deliver_unless_refused(plan, journal, target=target, dates=dates, **means)


def read_back(
    plan: StoredPlan,
    journal: Journal,
    end: DeliveryEnd,
    *,
    mapping: Mapping,
    target_for: Callable[[WriteMode], Target],
    **means: Any,
) -> None:
    """Look contacts up after a delivery that ended, unless the platform cannot be asked now.

    ``means``: what ``verify`` asks for beside these.
    """
    if can_be_asked(end.reason):
        steps = _carried(plan, journal, mapping)
        verify(steps, journal=journal, target=target_for(mapping.mode), **means)


def _carried(plan: StoredPlan, journal: Journal, mapping: Mapping) -> list[Carried]:
    """Give what each step of the sending carried."""
    dates = mapping.row_rules.consent_dates
    match mapping.yes_to:
        case YesTo.EVERYONE:
            return [Carried(plan, journal)]
        case YesTo.UNLESS_REFUSED:
            return [Carried(WithoutWithheld(plan, journal, dates), journal)]
        case YesTo.NEW:
            updates = Carried(WithoutYeses(plan, dates), journal.at_step(0))
            if not in_two_steps(journal):
                return [updates]
            positions = going_on(journal, len(plan))
            return [updates, Carried(Selected(plan, positions), journal.at_step(1), positions)]


def unsettled_below(journal: Journal, position: int) -> bool:
    """Tell whether a contact below a plan position has not had its last word yet."""
    planned = plan_facts(journal).planned
    if any(gap.first < position for gap in journal.gaps(planned)):
        return True
    if not in_two_steps(journal):
        return False
    inserted = going_on(journal, planned)
    end = int(inserted.searchsorted(position))
    return any(gap.first < end for gap in journal.at_step(1).gaps(len(inserted)))


# --- finish: reconciliation -> reports ------------------------------------------------------


def finish(
    folder: RunFolder,
    journal: Journal,
    *,
    state: RunState,
    mapping: Mapping,
    facts: Callable[[Counter[str]], RunFacts],
    watcher: Watcher,
    workbook: bool = False,
    totals_page: bool = False,
) -> Summary:
    """Give every row its verdict, prove that they balance, write the reports, say the state.

    ``mapping``: the run's own. ``facts``: what the summary says beside the totals, once these are
    known. ``workbook`` and ``totals_page``: whether these are written in any case. Raises
    DefectError when the books do not balance.
    """
    tables = tables_of(journal)
    books = plan_facts(journal)
    totals: Counter[str] = Counter()
    to_keep, to_retry = array("q"), array("q")
    watcher.begin("report", books.read)
    _note_yeses(folder, journal, mapping)
    note_consents(folder, journal, mapping, tables, read=books.read, planned=books.planned)
    with ExitStack() as stack:
        results = counted(reconcile(folder, journal, tables, planned=books.planned), totals)
        reports = stack.enter_context(
            Reports(
                folder,
                tables,
                calls=list(journal.calls()),
                settlements=journal.settlements(),
                lookups=journal.lookups(),
                mending=mending_of(mapping, tables, folder.settings, workbook=workbook),
                totals=totals_page,
            )
        )
        for some in results:
            reports.add(some)
            retried = some.indices_of(_RETRIED)
            to_retry.extend(retried)
            to_keep.extend(sorted({*some.reasons, *retried}))
            watcher.advance(len(some))
        balance(totals, books)
        summary = reports.finish(facts(totals))
    journal.set_state(state)
    watcher.end()
    try:
        if state is RunState.FINISHED and not folder.settings.keep_all:
            keep_rows(folder.source, to_keep)
            cut_plan(journal, folder, to_retry)
            if folder.changes.exists():
                keep_rows(folder.changes, to_retry)
            folder.spooled_input.unlink(missing_ok=True)
        journal.set_fact("cut", "done")
    except OSError as error:  # all that was asked for is done, and no failure of the import
        watcher.event(
            "not-cut",
            message=tr(
                "The texts of the rows that need no fixing could not be taken out of the run "
                "folder ({reason}); when it is mended: importer report {run}",
                reason=error.strerror or error,
                run=folder.id,
            ),
        )
    return summary


def write_masked(
    folder: RunFolder,
    journal: Journal,
    *,
    key: bytes,
    into: Path,
    facts: Callable[[Counter[str]], RunFacts],
) -> Summary:
    """Write the reports for sending to others into a folder; nothing of the run changes.

    ``key``: of the pseudonyms. ``facts``: as in ``finish``. Raises DefectError when the books do
    not balance.
    """
    tables, books = tables_of(journal), plan_facts(journal)
    masker = Masker(folder, tables, key=key)
    calls = [masker.call(call) for call in journal.calls()]
    totals: Counter[str] = Counter()
    with Reports(folder, masker.tables(tables), calls=calls, into=into, masks=masker) as reports:
        for some in counted(reconcile(folder, journal, tables, planned=books.planned), totals):
            reports.add(some)
        balance(totals, books)
        return reports.finish(facts(totals))


_TO_READ = "contacts-to-read"  # a fact


def contacts_to_read(journal: Journal) -> int:
    """Read back how many contacts are looked up before they are sent."""
    return int(journal.fact(_TO_READ) or 0)


def _note_yeses(folder: RunFolder, journal: Journal, mapping: Mapping) -> None:
    """Note what becomes of the yeses of a plan, as long as it is whole."""
    if mapping.yes_to is YesTo.EVERYONE:
        return
    plan = stored_plan(folder, journal)
    if pq.read_metadata(folder.plan).num_rows != len(plan):
        return
    asked = mapping.yes_to is YesTo.UNLESS_REFUSED
    if asked and journal.fact(_TO_READ) is None:
        journal.set_fact(_TO_READ, str(contacts_with_a_yes(plan)))
    found = (refused_ones if asked else existing_ones)(plan, journal, ISSUES)
    place = withheld_file(folder)
    sibling = place.with_name(f".{place.name}.writing")
    with ColumnFile(sibling, ISSUES) as writer:
        for table in found:
            writer.write_table(table)
    sibling.replace(place)
    sync_folder(place.parent)


_RETRIED: frozenset[str] = frozenset({Verdict.REJECTED, Verdict.UNKNOWN})
