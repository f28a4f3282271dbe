"""Delivery: the plan's contacts go to the platform, each call journalled before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from importer.delivery.asking import LOOKED_UP
from importer.delivery.calling import Caller
from importer.delivery.course import Course, Plan
from importer.delivery.ending import DeliveryEnd, EndReason, HaltError
from importer.delivery.lanes import Lanes
from importer.delivery.sizing import Sizing

if TYPE_CHECKING:
    from random import Random

    from importer.clock import Clock, Interruption
    from importer.journal import Journal
    from importer.line import Line
    from importer.model import Credentials, Limits, Watcher
    from importer.targets import Target

__all__ = ["DeliveryEnd", "EndReason", "Plan", "deliver"]

_LEARNT = "rows-per-call"  # the fact that keeps what a run has learnt of the size of its calls


def deliver(
    *,
    plan: Plan,
    target: Target,
    line: Line,
    credentials: Credentials,
    journal: Journal,
    clock: Clock,
    limits: Limits,
    interruption: Interruption,
    watcher: Watcher,
    chance: Random,
    until: int | None = None,
    **course: Any,
) -> DeliveryEnd:
    """Send every contact of the plan that has no outcome in the journal; say why it ended.

    On an empty journal this is a run, on any other its resumption. ``until``: only plan positions
    below it are sent (what is in doubt is resolved all the same). ``course``: as ``Course`` takes
    them: ``too_many_rejected``, given the rejected and the settled contacts so far, a sentence when
    the run must stop; ``prepare``, ``doubtful`` and ``passes_on``. The watcher advances by contacts
    settled; whoever calls says ``begin`` and ``end``.

    Raises DefectError when the plan and the journal do not belong together, UnusableInputError for
    an address that is none or a contact that no call can hold.
    """
    lanes = Lanes(limits.in_flight, clock=clock, interruption=interruption, abort=line.abort)
    caller = Caller(
        target=target,
        line=line,
        credentials=credentials,
        journal=journal,
        clock=clock,
        limits=limits,
        watcher=watcher,
        chance=chance,
        lanes=lanes,
    )

    def remember(rows: int) -> None:
        journal.set_fact(_LEARNT, str(rows))
        watcher.event("batch-size", rows_per_call=rows)

    learnt = journal.fact(_LEARNT)
    sizing = Sizing(
        limits.rows_per_call, learnt=int(learnt) if learnt else None, on_change=remember
    )
    try:
        end = Course(
            caller,
            lanes,
            sizing,
            plan=plan,
            target=target,
            credentials=credentials,
            journal=journal,
            clock=clock,
            limits=limits,
            watcher=watcher,
            **course,
        ).run(until)
    except HaltError as halt:
        lanes.stop(halt)
        end = DeliveryEnd(halt.reason, str(halt))
    except (KeyboardInterrupt, SystemExit):  # the second signal: nobody waits any more
        raise
    except BaseException as error:
        lanes.stop(error)  # whoever closes the journal must not do so under a lane
        raise
    finally:
        lanes.close()
    if caller.asked_first:
        before = int(journal.fact(LOOKED_UP) or 0)
        journal.set_fact(LOOKED_UP, str(before + caller.asked_first))
    return end
