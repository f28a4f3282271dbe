from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.batching import batch_of, cut
from importer.errors import DefectError, UnusableInputError
from importer.journal import VERSION, CallTotals, Gap, Journal, Lookup
from importer.model import Batch, Difference, Outcome, RunState, Settled, Verdict

AT = "2026-11-22T03:15:00.000Z"
LATER = "2026-11-22T03:16:00.000Z"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.create(tmp_path / "journal.sqlite3") as journal:
        yield journal


def _batch(first: int, end: int) -> Batch:
    names = [str(n) for n in range(first, end)]
    return batch_of(first, names, [name.encode() for name in names])


def _settled(batch: Batch, verdict: Verdict = Verdict.CREATED) -> Settled:
    return Settled((Outcome(verdict),) * len(batch), request_id="31", joined=len(batch))


def _go(journal: Journal, batch: Batch, attempt: int = 1) -> int:
    return journal.submitting(batch, attempt=attempt, at=AT, waited=1.5)


def _settle(journal: Journal, first: int, end: int) -> None:
    batch = _batch(first, end)
    journal.settled(_go(journal, batch), batch, _settled(batch), at=LATER)


# --- the file ------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_promise_7_only_its_owner_can_read_a_journal(journal: Journal, tmp_path: Path) -> None:
    _settle(journal, 0, 3)
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_every_write_is_synced_before_it_returns(journal: Journal) -> None:
    database = journal._database
    assert database.execute("PRAGMA synchronous").fetchone() == (2,)
    assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_journal_is_never_made_over_another(journal: Journal) -> None:
    with pytest.raises(FileExistsError):
        Journal.create(journal.path)


def test_a_missing_journal_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UnusableInputError, match="no journal"):
        Journal.open(tmp_path / "journal.sqlite3")


def test_a_file_that_is_no_journal_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(UnusableInputError, match="cannot be read"):
        Journal.open(path)


@pytest.mark.parametrize("version", [0, VERSION + 1, 99])
def test_a_journal_of_another_version_is_refused(tmp_path: Path, version: int) -> None:
    path = tmp_path / "journal.sqlite3"
    Journal.create(path).close()
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA user_version = {version}")
    database.close()
    with pytest.raises(UnusableInputError, match=f"version {version}"):
        Journal.open(path)


# As the first version wrote them.
FIRST_TABLES = """
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE call (
    number INTEGER PRIMARY KEY,
    batch TEXT NOT NULL,
    first INTEGER NOT NULL,
    end INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    waited REAL NOT NULL,
    started TEXT NOT NULL,
    ended TEXT,
    result TEXT NOT NULL,
    message TEXT NOT NULL DEFAULT ''
);
CREATE INDEX call_by_place ON call (first, end);
CREATE TABLE settlement (
    first INTEGER PRIMARY KEY,
    end INTEGER NOT NULL,
    batch TEXT NOT NULL,
    call INTEGER NOT NULL,
    settled TEXT NOT NULL,
    request_id TEXT NOT NULL,
    strangers INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    outcomes BLOB NOT NULL
);
PRAGMA user_version = 1;
"""


def _first_version(path: Path) -> Batch:
    """Write a journal of the first version: a settled batch, a call in doubt, one not taken."""
    lost = _batch(4, 6)
    database = sqlite3.connect(path)
    database.executescript(FIRST_TABLES)
    database.executemany("INSERT INTO fact VALUES (?, ?)", [("state", "stopped"), ("plan", "8")])
    calls = [
        (1, "a", 0, 4, "00", 4, 1, 1.5, AT, LATER, "answered", ""),
        (2, lost.id, 4, 6, lost.sha256, 2, 1, 0.0, AT, LATER, "in-doubt", "no answer"),
        (3, "c", 6, 8, "22", 2, 1, 0.0, AT, LATER, "not-taken", "429"),
    ]
    database.executemany(f"INSERT INTO call VALUES ({', '.join('?' * 12)})", calls)
    outcomes = b'{"verdicts":"cur?","ids":["7","8","",""],"words":[[2,"refused","f_X","no"]]}'
    settlement = (0, 4, "a", 1, LATER, "31", 2, 1, outcomes)
    database.execute(f"INSERT INTO settlement VALUES ({', '.join('?' * 9)})", settlement)
    database.commit()
    database.close()
    return lost


