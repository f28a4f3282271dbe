"""A project defined in a JSON file instead of the built-in one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.sandbox.errors import SandboxError
from importer.sandbox.project import Project

if TYPE_CHECKING:
    from pathlib import Path


def read_project(path: Path) -> Project:
    """Read a project definition: a JSON object with the members of ``Project``.

    For instance ``{"id_project": 7, "key_fields": ["CustomerNo"], "fields": [{"code":
    "CustomerNo", "kind": "text", "required": true}], "optins": [{"code": "News"}], "tables":
    [{"id_table": 77, "key_fields": ["orderNo"], "fields": [{"code": "orderNo"}]}]}``; what is
    left out keeps its default. Raises SandboxError with every mistake in one sentence.
    """
    # Loaded here: only whoever brings a project file pays for it.
    from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

    strict = ConfigDict(extra="forbid")
    try:
        return TypeAdapter(with_config(strict)(Project)).validate_json(path.read_bytes())
    except OSError as problem:
        raise SandboxError(f"{path}: cannot be read ({problem.strerror})") from problem
    except ValidationError as problem:
        mistakes = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'project'}: {one['msg']}"
            for one in problem.errors(include_input=False, include_url=False)
        )
        raise SandboxError(f"{path}: not a project definition: {mistakes}") from problem
