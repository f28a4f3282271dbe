"""Where a job's files wait, and which of them are ready."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from importer.errors import Mistake, UnusableInputError
from importer.jobs.local_places import LocalPlace
from importer.jobs.waiting import (
    ChangedError,
    Looked,
    Place,
    UnreachableError,
    Waiting,
    left_alone,
)
from importer.language import tr
from importer.written_places import is_remote

if TYPE_CHECKING:
    from importer.clock import Clock
    from importer.job_settings import JobSection

__all__ = [
    "ChangedError",
    "Looked",
    "Place",
    "Ready",
    "UnreachableError",
    "Waiting",
    "open_places",
    "ready_files",
]


@dataclass(frozen=True, slots=True)
class Ready:
    """The files to import, in order, each with its place; and those that are left, in words."""

    files: tuple[tuple[Place, Waiting], ...] = ()
    passed_over: tuple[str, ...] = ()


def open_places(job: JobSection, *, base: Path = Path()) -> list[Place]:
    """Give a job's places in the order that is written; ``base``: what paths are relative to.

    Raises UnusableInputError for a place that can never be one.
    """
    from importer.jobs.remote_places import RemotePlace

    return [
        RemotePlace(written, job) if is_remote(written) else LocalPlace(written, job, base)
        for written in job.places
    ]


def ready_files(
    places: Sequence[Place],
    job: JobSection,
    *,
    clock: Clock,
    known: Callable[[Waiting], bool],
) -> Ready:
    """Find the files that are complete: two looks saw the same, or their markers have come.

    ``known`` tells of a file that stays at its place whether it was fetched before. Nothing is
    ready when the wait between the looks was broken off.

    Raises UnusableInputError with all places that cannot be looked at; UnreachableError when all
    of these do not answer.
    """
    first = _looked(places)
    new = {w.place for p, w in first.files if not (p.leaves and w.dated and known(w))}
    if job.done_marker or not job.settle_seconds or not new:
        files = [(p, w) for p, w in first.files if w.place in new]
        return Ready(tuple(files), first.passed_over)
    began = clock.monotonic()
    clock.sleep(job.settle_seconds)
    if clock.monotonic() - began < job.settle_seconds:
        return Ready((), first.passed_over)
    before = {w.place: w for _, w in first.files}
    again = _looked(places)
    ready, passed_over = [], [*again.passed_over]
    for place, waiting in again.files:
        earlier = before.get(waiting.place)
        if earlier == waiting:
            if waiting.place in new:
                ready.append((place, waiting))
        elif earlier is None:
            passed_over.append(left_alone(waiting.place, tr("it has only just come")))
        else:
            passed_over.append(left_alone(waiting.place, tr("it is still being written")))
    return Ready(tuple(ready), tuple(passed_over))


def _looked(places: Sequence[Place]) -> Ready:
    """Look at all places; a file that two of them have is the first one's."""
    files: dict[str, tuple[Place, Waiting]] = {}
    passed_over: dict[str, None] = {}
    failures: list[UnusableInputError] = []
    for place in places:
        try:
            looked = place.look()
        except UnusableInputError as error:
            failures.append(error)
            continue
        for waiting in looked.waiting:
            files.setdefault(waiting.source, (place, waiting))
        passed_over.update(dict.fromkeys(looked.passed_over))
    if failures:
        mistakes: list[Mistake] = [mistake for error in failures for mistake in error.mistakes]
        away = all(isinstance(error, UnreachableError) for error in failures)
        raise (UnreachableError if away else UnusableInputError)(*mistakes)
    return Ready(tuple(files.values()), tuple(passed_over))
