"""Which words together name which field of a contact.

A header names a field only when all its words together do: one word more, such as "type" or
"conjoint", and it is another thing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from importer.drafting.vocabulary import NEUTRAL
from importer.language import mark, tr


class Concept(StrEnum):
    """What a column can hold of a contact; the value is the field's code after ``f_``."""

    EMAIL = "EMail"
    SECOND_EMAIL = "SecondEmail"
    FIRST_NAME = "FirstName"
    LAST_NAME = "LastName"
    MIDDLE_NAME = "MiddleName"
    FULL_NAME = "FullName"
    NICKNAME = "NickName"
    TITLE = "Title"
    GENDER = "Gender"
    LANGUAGE = "Language"
    BIRTH_DATE = "BirthDate"
    PHONE = "Phone"
    MOBILE_PHONE = "MobilePhone"
    HOME_PHONE = "HomePhone"
    WORK_PHONE = "WorkPhone"
    FAX = "Fax"
    COMPANY = "Company"
    JOB_TITLE = "JobTitle"
    DEPARTMENT = "Department"
    ADDRESS = "Address"
    ADDRESS2 = "Address2"
    CITY = "City"
    PROVINCE = "Province"
    POSTAL_CODE = "PostalCode"
    COUNTRY = "Country"
    WEBSITE = "Website"
    SOURCE = "Source"
    NOTES = "Notes"

    @property
    def code(self) -> str:
        """The field that is proposed for it where no account says which there are."""
        return f"f_{self.value}"

    @property
    def words(self) -> str:
        """What it is, for people: ``e-mail``, ``first name``."""
        return tr(_IN_WORDS[self])


_IN_WORDS = {
    Concept.EMAIL: mark("e-mail"),
    Concept.SECOND_EMAIL: mark("second email"),
    Concept.FIRST_NAME: mark("first name"),
    Concept.LAST_NAME: mark("last name"),
    Concept.MIDDLE_NAME: mark("middle name"),
    Concept.FULL_NAME: mark("full name"),
    Concept.NICKNAME: mark("nickname"),
    Concept.TITLE: mark("title"),
    Concept.GENDER: mark("gender"),
    Concept.LANGUAGE: mark("language"),
    Concept.BIRTH_DATE: mark("birth date"),
    Concept.PHONE: mark("phone"),
    Concept.MOBILE_PHONE: mark("mobile phone"),
    Concept.HOME_PHONE: mark("home phone"),
    Concept.WORK_PHONE: mark("work phone"),
    Concept.FAX: mark("fax"),
    Concept.COMPANY: mark("company"),
    Concept.JOB_TITLE: mark("job title"),
    Concept.DEPARTMENT: mark("department"),
    Concept.ADDRESS: mark("address"),
    Concept.ADDRESS2: mark("address2"),
    Concept.CITY: mark("city"),
    Concept.PROVINCE: mark("province"),
    Concept.POSTAL_CODE: mark("postal code"),
    Concept.COUNTRY: mark("country"),
    Concept.WEBSITE: mark("website"),
    Concept.SOURCE: mark("source"),
    Concept.NOTES: mark("notes"),
}

WELL_KNOWN = frozenset(
    {
        Concept.EMAIL, Concept.FIRST_NAME, Concept.LAST_NAME, Concept.MOBILE_PHONE,
        Concept.COMPANY, Concept.GENDER, Concept.POSTAL_CODE, Concept.CITY, Concept.COUNTRY,
    }
)  # fmt: skip
"""Those whose codes stand in public client code; an account may still lack one of them."""


