"""A mapping kept as a sheet, written out as YAML."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.documents import parse_document
from importer.errors import UnusableInputError
from importer.field_rules import ValueType
from importer.mapping import Converted, SheetRow, convert
from importer.mapping.resolving import resolve_mapping
from importer.mapping.sections import ColumnSection
from importer.mapping.sheet_titles import TITLES
from tests.mapping.reading import EVERYONE, GRAMMARS
from tests.test_written_documents import NASTY

KEY = ("Courriel", "key_f_EMail")


def converted(
    *rows: tuple[str, ...], target: str = "dialog-insight", table_id: str | None = None
) -> Converted:
    numbered = [SheetRow(number, cells) for number, cells in enumerate(rows, start=1)]
    return convert(
        numbered, GRAMMARS, shown="map.csv", name="news", target=target, table_id=table_id
    )


def text_of(*rows: tuple[str, ...]) -> str:
    return converted(*rows).text


def entry(*options: tuple[str, str]) -> str:
    """Give what is written of a column with some options, beside its header."""
    titles = ("Column", "Field", *(title for title, _ in options))
    cells = ("Nom", "f_A", *(cell for _, cell in options))
    line = text_of(titles, KEY, cells).splitlines()[5]
    return line.partition(":")[2].strip()


def said(*rows: tuple[str, ...]) -> list[str]:
    with pytest.raises(UnusableInputError) as raised:
        converted(*rows)
    return [str(mistake) for mistake in raised.value.mistakes]


def said_of(*options: tuple[str, str]) -> list[str]:
    titles = ("Column", "Field", *(title for title, _ in options))
    return said(titles, KEY, ("Nom", "f_A", *(cell for _, cell in options)))


# --- two columns ----------------------------------------------------------------------------------


def test_two_columns_are_a_mapping() -> None:
    assert text_of(KEY, ("Prénom", "f_FirstName"), ("Notes internes", "ignore")) == (
        "# Written from map.csv by importer mapping convert.\n"
        "name: news\n"
        "target: dialog-insight\n"
        "columns:\n"
        "  Courriel:       key_f_EMail\n"
        "  Prénom:         f_FirstName\n"
        "  Notes internes: ignore\n"
    )


@pytest.mark.parametrize(
    "titles",
    [
        ("Column", "Field"),
        ("colonne", "CHAMP"),
        ("En-tête", "Code"),
        ("EN TETE", "code du champ"),
        ("Header", "Field code"),
        (" header ", "Code de champ"),
        ("Colonne source", "Champ destination"),
        ("Colonne Excel", "Code Dialog Insight"),
        ("Nom de la colonne", "Champ DI"),
        ("Source column", "Target field"),
        ("Champ source", "Champ cible"),
    ],
)
def test_a_row_of_titles_is_no_row_of_the_mapping(titles: tuple[str, str]) -> None:
    assert text_of(titles, KEY) == text_of(KEY)


def test_a_column_of_the_sheet_without_title_and_cells_does_no_harm() -> None:
    assert text_of(("Column", "", "Field", ""), ("Courriel", "", "key_f_EMail")) == text_of(KEY)


def test_columns_stand_in_any_order_under_their_titles() -> None:
    rows = [("Type", "Champ", "Remarque", "Colonne"), ("", "key_f_EMail", "", "Courriel")]
    assert text_of(*rows) == text_of(KEY)


def test_blank_rows_and_blanks_around_cells_do_not_count() -> None:
    assert text_of(("", ""), (" Courriel ", "key_f_EMail\n"), (), ("  ",)) == text_of(KEY)


def test_the_first_row_of_a_sheet_without_titles_may_be_ignored() -> None:
    assert "  Notes:    ignore\n" in text_of(("Notes", "Ignore"), KEY)


def test_one_header_goes_to_several_fields() -> None:
    for cell in ("f_A; f_B", "f_A,f_B", "f_A | f_B", "f_A\nf_B"):
        assert "  Nom: {field: [f_A, f_B]}\n" in text_of(KEY, ("Nom", cell)).replace("     ", "")


# --- options --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "written"),
    [
        ((("Type", "Phone"), ("Pays", "CA")), "{field: f_A, type: phone, region: CA}"),
        (
            (("type", "phone"), ("Country column", "Pays"), ("Region", "CA")),
            "{field: f_A, type: phone, region: {column: Pays, default: CA}}",
        ),
        (
            (("type", "date"), ("format", "DD/MM/YYYY")),
            "{field: f_A, type: date, format: DD/MM/YYYY}",
        ),
        (
            (("type", "date"), ("format", "DD/MM/YY; excel"), ("pivot", "30")),
            "{field: f_A, type: date, format: [DD/MM/YY, excel], pivot: 30}",
        ),
        ((("Valeurs", "Oui=yes; Non=no"),), "{field: f_A, values: {Oui: yes, Non: no}}"),
        ((("values", "a = b\nc=d;"),), "{field: f_A, values: {a: b, c: d}}"),
        (
            (("values", "a=b"), ("other", "=z")),
            "{field: f_A, values: {a: b}, other: {value: z}}",
        ),
        ((("values", "a=b"), ("Autres", "Keep")), "{field: f_A, values: {a: b}, other: keep}"),
        ((("Aliases", "Name; Last name"),), "{field: f_A, aliases: [Name, Last name]}"),
        ((("alias", "Name"),), "{field: f_A, aliases: [Name]}"),
        ((("alias", "Name, Last name|A\nB"),), "{field: f_A, aliases: [Name, Last name, A, B]}"),
        ((("alias", '"Name, first"; A'),), '{field: f_A, aliases: ["Name, first", A]}'),
        ((("alias", '19" rack, A'),), """{field: f_A, aliases: ['19" rack', A]}"""),
        ((("values", "Oui=yes, Non=no"),), "{field: f_A, values: {Oui: yes, Non: no}}"),
        (
            (("values", "Oui, merci=yes; Non=no"),),
            '{field: f_A, values: {"Oui, merci": yes, Non: no}}',
        ),
        ((("Obligatoire", "x"),), "{field: f_A, required: true}"),
        ((("Required", "Non"),), "{field: f_A, required: false}"),
        ((("Vide", "clear"),), "{field: f_A, blank: clear}"),
        ((("Défaut", "Laval"),), "{field: f_A, blank: {default: Laval}}"),
        ((("Casse", "Upper"),), "{field: f_A, case: upper}"),
        (
            (("Longueur max", "50"), ("Tronquer", "oui")),
            "{field: f_A, max_length: 50, truncate: true}",
        ),
        ((("Pattern", "[A-Z]{3}"),), '{field: f_A, pattern: "[A-Z]{3}"}'),
        ((("Remplacer", "-=; .= "),), '{field: f_A, replace: {"-": "", ".": ""}}'),
        ((("take", "last-word"),), "{field: f_A, take: last-word}"),
        ((("trim", "0"),), "{field: f_A, trim: false}"),
        ((("Si invalide", "skip"),), "{field: f_A, on_invalid: skip}"),
        ((("type", "list"), ("Séparateur", "/")), '{field: f_A, type: list, separator: "/"}'),
    ],
)
def test_options_have_columns_of_their_own(
    options: tuple[tuple[str, str], ...], written: str
) -> None:
    assert entry(*options) == written


def test_a_remark_is_a_comment_above_its_column() -> None:
    text = text_of(("Colonne", "Champ", "Remarque"), (*KEY, "La clé\n# deux: lignes"))
    assert "columns:\n  # La clé\n  # # deux: lignes\n  Courriel: key_f_EMail\n" in text


def test_every_option_of_a_column_is_a_title() -> None:
    assert set(ColumnSection.model_fields) <= set(TITLES.values())
    assert {TITLES[name.replace("_", " ")] for name in ColumnSection.model_fields} == set(
        ColumnSection.model_fields
    )


def test_every_title_is_folded() -> None:
    assert all(re.fullmatch(r"[a-z0-9 ]+", title) for title in TITLES)


def test_constants_are_rows_that_name_no_column() -> None:
    titles = ("Colonne", "Champ", "Constante", "Type")
    text = text_of(
        titles, KEY, ("", "f_Source", "Salon {run.date}"), ("(constante)", "f_N", "5", "integer")
    )
    assert text.endswith(
        'constants:\n  f_Source: "Salon {run.date}"\n  f_N:      {value: "5", type: integer}\n'
    )


def test_what_is_written_is_the_mapping_that_was_meant() -> None:
    text = text_of(
        ("Colonne", "Champ", "Type", "Pays", "Obligatoire"),
        KEY,
        ("Tél", "f_MobilePhone", "phone", "ca", "x"),
    )
    mapping = resolve_mapping(parse_document(text, "a"), GRAMMARS)
    assert [rule.field for rule in mapping.rules] == ["key_f_EMail", "f_MobilePhone"]
    assert (mapping.rules[1].type, mapping.rules[1].region) == (ValueType.PHONE, "CA")


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8")) | st.sampled_from(NASTY), st.text(), max_size=5
    )
)
def test_any_headers_and_remarks_survive(headers: dict[str, str]) -> None:
    kept = {h.strip(): remark for h, remark in headers.items() if h.strip() not in {"", *KEY}}
    rows = [
        (header, f"f_{number}x", remark.encode("utf-8", "replace").decode())
        for number, (header, remark) in enumerate(kept.items())
        if header.casefold() not in {"(constant)", "(constante)"}
    ]
    rows = [(header, code.replace("f_", "f_a"), remark) for header, code, remark in rows]
    text = text_of(("column", "field", "comment"), KEY, *rows)
    content = parse_document(text, "a").content
    assert content["columns"] == dict([KEY]) | {header: code for header, code, _ in rows}


# --- who may be set to yes ------------------------------------------------------------------------


def test_who_may_be_set_to_yes_is_left_open_and_never_guessed() -> None:
    result = converted(
        ("Column", "Field", "Values"), KEY, ("News", "optin_News", "Oui=yes; Non=no")
    )
    *_, note, line = result.text.splitlines()
    assert line == "# consent: {yes_to: everyone}"
    assert note.startswith("# To be settled: a yes of optin_News could reach people")
    assert result.open_question in note
    with pytest.raises(UnusableInputError, match="could reach people"):
        resolve_mapping(parse_document(result.text, "a"), GRAMMARS)
    settled = result.text.replace(line, EVERYONE)
    assert resolve_mapping(parse_document(settled, "a"), GRAMMARS).rules


def test_nothing_is_open_where_no_yes_can_be_said() -> None:
    assert converted(KEY).open_question == ""
    only_no = converted(("Column", "Field", "Values"), KEY, ("News", "optin_News", "Non=no"))
    assert only_no.open_question == ""
    assert "consent" not in only_no.text


# --- mistakes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((("required", "peut-être"),), '"peut-être" under `required` is neither yes nor no'),
        ((("values", "Oui"),), '"Oui" under `values` is no pair: write them as Oui=yes; Non=no'),
        ((("values", "a=b=c"),), '"a=b=c" under `values` is no pair'),
        ((("values", "=b"),), '"=b" under `values` is no pair'),
        ((("values", "a=b; a=c"),), '"a" stands under `values` twice, with two answers'),
        ((("blank", "skip"), ("default", "x")), "`blank` and `default` both say"),
        ((("type", "téléphone"),), 'Did you mean "phone"?'),
        ((("max_length", "ten"),), "max_length must be a whole number"),
        ((("region", "CA"),), "`region` is for phones"),
        ((("constant", "x"),), 'a constant belongs to no column: leave the cell "Nom" blank'),
        ((("other", "leav"),), 'Did you mean "leave"?'),
        ((("aliases", "Courriel"),), 'the header "Courriel" belongs to "Courriel" already'),
    ],
)
def test_what_a_cell_cannot_say_is_said_with_the_row(
    options: tuple[tuple[str, str], ...], words: str
) -> None:
    (mistake,) = said_of(*options)
    assert mistake.startswith("map.csv, row 3: ")
    assert words in mistake


def test_all_mistakes_are_said_at_once_in_the_order_of_the_rows() -> None:
    mistakes = said(
        ("Colonne", "Champ", "Formt", "Obligatoire", "Type", "type"),
        KEY,
        ("Nom", "g_LastName"),
        ("Courriel", "f_EMail"),
        ("Ville", ""),
        ("", "f_Pays"),
        ("Âge", "f_Age", "", "maybe", "blob"),
        ("Rue", "f_Rue", "", "", "", "", "", "more"),
        ("Né le", "f_Birth", "", "", "date", "", ""),
    )
    assert [re.split(r"row |: ", mistake)[1] for mistake in mistakes] == list("11345678")
    assert mistakes == [
        'map.csv, row 1: the title "Formt" is not understood. Did you mean "format"?',
        'map.csv, row 1: the title "type" stands for type, which is there already',
        mistakes[2],
        'map.csv, row 4: "Courriel" stands here a second time (first in row 2): keep one row, and '
        "name several fields in it as f_A; f_B",
        'map.csv, row 5: "Ville" has no field: write its code, or ignore to leave the column out',
        "map.csv, row 6: the row names no column of the file, and a constant needs a field and its "
        "text under the title constant",
        'map.csv, row 7: "maybe" under `required` is neither yes nor no: write x, or nothing',
        'map.csv, row 8: "more" stands in a column without a title: give it one; or, if it belongs '
        "to the cell before it, put the two in quotes as one",
    ]
    assert '"g_LastName" does not begin like a field' in mistakes[2]


@pytest.mark.parametrize(
    ("titles", "cells"),
    [
        (("type", "values", "comment"), ("consent", "Oui=yes", " Non=no")),
        (("values", "required"), ("A=Art", " B=Boxe", "x")),
        (("values",), ("A=Art", " B=Boxe")),
        (("Remplacer", "Type"), ("a=", " b=")),
    ],
)
def test_a_cell_that_was_cut_in_two_is_refused_and_nothing_of_it_is_lost(
    titles: tuple[str, ...], cells: tuple[str, ...]
) -> None:
    (mistake,) = said(("column", "field", *titles), KEY, ("News", "optin_News", *cells))
    whole = ", ".join(cell.strip() for cell in cells if "=" in cell)
    assert mistake.startswith("map.csv, row 3: ")
    assert mistake.endswith(f"put the whole cell in quotes, or write commas between: {whole}")


def test_a_row_of_more_cells_than_titles_is_refused_with_the_remedy() -> None:
    (mistake,) = said(("column", "field", "aliases"), (*KEY, "E-mail", "Mail"))
    assert '"Mail" stands in a column without a title' in mistake
    assert "put the two in quotes as one" in mistake
    assert text_of(("column", "field"), (*KEY, "", " ")) == text_of(KEY)


def test_lines_above_the_titles_are_no_part_of_the_mapping() -> None:
    above = [("Correspondance 2026",), (), ("Projet", "Fondation")]
    assert text_of(*above, ("Colonne", "Champ"), KEY) == text_of(KEY)
    assert "neither a row of titles" in said(*[("x", "y")] * 10, ("Colonne", "Champ"), KEY)[0]


def test_a_word_of_a_title_that_says_something_else_is_not_guessed() -> None:
    (mistake,) = said(("Colonne", "Champ", "Description du champ"), (*KEY, "x"))
    assert 'the title "Description du champ" is not understood' in mistake
    for titles in (("Colonne", "Type de champ"), ("Champ source cible", "Champ")):
        assert "neither a row of titles" in said(titles, KEY)[0]


def test_titles_that_are_like_none_are_listed_once() -> None:
    (mistake,) = said(("column", "field", "Owner", "Status"), (*KEY, "JM", "done"))
    assert mistake.startswith('map.csv, row 1: the titles "Owner", "Status" are not understood')
    assert mistake.count("Titles are: column, field, ") == 1


def test_a_title_that_is_like_none_is_told_which_there_are() -> None:
    (mistake,) = said(("Column", "Field", "Zzz"), KEY)
    assert "Titles are: column, field, " in mistake
    assert "constant" in mistake


def test_a_sheet_that_does_not_begin_like_a_mapping_is_one_mistake() -> None:
    for rows in (
        [("Fichier", "Destination"), KEY],
        [("Nom",), ("Prénom",)],
        [("Column", "Type"), KEY],
    ):
        (mistake,) = said(*rows)
        assert mistake.startswith("map.csv, row 1: this is neither a row of titles")


def test_an_empty_sheet_is_one_mistake() -> None:
    assert said() == ["map.csv: the sheet is empty"]
    assert said(("", " "), ()) == ["map.csv: the sheet is empty"]


def test_what_is_wrong_with_the_whole_has_no_row() -> None:
    (mistake,) = said(("Nom", "f_Name"))
    assert mistake.startswith("map.csv: no column goes to a key")
    (mistake,) = said(("Column", "Field"))
    assert mistake.startswith("map.csv: no column goes to a key")


def test_a_constant_stands_once() -> None:
    titles = ("Colonne", "Champ", "Constante")
    (mistake,) = said(titles, KEY, ("", "f_A", "x"), ("", "f_A", "y"))
    assert mistake.startswith('map.csv, row 4: "f_A" stands here a second time (first in row 3)')
    (mistake,) = said(titles, KEY, ("", "f_A", "{"))
    assert mistake.startswith("map.csv, row 3: f_A: ")


def test_a_remark_alone_is_no_row() -> None:
    titles = ("Colonne", "Champ", "Remarque")
    assert text_of(titles, KEY, ("", "", "to be done")) == text_of(KEY)


# --- tables ---------------------------------------------------------------------------------------


def test_a_relational_table_needs_its_number() -> None:
    rows = [("Column", "Field"), ("No", "key_OrderNo"), ("Total", "Total")]
    text = converted(*rows, target="dialog-insight-table", table_id="12").text
    assert 'target: dialog-insight-table\ntable_id: "12"\n' in text
    with pytest.raises(UnusableInputError, match=r"map\.csv: .* add its number"):
        converted(*rows, target="dialog-insight-table")
