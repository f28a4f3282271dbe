"""Only what has changed is sent, field by field; a yes never without a change of its own cell."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import importer
from importer import assembly
from importer.assembly.remembering import subject_of
from importer.cli.screen import print_plan
from importer.errors import StoppedError, UnusableInputError
from importer.run_folder import RunFolder
from importer.runs import remembering
from importer.state.installation import SECRET
from importer.state.memories import Memory
from tests.runs.workshop import SETTINGS, Workshop, bytes_below

MAPPING = """\
name: people
target: dialog-insight
columns:
  Email: key_f_EMail
  City: f_City
  News: optin_Newsletter
  Tracking: hasTrackingConsent
  Since: dtTrackingConsent
merge: {mode: upsert}
consent: {yes_to: everyone}
"""
HEADER = "Email,City,News,Tracking,Since"


class Nights:
    """Night after night a file is imported of which only changes go."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.mapped()

    def mapped(self, old: str = "", new: str = "") -> None:
        assert old in MAPPING
        self.workshop.write("mappings/people.yaml", MAPPING.replace(old, new) if old else MAPPING)

    def file(self, *lines: str, header: str = HEADER, name: str = "people.csv") -> None:
        self.workshop.write(name, "\n".join([header, *lines, ""]))

    def night(
        self, *lines: str, header: str = HEADER, more: Sequence[str] = (), code: int = 0
    ) -> dict[str, dict[str, Any]]:
        """Import a file a day later; give what was sent of whom, but for the key."""
        self.workshop.clock.seconds += 80_000
        self.file(*lines, header=header)
        return self.sent(
            "run", "people.csv", "-m", "people", "--yes", "--only-changes", *more, code=code
        )

    def sent(self, *command: str, code: int = 0) -> dict[str, dict[str, Any]]:
        """Give what a command sends of whom; of one who goes twice, the last."""
        before = len(self.workshop.network.merges())
        done = self.workshop.importer(*command)
        assert done.code == code, done.err
        return {
            record["ID"]["key_f_EMail"]: record["Data"]
            for body in self.workshop.network.merges()[before:]
            for record in body["Records"]
        }

    def refuse(self, *addresses: str) -> None:
        """Let the platform refuse calls with these addresses, whoever else is in them."""

        def refuse(request: httpx.Request) -> None:
            if any(one.encode() in request.content for one in addresses):
                raise httpx.ReadTimeout("no answer")

        self.workshop.network.before = refuse


@pytest.fixture
def nights(workshop: Workshop) -> Nights:
    return Nights(workshop)


ANN, BEN = "ann@example.com", "ben@example.com"


# --- what goes ------------------------------------------------------------------------------------


def test_at_first_everything_goes_and_then_nothing(nights: Nights) -> None:
    lines = (f"{ANN},Laval,yes,,", f"{BEN},Lévis,no,yes,2026-01-02")
    assert set(nights.night(*lines)) == {ANN, BEN}
    assert nights.night(*lines) == {}
    assert nights.workshop.totals() == {"skipped": 2}
    assert nights.workshop.summary()["unchanged"] == 2
    assert nights.workshop.summary()["exit_code"] == 0
    results = nights.workshop.results()
    assert {(one["verdict"], one["code"]) for one in results} == {("skipped", "unchanged")}
    assert {one["message"] for one in results} == {
        "Nothing of the row has changed since it was last sent."
    }
    assert nights.workshop.results("issues.csv") == []


def test_what_is_left_out_since_it_has_not_changed_is_said_before_and_after_sending(
    nights: Nights, capsys: pytest.CaptureFixture[str]
) -> None:
    told = "1 row has not changed since it was last sent, and is left out."
    nights.night(f"{ANN},Laval,yes,,")
    nights.file(f"{ANN},Laval,yes,,", f"{BEN},Laval,no,,")
    command = ("people.csv", "-m", "people", "-c", "local", "--only-changes")
    checked = nights.workshop.importer("check", *command)
    assert told in checked.lines
    print_plan(importer.show(nights.workshop.run_id()))
    assert f"  {told}\n" in capsys.readouterr().err
    assert told in nights.workshop.importer("run", *command, "--yes").lines
    page = (nights.workshop.run_folder() / "report.html").read_text(encoding="utf-8")
    assert told in page
    done = nights.workshop.importer("run", *command, "--yes")
    assert done.code == 0
    assert "Finished: nothing had changed, so nothing was sent." in done.lines
    assert nights.workshop.importer("run", *command, "--yes", "--quiet").err == ""


