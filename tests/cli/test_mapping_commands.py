"""``mapping check`` with a file that drifted, and ``mapping convert``."""

from __future__ import annotations

import openpyxl
import pytest

from importer import targets
from tests.runs.workshop import PEOPLE, Workshop

# --- mapping check --------------------------------------------------------------------------------


def test_mistakes_have_their_place_on_the_screen_and_in_json(workshop: Workshop) -> None:
    workshop.write("mappings/people.yaml", PEOPLE.replace("f_City", "field_City"))
    done = workshop.importer("mapping", "check", "people")
    assert done.code == 4
    assert done.lines[0].startswith('importer: mappings/people.yaml:6:10: "field_City"')
    done = workshop.importer("mapping", "check", "people", "--json")
    (mistake,) = done.json["mistakes"]
    assert list(mistake) == ["file", "line", "column", "message"]
    assert (mistake["line"], mistake["column"]) == (6, 10)
    assert (done.json["warnings"], done.json["drift"], done.json["consents_only"]) == (
        [],
        None,
        None,
    )


def test_warnings_have_their_place(workshop: Workshop) -> None:
    more = "constants:\n  optin_News: yes\nconsent: {yes_to: everyone}\n"
    workshop.write("mappings/people.yaml", PEOPLE + more)
    done = workshop.importer("mapping", "check", "people")
    assert done.code == 0
    assert done.lines[0].startswith("Warning: mappings/people.yaml:9:15: optin_News is set to yes")


def test_drift_is_told_where_the_mapping_does_not_fit(workshop: Workshop) -> None:
    workshop.write("drifted.csv", "Emails,City,Till\na@example.com,B,1\n")
    done = workshop.importer("mapping", "check", "people", "drifted.csv", "--json")
    assert done.code == 4
    assert done.json["drift"] == {
        "new": ["Till"],
        "missing": ["First"],
        "renamed": [["Email", "Emails"]],
        "reordered": False,
    }
    done = workshop.importer("mapping", "check", "people", "drifted.csv")
    assert "`Email: {field: key_f_EMail, aliases: [Emails]}`" in done.lines[0]
    assert 'No entry of the mapping names "Emails", "Till".' in done.lines[1]


def test_another_order_is_told_and_is_no_mistake(workshop: Workshop) -> None:
    workshop.write("moved.csv", "Till,City,First,Email\n1,A,B,a@example.com\n")
    done = workshop.importer("mapping", "check", "people", "moved.csv")
    assert done.code == 0
    assert done.lines[0].startswith(
        'Warning: moved.csv: no entry of the mapping names the column "'
    )
    assert "stand in another order" in done.lines[1]
    assert len(done.lines) == 2
    done = workshop.importer("mapping", "check", "people", "moved.csv", "--json")
    assert done.json["drift"]["reordered"] is True
    assert done.json["drift"]["new"] == ["Till"]
    quiet = workshop.importer("mapping", "check", "people", "moved.csv", "-q")
    assert len(quiet.lines) == 1


def test_a_file_without_a_header_is_said_to_be_told_by_position(workshop: Workshop) -> None:
    mapping = PEOPLE.replace("Email:", "column 1:").replace("First:", "column 2:")
    mapping = mapping.replace("City:", "column 3:") + "source: {header_row: none}\n"
    workshop.write("mappings/people.yaml", mapping)
    workshop.write("bare.csv", "a@example.com,A,B\nb@example.com,A,B\n")
    done = workshop.importer("mapping", "check", "people", "bare.csv")
    assert done.code == 0
    assert "columns are told by their place" in done.lines[0]


def test_a_mapping_of_consents_alone_is_recognised(workshop: Workshop) -> None:
    text = PEOPLE.replace("f_FirstName", "optin_News").replace("f_City", "optin_Sms")
    workshop.write("mappings/people.yaml", text + "consent: {yes_to: everyone}\n")
    done = workshop.importer("mapping", "check", "people")
    assert done.out.rstrip().endswith("It writes consents only.")
    assert workshop.importer("mapping", "check", "people", "--json").json["consents_only"] is True
    workshop.write("mappings/people.yaml", PEOPLE)
    assert "consents only" not in workshop.importer("mapping", "check", "people").out


