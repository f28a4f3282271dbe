"""A plan that has lain too long is not sent: somebody may have unsubscribed since."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from importer import pipeline
from importer.clock import iso
from importer.errors import UnusableInputError
from importer.language import tr, trn
from importer.model import RunState

if TYPE_CHECKING:
    from importer.journal import Journal
    from importer.run_folder import RunFolder


class StaleError(UnusableInputError):
    """A plan has lain too long."""


_CLOCKS_DIFFER = timedelta(minutes=5)  # as much as the clocks of two machines may
_HOUR, _DAY = 60, 1440  # minutes
_BEGUN = {RunState.SENDING, RunState.STOPPED}


def refuse_stale(
    folder: RunFolder, journal: Journal, *, now: datetime, max_age: timedelta, stale: bool
) -> None:
    """Refuse to send a plan that was checked longer than ``max_age`` ago, or later than now.

    ``stale``: the operator wants it sent whatever its age. A run of which only the reports are
    missing is let through. A plan's age is that of its check, also in a retry.

    Raises:
        StaleError: how old the plan is, why that matters, and what to do.
    """
    fact = journal.fact("checked")
    if stale or fact is None:
        return
    checked = datetime.fromisoformat(fact)
    age = now - checked
    if -_CLOCKS_DIFFER <= age <= max_age:
        return
    planned = pipeline.plan_facts(journal).planned
    if journal.state in _BEGUN and not pipeline.unsettled_below(journal, planned):
        return
    if age < timedelta(0):
        raise StaleError(
            tr(
                "how old the plan of {run} is cannot be told: it was checked at {checked}, and the "
                "clock of this machine stands at {now}, {age} before that. Set the clock right, or "
                "check the files again, or send the plan all the same with --stale",
                run=folder.id,
                checked=fact,
                now=iso(now),
                age=in_words(-age),
            )
        )
    raise StaleError(
        tr(
            "the plan of {run} was checked {age} ago ({checked}), and one older than {most} is not "
            "sent: it could undo an unsubscription made since. Check the files again, or send the "
            "plan all the same with --stale",
            run=folder.id,
            age=in_words(age),
            checked=fact,
            most=in_words(max_age),
        )
    )


def in_words(span: timedelta) -> str:
    """Write a duration in the largest unit of which it has at least two."""
    minutes = int(span.total_seconds() // 60)
    if minutes >= 2 * _DAY:
        days = minutes // _DAY
        return trn("{count} day", "{count} days", days, count=days)
    if minutes >= 2 * _HOUR:
        return trn("{count} hour", "{count} hours", minutes // _HOUR)
    return trn("{count} minute", "{count} minutes", minutes)
