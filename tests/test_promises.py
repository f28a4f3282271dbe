"""The eight promises of the product, each proven end to end against the sandbox."""

from __future__ import annotations

import json
import os
import stat
from collections import Counter
from typing import Any

import httpx
import pytest

from importer.demonstration import FILES, PLANTED
from importer.journal import Journal
from importer.model import Verdict
from importer.reports import ConsentTotals
from importer.sandbox import Fault
from tests.runs.workshop import PEOPLE, SETTINGS, TOP, Workshop, files_below

SAMPLES = TOP / "sample_data"
CONSENTS = """\
name: people
target: dialog-insight
columns:
  Email: key_f_EMail
  City:  f_City
  News:  {field: optin_Newsletter, values: {Y: yes, N: no, "?": leave}}
merge: {mode: upsert}
consent: {yes_to: everyone}
"""


def demo_files() -> list[str]:
    return [str(SAMPLES / name) for name in FILES]


def run(workshop: Workshop, text: str, *options: str) -> int:
    """Run one file with the mapping of the workshop."""
    workshop.write("people.csv", text)
    return workshop.importer("run", "people.csv", "-m", "people", "--yes", *options).code


# --- 1: every row has exactly one verdict ---------------------------------------------------------


@pytest.mark.parametrize("first", ["ok", *(fault.value for fault in Fault if fault != "ok")])
def test_promise_1_every_row_of_the_input_has_one_verdict_in_input_order(
    workshop: Workshop, first: str
) -> None:
    mapping = ["-m", str(TOP / "mappings" / "demo.yaml")]
    assert workshop.importer("check", *demo_files(), *mapping).code == 3
    expected = [(line["file"], line["row"]) for line in workshop.results()]
    assert len(set(expected)) == len(expected) == PLANTED["read"]
    workshop.sandbox(faults=f"{first} lost ok cut", strangers=1, shuffle=True)
    workshop.importer("run", *demo_files(), *mapping, "-c", "sandbox", "--yes")
    for _ in range(4):
        lines = workshop.results()
        assert [(line["file"], line["row"]) for line in lines] == expected
        rows = workshop.summary()["rows"]
        counted = Counter(line["verdict"].replace("-", "_") for line in lines)
        assert {**dict.fromkeys(rows, 0), **counted, "read": len(lines)} == rows
        if workshop.summary()["state"] == "finished":
            break
        workshop.importer("resume")
    assert workshop.summary()["state"] == "finished"


