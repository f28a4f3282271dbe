"""The secret of an installation, and hashes that mean nothing to whoever does not have it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from typing import TYPE_CHECKING

from importer.errors import UnusableInputError
from importer.files import PRIVATE_FILE, make_private_folder, sync_folder
from importer.language import tr

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

SECRET = "secret"  # noqa: S105 - the name of the file
_LENGTH = 32  # bytes


class KeyedHash:
    """Makes numbers of texts by BLAKE2b with a secret, which never shows.

    Each of the three kinds of numbers is another function: none says anything of the others.
    """

    __slots__ = ("_consent", "_contact", "_fields", "sign")

    def __init__(self, secret: bytes) -> None:
        def keyed(purpose: bytes, size: int) -> hashlib.blake2b:
            return hashlib.blake2b(key=secret, person=purpose, digest_size=size)

        self._contact = keyed(b"contact", 16)
        self._fields = keyed(b"fields", 8)
        self._consent = keyed(b"consent", 8)
        self.sign = keyed(b"sign", 16).hexdigest()
        """What tells one secret from another, and nothing else."""

    def contacts(self, keys: Iterable[bytes]) -> NDArray[np.uint64]:
        """Give two numbers for each comparable key, as rows."""
        return _numbers(self._contact, keys).reshape(-1, 2)

    def fields(self, codes: bytes, rows: Iterable[bytes]) -> NDArray[np.uint64]:
        """Give a number for what rows write into fields; ``codes``: which these are."""
        base = self._fields.copy()
        base.update(len(codes).to_bytes(8, "little") + codes)
        return _never_zero(_numbers(base, rows))

    def consents(self, code: bytes, answers: Iterable[bytes]) -> NDArray[np.uint64]:
        """Give a number for each of some contacts' answers to a consent."""
        base = self._consent.copy()
        base.update(len(code).to_bytes(8, "little") + code)
        return _never_zero(_numbers(base, answers))


def _numbers(base: hashlib.blake2b, texts: Iterable[bytes]) -> NDArray[np.uint64]:
    import numpy as np

    copy = base.copy
    digests = []
    for text in texts:
        one = copy()
        one.update(text)
        digests.append(one.digest())
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64, copy=False)


def _never_zero(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Keep 0 for what is not known."""
    import numpy as np

    return np.maximum(numbers, np.uint64(1))


def installation_hash(state_folder: Path) -> KeyedHash:
    """Give the hash of this installation; its secret is made if there is none yet.

    Processes that make it at the same moment agree on one. Raises UnusableInputError when it
    cannot be read or written, or is none.
    """
    place = state_folder / SECRET
    try:
        if not place.exists():
            _make(place)
        secret = place.read_bytes()
    except OSError as error:
        raise UnusableInputError(
            tr(
                "{place}: the secret by which contacts are remembered cannot be used ({error}). "
                "Name another folder as `state_dir` in importer.yaml, or give yourself rights to "
                "this one.",
                place=place,
                error=error.strerror,
            )
        ) from error
    if len(secret) != _LENGTH:
        raise UnusableInputError(
            tr(
                "{place}: the secret by which contacts are remembered is damaged. Put it back from "
                "a backup; or delete it: then every contact goes again, with its yeses.",
                place=place,
            )
        )
    return KeyedHash(secret)


def _make(place: Path) -> None:
    """Write a secret beside its place and give it its name, unless another one was quicker."""
    if not place.parent.exists():
        make_private_folder(place.parent)
    sibling = place.with_name(f".{SECRET}.{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(sibling, flags, PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(secrets.token_bytes(_LENGTH))
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):
            _name(sibling, place)
    finally:
        sibling.unlink(missing_ok=True)
    sync_folder(place.parent)


def _name(sibling: Path, place: Path) -> None:
    """Give a file its name. Raises FileExistsError if that is taken, whoever was quicker."""
    if hasattr(os, "link"):
        try:
            os.link(sibling, place)
        except FileExistsError:
            raise
        except OSError:  # a drive that knows no second names
            if place.exists():
                raise FileExistsError from None
        else:
            return
    sibling.rename(place)
