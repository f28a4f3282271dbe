"""What an account's project looks like: its credentials, fields, opt-ins, key and tables."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from importer.sandbox.errors import SandboxError

# Documented (article 1000256569): at most 25 characters, letters, digits, underscore; first a
# letter, last a letter or digit.
_CODE = re.compile(r"[A-Za-z](?:[A-Za-z0-9_]{0,23}[A-Za-z0-9])?")
_COLUMN = re.compile(r"[A-Za-z0-9_]+")  # what a table's columns may be called is not known
_SHORT_TEXT = 100  # documented (article 1000249319): a short text holds 100 characters
_ADDRESS = 254


class FieldKind(StrEnum):
    TEXT = "text"
    EMAIL = "email"
    DATE = "date"
    DATETIME = "datetime"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class ProjectField:
    """One field. ``code`` has no prefix; ``max_length`` counts characters of text and addresses."""

    code: str
    label: str = ""
    kind: FieldKind = FieldKind.TEXT
    max_length: int | None = None
    required: bool = False

    @property
    def longest(self) -> int:
        """Characters it holds: as defined, else 254 for an address and 100 for other text."""
        if self.max_length is not None:
            return self.max_length
        return _ADDRESS if self.kind is FieldKind.EMAIL else _SHORT_TEXT


@dataclass(frozen=True, slots=True)
class OptIn:
    """One explicit consent; the API calls it ``optin_`` + ``code``."""

    code: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One relational table. ``fields``: its columns; ``key_fields``: those that tell rows apart.

    Raises SandboxError when names are badly formed, repeated or unknown.
    """

    id_table: int
    key_fields: tuple[str, ...]
    fields: tuple[ProjectField, ...]
    name: str = ""

    def __post_init__(self) -> None:
        what = f"table {self.id_table}"
        names = [one.code for one in self.fields]
        if wrong := [name for name in names if not _COLUMN.fullmatch(name)]:
            raise SandboxError(
                f"{what}: column {wrong[0]!r} is not allowed: letters, digits and underscores only"
            )
        _refuse_repeated(names, "column", what)
        _refuse_bad_key(self.key_fields, names, what)


def _default_fields() -> tuple[ProjectField, ...]:
    kinds = FieldKind
    return (
        ProjectField("EMail", "E-mail", kinds.EMAIL, required=True),
        ProjectField("FirstName", "First name"),
        ProjectField("LastName", "Last name"),
        ProjectField("MiddleName", "Middle name"),
        ProjectField("FullName", "Full name", max_length=200),
        ProjectField("NickName", "Nickname"),
        ProjectField("Title", "Title"),
        ProjectField("Gender", "Gender"),
        ProjectField("BirthDate", "Date of birth", kinds.DATE),
        ProjectField("Language", "Language"),
        ProjectField("SecondEmail", "Second e-mail", kinds.EMAIL),
        ProjectField("MobilePhone", "Mobile phone"),
        ProjectField("HomePhone", "Home phone"),
        ProjectField("WorkPhone", "Work phone"),
        ProjectField("Fax", "Fax"),
        ProjectField("Company", "Company"),
        ProjectField("JobTitle", "Job title"),
        ProjectField("Department", "Department"),
        ProjectField("Address", "Address", max_length=250),
        ProjectField("Address2", "Address, second line", max_length=250),
        ProjectField("City", "City"),
        ProjectField("Province", "Province or state"),
        ProjectField("PostalCode", "Postal code"),
        ProjectField("Country", "Country"),
        ProjectField("Website", "Website", max_length=500),
        ProjectField("Source", "Source"),
        ProjectField("CustomerNo", "Customer number"),
        ProjectField("Interests", "Interests", max_length=1000),
        ProjectField("Notes", "Notes", max_length=10_000),
        ProjectField("Points", "Points", kinds.INTEGER),
        ProjectField("Visits", "Visits", kinds.INTEGER),
        ProjectField("Balance", "Balance", kinds.DECIMAL),
        ProjectField("Vip", "VIP", kinds.BOOLEAN),
        ProjectField("RegisteredAt", "Registered at", kinds.DATETIME),
        ProjectField("LastOrderDate", "Last order", kinds.DATE),
    )


def _default_optins() -> tuple[OptIn, ...]:
    return (
        OptIn("Newsletter", "Newsletter"),
        OptIn("Promotions", "Promotions"),
        OptIn("Partners", "Partners"),
        OptIn("News", "News"),
    )


def _default_tables() -> tuple[Table, ...]:
    kinds = FieldKind
    columns = (
        ProjectField("orderNo", "Order number", required=True),
        ProjectField("idContact", "Contact", kinds.INTEGER),
        ProjectField("placedOn", "Placed on", kinds.DATETIME),
        ProjectField("shipOn", "To be shipped on", kinds.DATE),
        ProjectField("total", "Total", kinds.DECIMAL),
        ProjectField("quantity", "Number of articles", kinds.INTEGER),
        ProjectField("paid", "Paid", kinds.BOOLEAN),
        ProjectField("status", "Status", max_length=20),
        ProjectField("email", "E-mail", kinds.EMAIL),
        ProjectField("note", "Note", max_length=1000),
    )
    return (Table(77, ("orderNo",), columns, "Orders"),)


@dataclass(frozen=True, slots=True)
class Project:
    """One project and the key that opens it.

    ``key_fields``: codes of the fields of the primary key, one or several.
    Raises SandboxError when codes are badly formed, repeated or unknown.
    """

    id_project: int = 1
    name: str = "Sandbox"
    id_key: int = 1
    key: str = field(default="sandbox", repr=False)
    key_fields: tuple[str, ...] = ("EMail",)
    fields: tuple[ProjectField, ...] = field(default_factory=_default_fields)
    optins: tuple[OptIn, ...] = field(default_factory=_default_optins)
    tables: tuple[Table, ...] = field(default_factory=_default_tables)

    def __post_init__(self) -> None:
        _refuse_bad_codes([one.code for one in self.fields], "field")
        _refuse_bad_codes([one.code for one in self.optins], "opt-in")
        _refuse_bad_key(self.key_fields, [one.code for one in self.fields], "project")
        numbers = [one.id_table for one in self.tables]
        if repeated := [number for number in numbers if numbers.count(number) > 1]:
            raise SandboxError(f"table {repeated[0]} stands twice in the project")


def _refuse_bad_codes(codes: list[str], what: str) -> None:
    for code in codes:
        if not _CODE.fullmatch(code):
            raise SandboxError(
                f"{what} code {code!r} is not allowed: at most 25 letters, digits and underscores, "
                "first a letter, last a letter or digit"
            )
    _refuse_repeated(codes, f"{what} code", "project")


def _refuse_repeated(codes: list[str], what: str, where: str) -> None:
    lowered = [code.lower() for code in codes]
    if repeated := [code for code in codes if lowered.count(code.lower()) > 1]:
        raise SandboxError(f"{what} {repeated[0]} stands twice in the {where}")


def _refuse_bad_key(key_fields: tuple[str, ...], codes: list[str], where: str) -> None:
    if not key_fields:
        raise SandboxError(f"the {where} has no key field; name at least one in key_fields")
    if strangers := [code for code in key_fields if code not in codes]:
        raise SandboxError(f"key field {strangers[0]} is not among the {where}'s fields")
    if len(set(key_fields)) < len(key_fields):
        raise SandboxError(f"a key field of the {where} is named twice in key_fields")


DEFAULT_PROJECT = Project()
