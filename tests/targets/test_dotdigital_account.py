"""What a Dotdigital account has, asked in several calls; and where the account is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.errors import (
    AccountCause,
    InDoubtError,
    Refusal,
    RefusedError,
    RetryableError,
)
from importer.field_rules import ValueType
from importer.model import AccountFields, ApiRequest, ApiResponse, Connection, Credentials, Secret
from importer.targets.dotdigital import account
from importer.targets.dotdigital.grammar import GRAMMAR, V2_GRAMMAR

USER = Credentials("apiuser-1@apiconnector.com", Secret("a-secret-password"))
EUROPE, AMERICA, ASIA = (f"https://r{n}-api.dotdigital.com" for n in (1, 2, 3))
HERE = "http://127.0.0.1:8025"

FIELDS = [
    {"name": "FIRSTNAME", "type": "String", "visibility": "Public", "defaultValue": None},
    {"name": "POINTS", "type": "Numeric", "visibility": "Private", "defaultValue": 0},
    {"name": "BIRTHDAY", "type": "Date", "visibility": "Private", "defaultValue": None},
    {"name": "VIP", "type": "Boolean", "visibility": "Private", "defaultValue": False},
    {"name": "ODD", "type": "Another", "visibility": "Private", "defaultValue": None},
]
PREFERENCES = [
    {
        "id": 30,
        "publicName": "Drinks",
        "privateName": "drinks",
        "isPreference": False,
        "preferences": [
            {"id": 31, "publicName": "Tea", "privateName": "tea-01", "isPreference": True},
            {"id": 32, "publicName": "Coffee", "privateName": "Coffee", "isPreference": True},
        ],
    },
    {"id": 40, "publicName": "Events", "privateName": "events", "isPreference": True},
]
LISTS = [
    {"id": 4101, "name": "Spring", "visibility": "Public", "contacts": 3},
    {"id": 4102, "name": "Newsletter", "visibility": "Public", "contacts": 0},
]
IDENTIFIERS = [{"name": "crm-id", "created": "2024-05-21T12:34:56Z"}]


def connection(url: str = EUROPE) -> Connection:
    return Connection("production", "dotdigital", url, USER.key_id, "env:KEY")


def said(value: Any, status: int = 200) -> ApiResponse:
    return ApiResponse(status, {}, json.dumps(value).encode())


def info(address: str = EUROPE) -> ApiResponse:
    properties = [
        {"name": "Name", "type": "String", "value": "Demo"},
        {"name": "ApiEndpoint", "type": "String", "value": f"{address}/"},
    ]
    return said({"id": 1, "properties": properties})


def told(*answers: ApiResponse, url: str = EUROPE, tree: bool = False) -> AccountFields:
    grammar = V2_GRAMMAR if tree else GRAMMAR
    return account.read(connection(url), answers, grammar, tree=tree)


def asked(*answers: ApiResponse, url: str = EUROPE) -> ApiRequest | None:
    return account.next_question(connection(url), USER, answers)


def whole(
    fields: Any = FIELDS,
    preferences: Any = PREFERENCES,
    lists: Any = LISTS,
    identifiers: Any = IDENTIFIERS,
) -> list[ApiResponse]:
    return [info(), said(fields), said(preferences), said(lists), said(identifiers)]


# --- the conversation ----------------------------------------------------------------------------


def test_five_questions_are_asked_one_after_the_other() -> None:
    answers = whole()
    paths = []
    for count in range(len(answers)):
        request = asked(*answers[:count])
        assert request is not None
        assert (request.method, request.body, request.scope) == ("GET", b"", "high")
        assert request.headers["authorization"].startswith("Basic ")
        paths.append(request.url.removeprefix(EUROPE))
    assert paths == [
        "/v2/account-info",
        "/v2/data-fields",
        "/v2/preferences",
        "/v2/address-books?select=1000&skip=0",
        "/configuration/v3/customIdentifiers",
    ]
    assert asked(*answers) is None


def test_lists_come_a_thousand_at_a_time() -> None:
    pages = [[{"id": n, "name": f"list {n}"} for n in range(1 + p, 1001 + p)] for p in (0, 1000)]
    last = [{"id": 2001, "name": "last"}]
    answers = [*whole()[:3], *map(said, pages)]
    request = asked(*answers)
    assert request is not None
    assert request.url.endswith("?select=1000&skip=2000")
    assert "list." not in told(*answers).beginnings
    answers += [said(last), said(IDENTIFIERS)]
    assert asked(*answers) is None
    found = told(*answers)
    assert sum(code.startswith("list.") for code in found.places) == 2 * 2001
    assert found.places["list.last"] == "2001"


def test_a_platform_that_repeats_a_page_is_not_asked_for_ever() -> None:
    page = said([{"id": n, "name": f"list {n}"} for n in range(1, 1001)])
    request = asked(*whole()[:3], page, page)
    assert request is not None
    assert request.url.endswith("/customIdentifiers")


def test_what_was_said_so_far_is_understood() -> None:
    answers = whole()
    kinds = [told(*answers[:count]).beginnings for count in range(len(answers) + 1)]
    assert kinds == [
        (),
        (),
        ("data.",),
        ("data.", "preference."),
        ("data.", "preference.", "list."),
        ("data.", "preference.", "list.", "id."),
    ]
    assert told().labels["id.email"] == "email"


@pytest.mark.parametrize("status", [403, 404])
def test_an_account_that_does_not_tell_its_identifiers_may_have_any(status: int) -> None:
    answers = [*whole()[:4], said({"errorCode": "x"}, status)]
    assert asked(*answers) is None
    assert "id." not in told(*answers).beginnings


def test_an_account_without_preferences_has_none() -> None:
    none = said({"message": "Error: ERROR_FEATURENOTACTIVE"}, 400)
    found = told(*whole()[:2], none)
    assert found.beginnings == ("data.", "preference.")
    assert not [code for code in found.labels if code.startswith("preference.")]


# --- what the account has ------------------------------------------------------------------------


def test_fields_have_their_names_types_and_places() -> None:
    found = told(*whole())
    assert found.labels["data.FIRSTNAME"] == "FIRSTNAME"
    assert found.labels["list.4101"] == "Spring"
    assert found.labels["preference.31"] == "Tea"
    assert found.labels["id.crm-id"] == "crm-id"
    assert {"email.status", "sms.status", "consent.userAgent", "id.contactId"} <= {*found.labels}
    assert found.types == {
        "data.FIRSTNAME": ValueType.TEXT,
        "data.POINTS": ValueType.DECIMAL,
        "data.BIRTHDAY": ValueType.DATE,
        "data.VIP": ValueType.BOOLEAN,
    }
    assert found.places == {
        "list.4101": "4101",
        "list.4102": "4102",
        "list.Spring": "4101",
        "list.Newsletter": "4102",
        "preference.31": "31",
        "preference.32": "32",
        "preference.40": "40",
        "preference.Tea": "31",
        "preference.tea-01": "31",
        "preference.Coffee": "32",
        "preference.Events": "40",
    }
    assert "list.Spring" not in found.labels
    assert (found.wants, found.required) == (frozenset(), frozenset())


def test_version_2_wants_every_preference_and_knows_its_category() -> None:
    found = told(*whole(), tree=True)
    assert found.places["preference.31"] == found.places["preference.Tea"] == "30/31"
    assert found.places["preference.40"] == found.places["preference.Events"] == "40"
    assert found.wants == {"preference.31", "preference.32", "preference.40"}
    assert found.beginnings == ("data.", "preference.", "id.")
    foreign = ("list.", "sms.", "id.mobile", "id.contactId", "id.crm-id", "email.status")
    assert not [code for code in found.labels if code.startswith(foreign)]


def test_a_name_that_several_have_leads_nowhere() -> None:
    lists = [*LISTS, {"id": 7, "name": "SPRING"}]
    found = told(*whole(lists=lists))
    assert found.places["list.7"] == "7"
    assert found.labels["list.Spring"] == "Spring"
    assert not {"list.Spring", "list.SPRING"} & {*found.places}


def test_a_name_of_digits_is_no_name_for_a_number_may_be_meant() -> None:
    found = told(*whole(lists=[{"id": 5, "name": "4101"}, {"id": 4101, "name": "Spring"}]))
    assert found.places["list.4101"] == "4101"
    assert found.labels["list.4101"] == "Spring"


def test_what_has_no_name_or_one_that_no_mapping_can_write_is_known_by_its_number() -> None:
    lists = [{"id": 5, "name": ""}, {"id": 6}, {"id": 7, "name": "x" * 200}]
    found = told(*whole(lists=lists))
    assert [found.labels[f"list.{n}"] for n in (5, 6)] == ["5", "6"]
    assert {code for code in found.places if code.startswith("list.")} == {
        "list.5",
        "list.6",
        "list.7",
    }


def test_what_is_no_field_is_passed_over() -> None:
    odd = [None, 7, "x", {}, {"id": "5"}, {"id": True}, {"id": -1}, {"name": ["x"]}]
    found = told(*whole(odd, odd, odd, odd))
    plain = told(*whole([], [], [], []))
    assert found == plain
    names = [{"name": name, "type": "String"} for name in ("A B", "é", "x" * 21)]
    assert told(*whole(fields=names)).types == {}


def test_categories_may_lie_in_categories() -> None:
    inner = {"id": 2, "isPreference": False, "preferences": [PREFERENCES[1], {"id": 9}]}
    tree = [{"id": 1, "isPreference": False, "preferences": [inner]}, {"id": 3, **_EMPTY}]
    found = told(*whole(preferences=tree), tree=True)
    assert found.places["preference.40"] == "2/40"
    assert found.labels["preference.9"] == "9"
    assert found.wants == {"preference.40", "preference.9"}


_EMPTY = {"isPreference": False}


# --- where the account is ------------------------------------------------------------------------


def moved(ask: Callable[[], object]) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        ask()
    assert caught.value.scope is Refusal.ACCOUNT
    return caught.value


def test_the_first_host_tells_of_an_account_in_another_region_where_it_is() -> None:
    for ask in (asked, told):
        refusal = moved(lambda ask=ask: ask(info(AMERICA)))  # type: ignore[misc]
        assert (refusal.cause, refusal.address) == (AccountCause.MOVED, AMERICA)
        assert f"write url: {AMERICA} in importer.yaml" in str(refusal)


def test_a_host_of_another_region_refuses_and_the_first_one_tells_where_it_is() -> None:
    denied = ApiResponse(403, {}, b"403 - Forbidden: Access is denied.")
    request = asked(denied, url=AMERICA)
    assert request is not None
    assert request.url == f"{EUROPE}/v2/account-info"
    for ask in (asked, told):
        refusal = moved(lambda ask=ask: ask(denied, info(ASIA), url=AMERICA))  # type: ignore[misc]
        assert (refusal.cause, refusal.address) == (AccountCause.MOVED, ASIA)


def test_a_user_that_may_not_ask_at_its_own_host_is_told_what_that_one_said() -> None:
    denied = said({"errorCode": "x:forbidden", "description": "not you"}, 403)
    refusal = moved(lambda: asked(denied, info(AMERICA), url=AMERICA))
    assert refusal.address == ""
    assert "not you" in str(refusal)
    wrong = moved(lambda: asked(denied, said({"message": "no"}, 401), url=AMERICA))
    assert wrong.cause is AccountCause.KEY


def test_the_first_host_that_refuses_is_not_asked_again() -> None:
    assert moved(lambda: asked(said({}, 403))).address == ""
    assert moved(lambda: asked(said({}, 403), url=HERE)).address == ""


@pytest.mark.parametrize("address", ["http://127.0.0.1:9999", "http://localhost:1"])
def test_a_machine_may_say_of_itself_where_the_account_is(address: str) -> None:
    denied = ApiResponse(403, {}, b"403 - Forbidden: Access is denied.")
    assert asked(info(address), url=HERE) is not None
    refusal = moved(lambda: asked(info(address), denied, url=HERE))
    assert (refusal.cause, refusal.address) == (AccountCause.MOVED, address)
    assert moved(lambda: told(info(ASIA), denied, url=HERE)).address == ASIA


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.test",
        "http://r2-api.dotdigital.com",
        "https://r2-api.dotdigital.com.evil.test",
        "https://r2-api.dotdigital.com@evil.test",
        "http://127.0.0.1:8025",
        "http://[",
        "",
    ],
)
def test_promise_7_no_other_address_is_believed(address: str) -> None:
    assert asked(info(address)) is not None
    denied = ApiResponse(403, {}, b"")
    assert moved(lambda: asked(info(address), denied)).address == ""


def test_an_address_behind_which_the_platform_answers_is_left_alone() -> None:
    for url in ("https://proxy.example.test", EUROPE + "/"):
        assert asked(info(), url=url) is not None
        assert asked(info(), said(FIELDS), url=url) is not None


def test_a_permission_that_is_missing_at_the_right_host_is_no_move() -> None:
    denied = said({"message": "no permission"}, 403)
    refusal = moved(lambda: asked(info(), denied))
    assert (refusal.cause, refusal.address) == (AccountCause.PERMISSION, "")


# --- answers that are none -----------------------------------------------------------------------


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize(
    ("status", "error"),
    [(401, RefusedError), (404, RefusedError), (429, RetryableError), (500, InDoubtError)],
)
def test_refusals_concern_the_account_wherever_they_come(
    place: int, status: int, error: type[Exception]
) -> None:
    answers = [*whole()[:place], said({"message": "no"}, status)]
    for ask in (asked, told):
        with pytest.raises(error) as caught:
            ask(*answers)
        if isinstance(caught.value, RefusedError):
            assert caught.value.scope is Refusal.ACCOUNT


@pytest.mark.parametrize("body", [b"", b"<html>", b"7", b'{"message": "no"}', b"[" * 100_000])
def test_an_answer_of_another_form_is_in_doubt(body: bytes) -> None:
    with pytest.raises(InDoubtError):
        asked(info(), ApiResponse(200, {}, body))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "name", "type", "properties", "value", "isPreference", "preferences"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    st.lists(
        st.builds(
            ApiResponse,
            st.sampled_from([200, 200, 200, 302, 400, 403, 404, 429, 500]),
            st.just({}),
            VALUES.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=9),
        ),
        max_size=6,
    ),
    st.sampled_from([EUROPE, AMERICA, HERE]),
    st.booleans(),
)
def test_any_answers_are_understood_or_one_of_the_three_errors(
    answers: list[ApiResponse], url: str, tree: bool
) -> None:
    refusals = []
    for ask in (lambda: asked(*answers, url=url), lambda: told(*answers, url=url, tree=tree)):
        try:
            ask()
        except (RetryableError, InDoubtError):
            pass
        except RefusedError as refusal:
            refusals.append(refusal)
    assert {one.scope for one in refusals} <= {Refusal.ACCOUNT}
