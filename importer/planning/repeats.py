"""Hashes that stand more than once, some at a time: what has them is compared exactly."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

CANDIDATES_AT_ONCE = 200_000
"""About how many rows are compared in one go."""


def repeated(hashes: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Give the hashes that stand more than once, those of some hundred thousand rows at a time."""
    ordered = np.sort(hashes)
    repeats = ordered[1:] == ordered[:-1]
    found = np.unique(ordered[1:][repeats])
    if not len(found):
        return
    counts = np.searchsorted(ordered, found, "right") - np.searchsorted(ordered, found, "left")
    del ordered
    parts = int(np.ceil(counts.sum() / CANDIDATES_AT_ONCE))
    yield from np.array_split(found, max(1, min(parts, len(found))))
