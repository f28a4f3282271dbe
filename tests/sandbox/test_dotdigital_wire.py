from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import httpx
import pytest

from importer.sandbox import (
    Account,
    DotdigitalSettings,
    SandboxError,
    SandboxSettings,
    create_app,
    running,
)
from importer.sandbox.dotdigital.calling import Asked

from .caller import Caller, StillClock, record
from .dotdigital_caller import USER, DotdigitalCaller, bulk, dotdigital

V3, V2 = "/contacts/v3/email/a@b.test", "/v2/data-fields"


def _without_credentials(request: httpx.Request) -> httpx.Request:
    return request


def properties(answer: httpx.Response) -> dict[str, str]:
    return {one["name"]: one["value"] for one in answer.json()["properties"]}


# --- who may call ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer abc",
        "Basic !!",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff:x").decode(),
        "Basic " + base64.b64encode(f"{USER[0]}:wrong".encode()).decode(),
        "Basic " + base64.b64encode(f"other:{USER[1]}".encode()).decode(),
    ],
)
def test_other_credentials_get_401_in_json(given: str) -> None:
    sandbox = dotdigital()
    sandbox.client.auth = _without_credentials
    for path in (V3, V2, "/v2/nowhere"):
        answer = sandbox.client.get(path, headers={"authorization": given} if given else {})
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.json() == {"message": "Authorization has been denied for this request."}


def test_refused_caller_writes_nothing() -> None:
    sandbox = dotdigital()
    sandbox.client.auth = httpx.BasicAuth(USER[0], "wrong")
    answer = sandbox.patch("a@b.test")
    assert answer.json()["errorCode"] == "server:unauthorized"
    assert sandbox.contacts() == []


def test_password_may_hold_colons_and_letters_of_any_alphabet() -> None:
    sandbox = dotdigital(account=Account(password="a:b:é"))
    sandbox.client.auth = _without_credentials
    coded = base64.b64encode(f"{USER[0]}:a:b:é".encode()).decode()
    answer = sandbox.client.get(V2, headers={"authorization": f"basic {coded}"})
    assert answer.status_code == 200


def test_unknown_call_is_404_in_the_manner_of_its_version() -> None:
    sandbox = dotdigital()
    assert sandbox.client.get("/contacts/v3/x").json()["errorCode"] == "server:notFound"
    assert sandbox.client.put(V3, json={}).status_code == 404
    told = sandbox.client.post("/v2/contacts/import").json()
    assert told["message"].startswith("sandbox: there is no call POST /v2/contacts/import")
    assert sandbox.client.get("/contacts/v2").status_code == 404


# --- regions --------------------------------------------------------------------------------------


def test_wrong_region_answers_all_but_account_info_with_the_documented_page() -> None:
    sandbox = dotdigital(other_region=True, account=Account(region="r2"))
    for answer in (sandbox.patch("a@b.test"), sandbox.client.get(V2), sandbox.start()):
        assert answer.status_code == 403
        assert "403 - Forbidden: Access is denied" in answer.text
        assert answer.headers["content-type"].startswith("text/html")
    assert sandbox.contacts() == []
    info = sandbox.client.get("/v2/account-info")
    assert properties(info)["ApiEndpoint"] == "https://r2-api.dotdigital.com/"


def test_right_region_is_found_through_account_info() -> None:
    with running() as right:
        wrong = dotdigital(other_region=True, endpoint=right)
        endpoint = properties(wrong.client.get("/v2/account-info"))["ApiEndpoint"]
        assert endpoint == f"{right}/"
        with httpx.Client(base_url=endpoint) as client:
            sandbox = DotdigitalCaller(client)
            assert sandbox.patch("a@b.test").status_code == 201
            assert properties(client.get("/v2/account-info"))["ApiEndpoint"] == endpoint


# --- paths ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "a+b@c.test",
        "a/b@c.test",
        "a//b@c.test",
        "é@ł.test",
        "é@c.test",
        "a%2Fb@c.test",
        "a?b#c@d.test",
    ],
)
def test_value_of_a_path_may_hold_any_letter(address: str) -> None:
    sandbox = dotdigital()
    answer = sandbox.patch(address)
    assert answer.status_code == 201
    assert answer.json()["identifiers"]["email"] == address
    assert sandbox.patch(address).status_code == 200


