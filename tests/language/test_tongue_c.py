"""Sentences of checks, plan, calls and platforms in another language keep their English."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pytest
from email_validator import EmailNotValidError, validate_email

from importer import targets
from importer.batching import batches
from importer.checking.address_faults import fault_in_words
from importer.checking.date_orders import DateOrders
from importer.checking.phone_numbers import NoNumberError, reading_of
from importer.client.failures import authorities, refused_by_proxy, translated
from importer.clock import Interruption
from importer.delivery.ending import HaltError
from importer.delivery.lanes import Lanes
from importer.errors import ImporterError, InDoubtError, RetryableError, UnusableInputError
from importer.field_rules import FieldRole, FieldRule, Other, RealDates, RowRules, ValueType
from importer.issues import MESSAGES, IssueCode, message
from importer.language import Said, english, speaking
from importer.model import ApiResponse, Limits, PlannedField
from importer.targets.dialog_insight import answers
from importer.targets.dialog_insight.contact_grammar import GRAMMAR
from importer.targets.dialog_insight.table_grammar import GRAMMAR as TABLES
from tests.checking.columns import KEY, Cells, checked_of, column_of, rule_of
from tests.checking.make_addresses import addresses
from tests.delivery.stage import FakeClock
from tests.targets.examples import CREDENTIALS, UPSERT, connection, rows

EMAIL = PlannedField("key_f_EMail", ValueType.EMAIL, FieldRole.KEY)


def in_both(say: Callable[[], Any]) -> tuple[Any, Any]:
    """Let something be said in English and in French."""
    with speaking("fr"):
        french = say()
    return say(), french


def raised(act: Callable[[], object]) -> str:
    """Give the sentence of what an action raises."""
    with pytest.raises((ImporterError, ValueError)) as caught:
        act()
    return str(caught.value) if isinstance(caught.value, ImporterError) else caught.value.args[0]


# --- what is said of rows ------------------------------------------------------------------------


@pytest.mark.parametrize("code", IssueCode)
def test_every_issue_keeps_its_english(code: IssueCode) -> None:
    plain, said = in_both(lambda: message(code, column="Ville", value="{x}", detail="yes"))
    assert isinstance(said, Said)
    assert said.english == plain
    assert plain == MESSAGES[code].format(column="Ville", value="{x}", detail="yes")


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (rule_of(ValueType.EMAIL), "ana@@example.com"),
        (rule_of(ValueType.EMAIL), "ana@gamil.com"),
        (rule_of(ValueType.EMAIL), "a@example.com; b@example.com"),
        (rule_of(ValueType.PHONE), "514 555 0123"),
        (rule_of(ValueType.PHONE, region_column="Pays"), "514 555 0123"),
        (rule_of(ValueType.PHONE, region="CA"), "514-555-0123 / 514-555-0124"),
        (rule_of(ValueType.PHONE, region="CA"), "+1 999 555 0123"),
        (rule_of(ValueType.PHONE, region="FR"), "+33 696 12 34 56"),
        (rule_of(ValueType.POSTAL, region="CA"), "H2X 1Y"),
        (rule_of(ValueType.POSTAL, region="FR"), "2A004"),
        (rule_of(ValueType.POSTAL, region="BE"), "12"),
        (rule_of(ValueType.POSTAL), "?"),
        (rule_of(ValueType.POSTAL, region="FR"), "75008.0"),
        (rule_of(ValueType.INTEGER), "12.5"),
        (rule_of(ValueType.INTEGER), "1,234"),
        (rule_of(ValueType.DECIMAL), "1,234,5"),
        (rule_of(ValueType.DECIMAL), "1.234"),
        (rule_of(ValueType.DECIMAL, decimal="comma"), "1.234.5"),
        (rule_of(ValueType.DECIMAL), "12 %"),
        (rule_of(ValueType.DECIMAL), "12 $"),
        (rule_of(ValueType.DATE, formats=("DD/MM/YYYY", "DD-MM-YYYY")), "2026.10.24"),
        (rule_of(ValueType.DATE, format="DD/MM/YYYY"), "10/24/2026"),
        (rule_of(ValueType.DATE, format="DD/MM/YYYY"), "24 March 2026"),
        (rule_of(ValueType.DATE, format="DD/MM/YYYY"), "45000"),
        (rule_of(ValueType.CHOICE, values=(("Or", "1"), ("Fer", "2"))), "Zinc"),
        (rule_of(ValueType.LIST, values=(("a", "1"),), other=Other.REJECT), "b;c;d;e;f;g"),
        (rule_of(ValueType.LIST, separator=","), "a|b,c"),
        (rule_of(ValueType.TEXT, max_length=2), "abc"),
        (rule_of(ValueType.TEXT, max_length=1, truncate=True), "abc"),
        (rule_of(ValueType.TEXT, pattern="(?=a)b"), "a" * 1_001),
    ],
)
def test_what_a_check_says_of_a_text_keeps_its_english(rule: FieldRule, text: str) -> None:
    beside = ["Atlantide"] if rule.region_column else None
    plain, french = in_both(lambda: column_of([text], rule, beside=beside).problems)
    assert plain
    for code, said in french.items():
        assert isinstance(said[0], Said), said
        assert said[0].english == plain[code][0]


def test_whatever_is_wrong_with_an_address_is_known() -> None:
    faults = set()
    for address in addresses(2_000, seed=6):
        try:
            validate_email(address, check_deliverability=False)
        except EmailNotValidError as error:
            faults.add(str(error))
    with speaking("fr"):
        said = {fault: fault_in_words(fault) for fault in faults}
    assert len(faults) > 30
    for fault, words in said.items():
        assert isinstance(words, Said), fault
        assert words.english == fault


def test_a_fault_of_an_address_that_is_not_known_stays_as_it_came() -> None:
    plain, said = in_both(lambda: fault_in_words("Of a later version."))
    assert plain == said == "Of a later version."
    assert not isinstance(said, Said)


def test_a_number_that_was_read_before_is_told_of_in_the_language_of_now() -> None:
    reading_of.cache_clear()
    plain, french = in_both(lambda: reading_of("+1 999 555 0123", "CA"))
    assert isinstance(plain, NoNumberError)
    assert plain is french
    plain, said = in_both(lambda: str(french))
    assert isinstance(said, Said)
    assert not isinstance(plain, Said)
    assert said.english == plain


def _obstacle(*texts: str, typed: bool = False, **members: Any) -> str:
    orders = DateOrders(rule_of(ValueType.DATETIME, column="Naissance", **members))
    numbers = np.arange(2, 2 + len(texts), dtype=np.int64)
    orders.add(pa.array(texts, pa.large_string()), numbers, np.zeros(len(texts), bool), typed)
    return orders.obstacle()


@pytest.mark.parametrize(
    ("texts", "typed", "members"),
    [
        (["03/04/2026", "05/06/2026"], False, {}),
        (["01/01/2026", "02-02-2026"], False, {}),
        (["13/04/2026"], False, {}),
        (["13/04/2026", "04/13/2026"], False, {}),
        (["3 avril 2026"], False, {}),
        (["03/04/26"], False, {}),
        (["2026-04-03", "13/05/2026"], True, {}),
        (["2026-04-03", "13/05/2026"], True, {"format": "DD/MM/YYYY"}),
    ],
)
def test_what_a_column_of_dates_has_wrong_keeps_its_english(
    texts: list[str], typed: bool, members: dict[str, Any]
) -> None:
    plain, said = in_both(lambda: _obstacle(*texts, typed=typed, **members))
    assert plain
    assert isinstance(said, Said)
    assert said.english == plain


def test_a_column_of_dates_with_nothing_wrong_says_nothing() -> None:
    assert in_both(lambda: _obstacle("2026-04-03", real_dates=RealDates.KEEP)) == ("", "")


def test_what_is_said_of_whole_rows_keeps_its_english() -> None:
    news = FieldRule("optin_News", FieldRole.CONSENT, ValueType.CONSENT, "News")
    date = FieldRule("dtOptin_News", FieldRole.CONSENT_DATE, ValueType.DATE, "Depuis")
    dates = {"optin_News": "dtOptin_News"}
    columns: Cells = {
        "key_f_EMail": ["a@x.fr", f"{'b' * 60}@x.fr"],
        "optin_News": [None, "yes"],
        "dtOptin_News": ["2026-01-01", None],
    }
    for only in (None, "yes", "no"):
        rules = RowRules(consent_dates=dates, only=only)
        plain, french = in_both(
            lambda rules=rules: (
                checked_of(  # type: ignore[misc]
                    columns, KEY, news, date, row_rules=rules, largest_row=1_090
                ).findings
            )
        )
        told = [[*one.details] if one.code == "row-too-large" else [one.details] for one in french]
        assert {one.code.value for one in french} == {"consent-date-alone", "row-too-large"}
        assert all(isinstance(detail, Said) for details in told for detail in details)
        assert [english(one.details) for one in french if isinstance(one.details, str)] == [
            one.details for one in plain if isinstance(one.details, str)
        ]


# --- what is said of calls -----------------------------------------------------------------------


def _plan_of(address: str) -> Any:
    return rows((EMAIL,), (address,))


def _too_large() -> object:
    target = targets.build(connection(), mode=UPSERT, fields=(EMAIL,))
    limits = Limits(bytes_per_call=1_234)
    return list(batches([_plan_of("x" * 2_000)], target, CREDENTIALS, limits))


def _stopped() -> None:
    interruption = Interruption()
    interruption.request(2)
    lanes = Lanes(2, clock=FakeClock(), interruption=interruption, abort=lambda: None)
    lanes.take_slot()


def _answered(status: int, body: bytes = b"") -> Callable[[], object]:
    return lambda: answers.read_projects(ApiResponse(status, {}, body))


@pytest.mark.parametrize(
    "act",
    [
        _too_large,
        _stopped,
        _answered(200),
        _answered(200, b"[]"),
        _answered(200, b"{}"),
        _answered(200, b'{"Success": true}'),
        _answered(400, b'{"Success": true}'),
        _answered(301),
        _answered(404),
        _answered(500),
        _answered(500, b'{"Success": false, "ErrorMessage": "Boom"}'),
        _answered(503),
        lambda: targets.grammar("somewhere"),
        lambda: GRAMMAR.fact("Courriel"),
        lambda: GRAMMAR.fact("f_"),
        lambda: GRAMMAR.fact("f_" + "x" * 30),
        lambda: GRAMMAR.fact("f_é"),
        lambda: TABLES.fact(""),
        lambda: TABLES.fact("key_"),
        lambda: TABLES.fact("f_City"),
        lambda: TABLES.fact("optin_News"),
        lambda: TABLES.fact("é"),
        lambda: targets.build(connection(), mode=UPSERT, fields=(EMAIL,), clears=("f_City",)),
        lambda: authorities("/nowhere/at/all.pem"),
    ],
)
def test_what_stands_in_the_way_of_a_call_keeps_its_english(act: Callable[[], object]) -> None:
    plain, said = in_both(lambda: raised(act))
    assert isinstance(said, Said)
    assert said.english == plain


def _of_tls(error: ssl.SSLError, **members: object) -> ssl.SSLError:
    """Give an error what OpenSSL gives it."""
    for name, value in members.items():
        setattr(error, name, value)
    return error


def _failure(error: BaseException, *, left: bool = False, peer: str = "") -> Callable[[], str]:
    url = httpx.URL("https://app.example.test/x")
    return lambda: str(translated(error, url, 60.0, left=left, peer=peer))


@pytest.mark.parametrize(
    "say",
    [
        _failure(httpx.UnsupportedProtocol("x")),
        _failure(UnicodeError("x")),
        _failure(httpx.ConnectTimeout("x")),
        _failure(httpx.ConnectError("x"), peer="proxy.example.test"),
        _failure(httpx.ProxyError("407 x")),
        _failure(httpx.ProxyError("403 x")),
        _failure(httpx.ProxyError("x")),
        _failure(ConnectionRefusedError(111, "refused")),
        _failure(_of_tls(ssl.SSLError(1, "x"), reason="WRONG_VERSION_NUMBER")),
        _failure(_of_tls(ssl.SSLError(1, "x"), reason="")),
        _failure(_of_tls(ssl.SSLCertVerificationError(1, "x"), verify_code=10)),
        _failure(_of_tls(ssl.SSLCertVerificationError(1, "x"), verify_code=1, verify_message="y")),
        _failure(httpx.ReadTimeout("x"), left=True),
        _failure(httpx.ReadError("x"), left=True),
        lambda: str(refused_by_proxy("app.example.test", None)),
    ],
)
def test_what_a_failure_of_the_network_means_keeps_its_english(say: Callable[[], str]) -> None:
    plain, said = in_both(say)
    assert isinstance(said, Said)
    assert said.english == plain


@pytest.mark.parametrize("kind", [RetryableError, InDoubtError, UnusableInputError])
def test_an_error_that_is_passed_on_keeps_its_english(kind: type[ImporterError]) -> None:
    plain, said = in_both(lambda: str(kind(message(IssueCode.BLANK_ROW))))
    assert isinstance(said, Said)
    assert said.english == plain


def test_the_end_of_a_delivery_keeps_its_english() -> None:
    with speaking("fr"), pytest.raises(HaltError) as halted:
        _stopped()
    said = str(halted.value)
    assert isinstance(said, Said)
    assert said.english == "The run was asked to stop."
