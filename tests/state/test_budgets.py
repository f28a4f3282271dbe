"""What is true of a budget in either store, and of the SQLite store alone."""

from __future__ import annotations

import os
import sqlite3
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.errors import StoppedError, UnusableInputError
from importer.model import Limits
from importer.pacing import Begun, Budget, Pace, Window
from importer.state import postgresql_budget, shared_budget, sqlite_store
from importer.state.budgets import TABLES, WORDING, StoredBudget
from tests.pacing.world import (
    ACCOUNT,
    FakeClock,
    World,
    open_shared,
    over_the_limits,
    share_used,
)
from tests.state.databases import execute_in_postgresql, needs_postgresql, postgresql_parts

MINUTE = (Window(2, 60.0),)


@dataclass(frozen=True)
class Stage:
    """A store: ``open`` gives a budget with its time-out; ``pass_time`` may go back too."""

    open: Callable[[float], Budget]
    pass_time: Callable[[float], None]
    count: Callable[[], int]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=needs_postgresql)])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    budgets: list[Budget] = []
    made = _sqlite_stage if request.param == "sqlite" else _postgresql_stage
    inner = made(tmp_path)

    def opened(timeout_seconds: float) -> Budget:
        budgets.append(inner.open(timeout_seconds))
        return budgets[-1]

    yield Stage(opened, inner.pass_time, inner.count)
    for budget in budgets:
        budget.close()


def _sqlite_stage(folder: Path) -> Stage:
    clock = FakeClock()

    def count() -> int:
        (path,) = folder.glob("budgets/*.sqlite3")
        database = sqlite3.connect(path)
        try:
            return int(database.execute("SELECT count(*) FROM importer_calls").fetchone()[0])
        finally:
            database.close()

    return Stage(
        lambda timeout: open_shared(folder, clock, timeout_seconds=timeout), clock.jump, count
    )


def _postgresql_stage(folder: Path) -> Stage:
    url, password = postgresql_parts()

    def pass_time(seconds: float) -> None:
        """Time cannot pass there, so what is stored becomes older."""
        for statement in (
            "UPDATE importer_calls SET began = began - %s, latest = latest - %s,"
            " ended = ended - %s",
            "UPDATE importer_holds SET asked = asked - %s, held_until = held_until - %s",
        ):
            execute_in_postgresql(statement, *[seconds] * statement.count("%s"))

    postgresql_budget(url, password, ACCOUNT, timeout_seconds=1).close()
    for table in ("importer_calls", "importer_holds"):
        execute_in_postgresql(f"DELETE FROM {table}")
    return Stage(
        lambda timeout: postgresql_budget(url, password, ACCOUNT, timeout_seconds=timeout),
        pass_time,
        lambda: int(execute_in_postgresql("SELECT count(*) FROM importer_calls")[0][0]),
    )


def _begun(budget: Budget, windows: tuple[Window, ...] = MINUTE) -> int:
    answer = budget.begin(windows)
    assert isinstance(answer, Begun), f"{answer} seconds to wait"
    return answer.number


def _wait(budget: Budget, windows: tuple[Window, ...] = MINUTE) -> float:
    answer = budget.begin(windows)
    assert isinstance(answer, float), answer
    return answer


def _about(seconds: float) -> Any:
    """Some seconds less what the test itself takes, where the clock is a real one."""
    return pytest.approx(seconds - 2, abs=2.001)


# --- either store ---------------------------------------------------------------------------


def test_calls_of_all_who_share_the_budget_count_together(stage: Stage) -> None:
    mine, theirs = stage.open(60), stage.open(60)
    mine.end(_begun(mine))
    theirs.end(_begun(theirs))
    assert _wait(mine) == _about(60)
    stage.pass_time(61)
    assert _begun(mine) == 3


def test_calls_are_remembered_when_all_processes_have_ended(stage: Stage) -> None:
    first = stage.open(60)
    for _ in range(2):
        first.end(_begun(first))
    first.close()
    assert _wait(stage.open(60)) == _about(60)


def test_an_open_call_of_another_counts_from_its_end(stage: Stage) -> None:
    mine, theirs = stage.open(100), stage.open(100)
    number = _begun(theirs, (Window(1, 60.0),))
    stage.pass_time(40)
    assert _wait(mine, (Window(1, 60.0),)) == _about(60)
    theirs.end(number)
    assert _wait(mine, (Window(1, 60.0),)) == _about(60)
    stage.pass_time(61)
    _begun(mine, (Window(1, 60.0),))


