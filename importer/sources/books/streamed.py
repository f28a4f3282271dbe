"""Sheets read row by row, for what memory cannot hold and for what calamine reads otherwise.

A sheet's rows are those of its XML; the values are made as calamine makes them, so that nobody
can tell from a text which way it was read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from importer.sources.books.archive import Archive
from importer.sources.books.facts import FactsNotes, SheetFacts
from importer.sources.books.in_memory import shaped_texts, texts_of
from importer.sources.books.markup import bare, event_parser, parse
from importer.sources.books.number_formats import Moment, Shape
from importer.sources.books.refusals import damaged, translated
from importer.sources.books.sheet_xml import Places
from importer.sources.cells import unescaped

_BLANKS = " \t\r\n"
_LAST_DAY = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001 - cells have no time zone
_FIRST_1904 = datetime(1904, 1, 1)  # noqa: DTZ001
# Lotus took 1900 for a leap year, and spreadsheet programs still count that day.
_FIRST_1900, _AFTER_LEAP_DAY = datetime(1899, 12, 31), datetime(1899, 12, 30)  # noqa: DTZ001
_LEAP_DAY = 60
_DAY_MILLISECONDS = 86_400_000


class StreamedSheet:
    """A sheet whose rows are read anew each time. ``notes``: what an exact pass found."""

    def __init__(
        self,
        archive: Archive,
        part: str,
        notes: FactsNotes,
        shared: Sequence[str],
        shapes: Sequence[Shape | Moment | None],
        *,
        from_1904: bool,
    ) -> None:
        self._archive = archive
        self._part = part
        self._notes = notes
        self._facts: SheetFacts | None = None
        self._shared = shared
        self._moments = {
            str(at): shape for at, shape in enumerate(shapes) if isinstance(shape, Moment)
        }
        self._from_1904 = from_1904
        cells = notes.cells
        self.first_column = 1 if cells is None else cells.first_column
        self.width = 0 if cells is None else cells.last_column + 1 - cells.first_column

    def rows(self) -> Iterator[Sequence[str]]:
        """Give the texts. Raises ``UnusableInputError`` at what is damaged."""
        if not self.width:
            return iter(())
        if not self._notes.shaped.rows:
            return (texts_of(row) for _, row in self._values())
        self._notes.shaped.sort()
        return shaped_texts(self._values(), self._notes.shaped, self.first_column)

    def facts(self) -> SheetFacts:
        """Tell what the exact pass found."""
        if self._facts is None:
            self._facts = self._notes.facts(self._notes.cells)
        return self._facts

    def _values(self) -> Iterator[tuple[int, Sequence[Any]]]:
        """Give each row's values with its number; rows that are not written are blank."""
        reader = _RowReader(self._archive.shown_as, self._shared, self._moments, self._from_1904)
        cells = self._notes.cells
        last_row = 0 if cells is None else cells.last_row
        blank: tuple[Any, ...] = ("",) * self.width
        expected = 1
        for number, values in self._written(reader):
            if number < expected:
                raise damaged(self._archive.shown_as)
            if number > last_row:
                break
            for missing in range(expected, number):
                yield missing, blank
            row: list[Any] = list(blank)
            for column, value in values.items():
                if 0 <= column - self.first_column < self.width:
                    row[column - self.first_column] = value
            yield number, row
            expected = number + 1
        for missing in range(expected, last_row + 1):
            yield missing, blank

    def _written(self, reader: _RowReader) -> Iterator[tuple[int, dict[int, Any]]]:
        """Give the rows that are written, as they are."""
        for chunk in self._archive.chunks(self._part):
            with translated(self._archive.shown_as):
                reader.parser.Parse(chunk, False)
            yield from reader.taken()


