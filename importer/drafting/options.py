"""The options of a column: type, format and region, as its values prove them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from importer.drafting.agreeing import MOST, is_phone
from importer.drafting.dates import read_dates
from importer.drafting.phrases import Concept
from importer.drafting.proposal import Members
from importer.drafting.regions import PhoneRegion
from importer.field_rules import ValueType
from importer.language import mark, tr
from importer.recognition import Evidence, Form, Look

_FEWEST = 3  # postal codes from which a column counts as Canadian
_PIVOT = 30


@dataclass(frozen=True, slots=True)
class Options:
    """A column's options. ``problem``: why they cannot be told, or "".

    ``others``: the options of other readings. ``words``: what the values told of them.
    """

    members: Members = ()
    words: str = ""
    problem: str = ""
    others: tuple[Members, ...] = ()


def options_for(
    concept: Concept | None,
    column: Evidence,
    region: PhoneRegion,
    kept: ValueType | None = None,
) -> Options:
    """Give the options for a column that holds a concept, or a field of the account's own.

    ``kept``: what the account keeps in the field, None where it does not tell.
    """
    if kept is not None and kept in _KEPT:
        return _as_kept(kept, column)
    if concept is not None and is_phone(concept):
        return _of_phones(column, region)
    if concept is Concept.BIRTH_DATE or (concept is None and column.date_share >= MOST):
        return _of_dates(column)
    if concept in {Concept.EMAIL, Concept.SECOND_EMAIL}:
        return Options((("type", "email"),))
    canadian = column.forms.get(Form.CANADIAN_POSTAL, 0)
    if concept is Concept.POSTAL_CODE and canadian == column.values >= _FEWEST:
        return Options((("type", "postal"), ("region", "CA")), tr("all values are Canadian codes"))
    if concept is None and kept is None and column.share(Look.YES_NO) >= MOST:
        return Options(
            problem=tr("its values are yes or no, and what the field takes is not known")
        )
    return Options()


def _as_kept(kept: ValueType, column: Evidence) -> Options:
    """Write values as the account keeps them, as far as they are such."""
    looks, told = _KEPT[kept]
    share = column.date_share if kept is ValueType.DATE else column.share(*looks)
    if kept is ValueType.DATE and (share >= MOST or not column.values):
        return _of_dates(column)
    problem = "" if share >= MOST or not column.values else tr(told)
    return Options((("type", str(kept)),), problem=problem)


# What an account keeps: the looks of such values, and what is said of others.
_KEPT = {
    ValueType.BOOLEAN: (
        (Look.YES_NO,),
        mark("the account keeps yes or no there, and most values are neither"),
    ),
    ValueType.DECIMAL: (
        (Look.INTEGER, Look.DECIMAL),
        mark("the account keeps numbers there, and most values are none"),
    ),
    ValueType.DATE: ((), mark("the account keeps dates there, and most values are none")),
}


def _of_phones(column: Evidence, region: PhoneRegion) -> Options:
    phone: Members = (("type", "phone"),)
    if region.region is not None:
        return Options((*phone, ("region", region.region)), region.proof)
    if not column.values:
        told = tr("its region is to be written when it has numbers without a country")
        return Options(phone, told)
    if region.problem and column.share_of(Form.PHONE_WITH_COUNTRY) < column.share(Look.PHONE):
        others = [(*phone, ("region", one)) for one in region.others]
        return Options(others[0] if others else phone, "", region.problem, tuple(others[1:]))
    return Options(phone)


def _of_dates(column: Evidence) -> Options:
    if not column.values:
        problem = tr("an empty column does not tell how dates will be written: give its format")
        return Options((("type", "date"), ("format", "YYYY-MM-DD")), problem=problem)
    reading = read_dates(column)
    members = _dated(reading.formats, two_digits=reading.two_digit_years)
    others = (_dated(reading.others, two_digits=reading.two_digit_years),) if reading.others else ()
    return Options(members, reading.proof, reading.problem, others)


def _dated(formats: Sequence[str], *, two_digits: bool) -> Members:
    members: Members = (("type", "date"),)
    if formats:
        members += (("format", formats[0] if len(formats) == 1 else list(formats)),)
    return (*members, ("pivot", _PIVOT)) if two_digits else members
