"""A client of the sandbox for its tests: over WSGI in this process, or to a port."""

from __future__ import annotations

from typing import Any

import httpx

from importer.sandbox import SandboxSettings, create_app
from importer.sandbox.clock import Clock

MERGE = "/webservices/ofc4/contacts.ashx?method=Merge"
GET = "/webservices/ofc4/Contacts.ashx?method=Get"
PROJECT = "/webservices/ofc4/projects.ashx?method=Get"
PROJECTS = "/webservices/ofc4/projects.ashx?method=List"

KEY = {"idKey": 1, "Key": "sandbox"}
UPSERT = {"AllowInsert": True, "AllowUpdate": True}


class StillClock(Clock):
    """Time that moves only when told to, or when somebody waits."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 1_800_000_000.25
        self.waits: list[float] = []

    def now(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds


class Caller:
    """Makes calls and gives the answers as they came."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def post(self, path: str, **members: Any) -> httpx.Response:
        return self.client.post(path, json={"AuthKey": KEY, "idProject": 1, **members})

    def merge(self, *records: dict[str, Any], **options: Any) -> httpx.Response:
        return self.post(MERGE, Records=list(records), MergeOptions={**UPSERT, **options})

    def find(self, name: str, value: object) -> list[dict[str, Any]]:
        clause = {
            "$type": "FieldClause",
            "Field": {"Name": name},
            "TypeOperator": "Equal",
            "ComparisonValue": value,
        }
        found: list[dict[str, Any]] = self.post(GET, Clause=clause, Tag=None).json()["Records"]
        return found

    def contacts(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.client.get("/_sandbox/contacts").json()["contacts"]
        return listed

    def calls(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.client.get("/_sandbox/calls").json()["calls"]
        return listed


def caller(clock: Clock | None = None, **switches: Any) -> Caller:
    """A caller of a fresh sandbox in this process."""
    app = create_app(SandboxSettings(**switches), clock)
    transport = httpx.WSGITransport(app=app)
    return Caller(httpx.Client(transport=transport, base_url="http://sandbox.test"))


def record(address: str, **values: Any) -> dict[str, Any]:
    return {"ID": {"key_f_EMail": address}, "Data": values}


def statuses(response: httpx.Response) -> list[str]:
    return [one["Status"] for one in response.json()["Records"]]
