"""The platforms: requests out, answers in. Pure: no network, no clock, no waiting.

What a mapping may name as its target is one module of this package and one line of the registry
below. Such a module has ``GRAMMAR``; ``CAREFUL_LIMITS``, and ``CEILINGS``, which the vendor
documents; ``build``, and ``needs_places``, which names the codes whose place in the account it must
know; and ``CONNECTIONS``: the target of the connections it goes through, which is itself unless an
account has several.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from importer.errors import UnusableInputError
from importer.language import tr
from importer.targets.dialog_insight import contacts as dialog_insight
from importer.targets.dialog_insight import tables as dialog_insight_tables
from importer.targets.dotdigital import bulk as dotdigital
from importer.targets.dotdigital import single as dotdigital_single
from importer.targets.dotdigital import v2 as dotdigital_v2
from importer.targets.protocol import (
    AnswersLater,
    AsksFirst,
    Describes,
    FieldGrammar,
    Lists,
    Target,
    Verifies,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType

    from importer.model import (
        AccountFields,
        ApiRequest,
        ApiResponse,
        Connection,
        Credentials,
        Limits,
        PlannedField,
        WriteMode,
    )

__all__ = [
    "AnswersLater",
    "AsksFirst",
    "Describes",
    "FieldGrammar",
    "Lists",
    "Target",
    "Verifies",
    "build",
    "careful_limits",
    "connected_by",
    "connections",
    "described",
    "grammar",
    "names",
    "needs_places",
    "within_ceilings",
]

_REGISTRY: dict[str, ModuleType] = {
    "dialog-insight": dialog_insight,
    "dialog-insight-table": dialog_insight_tables,
    "dotdigital": dotdigital,
    "dotdigital-single": dotdigital_single,
    "dotdigital-v2": dotdigital_v2,
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


def within_ceilings(name: str, limits: Limits) -> Limits:
    """Lower those limits that pass what the platform's vendor documents as the most."""
    ceilings: Mapping[str, int] = _module(name).CEILINGS
    return replace(
        limits, **{limit: min(getattr(limits, limit), most) for limit, most in ceilings.items()}
    )


def needs_places(name: str, codes: Sequence[str]) -> tuple[str, ...]:
    """Name those codes whose place in the account must be known before a call can be made."""
    found: tuple[str, ...] = _module(name).needs_places(codes)
    return found


def build(
    connection: Connection,
    *,
    mode: WriteMode,
    fields: tuple[PlannedField, ...],
    clears: tuple[str, ...] = (),
    name: str = "",
    table_id: str = "",
    places: Mapping[str, str] | None = None,
) -> Target:
    """Make the target that writes these fields through this connection.

    ``clears``: codes of the fields in which an empty text of the plan erases what is stored.
    ``name``: what a mapping calls the target; left out, it is the connection's own. ``table_id``:
    the table that is written to, where the target writes to tables. ``places``: code -> how the
    account names the field, of codes that name it otherwise.
    Raises UnusableInputError where the connection does not allow what the fields need.
    """
    made: Target = _module(name or connection.target).build(
        connection, mode=mode, fields=fields, clears=clears, table_id=table_id, places=places or {}
    )
    return made


def described(
    target: Describes, credentials: Credentials, ask: Callable[[ApiRequest], ApiResponse]
) -> AccountFields:
    """Ask which fields the account has. Raises as ``ask``, and as ``Describes`` says."""
    said: list[ApiResponse] = []
    while (request := target.describe_request(credentials, said)) is not None:
        said.append(ask(request))
    return target.read_description(said)


def _module(name: str) -> ModuleType:
    try:
        return _REGISTRY[name]
    except KeyError:
        known = ", ".join(_REGISTRY)
        raise UnusableInputError(
            tr('"{name}" is no platform this tool knows. Known: {known}.', name=name, known=known)
        ) from None
