"""``job run --dry-run``: what a start would do, checked and not sent; nothing is moved or noted."""

from __future__ import annotations

import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from importer import assembly, runs
from importer.assembly import Means
from importer.errors import UnusableInputError, sentence_of
from importer.files import sha256_of
from importer.jobs.course import section_of, state_of
from importer.jobs.expecting import Expectation
from importer.jobs.guarding import guards_from
from importer.jobs.importing import USUAL, imported_already
from importer.jobs.places import open_places, ready_files
from importer.jobs.standing import exit_code
from importer.language import choose, speaking, tr
from importer.reports import Summary
from importer.runs import RUNS


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
        places = open_places(section)
        ready = ready_files(
            places,
            section,
            clock=means.clock,
            known=lambda one: state.was_taken(one.place, one.size, one.modified),
        )
        guards = None
        if not accept:
            guards = guards_from(section.guards, [one.facts for one in state.last_imported(USUAL)])
        files = []
        for number, (place, waiting) in enumerate(ready.files):
            below = Path(folder) / str(number)
            try:
                path = place.lent(waiting, below)
                earlier = None if again else state.imported_before(sha256_of(path))
                if earlier is not None:
                    files.append(TriedFile(waiting.place, None, imported_already(earlier)))
                    continue
                summary = runs.check(
                    path,
                    mapping=section.mapping,
                    connection=section.connection,
                    offline=True,
                    runs_dir=runs_dir,
                    means=means,
                    sheet=section.sheet,
                    strict=section.strict,
                    max_invalid=section.max_invalid,
                    max_yes=section.max_yes,
                    max_no=section.max_no,
                    only_changes=section.only_changes,
                    guards=guards,
                    job=name,
                )
            except UnusableInputError as error:
                files.append(TriedFile(waiting.place, None, sentence_of(error), 4))
            else:
                code = summary.exit_code
                files.append(TriedFile(waiting.place, summary, "", code))
        missing = ""
        now = means.clock.now()
        standing = state.standing()
        if section.expect is not None and not files and standing.first is not None:
            came = [one.taken for one in state.pick_ups(50)]
            day = Expectation(section.expect).missing(now, standing.first, came)
            missing = "" if day is None else tr("the file of {day} has not come", day=day)
        return Trial(
            name,
            exit_code([one.exit_code for one in files] + ([4] if missing else []), imported=False),
            tuple(files),
            ready.passed_over,
            tuple(one.name for one in state.open_pick_ups()),
            missing,
        )
