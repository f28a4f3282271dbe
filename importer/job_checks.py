"""What does not go together in the ``jobs`` of ``importer.yaml``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Any

from importer.documents import Document, as_text, near
from importer.errors import Mistake
from importer.file_names import is_pattern
from importer.language import tr
from importer.written_places import (
    OWN_FOLDERS,
    check_folder,
    check_place,
    folder_of,
    is_remote,
    is_web,
)

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,39}")


@dataclass(frozen=True)
class _WrittenJob:
    """A job as far as it is written rightly. ``places``: those of its files that are right."""

    name: str
    members: dict[str, Any]
    places: tuple[str, ...]
    base: Path

    @cached_property
    def local(self) -> tuple[str, ...]:
        return tuple(place for place in self.places if not is_remote(place))

    def text(self, member: str, of: dict[str, Any] | None = None) -> str:
        """Give what a member says; empty where it says nothing, or is no text."""
        value = as_text((self.members if of is None else of).get(member))
        return value if isinstance(value, str) else ""

    def absolute(self, path: str) -> str:
        """Give a path as it is compared with another: whole, in the case of the system."""
        return os.path.normcase(os.path.abspath(self.base / path))  # noqa: PTH100 - links stay

    @cached_property
    def folders(self) -> tuple[tuple[str, ...], ...]:
        """The folders of its files on this machine, part by part."""
        return tuple(Path(_files_folder(self.absolute(place))).parts for place in self.local)

    @cached_property
    def keep_in(self) -> str:
        """Where its own folders lie; empty where that is not known."""
        written = _checked(check_folder, self.text("keep_in"))
        if not written and self.local:
            written = str(folder_of(self.local[0], self.base))
        return self.absolute(written) if written else ""


def job_mistakes(document: Document, connections: Sequence[str], base: Path) -> list[Mistake]:
    """Find what does not go together in ``jobs``, also beside members that are wrong themselves.

    ``connections``: the names that a job may use. ``base``: the folder that paths begin in.
    """
    jobs = document.content.get("jobs") if isinstance(document.content, dict) else None
    written = [
        _WrittenJob(name, members, tuple(_places(members.get("files"))), base)
        for name, members in (jobs.items() if isinstance(jobs, dict) else ())
        if isinstance(members, dict)
    ]
    found = [*_names(document, [*jobs] if isinstance(jobs, dict) else [])]
    for job in written:
        found += [*_connection(document, job, connections), *_remote(document, job)]
    for one, other in combinations(written, 2):
        found += _shared(document, one, other)
    for job in written:
        found += _mixed(document, job, written)
    return found


def _places(written: object) -> Iterator[str]:
    for one in written if isinstance(written, list) else [written]:
        text = as_text(one)
        if isinstance(text, str) and (place := _checked(check_place, text)):
            yield place


def _checked(check: Any, text: str) -> str:
    """Give what a check makes of a text; empty for one that is refused anyway."""
    try:
        checked: str = check(text)
    except ValueError:
        return ""
    return checked


# --- one job -------------------------------------------------------------------------------------


def _names(document: Document, names: Sequence[str]) -> Iterator[Mistake]:
    """Names of jobs name files and units, whatever the system."""
    seen: dict[str, str] = {}
    for name in names:
        if not _NAME.fullmatch(name):
            sentence = tr(
                'the job "{name}" needs another name: at most 40 letters without accents, digits, '
                "- and _, and no - at its beginning",
                name=name[:60],
            )
            yield document.mistake_of_name(sentence, "jobs", name)
        first = seen.setdefault(name.casefold(), name)
        if first != name:
            sentence = tr(
                'the job "{name}" differs from "{first}" only in capital letters, as no file '
                "may: give it another name",
                name=name,
                first=first,
            )
            yield document.mistake_of_name(sentence, "jobs", name)


def _connection(
    document: Document, job: _WrittenJob, connections: Sequence[str]
) -> Iterator[Mistake]:
    name = job.text("connection")
    if not name or name in connections:
        return
    sentence = tr(
        '"{name}" is no connection of this file (there are: {known}).{hint}',
        name=name,
        known=", ".join(connections),
        hint=near(name, connections),
    )
    yield document.mistake(_said(job, "connection", sentence), "jobs", job.name, "connection")


def _remote(document: Document, job: _WrittenJob) -> Iterator[Mistake]:
    """Find what remote places need, and what only they can have."""
    path = ("jobs", job.name)
    remote = [place for place in job.places if is_remote(place)]
    archived = job.text("after_fetch") == "archive"
    if remote and not job.text("keep_in"):
        sentence = tr("files are fetched from elsewhere: name in keep_in the folder to keep them")
        yield document.mistake(_said(job, "files", sentence), *path, "files")
    if job.places and not remote:
        needless = {"access": job.members.get("access"), "after_fetch": archived}
        for member in (member for member, given in needless.items() if given):
            sentence = tr(
                "this is for files elsewhere, and all of this job's are here: leave it out"
            )
            yield document.mistake_of_name(_said(job, member, sentence), *path, member)
    if archived and any(is_web(place) for place in remote):
        sentence = tr("a file of a web server cannot be moved there: write leave")
        yield document.mistake(_said(job, "after_fetch", sentence), *path, "after_fetch")


# --- two jobs ------------------------------------------------------------------------------------


def _shared(document: Document, one: _WrittenJob, other: _WrittenJob) -> Iterator[Mistake]:
    """Find what two jobs would take from each other, or write over each other."""
    if any(_same_files(one, a, other, b) for a in one.places for b in other.places):
        sentence = tr(
            'the job "{first}" takes the same files: give each job files of its own',
            first=one.name,
        )
        yield document.mistake(_said(other, "files", sentence), "jobs", other.name, "files")
    logs = [_log(one), _log(other)]
    if logs[0] and logs[0] == logs[1]:
        sentence = tr(
            'the job "{first}" writes the same file: give each job a log of its own',
            first=one.name,
        )
        yield document.mistake(_said(other, "log.to", sentence), "jobs", other.name, "log", "to")


def _same_files(one: _WrittenJob, a: str, other: _WrittenJob, b: str) -> bool:
    if is_remote(a) or is_remote(b):
        # What is left where it was may go to two accounts.
        moved = "archive" in {one.text("after_fetch"), other.text("after_fetch")}
        return a == b and moved
    first, second = one.absolute(a), other.absolute(b)
    folders = [_files_folder(first), _files_folder(second)]
    if first == second or folders[0] != folders[1]:
        return first == second
    if first == folders[0] or second == folders[1]:  # all of the folder's
        return True
    return fnmatchcase(first, second) or fnmatchcase(second, first)


def _log(job: _WrittenJob) -> str:
    section = job.members.get("log")
    place = job.text("to", section) if isinstance(section, dict) else ""
    return job.absolute(place) if place and place != "stderr" else ""


def _mixed(document: Document, taker: _WrittenJob, jobs: Sequence[_WrittenJob]) -> list[Mistake]:
    """Find files that are taken out of a folder where some job keeps what it took already."""
    for keeper in jobs:
        for own in OWN_FOLDERS if keeper.keep_in else ():
            kept = Path(keeper.keep_in, own).parts
            if any(_reaches(taken, kept) for taken in taker.folders):
                sentence = tr(
                    'in this folder the job "{keeper}" keeps what it took ({folder}): take files '
                    "from another, or give it another keep_in",
                    keeper=keeper.name,
                    folder=f"{own}/",
                )
                sentence = _said(taker, "files", sentence)
                return [document.mistake(sentence, "jobs", taker.name, "files")]
    return []


def _files_folder(path: str) -> str:
    """Give the folder whose files a path or a glob means; of a glob it may be one itself."""
    return str(Path(path).parent) if is_pattern(path) else str(folder_of(path))


def _reaches(taken: Sequence[str], kept: Sequence[str]) -> bool:
    """Tell whether a folder that files are taken from may be one of those below another.

    None lie in that one itself, so a glob that means it among others does no harm.
    """
    if len(taken) < len(kept) or not all(map(fnmatchcase, kept, taken)):
        return False
    return len(taken) > len(kept) or not is_pattern(taken[len(kept) - 1])


def _said(job: _WrittenJob, member: str, sentence: str) -> str:
    return tr("{place}: {sentence}", place=f"jobs.{job.name}.{member}", sentence=sentence)
