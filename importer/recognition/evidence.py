"""A closer look at a column: counts of what its values are written like."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pyarrow.compute as pc

from importer.recognition.looks import Look, is_date

_MOST_ANSWERS = 40  # a column with more different values is no list of answers
_MOST_COUNTED = 20_000  # values among which different ones are counted


class Form(StrEnum):
    """What a value is written like, more closely than a look says."""

    CANADIAN_POSTAL = "Canadian postal code"  # H2X 1Y4
    FIVE_DIGITS = "five digits"  # a French or American postal code, or the number of a day
    WORDS = "several words"
    DIGITS = "digits among others"
    PHONE_WITH_COUNTRY = "phone with its country"  # +33 6 12 34 56 78
    PHONE_OF_NORTH_AMERICA = "phone of North America"  # 514 555-0134
    PHONE_OF_CANADA = "phone of Canada"  # the same with an area code of Canada's
    PHONE_OF_FRANCE = "phone of France"  # 06 12 34 56 78
    ADDRESS_OF_CANADA = "e-mail address of Canada"  # …@….ca
    ADDRESS_OF_FRANCE = "e-mail address of France"  # …@….fr
    COMPANY = "name of a company"  # Boulangerie Roy inc.
    URL = "address of a page"  # https://example.com, www.example.com


@dataclass(frozen=True, slots=True)
class DateForm:
    """How a date is written, but for which number is the day.

    ``parts``: ``9/9/9999``, ``9999-9-9``, ``9 A 9999`` (A: a month's name), in order. ``clock``:
    as a format writes it, ``HH:mm`` or ``HH:mm:ss``, with the sign before it; "?" for another.
    """

    parts: str
    clock: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a sample of a column's values shows, as counts.

    ``rows``, ``filled``: of the whole table, the others of the sample. ``first_over_12``,
    ``second_over_12``: of the distinct dates whose year comes last, ``year_last``. ``typed_dates``:
    whether the source had real dates, which then stand as ISO text. ``answers``: the distinct
    values with how often each occurs; None where there are many. ``different``: how many values
    differ, but for case, among the first ones, ``counted``.
    """

    name: str
    rows: int
    filled: int
    values: int
    looks: Mapping[Look, int]
    forms: Mapping[Form, int]
    dates: Mapping[DateForm, int]
    first_over_12: int
    second_over_12: int
    typed_dates: bool
    answers: Mapping[str, int] | None
    year_last: int = 0
    counted: int = 0
    different: int = 0

    def share(self, *looks: Look) -> float:
        """The share of the values that look like one of these, 0 to 1; 0 where there are none."""
        return sum(self.looks.get(look, 0) for look in looks) / self.values if self.values else 0.0

    def share_of(self, form: Form) -> float:
        """The share of the values that have a form, 0 to 1; 0 where there are none."""
        return self.forms.get(form, 0) / self.values if self.values else 0.0

    @property
    def different_share(self) -> float:
        """The share of the values that differ from one another, 0 to 1; 0 where there are none."""
        return self.different / self.counted if self.counted else 0.0

    @property
    def fill(self) -> float:
        """The share of rows that are not blank, 0 to 1."""
        return self.filled / self.rows if self.rows else 0.0

    @property
    def date_share(self) -> float:
        """The share of the values that are dates, also with a month's name."""
        return sum(self.dates.values()) / self.values if self.values else 0.0


# The area codes of Canada in the North American Numbering Plan.
_AREAS_OF_CANADA = (
    "204|226|236|249|250|257|263|289|306|343|354|365|367|368|382|403|416|418|428|431|437|438|450|"
    "468|474|506|514|519|537|548|568|579|581|584|587|604|613|639|647|672|683|705|709|742|753|778|"
    "780|782|807|819|825|851|867|873|879|902|905|942"
)
_REST_OF_NORTH_AMERICA = r"\)?[ \x{a0}.-]?[2-9]\d\d[ \x{a0}.-]?\d{4}($|\D)"
# What stands behind the name of a company, or before it.
_COMPANIES = (
    r"(?i)(^|[\s,(])(inc|enr|lt[ée]e|ltd|limited|llc|llp|corp|corporation|co|cie|sarl|sas|sasu|eurl|"
    r"sa|s\.a|s\.a\.r\.l|snc|senc|s\.e\.n\.c|sencrl|gmbh|ag|bv|plc|nv|srl|spa|oy|ab)\.?\)?$"
    r"|&|^(soci[ée]t[ée]|groupe|association|ville de|fondation|garage|clinique|restaurant|"
    r"boulangerie|commission scolaire|centre|[ée]cole|service|services) "
)
_FORMS: tuple[tuple[Form, str], ...] = (
    (Form.CANADIAN_POSTAL, r"(?i)^[abceghj-nprstvxy]\d[a-z][ -]?\d[a-z]\d$"),
    (Form.FIVE_DIGITS, r"^\d{5}$"),
    (Form.WORDS, r"\S\s+\S"),
    (Form.DIGITS, r"\d"),
    (Form.PHONE_WITH_COUNTRY, r"^\+\d[\d\s().-]{6,}"),
    (
        Form.PHONE_OF_NORTH_AMERICA,
        rf"^(1[ \x{{a0}}.-]?)?\(?[2-9]\d\d{_REST_OF_NORTH_AMERICA}",
    ),
    (
        Form.PHONE_OF_CANADA,
        rf"^(1[ \x{{a0}}.-]?)?\(?({_AREAS_OF_CANADA}){_REST_OF_NORTH_AMERICA}",
    ),
    (Form.PHONE_OF_FRANCE, r"^0[1-9]([ \x{a0}.-]?\d\d){4}$"),
    (Form.ADDRESS_OF_CANADA, r"(?i)^[^@\s]+@[^@\s]+\.ca$"),
    (Form.ADDRESS_OF_FRANCE, r"(?i)^[^@\s]+@[^@\s]+\.fr$"),
    (Form.COMPANY, _COMPANIES),
    (Form.URL, r"(?i)^(https?://|www\.)\S+$|^([\w-]+\.)+[a-z]{2,}(/\S*)?$"),
)
_MONTHS = (
    r"(jan|feb|fév|fev|mar|apr|avr|may|mai|jun|juin|jul|juil|aug|aoû|aou|sep|oct|nov|dec|déc)"
    r"[a-zéû]*\.?"
)
_MONTH_DATE = re.compile(
    rf"\d{{1,2}}(?P<a>[ -])(?P<m>{_MONTHS})(?P<b>[ -])(?P<y>\d{{4}}|\d\d)"
    rf"|{_MONTHS}(?P<c>[ -])\d{{1,2}}(?P<d>,? )(?P<z>\d{{4}})",
    re.IGNORECASE,
)
_NUMBER_DATE = re.compile(r"(\d+)([-/.])(\d+)([-/.])(\d+)(?:([T ])(.+))?")
_CLOCKS = (
    (re.compile(r"\d{1,2}:\d\d"), "HH:mm"),
    (re.compile(r"\d{1,2}:\d\d:\d\d"), "HH:mm:ss"),
)


@dataclass(slots=True)
class Gathered:
    """What was gathered of a column so far."""

    forms: Counter[Form] = field(default_factory=Counter)
    dates: Counter[DateForm] = field(default_factory=Counter)
    typed_dates: bool = False
    distinct: Counter[str] | None = field(default_factory=Counter)
    counted: int = 0
    seen: set[int] = field(default_factory=set)


def learn(gathered: Gathered, values: Any) -> None:
    """Learn from a sample of a column's values: trimmed, none of them blank."""
    for form, pattern in _FORMS:
        found = pc.sum(pc.match_substring_regex(values, pattern=pattern)).as_py()
        gathered.forms[form] += found or 0
    if gathered.counted < _MOST_COUNTED:
        gathered.counted += len(values)
        gathered.seen.update(map(hash, pc.unique(pc.utf8_lower(values)).to_pylist()))
    counts = pc.value_counts(values).to_pylist()
    for counted in counts:
        written = _date_form(counted["values"])
        if written is not None:
            gathered.dates[written] += counted["counts"]
    if gathered.distinct is not None:
        for counted in counts:
            gathered.distinct[counted["values"]] += counted["counts"]
            if len(gathered.distinct) > _MOST_ANSWERS:
                gathered.distinct = None
                return


def _date_form(text: str) -> DateForm | None:
    """Tell how a date is written; None for what is no date."""
    if len(text) > 40:
        return None
    if named := _MONTH_DATE.fullmatch(text):
        if named["a"]:
            return DateForm(f"9{named['a']}A{named['b']}{'9' * len(named['y'])}")
        return DateForm(f"A{named['c']}9{named['d']}9999")
    if not is_date(text):
        return None
    written = _NUMBER_DATE.fullmatch(text)
    assert written is not None  # the pattern of a date has these parts
    first, one, _, two, last, between, clock = written.groups()
    year_first = len(first) == 4
    parts = f"9999{one}9{two}9" if year_first else f"9{one}9{two}{'9' * len(last)}"
    if clock is None:
        return DateForm(parts)
    known = next((format_ for form, format_ in _CLOCKS if form.fullmatch(clock)), None)
    return DateForm(parts, f"{between}{known}" if known else "?")
