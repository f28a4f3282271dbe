"""What must hold for any table and any bytes."""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Literal

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from importer.errors import UnusableInputError
from importer.sources import blocks, open_sources
from importer.sources.blocks import Format, pieces_of_text
from importer.sources.lines import Lines, exact_rows
from importer.sources.pieces import Piece, piece_of_rows
from importer.tables import SourceOptions

TEXTS = st.text(
    st.sampled_from(['"', ",", ";", "\n", "\r", " ", "a", "é", "\ufeff", "\0", "\u2028", "=", "'"]),
    max_size=6,
) | st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
Quoting = Literal[0, 1, 2, 3]
DELIMITERS = st.sampled_from([",", ";", "\t", "|", " "])


def written(rows: list[list[str]], delimiter: str, end: str, quoting: Quoting) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerows(rows)
    return stream.getvalue().encode()


def cut(content: bytes, size: int) -> list[bytes]:
    """Cut a text into pieces that end at the end of a character."""
    text = content.decode()
    return [text[i : i + size].encode() for i in range(0, len(text), size)]


def joined(pieces: list[Piece]) -> list[object]:
    """Make pieces comparable however the rows were cut."""
    flat: list[object] = []
    for piece in pieces:
        for at, cells in enumerate(zip(*(c.to_pylist() for c in piece.table.columns), strict=True)):
            row = piece.first_row + at
            flat.append((row, cells, piece.widths.get(at), piece.extra.get(at)))
            flat.append(at in piece.misquoted)
    return flat


def read_fast(content: bytes, form: Format, size: int) -> list[object] | str:
    try:
        return joined(list(pieces_of_text(cut(content, size), form, first_row=2)))
    except UnusableInputError as error:
        return str(error)


def read_exactly(content: bytes, form: Format, size: int) -> list[object] | str:
    lines = Lines(cut(content, size), "f")
    try:
        rows = list(exact_rows(lines, form.delimiter, first_row=2, shown_as="f"))
    except UnusableInputError as error:
        return str(error)
    misquoted = [at for at, row in enumerate(rows) if row.misquoted]
    return joined([piece_of_rows([r.cells for r in rows], form.width, 2, misquoted)])


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    table=st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(TEXTS, min_size=width, max_size=width), max_size=8)
    ),
    delimiter=DELIMITERS,
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    size=st.integers(1, 40),
)
def test_fast_and_exact_way_give_any_table_as_it_was_written(
    table: list[list[str]], delimiter: str, end: str, quoting: Quoting, size: int
) -> None:
    # Python 3.11 leaves a line break unquoted unless it is the one that ends its rows.
    unquoted = set("\r\n") - set(end) if quoting == csv.QUOTE_MINIMAL else set()
    assume(not any(unquoted & set(cell) for row in table for cell in row))
    form = Format(delimiter, len(table[0]) if table else 1, "f")
    content = written(table, delimiter, end, quoting)
    fast = read_fast(content, form, size)
    assert fast == read_exactly(content, form, size)
    assert [row[1] for row in fast if isinstance(row, tuple)] == [tuple(r) for r in table]


@settings(max_examples=600, deadline=None, derandomize=True)
@given(
    text=st.text(st.sampled_from(['"', ",", "\n", "\r", "a", "b", "é", " ", "\ufeff"])),
    width=st.integers(1, 4),
    size=st.integers(1, 40),
)
def test_fast_and_exact_way_agree_on_any_text(text: str, width: int, size: int) -> None:
    form = Format(",", width, "f")
    content = text.encode()
    fast, exact = read_fast(content, form, size), read_exactly(content, form, size)
    assert fast == exact


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    rows=st.lists(st.lists(st.sampled_from(["a", "", "b\nc", ' "', "é"]), max_size=5), max_size=60)
)
def test_ragged_rows_keep_their_places(rows: list[list[str]]) -> None:
    content = b"1,2,3\n" * 200 + written(rows, ",", "\n", csv.QUOTE_MINIMAL) + b"4,5,6\n" * 200
    form = Format(",", 3, "f")
    assert read_fast(content, form, 1 << 20) == read_exactly(content, form, 1 << 20)


def test_arrow_reads_ragged_rows_unless_they_are_many() -> None:
    form = Format(",", 2, "f")
    for content in (b"1,2\n" * 9 + b"3\n", b'1,2\n"a\n""b",2\n\n3,4,"5\n6"\n'):
        piece = blocks._arrow_piece(content, form, 2)
        assert piece is not None
        assert joined([piece]) == read_exactly(content, form, 100)
    assert blocks._arrow_piece(b"1\n2\n", form, 2) is None


def test_arrow_refusing_a_block_altogether_leaves_it_to_the_exact_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise pa.ArrowInvalid("no")

    monkeypatch.setattr(blocks, "_arrow_table", refuse)
    form = Format(",", 2, "f")
    content = b"1,2\n3\n" * 30_000
    assert read_fast(content, form, 1 << 20) == read_exactly(content, form, 1 << 20)


def workbook_bytes() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    book.active.append([1, "x"])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


WORKBOOK = workbook_bytes()
PARTS = parts_of(WORKBOOK)


def spoiled(content: bytes, at: int, patch: bytes) -> bytes:
    at %= len(content)
    return content[:at] + patch + content[at + len(patch) :]


@st.composite
def spoiled_workbooks(draw: st.DrawFn) -> bytes:
    """Spoil the archive, or one part of it."""
    place, patch = draw(st.integers(0, 10**6)), draw(st.binary(max_size=8))
    if draw(st.booleans()):
        return spoiled(WORKBOOK, place, patch)[: draw(st.integers(10, len(WORKBOOK)))]
    name = draw(st.sampled_from(sorted(PARTS)))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for part, content in PARTS.items():
            archive.writestr(part, spoiled(content, place, patch) if part == name else content)
    return stream.getvalue()


BYTES = (
    st.binary(max_size=300)
    | st.text(st.sampled_from('",;\t|\n\r é\x00a1='), max_size=200).map(str.encode)
    | st.builds(
        bytes.__add__, st.sampled_from([b"\xff\xfe", b"\xfe\xff", b"PK\x03\x04"]), st.binary()
    )
    | spoiled_workbooks()
)
OPTIONS = st.builds(
    SourceOptions,
    sheet=st.none() | st.sampled_from(["all", "1", "Sheet", "x"]),
    header_row=st.none() | st.integers(0, 4),
    delimiter=st.none() | st.text(max_size=2),
    encoding=st.none() | st.sampled_from(["utf-8", "utf-16", "utf-7", "cp1252", "ascii", "hz"]),
)


@settings(
    max_examples=500,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(content=BYTES, name=st.sampled_from(["a.csv", "a.xlsx", "a"]), options=OPTIONS)
def test_no_bytes_raise_anything_but_an_unusable_input(
    content: bytes, name: str, options: SourceOptions
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        with suppress(UnusableInputError):
            for source in open_sources(path, options=options):
                header = source.description.header_row
                rows = [int(row) for chunk in source.chunks(3) for row in chunk.rows]
                assert rows == list(range(header + 1, header + 1 + len(rows)))
