"""Local imitations of the platforms, over real HTTP, for trying things out and for tests.

A second, independent reading of the API documents: it imports nothing of ours. What no document
says is this sandbox's own invention, marked so in the code and by ``sandbox:`` in its messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from importer.sandbox.dotdigital.account import DEFAULT_ACCOUNT, Account, read_account
from importer.sandbox.dotdigital.settings import DotdigitalSettings
from importer.sandbox.errors import AnswerLostError, SandboxError
from importer.sandbox.faults import Fault, parse_faults
from importer.sandbox.project import DEFAULT_PROJECT, FieldKind, OptIn, Project, ProjectField, Table
from importer.sandbox.project_file import read_project
from importer.sandbox.rights import KeyState
from importer.sandbox.settings import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    BlankRule,
    RateHeaders,
    SandboxSettings,
    Style,
    TableKeyRule,
    UnknownFieldRule,
)

if TYPE_CHECKING:
    from importer.sandbox.app import create_app
    from importer.sandbox.server import running, serve

__all__ = [
    "DEFAULT_ACCOUNT",
    "DEFAULT_HOST",
    "DEFAULT_PORT",
    "DEFAULT_PROJECT",
    "Account",
    "AnswerLostError",
    "BlankRule",
    "DotdigitalSettings",
    "Fault",
    "FieldKind",
    "KeyState",
    "OptIn",
    "Project",
    "ProjectField",
    "RateHeaders",
    "SandboxError",
    "SandboxSettings",
    "Style",
    "Table",
    "TableKeyRule",
    "UnknownFieldRule",
    "create_app",
    "parse_faults",
    "read_account",
    "read_project",
    "running",
    "serve",
]


def __getattr__(name: str) -> Any:
    # The web server loads only when something is served: a help text needs the settings alone.
    if name == "create_app":
        from importer.sandbox.app import create_app

        return create_app
    if name in ("running", "serve"):
        from importer.sandbox import server

        return getattr(server, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
