"""``send``, ``resume`` and ``abandon``: what becomes of a run that is there."""

from __future__ import annotations

from pathlib import Path

from importer import assembly, pipeline
from importer.assembly import Means
from importer.errors import UnusableInputError
from importer.journal import Journal
from importer.language import mark, tr
from importer.model import RunState, Verdict
from importer.plan_sums import refuse_changed
from importer.reconciliation import reconcile
from importer.reports import (
    RESULT_COLUMNS,
    Summary,
    csv_writer,
    result_rows,
)
from importer.run_columns import planned_fields
from importer.run_folder import RunFolder, find_run, list_runs
from importer.runs.course import (
    Ask,
    check_files,
    finish,
    go_on,
    held,
    logged,
    note_end,
    send_rest,
    state_after_check,
)
from importer.runs.looking import RUNS, standing
from importer.runs.remembering import remember
from importer.runs.retrying import held_alone, refuse_overtaken
from importer.runs.staleness import refuse_stale

_UNFINISHED = {RunState.SENDING, RunState.STOPPED}
_OVER = {
    RunState.FINISHED: mark("{run} is finished"),
    RunState.REFUSED: mark("{run} is refused"),
    RunState.ABANDONED: mark("{run} is abandoned"),
}


def send(
    run: str,
    *,
    connection: str | None = None,
    yes: bool = False,
    stale: bool = False,
    verify: int | None = None,
    ask: Ask | None = None,
    runs_dir: str | Path = RUNS,
    means: Means | None = None,
) -> Summary:
    """Send a run that was only checked, exactly as checked.

    ``connection``: for a run that was checked without one. ``yes`` and ``ask``: as in ``run``.
    ``stale``: also a plan that is older than ``max_plan_age``. ``verify``: how many contacts are
    read back afterwards.
    """
    means = means or assembly.means()
    folder = find_run(Path(runs_dir), run)
    with held_alone(folder, means) as journal:
        match journal.state:
            case RunState.CHECKED:
                pass
            case RunState.SENDING | RunState.STOPPED:
                raise UnusableInputError(
                    tr("{run} was sent in part already: importer resume {run}", run=folder.id)
                )
            case RunState.CHECKING:
                raise UnusableInputError(
                    tr("the check of {run} did not end: importer resume {run}", run=folder.id)
                )
            case RunState.FINISHED | RunState.REFUSED | RunState.ABANDONED as state:
                told = tr("{run_is_over}: it cannot be sent", run_is_over=_over(folder, state))
                raise UnusableInputError(told)
        _refuse_untrue(folder, journal, means, stale=stale)
        folder = _verified(_bound_to(folder, journal, connection, means), verify)
        return go_on(folder, journal, means, yes=yes, ask=ask, stale=stale)


def _over(folder: RunFolder, state: RunState) -> str:
    return tr(_OVER[state], run=folder.id)


