"""Which call each line of ``consents.csv`` names: as cells, joined by places in the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.journal import CallResult
from importer.reports.cells import TEXT, written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from importer.journal import Call, Settlement

_LARGEST_STEP = 1 << 40  # contacts


class LedgerCalls:
    """Which call settled each contact, and when; where none did, which one carried it last."""

    def __init__(
        self, settlements: Iterable[Settlement], calls: Iterable[Call], delimiter: str
    ) -> None:
        doubtful: list[tuple[int, int, int]] = []
        numbers: list[int] = []
        batches: list[tuple[str, str]] = []
        started: list[str] = []
        for call in calls:
            numbers.append(call.number)
            batches.append((call.batch, ""))
            started.append(call.started)
            if call.result in _WITHOUT_ANSWER:
                first = call.step * _LARGEST_STEP
                doubtful.append((first + call.first, first + call.end, len(numbers) - 1))
        self._doubtful = doubtful
        self._no_call = pa.scalar(delimiter, TEXT)  # two blank cells
        self._calls_batches = pa.array(written(batches, delimiter), TEXT)
        self._started = pa.array(started, TEXT)
        places: list[tuple[int, int]] = []
        answered: list[tuple[str, str]] = []
        settled: list[str] = []
        last: list[int] = []
        for one in settlements:
            first = one.step * _LARGEST_STEP
            places.append((first + one.first, first + one.end))
            answered.append((one.batch, one.request_id))
            settled.append(one.settled)
            last.append(one.call)
        self._firsts, self._ends = np.array(places, np.int64).reshape(-1, 2).T
        self._answered = pa.array(written(answered, delimiter), TEXT)
        self._settled = pa.array(settled, TEXT)
        self._last = np.searchsorted(np.array(numbers, np.int64), np.array(last, np.int64))

    def of(
        self, steps: NDArray[np.int32], places: NDArray[np.int64], unknown: NDArray[np.bool_]
    ) -> tuple[Any, Any]:
        """Give the call with its request id, as cells, and the time, for contacts of the steps."""
        wanted = steps.astype(np.int64) * _LARGEST_STEP + places
        at = np.searchsorted(self._firsts, wanted, "right") - 1
        there = at >= 0
        there[there] = wanted[there] < self._ends[at[there]]
        last = np.full(len(wanted), -1, dtype=np.int64)
        last[there] = self._last[at[there]]
        if not there.all():
            last[~there] = self._last_calls(wanted[~there])
        settled = pa.array(at, mask=~there)
        started = self._started.take(pa.array(last, mask=last < 0))
        carried = self._calls_batches.take(pa.array(last, mask=there | (last < 0)))
        calls = pc.coalesce(self._answered.take(settled), carried, self._no_call)
        times = pc.if_else(pa.array(there & ~unknown), self._settled.take(settled), started)
        return calls, times

    def _last_calls(self, wanted: NDArray[np.int64]) -> NDArray[np.int64]:
        """Find the last call without an answer that carried each of some contacts."""
        order = np.argsort(wanted, kind="stable")
        ordered = wanted[order]
        found = np.full(len(wanted), -1, dtype=np.int64)
        for first, end, call in self._doubtful:  # in the order in which they went
            low, high = np.searchsorted(ordered, [first, end])
            found[order[low:high]] = call
        return found


_WITHOUT_ANSWER = frozenset({CallResult.OPEN, CallResult.IN_DOUBT, CallResult.TAKEN})
