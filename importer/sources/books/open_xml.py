"""Workbooks of Open XML: each sheet is read in the way that its size and its cells allow."""

from __future__ import annotations

import python_calamine

from importer.errors import UnusableInputError
from importer.language import number, tr
from importer.sources.books.archive import Archive
from importer.sources.books.book import Sheet, SheetName
from importer.sources.books.facts import FactsNotes
from importer.sources.books.in_memory import CELLS_IN_MEMORY, CalamineSheet
from importer.sources.books.number_formats import Moment
from importer.sources.books.ooxml import USUAL_PART, USUAL_TEXTS, SheetPart, read_parts
from importer.sources.books.refusals import damaged, translated
from importer.sources.books.scanning import Scan, scan_sheet, scan_texts
from importer.sources.books.sheet_xml import read_facts
from importer.sources.books.streamed import StreamedSheet, read_shared_texts
from importer.sources.books.titles import read_title
from importer.sources.content import Content

STREAMED_FROM_BYTES = 150 << 20
# More than a million contacts have; a stray cell far away makes a block that nobody can read.
_MOST_CELLS = 250_000_000


class OpenXmlBook:
    """A workbook that is .xlsx or .xlsm, strict or not."""

    def __init__(self, content: Content, archive: Archive) -> None:
        self._content = content
        self._archive = archive
        self._parts = read_parts(archive)
        self._sheets: dict[str, Sheet] = {}
        self._calamine: python_calamine.CalamineWorkbook | None = None
        self._shared: list[str] | None = None
        self._plain_texts: bool | None = None
        with_macros = "xl/vbaProject.bin" in archive or content.name.lower().endswith(".xlsm")
        self.format = "xlsm" if with_macros else "xlsx"
        self.names = tuple(SheetName(sheet.name, sheet.visible) for sheet in self._parts.sheets)
        self.title = read_title(archive)

    def sheet(self, name: str) -> Sheet:
        """Open a sheet; raises ``UnusableInputError`` as opening the book does."""
        if name not in self._sheets:
            part = next(sheet for sheet in self._parts.sheets if sheet.name == name)
            self._sheets[name] = self._open(part)
        return self._sheets[name]

    def _open(self, sheet: SheetPart) -> Sheet:
        if sheet.part not in self._archive:
            raise damaged(self._archive.shown_as)
        shapes = self._parts.shapes
        dates = [at for at, shape in enumerate(shapes) if shape is Moment.DATE]
        styles = [at for at, s in enumerate(shapes) if s is not None and not isinstance(s, Moment)]
        durations = [at for at, shape in enumerate(shapes) if shape is Moment.DURATION]
        scan = scan_sheet(self._archive, sheet.part, styles, dates, durations)
        streamed = self._must_be_streamed(sheet, scan)
        notes = FactsNotes()
        if streamed or scan.exact:
            notes = read_facts(self._archive, sheet.part, shapes, numbers=scan.numbers)
        if not streamed and self._size(notes, sheet.name) <= CELLS_IN_MEMORY:
            found = self._found(sheet.name)
            if found is not None:
                return CalamineSheet(found, notes, self._archive.shown_as)
            notes = read_facts(self._archive, sheet.part, shapes, numbers=scan.numbers)
        self._size(notes, sheet.name)
        return StreamedSheet(
            self._archive,
            sheet.part,
            notes,
            self._shared_texts(),
            shapes,
            from_1904=self._parts.from_1904,
        )

    def _must_be_streamed(self, sheet: SheetPart, scan: Scan) -> bool:
        large = self._archive.size(sheet.part) > STREAMED_FROM_BYTES
        return large or scan.unusual or not self._calamine_reads_texts()

    def _size(self, notes: FactsNotes, name: str) -> int:
        """Count the cells of the block that a sheet's cells lie in; refuse what nobody fills."""
        cells = notes.cells
        if cells is None:
            return 0
        if cells.size > _MOST_CELLS:
            raise UnusableInputError(
                tr(
                    '{file}, sheet "{sheet}", has cells down to row {row} and as far as column '
                    "{column}: delete those that are no part of the table, save it, and try again.",
                    file=self._archive.shown_as,
                    sheet=name,
                    row=number(cells.last_row),
                    column=number(cells.last_column),
                )
            )
        return cells.size

    def _calamine_reads_texts(self) -> bool:
        """Tell whether calamine finds the parts, and all text of those that sheets share."""
        if self._plain_texts is None:
            texts = self._parts.shared_texts
            usual = self._parts.part.lower() == USUAL_PART and (
                USUAL_TEXTS not in self._archive
                if texts is None
                else texts.lower() == USUAL_TEXTS.lower()
            )
            self._plain_texts = usual and (texts is None or not scan_texts(self._archive, texts))
        return self._plain_texts

    def _found(self, name: str) -> python_calamine.CalamineSheet | None:
        """Let calamine read a sheet; None when it cannot.

        It asks more of a workbook than spreadsheet programs do. What is truly damaged is found to
        be so when it is streamed.
        """
        with translated(self._archive.shown_as):
            try:
                if self._calamine is None:
                    with self._content.open() as stream:
                        self._calamine = python_calamine.CalamineWorkbook.from_filelike(stream)
                return self._calamine.get_sheet_by_name(name)
            except python_calamine.CalamineError:
                return None

    def _shared_texts(self) -> list[str]:
        if self._shared is None:
            part = self._parts.shared_texts
            self._shared = [] if part is None else read_shared_texts(self._archive, part)
        return self._shared