def test_promise_1_books_that_do_not_balance_are_never_reported(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importer import pipeline

    monkeypatch.setattr(pipeline, "reconcile", lambda *_, **__: iter(()))  # rows that get lost
    assert run(workshop, "Email,First,City\na@example.com,A,B\n") == 1
    assert workshop.contacts() == []
    assert not (workshop.run_folder() / "summary.json").exists()


# --- 2: the check is the run ----------------------------------------------------------------------


def test_promise_2_a_check_needs_no_network_and_what_is_sent_later_is_what_a_run_sends(
    workshop: Workshop,
) -> None:
    mapping = ["-m", str(TOP / "mappings" / "demo.yaml")]

    def no_network(request: httpx.Request) -> None:
        raise AssertionError(f"a check called {request.url}")

    workshop.network.before = no_network
    assert workshop.importer("check", *demo_files(), *mapping).code == 3
    checked = workshop.run_folder()
    plan = (checked / "state" / "plan.parquet").read_bytes()
    issues = (checked / "issues.csv").read_bytes()
    workshop.network.before = None
    assert workshop.importer("send", checked.name, "--yes").code == 3
    sent = [request.content for request in workshop.network.requests]
    checked_verdicts = [line["verdict"] for line in workshop.results()]
    (workshop.folder.parent / "platform.sqlite3").unlink()
    workshop.sandbox()
    workshop.clock.seconds = 3600.0  # the same day: the mapping writes it into a field
    kept = SETTINGS + "keep: all\n"
    workshop.write("importer.yaml", kept)
    assert workshop.importer("run", *demo_files(), *mapping, "--yes").code == 3
    assert [request.content for request in workshop.network.requests] == sent
    assert (workshop.run_folder() / "state" / "plan.parquet").read_bytes() == plan
    # The platform's refusal is a problem of the run; those of the check are the same.
    assert (workshop.run_folder() / "issues.csv").read_bytes() == issues
    assert [line["verdict"] for line in workshop.results()] == checked_verdicts


# --- 3: nothing is lost, nothing is sent twice by accident ----------------------------------------


class Killed(BaseException):
    """The process ends here: no ``except Exception`` sees it."""


class Deadly(httpx.BaseTransport):
    """Lets the process die at a Contacts.Merge call, before or after the platform took it."""

    def __init__(self, inner: httpx.BaseTransport, call: int, *, taken: bool) -> None:
        self._inner, self._left, self._taken = inner, call, taken

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if b"method=Merge" in request.url.query:
            self._left -= 1
        if self._left == 0 and not self._taken:
            raise Killed
        response = self._inner.handle_request(request)
        if self._left == 0:
            raise Killed
        return response


@pytest.mark.parametrize("mode", ["upsert", "insert"])
@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("call", [1, 2, 3])
def test_promise_3_a_death_in_any_call_leaves_it_in_doubt_and_resume_settles_it(
    workshop: Workshop, call: int, taken: bool, mode: str
) -> None:
    workshop.write("mappings/people.yaml", PEOPLE.replace("upsert", mode))
    workshop.people(15)
    inner = workshop.network.inner
    workshop.network.inner = Deadly(inner, call, taken=taken)
    with pytest.raises(Killed):
        workshop.importer("run", "people.csv", "--yes")
    workshop.network.inner = inner
    assert workshop.importer("report", workshop.run_id()).code == 0
    before = workshop.totals()
    assert before["unknown"] == 5  # named so, while nobody knows
    assert before.get("created", 0) == 5 * (call - 1)
    code = workshop.importer("resume").code
    in_doubt = {f"person{i}@example.com" for i in range(5 * call - 4, 5 * call + 1)}
    twice = {key for key, times in workshop.times_carried().items() if times > 1}
    assert twice == (in_doubt if taken else set())
    if mode == "upsert":
        assert code == 0
        assert "unknown" not in workshop.totals()
    elif taken:  # made by us, or by another: nobody can tell
        assert code == 6
        unknown = {r["key"] for r in workshop.results() if r["verdict"] == "unknown"}
        assert unknown == in_doubt
    assert {c["f_EMail"] for c in workshop.contacts()} == {r["key"] for r in workshop.results()}


# --- 4: a blank cell never erases and never unsubscribes ------------------------------------------


def test_promise_4_a_blank_cell_leaves_the_platforms_value_and_consent_alone(
    workshop: Workshop,
) -> None:
    workshop.write("mappings/people.yaml", CONSENTS)
    assert run(workshop, "Email,City,News\na@example.com,Laval,Y\n") == 0
    before = workshop.contact("a@example.com")
    for blank in ("", "  ", "\u00a0", '""'):
        assert run(workshop, f"Email,City,News\na@example.com,{blank},{blank}\n") == 0
        assert workshop.contact("a@example.com") == before
        body = workshop.network.merges()[-1]
        assert body["Records"][0].get("Data", {}) == {}
    assert run(workshop, "Email,City,News\na@example.com,,?\n") == 0  # "leave" is no "no" either
    assert workshop.contact("a@example.com") == before


def test_promise_4_only_a_mapping_that_says_so_erases(workshop: Workshop) -> None:
    erasing = CONSENTS.replace("f_City", "{field: f_City, blank: clear}")
    workshop.write("importer.yaml", SETTINGS.replace("limits", 'null_handling: ""\n    limits'))
    workshop.write("mappings/people.yaml", erasing)
    assert run(workshop, "Email,City,News\na@example.com,Laval,Y\n") == 0
    before = workshop.contact("a@example.com")
    assert run(workshop, "Email,City,News\na@example.com,,\n") == 0
    after = workshop.contact("a@example.com")
    assert not after.get("f_City")
    assert after["optin_Newsletter"] == before["optin_Newsletter"]


# --- 5: a yes never overrules a person silently ---------------------------------------------------


def test_promise_5_who_may_be_set_to_yes_must_be_written(workshop: Workshop) -> None:
    silent = CONSENTS.replace("consent: {yes_to: everyone}\n", "")
    workshop.write("mappings/people.yaml", silent)
    assert run(workshop, "Email,City,News\na@example.com,,Y\n") == 4
    assert workshop.network.requests == []
    done = workshop.importer("mapping", "check", "people")
    assert done.code == 4
    assert "yes_to" in done.err


@pytest.mark.parametrize("policy", ["first", "last"])
@pytest.mark.parametrize("answers", ["YN", "NY", "Y?N", "NYY", "?NY", "YNY?"])
def test_promise_5_when_rows_disagree_no_wins_and_says_so(
    workshop: Workshop, policy: str, answers: str
) -> None:
    workshop.write("mappings/people.yaml", CONSENTS + f"duplicates: {policy}\n")
    rows = [f"{'A' if i % 2 else 'a'}@example.com,,{a}" for i, a in enumerate(answers)]
    assert run(workshop, "\n".join(["Email,City,News", *rows, ""])) == 0
    (body,) = workshop.network.merges()
    (contact,) = body["Records"]
    assert contact["Data"]["optin_Newsletter"] in ("0", 0, False)
    told = ConsentTotals(yes=0, no=1, left=0)
    assert workshop.summary()["consents"]["optin_Newsletter"] == told.model_dump()
    assert workshop.summary()["problems"]["consent-conflict"] >= 2


@pytest.mark.parametrize("who", ["everyone", "new", "unless-refused"])
def test_promise_5_only_everyone_sets_those_to_yes_who_said_no(
    workshop: Workshop, who: str
) -> None:
    workshop.write("mappings/people.yaml", CONSENTS)
    assert run(workshop, "Email,City,News\nno@example.com,,N\nsilent@example.com,Laval,\n") == 0
    workshop.write("mappings/people.yaml", CONSENTS.replace("everyone", who))
    everybody = "Email,City,News\nno@example.com,,Y\nsilent@example.com,,Y\nnew@example.com,,Y\n"
    assert run(workshop, everybody) == 0
    told = {one["f_EMail"]: one.get("optin_Newsletter") for one in workshop.contacts()}
    assert told.pop("new@example.com") == "1"
    assert set(told.values()) == ({"1"} if who == "everyone" else {"0", None})
    withheld = workshop.summary()["consents"]["optin_Newsletter"]["withheld_by_account"]
    assert withheld == (0 if who == "everyone" else 2)
    assert workshop.summary()["problems"].get("yes-withheld", 0) == withheld


def test_promise_5_the_plan_says_how_many_yes_will_be_sent(workshop: Workshop) -> None:
    workshop.write("mappings/people.yaml", CONSENTS)
    rows = "a@example.com,,Y\nb@example.com,,N\nc@example.com,,\nbad,,Y\n"
    workshop.write("people.csv", "Email,City,News\n" + rows)
    done = workshop.importer("check", "people.csv", "--json")
    told = ConsentTotals(yes=1, no=1, left=1)
    assert done.json["consents"] == {"optin_Newsletter": told.model_dump()}


# --- 6: a partly failed run never looks like a success --------------------------------------------

GOOD = "Email,First,City\na@example.com,A,B\nb@example.com,C,D\n"
PARTLY: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "invalid": (GOOD + "bad,E,F\n", {}, []),
    "rejected": (GOOD + f"c@example.com,E,{'x' * 300}\n", {}, []),
    "unknown": (GOOD, {"drop_answers": 1}, []),
    "refused duplicates": (GOOD + "a@example.com,A,B\n", {}, []),
    "first": (GOOD, {}, ["--first", "1"]),
    "down": (GOOD, {"faults": "503*"}, []),
    "account": (GOOD, {"faults": "401"}, []),
    "lost for ever": (GOOD, {"faults": "lost*"}, []),
    "threshold": (GOOD + "bad,E,F\n", {}, ["--strict"]),
}


