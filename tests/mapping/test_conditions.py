"""Which rows ``when:`` lets in."""

from __future__ import annotations

import numpy as np
import pytest

from importer.issues import Finding, IssueCode, Severity
from tests.mapping.reading import HEAD, binding_mistakes, bound, chunk_of

COLUMNS = ("Courriel", "Pays")


def left_out(
    condition: str, *cells: str | None, findings: tuple[Finding, ...] = ()
) -> dict[int, str]:
    """Give the rows that a condition on the country leaves out, with what is said of each."""
    text = f"{HEAD}  Pays: ignore\nwhen:\n  Pays: {condition}\n"
    addresses = ["a@b.example"] * len(cells)
    chunk = chunk_of({"Courriel": addresses, "Pays": list(cells)}, findings=findings)
    mapped = bound(text, *COLUMNS).apply(chunk)
    found = [f for f in mapped.findings if f.code is IssueCode.CONDITION_NOT_MET]
    return {int(at): f.details[i] for f in found for i, at in enumerate(f.at)}


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("CA", [0, 1]),
        ("[CA, US]", [0, 1, 2]),
        ("{is: ca}", [0, 1]),
        ("{not: [CA, US]}", [3]),
        ("{filled: true}", [0, 1, 2]),
        ("{filled: false}", [3]),
        ("{is: ['', US]}", [2, 3]),
        ("{not: ''}", [0, 1, 2]),
    ],
)
def test_rows_are_let_in_as_the_condition_says(condition: str, kept: list[int]) -> None:
    out = left_out(condition, "CA", " ca ", "US", " ")
    assert sorted({0, 1, 2, 3} - set(out)) == kept


def test_a_row_that_is_left_out_says_what_its_cell_is() -> None:
    assert left_out("CA", "US", None) == {0: '"US"', 1: "blank"}


def test_all_conditions_must_hold() -> None:
    text = f"{HEAD}  Pays: ignore\nwhen: {{Pays: CA, Statut: {{not: Inactif}}}}\n"
    chunk = chunk_of(
        {
            "Courriel": ["a@b.example"] * 3,
            "Pays": ["CA", "US", "CA"],
            "Statut": ["Actif", "Inactif", "INACTIF"],
        }
    )
    mapped = bound(text, *COLUMNS, "Statut").apply(chunk)
    assert [f.at.tolist() for f in mapped.findings] == [[1], [2]]  # each row once


@pytest.mark.parametrize("code", [IssueCode.CELL_ERROR, IssueCode.FORMULA_WITHOUT_VALUE])
def test_a_row_whose_cell_has_no_value_is_not_judged(code: IssueCode) -> None:
    finding = Finding(code, Severity.ERROR, np.array([0]), "Pays", values=["#N/A"])
    assert left_out("CA", "#N/A", "US", findings=(finding,)) == {1: '"US"'}


def test_a_row_whose_cells_may_be_shifted_is_not_judged() -> None:
    finding = Finding(IssueCode.ROW_TOO_LONG, Severity.ERROR, np.array([0]))
    assert left_out("CA", "US", "US", findings=(finding,)) == {1: '"US"'}


def test_an_error_in_a_column_that_only_a_condition_looks_at_stays_an_error() -> None:
    text = f"{HEAD}when: {{Pays: CA}}\n"
    finding = Finding(IssueCode.CELL_MERGED, Severity.ERROR, np.array([0]), "Pays", values=[None])
    chunk = chunk_of({"Courriel": ["a@b.example"], "Pays": [None]}, findings=(finding,))
    (kept,) = bound(text, *COLUMNS).apply(chunk).findings
    assert kept.code is IssueCode.CELL_MERGED
    assert kept.severity is Severity.ERROR
    assert kept.field == ""


def test_a_condition_on_a_column_that_is_not_there_is_a_mistake() -> None:
    (said,) = binding_mistakes(f"{HEAD}when: {{Payz: CA}}\n", *COLUMNS)
    assert 'needs the column "Payz", which is not in contacts.csv. Did you mean "Pays"?' in said


def test_a_column_that_only_a_condition_looks_at_is_no_stranger() -> None:
    assert bound(f"{HEAD}when: {{Pays: CA}}\n", *COLUMNS).warnings == ()


def test_no_row_at_all_is_no_trouble() -> None:
    assert left_out("CA") == {}
