"""The JSON Schema of a document, by which editors check and complete it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import WithDefaultSchema


class _Schema(GenerateJsonSchema):
    """Leaves out defaults that only say that nothing is said."""

    def default_schema(self, schema: WithDefaultSchema) -> dict[str, Any]:
        if isinstance(schema.get("default"), str | int):
            return super().default_schema(schema)
        return self.generate_inner(schema["schema"])


def published_schema(model: type[BaseModel], name: str) -> dict[str, Any]:
    """Give the JSON Schema of a document, with the identifier ``urn:importer:<name>``."""
    schema: Mapping[str, Any] = model.model_json_schema(schema_generator=_Schema)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:importer:{name}",
        **schema,
    }
