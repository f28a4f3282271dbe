"""Blocks of text whose quotes tell where rows end, read with Arrow.

A block is regular when every quote opens a cell, closes one or is doubled: then the number of
quotes before a line end tells whether it ends a row. Arrow then reads what the exact way reads,
but for cells so long that the exact way takes them for rows.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from importer.sources.dialect import NO_DELIMITER, Dialect
from importer.sources.lines import CELL_LIMIT, Lines
from importer.sources.lookahead import HIDDEN_ROWS, LINES_AHEAD, TEXT_AHEAD
from importer.sources.pieces import TEXT, Piece, holds, piece_of_rows, position_names
from importer.sources.rows import Row, exact_rows

_MARK = "\ufeff".encode()
# No text holds it: it may stand for a delimiter that Arrow does not know.
_STAND_IN = NO_DELIMITER.encode()


@dataclass(frozen=True, slots=True)
class Format:
    """How a text file is written. ``width``: of its header. ``shown_as``: its name in messages."""

    dialect: Dialect
    width: int
    shown_as: str


def row_end(text: bytes, dialect: Dialect, *, is_last: bool) -> int | None:
    """Find the last place where a row is known to end; 0: none is.

    None: the quotes do not tell, or Arrow cannot cut the text, so that only the exact way can.
    """
    quote = dialect.quote.encode()
    if dialect.escape and dialect.escape.encode() in text:
        return None
    if _needs_stand_in(dialect) and (_STAND_IN in text or (quote and quote in text)):
        return None
    if not quote or quote not in text:
        return len(text) if is_last else _last_line_end(text, 0, len(text))
    content = np.frombuffer(text, dtype=np.uint8)
    quotes = np.flatnonzero(content == ord(quote))
    if not _are_regular(content, quotes, dialect):
        return None
    if is_last:
        return len(text) if len(quotes) % 2 == 0 else None
    for outside in range(len(quotes) - len(quotes) % 2, -1, -2):
        start = int(quotes[outside - 1]) + 1 if outside else 0
        stop = int(quotes[outside]) if outside < len(quotes) else len(text)
        found = _last_line_end(text, start, stop)
        if found:
            return found
    return 0


def arrow_piece(block: bytes, form: Format, first_row: int) -> Piece | None:
    """Read the rows of a regular block; None where the exact way must."""
    # Arrow drops a byte order mark at the start of what it reads: here it is text.
    if not block or block.startswith(_MARK):
        return None
    delimiter = form.dialect.delimiter.encode()
    if _needs_stand_in(form.dialect):
        block = block.replace(delimiter, _STAND_IN)
    ragged: list[Any] = []
    try:
        table = _arrow_table(block, form, None)
    except pa.ArrowInvalid:
        try:
            table = _arrow_table(block, form, ragged)
        except pa.ArrowInvalid:
            return None
    if not _is_as_exact(block, table, form):
        return None
    return (
        _with_ragged(block, table, ragged, form, first_row) if ragged else Piece(first_row, table)
    )


def _needs_stand_in(dialect: Dialect) -> bool:
    return len(dialect.delimiter.encode()) > 1


def _last_line_end(text: bytes, start: int, stop: int) -> int:
    """Find the end of the last whole line; a CR at the very end may be half a CRLF."""
    if stop == len(text) and text.endswith(b"\r"):
        stop -= 1
    return max(text.rfind(b"\n", start, stop), text.rfind(b"\r", start, stop)) + 1


def _are_regular(text: Any, quotes: Any, dialect: Dialect) -> bool:
    """Tell whether each quote opens a cell, closes one or is doubled.

    By turns a quote opens and closes: one that opens follows a delimiter, a line end or (the
    second half of a doubled quote) the quote before it; one that closes precedes such.
    """
    edge = np.zeros(256, dtype=np.bool_)
    edge[[ord(dialect.delimiter), ord("\n"), ord("\r"), ord(dialect.quote)]] = True
    opening, closing = quotes[::2], quotes[1::2]
    before = text[opening[opening > 0] - 1]
    after = text[closing[closing < len(text) - 1] + 1]
    return bool(edge[before].all() and edge[after].all())


def _arrow_table(block: bytes, form: Format, ragged: list[Any] | None) -> pa.Table:
    """Read a block; rows that are not as wide as the header go to ``ragged`` if it is given."""

    def set_aside(row: Any) -> str:
        assert ragged is not None
        ragged.append(row)
        return "skip"

    dialect = form.dialect
    names = position_names(form.width)
    return arrow_csv.read_csv(
        pa.py_buffer(block),
        read_options=arrow_csv.ReadOptions(
            column_names=names, block_size=len(block) + 1, use_threads=ragged is None
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=NO_DELIMITER if _needs_stand_in(dialect) else dialect.delimiter,
            quote_char=dialect.quote or False,
            newlines_in_values=bool(dialect.quote) and dialect.quote.encode() in block,
            ignore_empty_lines=False,
            invalid_row_handler=None if ragged is None else set_aside,
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, TEXT), strings_can_be_null=False, check_utf8=False
        ),
    )


def _is_as_exact(block: bytes, table: pa.Table, form: Format) -> bool:
    """Tell whether no row is too long, nor a cell what the exact way takes for rows."""
    lengths = [pc.binary_length(column) for column in table.columns]
    longest = [pc.max(column).as_py() or 0 for column in lengths]
    if max(longest) > CELL_LIMIT:
        return False
    if not form.dialect.quote or form.dialect.quote.encode() not in block:
        return True
    if _count_line_ends(block) <= table.num_rows:
        return True
    if any(_may_hide_contacts(column, form.dialect.delimiter) for column in table.columns):
        return False
    # The text of a row may have twice as many quotes as its cells.
    if 2 * sum(longest) + 3 * form.width > TEXT_AHEAD:
        return False
    hiding = HIDDEN_ROWS * form.width  # cells of so many characters may, shorter ones cannot
    short = min(LINES_AHEAD // (2 * form.width), hiding)
    most_breaks = 0
    for i, most in enumerate(longest):
        if most > short:
            cells = table[i].filter(pc.greater(lengths[i], short))
            breaks = _line_breaks(cells)
            most_breaks += pc.max(breaks).as_py()
            if form.width >= 3 and _may_hide_rows(cells, breaks, form):
                return False
    return most_breaks <= LINES_AHEAD // 2


def _count_line_ends(block: bytes) -> int:
    """Count LF, CR and CRLF; what stands often is counted quicker so than by the block itself."""
    octets = np.frombuffer(block, dtype=np.uint8)
    feeds, returns = octets == ord("\n"), octets == ord("\r")
    pairs = np.count_nonzero(returns[:-1] & feeds[1:])
    return int(np.count_nonzero(feeds) + np.count_nonzero(returns) - pairs)


def _may_hide_contacts(column: Any, delimiter: str) -> bool:
    """Tell whether a cell of several lines has what a row has; most cells have one line each."""
    if not (holds(column, "\n") or holds(column, "\r")):
        return False
    several = pc.or_(pc.match_substring(column, "\n"), pc.match_substring(column, "\r"))
    cells = column.filter(several)
    return any(pc.any(pc.match_substring(cells, sign)).as_py() for sign in ("@", delimiter))


def _may_hide_rows(cells: Any, breaks: Any, form: Format) -> bool:
    long = cells.filter(pc.greater(breaks, HIDDEN_ROWS))
    cuts = pc.count_substring(long, form.dialect.delimiter)
    return bool(pc.any(pc.greater_equal(cuts, HIDDEN_ROWS * (form.width - 1))).as_py())


def _line_breaks(cells: Any) -> Any:
    """Count each cell's line breaks, a CRLF twice."""
    return pc.add(pc.count_substring(cells, "\n"), pc.count_substring(cells, "\r"))


