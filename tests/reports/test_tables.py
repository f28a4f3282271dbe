from __future__ import annotations

import csv
import io
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer.issues import IssueCode, Severity
from importer.model import Outcome, RowResult, Verdict
from importer.reports import ISSUE_COLUMNS, RESULT_COLUMNS
from importer.reports.problems import Problems
from importer.reports.tables import (
    BOM,
    csv_writer,
    result_rows,
    result_writer,
    write_issues,
)
from importer.row_results import RowResults
from importer.tables import TableDescription

TABLES = (
    TableDescription("contacts.csv", "", "csv", ("a", "b"), 1),
    TableDescription("=évil.xlsx", "-Feuille", "xlsx", ("a", "b"), 1),
)


def read(path: Path, delimiter: str = ",") -> list[list[str]]:
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


# --- how reports are written ----------------------------------------------------------------------


def test_columns_are_those_of_the_contract() -> None:
    assert ",".join(RESULT_COLUMNS) == (
        "file,sheet,row,key,verdict,code,field,message,batch,attempts,record_id"
    )
    assert ",".join(ISSUE_COLUMNS) == ("file,sheet,row,column,field,severity,code,value,message")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_reports_are_utf8_with_bom_and_crlf_and_the_chosen_delimiter(
    tmp_path: Path, delimiter: str
) -> None:
    rows: list[list[object]] = [["a", "é;,\t"], ['say "hi"', "two\nlines\r\nhere"], [1, ""]]
    with csv_writer(tmp_path / "results.csv", delimiter) as writer:
        writer.writerows(rows)
    content = (tmp_path / "results.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfa" + delimiter.encode())
    assert content.endswith(b"\r\n")
    assert content.count(b"\xef\xbb\xbf") == 1
    assert read(tmp_path / "results.csv", delimiter) == [[str(c) for c in row] for row in rows]


def write_and_fail(place: Path) -> None:
    with csv_writer(place, ",") as writer:
        writer.writerow(["new"])
        assert read(place) == [["old"]]
        raise RuntimeError


