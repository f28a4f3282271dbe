from __future__ import annotations

import os

import pyarrow as pa
import pytest
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.checking.addresses import _domains, _is_plain
from importer.checking.typing_slips import _slips, domain_meant, known_domains
from importer.field_rules import ValueType
from importer.issues import IssueCode, Severity
from importer.masks import Mask

from .columns import column_of, rule_of
from .make_addresses import addresses as generated

EMAIL = rule_of(ValueType.EMAIL)
# 200,000 take a quarter of a minute; the default is what a test may cost.
GENERATED = int(os.environ.get("IMPORTER_TEST_ADDRESSES", "20000"))
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


def is_plain(texts: list[str]) -> Mask:
    column = pa.array(texts, pa.large_string())
    return _is_plain(column, _domains(column))


def test_generated_addresses_are_judged_as_email_validator_judges_them() -> None:
    texts = generated(GENERATED, seed=4)
    written = column_of(list(texts), EMAIL).texts
    differing = [
        (text, ours) for text, ours in zip(texts, written, strict=True) if ours != judged(text)
    ]
    assert not differing
    assert 0.3 < sum(one is not None for one in written) / len(written) < 0.8


@given(texts=st.lists(addresses.filter(bool), min_size=1, max_size=8))
@settings(deadline=None, max_examples=200)
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
@settings(deadline=None, max_examples=150)
def test_whatever_the_pattern_accepts_email_validator_accepts_too(local: str, domain: str) -> None:
    text = f"{local}@{domain}"
    if is_plain([text])[0]:
        known = validate_email(text, check_deliverability=False)
        assert known.domain == domain.lower()
        assert column_of([text], EMAIL).texts == [f"{local}@{domain.lower()}"]


def test_ordinary_addresses_need_no_second_look() -> None:
    ordinary = ["marie.tremblay@example.com", "Jean-Luc+news@mail.Example.CO.UK", "a@b-c.fr"]
    assert is_plain(ordinary).all()


