"""A contact as Dotdigital shows it, in the plan's canonical text, and how it differs.

Documented by the vendor's specification of the contacts service. Which sections an answer has is
not known, nor whether names of data fields keep their case, nor how many digits a time has after
its seconds.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from importer.errors import InDoubtError, Refusal, RefusedError
from importer.field_rules import ValueType
from importer.language import tr
from importer.model import Difference
from importer.targets.dotdigital.answers import SUPPRESSED
from importer.targets.dotdigital.grammar import (
    DATA,
    EMAIL_STATUS,
    EMAIL_TYPE,
    IDENTIFIER,
    LIST,
    MOBILE,
    ONLY_EMPTY,
    ONLY_VALUES,
    OPT_IN_TYPE,
    PREFERENCE,
    RECORD,
    SMS_STATUS,
)
from importer.targets.dotdigital.results import identifier_of, tie
from importer.targets.words import text_of
from importer.timetables import zone_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from importer.model import PlannedField
    from importer.targets.dotdigital.form import ContactForm

_YES_OR_NO = {"true": "true", "1": "true", "false": "false", "0": "false"}
_NUMBERS = (ValueType.INTEGER, ValueType.DECIMAL)
_MOMENTS = (ValueType.DATE, ValueType.DATETIME)
_LARGEST_POWER = 40  # of ten; a number beyond it stays as it is written


def found(contact: Mapping[str, Any], form: ContactForm, key: Sequence[str]) -> Mapping[str, str]:
    """Give a contact's stored values: field code -> canonical text, without those it lacks.

    Raises InDoubtError for an answer that does not show the key, RefusedError(CALL) for one that
    shows another contact.
    """
    shown = identifier_of(contact, form.match_name)
    if not shown:
        raise InDoubtError(tr("The platform's answer about a contact does not show its key."))
    if tie(form.match_name, shown) != tie(form.match_name, key[0]):
        raise RefusedError(
            tr("The platform answered with another contact than the one that was asked for."),
            scope=Refusal.CALL,
        )
    others = [field for field in form.fields if field is not form.match]
    texts = {field.code: _stored(field, contact, form) for field in others}
    return {code: text for code, text in texts.items() if text}


def differences(
    form: ContactForm, sent: Mapping[str, str | None], stored: Mapping[str, str]
) -> tuple[Difference, ...]:
    """List the fields that were sent and are stored otherwise; what was left alone is no matter.

    Moments are compared as such and numbers too, addresses without regard to case, texts without
    regard to blanks around them, which the platform takes off. What the merge option leaves as it
    was does not differ; consent records cannot be told from one another.
    """
    differing = []
    for field in form.fields:
        text, other = sent.get(field.code), stored.get(field.code, "")
        if text is None or field is form.match or field.code.startswith(RECORD):
            continue
        if not _as_asked(field, text, other, form):
            differing.append(Difference(field.code, text, other))
    return tuple(differing)


def email_status(contact: Mapping[str, Any]) -> str:
    """Read the status of a contact's address, as the platform spells it; empty where unsaid."""
    return _channel(contact, "email", "status") or text_of(contact.get("status"))


def sms_status(contact: Mapping[str, Any]) -> str:
    """Read the status of a contact's mobile number, as ``email_status`` does the address's."""
    return _channel(contact, "sms", "status")


# --- what is stored ------------------------------------------------------------------------------


def _stored(field: PlannedField, contact: Mapping[str, Any], form: ContactForm) -> str:
    """Give a field's canonical text; empty where the answer does not tell."""
    code = field.code
    if code in (EMAIL_STATUS, SMS_STATUS):
        return _answer(email_status(contact) if code == EMAIL_STATUS else sms_status(contact))
    if code in (EMAIL_TYPE, OPT_IN_TYPE):
        word = _channel(contact, "email", "emailType" if code == EMAIL_TYPE else "optInType")
        return word[:1].lower() + word[1:]
    if code.startswith(IDENTIFIER):
        return _identifier(field, contact)
    if code.startswith(DATA):
        values = _object(contact, "dataFields")
        named = {str(name).lower(): value for name, value in values.items()}
        return _canonical(field, _text(named.get(code.removeprefix(DATA).lower())), form.time_zone)
    if code.startswith(LIST):
        return "yes" if form.place(code) in _numbered(contact.get("lists")) else ""
    if code.startswith(PREFERENCE):
        opted = _numbered(contact.get("preferences")).get(form.place(code), {}).get("isOptedIn")
        return {True: "yes", False: "no"}.get(opted, "") if isinstance(opted, bool) else ""
    return ""


