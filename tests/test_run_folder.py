from __future__ import annotations

import json
import os
import random
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer import run_columns, run_folder
from importer.errors import LockedError, UnusableInputError
from importer.field_rules import FieldRole, ValueType
from importer.model import (
    PlannedField,
)
from importer.run_columns import (
    column_batches,
    fields_metadata,
    keep_rows,
    plan_slices,
    planned_fields,
)
from importer.run_folder import FileFacts, RunFolder, RunSettings, find_run, list_runs, make_run_id

ID = "20261122T031500Z-newsletter-k3fq"
FIELDS = (
    PlannedField("key_f_EMail", ValueType.EMAIL, FieldRole.KEY),
    PlannedField("optin_News", ValueType.CONSENT, FieldRole.CONSENT),
)
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no file modes")


def settings_of(**members: object) -> RunSettings:
    given_ones: dict[str, object] = {
        "run": ID,
        "tool_version": "0.1.0",
        "command": "run",
        "created": "2026-11-22T03:15:00.000Z",
        "run_date": "2026-11-21",
        "time_zone": "EST",
        "operator": "marie",
        "mapping": "newsletter",
        "mapping_file": "mappings/newsletter.yaml",
        "mapping_sha256": "ab" * 32,
        "files": (FileFacts(path="é.csv", absolute="/in/é.csv", sha256="9f" * 32, bytes=9),),
    }
    return RunSettings.model_validate(given_ones | members)


def run_in(runs: Path, run_id: str = ID) -> RunFolder:
    folder = RunFolder.prepare(runs, run_id)
    folder.write_settings(settings_of(run=run_id))
    return folder.publish(run_id)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# --- its life -------------------------------------------------------------------------------------


def test_a_folder_has_its_name_only_when_it_is_published(tmp_path: Path) -> None:
    runs = tmp_path / "some" / "runs"
    folder = RunFolder.prepare(runs, ID)
    assert folder.id == ID
    assert list_runs(runs) == []
    published = folder.publish(ID)
    assert published.path == runs / ID
    assert published.id == ID
    assert list_runs(runs) == [published]
    assert not folder.path.exists()


def test_a_folder_prepared_under_another_name_is_published_under_its_id(tmp_path: Path) -> None:
    folder = RunFolder.prepare(tmp_path, "input-1f")
    folder.spooled_input.write_bytes(b"a,b\n")
    assert folder.publish(ID).spooled_input.read_bytes() == b"a,b\n"


def test_a_discarded_folder_leaves_nothing(tmp_path: Path) -> None:
    folder = RunFolder.prepare(tmp_path, ID)
    folder.write_settings(settings_of())
    folder.discard()
    assert list(tmp_path.iterdir()) == []
    folder.discard()


@posix
def test_only_its_owner_can_read_a_run(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        folder = run_in(tmp_path / "runs")
        with folder.locked():
            assert {mode(path) for path in folder.state.iterdir()} == {0o600}
    finally:
        os.umask(before)
    assert mode(folder.path) == mode(folder.state) == mode(tmp_path / "runs") == 0o700
    assert mode(folder.path / "settings.json") == 0o600


@posix
def test_a_runs_folder_that_was_there_keeps_its_modes(tmp_path: Path) -> None:
    runs = tmp_path / "shared"
    runs.mkdir()
    runs.chmod(0o755)
    folder = run_in(runs)
    assert mode(runs) == 0o755
    assert mode(folder.path) == 0o700


def test_a_runs_folder_that_is_a_file_is_the_operators_mistake(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("not a folder")
    with pytest.raises(UnusableInputError, match=r"the runs folder .*runs cannot be written"):
        RunFolder.prepare(tmp_path / "runs", ID)


def test_files_of_a_run_stand_where_the_contract_says(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / ID)
    places = (folder.journal, folder.rows, folder.source, folder.plan, folder.issues)
    assert [path.relative_to(folder.path).as_posix() for path in places] == [
        "state/journal.sqlite3",
        "state/rows.parquet",
        "state/source.parquet",
        "state/plan.parquet",
        "state/issues.parquet",
    ]
    assert folder.log == folder.path / "run.log"
    assert folder.mapping == folder.path / "mapping.yaml"


# --- its settings ---------------------------------------------------------------------------------


def test_settings_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    connection = {
        "name": "production", "target": "dialog-insight", "url": "https://app.dialoginsight.com",
        "key_id": "5335", "key": "env:KEY", "limits": {"rows_per_call": 100},
    }  # fmt: skip
    wanted = settings_of(connection=connection, note="première fois", first=10)
    folder = RunFolder.prepare(tmp_path, ID)
    folder.write_settings(wanted)
    assert folder.publish(ID).settings == wanted


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"nonsense", b'{"schema_version": "x"}'])
def test_settings_that_are_none_are_the_operators_mistake(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "settings.json").write_bytes(content)
    with pytest.raises(UnusableInputError, match=r"settings.json cannot be read: is .* a run"):
        _ = RunFolder(tmp_path).settings


