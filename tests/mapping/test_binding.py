"""A mapping laid on a table: which column each entry means, and what the fields then hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.blanks import BLANKS, WIDTHLESS
from importer.issues import Finding, IssueCode, Severity
from importer.mapping import DriftedError, bind
from importer.model import Chunk
from tests.mapping.reading import (
    HEAD,
    RUN_DATE,
    applied,
    binding_mistakes,
    bound,
    chunk_of,
    mapping_of,
    table_of,
)

NAMES = f"{HEAD}  Prénom: f_FirstName\n  Nom: f_LastName\n"


def columns_of(text: str, *columns: str) -> list[str]:
    """Give the table's column of each rule."""
    return [rule.column for rule in bound(text, *columns).rules]


# --- which column is meant ------------------------------------------------------------------------


def test_headers_are_found_as_they_are_written() -> None:
    laid = bound(NAMES, "Nom", "Prénom", "Courriel")
    assert [(column.header, header) for column, header in laid.headers] == [
        ("Courriel", "Courriel"),
        ("Prénom", "Prénom"),
        ("Nom", "Nom"),
    ]
    assert laid.warnings == ()


@pytest.mark.parametrize(
    "header",
    [
        "PRÉNOM",
        "prénom",
        " Prénom ",
        "Pre\u0301nom",
        "PRE\u0301NOM",
        "\u00a0Prénom\u202f",
        "Prénom\u200b",
        "\ufeffPrénom",
        "Pré\u200dnom",
    ],
)
def test_headers_may_differ_in_case_blanks_and_the_way_accents_are_stored(header: str) -> None:
    assert columns_of(NAMES, "Courriel", header, "Nom")[1] == header
    stored = NAMES.replace("Prénom", f'"{header}"')
    assert columns_of(stored, "Courriel", "Prénom", "Nom")[1] == "Prénom"


def test_blanks_within_a_header_count_as_one() -> None:
    text = f"{HEAD}  Date de naissance: f_BirthDate\n"
    assert columns_of(text, "Courriel", "date  de\u00a0naissance")[1] == "date  de\u00a0naissance"


@pytest.mark.parametrize("other", ["Prenom", "Prénoms", "Pré nom", "Pré-nom"])
def test_headers_that_differ_otherwise_are_not_taken_for_one_another(other: str) -> None:
    (mistake,) = binding_mistakes(NAMES, "Courriel", other, "Nom")
    assert 'column "Prénom" is not in contacts.csv' in mistake


def test_a_header_as_written_goes_before_one_that_is_alike() -> None:
    text = f"{NAMES}unmapped_columns: ignore\n"
    assert columns_of(text, "Courriel", "PRÉNOM", "Prénom", "Nom")[1] == "Prénom"
    both = f"{HEAD}  NOM: f_A\n  Nom: f_B\n"
    assert columns_of(both, "Courriel", "Nom", "NOM")[1:] == ["NOM", "Nom"]


def test_headers_of_which_each_fits_are_refused_not_chosen_from() -> None:
    (mistake,) = binding_mistakes(NAMES, "Courriel", "PRÉNOM", "prénom", "Nom")
    assert mistake == (
        'newsletter.yaml:5:3: column "Prénom": contacts.csv has "PRÉNOM" and "prénom", '
        "and each fits: rename one of them in the file"
    )


def test_an_alias_is_as_good_as_the_header() -> None:
    text = f"{HEAD}  Nom: {{field: f_LastName, aliases: [Last Name, Surname]}}\n"
    for header in ("Nom", "Last Name", "surname", "LAST  NAME"):
        assert columns_of(text, "Courriel", header)[1] == header
    (mistake,) = binding_mistakes(text, "Courriel", "Nom", "Surname")
    assert '"Nom" and "Surname", and each fits' in mistake


def test_a_header_that_stands_twice_must_be_told_apart() -> None:
    table = replace(table_of("Courriel", "Nom", "Nom (2)"), repeated=("Nom",))
    text = f"{HEAD}  Nom: f_LastName\n"
    with pytest.raises(DriftedError) as raised:
        bind(mapping_of(text), table, run_date=RUN_DATE)
    assert str(raised.value) == (
        'newsletter.yaml:5:3: column "Nom": several columns of contacts.csv are named "Nom": '
        'rename one of them in the file, or give "Nom (2)" an entry of its own'
    )
    both = f"{text}  Nom (2): f_Name\n"
    assert bind(mapping_of(both), table, run_date=RUN_DATE).warnings == ()


