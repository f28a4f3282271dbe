"""What each column of the sample files and of real exports is, as a person reads it.

``python -m tests.drafting.truth`` prints how much of it drafting finds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from importer.drafting import Draft, draft

TOP = Path(__file__).parents[2]
SAMPLES = TOP / "sample_data"
EXPORTS = TOP.parent / "shared" / "corpus" / "real-exports"


@dataclass(frozen=True, slots=True)
class Truth:
    """``key``: the columns that may be the key. ``fields``: header -> the codes it may go to.

    ``nothing``: the headers of columns that no usual field holds, or that a person must decide.
    """

    key: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]]
    nothing: tuple[str, ...] = ()

    @property
    def columns(self) -> set[str]:
        return {*self.key, *self.fields, *self.nothing}


def _fields(text: str) -> dict[str, tuple[str, ...]]:
    lines = (line.strip().split(": ") for line in text.strip().splitlines())
    return {header: tuple(codes.split()) for header, codes in lines}


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.strip().replace("\n", "").split("|"))


SALON = Truth(
    ("Courriel",),
    _fields(
        """
        Prénom: f_FirstName
        Nom: f_LastName
        Téléphone: f_Phone
        Date de naissance: f_BirthDate
        Ville: f_City
        Notes: f_Notes
        """
    ),
    ("Infolettre", "No client"),
)
SHOP = Truth(
    ("Email",),
    _fields(
        """
        First Name: f_FirstName
        Last Name: f_LastName
        Mobile Phone: f_MobilePhone
        Birth Date: f_BirthDate
        City: f_City
        Notes: f_Notes
        """
    ),
    ("Newsletter", "CustomerNo", "Till"),
)
DIRTY = Truth(
    ("E-mail",),
    _fields(
        """
        Prénom: f_FirstName
        Nom: f_LastName
        Cellulaire: f_MobilePhone
        Date de naissance: f_BirthDate
        Ville: f_City
        Notes: f_Notes
        """
    ),
    ("Infolettre", "No client"),
)
ADDRESS_BOOK = Truth(
    ("Email Home",),
    _fields(
        """
        Title: f_Title
        First Name: f_FirstName
        Middle Name: f_MiddleName
        Last Name: f_LastName
        Nickname: f_NickName
        Company: f_Company
        Department: f_Department
        Job Title: f_JobTitle
        Home Phone: f_HomePhone
        Business Phone: f_WorkPhone
        Home Mobile: f_MobilePhone
        Primary Phone: f_Phone
        Home Street: f_Address
        Home City: f_City
        Home State: f_Province
        Home Zip: f_PostalCode
        Home Country: f_Country
        Gender: f_Gender
        Birthday: f_BirthDate
        Notes: f_Notes
        Website Home Page: f_Website
        """
    ),
    _names(
        """Display Name|Suffix|Email Work|Email Other|Home Phone 2|Business Phone 2|Home Fax|
Business Fax|Car Phone|Pager|Phone Video|Assistant's Phone|Other Phone|Business Street|Work City|
Work State|Work Zip|Work Country|Other Street|Other City|Other State|Other Postal Code|
Other Country/Region|Maiden Name|Anniversary|Manager's Name|Assistant's Name|Spouse|IM Aim|IM Icq|
IM Jabber|IM Msn|IM Skype|IM Yahoo|Website Blog|Website Other|Website Profile|Website Work|
Categories"""
    ),
)
GMAIL = Truth(
    ("E-mail 1 - Value",),
    _fields(
        """
        Name: f_FullName
        Given Name: f_FirstName
        Additional Name: f_MiddleName
        Family Name: f_LastName
        Name Prefix: f_Title
        Nickname: f_NickName
        Birthday: f_BirthDate
        Gender: f_Gender
        Notes: f_Notes
        Phone 1 - Value: f_Phone
        Address 1 - Street: f_Address
        Address 1 - City: f_City
        Address 1 - Region: f_Province
        Address 1 - Postal Code: f_PostalCode
        Address 1 - Country: f_Country
        Organization 1 - Name: f_Company
        Organization 1 - Title: f_JobTitle
        Organization 1 - Department: f_Department
        Website 1 - Value: f_Website
        """
    ),
    (
        *_names(
            """Yomi Name|Given Name Yomi|Additional Name Yomi|Family Name Yomi|Name Suffix|Initials|
