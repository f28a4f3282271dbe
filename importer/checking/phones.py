"""Phone numbers, written in E.164: patterns from phonenumbers' own tables decide the plain ones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc
from phonenumbers import NumberParseException, PhoneMetadata

from importer.checking.column import Checked, Context, Problem, patched, to_mask
from importer.issues import IssueCode, Severity
from importer.model import FieldRule

_SHAPE = r"^\+?[0-9(][0-9 ().\-\x{a0}/]{6,24}$"
_POSTE = re.compile(r"(?i)\bposte\b\.?")  # how Quebec writes an extension; unknown to phonenumbers
# Country codes whose numbering has no rule but a national prefix in front: there a match of the
# tables' patterns is a whole proof. Elsewhere phonenumbers itself is asked.
_PLAIN_PLANS = {1: r"^1?", 33: r"^0"}
_TYPES = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip",
    "pager", "uan", "voicemail",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Plan:
    """A country's numbering: the regular expression of its national numbers, and its prefix."""

    country_code: int
    prefix: str
    national: str


@lru_cache(maxsize=32)
def _plan(region: str) -> _Plan | None:
    code = phonenumbers.country_code_for_region(region)
    if code not in _PLAIN_PLANS:
        return None
    patterns = set()
    for one in phonenumbers.region_codes_for_country_code(code):
        metadata = PhoneMetadata.metadata_for_region(one)
        if metadata is None or metadata.leading_digits is not None:
            continue
        for kind in _TYPES:
            described = getattr(metadata, kind)
            if described is not None and described.national_number_pattern not in {None, "NA"}:
                patterns.add(described.national_number_pattern)
    national = "|".join(sorted(f"(?:{pattern})" for pattern in patterns))
    return _Plan(code, _PLAIN_PLANS[code], f"^(?:{national})$")


def check_phone(texts: Any, rule: FieldRule, context: Context) -> Checked:
    """Write a number in E.164; refuse what is none, and leave an extension out with a warning."""
    del context
    result = _by_pattern(texts, _plan(rule.region) if rule.region else None)
    odd = np.flatnonzero(to_mask(pc.is_null(result)))
    if not len(odd):
        return Checked(result)
    wrong = np.zeros(len(texts), dtype=bool)
    extended = np.zeros(len(texts), dtype=bool)
    replacements: list[str | None] = []
    reasons: list[str] = []
    extensions: list[str] = []
    for position, text in zip(odd, texts.take(pa.array(odd)).to_pylist(), strict=True):
        try:
            number, extension = _judge(text, rule.region)
        except ValueError as error:
            replacements.append(None)
            wrong[position] = True
            reasons.append(str(error))
            continue
        replacements.append(number)
        if extension:
            extended[position] = True
            extensions.append(extension)
    problems = []
    if reasons:
        problems.append(Problem(IssueCode.PHONE_INVALID, wrong, reasons))
    if extensions:
        problems.append(
            Problem(IssueCode.PHONE_EXTENSION_DROPPED, extended, extensions, Severity.WARNING)
        )
    return Checked(patched(result, odd, replacements), tuple(problems))


def _by_pattern(texts: Any, plan: _Plan | None) -> Any:
    """Write what the tables prove; missing where they prove nothing."""
    nothing = pa.nulls(len(texts), pa.large_string())
    if plan is None:
        return nothing
    shaped = pc.match_substring_regex(texts, _SHAPE)
    digits = pc.replace_substring_regex(texts, pattern="[^0-9]", replacement="")
    international = pc.starts_with(texts, "+")
    # "+33 (0)6 …" keeps its national zero inside: left to phonenumbers by failing the pattern.
    from_abroad = pc.replace_substring_regex(
        digits, pattern=f"^{plan.country_code}", replacement=""
    )
    starts = pc.starts_with(digits, str(plan.country_code))
    at_home = pc.replace_substring_regex(digits, pattern=plan.prefix, replacement="")
    prefixed = pc.match_substring_regex(digits, plan.prefix)
    national = pc.if_else(international, from_abroad, at_home)
    rightly = pc.if_else(international, starts, prefixed)
    valid = pc.match_substring_regex(national, plan.national)
    proved = pc.and_(pc.and_(shaped, rightly), valid)
    plus = pa.scalar(f"+{plan.country_code}", pa.large_string())
    nothing_between = pa.scalar("", pa.large_string())
    written = pc.binary_join_element_wise(plus, national, nothing_between)
    return pc.if_else(proved, written, nothing)


def _judge(text: str, region: str | None) -> tuple[str, str]:
    """Give a number in E.164 and its extension.

    Raises:
        ValueError: with the reason in words.
    """
    try:
        number = phonenumbers.parse(_POSTE.sub("ext", text), region)
    except NumberParseException as error:
        if error.error_type == NumberParseException.INVALID_COUNTRY_CODE and region is None:
            raise ValueError(
                "it has no country code (+1…), and the mapping gives the column no region"
            ) from None
        raise ValueError("it cannot be read as a number") from None
    digits = re.sub(r"(?i)(ext|x|poste|#).*$", "", text) if number.extension else text
    if any(character.isalpha() for character in digits):
        raise ValueError("it has letters in it")
    if not phonenumbers.is_valid_number(number):
        raise ValueError(f"no such number can exist under the country code +{number.country_code}")
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written, number.extension or ""
