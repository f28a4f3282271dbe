from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from importer.errors import UnusableInputError
from importer.issues import IssueCode
from importer.sources import blocks, open_sources
from importer.tables import SourceOptions

from .reading import cells_of, findings_of, rows_of, source_of


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "contacts.csv"


@pytest.fixture
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 16)
    monkeypatch.setattr("importer.sources.text.BLOCK_BYTES", 16)


def refusal(file: Path, content: bytes, **options: object) -> str:
    with pytest.raises(UnusableInputError) as caught:
        cells_of(source_of(file, content, SourceOptions(**options)))  # type: ignore[arg-type]
    assert len(caught.value.mistakes) == 1
    return str(caught.value)


def test_chunks_are_arrow_text_columns_in_which_blank_is_empty_text(file: Path) -> None:
    (chunk,) = source_of(file, b'a,b\n001,\nNA,""\n').chunks()
    assert [str(t) for t in chunk.frame.dtypes] == ["str", "str"]
    assert pa.array(chunk.frame["a"]).type == pa.large_string()
    assert chunk.frame.to_numpy().tolist() == [["001", ""], ["NA", ""]]
    assert chunk.rows.dtype == np.int64
    assert chunk.rows.tolist() == [2, 3]
    assert not chunk.typed_dates


def test_chunks_hold_at_most_the_rows_asked_for_and_can_be_read_again(file: Path) -> None:
    source = source_of(file, b"a,b\n" + b"1,2\n" * 7)
    assert [len(c) for c in source.chunks(3)] == [3, 3, 1]
    assert rows_of(source, 3) == rows_of(source) == [2, 3, 4, 5, 6, 7, 8]


def test_description_says_what_was_understood(file: Path) -> None:
    description = source_of(file, "Prénom;Nom\nZoé;Roy\n".encode("cp1252")).description
    assert description.file == "contacts.csv"
    assert (description.format, description.sheet) == ("csv", "")
    assert (description.encoding, description.delimiter) == ("cp1252", ";")
    assert description.columns == ("Prénom", "Nom")
    assert description.header_row == 1
    assert description.warnings == ()


def test_file_is_named_by_its_path_when_no_other_name_is_given(file: Path) -> None:
    file.write_bytes(b"a,b\n")
    (source,) = open_sources(file, options=SourceOptions())
    assert source.description.file == str(file)


# --- row numbers, blank rows, ragged rows ------------------------------------------------------


