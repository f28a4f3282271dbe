"""Delimited text as pieces of a table: the fast way where it is exact, else the exact way.

The fast way hands whole blocks to Arrow's reader. It is taken only for blocks in which every
quote opens a cell, closes one or is doubled: then the number of quotes before a line end tells
whether it ends a row, and Arrow and Python's csv module read the same. A block with another quote
is read by Python's csv module, up to the last row that ends in it.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from importer.errors import UnusableInputError
from importer.sources.encoding import UndecodableTextError
from importer.sources.lines import CELL_LIMIT, LINE_LIMIT, Lines, exact_rows, undecodable
from importer.sources.pieces import TEXT, Piece, piece_of_rows, position_names

BLOCK_BYTES = 4 << 20
_CELLS_AT_ONCE = 500_000
_ROWS_AT_ONCE = 20_000
_MARK = "\ufeff".encode()


@dataclass(frozen=True, slots=True)
class Format:
    """How a text file is written. ``shown_as``: the file's name in messages."""

    delimiter: str
    width: int
    shown_as: str

    @property
    def rows_at_once(self) -> int:
        """How many rows the exact way reads at once, so that wide tables stay in bounds."""
        return max(1, min(_ROWS_AT_ONCE, _CELLS_AT_ONCE // self.width))


def pieces_of_text(blocks: Iterable[bytes], form: Format, *, first_row: int) -> Iterator[Piece]:
    """Read text below the header, given as pieces of UTF-8, as consecutive rows.

    Raises ``UnusableInputError`` as ``exact_rows`` does.
    """
    row, buffer = first_row, b""
    stream = iter(blocks)
    is_last = False
    while not is_last:
        try:
            block = next(stream, None)
        except UndecodableTextError as error:
            raise undecodable(error, row + _rows_before(buffer, form), form.shown_as) from error
        buffer += block or b""
        is_last = block is None
        cut = _row_end(buffer, form.delimiter, is_last=is_last)
        if cut == 0 and len(buffer) > LINE_LIMIT:
            cut = None
        pieces = (
            _exact_pieces(buffer, form, row, is_last=is_last)
            if cut is None
            else _fast_pieces(buffer, cut, form, row)
        )
        size = len(buffer)
        for piece, rest in pieces:
            buffer = rest
            row += piece.table.num_rows
            yield piece
        if len(buffer) == size > LINE_LIMIT:
            raise UnusableInputError(
                f"{form.shown_as}: row {row} has more than {LINE_LIMIT >> 20} MiB: "
                "this is no table of contacts."
            )


def _fast_pieces(
    text: bytes, cut: int, form: Format, first_row: int
) -> Iterator[tuple[Piece, bytes]]:
    """Read the rows before ``cut``; give each piece with the text that is left after it."""
    block, rest = text[:cut], text[cut:]
    if not block:
        return
    # Arrow drops a byte order mark at the start of what it reads: here it is text.
    piece = None if block.startswith(_MARK) else _arrow_piece(block, form, first_row)
    if piece is not None:
        yield piece, rest
        return
    for slow, _ in _exact_pieces(block, form, first_row, is_last=True):
        yield slow, rest


def _exact_pieces(
    text: bytes, form: Format, first_row: int, *, is_last: bool
) -> Iterator[tuple[Piece, bytes]]:
    """Read the rows that end in a text; give each piece with the text that is left after all."""
    end = len(text) if is_last else _last_line_end(text)
    lines = Lines([text[:end]] if end else [], form.shown_as)
    rows = exact_rows(
        lines, form.delimiter, first_row=first_row, shown_as=form.shown_as, is_last=is_last
    )
    piece = None
    while batch := list(itertools.islice(rows, form.rows_at_once)):
        if piece is not None:
            yield piece, text
        misquoted = [at for at, row in enumerate(batch) if row.misquoted]
        piece = piece_of_rows([row.cells for row in batch], form.width, first_row, misquoted)
        first_row += len(batch)
    if piece is not None:
        yield piece, "".join(lines.taken).encode() + text[end:]


def _last_line_end(text: bytes) -> int:
    """Find the end of the last whole line; a CR at the very end may be half a CRLF."""
    stop = len(text) - 1 if text.endswith(b"\r") else len(text)
    return max(text.rfind(b"\n", 0, stop), text.rfind(b"\r", 0, stop)) + 1


def _rows_before(buffer: bytes, form: Format) -> int:
    """Count the rows of a text that end before its last character."""
    reader = csv.reader(io.StringIO(buffer.decode(), newline=""), delimiter=form.delimiter)
    try:
        rows = sum(1 for _ in reader)
    except csv.Error:
        return 0
    return rows if buffer.endswith((b"\n", b"\r")) else max(rows - 1, 0)


def _row_end(buffer: bytes, delimiter: str, *, is_last: bool) -> int | None:
    """Find the last place where a row is known to end; 0: none is.

    None: the quotes do not tell, so that only the exact way can.
    """
    if not delimiter.isascii():
        return None
    text = np.frombuffer(buffer, dtype=np.uint8)
    quotes = np.flatnonzero(text == ord('"')) if b'"' in buffer else np.empty(0, dtype=np.int64)
    if not _quotes_are_regular(text, quotes, delimiter):
        return None
    if is_last:
        return len(buffer) if len(quotes) % 2 == 0 else None
    # A CR at the very end may be half a CRLF.
    end = len(buffer) - 1 if buffer.endswith(b"\r") else len(buffer)
    for outside in range(len(quotes) - len(quotes) % 2, -1, -2):
        start = int(quotes[outside - 1]) + 1 if outside else 0
        stop = min(end, int(quotes[outside])) if outside < len(quotes) else end
        found = max(buffer.rfind(b"\n", start, stop), buffer.rfind(b"\r", start, stop))
        if found >= 0:
            return found + 1
    return 0


def _quotes_are_regular(text: Any, quotes: Any, delimiter: str) -> bool:
    """Tell whether each quote opens a cell, closes one or is doubled.

    By turns a quote opens and closes: one that opens follows a delimiter, a line end or (the
    second half of a doubled quote) the quote before it; one that closes precedes such.
    """
    if not len(quotes):
        return True
    edge = np.zeros(256, dtype=np.bool_)
    edge[[ord(delimiter), ord("\n"), ord("\r"), ord('"')]] = True
    opening, closing = quotes[::2], quotes[1::2]
    before = text[opening[opening > 0] - 1]
    after = text[closing[closing < len(text) - 1] + 1]
    return bool(edge[before].all() and edge[after].all())


def _arrow_piece(block: bytes, form: Format, first_row: int) -> Piece | None:
    """Read a block with Arrow; None where the exact way must."""
    ragged: list[Any] = []
    try:
        table = _arrow_table(block, form, None)
    except pa.ArrowInvalid:
        try:
            table = _arrow_table(block, form, ragged)
        except pa.ArrowInvalid:
            return None
    if any((pc.max(pc.binary_length(c)).as_py() or 0) > CELL_LIMIT for c in table.columns):
        return None
    return _with_ragged(table, ragged, form, first_row) if ragged else Piece(first_row, table)


def _arrow_table(block: bytes, form: Format, ragged: list[Any] | None) -> pa.Table:
    """Read a block; rows that are not as wide as the header go to ``ragged`` if it is given."""

    def set_aside(row: Any) -> str:
        assert ragged is not None
        ragged.append(row)
        return "skip"

    names = position_names(form.width)
    return arrow_csv.read_csv(
        pa.py_buffer(block),
        read_options=arrow_csv.ReadOptions(
            column_names=names, block_size=len(block) + 1, use_threads=ragged is None
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=form.delimiter,
            newlines_in_values=b'"' in block,
            ignore_empty_lines=False,
            invalid_row_handler=None if ragged is None else set_aside,
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, TEXT), strings_can_be_null=False, check_utf8=False
        ),
    )


def _with_ragged(table: pa.Table, ragged: list[Any], form: Format, first_row: int) -> Piece | None:
    """Put the rows that Arrow set aside back in their places; None where it did not say where."""
    total = table.num_rows + len(ragged)
    at = np.array([row.number or 0 for row in ragged], dtype=np.int64) - 1
    if len(ragged) * 4 > total or at.min() < 0 or at.max() >= total:
        return None
    texts = (io.StringIO(row.text, newline="") for row in ragged)
    parsed = [list(csv.reader(text, delimiter=form.delimiter)) for text in texts]
    if any(len(rows) != 1 for rows in parsed):
        return None
    piece = piece_of_rows([rows[0] for rows in parsed], form.width, 0)
    order = np.empty(total, dtype=np.int64)
    is_ragged = np.zeros(total, dtype=np.bool_)
    is_ragged[at] = True
    order[~is_ragged] = np.arange(table.num_rows)
    order[at] = np.arange(table.num_rows, total)
    whole = pa.concat_tables([table, piece.table]).combine_chunks().take(pa.array(order))
    return Piece(
        first_row,
        whole,
        {int(at[i]): width for i, width in piece.widths.items()},
        {int(at[i]): cells for i, cells in piece.extra.items()},
    )
