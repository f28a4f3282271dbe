"""``consents.csv``: each consent that was sent, and nothing else, whatever happens on the way."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pyarrow.parquet as pq
import pytest

from importer import pipeline
from importer.reports.ledger import LEDGER_COLUMNS, LedgerLine, read_ledger
from tests.runs.workshop import SETTINGS, Workshop

MAPPING = """\
name: people
target: dialog-insight
columns:
  Email: key_f_EMail
  City: f_City
  News: {field: optin_Newsletter, values: {Oui: yes, Non: no, "?": leave}}
  Tracking: hasTrackingConsent
  Since: {field: dtTrackingConsent, format: DD/MM/YYYY}
consent: {yes_to: WHO, basis: "Salon {run.date}"}
"""
HEADER = "Email,City,News,Tracking,Since"
CONSENTS = ("optin_Newsletter", "hasTrackingConsent")
_ANSWERS = {"0": "no", "1": "yes"}


def mapped(office: Workshop, text: str) -> None:
    office.write("mappings/people.yaml", text)


def people(office: Workshop, *lines: str, header: str = HEADER) -> None:
    office.write("people.csv", "\n".join([header, *lines, ""]))


def send(office: Workshop, *options: str, code: int = 0) -> list[LedgerLine]:
    done = office.importer("run", "people.csv", "--yes", *options)
    assert done.code == code, done.err
    return ledger(office)


def ledger(office: Workshop) -> list[LedgerLine]:
    """Give the newest run's lines; none where it has no such file."""
    path = office.run_folder() / "consents.csv"
    return list(read_ledger(path)) if path.exists() else []


def told(lines: Sequence[LedgerLine], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(getattr(line, name) for name in names) for line in lines]


def some_people(count: int) -> list[str]:
    """Give rows with every mixture of answers; the last one gives none."""
    answers = [("Oui", "oui", "24/10/2025"), ("Non", "", ""), ("?", "non", "01/02/2026"),
               ("Oui", "", ""), ("", "", "")]  # fmt: skip
    return [
        f"person{i}@example.com,Laval,{','.join(answers[i % len(answers)])}"
        for i in range(1, count + 1)
    ]


# --- a line ---------------------------------------------------------------------------------------


def test_a_line_says_which_answer_was_sent_what_it_rests_on_and_what_became_of_it(
    workshop: Workshop,
) -> None:
    mapped(workshop, MAPPING.replace("WHO", "everyone"))
    people(workshop, "ana@example.com,Laval, OUI ,,", "leo@example.com,Laval,?,non,24/10/2025")
    first, second = send(workshop)
    ((batch, request, settled),) = workshop.journal(
        "SELECT batch, request_id, settled FROM settlement"
    )
    assert request
    operator = json.loads((workshop.run_folder() / "settings.json").read_bytes())["operator"]
    assert first == LedgerLine(
        key="ana@example.com",
        consent="optin_Newsletter",
        value="yes",
        consent_date="",
        basis="Salon 2026-11-22",
        file="people.csv",
        sheet="",
        row=2,
        cell=" OUI ",
        given_by="row",
        call=batch,
        request_id=request,
        time=settled,
        verdict="created",
        operator=operator,
    )
    assert second[:9] == (
        "leo@example.com", "hasTrackingConsent", "no", "2025-10-24", "Salon 2026-11-22",
        "people.csv", "", 3, "non",
    )  # fmt: skip
    text = (workshop.run_folder() / "consents.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf" + ",".join(LEDGER_COLUMNS).encode() + b"\r\n")
    assert text.count(b"\r\n") == text.count(b"\n") == 3


def test_lines_stand_in_the_order_of_rows_and_of_the_mapping(workshop: Workshop) -> None:
    mapped(workshop, MAPPING.replace("WHO", "everyone"))
    people(workshop, *some_people(12))
    lines = send(workshop)
    assert [(line.row, CONSENTS.index(line.consent)) for line in lines] == sorted(
        (line.row, CONSENTS.index(line.consent)) for line in lines
    )
    batches = {line["key"]: line["batch"] for line in workshop.results()}
    assert {line.call for line in lines} == set(batches.values())
    assert all(batches[line.key] == line.call for line in lines)


