from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.field_rules import Origin, RowRules
from importer.issues import IssueCode, Severity
from importer.model import (
    RowCheck,
)
from importer.planning import PlanFacts

from ..plans import FIELDS, KEY, NAME, NEWS, NEWS_DATE, Planned, Row, invalid, plan_of, read_back

GOOD, INVALID, SKIPPED, DUPLICATE, _ = (int(check) for check in RowCheck)
EMPTY = "nothing-to-write"


def planned(tmp_path: Path, *rows: Row, only: str | None = None, **members: Any) -> Planned:
    rules = RowRules(only=only, consent_dates={NEWS: NEWS_DATE})
    return plan_of(tmp_path, [[list(rows)]], row_rules=rules, **members)


def counts(facts: PlanFacts, *names: str) -> tuple[int, ...]:
    return tuple(facts.consents[NEWS][name] for name in names)


# --- only one answer -----------------------------------------------------------------------------


@pytest.mark.parametrize(("only", "other"), [("no", "yes"), ("yes", "no")])
def test_only_leaves_other_answers_and_their_dates_alone(
    tmp_path: Path, only: str, other: str
) -> None:
    rows = [
        Row("a@x.fr", "Éva", only, "2026-01-01"),
        Row("b@x.fr", "Max", other, "2026-01-01"),
        Row("c@x.fr", "Zoé", None, "2026-01-01"),
        Row("d@x.fr", "", other, "2026-01-01"),
    ]
    found = planned(tmp_path, *rows, only=only)
    assert found.contacts(KEY, NAME, NEWS, NEWS_DATE) == [
        ("a@x.fr", "Éva", only, "2026-01-01"),
        ("b@x.fr", "Max", None, None),
        ("c@x.fr", "Zoé", None, None),
        ("d@x.fr", "", None, None),
    ]
    assert counts(found.facts, only, other, "left") == (1, 0, 3)
    assert found.issues("code") == []


def test_what_only_leaves_nothing_of_is_skipped_and_later_contacts_move_up(tmp_path: Path) -> None:
    rows = [
        Row("a@x.fr", None, "yes"),
        Row("b@x.fr", None, "no"),
        Row("c@x.fr"),
        Row("d@x.fr", "Max", "yes"),
        invalid("x@"),
        Row("e@x.fr", None, None, "2026-01-01"),
    ]
    found = planned(tmp_path, *rows, only="no")
    assert found.contacts(KEY) == ["b@x.fr", "d@x.fr"]
    assert found.rows("verdict", "position") == [
        (SKIPPED, -1), (GOOD, 0), (SKIPPED, -1), (GOOD, 1), (INVALID, -1), (SKIPPED, -1),
    ]  # fmt: skip
    detail = f"only a no is sent of {NEWS}"
    assert found.issues("row", "severity", "code", "column", "detail") == [
        (0, "skip", EMPTY, "", detail),
        (2, "skip", EMPTY, "", detail),
        (4, "error", "email-invalid", "Courriel", "because"),
        (5, "skip", EMPTY, "", detail),
    ]
    facts = found.facts
    assert (facts.read, facts.planned, facts.skipped, facts.invalid) == (6, 2, 3, 1)
    assert counts(facts, "yes", "no", "left") == (0, 1, 1)


@pytest.mark.parametrize("policy", ["last", "first"])
def test_promise_5_a_no_of_another_row_withholds_a_yes_also_when_only_yeses_are_sent(
    tmp_path: Path, policy: str
) -> None:
    rows = [Row("a@x.fr", "Éva", "yes"), Row("a@x.fr", "Éva", "no"), Row("b@x.fr", None, "yes")]
    found = planned(tmp_path, *rows, only="yes", policy=policy)
    assert found.contacts(KEY, NEWS) == [("a@x.fr", None), ("b@x.fr", "yes")]


def test_a_no_that_another_row_brings_is_sent_when_only_noes_are(tmp_path: Path) -> None:
    rows = [Row("a@x.fr", None, "no", "2026-01-01"), Row("a@x.fr", None, "yes", "2026-01-01")]
    found = planned(tmp_path, *rows, only="no")
    assert found.contacts(KEY, NEWS, NEWS_DATE) == [("a@x.fr", "no", "2026-01-01")]


