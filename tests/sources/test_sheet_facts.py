from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from importer.sources.books import Area, SheetFacts
from importer.sources.pieces import Mark

from .written_books import number, ods, ods_cell, ods_row, ods_text, only_sheet, row, text, xlsx

COMPUTED = "><f>1+1</f><v>2</v></c>"
NEVER = "><f>1+1</f></c>"
ERROR = ' t="e"><f>1/0</f><v>#DIV/0!</v></c>'


def facts_of(content: bytes, name: str = "contacts.xlsx") -> SheetFacts:
    return only_sheet(content, name).facts()


def marks_of(facts: SheetFacts) -> list[tuple[Mark, list[tuple[int, int]], tuple[str, ...]]]:
    for mark in facts.marks:
        assert mark.rows.dtype == mark.columns.dtype == np.int64
    return [
        (m.mark, list(zip(m.rows.tolist(), m.columns.tolist(), strict=True)), m.shown)
        for m in facts.marks
    ]


def three(attributes: str) -> str:
    return "".join(
        row(at, number(at), attributes=attributes if at == 2 else "") for at in (1, 2, 3)
    )


def test_sheet_without_anything_to_tell_has_no_facts(way: str) -> None:
    facts = facts_of(xlsx(row(1, text("a"), number(1)) + row(2, text("b"), number(2))))
    assert facts.hidden.tolist() == []
    assert facts.hidden.dtype == np.int64
    assert (facts.merged_areas, facts.marks, facts.unknown) == ((), (), ())


def test_facts_are_found_out_once(way: str) -> None:
    sheet = only_sheet(xlsx(row(1, COMPUTED)))
    assert sheet.facts() is sheet.facts()


@pytest.mark.parametrize(
    "attributes", ['hidden="1"', "hidden='true'", 'ht="0" customHeight="1"', 'ht="0.0"']
)
def test_hidden_rows_and_rows_without_height_are_told(way: str, attributes: str) -> None:
    assert facts_of(xlsx(three(attributes))).hidden.tolist() == [2]


@pytest.mark.parametrize("attributes", ['hidden="0"', 'hidden="false"', 'ht="15"', 'ht="0.5"'])
def test_rows_that_are_shown_are_not_told(way: str, attributes: str) -> None:
    assert facts_of(xlsx(three(attributes))).hidden.tolist() == []


def test_hidden_rows_below_the_table_do_not_count(way: str) -> None:
    rows = row(2, number(1), attributes='hidden="1"') + '<row r="9" hidden="1"/>'
    assert facts_of(xlsx(rows)).hidden.tolist() == [2]


def test_merged_areas_count_where_there_are_cells(way: str) -> None:
    merged = "".join(
        f'<mergeCell ref="{ref}"/>' for ref in ("A1:B1", "$B$2:$B$3", "C3:C3", "D9:E9")
    )
    rows = "".join(row(at, text("a"), text("b"), text("c")) for at in (1, 2, 3))
    facts = facts_of(xlsx(rows, after=f"<mergeCells>{merged}</mergeCells>"))
    assert facts.merged_areas == (Area(1, 1, 1, 2), Area(2, 3, 2, 2))


def test_formulas_are_told_with_and_without_a_value(way: str) -> None:
    content = xlsx(
        row(1, COMPUTED, NEVER, "><f>1</f><v></v></c>", "><f>1</f><v/></c>", number(3))
        + row(2, ' t="str"><f>""</f><v></v></c>', ' t="str"><f>A1</f><v>x</v></c>', text("y"))
        + row(3, ' t="b"><f>1=1</f><v>1</v></c>', '><f t="shared" si="0"/><v>7</v></c>', NEVER)
    )
    sheet = only_sheet(content)
    assert [list(cells) for cells in sheet.rows()] == [
        ["2", "", "", "", "3"],
        ["", "x", "y", "", ""],
        ["TRUE", "7", "", "", ""],
    ]
    assert marks_of(sheet.facts()) == [
        (Mark.COMPUTED, [(1, 1), (2, 1), (2, 2), (3, 1), (3, 2)], ()),
        (Mark.NEVER_COMPUTED, [(1, 2), (1, 3), (1, 4), (3, 3)], ()),
    ]


