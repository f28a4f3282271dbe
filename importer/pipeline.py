"""The stages in their order: ``check``, ``send``, ``finish``. The only file that knows it."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import orjson
from pydantic import TypeAdapter

from importer import delivery
from importer.blanks import folded
from importer.checking import NO, Checker, Suppression
from importer.clock import Clock, iso
from importer.delivery import DeliveryEnd
from importer.errors import UnusableInputError
from importer.field_rules import FieldRole, FieldRule
from importer.journal import Journal
from importer.mapping import BoundMapping, Mapping, bind, unsettled
from importer.model import (
    PlannedField,
    PlanSlice,
    RunState,
    Verdict,
    Watcher,
)
from importer.planning import PlanFacts, PlannedTable, Planner
from importer.reconciliation import balance, counted, reconcile
from importer.reports import Refusal, Refusals, Reports, RunFacts, Summary
from importer.run_folder import RunFolder, keep_rows, planned_fields
from importer.sources import Source
from importer.tables import Acceptance, TableDescription


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
        return self.folder.plan_slices(self.fields, first, end)


# --- check: source -> mapping -> checking -> planning ---------------------------------------------


def check(
    folder: RunFolder,
    journal: Journal,
    sources: Sequence[Source],
    bound: Sequence[BoundMapping],
    *,
    largest_row: int,
    suppression: Suppression | None = None,
    clock: Clock,
    watcher: Watcher,
) -> PlanFacts:
    """Read, map, check and plan; when it returns, the journal says *checked*.

    ``bound``: the mapping laid on each source's table. ``largest_row``: bytes that one contact may
    take. ``suppression``: the addresses that get no yes.

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
    )
    watcher.begin("check", None)
    tables: list[TableDescription] = []
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
            for chunk in source.chunks():
                planner.add(index, chunk, checker.check(mapping.apply(chunk)))
                rows += len(chunk)
                watcher.advance(len(chunk))
            # Much of a table is known only now that it was read to its end.
            uses = mapping.uses
            found = (
                *(one for one in source.description.obstacles if one[0] in uses),
                *checker.obstacles(),
            )
            tables.append(replace(source.description, rows=rows, obstacles=found))
        _refuse_obstacles(tables)
        facts = planner.finish()
    except BaseException:
        planner.close()
        raise
    watcher.end()
    _note_tables(journal, tables, bound)
    journal.set_fact("plan", orjson.dumps(asdict(facts)).decode())
    journal.set_fact("checked", iso(clock.now()))
    journal.set_state(RunState.CHECKED)
    watcher.event("checked", **{k: v for k, v in asdict(facts).items() if k != "consents"})
    return facts


def plan_facts(journal: Journal) -> PlanFacts:
    """Read back what the check came to."""
    return PlanFacts(**orjson.loads(journal.fact("plan") or "{}"))


def _refuse_obstacles(tables: Sequence[TableDescription]) -> None:
    """Refuse tables of which a column that is used may have been read wrongly."""
    found = [f"{table.shown}: {sentence}" for table in tables for _, sentence in table.obstacles]
    if found:
        raise UnusableInputError(*found)


_TABLES = TypeAdapter(tuple[TableDescription, ...])


def _note_tables(
    journal: Journal, tables: Sequence[TableDescription], bound: Sequence[BoundMapping]
) -> None:
    """Note what was understood of each table, what is to be warned of, and what is left open."""
    warnings = [*bound[0].mapping.warnings]
    left_open: list[str] = []
    for table, laid in zip(tables, bound, strict=True):
        sentences = unsettled(laid, table)
        warnings += [*table.warnings, *sentences, *laid.warnings]
        left_open += sentences
    journal.set_fact("tables", _TABLES.dump_json(tuple(tables)).decode())
    journal.set_fact("warnings", orjson.dumps(warnings).decode())
    journal.set_fact("unsettled", orjson.dumps(left_open).decode())


def tables_of(journal: Journal) -> tuple[TableDescription, ...]:
    """Read back what was understood of each table."""
    return _TABLES.validate_json(journal.fact("tables") or "[]")


def unsettled_of(journal: Journal) -> tuple[str, ...]:
    """Read back what the mapping leaves open: a person must have seen it before it is sent."""
    return tuple(orjson.loads(journal.fact("unsettled") or "[]"))


