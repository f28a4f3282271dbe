"""Delivery against the sandbox, in this process: two readings of the platform's documents meet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer import targets
from importer.delivery import EndReason
from importer.model import Connection, Credentials, Secret, Verdict, WriteMode
from importer.sandbox import Fault, SandboxSettings, create_app
from tests.delivery.crashing import CrashError, CrashingJournal
from tests.delivery.stage import FIELDS, INSERT, UPSERT, FakePlan, Stage, addresses
from tests.delivery.test_crash import ATTEMPTS, doubtful_contacts

WRITTEN = {Verdict.CREATED, Verdict.UPDATED}


def _stage(
    folder: Path,
    *,
    rows: int = 30,
    mode: WriteMode = UPSERT,
    in_flight: int = 1,
    **switches: Any,
) -> Stage:
    stage = Stage(folder, rows=rows, mode=mode, in_flight=in_flight)
    connection = Connection("sandbox", "dialog-insight", "http://sandbox.test", "1", "env:K", "1")
    stage.target = targets.build(connection, mode=mode, fields=FIELDS)
    stage.credentials = Credentials("1", Secret("sandbox"))
    app = create_app(SandboxSettings(slow_seconds=0, **switches))
    stage.transport = httpx.WSGITransport(app=app)
    return stage


def _stored(stage: Stage) -> set[str]:
    assert stage.transport is not None
    with httpx.Client(transport=stage.transport, base_url="http://sandbox.test") as client:
        listed = client.get("/_sandbox/contacts").json()
    contacts = listed["contacts"] if isinstance(listed, dict) else listed
    return {contact["f_EMail"] for contact in contacts}


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"shuffle": True},
        {"strangers": 2},
        {"echo_ids": False},
        {"style": "envelope"},
        {"compact": True},
    ],
)
def test_every_contact_is_stored_and_known_to_be(tmp_path: Path, switches: dict[str, Any]) -> None:
    stage = _stage(tmp_path, **switches)
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.verdicts() == {"created": 30}
    assert _stored(stage) == set(addresses(30))


def test_answers_left_out_make_their_rows_unknown(tmp_path: Path) -> None:
    stage = _stage(tmp_path, drop_answers=2)
    stage.deliver()
    assert stage.verdicts() == {"created": 24, "unknown": 6}


@pytest.mark.parametrize("all_or_nothing", [True, False])
@pytest.mark.parametrize("style", ["http", "envelope"])
def test_a_bad_contact_is_rejected_and_the_others_are_stored(
    tmp_path: Path, all_or_nothing: bool, style: str
) -> None:
    stage = _stage(tmp_path, all_or_nothing=all_or_nothing, style=style)
    emails = addresses(30)
    emails[13] = "x" * 300 + "@example.test"
    stage.plan = FakePlan(emails)
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.verdicts() == {"created": 29, "rejected": 1}
    assert stage.outcomes()[13].verdict is Verdict.REJECTED
    assert "sandbox" in stage.outcomes()[13].message


@pytest.mark.parametrize("style", ["http", "envelope"])
def test_a_wrong_key_stops_at_once_whatever_the_style(tmp_path: Path, style: str) -> None:
    stage = _stage(tmp_path, style=style)
    stage.credentials = Credentials("1", Secret("wrong"))
    assert stage.deliver().reason is EndReason.ACCOUNT_REFUSED
    assert stage.outcomes() == {}
    stage.credentials = Credentials("1", Secret("sandbox"))
    assert stage.deliver().reason is EndReason.COMPLETE


@pytest.mark.parametrize("style", ["http", "envelope"])
def test_a_batch_that_is_too_large_is_cut(tmp_path: Path, style: str) -> None:
    stage = _stage(tmp_path, max_records=3, style=style)
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.verdicts() == {"created": 30}


SCRIPTS = st.lists(st.sampled_from([fault.value for fault in Fault]), max_size=60)


@settings(max_examples=80)
@given(script=SCRIPTS, insert=st.booleans(), all_or_nothing=st.booleans(), lanes=st.integers(1, 4))
def test_promise_1_the_books_balance_for_any_fault_script_and_nothing_is_reported_better_than_it_is(
    tmp_path_factory: pytest.TempPathFactory,
    script: list[str],
    insert: bool,
    all_or_nothing: bool,
    lanes: int,
) -> None:
    stage = _stage(
        tmp_path_factory.mktemp("run"),
        mode=INSERT if insert else UPSERT,
        in_flight=lanes,
        faults=" ".join(script),
        all_or_nothing=all_or_nothing,
    )
    for _ in range(80):
        if stage.deliver().reason is EndReason.COMPLETE:
            break
    else:
        pytest.fail("the run never came to its end")
    outcomes, stored = stage.outcomes(), _stored(stage)
    assert sorted(outcomes) == list(range(30))
    for position, outcome in outcomes.items():
        if outcome.verdict in WRITTEN:
            assert stage.plan.emails[position] in stored
        if outcome.verdict is Verdict.REJECTED:
            assert stage.plan.emails[position] not in stored or insert is False


# --- the process ends ----------------------------------------------------------------------------

_FAULTS = "ok lost 429 ok 503-after 413 ok 500 ok garbage ok dropped cut ok 504-done empty ok 502"


@pytest.mark.parametrize("lanes", [1, 2])
def test_promise_3_after_a_crash_at_any_durable_write_the_sandbox_holds_exactly_the_right_contacts(
    tmp_path: Path, lanes: int
) -> None:
    for n in range(1, 300):
        folder = tmp_path / str(n)
        folder.mkdir()
        stage = _stage(folder, rows=60, in_flight=lanes, faults=_FAULTS)
        stage.limits = replace(stage.limits, rows_per_call=3, attempts=ATTEMPTS)
        try:
            ended = stage.deliver(CrashingJournal(n, after=True))
        except CrashError:
            doubtful, before = doubtful_contacts(stage), _written(stage)
        else:
            assert ended.reason is EndReason.COMPLETE
            break
        assert stage.deliver().reason is EndReason.COMPLETE
        outcomes = stage.outcomes()
        assert sorted(outcomes) == list(range(60))
        assert {one.verdict for one in outcomes.values()} <= WRITTEN
        assert _stored(stage) == set(addresses(60))
        again = set(before) & set(_written(stage)[len(before) :])
        assert again <= doubtful
    else:
        pytest.fail("the run never came to its end")
    assert n > 60


def _written(stage: Stage) -> list[str]:
    """Give the contacts that calls wrote, call after call."""
    assert stage.transport is not None
    with httpx.Client(transport=stage.transport, base_url="http://sandbox.test") as client:
        calls = client.get("/_sandbox/calls").json()["calls"]
    return [key for call in calls if call["created"] + call["updated"] for key in call["keys"]]
