"""Rows to fix whose key says no elsewhere: mended and imported by themselves, they say no too."""

from __future__ import annotations

import csv
from typing import Any

from tests.runs.workshop import Workshop, read_report

BASE = """\
name: people
target: dialog-insight
consent: {yes_to: everyone}
columns:
  Email: key_f_EMail
  Tel: {field: f_MobilePhone, type: phone, region: CA}
"""
PHONE = "514 555-0101"
SENT_PHONE = {"f_MobilePhone": "+15145550101"}


def mended(workshop: Workshop, mapping: str, content: str) -> list[dict[str, Any]]:
    """Import a file, mend the phones of its rows to fix, import those; give what is sent."""
    workshop.write("mappings/people.yaml", BASE + mapping)
    workshop.write("people.csv", content)
    assert workshop.importer("run", "people.csv", "--yes").code == 3
    workshop.network.requests.clear()
    rows = [row | {"Tel": PHONE} for row in read_report(workshop.run_folder() / "to-fix.csv")]
    with (workshop.folder / "fixed.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert workshop.importer("run", "fixed.csv", "--yes").code == 0
    return [one["Data"] for call in workshop.network.merges() for one in call["Records"]]


def test_a_computed_yes_does_not_come_back_by_a_mended_row(workshop: Workshop) -> None:
    (sent,) = mended(
        workshop,
        "  A: ignore\n  B: ignore\ncomputed: {optin_Newsletter: {join: [A, B], by: ''}}\n",
        f"Email,Tel,A,B\nana@example.com,bad,o,\nANA@example.com,{PHONE},,n\n",
    )
    assert sent == SENT_PHONE


def test_the_date_of_a_yes_does_not_become_that_of_a_no(workshop: Workshop) -> None:
    (sent,) = mended(
        workshop,
        "  News: hasTrackingConsent\n  On: {field: dtTrackingConsent, format: DD/MM/YYYY}\n",
        "Email,Tel,News,On\nana@example.com,bad,oui,01/01/2020\n"
        f"ANA@example.com,{PHONE},non,01/01/2021\n",
    )
    assert sent == SENT_PHONE | {"hasTrackingConsent": "0"}


def test_a_no_of_the_row_itself_keeps_its_words_and_its_date(workshop: Workshop) -> None:
    (sent,) = mended(
        workshop,
        "  News: hasTrackingConsent\n  On: {field: dtTrackingConsent, format: DD/MM/YYYY}\n",
        "Email,Tel,News,On\nana@example.com,bad,Non,01/01/2021\n"
        f"ANA@example.com,{PHONE},oui,01/01/2020\n",
    )
    assert sent == SENT_PHONE | {"hasTrackingConsent": "0", "dtTrackingConsent": "2021.01.01"}


def test_a_no_to_another_consent_is_not_lost_with_a_computed_one(workshop: Workshop) -> None:
    (sent,) = mended(
        workshop,
        "  A: {field: optin_Newsletter}\n  B: ignore\n"
        "computed: {hasTrackingConsent: {join: [A, B], by: ''}}\n",
        f"Email,Tel,A,B\nana@example.com,bad,n,\nANA@example.com,{PHONE},,no\n",
    )
    assert sent == SENT_PHONE | {"optin_Newsletter": "0", "hasTrackingConsent": "0"}


def test_a_no_that_no_condition_lets_in_counts_for_a_row_that_is_mended(workshop: Workshop) -> None:
    (sent,) = mended(
        workshop,
        "  News: optin_Newsletter\nwhen: {Land: CA}\n",
        f"Email,Tel,News,Land\nana@example.com,bad,oui,CA\nANA@example.com,{PHONE},non,US\n",
    )
    assert sent == SENT_PHONE | {"optin_Newsletter": "0"}


def test_rows_that_are_refused_for_their_key_say_no_where_one_of_them_does(
    workshop: Workshop,
) -> None:
    workshop.write("mappings/people.yaml", BASE + "  News: optin_Newsletter\nduplicates: refuse\n")
    workshop.write(
        "people.csv",
        f"Email,Tel,News\nana@example.com,{PHONE},oui\nANA@example.com,{PHONE},non\n"
        f"leo@example.com,{PHONE},oui\nLEO@example.com,{PHONE},oui\n",
    )
    assert workshop.importer("run", "people.csv", "--yes").code == 3
    rows = read_report(workshop.run_folder() / "to-fix.csv")
    assert [row["News"] for row in rows] == ["no", "non", "oui", "oui"]
    assert ["no is what counts" in row["import_errors"] for row in rows] == [True] * 2 + [False] * 2


SECOND = "  Other: {field: f_EMail, type: email}\n  News: optin_Newsletter\nsuppress: [l.txt]\n"


def test_what_another_row_s_address_withholds_stays_withheld_in_a_mended_row(
    workshop: Workshop,
) -> None:
    workshop.write("mappings/l.txt", "bad@example.com\n")
    (sent,) = mended(
        workshop,
        SECOND,
        f"Email,Tel,Other,News\nana@example.com,{PHONE},bad@example.com,oui\n"
        "ana@example.com,bad,,oui\n",
    )
    assert sent == SENT_PHONE


def test_refused_rows_of_a_listed_key_say_nothing_and_tell_why(workshop: Workshop) -> None:
    workshop.write("mappings/l.txt", "bad@example.com\n")
    workshop.write("mappings/people.yaml", BASE + SECOND + "duplicates: refuse\n")
    workshop.write(
        "people.csv",
        f"Email,Tel,Other,News\nana@example.com,{PHONE},bad@example.com,oui\n"
        f"ana@example.com,{PHONE},,oui\n",
    )
    assert workshop.importer("run", "people.csv", "--yes").code == 3
    rows = read_report(workshop.run_folder() / "to-fix.csv")
    assert [row["News"] for row in rows] == ["", ""]
    assert all("suppression list" in row["import_errors"] for row in rows)
