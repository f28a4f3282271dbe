"""A workbook's zip archive, never unpacked beyond what its directory says.

A directory can lie: each part is therefore read through to its real end once before a library
that trusts it may see it.
"""

from __future__ import annotations

import copy
import zipfile
from collections.abc import Iterator

from importer.language import number, tr
from importer.sources.books.refusals import damaged, large_cell, too_large
from importer.sources.content import Content
from importer.sources.lines import CELL_LIMIT
from importer.sources.signatures import open_zip

# Whatever describes a workbook (styles, sheet names, relations) is small.
_DESCRIPTION_LIMIT = 64 << 20
_SHARED_TEXT_LIMIT = 512 << 20
_SHEET_LIMIT = 4 << 30
# No sheet that people filled shrinks so much; what does so is made to fill a memory.
_BOMB_BYTES = 16 << 20
_BOMB_RATIO = 200
_CHUNK = CELL_LIMIT


class Archive:
    """An archive, open only while a part is read; parts are found whatever their names' case.

    Raises ``UnusableInputError`` when it is damaged, at a part that is not there, and at one that
    is larger than its kind can be; ``OSError`` as opening the file does.
    """

    def __init__(self, content: Content) -> None:
        self.shown_as = content.shown_as
        self._content = content
        with open_zip(content) as archive:
            parts = archive.infolist()
        self._parts = {part.filename.lower(): part for part in parts}
        if len(self._parts) != len(parts):
            raise damaged(self.shown_as)  # readers differ about which of two parts counts

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._parts

    def size(self, name: str) -> int:
        """Tell how many bytes a part has when unpacked; 0 when there is none."""
        part = self._parts.get(name.lower())
        return part.file_size if part else 0

    def chunks(self, name: str) -> Iterator[bytes]:
        """Unpack a part of markup; a chunk without any tag is a cell larger than may be."""
        for chunk in self.pieces(name):
            if len(chunk) == _CHUNK and b"<" not in chunk:
                raise large_cell(self.shown_as)
            yield chunk

    def pieces(self, name: str) -> Iterator[bytes]:
        """Unpack a part of any kind."""
        found = self._parts.get(name.lower())
        if found is None:
            raise damaged(self.shown_as)
        part = copy.copy(found)
        self._check(name.lower(), part)
        size = part.file_size
        part.file_size += 1  # so that one byte more than is said can be seen
        with open_zip(self._content) as archive, archive.open(part) as stream:
            while chunk := stream.read(_CHUNK):
                size -= len(chunk)
                if size < 0:
                    raise damaged(self.shown_as)
                yield chunk

    def _check(self, name: str, part: zipfile.ZipInfo) -> None:
        if "worksheets/" in name or name == "content.xml":
            limit = _SHEET_LIMIT
        elif name.endswith(("sharedstrings.xml", "sharedstrings.bin")):
            limit = _SHARED_TEXT_LIMIT
        else:
            limit = _DESCRIPTION_LIMIT
        size = part.file_size
        if size > limit or (size > _BOMB_BYTES and size > _BOMB_RATIO * max(1, part.compress_size)):
            told = tr(
                "holds {size} MiB in one part ({part})",
                size=number(size >> 20),
                part=part.filename,
            )
            raise too_large(self.shown_as, told)
