"""Phone numbers: patterns from phonenumbers' own tables decide the plain ones, it all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc
from phonenumbers import NumberFormat, PhoneMetadata

from importer.checking.column import (
    Checked,
    Context,
    Problem,
    patched,
)
from importer.checking.phone_numbers import (
    HYPHENS,
    OVERSEAS_OF_FRANCE,
    SPACES,
    NoCountryError,
    ReadNumber,
    SeveralNumbersError,
    country_code_of,
    reading_of,
    write_number,
)
from importer.field_rules import FieldRule, PhoneForm
from importer.issues import IssueCode, Severity
from importer.language import tr
from importer.masks import Mask, to_mask

_BETWEEN = "().\\/" + "".join(f"\\x{{{ord(sign):x}}}" for sign in SPACES + HYPHENS)
_SHAPE = rf"^\+?[0-9(][0-9{_BETWEEN}]{{6,24}}$"
_SEPARATORS = f"[{_BETWEEN}]+"
_TYPES = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip",
    "pager", "uan", "voicemail",
)  # fmt: skip
_NONE = pa.scalar(None, pa.large_string())


# Country codes whose numbering has no rule but a prefix in front: there a match of the tables'
# patterns is a whole proof. Elsewhere phonenumbers itself is asked. Code -> what may stand before
# a national number (after a plus, dialled from abroad, at home), whether calls at home need it, and
# the national numbers that the country code may not be right for.
_PLAIN_PLANS = {
    1: (r"^\+?1", False, None),
    33: (r"^(?:\+330?|00330?|0)", True, OVERSEAS_OF_FRANCE),
}


@dataclass(frozen=True, slots=True)
class _Plan:
    """A country's numbering: the regular expressions of its national numbers and their prefixes.

    ``needs_prefix``: whether a number without prefix has lost it. ``elsewhere``: those that are
    not proved.
    """

    country_code: int
    prefix: str
    needs_prefix: bool
    elsewhere: str | None
    national: str


@lru_cache(maxsize=32)
def _plan(region: str) -> _Plan | None:
    code = country_code_of(region)
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
    return _Plan(code, *_PLAIN_PLANS[code], f"^(?:{national})$")


def check_phone(texts: Any, rule: FieldRule, context: Context) -> Checked:
    """Write a number in the rule's form; refuse what is none, or several.

    An extension goes to the field that takes it, or is left out with a warning.
    """
    del context
    result, zero_lost = _by_pattern(texts, rule)
    odd = np.flatnonzero(to_mask(pc.is_null(result)))
    found = _Found(len(texts))
    replacements: list[str | None] = []
    for position, text in zip(odd.tolist(), texts.take(pa.array(odd)).to_pylist(), strict=True):
        number = found.read(position, text, rule)
        replacements.append(
            None if number is None else write_number(number.number, rule.phone_form, rule.region)
        )
        if number is None:
            continue
        zero_lost[position] = number.zero_lost
        if number.extension and not rule.keeps_extension:
            found.say(IssueCode.PHONE_EXTENSION_DROPPED, position, number.extension)
    result = patched(result, odd, replacements)
    problems = list(found.problems())
    if zero_lost.any():
        written = result.filter(pa.array(zero_lost)).to_pylist()
        problems.append(
            Problem(IssueCode.PHONE_ZERO_RESTORED, zero_lost, written, Severity.WARNING)
        )
    return Checked(result, tuple(problems))


def check_extension(texts: Any, rule: FieldRule, context: Context) -> Checked:
    """Write the digits of a phone number's extension; what is wrong with the number is not told.

    Missing where there is no extension, or no number.
    """
    del context
    plain, _ = _by_pattern(texts, rule)
    odd = np.flatnonzero(to_mask(pc.is_null(plain)))
    readings = (reading_of(text, rule.region) for text in texts.take(pa.array(odd)).to_pylist())
    extensions = [
        (reading.extension or None) if isinstance(reading, ReadNumber) else None
        for reading in readings
    ]
    return Checked(patched(pa.nulls(len(texts), pa.large_string()), odd, extensions))


class _Found:
    """What is wrong with the texts that no pattern decides, collected one by one."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._said: dict[IssueCode, dict[int, str]] = {}

    def say(self, code: IssueCode, position: int, detail: str) -> None:
        self._said.setdefault(code, {})[position] = detail

    def read(self, position: int, text: str, rule: FieldRule) -> ReadNumber | None:
        """Read a number; None when there is none, or several, which is said."""
        reading = reading_of(text, rule.region)
        if isinstance(reading, ReadNumber):
            return reading
        code = IssueCode.PHONE_INVALID
        detail = str(reading)
        if isinstance(reading, SeveralNumbersError):
            code = IssueCode.PHONE_SEVERAL
        elif isinstance(reading, NoCountryError):
            detail = tr("{fault}, and {why}", fault=detail, why=_no_region(rule))
        self.say(code, position, detail)
        return None

    def problems(self) -> tuple[Problem, ...]:
        return tuple(self._problem(code, said) for code, said in self._said.items())

    def _problem(self, code: IssueCode, said: dict[int, str]) -> Problem:
        mask = np.zeros(self._count, dtype=bool)
        mask[list(said)] = True
        dropped = code is IssueCode.PHONE_EXTENSION_DROPPED
        severity = Severity.WARNING if dropped else Severity.ERROR
        return Problem(code, mask, list(said.values()), severity)