def test_value_of_a_path_may_hold_any_letter_over_a_port_too() -> None:
    with running() as url, httpx.Client(base_url=url) as client:
        sandbox = DotdigitalCaller(client)
        for address in ("é/ł+//x@c.test", "a?b#c%2Fd@c.test"):
            assert [sandbox.patch(address).status_code for _ in range(2)] == [201, 200]


def test_contact_is_made_merged_read_and_deleted() -> None:
    sandbox = dotdigital()
    made = sandbox.client.post("/contacts/v3", json={"identifiers": {"email": "a@b.test"}})
    assert made.status_code == 201
    sandbox.patch("a@b.test", dataFields={"CITY": "Laval"})
    sandbox.patch("a@b.test", option="overwrite-if-empty", dataFields={"CITY": "Lyon"})
    read = sandbox.client.get(V3).json()
    assert read["dataFields"] == {"CITY": "Laval"}
    number = made.json()["contactId"]
    assert sandbox.client.delete(V3).json() == {"contactId": number}
    called = [call["method"] for call in sandbox.calls()]
    assert called == [
        "POST contact",
        "PATCH contact",
        "PATCH contact",
        "GET contact",
        "DELETE contact",
    ]


# --- over a port ----------------------------------------------------------------------------------


def test_import_is_taken_polled_and_told_over_a_port() -> None:
    with running() as url, httpx.Client(base_url=url) as client:
        sandbox = DotdigitalCaller(client)
        taken = sandbox.start(bulk("a@b.test"), bulk("bad@@b.test"))
        assert taken.status_code == 202
        states = [sandbox.poll(taken.json()["importId"]).json() for _ in range(3)]
        assert [one["status"] for one in states] == ["NotFinished", "NotFinished", "Finished"]
        assert len(states[-1]["created"]) == len(states[-1]["failures"]) == 1


def test_large_import_is_taken_over_a_port() -> None:
    with running() as url, httpx.Client(base_url=url) as client:
        notes = "é" * 1000
        sandbox = DotdigitalCaller(client)
        many = (bulk(f"{n}@b.test", dataFields={"NOTES": notes}) for n in range(5_000))
        assert sandbox.start(*many).status_code == 202
        number = client.get("/_sandbox/dotdigital/contacts?value=4999@b.test").json()["count"]
        assert number == 1


def test_lost_answer_closes_the_connection_and_the_work_is_done() -> None:
    with running(SandboxSettings(faults="lost")) as url, httpx.Client(base_url=url) as client:
        sandbox = DotdigitalCaller(client)
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            sandbox.start(bulk("a@b.test"))
        assert len(sandbox.contacts()) == 1


# --- what the sandbox tells beside ----------------------------------------------------------------


def test_calls_are_listed_with_their_facts() -> None:
    sandbox = dotdigital()
    contacts = [
        bulk("a@b.test"),
        {"matchIdentifier": "crm-id", "identifiers": {"email": "c@d.test", "crm-id": "7"}},
    ]
    number = sandbox.start(*contacts).json()["importId"]
    sandbox.poll(number)
    sandbox.patch("A@b.test", by="email", matchIdentifier="email")
    first, second, third = sandbox.calls()
    assert isinstance(first.pop("time"), float)
    written = json.dumps(contacts, separators=(",", ":")).encode()
    assert first == {
        "number": 1,
        "method": "PUT import",
        "idRequest": 0,
        "fault": "ok",
        "status": 202,
        "error": None,
        "records": 2,
        "sha256": hashlib.sha256(written).hexdigest(),
        "keys": ["a@b.test", "7"],
        "created": 0,
        "updated": 0,
        "skipped": 0,
        "errors": 0,
    }
    assert (second["method"], second["records"], second["keys"]) == ("GET import", 0, None)
    assert (third["method"], third["keys"], third["updated"]) == ("PATCH contact", ["A@b.test"], 1)


@pytest.mark.parametrize(
    ("path", "body", "keys"),
    [
        ("/contacts/v3/import", b"{", []),
        ("/contacts/v3/import", b"[]", []),
        ("/contacts/v3/import", b'{"contacts":{}}', []),
        ("/contacts/v3/import", b'{"contacts":[7,{"identifiers":7},{"identifiers":{}}]}', [""] * 3),
    ],
)
def test_bodies_that_hold_no_contacts_are_logged_too(
    path: str, body: bytes, keys: list[str]
) -> None:
    sandbox = dotdigital()
    assert sandbox.client.put(path, content=body).status_code == 400
    [call] = sandbox.calls()
    assert (call["keys"], call["records"], call["status"]) == (keys, len(keys), 400)


