"""``memory list`` and ``memory erase``, as people see them."""

from __future__ import annotations

import pytest

from importer.state.installation import SECRET
from tests.runs.workshop import Workshop

TABLE = "people -> dialog-insight at 127.0.0.1:8025, project 1"


@pytest.fixture
def remembered(workshop: Workshop) -> Workshop:
    """Three people who were sent."""
    workshop.people(3)
    options = ["-m", "people", "--yes", "--only-changes"]
    assert workshop.importer("run", "people.csv", *options).code == 0
    return workshop


def test_what_is_remembered_is_listed_without_any_person(remembered: Workshop) -> None:
    done = remembered.importer("memory", "list")
    assert done.code == 0
    (line,) = done.out.splitlines()
    assert line.startswith(f"{TABLE}: 3 contacts, last seen from 2026-11-22 to 2026-11-22; ")
    assert "the first are forgotten on 2027-12-27" in line
    (one,) = remembered.importer("memory", "list", "--json").json["memories"]
    assert (one["mapping"], one["contacts"], one["readable"]) == ("people", 3, True)
    assert remembered.importer("memory", "list", "--quiet").out == ""


def test_a_memory_whose_secret_is_lost_is_told_even_quietly(remembered: Workshop) -> None:
    (remembered.folder.parent / "state" / SECRET).write_bytes(b"x" * 32)
    told = remembered.importer("memory", "list", "--quiet").out
    assert "of no use any more: its secret is lost" in told
    done = remembered.importer("memory", "erase", "--key", "person1@example.com", "--yes")
    assert "1 memory was erased as a whole: its secret is lost" in done.err


def test_nothing_remembered_is_said(workshop: Workshop) -> None:
    assert workshop.importer("memory", "list").err == "Nothing is remembered.\n"
    done = workshop.importer("memory", "erase", "--all", "--yes")
    assert (done.code, done.err) == (0, "Nothing of the kind is remembered.\n")


@pytest.mark.parametrize(
    ("arguments", "sentence", "left"),
    [
        (["--key", "PERSON2@example.com"], "The contact was erased from 1 memory.", 2),
        (["--key", "nobody@example.com"], "The contact is in no memory.", 3),
        (["--mapping", "people"], "3 contacts are forgotten.", 0),
        (["--mapping", "others"], "Nothing of the kind is remembered.", 3),
        (["--all"], "3 contacts are forgotten.", 0),
    ],
)
def test_who_is_erased_is_sent_anew(
    remembered: Workshop, arguments: list[str], sentence: str, left: int
) -> None:
    done = remembered.importer("memory", "erase", *arguments, "--yes")
    assert (done.code, done.lines) == (0, [sentence])
    found = remembered.importer("memory", "list", "--json").json["memories"]
    assert sum(one["contacts"] for one in found) == left
    options = ["-m", "people", "--yes", "--only-changes"]
    assert remembered.importer("run", "people.csv", *options).code == 0
    assert remembered.totals().get("updated", 0) == 3 - left


def test_erasing_is_asked_for_and_can_be_quiet(
    remembered: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = remembered.importer("memory", "erase", "--all")
    assert done.code == 4
    assert "--yes" in done.err
    done = remembered.importer("memory", "erase", "--all", "--quiet", "--yes")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert remembered.importer("memory", "erase", "--all", "--json", "--yes").json["memories"] == 0


def test_what_to_erase_must_be_said_once(remembered: Workshop) -> None:
    for arguments in ([], ["--all", "--mapping", "people"]):
        done = remembered.importer("memory", "erase", *arguments)
        assert done.code == 2
        assert "say what to erase: one of --key, --mapping and --all." in done.err
