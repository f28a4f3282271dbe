"""Signals and kills, in processes of their own; and a stop at every durable write, in this one."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

import importer.journal.store
from importer.errors import UnusableInputError
from tests.runs.crossing import Gate, gated
from tests.runs.workshop import PEOPLE, SETTINGS, URL, Done, Recorder, Workshop

ROWS = 30

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


def sending(workshop: Workshop, gate: Gate, *options: str) -> subprocess.Popen[str]:
    """Start a run of 30 rows in 6 calls, and wait until the gated call is under way."""
    workshop.people(ROWS)
    workshop.write("importer.yaml", SETTINGS.replace(URL, gate.url))
    process = workshop.start("run", "people.csv", "--yes", *options)
    gate.arrived.wait()
    return process


def resumed(workshop: Workshop) -> Done:
    """Resume in this process, over the network; the other process had the machine's clock."""
    workshop.set_clock()
    workshop.network = Recorder(httpx.HTTPTransport())
    return workshop.importer("resume")


def told(process: subprocess.Popen[str], words: str) -> str:
    """Read what a process says until it says that."""
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if words in line:
            return said
    raise AssertionError(said)


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (getattr(signal, "SIGHUP", 1), 5)],
)
def test_promise_3_a_signal_ends_the_run_after_the_call_under_way_and_resume_sends_the_rest_once(
    workshop: Workshop, number: int, code: int
) -> None:
    with gated(at=3) as gate:
        process = sending(workshop, gate)
        process.send_signal(number)
        told(process, "Stopping after the call under way")
        gate.opened.set()
        _, err = process.communicate()
        assert process.returncode == code
        assert ("Interrupted" if code > 5 else "Stopped early") in err
        assert workshop.summary()["exit_code"] == code
        assert workshop.totals() == {"created": 15, "not_sent": 15}
        assert resumed(workshop).code == 0
        assert workshop.totals() == {"created": ROWS}
        assert set(gate.carried().values()) == {1}
        assert len(gate.carried()) == ROWS


def test_a_second_signal_stops_at_once_and_only_the_call_in_doubt_goes_twice(
    workshop: Workshop,
) -> None:
    with gated(at=2) as gate:
        process = sending(workshop, gate)
        process.send_signal(signal.SIGINT)
        told(process, "Once more stops at once")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
        assert process.returncode == 130
        assert "importer runs" in err
        gate.opened.set()
        done = resumed(workshop)
        assert done.code == 0
        assert sorted(gate.carried().values()) == [1] * 25 + [2] * 5
        assert workshop.totals() == {"created": 25, "updated": 5}


def test_promise_3_kill_in_the_middle_of_sending_leaves_one_call_in_doubt_that_resume_settles(
    workshop: Workshop,
) -> None:
    with gated(at=4) as gate:
        process = sending(workshop, gate)
        process.kill()
        process.communicate()
        gate.opened.set()
        assert workshop.importer("report", workshop.run_id()).code == 0
        assert workshop.totals() == {"created": 15, "unknown": 5, "not_sent": 10}
        assert workshop.summary()["exit_code"] == 5
        assert resumed(workshop).code == 0
        twice = [key for key, times in gate.carried().items() if times == 2]
        assert sorted(twice) == sorted(f"person{i}@example.com" for i in range(16, 21))
        assert len(workshop.results()) == ROWS


def test_kill_of_an_insert_only_run_leaves_what_was_in_doubt_unknown(workshop: Workshop) -> None:
    workshop.write("mappings/people.yaml", PEOPLE.replace("upsert", "insert"))
    with gated(at=4) as gate:
        process = sending(workshop, gate)
        process.kill()
        process.communicate()
        gate.opened.set()
        assert resumed(workshop).code == 6
        assert workshop.totals() == {"created": 25, "unknown": 5}


def test_another_process_that_holds_the_run_is_exit_7(workshop: Workshop) -> None:
    with gated(at=1) as gate:
        process = sending(workshop, gate)
        try:
            done = workshop.importer("resume", workshop.run_id())
            assert (done.code, len(done.lines)) == (7, 1)
            assert f"process {process.pid}" in done.err
        finally:
            gate.opened.set()
            process.communicate()
        assert process.returncode == 0


