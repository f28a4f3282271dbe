"""E-mail addresses: a pattern decides the plain ones, email-validator all others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from email_validator import (
    SPECIAL_USE_DOMAIN_NAMES,
    EmailNotValidError,
    EmailSyntaxError,
    validate_email,
)

from importer.checking.address_faults import fault_in_words
from importer.checking.address_remedies import remedy
from importer.checking.column import (
    Checked,
    Context,
    Problem,
    patched,
)
from importer.checking.typing_slips import domain_meant, domains_meant
from importer.field_rules import FieldRule
from importer.issues import IssueCode, Severity
from importer.language import tr
from importer.masks import Mask, to_mask

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9]|-[A-Za-z0-9]){0,30}"
# Narrower than what email-validator accepts, so that whatever matches is accepted by it too:
# no doubled hyphens (IDNA reserves them), a last label of letters, every part short.
_PLAIN = rf"^{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[A-Za-z]{{2,24}}$"
_LONGEST_LOCAL = 64
_LONGEST = 200
_LONGEST_READ = 1_000  # far beyond any address; email-validator's cost grows with the text
_SPECIAL = (
    r"(?i)(?:^|\.)(?:" + "|".join(n.replace(".", r"\.") for n in SPECIAL_USE_DOMAIN_NAMES) + r")$"
)


def check_address(texts: Any, rule: FieldRule, context: Context) -> Checked:
    """Write an address with its domain in lower case and its local part as it stands.

    A domain that is a likely slip of a well-known one is warned of, and sent as it stands.
    """
    del rule, context
    domains = _domains(texts)
    plain = _is_plain(texts, domains)
    result = _domain_lowered(texts, domains, plain)
    doubtful = _doubtful(domains, plain)
    odd = np.flatnonzero(~plain)
    replacements: list[str | None] = []
    wrong = np.zeros(len(texts), dtype=bool)
    reasons: list[str] = []
    for position, text in zip(odd, texts.take(pa.array(odd)).to_pylist(), strict=True):
        try:
            written = _judge(text)
        except EmailNotValidError as error:
            replacements.append(None)
            wrong[position] = True
            fault, hint = fault_in_words(str(error)), remedy(text, _accepts)
            reasons.append(tr("{fault} {remedy}", fault=fault, remedy=hint) if hint else fault)
            continue
        replacements.append(written)
        doubtful[position] = domain_meant(written.rpartition("@")[2]) is not None
    result = patched(result, odd, replacements)
    problems = []
    if reasons:
        problems.append(Problem(IssueCode.EMAIL_INVALID, wrong, reasons))
    if doubtful.any():
        told = _suggestions(result, doubtful)
        problems.append(Problem(IssueCode.EMAIL_DOUBTFUL, doubtful, told, Severity.WARNING))
    return Checked(result, tuple(problems))


def _domains(texts: Any) -> Any:
    """Give what follows the last @ of each text, as a dictionary: domains are few."""
    parts = pc.split_pattern(texts, "@", max_splits=1, reverse=True)
    return parts.values.take(pc.subtract(parts.offsets[1:], 1)).dictionary_encode()


def _of_rows(domains: Any, condition: Any) -> Mask:
    """Carry a condition of the distinct domains to the rows."""
    indices = domains.indices.to_numpy(zero_copy_only=False)
    mask: Mask = to_mask(condition)[indices]
    return mask


def _is_plain(texts: Any, domains: Any) -> Mask:
    shape = pc.match_substring_regex(texts, _PLAIN)
    lengths = pc.binary_length(texts)
    short = pc.less_equal(lengths, _LONGEST)
    if (pc.max(lengths).as_py() or 0) > _LONGEST_LOCAL:
        short = pc.and_(short, pc.less_equal(pc.find_substring(texts, "@"), _LONGEST_LOCAL))
    special = pc.match_substring_regex(domains.dictionary, _SPECIAL)
    return to_mask(pc.and_(shape, short)) & ~_of_rows(domains, special)


def _domain_lowered(texts: Any, domains: Any, plain: Mask) -> Any:
    lowered = pc.ascii_lower(domains.dictionary)
    shouting = np.flatnonzero(plain & _of_rows(domains, pc.not_equal(lowered, domains.dictionary)))
    if not len(shouting):
        return texts
    at = pa.array(shouting)
    locals_ = pc.replace_substring_regex(texts.take(at), pattern="@.*$", replacement="")
    written = pc.binary_join_element_wise(
        locals_, lowered.take(domains.indices.take(at)), pa.scalar("@", pa.large_string())
    )
    mask = np.zeros(len(texts), dtype=bool)
    mask[shouting] = True
    return pc.replace_with_mask(texts, pa.array(mask), written)


def _doubtful(domains: Any, plain: Mask) -> Mask:
    meant = domains_meant(pc.ascii_lower(domains.dictionary))
    if meant.null_count == len(meant):
        return np.zeros(len(plain), dtype=bool)
    return plain & _of_rows(domains, pc.is_valid(meant))


def _suggestions(addresses: Any, doubtful: Mask) -> list[str]:
    """Say what each doubtful address was likely meant to be."""
    told = []
    for address in addresses.filter(pa.array(doubtful)).to_pylist():
        local, _, domain = address.rpartition("@")
        told.append(tr("did you mean {address}?", address=f"{local}@{domain_meant(domain)}"))
    return told


def _accepts(text: str) -> bool:
    try:
        _judge(text)
    except EmailNotValidError:
        return False
    return True


def _judge(text: str) -> str:
    """Give the address to send.

    Raises:
        EmailNotValidError: with the reason in English.
    """
    if len(text) > _LONGEST_READ:
        raise EmailSyntaxError(f"The email address is too long ({len(text)} characters).")
    checked = validate_email(text, check_deliverability=False)
    return f"{text.rpartition('@')[0]}@{checked.domain}"
