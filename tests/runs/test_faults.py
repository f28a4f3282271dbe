"""The machine and the way to the platform fail: a plain sentence, the right code, no row lost."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import socket
import sqlite3
import ssl
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest

import importer.journal.store
import importer.pipeline
from importer.errors import StoppedError
from importer.pacing import Pace
from tests.runs.workshop import Done, Workshop

ROWS = 30
FULL = "No space left on device"
HTML = "<html><body><h1>Web filter</h1>Please sign in to the guest network.</body></html>"
JARGON = ("Traceback", "Errno", "defect", "Exception", "Error(", "_ssl.c")

posix = pytest.mark.skipif(os.name != "posix", reason="limits and modes as POSIX has them")


def plain(done: Done, *words: str) -> None:
    """What was said holds these words, and nothing that only a programmer reads."""
    for word in words:
        assert word in done.err, done.err
    for word in JARGON:
        assert word not in done.err, done.err


def nothing_is_lost(workshop: Workshop, rows: int = ROWS) -> None:
    """Resume to the end: one verdict a row, balanced totals, and the very contacts."""
    done = workshop.importer("resume")
    if done.code == 4:  # all was sent, and even said to be finished, before the fault came
        assert "nothing to resume" in done.err
        assert workshop.importer("report", workshop.run_id()).code == 0
    else:
        assert done.code == 0, done.err
    assert workshop.summary()["state"] == "finished"
    totals = workshop.totals()
    assert totals.keys() <= {"created", "updated"}
    assert sum(totals.values()) == rows
    lines = workshop.results()
    people = [f"person{i}@example.com" for i in range(1, rows + 1)]
    assert [line["key"] for line in lines] == people
    assert {line["verdict"] for line in lines} <= {"created", "updated"}
    assert sorted(contact["f_EMail"] for contact in workshop.contacts()) == sorted(people)


# --- the disk -------------------------------------------------------------------------------------

# No file may grow beyond so many bytes: what a write meets on a full disk, but for the words.
LIMITED = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, ({bytes}, {bytes}))
"""


@posix
def test_disk_that_fills_while_checking_is_exit_4_and_resume_checks_again(
    workshop: Workshop,
) -> None:
    rows = 20_000
    workshop.people(rows)
    done = workshop.spawned("check", "people.csv", script=LIMITED.format(bytes=150_000))
    assert done.code == 4
    plain(done, "Nothing was sent", f"importer resume {workshop.run_id()}")
    assert workshop.importer("resume", workshop.run_id()).code == 0
    assert workshop.totals() == {"not_sent": rows}
    assert workshop.merge_calls() == []


