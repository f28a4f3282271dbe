"""What is printed of jobs: how a start or a trial ended, and how each job does."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from importer.cli.screen import say
from importer.cli.terminal import plain
from importer.clock import iso
from importer.language import english, mark, tr, trn

if TYPE_CHECKING:
    from importer.jobs import FileEnd, JobEnd, ListedJob, Trial

_ENDS = {
    "imported": mark("imported"),
    "repeated": mark("not imported again"),
    "refused": mark("refused"),
    "stopped": mark("stopped"),
    None: mark("not finished; the next start goes on"),
}
_STATES = {
    "ok": mark("ok"),
    "degraded": mark("degraded"),
    "failed": mark("failed"),
    "missing": mark("missing"),
}


def print_end(end: JobEnd, *, as_json: bool, quiet: bool) -> int:
    """Print how a start ended; give its exit code."""
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


def print_trial(trial: Trial, *, as_json: bool, quiet: bool) -> int:
    """Print what a start would do; give the exit code of its checks."""
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


def lines_of(one: ListedJob) -> list[str]:
    """Tell of a job in lines: how it does, what it took last, and what comes next."""
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
        end = tr(_ENDS[last.end.value if last.end else None])
        if last.rows is not None:
            end = tr("{end} ({rows})", end=end, rows=trn("{count} row", "{count} rows", last.rows))
        moment = _shown(last.taken)
        lines.append(
            tr("    last file: {file}, {moment}: {end}", file=last.name, moment=moment, end=end)
        )
    for left in one.unfinished:
        lines.append(tr("    next: goes on with {file}", file=left.name))
    if one.expected is not None:
        lines.append(tr("    next file expected by {moment}", moment=_shown(one.expected)))
    if one.problem:
        lines.append(tr("    {sentence}", sentence=one.problem))
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