def test_a_call_whose_process_died_counts_as_ended_at_its_time_out(stage: Stage) -> None:
    _begun(stage.open(30), (Window(1, 60.0),))
    survivor = stage.open(30)
    stage.pass_time(36)
    assert 50 < _wait(survivor, (Window(1, 60.0),)) <= 60
    stage.pass_time(61)
    _begun(survivor, (Window(1, 60.0),))


def test_a_call_given_up_that_ends_after_all_counts_from_its_end(stage: Stage) -> None:
    slow, other = stage.open(10), stage.open(10)
    number = _begun(slow, (Window(1, 60.0),))
    stage.pass_time(50)
    _wait(other, (Window(1, 60.0),))
    slow.end(number)
    assert _wait(other, (Window(1, 60.0),)) == _about(60)


def test_all_windows_are_obeyed_at_once(stage: Stage) -> None:
    budget = stage.open(60)
    windows = (Window(3, 1.0), Window(4, 600.0))
    for _ in range(3):
        budget.end(_begun(budget, windows))
    stage.pass_time(2)
    budget.end(_begun(budget, windows))
    stage.pass_time(2)
    assert _wait(budget, windows) == _about(596)


def test_without_windows_calls_are_counted_for_those_who_have_some(stage: Stage) -> None:
    free, bound = stage.open(60), stage.open(60)
    for _ in range(2):
        free.end(_begun(free, ()))
    assert _wait(bound) == _about(60)
    _begun(free, ())


def test_a_hold_is_everybody_s_and_a_shorter_one_does_not_end_it(stage: Stage) -> None:
    mine, theirs = stage.open(60), stage.open(60)
    mine.hold(50)
    theirs.hold(5)
    assert _wait(theirs) == _about(50)
    stage.pass_time(51)
    _begun(theirs)


def test_a_clock_set_back_costs_a_window_at_most(stage: Stage) -> None:
    budget = stage.open(60)
    for _ in range(2):
        budget.end(_begun(budget))
    stage.pass_time(-1_000_000)
    assert _wait(budget) == _about(60)
    stage.pass_time(61)
    _begun(budget)


def test_a_clock_set_back_makes_no_open_call_last_longer_than_its_time_out(stage: Stage) -> None:
    _begun(stage.open(30), (Window(1, 60.0),))
    survivor = stage.open(30)
    stage.pass_time(-1_000_000)
    assert _wait(survivor, (Window(1, 60.0),)) == _about(60)
    stage.pass_time(36)
    assert 50 < _wait(survivor, (Window(1, 60.0),)) <= 60
    stage.pass_time(61)
    _begun(survivor, (Window(1, 60.0),))


def test_a_clock_set_back_makes_no_hold_longer_than_was_asked(stage: Stage) -> None:
    budget = stage.open(60)
    budget.hold(50)
    stage.pass_time(-1_000_000)
    assert _wait(budget) == _about(50)
    budget.hold(55)
    assert _wait(budget) == _about(55)
    stage.pass_time(56)
    _begun(budget)


def test_calls_older_than_the_longest_window_are_forgotten_and_no_number_comes_twice(
    stage: Stage,
) -> None:
    budget = stage.open(60)
    for number in range(1, 6):
        assert _begun(budget, ()) == number
        budget.end(number)
    stage.pass_time(100_000)
    assert _begun(budget, ()) == 6
    assert stage.count() == 1


def test_what_the_longest_window_of_anybody_needs_is_kept(stage: Stage) -> None:
    ten_days = (Window(1, 864_000.0),)
    patient, busy = stage.open(60), stage.open(60)
    patient.end(_begun(patient, ten_days))
    stage.pass_time(200_000)
    busy.hold(1)
    stage.pass_time(2)
    busy.end(_begun(busy, ()))
    assert stage.count() == 2


