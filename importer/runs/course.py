"""The steps that runs have in common: check, go on, send, finish; held and logged."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import orjson

from importer import assembly, pipeline
from importer.assembly import Means, Opened
from importer.assembly.retrying import doubtful_positions
from importer.clock import iso
from importer.delivery import DeliveryEnd, EndReason
from importer.errors import ImporterError, StoppedError, UnusableInputError
from importer.field_rules import FieldRole
from importer.journal import Journal
from importer.journal.sentences import note_sentences
from importer.language import english, speaking, tr, trn
from importer.mapping import Mapping
from importer.model import Connection, RunState
from importer.planning import PlanFacts
from importer.planning.changes import Known
from importer.reports import (
    Summary,
)
from importer.run_facts import facts_of, limits_of
from importer.run_folder import RunFolder
from importer.run_log import LoggingWatcher, RunLog
from importer.runs.remembering import doubt, remember
from importer.runs.staleness import refuse_stale
from importer.runs.thresholds import refusal_of
from importer.tables import NO_HEADER
from importer.thresholds import threshold

Ask = Callable[[Summary], bool]
"""Shows a run's plan and asks whether to send it."""
_SEEN = "plan-seen"  # the fact that a person saw the plan and wanted it sent


def check_files(folder: RunFolder, journal: Journal, opened: Opened, means: Means) -> PlanFacts:
    """Check a run's files; a file that cannot be read to its end takes the run away."""
    limits = limits_of(folder)
    watcher = logged(folder, means)
    watcher.event(
        "run-began", run=folder.id, command=folder.settings.command, files=len(opened.sources)
    )
    try:
        known, warnings = _known(folder, opened, means)
        facts = pipeline.check(
            folder,
            journal,
            opened.sources,
            opened.bound,
            suppression=opened.suppression,
            known=known,
            warnings=warnings,
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


def _known(folder: RunFolder, opened: Opened, means: Means) -> tuple[Known | None, tuple[str, ...]]:
    """Give by what rows are compared, if only changes are to be sent, and what is to be said."""
    if not folder.settings.only_changes:
        return None, ()
    consents = [r.field for r in opened.bound[0].rules if r.role is FieldRole.CONSENT]
    return assembly.known_of(folder, consents, means)


def _refuse_nothing(facts: PlanFacts, opened: Opened) -> None:
    if not facts.read:
        names = ", ".join(opened.shown)
        if any(source.description.header_row == NO_HEADER for source in opened.sources):
            raise UnusableInputError(
                tr("{files}: there is no row to read: get a file that has contacts", files=names)
            )
        raise UnusableInputError(
            tr(
                "{files}: there is no row below the header: get a file that has contacts, or "
                "write `source: {{header_row: none}}` in the mapping if the first row is one",
                files=names,
            )
        )


def go_on(
    folder: RunFolder,
    journal: Journal,
    means: Means,
    *,
    yes: bool,
    ask: Ask | None,
    first: int | None = None,
    stale: bool = False,
) -> Summary:
    """Send a checked run, if its thresholds and its operator allow it.

    ``stale``: also if its plan has become older than ``max_plan_age`` before the operator answers.
    """
    state = state_after_check(folder, journal)
    if state is RunState.REFUSED:
        return finish(folder, journal, means, state)
    if not pipeline.plan_facts(journal).planned:
        remember(folder, journal, means, logged(folder, means))
        journal.set_fact("finished", iso(means.clock.now()))
        return finish(folder, journal, means, RunState.FINISHED)
    _refuse_unsettled(folder, journal, means, asked=ask is not None and not yes)
    summary = None if yes else finish(folder, journal, means, state)
    if not yes and ask is None:
        raise UnusableInputError(
            tr(
                "nothing was sent: without a terminal, or with --json, sending needs --yes. The "
                "run is checked; send it with: importer send {run} --yes",
                run=folder.id,
            )
        )
    facts = folder.settings.connection
    assert facts is not None
    try:
        compare_with_account(assembly.connection_of(facts), assembly.mapping_of(folder), means)
    except UnusableInputError:
        assembly.note_consent(journal, given=False)
        finish(folder, journal, means, state)
        raise
    if summary is not None and ask is not None and not ask(summary):
        raise UnusableInputError(
            tr(
                "nothing was sent. The run is checked; send it with: importer send {run}",
                run=folder.id,
            )
        )
    if summary is not None:
        max_age = assembly.settings_here(means).max_plan_age
        refuse_stale(folder, journal, now=means.clock.now(), max_age=max_age, stale=stale)
        journal.set_fact(_SEEN, "yes")
    assembly.note_consent(journal, given=True)
    finish(folder, journal, means, RunState.SENDING)  # from here no file says "nothing was sent"
    first = folder.settings.first if first is None else first
    return send_rest(folder, journal, means, first=first)


def _refuse_unsettled(folder: RunFolder, journal: Journal, means: Means, *, asked: bool) -> None:
    """Refuse to send unseen what the mapping leaves open; a person who is asked settles it."""
    left_open = pipeline.unsettled_of(journal)
    if asked or not left_open or journal.fact(_SEEN) is not None:
        return
    assembly.note_consent(journal, given=False)
    finish(folder, journal, means, RunState.CHECKED)
    raise UnusableInputError(
        *left_open,
        tr(
            "nothing was sent: nobody is asked here, so the mapping must settle this. Write the "
            "line and run again; or look at the plan and answer at a terminal, without --yes: "
            "importer send {run}",
            run=folder.id,
        ),
    )


def compare_with_account(connection: Connection, mapping: Mapping, means: Means) -> None:
    """Refuse a mapping with fields that the account does not have; say if it cannot be asked."""
    found = assembly.account_fields(connection, means, mapping)
    if isinstance(found, str):
        sentence = tr(
            "The account's fields could not be compared with the mapping: {reason}", reason=found
        )
        means.watcher.event("account-not-compared", message=sentence)
    else:
        assembly.compare(connection, mapping, found)


def state_after_check(folder: RunFolder, journal: Journal) -> RunState:
    """Decide whether the thresholds and the guards let the run be sent."""
    refusal = refusal_of(
        folder.settings,
        pipeline.plan_facts(journal),
        pipeline.tables_of(journal),
        pipeline.seen_of(journal),
    )
    if refusal is None:
        return RunState.CHECKED
    note_end(journal, refusal.reason, refusal.message)
    return RunState.REFUSED


def send_rest(
    folder: RunFolder, journal: Journal, means: Means, *, first: int | None = None
) -> Summary:
    """Deliver what the journal has not settled, and write the reports."""
    settings = folder.settings
    assert settings.connection is not None
    mapping = assembly.mapping_of(folder)
    connection = assembly.refreshed(
        assembly.connection_of(settings.connection), means, mapping.target
    )
    credentials = assembly.credentials_of(connection)
    plan = pipeline.stored_plan(folder, journal)
    places = assembly.places_of(journal, connection, mapping, means)
    target_for = partial(assembly.target_of, connection, mapping, plan.fields, places=places)
    watcher = logged(folder, means)
    doubt(folder, journal, means, watcher)
    with assembly.line_to(connection, credentials, replace(means, watcher=watcher)) as line:
        watcher.event("sending", run=folder.id, connection=connection.name, planned=len(plan))
        try:
            end = pipeline.send(
                plan,
                journal,
                clock=means.clock,
                watcher=watcher,
                mapping=mapping,
                target_for=target_for,
                line=line,
                credentials=credentials,
                limits=connection.limits,
                interruption=means.interruption,
                chance=means.chance,
                until=first,
                doubtful=doubtful_positions(journal),
                too_many_rejected=_rejection_limit(
                    settings.max_rejected, len(plan) + pipeline.plan_facts(journal).unchanged
                ),
            )
        except UnusableInputError as error:
            if not journal.call_totals().calls:
                raise
            # Something was sent already, so this is no "nothing was sent" any more.
            end = DeliveryEnd(EndReason.CANNOT_GO_ON, str(error))
        if settings.verify:
            pipeline.read_back(
                plan,
                journal,
                end,
                mapping=mapping,
                target_for=target_for,
                most=settings.verify,
                seed=folder.id,
                line=line,
                credentials=credentials,
                clock=means.clock,
                limits=connection.limits,
                interruption=means.interruption,
                watcher=watcher,
                chance=means.chance,
            )
    try:
        remember(folder, journal, means, watcher)
    except (StoppedError, UnusableInputError) as error:
        end = DeliveryEnd(EndReason.CANNOT_GO_ON, str(error))
    note_end(journal, end.reason.value, end.message, means.interruption.signal_number)
    state = RunState.FINISHED if end.reason is EndReason.COMPLETE else RunState.STOPPED
    if state is RunState.FINISHED:
        journal.set_fact("finished", iso(means.clock.now()))
    return finish(folder, journal, means, state)


def _rejection_limit(text: str | None, contacts: int) -> Callable[[int, int], str | None] | None:
    if text is None:
        return None

    def too_many(rejected: int, settled: int) -> str | None:
        if rejected > threshold(text, contacts):
            return trn(
                "--max-rejected {most}: the platform refused {count} row of {settled}",
                "--max-rejected {most}: the platform refused {count} rows of {settled}",
                rejected,
                count=rejected,
                most=text,
                settled=settled,
            )
        return None

    return too_many


def note_end(journal: Journal, reason: str, message: str, signal: int | None = None) -> None:
    note_sentences(journal, [message])
    content = {"reason": reason, "message": english(message), "signal": signal}
    journal.set_fact("end", orjson.dumps(content).decode())


def finish(
    folder: RunFolder,
    journal: Journal,
    means: Means,
    state: RunState,
    *,
    workbook: bool = False,
    totals_page: bool = False,
) -> Summary:
    """Write the reports of a run in some state, and give its summary.

    ``workbook`` and ``totals_page``: whether these are written in any case.
    """
    summary = pipeline.finish(
        folder,
        journal,
        state=state,
        mapping=assembly.mapping_of(folder),
        facts=lambda totals: facts_of(folder, journal, state, totals),
        watcher=logged(folder, means),
        workbook=workbook,
        totals_page=totals_page,
    )
    return summary.model_copy(update={"folder": str(folder.path)})


def logged(folder: RunFolder, means: Means) -> LoggingWatcher:
    return LoggingWatcher(RunLog(folder.log, means.clock), means.watcher)


@contextmanager
def held(folder: RunFolder, means: Means) -> Iterator[Journal]:
    """Hold a run, in its language; a defect of ours leaves its traceback in the run's log."""
    try:
        with (
            speaking(folder.settings.language),
            folder.locked(),
            Journal.open(folder.journal) as journal,
            _told(folder, journal, means),
        ):
            yield journal
    except OSError as error:  # what comes of the block itself is told already
        raise UnusableInputError(
            tr(
                "{folder} cannot be written ({reason}); when it is mended: importer resume {run}",
                folder=folder.path,
                reason=error.strerror or error,
                run=folder.id,
            )
        ) from error


@contextmanager
def _told(folder: RunFolder, journal: Journal, means: Means) -> Iterator[None]:
    """Turn what stands in a held run's way into what an operator is told."""
    try:
        yield
    except (UnusableInputError, StoppedError):
        raise
    except OSError as error:
        raise _in_the_way(folder, journal, error) from error
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        RunLog(folder.log, means.clock).write(
            "defect",
            kind=type(error).__name__,
            traceback=[f"{f.filename}:{f.lineno} {f.name}" for f in frames],
        )
        raise


def _in_the_way(folder: RunFolder, journal: Journal, error: OSError) -> ImporterError:
    """Say what the machine refused, and how far the run is."""
    told = {"reason": _reason(folder, error), "run": folder.id}
    match journal.state:
        case RunState.CHECKING | RunState.CHECKED:
            return UnusableInputError(
                tr(
                    "the machine stands in the way ({reason}; when it is mended: importer resume "
                    "{run}). Nothing was sent.",
                    **told,
                )
            )
        case RunState.FINISHED | RunState.REFUSED | RunState.ABANDONED:
            return UnusableInputError(
                tr(
                    "the reports cannot be written ({reason}); when it is mended: importer report "
                    "{run}",
                    **told,
                )
            )
        case RunState.SENDING if journal.fact("finished") is not None:
            return StoppedError(
                tr(
                    "Everything was sent, but the reports cannot be written ({reason}); when it is "
                    "mended: importer resume {run}",
                    **told,
                )
            )
        case RunState.SENDING | RunState.STOPPED:
            return StoppedError(
                tr(
                    "STOPPED EARLY: the machine stands in the way ({reason}; when it is mended: "
                    "importer resume {run})",
                    **told,
                )
            )


def _reason(folder: RunFolder, error: OSError) -> str:
    """Say why a file could not be written; of one that a program has open, which it is."""
    if isinstance(error, PermissionError) and error.filename2 is not None:
        held = Path(error.filename2)
        if held.is_relative_to(folder.path):
            held = held.relative_to(folder.path)
        return tr("{file} is open in another program: close it there", file=held.as_posix())
    return str(error.strerror or error)
