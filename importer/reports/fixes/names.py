"""What the files and sheets of the rows to fix are called, each table's after itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from importer.tables import TableDescription

_LONGEST_NAME = 50  # in characters: a file's name has at most 255 bytes, also while it is written
# What Excel lets a sheet be called; it keeps one name for itself.
_LONGEST_SHEET = 31  # UTF-16 units
_NEVER_IN_SHEETS = re.compile(r"[\[\]:*?/\\\x00-\x1f\x7f\ufffe\uffff]+")
_RESERVED = "history"


def file_paths(folder: Path, tables: Sequence[TableDescription]) -> dict[int, Path]:
    """Give each table a file of its own; one table's file is ``to-fix.csv``."""
    if len(tables) == 1:
        return {0: folder / "to-fix.csv"}
    paths: dict[int, Path] = {}
    taken: set[str] = set()
    for index, table in enumerate(tables):
        stem = _shown_stem(table)
        whole = f"{stem}-{table.sheet}" if table.sheet else stem
        plain = re.sub(r"[^\w.-]+", "-", whole)[:_LONGEST_NAME]
        name, count = plain or "table", 2
        while name.casefold() in taken:
            name, count = f"{plain}-{count}", count + 1
        taken.add(name.casefold())
        paths[index] = folder / "to-fix" / f"{name}.csv"
    return paths


class SheetNames:
    """Gives names to sheets that no two of a workbook share, and that Excel allows."""

    def __init__(self) -> None:
        self._taken = {_RESERVED}

    def of(self, table: TableDescription) -> str:
        """Name a sheet after its table: as the sheet was called, or else the file."""
        return self.free(table.sheet or _shown_stem(table))

    def free(self, wanted: str) -> str:
        """Give a name that is like the wanted one."""
        for end in _endings():
            plain = _cut(_NEVER_IN_SHEETS.sub("-", wanted), _LONGEST_SHEET - len(end))
            name = (plain.strip("' ") or "table") + end
            if name.casefold() not in self._taken:
                break
        self._taken.add(name.casefold())
        return name


def _cut(text: str, units: int) -> str:
    """Give as much of a text as has so many UTF-16 units; no sign is cut in two."""
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore")


def _endings() -> Iterator[str]:
    yield ""
    count = 2
    while True:
        yield f" ({count})"
        count += 1


def _shown_stem(table: TableDescription) -> str:
    return _stem(table.file) if table.file != "-" else "standard-input"


def _stem(file: str) -> str:
    """Name a file without its endings; one in an archive has the archive's name before it."""
    *folders, name = file.replace("\\", "/").split("/")
    archive = next((folder for folder in folders if folder.lower().endswith(".zip")), "")
    name = re.sub(r"\.(gz|bz2|xz)$", "", name, flags=re.IGNORECASE)
    return f"{archive[:-4]}-{Path(name).stem}" if archive else Path(name).stem
