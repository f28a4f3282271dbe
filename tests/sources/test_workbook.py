from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from importer.errors import UnusableInputError
from importer.issues import IssueCode
from importer.sources import Source, open_sources, pieces
from importer.sources.books import archive, open_xml
from importer.tables import Acceptance, SourceOptions

from . import written_books
from .reading import PLAIN, cells_of, findings_of, rows_of
from .written_books import number, row, text, xlsx

# Cells have no time zone.
# ruff: noqa: DTZ001
HEADER = ["Email", "Code", "Tel", "Date", "Oui"]


def save(path: Path, sheets: dict[str, list[list[Any]]], hidden: tuple[str, ...] = ()) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for cells in rows:
            sheet.append(cells)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    book.save(path)
    return path


def open_all(path: Path, options: SourceOptions = PLAIN) -> tuple[Source, ...]:
    return open_sources(path, options=options, shown_as="contacts.xlsx")


def refusal(path: Path, options: SourceOptions = PLAIN) -> str:
    with pytest.raises(UnusableInputError) as caught:
        [cells_of(source) for source in open_all(path, options)]
    assert len(caught.value.mistakes) == 1
    return str(caught.value)


def test_cells_are_read_as_the_operator_sees_them(tmp_path: Path, way: str) -> None:
    rows: list[list[Any]] = [
        HEADER,
        ["a@b.ca", "00123", 5145551234.0, datetime(2026, 10, 24), True],
        [" b ", "é\nx", 0.1, datetime(2026, 10, 24, 9, 30), False],
        [None, None, None, None, None],
        [1, 1e-7, 12.5, date(1999, 1, 31), None],
    ]
    (source,) = open_all(save(tmp_path / "a.xlsx", {"Contacts": rows}))
    assert cells_of(source) == [
        ["a@b.ca", "00123", "5145551234", "2026-10-24", "TRUE"],
        [" b ", "é\nx", "0.1", "2026-10-24 09:30:00", "FALSE"],
        ["", "", "", "", ""],
        ["1", "0.0000001", "12.5", "1999-01-31", ""],
    ]
    assert rows_of(source, 2) == [2, 3, 4, 5]
    assert findings_of(source) == [(IssueCode.BLANK_ROW, [4], [])]
    (chunk,) = source.chunks()
    assert chunk.typed_dates
    assert [str(t) for t in chunk.frame.dtypes] == ["str"] * 5
    description = source.description
    assert (description.sheet, description.format, description.header_row) == (
        "Contacts",
        "xlsx",
        1,
    )
    assert description.columns == tuple(HEADER)


def test_rows_and_columns_are_numbered_as_the_spreadsheet_does(tmp_path: Path, way: str) -> None:
    rows: list[list[Any]] = [
        [],
        [None, None],
        [None, "Nom", None, "Nom"],
        [None, "x", "y", "z"],
        [],
        [None, "u"],
    ]
    (source,) = open_all(save(tmp_path / "a.xlsm", {"S": rows}))
    assert source.description.columns == ("Nom", "column 3", "Nom (2)")
    assert source.description.header_row == 3
    assert source.description.format == "xlsm"
    assert rows_of(source) == [4, 5, 6]
    assert cells_of(source) == [["x", "y", "z"], ["", "", ""], ["u", "", ""]]
    assert len(source.description.warnings) == 2


def test_error_cells_are_blank_and_escapes_are_undone(tmp_path: Path, way: str) -> None:
    (source,) = open_all(
        save(tmp_path / "a.xlsx", {"S": [["a", "b"], ["#N/A", "x_x000D_\ny"], ["x", "_x_"]]})
    )
    assert cells_of(source) == [["", "x\r\ny"], ["x", "_x_"]]


def test_header_row_of_the_mapping_is_obeyed(tmp_path: Path, way: str) -> None:
    path = save(tmp_path / "a.xlsx", {"S": [["Title"], [], ["a", "b"], [1, 2]]})
    (source,) = open_all(path, SourceOptions(header_row=3))
    assert source.description.columns == ("a", "b")
    assert rows_of(source) == [4]
    assert "row 2 is blank" in refusal(path, SourceOptions(header_row=2))
    assert "has no row 7" in refusal(path, SourceOptions(header_row=7))


