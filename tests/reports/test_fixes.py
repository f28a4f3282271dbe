from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.errors import DefectError
from importer.issues import IssueCode
from importer.model import Reason
from importer.reports.fixes import FixWriter, Mending
from importer.sources import open_sources
from importer.tables import ERRORS_COLUMN, SourceOptions, TableDescription

Original = tuple[Sequence[str | None], Sequence[str]]  # a row's cells, and those beyond the header


def table_of(file: str = "contacts.csv", sheet: str = "", *columns: str) -> TableDescription:
    return TableDescription(file, sheet, "csv", columns or ("Courriel", "Nom", "Ville"), 1)


def sources_of(
    originals: Mapping[int, Original], width: int = 3, at_once: int = 2
) -> Iterator[pa.RecordBatch]:
    """Give the original text as the run keeps it, some rows at a time."""
    rows = list(originals)
    for start in range(0, len(rows), at_once):
        some = rows[start : start + at_once]
        columns = [
            pa.array([(list(originals[row][0]) + [None] * width)[i] for row in some], pa.string())
            for i in range(width)
        ]
        extras = [
            orjson.dumps(list(originals[row][1])).decode() if originals[row][1] else None
            for row in some
        ]
        yield pa.record_batch(
            [pa.array(some, pa.int64()), *columns, pa.array(extras, pa.string())],
            names=["row", *(f"c{i}" for i in range(width)), "extra"],
        )


def write(
    folder: Path,
    originals: Mapping[int, Original],
    reasons: Mapping[int, Sequence[str]],
    *,
    tables: Sequence[TableDescription] = (table_of(),),
    table: Sequence[int] | None = None,
    width: int = 3,
    delimiter: str = ",",
    first: int = 0,
    evened: bool = False,
) -> int:
    """Write the rows to fix of one stretch; give their number."""
    here = [0] * (max([*originals, *reasons, 0]) + 1) if table is None else table
    sources = sources_of(originals, width)
    with FixWriter(folder, tables, sources, delimiter, Mending(evened=evened)) as writer:
        writer.write(first, here, as_reasons(reasons))
        return writer.count


def as_reasons(sentences: Mapping[int, Sequence[str]]) -> dict[int, tuple[Reason, ...]]:
    return {row: tuple(map(Reason, why)) for row, why in sentences.items()}


def read(path: Path, delimiter: str = ",") -> list[list[str]]:
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


WHOLE: dict[int, Original] = {
    0: (("a@", "Éva", "Lévis"), ()),
    1: (("ok@x.fr", "Max", ""), ()),
    2: (("b@", "", " Sept-Îles "), ()),
}


# --- which rows, which cells ----------------------------------------------------------------------


def test_rows_to_fix_have_their_original_columns_and_why(tmp_path: Path) -> None:
    count = write(tmp_path, WHOLE, {0: ("No @.", "No date."), 2: ("No @.",)})
    assert count == 2
    assert read(tmp_path / "to-fix.csv") == [
        ["Courriel", "Nom", "Ville", ERRORS_COLUMN],
        ["a@", "Éva", "Lévis", "No @.; No date."],
        ["b@", "", " Sept-Îles ", "No @."],
    ]


def test_the_delimiter_is_the_one_of_the_reports(tmp_path: Path) -> None:
    write(tmp_path, WHOLE, {0: ("No; never.",)}, delimiter=";")
    assert read(tmp_path / "to-fix.csv", ";")[1] == ["a@", "Éva", "Lévis", "No; never."]


def test_short_rows_keep_their_number_of_cells(tmp_path: Path) -> None:
    write(tmp_path, {0: (("a@", None, None), ()), 1: (("b@", "", None), ())},
          {0: ("short",), 1: ("short",)})  # fmt: skip
    assert read(tmp_path / "to-fix.csv")[1:] == [["a@", "short"], ["b@", "", "short"]]


def test_long_rows_keep_every_cell_beyond_the_header(tmp_path: Path) -> None:
    write(tmp_path, {0: (("a@", "Éva", "Lévis"), ("=QC", "G6V"))}, {0: ("long",)})
    assert read(tmp_path / "to-fix.csv")[1] == ["a@", "Éva", "Lévis", "'=QC", "G6V", "long"]


def test_rows_that_the_mapping_accepts_ragged_are_as_wide_as_the_header(tmp_path: Path) -> None:
    rows: dict[int, Original] = {
        0: (("a@", None, None), ()),
        1: (("b@", "Éva", "Lévis"), ("QC",)),
    }
    write(tmp_path, rows, {0: ("No @.",), 1: ("No @.",)}, evened=True)
    assert read(tmp_path / "to-fix.csv")[1:] == [
        ["a@", "", "", "No @."],
        ["b@", "Éva", "Lévis", "No @."],
    ]


