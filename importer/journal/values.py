"""What is read back from a journal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importer.model import Difference, Outcome


class CallResult(StrEnum):
    """How a call ended, as far as the journal knows."""

    OPEN = "open"  # it was about to go; the process ended, or it is on its way
    NOT_TAKEN = "not-taken"
    TAKEN = "taken"  # the platform has it, and has not said yet what became of it
    IN_DOUBT = "in-doubt"
    REFUSED = "refused"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class SettledBatch:
    """A batch with its outcomes, in plan order. ``settled``: when, as ISO text."""

    batch: str
    first: int
    outcomes: tuple[Outcome, ...]
    request_id: str
    strangers: int
    settled: str

    @property
    def end(self) -> int:
        """The plan position after the last contact."""
        return self.first + len(self.outcomes)


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of the plan that has no outcomes.

    ``in_doubt``: a call carried it and nobody knows what came of it. Then ``sha256`` is the hash of
    the batch that held exactly this stretch; empty for what is left of a batch that was cut.
    ``ticket``: the platform took exactly this stretch in the call of that number, and is to be
    asked by it what became of it. ``doubted``: an earlier call with these contacts is in doubt too.
    """

    first: int
    end: int
    in_doubt: bool = False
    sha256: str = ""
    ticket: str = ""
    call: int = 0
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One call, as it was written down before it went and when it ended.

    ``first`` and ``end``: the plan positions it carried, within its ``step``. ``waited``: seconds
    waited for it. ``started`` and ``ended``: ISO text; ``ended`` is empty while nothing is known.
    ``message``: what stood in the way of one that was not answered.
    """

    number: int
    step: int
    batch: str
    first: int
    end: int
    bytes: int
    attempt: int
    waited: float
    started: str
    ended: str
    result: CallResult
    message: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """A batch that has its outcomes, without them. ``call``: the last one that carried it.

    ``settled``: when, as ISO text.
    """

    step: int
    batch: str
    first: int
    end: int
    call: int
    request_id: str
    settled: str


@dataclass(frozen=True, slots=True)
class CallTotals:
    """The calls of a run. ``retried``: calls after the first for the same contacts.

    ``taken``: those of which the platform has not said yet what became of them. ``polls``: calls
    that asked it that; beside ``calls``.

    ``waited_seconds``: before calls, for the pace and for retries. ``bytes``: of contacts carried.
    ``first`` and ``last``: ISO text, empty when there was no call.
    """

    calls: int
    retried: int
    not_taken: int
    refused: int
    in_doubt: int
    strangers: int
    waited_seconds: float
    bytes: int
    first: str
    last: str
    taken: int = 0
    polls: int = 0


@dataclass(frozen=True, slots=True)
class Lookup:
    """What was found of a contact that was read back after it had been sent.

    ``position``: in the plan. ``outcome``: what its row comes to now, where the answer to its call
    was not known; None: what it was.
    """

    position: int
    at: str
    found: bool
    differences: tuple[Difference, ...] = ()
    outcome: Outcome | None = None
