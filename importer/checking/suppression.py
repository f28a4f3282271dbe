"""Suppression lists: the addresses that get no yes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import idna
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from importer.blanks import WIDTHLESS
from importer.checking.column import (
    blanked,
    flat,
    texts_of,
)
from importer.checking.transforms import transformed
from importer.field_rules import (
    FieldRole,
    FieldRule,
    Origin,
    ValueType,
)
from importer.issues import Finding, IssueCode, Severity
from importer.language import tr
from importer.masks import Mask, to_mask
from importer.model import (
    RowCheck,
)

_LONGEST_DOMAIN = 253  # signs, of any domain; longer ones take long to be read
# Where a cell may be parted into addresses and other words, and what may stand around these.
_BREAKS = re.compile(r"""[\s<>()\[\]{},;:"\\|]+""")
_AROUND = "'`\u00b4\u2018\u2019\u201c\u201d\u00ab\u00bb."
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
    return ".".join(idna.alabel(label).decode("ascii") for label in _mapped(domain).split("."))


def _in_letters(domain: str) -> str:
    return idna.decode(_in_ascii(domain))


def _mapped(domain: str) -> str:
    """Map a domain's letters as email-validator does.

    Raises:
        UnicodeError: no domain has such letters, or so many.
    """
    if len(domain) > _LONGEST_DOMAIN:
        raise idna.IDNAError("too long")
    return idna.uts46_remap(domain, std3_rules=False, transitional=False)


_UNSEEN = str.maketrans(dict.fromkeys(f"{WIDTHLESS}\u00ad\0"))


def addresses_in(cell: str) -> Iterator[str]:
    """Give every address that a cell may mean, such as that of ``Ana <ana@example.com>``.

    Where quotes or a dot at its end may belong to an address or not, it is given both ways.
    """
    cell = cell.translate(_UNSEEN)
    for token in _tokens(cell):
        bare = token.strip(_AROUND)
        local, _, domain = bare.rpartition("@")
        if "." in domain and any(map(str.isalnum, local)):
            yield from dict.fromkeys((token, bare, f"{local.rpartition('=')[2]}@{domain}"))
    # Quoted local parts, and signs that are rare in an address.
    local, _, domain = cell.rpartition("@")
    if any(map(str.isalnum, local)) and "." in domain and not re.search(r"[\s<>,;]", domain):
        yield cell


def _tokens(cell: str) -> Iterator[str]:
    """Give what stands around each @, in time that grows with the cell's length only."""
    for run in _BREAKS.split(cell) if "@" in cell else ():
        local, *others = run.split("@")
        for other in others:
            domain = re.split("[/?]", other, maxsplit=1)[0]
            if local and domain:
                yield f"{local}@{domain}"
                local = other[len(domain) :]
            else:
                local = other


def suppressed_rows(
    columns: Mapping[str, Any],
    raw: pd.DataFrame,
    rules: Sequence[FieldRule],
    suppression: Suppression,
) -> Mask:
    """Find the rows of which an address is listed, also where a check refused or changed it.

    ``columns``: what is sent. ``raw``: what the cells held, trimmed, blank ones missing.
    """
    found = np.zeros(len(next(iter(columns.values()))), dtype=bool)
    for rule in rules:
        if rule.type is ValueType.EMAIL:
            texts = flat(columns[rule.field])
            found |= suppression.listed(texts)
            cells = flat(pa.array(raw[rule.field].array))
            changed = to_mask(pc.is_null(texts)) | bool(rule.values or rule.replace or rule.take)
            at = np.flatnonzero(changed & to_mask(pc.is_valid(cells)) & ~found)
            if len(at):
                found[at] = _any_listed(cells.take(pa.array(at)), rule, suppression)
    return found


def _any_listed(cells: Any, rule: FieldRule, suppression: Suppression) -> Mask:
    """Look up every address that cells may mean."""
    rows: list[int] = []
    addresses: list[str] = []
    for texts in (cells, transformed(cells, rule)):
        meant = np.flatnonzero(to_mask(pc.match_substring(texts, "@")))
        for row in meant.tolist():
            some = dict.fromkeys(addresses_in(texts[row].as_py()))
            addresses += some
            rows += [row] * len(some)
    found = np.zeros(len(cells), dtype=bool)
    found[np.array(rows, dtype=np.int64)[suppression.listed(texts_of(addresses))]] = True
    return found


def withhold(
    columns: dict[str, Any],
    rules: Sequence[FieldRule],
    suppressed: Mask,
    verdicts: NDArray[np.uint8],
    origins: dict[str, NDArray[np.uint8]],
    *,
    consent_dates: Mapping[str, str],
    leave_out: bool,
) -> list[Finding]:
    """Take the yeses of suppressed rows out of the columns, and say so; their noes go all the same.

    With ``leave_out``, nothing else of them goes, and a row without a no becomes skipped.
    ``columns``, ``verdicts`` and ``origins`` are changed. ``consent_dates``: consent -> its date.
    """
    listed = suppressed & (verdicts == RowCheck.GOOD)
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
            _finding(lost, Severity.WARNING, tr("its yes is withheld"), rule.column, rule.field)
        )
    if not leave_out:
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
        yield _finding(silent, Severity.SKIP, tr("the row is left out"))
    if telling.any():
        yield _finding(telling, Severity.WARNING, tr("only its no is sent"))


def _finding(mask: Mask, severity: Severity, detail: str, column: str = "", field: str = "") -> Any:
    at = np.flatnonzero(mask)
    return Finding(IssueCode.SUPPRESSED, severity, at, column, field, details=detail)