# Dies when the planner has taken so many chunks: in the middle of the check.
DYING = """
import os, signal
from importer.planning import Planner
Planner.finish = lambda self: os.kill(os.getpid(), signal.SIG{name})
"""


def test_promise_3_kill_in_the_middle_of_a_check_is_checked_again_by_resume(
    workshop: Workshop,
) -> None:
    workshop.people(ROWS)
    process = workshop.start("run", "people.csv", "--yes", script=DYING.format(name="KILL"))
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    done = workshop.importer("report", workshop.run_id())
    assert done.code == 4
    assert f"importer resume {workshop.run_id()}" in done.err
    for command in ("send", "abandon"):
        done = workshop.importer(command, workshop.run_id(), "--yes")
        assert done.code == 4
        assert "did not end" in done.err
    assert workshop.importer("runs").out.split()[1] == "checking"
    assert workshop.importer("resume").code == 0
    assert workshop.totals() == {"created": ROWS}


def test_signal_in_the_middle_of_a_check_ends_at_once_with_its_code(workshop: Workshop) -> None:
    workshop.people(ROWS)
    for name, code in (("INT", 130), ("TERM", 143)):
        done = workshop.spawned("run", "people.csv", "--yes", script=DYING.format(name=name))
        assert done.code == code
        assert done.lines[-1].startswith("Interrupted.")
    assert workshop.importer("resume").code == 0
    assert workshop.importer("resume").code == 0
    assert workshop.importer("resume").code == 4


def test_interrupted_check_is_checked_again_when_named_and_sends_nothing(
    workshop: Workshop,
) -> None:
    workshop.people(ROWS)
    workshop.spawned("check", "people.csv", script=DYING.format(name="KILL"))
    done = workshop.importer("resume")
    assert done.code == 4
    assert "nothing to resume" in done.err
    assert workshop.importer("resume", workshop.run_id()).code == 0
    assert workshop.summary()["state"] == "checked"
    assert workshop.network.requests == []
    assert workshop.importer("send", workshop.run_id(), "--yes").code == 0


def test_run_without_consent_that_died_in_its_check_still_asks(workshop: Workshop) -> None:
    workshop.people(ROWS)
    workshop.spawned("run", "people.csv", script=DYING.format(name="KILL"))
    done = workshop.importer("resume")
    assert done.code == 4
    assert "sending needs --yes" in done.err
    assert workshop.merge_calls() == []


@pytest.mark.parametrize("change", ["changed", "gone"])
def test_source_that_changed_before_its_check_ended_is_refused(
    workshop: Workshop, change: str
) -> None:
    path = workshop.people(ROWS)
    workshop.spawned("run", "people.csv", "--yes", script=DYING.format(name="KILL"))
    if change == "gone":
        path.unlink()
    else:
        workshop.people(ROWS + 1)
    done = workshop.importer("resume")
    assert (done.code, len(done.lines)) == (4, 1)
    assert change in done.err
    assert workshop.network.requests == []


def test_standard_input_is_checked_again_from_its_copy(workshop: Workshop) -> None:
    content = workshop.people(ROWS).read_bytes()
    process = workshop.start(
        "run", "-", "-m", "people", "--yes", script=DYING.format(name="KILL"), stdin=b""
    )
    process.communicate(content.decode())
    assert process.returncode == -signal.SIGKILL
    assert workshop.importer("resume").code == 0
    assert workshop.totals() == {"created": ROWS}


def test_stop_asked_for_while_waiting_ends_the_run_before_the_next_call(
    workshop: Workshop,
) -> None:
    workshop.people(10)
    workshop.sandbox(faults="ok 503")
    workshop.clock.on_sleep = lambda: workshop.interruption.request(signal.SIGTERM)
    assert workshop.importer("run", "people.csv", "--yes").code == 143
    assert workshop.totals() == {"created": 5, "not_sent": 5}
    workshop.clock.on_sleep = None
    assert workshop.importer("resume").code == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("times", [1, 2])
