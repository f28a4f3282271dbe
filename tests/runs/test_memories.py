"""What is remembered of contacts is listed, and can be erased."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

import importer
from importer import assembly
from importer.errors import UnusableInputError
from importer.model import comparable_key
from importer.runs.memories import Erased, erase, memories
from importer.state.fingerprints import Change, Prints
from importer.state.installation import SECRET, installation_hash
from importer.state.memories import Subject, memory_of
from tests.runs.workshop import URL, Workshop

OTHERS = """\
name: others
target: dialog-insight
columns: {Email: key_f_EMail, City: f_City}
merge: {mode: upsert}
"""


@pytest.fixture
def remembered(workshop: Workshop) -> Workshop:
    """Two mappings have sent some people, two of them both."""
    workshop.write("mappings/others.yaml", OTHERS)
    workshop.people(3)
    _run("people.csv", "people")
    workshop.people(2)
    _run("people.csv", "others")
    return workshop


def _run(file: str, mapping: str) -> importer.Summary:
    return importer.run(file, mapping=mapping, yes=True, only_changes=True)


def test_what_is_remembered_is_listed_with_its_size_and_its_end(remembered: Workshop) -> None:
    others, people = memories()
    assert (others.mapping, others.contacts) == ("others", 2)
    assert (people.target, people.host, people.project, people.mapping, people.table) == (
        "dialog-insight", URL.removeprefix("http://"), "1", "people", "",
    )  # fmt: skip
    assert people.contacts == 3
    assert people.oldest is not None
    assert people.newest == people.oldest
    assert people.expires == people.oldest + timedelta(days=400)
    assert people.size > 10_000
    assert people.readable


def test_nothing_is_listed_or_erased_where_nothing_is_remembered(workshop: Workshop) -> None:
    assert memories() == []
    assert erase(everything=True, yes=True) == Erased(0, 0)
    assert erase(key="x@example.com", yes=True) == Erased(0, 0)
    assert not (workshop.folder.parent / "state").exists()


def test_a_contact_is_erased_everywhere_however_its_key_is_written(remembered: Workshop) -> None:
    assert erase(key=" PERSON1@Example.com", yes=True) == Erased(memories=2, contacts=2)
    assert erase(key="person1@example.com", yes=True) == Erased(0, 0)
    assert erase(key="person3@example.com", yes=True) == Erased(1, 1)
    assert [one.contacts for one in memories()] == [1, 1]
    remembered.people(2)
    assert _run("people.csv", "people").rows.updated == 1


def test_a_key_of_several_parts_is_erased_by_its_json_in_any_order(workshop: Workshop) -> None:
    means = assembly.means()
    state = assembly.settings_here(means).state_folder
    subject, hashes = (
        Subject("dialog-insight-table", URL, "1", "orders", "77"),
        installation_hash(state),
    )
    contact = hashes.contacts([comparable_key(["A@example.com", "Seven"]).encode()])
    told = Prints(contact, {}, np.array([means.clock.now().timestamp()], dtype=np.uint32))
    with memory_of(state, subject, clock=means.clock) as memory:
        memory.change(told, Change.WRITTEN, subject=subject, hashes=hashes)
    assert [(one.table, one.contacts) for one in memories()] == [("77", 1)]
    assert erase(key='{"key_f_EMail": "a@example.com"}', yes=True) == Erased(0, 0)
    many = '{"a": null, "x": 1, "y": 2, "z": 3, "u": 4, "v": 5}'
    assert erase(key=many, yes=True) == Erased(0, 0)
    assert erase(key='{"broken', yes=True) == Erased(0, 0)
    key = '{"key_code": "seven", "key_f_EMail": "a@example.com"}'
    assert erase(key=key, yes=True) == Erased(1, 1)


def test_what_is_remembered_for_a_mapping_or_at_all_is_erased(remembered: Workshop) -> None:
    assert erase(mapping="nobody", yes=True) == Erased(0, 0)
    assert erase(mapping="people", yes=True) == Erased(1, 3)
    assert [one.mapping for one in memories()] == ["others"]
    assert erase(everything=True, yes=True) == Erased(1, 2)
    assert memories() == []
    remembered.people(3)
    assert _run("people.csv", "people").rows.updated == 3


def test_nothing_is_erased_that_nobody_agrees_to(remembered: Workshop) -> None:
    questions: list[str] = []

    def no(question: str) -> bool:
        questions.append(question)
        return False

    with pytest.raises(UnusableInputError, match="needs --yes"):
        erase(everything=True)
    for wanted in ({"key": "person1@example.com"}, {"mapping": "people"}, {"everything": True}):
        with pytest.raises(UnusableInputError, match="nothing was erased"):
            erase(**wanted, ask=no)
    assert [one.contacts for one in memories()] == [2, 3]
    assert "this contact" in questions[0]
    assert "by people?" in questions[1]
    assert "every mapping" in questions[2]
    assert erase(everything=True, ask=lambda _: True).contacts == 5


def test_a_memory_whose_secret_is_lost_is_listed_so_and_erased_as_a_whole(
    remembered: Workshop,
) -> None:
    (assembly.settings_here(assembly.means()).state_folder / SECRET).unlink()
    assert [one.readable for one in memories()] == [False, False]
    assert erase(key="person1@example.com", yes=True) == Erased(0, 0, unreadable=2)
    assert memories() == []


def test_a_run_that_is_still_open_does_not_bring_back_who_was_erased(workshop: Workshop) -> None:
    workshop.people(10)
    stopped = importer.run(
        "people.csv", mapping="people", yes=True, only_changes=True, first=5
    )  # fmt: skip
    assert erase(key="person1@example.com", yes=True) == Erased(1, 1)
    importer.resume(stopped.run, yes=True)
    (people,) = memories()
    assert people.contacts == 9
    assert erase(key="person1@example.com", yes=True) == Erased(0, 0)
