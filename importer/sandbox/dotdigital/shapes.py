"""Version 3's contacts as calls send them: what has the wrong type, and what the wrong value.

Wrong types refuse a call as a whole (observed: ``server:badRequest``). A wrong value refuses a
PATCH, and in an import its contact (documented); where not known, a switch says which.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from importer.sandbox.dotdigital.account import SYSTEM_IDENTIFIERS
from importer.sandbox.dotdigital.bodies import WrongTypeError, array_at, is_int32, object_at
from importer.sandbox.dotdigital.channels import read_channels
from importer.sandbox.dotdigital.findings import Findings
from importer.sandbox.dotdigital.sections import Consent, Sections
from importer.sandbox.dotdigital.settings import BadValue, MissingIdentifiers, UnknownField
from importer.sandbox.dotdigital.values import fit, identifier, moment
from importer.sandbox.errors import UnfitValueError

if TYPE_CHECKING:
    from importer.sandbox.dotdigital.account import Account
    from importer.sandbox.dotdigital.bodies import Place
    from importer.sandbox.dotdigital.findings import Problem
    from importer.sandbox.dotdigital.settings import DotdigitalSettings

MISSING_IDENTIFIERS = "The Identifiers field is required."  # observed: it begins so
_MOST_LISTS, _MOST_CONSENTS = 100, 5
_CONSENT_KEYS = ("text", "dateTimeConsented", "url", "ipAddress", "userAgent")
_UNFIT = {"email": "InvalidEmail", "mobileNumber": "InvalidPhoneNumber"}


class ContactShape:
    """Reads the contacts of calls, for an account."""

    def __init__(self, account: Account, settings: DotdigitalSettings) -> None:
        self._account = account
        self._unknown_field = settings.unknown_field
        self._strict = settings.bad_value is BadValue.REFUSE_CALL
        self._strict_ids = settings.missing_identifiers is MissingIdentifiers.REFUSE_CALL
        self._known = frozenset({*SYSTEM_IDENTIFIERS, *account.identifiers})

    def read(self, sent: object, place: Place = ()) -> tuple[Sections, list[Problem]]:
        """The body of a single contact's call; top members no document names are passed over.

        Raises WrongTypeError.
        """
        found = Findings(strict=self._strict)
        return self._sections(object_at(sent, place), place, found), found.problems

    def read_matched(
        self, sent: object, place: Place
    ) -> tuple[Sections, str | None, list[Problem]]:
        """A contact of an import, and the identifier it is matched by. Raises WrongTypeError."""
        found = Findings(strict=self._strict)
        contact = object_at(sent, place)
        matched = contact.get("matchIdentifier")
        if not isinstance(matched, str | None):
            raise WrongTypeError((*place, "matchIdentifier"))
        if contact.get("identifiers") in (None, {}):
            found.add(
                "NoValidIdentifiers", "identifiers", MISSING_IDENTIFIERS, refuses=self._strict_ids
            )
        sections = self._sections(contact, place, found, matches_id=True)
        if contact.get("identifiers"):
            self._check_match(matched, contact["identifiers"], found)
        return sections, matched, found.problems

    def _check_match(
        self, matched: str | None, identifiers: dict[str, Any], found: Findings
    ) -> None:
        if matched is None or matched not in self._known:
            what = "is required" if matched is None else f"{matched} is not an identifier"
            found.add("InvalidMatchIdentifier", "matchIdentifier", f"matchIdentifier {what}")
        elif matched not in identifiers:
            found.add("NoValidIdentifiers", matched, f"identifiers lacks {matched}")

    def _sections(
        self, sent: dict[str, Any], place: Place, found: Findings, *, matches_id: bool = False
    ) -> Sections:
        sections = Sections()
        # What is null is taken as left out: no document says otherwise.
        if (part := sent.get("identifiers")) is not None:
            self._identifiers(part, (*place, "identifiers"), sections, found, matches_id)
        if (part := sent.get("dataFields")) is not None:
            self._data(part, (*place, "dataFields"), sections, found)
        if (part := sent.get("channelProperties")) is not None:
            read_channels(part, (*place, "channelProperties"), sections, found)
        if (part := sent.get("lists")) is not None:
            sections.lists = _lists(part, (*place, "lists"), found)
        if (part := sent.get("preferences")) is not None:
            sections.preferences = _preferences(part, (*place, "preferences"), found)
        if (part := sent.get("consentRecords")) is not None:
            sections.consents = _consents(part, (*place, "consentRecords"), found)
        return sections

    def _identifiers(
        self, sent: object, place: Place, sections: Sections, found: Findings, matches_id: bool
    ) -> None:
        for name, value in object_at(sent, place).items():
            if value is None:
                found.breach(name, f"{name} cannot be null")
            elif name == "contactId":
                if not is_int32(value):
                    raise WrongTypeError((*place, name))
                if matches_id:
                    sections.contact_id = value
                else:
                    found.breach(name, "contactId cannot be set")
            elif not isinstance(value, str):
                raise WrongTypeError((*place, name))
            elif name not in self._known:
                found.breach(name, f"{name} is not an identifier")
            else:
                try:
                    sections.identifiers[name] = identifier(name, value)
                except UnfitValueError as problem:
                    found.add(_UNFIT.get(name, "InvalidContact"), name, f"{name} {problem}")

    def _data(self, sent: object, place: Place, sections: Sections, found: Findings) -> None:
        for name, value in object_at(sent, place).items():
            if isinstance(value, dict | list):
                raise WrongTypeError((*place, name))
            field = self._account.data_field(name)
            if field is None:
                self._unknown(name, found)
                continue
            try:
                sections.data[field.name] = fit(field.type, value)
            except UnfitValueError as problem:
                found.breach(name, f"{name} {problem}")

    def _unknown(self, name: str, found: Findings) -> None:
        if self._unknown_field is not UnknownField.IGNORE:
            refuses = self._unknown_field is UnknownField.REFUSE_CALL
            found.add("ApiSchemaViolation", name, f"{name} is not a data field", refuses=refuses)


def _lists(sent: object, place: Place, found: Findings) -> list[int]:
    numbers = array_at(sent, place)
    for index, number in enumerate(numbers):
        if not is_int32(number):
            raise WrongTypeError((*place, index))
    if not 1 <= len(numbers) <= _MOST_LISTS:
        found.breach("lists", f"lists holds 1 to {_MOST_LISTS}")
    return numbers


def _preferences(sent: object, place: Place, found: Findings) -> dict[int, bool]:
    wishes: dict[int, bool] = {}
    sent = array_at(sent, place)
    if not sent:
        found.breach("preferences", "preferences holds 1 or more")
    for index, wish in enumerate(sent):
        here = (*place, index)
        number, opted_in = object_at(wish, here).get("id"), wish.get("isOptedIn")
        if number is None or opted_in is None:
            found.breach("preferences", "id and isOptedIn are required")
            continue
        if not is_int32(number):
            raise WrongTypeError((*here, "id"))
        if not isinstance(opted_in, bool):
            raise WrongTypeError((*here, "isOptedIn"))
        wishes[number] = opted_in
    return wishes


def _consents(sent: object, place: Place, found: Findings) -> list[Consent]:
    consents = []
    sent = array_at(sent, place)
    if not 1 <= len(sent) <= _MOST_CONSENTS:
        found.breach("consentRecords", f"consentRecords holds 1 to {_MOST_CONSENTS}")
    for index, one in enumerate(sent):
        here = (*place, index)
        for name, value in object_at(one, here).items():
            if not isinstance(value, str | None):
                raise WrongTypeError((*here, name))
        try:
            consents.append(_consent(one))
        except UnfitValueError as problem:
            found.breach("consentRecords", str(problem))
    return consents


def _consent(sent: dict[str, str | None]) -> Consent:
    if set(sent) != set(_CONSENT_KEYS) or None in sent.values():
        raise UnfitValueError(f"a consent record has exactly {', '.join(_CONSENT_KEYS)}")
    text, at, url, address, agent = (str(sent[name]) for name in _CONSENT_KEYS)
    if not text or not agent:
        raise UnfitValueError("text and userAgent cannot be empty")
    scheme, separator, rest = url.partition("://")
    if not (scheme.isalpha() and separator and rest) or " " in url:
        raise UnfitValueError("url is not a URL")
    if not _is_ip_address(address):
        raise UnfitValueError("ipAddress is neither IPv4 nor IPv6")
    try:
        at = moment(at)
    except UnfitValueError as problem:
        raise UnfitValueError(f"dateTimeConsented {problem}") from None
    return Consent(text, at, url, address, agent)


@lru_cache(maxsize=4096)
def _is_ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
