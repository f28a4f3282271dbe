"""Where a table ends: notes and totals below it, and other tables in the same file.

Rows are told as they come; the last ones are held back until more come, since a note is one only
when nothing of the table follows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from importer.sources.body import Body
from importer.sources.kinds import Kind, kind_of
from importer.sources.layout import Layout
from importer.sources.pieces import Mark, Piece, cut, join
from importer.tables import FILE_END, Part

_HELD = 60  # rows; a footer is not longer
_FEW = 100  # gaps of a piece below which each is looked at
_TOTAL = re.compile(
    r"(?:grand |sous-|sub-?)?(?:total|totaux|totals|somme|sum|moyenne|average)"
    r"(?: (?:général|générale|overall))?\s*:?",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"[*†‡#\[©]|\((?!\d)|[-_=]{3}|[-–—] "
    r"|(?:(?:foot)?notes?|n\.?b|sources?|remarques?|exporté|export|généré|generated|printed|imprimé|page|fin"
    r"|end|last updated|mise? à jour|updated|as of|en date|copyright|total|ps"
    r"|legend|légende|symbols?|how to cite|disclaimer|avertissement)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Ended:
    """A piece, which of its rows are blank, and which are none of the table's.

    ``other_begins``: the number of the row in which another table begins.
    """

    piece: Piece
    blank: NDArray[np.bool_]
    outside: Mapping[Part, NDArray[np.bool_]] = field(default_factory=dict)
    other_begins: int = 0


@dataclass(frozen=True, slots=True)
class EndSigns:
    """What the end of a table is known by.

    ``names``: the lines of its header, as written. ``usual``: how many cells a row fills.
    ``last_row``: what the mapping says, None when the end is to be found.
    """

    names: tuple[tuple[str, ...], ...]
    body: Body
    width: int
    usual: float
    last_row: int | None = None


def signs_of(rows: Sequence[Sequence[str]], layout: Layout, *, last_row: int | None) -> EndSigns:
    """Tell what the end of a table is known by, from its first rows."""
    below = rows[layout.first_row - 1 :]
    fills = sorted(count for row in below if (count := _filled(row)) > min(layout.width - 1, 1))
    header = rows[layout.header_row - 1 : layout.first_row - 1] if layout.header_row else []
    return EndSigns(
        tuple(tuple(line) for line in header),
        Body.of(rows, layout.first_row - 1, layout.width),
        len(layout.names),
        fills[len(fills) // 2] if fills else 0,
        last_row,
    )


def mark_end(pieces: Iterable[Piece], signs: EndSigns) -> Iterator[Ended]:
    """Say of each row whether it belongs to the table. Rows come in order, none is lost."""
    if signs.last_row is not None:
        yield from _given(pieces, signs.last_row)
        return
    held: Piece | None = None
    begins = 0
    for piece in pieces:
        if begins:
            yield _other(piece, begins)
            continue
        whole = piece if held is None else join(held, piece)
        blank = _blank(whole)
        found = _other_table(whole, blank, signs, is_last=False)
        if found is None:
            kept = max(whole.table.num_rows - _HELD, 0)
            if kept:
                yield Ended(cut(whole, 0, kept), blank[:kept])
            held = cut(whole, kept, whole.table.num_rows)
            continue
        if found:
            yield _last(cut(whole, 0, found), signs)
        begins = whole.first_row + found
        yield _other(cut(whole, found, whole.table.num_rows), begins)
        held = None
    if held is None or not held.table.num_rows:
        return
    found = _other_table(held, _blank(held), signs, is_last=True)
    if found is None:
        yield _last(held, signs)
        return
    if found:
        yield _last(cut(held, 0, found), signs)
    yield _other(cut(held, found, held.table.num_rows), held.first_row + found)


def _given(pieces: Iterable[Piece], last_row: int) -> Iterator[Ended]:
    for piece in pieces:
        blank = _blank(piece)
        if last_row == FILE_END:
            yield Ended(piece, blank)
        else:
            rows = np.arange(len(blank), dtype=np.int64) + piece.first_row
            yield Ended(piece, blank, {Part.BELOW_LAST_ROW: ~blank & (rows > last_row)})


def _other(piece: Piece, begins: int) -> Ended:
    blank = _blank(piece)
    return Ended(piece, blank, {Part.OTHER_TABLE: ~blank}, begins)


def _last(piece: Piece, signs: EndSigns) -> Ended:
    """Find the footer of a piece that is the table's last."""
    blank = _blank(piece)
    if blank.all():
        return Ended(piece, blank)
    start = max(len(blank) - _HELD, 0)
    rows = _texts(piece, start, len(blank))
    solid = [at for at in range(len(rows)) if not blank[start + at]]
    end = _first_note(rows, solid, signs) if piece.cut_off is None else len(rows)
    for at in reversed([at for at in solid if at < end]):
        apart = at > 0 and bool(blank[start + at - 1])
        if piece.cut_off == start + at or _noted(rows[at], signs, apart=apart) < _Noted.LIKELY:
            break
        end = at
    footer = np.zeros(len(blank), dtype=np.bool_)
    footer[start + end :] = ~blank[start + end :]
    return Ended(piece, blank, {Part.FOOTER: footer})


