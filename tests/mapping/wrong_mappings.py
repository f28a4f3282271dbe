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
    "a later header that begins with a sign": f"{HEAD}  Nom: f_LastName\n  *Ville: f_City\n",
    "no blank after a colon": f"{HEAD}  Nom: {{field:f_LastName}}\n",
    "a header that stands twice among other mistakes": (
        f"{HEAD}  Nom: f_LastName\n  Nom: f_Name\n  Ville: g_City\nduplicates: newest\n"
    ),
    "characters that nobody sees": (
        f"{HEAD}  Nom: {{field: f_Name, type: 'text\u00a0'}}\n"
        "  Rue: {field: f_Rue, type: 'text\u200b'}\n"
        "  Ville:\n    field: f_City\n    type: |\n      text\n"
    ),
    # of the members
    "nothing in the file": "# to be written\n",
    "members that are called otherwise": (
        "nom: n\ncible: dialog-insight\ncolonnes: {Courriel: key_f_EMail}\n"
    ),
    "a field that is called otherwise": f"{HEAD}  Nom: {{champ: f_LastName}}\n",
    "truth and numbers in quotes or other words": (
        f"{HEAD}  Nom: {{field: f_Name, required: yes, trim: 'false', max_length: '5'}}\n"
        "computed: {f_A: {split: Nom, by: x, part: '1'}}\nwhen: {Nom: {filled: no}}\n"
    ),
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
    "codes that are written almost right": (
        f"{HEAD}  A: F_LastName\n  B: f-City\n  C: OptIn_News\n  D: hastrackingconsent\n"
        "  E: EMail\n"
        "  F: ignorer\n  G: {field: g_A, type: date, format: JJ/MM/AAAA}\n"
    ),
    "a target that is written almost right, and a code": (
        f"{_TOP.replace('-', '')}columns: {{A: key_f_A, B: g_B}}\n"
    ),
    # of the types
    "a type that there is not": f"{HEAD}  Intérêts: {{field: f_Interests, type: liste}}\n",
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
        "  B: {field: f_B, pattern: '['}\n  C: {field: f_C, type: postal, region: UK}\n"
    ),
    "options that fit no type of theirs": (
        f"{HEAD}  A: {{field: f_A, type: integer, trim: false, truncate: true, separator: ';'}}\n"
        "  B: {field: f_B, pivot: 30, real_dates: swap, future: reject}\n"
        "  C: {field: f_C, type: date, decimal: comma, extension_field: f_Ext}\n"
        "  D: {field: optin_D, replace: {a: b}, take: first-word, values: {a: yes}}\n"
        f"{EVERYONE}"
    ),
    "options that cannot be what they are": (
        f"{HEAD}  A: {{field: f_A, case: capital, take: word, truncate: yes, max_length: -1}}\n"
        "  B: {field: f_B, replace: Mme, other: ignore, values: {a: b}}\n"
        "  C: {field: f_C, type: date, format: {a: b}, pivot: 130, future: never}\n"
        "  D: {field: f_D, type: phone, region: {colonne: Pays}, format: e-164}\n"
        "  E: {field: f_E, type: decimal, decimal: virgule, real_dates: invert}\n"
    ),
    "options that lack another": (
        f"{HEAD}  A: {{field: f_A, truncate: true}}\n  B: {{field: f_B, other: keep}}\n"
        "  C: {field: f_C, type: date, format: DD/MM/YY}\n"
        "  D: {field: f_D, type: date, format: DD/MM/YYYY, pivot: 30}\n"
        "  E: {field: f_E, type: date, format: []}\n"
    ),
    "options that have no effect": (
        f"{HEAD}  A: {{field: f_A, replace: {{'': x}}}}\n"
        "  B: {field: f_B, type: list, separator: '|'}\n"
        "  C: {field: f_C, values: {'': none}}\n"
        "  D: {field: f_D, blank: {default: ' '}}\n"
    ),
    "options that a key cannot have": (
        "name: newsletter\ntarget: dialog-insight\ncolumns:\n"
        "  Client: {field: key_f_Client, trim: false, type: list}\n"
        "  No: {field: key_f_No, truncate: true, max_length: 9}\n"
        "  D: {field: f_D, type: list, separator: ''}\n"
    ),
    "two formats that read one date in two ways": (
        f"{HEAD}  A: {{field: f_A, type: date, format: [DD/MM/YYYY, MM/DD/YYYY]}}\n"
    ),
    "dates that are never in the future": (
        f"{HEAD}  A: {{field: f_BirthDate, type: date, future: accept}}\n"
        "  B: {field: dtTrackingConsent, future: accept}\n"
    ),
    "an extension that goes nowhere it can": (
        f"{HEAD}  A: {{field: f_A, type: phone, extension_field: optin_Ext}}\n"
        "  B: {field: f_B, type: phone, extension_field: poste}\n"
        "  C: {field: f_C, type: phone, extension_field: f_B}\n"
    ),
    "a choice without values": f"{HEAD}  Langue: {{field: f_Language, type: choice}}\n",
    "values that contradict each other": (
        f"{HEAD}  Langue: {{field: f_Language, values: {{fr: French, FR: Français}}}}\n"
    ),
    "unlisted texts that stand for what they cannot": (
        f"{HEAD}  A: {{field: optin_A, values: {{oui: yes, non: no}}, other: {{value: yes}}}}\n"
        "  B: {field: optin_B, values: {oui: yes, non: no}, other: {value: leave}}\n"
        "  C: {field: f_C, type: boolean, values: {oui: yes}, other: {value: maybe}}\n"
        "  D: {field: f_D, type: choice, values: {a: b}, other: keep}\n"
        f"{EVERYONE}"
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
    "a constant no that its values turn into a yes": (
        f"{HEAD}constants: {{optin_A: {{value: no, values: {{no: yes}}}}}}\n"
    ),
    "a constant yes": f"{HEAD}constants:\n  optin_Newsletter: yes\n",
    "a row of a table that is to be read first": (
        "name: newsletter\ntarget: dialog-insight-table\ntable_id: 7\ncolumns:\n"
        "  Courriel: key_email\nconsent:\n  yes_to: unless-refused\n"
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
    "a header that reads like a refusal, with one answer": (
        f"{HEAD}  STOP SMS: {{field: optin_Sms, values: {{x: no}}}}\n{EVERYONE}"
    ),
    "only some answers of nobody": f"{HEAD}  Infolettre: optin_News\nconsent: {{only: oui}}\n",
    "only yes, to nobody in particular": (
        f"{HEAD}  Infolettre: optin_News\nconsent: {{only: yes}}\n"
    ),
    "a token that says nothing": f"{HEAD}clear_token: ''\n",
    "suppression lists without addresses": (
        "name: newsletter\ntarget: dialog-insight\ncolumns: {Client: key_f_Client}\n"
        "suppress: [do-not-mail.csv]\n"
    ),
    "rows suppressed by no list": f"{HEAD}suppress_rows: true\n",
    "what is written and has no effect": (
        f"{HEAD}merge: {{skip_unmatched: true}}\nsuppress: []\n"
        "rules: {require_one_of: [], unique: []}\n"
        "constants: {f_A: '', f_B: ignore, f_C: {value: x, blank: skip}}\n"
        "computed: {f_D: {template: ' '}}\n"
    ),
    "letters of a consent": (
        f"{HEAD}  Infolettre: {{field: optin_A, case: upper, values: {{Oui: true, Non: non}}}}\n"
        f"{EVERYONE}"
    ),
    "what consents rest on, where it cannot be": (
        f"{HEAD}  Nom: {{field: f_Name, basis: Contrat}}\n"
        f"  News: {{field: optin_A, basis: {'x' * 501}}}\n"
        "  Avis: {field: optin_B, basis: ''}\n  Suivi: {field: optin_C, basis: [a, b]}\n"
        "  Offres: {field: optin_D, basis: {Base légale}}\n"
        "constants: {f_Source: {value: Salon, basis: Contrat}}\n"
        "consent: {yes_to: everyone, basis: 'Salon {'}\n"
    ),
    "what consents rest on, where there are none": (
        f"{HEAD}  Nom: f_Name\nconsent: {{yes_to: everyone, basis: Salon}}\n"
    ),
    "what consents rest on, called otherwise": (
        f"{HEAD}  News: optin_A\nconsent: {{yes_to: everyone, bases: Salon}}\n"
    ),
    # of rows
    "conditions that cannot be read": (
        f"{HEAD}when:\n  Pays: []\n  Statut: {{is: Actif, not: Inactif}}\n  Nom: {{}}\n"
        "  Ville: {filed: true}\n"
    ),
    "rules about fields that there are not": (
        f"{HEAD}  Nom: f_LastName\n  Rue: ignore\nrules:\n"
        "  require_one_of: [f_LastNam, Rue]\n  unique: [[f_Card]]\n"
    ),
    "rules without a field": f"{HEAD}rules: {{unique: [[]], require_one_of: [[]]}}\n",
    "rules that always hold": (
        f"{HEAD}  Nom: f_LastName\nrules:\n  require_one_of: [[key_f_EMail, f_LastName], [Nom]]\n"
        "  unique: [Courriel]\n"
    ),
    # of templates and headers
    "computed fields that are made in two ways, or in none": (
        f"{HEAD}computed:\n  f_A: {{template: '{{Nom}}', join: [A, B]}}\n  f_B: {{by: '-'}}\n"
        "  f_C: {join: [A]}\n  f_D: {split: A}\n  f_E: {split: A, part: 1, by: ''}\n"
        "  f_F: {join: [A, B], part: 2}\n  f_G: {template: '{A}', by: '-'}\n"
    ),
    "a constant without its value": f"{HEAD}constants:\n  f_A: {{type: integer}}\n",
    "a table without its number": (
        "name: n\ntarget: dialog-insight-table\ncolumns: {Total: total}\n"
    ),
    "a table's name in the place of its number": (
        "name: n\ntarget: dialog-insight-table\ntable_id: Orders\n"
        "columns: {No: key_orderNo, Ville: f_City, News: optin_News}\n"
    ),
    "a table's number for contacts": f"{HEAD}table_id: 7\n",
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
