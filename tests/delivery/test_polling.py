"""A platform that takes a batch first: it is asked what became of it, and nothing goes twice."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer.clock import Interruption
from importer.delivery import EndReason
from importer.errors import RetryableError
from importer.journal import CallResult, CallTotals, Journal
from importer.model import ApiResponse, Batch, Pending, Settled, Verdict, WriteMode
from importer.targets import Target
from tests.delivery.crashing import CrashError, CrashingJournal
from tests.delivery.stage import INSERT, UPSERT, LaterTarget, Stage


def _totals(stage: Stage) -> CallTotals:
    with Journal.open(stage.path) as journal:
        return journal.call_totals()


def _tickets(stage: Stage) -> list[str]:
    with Journal.open(stage.path) as journal:
        return [gap.ticket for gap in journal.gaps(len(stage.plan)) if gap.ticket]


def _sent_once(stage: Stage) -> None:
    assert Counter(e for call in stage.platform.calls for e in call) == dict.fromkeys(
        stage.plan.emails, 1
    )


def test_a_batch_is_polled_until_it_is_settled(tmp_path: Path) -> None:
    stage = Stage(tmp_path, later=True)
    stage.platform.polls_needed = 4
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.verdicts() == {"created": 30}
    assert stage.watcher.rows == 30
    _sent_once(stage)
    totals = _totals(stage)
    assert (totals.calls, totals.taken, totals.in_doubt, totals.polls) == (3, 0, 0, 12)
    results = [facts["result"] for name, facts in stage.watcher.events if name == "call"]
    assert results == ["taken"] * 3
    polled = [facts["polls"] for name, facts in stage.watcher.events if name == "polled"]
    assert polled == [4, 4, 4]


def test_waits_between_polls_grow_and_are_never_longer_than_a_minute(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=5, later=True)
    stage.platform.polls_needed = 14
    moments: list[float] = []
    stage.platform.on_poll = lambda: moments.append(stage.clock.elapsed)
    stage.deliver()
    waits = [after - before for before, after in zip([1000.0, *moments], moments, strict=False)]
    grown = [min(1.5**n, 60.0) for n in range(14)]
    assert waits == pytest.approx(grown)


def test_a_wait_that_the_platform_names_is_obeyed_within_reason(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=5, later=True)
    stage.platform.polls_needed = 1
    stage.platform.poll_script = deque(["pending:7", "pending:900", "pending:0"])
    moments: list[float] = []
    stage.platform.on_poll = lambda: moments.append(stage.clock.elapsed)
    stage.deliver()
    waits = [after - before for before, after in zip([1000.0, *moments], moments, strict=False)]
    assert waits == pytest.approx([1, 7, 60, 0.1])


@pytest.mark.parametrize("lanes", [1, 3])
def test_no_more_batches_are_pending_than_calls_may_be_in_flight(
    tmp_path: Path, lanes: int
) -> None:
    stage = Stage(tmp_path, rows=60, rows_per_call=5, later=True, in_flight=lanes)
    stage.platform.polls_needed = 3
    together, first = threading.Barrier(lanes), iter(range(lanes))

    def meet() -> None:
        if next(first, None) is not None:
            together.wait()  # so many must be polled at once, or nobody goes on

    stage.platform.on_poll = meet
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.platform.most_pending == lanes
    _sent_once(stage)


class _LookingJournal(CrashingJournal):
    """A journal that looks how many batches are pending when another is about to go."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(10**9, after=True)
        self.pending: list[int] = []
        self._stage = stage

    def submitting(self, *values: Any, **named: Any) -> int:
        self.pending.append(len(self._stage.platform.pending))
        number: int = self.__getattr__("submitting")(*values, **named)
        return number


def test_no_intent_is_noted_before_its_call_may_go(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=60, rows_per_call=5, later=True, in_flight=2)
    journal = _LookingJournal(stage)
    assert stage.deliver(journal).reason is EndReason.COMPLETE
    assert len(journal.pending) == 12
    assert max(journal.pending) <= 1  # who is about to go has a slot


