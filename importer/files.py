"""Whole-file replacement, private modes and content hashes.

Where a system lacks file modes or folder syncs (Windows), this module does the nearest safe
thing: the file's own sync and an atomic rename remain.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
_POSIX = sys.platform != "win32"


def make_private_folder(path: Path) -> None:
    """Create a folder (and its parents) that only its owner can read."""
    path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    if _POSIX:
        path.chmod(PRIVATE_FOLDER)


def make_private_folders(path: Path) -> None:
    """Create a private folder, durably, and those above it that are missing; no other changes."""
    missing = []
    above = path
    while not above.exists():
        missing.append(above)
        above = above.parent
    for folder in reversed(missing):
        make_private_folder(folder)
        sync_folder(folder.parent)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary sibling for writing; on success sync it and put it in the file's place.

    A reader sees the old file or the new one, never a part. On an error the old file stays.
    """
    sibling = path.with_name(f".{path.name}.writing")
    descriptor = os.open(
        sibling, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), PRIVATE_FILE
    )
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        sibling.replace(path)
    except BaseException:
        sibling.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file's content whole, durably."""
    with replacing(path) as stream:
        stream.write(content)


def sync_file(path: Path) -> None:
    """Make a file's content survive a loss of power, also one that may only be read."""
    # Elsewhere only what is open for writing can be synced.
    descriptor = os.open(path, os.O_RDONLY if _POSIX else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Make a folder's entries survive a loss of power, where the system can."""
    if not _POSIX:
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_private(path: Path) -> None:
    """Take everybody's rights to a file but its owner's, where the system knows rights."""
    if _POSIX:
        path.chmod(PRIVATE_FILE)


def sha256_of(path: Path) -> str:
    """Hash a file's content, reading it once in bounded memory."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
