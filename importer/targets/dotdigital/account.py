"""What the account has: data fields, preferences, lists and identifiers, and its address.

Version 3 has no calls of its own for them, so the conversation is of version 2 but for the
identifiers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from importer.model import AccountFields
from importer.targets.dotdigital import calls
from importer.targets.dotdigital.account_told import INFO, Told, object_of
from importer.targets.dotdigital.grammar import (
    CONTACT_ID,
    DATA,
    EMAIL,
    EMAIL_STATUS,
    EMAIL_TYPE,
    IDENTIFIER,
    LIST,
    MOBILE,
    OPT_IN_TYPE,
    PREFERENCE,
    RECORD,
    SMS_STATUS,
    names_place,
)
from importer.targets.dotdigital.regions import EUROPE, address_of, elsewhere, is_vendor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from importer.model import ApiRequest, ApiResponse, Connection, Credentials
    from importer.targets.protocol import FieldGrammar

# What every account has, by the vendor's own names.
_FIXED = {
    EMAIL: "email",
    MOBILE: "mobileNumber",
    CONTACT_ID: "contactId",
    EMAIL_STATUS: "email status",
    EMAIL_TYPE: "emailType",
    OPT_IN_TYPE: "optInType",
    SMS_STATUS: "sms status",
    f"{RECORD}text": "CONSENTTEXT",
    f"{RECORD}datetime": "CONSENTDATETIME",
    f"{RECORD}url": "CONSENTURL",
    f"{RECORD}ip": "CONSENTIP",
    f"{RECORD}userAgent": "CONSENTUSERAGENT",
}


def next_question(
    connection: Connection, credentials: Credentials, said: Sequence[ApiResponse]
) -> ApiRequest | None:
    """Make the next call that asks for the account's fields; None: all was said.

    An account that refuses its own address is asked for on the European host. Raises as
    ``Describes`` says.
    """
    if _may_be_elsewhere(connection, said):
        if len(said) == 1:
            asked = replace(connection, url=EUROPE)
            return calls.call(asked, credentials, "GET", INFO, scope=calls.HIGH)
        _refuse_elsewhere(connection, said)
    path = Told(connection, said).next_path()
    if not path:
        return None
    return calls.call(connection, credentials, "GET", path, scope=calls.HIGH)


def read(
    connection: Connection, said: Sequence[ApiResponse], grammar: FieldGrammar, *, tree: bool
) -> AccountFields:
    """Understand what was said so far.

    ``grammar``: of the codes that are told. ``tree``: whether places of preferences name their
    category, and none may be left out, as version 2 has it. Raises as ``Describes`` says.
    """
    if _may_be_elsewhere(connection, said) and len(said) > 1:
        _refuse_elsewhere(connection, said)
    told = Told(connection, said)
    named = [
        *_named(LIST, [(number, (name,) if name else (), number) for number, name in told.lists]),
        *_named(
            PREFERENCE,
            [(one.id, one.names, one.in_tree if tree else one.id) for one in told.preferences],
        ),
    ]
    labels = dict(_FIXED)
    labels |= {DATA + name: name for name, _ in told.data_fields}
    labels |= {code: label for code, label, _ in named if label}
    labels |= {IDENTIFIER + name: name for name in told.identifiers or ()}
    labels = {code: label for code, label in labels.items() if _is_code(code, grammar)}
    return AccountFields(
        labels=labels,
        types={
            DATA + name: type_
            for name, type_ in told.data_fields
            if type_ is not None and DATA + name in labels
        },
        places={code: place for code, _, place in named if place and _is_code(code, grammar)},
        wants=frozenset(PREFERENCE + one.id for one in told.preferences) if tree else frozenset(),
        beginnings=tuple(one for one in told.kinds if one in grammar.beginnings),
    )


def _may_be_elsewhere(connection: Connection, said: Sequence[ApiResponse]) -> bool:
    """Tell whether the connection's host refused to say where the account is, and another may."""
    url = connection.url.rstrip("/")
    return bool(said) and said[0].status == 403 and is_vendor(url) and url != EUROPE


def _refuse_elsewhere(connection: Connection, said: Sequence[ApiResponse]) -> None:
    """Say where the account is, as the European host tells; else what the first one said."""
    address = address_of(connection, object_of(said[1]))
    if address and address != connection.url.rstrip("/"):
        raise elsewhere(connection, address)
    object_of(said[0])


# --- codes ---------------------------------------------------------------------------------------


def _named(
    beginning: str, found: Sequence[tuple[str, tuple[str, ...], str]]
) -> Iterator[tuple[str, str, str]]:
    """Give code, label and place of each number, and code and place of each name.

    A name that several have is a label without a place: which one is meant cannot be known.
    """
    by_name: dict[str, list[tuple[str, str]]] = {}
    for number, names, place in found:
        yield beginning + number, names[0] if names else number, place
        alike = {name.casefold(): name for name in reversed(names)}
        for folded, name in alike.items():
            by_name.setdefault(folded, []).append((name, place))
    for several in by_name.values():
        name, place = several[0]
        if not names_place(beginning + name):
            continue
        if len(several) == 1:
            yield beginning + name, "", place
        else:
            yield beginning + name, name, ""


def _is_code(code: str, grammar: FieldGrammar) -> bool:
    try:
        grammar.fact(code)
    except ValueError:
        return False
    return True
