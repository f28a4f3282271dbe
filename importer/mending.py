"""How a table's rows are mended: where each field's text stands, and how a row says no."""

from __future__ import annotations

from collections.abc import Mapping as Map
from collections.abc import Sequence
from datetime import date

from importer.blanks import folded
from importer.checking import NO
from importer.field_rules import FieldRole, FieldRule
from importer.mapping import Mapping, bind
from importer.reports import Mending, Refusal, Refusals
from importer.reports.words.commands import run_command
from importer.run_folder import RunSettings
from importer.tables import FIX_BOOK, Acceptance, TableDescription

_WRITTEN = {"always": True, "never": False}


def mending_of(
    mapping: Mapping,
    tables: Sequence[TableDescription],
    settings: RunSettings,
    *,
    workbook: bool = False,
) -> Mending:
    """Find how the rows of a run are given back to be fixed; ``workbook``: in one in any case."""
    return Mending(
        refusals=[refusals_of(mapping, table) for table in tables],
        places=[places_of(mapping, table) for table in tables],
        evened=mapping.source.ragged_rows is Acceptance.ACCEPT,
        workbook=workbook or _WRITTEN.get(settings.report_workbook),
        command=run_command([f"runs/{settings.run}/{FIX_BOOK}"], settings),
    )


def places_of(mapping: Mapping, table: TableDescription) -> Map[str, tuple[int, ...]]:
    """Find the positions of the columns that each field is read from, or made of."""
    places: dict[str, list[int]] = {}
    for header, use in bind(mapping, table, run_date=date.min).uses.items():
        for rule in (*use.rules, *use.made):
            places.setdefault(rule.field, []).append(table.columns.index(header))
    return {field: tuple(positions) for field, positions in places.items()}


def refusals_of(mapping: Mapping, table: TableDescription) -> Refusals:
    """Find where a table writes its consents, and how a row says no there."""
    bound = bind(mapping, table, run_date=date.min)
    places = places_of(mapping, table)
    answers = {
        rule.field: (rule, table.columns.index(header))
        for column, header in bound.headers
        for rule in column.rules
        if rule.role is FieldRole.CONSENT
    }
    refusals = {}
    for one in bound.rules:
        if one.role is not FieldRole.CONSENT or one.constant:
            continue
        rule, place = answers.get(one.field, (one, None))
        sharing = [code for code, (_, other) in answers.items() if other == place] or [one.field]
        dates = [mapping.row_rules.consent_dates.get(code, "") for code in sharing]
        nothing = [at for code in dates for at in places.get(code, ())]
        if place is None:
            cells = [(at, "") for at in (*places[one.field], *nothing)]
            refusals[one.field] = Refusal(tuple(cells))
        else:
            cells = [*((at, "") for at in nothing), (place, _no_of(rule))]
            refusals[one.field] = Refusal(tuple(cells), place, _noes_of(rule))
    return refusals


def _no_of(rule: FieldRule) -> str:
    """Give a text that means no in a consent's column; blank where the mapping has none."""
    if not rule.values:
        return "no"
    return next((text for text, value in rule.values if value == "no"), "")


def _noes_of(rule: FieldRule) -> frozenset[str]:
    """Give the texts, folded, that mean no in a consent's column."""
    if not rule.values:
        return NO
    return frozenset(folded(text) for text, value in rule.values if value == "no")
