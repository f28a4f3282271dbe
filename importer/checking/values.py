"""The mapping's list of values: what it says stands in the place of a text."""

from __future__ import annotations

from typing import Any

import numpy as np

from importer.blanks import BLANKS, folded
from importer.checking.column import Checked, Problem, texts_of
from importer.field_rules import FieldRule, Other, ValueType
from importer.issues import IssueCode
from importer.language import tr

_MOST_SHOWN = 8
_LEAVE = "leave"  # the third answer of a consent, which only the mapping gives


class ListedValues:
    """A rule's list of values, and what becomes of texts that it does not list."""

    def __init__(self, rule: FieldRule) -> None:
        self._exact = dict(rule.values)
        self._folded: dict[str, str] = {}
        self._other = rule.other
        self._other_value = rule.other_value
        self._left_alone = {_LEAVE} if rule.type is ValueType.CONSENT else set()
        doubtful = set()
        for text, value in rule.values:
            alike = folded(text)
            if self._folded.setdefault(alike, value) != value:
                doubtful.add(alike)
        for alike in doubtful:  # two answers in spellings alike: only the exact one tells
            del self._folded[alike]

    def value_of(self, text: str) -> tuple[bool, str | None]:
        """Tell whether a text may stand, and what for; None leaves the field alone.

        As written first, then without regard to case, blanks and how accents are encoded.
        """
        value = self._exact.get(text)
        if value is None:
            value = self._folded.get(folded(text))
        if value is None:
            if self._other is Other.KEEP:
                return True, text
            value = self._other_value if self._other is Other.VALUE else None
            return self._other is not Other.REJECT, self._meant(value)
        return True, self._meant(value)

    def _meant(self, value: str | None) -> str | None:
        """A blank value leaves the field alone: only ``blank: clear`` may erase."""
        return value if value and value.strip(BLANKS) and value not in self._left_alone else None

    def named(self) -> str:
        """Name the texts it lists, for a sentence."""
        listed = ", ".join(list(self._exact)[:_MOST_SHOWN])
        more = len(self._exact) - _MOST_SHOWN
        if more > 0:
            return tr("It lists: {listed} and {more} more.", listed=listed, more=more)
        return tr("It lists: {listed}.", listed=listed)


def map_values(texts: Any, rule: FieldRule) -> Checked:
    """Put what the mapping says in the place of the texts it lists; texts may be missing."""
    listed = ListedValues(rule)
    mapped: list[str | None] = []
    strange = np.zeros(len(texts), dtype=bool)
    for position, text in enumerate(texts.to_pylist()):
        known, value = (True, None) if text is None else listed.value_of(text)
        strange[position] = not known
        mapped.append(value)
    if not strange.any():
        return Checked(texts_of(mapped))
    problem = Problem(IssueCode.VALUE_NOT_LISTED, strange, tr(" {listed}", listed=listed.named()))
    return Checked(texts_of(mapped), (problem,))
