"""``purge``: takes old runs away; their ledgers of consents stay as long as these are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from importer import assembly, pipeline
from importer.assembly import Means
from importer.errors import ImporterError, LockedError, UnusableInputError, sentence_of
from importer.journal import Journal
from importer.language import tr, trn
from importer.model import RunState
from importer.run_folder import RunFolder, list_runs, made_at
from importer.runs.looking import RUNS
from importer.runs.remains import (
    PURGED,
    going_folders,
    has_ledger,
    hide,
    last_change,
    remaining_summary,
    take_away,
)

_UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class OldRun:
    """A run that is old enough to go. ``days``: since its state last changed.

    ``state``: as ``importer runs`` shows it. ``rows``: that it read; None: not known.
    ``keeps_consents``: its ``consents.csv`` stays.
    """

    run: str
    state: str
    days: int
    rows: int | None
    keeps_consents: bool


@dataclass(frozen=True, slots=True)
class SparedRun:
    """A run that is old enough and stays; ``why``: a sentence."""

    run: str
    state: str
    days: int
    why: str


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge came to. ``failed``: those of which not everything could be deleted.

    ``completed``: ids of runs that an earlier purge had only begun to take away.
    """

    purged: tuple[OldRun, ...] = ()
    spared: tuple[SparedRun, ...] = ()
    failed: tuple[SparedRun, ...] = ()
    completed: tuple[str, ...] = ()


AskPurge = Callable[[Sequence[OldRun], Sequence[SparedRun]], bool]
"""Shows which runs would go and which stay, and asks whether to delete the former."""


def purge(
    days: int | None = None,
    *,
    runs_dir: str | Path = RUNS,
    yes: bool = False,
    ask: AskPurge | None = None,
    job: str | None = None,
    means: Means | None = None,
) -> Purged:
    """Delete the runs whose state last changed more than ``days`` days ago.

    ``days``: left out, what ``keep_runs`` of ``importer.yaml`` says. Runs that are held, that are
    not finished, or that are retried by one that is not, stay. A run's ``consents.csv`` and the
    numbers of its ``summary.json`` stay until ``keep_consents`` has passed. ``yes``: without
    asking. ``job``: only the runs of that job.

    Raises:
        UnusableInputError: nobody says how old, or nobody agrees; then no run is deleted.
    """
    means = means or assembly.means()
    settings = assembly.settings_here(means)
    keep = settings.keep_runs if days is None else timedelta(days=days)
    if keep is None:
        raise UnusableInputError(how_old())
    ages = _Ages(means.clock.now(), keep, settings.keep_consents)
    runs = Path(runs_dir)
    completed, failed = _complete_earlier(runs, ages)
    old, spared = _sorted_out(runs, ages, job)
    if not old:
        return Purged((), spared, failed, completed)
    lines = [line for _, line in old]
    if not yes and ask is None:
        raise UnusableInputError(
            trn(
                "nothing was deleted: without a terminal, or with --json, deleting {count} run "
                "needs --yes",
                "nothing was deleted: without a terminal, or with --json, deleting {count} runs "
                "needs --yes",
                len(lines),
            )
        )
    if not yes and ask is not None and not ask(lines, spared):
        raise UnusableInputError(tr("nothing was deleted"))
    results = [_purged(folder, line) for folder, line in old]
    return Purged(
        tuple(one for one in results if isinstance(one, OldRun)),
        spared,
        (*failed, *(one for one in results if isinstance(one, SparedRun))),
        completed,
    )


def how_old() -> str:
    """Say that nobody said how old a run must be."""
    return tr(
        "say how old a run must be to be deleted: --days N, or `keep_runs: 90d` in importer.yaml"
    )


@dataclass(frozen=True, slots=True)
class _Ages:
    """How old runs and ledgers are, and how old they may become."""

    now: datetime
    keep: timedelta
    keep_consents: timedelta | None

    def is_old(self, changed: datetime) -> bool:
        return self.now - changed > self.keep

    def days(self, changed: datetime) -> int:
        return (self.now - changed).days

    def keeps_ledger(self, folder: RunFolder, changed: datetime) -> bool:
        over = self.keep_consents is not None and self.now - changed > self.keep_consents
        return has_ledger(folder) and not over


# --- deleting -------------------------------------------------------------------------------------


def _purged(folder: RunFolder, line: OldRun) -> OldRun | SparedRun:
    """Delete one run; or say why it is still there, whole or in part."""

    def as_it_was() -> bool:
        known = _Known.of(folder)
        return known.state == line.state and not known.unfinished

    try:
        hidden = hide(folder, as_it_was)
        if hidden is None:
            return _spared(line, tr("it was gone on with in the meantime"))
        take_away(hidden, folder.id, keep_ledger=line.keeps_consents)
    except LockedError as error:
        return _spared(line, sentence_of(error))
    except OSError as error:
        return _spared(line, _not_deleted(error))
    return line


def _spared(line: OldRun, why: str) -> SparedRun:
    return SparedRun(line.run, line.state, line.days, why)


