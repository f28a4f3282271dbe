"""Names that look alike, or mean the same: what somebody may have meant by an unknown one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from importer.documents.listing import in_quotes, joined
from importer.documents.synonyms import meanings
from importer.language import tr

_LOOKS_ALIKE = 0.62  # of 1; below it, names of people's files are alike by chance
_SECOND_BEST = 0.15  # how much less alike another suggestion may be
_SAME_MEANING = 0.95
_WORDS_SHARED = 0.9  # what a name is worth of which only the words stand in another
_BEGINNING = 0.8  # what it is worth of which another begins with all of it
_ENOUGH_TO_BEGIN_WITH = 4
_LONGEST = 200


def near(name: str, known: Iterable[str], *, most: int = 3) -> str:
    """Make " Did you mean …?" of the known names that look alike; empty when none does."""
    names = [in_quotes(one) for one in nearest(name, known, most=most)]
    if not names:
        return ""
    listed = names[0]
    if len(names) > 1:
        listed = tr("{some} or {last}", some=joined(names[:-1]), last=names[-1])
    return tr(" Did you mean {listed}?", listed=listed)


def nearest(name: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """List the known names that look like a name or mean the same, the likeliest first.

    Case, accents, signs and turned letters count little: ``onInvalid`` is ``on_invalid``.
    """
    candidates = {folded(one): one for one in reversed([*known])}
    wanted = folded(name)
    alike = {one: likeness(wanted, one) for one in candidates}
    best = max(alike.values(), default=0.0)
    least = max(_LOOKS_ALIKE, best if best == 1.0 else best - _SECOND_BEST)
    found = [one for one in reversed(candidates) if alike[one] >= least]
    return [candidates[one] for one in sorted(found, key=lambda one: -alike[one])][:most]


def folded(name: str) -> str:
    """What two names have in common that differ in case, accents and signs only."""
    apart = unicodedata.normalize("NFKD", name[:_LONGEST].casefold())
    plain = "".join(c for c in apart if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", " ", plain).strip() or plain


def likeness(one: str, other: str) -> float:
    """Tell how alike two folded names are, from 0 to 1."""
    from rapidfuzz import fuzz  # not before somebody mistook a name
    from rapidfuzz.distance import OSA

    closed = one.replace(" ", ""), other.replace(" ", "")
    if closed[0] == closed[1]:
        return 1.0
    if meanings(one) & meanings(other):
        return _SAME_MEANING
    letters = max(OSA.normalized_similarity(one, other), OSA.normalized_similarity(*closed))
    short, long = sorted(closed, key=len)
    if len(short) >= _ENOUGH_TO_BEGIN_WITH and long.startswith(short):
        letters = max(letters, _BEGINNING)
    if min(map(len, closed)) < 3:
        return letters
    return max(letters, _WORDS_SHARED * fuzz.token_set_ratio(one, other) / 100)
