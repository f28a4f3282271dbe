"""The field codes of Dotdigital, as a mapping writes them.

Documented by the vendor's specification of the contacts service: the identifiers ``contactId``,
``email`` and ``mobileNumber`` beside those of the account, what channels, lists, preferences and
consent records hold, and the words they take. The names of data fields are those of v2
(``POST /v2/data-fields``). The codes are ours: a call has sections where a code has a dot.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from importer.field_rules import Abilities, FieldFact, FieldRole, ValueType
from importer.language import mark, tr

if TYPE_CHECKING:
    from collections.abc import Callable

EMAIL, MOBILE, CONTACT_ID = "id.email", "id.mobileNumber", "id.contactId"
EMAIL_STATUS, SMS_STATUS = "email.status", "sms.status"
EMAIL_TYPE, OPT_IN_TYPE = "email.type", "email.optIn"
IDENTIFIER, DATA, LIST, PREFERENCE, RECORD = "id.", "data.", "list.", "preference.", "consent."
RECORD_PARTS = ("text", "datetime", "url", "ip", "userAgent")
MOST_RECORDS = 5
OVERWRITE = "overwrite"
ONLY_VALUES, ONLY_EMPTY = "overwrite-if-not-empty", "overwrite-if-empty"
"""Merge options: only values are written, or only where nothing is stored."""

_NUMBERED = ("", *(f".{number}" for number in range(1, MOST_RECORDS + 1)))
_EMAIL_TYPES = ("html", "plainText")
_OPT_IN_TYPES = ("unknown", "single", "double", "verifiedDouble")
_IDENTIFIER = re.compile(r"[-A-Za-z0-9_]{1,50}")
_DATA_FIELD = re.compile(r"[-A-Za-z0-9_]{1,20}")
_LONGEST_NAME = 128  # of a list; of a preference no figure is published
_URL = r"https?://[^\s/?#]+[^\s]*"
_IP = (
    r"(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
    r"|(?=.*:)[0-9A-Fa-f:.]{2,45}"
)
_IDENTIFIER_TYPES = {
    EMAIL: ValueType.EMAIL,
    MOBILE: ValueType.PHONE,
    CONTACT_ID: ValueType.INTEGER,
}
# Type, form, and a text of that form.
_RECORD_FACTS: Mapping[str, tuple[ValueType, str, str]] = {
    "text": (ValueType.TEXT, "", ""),
    "datetime": (ValueType.DATETIME, "", ""),
    "url": (ValueType.TEXT, _URL, "https://example.org/join"),
    "ip": (ValueType.TEXT, _IP, "203.0.113.7"),
    "userAgent": (ValueType.TEXT, "", ""),
}
# The data fields that every account has.
_BUILT_IN = ("FIRSTNAME", "LASTNAME", "FULLNAME", "GENDER", "POSTCODE", "NOTES")
_MAILS = mark(
    "verifiedDouble in {code} has Dotdigital mail every such person, who gets nothing else until "
    "they confirm. A call of which the answer is lost is not sent again, lest they are mailed "
    "twice: its rows end as unknown."
)


class ContactGrammar:
    """The rules of the codes of version 3: whole imports, and single contacts."""

    abilities = Abilities(
        example_key=EMAIL,
        key_beginning=IDENTIFIER,
        one_key=True,
        adds_only=False,
        merge_options=(OVERWRITE, ONLY_VALUES, ONLY_EMPTY),
        passes_blanks=ONLY_VALUES,
        resubscribing=frozenset({EMAIL_STATUS}),
    )
    beginnings: tuple[str, ...] = (PREFERENCE, RECORD, "email.", DATA, LIST, "sms.", IDENTIFIER)
    usual: tuple[str, ...] = (
        *_IDENTIFIER_TYPES,
        *(DATA + name for name in _BUILT_IN),
        EMAIL_STATUS,
        EMAIL_TYPE,
        OPT_IN_TYPE,
        SMS_STATUS,
        *(RECORD + part for part in RECORD_PARTS),
    )

    def fact(self, code: str) -> FieldFact:
        """Say what a code is. Raises ValueError, a sentence for the operator, if it is none."""
        for beginning, read in _READINGS.items():
            if code.startswith(beginning):
                return read(code)
        raise ValueError(_unknown(code, self.beginnings))

    def groups(self, codes: Sequence[str]) -> Sequence[Sequence[str]]:
        """Give the parts of each consent record that is touched: only whole ones are taken."""
        touched = {_number_of(code) for code in codes if code.startswith(RECORD)}
        return tuple(
            tuple(f"{RECORD}{part}{number}" for part in RECORD_PARTS)
            for number in _NUMBERED
            if number in touched
        )

    def advice(self, codes: Sequence[str]) -> Mapping[str, str]:
        """Say what a double opt-in does."""
        return {code: tr(_MAILS, code=code) for code in codes if code == OPT_IN_TYPE}


class ConsentAndPreferencesGrammar(ContactGrammar):
    """The rules of the codes of version 2's call, which knows addresses only."""

    abilities = Abilities(
        example_key=EMAIL,
        key_beginning=IDENTIFIER,
        instead="dotdigital",
        one_key=True,
        adds_only=False,
        clears=False,
        wants_all=True,
    )
    beginnings = (PREFERENCE, RECORD, "email.", DATA, IDENTIFIER)
    usual = tuple(
        code
        for code in ContactGrammar.usual
        if code not in {MOBILE, CONTACT_ID, EMAIL_STATUS, SMS_STATUS}
    )

    def fact(self, code: str) -> FieldFact:
        """Say what a code is. Raises ValueError, a sentence for the operator, if it is none."""
        if not code.startswith(self.beginnings) and not code.startswith((LIST, "sms.")):
            raise ValueError(_unknown(code, self.beginnings))
        known = super().fact(code)
        foreign = code.startswith((LIST, "sms.", IDENTIFIER)) or code == EMAIL_STATUS
        if foreign and code != EMAIL:
            raise ValueError(
                tr(
                    '"{code}" cannot be written by dotdigital-v2, whose call knows addresses, data '
                    "fields, preferences and consent records only: write target: dotdigital.",
                    code=code,
                )
            )
        if code.startswith(PREFERENCE):
            return FieldFact(code, known.role, known.type, always=True)
        return known


