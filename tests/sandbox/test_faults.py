from __future__ import annotations

from email.utils import parsedate_to_datetime

import httpx
import pytest

from importer.sandbox import AnswerLostError, Fault, SandboxError, Style, parse_faults
from importer.sandbox.failures import page_or_refusal
from importer.sandbox.faults import WORKING, FaultScript

from .caller import PROJECTS, Caller, StillClock, caller, record, statuses


def merge(sandbox: Caller) -> httpx.Response:
    return sandbox.merge(record("a@b.test"))


def taken(script: str, count: int) -> list[str]:
    faults = FaultScript(parse_faults(script))
    return [faults.take().value for _ in range(count)]


def test_script_gives_one_word_a_call_and_then_ok() -> None:
    assert taken("ok LOST, 429*2 slow*0 503", 7) == ["ok", "lost", "429", "429", "503", "ok", "ok"]
    assert taken("", 1) == ["ok"]


def test_word_with_a_bare_star_is_for_all_calls_that_follow() -> None:
    assert taken("ok lost*", 5) == ["ok", "lost", "lost", "lost", "lost"]


@pytest.mark.parametrize("script", ["lots", "lost**", "lost*x", "lost* ok", "*", "ok;lost"])
def test_script_with_another_word_is_refused_with_the_remedy(script: str) -> None:
    with pytest.raises(SandboxError):
        parse_faults(script)


def test_unknown_word_is_answered_with_the_known_ones() -> None:
    with pytest.raises(SandboxError, match=r"'lots' is not a fault; use ok lost dropped"):
        caller(faults="lots")


def test_only_contacts_merge_takes_a_word() -> None:
    sandbox = caller(faults="500")
    assert sandbox.post(PROJECTS).status_code == 400  # takes no idProject
    assert merge(sandbox).status_code == 500
    assert merge(sandbox).status_code == 200


def test_lost_call_is_done_and_its_answer_never_arrives() -> None:
    sandbox = caller(faults="lost")
    with pytest.raises(AnswerLostError):
        merge(sandbox)
    assert len(sandbox.contacts()) == 1
    assert statuses(merge(sandbox)) == ["Updated"]
    lost, repeated = sandbox.calls()
    assert (lost["fault"], lost["status"], lost["created"]) == ("lost", None, 1)
    assert lost["sha256"] == repeated["sha256"]


def test_dropped_call_is_not_done() -> None:
    sandbox = caller(faults="dropped")
    with pytest.raises(AnswerLostError):
        merge(sandbox)
    assert sandbox.contacts() == []
    [dropped] = sandbox.calls()
    assert (dropped["status"], dropped["keys"]) == (None, ["a@b.test"])


@pytest.mark.parametrize(
    ("word", "status", "code"),
    [
        ("429", 429, "SandboxTooManyCalls"),
        ("500", 500, "SandboxServerError"),
        ("401", 401, "SandboxInvalidCredentials"),
        ("403", 403, "SandboxForbidden"),
        ("413", 413, "SandboxRequestTooLarge"),
        ("refused", 400, "SandboxRefused"),
    ],
)
def test_fault_with_the_envelope_writes_nothing(word: str, status: int, code: str) -> None:
    sandbox = caller(faults=word)
    answer = merge(sandbox)
    assert answer.status_code == status
    assert answer.json()["Success"] is False
    assert answer.json()["ErrorCode"] == code
    assert sandbox.contacts() == []
    assert sandbox.calls()[0]["error"] == code


def test_style_envelope_changes_the_refusal_but_not_the_numbered_faults() -> None:
    sandbox = caller(faults="refused 500", style=Style.ENVELOPE)
    assert [merge(sandbox).status_code for _ in range(2)] == [200, 500]


@pytest.mark.parametrize(
    ("word", "status"),
    [("garbage", 200), ("500-html", 500), ("502", 502), ("503", 503), ("504", 504)],
)
def test_fault_with_a_page_writes_nothing(word: str, status: int) -> None:
    sandbox = caller(faults=word)
    answer = merge(sandbox)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert "retry-after" not in answer.headers
    assert sandbox.contacts() == []


def test_gateway_may_give_up_after_the_work_is_done() -> None:
    sandbox = caller(faults="504-done")
    assert merge(sandbox).status_code == 504
    assert len(sandbox.contacts()) == 1


def test_retry_after_comes_in_seconds_as_a_date_or_not_at_all() -> None:
    clock = StillClock()
    sandbox = caller(clock, faults="429 429-date 429-bare 503-after", retry_after_seconds=7)
    answers = [merge(sandbox) for _ in range(4)]
    assert [one.status_code for one in answers] == [429, 429, 429, 503]
    assert answers[0].headers["retry-after"] == "7"
    moment = parsedate_to_datetime(answers[1].headers["retry-after"]).timestamp()
    assert 7 <= moment - clock.now() < 8
    assert "retry-after" not in answers[2].headers
    assert answers[3].headers["retry-after"] == "7"


def test_slow_call_is_done_before_it_waits() -> None:
    clock = StillClock()
    sandbox = caller(clock, faults="slow", slow_seconds=3, latency_seconds=0.5)
    assert statuses(merge(sandbox)) == ["Created"]
    assert clock.waits == [3.5]


def test_cut_answer_ends_in_the_middle_of_its_json() -> None:
    sandbox = caller(faults="cut")
    answer = merge(sandbox)
    assert answer.status_code == 200
    assert answer.content.startswith(b"{")
    with pytest.raises(ValueError):
        answer.json()
    assert len(sandbox.contacts()) == 1


def test_empty_answer_comes_after_the_work() -> None:
    sandbox = caller(faults="empty")
    answer = merge(sandbox)
    assert (answer.status_code, answer.content) == (200, b"")
    assert len(sandbox.contacts()) == 1


@pytest.mark.parametrize("fault", sorted(WORKING))
def test_fault_that_lets_the_work_be_done_has_no_answer_of_its_own(fault: Fault) -> None:
    with pytest.raises(AssertionError):
        page_or_refusal(fault, 1, 0.0)
