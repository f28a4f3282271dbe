"""What mappings, documents, drafts and settings say in another language keeps its English."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from importer.date_formats import formats_problem
from importer.documents import comment, joined, parse_document
from importer.documents.places import in_one_line
from importer.drafting import as_members, as_yaml, draft
from importer.errors import (
    Mistake,
    RetryableError,
    StoppedError,
    UnusableInputError,
    sentence_of,
)
from importer.language import Said, english, number, speaking, tr
from importer.mapping import SheetRow, bind, convert, drift_in_words, unsettled
from importer.mapping.conditions import rows_left_out
from importer.mapping.document import Condition
from importer.mapping.drift import drift_of
from importer.settings import SETTINGS_FILE, check_url, read_settings
from tests.mapping.reading import EVERYONE, GRAMMARS, HEAD, RUN_DATE, mapping_of, table_of
from tests.mapping.wrong_mappings import WRONG

TOP = Path(__file__).parents[2]
NAMES = f"{HEAD}  Prénom: f_FirstName\n  Nom: f_LastName\n"


def told(say: Callable[[], object]) -> Sequence[str]:
    """Give the sentences of what is raised, or given."""
    try:
        found = say()
    except UnusableInputError as error:
        return [str(mistake) for mistake in error.mistakes]
    except ValueError as error:
        return [sentence_of(error)]
    return [found] if isinstance(found, str) else list(found)  # type: ignore[call-overload]


def assert_keeps_its_english(say: Callable[[], object]) -> None:
    plain = told(say)
    with speaking("fr"):
        said = told(say)
    assert plain
    assert all(isinstance(one, Said) for one in said)
    assert [english(one) for one in said] == [*plain]


@pytest.mark.parametrize("title", list(WRONG)[::3])
def test_every_mistake_of_a_mapping_keeps_its_english(title: str) -> None:
    assert_keeps_its_english(lambda: mapping_of(WRONG[title]))


@pytest.mark.parametrize(
    "text",
    [
        "default_connection: prod\n",
        "default_connection: prod\nconnections: {production: {}}\n",
        "connections: {sandbox: {url: 'http://other.example', key_id: 1, key: nothing}}\n",
        "state_dir: ~nobody-of-this-name/state\nmax_plan_age: soon\njobs: {a: 1}\n",
        "budgets: {store: 'postgresql://a:b@c/d'}\n",
        "connections: {a: {token: nothing}}\n",
    ],
)
def test_every_mistake_of_the_configuration_keeps_its_english(tmp_path: Path, text: str) -> None:
    (tmp_path / SETTINGS_FILE).write_text(text, encoding="utf-8")
    assert_keeps_its_english(lambda: read_settings(tmp_path))


def test_what_is_wrong_with_an_address_keeps_its_english() -> None:
    for url in ("", "http://far.example", "https://a:b@c.example", "https://c.example?a"):
        assert_keeps_its_english(lambda url=url: check_url(url))  # type: ignore[misc]


def test_what_is_wrong_with_date_formats_keeps_its_english() -> None:
    for texts in (["DD/MM"], ["DD/MM/YYYY", "MM/DD/YYYY"], ["MM/YYYY", "jj/mm"], ["D/D/YYYY"]):
        assert_keeps_its_english(lambda texts=texts: formats_problem(texts, timed=False))  # type: ignore[misc]


def test_what_the_columns_of_a_file_lack_keeps_its_english() -> None:
    mapping = mapping_of(NAMES)
    table = table_of("Courriel", "Prenom", "Ville", *(f"Colonne {at}" for at in range(30)))
    drift = drift_of(mapping, table)
    assert_keeps_its_english(lambda: bind(mapping, table, run_date=RUN_DATE))
    assert_keeps_its_english(lambda: drift_in_words(drift, mapping, table))
    assert_keeps_its_english(lambda: drift.shortly)


def test_what_goes_nowhere_and_what_is_left_open_keep_their_english() -> None:
    mapping = mapping_of(f"{HEAD}  Infolettre: optin_News\n{EVERYONE}")
    table = table_of("Courriel", "Infolettre", "Notes", "Ville")
    table = replace(table, hidden=1200, computed=(("Infolettre", 1),))
    bound = bind(mapping, table, run_date=RUN_DATE)
    assert_keeps_its_english(lambda: bind(mapping, table, run_date=RUN_DATE).warnings)
    assert_keeps_its_english(lambda: unsettled(bound, table))


def test_warnings_of_a_mapping_keep_their_english() -> None:
    text = f"{HEAD}constants: {{optin_News: yes}}\ncomputed: {{f_Language: '{{Courriel}}'}}\n"
    assert_keeps_its_english(lambda: mapping_of(f"{text}{EVERYONE}").warnings)


def test_what_a_sheet_says_wrongly_keeps_its_english() -> None:
    cells = (
        ("Column", "Field", "Values", "Required", "Shoe size"),
        ("Nom", "f_A", "Oui", "peut-être"),
        ("Nom", "f_B"),
        ("Ville", ""),
    )
    rows = [SheetRow(row, one) for row, one in enumerate(cells, 1)]
    assert_keeps_its_english(
        lambda: convert(rows, GRAMMARS, shown="map.csv", name="n", target="dialog-insight")
    )


def test_why_a_row_is_left_out_keeps_its_english() -> None:
    column = pa.array(["Oui", None, "Non"])

    def details() -> list[str]:
        (finding,) = rows_left_out(Condition("Actif", ("Oui",)), "Actif", column, ())
        return list(finding.details or ())

    assert_keeps_its_english(details)
    assert details() == ["blank", '"Non"']


def test_reasons_of_a_draft_keep_their_english_and_json_holds_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(TOP)
    plain = draft("sample_data/address-book.csv")
    with speaking("fr"):
        said = draft("sample_data/address-book.csv")
        members = as_members(said, text="", path=None)
        parse_document(as_yaml(said), "draft.yaml")
    reasons = [one.reason for one in plain.proposals]
    assert all(isinstance(one.reason, Said) for one in said.proposals)
    assert [english(one.reason) for one in said.proposals] == reasons
    assert [one["reason"] for one in members["proposals"]] == reasons
    assert not any(isinstance(one["reason"], Said) for one in members["proposals"])


def test_an_exception_gives_its_sentence_with_its_english() -> None:
    with speaking("fr"):
        sentence = tr("there is no such file")
        errors = (StoppedError(sentence), RetryableError(sentence, wait=1.0))
        several = UnusableInputError(sentence, Mistake(sentence, "a.csv", row=2))
        alone = UnusableInputError(Mistake(sentence))
    for error in errors:
        assert english(str(error)) == "there is no such file"
    assert english(str(several)) == "there is no such file\na.csv, row 2: there is no such file"
    assert english(str(alone)) == "there is no such file"
    assert all(isinstance(str(error), Said) for error in (*errors, several, alone))
    assert sentence_of(OSError(2, "nothing")) == "[Errno 2] nothing"
    assert str(StoppedError()) == ""


def french(text: str, plain: str) -> Said:
    said = Said(text)
    said.english = plain
    return said


def test_the_blanks_of_french_are_no_characters_to_be_named() -> None:
    sentence = french("«\u00a0a\u00a0»\u00a0: 12\u202f000, 5\u00a0%\u202f?", '"a": 12,000, 5 %?')
    assert in_one_line(sentence) is not sentence
    assert in_one_line(sentence) == sentence
    assert english(in_one_line(sentence)) == '"a": 12,000, 5 %?'


def test_blanks_that_are_a_cells_own_are_named_in_every_language() -> None:
    sentence = french("«\u00a0a\u00a0b\t\u200d\u00a0»", '"a\u00a0b\t\u200d"')
    with speaking("fr"):
        shown = in_one_line(sentence)
    assert shown.startswith("«\u00a0a[")
    assert shown.endswith("]\u200d\u00a0»")
    assert english(shown) == '"a[no-break space]b[tab]\u200d"'
    assert in_one_line("a\u00a0b") == "a[no-break space]b"


def test_a_comment_keeps_the_blanks_of_french_where_that_is_spoken() -> None:
    assert [*comment("oui\u00a0: «\u00a0a\u00a0b\u00a0»")] == [
        "# oui\\xa0: «\\xa0a\\xa0b\\xa0»",
    ]
    with speaking("fr"):
        assert [*comment("oui\u00a0: «\u00a0a\u00a0b\u00a0»")] == [
            "# oui\u00a0: «\u00a0a\\xa0b\u00a0»",
        ]


def test_a_list_keeps_the_english_of_what_is_in_it_and_between() -> None:
    assert joined(["a", "b"], " or ") == "a or b"
    with speaking("fr"):
        listed = joined([number(1200), "b"], french(" ou ", " or "))
    assert listed == "1\u202f200 ou b"
    assert english(listed) == "1,200 or b"
