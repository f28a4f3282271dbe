"""The sheet of totals: pictures and numbers, and nobody's row."""

from __future__ import annotations

import re

import pytest

from importer.journal import CallResult
from importer.language import speaking
from importer.reports.pages.timeline import timeline
from importer.reports.pages.totals_page import totals_page
from importer.reports.summary import CallTotals, ConsentTotals, RowTotals
from importer.reports.words.titles import bare_title_of
from tests.reports.made_up import csv_file, group, rows, summary
from tests.reports.pages import BEGUN, call, mixed
from tests.reports.test_page import ATTACK, Elements

PERSON = "jeanne.mance@example.test"


def test_totals_tell_who_when_which_mapping_and_every_number() -> None:
    arguments = mixed()
    text = totals_page(arguments["summary"], arguments["groups"], arguments["calls"])
    elements = Elements(text)
    assert elements.texts["h1"] == [
        "Finished: 570 rows refused by our checks, 9 refused by the platform"
    ]
    assert elements.texts["h2"] == [
        "What became of every row",
        "Consents",
        "What was read",
        "Calls to the platform",
        "The run",
    ]
    for expected in ("8,805", "12,004", "optin_Partenaires", "9,870", "salon-montreal.csv", "marie",
                     "newsletter", "2026-11-22 03:19:12 UTC", "boutique.xlsx, sheet Clients",
                     "E-mail address that cannot be", "waited 2 min 51 s."):  # fmt: skip
        assert expected in text, expected
    assert not elements.named("script", "img", "link", "iframe", "a")
    (policy,) = [str(a["content"]) for a in elements.named("meta") if "http-equiv" in a]
    assert "script-src 'none'" in policy


def test_no_row_no_example_and_no_quoted_value_stands_on_the_sheet() -> None:
    said = f'"{PERSON}" is no e-mail address'
    run = summary(
        state="stopped",
        exit_code=5,
        message=f"The platform refused {PERSON}.",
        warnings=(f"Seen: {PERSON}",),
        note=PERSON,
        files=(csv_file(warnings=(PERSON,), results=RowTotals(read=120, created=120)),),
        rows=rows(created=59, invalid=1, not_sent=60),
        stopped_because=PERSON,
    )
    calls = timeline([call(1, BEGUN, result=CallResult.REFUSED, message=f"Refused: {PERSON}")])
    groups = [group("email-invalid", 1, said), group(f"Said of {PERSON}", 1, said)]
    text = totals_page(run, groups, calls)
    assert PERSON not in text
    assert "Without a code" in text
    assert "marie" in text
    assert "marie" not in totals_page(run, groups, calls, masked=True)


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("email-invalid", "E-mail address that cannot be"),
        ("PE_Unheard", "PE_Unheard"),
        ("a person@example.test", "Without a code"),
        ("x" * 100, "Without a code"),
        ("", "Without a code"),
    ],
)
def test_a_code_of_the_platform_is_shown_if_it_is_a_name(code: str, title: str) -> None:
    assert bare_title_of(code) == title


def test_what_does_not_fit_on_the_sheet_is_counted() -> None:
    consents = {f"optin_{n}": ConsentTotals(yes=1, no=1, left=1) for n in range(6)}
    files = tuple(csv_file(path=f"{n}.csv") for n in range(9))
    text = totals_page(
        summary(consents=consents, files=files), [group(f"c{n}", n) for n in range(12)]
    )
    assert "And 2 more consents." in text
    assert "And 4 more files and sheets." in text
    assert '4 more causes</th><td class="number">38</td>' in text


def test_a_run_without_anything_has_a_sheet_as_well() -> None:
    run = summary(
        state="checked",
        rows=rows(),
        files=(),
        consents={},
        calls=CallTotals(planned=0, planned_seconds=0),
        connection="",
        operator="",
        sandbox=True,
        finished="",
        started="",
    )
    text = totals_page(run, [])
    assert "No row has a problem or a warning." in text
    assert "none chosen; made for dialog-insight" in text
    assert "not known" in text
    assert "This run goes to a local imitation of the platform." in text
    assert 'class="timeline"' not in text


def test_a_text_can_never_become_markup_on_the_sheet() -> None:
    run = summary(
        mapping=ATTACK, target=ATTACK, connection=ATTACK, operator=ATTACK, tool_version=ATTACK,
        files=(csv_file(path=ATTACK, sheet=ATTACK),), run=ATTACK, created=ATTACK, finished=ATTACK,
        consents={ATTACK: ConsentTotals(yes=1, no=1, left=1)}, sandbox=True,
    )  # fmt: skip
    elements = Elements(totals_page(run, [group(ATTACK, 1)]))
    assert not elements.named("script", "img")
    assert len(elements.named("style")) == len(elements.named("title")) == 1


def test_the_sheet_is_the_same_for_the_same_run_and_speaks_its_language() -> None:
    arguments = mixed()
    given = (arguments["summary"], arguments["groups"], arguments["calls"])
    assert totals_page(*given) == totals_page(*given)
    with speaking("fr"):
        text = totals_page(*given)
    assert '<html lang="fr">' in text
    assert "12\u202f004" in text
    assert re.search(r"73,4\W?%", text)
