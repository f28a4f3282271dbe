"""Memories of contacts: what was last sent is known again, and nothing else is in them."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from importer.errors import StoppedError, UnusableInputError
from importer.state.fingerprints import FIELDS, Change, Prints
from importer.state.installation import SECRET, KeyedHash, installation_hash
from importer.state.memories import Memory, Subject, all_memories, known_memory, memory_of

NEWS = "optin_News"
HASHES = KeyedHash(b"s" * 32)
SUBJECT = Subject("dialog-insight", "https://app.example", "7", "people")
START = datetime(2026, 11, 22, tzinfo=UTC)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def opened(place: Path, clock: Clock, subject: Subject = SUBJECT) -> Memory:
    return memory_of(place / "state", subject, clock=clock)


def keys(*names: str) -> NDArray[np.uint64]:
    return HASHES.contacts(name.encode() for name in names)


def prints(
    facts: dict[str, dict[str, int]], clock: Clock, *, ago: float = 0, fact_names: Any = None
) -> Prints:
    """Make prints of name -> fact -> number; a fact that is not given is 0."""
    names = fact_names or sorted({fact for one in facts.values() for fact in one} | {FIELDS})
    moment = int(clock.at.timestamp() - ago)
    return Prints(
        keys(*facts),
        {
            fact: np.array([one.get(fact, 0) for one in facts.values()], dtype=np.uint64)
            for fact in names
        },
        np.full(len(facts), moment, dtype=np.uint32),
    )


def change(memory: Memory, kind: Change, facts: Any, clock: Clock, **members: Any) -> None:
    memory.change(prints(facts, clock, **members), kind, subject=SUBJECT, hashes=HASHES)


def recalled(
    memory: Memory, *names: str, fact: str = FIELDS, since: datetime = START - timedelta(days=1)
) -> list[int | None]:
    """Give what is remembered of some; None: the contact is not known, 0: nothing sure."""
    found = memory.recall([NEWS], seen_since=since)
    places = found.places(keys(*names))
    numbers = found.fact(fact, places).tolist()
    return [n if p >= 0 else None for n, p in zip(numbers, places.tolist(), strict=True)]


# --- facts ----------------------------------------------------------------------------------------


def test_what_was_written_is_known_again(tmp_path: Path, clock: Clock) -> None:
    with opened(tmp_path, clock) as memory:
        change(memory, Change.WRITTEN, {"ann": {FIELDS: 5, NEWS: 6}, "ben": {FIELDS: 7}}, clock)
    with opened(tmp_path, clock) as memory:
        assert recalled(memory, "ann", "ben", "eve") == [5, 7, None]
        assert recalled(memory, "ann", "ben", fact=NEWS) == [6, 0]


def test_a_fact_of_which_nothing_is_said_stays(tmp_path: Path, clock: Clock) -> None:
    with opened(tmp_path, clock) as memory:
        change(memory, Change.WRITTEN, {"ann": {FIELDS: 5, NEWS: 6}}, clock)
        change(memory, Change.WRITTEN, {"ann": {FIELDS: 8}}, clock, fact_names=[FIELDS, NEWS])
        assert recalled(memory, "ann") == [8]
        assert recalled(memory, "ann", fact=NEWS) == [6]


def test_a_consent_that_comes_later_gets_a_place_beside_the_others(
    tmp_path: Path, clock: Clock
) -> None:
    with opened(tmp_path, clock) as memory:
        change(memory, Change.WRITTEN, {"ann": {FIELDS: 5}}, clock)
        assert recalled(memory, "ann", fact=NEWS) == [0]
        change(memory, Change.WRITTEN, {"ben": {"optin_A": 1, NEWS: 2}}, clock)
        assert recalled(memory, "ann", "ben", fact=NEWS) == [0, 2]
        change(memory, Change.WRITTEN, {"ann": {NEWS: 3}}, clock)
        assert recalled(memory, "ann", "ben", fact=NEWS) == [3, 2]
        assert recalled(memory, "ann") == [5]
        change(memory, Change.WRITTEN, {"ann": {FIELDS: 9}}, clock)
        assert recalled(memory, "ann", fact=NEWS) == [3]


def test_what_was_written_last_counts_whoever_says_it_first(tmp_path: Path, clock: Clock) -> None:
    with opened(tmp_path, clock) as memory:
        change(memory, Change.WRITTEN, {"ann": {FIELDS: 5}}, clock, ago=10)
        change(memory, Change.WRITTEN, {"ann": {FIELDS: 4, NEWS: 6}}, clock, ago=20)
        assert recalled(memory, "ann") == [5]
        assert recalled(memory, "ann", fact=NEWS) == [6]


def test_a_moment_of_a_clock_that_was_set_back_since_does_not_stand_in_the_way(
    tmp_path: Path, clock: Clock
) -> None:
    with opened(tmp_path, clock) as memory:
        change(memory, Change.DOUBTED, {"ann": {FIELDS: 5}}, clock)
        change(memory, Change.WRITTEN, {"ann": {FIELDS: 5}}, clock)
        change(memory, Change.DOUBTED, {"ann": {FIELDS: 5}}, clock)
        clock.at -= timedelta(hours=5)
        change(memory, Change.WRITTEN, {"ann": {FIELDS: 6}}, clock)
        assert recalled(memory, "ann") == [6]


def test_a_fact_in_doubt_is_not_known_until_it_is_settled(tmp_path: Path, clock: Clock) -> None:
    with opened(tmp_path, clock) as memory:
        change(memory, Change.WRITTEN, {"ann": {FIELDS: 5, NEWS: 6}}, clock, ago=9)
        change(memory, Change.DOUBTED, {"ann": {NEWS: 7}, "eve": {FIELDS: 1}}, clock, ago=8)
        assert recalled(memory, "ann", "eve") == [5, None]
        assert recalled(memory, "ann", fact=NEWS) == [0]
        change(memory, Change.WRITTEN, {"ann": {NEWS: 4}}, clock, ago=9)
        assert recalled(memory, "ann", fact=NEWS) == [0], "it was in doubt since"
        change(memory, Change.UNWRITTEN, {"ann": {NEWS: 7}}, clock, ago=8)
        assert recalled(memory, "ann", fact=NEWS) == [4]
        change(memory, Change.DOUBTED, {"ann": {NEWS: 7}}, clock, ago=6)
        change(memory, Change.WRITTEN, {"ann": {NEWS: 7}}, clock, ago=5)
        assert recalled(memory, "ann", fact=NEWS) == [7]


def test_a_doubt_ends_with_an_answer_to_it_and_not_with_a_refusal_of_something_later(
    tmp_path: Path, clock: Clock
) -> None:
    with opened(tmp_path, clock) as memory:
        change(memory, Change.WRITTEN, {"ann": {FIELDS: 5}}, clock, ago=9)
        change(memory, Change.DOUBTED, {"ann": {FIELDS: 6}}, clock, ago=8)
        change(memory, Change.DOUBTED, {"ann": {FIELDS: 7}}, clock, ago=7)
        change(memory, Change.UNWRITTEN, {"ann": {FIELDS: 7}}, clock, ago=7)
        assert recalled(memory, "ann") == [0]
        change(memory, Change.UNWRITTEN, {"ann": {FIELDS: 6}}, clock, ago=8)
        assert recalled(memory, "ann") == [5]


def test_who_is_only_seen_is_not_made_known(tmp_path: Path, clock: Clock) -> None:
    with opened(tmp_path, clock) as memory:
        change(memory, Change.WRITTEN, {"ann": {FIELDS: 5}}, clock)
        change(memory, Change.SEEN, {"ann": {NEWS: 6}, "eve": {NEWS: 6}}, clock)
        assert recalled(memory, "ann", "eve", fact=NEWS) == [6, None]
        assert recalled(memory, "ann") == [5]


def test_one_first_number_is_not_enough_to_be_taken_for_another(
    tmp_path: Path, clock: Clock
) -> None:
    def one(second: int, number: int) -> Prints:
        pair = np.array([[7, second]], dtype=np.uint64)
        facts = {FIELDS: np.array([number], dtype=np.uint64)}
        return Prints(pair, facts, np.array([int(clock.at.timestamp())], dtype=np.uint32))

    with opened(tmp_path, clock) as memory:
        for print_ in (one(1, 5), one(2, 6)):
            memory.change(print_, Change.WRITTEN, subject=SUBJECT, hashes=HASHES)
        found = memory.recall([], seen_since=START)
        assert found.places(np.array([[7, 1], [7, 2]], dtype=np.uint64)).tolist() == [-1, 0]
        assert len(found) == 1
        both = Prints(
            np.array([[7, 1], [7, 2]], dtype=np.uint64),
            {FIELDS: np.array([8, 9], dtype=np.uint64)},
            np.full(2, int(clock.at.timestamp()), dtype=np.uint32),
        )
        memory.change(both, Change.WRITTEN, subject=SUBJECT, hashes=HASHES)
        assert len(memory.recall([], seen_since=START)) == 1


def test_an_empty_memory_knows_nobody(tmp_path: Path, clock: Clock) -> None:
    with opened(tmp_path, clock) as memory:
        assert recalled(memory, "ann") == [None]
        assert memory.is_of(HASHES)
        assert memory.facts() is None
        nobody = prints({}, clock)
        memory.change(nobody, Change.WRITTEN, subject=SUBJECT, hashes=HASHES)
        assert recalled(memory, "ann") == [None]


_FACTS = st.dictionaries(
    st.sampled_from([f"p{i}" for i in range(12)]),
    st.fixed_dictionaries({FIELDS: st.integers(0, 3), NEWS: st.integers(0, 3)}),
    max_size=12,
)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(Change), st.integers(0, 9), _FACTS), max_size=8))
def test_a_memory_does_as_a_dictionary_would(
    tmp_path_factory: pytest.TempPathFactory, changes: list[Any]
) -> None:
    clock = Clock()
    model: dict[str, dict[str, list[int]]] = {}  # print, at, doubt
    with opened(tmp_path_factory.mktemp("memory"), clock) as memory:
        for kind, ago, facts in changes:
            change(memory, kind, facts, clock, ago=ago, fact_names=[FIELDS, NEWS])
            _model(model, kind, int(clock.at.timestamp()) - ago, facts)
        for fact in (FIELDS, NEWS):
            known = {name: 0 if one[fact][2] else one[fact][0] for name, one in model.items()}
            names = [f"p{i}" for i in range(12)]
            assert recalled(memory, *names, fact=fact) == [known.get(name) for name in names]


def _model(model: dict[str, Any], kind: Change, moment: int, facts: Any) -> None:
    for name, told in facts.items():
        if name not in model:
            if kind is not Change.WRITTEN:
                continue
            model[name] = {FIELDS: [0, 0, 0], NEWS: [0, 0, 0]}
        for fact, number in told.items():
            one = model[name][fact]
            if not number:
                continue
            if kind is Change.DOUBTED:
                one[2] = one[2] or moment
                continue
            if one[2] == moment or (kind is not Change.UNWRITTEN and one[2] <= moment):
                one[2] = 0
            if kind is not Change.UNWRITTEN and one[1] <= moment:
                one[:2] = number, moment


# --- forgetting -----------------------------------------------------------------------------------


def test_who_was_not_seen_for_long_is_neither_known_nor_kept(tmp_path: Path, clock: Clock) -> None:
    with opened(tmp_path, clock) as memory:
        change(memory, Change.WRITTEN, {f"p{i}": {FIELDS: 5} for i in range(50)}, clock)
        clock.at += timedelta(days=5)
        change(memory, Change.SEEN, {"p3": {}, "p4": {}}, clock)
        since = clock.at - timedelta(days=1)
        assert recalled(memory, "p2", "p3", since=since) == [None, 5]
        assert memory.expire(START - timedelta(days=1)) == 0
        assert memory.expire(since) == 48
        assert recalled(memory, "p2", "p3") == [None, 5]
        facts = memory.facts()
        assert facts is not None
        assert (facts.contacts, facts.oldest, facts.newest) == (2, clock.at, clock.at)


def test_a_contact_is_forgotten_without_a_trace(tmp_path: Path, clock: Clock) -> None:
    with opened(tmp_path, clock) as memory:
        change(memory, Change.WRITTEN, {f"p{i}": {FIELDS: 5} for i in range(50)}, clock)
        assert memory.forget(keys("p7", "eve")) == 1
        assert memory.forget(keys("p7")) == 0
        assert recalled(memory, "p7", "p8") == [None, 5]
    for number in keys("p7").ravel().tolist():
        for path in (tmp_path / "state").rglob("*"):
            assert path.is_dir() or number.to_bytes(8, "little") not in path.read_bytes()


def test_of_two_with_one_first_number_only_the_one_that_is_meant_is_forgotten(
    tmp_path: Path, clock: Clock
) -> None:
    with opened(tmp_path, clock) as memory:
        change(memory, Change.WRITTEN, {"ann": {FIELDS: 5}}, clock)
        other = keys("ann").copy()
        other[0, 1] += np.uint64(1)
        assert memory.forget(other) == 0
        assert recalled(memory, "ann") == [5]


def test_a_memory_that_is_cleared_is_as_if_it_had_never_been(tmp_path: Path, clock: Clock) -> None:
    with opened(tmp_path, clock) as memory:
        change(memory, Change.WRITTEN, {"ann": {FIELDS: 5}, "ben": {FIELDS: 5}}, clock)
        assert memory.clear() == 2
        assert memory.facts() is None
        assert recalled(memory, "ann") == [None]


# --- files ----------------------------------------------------------------------------------------


def test_each_mapping_account_and_table_has_a_memory_of_its_own(
    tmp_path: Path, clock: Clock
) -> None:
    subjects = [
        SUBJECT,
        Subject("dialog-insight", "https://app.example", "7", "others"),
        Subject("dialog-insight", "https://app.example", "8", "people"),
        Subject("dialog-insight", "https://app.example", "7", "people", table="12"),
        Subject("dialog-insight", "https://app.example", "7", "people", keys="key_f_Number"),
    ]
    for number, subject in enumerate(subjects, 1):
        with opened(tmp_path, clock, subject) as memory:
            told = prints({"ann": {FIELDS: number}}, clock)
            memory.change(told, Change.WRITTEN, subject=subject, hashes=HASHES)
    with all_memories(tmp_path / "state", clock=clock) as found:
        facts = [one.facts() for one in found]
        assert {one.subject for one in facts if one} == set(subjects)
        assert sorted(recalled(one, "ann")[0] or 0 for one in found) == [1, 2, 3, 4, 5]
        assert all(one and one.size > 1000 for one in facts)


def test_looking_makes_no_file(tmp_path: Path, clock: Clock) -> None:
    assert known_memory(tmp_path / "state", SUBJECT, clock=clock) is None
    with all_memories(tmp_path / "state", clock=clock) as found:
        assert found == []
    assert not (tmp_path / "state").exists()
    opened(tmp_path, clock).close()
    memory = known_memory(tmp_path / "state", SUBJECT, clock=clock)
    assert memory is not None
    memory.close()


def test_a_memory_of_another_secret_is_emptied_when_it_is_written(
    tmp_path: Path, clock: Clock
) -> None:
    other = KeyedHash(b"t" * 32)
    with opened(tmp_path, clock) as memory:
        change(memory, Change.WRITTEN, {"ann": {FIELDS: 5}}, clock)
        assert not memory.is_of(other)
        told = prints({"ben": {FIELDS: 6}}, clock)
        memory.change(told, Change.WRITTEN, subject=SUBJECT, hashes=other)
        assert memory.is_of(other)
        assert recalled(memory, "ann", "ben") == [None, 6]


def test_several_at_once_lose_nothing(tmp_path: Path, clock: Clock) -> None:
    def write(number: int) -> None:
        with opened(tmp_path, clock) as memory:
            for turn in range(3):
                names = {f"{number}.{turn}.{i}": {FIELDS: number + 1} for i in range(40)}
                change(memory, Change.WRITTEN, names, clock)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    with opened(tmp_path, clock) as memory:
        assert len(memory.recall([NEWS], seen_since=START)) == 4 * 3 * 40


def test_a_file_that_is_no_memory_is_told(tmp_path: Path, clock: Clock) -> None:
    opened(tmp_path, clock).close()
    (place,) = (tmp_path / "state" / "memories").glob("*.sqlite3")
    place.write_bytes(b"no database" * 500)
    with pytest.raises(UnusableInputError, match="this is no memory of contacts"):
        opened(tmp_path, clock)


def test_a_memory_that_does_not_answer_is_told(tmp_path: Path, clock: Clock) -> None:
    memory = opened(tmp_path, clock)
    (place,) = (tmp_path / "state" / "memories").glob("*.sqlite3")
    with closing(sqlite3.connect(place)) as database:
        database.execute("DROP TABLE bucket")
        database.commit()
    with pytest.raises(StoppedError, match="resume the run"):
        change(memory, Change.WRITTEN, {"ann": {FIELDS: 5}}, clock)
    memory.close()


# --- the secret -----------------------------------------------------------------------------------


def test_a_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first = installation_hash(tmp_path / "state")
    assert installation_hash(tmp_path / "state").sign == first.sign
    place = tmp_path / "state" / SECRET
    assert len(place.read_bytes()) == 32
    assert [one.name for one in place.parent.iterdir()] == [SECRET]
    if sys.platform != "win32":
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
        assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("linked", [True, False])
def test_who_makes_a_secret_at_the_same_moment_agrees_with_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, linked: bool
) -> None:
    if not linked:  # as on a drive that knows no second names: whoever is first, is first

        def no_links(source: Path, target: Path) -> None:
            raise OSError("not supported")

        monkeypatch.setattr(os, "link", no_links)
        assert installation_hash(tmp_path).sign == installation_hash(tmp_path).sign
        return
    with ThreadPoolExecutor(8) as pool:
        signs = set(pool.map(lambda _: installation_hash(tmp_path).sign, range(32)))
    assert len(signs) == 1


@pytest.mark.parametrize("linked", [True, False])
def test_a_secret_that_somebody_else_just_made_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, linked: bool
) -> None:
    real = os.link

    def late(source: Path, target: Path) -> None:
        target.write_bytes(b"x" * 32)
        if linked:
            real(source, target)
        raise OSError("not supported")

    monkeypatch.setattr(os, "link", late)
    assert installation_hash(tmp_path).sign == KeyedHash(b"x" * 32).sign


def test_without_a_call_for_second_names_a_secret_is_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "link")
    assert installation_hash(tmp_path).sign == installation_hash(tmp_path).sign


def test_a_damaged_secret_and_a_folder_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    (tmp_path / SECRET).write_bytes(b"short")
    with pytest.raises(UnusableInputError, match="are remembered is damaged"):
        installation_hash(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UnusableInputError, match="Name another folder"):
        installation_hash(tmp_path / "file" / "state")


def test_a_hash_tells_nothing_without_its_secret_and_never_shows_it() -> None:
    secret = b"0123456789abcdef" * 2
    one, other = KeyedHash(secret), KeyedHash(b"t" * 32)
    assert "0123456789" not in repr(one)
    assert one.contacts([b"ann"]).tolist() != other.contacts([b"ann"]).tolist()
    assert one.contacts([b"ann"]).tolist() == KeyedHash(secret).contacts([b"ann"]).tolist()
    numbers = {
        one.fields(b"a", [b"x"])[0],
        one.fields(b"b", [b"x"])[0],
        one.consents(b"a", [b"x"])[0],
        one.contacts([b"x"])[0, 0],
    }
    assert len(numbers) == 4
    assert one.contacts([]).shape == (0, 2)
