"""XML read as events, by expat, without the entities that can make a small file a large one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from xml.parsers import expat

from importer.sources.books.refusals import translated

Start = Callable[[str, dict[str, str]], object]
End = Callable[[str], object]
Text = Callable[[str], object]


class _EntityFoundError(Exception):
    """The markup declares an entity, or refers to another file: no spreadsheet program does."""


def event_parser(
    start: Start, end: End | None = None, text: Text | None = None
) -> expat.XMLParserType:
    """Make a parser to be fed by ``parse``; it gives names with their prefix."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.EntityDeclHandler = _refuse
    parser.UnparsedEntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    return parser


def parse(parser: expat.XMLParserType, chunks: Iterable[bytes], shown_as: str) -> None:
    """Feed a parser with all of a part.

    Raises ``UnusableInputError`` at markup, or at what a listener finds in it, that is damaged.
    """
    with translated(shown_as):
        for chunk in chunks:
            parser.Parse(chunk, False)
        parser.Parse(b"", True)


def bare(name: str) -> str:
    """Take a name's prefix off."""
    return name.rpartition(":")[2]


def bare_attributes(attributes: dict[str, str]) -> dict[str, str]:
    """Take the prefixes off attributes' names."""
    return {bare(name): value for name, value in attributes.items()}


def is_true(value: str | None) -> bool:
    """Tell what a truth value of Open XML says."""
    return value in ("1", "true", "on")


def _refuse(*_: object) -> int:
    raise _EntityFoundError
