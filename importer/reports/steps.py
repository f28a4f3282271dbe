"""What to do after a run, step by step, with the command to type."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from importer.model import RunState
from importer.reports.headline import plural

if TYPE_CHECKING:
    from importer.reports.summary import Summary
    from importer.run_folder import RunSettings

_MOST_FILES = 6
_PLAIN = re.compile(r"[\w./:@%+=-]+", re.ASCII)

# What to see to before going on, by the reason a delivery ended.
ADVICE = {
    "first-reached": "The run was asked to send only its first rows. Look at what became of them.",
    "interrupted": "",
    "platform-down": "Wait until the platform works again; what it last said stands above.",
    "account-refused": (
        "Have the key, the project or its permissions put right in importer.yaml or on the "
        "platform, then test them."
    ),
    "all-refused": (
        "The platform refuses every contact alike. Find the cause in its words below before you "
        "go on: a permission, a required field or the mapping."
    ),
    "too-many-rejected": (
        "The platform refused more rows than you allowed. Read why below before you go on."
    ),
    "budget-spent": (
        "Wait until the time that stands above, or allow more calls in importer.yaml. Should the "
        "plan be older than max_plan_age by then, --stale sends it all the same."
    ),
    "cannot-go-on": "Put right what stands above before you go on.",
    "unreadable-answers": (
        "The platform's answers could not be understood. Look some of the sent contacts up on "
        "the platform before you go on."
    ),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. ``command``: what to type for it, empty when there is nothing to type."""

    text: str
    command: str = ""


