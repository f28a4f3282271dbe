"""Mappings with mistakes, and the page of what is said about them.

``python -m tests.mapping.wrong_mappings`` writes the golden file again: read its diff.
"""

from __future__ import annotations

from pathlib import Path

from importer.errors import UnusableInputError
from tests.mapping.reading import EVERYONE, HEAD, mapping_of

GOLDEN = Path(__file__).parent / "golden" / "mistakes.txt"
_TOP = "name: newsletter\ntarget: dialog-insight\n"

WRONG = {
    # of the text
    "a tab indents a line": f"{_TOP}columns:\n\tCourriel: key_f_EMail\n",
    "a template that is not in quotes": f"{HEAD}computed:\n  f_FullName: {{Prénom}} {{Nom}}\n",
    "a colon within a text": f"{HEAD}  Note: interne: f_Note\n",
    "a bracket that is not closed": f"{HEAD}  Nom: {{field: f_LastName\nmerge: {{mode: upsert}}\n",
    "a quote that is not closed": f"{HEAD}  'Nom: f_LastName\n",
    "a header that begins with a sign": f"{HEAD}  @Compte: f_Account\n",
    "a header that stands twice": f"{HEAD}  Nom: f_LastName\n  Nom: f_Name\n  Courriel: f_EMail\n",
    "two documents in one file": f"{HEAD}---\n{HEAD}",
    "a merge key": f"base: &base {{Nom: f_LastName}}\n{HEAD}  <<: *base\n",
    # of the members
    "nothing in the file": "# to be written\n",
    "a text instead of members": "newsletter\n",
    "a target that there is not": "name: n\ntarget: dialoginsight\ncolumns: {A: key_f_EMail}\n",
    "members that there are not": (
        f"{HEAD}  Nom: {{field: f_LastName, typ: text}}\nduplicate: last\nmerge: {{mod: upsert}}\n"
    ),
    "members that cannot be what they are": (
        f"{HEAD}  Nom: {{field: f_LastName, required: oui, max_length: dix, aliases: Name}}\n"
        "source: {header_row: 0, encoding: klingon, delimiter: ;;;;;}\n"
        "merge: {mode: add}\n"
        "duplicates:\n"
        "unmapped_columns: fail\n"
    ),
    "a source section that says what cannot be": (
        f"{HEAD}source:\n  header_row: first\n  header_rows: 9\n  last_row: -1\n"
        "  delimiter: semi-colon\n  quote: '|'\n  escape: triple\n  ragged_rows: true\n"
        "  other_tables: include\n  hidden_rows: exclude\n  formulas: values\n"
        "  repair_text: perhaps\n  headers: 2\n"
    ),
    "a source section that contradicts itself": (
        f'{HEAD}source: {{header_row: 4, header_rows: 2, last_row: 5, delimiter: "\'", '
        'quote: "\'"}\n'
    ),
    "rows of a header that there is not": (
        f"{HEAD}source:\n  header_row: none\n  header_rows: 2\n"
    ),
    "a word that is no delimiter": f"{HEAD}source: {{delimiter: xyz}}\n",
    "columns without a field": (
        f"{HEAD}  Nom:\n  Prénom: [f_FirstName, f_Name]\n  Ville: {{type: text}}\n"
        "  Pays: {field: []}\n  Rue: {field: ignore}\n"
    ),
    "a computed field that is not in quotes": f"{HEAD}computed:\n  f_FullName: {{Nom}}\n",
    # of the field codes
    "a prefix that there is not": f"{HEAD}  Nom: g_LastName\nconstants: {{Source: Salon}}\n",
    "a code that is too long": f"{HEAD}  Nom: f_{'LastName' * 4}\n",
    "a code with an accent": f"{HEAD}  Prénom: f_Prénom\n",
    "two columns to one field": (
        f"{HEAD}  Cellulaire: f_MobilePhone\n  Mobile: f_MobilePhone\n"
        "constants: {f_MobilePhone: none}\n"
    ),
    "no key": f"{_TOP}columns:\n  Courriel: f_EMail\n",
    "the same key in every row": f"{_TOP}columns:\n  Nom: f_Name\nconstants: {{key_f_Id: salon}}\n",
    # of the types
    "a type that there is not": f"{HEAD}  Intérêts: {{field: f_Interests, type: list}}\n",
    "types that the fields cannot have": (
        "name: newsletter\ntarget: dialog-insight\ncolumns:\n"
        "  Courriel: {field: key_f_EMail, type: text}\n"
        "  Infolettre: {field: optin_Newsletter, type: boolean}\n"
        f"  Suivi: {{field: f_Tracking, type: consent}}\n{EVERYONE}"
    ),
    "options of another type": (
        f"{HEAD}  Nom: {{field: f_LastName, format: DD/MM/YYYY, region: CA}}\n"
        "  Né le: {field: f_BirthDate, type: date, case: upper, max_length: 10}\n"
    ),
    "formats that cannot be read": (
        f"{HEAD}  A: {{field: f_A, type: date, format: JJ/MM/AAAA}}\n"
        "  B: {field: f_B, type: date, format: DD/MM/YY}\n"
        "  C: {field: f_C, type: date, format: '%d/%m/%Y'}\n"
        "  D: {field: f_D, type: datetime, format: DD/MM/YYYY}\n"
    ),
    "regions and patterns that are none": (
        f"{HEAD}  A: {{field: f_A, type: phone, region: Canada}}\n"
        "  B: {field: f_B, pattern: '['}\n"
    ),
    "a choice without values": f"{HEAD}  Langue: {{field: f_Language, type: choice}}\n",
    "values that contradict each other": (
        f"{HEAD}  Langue: {{field: f_Language, values: {{fr: French, FR: Français}}}}\n"
    ),
    # of blanks and keys
    "a blank that clears a key or a consent": (
        "name: newsletter\ntarget: dialog-insight\ncolumns:\n"
        "  Courriel: {field: key_f_EMail, blank: clear, on_invalid: skip}\n"
        "  Infolettre: {field: optin_Newsletter, blank: clear}\n"
        "  Date: {field: dtTrackingConsent, blank: clear}\n"
        f"  Nom: {{field: f_LastName, required: true, blank: {{default: X}}}}\n{EVERYONE}"
    ),
    "a blank that means nothing known": (
        f"{HEAD}  Nom: {{field: f_LastName, blank: empty}}\n"
        "  Ville: {field: f_City, blank: {defaut: Laval}}\n"
        "  Pays: {field: f_Country, blank: true}\n"
    ),
    # of consents
    "nobody said who gets a yes": (
        f"{HEAD}  Infolettre: optin_Newsletter\n  Suivi: hasTrackingConsent\n"
    ),
    "a constant yes": f"{HEAD}constants:\n  optin_Newsletter: yes\n",
    "a yes only to new contacts": (
        f"{HEAD}  Infolettre: optin_Newsletter\nconsent:\n  yes_to: new\n"
    ),
    "a yes unless refused": (
        f"{HEAD}  Infolettre: optin_Newsletter\nconsent:\n  yes_to: unless-refused\n"
    ),
    "a yes to somebody else": f"{HEAD}  Infolettre: optin_Newsletter\nconsent: {{yes_to: all}}\n",
    "answers that are none": (
        f"{HEAD}  Infolettre: {{field: optin_Newsletter, values: {{Oui: oui, Non: No, '?': }}}}\n"
        "  Actif: {field: f_Active, type: boolean, values: {A: leave}}\n"
        "  Suivi: {field: hasTrackingConsent, values: {Oui: yes}, blank: {default: no}}\n"
        f"constants: {{optin_Sms: peut-être}}\n{EVERYONE}"
    ),
    "a header that reads like a refusal": (
        f"{HEAD}  Désabonné: optin_Newsletter\ncomputed:\n  optin_Sms: '{{Ne pas texter}}'\n"
        f"{EVERYONE}"
    ),
    # of templates and headers
    "brackets that name nothing": (
        f"{HEAD}constants:\n  f_A: 'a {{}} b'\ncomputed:\n  f_B: '{{Courriel'\n"
    ),
    "one header for two columns": (
        f"{HEAD}  Email: {{field: f_Second, aliases: [Courriel, E-mail]}}\n"
    ),
    "mistakes of every kind at once": (
        "target: dialog-insight\ncolumns:\n  Nom: g_LastName\n  Ville: {field: f_City, typ: text}\n"
        "  Code: {field: f_City, max_length: ten}\n"
        "  Infolettre: optin_Newsletter\ncomputed:\n  f_FullName: '{'\nduplicates: newest\n"
    ),
}


def page() -> str:
    """Write all that is said, each mapping's mistakes under its title."""
    return "\n".join(f"# {title}\n{_said(text)}\n" for title, text in WRONG.items())


def _said(text: str) -> str:
    try:
        mapping_of(text)
    except UnusableInputError as error:
        return str(error)
    return "(nothing)"


if __name__ == "__main__":
    GOLDEN.write_text(page(), encoding="utf-8", newline="\n")
