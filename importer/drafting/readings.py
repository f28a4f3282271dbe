"""What each header of a table names, with what stands beside it taken into account."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace

from importer.drafting.agreeing import MOST, NEARLY_ALL, Support, agreement
from importer.drafting.candidates import Fields
from importer.drafting.header_reading import HeaderReading
from importer.drafting.headers import words_of
from importer.drafting.known_values import GENDERS, REGIONS, SALUTATIONS, share_known
from importer.drafting.phrases import Concept, Meaning, Rank, meaning_of
from importer.drafting.whose import with_owners
from importer.language import tr
from importer.recognition import Evidence, Form, Look

_NEARLY_NONE = 0.2
_KNOWN = 0.8
_PLACES = frozenset({Concept.CITY, Concept.POSTAL_CODE, Concept.ADDRESS, Concept.COUNTRY})


def read_headers(columns: Sequence[Evidence], fields: Fields) -> list[HeaderReading]:
    """Read all headers of a table; a doubt about one may be settled by the others."""
    readings = with_owners([_read(column, fields) for column in columns])
    certain = {one.concept for one in readings if one.concept and _is_certain(one)}
    halves = {word for one in readings if one.doubt for word in one.words.known}
    if {"first", "last"} <= halves:
        certain |= {Concept.FIRST_NAME, Concept.LAST_NAME}
    return [_settled(one, certain) if one.doubt else one for one in readings]


def _is_certain(reading: HeaderReading) -> bool:
    if reading.concept is None or reading.doubt or reading.foreign or reading.rank is Rank.SECOND:
        return False
    return agreement(reading.concept, reading.column).support is not Support.AGAINST


def _read(column: Evidence, fields: Fields) -> HeaderReading:
    words = words_of(column.name)
    meaning = meaning_of(words.whole, words.number) if words.understood else None
    direct = fields.named(column.name)
    if direct is not None:
        concept = fields.concept_of(direct.code)
        if concept is None and meaning is not None and not meaning.doubt:
            concept = meaning.concept
        is_key = column.name.startswith(fields.dialect.keys)
        return HeaderReading(column, words, concept, direct=direct, is_key=is_key)
    if meaning is None:
        return HeaderReading(column, words)
    return HeaderReading(column, words, meaning.concept, meaning.rank, meaning.doubt)


def _settled(reading: HeaderReading, certain: Set[Concept]) -> HeaderReading:
    """Settle a doubt by the values, or by the columns beside; else leave it as it is."""
    found = _settle(reading, certain)
    if found is None:
        return reading
    meaning, by = found
    return replace(reading, concept=meaning.concept, doubt=meaning.doubt, settled=by)


def _settle(reading: HeaderReading, certain: Set[Concept]) -> tuple[Meaning, str] | None:
    column, concept = reading.column, reading.concept
    assert concept is not None  # a doubt is about a meaning
    match concept:
        case Concept.ADDRESS if column.share(Look.EMAIL) >= MOST:
            return Meaning(Concept.EMAIL), tr("and its values are e-mail addresses")
        case Concept.ADDRESS if column.values:
            return Meaning(concept), tr("and no value is an e-mail address")
        case Concept.ADDRESS if certain & _PLACES:
            return Meaning(concept), ""
        case Concept.LAST_NAME | Concept.FULL_NAME | Concept.FIRST_NAME:
            return _name(reading, concept, certain)
        case Concept.TITLE | Concept.JOB_TITLE:
            return _title(reading, concept, certain)
        case Concept.PROVINCE:
            return _province(reading, certain)
        case Concept.WEBSITE:
            # A "URL" may be that of a profile, whatever it looks like.
            named = reading.words.whole - {"url"} and column.share_of(Form.URL) >= MOST
            return (Meaning(concept), tr("and its values are web addresses")) if named else None
        case _ if _is_borne_out(concept, column):
            return Meaning(concept), tr("and the values bear it out")
        case Concept.POSTAL_CODE if not column.values and certain & _PLACES:
            return Meaning(concept), tr("beside other parts of an address")
    return None


def _is_borne_out(concept: Concept, column: Evidence) -> bool:
    if concept is Concept.POSTAL_CODE:
        share = column.share_of(Form.CANADIAN_POSTAL) + column.share_of(Form.FIVE_DIGITS)
        return share >= _KNOWN
    if concept is Concept.GENDER:
        return share_known(column.answers, GENDERS) >= _KNOWN
    return concept is Concept.BIRTH_DATE and column.date_share >= NEARLY_ALL


def _name(
    reading: HeaderReading, concept: Concept, certain: Set[Concept]
) -> tuple[Meaning, str] | None:
    """Tell last names from whole ones: by the first names beside them, or by their words."""
    column, words = reading.column, reading.words.whole
    whole_names = column.share_of(Form.WORDS) >= MOST
    if words & {"first", "last"}:
        other = Concept.LAST_NAME if concept is Concept.FIRST_NAME else Concept.FIRST_NAME
        return (Meaning(concept), _beside(other)) if other in certain else None
    if whole_names and Concept.FIRST_NAME in certain and Concept.LAST_NAME not in certain:
        return None
    if "nom" in words and Concept.FIRST_NAME in certain and Concept.LAST_NAME not in certain:
        return Meaning(Concept.LAST_NAME), _beside(Concept.FIRST_NAME)
    both = {Concept.FIRST_NAME, Concept.LAST_NAME} <= certain
    neither = not {Concept.FIRST_NAME, Concept.LAST_NAME} & certain
    if whole_names and (both or neither) and Concept.FULL_NAME not in certain:
        return Meaning(Concept.FULL_NAME), tr("and most values have several words")
    return None


def _beside(other: Concept) -> str:
    return tr("beside the {concept}", concept=other.words)


def _title(
    reading: HeaderReading, concept: Concept, certain: Set[Concept]
) -> tuple[Meaning, str] | None:
    """Tell salutations from the titles of jobs."""
    column = reading.column
    if share_known(column.answers, SALUTATIONS) >= _KNOWN:
        return Meaning(Concept.TITLE), tr("and the values are salutations")
    if concept is Concept.TITLE:
        if column.values or "prefix" in reading.words.whole or Concept.JOB_TITLE not in certain:
            return None
        return Meaning(concept), tr("and the job's title stands in another column")
    # An extension of a phone is a "poste" too.
    text = column.share(Look.TEXT) >= NEARLY_ALL and column.share_of(Form.DIGITS) < _NEARLY_NONE
    return (Meaning(concept), tr("and the values are words")) if text else None


def _province(reading: HeaderReading, certain: Set[Concept]) -> tuple[Meaning, str] | None:
    """Tell the state of an address from that of another thing."""
    column = reading.column
    if share_known(column.answers, REGIONS) >= MOST:
        return Meaning(Concept.PROVINCE), tr("and the values are provinces or states")
    if "state" in reading.words.whole and certain & _PLACES and column.share(Look.YES_NO) < MOST:
        few = column.answers is not None and 0 < len(column.answers) <= 4 < column.values
        beside = tr("beside other parts of an address")
        return None if few else (Meaning(Concept.PROVINCE), beside)
    return None
