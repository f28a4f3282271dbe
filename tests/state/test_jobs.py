"""What is true of what jobs remember in any store, and of the SQLite file alone."""

from __future__ import annotations

import errno
import os
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer.errors import DefectError, LockedError, StoppedError, UnusableInputError
from importer.state import (
    End,
    JobState,
    Message,
    NewMessage,
    PickUp,
    Standing,
    State,
    Step,
    job_state,
    sqlite_store,
)
from importer.state.jobs import TABLES, WORDING, StoredJob
from importer.state.postgresql_store import PostgresqlStore
from tests.pacing.world import FakeClock
from tests.state.databases import execute_in_postgresql, needs_postgresql, postgresql_parts
from tests.state.noter import JOB

TOP = Path(__file__).parents[2]
NIGHT = datetime(2026, 11, 22, 3, 15, tzinfo=UTC)
posix = pytest.mark.skipif(os.name != "posix", reason="Windows knows no file modes")


@dataclass(frozen=True)
class Stage:
    """A store: ``open`` gives what is remembered of a job, by its name."""

    open: Callable[[str], JobState]
    clock: FakeClock


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=needs_postgresql)])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    clock = FakeClock()
    open_here = _in_sqlite(tmp_path, clock) if request.param == "sqlite" else _in_postgresql()
    jobs: list[JobState] = []

    def opened(name: str) -> JobState:
        jobs.append(open_here(name))
        return jobs[-1]

    yield Stage(opened, clock)
    for job in jobs:
        job.close()


def _in_sqlite(folder: Path, clock: FakeClock) -> Callable[[str], JobState]:
    return lambda name: job_state(folder / "state", name, folder, clock=clock)


def _in_postgresql() -> Callable[[str], JobState]:
    url, password = postgresql_parts()
    for statement in TABLES:
        execute_in_postgresql(statement)
    for table in ("importer_jobs", "importer_pick_ups", "importer_messages"):
        execute_in_postgresql(f"DELETE FROM {table}")

    def opened(name: str) -> JobState:
        store = PostgresqlStore(url, password, TABLES)
        return StoredJob(store, f"hash of {name}", "hash of home", name, lock=nullcontext)

    return opened


@pytest.fixture
def job(stage: Stage) -> JobState:
    return stage.open(JOB)


def taken(number: int, **members: Any) -> PickUp:
    """A file that a job took on its night of that number."""
    moment = NIGHT + timedelta(days=number)
    pick_up = PickUp(
        f"{moment:%Y%m%dT%H%M%SZ}-abcd", f"inbox/{number}.csv", f"{number}.csv", 10, 1.5, moment
    )
    return replace(pick_up, **members)


def imported(number: int, **members: Any) -> PickUp:
    """A file whose run finished, put away."""
    pick_up = taken(number, step=Step.FILED, end=End.IMPORTED, sha256=f"{number:064x}", exit_code=0)
    return replace(pick_up, ended=pick_up.taken + timedelta(minutes=5), **members)


def added(job: JobState, *pick_ups: PickUp) -> None:
    for pick_up in pick_ups:
        job.add(pick_up)


# --- files that a job took, in any store ----------------------------------------------------------


def test_a_file_is_given_back_as_it_was_noted(job: JobState) -> None:
    first = taken(1)
    job.add(first)
    assert job.open_pick_ups() == [first]
    whole = PickUp(
        first.id,
        "sftp://files.example.com/out/Liste d\u2019été.csv",
        "Liste d\u2019été.csv",
        5_000_000_000,
        1_764_000_000.123456,
        first.taken.replace(microsecond=7),
        Step.ENDED,
        "ab" * 32,
        "20261122T031500Z-newsletter-k3fq",
        first.taken + timedelta(minutes=1),
        End.STOPPED,
        5,
        120_000,
        {"columns": {"Courriel": {"fill": 0.1 + 0.2}}, "rows": [1, 2]},
        "/srv/importer/inbox d\u2019\udce9t\udce9",
        "/srv/importer/runs",
    )
    job.change(whole)
    assert job.open_pick_ups() == [whole]


def test_moments_of_any_time_zone_come_back_in_utc(job: JobState) -> None:
    here = timezone(timedelta(hours=-5))
    job.add(taken(1, taken=datetime(2026, 11, 22, 22, 15, tzinfo=here)))
    (found,) = job.open_pick_ups()
    assert found.taken.isoformat() == "2026-11-23T03:15:00+00:00"