def test_signals_while_sending_are_told_and_the_old_answers_to_them_come_back(
    workshop: Workshop, number: int, code: int, times: int
) -> None:
    workshop.people(15)
    before = signal.getsignal(number)
    ended = threading.Event()

    def raise_it(request: httpx.Request) -> None:
        if b"method=Merge" in request.url.query and len(workshop.network.merges()) == 2:
            for _ in range(times):  # two at once would count as one
                signal.raise_signal(number)
                workshop.interruption.wait(60)
            if times == 2:
                ended.wait()  # the answer comes too late

    workshop.network.before = raise_it
    done = workshop.importer("run", "people.csv", "--yes")
    assert done.code == code
    assert "Stopping after the call under way" in done.err
    assert signal.getsignal(number) is before
    workshop.network.before = None
    ended.set()
    if times == 2:  # at once: what became of the call under way is not known
        assert "importer runs" in done.err
        workshop.importer("report", workshop.run_id())
        assert workshop.totals() == {"created": 5, "unknown": 5, "not_sent": 5}
    else:
        assert workshop.totals() == {"created": 10, "not_sent": 5}
    assert workshop.importer("resume").code == 0
    totals = workshop.totals()
    assert totals.keys() <= ({"created"} if times == 1 else {"created", "updated"})
    assert sum(totals.values()) == 15


# --- a stop at every durable write ---------------------------------------------------------------


class Stopped(BaseException):
    """The process ends here: no ``except Exception`` sees it."""


class Countdown:
    """Lets so many durable writes pass; the next one stops, before or after it is done."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left: int | None = None
        self.passed = 0
        sync = os.fsync
        journal = importer.journal.store.Journal
        set_fact, submitting, settled = journal.set_fact, journal.submitting, journal.settled

        def counted(write: Any) -> Any:
            def counting(*arguments: Any, **settings: Any) -> Any:
                result = write(*arguments, **settings)
                self.passed += 1
                if self.left is not None and self.passed > self.left:
                    raise Stopped
                return result

            return counting

        monkeypatch.setattr(os, "fsync", counted(sync))
        for name, write in (("set_fact", set_fact), ("submitting", submitting),
                            ("settled", settled)):  # fmt: skip
            monkeypatch.setattr(journal, name, counted(write))


def test_promise_3_a_stop_after_any_durable_write_loses_nothing_and_sends_nothing_twice(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"person{i}@example.com,A,B" for i in range(1, 9)] + ["no address,A,B"]
    workshop.write("people.csv", "\n".join(["Email,First,City", *rows, ""]))
    countdown = Countdown(monkeypatch)
    assert workshop.importer("run", "people.csv", "--yes").code == 3
    writes = countdown.passed
    assert writes > 20
    finished = 0
    for left in range(writes):
        countdown.passed, countdown.left = 0, left
        workshop.sandbox()
        with pytest.raises(Stopped):
            workshop.importer("run", "people.csv", "--yes")
        countdown.left = None
        done = workshop.importer("resume")
        if done.code == 4:  # the run had no name yet, or had its end already
            assert "nothing to resume" in done.err
            carried = workshop.times_carried()
            assert not carried or workshop.journal(
                "SELECT value FROM fact WHERE name = 'state'"
            ) == [("finished",)]
            continue
        finished += 1
        assert done.code == 3, (left, done)
        times = workshop.times_carried()
        assert len(times) == 8
        assert len([key for key, count in times.items() if count > 1]) <= 5  # the batch in doubt
        assert workshop.verdicts().total() == 9
        assert workshop.totals().keys() <= {"created", "updated", "invalid"}
        assert workshop.totals()["invalid"] == 1
    assert finished > writes / 2


def test_run_that_died_before_it_had_its_name_leaves_nothing_that_looks_like_a_run(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.people(3)

    def die(*_: Any) -> Path:
        raise UnusableInputError("the disk is gone")

    monkeypatch.setattr("importer.assembly.making.write_whole", die)
    done = workshop.importer("run", "people.csv", "--yes")
    assert (done.code, done.lines) == (4, ["importer: the disk is gone"])
    assert workshop.run_folders() == []
