from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from importer.job_settings import ExpectSection, Told
from importer.jobs.values import FileEnd
from importer.jobs.wording import message_of
from importer.language import speaking
from importer.reports import CallTotals, RowTotals
from importer.state import End, Standing, State
from tests.jobs.ends import NOW, RUN, end_of, made_run, pick_up, summary

FIX = (
    "Correct 2 rows in to-fix.csv (the last column says what is wrong), save as CSV and import "
    "only them."
)
LONG_AGO = NOW - timedelta(days=3)


def _body(
    end: object, kind: Told = Told.FAILED, before: Standing | None = None, **given: object
) -> str:
    _, body = message_of(end, kind, before or Standing(), host="srv1", **given)  # type: ignore[arg-type]
    return body


def test_the_title_names_the_job_the_machine_and_what_happened() -> None:
    titles = {
        kind: message_of(end_of(), kind, Standing(), host="srv1", home=Path("/srv"))[0]
        for kind in Told
    }
    assert titles == {
        Told.FAILED: "nightly on srv1: failed",
        Told.DEGRADED: "nightly on srv1: not all imported",
        Told.MISSING: "nightly on srv1: expected file missing",
        Told.RECOVERED: "nightly on srv1: works again",
        Told.SUCCESS: "nightly on srv1: all imported",
    }


def test_a_night_that_imported_not_everything_is_told_with_its_numbers_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made_run(Path("runs"))
    told = summary(
        folder=Path("runs") / RUN, exit_code=3, problems={"email-invalid": 2, "phone-invalid": 0}
    )
    one = FileEnd(pick_up(exit_code=3), summary=told, kept="archive/2026/11/20261122T031500Z-aaaa")
    end = end_of(one, exit_code=3, state=State.DEGRADED)
    body = _body(end, Told.DEGRADED, Standing(last_success=LONG_AGO), home=Path("/srv/importer"))
    assert (
        body
        == f"""\
The job "nightly" on srv1 did not import everything.
Started 2026-11-22 03:15:00 UTC, ended after 12 s, exit code 3.
Its last success: 2026-11-19 03:15:00 UTC.

contacts.csv: imported
  Finished: 2 rows refused by our checks.
  12 rows read; created: 10, refused by our checks: 2.
  2 × E-mail address that cannot be
  Run: {RUN}
  Folder of the run: {tmp_path}/runs/{RUN}
  The file lies in archive/2026/11/20261122T031500Z-aaaa
  {FIX}
    importer run runs/{RUN}/to-fix.csv -m newsletter

Type commands in the folder {Path("/srv/importer")}.
What to do on each alarm: docs/nightly.md, part "degraded". How the job does now: importer job list\
"""
    )


def test_commands_fit_a_runs_folder_that_lies_elsewhere(tmp_path: Path) -> None:
    folder = made_run(tmp_path / "the runs")
    rows = RowTotals(read=12, created=9, invalid=2, rejected=1)
    told = summary(folder=folder, exit_code=3, rows=rows)
    body = _body(end_of(FileEnd(pick_up(exit_code=3), summary=told), exit_code=3))
    assert f'importer run "{folder / "to-fix.csv"}" -m newsletter' in body
    assert f'importer retry {RUN} --runs-dir "{folder.parent}"' in body


def test_a_run_whose_folder_is_gone_is_told_without_steps(tmp_path: Path) -> None:
    told = summary(folder=tmp_path / RUN, exit_code=3)
    body = _body(end_of(FileEnd(pick_up(exit_code=3), summary=told), exit_code=3))
    assert f"Run: {RUN}" in body
    assert "importer run" not in body


def test_a_file_that_came_to_no_run_is_told_with_the_reason_but_not_with_what_it_quotes() -> None:
    why = (
        'inbox: column "Marie Tremblay" of "contacts.csv" is not known (marie@x.test)\n'
        'a second line with "Jean"'
    )
    one = FileEnd(pick_up(End.REFUSED, exit_code=4, run=""), why, kept="failed/x")
    body = _body(end_of(one, exit_code=4, state=State.FAILED))
    assert 'column "…" of "contacts.csv" is not known (…).' in body
    assert "importer job run nightly" in body
    for personal in ("Marie", "Tremblay", "marie", "Jean"):
        assert personal not in body


