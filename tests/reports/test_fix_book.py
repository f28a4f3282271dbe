from __future__ import annotations

import csv
import json
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from importer.issues import IssueCode
from importer.language import speaking
from importer.model import Chunk, Reason
from importer.reports.fixes import FixWriter, Mending
from importer.reports.fixes.book import FixBook, Look
from importer.reports.fixes.names import SheetNames
from importer.sources import open_sources
from importer.tables import ERRORS_COLUMN, NO_CELL, SourceOptions, TableDescription
from tests.reports.test_fixes import Original, read, sources_of, table_of

if TYPE_CHECKING:
    from tests.offices import Office

SHARED = Path(__file__).parents[2].parent / "shared"
ANY = SourceOptions()
DANGEROUS = (
    "=1+1", "+1+1", "-1+1", "@SUM(1)", " =1+1", "\t=1+1", "＝1+1", "'=1+1", "x;=1+1",
    "=cmd|' /C calc'!A0", '=HYPERLINK("http://127.0.0.1")', "x\n=1+1", "{=1+1}",
    "+1 514 555-0123", "-5", "007", "1e5", "TRUE", "#N/A", "2026-01-02", "<r>a</r>", "<r>", "</r>",
)  # fmt: skip


def reason(column: str, message: str = "No @.", field: str = "") -> Reason:
    return Reason(message, column, field)


def written(
    folder: Path,
    rows: Sequence[Sequence[str]],
    reasons: Sequence[Reason] = (Reason("wrong", "Courriel"),),
    *,
    extra: Sequence[str] = (),
    tables: Sequence[TableDescription] = (table_of(),),
    places: Sequence[Mapping[str, tuple[int, ...]]] = (),
    command: str = "",
    **limits: int,
) -> Path:
    """Write a workbook whose rows, one after the other, are those of the tables in turn."""
    path = folder / "to-fix.xlsx"
    with FixBook(path, tables, places, command, **limits) as book:
        for at, cells in enumerate(rows):
            book.add(at % len(tables), cells, extra, reasons)
    return path


def cells_of(sheet: Any) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def notes_of(path: Path) -> str:
    first = openpyxl.load_workbook(path).worksheets[0]
    return "\n".join(str(row[0].value) for row in first.iter_rows() if row[0].value is not None)


def colour(cell: Any) -> str:
    return "#" + cell.fill.start_color.rgb[2:] if cell.fill.fill_type else ""


def chunks_of(path: Path, options: SourceOptions = ANY) -> list[Chunk]:
    return [chunk for source in open_sources(path, options=options) for chunk in source.chunks()]


def rows_read(path: Path, options: SourceOptions = ANY) -> list[list[str]]:
    return [row for chunk in chunks_of(path, options) for row in chunk.frame.to_numpy().tolist()]


# --- what it shows --------------------------------------------------------------------------------


def test_bad_cells_are_coloured_and_say_why_in_a_comment(tmp_path: Path) -> None:
    path = written(tmp_path, [["a@", "007", ""]], [reason("Courriel"), reason("Ville", "Blank.")])
    sheet = openpyxl.load_workbook(path)["contacts"]
    assert cells_of(sheet) == [
        ["Courriel", "Nom", "Ville", ERRORS_COLUMN],
        ["a@", "007", None, "No @.; Blank."],
    ]
    address, name, city, errors = sheet[2]
    assert [colour(cell) for cell in sheet[2]] == [Look.BAD, "", Look.BAD, ""]
    assert (address.comment.text, city.comment.text) == ("No @.", "Blank.")
    assert name.comment is errors.comment is None


def test_what_is_said_of_a_row_as_a_whole_stands_at_its_reasons(tmp_path: Path) -> None:
    path = written(tmp_path, [["a@", "", ""]], [Reason("A duplicate."), Reason("Too long.")])
    errors = openpyxl.load_workbook(path)["contacts"]["D2"]
    assert colour(errors) == Look.BAD
    assert errors.comment.text == "A duplicate.\nToo long."