def test_tickets_of_a_delivery_with_more_lanes_are_asked_for_before_anything_is_sent(
    tmp_path: Path,
) -> None:
    stage = Stage(tmp_path, rows=40, later=True, in_flight=3)
    stage.platform.poll_script = deque(["401"] * 3)
    assert stage.deliver().reason is EndReason.ACCOUNT_REFUSED
    open_tickets = len(_tickets(stage))
    assert open_tickets >= 1
    stage.platform.poll_script.clear()
    stage.platform.most_pending = 0
    stage.limits = replace(stage.limits, in_flight=1)
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.platform.most_pending <= 1
    _sent_once(stage)


def test_after_two_hours_the_delivery_ends_and_resume_asks_again(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=10, later=True)
    stage.platform.polls_needed = 10_000
    end = stage.deliver()
    assert end.reason is EndReason.PLATFORM_DOWN
    assert end.message == (
        "The platform is still working on 10 contacts that it took; `importer resume` asks again."
    )
    assert 7_200 <= stage.clock.elapsed - 1000 < 7_300
    assert _tickets(stage) == ["job-1"]
    polls = sum(stage.platform.polls.values())
    assert (_totals(stage).polls, _totals(stage).taken) == (polls, 1)
    before = stage.clock.elapsed
    stage.platform.polls_needed = 1
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.clock.elapsed == before  # asked at once
    assert stage.verdicts() == {"created": 10}
    assert _totals(stage).polls == polls + 1
    _sent_once(stage)


def test_a_stop_while_polling_keeps_the_ticket_and_the_polls(tmp_path: Path) -> None:
    stage = Stage(tmp_path, later=True)
    stage.platform.polls_needed = 50
    stage.platform.on_poll = lambda: (
        stage.interruption.request(2) if stage.platform.polls.get("job-1") == 3 else None
    )
    before = stage.clock.elapsed
    assert stage.deliver().reason is EndReason.INTERRUPTED
    assert stage.clock.elapsed - before < 10
    assert _tickets(stage) == ["job-1"]
    assert _totals(stage).polls == 4


def test_a_stop_during_a_long_rest_ends_it(tmp_path: Path) -> None:
    stage = Stage(tmp_path, later=True)
    stage.platform.poll_script = deque(["pending:60"])
    stage.clock.on_sleep = lambda: (
        stage.interruption.request(2) if stage.clock.elapsed > 1010 else None
    )
    assert stage.deliver().reason is EndReason.INTERRUPTED
    assert stage.clock.elapsed < 1013
    assert len(stage.platform.calls) == 1


def test_resume_polls_what_was_taken_also_when_only_the_first_are_sent(tmp_path: Path) -> None:
    stage = Stage(tmp_path, later=True)
    stage.platform.poll_script = deque(["401"])
    assert stage.deliver().reason is EndReason.ACCOUNT_REFUSED
    assert stage.deliver(until=0).reason is EndReason.FIRST_REACHED
    assert sorted(stage.outcomes()) == list(range(10))
    assert len(stage.platform.calls) == 1


# --- polls that fail ------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["wait:2", "unreachable", "503", "lost", "html", "500"])
def test_a_poll_that_fails_is_made_again(tmp_path: Path, word: str) -> None:
    stage = Stage(tmp_path, rows=10, later=True)
    stage.platform.poll_script = deque([word, word, "pending:1", word, word])
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.verdicts() == {"created": 10}
    assert _totals(stage).polls == 6
    _sent_once(stage)


def test_a_wait_that_a_poll_is_told_holds_every_call(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=10, later=True)
    stage.platform.poll_script = deque(["wait:40"])
    stage.deliver()
    assert stage.clock.elapsed >= 1041


