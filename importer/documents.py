"""YAML 1.2 documents with the place of every member, and their mistakes as sentences.

The only user of ruamel.yaml. A document is read into plain values; keys are always text, numbers
keep how they were written, and each path (a tuple of keys and indices) has its line.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from importer.errors import Mistake, UnusableInputError

LARGEST_DOCUMENT = 1_048_576
_MOST_MEMBERS = 100_000
_Path = tuple[str | int, ...]
_Model = TypeVar("_Model", bound=BaseModel)


class WrittenInt(int):
    """A whole number that remembers how it was written (``007``)."""

    written: str


class WrittenFloat(float):
    """A number that remembers how it was written (``1.50``)."""

    written: str


def _as_text(value: object) -> object:
    """Take a plain scalar as the text it was written as."""
    if isinstance(value, WrittenInt | WrittenFloat):
        return value.written
    if isinstance(value, bool):
        return "true" if value else "false"
    return value


Text = Annotated[str, BeforeValidator(_as_text)]
"""Text in a document: ``1`` and ``true`` count as what was written."""


class DocumentModel(BaseModel):
    """A part of a document: frozen, and unknown members are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(slots=True)
class Document:
    """A YAML document as plain values, with the line of every member."""

    file: str
    content: Any
    lines: dict[_Path, int] = field(default_factory=dict)

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
    try:
        node = YAML(typ="rt", pure=True).compose(text)
    except MarkedYAMLError as error:
        raise UnusableInputError(_syntax_mistake(error, shown)) from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise UnusableInputError(Mistake("the file is no YAML document", shown)) from error
    document = Document(shown, None)
    reader = _Reader(document)
    document.content = None if node is None else reader.value(node, ())
    if reader.mistakes:
        raise UnusableInputError(*reader.mistakes)
    return document


def _syntax_mistake(error: MarkedYAMLError, shown: str) -> Mistake:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else None
    problem = error.problem or error.context or "it cannot be read"
    if "'\\t'" in problem or '"\\t"' in problem:
        return Mistake("a tab cannot indent a line in YAML: use spaces", shown, line)
    return Mistake(f"this is not YAML: {problem}", shown, line)


class _Reader:
    """Turns composed nodes into plain values and notes where each stands."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._members = 0
        self._open: set[int] = set()
        self.mistakes: list[Mistake] = []

    def value(self, node: Node, path: _Path) -> Any:
        self._members += 1
        self._document.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, ScalarNode):
            return _scalar(node)
        if self._members > _MOST_MEMBERS or id(node) in self._open:
            self.mistakes.append(self._document.mistake("the document repeats itself", *path))
            return None
        self._open.add(id(node))
        try:
            if isinstance(node, SequenceNode):
                return [self.value(child, (*path, i)) for i, child in enumerate(node.value)]
            assert isinstance(node, MappingNode)
            return self._mapping(node, path)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: MappingNode, path: _Path) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                self.mistakes.append(
                    Mistake("a member's name must be plain text", self._document.file, line)
                )
                continue
            key = str(key_node.value)
            if key in members:
                first = self._document.lines[(*path, key)]
                self.mistakes.append(
                    Mistake(
                        f'"{key}" stands here a second time: it is already on line {first}',
                        self._document.file,
                        line,
                    )
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
            return text.lower() == "true"
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


def validate(document: Document, model: type[_Model]) -> _Model:
    """Check a document against its model.

    Raises:
        UnusableInputError: with every mistake of the document at once.
    """
    content = {} if document.content is None else document.content
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise UnusableInputError(*mistakes_of(error, document, model)) from None


def mistakes_of(
    error: ValidationError, document: Document, model: type[BaseModel]
) -> list[Mistake]:
    """Turn a validation's errors into sentences with their lines, in line order."""
    found: dict[tuple[int, str], Mistake] = {}
    for one in error.errors(include_url=False, include_input=True):
        path = _member_path(one["loc"], document)
        name = ".".join(str(part) for part in path) or "the document"
        mistake = document.mistake(_sentence(one, name, path, model), *path)
        found.setdefault((mistake.line or 0, mistake.message), mistake)
    return [found[key] for key in sorted(found)]


def _member_path(location: Iterable[str | int], document: Document) -> _Path:
    """Keep of an error's location what stands in the document (not the names of union arms)."""
    path: list[str | int] = []
    content = document.content
    for part in location:
        if isinstance(content, dict) and part in content:
            path.append(part)
            content = content[str(part)]
        elif isinstance(content, list) and isinstance(part, int) and part < len(content):
            path.append(part)
            content = content[part]
    return tuple(path)


def _sentence(error: Any, name: str, path: _Path, model: type[BaseModel]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    match kind:
        case "extra_forbidden":
            owner = name.rpartition(".")[0] or "the document"
            known = known_members(model, path[:-1])
            return f'"{path[-1]}" is no member of {owner}.' + near(str(path[-1]), known)
        case "missing":
            return f'{name} lacks the member "{error["loc"][-1]}"'
        case "literal_error" | "enum":
            choices = context.get("expected", "")
            wanted = [c.strip().strip("'") for c in choices.replace(" or ", ", ").split(",")]
            given = _as_text(error["input"])
            return f"{name} is {given!s}; it can be {', '.join(wanted)}." + near(str(given), wanted)
        case "value_error":
            return f"{name}: {context['error']}"
        case "dict_type" | "model_type" | "model_attributes_type":
            return f"{name} must be a list of members (name: value)"
        case "list_type" | "tuple_type":
            return f"{name} must be a list"
        case "string_type":
            return f"{name} must be text"
        case _:
            return f"{name}: {error['msg'][:1].lower()}{error['msg'][1:]}"


def known_members(model: type[BaseModel], path: _Path) -> list[str]:
    """List the members that a place of a model can have, as they are written in the document."""
    schema = model.model_json_schema(by_alias=True)
    definitions = schema.get("$defs", {})
    places = [schema]
    for part in path:
        following = []
        for place in places:
            members = place.get("properties", {})
            if part in members:
                following.append(members[part])
            elif isinstance(place.get("additionalProperties"), dict):
                following.append(place["additionalProperties"])
            elif "items" in place:
                following.append(place["items"])
        places = _resolved(following, definitions)
    return sorted({name for place in places for name in place.get("properties", {})})


def _resolved(places: list[dict[str, Any]], definitions: dict[str, Any]) -> list[dict[str, Any]]:
    """Follow references and alternatives to the plain schemas behind them."""
    plain: list[dict[str, Any]] = []
    for place in places:
        if "$ref" in place:
            target = definitions[place["$ref"].rpartition("/")[2]]
            plain.extend(_resolved([target], definitions))
        elif "anyOf" in place:
            plain.extend(_resolved(place["anyOf"], definitions))
        else:
            plain.append(place)
    return plain


def near(name: str, known: Iterable[str], *, most: int = 3) -> str:
    """Make " Did you mean …?" of the known names that look alike; empty when none does."""
    by_fold: dict[str, str] = {}
    for candidate in known:
        by_fold.setdefault(candidate.casefold(), candidate)
    alike = difflib.get_close_matches(name.casefold(), list(by_fold), n=most, cutoff=0.6)
    if not alike:
        contained = [fold for fold in by_fold if name.casefold() in fold and len(name) > 2]
        alike = contained[:most]
    if not alike:
        return ""
    names = [f'"{by_fold[fold]}"' for fold in alike]
    listed = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " or " + names[-1]
    return f" Did you mean {listed}?"
