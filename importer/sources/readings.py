"""What was understood, in the words of the mapping, and the sentences for what is in doubt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from importer.sources.dialect import NO_DELIMITER, FoundDialect
from importer.sources.encoding import Encoding
from importer.sources.layout import Layout
from importer.tables import (
    Certainty,
    LeftOut,
    Part,
    Reading,
    SourceOptions,
    header_in_words,
)

_NAMED = {"\t": "a tab", " ": "a space", NO_DELIMITER: "none"}
_WRITTEN = {"\t": "tab", " ": "space", NO_DELIMITER: "none", "": "none"}
_ESCAPES = {"": "double", "\\": "backslash", "\0": "nul"}


def of_encoding(encoding: Encoding) -> Reading:
    """Say which encoding a text is in."""
    return Reading(
        "encoding",
        encoding.codec,
        encoding.certainty,
        encoding.others,
        f"source: {{encoding: {encoding.codec}}}",
    )


def of_dialect(found: FoundDialect, options: SourceOptions) -> tuple[Reading, ...]:
    """Say what stands between cells and around them."""
    dialect = found.dialect
    quote_sure = Certainty.LIKELY if options.quote is None else Certainty.GIVEN
    escape_sure = Certainty.LIKELY if options.escape is None else Certainty.GIVEN
    return (
        Reading(
            "delimiter",
            written(dialect.delimiter),
            found.certainty,
            tuple(map(written, found.others)),
            f'source: {{delimiter: "{written(dialect.delimiter)}"}}',
        ),
        Reading(
            "quote",
            written(dialect.quote),
            quote_sure,
            settle=f"source: {{quote: {_quoted(written(dialect.quote))}}}",
        ),
        Reading(
            "escape",
            _ESCAPES[dialect.escape],
            escape_sure,
            settle=f"source: {{escape: {_ESCAPES[dialect.escape]}}}",
        ),
    )


def of_layout(layout: Layout) -> Reading:
    """Say where the header stands."""
    found = header_in_words(layout.header_row, layout.header_rows)
    settle = f"header_row: {layout.header_row or 'none'}"
    if layout.header_rows > 1:
        settle += f", header_rows: {layout.header_rows}"
    return Reading("header", found, layout.certainty, layout.others, f"source: {{{settle}}}")


def preamble(layout: Layout, rows: Sequence[Sequence[str]]) -> tuple[LeftOut, ...]:
    """Say which of a file's first rows stand above its table."""
    above = (layout.header_row or layout.first_row) - 1
    filled = any(cell.strip() for row in rows[:above] for cell in row)
    return (LeftOut(Part.PREAMBLE, 1, above, above),) if filled else ()


def misfit(layout: Layout) -> tuple[str, ...]:
    """Say that most rows are not as wide as the header, when they are not."""
    names, cells = len(layout.names), layout.width
    if names == cells or not layout.header_row:
        return ()
    cause = "A delimiter may be missing in the header, or stand behind every row"
    if names > cells:
        cause = "Cells at the end of rows may be left out"
    return (
        f"Most rows have {_counted(cells)} where the header has {names}. {cause}: compare them, "
        "and write `source: {ragged_rows: accept}` in the mapping if each cell stands below its "
        "name.",
    )


def _counted(cells: int) -> str:
    return "1 cell" if cells == 1 else f"{cells} cells"


def doubts(readings: Iterable[Reading]) -> tuple[str, ...]:
    """Make a sentence of each reading that may be wrong."""
    return tuple(
        f"The {reading.what} may be {' or '.join(map(_said, reading.others))} as well as "
        f"{_said(reading.found)}: `{reading.settle}` in the mapping settles it."
        for reading in readings
        if reading.certainty is Certainty.DOUBTFUL
    )


def written(delimiter: str) -> str:
    """Give a delimiter or a quote as a mapping writes it."""
    return _WRITTEN.get(delimiter, delimiter)


def _quoted(text: str) -> str:
    return text if text == "none" else ("'\"'" if text == '"' else f'"{text}"')


def _said(text: str) -> str:
    return text if len(text) > 2 else f'"{text}"'
