"""``find``: what all runs know of one key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from importer.clock import iso
from importer.errors import ImporterError, UnusableInputError, sentence_of
from importer.journal import Journal
from importer.language import tr
from importer.model import RunState
from importer.reports.ledger import LedgerLine
from importer.run_folder import RunFolder, list_runs, made_at
from importer.runs.fitting import WantedKey, fitting_rows, said_of
from importer.runs.ledgers import consents_of_key
from importer.runs.looking import RUNS
from importer.runs.remains import remaining_summary
from importer.runs.row_ends import RunRows
from importer.settings import SANDBOX

_MOST = 1000  # rows of one run


@dataclass(frozen=True, slots=True)
class Found:
    """A row of a run that has the key, and the consents that were sent of it.

    ``created``: when its run was made, ISO text in UTC. ``sandbox``: nothing of it left this
    machine. ``purged``: of the run only its ``consents.csv`` is left, so ``code``, ``message`` and
    ``record_id`` are not known any more. ``verdict`` to ``record_id``: as in ``results.csv``.
    """

    run: str
    created: str
    sandbox: bool
    purged: bool
    file: str
    sheet: str
    row: int
    key: str
    verdict: str
    code: str
    field: str
    message: str
    batch: str
    record_id: str
    consents: tuple[LedgerLine, ...]


def find(
    address: str,
    *,
    runs_dir: str | Path = RUNS,
    unreadable: Callable[[str], None] | None = None,
) -> tuple[Found, ...]:
    """Find the rows with a key in all runs of a folder, the oldest run first.

    ``address``: compared as the platform does; of a key of several parts its JSON, or any of its
    parts. ``unreadable``: told, in a sentence, of each run that cannot be read. Of one run at most
    the first 1,000 rows are given. Raises UnusableInputError for a blank address.
    """
    if not address.strip():
        raise UnusableInputError(tr("write the address, or another key, that is to be found"))
    key = WantedKey(address)
    found: list[Found] = []
    for folder in list_runs(Path(runs_dir)):
        try:
            found += _in_run(folder, key)
        except Exception as error:  # noqa: BLE001 - whatever one run has, the others are searched
            why = sentence_of(error) if isinstance(error, ImporterError) else type(error).__name__
            if unreadable is not None:
                unreadable(tr("{run} cannot be searched: {why}", run=folder.id, why=why))
    return tuple(found)


def _in_run(folder: RunFolder, key: WantedKey) -> list[Found]:
    ledger = folder.ledger
    if folder.purged:
        return list(_in_ledger(folder, consents_of_key(ledger, key)))
    with Journal.open(folder.journal) as journal:
        if journal.state is RunState.CHECKING:
            raise UnusableInputError(tr("its check did not end"))
        rows = RunRows(folder, journal)
        known, _ = fitting_rows(folder.rows, key=key, most=_MOST)
        sent = consents_of_key(ledger, key) if known else []
        found = []
        for one in known:
            table = rows.tables[one.table]
            end = rows.end_of(one, said_of(folder.issues, one.index))
            place = (table.file, table.sheet, one.number)
            found.append(
                Found(
                    run=folder.id,
                    created=folder.settings.created,
                    sandbox=_in_sandbox(folder),
                    purged=False,
                    file=table.file,
                    sheet=table.sheet,
                    row=one.number,
                    key=one.key,
                    verdict=end.outcome.verdict.value,
                    code=end.outcome.code,
                    field=end.outcome.field,
                    message=end.outcome.message,
                    batch=end.batch,
                    record_id=end.outcome.record_id,
                    consents=tuple(line for line in sent if _place(line) == place),
                )
            )
        return found


def _in_ledger(folder: RunFolder, lines: list[LedgerLine]) -> Iterator[Found]:
    """Tell of a run of which the consents alone are left."""
    kept = remaining_summary(folder)
    for (file, sheet, row), group in groupby(lines, key=_place):
        consents = tuple(group)
        yield Found(
            run=folder.id,
            created=kept.created if kept else iso(made_at(folder.id)),
            sandbox=kept is not None and kept.sandbox,
            purged=True,
            file=file,
            sheet=sheet,
            row=row,
            key=consents[0].key,
            verdict=consents[0].verdict,
            code="",
            field="",
            message="",
            batch=consents[0].call,
            record_id="",
            consents=consents,
        )


def _in_sandbox(folder: RunFolder) -> bool:
    connection = folder.settings.connection
    return connection is not None and connection.name == SANDBOX


def _place(line: LedgerLine) -> tuple[str, str, int]:
    return line.file, line.sheet, line.row
