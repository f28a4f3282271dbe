"""Number formats: which of them change what a contact's number looks like, and how.

A workbook stores 1234 and the format ``00000``; an operator sees 01234. Only formats that pad
with zeros and percentages are followed: of any other number the plain digits are what counts.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import Enum
from functools import lru_cache
from typing import Protocol

from importer.sources.cells import WRITTEN_OUT_BELOW, cell_text, plain_number

# The numbers that Open XML gives to formats without writing them out.
_BUILT_IN = {9: "0%", 10: "0.00%"}
_BUILT_IN_DATES = frozenset({*range(14, 23), 45, 47})
_BUILT_IN_DURATION = 46
_PIECE = re.compile(r'"[^"]*"?|\\.|_.|\*.|\[[^\]]*\]?|.', re.DOTALL)
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)\]")
_COMPARISONS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}
_ANY = (">=", float("-inf"))
_NOT_NEGATIVE, _POSITIVE, _NEGATIVE, _ZERO = (">=", 0.0), (">", 0.0), ("<", 0.0), ("=", 0.0)
# Shown as they are without quotes.
_PLAIN = frozenset(" -+():!^&'~{}<>=$€£\u00a0\u202f")
_MOST_DECIMALS = 30
# Room for the digits of the largest number that is written out, and for all decimals.
_EXACT = Context(prec=100)


class Shape(Protocol):
    """What becomes of a cell's value under a format of its own."""

    def text(self, value: object) -> str:
        """Write the value as a spreadsheet program shows it."""
        ...


class Moment(Enum):
    """What a number means whose format is one of dates."""

    DATE = "date"
    DURATION = "duration"


@dataclass(frozen=True, slots=True)
class Literal:
    """A cell whose text is known, whatever its value."""

    shown: str

    def text(self, _: object) -> str:
        """Write the text, whatever the value."""
        return self.shown


@dataclass(frozen=True, slots=True)
class Percentage:
    """A percentage: of its decimals, ``fixed`` are always shown, ``most`` at most."""

    fixed: int
    most: int

    def text(self, value: object) -> str:
        """Write the value as a percentage; what is no number, or too large, as it is."""
        number = _number(value)
        if number is None:
            return cell_text(value)
        places = Decimal(1).scaleb(-self.most)
        rounded = (number * 100).quantize(places, ROUND_HALF_UP, _EXACT)
        whole, _, decimals = f"{rounded:f}".partition(".")
        kept = decimals[: self.fixed] + decimals[self.fixed :].rstrip("0")
        return f"{whole}.{kept}%" if kept else f"{whole}%"


@dataclass(frozen=True, slots=True)
class Padded:
    """A format that shows leading zeros; sections with what a number must be to be theirs."""

    sections: tuple[tuple[str, float, Section], ...]

    def text(self, value: object) -> str:
        """Write the value as its section shows it; what is no number, or too large, as it is."""
        number = _number(value)
        if number is None:
            return cell_text(value)
        for comparison, bound, section in self.sections:
            if _COMPARISONS[comparison](number, bound):
                shown = section.shown(number, signed=len(self.sections) == 1)
                return cell_text(value) if shown is None else shown
        return cell_text(value)


@dataclass(frozen=True, slots=True)
class Section:
    """The pieces of a section: ``0`` and ``#`` are places for digits, others are themselves.

    ``places``: whether a piece is a place; ``fixed`` and ``most``: of decimals.
    """

    pieces: tuple[str, ...]
    places: tuple[bool, ...]
    decimals: str

    @property
    def pads(self) -> bool:
        """Tell whether it shows zeros that the number does not have."""
        digits = "".join(t for t, place in zip(self.pieces, self.places, strict=True) if place)
        return len(digits[digits.find("0") :]) > 1 if "0" in digits else False

    def shown(self, number: Decimal, *, signed: bool) -> str | None:
        """Write a number; None when it has decimals that the section would cut off."""
        whole, _, decimals = f"{abs(number):f}".partition(".")
        decimals = decimals.rstrip("0")
        if len(decimals) > len(self.decimals):
            return None
        fixed = len(self.decimals.rstrip("#"))
        decimals = decimals.ljust(fixed, "0")
        sign = "-" if signed and number < 0 else ""
        return sign + self._filled(whole.lstrip("0")) + (f".{decimals}" if decimals else "")

    def _filled(self, digits: str) -> str:
        left = list(digits)
        shown: list[str] = []
        first = self.places.index(True)
        for at in range(len(self.pieces) - 1, -1, -1):
            piece = self.pieces[at]
            if not self.places[at]:
                shown.append(piece)
            elif at == first and len(left) > 1:
                shown.append("".join(left))
            elif left:
                shown.append(left.pop())
            elif piece == "0":
                shown.append("0")
        return "".join(reversed(shown))


