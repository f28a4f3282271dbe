"""What a table holds that a person must have seen, or the mapping must settle, before sending."""

from __future__ import annotations

from importer.field_rules import FieldRole
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
        one = table.hidden == 1
        rows = "1 row is" if one else f"{table.hidden:,} rows are"
        like = "is imported like any other" if one else "are imported like the others"
        sentences.append(
            f"{table.shown}: {rows} hidden in the sheet, and {like}: "
            f"`source: {{hidden_rows: leave-out}}` leaves {'it' if one else 'them'} out, "
            "`include` says that this is meant."
        )
    if table.unknown and None in (settled.hidden_rows, settled.formulas):
        sentences.append(
            f"{table.shown}: an .{table.format} file does not tell which rows are hidden, nor "
            "which cells are computed: save it as .xlsx, or write "
            "`source: {hidden_rows: include, formulas: accept}` if that does not matter."
        )
    if settled.formulas is None:
        for column, cells in table.computed:
            if cells and _answers(bound, column):
                where = "1 cell" if cells == 1 else f"{cells:,} cells"
                sentences.append(
                    f'{table.shown}: the answers of "{column}" are computed by formulas in '
                    f"{where}: `source: {{formulas: refuse}}` refuses such rows, `accept` says "
                    "that this is meant."
                )
    return tuple(sentences)


def _answers(bound: BoundMapping, column: str) -> bool:
    """Tell whether a column goes to a consent or its date."""
    use = bound.uses.get(column)
    return use is not None and any(rule.role in _ANSWERS for rule in (*use.rules, *use.made))
