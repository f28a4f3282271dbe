"""A start of a job: what was left is put right, new files are imported, word gets out."""

from __future__ import annotations

import contextlib
import socket
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from importer import assembly, runs
from importer.assembly import Means
from importer.durations import duration_of
from importer.errors import LockedError, StoppedError, UnusableInputError, sentence_of
from importer.job_settings import JobSection, NotifySection, Told
from importer.jobs.beating import beat
from importer.jobs.expecting import missing_day
from importer.jobs.importing import Importing
from importer.jobs.job_log import JobLog, log_place
from importer.jobs.keeping import Keeping
from importer.jobs.measuring import write_metrics
from importer.jobs.opening import ready_of, section_of, state_of
from importer.jobs.places import ChangedError
from importer.jobs.recipe import Recipe
from importer.jobs.standing import (
    LONGEST_MEMORY,
    exit_code,
    next_standing,
    state_after,
    word_of,
)
from importer.jobs.telling import tell
from importer.jobs.values import FileEnd, JobEnd
from importer.jobs.wording import message_of
from importer.key_places import REFERENCE, secret_at
from importer.language import choose, speaking, tr
from importer.model import Secret
from importer.runs import RUNS
from importer.runs.remembering import expire_all
from importer.state import JobState, Message, NewMessage, Standing, State, Step

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
        closing(state_of(settings, name, means)) as state,
        closing(JobLog(place, section.log, name, means.clock)) as log,
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
            if not self.ends:
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
        return self._account_for(before, end)

    # --- the work ----------------------------------------------------------------------------

    def _work(self) -> None:
        importing = self._prepared()
        for left in self.state.open_pick_ups():
            if (end := importing.go_on(left)) is not None:
                self.ends.append(end)
        if not self._may_take_more():
            return
        ready = ready_of(self.section, self.state, self.means.clock)
        for told in ready.passed_over:
            self._pass_over(told)
        for place, waiting in ready.files:
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
        if self.means.interruption.requested:
            return False
        return all(one.pick_up.step is Step.ENDED for one in self.ends) and not any(
            one.pick_up.end is not None and one.pick_up.exit_code in {1, 5, 130, 143}
            for one in self.ends
        )

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

    # --- accounting for it -------------------------------------------------------------------

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

    def _account_for(self, before: Standing, end: JobEnd) -> JobEnd:
        """Note the start and its word in one step; then tell, measure, and put old things away."""
        notify = self.section.notify
        kind = word_of(end, before, notify) if notify else None
        standing = next_standing(before, end, kind)
        messages = [] if kind is None else [self._message(end, kind, before)]
        try:
            self.state.note(standing, messages)
            for one in end.files:
                if one.pick_up.step is Step.ENDED:
                    self.state.change(replace(one.pick_up, step=Step.FILED))
        except StoppedError as error:  # the disk is full: nobody else will tell it
            worst = exit_code([end.exit_code, _STOPPED], imported=False)
            end = replace(end, exit_code=worst, problem=end.problem or sentence_of(error))
            self._warn(sentence_of(error))
            self._tell_at_once(replace(end, state=State.FAILED), before)
        self.log.write(
            "start-ended",
            exit_code=end.exit_code,
            state=end.state.value,
            files=len(end.files),
            problem=end.problem,
            missing=end.missing,
        )
        with contextlib.suppress(StoppedError):  # it is told already
            for sentence in self._afterwards(end, standing):
                self._warn(sentence)
        return end

    def _warn(self, sentence: str) -> None:
        self.log.write("not-done", message=sentence)
        self.means.watcher.event("job-warning", message=sentence)

    def _message(self, end: JobEnd, kind: Told, before: Standing) -> NewMessage:
        title, body = message_of(
            end, kind, before, host=socket.gethostname(), expect=self.section.expect
        )
        return NewMessage(title, body, kind.value, self._attached(end))

    def _tell_at_once(self, end: JobEnd, before: Standing) -> None:
        """Send word that could not be noted."""
        notify = self.section.notify
        if notify is None or Told.FAILED not in notify.on:
            return
        made = self._message(end, Told.FAILED, before)
        message = Message(0, end.ended, made.title, made.body, made.kind, made.attached)
        to, _ = self._places_of(notify)
        tell(message, to, clock=self.means.clock)

    def _attached(self, end: JobEnd) -> tuple[str, ...]:
        """Write what is attached: reports without any person in them."""
        notify = self.section.notify
        if notify is None or not notify.attach:
            return ()
        names = {"summary": "summary.json", "page": "report.html"}
        attached = []
        for one in end.files:
            if one.summary is None:
                continue
            with contextlib.suppress(UnusableInputError, LockedError, StoppedError):
                runs.report(one.summary.run, mask=True, runs_dir=self.runs_dir, means=self.means)
                folder = (self.runs_dir / one.summary.run / "masked").resolve()
                attached += [str(folder / names[what]) for what in notify.attach]
        return tuple(attached)

    def _afterwards(self, end: JobEnd, standing: Standing) -> Iterator[str]:
        """Do what the import does not depend on; give what of it did not come about."""
        yield from self._tell()
        if self.section.heartbeat is not None and end.exit_code in {0, 3}:
            url = self._secret(self.section.heartbeat, "heartbeat")
            told = url if isinstance(url, str) else beat(url, clock=self.means.clock)
            if told:
                yield told
        if self.section.metrics:
            unsent = len(self.state.unsent())
            told = write_metrics(Path(self.section.metrics), end, standing, unsent=unsent)
            if told:
                yield told
        yield from self._put_old_away()

    def _tell(self) -> Iterator[str]:
        """Send what is to be told, also what could not be sent before."""
        notify = self.section.notify
        unsent = self.state.unsent()
        if notify is None or not unsent:
            return
        to, without = self._places_of(notify)
        yield from without
        for message in unsent:
            told = tell(message, to, clock=self.means.clock)
            if told is None:
                self.state.sent(message)
            else:
                yield told

    def _places_of(self, notify: NotifySection) -> tuple[list[Secret], list[str]]:
        """Fetch where word goes; and say of which places that cannot be had."""
        found = [self._secret(one, "notify") for one in notify.to]
        to = [one for one in found if isinstance(one, Secret)]
        return to, [one for one in found if isinstance(one, str)]

    def _secret(self, reference: str, member: str) -> Secret | str:
        """Fetch a secret, or say why it cannot be had."""
        if not REFERENCE.fullmatch(reference):
            return Secret(reference)
        who = tr('job "{job}", {member}', job=self.job, member=member)
        try:
            return secret_at(reference, who, what=tr("its address"), in_lines=True)
        except UnusableInputError as error:
            return sentence_of(error)

    def _put_old_away(self) -> Iterator[str]:
        retention, now = self.section.retention, self.means.clock.now()
        self.state.forget(now - LONGEST_MEMORY)
        try:
            expire_all(self.means)
            keeping = Keeping.of(self.section)
            for left in keeping.left_over({one.id for one in self.state.open_pick_ups()}):
                yield tr("{file} belongs to no file that this job took: look at it", file=left)
            for gone in keeping.retire(retention, now):
                self.log.write("retired", what=gone)
            if retention.runs is not None:
                days = duration_of(retention.runs).days
                done = runs.purge(
                    days, runs_dir=self.runs_dir, yes=True, job=self.job, means=self.means
                )
                for one in done.purged:
                    self.log.write("run-purged", run=one.run)
                yield from (one.why for one in done.failed)
        except (OSError, UnusableInputError) as error:
            yield tr("what is old could not be deleted: {reason}", reason=sentence_of(error))
