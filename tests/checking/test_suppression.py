from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from email_validator import validate_email
from hypothesis import given
from hypothesis import strategies as st

from importer.checking import Checker, Suppression
from importer.checking.suppression import (
    address_hashes,
    addresses_in,
    other_spellings,
    suppressed_rows,
    withhold,
)
from importer.field_rules import (
    FieldRole,
    FieldRule,
    OnInvalid,
    Origin,
    Take,
    ValueType,
)
from importer.issues import Finding, IssueCode, Severity
from importer.model import (
    CheckedChunk,
    Chunk,
    RowCheck,
)

KEY, OTHER, NAME = "key_f_EMail", "f_EMail2", "f_LastName"
NEWS, OFFERS, NEWS_DATE = "optin_News", "optin_Offers", "dtOptin_News"
RULES = (
    FieldRule(KEY, FieldRole.KEY, ValueType.EMAIL, "Courriel"),
    FieldRule(OTHER, FieldRole.DATA, ValueType.EMAIL, "Autre courriel"),
    FieldRule(NAME, FieldRole.DATA, ValueType.TEXT, "Nom"),
    FieldRule(NEWS, FieldRole.CONSENT, ValueType.CONSENT, "Infolettre"),
    FieldRule(OFFERS, FieldRole.CONSENT, ValueType.CONSENT, "Offres"),
    FieldRule(NEWS_DATE, FieldRole.CONSENT_DATE, ValueType.DATE, "Date"),
)
CODES = tuple(rule.field for rule in RULES)
GOOD, INVALID, SKIPPED, *_ = (int(check) for check in RowCheck)
Cells = tuple[str | None, ...]


def texts(values: Sequence[str | None]) -> Any:
    return pa.array(values, pa.large_string())


def listing(*addresses: str, rows: bool = False) -> Suppression:
    return Suppression(np.unique(address_hashes(texts(addresses))), rows)


class Withheld:
    """What was left of some rows: key, other address, name, two answers, a date."""

    def __init__(
        self,
        suppression: Suppression,
        *rows: Cells,
        verdicts: Sequence[int] | None = None,
        origins: dict[str, Any] | None = None,
    ) -> None:
        columns: dict[str, Any] = {
            code: texts(values) for code, values in zip(CODES, zip(*rows, strict=True), strict=True)
        }
        given = [GOOD] * len(rows) if verdicts is None else verdicts
        self.verdicts = np.array(given, dtype=np.uint8)
        self.origins: dict[str, Any] = origins or {}
        frame = pa.table(columns).to_pandas()
        self.findings: list[Finding] = withhold(
            columns,
            RULES,
            suppressed_rows(columns, frame, RULES, suppression),
            self.verdicts,
            self.origins,
            consent_dates={NEWS: NEWS_DATE},
            leave_out=suppression.rows,
        )
        self.rows = list(zip(*(columns[code].to_pylist() for code in CODES), strict=True))

    @property
    def said(self) -> list[tuple[str, str, list[int], str]]:
        assert {finding.code for finding in self.findings} <= {IssueCode.SUPPRESSED}
        return [
            (str(one.severity), one.column, one.at.tolist(), str(one.details))
            for one in self.findings
        ]


# --- what is listed ------------------------------------------------------------------------------


def test_an_address_is_listed_whatever_its_case_and_the_blanks_around_it() -> None:
    found = listing(" Ana@Example.com ", "leo@x.ca").listed(
        texts(["ANA@example.COM", None, "ana@example.co", "\tleo@x.ca", ""])
    )
    assert found.tolist() == [True, False, False, True, False]


