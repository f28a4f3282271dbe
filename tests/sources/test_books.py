from __future__ import annotations

import errno
import io
import random
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import python_calamine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from importer.errors import UnusableInputError
from importer.sources import books
from importer.sources.books import (
    Book,
    Sheet,
    archive,
    in_memory,
    legacy,
    open_book,
    open_xml,
    sheet_xml,
    trial,
)
from importer.sources.books.facts import SheetFacts
from importer.sources.books.refusals import translated
from importer.sources.books.streamed import StreamedSheet
from importer.sources.content import FileContent
from importer.sources.pieces import Mark
from importer.sources.signatures import Form, Look, look_at

from .written_books import (
    Bytes,
    book_of,
    number,
    ods,
    ods_cell,
    ods_row,
    ods_text,
    only_sheet,
    parts_of,
    row,
    text,
    xlsb,
    xlsx,
    zipped,
)
from .written_books import (
    sheet_xml as written_sheet,
)

# Cells have no time zone.
# ruff: noqa: DTZ001
CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus" / "workbooks"
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
DOCTYPE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'


def texts(sheet: Sheet) -> list[list[str]]:
    return [list(cells) for cells in sheet.rows()]


def refusal(content: bytes, name: str = "contacts.xlsx") -> str:
    with pytest.raises(UnusableInputError) as caught:
        texts(only_sheet(content, name))
    assert len(caught.value.mistakes) == 1
    return str(caught.value)


# --- what is shown ---------------------------------------------------------------------------


def test_numbers_are_shown_with_the_zeros_of_their_format(way: str) -> None:
    formats = ["00000", '0#" "##" "##" "##" "##', "#,##0.00", "0.0%", "00000000000000000"]
    content = xlsx(
        row(1, number(1234, 1), number(612345678, 2), number(1234.5, 3), number(0.125, 4))
        + row(2, number(75001, 1), text("0612"), number("1E+3", 3), number(0.5, 6))
        + row(3, number(5145551234), number(7, 99), number("", 1), number(4532015112830366, 5)),
        formats=formats,
        built_in=[10],
    )
    assert texts(only_sheet(content)) == [
        ["01234", "06 12 34 56 78", "1234.5", "12.5%"],
        ["75001", "0612", "1000", "50.00%"],
        ["5145551234", "7", "", "04532015112830370"],
    ]


@pytest.mark.parametrize("epoch", ["1900", "1904"])
def test_dates_of_both_epochs_are_shown_in_iso(way: str, epoch: str) -> None:
    days = 0 if epoch == "1900" else 1462
    book = "<workbookPr date1904='true'/>" if epoch == "1904" else "<workbookPr/>"
    moments = ["43968", "43968.604166666664", "0.604166666664", "10.6320601851852", "abc"]
    values = [
        str(float(moments[0]) - days),
        str(float(moments[1]) - days),
        *moments[2:],
    ]
    content = xlsx(
        row(1, *(number(v, s) for v, s in zip(values, [1, 1, 1, 2, 1], strict=True))),
        formats=["d/m/yyyy h:mm", "[h]:mm:ss"],
        book=book,
    )
    assert texts(only_sheet(content)) == [
        ["2020-05-17", "2020-05-17 14:30:00", "14:30:00", "255:10:10", "abc"]
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1", "1900-01-01"),
        ("59", "1900-02-28"),
        ("61", "1900-03-01"),
        ("2958465", "9999-12-31"),
        # No dates: a spreadsheet program shows nothing but hash signs.
        ("2958466", "2958466"),
        ("1E+12", "1000000000000"),
        ("-1", "-1"),
        ("-2.5", "-2.5"),
    ],
)
def test_what_a_format_of_dates_makes_of_numbers(way: str, value: str, shown: str) -> None:
    content = xlsx(row(1, number(value, 1), text("x")), formats=["yyyy-mm-dd"])
    assert texts(only_sheet(content)) == [[shown, "x"]]


def test_dates_written_as_text_in_the_markup_are_shown_in_iso(way: str) -> None:
    cells = ["2021-01-01", "2021-01-01T10:10:10", "10:10:10", "soon", "2021-01-01T10:10:10Z"]
    content = xlsx(row(1, *(f' t="d"><v>{cell}</v></c>' for cell in cells), text("1.2.2020")))
    assert texts(only_sheet(content)) == [
        ["2021-01-01", "2021-01-01 10:10:10", "10:10:10", *cells[3:], "1.2.2020"]
    ]


def test_truth_values_and_texts_are_shown(way: str) -> None:
    content = xlsx(
        row(1, ' t="b"><v>1</v></c>', ' t="b"><v>0</v></c>', ' t="str"><v> x </v></c>')
        + row(2, text(" "), text("a_x000D_\nb_x005F_x000D_"), ' t="s"><v>1</v></c>'),
        texts="<si><t>first</t></si><si><t>second</t></si>",
    )
    assert texts(only_sheet(content)) == [
        ["TRUE", "FALSE", " x "],
        [" ", "a\r\nb_x000D_", "second"],
    ]


def test_runs_of_rich_text_are_joined_and_how_it_is_pronounced_is_left_out(way: str) -> None:
    rich = (
        '<r><rPr><b/></rPr><t xml:space="preserve">山田 </t></r><r><t>太郎</t></r>'
        '<rPh sb="0" eb="1"><t>ヤマダ</t></rPh><phoneticPr fontId="1"/>'
    )
    content = xlsx(
        row(1, f' t="inlineStr"><is>{rich}</is></c>', ' t="s"><v>0</v></c>'),
        texts=f"<si>{rich}</si>",
    )
    assert texts(only_sheet(content)) == [["山田 太郎", "山田 太郎"]]


