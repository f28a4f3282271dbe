"""What a mapping says of each field and of whole rows: made by the mapping, used by the checks."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class ValueType(StrEnum):
    TEXT = "text"
    EMAIL = "email"
    PHONE = "phone"
    DATE = "date"
    DATETIME = "datetime"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    CONSENT = "consent"
    CHOICE = "choice"
    POSTAL = "postal"
    LIST = "list"


class FieldRole(StrEnum):
    KEY = "key"  # identifies the contact
    DATA = "data"  # an ordinary field
    CONSENT = "consent"  # may be set to yes or no
    CONSENT_DATE = "consent-date"  # when a consent was given or changed


@dataclass(frozen=True, slots=True)
class FieldFact:
    """What a platform's grammar says of one field code.

    ``type`` is what the code implies, None when it implies nothing. ``consent``: for a consent
    date, the consent it belongs to. ``choices``: the words that the platform takes, as it writes
    them; empty: any text. ``form``: a regular expression that a whole text must match; ``like``: an
    example of it.
    ``erasable``: whether a stored value can be erased. ``yes_only``: of a consent, that no call can
    say no. ``always``: of a consent, that the platform takes one that a call leaves out for a no.
    ``past``: of a date, that it never lies in the future.
    """

    code: str
    role: FieldRole
    type: ValueType | None = None
    consent: str = ""
    choices: tuple[str, ...] = ()
    form: str = ""
    like: str = ""
    erasable: bool = True
    yes_only: bool = False
    always: bool = False
    past: bool = False


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a platform's calls can do, as far as a mapping may ask for it.

    ``example_key``: a code that finds contacts; ``key_beginning``: what all such begin with.
    ``instead``: a target of the same account that can what this one cannot. ``needs_table``:
    whether a mapping must name a table of the platform, as ``table_id``. ``one_key``: only one key
    finds a contact, and others are written like fields. ``adds_only``: whether a call can only add,
    or only change. ``reads``: whether contacts can be read. ``clears``: whether values can be
    erased. ``merge_options``: the ways in which values meet those that are stored, the usual one
    first; ``passes_blanks``: the one that erases nothing. ``resubscribing``: consents whose yes can
    subscribe people again who unsubscribed. ``wants_all``: whether consents that a call leaves out
    count as a no.
    """

    example_key: str
    key_beginning: str
    instead: str = ""
    needs_table: bool = False
    one_key: bool = False
    adds_only: bool = True
    reads: bool = True
    clears: bool = True
    merge_options: tuple[str, ...] = ()
    passes_blanks: str = ""
    resubscribing: frozenset[str] = frozenset()
    wants_all: bool = False


class Blank(StrEnum):
    """What a blank cell means for a field."""

    SKIP = "skip"
    CLEAR = "clear"
    REJECT = "reject"
    DEFAULT = "default"


class OnInvalid(StrEnum):
    REJECT = "reject"
    SKIP = "skip"


class Other(StrEnum):
    """What becomes of a text that a field's ``values`` do not list."""

    REJECT = "reject"  # it is an issue
    KEEP = "keep"  # it is taken as it stands
    LEAVE = "leave"  # the field is left alone
    VALUE = "value"  # it counts as ``FieldRule.other_value``


class Case(StrEnum):
    LOWER = "lower"
    UPPER = "upper"
    TITLE = "title"


class Take(StrEnum):
    """Which part of a text is taken; words are what blanks part."""

    FIRST_WORD = "first-word"
    LAST_WORD = "last-word"
    ALL_BUT_FIRST = "all-but-first"
    ALL_BUT_LAST = "all-but-last"


class PhoneForm(StrEnum):
    """How a phone number is written."""

    E164 = "e164"  # +15145550123
    INTERNATIONAL = "international"  # +1 514-555-0123
    NATIONAL = "national"  # (514) 555-0123


class RealDates(StrEnum):
    """What is done with the real dates of a workbook's column that also has dates as text."""

    KEEP = "keep"
    SWAP = "swap"  # day and month change places, where both can be a month


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How the text of one field is checked and written; made by the mapping, used by checking.

    ``column`` is what issues name: the header, or the field code for constants and computed
    fields. A text goes through ``replace`` (pairs of plain texts, in order), ``take``, ``values``
    (pairs of cell text and mapped text; ``other`` for the rest), then its type. ``formats``: a
    date's, tried in order. ``pivot``: two-digit years up to it are of the century of 2000.
    ``future``: whether a date may lie after the day of the check. ``region``: a phone's or postal
    code's country; ``region_column``: the header whose cells name each row's own. ``extension``:
    the field takes the extensions of the column's phone numbers; ``keeps_extension``: another
    field does. ``separator``: what parts a list's entries, None: any usual sign.
    ``decimal``: the sign before decimals, None: found out. ``clear_token``: the cell text that
    erases the field. ``erasable``: whether the platform can erase it at all. ``yes_only``: a no
    leaves the consent alone. ``like``: a text that matches the pattern, for who does not read such.
    """

    field: str
    role: FieldRole
    type: ValueType
    column: str
    blank: Blank = Blank.SKIP
    default: str | None = None
    trim: bool = True
    replace: tuple[tuple[str, str], ...] = ()
    take: Take | None = None
    values: tuple[tuple[str, str], ...] = ()
    other: Other = Other.REJECT
    other_value: str | None = None
    clear_token: str | None = None
    on_invalid: OnInvalid = OnInvalid.REJECT
    case: Case | None = None
    max_length: int | None = None
    truncate: bool = False
    pattern: str | None = None
    formats: tuple[str, ...] = ()
    pivot: int | None = None
    real_dates: RealDates | None = None
    future: bool = True
    region: str | None = None
    region_column: str = ""
    phone_form: PhoneForm = PhoneForm.E164
    extension: bool = False
    keeps_extension: bool = False
    separator: str | None = None
    decimal: str | None = None
    constant: bool = False
    erasable: bool = True
    yes_only: bool = False
    like: str = ""


@dataclass(frozen=True, slots=True)
class RowRules:
    """What a mapping demands of rows as a whole, in field codes.

    ``one_of``: groups of fields of which one at least must have a value. ``together``: groups of
    which all must have one, or none. ``unique``: groups of
    fields whose values together may stand in one contact only. ``only``: the one answer (yes or
    no) that consents are changed to, None: both. ``consent_dates``: consent -> its date's field.
    ``whole``: a row that is sent says all its answers, for one left out counts as a no.
    """

    one_of: tuple[tuple[str, ...], ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    only: str | None = None
    consent_dates: Mapping[str, str] = field(default_factory=dict)
    whole: bool = False


class Origin(IntEnum):
    """Where a row's answer to a consent comes from; one byte each."""

    ROW = 0  # its cell
    MAPPING = 1  # a constant, or the default of a blank cell
    WITHHELD = 2  # its yes was withheld: the address is on a suppression list
