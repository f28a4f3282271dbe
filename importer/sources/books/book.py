"""A workbook as sheets of texts, however it is stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from importer.sources.books.facts import SheetFacts


@dataclass(frozen=True, slots=True)
class SheetName:
    """A sheet of the workbook that can hold a table."""

    name: str
    visible: bool


class Sheet(Protocol):
    """A sheet's cells. ``first_column`` and ``width``: where its cells lie, from column 1."""

    @property
    def first_column(self) -> int: ...

    @property
    def width(self) -> int: ...

    def rows(self) -> Iterator[Sequence[str]]:
        """Give the texts of each row from row 1 on, all cells of it from ``first_column``."""
        ...

    def facts(self) -> SheetFacts:
        """Tell what is known of the sheet beside its texts; found out once."""
        ...


class Book(Protocol):
    """An open workbook. ``format``: xlsx, xlsm, xls, xlsb or ods."""

    @property
    def names(self) -> tuple[SheetName, ...]: ...

    @property
    def format(self) -> str: ...

    def sheet(self, name: str) -> Sheet:
        """Open a sheet by its name."""
        ...
