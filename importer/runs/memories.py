"""What is remembered of contacts for ``only_changes``: listed, and erased."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import orjson

from importer import assembly
from importer.assembly import Means
from importer.errors import UnusableInputError
from importer.language import tr
from importer.model import comparable_key
from importer.state.installation import KeyedHash, installation_hash
from importer.state.memories import Memory, MemoryFacts, all_memories
from importer.tables import writable

_MOST_PARTS = 5  # of a key


@dataclass(frozen=True, slots=True)
class RememberedContacts:
    """What is remembered for one mapping and one account. Moments are in UTC; None: of nobody.

    ``host``: the platform's. ``table``: of a mapping for a relational table. ``oldest`` and
    ``newest``: when its contacts were last seen in a file. ``expires``: when those who were not
    seen longest are forgotten. ``size``: in bytes. ``readable``: False: it was made with a secret
    that is lost, and nothing can be compared with it any more.
    """

    target: str
    host: str
    project: str
    mapping: str
    table: str
    contacts: int
    oldest: datetime | None
    newest: datetime | None
    expires: datetime | None
    size: int
    readable: bool


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased: ``contacts`` of so many ``memories``.

    ``unreadable``: memories that were erased as wholes, since nobody can tell who is in them.
    """

    memories: int
    contacts: int
    unreadable: int = 0


AskErase = Callable[[str], bool]
"""Shows a question and gives the answer."""


def memories(*, means: Means | None = None) -> list[RememberedContacts]:
    """List what is remembered of contacts.

    Raises UnusableInputError when the state folder, or a file in it, cannot be used.
    """
    means = means or assembly.means()
    settings = assembly.settings_here(means)
    with all_memories(settings.state_folder, clock=means.clock) as found:
        if not found:
            return []
        hashes = installation_hash(settings.state_folder)
        told = [
            _told(facts, settings.keep_changes, readable=one.is_of(hashes))
            for one in found
            if (facts := one.facts()) is not None
        ]
    return sorted(told, key=lambda one: (one.mapping, one.target, one.host, one.project, one.table))


def _told(facts: MemoryFacts, keep: timedelta, *, readable: bool) -> RememberedContacts:
    subject = facts.subject
    return RememberedContacts(
        target=subject.target,
        host=urlsplit(subject.url).netloc,
        project=subject.project,
        mapping=subject.mapping,
        table=subject.table,
        contacts=facts.contacts,
        oldest=facts.oldest,
        newest=facts.newest,
        expires=None if facts.oldest is None else facts.oldest + keep,
        size=facts.size,
        readable=readable,
    )


def erase(
    *,
    key: str | None = None,
    mapping: str | None = None,
    everything: bool = False,
    yes: bool = False,
    ask: AskErase | None = None,
    means: Means | None = None,
) -> Erased:
    """Erase what is remembered: of one contact, for one mapping, or all; one of them is given.

    ``key``: as reports show it, a key of several parts as JSON; without regard to case. What is
    erased counts as never sent: it goes whole the next time, with its yeses. ``yes``: without
    asking.

    Raises UnusableInputError when nobody agrees, or the state folder cannot be used.
    """
    means = means or assembly.means()
    question = _question(key, mapping)
    if not yes and ask is None:
        raise UnusableInputError(
            tr("nothing was erased: without a terminal, or with --json, erasing needs --yes")
        )
    if not yes and ask is not None and not ask(question):
        raise UnusableInputError(tr("nothing was erased"))
    settings = assembly.settings_here(means)
    with all_memories(settings.state_folder, clock=means.clock) as found:
        if not found:
            return Erased(0, 0)
        if key is not None:
            hashes = installation_hash(settings.state_folder)
            return _without(found, hashes, _keys_of(key, hashes))
        chosen = [
            one
            for one in found
            if (facts := one.facts()) is not None
            and (everything or facts.subject.mapping == mapping)
        ]
        return Erased(len(chosen), sum(one.clear() for one in chosen))


def _question(key: str | None, mapping: str | None) -> str:
    if key is not None:
        return tr(
            "Forget what this contact was sent? In the next file the whole row goes, with its yes."
        )
    if mapping is not None:
        return tr(
            "Forget what contacts were sent by {mapping}? With the next file all rows go, with "
            "their yeses.",
            mapping=mapping,
        )
    return tr(
        "Forget what contacts were sent by every mapping? With the next file all rows go, with "
        "their yeses."
    )


def _without(found: Sequence[Memory], hashes: KeyedHash, keys: Any) -> Erased:
    """Forget one contact in all memories; of those that cannot be searched, all."""
    contacts = touched = unreadable = 0
    for memory in found:
        if not memory.is_of(hashes):
            memory.clear()
            unreadable += 1
        elif count := memory.forget(keys):
            contacts += count
            touched += 1
    return Erased(touched, contacts, unreadable)


def _keys_of(text: str, hashes: KeyedHash) -> np.ndarray[Any, Any]:
    """Hash a key as it may be remembered: as it stands, and its parts in any order."""
    text = writable(text)
    keys = [comparable_key([text])]
    if text.lstrip().startswith("{"):
        try:
            content: dict[str, Any] = orjson.loads(text)
        except orjson.JSONDecodeError:
            content = {}
        parts = ["" if value is None else str(value) for value in content.values()]
        orders = itertools.permutations(parts) if len(parts) <= _MOST_PARTS else [tuple(parts)]
        keys += [comparable_key(order) for order in orders if order]
    return hashes.contacts(key.encode() for key in keys)