@pytest.mark.parametrize("word", ["503", "lost", "wait:7000"])
def test_polls_that_fail_in_a_row_end_the_delivery_and_the_ticket_stays(
    tmp_path: Path, word: str
) -> None:
    stage = Stage(tmp_path, rows=10, later=True)
    stage.platform.poll_script = deque([word] * 3)
    assert stage.deliver().reason is EndReason.PLATFORM_DOWN
    assert _tickets(stage) == ["job-1"]
    stage.platform.poll_script.clear()
    assert stage.deliver().reason is EndReason.COMPLETE
    _sent_once(stage)


def test_refused_credentials_end_the_delivery_and_the_ticket_stays(tmp_path: Path) -> None:
    stage = Stage(tmp_path, later=True)
    stage.platform.poll_script = deque(["401"])
    assert stage.deliver().reason is EndReason.ACCOUNT_REFUSED
    assert _tickets(stage) == ["job-1"]
    assert stage.deliver().reason is EndReason.COMPLETE
    _sent_once(stage)


def test_a_batch_that_the_platform_gave_up_is_not_sent_and_goes_again(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=10, later=True)
    stage.platform.script = deque(["ended"])
    end = stage.deliver()
    assert (end.reason, end.message) == (EndReason.ACCOUNT_REFUSED, "Watchdog")
    assert stage.outcomes() == {}
    assert _tickets(stage) == []
    with Journal.open(stage.path) as journal:
        assert not journal.gaps(10)[0].in_doubt
        assert [call.result for call in journal.calls()] == [CallResult.REFUSED]
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.verdicts() == {"created": 10}


def test_an_unknown_ticket_is_a_lost_answer_and_the_same_bytes_go_again(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=10, later=True)
    stage.platform.poll_script = deque(["404"])
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.platform.bodies[0] == stage.platform.bodies[1]
    assert stage.verdicts() == {"updated": 10}
    assert _totals(stage).in_doubt == 1


@pytest.mark.parametrize("resumed", [False, True])
def test_an_unknown_ticket_of_what_may_not_go_again_is_unknown(
    tmp_path: Path, resumed: bool
) -> None:
    stage = Stage(tmp_path, rows=10, later=True)
    stage.target.repeatable = lambda batch: False  # type: ignore[method-assign]
    if resumed:
        stage.platform.poll_script = deque(["401"])
        assert stage.deliver().reason is EndReason.ACCOUNT_REFUSED
    stage.platform.poll_script = deque(["404"])
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.verdicts() == {"unknown": 10}
    assert {one.code for one in stage.outcomes().values()} == {"answer-lost"}
    assert len(stage.platform.calls) == 1


def test_an_unknown_ticket_is_repeated_by_resume(tmp_path: Path) -> None:
    stage = Stage(tmp_path, later=True)
    stage.platform.poll_script = deque(["401"])
    stage.deliver()
    stage.platform.poll_script = deque(["404"])
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.platform.bodies[0] == stage.platform.bodies[1]
    assert len(stage.platform.calls) == 4


def test_a_size_that_is_refused_later_is_halved(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=20, later=True)
    stage.platform.largest = 5
    assert stage.deliver().reason is EndReason.COMPLETE
    assert [len(call) for call in stage.platform.calls] == [10, 5, 5, 5, 5]
    assert stage.verdicts() == {"created": 20}


def test_a_culprit_for_which_batches_are_given_up_is_found(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=20, later=True, in_flight=2)
    stage.platform.culprits = {"person7@example.test"}
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.verdicts() == {"created": 19, "rejected": 1}


# --- what is repeated -----------------------------------------------------------------------------


def test_an_insert_that_was_taken_once_is_no_repetition_when_it_is_resumed(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=10, later=True, mode=INSERT)
    stage.platform.poll_script = deque(["401"])
    stage.deliver()
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.verdicts() == {"created": 10}


