"""Starts of a job, one at a time: what stands in the way, and who is told."""

from __future__ import annotations

import base64
import errno
import json
from typing import Any

import pytest

from importer import assembly, runs
from importer.errors import StoppedError, UnusableInputError
from importer.jobs import local_places, run_job
from importer.jobs.importing import Importing
from importer.jobs.values import FileEnd
from importer.state import PickUp
from importer.state.sqlite_store import SqliteStore
from tests.jobs.nights import JOB, PEOPLE, HeldElsewhere, Nights
from tests.jobs.nights import Listener as Listener
from tests.jobs.nights import listener as listener
from tests.jobs.nights import nights as nights

FEW = range(1, 8)
DOWN = "ok 503 503 503 503 503 503 503 503"


def test_an_overlapping_start_ends_with_7_and_names_who_holds_the_job(nights: Nights) -> None:
    nights.drop("contacts.csv", FEW)
    with HeldElsewhere(nights):
        done = nights.start()
        assert done.code == 7
        assert "another process holds the job nightly: process" in done.err
        nights.configure(JOB + "    overlap: quiet\n")
        quiet = nights.start()
        assert (quiet.code, quiet.out, quiet.err) == (7, "", "")
    assert nights.told() == []
    assert nights.start().code == 0
    log = (nights.workshop.folder / "nightly.log").read_text(encoding="utf-8")
    assert log.count("held-by-another") == 2


def test_a_job_that_there_is_not_is_told_with_those_that_there_are(nights: Nights) -> None:
    done = nights.workshop.importer("job", "run", "nigthly")
    assert done.code == 4
    assert done.lines == ['importer: there is no job "nigthly". Did you mean "nightly"?']
    nights.configure("")
    assert "importer.yaml of this folder has no `jobs`" in nights.start().err