def test_the_hash_of_an_address_is_the_head_of_its_sha256() -> None:
    head = sha256(b"ana@example.com").digest()[:8]
    assert address_hashes(texts(["Ana@example.com"])).tolist() == [int.from_bytes(head)]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ana@xn--caf-dma.example", "ana@caf\u00e9.example"),
        ("ana@caf\u00e9.example", "ana@xn--caf-dma.example"),
        ("\u00e9va@example.com", "E\u0301VA@example.com"),
        ("a@xn--strae-oqa.de", "a@stra\u00dfe.de"),
        ("a@stra\u00dfe.de", "a@XN--STRAE-OQA.de"),
        ("a@xn--gieen-nqa.example", "a@gie\u1e9een.example"),
    ],
)
def test_an_address_is_listed_however_its_letters_are_written(written: str, meant: str) -> None:
    assert listing(written).listed(texts([meant, "ana@cafe.example"])).tolist() == [True, False]


@pytest.mark.parametrize(
    "domain",
    [
        "stra\u00dfe.de",
        "\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2.gr",
        "caf\u00e9.ca",
        "\uff45xample.com",
    ],
)
def test_a_domain_is_written_as_the_check_of_addresses_does(domain: str) -> None:
    checked = validate_email(f"a@{domain}", check_deliverability=False)
    assert set(other_spellings(f"a@{domain}")) == {
        f"a@{checked.ascii_domain}", f"a@{checked.domain}"
    }  # fmt: skip


def test_domains_that_idna_tells_apart_are_two() -> None:
    assert listing("a@strasse.de").listed(texts(["a@stra\u00dfe.de"])).tolist() == [False]


def test_nothing_is_listed_by_an_empty_list_or_in_an_empty_column() -> None:
    assert listing().listed(texts(["ana@example.com"])).tolist() == [False]
    assert listing("a@x.ca").listed(texts([])).tolist() == []
    assert listing("a@x.ca").listed(texts([None])).tolist() == [False]
    assert listing("a@x.ca").listed(pa.chunked_array([texts(["a@x.ca"])])).tolist() == [True]


def test_the_addresses_never_show() -> None:
    assert repr(listing("a@x.ca")) == "Suppression(rows=False)"


@given(st.text("a@.-xn\u00df\u0660\u05d0\u3002\uff0e;", max_size=300).map("a@\u00df.xn--".__add__))
def test_no_domain_makes_a_spelling_raise(address: str) -> None:
    assert len(other_spellings(address)) <= 2
    assert all("@" in spelling for spelling in other_spellings(address))


@pytest.mark.parametrize("sign", ["a", "@", "a@", "/", "a@/", "@a", "."])
def test_a_long_cell_is_read_in_time_that_grows_with_its_length(sign: str) -> None:
    found = list(addresses_in(sign * 100_000 + " leo@x.ca"))
    assert "leo@x.ca" in found


@given(st.lists(st.text() | st.just("a@x.ca")))
def test_no_text_makes_a_list_raise(found: list[str]) -> None:
    known = [text for text in found if text.isprintable()]
    mask = listing("a@x.ca", *known).listed(texts(found))
    assert all(listed for text, listed in zip(found, mask, strict=True) if text in known)


# --- yeses ---------------------------------------------------------------------------------------


def test_every_yes_of_a_listed_address_is_withheld_with_its_date_and_its_no_goes() -> None:
    found = Withheld(
        listing("leo@x.ca"),
        ("ana@x.ca", None, "Roy", "yes", "yes", "2026-01-01"),
        ("LEO@x.ca", None, "Roy", "yes", "no", "2026-01-01"),
        ("leo@x.ca", None, "Roy", "no", None, "2026-01-01"),
    )
    assert found.rows == [
        ("ana@x.ca", None, "Roy", "yes", "yes", "2026-01-01"),
        ("LEO@x.ca", None, "Roy", None, "no", None),
        ("leo@x.ca", None, "Roy", "no", None, "2026-01-01"),
    ]
    assert found.said == [("warning", "Infolettre", [1], "its yes is withheld")]
    assert found.findings[0].field == NEWS
    assert found.origins[NEWS].tolist() == [Origin.ROW, Origin.WITHHELD, Origin.ROW]
    assert OFFERS not in found.origins
    assert found.verdicts.tolist() == [GOOD] * 3