def _first_note(rows: Sequence[Sequence[str]], solid: Sequence[int], signs: EndSigns) -> int:
    """Find where the blocks below blank rows begin that hold notes and nothing else.

    What may be a note is one where a surer one stands in its block, or below it.
    """
    end, surest = len(rows), _Noted.NOT
    blocks: list[list[int]] = []
    for at in solid:
        if blocks and blocks[-1][-1] == at - 1:
            blocks[-1].append(at)
        else:
            blocks.append([at])
    for block in reversed(blocks[1:]):
        noted = [_noted(rows[at], signs, apart=True) for at in block]
        surest = max(surest, *noted)
        if not min(noted) or surest < _Noted.LIKELY:
            break
        if min(noted) is _Noted.PERHAPS and surest is not _Noted.SURELY:
            break
        end = block[0]
    return end


class _Noted(IntEnum):
    """How surely a row is a note or a total below the table."""

    NOT = 0
    PERHAPS = 1  # with surer ones only
    LIKELY = 2
    SURELY = 3


def _noted(row: Sequence[str], signs: EndSigns, *, apart: bool) -> _Noted:
    """Tell how surely a row is a note or a total. ``apart``: a blank row stands above it.

    A contact must never be taken for one: an address anywhere, or cells here and there, speak
    against it, whatever else does not.
    """
    cells = [cell.strip() for cell in row if cell.strip()]
    if not cells or any("@" in cell for cell in cells):
        return _Noted.NOT  # without cells it shows an error, or what was never computed
    first, alone = cells[0], len(cells) == 1
    sums = all(kind_of(cell) in (Kind.NUMBER, Kind.ABSENT) for cell in cells[1:])
    if _TOTAL.fullmatch(first) and not alone and sums and len(cells) < len(row):
        return _Noted.SURELY
    words = max(len(cell.split()) for cell in cells)
    bare = len(row) == 1 < signs.width  # a line without any delimiter
    begun = _NOTE.match(first) is not None and (words > (1 if bare else 2) or ":" in first)
    is_note = alone and (begun or words >= 4)
    if signs.body.like(row) and not (is_note and bare):
        return _Noted.NOT
    if signs.usual < 2 and not (signs.width == 1 and signs.body.typed):
        return _Noted.NOT
    if is_note:
        return _Noted.SURELY
    if alone and apart and bare:
        return _Noted.LIKELY if words > 1 else _Noted.PERHAPS
    numbered = len(cells) == 2 and row[0].strip() and row[1].strip() and words >= 4
    return _Noted.PERHAPS if apart and numbered else _Noted.NOT


def _other_table(
    piece: Piece, blank: NDArray[np.bool_], signs: EndSigns, *, is_last: bool
) -> int | None:
    """Find the position in which another table begins; rows enough must stand below it."""
    count = len(blank)
    for at in _places(piece, blank, signs):
        if at + 4 > count and not is_last:
            return None
        rows = _texts(piece, at, min(at + 5, count))
        if _repeats_header(rows, signs):
            return at
        apart = at > 0 and bool(blank[at - 1])
        titled = apart and len(rows) > 1 and _filled(rows[0]) == 1
        if titled and _repeats_header(rows[1:], signs):
            return at
        if apart and _begins_table(rows, signs):
            return at
    return None


def _places(piece: Piece, blank: NDArray[np.bool_], signs: EndSigns) -> Iterator[int]:
    """Give the positions where another table may begin: below a blank row, at the header again."""
    below = np.flatnonzero(~blank[1:] & blank[:-1]) + 1
    if len(below) > _FEW:
        below = below[_may_be_names(piece, below, signs)]
    name = next((cell.strip() for line in signs.names for cell in line[:1] if cell.strip()), "")
    again = np.empty(0, dtype=np.int64)
    if name and piece.table.num_columns:
        column = pc.utf8_trim_whitespace(pc.fill_null(piece.table.column(0), ""))
        again = np.flatnonzero(pc.equal(column, name).to_numpy(zero_copy_only=False))
    yield from (int(at) for at in np.union1d(below, again))


