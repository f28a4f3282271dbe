"""Whose columns these are: the contact's own, or those of another person in the same row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from importer.drafting.agreeing import MOST, Support, agreement, is_phone
from importer.drafting.header_reading import HeaderReading
from importer.drafting.phrases import Concept, meaning_of
from importer.drafting.vocabulary import PERSONS
from importer.language import tr
from importer.recognition import Look

_OF_A_COMPANY = frozenset(
    {
        Concept.COMPANY, Concept.JOB_TITLE, Concept.DEPARTMENT, Concept.NOTES, Concept.SOURCE,
        Concept.WEBSITE,
    }
)  # fmt: skip
_NAMES = frozenset({Concept.FIRST_NAME, Concept.LAST_NAME, Concept.FULL_NAME})
_TELLING = _NAMES | {Concept.EMAIL}
_OF_THE_NAMED = frozenset({Concept.BIRTH_DATE, Concept.GENDER})
_CONTACT = frozenset({"contact"})


def with_owners(readings: Sequence[HeaderReading]) -> list[HeaderReading]:
    """Mark the columns that may be another person's.

    "Recipient City" is the contact's city where all columns of persons are a recipient's. Beside
    columns of persons that say it not, or say another word, nobody can tell.
    """
    owners = {_said(one): one for one in reversed(readings) if _is_of_a_person(one)}
    owners |= {frozenset(one.words.strange): one for one in readings if is_of_a_stranger(one)}
    marked = []
    child = _only_named(readings)
    for one in readings:
        if child is not None and one.concept in _OF_THE_NAMED and one.direct is None:
            foreign = tr('it may be that of the person in "{column}"', column=child)
            marked.append(replace(one, foreign=foreign))
            continue
        said = _said(one)
        others = {owner: other for owner, other in owners.items() if owner != said}
        named = one.concept is None or one.direct is not None
        if named or not said or not others or _is_the_contacts(one, owners, readings):
            marked.append(one)
            continue
        beside = next(iter(others.values())).column.name
        foreign = tr('it may be another person\'s than "{column}"', column=beside)
        marked.append(replace(one, foreign=foreign))
    return marked


def _only_named(readings: Sequence[HeaderReading]) -> str | None:
    """Find the name of another person in a table that has no name of the contact's."""
    if any(one.concept in _NAMES for one in readings):
        return None
    return next((one.column.name for one in readings if _meant(one) in _NAMES), None)


def is_of_a_stranger(reading: HeaderReading) -> bool:
    """Tell whether a header adds a strange word to what a person has: "Supplier email"."""
    concept = _meant(reading)
    return concept in _TELLING or (concept is not None and is_phone(concept))


def _meant(reading: HeaderReading) -> Concept | None:
    """Say what a header names but for its strange words, where the values bear that out."""
    words = reading.words
    if not words.strange or reading.direct is not None:
        return None
    meaning = meaning_of(words.whole, words.number)
    if meaning is None or meaning.doubt:
        return None
    support = agreement(meaning.concept, reading.column).support
    return meaning.concept if support in {Support.FULL, Support.HALF} else None


def is_of_the_contacts(reading: HeaderReading) -> bool:
    """Tell whether a column surely is about the contacts themselves."""
    concept = reading.concept
    if reading.direct is not None:
        return True
    if concept is None or reading.doubt or reading.foreign or concept in _OF_A_COMPANY:
        return False
    if concept not in _TELLING | {Concept.BIRTH_DATE, Concept.GENDER} and not is_phone(concept):
        return False
    return agreement(concept, reading.column).support is not Support.AGAINST


def _said(reading: HeaderReading) -> frozenset[str]:
    return reading.words.whole & PERSONS


def _is_of_a_person(reading: HeaderReading) -> bool:
    return reading.concept is not None and reading.concept not in _OF_A_COMPANY


def _is_the_contacts(
    reading: HeaderReading,
    owners: dict[frozenset[str], HeaderReading],
    readings: Sequence[HeaderReading],
) -> bool:
    """The one address of a table is the contact's where the header says just that."""
    if reading.concept is not Concept.EMAIL or _said(reading) != _CONTACT:
        return False
    addresses = [
        one for one in readings
        if one.concept is Concept.EMAIL or one.column.share(Look.EMAIL) >= MOST
    ]  # fmt: skip
    return addresses == [reading] and set(owners) <= {_CONTACT, frozenset()}