ACCEPTED = [
    "abigail@example-pretend.com",
    "a!#$%&'*+-/=?^_`{|}~b@example.ca",
    "d.o'neil+tag@example.co.uk",
    "1@example.museum",
    "a@1-2.3.fr",
    "ñandú@ñandú.cl",
    "伊昭傑@郵件.商務",
    "राम@मोहन.ईन्फो",
    "юзер@екзампл.ком",
    "θσερ@εχαμπλε.ψομ",
    "葉士豪@臺網中心.tw",
    "e\u0301lise@e\u0301cole.fr",
    "a@straße.de",
    "a@xn--fiqq24b10vi0d.tw",
    "test@ｅｘａｍｐｌｅ。ｃｏｍ",
    "a" * 65 + "@b.fr",
    "🙂@example.com",
]
REFUSED = [
    "@",
    "a",
    "a@b",
    "a@.com",
    "a@b.",
    "a@@b.ca",
    ".a@b.ca",
    "a.@b.ca",
    "a..b@b.ca",
    "a b@b.ca",
    "a@b c.ca",
    "a\tb@c.ca",
    "a@b.ca\n",
    "a\x00@b.ca",
    "a\x7f@b.ca",
    "a@b\u200b.ca",
    "\u202ea@b.ca",
    "a\u2028b@c.ca",
    "\u0301a@b.ca",
    "a@\u0338b.ca",
    "a,b@c.ca",
    "a:b@c.ca",
    "a;b@c.ca",
    "a(comment)@b.ca",
    "a@(comment)b.ca",
    "a[b@c.ca",
    "a\\b@c.ca",
    '"a b"@c.ca',
    '"a"@c.ca',
    '"a@b"@c.ca',
    '"a@b.ca',
    "a@-b.ca",
    "a@b-.ca",
    "a@b_c.ca",
    "a@b!.ca",
    "a@ab--cd.ca",
    "a@xn--0.ca",
    "a@xn--a-.ca",
    "a@⒈wouldbeinvalid.com",
    "a@b.1",
    "a@127.0.0.1",
    "a@[127.0.0.1]",
    "a@[IPv6:::1]",
    "a@[::1]",
    "a@[tag:x]",
    "a@localhost",
    "a@host.local",
    "a@b.test",
    "a@b.invalid",
    "a@b.onion",
    "a@b.arpa",
    "a@b.example.local",
    "Ana <a@b.ca>",
    "<a@b.ca>",
    '"Ana" <a@b.ca>',
    "<a@b.ca",
    "a@b.ca>",
    "a＠b.ca",
    "a﹫b.ca",
    "a@" + "b" * 64 + ".ca",
    "a@" + "b." * 127 + "ca",
    "a" * 250 + "@b.ca",
    "é" * 125 + "@b.ca",
    "a" * 5_000 + "@b.ca",
    "a" * 5_000,
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_strange_addresses_that_email_validator_accepts_are_accepted(text: str) -> None:
    found = column_of([text], EMAIL)
    assert found.texts == [judged(text)] != [None]
    assert not found.problems


@pytest.mark.parametrize("text", REFUSED)
def test_strange_texts_that_email_validator_refuses_are_refused(text: str) -> None:
    assert judged(text) is None
    assert list(column_of([text], EMAIL).problems) == [IssueCode.EMAIL_INVALID]


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


def advice(text: str) -> str:
    """Say what an operator reads beside a text's refusal, or of a doubtful domain."""
    found = column_of([text], EMAIL)
    (said,) = found.problems.values()
    return said[0]


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gamil.com", "gmail.com"),
        ("gmal.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gnail.com", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmail.cmo", "gmail.com"),
        ("gmail.comm", "gmail.com"),
        ("gmail.ca", "gmail.com"),
        ("GMIAL.COM", "gmail.com"),
        ("www.hotmail.com", "hotmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("hotmai.fr", "hotmail.fr"),
        ("hotmail.ft", "hotmail.fr"),
        ("hotmail.c", "hotmail.com"),
        ("outlok.com", "outlook.com"),
        ("yaho.fr", "yahoo.fr"),
        ("yahoo.con", "yahoo.com"),
        ("icloud.con", "icloud.com"),
        ("videotron.c", "videotron.ca"),
        ("videotron.com", "videotron.ca"),
        ("vidéotron.ca", "videotron.ca"),
        ("vidoetron.ca", "videotron.ca"),
        ("sympatico.com", "sympatico.ca"),
        ("orange.ft", "orange.fr"),
        ("wandoo.fr", "wanadoo.fr"),
        ("laposte.ner", "laposte.net"),
        ("free.ft", "free.fr"),
        ("sfr.f", "sfr.fr"),
        ("bell.ner", "bell.net"),
    ],
)
def test_a_likely_slip_is_sent_as_it_stands_with_a_suggestion(slip: str, meant: str) -> None:
    found = column_of([f"Ana.B@{slip}", "ana@example.com"], EMAIL)
    assert found.texts == [f"Ana.B@{slip.lower()}", "ana@example.com"]
    assert found.problems == {IssueCode.EMAIL_DOUBTFUL: {0: f"did you mean Ana.B@{meant}?"}}
    assert found.severities[IssueCode.EMAIL_DOUBTFUL] is Severity.WARNING


REAL = [
    "mail.com", "email.com", "ymail.com", "gmx.com", "gmx.fr", "live.ca", "live.com", "me.com",
    "mac.com", "free.fr", "fee.fr", "aol.com", "aol.fr", "hotmail.ca", "hotmail.gr",
    "hotmail.co.uk", "outlook.be", "outlook.com.br", "yahoo.co.jp", "yahoo.com.mx", "bell.ca",
    "videotron.qc.ca", "laposte.fr", "orange.com", "orange.es", "orange.pl", "oranger.fr",
    "orage.fr", "grange.fr", "cloud.com", "roger.com", "telus.com", "cogeco.com", "example.com",
    "umontreal.ca", "gouv.fr", "gouv.qc.ca", "viola.fr", "proton.me", "proton.ch", "pm.me",
    "msn.com", "qq.com", "web.de", "tmail.com", "zmail.com", "fastmail.com", "rocketmail.com",
    "range.fr", "simpatico.ca",
]  # fmt: skip


def test_no_real_domain_is_taken_for_a_slip() -> None:
    texts = [f"ana@{domain}" for domain in (*REAL, *known_domains())]
    found = column_of(list(texts), EMAIL)
    assert found.texts == texts
    assert not found.problems


def test_every_slip_leads_to_a_provider_and_none_is_one() -> None:
    assert set(_slips().values()) <= set(known_domains())
    assert not set(_slips()) & set(known_domains())


@given(text=st.text(max_size=20) | st.sampled_from(sorted(_slips())))
@settings(deadline=None)
def test_what_a_slip_meant_is_no_slip_itself(text: str) -> None:
    meant = domain_meant(text)
    assert meant is None or domain_meant(meant) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("ana@gmail,com", "ana@gmail.com"),
        ("ana@gmial,com", "ana@gmail.com"),
        ("ana@example;com", "ana@example.com"),
        ("ana@example.com.", "ana@example.com"),
        ("ana@example.com,", "ana@example.com"),
        ("ana@gmail.c om", "ana@gmail.com"),
        ("ana @example.com", "ana@example.com"),
        ("ana@example..com", "ana@example.com"),
        ("ana@@example.com", "ana@example.com"),
        ("ana.@example.com", "ana@example.com"),
        ("ana@.example.com", "ana@example.com"),
        ("ana.gmail.com", "ana@gmail.com"),
        ("ana2hotmail.fr", "ana@hotmail.fr"),
        ("ana@gmailcom", "ana@gmail.com"),
        ("ana@gmail", "ana@gmail.com"),
        ("ana(at)example.com", "ana@example.com"),
        ("ana [arobase] example [point] fr", "ana@example.fr"),
        ("ana at example.com", "ana@example.com"),
        ("ana＠example.com", "ana@example.com"),
        ("mailto:ana@example.com", "ana@example.com"),
        ("Ana <ana@example.com>", "ana@example.com"),
        ("<mailto:ana@example.com>;", "ana@example.com"),
        ('"ana@example.com"', "ana@example.com"),
        ("«ana@example.com»", "ana@example.com"),
    ],
)
def test_what_is_nearly_an_address_is_refused_with_the_one_that_was_meant(
    text: str, meant: str
) -> None:
    found = column_of([text], EMAIL)
    assert found.texts == [None]
    assert advice(text).endswith(f" Did you mean {meant}?")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a@x.ca; b@y.ca", 2),
        ("a@x.ca,b@y.ca", 2),
        ("a@x.ca / b@y.ca / c@z.ca", 3),
        ("a@x.ca b@y.ca", 2),
        ("a@x.ca ou b@y.ca", 2),
        ("Ana <a@x.ca>, Bo <b@y.ca>", 2),
        ("a@x.ca\nb@y.ca", 2),
    ],
)
def test_several_addresses_in_a_cell_are_refused_and_counted(text: str, count: int) -> None:
    found = column_of([text], EMAIL)
    assert found.texts == [None]
    assert advice(text).endswith(f" It holds {count} addresses: keep one.")


@pytest.mark.parametrize(
    "text", ["nothing", "a@b", "a@box.local", "x" * 2_000, "a@b@c", "@@", "12345", "a;b@"]
)
def test_where_nothing_can_be_guessed_only_the_reason_is_given(text: str) -> None:
    assert "Did you mean" not in advice(text)
    assert "It holds" not in advice(text)


@given(texts=st.lists(addresses.filter(bool), min_size=1, max_size=5))
@settings(deadline=None, max_examples=100)
def test_an_address_as_sent_is_written_the_same_again(texts: list[str]) -> None:
    written = [text for text in column_of(list(texts), EMAIL).texts if text is not None]
    again = column_of(list(written), EMAIL)
    assert again.texts == written


def test_a_column_without_a_single_address_is_no_trouble() -> None:
    assert column_of([], EMAIL).texts == []
    assert column_of([None, None], EMAIL).texts == [None, None]
