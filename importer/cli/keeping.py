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
from importer.cli.terminal import plain
from importer.language import tr, trn

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
    if as_json:
        done = purge(days, runs_dir=runs_dir, yes=yes)
        _print_json(done)
        return _INCOMPLETE if done.failed else 0
    which = _Which(yes=yes, quiet=quiet and yes)
    done = purge(days, runs_dir=runs_dir, ask=which if yes or may_ask() else None)
    _print(done, told=which.told, quiet=quiet)
    return _INCOMPLETE if done.failed else 0


class _Which:
    """Says which runs would go and which stay, and asks; ``yes``: the answer was given already."""

    def __init__(self, *, yes: bool, quiet: bool) -> None:
        self._yes = yes
        self._quiet = quiet
        self.told = False

    def __call__(self, old: Sequence[OldRun], spared: Sequence[SparedRun]) -> bool:
        self.told = True
        if not self._quiet:
            for one in old:
                click.echo(plain(_line(one)))
            _say_spared(spared)
        question = trn("Delete this run?", "Delete these {count} runs?", len(old))
        return self._yes or confirm(plain(question))


def _line(one: OldRun) -> str:
    from importer.documents import joined

    told = [
        state_shown(one.state),
        trn("{count} day old", "{count} days old", one.days),
    ]
    if one.rows is not None:
        told.append(trn("{count} row", "{count} rows", one.rows))
    if one.keeps_consents:
        told.append(tr("consents.csv stays"))
    return tr("{place}: {sentence}", place=one.run, sentence=joined(told))


def _print_json(done: Purged) -> None:
    import orjson

    click.echo(orjson.dumps(asdict(done), option=orjson.OPT_INDENT_2))


def _print(done: Purged, *, told: bool, quiet: bool) -> None:
    """Tell what was deleted; ``told``: which runs stay was said already."""
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
    if not told:
        _say_spared(done.spared)
    for run in done.completed:
        say(tr("{run}: an earlier purge had only begun to delete it; that is done now.", run=run))
    if done.purged:
        say(trn("{count} run was deleted.", "{count} runs were deleted.", len(done.purged)))
    elif not (done.failed or done.completed):
        say(tr("Nothing is old enough to be deleted."))


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
