"""Who may be set to yes: only new contacts, or nobody whom the account does not say yes of."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import httpx
import pytest

from importer import pipeline
from importer.journal import Journal
from importer.reports import Summary
from importer.reports.words.consent_words import consent_words, whom_a_yes_reaches
from tests.runs.workshop import Workshop, bytes_below

MAPPING = """\
name: people
target: dialog-insight
columns:
  Email: key_f_EMail
  City: f_City
  News: optin_Newsletter
  Offers: optin_News
  Tracking: hasTrackingConsent
  Since: dtTrackingConsent
merge: {mode: MODE}
consent: {yes_to: WHO}
"""
HEADER = "Email,City,News,Offers,Tracking,Since"
# What the account has before: address -> News, Offers, tracking ("" is nothing).
ACCOUNT = {
    "no@example.com": ("no", "no", "no"),
    "yes@example.com": ("yes", "yes", "yes"),
    "silent@example.com": ("", "", ""),
    "mixed@example.com": ("no", "yes", ""),
}
SHOWN = ("optin_Newsletter", "optin_News", "hasTrackingConsent")


def mapped(office: Workshop, who: str, mode: str = "upsert", more: str = "") -> None:
    text = MAPPING.replace("WHO", who).replace("MODE", mode) + more
    office.write("mappings/people.yaml", text)


def people(office: Workshop, *lines: str) -> None:
    office.write("people.csv", "\n".join([HEADER, *lines, ""]))


def fill(office: Workshop) -> None:
    """Give the account its contacts."""
    mapped(office, "everyone")
    lines = [
        f"{address},Laval,{','.join(said)},{'2025-01-01' if said[2] else ''}"
        for address, said in ACCOUNT.items()
    ]
    people(office, *lines)
    assert office.importer("run", "people.csv", "--yes").code == 0


def held(office: Workshop) -> dict[str, tuple[str, ...]]:
    """What the account says now."""
    return {
        one["f_EMail"]: tuple(_answer(one.get(code)) for code in SHOWN) for one in office.contacts()
    }


def _answer(value: Any) -> str:
    return {None: "", "1": "yes", "0": "no"}[value]


def everybody_says_yes(office: Workshop, *more: str) -> None:
    lines = [f"{address},Lévis,yes,yes,yes,2026-02-03" for address in ACCOUNT]
    people(office, *lines, *more)


NEW = ("new@example.com,Lévis,yes,yes,yes,2026-02-03", "other@example.com,Lévis,yes,no,,")


@pytest.fixture
def office(workshop: Workshop) -> Workshop:
    fill(workshop)
    workshop.sandbox()
    return workshop


def withheld(office: Workshop) -> Counter[tuple[str, str]]:
    issues = [i for i in office.results("issues.csv") if i["code"] == "yes-withheld"]
    assert {one["severity"] for one in issues} <= {"warning"}
    return Counter((one["field"], one["message"].partition(": ")[2]) for one in issues)


def in_words(office: Workshop) -> dict[str, int]:
    told = office.summary()["consents"]
    return {code: one["withheld_by_account"] for code, one in told.items()}


# --- yes_to: new ----------------------------------------------------------------------------------


def test_promise_5_new_sets_nobody_to_yes_who_was_there(office: Workshop) -> None:
    mapped(office, "new")
    everybody_says_yes(office, *NEW)
    done = office.importer("run", "people.csv", "--yes")
    assert done.code == 0, done.err
    now = held(office)
    assert now == {
        **ACCOUNT,
        "new@example.com": ("yes", "yes", "yes"),
        "other@example.com": ("yes", "no", ""),
    }
    assert office.totals() == {"updated": 4, "created": 2}
    assert {c["f_City"] for c in office.contacts()} == {"Lévis"}  # all but the yeses went
    assert office.contact("no@example.com")["dtTrackingConsent"].startswith("2025")
    assert office.contact("new@example.com")["dtTrackingConsent"].startswith("2026")


def test_new_updates_first_without_the_yeses_and_then_inserts_with_them(office: Workshop) -> None:
    mapped(office, "new")
    everybody_says_yes(office, *NEW)
    assert office.importer("run", "people.csv", "--yes").code == 0
    updates, more, inserts = office.network.merges()
    for body in (updates, more):
        options = body["MergeOptions"]
        assert (options["AllowInsert"], options["AllowUpdate"]) == (False, True)
        assert options["SkipUnmatchedRecords"] is True
        for record in body["Records"]:
            assert {record["Data"].get(code) for code in SHOWN} <= {None, "0"}
    assert updates["Records"][0]["Data"] == {"f_City": "Lévis"}
    assert more["Records"][0]["Data"] == {"f_City": "Lévis", "optin_News": "0"}
    options = inserts["MergeOptions"]
    assert (options["AllowInsert"], options["AllowUpdate"]) == (True, False)
    assert options["SkipUnmatchedRecords"] is False
    assert [r["ID"]["key_f_EMail"] for r in inserts["Records"]] == [
        "new@example.com",
        "other@example.com",
    ]
    assert inserts["Records"][0]["Data"]["optin_Newsletter"] == "1"


@pytest.mark.parametrize("who", ["new", "unless-refused"])
def test_noes_and_their_dates_reach_contacts_that_are_there(office: Workshop, who: str) -> None:
    mapped(office, who)
    people(office, "yes@example.com,,no,yes,no,2026-03-01")
    assert office.importer("run", "people.csv", "--yes").code == 0
    assert held(office)["yes@example.com"] == ("no", "yes", "no")
    assert office.contact("yes@example.com")["dtTrackingConsent"].startswith("2026")


def test_withheld_yeses_are_counted_and_listed_and_change_no_exit_code(office: Workshop) -> None:
    mapped(office, "new")
    everybody_says_yes(office, *NEW)
    done = office.importer("run", "people.csv", "--yes")
    assert done.code == 0
    reason = "the contact was in the account already."
    assert withheld(office) == {(code, reason): 4 for code in SHOWN}
    assert in_words(office) == dict.fromkeys(SHOWN, 4)
    assert office.summary()["problems"] == {"yes-withheld": 12}
    assert all(f"{code}: 4 yes withheld for what the account holds" in done.err for code in SHOWN)
    rows = [(i["row"], i["field"]) for i in office.results("issues.csv")]
    assert rows == [(str(row), code) for row in range(2, 6) for code in SHOWN]


@pytest.mark.parametrize(
    ("verify", "verdict", "why"),
    [
        ([], "unknown", "whether the contact was in the account already is not known."),
        (["--verify", "9"], "accepted", "the contact was in the account already."),
    ],
)
def test_withheld_yeses_of_updates_in_doubt_are_counted_and_listed_too(
    office: Workshop, verify: list[str], verdict: str, why: str
) -> None:
    mapped(office, "new")
    everybody_says_yes(office)
    office.sandbox(faults="lost*12")
    assert office.importer("run", "people.csv", "--yes").code == 5
    office.importer("resume", *verify)
    assert office.verdicts() == Counter({verdict: 4})
    assert in_words(office) == dict.fromkeys(SHOWN, 4)
    assert withheld(office) == Counter({(code, why): 4 for code in SHOWN})
    issues = (office.run_folder() / "issues.csv").read_bytes()
    assert office.importer("report", office.run_id()).code == 0
    assert (office.run_folder() / "issues.csv").read_bytes() == issues


def test_attempts_of_both_steps_add_up_and_the_batch_is_the_one_that_settled(
    office: Workshop,
) -> None:
    mapped(office, "new")
    everybody_says_yes(office, *NEW)
    assert office.importer("run", "people.csv", "--yes").code == 0
    lines = {line["key"]: line for line in office.results()}
    assert lines["no@example.com"]["attempts"] == "1"
    assert lines["new@example.com"]["attempts"] == "2"
    settled = office.journal("SELECT batch FROM settlement WHERE step = 1")
    assert [(lines["new@example.com"]["batch"],)] == settled
    assert lines["new@example.com"]["record_id"]


def test_update_sends_no_yes_at_all_and_insert_is_one_step(office: Workshop) -> None:
    mapped(office, "new", "update")
    everybody_says_yes(office, *NEW)
    done = office.importer("run", "people.csv", "--yes")
    assert done.code == 3  # of new contacts there is nothing to update
    assert held(office) == ACCOUNT
    assert office.totals() == {"updated": 4, "rejected": 2}
    assert in_words(office) == dict.fromkeys(SHOWN, 4)
    assert any("no yes is sent" in one for one in office.summary()["warnings"])
    office.sandbox()
    mapped(office, "new", "insert")
    assert office.importer("run", "people.csv", "--yes").code == 3
    assert held(office)["new@example.com"] == ("yes", "yes", "yes")
    assert {**held(office), **ACCOUNT} == held(office)
    assert len(office.network.merges()) == 2
    assert withheld(office) == Counter()


def test_a_contact_that_came_between_the_steps_is_rejected_in_the_platforms_words(
    office: Workshop,
) -> None:
    mapped(office, "new")
    people(office, *NEW)
    calls = []

    def before(request: httpx.Request) -> None:
        calls.append(request)
        if (
            b"method=Merge" in request.url.query
            and json.loads(request.content)["MergeOptions"]["AllowInsert"]
        ):
            office.network.before = None
            body = json.loads(request.content)
            body["Records"] = [
                {"ID": {"key_f_EMail": "new@example.com"}, "Data": {"optin_News": "0"}}
            ]
            with httpx.Client(transport=office.network.inner) as client:
                client.post(str(request.url), json=body)

    office.network.before = before
    assert office.importer("run", "people.csv", "--yes").code == 3
    assert held(office)["new@example.com"] == ("", "no", "")
    line = office.results()[0]
    assert (line["verdict"], line["code"]) == ("rejected", "platform-refused")
    assert "AllowUpdate is false" in line["message"]


@pytest.mark.parametrize("who", ["new", "unless-refused"])
def test_first_and_resume_go_on_where_they_stopped(office: Workshop, who: str) -> None:
    mapped(office, who)
    names = ("a", "no", "b", "c", "silent", "d", "yes", "e", "mixed")
    mixed = [f"{name}@example.com,Lévis,yes,yes,," for name in names]
    people(office, *mixed)
    assert office.importer("run", "people.csv", "--yes", "--first", "3").code == 5
    assert office.totals() == {"created": 2, "updated": 1, "not_sent": 6}
    assert office.importer("resume", "--first", "5").code == 5
    assert office.totals() == {"created": 3, "updated": 2, "not_sent": 4}
    done = office.importer("resume")
    assert done.code == 0, done.err
    assert office.totals() == {"created": 5, "updated": 4}
    carried = office.times_carried()
    assert max(carried.values()) <= (2 if who == "new" else 1)
    assert held(office)["no@example.com"] == ACCOUNT["no@example.com"]
    assert held(office)["e@example.com"] == ("yes", "yes", "")


def test_first_is_not_reached_before_both_steps_are_through_it(office: Workshop) -> None:
    mapped(office, "new")
    people(office, *NEW, "no@example.com,Lévis,yes,,,", "third@example.com,Lévis,yes,,,")
    office.sandbox(faults="ok 503*")
    assert office.importer("run", "people.csv", "--yes", "--first", "3").code == 5
    assert office.totals() == {"updated": 1, "not_sent": 3}
    with Journal.open(office.run_folder() / "state" / "journal.sqlite3") as journal:
        assert pipeline.unsettled_below(journal, 1)
        assert pipeline.unsettled_below(journal, 3)
    office.sandbox()
    assert office.importer("resume", "--first", "3").code == 5
    assert office.totals() == {"updated": 1, "created": 2, "not_sent": 1}
    with Journal.open(office.run_folder() / "state" / "journal.sqlite3") as journal:
        assert not pipeline.unsettled_below(journal, 3)
        assert pipeline.unsettled_below(journal, 4)
    mapped(office, "everyone")
    assert office.importer("run", "people.csv", "--yes", "--first", "3").code == 5
    with Journal.open(office.run_folder() / "state" / "journal.sqlite3") as journal:
        assert not pipeline.unsettled_below(journal, 3)


# --- yes_to: unless-refused -----------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["upsert", "update"])
def test_promise_5_unless_refused_keeps_noes_and_silence(office: Workshop, mode: str) -> None:
    mapped(office, "unless-refused", mode)
    everybody_says_yes(office, *(NEW if mode == "upsert" else ()))
    assert office.importer("run", "people.csv", "--yes").code == 0
    now = held(office)
    assert {address: now[address] for address in ACCOUNT} == ACCOUNT
    if mode == "upsert":
        assert now["new@example.com"] == ("yes", "yes", "yes")
    no, silent = "the account says no.", "the account does not say."
    assert withheld(office) == {
        ("optin_Newsletter", no): 2,
        ("optin_Newsletter", silent): 1,
        ("optin_News", no): 1,
        ("optin_News", silent): 1,
        ("hasTrackingConsent", no): 1,
        ("hasTrackingConsent", silent): 2,
    }
    assert in_words(office) == dict.fromkeys(SHOWN, 3) | {"optin_News": 2}
    assert office.contact("yes@example.com")["dtTrackingConsent"].startswith("2026")
    assert office.contact("no@example.com")["dtTrackingConsent"].startswith("2025")


def test_only_contacts_with_a_yes_are_read_each_before_it_is_sent(office: Workshop) -> None:
    mapped(office, "unless-refused")
    everybody_says_yes(office, "plain@example.com,Lévis,no,,,")
    assert office.importer("run", "people.csv", "--yes").code == 0
    methods = [dict(r.url.params)["method"] for r in office.network.requests]
    assert methods.count("Get") - methods[:1].count("Get") == len(ACCOUNT)
    assert methods.index("Merge") > len(ACCOUNT)
    calls = office.summary()["calls"]
    assert (calls["to_read"], calls["read"], calls["planned"]) == (4, 4, 5)


def test_a_key_that_may_not_read_contacts_sends_nothing(office: Workshop) -> None:
    office.sandbox(permissions="Contacts.Merge Projects.Get Projects.List")
    mapped(office, "unless-refused")
    everybody_says_yes(office)
    done = office.importer("run", "people.csv", "--yes")
    assert done.code == 5
    assert "does not let this key read contacts" in done.err
    assert office.network.merges() == []
    office.sandbox()
    assert office.importer("resume").code == 0
    assert held(office) == ACCOUNT


def test_insert_reads_nobody(office: Workshop) -> None:
    mapped(office, "unless-refused", "insert")
    people(office, *NEW)
    office.sandbox(permissions="Contacts.Merge Projects.Get")
    assert office.importer("run", "people.csv", "--yes").code == 0
    assert held(office)["new@example.com"] == ("yes", "yes", "yes")


def test_what_was_read_and_never_sent_is_read_again_by_a_resumption(office: Workshop) -> None:
    mapped(office, "unless-refused")
    people(office, "yes@example.com,Lévis,yes,yes,yes,2026-02-03")
    office.sandbox(faults="503*")
    assert office.importer("run", "people.csv", "--yes").code == 5  # it was read, and never sent
    assert office.journal("SELECT position, withheld FROM asked") == [(0, "{}")]
    office.sandbox()
    mapped(office, "everyone")
    people(office, "yes@example.com,Lévis,no,no,no,2026-03-03")
    assert office.importer("run", "people.csv", "--yes").code == 0  # now they unsubscribed
    stopped = office.run_folders()[-2].name
    assert office.importer("resume", stopped).code == 0
    assert held(office)["yes@example.com"] == ("no", "no", "no")


def test_what_is_in_doubt_keeps_its_bytes_whatever_the_account_says_by_then(
    office: Workshop,
) -> None:
    mapped(office, "unless-refused")
    everybody_says_yes(office, *NEW)
    office.sandbox(faults="cut*")
    assert office.importer("run", "people.csv", "--yes").code == 5
    sent = office.network.merges()[0]
    office.sandbox()
    assert office.importer("resume").code == 0
    again = office.network.merges()
    assert again[0]["Records"] == sent["Records"]
    assert {address: held(office)[address] for address in ACCOUNT} == ACCOUNT


# --- what is said ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("new", "at most 4 yes, only to contacts this run creates, and 0 no"),
        ("unless-refused", "at most 4 yes (each contact is read first, 4 more calls) and 0 no"),
    ],
)
def test_the_plan_says_whom_a_yes_reaches(office: Workshop, who: str, words: str) -> None:
    mapped(office, who)
    everybody_says_yes(office)
    done = office.importer("check", "people.csv", "-c", "local")
    summary = office.summary()
    assert summary["yes_to"] == who
    assert summary["calls"]["planned"] == (2 if who == "new" else 5)
    told = consent_words(Summary(**summary))
    assert told[0].startswith(f"optin_Newsletter: {words} will be sent")
    assert told[-1] == whom_a_yes_reaches(Summary(**summary))
    assert "as it stands" not in told[-1]
    assert done.code == 0


@pytest.mark.parametrize("who", ["new", "unless-refused"])
def test_report_writes_the_same_bytes_again_once_the_plan_is_cut(
    office: Workshop, who: str
) -> None:
    mapped(office, who)
    everybody_says_yes(office, *NEW, f"bad@example.com,{'x' * 200},yes,yes,,", "nobody,,yes,,,")
    assert office.importer("run", "people.csv", "--yes").code == 3
    before = bytes_below(office.run_folder(), but=("run.log",))
    assert in_words(office)["optin_Newsletter"] > 0
    assert office.importer("report", office.run_id()).code in {0, 3}
    after = bytes_below(office.run_folder(), but=("run.log",))
    names = ("results.csv", "issues.csv", "to-fix.csv", "summary.json", "report.html")
    assert {n: before[n] for n in names} == {n: after[n] for n in names}
    rows = [int(one["row"]) for one in office.results("issues.csv")]
    assert rows == sorted(rows)


def test_a_mapping_that_cannot_say_yes_sends_in_one_step(office: Workshop) -> None:
    text = MAPPING.replace("WHO", "new").replace("MODE", "upsert")
    for name in ("optin_Newsletter", "optin_News", "hasTrackingConsent"):
        text = text.replace(f": {name}\n", f": {{field: {name}, values: {{no: no, yes: leave}}}}\n")
    office.write("mappings/people.yaml", text)
    people(office, "no@example.com,Lévis,no,yes,,", "new@example.com,Lévis,no,,,")
    assert office.importer("run", "people.csv", "--yes").code == 0
    assert len(office.network.merges()) == 1
    assert office.summary()["yes_to"] == "everyone"


# --- whatever goes wrong --------------------------------------------------------------------------

SWITCHES: list[dict[str, Any]] = [
    {"faults": "ok cut 503 lost ok 500 413 ok refused"},
    {"faults": "lost*3 ok cut*3 ok"},
    {"skipped_word": "Ignored", "all_or_nothing": True},
    {"error_word": "Skipped", "shuffle": True, "strangers": 2},
    {"drop_answers": 1, "faults": "504-done empty"},
    {"echo_ids": False, "style": "envelope", "faults": "ok garbage refused"},
]


@pytest.mark.parametrize("who", ["new", "unless-refused"])
@pytest.mark.parametrize("switches", SWITCHES, ids=str)
def test_promise_5_holds_and_the_books_balance_whatever_goes_wrong(
    office: Workshop, who: str, switches: dict[str, Any]
) -> None:
    mapped(office, who)
    office.sandbox(**switches)
    everybody_says_yes(office, *NEW, "third@example.com,Lévis,yes,,,")
    office.importer("run", "people.csv", "--yes", "--first", "5")
    for _ in range(8):
        totals = office.totals()
        assert sum(totals.values()) == 7
        assert {a: said for a, said in held(office).items() if a in ACCOUNT} == ACCOUNT
        if office.summary()["state"] == "finished":
            break
        office.importer("resume")
    assert office.summary()["state"] == "finished"
    now = held(office)
    assert {address: now[address] for address in ACCOUNT} == ACCOUNT
    for line in office.results():
        if line["verdict"] in {"created", "updated"}:
            assert line["key"] in now


def test_both_sentences_are_told_of_a_contact_that_both_steps_refuse(office: Workshop) -> None:
    mapped(office, "new")
    people(office, f"no@example.com,{'x' * 200},yes,,,", "bad@example.com,Laval,yes,,,")
    office.sandbox(skipped_word="Gone")
    assert office.importer("run", "people.csv", "--yes").code == 3
    (first, second) = office.results()
    assert (first["verdict"], second["verdict"]) == ("rejected", "created")
    assert "100" in first["message"]
    office.sandbox()
    lines = office.results("to-fix.csv")
    assert [line["Email"] for line in lines] == ["no@example.com"]
    assert withheld(office) == Counter()
