"""A sandbox on a port that stops a chosen call at a gate, until the test lets it pass."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from importer.sandbox import SandboxSettings, create_app


def merges(environ: Mapping[str, Any]) -> bool:
    """Tell a Contacts.Merge call."""
    return "method=Merge" in environ.get("QUERY_STRING", "")


class Gate:
    """Counts calls of one kind; the one with number ``at`` waits before it is answered.

    ``of``: tells the calls that count.
    """

    def __init__(
        self, at: int, of: Callable[[Mapping[str, Any]], bool] = merges, **switches: Any
    ) -> None:
        self.app = create_app(SandboxSettings(**switches))
        self.at = at
        self._of = of
        self.arrived = threading.Event()
        self.opened = threading.Event()
        self.url = ""
        self._calls = 0
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        answer: list[bytes] = list(self.app(environ, start))
        if self._of(environ):
            with self._lock:
                self._calls += 1
                mine = self._calls
            if mine == self.at:
                self.arrived.set()
                self.opened.wait()
        return answer

    def carried(self) -> Counter[str]:
        """How often each address arrived."""
        calls = self.shown("calls")["calls"]
        return Counter(key for call in calls if call["sha256"] for key in call["keys"] or ())

    def shown(self, page: str) -> dict[str, Any]:
        """What the sandbox shows of itself."""
        content: dict[str, Any] = json.loads(self.app.test_client().get(f"/_sandbox/{page}").data)
        return content


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that was killed is no error here."""


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None: ...


@contextmanager
def gated(
    at: int, of: Callable[[Mapping[str, Any]], bool] = merges, **switches: Any
) -> Iterator[Gate]:
    """Serve a sandbox whose call number ``at`` waits at the gate. ``url``: where it is."""
    gate = Gate(at, of, **switches)
    with make_server("127.0.0.1", 0, gate, server_class=_Server, handler_class=_Quiet) as server:
        gate.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield gate
        finally:
            gate.opened.set()
            server.shutdown()
            thread.join()
