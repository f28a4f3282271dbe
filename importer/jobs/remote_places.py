"""Where files of a job wait on other machines, and how they are fetched from there."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from importer.errors import UnusableInputError
from importer.file_names import is_pattern, is_spreadsheet
from importer.files import PRIVATE_FILE, make_private_folders, sync_file, sync_folder
from importer.jobs import web
from importer.jobs.addresses import Url, reason_of
from importer.jobs.reaching import way_to
from importer.jobs.waiting import (
    PART,
    ChangedError,
    Looked,
    UnreachableError,
    Waiting,
    changed,
    left_alone,
    safe_name,
    shortened,
    why_unmarked,
)
from importer.language import tr
from importer.sources.finding import why_temporary

if TYPE_CHECKING:
    from importer.job_settings import JobSection

_ABSENT = frozenset({404, 410})  # statuses of the web
_TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified", "created")


class RemotePlace:
    """A folder, a pattern or a file on another machine, fetched over a connection of its own.

    Files stay there, or are renamed into ``archive/YYYY/MM`` beside them. Folders below are not
    searched, links in a folder are left alone.
    """

    def __init__(self, written: str, job: JobSection) -> None:
        self._url = Url(written, job.access.port)
        self._job = job
        self._open = way_to(self._url, job)

    @property
    def leaves(self) -> bool:
        return self._url.is_web or self._job.after_fetch == "leave"

    def look(self) -> Looked:
        with self._connected(self._url.shown) as files:
            return self._of_web(files) if self._url.is_web else self._of_folder(files)

    def fetch(self, waiting: Waiting, into: Path) -> None:
        part = into / PART
        try:
            make_private_folders(into)
            try:
                self._download(waiting, part)
                sync_file(part)
                part.rename(into / waiting.name)
                sync_folder(into)
            finally:
                part.unlink(missing_ok=True)
        except OSError as error:
            raise UnusableInputError(
                tr(
                    "{file} cannot be kept in {folder}: {reason}",
                    file=waiting.place,
                    folder=into,
                    reason=error.strerror or type(error).__name__,
                )
            ) from error

    def _download(self, waiting: Waiting, part: Path) -> None:
        """Copy a file as it was looked at: before and after, it is that one."""
        part.touch(PRIVATE_FILE)
        with self._connected(waiting.place) as files:
            self._refuse_changed(files, waiting)
            files.get_file(waiting.source, str(part))
            if waiting.size not in {-1, part.stat().st_size}:
                raise changed(waiting)
            self._refuse_changed(files, waiting)

    def lent(self, waiting: Waiting, into: Path) -> Path:
        self.fetch(waiting, into)
        return into / waiting.name

    def let_go(self, waiting: Waiting, now: datetime) -> None:
        if self.leaves:
            return
        folder, name = posixpath.split(waiting.source)
        archive = posixpath.join(folder, f"archive/{now:%Y}/{now:%m}")
        with self._connected(waiting.place) as files:
            try:
                self._refuse_changed(files, waiting)
            except (ChangedError, FileNotFoundError):  # another has come, or somebody took it
                return
            files.makedirs(archive, exist_ok=True)
            for one in (name, waiting.marker):
                source = posixpath.join(folder, one)
                target = posixpath.join(archive, shortened(f"{now:%Y%m%dT%H%M%SZ}-{one}"))
                if one and files.exists(source) and not files.exists(target):
                    files.mv(source, target)

    # --- looking ------------------------------------------------------------------------------

    def _of_web(self, files: Any) -> Looked:
        """Look at one address: the web has no folders."""
        answer = files.info(self._url.address)
        version = web.version_of(answer)
        size = answer.get("size")
        name = unquote(posixpath.basename(self._url.path)) or self._url.host
        marker = self._job.done_marker
        if marker:
            reason = self._why_unmarked_on_web(files, answer, name + marker)
            if reason:
                return Looked((), (left_alone(self._url.shown, reason),))
        return Looked(
            (
                Waiting(
                    self._url.unique,
                    safe_name(name),
                    -1 if size is None else size,
                    version or 0.0,
                    name + marker if marker else "",
                    self._url.address,
                    version is not None,
                ),
            )
        )

    def _why_unmarked_on_web(self, files: Any, answer: dict[str, Any], marker: str) -> str:
        try:
            mark = files.info(self._url.with_ending(self._job.done_marker))
        except FileNotFoundError as error:
            if getattr(error.__cause__, "status", 404) not in _ABSENT:
                raise
            return why_unmarked(0.0, marker, None)
        both = "Last-Modified" in answer and "Last-Modified" in mark
        times = [web.version_of(told) or 0.0 for told in (answer, mark)] if both else [0.0, 0.0]
        return why_unmarked(times[0], marker, times[1])

    def _of_folder(self, files: Any) -> Looked:
        path = self._url.path if self._url.is_sftp else files._strip_protocol(self._url.address)
        folder, name = posixpath.split(path)
        if is_pattern(name):
            return self._listed(files, folder, name)
        try:
            info = files.info(path or ".")
        except FileNotFoundError:
            if not is_spreadsheet(name):
                raise
            files.info(folder or ".")  # a folder that is gone is no file that is to come
            return Looked()
        if info["type"] == "directory":
            return self._listed(files, path, "")
        marker = self._job.done_marker
        marked = None
        if marker:
            with suppress(FileNotFoundError):
                marked = files.info(path + marker)
        return self._told([self._seen(folder, name, info, marked, "*")])

    def _listed(self, files: Any, folder: str, pattern: str) -> Looked:
        entries = {posixpath.basename(e["name"]): e for e in files.ls(folder or ".", detail=True)}
        return self._told(
            [
                self._seen(folder, name, entry, entries.get(name + self._job.done_marker), pattern)
                for name, entry in sorted(entries.items())
                if not pattern or fnmatch.fnmatchcase(name, pattern)
            ]
        )

    def _told(self, seen: list[Waiting | str]) -> Looked:
        return Looked(
            tuple(one for one in seen if isinstance(one, Waiting)),
            tuple(one for one in seen if one and not isinstance(one, Waiting)),
        )

    def _seen(
        self,
        folder: str,
        name: str,
        entry: dict[str, Any],
        marked: dict[str, Any] | None,
        pattern: str,
    ) -> Waiting | str:
        """Give a file that waits, or a sentence why not; empty: nobody would think it does."""
        marker = self._job.done_marker
        if entry["type"] == "directory" or not name or name.startswith("."):
            return ""
        if marker and name.endswith(marker):
            return ""
        reason = why_temporary(name) or ""
        version = _version(entry)
        if entry["type"] != "file":
            reason = tr("it is a link: put the file itself there")
        elif not reason and not pattern and not is_spreadsheet(name):
            reason = tr("no spreadsheet")
        elif not reason and marker:
            told = None if marked is None else _version(marked) or 0.0
            reason = why_unmarked(version or 0.0, name + marker, told)
        place = self._url.beside(name, of_folder=not pattern)
        if reason:
            return left_alone(place, reason)
        size = entry.get("size")
        return Waiting(
            place,
            safe_name(name),
            -1 if size is None else size,
            version or 0.0,
            name + marker if marker else "",
            posixpath.join(folder, name),
            version is not None,
        )

    # --- reaching it --------------------------------------------------------------------------

    def _refuse_changed(self, files: Any, waiting: Waiting) -> None:
        """Compare with what was looked at; an answer of the web is one version in itself."""
        if self._url.is_web:
            return
        info = files.info(waiting.source)
        size = info.get("size")
        if (-1 if size is None else size, _version(info) or 0.0) != (
            waiting.size,
            waiting.modified,
        ):
            raise changed(waiting)

    @contextmanager
    def _connected(self, place: str) -> Iterator[Any]:
        """Give the files there; whatever goes wrong becomes a sentence without secrets."""
        try:
            with self._open() as files:
                yield files
        except UnusableInputError:
            raise
        except Exception as error:  # noqa: BLE001 - each kind of place has errors of its own
            raise UnreachableError(
                tr("{place} cannot be fetched from: {reason}", place=place, reason=reason_of(error))
            ) from None


def _version(info: dict[str, Any]) -> float | None:
    """Give a number that changes with a file; None: nothing tells."""
    for name in _TIMES:
        told = info.get(name)
        if isinstance(told, datetime):
            return told.timestamp()
        if isinstance(told, int | float):
            return float(told)
        if isinstance(told, str):
            with suppress(ValueError):
                return datetime.fromisoformat(told).timestamp()
    return web.version_of({"ETag": info.get("ETag") or info.get("etag") or info.get("md5Hash")})
