"""What the cells of a sheet that keeps a mapping say, as the members of a column's long form."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from importer.documents import Writable
from importer.errors import sentence_of
from importer.language import tr
from importer.mapping.sheet_titles import DEFAULT, REGION_COLUMN

_YES = frozenset({"yes", "oui", "x", "true", "vrai", "1", "y", "o"})
_NO = frozenset({"no", "non", "false", "faux", "0", "n"})
_LOWERED = frozenset(
    {"type", "blank", "case", "take", "real_dates", "future", "decimal", "on_invalid"}
)
Members = dict[str, Writable]


def members_of(cells: Mapping[str, str], say: Callable[[str], None]) -> Members:
    """Read a row's cells, blank ones left out; what cannot be read is said and left out."""
    members: Members = {}
    for name, cell in cells.items():
        if name in {DEFAULT, REGION_COLUMN}:
            continue
        try:
            members[name] = _READERS.get(name, _plain)(name, cell)
        except ValueError as error:
            say(sentence_of(error))
    if DEFAULT in cells:
        if "blank" in cells:
            say(tr("`blank` and `default` both say what a blank cell means: keep one of them"))
        members["blank"] = {"default": cells[DEFAULT]}
    if REGION_COLUMN in cells:
        column: Members = {"column": cells[REGION_COLUMN]}
        members["region"] = column | ({"default": cells["region"]} if "region" in cells else {})
    return members


def _plain(name: str, cell: str) -> Writable:
    return cell.lower() if name in _LOWERED else cell


def _headers(_: str, cell: str) -> Writable:
    """Read headers between , or ; or | or on lines of their own; one that holds these in quotes."""
    found = re.findall(r'\s*(?:"([^"]+)"\s*(?=[,;|\n]|$)|([^,;|\n]+))', cell)
    return [whole or plain.strip() for whole, plain in found if whole or plain.strip()]


def _one_or_several(name: str, cell: str) -> Writable:
    parts = _parts(r"[;|,\n]" if name == "field" else r"[;|\n]", cell)
    return parts[0] if len(parts) == 1 else parts


def _parts(between: str, cell: str) -> list[str]:
    return [part.strip() for part in re.split(between, cell) if part.strip()]


def _pairs(name: str, cell: str) -> Writable:
    """Read ``Oui=yes; Non=no``, or with commas."""
    pairs: dict[str, str] = {}
    parts = _parts(r"[;\n]", cell)
    if any(part.count("=") > 1 for part in parts):
        parts = _parts(r"[;,\n]", cell)
    for part in parts:
        text, sign, value = (one.strip() for one in part.partition("="))
        if not sign or not text or "=" in value:
            raise ValueError(
                tr(
                    '"{text}" under `{name}` is no pair: write them as Oui=yes; Non=no (a text '
                    "that holds = or ; needs a mapping in YAML)",
                    text=part,
                    name=name,
                )
            )
        if pairs.setdefault(text, value) != value:
            raise ValueError(
                tr(
                    '"{text}" stands under `{name}` twice, with two answers: keep one',
                    text=text,
                    name=name,
                )
            )
    return pairs


def looks_like_pair(cell: str) -> bool:
    """Tell whether a cell is a piece of what ``values`` says, such as ``Non=no``."""
    return re.fullmatch(r"[^=]+=[^=]*", cell) is not None


def _flag(name: str, cell: str) -> Writable:
    word = cell.casefold()
    if word not in _YES | _NO:
        raise ValueError(
            tr(
                '"{text}" under `{name}` is neither yes nor no: write x, or nothing',
                text=cell,
                name=name,
            )
        )
    return word in _YES


def _number(_: str, cell: str) -> Writable:
    return int(cell) if re.fullmatch(r"[0-9]{1,9}", cell) else cell


def _other(_: str, cell: str) -> Writable:
    """Read one of three words, or a value after ``=``."""
    return {"value": cell[1:].strip()} if cell.startswith("=") else cell.lower()


_READERS: dict[str, Callable[[str, str], Writable]] = {
    "field": _one_or_several,
    "aliases": _headers,
    "format": _one_or_several,
    "values": _pairs,
    "replace": _pairs,
    "required": _flag,
    "truncate": _flag,
    "trim": _flag,
    "max_length": _number,
    "pivot": _number,
    "other": _other,
}