@pytest.mark.parametrize("name", ["a\udce9.csv", "\ud83d.csv", "a\nb'\".csv", "名.csv", "x" * 255])
def test_a_name_that_is_no_text_is_kept_to_the_byte(job: JobState, name: str) -> None:
    job.add(taken(1, name=name, place=f"inbox/{name}"))
    assert job.open_pick_ups()[0].name == name
    assert job.was_taken(f"inbox/{name}", 10, 1.5)


def test_a_file_is_noted_once_however_often_it_is_said(job: JobState) -> None:
    added(job, taken(1), taken(1))
    assert job.open_pick_ups() == [taken(1)]


def test_two_files_with_one_id_are_a_defect_and_the_first_stays(job: JobState) -> None:
    job.add(taken(1))
    with pytest.raises(DefectError, match=taken(1).id):
        job.add(taken(1, place="elsewhere"))
    assert job.open_pick_ups() == [taken(1)]


def test_a_change_of_a_file_that_was_never_noted_is_a_defect(job: JobState) -> None:
    with pytest.raises(DefectError, match=taken(1).id):
        job.change(taken(1))
    assert job.open_pick_ups() == []


def test_open_files_are_those_that_are_neither_filed_nor_dropped_oldest_first(
    job: JobState,
) -> None:
    for number, step in enumerate(Step):
        job.add(taken(9 - number, step=step))
    assert [one.step for one in job.open_pick_ups()] == [Step.TAKING, Step.TAKEN, Step.ENDED]


def test_files_of_one_second_keep_the_order_in_which_they_were_taken(job: JobState) -> None:
    ids = ["20261122T031500Z-zzzz", "20261122T031500Z-aaaa", "20261122T031500Z-mmmm"]
    added(job, *(taken(1, id=one) for one in ids))
    assert [one.id for one in job.open_pick_ups()] == ids
    assert [one.id for one in job.pick_ups(2)] == [ids[2], ids[1]]


def test_the_newest_files_leave_dropped_ones_out(job: JobState) -> None:
    added(job, imported(1), taken(2, step=Step.DROPPED), taken(3), taken(4))
    assert job.pick_ups(2) == [taken(4), taken(3)]
    assert job.pick_ups(9) == [taken(4), taken(3), imported(1)]


def test_only_what_was_imported_counts_as_imported_before(job: JobState) -> None:
    content = "c0" * 32
    for number, end in enumerate(end for end in End if end is not End.IMPORTED):
        job.add(taken(number, sha256=content, step=Step.FILED, end=end))
    job.add(taken(7, sha256=content, step=Step.TAKEN))
    assert job.imported_before(content) is None
    older = imported(8, sha256=content, exit_code=3)
    newer = imported(9, sha256=content, step=Step.ENDED, exit_code=3)
    added(job, older, newer, imported(10))
    assert job.imported_before(content) == newer


def test_a_file_without_a_hash_is_like_no_other(job: JobState) -> None:
    job.add(imported(1, sha256=""))
    assert job.imported_before("") is None


def test_the_newest_imported_files_are_given_newest_first(job: JobState) -> None:
    added(job, imported(1), taken(2, end=End.REPEATED, step=Step.FILED), imported(3), imported(4))
    assert job.last_imported(2) == [imported(4), imported(3)]
    assert job.last_imported(9) == [imported(4), imported(3), imported(1)]


def test_a_file_was_taken_only_as_it_is_now(job: JobState) -> None:
    added(job, taken(1), taken(2, step=Step.DROPPED))
    assert job.was_taken("inbox/1.csv", 10, 1.5)
    assert not job.was_taken("inbox/1.csv", 11, 1.5)
    assert not job.was_taken("inbox/1.csv", 10, 1.6)
    assert not job.was_taken("inbox/01.csv", 10, 1.5)
    assert not job.was_taken("inbox/2.csv", 10, 1.5)


def test_jobs_know_nothing_of_one_another(stage: Stage) -> None:
    nightly, weekly = stage.open("nightly"), stage.open("weekly")
    nightly.add(imported(1))
    nightly.note(Standing(State.FAILED), [NewMessage("a", "b", "failed")])
    assert weekly.open_pick_ups() == weekly.pick_ups(9) == weekly.last_imported(9) == []
    assert weekly.unsent() == []
    assert weekly.imported_before(imported(1).sha256) is None
    assert not weekly.was_taken("inbox/1.csv", 10, 1.5)
    assert weekly.standing() == Standing()
    weekly.add(imported(1))
    weekly.forget(NIGHT + timedelta(days=999))
    weekly.change(imported(1, rows=5))
    assert nightly.pick_ups(9) == [imported(1)]


