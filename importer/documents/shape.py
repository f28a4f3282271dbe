"""What a document may hold, as pydantic models, and its mistakes as sentences."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AllowInfNan,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    WithJsonSchema,
)

from importer.documents.listing import in_quotes, joined
from importer.documents.nearness import near, nearest
from importer.documents.reading import Document, MemberPath, WrittenFloat, WrittenInt
from importer.errors import Mistake, sentence_of
from importer.language import english, mark, tr

_Model = TypeVar("_Model", bound=BaseModel)


def as_text(value: object) -> object:
    """Take a plain scalar as the text it was written as."""
    if isinstance(value, WrittenInt | WrittenFloat):
        return value.written
    if isinstance(value, bool):
        return "true" if value else "false"
    return value


Text = Annotated[
    str,
    BeforeValidator(as_text),
    WithJsonSchema({"type": ["string", "number", "boolean"]}, mode="validation"),
]
"""Text in a document: ``1`` and ``true`` count as what was written."""


def number_needed(value: object) -> object:
    """Refuse true and false where a number is needed."""
    if isinstance(value, bool):  # true would count as 1
        raise ValueError(tr("a number is needed"))  # noqa: TRY004 - what pydantic makes a mistake of
    return value


_MOST = 1_000_000_000  # more has no meaning, and some system has no room for it
Count = Annotated[PositiveInt, Field(le=_MOST), BeforeValidator(number_needed)]
"""A whole number in a document, 1 or more."""
Amount = Annotated[
    PositiveFloat, AllowInfNan(False), Field(le=_MOST), BeforeValidator(number_needed)
]
"""A number in a document, more than 0."""


class DocumentModel(BaseModel):
    """A part of a document: frozen, and unknown members are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Salvaged(Generic[_Model]):
    """What a document says where it is right.

    ``content`` is None where nothing is left. ``removed``: the paths of what is wrong or
    lacking.
    """

    content: _Model | None
    mistakes: tuple[Mistake, ...] = ()
    removed: frozenset[MemberPath] = frozenset()


def salvage(
    document: Document, model: type[_Model], *, stand_ins: Mapping[str, Any]
) -> Salvaged[_Model]:
    """Check a document against its model, and take out what is wrong.

    So the rest can be looked at too, and all mistakes come at once, those of the reading as well.
    ``stand_ins`` fill the place of members that the document lacks at its top.
    """
    content = {} if document.content is None else copy.deepcopy(document.content)
    mistakes: tuple[Mistake, ...] = ()
    removed: set[MemberPath] = set()
    while True:
        try:
            found = model.model_validate(content)
            return Salvaged(found, _all(mistakes, document), frozenset(removed))
        except ValidationError as error:
            # What is wrong only because something was taken out is no mistake of the document.
            mistakes = mistakes or tuple(mistakes_of(error, document, model))
            wrong = error.errors(include_url=False, include_context=False)
        if document.content is None and any(one["type"] == "missing" for one in wrong):
            needed = ", ".join(str(one["loc"][0]) for one in wrong if one["type"] == "missing")
            sentence = tr("the document is empty: it needs {members}", members=needed)
            return Salvaged(None, (document.mistake(sentence),))
        if not isinstance(content, dict):
            return Salvaged(None, _all(mistakes, document))
        lacking = {str(e["loc"][0]) for e in wrong if e["type"] == "missing"} - {*content}
        paths = {_member_path(one["loc"], content) for one in wrong} - {()}
        if not lacking <= {*stand_ins} or not lacking | paths:
            return Salvaged(None, _all(mistakes, document))
        for path in sorted(paths, key=_by_depth, reverse=True):
            _take_out(content, path)
        content |= {name: stand_ins[name] for name in lacking}
        removed |= paths | {(name,) for name in lacking}


def _all(mistakes: Iterable[Mistake], document: Document) -> tuple[Mistake, ...]:
    return tuple(sorted([*document.mistakes, *mistakes], key=lambda mistake: mistake.place))


def _by_depth(path: MemberPath) -> list[tuple[bool, str | int]]:
    return [(isinstance(part, str), part) for part in path]


def _take_out(content: Any, path: MemberPath) -> None:
    for part in path[:-1]:
        content = content[part]
    del content[path[-1]]


def mistakes_of(
    error: ValidationError, document: Document, model: type[BaseModel]
) -> list[Mistake]:
    """Turn a validation's errors into sentences with their places, in their order.

    A member that there is not is pointed at by its name, a wrong one by its value.
    """
    found: dict[tuple[int, int, str], Mistake] = {}
    misnamed = _misnamed(error, document, model)
    for one in error.errors(include_url=False, include_input=True):
        path = _member_path(one["loc"], document.content)
        if one["type"] == "missing" and (path, one["loc"][-1]) in misnamed:
            continue
        name = ".".join(str(part) for part in path) or tr(_WHOLE)
        sentence = _sentence(one, name, path, model)
        if path in document.commented:
            sentence = tr(
                "{sentence}. What follows # is a comment: put a text that begins with # in quotes.",
                sentence=sentence,
            )
        unknown = one["type"] == "extra_forbidden"
        make = document.mistake_of_name if unknown else document.mistake
        mistake = make(sentence, *path)
        found.setdefault((*mistake.place, english(mistake.message)), mistake)
    return [found[key] for key in sorted(found)]


