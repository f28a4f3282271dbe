"""Signals to a process of its own: what hangs is abandoned, what waits ends, reports are there."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from importer.sandbox import SandboxSettings, running
from tests.runs.crossing import Gate, gated
from tests.runs.workshop import SETTINGS, URL, Recorder, Workshop

ROWS = 30
CODES = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
QUICK = "import importer.delivery.lanes as lanes; lanes.GRACE = 0.2"  # else each takes 12 s

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


@contextmanager
def sending(
    workshop: Workshop, url: str, *, script: str = "", limits: str = ""
) -> Iterator[subprocess.Popen[str]]:
    """Run 30 rows in 6 calls in a process of its own; it does not outlive the test."""
    workshop.people(ROWS)
    settings = SETTINGS.replace(URL, url)
    if limits:
        settings = settings.replace("rows_per_call: 5", f"rows_per_call: 5, {limits}")
    workshop.write("importer.yaml", settings)
    process = workshop.start("run", "people.csv", "--yes", script=script)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def told(process: subprocess.Popen[str], words: str) -> None:
    """Read what a process says until it says that."""
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if words in line:
            return
    raise AssertionError(said)


def stopped(process: subprocess.Popen[str], number: int) -> str:
    """Send a signal, wait until it is answered, then for the end; give what was said at last."""
    process.send_signal(number)
    told(process, "Once more stops at once")
    _, err = process.communicate()
    return err


def results_of(workshop: Workshop) -> list[str]:
    return [line["verdict"] for line in workshop.results()]


def everything_arrived_once_but(workshop: Workshop, gate: Gate, repeated: int) -> None:
    """Resume to the end: only the contacts of the call in doubt went twice."""
    workshop.network = Recorder(httpx.HTTPTransport())
    workshop.set_clock()
    assert workshop.importer("resume").code == 0
    assert sum(workshop.totals().values()) == ROWS
    carried = sorted(gate.carried().values())
    assert carried == [1] * (ROWS - repeated) + [2] * repeated


# --- a call that hangs ----------------------------------------------------------------------------


def test_grace_of_a_call_under_way_leaves_time_to_write_reports_within_twenty_seconds() -> None:
    from importer.delivery import lanes

    assert 5 <= lanes.GRACE < lanes.GRACE + lanes._LAST_GRACE <= 18


@pytest.mark.parametrize(("number", "code"), CODES)
def test_call_that_hangs_is_abandoned_in_doubt_and_the_run_ends_with_reports(
    workshop: Workshop, number: int, code: int
) -> None:
    with gated(at=3) as gate:
        with sending(workshop, gate.url, script=QUICK) as process:
            gate.arrived.wait()
            err = stopped(process, number)  # the gate stays shut
            assert process.returncode == code
        assert "Interrupted" in err
        assert f"importer resume {workshop.run_id()}" in err
        assert "Traceback" not in err
        assert workshop.summary()["exit_code"] == code
        assert workshop.summary()["state"] == "stopped"
        assert workshop.totals() == {"created": 10, "unknown": 5, "not_sent": 15}
        assert results_of(workshop) == ["created"] * 10 + ["unknown"] * 5 + ["not-sent"] * 15
        assert (workshop.run_folder() / "report.html").is_file()
        found = workshop.journal("SELECT first, end FROM call WHERE result IN ('open', 'in-doubt')")
        assert found == [(10, 15)]
        gate.opened.set()
        everything_arrived_once_but(workshop, gate, repeated=5)


@pytest.mark.parametrize(("first", "second"), [(0, 1), (1, 0)])
def test_second_signal_ends_at_once_with_its_own_code_and_lets_go_of_the_run(
    workshop: Workshop, first: int, second: int
) -> None:
    with gated(at=3) as gate:
        with sending(workshop, gate.url) as process:
            gate.arrived.wait()
            process.send_signal(CODES[first][0])
            told(process, "Once more stops at once")
            process.send_signal(CODES[second][0])
            _, err = process.communicate()
            assert process.returncode == CODES[second][1]
        assert "importer runs" in err
        assert "Traceback" not in err
        assert not (workshop.run_folder() / "state" / "holder").exists()
        gate.opened.set()
        everything_arrived_once_but(workshop, gate, repeated=5)


def test_several_calls_that_hang_are_all_abandoned_in_doubt(workshop: Workshop) -> None:
    with gated(at=3) as gate:
        answer = gate.app.wsgi_app
        waiting = []

        def hanging(environ: dict[str, object], start: object) -> object:
            found = list(answer(environ, start))  # type: ignore[arg-type]
            if "method=Merge" in str(environ.get("QUERY_STRING")):
                waiting.append(found)
                if len(waiting) >= 3:
                    gate.arrived.set()
                if len(waiting) > 1:
                    gate.opened.wait()
            return found

        gate.app.wsgi_app = hanging  # type: ignore[assignment]
        with sending(workshop, gate.url, script=QUICK, limits="in_flight: 2") as process:
            gate.arrived.wait()
            err = stopped(process, signal.SIGINT)
            assert process.returncode == 130
        assert f"importer resume {workshop.run_id()}" in err
        assert workshop.totals() == {"created": 5, "unknown": 10, "not_sent": 15}
        gate.opened.set()
        everything_arrived_once_but(workshop, gate, repeated=10)


# --- no call under way ----------------------------------------------------------------------------


def test_wait_for_the_pace_ends_at_once_with_nothing_in_doubt(workshop: Workshop) -> None:
    with (
        running() as url,
        sending(workshop, url, limits="calls_per_minute: 2") as process,
    ):
        told(process, "Waiting")
        err = stopped(process, signal.SIGINT)
        assert process.returncode == 130
    assert f"importer resume {workshop.run_id()}" in err
    assert workshop.summary()["calls"]["in_doubt"] == 0
    totals = workshop.totals()
    assert totals.keys() == {"created", "not_sent"}
    assert sum(totals.values()) == ROWS


def test_wait_that_the_platform_asked_for_ends_at_once_with_nothing_in_doubt(
    workshop: Workshop,
) -> None:
    switches = SandboxSettings(faults="ok ok 429", retry_after_seconds=300)
    with running(switches) as url, sending(workshop, url) as process:
        told(process, "Waiting")
        err = stopped(process, signal.SIGTERM)
        assert process.returncode == 143
    assert f"importer resume {workshop.run_id()}" in err
    assert workshop.summary()["calls"]["in_doubt"] == 0
    assert workshop.totals() == {"created": 10, "not_sent": 20}


# --- before and after the sending -----------------------------------------------------------------

# Sends itself a signal at the beginning of that function.
AT = """
import os, signal
from importer import {module} as module
def struck(*arguments, struck=module.{name}, **settings):
    os.kill(os.getpid(), signal.{number})
    return struck(*arguments, **settings)
