"""A mapping laid on one table: which column is meant by each entry, or all that does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from importer.documents import near
from importer.errors import Mistake
from importer.mapping.bound import BoundMapping
from importer.mapping.document import MappedColumn, Mapping
from importer.mapping.drift import Drift, DriftedError, alias_remedy, drift_of, listed
from importer.mapping.headers import columns_needed, headers_alike, headers_meant
from importer.tables import TableDescription


def bind(mapping: Mapping, table: TableDescription, *, run_date: date) -> BoundMapping:
    """Lay a mapping on a table.

    Raises:
        DriftedError: with every column that the table lacks or that fits twice.
    """
    drift = drift_of(mapping, table)
    mistakes: list[Mistake] = []
    headers: list[tuple[MappedColumn, str]] = []
    claimed: dict[str, str] = {}
    for column in mapping.columns:
        found = list(
            dict.fromkeys(h for name in column.names for h in headers_alike(name, table.columns))
        )
        problem = _problem(column, found, claimed, mapping, table, drift) if column.rules else ""
        if problem:
            mistakes.append(mapping.document.mistake_of_name(problem, "columns", column.header))
        elif column.rules:
            headers.append((column, found[0]))
        for header in found:
            claimed.setdefault(header, column.header)
    mistakes += _mistakes_of_needs(mapping, table, drift)
    unmapped = _unmapped(table, drift)
    if unmapped and mapping.unmapped_columns == "error":
        remedy = f"{unmapped}: add it under columns:, with a field code or ignore"
        mistakes.append(mapping.document.mistake(remedy, "unmapped_columns"))
    if mistakes:
        raise DriftedError(*mistakes, drifts=[drift])
    warned = unmapped and mapping.unmapped_columns == "warn"
    warnings = (f"{unmapped}; nothing of it is sent.",) if warned else ()
    rules = tuple(
        replace(rule, column=header) for column, header in headers for rule in column.rules
    ) + tuple(made.rule for made in mapping.made)
    return BoundMapping(mapping, table, tuple(headers), rules, run_date, warnings, drift)


def _problem(
    column: MappedColumn,
    found: Sequence[str],
    claimed: dict[str, str],
    mapping: Mapping,
    table: TableDescription,
    drift: Drift,
) -> str:
    """Say why a column of the mapping stands for no column of the table, or for no single one."""
    name = column.header
    if not found:
        return f'column "{name}" {_lacking(name, mapping, table, drift)} {_found(table, drift)}'
    if len(found) > 1:
        return f'column "{name}": {_several_fit(found, table)}'
    if found[0] in claimed:
        other = claimed[found[0]]
        return (
            f'column "{name}": "{found[0]}" of {table.shown} is meant by "{other}" already: '
            "keep one of the two"
        )
    if _stands_twice(found[0], mapping, table):
        return (
            f'column "{name}": several columns of {table.shown} are named "{found[0]}": rename '
            f'one of them in the file, or give "{found[0]} (2)" an entry of its own'
        )
    return ""


def _stands_twice(header: str, mapping: Mapping, table: TableDescription) -> bool:
    """Tell whether a header names several columns, and the mapping does not tell them apart."""
    named = {name for column in mapping.columns for name in column.names}
    return header in table.repeated and f"{header} (2)" not in named


def _lacking(name: str, mapping: Mapping, table: TableDescription, drift: Drift) -> str:
    """Say that a column is not there, and which one may be meant."""
    new_name = drift.new_name(name)
    if not new_name or all(name != column.header for column in mapping.columns):
        return f"is not in {table.shown}.{near(name, table.columns)}"
    remedy = alias_remedy(mapping, name, new_name)
    return (
        f'is not in {table.shown}. Did you mean "{new_name}"? If the column was renamed, {remedy}.'
    )


def _found(table: TableDescription, drift: Drift) -> str:
    """List the columns there are, and those of them that nothing names."""
    new = [header for header in table.columns if header in _unnamed(drift)]
    told = f"Columns found: {listed(table.columns)}."
    if not new or len(new) == len(table.columns):
        return told
    return f"{told} No entry of the mapping names {listed(new)}."


def _unnamed(drift: Drift) -> set[str]:
    return {*drift.new, *(name for _, name in drift.renamed)}


def _several_fit(headers: Sequence[str], table: TableDescription) -> str:
    named = " and ".join(f'"{header}"' for header in headers)
    return f"{table.shown} has {named}, and each fits: rename one of them in the file"


def _mistakes_of_needs(mapping: Mapping, table: TableDescription, drift: Drift) -> list[Mistake]:
    mistakes = []
    for what, name, hint, place in columns_needed(mapping):
        found = headers_meant(name, mapping, table)
        if len(found) != 1:
            problem = f": {_several_fit(found, table)}"
            if not found:
                problem = f", which {_lacking(name, mapping, table, drift)}{hint}"
            sentence = f'{what} needs the column "{name}"{problem}'
            mistakes.append(mapping.document.mistake_of_name(sentence, *place))
    return mistakes


def _unmapped(table: TableDescription, drift: Drift) -> str:
    """Say which columns of the table go nowhere; empty when all go somewhere."""
    if not drift.new:
        return ""
    names = ", ".join(f'"{name}"' for name in drift.new)
    plural = "s" if len(drift.new) > 1 else ""
    return f"{table.shown}: no entry of the mapping names the column{plural} {names}"
