"""What the suite that every target must pass needs of each: a key, a field, and its answers."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar
from urllib.parse import quote

import pyarrow as pa

from importer import targets
from importer.batching import batch_of
from importer.field_rules import FieldRole, ValueType
from importer.model import (
    ApiRequest,
    ApiResponse,
    Batch,
    Connection,
    Credentials,
    Pending,
    PlannedField,
    PlanSlice,
    Secret,
    Settled,
    WriteMode,
)
from importer.targets import AnswersLater

UPSERT = WriteMode(allow_insert=True, allow_update=True)
INSERT = WriteMode(allow_insert=True, allow_update=False)
UPDATE = WriteMode(allow_insert=False, allow_update=True)
SECRET = "abcdefghijklmnopkrstuvwxyz"
ABSENT = object()
CREDENTIALS = Credentials("4821", Secret(SECRET))


def connection(target: str = "dialog-insight", **members: Any) -> Connection:
    url = "https://app.example.test/"
    return Connection("production", target, url, "4821", "env:KEY", "90210", **members)


def rows(fields: tuple[PlannedField, ...], *values: tuple[str | None, ...]) -> PlanSlice:
    columns: dict[str, Any] = {
        "row": list(range(len(values))),
        "key": [str(one[0]) for one in values],
    }
    for place, field in enumerate(fields):
        columns[field.code] = pa.array([one[place] for one in values], pa.string())
    return PlanSlice(0, fields, pa.RecordBatch.from_pydict(columns))


@dataclass(frozen=True, slots=True)
class AnyExample(ABC):
    """One target. ``keys``: three values of its key, none equal to another."""

    name: str
    key: PlannedField
    field: PlannedField
    keys: tuple[str, str, str]
    table_id: str = ""

    empty: ClassVar[object] = ABSENT
    """What is written of a field whose text is empty."""
    skips: ClassVar[bool] = False
    """Whether the platform may pass contacts over."""
    asks_how_to_clear: ClassVar[bool] = False
    """Whether the connection must say how a value is erased."""
    refused_look_ups: ClassVar[tuple[int, ...]] = (401, 403)
    """The statuses of a look-up's refusal that concern the account."""

    def target(
        self,
        *fields: PlannedField,
        mode: WriteMode = UPSERT,
        clears: tuple[str, ...] = (),
        places: Mapping[str, str] | None = None,
        **members: Any,
    ) -> targets.Target:
        return targets.build(
            connection(targets.connected_by(self.name), **members),
            name=self.name,
            mode=mode,
            fields=fields or (self.key, self.field),
            clears=clears,
            table_id=self.table_id,
            places=places,
        )

    def slice(self, *values: str | None) -> PlanSlice:
        """The three contacts, or as many as there are values of the field."""
        pairs = zip(self.keys, values, strict=False)
        return rows((self.key, self.field), *pairs)

    @property
    def most(self) -> int:
        """How many of the three contacts go in one call."""
        return min(len(self.keys), self.target().limits.rows_per_call)

    # --- what each target has of its own ---------------------------------------------------------

    @abstractmethod
    def written(self, contact: bytes) -> Mapping[str, Any]:
        """What a contact says of its fields: code -> JSON value."""

    @abstractmethod
    def carries_secret(self, request: ApiRequest) -> bool:
        """Whether the account's secret stands in a call."""

    @abstractmethod
    def asks_for(self, request: ApiRequest, key: str) -> bool:
        """Whether a look-up asks for this key."""

    def heard(self, word: str) -> str:
        """The verdict that comes of one of: created, updated, rejected, skipped."""
        return word

    @abstractmethod
    def settle(self, target: targets.Target, batch: Batch, *said: tuple[str, str]) -> Settled:
        """Read the answers that say of each key what became of it, in those words."""

    @abstractmethod
    def refusal(self, status: int) -> ApiResponse:
        """The answer that refuses a call with the words "not here"."""

    @abstractmethod
    def shown(self, *values: str | None, asked: int = 0) -> ApiResponse:
        """An answer about a contact where the first ones have these values of the field."""

    @abstractmethod
    def other_shown(self) -> ApiResponse:
        """An answer about the third contact that shows the first, with the value "x"."""


