"""Addresses of the web: how they are asked, and never in clear text."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from importer.errors import UnusableInputError
from importer.language import tr
from importer.version import tool_version
from importer.written_places import is_loopback

if TYPE_CHECKING:
    import aiohttp

    from importer.model import Secret

CONNECT_SECONDS = 30.0
IDLE_SECONDS = 60.0
"""The longest that a server may be silent; a long transfer that moves is no matter."""


class InClearError(UnusableInputError):
    """An address would be asked without encryption."""


def refuse_in_clear(scheme: str, host: str) -> None:
    """Raise InClearError unless what is sent is encrypted, or stays on this machine."""
    if scheme in {"http", "ftp"} and not is_loopback(host):
        raise InClearError(
            tr(
                "{scheme}:// would carry the contacts in clear text from {host}: use https:// or "
                "sftp://",
                scheme=scheme,
                host=host,
            )
        )


def session_settings(user: str, password: Secret | None, host: str) -> dict[str, Any]:
    """Give what a session of aiohttp is made with; a password without a user is a token."""
    import aiohttp

    async def only_encrypted(
        request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        refuse_in_clear(request.url.scheme, request.url.host or "")  # also after a redirection
        return await handler(request)

    headers = {"User-Agent": f"importer/{tool_version()}", "Accept-Encoding": "identity"}
    settings: dict[str, Any] = {
        "timeout": aiohttp.ClientTimeout(
            total=None,
            connect=CONNECT_SECONDS,
            sock_connect=CONNECT_SECONDS,
            sock_read=IDLE_SECONDS,
        ),
        "headers": headers,
        "middlewares": (only_encrypted,),
        "trust_env": not is_loopback(host),
    }
    word = "" if password is None else password.reveal()
    if user:
        pair = base64.b64encode(f"{user}:{word}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    elif word:
        headers["Authorization"] = f"Bearer {word}"
    return settings


def version_of(answer: Mapping[str, Any]) -> float | None:
    """Give a number that changes with what is at an address; None: its server tells nothing."""
    told = answer.get("Last-Modified")
    if told:
        try:
            return parsedate_to_datetime(told).timestamp()
        except ValueError:
            pass
    tag = answer.get("ETag") or answer.get("Content-MD5") or answer.get("Digest")
    if not tag:
        return None
    return float(int.from_bytes(hashlib.sha256(tag.encode()).digest()[:6], "big"))
