"""``importer purge``: old runs go, whole or not at all; ledgers of consents stay their own time."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from importer.errors import UnusableInputError
from importer.files import sync_folder, write_whole
from importer.journal import Journal
from importer.reports import Summary
from importer.run_folder import RunFolder, find_run
from importer.runs import find, remains, resume, retry, show
from importer.runs.purging import Purged, purge
from tests.runs.workshop import SETTINGS, Workshop, bytes_below, files_below

DAY = 86_400
LEDGER = (
    "key,consent,value,consent_date,basis,file,sheet,row,cell,given_by,call,request_id,time,"
    "verdict,operator\r\nperson1@example.com,optin_Newsletter,yes,,,people.csv,,2,Oui,row,8f2a,"
    "r1,2026-11-22T03:15:04.020Z,created,marie\r\n"
)


def finished(workshop: Workshop, rows: int = 2) -> Path:
    workshop.people(rows)
    workshop.importer("run", "people.csv", "--yes")
    return workshop.run_folder()


def with_ledger(workshop: Workshop) -> Path:
    """A finished run with a ledger of its consents."""
    folder = finished(workshop)
    (folder / "consents.csv").write_bytes(LEDGER.encode())
    return folder


def days_later(workshop: Workshop, days: float) -> None:
    workshop.clock.seconds += days * DAY


def names(workshop: Workshop) -> list[str]:
    return [path.name for path in workshop.run_folders()]


def put_in_state(folder: Path, state: str) -> None:
    with Journal.open(RunFolder(folder).journal) as journal:
        journal.set_fact("state", state)


def settings(workshop: Workshop, *lines: str) -> None:
    workshop.write("importer.yaml", "\n".join([*lines, SETTINGS]))


@pytest.fixture
def agreed(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Sit at a terminal and answer."""

    def answer(yes: bool) -> None:
        monkeypatch.setattr("importer.cli.keeping.may_ask", lambda: True)
        monkeypatch.setattr("importer.cli.keeping.confirm", lambda _: yes)

    return answer


# --- which go -------------------------------------------------------------------------------------


def test_runs_go_that_ended_more_days_ago_than_asked(workshop: Workshop) -> None:
    old = finished(workshop)
    days_later(workshop, 5)
    young = finished(workshop)
    days_later(workshop, 3)
    done = workshop.importer("purge", "--days", "7", "--yes")
    assert (done.code, names(workshop)) == (0, [young.name])
    assert old.name in done.out
    assert "1 run was deleted." in done.err
    assert young.name not in done.out + done.err


def test_a_run_is_as_old_as_its_last_change_of_state(workshop: Workshop) -> None:
    workshop.people(2)
    workshop.importer("check", "people.csv")
    days_later(workshop, 10)
    workshop.importer("send", workshop.run_id(), "--yes", "--stale")
    days_later(workshop, 5)
    assert purge(7, yes=True) == Purged()
    days_later(workshop, 3)
    assert [one.days for one in purge(7, yes=True).purged] == [8]


def test_runs_that_were_checked_refused_or_abandoned_go(workshop: Workshop) -> None:
    workshop.people(7)
    workshop.importer("check", "people.csv")
    workshop.importer("run", "people.csv", "--yes", "--first", "1")
    workshop.importer("abandon", workshop.run_id(), "--yes")
    path = workshop.people(1)
    path.write_text(path.read_text() + "bad,A,B\n")
    workshop.importer("run", "people.csv", "--yes", "--strict")
    days_later(workshop, 2)
    done = purge(1, yes=True)
    assert [one.state for one in done.purged] == ["checked", "abandoned", "refused"]
    assert [one.rows for one in done.purged] == [7, 7, 2]
    assert names(workshop) == []


def test_nothing_old_enough_is_said_and_is_no_failure(workshop: Workshop) -> None:
    finished(workshop)
    done = workshop.importer("purge", "--days", "7")
    assert (done.code, done.lines) == (0, ["Nothing is old enough to be deleted."])
    assert workshop.importer("purge", "--days", "7", "--quiet").lines == []
    assert purge(0, runs_dir="nowhere", yes=True) == Purged()


