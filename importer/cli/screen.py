"""What a person sees: progress and messages on stderr, results on stdout."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from importer.cli.progress import Going, Ticker, bar, duration, stage_words
from importer.cli.terminal import console, plain
from importer.language import ENGLISH, number, speaking, spoken, tr, trn
from importer.model import RunState, Verdict

if TYPE_CHECKING:
    from rich.progress import Progress

    from importer.reports import Summary

_TOLD = {"account-not-compared", "not-cut", "job-warning"}
_MOST_PROBLEMS = 5


class Screen:
    """Watches a run for a person.

    ``stage``: the one under way, "" between stages. ``sending``: whether the sending began, so that
    the files of the run say less than is true until the last reports are written.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._terminal = sys.stderr.isatty() and not quiet
        self._going = Going()
        self._progress: Progress | None = None
        self._ticker: Ticker | None = None
        self.stage = ""
        self.sending = False

    def begin(self, stage: str, total: int | None) -> None:
        self.close()
        self.stage = stage
        self._going.begin(stage, total)
        if self._terminal:
            self._progress = bar(self._going)
            self._progress.add_task(stage_words(stage), total=total)
            self._progress.start()
        elif not self._quiet:
            self._ticker = Ticker(self.tick)

    def advance(self, rows: int) -> None:
        self._going.advance(rows)

    def tick(self) -> None:
        """Say on a plain line how the stage goes."""
        if self.stage:
            say(self._going.line())

    def end(self) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the terminal."""
        self.stage = ""
        if self._ticker is not None:
            self._ticker.stop()
            self._ticker = None
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def event(self, name: str, **facts: Any) -> None:
        self._going.event(name, **facts)
        if name == "sending":
            self.sending = True
        if name in _TOLD:
            say(str(facts.get("message", name)))
        elif name == "waiting" and not self._quiet and self._progress is None:
            seconds = number(round(facts["seconds"]))
            say(tr("Waiting {seconds} s for the allowed pace.", seconds=seconds))


def say(sentence: str) -> None:
    """Tell something that is no result; nobody reading it is no reason to stop."""
    with contextlib.suppress(OSError):
        click.echo(plain(sentence), err=True)


def state_shown(state: str) -> str:
    """Name a run's state for a list of runs: in English by its code, which scripts look for."""
    from importer.reports.words.titles import state_words

    if spoken() == ENGLISH:
        return state
    others = {"purged": tr("purged"), "unreadable": tr("unreadable")}
    return others[state] if state in others else state_words(RunState(state))


def print_plan(summary: Summary) -> None:
    """Show what would be sent, and where: what an operator consents to."""
    from importer.reports.words.headline import unchanged_words

    rows, calls = summary.rows, summary.calls
    if summary.sandbox:
        say(tr("SANDBOX: nothing leaves this machine."))
    read = trn("{count} row read", "{count} rows read", rows.read)
    to_send = trn("{count} contact to send", "{count} contacts to send", _to_send(summary))
    say(tr("{read}; {to_send}.", read=read, to_send=to_send))
    for told, count in (
        (
            trn("{count} refused by our checks", "{count} refused by our checks", rows.invalid),
            rows.invalid,
        ),
        (trn("{count} duplicate", "{count} duplicates", rows.duplicate), rows.duplicate),
        (
            trn("{count} left out on purpose", "{count} left out on purpose", rows.skipped),
            rows.skipped,
        ),
    ):
        if count:
            say(f"  {told}")
    for sentence in unchanged_words(summary):
        say(f"  {sentence}")
    _say_consents(summary)
    _say_warnings(summary)
    say(
        trn(
            "About {count} call, {duration} at the allowed pace, to {connection} (project "
            "{project}, {url}).",
            "About {count} calls, {duration} at the allowed pace, to {connection} (project "
            "{project}, {url}).",
            calls.planned,
            duration=duration(calls.planned_seconds),
            connection=summary.connection,
            project=summary.project or "-",
            url=summary.url,
        )
    )


def _say_warnings(summary: Summary) -> None:
    for warning in summary.warnings:
        say(tr("Warning: {sentence}", sentence=summary.said(warning)))


def _say_consents(summary: Summary) -> None:
    from importer.reports.words.consent_words import consent_words

    for sentence in consent_words(summary):
        say(f"  {sentence}")


def _to_send(summary: Summary) -> int:
    rows = summary.rows
    return rows.read - rows.invalid - rows.duplicate - rows.skipped


def ask(summary: Summary) -> bool:
    """Show the plan and ask once."""
    from importer.cli.asking import confirm
    from importer.run_folder import RunFolder

    print_plan(summary)
    first = RunFolder(Path(summary.folder)).settings.first
    if first is not None and first < _to_send(summary):
        say(
            trn(
                "Only the first contact is sent now; resume sends the rest.",
                "Only the first {count} contacts are sent now; resume sends the rest.",
                first,
            )
        )
    return confirm(tr("Send it?"))


def may_ask() -> bool:
    """Tell whether there is a person to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def print_summary(summary: Summary, *, as_json: bool, quiet: bool) -> int:
    """Print how a run ended, in its language; give its exit code."""
    if quiet and summary.exit_code == 0 and not as_json:
        return 0
    with contextlib.suppress(BrokenPipeError):  # the reader is gone: what the run did stands
        if as_json:
            click.echo(summary.as_json(), nl=False)
        else:
            with speaking(summary.language):
                _print_end(summary)
    return summary.exit_code


def _print_end(summary: Summary) -> None:
    from importer.reports.verified import verified_words
    from importer.reports.words.commands import where_it_lies
    from importer.reports.words.consent_words import withheld_words
    from importer.reports.words.headline import headline
    from importer.reports.words.steps import next_steps
    from importer.run_folder import RunFolder

    _print_table(summary)
    _say_warnings(summary)
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
    _say_problems(summary)
    say(tr("Reports: {folder}", folder=summary.folder))
    for step in next_steps(summary, RunFolder(Path(summary.folder)).settings):
        say(step.text)
        if step.command:
            say(f"  {where_it_lies(summary, step.command)}")


def _say_problems(summary: Summary) -> None:
    """Name the most frequent problems, errors first, and where the others are."""
    from importer.reports.words.titles import bare_title_of

    found = [(code, count) for code, count in summary.problems.items() if count]
    for code, count in found[:_MOST_PROBLEMS]:
        say(f"  {number(count)} × {bare_title_of(code)}")
    others = len(found) - _MOST_PROBLEMS
    if others > 0:
        say(
            trn(
                "  and {count} other kind of problem: see issues.csv",
                "  and {count} other kinds of problems: see issues.csv",
                others,
            )
        )


def _print_table(summary: Summary) -> None:
    from rich.table import Table

    from importer.reports.words.titles import verdict_words

    table = Table(title=tr("SANDBOX") if summary.sandbox else None, show_header=False, box=None)
    table.add_column()
    table.add_column(justify="right", no_wrap=True)
    for verdict in Verdict:
        count = summary.rows.of(verdict)
        if count:
            table.add_row(plain(verdict_words(verdict)), plain(number(count)))
    table.add_row(plain(tr("rows read")), plain(number(summary.rows.read)), style="bold")
    console().print(table)
