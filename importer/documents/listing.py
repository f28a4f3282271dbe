"""Names and clauses put together in one sentence, as people read them."""

from __future__ import annotations

from collections.abc import Iterable

from importer.language import ENGLISH, Said, english, spoken, tr


def in_quotes(text: object) -> str:
    """Put a text in the quotes of the language."""
    return tr('"{text}"', text=text)


def joined(texts: Iterable[str], between: str = ", ") -> str:
    """Put texts together with something between them; the result keeps their English."""
    parts = [*texts]
    whole = between.join(parts)
    if spoken() == ENGLISH:
        return whole
    said = Said(whole)
    said.english = english(between).join(map(english, parts))
    return said