def test_workbook_of_ours_loses_its_guards_and_our_column(tmp_path: Path, way: str) -> None:
    rows = [["Nom", "import_errors"], ["'=x", "e"], ["'x", "e"]]
    (source,) = open_all(save(tmp_path / "a.xlsx", {"S": rows}), SourceOptions(header_row=2))
    assert source.description.columns == ("Nom",)
    assert cells_of(source) == [["=x"], ["'x"]]


def test_the_only_visible_sheet_with_cells_is_chosen(tmp_path: Path, way: str) -> None:
    sheets: dict[str, list[list[Any]]] = {
        "Old": [["x"], [1]],
        "Empty": [],
        "Contacts": [["a"], [2]],
    }
    path = save(tmp_path / "a.xlsx", sheets, hidden=("Old",))
    (source,) = open_all(path)
    assert source.description.sheet == "Contacts"
    (source,) = open_all(path, SourceOptions(sheet="all"))
    assert source.description.sheet == "Contacts"


def test_several_sheets_must_be_chosen_from(tmp_path: Path, way: str) -> None:
    path = save(tmp_path / "a.xlsx", {"Clients": [["a"], [1]], "2": [["b"], [2]], "C": [["c"]]})
    message = refusal(path)
    assert '"Clients", "2", "C"' in message
    assert "`--sheet NAME`, `--sheet all`, or `source: {sheet: ...}`" in message
    for wanted, names in {
        "Clients": ["Clients"],
        " clients": ["Clients"],
        "2": ["2"],
        "3": ["C"],
        "All": ["Clients", "2", "C"],
    }.items():
        chosen = open_all(path, SourceOptions(sheet=wanted))
        assert [s.description.sheet for s in chosen] == names
    message = refusal(path, SourceOptions(sheet="Client"))
    assert 'no sheet "Client". Did you mean Clients?' in message
    assert "Its sheets: Clients, 2, C." in refusal(path, SourceOptions(sheet="9"))


def test_workbook_without_cells_is_empty(tmp_path: Path, way: str) -> None:
    path = save(tmp_path / "a.xlsx", {"S": [], "Old": [["a"], [1]]}, hidden=("Old",))
    assert "is empty: no visible sheet has cells. Hidden sheets are read when named: Old" in (
        refusal(path)
    )
    assert 'sheet "S" is empty' in refusal(path, SourceOptions(sheet="S"))
    (source,) = open_all(path, SourceOptions(sheet="Old"))
    assert cells_of(source) == [["1"]]


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    return save(tmp_path / "contacts.xlsx", {"S": [["a"], [1]]})


