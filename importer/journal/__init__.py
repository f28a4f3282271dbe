"""The journal of a run: what was meant, what came of it, durable against a loss of power."""

from importer.journal.store import Journal
from importer.journal.tables import VERSION
from importer.journal.values import (
    Call,
    CallResult,
    CallTotals,
    Gap,
    Lookup,
    SettledBatch,
    Settlement,
)

__all__ = [
    "VERSION",
    "Call",
    "CallResult",
    "CallTotals",
    "Gap",
    "Journal",
    "Lookup",
    "SettledBatch",
    "Settlement",
]
