"""What is said of a sheet beside its texts: hidden rows, merged areas, marks of single cells."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from importer.sources.books.number_formats import Shape
from importer.sources.pieces import Mark


@dataclass(frozen=True, slots=True)
class SheetMarks:
    """The cells of a sheet that have one mark, by row, then column; both from 1, int64.

    ``shown``: what an error cell shows, one text for each; else empty.
    """

    mark: Mark
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    shown: tuple[str, ...] = ()


class Place(Protocol):
    """Where a cell stands, from 1."""

    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Area:
    """A block of cells, from 1, its ends included."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int

    @property
    def size(self) -> int:
        """How many cells it has."""
        rows = self.last_row + 1 - self.first_row
        return rows * (self.last_column + 1 - self.first_column)

    def around(self, other: Area) -> Area:
        """Give the block in which both lie."""
        return Area(
            min(self.first_row, other.first_row),
            max(self.last_row, other.last_row),
            min(self.first_column, other.first_column),
            max(self.last_column, other.last_column),
        )

    def holds(self, place: Place) -> bool:
        """Tell whether a cell lies in it."""
        return (
            self.first_row <= place.row <= self.last_row
            and self.first_column <= place.column <= self.last_column
        )

    def meets(self, other: Area) -> bool:
        """Tell whether the two have a cell in common."""
        return (
            self.first_row <= other.last_row
            and other.first_row <= self.last_row
            and self.first_column <= other.last_column
            and other.first_column <= self.last_column
        )


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """What is known of a sheet beside its texts.

    ``hidden``: numbers of the hidden rows, ascending, int64, none below the last row with cells.
    ``merged_areas``: those that meet the cells. ``unknown``: what the format does not let us know,
    in words.
    """

    hidden: NDArray[np.int64]
    merged_areas: tuple[Area, ...] = ()
    marks: tuple[SheetMarks, ...] = ()
    unknown: tuple[str, ...] = ()


class ShapedCells:
    """The cells whose number format changes what is shown: their places, and the shapes."""

    def __init__(self) -> None:
        self.rows = array("q")
        self.columns = array("q")
        self.codes = array("q")
        self.shapes: list[Shape] = []
        self._known: dict[Shape, int] = {}

    def add(self, row: int, column: int, shape: Shape) -> None:
        """Note a cell."""
        code = self._known.get(shape)
        if code is None:
            code = self._known[shape] = len(self.shapes)
            self.shapes.append(shape)
        self.rows.append(row)
        self.columns.append(column)
        self.codes.append(code)

    def sort(self) -> None:
        """Put the cells in the order of their rows."""
        rows = np.array(self.rows, dtype=np.int64)
        if len(rows) and np.any(rows[1:] < rows[:-1]):
            order = np.argsort(rows, kind="stable")
            for name in ("rows", "columns", "codes"):
                values = np.array(getattr(self, name), dtype=np.int64)[order]
                setattr(self, name, array("q", values.tobytes()))


@dataclass(slots=True)
class _Places:
    rows: array[int] = field(default_factory=lambda: array("q"))
    columns: array[int] = field(default_factory=lambda: array("q"))
    shown: list[str] = field(default_factory=list)


class FactsNotes:
    """What is noted of a sheet while it is read."""

    def __init__(self) -> None:
        self.shaped = ShapedCells()
        self._hidden: list[tuple[int, int]] = []
        self._areas: list[Area] = []
        self._marks: dict[Mark, _Places] = {}
        self._top = sys.maxsize
        self._bottom = 0
        self.columns: set[int] = set()

    def rows(self, first: int, last: int) -> None:
        """Note rows that hold something; ``columns`` is told which columns do."""
        self._top = min(self._top, first)
        self._bottom = max(self._bottom, last)

    def mark(self, mark: Mark, row: int, column: int, shown: str | None = None) -> None:
        """Note that a cell has a mark, so that something stands there, be it without text."""
        self.columns.add(column)
        self.rows(row, row)
        places = self._marks.setdefault(mark, _Places())
        places.rows.append(row)
        places.columns.append(column)
        if shown is not None:
            places.shown.append(shown)

    def hide(self, first: int, last: int) -> None:
        """Note hidden rows."""
        self._hidden.append((first, last))

    def merge(self, area: Area) -> None:
        """Note a merged area."""
        if area.first_row != area.last_row or area.first_column != area.last_column:
            self._areas.append(area)

    @property
    def cells(self) -> Area | None:
        """The block in which all cells lie that hold something."""
        if not self.columns:
            return None
        return Area(self._top, self._bottom, min(self.columns), max(self.columns))

    @property
    def marked(self) -> Area | None:
        """The block in which all cells lie that have a mark."""
        rows = [row for places in self._marks.values() for row in _ends(places.rows)]
        columns = [column for places in self._marks.values() for column in _ends(places.columns)]
        return Area(min(rows), max(rows), min(columns), max(columns)) if rows else None

    def facts(self, cells: Area | None, unknown: Sequence[str] = ()) -> SheetFacts:
        """Give what was noted, as far as it is about the block that holds all cells."""
        if cells is None:
            return SheetFacts(_numbers([]), unknown=tuple(unknown))
        hidden = [
            np.arange(first, min(last, cells.last_row) + 1)
            for first, last in self._hidden
            if first <= cells.last_row
        ]
        return SheetFacts(
            hidden=np.unique(np.concatenate(hidden)).astype(np.int64) if hidden else _numbers([]),
            merged_areas=tuple(area for area in self._areas if area.meets(cells)),
            marks=tuple(_sorted(mark, self._marks[mark]) for mark in Mark if mark in self._marks),
            unknown=tuple(unknown),
        )


def _sorted(mark: Mark, places: _Places) -> SheetMarks:
    rows, columns = _numbers(places.rows), _numbers(places.columns)
    order = np.lexsort((columns, rows))
    shown = tuple(places.shown[at] for at in order) if places.shown else ()
    return SheetMarks(mark, rows[order], columns[order], shown)


def _ends(values: Sequence[int]) -> tuple[int, int]:
    return min(values), max(values)


def _numbers(values: Sequence[int]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)
