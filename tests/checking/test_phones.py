from __future__ import annotations

import random
from typing import Any

import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import NumberParseException, PhoneNumberFormat

from importer.checking.phone_numbers import HYPHENS, SPACES, reading_of
from importer.checking.phones import _by_pattern, _plan
from importer.field_rules import PhoneForm, ValueType
from importer.issues import IssueCode, Severity

from .columns import column_of, rule_of

REGIONS = ["CA", "US", "FR"]
OF_ONE = sorted(phonenumbers.region_codes_for_country_code(1))
# Texts of digits and separators that begin like numbers of these countries.
starts = st.sampled_from(
    ["", "1", "+1", "+1 1", "+", "0", "00", "011", "+33", "+33 (0)", "33", "+44", "(", "1-", "0033",
     "+1 (", "001", "+330", "01", "(0)"]
)  # fmt: skip
areas = st.sampled_from(
    ["514", "418", "212", "800", "900", "911", "555", "6", "7", "1", "3", "89", "800", "242", "787",
     "500", "710", "011", "86", "36", "590"]
)  # fmt: skip
rests = st.text(alphabet="0123456789", min_size=3, max_size=9)
separators = st.sampled_from(["", "", " ", "-", ".", "\xa0", "/", ") ", "(", "--", " - "])


@st.composite
def numbers(draw: Any) -> str:
    digits = draw(areas) + draw(rests)
    text = draw(starts)
    for digit in digits:
        text += digit
        if draw(st.integers(0, 4)) == 0:
            text += draw(separators)
    return text or "0"


@st.composite
def examples(draw: Any) -> tuple[str, str]:
    """A number of the tables' own, as people of its country write it, perhaps with a slip."""
    region = draw(st.sampled_from(REGIONS))
    kind = draw(st.sampled_from(list(phonenumbers.PhoneNumberType.values())))
    number = phonenumbers.example_number_for_type(region, kind)
    number = number or phonenumbers.example_number(region)
    assert number is not None
    form = draw(st.sampled_from([PhoneNumberFormat.NATIONAL, PhoneNumberFormat.INTERNATIONAL,
                                 PhoneNumberFormat.E164]))  # fmt: skip
    text = phonenumbers.format_number(number, form)
    if draw(st.booleans()):
        at = draw(st.integers(0, len(text) - 1))
        text = text[:at] + draw(st.sampled_from("0123456789 ()-+")) + text[at + 1 :]
    return text, region


def judged(text: str, region: str | None, form: int = PhoneNumberFormat.E164) -> str | None:
    """Say what phonenumbers makes of a text."""
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, form)


FORMS = {
    PhoneForm.E164: PhoneNumberFormat.E164,
    PhoneForm.INTERNATIONAL: PhoneNumberFormat.INTERNATIONAL,
    PhoneForm.NATIONAL: PhoneNumberFormat.NATIONAL,
}


def by_pattern(texts: list[str], region: str, form: PhoneForm = PhoneForm.E164) -> list[str | None]:
    rule = rule_of(ValueType.PHONE, region=region, phone_form=form)
    written, _ = _by_pattern(pa.array(texts, pa.large_string()), rule)
    found: list[str | None] = written.to_pylist()
    return found


def generated(region: str, count: int) -> list[str]:
    """Make numbers as people of a country write them, most of them good."""
    chance = random.Random(f"{region} 4")
    forms = {
        "CA": ("({}{}{}) {}{}{}-{}{}{}{}", "{}{}{}-{}{}{}-{}{}{}{}", "{}{}{} {}{}{} {}{}{}{}",
               "+1 {}{}{} {}{}{} {}{}{}{}", "1{}{}{}{}{}{}{}{}{}{}", "{}{}{}.{}{}{}.{}{}{}{}",
               "011 1 {}{}{}{}{}{}{}{}{}{}", "{}{}{}/{}{}{}-{}{}{}{}", "+1({}{}{}){}{}{}{}{}{}{}"),
        "FR": ("0{} {}{} {}{} {}{} {}{}", "0{}{}{}{}{}{}{}{}{}", "+33 {} {}{} {}{} {}{} {}{}",
               "+33 (0){} {}{} {}{} {}{} {}{}", "00 33 {}{}{}{}{}{}{}{}{}", "{}{}{}{}{}{}{}{}{}",
               "0{}.{}{}.{}{}.{}{}.{}{}", "0033 (0){}{}{}{}{}{}{}{}{}", "33{}{}{}{}{}{}{}{}{}",
               "0 {}{}{} {}{} {}{} {}{}", "+330{}{}{}{}{}{}{}{}{}"),
    }[region]  # fmt: skip
    firsts = {"CA": ("514", "418", "800", "900", "242", "911", "055"), "FR": tuple("123456789")}
    made = []
    for _ in range(count):
        digits = chance.choice(firsts[region])
        digits += chance.choice("23456789") if region == "CA" else ""
        digits += f"{chance.randrange(10**9):09d}"
        made.append(chance.choice(forms).format(*digits))
    return made