Short Name|Maiden Name|Location|Billing Information|Directory Server|Mileage|Occupation|Hobby|
Sensitivity|Priority|Subject|Group Membership|E-mail 1 - Type|E-mail 2 - Type|E-mail 2 - Value|
E-mail 3 - Type|E-mail 3 - Value|E-mail 4 - Type|E-mail 4 - Value|Phone 1 - Type|Address 1 - Type|
Address 1 - Formatted|Address 1 - PO Box|Address 1 - Extended Address|Organization 1 - Type|
Organization 1 - Yomi Name|Organization 1 - Symbol|Organization 1 - Location|
Organization 1 - Job Description|Relation 1 - Type|Relation 1 - Value|Website 1 - Type|
Website 2 - Type|Website 2 - Value"""
        ),
        *(f"Phone {n} - {what}" for n in range(2, 8) for what in ("Type", "Value")),
        *(
            f"Address 2 - {what}"
            for what in (
                "Type", "Formatted", "Street", "City", "PO Box", "Region", "Postal Code",
                "Country", "Extended Address",
            )
        ),
    ),
)  # fmt: skip
THUNDERBIRD = Truth(
    ("Primary Email",),
    _fields(
        """
        First Name: f_FirstName
        Last Name: f_LastName
        Nickname: f_NickName
        Work Phone: f_WorkPhone
        Home Phone: f_HomePhone
        Fax Number: f_Fax
        Mobile Number: f_MobilePhone
        Home Address: f_Address
        Home City: f_City
        Home State: f_Province
        Home ZipCode: f_PostalCode
        Home Country: f_Country
        Job Title: f_JobTitle
        Department: f_Department
        Organization: f_Company
        Web Page 1: f_Website
        Notes: f_Notes
        """
    ),
    _names(
        """Display Name|Secondary Email|Screen Name|Pager Number|Home Address 2|Work Address|
