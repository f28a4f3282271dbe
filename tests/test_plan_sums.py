"""A plan that is not what was checked is found out, whenever the process ends."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import importer.plan_sums
from importer.errors import UnusableInputError
from importer.journal import Journal
from importer.plan_sums import cut_plan, note_sums, refuse_changed
from importer.run_folder import RunFolder

ROWS = 10


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """A run's folder with a plan and its rows."""
    folder = RunFolder(tmp_path / "20261122T031500Z-people-abcd")
    folder.state.mkdir(parents=True)
    for path in (folder.plan, folder.rows):
        pq.write_table(pa.table({"row": list(range(ROWS)), "name": ["x" * 20] * ROWS}), path)
    return folder


@pytest.fixture
def journal(folder: RunFolder) -> Iterator[Journal]:
    with Journal.create(folder.journal) as journal:
        yield journal


def rows_of(path: Path) -> list[int]:
    rows: list[int] = pq.read_table(path).column("row").to_pylist()
    return rows


def test_what_was_not_touched_is_accepted(folder: RunFolder, journal: Journal) -> None:
    note_sums(journal, folder)
    refuse_changed(journal, folder)


@pytest.mark.parametrize(("name", "what"), [("plan", "the plan"), ("rows", "the list of rows")])
def test_one_changed_byte_is_refused_with_the_remedy(
    folder: RunFolder, journal: Journal, name: str, what: str
) -> None:
    note_sums(journal, folder)
    path: Path = getattr(folder, name)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(
        UnusableInputError, match=f"{what} of {folder.id} was changed or damaged"
    ) as e:
        refuse_changed(journal, folder)
    assert "check the files again" in str(e.value)


def test_files_that_are_missing_are_all_named(folder: RunFolder, journal: Journal) -> None:
    note_sums(journal, folder)
    folder.plan.unlink()
    folder.rows.unlink()
    with pytest.raises(UnusableInputError) as caught:
        refuse_changed(journal, folder)
    assert [m.message.split(f" of {folder.id}")[0] for m in caught.value.mistakes] == [
        "the plan",
        "the list of rows",
    ]


def test_a_run_from_before_there_were_sums_passes_but_not_without_its_plan(
    folder: RunFolder, journal: Journal
) -> None:
    refuse_changed(journal, folder)
    cut_plan(journal, folder, [3])
    refuse_changed(journal, folder)
    folder.plan.unlink()
    with pytest.raises(UnusableInputError, match=f"the plan of {folder.id} is missing"):
        refuse_changed(journal, folder)


def test_a_cut_plan_is_the_new_truth_and_the_old_one_is_none_any_more(
    folder: RunFolder, journal: Journal
) -> None:
    note_sums(journal, folder)
    before = folder.plan.read_bytes()
    cut_plan(journal, folder, [2, 7])
    assert rows_of(folder.plan) == [2, 7]
    refuse_changed(journal, folder)
    after = folder.plan.read_bytes()
    cut_plan(journal, folder, [2, 7])
    assert folder.plan.read_bytes() == after
    refuse_changed(journal, folder)
    folder.plan.write_bytes(before)
    with pytest.raises(UnusableInputError, match="was changed or damaged"):
        refuse_changed(journal, folder)


class EndedError(BaseException):
    """The process ends here."""


def test_a_cut_that_ends_before_any_of_its_writes_leaves_a_plan_that_is_known(
    folder: RunFolder, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    note_sums(journal, folder)
    seen: list[list[int]] = []
    for last in range(5):
        writes = 0

        def counted(act: object, last: int = last) -> object:
            def done(*arguments: object) -> None:
                nonlocal writes
                if writes == last:
                    raise EndedError
                writes += 1
                act(*arguments)  # type: ignore[operator]

            return done

        with monkeypatch.context() as patched:
            patched.setattr(Journal, "set_fact", counted(Journal.set_fact))
            patched.setattr(Path, "replace", counted(Path.replace))
            patched.setattr(importer.plan_sums, "sync_folder", counted(lambda _: None))
            with contextlib.suppress(EndedError):
                cut_plan(journal, folder, range(ROWS - last - 1))
        refuse_changed(journal, folder)
        seen.append(rows_of(folder.plan))
    assert seen[0] == list(range(ROWS))
    assert [len(rows) for rows in seen[-2:]] == [6, 5]  # the new one is in its place
