"""Which yeses of a plan were withheld for what the account holds, once contacts are settled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from importer.delivery.asking import REFUSED, SILENT
from importer.delivery.yeses import consents, yeses
from importer.issues import IssueCode, Severity
from importer.language import mark, tr
from importer.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from importer.delivery.course import Plan
    from importer.journal import Journal, SettledBatch
    from importer.model import PlanSlice

EXISTING, UNANSWERED = "existing", "unanswered"
_REASONS = {
    EXISTING: mark("the contact was in the account already"),
    UNANSWERED: mark("whether the contact was in the account already is not known"),
    REFUSED: mark("the account says no"),
    SILENT: mark("the account does not say"),
}
_WRITTEN = frozenset({Verdict.CREATED, Verdict.UPDATED, Verdict.ACCEPTED})


def existing_ones(plan: Plan, journal: Journal, schema: Any) -> Iterator[Any]:
    """Give the yeses of contacts that were updated: they go only to contacts that are created.

    Those included of which that is not known: no insert, and so no yes, comes after an update in
    doubt. As tables of ``schema``, that of a run's issues, in row order and in bounded memory.
    """
    looked_up = {one.position: one.found for one in journal.lookups()}
    for rows, written, unknown in _settled_slices(plan, journal):
        for at in unknown.nonzero()[0].tolist():
            if (there := looked_up.get(rows.first + at)) is not None:
                written[at], unknown[at] = there, False
        found = {code: (written | unknown) & yeses(rows, code) for code in consents(rows)}
        yield _table(
            rows,
            [
                (at, code, UNANSWERED if unknown[at] else EXISTING)
                for code, mask in found.items()
                for at in mask.nonzero()[0].tolist()
            ],
            schema,
        )


def refused_ones(plan: Plan, journal: Journal, schema: Any) -> Iterator[Any]:
    """Give the yeses that were taken out of what was sent, for the account does not say yes.

    As tables of ``schema``, that of a run's issues, in row order and in bounded memory.
    """
    for rows, written, unknown in _settled_slices(plan, journal):
        sent = written | unknown
        asked = journal.asked(rows.first, rows.first + len(rows))
        yield _table(
            rows,
            [
                (position - rows.first, code, why)
                for position, withheld in asked.items()
                for code, why in withheld.items()
                if sent[position - rows.first]
            ],
            schema,
        )


def _table(rows: PlanSlice, found: list[tuple[int, str, str]], schema: Any) -> Any:
    """Lay withheld yeses out as issues: contact after contact, consents in the plan's order."""
    order = {code: place for place, code in enumerate(consents(rows))}
    found.sort(key=lambda one: (one[0], order[one[1]]))
    indices = rows.table.column(0).take(pa.array([at for at, _, _ in found], pa.int64()))
    count = len(found)
    reasons = {why: tr(text) for why, text in _REASONS.items()}
    columns = {
        "row": indices,
        "severity": [Severity.WARNING.value] * count,
        "code": [IssueCode.YES_WITHHELD.value] * count,
        "column": [""] * count,
        "field": [code for _, code, _ in found],
        "value": [None] * count,
        "detail": [reasons[why] for _, _, why in found],
    }
    return pa.table([pa.array(columns[one.name], one.type) for one in schema], schema=schema)


def _settled_slices(
    plan: Plan, journal: Journal
) -> Iterator[tuple[PlanSlice, NDArray[np.bool_], NDArray[np.bool_]]]:
    """Give the plan's contacts, and which of them were written, and of which that is not known."""
    batches = _Settled(journal.at_step(0))
    for rows in plan.slices(0, len(plan)):
        written, unknown = np.zeros((2, len(rows)), dtype=bool)
        for position, verdict in batches.between(rows.first, rows.first + len(rows)):
            written[position - rows.first] = verdict in _WRITTEN
            unknown[position - rows.first] = verdict is Verdict.UNKNOWN
        yield rows, written, unknown


class _Settled:
    """The verdicts of settled contacts, asked for in plan order."""

    def __init__(self, journal: Journal) -> None:
        self._batches = journal.settled_batches()
        self._current: SettledBatch | None = next(self._batches, None)

    def between(self, first: int, end: int) -> Iterator[tuple[int, Verdict]]:
        while self._current is not None and self._current.first < end:
            one = self._current
            for position in range(max(one.first, first), min(one.end, end)):
                yield position, one.outcomes[position - one.first].verdict
            if one.end > end:
                return
            self._current = next(self._batches, None)
