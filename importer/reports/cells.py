"""Cells that no spreadsheet program can take for a formula."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_STARTERS = "=+\\-@\t\r＝＋－＠"
_FIRST = frozenset("'=+-@\t\r＝＋－＠")
_DANGEROUS = re.compile(f"'*[{_STARTERS}]")
# A number, or a phone as people write it. A phone's country code is followed by a blank or a
# bracket and more digits, or it has no hyphens: "+1-514-555" and "+1.5-3" would be subtracted.
_HARMLESS = re.compile(
    r"[+-]?[0-9][0-9\xa0\u202f ]*([.,][0-9]+)?%?"
    r"|\+[0-9]{1,3}([ \xa0]\(?|\()[0-9][0-9 .()\xa0-]*"
    r"|\+[0-9]{1,3}(\.[0-9]+){2,}"
)


def guarded(cell: str) -> str:
    """Put one apostrophe before a cell that could run; ``importer.sources`` takes it off again."""
    if _DANGEROUS.match(cell) and not _HARMLESS.fullmatch(cell):
        return "'" + cell
    return cell


def guarded_column(cells: Sequence[str]) -> Sequence[str]:
    """Guard the texts of a column; nearly always none needs it, which is found out quickly."""
    if not any(cell[:1] in _FIRST for cell in set(cells) if cell):
        return cells
    return [guarded(cell) for cell in cells]


def guarded_row(cells: Iterable[object]) -> list[object]:
    """Guard the texts of a row; numbers stay."""
    return [guarded(c) if isinstance(c, str) else c for c in cells]
