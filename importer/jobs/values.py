"""What a start of a job came to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from importer.reports import Summary
from importer.state import PickUp, State


@dataclass(frozen=True, slots=True)
class FileEnd:
    """What a start made of one file.

    ``message``: why it was refused, passed over or stopped; empty for one that was imported.
    ``summary``: of its run, where there was one. ``kept``: where the file lies now.
    """

    pick_up: PickUp
    message: str = ""
    summary: Summary | None = None
    kept: str = ""


@dataclass(frozen=True, slots=True)
class JobEnd:
    """What a start came to. Moments are in UTC.

    ``passed_over``: files that were not taken, each with the reason, in words. ``missing``: the
    day whose file has not come. ``problem``: what kept the start from its work, in words.
    """

    job: str
    started: datetime
    ended: datetime
    exit_code: int
    state: State
    before: State
    files: tuple[FileEnd, ...] = ()
    passed_over: tuple[str, ...] = ()
    missing: date | None = None
    problem: str = ""
