"""A contact as version 2's call holds it: itself, consent records, and the tree of preferences.

Documented by the vendor's specification: data fields are pairs of key and value; a record is pairs
too, with keys of its own; a category is a node around its preferences. Sections without content are
left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from importer.errors import DefectError
from importer.targets.dotdigital.form import record_numbers
from importer.targets.dotdigital.grammar import (
    DATA,
    EMAIL,
    EMAIL_TYPE,
    OPT_IN_TYPE,
    PREFERENCE,
    RECORD,
    RECORD_PARTS,
)
from importer.targets.dotdigital.values import data_value, identifier, text_value
from importer.targets.json_columns import (
    ARRAY,
    inside,
    joined,
    lacks_any,
    looked_up,
    member,
    objects,
    section,
    without_comma,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from importer.model import PlanSlice
    from importer.targets.dotdigital.form import ContactForm

    Columns = Mapping[str, Any]

_EMAIL_TYPES = {"html": '"Html"', "plainText": '"PlainText"', "": None}
_OPT_IN_TYPES = {
    "unknown": '"Unknown"',
    "single": '"Single"',
    "double": '"Double"',
    "verifiedDouble": '"VerifiedDouble"',
    "": None,
}


def written(form: ContactForm, rows: PlanSlice) -> list[bytes]:
    """Write each contact as the whole body of its call, in plan order.

    Raises DefectError for what is not canonical, and for a preference without its place.
    """
    table = {f.code: rows.table.column(f.code).cast(pa.string()) for f in form.fields}
    if EMAIL not in table or lacks_any(table[EMAIL]):
        raise DefectError("the plan holds a contact without its key")
    count = len(rows)
    contact = objects(
        [*_contact(form, table), section("dataFields", _data(form, table), count, ARRAY)], count
    )
    sections = [
        joined(',"contact":', contact),
        section("consentFields", _records(form, table), count, ARRAY),
        section("preferences", _preferences(form, table, count), count, ARRAY),
    ]
    whole: list[bytes] = objects(sections, count).cast(pa.binary()).to_pylist()
    return whole


def _contact(form: ContactForm, table: Columns) -> list[Any]:
    members = [member("email", identifier(f, table[f.code])) for f in form.of(EMAIL)]
    for code, name, words in (
        (OPT_IN_TYPE, "optInType", _OPT_IN_TYPES),
        (EMAIL_TYPE, "emailType", _EMAIL_TYPES),
    ):
        members += [member(name, looked_up(f, table[code], words)) for f in form.of(code)]
    return members


def _data(form: ContactForm, table: Columns) -> list[Any]:
    """Write what has a value: what an empty one does is not known, and none is to be erased."""
    pairs = []
    for field in form.of(DATA):
        texts = table[field.code]
        values = data_value(field, texts, form.time_zone)
        pair = _pair(field.code.removeprefix(DATA), values)
        pairs.append(pc.fill_null(pc.if_else(pc.equal(texts, ""), "", pair), ""))
    return pairs


def _records(form: ContactForm, table: Columns) -> list[Any]:
    """Write the records of which all five parts have a value."""
    records = []
    for number in record_numbers(form.fields):
        fields = [form.planned(f"{RECORD}{part}{number}") for part in RECORD_PARTS]
        pairs = [
            _pair(f"consent{part.lower()}", text_value(f, table[f.code], form.time_zone))
            for part, f in zip(RECORD_PARTS, fields, strict=True)
            if f is not None
        ]
        if len(pairs) == len(RECORD_PARTS):
            whole = joined(',{"fields":[', without_comma(joined(*pairs)), "]}")
            records.append(pc.fill_null(whole, ""))
    return records


def _preferences(form: ContactForm, table: Columns, count: int) -> list[Any]:
    """Write the tree: what stands at its root, and each category around its own."""
    branches: dict[str, list[Any]] = {}
    for field in form.of(PREFERENCE):
        category, number = _place(form, field.code)
        head = f',{{"id":{number},"isPreference":true,"isOptedIn":'
        words = {"yes": head + "true}", "no": head + "false}", "": None}
        answered = pc.fill_null(looked_up(field, table[field.code], words), "")
        branches.setdefault(category, []).append(answered)
    nodes = branches.pop("", [])
    for category, answered in branches.items():
        inner = inside(answered, count)
        head = f',{{"id":{category},"isPreference":false,"preferences":['
        node = joined(head, without_comma(inner), "]}")
        nodes.append(pc.if_else(pc.equal(inner, ""), "", node))
    return nodes


def _place(form: ContactForm, code: str) -> tuple[str, str]:
    """Give the number of a preference's category, empty at the root, and its own."""
    category, _, number = form.places.get(code, "").rpartition("/")
    if not number:
        raise DefectError(f"the place of {code} in the account was not looked up")
    return category, number


def _pair(key: str, values: Any) -> Any:
    """Make an element of a list of keys and values, with a comma in front; missing: missing."""
    return joined(f',{{"key":"{key}","value":', values, "}")
