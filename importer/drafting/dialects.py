"""How each platform's field codes are written, as far as a draft proposes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from importer.drafting.headers import folded
from importer.drafting.phrases import WELL_KNOWN, Concept
from importer.language import mark

_NO_CODE = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True)
class Channel:
    """A consent of its own that a word of a header means. ``code``: None for none.

    ``remark``: what is to be known of it, as ``tr`` takes it. ``asked``: the same two where an
    account said which consents it has.
    """

    code: str | None
    remark: str
    asked: tuple[str | None, str]


@dataclass(frozen=True, slots=True)
class ConsentWords:
    """What is said of a platform's consents, as ``tr`` takes it.

    ``which``: of a consent that is only proposed. ``none``: of an account without any. ``dated``:
    of a column that may date one. ``of_all``, ``of_some``: of a column of yes and no.
    """

    which: str
    none: str
    dated: str
    of_all: str
    of_some: str


@dataclass(frozen=True, slots=True)
class ConsentCodes:
    """How consents are written.

    ``beginnings``: what the codes of an account's own begin with; ``bare``: what of that is no part
    of its name. ``listed``: codes of an account's own. ``own``: headers that are a consent's code;
    ``dated``: such of its date. ``usual``: the one that is proposed where nobody was asked;
    ``general``: the one that every account has, or "". ``channels``: word of a header -> consent.
    ``proofs``: whether what proves a consent is kept too.
    """

    words: ConsentWords
    beginnings: tuple[str, ...] = ()
    bare: str = ""
    listed: re.Pattern[str] = _NO_CODE
    own: re.Pattern[str] = _NO_CODE
    dated: re.Pattern[str] = _NO_CODE
    usual: str | None = None
    general: str = ""
    channels: Mapping[str, Channel] = field(default_factory=dict)
    proofs: bool = False


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a platform's codes are written.

    ``key_mark``: what is put before the code of a field that is the key; ``keys``: what codes of
    keys begin with. ``field``: what other codes begin with; ``identifier``: what the codes of
    identifiers begin with, of which one finds a contact, or "". ``own``: headers that are a code.
    ``codes``: the fields that are proposed where no account says which there are; ``certain``:
    those that can be trusted. ``new_code``: makes a code of a header that no usual field is for.
    ``example``: a code of a field. ``addressed``: a key that is the only one is an address.
    """

    consents: ConsentCodes
    key_mark: str
    keys: str
    field: str
    own: re.Pattern[str]
    codes: Mapping[Concept, str]
    example: str
    certain: frozenset[Concept] = frozenset()
    identifier: str = ""
    new_code: Callable[[str], str] | None = None
    addressed: bool = False

    def new_codes(self, headers: Iterable[str]) -> dict[str, str]:
        """Make a code for each header that gives one, each another."""
        if self.new_code is None:
            return {}
        taken = {code.casefold() for code in self.codes.values()}
        made = {}
        for header in headers:
            bare = self.new_code(header)
            if bare:
                made[header] = self.field + _another(self.field, bare, taken)
                taken.add(made[header].casefold())
        return made


def _another(beginning: str, name: str, taken: set[str]) -> str:
    found, number = name, 1
    while (beginning + found).casefold() in taken:
        number += 1
        found = f"{name[: _LONGEST - 1 - len(str(number))]}_{number}"
    return found


def dialect(target: str) -> Dialect:
    """Give the codes of a target, by what a mapping calls it."""
    return _DIALECTS[target]


# --- Dialog Insight -------------------------------------------------------------------------------

_TRACKING = "hasTrackingConsent"
_DIALOG_INSIGHT = Dialect(
    consents=ConsentCodes(
        words=ConsentWords(
            which=mark("check which consent of the account it is"),
            none=mark("the account has none (optin_…)"),
            dated=mark(
                "it may be the date of a consent: such a date goes to dtTrackingConsent, or to "
                "dtOptin_… where the connection allows it"
            ),
            of_all=mark(
                "the header names no field; the values are yes or no: if that is a consent, map it "
                "to optin_… and spell the values out"
            ),
            of_some=mark(
                "the header names no field; {share} of the values are yes or no: if that is a "
                "consent, map it to optin_… and spell the values out"
            ),
        ),
        beginnings=("optin_",),
        bare="optin_",
        listed=re.compile(r"optin_.*"),
        own=re.compile(r"optin_[A-Za-z]\w*|hasTrackingConsent"),
        dated=re.compile(r"dtOptin_[A-Za-z]\w*|dtTrackingConsent"),
        usual="optin_Newsletter",
        channels={
            "tracking": Channel(
                _TRACKING,
                mark("perhaps the consent to tracking"),
                (None, mark("the consent to tracking is hasTrackingConsent in every account")),
            )
        },
    ),
    key_mark="key_",
    keys="key_",
    field="f_",
    own=re.compile(r"(?:key_)?f_[A-Za-z]\w*"),
    codes={concept: concept.code for concept in Concept},
    example="f_LastName",
    certain=WELL_KNOWN,
    addressed=True,
)

_OF_CONTACTS = mark(
    "a consent is a contact's, and tables have none: it goes into a mapping of target: "
    "dialog-insight"
)


def _column_of_table(header: str) -> str:
    """Make a column's name of a header: letters without accents, digits, underscores."""
    name = header if re.fullmatch(r"[A-Za-z0-9_]+", header) else folded(header)
    return re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").removeprefix("f_")


