from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from importer.journal import Journal, Lookup
from importer.model import Difference, Outcome, Verdict
from importer.reconciliation import reconcile
from importer.reports.summary import VerifiedTotals
from importer.reports.verified import (
    MOST_SHOWN,
    VERIFIED_COLUMNS,
    ReadBack,
    ReadBackLine,
    ReadBackShown,
    Result,
    verified_totals,
    verified_words,
    worse_code,
)
from importer.row_results import RowResults
from importer.tables import TableDescription
from tests.plans import AT, Planned, Row, invalid, plan_of, settle, skipped, tables_of

CITY = Difference("f_City", "Paris", "Lyon")
NEWS = Difference("optin_News", "yes", "")
SAME = Lookup(0, AT, found=True)
OTHER = Lookup(1, AT, True, (CITY, NEWS))
MISSING = Lookup(2, AT, found=False)
REJECTED = Outcome(Verdict.REJECTED, "not-in-account")


def planned(place: Path, *, count: int = 4) -> Planned:
    """Two files: rows that are no contacts stand between those that are."""
    good = [Row(f"{n}@x.fr") for n in range(count)]
    return plan_of(place, [[[skipped(), good[0]], [invalid(), good[1]]], [good[2:]]])


def results_of(made: Planned, *verdicts: Verdict) -> list[RowResults]:
    with Journal.create(made.folder.journal) as journal:
        settle(journal, 0, *verdicts)
        return list(reconcile(made.folder, journal, tables_of(2), planned=made.facts.planned))


def write(
    made: Planned,
    results: Sequence[RowResults],
    lookups: Sequence[Lookup],
    tables: Sequence[TableDescription] = tables_of(2),
    delimiter: str = ",",
) -> ReadBackShown:
    with ReadBack(made.folder, lookups, tables, delimiter) as read_back:
        for some in results:
            read_back.add(some)
    return read_back.shown


def lines(made: Planned) -> list[str]:
    text = (made.folder.path / "verified.csv").read_bytes().decode("utf-8-sig")
    assert text.endswith("\r\n")
    return text.removesuffix("\r\n").split("\r\n")


@pytest.fixture
def made(tmp_path: Path) -> Planned:
    return planned(tmp_path)


@pytest.fixture
def results(made: Planned) -> list[RowResults]:
    return results_of(made, Verdict.CREATED, Verdict.UPDATED, Verdict.ACCEPTED, Verdict.UNKNOWN)


# --- verified.csv --------------------------------------------------------------------------------


def test_each_difference_has_a_line_and_so_has_each_contact_without(
    made: Planned, results: list[RowResults]
) -> None:
    assert ",".join(VERIFIED_COLUMNS) == "file,sheet,row,key,verdict,result,field,sent,stored"
    write(made, results, [SAME, OTHER, MISSING, Lookup(3, AT, found=True)])
    assert lines(made) == [
        ",".join(VERIFIED_COLUMNS),
        "file1.csv,,3,0@x.fr,created,same,,,",
        "file1.csv,,5,1@x.fr,updated,different,f_City,Paris,Lyon",
        "file1.csv,,5,1@x.fr,updated,different,optin_News,yes,",
        "file2.csv,,2,2@x.fr,accepted,missing,,,",
        "file2.csv,,3,3@x.fr,unknown,same,,,",
    ]


def test_only_what_was_looked_up_has_a_line(made: Planned, results: list[RowResults]) -> None:
    write(made, results, [MISSING])
    assert lines(made)[1:] == ["file2.csv,,2,2@x.fr,accepted,missing,,,"]


def test_there_is_no_file_when_nothing_was_looked_up(
    made: Planned, results: list[RowResults]
) -> None:
    assert write(made, results, []) == ReadBackShown()
    assert not (made.folder.path / "verified.csv").exists()


def test_results_may_come_in_stretches_and_the_bytes_are_the_same_each_time(
    made: Planned, results: list[RowResults]
) -> None:
    lookups = [MISSING, OTHER, SAME]
    path = made.folder.path / "verified.csv"
    write(made, results, lookups)
    whole = path.read_bytes()
    path.unlink()
    write(made, [one for some in results for one in cut(some)], lookups)
    assert path.read_bytes() == whole


def cut(some: RowResults) -> Iterator[RowResults]:
    """Give each row of some results on its own."""
    columns = ("table", "number", "key", "end", "batch", "attempts", "record_id")
    for at in range(len(some)):
        yield replace(
            some,
            first=some.first + at,
            **{name: getattr(some, name)[at : at + 1] for name in columns},
        )


def test_it_is_written_like_the_other_reports(made: Planned, results: list[RowResults]) -> None:
    write(made, results, [SAME], delimiter=";")
    content = (made.folder.path / "verified.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbffile;sheet;row;key;verdict;result;")
    assert content.endswith(b"created;same;;;\r\n")


