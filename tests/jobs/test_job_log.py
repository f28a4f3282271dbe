from __future__ import annotations

import errno
import json
import os
import re
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from importer.job_settings import LogSection
from importer.jobs import job_log
from importer.jobs.job_log import JobLog, log_place
from importer.language import speaking, tr
from importer.run_log import Unwatched
from tests.jobs.ends import RUN, StillClock

STATE = Path("state")
posix = pytest.mark.skipif(sys.platform == "win32", reason="files have no modes there")


def _log(path: Path | str, **settings: Any) -> JobLog:
    section = LogSection.model_construct(
        to=str(path), **{"max_bytes": 10_000_000, "keep": 10, **settings}
    )
    return JobLog(log_place(section, "nightly", STATE), section, "nightly", StillClock())


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _events(path: Path) -> list[str]:
    return [line["event"] for line in _lines(path)]


def test_each_line_says_when_which_job_what_and_who(tmp_path: Path) -> None:
    log = _log(tmp_path / "nightly.log")
    log.write("start-began")
    log.write("start-ended", exit_code=0, job="another", files=2)
    log.close()
    own = {"time": "2026-11-22T03:15:00.000Z", "job": "nightly", "pid": os.getpid()}
    assert _lines(tmp_path / "nightly.log") == [
        {**own, "level": "info", "event": "start-began"},
        {**own, "level": "info", "event": "start-ended", "exit_code": 0, "files": 2},
    ]


@pytest.mark.parametrize(
    ("event", "facts", "level"),
    [
        ("file-ended", {"exit_code": 3}, "warning"),
        ("file-ended", {"exit_code": 4}, "error"),
        ("file-ended", {"exit_code": None}, "info"),
        ("in-doubt", {}, "warning"),
        ("defect", {}, "error"),
    ],
)
def test_a_line_has_a_level(tmp_path: Path, event: str, facts: dict[str, Any], level: str) -> None:
    _log(tmp_path / "log").write(event, **facts)
    assert _lines(tmp_path / "log")[0]["level"] == level


def test_sentences_are_english_and_without_addresses_of_persons(tmp_path: Path) -> None:
    with speaking("fr"):
        told = tr("{file} is not marie@x.test", file="a.csv")
        _log(tmp_path / "log").write("not-done", message=told, file="me@work.csv")
    (line,) = _lines(tmp_path / "log")
    assert line["message"] == "a.csv is not …"
    assert line["file"] == "me@work.csv"


def test_whatever_the_facts_are_it_is_one_line(tmp_path: Path) -> None:
    log = _log(tmp_path / "log")
    log.write("a", file="caf\udce9\n.csv", huge=2**80, where=tmp_path)
    log.write("b", file="a\nb\u2028.csv")
    first, second = (
        json.loads(line) for line in (tmp_path / "log").read_bytes().splitlines() if line
    )
    assert (first["file"], first["huge"], first["where"]) == (
        "caf\udce9\n.csv",
        2**80,
        str(tmp_path),
    )
    assert second["file"] == "a\nb\u2028.csv"


def test_stderr_takes_lines_too(capsys: pytest.CaptureFixture[str]) -> None:
    _log("stderr").write("start-began", file="é")
    assert json.loads(capsys.readouterr().err)["file"] == "é"


def test_a_stderr_that_is_closed_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    _log("stderr").write("start-began")


# --- a file -------------------------------------------------------------------------------------


@posix
def test_only_its_owner_reads_it_and_folders_that_are_there_stay_as_they_are(
    tmp_path: Path,
) -> None:
    tmp_path.chmod(0o755)
    _log(tmp_path / "new" / "log", max_bytes=10).write("a")
    _log(tmp_path / "new" / "log", max_bytes=10).write("b")
    modes = [
        stat.S_IMODE(path.stat().st_mode)
        for path in (
            tmp_path,
            tmp_path / "new",
            tmp_path / "new" / "log",
            tmp_path / "new" / "log.1",
        )
    ]
    assert modes == [0o755, 0o700, 0o600, 0o600]


def test_a_full_file_gets_a_number_and_the_oldest_goes(tmp_path: Path) -> None:
    log = _log(tmp_path / "log", max_bytes=300, keep=2)
    for number in range(20):
        log.write(f"event-{number}")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["log", "log.1", "log.2"]
    assert all(one.stat().st_size <= 300 for one in tmp_path.iterdir())
    kept = [_events(tmp_path / name) for name in ("log.2", "log.1", "log")]
    flat = [event for events in kept for event in events]
    assert flat == [f"event-{number}" for number in range(20 - len(flat), 20)]


def test_a_line_longer_than_a_file_may_be_is_written_all_the_same(tmp_path: Path) -> None:
    log = _log(tmp_path / "log", max_bytes=50)
    log.write("first", text="x" * 100)
    log.write("second", text="x" * 100)
    assert _events(tmp_path / "log.1") == ["first"]
    assert _events(tmp_path / "log") == ["second"]


def test_while_another_process_rotates_lines_go_to_the_file_there_is(tmp_path: Path) -> None:
    log = _log(tmp_path / "log", max_bytes=50)
    log.write("first")
    token = tmp_path / "log.rotating"
    token.touch()
    log.write("second")
    assert _events(tmp_path / "log") == ["first", "second"]
    long_ago = time.time() - 3600
    os.utime(token, (long_ago, long_ago))  # its process died
    log.write("third")
    assert _events(tmp_path / "log") == ["third"]
    assert not token.exists()


