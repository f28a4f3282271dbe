"""The rows to fix, mended and dropped in again: as CSV, as a workbook, saved by an office."""

from __future__ import annotations

import csv
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from importer.tables import NO_CELL
from tests.runs.workshop import SETTINGS, TOP, Workshop

if TYPE_CHECKING:
    from tests.offices import Office

# The planted mistakes of the sample: first name -> header -> what belongs there.
MENDED = {
    "Bastien": {"E-mail": "bastien.morin@example.com"},
    "Carole": {"E-mail": "carole.dion@example.com"},
    "David": {"Cellulaire": "+1 418 555-0164"},
    "Estelle": {"Date de naissance": "28/02/1990"},
    "Fabrice": {"Date de naissance": "1990-03-01"},  # ISO, beside the mapping's DD/MM/YYYY
    "Gisèle": {"Infolettre": "Non"},
    "Hubert": {
        "Date de naissance": "", "Infolettre": "", "Ville": "Hull", "No client": "00308",
        "Notes": "",
    },
    "Irène": {"Ville": "Gatineau, QC", "No client": "00309", "Notes": "Virgule"},
    "Mathieu": {"Ville": "Saint-Télesphore"},
    "Quincy": {"Cellulaire": "514 555-0180", "Date de naissance": "28/02/1986"},
}  # fmt: skip
WHOLE_ROW = {"Irène", "Mathieu"}  # the first has a cell too many, the second was refused


@pytest.fixture
def always_a_workbook(workshop: Workshop) -> None:
    workshop.write("importer.yaml", f"{SETTINGS}reports: {{workbook: always}}\n")


@pytest.fixture
def dirty(workshop: Workshop, always_a_workbook: None) -> Workshop:
    """A workshop in which the dirty sample was imported."""
    shutil.copy(TOP / "sample_data" / "demo-3-dirty.csv", workshop.folder)
    shutil.copy(TOP / "mappings" / "demo.yaml", workshop.folder / "mappings")
    done = workshop.importer("run", "demo-3-dirty.csv", "-m", "demo", "--yes")
    assert done.code == 3, done.err
    assert (workshop.totals()["invalid"], workshop.totals()["rejected"]) == (9, 1)
    return workshop


