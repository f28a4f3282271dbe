"""What a check leaves behind is sealed: a plan that was changed or damaged since is not sent.

The sums stand in the journal; that of the mapping stands in the run's settings. Runs that were made
before there were any pass.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import orjson

from importer.errors import UnusableInputError
from importer.files import make_private, sha256_of, sync_folder
from importer.language import mark, tr
from importer.run_columns import keep_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from importer.journal import Journal
    from importer.run_folder import RunFolder

_SUMS = "sums"  # the fact: file name -> the SHA-256 sums that its content may have
_PLAN = (
    mark("the plan of {run} is missing ({file}), so the run cannot go on: check the files again"),
    mark(
        "the plan of {run} was changed or damaged since it was checked ({file}): check the files "
        "again, or put the file back as it was"
    ),
)
_ROWS = (
    mark(
        "the list of rows of {run} is missing ({file}), so the run cannot go on: check the files "
        "again"
    ),
    mark(
        "the list of rows of {run} was changed or damaged since it was checked ({file}): check "
        "the files again, or put the file back as it was"
    ),
)


def note_sums(journal: Journal, folder: RunFolder) -> None:
    """Note what plan and rows of a run hold, before its journal says *checked*."""
    _note(journal, {path.name: [sha256_of(path)] for path, _ in _sealed(folder)})


def refuse_changed(journal: Journal, folder: RunFolder) -> None:
    """Refuse a run of which plan or rows are not what the check left.

    Raises:
        UnusableInputError: with a sentence for each file that is missing or another.
    """
    known = _noted(journal)
    found = []
    for path, (missing, changed) in _sealed(folder):
        if not path.is_file():
            found.append(tr(missing, run=folder.id, file=path))
        elif path.name in known and sha256_of(path) not in known[path.name]:
            found.append(tr(changed, run=folder.id, file=path))
    if found:
        raise UnusableInputError(*found)


def cut_plan(journal: Journal, folder: RunFolder, rows: Sequence[int]) -> None:
    """Cut a run's plan to some rows (ascending indices); at any moment its sum is a known one."""
    plan, known = folder.plan, _noted(journal)
    if plan.name not in known:
        keep_rows(plan, rows)
        return
    # A copy is cut, since the sum must be on the disk before what has it takes the plan's place.
    cut = plan.with_name(f".{plan.name}.cut")
    try:
        shutil.copyfile(plan, cut)
        make_private(cut)
        keep_rows(cut, rows)
        after = sha256_of(cut)
        _note(journal, {**known, plan.name: [*known[plan.name], after]})
        cut.replace(plan)
    finally:
        cut.unlink(missing_ok=True)
    sync_folder(plan.parent)
    _note(journal, {**known, plan.name: [after]})


def _sealed(folder: RunFolder) -> tuple[tuple[Path, tuple[str, str]], ...]:
    """Give the sealed files, and how it is told that one is missing, or was changed."""
    return (folder.plan, _PLAN), (folder.rows, _ROWS)


def _noted(journal: Journal) -> dict[str, list[str]]:
    found: dict[str, list[str]] = orjson.loads(journal.fact(_SUMS) or "{}")
    return found


def _note(journal: Journal, sums: dict[str, list[str]]) -> None:
    journal.set_fact(_SUMS, orjson.dumps(sums).decode())
