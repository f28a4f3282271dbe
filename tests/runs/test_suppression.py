"""Suppression lists: found, read whole or refused, and noted with the run."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer import runs
from importer.assembly.suppressing import hashes_in
from importer.checking.suppression import addresses_in
from importer.issues import Finding, IssueCode, Severity
from importer.model import Chunk
from importer.planning import Planner
from importer.tables import TableDescription
from tests.runs.workshop import Workshop

NEWS = """\
name: people
target: dialog-insight
columns:
  Email: key_f_EMail
  Name: f_LastName
  News: optin_News
consent: {yes_to: everyone}
"""
PEOPLE = "Email,Name,News\nana@example.com,Roy,oui\nleo@example.com,Roy,oui\nzoe@example.com,,non\n"


def hashed(address: str) -> str:
    return sha256(address.encode()).hexdigest()


@pytest.fixture
def office(workshop: Workshop) -> Workshop:
    workshop.write("people.csv", PEOPLE)
    mapping(workshop, "[no-mail.csv]")
    return workshop


def mapping(office: Workshop, lists: str, *more: str) -> None:
    lines = "\n".join([f"suppress: {lists}", *more, ""])
    office.write("mappings/people.yaml", NEWS + lines)


def withheld(office: Workshop) -> list[str]:
    """Check the people; give those whose yes is withheld."""
    done = office.importer("check", "people.csv", "--quiet")
    assert done.code == 0, done.err
    issues = office.results("issues.csv")
    assert {issue["code"] for issue in issues} <= {"suppressed"}
    names = {"2": "ana", "3": "leo", "4": "zoe"}
    return [names[issue["row"]] for issue in issues]


# --- reading -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        "leo@example.com\n",
        "LEO@Example.COM",
        "Courriel\nleo@example.com\n",
        "\ufeffDate;Courriel;Nom\n2026-01-01;leo@example.com;\n",
        "Leo Roy <leo@example.com>\n",
        '"Roy, Leo" <leo@example.com>; x@example.com\n',
        "x@example.com\n\n\n\nTotal leo@example.com\n",
        "x@example.com,y@example.com,leo@example.com\nz@example.com\n",
        "a@x.ca\nb@x.ca,c@x.ca,leo@example.com\nd@x.ca\n",
        hashed("leo@example.com"),
        f"sha256\n{hashed('leo@example.com').upper()}\n",
        f"1 {hashed('x@example.com')} {hashed('leo@example.com')}\n",
    ],
)
def test_every_address_of_a_list_is_read_however_it_is_written(
    office: Workshop, content: str
) -> None:
    office.write("mappings/no-mail.csv", content)
    assert withheld(office) == ["leo"]


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "utf-8-sig"])
def test_a_list_is_read_in_its_encoding(office: Workshop, encoding: str) -> None:
    office.write("mappings/no-mail.csv", "Prénom;Courriel\nÉva;leo@example.com\n".encode(encoding))
    assert withheld(office) == ["leo"]


def workbook(office: Workshop, name: str, *sheets: Sequence[Sequence[object]]) -> Any:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets, 1):
        sheet = book.create_sheet(f"Sheet{number}")
        for row in rows:
            sheet.append(list(row))
    book.save(office.folder / "mappings" / name)
    return book


def test_every_column_and_sheet_of_a_workbook_is_read(office: Workshop) -> None:
    mapping(office, "[no-mail.xlsx]")
    workbook(
        office,
        "no-mail.xlsx",
        [["Courriel", "Autre"], ["x@example.com", "leo@example.com"]],
        [],
        [["ana@example.com"]],
    )
    assert withheld(office) == ["ana", "leo"]


def test_several_lists_count_together_told_from_the_mapping_or_from_the_top(
    office: Workshop,
) -> None:
    top = office.write("lists/old.txt", "ana@example.com\n")
    office.write("lists/new.txt", hashed("leo@example.com"))
    mapping(office, f"[{top}, ../lists/new.txt]")
    assert withheld(office) == ["ana", "leo"]
    noted = json.loads((office.run_folder() / "settings.json").read_bytes())["suppression"]
    assert [one["path"] for one in noted] == [str(top), "../lists/new.txt"]
    assert noted[0]["absolute"] == str(top.resolve())
    assert noted[0]["sha256"] == sha256(b"ana@example.com\n").hexdigest()
    assert [one["addresses"] for one in noted] == [1, 1]


@pytest.mark.parametrize(
    ("cell", "addresses"),
    [
        ("ana@example.com", {"ana@example.com"}),
        ("O'Brien@example.com", {"O'Brien@example.com"}),
        ("'ana@example.com'", {"ana@example.com"}),
        ("ana@example.com.", {"ana@example.com"}),
        ("mailto:ana@example.com?subject=x", {"ana@example.com"}),
        ("<ana@example.com>,<leo@example.com>", {"ana@example.com", "leo@example.com"}),
        ('"ana|b"@example.com', {'"ana|b"@example.com'}),
        ("a|b@example.com", {"a|b@example.com"}),
        ("ana@localhost", set()),
        ("ana at example.com", set()),
        ("@example.com", set()),
        ("ana@", set()),
    ],
)
def test_addresses_are_found_among_other_signs(cell: str, addresses: set[str]) -> None:
    found = set(addresses_in(cell))
    assert found >= addresses
    assert bool(found) is bool(addresses)


@given(st.lists(st.text() | st.just("a@x.ca") | st.just("f" * 64), max_size=5))
def test_no_cell_makes_the_reading_raise(cells: list[str]) -> None:
    numbers, addressed = hashes_in(pa.array(cells, pa.large_string()))
    assert len(addressed) == len(cells)
    assert bool(len(numbers)) is bool(addressed.any())


# --- what is no address -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("leo@example.com\nana@example\n", "1 cell of no-mail.csv is neither an address nor a"),
        (
            "Email,Name\nleo@example.com,Leo\nx@example.com,Max\n,D41D8CD98F00B204\n",
            "3 cells of no-mail.csv are neither an address nor a SHA-256.",
        ),
        ("leo@example.com,Leo\n", "1 cell of no-mail.csv is"),
    ],
)
def test_cells_that_are_no_address_are_counted_and_not_quoted(
    office: Workshop, content: str, sentence: str
) -> None:
    office.write("mappings/no-mail.csv", content)
    done = office.importer("check", "people.csv")
    assert f"Warning: {sentence}" in done.err
    assert "Leo" not in done.err
    assert any(sentence in warning for warning in office.summary()["warnings"])


@pytest.mark.parametrize("content", ["leo@example.com\n", "\n\nCourriel;\nleo@example.com;\n\n"])
def test_a_header_alone_is_nothing_to_warn_of(office: Workshop, content: str) -> None:
    office.write("mappings/no-mail.csv", content)
    assert "Warning" not in office.importer("check", "people.csv").err


def test_formulas_without_a_value_are_cells_that_were_not_read(office: Workshop) -> None:
    mapping(office, "[no-mail.xlsx]")
    workbook(office, "no-mail.xlsx", [["Email"], ["leo@example.com"], ['="ana"&"@example.com"']])
    assert "1 cell of no-mail.xlsx is neither" in office.importer("check", "people.csv").err


def test_a_list_with_a_hidden_sheet_is_refused(office: Workshop) -> None:
    mapping(office, "[no-mail.xlsx]")
    book = workbook(office, "no-mail.xlsx", [["leo@example.com"]], [["ana@example.com"]])
    book.worksheets[1].sheet_state = "hidden"
    book.save(office.folder / "mappings" / "no-mail.xlsx")
    done = office.importer("check", "people.csv")
    assert done.code == 4
    assert "the suppression list no-mail.xlsx has hidden sheets, which are not read" in done.err


@pytest.mark.parametrize(
    ("cell", "address"),
    [
        ("zoe\u200b@example.com", "zoe@example.com"),
        ("zoe@exa\u00admple.com", "zoe@example.com"),
        ("id=zoe@example.com", "zoe@example.com"),
        ("=ZOE@example.com", "ZOE@example.com"),
    ],
)
def test_signs_that_cannot_be_seen_hide_no_address(cell: str, address: str) -> None:
    assert address in set(addresses_in(cell))
    assert hashed_of(cell) >= hashed_of(address)


def test_a_pattern_is_no_address() -> None:
    assert not hashed_of("*@example.com")


def hashed_of(cell: str) -> set[int]:
    numbers, _ = hashes_in(pa.array([cell], pa.large_string()))
    return set(numbers.tolist())


# --- what cannot be read ---------------------------------------------------------------------


@pytest.mark.parametrize("command", [("run", "people.csv", "--yes"), ("check", "people.csv"),
                                     ("mapping", "check", "people"),
                                     ("mapping", "check", "people", "people.csv"),
                                     ("check", "people.csv", "-m", "people")])  # fmt: skip
def test_a_list_that_is_not_there_stops_everything(
    office: Workshop, command: tuple[str, ...]
) -> None:
    done = office.importer(*command)
    assert done.code == 4
    assert "mappings/people.yaml:8:12: the suppression list no-mail.csv is not there" in done.err
    assert (office.run_folders(), office.network.requests) == ([], [])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no-mail.csv is empty"),
        (b"Email\n", "no-mail.csv holds not one address"),
        (b"Email\nana at example.com\n", "no-mail.csv holds not one address"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "no-mail.csv "),
        (b"\x00" * 100, "no-mail.csv "),
    ],
)
def test_a_list_without_any_address_never_passes_for_an_empty_one(
    office: Workshop, content: bytes, words: str
) -> None:
    office.write("mappings/no-mail.csv", content)
    done = office.importer("run", "people.csv", "--yes")
    assert (done.code, len(done.lines)) == (4, 1)
    assert f"mappings/people.yaml:8:12: the suppression list {words}" in done.err
    assert (office.run_folders(), office.network.requests) == ([], [])


def test_every_list_that_is_wrong_is_named_at_once(office: Workshop) -> None:
    mapping(office, f"[gone.csv, .., '*.csv', {'x' * 300}]")
    done = office.importer("check", "people.csv")
    assert [line.count("is not there, or is no file") for line in done.lines] == [1] * 4
    office.write("mappings/a.csv", "nobody\n")
    office.write("mappings/b.csv", "")
    mapping(office, "[a.csv, b.csv]")
    assert len(office.importer("check", "people.csv").lines) == 2


def test_a_list_that_cannot_be_opened_is_refused(
    office: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.write("mappings/no-mail.csv", "leo@example.com\n")

    def refused(path: Path) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("importer.assembly.suppressing.sha256_of", refused)
    done = office.importer("check", "people.csv")
    assert "the suppression list no-mail.csv cannot be opened: Permission denied" in done.err


def read_as(monkeypatch: pytest.MonkeyPatch, chunk: Chunk) -> None:
    """Let every list be of one chunk."""

    class Read:
        description = TableDescription("no-mail.csv", "", "csv", ("column 1",), 0)

        def chunks(self) -> list[Chunk]:
            return [chunk]

    monkeypatch.setattr("importer.assembly.suppressing.open_sources", lambda *_, **__: [Read()])


def test_a_list_that_was_cut_off_is_refused(
    office: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.write("mappings/no-mail.csv", "leo@example.com\n")
    cut = Finding(IssueCode.FILE_CUT_OFF, Severity.ERROR, np.array([0]))
    frame = pd.DataFrame({"column 1": ["leo@example.com"]}, dtype="str")
    read_as(monkeypatch, Chunk(np.array([1]), frame, findings=(cut,)))
    done = office.importer("check", "people.csv")
    assert done.code == 4
    assert "the suppression list no-mail.csv ends in the middle of a row: get the" in done.err


def test_cells_beyond_the_others_are_read_too(
    office: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.write("mappings/no-mail.csv", "leo@example.com\n")
    frame = pd.DataFrame({"column 1": ["x@example.com", "y@example.com"]}, dtype="str")
    extra = {1: (" ", "leo@example.com")}
    read_as(monkeypatch, Chunk(np.array([1, 2]), frame, extra=extra))
    assert withheld(office) == ["leo"]


# --- the run ---------------------------------------------------------------------------------


def test_promise_5_a_yes_is_withheld_and_a_no_is_sent(office: Workshop) -> None:
    office.write("mappings/no-mail.csv", "leo@example.com\nzoe@example.com\n")
    done = office.importer("run", "people.csv", "--yes")
    assert done.code == 0
    (call,) = office.network.merges()
    sent = {one["ID"]["key_f_EMail"]: one["Data"] for one in call["Records"]}
    assert sent == {
        "ana@example.com": {"f_LastName": "Roy", "optin_News": "1"},
        "leo@example.com": {"f_LastName": "Roy"},
        "zoe@example.com": {"optin_News": "0"},
    }
    assert office.summary()["consents"] == {
        "optin_News": {
            "yes": 1, "no": 1, "left": 1, "by_mapping_yes": 0, "by_mapping_no": 0, "withheld": 1,
            "withheld_by_account": 0, "unchanged": 0,
        }
    }  # fmt: skip


CLIENTS = """\
name: people
target: dialog-insight
columns:
  Client: key_f_City
  Email: {field: f_EMail, on_invalid: skip}
  Name: f_LastName
  News: {field: optin_News, blank: {default: no}}
  When: {field: dtOptin_News, format: YYYY-MM-DD}
