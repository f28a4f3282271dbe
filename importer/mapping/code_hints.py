"""What somebody may have meant by a field code that there is not, or is seldom written so."""

from __future__ import annotations

import re
from collections.abc import Mapping as Members
from collections.abc import Sequence
from typing import Protocol

from importer.documents import in_quotes, near
from importer.field_rules import Abilities, FieldFact
from importer.language import tr


class Grammar(Protocol):
    """What a platform says of its field codes."""

    abilities: Abilities
    """What the platform's calls can do."""

    beginnings: tuple[str, ...]
    """What codes begin with, the longest first."""

    usual: tuple[str, ...]
    """Codes that are well known, as the platform writes them."""

    def fact(self, code: str) -> FieldFact:
        """Say what a code is; raises ValueError with a sentence for a wrong one."""
        ...

    def groups(self, codes: Sequence[str]) -> Sequence[Sequence[str]]:
        """Give the groups of codes that only go together, of those that ``codes`` touch."""
        ...

    def advice(self, codes: Sequence[str]) -> Members[str, str]:
        """Give sentences to be read before such codes are written: code -> sentence."""
        ...


def meant(code: str, grammar: Grammar, *others: str) -> str:
    """Make " Did you mean …?" for a code that is none; empty where nothing is like it.

    ``others``: words that may stand in its place.
    """
    plain = re.sub(r"[\W_]+", "_", code).strip("_")
    for beginning in grammar.beginnings:
        respelled = beginning + plain[len(beginning) :]
        begins = re.sub(r"\W", "_", beginning).casefold()
        if plain.casefold().startswith(begins) and _is_code(respelled, grammar):
            return tr(" Did you mean {listed}?", listed=in_quotes(_usual(respelled, grammar)))
    if code.startswith(grammar.beginnings):
        return ""
    return near(code, [*grammar.usual, *others], most=2)


def unusual(code: str, grammar: Grammar) -> str:
    """Say that the platform writes a code otherwise; empty where it does not."""
    usual = _usual(code, grammar)
    if usual == code:
        return ""
    return tr(
        "the platform's usual spelling is {usual}: whether {code} is the same field is not known.",
        usual=usual,
        code=code,
    )


def _usual(code: str, grammar: Grammar) -> str:
    alike = (one for one in grammar.usual if one.casefold() == code.casefold())
    return next(alike, code)


def _is_code(code: str, grammar: Grammar) -> bool:
    try:
        grammar.fact(code)
    except ValueError:
        return False
    return True