def test_blanks_around_a_text_count_only_where_the_file_says_so(way: str) -> None:
    content = xlsx(
        row(1, ' t="inlineStr"><is><t>\n  a  b </t></is></c>', ' t="s"><v>0</v></c>', text(" c ")),
        texts="<si><t>\t x\u00a0</t></si>",
    )
    assert texts(only_sheet(content)) == [["a  b", "x\u00a0", " c "]]


def test_marked_sections_of_markup_are_read(way: str) -> None:
    content = xlsx(
        row(1, ' t="str"><v><![CDATA[a<b]]></v></c>', ' t="s"><v>0</v></c>'),
        texts="<si><t><![CDATA[c&d]]></t></si>",
    )
    assert texts(only_sheet(content)) == [["a<b", "c&d"]]
    content = xlsx(row(1, ' t="s"><v>0</v></c>'), texts="<si><t><![CDATA[c&d]]></t></si>")
    assert texts(only_sheet(content)) == [["c&d"]]


def test_cells_that_do_not_say_where_they_are_follow_one_another(way: str) -> None:
    content = xlsx(
        "<row><c><v>1</v></c><c/><c><v>2</v></c></row>"
        '<row><c r="B2"><v>3</v></c><c><v>4</v></c></row>'
    )
    assert texts(only_sheet(content)) == [["1", "", "2"], ["", "3", "4"]]


def test_cells_out_of_order_are_put_where_they_say() -> None:
    rows = row(3, number(7, 1)) + row(1, number(8, 1), number("", 1)) + '<row r="4">'
    rows += '<c r="A6" s="1"><v>9</v></c></row>'
    sheet = only_sheet(xlsx(rows, formats=["000"]))
    assert texts(sheet) == [["008"], [""], ["007"], [""], [""], ["009"]]


def test_what_a_cell_says_of_its_row_counts_more_than_what_the_row_says(way: str) -> None:
    rows = row(1, number(7, 1)) + '<row r="2"><c r="A3" s="1"><v>8</v></c></row>'
    assert texts(only_sheet(xlsx(rows, formats=["000"]))) == [["007"], [""], ["008"]]


def test_rows_and_columns_begin_where_the_spreadsheet_counts_from(way: str) -> None:
    content = xlsx(
        '<row r="3"><c r="D3"><v>1</v></c><c r="C3"><v>0</v></c></row>'
        '<row r="5" s="1"/><row r="6"><c r="E6"><v>2</v></c><c r="Z6" s="1"/></row><row r="9"/>'
    )
    sheet = only_sheet(content)
    assert sheet.first_column == 3
    assert texts(sheet) == [[""] * 3, [""] * 3, ["0", "1", ""], [""] * 3, [""] * 3, ["", "", "2"]]


def test_markup_with_prefixes_is_read_like_any_other(way: str) -> None:
    plain = xlsx(
        row(1, number(7, 1), "><f>1+1</f><v>2</v></c>", ' t="e"><v>#N/A</v></c>'), formats=["000"]
    )
    parts = parts_of(plain)
    for name in ("xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/workbook.xml"):
        markup = parts[name].decode().replace("</", "</x:").replace("<", "<x:")
        parts[name] = markup.replace("<x:/x:", "</x:").replace("xmlns=", "xmlns:x=").encode()
    sheet = only_sheet(zipped(parts))
    assert texts(sheet) == [["007", "2", ""]]
    assert [mark.mark for mark in sheet.facts().marks] == [Mark.ERROR, Mark.COMPUTED]


def test_merged_cells_hold_their_value_once(way: str) -> None:
    content = xlsx(
        row(1, text("a"), " />", text("b")) + row(2, " />", text("c")),
        after='<mergeCells count="4"><mergeCell ref="A1:B1"/><mergeCell ref="C1:C1"/>'
        '<mergeCell ref="A5:B9"/><mergeCell ref="C"/></mergeCells>',
    )
    sheet = only_sheet(content)
    assert texts(sheet) == [["a", "", "b"], ["", "c", ""]]
    assert sheet.facts().merged_areas == (books.Area(1, 1, 1, 2),)


@pytest.mark.parametrize(
    "filler",
    [
        "".join(f'<row r="{at}" s="1" customFormat="1"/>' for at in range(1_040_000, 1_048_577)),
        "".join(f'<row r="{at}"><c r="XFD{at}" s="1"/></row>' for at in range(90_000, 91_000)),
        '<row r="1048576"><c r="A1048576" s="1"></c></row>',
    ],
)
def test_phantom_rows_and_columns_cost_nothing(way: str, filler: str) -> None:
    four = "".join(row(at, number(at), text("x")) for at in range(1, 5))
    sheet = only_sheet(xlsx(four + filler, before='<dimension ref="A1:XFD1048576"/>'))
    assert sheet.first_column == 1
    assert texts(sheet) == [[str(at), "x"] for at in range(1, 5)]


def test_sheet_of_a_few_cells_far_apart_is_streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_xml, "CELLS_IN_MEMORY", 1_000)
    rows = row(1, number(1)) + '<row r="40"><c r="AF40"><v>2</v></c></row>'
    sheet = only_sheet(xlsx(rows))
    assert isinstance(sheet, StreamedSheet)
    assert len(texts(sheet)) == 40
    assert texts(sheet)[-1] == [*[""] * 31, "2"]


