"""What a file is, without a mapping: the tables in it and what their columns look like."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from importer import assembly
from importer.errors import Mistake, UnusableInputError
from importer.model import Chunk
from importer.recognition import ColumnLook, Recognition, rows_of_table
from importer.sources import STANDARD_INPUT, Source
from importer.tables import SourceOptions, TableDescription


@dataclass(frozen=True, slots=True)
class InspectedTable:
    """One table: what was understood of it, and its columns.

    ``table_rows``: how many of the rows read are the table's.
    """

    description: TableDescription
    table_rows: int
    columns: tuple[ColumnLook, ...]


@dataclass(frozen=True, slots=True)
class OpenedTables:
    """The tables of what was named, what of it is not read, in words, and the files' paths."""

    sources: tuple[Source, ...]
    passed_over: tuple[str, ...] = ()
    paths: tuple[Path, ...] = ()


def open_tables(file: str, *, sheet: str | None = None) -> OpenedTables:
    """Open the tables of a file, of an archive, of standard input, or of a folder's files.

    Raises:
        UnusableInputError: it cannot be read as a table.
    """
    found, passed_over = assembly.files_of([file])
    sources: list[Source] = []
    mistakes: list[Mistake] = []
    told = [*passed_over]
    for path, shown in found:
        try:
            named = _named(path, shown)
            told += named.passed_over
            sources.extend(named.tables(SourceOptions(sheet=sheet)))
        except UnusableInputError as error:
            mistakes.extend(error.mistakes)
    if mistakes:
        raise UnusableInputError(*mistakes)
    return OpenedTables(tuple(sources), tuple(told), tuple(path for path, _ in found))


def _named(path: Path, shown: str) -> assembly.NamedFile:
    if path == STANDARD_INPUT:
        return assembly.unpacked_input(assembly.means().standard_input())
    return assembly.unpacked(path, shown)


def inspect(source: Source, *, into: IO[bytes] | None = None) -> InspectedTable:
    """Read a table once and say what it is.

    ``into``: where its rows are written as UTF-8 CSV, header first, no cell changed. Rows that
    are none of the table's are left out; short ones are as wide as the header, long ones whole.

    Raises:
        UnusableInputError: it cannot be read to its end.
    """
    names = source.description.columns
    recognition, rows = Recognition(names), 0
    with nullcontext() if into is None else _dump(into, names) as writer:
        for chunk in source.chunks():
            rows += len(chunk)
            kept = rows_of_table(chunk)
            recognition.add(kept)
            if writer is not None:
                writer.writerows(_whole_rows(kept))
    description = replace(source.description, rows=rows)
    return InspectedTable(description, recognition.rows, recognition.columns())


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
    """Give the rows' cells; blank where a short row has none, and those beyond the header too.

    Cells beyond the header that are blank, as a delimiter behind every row makes them, are none.
    """
    columns = [chunk.frame[name].fillna("").tolist() for name in chunk.frame.columns]
    for position, cells in enumerate(zip(*columns, strict=True)):
        extra = chunk.extra.get(position, ())
        yield [*cells, *(extra if any(map(str.strip, extra)) else ())]
