"""How a column's dates are written: the formats that its values prove."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from importer.date_formats import formats_problem
from importer.language import tr, trn
from importer.recognition import DateForm, Evidence, Form

_RARE = 0.05  # proofs that are rarer than that among many dates may be slips
_MANY = 40
_FEWEST_PROOFS, _ENOUGH_PROOFS = 2, 3  # distinct dates with a day above 12
_SOUND = 0.1
_SERIALS = 0.9
_DAY_FIRST, _MONTH_FIRST = "DM", "MD"
_ISO = "9999-9-9"


@dataclass(frozen=True, slots=True)
class DateReading:
    """The formats of a column's dates. ``problem``: why they cannot be told, or "".

    ``formats`` are then the first of two readings, and ``others`` the second. ``proof``: what
    tells the order. ``two_digit_years``: the mapping must say which century is meant.
    """

    formats: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    problem: str = ""
    proof: str = ""
    two_digit_years: bool = False


def read_dates(column: Evidence) -> DateReading:
    """Tell how a column's dates are written."""
    if column.share_of(Form.FIVE_DIGITS) >= _SERIALS:
        return DateReading(("excel",), proof=tr("Excel's numbers of days"))
    forms = [form for form, _ in sorted(column.dates.items(), key=lambda pair: -pair[1])]
    if not forms:
        return DateReading(problem=tr("the column has no date that tells how they are written"))
    if any(form.clock == "?" for form in forms):
        return DateReading(problem=tr("their time of day is written in a way that no format tells"))
    turned = [form for form in forms if _has_two_readings(form)]
    if column.typed_dates and turned and len(turned) < len(forms):
        problem = tr("real dates and dates as text stand in it, and their orders may differ")
        return _in_two_readings(turned, problem=problem)
    if not turned and forms[0].parts == _ISO:
        return _reading(forms, _DAY_FIRST, tr("the year comes first"))
    if not turned:
        return _reading(forms, _DAY_FIRST, tr("the month or year tells"))
    return _by_order(column, forms)


def _by_order(column: Evidence, forms: Sequence[DateForm]) -> DateReading:
    day, month = column.first_over_12, column.second_over_12
    if day and month:
        problem = tr("day/month and month/day both stand in it")
        return _in_two_readings(forms, problem=problem)
    if not day and not month:
        problem = tr("no day is above 12, so nothing tells which number is the month")
        return _in_two_readings(forms, problem=problem)
    proofs = day + month
    if proofs < _FEWEST_PROOFS or (proofs < _ENOUGH_PROOFS and proofs < _SOUND * column.year_last):
        problem = trn(
            "only one date has a day above 12, which may be a slip",
            "only {count} dates have a day above 12, which may be a slip",
            proofs,
        )
        return _in_two_readings(forms, problem=problem)
    if column.values >= _MANY and day + month < _RARE * column.values and column.answers is None:
        problem = tr("hardly any day is above 12, and these may be slips")
        return _in_two_readings(forms, problem=problem)
    if day:
        return _reading(forms, _DAY_FIRST, tr("the first number goes above 12"))
    return _reading(forms, _MONTH_FIRST, tr("the second number goes above 12"))


def _reading(forms: Sequence[DateForm], order: str, proof: str) -> DateReading:
    formats = _formats(forms, order)
    short = any("YYYY" not in one for one in formats)
    if short:
        problem = tr("their years have two digits: say with pivot up to which they mean 20..")
        return DateReading(formats, problem=problem, two_digit_years=True)
    return DateReading(formats, problem=formats_problem(formats, timed=False), proof=proof)


def _in_two_readings(forms: Sequence[DateForm], *, problem: str) -> DateReading:
    formats = _formats(forms, _DAY_FIRST)
    short = any("YYYY" not in one for one in formats)
    return DateReading(formats, _formats(forms, _MONTH_FIRST), problem, two_digit_years=short)


def _formats(forms: Sequence[DateForm], order: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_format(form, order) for form in forms))


def _has_two_readings(form: DateForm) -> bool:
    return "A" not in form.parts and not form.parts.startswith("9999")


def _format(form: DateForm, order: str) -> str:
    """Write a form as a format: ``9/9/9999`` is ``DD/MM/YYYY`` or ``MM/DD/YYYY``."""
    text = form.parts.replace("9999", "YYYY")
    if not text.startswith("YYYY") and text.endswith("99"):
        text = text[:-2] + "YY"
    if "A" in text:
        text = text.replace("A", "MMM").replace("9", "D")
    elif text.startswith("YYYY"):
        text = text.replace("9", "MM", 1).replace("9", "DD", 1)
    else:
        first, second = ("DD", "MM") if order == _DAY_FIRST else ("MM", "DD")
        text = text.replace("9", first, 1).replace("9", second, 1)
    return text + form.clock
