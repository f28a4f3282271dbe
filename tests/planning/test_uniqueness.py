from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.field_rules import FieldRole, RowRules, ValueType
from importer.issues import IssueCode
from importer.model import (
    PlannedField,
    RowCheck,
)
from importer.planning import PlannedTable, repeats, uniqueness
from importer.run_folder import RunFolder

from ..plans import (
    FIELDS,
    KEY,
    NAME,
    NEWS,
    NEWS_DATE,
    Planned,
    Row,
    chunk_of_texts,
    invalid,
    plan_of,
    planner_of,
    read_back,
)

GOOD, INVALID, SKIPPED, DUPLICATE, _ = (int(check) for check in RowCheck)
UNIQUE = RowRules(unique=((NAME,),), consent_dates={NEWS: NEWS_DATE})
ISSUE = ("row", "severity", "code", "column", "field", "value", "detail")


def planned(tmp_path: Path, *rows: Row, **members: object) -> Planned:
    return plan_of(tmp_path, [[list(rows)]], **{"row_rules": UNIQUE, **members})


def test_rows_of_several_keys_that_share_a_unique_value_are_all_invalid(tmp_path: Path) -> None:
    rows = [[Row("a@x.fr", "Éva"), Row("b@x.fr", "Max")], [Row("c@x.fr", "E\u0301VA")]]
    found = plan_of(tmp_path, [rows, [[Row("d@x.fr", "éva")]]], row_rules=UNIQUE)
    assert found.contacts(KEY) == ["b@x.fr"]
    assert found.rows("verdict", "position") == [
        (INVALID, -1), (GOOD, 0), (INVALID, -1), (INVALID, -1),
    ]  # fmt: skip
    assert found.issues(*ISSUE) == [
        (0, "error", "not-unique", "Nom", NAME, "Éva", "row 4"),
        (2, "error", "not-unique", "Nom", NAME, "E\u0301VA", "row 2"),
        (3, "error", "not-unique", "Nom", NAME, "éva", "row 2 of file1.csv"),
    ]
    facts = found.facts
    assert (facts.read, facts.planned, facts.invalid, facts.duplicate) == (4, 1, 3, 0)


def test_rows_with_one_key_are_one_contact_and_may_repeat_its_value(tmp_path: Path) -> None:
    found = planned(tmp_path, Row("a@x.fr", "Éva"), Row("A@x.fr", "Éva"), Row("b@x.fr", "Max"))
    assert found.rows("verdict") == [DUPLICATE, GOOD, GOOD]
    assert found.issues("code") == []


def test_every_row_of_a_key_names_a_row_of_another_key(tmp_path: Path) -> None:
    keys = ("a@x.fr", "A@x.fr", "b@x.fr", "c@x.fr", "a@x.fr")
    found = planned(tmp_path, *(Row(key, "Éva") for key in keys))
    details = ["row 4", "row 4", "row 2", "row 2", "row 4"]
    assert found.issues("detail") == details
    assert found.rows("verdict") == [INVALID] * 5


def test_blank_and_erased_values_and_rows_that_are_not_sent_bind_nobody(tmp_path: Path) -> None:
    rows = [
        Row("a@x.fr"),
        Row("b@x.fr"),
        Row("c@x.fr", ""),
        Row("d@x.fr", ""),
        Row("e@x.fr", "Max"),
        Row("f@x.fr", "Max", "no", issues=invalid().issues),
        Row("g@x.fr", "Max", issues=invalid().issues),
    ]
    found = planned(tmp_path, *rows)
    assert found.rows("verdict") == [GOOD] * 5 + [INVALID] * 2
    assert IssueCode.NOT_UNIQUE.value not in found.issues("code")


def test_a_row_that_is_not_unique_loses_to_its_rivals_but_its_no_still_counts(
    tmp_path: Path,
) -> None:
    rows = [Row("a@x.fr", "Max", "yes"), Row("a@x.fr", "Éva", "no"), Row("b@x.fr", "Éva", "yes")]
    found = planned(tmp_path, *rows)
    assert found.contacts(KEY, NAME, NEWS) == [("a@x.fr", "Max", "no")]
    assert found.rows("verdict") == [GOOD, INVALID, INVALID]
    assert found.issues("row", "code", "field") == [
        (0, "consent-conflict", NEWS),
        (1, "not-unique", NAME),
        (1, "consent-conflict", NEWS),
        (2, "not-unique", NAME),
    ]


def test_a_row_that_is_not_unique_and_answers_nothing_disagrees_with_nobody(tmp_path: Path) -> None:
    rows = [
        Row("a@x.fr", "Éva"),
        Row("a@x.fr", "Max", "yes"),
        Row("a@x.fr", "Max", "no"),
        Row("b@x.fr", "Éva"),
    ]
    found = planned(tmp_path, *rows)
    assert found.issues("row", "code") == [
        (0, "not-unique"), (1, "consent-conflict"), (2, "consent-conflict"), (3, "not-unique"),
    ]  # fmt: skip


