"""The course of a delivery: what is in doubt first, then what was never sent, in plan order.

Batches are delivered in lanes, so what is known of the platform is shared between threads; each
batch is brought to its end, cut or not, by one of them.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from importer.batching import batches, cut, whole
from importer.clock import iso
from importer.delivery.calling import Answered, Caller, Lost, Refused
from importer.delivery.ending import DeliveryEnd, EndReason, HaltError
from importer.errors import (
    DefectError,
    InDoubtError,
    Refusal,
    RefusedError,
    UnusableInputError,
)
from importer.issues import IssueCode, message
from importer.language import tr, trn
from importer.model import Outcome, Settled, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from importer.clock import Clock
    from importer.delivery.lanes import Lanes
    from importer.delivery.sizing import Sizing
    from importer.journal import Gap, Journal
    from importer.model import Batch, Credentials, Limits, PlannedField, PlanSlice, Watcher
    from importer.targets import Target

_ALIKE = 8  # single contacts refused for one reason: the reason is not the contact
_FAILED_ALONE = 3  # single contacts the platform failed on: the platform is down


class Plan(Protocol):
    """What is to be sent: contacts at positions from 0."""

    @property
    def fields(self) -> tuple[PlannedField, ...]:
        """The fields of every contact."""
        ...

    def __len__(self) -> int:
        """The number of contacts."""
        ...

    def slices(self, first: int, end: int) -> Iterator[PlanSlice]:
        """Give the contacts from ``first`` up to ``end``, exactly these, in order."""
        ...


class Course:
    """One delivery. Whatever ends it, the journal tells what became of every contact.

    ``prepare``: called with the ends of a stretch of the plan before its contacts are read for the
    first time. ``doubtful``: plan positions, ascending, that an earlier run left in doubt.
    ``passes_on``: tells an outcome that is not the contact's last word.
    """

    def __init__(
        self,
        caller: Caller,
        lanes: Lanes,
        sizing: Sizing,
        *,
        plan: Plan,
        target: Target,
        credentials: Credentials,
        journal: Journal,
        clock: Clock,
        limits: Limits,
        watcher: Watcher,
        too_many_rejected: Callable[[int, int], str | None] | None = None,
        prepare: Callable[[int, int], None] | None = None,
        doubtful: Sequence[int] = (),
        passes_on: Callable[[Outcome], bool] | None = None,
    ) -> None:
        self._caller = caller
        self._lanes = lanes
        self._sizing = sizing
        self._plan = plan
        self._target = target
        self._credentials = credentials
        self._journal = journal
        self._clock = clock
        self._limits = limits
        self._watcher = watcher
        self._too_many_rejected = too_many_rejected
        self._prepare = prepare
        self._doubtful = doubtful
        self._passes_on = passes_on or (lambda _: False)
        self._settled, self._rejected = journal.settled_rows()
        self._lock = threading.RLock()  # over all that follows
        self._accepted = False  # whether any call of this delivery was
        self._account_asked = False
        self._refused_alone: dict[str, int] = {}  # since the last accepted call, by reason
        self._failed_alone: list[Lost] = []  # in doubt until another call is accepted
        self._losses = 0  # batches in a row that may not be repeated
        self._time_outs = 0  # batches in a row that were not answered in time

    def run(self, until: int | None) -> DeliveryEnd:
        """Send what has no outcome, below plan position ``until``. Raises HaltError."""
        gaps = self._journal.gaps(len(self._plan))
        for gap in gaps:
            if gap.ticket:
                batch = self._with_doubts(self._rebuilt(gap, repeated=gap.doubted))
                self._lanes.give(partial(self._ask_again, gap, batch))
        self._lanes.finish()  # what the platform is at work on counts among what is in flight
        for gap in gaps:
            if gap.in_doubt and not gap.ticket:
                self._resolve(gap)
        self._lanes.finish()
        end = len(self._plan) if until is None else until
        for gap in gaps:
            if not gap.in_doubt:
                self._send_stretch(gap.first, min(gap.end, end))
        self._lanes.finish()
        self._give_up_failed()
        left = sum(max(0, g.end - max(g.first, end)) for g in gaps if not g.in_doubt)
        if left:
            ready = trn(
                "{count} more contact is ready.",
                "{count} more contacts are ready.",
                left,
                count=left,
            )
            return DeliveryEnd(EndReason.FIRST_REACHED, ready)
        return DeliveryEnd(EndReason.COMPLETE, tr("Every contact has its outcome."))

    def _send_stretch(self, first: int, end: int) -> None:
        """Send contacts that no call has carried, or that were refused or not taken."""
        if self._prepare is None:
            self._send_batches(first, end)
            return
        while first < end:
            portion = min(end, first + self._sizing.rows * self._limits.in_flight)
            self._lanes.finish()  # a look-up is a call in flight like others
            self._prepare(first, portion)
            self._send_batches(first, portion)
            first = portion

    def _send_batches(self, first: int, end: int) -> None:
        try:
            for batch in self._batches(first, end):
                self._lanes.give(partial(self._deliver_fresh, batch))
        except UnusableInputError:  # a contact that no call can hold: those before it are sent
            self._lanes.finish()
            raise

    def _deliver_fresh(self, batch: Batch) -> None:
        """Deliver a batch; it may have been made before a smaller size was learnt."""
        if len(batch) <= self._sizing.rows:
            self._deliver(batch)
            return
        for half in cut(batch):
            self._deliver_fresh(half)

    def _batches(self, first: int, end: int) -> Iterator[Batch]:
        for batch in batches(
            self._plan.slices(first, end),
            self._target,
            self._credentials,
            self._limits,
            rows_per_call=lambda: self._sizing.rows,
        ):
            yield self._with_doubts(batch)

    def _with_doubts(self, batch: Batch) -> Batch:
        """Mark the contacts of which an earlier run cannot tell whether they were written."""
        low = bisect_left(self._doubtful, batch.first)
        high = bisect_left(self._doubtful, batch.end)
        if low == high:
            return batch
        return replace(
            batch, doubtful=frozenset(at - batch.first for at in self._doubtful[low:high])
        )

    # --- what an earlier delivery left in doubt ------------------------------------------------

    def _ask_again(self, gap: Gap, batch: Batch) -> None:
        """Ask what became of a batch that the platform took."""
        reply = self._caller.ask_again(gap.call, batch, gap.ticket)
        if isinstance(reply, Lost):
            self._resolve_batch(reply.batch, last_chance=True)
        else:
            self._end(reply)

    def _resolve(self, gap: Gap) -> None:
        """Send a batch in doubt again, the same bytes; or what is left of one that was cut."""
        if gap.sha256:
            batch = self._with_doubts(self._rebuilt(gap, repeated=True))
            self._lanes.give(partial(self._resolve_batch, batch, last_chance=True))
            return
        for batch in self._batches(gap.first, gap.end):
            again = replace(batch, repeated=True)
            self._lanes.give(partial(self._resolve_batch, again, last_chance=False))

    def _resolve_batch(self, batch: Batch, *, last_chance: bool) -> None:
        if not self._target.repeatable(batch):
            self._give_up(self._journal.last_call(batch.first, batch.end), batch)
        elif len(batch) > 1 and self._beyond_limits(batch):
            for half in cut(batch):
                self._resolve_batch(half, last_chance=last_chance)
        else:
            self._deliver(batch, last_chance=last_chance)

    def _beyond_limits(self, batch: Batch) -> bool:
        """Tell whether a batch of an earlier delivery is larger than a call may be by now."""
        size = len(self._target.submission(batch, self._credentials).body)
        return len(batch) > self._limits.rows_per_call or size > self._limits.bytes_per_call

    def _rebuilt(self, gap: Gap, *, repeated: bool) -> Batch:
        batch = whole(self._plan.slices(gap.first, gap.end), self._target)
        if batch.sha256 != gap.sha256:
            raise DefectError(
                f"the plan does not give the bytes of the batch in doubt at {gap.first} again"
            )
        return replace(batch, repeated=repeated)

    # --- one batch -----------------------------------------------------------------------------

    def _deliver(self, batch: Batch, *, last_chance: bool = False) -> bool:
        """Bring every contact of a batch to its outcome. True: one call was accepted as a whole.

        ``last_chance``: an earlier delivery already left exactly this batch in doubt.
        """
        return self._end(self._caller.call(batch), last_chance=last_chance)

    def _end(self, reply: Answered | Refused | Lost, *, last_chance: bool = False) -> bool:
        """Do what a reply means for its batch. True: the call was accepted as a whole."""
        match reply:
            case Answered():
                self._accept(reply)
                return True
            case Refused():
                self._take_refusal(reply)
            case Lost():
                self._take_loss(reply, last_chance=last_chance)
        return False

    def _accept(self, reply: Answered) -> None:
        settled = reply.settled
        if settled.strangers:
            self._watcher.event("strange-answers", batch=reply.batch.id, answers=settled.strangers)
        self._commit(reply.call, reply.batch, settled)
        if settled.joined == 0:
            raise HaltError(
                EndReason.UNREADABLE_ANSWERS,
                tr("The platform's answer could not be tied to any contact of the call."),
            )
        self._sizing.accepted(len(reply.batch))
        with self._lock:
            self._accepted = True
            self._losses = self._time_outs = 0
            self._refused_alone.clear()
        self._give_up_failed()
        self._halt_on_rejections()

    def _commit(self, call: int, batch: Batch, settled: Settled) -> None:
        self._journal.settled(call, batch, settled, at=iso(self._clock.now()))
        last_words = [one for one in settled.outcomes if not self._passes_on(one)]
        with self._lock:
            self._settled += len(last_words)
            self._rejected += sum(o.verdict is Verdict.REJECTED for o in last_words)
            self._watcher.advance(len(last_words))

    def _halt_on_rejections(self) -> None:
        if self._too_many_rejected is None:
            return
        with self._lock:
            words = self._too_many_rejected(self._rejected, self._settled)
        if words is not None:
            raise HaltError(EndReason.TOO_MANY_REJECTED, words)

    # --- refused -------------------------------------------------------------------------------

    def _take_refusal(self, reply: Refused) -> None:
        match reply.error.scope:
            case Refusal.ACCOUNT:
                raise HaltError(EndReason.ACCOUNT_REFUSED, str(reply.error))
            case Refusal.SIZE:
                self._take_size_refusal(reply)
            case Refusal.CALL:
                with self._lock:
                    asked, self._account_asked = self._account_asked, True
                if not asked:
                    self._halt_if_account_refused(reply.error)
                if len(reply.batch) == 1:
                    self._reject_alone(reply)
                else:
                    self._isolate(reply.batch)

    def _take_size_refusal(self, reply: Refused) -> None:
        if len(reply.batch) == 1:
            self._reject_alone(reply)
            return
        self._sizing.too_large(len(reply.batch))
        for half in cut(reply.batch):
            self._deliver(half)

    def _isolate(self, batch: Batch) -> None:
        """Cut a refused batch until its culprits stand alone; the others are delivered.

        When the first half is accepted the culprit is in the second, which need not be refused
        once more to be cut: one culprit among n costs at most 2·log2(n)+1 calls.
        """
        self._watcher.event("splitting", batch=batch.id, rows=len(batch))
        first, second = cut(batch)
        if self._deliver(first) and len(second) > 1:
            self._isolate(second)
        else:
            self._deliver(second)

    def _reject_alone(self, reply: Refused) -> None:
        """Settle a contact that was refused on its own; many alike are no contact's fault."""
        self._commit(reply.call, reply.batch, self._target.refused_alone(reply.batch, reply.error))
        reason = reply.error.code or str(reply.error)
        with self._lock:
            alike = self._refused_alone[reason] = self._refused_alone.get(reason, 0) + 1
            accepted = self._accepted
            if alike >= _ALIKE:
                self._refused_alone.clear()
        if alike >= _ALIKE and not accepted:
            raise HaltError(
                EndReason.ALL_REFUSED,
                tr(
                    "The platform refused {contacts} single contacts alike and took none: {words}",
                    contacts=_ALIKE,
                    words=str(reply.error),
                ),
            )
        if alike >= _ALIKE:
            self._halt_if_account_refused(reply.error)
        self._halt_on_rejections()

    def _halt_if_account_refused(self, refusal: RefusedError) -> None:
        """Tell a refused account from a refused call: a call that only reads is refused alike."""
        answer = self._caller.questions.account_refusal(self._target)
        if answer is not None and answer.code.lower() == refusal.code.lower():
            raise HaltError(EndReason.ACCOUNT_REFUSED, str(answer))

    # --- lost ----------------------------------------------------------------------------------

    def _take_loss(self, lost: Lost, *, last_chance: bool) -> None:
        batch, error = lost.batch, lost.error
        if not self._target.repeatable(batch):
            self._give_up(lost.call, batch)
            self._halt_after_losses(error)
        elif error.one_row_may_be_the_cause and len(batch) > 1:
            self._cut_and_deliver(batch, last_chance=False)
        elif self._may_be_too_slow(lost):
            self._cut_and_deliver(batch, last_chance=last_chance)
        elif last_chance:
            self._give_up(lost.call, batch)
        elif error.one_row_may_be_the_cause:
            self._put_aside(lost)
        else:
            raise HaltError(EndReason.PLATFORM_DOWN, str(error))

    def _may_be_too_slow(self, lost: Lost) -> bool:
        """Tell whether fewer contacts may be answered in time; not so when nothing ever is."""
        if not lost.error.timed_out:
            return False
        self._sizing.too_slow(len(lost.batch))
        with self._lock:
            self._time_outs += 1
            return len(lost.batch) > 1 and self._time_outs < self._limits.attempts

    def _cut_and_deliver(self, batch: Batch, *, last_chance: bool) -> None:
        self._watcher.event("splitting", batch=batch.id, rows=len(batch))
        for half in cut(batch):
            self._deliver(half, last_chance=last_chance)

    def _halt_after_losses(self, error: InDoubtError) -> None:
        with self._lock:
            self._losses += 1
            losses = self._losses
        if losses >= self._limits.attempts:
            raise HaltError(EndReason.PLATFORM_DOWN, str(error))

    def _put_aside(self, lost: Lost) -> None:
        """Leave a contact on which the platform fails until another call tells why."""
        with self._lock:
            self._failed_alone.append(lost)
            failed = len(self._failed_alone)
        if failed >= _FAILED_ALONE:
            raise HaltError(EndReason.PLATFORM_DOWN, str(lost.error))

    def _give_up_failed(self) -> None:
        """The platform works, so what it failed on alone has its cause in the contact."""
        with self._lock:
            failed, self._failed_alone = self._failed_alone, []
        for lost in failed:
            self._give_up(lost.call, lost.batch)

    def _give_up(self, call: int, batch: Batch) -> None:
        """Say of a batch in doubt that nobody will ever know."""
        code = IssueCode.ANSWER_LOST
        unknown = Outcome(Verdict.UNKNOWN, code, message=message(code))
        self._commit(call, batch, Settled((unknown,) * len(batch)))
        self._watcher.event("given-up", batch=batch.id, rows=len(batch))
