"""A call under way, which its caller may leave behind at any moment."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from enum import Enum, auto
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from importer.client.failures import stopped_before
from importer.language import as_here

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from importer.model import ApiResponse

_SLICE = 0.5  # seconds; Windows tells a waiting thread of Ctrl-C only between two waits

Origin = tuple[str, str, int | None]


class End(Enum):
    """How a call ended for its caller."""

    FINISHED = auto()  # with an answer or an error of its own
    LATE = auto()
    ABORTED = auto()


class Wire:
    """One connection to one origin, and the thread that makes its calls, one at a time."""

    def __init__(self, http: httpx.Client, origin: Origin) -> None:
        self.http = http
        self.origin = origin
        self.socket: socket.socket | None = None
        self._calls: SimpleQueue[Call | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def carry(self, call: Call) -> None:
        """Begin a call, unless its caller has gone by then."""
        self._calls.put(call)

    def retire(self) -> None:
        """Make no more calls."""
        self._calls.put(None)

    def closed_within(self, seconds: float) -> None:
        """Wait until the connection is closed, that long at most."""
        self._thread.join(seconds)

    def _serve(self) -> None:
        """Make calls until there are no more, or a caller left one behind."""
        with self.http:
            while (call := self._calls.get()) is not None:
                if call.make() is not End.FINISHED:
                    return


class Call:
    """A call that a wire's thread makes, and that its caller may leave behind."""

    def __init__(self, wire: Wire, exchange: Callable[[Call], ApiResponse]) -> None:
        self.wire = wire
        self.peer = ""
        self.left = False  # the request began to leave
        self.end: End | None = None
        self.answer: ApiResponse | None = None
        self.error: BaseException | None = None
        self._exchange = as_here(exchange)
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def make(self) -> End:
        """Make the call, in the wire's thread; tell how it ended for its caller."""
        try:
            self.answer = self._exchange(self)
        except BaseException as error:  # noqa: BLE001 - the caller's thread raises it
            self.error = error
        return self.conclude(End.FINISHED)

    def wait(self, seconds: float) -> None:
        """Wait for the call's end, in real time: the network knows no other clock."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and not self._ended.wait(min(left, _SLICE)):
            pass

    def conclude(self, end: End) -> End:
        """End the call, unless it has ended; tell how it did. No byte leaves after that."""
        with self._lock:
            if self.end is None:
                self.end = end
                if end is not End.FINISHED:
                    self._shut()
                self._ended.set()
            return self.end

    def trace(self, name: str, info: Mapping[str, Any]) -> None:
        """Learn from httpx's documented ``trace`` extension where the call stands."""
        step = name.partition(".")[2]
        with self._lock:
            if step == "connect_tcp.started":
                self.peer = info["host"]
            elif step in {"connect_tcp.complete", "start_tls.complete"}:
                self.wire.socket = info["return_value"].get_extra_info("socket")
                if self.end is not None:
                    self._shut()
            elif step == "send_request_headers.started":
                if self.end is not None:
                    raise stopped_before(self.wire.origin[1])
                # What a proxy is asked first is not the call yet.
                self.left = self.left or info["request"].method != b"CONNECT"

    def _shut(self) -> None:
        """Wake the thread that reads or writes here."""
        if self.wire.socket is None:
            return
        with suppress(OSError):  # it is closed already
            # Not the method of a TLS socket: it forgets the encryption first, and what another
            # thread is writing meanwhile would leave in clear text.
            socket.socket.shutdown(self.wire.socket, socket.SHUT_RDWR)