def test_a_refused_field_leads_to_the_columns_it_was_made_of(tmp_path: Path) -> None:
    places = [{"f_Name": (1, 2)}]
    path = written(
        tmp_path, [["a@", "b", "c"]], [Reason("Too long", field="f_Name")], places=places
    )
    sheet = openpyxl.load_workbook(path)["contacts"]
    assert [colour(cell) for cell in sheet[2]] == ["", Look.BAD, Look.BAD, ""]
    path = written(tmp_path, [["a@", "b", "c"]], [Reason("Odd", field="f_Other")], places=places)
    assert colour(openpyxl.load_workbook(path)["contacts"]["D2"]) == Look.BAD


def test_cells_that_were_changed_look_otherwise_and_nothing_hides_what_is_wrong(
    tmp_path: Path,
) -> None:
    changed = Reason("Another row says no.", "Nom", told=True)
    path = written(tmp_path, [["a@", "no", ""]], [reason("Courriel"), changed])
    sheet = openpyxl.load_workbook(path)["contacts"]
    assert [colour(cell) for cell in sheet[2]] == [Look.BAD, Look.TOLD, "", ""]
    assert "nothing to correct" in notes_of(path)
    path = written(tmp_path, [["a@", "no", ""]], [reason("Nom"), changed])
    assert colour(openpyxl.load_workbook(path)["contacts"]["B2"]) == Look.BAD
    path = written(tmp_path, [["a@", "no", ""]], [changed, reason("Nom")])
    assert colour(openpyxl.load_workbook(path)["contacts"]["B2"]) == Look.BAD


def test_each_sheet_has_a_fixed_header_a_filter_and_texts_only(tmp_path: Path) -> None:
    path = written(tmp_path, [["a@", "", "Laval"]] * 3)
    sheet = openpyxl.load_workbook(path)["contacts"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:D4"
    assert {cell.number_format for row in sheet.iter_rows() for cell in row} == {"@"}
    assert all(5 < sheet.column_dimensions[letter].width < 100 for letter in "ABCD")


def test_texts_that_begin_like_formulas_are_marked_as_texts(tmp_path: Path) -> None:
    path = written(tmp_path, [["=1", "'a", "+1 514 555-0123"], ["a@", "b", "c"]])
    sheet = openpyxl.load_workbook(path)["contacts"]
    assert [cell.quotePrefix for cell in sheet[2]] == [True, True, False, False]
    assert [cell.data_type for cell in sheet[2]] == ["s"] * 4
    assert not any(cell.quotePrefix for cell in sheet[3])


def test_the_first_sheet_says_what_to_do(tmp_path: Path) -> None:
    command = "importer run runs/x/to-fix.xlsx -m people"
    told = notes_of(written(tmp_path, [["a@", "", ""]] * 2, command=command))
    assert told.startswith("to-fix.xlsx\n2 rows were not imported")
    assert command in told
    assert 'Sheet "contacts": 2 rows, from contacts.csv' in told
    for unasked in (NO_CELL, "right of import_errors", "comments, or not", "not in this workbook"):
        assert unasked not in told
    assert "importer run" in notes_of(written(tmp_path, [["a@", "", ""]]))


def test_the_first_sheet_speaks_the_language_of_the_run(tmp_path: Path) -> None:
    with speaking("fr"):
        path = written(tmp_path, [["a@", "", ""]])
    assert notes_of(path).startswith("to-fix.xlsx\n")
    assert [row[0] for row in rows_read(path)] == ["a@"]


# --- when it is written ---------------------------------------------------------------------------


def test_without_rows_there_is_no_workbook_and_an_old_one_goes(tmp_path: Path) -> None:
    path = written(tmp_path, [["a@", "", ""]])
    assert path.exists()
    written(tmp_path, [])
    assert list(tmp_path.iterdir()) == []


def write_and_fail(path: Path, rows: int) -> None:
    with FixBook(path, [table_of()]) as book:
        for _ in range(rows):
            book.add(0, ["b@", "", ""], (), [reason("Nom")])
        raise RuntimeError


@pytest.mark.parametrize("rows", [0, 3])
def test_an_error_leaves_the_old_workbook_and_nothing_beside(tmp_path: Path, rows: int) -> None:
    path = written(tmp_path, [["a@", "", ""]])
    before = path.read_bytes()
    with pytest.raises(RuntimeError):
        write_and_fail(path, rows)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["to-fix.xlsx"]


def test_same_rows_make_the_same_bytes(tmp_path: Path) -> None:
    first = written(tmp_path, [["a@", "=1", ""]] * 3).read_bytes()
    assert written(tmp_path, [["a@", "=1", ""]] * 3).read_bytes() == first


def test_nothing_is_kept_outside_the_folder_while_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "gone"
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))  # whoever asks for it fails
    run = tmp_path / "run"
    run.mkdir()
    path = written(run, [["a@", "", ""]])
    assert path.stat().st_mode & 0o077 == 0
    assert [one.name for one in run.iterdir()] == ["to-fix.xlsx"]


