"""Where a table lies among its first rows: what stands above it, its header, its first row.

The rows of the body say what each column holds. A row above them is of the header when its cells
are words where the columns hold numbers, dates or addresses; it is a title or a note when it fills
far fewer cells than the table is wide.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from importer.errors import UnusableInputError
from importer.language import tr
from importer.sources.body import HEADER_LINES, Body
from importer.sources.header import is_ours
from importer.sources.kinds import Kind, is_rule, kind_of
from importer.tables import NO_HEADER, Certainty, SourceOptions

SAMPLE_ROWS = 400
_FIRST_ROWS = 100  # which tell how wide the table is; further down may be another one


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a table begins. Rows are numbered from 1.

    ``header_row`` is the first line of the header, or ``NO_HEADER``; ``header_rows`` how many
    lines it has; ``first_row`` the first below it. ``names``: the header's cells, its lines joined.
    ``width``: how many cells most rows have. ``others``: other readings about as likely, such as
    "row 1".
    """

    header_row: int
    header_rows: int
    first_row: int
    names: tuple[str, ...]
    width: int
    certainty: Certainty
    others: tuple[str, ...] = ()


def laid_out(
    rows: Sequence[Sequence[str]], options: SourceOptions, shown_as: str, *, skipped: int = 0
) -> Layout:
    """Find the table in a file's first rows, as the mapping says where it says so.

    Raises ``UnusableInputError`` when all rows are blank, or the mapping does not fit them.
    """
    wanted = options.header_row
    if wanted and wanted > len(rows):
        raise UnusableInputError(
            tr(
                "{file} has no row {row}, which `source: {{header_row: {row}}}` calls its header.",
                file=shown_as,
                row=wanted,
            )
        )
    if wanted and not any(cell.strip() for cell in rows[wanted - 1]):
        raise UnusableInputError(
            tr(
                "{file}: row {row} is blank, so it is no header: correct "
                "`source: {{header_row: ...}}`.",
                file=shown_as,
                row=wanted,
            )
        )
    layout = find_layout(rows, header_row=wanted, header_rows=options.header_rows, skipped=skipped)
    if layout is None:
        raise UnusableInputError(tr("{file} is empty.", file=shown_as))
    if options.last_row and options.last_row < layout.first_row:
        raise UnusableInputError(
            tr(
                "{file}: the table begins in row {first}, below the last row that "
                "`source: {{last_row: {last}}}` names.",
                file=shown_as,
                first=layout.first_row,
                last=options.last_row,
            )
        )
    if layout.first_row > len(rows) + 1:
        raise UnusableInputError(
            tr(
                "{file} has fewer rows than `source: {{header_rows: {rows}}}` calls its header.",
                file=shown_as,
                rows=options.header_rows,
            )
        )
    return layout


def find_layout(
    rows: Sequence[Sequence[str]],
    *,
    header_row: int | None = None,
    header_rows: int | None = None,
    skipped: int = 0,
) -> Layout | None:
    """Find the table in a file's first rows; None when they are all blank.

    ``header_row``, ``header_rows``: what the mapping settles; ``header_row`` must be one of
    ``rows``. ``skipped``: rows at the start that are known to be no part of the table.
    """
    filled = [sum(1 for cell in row if cell.strip()) for row in rows]
    solid = [at for at in range(skipped, len(rows)) if filled[at]]
    if not solid:
        return None
    if header_row:
        solid = [at for at in solid if at >= header_row - 1]
    width = _width([rows[at] for at in solid[:_FIRST_ROWS]])
    if header_row == NO_HEADER:
        return _headless(solid[0], width, Certainty.GIVEN)
    if header_row is not None:
        return _layout(rows, header_row - 1, header_rows or 1, width, Certainty.GIVEN)
    if is_ours(rows[solid[0]]):
        return _layout(rows, solid[0], 1, width, Certainty.CERTAIN)
    start = _above_body(rows, filled, solid, width)
    if start is None:
        start = _start(rows, filled, solid, width)
    body = Body.of(rows, start + 1, width)
    if body.is_like(rows[start]):
        # Above rows without a header, only what is no contact's is left out, however short.
        start = next(at for at in solid if at == start or not _is_prose(rows[at]))
        return _headless(start, width, *_doubt(body, rows[start], start))
    lines = header_rows or _lines(rows, filled, start, body)
    certain = body.unlike(rows[start]) >= 2 or len(solid) == 1
    return _layout(rows, start, lines, width, Certainty.CERTAIN if certain else Certainty.LIKELY)


def _layout(
    rows: Sequence[Sequence[str]], start: int, lines: int, width: int, certainty: Certainty
) -> Layout:
    names = _fitted(joined_names(rows[start : start + lines]), rows[start + lines :])
    return Layout(start + 1, lines, start + lines + 1, names, width, certainty)


