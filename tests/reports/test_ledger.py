"""``consents.csv`` is written beside the results that pass, and read back as it was."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer.errors import UnusableInputError
from importer.guards import guarded, unguarded
from importer.journal import Call, CallResult, Settlement
from importer.model import Outcome, Verdict
from importer.reports import ledger
from importer.reports.ledger import (
    LEDGER_COLUMNS,
    Ledger,
    LedgerLine,
    noted_consents,
    read_ledger,
)
from importer.row_results import RowResults
from importer.run_columns import column_batches
from importer.run_folder import RunFolder
from importer.tables import TableDescription
from tests.reports.made_up import settings as made_up_settings

TABLES = (
    TableDescription("contacts.csv", "", "csv", ("a", "b"), 1),
    TableDescription("=évil.xlsx", "-Feuille", "xlsx", ("a", "b"), 1),
)
TEXTS = ("consent", "value", "consent_date", "basis", "cell", "given_by")
Stored = tuple[int, int, int, tuple[str, ...]]  # row, step, place, texts
SAID = ("optin_News", "yes", "2026-01-02", "Salon", "Oui", "row")


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path)
    made.state.mkdir()
    made.write_settings(made_up_settings(operator="=marie"))
    return made


def keep(folder: RunFolder, *lines: Stored) -> None:
    columns = {
        "row": pa.array([line[0] for line in lines], pa.int64()),
        "step": pa.array([line[1] for line in lines], pa.int32()),
        "place": pa.array([line[2] for line in lines], pa.int64()),
        **{
            name: pa.array([line[3][at] for line in lines], pa.large_string())
            for at, name in enumerate(TEXTS)
        },
    }
    pq.write_table(pa.table(columns), noted_consents(folder))


def results(first: int, keys: Sequence[str], verdicts: Sequence[Verdict]) -> RowResults:
    count, none = len(keys), pa.array([""] * len(keys), pa.large_string())
    return RowResults(
        first=first,
        table=np.arange(first, first + count, dtype=np.int32) % 2,
        number=np.arange(first + 2, first + 2 + count),
        key=pa.array(keys, pa.large_string()),
        end=np.array([list(Verdict).index(one) for one in verdicts], np.int32),
        outcomes=[Outcome(one) for one in Verdict],
        batch=none,
        attempts=np.ones(count, np.int32),
        record_id=none,
        reasons={},
        noes={},
        withheld={},
    )


def call(number: int, first: int, end: int, result: CallResult, step: int = 0) -> Call:
    started = f"2026-11-22T03:15:0{number}.000Z"
    return Call(number, step, f"b{number}", first, end, 9, 1, 0.0, started, "", result, "")


def settlement(first: int, end: int, by: int, step: int = 0, request: str = "7") -> Settlement:
    return Settlement(step, f"b{by}", first, end, by, request, f"2026-11-22T04:15:0{by}.000Z")


ANSWERED = [call(1, 0, 40, CallResult.ANSWERED)]
SETTLED = [settlement(0, 40, 1)]


def write(
    folder: RunFolder,
    *some: RowResults,
    delimiter: str = ",",
    calls: Sequence[Call] = ANSWERED,
    settlements: Sequence[Settlement] = SETTLED,
) -> list[LedgerLine]:
    with Ledger(folder, TABLES, delimiter, settlements=settlements, calls=calls) as writer:
        for one in some:
            writer.add(one)
    path = folder.path / "consents.csv"
    return list(read_ledger(path)) if path.exists() else []


# --- writing --------------------------------------------------------------------------------------


def test_columns_are_those_that_an_auditor_asks_for() -> None:
    assert ",".join(LEDGER_COLUMNS) == (
        "key,consent,value,consent_date,basis,file,sheet,row,cell,given_by,call,request_id,time,"
        "verdict,operator"
    )


@pytest.mark.parametrize("at_once", [1, 2, 3, 100])
def test_lines_find_their_rows_however_both_come(
    folder: RunFolder, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [0, 0, 3, 4, 4, 4, 7]
    keep(folder, *((row, 0, row, SAID) for row in rows))
    monkeypatch.setattr(ledger, "column_batches", lambda path, _: column_batches(path, at_once))
    keys = [f"k{row}" for row in range(9)]
    pieces = [results(first, keys[first:end], [Verdict.CREATED] * (end - first))
              for first, end in ((0, 4), (4, 5), (5, 9))]  # fmt: skip
    lines = write(folder, *pieces)
    assert [(line.key, line.row) for line in lines] == [(f"k{row}", row + 2) for row in rows]
    assert {(line.file, line.sheet) for line in lines} == {
        ("contacts.csv", ""),
        ("=évil.xlsx", "-Feuille"),
    }
    assert {line[8:] for line in lines} == {
        ("Oui", "row", "b1", "7", "2026-11-22T04:15:01.000Z", "created", "=marie")
    }


def test_what_no_answer_came_for_has_the_last_call_that_carried_it(folder: RunFolder) -> None:
    keep(folder, *((row, 0, row, SAID) for row in range(6)), (6, 1, 0, SAID))
    calls = [
        call(1, 0, 4, CallResult.IN_DOUBT),
        call(2, 0, 2, CallResult.NOT_TAKEN),
        call(3, 0, 2, CallResult.OPEN),
        call(4, 4, 6, CallResult.IN_DOUBT),
        call(5, 0, 1, CallResult.ANSWERED, step=1),
    ]
    settlements = [settlement(4, 6, 4, request=""), settlement(0, 1, 5, step=1)]
    verdicts = [Verdict.UNKNOWN] * 5 + [Verdict.ACCEPTED, Verdict.CREATED]
    some = results(0, [*"abcdefg"], verdicts)
    lines = write(folder, some, calls=calls, settlements=settlements)
    assert [(line.key, line.call, line.request_id, line.time[11:19]) for line in lines] == [
        ("a", "b3", "", "03:15:03"),
        ("b", "b3", "", "03:15:03"),
        ("c", "b1", "", "03:15:01"),
        ("d", "b1", "", "03:15:01"),
        ("e", "b4", "", "03:15:04"),  # given up: what counts is when it went
        ("f", "b4", "", "04:15:04"),
        ("g", "b5", "7", "04:15:05"),
    ]


def test_a_line_of_which_the_journal_knows_nothing_is_not_lost(folder: RunFolder) -> None:
    keep(folder, (0, 0, 90, SAID))
    (line,) = write(folder, results(0, ["a"], [Verdict.CREATED]), calls=[], settlements=[])
    assert (line.call, line.request_id, line.time, line.verdict) == ("", "", "", "created")


def test_where_nothing_is_kept_an_old_file_goes(folder: RunFolder) -> None:
    (folder.path / "consents.csv").write_text("old", encoding="utf-8")
    assert write(folder, results(0, ["a"], [Verdict.CREATED])) == []
    assert not (folder.path / "consents.csv").exists()


@pytest.mark.parametrize("kept", [True, False])
def test_an_old_file_stays_where_the_reports_are_broken_off(folder: RunFolder, kept: bool) -> None:
    place = folder.path / "consents.csv"
    place.write_text("old", encoding="utf-8")
    if kept:
        keep(folder, (0, 0, 0, SAID))
    with (
        pytest.raises(RuntimeError),
        Ledger(folder, TABLES, ",", settlements=SETTLED, calls=ANSWERED),
    ):
        raise RuntimeError
    assert place.read_text(encoding="utf-8") == "old"


# --- and reading it back --------------------------------------------------------------------------

nasty = st.text(alphabet="'\"=+-@\t\r\n,;|＝＋－＠é\U0001f600 a1", max_size=6) | st.text(max_size=6)


@given(
    told=st.lists(st.tuples(*[nasty] * len(TEXTS), nasty), min_size=1, max_size=4),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
def test_any_text_comes_back_as_it_was_and_none_of_it_can_run(
    folder: RunFolder, told: list[tuple[str, ...]], delimiter: str
) -> None:
    keep(folder, *((row, 0, row, one[:-1]) for row, one in enumerate(told)))
    keys = [one[-1] for one in told]
    lines = write(folder, results(0, keys, [Verdict.UPDATED] * len(told)), delimiter=delimiter)
    assert [(*(getattr(line, name) for name in TEXTS), line.key) for line in lines] == told
    content = (folder.path / "consents.csv").read_bytes().decode("utf-8-sig")
    for cells in csv.reader(io.StringIO(content, newline=""), delimiter=delimiter):
        assert all(guarded(unguarded(cell)) == cell for cell in cells)


def test_a_very_long_cell_is_read(folder: RunFolder) -> None:
    keep(folder, (0, 0, 0, (*SAID[:4], "x\n" * 2_000_000, "row")))
    (line,) = write(folder, results(0, ["a"], [Verdict.CREATED]))
    assert len(line.cell) == 4_000_000


def test_columns_are_told_by_their_names(tmp_path: Path) -> None:
    path = tmp_path / "consents.csv"
    path.write_text("key;row;file;sheet;value;consent;note\n=a@x.fr;5;f;;no;optin_A;n\n\n")
    (line,) = read_ledger(path)
    assert (line.key, line.consent, line.value, line.row) == ("=a@x.fr", "optin_A", "no", 5)
    assert line.operator == ""
    path.write_text("row;value;key;consent;file;sheet\n5;no;a@x.fr;optin_A;f;\n")
    with pytest.raises(UnusableInputError):
        list(read_ledger(path))  # its delimiter does not follow the word that it begins with


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"file,sheet,row,key\n",
        b"key,consent,value,row\na,b,yes,2\n",
        b"key,consent,value,file,sheet,row\na,b,yes,f,,two\n",
        b"key,consent,value,file,sheet,row\na,b\n",
        b"key,consent,value,file,sheet,row\n\xff,b,yes,f,,2\n",
    ],
)
def test_what_is_no_ledger_is_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "consents.csv"
    path.write_bytes(content)
    with pytest.raises(UnusableInputError, match="cannot be read as a list of consents"):
        list(read_ledger(path))
    with pytest.raises(UnusableInputError):
        list(read_ledger(tmp_path / "none.csv"))
