"""What a person sees: progress and messages on stderr, results on stdout."""

from __future__ import annotations

import contextlib
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from importer.model import RunState, Verdict

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from importer.reports import Summary

_PLAIN_EVERY = 30.0  # seconds between progress lines where there is no terminal
_STAGES = {
    "check": "Checking",
    "send": "Sending",
    "verify": "Reading back",
    "report": "Writing reports",
}
_TOLD = {"account-not-compared"}


class Screen:
    """Watches a run for a person.

    ``stage``: the one under way, "" between stages. ``sending``: whether the sending began, so that
    the files of the run say less than is true until the last reports are written.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._terminal = sys.stderr.isatty() and not quiet
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._rows = 0
        self._total: int | None = None
        self._last = 0.0
        self.stage = ""
        self.sending = False

    def begin(self, stage: str, total: int | None) -> None:
        self.stage, self._rows, self._total = stage, 0, total
        self._last = time.monotonic()
        if self._terminal:
            self._progress = _progress()
            self._progress.start()
            self._task = self._progress.add_task(_STAGES.get(stage, stage), total=total)

    def advance(self, rows: int) -> None:
        self._rows += rows
        if self._progress is not None and self._task is not None:
            self._progress.advance(self._task, rows)
        elif not self._quiet and time.monotonic() - self._last > _PLAIN_EVERY:
            self._last = time.monotonic()
            of = f" of {self._total:,}" if self._total else ""
            say(f"{_STAGES.get(self.stage, self.stage)}: {self._rows:,}{of} rows")

    def end(self) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the terminal."""
        self.stage = ""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def event(self, name: str, **facts: Any) -> None:
        if name == "sending":
            self.sending = True
        if name in _TOLD:
            say(str(facts.get("message", name)))
        elif name == "waiting" and not self._quiet and self._progress is None:
            say(f"Waiting {facts['seconds']:.0f} s for the allowed pace.")


def _progress() -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description:<16}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("rows"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def say(sentence: str) -> None:
    """Tell something that is no result; nobody reading it is no reason to stop."""
    plain = sentence.replace("\u202f", " ").replace("\xa0", " ")
    shown = "".join(c if c.isprintable() or c == "\n" else "?" for c in plain)
    with contextlib.suppress(OSError):
        click.echo(shown, err=True)


def print_plan(summary: Summary) -> None:
    """Show what would be sent, and where: what an operator consents to."""
    rows, calls = summary.rows, summary.calls
    if summary.sandbox:
        say("SANDBOX: nothing leaves this machine.")
    say(f"{rows.read:,} rows read; {_to_send(summary):,} contacts to send.")
    for label, count in (
        ("refused by our checks", rows.invalid),
        ("duplicates", rows.duplicate),
        ("left out on purpose", rows.skipped),
    ):
        if count:
            say(f"  {count:,} {label}")
    _say_consents(summary)
    for warning in summary.warnings:
        say(f"Warning: {warning}")
    say(
        f"About {calls.planned:,} calls, {_duration(calls.planned_seconds)} at the allowed pace, "
        f"to {summary.connection} (project {summary.project or '-'}, {summary.url})."
    )


def _say_consents(summary: Summary) -> None:
    from importer.reports.consent_words import consent_words

    for sentence in consent_words(summary):
        say(f"  {sentence}")


def _to_send(summary: Summary) -> int:
    rows = summary.rows
    return rows.read - rows.invalid - rows.duplicate - rows.skipped


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def ask(summary: Summary) -> bool:
    """Show the plan and ask once."""
    print_plan(summary)
    from importer.run_folder import RunFolder

    first = RunFolder(Path(summary.folder)).settings.first
    if first is not None and first < _to_send(summary):
        say(f"Only the first {first:,} contacts are sent now; resume sends the rest.")
    return click.confirm("Send it?", default=False, err=True)


def may_ask() -> bool:
    """Tell whether there is a person to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _where_it_lies(summary: Summary, command: str) -> str:
    """Make a command fit where the runs are, when that is not the default."""
    place = Path(summary.folder).parent
    if place == Path("runs"):
        return command
    if summary.run in command.split():
        return f"{command} --runs-dir {shlex.quote(str(place))}"
    return command.replace(f"runs/{summary.run}/", f"{shlex.quote(summary.folder)}/")


def print_summary(summary: Summary, *, as_json: bool, quiet: bool) -> int:
    """Print how a run ended; give its exit code."""
    if quiet and summary.exit_code == 0 and not as_json:
        return 0
    with contextlib.suppress(BrokenPipeError):  # the reader is gone: what the run did stands
        if as_json:
            click.echo(summary.as_json(), nl=False)
        else:
            _print_end(summary)
    return summary.exit_code


def _print_end(summary: Summary) -> None:
    from importer.reports.consent_words import withheld_words
    from importer.reports.headline import headline
    from importer.reports.steps import next_steps
    from importer.reports.verified import verified_words
    from importer.run_folder import RunFolder

    _print_table(summary)
    for warning in summary.warnings:
        say(f"Warning: {warning}")
    told = headline(summary)
    say(told.text + ".")
    for sentence in told.lead:
        say(sentence)
    if summary.verified is not None:
        say(verified_words(summary.verified))
    if summary.state == RunState.CHECKED:
        _say_consents(summary)
    for sentence in withheld_words(summary):
        say(sentence)
    for code, count in list(summary.problems.items())[:5]:
        say(f"  {count:,} × {code}")
    say(f"Reports: {summary.folder}")
    for step in next_steps(summary, RunFolder(Path(summary.folder)).settings):
        say(step.text)
        if step.command:
            say(f"  {_where_it_lies(summary, step.command)}")


def _print_table(summary: Summary) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="SANDBOX" if summary.sandbox else None, show_header=False, box=None)
    table.add_column(justify="right")
    table.add_column()
    for verdict in Verdict:
        count = summary.rows.of(verdict)
        if count:
            table.add_row(f"{count:,}", verdict.words)
    table.add_row(f"{summary.rows.read:,}", "rows read", style="bold")
    Console(highlight=False).print(table)
