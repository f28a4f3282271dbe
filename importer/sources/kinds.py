"""What a cell looks like: the evidence by which headers, rows and delimiters are told apart."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache


class Kind(StrEnum):
    """What a cell's text is, by its form alone."""

    BLANK = "blank"
    ABSENT = "absent"  # a word or a sign that stands for no value
    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    EMAIL = "email"
    URL = "url"
    PHONE = "phone"
    CODE = "code"
    TEXT = "text"


_MONTH = (
    r"(?:jan|feb|fév|fev|mar|apr|avr|may|mai|jun|juin|jul|juil|aug|aoû|aou|sep|oct|nov|dec|déc)"
    r"[a-zéû]*\.?"
)
_CLOCK = r"\d{1,2}[:hH]\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[ap]\.?m\.?)?"
_ZONE = r"(?:\s*(?:Z|UTC|[+-]\d{2}:?\d{2}))?"
_DATE = (
    rf"(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{2,4}}"
    rf"|\d{{1,2}}[ -]{_MONTH}[ -]\d{{2,4}}|{_MONTH}[ -]\d{{1,2}},? \d{{2,4}}"
    rf"|{_MONTH}[ -]\d{{2,4}}|\d{{4}}[- ]?(?:Q[1-4]|{_MONTH}))"
)
_FORMS = (
    (Kind.EMAIL, re.compile(r"[^\s@,;|<>\"]+@[^\s@,;|<>\"]+\.[^\s@,;|<>\"]+")),
    (Kind.TIME, re.compile(_CLOCK, re.IGNORECASE)),
    (Kind.DATE, re.compile(rf"{_DATE}(?:[ T]{_CLOCK}{_ZONE})?", re.IGNORECASE)),
    (
        Kind.NUMBER,
        re.compile(
            r"[<>~≈]?\s?\(?[-+−]?\s?[$€£¥]?\s?[-+−]?"
            r"(?:\d{1,3}(?:[ \u00a0\u202f,.']\d{3})+|\d*)(?:(?<=\d)[.,]?\d*|[.,]\d+)"
            r"(?:[eE][-+]?\d+)?\s?(?:%|[$€£¥]|[kM]?€|CAD|USD|EUR)?\)?\*?"
        ),
    ),
    (Kind.URL, re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)),
    (
        Kind.PHONE,
        re.compile(r"(?=(?:\D*\d){7})[+(]?\d[\d ().\-/]{5,}\d(?:\s*(?:x|ext|poste)\.?\s*\d+)?"),
    ),
    (Kind.CODE, re.compile(r"(?=\S*\d)(?=\S*[^\W\d_])[\w\-./#]{2,}")),
)
_ABSENT = re.compile(
    r"[-–—.*?/_x]{1,3}|\.{2,}|#?n[/.]?[ad][./]?|nan|null|nil|none|nul|aucune?|inconnue?|unknown"
    r"|s\.?o\.?|(?:à|a) venir|tbd|non (?:défini|renseigné)e?|vide|missing|\(blank\)|\(vide\)",
    re.IGNORECASE,
)


@lru_cache(maxsize=65_536)
def kind_of(text: str) -> Kind:
    """Tell what a cell's text looks like."""
    text = text.strip()
    if not text:
        return Kind.BLANK
    if len(text) > 200:
        return Kind.TEXT
    if _ABSENT.fullmatch(text):
        return Kind.ABSENT
    if any(c.isdigit() or c == "@" or c == "." for c in text):
        for kind, form in _FORMS:
            if form.fullmatch(text) and (kind is not Kind.NUMBER or any(map(str.isdigit, text))):
                return kind
    return Kind.TEXT


def shape_of(text: str) -> str:
    """Give what codes of one kind have in common: ``MG-8769`` and ``RI-12`` are both ``A-9``."""
    return _RUNS.sub(_shape_of_run, text.strip())


_RUNS = re.compile(r"\d+|[^\W\d_]+")


def _shape_of_run(run: re.Match[str]) -> str:
    text = run[0]
    return "9" if text[0].isdigit() else ("A" if text.isupper() else "a")


def stem_of(text: str) -> str:
    """Give the letters that a code begins with: those of its series."""
    return _STEM.match(text.strip())[0]  # type: ignore[index]


_STEM = re.compile(r"[^\W\d_]*")


def counted_labels(cells: Sequence[str]) -> frozenset[int]:
    """Find the positions of whole numbers by which a header counts its columns.

    They are years one after the other, or 1, 2, 3 ... in all columns but the first.
    """
    numbers = [(at, int(cell.strip())) for at, cell in enumerate(cells) if _WHOLE.fullmatch(cell)]
    steps = {b - a for (_, a), (_, b) in itertools.pairwise(numbers)}
    if len(numbers) < 2 or len(steps) != 1 or not steps <= {1, -1, 2, 5, 10}:
        return frozenset()
    years = all(1800 <= number <= 2100 for _, number in numbers)
    counting = [at for at, _ in numbers] == list(range(1, len(cells))) and numbers[0][1] in (0, 1)
    if years or (counting and len(numbers) > 2):
        return frozenset(at for at, _ in numbers)
    return frozenset()


_WHOLE = re.compile(r"\s*\d{1,4}\s*")
_YEAR = re.compile(r"(?:1[89]|20)\d\d")


def is_year(text: str) -> bool:
    """Tell whether a text is a year of our times."""
    return _YEAR.fullmatch(text) is not None


_RULE = re.compile(r"[-=_+~*─═]{2,}")


def is_rule(row: Sequence[str]) -> bool:
    """Tell whether a row is a line drawn under names, as databases print it."""
    texts = [text for cell in row if (text := cell.strip())]
    return bool(texts) and all(_RULE.fullmatch(text) for text in texts)
