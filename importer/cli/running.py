"""``check``, ``run``, ``send``, ``resume``, ``retry``, ``abandon``."""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from importer.cli import options
from importer.cli.asking import confirm
from importer.cli.refusing import errors_as_json
from importer.cli.screen import Screen, ask, may_ask, print_summary, say
from importer.cli.terminal import plain
from importer.cli.verbose import VerboseScreen, say_where
from importer.errors import LockedError, StoppedError, UnusableInputError
from importer.language import speaking, tr, trn

if TYPE_CHECKING:
    from importer.assembly import Means
    from importer.reports import Summary
    from importer.runs import Ask

_NO_DEFECTS = (UnusableInputError, LockedError, StoppedError, click.ClickException, click.Abort)


@contextmanager
def watched(screen: Screen) -> Iterator[Means]:
    """Give a run its means.

    A first signal from the sending on stops after the call under way, and the reports are written.
    """
    from importer import assembly

    means = assembly.means(screen)

    def stop(number: int, _: FrameType | None) -> None:
        if not screen.sending or means.interruption.requested:
            raise SystemExit(128 + number)
        means.interruption.request(number)
        if screen.stage == "report":
            say(tr("Stopping after the reports. Once more stops at once."))
        else:
            say(tr("Stopping after the call under way. Once more stops at once."))

    numbers = [signal.SIGINT, signal.SIGTERM]
    window_closes = getattr(signal, "SIGHUP", None)  # Windows has none; nohup ignores it
    if window_closes is not None and signal.getsignal(window_closes) is not signal.SIG_IGN:
        numbers.append(window_closes)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield means
    finally:
        screen.close()
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _do(
    action: Callable[..., Summary],
    *arguments: Any,
    quiet: bool,
    as_json: bool,
    verbose: bool = False,
    **settings: Any,
) -> int:
    screen = VerboseScreen() if verbose else Screen(quiet=quiet or as_json)
    # What is left out on the command line is the function's own default.
    given = {n: value for n, value in settings.items() if value is not None and value is not False}
    gc.freeze()  # the libraries are loaded: a look through them all would hold every call up
    with watched(screen) as means:
        try:
            summary = action(*arguments, means=means, **given)
        except SystemExit as stopped:
            screen.close()
            say(tr("Interrupted. Where the run stands: importer runs"))
            return int(stopped.code or 1)
        except Exception as error:
            if verbose and not isinstance(error, _NO_DEFECTS):
                say_where(error)
            raise
    return print_summary(summary, as_json=as_json, quiet=quiet)


def _ask(*, as_json: bool) -> Ask | None:
    return ask if may_ask() and not as_json else None


@click.command("check")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@options.of_new_runs
@click.option("--offline", is_flag=True, help="With -c: do not compare with the account's fields.")
@errors_as_json
def check_command(files: tuple[str, ...], quiet: bool, as_json: bool, **settings: Any) -> int:
    """Check spreadsheets: read, map, validate, plan. Nothing is sent.

    \b
    Example:
      importer check contacts.csv -m newsletter

    \b
    With --json its summary.json. Where an error ends it first, one object as well:
      {"error": {"exit_code": 4, "mistakes": [{"file", "line", "column", "row", "message"}]}}
    with null for what is not known of a mistake's place.
    """
    from importer import runs

    return _do(runs.check, *files, quiet=quiet, as_json=as_json, **settings)


