"""A client of the imitated Dotdigital for its tests: over WSGI in this process, or to a port."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx

from importer.sandbox import DotdigitalSettings, SandboxSettings, create_app
from importer.sandbox.clock import Clock

USER = ("apiuser-sandbox@apiconnector.com", "sandbox")


class DotdigitalCaller:
    """Makes calls and gives the answers as they came."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        client.auth = httpx.BasicAuth(*USER)

    def patch(
        self, address: str, *, option: str | None = None, by: str = "email", **body: Any
    ) -> httpx.Response:
        """PATCH one contact; the address stands in its identifiers unless others are given."""
        body.setdefault("identifiers", {"email": address})
        query = {} if option is None else {"merge-option": option}
        path = f"/contacts/v3/{by}/{quote(address, safe='')}"
        return self.client.patch(path, params=query, json=body)

    def start(self, *contacts: dict[str, Any], **members: Any) -> httpx.Response:
        """PUT an import."""
        return self.client.put("/contacts/v3/import", json={"contacts": contacts, **members})

    def poll(self, import_id: str) -> httpx.Response:
        """GET how an import does."""
        return self.client.get(f"/contacts/v3/import/{import_id}")

    def write_v2(self, address: str, **members: Any) -> httpx.Response:
        """POST a contact with consent and preferences."""
        path = "/v2/contacts/with-consent-and-preferences"
        contact = {"email": address, **members.pop("contact", {})}
        return self.client.post(path, json={"contact": contact, **members})

    def contacts(self) -> list[dict[str, Any]]:
        """What the sandbox keeps."""
        listed: list[dict[str, Any]]
        listed = self.client.get("/_sandbox/dotdigital/contacts").json()["contacts"]
        return listed

    def calls(self) -> list[dict[str, Any]]:
        """What the sandbox remembers of its calls."""
        listed: list[dict[str, Any]] = self.client.get("/_sandbox/calls").json()["calls"]
        return listed


def dotdigital(
    clock: Clock | None = None, *, shared: dict[str, Any] | None = None, **switches: Any
) -> DotdigitalCaller:
    """A caller of a fresh sandbox in this process; ``shared``: switches of both platforms."""
    settings = SandboxSettings(dotdigital=DotdigitalSettings(**switches), **(shared or {}))
    transport = httpx.WSGITransport(app=create_app(settings, clock))
    return DotdigitalCaller(httpx.Client(transport=transport, base_url="http://sandbox.test"))


def bulk(address: str, **sections: Any) -> dict[str, Any]:
    """One contact of an import."""
    return {"matchIdentifier": "email", "identifiers": {"email": address}, **sections}