def test_columns_of_wider_tables_do_not_count(tmp_path: Path) -> None:
    tables = (table_of("a.csv", "", "Courriel"), table_of("b.csv"))
    originals: dict[int, Original] = {0: (("a@",), ("b", "c")), 1: (("b@", "B", "C"), ())}
    write(tmp_path, originals, {0: ("long",), 1: ("wrong",)}, tables=tables, table=[0, 1])
    assert read(tmp_path / "to-fix" / "a.csv") == [
        ["Courriel", ERRORS_COLUMN], ["a@", "b", "c", "long"],
    ]  # fmt: skip
    assert read(tmp_path / "to-fix" / "b.csv")[1] == ["b@", "B", "C", "wrong"]


def test_no_cell_header_or_reason_can_run(tmp_path: Path) -> None:
    tables = (table_of("a.csv", "", "=Courriel", "+1 514 555 0123", "-x"),)
    originals: dict[int, Original] = {0: (("=1+1", "'@a", "-5"), ())}
    write(tmp_path, originals, {0: ("=cmd",)}, tables=tables)
    assert read(tmp_path / "to-fix.csv") == [
        ["'=Courriel", "+1 514 555 0123", "'-x", ERRORS_COLUMN],
        ["'=1+1", "''@a", "-5", "'=cmd"],
    ]


# --- stretches and pieces -------------------------------------------------------------------------


@given(
    wanted=st.sets(st.integers(0, 19)),
    kept=st.booleans(),
    at_once=st.integers(1, 7),
    stretch=st.integers(1, 9),
)
@settings(deadline=None, max_examples=80)
def test_each_row_is_written_with_its_own_text_whatever_the_pieces(
    tmp_path_factory: pytest.TempPathFactory,
    wanted: set[int],
    kept: bool,
    at_once: int,
    stretch: int,
) -> None:
    folder = tmp_path_factory.mktemp("run")
    rows = sorted(wanted) if kept else range(20)  # a finished run has only these left
    originals: dict[int, Original] = {row: ((f"{row}@", str(row), ""), ()) for row in rows}
    with FixWriter(folder, [table_of()], sources_of(originals, 3, at_once), ",") as writer:
        for first in range(0, 20, stretch):
            here = range(first, min(first + stretch, 20))
            reasons = {row: (f"why {row}",) for row in here if row in wanted}
            writer.write(first, [0] * len(here), as_reasons(reasons))
        assert writer.count == len(wanted)
    place = folder / "to-fix.csv"
    assert place.exists() is bool(wanted)
    if wanted:
        assert read(place)[1:] == [[f"{n}@", str(n), "", f"why {n}"] for n in sorted(wanted)]


@pytest.mark.parametrize("missing", [0, 1, 3])
def test_a_row_whose_text_is_gone_is_a_defect_and_no_file_is_left(
    tmp_path: Path, missing: int
) -> None:
    originals = {row: WHOLE[0] for row in range(4) if row != missing}
    with pytest.raises(DefectError, match="the original text of row"):
        write(tmp_path, originals, dict.fromkeys(range(4), ("why",)))
    assert list(tmp_path.iterdir()) == []


def test_a_run_with_nothing_left_to_fix_takes_the_old_files_away(tmp_path: Path) -> None:
    write(tmp_path, WHOLE, {0: ("why",)})
    assert (tmp_path / "to-fix.csv").exists()
    write(tmp_path, WHOLE, {})
    assert not (tmp_path / "to-fix.csv").exists()


def write_and_fail(folder: Path) -> None:
    with FixWriter(folder, [table_of()], sources_of(WHOLE), ",") as writer:
        writer.write(0, [0, 0, 0], as_reasons({0: ("new",)}))
        raise RuntimeError


def test_an_error_leaves_the_old_file_as_it_was(tmp_path: Path) -> None:
    write(tmp_path, WHOLE, {0: ("old",)})
    with pytest.raises(RuntimeError):
        write_and_fail(tmp_path)
    assert read(tmp_path / "to-fix.csv")[1][-1] == "old"
    with pytest.raises(RuntimeError), FixWriter(tmp_path, [table_of()], sources_of(WHOLE), ","):
        raise RuntimeError
    assert read(tmp_path / "to-fix.csv")[1][-1] == "old"


# --- names ----------------------------------------------------------------------------------------