def test_a_folder_without_settings_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(UnusableInputError, match=r"is .* a run"):
        _ = RunFolder(tmp_path).settings


def test_a_run_of_a_newer_version_is_left_to_it(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text(json.dumps({"schema_version": 2, "strange": True}))
    with pytest.raises(UnusableInputError, match="made by a newer version"):
        _ = RunFolder(tmp_path).settings


# --- its lock -------------------------------------------------------------------------------------

HOLD = """
import sys
from pathlib import Path
from importer.run_folder import RunFolder
with RunFolder(Path(sys.argv[1])).locked():
    print("held", flush=True)
    sys.stdin.read()
"""
TRY = """
import sys
from pathlib import Path
from importer.errors import LockedError
from importer.run_folder import RunFolder
try:
    with RunFolder(Path(sys.argv[1])).locked():
        print("free")
except LockedError as error:
    print(error)
"""


@contextmanager
def held_elsewhere(folder: RunFolder) -> Iterator[subprocess.Popen[str]]:
    """Hold a run's lock in another process."""
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == "held\n"
            yield other
        finally:
            other.kill()


def attempt(folder: RunFolder) -> str:
    found = subprocess.run(
        [sys.executable, "-c", TRY, str(folder.path)], capture_output=True, text=True, check=True
    )
    return found.stdout.strip()


def test_a_held_run_is_refused_to_another_process_and_says_who_holds_it(tmp_path: Path) -> None:
    folder = run_in(tmp_path)
    with folder.locked():
        said = attempt(folder)
    assert said.startswith(f"another process holds the run {ID}: process {os.getpid()} on ")
    assert attempt(folder) == "free"


def test_a_run_held_elsewhere_is_refused_here(tmp_path: Path) -> None:
    folder = run_in(tmp_path)
    with held_elsewhere(folder) as other:
        with pytest.raises(LockedError, match=f"process {other.pid}"), folder.locked():
            pytest.fail("two processes hold one run")
        assert (folder.state / "holder").is_file()


def test_promise_3_a_killed_process_lets_go_of_its_run(tmp_path: Path) -> None:
    folder = run_in(tmp_path)
    with held_elsewhere(folder) as other:
        other.kill()
        other.wait()
        assert (folder.state / "holder").is_file()
        with folder.locked():
            assert f'"pid":{os.getpid()},' in (folder.state / "holder").read_text()
    assert not (folder.state / "holder").exists()


def test_a_lock_without_a_name_of_its_holder_still_excludes(tmp_path: Path) -> None:
    folder = run_in(tmp_path)
    with folder.locked():
        (folder.state / "holder").unlink()
        with pytest.raises(LockedError, match=f"holds the run {ID}$"), folder.locked():
            pytest.fail("held twice")


def test_a_lock_is_let_go_after_an_error(tmp_path: Path) -> None:
    folder = run_in(tmp_path)
    with pytest.raises(RuntimeError), folder.locked():
        raise RuntimeError
    with folder.locked():
        pass


# --- its columns ----------------------------------------------------------------------------------


def write_plan(folder: RunFolder, groups: Sequence[int]) -> int:
    """Write a plan with row groups of these lengths; give the number of contacts."""
    schema = pa.schema(
        [("row", pa.int64()), ("key", pa.large_string())]
        + [(field.code, pa.large_string()) for field in FIELDS],
        metadata=fields_metadata(FIELDS),
    )
    first = 0
    with pq.ParquetWriter(folder.plan, schema) as writer:
        for length in groups:
            numbers = range(first, first + length)
            keys = [f"{n}@x.fr" for n in numbers]
            writer.write_table(
                pa.table([[n * 2 for n in numbers], keys, keys, ["yes"] * length], schema=schema)
            )
            first += length
    return first


@pytest.mark.parametrize("groups", [[], [1], [7], [3, 3], [1, 4, 2], [2, 5, 1, 3]])
@pytest.mark.parametrize("slice_rows", [1, 2, 100])
def test_slices_hold_exactly_the_wanted_contacts_for_every_stretch(
    tmp_path: Path, groups: list[int], slice_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_columns, "SLICE_ROWS", slice_rows)
    folder = RunFolder.prepare(tmp_path, ID)
    total = write_plan(folder, groups)
    for first in range(total + 2):
        for end in range(total + 2):
            position = first
            for piece in plan_slices(folder.plan, FIELDS, first, end):
                assert piece.first == position
                assert 0 < len(piece) <= slice_rows
                assert piece.fields == FIELDS
                wanted = [f"{n}@x.fr" for n in range(position, position + len(piece))]
                assert piece.column("key_f_EMail") == piece.comparable_keys() == wanted
                position += len(piece)
            assert position == max(first, min(end, total))


def test_a_plan_says_which_fields_its_columns_are(tmp_path: Path) -> None:
    folder = RunFolder.prepare(tmp_path, ID)
    write_plan(folder, [2])
    assert planned_fields(folder.plan) == FIELDS


@given(
    groups=st.lists(st.integers(1, 5), max_size=4),
    wanted=st.sets(st.integers(0, 40), max_size=12),
)
@settings(deadline=None, max_examples=40)
def test_a_file_is_cut_to_the_wanted_rows_and_still_says_its_fields(
    tmp_path_factory: pytest.TempPathFactory, groups: list[int], wanted: set[int]
) -> None:
    folder = RunFolder.prepare(tmp_path_factory.mktemp("runs"), ID)
    total = write_plan(folder, groups)
    keep_rows(folder.plan, sorted(wanted))
    kept = [n for n in range(total) if n * 2 in wanted]
    table = pq.read_table(folder.plan)
    assert table.column("row").to_pylist() == [n * 2 for n in kept]
    assert table.column("key").to_pylist() == [f"{n}@x.fr" for n in kept]
    assert planned_fields(folder.plan) == FIELDS
    keep_rows(folder.plan, sorted(wanted))
    assert pq.read_table(folder.plan).equals(table)
    assert [path.name for path in folder.state.iterdir()] == ["plan.parquet"]


def test_rows_that_were_cut_leave_no_readable_trace(tmp_path: Path) -> None:
    folder = RunFolder.prepare(tmp_path, ID)
    schema = pa.schema([("row", pa.int64()), ("c0", pa.large_string())])
    names = ["secret-marie", "kept-paul"]
    pq.write_table(pa.table([[0, 1], names], schema=schema), folder.source, compression="none")
    assert b"secret-marie" in folder.source.read_bytes()
    keep_rows(folder.source, [1])
    assert b"secret-marie" not in folder.source.read_bytes()
    if sys.platform != "win32":
        assert mode(folder.source) == 0o600


def test_a_file_with_several_lines_a_row_keeps_all_lines_of_the_wanted_rows(
    tmp_path: Path,
) -> None:
    place = tmp_path / "issues.parquet"
    rows = [0, 0, 1, 10**12, 10**12]
    pq.write_table(pa.table({"row": pa.array(rows, pa.int64())}), place)
    keep_rows(place, [0, 10**12])
    assert pq.read_table(place).column("row").to_pylist() == [0, 0, 10**12, 10**12]


def test_columns_are_read_some_rows_at_a_time(tmp_path: Path) -> None:
    folder = RunFolder.prepare(tmp_path, ID)
    write_plan(folder, [5])
    assert [batch.num_rows for batch in column_batches(folder.plan, rows=2)] == [2, 2, 1]


@given(
    lengths=st.lists(st.integers(0, 6), max_size=6),
    rows=st.integers(1, 9),
    columns=st.sampled_from([None, ["a"], ["b", "a"]]),
)
@settings(deadline=None)
def test_a_staged_file_is_read_in_even_batches_however_it_was_written(
    tmp_path_factory: pytest.TempPathFactory,
    lengths: list[int],
    rows: int,
    columns: list[str] | None,
) -> None:
    place = tmp_path_factory.mktemp("runs") / "some.staging"
    total = sum(lengths)
    whole = pa.table({"a": list(range(total)), "b": [f"é{n}" for n in range(total)]})
    with pa.ipc.new_file(str(place), whole.schema) as writer:
        first = 0
        for length in lengths:
            writer.write_table(whole.slice(first, length))
            first += length
    batches = list(column_batches(place, rows, columns))
    assert all(batch.num_rows == rows for batch in batches[:-1])
    assert all(0 < batch.num_rows <= rows for batch in batches[-1:])
    assert [set(batch.schema.names) for batch in batches] == [set(columns or "ab")] * len(batches)
    for name in columns or "ab":
        assert [v for b in batches for v in b.column(name).to_pylist()] == whole[name].to_pylist()


def test_some_columns_of_a_file_are_read_without_the_others(tmp_path: Path) -> None:
    folder = RunFolder.prepare(tmp_path, ID)
    write_plan(folder, [2, 1])
    batches = list(column_batches(folder.plan, columns=["row"]))
    assert [batch.schema.names for batch in batches] == [["row"]] * len(batches)
    assert [row for batch in batches for row in batch.column("row").to_pylist()] == [0, 2, 4]


def test_of_a_file_that_is_read_only_the_present_part_is_held(tmp_path: Path) -> None:
    chance = random.Random(1)
    path = tmp_path / "source.parquet"
    parts = [pa.table({"text": [chance.randbytes(1_000) for _ in range(500)]}) for _ in range(20)]
    with pq.ParquetWriter(path, parts[0].schema) as writer:
        for part in parts:
            writer.write_table(part)
    batches = column_batches(path)
    before = _held_by_arrow()
    next(batches)
    assert _held_by_arrow() - before < path.stat().st_size / 4
    assert sum(batch.num_rows for batch in batches) == 500 * 19


def _held_by_arrow() -> int:
    """Sum up what every kind of memory of Arrow has given out: a file may be read with any."""
    pools = [getattr(pa, f"{name}_memory_pool")() for name in pa.supported_memory_backends()]
    return sum(pool.bytes_allocated() for pool in pools)


# --- ids and finding ------------------------------------------------------------------------------


def test_an_id_is_utc_time_mapping_and_four_letters() -> None:
    montreal = timezone(timedelta(hours=-5))
    moment = datetime(2026, 11, 21, 22, 15, 0, tzinfo=montreal)
    found = make_run_id(moment, "Newsletter", random.Random(1))
    assert found.startswith("20261122T031500Z-newsletter-")
    assert found == make_run_id(moment, "Newsletter", random.Random(1))
    assert found != make_run_id(moment, "Newsletter", random.Random(2))


@given(name=st.text(max_size=80), seed=st.integers())
@settings(deadline=None)
def test_any_mapping_name_makes_an_id_that_is_a_safe_folder_name(name: str, seed: int) -> None:
    moment = datetime(2026, 11, 22, 3, 15, 0, tzinfo=timezone.utc)  # noqa: UP017
    found = make_run_id(moment, name, random.Random(seed))
    assert run_folder._ID.fullmatch(found)
    assert len(found) <= 70


def test_accents_of_a_mappings_name_become_plain_letters() -> None:
    moment = datetime(2026, 11, 22, 3, 15, 0, tzinfo=timezone.utc)  # noqa: UP017
    found = make_run_id(moment, "Été à Québec", random.Random(1))
    assert found[:-5] == "20261122T031500Z-ete-a-quebec"
    assert "-run-" in make_run_id(moment, "日本", random.Random(1))


OLDER, NEWER = "20261121T031500Z-newsletter-aaaa", "20261122T031500Z-welcome-bbbb"


def test_runs_are_listed_oldest_first_and_nothing_else_is_a_run(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "nowhere") == []
    for run_id in (NEWER, OLDER):
        run_in(tmp_path, run_id)
    RunFolder.prepare(tmp_path, "20261123T031500Z-halfway-cccc")
    (tmp_path / "notes").mkdir()
    (tmp_path / "20261124T031500Z-file-dddd").write_text("")
    assert [run.id for run in list_runs(tmp_path)] == [OLDER, NEWER]


@pytest.mark.parametrize("name", [OLDER, "aaaa", "newsletter-aaaa", "20261121", "20261121T03"])
def test_a_run_is_found_by_its_id_or_either_end_of_it(tmp_path: Path, name: str) -> None:
    for run_id in (OLDER, NEWER):
        run_in(tmp_path, run_id)
    assert find_run(tmp_path, name).id == OLDER


def test_a_run_is_found_by_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = run_in(tmp_path / "elsewhere")
    assert find_run(tmp_path / "runs", str(folder.path)).path == folder.path.resolve()
    monkeypatch.chdir(folder.path)
    assert find_run(tmp_path / "runs", ".").id == ID


def test_an_exact_id_comes_before_ids_it_is_a_part_of(tmp_path: Path) -> None:
    for run_id in (OLDER, f"{OLDER}-bbbb"):
        run_in(tmp_path, run_id)
    assert find_run(tmp_path, OLDER).id == OLDER


def test_several_runs_that_fit_are_listed_and_none_is_chosen(tmp_path: Path) -> None:
    for run_id in (OLDER, NEWER):
        run_in(tmp_path, run_id)
    with pytest.raises(UnusableInputError, match=f"could be several runs: {OLDER}, {NEWER}"):
        find_run(tmp_path, "2026112")


@pytest.mark.parametrize("name", ["", " ", "\t"])
def test_a_blank_name_fits_no_run_even_if_there_is_only_one(tmp_path: Path, name: str) -> None:
    run_in(tmp_path)
    with pytest.raises(UnusableInputError, match="blank"):
        find_run(tmp_path, name)


def test_a_name_that_fits_no_run_is_refused_with_the_newest_one(tmp_path: Path) -> None:
    with pytest.raises(UnusableInputError, match=r'there is no run "zzzz" in [^ ]*\.$'):
        find_run(tmp_path, "zzzz")
    run_in(tmp_path, NEWER)
    with pytest.raises(UnusableInputError, match=f"The newest run is {NEWER}"):
        find_run(tmp_path, "zzzz")


def test_a_provisional_folder_whose_process_died_is_swept_away(tmp_path: Path) -> None:
    stale, fresh = tmp_path / ".new-input-1", tmp_path / ".new-input-2"
    for folder in (stale, fresh):
        folder.mkdir()
        (folder / "input").write_text("someone@example.com", "utf-8")
    os.utime(stale, (0, 0))
    RunFolder.prepare(tmp_path, "next")
    assert not stale.exists()
    assert fresh.exists()
