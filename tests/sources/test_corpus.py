"""The files of a corpus of real and hostile tables are read as its right answers say.

The corpus is not part of the project: without it these tests are skipped.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from importer.errors import UnusableInputError
from importer.sources import open_sources
from importer.tables import NO_HEADER, SourceOptions
from tests.sources.test_messy_files import NOT_OF_THE_TABLE

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
if not CORPUS.is_dir():
    pytest.skip("the corpus of real files is not beside the project", allow_module_level=True)

POLLUTION = CORPUS / "csv" / "pollution"
# What cannot be known of these files, or what the rows' keeping forbids, and how many rows differ.
NOT_AS_CLEAN = {
    "file_field_delimiter_0x20.csv": (49, "its texts hold unquoted spaces, which are delimiters"),
    "file_quotation_char_0x27.csv": (6, "a double quote that is doubled between single ones stays"),
    "row_field_delimiter_11_0x20.csv": (1, "cut by commas the row has as many cells as the others"),
    "row_more_sep_row5_col3.csv": (1, "the row has one cell too many, and is kept whole"),
    "row_more_sep_row60_col0.csv": (1, "the row has one cell too many, and is kept whole"),
}
HEADER_NOT_AS_CLEAN = {
    "row_less_sep_row0_col1.csv": "a delimiter is missing in the header: two names stand as one",
    "row_less_sep_row0_col2.csv": "a delimiter is missing in the header: two names stand as one",
}


def read(path: Path, sheet: str | None = None) -> tuple[list[str] | None, list[list[str]]]:
    """Give the header, None if there is none, and the table's rows, long ones whole."""
    (source,) = open_sources(path, options=SourceOptions(sheet=sheet))
    header = None if source.description.header_row == NO_HEADER else source.description.columns
    rows: list[list[str]] = []
    for chunk in source.chunks():
        out = {int(at) for f in chunk.findings if f.code in NOT_OF_THE_TABLE for at in f.at}
        cells = chunk.frame.fillna("").to_numpy().tolist()
        rows += [[*row, *chunk.extra.get(at, ())] for at, row in enumerate(cells) if at not in out]
    return None if header is None else list(header), rows


def as_csv(path: Path, encoding: str = "utf-8-sig") -> list[list[str]]:
    with path.open(encoding=encoding, newline="") as stream:
        return list(csv.reader(stream))


@pytest.mark.parametrize("name", sorted(p.name for p in (POLLUTION / "files").iterdir()))
def test_spoiled_tables_are_read_as_the_clean_one(name: str) -> None:
    clean = as_csv(POLLUTION / "clean" / name)
    if not clean:
        with pytest.raises(UnusableInputError, match="is empty"):
            read(POLLUTION / "files" / name)
        return
    header, rows = read(POLLUTION / "files" / name)
    if "no_header" in name:
        assert (header, rows) == (None, clean)
        return
    if name not in HEADER_NOT_AS_CLEAN:
        assert header == clean[0]
    different = sum(row != right for row, right in zip(rows, clean[1:], strict=True))
    assert different == NOT_AS_CLEAN.get(name, (0, ""))[0]


@pytest.mark.parametrize("name", sorted(p.stem for p in (CORPUS / "csv/spectrum").glob("*.csv")))
def test_edge_cases_of_csv_are_read_as_their_right_answers(name: str) -> None:
    right = json.loads((CORPUS / "csv" / "spectrum" / f"{name}.json").read_text("utf-8"))
    header, rows = read(CORPUS / "csv" / "spectrum" / f"{name}.csv")
    if name == "location_coordinates":  # its right answer has another telephone number
        right = [{**right, "Contact Phone Number": "2095257564"}]
    if name == "newlines_crlf":  # its line ends were changed since its right answer was written
        rows = [[cell.replace("\n", "\r\n") for cell in row] for row in rows]
    assert header == list(right[0])
    assert rows == [list(row.values()) for row in right]


ENCODED = {
    "bad.csv": (["column_a", "column_b", "column_c"], [
        ["1", "27", "", "I'm too long!"], ["", "I'm too short!", ""],
        ["0", "mixed types.... uh oh", "17"],
    ]),
    "date_like_number.csv": (["a"], [["4.5"]]),
    "mac_newlines.csv": (["a", "b", "c"], [["1", "2", "3"], ["Once upon\ra time", "5", "6"]]),
    "null_byte.csv": (["a", "b", "c"], [["\0", "2", "3"]]),
    "test_latin1.csv": (["a", "b", "c"], [["1", "2", "3"], ["4", "5", "©"]]),
    "test_no_leading_zeroes.csv": (["a", "b", "c"], [["01", "00.11", "0.1"]]),
    "test_skip_lines.csv": (["a", "b", "c"], [["1", "2", "3"]]),
    "test_utf16_big.csv": (["a", "b", "c"], [["1", "2", "3"], ["4", "5", "ʤ"]]),
    "test_utf16_little.csv": (["a", "b", "c"], [["1", "2", "3"], ["4", "5", "ʤ"]]),
    "test_utf8_bom.csv": (["foo", "bar", "baz"], [["1", "2", "3"], ["4", "5", "ʤ"]]),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(p.name for p in (CORPUS / "csv/encodings").iterdir()))
