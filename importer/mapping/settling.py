"""What a table holds that a person must have seen, or the mapping must settle, before sending."""

from __future__ import annotations

from importer.field_rules import FieldRole
from importer.language import tr, trn
from importer.mapping.bound import BoundMapping
from importer.tables import TableDescription

_ANSWERS = frozenset({FieldRole.CONSENT, FieldRole.CONSENT_DATE})


def unsettled(bound: BoundMapping, table: TableDescription) -> tuple[str, ...]:
    """Say what the mapping leaves open of a table that was read to its end.

    These are hidden rows, and consents that formulas compute; each sentence names the line of the
    mapping that settles it.
    """
    settled = bound.mapping.source
    sentences = []
    if table.hidden and settled.hidden_rows is None:
        hidden = trn(
            "{table}: {count} row is hidden in the sheet, and is imported like any other: "
            "`source: {{hidden_rows: leave-out}}` leaves it out, `include` says that this is "
            "meant.",
            "{table}: {count} rows are hidden in the sheet, and are imported like the others: "
            "`source: {{hidden_rows: leave-out}}` leaves them out, `include` says that this is "
            "meant.",
            table.hidden,
            table=table.shown,
        )
        sentences.append(hidden)
    if table.unknown and None in (settled.hidden_rows, settled.formulas):
        unknown = tr(
            "{table}: an .{format} file does not tell which rows are hidden, nor which cells are "
            "computed: save it as .xlsx, or write "
            "`source: {{hidden_rows: include, formulas: accept}}` if that does not matter.",
            table=table.shown,
            format=table.format,
        )
        sentences.append(unknown)
    if settled.formulas is None:
        for column, cells in table.computed:
            if cells and _answers(bound, column):
                computed = trn(
                    '{table}: the answers of "{column}" are computed by formulas in {count} cell: '
                    "`source: {{formulas: refuse}}` refuses such rows, `accept` says that this is "
                    "meant.",
                    '{table}: the answers of "{column}" are computed by formulas in {count} cells: '
                    "`source: {{formulas: refuse}}` refuses such rows, `accept` says that this is "
                    "meant.",
                    cells,
                    table=table.shown,
                    column=column,
                )
                sentences.append(computed)
    return tuple(sentences)


def _answers(bound: BoundMapping, column: str) -> bool:
    """Tell whether a column goes to a consent or its date."""
    use = bound.uses.get(column)
    return use is not None and any(rule.role in _ANSWERS for rule in (*use.rules, *use.made))
