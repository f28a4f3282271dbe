"""Version 3's calls about one contact."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from importer.sandbox.dotdigital.account import SYSTEM_IDENTIFIERS
from importer.sandbox.dotdigital.bodies import WrongTypeError, misplaced, parse
from importer.sandbox.dotdigital.refusals import (
    BAD_REQUEST,
    CONFLICT,
    INVALID_ID,
    NOT_FOUND,
    ApiRefusal,
)
from importer.sandbox.dotdigital.sections import MergeOption
from importer.sandbox.dotdigital.settings import UnknownContactId
from importer.sandbox.dotdigital.shapes import MISSING_IDENTIFIERS, ContactShape
from importer.sandbox.dotdigital.shown import as_json
from importer.sandbox.dotdigital.values import folded
from importer.sandbox.dotdigital.values import identifier as read_identifier
from importer.sandbox.dotdigital.writing import write
from importer.sandbox.errors import UnfitValueError

if TYPE_CHECKING:
    from importer.sandbox.dotdigital.account import Account
    from importer.sandbox.dotdigital.contacts import Contacts, Person
    from importer.sandbox.dotdigital.sections import Sections
    from importer.sandbox.dotdigital.settings import DotdigitalSettings

_IDENTIFIER = re.compile(r"[-A-Za-z0-9_]{1,50}", re.ASCII)
_LONGEST_VALUE = 256
_HIGHEST_ID = 2**31
_CREATED, _UPDATED = 201, 200


def patch(
    contacts: Contacts,
    account: Account,
    settings: DotdigitalSettings,
    identifier: str,
    value: str,
    merge_option: str,
    body: bytes,
) -> tuple[int, dict[str, Any]]:
    """``PATCH /contacts/v3/{identifier}/{value}``: the status, and the contact as it is then.

    ``value`` is decoded; an empty ``merge_option`` is the default. Raises ApiRefusal.
    """
    _refuse_bad_path(account, identifier, value)
    option = _merge_option(merge_option)
    sections = _read(account, settings, body)
    with contacts.lock:
        person = contacts.find(identifier, value)
        if person is None:
            _refuse_unborn(identifier, value, sections, settings)
        return _write(contacts, account, settings, person, sections, option)


def create(
    contacts: Contacts, account: Account, settings: DotdigitalSettings, body: bytes
) -> tuple[int, dict[str, Any]]:
    """``POST /contacts/v3``: 201 and the new contact. Raises ApiRefusal."""
    sections = _read(account, settings, body)
    _refuse_unaddressed(sections)
    with contacts.lock:
        return _write(contacts, account, settings, None, sections, MergeOption.OVERWRITE)


def replaced(
    contacts: Contacts,
    account: Account,
    settings: DotdigitalSettings,
    identifier: str,
    value: str,
    body: bytes,
) -> tuple[int, dict[str, Any]]:
    """``PUT /contacts/v3/{identifier}/{value}``: what the body leaves out is gone.

    Statuses, consent records and the identifier that found the contact stay, as no document says
    otherwise. Raises ApiRefusal.
    """
    _refuse_bad_path(account, identifier, value)
    sections = _read(account, settings, body)
    with contacts.lock:
        person = contacts.find(identifier, value)
        if person is None or person.binned:
            raise _not_found(value)
        kept = person.identifiers.get(identifier)
        person.identifiers = {} if kept is None else {identifier: kept}
        if not {*person.identifiers, *sections.identifiers} & {"email", "mobileNumber"}:
            _refuse_unaddressed(sections)
        if "email" not in {*person.identifiers, *sections.identifiers}:
            person.email = {}
        person.data, person.lists, person.preferences = {}, [], {}
        return _write(contacts, account, settings, person, sections, MergeOption.OVERWRITE)


def get(contacts: Contacts, account: Account, identifier: str, value: str) -> dict[str, Any]:
    """``GET /contacts/v3/{identifier}/{value}``, of the recycle bin too. Raises ApiRefusal."""
    _refuse_bad_path(account, identifier, value)
    person = contacts.find(identifier, value)
    if person is None:
        raise _not_found(value)
    return as_json(person, account)


def delete(contacts: Contacts, account: Account, identifier: str, value: str) -> dict[str, Any]:
    """``DELETE /contacts/v3/{identifier}/{value}``: into the recycle bin. Raises ApiRefusal."""
    _refuse_bad_path(account, identifier, value)
    with contacts.lock:
        person = contacts.find(identifier, value)
        if person is None or person.binned:
            raise _not_found(value)
        contacts.delete(person.id)
    return {"contactId": person.id}


def _write(
    contacts: Contacts,
    account: Account,
    settings: DotdigitalSettings,
    person: Person | None,
    sections: Sections,
    option: MergeOption,
) -> tuple[int, dict[str, Any]]:
    _refuse_conflict(contacts, person, sections)
    done = write(person, sections, option, account, settings, contacts.clock.now())
    if done.failures:
        # What an unknown list or preference does here is not known.
        raise ApiRefusal(400, BAD_REQUEST, "sandbox: Bad request", done.failures)
    if done.created:
        contacts.add(done.person)
    else:
        contacts.keep(done.person)
    return _CREATED if done.created else _UPDATED, as_json(done.person, account)


def _refuse_bad_path(account: Account, identifier: str, value: str) -> None:
    known = identifier in SYSTEM_IDENTIFIERS or identifier in account.identifiers
    if not (known and _IDENTIFIER.fullmatch(identifier) and 1 <= len(value) <= _LONGEST_VALUE):
        raise _invalid_id(identifier, value)
    if identifier == "contactId":
        if not (value.isascii() and value.isdecimal() and int(value) < _HIGHEST_ID):
            raise _invalid_id(identifier, value)
        return
    try:
        read_identifier(identifier, value)
    except UnfitValueError:
        raise _invalid_id(identifier, value) from None


def _merge_option(sent: str) -> MergeOption:
    try:
        return MergeOption(sent or MergeOption.OVERWRITE)
    except ValueError:
        known = ", ".join(MergeOption)
        raise ApiRefusal(
            400,
            BAD_REQUEST,
            "sandbox: merge-option is not known",
            [("merge-option", f"{sent} is none of {known}")],
        ) from None


def _read(account: Account, settings: DotdigitalSettings, body: bytes) -> Sections:
    sent = parse(body)
    try:
        sections, problems = ContactShape(account, settings).read(sent)
    except WrongTypeError as wrong:
        raise misplaced(body, wrong.place) from None
    unfit = [one for one in problems if one.code in ("InvalidEmail", "InvalidPhoneNumber")]
    if unfit:
        raise _invalid_id(unfit[0].item, str(sent["identifiers"][unfit[0].item]))
    if problems:
        details = [(one.item, one.description) for one in problems]
        raise ApiRefusal(400, BAD_REQUEST, f"sandbox: {problems[0].description}", details)
    return sections


def _refuse_unborn(
    identifier: str, value: str, sections: Sections, settings: DotdigitalSettings
) -> None:
    if identifier == "contactId" and settings.unknown_contact_id is UnknownContactId.REFUSE:
        raise _invalid_id(identifier, value)
    _refuse_unaddressed(sections)


def _refuse_unaddressed(sections: Sections) -> None:
    """A new contact needs an address or a mobile number, as documented."""
    if not sections.identifiers:
        raise ApiRefusal(
            400, BAD_REQUEST, MISSING_IDENTIFIERS, [("identifiers", MISSING_IDENTIFIERS)]
        )
    if not sections.identifiers.keys() & {"email", "mobileNumber"}:
        needed = "sandbox: a new contact needs an email or a mobileNumber"
        raise ApiRefusal(400, BAD_REQUEST, needed, [("identifiers", needed)])


def _refuse_conflict(contacts: Contacts, person: Person | None, sections: Sections) -> None:
    names = [(name, folded(name, value)) for name, value in sections.identifiers.items()]
    owned = contacts.owners(names)
    own = None if person is None else person.id
    taken = [(name, value) for name, value in names if owned.get((name, value), own) != own]
    if taken:
        details = [(name, f"{value} belongs to another contact") for name, value in taken]
        raise ApiRefusal(409, CONFLICT, "sandbox: another contact has this identifier", details)


def _invalid_id(identifier: str, value: str) -> ApiRefusal:
    text = f"The id value '{value}' is invalid for the identifier '{identifier}'"
    return ApiRefusal(400, INVALID_ID, text, [(identifier, text)])


def _not_found(value: str) -> ApiRefusal:
    return ApiRefusal(404, NOT_FOUND, "sandbox: there is no such contact", [(value, "not found")])
