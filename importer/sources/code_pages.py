"""Which code page bytes are written in that no mark tells and that are not UTF-8.

A detector that counts letters over a whole text fails on contact files: a thousand ASCII cells
and one "Montréal" say nothing to it. So only the words around the bytes that are not ASCII are
looked at, and each code page is judged by how well what it makes of them sits among its
neighbours: "Montréal" is a word, "MontrÈal" (the same bytes on a Mac) is none. What is no Western
text by that measure is left to charset-normalizer.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from importer.tables import Certainty

# How much likelier than cp1252 a page must look to be taken for it, roughly as logarithms.
_PRIORS = {
    "cp1252": 0.0,
    "latin-1": -0.2,
    "iso-8859-15": -0.8,
    "mac-roman": -1.0,
    "cp850": -1.2,
    "cp1250": -1.2,
    "cp437": -1.4,
    "cp863": -1.6,  # Québec's under DOS
    "cp1254": -1.6,
    "cp1257": -1.6,
    "iso-8859-2": -1.6,
    "cp852": -1.8,
}
# What charset-normalizer chooses from: without a limit it finds pages that no file is in.
_FOREIGN = ["cp932", "euc_jp", "gb18030", "big5", "cp949"]
_FOREIGN += ["cp1251", "koi8_r", "mac_cyrillic", "cp866", "iso8859_5"]
_FOREIGN += ["cp1253", "iso8859_7", "cp1255", "cp1256"]
_FOREIGN_BYTES = 3 << 10
_WORDS = 500
_WORD_BYTES = 40
_SETTLED = 1.0  # the least lead of a page that counts as clearly best

# A language's letters that are not ASCII, and what one of them is worth.
_LANGUAGES = (
    ("éèêëàâçùûîïôœ", 1.8),
    ("äöüß", 1.5),
    ("áéíñóúü", 1.5),
    ("ãáâçéêíóôõú", 1.3),
    ("åäöæøé", 1.2),
    ("áéíðóúýþæö", 0.8),
    ("ąćęłńóśźż", 1.3),
    ("áäčďéěíĺľňóôŕřšťúůýž", 1.3),
    ("áéíóöőúüű", 1.2),
    ("ăâîşţșț", 1.2),
    ("čćđšž", 1.2),
    ("çğıöşüâîİ", 1.2),
    ("ąčęėįšųūžāēģīķļņ", 1.2),
    ("àèéìòù", 1.2),
)
_WORTHS = {"é": 3.0, "è": 2.2, "ô": 1.6}  # in any language: by how frequent they are in French
_LANGUAGE_OF = {
    letter: tuple(i for i, (letters, _) in enumerate(_LANGUAGES) if letter in letters)
    for letter in {*"".join(letters for letters, _ in _LANGUAGES)}
}
_FRENCH, _ITALIAN = 0, len(_LANGUAGES) - 1
_ELSEWHERE = 0.3  # a letter of another language than the text's
_UNKNOWN = -1.0
_WRONG = -3.0
# Words of one letter. Any other letter alone is more likely a sign of another page.
_ONE_LETTER_WORDS = {"é": 3.0, "à": 1.5, "á": 0.8} | dict.fromkeys("èíóåöø", _ELSEWHERE)
_ALONE = -1.0

# What a character that is no letter is worth: beside a blank or a digit, and inside a word.
_SIGNS = {
    "\xa0": (1.5, 0.0),
    "’": (0.5, 0.0),
    "‘": (0.3, -0.5),
    "…": (0.8, -1.5),
    "–": (0.5, 0.0),
    "—": (0.5, 0.0),
    "€": (1.5, _WRONG),
    "°": (0.3, _WRONG),
    "º": (0.0, _WRONG),
    "²": (0.2, _WRONG),
    "³": (0.0, _WRONG),
    "½": (0.2, _WRONG),
    "¼": (0.2, _WRONG),
    "¾": (0.2, _WRONG),
    "©": (0.3, -2.0),
    "®": (0.3, -2.0),
    "™": (0.3, -2.0),
    "£": (-1.0, _WRONG),
    "•": (0.3, -1.0),
    "·": (0.0, -1.0),
    "´": (-1.0, -1.0),
    "§": (-0.3, _WRONG),
    "±": (-0.3, _WRONG),
    "µ": (-0.3, _WRONG),
    "\xad": (-0.5, -0.5),
    "�": (-4.0, -4.0),
}
_OTHER_SIGN = (-1.5, _WRONG)
# What it is worth where no letter is beside it, and where nothing else would stand.
_FREE = {"£": 0.8, "¢": 0.5, "¥": -1.0, "½": 1.0, "¼": 1.0, "¾": 1.0, "×": 1.0, "÷": 0.8}
_FREE |= {"±": 1.0, "·": 1.5, "§": 0.2, "µ": 0.5, "†": 0.5}
_IN_PLACE = 1.5
_PLACES = re.compile(
    r"(?<![^\W\d_])[£¥](?=\d)|(?<=\d)[£¥¢½¼¾‰](?![^\W\d_])"
    r"|(?<=[\dnN])[°º]|(?<=\d)ª|(?<![^\W\d_][A-Z])(?<=[A-Z])ª"
    r"|(?<![^\W\d_])µ(?:[gmlsLAVWFHJMN]|mol|Sv|Gy|Pa)(?!\w)"
)
_TRADEMARK = 1.8  # where a word ends: more than the "ô" that it is on a Mac
_OPENING, _CLOSING = "“«„‹¿¡", "”»›"
_QUIET = "\xa0’«“»”–—…"  # signs that may stand beside any letter
_BLANKS = bytes(b if b >= 0x80 or chr(b).isalnum() or b == 0x27 else 0x20 for b in range(256))
_DIGITS = re.compile(rb"[0-9]+")


@dataclass(frozen=True, slots=True)
class CodePage:
    """A code page by Python's name, how sure it is, and those about as likely."""

    codec: str
    certainty: Certainty
    others: tuple[str, ...] = ()


