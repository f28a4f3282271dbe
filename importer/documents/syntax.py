"""What the YAML parser cannot read, as sentences that say what to do about it."""

from __future__ import annotations

import re

from ruamel.yaml.error import MarkedYAMLError

from importer.documents.places import Place, lines_of
from importer.errors import Mistake
from importer.language import mark, tr

_OUT_OF_LINE = mark(
    "this does not go with the lines above it: check the indentation, and put a text that begins "
    "with a bracket or a quote in quotes as a whole"
)
_NO_COLON = mark('a colon is missing here: write "name: value"')
_NOTHING_HERE = mark("a value is missing here, or a bracket above is not closed")
_QUOTE_OPEN = mark("a quote that opens here is not closed")
# What the parser says -> what an operator can do about it. The parser's own words may quote the
# document, and with it a secret. True: the place where the trouble began tells more.
_SYNTAX = (
    ("'\\t'", mark("a tab stands here, and YAML wants spaces: put spaces in its place"), False),
    ("found another document", mark("a second document begins here (---): keep one"), False),
    (
        "mapping values are not allowed",
        mark(
            'a colon stands where none can: put a text that holds ": " in quotes, '
            "and check the indentation"
        ),
        False,
    ),
    (
        "<block end>",
        _OUT_OF_LINE,
        False,
    ),
    (
        "expected ',' or",
        mark("a bracket that opens here is not closed, or a comma is missing"),
        True,
    ),
    ("node content", _NOTHING_HERE, False),
    ("unexpected end of stream", _QUOTE_OPEN, True),
    ("document separator", _QUOTE_OPEN, True),
    ("could not find expected ':'", _NO_COLON, True),
    ("undefined alias", mark("a text that begins with * must stand in quotes"), False),
    ("alphabetic or numeric", mark("a text that begins with * or & must stand in quotes"), True),
    ("indentation indicator", mark("a text that begins with | or > must stand in quotes"), True),
    ("cannot start any token", mark("a text cannot begin with this sign: put it in quotes"), False),
    ("escape", mark("a backslash means something of its own in \"…\": write '…' instead"), False),
    ("", mark("this is no YAML: check the line, and put a text with signs in quotes"), False),
)


def syntax_mistake(error: MarkedYAMLError, text: str, shown: str) -> Mistake:
    """Say what stands where it cannot, never in words of the document."""
    problem = f"{error.context} {error.problem}"
    sentence, where_begun = next((s, b) for words, s, b in _SYNTAX if words in problem)
    marks = [error.context_mark, error.problem_mark] if where_begun else [error.problem_mark]
    begun = next((one for one in marks if one is not None), None)
    if begun is None:
        return Mistake(tr(sentence), shown)
    place = Place(begun.line + 1, begun.column + 1)
    said = tr(sentence)
    if sentence is _NO_COLON:
        said = _without_colon(lines_of(text)[begun.line][begun.column :])
    cut = _comment_within(text, place.line) if where_begun else None
    if sentence in {
        _OUT_OF_LINE,
        _NOTHING_HERE,
    }:  # the line above may have ended sooner than was meant
        cut = _comment_within(text, place.line - 1)
    return Mistake(tr(_COMMENT) if cut else said, shown, *(cut or place))


def _without_colon(line: str) -> str:
    """Say why the parser misses a colon in a line: it may stand there, and mean nothing."""
    if line[:1] in {"*", "&", "!"}:
        return tr("a text that begins with {sign} must stand in quotes", sign=line[0])
    if re.match(r"[^\s:#]+:\S", line):
        return tr("a blank is missing after the colon")
    return tr(_NO_COLON)


_COMMENT = mark(
    "a # after a blank begins a comment, so the rest of the line is not read: put a text that "
    "holds # in quotes"
)


def _comment_within(text: str, line: int) -> Place | None:
    """Find a ``#`` that cuts off a line which has something to say, such as ``Lot #1: f_Lot``."""
    written = lines_of(text)[line - 1] if line else ""
    found = re.search(r"(?<=\s)#.*[:\]}'\"]", written)
    return Place(line, found.start() + 1) if found and written[: found.start()].strip() else None