@pytest.mark.parametrize("what", ["key", "mapping", "connection", "inbox"])
def test_what_lacks_before_the_first_file_leaves_every_file_where_it_is(
    nights: Nights, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    path = nights.drop("contacts.csv", FEW)
    match what:
        case "key":
            monkeypatch.delenv("SANDBOX_KEY")
        case "mapping":
            nights.configure(JOB.replace("mapping: people", "mapping: peple"))
        case "connection":
            nights.workshop.write("mappings/people.yaml", "name: people\nconnection: other\n")
        case _:
            nights.configure(JOB.replace("inbox/*.csv", "share/inbox/*.csv"))
    done = nights.start()
    assert done.code == 4, done.err
    assert nights.kinds() == ["failed"]
    assert path.exists()
    assert nights.listener.beats == 0


def test_a_start_that_is_interrupted_is_told_and_the_next_one_goes_on(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.drop("contacts.csv", FEW)

    def stop(*_: object, **__: object) -> None:
        raise SystemExit(143)

    with monkeypatch.context() as patch:
        patch.setattr(runs, "run", stop)
        assert nights.start().code == 143
    assert nights.kinds() == ["failed"]
    assert nights.files("processing") == ["contacts.csv"]
    assert nights.start().code == 0
    assert nights.kinds() == ["recovered"]


def test_a_defect_of_ours_is_told_without_values_and_the_file_waits(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.drop("contacts.csv", FEW)

    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("person1@example.com")

    with monkeypatch.context() as patch:
        patch.setattr(runs, "run", break_down)
        done = nights.start()
    assert done.code == 1
    assert "a defect of importer stopped it (RuntimeError)" in done.err
    (message,) = nights.listener.told
    assert "person1" not in json.dumps(message) + done.err
    log = (nights.workshop.folder / "nightly.log").read_text(encoding="utf-8")
    assert "break_down" in log
    assert "person1" not in log
    assert nights.start().code == 0
    assert nights.files("archive") == ["contacts.csv"]


def test_a_full_disk_is_no_fault_of_the_file(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.drop("contacts.csv", FEW)

    def refuse(*_: object, **__: object) -> None:
        full = OSError(errno.ENOSPC, "No space left on device")
        raise UnusableInputError("runs: the run cannot be written") from full

    with monkeypatch.context() as patch:
        patch.setattr(assembly, "make_run", refuse)
        assert nights.start().code == 4
    assert nights.files("failed") == []
    assert nights.start().code == 0
    assert nights.files("archive") == ["contacts.csv"]


def test_what_cannot_be_noted_is_told_all_the_same(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.drop("contacts.csv", FEW)
    original = SqliteStore.alone
    broken = []

    def alone(store: SqliteStore, subject: str, work: Any) -> Any:
        if nights.files("archive") and "jobs" in str(store._path):
            broken.append(subject)
            raise StoppedError("the disk is full")
        return original(store, subject, work)

    with monkeypatch.context() as patch:
        patch.setattr(SqliteStore, "alone", alone)
        assert nights.start().code == 5
    assert broken
    assert nights.kinds() == ["failed"]
    assert nights.start().code == 0  # told again: what became of the file was not noted
    assert nights.files("archive") == ["contacts.csv"]


def test_again_imports_what_was_imported_before(nights: Nights) -> None:
    for _ in range(2):
        nights.drop("contacts.csv", FEW)
        assert nights.start().code == 0
    assert len(nights.workshop.run_folders()) == 1
    nights.drop("contacts.csv", FEW)
    assert nights.start("--again").code == 0
    assert len(nights.workshop.run_folders()) == 2
    assert nights.files("archive") == ["contacts.csv"] * 3


def test_a_run_that_a_person_went_on_with_is_put_away_by_the_next_start(nights: Nights) -> None:
    nights.drop("contacts.csv", FEW)
    nights.workshop.sandbox(faults=DOWN)
    assert nights.start().code == 5
    nights.workshop.sandbox()
    assert nights.workshop.importer("resume").code == 0
    assert nights.start().code == 0
    assert nights.files("archive") == ["contacts.csv"]
    assert nights.kinds() == ["failed", "recovered"]


def test_a_run_that_a_person_abandoned_is_put_away_as_failed(nights: Nights) -> None:
    nights.drop("contacts.csv", FEW)
    nights.workshop.sandbox(faults=DOWN)
    assert nights.start().code == 5
    nights.workshop.sandbox()
    assert nights.workshop.importer("abandon", nights.workshop.run_id()).code == 0
    assert nights.start().code == 5
    assert nights.files("failed") == ["contacts.csv"]
    assert nights.start().code == 0


def test_a_run_that_is_gone_lets_its_file_be_imported_anew(nights: Nights) -> None:
    import shutil

    nights.drop("contacts.csv", FEW)
    nights.workshop.sandbox(faults=DOWN)
    assert nights.start().code == 5
    shutil.rmtree(nights.workshop.run_folder())
    nights.workshop.sandbox()
    assert nights.start().code == 0
    assert nights.files("archive") == ["contacts.csv"]


def test_nothing_overtakes_a_run_that_stopped(nights: Nights) -> None:
    nights.drop("a.csv", FEW, city="Old")
    nights.drop("b.csv", FEW, city="New")
    nights.workshop.sandbox(faults=DOWN)
    assert nights.start().code == 5
    assert (nights.inbox / "b.csv").exists()
    nights.workshop.sandbox(faults="503 503 503 503 503 503 503 503")
    assert nights.start().code == 5
    assert (nights.inbox / "b.csv").exists()
    nights.workshop.sandbox()
    assert nights.start().code == 0
    assert nights.workshop.contact("person1@example.com")["f_City"] == "New"


@pytest.mark.parametrize("stale", ["wait", "abandon"])
def test_a_plan_that_is_too_old_holds_the_job_up_or_is_abandoned(
    nights: Nights, stale: str
) -> None:
    nights.configure(JOB + f"    stale: {stale}\n")
    nights.at(1, 5)
    nights.drop("a.csv", FEW, city="Old")
    nights.workshop.sandbox(faults=DOWN)
    assert nights.start().code == 5
    nights.workshop.sandbox()
    nights.at(3, 6)
    nights.drop("b.csv", FEW, city="New")
    done = nights.start()
    assert done.code == 5
    assert "was checked 2 days ago" in done.err
    if stale == "wait":
        assert (nights.inbox / "b.csv").exists()
        assert nights.workshop.importer("resume", "--stale").code == 0
    else:
        assert nights.files("failed") == ["a.csv"]
    assert nights.start().code == 0
    assert nights.workshop.contact("person1@example.com")["f_City"] == "New"


def test_too_many_rejected_rows_wait_for_a_person_and_hold_nothing_up(nights: Nights) -> None:
    nights.configure(JOB.replace("max_rejected: 3", "max_rejected: 0"))
    nights.workshop.write("mappings/people.yaml", PEOPLE.replace("mode: upsert", "mode: update"))
    nights.drop("a.csv", FEW)
    done = nights.start()
    assert (done.code, nights.files("failed")) == (5, ["a.csv"])
    assert nights.kinds() == ["failed"]
    nights.workshop.write("mappings/people.yaml", PEOPLE)
    nights.drop("b.csv", FEW, city="New")
    assert nights.start().code == 0
    assert nights.files("archive") == ["b.csv"]


def test_pages_and_summaries_are_attached_without_any_person(nights: Nights) -> None:
    nights.configure(JOB.replace("WEBHOOK}", "WEBHOOK, attach: [summary, page]}"))
    nights.drop("contacts.csv", FEW)
    nights.workshop.write("inbox/contacts.csv", "Email,First,City,News\nnobody,Ann,Laval,Y\n")
    nights.configure(
        JOB.replace("WEBHOOK}", "WEBHOOK, attach: [summary, page]}").replace("20%", "100%")
    )
    assert nights.start().code == 3
    (message,) = nights.listener.told
    found = {one["filename"]: base64.b64decode(one["base64"]) for one in message["attachments"]}
    assert set(found) == {"summary.json", "report.html"}
    assert not any(b"Ann" in content for content in found.values())
    assert json.loads(found["summary.json"])["rows"]["invalid"] == 1


def test_word_goes_nowhere_when_its_place_cannot_be_had(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IMPORTER_TEST_WEBHOOK")
    monkeypatch.delenv("IMPORTER_TEST_HEARTBEAT")
    nights.write("bad.csv", b"\x00" * 99)
    done = nights.start()
    assert done.code == 4
    assert "IMPORTER_TEST_WEBHOOK is not set" in done.err
    nights.drop("contacts.csv", FEW)
    assert "IMPORTER_TEST_HEARTBEAT is not set" in nights.start().err


def test_old_runs_of_the_job_go_and_those_of_people_stay(nights: Nights) -> None:
    nights.configure(JOB.replace("archive: 20d", "archive: 20d, runs: 10d"))
    nights.at(1, 5)
    nights.drop("contacts.csv", FEW)
    assert nights.start().code == 0
    nights.workshop.people(3)
    assert nights.workshop.importer("check", "people.csv", "-m", "people").code == 4
    nights.workshop.write("people.csv", "Email,First,City,News\na@example.com,A,B,\n")
    assert nights.workshop.importer("run", "people.csv", "-m", "people", "--yes").code == 0
    assert len(nights.workshop.run_folders()) == 2
    nights.at(25, 5)
    nights.drop("contacts.csv", FEW, city="New")
    assert nights.start().code == 0
    left = [json.loads((f / "settings.json").read_bytes()) for f in nights.workshop.run_folders()
            if (f / "settings.json").exists()]  # fmt: skip
    assert [one["job"] for one in left] == ["", "nightly"]


def test_the_python_function_does_what_the_command_does(nights: Nights) -> None:
    nights.drop("contacts.csv", FEW)
    end = run_job("nightly")
    assert (end.exit_code, [one.pick_up.name for one in end.files]) == (0, ["contacts.csv"])
    assert end.files[0].summary is not None
    assert end.files[0].summary.rows.created == len(FEW)
    assert runs.show(end.files[0].pick_up.run).job == "nightly"


@pytest.mark.parametrize("broken", [(Importing, "_taken"), (runs, "run")])
def test_a_file_is_gone_on_with_where_it_was_put_although_files_are_kept_elsewhere_now(
    nights: Nights, monkeypatch: pytest.MonkeyPatch, broken: tuple[Any, str]
) -> None:
    nights.drop("contacts.csv", FEW)

    def stop(*_: object, **__: object) -> None:
        raise SystemExit(143)

    with monkeypatch.context() as patch:
        patch.setattr(*broken, stop)
        assert nights.start().code == 143
    nights.configure(JOB + "    keep_in: elsewhere\n")
    assert nights.start().code == 0
    assert nights.workshop.contact("person1@example.com")["f_City"] == "Laval"
    assert (nights.files("processing"), nights.files("archive")) == ([], ["contacts.csv"])
    assert nights.kinds() == ["failed", "recovered"]


def test_a_file_that_was_moved_is_imported_although_its_folder_could_not_be_synced(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.drop("contacts.csv", FEW)

    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(local_places, "sync_folder", refuse)
        assert nights.start().code == 4
    assert nights.start().code == 0
    assert (nights.files("processing"), nights.files("archive")) == ([], ["contacts.csv"])
    assert nights.kinds() == ["failed", "recovered"]


def test_a_start_that_cannot_be_noted_at_all_is_told_each_time(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.drop("contacts.csv", FEW)
    original = SqliteStore.alone

    def alone(store: SqliteStore, subject: str, work: Any) -> Any:
        if "jobs" in str(store._path):
            raise StoppedError("the disk is full")
        return original(store, subject, work)

    with monkeypatch.context() as patch:
        patch.setattr(SqliteStore, "alone", alone)
        assert nights.start().code == 5
    (message,) = nights.listener.told
    assert "the disk is full." in message["message"]
    assert nights.kinds() == ["failed"]
    assert nights.start().code == 0


@pytest.mark.parametrize("damaged", ["state/jobs", "state/jobs/jobs.sqlite3"])
def test_a_memory_that_cannot_be_used_is_told(nights: Nights, damaged: str) -> None:
    nights.drop("contacts.csv", FEW)
    nights.workshop.write(f"../{damaged}", b"no memory" * 999)
    done = nights.start()
    assert done.code == 4
    assert nights.kinds() == ["failed"]
    assert nights.listener.beats == 0
    assert (nights.inbox / "contacts.csv").exists()


def test_a_file_that_was_sent_and_cannot_be_put_away_is_no_refusal(nights: Nights) -> None:
    archive = nights.write("archive", "no folder")
    nights.drop("a.csv", FEW)
    nights.drop("b.csv", FEW, city="New")
    assert [nights.start().code, nights.start().code] == [5, 5]
    assert nights.kinds() == ["failed"]
    archive.unlink()
    assert nights.start().code == 0
    assert nights.kinds() == ["recovered"]
    assert nights.files("archive") == ["a.csv", "b.csv"]
    assert set(nights.workshop.times_carried().values()) == {2}


def test_a_start_that_was_stopped_between_two_files_is_not_done(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.drop("a.csv", FEW)
    nights.drop("b.csv", FEW, city="New")
    original = Importing.bring

    def bring(importing: Importing, taken: PickUp) -> FileEnd:
        end = original(importing, taken)
        importing.means.interruption.request(15)
        return end

    with monkeypatch.context() as patch:
        patch.setattr(Importing, "bring", bring)
        assert nights.start().code == 143
        assert nights.listener.beats == 0
        assert nights.start().code == 0  # nothing was left when it was asked to stop
    assert nights.kinds() == ["failed", "recovered"]
    assert nights.files("archive") == ["a.csv", "b.csv"]


def test_yesterdays_file_that_was_left_does_not_hide_that_todays_is_missing(
    nights: Nights,
) -> None:
    nights.at(1, 5)
    nights.drop("a.csv", FEW)
    assert nights.start().code == 0
    nights.at(2, 7)
    nights.drop("b.csv", FEW, city="New")
    nights.workshop.sandbox(faults=DOWN)
    assert nights.start().code == 5
    nights.workshop.sandbox()
    nights.at(3, 6, 5)
    done = nights.start("--json")
    assert (done.json["state"], done.json["missing"]) == ("missing", "2026-12-03")
    assert nights.kinds() == ["failed", "missing"]
    assert nights.files("archive") == ["a.csv", "b.csv"]


def test_word_goes_out_although_nothing_can_be_attached(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.configure(JOB.replace("WEBHOOK}", "WEBHOOK, attach: [page], on: [success]}"))
    nights.drop("contacts.csv", FEW)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(runs, "report", refuse)
        assert nights.start().code == 0
    assert nights.kinds() == ["success"]


def test_runs_are_kept_no_shorter_than_was_said(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.configure(JOB.replace("archive: 20d", "runs: 36h"))
    original = runs.purge
    asked = []

    def purge(days: int | None = None, **settings: Any) -> runs.Purged:
        asked.append(days)
        return original(days, **settings)

    monkeypatch.setattr(runs, "purge", purge)
    assert nights.start().code == 0
    assert asked == [2]


def test_a_place_that_takes_nothing_lets_nobody_else_be_told_twice(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = f"json://{nights.listener.address}/"
    monkeypatch.setenv("IMPORTER_TEST_WEBHOOK", f"{good} json://127.0.0.1:1/secret")
    nights.write("bad.csv", b"\0" * 99)
    done = nights.start()
    assert "place 2 (json) of `notify` did not take the message" in done.err
    nights.drop("contacts.csv", FEW)
    assert nights.start().code == 0
    assert nights.kinds() == ["failed", "recovered"]
    monkeypatch.setenv("IMPORTER_TEST_WEBHOOK", f"{good} json://localhost:{good[-6:]}")
    assert nights.start().code == 0
    assert nights.kinds() == ["failed", "recovered"]
    state = nights.workshop.folder.parent / "state" / "jobs"
    assert not any(b"127.0.0.1" in path.read_bytes() for path in state.glob("*.sqlite3*"))


def test_a_file_of_another_job_in_the_same_folder_is_not_in_the_way(nights: Nights) -> None:
    weekly = JOB.removeprefix("jobs:\n").replace("nightly", "weekly").replace("*.csv", "*.txt")
    nights.configure(JOB + weekly)
    nights.drop("a.csv", FEW)
    nights.workshop.sandbox(faults=DOWN)
    assert nights.start().code == 5
    other = nights.workshop.importer("job", "run", "weekly")
    assert (other.code, other.lines) == (0, ["There is nothing to import."])


@pytest.mark.parametrize("killed", [False, True])
def test_a_run_is_gone_on_with_although_runs_are_kept_elsewhere_now(
    nights: Nights, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    nights.drop("contacts.csv", FEW)
    nights.workshop.sandbox(faults=DOWN)
    with monkeypatch.context() as patch:
        if killed:
            patch.setattr(Importing, "_of_summary", _die)
        assert nights.start().code == (1 if killed else 5)
    nights.workshop.sandbox()
    assert nights.start("--runs-dir", "elsewhere").code == 0
    assert nights.files("archive") == ["contacts.csv"]
    assert len(nights.workshop.run_folders()) == 1
    assert not (nights.workshop.folder / "elsewhere").exists()
    assert nights.workshop.summary()["state"] == "finished"


def _die(*_: object) -> None:
    raise RuntimeError
