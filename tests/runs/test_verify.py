"""``--verify N``: what a whole run says of contacts that were read back."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from importer.sandbox import SandboxSettings, create_app
from tests.runs.workshop import Workshop

CONSENTING = """\
name: people
target: dialog-insight
columns:
  Email: key_f_EMail
  First: f_FirstName
  City:  f_City
  News:  {{field: optin_News}}
merge: {{mode: {mode}}}
consent: {{yes_to: {yes_to}}}
"""


def go(workshop: Workshop, *more: str, command: str = "run people.csv -m people") -> int:
    return workshop.importer(*command.split(), "--yes", *more).code


def verified(workshop: Workshop) -> dict[str, int]:
    found: dict[str, int] = workshop.summary()["verified"]
    return {name: count for name, count in found.items() if count}


def lookups(workshop: Workshop) -> int:
    return sum(b"contacts.ashx?method=Get" in r.url.raw_path for r in workshop.network.requests)


def test_a_good_run_is_read_back_and_stays_good(workshop: Workshop) -> None:
    workshop.people(12)
    done = workshop.importer("run", "people.csv", "--yes", "--verify", "8")
    assert done.code == 0
    assert "8 contacts were looked up in the account after sending: all are stored" in done.err
    assert verified(workshop) == {"looked_up": 8, "same": 8}
    assert lookups(workshop) == 8
    lines = workshop.results("verified.csv")
    assert [line["result"] for line in lines] == ["same"] * 8
    assert {line["verdict"] for line in lines} == {"created"}
    content = (workshop.run_folder() / "verified.csv").read_bytes()
    workshop.importer("report", workshop.run_id())
    assert (workshop.run_folder() / "verified.csv").read_bytes() == content


def test_without_verify_nothing_is_looked_up(workshop: Workshop) -> None:
    workshop.people(3)
    assert go(workshop) == 0
    assert workshop.summary()["verified"] is None
    assert lookups(workshop) == 0
    assert not (workshop.run_folder() / "verified.csv").exists()


def test_answers_that_were_left_out_are_settled(workshop: Workshop) -> None:
    workshop.people(12)
    workshop.sandbox(drop_answers=1)
    assert go(workshop, "--verify", "5") == 0
    assert verified(workshop) == {"looked_up": 5, "same": 5, "settled": 3}
    assert workshop.totals() == {"created": 9, "accepted": 3}


def test_a_contact_that_is_not_there_is_rejected_and_can_be_retried(workshop: Workshop) -> None:
    workshop.people(12)
    workshop.sandbox(drop_answers=1)
    workshop.network.before = losing(workshop)
    assert go(workshop, "--verify", "3") == 3
    assert verified(workshop) == {"looked_up": 3, "missing": 3, "settled": 3}
    assert workshop.totals() == {"created": 9, "rejected": 3}
    rejected = [line for line in workshop.results() if line["verdict"] == "rejected"]
    assert {line["code"] for line in rejected} == {"not-in-account"}


def losing(workshop: Workshop) -> Callable[[httpx.Request], None]:
    """Let the platform lose all that it has, before it is asked what that is."""

    def before(request: httpx.Request) -> None:
        if b"contacts.ashx?method=Get" in request.url.raw_path:
            workshop.network.inner = httpx.WSGITransport(app=create_app(SandboxSettings()))

    return before


def test_promise_6_a_contact_that_differs_is_no_success(workshop: Workshop) -> None:
    workshop.people(4)
    changed: list[bool] = []

    def before(request: httpx.Request) -> None:
        if b"contacts.ashx?method=Get" in request.url.raw_path and not changed:
            changed.append(True)
            record = {"ID": {"key_f_EMail": "person2@example.com"}, "Data": {"f_City": "Elsewhere"}}
            body = {
                "AuthKey": {"idKey": 1, "Key": "sandbox"},
                "idProject": 1,
                "Records": [record],
                "MergeOptions": {"AllowUpdate": True},
            }
            with httpx.Client(transport=workshop.network.inner) as client:
                client.post(
                    "http://127.0.0.1:8025/webservices/ofc4/contacts.ashx?method=Merge", json=body
                )

    workshop.network.before = before
    assert go(workshop, "--verify", "10") == 3
    assert verified(workshop) == {"looked_up": 4, "same": 3, "different": 1}
    (line,) = [one for one in workshop.results("verified.csv") if one["result"] == "different"]
    assert (line["row"], line["key"], line["verdict"]) == ("3", "person2@example.com", "created")
    assert (line["field"], line["sent"], line["stored"]) == ("f_City", "Laval", "Elsewhere")
    assert "1 stored with other values" in (workshop.run_folder() / "report.html").read_text(
        "utf-8"
    )


def test_a_platform_that_cannot_be_read_is_a_warning_and_not_the_run_s_result(
    workshop: Workshop,
) -> None:
    workshop.people(4)
    workshop.sandbox(permissions="contacts.merge projects.get")
    assert go(workshop, "--verify", "10") == 0
    assert verified(workshop) == {}
    (warning,) = workshop.summary()["warnings"]
    assert warning.startswith("Reading back ended after 0 of 4 contacts: ")


@pytest.mark.parametrize("yes_to", ["new", "unless-refused"])
def test_a_yes_that_was_withheld_is_not_missed(workshop: Workshop, yes_to: str) -> None:
    workshop.write("mappings/people.yaml", CONSENTING.format(mode="upsert", yes_to="everyone"))
    workshop.write(
        "people.csv",
        "Email,First,City,News\n"
        + "".join(f"person{n}@example.com,First,Laval,no\n" for n in range(0, 12, 2)),
    )
    go(workshop)
    workshop.write("mappings/people.yaml", CONSENTING.format(mode="upsert", yes_to=yes_to))
    workshop.write(
        "people.csv",
        "Email,First,City,News\n"
        + "".join(f"person{n}@example.com,Second,Laval,yes\n" for n in range(12)),
    )
    assert go(workshop, "--verify", "12") == 0
    assert verified(workshop) == {"looked_up": 12, "same": 12}
    assert workshop.totals() == {"created": 6, "updated": 6}
    assert {workshop.contact(f"person{n}@example.com")["optin_News"] for n in range(0, 12, 2)} == {
        "0"
    }


def test_a_run_that_stopped_is_read_back_to_the_same_number_when_it_is_resumed(
    workshop: Workshop,
) -> None:
    workshop.people(12)
    assert go(workshop, "--verify", "6", "--first", "5") == 5
    assert verified(workshop) == {"looked_up": 5, "same": 5}
    assert go(workshop, command="resume") == 0
    assert verified(workshop) == {"looked_up": 6, "same": 6}
