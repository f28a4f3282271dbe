"""Delimited text as pieces of a table: the fast way where it is exact, else the exact way."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from importer.sources.encoding import UndecodableTextError
from importer.sources.lines import Lines, undecodable
from importer.sources.lookahead import TEXT_AHEAD
from importer.sources.pieces import Piece, rows_at_once
from importer.sources.regular import Format, arrow_piece, piece_with_marks, row_end
from importer.sources.rows import Row, exact_rows

BLOCK_BYTES = 4 << 20


def pieces_of_text(blocks: Iterable[bytes], form: Format, *, first_row: int) -> Iterator[Piece]:
    """Read text below the header, given as pieces of UTF-8, as consecutive rows.

    Raises ``UnusableInputError`` as ``exact_rows`` does, and for a line over ``LINE_LIMIT``.
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
        for piece, rest in _pieces(buffer, form, row, is_last=is_last):
            buffer = rest
            row += piece.table.num_rows
            yield piece


def _pieces(
    text: bytes, form: Format, first_row: int, *, is_last: bool
) -> Iterator[tuple[Piece, bytes]]:
    """Read the rows that end in a text; give each piece with the text that is left after all."""
    cut = row_end(text, form.dialect, is_last=is_last)
    if cut == 0 and len(text) <= 2 * TEXT_AHEAD:
        return
    piece = arrow_piece(text[:cut], form, first_row) if cut else None
    if piece is not None:
        yield piece, text[cut:]
    else:
        yield from _exact_pieces(text, form, first_row, is_last=is_last)


def _exact_pieces(
    text: bytes, form: Format, first_row: int, *, is_last: bool
) -> Iterator[tuple[Piece, bytes]]:
    lines = Lines([text], form.shown_as)
    rows = _exact_rows(lines, form, first_row, is_last=is_last)
    piece = None
    while batch := list(itertools.islice(rows, rows_at_once(form.width))):
        if piece is not None:
            yield piece, text
        piece = piece_with_marks(batch, form.width, first_row)
        first_row += len(batch)
    if piece is not None:
        yield piece, "".join(lines.taken).encode()


def _exact_rows(lines: Lines, form: Format, first_row: int, *, is_last: bool) -> Iterator[Row]:
    return exact_rows(
        lines,
        form.dialect,
        width=form.width,
        first_row=first_row,
        shown_as=form.shown_as,
        is_last=is_last,
    )


def _rows_before(text: bytes, form: Format) -> int:
    """Count the rows of a text that end before its last character."""
    rows = sum(1 for _ in _exact_rows(Lines([text], form.shown_as), form, 0, is_last=True))
    return rows if text.endswith((b"\n", b"\r")) else max(rows - 1, 0)