def test_days_come_from_importer_yaml(workshop: Workshop) -> None:
    settings(workshop, "keep_runs: 1w")
    finished(workshop)
    days_later(workshop, 6)
    assert purge(yes=True) == Purged()
    days_later(workshop, 2)
    assert len(purge(yes=True).purged) == 1


def test_without_days_and_setting_it_is_wrong_usage(workshop: Workshop) -> None:
    finished(workshop)
    done = workshop.importer("purge", "--yes")
    assert done.code == 2
    assert "--days N, or `keep_runs: 90d` in importer.yaml" in done.err
    with pytest.raises(UnusableInputError, match="keep_runs"):
        purge(yes=True)


def test_a_run_made_in_the_future_stays(workshop: Workshop) -> None:
    finished(workshop)
    days_later(workshop, -400)
    assert purge(0, yes=True) == Purged()


# --- asking ---------------------------------------------------------------------------------------


def test_without_a_terminal_nothing_is_deleted_unless_it_is_said_so(workshop: Workshop) -> None:
    finished(workshop)
    days_later(workshop, 2)
    before = bytes_below(workshop.folder)
    done = workshop.importer("purge", "--days", "1")
    assert (done.code, len(done.lines)) == (4, 1)
    assert "needs --yes" in done.err
    in_json = workshop.importer("purge", "--days", "1", "--json")
    assert (in_json.code, in_json.json["error"]["exit_code"]) == (4, 4)
    assert bytes_below(workshop.folder) == before


def test_a_person_is_shown_what_would_go_and_asked(
    workshop: Workshop, agreed: Callable[[bool], None]
) -> None:
    folder = with_ledger(workshop)
    days_later(workshop, 2)
    agreed(False)
    done = workshop.importer("purge", "--days", "1")
    assert (done.code, names(workshop)) == (4, [folder.name])
    assert "nothing was deleted" in done.err
    shown = next(line for line in done.out.splitlines() if folder.name in line)
    assert shown.partition(": ")[2] == "finished, 2 days old, 2 rows, consents.csv stays"
    agreed(True)
    done = workshop.importer("purge", "--days", "1")
    assert done.code == 0
    assert done.out.count(folder.name) == 1
    assert not (folder / "state").exists()


def test_json_tells_all_of_it(workshop: Workshop) -> None:
    finished(workshop)
    workshop.people(7)
    workshop.importer("run", "people.csv", "--yes", "--first", "1")
    days_later(workshop, 2)
    told = workshop.importer("purge", "--days", "1", "--yes", "--json").json
    assert [one["state"] for one in told["purged"]] == ["finished"]
    assert [one["state"] for one in told["spared"]] == ["stopped"]
    assert (told["failed"], told["completed"]) == ([], [])


# --- which stay -----------------------------------------------------------------------------------


def spared(workshop: Workshop) -> dict[str, str]:
    days_later(workshop, 30)
    done = workshop.importer("purge", "--days", "1", "--yes")
    assert done.code == 0
    days_later(workshop, -30)
    return {line.partition(" ")[0]: line for line in done.lines if " stays: " in line}


def test_unfinished_runs_stay_and_are_named(workshop: Workshop) -> None:
    workshop.people(7)
    workshop.importer("run", "people.csv", "--yes", "--first", "1")
    run = workshop.run_id()
    assert "(stopped) stays: it is not finished: importer resume" in spared(workshop)[run]
    put_in_state(workshop.run_folder(), "checked")
    assert "(checked) stays: it is to be sent" in spared(workshop)[run]
    put_in_state(workshop.run_folder(), "checking")
    assert "(checking) stays: its check did not end" in spared(workshop)[run]
    assert names(workshop) == [run]


def test_a_run_that_another_process_holds_stays(workshop: Workshop) -> None:
    folder = finished(workshop)
    with RunFolder(folder).locked():
        assert "another process holds the run" in spared(workshop)[folder.name]
    assert folder.exists()


def test_a_run_stays_while_a_retry_of_it_can_be_sent(workshop: Workshop) -> None:
    first = finished(workshop)
    other = first.with_name("20261122T041500Z-people-aaaa")
    shutil.copytree(first, other)
    content = json.loads((other / "settings.json").read_text())
    (other / "settings.json").write_text(
        json.dumps({**content, "run": other.name, "retry_of": first.name})
    )
    put_in_state(other, "stopped")
    told = spared(workshop)
    assert f"{other.name} retries it and is not finished" in told[first.name]
    put_in_state(other, "finished")
    assert spared(workshop) == {}
    assert names(workshop) == []


