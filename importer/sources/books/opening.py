"""A file becomes a workbook, read in the way that its form allows."""

from __future__ import annotations

from importer.errors import UnusableInputError
from importer.sources.books import legacy, open_xml, opendocument
from importer.sources.books.archive import Archive
from importer.sources.books.book import Book
from importer.sources.books.refusals import damaged, protected, translated
from importer.sources.content import Content

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")


def open_book(content: Content) -> Book:
    """Open a workbook, whatever its ending says that it is.

    Raises ``UnusableInputError`` when it is damaged, protected, or larger than can be read, and
    ``OSError`` as opening the file does.
    """
    with content.open() as stream:
        start = stream.read(8)
    if not start:
        raise UnusableInputError(f"{content.shown_as} is empty.")
    with translated(content.shown_as):
        if start == legacy.OLE:
            return legacy.open_xls(content)
        if not start.startswith(_ZIP):
            raise damaged(content.shown_as)
        archive = Archive(content)
        if "xl/workbook.bin" in archive:
            return legacy.open_xlsb(content, archive)
        if opendocument.is_protected(archive):
            raise protected(content.shown_as)
        if "content.xml" in archive:
            return opendocument.OpenDocumentBook(content, archive)
        return open_xml.OpenXmlBook(content, archive)
