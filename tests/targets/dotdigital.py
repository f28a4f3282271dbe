"""What the tests of Dotdigital's targets have in common: fields, targets, the sandbox as a wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any

import httpx

from importer.field_rules import FieldRole, ValueType
from importer.model import ApiRequest, ApiResponse, Credentials, PlannedField, Secret, WriteMode
from importer.sandbox import DotdigitalSettings, SandboxSettings, create_app
from importer.targets.dotdigital import bulk, single
from importer.targets.dotdigital.bulk import Imports
from importer.targets.dotdigital.single import SingleContacts
from tests.targets.examples import UPSERT, connection, rows

USER = Credentials("apiuser-sandbox@apiconnector.com", Secret("sandbox"))

EMAIL = PlannedField("id.email", ValueType.EMAIL, FieldRole.KEY)
MOBILE = PlannedField("id.mobileNumber", ValueType.PHONE, FieldRole.KEY)
NUMBER = PlannedField("id.contactId", ValueType.INTEGER, FieldRole.KEY)
CITY = PlannedField("data.CITY", ValueType.TEXT, FieldRole.DATA)
STATUS = PlannedField("email.status", ValueType.CONSENT, FieldRole.CONSENT)
SMS = PlannedField("sms.status", ValueType.CONSENT, FieldRole.CONSENT)
OPT_IN = PlannedField("email.optIn", ValueType.CHOICE, FieldRole.DATA)
FORMAT = PlannedField("email.type", ValueType.CHOICE, FieldRole.DATA)
_RECORD_TYPES = {"datetime": ValueType.DATETIME}


def data(name: str, type_: ValueType) -> PlannedField:
    return PlannedField(f"data.{name}", type_, FieldRole.DATA)


def consent(code: str) -> PlannedField:
    return PlannedField(code, ValueType.CONSENT, FieldRole.CONSENT)


def other(identifier: PlannedField) -> PlannedField:
    """An identifier that is written and does not find the contact."""
    return PlannedField(identifier.code, identifier.type, FieldRole.DATA)


def record(number: str = "") -> tuple[PlannedField, ...]:
    """The five parts of a consent record."""
    return tuple(
        PlannedField(
            f"consent.{part}{number}", _RECORD_TYPES.get(part, ValueType.TEXT), FieldRole.DATA
        )
        for part in ("text", "datetime", "url", "ip", "userAgent")
    )


RECORD_VALUES = (
    "Send me the monthly letter",
    "2025-03-04 09:15:00",
    "https://example.org/join",
    "203.0.113.7",
    "Mozilla/5.0 (test)",
)


def imports(
    *fields: PlannedField,
    mode: WriteMode = UPSERT,
    places: Mapping[str, str] | None = None,
    **members: Any,
) -> Imports:
    return bulk.build(
        connection("dotdigital", **members),
        mode=mode,
        fields=fields or (EMAIL, CITY),
        clears=(),
        table_id="",
        places=places or {},
    )


def singles(
    *fields: PlannedField,
    mode: WriteMode = UPSERT,
    places: Mapping[str, str] | None = None,
    **members: Any,
) -> SingleContacts:
    return single.build(
        connection("dotdigital", **members),
        mode=mode,
        fields=fields or (EMAIL, CITY),
        clears=(),
        table_id="",
        places=places or {},
    )


def in_import(
    fields: tuple[PlannedField, ...], *values: str | None, **options: Any
) -> dict[str, Any]:
    """One contact as an import holds it."""
    (contact,) = imports(*fields, **options).encode(rows(fields, values))
    members: dict[str, Any] = json.loads(contact)
    return members


class Wire:
    """Sends requests to a fresh sandbox in this process."""

    def __init__(self, *, shared: Mapping[str, Any] | None = None, **switches: Any) -> None:
        settings = SandboxSettings(dotdigital=DotdigitalSettings(**switches), **(shared or {}))
        transport = httpx.WSGITransport(app=create_app(settings))
        self.client = httpx.Client(transport=transport, base_url="https://app.example.test")

    def send(self, request: ApiRequest) -> ApiResponse:
        answer = self.client.request(
            request.method, request.url, content=request.body, headers=dict(request.headers)
        )
        headers = {"date": formatdate(usegmt=True)}  # which the client adds where it is missing
        headers |= {name.lower(): value for name, value in answer.headers.items()}
        return ApiResponse(answer.status_code, headers, answer.content)

    def contacts(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]]
        listed = self.client.get("/_sandbox/dotdigital/contacts").json()["contacts"]
        return listed
