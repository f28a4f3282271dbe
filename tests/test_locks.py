from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from importer import locks
from importer.errors import LockedError
from importer.locks import held, read_holder

NOW = datetime(2026, 11, 22, 3, 15, tzinfo=UTC)
WHAT = "the run X"
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no file modes")


class FixedClock:
    """Stands still at ``moment``; ``read`` counts how often it was asked."""

    def __init__(self, moment: datetime = NOW) -> None:
        self.moment = moment
        self.read = threading.Semaphore(0)

    def now(self) -> datetime:
        self.read.release()
        return self.moment

    def monotonic(self) -> float:
        raise AssertionError("a lock needs no such time")

    def sleep(self, seconds: float) -> None:
        raise AssertionError("a lock does not sleep")


def holding(folder: Path, clock: FixedClock | None = None) -> Any:
    return held(folder, WHAT, clock=clock or FixedClock())


def refusal(folder: Path, clock: FixedClock | None = None) -> str:
    """What is said to somebody who may not hold the folder."""
    with pytest.raises(LockedError) as refused, holding(folder, clock):
        pytest.fail("held twice")
    return str(refused.value)


def noted(folder: Path, **members: object) -> None:
    """Leave the note of a holder."""
    note = {
        "pid": 4711,
        "host": "elsewhere",
        "since": "2026-11-22T03:00:00.000Z",
        "heartbeat": "2026-11-22T03:14:55.000Z",
    }
    (folder / "holder").write_text(json.dumps(note | members))


HOLD = """
import sys
from pathlib import Path
from importer.clock import SystemClock
from importer.locks import held
with held(Path(sys.argv[1]), "the run X", clock=SystemClock()):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_elsewhere(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Hold a folder in another process of this machine."""
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == "held\n"
            yield other
        finally:
            other.kill()


# --- on one machine -------------------------------------------------------------------------------


def test_a_live_holder_is_named_with_process_host_beginning_and_sign_of_life(
    tmp_path: Path,
) -> None:
    with holding(tmp_path):
        said = refusal(tmp_path, FixedClock(NOW + timedelta(seconds=5)))
    assert said == (
        f"another process holds the run X: process {os.getpid()} on {socket.gethostname()} "
        "since 2026-11-22T03:15:00.000Z, last sign of life 5 s ago"
    )
    with holding(tmp_path):
        pass


def test_a_process_that_holds_the_folder_excludes_this_one(tmp_path: Path) -> None:
    with held_elsewhere(tmp_path) as other:
        assert f"process {other.pid} on {socket.gethostname()} since" in refusal(tmp_path)


def test_a_killed_holder_lets_go_whatever_its_note_says(tmp_path: Path) -> None:
    with held_elsewhere(tmp_path) as other:
        other.kill()
        other.wait()
    assert read_holder(tmp_path / "holder") is not None
    with holding(tmp_path):
        mine = read_holder(tmp_path / "holder")
        assert mine is not None
        assert mine.pid == os.getpid()


def test_a_holder_that_hangs_keeps_its_folder_and_its_age_is_told(tmp_path: Path) -> None:
    with holding(tmp_path):
        said = refusal(tmp_path, FixedClock(NOW + timedelta(hours=2)))
    assert said.endswith("last sign of life 7,200 s ago")


def test_a_clock_that_was_set_back_is_told(tmp_path: Path) -> None:
    with holding(tmp_path):
        said = refusal(tmp_path, FixedClock(NOW - timedelta(days=1)))
    assert said.endswith(
        "last sign of life 86,400 s in the future: the clocks differ, or one was set back"
    )


@pytest.mark.parametrize(
    "note",
    [b"", b"\xff", b"[]", b"{}", b'{"pid":1,"host":"h","since":"s","heartbeat":"soon"}',
     b'{"pid":1,"host":"h","since":"s","heartbeat":"2026-11-22T03:15:00"}',
     b'{"pid":1,"host":"h","since":"s","heartbeat":5}'],
)  # fmt: skip
def test_a_note_that_cannot_be_read_hides_the_name_and_not_the_lock(
    tmp_path: Path, note: bytes
) -> None:
    with holding(tmp_path):
        (tmp_path / "holder").write_bytes(note)
        assert refusal(tmp_path) == "another process holds the run X"
    with holding(tmp_path):
        pass


def test_what_was_held_is_let_go_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), holding(tmp_path):
        raise KeyboardInterrupt
    assert not (tmp_path / "holder").exists()
    with holding(tmp_path):
        pass


