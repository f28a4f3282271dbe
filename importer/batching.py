"""Slices of the plan -> batches within every limit of a call, with ids from their content."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from importer.errors import UnusableInputError
from importer.language import number, tr
from importer.model import Batch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from importer.model import ApiRequest, Credentials, Limits, PlanSlice

_COMMA = 1
_ID_LENGTH = 16


class Encoder(Protocol):
    """What batching asks of a target."""

    def encode(self, rows: PlanSlice) -> list[bytes]:
        """Write each contact as it will stand in a call, in plan order."""
        ...

    def submission(self, batch: Batch, credentials: Credentials) -> ApiRequest:
        """Make the call that writes a batch."""
        ...


def batches(
    slices: Iterable[PlanSlice],
    target: Encoder,
    credentials: Credentials,
    limits: Limits,
    *,
    rows_per_call: Callable[[], int] | None = None,
) -> Iterator[Batch]:
    """Cut the plan into batches, in plan order, as large as the limits allow.

    ``rows_per_call``: replaces the limit's, asked anew for each batch: a smaller number may be
    learnt. The bytes are those of the whole request's body. No key stands twice in a batch, and a
    batch's contacts follow one another in the plan. Raises UnusableInputError for a contact that no
    call can hold.
    """
    size_now = rows_per_call or (lambda: limits.rows_per_call)
    most_rows = size_now()
    room = limits.bytes_per_call - len(target.submission(batch_of(0, (), ()), credentials).body)
    first, keys, contacts, size = 0, dict[str, None](), list[bytes](), 0
    for rows in slices:
        encoded = target.encode(rows)
        comparable = rows.comparable_keys()
        for offset, (key, contact) in enumerate(zip(comparable, encoded, strict=True)):
            position = rows.first + offset
            grown = size + len(contact) + _COMMA
            full = len(keys) >= most_rows or grown - _COMMA > room
            if keys and (full or key in keys or position != first + len(keys)):
                yield batch_of(first, tuple(keys), tuple(contacts))
                most_rows = size_now()
                keys, contacts, grown = {}, [], len(contact) + _COMMA
            if not keys:
                first = position
                _refuse_oversized(position, contact, room, limits)
            keys[key] = None
            contacts.append(contact)
            size = grown
    if keys:
        yield batch_of(first, tuple(keys), tuple(contacts))


def batch_of(
    first: int, keys: Sequence[str], contacts: Sequence[bytes], *, repeated: bool = False
) -> Batch:
    """Make a batch of exactly these contacts. Same place and bytes, same id and hash."""
    content = hashlib.sha256(b"%d\n" % first)
    content.update(b",".join(contacts))
    digest = content.hexdigest()
    return Batch(
        digest[:_ID_LENGTH], first, tuple(keys), tuple(contacts), digest, repeated=repeated
    )


def whole(slices: Iterable[PlanSlice], target: Encoder) -> Batch:
    """Make one batch of all the contacts, whatever their number: for one that was sent before.

    Raises ValueError when there is none.
    """
    pieces = [
        batch_of(rows.first, rows.comparable_keys(), target.encode(rows)) for rows in slices if rows
    ]
    if not pieces:
        raise ValueError("a batch has at least one contact")
    keys = tuple(key for piece in pieces for key in piece.keys)
    contacts = tuple(contact for piece in pieces for contact in piece.contacts)
    return batch_of(pieces[0].first, keys, contacts)


def cut(batch: Batch) -> tuple[Batch, Batch]:
    """Cut a batch of two or more contacts in halves, the first the smaller; both stay in doubt."""
    if len(batch) < 2:
        raise ValueError("a single contact cannot be cut")
    middle = len(batch) // 2
    first = batch_of(batch.first, batch.keys[:middle], batch.contacts[:middle])
    second = batch_of(batch.first + middle, batch.keys[middle:], batch.contacts[middle:])
    before = frozenset(at for at in batch.doubtful if at < middle)
    after = frozenset(at - middle for at in batch.doubtful if at >= middle)
    return (
        replace(first, repeated=batch.repeated, doubtful=before),
        replace(second, repeated=batch.repeated, doubtful=after),
    )


def _refuse_oversized(position: int, contact: bytes, room: int, limits: Limits) -> None:
    if len(contact) > room:
        raise UnusableInputError(
            tr(
                "Contact {place} of the plan takes {size} bytes, and with what every call holds it "
                "passes bytes_per_call ({most}): raise that limit, or shorten the contact's "
                "values.",
                place=position + 1,
                size=number(len(contact)),
                most=number(limits.bytes_per_call),
            )
        )