def test_one_column_is_not_meant_by_two_entries() -> None:
    text = f"{HEAD}  Nom: f_A\n  nom: f_B\n"
    (mistake,) = binding_mistakes(text, "Courriel", "NOM")
    assert mistake == (
        'newsletter.yaml:6:3: column "nom": "NOM" of contacts.csv is meant by "Nom" already: '
        "keep one of the two"
    )


def test_a_column_that_the_file_lacks_is_named_with_the_nearest() -> None:
    mistakes = binding_mistakes(NAMES, "Courriel client", "Prenom", "Nom", "Ville")
    assert mistakes == [
        'newsletter.yaml:4:3: column "Courriel" is not in contacts.csv. '
        'Did you mean "Courriel client"? If the column was renamed, write '
        "`Courriel: {field: key_f_EMail, aliases: [Courriel client]}`. "
        'Columns found: "Courriel client", "Prenom", "Nom", "Ville". '
        'No entry of the mapping names "Courriel client", "Prenom", "Ville".',
        'newsletter.yaml:5:3: column "Prénom" is not in contacts.csv. '
        'Did you mean "Prenom"? If the column was renamed, write '
        "`Prénom: {field: f_FirstName, aliases: [Prenom]}`. "
        'Columns found: "Courriel client", "Prenom", "Nom", "Ville". '
        'No entry of the mapping names "Courriel client", "Prenom", "Ville".',
    ]


def test_not_every_column_of_a_wide_file_is_listed() -> None:
    (mistake,) = binding_mistakes(HEAD, *(f"Q{number}" for number in range(1, 31)))
    assert mistake.endswith('"Q19", "Q20" and 10 more.')
    assert "Did you mean" not in mistake


def test_a_mistake_names_the_sheet() -> None:
    table = table_of("Nom", file="contacts.xlsx", sheet="Clients")
    with pytest.raises(Exception, match=r"is not in contacts\.xlsx, sheet Clients\."):
        bind(mapping_of(HEAD), table, run_date=RUN_DATE)


def test_a_column_without_a_name_is_meant_by_its_position() -> None:
    text = f"{HEAD}  column 3: f_Note\n"
    assert columns_of(text, "Courriel", "Nom", "column 3")[1] == "column 3"
    computed = f"{HEAD}computed: {{f_Note: '{{column 2}}!'}}\n"
    fields = applied(computed, {"Courriel": ["a@b.ca"], "column 2": ["x"]})
    assert fields["f_Note"] == ["x!"]


# --- columns that go nowhere ----------------------------------------------------------------------


def test_unmapped_columns_are_warned_of() -> None:
    (warning,) = bound(HEAD, "Courriel", "Ville", "Pays").warnings
    assert warning == (
        'contacts.csv: no entry of the mapping names the columns "Ville", "Pays"; '
        "nothing of it is sent."
    )
    (warning,) = bound(f"{HEAD}unmapped_columns: warn\n", "Courriel", "Ville").warnings
    assert 'the column "Ville"; ' in warning


def test_unmapped_columns_are_a_mistake_where_the_mapping_says_so() -> None:
    (mistake,) = binding_mistakes(f"{HEAD}unmapped_columns: error\n", "Courriel", "Ville")
    assert mistake == (
        'newsletter.yaml:5:19: contacts.csv: no entry of the mapping names the column "Ville": '
        "add it under columns:, with a field code or ignore"
    )


def test_unmapped_columns_are_passed_over_where_the_mapping_says_so() -> None:
    laid = bound(f"{HEAD}unmapped_columns: ignore\n", "Courriel", "Ville")
    assert laid.warnings == ()


def test_columns_that_are_ignored_or_computed_from_are_not_unmapped() -> None:
    text = (
        f"{HEAD}  Notes: ignore\n  Absent: ignore\n"
        "computed: {f_Name: '{Prénom} {Nom}'}\nunmapped_columns: error\n"
    )
    laid = bound(text, "Courriel", "NOTES", "notes", "Prénom", "nom")
    assert laid.warnings == ()
    assert [header for _, header in laid.headers] == ["Courriel"]
    assert binding_mistakes(text, "Courriel", "Notes", "Prénom", "Nom", "Ville")


