"""A contact as a call of version 3 holds it: sections of identifiers, data, channels and more.

Documented by the vendor's specification of the contacts service. A section without content is left
out, for an empty list is refused; so is a consent record that lacks one of its five parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from importer.errors import DefectError
from importer.targets.dotdigital.form import record_numbers
from importer.targets.dotdigital.grammar import (
    CONTACT_ID,
    DATA,
    EMAIL_STATUS,
    EMAIL_TYPE,
    IDENTIFIER,
    LIST,
    OPT_IN_TYPE,
    PREFERENCE,
    RECORD,
    RECORD_PARTS,
    SMS_STATUS,
)
from importer.targets.dotdigital.values import data_value, identifier, text_value
from importer.targets.json_columns import (
    ARRAY,
    joined,
    lacks_any,
    looked_up,
    member,
    objects,
    section,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from importer.model import PlannedField, PlanSlice
    from importer.targets.dotdigital.form import ContactForm

    Columns = Mapping[str, Any]

_WIRE_PARTS = (  # in the order of RECORD_PARTS, each with what stands before it
    (",{", "text"),
    (",", "dateTimeConsented"),
    (",", "url"),
    (",", "ipAddress"),
    (",", "userAgent"),
)


def written(form: ContactForm, rows: PlanSlice, *, names_match: bool) -> list[bytes]:
    """Write each contact, in plan order.

    ``names_match``: the contact itself says by which identifier it is found, and a number of the
    platform's may stand among these. Raises DefectError for what is not canonical.
    """
    table = {f.code: rows.table.column(f.code).cast(pa.string()) for f in form.fields}
    if form.match is None or lacks_any(table[form.match.code]):
        raise DefectError("the plan holds a contact without its key")
    count = len(rows)
    sections = [
        section("identifiers", _identifiers(form, table, names_match=names_match), count),
        section("dataFields", _data(form, table), count),
        section("channelProperties", _channels(form, table, count), count),
        section("lists", _lists(form, table), count, ARRAY),
        section("preferences", _preferences(form, table), count, ARRAY),
        section("consentRecords", _records(form, table), count, ARRAY),
    ]
    if names_match:
        sections.insert(0, pa.repeat(f',"matchIdentifier":"{form.match_name}"', count))
    whole: list[bytes] = objects(sections, count).cast(pa.binary()).to_pylist()
    return whole


def _identifiers(form: ContactForm, table: Columns, *, names_match: bool) -> list[Any]:
    return [
        member(f.code.removeprefix(IDENTIFIER), identifier(f, table[f.code]))
        for f in form.of(IDENTIFIER)
        if names_match or f.code != CONTACT_ID
    ]


def _data(form: ContactForm, table: Columns) -> list[Any]:
    return [
        member(f.code.removeprefix(DATA), data_value(f, table[f.code], form.time_zone))
        for f in form.of(DATA)
    ]


def _channels(form: ContactForm, table: Columns, count: int) -> list[Any]:
    def status(code: str, subscribed: str) -> list[Any]:
        words = {"yes": subscribed, "no": '"unsubscribed"', "": None}
        return [member("status", looked_up(f, table[code], words)) for f in form.of(code)]

    of_email = status(EMAIL_STATUS, form.subscribed)
    for code, name in ((EMAIL_TYPE, "emailType"), (OPT_IN_TYPE, "optInType")):
        of_email += [
            member(name, text_value(f, table[code], form.time_zone)) for f in form.of(code)
        ]
    of_sms = status(SMS_STATUS, '"subscribed"')
    return [section("email", of_email, count), section("sms", of_sms, count)]


def _lists(form: ContactForm, table: Columns) -> list[Any]:
    def added(field: PlannedField) -> dict[str, str | None]:
        return {"yes": f",{form.place(field.code)}", "no": None, "": None}

    return _elements(form.of(LIST), table, added)


def _preferences(form: ContactForm, table: Columns) -> list[Any]:
    def answered(field: PlannedField) -> dict[str, str | None]:
        head = f',{{"id":{form.place(field.code)},"isOptedIn":'
        return {"yes": head + "true}", "no": head + "false}", "": None}

    return _elements(form.of(PREFERENCE), table, answered)


def _elements(
    fields: Sequence[PlannedField],
    table: Columns,
    words: Callable[[PlannedField], dict[str, str | None]],
) -> list[Any]:
    return [pc.fill_null(looked_up(f, table[f.code], words(f)), "") for f in fields]


def _records(form: ContactForm, table: Columns) -> list[Any]:
    records = []
    for number in record_numbers(form.fields):
        fields = [form.planned(f"{RECORD}{part}{number}") for part in RECORD_PARTS]
        parts = [
            joined(f'{before}"{name}":', text_value(field, table[field.code], form.time_zone))
            for field, (before, name) in zip(fields, _WIRE_PARTS, strict=True)
            if field is not None
        ]
        if len(parts) == len(RECORD_PARTS):
            records.append(pc.fill_null(joined(*parts, "}"), ""))
    return records
