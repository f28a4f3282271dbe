"""A workbook's sheets as sources."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from importer.documents import in_quotes, joined
from importer.errors import UnusableInputError
from importer.language import tr, trn
from importer.model import Chunk
from importer.sources import readings
from importer.sources.body import Body
from importer.sources.books import (
    Book,
    Sheet,
    SheetFacts,
    SheetName,
    open_book,
)
from importer.sources.books.glance import first_rows, is_filled
from importer.sources.chunks import chunks_of
from importer.sources.content import Content
from importer.sources.ending import EndSigns, mark_end, signs_of
from importer.sources.fix_sheets import FixSheets, find_fix_sheets, piece_as_written
from importer.sources.header import Header, read_header
from importer.sources.kinds import Kind
from importer.sources.layout import SAMPLE_ROWS, Layout, find_layout, laid_out
from importer.sources.merged import merged_cells, over_merged, with_groups
from importer.sources.pieces import CellMarks, Mark, Piece, piece_of_rows, rows_at_once
from importer.sources.signatures import Form
from importer.sources.tally import Tally
from importer.tables import (
    FILE_END,
    Certainty,
    Reading,
    SourceOptions,
    TableDescription,
)


@dataclass(frozen=True, slots=True)
class _Understood:
    """What was understood of a sheet."""

    layout: Layout
    header: Header
    signs: EndSigns
    options: SourceOptions


class SheetSource:
    """The table of one sheet."""

    def __init__(
        self, sheet: Sheet, understood: _Understood, description: TableDescription
    ) -> None:
        self._sheet = sheet
        self._understood = understood
        self._opened = description
        self._description = description

    @property
    def description(self) -> TableDescription:
        """What was understood of the sheet; all of it is known once all chunks were read."""
        return self._description

    def chunks(self, rows: int = 50_000) -> Iterator[Chunk]:
        """Read the rows, in chunks of at most ``rows``; dates in them are ISO text.

        Raises ``UnusableInputError`` when the workbook turns out to be damaged, or is gone.
        """
        understood = self._understood
        tally = Tally(understood.header, understood.options)
        pieces = mark_end(self._pieces(), understood.signs)
        try:
            yield from chunks_of(pieces, tally, rows=rows, typed_dates=True)
        except OSError as error:
            raise UnusableInputError(
                tr(
                    "{file} cannot be read: {reason}.",
                    file=self._opened.file,
                    reason=error.strerror or error,
                )
            ) from error
        self._description = tally.complete(self._opened)

    def _pieces(self) -> Iterator[Piece]:
        facts = self._sheet.facts()
        header = self._understood.header
        width = len(header.names)
        at_once = rows_at_once(width)
        first_row = self._understood.layout.first_row
        below = itertools.islice(self._sheet.rows(), first_row - 1, None)
        while True:
            batch = list(itertools.islice(below, at_once))
            if not batch:
                return
            make = piece_of_rows if header.ours is None else piece_as_written
            piece = _with_facts(make(batch, width, first_row), facts, self._sheet.first_column)
            # A person hides rows of ours while they mend: they are read, and nothing is to settle.
            yield piece if header.ours is None else replace(piece, hidden=())
            first_row += len(batch)


def _with_facts(piece: Piece, facts: SheetFacts, first_column: int) -> Piece:
    """Say of a piece's rows and cells what the sheet says of them."""
    bounds = [piece.first_row, piece.first_row + piece.table.num_rows]
    first, last = np.searchsorted(facts.hidden, bounds)
    marks = []
    for one in facts.marks:
        start, end = np.searchsorted(one.rows, bounds)
        if start < end:
            marks.append(
                CellMarks(
                    one.mark,
                    one.rows[start:end] - piece.first_row,
                    one.columns[start:end] - first_column,
                    one.shown[start:end],
                )
            )
    merged = merged_cells(piece, facts.merged_areas, first_column)
    if merged is not None:
        marks.append(merged)
    hidden = (facts.hidden[first:last] - piece.first_row).tolist()
    return replace(piece, hidden=hidden, marks=tuple(marks))


def open_workbook(content: Content, options: SourceOptions, form: Form) -> tuple[SheetSource, ...]:
    """Open the chosen sheets: named, numbered, ``all``, or the one with the contacts.

    ``form``: which kind of workbook it is, as ``look_at`` says.

    Raises ``UnusableInputError`` when the choice is not clear, or a sheet holds no table, and
    ``OSError`` as opening the file does.
    """
    book = open_book(content, form)
    fixes = find_fix_sheets(book, _found(book.names, options.sheet or ""))
    if fixes is not None:
        return _fix_sources(book, content, fixes)
    chosen, reading = _choose(book, options.sheet, content.shown_as)
    return tuple(_source(book, name, content, options, reading) for name in chosen)


