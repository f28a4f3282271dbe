"""RelationalTables.Merge: the rows of one relational table.

Known from public client code and from nowhere else: the table's number stands beside the
credentials and no project does, ``ID`` and ``Data`` are as for contacts, the options too. Such
clients repeat the key in ``Data`` when they insert, and not when they update; whether the platform
needs it is not known, so ``table_keys_in_data`` of the connection can switch it off.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from importer.errors import UnusableInputError
from importer.field_rules import FieldRole
from importer.language import tr
from importer.targets.dialog_insight.merge import (
    CAREFUL_LIMITS,
    CEILINGS,
    MergeCalls,
    clearing_mistakes,
    integer,
    needs_places,
)
from importer.targets.dialog_insight.table_grammar import GRAMMAR, KEY, TableGrammar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from importer.model import Connection, PlannedField, WriteMode

__all__ = [
    "CAREFUL_LIMITS",
    "CEILINGS",
    "CONNECTIONS",
    "GRAMMAR",
    "TableRows",
    "build",
    "needs_places",
]

NAME = "dialog-insight-table"
CONNECTIONS = "dialog-insight"  # tables are in the same account, behind the same key


class TableRows(MergeCalls):
    """RelationalTables.Merge for one table and one set of columns."""

    name = NAME
    fields: TableGrammar = GRAMMAR


def build(
    connection: Connection,
    *,
    mode: WriteMode,
    fields: tuple[PlannedField, ...],
    clears: tuple[str, ...],
    table_id: str,
    places: Mapping[str, str],  # noqa: ARG001 - a code is the platform's own
) -> TableRows:
    """Make the target. Raises UnusableInputError where table or connection do not allow it."""
    mistakes = clearing_mistakes(connection, clears)
    if not (table_id.isascii() and table_id.isdigit()):
        mistakes.append(
            tr(
                '`table_id` is "{table_id}" in the mapping, and a table is named by its number: '
                "write for instance table_id: 77.",
                table_id=table_id,
            )
        )
    if mistakes:
        raise UnusableInputError(*mistakes)
    repeats = connection.table_keys_in_data and mode.allow_insert
    return TableRows(
        connection,
        service="relationaltables.ashx",
        place={"idTable": integer(table_id)},
        mode=mode,
        fields=fields,
        clears=clears,
        more=_repeated(fields) if repeats else {},
    )


def _repeated(fields: tuple[PlannedField, ...]) -> Mapping[str, PlannedField]:
    """Give the key's columns once more as members of ``Data``, but those the mapping writes."""
    written = {field.code.lower() for field in fields}
    bare = {f.code: replace(f, code=f.code.removeprefix(KEY)) for f in fields if _is_key(f)}
    return {code: field for code, field in bare.items() if field.code.lower() not in written}


def _is_key(field: PlannedField) -> bool:
    return field.role is FieldRole.KEY