@pytest.mark.parametrize("what", list(PARTLY))
def test_promise_6_what_failed_in_part_does_not_look_like_a_success(
    workshop: Workshop, what: str
) -> None:
    text, switches, options = PARTLY[what]
    workshop.write("mappings/people.yaml", PEOPLE + "duplicates: refuse\n")
    workshop.sandbox(**switches)
    workshop.write("people.csv", text)
    done = workshop.importer("run", "people.csv", "--yes", *options)
    assert done.code not in {0, 1, 2}
    assert workshop.summary()["exit_code"] == done.code
    assert "Finished: all" not in done.err
    page = (workshop.run_folder() / "report.html").read_text(encoding="utf-8")
    for word in ("Finished: all", ">Complete<"):
        assert word not in page
    quiet = workshop.importer("report", workshop.run_id(), "--quiet")
    assert quiet.err != ""
    verdicts = {line["verdict"] for line in workshop.results()}
    assert verdicts - {Verdict.CREATED, Verdict.UPDATED}


def test_promise_6_only_a_whole_run_looks_like_a_success(workshop: Workshop) -> None:
    workshop.write("people.csv", GOOD)
    done = workshop.importer("run", "people.csv", "--yes")
    assert done.code == 0
    assert "Finished: all 2 rows imported." in done.err
    assert "Finished: all" in (workshop.run_folder() / "report.html").read_text(encoding="utf-8")