def test_a_run_that_cannot_be_read_stays_and_is_named(workshop: Workshop) -> None:
    folder = finished(workshop)
    (folder / "state" / "journal.sqlite3").write_bytes(b"x" * 5000)
    assert "(unreadable) stays" in spared(workshop)[folder.name]
    assert folder.exists()


def test_a_run_that_cannot_be_held_stays(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = finished(workshop)

    def full(_: RunFolder) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(RunFolder, "locked", full)
    assert "cannot be written (No space left on device)" in spared(workshop)[folder.name]


def test_what_is_no_run_is_left_alone(workshop: Workshop) -> None:
    finished(workshop)
    runs = workshop.folder / "runs"
    for name in ("notes", "20200101T000000Z-empty-aaaa", ".purged"):
        (runs / name).mkdir()
        (runs / name / "diary.txt").write_text("mine")
    (runs / "20200101T000000Z-file-aaaa").write_text("mine")
    assert len(spared(workshop)) == 0
    assert sorted(path.name for path in files_below(runs)) == [
        "20200101T000000Z-file-aaaa", "diary.txt", "diary.txt", "diary.txt",
    ]  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="links as POSIX has them")
def test_links_are_not_followed_out_of_the_runs_folder(workshop: Workshop) -> None:
    folder = finished(workshop)
    outside = workshop.folder / "elsewhere"
    shutil.copytree(folder, outside / folder.name)
    linked = folder.with_name("20200101T000000Z-people-link")
    linked.symlink_to(outside / folder.name)
    (folder / "more").symlink_to(outside)
    folder.with_name(".purged-20200101T000000Z-people-gone").symlink_to(outside)
    before = bytes_below(outside)
    spared(workshop)
    assert not folder.exists()
    assert linked.exists()
    assert bytes_below(outside) == before


# --- ledgers --------------------------------------------------------------------------------------


def test_the_ledger_and_the_numbers_stay_and_nothing_else(workshop: Workshop) -> None:
    folder = with_ledger(workshop)
    days_later(workshop, 2)
    done = purge(1, yes=True)
    assert [one.keeps_consents for one in done.purged] == [True]
    left = bytes_below(folder)
    assert sorted(left) == ["consents.csv", "summary.json"]
    assert left["consents.csv"] == LEDGER.encode()
    summary = Summary(**json.loads(left["summary.json"]))
    assert (summary.rows.read, summary.rows.created, summary.state) == (2, 2, "finished")
    assert (summary.operator, summary.note, summary.files, summary.url) == ("", "", (), "")
    assert [one.purged for one in find("person1@example.com")] == [True]
    assert not re.search(rb"people.csv|example", left["summary.json"])
    if os.name == "posix":
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "summary.json").stat().st_mode) == 0o600


def test_a_run_without_consents_leaves_nothing(workshop: Workshop) -> None:
    finished(workshop)
    days_later(workshop, 2)
    purge(1, yes=True)
    assert list((workshop.folder / "runs").iterdir()) == []


@pytest.mark.parametrize(("kept", "gone_after"), [("3y", 1096), ("4w", 29)])
def test_a_ledger_goes_when_its_own_time_has_passed(
    workshop: Workshop, kept: str, gone_after: int
) -> None:
    settings(workshop, f"keep_consents: {kept}")
    folder = with_ledger(workshop)
    days_later(workshop, 2)
    purge(1, yes=True)
    days_later(workshop, gone_after - 4)
    assert purge(1, yes=True) == Purged()
    days_later(workshop, 4)
    (gone,) = purge(1, yes=True).purged
    assert (gone.run, gone.state, gone.rows) == (folder.name, "purged", 2)
    assert names(workshop) == []


def test_a_ledger_is_kept_until_somebody_says_how_long(workshop: Workshop) -> None:
    folder = with_ledger(workshop)
    days_later(workshop, 2)
    purge(1, yes=True)
    days_later(workshop, 9999)
    assert purge(1, yes=True) == Purged()
    assert (folder / "consents.csv").exists()