def test_quoted_line_break_does_not_count_as_a_row(file: Path) -> None:
    source = source_of(file, b'a,b\n"x\r\ny\nz",1\n2,3\n')
    assert rows_of(source) == [2, 3]
    assert cells_of(source) == [["x\r\ny\nz", "1"], ["2", "3"]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_all_line_ends_are_read_alike(file: Path, end: str) -> None:
    text = end.join(["", "a,b", "1,2", "", "3,4", "", ""])
    source = source_of(file, text.encode())
    assert source.description.header_row == 2
    assert cells_of(source) == [["1", "2"], ["", ""], ["3", "4"]]
    assert rows_of(source) == [3, 4, 5]
    assert findings_of(source) == [(IssueCode.BLANK_ROW, [4], [])]


def test_blank_rows_inside_are_skipped_and_trailing_ones_do_not_exist(file: Path) -> None:
    content = 'a,b\n1,2\n \u00a0,\t\n,\n,,,\n\n""\n3,4\n ,\n\n'.encode()
    source = source_of(file, content)
    for rows in (1, 2, 100):
        assert rows_of(source, rows) == [2, 3, 4, 5, 6, 7, 8]
        blank = [row for code, at, _ in findings_of(source, rows) for row in at]
        assert blank == [3, 4, 5, 6, 7]


@pytest.mark.usefixtures("_small_blocks")
def test_blank_rows_at_the_end_of_a_block_are_held_back_until_a_row_follows(file: Path) -> None:
    source = source_of(file, b"a,b\n1,2\n" + b"\n" * 50 + b"3,4\n" + b",\n" * 50)
    assert rows_of(source, 7) == list(range(2, 54))
    assert cells_of(source)[-1] == ["3", "4"]
    assert all(len(c) <= 7 for c in source.chunks(7))
    assert sum(len(at) for _, at, _ in findings_of(source)) == 50


def test_empty_line_of_a_single_column_is_a_blank_row(file: Path) -> None:
    source = source_of(file, b'Email\na@b.ca\n\n""\nc@d.ca, e\n')
    assert source.description.delimiter == ""
    assert cells_of(source) == [["a@b.ca"], [""], [""], ["c@d.ca, e"]]
    assert findings_of(source) == [(IssueCode.BLANK_ROW, [3, 4], [])]


def test_short_rows_lack_cells_and_long_ones_keep_their_excess_cells(file: Path) -> None:
    content = b"a,b,c\n" + b"1,2,3\n" * 9 + b'1\n"x,\n",2,3,4,5\n7,8\n'
    source = source_of(file, content)
    assert cells_of(source)[-3:] == [["1", None, None], ["x,\n", "2", "3"], ["7", "8", None]]
    assert findings_of(source) == [
        (
            IssueCode.ROW_TOO_SHORT,
            [11, 13],
            ["1 cell where the header has 3", "2 cells where the header has 3"],
        ),
        (IssueCode.ROW_TOO_LONG, [12], ["5 cells where the header has 3"]),
    ]
    (chunk,) = source.chunks()
    assert chunk.extra == {10: ("4", "5")}
    assert [c.extra for c in source.chunks(10)] == [{}, {0: ("4", "5")}]


# --- quotes ------------------------------------------------------------------------------------


def test_quotes_inside_an_unquoted_cell_are_text(file: Path) -> None:
    source = source_of(file, b'a,b\n5" pipe,1\n"x\ny",2\n3\'7"W,"""q"""\n')
    assert cells_of(source) == [['5" pipe', "1"], ["x\ny", "2"], ["3'7\"W", '"q"']]
    assert findings_of(source) == []


def test_row_whose_quotes_do_not_match_is_kept_and_marked(file: Path) -> None:
    source = source_of(file, b'a,b\n1,2\n"Bob" Smith,2\n3,4\n')
    assert cells_of(source) == [["1", "2"], ['"Bob" Smith', "2"], ["3", "4"]]
    assert findings_of(source) == [(IssueCode.QUOTES_UNBALANCED, [3], [])]


@pytest.mark.parametrize(
    ("below", "cells"),
    [
        (b'1,2\n"x,2\n3,4\n', [["1", "2"], ['"x', "2"], ["3", "4"]]),
        (b'1,2\n"x,2\n3,"y"\n', [["1", "2"], ['"x', "2"], ["3", "y"]]),
        (b'1,2\n5",1\n"x,2\n', [["1", "2"], ['5"', "1"], ['"x', "2"]]),
    ],
)
def test_a_quote_that_is_never_closed_spoils_its_row_and_no_other(
    file: Path, below: bytes, cells: list[list[str]]
) -> None:
    source = source_of(file, b"a,b\n" + below)
    row = 2 + below.count(b"\n", 0, below.index(b'"x'))
    assert cells_of(source) == cells
    assert (IssueCode.QUOTES_UNBALANCED, [row], []) in findings_of(source)


def test_a_quote_that_is_never_closed_spoils_its_row_only_in_a_large_file(file: Path) -> None:
    source = source_of(file, b'a,b\n1,2\n"x,2\n' + b"3,4\n" * 300_000)
    assert sum(len(chunk) for chunk in source.chunks()) == 300_002
    assert findings_of(source) == [(IssueCode.QUOTES_UNBALANCED, [3], [])]


def test_cell_of_more_than_a_mebibyte_is_refused_in_a_regular_block_too(file: Path) -> None:
    assert "row 3 holds a cell" in refusal(file, b"a,b\n1,2\n3," + b"x" * (1 << 20) + b"y\n")


def test_line_of_many_mebibytes_is_refused_in_bounded_memory(file: Path) -> None:
    assert "line of more than 16 MiB" in refusal(file, b"a,b\n" + b",1234567" * (5 << 20))
    assert "line of more than 16 MiB" in refusal(file, b",1234567" * (3 << 20))


def test_text_that_begins_a_block_with_a_byte_order_mark_keeps_it(file: Path) -> None:
    source = source_of(file, "a,b\n\ufeffx,1\n".encode())
    assert cells_of(source) == [["\ufeffx", "1"]]


def test_non_ascii_delimiter_is_read_block_by_block(file: Path) -> None:
    content = "a¤b\n" + "1¤2\n" * 30_000
    source = source_of(file, content.encode(), SourceOptions(delimiter="¤"))
    assert len(cells_of(source)) == 30_000
    assert rows_of(source)[-1] == 30_001


def test_nul_characters_are_kept(file: Path) -> None:
    assert cells_of(source_of(file, b"a,b,c\n\0,2,3333\n")) == [["\0", "2", "3333"]]


# --- header --------------------------------------------------------------------------------------


def test_header_names_are_trimmed_unique_and_never_blank(file: Path) -> None:
    source = source_of(file, b"Email, Email ,,Email (2),,\xc2\xa0Nom\n1,2,3,4,5,6\n")
    assert source.description.columns == (
        "Email",
        "Email (3)",
        "column 3",
        "Email (2)",
        "column 5",
        "Nom",
    )
    assert len(source.description.warnings) == 3
    assert 'called "Email (3)"' in source.description.warnings[0]


def test_blank_header_gives_way_to_a_column_of_that_name(file: Path) -> None:
    columns = source_of(file, b"a,,column 2\n").description.columns
    assert columns == ("a", "column 2 (2)", "column 2")


def test_header_row_of_the_mapping_is_obeyed(file: Path) -> None:
    source = source_of(file, b"Title\n\na,b\n1,2\n", SourceOptions(header_row=3, delimiter=","))
    assert source.description.columns == ("a", "b")
    assert rows_of(source) == [4]


def test_file_with_only_a_header_is_a_source_without_rows(file: Path) -> None:
    for content in (b"a,b", b"a,b\r\n", b"a,b\n\n,\n"):
        source = source_of(file, content)
        assert source.description.columns == ("a", "b")
        assert list(source.chunks()) == []


@pytest.mark.parametrize("content", [b"", b"\n\n", b" ,\n;\xc2\xa0", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_file_without_text_is_empty(file: Path, content: bytes) -> None:
    if b";" in content:
        content = b" \n\xc2\xa0\n"
    assert refusal(file, content) == "contacts.csv is empty."


# --- delimiters ----------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found_past_quoted_ones(file: Path, delimiter: str) -> None:
    row = f'"x, y; z | w\t"{delimiter}3\n'
    source = source_of(file, f"a{delimiter}b\n{row}".encode() * 2)
    assert source.description.delimiter == delimiter
    assert source.description.columns == ("a", "b")


def test_delimiter_is_the_one_by_which_rows_are_as_wide_as_the_header(file: Path) -> None:
    source = source_of(file, b"Nom, titre;Montant\nA;1,5\nB, C;2,5\nD;3\n")
    assert source.description.columns == ("Nom, titre", "Montant")


def test_two_delimiters_that_are_equally_likely_are_named(file: Path) -> None:
    (warning,) = source_of(file, b"a,b;c\nx,y;z\n").description.warnings
    assert '";" as well as ","' in warning
    assert '`source: {delimiter: ","}`' in warning
    (warning,) = source_of(file, b"a;b\tc\nx;y\tz\n").description.warnings
    assert 'tab as well as ";"' in warning


def test_delimiter_of_the_mapping_is_obeyed(file: Path) -> None:
    source = source_of(file, b"a,b\tc\n1,2\t3\n", SourceOptions(delimiter="\t"))
    assert source.description.columns == ("a,b", "c")
    source = source_of(file, b"a,b\n1,2\n", SourceOptions(delimiter=""))
    assert source.description.columns == ("a,b",)
    source = source_of(file, 'a¤b\n"1"¤\'2\n'.encode(), SourceOptions(delimiter="¤"))
    assert cells_of(source) == [["1", "'2"]]


@pytest.mark.parametrize("given", ["\r", "\0", '"', ";\n"])
def test_delimiter_that_cannot_stand_between_cells_is_refused(file: Path, given: str) -> None:
    assert "`source: {delimiter: ...}` in the mapping" in refusal(file, b"a,b\n", delimiter=given)


def test_header_row_that_the_file_lacks_is_refused(file: Path) -> None:
    assert "contacts.csv has no row 9" in refusal(file, b"a,b\n1,2\n", header_row=9)
    assert "row 2 is blank, so it is no header" in refusal(file, b"a,b\n\n1,2\n", header_row=2)


def test_more_columns_than_a_spreadsheet_holds_are_refused(file: Path) -> None:
    assert "16,384 columns" in refusal(file, b"x," * 20_000 + b"\n")


# --- files of ours -------------------------------------------------------------------------------


def test_promise_2_file_of_ours_reads_back_as_it_was_whatever_the_mapping_says(file: Path) -> None:
    content = (
        "\ufeffNom;'=Total;import_errors\r\n"
        "'=1+1;''@x;e\r\n'＝x;'\tx;e\r\n'bonjour;'';e\r\n'-é;it's =;'=e\r\n"
    )
    options = SourceOptions(encoding="cp1252", delimiter=",", header_row=4)
    source = source_of(file, content.encode(), options)
    assert source.description.columns == ("Nom", "=Total")
    assert cells_of(source) == [
        ["=1+1", "'@x"],
        ["＝x", "\tx"],
        ["'bonjour", "''"],
        ["-é", "it's ="],
    ]
    assert all(c.typed_dates and c.ours for c in source.chunks())


def test_file_of_ours_counts_its_own_column_in_ragged_rows(file: Path) -> None:
    source = source_of(file, b"a,b,import_errors\n1\n")
    assert cells_of(source) == [["1", None]]
    ((_, _, details),) = findings_of(source)
    assert details == ["1 cell where the header has 3"]


def test_apostrophes_of_other_files_stay(file: Path) -> None:
    source = source_of(file, b"my_import_errors,a\n'=x,'+1\n")
    assert cells_of(source) == [["'=x", "'+1"]]
    assert not any(c.typed_dates or c.ours for c in source.chunks())


def test_file_that_vanished_after_it_was_opened_is_refused(file: Path) -> None:
    source = source_of(file, b"a,b\n1,2\n")
    file.unlink()
    with pytest.raises(UnusableInputError, match=r"contacts\.csv cannot be read"):
        list(source.chunks())


def test_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableInputError, match="cannot be opened"):
        open_sources(tmp_path / "none.csv", options=SourceOptions())


def test_ragged_rows_of_a_file_of_ours_keep_their_cells_and_lose_our_text(file: Path) -> None:
    said = "The row has 2 cells."
    content = f"a,b,c,import_errors\n1,2,3,4,5,{said}\n1,2,{said}\n1,2,3,x\n".encode()
    source = source_of(file, content)
    assert cells_of(source) == [["1", "2", "3"], ["1", "2", None], ["1", "2", "3"]]
    assert [dict(chunk.extra) for chunk in source.chunks()] == [{0: ("4", "5")}]
