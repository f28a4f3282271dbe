"""``job run --dry-run``: what a start would do, checked and not sent; nothing is moved or noted."""

from __future__ import annotations

import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from importer import assembly
from importer.assembly import Means
from importer.errors import UnusableInputError, sentence_of
from importer.jobs.expecting import missing_day
from importer.jobs.opening import ready_of, section_of, state_of
from importer.jobs.places import Place, Waiting
from importer.jobs.recipe import Recipe
from importer.jobs.standing import exit_code
from importer.language import choose, speaking, tr
from importer.reports import Summary
from importer.runs import RUNS

_NOT_SENT = 4


@dataclass(frozen=True, slots=True)
class TriedFile:
    """A file that a start would take: its check, or why it would not be imported."""

    place: str
    summary: Summary | None = None
    message: str = ""
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """What a start would do. ``unfinished``: names of files that it would go on with first."""

    job: str
    exit_code: int
    files: tuple[TriedFile, ...]
    passed_over: tuple[str, ...]
    unfinished: tuple[str, ...]
    missing: str


def try_job(
    name: str,
    *,
    again: bool = False,
    accept: bool = False,
    runs_dir: str | Path = RUNS,
    means: Means | None = None,
) -> Trial:
    """Check the files that a start would take, where they are; a remote one is fetched for it.

    ``again`` and ``accept``: as in ``run_job``. Each check leaves a run folder, as ``check`` does.

    Raises UnusableInputError as ``run_job`` does.
    """
    means = means or assembly.means()
    settings = assembly.settings_here(means)
    section = section_of(settings, name)
    with (
        speaking(choose(settings.language)),
        closing(state_of(settings, name, means)) as state,
        tempfile.TemporaryDirectory(prefix="importer-") as folder,
    ):
        recipe = Recipe(name, section, state, means, Path(runs_dir), again, accept)
        ready = ready_of(section, state, means.clock)
        files = tuple(
            _tried(recipe, place, waiting, Path(folder) / str(number))
            for number, (place, waiting) in enumerate(ready.files)
        )
        day = None if files else missing_day(section.expect, state, means.clock.now())
        codes = [one.exit_code for one in files] + ([_NOT_SENT] if day else [])
        return Trial(
            name,
            exit_code(codes, imported=False),
            files,
            ready.passed_over,
            tuple(one.name for one in state.open_pick_ups()),
            "" if day is None else tr("the file of {day} has not come", day=day),
        )


def _tried(recipe: Recipe, place: Place, waiting: Waiting, into: Path) -> TriedFile:
    """Check a file where it is; a remote one is fetched ``into`` a folder for it."""
    try:
        told = recipe.tried(place.lent(waiting, into))
    except UnusableInputError as error:
        return TriedFile(waiting.place, None, sentence_of(error), _NOT_SENT)
    if isinstance(told, str):
        return TriedFile(waiting.place, None, told)
    return TriedFile(waiting.place, told, "", told.exit_code)
