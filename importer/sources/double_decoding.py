"""Text that was decoded with the wrong encoding before it was written: "HÃ©lÃ¨ne" for "Hélène"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_TEXT = pa.large_string()

# What the first byte of a UTF-8 character becomes, and then what the second does. Nothing is
# garbled without such a pair, and text that is well has few: ftfy judges those.
_AFTER = r"[\x{80}-\x{BF}\x{152}-\x{192}\x{2C6}-\x{2DC}\x{2010}-\x{2122}]"
_SUSPICIOUS = "|".join(
    (
        rf"[Â-ßãïð]{_AFTER}",
        r"â[\x{80}-\x{9F}€‚„…†ˆ‰Š”–]",
        rf"[ä-é]{_AFTER}{{2}}",
        r"[√¬≈∆ƒĂĹ├┬┼][^\x{0}-\x{7F}]",  # of a Mac, of Central Europe, of DOS
        r"‚Ä|ΓÇ",
    )
)

# A word of Portuguese in capitals before a no-break space ("IRMÃ MARIA"), not "voilà".
_SHOUTED = re.compile("[A-ZÀ-Þ]Ã\xa0")


def _pairs(*ranges: tuple[int, int]) -> NDArray[np.bool_]:
    table = np.zeros(1 << 16, dtype=np.bool_)
    for first, last in ranges:
        table[first : last + 1] = True
    return table


# The same by bytes, roughly: the first two bytes of the first character of such a pair ...
_TWO_BYTES = _pairs(
    (0xC2AC, 0xC2AC),
    (0xC382, 0xC39F),
    (0xC3A2, 0xC3A9),
    (0xC3AF, 0xC3B0),
    (0xC482, 0xC482),
    (0xC4B9, 0xC4B9),
    (0xC692, 0xC692),
    (0xCE93, 0xCE93),
)
_THREE_BYTES = _pairs((0xE288, 0xE289), (0xE294, 0xE294))
_LOW_QUOTE = (0xE280, 0x9A)  # other characters that begin with E2 80 are in every French text
# ... and what the second character begins with.
_SECOND = np.isin(np.arange(256), [0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xCB, 0xCE, 0xCF, 0xE2])
_SECOND_AFTER_C3 = np.isin(np.arange(256), [0xC2, 0xC5, 0xC6, 0xCB, 0xE2])


@dataclass(frozen=True, slots=True)
class GarbledColumn:
    """A column with garbled cells: how many of its cells are, of those that are not empty.

    ``example`` is the first of them as it is, ``mended`` the same as it was meant.
    """

    name: str
    filled: int
    garbled: int
    example: str
    mended: str

    @property
    def share(self) -> float:
        """The garbled part of the filled cells, from 0 to 1."""
        return self.garbled / self.filled


class GarbledText:
    """Counts garbled cells, of a table that is given piece by piece."""

    def __init__(self, names: Sequence[str]) -> None:
        """Begin with the names of the columns, by position."""
        self._names = names
        self._filled = [0] * len(names)
        self._garbled = [0] * len(names)
        self._examples = [("", "")] * len(names)

    def add(self, table: pa.Table, counted: NDArray[np.bool_] | None = None) -> None:
        """Count a piece's cells; its columns are large strings, in the order of the names.

        ``counted``: the rows whose cells count, None: all.
        """
        counted = np.ones(table.num_rows, dtype=np.bool_) if counted is None else counted
        for i, column in enumerate(table.columns):
            start = 0
            for array in column.chunks:
                here = counted[start : start + len(array)]
                start += len(array)
                self._filled[i] += _filled(array, here)
                if _may_be_garbled(array):
                    self._count(i, array if here.all() else array.filter(pa.array(here)))

    @property
    def columns(self) -> tuple[GarbledColumn, ...]:
        """The columns that have garbled cells so far."""
        return tuple(
            GarbledColumn(self._names[i], self._filled[i], garbled, *self._examples[i])
            for i, garbled in enumerate(self._garbled)
            if garbled
        )

    def _count(self, i: int, array: pa.Array) -> None:
        suspects = array.filter(_suspicious(array))
        for counted in pc.value_counts(suspects).to_pylist():
            text = counted["values"]
            mended = _mended(text)
            if mended is not None:
                if not self._garbled[i]:
                    self._examples[i] = (text, mended)
                self._garbled[i] += counted["counts"]


def repaired(column: pa.Array | pa.ChunkedArray) -> tuple[pa.Array | pa.ChunkedArray, int]:
    """Mend a column of large strings; gives it and how many cells were mended."""
    arrays = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    parts = [_repaired(array) for array in arrays]
    total = sum(count for _, count in parts)
    if not total:
        return column, 0
    if isinstance(column, pa.ChunkedArray):
        return pa.chunked_array([array for array, _ in parts], type=_TEXT), total
    return parts[0][0], total


def _repaired(array: pa.Array) -> tuple[pa.Array, int]:
    if not _may_be_garbled(array):
        return array, 0
    suspicious = _suspicious(array)
    suspects = array.filter(suspicious)
    texts = pc.unique(suspects).to_pylist()
    mended = {text: better for text in texts if (better := _mended(text)) is not None}
    if not mended:
        return array, 0
    cells = [mended.get(text, text) for text in suspects.to_pylist()]
    count = sum(text in mended for text in suspects.to_pylist())
    return pc.replace_with_mask(array, suspicious, pa.array(cells, type=_TEXT)), count


def _mended(text: str) -> str | None:
    """Give what a garbled text was meant to be; None when it is well as it is."""
    from ftfy import fix_encoding_and_explain  # most files need none of it
    from ftfy.badness import badness

    fixed = fix_encoding_and_explain(
        text, replace_lossy_sequences=False, fix_c1_controls=False
    ).text
    is_better = len(fixed) < len(text) and badness(fixed) < badness(text)
    return fixed if is_better and not _SHOUTED.search(text) else None


def _suspicious(array: pa.Array) -> pa.Array:
    return pc.fill_null(pc.match_substring_regex(array, _SUSPICIOUS), False)


def _filled(array: pa.Array, counted: NDArray[np.bool_]) -> int:
    offsets = np.frombuffer(array.buffers()[1], dtype=np.int64)
    offsets = offsets[array.offset : array.offset + len(array) + 1]
    return int(np.count_nonzero((offsets[1:] != offsets[:-1]) & counted))


def _may_be_garbled(array: pa.Array) -> bool:
    """Look through a column's bytes at once, which costs far less than to look at each cell."""
    _, offsets_buffer, data = array.buffers()
    if data is None or not len(array):
        return False
    offsets = np.frombuffer(offsets_buffer, dtype=np.int64)
    start, end = offsets[array.offset], offsets[array.offset + len(array)]
    values = np.frombuffer(data, dtype=np.uint8)[start:end]
    if not len(values) or values.view(np.int8).min() >= 0:
        return False
    following = np.flatnonzero((values[1:] >= 0xC2) & (values[:-1] >= 0x80)) + 1
    after = values[following]
    first, middle, last = (values.take(following - n, mode="clip") for n in (3, 2, 1))
    pair = (middle.astype(np.uint16) << 8) | last
    two = _TWO_BYTES[pair] & np.where(middle == 0xC3, _SECOND_AFTER_C3[after], _SECOND[after])
    beginning = (first.astype(np.uint16) << 8) | middle
    three = _THREE_BYTES[beginning] | ((beginning == _LOW_QUOTE[0]) & (last == _LOW_QUOTE[1]))
    return bool((two | (three & _SECOND[after])).any())
