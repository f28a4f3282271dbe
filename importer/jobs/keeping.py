"""Where a job keeps its files: processing/, archive/YYYY/MM/ and failed/, a folder for each."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Container, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from importer.durations import duration_of
from importer.errors import Mistake, UnusableInputError
from importer.files import make_private_folders, sync_folder
from importer.jobs.waiting import PART
from importer.language import tr
from importer.written_places import OWN_FOLDERS, folder_of, is_remote

if TYPE_CHECKING:
    import random

    from importer.job_settings import JobSection, RetentionSection
    from importer.state import PickUp

_PROCESSING, _ARCHIVE, _FAILED = OWN_FOLDERS
_STAMP = "%Y%m%dT%H%M%SZ"
_ID = re.compile(r"([0-9]{8}T[0-9]{6}Z)-[0-9a-z]{4,8}")
_YEAR, _MONTH = re.compile(r"[0-9]{4}"), re.compile(r"[0-9]{2}")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def make_pick_up_id(now: datetime, chance: random.Random) -> str:
    """Make a name for a file that is taken: by time to less than a millisecond, then by chance."""
    moment = now.astimezone(UTC)
    high, low = divmod(moment.microsecond * 36**2 // 1_000_000, 36)
    tail = "".join(chance.choices(_DIGITS, k=4))
    return f"{moment.strftime(_STAMP)}-{_DIGITS[high]}{_DIGITS[low]}{tail}"


@dataclass(frozen=True, slots=True)
class Keeping:
    """The folders of a job's files below ``root``; each file has one of its own, by its id."""

    root: Path

    @classmethod
    def of(cls, job: JobSection, *, base: Path = Path()) -> Keeping:
        """Give those of a job: in ``keep_in``, or beside its first files of this machine.

        Raises UnusableInputError when there is no such place.
        """
        if not job.keep_in:
            local = [written for written in job.places if not is_remote(written)]
            if not local:
                raise UnusableInputError(
                    tr("`keep_in` must say where the files that are fetched are kept")
                )
            return cls(folder_of(local[0], base))
        root = base / job.keep_in
        if not root.parent.is_dir():
            raise UnusableInputError(
                tr(
                    "{folder} of `keep_in` is not there: make the folder, or mount the drive that "
                    "it is on",
                    folder=root.parent,
                )
            )
        return cls(root)

    def folder(self, pick_up_id: str) -> Path:
        """Tell where a file is while it is imported; the folder may not be there yet."""
        return self.root / _PROCESSING / pick_up_id

    def file(self, pick_up: PickUp) -> Path:
        """Tell where a file itself is while it is imported."""
        return self.folder(pick_up.id) / pick_up.name

    def clear(self, pick_up_id: str) -> None:
        """Take away what is left of a file that was not taken; nothing that may be worth a thing.

        What must not be deleted stays, and ``left_over`` tells of it.
        """
        folder = self.folder(pick_up_id)
        with suppress(OSError):
            (folder / PART).unlink(missing_ok=True)
            folder.rmdir()

    def file_away(self, pick_up: PickUp, moment: datetime, *, failed: bool) -> Path:
        """Move a file's folder to where it stays, and tell where the file is then.

        ``moment``: when it ended; it must be the same each time, as this may be done again.

        Raises UnusableInputError when it cannot be moved; nothing is replaced.
        """
        source, target = self.folder(pick_up.id), self._stays(pick_up, moment, failed=failed)
        try:
            if source.is_dir():
                make_private_folders(target.parent)
                if target.exists():
                    source.rmdir()  # only one that is empty goes: the files are there already
                else:
                    source.rename(target)
                sync_folder(target.parent)
                sync_folder(source.parent)
        except OSError as error:
            raise UnusableInputError(
                tr(
                    "{folder} cannot be moved to {target}: {reason}. Let the account that runs the "
                    "job do that, and let no other program have a file of it open",
                    folder=source,
                    target=target,
                    reason=error.strerror or type(error).__name__,
                )
            ) from error
        return target / pick_up.name

    def left_over(self, known: Container[str]) -> tuple[str, ...]:
        """Tell what lies in processing/ that no pick-up is known of; it is never deleted."""
        try:
            entries = sorted((self.root / _PROCESSING).iterdir())
        except OSError:
            return ()
        return tuple(str(entry) for entry in entries if entry.name not in known)

    def retire(self, retention: RetentionSection, now: datetime) -> tuple[str, ...]:
        """Delete what was kept as long as it should be, and tell what that was.

        Only folders that are named by an id go, by the moment in it, never through a link.

        Raises UnusableInputError, after all others were deleted, with those that cannot be.
        """
        kept = ((_ARCHIVE, retention.archive), (_FAILED, retention.failed))
        gone, mistakes = [], list[Mistake | str]()
        for name, longest in kept:
            if longest is None:
                continue
            oldest = now - duration_of(longest)
            for folder in self._kept(self.root / name, in_months=name == _ARCHIVE):
                moment = _moment_of(folder.name)
                if moment is None or moment >= oldest:
                    continue
                try:
                    shutil.rmtree(folder)
                except OSError as error:
                    mistakes.append(
                        tr(
                            "{folder} cannot be deleted: {reason}",
                            folder=folder,
                            reason=error.strerror or type(error).__name__,
                        )
                    )
                else:
                    gone.append(str(folder))
                    self._tidy(folder.parent)
        if mistakes:
            raise UnusableInputError(*mistakes)
        return tuple(gone)

    def _stays(self, pick_up: PickUp, moment: datetime, *, failed: bool) -> Path:
        if failed:
            return self.root / _FAILED / pick_up.id
        when = moment.astimezone(UTC)
        return self.root / _ARCHIVE / f"{when:%Y}" / f"{when:%m}" / pick_up.id

    def _kept(self, folder: Path, *, in_months: bool) -> list[Path]:
        """Give the folders of single files, found through real folders only."""
        if not in_months:
            return [*_folders(folder, _ID)]
        return [
            one
            for year in _folders(folder, _YEAR)
            for month in _folders(year, _MONTH)
            for one in _folders(month, _ID)
        ]

    def _tidy(self, folder: Path) -> None:
        """Delete a month that is empty, and its year; the rest is synced."""
        while folder.parent != self.root:
            try:
                folder.rmdir()
            except OSError:
                break
            folder = folder.parent
        sync_folder(folder)


def _folders(above: Path, named: re.Pattern[str]) -> Iterator[Path]:
    """Give the real folders of a real folder that have such a name, in order."""
    if above.is_symlink() or not above.is_dir():
        return
    with os.scandir(above) as entries:
        names = [e.name for e in entries if e.is_dir(follow_symlinks=False)]
    yield from (above / name for name in sorted(names) if named.fullmatch(name))


def _moment_of(name: str) -> datetime | None:
    """Give the moment in an id; None: it is no id, though it looks like one."""
    try:
        return datetime.strptime(name.partition("-")[0], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
