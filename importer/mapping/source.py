"""The ``source:`` section: what a mapping settles of how a file is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, WithJsonSchema

from importer.documents import DocumentModel, Text, near
from importer.language import tr
from importer.tables import (
    COMMON_ENCODINGS,
    DELIMITER_WORDS,
    FILE_END,
    NO_HEADER,
    QUOTES,
    Acceptance,
    Inclusion,
    SourceOptions,
    delimiter_problem,
    encoding_named,
    quote_problem,
)

if TYPE_CHECKING:
    from importer.mapping.rules import Say

_NONE = "none"
_DELIMITERS = DELIMITER_WORDS | {"\\t": "\t"}
_MOST_HEADER_ROWS = 5


def _read_delimiter(delimiter: str) -> str:
    """Turn a word into its character; "" stands for a file of one column."""
    known = _DELIMITERS.get(delimiter.strip().casefold())
    if known is not None:
        return known
    if len(delimiter) > 1 and delimiter[0].isalpha() and delimiter[-1].isalpha():
        sentence = tr(
            '"{text}" is no delimiter: write its characters in quotes, such as ";", or one '
            "of the words {words}",
            text=delimiter,
            words=", ".join(DELIMITER_WORDS),
        )
        raise ValueError(_hinted(sentence, near(delimiter, DELIMITER_WORDS)))
    if (problem := delimiter_problem(delimiter)) is not None:
        raise ValueError(problem)
    return delimiter


def _read_quote(quote: str) -> str:
    """Turn ``none`` into no character at all."""
    if quote == _NONE:
        return ""
    if (problem := quote_problem(quote, "")) is not None:
        raise ValueError(problem)
    return quote


def _check_encoding(encoding: str) -> str:
    if encoding_named(encoding) is None:
        sentence = tr("{text} is no encoding of text files, such as utf-8 or cp1252", text=encoding)
        raise ValueError(_hinted(sentence, near(encoding, COMMON_ENCODINGS)))
    return encoding


def _hinted(sentence: str, hint: str) -> str:
    return tr("{sentence}.{hint}", sentence=sentence, hint=hint) if hint else sentence


def _row_or(word: str, meaning: int) -> Callable[[object], object]:
    """Make a reader of row numbers that also takes a word."""

    def read(value: object) -> object:
        text = value.strip().casefold() if isinstance(value, str) else ""
        if text == word:
            return meaning
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(
                tr("write the row's number, as a spreadsheet shows it, or {word}", word=word)
            )
        return int(value)

    return read


def _count_header_rows(value: object) -> object:
    if isinstance(value, bool) or value not in range(1, _MOST_HEADER_ROWS + 1):
        raise ValueError(
            tr("write how many rows the header has, 1 to {most}", most=_MOST_HEADER_ROWS)
        )
    return value


def _row_schema(word: str) -> Any:
    return {"anyOf": [{"type": "integer", "exclusiveMinimum": 0}, {"const": word}]}


class SourceSection(DocumentModel):
    """How the file is to be read; what is left out is found out."""

    sheet: Text | None = Field(
        None, description="The sheet's name, its number from 1, or all; --sheet goes before it."
    )
    header_row: (
        Annotated[
            int, BeforeValidator(_row_or(_NONE, NO_HEADER)), WithJsonSchema(_row_schema(_NONE))
        ]
        | None
    ) = Field(
        None,
        description="The number of the header's first row, as a spreadsheet shows it; none: there "
        "is no header, and the columns are called column 1, column 2 and so on.",
    )
    header_rows: (
        Annotated[
            int,
            BeforeValidator(_count_header_rows),
            WithJsonSchema({"enum": [*range(1, _MOST_HEADER_ROWS + 1)]}),
        ]
        | None
    ) = Field(None, description="How many rows the header has.")
    last_row: (
        Annotated[
            int, BeforeValidator(_row_or("end", FILE_END)), WithJsonSchema(_row_schema("end"))
        ]
        | None
    ) = Field(
        None,
        description="The number of the table's last row; end: every row down to the file's end "
        "belongs to it.",
    )
    delimiter: (
        Annotated[
            str,
            AfterValidator(_read_delimiter),
            WithJsonSchema({"type": "string", "minLength": 1}),
        ]
        | None
    ) = Field(
        None,
        description="What stands between two cells: one to four characters, or a word: tab, "
        "comma, semicolon, pipe, space, colon; none: there is one column.",
    )
    quote: (
        Annotated[
            str,
            AfterValidator(_read_quote),
            WithJsonSchema({"enum": [*QUOTES, _NONE]}),
        ]
        | None
    ) = Field(None, description="The character around quoted cells; none: quotes are plain text.")
    escape: Literal["double", "backslash", "nul"] | None = Field(
        None,
        description="How a quote is written inside a quoted cell: twice, or after a backslash or "
        "a NUL.",
    )
    encoding: Annotated[Text, AfterValidator(_check_encoding)] | None = Field(
        None, description="The encoding of a text file, such as utf-8 or cp1252."
    )
    ragged_rows: Literal["accept", "refuse"] | None = Field(
        None,
        description="Rows with more or fewer cells than the header are invalid, unless they are "
        "accepted: missing cells are blank then, and those beyond the header are left out.",
    )
    other_tables: Literal["leave-out"] | None = Field(
        None,
        description="Rows of another table below the first are invalid, unless they are left out.",
    )
    hidden_rows: Literal["include", "leave-out"] | None = Field(
        None,
        description="Whether rows that the sheet hides are imported; without it they are, and "
        "sending needs a person who is asked.",
    )
    formulas: Literal["accept", "refuse"] | None = Field(
        None,
        description="Whether cells computed by formulas count; without it they do, and where they "
        "are consents, sending needs a person who is asked.",
    )
    repair_text: StrictBool | None = Field(
        None, description="Whether text that was decoded twice (HÃ©lÃ¨ne) is mended."
    )


def source_options(section: SourceSection, say: Say) -> SourceOptions:
    """Give what the section settles. What contradicts itself in it is said, not raised."""
    _check_rows(section, say)
    if section.delimiter and section.quote:
        problem = quote_problem(section.quote, section.delimiter)
        if problem is not None:
            say(problem, "delimiter")
    return SourceOptions(
        sheet=section.sheet,
        header_row=section.header_row,
        header_rows=section.header_rows,
        last_row=section.last_row,
        delimiter=section.delimiter,
        quote=section.quote,
        escape=section.escape,
        encoding=section.encoding,
        repair_text=section.repair_text,
        ragged_rows=Acceptance(section.ragged_rows) if section.ragged_rows else None,
        other_tables=Inclusion(section.other_tables) if section.other_tables else None,
        hidden_rows=Inclusion(section.hidden_rows) if section.hidden_rows else None,
        formulas=Acceptance(section.formulas) if section.formulas else None,
    )


def _check_rows(section: SourceSection, say: Say) -> None:
    if section.header_row == NO_HEADER:
        if section.header_rows is not None:
            sentence = tr("header_row: none says that there is no header: leave `header_rows` out")
            say(sentence, "header_rows")
        return
    if section.header_row is None and section.header_rows is None:
        return
    below = (section.header_row or 1) + (section.header_rows or 1)
    if section.last_row not in {None, FILE_END} and section.last_row < below:
        sentence = tr(
            "the table's last row, {row}, must be below its header: row {first} is the first that "
            "can be",
            row=section.last_row,
            first=below,
        )
        say(sentence, "last_row")
