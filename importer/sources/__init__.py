"""A file becomes chunks of text columns. The only room that reads spreadsheets.

``find_files`` turns what the operator named into files; ``unpack`` says what a file holds, itself
or the spreadsheets of an archive; ``open_contents`` turns those into tables, and ``open_sources``
does both. What comes as a stream is kept by ``Unpacked``, and ``contents_of`` says what it holds.
Whatever the bytes are, they raise ``UnusableInputError`` and nothing else.
"""

from importer.sources.containers import Contents, contents_of
from importer.sources.content import Unpacked
from importer.sources.finding import STANDARD_INPUT, FoundFiles, PassedOver, find_files
from importer.sources.opening import Source, open_contents, open_sources, unpack

__all__ = [
    "STANDARD_INPUT",
    "Contents",
    "FoundFiles",
    "PassedOver",
    "Source",
    "Unpacked",
    "contents_of",
    "find_files",
    "open_contents",
    "open_sources",
    "unpack",
]
