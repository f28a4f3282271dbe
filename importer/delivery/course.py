"""The course of a delivery: what is in doubt first, then what was never sent, in plan order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from importer.batching import batches, cut, whole
from importer.clock import iso
from importer.delivery.calling import Answered, Caller, Lost, Refused
from importer.delivery.ending import DeliveryEnd, EndReason, HaltError
from importer.errors import DefectError, Refusal, RefusedError
from importer.issues import IssueCode, message
from importer.model import Outcome, Settled, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from importer.clock import Clock
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
    """One delivery. Whatever ends it, the journal tells what became of every contact."""

    def __init__(
        self,
        caller: Caller,
        *,
        plan: Plan,
        target: Target,
        credentials: Credentials,
        journal: Journal,
        clock: Clock,
        limits: Limits,
        watcher: Watcher,
        too_many_rejected: Callable[[int, int], str | None] | None,
    ) -> None:
        self._caller = caller
        self._plan = plan
        self._target = target
        self._credentials = credentials
        self._journal = journal
        self._clock = clock
        self._limits = limits
        self._watcher = watcher
        self._too_many_rejected = too_many_rejected
        self._settled, self._rejected = journal.settled_rows()
        self._rows_per_call: int | None = None  # smaller than the limit, once learnt
        self._accepted = False  # whether any call of this delivery was
        self._account_asked = False
        self._refused_alone: dict[str, int] = {}  # since the last accepted call, by reason
        self._failed_alone: list[Lost] = []  # in doubt until another call is accepted
        self._losses = 0  # batches in a row that may not be repeated

    def run(self, until: int | None) -> DeliveryEnd:
        """Send what has no outcome, below plan position ``until``. Raises HaltError."""
        gaps = self._journal.gaps(len(self._plan))
        for gap in gaps:
            if gap.in_doubt:
                self._resolve(gap)
        end = len(self._plan) if until is None else until
        for gap in gaps:
            if not gap.in_doubt:
                self._send_stretch(gap.first, min(gap.end, end))
        self._give_up_failed()
        left = sum(max(0, g.end - max(g.first, end)) for g in gaps if not g.in_doubt)
        if left:
            return DeliveryEnd(EndReason.FIRST_REACHED, f"{left} more contacts are ready.")
        return DeliveryEnd(EndReason.COMPLETE, "Every contact has its outcome.")

    def _send_stretch(self, first: int, end: int) -> None:
        """Send contacts that no call has carried, or that were refused or not taken."""
        while first < end:
            size = self._rows_per_call
            for batch in self._batches(first, end):
                self._deliver(batch)
                first = batch.end
                if self._rows_per_call != size:
                    break  # cut the rest anew, by the size just learnt

    def _batches(self, first: int, end: int) -> Iterator[Batch]:
        return batches(
            self._plan.slices(first, end),
            self._target,
            self._credentials,
            self._limits,
            rows_per_call=self._rows_per_call,
        )

    # --- what an earlier delivery left in doubt ------------------------------------------------

    def _resolve(self, gap: Gap) -> None:
        """Send a batch in doubt again, the same bytes; or what is left of one that was cut."""
        if gap.sha256:
            self._resolve_batch(self._rebuilt(gap), last_chance=True)
            return
        for batch in self._batches(gap.first, gap.end):
            self._resolve_batch(replace(batch, repeated=True), last_chance=False)

    def _resolve_batch(self, batch: Batch, *, last_chance: bool) -> None:
        if self._target.repeatable(batch):
            self._deliver(batch, last_chance=last_chance)
        else:
            self._give_up(self._journal.last_call(batch.first, batch.end), batch)

    def _rebuilt(self, gap: Gap) -> Batch:
        batch = whole(self._plan.slices(gap.first, gap.end), self._target)
        if batch.sha256 != gap.sha256:
            raise DefectError(
                f"the plan does not give the bytes of the batch in doubt at {gap.first} again"
            )
        return replace(batch, repeated=True)

    # --- one batch -----------------------------------------------------------------------------

    def _deliver(self, batch: Batch, *, last_chance: bool = False) -> bool:
        """Bring every contact of a batch to its outcome. True: one call was accepted as a whole.

        ``last_chance``: an earlier delivery already left exactly this batch in doubt.
        """
        reply = self._caller.call(batch)
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
                "The platform's answer could not be tied to any contact of the call.",
            )
        self._accepted = True
        self._losses = 0
        self._refused_alone.clear()
        self._give_up_failed()
        self._halt_on_rejections()

    def _commit(self, call: int, batch: Batch, settled: Settled) -> None:
        self._journal.settled(call, batch, settled, at=iso(self._clock.now()))
        self._settled += len(batch)
        self._rejected += sum(o.verdict is Verdict.REJECTED for o in settled.outcomes)
        self._watcher.advance(len(batch))

    def _halt_on_rejections(self) -> None:
        if self._too_many_rejected is None:
            return
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
                if not self._account_asked:
                    self._halt_if_account_refused(reply.error)
                if len(reply.batch) == 1:
                    self._reject_alone(reply)
                else:
                    self._isolate(reply.batch)

    def _take_size_refusal(self, reply: Refused) -> None:
        if len(reply.batch) == 1:
            self._reject_alone(reply)
            return
        halves = cut(reply.batch)
        size = max(len(half) for half in halves)
        self._rows_per_call = min(size, self._rows_per_call or size)
        self._watcher.event("smaller-batches", rows_per_call=self._rows_per_call)
        for half in halves:
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
        self._refused_alone[reason] = self._refused_alone.get(reason, 0) + 1
        if self._refused_alone[reason] >= _ALIKE:
            if not self._accepted:
                raise HaltError(
                    EndReason.ALL_REFUSED,
                    f"The platform refused {_ALIKE} single contacts alike and took none: "
                    f"{reply.error}",
                )
            self._refused_alone.clear()
            self._halt_if_account_refused(reply.error)
        self._halt_on_rejections()

    def _halt_if_account_refused(self, refusal: RefusedError) -> None:
        """Tell a refused account from a refused call: a call that only reads is refused alike."""
        self._account_asked = True
        answer = self._caller.account_refusal()
        if answer is not None and answer.code.lower() == refusal.code.lower():
            raise HaltError(EndReason.ACCOUNT_REFUSED, str(answer))

    # --- lost ----------------------------------------------------------------------------------

    def _take_loss(self, lost: Lost, *, last_chance: bool) -> None:
        batch, error = lost.batch, lost.error
        if not self._target.repeatable(batch):
            self._give_up(lost.call, batch)
            self._losses += 1
            if self._losses >= self._limits.attempts:
                raise HaltError(EndReason.PLATFORM_DOWN, str(error))
        elif error.one_row_may_be_the_cause and len(batch) > 1:
            self._watcher.event("splitting", batch=batch.id, rows=len(batch))
            for half in cut(batch):
                self._deliver(half)
        elif last_chance:
            self._give_up(lost.call, batch)
        elif error.one_row_may_be_the_cause:
            self._failed_alone.append(lost)
            if len(self._failed_alone) >= _FAILED_ALONE:
                raise HaltError(EndReason.PLATFORM_DOWN, str(error))
        else:
            raise HaltError(EndReason.PLATFORM_DOWN, str(error))

    def _give_up_failed(self) -> None:
        """The platform works, so what it failed on alone has its cause in the contact."""
        while self._failed_alone:
            lost = self._failed_alone.pop()
            self._give_up(lost.call, lost.batch)

    def _give_up(self, call: int, batch: Batch) -> None:
        """Say of a batch in doubt that nobody will ever know."""
        code = IssueCode.ANSWER_LOST
        unknown = Outcome(Verdict.UNKNOWN, code, message=message(code))
        self._commit(call, batch, Settled((unknown,) * len(batch)))
        self._watcher.event("given-up", batch=batch.id, rows=len(batch))
