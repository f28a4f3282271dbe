"""Platforms of which something is asked before a batch; and calls that count in scopes."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from pathlib import Path

import pytest

from importer.delivery import EndReason
from importer.delivery.asking import LOOKED_UP
from importer.journal import Journal
from importer.model import ApiRequest, ApiResponse, Batch, Credentials, Pending, Settled
from importer.targets import Target
from tests.delivery.stage import LaterTarget, Stage


class AskingTarget(LaterTarget):
    """A target that asks of each batch how often it was polled; ``said``: batches as they went."""

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self.questions: list[str] = []
        self.said: list[Batch] = []
        self.nothing_to_ask = False

    def first_question(self, batch: Batch, credentials: Credentials) -> ApiRequest | None:
        self.questions.append(batch.id)
        if self.nothing_to_ask:
            return None
        return ApiRequest("GET", "https://fake.test/status/question", b"", scope="reads")

    def read_first(self, batch: Batch, response: ApiResponse) -> Batch:
        if response.status != 200:
            self._target.read_submission(batch, response)
        return replace(batch, before=("there",) * len(batch))

    def read_submission(self, batch: Batch, response: ApiResponse) -> Settled | Pending:
        self.said.append(batch)
        return super().read_submission(batch, response)


def _asking(stage: Stage) -> AskingTarget:
    target = AskingTarget(stage.target)
    stage.target = target
    stage.platform.polls_needed = 10**9
    stage.platform.jobs["question"] = None  # type: ignore[assignment]
    return target


def test_what_was_asked_first_is_known_when_the_answer_is_read(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    target = _asking(stage)
    assert stage.deliver().reason is EndReason.COMPLETE
    assert [batch.before for batch in target.said] == [("there",) * 10] * 3
    assert stage.platform.polls == {"question": 3}
    with Journal.open(stage.path) as journal:
        assert journal.fact(LOOKED_UP) == "3"
    assert stage.verdicts() == {"created": 30}


def test_where_there_is_nothing_to_ask_nothing_is_asked(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    target = _asking(stage)
    target.nothing_to_ask = True
    assert stage.deliver().reason is EndReason.COMPLETE
    assert [batch.before for batch in target.said] == [()] * 3
    assert stage.platform.polls == {}


def test_a_question_is_asked_once_however_often_its_batch_goes(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=10)
    target = _asking(stage)
    stage.platform.script = deque(["wait:1", "lost"])
    assert stage.deliver().reason is EndReason.COMPLETE
    assert len(target.questions) == 1
    assert len(stage.platform.calls) == 3
    assert target.said[-1].repeated
    assert target.said[-1].before == ("there",) * 10


def test_nothing_is_asked_of_what_an_earlier_delivery_left_in_doubt(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=10)
    target = _asking(stage)
    stage.platform.script = deque(["lost"] * 3)
    assert stage.deliver().reason is EndReason.PLATFORM_DOWN
    assert stage.deliver().reason is EndReason.COMPLETE
    assert len(target.questions) == 1
    assert target.said[-1].before == ()


@pytest.mark.parametrize(
    ("words", "reason"),
    [("503 503 503", EndReason.PLATFORM_DOWN), ("401", EndReason.ACCOUNT_REFUSED)],
)
def test_a_question_that_is_not_answered_ends_the_delivery_before_anything_goes(
    tmp_path: Path, words: str, reason: EndReason
) -> None:
    stage = Stage(tmp_path)
    _asking(stage)
    stage.platform.poll_script = deque(words.split())
    assert stage.deliver().reason is reason
    assert stage.platform.calls == []
    assert stage.deliver().reason is EndReason.COMPLETE


def test_a_wait_for_one_scope_holds_no_call_of_another(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rows=10)
    target = _asking(stage)
    moments: list[float] = []
    stage.platform.on_call = lambda: moments.append(stage.clock.elapsed)
    read_first = target.read_first

    def held_from_now_on(batch: Batch, response: ApiResponse) -> Batch:
        headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "500"}
        assert response.headers.items() >= headers.items()
        return read_first(batch, response)

    target.read_first = held_from_now_on  # type: ignore[method-assign]
    stage.platform.poll_script = deque(["spent:500"])
    assert stage.deliver().reason is EndReason.COMPLETE
    assert moments == [1000.0]
