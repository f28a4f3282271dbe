"""``purge``: deletes what is old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from importer.cli import options
from importer.cli.asking import confirm
from importer.cli.refusing import errors_as_json
from importer.cli.screen import may_ask, say, state_shown
from importer.cli.terminal import console, plain
from importer.language import number, tr, trn

if TYPE_CHECKING:
    from importer.runs.purging import OldRun, Purged, SparedRun

_INCOMPLETE = 4


@click.command("purge")
@click.option(
    "--days",
    type=click.IntRange(min=0, max=100_000),
    metavar="N",
    help="Delete runs that ended more than N days ago; left out: keep_runs of importer.yaml.",
)
@click.option("-y", "--yes", is_flag=True, help="Delete without asking.")
@options.runs_dir
@options.as_json
@options.quiet
@errors_as_json
def purge_command(days: int | None, yes: bool, runs_dir: Path, as_json: bool, quiet: bool) -> int:
    """Delete old runs, after saying which.

    Runs that another process holds or that are not finished stay. What was sent of consents stays
    as well (consents.csv and the numbers of summary.json), until keep_consents of importer.yaml
    has passed.

    \b
    Examples:
      importer purge --days 90
      importer purge --yes                  with `keep_runs: 90d` in importer.yaml

    \b
    With --json, which needs --yes, one object:
      purged: run, state, days, rows, keeps_consents
      spared and failed: run, state, days, why
      completed: runs that an earlier purge had only begun to delete
    """
    from importer import assembly
    from importer.runs.purging import how_old, purge

    if days is None and assembly.settings_here(assembly.means()).keep_runs is None:
        raise click.UsageError(tr("{sentence}.", sentence=how_old()))
    ask = _ask if may_ask() and not as_json else None
    done = purge(days, runs_dir=runs_dir, yes=yes, ask=ask)
    if as_json:
        _print_json(done)
    else:
        _print(done, asked=ask is not None and not yes, quiet=quiet)
    return _INCOMPLETE if done.failed else 0


def _ask(old: Sequence[OldRun], spared: Sequence[SparedRun]) -> bool:
    _print_table(old)
    _say_spared(spared)
    return confirm(plain(trn("Delete this run?", "Delete these {count} runs?", len(old))))


def _print_json(done: Purged) -> None:
    import orjson

    click.echo(orjson.dumps(asdict(done), option=orjson.OPT_INDENT_2))


def _print(done: Purged, *, asked: bool, quiet: bool) -> None:
    """Tell what was deleted; ``asked``: which runs these are was shown already."""
    for one in done.failed:
        say(
            tr(
                "{run} ({state}): {sentence}.",
                run=one.run,
                state=state_shown(one.state),
                sentence=one.why,
            )
        )
    if quiet:
        return
    if not asked:
        _print_table(done.purged)
        _say_spared(done.spared)
    for run in done.completed:
        say(tr("{run}: an earlier purge had only begun to delete it; that is done now.", run=run))
    if done.purged:
        say(trn("{count} run was deleted.", "{count} runs were deleted.", len(done.purged)))
    elif not (done.failed or done.completed):
        say(tr("Nothing is old enough to be deleted."))


def _print_table(old: Sequence[OldRun]) -> None:
    if not old:
        return
    from rich.table import Table

    table = Table(box=None, show_header=True, pad_edge=False)
    for header, side in (
        (tr("run"), "left"),
        (tr("days old"), "right"),
        (tr("state"), "left"),
        (tr("rows"), "right"),
        ("", "left"),
    ):
        table.add_column(
            plain(header), justify="right" if side == "right" else "left", no_wrap=True
        )
    for one in old:
        rows = "" if one.rows is None else plain(number(one.rows))
        kept = tr("consents.csv stays") if one.keeps_consents else ""
        table.add_row(
            one.run, plain(number(one.days)), plain(state_shown(one.state)), rows, plain(kept)
        )
    console().print(table)


def _say_spared(spared: Sequence[SparedRun]) -> None:
    for one in spared:
        say(
            tr(
                "{run} ({state}) stays: {sentence}.",
                run=one.run,
                state=state_shown(one.state),
                sentence=one.why,
            )
        )
