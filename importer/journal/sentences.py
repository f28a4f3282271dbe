"""Sentences of a run in its language, beside the English ones that its JSON holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from importer.language import Said

if TYPE_CHECKING:
    from collections.abc import Iterable

    from importer.journal.store import Journal

_SENTENCES = "sentences"


def note_sentences(journal: Journal, texts: Iterable[str]) -> None:
    """Note how sentences that are stored in English are said in the run's language, durably."""
    known = sentences(journal)
    new = {text.english: str(text) for text in texts if isinstance(text, Said)}
    if new.items() - known.items():
        journal.set_fact(_SENTENCES, orjson.dumps(known | new).decode())


def sentences(journal: Journal) -> dict[str, str]:
    """Give each stored sentence in the run's language; those of an English run are not listed."""
    found: dict[str, str] = orjson.loads(journal.fact(_SENTENCES) or "{}")
    return found