def test_stray_cell_at_the_end_of_the_sheet_is_named() -> None:
    rows = row(1, number(1)) + '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    assert "cells down to row 1,048,576 and as far as column 16,384" in refusal(xlsx(rows))


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="0"><c r="A0"><v>1</v></c></row>',
        '<row r="4294967290"><c r="A4294967290"><v>1</v></c></row>',
        '<row r="1"><c r="XFE1"><v>1</v></c></row>',
        '<row r="1"><c r="é1"><v>1</v></c></row>',
        "<row>" + "<c><v>1</v></c>" * 16_385 + "</row>",
        "<c><v>1</v></c>",
        row(2, number(1)) + row(1, number(1)),
    ],
)
def test_places_that_no_sheet_has_are_damage(rows: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_xml, "STREAMED_FROM_BYTES", 0)
    assert "is damaged" in refusal(xlsx(rows))


# --- both ways -------------------------------------------------------------------------------

_STYLES = ["General", "00000", "0%", "0.00", "yyyy-mm-dd", "h:mm:ss", "[h]:mm", "(000) 000-0000"]
_VALUES = st.one_of(
    st.none(),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=8),
    st.sampled_from([" ", " a", "x_x000D_\ny", "=1+1", "=A1", "#N/A", "#DIV/0!", "2020-05-17"]),
    st.integers(-(10**17), 10**17),
    st.floats(-1e7, 1e17, allow_nan=False),
    st.booleans(),
    st.datetimes(datetime(1900, 3, 2), datetime(2999, 1, 1)),
    st.dates(date(1900, 3, 2), date(2999, 1, 1)),
    st.times(),
    st.timedeltas(timedelta(0), timedelta(days=400)),
)
_ROWS = st.lists(
    st.lists(st.tuples(_VALUES, st.sampled_from(_STYLES)), max_size=4), min_size=1, max_size=5
)


@given(rows=_ROWS, hidden=st.sets(st.integers(1, 6)), from_1904=st.booleans())
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_nobody_can_tell_from_a_text_which_way_it_was_read(
    rows: list[list[tuple[Any, str]]],
    hidden: set[int],
    from_1904: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    book = openpyxl.Workbook()
    if from_1904:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    sheet = book.active
    for at, cells in enumerate(rows, 1):
        for column, (value, style) in enumerate(cells, 1):
            cell = sheet.cell(at, column, value)
            if isinstance(value, int | float) and not isinstance(value, bool):
                cell.number_format = style
    for at in hidden:
        sheet.row_dimensions[at].hidden = True
    stream = io.BytesIO()
    book.save(stream)
    with monkeypatch.context() as patched:
        in_memory = only_sheet(stream.getvalue())
        patched.setattr(open_xml, "STREAMED_FROM_BYTES", 0)
        streamed = only_sheet(stream.getvalue())
    assert isinstance(streamed, StreamedSheet)
    assert texts(in_memory) == texts(streamed)
    assert in_memory.first_column == streamed.first_column
    assert said(in_memory.facts()) == said(streamed.facts())


def said(facts: SheetFacts) -> list[Any]:
    marks = [(m.mark, m.rows.tolist(), m.columns.tolist(), m.shown) for m in facts.marks]
    return [facts.hidden.tolist(), len(facts.merged_areas), marks]


def test_workbook_written_by_another_program_is_read(way: str) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Courriel", "CP", "Date"])
    bold = TextBlock(InlineFont(b=True), "a@")
    sheet.append([CellRichText([bold, "b.ca"]), 1234, datetime(2020, 5, 17, 14, 30)])
    sheet.append(["é\nx", "01234", time(9, 30)])
    sheet["B2"].number_format = "00000"
    stream = io.BytesIO()
    book.save(stream)
    assert texts(only_sheet(stream.getvalue())) == [
        ["Courriel", "CP", "Date"],
        ["a@b.ca", "01234", "2020-05-17 14:30:00"],
        ["é\nx", "01234", "09:30:00"],
    ]


# --- books and their sheets ------------------------------------------------------------------


def several(*kinds: str, state: str = "hidden") -> bytes:
    names = "".join(
        f"<sheet name='{kind} {at}' sheetId='{at}' state='{state if at > 1 else 'visible'}'"
        f" r:id='r{at}'/>"
        for at, kind in enumerate(kinds, 1)
    )
    base = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = "".join(
        f"<Relationship Id='r{at}' Type='{base}/{kind}' Target='worksheets/sheet1.xml'/>"
        for at, kind in enumerate(kinds, 1)
    )
    return xlsx(
        row(1, number(1)),
        change={
            "xl/workbook.xml": f"<workbook xmlns:r='{base}'><sheets>{names}</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": f"<Relationships>{relations}</Relationships>",
            "xl/styles.xml": None,
        },
    )


def test_only_sheets_that_can_hold_tables_are_named() -> None:
    kinds = ("worksheet", "chartsheet", "xlMacrosheet", "dialogsheet", "worksheet")
    book = book_of(Bytes(several(*kinds)))
    assert [(s.name, s.visible) for s in book.names] == [
        ("worksheet 1", True),
        ("worksheet 5", False),
    ]
    assert texts(book.sheet("worksheet 1")) == [["1"]]
    assert book.sheet("worksheet 1") is book.sheet("worksheet 1")


@pytest.mark.parametrize(
    ("name", "more", "form"),
    [
        ("a.xlsx", {}, "xlsx"),
        ("a.XLSM", {}, "xlsm"),
        ("a.xlsx", {"xl/vbaProject.bin": b"x"}, "xlsm"),
    ],
)
def test_form_is_told_by_what_is_inside(name: str, more: Mapping[str, bytes], form: str) -> None:
    content = xlsx(row(1, number(1)), change=more)
    assert book_of(Bytes(content, name)).format == form


def test_workbook_at_an_unusual_place_in_its_archive_is_read() -> None:
    parts = parts_of(xlsx(row(1, number(1), ' t="s"><v>0</v></c>'), texts="<si><t>x</t></si>"))
    moved = {name.replace("xl/", "other/"): content for name, content in parts.items()}
    moved["_rels/.rels"] = moved["_rels/.rels"].replace(b"xl/", b"other/")
    moved["other/_rels/workbook.xml.rels"] = moved["other/_rels/workbook.xml.rels"].replace(
        b"/xl/", b"/other/"
    )
    assert texts(only_sheet(zipped(moved))) == [["1", "x"]]


def test_workbook_without_the_parts_it_does_not_need_is_read(way: str) -> None:
    content = xlsx(
        row(1, number(1)),
        change={"xl/styles.xml": None, "xl/sharedStrings.xml": None, "_rels/.rels": None},
    )
    assert texts(only_sheet(content)) == [["1"]]


def test_binary_workbook_is_read_and_says_what_it_does_not_tell() -> None:
    content = xlsb([(1, 1, "é"), (1, 2, 42.0), (3, 2, 4532015112830366.0)])
    book = book_of(Bytes(content, "a.xlsb"))
    assert book.format == "xlsb"
    assert [(s.name, s.visible) for s in book.names] == [("S", True)]
    sheet = book.sheet("S")
    assert book.sheet("S") is sheet
    assert sheet.first_column == 2
    assert texts(sheet) == [["", ""], ["é", "42"], ["", ""], ["", "4532015112830370"]]
    facts = sheet.facts()
    assert sheet.facts() is facts
    assert facts.unknown == ("hidden rows", "merged cells", "number formats")
    assert said(facts)[-1] == [(Mark.ROUNDED, [4], [3], ())]


def test_formulas_and_errors_of_a_binary_workbook_are_told() -> None:
    content = xlsb([(0, 0, "a"), (1, 0, b"\x2a"), (2, 0, b"\x99"), (2, 1, 5.0)], formulas=True)
    sheet = only_sheet(content, "a.xlsb")
    assert texts(sheet) == [["a", ""], ["", ""], ["", "5"]]
    assert said(sheet.facts())[-1] == [
        (Mark.ERROR, [2, 3], [1, 1], ("#N/A", "#ERROR!")),
        (Mark.COMPUTED, [1, 2, 3, 3], [1, 1, 1, 2], ()),
    ]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ((1_048_575, 16_383, 1.0), 'has a sheet "S" of 17,179,869,184 cells'),
        ((1_048_576, 0, 1.0), "is damaged"),
        ((0, 16_384, 1.0), "is damaged"),
    ],
)
def test_binary_sheet_that_claims_too_much_is_refused(
    cell: tuple[int, int, float], words: str
) -> None:
    assert words in refusal(xlsb([(0, 0, 1.0), cell]), "a.xlsb")