def test_errors_are_told_by_what_is_shown_and_leave_a_blank(way: str) -> None:
    content = xlsx(row(1, ERROR, text("#N/A"), ' t="e"><v>#N/A</v></c>') + row(2, NEVER, number(1)))
    sheet = only_sheet(content)
    assert [list(cells) for cells in sheet.rows()] == [["", "#N/A", ""], ["", "1", ""]]
    assert marks_of(sheet.facts()) == [
        (Mark.ERROR, [(1, 1), (1, 3)], ("#DIV/0!", "#N/A")),
        (Mark.COMPUTED, [(1, 1)], ()),
        (Mark.NEVER_COMPUTED, [(2, 1)], ()),
    ]


def test_marks_are_sorted_by_row_then_column(way: str) -> None:
    cells = '<c r="C{0}" t="e"><v>#C{0}</v></c><c r="A{0}" t="e"><v>#A{0}</v></c>'
    rows = "".join(f'<row r="{at}">{cells.format(at)}</row>' for at in (1, 2))
    assert marks_of(facts_of(xlsx(rows))) == [
        (Mark.ERROR, [(1, 1), (1, 3), (2, 1), (2, 3)], ("#A1", "#C1", "#A2", "#C2"))
    ]


EMPTY_ERROR = ' t="e"><v></v></c>'


@pytest.mark.parametrize(
    ("rows", "first_column", "shown", "marked"),
    [
        # Left of all texts, right of them, above and below.
        (row(1, NEVER, text("x")), 1, [["", "x"]], [(1, 1)]),
        (row(1, text("x"), " />", NEVER), 1, [["x", "", ""]], [(1, 3)]),
        (row(1, " />", NEVER) + row(3, text("x")), 1, [["", ""], ["", ""], ["x", ""]], [(1, 2)]),
        (row(1, " />", text("x")) + row(3, EMPTY_ERROR), 1, [["", "x"], ["", ""], ["", ""]],
         [(3, 1)]),
        (row(2, " />", EMPTY_ERROR), 2, [[""], [""]], [(2, 2)]),
        (row(2, " />", NEVER), 2, [[""], [""]], [(2, 2)]),
    ],
)  # fmt: skip
def test_cells_without_a_text_are_in_the_block_when_they_are_marked(
    way: str, rows: str, first_column: int, shown: list[list[str]], marked: list[tuple[int, int]]
) -> None:
    sheet = only_sheet(xlsx(rows))
    assert sheet.first_column == first_column
    assert [list(cells) for cells in sheet.rows()] == shown
    ((_, places, _),) = marks_of(sheet.facts())
    assert places == marked


def test_marked_cells_of_an_open_document_are_in_the_block() -> None:
    rows = (
        ods_row(ods_cell(formula="of:=1"), ods_text("x"))
        + ods_row()
        + ods_row(ods_cell(), ods_cell(), ods_cell(formula="of:=1"))
    )
    sheet = only_sheet(ods(rows), "a.ods")
    assert [list(cells) for cells in sheet.rows()] == [["", "x", ""], ["", "", ""], ["", "", ""]]
    assert marks_of(sheet.facts()) == [(Mark.NEVER_COMPUTED, [(1, 1), (3, 3)], ())]


def test_marked_cell_below_the_row_that_it_is_written_in_has_a_row(way: str) -> None:
    rows = f'<row r="1"><c r="A4"{ERROR}<c r="B1"><v>1</v></c></row>'
    sheet = only_sheet(xlsx(rows))
    assert [list(cells) for cells in sheet.rows()] == [["", "1"], ["", ""], ["", ""], ["", ""]]
    assert marks_of(sheet.facts())[0] == (Mark.ERROR, [(4, 1)], ("#DIV/0!",))


def test_formulas_beside_the_cells_are_none_of_them(way: str) -> None:
    of_a_list = "<extLst><ext><x:formula1 xmlns:x='x'><x:f>A1:A9</x:f></x:formula1></ext></extLst>"
    facts = facts_of(xlsx(row(1, NEVER, text("a")), before="<f/>", after=of_a_list))
    assert marks_of(facts) == [(Mark.NEVER_COMPUTED, [(1, 1)], ())]


