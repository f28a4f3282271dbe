"""YAML 1.2 texts as plain values, with the place of every member.

Keys are always text, numbers keep how they were written, and each
path (a tuple of keys and indices) has its place.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from importer.documents.places import (
    Place,
    in_one_line,
    lines_of,
    place_of_byte,
    place_of_character,
)
from importer.documents.syntax import syntax_mistake
from importer.errors import Mistake, UnusableInputError
from importer.language import mark, tr

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
    """A YAML document as plain values, with the place of every member.

    ``names``: where each member's name stands, or the entry of a list. ``values``: where a plain
    value stands beside its name. ``commented``: the members without a value whose line goes on
    with a comment. ``mistakes``: what it says twice, or cannot say; ``salvage`` gives them with its
    own, and the rest of the document is looked at all the same.
    """

    file: str
    content: Any
    names: dict[MemberPath, Place] = field(default_factory=dict)
    values: dict[MemberPath, Place] = field(default_factory=dict)
    commented: set[MemberPath] = field(default_factory=set)
    mistakes: list[Mistake] = field(default_factory=list)

    def line(self, path: Sequence[str | int]) -> int:
        """Tell the line of a member's name, or of the nearest member around it."""
        return self._name(path).line

    def mistake(self, message: str, *path: str | int) -> Mistake:
        """Make a mistake that points at what a member holds, or the nearest member around it.

        That is its value where it is one text or number, else the member's name.
        """
        found = self._nearest(path)
        place = self.values.get(found) or self._name(found)
        return Mistake(in_one_line(message), self.file, *place)

    def mistake_of_name(self, message: str, *path: str | int) -> Mistake:
        """Make a mistake that points at a member's name."""
        return Mistake(in_one_line(message), self.file, *self._name(path))

    def _name(self, path: Sequence[str | int]) -> Place:
        return self.names.get(self._nearest(path), Place(1, 1))

    def _nearest(self, path: Sequence[str | int]) -> MemberPath:
        lengths = range(len(path), 0, -1)
        around = (tuple(path[:length]) for length in lengths)
        return next((one for one in around if one in self.names), ())


def read_document(path: Path) -> Document:
    """Read a YAML file.

    Raises:
        UnusableInputError: it cannot be read, or is no YAML.
    """
    shown = str(path)
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise UnusableInputError(Mistake(tr("there is no such file"), shown)) from None
    except OSError as error:
        raise UnusableInputError(
            Mistake(tr("the file cannot be read: {reason}", reason=error.strerror), shown)
        ) from error
    if len(raw) > LARGEST_DOCUMENT:
        raise UnusableInputError(Mistake(tr("the file is larger than a document can be"), shown))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = place_of_byte(raw, error.start)
        raise UnusableInputError(
            Mistake(tr("the file is not UTF-8 text: save it as UTF-8"), shown, *place)
        ) from error
    return parse_document(text, shown)


def parse_document(text: str, shown: str) -> Document:
    """Read a YAML text; ``shown`` is what mistakes call it.

    Raises:
        UnusableInputError: as ``read_document``.
    """
    document = Document(shown, None)
    node = _composed(text, document)
    reader = _Reader(document, text)
    document.content = None if node is None else reader.value(node, ())
    return document


def _composed(text: str, document: Document) -> Node | None:
    shown = document.file
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an anchor's name that is used again does no harm
            # Not the round-trip loader: that one stumbles over some comments.
            node: Node | None = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        raise UnusableInputError(syntax_mistake(error, text, shown)) from None
    except ReaderError as error:
        raise UnusableInputError(
            Mistake(
                tr(
                    "the file holds the character {sign}, which no text has: save it as UTF-8",
                    sign=f"U+{ord(text[error.position]):04X}",
                ),
                shown,
                *place_of_character(text, error.position),
            )
        ) from None
    except RecursionError:
        raise UnusableInputError(Mistake(tr(_TOO_DEEP), shown)) from None
    except (YAMLError, ValueError, OverflowError, AssertionError) as error:
        raise UnusableInputError(Mistake(tr("the file is no YAML document"), shown)) from error
    return node


_TOO_DEEP = mark("the document is nested too deeply")


class _Reader:
    """Turns composed nodes into plain values and notes where each stands."""

    def __init__(self, document: Document, text: str) -> None:
        self._document = document
        self._lines = lines_of(text)
        self._members = 0
        self._open: set[int] = set()

    def value(self, node: Node, path: MemberPath) -> Any:
        self._members += 1
        if path:
            self._document.names.setdefault(path, _begin(node))
        if isinstance(node, ScalarNode):
            self._note_value(node, path)
            return _scalar(self._whole(node))
        if self._members > _MOST_MEMBERS or id(node) in self._open:
            raise UnusableInputError(
                self._document.mistake(tr("the document repeats itself"), *path)
            )
        if len(path) > _DEEPEST:
            raise UnusableInputError(self._document.mistake(tr(_TOO_DEEP), *path))
        self._open.add(id(node))
        try:
            if isinstance(node, SequenceNode):
                return [self.value(child, (*path, i)) for i, child in enumerate(node.value)]
            assert isinstance(node, MappingNode)
            return self._mapping(node, path)
        finally:
            self._open.discard(id(node))

    def _say(self, message: str, node: Node) -> None:
        mistake = Mistake(in_one_line(message), self._document.file, *_begin(node))
        self._document.mistakes.append(mistake)

    def _note_value(self, node: ScalarNode, path: MemberPath) -> None:
        """Note where a value stands, unless it is not there, or an anchor's from further above."""
        place = _begin(node)
        if (node.value or node.style) and place >= self._document.names.get(path, place):
            self._document.values[path] = place

    def _whole(self, node: ScalarNode) -> ScalarNode:
        """Refuse half characters, and put a sign in their place: nothing else can stand them."""
        if _SURROGATE.search(str(node.value)):
            self._say(
                tr(
                    "the text holds half a character (\\ud800 to \\udfff): write the character "
                    "itself"
                ),
                node,
            )
            node.value = _SURROGATE.sub("\ufffd", str(node.value))
        return node

    def _mapping(self, node: MappingNode, path: MemberPath) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self._say(tr("a member's name must be plain text: put it in quotes"), key_node)
                continue
            if str(key_node.tag).endswith(":merge"):
                self._say(tr("<< is not understood here: write the members out"), key_node)
                continue
            key = str(self._whole(key_node).value)
            if key in members:
                first = self._document.names[(*path, key)].line
                sentence = tr(
                    '"{name}" stands here a second time (first on line {line}): keep one',
                    name=key,
                    line=first,
                )
                self._say(sentence, key_node)
                continue
            self._document.names[(*path, key)] = _begin(key_node)
            members[key] = self.value(value_node, (*path, key))
            if members[key] is None and self._is_commented(key_node.end_mark):
                self._document.commented.add((*path, key))
        return members

    def _is_commented(self, end: StringMark) -> bool:
        rest = self._lines[end.line][end.column :]
        return re.match(r"\s*:\s+#", rest) is not None


def _begin(node: Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


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
