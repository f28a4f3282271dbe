"""How a job does after a start: its exit code, its state, and what people are told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from importer.durations import duration_of
from importer.job_settings import NotifySection, Told
from importer.jobs.values import JobEnd
from importer.state import End, Standing, State

_WORST_FIRST = (1, 130, 143, 5, 6, 3)
_REFUSED, _IN_PART = 4, 3


def exit_code(codes: Sequence[int], *, imported: bool) -> int:
    """Give a start's exit code: the worst of what its files and itself came to.

    ``imported``: something of some file was sent, so a 4, which says that nothing was, counts as 3.
    """
    told = [_IN_PART if code == _REFUSED and imported else code for code in codes]
    for code in (*_WORST_FIRST, _REFUSED):
        if code in told:
            return code
    return 0


def state_after(end: JobEnd) -> State:
    """Tell how the job does: a start that found nothing to do changes nothing."""
    if end.exit_code:
        went_well = not end.problem and not any(one.pick_up.exit_code for one in end.files)
        if end.missing is not None and went_well:
            return State.MISSING
        return State.DEGRADED if end.exit_code in {3, 6} else State.FAILED
    if any(one.pick_up.end is End.IMPORTED for one in end.files):
        return State.OK
    if end.before is State.MISSING and end.files:
        return State.OK  # the file came; that it brought nothing new is no fault of it
    return end.before


_KINDS = {
    State.FAILED: Told.FAILED,
    State.DEGRADED: Told.DEGRADED,
    State.MISSING: Told.MISSING,
    State.OK: Told.RECOVERED,
}


def word_of(end: JobEnd, standing: Standing, notify: NotifySection) -> Told | None:
    """Choose what people are told: a change of state, what lasts too long, or a success.

    ``standing``: before the start.
    """
    kind = _KINDS[end.state]
    changed = end.state is not standing.told
    if not changed and end.state is not State.OK and notify.repeat is not None:
        asked = duration_of(notify.repeat)
        changed = standing.told_at is None or end.ended - standing.told_at >= asked
    if not changed:
        imported = any(one.pick_up.end is End.IMPORTED for one in end.files)
        kind, changed = Told.SUCCESS, end.state is State.OK and imported
    return kind if changed and kind in notify.on else None


def next_standing(standing: Standing, end: JobEnd, told: Told | None) -> Standing:
    """Note a start: ``told`` is what people are told of it, None: nothing."""
    came_to_its_end = end.exit_code in {0, _IN_PART}
    after = replace(
        standing,
        state=end.state,
        since=standing.since if end.state is standing.state and standing.since else end.ended,
        told=end.state,
        told_at=end.ended if told is not None else standing.told_at,
        last_end=end.ended,
        last_exit_code=end.exit_code,
    )
    if end.state is State.OK and came_to_its_end:
        after = replace(after, last_success=end.ended)
    return after
