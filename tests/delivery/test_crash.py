"""The process ends at any moment: afterwards every row has one outcome, and nothing was repeated
but what was in doubt."""

from __future__ import annotations

from collections import Counter, deque
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer.delivery import EndReason
from importer.model import Verdict
from tests.delivery.crashing import CrashError, CrashingJournal
from tests.delivery.stage import INSERT, UPSERT, Stage

SCRIPT = (
    "ok lost wait:2 ok unreachable 413 ok 500 ok html ok dropped 503 ok ok late late ok lost ok"
)
ATTEMPTS = 20  # more than there are faults: no batch uses them up, however the lanes take turns
ROWS = 60
CULPRIT = 50


def _busy_stage(folder: Path, *, lanes: int, mode: Any = UPSERT) -> Stage:
    limits: dict[str, Any] = {"rows_per_call": 4, "attempts": ATTEMPTS, "in_flight": lanes}
    stage = Stage(folder, rows=ROWS, mode=mode, **limits)
    stage.platform.script = deque(SCRIPT.split())
    stage.platform.culprits = {stage.plan.emails[CULPRIT]}
    return stage


def _crash_then_resume(
    folder: Path, n: int, *, after: bool, lanes: int = 1, mode: Any = UPSERT
) -> Stage | None:
    """Give the stage after a crash at the n-th write and its resumption; None: no n-th write."""
    stage = _busy_stage(folder, lanes=lanes, mode=mode)
    try:
        ended = stage.deliver(CrashingJournal(n, after=after))
    except CrashError:
        return _resumed(stage)
    assert ended.reason is EndReason.COMPLETE
    return None


def _crash_in_a_call_then_resume(folder: Path, n: int, *, taken: bool, lanes: int) -> Stage | None:
    """Give the stage after a crash while the n-th call is on its way; None: there is none."""
    stage = _busy_stage(folder, lanes=lanes)
    answer, dead = stage.platform.fault, False

    def fault(word: str, *call: Any) -> Any:
        nonlocal dead
        if dead or (len(stage.platform.calls) >= n and not taken):
            dead = True
            raise CrashError
        response = answer(word, *call)
        if len(stage.platform.calls) >= n:
            dead = True
            raise CrashError
        return response

    stage.platform.fault = fault  # type: ignore[assignment, method-assign]
    try:
        ended = stage.deliver()
    except CrashError:
        stage.platform.fault = answer  # type: ignore[method-assign]
        return _resumed(stage)
    assert ended.reason is EndReason.COMPLETE
    return None


def _resumed(stage: Stage) -> Stage:
    """Resume after a crash: only what was in doubt is sent again."""
    doubtful = stage.doubtful()
    before = len(stage.platform.taken)
    assert stage.deliver().reason is EndReason.COMPLETE
    repeated = Counter(e for call in stage.platform.taken[before:] for e in call)
    again = {e for call in stage.platform.taken[:before] for e in call} & set(repeated)
    assert again <= doubtful
    return stage


def _every_row_has_one_true_end(stage: Stage) -> None:
    outcomes = stage.outcomes()
    assert sorted(outcomes) == list(range(ROWS))
    # Refused alone; but where the crash left just that call in doubt, nobody knows any more.
    assert outcomes.pop(CULPRIT).verdict in {Verdict.REJECTED, Verdict.UNKNOWN}
    assert {o.verdict for o in outcomes.values()} <= {Verdict.CREATED, Verdict.UPDATED}
    assert set(stage.platform.contacts) == set(stage.plan.emails) - {stage.plan.emails[CULPRIT]}


