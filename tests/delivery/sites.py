"""The sandbox's platforms as a delivery meets them: what is sent there, and what they keep."""

from __future__ import annotations

import json
import threading
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from importer import targets
from importer.field_rules import FieldRole, ValueType
from importer.model import Connection, Credentials, PlannedField, Secret, Verdict, WriteMode
from importer.sandbox import DEFAULT_ACCOUNT, SandboxSettings, create_app
from importer.sandbox.clock import Clock as SandboxClock
from importer.sandbox.faults import WORKING
from tests.delivery.crashing import CrashError
from tests.delivery.stage import FIELDS, UPSERT, FakeClock, FakePlan, Stage, addresses

URL = "http://sandbox.test"
POLL_FAULTS = ["ok", "lost", "dropped", "429", "500", "502", "503", "html", "empty", "cut"]

_EMAIL = PlannedField("id.email", ValueType.EMAIL, FieldRole.KEY)
_NAME = PlannedField("data.FIRSTNAME", ValueType.TEXT, FieldRole.DATA)
_OPT_IN = PlannedField("email.optIn", ValueType.CHOICE, FieldRole.DATA)


@dataclass(frozen=True, slots=True)
class Site:
    """A target and the room of the sandbox that it writes to.

    ``mails``: whether every contact is asked by mail to confirm. ``at_once``: contacts a call.
    """

    target: str
    mails: bool = False
    at_once: int = 4

    @property
    def is_dotdigital(self) -> bool:
        return targets.connected_by(self.target) == "dotdigital"

    @property
    def answers_later(self) -> bool:
        return self.target == "dotdigital"

    @property
    def fields(self) -> tuple[PlannedField, ...]:
        if not self.is_dotdigital:
            return FIELDS
        return (_EMAIL, _NAME, _OPT_IN) if self.mails else (_EMAIL, _NAME)

    @property
    def written(self) -> set[Verdict]:
        """What is said of contacts that are in the account."""
        if self.mails or self.target == "dotdigital-v2":
            return {Verdict.ACCEPTED}
        return {Verdict.CREATED, Verdict.UPDATED}

    def __str__(self) -> str:
        return self.target + ("-mailing" if self.mails else "")


DIALOG_INSIGHT = Site("dialog-insight")
IMPORTS = Site("dotdigital")
DOTDIGITAL = (
    IMPORTS,
    Site("dotdigital-single", at_once=1),
    Site("dotdigital-v2", at_once=1),
    Site("dotdigital", mails=True),
    Site("dotdigital-single", mails=True, at_once=1),
    Site("dotdigital-v2", mails=True, at_once=1),
)


