"""What is done to a text before it is looked at: replacements, and taking a part."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from importer.blanks import BLANKS, trimmed
from importer.checking.column import flat
from importer.field_rules import FieldRule, Take

# Joiners have no width and stand inside words: of Persian names, of emoji made of several.
_JOINERS = "\u200c\u200d\u2060"
# Written out, because RE2 takes only the ASCII blanks for blanks.
_PARTING = "".join(f"\\x{{{ord(c):x}}}" for c in BLANKS if c not in _JOINERS)
_TAKEN_AWAY = {
    Take.FIRST_WORD: rf"(?s)[{_PARTING}].*$",
    Take.LAST_WORD: rf"(?s)^.*[{_PARTING}]",
    Take.ALL_BUT_FIRST: rf"^[^{_PARTING}]+",
    Take.ALL_BUT_LAST: rf"[^{_PARTING}]+$",
}


def transformed(texts: Any, rule: FieldRule) -> Any:
    """Replace and take what the rule says; a text of which nothing is left is missing.

    The words are what blanks of every kind part. Blanks that a replacement leaves around a text
    are taken off, unless the rule keeps them.
    """
    if not rule.replace and rule.take is None:
        return texts
    for old, new in rule.replace:
        if old:  # Arrow never ends looking for an empty text
            texts = pc.replace_substring(texts, pattern=old, replacement=new)
    words = trimmed(texts)
    if rule.take is not None:
        pattern = _TAKEN_AWAY[rule.take]
        return flat(trimmed(pc.replace_substring_regex(words, pattern=pattern, replacement="")))
    if rule.trim:
        return flat(words)
    return flat(pc.if_else(pc.is_valid(words), texts, pa.scalar(None, pa.large_string())))
