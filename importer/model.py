"""The frozen values that cross a room's door.

Read this first: the whole tool is these nouns and the stages that turn one into the next.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Never, Protocol

from importer.field_rules import FieldRole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

    from importer.field_rules import ValueType
    from importer.issues import Finding


class Verdict(StrEnum):
    """The closed list of a row's ends; every input row has exactly one."""

    CREATED = "created"
    UPDATED = "updated"
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    SKIPPED = "skipped"
    INVALID = "invalid"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    NOT_SENT = "not-sent"

    @property
    def words(self) -> str:
        """What an operator calls it, on screens and pages."""
        return _WORDS[self]


_WORDS = {
    Verdict.CREATED: "created",
    Verdict.UPDATED: "updated",
    Verdict.ACCEPTED: "accepted",
    Verdict.DUPLICATE: "duplicate",
    Verdict.SKIPPED: "left out on purpose",
    Verdict.INVALID: "refused by our checks",
    Verdict.REJECTED: "refused by the platform",
    Verdict.UNKNOWN: "sent but answer unknown",
    Verdict.NOT_SENT: "not sent yet",
}


class RowCheck(IntEnum):
    """What the check says of a row; one byte each in memory."""

    GOOD = 0
    INVALID = 1
    SKIPPED = 2
    DUPLICATE = 3
    UNCHANGED = 4  # left out, since it is as it was last sent


class RunState(StrEnum):
    """Where a run stands. ``checking`` is a run whose check has not ended."""

    CHECKING = "checking"
    CHECKED = "checked"
    SENDING = "sending"
    STOPPED = "stopped"
    FINISHED = "finished"
    REFUSED = "refused"
    ABANDONED = "abandoned"


# --- the left half: columns ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some thousands of rows of one table, as columns of text.

    ``frame``: n rows, every column of pandas' Arrow-backed ``str`` type; of a source's chunk, a
    missing value is a cell that a short row does not have. ``rows``: the n row
    numbers a spreadsheet shows, int64. ``typed_dates``: dates may stand as ISO text whatever
    format the mapping names, because the source had real dates (a workbook) or is a file of ours.
    ``ours``: it is of a file of ours, which may hold dates mended in ISO beside the others.
    ``extra``: position in the chunk -> cells beyond the header, for rows that are too long.
    ``beside``: of a mapped chunk, field -> the column of text (Arrow) that its check needs beside
    its own, which is a country's name.
    """

    rows: NDArray[np.int64]
    frame: pd.DataFrame
    findings: tuple[Finding, ...] = ()
    typed_dates: bool = False
    ours: bool = False
    beside: Mapping[str, pa.Array] = field(default_factory=dict)
    extra: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class CheckedChunk:
    """A chunk after the checks: one column for each field code, in canonical text.

    Canonical text: dates ``2026-10-24``, date-times ``2026-10-24 09:30:00``, booleans ``true`` and
    ``false``, consents ``yes`` and ``no``, numbers with a point. A missing value leaves the
    platform's field alone; an empty text clears it. The entries of a list are joined by ``|``.
    ``verdicts``: one ``RowCheck`` a row, uint8. ``keys``: what the report
    shows as the row's key, a column of text (Arrow).
    ``origins``: consent -> an ``Origin`` a row, uint8, for those that do not all come from cells.
    ``suppressed``: whether an address of a row is on a suppression list, of every row that could
    be read; None: there is no list.
    """

    rows: NDArray[np.int64]
    frame: pd.DataFrame
    keys: pa.Array
    verdicts: NDArray[np.uint8]
    findings: tuple[Finding, ...]
    origins: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)
    suppressed: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.rows)


# --- the right half: contacts in batches -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlannedField:
    """One column of the plan: its code, its type and its role."""

    code: str
    type: ValueType
    role: FieldRole


@dataclass(frozen=True, slots=True)
class PlanSlice:
    """Consecutive contacts of the plan.

    ``first``: plan position of the first one. ``table``: the column ``row`` (index of the row in
    the run) and one text column for each field.
    """

    first: int
    fields: tuple[PlannedField, ...]
    table: pa.RecordBatch

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def column(self, code: str) -> list[str | None]:
        """Give one field's values as Python text."""
        values: list[str | None] = self.table.column(code).to_pylist()
        return values

    def comparable_keys(self) -> list[str]:
        """Give what tells one contact from another, in plan order."""
        key_fields = [f for f in self.fields if f.role is FieldRole.KEY]
        return comparable_keys([self.column(f.code) for f in key_fields])