def test_a_key_is_known_however_it_is_written(nights: Nights) -> None:
    nights.night(f"{ANN},Laval,yes,,")
    assert nights.night(" Ann@EXAMPLE.com ,Laval,yes,,") == {}


def test_promise_5_who_unsubscribed_between_two_nights_stays_unsubscribed(nights: Nights) -> None:
    nights.night(f"{ANN},Laval,yes,yes,2026-01-02")
    nights.workshop.write("mappings/off.yaml", MAPPING.replace("name: people", "name: off"))
    nights.file(f"{ANN},,no,no,2026-03-04", name="off.csv")
    assert nights.workshop.importer("run", "off.csv", "-m", "off", "--yes").code == 0
    assert nights.night(f"{ANN},Laval,yes,yes,2026-01-02") == {}
    changed = nights.night(f"{ANN},Lévis,yes,yes,2026-01-02")
    assert changed == {ANN: {"f_City": "Lévis"}}
    contact = nights.workshop.contact(ANN)
    assert (contact["f_City"], contact["optin_Newsletter"]) == ("Lévis", "0")
    assert nights.workshop.summary()["consents"]["optin_Newsletter"] == {
        "yes": 0, "no": 0, "left": 1, "by_mapping_yes": 0, "by_mapping_no": 0, "withheld": 0,
        "withheld_by_account": 0, "unchanged": 1,
    }  # fmt: skip


def test_a_changed_consent_goes_with_its_date_and_the_others_do_not(nights: Nights) -> None:
    nights.night(f"{ANN},Laval,yes,no,2026-01-02")
    sent = nights.night(f"{ANN},Laval,yes,yes,2026-03-04")
    assert set(sent[ANN]) == {"f_City", "hasTrackingConsent", "dtTrackingConsent"}
    assert sent[ANN]["dtTrackingConsent"].startswith("2026")
    assert nights.night(f"{ANN},Laval,no,yes,2026-03-04")[ANN].keys() == {
        "f_City", "optin_Newsletter",
    }  # fmt: skip


def test_a_date_alone_sends_nothing(nights: Nights) -> None:
    nights.night(f"{ANN},Laval,,yes,2026-01-02")
    assert nights.night(f"{ANN},Laval,,yes,2026-03-04") == {}


def test_yes_no_yes_is_two_changes(nights: Nights) -> None:
    answers = [
        nights.night(f"{ANN},Laval,{said},,")[ANN].get("optin_Newsletter")
        for said in ("yes", "no", "yes")
    ]
    assert len(answers) == 3
    assert answers[0] == answers[2] != answers[1]
    assert nights.night(f"{ANN},Laval,yes,,") == {}


@pytest.mark.parametrize("said", ["yes", "no"])
def test_a_blank_between_is_no_change_of_an_answer(nights: Nights, said: str) -> None:
    nights.night(f"{ANN},Laval,{said},,")
    assert nights.night(f"{ANN},Laval,,,") == {}
    assert nights.night(f"{ANN},Laval,{said},,") == {}


def test_a_consent_that_was_blank_goes_once_it_is_said(nights: Nights) -> None:
    nights.night(f"{ANN},Laval,,,")
    assert "optin_Newsletter" in nights.night(f"{ANN},Laval,yes,,")[ANN]


def test_fields_that_become_blank_are_nothing_to_send(nights: Nights) -> None:
    nights.night(f"{ANN},Laval,yes,,")
    assert nights.night(f"{ANN},,yes,,") == {}


def test_a_new_contact_goes_even_if_there_is_only_a_key(nights: Nights) -> None:
    nights.night(f"{ANN},Laval,yes,,")
    assert nights.night(f"{ANN},Laval,yes,,", f"{BEN},,,,") == {BEN: {}}
    assert nights.night(f"{BEN},,,,") == {}


