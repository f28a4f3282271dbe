"""The calls of a run over time, summed up in as many steps as a picture has room for."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from importer.journal import CallResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from importer.journal import Call
    from importer.reports.summary import LimitsInForce

MOST_STEPS = 60
MOST_LINES = 8
MOST_REASONS = 5
_MOST_BREAKS = 5
_SHORTEST_BREAK = 60.0  # seconds, and
_SHARE_OF_BREAK = 0.05  # of all the time
_REASONS_KEPT = 200
_WIDTHS = (
    0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400,
    21_600, 43_200, 86_400,
)  # fmt: skip
_DAY = 86_400
# What became of a call, from the bottom of a column to its top.
_NAMES = ("answered", "again", "not_taken", "refused", "in_doubt")
ANSWERED, AGAIN, NOT_TAKEN, REFUSED, IN_DOUBT = range(5)
_KIND_OF = {
    CallResult.NOT_TAKEN: NOT_TAKEN,
    CallResult.REFUSED: REFUSED,
    CallResult.IN_DOUBT: IN_DOUBT,
    CallResult.OPEN: IN_DOUBT,
    CallResult.TAKEN: IN_DOUBT,  # when the run ended, nobody knew what became of it
}


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of time: what became of the calls that began in it.

    ``begins``: when, as ISO text in UTC. ``again``: answered, and not at the first attempt.
    ``contacts``: how many they carried. ``waited``: of its ``seconds``, how many somebody waited.
    """

    begins: str
    seconds: float
    answered: int = 0
    again: int = 0
    not_taken: int = 0
    refused: int = 0
    in_doubt: int = 0
    repeated: int = 0
    contacts: int = 0
    waited: float = 0.0

    @property
    def calls(self) -> int:
        """How many calls began in it."""
        return self.answered + self.again + self.not_taken + self.refused + self.in_doubt

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        """What became of its calls, from the bottom of a column to its top."""
        return tuple((name, getattr(self, name)) for name in _NAMES)