def _fix_sources(book: Book, content: Content, fixes: FixSheets) -> tuple[SheetSource, ...]:
    """Open all sheets with rows to fix; neither the mapping's options nor its sheet apply."""
    if not fixes.names:
        raise UnusableInputError(
            tr(
                "{file} holds no rows to fix: the last column of none of its sheets is "
                "import_errors.",
                file=content.shown_as,
            )
        )
    return tuple(
        _source(
            book,
            name,
            content,
            SourceOptions(),
            Reading("sheet", name, Certainty.CERTAIN),
            guarded=fixes.guarded,
            passed_over=() if number else fixes.others,
        )
        for number, name in enumerate(fixes.names)
    )


def _choose(book: Book, wanted: str | None, shown_as: str) -> tuple[Sequence[str], Reading]:
    if wanted is not None and wanted.strip().lower() != "all":
        name = _named(book.names, wanted, shown_as)
        return (name,), Reading("sheet", name, Certainty.GIVEN)
    filled = [s.name for s in book.names if s.visible and is_filled(book.sheet(s.name))]
    if not filled:
        hidden = [s.name for s in book.names if not s.visible]
        raise UnusableInputError(_on_empty(shown_as, hidden))
    if wanted is not None:
        return filled, Reading("sheet", "all", Certainty.GIVEN)
    if len(filled) == 1:
        return filled, Reading("sheet", filled[0], Certainty.CERTAIN)
    with_addresses = [name for name in filled if _has_addresses(book.sheet(name))]
    if len(with_addresses) == 1:
        (name,) = with_addresses
        others = tuple(other for other in filled if other != name)
        settle = f"source: {{sheet: {readings.as_mapping_value(name)}}}"
        return (name,), Reading("sheet", name, Certainty.LIKELY, others, settle)
    raise UnusableInputError(
        tr(
            "{file} has several sheets with cells: {sheets}. Choose with `--sheet NAME`, "
            "`--sheet all`, or `source: {{sheet: ...}}` in the mapping.",
            file=shown_as,
            sheets=joined(map(in_quotes, filled)),
        )
    )


def _on_empty(shown_as: str, hidden: Sequence[str]) -> str:
    if not hidden:
        return tr("{file} is empty: no visible sheet has cells.", file=shown_as)
    return tr(
        "{file} is empty: no visible sheet has cells. Hidden sheets are read when named: {sheets}.",
        file=shown_as,
        sheets=", ".join(hidden),
    )


def _named(names: Sequence[SheetName], wanted: str, shown_as: str) -> str:
    found = _found(names, wanted)
    if found is not None:
        return found
    known = [sheet.name for sheet in names]
    near = difflib.get_close_matches(wanted, known, n=2)
    if not near:
        raise UnusableInputError(
            tr(
                '{file} has no sheet "{sheet}". Its sheets: {sheets}.',
                file=shown_as,
                sheet=wanted,
                sheets=", ".join(known),
            )
        )
    raise UnusableInputError(
        tr(
            '{file} has no sheet "{sheet}". Did you mean {listed}? Its sheets: {sheets}.',
            file=shown_as,
            sheet=wanted,
            listed=joined(near, tr(" or ")),
            sheets=", ".join(known),
        )
    )


def _found(names: Sequence[SheetName], wanted: str) -> str | None:
    """Find the sheet that a name or a number means."""
    for same in (str, lambda text: text.strip().casefold()):
        for sheet in names:
            if same(sheet.name) == same(wanted):
                return sheet.name
    if wanted.strip().isdecimal() and 1 <= int(wanted) <= len(names):
        return names[int(wanted) - 1].name
    return None


def _has_addresses(sheet: Sheet) -> bool:
    """Tell whether a sheet has a column of e-mail addresses."""
    rows = first_rows(sheet, SAMPLE_ROWS)
    layout = find_layout(rows)
    if layout is None:
        return False
    body = Body.of(rows, layout.first_row - 1, layout.width)
    return Kind.EMAIL in body.typed.values()


