from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.model import comparable_keys
from importer.planning.key_columns import comparable_column, fingerprints

TEXT = pa.large_string()
blanks = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u2003\u3000"
part = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.text(alphabet=blanks + "aAZzÉéİßΣ\x00\u0301", max_size=6),
    st.text(alphabet=[chr(c) for c in range(128)], max_size=40),
)
SEED = 0x0123_4567_89AB_CDEF


@given(rows=st.lists(st.tuples(part, part, part), max_size=6), parts=st.integers(1, 3))
@settings(max_examples=500)
def test_a_column_of_keys_is_what_the_texts_give_one_by_one(
    rows: list[tuple[str | None, ...]], parts: int
) -> None:
    columns = [[row[i] for row in rows] for i in range(parts)]
    found = comparable_column([pa.array(column, TEXT) for column in columns])
    assert found.to_pylist() == comparable_keys(columns)


def test_every_sign_of_ascii_is_trimmed_and_lowered_alike() -> None:
    signs = [chr(code) + "Xx" + chr(code) for code in range(128)]
    found = comparable_column([pa.array(signs, TEXT)])
    assert found.to_pylist() == comparable_keys([signs])


def test_a_column_in_several_pieces_is_taken_as_one() -> None:
    pieces = pa.chunked_array([pa.array(["A "], TEXT), pa.array([None, "É"], TEXT)])
    found = comparable_column([pieces])
    assert found.to_pylist() == ["a", "", "é"]


# --- the numbers ----------------------------------------------------------------------------------


@given(
    texts=st.lists(st.text(max_size=30), max_size=10),
    seed=st.integers(0, 2**64 - 1),
    before=st.lists(st.text(max_size=9), max_size=3),
)
def test_a_text_has_one_number_wherever_it_stands(
    texts: list[str], seed: int, before: list[str]
) -> None:
    numbers = fingerprints(pa.array(before + texts, TEXT).slice(len(before)), seed)
    assert numbers.dtype == np.int64
    alone = [int(fingerprints(pa.array([text], TEXT), seed)[0]) for text in texts]
    assert numbers.tolist() == alone


def test_other_texts_have_other_numbers() -> None:
    texts = {"", "\x00", "\x00\x00", "a", "a\x00"}
    for length in (1, 7, 8, 9, 15, 16, 17, 64):
        for place in range(length):
            for sign in "\x00\x01bAé\U0001f600":
                texts.add("a" * place + sign + "a" * (length - place - 1))
    texts |= {f"contact{n}@example.com" for n in range(50_000)}
    numbers = fingerprints(pa.array(sorted(texts), TEXT), SEED)
    assert len(np.unique(numbers)) == len(texts)


def test_numbers_spread_over_all_bits() -> None:
    texts = pa.array([f"{n}" for n in range(4_096)], TEXT)
    numbers = fingerprints(texts, SEED).view(np.uint64)
    for bit in range(64):
        share = float(np.mean((numbers >> np.uint64(bit)) & np.uint64(1)))
        assert 0.4 < share < 0.6


def test_another_seed_gives_other_numbers() -> None:
    texts = pa.array([f"{n}@x.fr" for n in range(100)], TEXT)
    assert not np.isin(fingerprints(texts, 1), fingerprints(texts, 2)).any()


@pytest.mark.parametrize("texts", [[], [""], ["", ""]])
def test_no_text_has_a_number_too(texts: list[str]) -> None:
    assert len(fingerprints(pa.array(texts, TEXT), SEED)) == len(texts)