class Example(AnyExample):
    """A target of Dialog Insight."""

    __slots__ = ()

    empty: ClassVar[object] = ""
    skips: ClassVar[bool] = True
    asks_how_to_clear: ClassVar[bool] = True
    refused_look_ups: ClassVar[tuple[int, ...]] = (200, 400, 401, 403)

    def written(self, contact: bytes) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(contact)["Data"]
        return found

    def carries_secret(self, request: ApiRequest) -> bool:
        return SECRET in request.body.decode()

    def asks_for(self, request: ApiRequest, key: str) -> bool:
        return bool(json.loads(request.body)["Clause"]["ComparisonValue"] == key)

    def settle(self, target: targets.Target, batch: Batch, *said: tuple[str, str]) -> Settled:
        words = {"rejected": "Error"}
        told = [(key, words.get(word, word.capitalize())) for key, word in said]
        settled = target.read_submission(batch, self.answer(*told))
        assert isinstance(settled, Settled)
        return settled

    def refusal(self, status: int) -> ApiResponse:
        return self.answer(status=status, Success=False, ErrorCode="No", ErrorMessage="not here")

    def answer(self, *said: tuple[str, str], status: int = 200, **members: Any) -> ApiResponse:
        """An answer that says of each key what became of it."""
        records = [
            {
                "IdRecord": 44,
                "Status": word,
                "ValidationResult": "OK",
                "Message": None,
                "ID": {self.key.code: json.loads(key) if self._is_number else key},
                "Data": None,
                "Record": None,
            }
            for key, word in said
        ]
        whole = {"Success": True, "ErrorCode": None, "ErrorMessage": None, "Records": records}
        return ApiResponse(status, {}, json.dumps(whole | members).encode())

    def shown(self, *values: str | None, asked: int = 0) -> ApiResponse:
        del asked  # all of them are shown
        pairs = zip(self.keys, values, strict=False)
        records = [
            {"idContact": n, self.key.code.removeprefix("key_"): key, self.field.code: value}
            for n, (key, value) in enumerate(pairs)
        ]
        return ApiResponse(200, {}, json.dumps({"Success": True, "Records": records}).encode())

    def other_shown(self) -> ApiResponse:
        return self.shown("x", "y")

    @property
    def _is_number(self) -> bool:
        return self.key.type is ValueType.INTEGER


class DotdigitalExample(AnyExample):
    """What the targets of Dotdigital have in common: authentication, and version 3's contacts."""

    __slots__ = ()

    empty: ClassVar[object] = None

    def written(self, contact: bytes) -> Mapping[str, Any]:
        data = json.loads(contact).get("dataFields", {})
        return {f"data.{name}": value for name, value in data.items()}

    def carries_secret(self, request: ApiRequest) -> bool:
        pair = b64encode(f"{CREDENTIALS.key_id}:{SECRET}".encode()).decode()
        return request.headers["authorization"] == f"Basic {pair}"

    def asks_for(self, request: ApiRequest, key: str) -> bool:
        return request.url.endswith("/" + quote(key, safe=""))

    def refusal(self, status: int) -> ApiResponse:
        return answered(status, {"errorCode": "contacts:badRequest", "description": "not here"})

    def contact(self, key: str, value: str | None, **members: Any) -> dict[str, Any]:
        """A contact as version 3 shows it."""
        return {
            "contactId": 44,
            "status": "subscribed",
            "identifiers": {self.key.code.removeprefix("id."): key},
            "dataFields": {self.field.code.removeprefix("data."): value},
            **members,
        }

    def shown(self, *values: str | None, asked: int = 0) -> ApiResponse:
        if asked < len(values):
            return answered(200, self.contact(self.keys[asked], values[asked]))
        return answered(404, {"errorCode": "contacts:contactNotFound", "description": "none"})

    def other_shown(self) -> ApiResponse:
        return self.shown("x")


class BulkExample(DotdigitalExample):
    """Whole imports."""

    __slots__ = ()

    def settle(self, target: targets.Target, batch: Batch, *said: tuple[str, str]) -> Settled:
        assert isinstance(target, AnswersLater)
        taken = target.read_submission(batch, answered(202, {"importId": "i-1"}))
        assert taken == Pending("i-1")
        busy = answered(200, {"importId": "i-1", "status": "NotFinished"})
        assert target.read_status(batch, busy) == Pending("i-1")
        settled = target.read_status(batch, self.results(*said))
        assert isinstance(settled, Settled)
        return settled

    def results(self, *said: tuple[str, str], **members: Any) -> ApiResponse:
        """What a finished import says of each key."""
        name = self.key.code.removeprefix("id.")
        told: dict[str, list[Any]] = {"created": [], "updated": [], "rejected": []}
        for key, word in said:
            told[word].append({"contactId": 44, "identifiers": {name: key}})
        failed = [
            {
                "matchIdentifier": name,
                "identifiers": one["identifiers"],
                "failures": [{"failureCode": "InvalidEmail", "description": "it is none"}],
            }
            for one in told.pop("rejected")
        ]
        head = {"importId": "i-1", "status": "Finished"}
        return answered(200, {**head, **told, "failures": failed, **members})


