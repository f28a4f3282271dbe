"""Workbooks as sheets of cells: in memory with calamine, or streamed with openpyxl.

calamine reads about ten times as fast but holds a sheet whole; a very large workbook is streamed.
Both give a sheet's rows from row 1 on, with cells from the same first column.
"""

from __future__ import annotations

import itertools
import warnings
import weakref
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import python_calamine

from importer.errors import UnusableInputError
from importer.sources.cells import cell_text, unescaped

STREAMED_FROM_BYTES = 150 << 20
_SHARED_TEXT_LIMIT = 512 << 20
_SAMPLE_ROWS = 1_000
_ROWS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class SheetName:
    """A sheet of the workbook that can hold a table."""

    name: str
    visible: bool


class Sheet(Protocol):
    """A sheet's cells. ``first_column`` and ``width``: where its table lies, from column 1."""

    first_column: int
    width: int

    def rows(self) -> Iterator[Sequence[str]]:
        """Give the texts of each row from row 1 on; a row may go beyond ``width``."""
        ...


class Book(Protocol):
    """An open workbook."""

    names: tuple[SheetName, ...]

    def sheet(self, name: str) -> Sheet:
        """Open a sheet by its name."""
        ...


def open_book(path: Path, shown_as: str) -> Book:
    """Open a workbook, the way that its size allows.

    Raises ``UnusableInputError`` when it is damaged, protected, or its texts do not fit memory.
    """
    with translated(shown_as):
        with zipfile.ZipFile(path) as archive:
            sizes = {m.filename.lower(): m.file_size for m in archive.infolist()}
        shared = max((s for n, s in sizes.items() if n.endswith("sharedstrings.xml")), default=0)
        if shared > _SHARED_TEXT_LIMIT:
            raise UnusableInputError(
                f"{shown_as} holds {shared >> 20:,} MiB of text in one part, which is more than "
                "can be read: save it as CSV UTF-8 and use that."
            )
        largest = max((s for n, s in sizes.items() if "worksheets/" in n), default=0)
        if largest > STREAMED_FROM_BYTES:
            book = StreamedBook(path)
            if not book.names:  # openpyxl does not see the sheets of strict Open XML
                raise UnusableInputError(
                    f"{shown_as} is too large to be read in its form: save it as CSV UTF-8 and "
                    "use that."
                )
            return book
        return CalamineBook(path)


def damaged(shown_as: str) -> UnusableInputError:
    """Make the error for a workbook whose parts cannot be read."""
    return UnusableInputError(
        f"{shown_as} is no workbook that can be read: the file is damaged or not complete. "
        "Open it in a spreadsheet program and save it again as .xlsx."
    )


def protected(shown_as: str) -> UnusableInputError:
    """Make the error for a workbook that needs a password."""
    return UnusableInputError(
        f"{shown_as} is protected by a password: save a copy without one and use that."
    )


@contextmanager
def translated(shown_as: str) -> Iterator[None]:
    """Turn whatever a library raises over a workbook's bytes into one sentence.

    Both libraries raise exceptions of all kinds over damaged files, and calamine's defects
    surface as panics, which are no ``Exception``.
    """
    try:
        yield
    except (UnusableInputError, GeneratorExit, KeyboardInterrupt, SystemExit):
        raise
    except python_calamine.PasswordError as error:
        raise protected(shown_as) from error
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise damaged(shown_as) from error


class CalamineBook:
    """A workbook whose sheets are read whole into memory."""

    def __init__(self, path: Path) -> None:
        self._book = python_calamine.CalamineWorkbook.from_path(str(path))
        self._sheets: dict[str, CalamineSheet] = {}
        self.names = tuple(
            SheetName(m.name, m.visible == python_calamine.SheetVisibleEnum.Visible)
            for m in self._book.sheets_metadata
            if m.typ == python_calamine.SheetTypeEnum.WorkSheet
        )

    def sheet(self, name: str) -> CalamineSheet:
        if name not in self._sheets:
            self._sheets[name] = CalamineSheet(self._book.get_sheet_by_name(name))
        return self._sheets[name]


class CalamineSheet:
    def __init__(self, sheet: python_calamine.CalamineSheet) -> None:
        self._sheet = sheet
        start, end = sheet.start, sheet.end
        self.first_column = 1 if start is None else start[1] + 1
        self.width = 0 if start is None or end is None else end[1] + 1 - start[1]

    def rows(self) -> Iterator[Sequence[str]]:
        for row in self._sheet.iter_rows() if self.width else ():
            yield [v if type(v) is str else cell_text(v) for v in row]


class StreamedBook:
    """A workbook whose sheets are read row by row."""

    def __init__(self, path: Path) -> None:
        import openpyxl  # slow to import, and seldom used

        stream = path.open("rb")
        weakref.finalize(self, stream.close)
        with _silenced():
            self._book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
        self.names = tuple(
            SheetName(sheet.title, sheet.sheet_state == "visible")
            for sheet in self._book.worksheets
        )

    def sheet(self, name: str) -> StreamedSheet:
        return StreamedSheet(self, self._book[name])


class StreamedSheet:
    """A sheet whose claimed size is not believed: its first rows tell where the table lies."""

    def __init__(self, book: StreamedBook, sheet: Any) -> None:
        self._book = book  # closed when nobody reads a sheet of it any more
        self._sheet = sheet
        sheet.reset_dimensions()
        self.first_column, self.width = 1, 0
        filled = [
            at
            for row in itertools.islice(self._texts(), _SAMPLE_ROWS)
            for at, text in enumerate(row)
            if text
        ]
        if filled:
            self.first_column = min(filled) + 1
            self.width = max(filled) + 1 - min(filled)

    def rows(self) -> Iterator[Sequence[str]]:
        skipped = self.first_column - 1
        for row in self._texts():
            texts = row[skipped:]
            while len(texts) > self.width and not texts[-1]:
                texts.pop()
            # A cell to the left of what the first rows showed makes the row too long, not lost.
            left = [text for text in row[:skipped] if text]
            yield texts + [""] * (self.width - len(texts)) + left

    def _texts(self) -> Iterator[list[str]]:
        rows = self._sheet.iter_rows()
        while True:
            with _silenced():
                batch = list(itertools.islice(rows, _ROWS_AT_ONCE))
            if not batch:
                return
            for row in batch:
                yield [_streamed_text(cell) for cell in row]


def _streamed_text(cell: Any) -> str:
    value = cell.value
    if value is None or cell.data_type == "e":
        return ""
    return unescaped(value) if type(value) is str else cell_text(value)


@contextmanager
def _silenced() -> Iterator[None]:
    # openpyxl warns of styles and extensions that it leaves out: no cell's text depends on them.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
