"""``retry``: a new run of what the platform refused, or has not answered for."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from importer import assembly, pipeline
from importer.assembly import Means
from importer.assembly.retrying import Retry, calls_before, make_retry, retry_number
from importer.errors import UnusableInputError
from importer.journal import Journal
from importer.language import tr
from importer.model import RowCheck, RunState, Verdict
from importer.plan_sums import refuse_changed
from importer.reconciliation import reconcile
from importer.reports import Summary
from importer.run_columns import column_batches
from importer.run_folder import RunFolder, find_run, list_runs
from importer.runs.course import Ask, go_on, held, logged
from importer.runs.looking import RUNS
from importer.runs.staleness import refuse_stale
from importer.thresholds import threshold

_VERDICTS = tuple(Verdict)
_NOT_SENT = _VERDICTS.index(Verdict.NOT_SENT)
_RETRIED = tuple(_VERDICTS.index(one) for one in (Verdict.REJECTED, Verdict.UNKNOWN))
_LARGEST_TABLE = 1 << 40  # rows


@dataclass(frozen=True, slots=True)
class _Member:
    """One run of a family: a run that is no retry, and all retries of it and of one another."""

    folder: RunFolder
    state: RunState
    consented: bool
    number: int
    calls: int


def retry(
    run: str,
    *,
    first: int | None = None,
    max_rejected: str | int | None = None,
    verify: int | None = None,
    note: str = "",
    yes: bool = False,
    stale: bool = False,
    ask: Ask | None = None,
    runs_dir: str | Path = RUNS,
    means: Means | None = None,
) -> Summary:
    """Send the rows of a run again whose newest verdict is *rejected* or *unknown*, as a new run.

    A row's newest verdict is that of the last run that sent it, among the run, those it retries
    and the retries of all of them. The rows go as they were planned then, without another check.
    ``stale``: also if that plan is older than ``max_plan_age``. ``first``, ``max_rejected``,
    ``verify``, ``note``, ``yes`` and ``ask``: as in ``run``.
    """
    means = means or assembly.means()
    folder = find_run(Path(runs_dir), run)
    if max_rejected is not None:
        max_rejected = str(max_rejected)
        threshold(max_rejected, 1)
    order = partial(
        Retry, first=first, max_rejected=max_rejected, verify=verify, note=note, consented=yes
    )
    with _alone(folder) as family:
        _refuse_unfinished(folder, family)
        try:
            made = _made(folder, family, order, means, stale=stale, asked=yes or ask is not None)
        except OSError as error:
            raise UnusableInputError(
                tr(
                    "the machine stands in the way ({reason}). Nothing was sent; when it is "
                    "mended: importer retry {run}",
                    reason=error.strerror or error,
                    run=folder.id,
                )
            ) from error
        with held(made, means) as journal:
            rows = pipeline.plan_facts(journal).planned
            logged(made, means).event("retry-began", of=folder.id, rows=rows)
            return go_on(made, journal, means, yes=yes, ask=ask, stale=stale)


def _made(
    folder: RunFolder,
    family: Sequence[_Member],
    order: Callable[..., Retry],
    means: Means,
    *,
    stale: bool,
    asked: bool,
) -> RunFolder:
    """Make the retry's folder, unless something stands in its way.

    ``asked``: somebody wants it sent, or can be asked.
    """
    for member in family:
        with Journal.open(member.folder.journal) as journal:
            refuse_changed(journal, member.folder)
    mapping = assembly.mapping_of(folder)  # one that was edited is refused before anything is made
    rows, verdicts = _newest(folder, family)
    again = np.isin(verdicts, _RETRIED)
    if not again.any():
        raise UnusableInputError(_nothing_to_retry(folder))
    if not asked:
        raise UnusableInputError(
            tr(
                "nothing was sent: without a terminal, or with --json, sending needs --yes: "
                "importer retry {run} --yes",
                run=folder.id,
            )
        )
    facts = folder.settings.connection
    assert facts is not None
    connection = assembly.refreshed(assembly.connection_of(facts), means, mapping.target)
    assembly.credentials_of(connection)  # better missed now than after the question
    told = order(
        connection=connection,
        rows=rows[again],
        doubtful=_doubtful(verdicts[again]),
        number=1 + max(member.number for member in family),
        calls={member.folder.settings.run: member.calls for member in family},
    )
    with Journal.open(folder.journal) as journal:
        refuse_stale(
            folder,
            journal,
            now=means.clock.now(),
            max_age=assembly.settings_here(means).max_plan_age,
            stale=stale,
        )
        return make_retry(folder, journal, told, means)


def refuse_overtaken(folder: RunFolder, journal: Journal) -> None:
    """Refuse to begin a retry when another run of its family has sent since it was made.

    Raises:
        UnusableInputError: it would send again what that run has sent.
    """
    if not retry_number(journal):
        return
    before = calls_before(journal)
    for member in _family(folder):
        name = member.folder.settings.run
        if name != folder.settings.run and member.calls > before.get(name, 0):
            raise UnusableInputError(
                tr(
                    "{other} has sent rows of {run} since that was made, so it is not sent: "
                    "importer abandon {run}, then for what is still refused or unknown: "
                    "importer retry {first}",
                    other=name,
                    run=folder.id,
                    first=folder.settings.retry_of,
                )
            )


# --- the family -----------------------------------------------------------------------------------


@contextlib.contextmanager
def held_alone(folder: RunFolder, means: Means) -> Iterator[Journal]:
    """Hold a run; a retry with its family, so that no other one of it begins or sends meanwhile."""
    with contextlib.ExitStack() as stack:
        if folder.settings.retry_of and (root := relatives(folder)[0]) is not folder:
            stack.enter_context(root.locked())
        yield stack.enter_context(held(folder, means))


@contextlib.contextmanager
def _alone(folder: RunFolder) -> Iterator[Sequence[_Member]]:
    """Give a run's family, of which no other retry can be made meanwhile: its root is held."""
    with relatives(folder)[0].locked():
        yield _family(folder)


