"""Every option that a mapping can hold, as the published schema lists them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from importer.mapping import json_schema


def option_paths() -> list[str]:
    """List all options by their path, such as ``merge.mode`` and ``columns.*.region.column``.

    ``*`` stands for a name that the operator chooses: a header, a code, a text.
    """
    schema = json_schema()
    return sorted(set(_below(schema, schema["$defs"], "")))


def _below(place: dict[str, Any], definitions: dict[str, Any], path: str) -> Iterator[str]:
    if "$ref" in place:
        yield from _below(definitions[place["$ref"].rpartition("/")[2]], definitions, path)
    for one in (*place.get("anyOf", ()), *place.get("oneOf", ())):
        yield from _below(one, definitions, path)
    for name, member in place.get("properties", {}).items():
        yield f"{path}{name}"
        yield from _below(member, definitions, f"{path}{name}.")
    if isinstance(place.get("additionalProperties"), dict):
        yield from _below(place["additionalProperties"], definitions, f"{path}*.")
