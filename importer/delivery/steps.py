"""Deliveries in which not every yes of the plan is sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from importer.delivery import deliver
from importer.delivery.asking import Asking
from importer.delivery.ending import DeliveryEnd, EndReason
from importer.delivery.lanes import Lanes
from importer.delivery.questions import Questions
from importer.delivery.turns import Turns
from importer.delivery.yeses import Buffered, Selected, WithoutWithheld, WithoutYeses
from importer.errors import UnusableInputError
from importer.journal.going_on import begin_two_steps, goes_on, going_on
from importer.language import tr
from importer.targets import Target, Verifies

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from importer.delivery.course import Plan
    from importer.journal import Journal
    from importer.model import WriteMode

_ALL_OF_IT = {EndReason.COMPLETE, EndReason.FIRST_REACHED}


def deliver_without_yeses(
    plan: Plan, journal: Journal, *, target: Target, dates: Mapping[str, str], **means: Any
) -> DeliveryEnd:
    """Deliver a plan of which nobody may be set to yes, such as one that only updates."""
    view = WithoutYeses(plan, dates)
    return deliver(plan=view, journal=journal, target=target, **means)


def deliver_to_new(
    plan: Plan,
    journal: Journal,
    *,
    mode: WriteMode,
    target_for: Callable[[WriteMode], Target],
    dates: Mapping[str, str],
    until: int | None = None,
    too_many_rejected: Callable[[int, int], str | None] | None = None,
    doubtful: Sequence[int] = (),
    **means: Any,
) -> DeliveryEnd:
    """Deliver so that a yes goes only to contacts that are created.

    First updates without the yeses; then those contacts that were not updated are inserted with
    them. An insert touches no contact that is there, whatever it was that the update was told.
    ``mode``: the mapping's, which allows both.
    """
    begin_two_steps(journal)
    updates = replace(mode, allow_insert=False, skip_unmatched=True)
    ended = deliver(
        plan=WithoutYeses(plan, dates),
        journal=journal.at_step(0),
        target=target_for(updates),
        until=until,
        passes_on=goes_on,
        **means,
    )
    if ended.reason not in _ALL_OF_IT:
        return ended
    positions = going_on(journal, len(plan))
    if not len(positions):
        return ended
    settled, _ = journal.at_step(0).settled_rows()
    inserted = deliver(
        plan=Selected(plan, positions),
        journal=journal.at_step(1),
        target=target_for(replace(mode, allow_update=False, skip_unmatched=False)),
        until=None if until is None else int(positions.searchsorted(until)),
        too_many_rejected=_counting_from(settled - len(positions), too_many_rejected),
        doubtful=_among(positions.tolist(), doubtful) if doubtful else (),
        **means,
    )
    return ended if inserted.reason is EndReason.COMPLETE else inserted


def _counting_from(
    settled_before: int, too_many: Callable[[int, int], str | None] | None
) -> Callable[[int, int], str | None] | None:
    """Let the second step count what the first has settled: nothing that was rejected for good."""
    if too_many is None:
        return None
    return lambda rejected, settled: too_many(rejected, settled + settled_before)


def _among(positions: Sequence[int], doubtful: Sequence[int]) -> list[int]:
    """Find doubtful contacts among those that go on: their places there, ascending."""
    wanted = frozenset(doubtful)
    return [place for place, position in enumerate(positions) if position in wanted]


def deliver_unless_refused(
    plan: Plan, journal: Journal, *, target: Target, dates: Mapping[str, str], **means: Any
) -> DeliveryEnd:
    """Deliver each yes unless the account says no, or has the contact and does not say.

    Raises UnusableInputError where contacts cannot be looked up on the platform.
    """
    if not isinstance(target, Verifies):
        raise UnusableInputError(
            tr(
                "yes_to: unless-refused reads each contact before its yes is sent, and no call is "
                "known that reads those of {target}: write yes_to: everyone or yes_to: new",
                target=target.name,
            )
        )
    line, clock, limits = means["line"], means["clock"], means["limits"]
    lanes = Lanes(
        limits.in_flight, clock=clock, interruption=means["interruption"], abort=line.abort
    )
    turns = Turns(
        line=line, lanes=lanes, clock=clock, watcher=means["watcher"], chance=means["chance"]
    )
    questions = Questions(
        line=line, credentials=means["credentials"], limits=limits, lanes=lanes, turns=turns
    )
    read = Buffered(plan)
    asking = Asking(read, journal, target=target, questions=questions, lanes=lanes)
    try:
        return deliver(
            plan=WithoutWithheld(read, journal, dates),
            journal=journal,
            target=target,
            prepare=asking.prepare,
            **means,
        )
    finally:
        lanes.close()
