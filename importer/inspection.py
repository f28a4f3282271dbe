"""What a file is, without a mapping: the tables in it and what their columns look like."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from importer import assembly
from importer.issues import Finding, IssueCode
from importer.model import Chunk
from importer.recognition import ColumnLook, Recognition, rows_of_table
from importer.sources import STANDARD_INPUT, Source, open_contents, unpack
from importer.tables import LeftOut, Part, SourceOptions, TableDescription

_NUMBERS = 5  # of the rows that lie scattered, so many are named
_PARTS = {
    IssueCode.BLANK_ROW: Part.BLANK_ROWS,
    IssueCode.HIDDEN_ROW: Part.HIDDEN_ROWS,
    IssueCode.FOOTER_ROW: Part.FOOTER,
    IssueCode.OTHER_TABLE: Part.OTHER_TABLE,
}


@dataclass(frozen=True, slots=True)
class NotOfTable:
    """A part of a file that is no row of its table; ``numbers``: the first few of its rows."""

    part: LeftOut
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class InspectedTable:
    """One table: what was understood of it, and its columns.

    ``table_rows``: how many of the rows read are the table's. ``left_out``: what the others are.
    """

    description: TableDescription
    table_rows: int
    left_out: tuple[NotOfTable, ...]
    columns: tuple[ColumnLook, ...]


@dataclass(frozen=True, slots=True)
class OpenedTables:
    """The tables of what was named, and what of it is not read, in words."""

    sources: tuple[Source, ...]
    passed_over: tuple[str, ...] = ()


def open_tables(file: str, *, sheet: str | None = None) -> OpenedTables:
    """Open the tables of a file, of an archive, of standard input, or of a folder's files.

    Raises:
        UnusableInputError: it cannot be read as a table.
    """
    found, passed_over = assembly.files_of([file])
    tables: list[Source] = []
    told = [*passed_over]
    for path, shown in found:
        place = _spooled() if path == STANDARD_INPUT else path
        held = unpack(place, shown_as=shown)
        told += [f"{one.path}: {one.reason}" for one in held.passed_over]
        tables.extend(open_contents(held.contents, SourceOptions(sheet=sheet)))
    return OpenedTables(tuple(tables), tuple(told))


def inspect(source: Source, *, into: IO[bytes] | None = None) -> InspectedTable:
    """Read a table once and say what it is.

    ``into``: where its rows are written as UTF-8 CSV, header first, no cell changed. Rows that
    are none of the table's are left out; short ones are as wide as the header, long ones whole.

    Raises:
        UnusableInputError: it cannot be read to its end.
    """
    names = source.description.columns
    recognition, passed, rows = Recognition(names), _Passed(), 0
    with nullcontext() if into is None else _dump(into, names) as writer:
        for chunk in source.chunks():
            rows += len(chunk)
            passed.add(chunk)
            kept = rows_of_table(chunk)
            recognition.add(kept)
            if writer is not None:
                writer.writerows(_whole_rows(kept))
    description = replace(source.description, rows=rows)
    return InspectedTable(
        description, recognition.rows, passed.parts(description), recognition.columns()
    )


class _Passed:
    """The rows that are none of the table's, as they pass."""

    def __init__(self) -> None:
        self._parts: dict[Part, LeftOut] = {}
        self._numbers: dict[Part, tuple[int, ...]] = {}

    def add(self, chunk: Chunk) -> None:
        for finding in chunk.findings:
            part = _PARTS.get(finding.code)
            if part is not None and len(finding.at):
                self._note(part, chunk, finding)

    def _note(self, part: Part, chunk: Chunk, finding: Finding) -> None:
        numbers: list[int] = chunk.rows[finding.at].tolist()
        before = self._parts.get(part, LeftOut(part, numbers[0], numbers[0], 0))
        self._parts[part] = replace(before, last=numbers[-1], rows=before.rows + len(numbers))
        self._numbers[part] = (*self._numbers.get(part, ()), *numbers)[:_NUMBERS]

    def parts(self, description: TableDescription) -> tuple[NotOfTable, ...]:
        """Give every part from the top, as the source tells it, or else as its rows were found."""
        told = {one.part for one in description.left_out}
        found = [one for part, one in self._parts.items() if part not in told]
        parts = sorted((*description.left_out, *found), key=lambda one: (one.first, one.last))
        return tuple(NotOfTable(one, self._numbers.get(one.part, ())) for one in parts)


@contextmanager
def _dump(stream: IO[bytes], names: Sequence[str]) -> Iterator[Any]:
    """Write rows as clean CSV below their header; the stream stays open."""
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
    try:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(names)
        yield writer
    finally:
        text.detach()  # writes what it still holds


def _whole_rows(chunk: Chunk) -> Iterator[list[str]]:
    """Give the rows' cells; blank where a short row has none, and those beyond the header too."""
    columns = [chunk.frame[name].fillna("").tolist() for name in chunk.frame.columns]
    for position, cells in enumerate(zip(*columns, strict=True)):
        yield [*cells, *chunk.extra.get(position, ())]


def _spooled() -> Path:
    """Keep standard input in a private file that goes with the process."""
    folder = tempfile.TemporaryDirectory(prefix="importer-")
    _SPOOLED.append(folder)
    place = Path(folder.name) / "input"
    assembly.spool(assembly.means().standard_input(), place)
    return place


_SPOOLED: list[tempfile.TemporaryDirectory[str]] = []
