"""Places in a text."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple


class Place(NamedTuple):
    """Where something stands in a text, counted from 1; columns in characters."""

    line: int
    column: int


def place_of_byte(raw: bytes, position: int) -> Place:
    """Tell where a byte of a UTF-8 text stands, all before it being right."""
    before = raw[:position].decode("utf-8-sig", errors="replace")
    return place_of_character(before, len(before))


def place_of_character(text: str, position: int) -> Place:
    """Tell where a character stands."""
    begins = text.rfind("\n", 0, position) + 1
    return Place(text.count("\n", 0, position) + 1, position - begins + 1)


def lines_of(text: str) -> list[str]:
    """Cut a text where the parser counts a line."""
    return re.split("\r\n|[\n\r]", text)


# They join letters and emojis to one sign, and need no name.
_JOINERS = "\u200c\u200d"


def in_one_line(message: str) -> str:
    """Name the characters of a message that nobody would see, or that would break its line."""
    if message.isprintable():
        return message
    return "".join(c if c.isprintable() or c in _JOINERS else _named(c) for c in message)


def _named(character: str) -> str:
    known = {"\n": "line break", "\r": "line break", "\t": "tab"}
    named = known.get(character) or unicodedata.name(character, "").lower()
    return f"[{named or f'U+{ord(character):04X}'}]"
