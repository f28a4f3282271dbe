"""What a job's next file is compared with: the last ones that it imported."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from importer.job_settings import GuardsSection
from importer.reports import Summary
from importer.run_folder import ColumnFacts, Guards
from importer.runs.thresholds import merged_columns
from importer.tables import Part
from importer.thresholds import threshold

USUAL = 5
"""So many of the last files say what is usual."""
_ENOUGH = 3  # files, before a share of their median says anything


def facts_of_imported(summary: Summary) -> dict[str, Any]:
    """Give what later files are compared with, as JSON holds it.

    ``rows``: those read, less blank ones. ``contacts``: these, less duplicates. ``columns``: header
    -> its ``ColumnFacts``, all tables together. ``ends_in_line_break``: whether every text file
    does; None: there is none.
    """
    blank = sum(
        part.rows
        for file in summary.files
        for part in file.left_out
        if part.part is Part.BLANK_ROWS
    )
    columns = merged_columns(file.columns for file in summary.files)
    ends = [file.ends_in_line_break for file in summary.files]
    return {
        "rows": summary.rows.read - blank,
        "contacts": summary.rows.read - blank - summary.rows.duplicate,
        "columns": {header: facts.model_dump() for header, facts in columns.items()},
        "ends_in_line_break": _all_alike(one for one in ends if one is not None),
    }


def _all_alike(ends: Iterable[bool]) -> bool | None:
    known = list(ends)
    return all(known) if known else None


def guards_from(section: GuardsSection, last: Sequence[Mapping[str, Any]]) -> Guards:
    """Make the guards of a job's next file.

    ``last``: the facts of the files that it imported last, newest first; files of which nothing is
    known have none.

    Raises:
        UnusableInputError: a guard of the section is neither a number nor a share.
    """
    known = [facts for facts in last if facts.get("rows") is not None][:USUAL]
    usual = _median(facts["rows"] for facts in known)
    contacts = _median(facts.get("contacts", facts["rows"]) for facts in known)
    ends = {facts.get("ends_in_line_break") for facts in known}
    newest = known[0]["columns"] if known else {}
    return Guards(
        usual_rows=usual,
        fewest_rows=_fewest(section.fewest_rows, usual, len(known)),
        usual_contacts=contacts,
        fewest_contacts=_fewest(_share_of(section.fewest_rows), contacts, len(known)),
        columns={header: ColumnFacts(**facts) for header, facts in newest.items()},
        fill_change=None if section.fill is False else threshold(section.fill, 1),
        types=section.types,
        cut_off=section.cut_off,
        ends_in_line_break=ends.pop() if len(ends) == 1 else None,
    )


def _median(counts: Iterable[int]) -> int:
    known = list(counts)
    return round(statistics.median(known)) if known else 0


def _share_of(text: str | Literal[False]) -> str | Literal[False]:
    """Give a guard that is a share; a number is one of rows, and says nothing of contacts."""
    return text if text is not False and "%" in text else False


def _fewest(text: str | Literal[False], usual: int, known: int) -> int:
    """Read a number of rows; a share is one of what is usual, once that is known."""
    if text is False or ("%" in text and known < _ENOUGH):
        return 0
    return math.ceil(round(threshold(text, usual), 6))
