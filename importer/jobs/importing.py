"""One file's way through a job: taken, imported, put away; from wherever a crash left it.

Each step is noted before the next begins, so that the next start knows where to go on.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from importer import runs
from importer.assembly import Means
from importer.delivery import EndReason
from importer.errors import StoppedError, UnusableInputError, sentence_of
from importer.files import sha256_of
from importer.jobs.guarding import facts_of_imported
from importer.jobs.job_log import JobLog
from importer.jobs.keeping import Keeping, make_pick_up_id
from importer.jobs.places import ChangedError, Place, Waiting
from importer.jobs.recipe import Recipe
from importer.jobs.values import FileEnd
from importer.language import tr
from importer.model import RunState
from importer.reports import Summary
from importer.run_folder import RunFolder, list_runs
from importer.runs.looking import standing
from importer.runs.staleness import StaleError
from importer.state import End, JobState, PickUp, Step

_UNFINISHED = {RunState.CHECKING, RunState.CHECKED, RunState.SENDING, RunState.STOPPED}
# What would come to the same again in the next night: somebody must look first.
_NEEDS_A_PERSON = {
    EndReason.TOO_MANY_REJECTED,
    EndReason.ALL_REFUSED,
    EndReason.UNREADABLE_ANSWERS,
}
_STOPPED, _REFUSED = 5, 4


@dataclass(frozen=True, slots=True)
class Importing:
    """What a job's files need on their way."""

    recipe: Recipe
    keeping: Keeping
    log: JobLog

    @property
    def state(self) -> JobState:
        return self.recipe.state

    @property
    def means(self) -> Means:
        return self.recipe.means

    @property
    def runs_dir(self) -> Path:
        return self.recipe.runs_dir

    # --- a new file ---------------------------------------------------------------------------

    def take(self, place: Place, waiting: Waiting) -> PickUp:
        """Take a file from where it was found.

        Raises UnusableInputError when it cannot be had, ChangedError when it is not any more what
        was looked at; then it is as good as never found.
        """
        now = self.means.clock.now()
        pick_up = PickUp(
            id=make_pick_up_id(now, self.means.chance),
            place=waiting.place,
            name=waiting.name,
            size=waiting.size,
            modified=waiting.modified,
            taken=now,
            root=os.fspath(self.keeping.root.absolute()),
            runs=os.fspath(self.runs_dir.absolute()),
        )
        self.state.add(pick_up)
        try:
            place.fetch(waiting, self.keeping.folder(pick_up.id))
        except UnusableInputError as error:
            there = self.keeping.file(pick_up).is_file()
            if isinstance(error, ChangedError) or not there:  # else the next start goes on with it
                self._drop(pick_up)
            raise
        taken = self._taken(pick_up)
        try:
            place.let_go(waiting, now)
        except UnusableInputError as error:  # it is here, and is not fetched twice
            self.log.write("not-done", message=sentence_of(error))
            self.means.watcher.event("job-warning", message=sentence_of(error))
        return taken

    def bring(self, pick_up: PickUp) -> FileEnd:
        """Import a file that was taken, and put it away; one that stopped stays where it is."""
        repeated = self.recipe.repeated(pick_up.sha256)
        if repeated:
            return self._put_away(pick_up, End.REPEATED, 0, repeated)
        here = os.fspath(self.runs_dir.absolute())
        if pick_up.runs != here:  # no run of it was made where the last start would have made it
            pick_up = replace(pick_up, runs=here)
            self.state.change(pick_up)
        self.log.write("file-began", file=pick_up.name, pick_up=pick_up.id)
        file = self._kept(pick_up).file(pick_up)
        return self._ended(pick_up, lambda: self.recipe.run(file, pick_up.id))

    # --- a file that an earlier start left on its way --------------------------------------------

    def go_on(self, pick_up: PickUp) -> FileEnd | None:
        """Go on with a file wherever an earlier start left it; None: it was never taken."""
        self.log.write("file-left", file=pick_up.name, pick_up=pick_up.id, step=pick_up.step.value)
        if pick_up.step is Step.TAKING:
            if not self._kept(pick_up).file(pick_up).is_file():
                self._drop(pick_up)
                return None
            pick_up = self._taken(pick_up)
        if pick_up.step is Step.ENDED and pick_up.end is not None:
            return self._filed(pick_up, _told_of(pick_up))
        folder = self._run_of(pick_up)
        if folder is None:
            return self.bring(pick_up)
        state, consented = standing(folder)
        run, runs_dir = str(folder.path), folder.path.parent
        if state is RunState.FINISHED:  # its reports, or the cut, may not be done
            return self._ended(
                pick_up, lambda: runs.report(run, runs_dir=runs_dir, means=self.means), folder
            )
        if state not in _UNFINISHED or not consented:
            return self._ended(pick_up, lambda: runs.show(run, runs_dir=runs_dir), folder)
        return self._ended(
            pick_up, lambda: runs.resume(run, runs_dir=runs_dir, means=self.means), folder
        )

    def _run_of(self, pick_up: PickUp) -> RunFolder | None:
        """Find the run of a file; a crash may have come before it was noted.

        It is looked for where it was made, too: a start may be given another `--runs-dir`.
        """
        elsewhere = Path(pick_up.runs) if pick_up.runs else self.runs_dir
        places = [self.runs_dir, *([] if elsewhere == self.runs_dir.absolute() else [elsewhere])]
        for folder in (one for place in places for one in reversed(list_runs(place))):
            try:
                if folder.settings.pick_up == pick_up.id:
                    return folder
            except UnusableInputError:  # not a run of this version, or purged
                continue
        return None

    # --- how it ended ---------------------------------------------------------------------------

    def _ended(
        self, pick_up: PickUp, work: Callable[[], Summary], found: RunFolder | None = None
    ) -> FileEnd:
        """Do a run's work, and decide what becomes of its file."""
        message, code, no_fault_of_the_file = "", 0, False
        summary: Summary | None = None
        try:
            summary = work()
        except StaleError as error:
            return self._stale(pick_up, found, error)
        except StoppedError as error:
            message, code = sentence_of(error), _STOPPED
        except UnusableInputError as error:
            message, code = sentence_of(error), _REFUSED
            no_fault_of_the_file = _is_of_the_machine(error)
        folder = found or self._run_of(pick_up)
        if folder is not None and folder.id != pick_up.run:
            pick_up = replace(pick_up, run=folder.id)
            self.state.change(pick_up)
        if summary is not None:
            return self._of_summary(pick_up, summary)
        state, consented = (None, False) if folder is None else standing(folder)
        if no_fault_of_the_file or (state in _UNFINISHED and consented):
            return FileEnd(replace(pick_up, exit_code=code), message)  # the next start goes on
        return self._put_away(pick_up, End.REFUSED, code, message)

    def _of_summary(self, pick_up: PickUp, summary: Summary) -> FileEnd:
        code = summary.exit_code
        message = summary.said(summary.message)
        match summary.state:
            case RunState.FINISHED:
                facts = facts_of_imported(summary)
                return self._put_away(pick_up, End.IMPORTED, code, "", summary, facts=facts)
            case RunState.STOPPED if summary.stopped_because not in _NEEDS_A_PERSON:
                return FileEnd(replace(pick_up, exit_code=code), message, summary)
            case RunState.STOPPED | RunState.ABANDONED:
                return self._put_away(pick_up, End.STOPPED, code, message, summary)
            case _:
                return self._put_away(pick_up, End.REFUSED, _REFUSED, message, summary)

    def _stale(self, pick_up: PickUp, folder: RunFolder | None, error: StaleError) -> FileEnd:
        """Leave a plan that is too old to a person, or abandon it, as the job has it."""
        message = sentence_of(error)
        if folder is None or self.recipe.section.stale == "wait":
            return FileEnd(replace(pick_up, exit_code=_STOPPED), message)
        summary, _ = runs.abandon(folder.id, runs_dir=folder.path.parent, means=self.means)
        return self._put_away(pick_up, End.STOPPED, _STOPPED, message, summary)

    # --- noting ---------------------------------------------------------------------------------

    def _kept(self, pick_up: PickUp) -> Keeping:
        """Tell where a file is kept: `keep_in` may say another place since it was taken."""
        if not pick_up.root or self.keeping.folder(pick_up.id).is_dir():
            return self.keeping
        noted = Keeping(Path(pick_up.root))
        return noted if noted.folder(pick_up.id).is_dir() else self.keeping

    def _drop(self, pick_up: PickUp) -> None:
        self.state.change(replace(pick_up, step=Step.DROPPED))
        self.keeping.clear(pick_up.id)

    def _taken(self, pick_up: PickUp) -> PickUp:
        taken = replace(
            pick_up, step=Step.TAKEN, sha256=sha256_of(self._kept(pick_up).file(pick_up))
        )
        self.state.change(taken)
        self.log.write("file-taken", file=taken.name, pick_up=taken.id, sha256=taken.sha256)
        return taken

    def _put_away(
        self,
        pick_up: PickUp,
        end: End,
        code: int,
        message: str,
        summary: Summary | None = None,
        *,
        facts: Mapping[str, Any] | None = None,
    ) -> FileEnd:
        ended = replace(
            pick_up,
            step=Step.ENDED,
            end=end,
            exit_code=code,
            ended=self.means.clock.now(),
            facts=facts or {},
            rows=summary.rows.read if summary else None,
        )
        self.state.change(ended)
        return self._filed(ended, message, summary)

    def _filed(self, pick_up: PickUp, message: str, summary: Summary | None = None) -> FileEnd:
        """Move a file to where it stays; it counts as filed once the start's end is noted."""
        failed = pick_up.end in {End.REFUSED, End.STOPPED}
        moment = pick_up.ended or pick_up.taken
        try:
            kept = self._kept(pick_up).file_away(pick_up, moment, failed=failed)
        except UnusableInputError as error:  # it may have been sent, so this is no refusal
            raise StoppedError(sentence_of(error)) from error
        self.log.write(
            "file-ended",
            file=pick_up.name,
            pick_up=pick_up.id,
            end=pick_up.end,
            exit_code=pick_up.exit_code,
            run=pick_up.run,
        )
        if summary is None and pick_up.run:
            summary = self._summary(pick_up)
        return FileEnd(pick_up, message, summary, str(kept))

    def _summary(self, pick_up: PickUp) -> Summary | None:
        """Read the summary of a file's run, where it was made."""
        try:
            return runs.show(pick_up.run, runs_dir=pick_up.runs or self.runs_dir)
        except UnusableInputError:  # it was deleted by hand, or purged
            return None


def _is_of_the_machine(error: UnusableInputError) -> bool:
    """Tell whether the disk stood in the way: then the file can go once it is mended."""
    cause = error.__cause__
    return isinstance(cause, OSError) and cause.errno in _FULL_OR_BROKEN


_FULL_OR_BROKEN = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}


def _told_of(pick_up: PickUp) -> str:
    """Say what is left to say of a file that ended in a start that was broken off."""
    if pick_up.end is End.IMPORTED:
        return ""
    return tr("an earlier start put it away and was then broken off: see the run, or its log")
