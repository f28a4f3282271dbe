"""What is counted while a table is read, to be said of it afterwards."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from importer.language import number, tr
from importer.sources.double_decoding import GarbledText
from importer.sources.header import Header
from importer.tables import LeftOut, Part, SourceOptions, TableDescription

_GARBLED_SHARE = 0.01  # of a column's filled cells, above which the mapping must settle it
_NUMBERS = 5  # of rows that are left out, so many are named


class Tally:
    """Counts of one reading of a table, from its first row to its last."""

    def __init__(self, header: Header, options: SourceOptions) -> None:
        self.header, self.options = header, options
        self.hidden = 0
        self.computed: Counter[int] = Counter()
        self.garbled = GarbledText(header.names)
        self._left_out: dict[Part, LeftOut] = {}

    def leave_out(self, part: Part, rows: NDArray[np.int64]) -> None:
        """Count rows that are not read as contacts, by their numbers."""
        if len(rows):
            first, last = int(rows[0]), int(rows[-1])
            before = self._left_out.get(part, LeftOut(part, first, last, 0))
            numbers = (*before.numbers, *rows[:_NUMBERS].tolist())[:_NUMBERS]
            self._left_out[part] = replace(
                before, last=last, rows=before.rows + len(rows), numbers=numbers
            )

    def complete(self, description: TableDescription) -> TableDescription:
        """Complete what is said of a table, once all of it was read."""
        left_out = sorted(self._left_out.values(), key=lambda one: (one.first, one.last))
        computed = tuple((self.header.names[at], n) for at, n in sorted(self.computed.items()))
        warnings, obstacles = self._on_garbled()
        return replace(
            description,
            left_out=description.left_out + tuple(left_out),
            hidden=self.hidden,
            computed=computed,
            warnings=description.warnings + self._on_the_end() + warnings,
            obstacles=obstacles,
        )

    def _on_the_end(self) -> tuple[str, ...]:
        """Say what was found below the table, where the mapping does not settle it."""
        said = []
        if (footer := self._left_out.get(Part.FOOTER)) is not None:
            said.append(_on_footer(footer))
        other = self._left_out.get(Part.OTHER_TABLE)
        if other is not None and self.options.other_tables is not None:
            said.append(_on_left_out_table(other))
        elif other is not None:
            said.append(_on_refused_table(other))
        return tuple(said)

    def _on_garbled(self) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
        """Make the sentences for columns whose text was decoded twice."""
        warnings: list[str] = []
        obstacles: list[tuple[str, str]] = []
        for column in self.garbled.columns:
            said = tr(
                'In column "{column}" {garbled} of {filled} cells hold text that was decoded '
                'twice, such as "{example}" for "{mended}"',
                column=column.name,
                garbled=number(column.garbled),
                filled=number(column.filled),
                example=column.example,
                mended=column.mended,
            )
            if self.options.repair_text:
                warnings.append(tr("{cells}: they were repaired.", cells=said))
            elif column.share <= _GARBLED_SHARE:
                warnings.append(
                    tr("{cells}: `source: {{repair_text: true}}` repairs them.", cells=said)
                )
            else:
                obstacle = tr(
                    "{cells}: `source: {{repair_text: true}}` in the mapping repairs them, and "
                    "`false` leaves them as they are.",
                    cells=said,
                )
                obstacles.append((column.name, obstacle))
        return tuple(warnings), tuple(obstacles)


def _on_footer(rows: LeftOut) -> str:
    if rows.rows == 1:
        return tr(
            "Row {row} is left out as a note or a total below the table: "
            "`source: {{last_row: end}}` in the mapping reads all rows.",
            row=rows.first,
        )
    return tr(
        "Rows {first} to {last} are left out as notes or totals below the table: "
        "`source: {{last_row: end}}` in the mapping reads all rows.",
        first=rows.first,
        last=rows.last,
    )


def _on_left_out_table(rows: LeftOut) -> str:
    if rows.rows == 1:
        return tr("Row {row} is left out: another table begins in row {row}.", row=rows.first)
    return tr(
        "Rows {first} to {last} are left out: another table begins in row {first}.",
        first=rows.first,
        last=rows.last,
    )


def _on_refused_table(rows: LeftOut) -> str:
    if rows.rows == 1:
        return tr(
            "Row {row} is refused, for another table begins in row {row}: "
            "`source: {{other_tables: leave-out}}` in the mapping skips such rows, and "
            "`{{last_row: end}}` reads them like the others.",
            row=rows.first,
        )
    return tr(
        "Rows {first} to {last} are refused, for another table begins in row {first}: "
        "`source: {{other_tables: leave-out}}` in the mapping skips such rows, and "
        "`{{last_row: end}}` reads them like the others.",
        first=rows.first,
        last=rows.last,
    )