def test_answers_that_the_mapping_gives_are_told_from_those_of_rows(workshop: Workshop) -> None:
    columns = (
        "  News: {field: optin_News, blank: {default: no}, basis: 'Formulaire {Form}'}\n"
        "constants:\n  optin_Partners: {value: yes, basis: 'Contrat de {file.name}'}\n"
        "computed:\n  optin_Newsletter: '{A}{B}'\n"
        "  hasTrackingConsent: {split: C, by: /, part: 2}\n"
        "consent: {yes_to: everyone}\n"
    )
    mapped(
        workshop,
        f"name: people\ntarget: dialog-insight\ncolumns:\n  Email: key_f_EMail\n{columns}",
    )
    people(
        workshop,
        "ana@example.com,oui,F1,o,ui,a/non",
        "leo@example.com,,,no,,a/oui",
        header="Email,News,Form,A,B,C",
    )
    lines = send(workshop)
    assert told(lines, "row", "consent", "value", "basis", "cell", "given_by") == [
        (2, "optin_News", "yes", "Formulaire F1", "oui", "row"),
        (2, "optin_Partners", "yes", "Contrat de people.csv", "", "mapping"),
        (2, "optin_Newsletter", "yes", "", "o | ui", "row"),
        (2, "hasTrackingConsent", "no", "", "a/non", "row"),
        (3, "optin_News", "no", "", "", "mapping"),
        (3, "optin_Partners", "yes", "Contrat de people.csv", "", "mapping"),
        (3, "optin_Newsletter", "no", "", "no | ", "row"),
        (3, "hasTrackingConsent", "yes", "", "a/oui", "row"),
    ]


def test_an_answer_that_another_row_of_the_key_gave_is_named_so(workshop: Workshop) -> None:
    mapped(workshop, MAPPING.replace("WHO", "everyone"))
    people(
        workshop,
        "ana@example.com,Laval,Non,non,24/10/2024",
        "ana@example.com,Laval,Oui,oui,24/10/2025",
        "leo@example.com,Laval,Non,,",
        "leo@example.com,Laval,,,",
        "zoe@example.com,Laval,,oui,24/10/2025",
        "zoe@example.com,Laval,,non,24/10/2024",
    )
    lines = send(workshop)
    assert told(lines, "row", "value", "consent_date", "cell", "given_by") == [
        (3, "no", "", "Oui", "other-row"),
        (3, "yes", "2025-10-24", "oui", "row"),
        (5, "no", "", "", "other-row"),
        (7, "yes", "2025-10-24", "non", "other-row"),
    ]


def test_several_tables_have_their_own_columns_and_a_composite_key_stands_whole(
    workshop: Workshop,
) -> None:
    mapped(
        workshop,
        "name: people\ntarget: dialog-insight\ncolumns:\n  Store: key_f_Source\n"
        "  Email: key_f_EMail\n  News: {field: optin_News, basis: '{Form}'}\n"
        "consent: {yes_to: everyone}\nunmapped_columns: ignore\n",
    )
    book = openpyxl.Workbook()
    book.active.title = "Un"
    for line in (["Email", "Store", "News", "Form"], ["ana@example.com", "LVL", "oui", "=F1"]):
        book.active.append([f"'{cell}" if cell.startswith("=") else cell for cell in line])
    second = book.create_sheet("Deux")
    for line in (["Form", "X", "News", "Email", "Store"], ["F2", "x", "non", "leo@x.fr", "QC"],
                 ["", "", "oui", "zoe@x.fr", "QC"]):  # fmt: skip
        second.append(line)
    book.save("people.xlsx")
    # The account has another key, so it refuses each contact; they were sent all the same.
    assert workshop.importer("run", "people.xlsx", "--sheet", "all", "--yes").code == 3
    assert told(ledger(workshop), "sheet", "row", "key", "value", "basis") == [
        ("Un", 2, '{"key_f_Source":"LVL","key_f_EMail":"ana@example.com"}', "yes", "'=F1"),
        ("Deux", 2, '{"key_f_Source":"QC","key_f_EMail":"leo@x.fr"}', "no", "F2"),
        ("Deux", 3, '{"key_f_Source":"QC","key_f_EMail":"zoe@x.fr"}', "yes", ""),
    ]


