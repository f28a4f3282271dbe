"""Plain text and choices: letter case, length and form."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow.compute as pc

from importer.checking.column import Checked, Context, Problem, to_mask
from importer.issues import IssueCode
from importer.model import FieldRule


def check_text(texts: Any, rule: FieldRule, context: Context) -> Checked:
    """Write text in the case that is asked for; refuse what is too long or of another form."""
    del context
    result = texts
    if rule.case == "lower":
        result = pc.utf8_lower(result)
    elif rule.case == "upper":
        result = pc.utf8_upper(result)
    problems = []
    if rule.max_length is not None:
        lengths = pc.utf8_length(result)
        too_long = to_mask(pc.greater(lengths, rule.max_length))
        if too_long.any():
            found = lengths.to_numpy(zero_copy_only=False)[too_long]
            details = [f"{n} characters, {rule.max_length} are allowed" for n in found]
            problems.append(Problem(IssueCode.VALUE_TOO_LONG, too_long, details))
    if rule.pattern is not None:
        form = re.compile(rule.pattern)
        other = np.array([form.fullmatch(t) is None for t in result.to_pylist()], dtype=bool)
        if other.any():
            problems.append(Problem(IssueCode.VALUE_NOT_MATCHING, other, rule.pattern))
    return Checked(result, tuple(problems))