@pytest.mark.parametrize("value", ["4532015112830366", "4.53201511283037E15", "-1E+15", "1e20"])
def test_numbers_of_more_digits_than_are_kept_are_told(way: str, value: str) -> None:
    facts = facts_of(xlsx(row(1, number(1), number(value), text("4532015112830366"))))
    assert marks_of(facts) == [(Mark.ROUNDED, [(1, 2)], ())]


@pytest.mark.parametrize(
    "cell",
    [
        number(999999999999999),
        number("0.30000000000000004"),
        text("4532015112830366"),
        number("1E-20"),
        number("1234567890123456x"),
        number("1234567890123456", 1),
    ],
)
def test_other_numbers_are_not_told_as_rounded(way: str, cell: str) -> None:
    assert marks_of(facts_of(xlsx(row(1, cell), formats=["[h]:mm"]))) == []


def test_computed_number_with_zeros_and_too_many_digits_is_told_in_full(way: str) -> None:
    sheet = only_sheet(
        xlsx(row(1, ' s="1"><f>A2</f><v>4532015112830366</v></c>'), formats=["00000000000000000"])
    )
    assert [list(cells) for cells in sheet.rows()] == [["04532015112830370"]]
    assert [mark.mark for mark in sheet.facts().marks] == [Mark.COMPUTED, Mark.ROUNDED]


def test_facts_of_an_open_document_are_told() -> None:
    columns = (
        "<table:table-column/>"
        '<table:table-column table:number-columns-repeated="2" table:visibility="collapse"/>'
    )
    styles = (
        '<style:style style:name="flat"><style:table-row-properties style:row-height="0cm"/>'
        '</style:style><style:style style:name="high">'
        '<style:table-row-properties style:row-height="0.5cm"/></style:style>'
    )
    rows = (
        ods_row(
            ods_text("m", number_columns_spanned=2, number_rows_spanned=1),
            "<table:covered-table-cell/>",
            ods_text("z"),
        )
        + ods_row(
            ods_cell("#N/A", value_type="string", formula="of:=NA()", error=True),
            ods_cell("Err:502", value_type="string", formula="of:=X()"),
            ods_cell("2", value_type="float", value=2, formula="of:=1+1"),
            attributes='table:visibility="filter"',
        )
        + ods_row(
            ods_cell(formula="of:=1"),
            ods_text("#hash"),
            ods_cell("4532015112830370", value_type="float", value=4532015112830370),
            attributes='table:style-name="flat"',
        )
        + ods_row(
            ods_cell("7", value_type="float", value=7, formula="of:=7"),
            attributes='table:style-name="high" table:number-rows-repeated="2"',
        )
        + ods_row(attributes='table:visibility="collapse"')
        + ods_row(ods_text("end"))
    )
    sheet = only_sheet(ods(columns + rows, styles=styles), "a.ods")
    assert [list(cells) for cells in sheet.rows()] == [
        ["m", "", "z"],
        ["", "", "2"],
        ["", "#hash", "4532015112830370"],
        ["7", "", ""],
        ["7", "", ""],
        ["", "", ""],
        ["end", "", ""],
    ]
    facts = sheet.facts()
    assert facts.hidden.tolist() == [2, 3, 6]
    assert facts.merged_areas == (Area(1, 1, 1, 2),)
    assert marks_of(facts) == [
        (Mark.ERROR, [(2, 1), (2, 2)], ("#N/A", "Err:502")),
        (Mark.COMPUTED, [(2, 1), (2, 2), (2, 3), (4, 1), (5, 1)], ()),
        (Mark.NEVER_COMPUTED, [(3, 1)], ()),
        (Mark.ROUNDED, [(3, 3)], ()),
    ]


def test_areas_meet_when_they_have_a_cell_in_common() -> None:
    area = Area(2, 4, 2, 4)
    assert area.size == 9
    meeting: list[Any] = [Area(4, 9, 4, 9), Area(1, 2, 1, 2), Area(3, 3, 1, 9)]
    apart = [Area(5, 9, 2, 4), Area(1, 1, 2, 4), Area(2, 4, 5, 5), Area(2, 4, 1, 1)]
    assert [area.meets(other) for other in meeting + apart] == [True] * 3 + [False] * 4
