"""The whole story of a row: what was read, checked, planned and sent, and what came back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from importer.errors import ImporterError, UnusableInputError
from importer.issues import message
from importer.journal import Call, Journal
from importer.language import mark, speaking, tr, trn
from importer.model import RowCheck, RunState
from importer.reports.withheld import withheld_file
from importer.run_folder import RunFolder, find_run
from importer.runs.fitting import KnownRow, WantedKey, fitting_rows, said_of
from importer.runs.ledgers import consents_of_row
from importer.runs.looking import RUNS
from importer.runs.retrying import relatives
from importer.runs.row_ends import RowEnd, RunRows, Settling
from importer.runs.story_members import (
    Answer,
    Carried,
    Cell,
    Elsewhere,
    LookedUp,
    PlannedValue,
    Story,
    Told,
)
from importer.tables import TableDescription

MOST = 20
"""So many rows are told of at once."""
_NAMED = 6  # tables
_CUT = mark(
    "Its text was taken out of the run folder when the run ended, for the row needed no fixing; "
    "`keep: all` in importer.yaml keeps it."
)
_PLAN_CUT = mark(
    "What was planned was taken out of the run folder when the run ended; `keep: all` in "
    "importer.yaml keeps it."
)
_EXTRA = mark("(beyond the header)")

_SAID_BY = ("code", "column", "field", "value", "detail")


def story(
    run: str,
    *,
    row: int | None = None,
    key: str | None = None,
    file: str | None = None,
    sheet: str | None = None,
    runs_dir: str | Path = RUNS,
) -> tuple[Story, ...]:
    """Tell the story of the rows of a run that have a number or a key; of the first 20 of them.

    ``row``: as the spreadsheet shows it. ``key``: compared as the platform does; of a key of
    several parts its JSON, or any of its parts. ``file``, ``sheet``: where the row stands.

    Raises:
        UnusableInputError: there is no such row, or the run's check did not end.
    """
    folder = find_run(Path(runs_dir), run)
    if row is None and not (key or "").strip():
        raise UnusableInputError(tr("name a row by its number or by its key"))
    with _readable(folder), Journal.open(folder.journal) as journal:
        if journal.state is RunState.CHECKING:
            raise UnusableInputError(
                tr("the check of {run} did not end: importer resume {run}", run=folder.id)
            )
        rows = RunRows(folder, journal)
        tables = _tables(rows, file, sheet)
        wanted = None if key is None else WantedKey(key)
        found, count = fitting_rows(folder.rows, key=wanted, number=row, tables=tables, most=MOST)
        if not found:
            raise UnusableInputError(_nothing(rows, row=row, key=key, tables=tables))
        return tuple(_story(rows, one, count) for one in found)


@contextmanager
def _readable(folder: RunFolder) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnusableInputError(
            tr("{file} cannot be read: it is missing or damaged", file=folder.journal)
        ) from error


# --- which rows ---------------------------------------------------------------------------------


def _tables(rows: RunRows, file: str | None, sheet: str | None) -> frozenset[int] | None:
    """Find the tables that somebody names; None: all."""
    if file is None and sheet is None:
        return None
    found = frozenset(
        index
        for index, table in enumerate(rows.tables)
        if (file is None or file in {table.file, _last(table.file)})
        and (sheet is None or sheet == table.sheet)
    )
    if not found:
        raise UnusableInputError(
            tr(
                "{run} has read no such table; it has: {tables}",
                run=rows.folder.id,
                tables=_listed(rows.tables),
            )
        )
    return found


def _last(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _nothing(
    rows: RunRows, *, row: int | None, key: str | None, tables: frozenset[int] | None
) -> str:
    searched = [
        table for index, table in enumerate(rows.tables) if tables is None or index in tables
    ]
    told = {"run": rows.folder.id, "row": row, "key": key, "where": _listed(searched)}
    if key is None:
        return tr("{run} has no row {row}: looked for in {where}", **told)
    if row is None:
        return tr('{run} has no row with the key "{key}": looked for in {where}', **told)
    return tr('{run} has no row {row} with the key "{key}": looked for in {where}', **told)


def _listed(tables: Sequence[TableDescription]) -> str:
    """Name tables; the first few of many."""
    names = "; ".join(table.shown for table in tables[:_NAMED])
    more = len(tables) - _NAMED
    if more <= 0:
        return names
    return trn("{names} and {count} more", "{names} and {count} more", more, names=names)


# --- the story of one -----------------------------------------------------------------------------


def _story(rows: RunRows, one: KnownRow, count: int) -> Story:
    folder, table = rows.folder, rows.tables[one.table]
    issues = said_of(folder.issues, one.index)
    end = rows.end_of(one, issues)
    read = _read(folder, table, one)
    planned = _planned(folder, one)
    good = one.check is RowCheck.GOOD
    return Story(
        run=folder.id,
        fitting=count,
        file=table.file,
        sheet=table.sheet,
        row=one.number,
        key=one.key,
        verdict=end.outcome.verdict.value,
        code=end.outcome.code,
        field=end.outcome.field,
        message=end.outcome.message,
        batch=end.batch,
        attempts=end.attempts,
        record_id=end.outcome.record_id,
        read=read,
        unread=tr(_CUT) if read is None else "",
        issues=_told(folder, issues),
        planned=planned,
        unplanned=tr(_PLAN_CUT) if planned is None and good else "",
        withheld=_told(folder, said_of(withheld_file(folder), one.index)),
        consents=tuple(
            consents_of_row(folder.ledger, file=table.file, sheet=table.sheet, row=one.number)
            if end.attempts
            else ()
        ),
        calls=tuple(_carried(call) for call in end.calls),
        answers=tuple(_answer(settling) for settling in end.settlings),
        looked_up=_looked_up(end),
        elsewhere=_elsewhere(folder, one),
    )


def _read(folder: RunFolder, table: TableDescription, one: KnownRow) -> tuple[Cell, ...] | None:
    found = said_of(folder.source, one.index)
    if not found:
        return None
    line = found[0]
    cells = [Cell(name, line[f"c{at}"]) for at, name in enumerate(table.columns)]
    beyond: list[str] = orjson.loads(line["extra"]) if line["extra"] else []
    return (*cells, *(Cell(tr(_EXTRA), text) for text in beyond))


def _planned(folder: RunFolder, one: KnownRow) -> tuple[PlannedValue, ...] | None:
    if one.check is not RowCheck.GOOD:
        return None
    found = said_of(folder.plan, one.index)
    if not found:
        return None
    _, *values = found[0].items()
    return tuple(PlannedValue(code, text) for code, text in values if text is not None)


def _told(folder: RunFolder, issues: Sequence[dict[str, Any]]) -> tuple[Told, ...]:
    """Tell what issues say, in the run's language, which their details are in."""
    with speaking(folder.settings.language):
        return tuple(
            Told(
                issue["severity"],
                issue["code"],
                issue["column"] or "",
                issue["field"] or "",
                issue["value"] or "",
                message(**{name: issue[name] for name in _SAID_BY}),
            )
            for issue in issues
        )