def test_a_mapping_that_gains_a_field_sends_the_fields_and_no_yes(nights: Nights) -> None:
    line = f"{ANN},Laval,yes,yes,2026-01-02,Ann"
    header = HEADER + ",First"
    nights.night(line, header=header)
    nights.mapped("columns:", "columns:\n  First: f_FirstName")
    assert nights.night(line, header=header) == {ANN: {"f_City": "Laval", "f_FirstName": "Ann"}}
    assert nights.night(line, header=header) == {}


def test_a_consent_that_is_newly_mapped_goes(nights: Nights) -> None:
    nights.mapped("  News: optin_Newsletter\n", "  News: ignore\n")
    nights.night(f"{ANN},Laval,yes,yes,2026-01-02")
    nights.mapped()
    assert nights.night(f"{ANN},Laval,yes,yes,2026-01-02")[ANN].keys() == {
        "f_City", "optin_Newsletter",
    }  # fmt: skip
    assert nights.night(f"{ANN},Laval,yes,yes,2026-01-02") == {}


def test_two_mappings_remember_for_themselves(nights: Nights) -> None:
    nights.night(f"{ANN},Laval,yes,,")
    nights.workshop.write("mappings/others.yaml", MAPPING.replace("people", "others"))
    nights.file(f"{ANN},Laval,yes,,")
    command = ("run", "people.csv", "-m", "others", "--yes", "--only-changes")
    assert set(nights.sent(*command)) == {ANN}


def test_a_value_of_another_key_is_another_contact(nights: Nights) -> None:
    nights.file("12,Laval,yes,,", header=HEADER.replace("Email", "Number"))
    names = []
    for key in ("key_f_Customer", "key_f_Invoice"):
        nights.mapped("Email: key_f_EMail", f"Number: {key}")
        check = ("check", "people.csv", "-m", "people", "-c", "local", "--only-changes")
        nights.sent(*check, "--offline")
        names.append(subject_of(RunFolder(nights.workshop.run_folder())).name)
        nights.workshop.clock.seconds += 1
    assert len(set(names)) == 2


def test_of_two_files_the_chosen_row_is_compared(nights: Nights) -> None:
    nights.file(f"{ANN},Laval,yes,,", name="b.csv")
    command = ("run", "people.csv", "b.csv", "-m", "people", "--yes", "--only-changes")
    nights.file(f"{ANN},Lévis,yes,,", f"{BEN},Lévis,,,")
    assert nights.sent(*command)[ANN]["f_City"] == "Laval"
    nights.file(f"{ANN},Gatineau,yes,,", f"{BEN},Sorel,,,")
    assert nights.sent(*command) == {BEN: {"f_City": "Sorel"}}
    assert nights.workshop.totals() == {"updated": 1, "duplicate": 1, "skipped": 1}
    assert [one["code"] for one in nights.workshop.results()] == ["duplicate-key", "", "unchanged"]


def test_where_rows_of_one_key_disagree_the_settled_answer_is_compared(nights: Nights) -> None:
    both = (f"{ANN},Laval,no,,", f"{ANN},Laval,yes,,")
    assert set(nights.night(*both)) == {ANN}
    assert nights.workshop.contact(ANN)["optin_Newsletter"] == "0"
    assert nights.night(*both) == {}
    assert "optin_Newsletter" in nights.night(f"{ANN},Laval,yes,,")[ANN]


def test_without_the_option_everything_goes_and_nothing_is_remembered(nights: Nights) -> None:
    nights.file(f"{ANN},Laval,yes,,")
    plain = ("run", "people.csv", "-m", "people", "--yes")
    assert set(nights.sent(*plain)) == {ANN}
    assert "optin_Newsletter" in nights.night(f"{ANN},Laval,yes,,")[ANN]
    assert set(nights.sent(*plain)) == {ANN}
    assert nights.workshop.summary()["unchanged"] == 0


# --- yeses that are not sent ----------------------------------------------------------------------


def test_a_yes_that_a_suppression_list_withheld_is_no_change_once_it_is_off_the_list(
    nights: Nights,
) -> None:
    nights.mapped("merge:", "suppress: [stop.csv]\nmerge:")
    nights.workshop.write("mappings/stop.csv", f"Email\n{ANN}\n")
    assert nights.night(f"{ANN},Laval,yes,,") == {ANN: {"f_City": "Laval"}}
    nights.workshop.write("mappings/stop.csv", f"Email\n{BEN}\n")
    assert nights.night(f"{ANN},Laval,yes,,") == {}
    assert "optin_Newsletter" in nights.night(f"{ANN},Laval,no,,")[ANN]


