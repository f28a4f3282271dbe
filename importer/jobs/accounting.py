"""The account of a start: it is noted, told, measured, and what is old is put away."""

from __future__ import annotations

import contextlib
import math
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from importer import runs
from importer.assembly import Means
from importer.durations import duration_of
from importer.errors import StoppedError, UnusableInputError, sentence_of
from importer.job_settings import JobSection, NotifySection, Told
from importer.jobs.beating import beat
from importer.jobs.job_log import JobLog
from importer.jobs.keeping import Keeping
from importer.jobs.measuring import write_metrics
from importer.jobs.standing import exit_code, next_standing, word_of
from importer.jobs.telling import tell
from importer.jobs.values import JobEnd
from importer.jobs.wording import message_of
from importer.key_places import REFERENCE, secret_at
from importer.language import tr
from importer.model import Secret
from importer.runs.masking import MASKED
from importer.runs.remembering import expire_all
from importer.state import JobState, NewMessage, Standing, State, Step

_STOPPED = 5
_LONGEST_MEMORY = timedelta(days=5 * 365)
"""How long a job remembers files that it put away; the newest ones it always does."""


@dataclass(frozen=True, slots=True)
class Account:
    """Accounts for a start of a job, which is held."""

    job: str
    section: JobSection
    state: JobState
    log: JobLog
    means: Means
    runs_dir: Path

    def of(self, end: JobEnd, before: Standing) -> JobEnd:
        """Note the start and its word in one step; then tell, measure, and put old things away."""
        notify = self.section.notify
        kind = word_of(end, before, notify) if notify else None
        standing = next_standing(before, end, kind)
        messages = []
        if kind is not None:
            messages = [_message(end, kind, before, self.section, self._attached(end))]
        try:
            self.state.note(standing, messages)
            for one in end.files:
                if one.pick_up.step is Step.ENDED:
                    self.state.change(replace(one.pick_up, step=Step.FILED))
        except StoppedError as error:  # the disk is full: nobody else will tell it
            worst = exit_code([end.exit_code, _STOPPED], imported=False)
            end = replace(end, exit_code=worst, problem=end.problem or sentence_of(error))
            self._warn(sentence_of(error))
            failed = replace(end, state=State.FAILED)
            tell_at_once(failed, self.section, before, self.means, self._attached(end))
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
            folder = Path(one.summary.folder).resolve()
            with contextlib.suppress(Exception):  # word goes out all the same
                runs.report(str(folder), mask=True, means=self.means)
                attached += [str(folder / MASKED / names[what]) for what in notify.attach]
        return tuple(attached)

    def _afterwards(self, end: JobEnd, standing: Standing) -> Iterator[str]:
        """Do what the import does not depend on; give what of it did not come about."""
        yield from self._tell()
        if self.section.heartbeat is not None and end.exit_code in {0, 3}:
            url = _secret(self.job, self.section.heartbeat, "heartbeat")
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
        to, without = _places_of(self.job, notify)
        yield from without
        for message in unsent:
            delivery = tell(message, to, clock=self.means.clock)
            if delivery.problem is None:
                self.state.sent(message)
            else:
                self.state.partly_sent(replace(message, told=delivery.told))
                yield delivery.problem

    def _put_old_away(self) -> Iterator[str]:
        retention, now = self.section.retention, self.means.clock.now()
        self.state.forget(now - _LONGEST_MEMORY)
        try:
            expire_all(self.means)
            keeping = Keeping.of(self.section)
            for left in keeping.left_over(self.state.open_of_all_jobs()):
                yield tr("{file} belongs to no file that this job took: look at it", file=left)
            for gone in keeping.retire(retention, now):
                self.log.write("retired", what=gone)
            if retention.runs is not None:
                days = math.ceil(duration_of(retention.runs) / timedelta(days=1))
                done = runs.purge(
                    days, runs_dir=self.runs_dir, yes=True, job=self.job, means=self.means
                )
                for one in done.purged:
                    self.log.write("run-purged", run=one.run)
                yield from (one.why for one in done.failed)
        except (OSError, UnusableInputError) as error:
            yield tr("what is old could not be deleted: {reason}", reason=sentence_of(error))


def tell_at_once(
    end: JobEnd, section: JobSection, before: Standing, means: Means, attached: Sequence[str] = ()
) -> None:
    """Send word that could not be noted."""
    if section.notify is None or Told.FAILED not in section.notify.on:
        return
    made = _message(end, Told.FAILED, before, section, attached)
    to, _ = _places_of(end.job, section.notify)
    tell(made, to, clock=means.clock)


def _message(
    end: JobEnd, kind: Told, before: Standing, section: JobSection, attached: Sequence[str]
) -> NewMessage:
    title, body = message_of(end, kind, before, host=socket.gethostname(), expect=section.expect)
    return NewMessage(title, body, kind.value, tuple(attached))


def _places_of(job: str, notify: NotifySection) -> tuple[list[Secret], list[str]]:
    """Fetch where word goes; and say of which places that cannot be had."""
    found = [_secret(job, one, "notify") for one in notify.to]
    to = [one for one in found if isinstance(one, Secret)]
    return to, [one for one in found if isinstance(one, str)]


def _secret(job: str, reference: str, member: str) -> Secret | str:
    """Fetch a secret, or say why it cannot be had."""
    if not REFERENCE.fullmatch(reference):
        return Secret(reference)
    who = tr('job "{job}", {member}', job=job, member=member)
    try:
        return secret_at(reference, who, what=tr("its address"), in_lines=True)
    except UnusableInputError as error:
        return sentence_of(error)
