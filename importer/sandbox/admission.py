"""Whether a call may come in: its size, its JSON, its members, its key, its project or table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from importer.sandbox.errors import RefusalError
from importer.sandbox.grammar import as_number
from importer.sandbox.methods import TAKES

if TYPE_CHECKING:
    from importer.sandbox.project import Project
    from importer.sandbox.rights import Rights


def read_members(body: bytes) -> dict[str, Any]:
    """Read the body's JSON object. Raises RefusalError."""
    try:
        members = orjson.loads(body)
    except orjson.JSONDecodeError as problem:
        raise RefusalError("BadRequest", f"the body is not JSON: {problem}") from problem
    if not isinstance(members, dict):
        raise RefusalError("BadRequest", "the body must be a JSON object")
    return members


def refuse_too_long(length: int, most: int) -> None:
    """Raise RefusalError for a body of more bytes than a call may have."""
    if length > most:
        message = f"a request of {length} bytes is too large; at most {most} bytes a call"
        raise RefusalError("RequestTooLarge", message, 413)


def admit(
    method: str, members: dict[str, Any], project: Project, rights: Rights, address: str
) -> None:
    """Raise RefusalError unless the method exists and the key opens the project or table.

    ``address``: where the call comes from.
    """
    if method not in TAKES:
        raise RefusalError("UnknownMethod", f"there is no method {method} here", 404)
    if strangers := sorted(members.keys() - TAKES[method]):
        raise RefusalError("BadRequest", f"{method} takes no member {', '.join(strangers)}")
    _check_key(members.get("AuthKey"), project)
    rights.refuse(method, address)
    tables = {one.id_table for one in project.tables}
    for name, what, known in (
        ("idProject", "project", {project.id_project}),
        ("idTable", "table", tables),
    ):
        if name in TAKES[method] and as_number(members.get(name)) not in known:
            sent = str(members.get(name))[:40]
            code = f"Unknown{what.capitalize()}"
            raise RefusalError(code, f"there is no {what} {sent} for this key", 404)


def _check_key(sent: object, project: Project) -> None:
    if not isinstance(sent, dict):
        raise RefusalError("BadRequest", "AuthKey must be an object with idKey and Key")
    if as_number(sent.get("idKey")) != project.id_key or sent.get("Key") != project.key:
        raise RefusalError("InvalidCredentials", "idKey and Key are not accepted", 401)
