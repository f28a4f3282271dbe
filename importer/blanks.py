"""Blanks of every kind, and how they are taken off a column's texts."""

from __future__ import annotations

import unicodedata
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

# Blanks of every kind that spreadsheets and web pages leave around a value: the ASCII ones, the
# no-break ones, the typographic ones, and the marks that have no width at all.
WIDTHLESS = "\u180e\u200b\u200c\u200d\u2060\ufeff"
BLANKS = (
    " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0"
    "\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000" + WIDTHLESS
)


def trimmed(texts: Any) -> pa.Array:
    """Take blanks of every kind off both ends; what is blank then is missing."""
    result = pc.utf8_trim(texts, characters=BLANKS)
    blank = pc.equal(pc.binary_length(result), 0)
    result = pc.if_else(blank, pa.scalar(None, pa.large_string()), result)
    return result.combine_chunks() if isinstance(result, pa.ChunkedArray) else result


_TO_SPACES = str.maketrans(dict.fromkeys(BLANKS, " ") | dict.fromkeys(WIDTHLESS))


def folded(text: str) -> str:
    """Give what two texts have in common when a person would call them the same.

    Letter case, blanks of every kind and how accents are encoded do not count.
    """
    plain = text if text.isascii() else unicodedata.normalize("NFC", text)
    return " ".join(plain.casefold().translate(_TO_SPACES).split())
