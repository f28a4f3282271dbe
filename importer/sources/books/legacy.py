"""Workbooks of Excel's binary forms: what calamine tells of them, and what it does not."""

from __future__ import annotations

import subprocess
import sys

import python_calamine

from importer.sources.books.archive import Archive
from importer.sources.books.binary_sheet import read_binary_facts, sheet_parts
from importer.sources.books.book import Sheet, SheetName
from importer.sources.books.facts import FactsNotes
from importer.sources.books.in_memory import CalamineSheet, note_merged, note_rounded
from importer.sources.books.refusals import damaged, protected, too_large, translated
from importer.sources.content import Content

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UNKNOWN_OF_XLS = ("hidden rows", "formulas", "error cells", "number formats")
_UNKNOWN_OF_XLSB = ("hidden rows", "merged cells", "number formats")
_READ_AT_ONCE = ("xl/sharedStrings.bin", "xl/styles.bin")
CELLS_IN_MEMORY = 16_000_000
_LARGEST = 512 << 20
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
# How the stream of an .xls workbook begins: a record of 16 bytes that says "workbook, Excel 97".
_BEGINNING = bytes.fromhex("0908100000060500")
_BEGINNING_BYTES = 20
_PASSWORD_RECORD = 0x2F
_RECORDS_LOOKED_AT = 10
_TRIAL_SECONDS = 120
_TRIAL = """
import io, sys
import python_calamine
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
except (ImportError, ValueError, OSError):
    pass
book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
for sheet in book.sheets_metadata:
    if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet:
        book.get_sheet_by_name(sheet.name)
"""


class BinaryBook:
    """A workbook whose cells calamine reads. ``parts``: of its sheets, by name, if it has parts."""

    def __init__(
        self, content: Content, form: str, archive: Archive | None, parts: dict[str, str]
    ) -> None:
        self._shown_as = content.shown_as
        self._archive = archive
        self._parts = parts
        with content.open() as stream:
            self._book = python_calamine.CalamineWorkbook.from_filelike(stream)
        self._sheets: dict[str, Sheet] = {}
        self.format = form
        self.names = tuple(
            SheetName(sheet.name, sheet.visible == python_calamine.SheetVisibleEnum.Visible)
            for sheet in self._book.sheets_metadata
            if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
        )

    def sheet(self, name: str) -> Sheet:
        """Open a sheet; raises ``UnusableInputError`` when it is damaged or cannot be held."""
        if name not in self._sheets:
            with translated(self._shown_as):
                self._sheets[name] = self._open(name)
        return self._sheets[name]

    def _open(self, name: str) -> Sheet:
        notes = FactsNotes()
        if self._archive is not None:
            notes = read_binary_facts(self._archive, self._parts[name])
            if notes.cells is not None and notes.cells.size > CELLS_IN_MEMORY:
                raise too_large(
                    self._shown_as, f'has a sheet "{name}" of {notes.cells.size:,} cells'
                )
        sheet = self._book.get_sheet_by_name(name)
        note_merged(notes, sheet)
        unknown = _UNKNOWN_OF_XLS if self._archive is None else _UNKNOWN_OF_XLSB
        opened = CalamineSheet(sheet, notes, self._shown_as, unknown)
        note_rounded(notes, sheet.iter_rows() if opened.width else (), opened.first_column)
        return opened


def open_xls(content: Content) -> BinaryBook:
    """Open an .xls workbook."""
    if content.size > _LARGEST:
        raise too_large(content.shown_as, f"has {content.size >> 20:,} MiB")
    with content.open() as stream:
        whole = stream.read()
    if _asks_for_password(whole):
        raise protected(content.shown_as)
    if not _can_be_read(whole):
        raise damaged(content.shown_as)
    return BinaryBook(content, "xls", None, {})


def open_xlsb(content: Content, archive: Archive) -> BinaryBook:
    """Open an .xlsb workbook."""
    for part in _READ_AT_ONCE:
        if part in archive:
            for _ in archive.pieces(part):
                pass  # so that its size is known to be as said
    return BinaryBook(content, "xlsb", archive, sheet_parts(archive))


def _asks_for_password(whole: bytes) -> bool:
    if _ENCRYPTED in whole:
        return True
    at = whole.find(_BEGINNING) + _BEGINNING_BYTES
    if at < _BEGINNING_BYTES:
        return False
    for _ in range(_RECORDS_LOOKED_AT):
        kind = int.from_bytes(whole[at : at + 2], "little")
        if kind == _PASSWORD_RECORD:
            return True
        at += 4 + int.from_bytes(whole[at + 2 : at + 4], "little")
    return False


def _can_be_read(whole: bytes) -> bool:
    """Try in a process of its own: of a damaged .xls, calamine may ask for more memory than any
    machine has, and that ends the process that it runs in.
    """
    command = [sys.executable, "-P", "-c", _TRIAL]
    try:
        tried = subprocess.run(  # noqa: S603 - our own program, and no argument from outside
            command, input=whole, capture_output=True, timeout=_TRIAL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return tried.returncode == 0
