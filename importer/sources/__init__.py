"""A file becomes chunks of text columns. The only room that reads spreadsheets.

``find_files`` turns what the operator named into files; ``open_sources`` turns a file into its
tables. Whatever the bytes are, both raise ``UnusableInputError`` and nothing else.
"""

from importer.sources.finding import STANDARD_INPUT, FoundFiles, PassedOver, find_files
from importer.sources.opening import Source, open_sources

__all__ = [
    "STANDARD_INPUT",
    "FoundFiles",
    "PassedOver",
    "Source",
    "find_files",
    "open_sources",
]
