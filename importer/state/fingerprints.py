"""Fingerprints of contacts as columns: how a memory keeps them, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

FIELDS = ""
"""The fact of a contact that is all its ordinary fields; the others are named by consents."""

_FACT = np.dtype([("print", "<u8"), ("at", "<u4"), ("doubt", "<u4")])
_BUCKET_BITS = 10
_SHIFT = np.uint64(64 - _BUCKET_BITS)
BUCKETS = 1 << _BUCKET_BITS

Contacts = Any
"""An array of contacts as they are kept, ascending by their first number."""


@dataclass(frozen=True, slots=True)
class Prints:
    """Fingerprints of some contacts.

    ``keys``: two numbers a contact, as rows. ``facts``: name -> a number a contact; 0: nothing new
    is said of that fact. ``moments``: of each contact, in seconds since 1970.
    """

    keys: NDArray[np.uint64]
    facts: Mapping[str, NDArray[np.uint64]]
    moments: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.keys)

    def taken(self, which: NDArray[Any]) -> Prints:
        """Give those of some places, or where a mask is true."""
        facts = {name: numbers[which] for name, numbers in self.facts.items()}
        return Prints(self.keys[which], facts, self.moments[which])

    def by_bucket(self) -> Iterator[tuple[int, Prints]]:
        """Give them bucket by bucket, ascending; of two contacts with one first number, one."""
        order = np.argsort(self.keys[:, 0], kind="stable")
        first = self.keys[order, 0]
        order = order[np.append(first[1:] != first[:-1], True)] if len(order) else order
        buckets = (self.keys[order, 0] >> _SHIFT).astype(np.int64)
        bounds = np.flatnonzero(np.diff(buckets, prepend=-1))
        for low, high in zip(bounds.tolist(), [*bounds[1:].tolist(), len(order)], strict=True):
            yield int(buckets[low]), self.taken(order[low:high])


class Change(Enum):
    """What fingerprints say of their contacts."""

    DOUBTED = auto()  # the facts are about to be sent: until more is said, nobody knows
    WRITTEN = auto()  # the platform has the facts
    # The platform does not have the facts that were doubted at that moment: what was known before
    # holds, unless an earlier doubt, of another run, stands.
    UNWRITTEN = auto()
    SEEN = auto()  # the contact was there, and the facts are so, whether they were sent or not


@dataclass(frozen=True, slots=True)
class Recollection:
    """What is remembered of contacts, held while a plan is made: 16 bytes and 8 a fact each.

    ``facts``: name -> of each contact its number; 0: not known, or in doubt.
    """

    first: NDArray[np.uint64]
    second: NDArray[np.uint64]
    facts: Mapping[str, NDArray[np.uint64]]

    def __len__(self) -> int:
        return len(self.first)

    def places(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Give where contacts stand among those that are remembered; -1: nowhere."""
        if not len(self.first):
            return np.full(len(keys), -1, dtype=np.int64)
        at = np.searchsorted(self.first, keys[:, 0])
        at[at == len(self.first)] = 0
        same = (self.first[at] == keys[:, 0]) & (self.second[at] == keys[:, 1])
        return np.where(same, at, -1)

    def fact(self, name: str, places: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Give what is remembered of a fact; 0: nothing that is sure."""
        if not len(self.first):
            return np.zeros(len(places), dtype=np.uint64)
        return np.where(places < 0, np.uint64(0), self.facts[name][places])


def kept_type(slots: int) -> np.dtype[Any]:
    """Give the type of a kept contact with so many consents."""
    return np.dtype(
        [("first", "<u8"), ("second", "<u8"), ("seen", "<u4"), ("facts", _FACT, (1 + slots,))]
    )


def kept_contacts(content: bytes, slots: int, *, of: int) -> Contacts:
    """Read kept contacts; ``of``: how many consents they had when they were written."""
    found = np.frombuffer(content, kept_type(of))
    contacts = np.zeros(len(found), kept_type(slots))
    for name in ("first", "second", "seen"):
        contacts[name] = found[name]
    contacts["facts"][:, : 1 + of] = found["facts"]
    return contacts


def changed(
    contacts: Contacts, prints: Prints, change: Change, *, slots: Mapping[str, int], now: int
) -> Contacts:
    """Give kept contacts as they are after a change; ``slots``: fact -> its place.

    A fact that was remembered of a later moment stays; one of a moment that lies after ``now`` is
    of a clock that was set back since, and does not.
    """
    keys, moments = prints.keys, prints.moments
    at = np.searchsorted(contacts["first"], keys[:, 0])
    inside = np.minimum(at, max(len(contacts) - 1, 0))
    known = (
        (contacts["first"][inside] == keys[:, 0]) & (contacts["second"][inside] == keys[:, 1])
        if len(contacts)
        else np.zeros(len(keys), dtype=bool)
    )
    if change is Change.WRITTEN and not known.all():
        return changed(_with_new(contacts, keys[~known]), prints, change, slots=slots, now=now)
    prints, at, moments = prints.taken(known), at[known], moments[known]
    if change in {Change.WRITTEN, Change.SEEN}:
        contacts["seen"][at] = np.maximum(np.minimum(contacts["seen"][at], now), moments)
    for name, numbers in prints.facts.items():
        told = np.flatnonzero(numbers)
        _change_fact(contacts["facts"][:, slots[name]], at[told], numbers[told], moments[told],
                     change, now)  # fmt: skip
    return contacts


def _change_fact(
    facts: Any,
    at: NDArray[np.int64],
    numbers: NDArray[np.uint64],
    moments: NDArray[np.uint32],
    change: Change,
    now: int,
) -> None:
    """Change one fact of the contacts at some places."""
    doubt = facts["doubt"][at]
    if change is Change.DOUBTED:
        facts["doubt"][at] = np.where(doubt > 0, doubt, moments)
        return
    if change is Change.UNWRITTEN:
        facts["doubt"][at[doubt == moments]] = 0
        return
    facts["doubt"][at[(doubt <= moments) | (doubt > now)]] = 0
    newest = (facts["at"][at] <= moments) | (facts["at"][at] > now)
    facts["print"][at[newest]] = numbers[newest]
    facts["at"][at[newest]] = moments[newest]


def _with_new(contacts: Contacts, keys: NDArray[np.uint64]) -> Contacts:
    """Add contacts of which nothing is known; one that has their first number gives way."""
    new = np.zeros(len(keys), contacts.dtype)
    new["first"], new["second"] = keys[:, 0], keys[:, 1]
    both = np.concatenate([contacts[~np.isin(contacts["first"], new["first"])], new])
    return both[np.argsort(both["first"], kind="stable")]