def _family(folder: RunFolder) -> list[_Member]:
    """Give the runs of a family in the order of their making.

    That is counted: clocks may have jumped.
    """
    members = []
    for one in relatives(folder):
        with Journal.open(one.journal) as journal:
            members.append(
                _Member(
                    folder=one,
                    state=journal.state,
                    consented=assembly.consented(journal),
                    number=retry_number(journal),
                    calls=journal.call_totals().calls,
                )
            )
    return sorted(members, key=lambda member: member.number)


def relatives(folder: RunFolder) -> list[RunFolder]:
    """Find the runs beside a run that lead back to the same one; that one first, if it is there."""
    known = {folder.settings.run: folder}
    for one in list_runs(folder.path.parent):
        with contextlib.suppress(UnusableInputError):  # a folder that holds no run of ours
            known.setdefault(one.settings.run, one)
    root = _root(folder.settings.run, known)
    related = [one for name, one in known.items() if _root(name, known) == root]
    return sorted(related, key=lambda one: (one.settings.run != root, one.path.name))


def _root(name: str, known: dict[str, RunFolder]) -> str:
    """Follow a run to the one that is no retry, which may be gone."""
    seen = {name}
    while name in known and known[name].settings.retry_of:
        name = known[name].settings.retry_of
        if name in seen:
            break
        seen.add(name)
    return name


def _refuse_unfinished(folder: RunFolder, family: Sequence[_Member]) -> None:
    """Refuse while a run of the family may still send: its rows would be sent twice."""
    for member in family:
        name, itself = member.folder.id, member.folder.settings.run == folder.settings.run
        match member.state:
            case RunState.FINISHED | RunState.REFUSED | RunState.ABANDONED:
                continue
            case RunState.CHECKING:
                what = tr("its check did not end: importer resume {run}", run=name)
            case RunState.CHECKED if not member.consented:
                if not itself:
                    continue  # made, and not wanted: nothing of it was sent
                what = tr("it was only checked: send it with: importer send {run}", run=name)
            case RunState.CHECKED | RunState.SENDING | RunState.STOPPED:
                what = tr(
                    "resume it first: importer resume {run} (or give it up: importer abandon)",
                    run=name,
                )
        if itself:
            told = tr(
                "{run} cannot be retried: it is not finished; {what}", run=folder.id, what=what
            )
        else:
            told = tr(
                "{run} cannot be retried: {other}, which sends rows of it, is not finished; {what}",
                run=folder.id,
                other=name,
                what=what,
            )
        raise UnusableInputError(told)


# --- the newest verdicts ------------------------------------------------------------------------


def _newest(
    folder: RunFolder, family: Sequence[_Member]
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Give the indices of a run's planned rows, and of each the place of its newest verdict."""
    rows, places = _planned(folder)
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    newest = np.full(len(rows), _NOT_SENT, dtype=np.uint8)
    for member in family:
        for found, verdicts in _settled(member.folder):
            at = np.searchsorted(ordered, found)
            at[at == len(ordered)] = 0
            same = ordered[at] == found if len(ordered) else np.zeros(len(found), dtype=bool)
            newest[order[at[same]]] = verdicts[same]
    return rows, newest


def _planned(folder: RunFolder) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the indices of a run's planned rows, and the place of each in the files."""
    rows, places = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for batch in column_batches(folder.rows, columns=["row", "table", "number", "verdict"]):
        good = batch.column("verdict").to_numpy() == RowCheck.GOOD
        rows.append(batch.column("row").to_numpy()[good])
        tables, numbers = (batch.column(name).to_numpy()[good] for name in ("table", "number"))
        places.append(_place(tables, numbers))
    return np.concatenate(rows), np.concatenate(places)


def _settled(folder: RunFolder) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint8]]]:
    """Give the places of the rows that a run has sent, and their verdicts."""
    with Journal.open(folder.journal) as journal:
        tables = pipeline.tables_of(journal)
        planned = pipeline.plan_facts(journal).planned
        for some in reconcile(folder, journal, tables, planned=planned):
            known = np.array([_VERDICTS.index(one.verdict) for one in some.outcomes], np.uint8)
            verdicts = known[some.end]
            sent = verdicts != _NOT_SENT
            yield _place(some.table[sent], some.number[sent]), verdicts[sent]


def _place(tables: NDArray[np.int32], numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Name rows by table and number: both are the same in all runs of a family."""
    return tables.astype(np.int64) * _LARGEST_TABLE + numbers


def _doubtful(verdicts: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Find the rows of which a refusal now says nothing of what an earlier call wrote."""
    unknown: NDArray[np.bool_] = verdicts == _VERDICTS.index(Verdict.UNKNOWN)
    return unknown


def _nothing_to_retry(folder: RunFolder) -> str:
    checks = column_batches(folder.rows, columns=["verdict"])
    if any((batch.column("verdict").to_numpy() == RowCheck.INVALID).any() for batch in checks):
        return tr(
            "nothing of {run} is refused by the platform or unknown, so there is nothing to retry. "
            "Rows that our checks refused are corrected in to-fix.csv and imported from there",
            run=folder.id,
        )
    return tr(
        "nothing of {run} is refused by the platform or unknown, so there is nothing to retry",
        run=folder.id,
    )
