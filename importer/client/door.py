"""The client: calls over connections that stay open, bounded in time and size.

What can go wrong on the way is told apart by one question: may the platform have taken the call?
Before the request began to leave, no (RetryableError); afterwards nobody knows (InDoubtError).

Every call over the network is made by its connection's own thread, for which the caller waits. So
the caller is free at the deadline and on ``abort``, whatever hangs: nothing outside can end the
search for a name or a TLS handshake.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from email.utils import format_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import httpx

from importer.client.calls import Call, End, Wire
from importer.client.failures import (
    FOREIGN,
    NEVER_LEFT,
    PROXY_WANTS_A_NAME,
    address_of,
    authorities,
    refused_by_proxy,
    stopped_before,
    system_error,
    translated,
)
from importer.clock import SystemClock
from importer.errors import InDoubtError, RetryableError, UnusableInputError
from importer.language import tr
from importer.model import ApiResponse
from importer.version import tool_version
from importer.written_places import is_loopback

if TYPE_CHECKING:
    import ssl
    from types import TracebackType

    from importer.client.calls import Origin
    from importer.clock import Clock
    from importer.model import ApiRequest

LARGEST_ANSWER = 64 * 1024 * 1024  # bytes, unpacked
# Packed once, in a way that unpacks piece by piece: what is packed twice, or with brotli or zstd,
# can grow to any size before its size is known.
_PACKINGS = ("gzip", "deflate")

_LONGEST_CONNECT = 10.0  # seconds, for each address of the host
_PARTING = 1.0  # seconds for a call that was cut off to close its connection
_CHATTY = ("httpx", "httpcore")  # their debug logs show headers, which can hold credentials


class Client:
    """Connections to a platform, kept open from call to call; several threads may use it at once.

    ``timeout_seconds``: how long one call may take from its start to the last byte of its answer.
    ``transport``: replaces the network (an application in this process, or a fake); calls are then
    made in the caller's own thread. ``ca_file``: the certificates, in PEM form, that the platform's
    is checked against instead of the public authorities'; there is no way not to check. The
    environment's SSL_CERT_FILE and SSL_CERT_DIR do not count. Redirects are never followed: they
    would carry the credentials elsewhere. Proxies come from the environment, but loopback is
    always reached directly.

    Raises:
        UnusableInputError: ``ca_file`` cannot be read, or holds no certificate.
    """

    def __init__(
        self,
        timeout_seconds: float,
        transport: httpx.BaseTransport | None = None,
        *,
        clock: Clock | None = None,
        ca_file: str = "",
    ) -> None:
        for name in _CHATTY:
            logging.getLogger(name).setLevel(logging.WARNING)
        self._clock = clock or SystemClock()
        self._timeout_seconds = timeout_seconds
        self._named_authorities = authorities(ca_file) if ca_file else None
        self._lock = threading.Lock()
        self._stopping = False
        self._under_way: set[Call] = set()
        self._idle: defaultdict[Origin, list[Wire]] = defaultdict(list)
        self._given = self._http(transport=transport) if transport else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection, those of calls under way too."""
        self.abort()
        with self._lock:
            wires = [wire for wires in self._idle.values() for wire in wires]
            self._idle.clear()
        for wire in wires:
            wire.retire()
        for wire in wires:
            wire.closed_within(_PARTING)
        if self._given is not None:
            self._given.close()

    def abort(self) -> None:
        """Cut off every call under way, and let no new one begin; for another thread to call.

        The calls raise in their own threads: RetryableError where nothing had left yet, else
        InDoubtError. A call inside a given transport is not cut off.
        """
        with self._lock:
            self._stopping = True
            calls = list(self._under_way)
        for call in calls:
            call.conclude(End.ABORTED)

    def send(self, request: ApiRequest) -> ApiResponse:
        """Make the call and read its whole answer, whatever its status.

        The answer always has a ``date`` header: ours where the platform sent none. Raises
        RetryableError or InDoubtError; UnusableInputError for an address that is none. No message
        of theirs, nor of their causes, holds anything of the request but its host.
        """
        url = address_of(request)
        if self._given is None:
            return self._over_network(request, url)
        if self._stopping:
            raise stopped_before(url.host)
        try:
            return self._exchange(self._given, request, {})
        except FOREIGN as error:
            left = not isinstance(error, NEVER_LEFT)
            problem = translated(error, url, self._timeout_seconds, left=left)
            raise problem from system_error(error)

    # --- over the network ------------------------------------------------------------------------

    def _over_network(self, request: ApiRequest, url: httpx.URL) -> ApiResponse:
        """Let a wire's thread make the call; wait for it until the deadline."""
        call = self._begin(request, url)
        try:
            call.wire.carry(call)
            call.wait(self._timeout_seconds)
        finally:  # on an exception too: nothing may leave once the caller has gone
            end = call.conclude(End.LATE)
            self._finish(call)
        return self._outcome(call, end, url)

    def _begin(self, request: ApiRequest, url: httpx.URL) -> Call:
        origin = (url.scheme, url.host, url.port)
        with self._lock:
            if self._stopping:
                raise stopped_before(url.host)
            idle = self._idle[origin]
            wire = idle.pop() if idle else Wire(self._wired(url.host), origin)
            call = Call(
                wire, lambda call: self._exchange(wire.http, request, {"trace": call.trace})
            )
            self._under_way.add(call)
        return call

    def _wired(self, host: str) -> httpx.Client:
        """Make a connection of its own: only so is it known which socket carries which call."""
        try:
            return self._http(
                limits=httpx.Limits(max_connections=1),
                trust_env=not is_loopback(host),
                verify=self._authorities,
            )
        except (ImportError, ValueError, httpx.InvalidURL):  # its text can hold a password
            raise UnusableInputError(
                tr(
                    "The proxy that the environment names (HTTPS_PROXY, ALL_PROXY) cannot be used: "
                    "write it as http://HOST:PORT"
                )
            ) from None

    def _http(self, **settings: Any) -> httpx.Client:
        longest_connect = min(self._timeout_seconds, _LONGEST_CONNECT)
        return httpx.Client(
            follow_redirects=False,
            timeout=httpx.Timeout(self._timeout_seconds, connect=longest_connect),
            headers={
                "user-agent": f"importer/{tool_version()}",
                "accept-encoding": ", ".join(_PACKINGS),
            },
            **settings,
        )

    @cached_property
    def _authorities(self) -> ssl.SSLContext:
        return self._named_authorities or httpx.create_ssl_context(trust_env=False)

    def _finish(self, call: Call) -> None:
        """Keep the wire for the next call, unless it carries one that was left behind."""
        with self._lock:
            self._under_way.discard(call)
            if call.end is End.FINISHED and not self._stopping:
                self._idle[call.wire.origin].append(call.wire)
                return
        call.wire.retire()
        if call.left:  # else it may be held up where nothing can wake it
            call.wire.closed_within(_PARTING)

    def _outcome(self, call: Call, end: End, url: httpx.URL) -> ApiResponse:
        """Give a call's answer, or raise what its end means."""
        place, seconds = url.host, self._timeout_seconds
        match end:
            case End.FINISHED if call.answer is not None:
                return call.answer
            case End.FINISHED:
                assert call.error is not None
                if not isinstance(call.error, FOREIGN):
                    raise call.error
                problem = translated(call.error, url, seconds, left=call.left, peer=call.peer)
                raise problem from system_error(call.error)
            case End.LATE if call.left:
                raise self._unfinished(place)
            case End.LATE:
                raise RetryableError(
                    tr("{place} cannot be reached: no connection in time", place=place)
                )
            case End.ABORTED if call.left:
                raise InDoubtError(
                    tr("The call to {place} was cut off: the run is stopping", place=place)
                )
            case End.ABORTED:
                raise stopped_before(place)

    # --- the exchange itself ---------------------------------------------------------------------

    def _exchange(
        self, http: httpx.Client, request: ApiRequest, extensions: dict[str, Any]
    ) -> ApiResponse:
        deadline = self._clock.monotonic() + self._timeout_seconds
        body = bytearray()
        with http.stream(
            request.method,
            request.url,
            content=request.body,
            headers=dict(request.headers),
            extensions=extensions,
        ) as response:
            place = response.url.host
            if response.status_code == PROXY_WANTS_A_NAME:
                raise refused_by_proxy(place, response.status_code)
            packing = response.headers.get("content-encoding", "").strip().lower()
            if packing not in {"", "identity", *_PACKINGS}:
                raise InDoubtError(
                    tr("The answer of {place} is packed in a way that is not read", place=place)
                )
            for part in response.iter_bytes():
                body += part
                if len(body) > LARGEST_ANSWER:
                    raise InDoubtError(
                        tr("The answer of {place} is larger than 64 MiB", place=place)
                    )
                if self._clock.monotonic() > deadline:
                    raise self._unfinished(place)
            headers = {name.lower(): value for name, value in response.headers.items()}
        headers.setdefault("date", format_datetime(self._clock.now(), usegmt=True))
        return ApiResponse(response.status_code, headers, bytes(body))

    def _unfinished(self, place: str) -> InDoubtError:
        seconds = f"{self._timeout_seconds:g}"
        problem = tr(
            "{place} did not finish its answer in {seconds} s", place=place, seconds=seconds
        )
        return InDoubtError(problem, timed_out=True)
