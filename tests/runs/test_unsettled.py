"""Hidden rows and computed consents: shown before anything is sent, and settled by somebody."""

from __future__ import annotations

import json
from typing import Any

import pytest

from importer import assembly, runs
from importer.errors import UnusableInputError
from importer.journal import Journal
from importer.model import RunState
from importer.reports import Summary
from importer.run_folder import RunFolder
from importer.runs import course
from tests.cli.test_commands import terminals
from tests.runs.made_up_sources import MadeUpSource, opened_as
from tests.runs.workshop import Workshop

NEWS = """\
name: news
target: dialog-insight
columns:
  Email: key_f_EMail
  News: optin_News
consent: {yes_to: everyone}
"""
ROWS = [["a@example.com", "oui"], ["b@example.com", "non"]]
HIDDEN: dict[str, Any] = {"hidden": 12}
COMPUTED: dict[str, Any] = {"computed": (("News", 120),)}


@pytest.fixture
def office(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """A workshop with one mapping, and a workbook that hides rows and computes answers."""
    (workshop.folder / "mappings" / "people.yaml").unlink()
    workshop.write("mappings/news.yaml", NEWS)
    workshop.people(1)
    of_table(monkeypatch, **HIDDEN, **COMPUTED)
    return workshop


def of_table(monkeypatch: pytest.MonkeyPatch, **known_later: Any) -> None:
    opened_as(monkeypatch, lambda: [MadeUpSource(("Email", "News"), ROWS, known_later=known_later)])


def settle(workshop: Workshop, lines: str) -> None:
    workshop.write("mappings/news.yaml", f"{NEWS}source: {{{lines}}}\n")


# --- nobody is asked ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left_open", "line"),
    [(HIDDEN, "source: {hidden_rows: leave-out}"), (COMPUTED, "source: {formulas: refuse}")],
)
def test_what_is_unsettled_is_not_sent_without_a_person(
    office: Workshop, monkeypatch: pytest.MonkeyPatch, left_open: dict[str, Any], line: str
) -> None:
    of_table(monkeypatch, **left_open)
    done = office.importer("run", "people.csv", "--yes")
    assert (done.code, len(done.lines)) == (4, 2)
    assert line in done.err
    assert f"importer send {office.run_id()}" in done.err
    assert office.network.requests == []
    assert office.summary()["state"] == "checked"


