"""Contacts on which the first of two steps had not the last word: they go on to the second."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from importer.model import Verdict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from importer.journal.store import Journal
    from importer.model import Outcome

_STEPS, _TWO = "steps", "2"
# Words of a platform for a contact that is not there are not known: a refusal may be one. Going on
# does no harm, for the second step inserts and touches no contact that is there.
_NOT_WRITTEN = frozenset({Verdict.SKIPPED, Verdict.REJECTED})


def begin_two_steps(journal: Journal) -> None:
    """Say, durably, that the run sends updates first and then inserts; before it sends."""
    if not in_two_steps(journal):
        journal.set_fact(_STEPS, _TWO)


def in_two_steps(journal: Journal) -> bool:
    """Tell whether the run sends updates first and then inserts."""
    return journal.fact(_STEPS) == _TWO


def goes_on(outcome: Outcome) -> bool:
    """Tell whether a contact with this outcome of the first step goes on to the second."""
    return outcome.verdict in _NOT_WRITTEN


def going_on(journal: Journal, planned: int) -> NDArray[np.int64]:
    """Give the plan positions that go on, ascending, 8 bytes each; more come only at the end.

    For that, nothing counts beyond the first contact of which the first step knows nothing yet.
    """
    import numpy as np  # heavy, and most runs send in one step

    updates = journal.at_step(0)
    gaps = updates.gaps(planned)
    reached = gaps[0].first if gaps else planned
    found = array("q")
    for settled in updates.settled_batches():
        if settled.first >= reached:
            break
        found.extend(
            position for position, one in enumerate(settled.outcomes, settled.first) if goes_on(one)
        )
    return np.array(found, dtype=np.int64)


def settled_for_good(journal: Journal, planned: int) -> int:
    """Count the contacts that have their last word."""
    settled, _ = journal.at_step(0).settled_rows()
    if not in_two_steps(journal):
        return settled
    inserted, _ = journal.at_step(1).settled_rows()
    return settled - len(going_on(journal, planned)) + inserted