def test_open_files_of_all_jobs_are_known_by_their_ids(stage: Stage) -> None:
    nightly, weekly = stage.open("nightly"), stage.open("weekly")
    added(nightly, taken(1), imported(2))
    added(weekly, taken(3), taken(4, step=Step.DROPPED))
    assert weekly.open_of_all_jobs() == {taken(1).id, taken(3).id}


def test_what_was_noted_is_there_for_the_next_start(stage: Stage) -> None:
    first = stage.open(JOB)
    first.add(taken(1))
    first.note(Standing(State.MISSING), [NewMessage("a", "b", "missing")])
    first.close()
    again = stage.open(JOB)
    assert again.open_pick_ups() == [taken(1)]
    assert again.standing() == Standing(State.MISSING)
    assert len(again.unsent()) == 1


# --- forgetting, in any store ---------------------------------------------------------------------


def test_old_files_are_forgotten_but_the_newest_20_imported_and_all_open_ones(
    job: JobState,
) -> None:
    opened = [taken(0, step=Step.TAKING), taken(1, step=Step.ENDED, end=End.REFUSED)]
    opened = [replace(one, ended=one.taken) for one in opened]
    added(job, *opened, *(imported(number) for number in range(2, 32)))
    refused = taken(40, step=Step.FILED, end=End.REFUSED)
    added(job, replace(refused, ended=refused.taken), taken(41, step=Step.DROPPED))
    job.forget(NIGHT + timedelta(days=900))
    assert job.open_pick_ups() == opened
    kept = [imported(number) for number in reversed(range(12, 32))]
    assert job.last_imported(99) == kept
    assert job.pick_ups(99) == [*kept, *reversed(opened)]
    assert not job.was_taken("inbox/40.csv", 10, 1.5)


def test_what_ended_at_the_moment_or_later_stays(job: JobState) -> None:
    files = [taken(number, step=Step.FILED, end=End.REFUSED) for number in (1, 2, 3)]
    added(job, *(replace(one, ended=one.taken) for one in files))
    job.forget(files[1].taken)
    assert [one.id for one in job.pick_ups(9)] == [files[2].id, files[1].id]


def test_a_file_after_one_that_was_forgotten_is_newer_than_those_that_stayed(
    job: JobState,
) -> None:
    added(job, imported(1), taken(2, step=Step.DROPPED))
    job.forget(NIGHT + timedelta(days=900))
    added(job, taken(3), taken(4))
    assert [one.id for one in job.pick_ups(9)] == [taken(4).id, taken(3).id, imported(1).id]


# --- how a job does, and what is to be told, in any store -----------------------------------------


def test_a_job_that_never_ended_a_start_does_well(job: JobState) -> None:
    assert job.standing() == Standing()
    job.add(taken(1))
    assert job.standing() == Standing()


def test_how_a_job_does_is_given_back_as_it_was_noted(job: JobState) -> None:
    one, two, three, four, five, six = (
        NIGHT + timedelta(hours=number, microseconds=number) for number in range(6)
    )
    whole = Standing(State.DEGRADED, one, State.MISSING, two, three, four, five, six, 3)
    for standing in (whole, Standing(State.FAILED, told=State.FAILED), replace(whole, since=None)):
        job.note(standing)
        assert job.standing() == standing


def test_messages_are_kept_until_they_are_sent_oldest_first(stage: Stage, job: JobState) -> None:
    first = NewMessage("nightly: failed", "Why.\nWhat to do.", "failed", ("a.html", "b\udce9.json"))
    job.note(Standing(State.FAILED), [first])
    stage.clock.elapsed += 60
    job.note(Standing(), [NewMessage("nightly: well again", "", "recovered"), first])
    found = job.unsent()
    assert [one.title for one in found] == [first.title, "nightly: well again", first.title]
    assert found[0].made.tzinfo is UTC
    assert found[0].made < found[1].made == found[2].made
    assert found[0] == Message(
        found[0].id, found[0].made, first.title, first.body, first.kind, first.attached
    )
    job.sent(found[1])
    assert job.unsent() == [found[0], found[2]]


