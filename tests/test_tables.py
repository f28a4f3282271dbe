"""What is said of a table, in words."""

from __future__ import annotations

import pytest

from importer.tables import (
    COMMON_ENCODINGS,
    DELIMITER_WORDS,
    NO_HEADER,
    QUOTES,
    LeftOut,
    Part,
    TableDescription,
    delimiter_in_words,
    delimiter_problem,
    encoding_named,
    header_in_words,
    place_of,
    quote_problem,
)


@pytest.mark.parametrize(
    ("part", "one", "several"),
    [
        (Part.PREAMBLE, "row 7 above the header", "rows 7 to 9 above the header"),
        (Part.BLANK_ROWS, "blank row 7", "3 blank rows"),
        (Part.HIDDEN_ROWS, "hidden row 7", "3 hidden rows"),
        (Part.FOOTER, "row 7 below the table", "rows 7 to 9 below the table"),
        (Part.BELOW_LAST_ROW, "row 7 below the last row that the mapping names",
         "rows 7 to 9 below the last row that the mapping names"),
        (Part.OTHER_TABLE, "row 7 of another table", "rows 7 to 9 of another table"),
    ],
)  # fmt: skip
def test_each_part_of_a_file_that_is_no_contact_has_its_words(
    part: Part, one: str, several: str
) -> None:
    assert LeftOut(part, 7, 7, 1).words == one
    assert LeftOut(part, 7, 9, 3).words == several


def test_a_header_has_a_place_of_one_row_or_several_or_none() -> None:
    assert header_in_words(3, 1) == "row 3"
    assert header_in_words(3, 2) == "rows 3 to 4"
    assert header_in_words(NO_HEADER, 1) == "none"


def test_delimiters_that_cannot_be_seen_have_names() -> None:
    shown = [delimiter_in_words(text) for text in ("\t", " ", "", ";", ", ")]
    assert shown == ["tab", "space", "none", ";", ", "]
    shown = [delimiter_in_words(text) for text in ("\x01", "\t|", "\u2028", "¦")]
    assert shown == ["\\x01", "\\t|", "\\u2028", "¦"]


@pytest.mark.parametrize("delimiter", ["", ";;;;;", '"', 'a"', "\n", "\r", "\0", "\x1f"])
def test_what_a_cell_could_not_be_told_from_is_no_delimiter(delimiter: str) -> None:
    assert "1 to 4 characters are needed" in (delimiter_problem(delimiter) or "")


@pytest.mark.parametrize("delimiter", [*DELIMITER_WORDS.values(), "||", ";;;;", "\x01", "'"])
def test_most_characters_may_stand_between_cells(delimiter: str) -> None:
    assert not delimiter or delimiter_problem(delimiter) is None


def test_a_quote_is_one_of_two_and_no_part_of_the_delimiter() -> None:
    assert [quote_problem(quote, ";") for quote in QUOTES] == [None, None]
    assert "each in quotes" in (quote_problem("|", ";") or "")
    assert "cannot hold the quote" in (quote_problem("'", ";'") or "")


def test_an_encoding_has_many_names_and_one_codec() -> None:
    names = ("UTF8", "utf-8-sig", " Latin1 ", "cp1252", "1252", "mac_roman", "utf_16_le")
    assert [encoding_named(name) for name in names] == [
        "utf-8", "utf-8", "iso8859-1", "cp1252", "cp1252", "mac-roman", "utf-16-le",
    ]  # fmt: skip
    assert all(map(encoding_named, COMMON_ENCODINGS))


@pytest.mark.parametrize(
    "name",
    ["", "klingon", "\0", "é", "idna", "punycode", "unicode_escape", "raw_unicode_escape",
     "undefined", "rot13", "base64", "zlib"],
)  # fmt: skip
def test_what_turns_text_into_other_text_is_no_encoding_of_files(name: str) -> None:
    assert encoding_named(name) is None


def test_a_table_is_named_with_its_sheet() -> None:
    text = TableDescription("a.csv", "", "csv", (), header_row=1)
    sheet = TableDescription("a.xlsx", "June", "xlsx", (), header_row=1)
    assert (text.shown, text.place) == ("a.csv", "a.csv")
    assert (sheet.shown, sheet.place) == ("a.xlsx, sheet June", "a.xlsx, sheet June,")


def test_the_place_of_a_row_names_the_sheet_where_there_is_one() -> None:
    assert place_of("people.csv", "", 7) == "people.csv, row 7"
    assert place_of("people.xlsx", "May", 7) == "people.xlsx, sheet May, row 7"