@pytest.mark.parametrize(
    ("form", "asked", "there"),
    [("csv", None, False), ("xlsx", None, True), ("csv", True, True), ("xlsx", False, False)],
)
def test_a_workbook_is_written_for_workbooks_or_as_asked(
    tmp_path: Path, form: str, asked: bool | None, there: bool
) -> None:
    table = TableDescription("contacts", "", form, ("Courriel", "Nom", "Ville"), 1)
    originals: dict[int, Original] = {0: (("a@", "Éva", "Lévis"), ())}
    if asked is False:  # one that was asked for once stays true
        (tmp_path / "to-fix.xlsx").write_bytes(b"old")
    with FixWriter(
        tmp_path, [table], sources_of(originals), ",", Mending(workbook=asked)
    ) as writer:
        writer.write(0, [0], {0: (reason("Courriel"),)})
    assert (tmp_path / "to-fix.xlsx").exists() is there
    assert (tmp_path / "to-fix.csv").exists()


def test_both_files_are_made_of_one_reading(tmp_path: Path) -> None:
    originals: dict[int, Original] = {
        0: (("a@", None, None), ()),
        1: (("=1", "Éva", "Lévis"), ("QC",)),
    }
    with FixWriter(
        tmp_path, [table_of()], sources_of(originals), ",", Mending(workbook=True)
    ) as writer:
        writer.write(0, [0, 0], {row: (Reason("wrong", "Courriel"),) for row in originals})
    assert read(tmp_path / "to-fix.csv")[1:] == [
        ["a@", "wrong"], ["'=1", "Éva", "Lévis", "QC", "wrong"],
    ]  # fmt: skip
    sheet = openpyxl.load_workbook(tmp_path / "to-fix.xlsx")["contacts"]
    assert cells_of(sheet)[1:] == [
        ["a@", NO_CELL, NO_CELL, "wrong", None],
        ["=1", "Éva", "Lévis", "wrong", "QC"],
    ]


# --- what a workbook can hold ---------------------------------------------------------------------


def test_a_full_sheet_is_followed_by_another(tmp_path: Path) -> None:
    path = written(tmp_path, [[f"{n}@", "", ""] for n in range(5)], most_rows=3)
    names = openpyxl.load_workbook(path).sheetnames[1:]
    assert names == ["contacts", "contacts (2)", "contacts (3)"]
    assert [row[0] for row in rows_read(path)] == [f"{n}@" for n in range(5)]


def test_comments_end_where_there_are_too_many_and_colours_do_not(tmp_path: Path) -> None:
    path = written(tmp_path, [["a@", "", ""]] * 4, most_comments=2)
    sheet = openpyxl.load_workbook(path)["contacts"]
    assert [row[0].comment is not None for row in sheet.iter_rows(min_row=2)] == [True] * 2 + [
        False
    ] * 2
    assert {colour(row[0]) for row in sheet.iter_rows(min_row=2)} == {Look.BAD}
    assert "2 rows have no comments" in notes_of(path)