def test_keys_alone_are_sent_where_nothing_was_taken_from_them(tmp_path: Path) -> None:
    found = planned(tmp_path, Row("a@x.fr"), Row("b@x.fr"))
    assert found.contacts(KEY) == ["a@x.fr", "b@x.fr"]
    fields = FIELDS[:1]
    alone = plan_of(tmp_path / "2", [[[Row("a@x.fr")]]], fields=fields, row_rules=RowRules())
    assert (alone.contacts(KEY), alone.facts.consents) == (["a@x.fr"], {})


# --- whose answers -------------------------------------------------------------------------------


def test_answers_that_the_mapping_gave_are_counted_apart(tmp_path: Path) -> None:
    made = Origin.MAPPING
    rows = [
        Row("a@x.fr", news="yes", origin=made),
        Row("b@x.fr", news="no", origin=made),
        Row("c@x.fr", news="yes"),
        Row("d@x.fr", news="yes", origin=made),
        Row("d@x.fr", news="yes", origin=made),
        Row("e@x.fr", news="yes", origin=made, issues=invalid().issues),
    ]
    facts = planned(tmp_path, *rows).facts
    assert counts(facts, "yes", "no", "by_mapping_yes", "by_mapping_no") == (3, 1, 2, 1)


def test_an_answer_that_a_rival_changed_is_not_the_mappings(tmp_path: Path) -> None:
    rows = [Row("a@x.fr", news="no"), Row("a@x.fr", news="yes", origin=Origin.MAPPING)]
    facts = planned(tmp_path, *rows).facts
    assert counts(facts, "no", "by_mapping_yes", "by_mapping_no") == (1, 0, 0)


def test_a_default_no_of_another_row_overrules_no_persons_yes(tmp_path: Path) -> None:
    made = Origin.MAPPING
    for place, policy, sent in (("1", "last", "yes"), ("2", "first", None)):
        rows = [Row("a@x.fr", "Éva", "no", origin=made), Row("a@x.fr", "Éva", "yes", "2026-01-01")]
        found = planned(tmp_path / place, *rows, policy=policy)
        assert found.contacts(KEY, NEWS) == [("a@x.fr", sent)]
        assert counts(found.facts, "yes", "no", "by_mapping_no") == (int(sent == "yes"), 0, 0)
        assert found.issues("row", "detail") == ([] if sent else [(0, "leave"), (1, "leave")])


def test_a_no_is_the_mappings_where_the_row_it_is_taken_from_has_a_default(tmp_path: Path) -> None:
    rows = [Row("a@x.fr", "Éva", "no", origin=Origin.MAPPING), Row("a@x.fr", "Éva")]
    facts = planned(tmp_path, *rows).facts
    assert counts(facts, "no", "by_mapping_no") == (1, 1)


@pytest.mark.parametrize("origin", [Origin.ROW, Origin.MAPPING])
def test_a_default_no_is_not_sent_beside_a_persons_yes_that_is_not_sent_either(
    tmp_path: Path, origin: Origin
) -> None:
    yes = Row("a@x.fr", "Éva", "yes", None, invalid().issues, origin)
    found = planned(tmp_path, yes, Row("a@x.fr", "Éva", "no", origin=Origin.MAPPING))
    assert found.contacts(NEWS) == [None if origin is Origin.ROW else "no"]


def test_a_default_in_a_row_that_is_not_sent_answers_nothing(tmp_path: Path) -> None:
    bad = invalid().issues
    rows = [Row("a@x.fr", "Éva", "no", None, bad, Origin.MAPPING), Row("a@x.fr", "Éva")]
    found = planned(tmp_path, *rows)
    assert found.contacts(NEWS) == [None]
    assert found.issues("code") == ["email-invalid"]


@pytest.mark.parametrize("code", [IssueCode.ONE_OF_MISSING, IssueCode.ROW_TOO_LARGE])
def test_promise_5_a_no_counts_in_a_row_that_was_well_read_and_is_invalid_as_a_whole(
    tmp_path: Path, code: IssueCode
) -> None:
    rows = [
        Row("a@x.fr", None, "no", issues=((code, Severity.ERROR),)),
        Row("a@x.fr", "Éva", "yes"),
    ]
    assert planned(tmp_path, *rows).contacts(NEWS) == ["no"]


def test_an_answer_that_only_leaves_alone_is_not_counted_as_the_mappings(tmp_path: Path) -> None:
    rows = [Row("a@x.fr", "Éva", "yes", origin=Origin.MAPPING)]
    facts = planned(tmp_path, *rows, only="no").facts
    assert counts(facts, "left", "by_mapping_yes", "by_mapping_no") == (1, 0, 0)