@pytest.mark.parametrize("region", ["CA", "FR"])
def test_generated_numbers_are_written_by_pattern_as_phonenumbers_writes_them(region: str) -> None:
    texts = generated(region, 10_000)
    written = by_pattern(texts, region)
    proved = [(text, ours) for text, ours in zip(texts, written, strict=True) if ours is not None]
    assert [(text, judged(text, region)) for text, _ in proved] == proved
    assert len(proved) > 5_000


@pytest.mark.parametrize("form", PhoneForm)
@pytest.mark.parametrize("region", ["CA", "FR"])
def test_every_form_is_the_one_of_phonenumbers(region: str, form: PhoneForm) -> None:
    texts = generated(region, 1_000)
    proved = 0
    for text, ours in zip(texts, by_pattern(texts, region, form), strict=True):
        if ours is not None:
            assert ours == judged(text, region, FORMS[form]), text
            proved += 1
    assert proved > 400


@given(texts=st.lists(numbers(), min_size=1, max_size=10), region=st.sampled_from(REGIONS))
@settings(deadline=None, max_examples=200)
def test_whatever_the_patterns_write_phonenumbers_writes(texts: list[str], region: str) -> None:
    for text, written in zip(texts, by_pattern(texts, region), strict=True):
        if written is not None:
            assert written == judged(text, region), text


@given(texts=st.lists(numbers(), min_size=1, max_size=10), region=st.sampled_from(OF_ONE))
@settings(deadline=None, max_examples=200)
def test_patterns_hold_in_every_country_that_shares_the_code_1(
    texts: list[str], region: str
) -> None:
    for text, written in zip(texts, by_pattern(texts, region), strict=True):
        if written is not None:
            assert written == judged(text, region), text


@given(example=examples())
@settings(deadline=None, max_examples=200)
def test_a_number_is_written_as_phonenumbers_writes_it(example: tuple[str, str]) -> None:
    text, region = example
    found = column_of([text], rule_of(ValueType.PHONE, region=region))
    assert found.texts == [judged(text, region)]
    assert bool(found.wrong()) is (found.texts == [None])


