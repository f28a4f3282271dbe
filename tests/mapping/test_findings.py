"""What a source found in columns: it counts where the mapping reads the column."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from importer.issues import Finding, IssueCode, Severity
from tests.mapping.reading import EVERYONE, HEAD, bound, chunk_of

ERROR, WARNING, SKIP = Severity.ERROR, Severity.WARNING, Severity.SKIP


def found(
    column: str, code: IssueCode = IssueCode.CELL_ERROR, severity: Severity = ERROR
) -> Finding:
    return Finding(code, severity, np.array([0], dtype=np.int64), column, values=["#N/A"])


def applied(text: str, *findings: Finding) -> list[tuple[str, str, str]]:
    """Lay a mapping on a table of three columns; give (column, field, severity) of what is left."""
    cells = {name: ["x"] for name in ("Courriel", "Ville", "Notes")}
    chunk = replace(chunk_of(cells), findings=findings)
    turned = bound(text, *cells).apply(chunk)
    return [(f.column, f.field, f.severity.value) for f in turned.findings]


def test_what_is_found_in_a_column_counts_for_its_field() -> None:
    assert applied(f"{HEAD}  Ville: f_City\n", found("Ville"), found("Courriel")) == [
        ("Ville", "f_City", "error"),
        ("Courriel", "key_f_EMail", "error"),
    ]


def test_what_is_found_in_a_column_that_goes_nowhere_is_dropped() -> None:
    assert applied(HEAD, found("Notes")) == []
    assert applied(f"{HEAD}  Notes: ignore\n", found("Notes")) == []


def test_what_is_found_in_whole_rows_stays() -> None:
    whole = [
        found("", IssueCode.ROW_TOO_SHORT, WARNING),
        found("", IssueCode.FOOTER_ROW, SKIP),
        found("", IssueCode.OTHER_TABLE),
    ]
    assert applied(HEAD, *whole) == [("", "", "warning"), ("", "", "skip"), ("", "", "error")]


def test_a_column_that_only_a_template_reads_counts_for_the_field_made_of_it() -> None:
    text = f"{HEAD}computed: {{f_Note: '{{notes}} {{Ville}} {{notes}}'}}\n"
    assert applied(text, found("Notes")) == [("Notes", "f_Note", "error")]


def test_of_several_fields_the_first_is_named() -> None:
    text = f"{HEAD}  Ville: {{field: [f_City, f_Town]}}\ncomputed: {{f_Note: '{{Ville}}'}}\n"
    assert applied(text, found("Ville")) == [("Ville", "f_City", "error")]


def test_where_wrong_values_are_skipped_an_error_is_a_warning() -> None:
    text = f"{HEAD}  Ville: {{field: [f_City, f_Town], on_invalid: skip}}\n"
    assert applied(text, found("Ville")) == [("Ville", "f_City", "warning")]
    rounded = found("Ville", IssueCode.NUMBER_ROUNDED, WARNING)
    assert applied(text, rounded) == [("Ville", "f_City", "warning")]


@pytest.mark.parametrize(
    "more",
    [
        "  Ville: f_City\n",
        "  Ville: {field: f_City, on_invalid: skip}\ncomputed: {f_Note: '{Ville}'}\n",
        f"  Ville: {{field: optin_News, on_invalid: skip}}\n{EVERYONE}",
        f"  Ville: {{field: [f_City, optin_News], on_invalid: skip}}\n{EVERYONE}",
    ],
)
def test_a_row_cannot_do_without_a_cell_that_something_else_needs(more: str) -> None:
    ((_, _, severity),) = applied(HEAD + more, found("Ville"))
    assert severity == "error"


def test_an_error_in_a_key_stays_one() -> None:
    assert applied(HEAD, found("Courriel")) == [("Courriel", "key_f_EMail", "error")]


def test_a_merged_cell_harms_where_it_identifies_or_answers() -> None:
    text = (
        f"{HEAD}  Ville: f_City\n  Notes: {{field: optin_N, values: {{x: yes, y: no}}}}\n{EVERYONE}"
    )
    merged = [found(name, IssueCode.CELL_MERGED) for name in ("Courriel", "Ville", "Notes")]
    assert [severity for _, _, severity in applied(text, *merged)] == ["error", "warning", "error"]
