"""A retry sends again what was refused or never answered for, and nothing else."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

import importer
from importer import runs
from importer.assembly.retrying import doubtful_positions
from importer.errors import UnusableInputError
from importer.journal import Journal
from importer.model import Verdict
from importer.run_columns import column_batches
from importer.run_folder import RunFolder
from tests.cli.test_commands import terminals
from tests.runs.workshop import KEY, PEOPLE, SETTINGS, Workshop

UPDATE_ONLY = PEOPLE.replace("mode: upsert", "mode: update")
INSERT_ONLY = PEOPLE.replace("mode: upsert", "mode: insert")
AGAIN = {Verdict.REJECTED, Verdict.UNKNOWN}


def address(number: int) -> str:
    return f"person{number}@example.com"


def known(workshop: Workshop, *numbers: int) -> None:
    """Have the platform know these people already."""
    rows = [f"{address(n)},Known,Here" for n in numbers]
    workshop.write("known.csv", "\n".join(["Email,First,City", *rows, ""]))
    workshop.write("mappings/people.yaml", PEOPLE)
    workshop.importer("run", "known.csv", "--yes", "--runs-dir", "others", "-m", "people")


def refused(workshop: Workshop, count: int, *but: int) -> str:
    """Update people of whom the platform knows only some; give the run."""
    known(workshop, *but)
    workshop.write("mappings/people.yaml", UPDATE_ONLY)
    workshop.people(count)
    assert workshop.importer("run", "people.csv", "--yes").code == 3
    assert workshop.verdicts() == Counter({"updated": len(but), "rejected": count - len(but)})
    return workshop.run_id()


def sent(workshop: Workshop, after: int = 0) -> list[Any]:
    """The contacts of the calls after so many, as they were sent."""
    return [record for body in workshop.network.merges()[after:] for record in body["Records"]]


def keys(workshop: Workshop, after: int) -> list[str]:
    return [record["ID"]["key_f_EMail"] for record in sent(workshop, after)]


def verdicts(workshop: Workshop) -> dict[str, str]:
    return {line["key"]: line["verdict"] for line in workshop.results()}


# --- what is sent -------------------------------------------------------------------------------


def test_a_retry_sends_only_what_was_refused_byte_for_byte_and_keeps_its_place(
    workshop: Workshop,
) -> None:
    first = refused(workshop, 8, 1, 4, 5, 8)
    before = {record["ID"]["key_f_EMail"]: record for record in sent(workshop)}
    lines = {line["key"]: line for line in workshop.results()}
    known(workshop, 2, 3, 6)
    shutil.rmtree(workshop.folder / "mappings")
    (workshop.folder / "people.csv").unlink()
    calls = len(workshop.network.merges())
    done = workshop.importer("retry", first, "--yes", "--note", "once more")
    assert done.code == 3
    assert keys(workshop, calls) == [address(n) for n in (2, 3, 6, 7)]
    assert [before[r["ID"]["key_f_EMail"]] for r in sent(workshop, calls)] == sent(workshop, calls)
    assert workshop.totals() == {"updated": 3, "rejected": 1}
    for line in workshop.results():
        was = lines[line["key"]]
        assert [line[c] for c in ("file", "sheet", "row")] == [
            was[c] for c in ("file", "sheet", "row")
        ]
    summary = workshop.summary()
    assert (summary["retry_of"], summary["note"]) == (first, "once more")
    assert summary["files"][0]["rows"] == 4
    settings = json.loads((workshop.run_folder() / "settings.json").read_bytes())
    assert (settings["command"], settings["retry_of"]) == ("retry", first)
    assert settings["run"] == workshop.run_id() != first


def test_the_moment_of_the_check_is_the_original_s(workshop: Workshop) -> None:
    first = refused(workshop, 3)
    checked = workshop.summary()["checked"]
    workshop.importer("retry", first, "--yes")
    assert workshop.summary()["checked"] == checked
    assert workshop.summary()["created"] > checked


def test_rows_to_fix_have_their_original_text_and_places_in_all_tables(
    workshop: Workshop,
) -> None:
    book = openpyxl.Workbook()
    for sheet, numbers in (("North", (1, 2, 3)), ("Empty", (4,)), ("South", (5, 6))):
        page = book.create_sheet(sheet)
        page.append(["Email", "First", "City"])
        for number in numbers:
            page.append([address(number), f" First {number} ", "Laval"])
    del book["Sheet"]
    book.save(workshop.folder / "people.xlsx")
    known(workshop, 1, 4, 5)
    workshop.write("mappings/people.yaml", UPDATE_ONLY)
    workshop.importer("run", "people.xlsx", "--sheet", "all", "--yes")
    assert workshop.totals() == {"updated": 3, "rejected": 3}
    before = workshop.results()
    fixes = {p.name: p.read_bytes() for p in (workshop.run_folder() / "to-fix").iterdir()}
    assert workshop.importer("retry", workshop.run_id(), "--yes").code == 3
    assert {p.name: p.read_bytes() for p in (workshop.run_folder() / "to-fix").iterdir()} == fixes
    again = [line for line in before if line["verdict"] == "rejected"]
    place = ("file", "sheet", "row", "key")
    assert [[line[c] for c in place] for line in workshop.results()] == [
        [line[c] for c in place] for line in again
    ]
    assert [table["rows"] for table in workshop.summary()["files"]] == [2, 0, 1]


def test_an_unknown_row_is_sent_again_and_settled(workshop: Workshop) -> None:
    workshop.people(10)
    workshop.sandbox(drop_answers=2)
    assert workshop.importer("run", "people.csv", "--yes").code == 6
    unknown = [line["key"] for line in workshop.results() if line["verdict"] == "unknown"]
    workshop.sandbox()
    assert workshop.importer("retry", workshop.run_id(), "--yes").code == 0
    assert keys(workshop, 0) == unknown
    assert workshop.totals() == {"updated": 4}


def test_consents_are_counted_anew_and_warnings_still_tell_what_may_be_said(
    workshop: Workshop,
) -> None:
    workshop.write(
        "mappings/people.yaml",
        "name: people\ntarget: dialog-insight\ncolumns:\n  Email: key_f_EMail\n"
        "  News: optin_News\n  First: f_FirstName\nconsent: {yes_to: everyone}\n"
        "suppress: [no-mail.csv]\n",
    )
    workshop.write("mappings/no-mail.csv", "Email\nb@example.com\n")
    people = ["a,yes", "a,no", "b,yes", "c,yes", "d,no", "e,yes", "f,no", "g,yes", "h,no"]
    rows = [f"{name}@example.com,{answer},A" for name, answer in (p.split(",") for p in people)]
    workshop.write("people.csv", "\n".join(["Email,News,First", *rows, ""]))
    workshop.write("importer.yaml", SETTINGS.replace("5}", "100}"))
    workshop.sandbox(drop_answers=7)
    assert workshop.importer("run", "people.csv", "--yes").code == 6
    issues = workshop.results("issues.csv")
    unknown = {line["row"] for line in workshop.results() if line["verdict"] == "unknown"}
    answers = {
        record["ID"]["key_f_EMail"]: record["Data"].get("optin_News") for record in sent(workshop)
    }
    again = Counter(
        answers[line["key"]] for line in workshop.results() if line["verdict"] == "unknown"
    )
    workshop.sandbox()
    assert workshop.importer("retry", workshop.run_id(), "--yes").code == 0
    told = workshop.summary()["consents"]["optin_News"]
    assert (told["yes"], told["no"], told["left"]) == (again["1"], again["0"], again[None])
    assert told["withheld"] == again[None]
    kept = workshop.results("issues.csv")
    assert kept == [line for line in issues if line["row"] in unknown]
    assert kept


def test_answers_that_the_mapping_gave_are_at_most_those_of_before(workshop: Workshop) -> None:
    workshop.write(
        "mappings/people.yaml",
        "name: people\ntarget: dialog-insight\ncolumns:\n  Email: key_f_EMail\n"
        "constants: {optin_News: yes}\nconsent: {yes_to: everyone}\nmerge: {mode: update}\n",
    )
    workshop.write("people.csv", "Email\na@example.com\nb@example.com\n")
    assert workshop.importer("run", "people.csv", "--yes").code == 3
    workshop.importer("retry", workshop.run_id(), "--yes")
    told = workshop.summary()["consents"]["optin_News"]
    assert (told["yes"], told["by_mapping_yes"], told["left"]) == (2, 2, 0)


@pytest.mark.parametrize("keep", ["needed", "all"])
def test_a_retry_can_be_reported_again_and_its_plan_is_cut_like_any(
    workshop: Workshop, keep: str
) -> None:
    workshop.write("importer.yaml", f"keep: {keep}\n{SETTINGS}")
    first = refused(workshop, 6, 2)
    known(workshop, 3)
    workshop.importer("retry", first, "--yes")
    folder = workshop.run_folder()
    results = (folder / "results.csv").read_bytes()
    assert workshop.importer("report", workshop.run_id()).code == 0
    assert (folder / "results.csv").read_bytes() == results
    plan = pq.read_table(folder / "state" / "plan.parquet")
    assert plan.num_rows == (5 if keep == "all" else 4)


def test_rows_that_lie_far_apart_are_copied_as_well(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = refused(workshop, 12, *range(3, 11))
    before = [line for line in workshop.results() if line["verdict"] == "rejected"]
    monkeypatch.setattr(
        "importer.assembly.retrying.column_batches", partial(column_batches, rows=2)
    )
    workshop.importer("retry", first, "--yes")
    again = workshop.results()
    assert [(line["row"], line["key"]) for line in again] == [
        (line["row"], line["key"]) for line in before
    ]


# --- the chain ----------------------------------------------------------------------------------


def test_a_row_is_sent_again_only_while_its_newest_verdict_asks_for_it(
    workshop: Workshop,
) -> None:
    first = refused(workshop, 8, 8)
    known(workshop, 1, 2)
    workshop.importer("retry", first, "--yes")
    second = workshop.run_id()
    assert workshop.totals() == {"updated": 2, "rejected": 5}
    known(workshop, 3)
    calls = len(workshop.network.merges())
    workshop.importer("retry", second, "--yes", "--first", "2")
    assert workshop.importer("resume").code == 3
    assert keys(workshop, calls) == [address(n) for n in (3, 4, 5, 6, 7)]
    known(workshop, 4, 5)
    calls = len(workshop.network.merges())
    workshop.importer("retry", first, "--yes")
    assert keys(workshop, calls) == [address(n) for n in (4, 5, 6, 7)]
    assert workshop.totals() == {"updated": 2, "rejected": 2}
    calls = len(workshop.network.merges())
    workshop.importer("retry", second, "--yes")  # it held rows that a later one has settled
    assert keys(workshop, calls) == [address(n) for n in (6, 7)]
    assert workshop.summary()["retry_of"] == second


def test_a_run_is_retried_for_the_rows_that_it_holds(workshop: Workshop) -> None:
    first = refused(workshop, 6)
    known(workshop, 1, 2, 3, 4, 5)
    workshop.importer("retry", first, "--yes", "--first", "3")
    second = workshop.run_id()
    workshop.importer("abandon", second, "--yes")
    assert workshop.totals() == {"updated": 3, "not_sent": 3}
    calls = len(workshop.network.merges())
    workshop.importer("retry", second, "--yes")  # what it did not send is refused as before
    assert keys(workshop, calls) == [address(n) for n in (4, 5, 6)]
    done = workshop.importer("retry", workshop.run_id(), "--yes")
    assert done.code == 3
    assert workshop.totals() == {"rejected": 1}


def test_the_order_of_a_chain_is_counted_and_not_told_by_clocks(workshop: Workshop) -> None:
    first = refused(workshop, 4)
    known(workshop, 1)
    workshop.clock.seconds -= 2 * 3600 + 100
    workshop.importer("retry", first, "--yes", "--stale")
    second = workshop.run_folders()[0].name
    assert second < first
    known(workshop, 2)
    calls = len(workshop.network.merges())
    workshop.importer("retry", first, "--yes", "--stale")
    assert keys(workshop, calls) == [address(n) for n in (2, 3, 4)]


def test_a_chain_without_its_first_run_still_holds_together(workshop: Workshop) -> None:
    first = refused(workshop, 5)
    workshop.importer("retry", first, "--yes")
    second = workshop.run_id()
    known(workshop, 1, 2)
    workshop.importer("retry", first, "--yes")
    shutil.rmtree(workshop.folder / "runs" / first)
    calls = len(workshop.network.merges())
    workshop.importer("retry", second, "--yes")
    assert keys(workshop, calls) == [address(n) for n in (3, 4, 5)]


def test_runs_that_lead_in_a_circle_end(workshop: Workshop) -> None:
    first = refused(workshop, 2)
    settings = workshop.run_folder() / "settings.json"
    settings.write_text(json.dumps({**json.loads(settings.read_bytes()), "retry_of": first}))
    assert workshop.importer("retry", first, "--yes").code == 3


def test_other_runs_and_folders_that_are_none_do_not_matter(workshop: Workshop) -> None:
    first = refused(workshop, 3)
    workshop.importer("check", "people.csv")
    broken = workshop.folder / "runs" / "20261122T031500Z-people-zzzz"
    broken.mkdir()
    (broken / "settings.json").write_text("{")
    assert workshop.importer("retry", first, "--yes").code == 3
    moved = (workshop.folder / "runs" / first).rename(workshop.folder / "runs" / "renamed")
    assert workshop.importer("retry", str(moved), "--yes").code == 3


# --- inserts --------------------------------------------------------------------------------------


def test_an_insert_in_doubt_stays_unknown_unless_its_retry_creates_it(workshop: Workshop) -> None:
    known(workshop, 6)
    workshop.write("mappings/people.yaml", INSERT_ONLY)
    workshop.people(8)
    workshop.sandbox(faults="lost dropped*5 ok")
    workshop.write("importer.yaml", SETTINGS.replace("5}", "5, attempts: 1}"))
    assert workshop.importer("run", "people.csv", "--yes").code == 5
    workshop.importer("abandon", workshop.run_id(), "--yes")
    first = workshop.run_id()
    workshop.sandbox()
    assert workshop.totals() == {"unknown": 5, "not_sent": 3}
    workshop.importer("retry", first, "--yes")
    assert workshop.totals() == {"unknown": 5}  # they are there, and by whom nobody knows
    with Journal.open(RunFolder(workshop.run_folder()).journal) as journal:
        assert list(doubtful_positions(journal)) == [0, 1, 2, 3, 4]


def test_a_refused_insert_is_refused_again_and_one_in_doubt_beside_it_is_not(
    workshop: Workshop,
) -> None:
    known(workshop, 2, 4)
    workshop.write("mappings/people.yaml", INSERT_ONLY)
    workshop.people(5)
    workshop.sandbox(drop_answers=1)
    workshop.importer("run", "people.csv", "--yes")
    before = verdicts(workshop)
    assert Counter(before.values()) == {"created": 2, "rejected": 2, "unknown": 1}
    workshop.sandbox()
    workshop.importer("retry", workshop.run_id(), "--yes")
    assert verdicts(workshop) == {key: v for key, v in before.items() if v in AGAIN}
    with Journal.open(RunFolder(workshop.run_folder()).journal) as journal:
        position = [k for k, v in before.items() if v in AGAIN].index(
            next(k for k, v in before.items() if v == "unknown")
        )
        assert list(doubtful_positions(journal)) == [position]


def test_an_upsert_in_doubt_is_settled_by_its_retry(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sandbox(drop_answers=1)
    workshop.importer("run", "people.csv", "--yes")
    workshop.sandbox()
    assert workshop.importer("retry", workshop.run_id(), "--yes").code == 0
    assert workshop.totals() == {"updated": 1}


@pytest.mark.parametrize(
    ("yes_to", "faults"), [("everyone", "lost*"), ("unless-refused", "lost*"), ("new", "ok lost*")]
)
def test_promise_6_a_refused_retry_does_not_deny_what_a_call_in_doubt_wrote(
    workshop: Workshop, yes_to: str, faults: str
) -> None:
    mapping = PEOPLE.replace("f_City", "optin_Newsletter")
    workshop.write("mappings/people.yaml", mapping + f"consent: {{yes_to: {yes_to}}}\n")
    workshop.write("people.csv", f"Email,First,City\n{address(1)},A,yes\n")
    workshop.sandbox(faults=faults)
    assert workshop.importer("run", "people.csv", "--yes").code == 5
    workshop.sandbox(faults="lost*")
    assert workshop.importer("resume").code == 6
    assert workshop.contact(address(1))["optin_Newsletter"] == "1"
    workshop.sandbox(faults="refused")
    assert workshop.importer("retry", workshop.run_id(), "--yes").code == 6
    assert workshop.totals() == {"unknown": 1}
    workshop.sandbox()
    assert workshop.importer("retry", workshop.run_id(), "--yes").code == 0


@pytest.mark.parametrize("yes_to", ["new", "unless-refused"])
def test_a_retry_gives_a_yes_only_to_whom_its_mapping_allows(
    workshop: Workshop, yes_to: str
) -> None:
    mapping = PEOPLE.replace("f_City", "optin_Newsletter")
    workshop.write("mappings/people.yaml", mapping + "consent: {yes_to: everyone}\n")
    workshop.write("people.csv", "Email,First,City\nperson1@example.com,A,no\n")
    workshop.importer("run", "people.csv", "--yes", "--runs-dir", "others")
    workshop.write("mappings/people.yaml", mapping + f"consent: {{yes_to: {yes_to}}}\n")
    rows = [f"{address(n)},B,yes" for n in (1, 2)]
    workshop.write("people.csv", "\n".join(["Email,First,City", *rows, ""]))
    workshop.sandbox(faults="lost*")
    assert workshop.importer("run", "people.csv", "--yes").code == 5
    workshop.importer("abandon", workshop.run_id(), "--yes")
    workshop.sandbox()
    assert workshop.importer("retry", workshop.run_id(), "--yes").code == 0
    stored = [workshop.contact(address(n)) for n in (1, 2)]
    assert [(one["f_FirstName"], one["optin_Newsletter"]) for one in stored] == [
        ("B", "0"),
        ("B", "1"),
    ]


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize("consent", [["--yes"], [], ["--json"]])
def test_a_run_of_which_nothing_is_to_be_retried_says_so(
    workshop: Workshop, consent: list[str]
) -> None:
    workshop.people(3)
    workshop.importer("run", "people.csv", "--yes")
    done = workshop.importer("retry", workshop.run_id(), *consent)
    assert (done.code, len(done.lines)) == (4, 1)
    assert f"nothing of {workshop.run_id()} is refused by the platform or unknown" in done.err
    assert "to-fix.csv" not in done.err
    assert len(workshop.run_folders()) == 1


def test_rows_that_our_checks_refused_are_for_the_file_to_fix(workshop: Workshop) -> None:
    workshop.write("people.csv", "Email,First,City\nno address,A,B\n")
    workshop.importer("run", "people.csv", "--yes")
    done = workshop.importer("retry", workshop.run_id(), "--yes")
    assert done.code == 4
    assert "corrected in to-fix.csv" in done.err
    workshop.importer("run", "people.csv", "--strict", "--yes")
    assert workshop.importer("retry", workshop.run_id(), "--yes").code == 4


@pytest.mark.parametrize(
    ("state", "command"),
    [
        ("checking", "importer resume"),
        ("checked", "importer send"),
        ("checked and wanted", "importer resume"),
        ("sending", "importer resume"),
        ("stopped", "importer resume"),
    ],
)
def test_an_unfinished_run_is_gone_on_with_and_not_retried(
    workshop: Workshop, state: str, command: str
) -> None:
    run = refused(workshop, 3)
    stand(workshop, state)
    done = workshop.importer("retry", run, "--yes")
    assert (done.code, len(done.lines)) == (4, 1)
    assert f"{run} cannot be retried: it is not finished" in done.err
    assert f"{command} {run}" in done.err
    assert len(workshop.run_folders()) == 1


def stand(workshop: Workshop, state: str) -> None:
    with Journal.open(RunFolder(workshop.run_folder()).journal) as journal:
        journal.set_fact("state", state.split()[0])
        journal.set_fact("consent", "withdrawn" if state == "checked" else "given")


@pytest.mark.parametrize("state", ["checked and wanted", "sending", "stopped"])
def test_a_retry_that_may_still_send_stands_in_the_way_of_the_next(
    workshop: Workshop, state: str
) -> None:
    first = refused(workshop, 3)
    workshop.importer("retry", first, "--yes")
    second = workshop.run_id()
    stand(workshop, state)
    done = workshop.importer("retry", first, "--yes")
    assert (done.code, len(done.lines)) == (4, 1)
    assert f"{first} cannot be retried: {second}, which sends rows of it" in done.err
    assert f"importer resume {second}" in done.err
    assert "importer abandon" in done.err
    workshop.importer("abandon", second, "--yes")
    assert workshop.importer("retry", first, "--yes").code == 3


def test_without_a_person_and_without_yes_nothing_is_made(workshop: Workshop) -> None:
    first = refused(workshop, 3)
    done = workshop.importer("retry", first)
    assert (done.code, len(done.lines)) == (4, 1)
    assert f"importer retry {first} --yes" in done.err
    assert len(workshop.run_folders()) == 1


def test_a_person_is_asked_once_and_may_say_no(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = refused(workshop, 3)
    known(workshop, 1, 2, 3)
    calls = len(workshop.network.merges())
    asked = terminals(monkeypatch, "n")
    done = workshop.importer("retry", first)
    assert (done.code, asked) == (4, ["Send it?"])
    assert "3 contacts to send" in done.err
    assert len(workshop.network.merges()) == calls
    terminals(monkeypatch, "y")
    assert workshop.importer("retry", first).code == 0


def test_a_retry_that_another_has_overtaken_cannot_be_sent_any_more(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = refused(workshop, 3)
    terminals(monkeypatch, "n")
    workshop.importer("retry", first)
    unwanted = workshop.run_id()
    workshop.importer("retry", first, "--yes")
    overtaking = workshop.run_id()
    calls = len(workshop.network.merges())
    done = workshop.importer("send", unwanted, "--yes")
    assert (done.code, len(done.lines)) == (4, 1)
    for words in (f"{overtaking} has sent rows of {unwanted}", f"importer abandon {unwanted}",
                  f"importer retry {first}"):  # fmt: skip
        assert words in done.err
    assert len(workshop.network.merges()) == calls


def declined(workshop: Workshop, run: str) -> str:
    """Make a retry that is not sent."""
    with pytest.raises(UnusableInputError):
        runs.retry(run, ask=lambda _: False, means=workshop.means())
    return workshop.run_id()


@pytest.mark.parametrize("asked", ["send", "retry"])
def test_promise_3_while_a_person_is_asked_no_other_retry_sends_the_same_rows(
    workshop: Workshop, asked: str
) -> None:
    first = refused(workshop, 3)
    known(workshop, 1, 2, 3)
    unwanted = declined(workshop, first)
    calls = len(workshop.network.merges())
    codes = []

    def ask(_: Any) -> bool:
        other = ("retry", first) if asked == "send" else ("send", unwanted)
        codes.append(workshop.importer(*other, "--yes").code)
        return True

    run = unwanted if asked == "send" else first
    assert getattr(runs, asked)(run, ask=ask, means=workshop.means()).exit_code == 0
    assert codes == [7]
    assert keys(workshop, calls) == [address(n) for n in (1, 2, 3)]


def test_promise_3_a_retry_that_stopped_before_its_first_call_may_be_overtaken(
    workshop: Workshop,
) -> None:
    first = refused(workshop, 3)
    known(workshop, 1, 2, 3)
    unwanted = declined(workshop, first)
    calls = len(workshop.network.merges())
    limits = "{rows_per_call: 5, calls_per_day: 1}"
    workshop.write("importer.yaml", SETTINGS.replace("{rows_per_call: 5}", limits))
    assert workshop.importer("retry", first, "--yes").code == 5
    stopped = workshop.run_id()
    workshop.write("importer.yaml", SETTINGS)
    assert workshop.importer("send", unwanted, "--yes").code == 0
    done = workshop.importer("resume", stopped)
    assert (done.code, len(done.lines)) == (4, 1)
    assert f"importer abandon {stopped}" in done.err
    assert keys(workshop, calls) == [address(n) for n in (1, 2, 3)]


def test_a_retry_that_was_not_wanted_at_first_can_be_sent_later(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = refused(workshop, 3)
    terminals(monkeypatch, "n")
    workshop.importer("retry", first)
    unwanted = workshop.run_id()
    workshop.importer("retry", first)
    assert workshop.importer("send", unwanted, "--yes").code == 3
    later = workshop.run_id()
    assert workshop.importer("send", later, "--yes").code == 4


def test_two_retries_of_a_family_cannot_be_begun_at_once(workshop: Workshop) -> None:
    first = refused(workshop, 3)
    workshop.importer("retry", first, "--yes")
    second = workshop.run_id()
    with RunFolder(workshop.folder / "runs" / first).locked():
        for run in (first, second):
            done = workshop.importer("retry", run, "--yes")
            assert (done.code, len(done.lines)) == (7, 1)
            assert first in done.err
    assert len(workshop.run_folders()) == 2


def test_a_missing_key_is_told_before_anything_is_made(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = refused(workshop, 3)
    monkeypatch.delenv("SANDBOX_KEY")
    done = workshop.importer("retry", first, "--yes")
    assert (done.code, len(done.lines)) == (4, 1)
    assert len(workshop.run_folders()) == 1
    monkeypatch.setenv("ANOTHER_KEY", KEY)
    workshop.write("importer.yaml", SETTINGS.replace("env:SANDBOX_KEY", "env:ANOTHER_KEY"))
    assert workshop.importer("retry", first, "--yes").code == 3


@pytest.mark.parametrize("name", ["source", "plan", "rows"])
def test_a_run_from_before_there_were_sums_that_lost_rows_is_refused(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    first = refused(workshop, 3)
    with Journal.open(RunFolder(workshop.run_folder()).journal) as journal:
        journal.set_fact("sums", "{}")
    if name == "rows":
        monkeypatch.setattr("importer.assembly.retrying._copied", lambda *_, **__: iter(()))
    else:
        path = workshop.run_folder() / "state" / f"{name}.parquet"
        pq.write_table(pq.read_table(path).slice(1), path)
    done = workshop.importer("retry", first, "--yes")
    assert (done.code, len(done.lines)) == (4, 1)
    assert "of the 3 rows to retry" in done.err
    assert len(list((workshop.folder / "runs").iterdir())) == 1


def test_a_machine_that_stands_in_the_way_leaves_no_folder(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = refused(workshop, 3)
    with monkeypatch.context() as patched:
        patched.setattr("importer.assembly.retrying.sync_file", _full)
        done = workshop.importer("retry", first, "--yes")
    assert (done.code, len(done.lines)) == (4, 1)
    assert "No space left on device" in done.err
    assert f"importer retry {first}" in done.err
    assert len(list((workshop.folder / "runs").iterdir())) == 1
    assert workshop.importer("retry", first, "--yes").code == 3


def _full(_: Path) -> None:
    raise OSError(28, "No space left on device")


# --- how it is sent -------------------------------------------------------------------------------


def test_the_options_of_a_retry_are_its_own(workshop: Workshop) -> None:
    first = refused(workshop, 9)
    done = workshop.importer("retry", first, "--yes", "--max-rejected", "2", "--json")
    assert (done.code, done.json["stopped_because"]) == (5, "too-many-rejected")
    workshop.importer("abandon", workshop.run_id(), "--yes")
    summary = importer.retry(first, yes=True, max_rejected="100%", first=4, note="n")
    assert (summary.exit_code, summary.rows.rejected, summary.rows.not_sent) == (5, 4, 5)
    assert (summary.retry_of, summary.note) == (first, "n")
    assert importer.resume(summary.run).exit_code == 3
    with pytest.raises(UnusableInputError, match="neither a number"):
        runs.retry(first, yes=True, max_rejected="many")


def test_a_retry_that_was_broken_off_is_resumed(workshop: Workshop) -> None:
    first = refused(workshop, 8)
    known(workshop, *range(1, 9))
    workshop.sandbox(faults="ok lost 503*")
    assert workshop.importer("retry", first, "--yes").code == 5
    workshop.sandbox()
    assert workshop.importer("resume").code == 0
    assert workshop.totals() == {"updated": 8}
    assert workshop.importer("retry", first, "--yes").code == 4


def test_a_plan_that_a_person_has_seen_is_retried_without_one(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = refused(workshop, 2)
    with Journal.open(RunFolder(workshop.run_folder()).journal) as journal:
        journal.set_fact("unsettled", '["12 rows are hidden"]')
    done = workshop.importer("retry", first, "--yes")
    assert done.code == 4
    assert "12 rows are hidden" in done.err
    with Journal.open(RunFolder(workshop.folder / "runs" / first).journal) as journal:
        journal.set_fact("plan-seen", "yes")
    assert workshop.importer("retry", first, "--yes").code == 3


# --- abandoned runs -------------------------------------------------------------------------------


def test_of_an_abandoned_run_only_what_was_sent_in_vain_is_retried(workshop: Workshop) -> None:
    workshop.people(15)
    workshop.sandbox(faults="ok lost*")
    assert workshop.importer("run", "people.csv", "--yes").code == 5
    assert workshop.totals() == {"created": 5, "unknown": 5, "not_sent": 5}
    first = workshop.run_id()
    workshop.sandbox()
    workshop.importer("abandon", first, "--yes")
    carried = workshop.results("already-sent.csv")
    assert Counter(line["verdict"] for line in carried) == {"created": 5, "unknown": 5}
    assert workshop.importer("retry", first, "--yes").code == 0
    assert keys(workshop, 0) == [address(n) for n in range(6, 11)]
    assert workshop.totals() == {"updated": 5}
    assert len(workshop.contacts()) == 10


def test_what_a_refused_call_carried_was_not_written_and_is_not_listed_as_sent(
    workshop: Workshop,
) -> None:
    workshop.people(12)
    workshop.sandbox(faults="ok 401")
    assert workshop.importer("run", "people.csv", "--yes").code == 5
    workshop.importer("abandon", workshop.run_id(), "--yes")
    assert [line["key"] for line in workshop.results("already-sent.csv")] == [
        address(n) for n in range(1, 6)
    ]


# --- any chain ------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2))
def test_whatever_happens_in_a_chain_only_what_is_not_settled_goes_again(
    workshop: Workshop, seed: int
) -> None:
    chance = random.Random(seed)
    newest: dict[str, str] = {}
    count = 14
    known(workshop, *chance.sample(range(1, count + 1), 5))
    workshop.write("mappings/people.yaml", UPDATE_ONLY)
    workshop.people(count)
    workshop.importer("run", "people.csv", "--yes")
    holds = {workshop.run_id(): set(verdicts(workshop))}
    newest.update(verdicts(workshop))
    for _ in range(4):
        of = chance.choice(list(holds))
        due = [k for k, v in newest.items() if v in AGAIN and k in holds[of]]
        workshop.sandbox(
            faults=" ".join(chance.choices(["ok", "lost", "429", "cut", "refused"], k=4)),
            drop_answers=chance.randrange(3),
            shuffle=chance.random() < 0.5,
        )
        most = str(chance.randrange(3, 20))
        done = workshop.importer("retry", of, "--yes", "--stale", "--first", most)
        assert (done.code == 4) is not bool(due)
        if not due:
            continue
        assert list(verdicts(workshop)) == sorted(due, key=lambda k: int(k[6:].split("@")[0]))
        workshop.sandbox()
        while workshop.summary()["state"] == "stopped":
            how = chance.choice([["resume", "--first", "99", "--stale"], ["abandon"]])
            workshop.importer(*how, workshop.run_id(), "--yes")
        holds[workshop.run_id()] = set(verdicts(workshop))
        newest.update({k: v for k, v in verdicts(workshop).items() if v != "not-sent"})
        known(workshop, chance.randrange(1, count + 1))