@pytest.mark.parametrize(
    ("text", "region", "written"),
    [
        ("514-555-0123", "CA", "+15145550123"),
        ("(514) 555-0123", "CA", "+15145550123"),
        ("1 514 555 0123", "CA", "+15145550123"),
        ("+1 514 555 0123", "FR", "+15145550123"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("06.12.34.56.78", "FR", "+33612345678"),
        ("+33 (0)6 12 34 56 78", "CA", "+33612345678"),
        ("0033 6 12 34 56 78", "FR", "+33612345678"),
        ("030 901820", "DE", "+4930901820"),
        ("+49 30 901820", None, "+4930901820"),
        ("+33\xa06\xa012\xa034\xa056\xa078", None, "+33612345678"),
    ],
)
def test_phones_are_written_in_e164(text: str, region: str | None, written: str) -> None:
    found = column_of([text], rule_of(ValueType.PHONE, region=region))
    assert found.texts == [written]
    assert not found.problems


@pytest.mark.parametrize(
    ("text", "region", "reason"),
    [
        ("514 555 0123", None, "no country code"),
        ("bonjour", "CA", "cannot be read"),
        ("1-800-FLOWERS", "US", "letters"),
        ("fax 514-555-0123", "CA", "letters"),
        ("514-555-0123 fax", "CA", "letters"),
        ("C: 514-555-0123", "CA", "letters"),
        ("cell mob tel 514-555-0123", "CA", "letters"),
        ("cell", "CA", "cannot be read"),
        ("555-0123", "CA", "no such number"),
        ("514-055-0123", "CA", "no such number"),
        ("0123456789012", "FR", "no such number"),
        ("+999 123 456 789", "CA", "cannot be read"),
    ],
)
def test_what_is_no_phone_is_refused_with_a_reason(
    text: str, region: str | None, reason: str
) -> None:
    found = column_of([text], rule_of(ValueType.PHONE, region=region))
    assert found.texts == [None]
    assert reason in found.problems[IssueCode.PHONE_INVALID][0]


WITH_EXTENSION = [
    "514-555-0123 ext. 12",
    "514-555-0123 ext 12",
    "514-555-0123 extension 12",
    "514-555-0123 x12",
    "5145550123x12",
    "514-555-0123 X 12",
    "514-555-0123 poste 12",
    "514 555-0123, Poste 12",
    "514 555-0123 poste: 12",
    "514 555-0123 (poste 12)",
    "514-555-0123 p.12",
    "514-555-0123 p 12",
    "514-555-0123 po. 12",
    "514-555-0123 int. 12",
    "514-555-0123 #12",
    "514-555-0123 poste #12",
    "514-555-0123/poste 12",
    "514-555-0123;ext=12",
    "514-555-0123, 12",
]


@pytest.mark.parametrize("text", WITH_EXTENSION)
def test_an_extension_is_left_out_with_a_warning(text: str) -> None:
    found = column_of([text, "514-555-0199"], rule_of(ValueType.PHONE, region="CA"))
    assert found.texts == ["+15145550123", "+15145550199"]
    assert found.problems == {IssueCode.PHONE_EXTENSION_DROPPED: {0: "12"}}
    assert found.severities[IssueCode.PHONE_EXTENSION_DROPPED] is Severity.WARNING


@pytest.mark.parametrize("text", WITH_EXTENSION)
def test_an_extension_that_another_field_takes_is_no_matter(text: str) -> None:
    keeping = rule_of(ValueType.PHONE, region="CA", keeps_extension=True)
    taking = rule_of(ValueType.PHONE, region="CA", extension=True)
    assert column_of([text], keeping).texts == ["+15145550123"]
    assert not column_of([text], keeping).problems
    assert column_of([text], taking).texts == ["12"]


@pytest.mark.parametrize(
    "text",
    [
        "514-555-0123 (cell)", "Cell: 514-555-0123", "cell.: 514-555-0123", "Tél.: 514-555-0123",
        "TÉL : 514-555-0123", "te\u0301l 514-555-0123", "Téléphone 514-555-0123",
        "514-555-0123 (bur.)", "(bureau) 514-555-0123", "[Mobile] 514-555-0123",
        "514-555-0123, dom.", "514-555-0123 / maison", "514-555-0123cell", "5145550123 Mobile",
        "Tél. bureau : (514) 555-0123", "tel:+1-514-555-0123", "514-555-0123 tél. perso",
    ],
)  # fmt: skip
def test_a_word_that_says_which_number_it_is_is_left_out(text: str) -> None:
    found = column_of([text], rule_of(ValueType.PHONE, region="CA"))
    assert found.texts == ["+15145550123"]
    assert not found.problems


@pytest.mark.parametrize(
    "text",
    ["Bur. 514-555-0123 p. 12", "514-555-0123 (bur.) poste 12", "514-555-0123 poste 12 (bureau)"],
)
def test_such_a_word_may_stand_beside_an_extension(text: str) -> None:
    found = column_of([text], rule_of(ValueType.PHONE, region="CA"))
    assert found.texts == ["+15145550123"]
    assert found.problems == {IssueCode.PHONE_EXTENSION_DROPPED: {0: "12"}}


@pytest.mark.parametrize("sign", [*(SPACES + HYPHENS), "\u200b", "\u2060", "\u00ad"])
@pytest.mark.parametrize("region", ["CA", "BE"])
def test_spaces_and_hyphens_of_every_kind_are_as_good_as_plain_ones(sign: str, region: str) -> None:
    number = {"CA": ["514", "555", "0123"], "BE": ["0475", "12", "34", "56"]}[region]
    rule = rule_of(ValueType.PHONE, region=region)
    found = column_of([sign.join(number), sign.join(number) + f"{sign}x 12"], rule)
    assert found.texts == column_of(["".join(number)], rule).texts * 2
    assert found.problems == {IssueCode.PHONE_EXTENSION_DROPPED: {1: "12"}}


def test_typographic_spaces_and_hyphens_are_settled_by_pattern() -> None:
    texts = ["06\u202f12\u202f34\u202f56\u202f78", "06\u201112\u201134\u201156\u201178"]
    assert by_pattern(texts, "FR") == ["+33612345678"] * 2


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("0590 20 12 34", "+590590201234"),
        ("0690 12 34 56", "+590690123456"),
        ("0594 25 12 34", "+594594251234"),
        ("06 94 12 34 56", "+594694123456"),
        ("0596 60 12 34", "+596596601234"),
        ("0696 12 34 56", "+596696123456"),
        ("0262 12 34 56", "+262262123456"),
        ("0692 12 34 56", "+262692123456"),
        ("0269 61 12 34", "+262269611234"),
        ("0639 01 23 45", "+262639012345"),
        ("0508 41 23 45", "+508412345"),
        ("0708 41 23 45", "+508708412345"),
        ("0709 12 34 56", "+596709123456"),
    ],
)
def test_numbers_of_overseas_france_get_the_country_code_of_their_own(
    text: str, written: str
) -> None:
    rule = rule_of(ValueType.PHONE, region="FR")
    found = column_of([text, text.replace(" ", ""), written], rule)
    assert found.texts == [written] * 3
    assert not found.problems
    lost = column_of([text.replace(" ", "")[1:]], rule)
    assert lost.texts == [written]
    assert lost.problems == {IssueCode.PHONE_ZERO_RESTORED: {0: written}}


