"""The exact pass over a sheet's XML: what calamine does not tell of its cells."""

from __future__ import annotations

import re
from collections.abc import Sequence

from importer.sources.books.archive import Archive
from importer.sources.books.facts import Area, FactsNotes
from importer.sources.books.markup import bare, event_parser, is_true, parse
from importer.sources.books.number_formats import Literal, Moment, Shape
from importer.sources.books.refusals import damaged
from importer.sources.cells import ROUNDED_FROM, plain_number
from importer.sources.header import COLUMN_LIMIT
from importer.sources.pieces import Mark

LAST_ROW = 1_048_576
LAST_COLUMN = COLUMN_LIMIT
_AREA = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7}):\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_NUMBER, _ERROR, _TEXT = "n", "e", "str"


def read_facts(
    archive: Archive, part: str, shapes: Sequence[Shape | Moment | None], *, numbers: bool
) -> FactsNotes:
    """Read a sheet through. ``numbers``: whether the digits of its numbers are looked at."""
    with_shape = {
        str(at): shape
        for at, shape in enumerate(shapes)
        if shape is not None and (numbers or not isinstance(shape, Moment))
    }
    pass_ = _Pass(archive.shown_as, with_shape, numbers=numbers)
    parse(pass_.parser, archive.chunks(part), archive.shown_as)
    return pass_.finished()


class Places:
    """Where the rows and cells of a sheet are, whether they say so or follow one another.

    Raises ``UnusableInputError`` at places that no sheet has.
    """

    __slots__ = ("_columns", "_row_text", "_shown_as", "column", "row")

    def __init__(self, shown_as: str) -> None:
        self._shown_as = shown_as
        self._columns: dict[str, int] = {}
        self._row_text = ""
        self.row = 0
        self.column = 0

    def next_row(self, said: str | None) -> None:
        """Come to a row."""
        self._come_to(self.row + 1 if said is None else int(said))
        self.column = 0

    def next_cell(self, said: str | None) -> None:
        """Come to a cell; what it says of its row counts more than what the row says."""
        if said is None:
            if not self.row:
                raise damaged(self._shown_as)
            self.column += 1
        else:
            letters = said.rstrip("0123456789")
            self.column = self._columns.get(letters) or self._column(letters)
            if said[len(letters) :] != self._row_text:
                self._come_to(int(said[len(letters) :]))
        if self.column > LAST_COLUMN:
            raise damaged(self._shown_as)

    def _come_to(self, row: int) -> None:
        if not 1 <= row <= LAST_ROW:
            raise damaged(self._shown_as)
        self.row, self._row_text = row, str(row)

    def _column(self, letters: str) -> int:
        number = column_number(letters)
        if not 1 <= number <= LAST_COLUMN:
            raise damaged(self._shown_as)
        self._columns[letters] = number
        return number


def column_number(letters: str) -> int:
    """Turn a column's letters into its number, from 1; 0 when they are no letters."""
    number = 0
    for letter in letters.upper():
        if not "A" <= letter <= "Z":
            return 0
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


class _Pass:
    """Events become notes. Text is listened to only in cells whose text matters: few are."""

    def __init__(self, shown_as: str, shapes: dict[str, Shape | Moment], *, numbers: bool) -> None:
        self.notes = FactsNotes()
        self.parser = event_parser(self._start)
        self._places = Places(shown_as)
        self._shapes = shapes
        self._numbers = numbers
        self._names: dict[str, str] = {}
        self._type = _NUMBER
        self._shape: Shape | Moment | None = None
        self._formula = False
        self._spilled: list[Area] = []
        self._in_cell = False
        self._text: list[str] = []
        self._row_noted = 0

    def finished(self) -> FactsNotes:
        """Give the notes after the last event."""
        self._end_formula()
        return self.notes

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        kind = self._names.get(name)
        if kind is None:
            kind = self._names[name] = bare(name)
        if kind == "c":
            if self._formula:
                self._end_formula()
            self._places.next_cell(attributes.get("r"))
            self._type = attributes.get("t", _NUMBER)
            self._shape = self._shapes.get(attributes.get("s", "0"))
            self._in_cell = True
        elif kind == "v":
            if self._in_cell and any(area.holds(self._places) for area in self._spilled):
                self._formula = True
            if self._formula or self._type == _ERROR or self._numbers:
                self._listen()
            else:
                self._filled()
                if self._shape is not None and self._type == _NUMBER:
                    self._note_shape()
        elif kind == "row":
            self._row(attributes)
        elif kind == "f":
            self._formula = self._in_cell
            if self._in_cell and attributes.get("t") == "array":
                self._note_spilled(attributes.get("ref", ""))
        elif kind == "extLst":
            self._in_cell = False  # the formulas in it are of what is drawn or checked
        elif kind == "is":
            self._filled()
        elif kind == "mergeCell":
            self._note_merged(attributes.get("ref", ""))

    def _filled(self) -> None:
        self.notes.columns.add(self._places.column)
        if self._places.row != self._row_noted:
            self._row_noted = self._places.row
            self.notes.rows(self._row_noted, self._row_noted)

    def _listen(self) -> None:
        self._text = []
        self.parser.CharacterDataHandler = self._text.append
        self.parser.EndElementHandler = self._end_value

    def _end_value(self, _: str) -> None:
        self.parser.CharacterDataHandler = None
        self.parser.EndElementHandler = None
        row, column, text = self._places.row, self._places.column, "".join(self._text)
        if text or self._type == _TEXT:
            self._filled()
            if self._formula:
                self.notes.mark(Mark.COMPUTED, row, column)
                self._formula = False
        if self._type == _ERROR:
            self.notes.mark(Mark.ERROR, row, column, text)
        elif self._type == _NUMBER and text:
            self._note_shape()
            if self._numbers:
                self._number(row, column, text)

    def _note_shape(self) -> None:
        if self._shape is not None and not isinstance(self._shape, Moment):
            self.notes.shaped.add(self._places.row, self._places.column, self._shape)

    def _number(self, row: int, column: int, text: str) -> None:
        try:
            value = float(text)
        except ValueError:
            return
        if isinstance(self._shape, Moment):
            if self._shape is Moment.DATE and value < 0:
                self.notes.shaped.add(row, column, Literal(plain_number(value)))
        elif ROUNDED_FROM <= abs(value) < float("inf"):
            self.notes.mark(Mark.ROUNDED, row, column)

    def _end_formula(self) -> None:
        if self._formula:
            self.notes.mark(Mark.NEVER_COMPUTED, self._places.row, self._places.column)
            self._formula = False

    def _row(self, attributes: dict[str, str]) -> None:
        self._end_formula()
        self._places.next_row(attributes.get("r"))
        if is_hidden(attributes):
            self.notes.hide(self._places.row, self._places.row)

    def _note_merged(self, said: str) -> None:
        area = _area(said)
        if area is not None:
            self.notes.merge(area)

    def _note_spilled(self, said: str) -> None:
        """Note the area that a formula fills: its other cells hold values only."""
        area = _area(said)
        if area is not None and area.size > 1:
            self._spilled.append(area)


def _area(said: str) -> Area | None:
    found = _AREA.fullmatch(said)
    if found is None:
        return None
    left, top, right, bottom = found.groups()
    return Area(int(top), int(bottom), column_number(left), column_number(right))


def is_hidden(attributes: dict[str, str]) -> bool:
    """Tell whether a row is hidden: it says so, or has no height."""
    if is_true(attributes.get("hidden")):
        return True
    height = attributes.get("ht")
    return height is not None and not height.strip("0.") and height != ""
