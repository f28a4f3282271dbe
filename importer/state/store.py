"""Where lines are kept that several processes share: one of them at a time, all by one clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")

Value = float | str | bytes | None
"""What a line may hold."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What a store says of itself: marked sentences with the places ``{place}`` and ``{error}``.

    ``unusable``: it cannot be opened. ``damaged``: it is no such store. ``broken``: it does not
    answer any more.
    """

    unusable: str
    damaged: str
    broken: str


class Visit(Protocol):
    """Being alone with the lines of one subject, such as an account."""

    def now(self) -> float:
        """Tell the store's time in seconds since 1970."""
        ...

    def rows(self, statement: str, *values: Value) -> list[tuple[Any, ...]]:
        """Execute a statement of SQL, ``?`` standing for values; its rows, if it gives any."""
        ...


class Store(Protocol):
    """Where lines are kept."""

    def alone(self, subject: str, work: Callable[[Visit], _T]) -> _T:
        """Do the work in one transaction, alone with the subject. It may be done twice.

        Raises StoppedError when the store does not answer.
        """
        ...

    def close(self) -> None:
        """Let go of it."""
        ...
