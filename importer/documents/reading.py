"""YAML 1.2 texts as plain values, with the place of every member.

The only user of ruamel.yaml. Keys are always text, numbers keep how they were written, and each
path (a tuple of keys and indices) has its line.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from importer.errors import Mistake, UnusableInputError

LARGEST_DOCUMENT = 1_048_576
_MOST_MEMBERS = 100_000
_DEEPEST = 50
_SURROGATE = re.compile("[\ud800-\udfff]")
MemberPath = tuple[str | int, ...]


class WrittenInt(int):
    """A whole number that remembers how it was written (``007``)."""

    written: str


class WrittenFloat(float):
    """A number that remembers how it was written (``1.50``)."""

    written: str


@dataclass(slots=True)
class Document:
    """A YAML document as plain values, with the line of every member."""

    file: str
    content: Any
    lines: dict[MemberPath, int] = field(default_factory=dict)

    def line(self, path: Sequence[str | int]) -> int:
        """Tell the line of a member, or of the nearest member around it."""
        for length in range(len(path), 0, -1):
            found = self.lines.get(tuple(path[:length]))
            if found is not None:
                return found
        return 1

    def mistake(self, message: str, *path: str | int) -> Mistake:
        """Make a mistake that points at a member."""
        return Mistake(message, self.file, self.line(path))


def read_document(path: Path) -> Document:
    """Read a YAML file.

    Raises:
        UnusableInputError: it cannot be read, is no YAML, or says one thing twice.
    """
    shown = str(path)
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise UnusableInputError(Mistake("there is no such file", shown)) from None
    except OSError as error:
        raise UnusableInputError(
            Mistake(f"the file cannot be read: {error.strerror}", shown)
        ) from error
    if len(raw) > LARGEST_DOCUMENT:
        raise UnusableInputError(Mistake("the file is larger than a document can be", shown))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UnusableInputError(
            Mistake("the file is not UTF-8 text: save it as UTF-8", shown, line)
        ) from error
    return parse_document(text, shown)


def parse_document(text: str, shown: str) -> Document:
    """Read a YAML text; ``shown`` is what mistakes call it.

    Raises:
        UnusableInputError: as ``read_document``.
    """
    document = Document(shown, None)
    node = _composed(text, document)
    reader = _Reader(document)
    document.content = None if node is None else reader.value(node, ())
    if reader.mistakes:
        raise UnusableInputError(*reader.mistakes)
    return document


def _composed(text: str, document: Document) -> Node | None:
    shown = document.file
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an anchor's name that is used again does no harm
            # Not the round-trip loader: that one stumbles over some comments.
            node: Node | None = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        raise UnusableInputError(_syntax_mistake(error, shown)) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise UnusableInputError(
            Mistake(
                f"the file holds the character U+{ord(text[error.position]):04X}, which no text "
                "has: save it as UTF-8",
                shown,
                line,
            )
        ) from None
    except RecursionError:
        raise UnusableInputError(Mistake(_TOO_DEEP, shown)) from None
    except (YAMLError, ValueError, OverflowError, AssertionError) as error:
        raise UnusableInputError(Mistake("the file is no YAML document", shown)) from error
    return node


_TOO_DEEP = "the document is nested too deeply"
# What the parser says -> what an operator can do about it. The parser's own words may quote the
# document, and with it a secret. True: the place where the trouble began tells more.
_SYNTAX = (
    ("'\\t'", "a tab stands here, and YAML wants spaces: put spaces in its place", False),
    ("found another document", "a second document begins here (---): keep one", False),
    (
        "mapping values are not allowed",
        'a colon stands where none can: put a text that holds ": " in quotes, '
        "and check the indentation",
        False,
    ),
    (
        "<block end>",
        "this does not go with the lines above it: check the indentation, and put a text that "
        "begins with a bracket or a quote in quotes as a whole",
        False,
    ),
    ("expected ',' or", "a bracket that opens here is not closed, or a comma is missing", True),
    ("node content", "a bracket that opens here is not closed, or a comma is missing", True),
    ("unexpected end of stream", "a quote that opens here is not closed", True),
    ("document separator", "a quote that opens here is not closed", True),
    ("could not find expected ':'", 'a colon is missing here: write "name: value"', True),
    ("undefined alias", "a text that begins with * must stand in quotes", False),
    ("alphabetic or numeric", "a text that begins with * or & must stand in quotes", True),
    ("indentation indicator", "a text that begins with | or > must stand in quotes", True),
    ("cannot start any token", "a text cannot begin with this sign: put it in quotes", False),
    ("escape", "a backslash means something of its own in \"…\": write '…' instead", False),
    ("", "this is no YAML: check the line, and put a text with signs in quotes", False),
)


def _syntax_mistake(error: MarkedYAMLError, shown: str) -> Mistake:
    problem = f"{error.context} {error.problem}"
    sentence, where_begun = next((s, b) for words, s, b in _SYNTAX if words in problem)
    marks = [error.context_mark, error.problem_mark] if where_begun else [error.problem_mark]
    line = next((mark.line + 1 for mark in marks if mark is not None), None)
    return Mistake(sentence, shown, line)


class _Reader:
    """Turns composed nodes into plain values and notes where each stands."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._members = 0
        self._open: set[int] = set()
        self.mistakes: list[Mistake] = []

    def value(self, node: Node, path: MemberPath) -> Any:
        self._members += 1
        self._document.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, ScalarNode):
            self._refuse_half_characters(node)
            return _scalar(node)
        if self._members > _MOST_MEMBERS or id(node) in self._open:
            raise UnusableInputError(self._document.mistake("the document repeats itself", *path))
        if len(path) > _DEEPEST:
            raise UnusableInputError(self._document.mistake(_TOO_DEEP, *path))
        self._open.add(id(node))
        try:
            if isinstance(node, SequenceNode):
                return [self.value(child, (*path, i)) for i, child in enumerate(node.value)]
            assert isinstance(node, MappingNode)
            return self._mapping(node, path)
        finally:
            self._open.discard(id(node))

    def _say(self, message: str, line: int) -> None:
        self.mistakes.append(Mistake(message, self._document.file, line))

    def _refuse_half_characters(self, node: ScalarNode) -> None:
        if _SURROGATE.search(str(node.value)):
            self._say(
                "the text holds half a character (\\ud800 to \\udfff): write the character itself",
                node.start_mark.line + 1,
            )

    def _mapping(self, node: MappingNode, path: MemberPath) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                self._say("a member's name must be plain text: put it in quotes", line)
                continue
            if str(key_node.tag).endswith(":merge"):
                self._say("<< is not understood here: write the members out", line)
                continue
            self._refuse_half_characters(key_node)
            key = str(key_node.value)
            if key in members:
                first = self._document.lines[(*path, key)]
                self._say(
                    f'"{key}" stands here a second time (first on line {first}): keep one', line
                )
                continue
            self._document.lines[(*path, key)] = line
            members[key] = self.value(value_node, (*path, key))
        return members


def _scalar(node: ScalarNode) -> Any:
    """Give a scalar's value as YAML 1.2's core schema reads it."""
    text = str(node.value)
    match str(node.tag).rsplit(":", 1)[-1]:
        case "null":
            return None
        case "bool":
            # Other spellings stay text, so that a cell's TRUE is compared as it was written.
            return text == "true" if text in {"true", "false"} else text
        case "int":
            try:
                number = WrittenInt(
                    int(text.replace("_", ""), 0 if "x" in text or "o" in text else 10)
                )
            except ValueError:
                return text
            number.written = text
            return number
        case "float":
            try:
                decimal = WrittenFloat(text.replace("_", ""))
            except ValueError:
                return text
            decimal.written = text
            return decimal
        case _:
            return text
