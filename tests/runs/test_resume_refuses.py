"""What cannot be continued truthfully is refused in one sentence, and nothing is sent."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from importer.journal import Journal
from tests.runs.workshop import Workshop

DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {}


def damage(words: str) -> Callable[[Callable[[Path], None]], Callable[[Path], None]]:
    """Name what happens to a run's folder, and the words that say so."""

    def named(act: Callable[[Path], None]) -> Callable[[Path], None]:
        DAMAGES[act.__name__] = (act, words)
        return act

    return named


@damage("the plan of {run} was changed or damaged since it was checked")
def a_flipped_bit_in_the_plan(folder: Path) -> None:
    _flip(folder / "state" / "plan.parquet")


@damage("the plan of {run} is missing")
def no_plan(folder: Path) -> None:
    (folder / "state" / "plan.parquet").unlink()


@damage("the list of rows of {run} was changed or damaged since it was checked")
def a_flipped_bit_in_the_rows(folder: Path) -> None:
    _flip(folder / "state" / "rows.parquet")


@damage("the list of rows of {run} is missing")
def no_rows(folder: Path) -> None:
    (folder / "state" / "rows.parquet").unlink()


@damage("mapping.yaml is not what the run {run} was checked with")
def an_edited_mapping(folder: Path) -> None:
    with (folder / "mapping.yaml").open("a", encoding="utf-8") as stream:
        stream.write("# a remark\n")


@damage("{run} was made by a newer version of importer")
def settings_of_a_newer_version(folder: Path) -> None:
    place = folder / "settings.json"
    place.write_text(json.dumps({**json.loads(place.read_bytes()), "schema_version": 2}))


@damage("is {folder} a run?")
def settings_that_are_cut_off(folder: Path) -> None:
    place = folder / "settings.json"
    place.write_bytes(place.read_bytes()[:100])


@damage("the journal has version 99")
def a_journal_of_a_newer_version(folder: Path) -> None:
    path = folder / "state" / "journal.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")


@damage("the journal cannot be read")
def a_journal_that_is_none(folder: Path) -> None:
    (folder / "state" / "journal.sqlite3").write_bytes(b"no journal at all" * 100)


@damage("the run has no journal")
def no_journal(folder: Path) -> None:
    (folder / "state" / "journal.sqlite3").unlink()


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 4
    path.write_bytes(content)


def begun(workshop: Workshop, command: str) -> str:
    """Make a run that a command would go on with; give its id."""
    workshop.people(12)
    if command == "send":
        assert workshop.importer("check", "people.csv").code == 0
    elif command == "resume":
        assert workshop.importer("run", "people.csv", "--yes", "--first", "5").code == 5
    else:
        workshop.sandbox(drop_answers=1)
        assert workshop.importer("run", "people.csv", "--yes").code == 6
        workshop.sandbox()
    return workshop.run_id()


@pytest.mark.parametrize("command", ["send", "resume", "retry"])
@pytest.mark.parametrize("name", DAMAGES)
def test_a_run_that_is_not_what_was_checked_is_refused(
    workshop: Workshop, name: str, command: str
) -> None:
    run = begun(workshop, command)
    before = len(workshop.network.merges())
    folder = workshop.run_folder()
    act, words = DAMAGES[name]
    act(folder)
    done = workshop.importer(command, run, "--yes")
    assert (done.code, len(done.lines)) == (4, 1)
    assert words.format(run=run, folder=Path("runs", run)) in done.err
    assert len(workshop.network.merges()) == before
    assert workshop.run_folders() == [folder]


@pytest.mark.parametrize("command", ["send", "resume", "retry"])
def test_a_run_from_before_there_were_sums_goes_on(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    ordinary = Journal.set_fact

    def without_sums(journal: Journal, name: str, value: str) -> None:
        if name != "sums":
            ordinary(journal, name, value)

    monkeypatch.setattr(Journal, "set_fact", without_sums)
    run = begun(workshop, command)
    assert workshop.journal("SELECT count(*) FROM fact WHERE name = 'sums'") == [(0,)]
    assert workshop.importer(command, run, "--yes").code == 0


@pytest.mark.parametrize("keep", ["needed", "all"])
def test_a_finished_run_is_still_what_its_journal_says(workshop: Workshop, keep: str) -> None:
    workshop.write(
        "importer.yaml", f"keep: {keep}\n{(workshop.folder / 'importer.yaml').read_text()}"
    )
    run = begun(workshop, "retry")
    assert workshop.importer("report", run).code == 0
    assert workshop.importer("retry", run, "--yes").code == 0
