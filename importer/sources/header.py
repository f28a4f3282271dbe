"""The header row as column names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from importer.errors import UnusableInputError
from importer.tables import NO_HEADER

# The last header of a file of ours: the rows to fix, with what is wrong with each.
OUR_MARK = "import_errors"
COLUMN_LIMIT = 16_384  # what Excel can hold: https://support.microsoft.com/office/1672b34d
# One apostrophe in front of what a spreadsheet program would run, or of one that guards such.
GUARDED = r"\A'('*[=+\-@\t\r＝＋－＠])"
_GUARDED = re.compile(GUARDED)


@dataclass(frozen=True, slots=True)
class Header:
    """Names for a table's cells by position.

    ``names``: one for each cell, unique, none blank. ``ours``: the position of the column that
    makes the file one of ours; None in all others. ``row``: as a spreadsheet shows it, or
    ``NO_HEADER``.
    """

    names: tuple[str, ...]
    row: int
    ours: int | None
    warnings: tuple[str, ...]
    repeated: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that hold the operator's text."""
        return tuple(n for i, n in enumerate(self.names) if i != self.ours)


def read_header(cells: Sequence[str], *, row: int, shown_as: str, first: int = 1) -> Header:
    """Name the columns: trimmed, on one line, made unique; a blank name becomes ``column N``.

    ``row``: as a spreadsheet shows it, ``NO_HEADER`` when there is none. ``first``: the position
    that a spreadsheet shows for the first cell.

    Raises ``UnusableInputError`` when there are more columns than a spreadsheet can hold.
    """
    if len(cells) > COLUMN_LIMIT:
        raise UnusableInputError(
            f"{shown_as}: row {row or 1} has {len(cells):,} cells, and a table has at most "
            f"{COLUMN_LIMIT:,} columns. Name the header row: `source: {{header_row: N}}`."
        )
    texts = [" ".join(cell.replace("\ufeff", "").split()) for cell in cells]
    named = [i for i, text in enumerate(texts) if text]
    ours = named[-1] if named and texts[named[-1]] == OUR_MARK else None
    if ours is not None:
        texts = [_GUARDED.sub(r"\1", text) for text in texts]
    names, warnings, repeated = _unique(texts, first)
    if row == NO_HEADER:
        listed = f'"{names[0]}"' if len(names) == 1 else f'"{names[0]}" to "{names[-1]}"'
        warnings = [f"The table has no header: its columns are called {listed}."]
    return Header(tuple(names), row, ours, tuple(warnings), tuple(repeated))


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
            warnings.append(f'Column {position} has no name: it is called "{name}".')
        elif name != text:
            repeated.append(text)
            warnings.append(
                f'Several columns are named "{text}": the one at position {position} is '
                f'called "{name}".'
            )
    return names, warnings, repeated
