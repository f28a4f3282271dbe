"""What stands between two cells of a text file."""

from __future__ import annotations

import csv
import io
import itertools
from dataclasses import dataclass

from importer.errors import UnusableInputError

CANDIDATES = (",", ";", "\t", "|")
# Stands for "there is no delimiter": a file of one column. No text holds this control character.
NO_DELIMITER = "\x1f"
_ROWS = 2_000
_WORDS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


@dataclass(frozen=True, slots=True)
class Delimiter:
    """A delimiter and how it was found; ``warnings`` name what else it may be."""

    character: str
    warnings: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """What the operator reads: nothing when there is only one column."""
        return "" if self.character == NO_DELIMITER else self.character


@dataclass(frozen=True, slots=True, order=True)
class _Reading:
    """How well a candidate explains a sample; the greatest is the best.

    ``agreeing``: the share of rows that are as wide as the header. ``tidy``: the share of cells
    that do not begin with a space, as they do where prose was cut.
    """

    agreeing: float
    tidy: float
    width: int
    preference: int


def given_delimiter(given: str) -> Delimiter:
    """Read the delimiter that a mapping names.

    Raises ``UnusableInputError`` unless it is one character that can stand between cells.
    """
    character = _WORDS.get(given.strip().lower(), given)
    if len(character) != 1 or character in '"\r\n\0' or character == NO_DELIMITER:
        raise UnusableInputError(
            f'`source: {{delimiter: "{given}"}}` is no delimiter: write one character, '
            'for example ";" or "tab".'
        )
    return Delimiter(character)


def find_delimiter(sample: str) -> Delimiter:
    """Find the delimiter by which most rows of a sample are as wide as its first row."""
    readings = {c: r for c in CANDIDATES if (r := _read(sample, c)) is not None}
    if not readings:
        return Delimiter(NO_DELIMITER)
    ranked = sorted(readings, key=lambda c: readings[c], reverse=True)
    best = ranked[0]
    return Delimiter(
        best,
        tuple(
            f"The delimiter may be {_named(other)} as well as {_named(best)}: "
            f'`source: {{delimiter: "{_written(best)}"}}` in the mapping settles it.'
            for other in ranked[1:]
            if _as_likely(readings[other], readings[best])
        ),
    )


def _read(sample: str, delimiter: str) -> _Reading | None:
    try:
        rows = list(itertools.islice(_rows(sample, delimiter), _ROWS))
    except csv.Error:
        return None
    if not rows or len(rows[0]) < 2:
        return None
    width, below = len(rows[0]), rows[1:]
    if width == 2 and sum(len(row) > 1 for row in below) * 2 < len(below):
        return None  # a name with a comma in it, above a single column
    agreeing = sum(len(row) == width for row in below) / len(below) if below else 1.0
    later = [cell for row in rows for cell in row[1:]]
    spaced = sum(cell.startswith(" ") for cell in later) / max(len(later), 1)
    preference = -CANDIDATES.index(delimiter)
    return _Reading(round(agreeing, 2), round(1 - spaced, 1), width, preference)


def _rows(sample: str, delimiter: str) -> itertools.filterfalse[list[str]]:
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    return itertools.filterfalse(lambda row: not any(cell.strip() for cell in row), reader)


def _as_likely(other: _Reading, best: _Reading) -> bool:
    return (other.agreeing, other.tidy) >= (best.agreeing, best.tidy) and other.width > 1


def _named(character: str) -> str:
    return "a tab" if character == "\t" else f'"{character}"'


def _written(character: str) -> str:
    return "tab" if character == "\t" else character
