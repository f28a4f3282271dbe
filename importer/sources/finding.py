"""Which files the operator means: paths, folders, globs, standard input."""

from __future__ import annotations

import difflib
import glob
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from importer.documents import joined
from importer.errors import Mistake, UnusableInputError
from importer.file_names import is_pattern, is_spreadsheet
from importer.language import tr

STANDARD_INPUT = Path("-")


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A file that was named, or lies in a named folder or archive, and is not read.

    ``path``: of what lies in an archive, that of the archive and the name in it.
    """

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class FoundFiles:
    """The files to read, in order, and those that are left out."""

    files: tuple[Path, ...]
    passed_over: tuple[PassedOver, ...] = ()


def find_files(arguments: Sequence[str]) -> FoundFiles:
    """Give the files that the arguments mean: as given, folders and globs by name.

    An argument is a path, a folder (not searched below), a glob or ``-``. Temporary files
    (``~$*``, dot-files, ``*.tmp``, ``*.part``) and a folder's other files are passed over.

    Raises ``UnusableInputError`` with every argument that leads to no file.
    """
    search = _Search()
    for argument in arguments:
        try:
            search.argument(argument)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            search.mistakes.append(
                tr('"{name}" cannot be opened: {reason}.', name=printable(argument), reason=reason)
            )
    return search.result()


class _Search:
    def __init__(self) -> None:
        self.files: dict[Path, Path] = {}
        self.passed_over: list[PassedOver] = []
        self.mistakes: list[Mistake | str] = []

    def argument(self, argument: str) -> None:
        path = Path(argument)
        if path == STANDARD_INPUT:
            self.files.setdefault(STANDARD_INPUT, STANDARD_INPUT)
        elif path.is_dir():
            self._folder(path)
        elif path.is_file():
            self._file(path)
        elif path.exists():
            self.mistakes.append(tr("{path} is neither a file nor a folder.", path=path))
        elif is_pattern(argument):
            self._glob(argument)
        else:
            self.mistakes.append(_missing(path))

    def result(self) -> FoundFiles:
        if self.mistakes:
            raise UnusableInputError(*self.mistakes)
        if not self.files:
            if not self.passed_over:
                raise UnusableInputError(
                    tr("No file was named: give a path, a folder, a glob or -.")
                )
            listed = joined(
                tr("{file} ({reason})", file=p.path, reason=p.reason) for p in self.passed_over
            )
            raise UnusableInputError(
                tr("No file is left to read. Passed over: {files}.", files=listed)
            )
        return FoundFiles(tuple(self.files.values()), tuple(self.passed_over))

    def _file(self, path: Path) -> None:
        reason = why_temporary(path.name)
        place = path.resolve()
        if reason is not None:
            self.passed_over.append(PassedOver(path, reason))
        elif place in self.files:
            self.passed_over.append(PassedOver(path, tr("named twice")))
        else:
            self.files[place] = path

    def _folder(self, folder: Path) -> None:
        spreadsheets = 0
        for path in sorted(folder.iterdir(), key=lambda p: p.name):
            if path.is_dir():
                self.passed_over.append(PassedOver(path, tr("a folder below is not searched")))
            elif why_temporary(path.name) is None and not is_spreadsheet(path.name):
                self.passed_over.append(PassedOver(path, tr("no spreadsheet")))
            else:
                spreadsheets += why_temporary(path.name) is None
                self._file(path)
        if not spreadsheets:
            self.mistakes.append(
                tr("The folder {folder} holds no spreadsheet (.csv, .xlsx, ...).", folder=folder)
            )

    def _glob(self, pattern: str) -> None:
        found = [Path(p) for p in glob.glob(pattern, include_hidden=True)]  # noqa: PTH207
        for path in sorted(found, key=lambda p: (p.name, str(p))):
            if path.is_dir():
                self.passed_over.append(PassedOver(path, tr("a folder below is not searched")))
            else:
                self._file(path)
        if not any(path.is_file() for path in found):
            self.mistakes.append(tr("No file matches {pattern}.", pattern=pattern))


def why_temporary(name: str) -> str | None:
    """Say by a file's name why nobody means it; None if somebody may."""
    if name.startswith("~$"):
        return tr("the lock of an open workbook")
    if name.startswith("."):
        return tr("a hidden file")
    if name.lower().endswith((".tmp", ".part")):
        return tr("a file that is still being written")
    return None


def _missing(path: Path) -> str:
    shown = printable(str(path))
    if not path.parent.is_dir():
        return tr(
            "{file} does not exist: there is no folder {folder}.", file=shown, folder=path.parent
        )
    names = {p.name.lower(): p.name for p in path.parent.iterdir() if not p.name.startswith(".")}
    near = difflib.get_close_matches(path.name.lower(), sorted(names), n=3, cutoff=0.6)
    if not near:
        return tr("{file} does not exist.", file=shown)
    return tr(
        "{file} does not exist. Did you mean {listed}?",
        file=shown,
        listed=joined((names[n] for n in near), tr(" or ")),
    )


def printable(text: str) -> str:
    """Give a name as a message can hold it, whatever characters are in it."""
    return "".join(c if c.isprintable() else "?" for c in text)[:200]
