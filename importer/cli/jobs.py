"""``job run``, ``job list``, ``job schedule``, ``job schema``."""

from __future__ import annotations

import gc
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from importer.cli import options
from importer.cli.refusing import errors_as_json
from importer.cli.running import watched
from importer.cli.screen import Screen, say
from importer.cli.terminal import plain
from importer.clock import iso
from importer.errors import LockedError
from importer.language import english, mark, number, tr, trn

if TYPE_CHECKING:
    from importer.jobs import FileEnd, JobEnd, ListedJob, Trial

_ENDS = {
    "imported": mark("imported"),
    "repeated": mark("not imported again"),
    "refused": mark("refused"),
    "stopped": mark("stopped"),
    None: mark("not finished: the next start goes on"),
}
_STATES = {
    "ok": mark("ok"),
    "degraded": mark("degraded"),
    "failed": mark("failed"),
    "missing": mark("missing"),
}


@click.group("job")
def job_group() -> None:
    """Unattended imports, as the jobs of importer.yaml have them."""


@job_group.command("run")
@click.argument("name")
@click.option("-n", "--dry-run", is_flag=True, help="Only check what would be taken; move nothing.")
@click.option("--again", is_flag=True, help="Import also what was imported before.")
@click.option("--accept", is_flag=True, help="Let the job's guards refuse nothing this time.")
@options.runs_dir
@options.as_json
@options.quiet
@errors_as_json
def job_run(
    name: str, dry_run: bool, again: bool, accept: bool, runs_dir: Path, as_json: bool, quiet: bool
) -> int:
    """Do all that a job is for; it is its own consent, and asks nobody.

    What an earlier start left unfinished is gone on with first. Then each file that is complete is
    taken, checked, sent and put away, and people are told when the job's state changes.

    \b
    Examples:
      importer job run nightly
      importer job run nightly --dry-run
      importer job run nightly --accept     a file that the guards refused is right

    \b
    With --json, one object:
      job, exit_code, state, before, started, ended, missing, problem, passed_over
      files: name, place, end, exit_code, message, kept, run, rows
    and with --dry-run: job, exit_code, files (place, exit_code, message, run, rows), passed_over,
    unfinished, missing
    """
    from importer import jobs

    screen = Screen(quiet=quiet or as_json)
    gc.freeze()  # as for runs: a look through all libraries would hold every call up
    with watched(screen) as means:
        if dry_run:
            trial = jobs.try_job(name, again=again, accept=accept, runs_dir=runs_dir, means=means)
            return _print_trial(trial, as_json=as_json, quiet=quiet)
        try:
            end = jobs.run_job(name, again=again, accept=accept, runs_dir=runs_dir, means=means)
        except LockedError:
            if jobs.overlaps_quietly(name, means):
                return 7
            raise
    return _print_end(end, as_json=as_json, quiet=quiet)


@job_group.command("list")
@options.as_json
@options.quiet
@errors_as_json
def job_list(as_json: bool, quiet: bool) -> int:
    """List the jobs: how each does, what it took last, when its next file is expected.

    \b
    Example:
      importer job list

    \b
    With --json one object, jobs: job, files, state (null: never started), since, last_start,
    last_end, last_success, last_exit_code, last_file (name, taken, end, rows, run, exit_code),
    unfinished (name, run), expected_by, unsent_messages, log (null: stderr)
    """
    from importer import jobs

    found = jobs.list_jobs()
    if as_json:
        import orjson

        content = {"jobs": [one.as_members() for one in found]}
        click.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2))
        return 0
    if not found and not quiet:
        say(tr("importer.yaml of this folder has no jobs."))
    for one in found:
        if quiet and one.standing.state.value == "ok" and not one.unfinished and not one.unsent:
            continue
        for line in _lines_of(one):
            click.echo(plain(line))
    return 0


@job_group.command("schedule")
@click.argument("name")
@click.option("--systemd", "form", flag_value="systemd", help="A service and its timer.")
@click.option("--cron", "form", flag_value="cron", help="Lines of a crontab.")
@click.option("--windows", "form", flag_value="windows", help="A task of the Task Scheduler.")
@click.option("--at", multiple=True, metavar="HH:MM", help="When to start; may be repeated.")
@click.option("--every", metavar="15min", default="", help="How often to start instead.")
@click.option("--days", multiple=True, metavar="mon-fri", help="On which days.")
@click.option("--time-zone", metavar="ZONE", default="", help="Of these times.")
@click.option("--user", metavar="ACCOUNT", default="", help="The account that runs the job.")
@click.option("--time-limit", metavar="4h", default="4h", help="How long a start may take.")
@options.runs_dir
def job_schedule(
    name: str,
    form: str | None,
    at: tuple[str, ...],
    every: str,
    days: tuple[str, ...],
    time_zone: str,
    user: str,
    time_limit: str,
    runs_dir: Path,
) -> int:
    """Print what starts a job by the clock, ready to be installed.

    What is not given follows from the job: an hour before its file is expected, and once more five
    minutes after, so that a file that has not come is noticed.

    \b
    Examples:
      importer job schedule nightly --systemd
      importer job schedule nightly --cron --at 05:30 --days mon-fri
      importer job schedule nightly --windows
    """
    from importer import assembly
    from importer.jobs import schedule

    if form is None:
        raise click.UsageError(tr("say for what: --systemd, --cron or --windows"))
    text = schedule(
        name,
        form,
        means=assembly.means(),
        at=at,
        every=every,
        days=days,
        time_zone=time_zone,
        user=user,
        time_limit=time_limit,
        runs_dir=runs_dir,
    )
    click.echo(text, nl=False)
    return 0


