"""What can be done with runs: the functions behind the commands, and for other programs.

``check``, ``run``, ``send``, ``resume``, ``abandon`` and ``report`` take the same settings as the
commands of those names and return the run's summary. All raise ``UnusableInputError`` when
something stands in the way and nothing was sent, ``LockedError`` when another process holds the
run.
"""

from __future__ import annotations

import secrets
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from importer import assembly, pipeline, targets
from importer.assembly import Means, NewRun, Opened
from importer.clock import iso
from importer.delivery import EndReason
from importer.errors import ImporterError, UnusableInputError
from importer.journal import Journal
from importer.mapping import Mapping
from importer.model import Connection, PlannedField, RunState, Verdict
from importer.pacing import Pace
from importer.planning import PlanFacts
from importer.reconciliation import reconcile
from importer.reports import (
    RESULT_COLUMNS,
    Summary,
    csv_writer,
    result_rows,
)
from importer.run_facts import facts_of, limits_of, threshold
from importer.run_folder import RunFolder, find_run, list_runs, planned_fields
from importer.run_log import LoggingWatcher, RunLog
from importer.sources import STANDARD_INPUT

RUNS = Path("runs")
Ask = Callable[[Summary], bool]
"""Shows a run's plan and asks whether to send it."""

_UNFINISHED = {RunState.SENDING, RunState.STOPPED}


# --- check and run -------------------------------------------------------------------------------


def check(
    *files: str | Path,
    mapping: str | None = None,
    connection: str | None = None,
    offline: bool = False,
    runs_dir: str | Path = RUNS,
    means: Means | None = None,
    **options: Any,
) -> Summary:
    """Read, map, check and plan; write a run folder; send nothing.

    ``options``: ``sheet``, ``first``, ``strict``, ``max_invalid``, ``max_rejected``, ``note``. With
    ``connection`` the account's fields are compared too, unless ``offline``.
    """
    means = means or assembly.means()
    order, opened, provisional = _prepare(
        "check", files, mapping, connection, Path(runs_dir), options, means
    )
    if connection is not None and order.connection is not None and not offline:
        try:
            _compare(order.connection, opened.mapping, means)
        except BaseException:
            _discard(provisional)
            raise
    folder = assembly.make_run(Path(runs_dir), opened, order, means, provisional=provisional)
    with _held(folder, means) as journal:
        _check(folder, journal, _settled(folder, opened), means)
        return _finish(folder, journal, means, _state_after_check(folder, journal))


def run(
    *files: str | Path,
    mapping: str | None = None,
    connection: str | None = None,
    yes: bool = False,
    ask: Ask | None = None,
    runs_dir: str | Path = RUNS,
    means: Means | None = None,
    **options: Any,
) -> Summary:
    """Check, then send what is good.

    ``yes`` consents to sending; without it ``ask`` is shown the plan and decides. ``options``: as
    in ``check``.
    """
    means = means or assembly.means()
    order, opened, provisional = _prepare(
        "run", files, mapping, connection, Path(runs_dir), options, means, needed=True
    )
    order = replace(order, consented=yes)
    folder = assembly.make_run(Path(runs_dir), opened, order, means, provisional=provisional)
    with _held(folder, means) as journal:
        _check(folder, journal, _settled(folder, opened), means)
        return _go_on(folder, journal, means, yes=yes, ask=ask)