def test_a_journal_of_the_first_version_is_read_and_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    lost = _first_version(path)
    for _ in range(2):  # what was migrated is opened as any other
        with Journal.open(path) as journal:
            assert (journal.state, journal.fact("plan")) == (RunState.STOPPED, "8")
            (batch,) = journal.settled_batches()
            assert batch.outcomes == (
                Outcome(Verdict.CREATED, record_id="7"),
                Outcome(Verdict.UPDATED, record_id="8"),
                Outcome(Verdict.REJECTED, "refused", "f_X", "no"),
                Outcome(Verdict.UNKNOWN),
            )
            assert (batch.batch, batch.first, batch.end) == ("a", 0, 4)
            assert (batch.request_id, batch.strangers, batch.settled) == ("31", 2, LATER)
            assert journal.settled_rows() == (4, 1)
            assert journal.gaps(8) == [Gap(4, 6, True, lost.sha256), Gap(6, 8)]
            assert journal.attempts_at(8).tolist() == [1, 1, 1, 1, 1, 1, 0, 0]
            assert journal.call_totals() == CallTotals(3, 0, 1, 0, 1, 2, 1.5, 8, AT, LATER)
            assert journal.last_call(4, 6) == 2
            assert list(journal.lookups()) == []
            assert journal.asked(0, 8) == {}
            assert journal.at_step(1).gaps(8) == [Gap(0, 8)]
    with Journal.open(path) as journal:
        call = _go(journal, lost, 2)
        assert call == 4
        journal.settled(call, lost, _settled(lost), at=LATER)
        _settle(journal.at_step(1), 0, 2)
        assert journal.gaps(8) == [Gap(6, 8)]
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA user_version").fetchone() == (VERSION,)
    names = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    database.close()
    assert not {name for name in names if "old" in name}


def test_a_journal_of_the_second_version_is_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    lost = _batch(4, 6)
    with Journal.create(path) as journal:
        _settle(journal, 0, 4)
        journal.in_doubt(_go(journal, lost), at=LATER, message="lost")
        journal.note_asked({7: {"optin_N": "no"}})
    database = sqlite3.connect(path)
    database.executescript("DROP TABLE ticket; PRAGMA user_version = 2;")  # all it lacks
    database.close()
    with Journal.open(path) as journal:
        assert journal.gaps(8) == [Gap(4, 6, True, lost.sha256), Gap(6, 8)]
        assert journal.asked(0, 8) == {7: {"optin_N": "no"}}
        call = _go(journal, lost, 2)
        journal.taken(call, ticket="job", at=LATER)
        assert journal.gaps(8)[0].ticket == "job"
        assert journal.call_totals().taken == 1
    fresh = tmp_path / "new.sqlite3"
    Journal.create(fresh).close()
    assert _described(path) == _described(fresh)


def test_an_empty_journal_of_the_first_version_becomes_one_of_this(tmp_path: Path) -> None:
    path, fresh = tmp_path / "old.sqlite3", tmp_path / "new.sqlite3"
    database = sqlite3.connect(path)
    database.executescript(FIRST_TABLES)
    database.close()
    Journal.open(path).close()
    Journal.create(fresh).close()
    assert _described(path) == _described(fresh)


def _described(path: Path) -> set[tuple[str, str]]:
    """The statements that made a journal's tables and indices."""
    database = sqlite3.connect(path)
    found = database.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    database.close()
    return {(name, " ".join(sql.split())) for name, sql in found}


