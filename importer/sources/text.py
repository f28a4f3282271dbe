"""A delimited text file as a source."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from importer.errors import UnusableInputError
from importer.model import Chunk
from importer.sources.blocks import BLOCK_BYTES, Format, pieces_of_text
from importer.sources.delimiter import Delimiter, find_delimiter, given_delimiter
from importer.sources.encoding import (
    Encoding,
    UndecodableTextError,
    Utf8Reader,
    find_encoding,
)
from importer.sources.header import Header, read_header
from importer.sources.lines import Lines, exact_rows
from importer.sources.pieces import chunks_of
from importer.tables import SourceOptions, TableDescription

_SAMPLE_BYTES = 256 << 10


@dataclass(frozen=True, slots=True)
class _Layout:
    """What was understood of a file; ``below``: where its rows begin, in bytes of UTF-8."""

    encoding: Encoding
    delimiter: Delimiter
    header: Header
    below: int


class TextSource:
    """The one table of a text file."""

    def __init__(self, path: Path, layout: _Layout, description: TableDescription) -> None:
        self._path = path
        self._layout = layout
        self._description = description

    @property
    def description(self) -> TableDescription:
        """What was understood. The encoding is certain once all chunks were read."""
        return self._description

    def chunks(self, rows: int = 50_000) -> Iterator[Chunk]:
        """Read the rows, in chunks of at most ``rows``.

        Raises ``UnusableInputError`` at the row that cannot be read.
        """
        layout = self._layout
        reader = Utf8Reader(self._path, layout.encoding)
        form = Format(layout.delimiter.character, len(layout.header.names), self._description.file)
        pieces = pieces_of_text(
            _without_start(reader.pieces(BLOCK_BYTES), layout.below),
            form,
            first_row=layout.header.row + 1,
        )
        try:
            yield from chunks_of(pieces, layout.header, rows=rows, typed_dates=False)
        except OSError as error:
            raise UnusableInputError(
                f"{form.shown_as} cannot be read: {error.strerror or error}."
            ) from error
        self._description = replace(self._description, encoding=reader.codec)


def open_text(path: Path, options: SourceOptions, shown_as: str) -> TextSource:
    """Find out how a text file is written, and read its header.

    The options do not apply to a file of ours.

    Raises ``UnusableInputError`` when it is empty, or the options do not fit it.
    """
    layout = None
    if options != SourceOptions():
        layout = _ours(path, shown_as)
    if layout is None:
        layout = _layout(path, options, shown_as)
    description = TableDescription(
        file=shown_as,
        sheet="",
        format="csv",
        columns=layout.header.columns,
        header_row=layout.header.row,
        encoding=layout.encoding.codec,
        delimiter=layout.delimiter.shown,
        warnings=layout.delimiter.warnings + layout.header.warnings,
        repeated=layout.header.repeated,
    )
    return TextSource(path, layout, description)


def _ours(path: Path, shown_as: str) -> _Layout | None:
    try:
        layout = _layout(path, SourceOptions(), shown_as)
    except UnusableInputError:
        return None
    return None if layout.header.ours is None else layout


def _layout(path: Path, options: SourceOptions, shown_as: str) -> _Layout:
    encoding = find_encoding(path, options.encoding, shown_as)
    if options.delimiter is not None:
        delimiter = given_delimiter(options.delimiter)
    else:
        delimiter = find_delimiter(_sample(path, encoding))
    lines = Lines(Utf8Reader(path, encoding).pieces(_SAMPLE_BYTES), shown_as)
    rows = exact_rows(lines, delimiter.character, first_row=1, shown_as=shown_as)
    below = 0
    for row, (cells, _) in enumerate(rows, start=1):
        below += sum(len(line.encode()) for line in lines.taken)
        blank = not any(cell.strip() for cell in cells)
        if options.header_row is None and blank:
            continue
        if options.header_row is None or row == options.header_row:
            if blank:
                raise UnusableInputError(
                    f"{shown_as}: row {row} is blank, so it is no header: "
                    "correct `source: {header_row: ...}`."
                )
            return _Layout(
                encoding, delimiter, read_header(cells, row=row, shown_as=shown_as), below
            )
    if options.header_row is not None and below:
        raise UnusableInputError(
            f"{shown_as} has no row {options.header_row}, which "
            f"`source: {{header_row: {options.header_row}}}` calls its header."
        )
    raise UnusableInputError(f"{shown_as} is empty.")


def _sample(path: Path, encoding: Encoding) -> str:
    """Give the file's first rows, as far as they can be read; without one that is cut."""
    pieces = Utf8Reader(path, encoding).pieces(_SAMPLE_BYTES)
    parts: list[bytes] = []
    with suppress(UndecodableTextError):
        parts.extend(itertools.islice(pieces, 2))
    text = parts[0].decode() if parts else ""
    if len(parts) < 2:
        return text
    return text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text


def _without_start(pieces: Iterator[bytes], length: int) -> Iterator[bytes]:
    for piece in pieces:
        if length < len(piece):
            yield piece[length:]
        length = max(length - len(piece), 0)
