"""The platforms: requests out, answers in. Pure: no network, no clock, no waiting.

What a mapping may name as its target is one module of this package and one line of the registry
below. Such a module has ``GRAMMAR``, ``CAREFUL_LIMITS``, ``build`` and ``CONNECTIONS``: the target
of the connections it goes through, which is itself unless an account has several.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.errors import UnusableInputError
from importer.language import tr
from importer.targets.dialog_insight import contacts as dialog_insight
from importer.targets.dialog_insight import tables as dialog_insight_tables
from importer.targets.protocol import AnswersLater, Describes, FieldGrammar, Lists, Target, Verifies

if TYPE_CHECKING:
    from types import ModuleType

    from importer.model import Connection, Limits, PlannedField, WriteMode

__all__ = [
    "AnswersLater",
    "Describes",
    "FieldGrammar",
    "Lists",
    "Target",
    "Verifies",
    "build",
    "careful_limits",
    "connected_by",
    "connections",
    "grammar",
    "names",
]

_REGISTRY: dict[str, ModuleType] = {
    "dialog-insight": dialog_insight,
    "dialog-insight-table": dialog_insight_tables,
}


def names() -> tuple[str, ...]:
    """Name the targets, as ``target:`` in a mapping does."""
    return tuple(_REGISTRY)


def connections() -> tuple[str, ...]:
    """Name those targets that a connection can have."""
    return tuple(name for name in _REGISTRY if connected_by(name) == name)


def connected_by(name: str) -> str:
    """Give the target of the connections that a mapping's target goes through."""
    found: str = _module(name).CONNECTIONS
    return found


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
    name: str = "",
    table_id: str = "",
) -> Target:
    """Make the target that writes these fields through this connection.

    ``clears``: codes of the fields in which an empty text of the plan erases what is stored.
    ``name``: what a mapping calls the target; left out, it is the connection's own. ``table_id``:
    the table that is written to, where the target writes to tables.
    Raises UnusableInputError where the connection does not allow what the fields need.
    """
    made: Target = _module(name or connection.target).build(
        connection, mode=mode, fields=fields, clears=clears, table_id=table_id
    )
    return made


def _module(name: str) -> ModuleType:
    try:
        return _REGISTRY[name]
    except KeyError:
        known = ", ".join(_REGISTRY)
        raise UnusableInputError(
            tr('"{name}" is no platform this tool knows. Known: {known}.', name=name, known=known)
        ) from None