def test_a_yes_that_went_only_to_new_contacts_is_no_change_later(nights: Nights) -> None:
    nights.mapped("yes_to: everyone", "yes_to: new")
    nights.file(f"{BEN},Laval,,,")
    nights.sent("run", "people.csv", "-m", "people", "--yes")
    nights.night(f"{ANN},Laval,yes,,", f"{BEN},Laval,yes,,")
    held = {one["f_EMail"]: one.get("optin_Newsletter") for one in nights.workshop.contacts()}
    assert held == {ANN: "1", BEN: None}
    assert nights.night(f"{ANN},Laval,yes,,", f"{BEN},Laval,yes,,") == {}
    nights.mapped()
    assert nights.night(f"{ANN},Laval,yes,,", f"{BEN},Laval,yes,,") == {}


def test_a_yes_that_the_account_refused_is_no_change_later(nights: Nights) -> None:
    nights.file(f"{ANN},Laval,no,,")
    nights.sent("run", "people.csv", "-m", "people", "--yes")
    nights.mapped("yes_to: everyone", "yes_to: unless-refused")
    assert nights.night(f"{ANN},Laval,yes,,") == {ANN: {"f_City": "Laval"}}
    nights.mapped()
    assert nights.night(f"{ANN},Laval,yes,,") == {}


def test_an_answer_that_is_not_to_be_sent_is_remembered_so_that_its_change_is_seen(
    nights: Nights,
) -> None:
    nights.mapped("consent: {yes_to: everyone}", "consent: {yes_to: everyone, only: no}")
    assert "optin_Newsletter" in nights.night(f"{ANN},Laval,no,,")[ANN]
    assert nights.night(f"{ANN},Laval,yes,,") == {}
    assert "optin_Newsletter" in nights.night(f"{ANN},Laval,no,,")[ANN]


def test_a_no_that_was_kept_back_goes_once_the_mapping_lets_it(nights: Nights) -> None:
    nights.mapped("consent: {yes_to: everyone}", "consent: {yes_to: everyone, only: yes}")
    assert "optin_Newsletter" in nights.night(f"{ANN},Laval,yes,,")[ANN]
    assert nights.night(f"{ANN},Laval,no,,") == {}
    nights.mapped()
    assert "optin_Newsletter" in nights.night(f"{ANN},Laval,no,,")[ANN]
    nights.mapped("consent: {yes_to: everyone}", "consent: {yes_to: everyone, only: yes}")
    assert nights.night(f"{ANN},Laval,no,,") == {}
    assert "optin_Newsletter" in nights.night(f"{ANN},Laval,yes,,")[ANN]


# --- what did not arrive --------------------------------------------------------------------------


def test_a_row_that_the_platform_refused_goes_again(nights: Nights) -> None:
    nights.mapped("mode: upsert", "mode: update")
    nights.night(f"{ANN},Laval,yes,,", code=3)
    assert nights.workshop.totals() == {"rejected": 1}
    assert "optin_Newsletter" in nights.night(f"{ANN},Laval,yes,,", code=3)[ANN]


def test_a_row_that_our_checks_refused_goes_once_it_is_mended(nights: Nights) -> None:
    nights.night(f"{ANN},Laval,yes,,2026-99-99", code=3)
    assert set(nights.night(f"{ANN},Laval,yes,,")) == {ANN}


def test_what_first_left_goes_the_next_night(nights: Nights) -> None:
    lines = [f"{name}@example.com,Laval,yes,," for name in "abc"]
    nights.night(*lines, more=("--first", "1"), code=5)
    assert set(nights.night(*lines)) == {"b@example.com", "c@example.com"}


def test_a_row_whose_answer_is_lost_goes_again_also_where_its_cell_is_as_it_was_before(
    nights: Nights,
) -> None:
    nights.night(f"{ANN},Laval,no,,", f"{BEN},Laval,no,,")
    nights.refuse(ANN)
    nights.night(f"{ANN},Laval,yes,,", f"{BEN},Laval,no,,", code=5)
    nights.workshop.network.before = None
    sent = nights.night(f"{ANN},Laval,no,,", f"{BEN},Laval,no,,")
    assert sent.keys() == {ANN}
    assert "optin_Newsletter" in sent[ANN]
    assert nights.night(f"{ANN},Laval,no,,", f"{BEN},Laval,no,,") == {}


