"""The picture of a run's calls: columns over time, waits below, and what it says in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from importer.language import decimal, mark, number, tr, trn
from importer.reports.pages.timeline import allowed
from importer.reports.words.figures import duration, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.reports.pages.timeline import Step, Timeline
    from importer.reports.summary import LimitsInForce

_FEWEST_SLOTS = 16  # a run of one call is a column, not a wall
_TOP, _FLOOR, _STRIP = 14.0, 88.0, 92.0  # per cent of the height: highest column, zero, waits
_FILLED = 0.82  # of a slot
_LOWEST = 1.5  # per cent of the height: what is there can be seen
_FARTHEST = 3  # times the busiest step: a limit beyond that is out of the picture

_NAMES = {
    "answered": mark("answered"),
    "again": mark("answered when repeated"),
    "not_taken": mark("not taken"),
    "refused": mark("refused"),
    "in_doubt": mark("in doubt"),
    "waited": mark("waited"),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A rectangle, in per cent of the picture. ``name``: what it stands for."""

    name: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Pause:
    """A break between calls that is left out of the picture: where, and how long in words."""

    x: float
    words: str


@dataclass(frozen=True, slots=True)
class CallPicture:
    """What is drawn of a run's calls. ``top``: what the highest line stands for."""

    pieces: tuple[Piece, ...]
    pauses: tuple[Pause, ...]
    lines: tuple[Step, ...]
    reasons: tuple[tuple[str, int], ...]
    legend: tuple[tuple[str, str], ...]
    top: str
    words: str
    begins: str
    ends: str
    allowed_y: float | None
    allowed_words: str
    top_y: float = _TOP
    floor: float = _FLOOR


def call_picture(calls: Timeline, limits: LimitsInForce | None) -> CallPicture | None:
    """Draw the calls of a run; None: there was none."""
    if not calls.calls:
        return None
    bound = allowed(limits, calls.width)
    if bound is not None and bound > _FARTHEST * calls.busiest:
        bound = None
    highest = max(calls.busiest, bound or 0)
    pieces = tuple(_pieces(calls, highest))
    there = {piece.name for piece in pieces}
    step = duration(calls.width)
    return CallPicture(
        pieces=pieces,
        pauses=tuple(_pauses(calls)),
        lines=calls.lines,
        reasons=calls.reasons,
        legend=tuple((name, tr(words)) for name, words in _NAMES.items() if name in there),
        top=trn("{count} call in {time}", "{count} calls in {time}", round(highest), time=step),
        words=_words(calls, step),
        begins=calls.begins,
        ends=calls.ends,
        allowed_y=None if bound is None else round(_y(bound, highest), 3),
        allowed_words=""
        if bound is None
        else tr("as many as the limits allow: {count} in {time}", count=_amount(bound), time=step),
    )


def pace(step: Step) -> str:
    """Say how many calls a minute began in a step."""
    if step.seconds < 1:
        return "–"
    return _amount(step.calls * 60 / step.seconds)


def _amount(count: float) -> str:
    return number(round(count)) if count >= 10 or count == int(count) else decimal(count, 1)


def _slot(calls: Timeline) -> float:
    slots = len(calls.steps) + len(calls.sessions) - 1
    return 100 / max(slots, _FEWEST_SLOTS)


def _y(count: float, highest: float) -> float:
    return _FLOOR - (_FLOOR - _TOP) * count / highest


def _pieces(calls: Timeline, highest: float) -> Iterator[Piece]:
    slot, at = _slot(calls), 0
    for session in calls.sessions:
        for step in session.steps:
            yield from _column(step, at * slot, slot, highest)
            at += 1
        at += 1  # the break


def _column(step: Step, x: float, slot: float, highest: float) -> Iterator[Piece]:
    width, low = round(slot * _FILLED, 3), _FLOOR
    for name, count in step.counts:
        if count:
            height = max(_LOWEST, (_FLOOR - _TOP) * count / highest)
            low -= height
            yield Piece(name, round(x, 3), round(low, 3), width, round(height, 3))
    if step.waited > 0:
        share = min(1.0, step.waited / step.seconds)
        yield Piece(
            "waited", round(x, 3), _STRIP, round(max(0.3, slot * share), 3), round(100 - _STRIP, 3)
        )


def _pauses(calls: Timeline) -> Iterator[Pause]:
    slot, at = _slot(calls), 0
    for session in calls.sessions:
        if session.pause:
            words = tr("pause of {time}", time=duration(session.pause))
            yield Pause(round((at - 0.5) * slot, 3), words)
        at += len(session.steps) + 1


def _words(calls: Timeline, step: str) -> str:
    failed = sum(one.not_taken + one.refused + one.in_doubt for one in calls.steps)
    return tr(
        "Calls over time: {calls} from {begin} to {end}, at most {most} in {time}; {repeated}, "
        "{failed}.",
        calls=trn("{count} call", "{count} calls", calls.calls),
        begin=moment(calls.begins),
        end=moment(calls.ends),
        most=number(calls.busiest),
        time=step,
        repeated=trn(
            "{count} was a repetition",
            "{count} were repetitions",
            sum(one.repeated for one in calls.steps),
        ),
        failed=trn("{count} had no answer", "{count} had no answer", failed),
    )
