"""The calls of one account, counted for all who share them; ``importer.state`` keeps the count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.pacing.windows import Window


@dataclass(frozen=True, slots=True)
class Begun:
    """A call that is counted from now on; ``number`` ends it."""

    number: int


class Budget(Protocol):
    """The calls of one account; everything in it is atomic across threads and processes.

    Every function but ``close`` raises StoppedError when the store does not answer.
    """

    def begin(self, windows: Sequence[Window]) -> Begun | float:
        """Count a call that is about to go; or say after how many seconds to ask again."""
        ...

    def end(self, number: int) -> None:
        """Note that a call ended, with or without an answer."""
        ...

    def hold(self, seconds: float) -> None:
        """Let no call of the account begin for that long; a longer hold stays."""
        ...

    def close(self) -> None:
        """Let go of the store. Calls that are still open count until their time-out."""
        ...