def _folded(text: str) -> str:
    """What two texts have in common that differ in case or in how an accent is written."""
    plain = text if text.isascii() else unicodedata.normalize("NFC", text)
    return plain.strip().lower()


def comparable_keys(columns: Sequence[Sequence[str | None]]) -> list[str]:
    """Join contacts' key values so that equal texts mean equal contacts; a column for each part.

    Texts are compared without regard to case, after trimming: what two of them mean to the
    platform is not known, and one contact taken for two could be sent a yes and a no. Several parts
    are joined by U+001F, which is written otherwise where a part itself holds it.
    """
    parts = [[_folded(value or "") for value in column] for column in columns]
    if len(parts) == 1:
        return parts[0]
    return [
        "\x1f".join(p.replace("\x1e", "\x1e0").replace("\x1f", "\x1e1") for p in key)
        for key in zip(*parts, strict=True)
    ]


def comparable_key(values: Sequence[str | None]) -> str:
    """Join one contact's key values, as ``comparable_keys`` does."""
    return comparable_keys([[value] for value in values])[0]


@dataclass(frozen=True, slots=True)
class Resubscription:
    """How people who unsubscribed are subscribed again.

    ``ask_first``: the platform asks each by mail, in the language of ``locale``, and leads whoever
    says yes to ``redirect``; either empty: the platform's own choice.
    """

    ask_first: bool = False
    locale: str = ""
    redirect: str = ""


@dataclass(frozen=True, slots=True)
class WriteMode:
    """What a call may do, in the platform's own switches.

    ``option``: how values meet those that are stored; empty: the platform's usual way.
    ``resubscription``: None: a yes subscribes nobody again. ``left_out``: the answer that the
    mapping knows a consent gets that a call leaves out; empty: none may be left out.
    """

    allow_insert: bool
    allow_update: bool
    skip_duplicates: bool = False
    skip_unmatched: bool = False
    option: str = ""
    resubscription: Resubscription | None = None
    left_out: str = ""

    @property
    def insert_only(self) -> bool:
        return self.allow_insert and not self.allow_update


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive contacts of the plan that go in one call.

    ``contacts``: each contact as the target encoded it. ``repeated``: an earlier call with these
    contacts is in doubt. ``doubtful``: places in the batch of contacts that an earlier run has left
    in doubt. ``before``: what the platform said of each contact before the call, where it was
    asked. ``id`` follows from the place and the bytes.
    """

    id: str
    first: int
    keys: tuple[str, ...] = field(repr=False)
    contacts: tuple[bytes, ...] = field(repr=False)
    sha256: str
    repeated: bool = False
    doubtful: frozenset[int] = frozenset()
    before: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def end(self) -> int:
        """The plan position after the last contact."""
        return self.first + len(self.keys)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the platform said of one row, in the list of verdicts."""

    verdict: Verdict
    code: str = ""
    field: str = ""
    message: str = ""
    record_id: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row is to be mended, in a sentence.

    ``column``: the header of the cell that it is about, ``field``: the code; each empty where there
    is none, both where it is about the whole row. ``told``: it only says what was changed.
    """

    message: str
    column: str = ""
    field: str = ""
    told: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of which another value is stored than was sent, both as canonical text."""

    field: str
    sent: str
    stored: str