@click.command("run")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@options.of_new_runs
@click.option("-n", "--dry-run", is_flag=True, help="Only check; the same as importer check.")
@options.verify
@options.verbose
@options.yes
@errors_as_json
def run_command_(
    files: tuple[str, ...],
    quiet: bool,
    as_json: bool,
    dry_run: bool,
    yes: bool,
    verify: int | None,
    verbose: bool,
    **settings: Any,
) -> int:
    """Check spreadsheets, then send what is good.

    \b
    Examples:
      importer run contacts.csv -m newsletter -c production --first 10
      importer run exports/ -m newsletter --yes --max-invalid 2%

    \b
    With --json its summary.json. Where an error ends it first, one object as well:
      {"error": {"exit_code": 4, "mistakes": [{"file", "line", "column", "row", "message"}]}}
    with null for what is not known of a mistake's place.
    """
    from importer import runs

    if dry_run:
        return _do(runs.check, *files, quiet=quiet, as_json=as_json, verbose=verbose, **settings)
    return _do(
        runs.run, *files, quiet=quiet, as_json=as_json, verbose=verbose, yes=yes, verify=verify,
        ask=_ask(as_json=as_json), **settings,
    )  # fmt: skip


@click.command("send")
@click.argument("run")
@options.connection
@options.stale
@options.verify
@options.yes
@options.runs_dir
@options.as_json
@options.quiet
@options.verbose
@errors_as_json
def send_command(run: str, quiet: bool, as_json: bool, yes: bool, **settings: Any) -> int:
    """Send a run that was only checked, exactly as checked.

    \b
    Example:
      importer send 20261122T031500Z-newsletter-k3fq
    """
    from importer import runs

    return _do(
        runs.send, run, quiet=quiet, as_json=as_json, yes=yes,
        ask=_ask(as_json=as_json), **settings,
    )  # fmt: skip


@click.command("resume")
@click.argument("run", required=False)
@click.option("--first", type=click.IntRange(min=1), metavar="N", help="Send up to contact N.")
@options.stale
@options.verify
@options.yes
@options.runs_dir
@options.as_json
@options.quiet
@options.verbose
@errors_as_json
def resume_command(run: str | None, quiet: bool, as_json: bool, yes: bool, **settings: Any) -> int:
    """Go on with a run that was interrupted or stopped; without RUN, the newest such.

    \b
    Example:
      importer resume
    """
    from importer import runs

    return _do(
        runs.resume, run, quiet=quiet, as_json=as_json, yes=yes,
        ask=_ask(as_json=as_json), **settings,
    )  # fmt: skip


@click.command("retry")
@click.argument("run")
@click.option("--first", type=click.IntRange(min=1), metavar="N", help="Send only the first N.")
@options.max_rejected
@options.stale
@options.verify
@options.note
@options.yes
@options.runs_dir
@options.as_json
@options.quiet
@options.verbose
@errors_as_json
def retry_command(run: str, quiet: bool, as_json: bool, yes: bool, **settings: Any) -> int:
    """Send again, as a new run, what the platform refused of a run or has not answered for.

    Only rows whose newest verdict is rejected or unknown go, as they were checked then. Rows that
    were refused by our checks are corrected in to-fix.csv instead.

    \b
    Example:
      importer retry 20261122T031500Z-newsletter-k3fq
    """
    from importer import runs

    return _do(
        runs.retry, run, quiet=quiet, as_json=as_json, yes=yes,
        ask=_ask(as_json=as_json), **settings,
    )  # fmt: skip


@click.command("abandon")
@click.argument("run")
@options.runs_dir
@options.as_json
@options.quiet
@options.yes
@errors_as_json
def abandon_command(run: str, runs_dir: Path, as_json: bool, quiet: bool, yes: bool) -> int:
    """Make what a run has not sent unsendable; already-sent.csv lists what was sent.

    \b
    Example:
      importer abandon 20261122T031500Z-newsletter-k3fq
    """
    from importer import runs

    question = tr("Abandon {run}?", run=run)
    if not yes and not as_json and may_ask() and not confirm(plain(question)):
        return 4
    summary, sent = runs.abandon(run, runs_dir=runs_dir)
    if as_json:
        click.echo(summary.as_json(), nl=False)
    elif not quiet:
        with speaking(summary.language):
            say(
                trn(
                    "Abandoned. {count} row was sent: {file}",
                    "Abandoned. {count} rows were sent: {file}",
                    sent,
                    file=f"{summary.folder}/already-sent.csv",
                )
            )
    return 0
