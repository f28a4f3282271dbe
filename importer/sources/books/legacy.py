"""Workbooks of Excel's binary forms: what calamine tells of them, and what it does not."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from typing import IO

from importer.errors import UnusableInputError
from importer.language import mark, number, tr
from importer.sources.books import trial
from importer.sources.books.archive import Archive
from importer.sources.books.binary_sheet import read_binary_facts, sheet_parts
from importer.sources.books.book import Sheet
from importer.sources.books.facts import FactsNotes
from importer.sources.books.in_memory import (
    CELLS_IN_MEMORY,
    CalamineSheet,
    find_sheet,
    note_merged,
    note_rounded,
    open_calamine,
    sheet_names,
)
from importer.sources.books.refusals import damaged, protected, too_large
from importer.sources.content import Content

_UNKNOWN_OF_XLS = (
    mark("hidden rows"), mark("formulas"), mark("error cells"), mark("number formats"),
)  # fmt: skip
_UNKNOWN_OF_XLSB = (mark("hidden rows"), mark("merged cells"), mark("number formats"))
_READ_AT_ONCE = ("xl/sharedStrings.bin", "xl/styles.bin")
_LARGEST = 512 << 20
_TRIAL_SECONDS = 120
# By its file, since the package need not be installed. Without -P, its folder would be searched
# for the modules that it imports.
_TRIAL = [sys.executable, "-P", trial.__file__]
_NOT_RUN = (1, 2)


class BinaryBook:
    """A workbook whose cells calamine reads. ``parts``: of its sheets, by name, if it has parts."""

    def __init__(
        self, content: Content, form: str, archive: Archive | None, parts: dict[str, str]
    ) -> None:
        self._shown_as = content.shown_as
        self._archive = archive
        self._parts = parts
        self._book = open_calamine(content)
        self._sheets: dict[str, Sheet] = {}
        self.format = form
        self.names = sheet_names(self._book, content.shown_as)
        self.title = ""

    def sheet(self, name: str) -> Sheet:
        """Open a sheet; raises ``UnusableInputError`` when it is damaged or cannot be held."""
        if name not in self._sheets:
            self._sheets[name] = self._open(name)
        return self._sheets[name]

    def _open(self, name: str) -> Sheet:
        notes = FactsNotes()
        if self._archive is not None:
            if name not in self._parts:
                raise damaged(self._shown_as)
            notes = read_binary_facts(self._archive, self._parts[name])
            if notes.cells is not None and notes.cells.size > CELLS_IN_MEMORY:
                told = tr(
                    'has a sheet "{sheet}" of {cells} cells',
                    sheet=name,
                    cells=number(notes.cells.size),
                )
                raise too_large(self._shown_as, told)
        sheet = find_sheet(self._book, name, self._shown_as)
        note_merged(notes, sheet, self._shown_as)
        note_rounded(notes, sheet, self._shown_as)
        unknown = _UNKNOWN_OF_XLS if self._archive is None else _UNKNOWN_OF_XLSB
        return CalamineSheet(sheet, notes, self._shown_as, unknown)


def open_xls(content: Content) -> BinaryBook:
    """Open an .xls workbook.

    Raises ``UnusableInputError`` when it is damaged, protected or too large, or cannot be tried.
    """
    if content.size > _LARGEST:
        told = tr("has {size} MiB", size=number(content.size >> 20))
        raise too_large(content.shown_as, told)
    _try(content)
    return BinaryBook(content, "xls", None, {})


def open_xlsb(content: Content) -> BinaryBook:
    """Open an .xlsb workbook; raises ``UnusableInputError`` when it is damaged or too large."""
    archive = Archive(content)
    for part in _READ_AT_ONCE:
        if part in archive:
            for _ in archive.pieces(part):
                pass  # so that its size is known to be as said
    return BinaryBook(content, "xlsb", archive, sheet_parts(archive))


def _try(content: Content) -> None:
    """Let a process of its own read a workbook first, for it may not survive that."""
    shown_as = content.shown_as
    with content.open() as stream, tempfile.TemporaryFile() as copy:
        if _is_file(stream):
            code = _exit_code(stream, shown_as)
        else:  # unpacked, which no other process can be given
            shutil.copyfileobj(stream, copy)
            copy.seek(0)
            code = _exit_code(copy, shown_as)
    if code == trial.READ:
        return
    if code == trial.ASKS_FOR_PASSWORD:
        raise protected(shown_as)
    if code in _NOT_RUN:
        raise _not_tried(shown_as, tr("Python could not run it"))
    raise damaged(shown_as)


def _is_file(stream: IO[bytes]) -> bool:
    try:
        return stream.fileno() >= 0
    except OSError:
        return False


def _exit_code(workbook: IO[bytes], shown_as: str) -> int:
    try:
        return subprocess.run(  # noqa: S603 - our own program, and no argument from outside
            _TRIAL, stdin=workbook, capture_output=True, timeout=_TRIAL_SECONDS, check=False
        ).returncode
    except subprocess.TimeoutExpired as error:
        raise UnusableInputError(
            tr(
                "{file} was not read after {seconds} seconds: open it in a spreadsheet program and "
                "save it as .xlsx.",
                file=shown_as,
                seconds=_TRIAL_SECONDS,
            )
        ) from error
    except OSError as error:
        raise _not_tried(shown_as, error.strerror or str(error)) from error


def _not_tried(shown_as: str, why: str) -> UnusableInputError:
    return UnusableInputError(
        tr(
            "{file} cannot be read, for an .xls workbook is tried in a process of its own, and "
            "that did not start: {reason}. Save it as .xlsx in a spreadsheet program.",
            file=shown_as,
            reason=why,
        )
    )
