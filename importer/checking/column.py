"""What every check of a column works on: distinct texts in, canonical texts and problems out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from importer.field_rules import FieldRule
from importer.issues import IssueCode, Severity
from importer.masks import Mask


@dataclass(frozen=True, slots=True)
class Problem:
    """One code for some of the texts. ``details``: one text for all, or one for each marked."""

    code: IssueCode
    mask: Mask
    details: str | Sequence[str] = ""
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Checked:
    """The canonical texts (missing where there is none) and what was wrong with which."""

    texts: Any  # pa.Array of large_string, same length as what was checked
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What a check may know beside the rule.

    ``typed_dates``: dates may stand as ISO text. ``today``: the day of the check.
    """

    typed_dates: bool = False
    today: date = date.max


Check = Callable[[Any, FieldRule, Context], Checked]
"""A check of distinct, non-blank texts (pa.Array of large_string) under one field's rule."""


def texts_of(values: Sequence[str | None]) -> Any:
    """Make an Arrow column of text."""
    return pa.array(values, pa.large_string())


def blanked(texts: Any, mask: Mask) -> Any:
    """Take the marked texts away."""
    if not mask.any():
        return texts
    return pc.if_else(pa.array(mask), pa.scalar(None, pa.large_string()), texts)


def patched(texts: Any, at: NDArray[np.int64], replacements: Sequence[str | None]) -> Any:
    """Put other texts at some positions."""
    if not len(at):
        return texts
    mask = np.zeros(len(texts), dtype=bool)
    mask[at] = True
    return pc.replace_with_mask(texts, pa.array(mask), texts_of(replacements))


def flat(texts: Any) -> Any:
    """Give a column as one Arrow array of text."""
    whole = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    return whole if whole.type == pa.large_string() else whole.cast(pa.large_string())


def without_rows(problem: Problem, rows: Mask) -> Problem:
    """Leave out what a problem says of some rows."""
    mask = problem.mask & ~rows
    details = problem.details
    if not isinstance(details, str):
        details = [d for d, kept in zip(details, mask[problem.mask], strict=True) if kept]
    return replace(problem, mask=mask, details=details)
