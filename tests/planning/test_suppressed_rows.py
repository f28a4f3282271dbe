"""Checked and planned in one go, with suppression lists: what no rows whatsoever may do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.checking import Checker, Suppression
from importer.checking.suppression import address_hashes
from importer.model import Blank, Chunk, FieldRole, FieldRule, RowCheck, RowRules, ValueType
from importer.run_folder import RunFolder

from ..plans import FIELDS, KEY, NAME, NEWS, NEWS_DATE, Planned, planner_of, read_back

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
    planner = planner_of(folder, fields=FIELDS, policy=policy, row_rules=demands)
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


def _agrees(found: Planned) -> None:
    """Rows, plan, issues and totals say the same."""
    facts, verdicts = found.facts, found.rows("verdict")
    totals = [facts.planned, facts.invalid, facts.skipped, facts.duplicate]
    assert totals == [verdicts.count(check) for check in RowCheck]
    assert sum(totals) == facts.read
    positions = [position for position in found.rows("position") if position >= 0]
    assert positions == list(range(len(found.contacts(KEY))))
    severities: dict[int, set[str]] = {}
    for row, severity in found.issues("row", "severity"):
        severities.setdefault(row, set()).add(severity)
    for row, verdict in enumerate(verdicts):
        said = severities.get(row, set())
        assert ("error" in said) is (verdict == RowCheck.INVALID)
        assert ("skip" in said) is (verdict == RowCheck.SKIPPED)
