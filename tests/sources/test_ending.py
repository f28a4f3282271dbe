"""Where a table ends is found however its rows come."""

from __future__ import annotations

import csv
import io
import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.issues import IssueCode
from importer.sources.ending import mark_end, signs_of
from importer.sources.layout import find_layout
from importer.sources.pieces import piece_of_rows
from importer.tables import FILE_END, Inclusion, LeftOut, Part, SourceOptions
from tests.sources.reading import cells_of, findings_of, source_of

HEAD = ["Courriel", "Nom", "Inscrit le"]
CONTACTS = [[f"c{n}@example.org", "Roy", f"2026-01-{n % 28 + 1:02}"] for n in range(400)]
NOTE = ["* dates d'inscription au bureau"]
WORDS = {Part.FOOTER: "footer", Part.OTHER_TABLE: "other", Part.BELOW_LAST_ROW: "below"}
ODD_ROWS = st.sampled_from(
    [CONTACTS[0], ["", "", ""], NOTE, HEAD, ["Total", "", "12"], ["x@example.org"], ["a", "b"]]
)


def told(rows: list[list[str]], cuts: list[int], last_row: int | None = None) -> list[str]:
    """Say of each row below the header what it is, when rows come cut at the given places."""
    sample = [HEAD, *CONTACTS[:20]]
    layout = find_layout(sample)
    assert layout is not None
    bounds = sorted({0, len(rows), *(cut % (len(rows) + 1) for cut in cuts)})
    pieces = [
        piece_of_rows(rows[start:end], 3, start + 2) for start, end in itertools.pairwise(bounds)
    ]
    words: list[str] = []
    for part in mark_end(iter(pieces), signs_of(sample, layout, last_row=last_row)):
        for at in range(part.piece.table.num_rows):
            assert part.piece.first_row + at == len(words) + 2
            words.append(next((WORDS[p] for p, mask in part.outside.items() if mask[at]), "row"))
            if part.blank[at]:
                words[-1] = "blank"
    assert len(words) == len(rows)
    return words


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    below=st.lists(ODD_ROWS, max_size=12),
    cuts=st.lists(st.integers(0, 500), max_size=6),
    length=st.sampled_from([1, 5, 130]),
)
def test_where_a_table_ends_does_not_depend_on_how_its_rows_come(
    below: list[list[str]], cuts: list[int], length: int
) -> None:
    rows = CONTACTS[:length] + below
    whole = told(rows, [])
    assert told(rows, cuts) == whole
    assert whole[:length] == ["row"] * length


def test_a_note_above_more_rows_is_a_row() -> None:
    assert told([*CONTACTS[:3], NOTE, *CONTACTS[3:5]], []) == ["row"] * 6
    assert told([*CONTACTS[:3], NOTE], []) == ["row"] * 3 + ["footer"]


def test_the_last_contact_is_no_note_though_it_has_an_address_only() -> None:
    assert told([*CONTACTS[:3], ["z@example.org", "", ""]], [])[-1] == "row"
    assert told([*CONTACTS[:3], ["", "", ""], ["z@example.org", "", ""]], [])[-1] == "row"
    assert told([*CONTACTS[:3], ["z@example.org"]], [])[-1] == "row"
    assert told([["", "Roy", ""], ["", "", ""], ["", "z@example.org", ""]], [])[-1] == "row"


def test_the_header_again_begins_another_table() -> None:
    rows = [*CONTACTS[:3], HEAD, *CONTACTS[:2]]
    assert told(rows, []) == ["row"] * 3 + ["other"] * 3
    assert told([*CONTACTS[:3], [*HEAD, "Ville"], *CONTACTS[:2]], [])[3:] == ["other"] * 3


def test_rows_behind_a_blank_one_go_on_when_they_are_like_those_above() -> None:
    rows = [*CONTACTS[:3], ["", "", ""], *CONTACTS[3:5]]
    assert told(rows, []) == ["row"] * 3 + ["blank"] + ["row"] * 2


def test_a_table_with_a_title_begins_at_its_title() -> None:
    rows = [*CONTACTS[:3], ["", "", ""], ["Magasins"], ["Code", "Ville"], ["M1", "Laval"]]
    assert told(rows, [])[3:] == ["blank", "other", "other", "other"]


def test_the_mapping_says_where_the_table_ends() -> None:
    rows = [*CONTACTS[:3], NOTE, HEAD, *CONTACTS[:2]]
    assert told(rows, [2], last_row=FILE_END) == ["row"] * 7
    assert told(rows, [2], last_row=4) == ["row"] * 3 + ["below"] * 4


def text_of(*rows: list[str]) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(rows)
    return stream.getvalue().encode()


def test_rows_below_are_told_with_their_numbers(tmp_path: Path) -> None:
    rows = [HEAD, *CONTACTS[:5], ["", "", ""], ["Magasins"], ["Code", "Ville"], ["M1", "Laval"]]
    source = source_of(tmp_path / "a.csv", text_of(*rows))
    assert findings_of(source) == [
        (IssueCode.BLANK_ROW, [7], []),
        (IssueCode.OTHER_TABLE, [8, 9, 10], ["row 8"]),
    ]
    assert source.description.left_out == (
        LeftOut(Part.BLANK_ROWS, 7, 7, 1, (7,)),
        LeftOut(Part.OTHER_TABLE, 8, 10, 3, (8, 9, 10)),
    )
    assert len(cells_of(source)) == 9


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        (SourceOptions(other_tables=Inclusion.LEAVE_OUT), [IssueCode.OTHER_TABLE]),
        (SourceOptions(last_row=FILE_END), [IssueCode.ROW_TOO_SHORT]),
        (SourceOptions(last_row=6), [IssueCode.BELOW_LAST_ROW]),
    ],
)
def test_the_mapping_settles_what_is_below(
    tmp_path: Path, options: SourceOptions, codes: list[IssueCode]
) -> None:
    rows = [HEAD, *CONTACTS[:5], ["", "", ""], ["Magasins"], ["Code", "Ville"], ["M1", "Laval"]]
    source = source_of(tmp_path / "a.csv", text_of(*rows), options)
    assert [code for code, _, _ in findings_of(source)] == [IssueCode.BLANK_ROW, *codes]
