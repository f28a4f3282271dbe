"""What an account's project looks like: its credentials, fields, opt-ins and primary key."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from importer.sandbox.errors import SandboxError

# Documented (article 1000256569): at most 25 characters, letters, digits, underscore; first a
# letter, last a letter or digit.
_CODE = re.compile(r"[A-Za-z](?:[A-Za-z0-9_]{0,23}[A-Za-z0-9])?")
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

    def __post_init__(self) -> None:
        _refuse_bad_codes([one.code for one in self.fields], "field")
        _refuse_bad_codes([one.code for one in self.optins], "opt-in")
        codes = {one.code for one in self.fields}
        if not self.key_fields:
            raise SandboxError("the project has no key field; name at least one in key_fields")
        if strangers := [code for code in self.key_fields if code not in codes]:
            raise SandboxError(f"key field {strangers[0]} is not among the project's fields")
        if len(set(self.key_fields)) < len(self.key_fields):
            raise SandboxError("a key field is named twice in key_fields")


def _refuse_bad_codes(codes: list[str], what: str) -> None:
    for code in codes:
        if not _CODE.fullmatch(code):
            raise SandboxError(
                f"{what} code {code!r} is not allowed: at most 25 letters, digits and underscores, "
                "first a letter, last a letter or digit"
            )
    lowered = [code.lower() for code in codes]
    if repeated := [code for code in codes if lowered.count(code.lower()) > 1]:
        raise SandboxError(f"{what} code {repeated[0]} stands twice in the project")


DEFAULT_PROJECT = Project()
