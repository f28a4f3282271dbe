"""Lists: several values in one cell, joined by ``|`` for the platform."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from importer.blanks import BLANKS, trimmed
from importer.checking.column import (
    Checked,
    Context,
    Problem,
    blanked,
    patched,
)
from importer.checking.values import ListedValues
from importer.documents import in_quotes, joined
from importer.field_rules import FieldRule
from importer.issues import IssueCode
from importer.language import tr
from importer.masks import to_mask

_JOINT = "|"
_USUAL_SIGNS = re.compile("[;|\n\r\x0b\x0c\x85\u2028\u2029]")
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class _List:
    """What became of one cell.

    ``entries``: those to send. ``unlisted``: what the mapping does not list. ``cut``: what the
    platform would take for several entries.
    """

    entries: tuple[str, ...]
    unlisted: tuple[str, ...]
    cut: tuple[str, ...]

    @property
    def joined(self) -> str | None:
        """The canonical text; None where there is nothing to send."""
        return None if self.unlisted or self.cut else _JOINT.join(self.entries) or None


def check_list(texts: Any, rule: FieldRule, context: Context) -> Checked:
    """Write a list's entries joined by ``|``, each once, in their order.

    Entries are trimmed, and blank ones are left out. Each goes by the mapping's ``values`` if it
    has any.
    """
    del context
    if rule.values or rule.separator:
        at = np.arange(len(texts), dtype=np.int64)
    else:  # a text without any of the signs is a list of one
        signs = pc.match_substring_regex(texts, _USUAL_SIGNS.pattern)
        at = np.flatnonzero(to_mask(signs))
    lists = list(_read(texts.take(at).to_pylist(), rule))
    result = patched(texts, at, [one.joined for one in lists])
    return Checked(result, tuple(_problems(lists, at, len(texts), rule)))


def without_empty_lists(texts: Any, rule: FieldRule) -> Any:
    """Take a list of nothing but separators for what it is: blank, and so missing."""
    if rule.separator:
        rest = pc.replace_substring(texts, pattern=rule.separator, replacement="")
    else:
        rest = pc.replace_substring_regex(texts, pattern=_USUAL_SIGNS.pattern, replacement="")
    return blanked(texts, to_mask(pc.is_null(trimmed(rest))))


def _read(texts: Iterable[str], rule: FieldRule) -> Iterator[_List]:
    listed = ListedValues(rule) if rule.values else None
    for text in texts:
        parts = text.split(rule.separator) if rule.separator else _USUAL_SIGNS.split(text)
        trimmed = dict.fromkeys(part.strip(BLANKS) for part in parts)
        entries = [entry for entry in trimmed if entry]
        sent: list[str] = []
        unlisted: list[str] = []
        cut: list[str] = []
        for entry in entries:
            known, value = (True, entry) if listed is None else listed.value_of(entry)
            if not known:
                unlisted.append(entry)
            elif value == entry and _JOINT in entry:
                cut.append(entry)
            elif value is not None:  # the mapping may let one word stand for several entries
                sent += [part for part in value.split(_JOINT) if part.strip(BLANKS)]
        yield _List(tuple(dict.fromkeys(sent)), tuple(unlisted), tuple(cut))


def _problems(
    lists: Sequence[_List], at: NDArray[np.int64], count: int, rule: FieldRule
) -> Iterator[Problem]:
    unlisted = {p: one.unlisted for p, one in zip(at, lists, strict=True) if one.unlisted}
    if unlisted:
        named = ListedValues(rule).named()
        details = [
            tr(" Not in it: {entries}. {listed}", entries=_named(e), listed=named)
            for e in unlisted.values()
        ]
        yield Problem(IssueCode.VALUE_NOT_LISTED, _mask(unlisted, count), details)
    cut = {p: one.cut for p, one in zip(at, lists, strict=True) if one.cut and not one.unlisted}
    if cut:
        details = [
            tr(
                "the sign {sign} in {entries} would cut it on the platform: write another one.",
                sign=_JOINT,
                entries=_named(e),
            )
            for e in cut.values()
        ]
        yield Problem(IssueCode.LIST_ENTRY_INVALID, _mask(cut, count), details)


def _named(entries: Sequence[str]) -> str:
    shown = joined(in_quotes(entry) for entry in entries[:_MOST_NAMED])
    more = len(entries) - _MOST_NAMED
    return tr("{shown} and {more} more", shown=shown, more=more) if more > 0 else shown


def _mask(at: Iterable[np.int64], count: int) -> NDArray[np.bool_]:
    mask = np.zeros(count, dtype=bool)
    mask[list(at)] = True
    return mask
