"""The v2 calls about one contact: consent and preferences written, and read back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from importer.sandbox.dotdigital.account import DataType
from importer.sandbox.dotdigital.bodies import loaded
from importer.sandbox.dotdigital.metadata import preferences as preference_tree
from importer.sandbox.dotdigital.sections import Consent, EmailWish, MergeOption, Sections
from importer.sandbox.dotdigital.values import fit, identifier, moment, written
from importer.sandbox.dotdigital.writing import is_suppressed, write
from importer.sandbox.errors import UnfitValueError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from importer.sandbox.clock import Clock
    from importer.sandbox.dotdigital.account import Account
    from importer.sandbox.dotdigital.contacts import Contacts, Person
    from importer.sandbox.dotdigital.sections import Scalar
    from importer.sandbox.dotdigital.settings import DotdigitalSettings
    from importer.sandbox.dotdigital.writing import Written

_LONGEST_TEXT = 1000
_OPT_INS = {one.lower(): one for one in ("Unknown", "Single", "Double", "VerifiedDouble")}
_EMAIL_TYPES = {one.lower(): one for one in ("PlainText", "Html")}
# What consent is called in requests and in answers; both are taken.
_CONSENT_KEYS = {
    "consenttext": "TEXT",
    "consentdatetime": "DATETIMECONSENTED",
    "consenturl": "URL",
    "consentip": "IPADDRESS",
    "consentuseragent": "USERAGENT",
}


class MessageRefusal(Exception):  # noqa: N818 -- a call's end that the API foresees, not a defect
    """The whole call is refused in the manner of v2: a text, and behind it a code."""

    def __init__(self, status: int, prose: str, code: str = "") -> None:
        self.message = f"{prose} {code}".strip()
        super().__init__(self.message)
        self.status = status

    def as_json(self) -> dict[str, str]:
        """The object of the answer."""
        return {"message": self.message}


@dataclass(frozen=True, slots=True)
class Rooms:
    """What a call of v2 works with."""

    contacts: Contacts
    account: Account
    settings: DotdigitalSettings
    clock: Clock


# --- written -------------------------------------------------------------------------------------


def with_consent_and_preferences(rooms: Rooms, body: bytes) -> tuple[dict[str, Any], bool]:
    """``POST /v2/contacts/with-consent-and-preferences``: the answer, and whether it is new.

    Raises MessageRefusal.
    """
    members = _object(_folded(_json(body)), "the body")
    sections = _sections(rooms, members)
    address = sections.identifiers["email"]
    with rooms.contacts.lock:
        person = rooms.contacts.find("email", address)
        known = person is not None and person.email.get("status") == "suppressed"
        if known or is_suppressed(address, rooms.settings):
            raise MessageRefusal(400, "Contact is suppressed.", "ERROR_CONTACT_SUPPRESSED")
        done = _written(rooms, person, sections)
    answer = {
        "contact": contact_of(done.person),
        "consentFields": [_consent_told(one) for one in sections.consents],
        "preferences": preference_tree(rooms.account, done.person.preferences),
    }
    return answer, done.created


def set_preferences(rooms: Rooms, who: str, body: bytes) -> None:
    """``PUT /v2/contacts/{id or email}/preferences``: those named, and no others.

    Raises MessageRefusal.
    """
    chosen = _choices(rooms.account, _folded(_json(body)))
    with rooms.contacts.lock:
        _written(rooms, found(rooms, who), Sections(preferences=chosen))


def _written(rooms: Rooms, person: Person | None, sections: Sections) -> Written:
    account, settings, now = rooms.account, rooms.settings, rooms.clock.now()
    done = write(person, sections, MergeOption.OVERWRITE, account, settings, now)
    if done.created:
        rooms.contacts.add(done.person)
    else:
        rooms.contacts.keep(done.person)
    return done


# --- read ----------------------------------------------------------------------------------------


def found(rooms: Rooms, who: str) -> Person:
    """The contact of that number or address. Raises MessageRefusal."""
    person = rooms.contacts.find("contactId" if who.isdecimal() else "email", who)
    if person is None or person.binned:
        raise MessageRefusal(404, "Error:", "ERROR_CONTACT_NOT_FOUND")
    return person


def contact_of(person: Person) -> dict[str, Any]:
    """A contact as v2 shows it.

    Documented: who has yet to confirm is ``Double`` and ``PendingOptIn``, whatever was asked.
    """
    status = str(person.email.get("status") or "subscribed")
    opt_in = person.email.get("optInType") or "Unknown"
    if status == "pendingOptIn":
        opt_in = "Double"
    return {
        "id": person.id,
        "email": person.identifiers.get("email"),
        "optInType": opt_in,
        "emailType": person.email.get("emailType") or "Html",
        "dataFields": [{"key": name, "value": value} for name, value in person.data.items()],
        "status": status[0].upper() + status[1:],
    }


def _consent_told(one: Consent) -> dict[str, Any]:
    values = (one.text, _thousandths(one.at), one.url, one.ip_address, one.user_agent)
    fields = [
        {"key": key, "value": value}
        for key, value in zip(_CONSENT_KEYS.values(), values, strict=True)
    ]
    return {"id": None, "fields": fields}


def _thousandths(at: str) -> str:
    whole, _, fraction = at.partition(".")
    return f"{whole}.{fraction[:3]:0<3}Z"


# --- requests ------------------------------------------------------------------------------------


def _json(body: bytes) -> Any:
    try:
        return loaded(body)
    except orjson.JSONDecodeError as problem:
        raise _malformed(f"the body is not JSON: {problem}") from problem


def _folded(value: Any) -> Any:
    """The same with the names of all members in lower case: observed, v2 takes any."""
    if isinstance(value, dict):
        return {name.lower(): _folded(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_folded(one) for one in value]
    return value


def _malformed(what: str) -> MessageRefusal:
    return MessageRefusal(400, f"sandbox: {what}.", "ERROR_MALFORMED_REQUEST")


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _malformed(f"{what} must be an object")
    return value


def _objects(value: Any, what: str) -> list[dict[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise _malformed(f"{what} must be an array")
    return [_object(one, f"each of {what}") for one in value]


def _sections(rooms: Rooms, members: Mapping[str, Any]) -> Sections:
    contact = _object(members.get("contact"), "contact")
    choices = dict.fromkeys(rooms.account.preference_ids(), False)  # documented: opted out
    choices.update(_choices(rooms.account, members.get("preferences")))
    return Sections(
        identifiers={"email": _address(contact.get("email"))},
        data=_data(rooms.account, _objects(contact.get("datafields"), "dataFields")),
        email=EmailWish(
            email_type=_word(contact, "emailtype", _EMAIL_TYPES),
            opt_in_type=_word(contact, "optintype", _OPT_INS),
        ),
        preferences=choices,
        consents=[
            _consent(_objects(one.get("fields"), "fields"), rooms.clock.now())
            for one in _objects(members.get("consentfields"), "consentFields")
        ],
    )


def _address(value: Any) -> str:
    try:
        if isinstance(value, str):
            return identifier("email", value)
    except UnfitValueError:
        pass
    raise MessageRefusal(400, "Email is not a valid email address.", "ERROR_PARAMETER_INVALID")


def _word(contact: Mapping[str, Any], name: str, words: Mapping[str, str]) -> str | None:
    value = contact.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or value.lower() not in words:
        prose = f"sandbox: {name} is none of {', '.join(words.values())}."
        raise MessageRefusal(400, prose, "ERROR_CONTACT_INVALID")
    return words[value.lower()]


def _data(account: Account, pairs: Sequence[Mapping[str, Any]]) -> dict[str, Scalar | None]:
    kept: dict[str, Scalar | None] = {}
    for pair in pairs:
        name = pair.get("key")
        field = account.data_field(name) if isinstance(name, str) else None
        if field is None:
            prose = f"sandbox: there is no data field {str(name)[:40]}."
            raise MessageRefusal(400, prose, "ERROR_DATAFIELD_NOTFOUND")
        kept[field.name] = _value(field.type, field.name, pair.get("value"))
    return kept


def _value(kind: DataType, name: str, value: Any) -> Scalar | None:
    # The values of v2 are text, whatever their field is.
    if kind is DataType.BOOLEAN and isinstance(value, str):
        value = {"true": True, "false": False}.get(value.strip().lower(), value)
    try:
        return fit(kind, value)
    except UnfitValueError as problem:
        long = isinstance(value, str) and len(value) > _LONGEST_TEXT
        code = "ERROR_DATAFIELD_VALUE_OVERFLOW" if long else "ERROR_DATAFIELD_INVALID"
        raise MessageRefusal(400, f"sandbox: {name} {problem}.", code) from problem


def _consent(pairs: Sequence[Mapping[str, Any]], now: float) -> Consent:
    told: dict[str, str] = {}
    for pair in pairs:
        name, value = str(pair.get("key")).lower(), pair.get("value")
        key = _CONSENT_KEYS.get(name, name.upper())
        if key not in _CONSENT_KEYS.values() or not isinstance(value, str):
            raise _malformed(f"{name[:40]} is no text of a consent record")
        told[key] = value
    try:
        at = moment(told["DATETIMECONSENTED"]) if "DATETIMECONSENTED" in told else written(now)
    except UnfitValueError as problem:
        raise _malformed(f"consentdatetime {problem}") from problem
    return Consent(
        told.get("TEXT", ""),
        at,
        told.get("URL", ""),
        told.get("IPADDRESS", ""),
        told.get("USERAGENT", ""),
    )


def _choices(account: Account, nodes: Any, category: int | None = None) -> dict[int, bool]:
    """Preference -> yes or no, of a tree of them. Raises MessageRefusal."""
    chosen: dict[int, bool] = {}
    for node in _objects(nodes, "preferences"):
        number, is_preference = node.get("id"), node.get("ispreference")
        if type(number) is not int or type(is_preference) is not bool:
            raise _malformed("each preference needs id, a number, and isPreference")
        known = account.preference(number)
        if known is None:
            prose = f"sandbox: there is no preference {number}."
            raise MessageRefusal(400, prose, "ERROR_PREFERENCE_NOT_FOUND")
        if known.is_preference is not is_preference or account.category_of(number) != category:
            prose = f"sandbox: preference {number} is of another kind or category."
            raise MessageRefusal(400, prose, "ERROR_PREFERENCE_INVALID")
        if not is_preference:
            chosen.update(_choices(account, node.get("preferences"), number))
        elif type(node.get("isoptedin")) is not bool:
            raise _malformed(f"preference {number} needs isOptedIn")
        else:
            chosen[number] = node["isoptedin"]
    return chosen