def test_a_group_is_broken_only_where_all_its_values_are_shared(tmp_path: Path) -> None:
    first, city = "f_First", "f_City"
    fields = (
        FIELDS[0],
        PlannedField(first, ValueType.TEXT, FieldRole.DATA),
        PlannedField(city, ValueType.TEXT, FieldRole.DATA),
    )
    people = [
        ("a@x.fr", "Ana", "Laval"),
        ("b@x.fr", "Ana", "Paris"),
        ("c@x.fr", "ANA", "laval"),
        ("d@x.fr", "Ana", None),
        ("e@x.fr", "AnaL", "aval"),
    ]
    texts = {code: [person[i] for person in people] for i, code in enumerate((KEY, first, city))}
    folder = RunFolder.prepare(tmp_path, "plan")
    planner = planner_of(
        folder,
        fields=fields,
        row_rules=RowRules(unique=((first, city),)),
        tables=[PlannedTable("a.csv", {first: "Prénom", city: "Ville"})],
        width=3,
    )
    planner.add(0, *chunk_of_texts(texts, [RowCheck.GOOD] * 5, (), 2))
    found = Planned(folder, planner.finish())
    assert found.rows("verdict") == [INVALID, GOOD, INVALID, GOOD, GOOD]
    column, field = "Prénom, Ville", f"{first}, {city}"
    assert found.issues("column", "field", "value", "detail") == [
        (column, field, "Ana, Laval", "row 4"),
        (column, field, "ANA, laval", "row 2"),
    ]


def test_a_row_can_break_several_groups_and_each_is_told_whatever_the_others_say(
    tmp_path: Path,
) -> None:
    rules = RowRules(unique=((NAME,), (NEWS_DATE,)))
    rows = [
        Row("a@x.fr", "Éva", date="2026-01-01"),
        Row("b@x.fr", "Éva"),
        Row("c@x.fr", "Max", date="2026-01-01"),
    ]
    found = planned(tmp_path, *rows, row_rules=rules)
    assert found.rows("verdict") == [INVALID] * 3
    assert found.issues("row", "field", "detail") == [
        (0, NAME, "row 3"), (0, NEWS_DATE, "row 4"), (1, NAME, "row 2"), (2, NEWS_DATE, "row 2"),
    ]  # fmt: skip


def test_values_that_stand_once_are_never_read_back(tmp_path: Path) -> None:
    rows = [Row(f"{n}@x.fr", f"name {n}") for n in range(100)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            uniqueness.UniqueGroup, "_candidates", lambda *_: pytest.fail("values were read back")
        )
        assert planned(tmp_path, *rows).facts.planned == 100


people = st.builds(
    Row,
    st.sampled_from(["a@x.fr", "A@x.fr", "b@x.fr", "c@x.fr", "d@x.fr"]),
    st.sampled_from(["Éva", "éva", "Max", "Zoé", None, ""]),
    st.sampled_from(["yes", "no", None]),
    st.just(None),
    st.sampled_from([(), (), (), invalid().issues]),
)


@given(
    tables=st.lists(st.lists(st.lists(people, max_size=5), max_size=3), min_size=1, max_size=3),
    policy=st.sampled_from(["last", "first", "refuse"]),
    at_once=st.integers(1, 4),
    hash_key=st.sampled_from([None, lambda text: 1, lambda text: zlib.crc32(text.encode()) % 2]),
)
@settings(deadline=None, max_examples=60)
def test_no_value_stands_under_two_keys_in_the_plan_and_nobody_is_invalid_for_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    tables: list[list[list[Row]]],
    policy: str,
    at_once: int,
    hash_key: Callable[[str], int] | None,
) -> None:
    with read_back(at_once), pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeats, "CANDIDATES_AT_ONCE", at_once)
        found = plan_of(
            tmp_path_factory.mktemp("runs"),
            tables,
            policy=policy,
            row_rules=UNIQUE,
            hash_key=hash_key,
        )
    rows = [row for chunks in tables for chunk in chunks for row in chunk]
    keys: dict[str, set[str]] = {}
    for row in rows:
        if row.name and row.check is RowCheck.GOOD:
            keys.setdefault(row.name.lower(), set()).add(row.key.lower())
    contested = [
        i
        for i, row in enumerate(rows)
        if row.check is RowCheck.GOOD and row.name and len(keys[row.name.lower()]) > 1
    ]
    said = [row for row, code in found.issues("row", "code") if code == IssueCode.NOT_UNIQUE.value]
    assert said == contested
    standing: dict[str, str] = {}
    for key, name in found.contacts(KEY, NAME):
        assert not name or standing.setdefault(name.lower(), key.lower()) == key.lower()
    for key, news in found.contacts(KEY, NEWS):
        noes = [r for r in rows if r.key.lower() == key.lower() and r.news == "no"]
        assert not (noes and news == "yes")
    facts = found.facts
    assert facts.planned + facts.invalid + facts.skipped + facts.duplicate == facts.read
    assert found.issues("row") == sorted(found.issues("row"))
