"""Pages of runs that never were: all good, mixed, stopped early; and one of as many rows as fit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from importer.issues import IssueCode, Severity, message
from importer.journal import Call, CallResult
from importer.language import tr
from importer.model import Outcome, Verdict
from importer.reports.pages.timeline import Timeline, timeline
from importer.reports.problem_rows import KeptRows, ProblemRows, Sentence
from importer.reports.problems import Group, Problems
from importer.reports.summary import (
    CallTotals,
    ConsentTotals,
    LimitsInForce,
    Summary,
)
from importer.run_folder import RunSettings
from importer.tables import TableDescription
from tests.reports.made_up import csv_file, file_facts, rows, settings, summary

BEGUN = datetime(2026, 11, 22, 3, 15, 1, 400_000, tzinfo=UTC)
LIMITS = LimitsInForce(
    rows_per_call=100,
    bytes_per_call=1_000_000,
    calls_per_minute=60,
    calls_per_day=20_000,
    in_flight=1,
    timeout_seconds=60,
    attempts=6,
    configured=("calls_per_day",),
)
_TABLES = (
    TableDescription("salon-montreal.csv", "", "csv", ("E-mail",), 1),
    TableDescription("boutique.xlsx", "Clients", "xlsx", ("E-mail",), 1),
)
_FILES = (
    {"path": "salon-montreal.csv", "rows": 8_214},
    {
        "path": "boutique.xlsx",
        "sheet": "Clients",
        "format": "xlsx",
        "encoding": "",
        "delimiter": "",
        "rows": 3_790,
    },
)


def iso(moment: datetime) -> str:
    """Write a moment as the journal does."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def call(number: int, begun: datetime, **members: Any) -> Call:
    """Make a call of 100 contacts that was answered, with other members where they are given."""
    plain: dict[str, Any] = {
        "number": number,
        "step": 0,
        "batch": f"b{number}",
        "first": 100 * (number - 1),
        "end": 100 * number,
        "bytes": 24_000,
        "attempt": 1,
        "waited": 0.0,
        "started": iso(begun),
        "ended": iso(begun + timedelta(seconds=0.4)),
        "result": CallResult.ANSWERED,
        "message": "",
    }
    return Call(**plain | members)


def steady_calls(count: int, seconds: float = 1.0) -> Iterator[Call]:
    """Make calls at an even pace, each of which had to wait a little."""
    for number in range(1, count + 1):
        at = BEGUN + timedelta(seconds=seconds * (number - 1))
        yield call(number, at, waited=max(0.0, seconds - 0.4) if number > 1 else 0.0)


def troubled_calls(count: int) -> Iterator[Call]:
    """Make calls of which some are not taken, with a wait before each is repeated."""
    at, busy = BEGUN, "The platform asks to wait (HTTP 429)."
    for number in range(1, count + 1):
        waited = 0.6
        if number % 11 == 7:
            yield call(number, at, result=CallResult.NOT_TAKEN, message=busy, waited=waited)
            waited, at = 9.0, at + timedelta(seconds=9.4)
        yield call(number, at, attempt=2 if waited > 1 else 1, waited=waited)
        at += timedelta(seconds=1.0)
    yield call(count + 1, at, result=CallResult.IN_DOUBT, message="No answer came in 60 s.")


def good() -> dict[str, Any]:
    """All rows were imported."""
    run = summary(
        files=(csv_file(rows=12_480, results=rows(created=9_105, updated=3_375)),),
        rows=rows(created=9_105, updated=3_375),
        consents={"optin_Newsletter": ConsentTotals(yes=8_340, no=612, left=3_528)},
        calls=CallTotals(
            planned=125, planned_seconds=120, made=125, waited_seconds=74.4, bytes=3_000_000
        ),
        limits=LIMITS,
        finished="2026-11-22T03:17:09.020Z",
    )
    return _page(run, [], calls=timeline(steady_calls(125)))


def mixed() -> dict[str, Any]:
    """Most rows were imported; some are to be fixed."""
    found = _problems()
    run = summary(
        exit_code=3,
        files=(
            csv_file(
                **_FILES[0],
                results=rows(created=5_902, updated=1_816, duplicate=41, skipped=3, invalid=452),
            ),
            csv_file(
                **_FILES[1], results=rows(created=2_903, updated=760, invalid=118, rejected=9)
            ),
        ),
        rows=rows(created=8_805, updated=2_576, duplicate=41, skipped=3, invalid=570, rejected=9),
        consents={
            "optin_Newsletter": ConsentTotals(
                yes=7_130, no=1_211, left=3_049, withheld=84, by_mapping_no=310
            ),
            "optin_Partenaires": ConsentTotals(yes=402, no=9_870, left=1_118, withheld=12),
        },
        calls=CallTotals(
            planned=114,
            planned_seconds=113,
            made=125,
            retried=10,
            not_taken=10,
            waited_seconds=171.4,
            bytes=2_740_000,
        ),
        limits=LIMITS,
        problems={group.code: group.count for group in found.groups()},
        warnings=(
            'boutique.xlsx, sheet Clients: no entry of the mapping names the column "Till".',
        ),
        note="Salon de Montréal, automne 2026",
        finished="2026-11-22T03:19:12.020Z",
    )
    calls = [one for one in troubled_calls(114) if one.result is not CallResult.IN_DOUBT]
    files = tuple(file_facts(str(one["path"])) for one in _FILES)
    named = settings(files=files)
    return _page(run, found.groups(), rows=found.rows(), calls=timeline(calls), settings_=named)