@pytest.mark.parametrize("lanes", [1, 3])
@pytest.mark.parametrize("after", [True, False])
def test_promise_3_a_crash_at_every_durable_write_loses_and_doubles_nothing(
    tmp_path: Path, after: bool, lanes: int
) -> None:
    # Right before a write is right after the one before it, but for a call on its way.
    for n in range(1, 300, 1 if after else 3):
        folder = tmp_path / str(n)
        folder.mkdir()
        stage = _crash_then_resume(folder, n, after=after, lanes=lanes)
        if stage is None:
            break
        _every_row_has_one_true_end(stage)
    else:
        pytest.fail("the run never came to its end")
    assert n > 60


@pytest.mark.parametrize("lanes", [1, 3])
@pytest.mark.parametrize("taken", [True, False])
def test_promise_3_a_crash_during_every_call_loses_and_doubles_nothing(
    tmp_path: Path, taken: bool, lanes: int
) -> None:
    for n in range(1, 200):
        folder = tmp_path / str(n)
        folder.mkdir()
        stage = _crash_in_a_call_then_resume(folder, n, taken=taken, lanes=lanes)
        if stage is None:
            break
        _every_row_has_one_true_end(stage)
    else:
        pytest.fail("the run never came to its end")
    assert n > 30


def test_promise_3_a_crash_of_an_insert_never_claims_a_contact_it_did_not_make(
    tmp_path: Path,
) -> None:
    for n in range(1, 300):
        folder = tmp_path / str(n)
        folder.mkdir()
        stage = _crash_then_resume(folder, n, after=True, mode=INSERT)
        if stage is None:
            break
        outcomes = stage.outcomes()
        assert sorted(outcomes) == list(range(ROWS))
        assert outcomes.pop(CULPRIT).verdict in (Verdict.REJECTED, Verdict.UNKNOWN)
        assert {o.verdict for o in outcomes.values()} <= {Verdict.CREATED, Verdict.UNKNOWN}
    else:
        pytest.fail("the run never came to its end")
    assert n > 60


def test_a_crash_in_the_middle_of_a_cut_batch_is_resumed(tmp_path: Path) -> None:
    crashed = 0
    for n in range(1, 60):
        folder = tmp_path / str(n)
        folder.mkdir()
        stage = Stage(folder, rows=12, rows_per_call=6, attempts=2)
        stage.platform.fatal = {"person4@example.test"}
        stage.platform.culprits = {"person8@example.test"}
        try:
            stage.deliver(CrashingJournal(n, after=True))
        except CrashError:
            crashed = n
            while stage.deliver().reason is not EndReason.COMPLETE:
                pass
        outcomes = stage.outcomes()
        assert sorted(outcomes) == list(range(12))
        assert outcomes[4].verdict is Verdict.UNKNOWN
        assert outcomes[8].verdict in {Verdict.REJECTED, Verdict.UNKNOWN}
        assert sum(o.verdict in (Verdict.CREATED, Verdict.UPDATED) for o in outcomes.values()) == 10
    assert 20 < crashed < 59  # every write, to the last one


FAULTS = "lost late dropped unreachable wait:3 html 500 502 503 413 strange refused:Invalid 401"
WORDS = st.sampled_from(["ok", *FAULTS.split()])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=st.lists(WORDS, max_size=40), insert=st.booleans(), lanes=st.integers(1, 4))
def test_the_books_balance_for_any_script_of_faults(
    tmp_path_factory: pytest.TempPathFactory, script: list[str], insert: bool, lanes: int
) -> None:
    stage = Stage(
        tmp_path_factory.mktemp("run"),
        rows=23,
        rows_per_call=5,
        mode=INSERT if insert else UPSERT,
        in_flight=lanes,
    )
    stage.platform.script = deque(script)
    for _ in range(60):
        if stage.deliver().reason is EndReason.COMPLETE:
            break
    else:
        pytest.fail("the run never came to its end")
    outcomes = stage.outcomes()
    assert sorted(outcomes) == list(range(23))
    for position, outcome in outcomes.items():
        if outcome.verdict in (Verdict.CREATED, Verdict.UPDATED):
            assert stage.plan.emails[position] in stage.platform.contacts