def test_all_that_does_not_fit_is_said_at_once() -> None:
    text = f"{NAMES}computed: {{f_Full: '{{Titre}} {{Nom}}'}}\nunmapped_columns: error\n"
    mistakes = binding_mistakes(text, "Prénom", "NOM", "nom", "Ville")
    assert [mistake.split(":")[1] for mistake in mistakes] == ["4", "6", "7", "7", "8"]


# --- what the fields hold -------------------------------------------------------------------------


def test_fields_stand_in_the_order_of_the_rules() -> None:
    columns = {"Nom": ["Roy", "Côté"], "Courriel": ["a@b.ca", "c@d.ca"], "Prénom": ["Ève", "Léo"]}
    fields = applied(NAMES, columns)
    assert fields == {
        "key_f_EMail": ["a@b.ca", "c@d.ca"],
        "f_FirstName": ["Ève", "Léo"],
        "f_LastName": ["Roy", "Côté"],
    }
    assert list(fields) == [rule.field for rule in bound(NAMES, *columns).rules]


def test_one_column_feeds_several_fields() -> None:
    text = (
        "name: n\ntarget: dialog-insight\n"
        "columns:\n  Courriel: {field: [key_f_EMail, f_Login, f_EMail]}\n"
    )
    fields = applied(text, {"Courriel": [" A@b.ca "]})
    assert fields == {"key_f_EMail": ["A@b.ca"], "f_Login": ["A@b.ca"], "f_EMail": ["A@b.ca"]}


@pytest.mark.parametrize("blank", BLANKS, ids=lambda blank: f"U+{ord(blank):04X}")
def test_blanks_of_every_kind_are_taken_off_and_are_blank_alone(blank: str) -> None:
    cells = [f"{blank}a{blank}b{blank}{blank}", blank, f"{blank} {blank}"]
    assert applied(HEAD, {"Courriel": cells})["key_f_EMail"] == [f"a{blank}b", None, None]


def test_every_blank_that_python_knows_is_one_of_ours() -> None:
    assert [chr(c) for c in range(0x110000) if chr(c).isspace() and chr(c) not in BLANKS] == []
    assert set(WIDTHLESS) < set(BLANKS)


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=20))
def test_any_text_is_trimmed_and_nothing_else(cells: list[str]) -> None:
    expected = [cell.strip(BLANKS) or None for cell in cells]
    assert applied(HEAD, {"Courriel": cells})["key_f_EMail"] == expected


def test_constants_know_the_day_of_the_run_and_the_file() -> None:
    text = (
        f"{HEAD}constants:\n  f_A: Salon\n  f_B: 'Salon {{run.date}}, {{file.name}}'\n"
        "  f_C: '{{Nom}} }}'\n  f_E: ' {run.date} '\n  f_F: 007\n"
    )
    fields = applied(text, {"Courriel": ["a@b.ca", ""]}, file="C:\\dépôt\\salon été.csv")
    assert fields["f_A"] == ["Salon"] * 2
    assert fields["f_B"] == ["Salon 2026-11-22, salon été.csv"] * 2
    assert fields["f_C"] == ["{Nom} }"] * 2
    assert fields["f_E"] == ["2026-11-22"] * 2
    assert fields["f_F"] == ["007"] * 2
    assert applied(text, {"Courriel": ["a"]}, file="runs/in/a.csv")["f_B"] == [
        "Salon 2026-11-22, a.csv"
    ]


def test_computed_fields_are_made_of_columns() -> None:
    text = f"{HEAD}computed:\n  f_Full: '{{Prénom}} {{nom}}'\n  f_Tag: '{{run.date}}/{{Nom}}'\n"
    fields = applied(
        text,
        {
            "Courriel": ["a@b.ca"] * 4,
            "Prénom": [" Ève\u00a0", "Léo", "", " \u200b"],
            "NOM": ["Roy", "", "Côté", "\u00a0"],
        },
    )
    assert fields["f_Full"] == ["Ève Roy", "Léo", "Côté", None]
    assert fields["f_Tag"] == ["2026-11-22/Roy", None, "2026-11-22/Côté", None]


