"""A delimited text file as a source."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from importer.errors import UnusableInputError
from importer.language import tr
from importer.model import Chunk
from importer.sources import readings
from importer.sources.blocks import BLOCK_BYTES, pieces_of_text
from importer.sources.chunks import chunks_of
from importer.sources.content import Content
from importer.sources.dialect import NO_DELIMITER, Dialect, FoundDialect, find_dialect, is_sep_line
from importer.sources.encoding import Encoding, UndecodableTextError, Utf8Reader, find_encoding
from importer.sources.ending import EndSigns, mark_end, signs_of
from importer.sources.header import Header, read_header
from importer.sources.layout import SAMPLE_ROWS, Layout, laid_out
from importer.sources.lines import Lines
from importer.sources.regular import Format
from importer.sources.rows import Row, exact_rows
from importer.sources.tally import Tally
from importer.tables import FILE_END, LeftOut, SourceOptions, TableDescription

_SAMPLE_BYTES = 256 << 10
_BLANK_ROWS = 5_000  # that may stand above a table, so that it is still found


@dataclass(frozen=True, slots=True)
class _Understood:
    """What was understood of a file; ``below``: where its rows begin, in bytes of UTF-8."""

    encoding: Encoding
    found: FoundDialect
    layout: Layout
    header: Header
    signs: EndSigns
    below: int
    options: SourceOptions
    left_out: tuple[LeftOut, ...]
    on_preamble: tuple[str, ...]


class TextSource:
    """The one table of a text file."""

    def __init__(
        self, content: Content, understood: _Understood, description: TableDescription
    ) -> None:
        self._content = content
        self._understood = understood
        self._opened = description
        self._description = description

    @property
    def description(self) -> TableDescription:
        """What was understood; all of it is known once all chunks were read."""
        return self._description

    def chunks(self, rows: int = 50_000) -> Iterator[Chunk]:
        """Read the rows, in chunks of at most ``rows``.

        Raises ``UnusableInputError`` at the row that cannot be read.
        """
        understood = self._understood
        reader = Utf8Reader(self._content, understood.encoding)
        form = Format(
            understood.found.dialect, len(understood.header.names), self._content.shown_as
        )
        pieces = pieces_of_text(
            _without_start(reader.pieces(BLOCK_BYTES), understood.below),
            form,
            first_row=understood.layout.first_row,
        )
        tally = Tally(understood.header, understood.options)
        try:
            yield from chunks_of(
                mark_end(pieces, understood.signs), tally, rows=rows, typed_dates=False
            )
        except OSError as error:
            raise UnusableInputError(
                tr(
                    "{file} cannot be read: {reason}.",
                    file=self._content.shown_as,
                    reason=error.strerror or error,
                )
            ) from error
        self._description = replace(
            tally.complete(self._with_encoding(reader.encoding)),
            ends_in_line_break=reader.ends_in_line_break,
        )

    def _with_encoding(self, encoding: Encoding) -> TableDescription:
        """Say which encoding it was, now that all of the file was read."""
        opened, final = self._opened, readings.of_encoding(encoding)
        if final == opened.readings[0]:
            return opened
        return replace(
            opened,
            encoding=encoding.codec,
            readings=(final, *opened.readings[1:]),
            warnings=opened.warnings + readings.doubts([final]),
        )


def open_text(content: Content, options: SourceOptions) -> TextSource:
    """Find out how a text file is written, and where its table lies.

    The options do not apply to a file of ours.

    Raises ``UnusableInputError`` when it is empty, or the options do not fit it.
    """
    understood = None
    if options != SourceOptions():
        understood = _ours(content)
    if understood is None:
        understood = _understand(content, options)
    return TextSource(content, understood, _described(content, understood))


def _ours(content: Content) -> _Understood | None:
    try:
        understood = _understand(content, SourceOptions())
    except UnusableInputError:
        return None
    return None if understood.header.ours is None else understood


def _described(content: Content, understood: _Understood) -> TableDescription:
    layout, header, dialect = understood.layout, understood.header, understood.found.dialect
    found = (
        readings.of_encoding(understood.encoding),
        *readings.of_dialect(understood.found, understood.options),
        readings.of_layout(layout),
    )
    return TableDescription(
        file=content.shown_as,
        sheet="",
        format="csv",
        columns=header.columns,
        header_row=layout.header_row,
        header_rows=layout.header_rows,
        first_row=layout.first_row,
        encoding=understood.encoding.codec,
        delimiter=dialect.delimiter.replace(NO_DELIMITER, ""),
        quote=dialect.quote,
        escape=found[3].found,
        warnings=readings.doubts(found)
        + understood.on_preamble
        + (readings.misfit(layout) if header.ours is None else ())
        + header.warnings,
        repeated=header.repeated,
        readings=found,
        left_out=understood.left_out,
    )


def _understand(content: Content, options: SourceOptions) -> _Understood:
    encoding = find_encoding(content, options.encoding)
    text = _sample(content, encoding)
    found = find_dialect(
        text, delimiter=options.delimiter, quote=options.quote, escape=options.escape
    )
    wanted = max(SAMPLE_ROWS, (options.header_row or 0) + 50)
    rows, ends = _head(content, encoding, found.dialect, wanted, width=0)
    skipped = 1 if is_sep_line(text) else 0
    cells = [row.cells for row in rows]
    layout = laid_out(cells, options, content.shown_as, skipped=skipped)
    if layout.width > 1:
        # Now that the table's width is known, spoiled rows can be read as they were meant.
        rows, ends = _head(content, encoding, found.dialect, wanted, width=layout.width)
        cells = [row.cells for row in rows]
        layout = laid_out(cells, options, content.shown_as, skipped=skipped)
    below = ends[layout.first_row - 2] if layout.first_row > 1 else 0
    header = read_header(layout.names, row=layout.header_row, shown_as=content.shown_as)
    if header.ours is not None:
        options = SourceOptions(last_row=FILE_END)
    left_out = readings.preamble(layout, cells)
    return _Understood(
        encoding,
        found,
        layout,
        header,
        signs_of(cells, layout, last_row=options.last_row),
        below,
        options,
        left_out,
        readings.on_preamble(left_out, cells),
    )


def _head(
    content: Content, encoding: Encoding, dialect: Dialect, count: int, *, width: int
) -> tuple[list[Row], list[int]]:
    """Read the first rows, ``count`` that are not blank, and where each ends, in bytes of UTF-8."""
    lines = Lines(Utf8Reader(content, encoding).pieces(_SAMPLE_BYTES), content.shown_as)
    rows: list[Row] = []
    ends: list[int] = []
    end = 0
    read = exact_rows(lines, dialect, width=width, first_row=1, shown_as=content.shown_as)
    for row in itertools.islice(read, count + _BLANK_ROWS):
        end += sum(len(line.encode()) for line in lines.taken)
        rows.append(row)
        ends.append(end)
        count -= any(map(str.strip, row.cells))
        if not count:
            break
    return rows, ends


def _sample(content: Content, encoding: Encoding) -> str:
    """Give the file's first rows, as far as they can be read; without one that is cut."""
    pieces = Utf8Reader(content, encoding).pieces(_SAMPLE_BYTES)
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
