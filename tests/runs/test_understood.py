"""What was understood of a table: kept by the run, told by its summary, heeded by its checks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from importer import pipeline
from importer.issues import IssueCode, Severity
from importer.journal import Journal
from importer.run_facts import _sha256
from importer.run_folder import FileFacts, RunFolder
from importer.tables import Certainty, LeftOut, Part, Reading
from tests.runs.made_up_sources import MadeUpSource, found, opened_as
from tests.runs.workshop import Workshop

COLUMNS = ("Email", "First", "City")
GOOD = ["a@example.com", "Anne", "Laval"]
READING = Reading("delimiter", ";", Certainty.DOUBTFUL, (",",), 'source: {delimiter: ";"}')
SKIP, WARNING = Severity.SKIP, Severity.WARNING


def lay(workshop: Workshop, monkeypatch: pytest.MonkeyPatch, *sources: MadeUpSource) -> None:
    workshop.people(1)
    opened_as(monkeypatch, lambda: sources)


def test_all_that_was_understood_comes_back_from_the_journal(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    later: dict[str, Any] = {
        "readings": (READING,),
        "left_out": (LeftOut(Part.PREAMBLE, 1, 3, 3), LeftOut(Part.BLANK_ROWS, 7, 7, 1)),
        "computed": (("City", 3),),
        "encoding": "cp1252",
        "hidden": 0,
    }
    source = MadeUpSource(
        COLUMNS, [GOOD], known_later=later, header_row=4, header_rows=2, first_row=6, quote="'"
    )
    lay(workshop, monkeypatch, source)
    assert workshop.importer("check", "people.csv").code == 0
    with Journal.open(RunFolder(workshop.run_folder()).journal) as journal:
        (table,) = pipeline.tables_of(journal)
    assert table.rows == 1
    assert table.readings == (READING,)
    assert table.left_out == later["left_out"]
    assert table.computed == (("City", 3),)
    assert (table.columns, table.header_row, table.quote) == (COLUMNS, 4, "'")


def test_the_summary_tells_what_was_found_and_nothing_that_a_cell_holds(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = MadeUpSource(
        COLUMNS, [GOOD],
        known_later={
            "left_out": (LeftOut(Part.FOOTER, 3, 4, 2, (3, 4)),), "computed": (("City", 1),),
        },
        readings=(READING,), delimiter=";",
    )  # fmt: skip
    lay(workshop, monkeypatch, source)
    assert workshop.importer("check", "people.csv").code == 0
    (told,) = workshop.summary()["files"]
    assert told["readings"][0]["certainty"] == "doubtful"
    assert told["left_out"] == [
        {"part": "footer", "first": 3, "last": 4, "rows": 2, "numbers": [3, 4]}
    ]
    assert told["computed"] == {"City": 1}
    text = (workshop.run_folder() / "summary.json").read_text(encoding="utf-8")
    assert "Anne" not in text
    assert "a@example.com" not in text
    page = (workshop.run_folder() / "report.html").read_text(encoding="utf-8")
    assert "rows 3 to 4 below the table" in page


def test_warnings_that_are_known_only_at_the_end_are_told(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = {"warnings": ("Known at once.", "Known at the end.")}
    source = MadeUpSource(
        (*COLUMNS, "Notes"), [[*GOOD, ""]], known_later=later, warnings=("Known at once.",)
    )
    lay(workshop, monkeypatch, source)
    done = workshop.importer("check", "people.csv", "-m", "people")
    assert workshop.summary()["warnings"] == [
        "Known at once.",
        "Known at the end.",
        'people.csv: no entry of the mapping names the column "Notes"; nothing of it is sent.',
    ]
    assert "Warning: Known at the end." in done.err


@pytest.mark.parametrize("command", [["check"], ["run", "--yes"]])
def test_what_the_mapping_must_settle_first_is_told_of_every_file_and_leaves_no_run(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    later = {"obstacles": (("City", "City was decoded twice."),)}
    sources = [
        MadeUpSource(COLUMNS, [GOOD], file=name, known_later=later) for name in ("a.csv", "b.csv")
    ]
    lay(workshop, monkeypatch, *sources)
    done = workshop.importer(*command, "people.csv", "-m", "people")
    assert done.code == 4
    assert done.lines == [
        "importer: a.csv: City was decoded twice.",
        "importer: b.csv: City was decoded twice.",
    ]
    assert workshop.run_folders() == []
    assert workshop.network.requests == []


def test_every_row_that_a_source_speaks_of_ends_in_one_verdict(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [[f"person{n}@example.com", "Anne", "Laval"] for n in range(9)]
    findings = [
        found(IssueCode.BLANK_ROW, 0, severity=SKIP),
        found(IssueCode.HIDDEN_ROW, 1, severity=SKIP),
        found(IssueCode.FOOTER_ROW, 2, severity=SKIP),
        found(IssueCode.OTHER_TABLE, 3),
        found(IssueCode.ROW_TOO_SHORT, 4, severity=WARNING),
        found(IssueCode.FILE_CUT_OFF, 5),
        found(IssueCode.CELL_ERROR, 6, 1, column="City"),
        found(IssueCode.CELL_ERROR, 7, column="Notes"),
    ]
    source = MadeUpSource((*COLUMNS, "Notes"), [[*row, ""] for row in rows], findings)
    lay(workshop, monkeypatch, source)
    assert workshop.importer("run", "people.csv", "-m", "people", "--yes").code == 3
    ends = [(line["verdict"], line["code"], line["field"]) for line in workshop.results()]
    assert ends == [
        ("skipped", "blank-row", ""),
        ("skipped", "hidden-row", ""),
        ("skipped", "footer-row", ""),
        ("invalid", "other-table", ""),
        ("created", "", ""),
        ("invalid", "file-cut-off", ""),
        ("invalid", "cell-error", "f_City"),
        ("created", "", ""),
        ("created", "", ""),
    ]
    issues = [(line["row"], line["code"]) for line in workshop.results("issues.csv")]
    assert issues == [
        ("5", "other-table"),
        ("6", "row-too-short"),
        ("7", "file-cut-off"),
        ("8", "cell-error"),
    ]
    assert "City holds the error #N/A" in workshop.results()[6]["message"]


@pytest.mark.parametrize(
    ("header_row", "said"),
    [
        (1, "there is no row below the header: get a file that has contacts, or write "
            "`source: {header_row: none}` in the mapping if the first row is one"),
        (0, "there is no row to read: get a file that has contacts"),
    ],
)  # fmt: skip
def test_a_table_without_rows_is_refused_with_what_to_do(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, header_row: int, said: str
) -> None:
    lay(workshop, monkeypatch, MadeUpSource(COLUMNS, [], header_row=header_row))
    done = workshop.importer("check", "people.csv", "-m", "people")
    assert (done.code, done.lines) == (4, [f"importer: people.csv: {said}"])
    assert workshop.run_folders() == []


def test_a_table_without_a_header_is_mapped_by_position_and_can_be_fixed(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.write(
        "mappings/people.yaml",
        "name: people\ntarget: dialog-insight\nsource: {header_row: none}\n"
        "columns: {column 1: key_f_EMail, column 3: f_City}\nunmapped_columns: ignore\n",
    )
    names = ("column 1", "column 2", "column 3")
    rows = [GOOD, ["no address", "Zoé", "Sorel"]]
    lay(workshop, monkeypatch, MadeUpSource(names, rows, header_row=0, first_row=1))
    assert workshop.importer("run", "people.csv", "--yes").code == 3
    assert workshop.contact("a@example.com")["f_City"] == "Laval"
    assert [line["row"] for line in workshop.results()] == ["1", "2"]
    (to_fix,) = workshop.results("to-fix.csv")
    assert list(to_fix) == [*names, "import_errors"]


def test_rows_that_are_accepted_ragged_are_accepted_when_they_are_fixed(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapping = (workshop.folder / "mappings" / "people.yaml").read_text(encoding="utf-8")
    workshop.write("mappings/people.yaml", mapping + "source: {ragged_rows: accept}\n")
    accepted = found(IssueCode.ROW_TOO_LONG, 0, severity=WARNING)
    source = MadeUpSource(
        COLUMNS, [["no address", "Zoé", "Sorel"]], [accepted], extra={0: ("beyond",)}
    )
    lay(workshop, monkeypatch, source)
    assert workshop.importer("check", "people.csv").code == 3
    (to_fix,) = workshop.results("to-fix.csv")
    assert list(to_fix.values())[:3] == ["no address", "Zoé", "Sorel"]
    assert "no e-mail address" in to_fix["import_errors"]


@pytest.mark.parametrize(
    ("table", "sha256"),
    [("all.zip", "1"), ("all.zip/june.csv", "1"), ("all.zip: a.csv", "1"), ("all.zip.csv", "2")],
)
def test_a_table_within_an_archive_has_the_sum_of_the_archive(table: str, sha256: str) -> None:
    files = [
        FileFacts(path=path, absolute=str(Path("/in", path)), sha256=sum_, bytes=1)
        for path, sum_ in (("all.zip", "1"), ("all.zip.csv", "2"))
    ]
    assert _sha256(table, files) == sha256
