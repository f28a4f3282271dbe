"""Names of months and weekdays, French and English, as texts have them."""

from __future__ import annotations

import unicodedata

_MONTHS = (
    "janvier january janv jan",
    "février february févr fév feb",
    "mars march mar",
    "avril april avr apr",
    "mai may",
    "juin june jun",
    "juillet july juill juil jul",
    "août august aug",
    "septembre september sept sep",
    "octobre october oct",
    "novembre november nov",
    "décembre december déc dec",
)
_WEEKDAYS = (
    "lundi mardi mercredi jeudi vendredi samedi dimanche lun mar mer jeu ven sam dim "
    "monday tuesday wednesday thursday friday saturday sunday mon tues tue wed thurs thur thu fri "
    "sat sun"
)
_ACCENTS = {"é": "(?:é|e\u0301?)", "û": "(?:û|u\u0302?)"}


def _any_of(words: str) -> str:
    """Make a pattern of names in any case, with or without their accents."""
    longest_first = sorted(words.split(), key=len, reverse=True)
    return "|".join("".join(_ACCENTS.get(sign, sign) for sign in word) for word in longest_first)


MONTH_NAME = f"(?i:{_any_of(' '.join(_MONTHS))})"
WEEKDAY_NAME = f"(?i:{_any_of(_WEEKDAYS)})"


def month_number(name: str) -> int | None:
    """Tell which month a French or English name is, long or short; None: no month's."""
    return _MONTH_OF.get(_plain(name))


def _plain(name: str) -> str:
    signs = unicodedata.normalize("NFD", name.casefold())
    return "".join(sign for sign in signs if not unicodedata.combining(sign))


_MONTH_OF = {
    _plain(name): number for number, names in enumerate(_MONTHS, 1) for name in names.split()
}
