"""What refuses a checked run before anything is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from importer import runs
from importer.errors import UnusableInputError
from importer.model import RunState
from importer.reports import Summary
from importer.reports.words.headline import headline
from importer.reports.words.steps import next_steps
from importer.run_folder import ColumnFacts, Guards, find_run
from tests.runs.workshop import Workshop

CONSENTS = """\
name: people
target: dialog-insight
columns:
  Email: key_f_EMail
  First: f_FirstName
  City:  f_City
  News:  {field: optin_Newsletter, values: {Y: yes, N: no}}
merge: {mode: upsert}
consent: {yes_to: everyone}
"""


def column(filled: int, rows: int, look: str, **looks: float) -> ColumnFacts:
    return ColumnFacts(filled=filled, rows=rows, looks_like=look, looks=looks)


def started(workshop: Workshop, guards: Guards | None = None, **options: Any) -> Summary:
    """Run people.csv as a job does."""
    return runs.run(
        "people.csv", yes=True, means=workshop.means(), guards=guards, job="nightly",
        pick_up="20261122T031500Z-ab12", **options,
    )  # fmt: skip


def refused(summary: Summary, reason: str = "guard") -> str:
    """Prove that nothing was sent; give why."""
    assert (summary.state, summary.exit_code) == (RunState.REFUSED, 4)
    assert summary.stopped_because == reason
    return summary.message


def cells(workshop: Workshop, rows: list[tuple[str, str, str]], end: str = "\n") -> None:
    lines = ["Email,First,City", *(",".join(row) for row in rows)]
    workshop.write("people.csv", "\n".join(lines) + end)


def people(count: int, first: str = "Jo", city: str = "Laval") -> list[tuple[str, str, str]]:
    return [(f"person{n}@example.com", first, city) for n in range(count)]


# --- what is seen ---------------------------------------------------------------------------------


def test_the_summary_tells_what_was_seen_of_each_mapped_column(workshop: Workshop) -> None:
    cells(workshop, [*people(3), ("", "", ""), ("person9@example.com", "", "")])
    summary = started(workshop)
    (file,) = summary.files
    assert file.columns == {
        "Email": column(4, 4, "email", email=1.0),
        "First": column(3, 4, "text", text=1.0),
        "City": column(3, 4, "text", text=1.0),
    }
    assert file.ends_in_line_break is True
    assert (summary.job, summary.pick_up) == ("nightly", "20261122T031500Z-ab12")
    assert workshop.summary()["files"][0]["columns"]["Email"] == {
        "filled": 4, "rows": 4, "looks_like": "email", "looks": {"email": 1.0},
        "garbled": 0.0,
    }  # fmt: skip


def test_columns_that_go_nowhere_are_not_looked_at_and_those_that_only_help_are(
    workshop: Workshop,
) -> None:
    workshop.write(
        "mappings/people.yaml",
        """\
name: people
target: dialog-insight
columns:
  Email: key_f_EMail
  Secret: ignore
computed:
  f_FirstName: {template: "{First} {Last}"}
