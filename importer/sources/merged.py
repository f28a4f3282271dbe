"""What merged areas mean: cells that show another's value, tall headers, groups of columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from importer.sources.body import HEADER_LINES
from importer.sources.books import Area
from importer.sources.layout import Layout, find_layout, joined_names
from importer.sources.pieces import CellMarks, Mark, Piece
from importer.tables import Certainty


def merged_cells(piece: Piece, areas: Sequence[Area], first_column: int) -> CellMarks | None:
    """Mark the cells that show the value of a cell above, which is merged with them."""
    rows, columns = [], []
    for area in areas:
        first = max(area.first_row + 1, piece.first_row)
        last = min(area.last_row, piece.first_row + piece.table.num_rows - 1)
        if first <= last:
            right = min(area.last_column, first_column + piece.table.num_columns - 1)
            wide = np.arange(max(area.first_column, first_column), right + 1)
            tall = np.arange(first, last + 1)
            rows.append(np.repeat(tall, len(wide)) - piece.first_row)
            columns.append(np.tile(wide, len(tall)) - first_column)
    if not rows:
        return None
    at, positions = np.concatenate(rows), np.concatenate(columns)
    order = np.argsort(at, kind="stable")
    return CellMarks(Mark.MERGED, at[order], positions[order])


def over_merged(rows: Sequence[Sequence[str]], areas: Sequence[Area], layout: Layout) -> Layout:
    """Let a table whose first row is merged with rows below it have that for its header."""
    start = layout.header_row or layout.first_row
    last = max((area.last_row for area in areas if area.first_row == start), default=start)
    if any("@" in cell for row in rows[start:last] for cell in row):
        return layout  # a note beside contacts is merged, not the header
    lines = last + 1 - start
    if lines <= max(layout.header_rows, 1) or lines > HEADER_LINES or last >= len(rows):
        return layout
    found = find_layout(rows, header_row=start, header_rows=lines) or layout
    return replace(found, certainty=Certainty.CERTAIN)


def with_groups(
    rows: Sequence[Sequence[str]], areas: Sequence[Area], layout: Layout, first_column: int
) -> Layout:
    """Give each column the name of its group, where that is merged over several columns."""
    last = layout.first_row - 1
    groups = [
        area
        for area in areas
        if layout.header_row <= area.first_row <= area.last_row < last
        and area.first_column >= first_column
    ]
    if layout.header_rows < 2 or not groups:
        return layout
    lines = [list(row) for row in rows[layout.header_row - 1 : last]]
    for area in groups:
        line = lines[area.first_row - layout.header_row]
        start, end = area.first_column - first_column, area.last_column + 1 - first_column
        line[start:end] = [line[start]] * (end - start)
    return replace(layout, names=joined_names(lines))
