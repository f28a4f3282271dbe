"""What the suite that every target must pass needs of each: a key, a field, and an answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from importer import targets
from importer.field_rules import FieldRole, ValueType
from importer.model import (
    ApiResponse,
    Connection,
    Credentials,
    PlannedField,
    PlanSlice,
    Secret,
    WriteMode,
)

UPSERT = WriteMode(allow_insert=True, allow_update=True)
INSERT = WriteMode(allow_insert=True, allow_update=False)
UPDATE = WriteMode(allow_insert=False, allow_update=True)
SECRET = "abcdefghijklmnopkrstuvwxyz"
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
class Example:
    """One target. ``keys``: three values of its key, none equal to another."""

    name: str
    key: PlannedField
    field: PlannedField
    keys: tuple[str, str, str]
    table_id: str = ""

    def target(
        self,
        *fields: PlannedField,
        mode: WriteMode = UPSERT,
        clears: tuple[str, ...] = (),
        **members: Any,
    ) -> targets.Target:
        return targets.build(
            connection(targets.connected_by(self.name), **members),
            name=self.name,
            mode=mode,
            fields=fields or (self.key, self.field),
            clears=clears,
            table_id=self.table_id,
        )

    def slice(self, *values: str | None) -> PlanSlice:
        """The three contacts, or as many as there are values of the field."""
        pairs = zip(self.keys, values, strict=False)
        return rows((self.key, self.field), *pairs)

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

    def shown(self, *values: str | None) -> ApiResponse:
        """An answer that shows the first contacts with these values of the field."""
        pairs = zip(self.keys, values, strict=False)
        records = [
            {"idContact": n, self.key.code.removeprefix("key_"): key, self.field.code: value}
            for n, (key, value) in enumerate(pairs)
        ]
        return ApiResponse(200, {}, json.dumps({"Success": True, "Records": records}).encode())

    @property
    def _is_number(self) -> bool:
        return self.key.type is ValueType.INTEGER


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
EXAMPLES = (CONTACTS, ORDERS, LINES)
