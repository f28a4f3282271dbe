"""A sign of life: one address is asked for, and nobody reads what it answers."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import httpx

from importer.client.door import Client
from importer.errors import ImporterError, InDoubtError, RetryableError
from importer.language import tr
from importer.model import ApiRequest
from importer.written_places import is_loopback

if TYPE_CHECKING:
    from importer.clock import Clock
    from importer.model import Secret


class PingError(ImporterError):
    """An address did not take a sign of life. ``passing``: it may the next time."""

    def __init__(self, message: str, *, passing: bool) -> None:
        super().__init__(message)
        self.passing = passing


def ping(
    url: Secret,
    *,
    timeout_seconds: float,
    transport: httpx.BaseTransport | None = None,
    clock: Clock | None = None,
) -> None:
    """Ask once for an address, by GET over https; over http on loopback only.

    Redirects are not followed. The whole address is a secret: no sentence holds any of it.

    Raises:
        PingError: nobody took it, with anything between 200 and 299.
    """
    address = _checked(url)
    with Client(timeout_seconds, transport, clock=clock) as client:
        try:
            status = client.send(ApiRequest("GET", address, b"")).status
        except RetryableError as error:
            why = _obstacle(error.__cause__)
            raise PingError(tr("it cannot be reached: {why}", why=why), passing=True) from None
        except InDoubtError as error:
            why = (
                tr("it did not answer in {seconds} s", seconds=f"{timeout_seconds:g}")
                if error.timed_out
                else tr("its answer could not be read")
            )
            raise PingError(why, passing=True) from None
        except ImporterError:  # its sentence holds the address
            raise PingError(_no_address(), passing=False) from None
    if not 200 <= status < 300:
        raise _declined(status)


def _checked(url: Secret) -> str:
    text = url.reveal().strip()
    try:
        parts = httpx.URL(text)
    except httpx.InvalidURL:
        raise PingError(_no_address(), passing=False) from None
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.host))
    if not safe or not parts.host:
        raise PingError(_no_address(), passing=False)
    return text


def _no_address() -> str:
    return tr("it is no address that can be asked for: write the whole of it, from https:// on")


def _declined(status: int) -> PingError:
    if 300 <= status < 400:
        told = tr(
            "it is elsewhere now (HTTP {status}): write the address that it leads to", status=status
        )
    else:
        told = tr("it answered with HTTP {status}", status=status)
    return PingError(told, passing=status == 429 or status >= 500)


def _obstacle(cause: BaseException | None) -> str:
    match cause:
        case ssl.SSLCertVerificationError():  # its own words name the host
            return tr("its certificate is not accepted")
        case ssl.SSLError():
            return tr("no secure connection could be made")
        case OSError() if cause.strerror:
            return cause.strerror
        case _:
            return tr("no connection in time")
