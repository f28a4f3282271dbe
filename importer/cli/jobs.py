"""``job run``, ``job list``, ``job schedule``, ``job schema``."""

from __future__ import annotations

import gc
from pathlib import Path

import click

from importer.cli import options
from importer.cli.job_ends import lines_of, print_end, print_trial
from importer.cli.refusing import errors_as_json
from importer.cli.running import watched
from importer.cli.screen import Screen, say
from importer.cli.terminal import plain
from importer.errors import LockedError
from importer.language import tr


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
            return print_trial(trial, as_json=as_json, quiet=quiet)
        try:
            end = jobs.run_job(name, again=again, accept=accept, runs_dir=runs_dir, means=means)
        except LockedError:
            if jobs.overlaps_quietly(name, means):
                return 7
            raise
    return print_end(end, as_json=as_json, quiet=quiet)


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
    unfinished (name, run), expected_by, unsent_messages, log (null: stderr), problem
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
        for line in lines_of(one):
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
