"""Answers: consents and yes/no fields, in English and French words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from importer.checking.column import Checked, Context, Problem, texts_of
from importer.field_rules import FieldRule
from importer.issues import IssueCode

# Only what nobody can take for the other answer, whatever the column is called: "subscribed" or
# "refused" depend on the question, and an empty box may be no answer at all. Numbers with a zero
# behind the point are what programs make of a column of 1 and 0 that has blank cells.
YES = frozenset({"yes", "y", "oui", "o", "true", "vrai", "1", "1.0", "on", "x", "✓", "✔", "☑"})
NO = frozenset({"no", "n", "non", "false", "faux", "0", "0.0", "off"})


def check_consent(texts: Any, rule: FieldRule, context: Context) -> Checked:
    """Write ``yes`` or ``no``; that a word leaves the consent alone is said by ``values`` only.

    Where no call can say no, a no leaves it alone, too.
    """
    del context
    checked = _look_up(texts, "yes", "no", IssueCode.CONSENT_INVALID)
    if not rule.yes_only:
        return checked
    said = checked.texts.to_pylist()
    return replace(checked, texts=texts_of([None if one == "no" else one for one in said]))


def check_boolean(texts: Any, rule: FieldRule, context: Context) -> Checked:
    """Write ``true`` or ``false``."""
    del rule, context
    return _look_up(texts, "true", "false", IssueCode.BOOLEAN_INVALID)


def _look_up(texts: Any, yes: str, no: str, code: IssueCode) -> Checked:
    words = dict.fromkeys(YES, yes) | dict.fromkeys(NO, no)
    found = [words.get(text.casefold()) for text in texts.to_pylist()]
    strange = np.array([answer is None for answer in found], dtype=bool)
    return Checked(texts_of(found), (Problem(code, strange),) if strange.any() else ())
