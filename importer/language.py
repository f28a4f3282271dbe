"""The language in which people are addressed: English, or another that has a catalogue.

A sentence is written in English where it arises, as ``tr("{file} has no header", file=name)``, and
comes out in the language that was chosen; its catalogue is ``locale/fr/LC_MESSAGES/importer.po``.
Codes, columns and JSON are never translated: ``english`` gives a sentence's English back.
"""

from __future__ import annotations

import gettext
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")

LANGUAGES = ("en", "fr")
ENGLISH = "en"
ENVIRONMENT = "IMPORTER_LANGUAGE"
_LOCALE = Path(__file__).parent / "locale"
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
_WRITTEN = re.compile(rb"^language:[ \t]*([\"']?)(en|fr)\1[ \t]*(?:#.*)?\r?$", re.MULTILINE)
_UI_FRENCH = 0x0C  # Windows: the primary language of an interface, in its lower ten bits


class Said(str):
    """A sentence in another language than English; ``english``: the same in English."""

    __slots__ = ("english",)
    english: str


class _Asked:
    """What the command line asked for."""

    def __init__(self) -> None:
        self.preferred: str | None = None


_asked = _Asked()
# Of each thread its own: two runs of one process may speak two languages.
_spoken = ContextVar("importer language", default=ENGLISH)


# --- sentences -----------------------------------------------------------------------------------


def tr(text: str, /, **values: Any) -> str:
    """Say a sentence in the language that is spoken. ``values``: what its {places} hold."""
    language = _spoken.get()
    if language == ENGLISH or not text:
        return text.format(**values) if values else text
    return _said(_catalogue(language).gettext(text), text, values)


def trn(one: str, many: str, count: int, /, **values: Any) -> str:
    """Say a sentence for a number: ``one`` for 1. ``{count}`` is the number as people write it."""
    values.setdefault("count", number(count))
    english_one = one if count == 1 else many
    language = _spoken.get()
    if language == ENGLISH:
        return english_one.format(**values)
    return _said(_catalogue(language).ngettext(one, many, count), english_one, values)


def mark(text: str) -> str:
    """Mark a sentence that ``tr`` will say later, for the catalogue."""
    return text


def english(text: str) -> str:
    """Give a sentence in English."""
    return text.english if isinstance(text, Said) else text


def number(count: int) -> str:
    """Write a whole number as people do: 1,234 in English, 1 234 in French."""
    told = f"{count:,}"
    if _spoken.get() == ENGLISH:
        return told
    return _made(told.replace(",", "\u202f"), told)


def decimal(value: float, digits: int = 1) -> str:
    """Write a number with some digits after its point, or its comma."""
    told = f"{value:,.{digits}f}"
    if _spoken.get() == ENGLISH:
        return told
    return _made(told.replace(",", "\u202f").replace(".", ","), told)


def _said(text: str, source: str, values: dict[str, Any]) -> Said:
    if not values:
        return _made(text, source)
    plain = {name: english(v) if isinstance(v, str) else v for name, v in values.items()}
    return _made(text.format(**values), source.format(**plain))


def _made(text: str, plain: str) -> Said:
    made = Said(text)
    made.english = plain
    return made


# --- which language ------------------------------------------------------------------------------


def spoken() -> str:
    """Tell which language is spoken now, in this thread."""
    return _spoken.get()


def speak(language: str) -> None:
    """Speak a language from now on, in this thread."""
    _spoken.set(language)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language for a while, in this thread."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def as_here(work: Callable[_P, _T]) -> Callable[_P, _T]:
    """Give work that speaks what is spoken here in another thread, which would speak English."""
    language = _spoken.get()

    def done(*arguments: _P.args, **named: _P.kwargs) -> _T:
        with speaking(language):
            return work(*arguments, **named)

    return done


def prefer(language: str | None) -> None:
    """Note what the command line asks for; None: nothing."""
    _asked.preferred = language


def choose(configured: str | None = None) -> str:
    """Choose by the command line, the environment, ``importer.yaml``, and the system's locale."""
    named = os.environ.get(ENVIRONMENT, "").strip().lower()[:2]
    if _asked.preferred is None and named not in LANGUAGES and configured is None:
        return _of_system()
    return _asked.preferred or (named if named in LANGUAGES else configured) or ENGLISH


def configured_in(file: Path) -> str | None:
    """Give the language that an ``importer.yaml`` names, also in one that has mistakes.

    They are told in that language, so it must be known before the file is read.
    """
    try:
        found = _WRITTEN.search(file.read_bytes())
    except OSError:
        return None
    return found.group(2).decode() if found else None


def _of_system() -> str:
    for variable in _VARIABLES:
        value = os.environ.get(variable, "")
        if value:
            return "fr" if value.lower().startswith("fr") else ENGLISH
    return "fr" if _windows_is_french() else ENGLISH


def _windows_is_french() -> bool:
    if sys.platform != "win32":
        return False
    import ctypes  # pragma: no cover - Windows only

    language: int = ctypes.windll.kernel32.GetUserDefaultUILanguage()  # pragma: no cover
    return language & 0x3FF == _UI_FRENCH  # pragma: no cover


@lru_cache(maxsize=len(LANGUAGES))
def _catalogue(language: str) -> gettext.NullTranslations:
    """Give a language's catalogue; without one, sentences stay English."""
    return gettext.translation("importer", _LOCALE, [language], fallback=True)
