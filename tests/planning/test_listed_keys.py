"""Keys of which another row is on a suppression list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from importer.field_rules import Origin, RowRules
from importer.issues import IssueCode, Severity
from importer.model import (
    RowCheck,
)

from ..plans import KEY, NAME, NEWS, NEWS_DATE, Planned, Row, plan_of, read_back

GOOD, INVALID, SKIPPED, DUPLICATE, _ = (int(check) for check in RowCheck)
LATE, EARLY = "2026-01-02", "2026-01-01"
WITHHELD = "a row with this key has it, so the yes is withheld"
ISSUE = ("row", "severity", "code", "column", "field", "detail")


def planned(tmp_path: Path, *rows: Row, only: str | None = None, **members: Any) -> Planned:
    rules = RowRules(only=only, consent_dates={NEWS: NEWS_DATE})
    with read_back(2):
        return plan_of(tmp_path, [[list(rows)]], row_rules=rules, **members)


def told(found: Planned) -> tuple[int, ...]:
    return tuple(found.facts.consents[NEWS][name] for name in ("yes", "no", "left", "withheld"))


def test_promise_5_a_listed_row_gets_no_yes_from_another_row_and_its_no_goes(
    tmp_path: Path,
) -> None:
    rows = [Row("k", "\u00c9va", "yes", LATE), Row("k", "\u00c9va", "no", EARLY, listed=True)]
    found = planned(tmp_path, *rows)
    assert found.contacts(NEWS, NEWS_DATE) == [("no", EARLY)]
    assert found.issues(*ISSUE) == [
        (0, "warning", "consent-conflict", "", NEWS, "no"),
        (1, "warning", "consent-conflict", "", NEWS, "no"),
        (1, "warning", "suppressed", "Infolettre", NEWS, WITHHELD),
    ]
    assert told(found) == (0, 1, 0, 0)


@pytest.mark.parametrize("origin", [Origin.ROW, Origin.MAPPING])
def test_promise_5_a_row_gets_no_yes_if_another_one_of_its_key_is_listed(
    tmp_path: Path, origin: Origin
) -> None:
    rows = [Row("k", listed=True), Row("j"), Row("k", "\u00c9va", "yes", LATE, origin=origin)]
    found = planned(tmp_path, *rows)
    assert found.contacts(KEY, NAME, NEWS, NEWS_DATE)[1:] == [("k", "\u00c9va", None, None)]
    assert found.issues(*ISSUE) == [(2, "warning", "suppressed", "Infolettre", NEWS, WITHHELD)]
    assert told(found) == (0, 0, 2, 1)
    assert found.facts.consents[NEWS]["by_mapping_yes"] == 0


def test_a_yes_that_the_checks_withheld_is_told_of_once(tmp_path: Path) -> None:
    rows = [
        Row("k", news="no", date=EARLY),
        Row("k", news="yes", date=LATE),
        Row("k", "\u00c9va", origin=Origin.WITHHELD, listed=True),
    ]
    found = planned(tmp_path, *rows, only="yes")
    assert found.contacts(NAME, NEWS) == [("\u00c9va", None)]
    found = planned(tmp_path / "2", rows[1], rows[2])
    assert (found.contacts(NEWS), found.issues("code"), told(found)) == ([None], [], (0, 0, 1, 1))


@pytest.mark.parametrize(
    ("issue", "verdict"),
    [
        ((IssueCode.EMAIL_INVALID, Severity.ERROR), INVALID),
        ((IssueCode.ONE_OF_MISSING, Severity.ERROR), INVALID),
        ((IssueCode.CONDITION_NOT_MET, Severity.SKIP), SKIPPED),
    ],
)
@pytest.mark.parametrize("origin", [Origin.ROW, Origin.MAPPING])
def test_promise_5_a_listed_row_that_is_not_sent_withholds_the_yes_whatever_it_says(
    tmp_path: Path, issue: tuple[IssueCode, Severity], verdict: int, origin: Origin
) -> None:
    silent = Row("k", news="no" if origin else None, issues=(issue,), origin=origin, listed=True)
    found = planned(tmp_path, silent, Row("k", "\u00c9va", "yes"))
    assert found.contacts(NEWS) == [None]
    assert found.rows("verdict") == [verdict, GOOD]
    assert [row for row, code in found.issues("row", "code") if code == "suppressed"] == [1]


def test_a_row_whose_cells_may_not_stand_where_they_belong_withholds_nothing(
    tmp_path: Path,
) -> None:
    broken = ((IssueCode.QUOTES_UNBALANCED, Severity.ERROR),)
    found = planned(tmp_path, Row("k", issues=broken, listed=True), Row("k", news="yes"))
    assert found.contacts(NEWS) == ["yes"]


def test_what_is_left_of_nothing_but_a_withheld_yes_is_skipped(tmp_path: Path) -> None:
    found = planned(tmp_path, Row("k", "\u00c9va", listed=True), Row("k", None, "yes"))
    assert (found.contacts(KEY), told(found)) == ([], (0, 0, 0, 1))
    assert found.issues("row", "code") == [(1, "suppressed"), (1, "nothing-to-write")]


# --- rows that are left out ----------------------------------------------------------------------


def left_out(tmp_path: Path, *rows: Row, **members: Any) -> Planned:
    return planned(tmp_path, *rows, leave_out_listed=True, **members)


SKIP = ((IssueCode.SUPPRESSED, Severity.SKIP),)
DETAIL = "a row with this key has it, so {}"


@pytest.mark.parametrize("policy", ["first", "last"])
def test_the_chosen_row_of_a_listed_key_is_left_out(tmp_path: Path, policy: str) -> None:
    rows = [
        Row("k", issues=SKIP, listed=True),
        Row("k", "\u00c9va", "yes", LATE),
        Row("j", "Max", "yes"),
        Row("k", "\u00c9va", "yes", LATE),
    ]
    found = left_out(tmp_path, *rows, policy=policy)
    assert found.contacts(KEY) == ["j"]
    chosen = 1 if policy == "first" else 3
    assert found.rows("verdict")[chosen] == SKIPPED
    assert found.issues("row", "severity", "code", "detail")[-1] == (
        chosen, "skip", "suppressed", DETAIL.format("the row is left out"),
    )  # fmt: skip
    assert told(found) == (1, 0, 0, 0)


def test_of_the_chosen_row_of_a_listed_key_only_a_no_goes_with_its_date(tmp_path: Path) -> None:
    rows = [Row("k", issues=SKIP, listed=True), Row("k", "\u00c9va", "no", LATE), Row("j", "Max")]
    found = left_out(tmp_path, *rows)
    assert found.contacts(KEY, NAME, NEWS, NEWS_DATE) == [
        ("k", None, "no", LATE), ("j", "Max", None, None),
    ]  # fmt: skip
    assert found.issues("row", "severity", "code", "detail")[1:] == [
        (1, "warning", "suppressed", DETAIL.format("only the no is sent"))
    ]


def test_a_listed_row_whose_default_no_does_not_count_is_left_out(tmp_path: Path) -> None:
    made = Row("k", None, "no", origin=Origin.MAPPING, listed=True)
    found = left_out(tmp_path, Row("k", "\u00c9va", "yes"), made)
    assert (found.contacts(KEY), found.rows("verdict")) == ([], [DUPLICATE, SKIPPED])
    assert found.issues("row", "detail")[-1] == (1, DETAIL.format("the row is left out"))


def test_a_no_of_any_row_of_a_listed_key_goes_and_a_later_yes_does_not(tmp_path: Path) -> None:
    rows = [
        Row("k", None, "no", EARLY, listed=True),  # as the checks leave it
        Row("k", "\u00c9va", "yes", LATE),
    ]
    for place, policy in (("1", "first"), ("2", "last")):
        found = left_out(tmp_path / place, *rows, policy=policy)
        assert found.contacts(NAME, NEWS, NEWS_DATE) == [(None, "no", EARLY)]
        assert found.issues("code").count("suppressed") == int(policy == "last")
