"""A mapping laid on one table: which column is meant by each entry, or all that does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from importer.documents import in_quotes, joined, near
from importer.errors import Mistake
from importer.language import tr, trn
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
        sentence = tr(
            "{unmapped}: add it under columns:, with a field code or ignore", unmapped=unmapped
        )
        mistakes.append(mapping.document.mistake(sentence, "unmapped_columns"))
    if mistakes:
        raise DriftedError(*mistakes, drifts=[drift])
    warned = unmapped and mapping.unmapped_columns == "warn"
    warnings = (tr("{unmapped}; nothing of it is sent.", unmapped=unmapped),) if warned else ()
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
        lacking, there = _lacking(name, mapping, table, drift), _found(table, drift)
        return tr('column "{name}" {lacking} {found}', name=name, lacking=lacking, found=there)
    if len(found) > 1:
        return tr('column "{name}": {problem}', name=name, problem=_several_fit(found, table))
    if found[0] in claimed:
        return tr(
            'column "{name}": "{found}" of {table} is meant by "{other}" already: '
            "keep one of the two",
            name=name,
            found=found[0],
            table=table.shown,
            other=claimed[found[0]],
        )
    if _stands_twice(found[0], mapping, table):
        return tr(
            'column "{name}": several columns of {table} are named "{found}": rename '
            'one of them in the file, or give "{found} (2)" an entry of its own',
            name=name,
            table=table.shown,
            found=found[0],
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
        hint = near(name, table.columns)
        return tr("is not in {table}.{hint}", table=table.shown, hint=hint)
    return tr(
        'is not in {table}. Did you mean "{name}"? If the column was renamed, {remedy}.',
        table=table.shown,
        name=new_name,
        remedy=alias_remedy(mapping, name, new_name),
    )


def _found(table: TableDescription, drift: Drift) -> str:
    """List the columns there are, and those of them that nothing names."""
    new = [header for header in table.columns if header in _unnamed(drift)]
    columns = listed(table.columns)
    if not new or len(new) == len(table.columns):
        return tr("Columns found: {columns}.", columns=columns)
    return tr(
        "Columns found: {columns}. No entry of the mapping names {new}.",
        columns=columns,
        new=listed(new),
    )


def _unnamed(drift: Drift) -> set[str]:
    return {*drift.new, *(name for _, name in drift.renamed)}


def _several_fit(headers: Sequence[str], table: TableDescription) -> str:
    return tr(
        "{table} has {columns}, and each fits: rename one of them in the file",
        table=table.shown,
        columns=joined(map(in_quotes, headers), tr(" and ")),
    )


def _mistakes_of_needs(mapping: Mapping, table: TableDescription, drift: Drift) -> list[Mistake]:
    mistakes = []
    for what, name, hint, place in columns_needed(mapping):
        found = headers_meant(name, mapping, table)
        if len(found) != 1:
            sentence = (
                tr(
                    '{what} needs the column "{name}": {problem}',
                    what=what,
                    name=name,
                    problem=_several_fit(found, table),
                )
                if found
                else tr(
                    '{what} needs the column "{name}", which {lacking}{hint}',
                    what=what,
                    name=name,
                    lacking=_lacking(name, mapping, table, drift),
                    hint=hint,
                )
            )
            mistakes.append(mapping.document.mistake_of_name(sentence, *place))
    return mistakes


def _unmapped(table: TableDescription, drift: Drift) -> str:
    """Say which columns of the table go nowhere; empty when all go somewhere."""
    if not drift.new:
        return ""
    return trn(
        "{table}: no entry of the mapping names the column {columns}",
        "{table}: no entry of the mapping names the columns {columns}",
        len(drift.new),
        table=table.shown,
        columns=joined(map(in_quotes, drift.new)),
    )