def test_a_computed_field_may_name_a_column_by_any_of_its_names() -> None:
    text = (
        f"{HEAD}  Nom: {{field: f_LastName, aliases: [Last Name]}}\n"
        "computed: {f_A: '{Nom}!', f_B: '{last name}!', f_C: '{NOM}{Last Name}'}\n"
    )
    for header in ("Nom", "Last Name", "LAST NAME"):
        fields = applied(text, {"Courriel": ["a@b.ca"], header: ["Roy"]})
        assert (fields["f_A"], fields["f_B"], fields["f_C"]) == (["Roy!"], ["Roy!"], ["RoyRoy"])


def test_a_constant_may_name_columns_too() -> None:
    fields = applied(
        f"{HEAD}constants: {{f_A: 'C {{Nom}}'}}\n", {"Courriel": ["a"] * 2, "Nom": ["Roy", ""]}
    )
    assert fields["f_A"] == ["C Roy", None]


def test_a_template_that_names_no_column_is_said_with_what_it_can_name() -> None:
    text = f"{HEAD}computed:\n  f_Full: '{{Prenom}} {{Prenom}} {{zzz}}'\n"
    assert binding_mistakes(text, "Courriel", "Prénom") == [
        'newsletter.yaml:6:3: f_Full needs the column "Prenom", which is not in contacts.csv. '
        'Did you mean "Prénom"? A name can also be run.date or file.name.',
        'newsletter.yaml:6:3: f_Full needs the column "zzz", which is not in contacts.csv. '
        "A name can also be run.date or file.name.",
    ]
    (ambiguous,) = binding_mistakes(
        f"{HEAD}computed:\n  f_Full: '{{Nom}}'\n", "Courriel", "NOM", "nom"
    )
    assert ambiguous.startswith(
        'newsletter.yaml:6:3: f_Full needs the column "Nom": contacts.csv has "NOM" and "nom"'
    )


def test_rows_findings_and_what_the_source_knows_stay() -> None:
    finding = Finding(IssueCode.BLANK_ROW, Severity.SKIP, np.array([1]))
    plain = chunk_of({"Courriel": ["a@b.ca", ""]})
    chunk = Chunk(plain.rows, plain.frame, (finding,), typed_dates=True, extra={0: ("x",)})
    turned = bound(HEAD, "Courriel").apply(chunk)
    assert turned.rows is chunk.rows
    assert turned.findings == (finding,)
    assert turned.typed_dates
    assert turned.extra == {0: ("x",)}
    assert list(turned.frame.columns) == ["key_f_EMail"]


def test_a_chunk_without_rows_stays_one() -> None:
    text = f"{HEAD}constants: {{f_A: x, f_B: y}}\ncomputed: {{f_C: '{{Courriel}}'}}\n"
    fields = applied(text, {"Courriel": []})
    assert fields == {"key_f_EMail": [], "f_A": [], "f_B": [], "f_C": []}


def test_columns_in_pieces_are_read_whole() -> None:
    chunk = chunk_of({"Courriel": ["a", "b"], "Nom": ["x", " "]})
    pieces = pa.chunked_array([["a "], ["b"]], pa.large_string())
    frame = pa.table({"Courriel": pieces, "Nom": pa.chunked_array([["x"], [" "]])}).to_pandas()
    text = f"{HEAD}computed: {{f_C: '{{Nom}}{{Courriel}}'}}\n"
    turned = bound(text, "Courriel", "Nom").apply(Chunk(chunk.rows, frame)).frame
    assert turned["f_C"].tolist() == ["xa", "b"]


names = st.text(alphabet="NnoOmMéÉ \u0301\u200b", max_size=6)


@given(st.lists(names, min_size=1, max_size=6, unique=True), st.lists(names, max_size=3))
def test_any_headers_are_bound_once_or_refused(headers: list[str], wanted: list[str]) -> None:
    quoted = "".join(f"  {name!a}: f_A{i}\n" for i, name in enumerate(dict.fromkeys(wanted)))
    text = f"{HEAD}{quoted}".replace("'", '"')
    if binding_mistakes(text, "Courriel", *headers):
        return
    laid = bound(text, "Courriel", *headers)
    found = [header for _, header in laid.headers]
    assert len(found) == len(set(found)) == len(laid.mapping.columns)
