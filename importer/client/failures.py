"""What the failures of a call mean, and the sentences an operator reads."""

from __future__ import annotations

import re
import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from importer.errors import ImporterError, InDoubtError, RetryableError, UnusableInputError
from importer.language import mark, tr

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
_HOST = re.compile(r"([^/?#]*//)?[^/?#]*")
_CA_REMEDY = mark(
    "If a proxy of your company reads what is sent, name its certificates as `ca_file` of the "
    "connection in importer.yaml."
)
# OpenSSL's verification results, x509_vfy.h.
_CERTIFICATE_FAULTS = {
    9: mark("its certificate is not valid yet; look at this machine's clock too"),
    10: mark("its certificate has expired; look at this machine's clock too"),
    62: mark("its certificate is for another host name"),
    64: mark("its certificate is for another address"),
    **dict.fromkeys(
        (2, 18, 19, 20, 21), mark("its certificate is from an authority not known here")
    ),
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
        return UnusableInputError(_no_https(place))
    # h11 refuses a header before any byte of the request leaves.
    if isinstance(error, httpx.LocalProtocolError) or (
        isinstance(error, UnicodeError) and not left
    ):
        return UnusableInputError(
            tr(
                "{place}: the key or the address holds a character that cannot be sent: look for a "
                "line break or an accent in it",
                place=place,
            )
        )
    if not left:
        why = _obstacle(error, peer or place)
        if peer in {"", url.raw_host.decode()}:
            return RetryableError(tr("{place} cannot be reached: {why}", place=place, why=why))
        return RetryableError(
            tr(
                "{place} cannot be reached through the proxy {proxy}: {why}",
                place=place,
                proxy=peer,
                why=why,
            )
        )
    if isinstance(error, httpx.TimeoutException):
        late = tr("{place} did not answer in {seconds} s", place=place, seconds=f"{seconds:g}")
        return InDoubtError(late, timed_out=True)
    kind = type(error).__name__
    return InDoubtError(
        tr("The connection to {place} broke during a call ({kind})", place=place, kind=kind)
    )


def _no_https(address: str) -> str:
    return tr("{address}: the address must begin with https://", address=address)


def stopped_before(place: str) -> RetryableError:
    """Make the error of a call that did not begin any more."""
    return RetryableError(tr("The call to {place} did not begin: the run is stopping", place=place))


def refused_by_proxy(place: str, status: int | None) -> RetryableError:
    """Make the error of a call that a proxy kept for itself."""
    return RetryableError(
        tr("{place} cannot be reached: {why}", place=place, why=_proxy_says(status))
    )


def address_of(request: ApiRequest) -> httpx.URL:
    """Read where a call goes; raises UnusableInputError for an address that is none."""
    try:
        url = httpx.URL(request.url)
    except httpx.InvalidURL as error:
        told = tr("{address} is no address: {error}", address=repr(_host(request)), error=error)
        raise UnusableInputError(told) from error
    if not url.host:
        raise UnusableInputError(_no_https(_host(request)))
    return url


def _host(request: ApiRequest) -> str:
    """Give a call's address up to its path, which may name a contact."""
    return _HOST.match(request.url)[0]  # type: ignore[index]  # it matches anything


def authorities(ca_file: str) -> ssl.SSLContext:
    """Trust the certificates of a file, and no others."""
    try:
        return ssl.create_default_context(cafile=Path(ca_file).expanduser())
    except ssl.SSLError:
        why = tr("it holds no certificate in PEM form")
    except (OSError, RuntimeError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else "") or tr("it is no usable path")
    raise UnusableInputError(
        tr("The `ca_file` {file} of the connection cannot be used: {why}", file=ca_file, why=why)
    )


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
        return tr("no connection in time")
    match system_error(error):
        case ssl.SSLCertVerificationError() as fault:
            known = _CERTIFICATE_FAULTS.get(fault.verify_code)
            why = (
                tr("its certificate is not accepted ({reason})", reason=fault.verify_message)
                if known is None
                else tr(known)
            )
            return tr("{why}. {remedy}", why=why, remedy=tr(_CA_REMEDY))
        case ssl.SSLError() as fault:
            why = (
                tr("no secure connection could be made ({reason})", reason=fault.reason)
                if fault.reason
                else tr("no secure connection could be made")
            )
            return tr("{why}. {remedy}", why=why, remedy=tr(_CA_REMEDY))
        case socket.gaierror():
            return tr(
                "the name {host} cannot be found; look at `url` in importer.yaml and at this "
                "machine's network",
                host=peer,
            )
        case ConnectionRefusedError():
            return tr("nothing answers on its port (connection refused)")
        case OSError() as fault if fault.strerror:
            return fault.strerror
        case _:
            return tr("the connection broke before the call could leave")


def _proxy_says(status: int | None) -> str:
    if status == PROXY_WANTS_A_NAME:
        return tr(
            "the proxy of this network wants a name and a password (HTTP 407); ask who runs it, "
            "and set HTTPS_PROXY accordingly"
        )
    if status is None:
        return tr("the proxy of this network did not let the call through")
    return tr(
        "the proxy of this network did not let the call through (HTTP {status})", status=status
    )
