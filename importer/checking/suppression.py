"""Suppression lists: the addresses that get no yes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from importer.checking.column import Mask, blanked, flat, to_mask
from importer.issues import Finding, IssueCode, Severity
from importer.model import FieldRole, FieldRule, Origin, RowCheck, ValueType

_HASHED = 8  # bytes of an SHA-256 that are kept: two addresses in 10^19 have them in common


@dataclass(frozen=True, slots=True)
class Suppression:
    """Addresses that get no yes.

    ``hashes``: ascending; of each address in lower case, the first eight bytes of its SHA-256.
    ``rows``: their rows are left out, but for their noes.
    """

    hashes: NDArray[np.uint64] = field(repr=False)
    rows: bool = False

    def listed(self, texts: Any) -> Mask:
        """Find the addresses that are listed, trimmed and without regard to case.

        ``texts``: an Arrow column of text; missing ones are not listed. A domain may be listed in
        its own letters or as ``xn--``.
        """
        texts = flat(texts)
        mask = np.zeros(len(texts), dtype=bool)
        known = np.flatnonzero(to_mask(pc.is_valid(texts)))
        if not len(known) or not len(self.hashes):
            return mask
        addresses = texts.take(pa.array(known))
        mask[known] = self._holds(address_hashes(addresses))
        odd = ~to_mask(pc.string_is_ascii(addresses))
        odd |= to_mask(pc.match_substring(addresses, "xn--", ignore_case=True))
        for at in known[odd]:
            spellings = pa.array(other_spellings(texts[int(at)].as_py()), pa.large_string())
            mask[at] |= self._holds(address_hashes(spellings)).any()
        return mask

    def _holds(self, hashes: NDArray[np.uint64]) -> Mask:
        places = np.searchsorted(self.hashes, hashes)
        places[places == len(self.hashes)] = 0
        found: Mask = self.hashes[places] == hashes
        return found


def address_hashes(texts: Any) -> NDArray[np.uint64]:
    """Give the first eight bytes of each address's SHA-256, as numbers.

    An address is trimmed and in lower case, and its letters are composed (NFC), in UTF-8.
    ``texts``: an Arrow column of text without missing ones.
    """
    written = pc.utf8_normalize(pc.utf8_lower(pc.utf8_trim_whitespace(texts)), form="NFC")
    addresses = written.cast(pa.large_binary()).to_pylist()
    joined = b"".join([sha256(address).digest()[:_HASHED] for address in addresses])
    return np.frombuffer(joined, dtype=">u8").astype(np.uint64)


def other_spellings(address: str) -> list[str]:
    """Write an address's domain in its own letters, and as ``xn--``, where it can be."""
    local, at, domain = address.rpartition("@")
    found = []
    for spell in (_in_ascii, _in_letters):
        try:
            found.append(f"{local}{at}{spell(domain.strip().lower())}")
        except UnicodeError:
            continue
    return found


def _in_ascii(domain: str) -> str:
    return domain.encode("idna").decode("ascii")


def _in_letters(domain: str) -> str:
    return domain.encode("ascii").decode("idna")


def withhold(
    columns: dict[str, Any],
    rules: Sequence[FieldRule],
    suppression: Suppression,
    verdicts: NDArray[np.uint8],
    origins: dict[str, NDArray[np.uint8]],
    *,
    consent_dates: Mapping[str, str],
) -> list[Finding]:
    """Take the yeses of suppressed addresses out of the columns, and say so.

    A row is suppressed when one of its addresses is listed; its noes go all the same. With
    ``suppression.rows``, nothing else of it goes, and a row without a no becomes skipped.
    ``columns``, ``verdicts`` and ``origins`` are changed. ``consent_dates``: consent -> its date.
    """
    listed = np.zeros(len(verdicts), dtype=bool)
    for rule in rules:
        if rule.type is ValueType.EMAIL:
            listed |= suppression.listed(columns[rule.field])
    listed &= verdicts == RowCheck.GOOD
    if not listed.any():
        return []
    consents = [rule for rule in rules if rule.role is FieldRole.CONSENT]
    warnings = []
    for rule in consents:
        lost = listed & to_mask(pc.equal(columns[rule.field], "yes"))
        if not lost.any():
            continue
        for code in (rule.field, consent_dates.get(rule.field)):
            if code in columns:
                columns[code] = blanked(flat(columns[code]), lost)
        known = origins.get(rule.field, np.zeros(len(verdicts), dtype=np.uint8))
        origins[rule.field] = np.where(lost, Origin.WITHHELD, known).astype(np.uint8)
        warnings.append(
            _finding(lost, Severity.WARNING, "its yes is withheld", rule.column, rule.field)
        )
    if not suppression.rows:
        return warnings
    refusing = {rule.field: listed & to_mask(pc.equal(columns[rule.field], "no"))
                for rule in consents}  # fmt: skip
    return list(_leave_out(columns, rules, listed, verdicts, refusing, consent_dates))


def _leave_out(
    columns: dict[str, Any],
    rules: Sequence[FieldRule],
    listed: Mask,
    verdicts: NDArray[np.uint8],
    refusing: Mapping[str, Mask],
    consent_dates: Mapping[str, str],
) -> Iterator[Finding]:
    """Leave suppressed rows out, but for their noes. ``refusing``: consent -> rows with a no."""
    kept = dict(refusing)
    for consent, code in consent_dates.items():
        if consent in refusing:
            kept[code] = refusing[consent]
    none = np.zeros(len(listed), dtype=bool)
    for rule in rules:
        if rule.role is not FieldRole.KEY:
            columns[rule.field] = blanked(
                flat(columns[rule.field]), listed & ~kept.get(rule.field, none)
            )
    telling = np.logical_or.reduce([none, *refusing.values()])
    silent = listed & ~telling
    verdicts[silent] = RowCheck.SKIPPED
    if silent.any():
        yield _finding(silent, Severity.SKIP, "the row is left out")
    if telling.any():
        yield _finding(telling, Severity.WARNING, "only its no is sent")


def _finding(mask: Mask, severity: Severity, detail: str, column: str = "", field: str = "") -> Any:
    at = np.flatnonzero(mask)
    return Finding(IssueCode.SUPPRESSED, severity, at, column, field, details=detail)