def names(folder: Path, *tables: TableDescription) -> list[str]:
    originals: dict[int, Original] = {
        row: (("a@", str(row), "x"), ()) for row in range(len(tables))
    }
    reasons = dict.fromkeys(originals, ("why",))
    write(folder, originals, reasons, tables=tables, table=range(len(tables)))
    found = {}
    for path in (folder / "to-fix").iterdir():
        _, (_, row, _, _) = read(path)
        found[int(row)] = path.name
    assert not (folder / "to-fix.csv").exists()
    return [found[row] for row in sorted(found)]


def test_several_tables_have_one_file_each_named_after_them(tmp_path: Path) -> None:
    tables = (
        table_of("in/contacts.csv"),
        table_of("C:\\in\\Élèves & amis.xlsx", "Feuille 1"),
        table_of("-"),
    )
    assert names(tmp_path, *tables) == [
        "contacts.csv", "Élèves-amis-Feuille-1.csv", "standard-input.csv",
    ]  # fmt: skip


def test_tables_of_one_name_have_files_of_their_own(tmp_path: Path) -> None:
    files = ["a/x.csv", "b/x.csv", "c/X.csv", "x-2.csv", "x.xlsx"]
    found = names(tmp_path, *(table_of(file) for file in files))
    assert len({name.casefold() for name in found}) == len(files)
    assert found[:2] == ["x.csv", "x-2.csv"]


@pytest.mark.parametrize("letter", ["a", "é", "日", "𠀀"])
def test_long_names_are_cut_to_what_a_system_can_hold(tmp_path: Path, letter: str) -> None:
    tables = [table_of(f"{letter * 240}.csv", letter * 31) for _ in range(3)]
    found = names(tmp_path, *tables)
    assert len(set(found)) == 3
    assert all(len(name.encode()) < 240 for name in found)


def test_only_tables_with_rows_to_fix_have_a_file(tmp_path: Path) -> None:
    tables = [table_of("a.csv"), table_of("b.csv")]
    write(tmp_path, WHOLE, {2: ("why",)}, tables=tables, table=[0, 0, 1])
    assert [path.name for path in (tmp_path / "to-fix").iterdir()] == ["b.csv"]


# --- dropped in again -----------------------------------------------------------------------------

cell = st.one_of(
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=8),
    st.text(alphabet="'=+-@\t＝＋－＠0123456789 ,;\"\n", max_size=6),
)


@given(rows=st.lists(st.tuples(cell, cell), min_size=1, max_size=6),
       delimiter=st.sampled_from([",", ";"]))  # fmt: skip
@settings(deadline=None, max_examples=120, derandomize=True)
def test_a_file_of_ours_is_read_with_the_very_text_it_was_made_of(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], delimiter: str
) -> None:
    folder = tmp_path_factory.mktemp("run")
    originals: dict[int, Original] = {
        at: ((f"key{at}", a, b), ()) for at, (a, b) in enumerate(rows)
    }
    reasons = dict.fromkeys(originals, ('Wrong; why, "how".',))
    tables = (table_of("a.csv", "", "Courriel", "=Nom", "'Ville"),)
    write(folder, originals, reasons, tables=tables, delimiter=delimiter)
    (source,) = open_sources(folder / "to-fix.csv", options=SourceOptions())
    assert source.description.columns == tables[0].columns
    read_back = [tuple(row) for c in source.chunks() for row in c.frame.to_numpy().tolist()]
    assert read_back == [originals[row][0] for row in originals]


def test_rows_of_a_wrong_width_are_found_out_again(tmp_path: Path) -> None:
    originals: dict[int, Original] = {
        0: (("a@x.fr", "Éva", None), ()),
        1: (("b@x.fr", "Max", "Lévis"), ("QC",)),
        2: (("c@x.fr", "Zoé", "Laval"), ()),
    }
    write(tmp_path, originals, dict.fromkeys(originals, ("why",)))
    (source,) = open_sources(tmp_path / "to-fix.csv", options=SourceOptions())
    findings = [(f.code, f.at.tolist()) for c in source.chunks() for f in c.findings]
    assert findings == [(IssueCode.ROW_TOO_SHORT, [0]), (IssueCode.ROW_TOO_LONG, [1])]


def test_what_stands_beyond_the_header_is_guarded_once_however_often_it_is_dropped_in(
    tmp_path: Path,
) -> None:
    originals: dict[int, Original] = {0: (("a@x.fr", "Éva", "Lévis"), ("=QC",))}
    write(tmp_path, originals, {0: ("The row has 4 cells.",)})
    (source,) = open_sources(tmp_path / "to-fix.csv", options=SourceOptions())
    (chunk,) = source.chunks()
    assert chunk.extra == {0: ("=QC",)}
