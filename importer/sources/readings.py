"""What was understood, in the words of the mapping, and the sentences for what is in doubt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from importer.sources.dialect import NO_DELIMITER, FoundDialect
from importer.sources.encoding import Encoding
from importer.sources.layout import Layout
from importer.tables import (
    DELIMITER_WORDS,
    Certainty,
    LeftOut,
    Part,
    Reading,
    SourceOptions,
    delimiter_in_words,
    header_in_words,
    visible,
)

_ESCAPES = {"": "double", "\\": "backslash", "\0": "nul"}
_PREAMBLE_TOLD = 3  # rows with an address above the header; more say no more


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
    delimiter = dialect.delimiter.replace(NO_DELIMITER, "")
    quote_sure = Certainty.LIKELY if options.quote is None else Certainty.GIVEN
    escape_sure = Certainty.LIKELY if options.escape is None else Certainty.GIVEN
    return (
        Reading(
            "delimiter",
            delimiter_in_words(delimiter),
            found.certainty,
            tuple(map(delimiter_in_words, found.others)),
            f"source: {{delimiter: {_named_or_quoted(delimiter)}}}",
        ),
        Reading(
            "quote",
            delimiter_in_words(dialect.quote),
            quote_sure,
            settle=f"source: {{quote: {_named_or_quoted(dialect.quote)}}}",
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


def on_preamble(left_out: Sequence[LeftOut], rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Say that an e-mail address stands above the header, which may be a contact's."""
    return tuple(
        f"Row {at} above the header is left out, and holds an e-mail address: "
        "`source: {header_row: ...}` in the mapping settles where the table begins."
        for part in left_out
        for at in range(part.first, part.last + 1)
        if any("@" in cell for cell in rows[at - 1])
    )[:_PREAMBLE_TOLD]


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
        f"{_doubt(reading)}: `{reading.settle}` in the mapping settles it."
        for reading in readings
        if reading.certainty is Certainty.DOUBTFUL
    )


def _doubt(reading: Reading) -> str:
    found, *others = map(_said, (reading.found, *reading.others))
    if reading.what == "header" and found == "none":
        row = " or ".join(others)
        return f"{row[:1].upper()}{row[1:]} may be the header, or there may be none"
    if not others:
        return f"The {reading.what} may be another than {found}"
    return f"The {reading.what} may be {' or '.join(others)} as well as {found}"


def _said(text: str) -> str:
    """Put a delimiter in quotes, where it is no word."""
    return text if any(map(str.isalnum, text)) else f'"{text}"'


def as_mapping_value(text: str) -> str:
    """Write a text as a value of the mapping, in quotes and on one line."""
    if text.isprintable() and ('"' in text or "\\" in text):
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(f"\\{c}" if c in '"\\' else visible(c) for c in text) + '"'


def _named_or_quoted(character: str) -> str:
    """Write a delimiter or a quote as a value of the mapping: by its word, if it is not seen."""
    word = delimiter_in_words(character)
    return word if word in DELIMITER_WORDS else as_mapping_value(character)
