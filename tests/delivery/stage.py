"""What a delivery needs: a plan, a clock that never waits, a platform that misbehaves."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from importer.errors import Refusal, RefusedError
from importer.field_rules import FieldRole, ValueType
from importer.journal import Journal
from importer.line import Line
from importer.model import (
    ApiRequest,
    ApiResponse,
    Batch,
    Connection,
    Credentials,
    Limits,
    Outcome,
    Pending,
    PlannedField,
    PlanSlice,
    Secret,
    Settled,
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
    """Contacts with the given addresses, in slices of seven. ``constants``: code -> value."""

    def __init__(
        self,
        emails: Sequence[str],
        fields: tuple[PlannedField, ...] = FIELDS,
        constants: Mapping[str, str] | None = None,
    ) -> None:
        self.emails = list(emails)
        self.fields = fields
        self.constants = constants or {}

    def __len__(self) -> int:
        return len(self.emails)

    def slices(self, first: int, end: int) -> Iterator[PlanSlice]:
        for start in range(first, end, 7):
            emails = self.emails[start : min(start + 7, end)]
            columns: dict[str, list[Any]] = {
                "row": list(range(start, start + len(emails))),
                "key": emails,
            }
            for one in self.fields:
                if one.role is FieldRole.KEY:
                    columns[one.code] = emails
                else:
                    values = [self.constants.get(one.code, f"Name {email}") for email in emails]
                    columns[one.code] = values
            yield PlanSlice(start, self.fields, pa.RecordBatch.from_pydict(columns))


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
    later: bool = False  # whether a call is taken, and answered when it is polled
    polls_needed: int = 2  # until a call that was taken is done
    poll_script: deque[str] = field(default_factory=deque)  # a word a poll; ``ok``: the truth
    jobs: dict[str, httpx.Response] = field(default_factory=dict)  # ticket -> what came of it
    polls: dict[str, int] = field(default_factory=dict)  # ticket -> how often it was asked for
    pending: set[str] = field(default_factory=set)  # tickets that were not answered yet
    carried: dict[str, list[str]] = field(default_factory=dict)  # ticket -> addresses
    most_pending: int = 0
    twice: list[str] = field(default_factory=list)  # sent while a ticket of theirs was pending
    on_poll: Callable[[], None] = lambda: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/status/"):
            return self.status(request.url.path.rpartition("/")[2], request)
        if request.url.path.endswith("projects.ashx"):
            self.asked += 1
            return self.account_answer() if self.account_answer else project()
        body = json.loads(request.content)
        emails = [record["ID"]["key_f_EMail"] for record in body["Records"]]
        self.calls.append(emails)
        self.bodies.append(request.content)
        with self.lock:
            known = {email for ticket in self.pending for email in self.carried[ticket]}
        self.twice += known.intersection(emails)
        self.on_call()
        word = self.script.popleft() if self.script else "ok"
        return self.fault(word, request, body, emails)

    def fault(
        self, word: str, request: httpx.Request, body: dict[str, Any], emails: list[str]
    ) -> httpx.Response:
        match word.split(":"):
            case ["ok"] if self.later:
                return self.take(body, emails)
            case ["ok"]:
                return self.merge(body, emails)
            case ["ended"]:  # taken, and given up without a word of any contact
                return self.ticket(emails, httpx.Response(200, json={"ended": "Watchdog"}))
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
            case ["refused", *code]:
                return refusal(":".join(code))
            case _:
                return refusal("Oops", int(word))

    def take(self, body: dict[str, Any], emails: list[str]) -> httpx.Response:
        answer = self.merge(body, emails)
        if answer.status_code == 500:
            return answer
        said = answer.json()
        if answer.status_code == 200 and not said["Success"]:
            answer = httpx.Response(200, json={"ended": said["ErrorCode"], "alone": True})
        return self.ticket(emails, answer)

    def ticket(self, emails: list[str], answer: httpx.Response) -> httpx.Response:
        with self.lock:
            ticket = f"job-{len(self.jobs) + 1}"
            self.jobs[ticket] = answer
            self.carried[ticket] = emails
            self.pending.add(ticket)
            self.most_pending = max(self.most_pending, len(self.pending))
        return httpx.Response(202, json={"ticket": ticket})

    def status(self, ticket: str, request: httpx.Request) -> httpx.Response:
        self.on_poll()
        with self.lock:
            self.polls[ticket] = self.polls.get(ticket, 0) + 1
            word = self.poll_script.popleft() if self.poll_script else "ok"
            match word.split(":"):
                case ["ok"] if ticket not in self.jobs:
                    return refusal("NotFound", 404)
                case ["ok"] if self.polls[ticket] >= self.polls_needed:
                    self.pending.discard(ticket)
                    return self.jobs[ticket]
                case ["ok"]:
                    return httpx.Response(200, json={"pending": True})
                case ["spent", seconds]:
                    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": seconds}
                    return httpx.Response(200, json={"pending": True}, headers=headers)
                case ["pending", seconds]:
                    return httpx.Response(200, json={"pending": True, "wait": float(seconds)})
                case ["lost"]:
                    raise httpx.ReadError("reset", request=request)
                case ["unreachable"]:
                    raise httpx.ConnectError("refused", request=request)
                case ["wait", seconds]:
                    return httpx.Response(429, headers={"retry-after": seconds})
                case ["html"]:
                    return httpx.Response(200, text="<html>a page of a proxy</html>")
                case _:
                    if word in {"404", "413"}:
                        self.pending.discard(ticket)
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


class LaterTarget:
    """A target whose platform takes a batch first; what came of it is told as in Merge's answer."""

    limits = Limits()

    def __init__(self, target: Target) -> None:
        self._target = target
        self.name, self.fields = target.name, target.fields
        self.encode, self.submission = target.encode, target.submission
        self.refused_alone = target.refused_alone
        self.repeatable = target.repeatable
        self.read: list[Batch] = []  # batches of which an answer came

    def read_submission(self, batch: Batch, response: ApiResponse) -> Settled | Pending:
        if response.status == 202:
            return Pending(json.loads(response.body)["ticket"])
        return self._target.read_submission(batch, response)

    def status_check(self, ticket: str, credentials: Credentials) -> ApiRequest:
        return ApiRequest("GET", f"https://fake.test/status/{ticket}", b"")

    def read_status(self, batch: Batch, response: ApiResponse) -> Settled | Pending:
        try:
            said = json.loads(response.body or b"{}")
        except ValueError:
            said = {}
        if "pending" in said:
            return Pending("", said.get("wait"))
        if "ended" in said:
            scope = Refusal.CALL if said.get("alone") else Refusal.ACCOUNT
            raise RefusedError(said["ended"], scope=scope, code=said["ended"], ended=True)
        if response.status == 404:
            raise RefusedError("no such import", scope=Refusal.CALL, code="404")
        self.read.append(batch)
        return self._target.read_submission(batch, response)


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
        later: bool = False,
        **limits: Any,
    ) -> None:
        self.plan = FakePlan(addresses(rows))
        self.platform = FakePlatform(later=later)
        self.clock = FakeClock()
        self.watcher = FakeWatcher()
        self.interruption = Interruption()
        rates = {"calls_per_minute": None, **limits}
        self.limits = Limits(rows_per_call=rows_per_call, attempts=attempts, **rates)
        connection = Connection("fake", "dialog-insight", "https://fake.test", "5335", "env:K", "9")
        self.target: Target = targets.build(connection, mode=mode, fields=FIELDS)
        if later:
            self.target = LaterTarget(self.target)
        self.credentials = Credentials("5335", Secret(SECRET))
        self.timeout = 60.0
        self.transport: httpx.BaseTransport | None = None  # in place of the fake platform
        self.path = folder / "journal.sqlite3"
        Journal.create(self.path).close()

    def deliver(self, journal: Any = None, **settings: Any) -> DeliveryEnd:
        transport = self.transport or httpx.MockTransport(self.platform)
        line = Line(
            Client(self.timeout, transport, clock=self.clock),
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

    def doubtful(self) -> set[str]:
        """The contacts of which the journal does not know whether they were taken."""
        with Journal.open(self.path) as journal:
            gaps = [gap for gap in journal.gaps(len(self.plan)) if gap.in_doubt and not gap.ticket]
        return {email for gap in gaps for email in self.plan.emails[gap.first : gap.end]}
