"""What a run that was refused as a whole is told: what stood in the way, and what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from importer.language import tr, trn
from importer.reports.words.commands import Step, argument, run_command

if TYPE_CHECKING:
    from importer.reports.summary import Summary
    from importer.run_folder import RunSettings

_MOST_FILES = 6
_PASSED = re.compile(r"--(?:strict|max-invalid|max-yes|max-no)\b")


def only_of_consents(summary: Summary) -> bool:
    """Tell whether a refused run passed thresholds of consents, and none of rows."""
    passed = set(_PASSED.findall(summary.message))
    return bool(passed) and passed <= {"--max-yes", "--max-no"}


def refused_steps(summary: Summary, settings: RunSettings) -> list[Step]:
    """List what to do after a run that a threshold or a guard refused."""
    if settings.job:
        return _refused_in_job(summary, settings.job)
    if summary.stopped_because == "guard":
        text = tr("Look at the file. If it is right all the same, import it by hand:")
        return [Step(text, run_command(_paths(settings), settings) + _sheet(settings))]
    return _again(summary, settings)


def _refused_in_job(summary: Summary, job: str) -> list[Step]:
    """The job has put the file away: it is put back, as it is or corrected."""
    command = f"importer job run {argument(job)}"
    if summary.stopped_because == "guard":
        text = tr(
            "Look at the file. If it is right all the same, put it back where the job finds it, "
            "and run the job once without its guards. If it is not, get a right one."
        )
        return [Step(text, f"{command} --accept")]
    if only_of_consents(summary):
        text = tr(
            "Look at the consents of the file. If they are right, allow more in the job's section "
            "of importer.yaml; otherwise correct the file. Then put it back where the job finds "
            "it, and run the job."
        )
        return [Step(text, command)]
    text = tr(
        "Correct the rows of issues.csv in the file itself, or allow more in the job's section of "
        "importer.yaml. Then put the file back where the job finds it, and run the job."
    )
    return [Step(text, command)]


def _again(summary: Summary, settings: RunSettings) -> list[Step]:
    """A threshold kept everything back, so the good rows must come along: mend the sources."""
    limit = " --strict" if settings.strict else ""
    for option, most in (
        ("--max-invalid", settings.max_invalid),
        ("--max-yes", settings.max_yes),
        ("--max-no", settings.max_no),
    ):
        if most is not None:
            limit += f" {option} {argument(most)}"
    command = run_command(_paths(settings), settings) + _sheet(settings) + limit
    if only_of_consents(summary):
        text = tr(
            "Look at the consents in the plan. If they are right, leave the threshold out of the "
            "command, or raise it; otherwise correct the file or the mapping and run again."
        )
        return [Step(text, command)]
    text = trn(
        "Correct the rows of issues.csv in the file themselves and run again. To send the good "
        "rows all the same, leave the threshold out of the command, or raise it.",
        "Correct the rows of issues.csv in the files themselves and run again. To send the good "
        "rows all the same, leave the threshold out of the command, or raise it.",
        len({one.path for one in settings.files}),
    )
    return [Step(text, command)]


def _paths(settings: RunSettings) -> list[str]:
    paths = list(dict.fromkeys(one.path for one in settings.files))
    return paths if len(paths) <= _MOST_FILES else ["FILE..."]


def _sheet(settings: RunSettings) -> str:
    return f" --sheet {argument(settings.sheet)}" if settings.sheet is not None else ""
