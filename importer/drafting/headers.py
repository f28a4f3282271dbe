"""A header as words: without accents, case, plurals and abbreviations, numbers apart."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

from importer.drafting.vocabulary import (
    ARTICLES,
    BEFORE_ITS_NOUN,
    BEHIND_ITS_NOUN,
    COMPOUNDS,
    CONTRACTIONS,
    ENGLISH_NOUNS,
    GUESSABLE,
    OTHER_WORDS,
    PERSONS,
    WORDS,
)

_LONGEST = 120  # characters; what is longer is a sentence, and names no field
_UNACCENTED = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l"})
_HUMPS = re.compile(r"(?<=[a-zà-ÿ])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=\D)(?=\d)|(?<=\d)(?=\D)")
_WORD = re.compile(r"[^\W_]+")
_NUMBER_SIGN = re.compile(r"(?i)(?:\bn[°º]|№|#)\s*")
_MOST_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Words:
    """What a header says. ``known``: the vocabulary's words in it; ``number``: the one in it.

    ``strange``: the words that the vocabulary lacks. ``mended``: what was read as another word
    (as written, as read), because they differ in a letter.
    """

    known: tuple[str, ...]
    number: int | None = None
    strange: tuple[str, ...] = ()
    mended: tuple[tuple[str, str], ...] = ()

    @property
    def whole(self) -> frozenset[str]:
        """The words without their order."""
        return frozenset(self.known)

    @property
    def understood(self) -> bool:
        """Whether the vocabulary has every word of it."""
        return bool(self.known) and not self.strange


def folded(text: str) -> str:
    """Take case, accents and ligatures off a text."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_UNACCENTED))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def same_name(one: str, other: str) -> bool:
    """Tell whether two texts are one name, but for case, accents and signs between words."""
    return _glued(one) == _glued(other) != ""


def _glued(text: str) -> str:
    return "".join(_WORD.findall(folded(text)))


def plain_words(header: str) -> frozenset[str]:
    """Give all words of a header, without accents and case."""
    return frozenset(_WORD.findall(folded(header)))


def words_of(header: str) -> Words:
    """Read a header as words of the vocabulary. Any text can be read."""
    if len(header) > _LONGEST:
        return Words((), strange=(header,))
    plain = _NUMBER_SIGN.sub("numero ", header)
    parts = [folded(part) for piece in plain.split() for part in _parts(piece)]
    known: list[str] = []
    strange: list[str] = []
    mended: list[tuple[str, str]] = []
    numbers: list[int] = []
    written = _contracted([part for part in parts if part])
    for place, word in enumerate(written):
        if word.isdecimal() and len(word) <= _MOST_DIGITS:
            numbers.append(int(word))
        elif _is_a_person(word, written[:place], written[place + 1 :]):
            strange.append(word)
        elif word in COMPOUNDS:
            known += COMPOUNDS[word]
        elif (meant := _meant(word)) is not None:
            known.append(meant)
        elif word in ARTICLES:
            continue
        elif (near := _near(word)) is not None:
            mended.append((word, near))
            known.append(WORDS[near])
        else:
            strange.append(word)
    if len(numbers) > 1:
        strange += map(str, numbers)
    return Words(
        tuple(known),
        numbers[0] if len(numbers) == 1 else None,
        tuple(strange),
        tuple(mended),
    )


def _is_a_person(word: str, before: list[str], behind: list[str]) -> bool:
    """Tell whether "principal", "main" and the like belong to a person, not to what is named.

    In French they stand behind the noun ("courriel principal"), in English before it.
    """
    word = word.removesuffix("s")
    if word not in BEFORE_ITS_NOUN | BEHIND_ITS_NOUN:
        return False
    previous = next((one for one in reversed(before) if one not in ARTICLES), "")
    following = next((one for one in behind if one not in ARTICLES), "")
    if word in BEHIND_ITS_NOUN:
        english = previous in ENGLISH_NOUNS or previous in COMPOUNDS
        return not previous or english or _meant(previous) in PERSONS or _meant(previous) is None
    if following:
        return _meant(following) in PERSONS
    return _meant(previous) in PERSONS


def _parts(piece: str) -> list[str]:
    """Cut a piece without blanks at signs, humps and numbers; one that is a known word stays."""
    parts = []
    for word in _WORD.findall(unicodedata.normalize("NFC", piece)):
        whole = folded(word)
        if whole in COMPOUNDS or _meant(whole) is not None:
            parts.append(word)
        else:
            parts += _HUMPS.split(word)
    return parts


def _contracted(parts: list[str]) -> list[str]:
    """Put together what belongs together: ``e mail``, ``opt in``."""
    joined: list[str] = []
    for part in parts:
        if joined and (joined[-1], part) in CONTRACTIONS:
            joined[-1] = CONTRACTIONS[joined[-1], part]
        else:
            joined.append(part)
    return joined


def _meant(word: str) -> str | None:
    """Look a word up, also in the singular."""
    if word in WORDS:
        return WORDS[word]
    if len(word) > 3 and word[-1] in "sx" and word[:-1] in WORDS:
        return WORDS[word[:-1]]
    return None


def _near(word: str) -> str | None:
    """Find the one long word of the vocabulary that a typing slip turned into this one.

    A slip changes, drops, adds or exchanges one letter that is not the first. Words that are
    others of their own right, such as "courrier" beside "courriel", are none.
    """
    singular = word.rstrip("s")
    if not word.isalpha() or {word, singular} & OTHER_WORDS:
        return None
    alike = process.extract(word, GUESSABLE, scorer=OSA.distance, score_cutoff=1, limit=3)
    found = {WORDS[name]: name for name, _, _ in alike if name[0] == word[0]}
    return next(iter(found.values())) if len(found) == 1 else None
