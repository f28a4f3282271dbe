"""``--verbose``: what a run tells as it happens, and what it never tells."""

from __future__ import annotations

import pytest

from importer.cli.verbose import VerboseScreen, say_where
from importer.errors import DefectError
from tests.runs.workshop import KEY, SETTINGS, Workshop


def test_each_call_and_each_wait_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    screen = VerboseScreen()
    screen.begin("send", 200)
    facts = {"batch": "8f2a", "attempt": 2, "result": "answered", "milliseconds": 81.6}
    screen.event("call", contacts=1, **facts)
    screen.event("call", contacts=1200, **facts)
    screen.event("waiting", seconds=12.4)
    screen.event("not-taken", attempt=2, asked_to_wait=None)
    screen.event("stopping")
    screen.event("account-not-compared", message="A warning.")
    screen.end()
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        "Call 8f2a: 1 contact, attempt 2: answered after 82 ms",
        "Call 8f2a: 1,200 contacts, attempt 2: answered after 82 ms",
        "Waiting 12 s for the allowed pace.",
        "not-taken: attempt 2, asked to wait None",
        "stopping",
        "A warning.",
    ]


def test_a_terminal_gets_lines_and_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    screen = VerboseScreen()
    screen.begin("send", 10)
    assert screen._progress is None
    assert screen.stage == "send"
    screen.end()


@pytest.mark.parametrize("command", ["run", "send", "resume", "retry"])
def test_the_commands_that_send_tell_their_calls_but_no_key_and_no_address(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    workshop.people(12)
    arguments = ["people.csv"]
    if command == "send":
        workshop.importer("check", "people.csv")
    elif command == "resume":
        workshop.importer("run", "people.csv", "--yes", "--first", "5")
    elif command == "retry":
        workshop.sandbox(drop_answers=1)
        workshop.importer("run", "people.csv", "--yes")
    if command != "run":
        arguments = [workshop.run_id()]
    workshop.sandbox(faults="lost 429 ok")
    done = workshop.importer(command, *arguments, "--yes", "--verbose", "--json")
    assert done.code == 0
    calls = [line for line in done.lines if line.startswith("Call ")]
    assert any("no answer" in line for line in calls)
    assert any("not taken" in line for line in calls)
    assert any("answered" in line for line in calls)
    assert "AuthKey" not in done.err
    assert "@example.com" not in done.err
    assert done.json["state"] == "finished"


def defect(*_: object, **__: object) -> None:
    held = "person1@example.com"
    try:
        {"": ""}[held]
    except KeyError as error:
        raise ValueError(f"{held} {KEY}") from error


def test_a_defect_is_traced_without_values_and_only_when_asked_for(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.people(3)
    monkeypatch.setattr("importer.runs.course.send_rest", defect)
    quiet = workshop.importer("run", "people.csv", "--yes")
    assert (quiet.code, ", in defect" in quiet.err) == (1, False)
    done = workshop.importer("run", "people.csv", "--yes", "-v")
    assert done.code == 1
    assert done.err.index("KeyError") < done.err.index("ValueError")
    assert ", in defect" in done.err
    assert "person1@example.com" not in done.err
    assert done.lines[-1] == quiet.lines[-1]


def test_what_is_no_defect_is_not_traced(workshop: Workshop) -> None:
    done = workshop.importer("run", "nowhere.csv", "--yes", "--verbose")
    assert (done.code, "Traceback" in done.err, 'File "' in done.err) == (4, False, False)


def test_causes_that_lead_in_a_circle_end(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = DefectError("one"), ValueError("two")
    first.__context__, second.__context__ = second, first
    say_where(first)
    assert capsys.readouterr().err.split() == ["ValueError", "DefectError"]


def test_a_hidden_context_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    error = ValueError()
    error.__context__, error.__suppress_context__ = KeyError(), True
    say_where(error)
    assert capsys.readouterr().err == "ValueError\n"


def test_options_that_are_left_out_are_the_functions_own_defaults(workshop: Workshop) -> None:
    workshop.write("importer.yaml", SETTINGS)
    workshop.people(2)
    assert workshop.importer("run", "people.csv", "--dry-run", "--verify", "3", "-v").code == 0
    assert workshop.summary()["state"] == "checked"
