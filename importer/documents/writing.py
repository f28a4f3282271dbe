"""YAML texts, written so that ``reading`` gives back what was meant.

Everything is written on one line, whatever characters it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from importer.documents.places import seen
from importer.language import ENGLISH, spoken

# What can stand without quotes, also between brackets: a cautious choice.
_PLAIN = re.compile(r"[^\W\d_](?:[\w \-./'’()+@&;!?°]*[\w.')’!?°])?")
# Other programs may read YAML 1.1, where these words are true, false and nothing. The answers of
# a mapping (yes, no) are written as everybody writes them.
_WORDS = frozenset(
    {"true", "false", "null", "on", "off", "y", "n", "Yes", "YES", "No", "NO", "Y", "N"}
)
_LONGEST_NAME = 1000  # a longer one needs the form "? name : value"

Writable = str | int | float | bool | None | Sequence["Writable"] | Mapping[str, "Writable"]


def quoted(text: str) -> str:
    """Write a text, plain where that is safe, else in quotes. Always one line."""
    if _PLAIN.fullmatch(text) and text not in _WORDS and text.casefold() not in _WORDS:
        return text
    if text.isprintable() and ('"' in text or "\\" in text):
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    known = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character)
    number = ord(character)
    if known is not None:
        return known
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def inline(value: Writable) -> str:
    """Write a value on one line: ``[a, b]``, ``{field: f_LastName, required: true}``."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(_pair(name, one) for name, one in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(inline, value)) + "]"
    return repr(value)


def _pair(name: str, value: Writable) -> str:
    written = quoted(name)
    if len(written) > _LONGEST_NAME:
        return f"? {written} : {inline(value)}"
    return f"{written}: {inline(value)}"


def member(name: str, value: Writable, *, indent: int = 0, pad: int = 0) -> str:
    """Write ``name: value`` on a line of its own; the value begins after ``pad`` characters."""
    written, space = quoted(name), " " * indent
    if len(written) > _LONGEST_NAME:
        return f"{space}? {written}\n{space}: {inline(value)}"
    return f"{space}{f'{written}:':<{pad}} {inline(value)}"


def comment(text: str, *, indent: int = 0) -> Iterator[str]:
    """Write a text as lines of comment; what cannot be printed is shown as an escape."""
    french = spoken() != ENGLISH
    for line in text.splitlines() or [""]:
        shown = seen(line, _escaped, french=french)
        yield f"{' ' * indent}# {shown}".rstrip()
