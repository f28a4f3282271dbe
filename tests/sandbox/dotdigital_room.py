"""An account of the imitated Dotdigital, called without a wire between."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from importer.sandbox.clock import Clock
from importer.sandbox.dotdigital import single
from importer.sandbox.dotdigital.bulk import Imports
from importer.sandbox.dotdigital.contacts import Contacts
from importer.sandbox.dotdigital.refusals import ApiRefusal
from importer.sandbox.dotdigital.settings import DotdigitalSettings
from importer.sandbox.store import Database

if TYPE_CHECKING:
    from pathlib import Path

ADA = "ada.byron@example.org"


class StillClock(Clock):
    """Time stands still until it is set."""

    time = 1_741_079_702.11

    def now(self) -> float:
        return self.time


class Room:
    """An account's contacts and imports."""

    def __init__(self, path: Path | None = None, **switches: Any) -> None:
        self.settings = DotdigitalSettings(**switches)
        self.account = self.settings.account
        self.clock = StillClock()
        self.contacts = Contacts(Database(path, 1), self.account, self.settings, self.clock)
        self.imports = Imports(self.contacts, self.account, self.settings, self.clock)

    def patch(
        self, value: str = ADA, *, by: str = "email", option: str = "", **body: Any
    ) -> tuple[int, dict[str, Any]]:
        if by == "email":
            body.setdefault("identifiers", {"email": value})
        sent = json.dumps(body).encode()
        return single.patch(self.contacts, self.account, self.settings, by, value, option, sent)

    def create(self, **body: Any) -> tuple[int, dict[str, Any]]:
        sent = json.dumps(body).encode()
        return single.create(self.contacts, self.account, self.settings, sent)

    def get(self, value: str = ADA, by: str = "email") -> dict[str, Any]:
        return single.get(self.contacts, self.account, by, value)

    def delete(self, value: str = ADA, by: str = "email") -> dict[str, Any]:
        return single.delete(self.contacts, self.account, by, value)

    def email(self, **wish: Any) -> dict[str, str]:
        """What the e-mail channel is after a PATCH that wishes so."""
        _, contact = self.patch(channelProperties={"email": wish})
        told: dict[str, str] = contact["channelProperties"]["email"]
        return told

    def start(self, *contacts: Any, **members: Any) -> str:
        """Start an import, and give its number."""
        body = json.dumps({"contacts": contacts, **members}).encode()
        number = self.imports.start(body)["importId"]
        assert isinstance(number, str)
        return number

    def run(self, *contacts: Any, **members: Any) -> dict[str, Any]:
        """The results of an import."""
        number = self.start(*contacts, **members)
        for _ in range(self.settings.polls):
            assert self.imports.status(number) == {"importId": number, "status": "NotFinished"}
        return self.imports.status(number)

    def mails(self) -> list[dict[str, Any]]:
        return list(self.contacts.mails())


def refused(status: int, code: str) -> Any:
    return pytest.raises(ApiRefusal, check=lambda one: (one.status, one.code) == (status, code))