def next_steps(summary: Summary, settings: RunSettings) -> list[Step]:
    """List what the operator does next, in order; one step that says so when that is nothing."""
    match RunState(summary.state):
        case RunState.CHECKING:
            return [Step("Let the check come to its end.", f"importer resume {summary.run}")]
        case RunState.CHECKED:
            steps = _send(summary) + _fix(summary, settings, "The rows to fix: ")
        case RunState.SENDING | RunState.STOPPED:
            steps = _go_on(summary) + _fix(summary, settings, "When the run is finished: ")
        case RunState.FINISHED:
            steps = [
                *_read_back(summary),
                *_look_up(summary),
                *_fix(summary, settings, ""),
                *_retry(summary),
            ]
        case RunState.REFUSED:
            steps = _again(summary, settings)
        case RunState.ABANDONED:
            steps = [
                *_abandoned(summary),
                *_look_up(summary),
                *_fix(summary, settings, ""),
                *_retry(summary),
            ]
    if steps:
        return steps
    if summary.exit_code:
        return [Step("Read results.csv: it says of every row what became of it.")]
    return [
        Step(
            "Nothing. The run folder holds personal data: delete it when nobody needs it any more."
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
    which = "the one good row" if good == 1 else f"the {plural(good, 'good row')}"
    return [Step(f"To send {which}, byte for byte as checked:", command)]


def _go_on(summary: Summary) -> list[Step]:
    steps = []
    advice = ADVICE.get(summary.stopped_because, "")
    if advice:
        test = summary.stopped_because == "account-refused" and summary.connection
        command = f"importer connection test {argument(summary.connection)}" if test else ""
        steps.append(Step(advice, command))
    if summary.state == RunState.SENDING:
        steps.append(
            Step("See whether the run is still at work: then wait for it.", "importer runs")
        )
    unknown = ""
    if summary.rows.unknown and summary.calls.in_doubt:
        unknown = (
            f" What is still in doubt ({plural(summary.rows.unknown, 'row')} without an answer) is "
            "settled first."
        )
    steps.append(
        Step(
            f"Go on where it stopped; rows that have their answer are not sent again.{unknown}",
            f"importer resume {summary.run}",
        )
    )
    return steps


def _fix(summary: Summary, settings: RunSettings, when: str) -> list[Step]:
    number, place = to_fix(summary)
    if not number:
        return []
    finished = summary.state in {RunState.FINISHED, RunState.ABANDONED}
    afresh = "" if finished else " Not before: the file is written afresh when the run goes on."
    if summary.state == RunState.CHECKED:
        afresh = " After sending, if you send: the file is written afresh then."
    them = "it" if number == 1 else "them"
    where = place if place.endswith(".csv") else f"the files of {place}"
    text = (
        f"{when}correct {plural(number, 'row')} in {where} (the last column says what is wrong), "
        f"save as CSV and import only {them}.{afresh}"
    )
    path = f"runs/{summary.run}/{place}"
    return [Step(text[0].upper() + text[1:], _run([path], summary, settings))]


def _again(summary: Summary, settings: RunSettings) -> list[Step]:
    """A threshold kept everything back, so the good rows must come along: mend the sources."""
    paths = list(dict.fromkeys(one.path for one in settings.files))
    shown = paths if len(paths) <= _MOST_FILES else ["FILE..."]
    sheet = f" --sheet {argument(settings.sheet)}" if settings.sheet is not None else ""
    limit = " --strict" if settings.strict else ""
    if settings.max_invalid is not None:
        limit += f" --max-invalid {argument(settings.max_invalid)}"
    files = "the file" if len(paths) == 1 else "the files"
    return [
        Step(
            f"Correct the rows of issues.csv in {files} themselves and run again. To send the good "
            "rows all the same, leave the threshold out of the command, or raise it.",
            _run(shown, summary, settings) + sheet + limit,
        )
    ]


def _abandoned(summary: Summary) -> list[Step]:
    text = (
        "This run can send nothing more. already-sent.csv lists the rows that calls carried; "
        "results.csv names the others: not-sent."
    )
    if summary.rows.not_sent:
        text += " To import those, start a new run with them alone."
    return [Step(text)]


def _look_up(summary: Summary) -> list[Step]:
    number = summary.rows.unknown
    if not number:
        return []
    project = f" (project {summary.project})" if summary.project else ""
    whose = "its key" if number == 1 else "their keys"
    return [
        Step(
            f"Look {plural(number, 'row')} up on the platform{project} by {whose}: in results.csv, "
            "the verdict unknown. The platform may have taken them or not."
        )
    ]


def _retry(summary: Summary) -> list[Step]:
    rejected, unknown = summary.rows.rejected, summary.rows.unknown
    if not (rejected or unknown):
        return []
    which = [
        f"{plural(number, 'row')} {words}"
        for number, words in (
            (rejected, "that the platform refused"),
            (unknown, "of which no answer is known"),
        )
        if number
    ]
    when = ", once the cause is mended on the platform" if rejected else ""
    return [
        Step(
            f"To send {' and '.join(which)} again, as planned{when}:",
            f"importer retry {summary.run}",
        )
    ]


def _read_back(summary: Summary) -> list[Step]:
    verified = summary.verified
    if verified is None or not (verified.missing or verified.different):
        return []
    return [
        Step(
            "Read verified.csv: it lists the contacts that were read back and are not stored as "
            "they were sent, field by field."
        )
    ]


def _run(paths: list[str], summary: Summary, settings: RunSettings) -> str:
    place = settings.mapping_file.replace("\\", "/")
    named = re.fullmatch(r"mappings/([\w.-]+)\.yaml", place)
    mapping = named.group(1) if named else settings.mapping_file
    files = " ".join(path if path == "FILE..." else argument(path) for path in paths)
    connection = f" -c {argument(summary.connection)}" if summary.connection else ""
    return f"importer run {files} -m {argument(mapping)}{connection}"


def argument(text: str) -> str:
    """Quote an argument so that the shells of all systems read it alike, as far as they can."""
    if _PLAIN.fullmatch(text):
        return text
    if not re.search(r'["$`!\r\n]|\\["\\]|\\$', text):
        return f'"{text}"'
    return shlex.quote(text)
