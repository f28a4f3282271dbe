"""Canonical text of the plan -> the JSON text that a Merge call takes, a column at a time.

Sources: consents ``"1"`` and ``"0"`` (Opt-In Synchronization), dates ``yyyy.MM.dd`` (Behavioral
Tracking Consents), date-times ``yyyy.MM.dd HH:mm:ss`` (the vendor's SDK). Numbers and yes/no
values of ordinary fields are known from public client code only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from importer.field_rules import ValueType
from importer.targets.json_columns import (
    escaped,
    joined,
    looked_up,
    member,
    numbers,
    objects,
    quoted,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from importer.model import PlannedField

_CONSENTS = {"yes": '"1"', "no": '"0"', "": '""'}
_BOOLEANS: Mapping[str, Mapping[str, str]] = {
    "number": {"true": "1", "false": "0", "": '""'},
    "json": {"true": "true", "false": "false", "": '""'},
}


def json_objects(
    fields: Sequence[PlannedField], columns: Sequence[Any], booleans: str, rows: int
) -> Any:
    """Write each row's values as one JSON object; a missing value has no member.

    ``columns``: one Arrow text column a field, in canonical text. Gives an Arrow text column.
    Raises DefectError for a text that is not canonical: the check let something through.
    """
    members = [
        member(field.code, _json_column(field, column.cast(pa.string()), booleans))
        for field, column in zip(fields, columns, strict=True)
    ]
    return objects(members, rows)


def contacts(ids: Any, written: Any) -> list[bytes]:
    """Put the two objects of each contact together."""
    texts = joined('{"ID":', ids, ',"Data":', written, "}")
    whole: list[bytes] = texts.cast(pa.binary()).to_pylist()
    return whole


def _json_column(field: PlannedField, texts: Any, booleans: str) -> Any:
    match field.type:
        case (
            ValueType.TEXT
            | ValueType.EMAIL
            | ValueType.PHONE
            | ValueType.CHOICE
            | ValueType.POSTAL
            | ValueType.LIST
        ):
            return quoted(texts)
        case ValueType.DATE | ValueType.DATETIME:
            return joined('"', pc.replace_substring(escaped(texts), "-", "."), '"')
        case ValueType.CONSENT:
            return looked_up(field, texts, _CONSENTS)
        case ValueType.BOOLEAN:
            return looked_up(field, texts, _BOOLEANS[booleans])
        case ValueType.INTEGER | ValueType.DECIMAL:
            return numbers(field, texts, empty='""')
