"""Checked and planned in one go, with suppression lists: what no rows whatsoever may do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.checking import Checker, Suppression
from importer.checking.suppression import address_hashes
from importer.field_rules import (
    Blank,
    FieldRole,
    FieldRule,
    OnInvalid,
    RowRules,
    ValueType,
)
from importer.issues import Finding, IssueCode, Severity
from importer.model import (
    Chunk,
    PlannedField,
    RowCheck,
)
from importer.planning import PlannedTable
from importer.run_folder import RunFolder

from ..plans import FIELDS, KEY, NAME, NEWS, NEWS_DATE, Planned, planner_of, read_back

OTHER = "f_EMail2"
RULES = (
    FieldRule(KEY, FieldRole.KEY, ValueType.EMAIL, "Courriel", blank=Blank.REJECT),
    FieldRule(NAME, FieldRole.DATA, ValueType.TEXT, "Nom"),
    FieldRule(NEWS, FieldRole.CONSENT, ValueType.CONSENT, "Infolettre"),
    FieldRule(NEWS_DATE, FieldRole.CONSENT_DATE, ValueType.DATE, "Date", formats=("YYYY-MM-DD",)),
)
Cells = tuple[str | None, ...]
rows_of_people: st.SearchStrategy[list[Cells]] = st.lists(
    st.tuples(
        st.sampled_from(["a@x.fr", "A@x.fr", "b@x.fr", "c@x.fr", "c@", None]),
        st.sampled_from(["\u00c9va", "Max", None]),
        st.sampled_from(["oui", "non", "peut-\u00eatre", None]),
        st.sampled_from([None, "2026-01-01", "2026-01-02", "32"]),
    ),
    max_size=12,
)


@given(
    rows=rows_of_people,
    policy=st.sampled_from(["last", "first", "refuse"]),
    only=st.sampled_from([None, "yes", "no"]),
    unique=st.booleans(),
    listed=st.sets(st.sampled_from(["a@x.fr", "b@x.fr"])),
    leave_out=st.booleans(),
    at_once=st.integers(1, 5),
)
@settings(deadline=None, max_examples=60)
def test_promise_5_no_yes_goes_to_who_said_no_or_is_listed_and_the_totals_balance(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[Cells],
    policy: str,
    only: str | None,
    unique: bool,
    listed: set[str],
    leave_out: bool,
    at_once: int,
) -> None:
    demands = RowRules(
        only=only, unique=((NAME,),) if unique else (), consent_dates={NEWS: NEWS_DATE}
    )
    hashes = np.unique(address_hashes(pa.array(sorted(listed), pa.large_string())))
    checker = Checker(
        RULES,
        largest_row=100_000,
        columns=("Courriel", "Nom", "Infolettre", "Date"),
        row_rules=demands,
        suppression=Suppression(hashes, leave_out),
    )
    columns: list[Any] = list(zip(*rows, strict=True)) or [()] * 4
    frame = pa.table(
        {r.field: pa.array(c, pa.large_string()) for r, c in zip(RULES, columns, strict=True)}
    ).to_pandas()
    chunk = Chunk(np.arange(2, 2 + len(rows)), frame)
    folder = RunFolder.prepare(tmp_path_factory.mktemp("runs"), "plan")
    planner = planner_of(
        folder, fields=FIELDS, policy=policy, row_rules=demands, leave_out_listed=leave_out
    )
    with read_back(at_once):
        planner.add(0, chunk, checker.check(chunk))
        found = Planned(folder, planner.finish())
    standing: dict[str, str] = {}
    for key, name, news in found.contacts(KEY, NAME, NEWS):
        mine = [row for row in rows if (row[0] or "").lower() == key.lower()]
        latest = max((row[3] or "" for row in mine if row[2] == "oui"), default="")
        noes = [row[3] for row in mine if row[2] == "non"]
        if news == "yes":
            assert key.lower() not in listed
            # A no whose date cannot be read has none.
            assert all(date and date != "32" and date < latest for date in noes)
        if unique and name:
            assert standing.setdefault(name.lower(), key.lower()) == key.lower()
        if leave_out and key.lower() in listed:
            assert (name, news) == (None, "no")
    _agrees(found)


# --- keys that are no address --------------------------------------------------------------------

CLIENT, MAIL = "key_f_Client", "f_EMail"
_MEMBERS: dict[str, Any] = {"values": (("oui", "yes"), ("non", "no"), ("rien", "leave"))}
BY_CLIENT = (
    FieldRule(CLIENT, FieldRole.KEY, ValueType.TEXT, "Client", blank=Blank.REJECT),
    FieldRule(MAIL, FieldRole.DATA, ValueType.EMAIL, "Courriel", on_invalid=OnInvalid.SKIP),
    FieldRule(OTHER, FieldRole.DATA, ValueType.EMAIL, "Autre courriel"),
    FieldRule(NEWS, FieldRole.CONSENT, ValueType.CONSENT, "Infolettre", **_MEMBERS),
    RULES[3],
)
DAYS = (None, "2026-01-01", "2026-01-02", "2026-01-03")


@dataclass(frozen=True, slots=True)
class Person:
    """A row of someone who may have an address that a check refuses, or be left out."""

    client: str
    mail: str | None
    other: str | None
    news: str | None
    date: str | None
    issue: tuple[IssueCode, Severity] | None

    @property
    def read(self) -> bool:
        return self.issue is None or self.issue[0] is IssueCode.CONDITION_NOT_MET

    def listed(self, addresses: set[str]) -> bool:
        held = f"{self.mail} {self.other}".lower()
        return any(address in held for address in addresses)

    def answer(self) -> str | None:
        return {"oui": "yes", "non": "no"}.get(self.news or "")


mails = st.sampled_from([None, None, "a@x.fr", "A@x.fr;", "b@x.fr", "B <b@x.fr>", "c@x.fr", "c@"])
people = st.builds(
    Person,
    st.sampled_from(["k", "K", "j"]),
    mails,
    mails,
    st.sampled_from(["oui", "non", "rien", "peut-\u00eatre", None]),
    st.sampled_from([*DAYS, "32"]),
    st.sampled_from(
        [
            None,
            None,
            None,
            (IssueCode.CONDITION_NOT_MET, Severity.SKIP),
            (IssueCode.QUOTES_UNBALANCED, Severity.ERROR),
        ]
    ),
)


@given(
    rows=st.lists(people, min_size=1, max_size=7),
    policy=st.sampled_from(["last", "first", "refuse"]),
    only=st.sampled_from([None, "yes", "no"]),
    default=st.sampled_from([None, "oui", "non"]),
    listed=st.sets(st.sampled_from(["a@x.fr", "b@x.fr"])),
    leave_out=st.booleans(),
)
@settings(deadline=None, max_examples=150)
def test_promise_5_no_yes_goes_to_a_key_of_which_any_row_is_listed_or_says_no(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[Person],
    policy: str,
    only: str | None,
    default: str | None,
    listed: set[str],
    leave_out: bool,
) -> None:
    found = _planned_by_client(
        tmp_path_factory.mktemp("runs"), rows, policy, only, default, listed, leave_out
    )
    columns = (CLIENT, MAIL, OTHER, NEWS, NEWS_DATE)
    for key, mail, other, news, date in found.contacts(*columns):
        mine = [row for row in rows if row.client.lower() == key.lower() and row.read]
        noes = [row.date for row in mine if row.answer() == "no"]
        yeses = [row.date or "" for row in mine if row.answer() == "yes" and row.date != "32"]
        suppressed = any(row.listed(listed) for row in mine)
        if news == "yes":
            assert only != "no"
            assert not suppressed
            assert all(day in DAYS[1:] and day < max(yeses) for day in noes)
        if suppressed and noes and only != "yes":
            assert news == "no"
        if suppressed and leave_out:
            assert (mail, other, news) == (None, None, "no")
        if suppressed and news is None:
            # A date that stands alone in its row is sent alone, but never that of a yes.
            assert date is None or date in {row.date for row in mine if row.answer() is None}
        if news == "no" and not noes:
            assert default == "non"
            assert not any(row.answer() == "yes" for row in mine)
    totals = found.facts.consents[NEWS]
    told = found.contacts(NEWS)
    assert [totals[n] for n in ("yes", "no", "left")] == [
        told.count(a) for a in ("yes", "no", None)
    ]
    if default is None:
        assert (totals["by_mapping_yes"], totals["by_mapping_no"]) == (0, 0)
    _agrees(found)


def _planned_by_client(
    place: Path,
    rows: list[Person],
    policy: str,
    only: str | None,
    default: str | None,
    listed: set[str],
    leave_out: bool,
) -> Planned:
    rules = list(BY_CLIENT)
    if default is not None:
        rules[3] = replace(rules[3], blank=Blank.DEFAULT, default=default)
    demands = RowRules(only=only, consent_dates={NEWS: NEWS_DATE})
    hashes = np.unique(address_hashes(pa.array(sorted(listed), pa.large_string())))
    checker = Checker(
        rules,
        largest_row=100_000,
        columns=tuple(rule.column for rule in rules),
        row_rules=demands,
        suppression=Suppression(hashes, leave_out),
    )
    cells = [[r.client, r.mail, r.other, r.news, r.date] for r in rows]
    frame = pa.table(
        {
            r.field: pa.array(column, pa.large_string())
            for r, column in zip(rules, zip(*cells, strict=True), strict=True)
        }
    ).to_pandas()
    told = tuple(
        Finding(*row.issue, np.array([at])) for at, row in enumerate(rows) if row.issue is not None
    )
    chunk = Chunk(np.arange(2, 2 + len(rows)), frame, told)
    folder = RunFolder.prepare(place, "plan")
    planner = planner_of(
        folder,
        fields=tuple(PlannedField(r.field, r.type, r.role) for r in rules),
        policy=policy,
        row_rules=demands,
        tables=[PlannedTable("a.csv", {r.field: r.column for r in rules})],
        width=5,
        leave_out_listed=leave_out,
    )
    with read_back(3):
        planner.add(0, chunk, checker.check(chunk))
        return Planned(folder, planner.finish())


def _agrees(found: Planned) -> None:
    """Rows, plan, issues and totals say the same."""
    facts, verdicts = found.facts, found.rows("verdict")
    totals = [
        facts.planned,
        facts.invalid,
        facts.skipped,
        facts.duplicate,
        facts.unchanged,
    ]
    assert totals == [verdicts.count(check) for check in RowCheck]
    assert sum(totals) == facts.read
    positions = [position for position in found.rows("position") if position >= 0]
    assert positions == list(range(len(found.contacts("row"))))
    severities: dict[int, set[str]] = {}
    for row, severity in found.issues("row", "severity"):
        severities.setdefault(row, set()).add(severity)
    for row, verdict in enumerate(verdicts):
        said = severities.get(row, set())
        assert ("error" in said) is (verdict == RowCheck.INVALID)
        assert ("skip" in said) is (verdict == RowCheck.SKIPPED)