def test_who_took_a_message_is_noted_with_it(job: JobState) -> None:
    first = NewMessage("a", "", "failed", ("a.html",))
    job.note(Standing(), [first, first])
    one, two = job.unsent()
    job.partly_sent(replace(one, told=("ab12cd",)))
    assert job.unsent() == [replace(one, told=("ab12cd",)), two]


def test_a_message_that_is_sent_twice_takes_no_newer_one_along(stage: Stage, job: JobState) -> None:
    job.note(Standing(), [NewMessage("old", "", "failed")])
    (old,) = job.unsent()
    job.sent(old)
    stage.clock.elapsed += 1
    job.note(Standing(), [NewMessage("new", "", "failed")])
    job.sent(old)
    assert [one.title for one in job.unsent()] == ["new"]


def test_a_job_s_state_and_its_messages_are_noted_together_or_not_at_all(job: JobState) -> None:
    job.note(Standing(State.OK))
    unwritable = NewMessage("b", object(), "failed")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        job.note(Standing(State.FAILED), [NewMessage("a", "", "failed"), unwritable])
    assert job.standing() == Standing(State.OK)
    assert job.unsent() == []


# --- many at a time, in any store -----------------------------------------------------------------


def test_threads_lose_no_file(stage: Stage) -> None:
    jobs = [stage.open(JOB) for _ in range(2)]

    def note(number: int) -> None:
        jobs[number % 2].add(taken(number))
        jobs[number % 2].change(taken(number, step=Step.TAKEN))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(note, range(40)))
    found = jobs[0].open_pick_ups()
    assert {one.id for one in found} == {taken(number).id for number in range(40)}
    assert {one.step for one in found} == {Step.TAKEN}


def test_a_store_that_was_closed_is_told_plainly(job: JobState) -> None:
    job.close()
    with pytest.raises(StoppedError):
        job.standing()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from(Step), st.none() | st.sampled_from(End))
    )
)
def test_it_remembers_as_a_list_would(
    tmp_path: Path, steps: list[tuple[int, Step, End | None]]
) -> None:
    job = job_state(tmp_path / os.urandom(8).hex(), JOB, tmp_path, clock=FakeClock())
    known: dict[int, PickUp] = {}
    for number, step, end in steps:
        pick_up = taken(number, step=step, end=end, sha256="a1")
        job.change(pick_up) if number in known else job.add(pick_up)
        known[number] = pick_up
    files = list(known.values())
    newest = [*reversed(files)]
    ended = [one for one in newest if one.end is End.IMPORTED]
    assert job.open_pick_ups() == [o for o in files if o.step not in (Step.FILED, Step.DROPPED)]
    assert job.pick_ups(3) == [one for one in newest if one.step is not Step.DROPPED][:3]
    assert job.last_imported(3) == ended[:3]
    assert job.imported_before("a1") == (ended[0] if ended else None)
    job.close()


# --- one process at a time ------------------------------------------------------------------------


