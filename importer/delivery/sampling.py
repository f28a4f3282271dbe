"""Which contacts are read back after a run, and what was sent of each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from importer.field_rules import FieldRole
from importer.model import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from importer.delivery.course import Plan
    from importer.journal import Journal
    from importer.model import PlanSlice

_READ_AT_ONCE = 1_000  # contacts taken from the plan at a time
_NOTHING, _UNKNOWN, _TAKEN = range(3)
_KINDS = {
    Verdict.UNKNOWN: _UNKNOWN,
    Verdict.CREATED: _TAKEN,
    Verdict.UPDATED: _TAKEN,
    Verdict.ACCEPTED: _TAKEN,
}
# Multiples of the golden ratio, of which only the fraction counts, fill any stretch evenly.
_GOLDEN = 0x9E3779B97F4A7C15


@dataclass(frozen=True, slots=True)
class Carried:
    """What one step of the sending carried.

    ``plan``: the contacts as that step sent them. ``journal``: the step's own. ``positions``: the
    place in the run's plan of each contact of the step's, ascending; None: the same.
    """

    plan: Plan
    journal: Journal
    positions: Sequence[int] | NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True)
class SentContact:
    """A contact as it was sent. ``position``: in the run's plan. ``key``: its parts.

    ``sent``: code -> canonical text of the other fields, None where one was left alone.
    ``before``: its outcome, where that is unknown.
    """

    position: int
    key: tuple[str, ...]
    sent: Mapping[str, str | None]
    before: Outcome | None = None


class Chosen:
    """The contacts to be read back: at most ``most``, those included that were (``done``).

    ``steps``: of the sending, in order: a contact that a later step carried has its outcome there.
    ``seed``: what the sample is drawn from. ``left``: how many unknown ones are not chosen.
    """

    def __init__(
        self, steps: Sequence[Carried], *, done: Collection[int], most: int, seed: str
    ) -> None:
        import numpy as np  # heavy, and only needed where contacts are read back

        self._steps = steps
        kinds, self._carriers = _kinds(steps)
        kinds[np.fromiter(done, dtype=np.int64, count=len(done))] = _NOTHING
        room = max(0, most - len(done))
        unknown = np.flatnonzero(kinds == _UNKNOWN)
        self._unknown = unknown[:room]
        self.left = len(unknown) - len(self._unknown)
        taken = np.flatnonzero(kinds == _TAKEN)
        self._sample = _spread(taken, room - len(self._unknown), seed)

    def __len__(self) -> int:
        return len(self._unknown) + len(self._sample)

    def __iter__(self) -> Iterator[SentContact]:
        """Give the unknown ones and then the sample, both in plan order."""
        yield from self._contacts(self._unknown, _outcomes(self._steps, self._unknown))
        yield from self._contacts(self._sample, {})

    def _contacts(
        self, wanted: NDArray[np.int64], before: Mapping[int, Outcome]
    ) -> Iterator[SentContact]:
        for start in range(0, len(wanted), _READ_AT_ONCE):
            some = wanted[start : start + _READ_AT_ONCE]
            found: dict[int, SentContact] = {}
            for number, step in enumerate(self._steps):
                mine = some[self._carriers[some] == number]
                found.update((one.position, one) for one in _sent(step, mine, before))
            yield from (found[position] for position in some.tolist())


def _kinds(steps: Sequence[Carried]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Tell of each plan position what came of it, and which step carried it last."""
    import numpy as np

    size = len(steps[0].plan)
    kinds, carriers = np.zeros(size, dtype=np.uint8), np.zeros(size, dtype=np.uint8)
    for number, step in enumerate(steps):
        places = _places(step)
        kinds[places], carriers[places] = _NOTHING, number
        for batch in step.journal.settled_batches():
            found = [_KINDS.get(one.verdict, _NOTHING) for one in batch.outcomes]
            kinds[places[batch.first : batch.end]] = found
    return kinds, carriers


def _places(step: Carried) -> NDArray[np.int64]:
    """Give the run's plan position of each contact of a step."""
    import numpy as np

    if step.positions is None:
        return np.arange(len(step.plan), dtype=np.int64)
    return np.asarray(step.positions, dtype=np.int64)


def _spread(taken: NDArray[np.int64], count: int, seed: str) -> NDArray[np.int64]:
    """Choose so many, evenly spread; of a larger number, the smaller is a part."""
    import numpy as np

    start = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big")
    ranks = taken.astype(np.uint64) * np.uint64(_GOLDEN) + np.uint64(start)  # modulo 2**64
    return np.sort(taken[np.argsort(ranks)[:count]])


def _outcomes(steps: Sequence[Carried], wanted: NDArray[np.int64]) -> dict[int, Outcome]:
    """Give what the journal says of some plan positions."""
    found: dict[int, Outcome] = {}
    looked_for = frozenset(wanted.tolist())
    for step in steps if looked_for else ():
        places = _places(step)
        for batch in step.journal.settled_batches():
            here = places[batch.first : batch.end].tolist()
            pairs = zip(here, batch.outcomes, strict=True)
            found.update((place, one) for place, one in pairs if place in looked_for)
    return found


def _sent(
    step: Carried, wanted: NDArray[np.int64], before: Mapping[int, Outcome]
) -> Iterator[SentContact]:
    """Read what a step sent of some contacts."""
    import numpy as np

    if not len(wanted):
        return
    own = np.searchsorted(_places(step), wanted)
    fields = step.plan.fields
    keys = [field.code for field in fields if field.role is FieldRole.KEY]
    written = [field.code for field in fields if field.role is not FieldRole.KEY]
    for rows in _slices(step, own):
        low, high = np.searchsorted(own, [rows.first, rows.first + len(rows)])
        if low == high:
            continue
        table = rows.table.take(own[low:high] - rows.first)
        for position, values in zip(wanted[low:high].tolist(), table.to_pylist(), strict=True):
            key = tuple(values[code] or "" for code in keys)
            sent = {code: values[code] for code in written}
            yield SentContact(position, key, sent, before.get(position))


def _slices(step: Carried, own: NDArray[np.int64]) -> Iterator[PlanSlice]:
    """Read the stretches in which some contacts stand, but none that were not sent.

    What would be sent of those may not be known yet.
    """
    import numpy as np

    gaps = [gap.first for gap in step.journal.gaps(len(step.plan))]
    before = np.searchsorted(gaps, own)
    for part in np.split(own, np.flatnonzero(np.diff(before)) + 1):
        yield from step.plan.slices(int(part[0]), int(part[-1]) + 1)
