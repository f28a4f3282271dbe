"""The story of a row as a value: what was read, checked, planned and sent, what came back."""

from __future__ import annotations

from dataclasses import dataclass

from importer.model import Difference
from importer.reports.ledger import LedgerLine


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as it was read. ``text``: None where the row is too short to have it."""

    column: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """What the checks said of a row: ``severity`` is error, warning or skip."""

    severity: str
    code: str
    column: str
    field: str
    value: str
    message: str


@dataclass(frozen=True, slots=True)
class PlannedValue:
    """A field as it was planned. ``text``: empty where the field is to be cleared."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Carried:
    """A call that carried the row.

    ``step``: 0, or 1 for the second of two. ``contacts``: how many it carried. ``waited``: seconds
    before it. ``ended`` is empty while nothing is known. ``result``: as the journal has it.
    """

    number: int
    step: int
    batch: str
    contacts: int
    attempt: int
    waited: float
    started: str
    ended: str
    result: str
    message: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the platform said of the row in one step. ``call``: the number of the last call."""

    call: int
    at: str
    verdict: str
    code: str
    field: str
    message: str
    record_id: str
    request_id: str


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What was found when the contact was read back after the sending."""

    at: str
    found: bool
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The same row in another run of its family, which retries this one or is retried by it."""

    run: str
    created: str
    retry_of: str
    verdict: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Story:
    """The story of one row of one run. Times are ISO 8601 in UTC.

    ``fitting``: how many rows of the run were asked for in all. ``verdict`` to ``record_id``: as in
    ``results.csv``. ``read``: the original cells; None: they are cut, and ``unread`` says so.
    ``planned``: what was to be sent; None: the row was not planned, or ``unplanned`` says why it is
    not known any more. ``withheld``: the yeses that were not sent for what the account holds.
    """

    run: str
    fitting: int
    file: str
    sheet: str
    row: int
    key: str
    verdict: str
    code: str
    field: str
    message: str
    batch: str
    attempts: int
    record_id: str
    read: tuple[Cell, ...] | None
    unread: str
    issues: tuple[Told, ...]
    planned: tuple[PlannedValue, ...] | None
    unplanned: str
    withheld: tuple[Told, ...]
    consents: tuple[LedgerLine, ...]
    calls: tuple[Carried, ...]
    answers: tuple[Answer, ...]
    looked_up: LookedUp | None
    elsewhere: tuple[Elsewhere, ...]