def test_long_texts_of_a_binary_workbook_are_read_up_to_the_limit() -> None:
    long = "x" * 800_000  # of which a part is unpacked at a time
    assert texts(only_sheet(xlsb([(0, 0, long), (1, 0, "y")]), "a.xlsb")) == [[long], ["y"]]
    assert "holds a cell of more than 1 MiB" in refusal(xlsb([(0, 0, "x" * (1 << 21))]), "a.xlsb")


def test_binary_sheet_without_a_part_is_damaged() -> None:
    parts = parts_of(xlsb([(0, 0, 1.0)]))
    parts["xl/_rels/workbook.bin.rels"] = b"<Relationships/>"
    assert "is damaged" in refusal(zipped(parts), "a.xlsb")


def test_binary_sheet_without_cells_is_empty() -> None:
    sheet = only_sheet(xlsb([]), "a.xlsb")
    assert texts(sheet) == []
    assert said(sheet.facts()) == [[], 0, []]


def test_cells_of_an_open_document_are_shown() -> None:
    rows = (
        ods_row(
            ods_cell("01234", value_type="float", value=1234),
            ods_cell("12,5 %", value_type="percentage", value=0.125),
            ods_cell("much", value_type="percentage", value=0.5),
            ods_cell("12,50 €", value_type="currency", value=12.5),
            ods_cell("VRAI", value_type="boolean", boolean_value="true"),
        )
        + ods_row(
            ods_cell("06 12 34 56 78", value_type="float", value=612345678),
            ods_cell("0,50", value_type="float", value=0.5),
            ods_cell("0,00", value_type="float", value=0),
            ods_cell("00000", value_type="float", value=0),
            ods_cell("-007", value_type="float", value=-7),
            ods_cell("7 h", value_type="float", value=7),
        )
        + ods_row(
            ods_cell("x", value_type="time", time_value="PT14H30M00S"),
            ods_cell("x", value_type="time", time_value="PT255H10M10S"),
            ods_cell("17/05/20", value_type="date", date_value="2020-05-17T14:30:00"),
            ods_text("shown", string_value="stored"),
            ods_text("same", string_value="same"),
        )
        + ods_row(
            ods_text("a</text:p><text:p>b"),
            ods_text("a<text:s text:c='2'/>b<text:tab/>c<text:line-break/>d"),
            ods_text("<text:span>a</text:span> <text:a>b</text:a>"),
            ods_text("x").replace(
                "<text:p>", "<office:annotation><text:p>note</text:p></office:annotation><text:p>"
            ),
            ods_cell("5", value_type="float", value="5"),
        )
    )
    assert texts(only_sheet(ods(rows), "a.ods")) == [
        ["01234", "12.5%", "0.5", "12.5", "TRUE", ""],
        ["06 12 34 56 78", "0.5", "0", "00000", "-007", "7"],
        ["14:30:00", "255:10:10", "2020-05-17 14:30:00", "shown", "same", ""],
        ["a\nb", "a  b\tc\nd", "a b", "x", "5", ""],
    ]


