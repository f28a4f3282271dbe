"""Bytes that can be read from their start as often as needed."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, Protocol


class Content(Protocol):
    """A file, or what was unpacked from one.

    ``name``: its own name, with its ending. ``shown_as``: what messages and reports call it.
    ``size``: in bytes.
    """

    @property
    def name(self) -> str: ...

    @property
    def shown_as(self) -> str: ...

    @property
    def size(self) -> int: ...

    def open(self) -> BinaryIO:
        """Open it at its start, apart from all others that have it open.

        Raises ``OSError`` as opening a file does.
        """
        ...


class FileContent:
    """A file on disk."""

    def __init__(self, path: Path, shown_as: str | None = None) -> None:
        self._path = path
        self.name = path.name
        self.shown_as = shown_as or str(path)

    @property
    def size(self) -> int:
        return self._path.stat().st_size

    def open(self) -> BinaryIO:
        """Open the file."""
        return self._path.open("rb")
