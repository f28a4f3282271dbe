"""The journal of a run: what was meant, what came of it, durable against a loss of power."""

from importer.journal.store import VERSION, Journal
from importer.journal.values import CallResult, CallTotals, Gap, SettledBatch

__all__ = ["VERSION", "CallResult", "CallTotals", "Gap", "Journal", "SettledBatch"]
