"""``show --row``, ``show --key`` and ``find``: what they print, and what JSON says of errors."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from importer import cli
from importer.cli import rows
from importer.errors import LockedError, Mistake, StoppedError, UnusableInputError
from importer.language import Said
from importer.model import Difference, Verdict
from importer.reports.ledger import LedgerLine
from importer.runs import Found, Story
from importer.runs.story_members import (
    Answer,
    Carried,
    Cell,
    Elsewhere,
    LookedUp,
    PlannedValue,
    Told,
)
from importer.runs.telling import MOST
from tests.runs.workshop import SETTINGS, Workshop

MIXED = "Email,First,City\na@example.com,A,B\nb@example.com,C,D\nno address,E,F\n"
LINE = LedgerLine(
    "a@example.com", "optin_Newsletter", "yes", "2026-02-03", "Salon 2026", "people.csv", "", 3,
    "Oui", "row", "8f2a", "31", "2026-11-22T03:15:02.000Z", "created", "marie",
)  # fmt: skip
WHOLE = Story(
    run="20261122T031500Z-people-k3fq",
    fitting=1,
    file="people.xlsx",
    sheet="Contacts",
    row=3,
    key="a@example.com",
    verdict="rejected",
    code="too-long",
    field="f_City",
    message="City is too long",
    batch="8f2a",
    attempts=1,
    record_id="7",
    read=(Cell("Email", "a@example.com"), Cell("City", "two\nlines\x1b"), Cell("First", None)),
    unread="",
    issues=(Told("warning", "time-dropped", "Since", "f_Since", "x", "A warning."),),
    planned=(PlannedValue("f_City", "two"), PlannedValue("f_Name", "")),
    unplanned="",
    withheld=(Told("warning", "yes-withheld", "", "optin_News", "", "Not sent."),),
    consents=(LINE, LINE._replace(value="no", consent_date="", basis="", cell="", call="")),
    calls=(
        Carried(1, 0, "8f2a", 2, 1, 0.25, "2026-11-22T03:15:01.000Z", "", "open", ""),
        Carried(2, 0, "8f2a", 1, 2, 1.0, "T1", "T2", "refused", "No permission."),
    ),
    answers=(Answer(2, "T2", "rejected", "too-long", "f_City", "City is too long", "7", "31"),),
    looked_up=LookedUp("T3", True, (Difference("f_City", "a", "b"),)),
    elsewhere=(
        Elsewhere("run-2", "T", "run-1", "created", "", ""),
        Elsewhere("run-1", "T", "", "unknown", "answer-lost", "No answer."),
    ),
)


def test_the_story_of_a_row_is_printed_in_the_order_of_its_course(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows._print_story(WHOLE)
    assert capsys.readouterr().out == (
        "people.xlsx, sheet Contacts, row 3: refused by the platform\n"
        "  Run: 20261122T031500Z-people-k3fq\n"
        "  Key: a@example.com\n"
        "  Why: City is too long\n"
        "  Record id: 7\n"
        "  What was read\n"
        "    Email: a@example.com\n"
        "    City: two\\nlines\\x1b\n"
        "    First: (no such cell)\n"
        "  What the checks said\n"
        "    warning, time-dropped: A warning.\n"
        "  What was planned\n"
        "    f_City: two\n"
        "    f_Name: (blank)\n"
        "  Yeses that were not sent\n"
        "    warning, yes-withheld: Not sent.\n"
        "  Calls\n"
        "    Call 1 (batch 8f2a): 2026-11-22T03:15:01.000Z, 2 contacts, attempt 1, after waiting "
        "0.2 s: no answer is known\n"
        "    Call 2 (batch 8f2a): T1, 1 contact, attempt 2, after waiting 1.0 s: the platform "
        "refused it, T2. No "
        "permission.\n"
        "  What came back\n"
        "    Call 2, T2: refused by the platform, too-long, f_City, City is too long, record id 7, "
        "request id 31\n"
        "  Consents that were sent\n"
        '    optin_Newsletter: yes, dated 2026-02-03, basis: Salon 2026, cell "Oui", call 8f2a, '
        "request id 31, 2026-11-22T03:15:02.000Z, sent by marie\n"
        "    optin_Newsletter: no, request id 31, 2026-11-22T03:15:02.000Z, sent by marie\n"
        "  What was found when it was read back\n"
        '    f_City: "a" was sent, "b" is stored\n'
        "  In other runs\n"
        "    run-2, a retry of run-1: created\n"
        "    run-1: sent but answer unknown. No answer.\n"
        "\n"
    )


def test_every_verdict_has_its_words() -> None:
    told = {verdict.value: f"x: {verdict.words}" for verdict in Verdict}
    assert {verdict: rows._ended("x", verdict) for verdict in rows._ENDS} == told


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (LookedUp("T3", False, ()), "T3: the contact is not in the account"),
        (LookedUp("T3", True, ()), "T3: as it was sent"),
    ],
)
def test_what_was_looked_up_is_told(found: LookedUp, told: str) -> None:
    assert rows._looked_up(found) == [told]


def test_show_tells_one_row_by_number_and_by_key(workshop: Workshop) -> None:
    workshop.write("people.csv", MIXED)
    workshop.importer("run", "people.csv", "--yes")
    run = workshop.run_id()
    done = workshop.importer("show", run, "--row", "4")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("people.csv, row 4: refused by our checks\n")
    assert "    Email: no address\n" in done.out
    done = workshop.importer("show", run, "--key", " A@EXAMPLE.COM", "--json")
    assert (done.json["run"], done.json["fitting"]) == (run, 1)
    (told,) = done.json["rows"]
    assert set(told) == set(Story.__dataclass_fields__)
    assert (told["row"], told["verdict"], told["read"]) == (2, "created", None)
    assert told["calls"][0]["result"] == "answered"


def test_json_of_show_and_find_is_what_their_help_says(workshop: Workshop) -> None:
    texts = {name: " ".join((cli.cli.commands[name].help or "").split()) for name in
             ("show", "find")}  # fmt: skip
    parts = (Story, Told, Carried, Answer, LookedUp, Elsewhere)
    members = [name for part in parts for name in part.__dataclass_fields__]
    assert [name for name in members if name not in texts["show"]] == []
    assert [name for name in Found.__dataclass_fields__ if name not in texts["find"]] == []


@pytest.mark.parametrize("encoding", ["cp850", "ascii"])
def test_a_narrow_window_with_an_old_code_page_is_no_reason_to_fail(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    workshop.write("people.csv", "Email,First,City\nœ@exämple.com,Łukasz “x”,Lévis\nno,E,F\n")
    workshop.importer("check", "people.csv", "--language", "fr")
    monkeypatch.setenv("COLUMNS", "12")
    for more in ([], ["--row", "2"], ["--row", "3"]):
        written = io.BytesIO()
        with monkeypatch.context() as patch:
            patch.setattr("sys.stdout", io.TextIOWrapper(written, encoding))
            patch.setattr("sys.stderr", io.TextIOWrapper(io.BytesIO(), encoding))
            assert cli.run_command(["show", workshop.run_id(), *more]) == 0
            assert written.getvalue()


def test_more_rows_than_are_told_are_counted(workshop: Workshop) -> None:
    lines = ["a@example.com,A,Laval"] * (MOST + 2)
    workshop.write("people.csv", "\n".join(["Email,First,City", *lines, ""]))
    workshop.importer("check", "people.csv")
    done = workshop.importer("show", workshop.run_id(), "--key", "a@example.com")
    assert done.out.count("people.csv, row ") == MOST
    assert done.lines == ["2 more rows fit; see results.csv."]


def test_a_row_that_is_not_there_is_exit_4_and_one_sentence(workshop: Workshop) -> None:
    workshop.people(2)
    workshop.importer("check", "people.csv")
    done = workshop.importer("show", workshop.run_id(), "--row", "77", "--sheet", "")
    assert (done.code, done.out, len(done.lines)) == (4, "", 1)
    done = workshop.importer("show", workshop.run_id(), "--file", "people.csv")
    assert (done.code, "--row or --key" in done.err) == (2, True)


def test_find_tells_every_run_and_consent(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Found(
        run="20261122T031500Z-people-k3fq", created="T0", sandbox=True, purged=False,
        file="people.csv", sheet="", row=3, key="a@example.com", verdict="rejected",
        code="too-long", field="f_City", message="City is too long", batch="8f2a", record_id="",
        consents=(LINE,),
    )  # fmt: skip
    purged = replace(found, purged=True, sandbox=False, message="", verdict="created")

    def find(address: str, **options: Any) -> tuple[Found, ...]:
        options["unreadable"]("run-1 cannot be searched: it is damaged")
        return (found, purged) if address == "a@example.com" else ()

    monkeypatch.setattr("importer.runs.find", find)
    done = workshop.importer("find", "a@example.com")
    assert (done.code, done.lines) == (0, ["Warning: run-1 cannot be searched: it is damaged"])
    assert done.out.splitlines()[:2] == [
        "T0  20261122T031500Z-people-k3fq (SANDBOX)",
        "  people.csv, row 3: refused by the platform. too-long: City is too long",
    ]
    assert "(purged: only its consents are kept)\n  people.csv, row 3: created\n" in done.out
    assert done.out.count("optin_Newsletter: yes, dated 2026-02-03") == 2
    done = workshop.importer("find", "a@example.com", "--json")
    assert done.json["address"] == "a@example.com"
    assert done.json["unreadable"] == ["run-1 cannot be searched: it is damaged"]
    assert done.json["found"][0]["consents"] == [LINE._asdict()]
    assert workshop.importer("find", "a@example.com", "-q").out == ""
    done = workshop.importer("find", "nobody@example.com", "--json")
    assert (done.code, done.json["found"]) == (4, [])
    assert done.lines[-1] == 'importer: "nobody@example.com" is in no run of runs'


def test_find_looks_where_it_is_told(workshop: Workshop) -> None:
    workshop.people(2)
    workshop.importer("check", "people.csv", "--runs-dir", "others")
    assert workshop.importer("find", "person1@example.com").code == 4
    done = workshop.importer("find", "person1@example.com", "--runs-dir", "others")
    assert (done.code, done.err) == (0, "")
    assert "people.csv, row 2: not sent yet" in done.out


# --- errors as JSON ---------------------------------------------------------------------------


def test_where_no_run_comes_of_it_json_still_prints_one_object(workshop: Workshop) -> None:
    workshop.write("mappings/people.yaml", "name: people\ntarget: nowhere\ncolumns: {}\n")
    workshop.people(1)
    done = workshop.importer("check", "people.csv", "-m", "people", "--json")
    assert done.code == 4
    error = done.json["error"]
    assert error["exit_code"] == 4
    assert {tuple(mistake) for mistake in error["mistakes"]} == {
        ("file", "line", "column", "row", "message")
    }
    assert error["mistakes"][0]["file"] == "mappings/people.yaml"
    assert error["mistakes"][0]["line"] == 2
    assert len(error["mistakes"]) == len(done.lines)


def said(french: str, english: str) -> Said:
    sentence = Said(french)
    sentence.english = english
    return sentence


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (UnusableInputError(Mistake(said("rien", "nothing"), "a.csv", row=3)), 4, "nothing"),
        (LockedError(said("tenue", "held")), 7, "held"),
        (StoppedError("the disk is full"), 5, "the disk is full"),
        (ZeroDivisionError("x@example.com"), 1,
         "a defect of importer stopped this command (ZeroDivisionError)"),
    ],
)  # fmt: skip
def test_each_error_has_its_code_and_its_english_sentence(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, message: str
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("importer.runs.run", broken)
    done = workshop.importer("run", "people.csv", "--json")
    assert done.code == code
    told = done.json["error"]
    assert told["exit_code"] == code
    assert [mistake["message"] for mistake in told["mistakes"]] == [message]
    assert "x@example.com" not in done.out
    assert workshop.importer("run", "people.csv").out == ""


def test_wrong_usage_and_a_stop_at_a_question_are_no_object(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.people(1)
    workshop.importer("check", "people.csv")
    done = workshop.importer("show", workshop.run_id(), "--file", "x", "--json")
    assert (done.code, done.out) == (2, "")


def test_a_check_ends_in_verdicts_problems_in_words_and_the_next_command(
    workshop: Workshop,
) -> None:
    workshop.write("people.csv", MIXED)
    done = workshop.importer("check", "people.csv")
    told = [" ".join(line.split()) for line in done.out.splitlines()]
    assert told == ["refused by our checks 1", "not sent yet 2", "rows read 3"]
    assert "  1 × E-mail address that cannot be" in done.lines
    assert f"  importer send {workshop.run_id()}" in done.lines
    assert "email-invalid" not in done.out + done.err


def test_the_end_of_a_run_is_told_in_its_language(workshop: Workshop) -> None:
    workshop.write("people.csv", MIXED)
    workshop.write("importer.yaml", f"language: fr\n{SETTINGS}")
    workshop.importer("check", "people.csv")
    Path("importer.yaml").write_text(SETTINGS, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        spoken: list[str] = []
        patch.setattr("importer.cli.screen._print_end", lambda _: spoken.append(screen_language()))
        workshop.importer("show", workshop.run_id())
        assert workshop.importer("show", workshop.run_id(), "--json").json["language"] == "fr"
    assert spoken == ["fr"]


def screen_language() -> str:
    from importer.language import spoken

    return spoken()


def test_of_many_kinds_of_problems_five_are_named(
    workshop: Workshop, capsys: pytest.CaptureFixture[str]
) -> None:
    from importer.cli.screen import _say_problems
    from tests.reports.made_up import summary

    kinds = ["email-invalid", "date-invalid", "phone-invalid", "platform's own code?", "E42"]
    _say_problems(summary(problems=dict.fromkeys([*kinds, "value-missing"], 1234)))
    assert capsys.readouterr().err.splitlines() == [
        "  1,234 × E-mail address that cannot be",
        "  1,234 × Date of another form",
        "  1,234 × Phone number that cannot be",
        "  1,234 × Without a code",
        "  1,234 × E42",
        "  and 1 other kind of problem: see issues.csv",
    ]
