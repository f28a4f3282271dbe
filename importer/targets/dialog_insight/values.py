"""Canonical text of the plan -> the JSON text that a Merge call takes, a column at a time.

Sources: consents ``"1"`` and ``"0"`` (Opt-In Synchronization), dates ``yyyy.MM.dd`` (Behavioral
Tracking Consents), date-times ``yyyy.MM.dd HH:mm:ss`` (the vendor's SDK). Numbers and yes/no
values of ordinary fields are known from public client code only.

Arrow's kernels write a million contacts in the time that Python needs for a tenth of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from importer.errors import DefectError
from importer.field_rules import ValueType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from importer.model import PlannedField

_CONSENTS = {"yes": '"1"', "no": '"0"', "": '""'}
_BOOLEANS = {
    "number": {"true": "1", "false": "0", "": '""'},
    "json": {"true": "true", "false": "false", "": '""'},
}
_INTEGER = r"^(-?(0|[1-9][0-9]*))?$"
_DECIMAL = r"^(-?(0|[1-9][0-9]*)(\.[0-9]+)?)?$"
_TO_ESCAPE = r'["\\\x00-\x1f]'


def json_objects(
    fields: Sequence[PlannedField], columns: Sequence[Any], booleans: str, rows: int
) -> Any:
    """Write each row's values as one JSON object; a missing value has no member.

    ``columns``: one Arrow text column a field, in canonical text. Gives an Arrow text column.
    Raises DefectError for a text that is not canonical: the check let something through.
    """
    members = [
        pc.fill_null(
            _joined(f',"{field.code}":', _json_column(field, column.cast(pa.string()), booleans)),
            "",
        )
        for field, column in zip(fields, columns, strict=True)
    ]
    # Not the kernel's own way to skip nulls: it leaves out rows in which every value is missing.
    inner = _joined(*members) if members else pa.repeat("", rows)
    return pc.replace_substring(_joined("{", inner, "}"), "{,", "{", max_replacements=1)


def contacts(ids: Any, written: Any) -> list[bytes]:
    """Put the two objects of each contact together."""
    texts = _joined('{"ID":', ids, ',"Data":', written, "}")
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
            return _joined('"', _escaped(texts), '"')
        case ValueType.DATE | ValueType.DATETIME:
            return _joined('"', pc.replace_substring(_escaped(texts), "-", "."), '"')
        case ValueType.CONSENT:
            return _looked_up(field, texts, _CONSENTS)
        case ValueType.BOOLEAN:
            return _looked_up(field, texts, _BOOLEANS[booleans])
        case ValueType.INTEGER:
            return _numbers(field, texts, _INTEGER)
        case ValueType.DECIMAL:
            return _numbers(field, texts, _DECIMAL)


def _joined(*parts: Any) -> Any:
    return pc.binary_join_element_wise(*parts, "")


def _escaped(texts: Any) -> Any:
    """Escape what JSON text cannot hold as it is; few values need it."""
    odd = pc.fill_null(pc.match_substring_regex(texts, _TO_ESCAPE), False)
    if not pc.any(odd).as_py():
        return texts
    plain = [orjson.dumps(text).decode()[1:-1] for text in texts.filter(odd).to_pylist()]
    return pc.replace_with_mask(texts, odd, pa.array(plain, pa.string()))


def _looked_up(field: PlannedField, texts: Any, words: Mapping[str, str]) -> Any:
    places = pc.index_in(texts, value_set=pa.array(list(words), pa.string()))
    if places.null_count != texts.null_count:
        raise _not_canonical(field)
    return pa.array(list(words.values()), pa.string()).take(places)


def _numbers(field: PlannedField, texts: Any, form: str) -> Any:
    """Write the digits as they stand: a float would round them, a large integer not fit."""
    if not pc.all(pc.match_substring_regex(texts, form), min_count=0).as_py():
        raise _not_canonical(field)
    return pc.if_else(pc.equal(texts, ""), '""', texts)


def _not_canonical(field: PlannedField) -> DefectError:
    return DefectError(f"the plan holds a value of {field.code} that is no {field.type} as checked")