def find_code_page(samples: Sequence[bytes]) -> CodePage:
    """Find the code page of samples that hold bytes which are not ASCII, and are not UTF-8."""
    words = _words(samples)
    codecs_of: dict[str, list[str]] = {}
    for codec in _PRIORS:
        codecs_of.setdefault(words.decode(codec, errors="replace"), []).append(codec)
    worths = {text: _worth(text) for text in codecs_of}
    ranked = sorted(codecs_of, key=lambda text: -worths[text] - _PRIORS[codecs_of[text][0]])
    score = {text: worths[text] + _PRIORS[codecs_of[text][0]] for text in ranked}
    best = ranked[0]
    rivals = tuple(
        codecs_of[text][0] for text in ranked[1:] if score[best] - score[text] < _SETTLED
    )
    if worths[best] < 0 and not _is_of_lone_signs(words) and (foreign := _foreign(samples)):
        return foreign
    if worths[best] < 0 or rivals:
        return CodePage(codecs_of[best][0], Certainty.DOUBTFUL, rivals)
    return CodePage(codecs_of[best][0], Certainty.LIKELY)


def likeness(samples: Sequence[bytes], codec: str) -> float:
    """Tell how much like Western text a codec makes the words that are not ASCII; 0: not at all.

    Only differences between codecs on the same samples mean anything.
    """
    return _worth(_words(samples).decode(codec, errors="replace")) + _PRIORS.get(codec, 0.0)


def _words(samples: Sequence[bytes]) -> bytes:
    """Give distinct words that are not ASCII, evenly from all samples, a blank between them.

    Every number is a 0: a sign beside five hundred amounts says no more than beside one.
    """
    found: dict[bytes, None] = {}
    for sample in samples:
        if not sample.isascii():
            words = (
                _DIGITS.sub(b"0", word)
                for word in sample.translate(_BLANKS).split(b" ")
                if not word.isascii()
            )
            room = _WORDS // len(samples) + 1
            for word in itertools.islice(dict.fromkeys(words), room):
                found[_around_the_first_accent(word)] = None
    return b" ".join(found)


