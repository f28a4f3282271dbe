"""Withheld yeses stand among the issues, in row order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.planning.column_files import ISSUES, ColumnFile
from importer.reports import withheld, withheld_counts, withheld_file
from importer.run_columns import column_batches
from importer.run_folder import RunFolder

ROWS = st.lists(st.integers(0, 30), max_size=40).map(sorted)


def write(path: Path, rows: list[int], code: str) -> None:
    columns: dict[str, list[Any]] = {name: [""] * len(rows) for name in ISSUES.names}
    columns |= {"row": rows, "code": [code] * len(rows), "field": [f"f{r % 3}" for r in rows]}
    with ColumnFile(path, ISSUES) as file:
        file.write_table(pa.table(columns, schema=ISSUES))


@given(issues=ROWS, more=ROWS, at_once=st.integers(1, 9))
@settings(deadline=None, max_examples=60)
def test_they_are_merged_in_row_order_and_none_is_lost(
    tmp_path_factory: pytest.TempPathFactory, issues: list[int], more: list[int], at_once: int
) -> None:
    folder = RunFolder(tmp_path_factory.mktemp("run"))
    folder.state.mkdir()
    write(folder.issues, issues, "issue")
    write(withheld_file(folder), more, "withheld")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(withheld, "column_batches", lambda path: column_batches(path, at_once))
        found = [one for batch in withheld.issue_batches(folder) for one in batch.to_pylist()]
    rows = [one["row"] for one in found]
    assert rows == sorted(rows)
    for code, expected in (("issue", issues), ("withheld", more)):
        assert [one["row"] for one in found if one["code"] == code] == expected
    counts = withheld_counts(folder)
    assert counts.total() == len(more)
    assert counts["f1"] == sum(row % 3 == 1 for row in more)


def test_a_run_that_withheld_nothing_has_its_issues_as_they_are(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.state.mkdir()
    write(folder.issues, [1, 2], "issue")
    (batch,) = withheld.issue_batches(folder)
    assert batch.column("row").to_pylist() == [1, 2]
    assert withheld_counts(folder).total() == 0
