"""A look over a sheet's bytes for what a fast reader does not tell, before it reads them.

A regular expression over unpacked bytes costs a tenth of reading them; whatever it finds only
means that the sheet is read exactly as well, so it may find too much and must not find too little.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.sources.books.archive import Archive
from importer.sources.books.refusals import damaged

_OVERLAP = 256
_IS = r"\s*=\s*[\"']"
_TAG = r"<(\w+:)?"
# Text that calamine leaves out, or markup in which bytes cannot be looked for.
_UNUSUAL = r"<!\[CDATA\[|\x00"
_ENTITY = r"<!ENTITY"
_TRIGGERS = (
    rf"\shidden{_IS}(1|t|&)",
    rf"\sht{_IS}0*\.?0*[\"']",
    rf"\st{_IS}(e[\"']|&)",
    rf"{_TAG}(f|f\s[^>]*|mergeCell\s[^>]*)/?>",
    # Far or unnumbered cells that hold something: how large the block of cells is must be known
    # before it is held in memory.
    rf"\sr{_IS}([A-Za-z]{{3,}}|[Aa][E-Ze-z]|[B-Zb-z][A-Za-z])[0-9][^>/]*>",
    rf"\sr{_IS}[A-Za-z]+([0-9]{{7,}}|[5-9][0-9]{{5}})[\"'][^>/]*>",
    rf"{_TAG}c(\s+(s|t|cm|vm|ph){_IS}[^\"']*[\"'])*\s*>",
)
# Whole numbers of more digits than are kept, with or without an exponent.
_LONG_NUMBER = r">\s*-?[0-9]{16}|[0-9][eE]\+?(1[5-9]|[2-9][0-9]|[0-9]{3})"


@dataclass(frozen=True, slots=True)
class Scan:
    """What a look over a part found.

    ``exact``: something that must be read exactly; ``numbers``: numbers whose digits must be
    seen; ``unusual``: calamine must not read it.
    """

    exact: bool
    numbers: bool
    unusual: bool


def scan_sheet(
    archive: Archive,
    part: str,
    styles: Sequence[int],
    dates: Sequence[int],
    durations: Sequence[int],
) -> Scan:
    """Look over a sheet. ``styles``: the numbers of those that change what is shown.

    ``dates``: of those of dates, for which a negative number is none; ``durations``: of those of
    durations. calamine has a limit to both.

    Raises ``UnusableInputError`` at bytes that do not unpack as they should, and at an entity.
    """
    exact, numbers = [*_TRIGGERS], [_LONG_NUMBER]
    if styles:
        exact.append(_style(styles))
    if dates:
        numbers.append(_value_of(dates, "-"))
    unusual = [_UNUSUAL]
    if dates or durations:
        far = r"-?([0-9]{9}|[0-9.]+[eE]\+?[0-9])"
        unusual.append(_value_of([*dates, *durations], far))
    sought = {
        "exact": "|".join(exact),
        "numbers": "|".join(numbers),
        "unusual": "|".join(unusual),
    }
    found = _found_in(archive, part, sought)
    return Scan("exact" in found or "numbers" in found, "numbers" in found, "unusual" in found)


def scan_texts(archive: Archive, part: str) -> bool:
    """Look over the shared texts; tell whether calamine would leave some out."""
    return bool(_found_in(archive, part, {"unusual": _UNUSUAL}))


def _style(numbers: Sequence[int]) -> str:
    return rf"\ss{_IS}({'|'.join(map(str, numbers))})[\"']"


def _value_of(styles: Sequence[int], beginning: str) -> str:
    formula = rf"({_TAG}f[^>]*>[^<]*</(\w+:)?f>)?"
    return rf"{_style(styles)}[^>]*>{formula}{_TAG}v>\s*{beginning}"


def _found_in(archive: Archive, part: str, sought: dict[str, str]) -> set[str]:
    """Tell which patterns are found; the part is unpacked to its end in any case."""
    found: set[str] = set()
    left = sought
    for window in _windows(archive, part):
        # All at once first: nearly always there is nothing.
        if _matches(window, "|".join([_ENTITY, *left.values()])):
            if _matches(window, _ENTITY):
                raise damaged(archive.shown_as)
            found |= {name for name, pattern in left.items() if _matches(window, pattern)}
            left = {name: pattern for name, pattern in sought.items() if name not in found}
    return found


def _windows(archive: Archive, part: str) -> Iterator[bytes]:
    """Unpack a part, each piece with the end of the one before."""
    tail = b""
    for chunk in archive.chunks(part):
        window = tail + chunk
        yield window
        tail = window[-_OVERLAP:]


def _matches(window: bytes, pattern: str) -> bool:
    offsets = pa.py_buffer(np.array([0, len(window)], dtype=np.int32))
    cell = pa.Array.from_buffers(pa.binary(), 1, [None, offsets, pa.py_buffer(window)])
    return bool(pc.match_substring_regex(cell, pattern)[0].as_py())
