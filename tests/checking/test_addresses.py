from __future__ import annotations

import pyarrow as pa
import pytest
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.checking.addresses import _is_plain
from importer.issues import IssueCode
from importer.model import ValueType

from .columns import column_of, rule_of

EMAIL = rule_of(ValueType.EMAIL)
atoms = st.text(
    alphabet="abzAZ09.!#$%&'*+/=?^_`{|}~-\"\\ (),:;<>[]@é\u0301ü日\u200b", max_size=8
) | st.sampled_from(["a" * 63, "a" * 64, "a" * 65, "postmaster", "POSTMASTER", "a..b", ".a", "a."])
labels = st.text(alphabet="abzAZ09-_é。ß\u0301", max_size=6) | st.sampled_from(
    [
        "a" * 61,
        "a" * 62,
        "a" * 63,
        "a" * 64,
        "xn--bcher-kva",
        "xn--",
        "x-y",
        "1",
        "-a",
        "a-",
        "a--b",
    ]
)
endings = st.sampled_from(
    ["com", "COM", "c", "c0m", "123", "fr", "québec", "xn--p1ai", "a" * 24, "a" * 25, "com.", ""]
) | st.sampled_from(SPECIAL_USE_DOMAIN_NAMES)
addresses = st.builds(
    lambda local, middle, domain, ending: local + middle + ".".join([*domain, ending]),
    atoms,
    st.sampled_from(["@", "@", "@", "", "@@", " @", "＠"]),
    st.lists(labels, max_size=4) | st.lists(st.just("abcdefghi"), min_size=18, max_size=27),
    endings,
)


def judged(text: str) -> str | None:
    """Say what email-validator makes of an address, its local part as written."""
    try:
        known = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return None
    return f"{text.rpartition('@')[0]}@{known.domain}"


@given(texts=st.lists(addresses.filter(bool), min_size=1, max_size=8))
@settings(deadline=None, max_examples=400)
def test_fast_path_and_slow_path_agree_with_email_validator(texts: list[str]) -> None:
    assert column_of(list(texts), EMAIL).texts == [judged(text) for text in texts]


NEAR_THE_LIMITS = [
    "a" * 64 + "@b.fr",
    "a" * 65 + "@b.fr",
    "a@" + "b" * 63 + ".fr",
    "a@" + "b" * 64 + ".fr",
    "a@" + "-".join("b" * 32) + ".fr",
    "a@" + "-".join("b" * 33) + ".fr",
    "a" * 60 + "@" + "bcdefghi." * 21 + "fr",
    "a" * 64 + "@" + "bcdefghi." * 20 + "fr",
    "a@" + "bcdefghi." * 27 + "fr",
    "a@" + "bcdefghi." * 28 + "fr",
    "a@b.c0m",
    "a@b.co1",
    "a@b.1",
    "a@1.2.3.4",
    "a@1.fr",
    "a@b--c.fr",
    "a@b-.fr",
    "a@-b.fr",
    "a@xn--bcher-kva.de",
    "a@xn--nonsense--.de",
    "a@b.xn--p1ai",
    "a@b.f",
    "a@b." + "f" * 63,
    "a@b.test",
    "a@test",
    "a@contest",
    "a@b.TEST",
    "a@b.contest",
    "a@x.local.fr",
    ".a@b.fr",
    "a.@b.fr",
    "a..b@b.fr",
    "a@.b.fr",
]


@pytest.mark.parametrize("text", NEAR_THE_LIMITS)
def test_addresses_near_a_limit_are_judged_as_email_validator_judges_them(text: str) -> None:
    assert column_of([text], EMAIL).texts == [judged(text)]


@given(
    local=st.from_regex(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,66}", fullmatch=True),
    domain=st.from_regex(r"([A-Za-z0-9-]{1,30}\.){1,7}[A-Za-z]{1,26}", fullmatch=True),
)
@settings(deadline=None, max_examples=400)
def test_whatever_the_pattern_accepts_email_validator_accepts_too(local: str, domain: str) -> None:
    text = f"{local}@{domain}"
    if _is_plain(pa.array([text], pa.large_string()))[0]:
        known = validate_email(text, check_deliverability=False)
        assert known.domain == domain.lower()
        assert column_of([text], EMAIL).texts == [f"{local}@{domain.lower()}"]


def test_ordinary_addresses_need_no_second_look() -> None:
    ordinary = ["marie.tremblay@example.com", "Jean-Luc+news@mail.Example.CO.UK", "a@b-c.fr"]
    assert _is_plain(pa.array(ordinary, pa.large_string())).all()


def test_domain_is_written_in_lower_case_and_local_part_as_it_stands() -> None:
    found = column_of(["Marie.T@EXAMPLE.Com", "ÉLISE@Bücher.DE", "POSTMASTER@Example.com"], EMAIL)
    assert found.texts == ["Marie.T@example.com", "ÉLISE@bücher.de", "POSTMASTER@example.com"]
    assert not found.problems


@pytest.mark.parametrize(
    "text",
    [
        "marie",
        "marie@",
        "@example.com",
        "marie@example",
        "marie@@example.com",
        "marie @example.com",
        "marie@example..com",
        "marie@example.com; paul@example.com",
        "Marie <marie@example.com>",
        "marie＠example.com",
        "marie@[192.0.2.1]",
        "marie@example.com.",
        "marie@exa_mple.com",
        "marie@box.local",
        "a@b.com\n",
    ],
)
def test_what_is_no_address_is_refused_with_a_reason(text: str) -> None:
    found = column_of(["good@example.com", text], EMAIL)
    assert found.texts == ["good@example.com", None]
    assert list(found.problems) == [IssueCode.EMAIL_INVALID]
    assert found.problems[IssueCode.EMAIL_INVALID][1]


def test_each_wrong_address_has_its_own_reason_wherever_it_stands() -> None:
    found = column_of(["a@", "ok@example.com", "b", "a@"], EMAIL)
    reasons = found.problems[IssueCode.EMAIL_INVALID]
    assert sorted(reasons) == [0, 2, 3]
    assert reasons[0] == reasons[3] != reasons[2]