GRAMMAR = ContactGrammar()
V2_GRAMMAR = ConsentAndPreferencesGrammar()


def names_place(code: str) -> bool:
    """Tell whether a code names a list or a preference by its name instead of its number."""
    for beginning in (LIST, PREFERENCE):
        if code.startswith(beginning):
            return not _is_number(code.removeprefix(beginning))
    return False


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _number_of(code: str) -> str:
    """Give the suffix of a part of a consent record, empty where it has none."""
    _, _, number = code.removeprefix(RECORD).partition(".")
    return f".{number}" if number else ""


def _unknown(code: str, beginnings: Sequence[str]) -> str:
    return tr(
        '"{code}" does not begin like a field of Dotdigital. Known beginnings: {known}',
        code=code,
        known=", ".join(sorted(beginnings)),
    )


def _identifier(code: str) -> FieldFact:
    if not _IDENTIFIER.fullmatch(code.removeprefix(IDENTIFIER)):
        raise ValueError(
            tr(
                '"{code}" is no identifier of Dotdigital: after "{prefix}" come 1 to 50 letters '
                "without accents, digits, hyphens and underscores.",
                code=code,
                prefix=IDENTIFIER,
            )
        )
    return FieldFact(code, FieldRole.KEY, _IDENTIFIER_TYPES.get(code), erasable=False)


def _data_field(code: str) -> FieldFact:
    if not _DATA_FIELD.fullmatch(code.removeprefix(DATA)):
        raise ValueError(
            tr(
                '"{code}" is no data field of Dotdigital: after "{prefix}" come 1 to 20 letters '
                "without accents, digits, hyphens and underscores.",
                code=code,
                prefix=DATA,
            )
        )
    return FieldFact(code, FieldRole.DATA)


def _of_email(code: str) -> FieldFact:
    if code == EMAIL_STATUS:
        return FieldFact(code, FieldRole.CONSENT, ValueType.CONSENT)
    choices = {EMAIL_TYPE: _EMAIL_TYPES, OPT_IN_TYPE: _OPT_IN_TYPES}.get(code)
    if choices is None:
        known = ", ".join((EMAIL_STATUS, EMAIL_TYPE, OPT_IN_TYPE))
        raise ValueError(_no_such_member(code, known))
    return FieldFact(code, FieldRole.DATA, ValueType.CHOICE, choices=choices, erasable=False)


def _of_sms(code: str) -> FieldFact:
    if code != SMS_STATUS:
        raise ValueError(_no_such_member(code, SMS_STATUS))
    return FieldFact(code, FieldRole.CONSENT, ValueType.CONSENT)


def _no_such_member(code: str, known: str) -> str:
    return tr('"{code}" is no field of Dotdigital. There are: {known}.', code=code, known=known)


def _list(code: str) -> FieldFact:
    _refuse_unnamed(code, LIST)
    return FieldFact(code, FieldRole.CONSENT, ValueType.CONSENT, yes_only=True)


def _preference(code: str) -> FieldFact:
    _refuse_unnamed(code, PREFERENCE)
    return FieldFact(code, FieldRole.CONSENT, ValueType.CONSENT)


def _refuse_unnamed(code: str, beginning: str) -> None:
    name = code.removeprefix(beginning)
    if name.strip() and name == name.strip() and name.isprintable() and len(name) <= _LONGEST_NAME:
        return
    raise ValueError(
        tr(
            '"{code}" does not say which one is meant: after "{prefix}" comes its number in '
            "Dotdigital, or its name.",
            code=code,
            prefix=beginning,
        )
    )


def _record(code: str) -> FieldFact:
    part, _, _ = code.removeprefix(RECORD).partition(".")
    if part not in _RECORD_FACTS or _number_of(code) not in _NUMBERED or code.endswith("."):
        known = ", ".join(RECORD + one for one in RECORD_PARTS)
        raise ValueError(
            tr(
                '"{code}" is no part of a consent record. There are: {known}, each also with .1 to '
                ".{most} behind it, for as many records.",
                code=code,
                known=known,
                most=MOST_RECORDS,
            )
        )
    type_, form, like = _RECORD_FACTS[part]
    past = type_ is ValueType.DATETIME
    return FieldFact(code, FieldRole.DATA, type_, form=form, like=like, erasable=False, past=past)


_READINGS: Mapping[str, Callable[[str], FieldFact]] = {
    IDENTIFIER: _identifier,
    DATA: _data_field,
    "email.": _of_email,
    "sms.": _of_sms,
    LIST: _list,
    PREFERENCE: _preference,
    RECORD: _record,
}
