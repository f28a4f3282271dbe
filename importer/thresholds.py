"""Thresholds as people write them: a number of rows, or a share of them."""

from __future__ import annotations

import re
from decimal import Decimal

from importer.errors import UnusableInputError, sentence_of
from importer.language import tr

# So many digits that no number of rows has more.
_WRITTEN = re.compile(r"(\d{1,12})|(\d{1,12}(?:[.,]\d{1,12})?)\s*%")


def threshold(text: str, rows: int) -> float:
    """Read a threshold, ``20`` or ``5%``, as a number of rows.

    Raises:
        UnusableInputError: it is neither.
    """
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise UnusableInputError(
            tr('"{text}" is neither a number of rows nor a share such as 5%', text=text)
        )
    if match.group(1):
        return int(match.group(1))
    share = Decimal(match.group(2).replace(",", "."))
    return float(share * rows / 100)  # exactly 29 where it is 29% of 100, which floats miss


def check_threshold(text: str) -> str:
    """Take a threshold. Raises ValueError, a sentence, for what is none."""
    try:
        threshold(text, 1)
    except UnusableInputError as error:
        raise ValueError(sentence_of(error)) from None
    return text.strip()


def is_share(text: str) -> bool:
    """Tell whether a text is a share, from 0% to 100%."""
    return text.strip().endswith("%") and is_threshold(text) and threshold(text, 1) <= 1


def is_threshold(text: str) -> bool:
    """Tell whether a text is a number of rows, or a share."""
    return _WRITTEN.fullmatch(text.strip()) is not None