def test_an_insert_that_was_taken_after_a_doubt_stays_doubtful_when_it_is_resumed(
    tmp_path: Path,
) -> None:
    stage = Stage(tmp_path, rows=10, later=True, mode=INSERT)
    stage.platform.script = deque(["lost"])
    stage.platform.poll_script = deque(["401"])
    assert stage.deliver().reason is EndReason.ACCOUNT_REFUSED
    with Journal.open(stage.path) as journal:
        [gap] = journal.gaps(10)
    assert (gap.ticket, gap.call, gap.doubted) == ("job-1", 2, True)
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.verdicts() == {"unknown": 10}


def test_the_pieces_of_a_cut_batch_are_polled_by_resume(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=8, rows_per_call=8, later=True)
    stage.platform.script = deque(["late", "late"])
    stage.platform.poll_script = deque(["401"])
    assert stage.deliver().reason is EndReason.ACCOUNT_REFUSED
    with Journal.open(stage.path) as journal:
        gaps = journal.gaps(8)
    assert [(gap.first, gap.end, gap.ticket) for gap in gaps] == [(0, 4, "job-1"), (4, 8, "")]
    assert stage.deliver().reason is EndReason.COMPLETE
    assert [len(call) for call in stage.platform.calls] == [8, 8, 4, 4]


# --- the process ends at any moment ---------------------------------------------------------------

SCRIPT = "ok lost wait:2 ok ended ok 413 ok html ok late late ok"
POLLS = "ok lost wait:1 ok 404 ok 401 ok 404 ok pending:3 ok ok lost ok"
ATTEMPTS = 20  # more than there are faults: no batch uses them up, however the lanes take turns
ROWS = 24
CULPRIT = 18


def _busy_stage(folder: Path, *, lanes: int, mode: WriteMode = UPSERT) -> Stage:
    limits: dict[str, Any] = {"rows_per_call": 4, "attempts": ATTEMPTS, "in_flight": lanes}
    stage = Stage(folder, rows=ROWS, mode=mode, later=True, **limits)
    stage.platform.script = deque(SCRIPT.split())
    stage.platform.poll_script = deque(POLLS.split())
    stage.platform.culprits = {stage.plan.emails[CULPRIT]}
    return stage


def _to_the_end(stage: Stage, journal: CrashingJournal | None = None) -> bool:
    """Deliver until all is done, as an operator would; tell whether the process ended once."""
    crashed = False
    for _ in range(60):
        # A ticket that the journal lost with the process cannot be asked for.
        stage.platform.pending = set(_tickets(stage))
        stage.interruption = Interruption()
        try:
            if stage.deliver(None if crashed else journal).reason is EndReason.COMPLETE:
                return crashed
        except CrashError:
            crashed = True
    pytest.fail("the run never came to its end")


def _every_row_has_one_true_end(stage: Stage) -> None:
    assert stage.platform.twice == []
    assert _tickets(stage) == []
    outcomes = stage.outcomes()
    assert sorted(outcomes) == list(range(ROWS))
    # Refused alone; but where the crash left just that call in doubt, nobody knows any more.
    assert outcomes.pop(CULPRIT).verdict in {Verdict.REJECTED, Verdict.UNKNOWN}
    assert {o.verdict for o in outcomes.values()} <= {Verdict.CREATED, Verdict.UPDATED}
    assert set(stage.platform.contacts) == set(stage.plan.emails) - {stage.plan.emails[CULPRIT]}


@pytest.mark.parametrize("lanes", [1, 3])
@pytest.mark.parametrize("after", [True, False])
def test_promise_3_a_crash_at_every_write_of_a_run_that_is_answered_later_doubles_nothing(
    tmp_path: Path, after: bool, lanes: int
) -> None:
    for n in range(1, 400):
        folder = tmp_path / str(n)
        folder.mkdir()
        stage = _busy_stage(folder, lanes=lanes)
        crashed = _to_the_end(stage, CrashingJournal(n, after=after))
        _every_row_has_one_true_end(stage)
        if not crashed:
            break
    else:
        pytest.fail("the run never came to its end")
    assert n > 40


