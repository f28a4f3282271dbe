"""Days, times and time zones as ``importer.yaml`` writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, time
from zoneinfo import ZoneInfo

from importer.documents import near
from importer.language import mark, tr

_CODES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WORDS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS = {word: day for words in (_CODES, _WORDS) for day, word in enumerate(words)}
_DAYS |= {"tues": 1, "weds": 2, "thur": 3, "thurs": 3}
_DAILY = "daily"
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CALENDAR = re.compile(r"holidays:([A-Za-z]{2,3})(?:-([A-Za-z0-9]+(?:[ -][A-Za-z0-9]+)*))?")
_NO_DAYS = mark("write daily, a day such as mon, days such as mon,wed, or mon-fri")


def weekdays(texts: Iterable[str]) -> frozenset[int]:
    """Read days, ``mon-fri``, ``daily`` or ``mon,wed``, as numbers; Monday is 0.

    Raises ValueError, a sentence, for what is none.
    """
    return frozenset(day for text in texts for part in text.split(",") for day in _span(part))


def check_days(text: str) -> str:
    """Take days. Raises ValueError, a sentence, for what is none."""
    weekdays([text])
    return text


def _span(text: str) -> range | list[int]:
    """Read one day, or the days from one to another, over the end of the week if need be."""
    text = text.strip().lower()
    if text == _DAILY:
        return range(7)
    first, dash, last = re.sub("[–—]", "-", text).partition("-")
    start = _day(first)
    if not dash:
        return [start]
    return [(start + step) % 7 for step in range((_day(last) - start) % 7 + 1)]


def _day(word: str) -> int:
    word = word.strip()
    if not word:
        raise ValueError(tr(_NO_DAYS))
    if word not in _DAYS:
        hint = near(word, [*_CODES, *_WORDS, _DAILY], most=1)
        sentence = tr('"{word}" is no day: {how}', word=word[:40], how=tr(_NO_DAYS))
        raise ValueError(
            tr("{sentence}.{hint}", sentence=sentence, hint=hint) if hint else sentence
        )
    return _DAYS[word]


def time_of(text: str) -> time:
    """Read a time of day, ``06:00``. Raises ValueError, a sentence, for what is none."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise ValueError(tr('a time of day from 00:00 to 23:59 is needed, such as "06:00"'))
    return time(int(found.group(1)), int(found.group(2)))


def check_time(text: str) -> str:
    """Take a time of day. Raises ValueError, a sentence, for what is none."""
    time_of(text)
    return text


def exception_of(text: str) -> date | tuple[str, str]:
    """Read an exception: a date, or of ``holidays:CA-QC`` the country and its part.

    Raises ValueError, a sentence, for what is neither.
    """
    text = text.strip()
    if found := _CALENDAR.fullmatch(text):
        return found.group(1).upper(), found.group(2) or ""
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise ValueError(tr("there is no day {date}", date=text)) from None
    raise ValueError(tr("a date such as 2026-12-25, or holidays such as holidays:CA-QC, is needed"))


def check_exception(text: str) -> str:
    """Take an exception. Raises ValueError, a sentence, for what is none."""
    exception_of(text)
    return text


def zone_of(name: str) -> ZoneInfo | None:
    """Give a time zone by its name; None: there is none of that name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # each of them, by what the name looks like
        return None


def check_zone(name: str) -> str:
    """Take the name of a time zone. Raises ValueError, a sentence, for what is none."""
    name = name.strip()
    if not name or zone_of(name) is not None:
        return name
    from zoneinfo import available_timezones  # reads hundreds of files

    known = sorted(available_timezones())
    if not known:
        raise ValueError(tr("this machine knows no time zones. Run: pip install tzdata"))
    raise ValueError(
        tr(
            'there is no time zone "{name}"; write one such as America/Toronto.{hint}',
            name=name[:60],
            hint=near(name, known, most=2),
        )
    )
