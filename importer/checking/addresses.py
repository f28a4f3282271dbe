"""E-mail addresses: a pattern decides the plain ones, email-validator all others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from email_validator import (
    SPECIAL_USE_DOMAIN_NAMES,
    EmailNotValidError,
    validate_email,
)

from importer.checking.column import Checked, Context, Mask, Problem, patched, to_mask
from importer.issues import IssueCode
from importer.model import FieldRule

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9]|-[A-Za-z0-9]){0,30}"
# Narrower than what email-validator accepts, so that whatever matches is accepted by it too:
# no doubled hyphens (IDNA reserves them), a last label of letters, every part short.
_PLAIN = rf"^{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[A-Za-z]{{2,24}}$"
_LONGEST_LOCAL = 64
_LONGEST = 200
_SPECIAL = (
    r"(?i)[.@](?:" + "|".join(n.replace(".", r"\.") for n in SPECIAL_USE_DOMAIN_NAMES) + r")$"
)


def check_address(texts: Any, rule: FieldRule, context: Context) -> Checked:
    """Write an address with its domain in lower case and its local part as it stands."""
    del rule, context
    plain = _is_plain(texts)
    result = _domain_lowered(texts, plain)
    odd = np.flatnonzero(~plain)
    if not len(odd):
        return Checked(result)
    replacements: list[str | None] = []
    wrong = np.zeros(len(texts), dtype=bool)
    reasons: list[str] = []
    for position, text in zip(odd, texts.take(pa.array(odd)).to_pylist(), strict=True):
        try:
            replacements.append(_judge(text))
        except EmailNotValidError as error:
            replacements.append(None)
            wrong[position] = True
            reasons.append(str(error))
    problems = (Problem(IssueCode.EMAIL_INVALID, wrong, reasons),) if reasons else ()
    return Checked(patched(result, odd, replacements), problems)


def _is_plain(texts: Any) -> Mask:
    shape = pc.match_substring_regex(texts, _PLAIN)
    short = pc.less_equal(pc.binary_length(texts), _LONGEST)
    local = pc.less_equal(pc.find_substring(texts, "@"), _LONGEST_LOCAL)
    special = pc.match_substring_regex(texts, _SPECIAL)
    return to_mask(pc.and_(pc.and_(shape, short), pc.and_not(local, special)))


def _domain_lowered(texts: Any, plain: Mask) -> Any:
    shouting = np.flatnonzero(plain & to_mask(pc.match_substring_regex(texts, "@.*[A-Z]")))
    if not len(shouting):
        return texts
    found = texts.take(pa.array(shouting))
    parts = [text.rpartition("@") for text in found.to_pylist()]
    return patched(texts, shouting, [f"{local}@{domain.lower()}" for local, _, domain in parts])


def _judge(text: str) -> str:
    """Give the address to send.

    Raises:
        EmailNotValidError: with the reason in English.
    """
    checked = validate_email(text, check_deliverability=False)
    return f"{text.rpartition('@')[0]}@{checked.domain}"
