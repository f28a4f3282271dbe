"""What makes a switch of a dataclass's member: a default, and a line that says what it is for."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, TypeVar

from importer.sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping

_T = TypeVar("_T")


def switch(default: _T, help_text: str) -> _T:
    """Make a member of a dataclass that has this default and this help."""
    return field(default=default, metadata={"help": help_text})


def refuse_too_small(settings: object, least: Mapping[str, float]) -> None:
    """Raise SandboxError for a switch below the least it can be; None is no number."""
    for name, bound in least.items():
        value = getattr(settings, name)
        if value is not None and value < bound:
            raise SandboxError(f"{name} must be at least {bound}, not {value}")
