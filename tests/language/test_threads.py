"""Runs of one process, and the threads of a run, speak the language of their run."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import importer
from importer import assembly
from importer.language import spoken
from importer.reports import Summary
from tests.runs.workshop import SETTINGS, Workshop, read_report


def test_two_runs_side_by_side_speak_two_languages(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.write("people.csv", "Email,First,City\nno address,E,F\n")
    both = threading.Barrier(2)
    opening = assembly.open_all

    def together(*arguments: Any, **named: Any) -> Any:
        both.wait(60)
        return opening(*arguments, **named)

    monkeypatch.setattr(assembly, "open_all", together)
    made: dict[str, Summary] = {}

    def check(language: str) -> None:
        made[language] = importer.check("people.csv", language=language, runs_dir=language)

    threads = [threading.Thread(target=check, args=(language,)) for language in ("fr", "en")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = {
        language: read_report(workshop.folder / summary.folder / "results.csv")[0]["message"]
        for language, summary in made.items()
    }
    assert told["fr"].startswith("«\xa0no address\xa0» n’est pas")
    assert told["en"].startswith('"no address" is no')
    assert spoken() == "en"


@pytest.mark.parametrize("faults", ["503*", "dropped*"])
def test_what_threads_of_a_delivery_find_is_said_in_the_language_of_the_run(
    workshop: Workshop, faults: str
) -> None:
    workshop.people(12)
    limits = "{rows_per_call: 5, in_flight: 2}"
    workshop.write("importer.yaml", SETTINGS.replace("{rows_per_call: 5}", limits))
    workshop.sandbox(faults=faults)
    summary = importer.run("people.csv", yes=True, language="fr", means=workshop.means())
    assert summary.message.isascii()
    assert summary.message in summary.sentences
    assert summary.said(summary.message) != summary.message
