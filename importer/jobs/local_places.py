"""Where files of a job wait on this machine, and how they are moved from there."""

from __future__ import annotations

import errno
import glob
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from importer.errors import UnusableInputError
from importer.file_names import is_pattern, is_spreadsheet
from importer.files import make_private_folders, sync_file, sync_folder
from importer.jobs.waiting import (
    PART,
    Looked,
    UnreachableError,
    Waiting,
    changed,
    left_alone,
    safe_name,
    shown,
    why_unmarked,
)
from importer.language import tr
from importer.sources.finding import why_temporary
from importer.written_places import OWN_FOLDERS, folder_of

if TYPE_CHECKING:
    from importer.job_settings import JobSection

_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class LocalPlace:
    """A folder, a pattern or a path of this machine; from there files are moved.

    Folders below are not searched. Links are left alone: to move one would not take the file that
    it leads to, which another may change at any time.
    """

    leaves = False

    def __init__(self, written: str, job: JobSection, base: Path) -> None:
        self._written, self._base = written, base
        self._path = base / written
        self._folder = folder_of(written, base)
        self._done_marker = job.done_marker

    def look(self) -> Looked:
        waiting, passed_over = [], []
        try:
            for path in sorted(self._candidates(), key=lambda path: (path.name, str(path))):
                found = self._seen(path)
                if isinstance(found, Waiting):
                    waiting.append(found)
                elif found:
                    passed_over.append(left_alone(str(path), found))
        except OSError as error:
            raise UnreachableError(
                tr(
                    "{place} cannot be read: {reason}. Let the account that runs the job read it, "
                    "or mount the drive that it is on",
                    place=shown(self._written),
                    reason=_reason(error),
                )
            ) from error
        return Looked(tuple(waiting), tuple(passed_over))

    def fetch(self, waiting: Waiting, into: Path) -> None:
        source, target = Path(waiting.source), into / waiting.name
        with _taking(waiting):
            self._refuse_changed(source, waiting)
            make_private_folders(into)
            _move(source, target, waiting)
            sync_folder(into)
            sync_folder(source.parent)
        if waiting.marker:
            # One that stays behind is older than the next file of that name: it marks none.
            with suppress(OSError):
                marker = source.with_name(waiting.marker)
                shutil.move(marker, into / safe_name(waiting.marker))

    def lent(self, waiting: Waiting, into: Path) -> Path:  # noqa: ARG002 - it is at hand
        source = Path(waiting.source)
        with _taking(waiting):
            self._refuse_changed(source, waiting)
        return source

    def let_go(self, waiting: Waiting, now: datetime) -> None:
        """Do nothing: it was moved."""

    def _candidates(self) -> Iterator[Path]:
        """Give what may be meant. Raises OSError when the folder cannot be listed."""
        if self._path.is_dir():
            yield from self._path.iterdir()
            return
        try:
            self._path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            pass
        else:
            yield self._path
            return
        pattern = is_pattern(self._written)
        if not self._folder.is_dir() or not (pattern or is_spreadsheet(self._path.name)):
            raise _gone(self._written)
        if pattern:
            with os.scandir(self._folder):  # glob would be silent about one that may not be read
                pass
            for match in glob.glob(  # noqa: PTH207
                self._written, root_dir=self._base, include_hidden=True
            ):
                path = self._base / match
                if not set(path.relative_to(self._folder).parts[:-1]) & {*OWN_FOLDERS}:
                    yield path

    def _seen(self, path: Path) -> Waiting | str:
        """Give a file that waits, or why it does not; empty: nobody would think it does."""
        try:
            facts = path.lstat()
        except FileNotFoundError:  # it went while the folder was listed
            return ""
        name, marker = path.name, self._done_marker
        of_folder = path.parent == self._path
        if stat.S_ISDIR(facts.st_mode) or name.startswith("."):
            return ""
        if marker and name.endswith(marker):
            return ""
        if stat.S_ISLNK(facts.st_mode):
            return tr("it is a link: put the file itself there")
        if not stat.S_ISREG(facts.st_mode):
            return tr("it is no file")
        reason = why_temporary(name)
        if reason is None and of_folder and not is_spreadsheet(name):
            reason = tr("no spreadsheet")
        if reason is None and marker:
            reason = why_unmarked(facts.st_mtime, name + marker, _time_of(path, marker))
        if reason:
            return reason
        size, modified = _facts(facts)
        source = path.parent.resolve() / name
        return Waiting(
            shown(str(path)),
            safe_name(name),
            size,
            modified,
            name + marker if marker else "",
            str(source),
        )

    def _refuse_changed(self, source: Path, waiting: Waiting) -> None:
        """Open it as it will be read later: what cannot be read then is not moved now."""
        try:
            descriptor = os.open(source, _READ | getattr(os, "O_BINARY", 0))
        except FileNotFoundError:
            raise changed(waiting) from None
        try:
            if _facts(os.fstat(descriptor)) != (waiting.size, waiting.modified):
                raise changed(waiting)
            if os.name == "posix":  # elsewhere only what is open for writing can be synced
                os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _gone(written: str) -> UnreachableError:
    return UnreachableError(
        tr(
            "{place} is not there: make the folder, or mount the drive that it is on. A file that "
            "comes later and has no ending such as .csv is written with a * at its end",
            place=shown(written),
        )
    )


def _facts(facts: os.stat_result) -> tuple[int, float]:
    return facts.st_size, facts.st_mtime


def _time_of(path: Path, marker: str) -> float | None:
    try:
        facts = path.with_name(path.name + marker).lstat()
    except FileNotFoundError:
        return None
    return facts.st_mtime if stat.S_ISREG(facts.st_mode) else None


def _move(source: Path, target: Path, waiting: Waiting) -> None:
    """Move a file; between file systems it is copied and synced before it goes."""
    seen = waiting.size, waiting.modified
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        if not _copied_over(source, target, seen):
            raise changed(waiting) from None
        return
    if _facts(target.lstat()) != seen:
        _put_back(target, source)
        raise changed(waiting)


def _copied_over(source: Path, target: Path, seen: tuple[int, float]) -> bool:
    """Copy a file and delete it where it was; False: it changed meanwhile, and is still there."""
    part = target.with_name(PART)
    try:
        shutil.copyfile(source, part, follow_symlinks=False)
        sync_file(part)
        if _facts(source.lstat()) != seen or part.lstat().st_size != seen[0]:
            return False
        part.rename(target)
        sync_folder(target.parent)
    finally:
        part.unlink(missing_ok=True)
    try:
        source.unlink()
    except OSError:
        target.unlink()
        raise
    return True


def _put_back(target: Path, source: Path) -> None:
    """Give a file back to its place, unless another has come there; then it stays and is told."""
    with suppress(OSError):
        os.link(target, source)  # it never replaces one, as renaming would
        target.unlink()


@contextmanager
def _taking(waiting: Waiting) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnusableInputError(
            tr(
                "{file} cannot be taken: {reason}. Let the account that runs the job read it and "
                "move it, and let no other program have it open",
                file=waiting.place,
                reason=_reason(error),
            )
        ) from error


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
