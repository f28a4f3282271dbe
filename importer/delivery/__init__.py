"""Delivery: the plan's contacts go to the platform, each call journalled before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.delivery.calling import Caller
from importer.delivery.course import Course, Plan
from importer.delivery.ending import DeliveryEnd, EndReason, HaltError

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from importer.client import Client
    from importer.clock import Clock, Interruption
    from importer.journal import Journal
    from importer.model import Credentials, Limits, Watcher
    from importer.pacing import Pace
    from importer.targets import Target

__all__ = ["DeliveryEnd", "EndReason", "Plan", "deliver"]


def deliver(
    *,
    plan: Plan,
    target: Target,
    client: Client,
    credentials: Credentials,
    journal: Journal,
    pace: Pace,
    clock: Clock,
    limits: Limits,
    interruption: Interruption,
    watcher: Watcher,
    chance: Random,
    until: int | None = None,
    too_many_rejected: Callable[[int, int], str | None] | None = None,
) -> DeliveryEnd:
    """Send every contact of the plan that has no outcome in the journal; say why it ended.

    On an empty journal this is a run, on any other its resumption. ``until``: only plan positions
    below it are sent (what is in doubt is resolved all the same). ``too_many_rejected``: given the
    rejected and the settled contacts so far, a sentence when the run must stop. The watcher
    advances by contacts settled; whoever calls says ``begin`` and ``end``.

    Raises DefectError when the plan and the journal do not belong together, UnusableInputError for
    an address that is none or a contact that no call can hold.
    """
    caller = Caller(
        target=target,
        client=client,
        credentials=credentials,
        journal=journal,
        pace=pace,
        clock=clock,
        limits=limits,
        interruption=interruption,
        watcher=watcher,
        chance=chance,
    )
    course = Course(
        caller,
        plan=plan,
        target=target,
        credentials=credentials,
        journal=journal,
        clock=clock,
        limits=limits,
        watcher=watcher,
        too_many_rejected=too_many_rejected,
    )
    try:
        return course.run(until)
    except HaltError as halt:
        return DeliveryEnd(halt.reason, str(halt))