def _no_region(rule: FieldRule) -> str:
    if rule.region_column:
        return tr('"{column}" names no country that is known', column=rule.region_column)
    return tr("the mapping gives the column no region")


def _by_pattern(texts: Any, rule: FieldRule) -> tuple[Any, Mask]:
    """Write what the tables prove; missing where they prove nothing.

    The mask: where the zero that calls at home need is lacking.
    """
    plan = _plan(rule.region) if rule.region else None
    if plan is None:
        return pa.nulls(len(texts), pa.large_string()), np.zeros(len(texts), dtype=bool)
    bare = _bare(texts)
    national = pc.replace_substring_regex(
        bare, pattern=plan.prefix, replacement="", max_replacements=1
    )
    shaped = pc.match_substring_regex(texts, _SHAPE)
    proved = pc.and_(shaped, pc.match_substring_regex(national, plan.national))
    if plan.elsewhere:
        proved = pc.and_not(proved, pc.match_substring_regex(national, plan.elsewhere))
    lost = np.zeros(len(texts), dtype=bool)
    if plan.needs_prefix:
        lost = to_mask(pc.and_(proved, pc.equal(bare, national)))
    written = _written(national, plan, rule.phone_form)
    return pc.if_else(proved, written, _NONE), lost


def _bare(texts: Any) -> Any:
    """Take the separators out; of ASCII texts octet by octet, which is quicker."""
    _, offsets, content = texts.buffers()
    ends = np.frombuffer(offsets, np.int64, len(texts) + 1, texts.offset * 8)
    octets = np.frombuffer(content or b"", np.uint8)[ends[0] : ends[-1]]
    if texts.null_count or (octets >= 128).any():
        return pc.replace_substring_regex(texts, pattern=_SEPARATORS, replacement="")
    kept = _KEPT[octets]
    before = np.zeros(len(octets) + 1, dtype=np.int64)
    np.cumsum(kept, out=before[1:])
    return pa.LargeStringArray.from_buffers(
        len(texts), pa.py_buffer(before[ends - ends[0]]), pa.py_buffer(octets[kept])
    )


_KEPT = ~np.isin(np.arange(256), [ord(sign) for sign in " ().-/"])


def _written(national: Any, plan: _Plan, form: PhoneForm) -> Any:
    """Write national numbers in a form, by the tables' own formats."""
    if form is not PhoneForm.E164:
        national = _grouped(national, plan, form)
    if form is PhoneForm.NATIONAL:
        return national
    space = "" if form is PhoneForm.E164 else " "
    plus = pa.scalar(f"+{plan.country_code}", pa.large_string())
    return pc.binary_join_element_wise(plus, national, pa.scalar(space, pa.large_string()))


def _grouped(national: Any, plan: _Plan, form: PhoneForm) -> Any:
    abroad = form is PhoneForm.INTERNATIONAL
    written = pa.nulls(len(national), pa.large_string())
    for one in _formats(plan.country_code, abroad):
        pattern, replacement = f"^{one.pattern}$", str(one.format)
        if one.national_prefix_formatting_rule and not abroad:
            replacement = replacement.replace("\\1", one.national_prefix_formatting_rule, 1)
        fits = pc.match_substring_regex(national, pattern)
        for leading in one.leading_digits_pattern[-1:]:
            fits = pc.and_(fits, pc.match_substring_regex(national, f"^(?:{leading})"))
        grouped = pc.replace_substring_regex(national, pattern=pattern, replacement=replacement)
        written = pc.if_else(pc.and_(fits, pc.is_null(written)), grouped, written)
    return written


def _formats(country_code: int, abroad: bool) -> Sequence[NumberFormat]:
    """Give how numbers of a country code are grouped; the first format that fits counts."""
    main = phonenumbers.region_code_for_country_code(country_code)
    metadata = PhoneMetadata.metadata_for_region(main)
    assert metadata is not None, country_code
    return (abroad and metadata.intl_number_format) or metadata.number_format
