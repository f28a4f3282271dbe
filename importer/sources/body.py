"""What the columns of a table hold, by which its rows are told from headers, titles and notes."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from importer.sources.kinds import Kind, counted_labels, is_year, kind_of, shape_of, stem_of

HEADER_LINES = 5
_COLUMNS = 200  # of a very wide table, these are looked at
_NEARLY_ALL = 0.85  # real columns of numbers and dates hold some words, too
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
    def of(cls, rows: Sequence[Sequence[str]], below: int, width: int) -> Body:
        """Look at the rows from position ``below`` on that are ``width`` cells wide."""
        return cls._made_of(
            _sure_rows([row for row in _block(rows, below) if len(row) == width]), width
        )

    @classmethod
    def of_longest(cls, rows: Sequence[Sequence[str]], width: int) -> Body:
        """Look at the longest block of rows that are ``width`` cells wide, at its lower part."""
        solid = [row if any(map(str.strip, row)) and len(row) == width else None for row in rows]
        blocks = [list(block) for filled, block in itertools.groupby(solid, bool) if filled]
        longest = max(blocks, key=len, default=[])
        if len(longest) < 3:
            longest = [row for row in solid if row is not None]
        lower = longest[min(len(longest) // 2, 2 * HEADER_LINES) :]
        return cls._made_of([row for row in lower if row is not None], width)

    @classmethod
    def _made_of(cls, body: Sequence[Sequence[str]], width: int) -> Body:
        typed: dict[int, Kind] = {}
        seen: dict[int, frozenset[str]] = {}
        years: set[int] = set()
        for at in range(min(width, _COLUMNS)):
            texts = [text for row in body if (text := row[at].strip())]
            kind = _kind_of_column(texts)
            if kind is not None:
                typed[at] = kind
                if sum(map(is_year, texts)) * 2 > len(texts):
                    years.add(at)
            known = _known_texts(texts, kind)
            if known:
                seen[at] = known
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
        kinds = [kind for cell in row if (kind := kind_of(cell)) is not Kind.BLANK]
        if Kind.EMAIL in kinds:
            return True  # no column is named so
        if not self.typed and not self.texts:
            typed = sum(kind in _TYPED and kind is not Kind.CODE for kind in kinds)
            return not labels and typed * 2 > len(kinds)
        if self.first_filled and len(row) > 1 and not row[0].strip():
            return False  # a blank corner over a first column of names
        return self.like(row) > self.unlike(row) + len(labels)

    def is_header_line(self, row: Sequence[str], first: Sequence[str]) -> bool:
        """Tell whether a row goes on with the header that ``first`` begins."""
        if self.like(row) or any(_ANSWERED.search(cell.strip()) for cell in row):
            return False
        unlike = self.unlike(row)
        texts = [cell.strip().casefold() for cell in row]
        if texts == [cell.strip().casefold() for cell in first]:
            return unlike > 0
        gaps, units = _gaps(row, first), _units(row)
        if gaps * 3 >= len(first):  # the line above only names groups
            return unlike > 0  # whatever it says of a column is a name, for nothing is like it
        if gaps > 1 or units > 1:
            return unlike >= 2
        # Below a line that names all columns, one or two odd cells are a first contact's.
        complements = sum(map(bool, texts)) <= 2 * (gaps + units)
        return unlike >= 3 or (unlike == 1 == len(self.typed) and gaps + units > 0 and complements)

    def _fits(self, at: int, text: str) -> bool:
        if at not in self.typed:
            return text in self.texts.get(at, ())
        kind, column = kind_of(text), self.typed[at]
        if kind is Kind.CODE and column is Kind.CODE:
            return not self.texts[at].isdisjoint((shape_of(text), stem_of(text)))
        return kind is column or kind in _NEAR.get(column, ())


def _sure_rows(rows: list[Sequence[str]]) -> list[Sequence[str]]:
    """Leave out the first rows, which may be lines of the header."""
    if len(rows) > 3 * HEADER_LINES:
        return rows[HEADER_LINES - 1 :]
    return rows[-max(1, len(rows) * 2 // 3) :]


def _kind_of_column(texts: Sequence[str]) -> Kind | None:
    """Give the kind that nearly all texts have; None for words, and where kinds are mixed."""
    kinds = Counter(map(kind_of, texts))
    del kinds[Kind.ABSENT]
    if not kinds:
        return None
    kind, count = kinds.most_common(1)[0]
    near = sum(kinds[other] for other in _NEAR.get(kind, ()))
    nearly_all = count + near >= _NEARLY_ALL * kinds.total()
    return kind if kind in _TYPED and nearly_all else None


def _known_texts(texts: Sequence[str], kind: Kind | None) -> frozenset[str]:
    """Give what the cells of a column are known by beside their kind.

    Words that come again and again; of codes the letters of their series, or their shapes.
    """
    if kind is Kind.CODE:
        stems = frozenset(map(stem_of, texts))
        return stems if _are_few(stems, texts) else frozenset(map(shape_of, texts))
    found = frozenset(texts)
    return found if kind is None and texts and _are_few(found, texts) else frozenset()


def _are_few(found: frozenset[str], texts: Sequence[str]) -> bool:
    return len(found) * 3 <= len(texts)


def _block(rows: Sequence[Sequence[str]], start: int) -> list[Sequence[str]]:
    """Give the rows from ``start`` to the first blank one, for below it may be something else.

    When that are few, all rows that are not blank.
    """
    solid = [at for at in range(start, len(rows)) if any(map(str.strip, rows[at]))]
    first = [at for place, at in enumerate(solid) if at - place == solid[0]]
    return [rows[at] for at in (first if len(first) > 2 else solid)]


# What a contact's cell holds and a name of a column does not: addresses, well or badly written,
# and plain answers.
_ANSWERED = re.compile(
    r"@|\b(?:at|chez|arobase)\b.*\w\.\w|\A\W*(?:oui|non|yes|no|true|false|vrai|faux)\W*\Z",
    re.IGNORECASE,
)


def _gaps(row: Sequence[str], first: Sequence[str]) -> int:
    """Count the columns that a row names and the line above does not."""
    return sum(
        1 for at, cell in enumerate(first) if not cell.strip() and at < len(row) and row[at].strip()
    )


def _units(row: Sequence[str]) -> int:
    return sum(1 for cell in row if _UNIT.fullmatch(cell.strip()))


_UNIT = re.compile(r"[(\[].{1,20}[)\]]|%|[$€£]")