_TABLE = Dialect(
    consents=ConsentCodes(
        words=ConsentWords(
            which=_OF_CONTACTS,
            none=_OF_CONTACTS,
            dated=_OF_CONTACTS,
            of_all=mark("the header names no field; the values are yes or no"),
            of_some=mark("the header names no field; {share} of the values are yes or no"),
        ),
    ),
    key_mark="key_",
    keys="key_",
    field="",
    own=re.compile(r"key_[A-Za-z0-9_]+"),
    codes={},
    example="total",
    new_code=_column_of_table,
)

# --- Dotdigital -----------------------------------------------------------------------------------

_LONGEST = 20  # characters of the name of a data field
# Names that the platform keeps for itself, after the vendor's help pages.
_RESERVED = frozenset(
    {
        "ACCOUNT", "CAMPAIGN", "CAMPAIGNID", "CONTACT", "CONTACT_API_ID", "CONTACTID", "EMAIL",
        "HCONTACTID", "HEMAIL", "HEMAIL256", "ID", "MESSAGECONTENT", "MOBILENUMBERID", "NOTES",
        "UNSUBSCRIBED", "UNIQUECONTACTID",
    }
)  # fmt: skip
_OWN = "OWN_"


def _data_field(header: str) -> str:
    """Make a data field's name of a header: 1 to 20 capitals without accents, digits, _ and -."""
    name = re.sub(r"[^A-Z0-9-]+", "_", folded(header).upper()).strip("_-")
    return (_OWN + name if name in _RESERVED else name)[:_LONGEST].strip("_-")


_NO_TRACKING = mark(
    "Dotdigital has no consent to tracking of its own: a preference of the account may stand for it"
)
_MESSAGES = mark("perhaps the consent to text messages")
_BY_V2 = mark("the consent to text messages cannot be written by dotdigital-v2")
_TEXTING = ("sms", "texto", "textos")
_STATUS, _SMS = "email.status", "sms.status"
_DOTDIGITAL = Dialect(
    consents=ConsentCodes(
        words=ConsentWords(
            which=mark(
                "perhaps the subscription to e-mail; a list or a preference of the account is "
                "written list.… or preference.…, with its number or its name"
            ),
            none=mark("the account has neither lists nor preferences"),
            dated=mark("it may be the date of a consent: such a date goes to consent.datetime"),
            of_all=mark(
                "the header names no field; the values are yes or no: if that is a consent, map it "
                "to email.status, list.… or preference.… and spell the values out"
            ),
            of_some=mark(
                "the header names no field; {share} of the values are yes or no: if that is a "
                "consent, map it to email.status, list.… or preference.… and spell the values out"
            ),
        ),
        beginnings=("list.", "preference."),
        listed=re.compile(r"(?:list|preference)\.[0-9]+"),
        own=re.compile(r"(?:email|sms)\.status|(?:list|preference)\.\S.*"),
        usual=_STATUS,
        general=_STATUS,
        channels={
            "tracking": Channel(None, _NO_TRACKING, (None, _NO_TRACKING)),
            **dict.fromkeys(_TEXTING, Channel(_SMS, _MESSAGES, (_SMS, _MESSAGES))),
        },
        proofs=True,
    ),
    key_mark="",
    keys="id.",
    field="data.",
    identifier="id.",
    own=re.compile(r"(?:data|id)\.[-A-Za-z0-9_]+"),
    codes={
        Concept.EMAIL: "id.email",
        Concept.MOBILE_PHONE: "id.mobileNumber",
        Concept.FIRST_NAME: "data.FIRSTNAME",
        Concept.LAST_NAME: "data.LASTNAME",
        Concept.FULL_NAME: "data.FULLNAME",
        Concept.GENDER: "data.GENDER",
        Concept.POSTAL_CODE: "data.POSTCODE",
        Concept.NOTES: "data.NOTES",
    },
    example="data.LASTNAME",
    certain=frozenset(Concept),
    new_code=_data_field,
)
_DOTDIGITAL_V2 = replace(
    _DOTDIGITAL,
    consents=replace(
        _DOTDIGITAL.consents,
        words=replace(
            _DOTDIGITAL.consents.words,
            which=mark("check which preference of the account it is"),
            none=mark("the account has none (preference.…)"),
            of_all=mark(
                "the header names no field; the values are yes or no: if that is a consent, map it "
                "to preference.… and spell the values out"
            ),
            of_some=mark(
                "the header names no field; {share} of the values are yes or no: if that is a "
                "consent, map it to preference.… and spell the values out"
            ),
        ),
        beginnings=("preference.",),
        listed=re.compile(r"preference\.[0-9]+"),
        own=re.compile(r"preference\.\S.*"),
        usual="preference.Newsletter",
        general="",
        channels={
            "tracking": Channel(None, _NO_TRACKING, (None, _NO_TRACKING)),
            **dict.fromkeys(_TEXTING, Channel(None, _BY_V2, (None, _BY_V2))),
        },
    ),
    codes={
        concept: code
        for concept, code in _DOTDIGITAL.codes.items()
        if concept is not Concept.MOBILE_PHONE
    },
)

_DIALECTS = {
    "dialog-insight": _DIALOG_INSIGHT,
    "dialog-insight-table": _TABLE,
    "dotdigital": _DOTDIGITAL,
    "dotdigital-single": _DOTDIGITAL,
    "dotdigital-v2": _DOTDIGITAL_V2,
}