class _RowReader:
    """Events become rows: column -> value."""

    def __init__(
        self, shown_as: str, shared: Sequence[str], moments: dict[str, Moment], from_1904: bool
    ) -> None:
        self._text = RichText()
        self.parser = event_parser(self._start, self._end, self._text.add)
        self._places = Places(shown_as)
        self._shared = shared
        self._moments = moments
        self._from_1904 = from_1904
        self._names: dict[str, str] = {}
        self._rows: list[tuple[int, dict[int, Any]]] = []
        self._row: dict[int, Any] = {}
        self._type = "n"
        self._style = "0"

    def taken(self) -> list[tuple[int, dict[int, Any]]]:
        """Give the rows that were read since."""
        rows, self._rows = self._rows, []
        return rows

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        kind = self._names.get(name) or self._names.setdefault(name, bare(name))
        if kind == "c":
            self._places.next_cell(attributes.get("r"))
            self._type = attributes.get("t", "n")
            self._style = attributes.get("s", "0")
        elif kind == "v":
            self._text.begin_plain()
        elif kind == "is":
            self._text.begin()
        elif kind == "row":
            self._places.next_row(attributes.get("r"))
            self._row = {}
        else:
            self._text.start(kind, attributes)

    def _end(self, name: str) -> None:
        kind = self._names[name]
        if kind == "v":
            self._row[self._places.column] = self._value(self._text.taken_plain())
        elif kind == "is":
            self._row[self._places.column] = self._text.taken()
        elif kind == "row":
            self._rows.append((self._places.row, self._row))
        else:
            self._text.end(kind)

    def _value(self, text: str) -> Any:
        match self._type:
            case "s":
                return self._shared[int(text)] if text else ""
            case "str":
                return unescaped(text)
            case "b":
                return text not in ("0", "false", "")
            case "e":
                return ""
            case "d":
                return _iso(text)
            case _:
                return _number(text, self._moments.get(self._style), from_1904=self._from_1904)


class RichText:
    """Collects the events inside one cell, whose text may be in several runs.

    How the text is pronounced is no part of it.
    """

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._run: list[str] | None = None
        self._kept = False
        self._aside = False

    def begin(self) -> None:
        """Come to a cell's text in runs."""
        self._texts, self._run, self._aside = [], None, False

    def begin_plain(self) -> None:
        """Come to a cell's text that is one run, blanks and all."""
        self._run = []

    def start(self, kind: str, attributes: dict[str, str]) -> None:
        """Come to an element inside the text."""
        if kind == "rPh":
            self._aside = True
        elif kind == "t" and not self._aside:
            self._run = []
            self._kept = attributes.get("xml:space") == "preserve"

    def add(self, text: str) -> None:
        """Come to characters."""
        if self._run is not None:
            self._run.append(text)

    def end(self, kind: str) -> None:
        """Come to an element's end."""
        if kind == "rPh":
            self._aside = False
        elif kind == "t" and self._run is not None:
            text = "".join(self._run)
            # Blanks at the ends of a text are layout of the file unless it says otherwise.
            self._texts.append(text if self._kept else text.strip(_BLANKS))
            self._run = None

    def taken(self) -> str:
        """Give the text in runs that was read since ``begin``."""
        return unescaped("".join(self._texts))

    def taken_plain(self) -> str:
        """Give the text that was read since ``begin_plain``."""
        text = "".join(self._run or ())
        self._run = None
        return text


def read_shared_texts(archive: Archive, part: str) -> list[str]:
    """Read the texts that cells refer to by number."""
    texts: list[str] = []
    reader = RichText()

    def start(name: str, attributes: dict[str, str]) -> None:
        kind = bare(name)
        if kind == "si":
            reader.begin()
        else:
            reader.start(kind, attributes)

    def end(name: str) -> None:
        kind = bare(name)
        if kind == "si":
            texts.append(reader.taken())
        else:
            reader.end(kind)

    parser = event_parser(start, end, reader.add)
    parse(parser, archive.chunks(part), archive.shown_as)
    return texts


def _number(text: str, moment: Moment | None, *, from_1904: bool) -> Any:
    try:
        value = float(text)
    except ValueError:
        return text
    if moment is None:
        return value
    try:
        if moment is Moment.DATE:
            return _moment(value, from_1904=from_1904)
        return timedelta(milliseconds=_whole(value * _DAY_MILLISECONDS))
    except (OverflowError, ValueError):
        return value


def _moment(value: float, *, from_1904: bool) -> date | time | float:
    first = _FIRST_1904 if from_1904 else _FIRST_1900 if value < _LEAP_DAY else _AFTER_LEAP_DAY
    found = first + timedelta(milliseconds=_whole(value * _DAY_MILLISECONDS))
    if value < 0 or found > _LAST_DAY:
        return value
    if value < 1:
        return found.time()
    return found.date() if value.is_integer() else found


def _whole(value: float) -> int:
    return int(value + 0.5) if value >= 0 else -int(0.5 - value)


def _iso(text: str) -> Any:
    if "T" not in text and ":" in text:
        kinds: tuple[Any, ...] = (time,)
    else:
        kinds = (datetime,) if "T" in text else (date,)
    for kind in kinds:
        if not text.endswith("Z"):
            try:
                return kind.fromisoformat(text)
            except ValueError:
                pass
    return text
