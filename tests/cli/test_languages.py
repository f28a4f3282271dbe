"""Which language a command line speaks, and that all of it does, and only while it lasts."""

from __future__ import annotations

import gettext
import io
import os
import re
from pathlib import Path

import click
import pytest

from importer import language
from importer.cli import languages, run_command
from importer.cli.asking import confirm
from importer.cli.screen import state_shown
from importer.model import RunState
from tests.cli.commands import commands, help_text
from tests.runs.workshop import Done, Workshop

ENGLISH, FRENCH = "Usage: importer", "Utilisation\xa0: importer"
ALL = [name for name, _ in commands()]
LEAVES = [name for name, command in commands() if not isinstance(command, click.Group)]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to run in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def importer(capsys: pytest.CaptureFixture[str], *arguments: str) -> Done:
    code = run_command(arguments)
    return Done(code, *capsys.readouterr())


@pytest.mark.parametrize(
    ("option", "environment", "configured", "locale", "spoken"),
    [
        ("en", "fr", "fr", "fr_CA.UTF-8", ENGLISH),
        ("fr", "en", "en", "en_CA.UTF-8", FRENCH),
        (None, "en", "fr", "fr_CA.UTF-8", ENGLISH),
        (None, "fr", "en", "en_CA.UTF-8", FRENCH),
        (None, None, "en", "fr_CA.UTF-8", ENGLISH),
        (None, None, "fr", "en_CA.UTF-8", FRENCH),
        (None, None, None, "fr_CA.UTF-8", FRENCH),
        (None, None, None, "en_CA.UTF-8", ENGLISH),
    ],
)
def test_the_option_counts_before_the_environment_the_configuration_and_the_locale(
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    option: str | None,
    environment: str | None,
    configured: str | None,
    locale: str,
    spoken: str,
) -> None:
    for variable in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LANG", locale)
    if environment is not None:
        monkeypatch.setenv(language.ENVIRONMENT, environment)
    if configured is not None:
        (here / "importer.yaml").write_text(f"language: {configured}\n", encoding="utf-8")
    given = [] if option is None else ["--language", option]
    assert importer(capsys, *given, "check", "--help").out.startswith(spoken)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--language", "fr", "check", "--help"],
        ["check", "--language", "fr", "--help"],
        ["check", "--help", "--language", "fr"],
        ["check", "--help", "--language=fr"],
        ["--language", "en", "check", "--language", "fr", "--help"],
    ],
)
def test_the_option_may_stand_anywhere(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert importer(capsys, *arguments).out.startswith(FRENCH)


def test_what_stands_behind_two_dashes_is_no_option() -> None:
    assert languages.asked_for(["check", "--", "--language", "fr"]) is None
    assert languages.asked_for(["check", "--language"]) is None
    assert languages.asked_for(["check", "--language", "de"]) is None


def test_a_command_takes_its_language_from_a_variable_of_its_own(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IMPORTER_CHECK_LANGUAGE", "fr")
    assert importer(capsys, "check").err.startswith(FRENCH)
    assert importer(capsys, "send").err.startswith(ENGLISH)


def test_a_configuration_with_mistakes_is_told_in_its_own_language(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {}
    for spoken in language.LANGUAGES:
        wrong = f"language: {spoken}\nlanguages: [de]\n"
        (here / "importer.yaml").write_text(wrong, encoding="utf-8")
        done = importer(capsys, "connection", "test", "production")
        assert (done.code, done.out) == (4, "")
        told[spoken] = done.err
    assert told["en"].startswith("importer: importer.yaml:2:1: ")
    assert told["fr"].startswith("importer : importer.yaml:2:1")
    assert told["fr"].split("importer.yaml:2:1")[1] != told["en"].split("importer.yaml:2:1")[1]


# --- help ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL, ids=" ".join)
def test_french_help_fits_a_terminal_and_has_no_blank_that_some_lack(
    monkeypatch: pytest.MonkeyPatch, name: tuple[str, ...]
) -> None:
    monkeypatch.setenv(language.ENVIRONMENT, "fr")
    text = help_text(name)
    assert max(map(len, text.splitlines())) <= 100
    assert text.startswith(" ".join((FRENCH, *name)))
    assert "\u202f" not in text
    assert "Options\xa0:" in text
    if name in LEAVES:
        assert re.search(r"Exemples?\xa0:\n( +\S.*\n)*? +importer " + " ".join(name), text)


@pytest.mark.parametrize("name", LEAVES, ids=" ".join)
def test_no_help_stays_english_in_french(
    monkeypatch: pytest.MonkeyPatch, name: tuple[str, ...]
) -> None:
    english = help_text(name).split()
    monkeypatch.setenv(language.ENVIRONMENT, "fr")
    french = help_text(name).split()
    assert not {"the", "of", "that"} & set(french)
    assert len(french) > len(english) / 2


def test_the_list_of_commands_cuts_no_french_sentence_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(language.ENVIRONMENT, "fr")
    listed = help_text(()).split("Commandes\xa0:\n")[1].splitlines()
    assert [line for line in listed if not line.endswith(".") or line.endswith("...")] == []


# --- what click says ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["check"], "Il manque l’argument 'FILE...'."),
        (["check", "--frist"], "L’option '--frist' n’existe pas."),
        (["chekc"], "La commande 'chekc' n’existe pas."),
        (["check", "a.csv", "--first", "x"], "'x' n’est pas un nombre valable.\n"),
        (["check", "a.csv", "--first", "0"], "0 n’est pas dans l’intervalle x>=1."),
        (["check", "a.csv", "--language", "de"], "'de' n’est pas une de ces valeurs"),
        (["check", "a.csv", "--max-invalid", "x"], "«\xa0x\xa0» n’est ni un nombre"),
        (["setup", "--key-file", "none.key"], "'none.key' n’existe pas."),
        (["send", "a", "b"], "Argument en trop (b)"),
        (["check", "--sheet"], "L’option '--sheet' demande 1 valeur."),
    ],
)
def test_wrong_usage_is_told_in_french(
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    sentence: str,
) -> None:
    monkeypatch.setenv(language.ENVIRONMENT, "fr")
    done = importer(capsys, *arguments)
    assert done.code == 2
    assert sentence in done.err
    assert "Error" not in done.err


def answering(monkeypatch: pytest.MonkeyPatch, answers: list[str]) -> list[str]:
    """Give the answers to questions in their order; what is asked is listed."""
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return answers.pop(0)

    monkeypatch.setattr("click.termui.visible_prompt_func", answer)
    return asked


def test_a_question_is_answered_in_either_language(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = answering(monkeypatch, ["peut-être", "o", "OUI", "yes", "", "n", "non"])
    with languages.for_one_command():
        languages.speak("fr")
        assert [confirm("Envoyer ?") for _ in range(6)] == [True, True, True, False, False, False]
    assert asked == ["Envoyer ? [o/N]\xa0: "] * 7  # one answer was none
    assert capsys.readouterr().err == "Erreur\xa0: répondez par oui ou par non\n"


def test_a_question_in_english_is_what_it_always_was(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = answering(monkeypatch, ["o", "y", ""])
    assert [confirm("Send it?"), confirm("Send it?")] == [True, False]
    assert asked == ["Send it? [y/N]: "] * 3
    assert capsys.readouterr().err == "Error: invalid input\n"


@pytest.mark.parametrize("answer", ["o", "Oui", "y"])
def test_sending_and_abandoning_are_asked_and_answered_in_french(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    for place in ("screen", "running"):
        monkeypatch.setattr(f"importer.cli.{place}.may_ask", lambda: True)
    workshop.people(2)
    monkeypatch.setenv(language.ENVIRONMENT, "fr")
    asked = answering(monkeypatch, ["n", answer, answer])
    assert workshop.importer("run", "people.csv").code == 4
    assert workshop.importer("abandon", workshop.run_id()).code == 0
    assert workshop.importer("run", "people.csv").code == 0
    assert workshop.summary()["state"] == "finished"
    assert [question.partition(" [")[2] for question in asked] == ["o/N]\xa0: "] * 3


def test_json_and_what_is_said_beside_it_are_english(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(language.ENVIRONMENT, "fr")
    assert importer(capsys, "send", "k3fq").err.startswith("importer : ")
    assert importer(capsys, "send", "k3fq", "--json").err.startswith("importer: there is no run")
    assert "Missing argument 'FILE...'." in importer(capsys, "check", "--json").err


@pytest.mark.parametrize("options", [["--json", "--language", "fr"], ["--first", "x", "--json"]])
def test_json_is_english_wherever_it_stands(
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
) -> None:
    monkeypatch.setenv(language.ENVIRONMENT, "fr")
    assert importer(capsys, "check", *options).err.startswith("Usage: importer check")


def test_what_stands_in_the_way_of_a_french_run_is_english_beside_json(workshop: Workshop) -> None:
    workshop.people(2)
    workshop.importer("check", "people.csv", "--language", "fr")
    run = workshop.run_id()
    assert "vérifiée" in workshop.importer("resume", run, "--yes").err
    done = workshop.importer("resume", run, "--yes", "--json")
    assert done.err.startswith(f"importer: {run} was only checked")
    assert done.json["error"]["mistakes"][0]["message"] in done.err


def test_states_of_runs_are_named_in_the_language_of_the_screen(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.people(2)
    workshop.importer("run", "people.csv", "--yes")
    assert " finished " in workshop.importer("runs").out
    monkeypatch.setenv(language.ENVIRONMENT, "fr")
    shown = workshop.importer("runs").out
    assert " terminée " in shown
    assert "finished" not in shown
    assert workshop.importer("runs", "--json").json["runs"][0]["state"] == "finished"
    assert " terminée, " in workshop.importer("purge", "--days", "0", "--yes").out
    for state in (*RunState, "purged", "unreadable"):
        with language.speaking("fr"):
            assert state_shown(state)
        assert state_shown(state) == state


def test_rows_of_a_french_run_are_told_in_one_language_wherever_they_are_found(
    workshop: Workshop,
) -> None:
    workshop.write("people.csv", "Email,First,City\nno address,E,F\n")
    workshop.importer("check", "people.csv", "--language", "fr")
    said = workshop.results()[0]["message"]
    assert said.startswith("«")
    (found,) = workshop.importer("find", "no address", "--json").json["found"]
    (row,) = workshop.importer("show", workshop.run_id(), "--row", "2", "--json").json["rows"]
    assert [found["message"], row["message"], row["issues"][0]["message"]] == [said] * 3
    shown = workshop.importer("find", "no address").out
    assert shown.splitlines()[1].endswith(said.replace("\xa0", " "))


# --- afterwards ---------------------------------------------------------------------------------


@pytest.mark.parametrize("variable", [None, "de"])
def test_nothing_of_a_language_is_left_when_a_command_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str | None
) -> None:
    monkeypatch.delenv("LANGUAGE", raising=False)
    if variable is not None:
        monkeypatch.setenv("LANGUAGE", variable)
    domain, english = gettext.textdomain(), help_text(("check",))
    assert importer(capsys, "--language", "fr", "check", "--help").code == 0
    assert importer(capsys, "--language", "fr", "check").code == 2
    assert (gettext.textdomain(), os.environ.get("LANGUAGE")) == (domain, variable)
    assert (language.spoken(), language.choose("en")) == ("en", "en")
    assert help_text(("check",)) == english


def test_a_stream_that_lacks_signs_of_print_gets_plain_ones() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors=languages.PLAINER, newline="")
    stream.write("L’option «\xa0x\xa0» manque\u202f: été…")
    stream.flush()
    assert raw.getvalue() == b'L\'option " x " manque : \\xe9t\\xe9...'
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("ascii", errors=languages.PLAINER)