def _prepare(
    command: str,
    files: Sequence[str | Path],
    mapping: str | None,
    connection: str | None,
    runs: Path,
    options: dict[str, Any],
    means: Means,
    *,
    needed: bool = False,
) -> tuple[NewRun, Opened, RunFolder | None]:
    """Open everything a new run needs; nothing is left behind when something stands in the way."""
    for name in ("max_invalid", "max_rejected"):
        if options.get(name) is not None:
            threshold(str(options[name]), 1)
    settings = assembly.settings_here(means)
    for warning in settings.warnings:
        means.watcher.event("settings-warning", message=warning)
    found, passed_over = assembly.files_of([str(file) for file in files])
    provisional = None
    if any(path == STANDARD_INPUT for path, _ in found):
        provisional = RunFolder.prepare(runs, f"input-{secrets.token_hex(4)}")
        assembly.spool(means.standard_input(), provisional.spooled_input)
        found = [
            (provisional.spooled_input, shown) if path == STANDARD_INPUT else (path, shown)
            for path, shown in found
        ]
    try:
        today = means.clock.now().astimezone().date()
        opened = assembly.open_all(
            found,
            mapping,
            sheet=options.get("sheet"),
            run_date=today,
            passed_over=passed_over,
            command=command,
        )
        chosen = assembly.choose_connection(means, opened.mapping, connection, needed=needed)
        if chosen is not None:
            _built(chosen, opened)
            if needed:
                assembly.credentials_of(chosen)  # better missed now than after a long check
        order = NewRun(command, chosen, settings, **options)
    except BaseException:
        _discard(provisional)
        raise
    return order, opened, provisional


def _built(connection: Connection, opened: Opened) -> None:
    """Let the target refuse what the connection does not allow, before anything is made."""
    fields = tuple(PlannedField(r.field, r.type, r.role) for r in opened.bound[0].rules)
    mapping = opened.mapping
    targets.build(connection, mode=mapping.mode, fields=fields, clears=mapping.clears)


def _discard(provisional: RunFolder | None) -> None:
    if provisional is not None:
        provisional.discard()


def _settled(folder: RunFolder, opened: Opened) -> Opened:
    """Open spooled input where it lies now that the folder has its name."""
    if any(facts.spooled for facts in folder.settings.files):
        return assembly.reopen(folder)
    return opened


def _check(folder: RunFolder, journal: Journal, opened: Opened, means: Means) -> PlanFacts:
    """Check a run's files; a file that cannot be read to its end takes the run away."""
    warnings = [*opened.mapping.warnings]
    for bound in opened.bound:
        warnings += [*bound.table.warnings, *bound.warnings]
    journal.set_fact("warnings", orjson.dumps(warnings).decode())
    grammar = targets.grammar(opened.mapping.target)
    limits = limits_of(folder)
    watcher = _logged(folder, means)
    watcher.event("run-began", command=folder.settings.command, files=len(opened.sources))
    try:
        facts = pipeline.check(
            folder,
            journal,
            opened.sources,
            opened.bound,
            consent_of=lambda code: grammar.fact(code).consent,
            largest_row=limits.bytes_per_call,
            clock=means.clock,
            watcher=watcher,
        )
        _refuse_nothing(facts, opened)
    except UnusableInputError:
        journal.close()
        folder.discard()
        raise
    return facts


def _refuse_nothing(facts: PlanFacts, opened: Opened) -> None:
    if not facts.read:
        names = ", ".join(opened.shown)
        raise UnusableInputError(f"{names}: there is no row below the header")


# --- from checked to sent ------------------------------------------------------------------------


def _go_on(
    folder: RunFolder,
    journal: Journal,
    means: Means,
    *,
    yes: bool,
    ask: Ask | None,
    first: int | None = None,
) -> Summary:
    """Send a checked run, if its thresholds and its operator allow it."""
    state = _state_after_check(folder, journal)
    summary = _finish(folder, journal, means, state)
    if state is RunState.REFUSED:
        return summary
    if not summary.calls.planned:
        journal.set_fact("finished", iso(means.clock.now()))
        return _finish(folder, journal, means, RunState.FINISHED)
    if not yes and ask is None:
        raise UnusableInputError(
            "nothing was sent: without a terminal, or with --json, sending needs --yes. "
            f"The run is checked; send it with: importer send {folder.id} --yes"
        )
    facts = folder.settings.connection
    assert facts is not None
    try:
        _compare(assembly.connection_of(facts), assembly.mapping_of(folder), means)
    except UnusableInputError:
        assembly.note_consent(journal, given=False)
        raise
    if not yes and ask is not None and not ask(summary):
        raise UnusableInputError(
            f"nothing was sent. The run is checked; send it with: importer send {folder.id}"
        )
    assembly.note_consent(journal, given=True)
    return _send(folder, journal, means, first=first or folder.settings.first)


