"""The only door to the network: a request value goes out, a response value comes back.

What can go wrong on the way is told apart by one question: may the platform have taken the call?
Before the request began to leave, no (RetryableError); afterwards nobody knows (InDoubtError).
"""

from __future__ import annotations

import logging
from email.utils import format_datetime
from typing import TYPE_CHECKING, Self

import httpx

from importer.clock import SystemClock
from importer.errors import InDoubtError, RetryableError, UnusableInputError
from importer.model import ApiResponse
from importer.version import tool_version

if TYPE_CHECKING:
    from types import TracebackType

    from importer.clock import Clock
    from importer.model import ApiRequest

LARGEST_ANSWER = 64 * 1024 * 1024  # bytes, unpacked

_LONGEST_CONNECT = 20.0  # seconds
_LOOPBACK = ("all://localhost", "all://127.0.0.1", "all://[::1]")
_CHATTY = ("httpx", "httpcore")  # their debug logs show headers, which can hold credentials

_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class Client:
    """Connections to a platform, kept open from call to call.

    ``timeout_seconds``: how long one call may take from its start to the last byte of its answer.
    ``transport``: replaces the network (an application in this process, or a fake). Redirects are
    never followed: they would carry the credentials elsewhere. Proxies come from the environment,
    but loopback is always reached directly.
    """

    def __init__(
        self,
        timeout_seconds: float,
        transport: httpx.BaseTransport | None = None,
        *,
        clock: Clock | None = None,
    ) -> None:
        for name in _CHATTY:
            logging.getLogger(name).setLevel(logging.WARNING)
        self._clock = clock or SystemClock()
        self._timeout_seconds = timeout_seconds
        direct = {} if transport else {host: httpx.HTTPTransport() for host in _LOOPBACK}
        self._http = httpx.Client(
            transport=transport,
            mounts=direct,
            follow_redirects=False,
            timeout=httpx.Timeout(timeout_seconds, connect=min(timeout_seconds, _LONGEST_CONNECT)),
            headers={"user-agent": f"importer/{tool_version()}"},
        )

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
        """Close every connection."""
        self._http.close()

    def send(self, request: ApiRequest) -> ApiResponse:
        """Make the call and read its whole answer, whatever its status.

        The answer always has a ``date`` header: ours where the platform sent none. Raises
        RetryableError or InDoubtError; UnusableInputError for an address that is none. No message
        of theirs holds anything of the request but its host.
        """
        place = _host(request)
        try:
            return self._exchange(request, place)
        except _NEVER_LEFT as error:
            why = str(error) or "no connection in time"
            raise RetryableError(f"{place} cannot be reached: {why}") from error
        except httpx.UnsupportedProtocol as error:
            raise UnusableInputError(f"{place}: the address must begin with https://") from error
        except httpx.TimeoutException as error:
            raise InDoubtError(f"{place} did not answer in {self._timeout_seconds:g} s") from error
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            kind = type(error).__name__
            raise InDoubtError(f"The connection to {place} broke during a call ({kind})") from error

    def _exchange(self, request: ApiRequest, place: str) -> ApiResponse:
        deadline = self._clock.monotonic() + self._timeout_seconds
        body = bytearray()
        with self._http.stream(
            request.method, request.url, content=request.body, headers=dict(request.headers)
        ) as response:
            for part in response.iter_bytes():
                body += part
                if len(body) > LARGEST_ANSWER:
                    raise InDoubtError(f"The answer of {place} is larger than 64 MiB")
                if self._clock.monotonic() > deadline:
                    seconds = f"{self._timeout_seconds:g} s"
                    raise InDoubtError(f"{place} did not finish its answer in {seconds}")
            headers = {name.lower(): value for name, value in response.headers.items()}
        headers.setdefault("date", format_datetime(self._clock.now(), usegmt=True))
        return ApiResponse(response.status_code, headers, bytes(body))


def _host(request: ApiRequest) -> str:
    try:
        return httpx.URL(request.url).host or request.url
    except httpx.InvalidURL as error:
        raise UnusableInputError(f"{request.url!r} is no address: {error}") from error
