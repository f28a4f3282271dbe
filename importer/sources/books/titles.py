"""The title that a workbook's properties give it."""

from __future__ import annotations

from contextlib import suppress

from importer.errors import UnusableInputError
from importer.sources.books.archive import Archive
from importer.sources.books.markup import bare, event_parser, parse

_PROPERTIES = ("docProps/core.xml", "meta.xml")  # of Open XML, of OpenDocument


def read_title(archive: Archive) -> str:
    """Read the title; empty where there is none, or none that can be read."""
    part = next((name for name in _PROPERTIES if name in archive), None)
    if part is None:
        return ""
    texts: list[str] = []
    inside: list[str] = []

    def text(some: str) -> None:
        if inside and inside[-1] == "title":
            texts.append(some)

    parser = event_parser(lambda name, _: inside.append(bare(name)), lambda _: inside.pop(), text)
    with suppress(UnusableInputError):  # a workbook can be read without
        parse(parser, archive.chunks(part), archive.shown_as)
    return "".join(texts).strip()
