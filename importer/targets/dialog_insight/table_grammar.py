"""The column names of a relational table of Dialog Insight.

``key_`` before a part of the key is documented for files (Using Dynamic Mapping File Format) and
known for calls from public client code, as are bare names for the other columns. ``idContact``
links a row to a contact by its number (client code). How long a name may be is not known.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from importer.field_rules import Abilities, FieldFact, FieldRole, ValueType
from importer.language import tr

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KEY = "key_"

_NAME = re.compile(r"[A-Za-z0-9_]+")
_CONTACT_NUMBER = "idcontact"
_OF_CONTACTS = "f_"
_CONSENT = re.compile(r"(?:dt)?optin_.*|hastrackingconsent|dttrackingconsent", re.IGNORECASE)


class TableGrammar:
    """The rules of the names, as a mapping writes them."""

    abilities = Abilities(
        example_key="key_orderNo",
        key_beginning=KEY,
        instead="dialog-insight",
        needs_table=True,
        reads=False,
    )
    beginnings = (KEY,)
    usual: tuple[str, ...] = ()

    def fact(self, code: str) -> FieldFact:
        """Say what a name is. Raises ValueError, a sentence for the operator, if it is none."""
        is_key = code.startswith(KEY)
        name = code.removeprefix(KEY)
        _refuse_field_of_contacts(code, name, KEY if is_key else "")
        _refuse_malformed(code, name)
        type_ = ValueType.INTEGER if name.lower() == _CONTACT_NUMBER else None
        return FieldFact(code, FieldRole.KEY if is_key else FieldRole.DATA, type_)

    def groups(self, codes: Sequence[str]) -> Sequence[Sequence[str]]:
        """None: each field stands for itself."""
        del codes
        return ()

    def advice(self, codes: Sequence[str]) -> Mapping[str, str]:
        """None."""
        del codes
        return {}


GRAMMAR = TableGrammar()


def _refuse_field_of_contacts(code: str, name: str, prefix: str) -> None:
    if _CONSENT.fullmatch(name):
        raise ValueError(
            tr(
                '"{code}" is a consent, and tables have none: a consent is a contact\'s, in a '
                "mapping of target: dialog-insight.",
                code=code,
            )
        )
    if name.lower().startswith(_OF_CONTACTS):
        bare = name[len(_OF_CONTACTS) :] or "City"
        raise ValueError(
            tr(
                '"{code}" is written as for contacts; tables take bare names: '
                "write {better}, not {code}.",
                code=code,
                better=prefix + bare,
            )
        )


def _refuse_malformed(code: str, name: str) -> None:
    if not name:
        if code:
            said = tr('"{code}" names no column: write its name after "{key}".', code=code, key=KEY)
        else:
            said = tr('"" names no column: write its name.')
        raise ValueError(said)
    if not _NAME.fullmatch(name):
        raise ValueError(
            tr(
                '"{code}" is no column of a table: a name has letters without accents, digits and '
                "underscores only.",
                code=code,
            )
        )
