"""Canonical text of the plan -> the JSON that Dotdigital takes, a column at a time.

Documented for version 3: JSON types are strict, an identifier is a text, a mobile number has its
country's digits and no other sign, times are ISO 8601 in UTC, and ``null`` clears a data field.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from importer.errors import DefectError
from importer.field_rules import ValueType
from importer.targets.dotdigital.grammar import CONTACT_ID, MOBILE
from importer.targets.json_columns import (
    escaped,
    joined,
    looked_up,
    not_canonical,
    numbers,
    quoted,
)
from importer.timetables import zone_of

if TYPE_CHECKING:
    from importer.model import PlannedField

NULL = "null"
_BOOLEANS = {"true": "true", "false": "false", "": NULL}
_UTC = ("UTC", "Etc/UTC", "")


def data_value(field: PlannedField, texts: Any, time_zone: str) -> Any:
    """Write the values of a data field; the empty text clears it.

    ``time_zone``: of the times of day. Raises DefectError for a text that is not canonical.
    """
    match field.type:
        case ValueType.BOOLEAN:
            return looked_up(field, texts, _BOOLEANS)
        case ValueType.INTEGER | ValueType.DECIMAL:
            return numbers(field, texts, empty=NULL)
        case (
            ValueType.TEXT
            | ValueType.EMAIL
            | ValueType.PHONE
            | ValueType.CHOICE
            | ValueType.POSTAL
            | ValueType.LIST
            | ValueType.CONSENT
            | ValueType.DATE
            | ValueType.DATETIME
        ):
            written = text_value(field, texts, time_zone)
            return pc.if_else(pc.equal(texts, ""), NULL, written)


def text_value(field: PlannedField, texts: Any, time_zone: str) -> Any:
    """Write values as JSON texts, moments in UTC; the empty text has no value."""
    texts = _without_empty(texts)
    if field.type is ValueType.DATE:
        return joined('"', escaped(texts), 'T00:00:00Z"')
    if field.type is ValueType.DATETIME:
        return joined('"', escaped(_in_utc(field, texts, time_zone)), 'Z"')
    return quoted(texts)


def identifier(field: PlannedField, texts: Any) -> Any:
    """Write what a contact is known by; the empty text has no value."""
    texts = _without_empty(texts)
    if field.code == CONTACT_ID:
        return numbers(field, texts, empty=NULL)
    if field.code == MOBILE:
        texts = pc.replace_substring_regex(texts, "[^0-9]", "")
        if pc.any(pc.equal(texts, ""), min_count=0).as_py():
            raise not_canonical(field)
    return quoted(texts)


def _without_empty(texts: Any) -> Any:
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _in_utc(field: PlannedField, texts: Any, time_zone: str) -> Any:
    if time_zone in _UTC:
        return pc.replace_substring(texts, " ", "T")
    zone = zone_of(time_zone)
    if zone is None:
        raise DefectError(f"the connection has no time zone that is known: {time_zone}")
    distinct = texts.dictionary_encode()
    try:
        moments = [datetime.fromisoformat(text) for text in distinct.dictionary.to_pylist()]
    except ValueError:
        raise not_canonical(field) from None
    written = [_moment(moment.replace(tzinfo=zone)) for moment in moments]
    return pa.array(written, pa.string()).take(distinct.indices)


def _moment(moment: datetime) -> str:
    with suppress(OverflowError):  # the first and last days that can be written
        moment = moment.astimezone(UTC)
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")
