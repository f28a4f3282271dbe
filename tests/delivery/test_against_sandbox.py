"""Delivery against the sandbox, in this process: two readings of the platform's documents meet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.delivery import EndReason
from importer.model import Credentials, Secret, Verdict
from importer.sandbox import DotdigitalSettings, Fault
from tests.delivery.crashing import CrashError, CrashingJournal
from tests.delivery.sites import DIALOG_INSIGHT, DOTDIGITAL, POLL_FAULTS, Site, SiteStage
from tests.delivery.stage import INSERT, UPSERT, FakePlan, addresses
from tests.delivery.test_crash import ATTEMPTS

every_site = pytest.mark.parametrize("site", [DIALOG_INSIGHT, *DOTDIGITAL], ids=str)


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
    stage = SiteStage(tmp_path, **switches)
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.verdicts() == {"created": 30}
    assert stage.stored() == set(addresses(30))


def test_answers_left_out_make_their_rows_unknown(tmp_path: Path) -> None:
    stage = SiteStage(tmp_path, drop_answers=2)
    stage.deliver()
    assert stage.verdicts() == {"created": 24, "unknown": 6}


@pytest.mark.parametrize("all_or_nothing", [True, False])
@pytest.mark.parametrize("style", ["http", "envelope"])
def test_a_bad_contact_is_rejected_and_the_others_are_stored(
    tmp_path: Path, all_or_nothing: bool, style: str
) -> None:
    stage = SiteStage(tmp_path, all_or_nothing=all_or_nothing, style=style)
    emails = addresses(30)
    emails[13] = "x" * 300 + "@example.test"
    stage.plan = FakePlan(emails)
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.verdicts() == {"created": 29, "rejected": 1}
    assert stage.outcomes()[13].verdict is Verdict.REJECTED
    assert "sandbox" in stage.outcomes()[13].message


@pytest.mark.parametrize("style", ["http", "envelope"])
def test_a_wrong_key_stops_at_once_whatever_the_style(tmp_path: Path, style: str) -> None:
    stage = SiteStage(tmp_path, style=style)
    stage.credentials = Credentials("1", Secret("wrong"))
    assert stage.deliver().reason is EndReason.ACCOUNT_REFUSED
    assert stage.outcomes() == {}
    stage.credentials = Credentials("1", Secret("sandbox"))
    assert stage.deliver().reason is EndReason.COMPLETE


@pytest.mark.parametrize("style", ["http", "envelope"])
def test_a_batch_that_is_too_large_is_cut(tmp_path: Path, style: str) -> None:
    stage = SiteStage(tmp_path, max_records=3, style=style)
    assert stage.deliver().reason is EndReason.COMPLETE
    assert stage.verdicts() == {"created": 30}


WORDS = st.lists(st.sampled_from([fault.value for fault in Fault]), max_size=60)
POLL_WORDS = st.lists(st.sampled_from(POLL_FAULTS), max_size=20)


@every_site
@settings(max_examples=25)
@given(data=st.data(), script=WORDS, lanes=st.integers(1, 4))
def test_promise_1_the_books_balance_for_any_fault_script_and_nothing_is_reported_better_than_it_is(
    tmp_path_factory: pytest.TempPathFactory,
    site: Site,
    data: st.DataObject,
    script: list[str],
    lanes: int,
) -> None:
    insert = not site.is_dotdigital and data.draw(st.booleans(), label="insert")
    stage = SiteStage(
        tmp_path_factory.mktemp("run"),
        site,
        rows=10 * site.at_once,
        rows_per_call=2 * site.at_once,
        mode=INSERT if insert else UPSERT,
        in_flight=lanes,
        poll_faults=data.draw(POLL_WORDS, label="polls") if site.answers_later else (),
        faults=" ".join(script),
        all_or_nothing=not site.is_dotdigital and data.draw(st.booleans(), label="all or nothing"),
    )
    for _ in range(80):
        stage.wire.begin_process()
        if stage.deliver().reason is EndReason.COMPLETE:
            break
    else:
        pytest.fail("the run never came to its end")
    outcomes, stored = stage.outcomes(), stage.stored()
    assert sorted(outcomes) == list(range(len(stage.plan)))
    for position, outcome in outcomes.items():
        if outcome.verdict in site.written:
            assert stage.plan.emails[position] in stored
        else:
            assert outcome.verdict in {Verdict.REJECTED, Verdict.UNKNOWN}
        if outcome.verdict is Verdict.REJECTED:
            assert insert or stage.plan.emails[position] not in stored
    assert stage.wire.resent == []
    if site.mails:
        _nobody_is_mailed_twice(stage)


# --- the process ends ----------------------------------------------------------------------------

_FAULTS = "ok lost 429 ok 503-after 413 ok 500 ok garbage ok dropped cut ok 504-done empty ok 502"
_STRIDE = 7  # of the moments of each kind; others with each number of lanes
BEFORE_WRITE, AFTER_WRITE = "before-a-write", "after-a-write"
BEFORE_WORK, AFTER_WORK = "before-a-call-s-work", "after-a-call-s-work"


def _busy(folder: Path, site: Site, lanes: int) -> SiteStage:
    # One contact cannot be sent in smaller calls.
    faults = _FAULTS if site.at_once > 1 else _FAULTS.replace("413 ", "")
    return SiteStage(
        folder,
        site,
        rows=(10 if site.answers_later else 20) * site.at_once,
        rows_per_call=site.at_once,
        attempts=ATTEMPTS,
        in_flight=lanes,
        poll_faults=POLL_FAULTS,
        faults=faults,
        dotdigital=DotdigitalSettings(polls=1),
    )


def _ends_in_the_middle(stage: SiteStage, moment: str, n: int) -> bool:
    """End the process at the n-th moment of its kind; False: there is none, and all was done."""
    journal = None
    if moment in {BEFORE_WRITE, AFTER_WRITE}:
        journal = CrashingJournal(n, after=moment == AFTER_WRITE)
    else:
        stage.wire.end_at(n, worked=moment == AFTER_WORK)
    try:
        ended = stage.deliver(journal)
    except CrashError:
        return True
    assert ended.reason is EndReason.COMPLETE
    return False


def _resumes(stage: SiteStage) -> None:
    """Resume; only what is in doubt may be sent again, and what has a ticket is not."""
    doubtful, before = stage.doubtful(), stage.carried_out()
    stage.wire.begin_process()
    assert stage.deliver().reason is EndReason.COMPLETE
    assert set(before) & set(stage.carried_out() - before) <= doubtful
    assert stage.wire.resent == []


def _nobody_is_mailed_twice(stage: SiteStage) -> None:
    assert set(stage.mailed().values()) <= {1}
    assert set(stage.mailed()) == stage.stored()
    assert set(stage.carried_out().values()) <= {1}


def _every_row_has_one_true_end(stage: SiteStage, site: Site) -> None:
    outcomes = stage.outcomes()
    assert sorted(outcomes) == list(range(len(stage.plan)))
    if not site.mails:
        assert {one.verdict for one in outcomes.values()} <= site.written
        assert stage.stored() == set(stage.plan.emails)
        return
    _nobody_is_mailed_twice(stage)
    assert {one.verdict for one in outcomes.values()} <= {*site.written, Verdict.UNKNOWN}
    known = {p for p, one in outcomes.items() if one.verdict is not Verdict.UNKNOWN}
    assert {stage.plan.emails[position] for position in known} <= stage.stored()
    assert {outcomes[position].code for position in known} == {"must-confirm"}


@every_site
@pytest.mark.parametrize("moment", [BEFORE_WRITE, AFTER_WRITE, BEFORE_WORK, AFTER_WORK])
@pytest.mark.parametrize("lanes", [1, 3])
def test_promise_3_after_a_crash_at_any_moment_the_sandbox_holds_exactly_the_right_contacts(
    tmp_path: Path, site: Site, moment: str, lanes: int
) -> None:
    for n in range(lanes, 400, _STRIDE):
        folder = tmp_path / str(n)
        folder.mkdir()
        stage = _busy(folder, site, lanes)
        ended = _ends_in_the_middle(stage, moment, n)
        if ended:
            _resumes(stage)
        _every_row_has_one_true_end(stage, site)
        if not ended:
            break
    else:
        pytest.fail("the run never came to its end")
    assert n > 20