def _source(
    book: Book,
    name: str,
    content: Content,
    options: SourceOptions,
    chosen: Reading,
    *,
    guarded: bool = True,
    passed_over: Sequence[str] = (),
) -> SheetSource:
    """Open a sheet. ``guarded``: as of its header. ``passed_over``: sheets that are not read."""
    sheet = book.sheet(name)
    place = tr('{file}, sheet "{sheet}"', file=content.shown_as, sheet=name)
    rows = first_rows(sheet, max(SAMPLE_ROWS, (options.header_row or 0) + 50))
    areas = sheet.facts().merged_areas
    _refuse_formulas_only(rows, sheet.facts(), place)
    layout = over_merged(rows, areas, laid_out(rows, SourceOptions(), place))
    header = _header(layout, sheet, place, guarded=guarded)
    if header.ours is None:
        layout = laid_out(rows, options, place)
        if options.header_row is None and options.header_rows is None:
            layout = over_merged(rows, areas, layout)
        layout = with_groups(rows, areas, layout, sheet.first_column)
        header = _header(layout, sheet, place)
    else:
        # What stands to the right of it is no column's.
        layout = replace(layout, names=layout.names[: header.ours + 1])
        header = _header(layout, sheet, place, guarded=guarded)
        options = SourceOptions(last_row=FILE_END)
    signs = signs_of(rows, layout, last_row=options.last_row)
    found = (chosen, readings.of_layout(layout))
    left_out = readings.preamble(layout, rows)
    warnings = (
        readings.doubts(found)
        + _of_choice(chosen)
        + _of_hidden(book, name)
        + readings.on_preamble(left_out, rows)
        + header.warnings
        + (_of_facts(sheet.facts(), layout, book.format) if header.ours is None else ())
        + (_of_ours(sheet.facts(), passed_over) if header.ours is not None else ())
    )
    description = TableDescription(
        file=content.shown_as,
        sheet=name,
        format=book.format,
        columns=header.columns,
        header_row=layout.header_row,
        header_rows=layout.header_rows,
        first_row=layout.first_row,
        warnings=warnings,
        repeated=header.repeated,
        readings=found,
        left_out=left_out,
        unknown=sheet.facts().unknown if header.ours is None else (),
    )
    return SheetSource(sheet, _Understood(layout, header, signs, options), description)


def _refuse_formulas_only(rows: Sequence[Sequence[str]], facts: SheetFacts, place: str) -> None:
    if any(marks.mark is Mark.NEVER_COMPUTED for marks in facts.marks) and not any(
        cell.strip() for row in rows for cell in row
    ):
        raise UnusableInputError(
            tr(
                "{place} holds formulas whose results it does not hold: open it in a spreadsheet "
                "program, which computes them, and save it again.",
                place=place,
            )
        )


def _of_hidden(book: Book, chosen: str) -> tuple[str, ...]:
    """Say which hidden sheets are not read: people who unsubscribed are kept in such ones."""
    hidden = [s.name for s in book.names if not s.visible and s.name != chosen]
    filled = [name for name in hidden if is_filled(book.sheet(name))]
    if not filled:
        return ()
    told = tr(
        "Hidden in the workbook and not read: {sheets}. `--sheet NAME` reads such a sheet.",
        sheets=joined(map(in_quotes, filled)),
    )
    return (told,)


def _of_facts(facts: SheetFacts, layout: Layout, form: str) -> tuple[str, ...]:
    """Say what of a sheet may be read otherwise than it is shown."""
    said = []
    merged = sum(area.last_row >= layout.first_row for area in facts.merged_areas)
    if merged:
        said.append(
            trn(
                "The table has {count} merged area: only the first cell of each has its value.",
                "The table has {count} merged areas: only the first cell of each has its value.",
                merged,
            )
        )
    if facts.unknown:
        *others, last = (tr(what) for what in facts.unknown)
        said.append(
            tr(
                "An .{form} file does not say enough of {what}: an .xlsx file does.",
                form=form,
                what=joined(filter(None, [joined(others), last]), tr(" and ")),
            )
        )
    return tuple(said)


def _header(layout: Layout, sheet: Sheet, place: str, *, guarded: bool = True) -> Header:
    return read_header(
        layout.names,
        row=layout.header_row,
        shown_as=place,
        first=sheet.first_column,
        guarded=guarded,
    )


def _of_ours(facts: SheetFacts, passed_over: Sequence[str]) -> tuple[str, ...]:
    """Say what of a workbook of ours is not what it seems: a filter hides rows, sheets are new."""
    said = []
    if len(facts.hidden):
        said.append(
            trn(
                "{count} row is hidden in the sheet, and is read like the others: delete the rows "
                "that are not to be imported.",
                "{count} rows are hidden in the sheet, and are read like the others: delete the "
                "rows that are not to be imported.",
                len(facts.hidden),
            )
        )
    if passed_over:
        listed = joined(map(in_quotes, passed_over))
        said.append(
            tr("Not read, since their last column is not import_errors: {sheets}.", sheets=listed)
        )
    return tuple(said)


def _of_choice(chosen: Reading) -> tuple[str, ...]:
    if chosen.certainty is not Certainty.LIKELY:
        return ()
    told = tr(
        'The sheet "{sheet}" was chosen, for it alone has e-mail addresses; not read: {others}. '
        "`{line}` in the mapping settles it.",
        sheet=chosen.found,
        others=joined(map(in_quotes, chosen.others)),
        line=chosen.settle,
    )
    return (told,)