def test_promise_7_no_cell_can_run(made: Planned, results: list[RowResults]) -> None:
    tables = [
        TableDescription("=évil.xlsx", "-Feuille", "xlsx", ("a",), 1),
        TableDescription("b.csv", "", "csv", ("a",), 1),
    ]
    evil = Lookup(0, AT, True, (Difference("f_City", "=1+1", '@SUM("x")'),))
    some = replace(results[0], key=pa.array(["+cmd|x"] * len(results[0]), pa.large_string()))
    write(made, [some], [evil], tables)
    assert lines(made)[1] == (
        '\'=évil.xlsx,\'-Feuille,3,\'+cmd|x,created,different,f_City,\'=1+1,"\'@SUM(""x"")"'
    )


def test_an_interrupted_writing_leaves_the_file_that_was_there(
    made: Planned, results: list[RowResults]
) -> None:
    write(made, results, [SAME])
    before = lines(made)
    with (  # noqa: PT012 - what is interrupted is the writing inside
        pytest.raises(KeyboardInterrupt),
        ReadBack(made.folder, [OTHER], tables_of(2), ",") as read_back,
    ):
        read_back.add(results[0])
        raise KeyboardInterrupt
    assert lines(made) == before


# --- what the page shows -------------------------------------------------------------------------


def test_missing_contacts_are_shown_first_and_good_ones_not(
    made: Planned, results: list[RowResults]
) -> None:
    shown = write(made, results, [SAME, OTHER, MISSING])
    assert shown == ReadBackShown(
        (
            ReadBackLine("file2.csv, row 2", "2@x.fr", Result.MISSING),
            ReadBackLine("file1.csv, row 5", "1@x.fr", Result.DIFFERENT, "f_City", "Paris", "Lyon"),
            ReadBackLine("file1.csv, row 5", "1@x.fr", Result.DIFFERENT, "optin_News", "yes", ""),
        )
    )


def test_the_page_shows_so_many_lines_and_counts_the_others(tmp_path: Path) -> None:
    made = planned(tmp_path, count=100)
    results = results_of(made, *[Verdict.CREATED] * 100)
    lookups = [replace(OTHER, position=n) for n in range(45)]
    lookups += [replace(MISSING, position=n) for n in range(95, 100)]
    shown = write(made, results, lookups)
    assert len(shown.lines) == MOST_SHOWN
    assert [one.result for one in shown.lines[:6]] == [Result.MISSING] * 5 + [Result.DIFFERENT]
    assert shown.left == 95 - MOST_SHOWN


# --- totals, code and words ----------------------------------------------------------------------


def test_totals_count_each_contact_once() -> None:
    lookups = [
        SAME,
        OTHER,
        MISSING,
        replace(SAME, outcome=Outcome(Verdict.ACCEPTED)),
        replace(MISSING, outcome=REJECTED),
        replace(OTHER, outcome=Outcome(Verdict.UNKNOWN)),
    ]
    assert verified_totals(lookups) == VerifiedTotals(
        looked_up=6, same=2, different=2, missing=2, settled=2
    )
    assert verified_totals([]) == VerifiedTotals(looked_up=0, same=0, different=0, missing=0)


GOOD = VerifiedTotals(looked_up=2, same=2, different=0, missing=0)


@pytest.mark.parametrize("code", [0, 1, 3, 5, 6, 130, 143])
def test_promise_6_differences_make_a_run_partly_written_and_nothing_better(code: int) -> None:
    for wrong in (GOOD.model_copy(update={"different": 1}), GOOD.model_copy(update={"missing": 1})):
        assert worse_code(code, wrong) == (code or 3)
    assert worse_code(code, GOOD) == code
    assert worse_code(code, None) == code


@pytest.mark.parametrize(
    ("same", "different", "missing", "words"),
    [
        (0, 0, 0, "No contact was looked up in the account after sending."),
        (1, 0, 0, "1 contact was looked up in the account after sending: it is stored as sent."),
        (
            20_000,
            0,
            0,
            "20,000 contacts were looked up in the account after sending: all are stored "
            "as sent.",
        ),
        (
            17,
            2,
            1,
            "20 contacts were looked up in the account after sending: 1 not there, 2 stored with "
            "other values, 17 stored as sent.",
        ),
        (0, 1, 0, "1 contact was looked up in the account after sending: 1 stored with other "
         "values."),
    ],
)  # fmt: skip
def test_words_say_the_gravest_first(same: int, different: int, missing: int, words: str) -> None:
    totals = VerifiedTotals(
        looked_up=same + different + missing, same=same, different=different, missing=missing
    )
    assert verified_words(totals) == words


def test_many_rows_are_looked_through_in_order(tmp_path: Path) -> None:
    made = planned(tmp_path, count=1_000)
    results = results_of(made, *[Verdict.CREATED] * 1_000)
    wanted = np.arange(0, 1_000, 7).tolist()
    write(made, results, [Lookup(n, AT, found=True) for n in wanted])
    assert [line.split(",")[3] for line in lines(made)[1:]] == [f"{n}@x.fr" for n in wanted]
