"""Trying a connection: credentials, project and permissions, without writing anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from importer import assembly, targets
from importer.assembly import Means
from importer.errors import InDoubtError, RefusedError, RetryableError
from importer.model import AccountFields, Connection, WriteMode


@dataclass(frozen=True, slots=True)
class ConnectionTest:
    """What a connection's account answered. ``problem``: empty when all is well."""

    connection: Connection
    account: AccountFields | None
    projects: dict[str, str]
    problem: str

    @property
    def exit_code(self) -> int:
        """0, or 4: nothing can be sent through this connection as it is."""
        return 4 if self.problem else 0

    def lines(self) -> Iterator[str]:
        """Say it in lines for a person."""
        if self.connection.name == "sandbox":
            yield "SANDBOX"
        yield f"{self.connection.name}: {self.connection.target} at {self.connection.url}"
        if self.projects:
            named = self.projects.get(self.connection.project_id, "")
            if named:
                yield f"Project {self.connection.project_id}: {named}"
            others = [f"{number} {name}" for number, name in self.projects.items()]
            yield f"Projects of the key: {', '.join(others)}"
        if self.account is not None:
            required = ", ".join(sorted(self.account.required)) or "none"
            yield f"Fields: {len(self.account.labels)} (required: {required})"
            yield "The key is accepted. Whether it may write is known at the first call."
        if self.problem:
            yield f"Problem: {self.problem}"

    def as_dict(self) -> dict[str, Any]:
        """Say it for a machine."""
        return {
            "connection": self.connection.name,
            "target": self.connection.target,
            "url": self.connection.url,
            "project_id": self.connection.project_id,
            "projects": self.projects,
            "fields": dict(self.account.labels) if self.account else None,
            "required": sorted(self.account.required) if self.account else None,
            "problem": self.problem,
        }


def try_connection(name: str, *, means: Means | None = None) -> ConnectionTest:
    """Ask a connection's account who it is.

    Raises:
        UnusableInputError: the connection is not configured, or its secret is not there.
    """
    means = means or assembly.means()
    connection = assembly.named_connection(means, name)
    account = assembly.account_fields(connection, means)
    problem = account if isinstance(account, str) else ""
    return ConnectionTest(
        connection,
        None if isinstance(account, str) else account,
        _projects(connection, means),
        problem,
    )


def _projects(connection: Connection, means: Means) -> dict[str, str]:
    """List the projects the key may see; none when it may not."""
    mode = WriteMode(allow_insert=False, allow_update=False)
    target = targets.build(connection, mode=mode, fields=())
    if not isinstance(target, targets.Lists):  # pragma: no cover - every target so far does
        return {}
    credentials = assembly.credentials_of(connection)
    try:
        with assembly.client_for(connection, means) as client:
            request = target.list_request(credentials)
            return dict(target.read_list(assembly.answer_of(client, request, credentials)))
    except (RetryableError, InDoubtError, RefusedError):
        return {}
