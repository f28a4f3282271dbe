"""A pass over the records of an .xlsb workbook: how far its sheets reach, errors and formulas.

Kinds and layouts of records: [MS-XLSB], Microsoft's open specification.
"""

from __future__ import annotations

from collections.abc import Iterator

from importer.sources.books.archive import Archive
from importer.sources.books.facts import FactsNotes
from importer.sources.books.ooxml import read_relations
from importer.sources.books.refusals import damaged, large_cell, translated
from importer.sources.books.sheet_xml import LAST_COLUMN, LAST_ROW
from importer.sources.lines import CELL_LIMIT
from importer.sources.pieces import Mark

BOOK_PART = "xl/workbook.bin"
_ROW, _SHEET_NAME = 0, 156
_ERROR, _FORMULA_ERROR = 3, 11
_FILLED = range(2, 12)
_FORMULAS = range(8, 12)
_LARGEST_RECORD = 2 * CELL_LIMIT + 64
_ERRORS: dict[int | None, str] = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}


def sheet_parts(archive: Archive) -> dict[str, str]:
    """Find the sheets' parts: name -> part."""
    relations = read_relations(archive, BOOK_PART)
    parts: dict[str, str] = {}
    with translated(archive.shown_as):
        for kind, content in _records(archive, BOOK_PART):
            if kind == _SHEET_NAME:
                relation, end = _wide(content, 8)
                name, _ = _wide(content, end)
                if relation in relations:
                    parts[name] = relations[relation][1]
    return parts


def read_binary_facts(archive: Archive, part: str) -> FactsNotes:
    """Read a sheet's records through. Raises ``UnusableInputError`` at places no sheet has."""
    notes = FactsNotes()
    row = 0
    for kind, content in _records(archive, part):
        if kind == _ROW:
            row = _number(content, 0) + 1
        elif kind in _FILLED:
            column = _number(content, 0) + 1
            if row > LAST_ROW or column > LAST_COLUMN:
                raise damaged(archive.shown_as)
            notes.columns.add(column)
            notes.rows(row, row)
            if kind in _FORMULAS:
                notes.mark(Mark.COMPUTED, row, column)
            if kind in (_ERROR, _FORMULA_ERROR):
                code = content[8] if len(content) > 8 else None
                notes.mark(Mark.ERROR, row, column, _ERRORS.get(code, "#ERROR!"))
    return notes


def _records(archive: Archive, part: str) -> Iterator[tuple[int, bytes]]:
    """Give a part's records: kind and content; a record cut off at the end is none."""
    buffer = b""
    for chunk in archive.pieces(part):
        buffer += chunk
        at = 0
        while True:
            start = at
            kind, at = _varied(buffer, at, 2)
            size, at = _varied(buffer, at, 4)
            if size > _LARGEST_RECORD:
                raise large_cell(archive.shown_as)
            if kind < 0 or size < 0 or at + size > len(buffer):
                at = start
                break
            yield kind, buffer[at : at + size]
            at += size
        buffer = buffer[at:]


def _varied(buffer: bytes, at: int, most: int) -> tuple[int, int]:
    """Read a number of one byte or more, each but the last marked; -1 when it is cut off."""
    value = 0
    for step in range(most):
        if at >= len(buffer):
            return -1, at
        byte = buffer[at]
        at += 1
        value |= (byte & 0x7F) << (7 * step)
        if byte < 0x80:
            break
    return value, at


def _number(content: bytes, at: int) -> int:
    return int.from_bytes(content[at : at + 4], "little")


def _wide(content: bytes, at: int) -> tuple[str, int]:
    end = at + 4 + 2 * _number(content, at)
    return content[at + 4 : end].decode("utf-16-le"), end
