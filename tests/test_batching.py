from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.batching import batch_of, batches, cut, whole
from importer.errors import UnusableInputError
from importer.field_rules import FieldRole, ValueType
from importer.model import (
    ApiRequest,
    Batch,
    Credentials,
    Limits,
    PlannedField,
    PlanSlice,
    Secret,
)

FIELDS = (
    PlannedField("key_f_EMail", ValueType.EMAIL, FieldRole.KEY),
    PlannedField("f_A", ValueType.TEXT, FieldRole.DATA),
)
CREDENTIALS = Credentials("1", Secret("secret"))
Contacts = list[tuple[str, str]]


class FakeTarget:
    """Writes ``key|value`` and joins with commas between brackets."""

    def encode(self, rows: PlanSlice) -> list[bytes]:
        pairs = zip(rows.column("key_f_EMail"), rows.column("f_A"), strict=True)
        return [f"{key}|{value}".encode() for key, value in pairs]

    def submission(self, batch: Batch, credentials: Credentials) -> ApiRequest:
        return ApiRequest("POST", "https://x.test", b"<" + b",".join(batch.contacts) + b">")


TARGET = FakeTarget()


def _slices(contacts: Contacts, width: int, first: int = 0) -> Iterator[PlanSlice]:
    for start in range(0, len(contacts), width):
        some = contacts[start : start + width]
        table = pa.RecordBatch.from_pydict(
            {"key_f_EMail": [key for key, _ in some], "f_A": [value for _, value in some]}
        )
        yield PlanSlice(first + start, FIELDS, table)


def _batches(
    contacts: Contacts,
    limits: Limits,
    *,
    width: int = 4,
    first: int = 0,
    rows_per_call: int | None = None,
) -> list[Batch]:
    slices = _slices(contacts, width, first)
    size = None if rows_per_call is None else lambda: rows_per_call
    return list(batches(slices, TARGET, CREDENTIALS, limits, rows_per_call=size))


def _contacts(count: int) -> Contacts:
    return [(f"p{n}@x.test", str(n)) for n in range(count)]


KEYS = st.sampled_from(["a@x.test", "A@x.test", "b@x.test", "c@x.test", "d@x.test", "e@x.test"])
VALUES = st.text(alphabet="xyé", max_size=8)


@given(
    contacts=st.lists(st.tuples(KEYS, VALUES), max_size=40),
    rows=st.integers(1, 9),
    size=st.integers(40, 120),
    width=st.integers(1, 12),
    first=st.integers(0, 5),
)
def test_batching_loses_nothing_doubles_nothing_and_passes_no_limit(
    contacts: Contacts, rows: int, size: int, width: int, first: int
) -> None:
    limits = Limits(rows_per_call=rows, bytes_per_call=size)
    made = _batches(contacts, limits, width=width, first=first)
    sent = [contact for batch in made for contact in batch.contacts]
    assert sent == [f"{key}|{value}".encode() for key, value in contacts]
    assert [b.first for b in made] == [first, *(b.end for b in made[:-1])][: len(made)]
    for batch in made:
        assert 1 <= len(batch) <= rows
        assert len(batch.keys) == len(batch.contacts) == len(set(batch.keys))
        assert len(TARGET.submission(batch, CREDENTIALS).body) <= size


@given(contacts=st.lists(st.tuples(KEYS, VALUES), max_size=30), widths=st.integers(1, 9))
def test_batches_do_not_depend_on_how_the_plan_is_read(contacts: Contacts, widths: int) -> None:
    limits = Limits(rows_per_call=5)
    assert _batches(contacts, limits, width=widths) == _batches(contacts, limits, width=30)


def test_a_batch_fills_the_bytes_to_the_last_one() -> None:
    contacts = [("a@x.test", "12"), ("b@x.test", "12")]  # 11 bytes each, 1 between, 2 around
    assert len(_batches(contacts, Limits(bytes_per_call=25))) == 1
    assert len(_batches(contacts, Limits(bytes_per_call=24))) == 2


def test_a_smaller_number_of_rows_that_was_learnt_replaces_the_limit() -> None:
    made = _batches(_contacts(7), Limits(rows_per_call=5), rows_per_call=3)
    assert [len(batch) for batch in made] == [3, 3, 1]


def test_one_key_never_stands_twice_in_a_batch_whatever_its_case() -> None:
    contacts = [("a@x.test", "1"), ("b@x.test", "2"), ("A@X.test", "3"), ("b@x.test", "4")]
    assert [batch.keys for batch in _batches(contacts, Limits())] == [
        ("a@x.test", "b@x.test"),
        ("a@x.test", "b@x.test"),
    ]


def test_contacts_that_do_not_follow_one_another_are_in_different_batches() -> None:
    slices = [*_slices(_contacts(2), 2), *_slices([("z@x.test", "z")], 2, first=7)]
    made = list(batches(slices, TARGET, CREDENTIALS, Limits()))
    assert [(b.first, b.end) for b in made] == [(0, 2), (7, 8)]


def test_a_contact_that_no_call_can_hold_is_said_with_its_place() -> None:
    contacts = [*_contacts(3), ("big@x.test", "x" * 100)]
    with pytest.raises(UnusableInputError, match="Contact 4 of the plan takes 111 bytes"):
        _batches(contacts, Limits(bytes_per_call=50))


def test_ids_follow_from_place_and_bytes() -> None:
    one = batch_of(0, ["a"], [b"x"])
    assert one == batch_of(0, ["a"], [b"x"])
    assert one.id == one.sha256[:16]
    assert one.id != batch_of(1, ["a"], [b"x"]).id
    assert one.id != batch_of(0, ["a"], [b"y"]).id
    assert batch_of(0, ["a"], [b"x"], repeated=True).id == one.id


@given(st.integers(2, 50), st.booleans())
def test_a_cut_batch_is_its_two_halves(rows: int, repeated: bool) -> None:
    (batch,) = _batches(_contacts(rows), Limits())
    first, second = cut(replace(batch, repeated=repeated))
    assert first.contacts + second.contacts == batch.contacts
    assert first.keys + second.keys == batch.keys
    assert (first.first, first.end, second.end) == (batch.first, second.first, batch.end)
    assert 0 <= len(second) - len(first) <= 1
    assert first.repeated is second.repeated is repeated


def test_a_single_contact_cannot_be_cut() -> None:
    with pytest.raises(ValueError, match="single"):
        cut(batch_of(0, ["a"], [b"x"]))


@pytest.mark.parametrize("width", [1, 3, 10])
def test_a_batch_that_was_sent_is_built_again_with_the_same_hash(width: int) -> None:
    made = _batches(_contacts(10), Limits(rows_per_call=4))
    for batch in made:
        contacts = _contacts(10)[batch.first : batch.end]
        assert whole(_slices(contacts, width, batch.first), TARGET) == batch


def test_nothing_is_no_batch() -> None:
    with pytest.raises(ValueError, match="at least one"):
        whole([], TARGET)
    assert _batches([], Limits()) == []
