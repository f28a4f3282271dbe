"""The JSON Schema of ``summary.json``, made from the code; and which members each version has.

``python -m tests.reports.schema`` writes both again. A version's members may only become more: one
that goes, or gets another name, needs a higher ``SCHEMA_VERSION``.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from importer.reports.summary import SCHEMA_VERSION, Summary
from importer.run_folder import ColumnFacts
from importer.tables import LeftOut, Reading

PUBLISHED = Path(__file__).parents[2] / "docs" / "summary.schema.json"
MEMBERS = Path(__file__).with_name("summary_members.json")
_NOT_IN_THE_FILE = {"folder"}
# What is said of these in their docstrings, member by member.
_OF_TABLES = {
    Reading: {
        "what": "encoding, delimiter, quote, escape, header or sheet.",
        "found": "What it is.",
        "certainty": "How sure that is.",
        "others": "What it may be as well.",
        "settle": "The line of the mapping that settles it.",
    },
    LeftOut: {
        "part": "Which part of the file it is.",
        "first": "The number of its first row, as a spreadsheet shows it.",
        "last": "The number of its last row.",
        "rows": "How many rows it has.",
        "numbers": "Of the first few rows, where they are scattered.",
    },
    ColumnFacts: {
        "filled": "How many of its cells are filled.",
        "rows": "Of how many rows: those of the table, without blank ones.",
        "looks_like": "What its values look like: email, phone, date, integer, decimal, yes/no, "
        "text or empty.",
        "looks": "Each of these -> the share of a sample of its values that look so, 0 to 1.",
        "garbled": "The share of them in which letters seem to have been lost, 0 to 1.",
    },
}


class _AlwaysThere(GenerateJsonSchema):
    """Every member is written, also one that has its default."""

    def field_is_required(
        self,
        field: core_schema.ModelField | core_schema.DataclassField | core_schema.TypedDictField,
        total: bool,
    ) -> bool:
        return True


def schema() -> dict[str, Any]:
    """Make the schema, with a description of each member."""
    made = Summary.model_json_schema(mode="serialization", schema_generator=_AlwaysThere)
    definitions = made.pop("$defs")
    described = {**_described(importlib.import_module(Summary.__module__))}
    described |= {one.__name__: told for one, told in _OF_TABLES.items()}
    for name, part in {"Summary": made, **definitions}.items():
        part["description"] = part["description"].partition("\n")[0].replace("``", "`")
        for member, content in part.get("properties", {}).items():
            content.pop("title", None)
            content.pop("default", None)
            if told := described.get(name, {}).get(member):
                content["description"] = told
    for member in _NOT_IN_THE_FILE:
        del made["properties"][member]
        made["required"].remove(member)
    made["properties"]["schema_version"]["const"] = SCHEMA_VERSION
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "summary.json of an importer run",
        "description": made.pop("description"),
        **{name: content for name, content in made.items() if name != "title"},
        "$defs": dict(sorted(definitions.items())),
    }


def _described(module: ModuleType) -> dict[str, dict[str, str]]:
    """Read the docstrings below the members of a module's classes."""
    told: dict[str, dict[str, str]] = {}
    for one in ast.parse(inspect.getsource(module)).body:
        if not isinstance(one, ast.ClassDef):
            continue
        for member, below in zip(one.body, one.body[1:], strict=False):
            if (
                isinstance(member, ast.AnnAssign)
                and isinstance(member.target, ast.Name)
                and isinstance(below, ast.Expr)
                and isinstance(below.value, ast.Constant)
            ):
                text = " ".join(str(below.value.value).split())
                told.setdefault(one.name, {})[member.target.id] = text
    return told


def members(part: dict[str, Any], whole: dict[str, Any], path: str = "") -> Iterator[str]:
    """Name every member that a schema has, by its path; [] and {} stand for any of several."""
    if "$ref" in part:
        part = whole["$defs"][part["$ref"].rpartition("/")[2]]
    for name, content in part.get("properties", {}).items():
        yield f"{path}{name}"
        yield from members(content, whole, f"{path}{name}.")
    for one in part.get("anyOf", ()):
        yield from members(one, whole, path)
    for kind, signs in (("items", "[]"), ("additionalProperties", "{}")):
        if isinstance(part.get(kind), dict):
            yield from members(part[kind], whole, f"{path.removesuffix('.')}{signs}.")


def known_members() -> dict[str, list[str]]:
    """Read which members each version was published with."""
    content: dict[str, list[str]] = json.loads(MEMBERS.read_text(encoding="utf-8"))
    return content


def lost_members(made: dict[str, Any]) -> set[str]:
    """Name the members that this version was published with and has no more."""
    return set(known_members().get(str(SCHEMA_VERSION), ())) - set(members(made, made))


def written(content: Any) -> str:
    """Write a document as its file holds it."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write both files, unless a member was lost."""
    made = schema()
    if MEMBERS.exists() and (lost := lost_members(made)):
        print(f"raise SCHEMA_VERSION: {', '.join(sorted(lost))} is gone", file=sys.stderr)
        return 1
    known = known_members() if MEMBERS.exists() else {}
    known[str(SCHEMA_VERSION)] = sorted(members(made, made))
    MEMBERS.write_text(written(known), encoding="utf-8")
    PUBLISHED.write_text(written(made), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
