"""The lines ahead of a row, as the inside of a quoted cell would read them.

Whether a quoted cell that begins above ends in a line depends on that line alone, and is found
out once for each line: reading costs no more than the text is long, however its quotes stand.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from importer.sources.cutting import NONE, Cut, Cutter, Quoted
from importer.sources.lines import Lines

LINES_AHEAD = 1_000
ESCAPED_AHEAD = 100  # lines whose ends are escaped
TEXT_AHEAD = 1 << 20
HIDDEN_ROWS = 3  # so many rows inside one quoted cell are rows, not its text
_CELLS_AHEAD = 8  # so many cells of a row may go on, or as many as it has columns
_KEPT = 8 * LINES_AHEAD


class TextEndedError(Exception):
    """The row may go on in text that is not there yet."""


class Span(NamedTuple):
    """The lines of a row whose quoted cells go on from line to line.

    ``end``: its last line, or ``NONE``: a cell is not closed within bounds; ``cells``: how many
    it has. ``strays`` and ``opening`` as in a cut. ``hides``: a cell holds what looks like rows.
    ``inner``: the same, however few they are. ``to_the_end``: the text ends before the cell does.
    """

    end: int
    cells: int
    strays: bool
    opening: bool
    hides: bool = False
    inner: bool = False
    to_the_end: bool = False


class Lookahead:
    """The lines that are not taken yet; ``at``: the place of the next one in the text, from 0."""

    def __init__(self, lines: Lines, cutter: Cutter, *, width: int, is_last: bool) -> None:
        self.at = 0
        self._lines = lines
        self._cutter = cutter
        self._width = width
        self._is_last = is_last
        self._buffer: list[str] = []
        self._torn: list[str] = []
        # Of the lines looked at: those in which a quoted cell ends, with the cells after it, and
        # what there is before each line, from the first one looked at.
        self._begin = self._seen = 0
        self._closing: list[int] = []
        self._ends: dict[int, tuple[Quoted, Cut]] = {}
        self._text, self._strays, self._openings, self._complete = [0], [0], [0], [0]
        # The lines looked at whose ends are escaped: how many cells and how much text there are
        # before each.
        self._run_begin = 0
        self._run = [(0, 0)]
        self._run_goes_on = True

    def line(self, place: int) -> str | None:
        """Give a line with its end; None: the text has ended.

        Raises ``TextEndedError`` when there may be one later.
        """
        while place - self.at >= len(self._buffer):
            line = next(self._lines, None)
            if line is None or (self._lines.is_torn and not self._is_last):
                self._torn = [line] if line is not None else self._torn
                if self._is_last:
                    return None
                raise TextEndedError
            self._buffer.append(line)
        return self._buffer[place - self.at]

    def take(self, count: int) -> list[str]:
        """Take the next lines."""
        self.at += count
        if count == len(self._buffer):
            taken, self._buffer = self._buffer, []
            return taken
        taken = self._buffer[:count]
        del self._buffer[:count]
        return taken

    def left(self) -> list[str]:
        """Give the lines that were read and not taken."""
        return self._buffer + self._torn

    def span(self, first: Cut) -> Span:
        """Follow a row from its first line, in which a quoted cell goes on."""
        cells, strays, opening = len(first.cells), first.strays, first.opening
        hides = inner = False
        place = self.at
        for _ in range(max(_CELLS_AHEAD, self._width)):
            end, is_found = self._next_end(place)
            strays = strays or self._between(self._strays, place, end) > 0
            opening = opening or self._between(self._openings, place, end) > 0
            complete = self._between(self._complete, place, end)
            inner = inner or complete > 0
            hides = hides or (complete >= HIDDEN_ROWS and complete * 2 >= end - place - 1)
            if not is_found:
                to_the_end = self._is_near(end) and self.line(end) is None
                return Span(NONE, cells + 1, strays, opening, hides, inner, to_the_end)
            quoted, rest = self._ends[end]
            strays = strays or quoted.strays or rest.strays
            opening = opening or quoted.opening or rest.opening
            cells += 1 + len(rest.cells)
            if rest.open is None:
                return Span(end, cells, strays, opening, hides, inner)
            place = end
        return Span(NONE, cells, strays, opening, hides, inner)

    def escaped_end(self) -> tuple[int, int] | None:
        """Count the lines and cells of a row whose first lines end with escaped line ends.

        None: it does not end within bounds.
        """
        if not self._run_begin <= self.at < self._run_begin + len(self._run) - 1:
            self._run_begin, self._run, self._run_goes_on = self.at, [(0, 0)], True
        while self._run_goes_on:
            place = self._run_begin + len(self._run) - 1
            cells, text = self._run[-1]
            is_far = text - self._run[self.at - self._run_begin][1] > TEXT_AHEAD
            line = None if is_far or place - self.at > ESCAPED_AHEAD else self.line(place)
            if line is None:
                return None
            cut = self._cutter.cut(line.rstrip("\r\n"))
            self._run.append((cells + max(len(cut.cells), 1) - 1, text + len(line)))
            self._run_goes_on = cut.goes_on
            if len(self._run) > _KEPT:
                del self._run[: self.at - self._run_begin]
                self._run_begin = self.at
        first = self.at - self._run_begin
        return len(self._run) - 1 - first, self._run[-1][0] - self._run[first][0] + 1

    def _next_end(self, place: int) -> tuple[int, bool]:
        """Find the line in which a cell ends that goes on below a line.

        Else give the first one not looked at, since it is too far away or does not exist.
        """
        if self._seen <= place:
            self._forget(place + 1)
        found = bisect_right(self._closing, place)
        while found == len(self._closing) and self._is_near(self._seen):
            line = self.line(self._seen)
            if line is None:
                return self._seen, False
            self._look_at(line)
        if found < len(self._closing) and self._is_near(self._closing[found]):
            return self._closing[found], True
        return self._seen, False

    def _look_at(self, line: str) -> None:
        body = line.rstrip("\r\n")
        quoted = self._cutter.inside(body)
        if quoted.closed:
            rest = Cut([]) if quoted.end == NONE else self._cutter.cut(body, quoted.end)
            self._closing.append(self._seen)
            self._ends[self._seen] = (quoted, rest)
        self._text.append(self._text[-1] + len(line))
        self._strays.append(self._strays[-1] + quoted.strays)
        self._openings.append(self._openings[-1] + quoted.opening)
        self._complete.append(self._complete[-1] + self._is_complete(body))
        self._seen += 1
        if len(self._text) > _KEPT:
            self._forget_taken()

    def _is_complete(self, body: str) -> bool:
        """Tell whether a line would itself be a row, in a table of three columns or more."""
        if self._width < 3 or body.count(self._cutter.dialect.delimiter) < self._width - 1:
            return False
        cut = self._cutter.cut(body)
        return (
            cut.open is None
            and len(cut.cells) == self._width
            and sum(1 for cell in cut.cells if cell.strip()) >= 2
        )

    def _is_near(self, place: int) -> bool:
        return (
            place - self.at <= LINES_AHEAD
            and self._between(self._text, self.at, min(place + 1, self._seen)) <= TEXT_AHEAD
        )

    def _between(self, sums: list[int], after: int, before: int) -> int:
        """Sum up what the lines between two lines have, both left out."""
        return sums[before - self._begin] - sums[after + 1 - self._begin]

    def _forget_taken(self) -> None:
        taken = max(self.at - self._begin, 0)
        self._begin += taken
        for sums in (self._text, self._strays, self._openings, self._complete):
            del sums[:taken]
        self._closing = [place for place in self._closing if place >= self._begin]
        self._ends = {place: self._ends[place] for place in self._closing}

    def _forget(self, begin: int) -> None:
        self._begin = self._seen = begin
        self._closing, self._ends = [], {}
        self._text, self._strays, self._openings, self._complete = [0], [0], [0], [0]