def test_many_threads_get_numbers_of_their_own_and_never_one_call_too_many(stage: Stage) -> None:
    budgets = [stage.open(60) for _ in range(3)]
    answers: list[Begun | float] = []

    def call(budget: Budget) -> None:
        for _ in range(10):
            answers.append(answer := budget.begin((Window(40, 600.0),)))
            if isinstance(answer, Begun):
                budget.end(answer.number)

    threads = [threading.Thread(target=call, args=(budget,)) for budget in budgets * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = sorted(answer.number for answer in answers if isinstance(answer, Begun))
    assert numbers == list(range(1, 41))
    assert len(answers) == 60


def test_opening_the_same_budget_at_the_same_time_is_no_trouble(stage: Stage) -> None:
    with ThreadPoolExecutor(8) as pool:
        budgets = list(pool.map(stage.open, [60.0] * 8))
        numbers = [_begun(budget, ()) for budget in budgets]
    assert numbers == list(range(1, 9))


def test_a_budget_that_was_closed_is_told_plainly_and_stays_closed(stage: Stage) -> None:
    budget = stage.open(60)
    budget.close()
    with pytest.raises(StoppedError, match="calls"):
        budget.begin(MINUTE)


# --- properties, with processes that come and go ---------------------------------------------


@settings(max_examples=40, derandomize=True)
@given(
    per_second=st.none() | st.floats(0.2, 20),
    per_minute=st.none() | st.floats(1, 100),
    per_day=st.none() | st.integers(20, 80),
    processes=st.integers(1, 3),
    lanes=st.integers(1, 3),
    longest_call=st.floats(0, 30),
    deaths=st.sampled_from([0.0, 0.05, 0.3]),
    jumps=st.sampled_from([(), (-0.5, -40.0, -90_000.0)]),
    seed=st.integers(0, 2**32),
)
def test_no_sliding_window_of_the_platform_is_over_the_limit_whoever_calls(
    per_second: float | None,
    per_minute: float | None,
    per_day: int | None,
    processes: int,
    lanes: int,
    longest_call: float,
    deaths: float,
    jumps: tuple[float, ...],
    seed: int,
) -> None:
    limits = Limits(
        calls_per_second=per_second,
        calls_per_minute=per_minute,
        calls_per_day=per_day,
        timeout_seconds=30,
    )
    with _world(limits, seed, processes=processes, lanes=lanes, longest_call=longest_call) as world:
        world.deaths, world.jumps = deaths, jumps
        assert not over_the_limits(limits, world.run(60))


@settings(max_examples=20, derandomize=True)
@given(seed=st.integers(0, 2**32), lanes=st.integers(1, 4))
def test_no_clock_that_jumps_lets_a_process_pass_the_limit_by_its_own_calls(
    seed: int, lanes: int
) -> None:
    limits = Limits(calls_per_second=5, calls_per_minute=40)
    with _world(limits, seed, processes=1, lanes=lanes) as world:
        world.jumps = (90_000.0, 61.0, 0.3, -0.3, -61.0, -90_000.0)
        assert not over_the_limits(limits, world.run(80))


def test_processes_together_use_at_least_95_percent_of_the_allowed_calls() -> None:
    limits = Limits(calls_per_minute=60)
    with _world(limits, 1, processes=2, lanes=2) as world:
        arrivals = world.run(1500)
    assert not over_the_limits(limits, arrivals)
    assert share_used(arrivals, 60, 60.0) >= 0.95


class _world:  # noqa: N801 - reads as a function
    """A world whose processes share a SQLite budget in a folder of its own."""

    def __init__(self, limits: Limits, seed: int, **options: Any) -> None:
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._paces: list[Pace] = []
        clock = FakeClock()

        def open_pace() -> Pace:
            budget = open_shared(
                Path(self._folder.name), clock, timeout_seconds=limits.timeout_seconds
            )
            self._paces.append(Pace(limits, clock, budget=budget))
            return self._paces[-1]

        self._world = World(open_pace, clock, Random(seed), **options)

    def __enter__(self) -> World:
        return self._world

    def __exit__(self, *_: object) -> None:
        for pace in self._paces:
            pace.close()
        self._folder.cleanup()


# --- SQLite ---------------------------------------------------------------------------------


def test_only_its_owner_can_read_a_budget_and_it_names_no_account(tmp_path: Path) -> None:
    budget = open_shared(tmp_path / "state", FakeClock())
    _begun(budget)
    files = list((tmp_path / "state" / "budgets").iterdir())
    assert files
    for path in files:
        kept = path.name.encode() + path.read_bytes()
        assert not any(part.encode() in kept for part in ACCOUNT.split("|"))
    if os.name == "posix":
        folders = [tmp_path / "state", tmp_path / "state" / "budgets"]
        assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    budget.close()


def test_other_accounts_have_budgets_of_their_own(tmp_path: Path) -> None:
    clock = FakeClock()
    one = open_shared(tmp_path, clock)
    for _ in range(2):
        one.end(_begun(one))
    other = shared_budget(tmp_path, ACCOUNT + "6", clock=clock, timeout_seconds=60)
    _begun(other)
    one.close()
    other.close()


def test_a_folder_that_cannot_be_used_is_told_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file stands here")
    with pytest.raises(UnusableInputError, match=r"Name another folder as `state_dir`"):
        open_shared(tmp_path / "state", FakeClock())


def test_a_budget_that_is_a_folder_is_told_with_the_remedy(tmp_path: Path) -> None:
    open_shared(tmp_path, FakeClock()).close()
    (path,) = tmp_path.glob("budgets/*.sqlite3")
    path.unlink()
    path.mkdir()
    with pytest.raises(UnusableInputError, match=r"Name another folder as `state_dir`"):
        open_shared(tmp_path, FakeClock())


def test_a_damaged_budget_is_told_with_the_remedy(tmp_path: Path) -> None:
    open_shared(tmp_path, FakeClock()).close()
    (path,) = tmp_path.glob("budgets/*.sqlite3")
    path.write_bytes(b"nonsense " * 1000)
    with pytest.raises(UnusableInputError, match="Delete it once no run is sending"):
        open_shared(tmp_path, FakeClock())


def test_a_store_that_breaks_in_the_middle_is_told_plainly(tmp_path: Path) -> None:
    budget = open_shared(tmp_path, FakeClock())
    (path,) = tmp_path.glob("budgets/*.sqlite3")
    other = sqlite3.connect(path)
    other.execute("DROP TABLE importer_calls")
    other.close()
    for _ in range(2):
        with pytest.raises(StoppedError, match="See to the disk, then resume the run"):
            budget.begin(MINUTE)
    budget.close()


def test_a_full_disk_is_told_plainly_and_room_lets_calls_go_on(tmp_path: Path) -> None:
    store = sqlite_store.SqliteStore(
        tmp_path / "calls.sqlite3", FakeClock(), TABLES, wording=WORDING
    )
    budget = StoredBudget(store, "hash", timeout_seconds=60)
    number = _begun(budget, ())

    def call_for_ever() -> None:
        while True:
            budget.end(_begun(budget, ()))

    store.rows("PRAGMA max_page_count = 1")
    with pytest.raises(StoppedError, match="full"):
        call_for_ever()
    store.rows("PRAGMA max_page_count = 1000000")
    budget.end(number)
    assert _begun(budget, ()) > number
    budget.close()


def test_a_store_that_another_does_not_let_go_of_is_told_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_store, "_PATIENCE", 0.01)
    budget = open_shared(tmp_path, FakeClock())
    (path,) = tmp_path.glob("budgets/*.sqlite3")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoppedError, match="database is locked"):
        budget.begin(MINUTE)
    with pytest.raises(StoppedError, match="database is locked"):
        budget.hold(5)
    other.execute("ROLLBACK")
    other.close()
    _begun(budget)
    budget.close()


def test_a_new_budget_that_another_does_not_let_go_of_is_told_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_store, "_PATIENCE", 0.01)
    open_shared(tmp_path, FakeClock()).close()
    (path,) = tmp_path.glob("budgets/*.sqlite3")
    path.unlink()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(UnusableInputError, match=r"database is locked.*`state_dir`"):
        open_shared(tmp_path, FakeClock())
    other.close()


def test_a_new_budget_waits_for_another_that_is_just_being_made(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    open_shared(folder, FakeClock()).close()
    (path,) = (folder / "budgets").glob("*.sqlite3")
    path.unlink()
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    threading.Timer(0.3, lambda: other.execute("COMMIT")).start()
    budget = open_shared(folder, FakeClock())
    assert isinstance(budget.begin(MINUTE), Begun)
    budget.close()
    other.close()