def test_what_a_basis_says_is_never_sent_and_its_column_is_no_stranger(
    workshop: Workshop,
) -> None:
    mapped(workshop, MAPPING.replace('WHO, basis: "Salon {run.date}"', "everyone, basis: '{Form}'"))
    people(workshop, "ana@example.com,Laval,Oui,,,F-77", header=f"{HEADER},Form")
    (line,) = send(workshop)
    assert line.basis == "F-77"
    assert b"F-77" not in workshop.network.requests[-1].content
    assert workshop.summary()["warnings"] == []


def test_nothing_in_the_file_can_run(workshop: Workshop) -> None:
    mapped(
        workshop,
        MAPPING.replace('WHO, basis: "Salon {run.date}"', "everyone, basis: '{Form}'").replace(
            "Oui: yes", "'=OUI()': yes"
        ),
    )
    people(workshop, 'ana@example.com,Laval,=OUI(),,,"@SUM(1;2)"', header=f"{HEADER},Form")
    (line,) = send(workshop)
    assert (line.cell, line.basis) == ("=OUI()", "@SUM(1;2)")
    text = (workshop.run_folder() / "consents.csv").read_text(encoding="utf-8-sig")
    assert ",'=OUI()," in text
    assert ",'@SUM(1;2)," in text


# --- exactly what was sent ------------------------------------------------------------------------


class Wire:
    """Every contact that calls carried, as their bodies say it; the last call of each counts."""

    def __init__(self, office: Workshop) -> None:
        self._office = office
        self._seen: list[httpx.Request] = []

    def switch(self, **switches: Any) -> None:
        self._seen += self._office.network.requests
        self._office.sandbox(**switches)

    def answers(self) -> dict[str, dict[str, str]]:
        carried = {}
        for request in (*self._seen, *self._office.network.requests):
            if b"method=Merge" in request.url.query:
                for record in json.loads(request.content)["Records"]:
                    said = {c: _ANSWERS[record["Data"][c]] for c in CONSENTS if c in record["Data"]}
                    carried[record["ID"]["key_f_EMail"]] = said
        return carried


def proven(office: Workshop, wire: Wire) -> None:
    """The ledger has each consent that was carried, of the contacts whose turn is over."""
    carried = wire.answers()
    verdicts = {line["key"]: line["verdict"] for line in office.results()}
    expected = {
        (key, code): answer
        for key, answers in carried.items()
        for code, answer in answers.items()
        if verdicts[key] != "not-sent"
    }
    lines = ledger(office)
    assert {(line.key, line.consent): line.value for line in lines} == expected
    assert len(lines) == len(expected)
    calls = dict(office.journal("SELECT batch, max(started) FROM call GROUP BY batch"))
    settled = {one[0]: one[1:] for one in
               office.journal("SELECT batch, settled, request_id FROM settlement")}  # fmt: skip
    for line in lines:
        assert line.verdict == verdicts[line.key]
        if line.verdict == "unknown":
            assert line.time == calls[line.call]
            assert line.request_id == settled.get(line.call, ("", ""))[1]
        else:
            assert (line.time, line.request_id) == settled[line.call]