def _compare(connection: Connection, mapping: Mapping, means: Means) -> None:
    """Refuse a mapping with fields that the account does not have; say if it cannot be asked."""
    found = assembly.account_fields(connection, means)
    if isinstance(found, str):
        means.watcher.event("account-not-compared", message=found)
    elif mistakes := assembly.account_mistakes(mapping, found):
        raise UnusableInputError(*mistakes)


def _state_after_check(folder: RunFolder, journal: Journal) -> RunState:
    """Decide whether the thresholds let the run be sent."""
    facts = pipeline.plan_facts(journal)
    bad = facts.invalid + facts.refused_duplicates
    settings = folder.settings
    reason = ""
    if settings.strict and bad:
        reason = f"--strict: {_rows(bad)} cannot be sent, so none is"
    elif settings.max_invalid is not None:
        most = threshold(settings.max_invalid, facts.read - facts.blank)
        if bad > most:
            reason = f"--max-invalid {settings.max_invalid}: {_rows(bad)} cannot be sent"
    if reason:
        _note_end(journal, "threshold", reason)
        return RunState.REFUSED
    return RunState.CHECKED


def _rows(count: int) -> str:
    return f"{count} row" if count == 1 else f"{count} rows"


def _send(
    folder: RunFolder, journal: Journal, means: Means, *, first: int | None = None
) -> Summary:
    """Deliver what the journal has not settled, and write the reports."""
    settings = folder.settings
    assert settings.connection is not None
    connection = assembly.connection_of(settings.connection)
    credentials = assembly.credentials_of(connection)
    mapping = assembly.mapping_of(folder)
    plan = pipeline.stored_plan(folder, journal)
    target = targets.build(connection, mode=mapping.mode, fields=plan.fields, clears=mapping.clears)
    watcher = _logged(folder, means)
    with assembly.client_for(connection, means) as client:
        watcher.event("sending", connection=connection.name, planned=len(plan))
        end = pipeline.send(
            plan,
            journal,
            clock=means.clock,
            watcher=watcher,
            target=target,
            client=client,
            credentials=credentials,
            pace=Pace(connection.limits, means.clock),
            limits=connection.limits,
            interruption=means.interruption,
            chance=means.chance,
            until=first,
            too_many_rejected=_rejection_limit(settings.max_rejected),
        )
    _note_end(journal, end.reason.value, end.message, means.interruption.signal_number)
    state = RunState.FINISHED if end.reason is EndReason.COMPLETE else RunState.STOPPED
    if state is RunState.FINISHED:
        journal.set_fact("finished", iso(means.clock.now()))
    return _finish(folder, journal, means, state)


def _rejection_limit(text: str | None) -> Callable[[int, int], str | None] | None:
    if text is None:
        return None

    def too_many(rejected: int, settled: int) -> str | None:
        if rejected > threshold(text, settled):
            return f"--max-rejected {text}: the platform refused {_rows(rejected)} of {settled}"
        return None

    return too_many


def _note_end(journal: Journal, reason: str, message: str, signal: int | None = None) -> None:
    content = {"reason": reason, "message": message, "signal": signal}
    journal.set_fact("end", orjson.dumps(content).decode())


# --- later commands ------------------------------------------------------------------------------


def send(
    run: str,
    *,
    connection: str | None = None,
    yes: bool = False,
    ask: Ask | None = None,
    runs_dir: str | Path = RUNS,
    means: Means | None = None,
) -> Summary:
    """Send a run that was only checked, exactly as checked.

    ``connection``: for a run that was checked without one.
    """
    means = means or assembly.means()
    folder = find_run(Path(runs_dir), run)
    with _held(folder, means) as journal:
        match journal.state:
            case RunState.CHECKED:
                pass
            case RunState.SENDING | RunState.STOPPED:
                raise UnusableInputError(
                    f"{folder.id} was sent in part already: importer resume {folder.id}"
                )
            case RunState.CHECKING:
                raise UnusableInputError(
                    f"the check of {folder.id} did not end: importer resume {folder.id}"
                )
            case RunState.FINISHED | RunState.REFUSED | RunState.ABANDONED as state:
                raise UnusableInputError(f"{folder.id} is {state.value}: it cannot be sent")
        folder = _bound_to(folder, journal, connection, means)
        return _go_on(folder, journal, means, yes=yes, ask=ask)