def _bound_to(folder: RunFolder, journal: Journal, name: str | None, means: Means) -> RunFolder:
    """Bind a run to a connection, if it was checked without one; until it is sent, to another."""
    settings = folder.settings
    if settings.connection is not None and (name is None or journal.fact("bound-late") is None):
        if name not in {None, settings.connection.name}:
            raise UnusableInputError(
                tr(
                    "{run} was checked for the connection {connection}: check again with "
                    "-c {other}",
                    run=folder.id,
                    connection=settings.connection.name,
                    other=name,
                )
            )
        return folder
    mapping = assembly.mapping_of(folder)
    chosen = assembly.choose_connection(means, mapping, name, needed=True)
    assert chosen is not None
    assembly.target_of(chosen, mapping, planned_fields(folder.plan))
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
    stale: bool = False,
    verify: int | None = None,
    ask: Ask | None = None,
    runs_dir: str | Path = RUNS,
    means: Means | None = None,
) -> Summary:
    """Go on with a run that was interrupted or stopped; without ``run``, the newest such.

    ``first``: send up to that contact of the plan, in place of the run's own. ``yes`` and ``ask``:
    needed only where the run was not consented to yet. ``stale`` and ``verify``: as in ``send``.
    """
    means = means or assembly.means()
    folder = find_run(Path(runs_dir), run) if run else _newest_unfinished(Path(runs_dir))
    with held_alone(folder, means) as journal:
        state, consented = journal.state, assembly.consented(journal)
        folder = _verified(folder, verify)
        if state is RunState.CHECKING:
            check_files(folder, journal, assembly.reopen(folder), means)
            if folder.settings.command == "check":
                return finish(folder, journal, means, state_after_check(folder, journal))
            yes = yes or consented
            return go_on(folder, journal, means, yes=yes, ask=ask, first=first, stale=stale)
        if state is RunState.CHECKED and consented:
            _refuse_untrue(folder, journal, means, stale=stale)
            return go_on(folder, journal, means, yes=True, ask=ask, first=first)
        if state is RunState.CHECKED:
            raise UnusableInputError(
                tr("{run} was only checked: send it with: importer send {run}", run=folder.id)
            )
        if state is RunState.FINISHED and journal.fact("cut") is None:
            finish(folder, journal, means, state)  # it ended between its last word and the cut
        if state not in _UNFINISHED:
            told = tr("{run_is_over}: there is nothing to resume", run_is_over=_over(folder, state))
            raise UnusableInputError(told)
        _refuse_untrue(folder, journal, means, stale=stale)
        return send_rest(folder, journal, means, first=first or _first_not_reached(folder, journal))


def _verified(folder: RunFolder, verify: int | None) -> RunFolder:
    """Let a run read contacts back, from now on."""
    if verify is None or verify == folder.settings.verify:
        return folder
    folder.write_settings(folder.settings.model_copy(update={"verify": verify}))
    return RunFolder(folder.path)


def _refuse_untrue(folder: RunFolder, journal: Journal, means: Means, *, stale: bool) -> None:
    """Refuse to send what is not what was checked, was checked too long ago, or was overtaken."""
    refuse_changed(journal, folder)
    if not journal.call_totals().calls:
        refuse_overtaken(folder, journal)
    max_age = assembly.settings_here(means).max_plan_age
    refuse_stale(folder, journal, now=means.clock.now(), max_age=max_age, stale=stale)


def _first_not_reached(folder: RunFolder, journal: Journal) -> int | None:
    """Give the run's own --first when it was stopped before that: it still holds."""
    wanted = folder.settings.first
    if wanted is None:
        return None
    return wanted if pipeline.unsettled_below(journal, wanted) else None


def _newest_unfinished(runs: Path) -> RunFolder:
    for folder in reversed(list_runs(runs)):
        state, consented = standing(folder)
        checking = state is RunState.CHECKING and folder.settings.command == "run"
        if state in _UNFINISHED or checking or (state is RunState.CHECKED and consented):
            return folder
    raise UnusableInputError(
        tr("no run of {folder} was interrupted or stopped: nothing to resume", folder=runs)
    )


def abandon(
    run: str, *, runs_dir: str | Path = RUNS, means: Means | None = None
) -> tuple[Summary, int]:
    """Make what a run has not sent unsendable; write the rows that were sent, and count them."""
    means = means or assembly.means()
    folder = find_run(Path(runs_dir), run)
    with held(folder, means) as journal:
        state = journal.state
        if state in {RunState.FINISHED, RunState.ABANDONED, RunState.REFUSED}:
            told = tr(
                "{run_is_over}: there is nothing to abandon", run_is_over=_over(folder, state)
            )
            raise UnusableInputError(told)
        if state is RunState.CHECKING:
            raise UnusableInputError(
                tr(
                    "the check of {run} did not end and nothing was sent: delete its folder",
                    run=folder.id,
                )
            )
        if journal.call_totals().calls:
            remember(folder, journal, means, logged(folder, means))
        count = _write_already_sent(folder, journal)
        note_end(journal, "abandoned", tr("abandoned by the operator"))
        return finish(folder, journal, means, RunState.ABANDONED), count


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
