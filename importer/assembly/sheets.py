"""A mapping kept as a sheet: read like any spreadsheet, and written out as YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

import pyarrow as pa

from importer.assembly.named_files import files_of, unpacked
from importer.assembly.opening import grammars
from importer.documents import folded, joined, near
from importer.errors import Mistake, UnusableInputError
from importer.issues import Severity, message
from importer.language import tr
from importer.mapping import Converted, SheetRow, convert
from importer.model import Chunk
from importer.reports.words.commands import argument
from importer.sources import Source
from importer.tables import FILE_END, NO_HEADER, Acceptance, Inclusion, SourceOptions

_MOST_ROWS = 10_000


def convert_sheet(
    file: str, *, sheet: str | None, name: str | None, target: str, table_id: str | None
) -> Converted:
    """Write a mapping that is kept as a sheet as YAML. ``name``: left out, the file's.

    Raises:
        UnusableInputError: the sheet cannot be read, or with every mistake at once, each with its
            row.
    """
    known = grammars()
    if target not in known:
        hint = near(target, known) or tr(" There are: {known}.", known=", ".join(known))
        raise UnusableInputError(tr('there is no target "{name}".{hint}', name=target, hint=hint))
    source = _only_table(file, sheet)
    shown = source.description.shown
    return convert(
        _rows(source, shown),
        known,
        shown=shown,
        name=name or _name_of(file),
        target=target,
        table_id=table_id,
    )


def _name_of(file: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", folded(PurePath(file).stem)).strip("-") or "mapping"


def _only_table(file: str, sheet: str | None) -> Source:
    found, _ = files_of([file])
    if len(found) != 1:
        raise UnusableInputError(
            tr("{file} means {count} files: name one", file=file, count=len(found))
        )
    options = SourceOptions(
        sheet=sheet or "all",
        header_row=NO_HEADER,
        last_row=FILE_END,
        ragged_rows=Acceptance.ACCEPT,
        hidden_rows=Inclusion.INCLUDE,
        formulas=Acceptance.ACCEPT,
    )
    tables = unpacked(*found[0]).tables(options)
    if len(tables) != 1:
        sheets = dict.fromkeys(table.description.sheet for table in tables)
        named = [f"--sheet {argument(one)}" for one in sheets if one]
        raise UnusableInputError(
            tr(
                "{file} holds several tables: choose one with {options}",
                file=file,
                options=joined(named, tr(" or ")),
            )
        )
    return tables[0]


def _rows(source: Source, shown: str) -> list[SheetRow]:
    """Read all rows, as texts.

    Raises:
        UnusableInputError: cells cannot be read, or this is no mapping, so many are the rows.
    """
    rows: list[SheetRow] = []
    mistakes: list[Mistake] = []
    for chunk in source.chunks():
        rows += _rows_of(chunk)
        mistakes += _mistakes_of(chunk, shown)
        if len(rows) > _MOST_ROWS:
            raise UnusableInputError(tr("{file} has more rows than a mapping can have", file=shown))
    if mistakes:
        raise UnusableInputError(*mistakes)
    return rows


def _rows_of(chunk: Chunk) -> Iterator[SheetRow]:
    columns = [pa.array(chunk.frame[name].array).to_pylist() for name in chunk.frame.columns]
    for at, number in enumerate(chunk.rows.tolist()):
        cells = [column[at] or "" for column in columns]
        yield SheetRow(number, (*cells, *chunk.extra.get(at, ())))


def _mistakes_of(chunk: Chunk, shown: str) -> Iterator[Mistake]:
    for finding in chunk.findings:
        if finding.severity is not Severity.ERROR:
            continue
        for place, at in enumerate(finding.at.tolist()):
            details = finding.details
            sentence = message(
                finding.code,
                column=finding.column,
                value=(finding.values[place] or "") if finding.values else "",
                detail=details if isinstance(details, str) else details[place],
            )
            yield Mistake(sentence, shown, row=int(chunk.rows[at]))