def test_blank_rows_and_columns_of_an_open_document_cost_nothing() -> None:
    rows = ods_row(ods_text("a"), ods_cell(number_columns_repeated=16_383))
    rows += ods_row(
        ods_cell(number_columns_repeated=16_384, style_name="x"),
        attributes='table:number-rows-repeated="1048575" table:visibility="collapse"',
    )
    book = book_of(Bytes(ods(rows), "a.ods"))
    assert book.format == "ods"
    sheet = book.sheet("S")
    assert book.sheet("S") is sheet
    assert texts(sheet) == [["a"]]
    assert said(sheet.facts()) == [[], 0, []]
    assert texts(only_sheet(ods(ods_row(ods_cell())), "a.ods")) == []


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            ods_row(ods_text("x", number_columns_repeated=5_000))
            + ods_row(ods_cell(), attributes='table:number-rows-repeated="5000"')
            + ods_row(ods_text("x")),
            "claims more than 16,000,000 cells",
        ),
        (
            ods_row(
                ods_cell(formula="of:=1", number_columns_repeated=16_384),
                attributes='table:number-rows-repeated="1000000"',
            ),
            "claims more than 16,000,000 cells",
        ),
        (ods_row(ods_text("x"), attributes='table:number-rows-repeated="1048577"'), "is damaged"),
        (ods_row(ods_text("x", number_columns_repeated=16_385)), "is damaged"),
        (ods_row(ods_text("x", number_columns_repeated="many")), "is damaged"),
        (ods_row(ods_text("x", number_columns_repeated=0)), "is damaged"),
        (ods_row(ods_text("x"), attributes='table:number-rows-repeated="-9"'), "is damaged"),
        ("<table:table-row>", "is damaged"),
    ],
)
def test_open_document_that_claims_too_much_is_refused(rows: str, words: str) -> None:
    assert words in refusal(ods(rows), "a.ods")


# --- damage and mischief ---------------------------------------------------------------------


def test_workbook_cut_short_is_damaged() -> None:
    content = xlsx(row(1, number(1)))
    for kept in (8, 500, len(content) - 10):
        assert "is damaged or not complete" in refusal(content[:kept])


@pytest.mark.parametrize(
    "change",
    [
        {"xl/worksheets/sheet1.xml": "<worksheet><sheetData><row"},
        {"xl/worksheets/sheet1.xml": None},
        {"xl/workbook.xml": "<"},
        {"xl/workbook.xml": None},
        {"xl/_rels/workbook.xml.rels": None},
        {"xl/styles.xml": "<styleSheet>"},
        {"xl/sharedStrings.xml": "<sst>"},
        {"XL/workbook.xml": "<workbook/>"},
    ],
)
def test_workbook_with_a_broken_part_is_damaged(change: Mapping[str, str | None], way: str) -> None:
    rows = row(1, ' t="s"><v>0</v></c>')
    assert "is damaged" in refusal(xlsx(rows, texts="<si><t>x</t></si>", change=change))


@pytest.mark.parametrize("value", ["9", "x"])
def test_cell_that_refers_to_a_text_that_is_not_there_is_damage(way: str, value: str) -> None:
    assert "is damaged" in refusal(xlsx(row(1, f' t="s"><v>{value}</v></c>')))


@pytest.mark.parametrize(
    "part",
    [
        "xl/worksheets/sheet1.xml",
        "xl/sharedStrings.xml",
        "xl/workbook.xml",
        "xl/styles.xml",
        "xl/_rels/workbook.xml.rels",
    ],
)
def test_entities_are_refused_wherever_they_are(way: str, part: str) -> None:
    content = xlsx(row(1, ' t="s"><v>0</v></c>'), texts="<si><t>x</t></si>")
    parts = parts_of(content)
    parts[part] = DOCTYPE.encode() + parts[part]
    assert "is damaged" in refusal(zipped(parts))


def test_entities_of_an_open_document_are_refused() -> None:
    parts = parts_of(ods(ods_row(ods_text("&b;"))))
    parts["content.xml"] = DOCTYPE.encode() + parts["content.xml"]
    assert "is damaged" in refusal(zipped(parts), "a.ods")


def test_markup_in_another_encoding_is_read_exactly() -> None:
    markup = '<?xml version="1.0" encoding="UTF-16"?>' + written_sheet(
        row(1, text("é"), "><f>1</f><v>2</v></c>")
    )
    sheet = only_sheet(xlsx("", change={"xl/worksheets/sheet1.xml": markup.encode("utf-16")}))
    assert texts(sheet) == [["é", "2"]]
    assert [mark.mark for mark in sheet.facts().marks] == [Mark.COMPUTED]