Work Address 2|Work City|Work State|Work ZipCode|Work Country|Web Page 2|Birth Year|Birth Month|
Birth Day|Custom 1|Custom 2|Custom 3|Custom 4|column 38"""
    ),
)
SUBSCRIBERS = Truth(("email",), {"name": ("f_FullName",)}, ("attributes",))
OUTLOOK = Truth(("E-mail Address",), {}, ("E-mail 2 Address", "E-mail 3 Address"))
PLAIN_LIST = Truth(("Primary Email",), {})
_NAMES = {"Prénom": ("f_FirstName",), "Nom": ("f_LastName",)}

TRUTHS: dict[Path, Truth] = {
    SAMPLES / "demo-1-salon.csv": SALON,
    SAMPLES / "demo-2-shop.xlsx": SHOP,
    SAMPLES / "demo-3-dirty.csv": DIRTY,
    SAMPLES / "optin-create.csv": Truth(("Adresse courriel",), _NAMES, ("Infolettre",)),
    SAMPLES / "optin-update.csv": Truth(("E-mail",), {}, ("Newsletter",)),
    SAMPLES / "optin-sync.csv": Truth(
        ("Email Address",),
        {"First Name": ("f_FirstName",), "Last Name": ("f_LastName",)},
        ("Newsletter",),
    ),
    SAMPLES / "tracking-create.xlsx": Truth(
        ("Courriel du contact",), _NAMES, ("Suivi", "Date du suivi")
    ),
    SAMPLES / "tracking-update.csv": Truth(("Contact E-mail",), {}, ("Tracking", "Tracking Date")),
    SAMPLES / "tracking-sync.xlsx": Truth(
        ("Email",),
        {"Prénom": ("f_FirstName",), "Nom de famille": ("f_LastName",)},
        ("Tracking Consent", "Consent Date"),
    ),
    SAMPLES / "gmail.csv": GMAIL,
    SAMPLES / "outlook.csv": OUTLOOK,
    SAMPLES / "thunderbird.csv": THUNDERBIRD,
    SAMPLES / "subscribers.csv": SUBSCRIBERS,
    SAMPLES / "plain-list.csv": PLAIN_LIST,
    SAMPLES / "address-book.csv": ADDRESS_BOOK,
    SAMPLES / "orders-table.csv": Truth(  # orders, for a table of its own: no contacts
        (),
        {},
        ("Order No", "Contact No", "Placed", "Ship on", "Total", "Articles", "Paid", "Status"),
    ),
    SAMPLES / "dotdigital-clear.csv": Truth(
        ("Subscriber address",),
        {"Given name": ("f_FirstName",), "Remark": ("f_Notes",), "Town": ("f_City",)},
    ),
    SAMPLES / "dotdigital-consents.csv": Truth(
        ("Adresse du contact",),
        {},
        tuple(
            f"{part} {number}"
            for number in range(1, 6)
            for part in ("texte", "moment", "page", "adresse IP", "navigateur")
        ),
    ),
    SAMPLES / "dotdigital-contact.csv": Truth(
        ("Courriel",),
        {
            "Cellulaire": ("f_MobilePhone",),
            "Prénom": ("f_FirstName",),
            "Nom de famille": ("f_LastName",),
        },
        ("N° de fiche", "Points de fidélité", "Membre VIP", "Né le"),
    ),
    SAMPLES / "dotdigital-double-opt-in.csv": Truth(
        ("Sign-up address",),
        {},
        ("Sign-up name", "Tea letter", "Coffee letter", "Event letter"),
    ),
    SAMPLES / "dotdigital-lists.csv": Truth(
        ("Adresse courriel",), {}, ("Nom du contact", "Liste Printemps", "Liste Infolettre")
    ),
    SAMPLES / "dotdigital-preferences.csv": Truth(
        ("E-mail address",),
        {},
        (
            "Calling name",
            "Likes tea",
            "Likes coffee",
            "Wants events",
            "Agreed to",
            "Agreed at",
            "Agreed on page",
            "Agreed from",
            "Agreed with",
        ),
    ),
    EXPORTS / "all.csv": ADDRESS_BOOK,
    EXPORTS / "email.csv": PLAIN_LIST,
    EXPORTS / "gmail.csv": GMAIL,
    EXPORTS / "newsletter-subscribers.csv": SUBSCRIBERS,
    EXPORTS / "outlook.csv": OUTLOOK,
    EXPORTS / "tb_plain.csv": THUNDERBIRD,
}


@dataclass(frozen=True, slots=True)
class Score:
    """How a draft compares with the truth. ``wrong``: column -> what is wrongly proposed."""

    columns: int
    obvious: int
    proposed: int
    right: int
    wrong: dict[str, str]


def score(drafted: Draft, truth: Truth) -> Score:
    """Compare a draft with the truth; what is only a comment is not proposed."""
    active = {one.column: str(one.field) for one in drafted.proposals if not one.commented}
    allowed = dict(truth.fields) | dict.fromkeys(truth.key, ("key_f_EMail",))
    wrong = {c: code for c, code in active.items() if code not in allowed.get(c, ())}
    return Score(len(drafted.proposals), len(allowed), len(active), len(active) - len(wrong), wrong)


def scores() -> Iterator[tuple[Path, Draft, Score]]:
    """Draft every file that is there."""
    for path, truth in TRUTHS.items():
        if path.is_file():
            drafted = draft(str(path))
            yield path, drafted, score(drafted, truth)


if __name__ == "__main__":
    print("| file | columns | obvious | proposed | right | key |\n|---|---|---|---|---|---|")
    for path, drafted, one in scores():
        name = f"{path.parent.name}/{path.name}"
        counts = f"{one.columns} | {one.obvious} | {one.proposed} | {one.right}"
        print(f"| {name} | {counts} | {drafted.key} |")