def test_a_migration_that_fails_leaves_the_journal_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    _first_version(path)
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE lookup (position INTEGER)")  # in the way of ours
    database.commit()
    before = _described(path)
    with pytest.raises((OSError, UnusableInputError)):
        Journal.open(path)
    assert _described(path) == before
    assert database.execute("PRAGMA user_version").fetchone() == (1,)
    assert database.execute("SELECT count(*) FROM call").fetchone() == (3,)
    database.close()


def test_a_closed_journal_is_one_file(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "journal.sqlite3") as journal:
        _settle(journal, 0, 3)
    assert [file.name for file in tmp_path.iterdir()] == ["journal.sqlite3"]


# --- facts ---------------------------------------------------------------------------------------


def test_facts_and_the_state_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    with Journal.create(path) as journal:
        assert journal.state is RunState.CHECKING
        assert journal.fact("plan") is None
        journal.set_fact("plan", "10")
        journal.set_fact("plan", "11")
        journal.set_state(RunState.SENDING)
    with Journal.open(path) as journal:
        assert journal.fact("plan") == "11"
        assert journal.state is RunState.SENDING


# --- outcomes ------------------------------------------------------------------------------------

WORDS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=8)
OUTCOMES = st.builds(
    Outcome,
    verdict=st.sampled_from(
        [
            Verdict.CREATED,
            Verdict.UPDATED,
            Verdict.ACCEPTED,
            Verdict.SKIPPED,
            Verdict.REJECTED,
            Verdict.UNKNOWN,
        ]
    ),
    code=WORDS,
    field=WORDS,
    message=WORDS,
    record_id=WORDS,
)


@settings(max_examples=40)
@given(st.lists(st.lists(OUTCOMES, min_size=1, max_size=6), max_size=6))
def test_outcomes_come_back_as_they_were_in_plan_order(
    tmp_path_factory: pytest.TempPathFactory, groups: list[list[Outcome]]
) -> None:
    path = tmp_path_factory.mktemp("run") / "journal.sqlite3"
    firsts = [sum(len(g) for g in groups[:n]) for n in range(len(groups))]
    with Journal.create(path) as journal:
        for first, group in reversed(list(zip(firsts, groups, strict=True))):
            batch = _batch(first, first + len(group))
            settled = Settled(tuple(group), "31", joined=1, strangers=2)
            journal.settled(_go(journal, batch), batch, settled, at=LATER)
        found = list(journal.settled_batches())
        rejected = sum(o.verdict is Verdict.REJECTED for group in groups for o in group)
        assert journal.settled_rows() == (sum(map(len, groups)), rejected)
    assert [list(batch.outcomes) for batch in found] == groups
    assert [(b.first, b.end) for b in found] == [
        (first, first + len(g)) for first, g in zip(firsts, groups, strict=True)
    ]
    assert all((b.request_id, b.strangers, b.settled) == ("31", 2, LATER) for b in found)
    assert all(b.batch == _batch(b.first, b.end).id for b in found)


def test_promise_1_a_row_never_gets_two_outcomes(journal: Journal) -> None:
    _settle(journal, 0, 10)
    for first, end in [(0, 10), (9, 12), (3, 5)]:
        batch = _batch(first, end)
        call = _go(journal, batch)
        with pytest.raises(DefectError, match="already"):
            journal.settled(call, batch, _settled(batch), at=LATER)
    _settle(journal, 10, 12)
    assert journal.settled_rows() == (12, 0)


def test_outcomes_that_do_not_fit_the_batch_are_a_defect(journal: Journal) -> None:
    batch = _batch(0, 3)
    call = _go(journal, batch)
    with pytest.raises(DefectError, match="2 outcomes for a batch of 3"):
        journal.settled(call, batch, _settled(_batch(0, 2)), at=LATER)


# --- gaps ----------------------------------------------------------------------------------------


def test_a_new_journal_is_one_gap(journal: Journal) -> None:
    assert journal.gaps(10) == [Gap(0, 10)]
    assert journal.gaps(0) == []


