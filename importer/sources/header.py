"""The header row as column names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from importer.blanks import folded
from importer.errors import UnusableInputError
from importer.guards import unguarded
from importer.language import number, tr
from importer.tables import ERRORS_COLUMN, NO_HEADER

COLUMN_LIMIT = 16_384  # what Excel can hold: https://support.microsoft.com/office/1672b34d


@dataclass(frozen=True, slots=True)
class Header:
    """Names for a table's cells by position.

    ``names``: one for each cell, unique, none blank. ``ours``: the position of the column that
    makes the file one of ours; None in all others. ``row``: as a spreadsheet shows it, or
    ``NO_HEADER``. ``guarded``: whether a file of ours is CSV, or was once, where apostrophes stand
    before what could run and ragged rows keep their number of cells.
    """

    names: tuple[str, ...]
    row: int
    ours: int | None
    warnings: tuple[str, ...]
    repeated: tuple[str, ...] = ()
    guarded: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that hold the operator's text."""
        return tuple(n for i, n in enumerate(self.names) if i != self.ours)


def read_header(
    cells: Sequence[str], *, row: int, shown_as: str, first: int = 1, guarded: bool = True
) -> Header:
    """Name the columns: trimmed, on one line, made unique; a blank name becomes ``column N``.

    ``row``: as a spreadsheet shows it, ``NO_HEADER`` when there is none. ``first``: the position
    that a spreadsheet shows for the first cell. ``guarded``: as of the header.

    Raises ``UnusableInputError`` when there are more columns than a spreadsheet can hold, or where
    a file of ours lost its shape.
    """
    if len(cells) > COLUMN_LIMIT:
        raise UnusableInputError(
            tr(
                "{file}: row {row} has {cells} cells, and a table has at most {most} columns. Name "
                "the header row: `source: {{header_row: N}}`.",
                file=shown_as,
                row=row or 1,
                cells=number(len(cells)),
                most=number(COLUMN_LIMIT),
            )
        )
    texts = [" ".join(cell.replace("\ufeff", "").split()) for cell in cells]
    named = [i for i, text in enumerate(texts) if text]
    ours = named[-1] if is_ours(texts) else None
    if ours is None and row != NO_HEADER:
        _refuse_moved_mark(texts, shown_as)
    if ours is not None and guarded:
        texts = [unguarded(text) for text in texts]
    names, warnings, repeated = _unique(texts, first)
    if row == NO_HEADER:
        warnings = [_without_header(names)]
    return Header(tuple(names), row, ours, tuple(warnings), tuple(repeated), guarded)


def is_ours(cells: Sequence[str]) -> bool:
    """Tell whether a row is the header of a file of ours."""
    named = [cell for cell in cells if cell.strip()]
    return bool(named) and folded(named[-1]) == ERRORS_COLUMN


def _refuse_moved_mark(texts: Sequence[str], shown_as: str) -> None:
    """Read as any other, its cells would keep the apostrophes that we put before them."""
    if any(folded(text) == ERRORS_COLUMN for text in texts):
        raise UnusableInputError(
            tr(
                "{file} has rows to fix, but import_errors is not its last column any more: move "
                "that column to the end; if the file is another one, rename the column.",
                file=shown_as,
            )
        )


def _without_header(names: Sequence[str]) -> str:
    if len(names) == 1:
        return tr('The table has no header: its column is called "{name}".', name=names[0])
    return tr(
        'The table has no header: its columns are called "{first}" to "{last}".',
        first=names[0],
        last=names[-1],
    )


def _unique(texts: Sequence[str], first: int) -> tuple[list[str], list[str], list[str]]:
    """Give names, what is to be said of them, and the texts that several columns have."""
    names: list[str] = []
    warnings: list[str] = []
    taken = set(texts)
    seen: set[str] = set()
    repeated: list[str] = []
    numbers: Counter[str] = Counter()
    for position, text in enumerate(texts, start=first):
        wanted = text or f"column {position}"
        name = wanted
        if wanted in seen or (not text and wanted in taken):
            numbers[wanted] += 1
            while (name := f"{wanted} ({numbers[wanted] + 1})") in taken or name in seen:
                numbers[wanted] += 1
        seen.add(name)
        names.append(name)
        if not text:
            warnings.append(
                tr(
                    'Column {position} has no name: it is called "{name}".',
                    position=position,
                    name=name,
                )
            )
        elif name != text:
            repeated.append(text)
            warnings.append(
                tr(
                    'Several columns are named "{text}": the one at position {position} is called '
                    '"{name}".',
                    text=text,
                    position=position,
                    name=name,
                )
            )
    return names, warnings, repeated
