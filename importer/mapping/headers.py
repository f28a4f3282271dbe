"""Which columns of a table a name means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from importer.blanks import folded
from importer.language import tr
from importer.mapping.document import Mapping
from importer.mapping.template import FILE_NAME, RUN_DATE, Template
from importer.tables import TableDescription


def headers_alike(name: str, columns: Sequence[str]) -> list[str]:
    """Find the headers a name may mean: as written, else without regard to case and blanks."""
    if name in columns:
        return [name]
    return [column for column in columns if folded(column) == folded(name)]


def headers_meant(name: str, mapping: Mapping, table: TableDescription) -> list[str]:
    """Find the headers a template may mean, by the table's own names or those of the mapping."""
    found = headers_alike(name, table.columns)
    if not found:
        for column in mapping.columns:
            if any(folded(name) == folded(known) for known in column.names):
                found += [h for other in column.names for h in headers_alike(other, table.columns)]
    return list(dict.fromkeys(found))


def columns_needed(mapping: Mapping) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Give what is needed beside the columns' own: (what, name, hint, place in the document)."""
    for made in mapping.made:
        code = made.rule.field
        hint = ""
        if isinstance(made.recipe, Template):
            hint = _places_hint()
        for name in dict.fromkeys(made.recipe.columns):
            yield code, name, hint, (made.section, code)
    for column in mapping.columns:
        for rule in column.rules:
            if rule.region_column and not rule.extension:
                yield rule.field, rule.region_column, "", ("columns", column.header, "region")
    for condition in mapping.conditions:
        yield "`when`", condition.header, "", ("when", condition.header)
    for basis in dict.fromkeys(mapping.bases.values()):
        for name in dict.fromkeys(basis.template.columns):
            yield "`basis`", name, _places_hint(), basis.place


def _places_hint() -> str:
    return tr(" A name can also be {date} or {file}.", date=RUN_DATE, file=FILE_NAME)
