"""The story of a row: what was read, checked, planned and sent, and what came back."""

from __future__ import annotations

import contextlib
import json
import random
import sqlite3
from pathlib import Path

import pytest

from importer import language, story
from importer.errors import UnusableInputError
from importer.journal import outcomes
from importer.model import Outcome, Verdict
from importer.runs import Story
from importer.runs.telling import MOST
from tests.runs.workshop import PEOPLE, SETTINGS, Workshop

CONSENTS = """\
name: people
target: dialog-insight
columns:
  Email: key_f_EMail
  First: f_FirstName
  News: optin_Newsletter
merge: {mode: upsert}
consent: {yes_to: WHO}
"""
TABLE = PEOPLE.replace("  First: f_FirstName\n", "  First: f_FirstName\n  ID: key_f_ID\n")
MIXED = (
    "Email,First,City\n"
    "a@example.com,A,Laval\n"
    "no address,B,Laval\n"
    "A@Example.com,C,Laval\n"
    ",,\n"
    "e@example.com,E\n"
)


def only(found: tuple[Story, ...]) -> Story:
    (one,) = found
    return one


def agrees(workshop: Workshop) -> list[Story]:
    """Prove that each row's story says what ``results.csv`` does; give the stories."""
    run = workshop.run_id()
    told = []
    for line in workshop.results():
        one = only(story(run, row=int(line["row"]), file=line["file"], sheet=line["sheet"]))
        members = {name: str(getattr(one, name)) for name in line}
        assert members == line
        told.append(one)
    return told


# --- it says what the reports say -----------------------------------------------------------------


def test_every_verdict_of_a_story_is_that_of_the_results(workshop: Workshop) -> None:
    workshop.write("people.csv", MIXED)
    workshop.importer("check", "people.csv")
    agrees(workshop)
    workshop.importer("run", "people.csv", "--yes", "--first", "1")
    told = agrees(workshop)
    assert {one.verdict for one in told} >= {"created", "invalid", "duplicate", "skipped"}


@pytest.mark.parametrize(
    ("who", "seed"), [("everyone", 0), ("new", 1), ("new", 2), ("unless-refused", 3)]
)
def test_whatever_happens_to_the_calls_story_and_results_agree(
    workshop: Workshop, seed: int, who: str
) -> None:
    chance = random.Random(seed)
    workshop.write("mappings/people.yaml", CONSENTS.replace("WHO", who))
    lines = [f"person{n}@example.com,N,{'yes' if n % 3 else 'no'}" for n in range(17)]
    workshop.write("people.csv", "\n".join(["Email,First,News", *lines, ""]))
    workshop.importer("run", "people.csv", "--yes", "--first", "6")
    workshop.sandbox(
        faults=" ".join(chance.choices(["ok", "lost", "429", "cut", "refused", "dropped"], k=6)),
        drop_answers=chance.randrange(2),
    )
    workshop.importer("run", "people.csv", "--yes", "--verify", "5")
    agrees(workshop)
    workshop.sandbox(faults="lost*")
    if workshop.summary()["state"] == "stopped":
        workshop.importer("resume", "--yes", "--stale")
        agrees(workshop)


def test_updates_and_inserts_that_were_both_refused_are_both_told(workshop: Workshop) -> None:
    workshop.write("mappings/people.yaml", CONSENTS.replace("WHO", "new"))
    workshop.write("importer.yaml", f"keep: all\n{SETTINGS}")
    workshop.write("people.csv", "Email,First,News\na@example.com,A,yes\nb@example.com,B,yes\n")
    workshop.importer("run", "people.csv", "--yes")
    long = Outcome(Verdict.REJECTED, "too-long", "f_City", "City is too long")
    there = Outcome(Verdict.REJECTED, "exists", "", "it exists", "7")
    steps = [outcomes.packed(told) for told in ((long, long), (there, long))]
    with contextlib.closing(sqlite3.connect(journal_of(workshop))) as database, database:
        for step, blob in enumerate(steps):
            database.execute("UPDATE settlement SET outcomes = ? WHERE step = ?", [blob, step])
    workshop.importer("report", workshop.run_id())
    first, second = agrees(workshop)
    assert [call.step for call in first.calls] == [0, 1]
    assert [one.message for one in first.answers] == ["City is too long", "it exists"]
    assert first.message == "it exists (told to the update before: City is too long)"
    assert second.message == "City is too long"


