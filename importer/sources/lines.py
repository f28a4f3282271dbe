"""Delimited text as rows, the exact way: line by line, with Python's csv module."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from importer.errors import UnusableInputError
from importer.sources.encoding import UndecodableTextError

CELL_LIMIT = 1 << 20
LINE_LIMIT = 16 << 20

csv.field_size_limit(CELL_LIMIT)


class Row(NamedTuple):
    """The cells of one row; ``misquoted``: its quotes do not match."""

    cells: list[str]
    misquoted: bool


class Lines:
    """The lines of a text, with their ends; ``taken`` are those given since it was last emptied.
    ``ended``: somebody asked for a line after the last.

    A line ends with LF, CR or CRLF.
    """

    def __init__(self, pieces: Iterable[bytes], shown_as: str) -> None:
        self.taken: list[str] = []
        self.ended = False
        self._shown_as = shown_as
        self._lines = self._split(pieces)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        for line in self._lines:
            self.taken.append(line)
            return line
        self.ended = True
        raise StopIteration

    def _split(self, pieces: Iterable[bytes]) -> Iterator[str]:
        rest = ""
        for piece in pieces:
            lines = io.StringIO(rest + piece.decode(), newline="").readlines()
            # A line without an end, or whose CR may be half a CRLF, waits for the next piece.
            rest = "" if lines[-1].endswith("\n") else lines.pop()
            yield from lines
            if len(rest) > LINE_LIMIT:
                raise UnusableInputError(
                    f"{self._shown_as} holds a line of more than {LINE_LIMIT >> 20} MiB: "
                    "this is no table of contacts."
                )
        if rest:
            yield rest


def exact_rows(
    lines: Lines, delimiter: str, *, first_row: int, shown_as: str, is_last: bool = True
) -> Iterator[Row]:
    """Give each row's cells as Python's csv module reads them.

    Unless ``is_last``, a quoted cell may go on in text to come: its row is not given, and
    ``lines.taken`` holds what there is of it.

    Raises ``UnusableInputError`` naming the row in which a quoted cell begins that swallows the
    lines below it, or that holds a character that cannot be read.
    """
    reader = csv.reader(lines, delimiter=delimiter)
    for row in itertools.count(first_row):
        lines.taken = []
        try:
            cells = next(reader, None)
        except UndecodableTextError as error:
            raise undecodable(error, row, shown_as) from error
        except csv.Error as error:
            raise UnusableInputError(
                f"{shown_as}: row {row} holds a cell of more than {CELL_LIMIT >> 20} MiB: "
                "a quote that opens a cell there is probably never closed."
            ) from error
        if cells is None:
            return
        if lines.ended and not is_last:
            return
        misquoted = _is_misquoted(lines.taken, delimiter)
        if misquoted and (len(lines.taken) > 1 or lines.ended):
            raise UnusableInputError(
                f"{shown_as}: row {row} opens a quoted cell that is not closed as it should be, "
                "so the rows below it cannot be told apart. Close the quote, and double each "
                "quote inside a quoted cell."
            )
        yield Row(cells, misquoted)


def _is_misquoted(lines: list[str], delimiter: str) -> bool:
    if not any('"' in line for line in lines):
        return False
    try:
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return True
    return False


def undecodable(error: UndecodableTextError, row: int, shown_as: str) -> UnusableInputError:
    """Make the error for a row that holds a character that cannot be read."""
    return UnusableInputError(
        f"{shown_as}: row {row} holds a character that cannot be read as {error.codec}. "
        f"{error.remedy}"
    )
