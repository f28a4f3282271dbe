"""What the failures of a call mean, and the sentences an operator reads."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from importer.errors import ImporterError, InDoubtError, RetryableError, UnusableInputError

if TYPE_CHECKING:
    from importer.model import ApiRequest

FOREIGN = (httpx.HTTPError, httpx.StreamError, OSError, UnicodeError)
# Where nothing but the kind of the exception tells.
NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    UnicodeError,
)

PROXY_WANTS_A_NAME = 407
_CA_REMEDY = (
    "If a proxy of your company reads what is sent, name its certificates as `ca_file` of the "
    "connection in importer.yaml."
)
# OpenSSL's verification results, x509_vfy.h.
_CERTIFICATE_FAULTS = {
    9: "its certificate is not valid yet; look at this machine's clock too",
    10: "its certificate has expired; look at this machine's clock too",
    62: "its certificate is for another host name",
    64: "its certificate is for another address",
    **dict.fromkeys((2, 18, 19, 20, 21), "its certificate is from an authority not known here"),
}


def translated(
    error: BaseException, url: httpx.URL, seconds: float, *, left: bool, peer: str = ""
) -> ImporterError:
    """Say what a foreign exception means.

    ``seconds``: how long a call may take. ``left``: whether the request began to leave. ``peer``:
    the host connected to, which may be a proxy.
    """
    place = url.host
    if isinstance(error, httpx.UnsupportedProtocol):
        return UnusableInputError(f"{place}: the address must begin with https://")
    # h11 refuses a header before any byte of the request leaves.
    if isinstance(error, httpx.LocalProtocolError) or (
        isinstance(error, UnicodeError) and not left
    ):
        return UnusableInputError(
            f"{place}: the key or the address holds a character that cannot be sent: "
            "look for a line break or an accent in it"
        )
    if not left:
        through = "" if peer in {"", url.raw_host.decode()} else f" through the proxy {peer}"
        why = _obstacle(error, peer or place)
        return RetryableError(f"{place} cannot be reached{through}: {why}")
    if isinstance(error, httpx.TimeoutException):
        return InDoubtError(f"{place} did not answer in {seconds:g} s", timed_out=True)
    kind = type(error).__name__
    return InDoubtError(f"The connection to {place} broke during a call ({kind})")


def stopped_before(place: str) -> RetryableError:
    """Make the error of a call that did not begin any more."""
    return RetryableError(f"The call to {place} did not begin: the run is stopping")


def refused_by_proxy(place: str, status: int | None) -> RetryableError:
    """Make the error of a call that a proxy kept for itself."""
    return RetryableError(f"{place} cannot be reached: {_proxy_says(status)}")


def address_of(request: ApiRequest) -> httpx.URL:
    """Read where a call goes; raises UnusableInputError for an address that is none."""
    try:
        url = httpx.URL(request.url)
    except httpx.InvalidURL as error:
        raise UnusableInputError(f"{request.url!r} is no address: {error}") from error
    if not url.host:
        raise UnusableInputError(f"{request.url}: the address must begin with https://")
    return url


def authorities(ca_file: str) -> ssl.SSLContext:
    """Trust the certificates of a file, and no others."""
    try:
        return ssl.create_default_context(cafile=Path(ca_file).expanduser())
    except ssl.SSLError:
        why = "it holds no certificate in PEM form"
    except (OSError, RuntimeError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else "") or "it is no usable path"
    raise UnusableInputError(f"The `ca_file` {ca_file} of the connection cannot be used: {why}")


def system_error(error: BaseException) -> OSError | None:
    """Find the operating system's own error behind another.

    Its text alone may be shown: those of the libraries can repeat what was sent or answered.
    """
    step: BaseException | None = error
    while step is not None and not isinstance(step, OSError):
        step = step.__cause__ or step.__context__
    return step


def _obstacle(error: BaseException, peer: str) -> str:
    """Say in a sentence why the call could not leave. ``peer``: the host connected to."""
    if isinstance(error, httpx.ProxyError):
        status = str(error).partition(" ")[0]
        return _proxy_says(int(status) if status.isdigit() else None)
    if isinstance(error, httpx.TimeoutException):
        return "no connection in time"
    match system_error(error):
        case ssl.SSLCertVerificationError() as fault:
            unknown = f"its certificate is not accepted ({fault.verify_message})"
            return f"{_CERTIFICATE_FAULTS.get(fault.verify_code, unknown)}. {_CA_REMEDY}"
        case ssl.SSLError() as fault:
            why = f" ({fault.reason})" if fault.reason else ""
            return f"no secure connection could be made{why}. {_CA_REMEDY}"
        case socket.gaierror():
            return (
                f"the name {peer} cannot be found; look at `url` in importer.yaml and at this "
                "machine's network"
            )
        case ConnectionRefusedError():
            return "nothing answers on its port (connection refused)"
        case OSError() as fault if fault.strerror:
            return fault.strerror
        case _:
            return "the connection broke before the call could leave"


def _proxy_says(status: int | None) -> str:
    if status == PROXY_WANTS_A_NAME:
        return (
            "the proxy of this network wants a name and a password (HTTP 407); ask who runs it, "
            "and set HTTPS_PROXY accordingly"
        )
    number = "" if status is None else f" (HTTP {status})"
    return f"the proxy of this network did not let the call through{number}"