def noise(size: int) -> str:
    return random.Random(1).randbytes(size // 2).hex()


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
def test_cell_larger_than_any_is_refused(way: str, part: str) -> None:
    content = xlsx(row(1, ' t="s"><v>0</v></c>'), texts=f"<si><t>{noise(3 << 20)}</t></si>")
    if "sheet1" in part:
        content = xlsx(row(1, text(noise(3 << 20))))
    assert "holds a cell of more than 1 MiB" in refusal(content)
    assert "holds a cell of more than 1 MiB" in refusal(ods(ods_row(ods_text(noise(3 << 20)))))


def test_part_that_unpacks_to_far_more_than_it_is_is_refused() -> None:
    rows = row(2, number(1)) * 700_000
    message = refusal(xlsx(rows))
    assert "MiB in one part (xl/worksheets/sheet1.xml), which is more than can be read" in message


@pytest.mark.parametrize(
    ("limit", "part"),
    [
        ("_SHARED_TEXT_LIMIT", "xl/sharedStrings.xml"),
        ("_SHEET_LIMIT", "xl/worksheets/sheet1.xml"),
        ("_DESCRIPTION_LIMIT", "xl/styles.xml"),
    ],
)
def test_part_larger_than_its_kind_can_be_is_refused(
    monkeypatch: pytest.MonkeyPatch, limit: str, part: str
) -> None:
    monkeypatch.setattr(archive, limit, 4_000)
    content = xlsx(row(1, number(1)), change={part: noise(6_000)})
    assert f"({part})" in refusal(content)


def test_texts_of_a_binary_workbook_are_unpacked_before_they_are_trusted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parts = {**parts_of(xlsb([(0, 0, 1.0)])), "xl/sharedStrings.bin": b"x" * 99}
    assert "is damaged" in refusal(zipped(parts), "a.xlsb")
    monkeypatch.setattr(archive, "_SHARED_TEXT_LIMIT", 10)
    assert "(xl/sharedStrings.bin)" in refusal(zipped(parts), "a.xlsb")


def test_parts_that_nobody_reads_may_be_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_DESCRIPTION_LIMIT", 4_000)
    unread = {"xl/media/a.png": noise(9_000), "xl/pivotCache/records1.xml": noise(9_000)}
    assert texts(only_sheet(xlsx(row(1, number(1)), change=unread))) == [["1"]]


def test_shared_texts_are_found_where_the_relations_say(way: str) -> None:
    content = xlsx(row(1, ' t="s"><v>0</v></c>'), texts="<si><t>wrong</t></si>")
    parts = parts_of(content)
    parts["xl/other.xml"] = parts["xl/sharedStrings.xml"].replace(b"wrong", b"right")
    relations = parts["xl/_rels/workbook.xml.rels"]
    parts["xl/_rels/workbook.xml.rels"] = relations.replace(b"sharedStrings.xml", b"other.xml")
    assert texts(only_sheet(zipped(parts))) == [["right"]]
    parts["xl/_rels/workbook.xml.rels"] = relations.replace(b"sharedStrings.xml", b"none.xml")
    assert "is damaged" in refusal(zipped(parts))
    parts["xl/_rels/workbook.xml.rels"] = relations.replace(b"sharedStrings'", b"theme'")
    assert texts(only_sheet(zipped(parts))) == [["wrong"]]


def test_hidden_rows_far_below_any_sheet_are_passed_over() -> None:
    rows = ods_row(ods_text("x")) + ods_row(attributes=f'table:number-rows-repeated="{10**19}"')
    rows += ods_row(attributes='table:visibility="collapse"')
    assert said(only_sheet(ods(rows), "a.ods").facts()) == [[], 0, []]


def test_number_of_a_format_that_is_longer_than_any_is_no_format() -> None:
    parts = parts_of(xlsx(row(1, number(7, 1)), built_in=[987]))
    parts["xl/styles.xml"] = parts["xl/styles.xml"].replace(b"987", b"9" * 5_000)
    assert texts(only_sheet(zipped(parts))) == [["7"]]


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
def test_directory_that_lies_about_sizes_is_found_out(part: str) -> None:
    content = bytearray(xlsx(row(1, number(1)) * 100))
    with zipfile.ZipFile(io.BytesIO(content)) as whole:
        told = whole.getinfo(part)
        seen = whole.read(part)[: told.file_size // 2 + 1]
    entry = content.rfind(part.encode()) - 46
    content[entry + 24 : entry + 28] = (told.file_size // 2).to_bytes(4, "little")
    assert "is damaged" in refusal(bytes(content))
    content[entry + 16 : entry + 20] = zlib.crc32(seen).to_bytes(4, "little")
    assert "is damaged" in refusal(bytes(content))


def test_parts_that_are_there_twice_are_refused() -> None:
    stream = io.BytesIO(xlsx(row(1, number(1))))
    with zipfile.ZipFile(stream, "a") as whole:
        whole.writestr("xl/Styles.xml", "<styleSheet/>")
    assert "is damaged" in refusal(stream.getvalue())


def test_old_workbook_that_calamine_cannot_read_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "is damaged" in refusal(OLE + bytes(99), "a.xls")
    path = tmp_path / "a.xls"
    path.write_bytes(OLE + bytes(99))
    with pytest.raises(UnusableInputError, match="is damaged"):
        book_of(FileContent(path))
    monkeypatch.setattr(legacy, "_LARGEST", 10)
    assert "more than can be read" in refusal(OLE + bytes(99), "a.xls")


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("import os; os.abort()", "is damaged"),
        ("import sys; sys.exit(3)", "is damaged"),
        ("import sys; sys.exit(4)", "is protected by a password"),
        ("raise ValueError", "did not start: Python could not run it. Save it as .xlsx"),
    ],
)
def test_how_the_process_ends_that_tries_a_workbook_decides_what_is_said_of_it(
    monkeypatch: pytest.MonkeyPatch, end: str, words: str
) -> None:
    monkeypatch.setattr(legacy, "_TRIAL", [sys.executable, "-c", end])
    assert words in refusal(OLE + bytes(99), "a.xls")


def test_workbook_that_nobody_could_wait_for_is_not_called_damaged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def late(*_: Any, **__: Any) -> None:
        raise subprocess.TimeoutExpired("python", 1)

    monkeypatch.setattr(subprocess, "run", late)
    assert "was not read after 120 seconds: open it" in refusal(OLE + bytes(99), "a.xls")


def test_workbook_is_not_called_damaged_when_no_process_can_be_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(legacy, "_TRIAL", [str(tmp_path / "no program")])
    assert "did not start: No such file or directory" in refusal(OLE + bytes(99), "a.xls")


def test_trial_of_a_workbook_says_how_it_went() -> None:
    def tried(content: bytes) -> int:
        return trial.main(io.BytesIO(content))

    assert tried(several("worksheet", "chartsheet")) == trial.READ
    assert tried(OLE + bytes(99)) == trial.DAMAGED
    assert tried(b"") == trial.DAMAGED


def test_trial_says_that_a_workbook_asks_for_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    class Asking:
        @staticmethod
        def from_filelike(_: Any) -> None:
            raise python_calamine.PasswordError

    monkeypatch.setattr(python_calamine, "CalamineWorkbook", Asking)
    assert trial.main(io.BytesIO()) == trial.ASKS_FOR_PASSWORD


@pytest.mark.parametrize(("hard", "most"), [(-1, 4 << 30), (5 << 30, 4 << 30), (1000, 1000)])
def test_memory_of_the_trial_is_bounded_below_what_the_system_allows(
    monkeypatch: pytest.MonkeyPatch, hard: int, most: int
) -> None:
    resource = pytest.importorskip("resource", reason="Windows has no such limits")
    bounds: list[Any] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (-1, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, bound: bounds.append(bound))
    trial.bound_memory()
    assert bounds == [(most, hard)]


@pytest.mark.parametrize("error", [ValueError, OSError, OverflowError])
def test_trial_goes_without_a_bound_where_the_system_refuses_one(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    resource = pytest.importorskip("resource", reason="Windows has no such limits")

    def refuse(*_: Any) -> None:
        raise error

    monkeypatch.setattr(resource, "setrlimit", refuse)
    trial.bound_memory()


class PanicException(BaseException):
    """Named as what a defect of calamine raises."""


class OtherError(BaseException):
    pass


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (PanicException(), "is damaged"),
        (ValueError(), "is damaged"),
        (OSError(errno.EINVAL, "before the start"), "is damaged"),
        (python_calamine.PasswordError(), "is protected by a password"),
    ],
)
def test_what_libraries_raise_over_bytes_becomes_one_sentence(
    raised: BaseException, said: str
) -> None:
    with pytest.raises(UnusableInputError, match=said), translated("a.xlsx"):
        raise raised


