"""Places in a text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from importer.language import Said, mark, tr


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
# The blanks of French: inside its quotes, before some of its signs, between thousands. Any other
# that cannot be seen is a cell's or a name's own.
_OF_FRENCH = re.compile("(?<=«)\u00a0|[\u00a0\u202f](?=[»:;?!%])|(?<=[0-9])\u202f(?=[0-9])")
_NAMES = {"\n": mark("line break"), "\r": mark("line break"), "\t": mark("tab")}
_OFTEN_MET = (
    mark("no-break space"),
    mark("narrow no-break space"),
    mark("zero width space"),
    mark("zero width no-break space"),
    mark("soft hyphen"),
    mark("left-to-right mark"),
    mark("right-to-left mark"),
)
"""Unicode's names of characters, for the catalogue; there the others stay as they are."""


def in_one_line(message: str) -> str:
    """Name the characters of a message that nobody would see, or that would break its line."""
    if message.isprintable():
        return message
    if not isinstance(message, Said):
        return seen(message, lambda sign: _named(sign, _name(sign)))
    told = Said(seen(message, lambda sign: _named(sign, tr(_name(sign))), french=True))
    told.english = in_one_line(message.english)
    return told


def seen(text: str, instead: Callable[[str], str], *, french: bool = False) -> str:
    """Replace the characters of a text that nobody would see.

    ``french``: it is written as French is, whose no-break spaces are no character to be seen.
    """
    kept = {found.start() for found in _OF_FRENCH.finditer(text)} if french else set()
    return "".join(c if c.isprintable() or at in kept else instead(c) for at, c in enumerate(text))


def _named(character: str, name: str) -> str:
    return character if character in _JOINERS else f"[{name}]"


def _name(character: str) -> str:
    named = _NAMES.get(character) or unicodedata.name(character, "").lower()
    return named or f"U+{ord(character):04X}"
