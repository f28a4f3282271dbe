"""What is written as YAML is read back as it was meant, whatever characters it holds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from importer.documents import Writable, as_text, comment, inline, member, parse_document, quoted

NASTY = [
    "No", "yes", "1", "007", "1.5", "0x1F", "1e3", ".inf", "12:30", "2026-10-24", "true", "Null",
    "~", "", " ", " a ", "a: b", "a:", ":a", "#x", "a #b", "a#b", "- x", "-", "---", "...", "? a",
    "<<", "=", "*a", "&b", "!c", "%d", "@e", "`f`", "|", ">", "a'b", 'a"b', "'", '"', "\\", "a\\b",
    "a\nb", "a\r\nb", "a\tb", "\ufeffa", "\x85", "\u2028", "\u200b", "\xa0a", "\x00", "\x7f", "é",
    "a,b", "[a]", "{a}", "a]", "x" * 3000, "é" * 1024, "\n" * 600, "👩‍👩‍👧", "C:\\x", "oui", "on",
]  # fmt: skip
TEXTS = (
    st.text(st.characters(codec="utf-8"))
    | st.sampled_from(NASTY)
    | st.text(alphabet="ab:-?[]{}!&*|>'\"%@\\#, \n\tNo1.")
)
MEMBERS = st.dictionaries(
    TEXTS, TEXTS | st.lists(TEXTS, max_size=3) | st.dictionaries(TEXTS, TEXTS, max_size=3)
)


@pytest.mark.parametrize("text", NASTY)
def test_a_nasty_text_is_itself_again_as_a_name_and_as_a_value(text: str) -> None:
    assert parse_document(f"{quoted(text)}\n", "a").content == text
    assert parse_document(f"{member(text, text)}\n", "a").content == {text: text}
    assert parse_document(inline({text: [text, {text: text}]}), "a").content == {
        text: [text, {text: text}]
    }


@given(MEMBERS, TEXTS)
def test_any_members_are_themselves_again(members: dict[str, Any], remark: str) -> None:
    lines = list(comment(remark, indent=2))
    for name, value in members.items():
        lines += [*comment(remark, indent=2), member(name, value, indent=2, pad=20)]
    text = "\n".join(["a:", *lines]) + "\n"
    assert parse_document(text, "a").content == {"a": members or None}
    assert parse_document(inline(members), "a").content == members


@given(TEXTS)
def test_another_reader_of_yaml_12_reads_the_same(text: str) -> None:
    assert YAML(typ="safe", pure=True).load(f"a: {quoted(text)}\n") == {"a": text}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Prénom", "Prénom"),
        ("E-mail 1 - Value", "E-mail 1 - Value"),
        ("Tél.", "Tél."),
        ("Adresse (2)", "Adresse (2)"),
        ("f_LastName", "f_LastName"),
        ("DD/MM/YYYY", "DD/MM/YYYY"),
        ("yes", "yes"),
        ("no", "no"),
        ("No", '"No"'),
        ("Y", '"Y"'),
        ("TRUE", '"TRUE"'),
        ("1er contact", '"1er contact"'),
        ("a: b", '"a: b"'),
        ('dit "x"', "'dit \"x\"'"),
        ('l\'"x"', "'l''\"x\"'"),
        ("a\nb", '"a\\nb"'),
        ("a\xa0b", '"a\\xa0b"'),
        ("a\u2028b", '"a\\u2028b"'),
        ("a\U000e0001b", '"a\\U000e0001b"'),
    ],
)
def test_quotes_stand_where_they_are_needed(text: str, written: str) -> None:
    assert quoted(text) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (False, "false"),
        (None, "null"),
        (30, "30"),
        (1.5, "1.5"),
        ([], "[]"),
        ({}, "{}"),
        (["a", "b, c"], '[a, "b, c"]'),
        ({"field": "f_A", "required": True}, "{field: f_A, required: true}"),
        ({"Oui": "yes", "Non": "no"}, "{Oui: yes, Non: no}"),
    ],
)
def test_values_are_written_on_one_line(value: Writable, written: str) -> None:
    assert inline(value) == written
    read = parse_document(f"a: {written}", "a").content["a"]
    assert read == value
    assert as_text(read) is not False


def test_values_stand_in_one_column() -> None:
    assert member("Nom", "f_A", indent=2, pad=8) == "  Nom:     f_A"
    assert member("Un nom plus long", "f_A", indent=2, pad=8) == "  Un nom plus long: f_A"


def test_a_comment_is_a_comment_on_every_line() -> None:
    assert list(comment("un\ndeux\r\n\n trois\x00", indent=2)) == [
        "  # un",
        "  # deux",
        "  #",
        "  #  trois\\x00",
    ]
    assert list(comment("")) == ["#"]