def test_gaps_are_what_is_not_settled(journal: Journal) -> None:
    _settle(journal, 2, 4)
    _settle(journal, 6, 8)
    assert journal.gaps(10) == [Gap(0, 2), Gap(4, 6), Gap(8, 10)]
    assert journal.gaps(8) == [Gap(0, 2), Gap(4, 6)]


def test_refused_and_not_taken_calls_leave_a_plain_gap(journal: Journal) -> None:
    journal.refused(_go(journal, _batch(0, 5)), at=LATER, message="no")
    journal.not_taken(_go(journal, _batch(5, 10)), at=LATER, message="later")
    assert journal.gaps(10) == [Gap(0, 10)]


@pytest.mark.parametrize("ended", [True, False])
def test_promise_3_a_call_without_an_end_is_in_doubt_as_the_exact_batch(
    journal: Journal, ended: bool
) -> None:
    batch = _batch(3, 6)
    call = _go(journal, batch)
    if ended:
        journal.in_doubt(call, at=LATER, message="lost")
    doubt = Gap(3, 6, in_doubt=True, sha256=batch.sha256)
    assert journal.gaps(10) == [Gap(0, 3), doubt, Gap(6, 10)]
    journal.refused(_go(journal, batch, 2), at=LATER, message="no")
    assert doubt in journal.gaps(10)
    journal.settled(_go(journal, batch, 3), batch, _settled(batch), at=LATER)
    assert journal.gaps(10) == [Gap(0, 3), Gap(6, 10)]


def test_a_doubtful_batch_that_was_cut_leaves_its_exact_pieces_in_doubt(journal: Journal) -> None:
    batch = _batch(0, 8)
    journal.in_doubt(_go(journal, batch), at=LATER, message="500")
    first, second = cut(batch)
    journal.settled(_go(journal, first), first, _settled(first), at=LATER)
    journal.in_doubt(_go(journal, second), at=LATER, message="500")
    third, fourth = cut(second)
    journal.in_doubt(_go(journal, third), at=LATER, message="500")
    assert journal.gaps(10) == [
        Gap(4, 6, in_doubt=True, sha256=third.sha256),
        Gap(6, 8, in_doubt=True),
        Gap(8, 10),
    ]
    for piece in (third, fourth):
        journal.settled(_go(journal, piece), piece, _settled(piece), at=LATER)
    assert journal.gaps(8) == []


def test_promise_3_what_was_taken_is_asked_for_by_its_ticket_until_it_is_settled(
    tmp_path: Path,
) -> None:
    path, batch = tmp_path / "journal.sqlite3", _batch(3, 6)
    with Journal.create(path) as journal:
        journal.in_doubt(_go(journal, batch), at=LATER, message="lost")
        call = _go(journal, batch, 2)
        journal.taken(call, ticket="job-1", at=LATER)
        journal.polled(call, 4)
    with Journal.open(path) as journal:
        gap = Gap(3, 6, True, batch.sha256, "job-1", call, doubted=True)
        assert journal.gaps(8) == [Gap(0, 3), gap, Gap(6, 8)]
        assert [one.result for one in journal.calls()] == ["in-doubt", "taken"]
        journal.polled(call, 2)
        totals = journal.call_totals()
        assert (totals.calls, totals.in_doubt, totals.taken, totals.polls) == (2, 1, 1, 6)
        journal.settled(call, batch, _settled(batch), at=LATER)
        assert journal.gaps(8) == [Gap(0, 3), Gap(6, 8)]
        assert [one.result for one in journal.calls()] == ["in-doubt", "answered"]
        totals = journal.call_totals()
        assert (totals.taken, totals.polls) == (0, 6)


@pytest.mark.parametrize("end", ["in_doubt", "refused"])
def test_a_ticket_that_came_to_nothing_is_asked_for_no_more(journal: Journal, end: str) -> None:
    batch = _batch(0, 4)
    call = _go(journal, batch)
    journal.taken(call, ticket="job-1", at=LATER)
    assert journal.gaps(4) == [Gap(0, 4, True, batch.sha256, "job-1", call)]
    getattr(journal, end)(call, at=LATER, message="unknown ticket")
    doubt = end == "in_doubt"
    assert journal.gaps(4) == [Gap(0, 4, doubt, batch.sha256 if doubt else "")]


