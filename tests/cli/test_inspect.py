"""``inspect``: what was found out of a file, how sure that is, and what was left out."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import pytest

from importer.issues import IssueCode, Severity
from importer.model import Chunk
from importer.recognition import Recognition
from importer.sources import Source
from importer.tables import NO_HEADER, Certainty, LeftOut, Part, Reading
from tests.runs.made_up_sources import MadeUpSource, found, opened_as
from tests.runs.workshop import Workshop

SKIP = Severity.SKIP
COLUMNS = ("Email", "City")
ROWS = [["a@example.com", "Laval"], ["b@example.com", "Lévis"]]
CERTAIN = Reading("encoding", "cp1252", Certainty.CERTAIN)
LIKELY = Reading("header", "row 4", Certainty.LIKELY)
DOUBTFUL = Reading("delimiter", ";", Certainty.DOUBTFUL, (",", "tab"), 'source: {delimiter: ";"}')
TEXT: dict[str, Any] = {"encoding": "cp1252", "delimiter": ";", "quote": '"', "escape": "double"}


def lay(workshop: Workshop, monkeypatch: pytest.MonkeyPatch, *sources: Source) -> None:
    workshop.people(1)
    opened_as(monkeypatch, lambda: sources)


def shown(workshop: Workshop, *options: str) -> str:
    """Give what inspect prints, on one line."""
    done = workshop.importer("inspect", "people.csv", *options)
    assert (done.code, done.err) == (0, "")
    return " ".join(done.out.split())


# --- what was found out ---------------------------------------------------------------------------


def test_each_reading_is_told_with_how_sure_it_is(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = MadeUpSource(
        COLUMNS, ROWS, readings=(CERTAIN, DOUBTFUL, LIKELY), header_row=4, header_rows=2,
        first_row=6, **TEXT,
    )  # fmt: skip
    lay(workshop, monkeypatch, source)
    monkeypatch.setenv("COLUMNS", "200")
    text = shown(workshop)
    assert "people.csv csv · 2 rows" in text
    assert "encoding cp1252 certain" in text
    assert (
        "delimiter ; doubtful: it may be , or tab as well; in the mapping, "
        '`source: {delimiter: ";"}` settles it' in text
    )
    assert 'quote " escape double header rows 4 to 5 likely first row 6' in text


def test_a_doubt_without_alternatives_is_told_as_one(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = (
        Reading("header", "none", Certainty.DOUBTFUL, settle="source: {header_row: none}"),
        Reading("quote", "none", Certainty.LIKELY),
        Reading("escape", "double", Certainty.GIVEN),
    )
    plain = TEXT | {"delimiter": "\t", "quote": ""}
    source = MadeUpSource(
        COLUMNS, ROWS, readings=readings, header_row=NO_HEADER, first_row=1, **plain
    )
    lay(workshop, monkeypatch, source)
    text = shown(workshop)
    assert (
        "encoding cp1252 delimiter tab quote none likely escape double given header none "
        "doubtful; in the mapping, `source: {header_row: none}` settles it first row 1" in text
    )


def test_a_sheet_is_told_without_what_only_text_has(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = Reading(
        "sheet", "Clients", Certainty.DOUBTFUL, ("Archive",), "source: {sheet: Clients}"
    )
    source = MadeUpSource(
        COLUMNS, ROWS, file="b.xlsx", sheet="Clients", format="xlsx", readings=(sheet,)
    )
    lay(workshop, monkeypatch, source)
    text = shown(workshop)
    assert text.startswith("b.xlsx, sheet Clients xlsx · 2 rows sheet Clients doubtful")
    assert "delimiter" not in text


def test_names_with_line_breaks_stand_on_one_line(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = MadeUpSource(("E-mail\n(personal)", "[bold]City\x1b[31m"), ROWS)
    lay(workshop, monkeypatch, source)
    done = workshop.importer("inspect", "people.csv")
    assert "E-mail (personal)  " in done.out
    assert "[bold]City [31m" in done.out
    assert "\x1b" not in done.out


# --- what was left out ---------------------------------------------------------------------------


def messy() -> MadeUpSource:
    """A table with titles, blank and hidden rows, a total and another table."""
    rows = [[f"person{n}@example.com", "Laval"] for n in range(14)]
    rows[3] = ["Total: 3", ""]
    findings = [
        found(IssueCode.BLANK_ROW, *range(4, 11), severity=SKIP),
        found(IssueCode.HIDDEN_ROW, 1, severity=SKIP),
        found(IssueCode.FOOTER_ROW, 3, severity=SKIP),
        found(IssueCode.OTHER_TABLE, 11, 12),
        found(IssueCode.ROW_TOO_LONG, 13),
    ]
    left_out = (
        LeftOut(Part.PREAMBLE, 1, 3, 3),
        LeftOut(Part.BLANK_ROWS, 9, 15, 7, (9, 10, 11, 12, 13)),
        LeftOut(Part.HIDDEN_ROWS, 6, 6, 1, (6,)),
        LeftOut(Part.FOOTER, 8, 8, 1, (8,)),
        LeftOut(Part.OTHER_TABLE, 16, 17, 2, (16, 17)),
    )
    return MadeUpSource(
        COLUMNS, rows, findings, extra={13: ("=beyond", "x\ny")}, header_row=4, first_row=5,
        known_later={"left_out": left_out, "warnings": ("Known at the end.",)},
    )  # fmt: skip


def test_what_was_left_out_is_told_with_its_rows_from_the_top(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(workshop, monkeypatch, messy())
    text = shown(workshop)
    assert "csv · 3 rows of the table; with the others, 14 below the header" in text
    assert (
        "Not of the table: rows 1 to 3 above the header "
        "Not of the table: hidden row 6 "
        "Not of the table: row 8 below the table "
        "Not of the table: 7 blank rows: 9, 10, 11, 12, 13 and 2 more "
        "Not of the table: rows 16 to 17 of another table "
        "Warning: Known at the end." in text
    )


def test_what_was_left_out_does_not_tell_what_columns_look_like(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(workshop, monkeypatch, messy())
    (table,) = workshop.importer("inspect", "people.csv", "--json").json["tables"]
    email, _ = table["columns"]
    assert (email["look"], email["fill"]) == ("email", 1.0)


def test_hidden_rows_that_are_read_and_formulas_are_counted(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = {"hidden": 1_200, "computed": (("City", 120), ("Email", 3))}
    lay(workshop, monkeypatch, MadeUpSource(COLUMNS, ROWS, known_later=later))
    text = shown(workshop)
    assert "Hidden in the sheet, and read like the others: 1,200 rows;" in text
    assert "`source: {hidden_rows: include | leave-out}` settles it" in text
    assert 'Cells computed by formulas: "City" (120), "Email" (3)' in text
    lay(workshop, monkeypatch, MadeUpSource(COLUMNS, ROWS[:1], known_later={"hidden": 1}))
    text = shown(workshop)
    assert "csv · 1 row " in text
    assert "read like the others: 1 row;" in text
    left_out = later | {"left_out": (LeftOut(Part.HIDDEN_ROWS, 2, 9, 4, (2, 3, 5, 9)),)}
    lay(workshop, monkeypatch, MadeUpSource(COLUMNS, ROWS, known_later=left_out))
    text = shown(workshop)
    assert "Not of the table: 4 hidden rows: 2, 3, 5, 9 " in text
    assert "read like the others" not in text


# --- for programs --------------------------------------------------------------------------------


def test_the_json_has_all_of_it(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    source = messy()
    lay(workshop, monkeypatch, source)
    (table,) = workshop.importer("inspect", "people.csv", "--json").json["tables"]
    assert (table["rows"], table["table_rows"], table["header_row"]) == (14, 3, 4)
    assert table["left_out"] == [
        {"part": "preamble", "first": 1, "last": 3, "rows": 3, "numbers": []},
        {"part": "blank rows", "first": 9, "last": 15, "rows": 7, "numbers": [9, 10, 11, 12, 13]},
        {"part": "hidden rows", "first": 6, "last": 6, "rows": 1, "numbers": [6]},
        {"part": "footer", "first": 8, "last": 8, "rows": 1, "numbers": [8]},
        {"part": "other table", "first": 16, "last": 17, "rows": 2, "numbers": [16, 17]},
    ]
    assert table["warnings"] == ["Known at the end."]
    assert source.times_read == 1


def test_the_json_has_the_members_that_the_help_lists(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = (DOUBTFUL,)
    source = MadeUpSource(
        COLUMNS, ROWS, readings=readings, known_later={"computed": (("City", 2),)}
    )
    lay(workshop, monkeypatch, source)
    told = workshop.importer("inspect", "people.csv", "--json").json
    (table,) = told["tables"]
    assert table["readings"] == [
        {
            "what": "delimiter",
            "found": ";",
            "certainty": "doubtful",
            "others": [",", "tab"],
            "settle": 'source: {delimiter: ";"}',
        }
    ]
    assert table["computed"] == [{"column": "City", "cells": 2}]
    listed = workshop.importer("inspect", "--help").out.partition("With --json")[2]
    names = [*told, *table, *table["columns"][0]]
    assert [name for name in names if name not in listed] == []


def test_what_is_in_the_way_of_a_check_is_told(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = {"obstacles": (("City", "City was decoded twice."),)}
    lay(workshop, monkeypatch, MadeUpSource(COLUMNS, ROWS, known_later=later))
    assert "In the way of a check: City was decoded twice." in shown(workshop)
    done = workshop.importer("inspect", "people.csv", "--quiet")
    assert done.err == "Warning: people.csv: City was decoded twice.\n"


def test_quiet_tells_the_warnings_that_are_known_at_the_end(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(workshop, monkeypatch, messy())
    done = workshop.importer("inspect", "people.csv", "--quiet")
    assert (done.out, done.err) == ("", "Warning: people.csv: Known at the end.\n")


# --- the dump ------------------------------------------------------------------------------------


def test_the_dump_is_the_table_and_nothing_beside_it(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = messy()
    lay(workshop, monkeypatch, source)
    done = workshop.importer("inspect", "people.csv", "--dump", "out.csv", "-q")
    assert done.code == 0
    assert (workshop.folder / "out.csv").read_bytes().decode() == (
        "Email,City\n"
        "person0@example.com,Laval\n"
        "person2@example.com,Laval\n"
        'person13@example.com,Laval,=beyond,"x\ny"\n'
    )
    assert source.times_read == 1


def test_short_rows_are_dumped_as_wide_as_the_header(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: list[Any] = [["a@example.com", None], ["b@example.com", ""]]
    lay(workshop, monkeypatch, MadeUpSource(COLUMNS, rows))
    workshop.importer("inspect", "people.csv", "--dump", "out.csv", "-q")
    text = (workshop.folder / "out.csv").read_text(encoding="utf-8")
    assert text == "Email,City\na@example.com,\nb@example.com,\n"


def test_several_tables_are_all_told_and_none_is_dumped_unchosen(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = [MadeUpSource(COLUMNS, ROWS, file=f"all.zip/{name}") for name in ("a.csv", "b.csv")]
    lay(workshop, monkeypatch, *sources)
    text = shown(workshop)
    assert "all.zip/a.csv csv · 2 rows" in text
    assert "all.zip/b.csv csv · 2 rows" in text
    done = workshop.importer("inspect", "people.csv", "--dump", "out.csv")
    assert done.code == 2
    assert not (workshop.folder / "out.csv").exists()


@pytest.mark.parametrize("existing", ["file", "link", "other name"])
def test_the_dump_never_takes_the_place_of_what_is_read(workshop: Workshop, existing: str) -> None:
    source = workshop.people(1)
    content = source.read_bytes()
    target = workshop.folder / "out.csv"
    if existing == "file":
        target = source
    elif existing == "link":
        target.symlink_to(source)
    else:
        target.hardlink_to(source)
    done = workshop.importer("inspect", "people.csv", "--dump", target.name)
    assert (done.code, done.out, len(done.lines)) == (4, "", 1)
    assert f"{target.name} is the file that is read: name another one for --dump" in done.err
    assert source.read_bytes() == target.read_bytes() == content


def test_the_dump_takes_the_place_of_another_file(workshop: Workshop) -> None:
    workshop.people(1)
    target = workshop.folder / "out.csv"
    target.write_text("of yesterday")
    assert workshop.importer("inspect", "people.csv", "--dump", "out.csv", "-q").code == 0
    assert target.read_text("utf-8").startswith("Email,")


def test_standard_input_leaves_no_copy_that_has_a_name(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rooms = tmp_path / "temporary"
    rooms.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(rooms))
    seen: list[list[Path]] = []
    told = Recognition.add

    def add(self: Recognition, chunk: Chunk) -> None:
        seen.append([*rooms.iterdir()])
        told(self, chunk)

    monkeypatch.setattr(Recognition, "add", add)
    content = b"Email,City\n" + b"a@example.com,Laval\n" * 200_000
    done = workshop.importer("inspect", "-", "--json", stdin=content)
    assert done.json["tables"][0]["rows"] == 200_000
    assert seen
    assert not any(seen)


def test_standard_input_may_be_packed_and_is_read_by_its_bytes(workshop: Workshop) -> None:
    packed = gzip.compress(b"Email;City\na@example.com;Laval\n")
    (table,) = workshop.importer("inspect", "-", "--json", stdin=packed).json["tables"]
    assert (table["file"], table["delimiter"], table["rows"]) == ("-", ";", 1)
    done = workshop.importer("inspect", "-", stdin=packed[:-12])
    assert (done.code, len(done.lines)) == (4, 1)
    assert "- is cut off" in done.err


def test_standard_input_that_cannot_be_read_is_one_line(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(workshop, "_input", Broken)
    done = workshop.importer("inspect", "-")
    assert (done.code, done.lines) == (
        4, ["importer: standard input cannot be read: Input/output error"],
    )  # fmt: skip


def test_all_files_of_a_folder_that_cannot_be_read_are_told_at_once(workshop: Workshop) -> None:
    workshop.write("in/a.csv", b"")
    workshop.write("in/b.csv.gz", b"\x1f\x8bno")
    workshop.write("in/c.csv", b"Email\na@example.com\n")
    done = workshop.importer("inspect", "in")
    assert done.code == 4
    assert [line.split(" is")[0] for line in done.lines] == [
        "importer: in/a.csv", "importer: in/b.csv.gz",
    ]  # fmt: skip


def test_what_lies_in_a_folder_and_is_not_read_is_told(workshop: Workshop) -> None:
    workshop.write("in/a.csv", b"Email\na@example.com\n")
    workshop.write("in/notes.docx", b"x")
    done = workshop.importer("inspect", "in")
    assert done.code == 0
    (line,) = done.lines
    assert line.startswith("Passed over: in/notes.docx: ")
    told = workshop.importer("inspect", "in", "--json").json["passed_over"]
    assert [line.removeprefix("Passed over: ")] == told


def test_a_dump_that_cannot_be_written_is_one_line_and_leaves_nothing(workshop: Workshop) -> None:
    workshop.people(1)
    done = workshop.importer("inspect", "people.csv", "--dump", "gone/out.csv")
    assert (done.code, len(done.lines)) == (4, 1)
    assert "gone/out.csv cannot be written" in done.err


def test_a_file_that_cannot_be_read_to_its_end_leaves_no_dump(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(MadeUpSource):
        def chunks(self, rows: int = 50_000) -> Any:
            yield from super().chunks(rows)
            raise OSError(5, "Input/output error")

    lay(workshop, monkeypatch, Broken(COLUMNS, ROWS))
    done = workshop.importer("inspect", "people.csv", "--dump", "out.csv")
    assert done.code == 4
    assert [path.name for path in workshop.folder.glob("*out*")] == []
