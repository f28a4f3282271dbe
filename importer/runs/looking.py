"""``report``, ``show`` and ``runs``: looking at runs."""

from __future__ import annotations

import contextlib
from pathlib import Path

import orjson
import pyarrow as pa

from importer import assembly
from importer.assembly import Means
from importer.errors import ImporterError, LockedError, UnusableInputError
from importer.journal import Journal
from importer.language import tr
from importer.model import RunState
from importer.reports import (
    Summary,
)
from importer.run_folder import RunFolder, find_run, list_runs
from importer.runs.course import finish, held
from importer.runs.masking import masked_reports
from importer.runs.remains import PURGED, remaining_summary

RUNS = Path("runs")


def standing(folder: RunFolder) -> tuple[RunState | None, bool]:
    """Tell a run's state, None for a folder that cannot be read; and whether it is to be sent."""
    try:
        with Journal.open(folder.journal) as journal:
            return journal.state, assembly.consented(journal)
    except (ImporterError, OSError, ValueError):
        return None, False


def report(
    run: str,
    *,
    mask: bool = False,
    totals: bool = False,
    workbook: bool = False,
    runs_dir: str | Path = RUNS,
    means: Means | None = None,
) -> Summary:
    """Write a run's report files again: the same bytes every time.

    ``mask``: write those for sending to others, without any person in them, into the folder
    ``masked`` of the run, and nothing else. ``totals``: also ``totals.html``, one page without any
    row. ``workbook``: also ``to-fix.xlsx``, whatever the run was read from.
    """
    means = means or assembly.means()
    folder = find_run(Path(runs_dir), run)
    with held(folder, means) as journal:
        state = journal.state
        if state is RunState.CHECKING:
            raise UnusableInputError(
                tr("the check of {run} did not end: importer resume {run}", run=folder.id)
            )
        try:
            if mask:
                return masked_reports(folder, journal, state, chance=means.chance)
            return finish(folder, journal, means, state, workbook=workbook, totals_page=totals)
        except pa.ArrowException as error:
            raise UnusableInputError(
                tr("a file in {folder} is damaged: no report can be written", folder=folder.state)
            ) from error


def show(run: str, *, runs_dir: str | Path = RUNS) -> Summary:
    """Read a run's summary; one that was broken off while sending is counted anew.

    While another process sends it, the summary is that of the sending's start.
    """
    folder = find_run(Path(runs_dir), run)
    summary = _written_summary(folder)
    if summary.state == RunState.SENDING:
        with contextlib.suppress(LockedError):
            return report(str(folder.path))
    return summary


def _written_summary(folder: RunFolder) -> Summary:
    try:
        content = orjson.loads((folder.path / "summary.json").read_bytes())
        return Summary(**content, folder=str(folder.path))
    except OSError:
        raise UnusableInputError(
            tr("{run} has no summary yet: importer resume {run}", run=folder.id)
        ) from None
    except (ValueError, TypeError):
        raise UnusableInputError(
            tr(
                "{file} cannot be read; write it again with: importer report {run}",
                file=folder.path / "summary.json",
                run=folder.id,
            )
        ) from None


def runs(*, runs_dir: str | Path = RUNS) -> list[tuple[RunFolder, str, Summary | None]]:
    """List the runs of a folder, oldest first, with their state and summary."""
    found: list[tuple[RunFolder, str, Summary | None]] = []
    for folder in list_runs(Path(runs_dir)):
        if folder.purged:
            found.append((folder, PURGED, remaining_summary(folder)))
            continue
        state, _ = standing(folder)
        try:
            summary = show(str(folder.path))
        except Exception:  # noqa: BLE001 - whatever one run has, the others are listed
            summary = None
        found.append((folder, state.value if state else "unreadable", summary))
    return found
