"""A contact is never taken for something else without a word.

Each file is one in which a contact, or somebody's no, could be lost or given to another.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.errors import UnusableInputError
from importer.issues import IssueCode, Severity
from importer.sources import Source
from importer.tables import Inclusion, SourceOptions
from tests.sources.reading import cells_of, findings_of, source_of


def kept(source: Source) -> list[str]:
    """Give the first cells of the rows that are not skipped."""
    found = []
    for chunk in source.chunks():
        out = {int(at) for f in chunk.findings if f.severity is Severity.SKIP for at in f.at}
        found += [str(cell) for at, cell in enumerate(chunk.frame.iloc[:, 0]) if at not in out]
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "contacts.csv"


@pytest.mark.parametrize(
    "first", ["anna@example.com,Non,,,", "anna@example.com", "anna@example.com,,,,"]
)
def test_first_contacts_of_a_file_without_a_header_are_no_preamble(file: Path, first: str) -> None:
    others = "b@example.com,Oui,Bob,Roy,Laval\nc@example.com,Oui,Cid,Gagnon,Laval\n"
    source = source_of(file, f"{first}\n{others}".encode())
    assert kept(source) == ["anna@example.com", "b@example.com", "c@example.com"]


def test_an_address_above_the_header_is_told(file: Path) -> None:
    text = "anna@example.com,Non,,,\nCourriel,Infolettre,Prénom,Nom,Ville\n"
    source = source_of(file, f"{text}b@example.com,Oui,Bob,Roy,Laval\n".encode() * 1)
    assert any("Row 1 above the header" in w for w in source.description.warnings)


@pytest.mark.parametrize(
    "text",
    [
        'Courriel,Notes\na@example.com,"vu le 3\n'
        + "".join(f"u{i}@example.com,ok\n" for i in range(900))
        + 'z@example.com,taille 12"\nq@example.com,fin\n',
        'Courriel,Nom,Infolettre\na@example.com,"Anna,Non\nb@example.com,Bob",Oui\n'
        "c@example.com,Cid,Non\n",
        'Courriel\n"a@example.com\nb@example.com\nc@example.com"\nd@example.com\n',
    ],
)
def test_two_stray_quotes_do_not_hide_the_contacts_between_them(file: Path, text: str) -> None:
    source = source_of(file, text.encode())
    assert len(kept(source)) == text.count("\n") - 1
    assert (IssueCode.QUOTES_UNBALANCED) in [code for code, _, _ in findings_of(source)]


def test_a_note_of_several_lines_with_an_address_in_it_stays_one_cell(file: Path) -> None:
    text = 'Courriel,Nom,Notes\na@example.com,Anna,"écrire à:\nb@example.com, svp"\nc@e.ca,C,\n'
    source = source_of(file, text.encode())
    assert cells_of(source)[0] == ["a@example.com", "Anna", "écrire à:\nb@example.com, svp"]


@pytest.mark.parametrize(
    "text",
    [
        "Identifiant,Nom,Ville,Pays,Infolettre\nbroy,Roy,Laval,CA,Oui\nagag,Gagnon,Laval,CA,Oui\n"
        "\nmtremblay,,,,Non\n",
        "Identifiant,Nom,Points,Infolettre\nRoy Gaz,Roy,3,1\nGagnon Gaz,Gagnon,5,1\n"
        "Total Fitness Laval,,7,0\n",
        "Identifiant,Nom,Points\nRoy Gaz,Roy,3\nGagnon Gaz,Gagnon,5\nEnsemble vocal,,7\n",
        "Identifiant,Nom\nbroy,Roy\nagag,Gagnon\n* mtremblay,\n",
        "Identifiant,Nom,Ville\nbroy,Roy,Laval\nagag,Gagnon,Laval\nmarie at e.ca\n",
        "Nom,Prénom,Ville,Pays,Code\nRoy,Bob,Laval,CA,1\nGagnon,Luc,Laval,CA,2\n\nTremblay,Anna,,,\n",
        "Ville;Nom;Courriel;Infolettre\nLaval;Roy;b@e.ca;Oui\nLaval;Roy;c@e.ca;Oui\n\n;;;Non\n",
        "Identifiant,Nom,Ville\nbroy,Roy,Laval\nagag,Gagnon,Laval\nNe plus écrire à: b@e.ca\n",
    ],
)
def test_a_last_contact_is_no_note_and_no_total(file: Path, text: str) -> None:
    source = source_of(file, text.encode())
    assert len(kept(source)) == sum(1 for line in text.split("\n") if line) - 1


def test_a_block_of_unsubscribed_contacts_is_no_other_table(file: Path) -> None:
    text = "Identifiant,Nom,Infolettre,Ville,Pays\n"
    text += "".join(f"user{c}x,N{c},Oui,V{c},CA\n" for c in "abcdefghi")
    text += "\n" + "".join(f"unsub{c},,Non,,\n" for c in "abc")
    source = source_of(file, text.encode(), SourceOptions(other_tables=Inclusion.LEAVE_OUT))
    assert len(kept(source)) == 12


def test_another_table_is_found_below_many_blank_rows(file: Path) -> None:
    text = "Courriel,Prénom,Infolettre\n" + "".join(f"u{i}@e.ca,P{i},Oui\n\n" for i in range(500))
    text += "\nCourriel,Conjoint,Décédé\n" + "".join(f"v{i}@e.ca,Q{i},Oui\n" for i in range(100))
    source = source_of(file, text.encode(), SourceOptions(other_tables=Inclusion.LEAVE_OUT))
    assert len(kept(source)) == 500


def test_errors_that_a_spreadsheet_program_wrote_are_no_text(file: Path) -> None:
    text = "Courriel,Prénom\na@e.ca,#N/A\nb@e.ca,#REF!\nc@e.ca, #NOM?\nd@e.ca,#1 des fans\n"
    source = source_of(file, text.encode())
    assert findings_of(source) == [(IssueCode.CELL_ERROR, [2, 3, 4], [])]


def test_a_last_row_above_the_table_is_refused(file: Path) -> None:
    text = "Salon\nle 3 mai\nvenus de partout\n\nCourriel,Infolettre\na@e.ca,Non\nb@e.ca,Oui\n"
    with pytest.raises(UnusableInputError, match="the table begins in row 6, below the last row"):
        source_of(file, text.encode(), SourceOptions(last_row=3))


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("Courriel\tInfolettre\nu0@e.ca\tOui\nu1@e.ca\t\n", 2),
        ("Courriel\tNom\tInfolettre\nu0@e.ca\t\t\nu1@e.ca\tSomme\tNon\nu2@e.ca\t\t\n", 3),
    ],
)
def test_blank_cells_at_the_end_of_rows_do_not_make_one_column(
    file: Path, text: str, columns: int
) -> None:
    assert len(source_of(file, text.encode()).description.columns) == columns


@pytest.mark.parametrize(
    "text",
    [
        "Courriel,Prénom,Nom,Téléphone,Infolettre\nanna chez example,Anna,Tremblay,voir notes,Non\n"
        "b@example.com,Bob,Roy,514-555-0101,Oui\nc@example.com,Cid,Gagnon,514-555-0102,Oui\n",
        "Courriel,Prénom,,Infolettre\nanna chez example.com,Anna,X,Non\nb@example.com,B,Y,Oui\n"
        "c@example.com,C,Z,Oui\n",
    ],
)
def test_a_first_contact_with_odd_cells_is_no_line_of_the_header(file: Path, text: str) -> None:
    assert len(kept(source_of(file, text.encode()))) == 3


@pytest.mark.parametrize(
    "text",
    [
        "u0@e.ca;Roy;voir notes\nu1@e.ca;Fin;\nu2@e.ca;St-Pierre;514-555-0101\n",
        "u0@e.ca\tvoir notes\nu1@e.ca\t514-555-0101\nu2@e.ca\t\n",
    ],
)
def test_a_row_with_an_address_is_no_header(file: Path, text: str) -> None:
    assert kept(source_of(file, text.encode())) == ["u0@e.ca", "u1@e.ca", "u2@e.ca"]


def test_lines_narrower_than_the_table_above_its_header_are_no_header(file: Path) -> None:
    text = "Date,2026-01-02\nResponsable,marie@e.ca\nCourriel,Prénom,Infolettre\na@e.ca,A,Oui\n"
    source = source_of(file, f"{text}b@e.ca,B,Non\n".encode())
    assert source.description.columns == ("Courriel", "Prénom", "Infolettre")


@pytest.mark.parametrize("title", ["", "Liste des membres"])
def test_a_table_far_below_is_found(file: Path, title: str) -> None:
    text = f"{title}\n" + "\n" * 498 + "Courriel,Prénom,Infolettre\na@e.ca,A,Oui\nb@e.ca,B,Non\n"
    source = source_of(file, text.encode())
    assert source.description.header_row == 500
    assert kept(source) == ["a@e.ca", "b@e.ca"]


def test_a_first_line_for_excel_that_does_not_fit_the_file_is_passed_over(file: Path) -> None:
    text = "sep=,\nCourriel;Prénom;Infolettre\na@e.ca;A,B;Non\nb@e.ca;C;Oui\n"
    source = source_of(file, text.encode())
    assert source.description.columns == ("Courriel", "Prénom", "Infolettre")


def test_the_title_of_a_repeated_table_belongs_to_it(file: Path) -> None:
    text = (
        "Courriel,Prénom,Infolettre\na@e.ca,A,Oui\n\nLaval\nCourriel,Prénom,Infolettre\nb@e.ca,B,\n"
    )
    source = source_of(file, text.encode(), SourceOptions(other_tables=Inclusion.LEAVE_OUT))
    assert kept(source) == ["a@e.ca"]


def test_many_equal_names_are_told_apart(file: Path) -> None:
    text = ",".join(["Nom"] * 16_384) + "\n" + ",".join("x" * 16_384) + "\n"
    assert source_of(file, text.encode()).description.columns[-1] == "Nom (16384)"