class FullDisk:
    """A disk that fills: a write of ours after so many others fails, and all that follow.

    Stands for syncs of files and for writes of the journal. ``before_check``: how many writes
    came before the last check.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.writes = 0
        self.left: int | None = None
        self.before_check = 0
        check = importer.pipeline.check

        def checking(*arguments: Any, **settings: Any) -> Any:
            self.before_check = self.writes
            return check(*arguments, **settings)

        monkeypatch.setattr(importer.pipeline, "check", checking)
        monkeypatch.setattr(os, "fsync", self._failing(os.fsync))
        journal = importer.journal.store.Journal
        for name in ("set_fact", "submitting", "settled", "not_taken", "in_doubt", "refused"):
            monkeypatch.setattr(journal, name, self._failing(getattr(journal, name)))

    def _failing(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def writing(*arguments: Any, **settings: Any) -> Any:
            self.writes += 1
            if self.left is not None and self.writes > self.left:
                raise OSError(errno.ENOSPC, FULL)
            return write(*arguments, **settings)

        return writing

    @contextmanager
    def full_after(self, writes: int) -> Iterator[None]:
        self.writes, self.left = 0, writes
        try:
            yield
        finally:
            self.left = None


def run_on_a_disk_that_fills(workshop: Workshop, disk: FullDisk, left: int) -> str:
    """Run until the disk is full, make room, resume if there is a run; give what was said."""
    before = workshop.run_folders()
    workshop.sandbox()
    with disk.full_after(left):
        done = workshop.importer("run", "people.csv", "--yes")
    assert done.code in {0, 4, 5}, (left, done)
    plain(done, FULL)
    assert done.code != 4 or not workshop.merge_calls(), (left, done)
    if done.code == 0:  # all that was left was to take texts out of the run folder
        assert workshop.summary()["state"] == "finished"
        assert workshop.importer("report", workshop.run_id()).code == 0
        return done.err
    if workshop.run_folders() != before:
        nothing_is_lost(workshop, rows=8)
        again = [key for key, times in workshop.times_carried().items() if times > 1]
        assert len(again) <= 5  # the one batch that was in doubt
    return done.err


def test_promise_3_disk_that_fills_at_any_durable_write_is_said_and_no_row_is_lost(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.people(8)
    disk = FullDisk(monkeypatch)
    assert workshop.importer("run", "people.csv", "--yes").code == 0
    writes, first = disk.writes, disk.before_check
    assert writes - first > 15
    for left in range(first, writes):
        said = run_on_a_disk_that_fills(workshop, disk, left)
        assert re.search(f"importer (resume|report) {workshop.run_id()}", said), left


def test_disk_that_is_full_before_the_check_begins_is_said_and_sends_nothing(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.people(8)
    disk = FullDisk(monkeypatch)
    assert workshop.importer("run", "people.csv", "--yes").code == 0
    for left in range(disk.before_check):
        run_on_a_disk_that_fills(workshop, disk, left)


@contextmanager
def journal_without_room(monkeypatch: pytest.MonkeyPatch, pages: int) -> Iterator[None]:
    """Let each journal that is opened grow by so many pages only, as SQLite itself sees to it."""
    connect = sqlite3.connect

    def connected(path: Any, *arguments: Any, **settings: Any) -> Any:
        database = connect(path, *arguments, **settings)
        if str(path).endswith("journal.sqlite3"):
            (now,) = database.execute("PRAGMA page_count").fetchone()
            database.execute(f"PRAGMA max_page_count = {now + pages}")
        return database

    with monkeypatch.context() as patched:
        patched.setattr(sqlite3, "connect", connected)
        yield


@pytest.mark.parametrize("pages", [0, 1, 2])
def test_journal_on_a_full_disk_stops_the_sending_and_resume_goes_on(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, pages: int
) -> None:
    rows = 200
    workshop.people(rows)
    assert workshop.importer("check", "people.csv").code == 0
    with journal_without_room(monkeypatch, pages):
        done = workshop.importer("send", workshop.run_id(), "--yes")
    assert done.code == 5
    plain(done, "STOPPED EARLY", "is full", f"importer resume {workshop.run_id()}")
    assert 0 < len(workshop.contacts()) < rows
    nothing_is_lost(workshop, rows)
    again = [key for key, times in workshop.times_carried().items() if times > 1]
    assert len(again) <= 5


@posix
def test_disk_that_fills_while_reports_are_written_leaves_a_run_that_resume_finishes(
    workshop: Workshop,
) -> None:
    rows = 3_000
    workshop.people(rows)
    settings = workshop.folder / "importer.yaml"
    settings.write_text(settings.read_text().replace("rows_per_call: 5", "rows_per_call: 1000"))
    assert workshop.importer("run", "people.csv", "--yes", "--first", "2500").code == 5
    before = (workshop.run_folder() / "results.csv").read_bytes()
    done = workshop.spawned(
        "report", workshop.run_id(), script=LIMITED.format(bytes=len(before) // 2)
    )
    assert done.code == 5
    plain(done, "STOPPED EARLY", f"importer resume {workshop.run_id()}")
    assert (workshop.run_folder() / "results.csv").read_bytes() == before  # whole, or not at all
    nothing_is_lost(workshop, rows)


# --- a run folder that cannot be written ----------------------------------------------------------


def sent_in_part(workshop: Workshop) -> None:
    workshop.people(ROWS)
    assert workshop.importer("run", "people.csv", "--yes", "--first", "10").code == 5


@pytest.mark.parametrize("command", ["resume", "report", "abandon"])
def test_read_only_run_folder_is_said_and_the_run_goes_on_once_it_can_be_written(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    sent_in_part(workshop)
    opened = os.open

    def read_only(path: Any, flags: int, *arguments: Any, **settings: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and "runs" in Path(path).parts:
            raise OSError(errno.EROFS, "Read-only file system", str(path))
        return opened(path, flags, *arguments, **settings)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", read_only)
        options = ["--yes"] if command == "abandon" else []
        done = workshop.importer(command, workshop.run_id(), *options)
    assert done.code == 4
    plain(done, "Read-only file system", workshop.run_id())
    nothing_is_lost(workshop)


@pytest.mark.skipif(
    os.name != "posix" or not hasattr(os, "geteuid") or os.geteuid() == 0,
    reason="modes do not bind the superuser, and Windows has none",
)
def test_run_folder_without_the_right_to_write_is_said_and_no_row_is_lost(
    workshop: Workshop,
) -> None:
    sent_in_part(workshop)
    places = [workshop.run_folder(), *workshop.run_folder().rglob("*")]
    modes = {place: stat.S_IMODE(place.stat().st_mode) for place in places}
    for place in reversed(places):
        place.chmod(0o500 if place.is_dir() else 0o400)
    try:
        done = workshop.importer("resume")
    finally:
        for place, mode in modes.items():
            place.chmod(mode)
    assert done.code == 4
    plain(done, "ermission denied")
    nothing_is_lost(workshop)


# --- a clock that jumps ---------------------------------------------------------------------------

HOURS = {"forward a day": 23, "back a day": -24, "back a week": -168}


def jump(workshop: Workshop, monkeypatch: pytest.MonkeyPatch, hours: float) -> None:
    """Set the machine's clock; what passes meanwhile is not changed by it."""
    now = workshop.clock.now

    def shifted() -> datetime:
        return now() + timedelta(hours=hours)

    monkeypatch.setattr(workshop.clock, "now", shifted)