def _with_ragged(
    block: bytes, table: pa.Table, ragged: list[Any], form: Format, first_row: int
) -> Piece | None:
    """Put the rows that Arrow set aside back in their places; None where that cannot be done."""
    total = table.num_rows + len(ragged)
    at = np.array([row.number or 0 for row in ragged], dtype=np.int64) - 1
    if len(ragged) * 4 > total or at.min() < 0 or at.max() >= total:
        return None
    rows = _ragged_rows([row.text for row in ragged], form)
    if rows is None:
        return None
    is_torn = at[-1] == total - 1 and not block.endswith((b"\n", b"\r"))
    if is_torn:
        rows[-1:] = _ragged_rows([ragged[-1].text], form, is_torn=True) or rows[-1:]
    piece = piece_with_marks(rows, form.width, 0)
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
        [int(at[i]) for i in piece.misquoted],
        {int(at[i]): delimiter for i, delimiter in piece.otherwise.items()},
        None if piece.cut_off is None else int(at[piece.cut_off]),
    )


def _ragged_rows(texts: list[str], form: Format, *, is_torn: bool = False) -> list[Row] | None:
    if any(_may_go_on(text) for text in texts):
        return None
    text = "\n".join(texts) + ("" if is_torn else "\n")
    if _needs_stand_in(form.dialect):
        text = text.replace(NO_DELIMITER, form.dialect.delimiter)
    lines = Lines([text], form.shown_as)
    rows = exact_rows(lines, form.dialect, width=form.width, first_row=0, shown_as=form.shown_as)
    found = list(itertools.islice(rows, len(texts) + 1))
    return found if len(found) == len(texts) else None


def _may_go_on(text: str) -> bool:
    """Tell whether the exact way may take a row of several lines for several rows."""
    return text.count("\n") + text.count("\r") > HIDDEN_ROWS or len(text) > TEXT_AHEAD


def piece_with_marks(rows: list[Row], width: int, first_row: int) -> Piece:
    """Make a piece of rows, with what is to be said of each."""
    misquoted = [at for at, row in enumerate(rows) if row.misquoted]
    piece = piece_of_rows([row.cells for row in rows], width, first_row, misquoted)
    otherwise = {at: row.otherwise for at, row in enumerate(rows) if row.otherwise}
    cut_off = next((at for at, row in enumerate(rows) if row.cut_off), None)
    return replace(piece, otherwise=otherwise, cut_off=cut_off)