when: {Kind: A}
merge: {mode: upsert}
""",
    )
    workshop.write(
        "people.csv",
        "Email,Secret,First,Last,Kind,More\na@b.ca,x, Jo ,Roy,A,y\nb@b.ca,x, ,Ali,A,y\n",
    )
    (file,) = runs.check("people.csv", means=workshop.means()).files
    assert {name: one.filled for name, one in file.columns.items()} == {
        "Email": 2, "First": 1, "Last": 2, "Kind": 2,
    }  # fmt: skip


def test_an_ordinary_run_is_of_no_job(workshop: Workshop) -> None:
    workshop.people(1)
    workshop.importer("run", "people.csv", "--yes")
    assert (workshop.summary()["job"], workshop.summary()["pick_up"]) == ("", "")


@pytest.mark.parametrize(
    ("content", "ends"),
    [
        (b"Email,First,City\na@b.ca,Jo,Laval\n", True),
        (b"Email,First,City\ra@b.ca,Jo,Laval\r", True),
        (b"Email,First,City\r\na@b.ca,Jo,Laval", False),
        (b"Email,First,City\r\na@b.ca,Jo,Laval\r\n\x1a", True),  # as DOS ended files
        ("Email,First,City\na@b.ca,Jo,Laval\n".encode("utf-16"), True),
        ("Email,First,City\na@b.ca,Zoé,Laval".encode("cp1252"), False),
    ],
)
def test_whether_a_text_file_ends_in_a_line_break_is_known(
    workshop: Workshop, content: bytes, ends: bool
) -> None:
    workshop.write("people.csv", content)
    (file,) = runs.check("people.csv", means=workshop.means()).files
    assert file.ends_in_line_break is ends


# --- guards ---------------------------------------------------------------------------------------


def test_a_file_with_too_few_rows_is_not_sent(workshop: Workshop) -> None:
    cells(workshop, [*people(4), ("", "", ""), ("x@example.com", "A", "B")])
    told = refused(started(workshop, Guards(usual_rows=1_200, fewest_rows=6)))
    assert told == "the file has 5 rows where 1,200 are usual, and below 6 nothing is sent"
    assert not workshop.contacts()
    summary = started(workshop, Guards(usual_rows=1_200, fewest_rows=5))
    assert summary.state == RunState.FINISHED


def test_a_file_whose_rows_are_of_too_few_contacts_is_not_sent(workshop: Workshop) -> None:
    cells(workshop, [("x@example.com", f"Jo{n}", "Laval") for n in range(9)])
    guards = Guards(usual_rows=9, fewest_rows=6, usual_contacts=9, fewest_contacts=6)
    assert refused(started(workshop, guards)) == (
        "the rows of the file are of 1 contact where 9 are usual, and below 6 nothing is sent"
    )
    cells(workshop, [*people(6), *people(3)])
    assert started(workshop, guards).state == RunState.FINISHED


@pytest.mark.parametrize("written", ["L?vis", "L\ufffdvis"])
def test_a_file_whose_letters_were_lost_is_not_sent(workshop: Workshop, written: str) -> None:
    guards = Guards(columns={"City": column(30, 30, "text", text=1.0)}, types=True)
    cells(workshop, [*people(29, city="Lévis"), *people(1, city=written)])
    assert "City" in refused(started(workshop, guards))
    cells(workshop, [*people(30, city="Lévis?"), *people(30, city="Lévis")])
    assert started(workshop, guards).state == RunState.FINISHED
    usual = Guards(columns={"City": guards.columns["City"].model_copy(update={"garbled": 0.02})})
    cells(workshop, [*people(29, city="Lévis"), *people(1, city=written)])
    assert started(workshop, usual.model_copy(update={"types": True})).state == RunState.FINISHED


def test_a_number_of_rows_is_asked_for_before_anything_is_usual(workshop: Workshop) -> None:
    cells(workshop, people(1))
    told = refused(started(workshop, Guards(fewest_rows=2)))
    assert told == "the file has 1 row, and below 2 nothing is sent"


def test_a_file_that_ends_in_the_middle_of_a_row_is_not_sent(workshop: Workshop) -> None:
    workshop.write("people.csv", "Email,First,City\na@b.ca,Jo,Laval\nb@b.ca,J")
    told = refused(started(workshop, Guards(cut_off=True)))
    assert told == "the file ends in the middle of a row: it was cut off"
    assert started(workshop, Guards()).state == RunState.FINISHED


def test_a_file_without_its_last_line_break_is_not_sent_where_the_last_ones_had_theirs(
    workshop: Workshop,
) -> None:
    cells(workshop, people(2), end="")
    usual = Guards(cut_off=True, ends_in_line_break=True)
    assert "does not end in a line break, as the last ones did" in refused(started(workshop, usual))
    assert not workshop.contacts()
    for others in (None, False):
        guards = Guards(cut_off=True, ends_in_line_break=others)
        assert started(workshop, guards).state == RunState.FINISHED


def test_a_column_that_is_filled_far_less_or_more_than_last_time_is_told(
    workshop: Workshop,
) -> None:
    cells(workshop, people(20, city=""))
    before = {"city": column(18, 20, "text"), "First": column(1, 20, "text")}
    told = refused(started(workshop, Guards(columns=before, fill_change=0.5)))
    assert told == (
        'the column "First" is filled in 100% of the rows, last time in 5%; '
        'the column "City" is filled in 0% of the rows, last time in 90%'
    )
    loose = Guards(columns=before, fill_change=0.95)
    assert started(workshop, loose).state == RunState.FINISHED
    assert started(workshop, Guards(columns=before)).state == RunState.FINISHED


def test_a_share_near_none_or_all_is_told_with_a_digit_more() -> None:
    from importer.runs.thresholds import _percent

    assert [_percent(share) for share in (0, 0.004, 0.5, 0.996, 1)] == [
        "0", "0.4", "50", "99.6", "100",
    ]  # fmt: skip


@pytest.mark.parametrize(("now", "before"), [(19, 20), (20, 19)])
def test_few_rows_say_nothing_of_a_columns_fill(workshop: Workshop, now: int, before: int) -> None:
    cells(workshop, people(now, city=""))
    guards = Guards(columns={"City": column(before, before, "text")}, fill_change=0.1)
    assert started(workshop, guards).state == RunState.FINISHED


def test_a_column_that_holds_values_of_another_kind_is_told(workshop: Workshop) -> None:
    cells(workshop, people(20, city="514 555-0134"))
    before = {"City": column(20, 20, "text", text=1.0), "Gone": column(20, 20, "text")}
    told = refused(started(workshop, Guards(columns=before, types=True)))
    assert told == 'the column "City" holds values of another kind (phone, last time text)'
    assert started(workshop, Guards(columns=before)).state == RunState.FINISHED


@pytest.mark.parametrize(
    ("city", "last"),
    [
        ("12", column(20, 20, "decimal", decimal=1.0)),
        ("1.5", column(20, 20, "integer", integer=1.0)),
        ("1", column(20, 20, "integer", integer=1.0)),
        ("Laval", column(20, 20, "phone", phone=0.5, text=0.5)),  # no more than half changed
        ("Laval", column(19, 20, "phone", phone=1.0)),  # too few to tell
        ("", column(20, 20, "phone", phone=1.0)),  # a matter of the fill
        ("Laval", column(20, 20, "text")),  # of which no shares were kept
    ],
)
def test_what_may_well_be_the_same_kind_is_no_alarm(
    workshop: Workshop, city: str, last: ColumnFacts
) -> None:
    cells(workshop, people(20, city=city))
    guards = Guards(columns={"City": last}, types=True)
    assert started(workshop, guards).state == RunState.FINISHED


def test_all_reasons_are_told_and_thresholds_beside_guards(workshop: Workshop) -> None:
    workshop.write("people.csv", "Email,First,City\na@b.ca,Jo,Laval\nnobody,Jo,Laval\nb@b.ca,J")
    summary = started(workshop, Guards(fewest_rows=10, cut_off=True), max_invalid=1)
    assert refused(summary) == (
        "the file has 3 rows, and below 10 nothing is sent; "
        "the file ends in the middle of a row: it was cut off; "
        "--max-invalid 1: 2 rows cannot be sent"
    )


def test_guards_hold_for_a_run_that_is_sent_or_gone_on_with_later(workshop: Workshop) -> None:
    cells(workshop, people(2))
    checked = runs.check(
        "people.csv", connection="local", means=workshop.means(), guards=Guards(fewest_rows=9),
        job="nightly",
    )  # fmt: skip
    refused(checked)
    with pytest.raises(UnusableInputError, match="is refused: it cannot be sent"):
        runs.send(checked.run, yes=True, means=workshop.means())


def test_a_crash_between_check_and_decision_does_not_take_the_guards_away(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells(workshop, people(2))
    with monkeypatch.context() as patch:
        patch.setattr("importer.runs.course.state_after_check", _crash)
        with pytest.raises(KeyboardInterrupt):
            started(workshop, Guards(fewest_rows=9))
    refused(runs.resume(workshop.run_id(), means=workshop.means()))
    assert not workshop.contacts()


def _crash(*_: object) -> None:
    raise KeyboardInterrupt


def test_reasons_are_kept_in_english_whatever_the_runs_language(workshop: Workshop) -> None:
    cells(workshop, people(20, city=""))
    guards = Guards(columns={"City": column(20, 20, "text")}, fill_change=0.5, fewest_rows=99)
    summary = started(workshop, guards, language="fr")
    assert summary.message == (
        "the file has 20 rows, and below 99 nothing is sent; "
        'the column "City" is filled in 0% of the rows, last time in 100%'
    )


# --- thresholds of consents -----------------------------------------------------------------------


@pytest.fixture
def consents(workshop: Workshop) -> Workshop:
    """Four contacts: three say yes, one says no."""
    workshop.write("mappings/people.yaml", CONSENTS)
    rows = [f"person{n}@example.com,A,B,{'YYYN'[n]}" for n in range(4)]
    workshop.write("people.csv", "\n".join(["Email,First,City,News", *rows, ""]))
    return workshop


def test_more_yeses_of_a_consent_than_allowed_send_nothing(consents: Workshop) -> None:
    done = consents.importer("run", "people.csv", "--yes", "--max-yes", "50%", "--max-no", "1")
    assert done.code == 4
    found = consents.summary()
    assert (found["state"], found["stopped_because"]) == ("refused", "threshold")
    assert found["message"] == (
        "--max-yes 50%: optin_Newsletter would be set to yes for 3 contacts"
    )
    assert not consents.contacts()
    assert "a consent would be set for more contacts than was allowed" in done.out + done.err
    assert "--max-yes 50% --max-no 1" in done.out + done.err


def test_more_noes_of_a_consent_than_allowed_send_nothing(consents: Workshop) -> None:
    told = refused(started(consents, max_yes=3, max_no=0), "threshold")
    assert told == "--max-no 0: optin_Newsletter would be set to no for 1 contact"


def test_as_many_as_allowed_are_sent(consents: Workshop) -> None:
    assert started(consents, max_yes="75%", max_no="25%").state == RunState.FINISHED


def test_what_is_no_threshold_is_refused_before_anything_is_made(consents: Workshop) -> None:
    with pytest.raises(UnusableInputError, match="neither a number of rows nor a share"):
        started(consents, max_yes="many")
    with pytest.raises(UnusableInputError, match="neither a number of rows nor a share"):
        started(consents, max_no="-1")
    for option in ("--max-yes", "--max-no"):
        assert consents.importer("check", "people.csv", option, "many").code == 2
    assert consents.run_folders() == []


def test_a_retry_obeys_none_of_what_its_run_obeyed(workshop: Workshop) -> None:
    workshop.people(10)
    workshop.sandbox(drop_answers=2)
    first = started(workshop, Guards(fewest_rows=3), max_yes="1", max_no=1)
    assert first.rows.unknown
    told = find_run(Path("runs"), first.run).settings
    assert (told.max_yes, told.max_no, told.guards) == ("1", "1", Guards(fewest_rows=3))
    workshop.sandbox()
    summary = runs.retry(first.run, yes=True, means=workshop.means())
    assert (summary.state, summary.job, summary.pick_up) == (RunState.FINISHED, "", "")
    assert summary.files[0].columns == {}
    told = find_run(Path("runs"), summary.run).settings
    assert (told.max_yes, told.max_no, told.guards) == (None, None, None)


# --- what people are told -------------------------------------------------------------------------


def told(summary: Summary) -> tuple[str, list[tuple[str, str]]]:
    settings = find_run(Path("runs"), summary.run).settings
    return headline(summary).text, [(s.text, s.command) for s in next_steps(summary, settings)]


def test_a_guard_of_a_job_is_answered_with_a_look_and_accept(workshop: Workshop) -> None:
    cells(workshop, people(2))
    head, ((text, command),) = told(started(workshop, Guards(fewest_rows=9)))
    assert head == "Nothing was sent: the file is not as it should be"
    assert "put it back where the job finds it" in text
    assert command == "importer job run nightly --accept"


def test_a_threshold_of_a_job_is_raised_in_its_section(consents: Workshop) -> None:
    _, ((text, command),) = told(started(consents, max_yes=0))
    assert text.startswith("Look at the consents of the file.")
    assert command == "importer job run nightly"
    consents.write("people.csv", "Email,First,City,News\nnobody,A,B,Y\n")
    _, ((text, command),) = told(started(consents, max_invalid=0))
    assert text.startswith("Correct the rows of issues.csv in the file itself, or allow more")
    assert command == "importer job run nightly"


def test_a_threshold_outside_a_job_is_answered_as_ever(consents: Workshop) -> None:
    consents.write("people.csv", "Email,First,City,News\nnobody,A,B,Y\na@b.ca,A,B,Y\n")
    summary = runs.run(
        "people.csv", yes=True, means=consents.means(), strict=True, max_no=5, max_yes=0
    )
    head, ((text, command),) = told(summary)
    assert summary.message == (
        "--strict: 1 row cannot be sent, so none is; "
        "--max-yes 0: optin_Newsletter would be set to yes for 1 contact"
    )
    assert head == "Nothing was sent: 1 row refused by our checks"
    assert text.startswith("Correct the rows of issues.csv in the file themselves and run again.")
    assert command.endswith("-c local --strict --max-yes 0 --max-no 5")


def test_a_guard_outside_a_job_is_answered_by_an_import_by_hand(workshop: Workshop) -> None:
    cells(workshop, people(2))
    summary = runs.run("people.csv", yes=True, means=workshop.means(), guards=Guards(fewest_rows=9))
    _, ((text, command),) = told(summary)
    assert text.startswith("Look at the file.")
    assert command == "importer run people.csv -m people -c local"


def test_a_masked_report_keeps_why_a_guard_refused(workshop: Workshop) -> None:
    cells(workshop, people(20, city=""))
    guards = Guards(columns={"City": column(20, 20, "text")}, fill_change=0.5)
    summary = started(workshop, guards)
    workshop.importer("report", summary.run, "--mask")
    masked = json.loads((workshop.run_folder() / "masked" / "summary.json").read_bytes())
    assert masked["message"] == summary.message
    assert list(masked["files"][0]["columns"]) == ["Email", "First", "City"]
