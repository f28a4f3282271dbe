"""What to do after a run, step by step, with the command to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.language import mark, tr, trn
from importer.model import RunState
from importer.reports.fixes import has_workbook
from importer.reports.words.commands import Step, argument, run_command
from importer.reports.words.refused import refused_steps
from importer.tables import FIX_BOOK

if TYPE_CHECKING:
    from importer.reports.summary import Summary
    from importer.run_folder import RunSettings

__all__ = ["ADVICE", "next_steps", "to_fix"]

# What to see to before going on, by the reason a delivery ended.
ADVICE = {
    "first-reached": mark(
        "The run was asked to send only its first rows. Look at what became of them."
    ),
    "interrupted": "",
    "platform-down": mark("Wait until the platform works again; what it last said stands above."),
    "account-refused": mark(
        "Have what stands above put right in importer.yaml or on the platform, then test the "
        "connection."
    ),
    "all-refused": mark(
        "The platform refuses every contact alike. Find the cause in its words before you go "
        "on: a permission, a required field or the mapping."
    ),
    "too-many-rejected": mark(
        "The platform refused more rows than you allowed. Read why below before you go on."
    ),
    "budget-spent": mark(
        "Wait until the time that stands above, or allow more calls in importer.yaml. Should the "
        "plan be older than max_plan_age by then, --stale sends it all the same."
    ),
    "cannot-go-on": mark("Put right what stands above before you go on."),
    "unreadable-answers": mark(
        "The platform's answers could not be understood. Look some of the sent contacts up on "
        "the platform before you go on."
    ),
}


def next_steps(summary: Summary, settings: RunSettings) -> list[Step]:
    """List what the operator does next, in order; one step that says so when that is nothing."""
    match RunState(summary.state):
        case RunState.CHECKING:
            return [Step(tr("Let the check come to its end."), f"importer resume {summary.run}")]
        case RunState.CHECKED:
            steps = _send(summary) + _fix(summary, settings)
        case RunState.SENDING | RunState.STOPPED:
            steps = _go_on(summary) + _fix(summary, settings)
        case RunState.FINISHED:
            steps = [
                *_read_back(summary),
                *_in_part(summary),
                *_look_up(summary),
                *_fix(summary, settings),
                *_retry(summary),
            ]
        case RunState.REFUSED:
            steps = refused_steps(summary, settings)
        case RunState.ABANDONED:
            steps = [
                *_abandoned(summary),
                *_in_part(summary),
                *_look_up(summary),
                *_fix(summary, settings),
                *_retry(summary),
            ]
    if steps:
        return steps
    if summary.exit_code:
        return [Step(tr("Read results.csv: it says of every row what became of it."))]
    return [
        Step(
            tr(
                "Nothing. The run folder holds personal data: delete it when nobody needs it any "
                "more."
            )
        )
    ]


def to_fix(summary: Summary) -> tuple[int, str]:
    """Give how many rows there are to fix, and where they lie in the run folder."""
    rows = summary.rows
    place = "to-fix.csv" if len(summary.files) == 1 else "to-fix/"
    return rows.invalid + rows.rejected + summary.refused_duplicates, place


def _send(summary: Summary) -> list[Step]:
    good = summary.rows.not_sent
    if not good:
        return []
    command = f"importer send {summary.run}" + ("" if summary.connection else " -c CONNECTION")
    text = trn(
        "To send the one good row, byte for byte as checked:",
        "To send the {count} good rows, byte for byte as checked:",
        good,
    )
    return [Step(text, command)]


def _go_on(summary: Summary) -> list[Step]:
    steps = []
    advice = tr(ADVICE.get(summary.stopped_because, ""))
    if advice:
        test = summary.stopped_because == "account-refused" and summary.connection
        command = f"importer connection test {argument(summary.connection)}" if test else ""
        steps.append(Step(advice, command))
    if summary.state == RunState.SENDING:
        text = tr("See whether the run is still at work: then wait for it.")
        steps.append(Step(text, "importer runs"))
    text = tr("Go on where it stopped; rows that have their answer are not sent again.")
    if summary.rows.unknown and (summary.calls.in_doubt or summary.calls.taken):
        unknown = trn(
            "What is still in doubt ({count} row without an answer) is settled first.",
            "What is still in doubt ({count} rows without an answer) is settled first.",
            summary.rows.unknown,
        )
        text = tr("{one} {other}", one=text, other=unknown)
    steps.append(Step(text, f"importer resume {summary.run}"))
    return steps


def _in_part(summary: Summary) -> list[Step]:
    if not summary.rows_in_part:
        return []
    return [
        Step(
            trn(
                "Read what is missing of the {count} row that was written only in part: code and "
                "message of its line in results.csv say it.",
                "Read what is missing of the {count} rows that were written only in part: code and "
                "message of their lines in results.csv say it.",
                summary.rows_in_part,
            )
        )
    ]


def _fix(summary: Summary, settings: RunSettings) -> list[Step]:
    count, place = to_fix(summary)
    if not count:
        return []
    where = place if place.endswith(".csv") else tr("the files of {folder}", folder=place)
    in_book = _in_workbook(summary, settings)
    match RunState(summary.state):
        case RunState.FINISHED | RunState.ABANDONED:
            text = _correct_in_book(count) if in_book else _correct(count, where)
        case RunState.CHECKED:
            text = tr(
                "The rows to fix: {what} After sending, if you send: the file is written afresh "
                "then.",
                what=_then_correct_in_book(count) if in_book else _then_correct(count, where),
            )
        case _:
            text = tr(
                "When the run is finished: {what} Not before: the file is written afresh when the "
                "run goes on.",
                what=_then_correct_in_book(count) if in_book else _then_correct(count, where),
            )
    path = f"runs/{summary.run}/{FIX_BOOK if in_book else place}"
    return [Step(text, run_command([path], settings))]


def _in_workbook(summary: Summary, settings: RunSettings) -> bool:
    """Tell whether the rows to fix are given back in a workbook, as they came."""
    if settings.report_workbook == "auto":
        return has_workbook(one.format for one in summary.files)
    return settings.report_workbook == "always"


def _correct_in_book(count: int) -> str:
    return trn(
        "Correct {count} row in to-fix.xlsx (the coloured cells say what is wrong), save it and "
        "import only it.",
        "Correct {count} rows in to-fix.xlsx (the coloured cells say what is wrong), save it and "
        "import only them.",
        count,
    )


def _then_correct_in_book(count: int) -> str:
    return trn(
        "correct {count} row in to-fix.xlsx (the coloured cells say what is wrong), save it and "
        "import only it.",
        "correct {count} rows in to-fix.xlsx (the coloured cells say what is wrong), save it and "
        "import only them.",
        count,
    )


def _correct(count: int, where: str) -> str:
    return trn(
        "Correct {count} row in {where} (the last column says what is wrong), save as CSV and "
        "import only it.",
        "Correct {count} rows in {where} (the last column says what is wrong), save as CSV and "
        "import only them.",
        count,
        where=where,
    )


def _then_correct(count: int, where: str) -> str:
    return trn(
        "correct {count} row in {where} (the last column says what is wrong), save as CSV and "
        "import only it.",
        "correct {count} rows in {where} (the last column says what is wrong), save as CSV and "
        "import only them.",
        count,
        where=where,
    )


def _abandoned(summary: Summary) -> list[Step]:
    text = tr(
        "This run can send nothing more. already-sent.csv lists the rows that calls carried; "
        "results.csv names the others: not-sent."
    )
    if summary.rows.not_sent:
        more = tr("To import those, start a new run with them alone.")
        text = tr("{one} {other}", one=text, other=more)
    return [Step(text)]


def _look_up(summary: Summary) -> list[Step]:
    count = summary.rows.unknown
    if not count:
        return []
    if summary.project:
        platform = tr("the platform (project {project})", project=summary.project)
    else:
        platform = tr("the platform")
    return [
        Step(
            trn(
                "Look {count} row up on {platform} by its key: in results.csv, the verdict "
                "unknown. The platform may have taken it or not.",
                "Look {count} rows up on {platform} by their keys: in results.csv, the verdict "
                "unknown. The platform may have taken them or not.",
                count,
                platform=platform,
            )
        )
    ]


def _retry(summary: Summary) -> list[Step]:
    rejected, unknown = summary.rows.rejected, summary.rows.unknown
    refused = trn(
        "{count} row that the platform refused", "{count} rows that the platform refused", rejected
    )
    unsure = trn(
        "{count} row of which no answer is known",
        "{count} rows of which no answer is known",
        unknown,
    )
    match bool(rejected), bool(unknown):
        case True, True:
            text = tr(
                "To send {refused} and {unknown} again, as planned, once the cause is mended on "
                "the platform:",
                refused=refused,
                unknown=unsure,
            )
        case True, False:
            text = tr(
                "To send {refused} again, as planned, once the cause is mended on the platform:",
                refused=refused,
            )
        case False, True:
            text = tr("To send {unknown} again, as planned:", unknown=unsure)
        case _:
            return []
    return [Step(text, f"importer retry {summary.run}")]


def _read_back(summary: Summary) -> list[Step]:
    verified = summary.verified
    if verified is None or not (verified.missing or verified.different):
        return []
    return [
        Step(
            tr(
                "Read verified.csv: it lists the contacts that were read back and are not stored "
                "as they were sent, field by field."
            )
        )
    ]