module.{name} = struck
"""


def test_signal_at_the_beginning_of_a_check_ends_it_and_sends_nothing(workshop: Workshop) -> None:
    workshop.people(ROWS)
    script = AT.format(module="pipeline", name="check", number="SIGTERM")
    done = workshop.spawned("run", "people.csv", "--yes", script=script)
    assert done.code == 143
    assert done.lines[-1].startswith("Interrupted.")
    assert workshop.network.requests == []
    assert workshop.importer("resume").code == 0
    assert workshop.totals() == {"created": ROWS}


@pytest.mark.parametrize(
    ("name", "struck", "said"),
    [
        ("read_back", "os.kill", "Stopping after the call under way."),
        # The reports that come when all was sent: those before have rows that are not sent.
        ("balance", "arguments[0]['not-sent'] or os.kill", "Stopping after the reports."),
    ],
)
def test_signal_after_all_was_sent_leaves_reports_that_say_so(
    workshop: Workshop, name: str, struck: str, said: str
) -> None:
    workshop.people(ROWS)
    script = AT.format(module="pipeline", name=name, number="SIGTERM").replace("os.kill", struck)
    with running() as url:
        workshop.write("importer.yaml", SETTINGS.replace(URL, url))
        done = workshop.spawned("run", "people.csv", "--yes", "--verify", "5", script=script)
    assert said in done.err
    assert done.code == 0
    assert workshop.totals() == {"created": ROWS}


def test_second_signal_while_the_last_reports_are_written_leaves_a_run_that_resume_finishes(
    workshop: Workshop,
) -> None:
    workshop.people(ROWS)
    # The reports that come when all was sent: those before have rows that are not sent.
    script = AT.format(module="pipeline", name="balance", number="SIGINT").replace(
        "os.kill(os.getpid(), signal.SIGINT)",
        "arguments[0]['not-sent'] or [os.kill(os.getpid(), signal.SIGINT) for _ in range(2)]",
    )
    with running() as url:
        workshop.write("importer.yaml", SETTINGS.replace(URL, url))
        done = workshop.spawned("run", "people.csv", "--yes", script=script)
        assert done.code == 130
        assert done.lines[-1].startswith("Interrupted.")
        workshop.network = Recorder(httpx.HTTPTransport())
        assert workshop.importer("resume").code == 0
        assert workshop.network.merges() == []
    assert workshop.totals() == {"created": ROWS}
