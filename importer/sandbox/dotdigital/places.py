"""Where in a JSON text a value stands, for the refusals that name a line and a position."""

from __future__ import annotations

from json import JSONDecoder
from json.decoder import scanstring  # type: ignore[attr-defined, unused-ignore]
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_DECODER = JSONDecoder()
_BLANKS = " \t\r\n"


def place_of(text: str, path: Sequence[str | int]) -> tuple[int, int]:
    """The line and the position, both from 1, of the value that ``path`` leads to.

    The text is valid JSON, and holds the value. Of members written twice the last one counts.
    """
    at = _skip(text, 0)
    for step in path:
        at = _element(text, at, step) if isinstance(step, int) else _member(text, at, step)
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def _member(text: str, at: int, name: str) -> int:
    found = at
    at = _skip(text, at + 1)
    while text[at] != "}":
        key, at = scanstring(text, at + 1, True)
        at = _skip(text, _skip(text, at) + 1)  # past the colon
        if key == name:
            found = at
        at = _next(text, at)
    return found


def _element(text: str, at: int, index: int) -> int:
    at = _skip(text, at + 1)
    for _ in range(index):
        at = _next(text, at)
    return at


def _next(text: str, at: int) -> int:
    """Past this value and the comma behind it."""
    _, at = _DECODER.raw_decode(text, at)
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at] == "," else at


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANKS:
        at += 1
    return at
