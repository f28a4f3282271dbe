"""YAML documents: plain values, the line of every member, and sentences for what is wrong."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, PositiveInt, model_validator

from importer.documents import (
    LARGEST_DOCUMENT,
    DocumentModel,
    Salvaged,
    Text,
    as_text,
    near,
    parse_document,
    read_document,
    salvage,
)
from importer.documents.shape import known_members
from importer.errors import Mistake, UnusableInputError


def said(text: str | bytes, folder: Path = Path()) -> list[str]:
    """Give what is said of a text that is no document; of bytes, read from a file."""
    path = folder / "a.yaml"
    if isinstance(text, bytes):
        path.write_bytes(text)
    try:
        read = read_document(path) if isinstance(text, bytes) else parse_document(text, "a.yaml")
        mistakes = tuple(read.mistakes)
    except UnusableInputError as error:
        mistakes = error.mistakes
    assert mistakes
    return [str(mistake).replace(f"{folder}/", "") for mistake in mistakes]


# --- values ---------------------------------------------------------------------------------------


def test_members_are_plain_values_and_names_are_text() -> None:
    document = parse_document(
        "a: 1\nb: [x, 2.5, true, false, null, ~, '']\nYes: No\n01: 0x1F\n1: {true: on}\n", "a.yaml"
    )
    assert document.content == {
        "a": 1,
        "b": ["x", 2.5, True, False, None, None, ""],
        "Yes": "No",
        "01": 31,
        "1": {"true": "on"},
    }


@pytest.mark.parametrize(
    "written", ["007", "0o17", "0x1F", "1_000", "+5", "-0", "1.50", ".5", "1e3", "-1.5E+3", "true"]
)
def test_plain_values_remember_how_they_were_written(written: str) -> None:
    content = parse_document(f"a: {written}", "a.yaml").content
    assert not isinstance(content["a"], str)
    assert as_text(content["a"]) == written


@pytest.mark.parametrize(
    "written",
    [
        "yes",
        "No",
        "on",
        "OFF",
        "y",
        "True",
        "FALSE",
        "2026-10-24",
        "12:30",
        ".inf",
        "1__x",
        "=",
        "0b1",
    ],
)
def test_what_yaml_12_or_people_take_for_text_is_text(written: str) -> None:
    assert parse_document(f"a: {written}", "a.yaml").content == {"a": written}


def test_a_directive_of_yaml_11_does_not_turn_words_into_answers() -> None:
    text = "%YAML 1.1\n---\nOui: yes\nNon: no\na: on\nb: y\nc: true\n"
    assert parse_document(text, "a.yaml").content == {
        "Oui": "yes",
        "Non": "no",
        "a": "on",
        "b": "y",
        "c": True,
    }


def test_numbers_too_long_for_a_number_are_text() -> None:
    digits = "9" * 5000
    assert parse_document(f"a: {digits}", "a.yaml").content == {"a": digits}


def test_an_empty_document_has_no_content() -> None:
    for text in ("", "\n", "# nothing\n", "---\n", "---\n...\n"):
        document = parse_document(text, "a.yaml")
        assert document.content is None
        assert document.line(("a",)) == 1


def test_anchors_are_values_again() -> None:
    text = "a: &x {b: 1}\nc: [*x, *x]\nd: &x 5\ne: *x\n"
    assert parse_document(text, "a.yaml").content == {
        "a": {"b": 1},
        "c": [{"b": 1}, {"b": 1}],
        "d": 5,
        "e": 5,
    }


def test_tags_have_no_power() -> None:
    text = "a: !!python/object/apply:os.system [ls]\nb: !!str 1\nc: !secret x\n"
    assert parse_document(text, "a.yaml").content == {"a": ["ls"], "b": "1", "c": "x"}


def test_comments_stand_anywhere() -> None:
    text = "a: # one\n  b # two\n\n# three\nc: |\n  d\n# four\ne: #five\n  - f\n\n# six\n? g\n: h\n"
    assert parse_document(text, "a.yaml").content == {"a": "b", "c": "d\n", "e": ["f"], "g": "h"}


# --- lines ----------------------------------------------------------------------------------------


def test_every_member_has_its_line() -> None:
    document = parse_document("# top\na:\n  b: 1\n  c:\n    - x\n    - {d: 2}\n", "a.yaml")
    lines = {("a",): 2, ("a", "b"): 3, ("a", "c", 0): 5, ("a", "c", 1, "d"): 6}
    assert {path: document.line(path) for path in lines} == lines
    assert document.line(("a", "c", 7, "x")) == 4  # the nearest member around it
    assert document.line(("z",)) == 1
    assert document.mistake("x", "a", "b") == Mistake("x", "a.yaml", 3, 6)


def test_a_mistake_points_at_a_plain_value_or_else_at_the_name() -> None:
    document = parse_document(
        "a: 1\nb:   'x'\n'c':\n  - d\n  - {e: f, g: }\nh: {}\ni:\n  long text\n", "a.yaml"
    )
    places = {
        ("a",): (1, 4),
        ("b",): (2, 6),
        ("c",): (3, 1),
        ("c", 0): (4, 5),
        ("c", 1): (5, 5),
        ("c", 1, "e"): (5, 9),
        ("c", 1, "g"): (5, 12),
        ("h",): (6, 1),
        ("i",): (8, 3),
        ("i", "deeper"): (8, 3),
        ("z",): (1, 1),
    }
    assert {path: document.mistake("x", *path).place for path in places} == places


def test_a_mistake_of_a_name_points_at_it() -> None:
    document = parse_document("  a: 1\n  'b': [x]\n", "a.yaml")
    assert document.mistake_of_name("x", "a").place == (1, 3)
    assert document.mistake_of_name("x", "b", 0).place == (2, 9)
    assert document.mistake_of_name("x", "z", "y").place == (1, 1)


def test_what_an_anchor_repeats_is_wrong_where_it_is_repeated() -> None:
    document = parse_document("a: &x 1\nb: *x\n", "a.yaml")
    assert document.mistake("x", "a").place == (1, 4)
    assert document.mistake("x", "b").place == (2, 1)


def test_columns_are_counted_in_characters() -> None:
    document = parse_document("{Prénom été: x, 👩‍👩‍👧: y}\n", "a.yaml")
    assert document.mistake("x", "Prénom été").place == (1, 14)
    assert document.mistake_of_name("x", "👩‍👩‍👧").place == (1, 17)


def test_a_mistake_is_shown_with_what_is_known_of_its_place() -> None:
    assert str(Mistake("m")) == "m"
    assert str(Mistake("m", "a.yaml")) == "a.yaml: m"
    assert str(Mistake("m", "a.yaml", 3)) == "a.yaml:3: m"
    assert str(Mistake("m", "a.yaml", 3, 7)) == "a.yaml:3:7: m"
    assert str(Mistake("m", "a.xlsx, sheet A", row=4)) == "a.xlsx, sheet A, row 4: m"
    assert [Mistake("m", "a", *place).place for place in ((), (3,), (3, 7))] == [
        (0, 0),
        (3, 0),
        (3, 7),
    ]
    assert Mistake("m", "a", row=4).place == (4, 0)


def test_a_member_with_its_value_below_has_the_line_of_its_name() -> None:
    document = parse_document("a:\n\n  - x\nb: >\n  long\n  text\nc: 1\n", "a.yaml")
    assert [document.line((name,)) for name in "abc"] == [1, 4, 7]


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_file_is_utf_8_with_or_without_a_mark(tmp_path: Path, mark: bytes, end: bytes) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(mark + "Prénom: 1\nNom: 2\n".encode().replace(b"\n", end))
    document = read_document(path)
    assert document.file == str(path)
    assert document.content == {"Prénom": 1, "Nom": 2}
    assert document.line(("Nom",)) == 2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32"])
def test_a_file_of_another_encoding_is_said_with_the_remedy(tmp_path: Path, encoding: str) -> None:
    (mistake,) = said("Nom: 1\nPrénom: 2\n".encode(encoding), tmp_path)
    assert mistake.startswith("a.yaml:")
    assert mistake.endswith("save it as UTF-8")


def test_the_line_of_a_byte_that_is_no_utf_8_is_said(tmp_path: Path) -> None:
    assert said(b"Nom: 1\nPr\xe9nom: 2\n", tmp_path) == [
        "a.yaml:2:3: the file is not UTF-8 text: save it as UTF-8"
    ]
    assert said("é: x # ".encode() + b"\xe9\n", tmp_path)[0].startswith("a.yaml:1:8: ")


def test_a_character_that_no_text_holds_is_said_with_its_line() -> None:
    assert said("a: 1\nb: \x00\n") == [
        "a.yaml:2:4: the file holds the character U+0000, which no text has: save it as UTF-8"
    ]
    assert "U+0007" in said("a: \x07")[0]


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnusableInputError, match="there is no such file"):
        read_document(tmp_path / "absent.yaml")
    with pytest.raises(UnusableInputError, match="the file cannot be read: "):
        read_document(tmp_path)


def test_a_file_larger_than_a_document_is_not_read(tmp_path: Path) -> None:
    at_most = b"#" * (LARGEST_DOCUMENT - 1) + b"\n"
    path = tmp_path / "a.yaml"
    path.write_bytes(at_most)
    assert read_document(path).content is None
    assert said(at_most + b"\n", tmp_path) == ["a.yaml: the file is larger than a document can be"]


# --- what is no document --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: b\n\tc: d\n", "2:1", "a tab stands here"),
        ("a:\tb\n", "1:3", "a tab stands here"),
        ("a: {b: c\nd: e\n", "1:4", "a bracket that opens here is not closed"),
        ("a:\n  - [b, c\n", "2:5", "a bracket that opens here is not closed"),
        ("a: [b\nc: d]\n", "1:4", "a bracket that opens here"),
        ("a: 'b\nc: d\n", "1:4", "a quote that opens here is not closed"),
        ('a: "b\n---\n', "1:4", "a quote that opens here is not closed"),
        ("a: b: c\n", "1:5", "a colon stands where none can"),
        ("a: 1\n  b: 2\n", "2:4", "a colon stands where none can"),
        ("a: 1\nb\nc: 2\n", "2:1", "a colon is missing here"),
        ("a: [b,, c]\n", "1:7", "a value is missing here"),
        ("a: {b: c,\n", "2:1", "a bracket above is not closed"),
        ("a: {x} y\n", "1:8", "check the indentation"),
        ("a: 'x' y\n", "1:8", "check the indentation"),
        ("a: @b\n", "1:4", "a text cannot begin with this sign"),
        ("a: `b`\n", "1:4", "a text cannot begin with this sign"),
        ("a: %b\n", "1:4", "a text cannot begin with this sign"),
        ("a: *b\n", "1:4", "a text that begins with * must stand in quotes"),
        ("a: 1\n*b: 2\n", "2:1", "a text that begins with * must stand in quotes"),
        ("a: 1\n&b: 2\n", "2:1", "a text that begins with & must stand in quotes"),
        ("a: 1\n!b: 2\n", "2:1", "a text that begins with ! must stand in quotes"),
        ("a: 1\nb:2\n", "2:1", "a blank is missing after the colon"),
        ("a: * b\n", "1:4", "a text that begins with * or & must stand in quotes"),
        ("a: |b\n", "1:4", "a text that begins with | or > must stand in quotes"),
        ('a: "C:\\q"\n', "1:8", "a backslash means something of its own"),
        ('a: "\\ud800"\n', "1:4", "half a character"),
        ('"\\udfff": b\n', "1:1", "half a character"),
        ("a: 1\n---\nb: 2\n", "2:1", "a second document begins here"),
        ("a: !x!y z\n", "1:4", "this is no YAML"),
        ("%TAG\n---\na: b\n", "1:5", "this is no YAML"),
        ("? [a, b]\n: c\n", "1:3", "a member's name must be plain text"),
        ("a: 1\n<<: {b: 2}\n", "2:1", "<< is not understood here"),
        ("a: &x [*x]\n", "1:4", "the document repeats itself"),
        ("a: &x {b: *x}\n", "1:8", "the document repeats itself"),
    ],
)
def test_what_is_no_yaml_is_said_with_its_line_and_a_remedy(
    text: str, place: str, words: str
) -> None:
    (mistake,) = said(text)
    assert mistake.startswith(f"a.yaml:{place}: ")
    assert words in mistake


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a:\n  b: c\n  Lot #1: d\n  e: f\n", "3:7"),
        ("a:\n  Tél #1: b\n  c: d\n", "2:7"),
        ("a: {Lot #1: yes}\nb: c\n", "1:9"),
        ("a: [b, #c, d]\n", "1:8"),
    ],
)
def test_a_sign_that_turns_the_rest_of_a_line_into_a_comment_is_said(text: str, place: str) -> None:
    assert said(text) == [
        f"a.yaml:{place}: a # after a blank begins a comment, so the rest of the line is not read: "
        "put a text that holds # in quotes"
    ]


@pytest.mark.parametrize("text", ["a: [b # c\nd: e\n", "a: 'b # c\nd: e\n", "a: {x} y # z\n"])
def test_a_comment_is_not_blamed_for_what_it_has_no_part_in(text: str) -> None:
    (mistake,) = said(text)
    assert "begins a comment" not in mistake


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_however_they_end(end: str) -> None:
    (mistake,) = said(f"a: \u2028{end}b:{end}  Tél #1: b{end}  c: d{end}")
    assert mistake.startswith("a.yaml:3:7: a # after a blank")
    assert parse_document(f"a: # x{end}", "a.yaml").commented == {("a",)}


@pytest.mark.parametrize("text", ['a: "\\UFFFFFFFF"', "%YAML 1.11\n---\na: b", "%YAML 7.0\n---\na"])
def test_what_the_parser_chokes_on_is_no_document(text: str) -> None:
    (mistake,) = said(text)
    assert mistake.startswith("a.yaml")
    assert "YAML" in mistake


def test_every_name_that_stands_twice_is_said_at_once() -> None:
    assert said("a: 1\nb: {c: 1, c: 2}\na: 3\n1: x\n'1': y\n") == [
        'a.yaml:2:11: "c" stands here a second time (first on line 2): keep one',
        'a.yaml:3:1: "a" stands here a second time (first on line 1): keep one',
        'a.yaml:5:1: "1" stands here a second time (first on line 4): keep one',
    ]
    assert parse_document("1: x\n01: y\nYes: 1\nyes: 2\n", "a").content == {
        "1": "x",
        "01": "y",
        "Yes": 1,
        "yes": 2,
    }


def test_promise_7_the_parsers_words_never_quote_the_document() -> None:
    for text in (
        "key: *HUNTER2\n",
        "key: !HUNTER2!x y\n",
        "key: !<HUNTER2\n",
        "key: |HUNTER2\n",
        "key: %HUNTER2\n",
        "key: 'HUNTER2\n",
        "key: HUNTER2: x\n",
        "key: {HUNTER2\n",
        "key: 'a' HUNTER2\n",
        "key:HUNTER2\na: b\n",
        "%HUNTER2 x\n---\n- a\nb: c",
        "%YAML HUNTER2\n---\na: b",
        "%TAG HUNTER2\n---\na: b",
    ):
        assert "HUNTER2" not in "".join(said(text)), text


# --- documents made to hurt -----------------------------------------------------------------------


def bomb(levels: int, width: int) -> str:
    lines = [f"a0: &a0 [{', '.join(['x'] * width)}]"]
    lines += [
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * width)}]"
        for level in range(1, levels)
    ]
    return "\n".join(lines)


@pytest.mark.parametrize(("levels", "width"), [(10, 10), (4, 1000), (40, 2)])
def test_a_document_that_multiplies_itself_is_one_mistake(levels: int, width: int) -> None:
    tracemalloc.start()
    (mistake,) = said(bomb(levels, width))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "the document repeats itself" in mistake
    assert peak < 100_000_000


@pytest.mark.parametrize(
    "text",
    [
        "[" * 60 + "]" * 60,
        "[" * 5000,
        "- " * 5000,
        "".join(" " * depth + "a:\n" for depth in range(600)),
        "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 400)),
        "{a: " * 60 + "1" + "}" * 60,
    ],
    ids=["lists", "open lists", "items", "members", "a chain of anchors", "members in brackets"],
)
def test_a_document_nested_too_deeply_is_one_mistake(text: str) -> None:
    (mistake,) = said(text)
    assert "the document is nested too deeply" in mistake


def test_a_mapping_of_many_columns_is_no_bomb() -> None:
    text = "".join(f"Colonne {number}: f_Field{number}\n" for number in range(3000))
    assert len(parse_document(text, "a.yaml").content) == 3000


@given(st.text() | st.text(alphabet="ab:-?[]{}!&*|>'\"%@\\#, \n\t"))
def test_any_text_is_a_document_or_a_mistake(text: str) -> None:
    try:
        document = parse_document(text, "a.yaml")
    except UnusableInputError as error:
        assert error.mistakes  # noqa: PT017 - both ends are fine
    else:
        assert document.file == "a.yaml"


# --- shape ----------------------------------------------------------------------------------------


class Inner(DocumentModel):
    number: PositiveInt = 1
    word: Literal["one", "two"] = "one"
    sign: Literal[",", ";", "\t"] = ","
    only: Literal[1] | None = None
    small: Annotated[int, Field(ge=0, le=9)] = 0


class Outer(DocumentModel):
    name: Text
    inner: Inner = Inner()
    many: dict[str, Inner] = Field(default_factory=dict)
    listed: list[Text] = Field(default_factory=list)
    switch: bool = False
    share: float = 0.5
    other: str | int = 0

    @model_validator(mode="after")
    def _not_named_bad(self) -> Outer:
        if self.name == "bad":
            raise ValueError("nothing is named bad")
        return self


def checked(text: str, **stand_ins: Any) -> Salvaged[Outer]:
    return salvage(parse_document(text, "a.yaml"), Outer, stand_ins=stand_ins)


def test_a_right_document_is_its_content() -> None:
    read = checked("name: 01\nlisted: [1, true]\nmany: {a: {number: 2}}\n")
    assert read.mistakes == ()
    assert read.removed == frozenset()
    assert read.content is not None
    assert read.content.name == "01"
    assert read.content.listed == ["1", "true"]
    assert read.content.many["a"].number == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nam: x\nname: y", '"nam" is no member of the document. Did you mean "name"?'),
        ("zzz:\nname: y", '"zzz" is no member of the document.'),
        ("name: x\ninner: {wrod: one}", '"wrod" is no member of inner. Did you mean "word"?'),
        (
            "name: x\nmany: {a: {nmuber: 1}}",
            '"nmuber" is no member of many.a. Did you mean "number"?',
        ),
        ("{}", 'the document lacks the member "name": add it'),
        ("name:", "name has no value: write it after the colon, or on the lines below"),
        (
            "name: #1",
            "name has no value: write it after the colon, or on the lines below. What follows # is "
            "a comment: put a text that begins with # in quotes.",
        ),
        ("name: {Nom}", "name must be text: put it in quotes"),
        ("name: [a]", "name must be text: put it in quotes"),
        ("name: x\ninner: a", "inner must be members, each written as name: value"),
        ("name: x\nmany: [a]", "many must be members, each written as name: value"),
        ("name: x\nlisted: a", "listed must be a list in brackets: [a]"),
        ("name: x\nlisted: {a: b}", "listed must be a list"),
        ("name: x\nlisted: [a, [b]]", "listed.1 must be text: put it in quotes"),
        ("name: x\nswitch: oui", "switch must be true or false"),
        ("name: x\nswitch: [a]", "switch must be true or false"),
        ("name: x\nshare: half", "share must be a number"),
        ("name: x\nshare: [a]", "share must be a number"),
        ("name: x\ninner: {number: ten}", "inner.number must be a whole number"),
        ("name: x\ninner: {number: 1.5}", "inner.number must be a whole number"),
        ("name: x\ninner: {number: []}", "inner.number must be a whole number"),
        ("name: x\ninner: {number: 0}", "inner.number must be greater than 0"),
        (
            "name: x\ninner: {word: on}",
            'inner.word cannot be "on"; it can be one, two. Did you mean "one"?',
        ),
        ("name: x\ninner: {small: -1}", "inner.small must be 0 or more"),
        ("name: x\ninner: {small: 10}", "inner.small must be 9 or less"),
        ("name: x\ninner: {word: [a]}", "inner.word can only be one, two"),
        ("name: x\ninner: {sign: '|'}", 'inner.sign cannot be "|"; it can be ",", ";", "\\t".'),
        ("name: x\ninner: {only: 2}", 'inner.only cannot be "2"; it can be 1.'),
        ("name: bad", "the document: nothing is named bad"),
        ("[]", "the document must be members, each written as name: value"),
        ("[{a: b}]", "the document must be members, each written as name: value"),
        ("x", "the document must be members, each written as name: value"),
    ],
)
def test_what_is_wrong_is_a_sentence(text: str, sentence: str) -> None:
    (mistake,) = checked(text).mistakes
    assert mistake.message == sentence
    assert mistake.file == "a.yaml"


def test_a_kind_of_mistake_without_a_sentence_of_ours_is_said_all_the_same() -> None:
    class Short(DocumentModel):
        name: str = Field(max_length=2)

    (mistake,) = salvage(parse_document("name: abc", "a.yaml"), Short, stand_ins={}).mistakes
    assert mistake.message.startswith("name: ")


def test_mistakes_stand_in_the_order_of_their_places() -> None:
    text = "switch: oui\nshare: x\nmany:\n  b: {number: 0}\n  a: {word: x}\nzzz: 1\n"
    mistakes = checked(text).mistakes
    assert [m.line for m in mistakes] == [1, 1, 2, 4, 5, 6]


def test_what_is_right_is_left_when_what_is_wrong_is_taken_out() -> None:
    read = checked(
        "name: n\nswitch: oui\nlisted: [a, [b], c, {d: e}]\nzzz: 1\n"
        "many: {a: {number: 0}, b: {number: 2, x: y}, c: d}\n"
    )
    assert len(read.mistakes) == 7
    assert read.removed == {
        ("switch",),
        ("listed", 1),
        ("listed", 3),
        ("zzz",),
        ("many", "a", "number"),
        ("many", "b", "x"),
        ("many", "c"),
    }
    assert read.content is not None
    assert read.content.listed == ["a", "c"]
    assert {name: inner.number for name, inner in read.content.many.items()} == {"a": 1, "b": 2}


def test_a_member_that_is_lacking_at_the_top_has_a_stand_in() -> None:
    read = checked("switch: true\n", name="somebody")
    assert read.content is not None
    assert (read.content.name, read.content.switch) == ("somebody", True)
    assert read.removed == {("name",)}
    assert [m.message for m in read.mistakes] == ['the document lacks the member "name": add it']
    wrong = checked("name: [a]\n", name="somebody")
    assert wrong.content is not None
    assert wrong.content.name == "somebody"
    assert wrong.removed == {("name",)}


def test_nothing_is_left_of_what_cannot_be_mended() -> None:
    for text in ("{}", "name: bad", "name: []", "[]", "x"):
        assert checked(text).content is None
    assert checked("{}").mistakes[0].message == 'the document lacks the member "name": add it'


@pytest.mark.parametrize("text", ["", "# to be written\n", "---\n"])
def test_an_empty_document_is_one_mistake(text: str) -> None:
    (mistake,) = checked(text).mistakes
    assert str(mistake) == "a.yaml:1:1: the document is empty: it needs name"


def test_what_stands_twice_hides_no_other_mistake() -> None:
    found = checked("name: n\nname: o\nzzz: 1\nswitch: perhaps\n")
    assert [mistake.line for mistake in found.mistakes] == [2, 3, 4]
    assert found.content is not None
    assert checked("name: n\nname: o\n").mistakes[0].line == 2


def test_half_a_character_hides_no_other_mistake() -> None:
    document = parse_document('name: "a\\ud800b"\nzzz: 1\n', "a.yaml")
    assert document.content["name"] == "a\ufffdb"
    assert [mistake.line for mistake in salvage(document, Outer, stand_ins={}).mistakes] == [1, 2]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("bad\u00a0", "bad[no-break space]"),
        ("bad\u200b", "bad[zero width space]"),
        ("bad\ny", "bad[line break]y"),
        ("bad\ty", "bad[tab]y"),
        ("bad\u0085", "bad[U+0085]"),
        ("👩\u200d👧", "👩\u200d👧"),
    ],
)
def test_characters_that_nobody_sees_are_named(written: str, shown: str) -> None:
    document = parse_document("a: 1\n", "a.yaml")
    assert document.mistake(f'no "{written}"', "a").message == f'no "{shown}"'
    assert document.mistake_of_name(f'no "{written}"', "a").message == f'no "{shown}"'


def test_a_document_is_not_changed_by_being_checked() -> None:
    document = parse_document("name: n\nzzz: [1]\n", "a.yaml")
    salvage(document, Outer, stand_ins={})
    assert document.content == {"name": "n", "zzz": [1]}


def test_members_are_known_by_their_place() -> None:
    assert known_members(Outer, ("inner",)) == ["number", "only", "sign", "small", "word"]
    assert known_members(Outer, ("many", "a")) == ["number", "only", "sign", "small", "word"]
    assert known_members(Outer, ("listed", 0)) == []
    assert known_members(Outer, ("zzz",)) == []
    assert "switch" in known_members(Outer, ())


# --- nearest names --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("Courriel", ["Courriels", "Nom"], ' Did you mean "Courriels"?'),
        ("courriel", ["COURRIEL", "Nom"], ' Did you mean "COURRIEL"?'),
        ("Nom", ["Nom de famille", "Ville"], ' Did you mean "Nom de famille"?'),
        ("mode", ["modes", "model"], ' Did you mean "modes" or "model"?'),
        ("aaaa", ["aaab", "aaac", "aaad", "aaae"], ' Did you mean "aaab", "aaac" or "aaad"?'),
        ("Code", ["Ville", "Pays"], ""),
        ("no", ["Nothing at all"], ""),
        ("", ["Nom"], ""),
        ("Nom", [], ""),
    ],
)
def test_the_nearest_names_are_asked_for(name: str, known: list[str], hint: str) -> None:
    assert near(name, known) == hint