def test_a_resumed_run_is_remembered_whole(nights: Nights) -> None:
    lines = [f"p{i}@example.com,Laval,yes,," for i in range(12)]
    nights.refuse("p7@example.com")
    nights.night(*lines, code=5)
    nights.workshop.network.before = None
    nights.sent("resume")
    assert nights.night(*lines) == {}


def test_many_contacts_are_remembered_part_by_part(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembering, "_AT_ONCE", 1)
    lines = [f"p{i}@example.com,Laval,yes,," for i in range(12)]
    nights.night(*lines)
    assert nights.night(*lines) == {}


def test_a_retried_row_is_remembered(nights: Nights) -> None:
    nights.mapped("mode: upsert", "mode: update")
    line = f"{ANN},Laval,yes,,"
    nights.night(line, f"{BEN},Laval,no,,", code=3)
    nights.workshop.write("mappings/others.yaml", MAPPING.replace("people", "others"))
    nights.file(f"{ANN},,,,", name="others.csv")
    nights.sent("run", "others.csv", "-m", "others", "--yes")
    run = next(one.name for one in nights.workshop.run_folders() if "-people-" in one.name)
    assert set(nights.sent("retry", run, "--yes", code=3)) == {ANN, BEN}
    assert set(nights.night(line, f"{BEN},Laval,no,,", code=3)) == {BEN}


def test_a_row_that_reading_back_settled_is_remembered(nights: Nights) -> None:
    lines = [f"p{i}@example.com,Laval,yes,," for i in range(5)]
    nights.workshop.sandbox(drop_answers=3)
    assert len(nights.night(*lines, more=("--verify", "5"))) == 5
    assert nights.workshop.totals()["created"] < 5
    nights.workshop.sandbox()
    assert nights.night(*lines) == {}


def test_what_the_platform_got_last_counts_and_not_which_run_is_older(nights: Nights) -> None:
    old = (f"{ANN},Laval,yes,,", f"{BEN},Laval,yes,,")
    nights.night(*old, more=("--first", "1"), code=5)
    older = nights.workshop.run_id()
    nights.night(f"{ANN},Lévis,no,,", f"{BEN},Lévis,no,,")
    nights.sent("resume", older, "--stale")
    assert nights.workshop.contact(BEN)["optin_Newsletter"] == "1"
    sent = nights.night(f"{ANN},Lévis,no,,", f"{BEN},Lévis,no,,")
    assert sent.keys() == {BEN}
    assert {"f_City", "optin_Newsletter"} <= sent[BEN].keys()


