"""What was understood, in the words of the mapping, and the sentences for what is in doubt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from importer.documents import in_quotes, joined
from importer.language import english, mark, tr, trn
from importer.sources.dialect import NO_DELIMITER, FoundDialect
from importer.sources.encoding import Encoding
from importer.sources.layout import Layout
from importer.tables import (
    Certainty,
    LeftOut,
    Part,
    Reading,
    SourceOptions,
    delimiter_in_words,
    header_in_words,
    unseen_delimiter,
    visible,
)

_ESCAPES = {"": "double", "\\": "backslash", "\0": "nul"}
_PREAMBLE_TOLD = 3  # rows with an address above the header; more say no more
_NO_HEADER = "none"
# What may be read in several ways, at the beginning of a sentence.
_SUBJECTS = {
    "encoding": mark("The encoding"),
    "delimiter": mark("The delimiter"),
    "quote": mark("The quote"),
    "escape": mark("The escape"),
    "header": mark("The header"),
    "sheet": mark("The sheet"),
}


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
        tr(
            "Row {row} above the header is left out, and holds an e-mail address: "
            "`source: {{header_row: ...}}` in the mapping settles where the table begins.",
            row=at,
        )
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
    cause = tr("A delimiter may be missing in the header, or stand behind every row")
    if names > cells:
        cause = tr("Cells at the end of rows may be left out")
    told = trn(
        "Most rows have {cells} cell where the header has {names}. {cause}: compare them, and "
        "write `source: {{ragged_rows: accept}}` in the mapping if each cell stands below its "
        "name.",
        "Most rows have {cells} cells where the header has {names}. {cause}: compare them, and "
        "write `source: {{ragged_rows: accept}}` in the mapping if each cell stands below its "
        "name.",
        cells,
        cells=cells,
        names=names,
        cause=cause,
    )
    return (told,)


def doubts(readings: Iterable[Reading]) -> tuple[str, ...]:
    """Make a sentence of each reading that may be wrong."""
    return tuple(
        tr(
            "{doubt}: `{line}` in the mapping settles it.",
            doubt=_doubt(reading),
            line=reading.settle,
        )
        for reading in readings
        if reading.certainty is Certainty.DOUBTFUL
    )


def _doubt(reading: Reading) -> str:
    if reading.what == "header" and english(reading.found) == _NO_HEADER:
        rows = (english(other).removeprefix("row ") for other in reading.others)
        return tr("Row {row} may be the header, or there may be none", row=joined(rows, tr(" or ")))
    found, *others = map(_said, (reading.found, *reading.others))
    subject = tr(_SUBJECTS[reading.what])
    if not others:
        return tr("{subject} may be another than {found}", subject=subject, found=found)
    return tr(
        "{subject} may be {others} as well as {found}",
        subject=subject,
        others=joined(others, tr(" or ")),
        found=found,
    )


def _said(text: str) -> str:
    """Put a delimiter in quotes, where it is no word."""
    return text if any(map(str.isalnum, text)) else in_quotes(text)


def as_mapping_value(text: str) -> str:
    """Write a text as a value of the mapping, in quotes and on one line."""
    if text.isprintable() and ('"' in text or "\\" in text):
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(f"\\{c}" if c in '"\\' else visible(c) for c in text) + '"'


def _named_or_quoted(character: str) -> str:
    """Write a delimiter or a quote as a value of the mapping: by its word, if it is not seen."""
    return unseen_delimiter(character) or as_mapping_value(character)