def test_a_run_goes_whole_when_the_time_of_its_ledger_has_passed_as_well(
    workshop: Workshop,
) -> None:
    settings(workshop, "keep_consents: 2d")
    with_ledger(workshop)
    days_later(workshop, 3)
    purge(1, yes=True)
    assert names(workshop) == []


@pytest.mark.parametrize("summary", [None, "[]", "{"])
def test_a_ledger_stays_beside_a_summary_that_cannot_be_read(
    workshop: Workshop, summary: str | None
) -> None:
    settings(workshop, "keep_consents: 30d")
    folder = with_ledger(workshop)
    (folder / "summary.json").unlink()
    if summary is not None:
        (folder / "summary.json").write_text(summary)
    days_later(workshop, 2)
    purge(1, yes=True)
    assert [path.name for path in folder.iterdir()] == ["consents.csv"]
    days_later(workshop, 30)
    (gone,) = purge(1, yes=True).purged
    assert gone.rows is None


def test_commands_say_of_a_purged_run_what_is_left(workshop: Workshop) -> None:
    folder = with_ledger(workshop)
    days_later(workshop, 2)
    purge(1, yes=True)
    for command in (show, resume, retry):
        with pytest.raises(UnusableInputError, match=r"was purged: only its consents are left, in"):
            command(folder.name)
    with pytest.raises(UnusableInputError, match=r"consents\.csv"):
        find_run(Path("nowhere"), str(folder))
    assert not (folder / "state").exists()


# --- crashes --------------------------------------------------------------------------------------


class Killed(BaseException):
    """The process dies."""