def _fitted(names: tuple[str, ...], rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Take the blank names off the end of a header that is wider than every row.

    Programs that write a delimiter behind each name do so. The other way round, with rows that are
    wider than the header, nobody knows whether a name is missing: they stay too long.
    """
    longest = max(map(len, rows), default=len(names))
    while len(names) > max(longest, 1) and not names[-1]:
        names = names[:-1]
    return names


def _headless(start: int, width: int, certainty: Certainty, others: tuple[str, ...] = ()) -> Layout:
    return Layout(NO_HEADER, 0, start + 1, ("",) * width, width, certainty, others)


def _doubt(body: Body, row: Sequence[str], start: int) -> tuple[Certainty, tuple[str, ...]]:
    """Say how sure it is that a table has no header: an address in its first row proves it."""
    if any(kind_of(cell) in (Kind.EMAIL, Kind.URL) for cell in row) or body.like(row) >= 3:
        return Certainty.LIKELY, ()
    return Certainty.DOUBTFUL, (tr("row {row}", row=start + 1),)


def joined_names(lines: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Join the lines of a header, column by column; a line that is only drawn has no names."""
    lines = [line for line in lines if not is_rule(line)] or lines
    width = max(map(len, lines))
    return tuple(
        " ".join(part for line in lines if at < len(line) and (part := line[at].strip()))
        for at in range(width)
    )


def _width(rows: Sequence[Sequence[str]]) -> int:
    """Find how wide the table is: as most rows are, where wide ones count for more.

    A preamble of many narrow rows may stand above a table of few wide ones.
    """
    widths = Counter(map(len, rows))
    return max(widths, key=lambda w: (widths[w] * math.log2(w + 0.1), w))


def _is_prose(row: Sequence[str]) -> bool:
    """Tell whether a row is a line of words, as titles and comments are."""
    cells = [cell for cell in row if cell.strip()]
    return len(cells) == 1 and (len(cells[0].split()) > 2 or cells[0].startswith("#"))


def _above_body(
    rows: Sequence[Sequence[str]], filled: Sequence[int], solid: Sequence[int], width: int
) -> int | None:
    """Find the first line of the names that stand right above the rows of the longest block.

    None: the rows are words only, or nothing above them looks like names.
    """
    body = Body.of_longest(rows, width)
    first = next(
        (at for at in solid if body.like(rows[at]) > body.unlike(rows[at]) and filled[at]), None
    )
    if not body.typed or first is None:
        return None
    usual = _usual_fill(filled, [at for at in solid if at >= first])
    above = [at for at in solid if at < first]

    def is_full(at: int) -> bool:
        return filled[at] >= max(min(usual, 2), usual / 2) and _are_names(rows[at], body, width)

    header = next((at for at in reversed(above) if is_full(at)), None)
    if header is None and above and above[-1] == first - 1:
        names = [cell.strip() for cell in rows[above[-1]]]
        leading = names[: filled[above[-1]]]
        if len(leading) > 2 and all(leading) and _are_names(names, body, width):
            header = above[-1]  # names for the first columns only
    if header is None:
        return None
    while header - 1 in above and _goes_on(rows[header - 1], filled[header - 1], body, width):
        header -= 1
    return header


def _are_names(row: Sequence[str], body: Body, width: int) -> bool:
    return (
        len(row) <= width
        and not body.is_like(row)
        and body.like(row) == 0
        and not any("@" in cell for cell in row)
    )


def _goes_on(row: Sequence[str], filled: int, body: Body, width: int) -> bool:
    """Tell whether a line above names is one of the header: no title, no name and its value."""
    is_pair = filled == 2 and width > 3 and all(cell.strip() for cell in row[:2])
    return filled > min(width - 1, 1) and not is_pair and _are_names(row, body, width)


def _start(
    rows: Sequence[Sequence[str]], filled: Sequence[int], solid: Sequence[int], width: int
) -> int:
    """Find the first row that belongs to the table: its header, or a group of names above it."""
    usual = _usual_fill(filled, solid)
    for place, at in enumerate(solid):
        if not _is_above(rows, filled, at, width, usual, solid[place + 1 :]):
            return at
    return solid[0]


def _usual_fill(filled: Sequence[int], solid: Sequence[int]) -> float:
    """Tell how many cells a row of the body fills: the median of the lower half of the sample."""
    counts = sorted(filled[at] for at in solid[len(solid) // 2 :])
    return counts[len(counts) // 2]


def _is_above(
    rows: Sequence[Sequence[str]],
    filled: Sequence[int],
    at: int,
    width: int,
    usual: float,
    below: Sequence[int],
) -> bool:
    """Tell whether a row stands above the table: a title, a note, a name and its value."""
    row, count = rows[at], filled[at]
    if not below or width == 1:
        return False
    below_fills = [filled[other] for other in below[:3]]
    extent = max(i for i, cell in enumerate(row) if cell.strip()) + 1
    if len(row) != width and len(row) * 2 <= width and extent * 2 <= width:
        return True
    if len(row) == 1 < width:
        return True
    if count == 1:
        return (
            usual >= 2
            and (extent == 1 or usual >= 4)
            and max(below_fills) >= 2
            and _is_note(row, usual, max(below_fills))
        )
    # A name and its value, as "Generated on", "2026-01-02".
    return usual >= 5 and count == 2 == extent and max(below_fills) * 2 > usual


def _is_note(row: Sequence[str], usual: float, below: int) -> bool:
    """Tell a title from a header of which one name only is given."""
    return usual >= 3 or below > 2 or len(next(filter(str.strip, row)).split()) >= 3


def _lines(rows: Sequence[Sequence[str]], filled: Sequence[int], start: int, body: Body) -> int:
    """Count the lines of the header that begins in a row."""
    lines = 1
    for at in range(start + 1, min(start + HEADER_LINES, len(rows))):
        is_last = at == len(rows) - 1
        if not filled[at] or (is_last and not is_rule(rows[at])):
            break
        if not is_rule(rows[at]) and not body.is_header_line(rows[at], rows[start]):
            break
        lines = at - start + 1
    return lines