@dataclass(frozen=True, slots=True)
class Session:
    """Steps without a long break. ``pause``: seconds without any call before it."""

    steps: tuple[Step, ...]
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Timeline:
    """The calls of a run. ``width``: seconds of a step. ``reasons``: why calls were not answered.

    ``lines``: the same as the steps, summed up further. ``ends``: when the last call ended.
    """

    sessions: tuple[Session, ...] = ()
    lines: tuple[Step, ...] = ()
    width: float = 1.0
    begins: str = ""
    ends: str = ""
    calls: int = 0
    busiest: int = 0
    waiting: bool = False
    reasons: tuple[tuple[str, int], ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, without the breaks between them."""
        return tuple(step for session in self.sessions for step in session.steps)


def timeline(calls: Iterable[Call]) -> Timeline:
    """Sum up the calls of a run, in the order in which they went."""
    found = _Columns(calls)
    if not len(found.begun):
        return Timeline()
    spans = _spans(found)
    width = _width(spans)
    sessions = tuple(
        Session(_steps(found, begin, end, width), begin - before if at else 0.0)
        for at, ((begin, end), before) in enumerate(
            zip(spans, [0.0, *(end for _, end in spans)], strict=False)
        )
    )
    steps = [step for session in sessions for step in session.steps]
    return Timeline(
        sessions=sessions,
        lines=tuple(_merged(sessions)),
        width=width,
        begins=_moment(float(found.begun[0])),
        ends=_moment(float(found.ended.max())),
        calls=len(found.begun),
        busiest=max(step.calls for step in steps),
        waiting=any(step.waited > 0 for step in steps),
        reasons=tuple(found.reasons.most_common(MOST_REASONS)),
    )


def allowed(limits: LimitsInForce | None, width: float) -> float | None:
    """Say how many calls the limits allow in a step; None: no limit is as short as that."""
    if limits is None:
        return None
    rates = (
        (limits.calls_per_second, 1),
        (limits.calls_per_minute, 60),
        (limits.calls_per_hour, 3_600),
        (limits.calls_per_day, _DAY),
    )
    found = [rate * width / window for rate, window in rates if rate and window <= width]
    return min(found, default=None)


class _Columns:
    """The calls as columns: seconds since the epoch, and what became of each."""

    def __init__(self, calls: Iterable[Call]) -> None:
        begun, ended, waited = array("d"), array("d"), array("d")
        kinds, repeated, contacts = array("b"), array("b"), array("l")
        self.reasons: Counter[str] = Counter()
        for call in calls:
            start = datetime.fromisoformat(call.started).timestamp()
            begun.append(start)
            ended.append(datetime.fromisoformat(call.ended).timestamp() if call.ended else start)
            waited.append(call.waited)
            again = call.attempt > 1
            kinds.append(_KIND_OF.get(call.result, AGAIN if again else ANSWERED))
            repeated.append(again)
            contacts.append(call.end - call.first)
            if call.message and (call.message in self.reasons or len(self.reasons) < _REASONS_KEPT):
                self.reasons[call.message] += 1
        order = np.argsort(np.array(begun), kind="stable")
        self.begun = np.array(begun)[order]
        self.ended = np.maximum(np.array(ended)[order], self.begun)
        self.waited = np.array(waited)[order]
        self.kinds = np.array(kinds)[order]
        self.repeated = np.array(repeated)[order]
        self.contacts = np.array(contacts, dtype=np.int64)[order]


def _spans(found: _Columns) -> list[tuple[float, float]]:
    """Cut the time where for long nobody called nor waited: at the longest of such breaks."""
    low = found.begun - found.waited
    reached = np.maximum.accumulate(found.ended)
    # A wait may begin before earlier calls ended: what is free ends where anything later begins.
    following = np.minimum.accumulate(low[::-1])[::-1]
    gaps = following[1:] - reached[:-1]
    whole = max(float(reached[-1] - low.min()), 0.001)
    long = np.flatnonzero((gaps > _SHORTEST_BREAK) & (gaps > whole * _SHARE_OF_BREAK))
    cuts = np.sort(long[np.argsort(-gaps[long], kind="stable")][:_MOST_BREAKS]).tolist()
    begins = [float(low.min()), *(float(following[cut + 1]) for cut in cuts)]
    ends = [*(float(reached[cut]) for cut in cuts), float(reached[-1])]
    return list(zip(begins, ends, strict=True))


def _width(spans: Sequence[tuple[float, float]]) -> float:
    """Choose the shortest step of which there is room for all."""
    room = MOST_STEPS - 2 * len(spans)
    for width in _WIDTHS:
        if sum((end - begin) / width for begin, end in spans) <= room:
            return width
    days = sum(end - begin for begin, end in spans) / room / _DAY
    return float(np.ceil(days)) * _DAY


def _steps(found: _Columns, begin: float, end: float, width: float) -> tuple[Step, ...]:
    count = int((end - begin) / width) + 1
    inside = (found.begun >= begin) & (found.begun <= end)
    at = np.minimum(((found.begun[inside] - begin) / width).astype(np.int64), count - 1)
    kinds = [
        np.bincount(at[found.kinds[inside] == kind], minlength=count).tolist()
        for kind in range(len(_NAMES))
    ]
    repeated = np.bincount(at, found.repeated[inside], minlength=count)
    contacts = np.bincount(at, found.contacts[inside], minlength=count)
    edges = begin + width * np.arange(count + 1, dtype=np.float64)
    waited = np.diff(_waited_until(found, edges))
    return tuple(
        Step(
            _moment(float(edges[n])),
            width,
            answered=kinds[ANSWERED][n],
            again=kinds[AGAIN][n],
            not_taken=kinds[NOT_TAKEN][n],
            refused=kinds[REFUSED][n],
            in_doubt=kinds[IN_DOUBT][n],
            repeated=int(repeated[n]),
            contacts=int(contacts[n]),
            waited=round(float(waited[n]), 3),
        )
        for n in range(count)
    )


def _waited_until(found: _Columns, moments: NDArray[np.float64]) -> NDArray[np.float64]:
    """Say for how long until each moment anybody waited; waits at the same time count once."""
    some = found.waited > 0
    if not some.any():
        return np.zeros(len(moments))
    begins, ends = (found.begun - found.waited)[some], found.begun[some]
    order = np.argsort(begins, kind="stable")
    begins, ends = begins[order], np.maximum.accumulate(ends[order])
    first = np.concatenate([[True], begins[1:] > ends[:-1]])
    starts = begins[first]
    stops = ends[np.concatenate([np.flatnonzero(first)[1:] - 1, [len(ends) - 1]])]
    sums = np.concatenate([[0.0], np.cumsum(stops - starts)])
    points = np.column_stack([starts, stops]).ravel()
    values = np.column_stack([sums[:-1], sums[1:]]).ravel()
    told: NDArray[np.float64] = np.interp(moments, points, values)
    return told


def _merged(sessions: Sequence[Session]) -> Iterable[Step]:
    """Sum steps up to a few lines, none over a break."""
    total = sum(len(session.steps) for session in sessions)
    at_once = -(-total // max(1, MOST_LINES - len(sessions) + 1))
    for session in sessions:
        for first in range(0, len(session.steps), at_once):
            yield _sum(session.steps[first : first + at_once])


def _sum(steps: Sequence[Step]) -> Step:
    names = [one.name for one in fields(Step) if one.name != "begins"]
    sums = {name: sum(getattr(step, name) for step in steps) for name in names}
    return Step(steps[0].begins, **sums)


def _moment(seconds: float) -> str:
    made = datetime.fromtimestamp(0, UTC) + timedelta(seconds=round(seconds, 3))
    return made.isoformat(timespec="milliseconds").replace("+00:00", "Z")