def rewritten(path: Path, change: dict[str, bytes | None]) -> Path:
    """Write a workbook again with some of its parts replaced, or left out."""
    with zipfile.ZipFile(path) as archive:
        parts = {n: archive.read(n) for n in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in ({**parts, **change}).items():
            if content is not None:
                archive.writestr(name, content)
    return path


def test_workbook_cut_short_is_damaged(workbook: Path) -> None:
    workbook.write_bytes(workbook.read_bytes()[:2_000])
    assert "is damaged or not complete" in refusal(workbook)


def test_workbook_with_a_broken_part_is_damaged(workbook: Path, way: str) -> None:
    rewritten(workbook, {"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row"})
    message = refusal(workbook)
    assert "is damaged" in message or "is empty" in message
    assert "is damaged" in refusal(rewritten(workbook, {"xl/workbook.xml": b"<"}))


def test_text_part_too_large_for_memory_is_refused(
    workbook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_SHARED_TEXT_LIMIT", 10)
    rewritten(workbook, {"xl/sharedStrings.xml": b"x" * 11})
    assert "save it as CSV UTF-8" in refusal(workbook)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        (("word/document.xml", "[Content_Types].xml"), "is a Word document"),
        (("xl/workbook.bin", "[Content_Types].xml"), "is damaged"),
        (("content.xml", "mimetype"), "is damaged"),
        (("a.csv",), "contacts.xlsx/a.csv is empty"),
        (("[Content_Types].xml",), "is damaged"),
    ],
)
def test_other_zip_files_are_refused_by_what_they_are(
    tmp_path: Path, members: tuple[str, ...], words: str
) -> None:
    path = tmp_path / "contacts.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for member in members:
            archive.writestr(member, b"")
    assert words in refusal(path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.xlsx", b"", "is empty"),
        ("a.xlsx", b"a,b\n1,2\n", "is text, whatever its name says"),
        ("a.ods", b"a,b\n1,2\n", "is text"),
        ("a.xls", b"\xef\xbb\xbf <HTML><body>", "is a web page"),
        ("a.csv", b"\x1f\x8b\x08", "is cut off"),
        ("a.csv", b"%PDF-1.7", "is a PDF document"),
        ("a.xls", bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 600, "is damaged"),
        (
            "a.xlsx",
            bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"),
            "is protected by a password",
        ),
    ],
)
def test_other_files_are_refused_by_what_they_are(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert words in refusal(path)


def test_workbook_under_another_ending_is_read_by_its_content(tmp_path: Path) -> None:
    path = save(tmp_path / "a.xlsx", {"S": [["a"], [1]]}).rename(tmp_path / "export.csv")
    (source,) = open_all(path)
    assert cells_of(source) == [["1"]]


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


NEVER = "><f>A1</f></c>"


def test_row_of_an_error_alone_is_a_row_that_is_refused(tmp_path: Path, way: str) -> None:
    rows = row(1, text("Email"), text("Code")) + row(2, text("a@example.org"), number(1))
    rows += row(4, ' t="e"><v></v></c>') + row(6, " />", ' t="e"><v>#N/A</v></c>')
    (source,) = open_all(written(tmp_path / "a.xlsx", xlsx(rows)))
    assert rows_of(source) == [2, 3, 4, 5, 6]
    assert findings_of(source) == [
        (IssueCode.BLANK_ROW, [3, 5], []),
        (IssueCode.CELL_ERROR, [4], []),
        (IssueCode.CELL_ERROR, [6], []),
    ]


def test_column_of_formulas_that_were_never_computed_is_blamed_and_no_other(
    tmp_path: Path, way: str
) -> None:
    rows = row(1, " />", text("Email"), text("Code"))
    for at in (2, 3):
        rows += row(at, NEVER, text(f"{at}@example.org"), number(at))
    (source,) = open_all(written(tmp_path / "a.xlsx", xlsx(rows)))
    assert source.description.columns == ("column 1", "Email", "Code")
    (chunk,) = source.chunks()
    assert [(f.code, f.column, f.at.tolist()) for f in chunk.findings] == [
        (IssueCode.FORMULA_WITHOUT_VALUE, "column 1", [0, 1])
    ]


def test_sheet_of_formulas_that_were_never_computed_is_not_called_empty(
    tmp_path: Path, way: str
) -> None:
    path = written(tmp_path / "a.xlsx", xlsx(row(1, NEVER) + row(2, NEVER)))
    assert 'sheet "S" holds formulas whose results it does not hold: open it' in refusal(path)


def test_group_that_is_merged_from_outside_of_the_cells_names_none_of_them(
    tmp_path: Path, way: str
) -> None:
    rows = row(1, " />", " />", " />", text("Home"), " />")
    rows += row(2, " />", *(text(name) for name in ("Email", "Code", "Street", "City")))
    for at in range(3, 9):
        rows += row(at, " />", text(f"{at}@example.org"), number(at), text("A St"), text("Rome"))
    merged = '<mergeCells><mergeCell ref="A1:C1"/><mergeCell ref="D1:E1"/></mergeCells>'
    path = written(tmp_path / "a.xlsx", xlsx(rows, after=merged))
    (source,) = open_all(path, SourceOptions(header_row=1, header_rows=2))
    assert source.description.columns == ("Email", "Code", "Home Street", "Home City")


def test_workbook_that_is_gone_when_it_is_read_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_xml, "STREAMED_FROM_BYTES", 0)
    path = written(tmp_path / "a.xlsx", xlsx(row(1, text("Email")) + row(2, text("x"))))
    (source,) = open_all(path)
    path.unlink()
    with pytest.raises(UnusableInputError, match=r"^contacts\.xlsx cannot be read: No such file"):
        list(source.chunks())


