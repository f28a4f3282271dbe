"""The hosts of Dotdigital: each serves the accounts of one region.

Documented: ``GET /v2/account-info`` answers on the European host for accounts of every region, and
its property ``ApiEndpoint`` is the account's own address. Others deny whoever is not theirs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from importer.errors import AccountCause, Refusal, RefusedError
from importer.language import mark, tr
from importer.targets.words import text_of
from importer.written_places import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

    from importer.model import Connection

EUROPE = "https://r1-api.dotdigital.com"
"""The host on which every account can ask for its own."""

_VENDOR = re.compile(r"https://r[0-9]{1,2}-api\.dotdigital\.com")
_ELSEWHERE = mark(
    "The account is at {address}, and the connection {connection} calls {url}: write "
    "url: {address} in importer.yaml."
)


def elsewhere(connection: Connection, address: str) -> RefusedError:
    """Make the refusal of a connection whose account is at another address."""
    sentence = tr(
        _ELSEWHERE, address=address, connection=connection.name or "-", url=connection.url
    )
    return RefusedError(sentence, scope=Refusal.ACCOUNT, cause=AccountCause.MOVED, address=address)


def address_of(connection: Connection, info: Mapping[str, Any]) -> str:
    """Give the account's address as it says itself; empty where that is not to be believed.

    The key goes to that address: only the vendor's hosts are, and this machine from itself.
    """
    properties = info.get("properties")
    for one in properties if isinstance(properties, list) else ():
        if isinstance(one, dict) and text_of(one.get("name")).lower() == "apiendpoint":
            address = text_of(one.get("value")).rstrip("/")
            if is_vendor(address) or (_is_here(address) and _is_here(connection.url)):
                return address
    return ""


def is_vendor(url: str) -> bool:
    """Tell whether an address is one of the vendor's hosts."""
    return _VENDOR.fullmatch(url) is not None


def _is_here(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and is_loopback(parts.hostname or "")
    except ValueError:
        return False