def _identifier(field: PlannedField, contact: Mapping[str, Any]) -> str:
    name = field.code.removeprefix(IDENTIFIER)
    text = identifier_of(contact, name)
    if field.code == MOBILE and text:
        return "+" + tie(name, text)
    return text


def _answer(status: str) -> str:
    """Take a status for an answer: who may not be written to has said no, or as good as that."""
    word = status.lower()
    if word == "subscribed":
        return "yes"
    return "no" if word == "unsubscribed" or word in SUPPRESSED else ""


def _channel(contact: Mapping[str, Any], channel: str, name: str) -> str:
    return text_of(_object(_object(contact, "channelProperties"), channel).get(name))


def _object(members: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = members.get(name)
    return value if isinstance(value, dict) else {}


def _numbered(listed: Any) -> dict[int, Mapping[str, Any]]:
    if not isinstance(listed, list):
        return {}
    objects = [one for one in listed if isinstance(one, dict)]
    return {one["id"]: one for one in objects if type(one.get("id")) is int}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) else ""


# --- what means the same -------------------------------------------------------------------------


def _as_asked(field: PlannedField, sent: str, stored: str, form: ContactForm) -> bool:
    if _same(field, sent, form.time_zone) == _same(field, stored, form.time_zone):
        return True
    if field.code == OPT_IN_TYPE:  # the platform calls it double until the person confirms
        return (sent, stored.lower()) == ("verifiedDouble", "double")
    if field.code.startswith(PREFERENCE):
        return (sent, stored) in (("no", ""), ("", stored))
    if not field.code.startswith(DATA):
        return sent == "" or (field.code.startswith(LIST) and sent == "no")  # neither is written
    if form.option == ONLY_EMPTY:
        return bool(stored)
    return form.option == ONLY_VALUES and not sent


def _same(field: PlannedField, text: str, time_zone: str) -> Any:
    """Give one value to all the texts that mean the same."""
    text = text.strip()
    if field.code.startswith(IDENTIFIER):
        return tie(field.code.removeprefix(IDENTIFIER), text)
    if field.type in _MOMENTS and text:
        return _moment(text, time_zone if field.type is ValueType.DATETIME else "") or text
    text = _canonical(field, text, time_zone)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if field.type is ValueType.EMAIL or field.code in (EMAIL_TYPE, OPT_IN_TYPE):
        return text.lower()
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _canonical(field: PlannedField, text: str, time_zone: str) -> str:
    """Write a value as the plan does, whichever of the known forms it has."""
    if field.type in _MOMENTS:
        moment = _moment(text, "")
        if moment is None:
            return text
        if field.type is ValueType.DATE:
            return moment.date().isoformat()
        return _local(moment, time_zone).isoformat(" ", "seconds")
    if field.type in _NUMBERS:
        return _number(text)
    if field.type is ValueType.BOOLEAN:
        return _YES_OR_NO.get(text.lower(), text)
    return text


def _moment(text: str, time_zone: str) -> datetime | None:
    """Read a time, which is in UTC or this zone where it does not say; its fractions are cut."""
    try:
        read = datetime.fromisoformat(text)
        if read.tzinfo is None:
            read = read.replace(tzinfo=_zone(time_zone))
        return read.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None


def _local(moment: datetime, time_zone: str) -> datetime:
    try:
        return moment.astimezone(_zone(time_zone)).replace(tzinfo=None)
    except OverflowError:
        return moment.replace(tzinfo=None)


@lru_cache(maxsize=4)
def _zone(name: str) -> Any:
    return (zone_of(name) if name else None) or UTC


def _number(text: str) -> str:
    """Write a number without an exponent and without zeros that say nothing."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if not number.is_finite() or abs(number.adjusted()) > _LARGEST_POWER:
        return text
    digits = format(number, "f")
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return "0" if number == 0 else digits
