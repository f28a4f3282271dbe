"""The calls there are: their names, their tiers, and what the log tells of them."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from importer.sandbox.dotdigital.bodies import loaded
from importer.sandbox.dotdigital.limiter import Tier

if TYPE_CHECKING:
    from collections.abc import Mapping

PATCH_CONTACT = "PATCH contact"
PUT_CONTACT = "PUT contact"
GET_CONTACT = "GET contact"
DELETE_CONTACT = "DELETE contact"
POST_CONTACT = "POST contact"
PUT_IMPORT = "PUT import"
GET_IMPORT = "GET import"
GET_IDENTIFIERS = "GET customIdentifiers"
POST_V2_CONTACT = "POST v2 contact"
GET_V2_CONTACT = "GET v2 contact"
GET_V2_CHOICES = "GET v2 contact preferences"
PUT_V2_CHOICES = "PUT v2 contact preferences"
ACCOUNT_INFO = "GET v2 account-info"
SERVER_TIME = "GET v2 server-time"
DATA_FIELDS = "GET v2 data-fields"
PREFERENCES = "GET v2 preferences"
ADDRESS_BOOKS = "GET v2 address-books"

# Method, path, name, tier. Which tier a call is of, is told in general terms only: imports are
# low, one contact is medium, light reads are high.
_IMPORT, _ONE = "/contacts/v3/import", r"/contacts/v3/(?P<identifier>[^/]+)/(?P<value>.+)"
_ROUTES: tuple[tuple[str, re.Pattern[str], str, Tier], ...] = tuple(
    (method, re.compile(pattern), name, tier)
    for method, pattern, name, tier in (
        ("PUT", _IMPORT, PUT_IMPORT, Tier.LOW),
        ("GET", f"{_IMPORT}/(?P<value>[^/]+)", GET_IMPORT, Tier.HIGH),
        ("POST", "/contacts/v3", POST_CONTACT, Tier.MEDIUM),
        ("PATCH", _ONE, PATCH_CONTACT, Tier.MEDIUM),
        ("PUT", _ONE, PUT_CONTACT, Tier.MEDIUM),
        ("GET", _ONE, GET_CONTACT, Tier.HIGH),
        ("DELETE", _ONE, DELETE_CONTACT, Tier.MEDIUM),
        ("GET", "/configuration/v3/customIdentifiers", GET_IDENTIFIERS, Tier.HIGH),
        ("POST", "/v2/contacts/with-consent-and-preferences", POST_V2_CONTACT, Tier.MEDIUM),
        ("GET", "/v2/contacts/(?P<value>[^/]+)/preferences", GET_V2_CHOICES, Tier.HIGH),
        ("PUT", "/v2/contacts/(?P<value>[^/]+)/preferences", PUT_V2_CHOICES, Tier.MEDIUM),
        ("GET", "/v2/contacts/(?P<value>[^/]+)", GET_V2_CONTACT, Tier.HIGH),
        ("GET", "/v2/account-info", ACCOUNT_INFO, Tier.HIGH),
        ("GET", "/v2/server-time", SERVER_TIME, Tier.HIGH),
        ("GET", "/v2/data-fields", DATA_FIELDS, Tier.HIGH),
        ("GET", "/v2/preferences", PREFERENCES, Tier.HIGH),
        ("GET", "/v2/address-books", ADDRESS_BOOKS, Tier.HIGH),
    )
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One call as it came.

    ``path``: decoded; ``headers``: by names in lower case; ``origin``: where it came to, without a
    slash at its end.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    origin: str = "http://127.0.0.1"

    @property
    def is_v2(self) -> bool:
        """Whether it is answered in the manner of v2."""
        return self.path.lower().startswith("/v2/")

    @property
    def credentials(self) -> tuple[str, str] | None:
        """User and password of Basic authentication."""
        scheme, _, coded = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, colon, password = base64.b64decode(coded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return (user, password) if colon else None


@dataclass(frozen=True, slots=True)
class Route:
    """Which call it is. ``identifier`` and ``value``: what its path names."""

    name: str
    tier: Tier = Tier.HIGH
    identifier: str = ""
    value: str = ""

    @property
    def writes(self) -> bool:
        """Whether the fault script strikes it."""
        return self.name.startswith(("PATCH", "POST", "PUT"))


def route_of(asked: Asked) -> Route | None:
    """Find which call it is; a slash at the end of a v2 path changes nothing."""
    path = asked.path.rstrip("/") if asked.is_v2 else asked.path
    for method, pattern, name, tier in _ROUTES:
        if method == asked.method and (match := pattern.fullmatch(path)):
            return Route(name, tier, **match.groupdict())
    return None


def sent_contacts(route: Route, body: bytes) -> tuple[list[Any], list[str]]:
    """The contacts of a writing call, and what each is known by; none where they cannot be read."""
    if not route.writes:
        return [], []
    try:
        sent = loaded(body)
    except orjson.JSONDecodeError:
        return [], []
    if route.name == PUT_IMPORT:
        contacts = sent.get("contacts") if isinstance(sent, dict) else None
        contacts = contacts if isinstance(contacts, list) else []
        return contacts, [_known_by(one) for one in contacts]
    if route.value:
        return [sent], [route.value]
    if route.name == POST_CONTACT:
        return [sent], [_known_by(sent)]
    lowered = _member(_member(sent, "contact"), "email")
    return [sent], ["" if lowered is None else str(lowered)]


def _known_by(contact: Any) -> str:
    identifiers = _member(contact, "identifiers")
    if not isinstance(identifiers, dict):
        return ""
    first = next(iter(identifiers.values()), "")
    return str(identifiers.get(str(_member(contact, "matchIdentifier")), first))


def _member(value: Any, name: str) -> Any:
    """A member by its name in any case."""
    if not isinstance(value, dict):
        return None
    return next((one for key, one in value.items() if key.lower() == name.lower()), None)
