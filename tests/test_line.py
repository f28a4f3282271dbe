from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from importer.client import Client
from importer.clock import Interruption
from importer.errors import InDoubtError, RetryableError
from importer.line import Line, StopRequestedError
from importer.model import ApiRequest, ApiResponse, Credentials, Limits, Secret
from importer.pacing import BudgetSpentError, Pace

SECRET = "0123456789abcdefABCDEF"
REQUEST = ApiRequest("POST", "https://platform.example.test/services", b"{}")
START = datetime(2026, 11, 22, 3, 15, tzinfo=UTC)

Answer = Callable[[httpx.Request], httpx.Response]


class FakeClock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.elapsed = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return self.elapsed

    def sleep(self, seconds: float) -> None:
        self.elapsed += seconds


class FakeWatcher:
    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def begin(self, stage: str, total: int | None) -> None: ...

    def advance(self, rows: int) -> None: ...

    def end(self) -> None: ...

    def event(self, name: str, **facts: Any) -> None:
        self.events.append((name, facts))


class Ends:
    """A line, and what its ends are made of."""

    def __init__(
        self, answer: Answer | None = None, *, secret: str = SECRET, **limits: float
    ) -> None:
        self.clock, self.watcher, self.interruption = FakeClock(), FakeWatcher(), Interruption()
        rates: dict[str, Any] = {"calls_per_minute": None, **limits}
        transport = httpx.MockTransport(answer or (lambda _: httpx.Response(200)))
        self.client = Client(30, transport, clock=self.clock)
        self.pace = Pace(Limits(**rates), self.clock)
        self.line = Line(
            self.client,
            self.pace,
            Credentials("5335", Secret(secret)),
            clock=self.clock,
            interruption=self.interruption,
            watcher=self.watcher,
        )


def _answered(body: bytes, headers: Any = None, *, secret: str) -> ApiResponse:
    ends = Ends(lambda _: httpx.Response(200, headers=headers, content=body), secret=secret)
    with ends.line as line:
        return line.ask(REQUEST)


def test_a_call_waits_for_its_turn_and_the_pace_counts_it() -> None:
    ends = Ends(calls_per_minute=1)
    assert ends.line.turn().waited == 0
    second = ends.line.turn()
    assert second.waited >= 60
    assert ends.clock.elapsed == second.waited


def test_a_pause_is_waited_for_before_the_pace() -> None:
    ends = Ends()
    assert ends.line.turn(pause=7.5).waited == 7.5
    assert ends.clock.elapsed == 7.5


def test_a_long_wait_is_told() -> None:
    ends = Ends(calls_per_minute=1)
    ends.line.ask(REQUEST)
    ends.line.ask(REQUEST)
    [(name, facts)] = ends.watcher.events
    assert name == "waiting"
    assert 60 <= facts["seconds"] < 62


def test_a_short_wait_is_not_told() -> None:
    ends = Ends(calls_per_second=1)
    for _ in range(3):
        ends.line.ask(REQUEST)
    assert ends.clock.elapsed > 0
    assert ends.watcher.events == []


def test_a_wait_below_the_notable_is_not_told_even_where_the_pace_tells_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends = Ends()
    wait_turn = ends.pace.wait_turn

    def chatty(
        interruption: Interruption, *, longest: float, tell: Callable[[float], None], scope: str
    ) -> Any:
        tell(4.9)
        return wait_turn(interruption, longest=longest, scope=scope)

    monkeypatch.setattr(ends.pace, "wait_turn", chatty)
    ends.line.turn()
    assert ends.watcher.events == []


def test_an_hour_s_window_is_waited_for() -> None:
    ends = Ends(calls_per_hour=1)
    ends.line.ask(REQUEST)
    ends.line.ask(REQUEST)
    assert 3_600 <= ends.clock.elapsed < 4_000


def test_a_day_s_window_is_not_waited_for() -> None:
    ends = Ends(calls_per_day=1)
    ends.line.ask(REQUEST)
    with pytest.raises(BudgetSpentError) as got:
        ends.line.turn()
    assert got.value.due - START >= timedelta(days=1)
    assert ends.clock.elapsed == 0


def test_no_turn_is_given_once_a_stop_is_requested() -> None:
    ends = Ends()
    ends.interruption.request(2)
    with pytest.raises(StopRequestedError, match="asked to stop"):
        ends.line.turn(pause=60)
    assert ends.clock.elapsed == 0


def test_a_call_that_fails_has_had_its_turn() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("reset")

    ends = Ends(broken, calls_per_second=1, timeout_seconds=60)
    with pytest.raises(InDoubtError):
        ends.line.ask(REQUEST)
    ends.line.turn()
    assert ends.clock.elapsed < 2  # an open call would stand in the way until its time-out


def test_a_turn_that_no_call_came_of_counts_but_stays_open_no_longer() -> None:
    ends = Ends(calls_per_second=1, timeout_seconds=60)
    ends.line.unused(ends.line.turn())
    assert 1 <= ends.line.turn().waited < 2