def _may_be_names(piece: Piece, at: NDArray[np.int64], signs: EndSigns) -> NDArray[np.bool_]:
    """Tell of many rows at once whether they hold words where a column holds something else."""
    for column, kind in signs.body.typed.items():
        if column < piece.table.num_columns:
            cells = pc.fill_null(piece.table.column(column).take(pa.array(at)), "")
            sign = "@" if kind is Kind.EMAIL else r"\d"
            found = pc.match_substring_regex(cells, sign)
            missing: NDArray[np.bool_] = ~found.to_numpy(zero_copy_only=False)
            return missing
    return np.ones(len(at), dtype=np.bool_)


def _repeats_header(rows: Sequence[Sequence[str]], signs: EndSigns) -> bool:
    row = [cell.strip() for cell in rows[0]]
    for line in signs.names:
        names = [cell.strip() for cell in line]
        same = sum(1 for a, b in zip(row, names, strict=False) if a == b and a)
        if same >= 2 and same * 10 >= 8 * sum(map(bool, names)):
            return True
        if signs.width == 1 and row == names and signs.body.typed:
            return True
    return False


def _begins_table(rows: Sequence[Sequence[str]], signs: EndSigns) -> bool:
    """Tell whether rows below a blank one begin another table: words, then rows as wide."""
    if _filled(rows[0]) == 1 and len(rows) > 2:
        rows = rows[1:]  # its title
    if len(rows) < 2 or not _filled(rows[1]):
        return False
    head, below = rows[0], rows[1]
    extent = _extent(head)
    if _filled(head) < 2 or signs.body.like(head) or any("@" in cell for cell in head):
        return False
    words = all(kind_of(cell) in (Kind.TEXT, Kind.BLANK, Kind.CODE, Kind.ABSENT) for cell in head)
    if not words or _filled(head) * 2 < extent:
        return False
    known = {cell.strip().casefold() for line in signs.names for cell in line} - {""}
    is_whole = len(below) == signs.width and _filled(below) > 0.6 * signs.usual
    is_named = bool(known & {cell.strip().casefold() for cell in head})
    if is_whole and not is_named and signs.body.is_like(below):
        return False  # a contact with odd cells, above others
    if signs.body.unlike(head) >= 2:
        return _extent(below) == extent or signs.body.unlike(below) >= 1
    return extent != signs.width and extent == _extent(below) and _is_headed(head, below)


def _is_headed(head: Sequence[str], row: Sequence[str]) -> bool:
    """Tell whether words stand above something else than words."""
    return any(
        kind_of(name) is Kind.TEXT and kind_of(cell) not in (Kind.TEXT, Kind.BLANK, Kind.ABSENT)
        for name, cell in zip(head, row, strict=False)
    )


def _filled(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell.strip())


def _extent(row: Sequence[str]) -> int:
    return max((at + 1 for at, cell in enumerate(row) if cell.strip()), default=0)


def _texts(piece: Piece, start: int, end: int) -> list[list[str]]:
    """Give rows as they were written: without the cells that short ones lack."""
    columns = [column.slice(start, end - start).to_pylist() for column in piece.table.columns]
    rows = [[cell or "" for cell in row] for row in zip(*columns, strict=True)]
    for at in range(start, end):
        row = rows[at - start]
        row += piece.extra.get(at, ())
        if at in piece.widths:
            del row[piece.widths[at] :]
    return rows


def _blank(piece: Piece) -> NDArray[np.bool_]:
    """Tell which rows hold nothing but white space; most are settled by their first column."""
    table = piece.table
    candidates = np.arange(table.num_rows, dtype=np.int64)
    for column in table.columns:
        if not len(candidates):
            break
        cells = column if len(candidates) == table.num_rows else column.take(pa.array(candidates))
        lengths = pc.fill_null(pc.binary_length(pc.utf8_trim_whitespace(cells)), 0)
        candidates = candidates[lengths.to_numpy() == 0]
    blank = np.zeros(table.num_rows, dtype=np.bool_)
    blank[candidates] = True
    for marks in piece.marks:
        if marks.mark in (Mark.ERROR, Mark.NEVER_COMPUTED):
            blank[marks.at] = False  # something stands there, though it has no text
    return blank