def _bound_to(folder: RunFolder, journal: Journal, name: str | None, means: Means) -> RunFolder:
    """Bind a run to a connection, if it was checked without one; until it is sent, to another."""
    settings = folder.settings
    if settings.connection is not None and (name is None or journal.fact("bound-late") is None):
        if name not in {None, settings.connection.name}:
            raise UnusableInputError(
                f"{folder.id} was checked for the connection {settings.connection.name}: "
                f"check again with -c {name}"
            )
        return folder
    mapping = assembly.mapping_of(folder)
    chosen = assembly.choose_connection(means, mapping, name, needed=True)
    assert chosen is not None
    fields = planned_fields(folder.plan)
    targets.build(chosen, mode=mapping.mode, fields=fields, clears=mapping.clears)
    journal.set_fact("bound-late", chosen.name)
    folder.write_settings(
        settings.model_copy(update={"connection": assembly.connection_facts(chosen)})
    )
    return RunFolder(folder.path)


def resume(
    run: str | None = None,
    *,
    first: int | None = None,
    yes: bool = False,
    ask: Ask | None = None,
    runs_dir: str | Path = RUNS,
    means: Means | None = None,
) -> Summary:
    """Go on with a run that was interrupted or stopped; without ``run``, the newest such."""
    means = means or assembly.means()
    folder = find_run(Path(runs_dir), run) if run else _newest_unfinished(Path(runs_dir))
    with _held(folder, means) as journal:
        state, consented = journal.state, assembly.consented(journal)
        if state is RunState.CHECKING:
            _check(folder, journal, assembly.reopen(folder), means)
            if folder.settings.command == "check":
                return _finish(folder, journal, means, _state_after_check(folder, journal))
            return _go_on(folder, journal, means, yes=yes or consented, ask=ask, first=first)
        if state is RunState.CHECKED and consented:
            return _go_on(folder, journal, means, yes=True, ask=ask, first=first)
        if state is RunState.CHECKED:
            raise UnusableInputError(
                f"{folder.id} was only checked: send it with: importer send {folder.id}"
            )
        if state not in _UNFINISHED:
            raise UnusableInputError(f"{folder.id} is {state.value}: there is nothing to resume")
        return _send(folder, journal, means, first=first or _first_not_reached(folder, journal))


def _first_not_reached(folder: RunFolder, journal: Journal) -> int | None:
    """Give the run's own --first when it was stopped before that: it still holds."""
    wanted = folder.settings.first
    if wanted is None:
        return None
    gaps = journal.gaps(pipeline.plan_facts(journal).planned)
    return wanted if any(gap.first < wanted for gap in gaps) else None


def _newest_unfinished(runs: Path) -> RunFolder:
    for folder in reversed(list_runs(runs)):
        state, consented = _standing(folder)
        checking = state is RunState.CHECKING and folder.settings.command == "run"
        if state in _UNFINISHED or checking or (state is RunState.CHECKED and consented):
            return folder
    raise UnusableInputError(f"no run of {runs} was interrupted or stopped: nothing to resume")


def _standing(folder: RunFolder) -> tuple[RunState | None, bool]:
    """Tell a run's state, None for a folder that cannot be read; and whether it is to be sent."""
    try:
        with Journal.open(folder.journal) as journal:
            return journal.state, assembly.consented(journal)
    except ImporterError:
        return None, False