class SingleExample(DotdigitalExample):
    """Calls of one contact: what each call is answered stands for what is said of the batch."""

    __slots__ = ()

    def settle(self, target: targets.Target, batch: Batch, *said: tuple[str, str]) -> Settled:
        told = dict(said)
        unasked = [key for key in told if key.lower() not in batch.keys]
        settled = []
        for at, key in enumerate(batch.keys):
            alone = batch_of(at, [key], batch.contacts[at : at + 1], repeated=batch.repeated)
            shown = key if key in told else (unasked.pop() if unasked else "nobody@example.test")
            settled.append(
                target.read_submission(
                    replace(alone, doubtful=batch.doubtful), self.reply(shown, told[shown])
                )
            )
        read = [one for one in settled if isinstance(one, Settled)]
        assert len(read) == len(batch)
        return Settled(
            tuple(outcome for one in read for outcome in one.outcomes),
            joined=sum(one.joined for one in read),
            strangers=sum(one.strangers for one in read),
        )

    def reply(self, key: str, word: str) -> ApiResponse:
        """What a call is answered that wrote, or refused, the contact of this key."""
        if word == "rejected":
            conflict = {"errorCode": "contacts:identifierConflict", "description": "taken"}
            return answered(409, conflict)
        return answered(201 if word == "created" else 200, self.contact(key, "x"))


class V2Example(SingleExample):
    """Version 2's call of one contact, which says neither that it is new nor that it was there."""

    __slots__ = ()

    empty: ClassVar[object] = ABSENT

    def written(self, contact: bytes) -> Mapping[str, Any]:
        pairs = json.loads(contact)["contact"].get("dataFields", [])
        return {f"data.{pair['key']}": pair["value"] for pair in pairs}

    def heard(self, word: str) -> str:
        return {"created": "accepted", "updated": "accepted"}.get(word, word)

    def refusal(self, status: int) -> ApiResponse:
        return answered(status, {"message": "not here ERROR_CONTACT_INVALID"})

    def reply(self, key: str, word: str) -> ApiResponse:
        if word == "rejected":
            suppressed = {"message": "Contact is suppressed. ERROR_CONTACT_SUPPRESSED"}
            return answered(400, suppressed)
        contact = {"id": 44, "email": key, "status": "Subscribed"}
        return answered(201, {"contact": contact, "consentFields": [], "preferences": []})


def answered(status: int, members: Any) -> ApiResponse:
    return ApiResponse(status, {}, json.dumps(members).encode())


CONTACTS = Example(
    "dialog-insight",
    PlannedField("key_f_EMail", ValueType.EMAIL, FieldRole.KEY),
    PlannedField("f_City", ValueType.TEXT, FieldRole.DATA),
    ("ana@example.test", "ben@example.test", "cleo@example.test"),
)
ORDERS = Example(
    "dialog-insight-table",
    PlannedField("key_orderNo", ValueType.TEXT, FieldRole.KEY),
    PlannedField("status", ValueType.TEXT, FieldRole.DATA),
    ("a-1001", "a-1002", "a-1003"),
    table_id="77",
)
LINES = Example(
    "dialog-insight-table",
    PlannedField("key_lineNo", ValueType.INTEGER, FieldRole.KEY),
    PlannedField("article", ValueType.TEXT, FieldRole.DATA),
    ("1", "20", "300"),
    table_id="78",
)
_DOTDIGITAL = (
    PlannedField("id.email", ValueType.EMAIL, FieldRole.KEY),
    PlannedField("data.CITY", ValueType.TEXT, FieldRole.DATA),
    ("ana@example.test", "ben@example.test", "cleo@example.test"),
)
IMPORTS = BulkExample("dotdigital", *_DOTDIGITAL)
SINGLE = SingleExample("dotdigital-single", *_DOTDIGITAL)
V2 = V2Example("dotdigital-v2", *_DOTDIGITAL)
EXAMPLES: tuple[AnyExample, ...] = (CONTACTS, ORDERS, LINES, IMPORTS, SINGLE, V2)