def test_a_folder_that_vanishes_while_it_is_held_is_no_error(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    with holding(folder):
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


@posix
def test_only_its_owner_can_read_who_holds_a_folder(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with holding(tmp_path):
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == {"lock": 0o600, "holder": 0o600}


def test_a_folder_that_cannot_be_written_is_an_error_of_the_system_and_stays_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError), holding(tmp_path / "file"):
        pytest.fail("held what is no folder")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(locks, "write_whole", full)
        with pytest.raises(OSError, match="No space left"), holding(tmp_path):
            pytest.fail("held without a note")
    with holding(tmp_path):
        pass


# --- between machines that share a folder ---------------------------------------------------------


def test_a_fresh_sign_of_life_of_another_machine_counts_as_its_lock(tmp_path: Path) -> None:
    noted(tmp_path)
    assert refusal(tmp_path) == (
        "another process holds the run X: process 4711 on elsewhere since "
        "2026-11-22T03:00:00.000Z, last sign of life 5 s ago. That is another machine: if its "
        "process is dead, this frees itself 60 s after its last sign of life"
    )
    assert read_holder(tmp_path / "holder") is not None  # the other's note is left alone


@pytest.mark.parametrize(
    ("heartbeat", "free"),
    [
        ("2026-11-22T03:14:00.000Z", True),
        ("2026-11-22T03:14:00.001Z", False),
        ("2026-11-22T03:15:59.999Z", False),
        ("2026-11-22T03:16:00.000Z", True),
        ("2026-11-21T03:15:00.000Z", True),
        ("2026-11-23T03:15:00.000Z", True),
    ],
)
def test_another_machine_is_believed_for_a_minute_and_its_clock_no_further(
    tmp_path: Path, heartbeat: str, free: bool
) -> None:
    noted(tmp_path, heartbeat=heartbeat)
    if free:
        with holding(tmp_path):
            mine = read_holder(tmp_path / "holder")
            assert mine is not None
            assert mine.host == socket.gethostname()
    else:
        said = refusal(tmp_path)
        assert "process 4711 on elsewhere" in said
        assert ("in the future: the clocks differ" in said) == (heartbeat > "2026-11-22T03:15")


def test_an_old_process_of_this_machine_is_not_believed_without_its_lock(tmp_path: Path) -> None:
    noted(tmp_path, host=socket.gethostname(), heartbeat="2026-11-22T03:15:00.000Z")
    with holding(tmp_path):
        pass


# --- signs of life --------------------------------------------------------------------------------


def beaten(clock: FixedClock, times: int = 2) -> None:
    """Wait until the heartbeat has looked at the clock so often, and written the time before."""
    for _ in range(times):
        clock.read.acquire()


def test_signs_of_life_are_renewed_until_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "HEARTBEAT", 0.001)
    clock = FixedClock()
    note = tmp_path / "holder"
    with holding(tmp_path, clock):
        first = read_holder(note)
        clock.moment = NOW + timedelta(minutes=5)
        beaten(clock, times=20)
        renewed = read_holder(note)
        assert first is not None
        assert renewed is not None
        assert (first.heartbeat, renewed.heartbeat) == (
            "2026-11-22T03:15:00.000Z",
            "2026-11-22T03:20:00.000Z",
        )
        assert first.same_as(renewed)
        assert "last sign of life 0 s ago" in refusal(tmp_path, FixedClock(clock.moment))
    assert not note.exists()
    assert not [thread for thread in threading.enumerate() if thread.name == "heartbeat"]


def test_a_sign_of_life_that_cannot_be_written_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "HEARTBEAT", 0.001)
    clock = FixedClock()
    sync, failed = os.fsync, threading.Semaphore(0)

    def full(descriptor: int) -> None:
        if threading.current_thread().name == "heartbeat":
            failed.release()
            raise OSError(28, "No space left on device")
        sync(descriptor)

    with holding(tmp_path, clock):
        monkeypatch.setattr(os, "fsync", full)
        failed.acquire()
        failed.acquire()
        monkeypatch.setattr(os, "fsync", sync)
        clock.moment = NOW + timedelta(minutes=5)
        while clock.read.acquire(blocking=False):
            pass
        beaten(clock, times=3)
        renewed = read_holder(tmp_path / "holder")
        assert renewed is not None
        assert renewed.heartbeat == "2026-11-22T03:20:00.000Z"


def test_a_note_that_another_machine_has_taken_over_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "HEARTBEAT", 0.001)
    looked = threading.Semaphore(0)
    read = locks.read_holder

    def looking(note: Path) -> Any:
        found = read(note)
        looked.release()
        return found

    with holding(tmp_path):
        noted(tmp_path)
        taken = (tmp_path / "holder").read_bytes()
        monkeypatch.setattr(locks, "read_holder", looking)
        for _ in range(3):
            looked.acquire()
        assert (tmp_path / "holder").read_bytes() == taken
    assert (tmp_path / "holder").read_bytes() == taken
