"""The number of contacts in a call: halved when it is too much, grown slowly when it works."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from importer.delivery.sizing import Sizing


def _sizing(most: int = 100, learnt: int | None = None) -> tuple[Sizing, list[int]]:
    told: list[int] = []
    return Sizing(most, learnt=learnt, on_change=told.append), told


def test_the_connection_s_own_size_is_the_start_and_the_most() -> None:
    sizing, told = _sizing()
    for _ in range(100):
        sizing.accepted(100)
    assert sizing.rows == 100
    assert told == []


def test_a_size_that_is_refused_is_halved_and_told() -> None:
    sizing, told = _sizing()
    sizing.too_large(100)
    sizing.too_large(50)
    assert sizing.rows == 25
    assert told == [50, 25]


def test_a_size_that_is_refused_falls_back_to_what_is_known_to_work() -> None:
    sizing, _ = _sizing()
    sizing.accepted(60)
    sizing.too_large(100)
    assert sizing.rows == 60


def test_a_call_that_was_too_slow_halves_the_size() -> None:
    sizing, told = _sizing()
    sizing.too_slow(100)
    assert told == [50]


def test_it_grows_again_slowly_and_only_by_calls_of_the_present_size() -> None:
    sizing, _ = _sizing()
    sizing.too_slow(100)
    for _ in range(100):
        sizing.accepted(10)
    assert sizing.rows == 50
    for _ in range(20):
        sizing.accepted(50)
    assert sizing.rows == 55


def test_it_never_grows_to_a_size_that_was_refused() -> None:
    sizing, told = _sizing(most=10)
    sizing.too_large(8)
    for _ in range(200):
        sizing.accepted(sizing.rows)
    assert sizing.rows == 7
    assert max(told) == 7


def test_what_a_run_has_learnt_is_where_it_goes_on() -> None:
    assert _sizing(learnt=30)[0].rows == 30
    assert _sizing(most=20, learnt=30)[0].rows == 20


def test_a_single_contact_is_the_least() -> None:
    sizing, _ = _sizing(most=1)
    sizing.too_large(1)
    sizing.too_slow(1)
    assert sizing.rows == 1


_EVENTS = st.tuples(st.sampled_from(["accepted", "too_large", "too_slow"]), st.integers(1, 100))


@given(st.lists(_EVENTS, max_size=200))
def test_the_size_stays_between_one_and_the_connection_s_own(events: list[tuple[str, int]]) -> None:
    sizing, told = _sizing()
    for name, rows in events:
        getattr(sizing, name)(rows)
        assert 1 <= sizing.rows <= 100
    assert all(a != b for a, b in pairwise(told))
