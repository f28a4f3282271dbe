"""Whether a column's values bear out what its header says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from importer.drafting.known_values import GENDERS, REGIONS, share_known
from importer.drafting.phrases import Concept
from importer.language import mark, tr
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
_ARE_NUMBERS = mark("but {share} of the values are numbers")
_UNLIKE_TEXT = {
    Look.EMAIL: mark("but {share} of the values are e-mail addresses"),
    Look.PHONE: mark("but {share} of the values are phone numbers"),
    Look.DATE: mark("but {share} of the values are dates"),
    Look.YES_NO: mark("but {share} of the values are yes or no"),
    Look.DECIMAL: _ARE_NUMBERS,
    Look.INTEGER: _ARE_NUMBERS,
}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What values must be: the share of those that are, and how either is told."""

    share_of: Callable[[Evidence], float]
    told: str
    told_of_few: str


def is_phone(concept: Concept) -> bool:
    """Tell whether a concept is a phone number."""
    return concept in _PHONES


def agreement(concept: Concept, column: Evidence) -> Agreement:
    """Compare a column's values with what its header says they are."""
    if not column.values:
        return Agreement(Support.NONE_THERE, tr("and the column is empty"))
    if concept is Concept.PROVINCE and share_known(column.answers, REGIONS) >= MOST:
        return Agreement(Support.FULL)  # "ON" is no answer there
    companies = column.share_of(Form.COMPANY)
    if concept in _NAMES and companies >= _A_FEW:
        told = tr("but {share} of the values look like names of companies",
                  share=percent(companies))  # fmt: skip
        return Agreement(Support.AGAINST, told)
    wanted = _wanted(concept)
    if wanted is None:
        return _as_text(column)
    share = wanted.share_of(column)
    if concept is Concept.GENDER and share < MOST:
        against = _as_text(column)
        return against if against.support is Support.AGAINST else Agreement(Support.HALF)
    support = _support(share)
    told = wanted.told_of_few if support is Support.AGAINST else wanted.told
    return Agreement(support, tr(told, share=percent(share)))


def _wanted(concept: Concept) -> _Wanted | None:
    if concept in {Concept.EMAIL, Concept.SECOND_EMAIL}:
        return _Wanted(
            lambda column: column.share(Look.EMAIL),
            mark("and {share} of the values are addresses"),
            mark("but only {share} of the values are addresses"),
        )
    if is_phone(concept):
        return _Wanted(
            lambda column: column.share(Look.PHONE),
            mark("and {share} of the values are phone numbers"),
            mark("but only {share} of the values are phone numbers"),
        )
    if concept is Concept.BIRTH_DATE:
        return _Wanted(
            lambda column: max(column.date_share, _serials(column)),
            mark("and {share} of the values are dates"),
            mark("but only {share} of the values are dates"),
        )
    if concept is Concept.GENDER:
        return _Wanted(
            lambda column: share_known(column.answers, GENDERS),
            mark("and {share} of the values are genders"),
            mark("but only {share} of the values are genders"),
        )
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
    for look, told in _UNLIKE_TEXT.items():
        share = column.share(look)
        if look is Look.INTEGER:
            share -= postal
        if share >= MOST:
            return Agreement(Support.AGAINST, tr(told, share=percent(share)))
    return Agreement(Support.FULL)


def percent(share: float) -> str:
    """Write a share; 100 % only where it is all."""
    shown = round(share * 100)
    if shown == 100 and share < 1:
        shown = 99
    return tr("{share} %", share=shown)
