"""The shipped mappings, and the JSON Schema that editors check mappings with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from importer.mapping import json_schema, read_mapping
from importer.tables import SourceOptions
from tests.mapping.reading import GRAMMARS, HEAD
from tests.mapping.test_document import NEWSLETTER
from tests.mapping.wrong_mappings import WRONG

TOP = Path(__file__).parents[2]
SHIPPED = [*sorted((TOP / "mappings").glob("*.yaml")), TOP / "benchmarks" / "contacts.yaml"]
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def fits(value: Any, place: dict[str, Any], top: dict[str, Any]) -> bool:
    """Check a value against a schema, as far as ours goes. An unknown word fails the test."""
    checks: dict[str, Callable[[Any], bool]] = {
        "$ref": lambda ref: fits(value, top["$defs"][ref.removeprefix("#/$defs/")], top),
        "anyOf": lambda places: any(fits(value, one, top) for one in places),
        "oneOf": lambda places: sum(fits(value, one, top) for one in places) == 1,
        "type": lambda names: any(
            isinstance(value, _TYPES[name]) and (isinstance(value, bool) <= (name == "boolean"))
            for name in ([names] if isinstance(names, str) else names)
        ),
        "enum": lambda values: value in values,
        "const": lambda only: value == only,
        "exclusiveMinimum": lambda least: isinstance(value, int) and value > least,
        "minLength": lambda least: len(str(value)) >= least,
        "minItems": lambda least: len(value) >= least,
        "required": lambda names: set(names) <= set(value),
        "items": lambda one: all(fits(item, one, top) for item in value),
        "properties": lambda members: all(
            fits(value[name], one, top) for name, one in members.items() if name in value
        ),
        "additionalProperties": lambda one: all(
            one is not False and fits(member, one, top)
            for name, member in value.items()
            if name not in place.get("properties", {})
        ),
    }
    silent = {"$schema", "$defs", "title", "description", "default"}
    if "type" in place and not checks["type"](place["type"]):
        return False
    return all(checks[word](rule) for word, rule in place.items() if word not in silent)


def plain(text: str) -> Any:
    """Read YAML 1.2 as an editor does."""
    return YAML(typ="safe", pure=True).load(text)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_mappings_are_read_without_a_mistake(path: Path) -> None:
    mapping = read_mapping(path, GRAMMARS)
    assert mapping.name == path.stem
    assert mapping.warnings == ()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_mappings_fit_the_schema(path: Path) -> None:
    schema = json_schema()
    assert fits(plain(path.read_text(encoding="utf-8")), schema, schema)


def test_the_contracts_example_fits_the_schema() -> None:
    schema = json_schema()
    assert fits(plain(NEWSLETTER), schema, schema)


@pytest.mark.parametrize(
    "more",
    [
        "constants: {f_A: 1, f_B: 1.5, f_C: true}\n",
        "  Nom: {field: f_A, values: {a: 1}, blank: {default: 2}, aliases: [3]}\n",
        "source: {sheet: 2, encoding: 1252}\nconnection: 12\n",
        "source: {header_row: none, last_row: end, delimiter: none, quote: none, escape: nul}\n",
        "source: {header_row: 2, header_rows: 5, last_row: 9, delimiter: ', ', quote: \"'\"}\n",
        "source: {ragged_rows: accept, other_tables: leave-out, hidden_rows: include}\n",
        "source: {formulas: refuse, repair_text: false}\n",
    ],
)
def test_the_schema_takes_numbers_for_text_as_the_tool_does(more: str) -> None:
    schema = json_schema()
    assert fits(plain(HEAD + more), schema, schema)


@pytest.mark.parametrize(
    "title",
    [
        "nothing in the file",
        "members that there are not",
        "members that cannot be what they are",
        "a source section that says what cannot be",
        "columns without a field",
        "a computed field that is not in quotes",
        "a type that there is not",
        "a blank that means nothing known",
        "a yes to somebody else",
    ],
)
def test_the_schema_refuses_what_the_tool_refuses(title: str) -> None:
    schema = json_schema()
    assert not fits(plain(WRONG[title]), schema, schema)


def test_the_schema_explains_what_an_editor_shows() -> None:
    schema = json_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] == "importer mapping"
    members = schema["$defs"]["ColumnSection"]["properties"]
    assert set(members) == {
        *("field", "type", "format", "region", "values", "aliases", "required", "blank", "case"),
        *("max_length", "pattern", "on_invalid"),
    }
    silent = {name for name, member in members.items() if not member.get("description")}
    assert silent <= {"case"}


def test_the_schema_explains_every_line_of_the_source_section() -> None:
    members = json_schema()["$defs"]["SourceSection"]["properties"]
    assert set(members) == set(SourceOptions.__slots__)
    assert all(member["description"] for member in members.values())