# --- mapping convert ------------------------------------------------------------------------------

SHEET = 'Colonne;Champ;Valeurs\nCourriel;key_f_EMail;\nNews;optin_News;"Oui=yes; Non=no"\n'
TWO = "Courriel,key_f_EMail\nNom,f_LastName\n"


def test_a_sheet_of_two_columns_becomes_a_mapping_that_can_be_used(workshop: Workshop) -> None:
    workshop.write("Liste été.csv", TWO)
    done = workshop.importer("mapping", "convert", "Liste été.csv")
    assert (done.code, done.err) == (0, "")
    assert "name: liste-ete\n" in done.out
    assert done.out.endswith("columns:\n  Courriel: key_f_EMail\n  Nom:      f_LastName\n")
    written = workshop.importer("mapping", "convert", "Liste été.csv", "-o", "mappings/liste.yaml")
    assert written.lines == ["Written: mappings/liste.yaml"]
    assert (workshop.folder / "mappings/liste.yaml").read_text(encoding="utf-8") == done.out
    assert workshop.importer("mapping", "check", "liste").code == 0


def test_a_file_that_is_there_is_not_written_over(workshop: Workshop) -> None:
    workshop.write("map.csv", TWO)
    workshop.write("there.yaml", "x")
    done = workshop.importer("mapping", "convert", "map.csv", "-o", "there.yaml")
    assert (done.code, done.lines) == (
        4,
        ["importer: there.yaml is there already: name another file with -o"],
    )
    assert (workshop.folder / "there.yaml").read_text() == "x"


def test_a_workbook_may_hold_the_mapping_in_one_of_its_sheets(workshop: Workshop) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active.append(["Nothing here"])
    sheet = book.create_sheet("Mapping")
    sheet.append(["Column", "Field", "Required", "Max length", "Values"])
    sheet.append(["Email", "key_f_EMail", True])
    sheet.append([])
    sheet.append([2026, "f_Year", None, 4])
    sheet.append(["Langue", "f_Language", None, None, "Français=fr\nAnglais=en"])
    book.save(workshop.folder / "map.xlsx")
    done = workshop.importer("mapping", "convert", "map.xlsx", "--sheet", "Mapping", "--name", "a")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[1:] == [
        "name: a",
        "target: dialog-insight",
        "columns:",
        "  Email:  {field: key_f_EMail, required: true}",
        '  "2026": {field: f_Year, max_length: 4}',
        "  Langue: {field: f_Language, values: {Français: fr, Anglais: en}}",
    ]
    sheet.append(["Prénom", "g_First"])
    book.save(workshop.folder / "map.xlsx")
    done = workshop.importer("mapping", "convert", "map.xlsx", "--sheet", "Mapping")
    assert done.lines[0].startswith('importer: map.xlsx, sheet Mapping, row 6: "g_First" does not')
    done = workshop.importer("mapping", "convert", "map.xlsx", "--sheet", "all")
    assert "map.xlsx holds several tables: choose one with --sheet" in done.lines[0]


def test_a_cell_that_cannot_be_read_is_said_with_its_row(workshop: Workshop) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Email", "key_f_EMail"])
    book.active.append(["Nom", "#REF!"])
    book.active["B2"].data_type = "e"
    book.save(workshop.folder / "map.xlsx")
    done = workshop.importer("mapping", "convert", "map.xlsx")
    assert done.code == 4
    assert "row 2: " in done.lines[0]
    assert "#REF!" in done.lines[0]


