"""What a delivery needs: a plan, a clock that never waits, a platform that misbehaves."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pyarrow as pa

from importer import targets
from importer.client import Client
from importer.clock import Interruption
from importer.delivery import DeliveryEnd, deliver
from importer.field_rules import FieldRole, ValueType
from importer.journal import Journal
from importer.line import Line
from importer.model import (
    Connection,
    Credentials,
    Limits,
    Outcome,
    PlannedField,
    PlanSlice,
    Secret,
    WriteMode,
)
from importer.pacing import Pace
from importer.targets import Target

FIELDS = (
    PlannedField("key_f_EMail", ValueType.EMAIL, FieldRole.KEY),
    PlannedField("f_FirstName", ValueType.TEXT, FieldRole.DATA),
)
UPSERT = WriteMode(allow_insert=True, allow_update=True)
INSERT = WriteMode(allow_insert=True, allow_update=False)
SECRET = "0123456789abcdefABCDEF0123456789"


class FakeClock:
    """Time that passes only when somebody sleeps. ``on_sleep`` is called before each."""

    def __init__(self) -> None:
        self.elapsed = 1000.0
        self.slept: list[float] = []
        self.on_sleep: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        return datetime(2026, 11, 22, 3, 15, tzinfo=UTC) + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return self.elapsed

    def sleep(self, seconds: float) -> None:
        self.on_sleep()
        self.slept.append(seconds)
        self.elapsed += seconds


class FakeWatcher:
    def __init__(self) -> None:
        self.rows = 0
        self.events: list[tuple[str, dict[str, Any]]] = []

    def begin(self, stage: str, total: int | None) -> None: ...

    def end(self) -> None: ...

    def advance(self, rows: int) -> None:
        self.rows += rows

    def event(self, name: str, **facts: Any) -> None:
        self.events.append((name, facts))


class FakePlan:
    """Contacts with the given addresses, in slices of seven."""

    def __init__(self, emails: Sequence[str]) -> None:
        self.emails = list(emails)
        self.fields = FIELDS

    def __len__(self) -> int:
        return len(self.emails)

    def slices(self, first: int, end: int) -> Iterator[PlanSlice]:
        for start in range(first, end, 7):
            emails = self.emails[start : min(start + 7, end)]
            columns: dict[str, list[Any]] = {
                "row": list(range(start, start + len(emails))),
                "key": emails,
                "key_f_EMail": emails,
                "f_FirstName": [f"Name {email}" for email in emails],
            }
            yield PlanSlice(start, FIELDS, pa.RecordBatch.from_pydict(columns))


def addresses(count: int) -> list[str]:
    return [f"person{n}@example.test" for n in range(count)]


@dataclass
class FakePlatform:
    """Contacts.Merge and Projects.Get in memory.

    ``script``: one word a Merge call, ``ok`` after its end. ``culprits``: addresses for which the
    whole call is refused. ``calls``: the addresses of each Merge call, in order.
    """

    script: deque[str] = field(default_factory=deque)
    culprits: set[str] = field(default_factory=set)
    fatal: set[str] = field(default_factory=set)  # addresses on which the platform fails
    account_answer: Callable[[], httpx.Response] | None = None
    contacts: dict[str, int] = field(default_factory=dict)
    calls: list[list[str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    taken: list[list[str]] = field(default_factory=list)  # calls whose work was done
    asked: int = 0  # Projects.Get calls
    largest: int | None = None  # records
    on_call: Callable[[], None] = lambda: None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("projects.ashx"):
            self.asked += 1
            return self.account_answer() if self.account_answer else project()
        body = json.loads(request.content)
        emails = [record["ID"]["key_f_EMail"] for record in body["Records"]]
        self.calls.append(emails)
        self.bodies.append(request.content)
        self.on_call()
        word = self.script.popleft() if self.script else "ok"
        return self.fault(word, request, body, emails)

    def fault(
        self, word: str, request: httpx.Request, body: dict[str, Any], emails: list[str]
    ) -> httpx.Response:
        match word.split(":"):
            case ["ok"]:
                return self.merge(body, emails)
            case ["lost"]:
                self.merge(body, emails)
                raise httpx.ReadError("reset", request=request)
            case ["late"]:
                self.merge(body, emails)
                raise httpx.ReadTimeout("too late", request=request)
            case ["dropped"]:
                raise httpx.RemoteProtocolError("closed", request=request)
            case ["unreachable"]:
                raise httpx.ConnectError("refused", request=request)
            case ["wait", seconds]:
                return httpx.Response(429, headers={"retry-after": seconds})
            case ["html"]:
                return httpx.Response(200, text="<html>a page of a proxy</html>")
            case ["strange"]:
                return envelope(Records=[{"ID": {"key_f_EMail": "x@y.test"}, "Status": "Updated"}])
            case ["refused", code]:
                return refusal(code)
            case _:
                return refusal("Oops", int(word))

    def merge(self, body: dict[str, Any], emails: list[str]) -> httpx.Response:
        options = body["MergeOptions"]
        if self.largest is not None and len(emails) > self.largest:
            return refusal("TooLarge", 413)
        if self.fatal.intersection(emails):
            return refusal("Exception", 500)
        if self.culprits.intersection(emails):
            return refusal("InvalidRecord")
        self.taken.append(emails)
        return envelope(Records=[self.upsert(email, options) for email in emails])

    def upsert(self, email: str, options: dict[str, Any]) -> dict[str, Any]:
        key = email.lower()
        known = key in self.contacts
        allowed = options["AllowUpdate"] if known else options["AllowInsert"]
        if allowed:
            self.contacts.setdefault(key, len(self.contacts) + 1)
        return {
            "IdRecord": self.contacts.get(key),
            "Status": ("Updated" if known else "Created") if allowed else "Error",
            "ValidationResult": "OK" if allowed else "NotAllowed",
            "Message": None,
            "ID": {"key_f_EMail": email},
        }


def envelope(status: int = 200, **members: Any) -> httpx.Response:
    whole = {"Success": True, "ErrorCode": None, "ErrorMessage": None, "idRequest": 7, **members}
    return httpx.Response(status, json=whole)


def refusal(code: str, status: int = 200) -> httpx.Response:
    return envelope(status, Success=False, ErrorCode=code, ErrorMessage=f"{code} happened")


def project() -> httpx.Response:
    return envelope(ProjectInfo={"ProjectFields": [{"Code": "EMail"}], "OptinFields": []})


class Stage:
    """Everything ``deliver`` asks for; each call of it here is a new process on the same folder."""

    def __init__(
        self,
        folder: Path,
        *,
        rows: int = 30,
        rows_per_call: int = 10,
        attempts: int = 3,
        mode: WriteMode = UPSERT,
        **limits: Any,
    ) -> None:
        self.plan = FakePlan(addresses(rows))
        self.platform = FakePlatform()
        self.clock = FakeClock()
        self.watcher = FakeWatcher()
        self.interruption = Interruption()
        rates = {"calls_per_minute": None, **limits}
        self.limits = Limits(rows_per_call=rows_per_call, attempts=attempts, **rates)
        connection = Connection("fake", "dialog-insight", "https://fake.test", "5335", "env:K", "9")
        self.target: Target = targets.build(connection, mode=mode, fields=FIELDS)
        self.credentials = Credentials("5335", Secret(SECRET))
        self.transport: httpx.BaseTransport | None = None  # in place of the fake platform
        self.path = folder / "journal.sqlite3"
        Journal.create(self.path).close()

    def deliver(self, journal: Any = None, **settings: Any) -> DeliveryEnd:
        transport = self.transport or httpx.MockTransport(self.platform)
        line = Line(
            Client(60, transport, clock=self.clock),
            Pace(self.limits, self.clock),
            self.credentials,
            clock=self.clock,
            interruption=self.interruption,
            watcher=self.watcher,
        )
        with line, Journal.open(self.path) as opened:
            if journal is not None:
                journal.open(opened)
            return deliver(
                plan=self.plan,
                target=self.target,
                line=line,
                credentials=self.credentials,
                journal=journal or opened,
                clock=self.clock,
                limits=self.limits,
                interruption=self.interruption,
                watcher=self.watcher,
                chance=Random(1),
                **settings,
            )

    def outcomes(self) -> dict[int, Outcome]:
        """Every settled plan position with its outcome; fails where one has two."""
        found: dict[int, Outcome] = {}
        with Journal.open(self.path) as journal:
            for batch in journal.settled_batches():
                for position, outcome in enumerate(batch.outcomes, batch.first):
                    assert position not in found
                    found[position] = outcome
        return found

    def verdicts(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for outcome in self.outcomes().values():
            counts[outcome.verdict.value] = counts.get(outcome.verdict.value, 0) + 1
        return counts