def _not_deleted(error: OSError) -> str:
    return tr(
        "not all of it could be deleted ({reason}); the next purge goes on",
        reason=error.strerror or error,
    )


def _complete_earlier(runs: Path, ages: _Ages) -> tuple[tuple[str, ...], tuple[SparedRun, ...]]:
    """Delete what an earlier purge left half deleted: that it goes was agreed to then."""
    completed, failed = [], []
    for run, hidden in going_folders(runs):
        changed = last_change(hidden, run)
        try:
            take_away(hidden, run, keep_ledger=ages.keeps_ledger(hidden, changed))
        except OSError as error:
            failed.append(SparedRun(run, PURGED, ages.days(changed), _not_deleted(error)))
        else:
            completed.append(run)
    return tuple(completed), tuple(failed)


# --- which runs are old, and which of these stay --------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a run. ``unfinished``: why it must stay, for it can still be sent."""

    folder: RunFolder
    state: str
    changed: datetime
    retry_of: str = ""
    unfinished: str = ""
    rows: int | None = None
    job: str = ""

    @classmethod
    def of(cls, folder: RunFolder) -> _Known:
        """Look a run up; one that cannot be read is not finished either."""
        if folder.purged:
            changed = last_change(folder, folder.id)
            summary = remaining_summary(folder)
            return cls(folder, PURGED, changed, rows=summary.rows.read if summary else None)
        try:
            settings = folder.settings
            with Journal.open(folder.journal) as journal:
                state = journal.state
                moments = [journal.fact(name) or "" for name in ("checked", "started", "finished")]
                moments += [settings.created, journal.call_totals().last]
                known = state is not RunState.CHECKING
                return cls(
                    folder,
                    state.value,
                    datetime.fromisoformat(max(moments)),
                    settings.retry_of,
                    _unfinished(folder, state, consented=assembly.consented(journal)),
                    pipeline.plan_facts(journal).read if known else None,
                    settings.job,
                )
        except Exception as error:  # noqa: BLE001 - whatever one run has, the others can go
            why = sentence_of(error) if isinstance(error, ImporterError) else type(error).__name__
            return cls(folder, _UNREADABLE, made_at(folder.id), unfinished=why)


def _unfinished(folder: RunFolder, state: RunState, *, consented: bool) -> str:
    """Say why a run can still be sent; "" if it cannot, or if nobody wanted it."""
    match state:
        case RunState.CHECKING:
            return tr(
                "its check did not end: importer resume {run}, or delete its folder", run=folder.id
            )
        case RunState.SENDING | RunState.STOPPED:
            return tr(
                "it is not finished: importer resume {run}, or importer abandon {run}",
                run=folder.id,
            )
        case RunState.CHECKED:
            if not consented:
                return ""
            return tr(
                "it is to be sent: importer resume {run}, or importer abandon {run}", run=folder.id
            )
        case RunState.FINISHED | RunState.REFUSED | RunState.ABANDONED:
            return ""


def _sorted_out(
    runs: Path, ages: _Ages, job: str | None
) -> tuple[list[tuple[RunFolder, OldRun]], tuple[SparedRun, ...]]:
    """Find the runs that are old enough, and those of them that stay all the same."""
    known = [_Known.of(folder) for folder in _folders(runs)]
    needed = _still_retried(known)
    old, spared = [], []
    for one in known:
        if job is not None and one.job != job:
            continue
        days = ages.days(one.changed)
        keeps = ages.keeps_ledger(one.folder, one.changed)
        if not ages.is_old(one.changed) or (one.state == PURGED and keeps):
            continue
        why = one.unfinished or _retried(needed.get(one.folder.id)) or _held(one.folder)
        if why:
            spared.append(SparedRun(one.folder.id, one.state, days, why))
        else:
            old.append((one.folder, OldRun(one.folder.id, one.state, days, one.rows, keeps)))
    return old, tuple(spared)


def _folders(runs: Path) -> Iterator[RunFolder]:
    """Give the runs of a folder; what a link leads to is none of it, nor is what holds no run."""
    for folder in list_runs(runs):
        is_run = folder.journal.exists() or (folder.path / "settings.json").exists()
        if not folder.path.is_symlink() and (is_run or folder.purged):
            yield folder


def _still_retried(known: Sequence[_Known]) -> dict[str, str]:
    """Find the runs that an unfinished one retries, at first or second hand; and by which."""
    parents = {one.folder.id: one.retry_of for one in known}
    needed: dict[str, str] = {}
    for one in known:
        if not one.unfinished and one.state != RunState.CHECKED:
            continue
        run = one.retry_of
        while run and run not in needed:
            needed[run] = one.folder.id
            run = parents.get(run, "")
    return needed


def _retried(by: str | None) -> str:
    return "" if by is None else tr("{run} retries it and is not finished", run=by)


def _held(folder: RunFolder) -> str:
    """Say which process holds a run; "" if none does."""
    if folder.purged:
        return ""
    try:
        with folder.locked():
            return ""
    except LockedError as error:
        return sentence_of(error)
    except OSError as error:
        return tr("it cannot be written ({reason})", reason=error.strerror or error)
