"""Choices as people list them: one, or one of several."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from importer.language import tr


def either(texts: Iterable[str]) -> str:
    """Name one text or another; at least one is given."""
    return reduce(lambda one, other: tr("{one} or {other}", one=one, other=other), texts)
