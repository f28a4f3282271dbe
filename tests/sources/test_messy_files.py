"""Files as they come are read as they are meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.issues import IssueCode, Severity
from importer.sources import Source
from importer.tables import NO_HEADER
from tests.sources.messy_files import FILES
from tests.sources.reading import source_of

NOT_OF_THE_TABLE = {IssueCode.BLANK_ROW, IssueCode.FOOTER_ROW, IssueCode.OTHER_TABLE}


def rows_kept(source: Source) -> tuple[list[list[str]], list[int]]:
    """Give the rows of the table, and the numbers of those that are no rows of it."""
    kept: list[list[str]] = []
    left_out: list[int] = []
    for chunk in source.chunks():
        out = {int(at) for f in chunk.findings if f.code in NOT_OF_THE_TABLE for at in f.at}
        left_out += [
            int(chunk.rows[at])
            for f in chunk.findings
            if f.code in NOT_OF_THE_TABLE - {IssueCode.BLANK_ROW}
            for at in f.at
        ]
        cells = chunk.frame.fillna("").to_numpy().tolist()
        kept += [row for at, row in enumerate(cells) if at not in out]
    return kept, sorted(left_out)


@pytest.mark.parametrize("name", FILES)
def test_a_messy_file_is_read_as_it_is_meant(name: str, tmp_path: Path) -> None:
    messy = FILES[name]
    source = source_of(tmp_path / "contacts.csv", messy.text.encode())
    if messy.header is None:
        assert source.description.header_row == NO_HEADER
    else:
        assert list(source.description.columns) == messy.header
    rows, left_out = rows_kept(source)
    assert rows == messy.rows
    skipped = [at for at in messy.skipped if messy.text.split("\n")[at - 1].strip(";,")]
    assert left_out == skipped


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig", "mac-roman"])
def test_a_messy_file_is_read_as_it_is_meant_in_any_encoding(encoding: str, tmp_path: Path) -> None:
    messy = FILES["a title padded to the table's width"]
    source = source_of(tmp_path / "contacts.csv", messy.text.encode(encoding))
    assert list(source.description.columns) == messy.header
    assert rows_kept(source)[0] == messy.rows


def test_rows_of_another_table_are_refused_and_those_of_a_footer_left_out(tmp_path: Path) -> None:
    other = source_of(tmp_path / "a.csv", FILES["another table below"].text.encode())
    codes = {f.code: f.severity for chunk in other.chunks() for f in chunk.findings}
    assert codes[IssueCode.OTHER_TABLE] is Severity.ERROR
    assert (
        "Rows 7 to 10 are refused, for another table begins in row 7"
        in other.description.warnings[-1]
    )
    footer = source_of(tmp_path / "b.csv", FILES["a total below"].text.encode())
    codes = {f.code: f.severity for chunk in footer.chunks() for f in chunk.findings}
    assert codes[IssueCode.FOOTER_ROW] is Severity.SKIP
    assert "Row 5 is left out as a note or a total" in footer.description.warnings[-1]
