"""Sentences in the language that is spoken, and which language that is."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from importer import language
from importer.language import (
    Said,
    as_here,
    choose,
    configured_in,
    decimal,
    english,
    mark,
    number,
    prefer,
    speak,
    speaking,
    spoken,
    tr,
    trn,
)


def test_english_is_said_as_it_stands() -> None:
    assert tr("{file} has no header", file="a.csv") == "a.csv has no header"
    assert tr("a {brace} without values") == "a {brace} without values"
    assert trn("{count} row", "{count} rows", 1) == "1 row"
    assert (
        trn("{count} row of {file}", "{count} rows of {file}", 1234, file="a") == "1,234 rows of a"
    )
    assert trn("{count} row", "{count} rows", 0) == "0 rows"
    assert type(tr("plain")) is str


def test_a_sentence_without_a_translation_stays_english() -> None:
    with speaking("fr"):
        assert tr("No catalogue holds {this}.", this=1) == "No catalogue holds 1."
        assert tr("") == ""


def test_a_sentence_in_another_language_knows_its_english() -> None:
    with speaking("fr"):
        part = tr("bits")
        whole = tr("{count} {part} in {file}", count=number(1234), part=part, file="a.csv")
        assert isinstance(whole, Said)
        assert whole == "1\u202f234 bits in a.csv"
        assert english(whole) == "1,234 bits in a.csv"
    assert english("plain") == "plain"


def test_french_counts_nothing_as_one_thing(monkeypatch: pytest.MonkeyPatch) -> None:
    with speaking("fr"):
        assert english(trn("{count} row", "{count} rows", 0)) == "0 rows"


def test_numbers_are_written_as_people_write_them() -> None:
    assert (number(1234567), decimal(1234.5)) == ("1,234,567", "1,234.5")
    with speaking("fr"):
        assert (number(1234567), decimal(1234.5)) == ("1\u202f234\u202f567", "1\u202f234,5")
        assert english(decimal(1234.5, 2)) == "1,234.50"
        assert str(number(7)) == "7"


def test_what_is_marked_is_said_later() -> None:
    assert mark("Later.") == "Later."


def test_another_language_is_spoken_for_a_while() -> None:
    with speaking("fr"):
        assert spoken() == "fr"
        with speaking("en"):
            assert spoken() == "en"
        assert spoken() == "fr"
    assert spoken() == "en"
    speak("fr")
    assert spoken() == "fr"
    speak("en")


def test_each_thread_speaks_its_own_language() -> None:
    french, english_ = threading.Barrier(2), threading.Barrier(2)
    heard: dict[str, list[str]] = {"fr": [], "en": []}

    def speaker(chosen: str) -> None:
        with speaking(chosen):
            french.wait(60)  # both speak now
            heard[chosen].append(number(1234))
            if chosen == "en":  # the first to begin ends last
                english_.wait(60)
        if chosen == "fr":
            english_.wait(60)
        heard[chosen].append(spoken())

    threads = [threading.Thread(target=speaker, args=(chosen,)) for chosen in heard]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {"fr": ["1\u202f234", "en"], "en": ["1,234", "en"]}
    assert spoken() == "en"


def test_work_that_is_given_away_speaks_what_was_spoken_where_it_was_given() -> None:
    with speaking("fr"):
        work = as_here(number)
    assert work(1234) == "1\u202f234"
    assert (number(1234), spoken()) == ("1,234", "en")


@pytest.mark.parametrize(
    ("option", "environment", "configured", "locale", "chosen"),
    [
        ("en", "fr", "fr", "fr_CA.UTF-8", "en"),
        (None, "en", "fr", "fr_CA.UTF-8", "en"),
        (None, "fr_FR", "en", "en_US", "fr"),
        (None, "", "en", "fr_CA.UTF-8", "en"),
        (None, "", None, "fr_CA.UTF-8", "fr"),
        (None, "", None, "C.UTF-8", "en"),
        (None, "de", "fr", "C", "fr"),
        (None, "de", None, "fr", "fr"),
        ("fr", "", None, "", "fr"),
        (None, "", None, "", "en"),
    ],
)
def test_the_language_is_chosen_by_the_nearest_word(
    monkeypatch: pytest.MonkeyPatch,
    option: str | None,
    environment: str,
    configured: str | None,
    locale: str,
    chosen: str,
) -> None:
    prefer(option)
    monkeypatch.setenv(language.ENVIRONMENT, environment)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.delenv("LANG", raising=False)
    monkeypatch.setenv("LC_ALL", locale)
    assert choose(configured) == chosen


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("language: fr\n", "fr"),
        ("a: [\nlanguage: 'en'  # ours\r\nb: }", "en"),
        ('language: "fr"', "fr"),
        ("  language: fr\n", None),
        ("language: de\n", None),
        ("language: \"fr'\n", None),
        ("", None),
    ],
)
def test_the_language_of_a_configuration_is_known_before_its_mistakes(
    tmp_path: Path, text: str, found: str | None
) -> None:
    place = tmp_path / "importer.yaml"
    place.write_bytes(text.encode())
    assert configured_in(place) == found


def test_no_configuration_names_no_language(tmp_path: Path) -> None:
    assert configured_in(tmp_path / "importer.yaml") is None
