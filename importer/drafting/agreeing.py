"""Whether a column's values bear out what its header says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from importer.drafting.known_values import GENDERS, REGIONS, share_known
from importer.drafting.phrases import Concept
from importer.recognition import Evidence, Form, Look

NEARLY_ALL = 0.9
_A_FEW = 0.05
MOST = 0.5


class Support(StrEnum):
    """What the values say of the header."""

    FULL = "the values agree"
    HALF = "most values agree"
    NONE_THERE = "there are no values"
    AGAINST = "the values say otherwise"


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far the values agree; ``words``: so in words, "" where there is nothing to tell."""

    support: Support
    words: str = ""


_PHONES = frozenset(
    {
        Concept.PHONE, Concept.MOBILE_PHONE, Concept.HOME_PHONE, Concept.WORK_PHONE, Concept.FAX,
    }
)  # fmt: skip
_NAMES = frozenset({Concept.FIRST_NAME, Concept.LAST_NAME, Concept.FULL_NAME})
_UNLIKE_TEXT = {
    Look.EMAIL: "e-mail addresses",
    Look.PHONE: "phone numbers",
    Look.DATE: "dates",
    Look.YES_NO: "yes or no",
    Look.DECIMAL: "numbers",
    Look.INTEGER: "numbers",
}


def is_phone(concept: Concept) -> bool:
    """Tell whether a concept is a phone number."""
    return concept in _PHONES


def agreement(concept: Concept, column: Evidence) -> Agreement:
    """Compare a column's values with what its header says they are."""
    if not column.values:
        return Agreement(Support.NONE_THERE, "and the column is empty")
    if concept is Concept.PROVINCE and share_known(column.answers, REGIONS) >= MOST:
        return Agreement(Support.FULL)  # "ON" is no answer there
    companies = column.share_of(Form.COMPANY)
    if concept in _NAMES and companies >= _A_FEW:
        told = f"but {percent(companies)} of the values look like names of companies"
        return Agreement(Support.AGAINST, told)
    wanted = _wanted(concept)
    if wanted is None:
        return _as_text(column)
    share_of, plural = wanted
    share = share_of(column)
    if concept is Concept.GENDER and share < MOST:
        against = _as_text(column)
        return against if against.support is Support.AGAINST else Agreement(Support.HALF)
    support = _support(share)
    joined = "but only" if support is Support.AGAINST else "and"
    return Agreement(support, f"{joined} {percent(share)} of the values are {plural}")


def _wanted(concept: Concept) -> tuple[Callable[[Evidence], float], str] | None:
    if concept in {Concept.EMAIL, Concept.SECOND_EMAIL}:
        return (lambda column: column.share(Look.EMAIL)), "addresses"
    if is_phone(concept):
        return (lambda column: column.share(Look.PHONE)), "phone numbers"
    if concept is Concept.BIRTH_DATE:
        return (lambda column: max(column.date_share, _serials(column))), "dates"
    if concept is Concept.GENDER:
        return (lambda column: share_known(column.answers, GENDERS)), "genders"
    return None


def _serials(column: Evidence) -> float:
    """The share of values that Excel's numbers of days would be."""
    return column.share_of(Form.FIVE_DIGITS)


def _support(share: float) -> Support:
    if share >= NEARLY_ALL:
        return Support.FULL
    return Support.HALF if share >= MOST else Support.AGAINST


def _as_text(column: Evidence) -> Agreement:
    """Refuse text that is mostly something else; a postal code may be a number."""
    postal = column.share_of(Form.FIVE_DIGITS)
    for look, plural in _UNLIKE_TEXT.items():
        share = column.share(look)
        if look is Look.INTEGER:
            share -= postal
        if share >= MOST:
            return Agreement(Support.AGAINST, f"but {percent(share)} of the values are {plural}")
    return Agreement(Support.FULL)


def percent(share: float) -> str:
    """Write a share; 100 % only where it is all."""
    shown = round(share * 100)
    if shown == 100 and share < 1:
        shown = 99
    return f"{shown} %"
