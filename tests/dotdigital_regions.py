"""A Dotdigital of several regions: an account lives in one, and only the first host knows of all.

Documented: account-info answers on the European host for every account; other hosts deny whoever
is not theirs with a page that says so.
"""

from __future__ import annotations

import base64
from typing import Any

import httpx

USER = "apiuser-1a2b3c@apiconnector.com"
PASSWORD = "a-secret-password"
EUROPE, AMERICA, ASIA = (f"https://r{n}-api.dotdigital.com" for n in (1, 2, 3))

_TOLD: dict[str, Any] = {
    "/v2/data-fields": [{"name": "FIRSTNAME", "type": "String"}],
    "/v2/preferences": [{"id": 40, "publicName": "Events", "isPreference": True}],
    "/v2/address-books": [{"id": 4101, "name": "Spring"}],
    "/configuration/v3/customIdentifiers": [{"name": "crm-id"}],
}


class Regions:
    """What each host answers. ``home``: the account's. ``denied``: a path that its user may not."""

    def __init__(self, home: str, *, denied: str = "") -> None:
        self.home = home
        self.denied = denied
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        host, path = f"https://{request.url.host}", request.url.path
        self.asked.append(f"{host}{path}")
        pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if request.headers["authorization"] != f"Basic {pair}":
            words = "Authorization has been denied for this request."
            return httpx.Response(401, json={"message": words})
        at_home = host == self.home
        if path == "/v2/account-info" and (at_home or host == EUROPE):
            told = {"name": "ApiEndpoint", "type": "String", "value": f"{self.home}/"}
            return httpx.Response(200, json={"id": 1, "properties": [told]})
        if not at_home:
            return httpx.Response(403, text="403 - Forbidden: Access is denied.")
        if path == self.denied:
            return httpx.Response(403, json={"message": "not permitted"})
        return httpx.Response(200, json=_TOLD[path])
