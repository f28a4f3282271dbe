from __future__ import annotations

import hashlib
import json

from importer.sandbox import Project

from .caller import PROJECTS, caller, record


def test_page_says_sandbox_and_shows_contacts_calls_and_settings() -> None:
    sandbox = caller(drop_answers=0)
    empty = sandbox.client.get("/")
    assert empty.status_code == 200
    assert "None yet." in empty.text
    sandbox.merge(record("a@b.test", f_City="Laval"))
    page = sandbox.client.get("/").text
    for shown in ("SANDBOX", "a@b.test", "Laval", "Contacts.Merge", "drop_answers", "f_BirthDate"):
        assert shown in page
    assert "None yet." not in page


def test_page_escapes_what_contacts_and_calls_hold() -> None:
    sandbox = caller(project=Project(name="<b>bold</b>"))
    sandbox.merge(record("a@b.test", f_City="<script>alert(1)</script>"))
    sandbox.post("/webservices/ofc4/x.ashx?method=<i>slanted</i>")
    page = sandbox.client.get("/").text
    assert "&lt;script&gt;alert(1)" in page
    for raw in ("<script>", "<i>", "<b>"):
        assert raw not in page


def test_page_loads_nothing_from_elsewhere() -> None:
    answer = caller().client.get("/")
    assert "http:" not in answer.text
    assert "https:" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_page_shows_the_key_only_of_the_built_in_project() -> None:
    assert "<code>sandbox</code>" in caller().client.get("/").text
    assert "secret-7" not in caller(project=Project(key="secret-7")).client.get("/").text


def test_ready_is_answered() -> None:
    assert caller().client.get("/_sandbox/ready").json() == {
        "ready": True,
        "sandbox": True,
        "idProject": 1,
    }


def test_contacts_are_listed_whole_or_by_key() -> None:
    sandbox = caller()
    sandbox.merge(record("a@b.test"), record("c@d.test"))
    listed = sandbox.client.get("/_sandbox/contacts").json()
    assert listed["count"] == 2
    assert [one["f_EMail"] for one in listed["contacts"]] == ["a@b.test", "c@d.test"]
    assert sandbox.client.get("/_sandbox/contacts", params={"key": " C@d.test"}).json() == {
        "count": 1,
        "contacts": [{"idContact": 2, "f_EMail": "c@d.test"}],
    }
    assert sandbox.client.get("/_sandbox/contacts?key=x").json() == {"count": 0, "contacts": []}


def test_more_contacts_than_a_page_are_all_listed() -> None:
    sandbox = caller(max_records=1500)
    sandbox.merge(*(record(f"{number}@b.test") for number in range(1500)))
    assert [one["idContact"] for one in sandbox.contacts()] == list(range(1, 1501))


def test_calls_are_listed_with_their_facts() -> None:
    sandbox = caller()
    records = [record("a@b.test"), record("A@b.test"), record("c@d.test", f_Points="x")]
    number = sandbox.merge(*records, SkipDuplicateRecords=True).json()["idRequest"]
    sandbox.post(PROJECTS)
    listed = sandbox.client.get("/_sandbox/calls").json()
    assert listed["total"] == 2
    first, second = listed["calls"]
    assert isinstance(first.pop("time"), float)
    written = json.dumps(records, separators=(",", ":")).encode()
    assert first == {
        "number": 1,
        "method": "Contacts.Merge",
        "idRequest": number,
        "fault": "ok",
        "status": 200,
        "error": None,
        "records": 3,
        "sha256": hashlib.sha256(written).hexdigest(),
        "keys": ["a@b.test", "A@b.test", "c@d.test"],
        "created": 1,
        "updated": 0,
        "skipped": 1,
        "errors": 1,
    }
    assert (second["method"], second["error"]) == ("Projects.List", "SandboxBadRequest")
    assert (second["keys"], second["sha256"], second["records"]) == (None, None, 0)
    after = sandbox.client.get("/_sandbox/calls?after=1").json()["calls"]
    assert [call["number"] for call in after] == [2]


def test_calls_are_remembered_up_to_a_number() -> None:
    sandbox = caller(keep_calls=2)
    for _ in range(5):
        sandbox.merge()
    assert [call["number"] for call in sandbox.calls()] == [4, 5]
    assert sandbox.client.get("/_sandbox/calls").json()["total"] == 5


def test_keys_need_not_be_remembered() -> None:
    sandbox = caller(log_keys=False)
    sandbox.merge(record("a@b.test"))
    assert sandbox.calls()[0]["keys"] is None
    assert sandbox.calls()[0]["records"] == 1


def test_records_that_are_no_records_have_no_keys() -> None:
    sandbox = caller()
    sandbox.post("/webservices/ofc4/contacts.ashx?method=Merge", Records=["x", {"ID": 5}])
    assert sandbox.calls()[0]["keys"] == [[], []]
