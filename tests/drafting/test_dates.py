from __future__ import annotations

import pytest

from importer.drafting.proposal import Certainty
from tests.drafting.columns import proposed

BIRTH = "Date de naissance"


@pytest.mark.parametrize(
    ("values", "format_"),
    [
        (["31/01/1980", "02/03/1999", "13/04/2000"], "DD/MM/YYYY"),
        (["01-31-1980", "02-03-1999", "04-13-2000"], "MM-DD-YYYY"),
        (["31.1.1980", "31.5.1980"], "DD.MM.YYYY"),
        (["1980-01-31"], "YYYY-MM-DD"),
        (["2026.10.24"], "YYYY.MM.DD"),
        (["31/01/1980 09:30", "22/03/1999 10:00"], "DD/MM/YYYY HH:mm"),
        (["1980-01-31T09:30:00"], "YYYY-MM-DDTHH:mm:ss"),
        (["31/01/1980", "31/05/1980", "1999-02-03"], ["DD/MM/YYYY", "YYYY-MM-DD"]),
        (["12 mars 1985", "3 août 1990"], "D MMM YYYY"),
        (["Mar 12, 1985"], "MMM D, YYYY"),
        (["29221", "31000"], "excel"),
    ],
)
def test_format_that_the_values_prove_is_proposed(
    values: list[str], format_: str | list[str]
) -> None:
    made = proposed({BIRTH: values})[BIRTH]
    assert (made.field, made.commented) == ("f_BirthDate", False)
    assert dict(made.options) == {"type": "date", "format": format_}


def test_dates_that_prove_no_order_are_a_comment_with_both_readings() -> None:
    made = proposed({BIRTH: ["01/02/1980", "03/04/1999"]})[BIRTH]
    assert made.certainty is Certainty.UNSURE
    assert "no day is above 12" in made.reason
    readings = [dict(one)["format"] for one in (made.options, *made.others)]
    assert readings == ["DD/MM/YYYY", "MM/DD/YYYY"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["31/01/1980", "01/31/1980"], "both stand in it"),
        ([f"{d:02}/{m:02}/1980" for d in range(1, 13) for m in range(1, 7)]
         + [f"13/0{m}/1980" for m in range(1, 4)], "these may be slips"),
        ([f"{d:02}/01/1980" for d in range(1, 13)] + ["13/02/1992"], "only one date has a day"),
        ([f"{d:02}/0{m}/1980" for d in range(1, 13) for m in (1, 2)] + ["13/02/1992"] * 9
         + ["14/02/1992"], "only 2 dates have a day"),
        (["31/01/1980"], "which may be a slip"),
        (["31/01/80", "30/01/80"], "two digits"),
        (["1980-01-31 9:30 pm"], "time of day"),
        ([], "empty column"),
    ],
)  # fmt: skip
def test_dates_that_cannot_be_told_are_a_comment_that_says_why(
    values: list[str], said: str
) -> None:
    made = proposed({BIRTH: values})[BIRTH]
    assert made.certainty is Certainty.UNSURE
    assert said in made.reason


def test_years_of_two_digits_need_a_pivot() -> None:
    made = proposed({BIRTH: ["31/01/80", "30/01/80"]})[BIRTH]
    assert dict(made.options) == {"type": "date", "format": "DD/MM/YY", "pivot": 30}
    both = proposed({BIRTH: ["01/02/80"]})[BIRTH]
    assert all("pivot" in dict(one) for one in (both.options, *both.others))


def test_real_dates_beside_dates_as_text_are_a_comment() -> None:
    made = proposed({BIRTH: ["1980-01-31", "31/01/1980"]}, typed_dates=True)[BIRTH]
    assert made.certainty is Certainty.UNSURE
    assert "real dates and dates as text" in made.reason
    alone = proposed({BIRTH: ["1980-01-31"]}, typed_dates=True)[BIRTH]
    assert dict(alone.options)["format"] == "YYYY-MM-DD"


def test_half_a_column_of_dates_is_likely_and_less_is_unsure() -> None:
    assert proposed({BIRTH: ["1980-01-31", "--12-31"]})[BIRTH].certainty is Certainty.LIKELY
    made = proposed({BIRTH: ["Laval", "Alma"]})[BIRTH]
    assert made.certainty is Certainty.UNSURE
    assert "but only 0 % of the values are dates" in made.reason
