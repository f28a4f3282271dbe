"""A file becomes its tables, by what its bytes say it is."""

from __future__ import annotations

import mmap
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from importer.errors import UnusableInputError
from importer.model import Chunk
from importer.sources.books import damaged, protected
from importer.sources.text import open_text
from importer.sources.workbook import open_workbook
from importer.tables import SourceOptions, TableDescription

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_WORKBOOK_ENDINGS = frozenset({".xlsx", ".xlsm"})
_LATER_ENDINGS = frozenset({".xls", ".xlsb", ".ods"})
# What some files begin with that are no tables, and what to do.
_OTHERS = {
    b"\x1f\x8b": "is compressed: unpack it first",
    b"%PDF": "is a PDF document, not a spreadsheet",
    b"<!doctype html": "is a web page, not a spreadsheet: open it and save it as .xlsx",
    b"<html": "is a web page, not a spreadsheet: open it and save it as .xlsx",
    b"<?xml": "is an XML document, not a spreadsheet: open it and save it as .xlsx",
}


class Source(Protocol):
    """One table: what was understood of it, and its rows in chunks."""

    @property
    def description(self) -> TableDescription: ...

    def chunks(self, rows: int = 50_000) -> Iterator[Chunk]:
        """Read the table from its start, in chunks of at most ``rows`` rows.

        Raises ``UnusableInputError`` at what cannot be read.
        """
        ...


def open_sources(
    path: Path, *, options: SourceOptions, shown_as: str | None = None
) -> tuple[Source, ...]:
    """Open a file's tables: one of a text file, the chosen sheets of a workbook.

    ``shown_as``: the file's name in messages and reports, when it is not its path.

    Raises ``UnusableInputError`` when it cannot be read as a table.
    """
    name = shown_as or str(path)
    try:
        with path.open("rb") as stream:
            start = stream.read(1024)
        if not start:
            raise UnusableInputError(f"{name} is empty.")
        if start.startswith(_ZIP):
            _refuse_other_zips(path, name)
            return open_workbook(path, options, name)
        _refuse_other_formats(path, start, name)
        return (open_text(path, options, name),)
    except OSError as error:
        raise UnusableInputError(f"{name} cannot be opened: {error.strerror or error}.") from error


def _refuse_other_zips(path: Path, name: str) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = set(archive.namelist())
    except Exception as error:  # zipfile raises whatever a damaged directory leads it to
        raise damaged(name) from error
    if "xl/workbook.bin" in members:
        raise _later(name, ".xlsb")
    if "content.xml" in members:
        raise _later(name, ".ods")
    if "word/document.xml" in members:
        raise UnusableInputError(f"{name} is a Word document, not a spreadsheet.")
    if "xl/workbook.xml" not in members and "[Content_Types].xml" not in members:
        raise UnusableInputError(
            f"{name} is a zip archive, not a workbook: unpack it and name the files in it."
        )


def _refuse_other_formats(path: Path, start: bytes, name: str) -> None:
    ending = path.suffix.lower()
    if start.startswith(_OLE):
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as m:
            encrypted = m.find(_ENCRYPTED) >= 0
        if encrypted:
            raise protected(name)
        raise _later(name, ".xls")
    head = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for beginning, sentence in _OTHERS.items():
        if head.startswith(beginning.lower()):
            raise UnusableInputError(f"{name} {sentence}.")
    if ending in _WORKBOOK_ENDINGS:
        raise UnusableInputError(
            f"{name} is no Excel workbook, whatever its name says. "
            "If it is text, rename it to .csv."
        )
    if ending in _LATER_ENDINGS:
        raise _later(name, ending)


def _later(name: str, ending: str) -> UnusableInputError:
    return UnusableInputError(
        f"{name} is a {ending} workbook, which is not read yet: open it and save it as .xlsx."
    )
