"""The shipped mappings, and the JSON Schema that editors check mappings with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from importer.documents import parse_document, salvage
from importer.errors import UnusableInputError
from importer.field_rules import Case, Take, ValueType
from importer.mapping import json_schema, read_mapping
from importer.mapping.sections import ColumnSection, MappingDocument
from importer.tables import SourceOptions
from tests.mapping.option_paths import option_paths
from tests.mapping.reading import GRAMMARS, HEAD
from tests.mapping.test_document import NEWSLETTER
from tests.mapping.wrong_mappings import WRONG

TOP = Path(__file__).parents[2]
SHIPPED = [*sorted((TOP / "mappings").glob("*.yaml")), TOP / "benchmarks" / "contacts.yaml"]
SCHEMA = json_schema()


def fits(text: str) -> bool:
    """Tell whether an editor that knows the schema finds nothing to say."""
    content = YAML(typ="safe", pure=True).load(text)
    return Draft202012Validator(SCHEMA).is_valid(_with_names_of_text(content))


def _with_names_of_text(content: Any) -> Any:
    if isinstance(content, dict):
        return {str(name): _with_names_of_text(one) for name, one in content.items()}
    if isinstance(content, list):
        return [_with_names_of_text(one) for one in content]
    return content


def shape_mistakes(text: str) -> list[str]:
    """Give what is wrong with a document's shape; none also where the text is no YAML."""
    try:
        document = parse_document(text, "a.yaml")
    except UnusableInputError:
        return []
    return [one.message for one in salvage(document, MappingDocument, stand_ins={}).mistakes]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_mappings_are_read_without_a_mistake(path: Path) -> None:
    mapping = read_mapping(path, GRAMMARS)
    assert mapping.name == path.stem
    # Whether all preferences of an account are named, only the account can tell.
    warned = [one for one in mapping.warnings if "dotdigital-v2 takes every" not in one]
    assert len(warned) == (path.stem == "dotdigital-double-opt-in")
    assert len(mapping.warnings) - len(warned) == (mapping.target == "dotdigital-v2")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_mappings_fit_the_schema(path: Path) -> None:
    assert fits(path.read_text(encoding="utf-8"))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["$id"] == "urn:importer:mapping"
    assert SCHEMA["title"] == "importer mapping"
    assert SCHEMA["required"] == ["name", "target", "columns"]


def test_the_contracts_example_fits_the_schema() -> None:
    assert fits(NEWSLETTER)


@pytest.mark.parametrize(
    "more",
    [
        "constants: {f_A: 1, f_B: 1.5, f_C: true}\n",
        "  Nom: {field: f_A, values: {a: 1, b: true, 2: c}, blank: {default: 2}, aliases: [3]}\n",
        "  Nom: {field: f_A, replace: {a: 1}, other: {value: 0}, pattern: 1}\n",
        "  Nom: {field: f_A, type: date, format: [DD/MM/YY, excel], pivot: 30}\n",
        "  Nom: {field: f_A, type: phone, region: {column: 1, default: ca}}\n",
        "source: {sheet: 2, encoding: 1252}\nconnection: 12\ntable_id: 5\n",
        "source: {header_row: none, last_row: end, delimiter: none, quote: none, escape: nul}\n",
        "source: {header_row: 2, header_rows: 5, last_row: 9, delimiter: ', ', quote: \"'\"}\n",
        "source: {ragged_rows: accept, other_tables: leave-out, hidden_rows: include}\n",
        "source: {formulas: refuse, repair_text: false}\n",
        "when: {A: 1, B: [1, true], C: {is: 2}, D: {not: [3, x]}, E: {filled: false}}\n",
        "rules: {require_one_of: [f_A, 1], unique: [[f_A, 2], [f_B]]}\nclear_token: 0\n",
        "computed: {f_A: 1, f_B: {join: [1, B], by: 0}, f_C: {split: 1, part: -1}}\n",
        "suppress: [a.txt, 1]\nsuppress_rows: true\nconsent: {only: no}\n",
    ],
)
def test_the_schema_takes_what_the_tool_takes_numbers_for_texts_too(more: str) -> None:
    assert shape_mistakes(HEAD + more) == []
    assert fits(HEAD + more)


# The right word is one of very many, or an editor says so without a schema.
_TOO_SUBTLE = {
    "a word that is no delimiter",
    "a header that stands twice",
    "a header that stands twice among other mistakes",
}


@pytest.mark.parametrize(
    "title", [title for title in WRONG if shape_mistakes(WRONG[title]) and title not in _TOO_SUBTLE]
)
def test_the_schema_refuses_the_shapes_that_the_tool_refuses(title: str) -> None:
    assert not fits(WRONG[title])


