"""What was seen of the columns that a mapping reads, while a table was checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from importer.blanks import trimmed
from importer.issues import IssueCode
from importer.mapping.bound import BoundMapping
from importer.model import Chunk
from importer.recognition import Samples, own_rows
from importer.run_folder import ColumnFacts


@dataclass(frozen=True, slots=True)
class SeenTable:
    """What was seen of a table: header -> its column, and whether it ends in mid-row."""

    columns: dict[str, ColumnFacts]
    cut_off: bool = False


class TableSight:
    """Sees a table's chunks pass, before and after the mapping was laid on them."""

    def __init__(self, bound: BoundMapping) -> None:
        self._fields = {
            header: next((rule.field for rule in use.rules), "")
            for header, use in bound.uses.items()
            if use.rules or use.made or use.condition
        }
        self._samples = Samples(tuple(self._fields))
        self._cut_off = False

    def add(self, chunk: Chunk, mapped: Chunk) -> None:
        """See a chunk of the table, and what the mapping made of it."""
        self._cut_off |= any(one.code is IssueCode.FILE_CUT_OFF for one in chunk.findings)
        kept = own_rows(chunk)
        cells = {
            header: _texts(header, field, chunk, mapped) for header, field in self._fields.items()
        }
        self._samples.add(cells, len(chunk), None if kept.all() else kept)

    def seen(self) -> SeenTable:
        """Say what was seen, once all chunks have passed."""
        columns = {
            header: ColumnFacts(
                filled=one.filled,
                rows=one.rows,
                looks_like=one.look,
                looks={look: round(share, 3) for look, share in one.looks.items()},
                garbled=round(one.garbled, 3),
            )
            for header, one in self._samples.columns().items()
        }
        return SeenTable(columns, self._cut_off)


def _texts(header: str, field: str, chunk: Chunk, mapped: Chunk) -> Any:
    """Give a column's cells, blank ones missing: a field of it has them already."""
    if field:
        return pa.array(mapped.frame[field].array)
    return trimmed(pa.array(chunk.frame[header].array))
