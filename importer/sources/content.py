"""Bytes that can be read from their start as often as needed."""

from __future__ import annotations

import io
import tempfile
import threading
import weakref
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from importer.errors import UnusableInputError
from importer.language import tr

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_IN_MEMORY = 1 << 20  # small enough that a thousand packed files can be open at once
_READ_AHEAD = 64 << 10


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


class Unpacked:
    """A store for what is unpacked from one file: in memory while it is little, then on disk.

    What is unpacked is personal data, and no copy of it may stay behind. So the file on disk is
    an anonymous one: it has no name that another program could open, and it goes with the process
    even when that is killed (on Windows, the system deletes it when it is closed). It is closed
    when no content of it, and no reader of one, is left.
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
        self._lock = threading.Lock()
        self._end = 0
        weakref.finalize(self, self._file.close)

    def add(self, pieces: Iterable[bytes], *, name: str, shown_as: str) -> Content:
        """Keep the pieces of one content.

        Raises ``UnusableInputError`` when there is no room for them on disk.
        """
        start = self._end
        for piece in pieces:
            try:
                self._append(piece)
            except OSError as error:
                raise UnusableInputError(
                    tr(
                        "{file} cannot be unpacked into {folder}: {reason}. Make room there, or "
                        "set TMPDIR to a folder with more.",
                        file=shown_as,
                        folder=tempfile.tempdir or tr("any folder"),
                        reason=error.strerror or error,
                    )
                ) from error
        return _UnpackedContent(self, start, self._end - start, name, shown_as)

    def read(self, at: int, size: int) -> bytes:
        """Read from a position; readers have one each, so several may read by turns."""
        with self._lock:
            self._file.seek(at)
            return self._file.read(size)

    def _append(self, piece: bytes) -> None:
        with self._lock:
            self._file.seek(self._end)
            self._file.write(piece)
            self._end += len(piece)


class _UnpackedContent:
    def __init__(self, store: Unpacked, start: int, size: int, name: str, shown_as: str) -> None:
        self._store = store
        self._start = start
        self.size = size
        self.name = name
        self.shown_as = shown_as

    def open(self) -> BinaryIO:
        return io.BufferedReader(_Reader(self), _READ_AHEAD)

    def read(self, at: int, size: int) -> bytes:
        return self._store.read(self._start + at, max(0, min(size, self.size - at)))


class _Reader(io.RawIOBase):
    def __init__(self, content: _UnpackedContent) -> None:
        self._content = content
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._content.size}[whence]
        if origin + offset < 0:
            raise OSError("a position before the start")
        self._at = origin + offset
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        piece = self._content.read(self._at, len(view))
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)