@pytest.mark.parametrize(
    "more",
    [
        "nane: x\n",
        "  Nom: {field: f_A, typ: text}\n",
        "  Nom: {type: text}\n",
        "  Nom: [f_A, f_B]\n",
        "  Nom: 5\n",
        "  Nom: {field: f_A, type: téléphone}\n",
        "  Nom: {field: f_A, region: Canada}\n",
        "  Nom: {field: f_A, region: {colonne: Pays}}\n",
        "  Nom: {field: f_A, blank: {defaut: x}}\n",
        "  Nom: {field: f_A, blank: vide}\n",
        "  Nom: {field: f_A, max_length: 0}\n",
        "  Nom: {field: f_A, max_length: ten}\n",
        "  Nom: {field: f_A, pivot: 100}\n",
        "  Nom: {field: f_A, aliases: Name}\n",
        "  Nom: {field: f_A, required: oui}\n",
        "  Nom: {field: f_A, required: yes}\n",
        "  Nom: {field: f_A, required: 1}\n",
        "  Nom: {field: f_A, required: 'true'}\n",
        "  Nom: {field: f_A, trim: no}\n",
        "  Nom: {field: f_A, max_length: '5'}\n",
        "  Nom: {field: f_A, type: date, format: YY-MM-DD, pivot: '30'}\n",
        "source: {repair_text: no}\n",
        "source: {header_row: '3'}\n",
        "computed: {f_A: {split: B, part: '1'}}\n",
        "when: {A: {filled: no}}\n",
        "suppress: [a.txt]\nsuppress_rows: on\n",
        "merge: {skip_duplicates: yes}\n",
        "  Nom: {field: f_A, values: [a, b]}\n",
        "  Nom: {field: f_A, values: {a: [b]}}\n",
        "  Nom: {field: f_A, case: Title}\n",
        "  Nom: {field: f_A, take: 1}\n",
        "  Nom: {field: f_A, other: {valeur: x}}\n",
        "  Nom: {field: f_A, on_invalid: ignore}\n",
        "source: {header_row: 0}\n",
        "source: {quote: '|'}\n",
        "constants: {f_A: {valeur: 1}}\n",
        "constants: {f_A: [1]}\n",
        "computed: {f_A: {join: A}}\n",
        "when: {A: {isnt: 1}}\n",
        "rules: {unique: f_A}\n",
        "merge: {mode: add}\n",
        "consent: {yes_to: all}\n",
        "duplicates: newest\n",
        "clear_token: ''\n",
        "suppress: list.txt\n",
    ],
)
def test_wrong_shapes_are_refused_by_the_tool_and_by_the_schema(more: str) -> None:
    assert shape_mistakes(HEAD + more)
    assert not fits(HEAD + more)


def test_the_schema_explains_every_member() -> None:
    sections = {"": SCHEMA, **SCHEMA["$defs"]}
    silent = [
        f"{section}.{name}"
        for section, place in sections.items()
        for name, member in place.get("properties", {}).items()
        if not member.get("description")
    ]
    assert silent == []


def test_the_words_of_the_schema_are_those_of_the_model() -> None:
    definitions = SCHEMA["$defs"]
    for name, enum in (("ValueType", ValueType), ("Case", Case), ("Take", Take)):
        assert definitions[name]["enum"] == list(enum)
    assert set(definitions["SourceSection"]["properties"]) == set(SourceOptions.__slots__)


def test_the_schema_knows_the_targets_it_is_told() -> None:
    assert json_schema(["a", "b"])["properties"]["target"]["enum"] == ["a", "b"]
    assert "enum" not in json_schema()["properties"]["target"]


def test_no_default_says_that_nothing_is_said() -> None:
    defaults = [
        member["default"]
        for place in (SCHEMA, *SCHEMA["$defs"].values())
        for member in place.get("properties", {}).values()
        if "default" in member
    ]
    assert defaults
    assert all(isinstance(default, str | bool) for default in defaults)


def test_every_option_has_a_path() -> None:
    paths = option_paths()
    assert len(paths) == len(set(paths))
    assert {
        "name",
        "source.header_row",
        "columns.*.field",
        "columns.*.blank.default",
        "columns.*.region.column",
        "constants.*.value",
        "computed.*.join",
        "when.*.not",
        "rules.require_one_of",
        "consent.only",
    } <= set(paths)
    assert {f"columns.*.{name}" for name in ColumnSection.model_fields} <= set(paths)
