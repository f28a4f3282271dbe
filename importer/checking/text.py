"""Plain text and choices: letter case, length and form."""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.blanks import BLANKS
from importer.checking.column import (
    Checked,
    Context,
    Problem,
    patched,
)
from importer.checking.names import title_case
from importer.field_rules import Case, FieldRule
from importer.issues import IssueCode, Severity
from importer.language import tr, trn
from importer.masks import Mask, to_mask

# The longest text that is compared with a pattern for which only Python's own engine will do: it
# may take a time that grows with the square of the length, and worse.
_LONGEST_COMPARED = 1_000
_CASES: dict[Case, Callable[[Any], Any]] = {
    Case.LOWER: pc.utf8_lower,
    Case.UPPER: pc.utf8_upper,
    Case.TITLE: title_case,
}
_JOINER = "\u200d"
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))

# What means the same to Python and to RE2, which needs a time that grows with the length only:
# plain characters, classes, groups, alternatives and repetitions. What RE2 takes for ASCII only is
# written out.
_SIGN = r"\\[^A-Za-z0-9\x80-\U0010ffff]"
_CLASS = rf"\[\^?(?:[^\\\[\]^]|{_SIGN}|\\[dws])+\]"
_ATOM = rf"(?:[^\\\[\](){{}}|*+?^$]|{_SIGN}|\\[dDwWsS]|{_CLASS}|\((?:\?:|(?!\?))|\)|\|)"
_PORTABLE = re.compile(rf"(?:{_ATOM}(?:(?:[*+?]|\{{[0-9]+(?:,[0-9]*)?\}})\??)?)*")
_LETTER = re.compile(rf"(?P<class>{_CLASS})|\\(?P<letter>.)", re.DOTALL)
_MEANT = {
    "d": r"\p{Nd}",
    "w": r"\p{L}\p{N}_",
    "s": r"\t-\r\x1c-\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}"
    r"\x{205f}\x{3000}",
}


def check_text(texts: Any, rule: FieldRule, context: Context) -> Checked:
    """Write text in the case that is asked for; refuse what is too long or of another form.

    What is too long is cut, with a warning, if the rule says so.
    """
    del context
    result = texts
    problems = []
    if rule.case is not None:
        result = _CASES[rule.case](result)
    if rule.max_length is not None:
        lengths = pc.utf8_length(result)
        too_long = to_mask(pc.greater(lengths, rule.max_length))
        if too_long.any():
            if rule.truncate:
                result = _cut(result, too_long, rule.max_length, trim=rule.trim)
            problems.append(_of_length(lengths, too_long, rule))
    if rule.pattern is not None:
        problems += _of_another_form(result, rule.pattern, rule.like)
    return Checked(result, tuple(problems))


def _of_length(lengths: Any, too_long: Mask, rule: FieldRule) -> Problem:
    if rule.truncate:
        most = rule.max_length or 0
        said = trn("{count} character", "{count} characters", most, count=most)
        return Problem(IssueCode.VALUE_TRUNCATED, too_long, said, Severity.WARNING)
    found = lengths.to_numpy(zero_copy_only=False)[too_long]
    told = {
        n: tr("{found} characters, {most} are allowed", found=n, most=rule.max_length)
        for n in np.unique(found).tolist()
    }
    details = [told[n] for n in found.tolist()]
    return Problem(IssueCode.VALUE_TOO_LONG, too_long, details)


def _cut(texts: Any, too_long: Mask, length: int, *, trim: bool) -> Any:
    """Cut the marked texts; blanks that end up last are taken off."""
    at = np.flatnonzero(too_long)
    cut = [_beginning(text, length) for text in texts.take(pa.array(at)).to_pylist()]
    return patched(texts, at, [text.rstrip(BLANKS) if trim else text for text in cut])


def _beginning(text: str, length: int) -> str:
    """Cut a text between two characters as people see them: no accent is parted from its letter."""
    end = length
    while end and (_belongs_before(text[end]) or text[end - 1] == _JOINER):
        end -= 1
    return text[: end or length]


def _belongs_before(sign: str) -> bool:
    return unicodedata.category(sign)[0] == "M" or sign == _JOINER or sign in _SKIN_TONES


def _of_another_form(texts: Any, pattern: str, like: str) -> list[Problem]:
    """Find the texts that a pattern does not match as wholes. ``like``: one that it does."""
    matched = _matched_by_re2(texts, pattern)
    if matched is None:
        return _of_another_form_to_python(texts, pattern, like)
    shown = like or pattern
    return [] if matched.all() else [Problem(IssueCode.VALUE_NOT_MATCHING, ~matched, shown)]


def _of_another_form_to_python(texts: Any, pattern: str, like: str) -> list[Problem]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what a later Python may read otherwise
        form = re.compile(pattern)
    too_long = tr(
        "{pattern}, which only texts of up to {most} characters can have",
        pattern=pattern,
        most=_LONGEST_COMPARED,
    )
    other = np.zeros(len(texts), dtype=bool)
    details = []
    for position, text in enumerate(texts.to_pylist()):
        if len(text) > _LONGEST_COMPARED or form.fullmatch(text) is None:
            other[position] = True
            details.append(too_long if len(text) > _LONGEST_COMPARED else like or pattern)
    return [Problem(IssueCode.VALUE_NOT_MATCHING, other, details)] if details else []


def _matched_by_re2(texts: Any, pattern: str) -> Mask | None:
    """Find the texts that RE2 matches; None where it could judge otherwise than Python."""
    portable = _portable(pattern)
    if portable is None:
        return None
    try:
        return to_mask(pc.match_substring_regex(texts, rf"\A(?:{portable})\z"))
    except (pa.ArrowInvalid, UnicodeEncodeError):  # too large for RE2, or no Unicode
        return None


def _portable(pattern: str) -> str | None:
    """Write a pattern for RE2; None where it could mean something else."""
    plain = pattern.removeprefix("^")
    if re.search(r"(?<!\\)(?:\\\\)*\$\Z", plain):
        plain = plain[:-1]
    return _LETTER.sub(_translated, plain) if _PORTABLE.fullmatch(plain) else None


def _translated(found: re.Match[str]) -> str:
    """Write a class, or what stands behind a backslash, for RE2."""
    if found["class"]:
        inside = r"\\(.)"
        return re.sub(inside, lambda pair: _MEANT.get(pair[1], pair[0]), found["class"])
    letter = found["letter"]
    meant = _MEANT.get(letter.lower())
    if meant is None:
        return found[0]
    return f"[^{meant}]" if letter.isupper() else f"[{meant}]"
