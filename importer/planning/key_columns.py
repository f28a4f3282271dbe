"""The keys of contacts as columns: what they have in common, and a number for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from importer.model import comparable_keys

_BLANKS = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f "  # what Python strips of ASCII text
_WORD = 8  # bytes
_ODD = np.uint64(0x9E37_79B9_7F4A_7C15)  # multiplied by it, each bit reaches the higher ones
_HALF = np.uint64(32)
_BYTES_OF = np.array([(1 << (8 * count)) - 1 for count in range(_WORD + 1)], dtype=np.uint64)


def comparable_column(columns: Sequence[Any]) -> Any:
    """Give what ``comparable_keys`` gives, from and as columns of text."""
    parts = [_one_piece(pc.fill_null(column, "")) for column in columns]
    folded = [pc.ascii_lower(pc.ascii_trim(part, _BLANKS)) for part in parts]
    if len(folded) == 1:
        keys = folded[0]
    else:
        for sign, written in (("\x1e", "\x1e0"), ("\x1f", "\x1e1")):
            folded = [pc.replace_substring(part, sign, written) for part in folded]
        keys = pc.binary_join_element_wise(*folded, pa.scalar("\x1f", folded[0].type))
    accented = ~np.logical_and.reduce([_is_ascii(part) for part in parts])
    if accented.any():
        mask = pa.array(accented)
        exact = comparable_keys([part.filter(mask).to_pylist() for part in parts])
        keys = pc.replace_with_mask(keys, mask, pa.array(exact, keys.type))
    return keys


def _one_piece(column: Any) -> Any:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _is_ascii(texts: Any) -> NDArray[np.bool_]:
    answer: NDArray[np.bool_] = pc.string_is_ascii(texts).to_numpy(zero_copy_only=False)
    return answer


def fingerprints(texts: Any, seed: int) -> NDArray[np.int64]:
    """Give 64 bits for each text of a large_string column without missing ones.

    Equal texts have equal numbers; others have other ones nearly always, but not surely. ``seed``:
    any number of 64 bits; with one that nobody knows, nobody can choose texts that have one number.
    """
    count = len(texts)
    _, offsets, content = texts.buffers()
    bounds = np.frombuffer(offsets, np.int64, count + 1, texts.offset * _WORD)
    start, end = int(bounds[0]), int(bounds[-1])
    # Padded, because a whole word is read wherever a text goes on, also at its last byte.
    padded = np.zeros(end - start + _WORD, np.uint8)
    if end > start:
        padded[:-_WORD] = np.frombuffer(content, np.uint8, end - start, start)
    words: NDArray[np.uint64] = np.ndarray((end - start + 1,), "<u8", padded.data, strides=(1,))
    left = np.diff(bounds)
    numbers = (left.astype(np.uint64) ^ np.uint64(seed)) * _ODD
    rows = np.flatnonzero(left)
    at, left = (bounds[:-1] - start)[rows], left[rows]
    while len(rows):
        word = words[at] & _BYTES_OF[np.minimum(left, _WORD)]
        mixed = (numbers[rows] ^ word) * _ODD
        numbers[rows] = mixed ^ (mixed >> _HALF)
        longer = left > _WORD
        rows, at, left = rows[longer], at[longer] + _WORD, left[longer] - _WORD
    return numbers.view(np.int64)