def test_a_report_takes_the_old_ones_place_only_when_it_is_whole(tmp_path: Path) -> None:
    place = tmp_path / "results.csv"
    with csv_writer(place, ",") as writer:
        writer.writerow(["old"])
    with pytest.raises(RuntimeError):
        write_and_fail(place)
    assert read(place) == [["old"]]
    assert [path.name for path in tmp_path.iterdir()] == ["results.csv"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no file modes")
def test_only_their_owner_can_read_reports(tmp_path: Path) -> None:
    with csv_writer(tmp_path / "results.csv", ",") as writer:
        writer.writerow(["a"])
    assert stat.S_IMODE((tmp_path / "results.csv").stat().st_mode) == 0o600


# --- results.csv ----------------------------------------------------------------------------------


def results_of(*rows: tuple[int, RowResult]) -> RowResults:
    """Make columns of results: each row with its table."""
    cells = [row for _, row in rows]
    ends = [Outcome(Verdict(r.verdict), r.code, r.field, r.message) for r in cells]
    outcomes = list(dict.fromkeys(ends))
    return RowResults(
        first=0,
        table=np.array([table for table, _ in rows], np.int32),
        number=np.array([r.row for r in cells], np.int64),
        key=pa.array([r.key for r in cells], pa.large_string()),
        end=np.array([outcomes.index(end) for end in ends], np.int32),
        outcomes=outcomes,
        batch=pa.array([r.batch for r in cells], pa.large_string()),
        attempts=np.array([r.attempts for r in cells], np.int32),
        record_id=pa.array([r.record_id for r in cells], pa.large_string()),
        reasons={},
        noes={},
        withheld={},
    )


def write_results(path: Path, delimiter: str, *pieces: RowResults) -> None:
    with result_writer(path, TABLES, delimiter) as writer:
        for piece in pieces:
            writer.add(piece)


def result(**members: object) -> RowResult:
    plain = RowResult("contacts.csv", "", 2, "a@x.fr", Verdict.CREATED, "", "", "", "b1", 1, "77")
    return plain._replace(**members)  # type: ignore[arg-type]


def test_results_are_written_in_the_order_of_their_columns(tmp_path: Path) -> None:
    rejected = result(
        file="", row=3, verdict=Verdict.REJECTED, code="platform-refused", field="f_Name",
        message="No; never", attempts=2, record_id="",
    )  # fmt: skip
    write_results(tmp_path / "results.csv", ",", results_of((0, result()), (1, rejected)))
    header, first, second = read(tmp_path / "results.csv")
    assert header == list(RESULT_COLUMNS)
    assert first == [
        "contacts.csv", "", "2", "a@x.fr", "created", "", "", "", "b1", "1", "77",
    ]  # fmt: skip
    assert second == [
        "'=évil.xlsx", "'-Feuille", "3", "a@x.fr", "rejected", "platform-refused", "f_Name",
        "No; never", "b1", "2", "",
    ]  # fmt: skip


@pytest.mark.parametrize("member", ["key", "message", "record_id", "field"])
def test_no_text_of_a_result_can_run(member: str) -> None:
    (plain,) = result_rows(results_of((0, result(**{member: "=HYPERLINK(1)"}))), TABLES)
    assert getattr(plain, member) == "'=HYPERLINK(1)"


def test_a_phone_as_key_stays_readable() -> None:
    (plain,) = result_rows(results_of((0, result(key="+15145550123"))), TABLES)
    assert plain.key == "+15145550123"


def test_no_results_are_no_rows(tmp_path: Path) -> None:
    assert list(result_rows(results_of(), TABLES)) == []
    write_results(tmp_path / "results.csv", ",", results_of())
    assert read(tmp_path / "results.csv") == [list(RESULT_COLUMNS)]


nasty = st.text(alphabet="'\"=+-@\t\r\n,;|＝＋－＠é\U0001f600 a1", max_size=6) | st.text(max_size=6)
lines = st.builds(
    RowResult,
    file=st.just(""),
    sheet=st.just(""),
    row=st.integers(1, 2**40),
    key=nasty,
    verdict=st.sampled_from(list(Verdict)),
    code=nasty,
    field=nasty,
    message=nasty,
    batch=st.sampled_from(["", "b1"]),
    attempts=st.integers(0, 99),
    record_id=nasty,
)


@given(
    pieces=st.lists(st.lists(st.tuples(st.integers(0, 1), lines), max_size=4), max_size=3),
    delimiter=st.sampled_from([",", ";", "\t"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_columns_side_by_side_are_the_bytes_that_csv_writer_writes_row_by_row(
    tmp_path: Path, pieces: list[list[tuple[int, RowResult]]], delimiter: str
) -> None:
    results = [results_of(*piece) for piece in pieces]
    write_results(tmp_path / "results.csv", delimiter, *results)
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(RESULT_COLUMNS)
    for some in results:
        writer.writerows(result_rows(some, TABLES))
    assert (tmp_path / "results.csv").read_bytes() == (BOM + stream.getvalue()).encode()


def test_a_row_of_which_something_is_missing_is_not_lost(tmp_path: Path) -> None:
    whole = results_of((0, result()), (0, result(row=3)))
    some = replace(whole, key=pa.array([None, "a@x.fr"], pa.large_string()))
    write_results(tmp_path / "results.csv", ",", some)
    _, first, second = read(tmp_path / "results.csv")
    assert (first[2:4], second[2:4]) == (["2", ""], ["3", "a@x.fr"])


def fail_while_writing(place: Path) -> None:
    with result_writer(place, TABLES, ",") as writer:
        writer.add(results_of((0, result())))
        raise RuntimeError


def test_results_take_the_old_ones_place_only_when_they_are_whole(tmp_path: Path) -> None:
    place = tmp_path / "results.csv"
    write_results(place, ",", results_of((0, result(key="old"))))
    old = place.read_bytes()
    with pytest.raises(RuntimeError):
        fail_while_writing(place)
    assert place.read_bytes() == old
    assert [path.name for path in tmp_path.iterdir()] == ["results.csv"]


# --- issues.csv -----------------------------------------------------------------------------------

Issue = tuple[int, Severity, IssueCode, str, str, str | None, str]


def batches_of(*pieces: Sequence[Issue]) -> Iterator[pa.RecordBatch]:
    names = ["row", "severity", "code", "column", "field", "value", "detail"]
    for piece in pieces:
        columns = zip(*([str(c) if isinstance(c, str) else c for c in issue] for issue in piece),
                      strict=True)  # fmt: skip
        yield pa.record_batch([list(column) for column in columns], names=names)


def places_of(*pieces: Sequence[tuple[int, int]]) -> Iterator[pa.RecordBatch]:
    """Give (table, row number) of every row, as the run keeps them."""
    for piece in pieces:
        tables, numbers = zip(*piece, strict=True)
        yield pa.record_batch(
            [
                pa.array(tables, pa.int32()),
                pa.array(numbers, pa.int64()),
                pa.array([f"{number}@x.fr" for number in numbers], pa.large_string()),
            ],
            names=["table", "number", "key"],
        )


def test_issues_are_written_with_their_place_and_their_sentence(tmp_path: Path) -> None:
    problems = Problems(TABLES)
    issues = batches_of(
        [
            (0, Severity.SKIP, IssueCode.BLANK_ROW, "", "", None, ""),
            (1, Severity.ERROR, IssueCode.EMAIL_INVALID, "=Courriel", "key_f_EMail", "=x", "no @"),
            (1, Severity.WARNING, IssueCode.CONSENT_CONFLICT, "", "optin_News", None, "no"),
        ],
        [(3, Severity.ERROR, IssueCode.ROW_TOO_SHORT, "", "", None, "1 cell")],
    )
    places = places_of([(0, 2), (0, 3)], [(0, 4)], [(1, 2), (1, 3)])
    place = tmp_path / "issues.csv"
    write_issues(place, issues, places, TABLES, ",", problems)
    header, *lines = read(place)
    assert tuple(header) == ISSUE_COLUMNS
    assert lines == [
        ["contacts.csv", "", "3", "'=Courriel", "key_f_EMail", "error", "email-invalid", "'=x",
         '"=x" is no e-mail address: no @'],
        ["contacts.csv", "", "3", "", "optin_News", "warning", "consent-conflict", "",
         lines[1][-1]],
        ["'=évil.xlsx", "'-Feuille", "2", "", "", "error", "row-too-short", "", lines[2][-1]],
    ]  # fmt: skip
    assert "optin_News" in lines[1][-1]
    assert "1 cell" in lines[2][-1]


def test_issues_are_counted_by_their_code_with_a_few_examples(tmp_path: Path) -> None:
    problems = Problems(TABLES)
    many = [
        (row, Severity.ERROR, IssueCode.DATE_INVALID, "Jour", "f_Day", "x", "") for row in range(9)
    ]
    warning = (9, Severity.WARNING, IssueCode.TIME_DROPPED, "Jour", "f_Day", "x", "")
    places = places_of([(0, row + 2) for row in range(10)])
    path = tmp_path / "issues.csv"
    write_issues(path, batches_of(many, [warning]), places, TABLES, ",", problems)
    assert problems.counts() == {"date-invalid": 9, "time-dropped": 1}
    first, second = problems.groups()
    assert (first.severity, second.severity) == ("error", "warning")
    assert len(first.examples) == 5
    assert first.examples[0][0] == "contacts.csv, row 2"


def test_places_are_read_only_as_far_as_issues_need(tmp_path: Path) -> None:
    places = places_of([(0, 2)], [(0, 3)], [(0, 4)], [(0, 5)])
    short = (Severity.ERROR, IssueCode.ROW_TOO_SHORT, "", "", None, "1 cell")
    issues = batches_of(*([(row, *short)] for row in (0, 0, 2)))
    write_issues(tmp_path / "issues.csv", issues, places, TABLES, ",", Problems(TABLES))
    assert [line[2] for line in read(tmp_path / "issues.csv")[1:]] == ["2", "2", "4"]
    assert next(places).column("number").to_pylist() == [5]


def test_no_issues_leave_the_header_alone(tmp_path: Path) -> None:
    write_issues(tmp_path / "issues.csv", batches_of(), [], TABLES, ";", Problems(TABLES))
    assert read(tmp_path / "issues.csv", ";") == [list(ISSUE_COLUMNS)]
