from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.checking.postal_spellings import SPELLINGS
from importer.field_rules import ValueType
from importer.issues import IssueCode, Severity

from .columns import Column, column_of, rule_of

# Texts that come near to codes, among any others.
near = (
    st.text(max_size=12)
    | st.text(alphabet="0123456789ABCHOXYZW -.,", max_size=10)
    | st.from_regex(r"[A-Za-z]?[0-9]{3,5}([ -][0-9A-Za-z]{0,4})?", fullmatch=True)
    | st.from_regex(r"[A-Za-z][0-9O][A-Za-z][ -]?[0-9I][A-Za-z][0-9]", fullmatch=True)
)
regions = st.none() | st.sampled_from([*SPELLINGS, "NL", "JP"])


def of(texts: list[str], region: str | None) -> Column:
    return column_of(list(texts), rule_of(ValueType.POSTAL, region=region))


@pytest.mark.parametrize(
    ("region", "text", "written"),
    [
        ("CA", "H2X 1Y4", "H2X 1Y4"),
        ("CA", "h2x1y4", "H2X 1Y4"),
        ("CA", "H2X-1Y4", "H2X 1Y4"),
        ("CA", "H2X\u00a0 1Y4", "H2X 1Y4"),
        ("FR", "75008", "75008"),
        ("FR", "75 008", "75008"),
        ("FR", "F-75008", "75008"),
        ("FR", "fr 75008", "75008"),
        ("FR", "20167", "20167"),
        ("FR", "01000", "01000"),
        ("FR", "98999", "98999"),
        ("RE", "97400", "97400"),
        ("MC", "MC-98000", "98000"),
        ("US", "02134", "02134"),
        ("US", "02134-1001", "02134-1001"),
        ("US", "021341001", "02134-1001"),
        ("US", "02134 1001", "02134-1001"),
        ("PR", "00926", "00926"),
        ("GB", "sw1a1aa", "SW1A 1AA"),
        ("GB", "M1 1AE", "M1 1AE"),
        ("GB", "EC1A-1BB", "EC1A 1BB"),
        ("GB", "gir 0aa", "GIR 0AA"),
        ("JE", "je23ab", "JE2 3AB"),
        ("DE", "D-10115", "10115"),
        ("DE", "01067", "01067"),
        ("BE", "B-1000", "1000"),
        ("BE", "1000", "1000"),
        ("CH", "CH-1201", "1201"),
        ("LI", "FL-9490", "9490"),
        ("LU", "L-1009", "1009"),
        ("NL", "1234 ab", "1234 ab"),
        ("HK", "none", "none"),
    ],
)
def test_a_code_is_written_in_its_countrys_spelling(region: str, text: str, written: str) -> None:
    found = of([text], region)
    assert found.texts == [written]
    assert not found.problems


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("h2x1y4", "H2X 1Y4"),
        ("sw1a1aa", "SW1A 1AA"),
        ("F-75008", "75008"),
        ("D-10115", "10115"),
        ("CH-1201", "1201"),
        ("L-1009", "1009"),
        ("1000", "1000"),
        ("75008", "75008"),
        ("021341001", "021341001"),
        ("02134-1001", "02134-1001"),
        ("1234 ab", "1234 ab"),
        ("LV-1010", "LV-1010"),
        ("D02 AF30", "D02 AF30"),
    ],
)
def test_without_a_country_only_the_unmistakable_is_spelled(text: str, written: str) -> None:
    found = of([text], None)
    assert found.texts == [written]
    assert not found.problems


