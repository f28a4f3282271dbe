"""One column's proposal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from importer.language import mark, tr

Members = tuple[tuple[str, Any], ...]
"""A column's options, as (name, value), in the order in which they are written."""

_KEYS = ("key_", "id.")  # what codes of keys begin with; no other code of any platform does


class Certainty(StrEnum):
    """How sure a proposal is."""

    SURE = mark("sure")
    LIKELY = mark("likely")
    UNSURE = mark("unsure")  # written as a comment
    NONE = mark("no field")  # written as a comment: nothing fits

    @property
    def words(self) -> str:
        """How it is told to people; its value is that of JSON."""
        return tr(self.value)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for a column.

    ``field``: its code, None where nothing fits. ``others``: the options of other readings.
    ``consent``: it is one, and its ``values`` are left to fill in. ``joined``: the columns that
    make the whole of the field together, () where this one does.
    """

    column: str
    field: str | None
    options: Members
    reason: str
    certainty: Certainty
    others: tuple[Members, ...] = ()
    consent: bool = False
    joined: tuple[str, ...] = ()

    @property
    def commented(self) -> bool:
        """Whether the draft has it as a comment, so that it does nothing."""
        return self.certainty in {Certainty.UNSURE, Certainty.NONE}

    @property
    def is_key(self) -> bool:
        """Whether it is the key, and counts."""
        return self.field is not None and self.field.startswith(_KEYS) and not self.commented