def noter(folder: Path, own: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.state.noter", folder / "state", folder, own, str(count)],
        cwd=TOP,
        env={**os.environ, "PYTHONPATH": str(TOP)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def state(tmp_path: Path) -> Iterator[JobState]:
    """What is remembered of the job that ``noter`` notes of."""
    job = job_state(tmp_path / "state", JOB, tmp_path, clock=FakeClock())
    yield job
    job.close()


def test_a_job_is_held_by_one_and_the_other_is_told_by_whom(
    state: JobState, tmp_path: Path
) -> None:
    with noter(tmp_path, "a", 0) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(LockedError) as refused, state.held():
            pytest.fail("held twice")
        said = f"another process holds the job nightly: process {other.pid} on "
        assert str(refused.value).startswith(said + socket.gethostname())
        state.note(Standing())  # what is remembered can be read and written all the same
        other.kill()
        other.wait()
        with state.held():
            pass
        with state.held():
            pass


def test_other_jobs_may_run_beside_it(state: JobState, tmp_path: Path) -> None:
    other = job_state(tmp_path / "state", "weekly", tmp_path, clock=FakeClock())
    with state.held(), other.held():
        pass
    other.close()


def test_what_fails_while_a_job_is_held_is_not_taken_for_a_lock_s_failure(state: JobState) -> None:
    with pytest.raises(OSError, match="No such device"), state.held():
        raise OSError(errno.ENODEV, "No such device")


def test_a_lock_that_cannot_be_written_is_told_with_the_remedy(
    state: JobState, tmp_path: Path
) -> None:
    with state.held():
        (folder,) = (path for path in (tmp_path / "state" / "jobs").iterdir() if path.is_dir())
    (folder / "lock").unlink(missing_ok=True)
    folder.rmdir()
    folder.write_text("a file stands here")
    with pytest.raises(UnusableInputError, match=r"Name another folder as `state_dir`"):
        state.held().__enter__()


# --- several processes ----------------------------------------------------------------------------


def test_four_processes_that_write_at_once_lose_nothing(state: JobState, tmp_path: Path) -> None:
    others = [noter(tmp_path, own, 40) for own in "abcd"]
    printed = [other.communicate()[0].splitlines() for other in others]
    assert [other.returncode for other in others] == [0] * 4
    assert [len(ids) for ids in printed] == [40] * 4
    found = state.open_pick_ups()
    assert len(found) == 160
    assert {one.id for one in found} == {one for ids in printed for one in ids}
    assert {one.step for one in found} == {Step.TAKEN}
    for own, ids in zip("abcd", printed, strict=True):  # each as its process took them
        assert [one.id for one in found if one.id.startswith(own)] == ids


def test_a_process_that_is_killed_while_it_writes_loses_nothing_that_it_noted(
    state: JobState, tmp_path: Path
) -> None:
    printed: list[str] = []
    for own in "ab":
        with noter(tmp_path, own, 100_000) as other:
            assert other.stdout is not None
            printed += [other.stdout.readline().strip() for _ in range(10)]
            other.kill()
            printed += other.stdout.read().splitlines()[:-1]
    found = state.open_pick_ups()
    assert set(printed) <= {one.id for one in found if one.step is Step.TAKEN}
    assert len(found) <= len(printed) + 4  # the last line of each, and what was not printed yet
    state.add(taken(1))
    database = sqlite3.connect(tmp_path / "state" / "jobs" / "jobs.sqlite3")
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    database.close()


def test_opening_at_the_same_time_is_no_trouble(tmp_path: Path) -> None:
    for round_ in range(3):
        folder = tmp_path / str(round_)
        with ThreadPoolExecutor(8) as pool:
            jobs = list(
                pool.map(
                    lambda n, folder=folder: job_state(folder, n, tmp_path, clock=FakeClock()),
                    "abcdefgh",
                )
            )
        for number, job in enumerate(jobs):
            job.add(taken(number))
            job.close()
        database = sqlite3.connect(folder / "jobs" / "jobs.sqlite3")
        names = database.execute("SELECT name FROM importer_jobs ORDER BY name").fetchall()
        database.close()
        assert "".join(name for (name,) in names) == "abcdefgh"


# --- the file -------------------------------------------------------------------------------------


def test_jobs_of_one_name_in_two_folders_are_two(tmp_path: Path) -> None:
    folder, clock = tmp_path / "state", FakeClock()
    one = job_state(folder, "weekly", tmp_path, clock=clock)
    one.note(Standing())
    two = job_state(folder, "nightly", tmp_path, clock=clock)
    two.add(taken(1))
    elsewhere = job_state(folder, "nightly", tmp_path / "other", clock=clock)
    assert elsewhere.open_pick_ups() == []
    elsewhere.note(Standing(State.FAILED))
    assert two.standing() == Standing()
    with two.held(), elsewhere.held():
        pass
    for job in (one, two, elsewhere):
        job.close()


@posix
def test_only_its_owner_can_read_what_jobs_remember_and_it_names_no_home(
    state: JobState, tmp_path: Path
) -> None:
    before = os.umask(0)
    try:
        state.add(taken(1))
        with state.held():
            paths = [tmp_path / "state", *(tmp_path / "state").rglob("*")]
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in paths}
            folders = {path.name for path in paths if path.is_dir()}
            kept = b"".join(path.read_bytes() for path in paths if path.is_file())
    finally:
        os.umask(before)
    assert {name: mode for name, mode in modes.items() if mode != 0o600} == dict.fromkeys(
        folders, 0o700
    )
    assert {"jobs.sqlite3", "lock", "holder"} < modes.keys()
    assert os.fsencode(tmp_path) not in kept


def test_what_is_noted_survives_a_loss_of_power(state: JobState) -> None:
    assert isinstance(state, StoredJob)
    store = state._store
    assert isinstance(store, sqlite_store.SqliteStore)
    assert store.rows("PRAGMA synchronous") == [(2,)]
    assert store.rows("PRAGMA journal_mode") == [("wal",)]


def _damaged(path: Path, *, start: int) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:start] + b"\xff" * (len(content) - start))


