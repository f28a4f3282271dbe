"""What is said of a table, in words."""

from __future__ import annotations

import pytest

from importer.tables import (
    NO_HEADER,
    LeftOut,
    Part,
    TableDescription,
    delimiter_in_words,
    header_in_words,
)


@pytest.mark.parametrize(
    ("part", "one", "several"),
    [
        (Part.PREAMBLE, "row 7 above the header", "rows 7 to 9 above the header"),
        (Part.BLANK_ROWS, "blank row 7", "3 blank rows"),
        (Part.HIDDEN_ROWS, "hidden row 7", "3 hidden rows"),
        (Part.FOOTER, "row 7 below the table", "rows 7 to 9 below the table"),
        (Part.OTHER_TABLE, "row 7 of another table", "rows 7 to 9 of another table"),
    ],
)
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


def test_a_table_is_named_with_its_sheet() -> None:
    text = TableDescription("a.csv", "", "csv", (), header_row=1)
    sheet = TableDescription("a.xlsx", "June", "xlsx", (), header_row=1)
    assert (text.shown, text.place) == ("a.csv", "a.csv")
    assert (sheet.shown, sheet.place) == ("a.xlsx, sheet June", "a.xlsx, sheet June,")