def journal_of(workshop: Workshop) -> Path:
    return workshop.run_folder() / "state" / "journal.sqlite3"


def test_contacts_that_were_to_go_on_to_the_second_step_are_not_sent_yet(
    workshop: Workshop,
) -> None:
    workshop.write("mappings/people.yaml", CONSENTS.replace("WHO", "new"))
    lines = [f"person{n}@example.com,N,yes" for n in range(9)]
    workshop.write("people.csv", "\n".join(["Email,First,News", *lines, ""]))
    workshop.sandbox(faults="ok 503*")
    workshop.importer("run", "people.csv", "--yes")
    told = agrees(workshop)
    assert {one.verdict for one in told} == {"not-sent"}
    assert [len(one.answers) for one in told] == [1] * 5 + [0] * 4


@pytest.mark.parametrize("policy", ["last", "first", "refuse"])
def test_duplicates_in_other_tables_are_named_as_in_the_results(
    workshop: Workshop, policy: str
) -> None:
    workshop.write("mappings/people.yaml", f"{PEOPLE}duplicates: {policy}\n")
    workshop.people(2, "one.csv")
    workshop.people(2, "two.csv", start=2)
    workshop.importer("check", "one.csv", "two.csv")
    assert "duplicate" in {one.verdict for one in agrees(workshop)}


def test_what_goes_on_behind_a_gap_is_not_sent_yet(workshop: Workshop) -> None:
    workshop.write("mappings/people.yaml", CONSENTS.replace("WHO", "new"))
    lines = [f"person{n}@example.com,N,yes" for n in range(9)]
    workshop.write("people.csv", "\n".join(["Email,First,News", *lines, ""]))
    workshop.sandbox(faults="ok ok 503*")
    workshop.importer("run", "people.csv", "--yes")
    with contextlib.closing(sqlite3.connect(journal_of(workshop))) as database, database:
        database.execute("DELETE FROM settlement WHERE first = 0")
    workshop.importer("report", workshop.run_id())
    assert {one.verdict for one in agrees(workshop)} == {"not-sent"}


def test_a_row_whose_answer_was_lost_is_settled_by_looking_it_up(workshop: Workshop) -> None:
    workshop.people(4)
    workshop.sandbox(drop_answers=1)
    workshop.importer("run", "people.csv", "--yes", "--verify", "4")
    told = agrees(workshop)
    assert {one.verdict for one in told} <= {"created", "accepted"}
    assert {one.answers[-1].verdict for one in told} == {"created", "unknown"}