def kills(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Die before the n-th change of the disk."""
    left = [after]

    def dying(change: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return change(*arguments, **options)

        return counted

    monkeypatch.setattr(Path, "rename", dying(Path.rename))
    monkeypatch.setattr(remains, "_delete", dying(remains._delete))
    monkeypatch.setattr("importer.runs.remains.write_whole", dying(write_whole))
    monkeypatch.setattr("importer.runs.remains.sync_folder", dying(sync_folder))


@pytest.mark.parametrize("ledger", [True, False])
def test_a_crash_leaves_a_whole_run_or_what_the_next_purge_deletes(
    workshop: Workshop, ledger: bool
) -> None:
    folder = with_ledger(workshop) if ledger else finished(workshop)
    keep = workshop.folder / "kept"
    shutil.copytree(folder, keep)
    whole = bytes_below(folder, but=["lock", "holder"])
    days_later(workshop, 2)
    runs = workshop.folder / "runs"
    for after in range(1000):
        shutil.rmtree(runs)
        shutil.copytree(keep, folder)
        with pytest.MonkeyPatch.context() as patches:
            kills(patches, after)
            try:
                purge(1, yes=True)
            except Killed:
                died = True
            else:
                died = False
        if not died:
            break
        known = find_run(runs, folder.name) if (folder / "settings.json").exists() else None
        if known is not None:
            assert bytes_below(folder, but=["lock", "holder"]) == whole
        assert purge(1, yes=True).failed == ()
        assert names(workshop) == ([folder.name] if ledger else [])
        if ledger:
            assert sorted(bytes_below(folder)) == ["consents.csv", "summary.json"]
            assert (folder / "consents.csv").read_bytes() == (keep / "consents.csv").read_bytes()
            assert b'operator": ""' in (folder / "summary.json").read_bytes()
    assert after > 3


def test_what_could_not_be_deleted_is_told_and_goes_next_time(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = with_ledger(workshop)
    days_later(workshop, 2)

    def busy(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    for quiet in ([], ["--quiet"]):
        with monkeypatch.context() as patches:
            patches.setattr("importer.runs.remains.shutil.rmtree", busy)
            done = workshop.importer("purge", "--days", "1", "--yes", *quiet)
        assert (done.code, len(done.lines)) == (4, 1)
        assert f"{folder.name} (" in done.err
        assert "not all of it could be deleted (Permission denied)" in done.err
        assert names(workshop) == [f".purged-{folder.name}"]
    done = workshop.importer("purge", "--days", "1")
    assert (done.code, names(workshop)) == (0, [folder.name])
    assert "an earlier purge had only begun" in done.err


def test_a_run_that_somebody_goes_on_with_in_the_meantime_stays(workshop: Workshop) -> None:
    folder = finished(workshop)
    days_later(workshop, 2)

    def resumed(*_: Any) -> bool:
        put_in_state(folder, "sending")
        return True

    done = purge(1, ask=resumed)
    assert [one.why for one in done.failed] == ["it was gone on with in the meantime"]
    assert folder.exists()


def test_a_run_that_is_held_in_the_meantime_stays(workshop: Workshop) -> None:
    folder = finished(workshop)
    days_later(workshop, 2)
    holding = RunFolder(folder).locked()

    def held(*_: Any) -> bool:
        holding.__enter__()
        return True

    done = purge(1, ask=held)
    holding.__exit__(None, None, None)
    assert (folder.exists(), done.purged) == (True, ())
    assert "another process holds" in done.failed[0].why


def test_two_purges_at_once_delete_a_run_once(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished(workshop)
    days_later(workshop, 2)
    real = shutil.rmtree
    calls = []

    def raced(path: Path) -> None:
        calls.append(path)
        if len(calls) == 1:
            (path / "run.log").unlink()
            raise FileNotFoundError(path)
        real(path)

    monkeypatch.setattr("importer.runs.remains.shutil.rmtree", raced)
    assert purge(1, yes=True).failed == ()
    assert (len(calls), names(workshop)) == (2, [])


@pytest.mark.parametrize(
    "name",
    [".purged-notes", ".purged-20269999T999999Z-people-abcd", "20269999T999999Z-people-abcd",
     "\uff12026101T000000Z-people-abcd"],
)  # fmt: skip
def test_what_is_only_called_like_a_run_is_left_alone_and_stops_nothing(
    workshop: Workshop, name: str
) -> None:
    finished(workshop)
    somebodys = workshop.folder / "runs" / name / "settings.json"
    somebodys.parent.mkdir()
    somebodys.write_text("{}")
    done = workshop.importer("purge", "--days", "0", "--yes")
    assert done.code == 0, done.err
    assert [path.name for path in (workshop.folder / "runs").iterdir()] == [name]
    assert somebodys.exists()


@pytest.mark.parametrize("finished_at", ["yesterday", "2026-01-01"])
def test_a_ledger_beside_a_spoilt_date_stops_nothing(workshop: Workshop, finished_at: str) -> None:
    finished(workshop)
    summary = json.loads((workshop.run_folder() / "summary.json").read_bytes())
    told = {**summary, "created": finished_at, "finished": finished_at}
    left = workshop.folder / "runs" / "20260101T000000Z-people-abcd"
    left.mkdir()
    (left / "consents.csv").write_text("key,consent,value,row\n")
    (left / "summary.json").write_text(json.dumps(told))
    done = workshop.importer("purge", "--days", "0", "--yes")
    assert done.code == 0, done.err
    assert [path.name for path in (workshop.folder / "runs").iterdir()] == [left.name]


def test_a_run_whose_journal_is_damaged_within_hides_and_spares_no_other(
    workshop: Workshop,
) -> None:
    damaged, good = finished(workshop).name, finished(workshop).name
    path = workshop.folder / "runs" / damaged / "state" / "journal.sqlite3"
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"Z" * 4096 + content[8192:])
    listed = workshop.importer("runs")
    assert listed.code == 0
    assert good in listed.out
    assert "unreadable" in listed.out
    for told in (
        ["show", damaged, "--row", "2"],
        ["report", damaged],
        ["report", damaged, "--mask"],
    ):
        done = workshop.importer(*told)
        assert done.code == 4
        assert "defect" not in done.err
    assert workshop.importer("purge", "--days", "0", "--yes").code in {0, 3}
    assert [path.name for path in (workshop.folder / "runs").iterdir()] == [damaged]


@pytest.mark.parametrize("name", ["rows", "issues"])
def test_a_damaged_file_of_a_run_is_said_to_be_damaged(workshop: Workshop, name: str) -> None:
    folder = finished(workshop)
    before = (folder / "report.html").read_bytes()
    path = folder / "state" / f"{name}.parquet"
    path.write_bytes(path.read_bytes()[:-20] + b"Z" * 20)
    for told in (["report", folder.name], ["report", folder.name, "--mask"]):
        done = workshop.importer(*told)
        assert (done.code, done.err.count("\n")) == (4, 1)
        assert "is damaged: no report can be written" in done.err
    assert (folder / "report.html").read_bytes() == before
