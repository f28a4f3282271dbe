from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from importer.delivery import EndReason
from importer.issues import IssueCode
from importer.journal import CallResult
from importer.language import speaking
from importer.model import RunState, Verdict
from importer.reports.pages.page import MOST_NOTES, page
from importer.reports.pages.pictures import bar
from importer.reports.pages.timeline import timeline
from importer.reports.problem_rows import Kind, ProblemRow, ProblemRows, Sentence
from importer.reports.problems import Problems
from importer.reports.summary import CallTotals, ConsentTotals, Summary, VerifiedTotals
from importer.reports.verified import MOST_SHOWN, ReadBackLine, ReadBackShown, Result
from importer.reports.words.commands import argument
from importer.reports.words.figures import clip, duration, moment, share, size
from importer.reports.words.headline import Tone, headline
from importer.reports.words.steps import ADVICE, next_steps
from importer.reports.words.titles import MEANINGS, TITLES, VERDICTS
from importer.run_folder import RunSettings
from importer.tables import NO_HEADER, LeftOut, Part, TableDescription
from tests.reports.made_up import (
    RUN,
    csv_file,
    file_facts,
    group,
    rows,
    settings,
    summary,
)
from tests.reports.pages import BEGUN, call

ATTACK = "</title></style><script>alert(1)</script><img src=//evil.example/x onerror=alert(2)>\"'>"


