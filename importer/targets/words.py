"""The platform's own words, made fit for a line of a report."""

from __future__ import annotations

import re
from typing import Any

_LONGEST = 500
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def text_of(value: Any) -> str:
    """Give a JSON member as text: what is missing, a list or an object is the empty text."""
    if isinstance(value, str):
        return cleaned(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(value)


def cleaned(text: str) -> str:
    """Keep the words as they are, on one line, without control characters, 500 at most."""
    plain = text.isascii() and text.isprintable()
    line = (text if plain else _CONTROL.sub(" ", text)).strip()
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