@pytest.mark.parametrize("text", ["x" * 32_768, "😀" * 16_384])
def test_a_text_that_no_cell_holds_is_left_out_and_said(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, [["a@", text, ""], ["b@", text[: 32_767 // 2], ""]])
    assert [row[0] for row in rows_read(path)] == ["b@"]
    assert "1 row is not in this workbook" in notes_of(path)


def test_more_columns_than_a_sheet_has_are_left_out_and_said(tmp_path: Path) -> None:
    path = written(tmp_path, [["a@", "", ""]], extra=["x"] * 16_381)
    assert openpyxl.load_workbook(path).sheetnames == ["Read me first"]
    assert "not in this workbook" in notes_of(path)


def test_long_reasons_are_cut(tmp_path: Path) -> None:
    path = written(tmp_path, [["a@", "", ""]], [Reason("w" * 40_000, "Nom")])
    sheet = openpyxl.load_workbook(path)["contacts"]
    assert 10_000 < len(sheet["D2"].value) < 32_767
    assert len(sheet["B2"].comment.text) == 2_000


@given(wanted=st.lists(st.text(max_size=40), max_size=8))
@example(wanted=["\N{GRINNING FACE}" * 31, "a" + "\N{GRINNING FACE}" * 31, "\ufffe"])
@settings(deadline=None, max_examples=100)
def test_sheets_have_names_that_excel_allows(wanted: list[str]) -> None:
    names = SheetNames()
    found = [names.free(one) for one in wanted]
    assert len({name.casefold() for name in found}) == len(found)
    for name in found:
        assert 0 < len(name.encode("utf-16-le")) // 2 <= 31
        assert not set(name) & set("[]:*?/\\\ufffe\uffff")
        assert name[0] != "'" != name[-1]
        assert name.casefold() != "history"


def test_sheets_are_called_as_they_were_or_like_the_file() -> None:
    names = SheetNames()
    tables = (
        table_of("in/a.xlsx", "Clients [2026]"),
        table_of("b.xlsx", "clients [2026]"),
        table_of("in/liste.csv"),
        table_of("-"),
    )
    assert [names.of(table) for table in tables] == [
        "Clients -2026-", "clients -2026- (2)", "liste", "standard-input",
    ]  # fmt: skip


# --- read again -----------------------------------------------------------------------------------

cell = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\ufffe\uffff"), max_size=12),
    st.text(alphabet="'=+-@\t\r\n_x000D ＝;\"<>&r/\x00\x0b\x1f", max_size=14),
    st.sampled_from(DANGEROUS),
)


@given(rows=st.lists(st.tuples(cell, cell), min_size=1, max_size=20))
@settings(deadline=None, max_examples=30)
def test_every_text_is_read_again_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("run")
    path = written(folder, [[f"{n}@", a, b] for n, (a, b) in enumerate(rows)])
    assert [[(cell or "").strip() for cell in row[1:]] for row in rows_read(path)] == [
        [cell.strip() for cell in row] for row in rows
    ]


def test_dangerous_and_naughty_texts_are_texts_for_openpyxl(tmp_path: Path) -> None:
    path = written(tmp_path, [["a@", text, ""] for text in DANGEROUS])
    sheet = openpyxl.load_workbook(path)["contacts"]
    found = [row[1] for row in sheet.iter_rows(min_row=2)]
    assert [one.value for one in found] == list(DANGEROUS)
    assert {one.data_type for one in found} == {"s"}
    with zipfile.ZipFile(path) as archive:
        assert b"<f>" not in b"".join(archive.read(name) for name in archive.namelist())


def test_sheets_of_ours_are_all_read_whatever_the_mapping_says_of_its_source(
    tmp_path: Path,
) -> None:
    tables = (table_of("a.xlsx", "A"), table_of("b.xlsx", "B"))
    path = written(tmp_path, [["a@", "'=1", ""], ["b@", "", ""]], tables=tables)
    for sheet in ("A", "2", "all", "Contacts", None):
        options = SourceOptions(sheet=sheet, header_row=3, delimiter=";")
        sources = open_sources(path, options=options)
        assert [source.description.sheet for source in sources] == ["A", "B"]
        assert [source.description.warnings for source in sources] == [(), ()]
        assert all(source.description.columns == tables[0].columns for source in sources)
        assert [row[:2] for row in rows_read(path, options)] == [["a@", "'=1"], ["b@", ""]]
    assert all(chunk.ours and chunk.typed_dates for chunk in chunks_of(path))


def test_it_is_known_without_its_first_sheet_and_beside_new_ones(tmp_path: Path) -> None:
    path = written(tmp_path, [["a@", "'=1", ""]])
    book = openpyxl.load_workbook(path)
    del book[book.sheetnames[0]]
    book.create_sheet("Mine").append(["Courriel", "x@y.fr"])
    book.save(path)
    (source,) = open_sources(path, options=ANY)
    assert any('import_errors: "Mine"' in told for told in source.description.warnings)
    assert [row[1] for row in rows_read(path)] == ["'=1"]


def test_it_is_known_by_its_first_sheet_where_a_program_forgot_its_title(tmp_path: Path) -> None:
    path = written(tmp_path, [["a@", "'=1", ""]])
    book = openpyxl.load_workbook(path)
    book.properties.title = None
    book.save(path)
    assert [row[:2] for row in rows_read(path)] == [["a@", "'=1"]]


def test_a_csv_of_ours_that_was_saved_as_a_workbook_loses_its_apostrophes(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (["Courriel", "Nom", ERRORS_COLUMN], ["a@", "'=1", "wrong"], ["b@", "B", "C", "D"]):
        sheet.append(row)
    book.save(tmp_path / "mended.xlsx")
    (chunk,) = chunks_of(tmp_path / "mended.xlsx", SourceOptions(sheet="Contacts"))
    assert chunk.frame.to_numpy().tolist() == [["a@", "=1"], ["b@", "B"]]
    assert [finding.code for finding in chunk.findings] == [IssueCode.ROW_TOO_LONG]


def test_a_sheet_of_ours_in_somebodys_own_workbook_hides_no_other(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    own = book.worksheets[0]
    own.title = "Contacts"
    own.append(["Courriel", "Nom"])
    own.append(["x@y.fr", "Max"])
    book.create_sheet("old").append(["Courriel", ERRORS_COLUMN])
    path = tmp_path / "own.xlsx"
    book.save(path)
    (source,) = open_sources(path, options=SourceOptions(sheet="Contacts"))
    assert source.description.sheet == "Contacts"


def test_a_workbook_of_ours_without_rows_is_refused_in_words(tmp_path: Path) -> None:
    path = written(tmp_path, [["a@", "", ""]])
    book = openpyxl.load_workbook(path)
    del book["contacts"]
    book.save(path)
    with pytest.raises(Exception, match="holds no rows to fix"):
        open_sources(path, options=ANY)


def test_rows_of_a_wrong_width_are_found_out_again_and_mended_ones_are_not(tmp_path: Path) -> None:
    path = written(tmp_path, [["a@x.fr"], ["b@x.fr", "B", "Laval"], ["c@x.fr", "C"]])
    book = openpyxl.load_workbook(path)
    sheet = book["contacts"]
    sheet["F3"] = "QC"
    sheet["C4"] = "Québec"
    book.save(path)
    (chunk,) = chunks_of(path)
    found = [(finding.code, finding.at.tolist()) for finding in chunk.findings]
    assert found == [(IssueCode.ROW_TOO_SHORT, [0]), (IssueCode.ROW_TOO_LONG, [1])]
    assert chunk.extra == {1: ("", "QC")}
    assert chunk.frame.isna().to_numpy().tolist() == [
        [False, True, True], [False] * 3, [False] * 3,
    ]  # fmt: skip


def test_rows_that_a_filter_hides_are_read_and_said(tmp_path: Path) -> None:
    path = written(tmp_path, [["a@", "", ""], ["b@", "", ""]])
    book = openpyxl.load_workbook(path)
    book["contacts"].row_dimensions[2].hidden = True
    book.save(path)
    (source,) = open_sources(path, options=ANY)
    assert len([row for chunk in source.chunks() for row in chunk.rows]) == 2
    assert source.description.hidden == 0
    assert "1 row is hidden" in source.description.warnings[0]


def test_an_opendocument_copy_is_known_too(converted: Office, tmp_path: Path) -> None:
    path = converted(written(tmp_path, [["a@", "'=1", ""], ["b@"]]), to="ods")
    (chunk,) = chunks_of(path, SourceOptions(sheet="2"))
    assert chunk.frame.to_numpy().tolist()[0] == ["a@", "'=1", ""]
    assert [finding.code for finding in chunk.findings] == [IssueCode.ROW_TOO_SHORT]


def test_signs_that_nothing_may_hold_are_written_out(tmp_path: Path) -> None:
    (row,) = rows_read(written(tmp_path, [["a@", "x\ufffe", ""]]))
    assert row[1] == "x_xFFFE_"


# --- in a real office -----------------------------------------------------------------------------


def naughty() -> list[str]:
    path = SHARED / "corpus" / "naughty-strings.json"
    texts = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    return [*DANGEROUS, *texts]


def csv_rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def test_an_office_reads_the_same_rows_and_runs_nothing(converted: Office, tmp_path: Path) -> None:
    texts = naughty()
    path = written(tmp_path, [[f"{n}@", text, ""] for n, text in enumerate(texts)])
    assert "table:formula" not in converted(path, to="fods").read_text(encoding="utf-8")
    found = [row[:3] for row in csv_rows(converted.sheets(path)["contacts"])][1:]
    assert [row[0] for row in found] == [f"{n}@" for n in range(len(texts))]
    different = [
        (a, row[1]) for a, row in zip(texts, found, strict=True) if _plain(a) != _plain(row[1])
    ]
    assert different == []


def _plain(text: str) -> str:
    """An office has one kind of line break."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def test_saved_again_by_an_office_it_is_read_as_before(converted: Office, tmp_path: Path) -> None:
    texts = [text for text in naughty() if _plain(text) == text and text and "\ufffe" not in text]
    path = written(
        tmp_path,
        [*([f"{n}@", text, ""] for n, text in enumerate(texts)), ["short@"]],
        extra=(),
    )
    again = converted(path, to="xlsx")
    (source,) = open_sources(again, options=SourceOptions(sheet="Contacts"))
    assert source.description.columns == ("Courriel", "Nom", "Ville")
    chunks = list(source.chunks())
    rows = [row for chunk in chunks for row in chunk.frame.to_numpy().tolist()]
    found = [row[1] for row in rows[:-1]]
    assert [(a, b) for a, b in zip(texts, found, strict=True) if a != b] == []
    assert {finding.code for chunk in chunks for finding in chunk.findings} == {
        IssueCode.ROW_TOO_SHORT,
        IssueCode.CELL_ERROR,  # the text #N/A
    }


@pytest.mark.parametrize(("written_with", "separator"), [(",", ";"), (";", ","), (",", "\t")])
def test_no_csv_of_ours_runs_in_an_office_however_it_is_cut(
    converted: Office, tmp_path: Path, separator: str, written_with: str
) -> None:
    texts = naughty()
    originals: dict[int, Original] = {
        at: ((f"{at}@", text, text), ()) for at, text in enumerate(texts)
    }
    with FixWriter(tmp_path, [table_of()], sources_of(originals), written_with) as writer:
        writer.write(
            0,
            [0] * len(texts),
            {at: (Reason(f"{text}: no.", "Nom"),) for at, text in enumerate(texts)},
        )
    made = converted(tmp_path / "to-fix.csv", to="fods", separator=separator)
    assert "table:formula" not in made.read_text(encoding="utf-8")
