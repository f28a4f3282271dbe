from __future__ import annotations

import stat
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from importer.planning.column_files import TEXT, ColumnFile
from importer.run_columns import column_batches

SCHEMA = pa.schema([("row", pa.int64()), ("few", TEXT), ("many", TEXT)], metadata={b"a": b"b"})


def columns_of(count: int, first: int = 0) -> list[Any]:
    numbers = range(first, first + count)
    return [
        pa.array(numbers, pa.int64()),
        pa.array([None if n % 3 else "yes" for n in numbers], TEXT),
        pa.array([f"é{n}@x.fr" for n in numbers], TEXT),
    ]


def written(path: Path, *, staged: bool, counts: tuple[int, ...] = (7, 0, 5)) -> Path:
    with ColumnFile(path, SCHEMA, staged=staged) as file:
        first = 0
        for count in counts:
            file.write(columns_of(count, first))
            first += count
    return path


@pytest.mark.parametrize(("name", "staged"), [("a.parquet", False), ("a.staging", True)])
@pytest.mark.parametrize("counts", [(), (0,), (7, 0, 5)])
def test_what_was_written_is_read_back(
    tmp_path: Path, name: str, staged: bool, counts: tuple[int, ...]
) -> None:
    path = written(tmp_path / name, staged=staged, counts=counts)
    whole = pa.Table.from_batches(list(column_batches(path)), SCHEMA)
    assert whole.equals(pa.table(columns_of(sum(counts)), schema=SCHEMA))


def test_a_file_without_rows_keeps_its_schema(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", staged=False, counts=())
    assert pq.read_schema(path).equals(SCHEMA, check_metadata=True)


def test_only_columns_of_few_texts_are_written_as_lists_of_their_texts(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", staged=False, counts=(1_000, 10))
    group = pq.read_metadata(path).row_group(0)
    encodings = {group.column(i).path_in_schema: group.column(i).encodings for i in range(3)}
    assert "RLE_DICTIONARY" in encodings["few"]
    assert "RLE_DICTIONARY" not in encodings["many"]
    assert "DELTA_BINARY_PACKED" in encodings["row"]


def test_the_same_rows_are_the_same_bytes(tmp_path: Path) -> None:
    files = [written(tmp_path / f"{n}.parquet", staged=False) for n in range(2)]
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no file modes")
@pytest.mark.parametrize("staged", [False, True])
def test_only_their_owner_can_read_them_from_the_beginning(tmp_path: Path, staged: bool) -> None:
    path = tmp_path / "a.staging"
    with ColumnFile(path, SCHEMA, staged=staged):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("staged", [False, True])
def test_a_file_may_be_closed_twice(tmp_path: Path, staged: bool) -> None:
    file = ColumnFile(tmp_path / "a.staging", SCHEMA, staged=staged)
    file.write(columns_of(3))
    file.close()
    content = file.path.read_bytes()
    file.close()
    assert file.path.read_bytes() == content