def test_a_file_that_another_process_just_rotated_is_not_rotated_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log"
    log = _log(path, max_bytes=200)
    log.write("first", text="x" * 100)
    real = job_log._taken

    def taken(token: Path) -> bool:
        path.replace(tmp_path / "log.1")
        path.touch()
        return real(token)

    monkeypatch.setattr(job_log, "_taken", taken)
    log.write("second")
    assert _events(tmp_path / "log.1") == ["first"]
    assert _events(path) == ["second"]


def test_a_file_that_cannot_be_renamed_grows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = _log(tmp_path / "log", max_bytes=50)
    log.write("first")

    def refused(*_: object) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refused)
    log.write("second")
    assert _events(tmp_path / "log") == ["first", "second"]


def test_several_processes_lose_no_line(tmp_path: Path) -> None:
    path = tmp_path / "log"
    code = (
        "import sys\n"
        "from tests.jobs.test_job_log import _log\n"
        "log = _log(sys.argv[1], max_bytes=4000, keep=100)\n"
        "for n in range(200): log.write(f'{sys.argv[2]}-{n}')\n"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(path), name]) for name in ("a", "b")
    ]
    assert [one.wait() for one in started] == [0, 0]
    found = [event for file in tmp_path.iterdir() for event in _events(file)]
    assert len(list(tmp_path.iterdir())) > 5
    assert sorted(found) == sorted(f"{name}-{n}" for name in "ab" for n in range(200))


# --- what goes wrong ----------------------------------------------------------------------------


def test_a_log_that_cannot_be_written_is_said_once_and_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = _log(tmp_path)
    log.write("a")
    log.write("b")
    told = capsys.readouterr().err
    assert told.startswith(f"The log {tmp_path} of the job cannot be written (")
    assert told.endswith("); the import goes on without it\n")
    assert told.count("\n") == 1


def test_a_log_that_the_job_does_not_name_is_named_when_it_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    STATE.write_text("no folder")
    _log("").write("a")
    assert re.match(r"The log state/logs/nightly-[0-9a-f]{8}\.jsonl ", capsys.readouterr().err)


def test_a_name_that_is_no_path_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    _log("a\0b").write("a")
    assert "cannot be written" in capsys.readouterr().err


@posix
def test_a_pipe_that_nobody_reads_and_a_device_hold_nothing_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    _log(tmp_path / "pipe").write("a")
    assert "cannot be written" in capsys.readouterr().err
    _log("/dev/null", max_bytes=1).write("a")
    assert capsys.readouterr().err == ""


def test_a_full_disk_leaves_whole_lines_once_there_is_room_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = _log(tmp_path / "log")
    log.write("before")
    real = os.write

    def a_part(descriptor: int, content: bytes) -> int:
        return real(descriptor, content[:10])

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    for writing in (a_part, full):
        monkeypatch.setattr(os, "write", writing)
        log.write("lost")
    monkeypatch.setattr(os, "write", real)
    log.write("after")
    first, torn, last = (tmp_path / "log").read_text().splitlines()
    assert json.loads(first)["event"] == "before"
    assert len(torn) == 10
    assert json.loads(last)["event"] == "after"
    assert capsys.readouterr().err.count("No space left on device") == 1


def test_a_part_of_a_line_that_a_killed_process_left_is_ended_first(tmp_path: Path) -> None:
    (tmp_path / "log").write_text('{"event":"to')
    _log(tmp_path / "log").write("next")
    assert json.loads((tmp_path / "log").read_text().splitlines()[1])["event"] == "next"


# --- runs ---------------------------------------------------------------------------------------


class Seen(Unwatched):
    def __init__(self) -> None:
        self.told: list[Any] = []

    def begin(self, stage: str, total: int | None) -> None:
        self.told.append(("begin", stage, total))

    def advance(self, rows: int) -> None:
        self.told.append(("advance", rows))

    def end(self) -> None:
        self.told.append("end")

    def event(self, name: str, **facts: Any) -> None:
        self.told.append((name, facts))


def test_events_of_runs_reach_the_log_with_their_run_and_the_screen_as_before(
    tmp_path: Path,
) -> None:
    seen = Seen()
    watcher = _log(tmp_path / "log").watching(seen)
    watcher.event("run-began", run=RUN, files=1)
    watcher.begin("sending", 12)
    watcher.advance(5)
    watcher.advance(7)
    watcher.event("call", batch="1", result="answered")
    watcher.event("refused", batch="1", rows=3)
    watcher.end()
    wanted: list[tuple[str, str, dict[str, Any]]] = [
        ("run-began", RUN, {"files": 1}),
        ("refused", RUN, {"batch": "1", "rows": 3}),
        ("stage-ended", RUN, {"stage": "sending", "rows": 12}),
    ]
    told = _lines(tmp_path / "log")
    assert [
        (line["event"], line["run"], {k: v for k, v in line.items() if k in facts})
        for line, (_, _, facts) in zip(told, wanted, strict=True)
    ] == wanted
    assert seen.told == [
        ("run-began", {"run": RUN, "files": 1}),
        ("begin", "sending", 12),
        ("advance", 5),
        ("advance", 7),
        ("call", {"batch": "1", "result": "answered"}),
        ("refused", {"batch": "1", "rows": 3}),
        "end",
    ]
