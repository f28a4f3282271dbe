"""``job list``, ``job run --dry-run``, ``job schedule`` and ``job schema``, as people see them."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys

import pytest

from importer import cli
from importer.settings import settings_schema
from tests.jobs.nights import JOB, Nights
from tests.jobs.nights import Listener as Listener
from tests.jobs.nights import listener as listener
from tests.jobs.nights import nights as nights
from tests.runs.workshop import environment

FEW = range(1, 8)


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "UTC")
    if hasattr(time, "tzset"):
        time.tzset()


def test_a_list_of_jobs_shows_last_and_next(nights: Nights) -> None:
    workshop = nights.workshop
    nights.at(1, 4)
    assert workshop.importer("job", "list").out.splitlines() == [
        "nightly               never started",
        "    next file expected by 2026-12-01 06:00 UTC",
    ]
    nights.at(1, 5)
    nights.drop("contacts.csv", FEW)
    workshop.sandbox(faults="ok 503 503 503 503 503 503 503 503")
    assert nights.start().code == 5
    lines = workshop.importer("job", "list").out.splitlines()
    assert lines[0].startswith("nightly               failed since 2026-12-01 05:")
    assert lines[0].endswith("last start 2026-12-01 05:00 UTC, exit code 5")
    assert lines[1] == (
        "    last file: contacts.csv, 2026-12-01 05:00 UTC: not finished; the next start goes on"
    )
    assert lines[2] == "    next: goes on with contacts.csv"
    assert workshop.importer("job", "list", "--quiet").out
    workshop.sandbox()
    nights.listener.down = True
    assert nights.start().code == 0
    assert "    1 message could not be sent yet" in workshop.importer("job", "list").out
    (found,) = workshop.importer("job", "list", "--json").json["jobs"]
    assert (found["state"], found["last_file"]["end"], found["last_file"]["rows"]) == (
        "ok",
        "imported",
        7,
    )
    assert found["unsent_messages"] == 1
    nights.listener.down = False
    nights.start()
    assert workshop.importer("job", "list", "--quiet").out == ""


def test_a_job_whose_holidays_cannot_be_known_is_listed_with_the_remedy(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    nights.configure(JOB.replace('["2026-12-25"]', '["holidays:CA-QC"]'))
    done = nights.workshop.importer("job", "list")
    assert done.code == 0
    assert "pip install 'importer[nights]'" in done.out
    (found,) = nights.workshop.importer("job", "list", "--json").json["jobs"]
    assert "importer[nights]" in found["problem"]
    assert nights.start().code == 4
    assert nights.kinds() == ["failed"]


def test_without_jobs_the_list_says_so(nights: Nights) -> None:
    nights.configure("")
    done = nights.workshop.importer("job", "list")
    assert (done.code, done.lines) == (0, ["importer.yaml of this folder has no jobs."])
    assert nights.workshop.importer("job", "list", "--quiet").err == ""


def test_a_dry_run_checks_and_moves_nothing(nights: Nights) -> None:
    path = nights.drop("a.csv", FEW)
    bad = nights.write("b.csv", b"\x00" * 99)
    done = nights.start("--dry-run")
    assert done.code == 4
    first, second = done.out.splitlines()
    assert first.startswith(f"{path.relative_to(nights.workshop.folder)}: ")
    assert second.startswith(f"{bad.relative_to(nights.workshop.folder)}: ")
    assert done.lines[-1] == "Nothing was moved, and nothing was sent."
    assert path.exists()
    assert nights.workshop.contacts() == []
    assert nights.told() == []
    (found,) = nights.workshop.importer("job", "list", "--json").json["jobs"]
    assert found["last_start"] is None
    content = nights.start("--dry-run", "--json").json
    assert [one["exit_code"] for one in content["files"]] == [0, 4]
    assert content["files"][0]["rows"]["not_sent"] == 7


def test_a_dry_run_tells_what_goes_first_and_what_has_not_come(nights: Nights) -> None:
    nights.at(1, 5)
    nights.drop("a.csv", FEW)
    nights.workshop.sandbox(faults="ok 503 503 503 503 503 503 503 503")
    assert nights.start().code == 5
    done = nights.start("--dry-run")
    assert done.lines[0] == "a.csv: an earlier start left it unfinished; it goes first"
    nights.workshop.sandbox()
    assert nights.start().code == 0
    nights.drop("again.csv", FEW)
    done = nights.start("--dry-run")
    assert "the same content was imported already" in done.out
    (nights.inbox / "again.csv").unlink()
    nights.at(2, 7)
    done = nights.start("--dry-run")
    assert (done.code, done.lines[0]) == (4, "the file of 2026-12-02 has not come.")


def test_what_a_start_came_to_is_printed_as_json_and_in_words(nights: Nights) -> None:
    nights.drop("a.csv", FEW)
    nights.write("b.csv", b"\x00" * 99)
    nights.write("c.tmp.csv.part", "x")
    done = nights.start()
    assert done.code == 3
    assert done.out.splitlines() == ["a.csv: imported", "b.csv: refused"]
    assert any(line.startswith("  The file lies in inbox/failed/") for line in done.lines)
    nights.drop("a.csv", FEW, city="New")
    content = nights.start("--json").json
    assert (content["exit_code"], content["state"], content["before"]) == (0, "ok", "degraded")
    assert content["files"][0]["end"] == "imported"
    assert nights.start("--quiet").err == ""
    nights.write("b.csv", b"\x01" * 99)
    quiet = nights.start("--quiet")
    assert quiet.out.splitlines() == ["b.csv: refused"]
    assert nights.start().lines == ["There is nothing to import."]


@pytest.mark.parametrize("form", ["systemd", "cron", "windows"])
def test_a_schedule_names_the_job_and_its_command(
    nights: Nights, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IMPORTER_STATE_DIR")
    nights.configure(f"state_dir: {nights.workshop.folder / 'state'}\n{JOB}")
    done = nights.workshop.importer("job", "schedule", "nightly", f"--{form}")
    assert done.code == 0, done.err
    assert "nightly" in done.out
    assert "job run nightly --quiet" in " ".join(done.out.split())


def test_a_schedule_needs_to_know_for_what(nights: Nights) -> None:
    done = nights.workshop.importer("job", "schedule", "nightly")
    assert done.code == 2
    assert "--systemd, --cron or --windows" in done.err
    assert nights.workshop.importer("job", "schedule", "other", "--cron").code == 4


def test_the_schema_of_the_settings_is_printed(nights: Nights) -> None:
    done = nights.workshop.importer("job", "schema")
    assert json.loads(done.out) == settings_schema()


def test_jobs_speak_french(nights: Nights) -> None:
    nights.configure("language: fr\n" + JOB)
    nights.drop("a.csv", FEW)
    assert nights.start().out.splitlines() == ["a.csv : importé"]
    assert "en ordre depuis" in nights.workshop.importer("job", "list").out


@pytest.mark.skipif(os.name != "posix", reason="needs a shell that closes streams")
@pytest.mark.parametrize("closed", ["<&- >&- 2>&-", "2>&-", ">&-"])
def test_a_start_needs_no_streams(nights: Nights, closed: str) -> None:
    nights.configure(JOB.replace("settle_seconds: 30", "settle_seconds: 0"))
    nights.drop("a.csv", FEW)
    words = shlex.join([sys.executable, "-P", "-m", "importer", "job", "run", "nightly", "-n"])
    started = subprocess.run(
        ["sh", "-c", f"exec {words} {closed}"],
        cwd=nights.workshop.folder,
        env=environment(),
        check=False,
    )
    assert started.returncode == 0
    assert nights.workshop.summary()["state"] == "checked"


def test_streams_that_are_closed_are_opened_to_nowhere(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("stdin", "stdout", "stderr")
    with monkeypatch.context() as patch:
        for name in names:
            patch.setattr(sys, name, None)
        assert cli.run_command(["job", "run", "nightly", "--dry-run"]) == 0
        opened = [getattr(sys, name) for name in names]
    for stream in opened:
        stream.close()
    assert [stream.name for stream in opened] == [os.devnull] * 3
