"""What is wrong with the values of one contact of a call, all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from importer.sandbox.dotdigital.bodies import WrongTypeError

if TYPE_CHECKING:
    from collections.abc import Collection

    from importer.sandbox.dotdigital.bodies import Place


@dataclass(frozen=True, slots=True)
class Problem:
    """One wrong value. ``code``: of an import's failures; ``refuses``: the import as a whole."""

    code: str
    item: str
    description: str
    refuses: bool = False


class Findings:
    """Collects problems. ``strict``: what breaks the schema refuses an import as a whole."""

    def __init__(self, *, strict: bool) -> None:
        self.problems: list[Problem] = []
        self._strict = strict

    def breach(self, item: str, description: str, code: str = "ApiSchemaViolation") -> None:
        """A value breaks the schema."""
        self.problems.append(Problem(code, item, description, self._strict))

    def add(self, code: str, item: str, description: str, *, refuses: bool = False) -> None:
        """A value is wrong in another way."""
        self.problems.append(Problem(code, item, description, refuses))

    def refuse_others(self, sent: dict[str, Any], allowed: Collection[str], where: str) -> None:
        """Members that no document names."""
        for name in sent:
            if name not in allowed:
                self.breach(name, f"{where} has no member {name}")

    def word(
        self, sent: dict[str, Any], name: str, words: Collection[str], place: Place
    ) -> str | None:
        """A member that is one of these words; None: left out, or wrong. Raises WrongTypeError."""
        word = sent.get(name)
        if word is None:
            return None
        if not isinstance(word, str):
            raise WrongTypeError((*place, name))
        if word in words:
            return word
        code = "InvalidContactStatus" if name == "status" else "ApiSchemaViolation"
        self.breach(name, f"{name}: {word} is none of its values", code)
        return None