@pytest.mark.parametrize(
    "raised",
    [KeyboardInterrupt(), OtherError(), MemoryError(), OSError(errno.EIO, "I/O error")],
)
def test_what_the_machine_raises_is_not_called_damage(raised: BaseException) -> None:
    with pytest.raises(type(raised)), translated("a.xlsx"):
        raise raised


class Failing(io.BytesIO):
    """A file on a disk that fails after the directory of the archive was read."""

    failing = False

    def readinto(self, buffer: Any) -> int:
        if Failing.failing:
            raise OSError(errno.EIO, "Input/output error")
        return super().readinto(buffer)


def test_disk_that_fails_while_a_sheet_is_read_is_not_called_damage(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Disk(Bytes):
        def open(self) -> Failing:
            with super().open() as stream:
                return Failing(stream.read())

    book = book_of(Disk(xlsx(row(1, number(1)))))
    monkeypatch.setattr(Failing, "failing", True)
    with pytest.raises(OSError, match="Input/output error"):
        book.sheet("S")


def test_defect_of_ours_in_writing_a_cell_is_not_called_damage(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(_: object) -> str:
        raise AssertionError

    sheet = only_sheet(xlsx(row(1, number(1))))
    monkeypatch.setattr(in_memory, "cell_text", defect)
    with pytest.raises(AssertionError):
        texts(sheet)


@given(at=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=9))
@settings(max_examples=150, deadline=None, derandomize=True)
@pytest.mark.parametrize("kind", ["xlsx", "xlsb", "ods"])
def test_no_damage_raises_anything_but_our_own_error(kind: str, at: list[tuple[int, int]]) -> None:
    plain = {
        "xlsx": xlsx(row(1, number(1, 1), text("x")), formats=["000"]),
        "xlsb": xlsb([(0, 0, "x"), (1, 1, 1.0)]),
        "ods": ods(ods_row(ods_text("x"), ods_cell("01", value_type="float", value=1))),
    }[kind]
    content = bytearray(plain)
    for place, byte in at:
        content[place % len(content)] = byte
    spoiled = Bytes(bytes(content), f"a.{kind}")
    form = {"xlsx": Form.OPEN_XML, "xlsb": Form.XLSB, "ods": Form.OPEN_DOCUMENT}[kind]
    try:
        book: Book = open_book(spoiled, form)  # even where the bytes no longer look like one
        for name in book.names:
            sheet = book.sheet(name.name)
            widths = {len(cells) for cells in sheet.rows()}
            assert len(widths) <= 1
            for marks in sheet.facts().marks:
                columns = marks.columns - sheet.first_column
                assert 0 <= columns.min() <= columns.max() < max(widths)
    except UnusableInputError:
        pass


def test_no_file_is_open_but_while_it_is_read(
    tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []

    class Watched(FileContent):
        def open(self) -> Any:
            opened.append(super().open())
            return opened[-1]

    for name, content in {
        "a.xlsx": xlsx(row(1, number(1))),
        "a.xlsb": xlsb([(0, 0, 1.0)]),
        "a.ods": ods(ods_row(ods_cell("1", value_type="float", value=1))),
    }.items():
        path = tmp_path / name
        path.write_bytes(content)
        sheet = book_of(Watched(path)).sheet("S")
        assert opened
        assert all(stream.closed for stream in opened)
        assert texts(sheet) == [["1"]]
        assert all(stream.closed for stream in opened)


# --- the corpus ------------------------------------------------------------------------------

_ROW = ["String", "1", "1.1", "TRUE", "FALSE", "2010-10-10", "2010-10-10 10:10:10"]
_BASE = [[""] * 10, [*_ROW, "10:10:10", "10:10:10.100", "255:10:10"]]
_DATES = [["2021-01-01", "15"], ["2021-01-02", "16"], ["255:10:10", "17"]]
_VISIBLE = "This workbook contains 4 sheets: Visible, Hidden, VeryHidden and Chart"
_ANY = [["1", "2"], ["3", "4"], ["5", "6"], ["", ""], [_VISIBLE, ""]]
_TRIMMED = [["line1\nline2", "  line1\nline2  ", "", ""], ["日期 时间", "", "", ""]]
SHOWN: dict[str, dict[str, list[list[str]]]] = {
    "any_sheets.ods": {"Visible": _ANY, "Hidden": [], "VeryHidden": [], "Chart": []},
    "any_sheets.xls": {"Visible": _ANY, "Hidden": [], "VeryHidden": []},
    "any_sheets.xlsb": {"Visible": _ANY, "Hidden": [], "VeryHidden": []},
    "any_sheets.xlsx": {"Visible": _ANY, "Hidden": [], "VeryHidden": []},
    "base.ods": {"Sheet1": _BASE, "Sheet2": [], "Merged Cells": []},
    "base.xls": {"Sheet1": _BASE, "Sheet2": [], "Merged Cells": []},
    "date.ods": {
        "Sheet1": [
            ["2021-01-01", "15"],
            ["2021-01-01 10:10:10", "16"],
            ["10:10:10", "17"],
            ["10:10:10.123", "18"],
        ]
    },
    "date.xls": {"Sheet1": _DATES},
    "date_1904.xlsx": {"Sheet1": _DATES},
    "empty_sheet.xlsx": {"Sheet1": []},
    "errors.xlsx": {"Feuil1": [[""]] * 7, "Feuil2": [], "Feuil3": []},
    "has_x000D_.xlsx": {"Sheet1": [["ABC\r\nDEF"]]},
    # A day after the last one of the calendar: no date, so the number is all there is.
    "issue139.xlsx": {"bad_xlsx_dates": [["date"], ["2994626"]]},
    "table-multiple.xlsx": {
        "Sheet1": [
            ["Item", "Type", "Quantity"],
            *[["1", "Apple", "50"], ["2", "Banana", "200"]],
            *[["3", "Orange", "60"], ["4", "Pear", "100"]],
        ],
        "Sheet2": [
            ["Item", "Price"],
            *[["1", "0.85"], ["2", "0.75"], ["3", "0.55"], ["4", "0.45"]],
        ],
        "Sheet3": [
            *[["Item", "Units"], ["1", "1000"], ["2", "500"], ["3", "200"], ["4", "50"]],
            *[["", ""], ["Item", "Units"], ["1", "750"], ["2", "800"], ["3", "100"], ["4", "70"]],
        ],
    },
    "merged_range.xlsx": {
        "Sheet1": [
            ["A1", "B1", "C1", "", "E1", "F1", "G1", "H1"],
            [""] * 8,
            ["A3", "B3", "C3", "", "E3", "F3", "G3", "H3"],
            ["A4", "B4", "C4", "", "E4", "F4", "G4", "H4"],
        ],
        "Sheet2": [
            ["A1", "B1", "C1", "", "E1", "F1"],
            [""] * 6,
            ["", "B3", "C3", "", "E3", ""],
            ["", "B4", "", "", "E4", ""],
        ],
    },
    "whitespace_trim.xlsx": {
        "inlineStr": [["trimmed value", "value with tabs", " \t\n", "clean text"], *_TRIMMED],
        "SharedStrings": [["trimmed value", "  preserved value  ", "", "clean text"], *_TRIMMED],
    },
}
_LINES = [[""] * 3, *[[f"line{at}"] * 3 for at in (1, 2, 3)]]
for _name in ("base.xlsx", "base.xlsb"):
    SHOWN[_name] = {"Sheet1": _BASE, "Sheet2": [], "Sheet3": _LINES, "Merged Cells": []}


def corpus(name: str) -> FileContent:
    if not CORPUS.is_dir():
        pytest.skip("the corpus of workbooks is there in development only")
    return FileContent(CORPUS / name, name)


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_workbook_of_the_corpus_shows_what_a_spreadsheet_program_does(name: str, way: str) -> None:
    book = book_of(corpus(name))
    assert {s.name: texts(book.sheet(s.name)) for s in book.names} == SHOWN[name]


def test_strict_workbook_of_the_corpus_is_read(way: str) -> None:
    sheet = book_of(corpus("strict_iso_paths.xlsx")).sheet("ml_out")
    rows = texts(sheet)
    assert (len(rows), len(rows[0])) == (76, 18)
    assert rows[1][:4] == ["150-031260-001_B", "1.5", "7", "4"]
    assert rows[1][-3:] == ["12.61832872", "1577291.09", "104"]
    assert rows[2][0] == "1625593500"


def test_merged_cells_of_the_corpus_are_counted() -> None:
    counts = {"base.xls": 0, "merged_range.xlsx": 9, "base.xlsx": 0}
    for name, count in counts.items():
        book = book_of(corpus(name))
        merged = [len(book.sheet(sheet.name).facts().merged_areas) for sheet in book.names]
        assert max(merged) == count


@pytest.mark.parametrize("name", ["password.ods", "password.xls", "password.xlsb", "password.xlsx"])
def test_protected_workbook_of_the_corpus_is_named_as_such(name: str) -> None:
    assert look_at(corpus(name)).form is Form.PROTECTED


@pytest.mark.parametrize("name", ["empty_file.ods", "empty_file.xlsb", "empty_file.xlsx"])
def test_empty_file_of_the_corpus_is_named_as_such(name: str) -> None:
    assert look_at(corpus(name)) == Look(Form.OTHER, "is empty")


def test_limits_are_those_of_spreadsheet_programs() -> None:
    assert (sheet_xml.LAST_ROW, sheet_xml.LAST_COLUMN) == (1 << 20, 1 << 14)