class Wire(httpx.BaseTransport):
    """Passes calls on to the sandbox; one may be the last of the process, and polls may fail.

    ``poll_faults``: a word a poll, ``ok`` after their end. ``resent``: contacts that were sent once
    more although the process had been told the ticket of their import, or an earlier one had asked
    about it.
    """

    def __init__(self, app: Any, poll_faults: Iterable[str] = ()) -> None:
        self.calls = 0
        self.poll_faults = deque(poll_faults)
        self.resent: list[str] = []
        self.app = httpx.WSGITransport(app=app)
        self._last: int | None = None
        self._worked = self._dead = False
        self._tickets: dict[str, list[str]] = {}  # told -> contacts of the import
        self._asked: set[str] = set()  # tickets
        self._known: set[str] = set()  # contacts of tickets that the process knows
        self._lock = threading.Lock()

    def end_at(self, call: int, *, worked: bool) -> None:
        """End the process in that call, before the platform's work or after it."""
        self._last, self._worked = call, worked

    def begin_process(self) -> None:
        """Start another process, which knows the tickets that were asked about before."""
        self._last, self._dead = None, False
        self._known = {email for ticket in self._asked for email in self._tickets[ticket]}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.calls += 1
            if _is_poll(request):
                self._asked.add(request.url.path.rpartition("/")[2])
            last = self._last is not None and self.calls >= self._last
            if self._dead or (last and not self._worked):
                self._dead = True
                raise CrashError
        response = self._answer(request)
        if last:
            self._dead = True
            raise CrashError
        return response

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if _is_poll(request):
            return self._poll(request)
        if request.method != "PUT":
            return self.app.handle_request(request)
        sent = [one["identifiers"]["email"] for one in json.loads(request.content)["contacts"]]
        with self._lock:
            self.resent += self._known.intersection(sent)
        response = self.app.handle_request(request)
        if ticket := _ticket_in(response):
            with self._lock:
                self._tickets[ticket] = sent
                self._known.update(sent)
        return response

    def _poll(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            word = self.poll_faults.popleft() if self.poll_faults else "ok"
        if word == "dropped":
            raise httpx.RemoteProtocolError("closed", request=request)
        if word.isdigit():
            return httpx.Response(int(word))
        if word == "html":
            return httpx.Response(200, text="<html>a page of a proxy</html>")
        response = self.app.handle_request(request)
        body = response.read()
        if word == "lost":
            raise httpx.ReadError("reset", request=request)
        kept = {"ok": len(body), "cut": len(body) // 2, "empty": 0}[word]
        return httpx.Response(response.status_code, content=body[:kept])


def _is_poll(request: httpx.Request) -> bool:
    return request.method == "GET" and "/contacts/v3/import/" in request.url.path


def _ticket_in(response: httpx.Response) -> str:
    try:
        return str(json.loads(response.read()).get("importId", ""))
    except ValueError:
        return ""


class SharedClock(SandboxClock):
    """The sandbox's clock, which is the delivery's: both mean the same moment by a reset."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock

    def now(self) -> float:
        return self._clock.now().timestamp()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def wait(self, seconds: float) -> None:
        self._clock.elapsed += seconds


class SiteStage(Stage):
    """A delivery to the sandbox. ``wire``: what lies between."""

    def __init__(
        self,
        folder: Path,
        site: Site = DIALOG_INSIGHT,
        *,
        rows: int = 30,
        rows_per_call: int = 10,
        attempts: int = 3,
        mode: WriteMode = UPSERT,
        in_flight: int = 1,
        poll_faults: Iterable[str] = (),
        **switches: Any,
    ) -> None:
        size = min(rows_per_call, targets.careful_limits(site.target).rows_per_call)
        super().__init__(
            folder, rows_per_call=size, attempts=attempts, mode=mode, in_flight=in_flight
        )
        self.plan = FakePlan(addresses(rows), site.fields, {_OPT_IN.code: "verifiedDouble"})
        account = DEFAULT_ACCOUNT.user if site.is_dotdigital else "1"
        connection = Connection(
            "sandbox", targets.connected_by(site.target), URL, account, "env:K", "1"
        )
        self.target = targets.build(connection, name=site.target, mode=mode, fields=site.fields)
        self.credentials = Credentials(account, Secret("sandbox"))
        app = create_app(SandboxSettings(slow_seconds=0, **switches), SharedClock(self.clock))
        self.transport = self.wire = Wire(app, poll_faults)
        self.timeout = 1e6  # a lane that rests moves the clock under the calls of the others
        self._site = site

    def stored(self) -> set[str]:
        """The addresses in the account."""
        if self._site.is_dotdigital:
            kept = self._shown("dotdigital/contacts")["contacts"]
            return {one["identifiers"]["email"] for one in kept}
        return {one["f_EMail"] for one in self._shown("contacts")["contacts"]}

    def mailed(self) -> dict[str, int]:
        """How often each person was mailed."""
        kept = self._shown("dotdigital/mails")["mails"]
        return {one["email"]: one["confirmation"] for one in kept}

    def carried_out(self) -> Counter[str]:
        """How often the platform did what a call asked of it, by contact."""
        calls = self._shown("calls")["calls"]
        done = [call for call in calls if call["fault"] in WORKING and call["error"] is None]
        return Counter(key for call in done for key in call["keys"] or ())

    def _shown(self, page: str) -> dict[str, Any]:
        with httpx.Client(transport=self.wire.app, base_url=URL) as client:
            shown: dict[str, Any] = client.get(f"/_sandbox/{page}").json()
            return shown
