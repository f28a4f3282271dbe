from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.checking import CHECKS
from importer.field_rules import (
    Blank,
    Case,
    FieldRule,
    OnInvalid,
    Other,
    Take,
    ValueType,
)

from .columns import KEY, checked_of, column, column_of, rule_of

SHARED = Path(__file__).parents[3] / "shared"
VALUES = (("Oui", "yes"), ("Non", "no"), ("?", "leave"))
RULES: dict[ValueType, tuple[FieldRule, ...]] = {
    ValueType.TEXT: (
        rule_of(ValueType.TEXT),
        rule_of(ValueType.TEXT, case=Case.UPPER, max_length=4, pattern="[A-Z]+"),
        rule_of(ValueType.TEXT, case=Case.LOWER, values=(("a", "b"), ("c", ""))),
        rule_of(ValueType.TEXT, case=Case.TITLE, max_length=3, truncate=True, pattern=r"(?=\w).*"),
        rule_of(ValueType.TEXT, replace=(("a", ""), (".", "a b")), take=Take.ALL_BUT_FIRST),
    ),
    ValueType.CHOICE: (rule_of(ValueType.CHOICE, values=(("a", "b"),)),),
    ValueType.EMAIL: (rule_of(ValueType.EMAIL),),
    ValueType.PHONE: tuple(
        rule_of(ValueType.PHONE, region=region) for region in ("CA", "US", "FR", "DE", None)
    ),
    ValueType.DATE: (
        rule_of(ValueType.DATE),
        rule_of(ValueType.DATE, format="DD/MM/YYYY"),
        rule_of(ValueType.DATE, format="M.D.YYYY HH:mm"),
    ),
    ValueType.DATETIME: (
        rule_of(ValueType.DATETIME),
        rule_of(ValueType.DATETIME, format="DD/MM/YYYY HH:mm:ss"),
    ),
    ValueType.INTEGER: (
        rule_of(ValueType.INTEGER),
        rule_of(ValueType.INTEGER, decimal="comma"),
    ),
    ValueType.DECIMAL: (
        rule_of(ValueType.DECIMAL),
        rule_of(ValueType.DECIMAL, decimal="comma"),
        rule_of(ValueType.DECIMAL, decimal="point", take=Take.LAST_WORD),
    ),
    ValueType.BOOLEAN: (rule_of(ValueType.BOOLEAN), rule_of(ValueType.BOOLEAN, values=VALUES[:2])),
    ValueType.CONSENT: (rule_of(ValueType.CONSENT), rule_of(ValueType.CONSENT, values=VALUES)),
    ValueType.POSTAL: tuple(
        rule_of(ValueType.POSTAL, region=region) for region in ("CA", "US", "FR", "DE", None)
    ),
    ValueType.LIST: (
        rule_of(ValueType.LIST),
        rule_of(ValueType.LIST, separator=",", values=(("a", "b|c"),), other=Other.REJECT),
        rule_of(ValueType.LIST, separator="/", values=(("a", ""),), blank=Blank.REJECT),
    ),
}
# Texts that come near to meaning something, among any others.
near = st.one_of(
    st.text(),
    st.text(alphabet="0123456789+-.,()/ \xa0x"),
    st.from_regex(
        r"[0-9]{1,5}[-/. ][0-9]{1,3}[-/. ][0-9]{1,5}([ T][0-9:.]{0,12})?", fullmatch=True
    ),
    st.from_regex(r"\S{0,3}@\S{0,8}\.\S{0,4}", fullmatch=True),
    st.sampled_from(["oui", "NON", "leave", "＋33612345678", "\x00", "\r\n", "null", "NaN", ""]),
)


def test_every_type_has_a_check() -> None:
    assert set(CHECKS) == set(RULES) == set(ValueType)


@pytest.mark.parametrize("type_", ValueType)
@given(texts=st.lists(st.none() | near, max_size=8), typed=st.booleans())
@settings(deadline=None, max_examples=100)
def test_no_text_whatsoever_makes_a_check_raise(
    type_: ValueType, texts: list[str | None], typed: bool
) -> None:
    for rule in RULES[type_]:
        found = column_of(texts, rule, typed_dates=typed)
        for position, text in enumerate(texts):
            if text is None:
                assert found.texts[position] is None
        assert all(found.texts[position] is None for position in found.wrong())


@pytest.mark.parametrize("type_", ValueType)
@given(texts=st.lists(near.filter(bool), max_size=8))
@settings(deadline=None, max_examples=100)
def test_what_was_written_once_is_written_the_same_again(
    type_: ValueType, texts: list[str]
) -> None:
    rule = RULES[type_][0]
    once = [text for text in column_of([*texts], rule).texts if text is not None]
    if type_ is not ValueType.CHOICE:  # whose values need not be among its texts
        again = column_of([*once], rule)
        assert again.texts == once
        assert not again.wrong()


@given(
    rows=st.lists(st.tuples(near, near, near), max_size=6),
    blank=st.sampled_from(Blank),
    lenient=st.sampled_from(OnInvalid),
)
@settings(deadline=None, max_examples=100)
def test_no_row_whatsoever_makes_the_check_of_a_chunk_raise(
    rows: list[tuple[str, str, str]], blank: Blank, lenient: OnInvalid
) -> None:
    names = ("key_f_EMail", "f_Phone", "f_Date")
    columns = {name: [row[i] or None for row in rows] for i, name in enumerate(names)}
    rules = (
        KEY,
        rule_of(ValueType.PHONE, "f_Phone", region="CA", blank=blank, default="5145550123"),
        rule_of(ValueType.DATE, "f_Date", blank=blank, default="2026-10-24", on_invalid=lenient),
    )
    checked = checked_of(columns, *rules)
    assert len(checked) == len(checked.keys) == len(checked.frame) == len(rows)
    assert list(checked.frame.columns) == list(names)


@given(texts=st.lists(st.text(min_size=1), max_size=20))
@settings(deadline=None)
def test_text_columns_keep_every_string_unchanged(texts: list[str]) -> None:
    assert column_of(list(texts), rule_of(ValueType.TEXT)).texts == texts


def test_naughty_strings_neither_raise_nor_change_as_text() -> None:
    place = SHARED / "corpus" / "naughty-strings.json"
    if not place.is_file():
        pytest.skip("the collection of naughty strings is not here")
    strings = [text for text in json.loads(place.read_bytes()) if text]
    for rules in RULES.values():
        for rule in rules:
            found = column_of(strings, rule)
            assert len(found.texts) == len(strings)
    checked = checked_of(
        {"key_f_EMail": ["a@b.example"] * len(strings), "f_Field": strings},
        KEY,
        rule_of(ValueType.TEXT),
    )
    assert column(checked, "f_Field") == strings
    assert not checked.verdicts.any()
