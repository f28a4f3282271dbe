from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from importer.issues import Finding, IssueCode, Severity
from importer.model import Chunk
from importer.recognition import (
    ColumnLook,
    DateOrder,
    Look,
    Recognition,
    masked,
    rows_of_table,
)


def chunk(**columns: list[str]) -> Chunk:
    frame = pd.DataFrame(columns, dtype="str")
    return Chunk(rows=np.arange(2, 2 + len(frame), dtype=np.int64), frame=frame)


def look_of(*values: str) -> ColumnLook:
    recognition = Recognition()
    recognition.add(chunk(a=list(values)))
    (look,) = recognition.columns()
    return look


@pytest.mark.parametrize(
    ("values", "look"),
    [
        (["a@b.ca", "Zoé.x+1@exemple.québec"], Look.EMAIL),
        (["514-555-0199", "(514) 555 0199 poste 12", "+33 6 12 34 56 78"], Look.PHONE),
        (["5145550199", "15145550199", "0612345678"], Look.PHONE),
        (["514\u00a0555-0199"], Look.PHONE),
        (["1", "22", "-333", "123456789012345"], Look.INTEGER),
        (["0", "1", "2", "1"], Look.INTEGER),
        (["0", "1", "1"], Look.YES_NO),
        (["Oui", "non", " OUI ", ""], Look.YES_NO),
        (["1,5", "2.25", "3", "0"], Look.DECIMAL),
        (["2026-10-24", "2026-10-24 09:30:00"], Look.DATE),
        (["x@y", "Roy", "12"], Look.TEXT),
        (["oui", "peut-être", "non"], Look.TEXT),
        (["", " ", "\u00a0"], Look.EMPTY),
        ([], Look.EMPTY),
    ],
)
def test_column_looks_like_what_nine_in_ten_of_its_values_are(
    values: list[str], look: Look
) -> None:
    assert look_of(*values).look is look
    if values and look not in (Look.EMPTY, Look.TEXT, Look.YES_NO):
        assert look_of(*values * 10, "???").look is look
        assert look_of(*values, *["???"] * len(values)).look is Look.TEXT


@pytest.mark.parametrize(
    ("values", "order"),
    [
        (["2026-10-24", "1999/1/31"], DateOrder.YEAR_FIRST),
        (["24/10/2026", "01/02/2026"], DateOrder.DAY_FIRST),
        (["10/24/2026", "01.02.26"], DateOrder.MONTH_FIRST),
        (["01/02/2026", "12-11-2026 10:00 PM"], DateOrder.AMBIGUOUS),
        (["24/10/2026", "10/24/2026"], DateOrder.MIXED),
    ],
)
def test_order_of_dates_is_told_or_called_ambiguous(values: list[str], order: DateOrder) -> None:
    look = look_of(*values)
    assert (look.look, look.date_order) == (Look.DATE, order)


def test_only_dates_have_an_order() -> None:
    assert look_of("24", "25").date_order is None


def test_fill_and_looks_add_up_over_chunks() -> None:
    recognition = Recognition(["a", "b"])
    recognition.add(chunk(a=["1", ""], b=["", " "]))
    recognition.add(chunk(a=["x@y.ca"] * 40, b=[""] * 40))
    a, b = recognition.columns()
    assert recognition.rows == 42
    assert (a.name, a.look, a.fill) == ("a", Look.EMAIL, 41 / 42)
    assert (b.name, b.look, b.fill, b.examples) == ("b", Look.EMPTY, 0.0, ())


def test_columns_without_rows_are_empty() -> None:
    (look,) = Recognition(["a"]).columns()
    assert look == ColumnLook("a", 0.0, Look.EMPTY, None, ())


def test_large_chunks_are_sampled_over_their_whole_length() -> None:
    values = ["12"] * 10_000 + ["x@y.ca"] * 10_000
    look = look_of(*values)
    assert look.look is Look.TEXT
    assert look.fill == 1.0


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("marie@domaine.ca", "m…@d…"),
        ("m@domaine.ca", "m…"),
        ("514 555-0134", "514…34"),
        ("31/12/1999", "99/99/9999"),
        ("Tremblay", "T…"),
        ("12", "1…"),
        ("x", "…"),
    ],
)
def test_examples_never_show_a_whole_value(value: str, shown: str) -> None:
    assert masked(value) == shown
    assert value not in look_of(value, value).examples


def test_at_most_three_different_examples_are_kept() -> None:
    assert look_of("Roy", "Ray", "Ali", "Zoé", "Luc").examples == ("R…", "A…", "Z…")


# --- rows of the table ---------------------------------------------------------------------------


def finding(code: IssueCode, severity: Severity, *at: int) -> Finding:
    return Finding(code, severity, np.array(at, dtype=np.int64))


def test_rows_that_are_none_of_the_table_do_not_tell_what_a_column_looks_like() -> None:
    whole = chunk(n=["1", "", "2", "Total: 3", "Name", "4"])
    findings = (
        finding(IssueCode.BLANK_ROW, Severity.SKIP, 1),
        finding(IssueCode.FOOTER_ROW, Severity.SKIP, 3),
        finding(IssueCode.OTHER_TABLE, Severity.ERROR, 4),
        finding(IssueCode.ROW_TOO_SHORT, Severity.ERROR, 5),
    )
    kept = rows_of_table(replace(whole, findings=findings, extra={0: ("a",), 3: ("b",), 5: ("c",)}))
    assert kept.frame["n"].tolist() == ["1", "2", "4"]
    assert kept.rows.tolist() == [2, 4, 7]
    assert kept.extra == {0: ("a",), 2: ("c",)}
    assert kept.findings == ()
    recognition = Recognition(["n"])
    recognition.add(kept)
    (look,) = recognition.columns()
    assert (look.look, look.fill, recognition.rows) == (Look.INTEGER, 1.0, 3)


def test_rows_with_other_problems_are_rows_of_the_table() -> None:
    whole = chunk(n=["1", "2"])
    short = finding(IssueCode.ROW_TOO_SHORT, Severity.ERROR, 0)
    assert rows_of_table(replace(whole, findings=(short,))).rows.tolist() == [2, 3]
