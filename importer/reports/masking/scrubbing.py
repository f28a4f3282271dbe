"""Takes out of sentences what may quote a cell: addresses, numbers, quotations, known words."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import unquote

from importer.blanks import folded

Words = frozenset[str]
"""Words of some cells, plain: without case and accents."""

_WORD = re.compile(r"\w+")
_CUT = re.compile(r"\w+(?=…$)")  # a word at which what a platform said was cut
_SHORTEST = 2  # characters of a word that is looked for as a whole
_SHORTEST_WITHIN = 5  # of one that is looked for within others; such as a name in a compound
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_PERCENT = re.compile(r"%[0-9a-fA-F]{2}")
_URL = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s\"'<>»]+", re.IGNORECASE)
_ABSOLUTE = re.compile(r"(?<![\w.])(?:~|[A-Za-z]:)?[\\/](?:[^\\/:*?\"<>|\r\n]+[\\/])+(?=[\w.])")
_QUOTING = re.compile(
    r"""
    (?P<address>[^\s<>"'«»“”()\[\]{},;:=]+@[^\s<>"'«»“”()\[\]{},;:=]+)
    | (?P<quoted>
        "[^"\n]+" | “[^”\n]+” | «[^»\n]+» | ‘[^’\n]+’ | `[^`\n]+` | (?<!\w)'[^'\n]+'(?!\w)
      )
    | (?P<number>\+?\(?\d(?:[\s().,/:\u2011-]*\d|-\d){4,})
    """,
    re.VERBOSE,
)
_MASKED = re.compile(r"((?:person|masked|call)-[bcdfghjkmnpqrstv]{12}(?:@masked\.invalid)?)")
_ADDRESS = re.compile(r"[^\s<>\"'«»()\[\]{},;:=]+@[^\s<>\"'«»()\[\]{},;:=]+")
_SPACES = " \xa0\u202f"

OWN_ENDS = frozenset({
    "threshold", "guard", "first-reached", "interrupted", "too-many-rejected", "budget-spent",
    "abandoned",
})  # fmt: skip
"""Why a run ended, where the sentence is ours and quotes nobody; the platform's could."""


def words_of(cells: Iterable[str]) -> Words:
    """Give the words of some cells by which they are found in a sentence."""
    words = (word for cell in cells for word in _WORD.findall(_plain(cell)))
    return frozenset(word for word in words if len(word) >= _SHORTEST or word.isdigit())


def scrubbed(
    sentence: str,
    words: Words,
    *,
    mask: Callable[[str], str],
    others: Words = frozenset(),
    known: frozenset[str] = frozenset(),
    numbers: bool = False,
) -> str:
    """Mask in a sentence what may quote a cell; paths lose their folders, and addresses go.

    ``words``: of cells that it may quote bare. ``others``: of cells that it may quote by mistake,
    looked for as whole words only, for they are many. ``known``: quotations, folded, that may stay,
    such as headers. ``numbers``: whether every word with a digit goes, not only long numbers.
    """
    sentence = _ABSOLUTE.sub("", _URL.sub("…", _decoded(sentence)))
    sentence = _CUT.sub("", sentence)

    def quoting(found: re.Match[str]) -> str:
        text = found.group()
        if found["quoted"] is None:
            return _but_the_end(text, mask)
        inner = text[1:-1]
        if folded(inner) in known or _MASKED.fullmatch(inner.strip(_SPACES)):
            return text
        bare = inner.strip(_SPACES)
        return text[0] + inner.replace(bare, mask(bare)) + text[-1] if bare else text

    parts = _MASKED.split(_QUOTING.sub(quoting, sentence))
    within = [word for word in words if len(word) >= _shortest_within(word)]

    def of_a_cell(found: re.Match[str]) -> str:
        word = _plain(found.group())
        quoted = word in words or word in others or any(part in word for part in within)
        if quoted or (numbers and any(sign.isdigit() for sign in word)):
            return mask(found.group())
        return found.group()

    # Every second part is a pseudonym.
    return "".join(part if at % 2 else _WORD.sub(of_a_cell, part) for at, part in enumerate(parts))


def without_addresses(sentence: str) -> str:
    """Take the e-mail addresses out of a sentence of ours."""
    return _ADDRESS.sub("…", sentence)


def bare_path(path: str) -> str:
    """Give a path without the folders of this machine; one within the place of work stays."""
    windows = PureWindowsPath(path)
    parts = windows.parts if "\\" in path else PurePosixPath(path).parts
    told = path.startswith(("/", "\\", "~")) or windows.drive or ".." in parts
    return parts[-1] if told and parts else path


def _shortest_within(word: str) -> int:
    """A script without blanks between words has short ones."""
    return _SHORTEST_WITHIN if word.isascii() else _SHORTEST


def _but_the_end(text: str, mask: Callable[[str], str]) -> str:
    """Mask a text without the full stop that ends its sentence."""
    bare = text.rstrip(".!?")
    return mask(bare) + text[len(bare) :] if bare else text


def _decoded(sentence: str) -> str:
    """Undo the ways in which a platform may have written what it quotes."""
    sentence = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), html.unescape(sentence))
    sentence = unquote(sentence) if _PERCENT.search(sentence) else sentence
    if sentence.isascii():
        return sentence
    # Signs that nobody sees would hide a word within another.
    return "".join(sign for sign in sentence if unicodedata.category(sign) != "Cf")


def _plain(text: str) -> str:
    """Give a text without case and accents, for comparing."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))
