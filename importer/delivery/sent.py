"""Which contacts of a plan have been sent so far, and in which step of the sending."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from importer.journal.going_on import goes_on, going_on, in_two_steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from importer.journal import Journal
    from importer.masks import Mask
    from importer.model import PlanSlice


class SentContacts:
    """Which contacts of a plan have left, and in which step of the sending.

    A contact whose turn has not come or is not over, so that its row is *not-sent*, has not left.
    """

    def __init__(self, journal: Journal, planned: int) -> None:
        self._left = _left(journal.at_step(0), planned)
        self._step = np.zeros(planned, dtype=np.int32)
        self._going_on = np.zeros(0, dtype=np.int64)
        if in_two_steps(journal):
            for batch in journal.at_step(0).settled_batches():
                passed = [goes_on(outcome) for outcome in batch.outcomes]
                self._left[batch.first : batch.end] &= ~np.array(passed, dtype=bool)
            self._going_on = going_on(journal, planned)
            inserted = self._going_on[_left(journal.at_step(1), len(self._going_on))]
            self._left[inserted] = True
            self._step[inserted] = 1

    def left(self, contacts: PlanSlice) -> Mask:
        """Tell which contacts have left."""
        return self._left[contacts.first : contacts.first + len(contacts)]

    def places(self, contacts: PlanSlice) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Give the step in which each contact left, and its position within it."""
        positions = np.arange(contacts.first, contacts.first + len(contacts), dtype=np.int64)
        step = self._step[positions]
        return step, np.where(step == 1, self._going_on.searchsorted(positions), positions)


def _left(journal: Journal, length: int) -> Mask:
    """Tell which contacts of a step have an outcome, or are in doubt."""
    left = np.zeros(length, dtype=bool)
    for one in journal.settlements():
        if one.step == journal.step:
            left[one.first : one.end] = True
    for gap in journal.gaps(length):
        if gap.in_doubt:
            left[gap.first : gap.end] = True
    return left
