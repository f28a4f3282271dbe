"""The physical lines of a text, and how much of a text may be held at once."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

from importer.errors import UnusableInputError
from importer.language import tr
from importer.sources.encoding import UndecodableTextError

CELL_LIMIT = 1 << 20
LINE_LIMIT = 16 << 20


class Lines:
    """The lines of a text, with their ends; ``taken``: those of the row that was cut last.

    A line ends with LF, CR or CRLF. The text comes in pieces of UTF-8, or of text. ``is_torn``:
    the line given last may go on in text to come: it has no end, or one that may be half a CRLF.
    """

    def __init__(self, pieces: Iterable[bytes] | Iterable[str], shown_as: str) -> None:
        self.taken: list[str] = []
        self.is_torn = False
        self._shown_as = shown_as
        self._lines = self._split(pieces)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return next(self._lines)

    def _split(self, pieces: Iterable[bytes] | Iterable[str]) -> Iterator[str]:
        rest = ""
        for piece in pieces:
            text = piece if isinstance(piece, str) else piece.decode()
            lines = io.StringIO(rest + text, newline="").readlines()
            # A line without an end, or whose CR may be half a CRLF, waits for the next piece.
            rest = "" if not lines or lines[-1].endswith("\n") else lines.pop()
            yield from lines
            if len(rest) > LINE_LIMIT:
                raise UnusableInputError(
                    tr(
                        "{file} holds a line of more than {most} MiB: this is no table of "
                        "contacts.",
                        file=self._shown_as,
                        most=LINE_LIMIT >> 20,
                    )
                )
        if rest:
            self.is_torn = True
            yield rest


def undecodable(error: UndecodableTextError, row: int, shown_as: str) -> UnusableInputError:
    """Make the error for a row that holds a character that cannot be read."""
    return UnusableInputError(
        tr(
            "{file}: row {row} holds a character that cannot be read as {codec}. {remedy}",
            file=shown_as,
            row=row,
            codec=error.codec,
            remedy=error.remedy,
        )
    )
