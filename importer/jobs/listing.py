"""What the jobs of ``importer.yaml`` did last, and what they do next."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from importer import assembly
from importer.assembly import Means
from importer.clock import iso
from importer.errors import UnusableInputError, sentence_of
from importer.job_settings import ExpectSection
from importer.jobs.expecting import Expectation, check_calendars
from importer.jobs.job_log import log_place
from importer.jobs.opening import state_of
from importer.language import choose, english, speaking
from importer.state import PickUp, Standing


@dataclass(frozen=True, slots=True)
class ListedJob:
    """A job: how it does, the file it took last, what it goes on with, and when one is expected.

    ``unfinished``: files that the next start goes on with. ``expected``: until when the next file
    must have come; None: nothing is said. ``unsent``: how much word could not be sent yet. ``log``:
    the file of its log; None: stderr. ``problem``: why it is not known when a file is expected.
    """

    name: str
    files: tuple[str, ...]
    standing: Standing
    last: PickUp | None
    unfinished: tuple[PickUp, ...]
    expected: datetime | None
    unsent: int
    log: Path | None
    problem: str = ""

    def as_members(self) -> dict[str, Any]:
        """Give what ``job list --json`` prints of it."""
        standing, last = self.standing, self.last
        return {
            "job": self.name,
            "files": self.files,
            "state": standing.state.value if standing.first is not None else None,
            "since": _moment(standing.since),
            "last_start": _moment(standing.last_start),
            "last_end": _moment(standing.last_end),
            "last_success": _moment(standing.last_success),
            "last_exit_code": standing.last_exit_code,
            "last_file": None
            if last is None
            else {
                "name": last.name,
                "taken": _moment(last.taken),
                "end": last.end.value if last.end else None,
                "rows": last.rows,
                "run": last.run or None,
                "exit_code": last.exit_code,
            },
            "unfinished": [{"name": one.name, "run": one.run or None} for one in self.unfinished],
            "expected_by": _moment(self.expected),
            "unsent_messages": self.unsent,
            "log": None if self.log is None else str(self.log),
            "problem": english(self.problem) or None,
        }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def list_jobs(*, means: Means | None = None) -> list[ListedJob]:
    """List the jobs of the current folder's ``importer.yaml``, in its order.

    Raises UnusableInputError when the file is wrong, or what is remembered cannot be read.
    """
    means = means or assembly.means()
    settings = assembly.settings_here(means)
    check_calendars(settings)
    found = []
    with speaking(choose(settings.language)):
        for name, section in settings.jobs.items():
            with closing(state_of(settings, name, means)) as state:
                newest = state.pick_ups(1)
                expected, problem = _expected(section.expect, means.clock.now())
                found.append(
                    ListedJob(
                        name,
                        tuple(section.files),
                        state.standing(),
                        newest[0] if newest else None,
                        tuple(state.open_pick_ups()),
                        expected,
                        len(state.unsent()),
                        log_place(section.log, name, settings.state_folder),
                        problem,
                    )
                )
    return found


def _expected(expect: ExpectSection | None, now: datetime) -> tuple[datetime | None, str]:
    """Tell until when the next file must have come, or why that cannot be told."""
    if expect is None:
        return None, ""
    try:
        return Expectation(expect).next_deadline(now), ""
    except UnusableInputError as error:  # of this job alone: the others are listed
        return None, sentence_of(error)