@pytest.mark.parametrize("lanes", [1, 3])
def test_promise_3_a_crash_during_every_poll_doubles_nothing(tmp_path: Path, lanes: int) -> None:
    for n in range(1, 200):
        folder = tmp_path / str(n)
        folder.mkdir()
        stage = _busy_stage(folder, lanes=lanes)
        left, dead = n, False

        def crash() -> None:
            nonlocal left, dead
            left -= 1
            if dead or left == 0:
                dead = True
                raise CrashError

        stage.platform.on_poll = stage.platform.on_call = crash
        for _ in range(60):
            try:
                if stage.deliver().reason is EndReason.COMPLETE:
                    break
            except CrashError:
                stage.platform.on_poll = stage.platform.on_call = lambda: None
                stage.platform.pending = set(_tickets(stage))
        _every_row_has_one_true_end(stage)
        if not dead:
            break
    else:
        pytest.fail("the run never came to its end")
    assert n > 20


def test_promise_3_a_stop_at_every_poll_doubles_nothing(tmp_path: Path) -> None:
    for n in range(1, 100):
        folder = tmp_path / str(n)
        folder.mkdir()
        stage = _busy_stage(folder, lanes=2)
        polls = 0

        def stop(stage: Stage = stage, at: int = n) -> None:
            nonlocal polls
            polls += 1
            if polls == at:
                stage.interruption.request(2)

        stage.platform.on_poll = stop
        _to_the_end(stage)
        _every_row_has_one_true_end(stage)
        if polls < n:
            break
    assert n > 20


FAULTS = "lost late dropped unreachable wait:3 html 500 502 503 413 strange refused:Invalid 401"
WORDS = st.sampled_from(["ok", "ended", *FAULTS.split()])
POLL_WORDS = st.sampled_from(
    ["ok", "pending:2", "lost", "unreachable", "wait:3", "html", "500", "503", "401", "404", "413"]
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    script=st.lists(WORDS, max_size=30),
    polls=st.lists(POLL_WORDS, max_size=40),
    insert=st.booleans(),
    lanes=st.integers(1, 4),
)
def test_the_books_balance_for_any_script_of_faults_and_polls(
    tmp_path_factory: pytest.TempPathFactory,
    script: list[str],
    polls: list[str],
    insert: bool,
    lanes: int,
) -> None:
    stage = Stage(
        tmp_path_factory.mktemp("run"),
        rows=23,
        rows_per_call=5,
        mode=INSERT if insert else UPSERT,
        in_flight=lanes,
        later=True,
    )
    stage.platform.script = deque(script)
    stage.platform.poll_script = deque(polls)
    _to_the_end(stage)
    assert stage.platform.twice == []
    outcomes = stage.outcomes()
    assert sorted(outcomes) == list(range(23))
    for position, outcome in outcomes.items():
        if outcome.verdict in (Verdict.CREATED, Verdict.UPDATED):
            assert stage.plan.emails[position] in stage.platform.contacts


class BusyTarget(LaterTarget):
    """A target whose platform has no room for so many calls, and then has."""

    def __init__(self, target: Target, refusals: int) -> None:
        super().__init__(target)
        self._left = refusals

    def read_submission(self, batch: Batch, response: ApiResponse) -> Settled | Pending:
        if self._left:
            self._left -= 1
            raise RetryableError("no room", wait=30, busy=True)
        return super().read_submission(batch, response)


def test_room_on_a_busy_platform_is_waited_for_longer_than_attempts_last(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=10, attempts=3)
    stage.target = BusyTarget(stage.target, 100)
    began = stage.clock.monotonic()
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.clock.monotonic() - began >= 100 * 30


def test_promise_6_a_platform_that_stays_busy_for_hours_stops_the_run(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=10, attempts=3)
    stage.target = BusyTarget(stage.target, 10_000)
    began = stage.clock.monotonic()
    end = stage.deliver()
    assert end.reason is EndReason.PLATFORM_DOWN
    assert "no room" in end.message
    assert 7_200 <= stage.clock.monotonic() - began < 7_500
    assert stage.outcomes() == {}
