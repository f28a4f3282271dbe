"""Files that wait at a place, and what every place can do with them."""

from __future__ import annotations

import sys
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from importer.errors import UnusableInputError
from importer.language import tr

PART = ".fetching.part"
"""A file on its way into a folder; whatever has this name is worth nothing."""
MARKER_MAY_BE_OLDER = 2.0
"""So many seconds, for file systems that keep times by two seconds (FAT)."""
_MOST_BYTES = 200  # of a name; file systems take 255, and something may be put before or after
_WINDOWS = sys.platform == "win32"
_NOT_ON_WINDOWS = frozenset('<>:"|?*')
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))}
)


class UnreachableError(UnusableInputError):
    """A place does not answer, or is not there: nothing was taken, the next start looks again."""


class ChangedError(UnusableInputError):
    """A file is not any more what was looked at: it is where it was, for the next start."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that waits at a place.

    ``place``: where, printable, without secrets, unique for the file. ``name``: its own, fit to be
    a file's name on this machine. ``size`` in bytes, -1: not known. ``modified`` in seconds since
    1970, or another number that changes with the file. ``marker``: the name of the file that says
    it is complete. ``source``: the place's own way to it. ``dated``: whether ``modified`` tells
    one version of the file from the next.
    """

    place: str
    name: str
    size: int
    modified: float
    marker: str = ""
    source: str = field(default="", repr=False)
    dated: bool = True


def changed(waiting: Waiting) -> ChangedError:
    """Say that a file is not any more what was looked at."""
    return ChangedError(
        tr(
            "{file} changed while it was taken: the next start looks at it again",
            file=waiting.place,
        )
    )


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at a place found. ``passed_over``: files that nobody means, with the reason."""

    waiting: tuple[Waiting, ...] = ()
    passed_over: tuple[str, ...] = ()


class Place(Protocol):
    """Where files of a job wait."""

    @property
    def leaves(self) -> bool:
        """Tell whether files stay here after they were fetched, so that they are found again."""
        ...

    def look(self) -> Looked:
        """Tell what waits here, by name. Raises UnreachableError when that cannot be told."""
        ...

    def fetch(self, waiting: Waiting, into: Path) -> None:
        """Bring a file to ``into / waiting.name``, whole and synced, or raise; ``into`` is made.

        Raises:
            ChangedError: it is not any more what was looked at.
            UnusableInputError: it cannot be had. Like a changed one it is still where it was.
        """
        ...

    def lent(self, waiting: Waiting, into: Path) -> Path:
        """Give a file to read, and leave it where it is; a remote one is copied to ``into``.

        Raises what ``fetch`` raises.
        """
        ...

    def let_go(self, waiting: Waiting, now: datetime) -> None:
        """Do with a file that was fetched what the job has for it there.

        Raises UnreachableError; then it is still where it was.
        """
        ...


# --- names ------------------------------------------------------------------------------------


def shown(name: str) -> str:
    """Give a name as one printable line; two that differ stay different."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in name
    )


def safe_name(name: str) -> str:
    """Give a name that a file of this machine can have, in whatever folder, and nowhere else."""
    fit = "".join("_" if _unfit(character) else character for character in name)
    if _WINDOWS:
        fit = fit.rstrip(". ")
        if fit.split(".", 1)[0].strip().lower() in _DEVICES:
            fit = f"_{fit}"
    if fit in {"", ".", ".."}:
        fit = f"_{fit}"
    return shortened(fit)


def shortened(name: str) -> str:
    """Cut a name that is too long for a file system; its ending stays."""
    if len(name.encode()) <= _MOST_BYTES:
        return name
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending) > 10:
        stem, dot, ending = name, "", ""
    room = _MOST_BYTES - len(f"{dot}{ending}".encode())
    return stem.encode()[:room].decode(errors="ignore") + dot + ending


def _unfit(character: str) -> bool:
    if character in "/\\" or (_WINDOWS and character in _NOT_ON_WINDOWS):
        return True
    category = unicodedata.category(character)  # NUL, line breaks, bytes that are no text
    return category[0] == "C" or category in {"Zl", "Zp"}


def left_alone(name: str, reason: str) -> str:
    """Say that a file is not taken, and why."""
    return tr("{file} is left where it is: {reason}", file=shown(name), reason=reason)


def why_unmarked(modified: float, marker: str, marked: float | None) -> str:
    """Say why a file's marker does not make it ready; empty when it does.

    ``marked``: the marker's own time; None: there is none. One that is older than the file was
    left by an earlier file of that name, and this one may still be being written.
    """
    if marked is None:
        return tr("its marker {marker} has not come", marker=shown(marker))
    if marked + MARKER_MAY_BE_OLDER < modified:
        return tr("its marker {marker} is older than the file itself", marker=shown(marker))
    return ""
