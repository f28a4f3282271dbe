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
        "Courriel,Nom,Téléphone,Points,Date\nanna chez e.ca,Roy,aucun,zéro,hier\n"
        "b@e.ca,B,514-555-0101,1,2020-01-01\nc@e.ca,C,514-555-0102,2,2020-01-02\n",
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


HEAD = "Courriel;Prénom;Infolettre\n"


@pytest.mark.parametrize(
    "text",
    [
        HEAD + 'a@e.ca;"Anna;Non\nb@@e.ca;Bob";Oui\nc@e.ca;C;Oui\n',
        HEAD + 'a@e.ca;"Anna;Non\nb@e.ca;Bob;Roy";Oui\nc@e.ca;C;Oui\n',
        "Courriel;Prénom;Infolettre;Notes\n"
        'a@e.ca;"Anna;Non;x\nb@e.ca;Bob";Oui;"z;y"\nc@e.ca;C;Oui;\n',
        "Infolettre;Notes;Courriel;Prénom\n"
        'Oui;x;a@e.ca;"Zoé\nNon;x;b@e.ca;"\nOui;;c@e.ca;C\nOui;;d@e.ca;D\n',
        "Prénom;Infolettre;Courriel\nX;Oui;x@e.ca\n"
        '"Roy;Non;a@e.ca\nZoé";Oui;b@e.ca\nY;Oui;y@e.ca\n',
        'No client,Nom,Infolettre\n101,"Roy,Non\n102,Gagnon",Oui\n103,Cid,Oui\n',
        'Nom;No client;Infolettre\nA;99;Oui\n"Roy;100;Non\nGag";101;Oui\nCid;102;Oui\n',
        "No client;Infolettre;Ville\n"
        '100;Oui;"Laval\n101;Non;Laval\n102;Non;Laval"\n103;Oui;Laval\n',
        'No client;Nom\n100;"Roy\n'
        + "".join(f"{101 + i};Gag\n" for i in range(200))
        + '300;Cid"\n103;Zoé\n',
    ],
)
def test_stray_quotes_hide_no_contact_wherever_its_key_stands(file: Path, text: str) -> None:
    source = source_of(file, text.encode())
    assert len(kept(source)) == text.count("\n") - 1
    assert IssueCode.QUOTES_UNBALANCED in [code for code, _, _ in findings_of(source)]


def test_a_stray_quote_in_the_header_hides_no_contact(file: Path) -> None:
    text = 'Courriel;Prénom;Infolettre;"Notes\na@e.ca;Anna;Non;x\nz@e.ca;Zoé;Non;vue"\n'
    text += "b@e.ca;B;Oui;x\n"
    assert kept(source_of(file, text.encode()))[-3:] == ["a@e.ca", "z@e.ca", "b@e.ca"]


@pytest.mark.parametrize("first", ["mtremblay,Non,,,", "Tremblay", "Tremblay,,,"])
def test_a_short_first_contact_without_an_address_is_kept(file: Path, first: str) -> None:
    others = "".join(f"{n},Oui,514-555-010{i},Laval,2020-01-02\n" for i, n in enumerate("abc"))
    assert len(kept(source_of(file, f"{first}\n{others}".encode()))) == 4


@pytest.mark.parametrize(
    "text",
    [
        "Salon;\nCourriel;Optin\na@e.ca;1\nb@e.ca;0\nc@e.ca;1\nd@e.ca;1\n",
        "Export du 2026-01-02;;\nCourriel;Prénom;Infolettre\nu0@e.ca;;\nu1@e.ca;;\nu2@e.ca;;Non\n",
    ],
)
def test_a_title_above_few_names_is_none_of_them(file: Path, text: str) -> None:
    assert source_of(file, text.encode()).description.header_row == 2


def test_a_note_that_lists_addresses_does_not_make_one_column(file: Path) -> None:
    listed = "\n".join(f"x{i}@e.ca" for i in range(20))
    text = f'Courriel,Prénom,Infolettre,Notes\na@e.ca,Anna,Non,"copie à:\n{listed}"\n'
    text += "".join(f"u{i}@e.ca,N{i},Oui,ok\n" for i in range(5))
    assert len(kept(source_of(file, text.encode()))) == 6


def test_one_odd_contact_below_a_blank_row_begins_no_other_table(file: Path) -> None:
    text = "Identifiant,Téléphone,Inscrit le,Infolettre\nbroy,514-555-0101,2020-01-02,1\n"
    text += "agag,514-555-0102,2020-01-03,1\nczoe,514-555-0103,2020-01-04,0\n\n"
    text += "mtremblay,voir notes,hier,non\nxcid,514-555-0105,2020-01-04,0\n"
    source = source_of(file, text.encode(), SourceOptions(other_tables=Inclusion.LEAVE_OUT))
    assert len(kept(source)) == 5
