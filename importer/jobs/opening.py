"""A job by its name: what ``importer.yaml`` says of it, what is remembered, and what waits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from importer import assembly
from importer.errors import UnusableInputError
from importer.jobs.expecting import check_calendars
from importer.jobs.places import Ready, open_places, ready_files
from importer.language import tr
from importer.state import job_state

if TYPE_CHECKING:
    from importer.assembly import Means
    from importer.clock import Clock
    from importer.job_settings import JobSection
    from importer.settings import Settings
    from importer.state import JobState


def section_of(settings: Settings, name: str) -> JobSection:
    """Give a job of ``importer.yaml``. Raises UnusableInputError when there is none."""
    section = settings.jobs.get(name)
    if section is None:
        raise UnusableInputError(_no_job(settings, name))
    check_calendars(settings)
    return section


def _no_job(settings: Settings, name: str) -> str:
    from importer.documents import near

    known = [*settings.jobs]
    if not known:
        return tr('there is no job "{name}": importer.yaml of this folder has no `jobs`', name=name)
    hint = near(name, known) or tr(" There are: {known}.", known=", ".join(known))
    return tr('there is no job "{name}".{hint}', name=name, hint=hint)


def overlaps_quietly(name: str, means: Means) -> bool:
    """Tell whether a start of a job that is held already ends without a word."""
    return section_of(assembly.settings_here(means), name).overlap == "quiet"


def state_of(settings: Settings, name: str, means: Means) -> JobState:
    """Open what is remembered of a job."""
    return job_state(settings.state_folder, name, Path.cwd(), clock=means.clock)


def ready_of(section: JobSection, state: JobState, clock: Clock) -> Ready:
    """Find the files that a job would take now. Raises UnusableInputError as ``ready_files``."""
    return ready_files(
        open_places(section),
        section,
        clock=clock,
        known=lambda one: state.was_taken(one.place, one.size, one.modified),
    )