def test_withheld_yeses_are_counted_with_those_that_left_nothing_to_send(tmp_path: Path) -> None:
    lost = Origin.WITHHELD
    rows = [
        Row("a@x.fr", "Éva", origin=lost),
        Row("b@x.fr", origin=lost),
        Row("c@x.fr"),
        Row("d@x.fr", news="no"),
        Row("d@x.fr", "Max", origin=lost),
    ]
    found = planned(tmp_path, *rows)
    assert found.contacts(KEY, NEWS) == [("a@x.fr", None), ("c@x.fr", None), ("d@x.fr", "no")]
    assert found.issues("row", "code", "detail") == [
        (1, EMPTY, "its yes is withheld, for the address is on a suppression list"),
        (4, "consent-conflict", "no"),
    ]
    assert counts(found.facts, "yes", "no", "left", "withheld") == (0, 1, 2, 2)


def test_a_withheld_yes_that_would_not_have_been_sent_is_explained_by_what_is_sent(
    tmp_path: Path,
) -> None:
    found = planned(tmp_path, Row("a@x.fr", origin=Origin.WITHHELD), only="no")
    assert found.issues("detail") == [f"only a no is sent of {NEWS}"]
    found = planned(tmp_path / "2", Row("a@x.fr", origin=Origin.WITHHELD), only="yes")
    assert "suppression list" in found.issues("detail")[0]


# --- any rows ------------------------------------------------------------------------------------

answering = st.builds(
    Row,
    st.sampled_from(["a@x.fr", "A@x.fr", "b@x.fr", "c@x.fr"]),
    st.sampled_from(["Éva", None, None]),
    st.sampled_from(["yes", "no", None]),
    st.sampled_from([None, "2026-01-01", "2026-01-02"]),
    st.sampled_from([(), (), (), invalid().issues]),
    st.sampled_from([Origin.ROW, Origin.MAPPING]),
)
suppressed = st.builds(
    Row,
    st.sampled_from(["a@x.fr", "d@x.fr"]),
    st.sampled_from(["Éva", None]),
    origin=st.just(Origin.WITHHELD),
)


@given(
    tables=st.lists(
        st.lists(st.lists(answering | suppressed, max_size=6), max_size=3), min_size=1, max_size=2
    ),
    policy=st.sampled_from(["last", "first", "refuse"]),
    only=st.sampled_from([None, "yes", "no"]),
    unique=st.booleans(),
    at_once=st.integers(1, 5),
)
@settings(deadline=None, max_examples=80)
def test_promise_5_no_yes_is_sent_for_a_key_that_said_no_unless_a_later_yes_did(
    tmp_path_factory: pytest.TempPathFactory,
    tables: list[list[list[Row]]],
    policy: str,
    only: str | None,
    unique: bool,
    at_once: int,
) -> None:
    groups = ((NAME,),) if unique else ()
    rules = RowRules(only=only, unique=groups, consent_dates={NEWS: NEWS_DATE})
    with read_back(at_once):
        found = plan_of(tmp_path_factory.mktemp("runs"), tables, policy=policy, row_rules=rules)
    rows = [row for chunks in tables for chunk in chunks for row in chunk]
    for key, news in found.contacts(KEY, NEWS):
        mine = [row for row in rows if row.key.lower() == key.lower()]
        persons = [row for row in mine if row.origin is Origin.ROW]
        noes = [row.date for row in persons if row.news == "no"]
        latest = max((row.date or "" for row in persons if row.news == "yes"), default="")
        if news == "yes":
            assert all(date and date < latest for date in noes)
        assert news in {None, only or news}
    facts = found.facts
    assert facts.planned + facts.invalid + facts.skipped + facts.duplicate == facts.read
    assert facts.planned == len(found.contacts(KEY))
    positions = [position for position in found.rows("position") if position >= 0]
    assert positions == list(range(facts.planned))
    yes, no, left = counts(facts, "yes", "no", "left")
    told = found.contacts(NEWS)
    assert (yes, no, left) == (told.count("yes"), told.count("no"), told.count(None))
    by_yes, by_no = counts(facts, "by_mapping_yes", "by_mapping_no")
    assert by_yes <= yes
    assert by_no <= no
    emptied = [row for row, code in found.issues("row", "code") if code == EMPTY]
    assert emptied == [i for i, verdict in enumerate(found.rows("verdict")) if verdict == SKIPPED]
    if only is not None:
        for name, news in found.contacts(NAME, NEWS):
            assert name is not None or news is not None
    assert found.issues("row") == sorted(found.issues("row"))
