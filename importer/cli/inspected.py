"""What ``inspect`` found, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from importer.language import english, mark, number, tr, trn
from importer.tables import Certainty, Part, Reading, delimiter_in_words, header_in_words

if TYPE_CHECKING:
    from importer.inspection import InspectedTable
    from importer.tables import LeftOut, TableDescription

_SCATTERED = {Part.BLANK_ROWS, Part.HIDDEN_ROWS}
_SURE = {
    Certainty.GIVEN: mark("given"),
    Certainty.CERTAIN: mark("certain"),
    Certainty.LIKELY: mark("likely"),
}


def as_members(table: InspectedTable) -> dict[str, Any]:
    """Give all that was found out of a table, as the members of a JSON object."""
    description = asdict(table.description)
    return {
        **description,
        "computed": [{"column": c, "cells": n} for c, n in table.description.computed],
        "obstacles": [{"column": c, "sentence": s} for c, s in table.description.obstacles],
        "table_rows": table.table_rows,
        "columns": [asdict(look) for look in table.columns],
    }


def print_table(table: InspectedTable) -> None:
    """Print all that was found out about a table."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    described = table.description
    console.print(f"[bold]{_plain(described.shown)}[/bold]")
    console.print(f"  {_plain(described.format)} · {_rows(table)}")
    facts = Table(box=None, show_header=False, pad_edge=True)
    for fact in _facts(described):
        facts.add_row(*map(_plain, fact))
    console.print(facts)
    for sentence in _sentences(table):
        console.print(f"  {_plain(sentence)}")
    columns = Table(box=None, pad_edge=True)
    for title in (tr("column"), tr("filled"), tr("looks like"), tr("examples (masked)")):
        columns.add_column(title)
    for look in table.columns:
        examples = _plain(", ".join(look.examples))
        filled = _plain(tr("{share}%", share=f"{look.fill * 100:.0f}"))
        columns.add_row(_plain(look.name), filled, _plain(look.words), examples)
    console.print(columns)


def _rows(table: InspectedTable) -> str:
    read = table.description.rows or 0
    if table.table_rows == read:
        return _counted(read)
    return tr(
        "{rows} of the table; with the others, {read} below the header",
        rows=_counted(table.table_rows),
        read=number(read),
    )


def _counted(rows: int) -> str:
    return trn("{count} row", "{count} rows", rows)


def _facts(table: TableDescription) -> Iterator[tuple[str, str, str]]:
    """Give what was understood: what, how it is, how sure that is."""
    certainties = {english(one.what): _certainty(one) for one in table.readings}
    shown = {}
    if table.sheet:
        shown[mark("sheet")] = table.sheet
    if table.encoding:  # a text file
        shown |= {
            mark("encoding"): table.encoding,
            mark("delimiter"): delimiter_in_words(table.delimiter),
            mark("quote"): delimiter_in_words(table.quote),
            mark("escape"): table.escape,
        }
    shown[mark("header")] = header_in_words(table.header_row, table.header_rows)
    shown[mark("first row")] = str(table.first_row)
    for what, found in shown.items():
        yield tr(what), found, certainties.get(what, "")


def _certainty(reading: Reading) -> str:
    if reading.certainty is not Certainty.DOUBTFUL:
        return tr(_SURE[reading.certainty])
    if not reading.others:
        return tr("doubtful; in the mapping, `{line}` settles it", line=reading.settle)
    return tr(
        "doubtful: it may be {others} as well; in the mapping, `{line}` settles it",
        others=tr(" or ").join(reading.others),
        line=reading.settle,
    )


def _sentences(table: InspectedTable) -> Iterator[str]:
    """Say what is not of the table, what is hidden or computed in it, and what to heed."""
    described = table.description
    for one in sorted(described.left_out, key=lambda part: (part.first, part.last)):
        yield tr("Not of the table: {rows}", rows=_not_of_table(one))
    if described.hidden and all(one.part is not Part.HIDDEN_ROWS for one in described.left_out):
        yield tr(
            "Hidden in the sheet, and read like the others: {rows}; in the mapping, "
            "`source: {{hidden_rows: include | leave-out}}` settles it",
            rows=_counted(described.hidden),
        )
    if described.computed:
        listed = (
            tr('"{column}" ({cells})', column=column, cells=number(cells))
            for column, cells in described.computed
        )
        yield tr("Cells computed by formulas: {columns}", columns=", ".join(listed))
    for warning in described.warnings:
        yield tr("Warning: {warning}", warning=warning)
    for _, obstacle in described.obstacles:
        yield tr("In the way of a check: {obstacle}", obstacle=obstacle)


def _not_of_table(one: LeftOut) -> str:
    if one.part not in _SCATTERED or one.rows == 1:
        return one.words
    more = one.rows - len(one.numbers)
    numbers = ", ".join(map(str, one.numbers))
    if more > 0:
        return tr(
            "{part}: {numbers} and {more} more",
            part=one.words,
            numbers=numbers,
            more=number(more),
        )
    return tr("{part}: {numbers}", part=one.words, numbers=numbers)


def _plain(text: str) -> str:
    """Put a text on one line, without what a terminal or rich would read as commands."""
    from rich.markup import escape

    one_line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return escape(one_line)