@pytest.mark.parametrize(
    ("region", "text", "reason"),
    [
        ("CA", "W2X 1Y4", "never begin with W or Z"),
        ("CA", "Z2X 1Y4", "never begin with W or Z"),
        ("CA", "H2D 1Y4", "have no D, F, I, O, Q or U"),
        ("CA", "HOX 1Y4", "a letter O, I or L where a digit must be"),
        ("CA", "H2X IY4", "a letter O, I or L where a digit must be"),
        ("CA", "H2X", "its second half is missing"),
        ("CA", "75008", "such as H2X 1Y4"),
        ("CA", "Montréal", "only the code belongs here"),
        ("FR", "00100", "from 01000 to 98999"),
        ("FR", "99100", "from 01000 to 98999"),
        ("FR", "96000", "from 01000 to 98999"),
        ("FR", "750080", "five digits"),
        ("FR", "100", "five digits"),
        ("FR", "7500O", "a letter O, I or L where a digit must be"),
        ("FR", "2A004", "the codes of Corsica begin with 20"),
        ("FR", "75008 CEDEX 08", "CEDEX and its number belong to the city"),
        ("FR", "75008 Paris", "only the code belongs here"),
        ("FR", "75008.0", "a spreadsheet turned it into a number"),
        ("FR", "7,5008E+04", "a spreadsheet turned it into a number"),
        ("US", "00000", "such as 02134"),
        ("US", "501", "such as 02134"),
        ("US", "02134-10", "such as 02134"),
        ("GB", "QQ1 1AA", "such as SW1A 1AA"),
        ("GB", "SW1A 1CA", "such as SW1A 1AA"),
        ("DE", "00999", "five digits"),
        ("BE", "0999", "four digits"),
        ("CH", "12010", "four digits"),
        ("LU", "L 0100", "four digits"),
        ("NL", "1234.0", "a spreadsheet turned it into a number"),
        (None, "75008.0", "a spreadsheet turned it into a number"),
        (None, "HOX 1Y4", "a letter O, I or L where a digit must be"),
        (None, "Z2X 1Y4", "never begin with W or Z"),
        (None, "abc", "it has no digit"),
        (None, "Paris", "only the code belongs here"),
        (None, "69001 Lyon", "it has signs that no code has"),
        (None, "69001, Lyo", "it has signs that no code has"),
        (None, "1" * 14, "too long"),
        (None, "1", "it has signs that no code has"),
    ],
)
def test_what_is_no_code_is_refused_with_a_reason(
    region: str | None, text: str, reason: str
) -> None:
    found = of(["H2X 1Y4", text], region)
    assert found.texts[1] is None
    assert reason in found.problems[IssueCode.POSTAL_INVALID][1]
    assert found.severities[IssueCode.POSTAL_INVALID] is Severity.ERROR


@pytest.mark.parametrize(
    ("region", "text", "written"),
    [
        ("FR", "1000", "01000"),
        ("MC", "9800", "09800"),
        ("DE", "1067", "01067"),
        ("US", "2134", "02134"),
        ("US", "2134-1001", "02134-1001"),
    ],
)
def test_a_code_that_lost_its_zero_gets_it_back_with_a_warning(
    region: str, text: str, written: str
) -> None:
    found = of([text, "75008"], region)
    assert found.texts == [written, "75008"]
    assert found.problems == {IssueCode.POSTAL_ZERO_RESTORED: {0: written}}
    assert found.severities[IssueCode.POSTAL_ZERO_RESTORED] is Severity.WARNING


@pytest.mark.parametrize("region", [None, "BE", "CH", "LU", "AU"])
def test_four_digits_are_whole_where_they_can_be(region: str | None) -> None:
    found = of(["1000"], region)
    assert found.texts == ["1000"]
    assert not found.problems


def test_each_row_is_spelled_as_its_own_country_does() -> None:
    rule = rule_of(ValueType.POSTAL, region="CA", region_column="Pays")
    texts = ["h2x1y4", "1000", "1000", "h2x1y4", "1000"]
    found = column_of(texts, rule, beside=["", "France", "Belgique", None, "Narnia"])
    assert found.texts == ["H2X 1Y4", "01000", "1000", "H2X 1Y4", "1000"]
    assert found.problems == {IssueCode.POSTAL_ZERO_RESTORED: {1: "01000"}}


@given(texts=st.lists(near, max_size=8), region=regions)
@settings(deadline=None, max_examples=300)
def test_no_text_raises_and_a_code_as_sent_is_written_the_same_again(
    texts: list[str], region: str | None
) -> None:
    found = of(texts, region)
    assert set(found.wrong()) == {place for place, text in enumerate(found.texts) if text is None}
    written = [text for text in found.texts if text is not None]
    again = of(written, region)
    assert again.texts == written
    assert not again.problems


@given(text=near)
@settings(deadline=None)
def test_letters_and_digits_of_a_code_are_never_changed(text: str) -> None:
    for region in (None, *SPELLINGS):
        written = of([text], region).texts[0]
        if written is not None:
            signs = [sign for sign in text.upper() if sign.isalnum()]
            kept = [sign for sign in written.upper() if sign.isalnum()]
            assert "".join(signs).endswith("".join(kept)) or kept == ["0", *signs]
