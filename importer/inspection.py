"""What a file is, without a mapping: the tables in it and what their columns look like."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from importer import assembly
from importer.recognition import ColumnLook, Recognition
from importer.sources import STANDARD_INPUT, Source, open_sources
from importer.tables import SourceOptions, TableDescription


@dataclass(frozen=True, slots=True)
class InspectedTable:
    """One table: what was understood of it, and its columns."""

    source: Source
    description: TableDescription
    columns: tuple[ColumnLook, ...]


def inspect(file: str, *, sheet: str | None = None) -> tuple[InspectedTable, ...]:
    """Read a file once and say what it is.

    Raises:
        UnusableInputError: it cannot be read as a table.
    """
    found, _ = assembly.files_of([file])
    tables: list[InspectedTable] = []
    for path, shown in found:
        place = _spooled() if path == STANDARD_INPUT else path
        opened = open_sources(place, options=SourceOptions(sheet=sheet), shown_as=shown)
        tables.extend(_inspected(source) for source in opened)
    return tuple(tables)


def _inspected(source: Source) -> InspectedTable:
    recognition = Recognition(source.description.columns)
    rows = 0
    for chunk in source.chunks():
        recognition.add(chunk)
        rows += len(chunk)
    return InspectedTable(source, replace(source.description, rows=rows), recognition.columns())


def _spooled() -> Path:
    """Keep standard input in a private file that goes with the process."""
    folder = tempfile.TemporaryDirectory(prefix="importer-")
    _SPOOLED.append(folder)
    place = Path(folder.name) / "input"
    assembly.spool(assembly.means().standard_input(), place)
    return place


_SPOOLED: list[tempfile.TemporaryDirectory[str]] = []


def dump(source: Source, stream: IO[bytes]) -> None:
    """Write what was read as UTF-8 CSV, header first, no cell changed."""
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(source.description.columns)
    for chunk in source.chunks():
        columns: Sequence[list[str]] = [
            chunk.frame[name].fillna("").tolist() for name in chunk.frame.columns
        ]
        for position, cells in enumerate(zip(*columns, strict=True)):
            writer.writerow([*cells, *chunk.extra.get(position, ())])
    text.flush()
    text.detach()
