"""Delimited text as rows, the exact way: line by line, whatever its quotes.

A row whose quotes are as they should be is cut as the dialect says. Where they are not, the row is
read in the way that gives as many cells as the table has columns, and no quote takes more rows
with it than the one it stands in.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from importer.errors import UnusableInputError
from importer.language import tr
from importer.sources.cutting import ALL, NONE, Cut, Cutter, Quotes
from importer.sources.dialect import Dialect
from importer.sources.encoding import UndecodableTextError
from importer.sources.kinds import Kind, kind_of
from importer.sources.lines import CELL_LIMIT, Lines, undecodable
from importer.sources.lookahead import Lookahead, Span, TextEndedError

OTHER_DELIMITERS = (",", ";", "\t", "|", " ")
_TRIES = 16
_TEXT_TRIED = 256 << 10


class Row(NamedTuple):
    """The cells of one row; none in a line without any text.

    ``misquoted``: its quotes do not match. ``otherwise``: the delimiter by which it was cut, if
    that is not the table's. ``cut_off``: the text ends in the middle of it.
    """

    cells: list[str]
    misquoted: bool = False
    otherwise: str = ""
    cut_off: bool = False


def exact_rows(
    lines: Lines,
    dialect: Dialect,
    *,
    width: int,
    first_row: int,
    shown_as: str,
    is_last: bool = True,
) -> Iterator[Row]:
    """Give each row's cells; ``lines.taken`` are then the lines that made it up.

    ``width``: how many cells a row should have; 0: not known. Unless ``is_last``, a row that text
    to come may change is not given, and ``lines.taken`` holds what there is from it on.

    Raises ``UnusableInputError`` naming the row that holds a character that cannot be read, or a
    cell of more than ``CELL_LIMIT`` characters.
    """
    rows = _Rows(lines, dialect, width=width, is_last=is_last)
    for number in itertools.count(first_row):
        try:
            made = rows.next_row()
        except UndecodableTextError as error:
            raise undecodable(error, number, shown_as) from error
        except TextEndedError:
            made = None
        if made is None:
            lines.taken = rows.ahead.left()
            return
        row, count = made
        lines.taken = rows.ahead.take(count)
        if _is_too_long(sum(map(len, lines.taken)), row.cells):
            raise UnusableInputError(
                tr(
                    "{file}: row {row} holds a cell of more than {most} MiB: this is no table of "
                    "contacts, or it has another delimiter.",
                    file=shown_as,
                    row=number,
                    most=CELL_LIMIT >> 20,
                )
            )
        yield row


def _is_too_long(size: int, cells: Sequence[str]) -> bool:
    """Tell whether one of the cells of a text of ``size`` characters is longer than is read."""
    return size > CELL_LIMIT and any(len(cell) > CELL_LIMIT for cell in cells)


class _Rows:
    """Makes rows of the lines of a text. What it makes says how many lines it is made of."""

    def __init__(self, lines: Lines, dialect: Dialect, *, width: int, is_last: bool) -> None:
        self._dialect = dialect
        self._width = width
        self._is_last = is_last
        self._cutter = Cutter(dialect)
        self._unescaping = Cutter(replace(dialect, escape=""))
        self._others = [
            Cutter(replace(dialect, delimiter=other))
            for other in OTHER_DELIMITERS
            if other != dialect.delimiter
        ]
        self.ahead = Lookahead(lines, self._cutter, width=width, is_last=is_last)

    def next_row(self) -> tuple[Row, int] | None:
        """Make the next row; None: there is none."""
        line = self.ahead.line(self.ahead.at)
        if line is None:
            return None
        body = line.rstrip("\r\n")
        if self._cutter.is_plain(body):
            cells = body.split(self._dialect.delimiter) if body else []
            if len(cells) == self._width:
                return Row(cells), 1
            return self._of_cells(cells, line, body), 1
        cut = self._cutter.cut(body)
        if cut.goes_on:
            return self._continued(line, body, cut)
        if cut.open is None and not cut.strays and not _is_too_long(len(body), cut.cells):
            return self._of_cells(self._unescaped(body, cut).cells, line, body), 1
        return self._spoiled(line, body, cut)

    def _of_cells(self, cells: list[str], line: str, body: str, *, misquoted: bool = False) -> Row:
        """Make the row of one line that could be cut."""
        if len(cells) == self._width or not self._width:
            return Row(cells, misquoted)
        other = self._otherwise(body, cells)
        if other is not None:
            return other
        return Row(cells, misquoted, cut_off=self._is_cut_off(line, cells))

    def _unescaped(self, body: str, cut: Cut) -> Cut:
        """Read escape characters before delimiters as text where only that fits."""
        if not cut.escaped or len(cut.cells) == self._width or not self._width:
            return cut
        as_text = Cutter(self._dialect, escapes=False).cut(body)
        fits = as_text.open is None and len(as_text.cells) == self._width
        return as_text if fits else cut

    def _continued(self, line: str, body: str, cut: Cut) -> tuple[Row, int]:
        """Join lines whose ends are escaped; where that does not fit, the escapes are text."""
        end = self.ahead.escaped_end()
        if end is not None and self._may_fit(end[1]):
            return Row(self._unbroken(end[0])), end[0]
        escape = self._dialect.escape
        run = len(body) - len(body.rstrip(escape))
        alone = [*cut.cells[:-1], cut.cells[-1] + escape * (run - run // 2)]
        return self._of_cells(alone, line, body), 1

    def _unbroken(self, count: int) -> list[str]:
        cells, end = [""], ""
        for place in range(self.ahead.at, self.ahead.at + count):
            line = self.ahead.line(place)
            assert line is not None
            body = line.rstrip("\r\n")
            first, *others = self._cutter.cut(body).cells or [""]
            cells[-1] += end + first
            cells += others
            end = line[len(body) :]
        return cells

    def _spoiled(self, line: str, body: str, cut: Cut) -> tuple[Row, int]:
        """Make a row of a line with a quoted cell that goes on, or with stray quotes.

        A quoted cell goes on into lines below unless it is not closed within bounds, or holds
        what looks like rows. With stray quotes it does if the row then fits and none of them
        stands where a quote opens a cell. Else the first line alone is the row: with the fewest
        opening quotes read as text that make it fit.
        """
        if cut.open is None:
            return self._with_strays(line, body, cut)
        span = self.ahead.span(cut)
        if not span.strays or (not span.opening and self._may_fit(span.cells)):
            row = self._over_lines(cut, span)
            if row is not None:
                return row
        found = self._demoted(body, cut)
        torn = self._torn(cut, span, fits=found is not None)
        if torn is not None:
            return torn
        if found is not None:
            return Row(found.cells, misquoted=True), 1
        if self._width and span.cells == self._width:
            row = self._over_lines(cut, span)
            if row is not None:
                return row
        demoted = cut.bad if cut.strays else NONE
        alone = self._cutter.cut(body, demoted=demoted, alone=True)
        return self._of_cells(alone.cells, line, body, misquoted=True), 1

    def _with_strays(self, line: str, body: str, cut: Cut) -> tuple[Row, int]:
        """Make a row of a line whose quoted cells all end in it."""
        may_fit = self._may_fit(len(cut.cells)) and not _is_too_long(len(body), cut.cells)
        if may_fit and (self._width or not cut.opening):
            return Row(cut.cells, misquoted=True), 1
        found = self._demoted(body, cut)
        if found is not None:
            return Row(found.cells, misquoted=True), 1
        if len(cut.cells) < self._width:
            # The quote at the line's end may be stray, too.
            first = self._cutter.cut(body, quotes=Quotes.OPEN_ENDED)
            if first.open is not None:
                span = self.ahead.span(first)
                if not span.opening and not span.inner and span.cells == self._width:
                    row = self._over_lines(first, span)
                    if row is not None:
                        return row
        if cut.opening or not cut.strays:
            demoted = cut.bad if cut.strays else ALL
            cut = self._cutter.cut(body, demoted=demoted, alone=True)
        return self._of_cells(cut.cells, line, body, misquoted=True), 1

    def _may_fit(self, cells: int) -> bool:
        return not self._width or cells == self._width

    def _over_lines(self, first: Cut, span: Span) -> tuple[Row, int] | None:
        """Make a row of all lines of a span; None where they are not one."""
        if span.end == NONE or span.hides:
            return None
        count = span.end - self.ahead.at + 1
        cells = self._joined(first, count)
        if any(len(cell) > CELL_LIMIT for cell in cells) or self._hides_contacts(count, cells):
            return None
        return Row(cells, misquoted=span.strays), count

    def _hides_contacts(self, count: int, cells: Sequence[str]) -> bool:
        """Tell whether lines below the first are rows of their own, as if quotes were text.

        ``cells``: of all lines as one row. Such a line has as many cells as a row, and an address
        in one; or, of a first line that is as wide, a number or a code where that has one.
        """
        width = self._width
        if not width:
            return False
        first, *others = (self._as_text(self.ahead.at + at) for at in range(count))
        begun = [cell.splitlines()[0] if cell else "" for cell in cells]
        for line in others:
            if len(line) < width:
                continue
            alike = zip(line, begun, strict=False)
            if any(map(_is_address, line)) or any("@" in a and "@" in b for a, b in alike):
                return True
            if len(line) == len(first) == width and any(map(_are_codes, line, first)):
                return True
        return False

    def _as_text(self, place: int) -> list[str]:
        line = self.ahead.line(place)
        assert line is not None
        return line.rstrip("\r\n").split(self._dialect.delimiter)

    def _joined(self, first: Cut, count: int) -> list[str]:
        assert first.open is not None
        cells, parts, end = list(first.cells), [first.open], ""
        for place in range(self.ahead.at, self.ahead.at + count):
            line = self.ahead.line(place)
            assert line is not None
            body = line.rstrip("\r\n")
            if place > self.ahead.at:
                quoted = self._cutter.inside(body)
                parts += [end, quoted.text]
                if quoted.closed:
                    cells.append("".join(parts))
                    rest = Cut([]) if quoted.end == NONE else self._cutter.cut(body, quoted.end)
                    cells += rest.cells
                    parts = [] if rest.open is None else [rest.open]
            end = line[len(body) :]
        return [*cells, "".join(parts)] if parts else cells

    def _demoted(self, body: str, cut: Cut) -> Cut | None:
        """Read as few opening quotes as text as give the right number of cells, if any do."""
        if not self._width:
            return None
        best = None
        for other in self._other_cuts(body, cut):
            if len(other.cells) == self._width and (
                best is None or (other.demoted, other.strays) < (best.demoted, best.strays)
            ):
                best = other
                if other.demoted <= 1 and not other.strays:
                    break
        return best

    def _other_cuts(self, body: str, cut: Cut) -> Iterator[Cut]:
        if self._dialect.escape:
            yield self._unescaping.cut(body, alone=True)
        if self._dialect.quote * 2 in body:
            yield self._cutter.cut(body, alone=True, quotes=Quotes.UNDOUBLED)
        yield self._cutter.cut(body, alone=True)
        tries = min(_TRIES, 1 + _TEXT_TRIED // (len(body) + 1))
        for opening in range(cut.bad, max(cut.bad - tries, NONE), -1):
            yield self._cutter.cut(body, demoted=opening, alone=True)
        yield self._cutter.cut(body, demoted=ALL)._replace(demoted=len(body))

    def _otherwise(self, body: str, cells: list[str]) -> Row | None:
        """Cut a line by another delimiter, if only that gives as many cells as there should be."""
        if self._width < 3 or len(cells) * 2 > self._width:
            return None
        for cutter in self._others:
            delimiter = cutter.dialect.delimiter
            if body.count(delimiter) < self._width - 1:
                continue
            cut = cutter.cut(body)
            if cut.open is not None or cut.strays or len(cut.cells) != self._width:
                continue
            filled = [cell for cell in cut.cells if cell.strip()]
            if len(filled) >= 2 and (delimiter != " " or self._is_no_prose(body, filled)):
                return Row(cut.cells, otherwise=delimiter)
        return None

    def _is_no_prose(self, body: str, words: list[str]) -> bool:
        """Tell whether words between blanks are cells, by an address, a quoted cell or numbers."""
        if "@" in body or (self._dialect.quote and f" {self._dialect.quote}" in body):
            return True
        return sum(any(c.isdigit() for c in word) for word in words) * 2 >= len(words)

    def _torn(self, cut: Cut, span: Span, *, fits: bool) -> tuple[Row, int] | None:
        """Make a row of a cell that is not closed because the text ends in it."""
        if not span.to_the_end or span.opening or not 2 <= self._width >= span.cells:
            return None
        lines = self.ahead.left()
        if lines[-1].endswith(("\n", "\r")):
            return None
        if len(lines) == 1 and fits and span.cells < self._width:
            return None
        if len(lines) > 1 and (fits or span.inner or self._width < 3):
            return None
        return Row(self._joined(cut, len(lines)), cut_off=True), len(lines)

    def _is_cut_off(self, line: str, cells: list[str]) -> bool:
        return (
            not line.endswith(("\n", "\r"))
            and len(cells) < self._width
            and any(cell.strip() for cell in cells)
        )


def _is_address(cell: str) -> bool:
    return kind_of(_unquoted(cell)) is Kind.EMAIL


def _are_codes(cell: str, other: str) -> bool:
    """Tell whether two cells hold what identifies a row: a number, a phone or a code."""
    kind = kind_of(_unquoted(cell))
    return kind in _IDENTIFYING and kind is kind_of(_unquoted(other))


def _unquoted(cell: str) -> str:
    return cell.strip().strip("\"'")


_IDENTIFYING = frozenset({Kind.NUMBER, Kind.PHONE, Kind.CODE})