def test_files_in_any_encoding_are_read_as_a_person_reads_them(name: str) -> None:
    assert read(CORPUS / "csv" / "encodings" / name) == ENCODED[name]


@pytest.mark.parametrize("name", sorted(p.name for p in (CORPUS / "real-exports").iterdir()))
def test_real_exports_are_read_as_they_are_written(name: str) -> None:
    header, *rows = as_csv(CORPUS / "real-exports" / name)
    read_header, read_rows = read(CORPUS / "real-exports" / name)
    assert read_rows == rows
    assert read_header is not None
    assert [name for name, right in zip(read_header, header, strict=True) if right] == [
        right if header.index(right) == at else f"{right} ({header[: at + 1].count(right)})"
        for at, right in enumerate(header)
        if right
    ]


BASE = [
    ["String", "1", "1.1", "TRUE", "FALSE", "2010-10-10", "2010-10-10 10:10:10", "10:10:10"]
]  # and times of day that each format keeps in its own way
PROTECTED = ["password.ods", "password.xls", "password.xlsb", "password.xlsx"]
EMPTY = ["empty_file.ods", "empty_file.xlsb", "empty_file.xlsx", "empty_sheet.xlsx"]
SHEETS = {
    "any_sheets.ods": ("Visible", None, [["1", "2"], ["3", "4"], ["5", "6"]]),
    "any_sheets.xls": ("Visible", None, [["1", "2"], ["3", "4"], ["5", "6"]]),
    "any_sheets.xlsb": ("Visible", None, [["1", "2"], ["3", "4"], ["5", "6"]]),
    "any_sheets.xlsx": ("Visible", None, [["1", "2"], ["3", "4"], ["5", "6"]]),
    "base.ods": ("Sheet1", None, BASE),
    "base.xls": ("Sheet1", None, BASE),
    "base.xlsb": ("Sheet1", None, BASE),
    "base.xlsx": ("Sheet1", None, BASE),
    "errors.xlsx": (None, ["#DIV/0!"], [[""]] * 6),
    "has_x000D_.xlsx": (None, ["ABC DEF"], []),
    "header-row.xlsx": (
        None, ["Columns", "Column A", "Column B", "Column C"], [["put data here", "1", "2", "3"]]
    ),
    "issue139.xlsx": (None, ["date"], [["2994626"]]),
    "merged_range.xlsx": (
        "1", ["A1", "B1", "C1", "column 4", "E1", "F1", "G1", "H1"],
        [["A3", "B3", "C3", "", "E3", "F3", "G3", "H3"],
         ["A4", "B4", "C4", "", "E4", "F4", "G4", "H4"]],
    ),
    "table-multiple.xlsx": (
        "Sheet1", ["Item", "Type", "Quantity"],
        [["1", "Apple", "50"], ["2", "Banana", "200"], ["3", "Orange", "60"], ["4", "Pear", "100"]],
    ),
    "whitespace_trim.xlsx": (
        "inlineStr", ["trimmed value", "value with tabs", "column 3", "clean text"],
        [["line1\nline2", "  line1\nline2  ", "", ""], ["日期 时间", "", "", ""]],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(p.name for p in (CORPUS / "workbooks").iterdir()))
def test_workbooks_are_read_as_a_spreadsheet_program_shows_them(name: str) -> None:
    path = CORPUS / "workbooks" / name
    if name in PROTECTED + EMPTY:
        word = "protected by a password" if name in PROTECTED else "is empty"
        with pytest.raises(UnusableInputError, match=word):
            read(path)
    elif name in SHEETS:
        sheet, header, rows = SHEETS[name]
        found, cells = read(path, sheet)
        assert found == header
        assert [row[: len(right)] for row, right in zip(cells, rows, strict=True)] == rows
    elif name.startswith("date"):
        (source,) = open_sources(path, options=SourceOptions(header_row=NO_HEADER))
        first = next(source.chunks()).frame.iloc[0, 0]
        assert first == "2021-01-01"
    else:
        assert name == "strict_iso_paths.xlsx"
        _, cells = read(path)
        assert len(cells) == 75
