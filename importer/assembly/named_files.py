"""The files that an operator names: found, and unpacked once for all that is opened of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from importer.errors import Mistake, UnusableInputError
from importer.files import replacing
from importer.language import tr
from importer.sources import (
    STANDARD_INPUT,
    Contents,
    Source,
    Unpacked,
    contents_of,
    find_files,
    open_contents,
    unpack,
)
from importer.tables import SourceOptions

_STEP = 1 << 20


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file to read: what it holds, or why nothing of it can be read. ``shown``: its name."""

    path: Path
    shown: str
    contents: Contents
    mistakes: tuple[Mistake, ...] = ()

    @property
    def passed_over(self) -> tuple[str, ...]:
        """What lies in it and is not read, in words."""
        return tuple(
            tr("{file}: {reason}", file=one.path, reason=one.reason)
            for one in self.contents.passed_over
        )

    def tables(self, options: SourceOptions) -> tuple[Source, ...]:
        """Open its tables.

        Raises:
            UnusableInputError: one of them cannot be read.
        """
        if self.mistakes:
            raise UnusableInputError(*self.mistakes)
        return open_contents(self.contents.contents, options)


def files_of(arguments: Sequence[str]) -> tuple[list[tuple[Path, str]], list[str]]:
    """Give the files that arguments mean, as (path, shown), and what was passed over."""
    found = find_files(arguments)
    passed = [
        tr("{file}: {reason}", file=printable(one.path), reason=one.reason)
        for one in found.passed_over
    ]
    return [(path, printable(path)) for path in found.files], passed


def printable(path: Path) -> str:
    """Give a path as text that every report can hold: a name need not be UTF-8 on every system."""
    return os.fsencode(path).decode("utf-8", "replace")


def unpacked(path: Path, shown: str) -> NamedFile:
    """Unpack a file; what is wrong with it is told when its tables are opened."""
    try:
        return NamedFile(path, shown, unpack(path, shown_as=shown))
    except UnusableInputError as error:
        return NamedFile(path, shown, Contents(()), error.mistakes)


def unpacked_input(stream: BinaryIO) -> NamedFile:
    """Keep standard input for this process alone, and unpack it.

    Raises:
        UnusableInputError: it cannot be read or kept, or not unpacked.
    """
    shown = str(STANDARD_INPUT)
    content = Unpacked().add(_pieces(stream), name=shown, shown_as=shown)
    return NamedFile(STANDARD_INPUT, shown, contents_of(content))


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    try:
        while piece := stream.read(_STEP):
            yield piece
    except OSError as error:
        raise UnusableInputError(
            tr("standard input cannot be read: {reason}", reason=error.strerror or error)
        ) from error


def spool(stream: BinaryIO, place: Path) -> None:
    """Keep standard input, so that a run can be checked again."""
    with replacing(place) as copy:
        shutil.copyfileobj(stream, copy)
