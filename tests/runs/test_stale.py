"""A plan that has lain too long could undo an unsubscription: it is not sent unless asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from importer import runs
from importer.errors import UnusableInputError
from importer.journal import Journal
from importer.run_folder import RunFolder
from importer.runs.staleness import in_words
from tests.runs.workshop import PEOPLE, SETTINGS, Workshop

HOUR = 3600
DAY = 24 * HOUR


def checked(workshop: Workshop) -> str:
    """Check six people; give the run."""
    workshop.people(6)
    assert workshop.importer("check", "people.csv").code == 0
    return workshop.run_id()


def stopped(workshop: Workshop) -> str:
    """Send five of twelve people; give the run."""
    workshop.people(12)
    assert workshop.importer("run", "people.csv", "--yes", "--first", "5").code == 5
    return workshop.run_id()


def unknown(workshop: Workshop) -> str:
    """Send eight people, and get no answer for two of them; give the run."""
    workshop.people(8)
    workshop.sandbox(drop_answers=1)
    assert workshop.importer("run", "people.csv", "--yes").code == 6
    workshop.sandbox()
    return workshop.run_id()


@pytest.mark.parametrize("command", ["send", "resume", "retry"])
def test_an_old_plan_is_refused_with_its_age_the_reason_and_both_ways_out(
    workshop: Workshop, command: str
) -> None:
    run = {"send": checked, "resume": stopped, "retry": unknown}[command](workshop)
    calls = len(workshop.network.merges())
    workshop.clock.seconds += 3 * DAY
    done = workshop.importer(command, run, "--yes")
    assert (done.code, len(done.lines)) == (4, 1)
    for words in (run, "3 days ago", "24 hours", "unsubscription", "heck the files again",
                  "--stale"):  # fmt: skip
        assert words in done.err
    assert len(workshop.network.merges()) == calls
    assert len(workshop.run_folders()) == 1
    assert workshop.importer(command, run, "--yes", "--stale").code == 0


@pytest.mark.parametrize("command", ["send", "resume", "retry"])
def test_a_plan_of_just_the_greatest_age_is_sent(workshop: Workshop, command: str) -> None:
    run = {"send": checked, "resume": stopped, "retry": unknown}[command](workshop)
    with Journal.open(RunFolder(workshop.run_folder()).journal) as journal:
        journal.set_fact("checked", "2026-11-22T05:15:00.000Z")
    workshop.clock.seconds = 2 * HOUR + DAY - HOUR  # a command takes an hour before it begins
    assert workshop.importer(command, run, "--yes").code == 0


def test_the_greatest_age_is_a_setting(workshop: Workshop) -> None:
    run = checked(workshop)
    workshop.write("importer.yaml", f"max_plan_age: 90m\n{SETTINGS}")
    workshop.clock.seconds += HOUR
    done = workshop.importer("send", run, "--yes")
    assert done.code == 4
    assert "2 hours ago" in done.err
    assert "90 minutes" in done.err
    workshop.write("importer.yaml", f"max_plan_age: 7d\n{SETTINGS}")
    workshop.clock.seconds += 6 * DAY
    assert workshop.importer("send", run, "--yes").code == 0


@pytest.mark.parametrize("command", ["run", "send", "retry"])
def test_a_plan_that_becomes_too_old_while_a_person_is_asked_is_not_sent(
    workshop: Workshop, command: str
) -> None:
    run = {"run": checked, "send": checked, "retry": unknown}[command](workshop)
    calls = len(workshop.network.merges())

    def ask(_: Any) -> bool:
        workshop.clock.seconds += 3 * DAY
        return True

    of = "people.csv" if command == "run" else run
    with pytest.raises(UnusableInputError, match="3 days ago"):
        getattr(runs, command)(of, ask=ask, means=workshop.means())
    assert len(workshop.network.merges()) == calls
    left = workshop.run_id()
    assert workshop.importer("send", left, "--yes").code == 4
    assert workshop.importer("send", left, "--yes", "--stale").code == 0


@pytest.mark.parametrize("command", ["send", "resume", "retry"])
def test_a_clock_that_went_back_leaves_the_age_unknown(workshop: Workshop, command: str) -> None:
    run = {"send": checked, "resume": stopped, "retry": unknown}[command](workshop)
    calls = len(workshop.network.merges())
    workshop.clock.seconds -= 5 * HOUR
    done = workshop.importer(command, run, "--yes")
    assert (done.code, len(done.lines)) == (4, 1)
    for words in ("clock of this machine", "4 hours before", "--stale"):
        assert words in done.err
    assert len(workshop.network.merges()) == calls
    assert workshop.importer(command, run, "--yes", "--stale").code == 0


def test_clocks_of_two_machines_may_differ_by_minutes(workshop: Workshop) -> None:
    run = checked(workshop)
    workshop.clock.seconds -= HOUR + 299
    assert workshop.importer("send", run, "--yes").code == 0


def test_a_run_of_which_only_the_reports_are_missing_is_never_too_old(workshop: Workshop) -> None:
    workshop.people(6)
    assert workshop.importer("run", "people.csv", "--yes").code == 0
    with Journal.open(RunFolder(workshop.run_folder()).journal) as journal:
        journal.set_fact("state", "sending")  # as if it had ended before its reports
    workshop.clock.seconds += 30 * DAY
    calls = len(workshop.network.merges())
    assert workshop.importer("resume").code == 0
    assert workshop.summary()["state"] == "finished"
    assert len(workshop.network.merges()) == calls


def test_rows_in_doubt_would_be_sent_again_so_they_can_be_too_old(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sandbox(faults="lost*")
    assert workshop.importer("run", "people.csv", "--yes").code == 5
    workshop.sandbox()
    workshop.clock.seconds += 2 * DAY
    assert workshop.importer("resume").code == 4
    assert workshop.importer("resume", "--stale").code == 0


def test_contacts_that_only_a_second_step_has_not_sent_can_be_too_old(workshop: Workshop) -> None:
    workshop.write(
        "mappings/people.yaml",
        PEOPLE.replace("f_City", "optin_Newsletter") + "consent: {yes_to: new}\n",
    )
    workshop.write("people.csv", "Email,First,City\na@example.com,A,yes\n")
    workshop.sandbox(faults="ok 503*")
    assert workshop.importer("run", "people.csv", "--yes").code == 5
    assert workshop.totals() == {"not_sent": 1}
    workshop.sandbox()
    workshop.clock.seconds += 2 * DAY
    assert workshop.importer("resume").code == 4
    assert workshop.importer("resume", "--stale").code == 0
    assert workshop.totals() == {"created": 1}


def test_a_run_that_is_resumed_in_the_middle_of_its_check_is_fresh(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.people(6)
    with monkeypatch.context() as patched:
        patched.setattr("importer.planning.Planner.finish", _end)
        with pytest.raises(SystemExit):
            runs.run("people.csv", yes=True)
    workshop.clock.seconds += 9 * DAY
    assert workshop.importer("resume").code == 0


def _end(_: object) -> None:
    raise SystemExit


def test_an_abandoned_and_an_unwanted_run_need_no_age(workshop: Workshop) -> None:
    run = stopped(workshop)
    workshop.clock.seconds += 9 * DAY
    assert workshop.importer("abandon", run, "--yes").code == 0


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "0 minutes"),
        (1, "1 minute"),
        (119, "119 minutes"),
        (120, "2 hours"),
        (1440, "24 hours"),
        (2 * 1440 - 1, "47 hours"),
        (2 * 1440, "2 days"),
    ],
)
def test_durations_are_written_in_a_unit_that_tells(minutes: int, words: str) -> None:
    assert in_words(timedelta(minutes=minutes, seconds=30)) == words
