"""What every call to Dotdigital has: an address, Basic authentication, headers, a tier.

Documented: the API user and its password by HTTP Basic and nothing else, a partner's token as
``x-ddg-integration-token``, JSON in UTF-8, and tiers of rates that are counted apart. Which tier a
call counts against is documented as whole imports low, writes of one contact medium, and light
reads high.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote

from importer.errors import DefectError
from importer.model import ApiRequest, Limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from importer.model import Batch, Connection, Credentials

LOW, MEDIUM, HIGH = "low", "medium", "high"
"""The tiers, as the scopes of requests."""

ANSWER_SECONDS = 121
"""The vendor asks to allow that long before a call is given up."""
CALLS_PER_MINUTE = 35
"""The least of the published rates: the lowest tier of the smallest package."""

ONE_CONTACT_LIMITS = Limits(
    rows_per_call=1,
    calls_per_minute=CALLS_PER_MINUTE,
    in_flight=2,
    timeout_seconds=ANSWER_SECONDS,
)
ONE_CONTACT_CEILINGS: Mapping[str, int] = {"rows_per_call": 1}
"""The limits of calls that hold one contact, and what none of these may pass."""

_JSON = "application/json; charset=utf-8"
_PARTNER = "x-ddg-integration-token"


def call(
    connection: Connection,
    credentials: Credentials,
    method: str,
    path: str,
    body: bytes = b"",
    *,
    scope: str,
) -> ApiRequest:
    """Make a call. ``path``: from the host on, percent-encoded."""
    headers = {"accept": "application/json", "authorization": _basic(credentials)}
    if body or method != "GET":
        headers["content-type"] = _JSON
    if connection.integration_token:
        headers[_PARTNER] = connection.integration_token
    url = connection.url.rstrip("/") + path
    return ApiRequest(method, url, body, headers=headers, scope=scope)


def body_of_one(batch: Batch) -> bytes:
    """Give the body of a call that is the contact itself. Raises DefectError for several."""
    if len(batch) > 1:
        raise DefectError("a call of one contact was to hold several")
    return b"".join(batch.contacts)


def segment(text: str) -> str:
    """Write a text as one part of a path."""
    return quote(text, safe="")


def _basic(credentials: Credentials) -> str:
    pair = f"{credentials.key_id}:{credentials.key.reveal()}"
    return "Basic " + b64encode(pair.encode()).decode()