def test_what_an_answer_says_of_the_platform_s_limits_is_obeyed() -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "90"}
    ends = Ends(lambda _: httpx.Response(200, headers=headers))
    ends.line.ask(REQUEST)
    assert ends.line.turn().waited >= 90


def test_a_hold_lets_no_call_go() -> None:
    ends = Ends()
    ends.line.hold(12)
    assert ends.line.turn().waited >= 12


def test_no_call_begins_on_a_line_that_was_cut_off() -> None:
    ends = Ends()
    ends.line.abort()
    with pytest.raises(RetryableError, match="the run is stopping"):
        ends.line.ask(REQUEST)


def test_a_closed_line_closes_both_its_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []
    ends = Ends()

    def broken() -> None:
        closed.append("client")
        raise OSError("a connection that does not close")

    monkeypatch.setattr(ends.client, "close", broken)
    monkeypatch.setattr(ends.pace, "close", lambda: closed.append("pace"))
    with pytest.raises(OSError), ends.line:
        pass
    assert closed == ["client", "pace"]


def test_several_threads_may_call_at_once() -> None:
    ends = Ends(lambda request: httpx.Response(200, content=request.content))
    answers: list[bytes] = []

    def call(number: int) -> None:
        body = str(number).encode()
        answers.append(ends.line.ask(ApiRequest("POST", REQUEST.url, body)).body)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [str(number).encode() for number in range(8)]


# --- the secret ----------------------------------------------------------------------------------

TRICKY = "p&ss/w\"ö'rd\\ <€😀>+%=~"


def _basic(secret: str) -> str:
    return base64.b64encode(f"5335:{secret}".encode()).decode()


def _dot_net(text: str) -> str:
    """Write JSON as .NET does, with everything unusual as a number."""
    units = text.encode("utf-16-be")
    numbers = [int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2)]
    return "".join(chr(n) if n < 128 and chr(n).isalnum() else f"\\u{n:04X}" for n in numbers)


def _html(text: str) -> str:
    return "".join(c if c.isalnum() else f"&#x{ord(c):X};" for c in text)


NOTATIONS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "JSON": json.dumps,
    "JSON in UTF-8": lambda text: json.dumps(text, ensure_ascii=False),
    "JSON with slashes": lambda text: json.dumps(text).replace("/", "\\/"),
    "JSON of .NET": _dot_net,
    "percent": lambda text: quote(text, safe=""),
    "percent in lower case": lambda text: re.sub(
        "%[0-9A-F]{2}", lambda code: code.group().lower(), quote(text, safe="/")
    ),
    "a form": quote_plus,
    "HTML": _html,
    "HTML in decimals": lambda text: "".join(c if c.isalnum() else f"&#{ord(c)};" for c in text),
    "Basic auth": _basic,
    "Basic auth in an address": lambda text: quote(_basic(text), safe=""),
    "Basic auth in JSON": lambda text: json.dumps(_basic(text)).replace("/", "\\/"),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
}


@pytest.mark.parametrize("secret", [SECRET, TRICKY, "-._~!$()*,;:@", "with spaces in it"])
@pytest.mark.parametrize("notation", NOTATIONS)
def test_promise_7_an_echoed_secret_is_taken_out_of_bodies_and_headers(
    notation: str, secret: str
) -> None:
    written = NOTATIONS[notation](secret)
    body = f"before {written} between {written} after".encode()
    answer = _answered(body, {"x-echo": f"you sent {quote(secret)}"}, secret=secret)
    echoed = answer.body.decode()
    assert written.strip('"=') not in echoed
    assert echoed.startswith("before ")
    assert echoed.endswith(" after")
    assert echoed.count("***") == 2
    assert answer.headers["x-echo"] == "you sent ***"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=8, max_size=30))
@example("a secret of 100%")  # its end is the beginning of how it is written elsewhere
def test_promise_7_whatever_the_secret_is_it_is_taken_out(secret: str) -> None:
    for written in (secret, json.dumps(secret)[1:-1], quote(secret, safe=""), _dot_net(secret)):
        body = _answered(f"[{written}]".encode(), secret=secret).body.decode()
        assert body == "[***]"


def test_an_answer_without_the_secret_is_left_as_it_is() -> None:
    body = b'{"Success":true,"Records":["\xff\\u0030123456789"]}'
    answer = _answered(body, {b"x-odd": "é".encode()}, secret=SECRET)
    assert answer.body == body
    assert answer.headers["x-odd"] == "é"


def test_a_secret_that_is_too_short_to_be_told_from_chance_is_left_alone() -> None:
    assert _answered(b"sandbox", secret="sandbox").body == b"sandbox"
    assert _answered(b"5335: none", secret="").body == b"5335: none"


def test_promise_7_a_short_secret_is_taken_out_where_it_is_encoded_with_its_user() -> None:
    body = _answered(f"Basic {_basic('sandbox')}".encode(), secret="sandbox").body
    assert body.startswith(b"Basic ***")
    assert _basic("sandbox").rstrip("=").encode() not in body
