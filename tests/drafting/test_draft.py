"""The command ``mapping new``, from a file to a draft that can be checked and used."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from importer.drafting import draft, slug
from importer.errors import UnusableInputError
from tests.runs.workshop import Workshop

CONTACTS = """\
Courriel;Prénom;Nom;Cellulaire;Date de naissance;Infolettre;Courriel du conjoint
a@example.com;Ada;Roy;514 555-0101;31/01/1980;Oui;b@example.com
c@example.com;Luc;Côté;418 555-0102;22/03/1999;Non;
"""


def book(workshop: Workshop, **sheets: list[list[str]]) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for title, rows in sheets.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(row)
    path = workshop.folder / "book.xlsx"
    made.save(path)
    return path


def test_draft_is_a_mapping_that_fits_its_file(workshop: Workshop) -> None:
    workshop.write("Liste d'été.csv", CONTACTS)
    done = workshop.importer("mapping", "new", "Liste d'été.csv", "-o", "mappings/ete.yaml")
    assert (done.code, done.out, done.lines) == (0, "", ["Written: mappings/ete.yaml"])
    text = (workshop.folder / "mappings/ete.yaml").read_text(encoding="utf-8")
    assert "name: liste-d-ete\n" in text
    assert '#   importer mapping check ete "Liste d\'été.csv"\n' in text
    checked = workshop.importer("mapping", "check", "ete", "Liste d'été.csv")
    assert checked.code == 0
    assert "Courriel du conjoint" in checked.err
    assert "Infolettre" in checked.err
    assert workshop.importer("check", "Liste d'été.csv", "-m", "ete", "--offline").code in {0, 2}


def test_draft_goes_to_stdout_and_its_columns_to_json(workshop: Workshop) -> None:
    workshop.write("people.csv", CONTACTS)
    done = workshop.importer("mapping", "new", "people.csv", "--name", "spring")
    assert (done.code, done.err) == (0, "")
    assert "name: spring\n" in done.out
    members = workshop.importer("mapping", "new", "people.csv", "--name", "spring", "--json").json
    assert members["draft"] == done.out
    assert (members["name"], members["key"], members["written"]) == ("spring", "Courriel", None)
    assert {p["column"]: p["field"] for p in members["proposals"] if not p["commented"]} == {
        "Courriel": "key_f_EMail", "Prénom": "f_FirstName", "Nom": "f_LastName",
        "Cellulaire": "f_MobilePhone", "Date de naissance": "f_BirthDate",
    }  # fmt: skip
    written = workshop.importer("mapping", "new", "people.csv", "-o", "d.yaml", "--json").json
    assert written["written"] == "d.yaml"
    assert written["draft"].encode() == (workshop.folder / "d.yaml").read_bytes()


def test_quiet_says_only_what_stands_in_the_way(workshop: Workshop) -> None:
    workshop.write("a.csv", CONTACTS)
    done = workshop.importer("mapping", "new", "a.csv", "-o", "a.yaml", "-q")
    assert (done.code, done.out, done.err) == (0, "", "")
    workshop.write("b.csv", "Ville\nLaval\nAlma\n")
    done = workshop.importer("mapping", "new", "b.csv", "-o", "b.yaml", "-q")
    assert done.code == 0
    assert "No column is surely the key" in done.err


def test_file_that_is_there_is_not_overwritten(workshop: Workshop) -> None:
    workshop.write("a.csv", CONTACTS)
    kept = workshop.write("a.yaml", "mine")
    done = workshop.importer("mapping", "new", "a.csv", "-o", "a.yaml")
    assert (done.code, done.out) == (4, "")
    assert done.lines == ["importer: a.yaml is there already: name another file with -o"]
    assert kept.read_text() == "mine"
    done = workshop.importer("mapping", "new", "a.csv", "-o", "a.csv/a.yaml")
    assert done.code == 4
    assert "a.csv/a.yaml cannot be written" in done.err


@pytest.mark.parametrize("name", ["", "a b", "../a", "-x"])
def test_name_that_no_run_can_have_is_wrong_usage(workshop: Workshop, name: str) -> None:
    workshop.write("a.csv", CONTACTS)
    assert workshop.importer("mapping", "new", "a.csv", f"--name={name}").code == 2


def test_unreadable_file_is_no_draft(workshop: Workshop) -> None:
    assert workshop.importer("mapping", "new", "none.csv").code == 4


# --- an account's fields --------------------------------------------------------------------------


def test_with_a_connection_only_the_fields_of_its_account_are_proposed(workshop: Workshop) -> None:
    workshop.write("a.csv", CONTACTS.replace("Courriel du conjoint", "Téléphone"))
    done = workshop.importer("mapping", "new", "a.csv", "-c", "local", "--json")
    members = done.json
    fields = {p["column"]: p["field"] for p in members["proposals"]}
    assert members["connection"] == "local"
    assert "connection: local" in members["draft"]
    assert fields["Courriel"] == "key_f_EMail"
    assert fields["Infolettre"] == "optin_Newsletter"
    assert fields["Téléphone"] is None  # the account has only kinds of phones
    assert "First name" in members["draft"]
    assert "optin_Promotions (Promotions)" in members["draft"]


def test_fields_that_the_account_requires_are_required_or_named(workshop: Workshop) -> None:
    from importer.drafting.draft import _with_required
    from importer.drafting.proposal import Certainty, Proposal

    key = Proposal("E", "key_f_EMail", (), "", Certainty.SURE)
    name = Proposal("N", "f_LastName", (), "", Certainty.SURE)
    marked, lacking = _with_required([key, name], frozenset({"f_EMail", "f_LastName", "f_Ville"}))
    assert marked[0] == key
    assert dict(marked[1].options) == {"required": "true"}
    assert lacking == ("f_Ville",)


def test_account_that_cannot_be_asked_is_no_draft(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.write("a.csv", CONTACTS)
    assert workshop.importer("mapping", "new", "a.csv", "-c", "nowhere").code == 4
    monkeypatch.setenv("SANDBOX_KEY", "wrong")
    done = workshop.importer("mapping", "new", "a.csv", "-c", "local")
    assert (done.code, done.out) == (4, "")
    assert "cannot be asked for its fields" in done.err


# --- sheets and several files ---------------------------------------------------------------------

ROWS = [["Email", "City"], ["a@example.com", "Laval"], ["b@example.com", "Alma"]]


def test_of_several_sheets_the_first_is_drafted_and_the_others_are_named(
    workshop: Workshop,
) -> None:
    book(workshop, Clients=ROWS, Members=[["E-mail"], ["c@example.com"]])
    done = workshop.importer("mapping", "new", "book.xlsx")
    assert done.code == 0
    assert "source: {sheet: Clients}\n" in done.out
    assert "# Not looked at: book.xlsx, sheet Members." in done.out
    assert done.lines == ["Not looked at: book.xlsx, sheet Members"]
    done = workshop.importer("mapping", "new", "book.xlsx", "--sheet", "Members")
    assert "source: {sheet: Members}\n" in done.out
    assert "E-mail: key_f_EMail" in done.out
    assert workshop.importer("mapping", "new", "book.xlsx", "--sheet", "None").code == 4


def test_only_sheet_needs_no_name(workshop: Workshop) -> None:
    book(workshop, Clients=ROWS)
    assert "source:" not in workshop.importer("mapping", "new", "book.xlsx").out


def test_standard_input_is_drafted_from_too(workshop: Workshop) -> None:
    done = workshop.importer("mapping", "new", "-", stdin=CONTACTS.encode())
    assert done.code == 0
    assert "name: contacts\n" in done.out
    assert workshop.importer("mapping", "new", "-", stdin=b"").code == 4


def test_empty_table_is_drafted_by_its_headers_alone(workshop: Workshop) -> None:
    workshop.write("a.csv", CONTACTS.splitlines()[0] + "\n")
    drafted = draft("a.csv")
    assert drafted.key == "Courriel"
    dates = next(one for one in drafted.proposals if one.column == "Date de naissance")
    assert dates.commented


def test_column_of_a_name_that_stands_twice_goes_nowhere(workshop: Workshop) -> None:
    workshop.write("a.csv", "Email,Ville,Ville\na@example.com,Laval,Alma\n")
    assert workshop.importer("mapping", "new", "a.csv", "-o", "a.yaml").code == 0
    assert workshop.importer("mapping", "check", "a.yaml", "a.csv").code == 0
    text = (workshop.folder / "a.yaml").read_text(encoding="utf-8")
    assert "# Ville (2): ignore" in text


def test_unreadable_workbook_says_so(workshop: Workshop) -> None:
    workshop.write("a.xlsx", b"PK\x03\x04 no workbook")
    with pytest.raises(UnusableInputError):
        draft("a.xlsx")


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("dossier/Liste d'Été 2026.CSV", "liste-d-ete-2026"),
        ("C:\\x\\Clients.xlsx", "clients"),
        ("-", "contacts"),
        ("???.csv", "contacts"),
        (".hidden", "hidden"),
        ("a" * 100 + ".csv", "a" * 60),
    ],
)
def test_name_of_a_mapping_is_made_of_the_files(file: str, name: str) -> None:
    assert slug(file) == name
