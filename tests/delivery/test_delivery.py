"""One delivery: what is sent, what is repeated, when it ends."""

from __future__ import annotations

import math
import threading
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from importer.delivery import EndReason
from importer.errors import DefectError, UnusableInputError
from importer.journal import Journal
from importer.model import Batch, Pending, Verdict
from tests.delivery.stage import INSERT, SECRET, FakePlan, Stage, addresses, envelope, refusal


def test_every_contact_is_sent_once_in_plan_order(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=25)
    end = stage.deliver()
    assert end.reason is EndReason.COMPLETE
    assert [email for call in stage.platform.calls for email in call] == addresses(25)
    assert [len(call) for call in stage.platform.calls] == [10, 10, 5]
    assert stage.verdicts() == {"created": 25}
    assert stage.watcher.rows == 25
    assert stage.outcomes()[3].record_id == "4"


def test_a_finished_delivery_sends_nothing_when_resumed(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.deliver()
    assert stage.deliver().reason is EndReason.COMPLETE
    assert len(stage.platform.calls) == 3


def test_an_empty_plan_is_complete_without_a_call(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=0)
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.platform.calls == []


def test_only_the_first_contacts_are_sent_when_asked_and_the_rest_later(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=30)
    assert stage.deliver(until=12).reason is EndReason.FIRST_REACHED
    assert sorted(stage.outcomes()) == list(range(12))
    assert stage.deliver(until=12).reason is EndReason.FIRST_REACHED
    assert len(stage.platform.calls) == 2
    assert stage.deliver(until=30).reason is EndReason.COMPLETE
    assert len(stage.outcomes()) == 30


# --- not taken -----------------------------------------------------------------------------------


def test_a_wait_that_the_platform_asks_for_is_kept(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.platform.script = deque(["wait:17"])
    began = stage.clock.elapsed
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.clock.elapsed - began == 17
    assert stage.platform.calls[0] == stage.platform.calls[1]
    assert stage.verdicts() == {"created": 30}


def test_pauses_without_an_asked_wait_grow_and_stay_below_a_minute(tmp_path: Path) -> None:
    stage = Stage(tmp_path, attempts=12)
    stage.platform.script = deque(["503"] * 12)
    assert stage.deliver().reason is EndReason.PLATFORM_DOWN
    bounds = [min(60, 2**n) for n in range(11)]
    assert len(stage.clock.slept) == 11
    assert all(slept <= bound for slept, bound in zip(stage.clock.slept, bounds, strict=True))
    assert max(stage.clock.slept) > 16


def test_an_unreachable_platform_stops_the_run_and_leaves_rows_unsent(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.platform.script = deque(["ok", *["unreachable"] * 3])
    end = stage.deliver()
    assert end.reason is EndReason.PLATFORM_DOWN
    assert "cannot be reached" in end.message
    assert sorted(stage.outcomes()) == list(range(10))
    with Journal.open(stage.path) as journal:
        assert not any(gap.in_doubt for gap in journal.gaps(30))
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.verdicts() == {"created": 30}


def test_a_wait_of_hours_stops_the_run_instead(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.platform.script = deque(["wait:86400"])
    end = stage.deliver()
    assert end.reason is EndReason.PLATFORM_DOWN
    assert "1440 minutes" in end.message
    assert stage.clock.slept == []


# --- in doubt ------------------------------------------------------------------------------------


def test_promise_3_a_lost_answer_is_asked_for_again_with_the_same_bytes(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.platform.script = deque(["lost"])
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.platform.bodies[0] == stage.platform.bodies[1]
    assert stage.verdicts() == {"created": 20, "updated": 10}


def test_lost_answers_stop_the_run_with_the_batch_in_doubt(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.platform.script = deque(["dropped", "html", "504"])
    assert stage.deliver().reason is EndReason.PLATFORM_DOWN
    assert stage.outcomes() == {}
    with Journal.open(stage.path) as journal:
        assert [(g.first, g.end, g.in_doubt) for g in journal.gaps(30)] == [
            (0, 10, True),
            (10, 30, False),
        ]


def test_promise_3_a_batch_in_doubt_is_resolved_first_when_the_run_goes_on(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.platform.script = deque(["ok", *["lost"] * 3])
    stage.deliver()
    before = stage.platform.bodies[1]
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.platform.bodies[4] == before
    assert stage.verdicts() == {"created": 20, "updated": 10}


def test_a_batch_in_doubt_is_cut_to_limits_that_were_lowered_since(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=20, rows_per_call=20)
    stage.platform.script = deque(["lost"] * 3)
    assert stage.deliver().reason is EndReason.PLATFORM_DOWN
    stage.limits = replace(stage.limits, rows_per_call=6)
    stage.platform.calls.clear()
    assert stage.deliver().reason is EndReason.COMPLETE
    assert [len(call) for call in stage.platform.calls] == [5, 5, 5, 5]
    assert stage.verdicts() == {"updated": 20}


def test_a_batch_still_in_doubt_on_a_later_resume_is_unknown_and_the_run_goes_on(
    tmp_path: Path,
) -> None:
    stage = Stage(tmp_path)
    stage.platform.script = deque(["lost"] * 6)
    assert stage.deliver().reason is EndReason.PLATFORM_DOWN
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.verdicts() == {"unknown": 10, "created": 20}
    assert stage.outcomes()[0].code == "answer-lost"


def test_lost_answer_of_an_insert_leaves_rows_unknown_not_failed(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=10, mode=INSERT)
    stage.platform.script = deque(["lost"])
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.verdicts() == {"unknown": 10}
    assert stage.outcomes()[0].code == "repeated-insert"


def test_an_insert_that_never_arrived_is_created_by_its_repetition(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=10, mode=INSERT)
    stage.platform.script = deque(["dropped"])
    stage.deliver()
    assert stage.verdicts() == {"created": 10}


def test_a_repeated_insert_refused_alone_is_unknown(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=1, mode=INSERT)
    stage.platform.script = deque(["lost", "refused:Duplicate"])
    stage.deliver()
    assert stage.outcomes()[0].code == "repeated-insert"
    assert "Duplicate happened" in stage.outcomes()[0].message


class _NeverAgain:
    """A target whose calls may not be repeated."""

    def __init__(self, stage: Stage) -> None:
        self._target = stage.target

    def __getattr__(self, name: str) -> object:
        return getattr(self._target, name)

    def repeatable(self, batch: Batch) -> bool:
        return False


def test_a_batch_that_may_not_be_repeated_is_unknown_at_once(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.target = _NeverAgain(stage)  # type: ignore[assignment]
    stage.platform.script = deque(["lost"])
    assert stage.deliver().reason is EndReason.COMPLETE
    assert len(stage.platform.calls) == 3
    assert stage.verdicts() == {"unknown": 10, "created": 20}


def test_batches_that_may_not_be_repeated_do_not_all_become_unknown(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=100)
    stage.target = _NeverAgain(stage)  # type: ignore[assignment]
    stage.platform.script = deque(["lost"] * 10)
    assert stage.deliver().reason is EndReason.PLATFORM_DOWN
    assert stage.verdicts() == {"unknown": 30}


def test_a_crash_leaves_an_unrepeatable_batch_unknown_without_a_call(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=10)
    stage.target = _NeverAgain(stage)  # type: ignore[assignment]
    stage.platform.on_call = _crash
    with pytest.raises(KeyboardInterrupt):
        stage.deliver()
    stage.platform.on_call = lambda: None
    stage.deliver()
    assert len(stage.platform.calls) == 1
    assert stage.verdicts() == {"unknown": 10}


def _crash() -> None:
    raise KeyboardInterrupt


class _Terse:
    """A target that can do nothing but what every target must; ``pending``: it answers later."""

    def __init__(self, stage: Stage, *, pending: bool = False) -> None:
        target = stage.target
        self.encode = target.encode
        self.submission = target.submission
        self.read_submission = (
            (lambda batch, response: Pending("7")) if pending else target.read_submission
        )
        self.refused_alone = target.refused_alone
        self.repeatable = target.repeatable


def test_a_platform_that_cannot_describe_the_account_is_not_asked(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.target = _Terse(stage)  # type: ignore[assignment]
    stage.platform.culprits = {"person3@example.test"}
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.verdicts() == {"rejected": 1, "created": 29}
    assert stage.platform.asked == 0


def test_a_platform_that_answers_later_and_cannot_be_asked_is_a_defect(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.target = _Terse(stage, pending=True)  # type: ignore[assignment]
    with pytest.raises(DefectError, match="answers later"):
        stage.deliver()
    with Journal.open(stage.path) as journal:
        assert journal.gaps(30)[0].ticket == "7"


def test_a_plan_that_changed_under_a_batch_in_doubt_is_a_defect(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.platform.script = deque(["lost"] * 3)
    stage.deliver()
    stage.plan = FakePlan([f"other{n}@example.test" for n in range(30)])
    with pytest.raises(DefectError, match="bytes of the batch in doubt"):
        stage.deliver()
    assert len(stage.platform.calls) == 3


# --- the platform fails on one contact -----------------------------------------------------------


def test_a_contact_on_which_the_platform_fails_is_unknown_and_the_others_are_written(
    tmp_path: Path,
) -> None:
    stage = Stage(tmp_path)
    stage.platform.fatal = {"person0@example.test"}
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.verdicts() == {"unknown": 1, "created": 29}
    assert stage.outcomes()[0].verdict is Verdict.UNKNOWN


def test_a_last_contact_on_which_the_platform_fails_is_unknown(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=5)
    stage.platform.fatal = {"person4@example.test"}
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.outcomes()[4].code == "answer-lost"


def test_a_platform_that_fails_on_every_contact_is_down(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.platform.fatal = set(addresses(30))
    assert stage.deliver().reason is EndReason.PLATFORM_DOWN
    assert stage.outcomes() == {}
    stage.platform.fatal = set()
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.verdicts() == {"created": 30}


def test_failing_contacts_are_settled_on_resume_though_the_platform_still_fails_on_them(
    tmp_path: Path,
) -> None:
    stage = Stage(tmp_path, rows=4)
    stage.platform.fatal = set(addresses(4))
    for _ in range(3):
        end = stage.deliver()
    assert end.reason is EndReason.COMPLETE
    assert stage.verdicts() == {"unknown": 4}


# --- refused -------------------------------------------------------------------------------------


def test_wrong_credentials_stop_the_run_at_the_first_call(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.platform.script = deque(["401"])
    end = stage.deliver()
    assert end.reason is EndReason.ACCOUNT_REFUSED
    assert "Oops happened" in end.message
    assert len(stage.platform.calls) == 1
    assert stage.outcomes() == {}
    assert stage.deliver().reason is EndReason.COMPLETE


def test_a_refusal_that_a_reading_call_gets_too_is_the_account_s(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.platform.script = deque(["refused:BadKey"])
    stage.platform.account_answer = lambda: refusal("BadKey")
    assert stage.deliver().reason is EndReason.ACCOUNT_REFUSED
    assert len(stage.platform.calls) == 1
    assert stage.outcomes() == {}


@pytest.mark.parametrize("answer", [refusal("NoProjectsApi", 403), envelope(502)])
def test_a_missing_right_to_read_projects_does_not_hide_the_culprit(
    tmp_path: Path, answer: httpx.Response
) -> None:
    stage = Stage(tmp_path)
    stage.platform.culprits = {"person3@example.test"}
    stage.platform.account_answer = lambda: answer
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.verdicts() == {"rejected": 1, "created": 29}


def test_the_culprit_is_rejected_in_the_platform_s_words_and_the_innocent_are_delivered(
    tmp_path: Path,
) -> None:
    stage = Stage(tmp_path)
    stage.platform.culprits = {"person3@example.test", "person17@example.test"}
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.verdicts() == {"rejected": 2, "created": 28}
    outcome = stage.outcomes()[17]
    assert (outcome.code, outcome.message) == (
        "platform-refused",
        "InvalidRecord: InvalidRecord happened",
    )
    assert stage.platform.asked == 1


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 9, 31, 100])
def test_a_culprit_costs_a_logarithm_of_calls(tmp_path: Path, size: int) -> None:
    for place in range(size):
        folder = tmp_path / str(place)
        folder.mkdir()
        stage = Stage(folder, rows=size, rows_per_call=size)
        stage.platform.culprits = {stage.plan.emails[place]}
        stage.deliver()
        calls = len(stage.platform.calls) + stage.platform.asked
        assert calls <= 2 * math.log2(size) + 2
        assert len(stage.outcomes()) == size


def test_contacts_refused_alike_before_any_is_taken_stop_the_run(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=100)
    stage.platform.culprits = set(addresses(100))
    end = stage.deliver()
    assert end.reason is EndReason.ALL_REFUSED
    assert "InvalidRecord" in end.message
    assert stage.verdicts() == {"rejected": 8}


def test_contacts_refused_alike_after_others_were_taken_do_not_stop_the_run(
    tmp_path: Path,
) -> None:
    stage = Stage(tmp_path, rows=60)
    stage.platform.culprits = set(addresses(60)[20:40])
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.verdicts() == {"rejected": 20, "created": 40}
    assert stage.platform.asked == 3  # once, and after each eight in a row


def test_a_key_revoked_in_the_middle_stops_the_run(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=60)
    stage.platform.culprits = set(addresses(60)[20:])
    stage.deliver(until=20)
    answers = [envelope(ProjectInfo={}), refusal("InvalidRecord")]
    stage.platform.account_answer = lambda: answers.pop(0)
    stage.platform.script = deque(["refused:InvalidRecord"])
    stage.platform.culprits = set(addresses(60)[25:])
    assert stage.deliver().reason is EndReason.ACCOUNT_REFUSED


def test_a_call_that_is_too_large_is_halved_and_the_size_remembered(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=40, rows_per_call=20)
    stage.platform.largest = 6
    assert stage.deliver().reason is EndReason.COMPLETE
    assert [len(call) for call in stage.platform.calls] == [20, 10, 5, 5, 10, 5, 5, 5, 5, 5, 5]
    assert stage.verdicts() == {"created": 40}


def test_a_single_contact_that_is_too_large_is_rejected(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=2)
    stage.platform.script = deque(["413", "413", "ok"])
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.verdicts() == {"rejected": 1, "created": 1}


# --- ends ----------------------------------------------------------------------------------------


def test_answers_that_belong_to_nobody_stop_the_run(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.platform.script = deque(["strange"])
    assert stage.deliver().reason is EndReason.UNREADABLE_ANSWERS
    assert stage.verdicts() == {"unknown": 10}
    assert stage.watcher.events[-1][0] == "strange-answers"


def test_too_many_rejected_contacts_stop_the_run(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=30)
    stage.platform.culprits = {"person1@example.test"}
    seen: list[tuple[int, int]] = []

    def limit(rejected: int, settled: int) -> str | None:
        seen.append((rejected, settled))
        return "1 contact was refused; at most 0 may be." if rejected > 0 else None

    end = stage.deliver(too_many_rejected=limit)
    assert end.reason is EndReason.TOO_MANY_REJECTED
    assert end.message == "1 contact was refused; at most 0 may be."
    assert stage.deliver(too_many_rejected=lambda *_: None).reason is EndReason.COMPLETE


def test_rejections_of_an_earlier_delivery_count(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=30)
    stage.platform.culprits = {"person1@example.test"}
    stage.deliver(until=10)
    counts: list[tuple[int, int]] = []
    stage.deliver(too_many_rejected=lambda *count: counts.append(count))
    assert counts == [(1, 20), (1, 30)]


def test_a_stop_lets_the_call_under_way_finish(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.platform.on_call = lambda: stage.interruption.request(15)
    assert stage.deliver().reason is EndReason.INTERRUPTED
    assert len(stage.platform.calls) == 1
    assert stage.verdicts() == {"created": 10}


def test_a_stop_ends_a_wait(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.platform.script = deque(["wait:60"])
    stage.clock.on_sleep = lambda: stage.interruption.request(2)
    assert stage.deliver().reason is EndReason.INTERRUPTED
    assert len(stage.platform.calls) == 1
    assert stage.outcomes() == {}


def test_the_pace_is_kept_and_waits_are_told(tmp_path: Path) -> None:
    stage = Stage(tmp_path, calls_per_minute=2)
    assert stage.deliver().reason is EndReason.COMPLETE
    assert sum(stage.clock.slept) == pytest.approx(60, rel=0.01)
    waits = [facts for name, facts in stage.watcher.events if name == "waiting"]
    assert waits == [{"seconds": 60.1}]
    with Journal.open(stage.path) as journal:
        assert journal.call_totals().waited_seconds == pytest.approx(60, rel=0.01)


def test_an_address_that_is_none_is_said_so_and_nothing_is_in_doubt(tmp_path: Path) -> None:
    stage = Stage(tmp_path)

    def no_scheme(request: httpx.Request) -> httpx.Response:
        raise httpx.UnsupportedProtocol("no scheme", request=request)

    stage.platform = no_scheme  # type: ignore[assignment]
    with pytest.raises(UnusableInputError, match="https"):
        stage.deliver()
    with Journal.open(stage.path) as journal:
        assert not any(gap.in_doubt for gap in journal.gaps(30))


def test_promise_7_a_secret_that_the_platform_repeats_is_not_written_down(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=1)
    stage.platform.script = deque([f"refused:key {SECRET} may not do this"])
    stage.deliver()
    assert stage.outcomes()[0].message.startswith("key *** may not do this")
    assert all(SECRET.encode() not in file.read_bytes() for file in tmp_path.iterdir())


def test_events_hold_no_addresses(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.platform.script = deque(["lost", "503", "413", "refused:X"])
    stage.platform.culprits = {"person3@example.test"}
    stage.platform.fatal = {"person13@example.test"}
    stage.deliver()
    assert {"in-doubt", "not-taken", "batch-size", "splitting", "refused", "given-up"} <= {
        name for name, _ in stage.watcher.events
    }
    assert "example.test" not in repr(stage.watcher.events)


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("InvalidRecord", "InvalidRecord"),
        ("contacts:badRequest", "contacts:badRequest"),
        ("a@example.test", ""),
        ("a:b:c", ""),
        ("mailto:a@example.test", ""),
    ],
)
def test_a_refusal_s_code_is_an_event_s_fact_where_it_is_one(
    tmp_path: Path, code: str, shown: str
) -> None:
    stage = Stage(tmp_path, rows=1)
    stage.platform.script = deque([f"refused:{code}"])
    stage.deliver()
    [facts] = [facts for name, facts in stage.watcher.events if name == "refused"]
    assert facts["code"] == shown


# --- the size of calls, and several at once ------------------------------------------------------


def test_a_call_that_is_not_answered_in_time_goes_again_as_it_is_and_then_in_halves(
    tmp_path: Path,
) -> None:
    stage = Stage(tmp_path, rows=20, rows_per_call=8, attempts=6)
    stage.platform.script = deque(["late", "late"])
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.platform.bodies[0] == stage.platform.bodies[1]
    assert [len(call) for call in stage.platform.calls] == [8, 8, 4, 4, 4, 4, 4]
    assert stage.verdicts() == {"updated": 8, "created": 12}


def test_a_platform_that_answers_nothing_in_time_is_down_after_its_attempts(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=64, rows_per_call=64, attempts=4)
    stage.platform.script = deque(["late"] * 100)
    assert stage.deliver().reason is EndReason.PLATFORM_DOWN
    assert [len(call) for call in stage.platform.calls] == [64, 64, 32, 32, 16, 16, 8, 8]
    assert stage.outcomes() == {}
    stage.platform.script.clear()
    assert stage.deliver().reason is EndReason.COMPLETE
    assert sorted(stage.outcomes()) == list(range(64))


def test_the_size_that_worked_is_remembered_when_the_run_goes_on(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=40, rows_per_call=20)
    stage.platform.largest = 6
    stage.deliver(until=20)
    stage.platform.calls.clear()
    stage.deliver()
    assert max(len(call) for call in stage.platform.calls) == 5


def test_several_calls_are_under_way_at_once_when_allowed(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=40, rows_per_call=10, in_flight=4)
    together = threading.Barrier(4)

    def meet() -> None:
        together.wait()  # four must be here at once, or nobody goes on

    stage.platform.on_call = meet
    assert stage.deliver().reason is EndReason.COMPLETE
    assert sorted(stage.outcomes()) == list(range(40))


def test_a_refused_account_stops_every_lane(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=400, rows_per_call=10, in_flight=4)
    stage.platform.script = deque(["401"] * 100)
    assert stage.deliver().reason is EndReason.ACCOUNT_REFUSED
    assert len(stage.platform.calls) <= 4
    assert stage.outcomes() == {}


def test_contacts_that_an_earlier_run_left_in_doubt_are_unknown_unless_this_one_creates_them(
    tmp_path: Path,
) -> None:
    stage = Stage(tmp_path, rows=6, mode=INSERT)
    stage.platform.contacts = {"person1@example.test": 7, "person4@example.test": 8}
    stage.deliver(doubtful=[0, 1])
    verdicts = [stage.outcomes()[place].verdict for place in range(6)]
    assert verdicts[0] is Verdict.CREATED
    assert verdicts[1] is Verdict.UNKNOWN
    assert verdicts[4] is Verdict.REJECTED


def test_outcomes_that_are_not_the_last_word_do_not_count(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=10)
    stage.platform.contacts = {"person1@example.test": 7}
    end = stage.deliver(
        passes_on=lambda outcome: outcome.verdict is Verdict.CREATED,
        too_many_rejected=lambda rejected, settled: f"{rejected} of {settled}",
    )
    assert end.message == "0 of 1"
    assert stage.watcher.rows == 1


def test_contacts_are_prepared_before_they_are_read_a_portion_at_a_time(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=25, rows_per_call=10)
    prepared: list[tuple[int, int]] = []
    stage.platform.on_call = lambda: prepared.append((-1, -1))
    stage.deliver(prepare=lambda first, end: prepared.append((first, end)))
    assert [one for one in prepared if one[0] >= 0] == [(0, 10), (10, 20), (20, 25)]
    assert prepared[0] == (0, 10)


def test_never_more_calls_are_under_way_than_allowed_though_more_batches_are(
    tmp_path: Path,
) -> None:
    stage = Stage(tmp_path, rows=300, rows_per_call=5, in_flight=3)
    answer, lock, at_once, most = stage.platform.fault, threading.Lock(), 0, 0

    def fault(*call: Any) -> httpx.Response:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        response = answer(*call)
        with lock:
            at_once -= 1
        return response

    stage.platform.fault = fault  # type: ignore[assignment, method-assign]
    assert stage.deliver().reason is EndReason.COMPLETE
    assert most <= 3


def test_a_batch_that_waits_beside_a_refused_account_was_not_sent(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=60, rows_per_call=10, in_flight=2)
    together = threading.Barrier(2)
    stage.platform.on_call = lambda: bool(together.wait()) and None  # type: ignore[assignment]
    stage.platform.script = deque(["401", "401"])
    assert stage.deliver().reason is EndReason.ACCOUNT_REFUSED
    assert len(stage.platform.calls) == 2
    with Journal.open(stage.path) as journal:
        assert not [gap for gap in journal.gaps(60) if gap.in_doubt]