def stopped() -> dict[str, Any]:
    """The platform went away in the middle."""
    run = summary(
        state="stopped",
        exit_code=5,
        files=(
            csv_file(
                rows=12_480,
                results=rows(created=4_217, updated=1_583, unknown=100, not_sent=6_580),
            ),
        ),
        rows=rows(created=4_217, updated=1_583, unknown=100, not_sent=6_580),
        consents={"optin_Newsletter": ConsentTotals(yes=8_340, no=612, left=3_528)},
        calls=CallTotals(
            planned=125,
            planned_seconds=124,
            made=64,
            retried=5,
            not_taken=5,
            in_doubt=1,
            waited_seconds=92.1,
            bytes=1_440_000,
        ),
        limits=LIMITS,
        stopped_because="platform-down",
        message="The platform did not answer 6 times in a row (HTTP 503).",
        finished="",
        problems={"answer-lost": 100},
    )
    lost = Problems(_TABLES)
    kept = KeptRows()
    for row in range(5_802, 5_902):
        key, text = f"client.{row}@example.test", message(IssueCode.ANSWER_LOST)
        kept.add(0, row, key, Outcome(Verdict.UNKNOWN, IssueCode.ANSWER_LOST.value, "", text))
        lost.note_at(IssueCode.ANSWER_LOST, Severity.ERROR, 0, row, text, key)
    return _page(run, lost.groups(), rows=kept.rows(), calls=timeline(troubled_calls(58)))


_SAID = (
    (IssueCode.EMAIL_INVALID, "E-mail", "marie.{n}(at)example.test",
     "An email address must have an @-sign."),
    (IssueCode.PHONE_INVALID, "Cellulaire", "514-55{n}", "it has no country code (+1…)"),
    (IssueCode.DATE_IMPOSSIBLE, "Date de naissance", "31/02/19{n}", ""),
    (IssueCode.VALUE_MISSING, "E-mail", "", ""),
    (IssueCode.POSTAL_INVALID, "Code postal", "H2X {n}",
     "codes of Canada have a letter and a digit in turn, such as H2X 1Y4"),
)  # fmt: skip


def _problems() -> Problems:
    """Make the problems of the mixed run."""
    found = Problems(_TABLES)
    for n in range(570):
        code, column, value, detail = _SAID[n % 7 % 5]
        table, row = (0, 14 + 17 * n) if n < 452 else (1, 2 + 31 * (n - 452))
        key = f"client.{n}@example.test"
        text = message(code, column=column, value=value.format(n=n), detail=tr(detail))
        found.keep(table, row, key, Outcome(Verdict.INVALID, code.value, column, text))
        found.note_at(code, Severity.ERROR, table, row, text, key)
    for n in range(9):
        text = "Error (InvalidValue): the field f_Title does not take « Dr »."
        outcome = Outcome(Verdict.REJECTED, IssueCode.PLATFORM_REFUSED.value, "f_Title", text)
        found.keep(1, 3_000 + n, f"refus.{n}@example.test", outcome)
    for n in range(212):
        code = IssueCode.POSTAL_ZERO_RESTORED
        text = message(code, column="Code postal", value=f"{1000 + n}", detail=f"0{1000 + n}")
        found.note_at(code, Severity.WARNING, 0, 40 + 6 * n, text, f"zero.{n}@example.test")
    return found


def many_rows(count: int) -> ProblemRows:
    """Make as many rows that have problems, most with a sentence of their own."""
    kept = KeptRows()
    for n in range(count):
        text = message(
            IssueCode.EMAIL_INVALID,
            value=f"Hélène.Tremblay{n}(at)exemple.test",
            detail=f"it must have an @-sign. Did you mean helene.tremblay{n}@exemple.test?",
        )
        end = Outcome(Verdict.INVALID, IssueCode.EMAIL_INVALID.value, "f_EMail", text)
        kept.add(0, n + 2, f"Hélène.Tremblay{n}(at)exemple.test", end)
        if n % 5 == 0:
            more = message(IssueCode.VALUE_MISSING, column="Ville")
            kept.note(0, n + 2, "", Sentence(IssueCode.EMAIL_INVALID, Severity.ERROR, text))
            kept.note(0, n + 2, "", Sentence(IssueCode.VALUE_MISSING, Severity.ERROR, more))
    return kept.rows()


def large(count: int) -> dict[str, Any]:
    """Make the page of a run of a million rows, of which many have problems."""
    totals = rows(created=1_000_000 - count, invalid=count)
    run = summary(
        exit_code=3,
        files=(csv_file(rows=1_000_000, results=totals),),
        rows=totals,
        limits=LIMITS,
    )
    return _page(run, [], rows=many_rows(count), calls=timeline(steady_calls(10_000)))


def _page(
    run: Summary,
    groups: list[Group],
    *,
    rows: ProblemRows | None = None,
    calls: Timeline | None = None,
    settings_: RunSettings | None = None,
) -> dict[str, Any]:
    """Give the arguments of a page."""
    return {
        "summary": run,
        "groups": groups,
        "settings": settings_ or settings(),
        "rows": rows or ProblemRows(),
        "calls": calls or Timeline(),
    }
