"""Answers: consents and yes/no fields, in English and French words."""

from __future__ import annotations

from typing import Any

import numpy as np

from importer.checking.column import Checked, Context, Problem, texts_of
from importer.issues import IssueCode
from importer.model import FieldRule

YES = frozenset({"yes", "y", "oui", "o", "true", "vrai", "1", "on", "x"})
NO = frozenset({"no", "n", "non", "false", "faux", "0", "off"})


def check_consent(texts: Any, rule: FieldRule, context: Context) -> Checked:
    """Write ``yes`` or ``no``; ``leave`` (from the mapping's values) leaves the consent alone."""
    del context
    words: dict[str, str | None] = (
        {"yes": "yes", "no": "no", "leave": None} if rule.values else _known("yes", "no")
    )
    return _look_up(texts, words, IssueCode.CONSENT_INVALID)


def check_boolean(texts: Any, rule: FieldRule, context: Context) -> Checked:
    """Write ``true`` or ``false``."""
    del rule, context
    return _look_up(texts, _known("true", "false"), IssueCode.BOOLEAN_INVALID)


def _known(yes: str, no: str) -> dict[str, str | None]:
    return {**dict.fromkeys(YES, yes), **dict.fromkeys(NO, no)}


def _look_up(texts: Any, words: dict[str, str | None], code: IssueCode) -> Checked:
    folded = [text.casefold() for text in texts.to_pylist()]
    strange = np.array([text not in words for text in folded], dtype=bool)
    found = texts_of([words.get(text) for text in folded])
    return Checked(found, (Problem(code, strange),) if strange.any() else ())