def _misnamed(
    error: ValidationError, document: Document, model: type[BaseModel]
) -> set[tuple[MemberPath, str | int]]:
    """Find the members that are lacking only because they are called otherwise."""
    paths = [
        _member_path(one["loc"], document.content)
        for one in error.errors(include_url=False, include_context=False, include_input=False)
        if one["type"] == "extra_forbidden"
    ]
    return {
        (path[:-1], meant)
        for path in paths
        for meant in nearest(_word(path), known_members(model, path[:-1]), most=1)
    }


def _word(path: MemberPath) -> str:
    """Give a member's name; of one without a blank after its colon, what stands before it."""
    return str(path[-1]).partition(":")[0]


def _member_path(location: Iterable[str | int], content: Any) -> MemberPath:
    """Keep of an error's location what stands in the document (not the names of union arms)."""
    path: list[str | int] = []
    for part in location:
        if isinstance(content, dict) and part in content:
            path.append(part)
            content = content[str(part)]
        elif isinstance(content, list) and isinstance(part, int) and part < len(content):
            path.append(part)
            content = content[part]
    return tuple(path)


_WHOLE = mark("the document")
# pydantic's own words where a text of one character at least is needed.
_NO_TEXT = mark("String should have at least 1 character")


def _sentence(error: Any, name: str, path: MemberPath, model: type[BaseModel]) -> str:
    kind, given = error["type"], as_text(error["input"])
    match kind:
        case "extra_forbidden":
            return _unknown(name, path, known_members(model, path[:-1]), error["input"])
        case "missing":
            return tr('{name} lacks the member "{lacking}": add it', name=name,
                      lacking=error["loc"][-1])  # fmt: skip
        case _ if given is None:
            return tr(
                "{name} has no value: write it after the colon, or on the lines below", name=name
            )
        case "literal_error" | "enum":
            return _choices(name, given, error["ctx"]["expected"])
        case "value_error":
            sentence = sentence_of(error["ctx"]["error"])
            return tr("{place}: {sentence}", place=name, sentence=sentence)
        case "dict_type" | "model_type" | "model_attributes_type":
            return tr("{name} must be members, each written as name: value", name=name)
        case "list_type" if isinstance(given, str):
            return tr("{name} must be a list in brackets: [{given}]", name=name, given=given)
        case "list_type":
            return tr("{name} must be a list", name=name)
        case "string_type" if isinstance(given, dict | list):
            return tr("{name} must be text: put it in quotes", name=name)
        case "string_type":
            return tr("{name} must be text", name=name)
        case "too_short":
            return tr("{name} must not be empty", name=name)
        case "bool_type" | "bool_parsing":
            return tr("{name} must be true or false", name=name)
        case _:
            return _sentence_of_number(error, name, given)


def _sentence_of_number(error: Any, name: str, given: object) -> str:
    match error["type"]:
        case "int_type" | "int_parsing" | "int_from_float" | "int_parsing_size":
            if isinstance(given, str) and re.fullmatch(r"-?[0-9]+", given):
                return tr("{name} must be a whole number, without quotes", name=name)
            return tr("{name} must be a whole number", name=name)
        case "float_type" | "float_parsing" | "finite_number":
            return tr("{name} must be a number", name=name)
        case "greater_than":
            return tr("{name} must be greater than {least}", name=name, least=error["ctx"]["gt"])
        case "greater_than_equal":
            return tr("{name} must be {least} or more", name=name, least=error["ctx"]["ge"])
        case "less_than_equal":
            return tr("{name} must be {most} or less", name=name, most=error["ctx"]["le"])
        case _:
            said_by_pydantic: str = error["msg"]
            return tr("{place}: {sentence}", place=name, sentence=tr(said_by_pydantic))


def _unknown(name: str, path: MemberPath, known: list[str], value: object) -> str:
    """Say that a member is none of those that its place can have."""
    before, colon, after = str(path[-1]).partition(":")
    if colon and after and before in known and value is None:
        return tr('a blank is missing after the colon: write "{name}: {value}"', name=before,
                  value=after)  # fmt: skip
    return tr(
        '"{name}" is no member of {owner}.{hint}',
        name=path[-1],
        owner=name.rpartition(".")[0] or tr(_WHOLE),
        hint=near(_word(path), known),
    )


def _choices(name: str, given: object, expected: str) -> str:
    """Say what a member can be; ``expected`` is pydantic's list of it."""
    wanted = [text or number for text, number in re.findall(r"'((?:[^'\\]|\\.)+)'|(\d+)", expected)]
    listed = joined(one if one[0].isalnum() else in_quotes(one) for one in wanted)
    if isinstance(given, str):
        return tr('{name} cannot be "{given}"; it can be {listed}.{hint}', name=name, given=given,
                  listed=listed, hint=near(given, wanted))  # fmt: skip
    return tr("{name} can only be {listed}", name=name, listed=listed)


@cache
def _schema_of(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema(by_alias=True)


def known_members(model: type[BaseModel], path: MemberPath) -> list[str]:
    """List the members that a place of a model can have, as they are written in the document."""
    schema = _schema_of(model)
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
        elif alternatives := place.get("anyOf", place.get("oneOf")):
            plain.extend(_resolved(alternatives, definitions))
        else:
            plain.append(place)
    return plain
