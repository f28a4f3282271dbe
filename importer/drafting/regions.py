"""Which country's the numbers of a table's phones are, where they do not say it themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from importer.drafting.agreeing import MOST, NEARLY_ALL, is_phone
from importer.drafting.header_reading import HeaderReading
from importer.drafting.known_values import (
    CITIES_OF_CANADA,
    CITIES_OF_FRANCE,
    REGIONS,
    share_known,
)
from importer.drafting.phrases import Concept, Rank
from importer.language import mark, tr
from importer.recognition import Evidence, Form, Look

_CLEARLY = 0.95  # the share of phones that makes a country's form that of all
_NEARLY_NONE = 0.1
_NORTH_AMERICA, _FRANCE = "CA", "FR"
_READINGS = {_NORTH_AMERICA: (_NORTH_AMERICA, "IN"), _FRANCE: (_FRANCE, "MA")}
_FORMS = {_NORTH_AMERICA: Form.PHONE_OF_NORTH_AMERICA, _FRANCE: Form.PHONE_OF_FRANCE}


@dataclass(frozen=True, slots=True)
class PhoneRegion:
    """The country of numbers that are written without one.

    ``region``: as a mapping has it, None where it is not needed or not known. ``problem``: why it
    is not known, or "", and ``others``: countries that write their numbers so. ``proof``: what
    told it.
    """

    region: Any = None
    proof: str = ""
    problem: str = ""
    others: tuple[str, ...] = ()


def phone_region(readings: Sequence[HeaderReading]) -> PhoneRegion:
    """Tell the country: by the column that names it, or by all that the table shows.

    The form of the numbers alone proves none: Morocco and Belgium write theirs as France does.
    Numbers of North America are read alike wherever there they are from, so ``CA`` serves them
    all.
    """
    phones = [
        one.column for one in readings
        if one.concept and is_phone(one.concept) and one.column.share(Look.PHONE) >= MOST
    ]  # fmt: skip
    form = _form_of(phones)
    proof = _proof(form, readings, phones) if form else ""
    country = _country_column(readings)
    if country is not None:
        named: dict[str, str] = {"column": country.name}
        if proof and country.rows and country.fill < 1:
            named["default"] = str(form)
        return PhoneRegion(named, tr('"{column}" names the country', column=country.name))
    if proof:
        told = _OF_NORTH_AMERICA if form == _NORTH_AMERICA else _OF_FRANCE
        return PhoneRegion(form, tr(told, proof=proof))
    if not _without_country(phones):
        return PhoneRegion()
    problem = tr("nothing tells the country of its numbers: write it as region")
    return PhoneRegion(None, "", problem, _READINGS.get(str(form), ()))


_OF_NORTH_AMERICA = mark("{proof}, so numbers without a country are of North America")
_OF_FRANCE = mark("{proof}, so numbers without a country are of France")


def _without_country(phones: Sequence[Evidence]) -> int:
    """Count the numbers that do not say their country."""
    return sum(
        column.looks.get(Look.PHONE, 0) - column.forms.get(Form.PHONE_WITH_COUNTRY, 0)
        for column in phones
    )


def _form_of(phones: Sequence[Evidence]) -> str | None:
    """Say in which country's form nearly all numbers are that have no country."""
    counts = {
        region: sum(column.forms.get(form, 0) for column in phones)
        for region, form in _FORMS.items()
    }
    region, count = max(counts.items(), key=lambda pair: pair[1])
    return region if count and count >= _CLEARLY * _without_country(phones) else None


def _country_column(readings: Sequence[HeaderReading]) -> Evidence | None:
    """Find the column that names each row's country."""
    found = [
        one for one in readings
        if one.concept is Concept.COUNTRY and not one.doubt and not one.foreign
        and one.rank in {Rank.PLAIN, Rank.PRIMARY, Rank.HOME}
        and (one.column.values or not one.column.rows)
        and one.column.share_of(Form.DIGITS) < _NEARLY_NONE
    ]  # fmt: skip
    found.sort(key=lambda one: one.rank is Rank.HOME)
    return found[0].column if found else None


def _proof(region: str, readings: Sequence[HeaderReading], phones: Sequence[Evidence]) -> str:
    """Say what beside the form of the numbers tells their country, or ""."""
    columns = [one.column for one in readings if one.column.fill >= MOST]
    canadian = region == _NORTH_AMERICA
    if canadian and _share_of_canadian_areas(phones) >= NEARLY_ALL:
        return tr("the area codes are Canada's")
    if canadian and any(c.share_of(Form.CANADIAN_POSTAL) >= NEARLY_ALL for c in columns):
        return tr("the postal codes are Canada's")
    ending = Form.ADDRESS_OF_CANADA if canadian else Form.ADDRESS_OF_FRANCE
    if any(column.share_of(ending) >= MOST for column in columns):
        return tr("most addresses end in {ending}", ending=".ca" if canadian else ".fr")
    for reading in readings:
        if reading.foreign or reading.doubt or reading.column.fill < MOST:
            continue
        answers = reading.column.answers
        if canadian and reading.concept is Concept.PROVINCE and _are(answers, REGIONS):
            return tr("the provinces or states are of North America")
        cities = CITIES_OF_CANADA if canadian else CITIES_OF_FRANCE
        if reading.concept is Concept.CITY and _are(answers, cities):
            return tr("the cities are Canada's") if canadian else tr("the cities are France's")
    return ""


def _are(answers: Any, known: frozenset[str]) -> bool:
    return share_known(answers, known) >= NEARLY_ALL


def _share_of_canadian_areas(phones: Sequence[Evidence]) -> float:
    all_of_them = sum(column.forms.get(Form.PHONE_OF_NORTH_AMERICA, 0) for column in phones)
    canadian = sum(column.forms.get(Form.PHONE_OF_CANADA, 0) for column in phones)
    return canadian / all_of_them if all_of_them else 0.0