class Elements(HTMLParser):
    """The elements of a page with their attributes, and the text of some."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in {"meta", "path", "circle", "rect", "input"}:
            self._open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag != "rect":
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self._open):
            self.texts[tag][-1] += data

    def named(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.found if tag in tags]


TAGS = ("style", "script")


def sum_of(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def files_named(text: str) -> set[str | None]:
    links = [a["href"] for a in Elements(text).named("a")]
    return {link for link in links if link and not link.startswith("#")}


def told_of_consents(text: str) -> list[list[str]]:
    """Give each consent with its numbers: yes, no, left alone, withheld."""
    section = text.split('id="consents"')[1].split("</section>")[0]
    return [
        [*re.findall(r"<caption><code>(.*?)</code>", one), *re.findall(r'"number">([^<]*)<', one)]
        for one in section.split("<table>")[1:]
    ]


def made(**members: Any) -> str:
    return page(summary(**members), [], settings())


# --- the headline says the truth first -----------------------------------------------------------

STATES: list[tuple[str, dict[str, Any], Tone, str]] = [
    ("all imported", {}, Tone.SUCCESS, "Finished: all 120 rows imported"),
    ("one row", {"rows": rows(updated=1)}, Tone.SUCCESS, "Finished: the one row is imported"),
    (
        "taken",
        {"rows": rows(accepted=7)},
        Tone.SUCCESS,
        "Finished: all 7 rows taken by the platform",
    ),
    (
        "duplicates",
        {"rows": rows(created=80, duplicate=3, skipped=1)},
        Tone.SUCCESS,
        "Finished: 80 rows imported, none refused",
    ),
    (
        "sandbox",
        {"sandbox": True},
        Tone.SUCCESS,
        "Finished: all 120 rows imported, into the sandbox",
    ),
    ("blank", {"rows": rows(skipped=3)}, Tone.NEUTRAL, "Finished: there was nothing to send"),
    (
        "unchanged",
        {"rows": rows(skipped=3), "unchanged": 3},
        Tone.NEUTRAL,
        "Finished: nothing had changed, so nothing was sent",
    ),
    (
        "some unchanged",
        {"rows": rows(created=80, skipped=3), "unchanged": 3},
        Tone.SUCCESS,
        "Finished: 80 rows imported, none refused",
    ),
    (
        "refused",
        {"exit_code": 3, "rows": rows(created=110, invalid=9, rejected=1)},
        Tone.ATTENTION,
        "Finished: 9 rows refused by our checks, 1 refused by the platform",
    ),
    (
        "thousands",
        {"exit_code": 3, "rows": rows(created=1_000_000, invalid=12_345)},
        Tone.ATTENTION,
        "Finished: 12,345 rows refused by our checks",
    ),
    (
        "duplicates refused",
        {"exit_code": 3, "rows": rows(created=110, duplicate=2), "refused_duplicates": 2},
        Tone.ATTENTION,
        "Finished: 2 rows refused as duplicates",
    ),
    (
        "refused, though the exit code were 0",
        {"exit_code": 0, "rows": rows(created=110, rejected=1)},
        Tone.ATTENTION,
        "Finished: 1 row refused by the platform",
    ),
    (
        "all refused",
        {"exit_code": 3, "rows": rows(rejected=5, skipped=1)},
        Tone.ALARM,
        "Nothing was imported: 5 rows refused by the platform",
    ),
    (
        "in part",
        {"exit_code": 3},
        Tone.ATTENTION,
        "Finished: some rows were written only in part",
    ),
    (
        "unknown",
        {"exit_code": 6, "rows": rows(created=110, invalid=2, unknown=4)},
        Tone.ALARM,
        "Finished: 4 rows sent but answer unknown, 2 refused by our checks",
    ),
    (
        "only unknown",
        {"exit_code": 6, "rows": rows(unknown=4)},
        Tone.ALARM,
        "Finished: 4 rows sent but answer unknown",
    ),
    (
        "a code nobody knows",
        {"exit_code": 5},
        Tone.ALARM,
        "Ended with exit code 5: this is no success",
    ),
    (
        "finished with rows left",
        {"rows": rows(created=10, not_sent=1)},
        Tone.ALARM,
        "Finished: 1 row not sent",
    ),
    (
        "stopped",
        {"state": "stopped", "exit_code": 5, "rows": rows(created=59, not_sent=61)},
        Tone.ALARM,
        "Stopped early: 61 rows are not sent yet",
    ),
    (
        "stopped with calls in doubt",
        {"state": "stopped", "exit_code": 5, "rows": rows(created=9, not_sent=1, unknown=100)},
        Tone.ALARM,
        "Stopped early: 1 row is not sent yet, 100 sent but answer unknown",
    ),
    (
        "stopped in the last call",
        {"state": "stopped", "exit_code": 5, "rows": rows(created=9, unknown=1)},
        Tone.ALARM,
        "Stopped early: 1 row sent but answer unknown",
    ),
    (
        "stopped after the last row",
        {"state": "stopped", "exit_code": 5, "rows": rows(created=9)},
        Tone.ALARM,
        "Stopped early: every row was sent, but the run did not come to its end",
    ),
    (
        "--first",
        {
            "state": "stopped",
            "exit_code": 5,
            "stopped_because": "first-reached",
            "rows": rows(created=5, not_sent=9),
        },
        Tone.ALARM,
        "Stopped as asked: 9 rows are not sent yet",
    ),
    (
        "SIGINT",
        {"state": "stopped", "exit_code": 130, "rows": rows(created=5, not_sent=9)},
        Tone.ALARM,
        "Interrupted: 9 rows are not sent yet",
    ),
    (
        "SIGTERM",
        {"state": "stopped", "exit_code": 143, "rows": rows(created=5, not_sent=9)},
        Tone.ALARM,
        "Interrupted: 9 rows are not sent yet",
    ),
    (
        "killed",
        {"state": "sending", "exit_code": 5, "rows": rows(created=5, not_sent=9)},
        Tone.ALARM,
        "Not finished: 9 rows are not sent yet",
    ),
    (
        "a fault of ours",
        {"state": "sending", "exit_code": 1, "rows": rows(created=5, not_sent=9)},
        Tone.ALARM,
        "Broken off: 9 rows are not sent yet",
    ),
    (
        "checked",
        {"state": "checked", "rows": rows(not_sent=120)},
        Tone.NEUTRAL,
        "Checked: nothing was sent, and nothing is wrong",
    ),
    (
        "checked, rows to fix",
        {"state": "checked", "exit_code": 3, "rows": rows(not_sent=111, invalid=9)},
        Tone.ATTENTION,
        "Checked, nothing was sent: 9 rows refused by our checks",
    ),
    (
        "checked, nothing left",
        {"state": "checked", "rows": rows(skipped=2)},
        Tone.NEUTRAL,
        "Checked: there is nothing to send",
    ),
    (
        "checked, unchanged",
        {"state": "checked", "rows": rows(skipped=2), "unchanged": 2},
        Tone.NEUTRAL,
        "Checked: nothing has changed, so there is nothing to send",
    ),
    (
        "checked, not allowed",
        {"state": "checked", "exit_code": 4, "rows": rows(not_sent=2)},
        Tone.ATTENTION,
        "Checked, nothing was sent: exit code 4",
    ),
    (
        "check not ended",
        {"state": "checking", "rows": rows()},
        Tone.ALARM,
        "The check has not ended",
    ),
    (
        "threshold",
        {"state": "refused", "exit_code": 4, "rows": rows(not_sent=83, invalid=37)},
        Tone.ALARM,
        "Nothing was sent: 37 rows refused by our checks",
    ),
    (
        "threshold without a count",
        {"state": "refused", "exit_code": 4, "rows": rows(not_sent=83)},
        Tone.ALARM,
        "Nothing was sent: a threshold stands in the way",
    ),
    (
        "abandoned",
        {"state": "abandoned", "exit_code": 5, "rows": rows(created=1, not_sent=61, unknown=2)},
        Tone.ATTENTION,
        "Abandoned: 61 rows never sent, 2 sent but answer unknown",
    ),
    (
        "totals that do not add up",
        {"rows": rows(read=121, created=120)},
        Tone.ALARM,
        "The totals do not add up: 121 rows read, 120 told of",
    ),
]


@pytest.mark.parametrize(
    ("members", "tone", "text"), [case[1:] for case in STATES], ids=[case[0] for case in STATES]
)
def test_headline_says_the_truth_first(members: dict[str, Any], tone: Tone, text: str) -> None:
    run = summary(**members)
    found = headline(run)
    assert (found.tone, found.text) == (tone, text)
    elements = Elements(page(run, [], settings()))
    assert elements.texts["h1"] == [text]
    assert f"{text} ({RUN})" in elements.texts["title"][0]
    classes = [a.get("class") for a in elements.named("div") if a.get("id") == "headline"]
    assert classes == [f"headline {tone.value}"]
    assert found.label in elements.texts["p"]  # not by colour and icon alone


def test_every_state_has_a_headline_case() -> None:
    assert {case[1].get("state", "finished") for case in STATES} == set(RunState)


@pytest.mark.parametrize("state", RunState)
@pytest.mark.parametrize("exit_code", [0, 1, 3, 4, 5, 6, 130, 143])
@pytest.mark.parametrize("bad", [None, "invalid", "rejected", "unknown", "not_sent"])
def test_promise_6_a_partly_failed_run_never_looks_like_a_success(
    state: RunState, exit_code: int, bad: str | None
) -> None:
    totals = {"created": 10} if bad is None else {"created": 10, bad: 1}
    found = headline(summary(state=state.value, exit_code=exit_code, rows=rows(**totals)))
    well = state is RunState.FINISHED and exit_code == 0 and bad is None
    assert (found.tone is Tone.SUCCESS) == well


def test_promise_6_refused_duplicates_do_not_look_like_a_success() -> None:
    found = headline(summary(rows=rows(created=1, duplicate=1), refused_duplicates=1))
    assert found.tone is Tone.ATTENTION


def test_what_the_headline_leaves_out_follows_it() -> None:
    found = headline(
        summary(
            state="stopped",
            exit_code=5,
            message="The platform asks to wait (HTTP 503).",
            rows=rows(created=50, invalid=6, rejected=2, not_sent=61, unknown=1),
        )
    )
    assert found.lead == (
        "50 of 120 rows imported so far.",
        "Why: The platform asks to wait (HTTP 503).",
        "Also: 6 rows refused by our checks, 2 refused by the platform.",
    )


def test_a_checked_run_says_how_many_rows_could_be_sent() -> None:
    run = summary(state="checked", exit_code=3, rows=rows(not_sent=3, invalid=1))
    assert headline(run).lead == ("3 of 4 rows could be sent.",)


# --- what to do next -----------------------------------------------------------------------------


def commands(members: dict[str, Any], **of_settings: Any) -> list[str]:
    steps = next_steps(summary(**members), settings(**of_settings))
    return [step.command for step in steps if step.command]


FIX = f"importer run runs/{RUN}/to-fix.csv -m newsletter -c production"


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, []),
        ({"rows": rows(created=1, invalid=1), "exit_code": 3}, [FIX]),
        ({"rows": rows(created=1, rejected=2), "exit_code": 3}, [FIX, f"importer retry {RUN}"]),
        (
            {"rows": rows(created=1, duplicate=1), "exit_code": 3, "refused_duplicates": 1},
            [FIX],
        ),
        ({"rows": rows(created=1, unknown=2), "exit_code": 6}, [f"importer retry {RUN}"]),
        (
            {"state": "stopped", "exit_code": 5, "rows": rows(created=1, not_sent=2)},
            [f"importer resume {RUN}"],
        ),
        (
            {"state": "stopped", "exit_code": 5, "rows": rows(invalid=1, unknown=2)},
            [f"importer resume {RUN}", FIX],
        ),
        (
            {
                "state": "stopped",
                "exit_code": 5,
                "stopped_because": "account-refused",
                "rows": rows(not_sent=2),
            },
            ["importer connection test production", f"importer resume {RUN}"],
        ),
        (
            {"state": "sending", "exit_code": 5, "rows": rows(not_sent=2)},
            ["importer runs", f"importer resume {RUN}"],
        ),
        ({"state": "checking", "rows": rows()}, [f"importer resume {RUN}"]),
        ({"state": "checked", "rows": rows(not_sent=2)}, [f"importer send {RUN}"]),
        (
            {"state": "checked", "rows": rows(not_sent=1), "connection": ""},
            [f"importer send {RUN} -c CONNECTION"],
        ),
        (
            {"state": "checked", "exit_code": 3, "rows": rows(not_sent=2, invalid=1)},
            [f"importer send {RUN}", FIX],
        ),
        ({"state": "checked", "exit_code": 3, "rows": rows(invalid=1)}, [FIX]),
        ({"state": "checked", "rows": rows(skipped=1)}, []),
        ({"state": "abandoned", "exit_code": 5, "rows": rows(created=1, not_sent=2)}, []),
        ({"state": "abandoned", "exit_code": 5, "rows": rows(created=1)}, []),
        (
            {"state": "refused", "exit_code": 4, "rows": rows(not_sent=2, invalid=1)},
            ["importer run contacts.csv -m newsletter -c production"],
        ),
    ],
)
def test_the_commands_of_the_next_steps(members: dict[str, Any], expected: list[str]) -> None:
    assert commands(members) == expected
    text = made(**members)
    for command in expected:
        assert f"<code>{command}</code>" in text


def test_a_refused_run_is_run_again_with_all_its_files_and_its_own_options() -> None:
    found = commands(
        {"state": "refused", "exit_code": 4, "rows": rows(not_sent=2, invalid=1)},
        files=(file_facts("a.csv"), file_facts("mes contacts.xlsx"), file_facts("a.csv")),
        mapping_file="elsewhere/newsletter.yaml",
        sheet="Clients 2026",
        strict=True,
        max_invalid="5%",
    )
    assert found == [
        'importer run a.csv "mes contacts.xlsx" -m elsewhere/newsletter.yaml -c production '
        '--sheet "Clients 2026" --strict --max-invalid 5%'
    ]


def test_many_files_are_not_all_named_in_the_command() -> None:
    files = tuple(file_facts(f"{n}.csv") for n in range(50))
    found = commands({"state": "refused", "exit_code": 4, "rows": rows(invalid=1)}, files=files)
    assert found == ["importer run FILE... -m newsletter -c production"]


def test_connection_test_is_proposed_only_where_a_connection_is_known() -> None:
    refused = {"state": "stopped", "exit_code": 5, "stopped_because": "account-refused"}
    assert commands({**refused, "connection": "", "rows": rows(not_sent=1)}) == [
        f"importer resume {RUN}"
    ]


def test_several_tables_are_fixed_in_a_folder() -> None:
    members = {
        "files": (csv_file(), csv_file(path="b.xlsx", sheet="S")),
        "rows": rows(invalid=1),
        "exit_code": 3,
    }
    assert commands(members) == [f"importer run runs/{RUN}/to-fix/ -m newsletter -c production"]
    assert 'href="to-fix/"' in made(**members)


def test_unknown_rows_are_to_be_looked_up_before_they_are_sent_again() -> None:
    step, again = next_steps(summary(rows=rows(unknown=1), exit_code=6), settings())
    assert again.command == f"importer retry {RUN}"
    assert "Look 1 row up on the platform (project 123456) by its key" in step.text
    assert "results.csv" in step.text
    step, _ = next_steps(summary(rows=rows(unknown=2), exit_code=6, project=""), settings())
    assert "Look 2 rows up on the platform by their keys" in step.text


def test_a_failure_without_rows_to_fix_does_not_say_that_nothing_is_to_do() -> None:
    (step,) = next_steps(summary(exit_code=3), settings())
    assert step.text.startswith("Read results.csv")
    (step,) = next_steps(summary(), settings())
    assert step.text.startswith("Nothing.")


def test_every_reason_to_stop_has_its_advice() -> None:
    assert set(ADVICE) == set(EndReason) - {EndReason.COMPLETE}
    run = summary(
        state="stopped",
        exit_code=5,
        stopped_because=EndReason.PLATFORM_DOWN.value,
        rows=rows(not_sent=1),
    )
    assert next_steps(run, settings())[0].text == ADVICE["platform-down"]


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("contacts.csv", "contacts.csv"),
        ("mes contacts.csv", '"mes contacts.csv"'),
        ("liste d'été.csv", '"liste d\'été.csv"'),
        ("C:\\listes\\a.csv", '"C:\\listes\\a.csv"'),
        ("$(reboot).csv", "'$(reboot).csv'"),
        ('a"b.csv', "'a\"b.csv'"),
        ("a;b", '"a;b"'),
        ("", '""'),
        ("a`b", "'a`b'"),
        ("folder\\", "'folder\\'"),
    ],
)
def test_arguments_are_quoted_for_a_shell(text: str, quoted: str) -> None:
    assert argument(text) == quoted


# --- what the page tells -------------------------------------------------------------------------


def test_promise_1_every_verdict_stands_in_the_table_and_they_add_up() -> None:
    totals = {v.value.replace("-", "_"): n for n, v in enumerate(Verdict, 1)}
    text = made(rows=rows(**totals), exit_code=6)
    for number, verdict in enumerate(Verdict, 1):
        assert re.search(
            rf'{verdict.words} <code class="soft">{verdict.value}</code>.*?</th>'
            rf'<td class="number">{number}</td>',
            text,
            re.DOTALL,
        )
    assert '<td class="number">45</td><td class="number">100%</td></tr></tfoot>' in text
    assert "Rows read: 45, all told of above." in text


def test_totals_that_do_not_add_up_are_said_to() -> None:
    text = made(rows=rows(read=5, created=4))
    assert "The results above do not add up to that." in text


def test_every_verdict_has_a_meaning_and_a_colour() -> None:
    text = made()
    assert list(MEANINGS) == list(Verdict)
    for verdict in Verdict:
        assert f".v-{verdict.value} {{ fill:" in text
    assert {verdict: verdict.words for verdict in Verdict} == VERDICTS
    assert set(TITLES) == set(IssueCode)
    assert len(set(TITLES.values())) == len(TITLES)


def test_the_bar_fills_its_width_and_one_row_in_a_million_can_be_seen() -> None:
    segments = bar(
        [("created", 999_999), ("accepted", 0), ("rejected", 1)],
    )
    assert [s.name for s in segments] == ["created", "rejected"]
    assert segments[1].width > 1
    assert sum(s.width for s in segments) == pytest.approx(100, abs=0.01)
    assert segments[1].x == segments[0].width
    assert [s.label for s in segments] == ["999,999", ""]


def test_a_run_without_rows_has_no_bar() -> None:
    assert bar([(verdict.value, 0) for verdict in Verdict]) == []
    assert 'class="bar"' not in made(rows=rows())


def test_the_bar_says_its_totals_to_those_who_do_not_see_it() -> None:
    (found,) = [a for a in Elements(made()).named("svg") if a.get("role") == "img"]
    assert found["aria-label"] == "Rows by result: 84 created, 36 updated"


def test_consents_are_shown_with_what_is_not_known_of_them() -> None:
    text = made(consents={"optin_Newsletter": ConsentTotals(yes=71, no=9, left=40)})
    assert told_of_consents(text) == [["optin_Newsletter", "71", "9", "40", "0"]]
    assert "What the platform holds now was not looked up: a yes is sent as it stands" in text
    assert "Consents" not in Elements(made(consents={})).texts["h2"]


def test_consents_that_the_mapping_gave_or_a_list_withheld_are_told_apart() -> None:
    one = ConsentTotals(yes=71, no=9, left=40, by_mapping_yes=60, by_mapping_no=1, withheld=7)
    text = made(consents={"optin_Newsletter": one})
    assert told_of_consents(text) == [["optin_Newsletter", "71", "9", "40", "7"]]
    assert "Given by the mapping, not by the row: 60 yes and 1 no" in text


@pytest.mark.parametrize(
    ("yes_to", "words", "withheld"),
    [
        ("everyone", "a yes is sent as it stands", "whose address is on a suppression list."),
        ("new", "A yes goes only to contacts that this run creates", "the account does not allow."),
        (
            "unless-refused",
            "Each contact with a yes is read before it is sent (80 more calls)",
            "the account does not allow.",
        ),
    ],
)
def test_consents_say_whom_a_yes_reaches_and_count_what_was_withheld(
    yes_to: str, words: str, withheld: str
) -> None:
    one = ConsentTotals(yes=71, no=9, left=40, withheld=7, withheld_by_account=5)
    calls = CallTotals(planned=82, planned_seconds=9, to_read=80)
    text = made(consents={"optin_Newsletter": one}, yes_to=yes_to, calls=calls)
    assert told_of_consents(text) == [["optin_Newsletter", "66", "9", "40", "12"]]
    assert words in text
    assert withheld in text


# --- read back -----------------------------------------------------------------------------------

READ = VerifiedTotals(looked_up=20, same=17, different=2, missing=1, settled=3)
PLACE = "contacts.csv, row 7"
LINES = (
    ReadBackLine(PLACE, "ana@example.test", Result.MISSING),
    ReadBackLine(PLACE, "ben@example.test", Result.DIFFERENT, "f_City", "Paris", ""),
)


def read_back(verified: VerifiedTotals, *lines: ReadBackLine, left: int = 0) -> str:
    run = summary(verified=verified, exit_code=3 if lines else 0)
    return page(run, [], settings(), ReadBackShown(lines, left))


def test_a_run_of_which_nothing_was_to_be_looked_up_has_no_such_section() -> None:
    text = made()
    assert "Read back" not in Elements(text).texts["h2"]
    assert "verified.csv" not in text


def test_contacts_that_are_stored_as_sent_are_said_in_a_sentence() -> None:
    text = read_back(VerifiedTotals(looked_up=20, same=20, different=0, missing=0))
    elements = Elements(text)
    assert "Read back" in elements.texts["h2"]
    assert "<p>20 contacts were looked up in the account after sending: all are stored" in text
    assert "settled" not in text
    assert [a["href"] for a in elements.named("a")].count("verified.csv") == 2
    assert "What is not as it was sent" not in text


def test_what_differs_is_listed_and_what_is_missing_comes_first() -> None:
    text = read_back(READ, *LINES, left=1_234)
    section = text.split('id="read-back"')[1].split("</section>")[0]
    assert "<strong>20 contacts were looked up in the account after sending: 1 not there" in section
    assert "3 of them had no known answer and are settled now." in section
    assert section.index("ana@example.test") < section.index("ben@example.test")
    assert '<td colspan="3"><strong>not in the account</strong></td>' in section
    assert "<td><code>f_City</code></td><td><bdi>Paris</bdi></td><td><em>blank</em></td>" in section
    assert "And 1,234 more such lines" in section


def test_a_single_contact_that_was_settled_is_said_so() -> None:
    one = VerifiedTotals(looked_up=1, same=1, different=0, missing=0, settled=1)
    assert "1 of them had no known answer and is settled now." in read_back(one)


def test_a_reading_back_that_never_began_names_no_file() -> None:
    text = read_back(VerifiedTotals(looked_up=0, same=0, different=0, missing=0))
    assert "No contact was looked up in the account after sending." in text
    assert "verified.csv" not in text


def test_what_was_read_back_can_never_become_markup_and_can_be_read_by_all() -> None:
    evil = ReadBackLine(ATTACK, ATTACK, Result.DIFFERENT, ATTACK, ATTACK, ATTACK)
    elements = Elements(read_back(READ, evil, LINES[0]))
    assert not elements.named("img")
    assert len(elements.named("script")) == 1
    assert len(elements.named("table")) == len(elements.named("caption"))
    assert all(a.get("scope") in {"col", "row"} for a in elements.named("th"))
    ids = [str(a["id"]) for _, a in elements.found if "id" in a]
    assert len(ids) == len(set(ids))
    labels = {str(a["aria-labelledby"]) for _, a in elements.found if "aria-labelledby" in a}
    assert labels <= set(ids)


def test_the_page_stays_small_whatever_was_read_back() -> None:
    long = '<"é">' * 4_000
    line = ReadBackLine(long, long, Result.DIFFERENT, long, long, long)
    assert len(read_back(READ, *[line] * MOST_SHOWN, left=10**9).encode()) < 180_000


def test_what_was_read_names_form_header_and_warnings() -> None:
    warnings = tuple(f"Warning number {n}." for n in range(5))
    text = made(
        files=(
            csv_file(warnings=warnings),
            csv_file(path="b.xlsx", sheet="Clients", format="xlsx", encoding="", delimiter=""),
            csv_file(path="c.csv", encoding="utf-8", delimiter="", header_row=3),
        ),
        warnings=("Warning number 1.", "The column Remarques is not in the mapping."),
    )
    assert ">csv, encoding cp1252, delimiter semicolon, header in row 1<" in text
    assert ">csv, encoding utf-8, header in row 3<" in text
    assert ">xlsx, header in row 1<" in text
    assert "b.xlsx, sheet Clients\n" in text
    assert text.count('</td><td class="number">120</td></tr>') == 3
    assert "Warning number 0." in text
    assert "and 3 more warnings in summary.json" in text
    assert text.count("Warning number 1.") == 1
    assert text.count("The column Remarques is not in the mapping.") == 1


def test_what_was_read_names_headers_of_every_kind_and_invisible_delimiters() -> None:
    text = made(
        files=(
            csv_file(path="a.csv", delimiter="\t", header_row=NO_HEADER),
            csv_file(path="b.csv", delimiter=" ", header_row=3, header_rows=2),
        )
    )
    assert ">csv, encoding cp1252, delimiter tab, no header<" in text
    assert ">csv, encoding cp1252, delimiter space, header in rows 3 to 4<" in text


def test_what_was_read_tells_in_words_what_is_no_contact() -> None:
    parts = (
        LeftOut(Part.PREAMBLE, 1, 3, 3),
        LeftOut(Part.BLANK_ROWS, 9, 40, 12),
        LeftOut(Part.FOOTER, 122, 122, 1),
    )
    text = made(files=(csv_file(left_out=parts),))
    assert (
        "<span>Not read as contacts: rows 1 to 3 above the header, 12 blank rows, "
        "row 122 below the table</span>" in text
    )
    assert "Not read as contacts" not in made()
    many = tuple(LeftOut(Part.OTHER_TABLE, 10 * n, 10 * n, 1) for n in range(1, MOST_NOTES + 2))
    text = made(files=(csv_file(left_out=many),))
    assert "row 120 of another table, and more in summary.json</span>" in text
    assert "row 130 of" not in text


def test_passed_over_files_are_listed() -> None:
    text = page(summary(), [], settings(passed_over=("~$a.xlsx: a lock file",)))
    assert "<li>~$a.xlsx: a lock file</li>" in text
    assert "Passed over" not in made()


def test_problems_are_grouped_with_examples_and_what_they_mean() -> None:
    groups = [
        group("email-invalid", 9, '"a@" is no e-mail address'),
        group("platform-refused", 1, "Error (InvalidValue)"),
        group("answer-lost", 2, "The row was sent and no answer came"),
        group("duplicate-refused", 2, "The same key stands in row 3"),
        group("PE_Unheard", 1, "Something else"),
        group("", 1, "No code"),
        group("time-dropped", 3, "A time of day", severity="warning"),
    ]
    text = page(summary(exit_code=6), groups, settings())
    elements = Elements(text)
    assert elements.texts["h3"] == [
        "9 × E-mail address that cannot be email-invalid",
        "1 × Refused by the platform platform-refused",
        "2 × Answer that never came answer-lost",
        "2 × Duplicate that the mapping refuses duplicate-refused",
        "1 × PE_Unheard PE_Unheard",
        "1 × Without a code ",
        "3 × Time of day left out time-dropped",
    ]
    effects = [t for t in elements.texts["p"] if t in _EFFECTS]
    assert effects == [
        "Refused by our checks.",
        "Refused by the platform.",
        "Sent but answer unknown.",
        "Refused as a duplicate.",
        "Refused by the platform.",
        "Refused by the platform.",
        "A warning: the row is sent all the same.",
    ]
    assert "contacts.csv row 2:</span> <bdi>&#34;a@&#34; is no e-mail address</bdi>" in text


_EFFECTS = {
    "Refused by our checks.",
    "Refused by the platform.",
    "Sent but answer unknown.",
    "Refused as a duplicate.",
    "A warning: the row is sent all the same.",
}


def test_calls_are_all_accounted_for() -> None:
    calls = CallTotals(
        planned=1,
        planned_seconds=61,
        made=14,
        retried=5,
        not_taken=3,
        refused=2,
        in_doubt=1,
        strangers=6,
        waited_seconds=93,
        bytes=1_250_000,
    )
    text = made(calls=calls)
    numbers = re.findall(r'<td class="number">([^<]*)</td>', text.split('id="calls"')[1])
    assert numbers == ["14", "5", "3", "2", "1", "6", "1 min 33 s", "1.2 MB"]
    assert "about 1 call and 1 min 1 s" in text
    assert "strange answers" not in made()
    assert "to read contacts" not in text
    text = made(calls=calls.model_copy(update={"read": 80}))
    numbers = re.findall(r'<td class="number">([^<]*)</td>', text.split('id="calls"')[1])
    assert numbers[4:7] == ["1", "80", "6"]


def test_the_run_says_who_when_where_and_with_what() -> None:
    text = made(note="Salon de Montréal")
    for expected in (
        "<dd>production, dialog-insight</dd>",
        "<dd>123456</dd>",
        "<dd>https://app.dialoginsight.com</dd>",
        "<dd>marie</dd>",
        "<bdi>Salon de Montréal</bdi>",
        '2026-11-22 03:15:00 UTC by <code class="term">importer run</code>',
        "<dd>2026-11-22 03:15:04 UTC</dd>",
        "from mappings/newsletter.yaml",
        "<dd>importer 0.1.0</dd>",
        f"<dd><code>{RUN}</code></dd>",
        "finished, exit code 0",
    ):
        assert expected in text


def test_a_run_that_was_only_checked_has_gaps_that_are_named() -> None:
    text = made(
        state="checked",
        connection="",
        started="",
        finished="",
        operator="",
        rows=rows(not_sent=1),
        stopped_because="threshold",
    )
    assert "none chosen; made for dialog-insight" in text
    assert text.count("<dd>not yet</dd>") == 2
    assert "<dd>not known</dd>" in text
    assert "<code>threshold</code>" in text
    assert "<dt>Note</dt>" not in text
    assert "<dd>none named</dd>" in made(project="")


def test_sandbox_stands_on_everything() -> None:
    text = made(sandbox=True, connection="sandbox", calls=_CALLED)
    elements = Elements(text)
    assert elements.texts["title"][0].startswith("SANDBOX: ")
    assert "This run went to a local imitation of the platform." in text
    assert "sandbox (SANDBOX)" in text
    assert "SANDBOX" not in made()
    assert "This run goes to" in made(sandbox=True, calls=_NOT_CALLED)


_NOT_CALLED = CallTotals(planned=1, planned_seconds=0.3)
_CALLED = CallTotals(planned=1, planned_seconds=0.3, made=1)


def test_only_files_that_are_there_are_named() -> None:
    links = files_named(made())
    always = {
        "results.csv",
        "issues.csv",
        "summary.json",
        "mapping.yaml",
        "settings.json",
        "run.log",
    }
    assert links == always
    fixed = made(rows=rows(invalid=1), exit_code=3)
    assert files_named(fixed) == {*always, "to-fix.csv"}
    abandoned = made(rows=rows(not_sent=1), exit_code=5, state="abandoned")
    assert files_named(abandoned) == {*always, "already-sent.csv"}


# --- a safe, small and steady page ---------------------------------------------------------------


def hostile() -> tuple[Summary, list[Any], RunSettings]:
    """Put an attack wherever a text of an operator, a file or a platform can stand."""
    run = summary(
        state="stopped",
        exit_code=5,
        sandbox=True,
        mapping=ATTACK,
        target=ATTACK,
        connection=ATTACK,
        project=ATTACK,
        url=ATTACK,
        files=(
            csv_file(
                path=ATTACK,
                sheet=ATTACK,
                format=ATTACK,
                encoding=ATTACK,
                delimiter=ATTACK,
                warnings=(ATTACK,),
            ),
        ),
        rows=rows(created=1, invalid=1, rejected=1, unknown=1, not_sent=1),
        consents={ATTACK: ConsentTotals(yes=1, no=1, left=1)},
        stopped_because=ATTACK,
        message=ATTACK,
        warnings=(ATTACK + "!",),
        created=ATTACK,
        checked=ATTACK,
        started=ATTACK,
        finished=ATTACK,
        operator=ATTACK,
        note=ATTACK,
        tool_version=ATTACK,
        run=ATTACK,
        folder=ATTACK,
    )
    one = group(ATTACK, 1, ATTACK)
    one.examples = [(ATTACK, ATTACK)]
    told = settings(
        command=ATTACK,
        note=ATTACK,
        operator=ATTACK,
        mapping_file=ATTACK,
        run_date=ATTACK,
        time_zone=ATTACK,
        passed_over=(ATTACK,),
        sheet=ATTACK,
        files=(file_facts(ATTACK),),
    )
    return run, [one], told


@pytest.mark.parametrize("state", RunState)
def test_a_text_can_never_become_markup(state: RunState) -> None:
    run, groups, told = hostile()
    said = (Sentence(ATTACK, "error", ATTACK),)
    found = ProblemRows((ProblemRow(0, 7, ATTACK, Kind.INVALID, (0,), 3),), said)
    calls = timeline([call(1, BEGUN, result=CallResult.REFUSED, message=ATTACK)])
    stated = run.model_copy(update={"state": state.value})
    text = page(stated, groups, told, rows=found, calls=calls)
    elements = Elements(text)
    assert not elements.named("img", "iframe", "link", "object", "embed", "base", "form")
    assert [a.get("type") for a in elements.named("script")] == ["application/json", None]
    assert text.count("&lt;script&gt;alert(1)") > 20
    assert text.count("\\u003cscript\\u003ealert(1)") >= 3
    assert not [a for _, attributes in elements.found for a in attributes if a.startswith("on")]
    assert len(elements.named("style")) == len(elements.named("title")) == 1


def test_nothing_comes_from_elsewhere() -> None:
    run, groups, told = hostile()
    text = page(run, groups, told)
    elements = Elements(text)
    (policy,) = [a["content"] for a in elements.named("meta") if "http-equiv" in a]
    style, script = (re.findall(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)[-1] for name in TAGS)
    assert policy == (
        f"default-src 'none'; style-src {sum_of(style)}; script-src {sum_of(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    for _, attributes in elements.found:
        assert not attributes.keys() & {"src", "srcset", "action", "data", "style", "xlink:href"}
        assert not re.search(r"[:\\]|^/", attributes.get("href") or "")
    assert "@import" not in style
    assert "url(" not in style
    assert set(re.findall(r"url\((.)", "".join(re.findall(r"<[^>]*>", text)))) == {"#"}


def test_the_same_run_gives_the_same_bytes() -> None:
    run, groups, told = hostile()
    assert page(run, groups, told) == page(run, groups, told)
    moved = run.model_copy(update={"folder": "elsewhere"})
    assert page(moved, groups, told) == page(run, groups, told)


@pytest.mark.parametrize(
    ("long", "most"), [("long words " * 2_000, 80_000), ('<"é">' * 4_000, 180_000)]
)
def test_the_page_stays_small_whatever_the_run(long: str, most: int) -> None:
    groups = [group(f"{n}-{long}", 10_000, *[f"{n} {long}"] * 5) for n in range(200)]
    text = page(
        summary(
            exit_code=3,
            rows=rows(created=10**9, invalid=10**9),
            files=tuple(csv_file(path=f"{n}{long}", warnings=(long,) * 9) for n in range(500)),
            warnings=tuple(f"{n} {long}" for n in range(500)),
            message=long,
            note=long,
        ),
        groups,
        settings(passed_over=tuple(f"{n} {long}" for n in range(500))),
    )
    assert len(text.encode()) < most
    assert "And 170 more kinds of problem" in text
    assert "And 480 more files and sheets" in text
    assert "And 488 more warnings" in text
    assert "And 488 more files" in text


def test_the_page_of_an_ordinary_run_is_under_80_kilobytes() -> None:
    sentence = '"31/02/1999" in Date de naissance does not exist in the calendar.'
    groups = [group(code.value, 12, *[sentence] * 5) for code in IssueCode]
    text = page(
        summary(exit_code=3, files=tuple(csv_file(path=f"{n}.csv") for n in range(25))),
        groups,
        settings(),
    )
    assert len(text.encode()) < 80_000


def test_the_page_can_be_read_by_all() -> None:
    elements = Elements(
        page(
            summary(sandbox=True, exit_code=3, warnings=("One.",), rows=rows(invalid=1, created=1)),
            [group("email-invalid", 1, "One")],
            settings(passed_over=("a.txt: no spreadsheet",)),
        )
    )
    assert elements.named("html") == [{"lang": "en"}]
    levels = [int(tag[1]) for tag, _ in elements.found if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))
    assert len(elements.named("table")) == len(elements.named("caption"))
    assert all(a.get("scope") in {"col", "row"} for a in elements.named("th"))
    ids = [str(a["id"]) for _, a in elements.found if "id" in a]
    assert len(ids) == len(set(ids))
    labels = {str(a["aria-labelledby"]) for _, a in elements.found if "aria-labelledby" in a}
    assert labels <= set(ids)
    for svg in elements.named("svg"):
        assert svg.get("aria-hidden") == "true" or svg.get("aria-label")


# --- how values are written ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "total", "text"),
    [
        (0, 0, "0%"),
        (0, 9, "0%"),
        (9, 9, "100%"),
        (1, 1_000_000, "< 0.1%"),
        (999_999, 1_000_000, "99.9%"),
        (1, 8, "12.5%"),
    ],
)
def test_what_is_there_is_never_0_per_cent(number: int, total: int, text: str) -> None:
    assert share(number, total) == text


def test_durations_sizes_moments_and_long_texts_are_written_for_people() -> None:
    assert [duration(s) for s in (0, 0.64, 12.0, 60, 3_725)] == [
        "0 s",
        "0.6 s",
        "12 s",
        "1 min 0 s",
        "1 h 2 min",
    ]
    assert [size(n) for n in (0, 999, 48_210, 1_250_000)] == [
        "0 bytes",
        "999 bytes",
        "48.2 kB",
        "1.2 MB",
    ]
    assert moment("2026-11-22T03:15:00.500Z") == "2026-11-22 03:15:00 UTC"
    assert moment("") == ""
    assert moment("2026-11-22") == "2026-11-22"
    assert clip("abcdef", 4) == "abc…"
    assert clip("abcd", 4) == "abcd"


# --- rows, languages, masks ----------------------------------------------------------------------


def test_a_cause_names_the_rows_it_hit_table_by_table() -> None:
    names = [f"{n}.csv" for n in range(6)]
    found = Problems([TableDescription(name, "", "csv", ("a",), 1) for name in names])
    for table in range(6):
        for row in (3, 4, 5, 9):
            found.note_at("email-invalid", "error", table, row, "Said")
    several = summary(files=tuple(csv_file(path=name) for name in names))
    text = page(several, found.groups(), settings())
    assert "0.csv: rows 3 to 5, 9</p>" in text
    assert "And rows of 2 more tables</p>" in text
    one = Problems([TableDescription("a.csv", "", "csv", ("a",), 1)])
    one.note_at("email-invalid", "error", 0, 7, "Said")
    assert ">Row 7</p>" in page(summary(), one.groups(), settings())


def test_sentences_of_a_run_are_said_in_its_language_where_that_is_spoken() -> None:
    run = summary(
        language="fr",
        state="stopped",
        exit_code=5,
        message="The platform is down.",
        warnings=("A column is new.",),
        files=(csv_file(warnings=("It was cut off.",)),),
        sentences={
            "The platform is down.": "La plateforme est en panne.",
            "A column is new.": "Une colonne est nouvelle.",
            "It was cut off.": "Il a été coupé.",
        },
        rows=rows(not_sent=1),
    )
    with speaking("fr"):
        french = page(run, [], settings())
    for text, expected in ((french, True), (page(run, [], settings()), False)):
        assert ("La plateforme est en panne." in text) == expected
        assert ("Une colonne est nouvelle." in text) == expected
        assert ("Il a été coupé." in text) == expected
    assert '<html lang="fr">' in french


def test_a_masked_page_names_neither_operator_nor_note_nor_host() -> None:
    run = summary(note="For Jeanne Mance", operator="marguerite", url="https://host.example")
    told = settings(note="For Jeanne Mance", operator="marguerite")
    plain, masked = (page(run, [], told, masked=one) for one in (False, True))
    for word in ("Jeanne Mance", "marguerite", "host.example"):
        assert word in plain
        assert word not in masked
    assert "Addresses and names are masked." in masked
    assert "masked" not in plain.split("<body>")[1].split("<script")[0]


def test_rows_that_end_with_more_than_is_shown_say_so_without_scripts() -> None:
    said = (Sentence("email-invalid", "error", "Said"),)
    found = ProblemRows((ProblemRow(0, 7, "", Kind.INVALID, (0,), 1),), said)
    text = page(summary(), [], settings(), rows=found)
    assert "<bdi>no key</bdi>" in text
    assert "and 1 more in issues.csv" in text
    assert "contacts.csv, row 7" in text
