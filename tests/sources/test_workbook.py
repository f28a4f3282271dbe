from __future__ import annotations

import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import python_calamine

from importer.errors import UnusableInputError
from importer.issues import IssueCode
from importer.sources import Source, books, open_sources
from importer.sources.books import archive, open_xml
from importer.sources.cells import cell_text, unescaped
from importer.tables import SourceOptions

from .reading import PLAIN, cells_of, findings_of, rows_of

# Cells have no time zone.
# ruff: noqa: DTZ001
HEADER = ["Email", "Code", "Tel", "Date", "Oui"]


@pytest.fixture(params=["in memory", "streamed"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "streamed":
        monkeypatch.setattr(open_xml, "STREAMED_FROM_BYTES", 0)
    return str(request.param)


def save(path: Path, sheets: dict[str, list[list[Any]]], hidden: tuple[str, ...] = ()) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
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


def test_cells_are_read_as_the_operator_sees_them(tmp_path: Path, engine: str) -> None:
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


def test_rows_and_columns_are_numbered_as_the_spreadsheet_does(tmp_path: Path, engine: str) -> None:
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


def test_error_cells_are_blank_and_escapes_are_undone(tmp_path: Path, engine: str) -> None:
    (source,) = open_all(
        save(tmp_path / "a.xlsx", {"S": [["a", "b"], ["#N/A", "x_x000D_\ny"], ["x", "_x_"]]})
    )
    assert cells_of(source) == [["", "x\r\ny"], ["x", "_x_"]]


def test_header_row_of_the_mapping_is_obeyed(tmp_path: Path, engine: str) -> None:
    path = save(tmp_path / "a.xlsx", {"S": [["Title"], [], ["a", "b"], [1, 2]]})
    (source,) = open_all(path, SourceOptions(header_row=3))
    assert source.description.columns == ("a", "b")
    assert rows_of(source) == [4]
    assert "row 2 is blank" in refusal(path, SourceOptions(header_row=2))
    assert "has no row 7" in refusal(path, SourceOptions(header_row=7))


def test_workbook_of_ours_loses_its_guards_and_our_column(tmp_path: Path, engine: str) -> None:
    rows = [["Nom", "import_errors"], ["'=x", "e"], ["'x", "e"]]
    (source,) = open_all(save(tmp_path / "a.xlsx", {"S": rows}), SourceOptions(header_row=2))
    assert source.description.columns == ("Nom",)
    assert cells_of(source) == [["=x"], ["'x"]]


def test_the_only_visible_sheet_with_cells_is_chosen(tmp_path: Path, engine: str) -> None:
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


def test_several_sheets_must_be_chosen_from(tmp_path: Path, engine: str) -> None:
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


def test_workbook_without_cells_is_empty(tmp_path: Path, engine: str) -> None:
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


def test_workbook_with_a_broken_part_is_damaged(workbook: Path, engine: str) -> None:
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
        ("a.xlsx", b"a,b\n1,2\n", "is no Excel workbook, whatever its name says"),
        ("a.ods", b"a,b\n1,2\n", "is no Excel workbook"),
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


def test_password_and_panics_of_a_library_become_one_sentence() -> None:
    class PanicException(BaseException):
        pass

    with pytest.raises(UnusableInputError, match="damaged"), books.translated("a.xlsx"):
        raise PanicException
    with pytest.raises(UnusableInputError, match="password"), books.translated("a.xlsx"):
        raise python_calamine.PasswordError
    with pytest.raises(KeyboardInterrupt), books.translated("a.xlsx"):
        raise KeyboardInterrupt

    class OtherError(BaseException):
        pass

    with pytest.raises(OtherError), books.translated("a.xlsx"):
        raise OtherError


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("  x ", "  x "),
        (5145551234.0, "5145551234"),
        (1e20, "100000000000000000000"),
        (1e300, "1e+300"),
        (0.1 + 0.2, "0.3"),
        (1e-7, "0.0000001"),
        (-12.50, "-12.5"),
        (7, "7"),
        (True, "TRUE"),
        (False, "FALSE"),
        (date(2026, 10, 24), "2026-10-24"),
        (datetime(2026, 10, 24), "2026-10-24"),
        (datetime(2026, 10, 24, 9, 30), "2026-10-24 09:30:00"),
        (datetime(2026, 10, 24, 9, 30, 1, 500_000), "2026-10-24 09:30:01.500"),
        (time(9, 30), "09:30:00"),
        (timedelta(hours=255, minutes=10, seconds=10), "255:10:10"),
        (timedelta(seconds=-1.5), "-00:00:01.500"),
        (None, ""),
        (1 + 2j, "(1+2j)"),
    ],
)
def test_cell_text(value: object, text: str) -> None:
    assert cell_text(value) == text


def test_escapes_of_control_characters_are_undone() -> None:
    assert unescaped("a_x000D_b_x005F_x000D__x12_") == "a\rb_x000D__x12_"