@pytest.mark.parametrize("region", ["GP", "BL", "MF", "MQ", "GF", "RE", "YT"])
def test_the_places_of_france_dial_one_another_alike(region: str) -> None:
    texts = ["06 12 34 56 78", "0596 60 12 34", "0692 12 34 56", "+33 6 12 34 56 78"]
    found = column_of([*texts], rule_of(ValueType.PHONE, region=region))
    assert found.texts == ["+33612345678", "+596596601234", "+262692123456", "+33612345678"]
    assert not found.problems


@pytest.mark.parametrize("region", ["FR", "CA", None])
@pytest.mark.parametrize("text", ["+33 596 60 12 34", "+33 (0)596 60 12 34", "+33596601234"])
def test_a_number_of_overseas_france_under_33_is_refused_with_the_right_one(
    text: str, region: str | None
) -> None:
    found = column_of([text], rule_of(ValueType.PHONE, region=region))
    assert found.texts == [None]
    assert found.problems == {
        IssueCode.PHONE_INVALID: {
            0: "it is one of overseas France, not under +33: write +596 596 60 12 34"
        }
    }


@pytest.mark.parametrize("text", ["0596 20 34 56", "0639 12 34 56", "+33 596 20 34 56"])
def test_what_begins_like_overseas_france_but_is_of_no_place_there_is_refused(text: str) -> None:
    found = column_of([text], rule_of(ValueType.PHONE, region="FR"))
    assert found.texts == [None]
    assert "overseas France" in found.problems[IssueCode.PHONE_INVALID][0]


def test_a_number_of_france_abroad_is_written_internationally_in_the_national_form() -> None:
    rule = rule_of(ValueType.PHONE, region="FR", phone_form=PhoneForm.NATIONAL)
    assert column_of(["0696 12 34 56"], rule).texts == ["+596 696 12 34 56"]


def test_a_text_whose_number_and_extension_are_asked_for_is_read_once() -> None:
    reading_of.cache_clear()
    texts: list[str | None] = ["514-555-0123 p. 12", "bonjour", ";" * 300, "514-555-0123"]
    column_of(texts, rule_of(ValueType.PHONE, region="CA", keeps_extension=True))
    column_of(texts, rule_of(ValueType.PHONE, region="CA", extension=True))
    assert reading_of.cache_info().misses == reading_of.cache_info().hits == 3


def test_the_extensions_field_is_blank_without_extension_or_number_and_says_nothing() -> None:
    texts = ["514-555-0123", "555 poste 12", "bonjour", "12", None, "+44 20 7946 0958 x007"]
    found = column_of(texts, rule_of(ValueType.PHONE, region="CA", extension=True))
    assert found.texts == [None, None, None, None, None, "007"]
    assert not found.problems