@dataclass(frozen=True, slots=True)
class Settled:
    """A batch that is answered: one outcome a contact, in the batch's order.

    ``joined``: how many answers could be tied to a contact. ``strangers``: answers that belong to
    no contact of the batch.
    """

    outcomes: tuple[Outcome, ...]
    request_id: str = ""
    joined: int = 0
    strangers: int = 0


@dataclass(frozen=True, slots=True)
class Pending:
    """A batch that the platform took and will answer later.

    ``wait``: seconds after which to ask, where the platform says so.
    """

    ticket: str
    wait: float | None = None


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A call as a value. ``scope`` names the budget it counts against. Its body never shows."""

    method: str
    url: str = field(repr=False)  # which may name a contact
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    scope: str = "default"


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """An answer as a value; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a connection may use. None: no such limit. Durations in seconds."""

    rows_per_call: int = 100
    bytes_per_call: int = 1_000_000
    calls_per_second: float | None = None
    calls_per_minute: float | None = 60
    calls_per_hour: float | None = None
    calls_per_day: float | None = None
    in_flight: int = 1
    timeout_seconds: float = 60
    attempts: int = 6


class Secret:
    """A text that never prints: not in a repr, a log, a traceback or a pickle."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Give the text, at the edge where a request is built."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> Never:
        raise TypeError("a secret is not to be copied or stored")


@dataclass(frozen=True, slots=True)
class Credentials:
    key_id: str
    key: Secret


@dataclass(frozen=True, slots=True)
class Connection:
    """An account on a platform, as configured; its secret is only named here, never held.

    ``null_handling``: how a field is cleared on the wire; None: not known, so nothing may be
    cleared. ``opt_in_dates``: whether ``dtOptin_`` fields may be sent. ``boolean_values``: how a
    yes or no in an ordinary field is written, ``number`` (1, 0) or ``json`` (true, false).
    ``table_keys_in_data``: whether a call that may insert rows of a table repeats their key among
    the values. ``integration_token``: what a partner of the platform sends with each call.
    ``look_up_first``: whether each contact is looked up before a call that writes it alone.
    ``time_zone``: of a file's times of day, on a platform that keeps them in UTC; empty: not
    said, so none are written.
    """

    name: str
    target: str
    url: str
    key_id: str
    key: str
    project_id: str = ""
    limits: Limits = field(default_factory=Limits)
    null_handling: Any = None
    opt_in_dates: bool = False
    boolean_values: str = "number"
    table_keys_in_data: bool = True
    integration_token: str = ""
    look_up_first: bool = True
    time_zone: str = "UTC"
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class AccountFields:
    """What the platform's account knows: field codes with their labels, and which are required.

    ``types``: code -> what the platform keeps in the field, of those of which it tells.
    ``places``: code -> how the platform itself names the field in a call, of those that a mapping
    may name otherwise; a label may stand for the last part of such a code.
    ``wants``: codes of consents that a call must not leave out. ``beginnings``: what codes begin
    with, of those kinds of which the account names all it has.
    """

    labels: Mapping[str, str]
    required: frozenset[str] = frozenset()
    types: Mapping[str, ValueType] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    wants: frozenset[str] = frozenset()
    beginnings: tuple[str, ...] = ()


class RowResult(NamedTuple):
    """One line of ``results.csv``, in the order of its columns."""

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


# --- watching a run ------------------------------------------------------------------------------


class Watcher(Protocol):
    """Who is told how a run goes: the screen, or nobody. Also the run's log."""

    def begin(self, stage: str, total: int | None) -> None:
        """A stage begins; ``total`` rows are expected, None when that is not known."""
        ...

    def advance(self, rows: int) -> None:
        """That many more rows are through the stage."""
        ...

    def end(self) -> None:
        """The stage ended."""
        ...

    def event(self, name: str, **facts: Any) -> None:
        """Something worth a line in the log happened. Facts hold no personal data."""
        ...
