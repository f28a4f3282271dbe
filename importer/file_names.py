"""What the name of a file tells of it."""

from __future__ import annotations

TABLE_ENDINGS = (".csv", ".txt", ".tsv", ".tab", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
_OF_ONE_FILE = (".gz", ".bz2", ".xz")
PACKING_ENDINGS = (*_OF_ONE_FILE, ".zip")
_SPREADSHEETS = (
    ".zip",
    *(table + packing for table in TABLE_ENDINGS for packing in ("", *_OF_ONE_FILE)),
)
_PATTERN_SIGNS = frozenset("*?[")


def is_spreadsheet(name: str) -> bool:
    """Tell by a file's name whether it is read out of a folder or an archive."""
    return name.lower().endswith(_SPREADSHEETS)


def is_pattern(path: str) -> bool:
    """Tell whether a path names files by a glob."""
    return bool(_PATTERN_SIGNS & set(path))
