"""Workbooks of all forms as sheets of texts, with what is to be said of single cells.

calamine reads the cells; a pass of our own over a sheet's markup adds what it does not tell, and
is made only where a look over the bytes finds that there is such a thing. Sheets that are too
large for memory are streamed, and give the same texts.
"""

from importer.sources.books.book import Book, Sheet, SheetName
from importer.sources.books.facts import Area, SheetFacts, SheetMarks
from importer.sources.books.opening import open_book

__all__ = [
    "Area",
    "Book",
    "Sheet",
    "SheetFacts",
    "SheetMarks",
    "SheetName",
    "open_book",
]