@pytest.mark.parametrize("depth", [300, 900, 1000, 5000])
def test_body_that_is_nested_too_deep_is_refused_as_no_json(depth: int) -> None:
    sandbox = dotdigital()
    deep = b"[" * depth + b"]" * depth
    one = b'{"identifiers":{"email":"a@b.test"},"matchIdentifier":"email","more":' + deep + b"}"
    answers = [
        sandbox.client.patch("/contacts/v3/email/a@b.test", content=one),
        sandbox.client.put("/contacts/v3/import", content=b'{"contacts":[' + one + b"]}"),
        sandbox.client.post(
            "/v2/contacts/with-consent-and-preferences",
            content=b'{"contact":{"email":"a@b.test","more":' + deep + b"}}",
        ),
    ]
    assert [one.status_code for one in answers] == [400] * 3
    assert [one.json().get("errorCode") for one in answers] == [
        "server:badRequest",
        "contacts:badJson",
        None,
    ]
    assert sandbox.contacts() == []
    assert [call["records"] for call in sandbox.calls()] == [0] * 3


def test_v2_body_without_an_address_is_logged_too() -> None:
    sandbox = dotdigital()
    sandbox.client.post("/v2/contacts/with-consent-and-preferences", json=[])
    assert sandbox.calls()[0]["keys"] == [""]


def test_keys_need_not_be_remembered() -> None:
    sandbox = dotdigital(shared={"log_keys": False})
    sandbox.patch("a@b.test")
    assert sandbox.calls()[0]["keys"] is None


def test_contacts_are_listed_whole_or_by_an_identifier() -> None:
    sandbox = dotdigital()
    sandbox.patch("a@b.test", identifiers={"email": "a@b.test", "crm-id": "7"})
    sandbox.patch("c@d.test")
    assert [one["identifiers"]["email"] for one in sandbox.contacts()] == ["a@b.test", "c@d.test"]
    path = "/_sandbox/dotdigital/contacts"
    by_own = sandbox.client.get(path, params={"identifier": "crm-id", "value": "7"}).json()
    assert (by_own["count"], by_own["contacts"][0]["identifiers"]["crm-id"]) == (1, "7")
    nobody = sandbox.client.get(path, params={"value": "x@y.test"}).json()
    assert nobody == {"count": 0, "contacts": []}
    sandbox.client.delete(V3)
    assert len(sandbox.contacts()) == 1
    [binned] = sandbox.client.get(path, params={"value": "a@b.test"}).json()["contacts"]
    assert binned["binned"] is True


def test_page_shows_both_platforms() -> None:
    sandbox = dotdigital()
    Caller(sandbox.client).merge(record("first@b.test"))
    sandbox.patch("second@b.test", dataFields={"CITY": "<b>Laval</b>"})
    sandbox.client.delete("/contacts/v3/email/second@b.test")
    page = sandbox.client.get("/").text
    for shown in (
        "first@b.test",
        "second@b.test",
        "&lt;b&gt;Laval",
        "recycle bin",
        "PATCH contact",
        "LOYALTY_POINTS",
        "crm-id",
        "Newsletter",
        "Coffee",
        "dotdigital_polls",
        "apiuser-sandbox@apiconnector.com",
    ):
        assert shown in page


def test_one_store_keeps_both_platforms_and_belongs_to_one_account(tmp_path: Path) -> None:
    path = tmp_path / "contacts.db"
    app = create_app(SandboxSettings(store=path))
    headers = {"authorization": "Basic " + base64.b64encode(":".join(USER).encode()).decode()}
    body = b'{"identifiers":{"email":"a@b.test"}}'
    made = app.extensions["dotdigital"].answer(Asked("PATCH", V3, {}, headers, body))
    assert made.status == 201
    app.extensions["sandbox"].close()

    app = create_app(SandboxSettings(store=path))
    again = DotdigitalCaller(
        httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://x.test")
    )
    assert [one["identifiers"] for one in again.contacts()] == [{"email": "a@b.test"}]
    assert again.client.get("/_sandbox/contacts").json()["count"] == 0
    app.extensions["sandbox"].close()
    other = DotdigitalSettings(account=Account(id=2))
    with pytest.raises(SandboxError, match="holds contacts of"):
        create_app(SandboxSettings(store=path, dotdigital=other))


def test_time_of_contacts_is_the_sandbox_s_own() -> None:
    told = dotdigital(StillClock()).patch("a@b.test").json()
    assert told["created"].startswith("2027-01-15T08:00:00.25")
