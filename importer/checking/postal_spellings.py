"""How the postal codes of some countries are spelled, and what makes a text none of theirs.

The facts are those of the post offices' own guides: which letters Canada and the United Kingdom
use in which place, which first digits France, Belgium, Switzerland and Germany give.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from importer.language import mark, tr

_GAP = "[ \\-\u00a0\u202f]*"  # between the parts of a code


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a code in capitals (RE2), and what is written for it."""

    pattern: str
    replacement: str
    restores_zero: bool = False


@dataclass(frozen=True, slots=True)
class Spelling:
    """A country's codes: a sentence that says how they look, and the forms people write."""

    looks: str
    forms: tuple[Form, ...]


_OF_CANADA = r"[ABCEGHJ-NPRSTVXY][0-9][ABCEGHJ-NPRSTV-Z]"
_CANADA = Spelling(
    mark("codes of Canada have a letter and a digit in turn, such as H2X 1Y4"),
    (Form(rf"^({_OF_CANADA}){_GAP}([0-9][ABCEGHJ-NPRSTV-Z][0-9])$", r"\1 \2"),),
)
_BRITAIN = Spelling(
    mark("codes of the United Kingdom have two groups of letters and digits, such as SW1A 1AA"),
    (
        Form(
            r"^(GIR|[A-PR-UWYZ](?:[0-9]{1,2}|[A-HK-Y][0-9]{1,2}|[0-9][A-HJKPSTUW]"
            rf"|[A-HK-Y][0-9][ABEHMNPRVWXY])){_GAP}([0-9][ABD-HJLNP-UW-Z]{{2}})$",
            r"\1 \2",
        ),
    ),
)
_STATES = Spelling(
    mark("codes of the United States have five digits, or nine, such as 02134 and 02134-1001"),
    (
        Form(r"^((?:00[5-9]|0[1-9][0-9]|[1-9][0-9]{2})[0-9]{2})$", r"\1"),
        Form(r"^((?:00[5-9]|0[1-9][0-9]|[1-9][0-9]{2})[0-9]{2})[ \-]?([0-9]{4})$", r"\1-\2"),
        Form(r"^([1-9][0-9]{3})(-[0-9]{4})?$", r"0\1\2", restores_zero=True),
    ),
)
_ZERO = Form(r"^([1-9][0-9]{3})$", r"0\1", restores_zero=True)
_OF_FRANCE = r"(0[1-9]|[1-8][0-9]|9[0-578])[  ]?([0-9]{3})"
_OF_GERMANY = r"((?:0[1-9]|[1-9][0-9])[0-9]{3})"
_OF_FOUR = r"([1-9][0-9]{3})"


def _digits(looks: str, prefix: str, code: str, *more: Form) -> Spelling:
    """Spell a code of digits, before which letters for the country may stand."""
    written = r"\1\2" if code == _OF_FRANCE else r"\1"
    return Spelling(looks, (Form(rf"^(?:(?:{prefix}){_GAP})?{code}$", written), *more))


_FRANCE = _digits(
    mark("codes of France have five digits, such as 75008, from 01000 to 98999"),
    "FR?|MC",
    _OF_FRANCE,
    _ZERO,
)
_GERMANY = _digits(
    mark("codes of Germany have five digits, such as 10115"), "DE?", _OF_GERMANY, _ZERO
)
_BELGIUM = _digits(mark("codes of Belgium have four digits, such as 1000"), "BE?", _OF_FOUR)
_SWITZERLAND = _digits(
    mark("codes of Switzerland have four digits, such as 1200"), "CH|FL", _OF_FOUR
)
_LUXEMBOURG = _digits(mark("codes of Luxembourg have four digits, such as 1009"), "LU?", _OF_FOUR)

# Region -> its spelling; territories beside the country whose codes they have.
SPELLINGS: dict[str, Spelling] = {
    "CA": _CANADA,
    **dict.fromkeys(("GB", "GG", "IM", "JE"), _BRITAIN),
    **dict.fromkeys(("US", "AS", "GU", "MP", "PR", "VI"), _STATES),
    **dict.fromkeys(
        ("FR", "BL", "GF", "GP", "MC", "MF", "MQ", "NC", "PF", "PM", "RE", "WF", "YT"), _FRANCE
    ),
    "DE": _GERMANY,
    "BE": _BELGIUM,
    **dict.fromkeys(("CH", "LI"), _SWITZERLAND),
    "LU": _LUXEMBOURG,
}
# What is unmistakable without its country.
BY_SHAPE: tuple[Form, ...] = (
    *_CANADA.forms,
    *_BRITAIN.forms,
    Form(rf"^FR?-{_OF_FRANCE}$", r"\1\2"),
    Form(rf"^DE?-{_OF_GERMANY}$", r"\1"),
    Form(rf"^(?:BE?|CH|FL|LU?)-{_OF_FOUR}$", r"\1"),
)

_LIKE_CANADA = re.compile(r"[A-Z][0-9OIL][A-Z][ -]?[0-9OIL][A-Z][0-9OIL]")
_LETTER_FOR_DIGIT = str.maketrans("OIL", "011")
_LONGEST = 12


def looks_canadian(text: str) -> bool:
    """Tell whether a text has letters and digits as Canada's codes have them."""
    return _LIKE_CANADA.fullmatch(text.upper()) is not None


def why_none(text: str, region: str | None) -> str:
    """Say why a text is none of a country's codes; None: none of any country's."""
    spelling = SPELLINGS.get(region) if region else None
    if re.search(r"(?i)\bcedex\b", text):
        return tr("CEDEX and its number belong to the city")
    if re.search(r"[^\W\d_]{5}", text):
        return tr("it has words in it, and only the code belongs here")
    if spelling is _CANADA or (spelling is None and looks_canadian(text)):
        return _why_not_canadian(text.upper())
    if spelling is None:
        return _why_not_any(text)
    upper = text.upper()
    if _fits(upper.translate(_LETTER_FOR_DIGIT), spelling):
        return tr("it has a letter O, I or L where a digit must be")
    if spelling is _FRANCE and re.fullmatch(r"2[AB][ -]?[0-9]{3}", upper):
        return tr("the codes of Corsica begin with 20")
    return tr(spelling.looks)


def _why_not_canadian(text: str) -> str:
    compact = re.sub(r"[\s-]+", "", text)
    mended = "".join(
        sign.translate(_LETTER_FOR_DIGIT) if place % 2 else sign
        for place, sign in enumerate(compact)
    )
    if mended != compact and _fits(mended, _CANADA):
        return tr("it has a letter O, I or L where a digit must be")
    if re.fullmatch(_OF_CANADA, compact):
        return tr("its second half is missing")
    letters = compact[::2]
    if looks_canadian(text) and (set(letters) & set("DFIOQU") or letters[0] in "WZ"):
        return tr("codes of Canada have no D, F, I, O, Q or U, and never begin with W or Z")
    return tr(_CANADA.looks)


def _why_not_any(text: str) -> str:
    if not re.search(r"[0-9]", text):
        return tr("it has no digit")
    if len(text) > _LONGEST:
        return tr("it is too long for one")
    return tr("it has signs that no code has")


def _fits(text: str, spelling: Spelling) -> bool:
    return any(re.fullmatch(f.pattern, text) for f in spelling.forms if not f.restores_zero)
