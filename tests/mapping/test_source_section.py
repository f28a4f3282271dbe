"""The ``source:`` section: what it settles, word by word, and what contradicts itself in it."""

from __future__ import annotations

from typing import Any

import pytest

from importer.tables import FILE_END, NO_HEADER, Choice, SourceOptions
from tests.mapping.reading import HEAD, applied, mapping_of, mistakes_of


def options_of(members: str) -> SourceOptions:
    return mapping_of(f"{HEAD}source: {{{members}}}\n").source


def sentences_of(members: str) -> list[str]:
    return [mistake.message for mistake in mistakes_of(f"{HEAD}source: {{{members}}}\n")]


def test_without_a_section_everything_is_to_be_found_out() -> None:
    assert mapping_of(HEAD).source == SourceOptions()
    assert mapping_of(f"{HEAD}source: {{}}\n").source == SourceOptions()


@pytest.mark.parametrize(
    ("members", "settled"),
    [
        ("sheet: 2", {"sheet": "2"}),
        ("header_row: 3", {"header_row": 3}),
        ("header_row: '3'", {"header_row": 3}),
        ("header_row: none", {"header_row": NO_HEADER}),
        ("header_rows: 5", {"header_rows": 5}),
        ("last_row: 120", {"last_row": 120}),
        ("last_row: end", {"last_row": FILE_END}),
        ("last_row: END", {"last_row": FILE_END}),
        ("last_row: 1", {"last_row": 1}),
        ("quote: '\"'", {"quote": '"'}),
        ('quote: "\'"', {"quote": "'"}),
        ("quote: none", {"quote": ""}),
        ("quote: none, escape: backslash", {"quote": "", "escape": "backslash"}),
        ("escape: double", {"escape": "double"}),
        ("escape: nul", {"escape": "nul"}),
        ("encoding: mac_roman", {"encoding": "mac_roman"}),
        ("ragged_rows: accept", {"ragged_rows": Choice.ACCEPT}),
        ("ragged_rows: refuse", {"ragged_rows": Choice.REFUSE}),
        ("other_tables: leave-out", {"other_tables": Choice.LEAVE_OUT}),
        ("hidden_rows: include", {"hidden_rows": Choice.INCLUDE}),
        ("hidden_rows: leave-out", {"hidden_rows": Choice.LEAVE_OUT}),
        ("formulas: accept", {"formulas": Choice.ACCEPT}),
        ("formulas: refuse", {"formulas": Choice.REFUSE}),
        ("repair_text: true", {"repair_text": True}),
        ("repair_text: false", {"repair_text": False}),
        ("header_row: 2, header_rows: 2, last_row: 4",
         {"header_row": 2, "header_rows": 2, "last_row": 4}),
        ("header_row: none, last_row: 1", {"header_row": NO_HEADER, "last_row": 1}),
        ("header_row: 7, last_row: end", {"header_row": 7, "last_row": FILE_END}),
    ],
)  # fmt: skip
def test_each_line_settles_one_thing(members: str, settled: dict[str, Any]) -> None:
    assert options_of(members) == SourceOptions(**settled)


@pytest.mark.parametrize(
    ("written", "character"),
    [
        ("tab", "\t"), ("Tab", "\t"), ("'\\t'", "\t"), ('"\\t"', "\t"),
        ("comma", ","), ("semicolon", ";"), ("pipe", "|"), ("space", " "), ("colon", ":"),
        ("none", ""), ("';'", ";"), ("' '", " "), ("', '", ", "), ("'||'", "||"),
        ("'~|~'", "~|~"), ("x", "x"), ("';;;;'", ";;;;"),
    ],
)  # fmt: skip
def test_a_delimiter_is_a_word_or_up_to_four_characters(written: str, character: str) -> None:
    assert options_of(f"delimiter: {written}").delimiter == character


@pytest.mark.parametrize("written", ["''", "';;;;;'", "'\"'", "'a\"'", '"\\n"', '"\\0"', "[]"])
def test_what_cannot_stand_between_cells_is_no_delimiter(written: str) -> None:
    assert sentences_of(f"delimiter: {written}")


def test_a_word_that_is_no_delimiter_is_told_the_nearest() -> None:
    (sentence,) = sentences_of("delimiter: semicolons")
    assert 'Did you mean "semicolon"' in sentence
    (sentence,) = sentences_of("delimiter: xyz")
    assert sentence.endswith("space, colon, none")


@pytest.mark.parametrize(
    "members",
    [
        "header_row: 0", "header_row: -1", "header_row: true", "header_row: 1.5",
        "header_row: end", "header_row: '²'", "last_row: 0", "last_row: none",
        "header_rows: 0", "header_rows: 6", "header_rows: true", "header_rows: two",
        "quote: '|'", "quote: ''", "other_tables: include", "repair_text: perhaps",
    ],
)  # fmt: skip
def test_what_is_none_of_the_choices_is_one_sentence(members: str) -> None:
    (sentence,) = sentences_of(members)
    assert f"source.{members.partition(':')[0]}" in sentence


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ("header_row: none, header_rows: 1", "leave `header_rows` out"),
        ("header_row: 5, last_row: 5", "row 6 is the first that can be"),
        ("header_row: 5, last_row: 2", "row 6 is the first that can be"),
        ("header_row: 5, header_rows: 3, last_row: 7", "row 8 is the first that can be"),
        ("header_rows: 3, last_row: 3", "row 4 is the first that can be"),
        ('delimiter: "\'", quote: "\'"', "the delimiter cannot hold the quote"),
    ],
)
def test_lines_that_contradict_each_other_are_refused(members: str, said: str) -> None:
    (sentence,) = sentences_of(members)
    assert said in sentence


def test_a_contradiction_names_its_line() -> None:
    (mistake,) = mistakes_of(f"{HEAD}source:\n  header_row: 9\n  last_row: 8\n")
    assert (mistake.file, mistake.line) == ("newsletter.yaml", 7)


def test_columns_of_a_file_without_a_header_are_mapped_by_their_position() -> None:
    text = (
        "name: n\ntarget: dialog-insight\nsource: {header_row: none}\n"
        "columns: {column 1: key_f_EMail, Column 3: f_LastName, column 2: ignore}\n"
        "computed: {f_FullName: '{column 3}'}\n"
    )
    cells = {"column 1": ["a@b.ca"], "column 2": ["x"], "column 3": ["Roy"]}
    assert applied(text, cells) == {
        "key_f_EMail": ["a@b.ca"], "f_LastName": ["Roy"], "f_FullName": ["Roy"],
    }  # fmt: skip
