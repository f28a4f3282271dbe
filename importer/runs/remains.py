"""What is left of a run that was purged, and how its folder goes.

It is renamed first, so that no command takes it for a run; what a crash leaves under such a name is
taken away later. Where the ledger is kept, the run's own name comes back when all else is gone.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from importer.files import sync_folder, write_whole
from importer.reports import Summary
from importer.run_folder import LEDGER, RunFolder, is_run_id, made_at

PURGED = "purged"
"""What a run's state is called of which only the consents are left."""
_GOING = ".purged-"
_SUMMARY = "summary.json"
_CHANGES = ("finished", "started", "checked", "created")
_RENAMED_WHILE_HELD = os.name == "posix"  # elsewhere a folder with an open file keeps its name
# What is left of a summary holds no person's name, and no words that could quote a cell.
_BLANKED: Mapping[str, Any] = {
    "operator": "", "note": "", "message": "", "warnings": [], "sentences": {}, "files": [],
    "url": "",
}  # fmt: skip


def remaining_summary(folder: RunFolder) -> Summary | None:
    """Read what is left of the summary of a purged run; None: nothing that can be read."""
    try:
        content = orjson.loads((folder.path / _SUMMARY).read_bytes())
        return Summary(**content, folder=str(folder.path))
    except (OSError, ValueError, TypeError):
        return None


def last_change(folder: RunFolder, run: str) -> datetime:
    """Tell when the state of a purged run last changed; of an unreadable one, when it was made."""
    summary = remaining_summary(folder)
    told = [getattr(summary, name) for name in _CHANGES] if summary is not None else []
    return max(_moments(told), default=made_at(run))


def _moments(told: Iterable[str]) -> Iterator[datetime]:
    """Read the moments that a summary tells; what somebody spoilt is none."""
    for text in told:
        with contextlib.suppress(ValueError):
            moment = datetime.fromisoformat(text)
            yield moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def going_folders(runs: Path) -> Iterator[tuple[str, RunFolder]]:
    """Give the ids of runs that a purge began to take away, and where they are."""
    for path in sorted(runs.glob(f"{_GOING}*")):
        run = path.name.removeprefix(_GOING)
        if is_run_id(run) and path.is_dir() and not path.is_symlink():
            yield run, RunFolder(path)


def hide(folder: RunFolder, is_as_it_was: Callable[[], bool]) -> RunFolder | None:
    """Take a run its name, while no other process holds it; None: it is not as it was any more.

    Raises:
        LockedError: another process holds it.
        OSError: it cannot be renamed.
    """
    hidden = folder.path.with_name(f"{_GOING}{folder.id}")
    if folder.purged:
        folder.path.rename(hidden)
    else:
        with folder.locked():
            if not is_as_it_was():
                return None
            if _RENAMED_WHILE_HELD:
                folder.path.rename(hidden)
        if not _RENAMED_WHILE_HELD:  # pragma: no cover - Windows
            folder.path.rename(hidden)
    sync_folder(hidden.parent)
    return RunFolder(hidden)


def take_away(hidden: RunFolder, run: str, *, keep_ledger: bool) -> None:
    """Delete a folder that was hidden; its ledger and the numbers of its summary may be kept.

    May be done again after a crash. Raises OSError for what cannot be deleted.
    """
    path = hidden.path
    if not keep_ledger:
        _delete(path)
    else:
        _blank_summary(path / _SUMMARY)
        for entry in sorted(path.iterdir()):
            if entry.name not in {LEDGER, _SUMMARY}:
                _delete(entry)
        sync_folder(path)
        path.rename(path.with_name(run))
    sync_folder(path.parent)


def has_ledger(folder: RunFolder) -> bool:
    """Tell whether a run has a ledger of consents."""
    place = folder.ledger
    return place.is_file() and not place.is_symlink()


def _delete(path: Path) -> None:
    """Delete a file or a folder; a link itself, and never what it leads to."""
    while path.is_dir() and not path.is_symlink():
        with contextlib.suppress(FileNotFoundError):  # another purge took a part of it
            shutil.rmtree(path)
    path.unlink(missing_ok=True)


def _blank_summary(path: Path) -> None:
    try:
        content = orjson.loads(path.read_bytes())
    except (OSError, ValueError):
        content = None
    if not isinstance(content, dict) or path.is_symlink():
        _delete(path)
        return
    known = {name: value for name, value in content.items() if name in Summary.model_fields}
    write_whole(path, orjson.dumps({**known, **_BLANKED}, option=orjson.OPT_INDENT_2) + b"\n")
