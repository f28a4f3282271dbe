"""The fault script: what goes wrong with which call that writes, of either platform."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from enum import StrEnum

from importer.sandbox.errors import SandboxError


class Fault(StrEnum):
    """One word of the script: what happens to one call. Unless said, nothing is written."""

    OK = "ok"  # answered as it should be
    LOST = "lost"  # written, then the connection closes without an answer
    DROPPED = "dropped"  # the connection closes before anything is done
    SLOW = "slow"  # written, answered after slow_seconds
    GARBAGE = "garbage"  # 200 with a page of HTML
    CUT = "cut"  # written, 200 with JSON that ends in the middle
    EMPTY = "empty"  # written, 200 without a body
    REFUSED = "refused"  # Success false for the whole call
    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    TOO_LARGE = "413"
    TOO_MANY = "429"  # Retry-After in seconds
    TOO_MANY_DATE = "429-date"  # Retry-After as an HTTP date
    TOO_MANY_BARE = "429-bare"  # without Retry-After
    SERVER_ERROR = "500"  # the envelope, Success false
    SERVER_ERROR_PAGE = "500-html"
    BAD_GATEWAY = "502"
    UNAVAILABLE = "503"  # a page, without Retry-After
    UNAVAILABLE_AFTER = "503-after"  # a page, Retry-After in seconds
    GATEWAY_TIMEOUT = "504"
    GATEWAY_TIMEOUT_DONE = "504-done"  # written, then the page of a gateway that gave up


# Faults that strike after the call's work is done (or leave it alone).
WORKING = frozenset(
    {
        Fault.OK,
        Fault.LOST,
        Fault.SLOW,
        Fault.CUT,
        Fault.EMPTY,
        Fault.GATEWAY_TIMEOUT_DONE,
    }
)
SILENT = frozenset({Fault.LOST, Fault.DROPPED})

_WORD = re.compile(r"(?P<word>[a-z0-9-]+)(?P<star>\*(?P<times>[0-9]{1,9})?)?")


@dataclass(frozen=True, slots=True)
class FaultRun:
    """The same fault for so many calls; ``times`` None means for all that follow."""

    fault: Fault
    times: int | None = 1


def parse_faults(script: str) -> tuple[FaultRun, ...]:
    """Read a script such as ``"ok lost*3 429 slow*"``.

    One word a call; ``word*3`` for three calls, ``word*`` (the last one only) for all that
    follow. Words are parted by blanks or commas. Raises SandboxError for anything else.
    """
    words = script.replace(",", " ").split()
    runs = [_parse_word(word) for word in words]
    if any(run.times is None for run in runs[:-1]):
        raise SandboxError("a fault for all calls that follow (word*) can only stand last")
    return tuple(runs)


def _parse_word(word: str) -> FaultRun:
    match = _WORD.fullmatch(word.lower())
    if match is None or match["word"] not in set(Fault):
        known = " ".join(Fault)
        raise SandboxError(f"{word!r} is not a fault; use {known}, each also as word*3 or word*")
    fault = Fault(match["word"])
    if match["star"] is None:
        return FaultRun(fault)
    return FaultRun(fault, int(match["times"]) if match["times"] else None)


class FaultScript:
    """Hands out the script's faults one by one; after its end every call is ok."""

    def __init__(self, runs: tuple[FaultRun, ...]) -> None:
        self._runs = list(reversed(runs))
        self._lock = threading.Lock()

    def take(self) -> Fault:
        """The fault of the next call."""
        with self._lock:
            while self._runs:
                run = self._runs.pop()
                if run.times is None:
                    self._runs.append(run)
                    return run.fault
                if run.times > 0:
                    self._runs.append(FaultRun(run.fault, run.times - 1))
                    return run.fault
            return Fault.OK
