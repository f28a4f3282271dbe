"""Thresholds mean exactly what is written."""

from __future__ import annotations

import pytest

from importer.errors import UnusableInputError
from importer.thresholds import threshold


@pytest.mark.parametrize(
    ("text", "rows", "expected"),
    [
        ("0", 100, 0), ("0%", 100, 0), ("100%", 7, 7), ("0.5%", 200, 1), ("0,5%", 200, 1),
        ("29%", 100, 29), ("7%", 100, 7), ("4.35%", 10_000, 435), ("1000000000", 5, 1_000_000_000),
    ],
)  # fmt: skip
def test_a_share_of_rows_is_exact(text: str, rows: int, expected: int) -> None:
    assert threshold(text, rows) == expected


@pytest.mark.parametrize("text", ["1e9", "0.5", "-1", "%", "5 rows", "", "inf", "nan%"])
def test_what_is_no_threshold_is_refused(text: str) -> None:
    with pytest.raises(UnusableInputError):
        threshold(text, 10)