def _around_the_first_accent(word: bytes) -> bytes:
    if len(word) <= _WORD_BYTES:
        return word
    first = next(i for i, byte in enumerate(word) if byte >= 0x80)
    start = max(first - _WORD_BYTES // 2, 0)
    return word[start : start + _WORD_BYTES]


def _is_of_lone_signs(words: bytes) -> bool:
    """Tell whether no more than two bytes are not ASCII, at most one in a word: no foreign text."""
    found = {bytes(b for b in word if b >= 0x80) for word in words.split(b" ")}
    return len(found) <= 2 and all(len(signs) == 1 for signs in found)


def _worth(text: str) -> float:
    """Judge each character that is not ASCII by its neighbours; letters by the best language."""
    signs = 0.0
    by_language = [0.0] * len(_LANGUAGES)
    padded = f"  {text}  "
    for i, character in enumerate(padded):
        if character.isascii():
            continue
        before, left, right = padded[i - 2], padded[i - 1], padded[i + 1]
        if not _is_latin_letter(character):
            signs += _sign(padded, i)
            continue
        alone = not (left.isalpha() or right.isalpha())
        if alone and left.isascii() and right.isascii():
            signs += _lone_letter(left, character, right)
            continue
        penalty = _penalty(before, left, character, right)
        letter = character if character == "İ" else character.lower()
        signs += penalty
        if penalty == _WRONG:
            continue
        if letter not in _LANGUAGE_OF:
            signs += _UNKNOWN
            continue
        meagre = alone or (left.isalpha() and not left.isascii())
        meagre = meagre and letter not in "éà"
        for language in range(len(_LANGUAGES)):
            worth = _letter(language, left.lower(), letter, right.lower())
            by_language[language] += min(worth, _ELSEWHERE) if meagre else worth
    return signs + max(by_language)


def _is_latin_letter(character: str) -> bool:
    return character.isalpha() and character < "\u0250" and character not in "ªºµƒˆˇ"


def _lone_letter(left: str, letter: str, right: str) -> float:
    """Judge a letter that has none beside it: a word, an initial, "ø12", "2è", or a wrong page."""
    if left.isdigit() and right.isdigit():
        return _WRONG
    if left.isdigit() or right.isdigit():
        return _ELSEWHERE if letter in "øØéè" else _ALONE
    letter, is_initial = letter.lower(), letter.isupper() and letter.lower() in _LANGUAGE_OF
    return _ONE_LETTER_WORDS.get(letter, _ELSEWHERE if is_initial else _ALONE)


def _penalty(before: str, left: str, letter: str, right: str) -> float:
    """Judge a letter by its case, and by how many like it stand in a row."""
    if not (left.isascii() or before.isascii() or left in _QUIET or before in _QUIET):
        return _WRONG
    if letter.isupper():
        return _WRONG if left.islower() or (left.isupper() and right.islower()) else 0.0
    # Old programs shout in ASCII only: "MONTRéAL" is odd, not impossible.
    return -0.9 if (left.isupper() and (right.isupper() or before.isupper())) else 0.0


def _letter(language: int, left: str, letter: str, right: str) -> float:
    if language not in _LANGUAGE_OF[letter]:
        return _ELSEWHERE
    if language == _FRENCH and not _sits_as_in_french(left, letter, right):
        return _ELSEWHERE
    if language == _ITALIAN and right.isalpha():
        return _ELSEWHERE
    return _WORTHS.get(letter, _LANGUAGES[language][1])


def _sits_as_in_french(left: str, letter: str, right: str) -> bool:
    """Tell where French has this letter: "Noël" and "château", not "Noâl" and "chëteau"."""
    if letter in "àù":
        return not right.isalpha()
    if letter in "ëï":
        return left in "aeiouyé"
    if letter in "âô":
        return left not in "aiou"
    if letter == "î":
        return right not in "aeiou"
    if letter == "ç":
        return right in "aouâôûéè"
    return letter not in "êœ" or right.isalpha()


def _sign(text: str, at: int) -> float:
    before, left, sign, right = text[at - 2], text[at - 1], text[at], text[at + 1]
    if "\x80" <= sign <= "\x9f":
        return _WRONG
    if sign in _OPENING:
        return -1.0 if left.isalpha() or (sign in "¿¡" and left.isdigit()) else 0.8
    if sign in _CLOSING:
        return -1.0 if right.isalpha() else 0.8
    if sign == "’" and left.isalpha() and right.isalpha():
        # l’été, it’s, jusqu’au, aujourd’hui, Bob’s: not every place in a word will do.
        return 2.5 if not before.isalpha() or right in "stmSTM" or left in "udUD" else 0.0
    if _PLACES.match(text, at):
        return _IN_PLACE
    if sign == "™" and left.isalpha() and not right.isalpha():
        return _TRADEMARK
    if sign in _FREE and not (left.isalpha() or right.isalpha()):
        return _FREE[sign]
    outside, inside = _SIGNS.get(sign, _OTHER_SIGN)
    return inside if left.isalpha() and right.isalpha() else outside


def _foreign(samples: Sequence[bytes]) -> CodePage | None:
    """Ask charset-normalizer, which needs some hundred bytes of a script to be sure."""
    from charset_normalizer import from_bytes  # costs more than reading most files

    lines = _lines(samples)
    matches = list(from_bytes(lines, cp_isolation=_FOREIGN, steps=5, chunk_size=512))
    if not matches:
        return None
    best = matches[0]
    others = [m for m in matches[1:] if str(m) != str(best)]
    rivals = tuple(
        _name(m.encoding)
        for m in others
        if m.chaos - best.chaos < 0.05 and best.coherence - m.coherence < 0.05
    )
    certainty = Certainty.DOUBTFUL if rivals or len(lines) < 24 else Certainty.LIKELY
    return CodePage(_name(best.encoding), certainty, rivals[:3])


def _name(codec: str) -> str:
    return codec.replace("_", "-")


def _lines(samples: Sequence[bytes]) -> bytes:
    """Give whole lines that are not ASCII: a code page of two bytes may use ASCII's as a second."""
    room = _FOREIGN_BYTES // len(samples)
    found: dict[bytes, None] = {}
    for i, sample in enumerate(samples):
        lines = sample.replace(b"\r", b"\n").split(b"\n")
        whole = lines[i > 0 : len(lines) - (i < len(samples) - 1)] or lines
        size = 0
        for line in dict.fromkeys(whole):
            if not line.isascii() and line not in found:
                cell = line if len(line) <= room else _cut(line[:room])
                size += len(cell)
                if size > room:
                    break
                found[cell] = None
    return b"\n".join(found)


def _cut(line: bytes) -> bytes:
    """Cut a line behind a cell: no second byte of a character looks like what parts cells."""
    return line[: max(line.rfind(sign) for sign in (b",", b";", b"\t", b" "))] or line
