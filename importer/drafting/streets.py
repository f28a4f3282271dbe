"""House numbers that stand in a column beside the street."""

from __future__ import annotations

from collections.abc import Sequence

from importer.drafting.agreeing import MOST, NEARLY_ALL
from importer.drafting.header_reading import HeaderReading
from importer.drafting.headers import plain_words
from importer.drafting.phrases import Concept
from importer.recognition import Evidence, Form

_MORE_WORDS = frozenset(
    {"no", "n", "numero", "number", "num", "civique", "civic", "house", "street", "building", "rue",
     "de", "la", "d", "adresse", "address", "porte", "maison", "voie"}
)  # fmt: skip
_NAMES_A_NUMBER = frozenset({"no", "n", "numero", "number", "num", "civique", "civic"})
_UNITS = frozenset(
    {"app", "apt", "appartement", "apartment", "unit", "unite", "suite", "local", "logement"}
)


def joined_address(reading: HeaderReading, columns: Sequence[Evidence]) -> tuple[str, ...]:
    """Give the columns that make the whole address of a street, in order; () where it is whole."""
    if reading.concept is not Concept.ADDRESS:
        return ()
    place = next(at for at, one in enumerate(columns) if one.name == reading.column.name)
    number = _number_beside(columns, place)
    if number is None:
        return ()
    unit = next((one.name for one in columns[place + 1 : place + 2] if _is_unit(one)), "")
    return tuple(filter(None, (number, reading.column.name, unit)))


def lacks_numbers(column: Evidence) -> bool:
    """Tell whether most values are a street without a house number."""
    return bool(column.values) and column.share_of(Form.DIGITS) < MOST


def _number_beside(columns: Sequence[Evidence], place: int) -> str | None:
    for at in (place - 1, place + 1):
        if 0 <= at < len(columns) and _is_number(columns[at]):
            return columns[at].name
    named = [c for at, c in enumerate(columns) if at != place and _is_civic(c)]
    return named[0].name if len(named) == 1 else None


def _is_number(column: Evidence) -> bool:
    """Tell whether a column beside a street holds house numbers, by its name and its values."""
    words = plain_words(column.name) or frozenset(column.name.split()) & {"#"}
    named = bool(words & _NAMES_A_NUMBER) and words <= _MORE_WORDS
    return (named or words == {"#"}) and _has_numbers(column)


def _is_civic(column: Evidence) -> bool:
    """Tell whether a column's name says that it holds house numbers, wherever it stands."""
    words = plain_words(column.name)
    certain = words & {"civique", "civic"} or words >= {"house", "number"}
    return bool(certain) and words <= _MORE_WORDS and _has_numbers(column)


def _has_numbers(column: Evidence) -> bool:
    return not column.values or column.share_of(Form.DIGITS) >= NEARLY_ALL


def _is_unit(column: Evidence) -> bool:
    return bool(plain_words(column.name) & _UNITS)