def test_a_damaged_file_is_told_with_the_remedy(tmp_path: Path) -> None:
    job_state(tmp_path, JOB, tmp_path, clock=FakeClock()).close()
    path = tmp_path / "jobs" / "jobs.sqlite3"
    _damaged(path, start=0)
    with pytest.raises(UnusableInputError, match="move the file away") as told:
        job_state(tmp_path, JOB, tmp_path, clock=FakeClock())
    assert str(told.value).startswith(f"{path}: this is no memory of jobs, or it is damaged")


def test_a_file_whose_inside_is_damaged_is_told_with_the_remedy_when_it_is_read(
    tmp_path: Path,
) -> None:
    job = job_state(tmp_path, JOB, tmp_path, clock=FakeClock())
    added(job, *(imported(number) for number in range(60)))
    job.close()
    path = tmp_path / "jobs" / "jobs.sqlite3"
    database = sqlite3.connect(path)
    ((page,),) = database.execute("PRAGMA page_size")
    database.close()
    _damaged(path, start=page)
    job = job_state(tmp_path, JOB, tmp_path, clock=FakeClock())
    with pytest.raises(StoppedError, match="move the file away"):
        job.pick_ups(99)
    job.close()


@pytest.mark.parametrize("refused", ["mkdir", "open"])
def test_a_folder_that_can_only_be_read_is_told_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    def read_only(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path if refused == "mkdir" else os, refused, read_only)
    with pytest.raises(UnusableInputError) as told:
        job_state(tmp_path / "state", JOB, tmp_path, clock=FakeClock())
    monkeypatch.undo()
    assert "(Read-only file system). Name another folder as `state_dir`" in str(told.value)


def test_a_folder_in_which_nothing_can_be_made_is_told_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "jobs" / "jobs.sqlite3-wal").mkdir(parents=True)
    with pytest.raises(UnusableInputError, match=r"cannot be kept there \(.*`state_dir`"):
        job_state(tmp_path, JOB, tmp_path, clock=FakeClock())


def test_a_full_disk_is_told_plainly_and_room_lets_the_job_go_on(tmp_path: Path) -> None:
    place = tmp_path / "jobs.sqlite3"
    store = sqlite_store.SqliteStore(place, FakeClock(), TABLES, wording=WORDING, durable=True)
    job = StoredJob(store, "hash", "hash of home", JOB, lock=nullcontext)
    job.add(taken(0))
    store.rows("PRAGMA max_page_count = 1")
    with pytest.raises(StoppedError) as told:
        added(job, *(taken(number) for number in range(1, 10_000)))
    assert str(told.value) == (
        f"{place}: what jobs remember cannot be kept or read (database or disk is full). See to "
        "the disk, then start the job again: it goes on from where it is."
    )
    noted = job.open_pick_ups()
    assert noted == [taken(number) for number in range(len(noted))]
    store.rows("PRAGMA max_page_count = 1000000")
    job.add(taken(len(noted)))
    assert len(job.open_pick_ups()) == len(noted) + 1
    job.close()


def test_a_file_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    job_state(tmp_path, JOB, tmp_path, clock=FakeClock()).close()
    path = tmp_path / "jobs" / "jobs.sqlite3"
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA user_version = {len(TABLES) + 1}")
    database.close()
    with pytest.raises(UnusableInputError) as told:
        job_state(tmp_path, JOB, tmp_path, clock=FakeClock())
    assert str(told.value) == (
        f"{path}: a newer version of importer wrote this file: update importer"
    )
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA user_version").fetchall() == [(len(TABLES) + 1,)]
    database.close()


def test_an_older_file_gets_what_is_new_once_and_keeps_what_it_has(tmp_path: Path) -> None:
    first = ("CREATE TABLE kept (a TEXT)",)
    path = tmp_path / "older.sqlite3"
    older = sqlite_store.SqliteStore(path, FakeClock(), first, wording=WORDING)
    older.rows("INSERT INTO kept VALUES ('x')")
    older.close()
    newer = (*first, "ALTER TABLE kept ADD COLUMN b TEXT DEFAULT 'y'")
    barrier = threading.Barrier(4)

    def opened(_: int) -> list[tuple[Any, ...]]:
        barrier.wait()
        store = sqlite_store.SqliteStore(path, FakeClock(), newer, wording=WORDING)
        try:
            return store.rows("SELECT a, b FROM kept")
        finally:
            store.close()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(opened, range(4))) == [[("x", "y")]] * 4