def shape_by_number(number: int) -> Shape | Moment | None:
    """Find what one of the formats does that are known by number only."""
    if number in _BUILT_IN_DATES:
        return Moment.DATE
    if number == _BUILT_IN_DURATION:
        return Moment.DURATION
    return shape_of(_BUILT_IN.get(number, "General"))


@lru_cache(maxsize=1_000)
def shape_of(code: str) -> Shape | Moment | None:
    """Find what a format does; None: the plain number is what counts."""
    moment = _moment(code)
    if moment is not None:
        return moment
    sections = _sections(code)
    if "%" in sections[0]:
        return _percentage(sections[0])
    return _padded(sections)


def _moment(code: str) -> Moment | None:
    """Tell dates as calamine does, so that whoever reads the sheet sees the same ones."""
    for piece in _PIECE.findall(code):
        if piece == ";":
            return None
        if piece[0] == "[":
            if re.fullmatch(r"\[([hH]+|[mM]+|[sS]+)\]", piece):
                return Moment.DURATION
        elif piece.lower() in ("d", "m", "h", "y", "s"):
            return Moment.DATE
    return None


def _sections(code: str) -> list[list[str]]:
    sections: list[list[str]] = [[]]
    for piece in _PIECE.findall(code):
        if piece == ";":
            sections.append([])
        else:
            sections[-1].append(piece)
    return sections


def _percentage(pieces: list[str]) -> Percentage:
    _, _, decimals = "".join(t for t in pieces if t in "0#?.").partition(".")
    decimals = decimals[:_MOST_DECIMALS]
    return Percentage(len(decimals.rstrip("#?")), len(decimals))


def _padded(sections: list[list[str]]) -> Padded | None:
    conditions = [_CONDITION.fullmatch(t) for s in sections for t in s if t.startswith("[")]
    conditional = any(conditions)
    found: list[tuple[str, float, Section]] = []
    for at, pieces in enumerate(sections[:3]):
        section = _section(pieces)
        if section is None:
            if at == 0 or conditional:
                return None
            break
        comparison, bound = _bound(pieces, at, len(sections), conditional=conditional)
        found.append((comparison, bound, section))
    return Padded(tuple(found)) if any(section.pads for *_, section in found) else None


def _bound(pieces: list[str], at: int, of: int, *, conditional: bool) -> tuple[str, float]:
    """Tell which numbers are a section's: those it says, else positive, negative, zero."""
    if conditional:
        for piece in pieces:
            match = _CONDITION.fullmatch(piece)
            if match:
                return match[1], float(match[2])
    if conditional or of == 1:
        return _ANY
    return (_NOT_NEGATIVE if of == 2 else _POSITIVE, _NEGATIVE, _ZERO)[at]


def _section(pieces: list[str]) -> Section | None:
    """Read a section that is made of places for digits and of literals, else give None."""
    texts: list[str] = []
    places: list[bool] = []
    decimals: str | None = None
    for piece in pieces:
        kind = piece[0]
        if kind in "_*" and len(piece) > 1:
            continue
        if kind == "[":
            if piece.startswith("[$") and not piece.startswith("[$-"):
                return None
            continue
        if piece in "0#":
            if decimals is None:
                texts.append(piece)
                places.append(True)
            else:
                decimals += piece
            continue
        if piece == ".":
            if decimals is not None:
                return None
            decimals = ""
            continue
        literal = piece.strip('"') if kind == '"' else piece[1:] if kind == "\\" else piece
        if decimals is not None or (len(piece) == 1 and piece not in _PLAIN):
            return None
        texts.append(literal)
        places.append(False)
    if True not in places:
        return None
    return Section(tuple(texts), tuple(places), decimals or "")


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    written_out = abs(value) < WRITTEN_OUT_BELOW
    return Decimal(plain_number(value)) if written_out else None
