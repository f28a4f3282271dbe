"""A workbook is opened in the way that its form allows."""

from __future__ import annotations

from collections.abc import Callable

from importer.sources.books.archive import Archive
from importer.sources.books.book import Book
from importer.sources.books.legacy import open_xls, open_xlsb
from importer.sources.books.open_xml import OpenXmlBook
from importer.sources.books.opendocument import OpenDocumentBook
from importer.sources.content import Content
from importer.sources.signatures import Form

_OPENERS: dict[Form, Callable[[Content], Book]] = {
    Form.OPEN_XML: lambda content: OpenXmlBook(content, Archive(content)),
    Form.OPEN_DOCUMENT: lambda content: OpenDocumentBook(content, Archive(content)),
    Form.XLS: open_xls,
    Form.XLSB: open_xlsb,
}


def open_book(content: Content, form: Form) -> Book:
    """Open a workbook that has the ``form`` of one, as ``look_at`` says.

    Raises ``UnusableInputError`` when it is damaged, protected, or larger than can be read, and
    ``OSError`` as opening the file does.
    """
    return _OPENERS[form](content)