# --- 7: no secret anywhere; personal data only in the run folder ----------------------------------


def test_promise_7_key_and_people_are_where_they_belong(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "a-Secret-nobody-else-has"
    monkeypatch.setenv("SANDBOX_KEY", secret)
    assert run(workshop, "Email,First,City\nsomebody@example.com,Solange,Laval\n") == 5
    monkeypatch.setenv("SANDBOX_KEY", "sandbox")
    workshop.importer("resume")
    (workshop.folder / "people.csv").unlink()
    for path in files_below(workshop.folder):
        content = path.read_bytes()
        place = path.relative_to(workshop.folder).parts
        assert secret.encode() not in content, place
        if place[0] != "runs" or place[-1] == "run.log":
            assert b"somebody@" not in content, place
            assert b"Solange" not in content, place
    if os.name == "posix":
        for path in [*(workshop.folder / "runs").rglob("*"), workshop.folder / "runs"]:
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


# --- 8: what is not known of a platform is a setting ----------------------------------------------


@pytest.mark.parametrize(
    ("column", "setting"),
    [
        ("{field: f_City, blank: clear}", "null_handling: CLEAR"),
        ("{field: dtOptin_Newsletter, format: YYYY-MM-DD}", "opt_in_dates: true"),
    ],
)
def test_promise_8_what_is_not_known_is_refused_until_a_setting_says_it(
    workshop: Workshop, column: str, setting: str
) -> None:
    workshop.write("mappings/people.yaml", PEOPLE.replace("f_City", column))
    workshop.write("people.csv", "Email,First,City\na@example.com,A,\nb@example.com,A,2026-01-31\n")
    done = workshop.importer("run", "people.csv", "--yes")
    assert (done.code, len(done.lines)) == (4, 1)
    assert setting.split(":")[0] in done.err
    assert workshop.run_folders() == []
    workshop.write("importer.yaml", SETTINGS.replace("limits", f"{setting}\n    limits"))
    workshop.importer("run", "people.csv", "--yes")
    assert workshop.network.merges() != []


@pytest.mark.parametrize(("setting", "written"), [("number", 1), ("json", True)])
def test_promise_8_how_a_boolean_is_written_is_a_setting(
    workshop: Workshop, setting: str, written: Any
) -> None:
    workshop.write(
        "mappings/people.yaml", PEOPLE.replace("f_City", "{field: f_City, type: boolean}")
    )
    connection = SETTINGS.replace("limits", f"boolean_values: {setting}\n    limits")
    workshop.write("importer.yaml", connection)
    workshop.write("people.csv", "Email,First,City\na@example.com,A,yes\n")
    workshop.importer("run", "people.csv", "--yes")
    value = workshop.network.merges()[0]["Records"][0]["Data"]["f_City"]
    assert json.dumps(value).strip('"') == json.dumps(written)


def test_promise_8_limits_are_settings(workshop: Workshop) -> None:
    limits = "rows_per_call: 3, calls_per_minute: 2, attempts: 2"
    workshop.write("importer.yaml", SETTINGS.replace("rows_per_call: 5", limits))
    workshop.people(7)
    workshop.sandbox(faults="ok ok ok 503*")
    assert workshop.importer("run", "people.csv", "--yes").code == 0
    assert [len(body["Records"]) for body in workshop.network.merges()] == [3, 3, 1]
    assert sum(workshop.clock.slept) >= 60
    assert workshop.importer("run", "people.csv", "--yes").code == 5
    assert len(workshop.merge_calls()) == 3 + 2


CONSENTED = PEOPLE.replace(
    "merge:", "  Phone: {field: f_MobilePhone, type: phone, region: CA}\n"
    "  News: {field: optin_Newsletter, values: {Oui: yes, Non: no}}\n"
    "consent: {yes_to: everyone}\nmerge:",
)  # fmt: skip


def test_promise_5_a_no_in_an_invalid_row_wins_over_the_yes_of_a_good_one(
    workshop: Workshop,
) -> None:
    workshop.write("mappings/people.yaml", CONSENTED)
    workshop.write(
        "people.csv",
        "Email,First,City,Phone,News\na@example.com,A,B,,Oui\na@example.com,A,B,12,Non\n",
    )
    assert workshop.importer("run", "people.csv", "--yes").code == 3
    assert workshop.contact("a@example.com")["optin_Newsletter"] == "0"


def test_promise_5_a_file_to_fix_cannot_turn_a_no_into_a_yes(workshop: Workshop) -> None:
    workshop.write("mappings/people.yaml", CONSENTED)
    rows = [
        "Email,First,City,Phone,News",
        "a@example.com,A,B,,Non",
        f"a@example.com,A,{'x' * 120},,Oui",  # chosen, says no, refused by the platform
        "b@example.com,A,B,,Non",
        "b@example.com,A,B,12,Oui",  # invalid; the good row says no
    ]
    workshop.write("people.csv", "\n".join([*rows, ""]))
    assert workshop.importer("run", "people.csv", "--yes").code == 3
    mended = (workshop.run_folder() / "to-fix.csv").read_text("utf-8-sig")
    assert mended.count("Non") == 2
    assert "Oui" not in mended
    workshop.write("mended.csv", mended.replace("x" * 120, "B").replace(",12,", ",,"))
    assert workshop.importer("run", "mended.csv", "--yes").code == 0
    assert workshop.contact("a@example.com")["optin_Newsletter"] == "0"
    assert workshop.contact("b@example.com")["optin_Newsletter"] == "0"


def test_promise_6_a_run_that_was_killed_while_sending_never_looks_only_checked(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.people(12)
    workshop.sandbox(faults="ok ok 401")
    settled = Journal.settled
    calls: list[int] = []

    def die(self: Journal, call: int, *more: Any, **others: Any) -> None:
        settled(self, call, *more, **others)
        calls.append(call)
        if len(calls) == 2:
            raise SystemExit(137)

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "settled", die)
        workshop.importer("run", "people.csv", "--yes")
    assert workshop.summary()["state"] == "sending"
    assert workshop.summary()["exit_code"] == 5
    done = workshop.importer("show", workshop.run_id(), "--json")
    assert done.err == ""
    shown = done.json
    assert (shown["state"], shown["rows"]["created"], shown["rows"]["not_sent"]) == (
        "sending",
        10,
        2,
    )
    assert workshop.run_id() in workshop.importer("runs", "--quiet").out