consent: {yes_to: everyone}
suppress: [no-mail.csv]
"""


def sent_of_clients(office: Workshop, *rows: str, more: str = "", default: bool = False) -> Any:
    """Import rows of clients; give what is sent of each."""
    settings = (office.folder / "importer.yaml").read_text(encoding="utf-8")
    if "opt_in_dates" not in settings:
        office.write(
            "importer.yaml", settings.replace("    limits", "    opt_in_dates: true\n    limits")
        )
    text = CLIENTS if default else CLIENTS.replace(", blank: {default: no}", "")
    office.write("mappings/people.yaml", text + more)
    office.write("people.csv", "\n".join(["Client,Email,Name,News,When", *rows, ""]))
    done = office.importer("run", "people.csv", "--yes")
    assert done.code in {0, 3}, done.err
    calls = office.network.merges()
    return {one["ID"]["key_f_City"]: one["Data"] for call in calls for one in call["Records"]}


def test_promise_5_no_yes_goes_to_a_key_of_which_another_row_is_listed(office: Workshop) -> None:
    office.write("mappings/no-mail.csv", "leo@example.com\n")
    sent = sent_of_clients(
        office,
        "k1,ok@example.com,Roy,yes,2025-01-01",
        "k1,leo@example.com,Roy,no,2024-01-01",
        "k2,leo@example.com,Roy,,",
        "k2,,Roy,yes,2025-01-01",
        "k3,leo@example.com,Roy,perhaps,",
        "k3,,Roy,yes,",
        "k4,leo@example.com;,Roy,yes,",
        "k5,zoe@example.com;,Roy,yes,",
    )
    roy = {"f_LastName": "Roy"}
    assert {client: one.get("optin_News") for client, one in sent.items()} == {
        "k1": "0", "k2": None, "k3": None, "k4": None, "k5": "1",
    }  # fmt: skip
    assert [sent["k2"], sent["k3"], sent["k4"]] == [roy] * 3
    warned = [one for one in office.results("issues.csv") if one["code"] == "suppressed"]
    assert [(one["row"], one["column"], one["severity"]) for one in warned] == [
        (row, "News", "warning") for row in ("3", "5", "7", "8")
    ]
    assert office.summary()["consents"]["optin_News"]["withheld"] == 3


def test_promise_5_a_listed_domain_is_known_in_either_spelling(office: Workshop) -> None:
    office.write("mappings/no-mail.csv", "a@xn--strae-oqa.de\nb@gie\u00dfen.de\n")
    sent = sent_of_clients(
        office, "k1,a@stra\u00dfe.de,,yes,", "k2,b@xn--gieen-nqa.de,,yes,", "k3,a@strasse.de,,yes,"
    )
    assert {client: one.get("optin_News") for client, one in sent.items()} == {
        "k1": None, "k2": None, "k3": "1",
    }  # fmt: skip


def test_rows_of_a_listed_key_are_left_out_together_on_request(office: Workshop) -> None:
    office.write("mappings/no-mail.csv", "leo@example.com\n")
    sent = sent_of_clients(
        office,
        "k1,leo@example.com,Roy,,",
        "k1,,Roy,yes,2025-01-01",
        "k2,leo@example.com,Roy,,",
        "k2,,Roy,no,2025-01-01",
        "k3,,Roy,yes,",
        more="suppress_rows: true\n",
    )
    assert sent == {
        "k2": {"optin_News": "0", "dtOptin_News": "2025.01.01"},
        "k3": {"f_LastName": "Roy", "optin_News": "1"},
    }
    assert office.totals()["skipped"] == 3
    assert [line["message"] for line in office.results()][1] == (
        "The address is on a suppression list: a row with this key has it, so the row is left out."
    )


def test_a_default_is_no_answer_beside_a_persons(office: Workshop) -> None:
    office.write("mappings/no-mail.csv", "leo@example.com\n")
    sent = sent_of_clients(
        office, "k1,,Roy,,", "k1,,Roy,yes,", "k2,,Roy,yes,", "k2,,Roy,,", "k3,,Roy,,", default=True
    )
    assert {client: one.get("optin_News") for client, one in sent.items()} == {
        "k1": "1", "k2": None, "k3": "0",
    }  # fmt: skip
    told = office.summary()["consents"]["optin_News"]
    assert (told["yes"], told["no"], told["left"], told["by_mapping_no"]) == (1, 1, 1, 1)


def test_rows_are_left_out_on_request(office: Workshop) -> None:
    office.write("mappings/no-mail.csv", "leo@example.com\nzoe@example.com\n")
    mapping(office, "[no-mail.csv]", "suppress_rows: true")
    assert office.importer("run", "people.csv", "--yes").code == 0
    assert office.totals() == {"created": 2, "skipped": 1}
    lines = office.results()
    assert (lines[1]["code"], lines[1]["message"]) == (
        "suppressed", "The address is on a suppression list: the row is left out.",
    )  # fmt: skip


def test_the_screen_of_a_check_says_what_is_sent_and_withheld(office: Workshop) -> None:
    office.write("mappings/no-mail.csv", "leo@example.com\n")
    text = NEWS.replace(
        "  News: optin_News\n", "  News: {field: optin_News, blank: {default: N}}\n"
    )
    office.write("mappings/people.yaml", f"{text}suppress: [no-mail.csv]\n")
    office.write("people.csv", PEOPLE + "max@example.com,Roy,\n")
    lines = [line.strip() for line in office.importer("check", "people.csv").lines]
    said = (
        "optin_News: 1 yes and 2 no will be sent; 1 contact is left alone. Of these answers the "
        "mapping gave 1 no, not the person. 1 yes withheld: the address is on a suppression list."
    )
    assert said in lines
    assert any(line.startswith("What the platform holds now was not looked up") for line in lines)


# --- begun anew --------------------------------------------------------------------------------


class Killed(BaseException):
    """The process is gone."""


def broken_off(office: Workshop, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    def die(*_: object) -> Any:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Planner, "finish", die)
        with pytest.raises(Killed):
            runs.check(*arguments, means=office.means())


def test_a_check_begun_anew_reads_the_lists_again_where_they_were(
    office: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.write("mappings/no-mail.csv", "leo@example.com\n")
    broken_off(office, monkeypatch, "people.csv")
    (office.folder / "mappings" / "people.yaml").unlink()  # the run has its own
    assert office.importer("resume", office.run_id()).code == 0
    assert [issue["row"] for issue in office.results("issues.csv")] == ["3"]


def test_standard_input_is_checked_with_the_same_lists(office: Workshop) -> None:
    office.write("mappings/no-mail.csv", "leo@example.com\n")
    done = office.importer("check", "-", "-m", "people", stdin=PEOPLE.encode())
    assert done.code == 0
    assert [issue["row"] for issue in office.results("issues.csv")] == ["3"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda path: path.write_text("ana@example.com\n"), "no-mail.csv has changed since"),
        (lambda path: path.unlink(), "no-mail.csv is gone"),
    ],
)
def test_a_check_is_not_begun_anew_with_other_lists(
    office: Workshop, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], words: str
) -> None:
    place = office.write("mappings/no-mail.csv", "leo@example.com\n")
    broken_off(office, monkeypatch, "people.csv")
    change(place)
    done = office.importer("resume", office.run_id())
    assert done.code == 4
    assert words in done.err


def test_an_address_that_the_mapping_changes_is_looked_up_as_it_stands_too(
    office: Workshop,
) -> None:
    office.write("mappings/no-mail.csv", "leo@example.com\n")
    text = NEWS.replace(
        "Email: key_f_EMail",
        "Email: {field: key_f_EMail, values: {leo@example.com: x@example.com}}",
    )
    office.write("mappings/people.yaml", text + "suppress: [no-mail.csv]\n")
    assert office.importer("run", "people.csv", "--yes").code == 0
    (call,) = office.network.merges()
    sent = {one["ID"]["key_f_EMail"]: one["Data"].get("optin_News") for one in call["Records"]}
    assert sent == {"ana@example.com": "1", "x@example.com": None, "zoe@example.com": "0"}
