"""The platforms: requests out, answers in. Pure: no network, no clock, no waiting.

A platform is one module of this package and one line of the registry below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.errors import UnusableInputError
from importer.targets import dialog_insight
from importer.targets.protocol import AnswersLater, Describes, FieldGrammar, Lists, Target

if TYPE_CHECKING:
    from types import ModuleType

    from importer.model import Connection, Limits, PlannedField, WriteMode

__all__ = [
    "AnswersLater",
    "Describes",
    "FieldGrammar",
    "Lists",
    "Target",
    "build",
    "careful_limits",
    "grammar",
    "names",
]

_REGISTRY: dict[str, ModuleType] = {
    "dialog-insight": dialog_insight,
}


def names() -> tuple[str, ...]:
    """Name the platforms, as ``target:`` in a mapping does."""
    return tuple(_REGISTRY)


def grammar(name: str) -> FieldGrammar:
    """Give the rules of a platform's field codes. Raises UnusableInputError for no platform."""
    found: FieldGrammar = _module(name).GRAMMAR
    return found


def careful_limits(name: str) -> Limits:
    """Give the limits that hold where a connection sets none."""
    found: Limits = _module(name).CAREFUL_LIMITS
    return found


def build(
    connection: Connection,
    *,
    mode: WriteMode,
    fields: tuple[PlannedField, ...],
    clears: tuple[str, ...] = (),
) -> Target:
    """Make the target that writes these fields through this connection.

    ``clears``: codes of the fields in which an empty text of the plan erases what is stored.
    Raises UnusableInputError where the connection does not allow what the fields need.
    """
    made: Target = _module(connection.target).build(
        connection, mode=mode, fields=fields, clears=clears
    )
    return made


def _module(name: str) -> ModuleType:
    try:
        return _REGISTRY[name]
    except KeyError:
        known = ", ".join(_REGISTRY)
        raise UnusableInputError(
            f'"{name}" is no platform this tool knows. Known: {known}.'
        ) from None
