"""The field codes of contacts of Dialog Insight.

Documented by the vendor: ``key_f_``, ``f_`` and ``optin_`` (Web Services Presentation),
``hasTrackingConsent`` and ``dtTrackingConsent`` (Behavioral Tracking Consents), and the form of a
code (New field - Custom). ``dtOptin_`` is only known from public client code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from importer.field_rules import Abilities, FieldFact, FieldRole, ValueType
from importer.language import tr

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TRACKING_CONSENT = "hasTrackingConsent"
TRACKING_DATE = "dtTrackingConsent"
OPT_IN_DATE = "dtOptin_"

_LONGEST_CODE = 25
_CODE = re.compile(r"[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?")
_EMAIL_CODE = "email"


@dataclass(frozen=True, slots=True)
class _Prefix:
    text: str
    role: FieldRole
    type: ValueType | None = None


_PREFIXES = (
    _Prefix("key_f_", FieldRole.KEY),
    _Prefix("f_", FieldRole.DATA),
    _Prefix("optin_", FieldRole.CONSENT, ValueType.CONSENT),
    _Prefix(OPT_IN_DATE, FieldRole.CONSENT_DATE, ValueType.DATE),
)
_WHOLE = {
    TRACKING_CONSENT: FieldFact(TRACKING_CONSENT, FieldRole.CONSENT, ValueType.CONSENT),
    TRACKING_DATE: FieldFact(
        TRACKING_DATE, FieldRole.CONSENT_DATE, ValueType.DATE, consent=TRACKING_CONSENT
    ),
}
# Fields of every project, as client code that is published writes them.
_USUAL = (
    "EMail",
    "FirstName",
    "LastName",
    "MobilePhone",
    "Company",
    "Gender",
    "PostalCode",
    "City",
    "Country",
)


class ContactGrammar:
    """The rules of the codes, as a mapping writes them."""

    abilities = Abilities(
        example_key="key_f_EMail", key_beginning="key_", instead="dialog-insight-table"
    )
    beginnings = tuple(prefix.text for prefix in _PREFIXES)
    usual = (*(f"{prefix}{name}" for name in _USUAL for prefix in ("f_", "key_f_")), *_WHOLE)

    def fact(self, code: str) -> FieldFact:
        """Say what a code is. Raises ValueError, a sentence for the operator, if it is none."""
        if code in _WHOLE:
            return _WHOLE[code]
        for prefix in _PREFIXES:
            if code.startswith(prefix.text):
                return _fact(prefix, code)
        known = ", ".join([p.text for p in _PREFIXES] + list(_WHOLE))
        raise ValueError(
            tr(
                '"{code}" does not begin like a field of Dialog Insight. '
                "Known beginnings: {known}.",
                code=code,
                known=known,
            )
        )

    def groups(self, codes: Sequence[str]) -> Sequence[Sequence[str]]:
        """None: each field stands for itself."""
        del codes
        return ()

    def advice(self, codes: Sequence[str]) -> Mapping[str, str]:
        """None."""
        del codes
        return {}


GRAMMAR = ContactGrammar()


def _fact(prefix: _Prefix, code: str) -> FieldFact:
    bare = code.removeprefix(prefix.text)
    _refuse_malformed(code, bare, prefix.text)
    type_ = prefix.type
    if prefix.role in (FieldRole.KEY, FieldRole.DATA) and bare.lower() == _EMAIL_CODE:
        type_ = ValueType.EMAIL
    consent = f"optin_{bare}" if prefix.role is FieldRole.CONSENT_DATE else ""
    return FieldFact(code, prefix.role, type_, consent=consent)


def _refuse_malformed(code: str, bare: str, prefix: str) -> None:
    if not bare:
        raise ValueError(
            tr(
                '"{code}" names no field: write its code after "{prefix}".',
                code=code,
                prefix=prefix,
            )
        )
    if len(bare) > _LONGEST_CODE:
        raise ValueError(
            tr(
                '"{code}" has {length} characters after "{prefix}"; '
                "a code of Dialog Insight has at most {most}.",
                code=code,
                length=len(bare),
                prefix=prefix,
                most=_LONGEST_CODE,
            )
        )
    if not _CODE.fullmatch(bare):
        raise ValueError(
            tr(
                '"{code}" is no code of Dialog Insight: after "{prefix}" come letters without '
                "accents, digits and underscores, first a letter, last a letter or a digit.",
                code=code,
                prefix=prefix,
            )
        )