def test_a_variable_or_python_is_no_person(
    office: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMPORTER_RUN_YES", "1")
    assert office.importer("run", "people.csv").code == 4
    with pytest.raises(UnusableInputError, match="nobody is asked here"):
        runs.run("people.csv", yes=True)
    assert office.network.requests == []


def test_without_terminal_and_yes_the_advice_is_not_to_add_yes(office: Workshop) -> None:
    done = office.importer("run", "people.csv")
    assert done.code == 4
    assert "--yes\n" not in done.err
    assert "hidden_rows" in done.err


def test_a_run_that_was_refused_stays_checked_and_is_not_resumed_by_itself(
    office: Workshop,
) -> None:
    assert office.importer("run", "people.csv", "--yes").code == 4
    done = office.importer("resume")
    assert done.code == 4
    assert "nothing to resume" in done.err
    assert office.importer("send", office.run_id(), "--yes").code == 4
    assert office.network.requests == []
    assert office.totals() == {"not_sent": 2}


def test_a_check_that_was_broken_off_is_refused_when_it_is_resumed(
    office: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("importer.planning.Planner.finish", killed)
        with pytest.raises(KeyboardInterrupt):
            runs.run("people.csv", yes=True, means=assembly.means())
    done = office.importer("resume")
    assert done.code == 4
    assert "hidden_rows" in done.err
    assert office.network.requests == []


# --- who settles it ------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", ["include", "leave-out"])
@pytest.mark.parametrize("formulas", ["accept", "refuse"])
def test_what_the_mapping_settles_is_sent_without_a_warning(
    office: Workshop, hidden: str, formulas: str
) -> None:
    settle(office, f"hidden_rows: {hidden}, formulas: {formulas}")
    done = office.importer("run", "people.csv", "--yes")
    assert done.code == 0, done.err
    assert office.summary()["warnings"] == []
    assert len(office.contacts()) == 2


def test_each_of_the_two_needs_its_own_line(office: Workshop) -> None:
    settle(office, "hidden_rows: include")
    done = office.importer("run", "people.csv", "--yes")
    assert done.code == 4
    assert "formulas" in done.err
    assert "hidden_rows" not in done.err


def test_a_person_sees_it_in_the_plan_and_the_answer_settles_it(
    office: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = terminals(monkeypatch, "y")
    done = office.importer("run", "people.csv")
    assert (done.code, asked) == (0, ["Send it?"])
    plan = done.err[: done.err.index("About ")]
    assert "Warning: people.csv: 12 rows are hidden in the sheet" in plan
    assert 'Warning: people.csv: the answers of "News" are computed by formulas' in plan
    assert len(office.contacts()) == 2


def test_a_person_who_says_no_sends_nothing(
    office: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminals(monkeypatch, "n")
    assert office.importer("run", "people.csv").code == 4
    assert office.merge_calls() == []


def test_a_refused_run_is_sent_once_a_person_is_asked(
    office: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert office.importer("run", "people.csv", "--yes").code == 4
    terminals(monkeypatch, "y")
    assert office.importer("send", office.run_id()).code == 0
    assert len(office.contacts()) == 2


def test_from_python_the_function_that_asks_is_the_person(office: Workshop) -> None:
    seen: list[Summary] = []

    def ask(summary: Summary) -> bool:
        seen.append(summary)
        return True

    assert runs.run("people.csv", ask=ask).exit_code == 0
    assert len(seen[0].warnings) == 2


def test_a_run_under_way_goes_on_without_being_asked_again(
    office: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        terminals(patch, "y")
        assert office.importer("run", "people.csv", "--first", "1").code == 5
    assert office.importer("resume").code == 0
    assert len(office.contacts()) == 2


def test_a_run_that_died_after_the_answer_goes_on_without_being_asked_again(
    office: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordinary = course.finish

    def killed_when_sending(*arguments: Any) -> Summary:
        if arguments[-1] is RunState.SENDING:
            raise KeyboardInterrupt
        return ordinary(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr("importer.runs.course.finish", killed_when_sending)
        with pytest.raises(KeyboardInterrupt):
            runs.run("people.csv", ask=lambda _: True, means=assembly.means())
    with Journal.open(RunFolder(office.run_folder()).journal) as journal:
        assert journal.state is RunState.CHECKED
    assert office.importer("resume").code == 0
    assert len(office.contacts()) == 2


# --- what nobody needs to settle ------------------------------------------------------------------


def test_a_check_counts_it_and_is_no_failure(office: Workshop) -> None:
    assert office.importer("check", "people.csv").code == 0
    first, second = office.summary()["warnings"]
    assert "12 rows are hidden" in first
    assert "120 cells" in second
    page = (office.run_folder() / "report.html").read_text(encoding="utf-8")
    assert "12 rows are hidden" in page


def test_a_run_with_nothing_to_send_needs_no_answer(
    office: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = MadeUpSource(("Email", "News"), [["no address", ""]], known_later=HIDDEN)
    opened_as(monkeypatch, lambda: [source])
    assert office.importer("run", "people.csv", "--yes").code == 3
    assert office.summary()["state"] == "finished"


def test_a_run_of_before_leaves_nothing_open(office: Workshop) -> None:
    assert office.importer("check", "people.csv").code == 0
    folder = RunFolder(office.run_folder())
    with folder.locked(), Journal.open(folder.journal) as journal:
        assert len(json.loads(journal.fact("unsettled") or "")) == 2
        journal.set_fact("unsettled", "[]")
    assert office.importer("send", office.run_id(), "--yes").code == 0
