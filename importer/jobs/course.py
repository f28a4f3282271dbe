"""A start of a job: what was left is put right, new files are imported, word gets out."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from importer import assembly
from importer.assembly import Means
from importer.errors import LockedError, StoppedError, UnusableInputError, sentence_of
from importer.job_settings import JobSection
from importer.jobs.accounting import Account, tell_at_once
from importer.jobs.expecting import missing_day
from importer.jobs.importing import Importing
from importer.jobs.job_log import JobLog, log_place
from importer.jobs.keeping import Keeping
from importer.jobs.opening import ready_of, section_of, state_of
from importer.jobs.places import ChangedError
from importer.jobs.recipe import Recipe
from importer.jobs.standing import exit_code, state_after
from importer.jobs.values import FileEnd, JobEnd
from importer.language import choose, speaking, tr
from importer.runs import RUNS
from importer.state import JobState, Standing, State, Step

_DEFECT, _STOPPED, _NOT_SENT = 1, 5, 4


def run_job(
    name: str,
    *,
    again: bool = False,
    accept: bool = False,
    runs_dir: str | Path = RUNS,
    means: Means | None = None,
) -> JobEnd:
    """Do all that a job is for: go on with what was left, import what came, tell whoever must know.

    ``again``: content that was imported before is imported all the same. ``accept``: the job's
    guards refuse nothing this time; its thresholds still do.

    Raises:
        UnusableInputError: ``importer.yaml`` is wrong, or has no such job.
        LockedError: another process holds the job, or a run of it.
    """
    means = means or assembly.means()
    settings = assembly.settings_here(means)
    means = replace(means, settings=settings)  # it counts as it is now, to the end of the start
    section = section_of(settings, name)
    runs_folder = Path(runs_dir)
    place = log_place(section.log, name, settings.state_folder)
    with (
        speaking(choose(settings.language)),
        closing(JobLog(place, section.log, name, means.clock)) as log,
        _failure_told(name, section, log, means),
        closing(state_of(settings, name, means)) as state,
        _overlap_noted(log),
        state.held(),
    ):
        start = _Start(name, section, state, log, means, runs_folder, again, accept)
        return start.done()


@contextmanager
def _overlap_noted(log: JobLog) -> Iterator[None]:
    try:
        yield
    except LockedError as error:
        log.write("held-by-another", message=sentence_of(error))
        raise


@contextmanager
def _failure_told(name: str, section: JobSection, log: JobLog, means: Means) -> Iterator[None]:
    """Tell at once what keeps a start from being noted at all."""
    started = means.clock.now()
    try:
        yield
    except (UnusableInputError, StoppedError) as error:
        code = _NOT_SENT if isinstance(error, UnusableInputError) else _STOPPED
        now, problem = means.clock.now(), sentence_of(error)
        end = JobEnd(name, started, now, code, State.FAILED, State.OK, problem=problem)
        log.write("start-ended", exit_code=code, state=end.state.value, problem=problem)
        tell_at_once(end, section, Standing(), means)
        raise


@dataclass
class _Start:
    """One start of a job, which it holds."""

    job: str
    section: JobSection
    state: JobState
    log: JobLog
    means: Means
    runs_dir: Path
    again: bool
    accept: bool
    ends: list[FileEnd] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)

    def done(self) -> JobEnd:
        """Do it; whatever happens, it is noted and told."""
        before = self.state.standing()
        started = self.means.clock.now()
        first = before.first or started
        before = replace(before, first=first, last_start=started)
        self.state.note(before)
        self.log.write("start-began")
        problem, code, missing = "", 0, None
        try:
            self._work()
            missing = missing_day(self.section.expect, self.state, self.means.clock.now())
        except UnusableInputError as error:
            problem, code = sentence_of(error), _NOT_SENT
        except StoppedError as error:
            problem, code = sentence_of(error), _STOPPED
        except SystemExit as interrupted:
            code = int(interrupted.code or 1)
            problem = tr("it was interrupted; the next start goes on")
        except LockedError:
            raise
        except Exception as error:  # noqa: BLE001 - a defect of ours must not stay silent either
            problem, code = self._defect(error), _DEFECT
        end = self._end(before, problem, code, missing)
        account = Account(self.job, self.section, self.state, self.log, self.means, self.runs_dir)
        return account.of(end, before)

    # --- the work ----------------------------------------------------------------------------

    def _work(self) -> None:
        importing = self._prepared()
        for left in self.state.open_pick_ups():
            if (end := importing.go_on(left)) is not None:
                self.ends.append(end)
        if not self._may_take_more():
            return
        self._end_if_interrupted()
        ready = ready_of(self.section, self.state, self.means.clock)
        for told in ready.passed_over:
            self._pass_over(told)
        self._end_if_interrupted()
        for place, waiting in ready.files:
            self._end_if_interrupted()
            try:
                taken = importing.take(place, waiting)
            except ChangedError as error:
                self._pass_over(sentence_of(error))
                continue
            self.ends.append(importing.bring(taken))
            if not self._may_take_more():
                return

    def _prepared(self) -> Importing:
        """Refuse to begin where nothing could be sent anyway: no file is touched then."""
        section = self.section
        mapping = None
        if section.mapping is not None:
            _, mapping = assembly.find_mapping(section.mapping)
        connection = assembly.choose_connection(
            self.means, mapping, section.connection, needed=True
        )
        assert connection is not None
        assembly.credentials_of(connection)
        watcher = self.log.watching(self.means.watcher)
        recipe = Recipe(
            self.job,
            section,
            self.state,
            replace(self.means, watcher=watcher),
            self.runs_dir,
            self.again,
            self.accept,
        )
        return Importing(recipe, Keeping.of(section), self.log)

    def _pass_over(self, told: str) -> None:
        self.passed_over.append(told)
        self.log.write("passed-over", message=told)

    def _may_take_more(self) -> bool:
        """Tell whether later files may go: none overtakes one that stopped on its way."""
        return all(one.pick_up.step is Step.ENDED for one in self.ends) and not any(
            one.pick_up.end is not None and one.pick_up.exit_code in {1, 5, 130, 143}
            for one in self.ends
        )

    def _end_if_interrupted(self) -> None:
        """End where files may be left: a start that was asked to stop has not done it all."""
        if self.means.interruption.requested:
            raise SystemExit(128 + (self.means.interruption.signal_number or signal.SIGINT))

    def _defect(self, error: Exception) -> str:
        frames = traceback.extract_tb(error.__traceback__)
        self.log.write(
            "defect",
            kind=type(error).__name__,
            traceback=[f"{f.filename}:{f.lineno} {f.name}" for f in frames],
        )
        return tr(
            "a defect of importer stopped it ({kind}); the job's log tells where",
            kind=type(error).__name__,
        )

    def _end(self, before: Standing, problem: str, code: int, missing: date | None) -> JobEnd:
        codes = [one.pick_up.exit_code or 0 for one in self.ends]
        codes += [code] + ([_NOT_SENT] if missing is not None else [])
        sent = any(one.summary is not None and one.summary.calls.made for one in self.ends)
        assert before.last_start is not None
        end = JobEnd(
            job=self.job,
            started=before.last_start,
            ended=self.means.clock.now(),
            exit_code=exit_code(codes, imported=sent),
            state=before.state,
            before=before.state,
            files=tuple(self.ends),
            passed_over=tuple(self.passed_over),
            missing=missing,
            problem=problem,
        )
        return replace(end, state=state_after(end))