@pytest.mark.parametrize(
    "text",
    [
        "514-555-0123 ext",
        "514-555-0123 ext 12 ext 13",
        "514-555-0123, ext. 12345678",
        "514-555-0123 Marie",
        "514-555-0123 (Marie, bureau) ext",
        "514-555-0123 bureau 12",
        "514-555-0123 pcell",
        "514-555-0123 доб 12",
        "514-555-012p",
        "cellule 514-555-0123",
    ],
)
def test_letters_that_name_no_extension_are_refused(text: str) -> None:
    found = column_of([text], rule_of(ValueType.PHONE, region="CA"))
    assert found.texts == [None]
    assert list(found.problems) == [IssueCode.PHONE_INVALID]


@pytest.mark.parametrize(
    ("text", "region", "count"),
    [
        ("514 555-0101 / 438 555-0199", "CA", 2),
        ("514-555-0101, 438-555-0199", "CA", 2),
        ("514-555-0101; 438-555-0199", "CA", 2),
        ("514-555-0101\n438-555-0199", "CA", 2),
        ("514-555-0101 438-555-0199", "CA", 2),
        ("514 555-0101 p. 3 / 438 555-0199 p. 4", "CA", 2),
        ("514 555-0101 / 514 555-0101", "CA", 2),
        ("0612345678 ou 0698765432", "FR", 2),
        ("06 12 34 56 78 - 06 98 76 54 32", "FR", 2),
        ("0612345678/0698765432/0145678901", "FR", 3),
        ("+33 6 12 34 56 78, +33 6 98 76 54 32", None, 2),
        ("06 12 34 56 78 ou 07 12 34 56 78", "FR", 2),
        ("06 12 34 56 78 07 12 34 56 78", "FR", 2),
        ("cell 514-555-0101 / bur. 438-555-0199", "CA", 2),
        ("514 555 0101 438 555 0199 418 555 0155", "CA", 3),
        ("+33 6 12 34 56 78 +33 6 98 76 54 32", "FR", 2),
    ],
)
def test_several_numbers_in_a_cell_are_refused_and_counted(
    text: str, region: str | None, count: int
) -> None:
    found = column_of([text], rule_of(ValueType.PHONE, region=region))
    assert found.texts == [None]
    assert found.problems == {IssueCode.PHONE_SEVERAL: {0: f"{count} numbers"}}
    assert found.severities[IssueCode.PHONE_SEVERAL] is Severity.ERROR


@pytest.mark.parametrize(
    ("text", "region", "reason"),
    [
        ("5145550123.0", "CA", "wrote it with decimals"),
        ("612345678,0", "FR", "wrote it with decimals"),
        ("301234567.0", "DE", "wrote it with decimals"),
        ("5.145550123E+09", "CA", "last digits are lost"),
        ("5,15E+09", "CA", "last digits are lost"),
        ("6e8", "FR", "last digits are lost"),
        ("514-555-0123, 5550199", "CA", "more digits than one number"),
        ("514-555-0123, 34 x12", "CA", "more digits than one number"),
        ("1" * 40, "CA", "too many digits"),
        ("1" * 400, "CA", "too long"),
        (";" * 60 + "5145550123", "CA", "too long"),
        ("514-555-0123 / 1234567", "CA", "no such number"),
        ("1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0", "CA", "too many digits"),
        ("514 555 0123", "AQ", "cannot be read"),
    ],
)
def test_what_a_spreadsheet_spoiled_or_nobody_can_dial_is_refused(
    text: str, region: str, reason: str
) -> None:
    found = column_of([text], rule_of(ValueType.PHONE, region=region))
    assert found.texts == [None]
    assert reason in found.problems[IssueCode.PHONE_INVALID][0]


