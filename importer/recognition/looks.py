"""What values look like, and their shapes without the values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from importer.language import mark, tr


class Look(StrEnum):
    """What a column's values look like."""

    EMAIL = "email"
    PHONE = "phone"
    DATE = "date"
    INTEGER = "integer"
    DECIMAL = "decimal"
    YES_NO = "yes/no"
    TEXT = "text"
    EMPTY = "empty"


class DateOrder(StrEnum):
    """The order in which a column's dates are written."""

    YEAR_FIRST = "year-month-day"
    DAY_FIRST = "day/month/year"
    MONTH_FIRST = "month/day/year"
    AMBIGUOUS = "ambiguous day/month"
    MIXED = "both day/month and month/day"


@dataclass(frozen=True, slots=True)
class ColumnLook:
    """What a column looks like.

    ``fill``: the share of rows that are not blank, 0 to 1. ``date_order``: None unless it looks
    like dates. ``examples``: masked, at most three.
    """

    name: str
    fill: float
    look: Look
    date_order: DateOrder | None
    examples: tuple[str, ...]

    @property
    def words(self) -> str:
        """What it looks like, in words; for dates with their order."""
        return tr(_DATES[self.date_order] if self.date_order else _LOOKS[self.look])


_LOOKS = {
    Look.EMAIL: mark("email"),
    Look.PHONE: mark("phone"),
    Look.DATE: mark("date"),
    Look.INTEGER: mark("integer"),
    Look.DECIMAL: mark("decimal"),
    Look.YES_NO: mark("yes/no"),
    Look.TEXT: mark("text"),
    Look.EMPTY: mark("empty"),
}
_DATES = {
    DateOrder.YEAR_FIRST: mark("date year-month-day"),
    DateOrder.DAY_FIRST: mark("date day/month/year"),
    DateOrder.MONTH_FIRST: mark("date month/day/year"),
    DateOrder.AMBIGUOUS: mark("date ambiguous day/month"),
    DateOrder.MIXED: mark("date both day/month and month/day"),
}

# The first that matches a value says what it is: a date is no phone, a phone no integer.
PATTERNS: tuple[tuple[Look, str], ...] = (
    (Look.EMAIL, r"^[^@\s]+@[^@\s]+\.[^@\s.]+$"),
    (
        Look.YES_NO,
        r"(?i)^(oui|non|yes|no|y|n|o|true|false|vrai|faux|x|0|1|on|off|si|sí|ja|nein)$",
    ),
    (
        Look.DATE,
        r"^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{2}|\d{4}))"
        r"([T ]\d{1,2}:\d{2}[\d:.]*\s?([AaPp][Mm]|Z)?)?$",
    ),
    (Look.DECIMAL, r"^[+-]?\d*[.,]\d+$"),
    (
        Look.PHONE,
        r"(?i)^(\+\d|\(?\d)[\d\s().\x{a0}-]{5,18}\d\s*((x|ext\.?|poste|p\.)\s*\d{1,6})?$",
    ),
    (Look.INTEGER, r"^[+-]?\d+$"),
)
_DATE = re.compile(dict(PATTERNS)[Look.DATE])


def is_date(text: str) -> bool:
    """Tell whether a text is a date in numbers."""
    return _DATE.match(text) is not None


def masked(value: str) -> str:
    """Show a value's shape without the value: ``m…@d…``, ``514…34``, ``99/99/9999``, ``T…``."""
    local, at, domain = value.partition("@")
    if at and len(local) > 1 and len(domain) > 1:
        return f"{local[0]}…@{domain[0]}…"
    digits = [c for c in value if c.isdigit()]
    if is_date(value):
        return re.sub(r"\d", "9", value)
    if len(digits) >= 7 and len(digits) * 2 > len(value):
        return f"{''.join(digits[:3])}…{''.join(digits[-2:])}"
    return f"{value[0]}…" if len(value) > 1 else "…"
