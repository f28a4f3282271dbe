"""The ``source:`` section: what it settles, word by word, and what contradicts itself in it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from importer.sources.dialect import CANDIDATES, NO_DELIMITER, Dialect, FoundDialect
from importer.sources.readings import as_mapping_value, of_dialect
from importer.tables import FILE_END, NO_HEADER, Acceptance, Certainty, Inclusion, SourceOptions
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
        ("delimiter: ';', quote: '\"'", {"delimiter": ";", "quote": '"'}),
        ("escape: double", {"escape": "double"}),
        ("escape: nul", {"escape": "nul"}),
        ("encoding: mac_roman", {"encoding": "mac_roman"}),
        ("ragged_rows: accept", {"ragged_rows": Acceptance.ACCEPT}),
        ("ragged_rows: refuse", {"ragged_rows": Acceptance.REFUSE}),
        ("other_tables: leave-out", {"other_tables": Inclusion.LEAVE_OUT}),
        ("hidden_rows: include", {"hidden_rows": Inclusion.INCLUDE}),
        ("hidden_rows: leave-out", {"hidden_rows": Inclusion.LEAVE_OUT}),
        ("formulas: accept", {"formulas": Acceptance.ACCEPT}),
        ("formulas: refuse", {"formulas": Acceptance.REFUSE}),
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


@pytest.mark.parametrize("encoding", ["idna", "punycode", "unicode_escape", "rot13", "utf-9"])
def test_an_encoding_that_no_file_has_is_told_with_its_line(encoding: str) -> None:
    text = f"{HEAD}source:\n  header_row: 2\n  encoding: {encoding}\n"
    (mistake,) = mistakes_of(text)
    assert mistake.line == 7
    assert f"{encoding} is no encoding of text files, such as utf-8 or cp1252" in mistake.message
    assert ('Did you mean "utf-8"' in mistake.message) == (encoding == "utf-9")


@pytest.mark.parametrize(
    "delimiter", [*CANDIDATES, NO_DELIMITER, "\x85", "\u2028", "\xa0", ";\tb", "\\\t"]
)
def test_the_line_that_settles_a_delimiter_can_be_pasted(delimiter: str) -> None:
    found = FoundDialect(Dialect(delimiter), Certainty.DOUBTFUL, (",",))
    reading, *_ = of_dialect(found, SourceOptions())
    assert reading.settle.isprintable()
    assert reading.found.isprintable()
    settled = mapping_of(f"{HEAD}{reading.settle}\n").source
    assert settled == SourceOptions(delimiter=delimiter.replace(NO_DELIMITER, ""))


@pytest.mark.parametrize("quote", ['"', "'", ""])
@pytest.mark.parametrize("escape", ["", "\\", "\0"])
def test_the_lines_that_settle_quotes_can_be_pasted(quote: str, escape: str) -> None:
    found = FoundDialect(Dialect(";", quote, escape), Certainty.LIKELY)
    _, *lines = [reading.settle for reading in of_dialect(found, SourceOptions())]
    words = {"": "double", "\\": "backslash", "\0": "nul"}
    settled = [mapping_of(f"{HEAD}{line}\n").source for line in lines]
    assert settled == [SourceOptions(quote=quote), SourceOptions(escape=words[escape])]


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
@example('A"B')
@example("'A' \\ \"B\"\t")
def test_any_text_can_be_written_as_a_value_of_the_mapping(text: str) -> None:
    written = as_mapping_value(text)
    assert written.isprintable()
    settled = mapping_of(f"{HEAD}  {as_mapping_value('x' + text)}: ignore\n")
    assert settled.columns[1].header == "x" + text
    if text == text.strip():
        assert options_of(f"sheet: {written}").sheet == text


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