def abandon(
    run: str, *, runs_dir: str | Path = RUNS, means: Means | None = None
) -> tuple[Summary, int]:
    """Make what a run has not sent unsendable; write the rows that were sent, and count them."""
    means = means or assembly.means()
    folder = find_run(Path(runs_dir), run)
    with _held(folder, means) as journal:
        state = journal.state
        if state in {RunState.FINISHED, RunState.ABANDONED, RunState.REFUSED}:
            raise UnusableInputError(f"{folder.id} is {state.value}: there is nothing to abandon")
        if state is RunState.CHECKING:
            raise UnusableInputError(
                f"the check of {folder.id} did not end and nothing was sent: delete its folder"
            )
        count = _write_already_sent(folder, journal)
        _note_end(journal, "abandoned", "abandoned by the operator")
        return _finish(folder, journal, means, RunState.ABANDONED), count


def _write_already_sent(folder: RunFolder, journal: Journal) -> int:
    """List the rows that a call carried, whatever came of it."""
    count = 0
    planned = pipeline.plan_facts(journal).planned
    tables = pipeline.tables_of(journal)
    place = folder.path / "already-sent.csv"
    with csv_writer(place, folder.settings.report_delimiter) as writer:
        writer.writerow(RESULT_COLUMNS)
        for some in reconcile(folder, journal, tables, planned=planned):
            carried = [
                result
                for result in result_rows(some, tables)
                if result.attempts and result.verdict != Verdict.NOT_SENT
            ]
            writer.writerows(carried)
            count += len(carried)
    return count


def report(run: str, *, runs_dir: str | Path = RUNS, means: Means | None = None) -> Summary:
    """Write a run's report files again: the same bytes every time."""
    means = means or assembly.means()
    folder = find_run(Path(runs_dir), run)
    with _held(folder, means) as journal:
        state = journal.state
        if state is RunState.CHECKING:
            raise UnusableInputError(
                f"the check of {folder.id} did not end: importer resume {folder.id}"
            )
        return _finish(folder, journal, means, state)


def show(run: str, *, runs_dir: str | Path = RUNS) -> Summary:
    """Read a run's summary as it was last written."""
    folder = find_run(Path(runs_dir), run)
    try:
        content = orjson.loads((folder.path / "summary.json").read_bytes())
    except OSError:
        raise UnusableInputError(
            f"{folder.id} has no summary yet: importer resume {folder.id}"
        ) from None
    return Summary(**content, folder=str(folder.path))


def runs(*, runs_dir: str | Path = RUNS) -> list[tuple[RunFolder, str, Summary | None]]:
    """List the runs of a folder, oldest first, with their state and summary."""
    found: list[tuple[RunFolder, str, Summary | None]] = []
    for folder in list_runs(Path(runs_dir)):
        state, _ = _standing(folder)
        try:
            summary = show(str(folder.path))
        except (ImporterError, ValueError):
            summary = None
        found.append((folder, state.value if state else "unreadable", summary))
    return found


# --- the end of every command --------------------------------------------------------------------


def _finish(folder: RunFolder, journal: Journal, means: Means, state: RunState) -> Summary:
    """Write the reports of a run in some state, and give its summary."""
    summary = pipeline.finish(
        folder,
        journal,
        state=state,
        facts=lambda totals: facts_of(folder, journal, state, totals),
        watcher=_logged(folder, means),
    )
    return summary.model_copy(update={"folder": str(folder.path)})


def _logged(folder: RunFolder, means: Means) -> LoggingWatcher:
    return LoggingWatcher(RunLog(folder.log, means.clock), means.watcher)


@contextmanager
def _held(folder: RunFolder, means: Means) -> Iterator[Journal]:
    """Hold a run; a defect of ours leaves its traceback in the run's log, without values."""
    with folder.locked(), Journal.open(folder.journal) as journal:
        try:
            yield journal
        except UnusableInputError:
            raise
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            RunLog(folder.log, means.clock).write(
                "defect",
                kind=type(error).__name__,
                traceback=[f"{f.filename}:{f.lineno} {f.name}" for f in frames],
            )
            raise
