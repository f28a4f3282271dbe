"""How constants and computed fields are made: ``"{Prénom} {Nom}"``, texts joined, a text split."""

from __future__ import annotations

import re
from dataclasses import dataclass

from importer.language import tr

RUN_DATE = "run.date"
FILE_NAME = "file.name"
_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


@dataclass(frozen=True, slots=True)
class Template:
    """Text with places for values. ``pieces``: (text, name) pairs, one of the two empty."""

    pieces: tuple[tuple[str, str], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The headers it needs, in order."""
        return tuple(name for _, name in self.pieces if name and name not in {RUN_DATE, FILE_NAME})


@dataclass(frozen=True, slots=True)
class Joined:
    """The texts of some columns with ``by`` between them; blank ones are left out."""

    columns: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a column's text, cut at ``by``: 1 is the first, -1 the last."""

    column: str
    by: str
    number: int

    @property
    def columns(self) -> tuple[str, ...]:
        """The header it needs."""
        return (self.column,)


Recipe = Template | Joined | Part


def parse_template(text: str) -> Template:
    """Read a template; ``{{`` and ``}}`` stand for the brackets themselves.

    Raises:
        ValueError: a bracket is left open, or names nothing.
    """
    pieces: list[tuple[str, str]] = []
    plain, last = "", 0
    for match in _PIECE.finditer(text):
        plain += text[last : match.start()]
        last = match.end()
        whole = match.group(0)
        if whole in {"{{", "}}"}:
            plain += whole[0]
            continue
        name = (match.group(1) or "").strip()
        if not name:
            raise ValueError(
                tr(
                    '"{text}" has a bracket that names nothing: write {{{{ or }}}} for a plain '
                    "bracket",
                    text=text,
                )
            )
        if plain:
            pieces.append((plain, ""))
            plain = ""
        pieces.append(("", name))
    plain += text[last:]
    if plain:
        pieces.append((plain, ""))
    return Template(tuple(pieces))