def test_a_run_that_is_broken_off_before_it_is_remembered_keeps_a_no_from_being_left_out(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.night(f"{ANN},Laval,no,,")
    with monkeypatch.context() as patch:
        patch.setattr("importer.runs.course.remember", _fail)
        nights.file(f"{ANN},Laval,yes,,")
        with pytest.raises(KeyboardInterrupt):
            importer.run("people.csv", mapping="people", yes=True, only_changes=True)
    assert nights.workshop.contact(ANN)["optin_Newsletter"] == "1"
    assert "optin_Newsletter" in nights.night(f"{ANN},Laval,no,,")[ANN]
    assert nights.workshop.contact(ANN)["optin_Newsletter"] == "0"


def _fail(*_: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("at", ["remember", "note"])
def test_a_run_that_is_broken_off_is_remembered_when_it_is_resumed(
    nights: Nights, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    with monkeypatch.context() as patch:
        place = "course.remember" if at == "remember" else "remembering.expire_all"
        patch.setattr(f"importer.runs.{place}", _fail)
        nights.file(f"{ANN},Laval,yes,,")
        with pytest.raises(KeyboardInterrupt):
            importer.run("people.csv", mapping="people", yes=True, only_changes=True)
    assert nights.sent("resume") == {}
    assert nights.workshop.totals() == {"created": 1}
    assert nights.night(f"{ANN},Laval,yes,,") == {}


def test_a_memory_that_cannot_be_written_stops_the_run_until_it_can(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise StoppedError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Memory, "change", full)
        patch.setattr("importer.runs.course.doubt", lambda *_: None)
        nights.night(f"{ANN},Laval,yes,,", code=5)
        assert nights.workshop.summary()["message"] == "the disk is full"
        assert nights.workshop.totals() == {"created": 1}
    assert nights.sent("resume") == {}
    assert nights.night(f"{ANN},Laval,yes,,") == {}


def test_an_abandoned_run_remembers_what_it_sent(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"p{i}@example.com,Laval,yes,," for i in range(12)]
    with monkeypatch.context() as patch:
        patch.setattr("importer.runs.course.remember", _fail)
        nights.file(*lines)
        with pytest.raises(KeyboardInterrupt):
            importer.run("people.csv", mapping="people", yes=True, only_changes=True, first=5)
    assert nights.workshop.importer("abandon", nights.workshop.run_id()).code == 0
    assert len(nights.night(*lines)) == 7


def test_abandoning_what_was_only_checked_remembers_nobody(nights: Nights) -> None:
    nights.file(f"{ANN},Laval,yes,,")
    check = ("check", "people.csv", "-m", "people", "-c", "local", "--only-changes")
    assert nights.sent(*check) == {}
    nights.workshop.importer("abandon", nights.workshop.run_id())
    assert set(nights.night(f"{ANN},Laval,yes,,")) == {ANN}


def test_a_row_in_doubt_goes_again_also_after_a_later_run_in_which_it_was_refused(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.night(f"{ANN},Laval,no,,")
    with monkeypatch.context() as patch:
        patch.setattr("importer.runs.course.remember", _fail)
        nights.file(f"{ANN},Laval,yes,,")
        with pytest.raises(KeyboardInterrupt):
            importer.run("people.csv", mapping="people", yes=True, only_changes=True)
    assert nights.workshop.contact(ANN)["optin_Newsletter"] == "1"
    nights.night(f"{ANN},{'x' * 5000},no,,", code=3)
    assert nights.workshop.totals() == {"rejected": 1}
    assert "optin_Newsletter" in nights.night(f"{ANN},Laval,no,,")[ANN]
    assert nights.workshop.contact(ANN)["optin_Newsletter"] == "0"


# --- commands -------------------------------------------------------------------------------------


def test_a_check_changes_nothing_of_the_memory_and_its_plan_is_sent_as_it_is(
    nights: Nights,
) -> None:
    nights.night(f"{ANN},Laval,yes,,")
    state = nights.workshop.folder.parent / "state"
    before = bytes_below(state / "memories")
    nights.file(f"{ANN},Lévis,yes,,", f"{BEN},Laval,yes,,")
    check = ("check", "people.csv", "-m", "people", "-c", "local", "--only-changes")
    assert nights.sent(*check) == {}
    assert bytes_below(state / "memories") == before
    sent = nights.sent("send", nights.workshop.run_id(), "--yes")
    assert sent[ANN] == {"f_City": "Lévis"}
    assert "optin_Newsletter" in sent[BEN]


def test_a_first_check_makes_no_memory(nights: Nights) -> None:
    nights.file(f"{ANN},Laval,yes,,")
    nights.sent("check", "people.csv", "-m", "people", "-c", "local", "--only-changes")
    assert not (nights.workshop.folder.parent / "state" / "memories").exists()


def test_without_a_connection_there_is_nothing_to_compare_with(nights: Nights) -> None:
    nights.workshop.write("importer.yaml", "{}\n")
    nights.file(f"{ANN},Laval,yes,,")
    done = nights.workshop.importer("check", "people.csv", "-m", "people", "--only-changes")
    assert done.code == 4
    assert "name one with -c NAME" in done.err
    assert nights.workshop.run_folders() == []


def test_a_check_that_did_not_end_is_compared_again_when_it_is_resumed(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.night(f"{ANN},Laval,yes,,")
    with monkeypatch.context() as patch:
        patch.setattr("importer.pipeline.note_sums", _fail)
        nights.file(f"{ANN},Laval,yes,,", f"{BEN},Laval,yes,,")
        with pytest.raises(KeyboardInterrupt):
            importer.run("people.csv", mapping="people", yes=True, only_changes=True)
    assert set(nights.sent("resume")) == {BEN}


def test_reports_of_an_old_run_change_nothing_of_the_memory(nights: Nights) -> None:
    nights.night(f"{ANN},Laval,yes,,")
    run = nights.workshop.run_id()
    nights.night(f"{ANN},Lévis,no,,")
    before = bytes_below(nights.workshop.folder.parent / "state")
    assert nights.sent("report", run) == {}
    assert bytes_below(nights.workshop.folder.parent / "state") == before


def test_fingerprints_leave_the_run_folder_with_the_rows_that_need_no_fixing(
    nights: Nights,
) -> None:
    nights.mapped("mode: upsert", "mode: update")
    nights.night(f"{ANN},Laval,yes,,", code=3)
    nights.mapped()
    nights.night(f"{BEN},Laval,yes,,")
    sizes = [_kept_prints(folder) for folder in nights.workshop.run_folders()]
    assert sizes == [1, 0]


def _kept_prints(folder: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.read_metadata(folder / "state" / "changes.parquet").num_rows)


def test_what_is_purged_is_remembered_all_the_same(nights: Nights) -> None:
    nights.night(f"{ANN},Laval,yes,,")
    nights.workshop.clock.seconds += 10 * 86_400
    assert nights.workshop.importer("purge", "--days", "1", "--yes").code == 0
    assert not (nights.workshop.run_folder() / "state").exists()
    assert nights.night(f"{ANN},Laval,yes,,") == {}


def test_a_run_without_its_fingerprints_is_sent_and_not_remembered(nights: Nights) -> None:
    nights.file(f"{ANN},Laval,yes,,")
    nights.sent("check", "people.csv", "-m", "people", "-c", "local", "--only-changes")
    (nights.workshop.run_folder() / "state" / "changes.parquet").unlink()
    assert set(nights.sent("send", nights.workshop.run_id(), "--yes")) == {ANN}
    assert set(nights.night(f"{ANN},Laval,yes,,")) == {ANN}


def test_a_share_is_one_of_all_contacts_and_not_of_the_few_that_changed(nights: Nights) -> None:
    others = [f"p{i}@example.com,Laval,yes,," for i in range(9)]
    nights.night(f"{ANN},Laval,yes,,", *others)
    shares = ("--max-no", "10%", "--max-yes", "9%", "--max-rejected", "10%")
    assert nights.night(f"{ANN},Laval,no,,", *others, more=shares).keys() == {ANN}
    night = (f"{ANN},Laval,yes,,", *others)
    assert nights.night(*night, more=shares, code=4) == {}
    assert nights.workshop.summary()["message"].startswith("--max-yes 9%: optin_Newsletter would")
    long = f"{ANN},{'x' * 5000},,,"
    assert nights.night(long, *others, more=shares, code=3).keys() == {ANN}
    assert nights.night(long, *others, more=("--max-rejected", "9%"), code=5).keys() == {ANN}


# --- time and secret ------------------------------------------------------------------------------


def test_who_is_in_no_file_for_long_is_forgotten(nights: Nights) -> None:
    nights.workshop.write("importer.yaml", SETTINGS + "keep_changes: 4d\n")
    both = (f"{ANN},Laval,yes,,", f"{BEN},Laval,yes,,")
    nights.night(*both)
    for _ in range(3):
        assert nights.night(both[0]) == {}
    assert nights.night(*both) == {}
    nights.workshop.clock.seconds += timedelta(days=11).total_seconds()
    assert nights.night(*both).keys() == {ANN, BEN}


def test_a_lost_secret_is_told_and_everything_goes_again(nights: Nights) -> None:
    line = f"{ANN},Laval,yes,,"
    nights.night(line)
    (nights.workshop.folder.parent / "state" / SECRET).unlink()
    nights.file(line)
    assert nights.night(line).keys() == {ANN}
    (warning,) = nights.workshop.summary()["warnings"]
    assert warning.startswith("Nothing can be compared with what was sent before: it was remember")
    assert nights.night(line) == {}
    assert nights.workshop.summary()["warnings"] == []


def test_a_secret_that_is_lost_between_check_and_sending_leaves_the_run_unremembered(
    nights: Nights,
) -> None:
    nights.file(f"{ANN},Laval,yes,,")
    nights.sent("check", "people.csv", "-m", "people", "-c", "local", "--only-changes")
    (nights.workshop.folder.parent / "state" / SECRET).unlink()
    assert set(nights.sent("send", nights.workshop.run_id(), "--yes")) == {ANN}
    assert "not-remembered" in {line["event"] for line in nights.workshop.log()}
    assert set(nights.night(f"{ANN},Laval,yes,,")) == {ANN}


def test_no_text_of_a_person_and_no_secret_is_in_the_state_folder_or_the_log(
    nights: Nights,
) -> None:
    nights.night(f"{ANN},Laval,yes,,")
    state = nights.workshop.folder.parent / "state"
    secret = (state / SECRET).read_bytes()
    for name, content in bytes_below(state).items():
        assert b"ann" not in content.lower(), name
        assert name == SECRET or secret not in content
    for name, content in bytes_below(nights.workshop.run_folder()).items():
        assert secret not in content
        assert secret.hex().encode() not in content, name


def test_from_python_it_is_an_option_of_check_and_run(nights: Nights) -> None:
    nights.file(f"{ANN},Laval,yes,,")
    options: dict[str, Any] = {"mapping": "people", "only_changes": True}
    assert importer.run("people.csv", yes=True, **options).rows.created == 1
    assert importer.check("people.csv", connection="local", **options).unchanged == 1
    (nights.workshop.folder / "importer.yaml").unlink()
    means = assembly.means()
    with pytest.raises(UnusableInputError, match="is chosen"):
        importer.check("people.csv", means=means, **options)


def test_all_memories_lose_who_was_not_seen(nights: Nights) -> None:
    nights.night(f"{ANN},Laval,yes,,")
    nights.workshop.write("mappings/others.yaml", MAPPING.replace("people", "others"))
    nights.workshop.clock.seconds += timedelta(days=401).total_seconds()
    assert remembering.expire_all(assembly.means()) == 1
    assert remembering.expire_all(assembly.means()) == 0
    shutil.rmtree(nights.workshop.folder.parent / "state")
    assert remembering.expire_all(assembly.means()) == 0


# --- a model --------------------------------------------------------------------------------------

_TOO_LONG = "x" * 5000  # for the platform, which refuses the contact
_CITIES = st.sampled_from(["", "Laval", "Lévis", _TOO_LONG])
_SAID = st.sampled_from(["", "yes", "no"])
_NIGHT = st.dictionaries(st.sampled_from("abcd"), st.tuples(_CITIES, _SAID, _SAID), min_size=1)


@settings(
    max_examples=5, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(_NIGHT, min_size=2, max_size=3))
def test_night_after_night_it_does_as_a_dictionary_would(
    workshop: Workshop, files: list[dict[str, tuple[str, str, str]]]
) -> None:
    shutil.rmtree(workshop.folder.parent / "state", ignore_errors=True)
    nights = Nights(workshop)
    nights.mapped("  Since: dtTrackingConsent", "  Since: ignore")
    model: dict[str, dict[str, str]] = {}
    for file in files:
        lines = [f"{name}@example.com,{','.join(said)}," for name, said in file.items()]
        due = {name: _due(model.get(name), *said) for name, said in file.items()}
        refused = {
            name for name, told in due.items() if told is not None and file[name][0] == _TOO_LONG
        }
        code = 3 if refused else 0
        sent = nights.night(*lines, code=code)
        assert {k.partition("@")[0]: set(v) for k, v in sent.items()} == {
            name: set(told) for name, told in due.items() if told is not None
        }
        for name, (city, news, tracking) in file.items():
            if name in refused:
                continue
            known = model.setdefault(name, {})
            if due[name] is not None:
                known["f_City"] = city
            for code_, said in (("optin_Newsletter", news), ("hasTrackingConsent", tracking)):
                if said:
                    known[code_] = said


def _due(
    known: dict[str, str] | None, city: str, news: str, tracking: str
) -> list[str] | None:  # fmt: skip
    """Give the fields that are to be sent of a row; None: it is left out."""
    consents = {"optin_Newsletter": news, "hasTrackingConsent": tracking}
    changed = [
        code for code, said in consents.items() if said and said != (known or {}).get(code)
    ]  # fmt: skip
    if known is not None and not changed and (not city or city == known["f_City"]):
        return None
    return [*changed, *(["f_City"] if city else [])]