def _carried(call: Call) -> Carried:
    return Carried(
        call.number,
        call.step,
        call.batch,
        call.end - call.first,
        call.attempt,
        call.waited,
        call.started,
        call.ended,
        call.result.value,
        call.message,
    )


def _answer(one: Settling) -> Answer:
    told = one.outcome
    return Answer(
        one.call,
        one.at,
        told.verdict.value,
        told.code,
        told.field,
        told.message,
        told.record_id,
        one.request_id,
    )


def _looked_up(end: RowEnd) -> LookedUp | None:
    if end.lookup is None:
        return None
    return LookedUp(end.lookup.at, end.lookup.found, end.lookup.differences)


def _elsewhere(folder: RunFolder, one: KnownRow) -> tuple[Elsewhere, ...]:
    """Tell what became of the row in the other runs of its family, in the order of their making.

    A row has the same table and number in all of them.
    """
    if one.check is not RowCheck.GOOD:
        return ()
    told: list[Elsewhere] = []
    for other in relatives(folder):
        if other.settings.run == folder.settings.run:
            continue
        tables = frozenset({one.table})
        try:
            found, _ = fitting_rows(other.rows, number=one.number, tables=tables, most=1)
            with Journal.open(other.journal) as journal:
                told += [_there(RunRows(other, journal), row) for row in found]
        except (ImporterError, OSError):  # damaged: no reason to say nothing of this one
            continue
    return tuple(told)


def _there(rows: RunRows, one: KnownRow) -> Elsewhere:
    outcome = rows.end_of(one, said_of(rows.folder.issues, one.index)).outcome
    settings = rows.folder.settings
    return Elsewhere(
        settings.run,
        settings.created,
        settings.retry_of,
        outcome.verdict.value,
        outcome.code,
        outcome.message,
    )
