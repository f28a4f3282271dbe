"""What is counted while a table is read, to be said of it afterwards."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

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
            notes = "a note or a total" if footer.rows == 1 else "notes or totals"
            said.append(
                f"{_rows(footer)} left out as {notes} below the table: "
                "`source: {last_row: end}` in the mapping reads all rows."
            )
        other = self._left_out.get(Part.OTHER_TABLE)
        if other is not None and self.options.other_tables is not None:
            said.append(f"{_rows(other)} left out: another table begins in row {other.first}.")
        elif other is not None:
            said.append(
                f"{_rows(other)} refused, for another table begins in row {other.first}: "
                "`source: {other_tables: leave-out}` in the mapping skips such rows, and "
                "`{last_row: end}` reads them like the others."
            )
        return tuple(said)

    def _on_garbled(self) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
        """Make the sentences for columns whose text was decoded twice."""
        warnings: list[str] = []
        obstacles: list[tuple[str, str]] = []
        for column in self.garbled.columns:
            said = (
                f'In column "{column.name}" {column.garbled:,} of {column.filled:,} cells hold '
                f'text that was decoded twice, such as "{column.example}" for "{column.mended}": '
            )
            if self.options.repair_text:
                warnings.append(f"{said}they were repaired.")
            elif column.share <= _GARBLED_SHARE:
                warnings.append(f"{said}`source: {{repair_text: true}}` repairs them.")
            else:
                remedy = "`source: {repair_text: true}` in the mapping repairs them, and `false` "
                obstacles.append((column.name, f"{said}{remedy}leaves them as they are."))
        return tuple(warnings), tuple(obstacles)


def _rows(left_out: LeftOut) -> str:
    if left_out.rows == 1:
        return f"Row {left_out.first} is"
    return f"Rows {left_out.first} to {left_out.last} are"