@pytest.mark.parametrize(
    ("text", "region", "written"),
    [
        ("612345678", "FR", "+33612345678"),
        ("6 12 34 56 78", "FR", "+33612345678"),
        ("30 901820", "DE", "+4930901820"),
        ("20 7946 0958 x12", "GB", "+442079460958"),
    ],
)
def test_a_number_that_lost_its_zero_is_sent_with_a_warning(
    text: str, region: str, written: str
) -> None:
    found = column_of([text], rule_of(ValueType.PHONE, region=region, keeps_extension=True))
    assert found.texts == [written]
    assert found.problems == {IssueCode.PHONE_ZERO_RESTORED: {0: written}}
    assert found.severities[IssueCode.PHONE_ZERO_RESTORED] is Severity.WARNING


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("0612345678", "FR"),
        ("+33612345678", "FR"),
        ("33612345678", "FR"),
        ("0033612345678", "FR"),
        ("5145550123", "CA"),
        ("912345678", "ES"),
        ("0612345678", "IT"),
        ("330000", "DE"),
    ],
)
def test_a_number_that_lacks_nothing_is_not_warned_of(text: str, region: str) -> None:
    found = column_of([text], rule_of(ValueType.PHONE, region=region))
    assert IssueCode.PHONE_ZERO_RESTORED not in found.problems


@pytest.mark.parametrize(
    ("text", "region", "international", "national"),
    [
        ("5145550123", "CA", "+1 514-555-0123", "(514) 555-0123"),
        ("514-555-0123 x12", "CA", "+1 514-555-0123", "(514) 555-0123"),
        ("+33612345678", "CA", "+33 6 12 34 56 78", "+33 6 12 34 56 78"),
        ("+33612345678", None, "+33 6 12 34 56 78", "+33 6 12 34 56 78"),
        ("0612345678", "FR", "+33 6 12 34 56 78", "06 12 34 56 78"),
        ("0800123456", "FR", "+33 800 12 34 56", "0 800 12 34 56"),
        ("030 901820", "DE", "+49 30 901820", "030 901820"),
    ],
)
def test_numbers_are_written_in_the_form_that_the_rule_names(
    text: str, region: str | None, international: str, national: str
) -> None:
    def written(form: PhoneForm) -> list[str | None]:
        rule = rule_of(ValueType.PHONE, region=region, phone_form=form, keeps_extension=True)
        return column_of([text], rule).texts

    assert written(PhoneForm.INTERNATIONAL) == [international]
    assert written(PhoneForm.NATIONAL) == [national]


@given(
    texts=st.lists(numbers() | st.text(max_size=20), min_size=1, max_size=5),
    region=st.sampled_from([*REGIONS, "GB", "DE", "BE", None]),
    form=st.sampled_from(PhoneForm),
)
@settings(deadline=None, max_examples=200)
def test_a_number_as_sent_is_written_the_same_again(
    texts: list[str], region: str | None, form: PhoneForm
) -> None:
    rule = rule_of(ValueType.PHONE, region=region, phone_form=form)
    written = [text for text in column_of(list(texts), rule).texts if text is not None]
    again = column_of(list(written), rule)
    assert again.texts == written
    assert not again.problems


@given(text=st.text(alphabet="0123456789 -,;/x#.()+\nposte", max_size=30))
@settings(deadline=None, max_examples=200)
def test_no_digit_of_a_number_is_lost(text: str) -> None:
    """Every digit of the cell is in the number, in its extension, or a prefix before both."""
    number = column_of([text], rule_of(ValueType.PHONE, region="CA", keeps_extension=True)).texts[0]
    extension = column_of([text], rule_of(ValueType.PHONE, region="CA", extension=True)).texts[0]
    if number is None:
        assert extension is None
        return
    digits = "".join(character for character in text if character.isdecimal())
    assert digits.endswith(number[-6:] + (extension or ""))


def test_each_row_is_read_by_its_own_country() -> None:
    rule = rule_of(ValueType.PHONE, region="CA", region_column="Pays")
    texts = ["514-555-0123", "06 12 34 56 78", "514-555-0123", "06 12 34 56 78", "+33612345678"]
    found = column_of(texts, rule, beside=["Canada", "France", None, "Narnia", "?"])
    assert found.texts == ["+15145550123", "+33612345678", "+15145550123", None, "+33612345678"]
    assert found.problems == {
        IssueCode.PHONE_INVALID: {
            3: 'it has no country code (+1…), and "Pays" names no country that is known'
        }
    }


def test_countries_with_a_numbering_of_their_own_have_no_pattern() -> None:
    assert _plan("DE") is None
    assert _plan("XX") is None
