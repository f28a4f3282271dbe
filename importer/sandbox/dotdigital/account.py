"""What an account looks like: its user, data fields, preferences, lists and identifiers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from importer.sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SYSTEM_IDENTIFIERS = ("contactId", "email", "mobileNumber")  # documented
# Documented: data fields [a-zA-Z0-9_-]{1,20}; custom identifiers under 50 characters, and as they
# stand in a path.
_FIELD = re.compile(r"[a-zA-Z0-9_-]{1,20}")
_IDENTIFIER = re.compile(r"[-A-Za-z0-9_]{1,49}")
_REGION = re.compile(r"r[1-9][0-9]?")


class DataType(StrEnum):
    """The type of a data field, as ``GET /v2/data-fields`` spells it."""

    STRING = "String"
    NUMERIC = "Numeric"
    DATE = "Date"
    BOOLEAN = "Boolean"


@dataclass(frozen=True, slots=True)
class DataField:
    """One data field. ``visibility``: ``Public`` or ``Private``."""

    name: str
    type: DataType = DataType.STRING
    visibility: str = "Private"
    default: str | int | float | bool | None = None


@dataclass(frozen=True, slots=True)
class Preference:
    """A preference, or a category (``is_preference`` False) that holds ``preferences``."""

    id: int
    public_name: str
    private_name: str = ""
    is_preference: bool = True
    preferences: tuple[Preference, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactList:
    """One list, which v2 calls an address book."""

    id: int
    name: str
    visibility: str = "Public"


def _default_fields() -> tuple[DataField, ...]:
    built_in = ("FIRSTNAME", "LASTNAME", "FULLNAME", "GENDER", "POSTCODE", "NOTES")
    own = (
        DataField("CITY"),
        DataField("COMPANY"),
        DataField("LANGUAGE"),
        DataField("LOYALTY_POINTS", DataType.NUMERIC),
        DataField("VIP", DataType.BOOLEAN, default=False),
        DataField("BIRTHDAY", DataType.DATE),
        DataField("SOURCE"),
    )
    return (
        *(DataField(name, visibility="Public") for name in built_in),
        DataField("LASTSUBSCRIBED", DataType.DATE, "Public"),
        *own,
    )


def _default_preferences() -> tuple[Preference, ...]:
    drinks = (Preference(31, "Tea", "tea-01"), Preference(32, "Coffee", "coffee-01"))
    return (
        Preference(30, "Drinks", "drinks", is_preference=False, preferences=drinks),
        Preference(40, "Events", "events"),
    )


def _default_lists() -> tuple[ContactList, ...]:
    return (
        ContactList(4101, "Spring"),
        ContactList(4102, "Newsletter"),
        ContactList(4103, "Infolettre"),
    )


@dataclass(frozen=True, slots=True)
class Account:
    """One account and the API user that opens it.

    ``identifiers``: the custom ones; ``package``: Basic, Standard or Enhanced.
    Raises SandboxError when names are badly formed, repeated or unfit.
    """

    id: int = 1
    name: str = "Sandbox"
    user: str = "apiuser-sandbox@apiconnector.com"
    password: str = field(default="sandbox", repr=False)
    region: str = "r1"
    package: str = "Standard"
    data_fields: tuple[DataField, ...] = field(default_factory=_default_fields)
    preferences: tuple[Preference, ...] = field(default_factory=_default_preferences)
    lists: tuple[ContactList, ...] = field(default_factory=_default_lists)
    identifiers: tuple[str, ...] = ("crm-id", "customer_no")
    _fields: dict[str, DataField] = field(init=False, repr=False, compare=False)
    _preferences: dict[int, Preference] = field(init=False, repr=False, compare=False)
    _lists: dict[int, ContactList] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _refuse_bad_names([one.name for one in self.data_fields], _FIELD, "data field")
        _refuse_bad_names(list(self.identifiers), _IDENTIFIER, "identifier")
        _refuse_repeated([*SYSTEM_IDENTIFIERS, *self.identifiers], "identifier")
        nodes = list(_nodes(self.preferences))
        _refuse_repeated([one.id for one in nodes], "preference")
        _refuse_repeated([one.id for one in self.lists], "list")
        if wrong := [one for one in nodes if one.is_preference and one.preferences]:
            raise SandboxError(
                f"preference {wrong[0].id} holds others: only a category (is_preference false) may"
            )
        if not _REGION.fullmatch(self.region):
            raise SandboxError(f"region {self.region!r} is not allowed; write r1, r2 or r3")
        if not self.user or ":" in self.user:
            raise SandboxError("user is needed, and holds no colon")
        object.__setattr__(self, "_fields", {one.name.lower(): one for one in self.data_fields})
        object.__setattr__(self, "_preferences", {one.id: one for one in nodes})
        object.__setattr__(self, "_lists", {one.id: one for one in self.lists})

    def data_field(self, name: str) -> DataField | None:
        """The data field of that name, in any case (which no document says)."""
        return self._fields.get(name.lower())

    def preference(self, number: int) -> Preference | None:
        """The preference or the category of that number."""
        return self._preferences.get(number)

    def category_of(self, number: int) -> int | None:
        """The category that a preference or category stands in; None: in none."""
        inside = (one.id for one in self._preferences.values() if _holds(one, number))
        return next(inside, None)

    def preference_ids(self) -> frozenset[int]:
        """The numbers of preferences, without those of categories."""
        return frozenset(one.id for one in self._preferences.values() if one.is_preference)

    def list_of(self, number: int) -> ContactList | None:
        """The list of that number."""
        return self._lists.get(number)


def _nodes(preferences: tuple[Preference, ...]) -> Iterator[Preference]:
    for one in preferences:
        yield one
        yield from _nodes(one.preferences)


def _holds(category: Preference, number: int) -> bool:
    return any(one.id == number for one in category.preferences)


def _refuse_bad_names(names: list[str], allowed: re.Pattern[str], what: str) -> None:
    for name in names:
        if not allowed.fullmatch(name):
            raise SandboxError(f"{what} {name!r} is not allowed: write it as {allowed.pattern}")
    _refuse_repeated(names, what)


def _refuse_repeated(names: list[str] | list[int], what: str) -> None:
    lowered = [str(name).lower() for name in names]
    if repeated := [name for name in lowered if lowered.count(name) > 1]:
        raise SandboxError(f"{what} {repeated[0]} stands twice in the account")


def read_account(path: Path) -> Account:
    """Read an account's definition: a JSON object with the members of ``Account``.

    For instance ``{"id": 7, "data_fields": [{"name": "CITY"}, {"name": "VIP", "type":
    "Boolean"}], "lists": [{"id": 12, "name": "News"}], "preferences": [{"id": 31, "public_name":
    "Tea"}]}``; what is left out keeps its default. Raises SandboxError with every mistake.
    """
    # Loaded here: only whoever brings an account's file pays for it.
    from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

    strict = ConfigDict(extra="forbid")
    try:
        return TypeAdapter(with_config(strict)(Account)).validate_json(path.read_bytes())
    except OSError as problem:
        raise SandboxError(f"{path}: cannot be read ({problem.strerror})") from problem
    except ValidationError as problem:
        mistakes = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'account'}: {one['msg']}"
            for one in problem.errors(include_input=False, include_url=False)
        )
        raise SandboxError(f"{path}: not an account's definition: {mistakes}") from problem


DEFAULT_ACCOUNT = Account()
