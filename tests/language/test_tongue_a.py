"""What commands, runs and connections say in another language knows its English."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from importer import connections, locks, setting_up
from importer.assembly import account_mistakes, find_mapping, named_connection
from importer.assembly.sheets import convert_sheet
from importer.assembly.suppressing import lists_of
from importer.connections import ConnectionTest
from importer.errors import AccountCause, LockedError, UnusableInputError
from importer.journal import Journal
from importer.key_places import resolve_secret
from importer.language import Said, english, speaking
from importer.model import AccountFields, Secret
from importer.plan_sums import refuse_changed
from importer.run_folder import find_run
from importer.runs import check, resume
from importer.runs.staleness import in_words
from importer.settings import Settings
from importer.thresholds import threshold
from tests.runs.workshop import FakeClock, Workshop


def english_of(error: UnusableInputError | LockedError) -> str:
    told = str(error)
    assert isinstance(told, Said)
    return english(told)


@pytest.mark.parametrize("minutes", [1, 90, 150, 5000])
def test_a_duration_knows_its_english(minutes: int) -> None:
    plain = in_words(timedelta(minutes=minutes))
    with speaking("fr"):
        said = in_words(timedelta(minutes=minutes))
    assert isinstance(said, Said)
    assert said.english == plain


@pytest.mark.parametrize("cause", list(AccountCause))
def test_every_remedy_of_a_refusal_knows_its_english(cause: AccountCause) -> None:
    connection = setting_up.new_connection(setting_up.PLACES[0], "https://a.example", "7")
    trial = ConnectionTest(connection, problem="No.", cause=cause)
    plain = list(trial.problem_lines())
    with speaking("fr"):
        said = list(trial.problem_lines())
    assert [english(one) for one in said] == plain
    assert all(isinstance(one, Said) for one in said)
    assert plain[1] == "The platform says: No."


def test_what_a_connection_answered_knows_its_english() -> None:
    connection = setting_up.new_connection(setting_up.PLACES[0], "https://a.example", "7")
    trial = ConnectionTest(
        connection, AccountFields({"f_EMail": "E-mail"}, frozenset()), {"3": "Shop"}, aside="No."
    )
    plain = list(trial.lines())
    with speaking("fr"):
        assert [english(one) for one in trial.lines()] == plain
    assert "Fields: 1 (required: none)" in plain
    assert connections.ConnectionTest(connection, cause=None).remedy == ""


def test_who_holds_a_folder_is_told_in_both_languages(tmp_path: Path) -> None:
    clock = FakeClock()
    with (
        locks.held(tmp_path, "the run k3fq", clock=clock),
        speaking("fr"),
        pytest.raises(LockedError) as refused,
        locks.held(tmp_path, "the run k3fq", clock=clock),
    ):
        pass
    assert english_of(refused.value).startswith("another process holds the run k3fq: process ")
    assert english_of(refused.value).endswith("last sign of life 0 s ago")


def test_a_key_that_is_not_there_is_told_in_both_languages(tmp_path: Path) -> None:
    place = tmp_path / "none.key"
    with speaking("fr"), pytest.raises(UnusableInputError) as refused:
        resolve_secret(f"file:{place}", "shop")
    assert english_of(refused.value) == (
        f'connection "shop": the key file {place} cannot be read: No such file or directory'
    )


def test_a_threshold_that_is_none_is_told_in_both_languages() -> None:
    with speaking("fr"), pytest.raises(UnusableInputError) as refused:
        threshold("few", 1)
    assert english_of(refused.value) == '"few" is neither a number of rows nor a share such as 5%'


def test_a_run_that_is_not_there_is_told_in_both_languages(tmp_path: Path) -> None:
    with speaking("fr"):
        with pytest.raises(UnusableInputError) as missing:
            find_run(tmp_path, "k3fq")
        with pytest.raises(UnusableInputError) as nothing:
            resume(runs_dir=tmp_path)
    assert english_of(missing.value) == f'there is no run "k3fq" in {tmp_path}.'
    assert english_of(nothing.value) == (
        f"no run of {tmp_path} was interrupted or stopped: nothing to resume"
    )


def test_names_that_are_not_there_are_told_in_both_languages(workshop: Workshop) -> None:
    means = workshop.means()
    with speaking("fr"):
        with pytest.raises(UnusableInputError) as connection:
            named_connection(means, "zzz")
        with pytest.raises(UnusableInputError) as mapping:
            find_mapping("zzz")
        with pytest.raises(UnusableInputError) as target:
            convert_sheet("a.csv", sheet=None, name=None, target="zzz", table_id=None)
    assert english_of(connection.value) == (
        'there is no connection "zzz". There are: local, sandbox.'
    )
    assert english_of(mapping.value).startswith('there is no mapping "zzz" (')
    assert english_of(target.value).startswith('there is no target "zzz". There are: ')


def test_fields_that_an_account_lacks_are_told_in_both_languages(workshop: Workshop) -> None:
    _, mapping = find_mapping("people")
    account = AccountFields({"f_EMail": "", "f_FirstName": ""}, beginnings=("f_",))
    with speaking("fr"):
        (mistake,) = account_mistakes(mapping, account)
    assert english(mistake.message) == "the account has no field f_City."


def test_a_suppression_list_that_is_not_there_is_told_in_both_languages(
    workshop: Workshop,
) -> None:
    text = Path("mappings/people.yaml").read_text(encoding="utf-8")
    workshop.write("mappings/people.yaml", f"{text}suppress: [gone.csv]\n")
    with speaking("fr"), pytest.raises(UnusableInputError) as refused:
        lists_of(*find_mapping("people"))
    assert "the suppression list gone.csv is not there" in english_of(refused.value)


def test_names_and_numbers_that_setup_refuses_are_told_in_both_languages() -> None:
    for wrong in ("!", "sandbox"):
        plain = setting_up.name_mistake(wrong, Settings())
        with speaking("fr"):
            assert english(setting_up.name_mistake(wrong, Settings())) == plain
    with speaking("fr"):
        assert english(setting_up.number_mistake("x")) == "A number is needed: digits only."
        assert setting_up.number_mistake("12") == ""


def test_a_run_that_a_threshold_stops_says_so_in_its_own_language(workshop: Workshop) -> None:
    workshop.write("people.csv", "Email,First,City\nno address,Ann,Bern\n")
    summary = check("people.csv", strict=True, language="fr", means=workshop.means())
    told = "--strict: 1 row cannot be sent, so none is"
    assert (summary.message, summary.language) == (told, "fr")
    assert told in summary.sentences


def test_a_plan_that_was_changed_is_told_in_both_languages(workshop: Workshop) -> None:
    workshop.write("people.csv", "Email,First,City\nann@example.com,Ann,Bern\n")
    summary = check("people.csv", language="fr", means=workshop.means())
    folder = find_run(Path("runs"), summary.run)
    folder.plan.write_bytes(b"")
    with (
        speaking("fr"),
        Journal.open(folder.journal) as journal,
        pytest.raises(UnusableInputError) as refused,
    ):
        refuse_changed(journal, folder)
    assert english_of(refused.value).startswith(
        f"the plan of {folder.id} was changed or damaged since it was checked ("
    )


def test_the_lines_of_a_configuration_are_the_same_but_for_their_remarks(
    tmp_path: Path,
) -> None:
    connection = setting_up.new_connection(setting_up.PLACES[0], "https://a.example", "7")
    connection = replace(connection, name="shop", project_id="3", key="env:KEY")
    kept = {}
    for language in ("en", "fr"):
        place = tmp_path / language
        place.mkdir()
        with speaking(language):
            setting_up.keep(connection, Secret(""), folder=place)
        text = (place / "importer.yaml").read_text(encoding="utf-8")
        kept[language] = [line.split("#")[0].rstrip() for line in text.splitlines()]
    assert [one for one in kept["fr"] if one] == [one for one in kept["en"] if one]