class Rank(StrEnum):
    """Which of several columns for one field a header means."""

    PRIMARY = "the first of several"
    PLAIN = "the only one"
    HOME = "the one at home"
    WORK = "the one at work"
    SECOND = "a further one"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a header names.

    ``doubt``: why that is not certain from the header alone, as ``tr`` takes it, or "".
    """

    concept: Concept
    rank: Rank = Rank.PLAIN
    doubt: str = ""


def _phrases(concept: Concept, *phrases: str, doubt: str = "") -> dict[frozenset[str], Meaning]:
    return {frozenset(phrase.split()): Meaning(concept, doubt=doubt) for phrase in phrases}


_OWN = mark("there are two readings of such a header")
PHRASES: dict[frozenset[str], Meaning] = {
    **_phrases(Concept.EMAIL, "email", "email address", "email value"),
    **_phrases(Concept.FIRST_NAME, "firstname", "first name", "first nom"),
    **_phrases(Concept.LAST_NAME, "lastname", "last name", "family name", "nom family", "last nom"),
    **_phrases(Concept.FIRST_NAME, "first", doubt=mark("it may be the first of another thing")),
    **_phrases(Concept.LAST_NAME, "last", doubt=mark("it may be the last of another thing")),
    **_phrases(Concept.LAST_NAME, "nom", doubt=mark("it may hold whole names")),
    **_phrases(Concept.FULL_NAME, "full name", "full nom"),
    **_phrases(Concept.FULL_NAME, "firstname nom", "firstname lastname",
               doubt=mark("it may hold one of the two alone")),
    **_phrases(Concept.FULL_NAME, "name", doubt=mark("it may hold last names alone")),
    **_phrases(Concept.MIDDLE_NAME, "middle name", "middle firstname", "second firstname"),
    **_phrases(Concept.NICKNAME, "nickname"),
    **_phrases(Concept.TITLE, "salutation", "name prefix", "title salutation"),
    **_phrases(Concept.TITLE, "prefix", doubt=mark("it may be the prefix of another thing")),
    **_phrases(Concept.TITLE, "title", doubt=mark("it may be the title of a job")),
    **_phrases(Concept.GENDER, "gender"),
    **_phrases(Concept.GENDER, "genre", doubt=mark("it may be a kind of another thing")),
    **_phrases(Concept.LANGUAGE, "language", "language correspondence", "language primary"),
    **_phrases(Concept.BIRTH_DATE, "date birth", "birthday", "date birthday"),
    **_phrases(Concept.BIRTH_DATE, "birth", doubt=mark("it may be a place or a name")),
    **_phrases(Concept.MOBILE_PHONE, "mobile", "mobile phone", "mobile number", "home mobile",
               "mobile phone number", "mobile primary", "mobile value"),
    **_phrases(Concept.PHONE, "phone", "phone number", "phone value", "phone number value"),
    **_phrases(Concept.HOME_PHONE, "home phone", "home phone number"),
    **_phrases(Concept.WORK_PHONE, "work phone", "work phone number"),
    **_phrases(Concept.FAX, "fax", "fax number"),
    **_phrases(Concept.COMPANY, "company", "company name", "company nom"),
    **_phrases(Concept.JOB_TITLE, "job title", "title function", "job", "title poste",
               "company title", "title work"),
    **_phrases(Concept.JOB_TITLE, "function", "poste", doubt=_OWN),
    **_phrases(Concept.DEPARTMENT, "department", "company department"),
    **_phrases(Concept.ADDRESS, "street", "street address", "address line", "civic address",
               "mailing address", "mailing street", "postal address", "civic mailing address"),
    **_phrases(Concept.ADDRESS, "address", doubt=mark("it may be an e-mail address")),
    **_phrases(Concept.CITY, "city", "city address", "city mailing"),
    **_phrases(Concept.PROVINCE, "province", "province state", "address region", "address state",
               "address province", "province etat", "mailing state", "mailing province",
               "province region"),
    **_phrases(Concept.PROVINCE, "state", "etat", "region",
               doubt=mark("it may be the state of another thing, or a region of your own")),
    **_phrases(Concept.POSTAL_CODE, "zip", "postal code", "code zip", "zip postal code",
               "address postal code", "address zip", "mailing postal code", "mailing zip",
               "code mailing", "zip postal"),
    **_phrases(Concept.POSTAL_CODE, "cp", "postal",
               doubt=mark("the abbreviation has other meanings")),
    **_phrases(Concept.COUNTRY, "country", "address country", "country region", "mailing country"),
    **_phrases(Concept.WEBSITE, "website", "site web", "web page", "website value",
               "website address", "website home page",
               doubt=mark("the values are no web addresses")),
    **_phrases(Concept.WEBSITE, "url", "website url",
               doubt=mark("it may be the address of a page or a profile elsewhere")),
    **_phrases(Concept.SOURCE, "source", "lead source"),
    **_phrases(Concept.NOTES, "note"),
}  # fmt: skip
"""All the words of a header, but for those that change nothing: what they name."""

NEVER_NEUTRAL = frozenset({frozenset({"name"}), frozenset({"nom"}), frozenset({"title"})})
"""Phrases that mean another thing beside "client" and the like: the name of a client is either."""
AT_HOME_OR_WORK = frozenset(
    {Concept.EMAIL, Concept.ADDRESS, Concept.CITY, Concept.PROVINCE, Concept.POSTAL_CODE,
     Concept.COUNTRY}
)  # fmt: skip
NUMBERED = AT_HOME_OR_WORK | {
    Concept.PHONE, Concept.MOBILE_PHONE, Concept.HOME_PHONE, Concept.WORK_PHONE, Concept.COMPANY,
    Concept.JOB_TITLE, Concept.DEPARTMENT, Concept.WEBSITE,
}  # fmt: skip


def meaning_of(words: frozenset[str], number: int | None) -> Meaning | None:
    """Say what words name together; None when they name no field that is known.

    ``number``: the one that stands in the header. 1 is the first of several, a higher one a
    further one.
    """
    rest = words - NEUTRAL
    if rest != words and rest in NEVER_NEUTRAL:
        return None
    found = PHRASES.get(rest)
    if found is None:
        found = _at_a_place(rest)
    if found is None or (number is not None and found.concept not in NUMBERED):
        return None
    if number is None or number == 1:
        return found
    return Meaning(found.concept, Rank.SECOND, found.doubt)


def _at_a_place(words: frozenset[str]) -> Meaning | None:
    """Read "home", "work", "primary" or "other" beside a phrase, or an address around one."""
    for place, rank in (
        ("primary", Rank.PRIMARY),
        ("home", Rank.HOME),
        ("work", Rank.WORK),
        ("second", Rank.SECOND),
    ):
        bare = PHRASES.get(words - {place}) if place in words else None
        if bare is None:
            continue
        allowed = AT_HOME_OR_WORK if rank in {Rank.HOME, Rank.WORK} else NUMBERED
        if bare.concept in allowed:
            settled = rank in {Rank.HOME, Rank.WORK}  # a state at home is one of a country
            return Meaning(bare.concept, rank, "" if settled else bare.doubt)
    without = PHRASES.get(words - {"address"}) if "address" in words else None
    if without is not None and without.concept in {Concept.ADDRESS, Concept.CITY}:
        return Meaning(without.concept)
    return None