def mend(path: Path, keep: Callable[[str], bool] = lambda _: True) -> None:
    """Mend the cells that have a comment, as a person would; others stay as they are."""
    book = openpyxl.load_workbook(path)
    (name,) = [name for name in book.sheetnames if book[name].cell(1, 2).value == "Prénom"]
    sheet: Any = book[name]
    header = [cell.value for cell in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        first_name = row[1].value
        if not keep(first_name):
            continue
        named = {header[cell.column - 1] for cell in row if cell.comment is not None}
        for column, text in MENDED[first_name].items():
            cell = row[header.index(column)]
            assert column in named or first_name in WHOLE_ROW or cell.value == NO_CELL
            cell.value = text or None
        for cell in row[header.index("import_errors") + 1 :]:
            cell.value = None
    book.save(path)


def taken(workshop: Workshop, name: str = "to-fix.xlsx") -> Path:
    return Path(shutil.copy(workshop.run_folder() / name, workshop.folder / name))


def run_again(workshop: Workshop, path: Path) -> None:
    done = workshop.importer("run", path.name, "-m", "demo", "--yes")
    assert done.code == 0, done.err
    assert set(workshop.totals()) <= {"created", "updated"}


def assert_arrived(workshop: Workshop) -> None:
    assert workshop.contact("bastien.morin@example.com")["f_CustomerNo"] == "00302"
    assert workshop.contact("fabrice.jean@example.com")["f_BirthDate"] == "1990.03.01"
    assert workshop.contact("irene.mercier@example.com")["f_City"] == "Gatineau, QC"
    assert workshop.contact("hubert.lemay@example.com")["f_City"] == "Hull"
    assert workshop.contact("mathieu.piche@example.com")["f_City"] == "Saint-Télesphore"


def test_the_workbook_mended_where_its_comments_say_is_good_throughout(dirty: Workshop) -> None:
    path = taken(dirty)
    mend(path)
    run_again(dirty, path)
    assert sum(dirty.totals().values()) == len(MENDED)
    assert_arrived(dirty)


def test_the_csv_file_mended_is_good_throughout(dirty: Workshop) -> None:
    path = taken(dirty, "to-fix.csv")
    header, *rows = csv.reader(path.read_text("utf-8-sig").splitlines())
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        for row in rows:
            cells = dict(zip(header, row, strict=False)) | MENDED[row[1]]
            writer.writerow([cells[column] for column in header[:-1]] + ["was wrong"])
    run_again(dirty, path)
    assert sum(dirty.totals().values()) == len(MENDED)
    assert_arrived(dirty)


def test_the_workbook_without_its_first_sheet_is_known_all_the_same(dirty: Workshop) -> None:
    path = taken(dirty)
    mend(path)
    book = openpyxl.load_workbook(path)
    del book[book.sheetnames[0]]
    book.save(path)
    run_again(dirty, path)


def test_rows_that_were_not_mended_are_found_out_again(dirty: Workshop) -> None:
    path = taken(dirty)
    mend(path, keep=lambda first_name: first_name in {"Bastien", "Irène", "Mathieu"})
    done = dirty.importer("run", path.name, "-m", "demo", "--yes")
    assert done.code == 3
    assert dirty.totals() == {"created": 3, "invalid": 7}
    again = openpyxl.load_workbook(dirty.run_folder() / "to-fix.xlsx").worksheets[1]
    assert again.max_row == 1 + 7


def test_saved_by_an_office_and_mended_there_it_is_good(dirty: Workshop, converted: Office) -> None:
    path = Path(shutil.copy(converted(taken(dirty), to="xlsx"), dirty.folder / "mended.xlsx"))
    mend(path)
    again = Path(shutil.copy(converted(path, to="xlsx"), dirty.folder / "again.xlsx"))
    run_again(dirty, again)
    assert_arrived(dirty)


MAPPING = """\
name: people
target: dialog-insight
source: {delimiter: ",", header_row: 1, last_row: end, encoding: utf-8, repair_text: false}
columns:
  Email: key_f_EMail
  Phone: {field: f_MobilePhone, type: phone, region: CA}
  Born:  {field: f_BirthDate, type: date, format: DD/MM/YYYY}
  News:  {field: optin_Newsletter, type: consent, values: {Oui: yes, Non: no}}
  Notes: f_Notes
merge: {mode: upsert}
consent: {yes_to: everyone}
"""
NOTES = (
    "", "=1+1", "'=1", "x;=1", "-5", "+1 514 555-0123", "a\nb", "a;b", 'say "yes"', "<r>a</r>",
    "007", "_x0041_", " both ", "Please call back later.", NO_CELL[1:], "- a\n- b", "#N/B",
)  # fmt: skip


def some_rows(count: int) -> Iterator[list[str]]:
    chance = random.Random(4)
    for number in range(count):
        row = [
            chance.choice([f"person{number}@example.com", f"person{number}@", f"x{number}"]),
            chance.choice(["", "514 555-0123", "12-34", "=514", "+1 514 555-0123"]),
            chance.choice(["", "31/12/1990", "31/02/1990", "1990", "12/13/1990"]),
            chance.choice(["", "Oui", "Non", "Peut-être", "-"]),
            chance.choice(NOTES),
        ]
        wrong = chance.random()
        if wrong < 0.1:
            yield row[: chance.randint(2, 4)]
        elif wrong < 0.2:
            yield [*row, *chance.choices([*NOTES[1:8]], k=chance.randint(1, 3))]
        else:
            yield row


def verdicts(workshop: Workshop) -> list[tuple[str, ...]]:
    told = ("key", "verdict", "code", "field")
    return [tuple(line[name] for name in told) for line in workshop.results()]


@pytest.mark.parametrize("name", ["to-fix.csv", "to-fix.xlsx"])
def test_what_is_dropped_in_unmended_has_the_same_verdicts(
    workshop: Workshop, always_a_workbook: None, name: str
) -> None:
    workshop.write("mappings/people.yaml", MAPPING)
    with (workshop.folder / "people.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["Email", "Phone", "Born", "News", "Notes"], *some_rows(300)])
    assert workshop.importer("check", "people.csv", "-m", "people").code == 3
    wrong = [line for line in verdicts(workshop) if line[1] == "invalid"]
    assert 150 < len(wrong) < 300
    for _ in range(2):
        done = workshop.importer("check", taken(workshop, name).name, "-m", "people")
        assert done.code == 3, done.err
        assert verdicts(workshop) == wrong
    first, *_, last = workshop.run_folders()
    for report in ("to-fix.csv", "to-fix.xlsx"):
        assert rows_of(last / report) == rows_of(first / report)


def rows_of(report: Path) -> list[list[Any]]:
    """Give the rows of a report without what it says of them."""
    if report.suffix == ".csv":
        with report.open(encoding="utf-8-sig", newline="") as stream:
            return [row[:-1] for row in csv.reader(stream)]
    sheet: Any = openpyxl.load_workbook(report).worksheets[1]
    return [[cell.value for cell in (*row[:5], *row[6:])] for row in sheet.iter_rows()]


@pytest.mark.parametrize("mark", ["Import_Errors", "IMPORT_ERRORS ", " import_errors"])
def test_a_csv_of_ours_is_known_however_its_last_header_is_written(
    workshop: Workshop, mark: str
) -> None:
    workshop.write("mappings/people.yaml", MAPPING)
    row = "a@example.com,,1990-12-31,,'=1+1,why"
    workshop.write("mended.csv", f"Email,Phone,Born,News,Notes,{mark}\n{row}\n")
    done = workshop.importer("run", "mended.csv", "-m", "people", "--yes")
    assert done.code == 0, done.err
    assert workshop.contact("a@example.com")["f_Notes"] == "=1+1"


@pytest.mark.parametrize(
    ("header", "row"),
    [("import_errors,Email,Notes", "why,a@example.com,'=1+1"),
     ("Email,Notes,Import_errors,Mine", "a@example.com,'=1+1,why,x")],
)  # fmt: skip
def test_a_file_of_ours_that_lost_its_shape_is_refused_and_not_read_with_our_apostrophes(
    workshop: Workshop, header: str, row: str
) -> None:
    workshop.write("mappings/people.yaml", MAPPING)
    workshop.write("mended.csv", f"{header}\n{row}\n")
    done = workshop.importer("run", "mended.csv", "-m", "people", "--yes")
    assert done.code == 4
    assert "import_errors is not its last column any more" in done.err
    assert not workshop.contacts()


@pytest.mark.parametrize(
    ("file", "setting", "written"),
    [
        ("demo-3-dirty.csv", "auto", False),
        ("dirty.xlsx", "auto", True),
        ("dirty.xlsx", "never", False),
        ("demo-3-dirty.csv", "always", True),
    ],
)
def test_a_workbook_is_written_as_the_setting_says_and_named_in_the_next_step(
    workshop: Workshop, file: str, setting: str, written: bool
) -> None:
    shutil.copy(TOP / "mappings" / "demo.yaml", workshop.folder / "mappings")
    shutil.copy(TOP / "sample_data" / "demo-3-dirty.csv", workshop.folder)
    book = openpyxl.Workbook()
    with (workshop.folder / "demo-3-dirty.csv").open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.reader(stream):
            book.worksheets[0].append(row)
    book.save(workshop.folder / "dirty.xlsx")
    workshop.write("importer.yaml", f"{SETTINGS}reports: {{workbook: {setting}}}\n")
    done = workshop.importer("check", file, "-m", "demo")
    assert done.code == 3, done.err
    folder = workshop.run_folder()
    assert (folder / "to-fix.xlsx").exists() is written
    assert (folder / "to-fix.csv").exists()
    named = "to-fix.xlsx" if written else "to-fix.csv"
    assert f"  importer run runs/{folder.name}/{named} -m demo -c local" in done.lines


def test_a_workbook_that_was_asked_for_is_kept_true(workshop: Workshop) -> None:
    workshop.write("people.csv", "Email,First,City\nno address,Ana,Lévis\n")
    workshop.importer("check", "people.csv", "-m", "people")
    place = workshop.run_folder() / "to-fix.xlsx"
    assert not place.exists()
    assert workshop.importer("report", workshop.run_id(), "--workbook").code == 0
    made = place.read_bytes()
    place.write_bytes(b"spoiled")
    assert workshop.importer("report", workshop.run_id()).code == 0
    assert place.read_bytes() == made
    done = workshop.importer("report", workshop.run_id(), "--mask", "--workbook")
    assert done.code == 2
    assert "leave --workbook out with --mask" in done.err