def test_the_last_call_of_a_stretch_is_found(journal: Journal) -> None:
    _go(journal, _batch(0, 8))
    last = _go(journal, _batch(0, 8), 2)
    _go(journal, _batch(8, 9))
    assert journal.last_call(2, 4) == last
    with pytest.raises(DefectError, match="no call carried"):
        journal.last_call(7, 9)


STEPS = st.lists(
    st.tuples(
        st.integers(0, 11),
        st.integers(1, 4),
        st.sampled_from(["open", "in_doubt", "refused", "not_taken", "taken", "settled"]),
    ),
    max_size=12,
)


@settings(max_examples=60)
@given(STEPS)
def test_settled_and_gaps_cover_the_plan_exactly_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int, str]]
) -> None:
    with Journal.create(tmp_path_factory.mktemp("run") / "journal.sqlite3") as journal:
        for first, rows, step in steps:
            batch = _batch(first, min(first + rows, 12))
            _take(journal, batch, step)
        pieces = [(b.first, b.end) for b in journal.settled_batches()]
        pieces += [(gap.first, gap.end) for gap in journal.gaps(12)]
    positions = [p for first, end in pieces for p in range(first, end)]
    assert sorted(positions) == list(range(12))


def _take(journal: Journal, batch: Batch, step: str) -> None:
    call = _go(journal, batch)
    match step:
        case "in_doubt":
            journal.in_doubt(call, at=LATER, message="")
        case "refused":
            journal.refused(call, at=LATER, message="")
        case "not_taken":
            journal.not_taken(call, at=LATER, message="")
        case "taken":
            journal.taken(call, ticket="job", at=LATER)
        case "open":
            pass
        case _:
            settled = [range(b.first, b.end) for b in journal.settled_batches()]
            if not any(batch.first < r.stop and batch.end > r.start for r in settled):
                journal.settled(call, batch, _settled(batch), at=LATER)


# --- two steps -----------------------------------------------------------------------------------


def test_each_step_of_a_sending_has_its_own_calls_and_outcomes(journal: Journal) -> None:
    later = journal.at_step(1)
    _settle(journal, 0, 6)
    assert later.settled_rows() == (0, 0)
    assert later.gaps(3) == [Gap(0, 3)]
    batch = _batch(0, 2)
    later.in_doubt(_go(later, batch), at=LATER, message="lost")
    assert later.gaps(3) == [Gap(0, 2, in_doubt=True, sha256=batch.sha256), Gap(2, 3)]
    assert journal.gaps(6) == []
    assert later.attempts_at(3).tolist() == [1, 1, 0]
    assert journal.attempts_at(6).tolist() == [1] * 6
    assert later.last_call(0, 2) == 2
    later.settled(_go(later, batch, 2), batch, _settled(batch, Verdict.REJECTED), at=LATER)
    assert (journal.settled_rows(), later.settled_rows()) == ((6, 0), (2, 2))
    assert [b.end for b in later.settled_batches()] == [2]
    with pytest.raises(DefectError, match="already"):
        later.settled(_go(later, batch, 3), batch, _settled(batch), at=LATER)


def test_what_is_no_step_s_own_is_shared_by_all(journal: Journal) -> None:
    later = journal.at_step(1)
    _settle(journal, 0, 2)
    _settle(later, 0, 2)
    later.set_state(RunState.SENDING)
    assert journal.state is RunState.SENDING
    assert journal.call_totals() == later.call_totals()
    assert journal.call_totals().calls == 2
    assert later.at_step(0).settled_rows() == (2, 0)


