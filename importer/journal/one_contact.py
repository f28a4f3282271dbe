"""What a journal says of one contact, without reading what it says of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.journal.outcomes import unpacked
from importer.journal.values import Call, CallResult, SettledBatch

if TYPE_CHECKING:
    from importer.journal.store import Journal


def settled_batch_of(journal: Journal, position: int) -> tuple[int, SettledBatch] | None:
    """Give the batch in which a contact has its outcome, and the number of its last call.

    ``position``: in the plan of the journal's step. None: it has no outcome there.
    """
    found = journal._rows(
        "SELECT call, end, batch, first, outcomes, request_id, strangers, settled FROM settlement"
        " WHERE step = ? AND first <= ? ORDER BY first DESC LIMIT 1",
        journal.step,
        position,
    )
    if not found or found[0][1] <= position:
        return None
    call, _, batch, first, blob, *others = found[0]
    return call, SettledBatch(batch, first, unpacked(blob), *others)


def calls_of(journal: Journal, position: int) -> list[Call]:
    """Give the calls that carried a contact, in the order in which they went.

    ``position``: in the plan of the journal's step.
    """
    rows = journal._rows(
        "SELECT number, step, batch, first, end, bytes, attempt, waited, started,"
        " coalesce(ended, ''), result, message FROM call"
        " WHERE step = ? AND first <= ? AND end > ? ORDER BY number",
        journal.step,
        position,
        position,
    )
    return [Call(*(*row[:10], CallResult(row[10]), row[11])) for row in rows]