def test_the_question_who_gets_a_yes_is_told(workshop: Workshop) -> None:
    workshop.write("map.csv", SHEET)
    done = workshop.importer("mapping", "convert", "map.csv")
    assert done.code == 0
    assert done.out.endswith("# consent: {yes_to: everyone}\n")
    assert done.lines[0].startswith("Before it can be used: a yes of optin_News could reach")
    told = workshop.importer("mapping", "convert", "map.csv", "--json").json
    assert list(told) == ["name", "target", "mapping", "written", "open_question"]
    assert told["mapping"] == done.out
    assert told["open_question"].startswith("a yes of optin_News")


def test_json_tells_where_the_mapping_was_written(workshop: Workshop) -> None:
    workshop.write("map.csv", TWO)
    told = workshop.importer("mapping", "convert", "map.csv", "-o", "a.yaml", "--json").json
    assert (told["written"], told["open_question"]) == ("a.yaml", None)
    assert workshop.importer("mapping", "convert", "map.csv", "-o", "b.yaml", "-q").err == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["map.csv", "--target", "dialoginsight"], 'Did you mean "dialog-insight"?'),
        (["map.csv", "--target", "zzz"], "There are: dialog-insight, "),
        (["absent.csv"], "absent.csv"),
        (["."], "means 2 files: name one"),
        (["map.csv", "-o", "map.csv/news.yaml"], "map.csv/news.yaml cannot be written"),
    ],
)
def test_what_cannot_be_converted_is_said(
    workshop: Workshop, arguments: list[str], words: str
) -> None:
    workshop.write("map.csv", TWO)
    workshop.write("other.csv", TWO)
    done = workshop.importer("mapping", "convert", *arguments)
    assert (done.code, done.out) == (4, "")
    assert words in done.err


def test_what_cannot_be_converted_is_told_in_json_too(workshop: Workshop) -> None:
    workshop.write("map.csv", "Courriel,key_f_EMail\nNom,g_Nom\n")
    done = workshop.importer("mapping", "convert", "map.csv", "--json")
    assert done.code == 4
    (mistake,) = done.json["mistakes"]
    assert (mistake["file"], mistake["row"]) == ("map.csv", 2)
    assert '"g_Nom"' in mistake["message"]
    workshop.write("there.yaml", "x")
    done = workshop.importer("mapping", "convert", "map.csv", "-o", "there.yaml", "--json")
    assert done.code == 4
    assert "is there already" in done.json["mistakes"][0]["message"]


def test_what_cannot_be_drafted_is_told_in_json_too(workshop: Workshop) -> None:
    done = workshop.importer("mapping", "new", "absent.csv", "--json")
    assert done.code == 4
    assert "absent.csv" in done.json["mistakes"][0]["message"]


def test_a_workbook_of_several_sheets_is_told_how_to_choose_one(workshop: Workshop) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Email", "key_f_EMail"])
    book.create_sheet("Deux mots").append(["Email", "key_f_EMail"])
    book.save(workshop.folder / "map.xlsx")
    done = workshop.importer("mapping", "convert", "map.xlsx")
    assert done.code == 4
    assert 'choose one with --sheet Sheet or --sheet "Deux mots"\n' in done.err


def test_the_schema_lists_the_targets(workshop: Workshop) -> None:
    told = workshop.importer("mapping", "schema").json
    assert told["properties"]["target"]["enum"] == [*targets.names()]


def test_a_file_of_very_many_rows_is_no_mapping(workshop: Workshop) -> None:
    workshop.write("map.csv", "a,ignore\n" * 10_001)
    done = workshop.importer("mapping", "convert", "map.csv")
    assert done.lines == ["importer: map.csv has more rows than a mapping can have"]


def test_files_are_checked_with_a_mapping_that_was_a_sheet(workshop: Workshop) -> None:
    workshop.write("map.csv", "Column,Field,Aliases\nEmail,key_f_EMail,E-mail; Mail\nNo,f_No,\n")
    done = workshop.importer("mapping", "convert", "map.csv", "-o", "mappings/map.yaml")
    assert done.code == 0
    workshop.write("people.csv", "MAIL,No\na@example.com,00012\n")
    assert workshop.importer("check", "people.csv", "-m", "map").code == 0
