"""``report.html``: the page a person opens. Self-contained; nothing comes from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from importer.documents import joined
from importer.language import number, spoken, tr, trn
from importer.model import RunState, Verdict
from importer.reports.pages.call_picture import call_picture
from importer.reports.pages.pictures import row_bar
from importer.reports.pages.sheet import rendered
from importer.reports.pages.timeline import Timeline
from importer.reports.problem_rows import KINDS, MOST_ROWS, ProblemRows, embedded
from importer.reports.verified import ReadBackShown, verified_words
from importer.reports.words.consent_words import whom_a_yes_reaches
from importer.reports.words.figures import clip, duration
from importer.reports.words.headline import headline, in_language
from importer.reports.words.limit_words import limit_lines
from importer.reports.words.steps import next_steps, to_fix
from importer.reports.words.table_words import table_name
from importer.reports.words.titles import MEANINGS, state_words, verdict_words
from importer.run_folder import LEDGER
from importer.tables import FIX_BOOK, place_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.reports.problems import Group
    from importer.reports.summary import CallTotals, FileSummary, Summary
    from importer.run_folder import RunSettings

# So many of each stand on the page, which stays small whatever the run; files tell the rest.
MOST_GROUPS = 30
MOST_EXAMPLES = 50
MOST_OF_A_GROUP = 3
MOST_FILES = 20
MOST_NOTES = 12
MOST_TABLES = 4  # of a group: for each, the rows it hit
FIRST_ROWS = 100  # stand on the page where no script runs
TOTALS = "totals.html"
ROW_SIGN = "\0"


def page(
    summary: Summary,
    groups: Sequence[Group],
    settings: RunSettings,
    read_back: ReadBackShown | None = None,
    *,
    rows: ProblemRows | None = None,
    calls: Timeline | None = None,
    beside: frozenset[str] = frozenset(),
    masked: bool = False,
) -> str:
    """Make the page of a run in the language that is spoken: the same arguments, the same text.

    ``read_back``: what was not found as it was sent, the gravest first. ``rows``: those that can be
    searched. ``calls``: what the calls were over time. ``beside``: the files in its folder.
    ``masked``: addresses and names of people are masked in all that is given; who ran it, the note
    and the host are left out.
    """
    shown = groups[:MOST_GROUPS]
    found = rows or ProblemRows()
    places = [table_name(one) for one in summary.files]
    return rendered(
        "report.html",
        styles=["page.css"],
        scripts=["page.js"],
        **shared(summary),
        steps=next_steps(summary, settings),
        groups=shown,
        groups_left=len(groups) - len(shown),
        hit=[_hit(group, places) for group in shown],
        examples=min(MOST_OF_A_GROUP, max(1, MOST_EXAMPLES // max(1, len(shown)))),
        problem_rows=found,
        first_rows=[
            (_place(summary.files[row.table], row.row), row) for row in found.rows[:FIRST_ROWS]
        ],
        kinds={kind: tr(words) for kind, words in KINDS.items()},
        most_rows=MOST_ROWS,
        search=Markup(embedded(found, _places(summary), _words_of_search())),  # noqa: S704 - escaped there
        settings=settings,
        whom_a_yes_reaches=whom_a_yes_reaches(summary),
        verified_words=verified_words(summary.verified) if summary.verified else "",
        read_back=read_back or ReadBackShown(),
        picture=call_picture(calls or Timeline(), summary.limits),
        limits=limit_lines(summary.limits),
        planned_words=_planned(summary.calls),
        state=state_words(RunState(summary.state)),
        beside=_files_beside(summary, beside, masked=masked),
        warnings=_warnings(summary),
        file_warnings=[
            [in_language(summary, warning) for warning in one.warnings] for one in summary.files
        ],
        masked=masked,
        most_files=MOST_FILES,
        most_notes=MOST_NOTES,
    )


def shared(summary: Summary) -> dict[str, Any]:
    """Give what stands on both pages."""
    told = headline(summary)
    verdicts = [(v, verdict_words(v), tr(MEANINGS[v]), summary.rows.of(v)) for v in Verdict]
    sandbox = "SANDBOX: " if summary.sandbox else ""
    return {
        "summary": summary,
        "headline": told,
        "title": f"{sandbox}{told.text} ({summary.run})",
        "verdicts": verdicts,
        "total": sum(count for _, _, _, count in verdicts),
        "segments": row_bar(summary.rows),
        "bar_words": _bar_words(summary),
        "sent": summary.calls.made > 0,
    }


def _bar_words(summary: Summary) -> str:
    there = [(verdict_words(v), summary.rows.of(v)) for v in Verdict if summary.rows.of(v)]
    parts = [tr("{count} {words}", count=number(count), words=words) for words, count in there]
    return tr("Rows by result: {rows}", rows=joined(parts))


def _hit(group: Group, places: Sequence[str]) -> list[str]:
    """Say which rows a group hit, table by table."""
    told = [
        trn("Row {rows}", "Rows {rows}", hit.rows, rows=hit.listed)
        if len(places) == 1
        else trn(
            "{place}: row {rows}",
            "{place}: rows {rows}",
            hit.rows,
            place=places[table],
            rows=hit.listed,
        )
        for table, hit in sorted(group.hit.items())[:MOST_TABLES]
    ]
    left = len(group.hit) - len(told)
    if left:
        told.append(trn("And rows of {count} more table", "And rows of {count} more tables", left))
    return told


def _place(file: FileSummary, row: int | str) -> str:
    return place_of(clip(file.path, 120), clip(file.sheet, 80), row)


def _places(summary: Summary) -> list[str]:
    """Name the place of a row in each table, with a sign for its number that no name holds."""
    return [_place(file, ROW_SIGN) for file in summary.files]


def _planned(calls: CallTotals) -> str:
    return trn(
        "The whole plan takes about {count} call and {time} at the connection's limits.",
        "The whole plan takes about {count} calls and {time} at the connection's limits.",
        calls.planned,
        time=duration(calls.planned_seconds),
    )


def _warnings(summary: Summary) -> list[str]:
    told = {warning for one in summary.files for warning in one.warnings}
    others = dict.fromkeys(warning for warning in summary.warnings if warning not in told)
    return [in_language(summary, warning) for warning in others]


def _words_of_search() -> dict[str, Any]:
    """Give what the script says: with two forms, for one and for several."""
    return {
        "found": [
            tr("1 of {total} rows found."),
            tr("{count} of {total} rows found; {first} to {last} are shown."),
        ],
        "nothing": tr("No row of {total} fits."),
        "more": [tr("and 1 more in issues.csv"), tr("and {count} more in issues.csv")],
        "option": tr("{text} ({count})"),
        "no_key": tr("no key"),
        "thousands": str(number(1_000))[1:-3],
        "zero_is_one": spoken() == "fr",
    }


def _files_beside(
    summary: Summary, there: frozenset[str], *, masked: bool
) -> list[tuple[str, str]]:
    count, to_mend = (0, "") if masked else to_fix(summary)
    files = [
        ("results.csv", tr("each row of the input and what became of it")),
        ("issues.csv", tr("each problem and warning of our checks")),
    ]
    if summary.verified and summary.verified.looked_up:
        words = tr("each contact that was looked up after sending, and how it differs")
        files.append(("verified.csv", words))
    if count:
        files.append((to_mend, tr("the rows to fix in their original columns, and why")))
    if count and FIX_BOOK in there:
        files.append((FIX_BOOK, tr("the same rows in a workbook, the cells to mend coloured")))
    if LEDGER in there:
        files.append((LEDGER, tr("each consent that was sent, for an auditor")))
    if TOTALS in there:
        files.append((TOTALS, tr("the totals on one sheet, without any person's row")))
    if masked:
        return [*files, ("summary.json", tr("the totals of this page for programs"))]
    if summary.state == RunState.ABANDONED:
        words = tr("the rows that calls carried before the run was abandoned")
        files.append(("already-sent.csv", words))
    return [
        *files,
        ("summary.json", tr("the totals of this page for programs")),
        ("mapping.yaml", tr("the mapping as used")),
        ("settings.json", tr("the settings of the run, without secrets")),
        ("run.log", tr("what the tool did, step by step")),
        ("state/", tr("what the tool needs to go on; leave it as it is")),
    ]
