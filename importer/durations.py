"""Durations as ``importer.yaml`` writes them: 90m, 24h, 7d, 12w, 3y."""

from __future__ import annotations

import re
from datetime import timedelta

from importer.language import tr

_DURATION = re.compile(r"([0-9]{1,6}) ?(m|min|h|d|w|y)")
_UNITS = {"m": timedelta(minutes=1), "min": timedelta(minutes=1), "h": timedelta(hours=1),
          "d": timedelta(days=1), "w": timedelta(weeks=1), "y": timedelta(days=365)}  # fmt: skip


def check_duration(text: str) -> str:
    """Take a duration. Raises ValueError, a sentence, for what is none."""
    if not _is_duration(text):
        raise ValueError(tr("a duration such as 90m, 24h or 7d is needed"))
    return text.strip()


def check_retention(text: str) -> str:
    """Take how long something is kept. Raises ValueError, a sentence, for what is no duration."""
    if not _is_duration(text):
        raise ValueError(tr("a duration such as 90d, 12w or 3y is needed"))
    return text.strip()


def duration_of(text: str) -> timedelta:
    """Read a duration that was checked; a year has 365 days."""
    match = _DURATION.fullmatch(text)
    assert match is not None
    return int(match.group(1)) * _UNITS[match.group(2)]


def _is_duration(text: str) -> bool:
    match = _DURATION.fullmatch(text.strip())
    return match is not None and int(match.group(1)) > 0