def test_any_address_of_a_row_can_be_listed() -> None:
    found = Withheld(
        listing("old@x.ca"),
        ("ana@x.ca", "old@x.ca", None, "yes", "yes", None),
        ("leo@x.ca", "new@x.ca", None, "yes", None, None),
    )
    assert [row[3:5] for row in found.rows] == [(None, None), ("yes", None)]
    assert [column for _, column, _, _ in found.said] == ["Infolettre", "Offres"]


def test_a_yes_that_the_mapping_gave_is_withheld_too() -> None:
    made = np.array([Origin.MAPPING, Origin.MAPPING], dtype=np.uint8)
    found = Withheld(
        listing("leo@x.ca"),
        ("leo@x.ca", None, None, "yes", None, None),
        ("ana@x.ca", None, None, "yes", None, None),
        origins={NEWS: made},
    )
    assert found.origins[NEWS].tolist() == [Origin.WITHHELD, Origin.MAPPING]
    assert made.tolist() == [Origin.MAPPING, Origin.MAPPING]


@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("verdict", [INVALID, SKIPPED])
def test_rows_that_are_not_sent_are_let_be(rows: bool, verdict: int) -> None:
    cells = ("leo@x.ca", None, "Roy", "yes", None, None)
    found = Withheld(listing("leo@x.ca", rows=rows), cells, verdicts=[verdict])
    assert (found.rows, found.findings, found.verdicts.tolist()) == ([cells], [], [verdict])


# --- rows ----------------------------------------------------------------------------------------


def test_rows_are_left_out_but_for_their_noes_and_the_dates_of_these() -> None:
    found = Withheld(
        listing("leo@x.ca", "zoe@x.ca", rows=True),
        ("leo@x.ca", None, "Roy", "yes", None, "2026-01-01"),
        ("zoe@x.ca", "zoe@y.ca", "", "no", "yes", "2026-01-02"),
        ("zoe@x.ca", None, "Roy", None, "no", "2026-01-03"),
        ("ana@x.ca", None, "Roy", "yes", None, "2026-01-04"),
    )
    assert found.rows[1:] == [
        ("zoe@x.ca", None, None, "no", None, "2026-01-02"),
        ("zoe@x.ca", None, None, None, "no", None),
        ("ana@x.ca", None, "Roy", "yes", None, "2026-01-04"),
    ]
    assert found.said == [
        ("skip", "", [0], "the row is left out"),
        ("warning", "", [1, 2], "only its no is sent"),
    ]
    assert found.verdicts.tolist() == [SKIPPED, GOOD, GOOD, GOOD]


def test_rows_with_noes_alone_are_told_of_and_none_is_left_out() -> None:
    found = Withheld(listing("a@x.ca", rows=True), ("a@x.ca", None, None, "no", None, None))
    assert [severity for severity, *_ in found.said] == [Severity.WARNING]


def test_a_mapping_without_consents_leaves_its_listed_rows_out_on_request_only() -> None:
    for rows, verdict in ((False, GOOD), (True, SKIPPED)):
        verdicts = np.zeros(1, dtype=np.uint8)
        columns = {KEY: texts(["a@x.ca"]), NAME: texts(["Roy"])}
        rules, listed = (RULES[0], RULES[2]), np.array([True])
        withhold(columns, rules, listed, verdicts, {}, consent_dates={}, leave_out=rows)
        assert verdicts.tolist() == [verdict]


answers = st.sampled_from(["yes", "no", None])
addresses = st.sampled_from(["a@x.ca", "B@x.ca", "c@x.ca", None])


@given(
    rows=st.lists(
        st.tuples(
            addresses, addresses, st.just("Roy"), answers, answers,
            st.sampled_from(["2026-01-01", None]),
        ),
        min_size=1,
    ),
    listed=st.sets(st.sampled_from(["a@x.ca", "b@x.ca", "d@x.ca"])),
    leave_out=st.booleans(),
)  # fmt: skip
def test_promise_5_no_yes_goes_to_a_listed_address_and_no_no_is_lost(
    rows: list[Cells], listed: set[str], leave_out: bool
) -> None:
    found = Withheld(listing(*sorted(listed), rows=leave_out), *rows)
    for before, after, verdict in zip(rows, found.rows, found.verdicts, strict=True):
        suppressed = {(address or "").lower() for address in before[:2]} & listed
        if not suppressed:
            assert (after, verdict) == (before, GOOD)
        elif verdict == GOOD:
            assert after[0] == before[0]
            assert [a == "no" for a in after[3:5]] == [b == "no" for b in before[3:5]]
            assert "yes" not in after
        else:
            assert leave_out
            assert "no" not in before