def test_a_french_run_is_told_in_french(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.write("people.csv", MIXED)
    workshop.importer("run", "people.csv", "--yes", "--language", "fr")
    with language.speaking("fr"):
        agrees(workshop)


# --- its parts --------------------------------------------------------------------------------


def test_what_was_read_checked_planned_sent_and_answered_is_told(workshop: Workshop) -> None:
    workshop.write("mappings/people.yaml", CONSENTS.replace("WHO", "everyone"))
    workshop.write("importer.yaml", f"keep: all\n{SETTINGS}")
    workshop.write("people.csv", "Email,First,News\n b@Example.COM ,B,no\na@example.com,A,yes\n")
    workshop.importer("run", "people.csv", "--yes")
    one = only(story(workshop.run_id(), row=2))
    assert [(cell.column, cell.text) for cell in one.read or ()] == [
        ("Email", " b@Example.COM "), ("First", "B"), ("News", "no"),
    ]  # fmt: skip
    assert {value.field: value.text for value in one.planned or ()} == {
        "key_f_EMail": "b@example.com", "f_FirstName": "B", "optin_Newsletter": "no",
    }  # fmt: skip
    (call,) = one.calls
    (answer,) = one.answers
    assert (call.number, call.contacts, call.attempt, call.result) == (1, 2, 1, "answered")
    assert answer.call == call.number
    assert (answer.verdict, answer.record_id) == ("created", one.record_id)
    assert answer.request_id
    assert (one.unread, one.unplanned, one.elsewhere, one.looked_up) == ("", "", (), None)


def test_text_that_was_cut_is_said_to_be(workshop: Workshop) -> None:
    workshop.people(2)
    workshop.importer("run", "people.csv", "--yes")
    one = only(story(workshop.run_id(), row=2))
    assert (one.read, one.planned) == (None, None)
    assert "keep: all" in one.unread
    assert "keep: all" in one.unplanned


def test_rows_that_are_too_short_or_too_long_keep_their_cells(workshop: Workshop) -> None:
    good = "c@example.com,C,Laval\n" * 9
    odd = "a@example.com\nb@example.com,B,Laval,x,y\n"
    workshop.write("people.csv", f"Email,First,City\n{odd}{good}")
    workshop.importer("check", "people.csv")
    short, long = (only(story(workshop.run_id(), row=row)) for row in (2, 3))
    assert [cell.text for cell in short.read or ()] == ["a@example.com", None, None]
    assert [cell.text for cell in long.read or ()] == ["b@example.com", "B", "Laval", "x", "y"]
    assert {issue.code for issue in long.issues} == {"row-too-long"}
    assert (long.planned, long.unplanned) == (None, "")


def test_each_attempt_is_told_and_the_row_that_was_read_back(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sandbox(faults="lost 429 ok")
    workshop.importer("run", "people.csv", "--yes", "--verify", "3")
    one = only(story(workshop.run_id(), row=2))
    assert [call.result for call in one.calls] == ["in-doubt", "not-taken", "answered"]
    assert [call.attempt for call in one.calls] == [1, 2, 3]
    assert one.calls[0].message
    assert one.attempts == 2
    assert one.looked_up is not None
    assert one.looked_up.found


def test_withheld_yeses_are_told(workshop: Workshop) -> None:
    workshop.write("mappings/people.yaml", CONSENTS.replace("WHO", "new"))
    workshop.write("people.csv", "Email,First,News\na@example.com,A,yes\n")
    for _ in range(2):
        workshop.importer("run", "people.csv", "--yes")
    one = only(story(workshop.run_id(), key="a@example.com"))
    assert [(issue.code, issue.field) for issue in one.withheld] == [
        ("yes-withheld", "optin_Newsletter")
    ]


def test_retries_of_a_row_are_told_in_the_order_of_their_making(workshop: Workshop) -> None:
    workshop.write("mappings/people.yaml", PEOPLE.replace("upsert", "update"))
    workshop.people(3)
    workshop.importer("run", "people.csv", "--yes")
    first = workshop.run_id()
    workshop.importer("retry", first, "--yes")
    second = workshop.run_id()
    one = only(story(first, row=3))
    assert [(o.run, o.retry_of, o.verdict) for o in one.elsewhere] == [(second, first, "rejected")]
    other = only(story(second, row=3))
    assert [(o.run, o.retry_of) for o in other.elsewhere] == [(first, "")]
    journal = Path("runs", second, "state", "journal.sqlite3")
    journal.write_bytes(b"nothing of the kind" * 100)
    assert only(story(first, row=3)).elsewhere == ()


# --- which rows ------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["a@example.com", "  A@EXAMPLE.com "])
def test_a_key_is_compared_as_the_platform_does(workshop: Workshop, key: str) -> None:
    workshop.write("people.csv", MIXED)
    workshop.importer("check", "people.csv")
    found = story(workshop.run_id(), key=key)
    assert [(one.row, one.verdict, one.fitting) for one in found] == [
        (2, "duplicate", 2), (4, "not-sent", 2),
    ]  # fmt: skip
    assert [one.row for one in story(workshop.run_id(), key="No address")] == [3]


@pytest.mark.parametrize(
    ("key", "rows"),
    [
        ("B@example.com", [3]),
        ("7", [2, 3]),
        ('{"key_f_EMail": "É@example.com", "key_f_ID": "7"}', [2]),
        ('{"key_f_ID":"7","key_f_EMail":"É@EXAMPLE.com"}', [2]),
        ('quoted "x"', [4]),
        ("e\u0301@example.com", [2]),
        ("example.com", []),
        ('{"key_f_ID":"7"}', []),
        ("{", []),
        ("{}", []),
    ],
)
def test_a_key_of_several_parts_is_found_by_its_json_or_any_part(
    workshop: Workshop, key: str, rows: list[int]
) -> None:
    workshop.write("mappings/people.yaml", TABLE)
    workshop.write(
        "people.csv",
        'Email,First,City,ID\né@example.com,A,L,7\nb@example.com,B,L,7\nc@example.com,C,L,"quoted '
        '""X"""\n',
    )
    workshop.importer("check", "people.csv")
    if rows:
        assert [one.row for one in story(workshop.run_id(), key=key)] == rows
    else:
        with pytest.raises(UnusableInputError):
            story(workshop.run_id(), key=key)


@pytest.mark.parametrize("key", ["%", "a%", "_@example.com", "'", '"', "*", "a@example.co"])
def test_no_sign_stands_for_others(workshop: Workshop, key: str) -> None:
    workshop.write("people.csv", MIXED)
    workshop.importer("check", "people.csv")
    with pytest.raises(UnusableInputError) as raised:
        story(workshop.run_id(), key=key)
    assert f'no row with the key "{key}": looked for in people.csv' in str(raised.value)


def test_file_and_sheet_choose_among_rows_of_one_number(workshop: Workshop) -> None:
    workshop.people(2, "in/one.csv")
    workshop.people(2, "two.csv", start=9)
    workshop.importer("check", "in/one.csv", "two.csv")
    run = workshop.run_id()
    assert [one.file for one in story(run, row=2)] == ["in/one.csv", "two.csv"]
    assert [one.file for one in story(run, row=2, file="one.csv")] == ["in/one.csv"]
    assert [one.file for one in story(run, row=2, file="in/one.csv", sheet="")] == ["in/one.csv"]
    for wanted in ({"file": "three.csv"}, {"sheet": "Contacts"}):
        with pytest.raises(UnusableInputError) as raised:
            story(run, row=2, **wanted)
        assert "has read no such table; it has: in/one.csv; two.csv" in str(raised.value)


def test_of_many_tables_the_first_are_named(workshop: Workshop) -> None:
    for number in range(9):
        workshop.people(1, f"in/{number}.csv", start=number + 1)
    workshop.importer("check", "in")
    with pytest.raises(UnusableInputError) as raised:
        story(workshop.run_id(), row=7)
    assert str(raised.value).endswith("; in/5.csv and 3 more")


def test_many_rows_of_one_key_are_counted_and_the_first_are_told(workshop: Workshop) -> None:
    lines = ["a@example.com,A,Laval"] * (MOST + 5)
    workshop.write("people.csv", "\n".join(["Email,First,City", *lines, ""]))
    workshop.importer("check", "people.csv")
    found = story(workshop.run_id(), key="a@example.com")
    assert len(found) == MOST
    assert {one.fitting for one in found} == {MOST + 5}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"row": 9}, "has no row 9: looked for in people.csv"),
        (
            {"row": 2, "key": "x@example.com"},
            'has no row 2 with the key "x@example.com": looked for in people.csv',
        ),
        ({}, "name a row by its number or by its key"),
        ({"key": " "}, "name a row by its number or by its key"),
    ],
)
def test_what_is_not_there_is_said_with_where_it_was_looked_for(
    workshop: Workshop, asked: dict[str, str], told: str
) -> None:
    workshop.people(2)
    workshop.importer("check", "people.csv")
    with pytest.raises(UnusableInputError) as raised:
        story(workshop.run_id(), **asked)  # type: ignore[arg-type]
    assert told in str(raised.value)


def test_a_check_that_did_not_end_has_no_story(workshop: Workshop) -> None:
    workshop.people(2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("importer.planning.Planner.finish", lambda self: 1 / 0)
        workshop.importer("check", "people.csv")
    with pytest.raises(UnusableInputError) as raised:
        story(workshop.run_id(), row=2)
    assert f"importer resume {workshop.run_id()}" in str(raised.value)


def test_only_the_batches_of_the_row_are_read(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.people(40)
    workshop.importer("run", "people.csv", "--yes")
    read: list[bytes] = []
    unpack = outcomes.unpacked

    def unpacked(blob: bytes) -> object:
        read.append(blob)
        return unpack(blob)

    monkeypatch.setattr("importer.journal.one_contact.unpacked", unpacked)
    assert only(story(workshop.run_id(), row=30)).verdict == "created"
    assert len(read) == 1


def test_a_story_leaves_no_personal_data_in_the_log(workshop: Workshop) -> None:
    workshop.write("people.csv", MIXED)
    workshop.importer("run", "people.csv", "--yes")
    story(workshop.run_id(), key="a@example.com")
    assert "@example.com" not in json.dumps(workshop.log())
