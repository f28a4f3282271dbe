"""A contact as version 3 answers it: names and their order as documented."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importer.sandbox.dotdigital.account import Account
    from importer.sandbox.dotdigital.contacts import Person

_CONTACT_STATUSES = frozenset(
    {"subscribed", "unsubscribed", "pendingOptIn", "deleted", "suppressed", "noSubscription"}
)
_LIST_STATUSES = {"suppressed": "suppressed", "pendingOptIn": "pending"}
# Documented is GB alone; countries that share a code count as the first of them.
_COUNTRIES = {
    "1": "US",
    "32": "BE",
    "33": "FR",
    "34": "ES",
    "39": "IT",
    "41": "CH",
    "44": "GB",
    "49": "DE",
}
_LONGEST_CODE = 3


def as_json(person: Person, account: Account) -> dict[str, Any]:
    """The whole contact. Every section stands there, filled or not: which ones do is not known."""
    return {
        "contactId": person.id,
        "status": _status(person),
        "created": f"{person.created}Z",
        "updated": f"{person.updated}Z",
        "identifiers": person.identifiers,
        "dataFields": person.data,
        "channelProperties": _channels(person),
        "lists": _lists(person, account),
        "preferences": _preferences(person, account),
        "consentRecords": person.consents,
    }


def _status(person: Person) -> str:
    if person.binned:
        return "binned"
    status = person.email.get("status") or person.sms["status"]
    return status if status in _CONTACT_STATUSES else "unsubscribed"


def _channels(person: Person) -> dict[str, Any]:
    channels: dict[str, Any] = {"email": person.email} if person.email else {}
    country = _country(person.identifiers.get("mobileNumber", ""))
    channels["sms"] = ({"countryCode": country} if country else {}) | person.sms
    channels["whatsApp"] = person.whatsapp
    return channels


def _country(mobile: str) -> str | None:
    codes = (mobile[:length] for length in range(1, _LONGEST_CODE + 1))
    return next((_COUNTRIES[code] for code in codes if code in _COUNTRIES), None)


def _lists(person: Person, account: Account) -> list[dict[str, Any]]:
    status = _LIST_STATUSES.get(person.email.get("status", ""), "subscribed")
    known = [one for number in person.lists if (one := account.list_of(number)) is not None]
    return [{"id": one.id, "name": one.name, "status": status} for one in known]


def _preferences(person: Person, account: Account) -> list[dict[str, Any]]:
    return [
        {
            "id": number,
            "isOptedIn": opted_in,
            "publicName": one.public_name,
            "privateName": one.private_name,
        }
        for number, opted_in in person.preferences.items()
        if (one := account.preference(number)) is not None
    ]
