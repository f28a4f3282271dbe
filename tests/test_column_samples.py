"""What is learnt of columns, however a table is cut into chunks."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from importer.recognition import Look, SampledColumn, Samples

_CELLS = st.lists(st.sampled_from(["a@b.ca", "12", "Laval", None]), max_size=60)
_CUTS = st.lists(st.integers(0, 60), max_size=6)


def learnt(
    cells: Sequence[str | None],
    cuts: Sequence[int] = (),
    kept: list[bool] | None = None,
) -> SampledColumn:
    """Learn a column in chunks that are cut at some rows."""
    samples = Samples(["Column"])
    ends = sorted({min(cut, len(cells)) for cut in cuts} | {0, len(cells)})
    for start, end in itertools.pairwise(ends):
        some = pa.array(cells[start:end], pa.large_string())
        mask = None if kept is None else np.array(kept[start:end], dtype=bool)
        samples.add({"Column": some}, end - start, mask)
    return samples.columns()["Column"]


@given(_CELLS, _CUTS)
def test_no_chunking_changes_what_is_learnt_of_a_column(
    cells: list[str | None], cuts: list[int]
) -> None:
    assert learnt(cells, cuts) == learnt(cells)
    assert learnt(cells).filled == sum(cell is not None for cell in cells)


@given(_CELLS, st.randoms(use_true_random=False))
def test_no_order_of_rows_changes_the_fill_or_the_look_of_a_short_table(
    cells: list[str | None], chance: random.Random
) -> None:
    other: list[str | None] = [*cells]
    chance.shuffle(other)
    one, two = learnt(cells), learnt(other)
    assert (one.filled, one.rows) == (two.filled, two.rows)
    if one.filled <= 20:
        assert one == two


def test_the_sample_of_a_long_table_is_spread_over_all_of_it_whatever_the_chunks() -> None:
    cells = ["a@b.ca"] * 15_000 + ["Laval"] * 5_000
    whole, cut = learnt(cells), learnt(cells, [1, 4_095, 4_096, 4_097, 12_288, 16_000])
    assert whole == cut
    assert abs(whole.looks[Look.EMAIL] - 0.75) < 0.01
    assert (whole.filled, whole.rows) == (20_000, 20_000)


def test_a_column_filled_here_and_there_is_known_by_its_first_cells() -> None:
    cells: list[str | None] = [None] * 100_000
    for row in range(999, 100_000, 3_000):
        cells[row] = "514 555-0134"
    found = learnt(cells, [50_000])
    assert (found.filled, found.look, found.looks) == (34, Look.PHONE, {Look.PHONE: 1.0})


def test_rows_that_are_none_of_the_tables_count_neither_as_rows_nor_as_filled() -> None:
    found = learnt(["1", "Total", None, "2"], [2], kept=[True, False, True, True])
    assert (found.filled, found.rows, found.look) == (2, 3, Look.INTEGER)


def test_a_column_without_a_cell_is_empty_and_looks_like_nothing() -> None:
    assert learnt([]) == SampledColumn(0, 0, Look.EMPTY, {})
    assert learnt([None, None]) == SampledColumn(0, 2, Look.EMPTY, {})


def test_zeros_and_ones_count_as_whole_numbers_unless_there_are_other_answers() -> None:
    assert learnt(["0", "1", "7"]).looks == {Look.INTEGER: 1.0}
    assert learnt(["0", "1"]).look is Look.YES_NO
    assert learnt(["0", "oui"]).looks == {Look.YES_NO: 1.0}


def test_long_cells_are_learnt_by_their_beginning() -> None:
    assert learnt(["word " * 300_000]).look is Look.TEXT