def test_steps_outlast_the_process(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    with Journal.create(path) as journal:
        _settle(journal.at_step(1), 0, 2)
    with Journal.open(path) as journal:
        assert journal.settled_rows() == (0, 0)
        assert journal.at_step(1).settled_rows() == (2, 0)


def test_several_threads_may_write_in_several_steps(journal: Journal) -> None:
    def settle(step: int) -> None:
        for n in range(20):
            _settle(journal.at_step(step), n, n + 1)

    threads = [threading.Thread(target=settle, args=(step,)) for step in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert journal.gaps(20) == journal.at_step(1).gaps(20) == []


# --- contacts that were read ---------------------------------------------------------------------


def test_which_yeses_are_withheld_is_known_again_by_position(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    with Journal.create(path) as journal:
        journal.note_asked({3: {"optin_News": "no"}, 4: {}})
        journal.note_asked({4: {"optin_News": "silent", "optin_Promo": "no"}, 9: {}})
    with Journal.open(path) as journal:
        assert journal.asked(0, 9) == {
            3: {"optin_News": "no"},
            4: {"optin_News": "silent", "optin_Promo": "no"},
        }
        assert journal.asked(4, 10).keys() == {4, 9}
        assert journal.asked(10, 20) == {}


def test_what_was_looked_up_comes_back_as_it_was_in_plan_order(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    different = (Difference("f_City", "Montréal", 'a "b"\n'), Difference("f_X", "", "x"))
    outcome = Outcome(Verdict.REJECTED, "not-in-account", "f_X", "It is not there.", "9")
    lookups = [
        Lookup(7, AT, found=True),
        Lookup(2, AT, found=True, differences=different),
        Lookup(5, LATER, found=False, outcome=outcome),
    ]
    with Journal.create(path) as journal:
        journal.note_lookups(lookups[:2])
        journal.note_lookups(iter(lookups[2:]))
        journal.note_lookups([])
    with Journal.open(path) as journal:
        assert list(journal.lookups()) == [lookups[1], lookups[2], lookups[0]]
        assert list(journal.at_step(1).lookups()) == list(journal.lookups())


def test_a_contact_that_is_looked_up_again_has_the_newest_answer(journal: Journal) -> None:
    journal.note_lookups([Lookup(1, AT, found=False)])
    journal.note_lookups([Lookup(1, LATER, found=True)])
    assert list(journal.lookups()) == [Lookup(1, LATER, found=True)]


@settings(max_examples=40)
@given(st.lists(st.tuples(WORDS, WORDS, WORDS), max_size=3), st.none() | OUTCOMES, st.booleans())
def test_any_look_up_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory,
    differences: list[tuple[str, str, str]],
    outcome: Outcome | None,
    found: bool,
) -> None:
    one = Lookup(0, AT, found, tuple(Difference(*d) for d in differences), outcome)
    with Journal.create(tmp_path_factory.mktemp("run") / "journal.sqlite3") as journal:
        journal.note_lookups([one])
        assert list(journal.lookups()) == [one]


# --- attempts and totals -------------------------------------------------------------------------


def test_attempts_count_the_calls_that_carried_a_contact(journal: Journal) -> None:
    assert journal.attempts_at(3).tolist() == [0, 0, 0]
    batch = _batch(0, 4)
    journal.not_taken(_go(journal, batch), at=LATER, message="429")
    journal.in_doubt(_go(journal, batch, 2), at=LATER, message="lost")
    journal.refused(_go(journal, batch, 3), at=LATER, message="no")
    first, _ = cut(batch)
    journal.settled(_go(journal, first), first, _settled(first), at=LATER)
    assert journal.attempts_at(6).tolist() == [3, 3, 2, 2, 0, 0]


def test_the_totals_of_calls_add_up(journal: Journal) -> None:
    assert journal.call_totals() == CallTotals(0, 0, 0, 0, 0, 0, 0.0, 0, "", "")
    batch = _batch(0, 4)
    journal.not_taken(_go(journal, batch), at=AT, message="429")
    journal.in_doubt(_go(journal, batch, 2), at=AT, message="lost")
    call = _go(journal, batch, 3)
    journal.settled(call, batch, replace(_settled(batch), strangers=2), at=LATER)
    journal.refused(_go(journal, _batch(4, 6)), at=AT, message="no")
    _go(journal, _batch(6, 8))
    totals = journal.call_totals()
    assert (totals.calls, totals.retried, totals.not_taken) == (5, 2, 1)
    assert (totals.refused, totals.in_doubt, totals.strangers) == (1, 2, 2)
    assert (totals.waited_seconds, totals.bytes) == (7.5, 16)
    assert (totals.first, totals.last) == (AT, LATER)


def test_promise_7_no_contact_stands_in_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    batch = batch_of(0, ["ana@example.test"], [b'{"ID":{"key_f_EMail":"ana@example.test"}}'])
    with Journal.create(path) as journal:
        journal.settled(_go(journal, batch), batch, _settled(batch), at=LATER)
    assert b"ana@" not in path.read_bytes()


# --- power loss and threads ----------------------------------------------------------------------


def test_promise_3_any_prefix_of_the_journal_is_a_legal_state(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    batch, copies = _batch(0, 4), []
    first, second = cut(batch)
    with Journal.create(path) as journal:
        writes: list[Callable[[], object]] = [
            lambda: journal.set_state(RunState.SENDING),
            lambda: _go(journal, batch),
            lambda: journal.in_doubt(1, at=LATER, message="500"),
            lambda: _go(journal, first),
            lambda: journal.settled(2, first, _settled(first), at=LATER),
            lambda: _go(journal, second),
            lambda: journal.refused(3, at=LATER, message="no"),
            lambda: journal.settled(3, second, _settled(second), at=LATER),
            lambda: journal.set_state(RunState.FINISHED),
        ]
        for n, write in enumerate(writes):
            write()
            copy = tmp_path / str(n)
            copy.mkdir()
            for file in tmp_path.glob("journal.sqlite3*"):
                if not file.name.endswith("-shm"):  # memory, not on the disk
                    shutil.copy(file, copy)
            copies.append(copy / path.name)
    gaps = []
    for copy in copies:
        with Journal.open(copy) as prefix:
            settled = [p for b in prefix.settled_batches() for p in range(b.first, b.end)]
            left = [p for gap in prefix.gaps(4) for p in range(gap.first, gap.end)]
            assert sorted(settled + left) == [0, 1, 2, 3]
            gaps.append([(g.first, g.end, g.in_doubt, bool(g.sha256)) for g in prefix.gaps(4)])
            assert prefix.state in (RunState.SENDING, RunState.FINISHED)
    exact, halves = (0, 4, True, True), [(0, 2, True, True), (2, 4, True, False)]
    rest = [(2, 4, True, False)]
    assert gaps[:5] == [[(0, 4, False, False)], [exact], [exact], halves, rest]
    assert gaps[5] == [(2, 4, True, True)]
    assert gaps[6] == rest
    assert gaps[7:] == [[], []]


def test_a_write_that_fails_leaves_nothing_behind(journal: Journal) -> None:
    batch = _batch(0, 2)
    call = _go(journal, batch)
    with pytest.raises(sqlite3.Error):
        journal.settled(call, batch, _settled(batch), at=None)  # type: ignore[arg-type]
    assert journal.gaps(2)[0].in_doubt
    journal.settled(call, batch, _settled(batch), at=LATER)
    assert journal.gaps(2) == []


def test_several_threads_may_write(journal: Journal) -> None:
    def settle(first: int) -> None:
        for n in range(first, first + 10):
            _settle(journal, n, n + 1)

    threads = [threading.Thread(target=settle, args=(n * 10,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert journal.gaps(40) == []


@pytest.mark.skipif(os.name != "posix", reason="a limit on the size of files, as POSIX has it")
def test_full_disk_is_the_systems_error_from_the_first_byte_on(tmp_path: Path) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        with pytest.raises(OSError, match=r"journal\.sqlite3"):
            Journal.create(tmp_path / "journal.sqlite3")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
