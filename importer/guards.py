"""The apostrophe before what a spreadsheet program could run: put into CSV, and taken off again."""

from __future__ import annotations

import re
from typing import Any

import pyarrow.compute as pc

from importer.blanks import BLANKS

# What a spreadsheet program passes over in front of a formula, some of them at least.
_PASSED_OVER = (
    "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19"
    "\x1a\x1b\x1c\x1d\x1e\x1f\x7f " + BLANKS.translate(dict.fromkeys(map(ord, "\t\r\n")))
)
_STARTERS = "=+\\-@＝＋－＠"
# A program may cut cells at another delimiter than the file's: a semicolon in a French Excel, each
# of these in LibreOffice. Quotes do not hinder it, nor keep line breaks inside, where they do not
# begin a cell of its own. What follows such a sign begins a cell then.
CUTS = ",;\t\r\n"
_BEGINNING = re.compile(f"'*(?:[\t\r]|[{_PASSED_OVER}]*[{_STARTERS}])")
AT_FIRST = frozenset("'\t\r" + _PASSED_OVER + _STARTERS.replace("\\", ""))
_INSIDE = re.compile(f"(?<=[{CUTS}])'*[\"{_PASSED_OVER}]*[{_STARTERS}]")
# A number, or a phone as people write it. A phone's country code is followed by a blank or a
# bracket and more digits, or it has no hyphens: "+1-514-555" and "+1.5-3" would be subtracted.
_HARMLESS = re.compile(
    r"[+-]?[0-9][0-9\xa0\u202f ]*([.,][0-9]+)?%?"
    r"|\+[0-9]{1,3}([ \xa0]\(?|\()[0-9][0-9 .()\xa0-]*"
    r"|\+[0-9]{1,3}(\.[0-9]+){2,}"
)
_GUARDED = re.compile(rf"\A'('*(?:[\t\r]|[{_PASSED_OVER}]*[{_STARTERS}]))")
_GUARDED_INSIDE = re.compile(rf"([{CUTS}])'('*[\"{_PASSED_OVER}]*[{_STARTERS}])")
_TO_CUT = re.compile(f"[{CUTS}]")


def guarded(cell: str) -> str:
    """Put an apostrophe before what could run; the sources take it off again.

    That is at the beginning of the cell, and behind each sign at which some program cuts cells.
    """
    dangerous = cell[:1] in AT_FIRST and begins_dangerously(cell)
    # Looked for one by one, which is quicker than a pattern.
    if "," in cell or ";" in cell or "\n" in cell or "\t" in cell or "\r" in cell:
        cell = _INSIDE.sub(_guarded_inside, cell)
    return "'" + cell if dangerous else cell


def begins_dangerously(cell: str) -> bool:
    """Tell whether a spreadsheet program could run a cell; numbers and phones are calculated."""
    found = _BEGINNING.match(cell)
    return found is not None and not _HARMLESS.fullmatch(cell, _start(cell, found))


def _start(cell: str, found: re.Match[str]) -> int:
    """Give where a number could begin; at an apostrophe, it is none."""
    return found.start() if cell[found.start()] == "'" else found.end() - 1


def _guarded_inside(found: re.Match[str]) -> str:
    cell, cut = found.string, found.string[found.start() - 1]
    end = _TO_CUT.search(cell, found.end())
    # Cut at fewer signs, the number would go on.
    whole = end is None or end.group() == cut
    start, stop = _start(cell, found), len(cell) if end is None else end.start()
    if whole and _HARMLESS.fullmatch(cell[start:stop].rstrip(_PASSED_OVER + '"')):
        return found.group()
    return "'" + found.group()


# --- taken off ------------------------------------------------------------------------------------


def unguarded(cell: str) -> str:
    """Give the text of which ``guarded`` made a cell."""
    return _GUARDED.sub(r"\1", _GUARDED_INSIDE.sub(r"\1\2", cell))


def unguarded_column(cells: Any) -> Any:
    """Give the texts of which ``guarded`` made a column of text (Arrow)."""
    texts = pc.replace_substring_regex(cells, pattern=_GUARDED_INSIDE.pattern, replacement=r"\1\2")
    return pc.replace_substring_regex(texts, pattern=_GUARDED.pattern, replacement=r"\1")
