"""What the columns of a table hold, by which its rows are told from headers, titles and notes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from importer.sources.kinds import Kind, counted_labels, is_year, kind_of, shape_of, stem_of

HEADER_LINES = 5
_COLUMNS = 200  # of a very wide table, these are looked at
_TYPED = frozenset({Kind.NUMBER, Kind.DATE, Kind.TIME, Kind.EMAIL, Kind.URL, Kind.PHONE, Kind.CODE})
# Kinds that values of one column can have: 20260102 is a number, and a date in other hands.
_NEAR = {
    Kind.PHONE: frozenset({Kind.NUMBER, Kind.DATE}),
    Kind.NUMBER: frozenset({Kind.PHONE}),
    Kind.DATE: frozenset({Kind.NUMBER, Kind.TIME}),
    Kind.TIME: frozenset({Kind.NUMBER}),
    Kind.CODE: frozenset({Kind.NUMBER, Kind.PHONE}),
}


@dataclass(frozen=True, slots=True)
class Body:
    """What the columns of the rows below a header hold.

    ``typed``: position -> the kind that nearly all its cells have. ``texts``: position -> those
    that come again and again; of codes their shapes, or the letters of their series. ``years``:
    positions of columns of years. ``first_filled``: no row leaves its first cell blank.
    """

    typed: dict[int, Kind]
    texts: dict[int, frozenset[str]]
    years: frozenset[int]
    first_filled: bool

    @classmethod
    def of(cls, rows: Sequence[Sequence[str]], start: int, width: int) -> Body:
        """Look at the rows below ``start``; the first ones may be lines of the header."""
        below = [row for row in _block(rows, start + 1) if len(row) == width]
        far = len(below) > 3 * HEADER_LINES
        body = below[HEADER_LINES - 1 :] if far else below[-max(1, len(below) * 2 // 3) :]
        typed: dict[int, Kind] = {}
        seen: dict[int, frozenset[str]] = {}
        years: set[int] = set()
        for at in range(min(width, _COLUMNS)):
            texts = [text for row in body if (text := row[at].strip())]
            kinds = Counter(map(kind_of, texts))
            del kinds[Kind.ABSENT]
            if not kinds:
                continue
            kind, count = kinds.most_common(1)[0]
            near = sum(kinds[other] for other in _NEAR.get(kind, ()))
            if kind in _TYPED and count + near >= 0.85 * kinds.total():
                typed[at] = kind
                if kind is Kind.CODE:
                    stems = frozenset(map(stem_of, texts))
                    few = len(stems) * 3 <= len(texts)
                    seen[at] = stems if few else frozenset(map(shape_of, texts))
                if sum(map(is_year, texts)) * 2 > len(texts):
                    years.add(at)
            elif len(set(texts)) * 3 <= len(texts):
                seen[at] = frozenset(texts)
        filled = len(body) > 1 and all(row[0].strip() for row in body)
        return cls(typed, seen, frozenset(years), filled)

    def like(self, row: Sequence[str]) -> int:
        """Count the cells that look as those of their columns do."""
        labels = counted_labels(row) - self.years
        return sum(
            self._fits(at, text)
            for at, cell in enumerate(row[:_COLUMNS])
            if (text := cell.strip()) and at not in labels
        )

    def unlike(self, row: Sequence[str]) -> int:
        """Count the cells that are words where their columns hold something else."""
        return sum(
            not self._fits(at, row[at])
            for at in self.typed
            if at < len(row) and kind_of(row[at]) not in (Kind.BLANK, Kind.ABSENT)
        )

    def is_like(self, row: Sequence[str]) -> bool:
        """Tell whether a row is one of the body."""
        labels = counted_labels(row) - self.years
        if not self.typed and not self.texts:
            kinds = [kind for cell in row if (kind := kind_of(cell)) is not Kind.BLANK]
            typed = sum(kind in _TYPED and kind is not Kind.CODE for kind in kinds)
            return not labels and (typed * 2 > len(kinds) or Kind.EMAIL in kinds)
        if self.first_filled and len(row) > 1 and not row[0].strip():
            return False  # a blank corner over a first column of names
        return self.like(row) > self.unlike(row) + len(labels)

    def is_header_line(self, row: Sequence[str], first: Sequence[str]) -> bool:
        """Tell whether a row goes on with the header that ``first`` begins."""
        texts = [cell.strip().casefold() for cell in row]
        if texts == [cell.strip().casefold() for cell in first]:
            return True
        if self.like(row):
            return False
        unlike = self.unlike(row)
        if unlike >= 2:
            return True
        gaps, units = _gaps(row, first), _units(row)
        if gaps * 3 >= len(first):  # the line above only names groups
            return unlike == len(self.typed.keys() & set(range(len(row)))) and bool(self.typed)
        return unlike == 1 and len(self.typed) == 1 and (gaps > 0 or units > 0)

    def _fits(self, at: int, text: str) -> bool:
        if at not in self.typed:
            return text in self.texts.get(at, ())
        kind, column = kind_of(text), self.typed[at]
        if kind is Kind.CODE and column is Kind.CODE:
            return not self.texts[at].isdisjoint((shape_of(text), stem_of(text)))
        return kind is column or kind in _NEAR.get(column, ())


def _block(rows: Sequence[Sequence[str]], start: int) -> list[Sequence[str]]:
    """Give the rows from ``start`` to the first blank one, for below it may be something else.

    When that are few, all rows that are not blank.
    """
    solid = [at for at in range(start, len(rows)) if any(map(str.strip, rows[at]))]
    first = [at for place, at in enumerate(solid) if at - place == solid[0]]
    return [rows[at] for at in (first if len(first) > 2 else solid)]


def _gaps(row: Sequence[str], first: Sequence[str]) -> int:
    """Count the columns that a row names and the line above does not."""
    return sum(
        1 for at, cell in enumerate(first) if not cell.strip() and at < len(row) and row[at].strip()
    )


def _units(row: Sequence[str]) -> int:
    return sum(1 for cell in row if _UNIT.fullmatch(cell.strip()))


_UNIT = re.compile(r"[(\[].{1,20}[)\]]|%|[$€£]")