def test_a_threshold_is_told_in_full_and_the_words_of_a_platform_are_not(tmp_path: Path) -> None:
    folder = made_run(tmp_path / "runs")
    ours = summary(
        folder=folder,
        state="refused",
        exit_code=4,
        stopped_because="guard",
        message='column "City" is filled in 3% of the rows, 98% last time',
    )
    theirs = summary(
        folder=folder,
        state="stopped",
        exit_code=5,
        stopped_because="all-refused",
        message='"Marie" <marie@x.test> with 5145551234 is not welcome',
    )
    first = FileEnd(pick_up(End.REFUSED, exit_code=4), summary=ours)
    second = FileEnd(pick_up(End.STOPPED, exit_code=5), summary=theirs)
    body = _body(end_of(first, second, exit_code=5, state=State.FAILED))
    assert 'column "City" is filled in 3% of the rows, 98% last time.' in body
    assert "is not welcome." in body
    for personal in ("Marie", "marie", "5145551234"):
        assert personal not in body


def test_a_file_that_is_not_finished_goes_on_by_itself() -> None:
    told = summary(
        state="stopped",
        exit_code=5,
        rows=RowTotals(read=12, created=2, not_sent=10),
        stopped_because="budget-spent",
        message="no call is allowed before 04:00",
    )
    one = FileEnd(pick_up(None, exit_code=5), "x", told)
    bare = FileEnd(pick_up(None, exit_code=5, run=""), "the plan is too old")
    body = _body(end_of(one, bare, exit_code=5, state=State.FAILED))
    assert "no call is allowed before 04:00." in body
    assert "Wait until the time that stands above" in body
    assert body.count("The next start of the job goes on with it. To go on now:") == 2
    assert "the plan is too old." in body


def test_a_stopped_run_without_a_summary_names_the_command_that_shows_it() -> None:
    body = _body(end_of(FileEnd(pick_up(End.STOPPED, exit_code=5)), exit_code=5))
    assert f"importer show {RUN}" in body


def test_a_stopped_file_of_which_no_run_is_known_has_no_command_of_a_run() -> None:
    body = _body(end_of(FileEnd(pick_up(End.STOPPED, exit_code=5, run="")), exit_code=5))
    assert "importer show" not in body


def test_content_that_was_imported_before_is_told_as_it_is() -> None:
    one = FileEnd(pick_up(End.REPEATED, run=""), 'imported already ("old.csv")')
    body = _body(end_of(one), Told.SUCCESS)
    assert "contacts.csv: not imported again" in body
    assert 'imported already ("old.csv").' in body
    assert "docs/nightly.md" not in body


def test_a_missing_file_names_the_day_and_until_when_it_was_expected() -> None:
    end = end_of(exit_code=4, state=State.MISSING, missing=date(2026, 11, 20))
    expect = ExpectSection(by="06:00", time_zone="America/Toronto")
    body = _body(end, Told.MISSING, expect=expect)
    assert "The file of 2026-11-20 was expected by 06:00 (America/Toronto) and has not" in body
    here = _body(end, Told.MISSING, expect=ExpectSection(by="06:00"))
    assert "06:00 (the time of this machine)" in here
    assert "The file of 2026-11-20 has not come." in _body(end, Told.MISSING)


def test_it_says_since_when_the_state_holds_or_what_it_was_before() -> None:
    since = Standing(state=State.FAILED, since=LONG_AGO)
    lasting = _body(end_of(exit_code=4, state=State.FAILED, before=State.FAILED), before=since)
    assert "It has been so since 2026-11-19 03:15:00 UTC." in lasting
    better = _body(end_of(), Told.RECOVERED, since)
    assert "Before, from 2026-11-19 03:15:00 UTC on: failed." in better
    still_well = _body(end_of(), Told.SUCCESS, Standing(since=LONG_AGO))
    assert "It has been so" not in still_well


def test_a_problem_of_the_start_itself_is_told() -> None:
    end = end_of(exit_code=4, state=State.FAILED, problem="the folder inbox cannot be read.")
    assert "\nthe folder inbox cannot be read.\n" in _body(end)


def test_a_message_is_bounded_whatever_happened() -> None:
    files = [FileEnd(pick_up(End.REPEATED, run="", name=f"{n}.csv"), "x" * 5000) for n in range(25)]
    end = end_of(*files, passed_over=tuple(f"{n}.part: still written" for n in range(22)))
    body = _body(end, Told.DEGRADED)
    assert "19.csv" in body
    assert "20.csv" not in body
    assert "  and 5 more" in body
    assert "  19.part: still written\n  and 2 more" in body
    assert max(map(len, body.splitlines())) == 600


def test_the_numbers_of_an_empty_run_need_no_verdicts() -> None:
    told = summary(rows=RowTotals(read=0), calls=CallTotals(planned=0, planned_seconds=0))
    assert "  0 rows read.\n" in _body(end_of(FileEnd(pick_up(), summary=told)), Told.SUCCESS)


def test_it_speaks_the_language_that_is_spoken_and_is_plain_text() -> None:
    with speaking("fr"):
        title, body = message_of(end_of(), Told.SUCCESS, Standing(), host="srv1")
    assert type(title) is str
    assert type(body) is str