# --- send: batching -> delivery -> journal --------------------------------------------------


def stored_plan(folder: RunFolder, journal: Journal) -> StoredPlan:
    """Open the plan of a checked run."""
    return StoredPlan(folder, planned_fields(folder.plan), plan_facts(journal).planned)


def send(
    plan: StoredPlan, journal: Journal, *, clock: Clock, watcher: Watcher, **means: Any
) -> DeliveryEnd:
    """Deliver what the plan holds and the journal has not settled.

    ``means``: what ``delivery.deliver`` asks for beside these.
    """
    if journal.fact("started") is None:
        journal.set_fact("started", iso(clock.now()))
    journal.set_fact("end", "{}")  # what an earlier delivery ended with is no longer so
    journal.set_state(RunState.SENDING)
    done, _ = journal.settled_rows()
    watcher.begin("send", len(plan))
    watcher.advance(done)
    end = delivery.deliver(plan=plan, journal=journal, clock=clock, watcher=watcher, **means)
    watcher.end()
    watcher.event("delivery-ended", reason=end.reason.value)
    return end


# --- finish: reconciliation -> reports ------------------------------------------------------


def finish(
    folder: RunFolder,
    journal: Journal,
    *,
    state: RunState,
    mapping: Mapping,
    facts: Callable[[Counter[str]], RunFacts],
    watcher: Watcher,
) -> Summary:
    """Give every row its verdict, prove that they balance, write the reports, say the state.

    ``mapping``: the run's own. ``facts``: what the summary says beside the totals, once these are
    known. Raises DefectError when the books do not balance.
    """
    tables = tables_of(journal)
    books = plan_facts(journal)
    totals: Counter[str] = Counter()
    to_keep, to_retry = array("q"), array("q")
    watcher.begin("report", books.read)
    with ExitStack() as stack:
        results = counted(reconcile(folder, journal, tables, planned=books.planned), totals)
        reports = stack.enter_context(
            Reports(
                folder,
                tables,
                [_refusals(mapping, table) for table in tables],
                ragged=mapping.source.ragged_rows is Acceptance.ACCEPT,
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
    if state is RunState.FINISHED and not folder.settings.keep_all:
        keep_rows(folder.source, to_keep)
        keep_rows(folder.plan, to_retry)
        folder.spooled_input.unlink(missing_ok=True)
    journal.set_fact("cut", "done")
    return summary


def _refusals(mapping: Mapping, table: TableDescription) -> Refusals:
    """Find where a table writes its consents, and how a row says no there."""
    bound = bind(mapping, table, run_date=date.min)
    places: dict[str, list[int]] = {}
    for header, use in bound.uses.items():
        for rule in (*use.rules, *use.made):
            places.setdefault(rule.field, []).append(table.columns.index(header))
    answers = {
        rule.field: (rule, table.columns.index(header))
        for column, header in bound.headers
        for rule in column.rules
        if rule.role is FieldRole.CONSENT
    }
    refusals = {}
    for one in bound.rules:
        if one.role is not FieldRole.CONSENT or one.constant:
            continue
        rule, place = answers.get(one.field, (one, None))
        sharing = [code for code, (_, other) in answers.items() if other == place] or [one.field]
        dates = [mapping.row_rules.consent_dates.get(code, "") for code in sharing]
        nothing = [at for code in dates for at in places.get(code, [])]
        if place is None:
            cells = [(at, "") for at in (*places[one.field], *nothing)]
            refusals[one.field] = Refusal(tuple(cells))
        else:
            cells = [*((at, "") for at in nothing), (place, _no_of(rule))]
            refusals[one.field] = Refusal(tuple(cells), place, _noes_of(rule))
    return refusals


def _no_of(rule: FieldRule) -> str:
    """Give a text that means no in a consent's column; blank where the mapping has none."""
    if not rule.values:
        return "no"
    return next((text for text, value in rule.values if value == "no"), "")


def _noes_of(rule: FieldRule) -> frozenset[str]:
    """Give the texts, folded, that mean no in a consent's column."""
    if not rule.values:
        return NO
    return frozenset(folded(text) for text, value in rule.values if value == "no")


_RETRIED: frozenset[str] = frozenset({Verdict.REJECTED, Verdict.UNKNOWN})