def test_only_sheet_with_addresses_is_chosen_and_that_is_said(tmp_path: Path, way: str) -> None:
    people: list[list[Any]] = [["Email", "Code"], *([f"{at}@example.org", at] for at in range(9))]
    places: list[list[Any]] = [["City", "Code"], *([f"City {at}", at] for at in range(9))]
    (source,) = open_all(save(tmp_path / "a.xlsx", {"Places": places, "People": people}))
    assert source.description.sheet == "People"
    (said,) = source.description.warnings
    assert said.startswith('The sheet "People" was chosen, for it alone has e-mail addresses; ')
    assert 'not read: "Places".' in said


def test_sheet_of_blanks_and_errors_has_no_addresses(tmp_path: Path, way: str) -> None:
    blank = [[" "] for _ in range(500)]
    people: list[list[Any]] = [["Email", "Code"], *([f"{at}@example.org", at] for at in range(9))]
    path = save(tmp_path / "a.xlsx", {"Odd": [*blank, ["#N/A"]], "People": people})
    (source,) = open_all(path)
    assert source.description.sheet == "People"


# --- what could give a contact another's answer ----------------------------------------------


def saved(path: Path, rows: list[list[Any]], merged: Sequence[str] = ()) -> Path:
    book = openpyxl.Workbook()
    for cells in rows:
        book.active.append(cells)
    for area in merged:
        book.active.merge_cells(area)
    book.save(path)
    return path


CONTACTS: list[list[Any]] = [
    ["Courriel", "Nom", "Infolettre"],
    ["a@e.ca", "Anna", "Oui"],
    ["b@e.ca", "Bob", "Non"],
    ["c@e.ca", "Cid", None],
    ["d@e.ca", "Dan", None],
]


def test_cells_merged_with_the_row_above_are_told(tmp_path: Path, way: str) -> None:
    (source,) = open_all(saved(tmp_path / "a.xlsx", CONTACTS, ["C3:C5"]))
    assert findings_of(source) == [(IssueCode.CELL_MERGED, [4, 5], [])]
    assert "1 merged area" in source.description.warnings[0]


def test_a_merged_note_beside_the_contacts_is_no_header(tmp_path: Path) -> None:
    rows = [[*CONTACTS[0], None, None, "Notes: voir avec Paul"], *CONTACTS[1:]]
    (source,) = open_all(saved(tmp_path / "a.xlsx", rows, ["F1:F4"]))
    assert source.description.header_rows == 1
    assert len(cells_of(source)) == 4


def test_a_hidden_sheet_with_cells_is_told(tmp_path: Path) -> None:
    sheets = {"Membres": CONTACTS, "Désabonnés": CONTACTS[:3], "Vide": []}
    path = save(tmp_path / "a.xlsx", sheets, ("Désabonnés", "Vide"))
    (source,) = open_all(path)
    assert source.description.warnings == (
        'Hidden in the workbook and not read: "Désabonnés". `--sheet NAME` reads such a sheet.',
    )


def test_cells_that_an_array_formula_fills_are_computed(tmp_path: Path, way: str) -> None:
    head = row(1, text("Courriel"), text("Infolettre"))
    filled = '<c r="B2" t="str"><f t="array" ref="B2:B3">X()</f><v>Non</v></c>'
    spilled = '<c r="B3" t="str"><v>Non</v></c>'
    rows = f'{head}<row r="2"><c r="A2" t="str"><v>a@e.ca</v></c>{filled}</row>'
    rows += f'<row r="3"><c r="A3" t="str"><v>b@e.ca</v></c>{spilled}</row>'
    path = tmp_path / "a.xlsx"
    path.write_bytes(written_books.xlsx(rows))
    (source,) = open_all(path, SourceOptions(formulas=Acceptance.REFUSE))
    assert findings_of(source) == [(IssueCode.FORMULA_REFUSED, [2, 3], [])]
    assert source.description.computed == (("Infolettre", 2),)


def test_marks_keep_their_places_where_rows_come_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(pieces, "_ROWS_AT_ONCE", 2)
    rows = [CONTACTS[0], *[[f"c{n}@e.ca", "#N/A" if n % 3 else "Roy", "Oui"] for n in range(90)]]
    (source,) = open_all(saved(tmp_path / "a.xlsx", rows))
    found = [row for code, rows_, _ in findings_of(source, 7) for row in rows_]
    assert found == [n + 2 for n in range(90) if n % 3]
    assert rows_of(source) == list(range(2, 92))