@pytest.mark.parametrize(
    ("who", "script"),
    [
        ("everyone", "lost ok cut 500 413"),
        ("everyone", "ok lost*9"),
        ("new", "ok refused*3 lost*4"),
        ("new", "ok*3 lost*9"),
        ("new", "ok 503*"),
        ("unless-refused", "ok 401"),
        ("unless-refused", "ok 429 504-done*9"),
    ],
)
def test_promise_5_the_ledger_holds_the_consents_that_calls_carried_and_no_other(
    workshop: Workshop, who: str, script: str
) -> None:
    mapped(workshop, MAPPING.replace("WHO", "everyone"))
    people(workshop, *some_people(7)[::2])  # who is in the account already
    send(workshop)
    workshop.sandbox(faults=script)
    wire = Wire(workshop)
    mapped(workshop, MAPPING.replace("WHO", who))
    people(workshop, *some_people(14))
    workshop.importer("run", "people.csv", "--yes", "--first", "11")
    proven(workshop, wire)
    for switches in ({"faults": "ok lost*2"}, {}, {}):
        if workshop.summary()["state"] == "finished":
            break
        wire.switch(**switches)
        workshop.importer("resume")
        proven(workshop, wire)
    assert workshop.summary()["state"] == "finished"
    assert ledger(workshop)
    written = (workshop.run_folder() / "consents.csv").read_bytes()
    assert workshop.importer("report", workshop.run_id()).code == 0
    assert (workshop.run_folder() / "consents.csv").read_bytes() == written


def test_promise_5_a_yes_that_was_withheld_is_not_among_the_consents_that_were_sent(
    workshop: Workshop,
) -> None:
    mapped(workshop, MAPPING.replace("WHO", "everyone"))
    people(workshop, "there@example.com,Laval,Non,,")
    send(workshop)
    workshop.write("no-mail.txt", "listed@example.com\n")
    mapped(workshop, MAPPING.replace("WHO", "unless-refused") + "suppress: [../no-mail.txt]\n")
    answers = "Oui,non,24/10/2025"
    people(workshop, *(f"{who}@example.com,Laval,{answers}" for who in ("there", "listed", "new")))
    lines = send(workshop)
    assert told(lines, "key", "consent", "value") == [
        ("there@example.com", "hasTrackingConsent", "no"),
        ("listed@example.com", "hasTrackingConsent", "no"),
        ("new@example.com", "optin_Newsletter", "yes"),
        ("new@example.com", "hasTrackingConsent", "no"),
    ]


def test_an_update_that_may_give_no_yes_sends_noes_only(workshop: Workshop) -> None:
    mapped(workshop, MAPPING.replace("WHO", "everyone"))
    people(workshop, "ana@example.com,Laval,,,")
    assert send(workshop) == []
    mapped(workshop, MAPPING.replace("WHO", "new") + "merge: {mode: update}\n")
    people(workshop, "ana@example.com,Laval,Oui,non,")
    assert told(send(workshop), "consent", "value") == [("hasTrackingConsent", "no")]


def test_a_refused_row_has_its_lines_and_a_retry_writes_its_own(workshop: Workshop) -> None:
    everyone = MAPPING.replace("WHO", "everyone")

    def known(*lines: str) -> None:
        mapped(workshop, everyone)
        people(workshop, *lines)
        assert workshop.importer("run", "people.csv", "--yes", "--runs-dir", "others").code == 0

    rows = some_people(3)
    known(rows[0], rows[2])
    mapped(workshop, everyone + "merge: {mode: update}\n")
    people(workshop, *rows)
    lines = send(workshop, code=3)
    assert told(lines, "row", "verdict") == [
        (2, "updated"), (3, "rejected"), (4, "updated"),
    ]  # fmt: skip
    first = (workshop.run_folder() / "consents.csv").read_bytes()
    known(rows[1])
    assert workshop.importer("retry", workshop.run_id(), "--yes").code == 0
    again = ledger(workshop)
    assert told(again, "row", "key", "value", "consent_date", "cell", "basis", "verdict") == [
        (3, "person2@example.com", "no", "2026-02-01", "non", "Salon 2026-11-22", "updated")
    ]
    assert (workshop.run_folders()[0] / "consents.csv").read_bytes() == first


def test_what_was_looked_up_later_settles_the_verdict_and_no_answer_stays_none(
    workshop: Workshop,
) -> None:
    mapped(workshop, MAPPING.replace("WHO", "everyone"))
    people(workshop, *some_people(3))
    workshop.sandbox(faults="lost*12")
    lines = send(workshop, code=5)
    assert {line.verdict for line in lines} == {"unknown"}
    workshop.importer("resume", "--verify", "9")
    lines = ledger(workshop)
    assert {line.verdict for line in lines} == {"accepted"}
    assert {line.request_id for line in lines} == {""}


