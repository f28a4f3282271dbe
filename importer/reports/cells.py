"""Cells that no spreadsheet program can take for a formula."""

from __future__ import annotations

import re
from collections.abc import Iterable

_STARTERS = "=+\\-@\t\r＝＋－＠"
_DANGEROUS = re.compile(f"'*[{_STARTERS}]")
# A number, or a phone as people write it. A phone of digits and hyphens alone would be subtracted.
_HARMLESS = re.compile(
    r"[+-]?[0-9][0-9\xa0\u202f ]*([.,][0-9]+)?%?|\+[0-9]{1,3}[ .(\xa0][0-9 .()\xa0-]*"
)


def guarded(cell: str) -> str:
    """Put one apostrophe before a cell that could run; ``importer.sources`` takes it off again."""
    if _DANGEROUS.match(cell) and not _HARMLESS.fullmatch(cell):
        return "'" + cell
    return cell


def guarded_row(cells: Iterable[object]) -> list[object]:
    """Guard the texts of a row; numbers stay."""
    return [guarded(c) if isinstance(c, str) else c for c in cells]