@job_group.command("schema")
def job_schema() -> int:
    """Print the JSON Schema of importer.yaml, jobs included, for editors.

    \b
    Example:
      importer job schema > importer.schema.json
    """
    import orjson

    from importer.settings import settings_schema

    click.echo(orjson.dumps(settings_schema(), option=orjson.OPT_INDENT_2))
    return 0


def _print_end(end: JobEnd, *, as_json: bool, quiet: bool) -> int:
    if as_json:
        _print_json(
            {
                "job": end.job,
                "exit_code": end.exit_code,
                "state": end.state.value,
                "before": end.before.value,
                "started": iso(end.started),
                "ended": iso(end.ended),
                "missing": end.missing.isoformat() if end.missing else None,
                "problem": english(end.problem) or None,
                "passed_over": [english(told) for told in end.passed_over],
                "files": [_members(one) for one in end.files],
            }
        )
        return end.exit_code
    if quiet and end.exit_code == 0:
        return 0
    for one in end.files:
        if not (quiet and not one.pick_up.exit_code):
            _print_file(one)
    if not quiet:
        for told in end.passed_over:
            say(tr("Passed over: {what}", what=told))
    if end.missing is not None:
        say(tr("The file of {day} has not come.", day=end.missing.isoformat()))
    if end.problem:
        say(tr("{sentence}.", sentence=end.problem.rstrip(".")))
    if not (end.files or end.missing or end.problem or quiet):
        say(tr("There is nothing to import."))
    return end.exit_code


def _members(one: FileEnd) -> dict[str, Any]:
    pick_up = one.pick_up
    return {
        "name": pick_up.name,
        "place": pick_up.place,
        "end": pick_up.end.value if pick_up.end else None,
        "exit_code": pick_up.exit_code,
        "message": english(one.message) or None,
        "kept": one.kept or None,
        "run": pick_up.run or None,
        "rows": one.summary.rows.model_dump() if one.summary else None,
    }


def _print_file(one: FileEnd) -> None:
    from importer.reports.words.headline import headline

    pick_up = one.pick_up
    end = tr(_ENDS[pick_up.end.value if pick_up.end else None])
    click.echo(plain(tr("{file}: {end}", file=pick_up.name, end=end)))
    if one.summary is not None:
        say(tr("  {sentence}.", sentence=headline(one.summary).text))
    if one.message:
        say(tr("  {sentence}.", sentence=one.message.rstrip(".")))
    if one.kept:
        say(tr("  The file lies in {folder}", folder=one.kept))
    if pick_up.run:
        say(tr("  Its run: importer show {run}", run=pick_up.run))


def _print_trial(trial: Trial, *, as_json: bool, quiet: bool) -> int:
    from importer.reports.words.headline import headline

    if as_json:
        _print_json(
            {
                "job": trial.job,
                "exit_code": trial.exit_code,
                "files": [
                    {
                        "place": one.place,
                        "exit_code": one.exit_code,
                        "message": english(one.message) or None,
                        "run": one.summary.run if one.summary else None,
                        "rows": one.summary.rows.model_dump() if one.summary else None,
                    }
                    for one in trial.files
                ],
                "passed_over": [english(told) for told in trial.passed_over],
                "unfinished": list(trial.unfinished),
                "missing": english(trial.missing) or None,
            }
        )
        return trial.exit_code
    for name in trial.unfinished:
        say(tr("{file}: an earlier start left it unfinished; it goes first", file=name))
    for one in trial.files:
        if quiet and not one.exit_code:
            continue
        told = headline(one.summary).text if one.summary else one.message.rstrip(".")
        click.echo(plain(tr("{file}: {sentence}.", file=one.place, sentence=told)))
    if not quiet:
        for told in trial.passed_over:
            say(tr("Passed over: {what}", what=told))
    if trial.missing:
        say(tr("{sentence}.", sentence=trial.missing))
    if not quiet:
        say(tr("Nothing was moved, and nothing was sent."))
    return trial.exit_code


def _print_json(content: dict[str, Any]) -> None:
    import orjson

    click.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2))


def _lines_of(one: ListedJob) -> list[str]:
    standing = one.standing
    if standing.first is None:
        lines = [tr("{job}  never started", job=f"{one.name:<20}")]
    else:
        state = tr(_STATES[standing.state.value])
        told = tr(
            "{job}  {state} since {since}; last start {last}, exit code {code}",
            job=f"{one.name:<20}",
            state=state,
            since=_shown(standing.since),
            last=_shown(standing.last_start),
            code="-" if standing.last_exit_code is None else standing.last_exit_code,
        )
        lines = [told]
    if one.last is not None:
        last = one.last
        lines.append(
            tr(
                "    last file: {file}, {moment}: {end} ({rows} rows)",
                file=last.name,
                moment=_shown(last.taken),
                end=tr(_ENDS[last.end.value if last.end else None]),
                rows="-" if last.rows is None else number(last.rows),
            )
        )
    for left in one.unfinished:
        lines.append(tr("    next: goes on with {file}", file=left.name))
    if one.expected is not None:
        lines.append(tr("    next file expected by {moment}", moment=_shown(one.expected)))
    if one.log is not None and standing.first is not None:
        lines.append(tr("    log: {file}", file=one.log))
    if one.unsent:
        lines.append(
            trn(
                "    {count} message could not be sent yet",
                "    {count} messages could not be sent yet",
                one.unsent,
            )
        )
    return lines


def _shown(moment: datetime | None) -> str:
    """Write a moment as this machine's people read it."""
    return "-" if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M %Z")
