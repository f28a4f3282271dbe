"""Which fields of chosen rows are as they were last sent, as fingerprints tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.field_rules import FieldRole, Origin, RowRules, ValueType
from importer.model import PlannedField
from importer.planning.changes import ChangedRows, Known
from importer.planning.column_files import ROW, TEXT, origin_column
from importer.state.fingerprints import FIELDS, Recollection
from importer.state.installation import KeyedHash
from tests.plans import FIELDS as PLANNED
from tests.plans import KEY, NAME, NEWS, NEWS_DATE

HASHES = KeyedHash(b"s" * 32)
RULES = RowRules(consent_dates={NEWS: NEWS_DATE})
NOBODY = np.zeros(0, np.uint64)
NOTHING = Known(HASHES, Recollection(NOBODY, NOBODY, {FIELDS: NOBODY, NEWS: NOBODY}))
ORDINARY = tuple(PlannedField(c, ValueType.TEXT, FieldRole.DATA) for c in ("f_A", "f_B"))


def columns_of(texts: dict[str, list[str | None]], origins: Any = None) -> dict[str, Any]:
    count = len(texts[KEY])
    columns = {code: pa.array(values, TEXT) for code, values in texts.items()}
    columns[ROW] = pa.array(range(count), pa.int64())
    columns[origin_column(NEWS)] = pa.array(origins or [Origin.ROW] * count, pa.uint8())
    return columns


def settled(
    place: Path,
    columns: dict[str, Any],
    known: Known = NOTHING,
    fields: Any = PLANNED,
    rules: RowRules = RULES,
) -> tuple[Any, Any]:
    """Give the rows that are left out, and what is noted of all of them."""
    rows = ChangedRows(place / "changes.parquet", known, fields, rules)
    left = np.ones(len(columns[ROW]), dtype=bool)
    unchanged = rows.settle(columns, rows.answers(columns), left)
    rows.close()
    return unchanged.tolist(), pq.read_table(place / "changes.parquet")


def remembered(noted: Any) -> Known:
    """Take what was noted of rows for what is remembered, once all of it was written."""
    names = {FIELDS: "fields", NEWS: "consent 0"}
    order = np.argsort(noted.column("first").to_numpy())
    facts = {fact: noted.column(name).to_numpy()[order] for fact, name in names.items()}
    first, second = (noted.column(name).to_numpy()[order] for name in ("first", "second"))
    return Known(HASHES, Recollection(first, second, facts))


def test_rows_of_keys_and_consents_alone_are_compared_by_their_consents(tmp_path: Path) -> None:
    fields = [one for one in PLANNED if one.code != NAME]
    texts: dict[str, list[str | None]] = {KEY: ["a@b", "c@d"], NEWS: ["yes", None]}
    texts[NEWS_DATE] = [None, None]
    _, noted = settled(tmp_path, columns_of(texts), fields=fields)
    unchanged, _ = settled(tmp_path, columns_of(texts), remembered(noted), fields)
    assert unchanged == [True, True]
    texts[NEWS] = ["yes", "no"]
    columns = columns_of(texts)
    unchanged, again = settled(tmp_path, columns, remembered(noted), fields)
    assert unchanged == [True, False]
    assert columns[NEWS].to_pylist() == [None, "no"]
    assert again.column("position").to_pylist() == [-1, 0]
    assert [bool(n) for n in again.column("consent 0").to_pylist()] == [False, True]
    assert [bool(n) for n in again.column("fields").to_pylist()] == [False, True]


def test_a_key_of_several_parts_is_known_in_whatever_order_the_mapping_has_them(
    tmp_path: Path,
) -> None:
    number = PlannedField("key_f_A", ValueType.TEXT, FieldRole.KEY)
    texts: dict[str, list[str | None]] = {KEY: ["a@b"], "key_f_A": ["7"], NEWS: ["yes"]}
    others = [one for one in PLANNED if one.code in {KEY, NEWS}]
    _, noted = settled(tmp_path, columns_of(texts), fields=[number, *others])
    unchanged, _ = settled(tmp_path, columns_of(texts), remembered(noted), [*others, number])
    assert unchanged == [True]


def test_a_date_goes_with_the_answer_that_is_left_alone(tmp_path: Path) -> None:
    texts: dict[str, list[str | None]] = {KEY: ["a@b"], NAME: ["A"], NEWS: ["yes"]}
    texts[NEWS_DATE] = ["2026-01-02"]
    _, noted = settled(tmp_path, columns_of(texts))
    columns = columns_of({**texts, NAME: ["B"], NEWS_DATE: ["2026-03-04"]})
    unchanged, _ = settled(tmp_path, columns, remembered(noted))
    assert unchanged == [False]
    assert [columns[code].to_pylist() for code in (NAME, NEWS, NEWS_DATE)] == [
        ["B"],
        [None],
        [None],
    ]


def test_a_row_says_all_its_answers_again_where_one_left_out_counts_as_a_no(
    tmp_path: Path,
) -> None:
    texts: dict[str, list[str | None]] = {KEY: ["a@b", "c@d"], NAME: ["A", "C"]}
    texts |= {NEWS: ["yes", "yes"], NEWS_DATE: [None, None]}
    _, noted = settled(tmp_path, columns_of(texts))
    columns = columns_of({**texts, NAME: ["B", "C"]})
    unchanged, again = settled(
        tmp_path, columns, remembered(noted), rules=replace(RULES, whole=True)
    )
    assert unchanged == [False, True]
    assert columns[NEWS].to_pylist() == ["yes", None]
    assert again.column("consent 0").to_pylist()[0] == noted.column("consent 0").to_pylist()[0]


def test_a_yes_that_was_withheld_is_noted_as_a_yes(tmp_path: Path) -> None:
    texts: dict[str, list[str | None]] = {KEY: ["a@b"], NAME: ["A"], NEWS_DATE: [None]}
    _, said = settled(tmp_path, columns_of({**texts, NEWS: ["yes"]}))
    _, withheld = settled(tmp_path, columns_of({**texts, NEWS: [None]}, [Origin.WITHHELD]))
    _, kept = settled(tmp_path, columns_of({**texts, NEWS: ["no"]}, [Origin.WITHHELD]))
    assert said.column("consent 0") == withheld.column("consent 0") != kept.column("consent 0")


def test_the_file_says_whose_secret_and_which_consents_it_is_of(tmp_path: Path) -> None:
    texts: dict[str, list[str | None]] = {KEY: [], NAME: [], NEWS: [], NEWS_DATE: []}
    unchanged, noted = settled(tmp_path, columns_of(texts))
    assert unchanged == []
    assert noted.schema.metadata[b"importer.sign"].decode() == HASHES.sign
    assert noted.schema.metadata[b"importer.consents"] == b'["optin_News"]'


@pytest.mark.parametrize("other", ["x\x1fy", "x\x1e1y", "\x1e2", "x\x1e", ""])
def test_no_text_is_taken_for_another(tmp_path: Path, other: str) -> None:
    said = {("x", "y"), (other, None), (None, other), (other, "y"), ("x", other), (None, None)}
    _assert_all_differ(tmp_path, sorted(said, key=str))


_VALUE = st.one_of(st.none(), st.text(alphabet="x\x1e\x1f012", max_size=4))


@given(st.sets(st.tuples(_VALUE, _VALUE), min_size=1, max_size=30))
def test_rows_have_one_number_only_if_they_write_the_same(
    tmp_path_factory: pytest.TempPathFactory, said: set[tuple[str | None, str | None]]
) -> None:
    _assert_all_differ(tmp_path_factory.getbasetemp(), sorted(said, key=str))


def _assert_all_differ(place: Path, said: list[tuple[str | None, str | None]]) -> None:
    fields = (*PLANNED[:1], *PLANNED[2:], *ORDINARY)
    for values in (said, list(reversed(said))):
        texts: dict[str, list[str | None]] = {
            KEY: ["same@key"] * len(values),
            NEWS: [None] * len(values),
            NEWS_DATE: [None] * len(values),
            "f_A": [a for a, _ in values],
            "f_B": [b for _, b in values],
        }
        _, noted = settled(place, columns_of(texts), fields=fields)
        assert len(set(noted.column("fields").to_pylist())) == len(values)
