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
    """A sheet's cells: the block of those that hold a text, show an error or hold a formula."""

    @property
    def first_column(self) -> int:
        """The column in which the block begins, from 1; 1 when there is none."""
        ...

    def rows(self) -> Iterator[Sequence[str]]:
        """Give the texts of each row from row 1 to the block's last, all its cells.

        Raises ``UnusableInputError`` at what is damaged, ``OSError`` as reading the file does.
        """
        ...

    def facts(self) -> SheetFacts:
        """Tell what is known of the sheet beside its texts; its marks all lie in the block."""
        ...


class Book(Protocol):
    """A workbook that was opened; no file is held open for it."""

    @property
    def names(self) -> tuple[SheetName, ...]:
        """The sheets that can hold a table, in the workbook's order."""
        ...

    @property
    def format(self) -> str:
        """One of xlsx, xlsm, xls, xlsb and ods."""
        ...

    @property
    def title(self) -> str:
        """The title that its properties give it; empty where there is none, or nobody can tell."""
        ...

    def sheet(self, name: str) -> Sheet:
        """Open a sheet by one of ``names``, the same one each time.

        Raises ``UnusableInputError`` when it is damaged or too large, ``OSError`` as reading the
        file does.
        """
        ...