@pytest.mark.parametrize("hours", HOURS.values(), ids=HOURS)
def test_clock_that_jumps_between_check_and_send_changes_nothing_of_what_is_sent(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    workshop.people(ROWS)
    assert workshop.importer("check", "people.csv").code == 0
    jump(workshop, monkeypatch, hours - 1)  # the command itself comes an hour later
    done = workshop.importer("send", workshop.run_id(), "--yes")
    if hours < 0:  # how old the plan is cannot be told then
        assert (done.code, len(done.lines)) == (4, 1)
        assert "clock" in done.err
        done = workshop.importer("send", workshop.run_id(), "--yes", "--stale")
    assert done.code == 0
    assert workshop.totals() == {"created": ROWS}
    assert set(workshop.times_carried().values()) == {1}


@pytest.mark.parametrize("hours", [24, -24, -168])
def test_clock_that_jumps_while_sending_neither_stops_nor_repeats_anything(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    workshop.people(ROWS)

    def at_the_third(request: httpx.Request) -> None:
        if len(workshop.network.merges()) == 3 and b"method=Merge" in request.url.query:
            jump(workshop, monkeypatch, hours)

    workshop.network.before = at_the_third
    assert workshop.importer("run", "people.csv", "--yes").code == 0
    assert workshop.totals() == {"created": ROWS}
    assert set(workshop.times_carried().values()) == {1}
    assert sum(workshop.clock.slept) < 120


def test_clock_set_back_between_a_run_and_its_resumption_is_said_and_loses_nothing(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent_in_part(workshop)
    jump(workshop, monkeypatch, -24)
    assert "clock" in workshop.importer("resume").err
    assert workshop.importer("resume", "--stale").code == 0
    nothing_is_lost(workshop)
    assert set(workshop.times_carried().values()) == {1}
    assert sum(workshop.clock.slept) < 120


def test_clock_set_back_while_an_answer_is_awaited_settles_the_call_all_the_same(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.people(ROWS)
    workshop.sandbox(faults="ok 429 ok 503-after lost")

    def back(request: httpx.Request) -> None:
        if len(workshop.network.merges()) == 2:
            workshop.network.before = None
            jump(workshop, monkeypatch, -24)

    workshop.network.before = back
    assert workshop.importer("run", "people.csv", "--yes").code == 0
    assert sum(workshop.totals().values()) == ROWS
    assert len(workshop.contacts()) == ROWS
    assert sum(workshop.clock.slept) < 600


# --- the way to the platform ----------------------------------------------------------------------


class Way(httpx.BaseTransport):
    """The way to the platform: broken from a Merge call on, for so many calls."""

    def __init__(
        self,
        inner: httpx.BaseTransport,
        fail: Callable[[httpx.Request], httpx.Response],
        *,
        after: int,
        times: int | None,
    ) -> None:
        self._inner = inner
        self._fail = fail
        self._after = after
        self._left = times
        self._merges = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._merges += b"method=Merge" in request.url.query
        if self._merges <= self._after or self._left == 0:
            return self._inner.handle_request(request)
        if self._left is not None:
            self._left -= 1
        return self._fail(request)


def broken(
    error: type[httpx.TransportError], words: str, cause: OSError | None = None
) -> Callable[[httpx.Request], Any]:
    """Fail as httpx does, with what the system said behind it."""

    def failing(request: httpx.Request) -> httpx.Response:
        raise error(words, request=request) from cause

    return failing


def unknown_authority() -> ssl.SSLCertVerificationError:
    words = (
        "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate"
        " (_ssl.c:1016)"
    )
    error = ssl.SSLCertVerificationError(1, words)
    error.verify_code, error.verify_message = 18, "self-signed certificate"
    return error


def page(status: int) -> Callable[[httpx.Request], Any]:
    def answering(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, html=HTML)

    return answering


def no_protocol() -> ssl.SSLError:
    error = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1016)")
    error.library, error.reason = "SSL", "WRONG_VERSION_NUMBER"
    return error


NO_NAME = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
UNTAKEN = {
    "no name": broken(httpx.ConnectError, str(NO_NAME), NO_NAME),
    "no certificate": broken(httpx.ConnectError, str(unknown_authority()), unknown_authority()),
    "no secure connection": broken(httpx.ConnectError, str(no_protocol()), no_protocol()),
    "no connection": broken(httpx.ConnectTimeout, "timed out"),
    "refused by a proxy": broken(httpx.ProxyError, "407 Proxy Authentication Required"),
}
DOUBTFUL = {
    "page of a proxy": page(200),
    "page of a gateway": page(502),
    "broken in the middle of an answer": broken(httpx.ReadError, "connection reset"),
    "closed without an answer": broken(httpx.RemoteProtocolError, "no response"),
    "no answer in time": broken(httpx.ReadTimeout, "timed out"),
}


@pytest.mark.parametrize("fault", UNTAKEN.values(), ids=UNTAKEN)
def test_way_that_never_reaches_the_platform_stops_the_run_with_nothing_in_doubt(
    workshop: Workshop, fault: Callable[[httpx.Request], Any]
) -> None:
    workshop.people(ROWS)
    network = workshop.network.inner
    workshop.network.inner = Way(network, fault, after=2, times=None)
    done = workshop.importer("run", "people.csv", "--yes")
    assert done.code == 5
    assert "127.0.0.1" in done.err
    assert f"importer resume {workshop.run_id()}" in done.err
    assert workshop.totals() == {"created": 10, "not_sent": 20}
    assert workshop.summary()["calls"]["in_doubt"] == 0
    workshop.network.inner = network
    nothing_is_lost(workshop)
    assert set(workshop.times_carried().values()) == {1}


@pytest.mark.parametrize("fault", UNTAKEN.values(), ids=UNTAKEN)
def test_way_that_is_broken_from_the_start_sends_nothing_and_says_why(
    workshop: Workshop, fault: Callable[[httpx.Request], Any]
) -> None:
    workshop.people(ROWS)
    network = workshop.network.inner
    workshop.network.inner = Way(network, fault, after=-1, times=None)
    done = workshop.importer("run", "people.csv", "--yes")
    assert done.code == 5
    assert f"importer resume {workshop.run_id()}" in done.err
    assert workshop.totals() == {"not_sent": ROWS}
    workshop.network.inner = network
    nothing_is_lost(workshop)


WORDS = {
    "no name": "the name 127.0.0.1 cannot be found",
    "no certificate": "certificate",
    "no secure connection": "no secure connection",
    "no connection": "no connection in time",
    "refused by a proxy": "HTTP 407",
}


@pytest.mark.parametrize("fault", UNTAKEN)
def test_reason_why_the_platform_cannot_be_reached_is_plain(workshop: Workshop, fault: str) -> None:
    workshop.people(ROWS)
    workshop.network.inner = Way(workshop.network.inner, UNTAKEN[fault], after=2, times=None)
    done = workshop.importer("run", "people.csv", "--yes")
    plain(done, "127.0.0.1 cannot be reached", WORDS[fault])
    assert "[" not in done.err


@pytest.mark.parametrize("fault", DOUBTFUL.values(), ids=DOUBTFUL)
def test_answer_that_says_nothing_leaves_the_call_in_doubt_until_resume_settles_it(
    workshop: Workshop, fault: Callable[[httpx.Request], Any]
) -> None:
    workshop.people(ROWS)
    network = workshop.network.inner
    workshop.network.inner = Way(network, fault, after=2, times=None)
    done = workshop.importer("run", "people.csv", "--yes")
    assert done.code == 5
    plain(done, f"importer resume {workshop.run_id()}")
    assert "guest network" not in (workshop.run_folder() / "results.csv").read_text("utf-8")
    totals = workshop.totals()
    assert (totals["created"], totals["unknown"]) == (10, 5)
    workshop.network.inner = network
    nothing_is_lost(workshop)


@pytest.mark.parametrize("fault", [*UNTAKEN.values(), *DOUBTFUL.values()], ids=UNTAKEN | DOUBTFUL)
def test_way_that_fails_for_a_moment_is_tried_again_and_nobody_needs_to_act(
    workshop: Workshop, fault: Callable[[httpx.Request], Any]
) -> None:
    workshop.people(ROWS)
    workshop.network.inner = Way(workshop.network.inner, fault, after=2, times=2)
    assert workshop.importer("run", "people.csv", "--yes").code == 0
    assert sum(workshop.totals().values()) == ROWS
    assert len(workshop.contacts()) == ROWS


def test_answer_that_trickles_a_byte_a_minute_is_given_up_in_time(workshop: Workshop) -> None:
    workshop.people(ROWS)

    class Trickle(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                workshop.clock.seconds += 60
                yield b" "

    def trickling(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Trickle())

    network = workshop.network.inner
    workshop.network.inner = Way(network, trickling, after=1, times=None)
    began = workshop.clock.seconds
    done = workshop.importer("run", "people.csv", "--yes")
    assert done.code == 5
    plain(done, f"importer resume {workshop.run_id()}")
    assert workshop.clock.seconds - began < 3600 + 2 * 3600
    workshop.network.inner = network
    nothing_is_lost(workshop)


def test_no_file_is_left_half_written_by_any_of_this(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent_in_part(workshop)
    disk = FullDisk(monkeypatch)
    with disk.full_after(5), contextlib.suppress(OSError):
        workshop.importer("resume")
    assert [path.name for path in workshop.run_folder().rglob(".*")] == []
    nothing_is_lost(workshop)


# --- the count of calls ---------------------------------------------------------------------------


def test_a_count_of_calls_that_fails_while_sending_stops_the_run_with_reports(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_turn, turns = Pace.wait_turn, 0

    def failing(*given: Any, **named: Any) -> Any:
        nonlocal turns
        turns += 1
        if turns > 2:  # the account's fields, and one batch
            raise StoppedError("the calls of the account cannot be counted. See to the disk.")
        return wait_turn(*given, **named)

    workshop.people(12)
    with monkeypatch.context() as patch:
        patch.setattr(Pace, "wait_turn", failing)
        done = workshop.importer("run", "people.csv", "--yes")
    assert done.code == 5
    plain(done, "cannot be counted", f"importer resume {workshop.run_id()}")
    assert workshop.summary()["rows"]["created"] == 5
    assert "defect" not in {line["event"] for line in workshop.log()}
    assert workshop.importer("resume").code == 0
    assert workshop.summary()["rows"]["created"] == 12


# --- a report that another program has open -------------------------------------------------------


def held_open(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let a file not be replaced, as on Windows while Excel shows it."""
    replace = Path.replace

    def refused(self: Path, target: Path) -> Path:
        if Path(target).name == name:
            raise PermissionError(errno.EACCES, "Access is denied", str(self), None, str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refused)


@pytest.mark.parametrize("name", ["to-fix.xlsx", "to-fix.csv", "results.csv", "report.html"])
def test_a_report_that_is_open_elsewhere_is_named_and_the_import_is_not_said_to_have_stopped(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    workshop.people(3)
    with (workshop.folder / "people.csv").open("a") as stream:
        stream.write("nobody,X,Y\n")
    settings = workshop.folder / "importer.yaml"
    settings.write_text(settings.read_text() + "reports: {workbook: always}\n")
    with monkeypatch.context() as patched:

        def opened(request: httpx.Request) -> None:
            if b"method=Merge" in request.url.query:
                held_open(patched, name)

        workshop.network.before = opened
        done = workshop.importer("run", "people.csv", "--yes")
    workshop.network.before = None
    assert done.code == 5
    plain(done, "Everything was sent", f"{name} is open in another program", "importer resume")
    assert "STOPPED" not in done.err
    assert workshop.importer("resume").code == 3
    assert workshop.totals() == {"created": 3, "invalid": 1}
    assert set(workshop.times_carried().values()) == {1}


def test_a_report_that_is_open_while_a_checked_run_is_sent_is_named_before_anything_is_sent(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.people(3)
    assert workshop.importer("check", "people.csv").code == 0
    with monkeypatch.context() as patched:
        held_open(patched, "results.csv")
        done = workshop.importer("send", workshop.run_id(), "--yes")
    assert done.code == 4
    plain(done, "results.csv is open in another program", "Nothing was sent")
    assert not workshop.contacts()


def test_reports_of_a_finished_run_that_cannot_be_written_are_no_reason_to_resume_it(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.people(3)
    assert workshop.importer("run", "people.csv", "--yes").code == 0
    with monkeypatch.context() as patched:
        held_open(patched, "results.csv")
        done = workshop.importer("report", workshop.run_id())
    assert done.code == 4
    plain(done, "results.csv is open in another program", f"importer report {workshop.run_id()}")
    assert "STOPPED" not in done.err


def test_a_run_whose_texts_cannot_be_cut_is_finished_all_the_same_and_says_so(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.people(3)
    with monkeypatch.context() as patched:
        held_open(patched, "source.parquet")
        done = workshop.importer("run", "people.csv", "--yes")
    assert done.code == 0
    plain(done, "could not be taken out of the run folder", f"importer report {workshop.run_id()}")
    state = workshop.run_folder() / "state"
    assert pq.read_metadata(state / "source.parquet").num_rows == 3
    assert not list(state.glob(".*"))
    assert workshop.importer("report", workshop.run_id()).code == 0
    assert pq.read_metadata(state / "source.parquet").num_rows == 0