# --- no file where there is nothing to tell -------------------------------------------------------


def test_a_check_and_a_run_without_consents_have_no_ledger(workshop: Workshop) -> None:
    mapped(workshop, MAPPING.replace("WHO", "everyone"))
    people(workshop, *some_people(3))
    assert workshop.importer("check", "people.csv").code == 0
    run = workshop.run_folder()
    assert not (run / "state" / "consents.parquet").exists()
    (run / "consents.csv").write_text("of another time", encoding="utf-8")
    assert workshop.importer("report", run.name).code == 0
    assert not (run / "consents.csv").exists()
    workshop.write("mappings/people.yaml", "name: p\ntarget: dialog-insight\n"
                   "columns: {Email: key_f_EMail}\nunmapped_columns: ignore\n")  # fmt: skip
    assert send(workshop) == []
    assert not (workshop.run_folder() / "state" / "consents.parquet").exists()


def test_what_was_only_refused_as_a_whole_leaves_no_ledger(workshop: Workshop) -> None:
    mapped(workshop, MAPPING.replace("WHO", "everyone"))
    people(workshop, *some_people(3))
    workshop.sandbox(faults="401*")
    assert send(workshop, code=5) == []
    assert not (workshop.run_folder() / "consents.csv").exists()
    assert not (workshop.run_folder() / "state" / "consents.parquet").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no file modes")
def test_promise_7_only_their_owner_can_read_consents(workshop: Workshop) -> None:
    mapped(workshop, MAPPING.replace("WHO", "everyone"))
    people(workshop, *some_people(3))
    assert send(workshop)
    for name in ("consents.csv", "state/consents.parquet"):
        assert stat.S_IMODE((workshop.run_folder() / name).stat().st_mode) == 0o600


def test_the_delimiter_of_the_reports_is_its_too(workshop: Workshop) -> None:
    workshop.write("importer.yaml", SETTINGS + 'reports: {delimiter: ";"}\n')
    mapped(workshop, MAPPING.replace("WHO", "everyone"))
    people(workshop, *some_people(3))
    assert len(send(workshop)) == 3
    assert (workshop.run_folder() / "consents.csv").read_bytes()[3:].startswith(b"key;consent;")


# --- once plan and source are cut -----------------------------------------------------------------


class BrokenOffError(BaseException):
    """The process ends here."""


def test_promise_3_a_run_that_is_broken_off_between_its_cuts_keeps_its_ledger(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapped(workshop, MAPPING.replace("WHO", "new"))
    people(workshop, *some_people(9))

    def broken_off(*_: Any) -> None:
        raise BrokenOffError

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "cut_plan", broken_off)
        with pytest.raises(BrokenOffError):
            workshop.importer("run", "people.csv", "--yes")
    run = workshop.run_folder()
    assert pq.read_metadata(run / "state" / "source.parquet").num_rows == 0
    assert pq.read_metadata(run / "state" / "plan.parquet").num_rows == 9
    written = (run / "consents.csv").read_bytes()
    assert workshop.importer("report", run.name).code == 0
    assert (run / "consents.csv").read_bytes() == written
    assert len(ledger(workshop)) == 8


def test_what_is_kept_for_the_ledger_holds_no_contact_that_was_not_sent(
    workshop: Workshop,
) -> None:
    mapped(workshop, MAPPING.replace("WHO", "everyone"))
    people(workshop, *some_people(12))
    send(workshop, "--first", "5", code=5)
    stored = pq.read_table(Path(workshop.run_folder()) / "state" / "consents.parquet")
    assert max(stored.column("row").to_pylist()) < 5
    assert workshop.importer("abandon", workshop.run_id()).code == 0
    assert {line.row for line in ledger(workshop)} == {2, 3, 4, 6}
