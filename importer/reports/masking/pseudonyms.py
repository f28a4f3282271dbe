"""Pseudonyms of a run: equal texts have equal ones, and nobody can find a text by trying."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping

import orjson

from importer.blanks import folded

# Without vowels and digits no pseudonym spells a name or looks like a number; 48 bits of them.
_LETTERS = str.maketrans("0123456789abcdef", "bcdfghjkmnpqrstv")
_DIGITS = 12
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


class Pseudonyms:
    """Makes the pseudonyms of one run. ``key``: 32 bytes of its own."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of_text(self, text: str) -> str:
        """Give the pseudonym of a text; a blank one stays as it is."""
        return self._texts(text) if text.strip() else text

    def of_key(self, key: str) -> str:
        """Give the pseudonym of a key; of one of several parts, each is masked."""
        parts = _parts(key)
        if parts is None:
            return self.of_text(key)
        return orjson.dumps({name: self.of_text(part) for name, part in parts.items()}).decode()

    def of_batch(self, batch: str) -> str:
        """A batch is named by a hash of its contacts, by which one could be tried."""
        return f"call-{self._sign(batch)}" if batch else ""

    def _texts(self, text: str) -> str:
        plain = folded(text)
        kind, end = ("person", "@masked.invalid") if _ADDRESS.fullmatch(plain) else ("masked", "")
        return f"{kind}-{self._sign(plain)}{end}"

    def _sign(self, text: str) -> str:
        digest = hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256")
        return digest.hex()[:_DIGITS].translate(_LETTERS)


def _parts(key: str) -> Mapping[str, str] | None:
    """Take a key of several parts apart; None: it is one text."""
    if not key.startswith("{"):
        return None
    try:
        found = orjson.loads(key)
    except ValueError:
        return None
    if not isinstance(found, dict) or not all(isinstance(part, str) for part in found.values()):
        return None
    return found
