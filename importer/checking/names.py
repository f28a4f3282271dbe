"""Names of people and places in the letter case they are usually written in.

Only words wholly in capitals or wholly in small letters are changed: whoever wrote "DeShawn" or
"de La Fontaine" chose so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow.compute as pc

from importer.checking.column import (
    patched,
)
from importer.masks import to_mask

# Small at the beginning of a name, too: "de la Tour", "van der Berg", "da Silva", "von Arx".
_LEADING = frozenset({"de", "del", "da", "dos", "van", "von", "vom", "zu", "ter", "ten"})
# Small between two words: French, Spanish, Portuguese, Dutch, German, and what joins two people.
_INNER = _LEADING | frozenset(
    {
        *("du", "des", "sur", "sous", "en", "à", "aux", "lès", "lez", "et"),
        *("das", "do"),
        *("den", "der", "het", "op"),
        *("zum", "zur", "auf", "am", "und"),
        *("and", "of"),
    }
)
# Articles are small behind a particle: "de la Tour", but "Jean Le Goff".
_ARTICLES = frozenset({"la", "le", "les", "las", "los", "dem"})
# Small between hyphens: "Bourg-la-Reine", "Pont-l'Abbé".
_HYPHENED = _INNER | _ARTICLES | frozenset({"au", "près"})
# Kept small where the capitals of another word show that somebody chose.
_CHOSEN = _HYPHENED | frozenset(
    {
        *("d", "l", "di", "della", "delle", "degli", "dei", "dell", "dall", "lo"),
        *("y", "e", "i", "te", "af", "av", "dit", "dite"),
        *("al", "el", "bin", "bint", "ibn", "ben", "abu"),
    }
)
# What an apostrophe may part from a capital, beside one letter: "Qu'Appelle", "Dell'Orto".
_ELIDED = frozenset({"qu", "dell", "dall", "nell", "sant"})
# Behind "Mac", where the second capital is the rule; "Mackenzie" and "Machado" have none.
_MAC = frozenset(
    {
        *("adam", "alister", "arthur", "askill", "aulay", "callum", "cormack", "cormick"),
        *("dermott", "donald", "donell", "dougall", "eachern", "ewan", "ewen", "farlane"),
        *("gillivray", "gregor", "innes", "innis", "intosh", "intyre", "isaac", "iver", "kay"),
        *("kinnon", "lachlan", "laren", "laughlin", "lean", "lellan", "lennan", "leod", "master"),
        *("millan", "nab", "naughton", "neil", "neill", "phail", "phee", "pherson", "quarrie"),
        *("queen", "rae", "sween", "tavish", "vicar"),
    }
)
# Without those that are names as well, such as Vi and Xi.
_ROMAN = frozenset({"ii", "iii", "iv", "vii", "viii", "ix", "xii", "xiii", "xiv", "xv", "xvi"})
# Behind a name, and no surnames such as Mba.
_DEGREES = frozenset({"MD", "PHD", "CPA", "DDS", "DMD", "DVM"})
_IN_CAPITALS = _DEGREES | {number.upper() for number in _ROMAN}

_MARKS = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_WORD = re.compile(rf"[^\W_][\w{_MARKS}]*")
_HYPHENS = frozenset("-\u2010\u2011")
_APOSTROPHES = frozenset("'\u2019\u02bc")

# What kernels settle: names that have their capitals, and ordinary words in one case.
_CAPITALISED = r"^\p{Lu}\p{Ll}+(?:[ '\x{2019}-]\p{Lu}\p{Ll}+)*$"
_UPPER, _LOWER = "[A-ZÀ-ÖØ-Þ]{2,}", "[a-zà-öø-þ]{2,}"
_ONE_CASE = rf"^(?:{_UPPER}(?:[ -]{_UPPER})*|{_LOWER}(?:[ -]{_LOWER})*)$"
_KEPT = "|".join(sorted(_HYPHENED | _ROMAN | _DEGREES))
_SPECIAL = rf"(?i)(?:^|[ -])(?:(?:{_KEPT})(?:$|[ -])|ma?c)"


def title_case(texts: Any) -> Any:
    """Write names (pa.Array of large_string) in title case."""
    capitalised = to_mask(pc.match_substring_regex(texts, _CAPITALISED))
    ordinary = to_mask(pc.match_substring_regex(texts, _ONE_CASE))
    ordinary &= ~to_mask(pc.match_substring_regex(texts, _SPECIAL))
    at = np.flatnonzero(ordinary)
    result = patched(texts, at, pc.utf8_title(texts.take(at)))
    at = np.flatnonzero(~capitalised & ~ordinary)
    return patched(result, at, [titled(text) for text in texts.take(at).to_pylist()])


def titled(text: str) -> str:
    """Write one name in title case; a name that is so already stays."""
    matches = list(_WORD.finditer(text))
    words = [match.group() for match in matches]
    ends = [0, *(match.end() for match in matches)]
    starts = [*(match.start() for match in matches), len(text)]
    gaps = [text[end:start] for end, start in zip(ends, starts, strict=True)]
    written = _written(words, gaps)
    return gaps[0] + "".join(f"{w}{gap}" for w, gap in zip(written, gaps[1:], strict=True))


def _written(words: Sequence[str], gaps: Sequence[str]) -> list[str]:
    """Write each word; ``gaps``: what stands before each, and behind the last one."""
    chosen = any(word[0].isupper() and not word.isupper() for word in words)
    capitals = {word for word in words if word.isupper()} - _IN_CAPITALS
    shouted = any(sum(map(str.isalpha, word)) > 1 for word in capitals)
    kept = _CHOSEN if shouted else _CHOSEN | capitals
    written: list[str] = []
    for place, word in enumerate(words):
        if not (word.isupper() or word.islower()) or any(map(str.isnumeric, word)):
            slip = word[0].islower() and len(word) > 2 and word[1:].isupper()  # "jEAN"
            written.append(_capitalised(word) if slip else word)
        elif _is_degree(place, words, gaps) or (chosen and word in kept):
            written.append(word)
        elif _is_small(place, words, gaps, written):
            written.append(_lower(word))
        elif place and _lower(word) in _ROMAN:
            written.append(word.upper())
        else:
            written.append(_capitalised(word))
    return written


def _is_degree(place: int, words: Sequence[str], gaps: Sequence[str]) -> bool:
    """Tell whether a word is the last one, after a blank or a comma, and a degree."""
    last = 0 < place == len(words) - 1
    return last and words[place] in _DEGREES and gaps[place].strip() in {"", ","}


def _is_small(
    place: int, words: Sequence[str], gaps: Sequence[str], written: Sequence[str]
) -> bool:
    """Tell whether a word has no capital where it stands."""
    word, before, after = _lower(words[place]), gaps[place], gaps[place + 1]
    previous = _lower(words[place - 1]) if place else ""
    if place and before in _APOSTROPHES:  # "O'Brien", but "aujourd'hui"
        return len(previous) > 1 and previous not in _ELIDED
    if place + 1 == len(words):
        return False
    follows_particle = place > 0 and previous in _INNER and written[-1].islower()
    inside = place > 0 and before.isspace()
    if after in _APOSTROPHES:
        hyphened = place > 0 and before in _HYPHENS
        return (word == "d" and (inside or hyphened)) or (
            word == "l" and (hyphened or (inside and follows_particle))
        )
    if before in _HYPHENS and after in _HYPHENS:
        return word in _HYPHENED
    if before.strip() in _APOSTROPHES:  # "van 't Hoff", "'s-Gravenhage"
        return word in {"t", "s"}
    if not after[:1].isspace() or after.strip() not in {"", *_APOSTROPHES}:
        return False
    if inside:
        return word in _INNER or (word in _ARTICLES and follows_particle)
    return word in _LEADING and before not in _HYPHENS


def _capitalised(word: str) -> str:
    small = _lower(word)
    if small.startswith("mc") and len(small) > 3:
        return f"Mc{_capital(small[2])}{small[3:]}"
    if small.startswith("mac") and small[3:] in _MAC:
        return f"Mac{_capital(small[3])}{small[4:]}"
    return _capital(small[0] if word[0] != "İ" else "İ") + small[1:]


def _lower(word: str) -> str:
    """Write small letters, as many as there were: only İ would become two characters."""
    return word.replace("İ", "i").lower()


def _capital(letter: str) -> str:
    """Give a letter's capital, or the letter where that is more than one (ß, ŉ)."""
    capital = letter.title()
    return capital if len(capital) == 1 else letter