# --- addresses that a check refused ---------------------------------------------------------------


def checked(*rows: tuple[str | None, str | None], **members: Any) -> CheckedChunk:
    """Check rows: a second address that may be skipped, and an answer."""
    second = replace(RULES[1], on_invalid=OnInvalid.SKIP, **members)
    client = FieldRule("key_f_Client", FieldRole.KEY, ValueType.TEXT, "Client")
    cells = {
        "key_f_Client": texts([str(n) for n in range(len(rows))]),
        OTHER: texts([row[0] for row in rows]),
        NEWS: texts([row[1] for row in rows]),
    }
    checker = Checker(
        (client, second, RULES[3]), largest_row=100_000, suppression=listing("leo@x.ca")
    )
    return checker.check(Chunk(np.arange(len(rows)), pa.table(cells).to_pandas()))


@pytest.mark.parametrize(
    "cell",
    [
        "leo@x.ca;",
        "leo@x.ca,",
        "Leo <leo@x.ca>",
        "LEO@X.CA; zoe@x.ca",
        "x y leo@x.ca.",
        "leo@x.ca@",
    ],
)
def test_promise_5_a_listed_address_that_is_refused_withholds_the_yes(cell: str) -> None:
    found = checked((cell, "yes"), ("zoe@x.ca;", "yes"), (None, "yes"), ("leo", "yes"))
    assert found.suppressed is not None
    assert found.suppressed.tolist() == [True, False, False, False]
    assert found.frame[NEWS].isna().tolist() == [True, False, False, False]
    assert found.frame[OTHER].isna().all()


def test_a_refused_address_is_looked_up_before_and_after_it_is_transformed() -> None:
    found = checked(("leo(at)x.ca;", "yes"), ("leo@x.ca;", "yes"), replace=(("(at)", "@"),))
    assert found.suppressed is not None
    assert found.suppressed.tolist() == [True, True]
    found = checked(("leo@x.ca; zoe@", "yes"), take=Take.LAST_WORD)
    assert found.suppressed is not None
    assert found.suppressed.tolist() == [True]


def test_every_row_that_could_be_read_is_known_to_be_listed_also_if_it_is_not_sent() -> None:
    rules = (FieldRule(KEY, FieldRole.KEY, ValueType.EMAIL, "Courriel"), RULES[3])
    cells = {KEY: texts(["leo@x.ca"] * 4), NEWS: texts(["yes", "perhaps", "yes", "yes"])}
    told = (
        Finding(IssueCode.CONDITION_NOT_MET, Severity.SKIP, np.array([0])),
        Finding(IssueCode.FOOTER_ROW, Severity.SKIP, np.array([2])),
        Finding(IssueCode.QUOTES_UNBALANCED, Severity.ERROR, np.array([3])),
    )
    chunk = Chunk(np.arange(4), pa.table(cells).to_pandas(), told)
    found = Checker(rules, largest_row=100_000, suppression=listing("leo@x.ca")).check(chunk)
    assert found.suppressed is not None
    assert found.suppressed.tolist() == [True, True, False, False]
    assert Checker(rules, largest_row=100_000).check(chunk).suppressed is None


@given(st.lists(st.text() | st.sampled_from(["leo@x.ca;", "@@", "a@@b"]), min_size=1))
def test_no_refused_address_makes_the_check_raise(cells: list[str]) -> None:
    found = checked(*((cell.strip() or None, "yes") for cell in cells))
    assert found.suppressed is not None
    for cell, listed in zip(cells, found.suppressed, strict=True):
        assert listed or cell != "leo@x.ca;"
