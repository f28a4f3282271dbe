from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from importer.issues import Finding, IssueCode, Severity
from importer.model import Chunk
from importer.recognition import (
    ColumnLook,
    DateForm,
    DateOrder,
    Evidence,
    Form,
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


# --- evidence ------------------------------------------------------------------------------------


def evidence_of(*values: str, typed_dates: bool = False) -> Evidence:
    recognition = Recognition(closely=True)
    recognition.add(replace(chunk(a=list(values)), typed_dates=typed_dates))
    (found,) = recognition.evidence()
    return found


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["H2X 1Y4", "h2x1y4", "G1A-0A2"], Form.CANADIAN_POSTAL),
        (["75001", "01000"], Form.FIVE_DIGITS),
        (["Ada Roy", "Jean  Luc Côté"], Form.WORDS),
        (["+33 6 12 34 56 78", "+15145550101"], Form.PHONE_WITH_COUNTRY),
        (["514 555-0101", "(514)\u00a05550101", "1-514-555-0101", "514.555.0101 poste 2"],
         Form.PHONE_OF_NORTH_AMERICA),
        (["06 12 34 56 78", "0123456789"], Form.PHONE_OF_FRANCE),
        (["514 555-0101", "1 (604) 555-0102", "9025550103"], Form.PHONE_OF_CANADA),
        (["a@b.ca", "a@b.QC.CA"], Form.ADDRESS_OF_CANADA),
        (["a@b.fr"], Form.ADDRESS_OF_FRANCE),
        (["Garage Côté enr.", "Roy & Fils", "Acme Inc", "Nordik ltée", "Durand S.A.",
          "Boulangerie Roy", "Petit (SARL)", "Acme, LLC"], Form.COMPANY),
    ],
)  # fmt: skip
def test_forms_of_values_are_counted(values: list[str], form: Form) -> None:
    assert evidence_of(*values).share_of(form) == 1.0
    assert evidence_of(*values, "", "?").forms[form] == len(values)
    others = ["Z9Z-9Z9", "7500", "Roy", "514-155-0101", "00-12-34-56-78"]
    assert evidence_of(*others).share_of(form) == 0.0


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("31/01/1980", DateForm("9/9/9999")),
        ("1.2.80", DateForm("9.9.99")),
        ("1980-01-31", DateForm("9999-9-9")),
        ("31/01/1980 9:30", DateForm("9/9/9999", " HH:mm")),
        ("1980-01-31T09:30:00", DateForm("9999-9-9", "THH:mm:ss")),
        ("1980-01-31 9:30 PM", DateForm("9999-9-9", "?")),
        ("12 août 1980", DateForm("9 A 9999")),
        ("3-Mar-80", DateForm("9-A-99")),
        ("Mar 3, 1980", DateForm("A 9, 9999")),
    ],
)
def test_forms_of_dates_are_told(text: str, form: DateForm) -> None:
    found = evidence_of(text, "no date", "x" * 50, typed_dates=True)
    assert dict(found.dates) == {form: 1}
    assert found.date_share == 1 / 3
    assert found.typed_dates


def test_answers_are_kept_while_they_are_few() -> None:
    assert dict(evidence_of("oui", "oui", "non", "").answers or {}) == {"oui": 2, "non": 1}
    assert evidence_of(*map(str, range(41))).answers is None
    recognition = Recognition(closely=True)
    for start in (0, 40):
        recognition.add(chunk(a=[str(n) for n in range(start, start + 40)]))
    (found,) = recognition.evidence()
    assert (found.answers, found.values, found.rows, found.fill) == (None, 80, 80, 1.0)


def test_nothing_is_shown_by_columns_without_rows_or_without_a_closer_look() -> None:
    (empty,) = Recognition(["a"], closely=True).evidence()
    assert (empty.fill, empty.date_share, empty.share(Look.TEXT), empty.share_of(Form.WORDS)) == (
        0, 0, 0, 0,
    )  # fmt: skip
    recognition = Recognition()
    recognition.add(chunk(a=["Ada Roy"]))
    (far,) = recognition.evidence()
    assert (dict(far.forms), dict(far.answers or {})) == ({}, {})
    assert far.share(Look.TEXT, Look.DATE) == 1.0


def test_values_of_people_and_elsewhere_have_no_form_of_a_company_or_of_canada() -> None:
    found = evidence_of("Ana Roy", "Jean-Pierre Saint-Amand", "Inc Roy", "Léo Co-Roy", "Asa")
    assert found.share_of(Form.COMPANY) == 0.0
    assert evidence_of("212 555-0101", "a@ca.com").share_of(Form.PHONE_OF_CANADA) == 0.0
    assert evidence_of("a@ca.com", "a.ca").share_of(Form.ADDRESS_OF_CANADA) == 0.0


def test_values_that_differ_are_counted_but_for_case() -> None:
    found = evidence_of("a@b.ca", "A@B.ca", "c@b.ca", "")
    assert (found.counted, found.different, found.different_share) == (3, 2, 2 / 3)
    assert evidence_of("").different_share == 0.0
    dates = evidence_of("01/02/1980", "01/02/1980", "13/02/1980", "1980-01-31")
    assert (dates.year_last, dates.first_over_12) == (2, 1)


def test_values_that_differ_are_counted_among_the_first_ones_only() -> None:
    recognition = Recognition(closely=True)
    for part in range(11):
        recognition.add(
            chunk(a=[str(number) for number in range(2_000 * part, 2_000 * part + 2_000)])
        )
    (found,) = recognition.evidence()
    assert (found.counted, found.different) == (20_000, 20_000)
