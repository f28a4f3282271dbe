"""A file becomes its tables, by what its bytes say it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Protocol

from importer.errors import Mistake, UnusableInputError
from importer.language import tr
from importer.model import Chunk
from importer.sources.containers import Contents, contents_of
from importer.sources.content import Content, FileContent
from importer.sources.signatures import Form, look_at
from importer.sources.text import open_text
from importer.tables import SourceOptions, TableDescription

# What holds text under the ending of .xls is read: old systems write tables so, and spreadsheet
# programs open them. Under the other endings it is a file that went wrong.
_NEVER_TEXT = frozenset({".xlsx", ".xlsm", ".xlsb", ".ods"})


class Source(Protocol):
    """One table: what was understood of it, and its rows in chunks."""

    @property
    def description(self) -> TableDescription: ...

    def chunks(self, rows: int = 50_000) -> Iterator[Chunk]:
        """Read the table from its start, in chunks of at most ``rows`` rows.

        Raises ``UnusableInputError`` at what cannot be read.
        """
        ...


def open_sources(
    path: Path, *, options: SourceOptions, shown_as: str | None = None
) -> tuple[Source, ...]:
    """Open a file's tables: one of a text file, the chosen sheets of a workbook; of an archive
    the tables of each of its spreadsheets, by name.

    ``shown_as``: the file's name in messages and reports, when it is not its path. What lies in
    an archive is shown as ``ARCHIVE/NAME``.

    Raises ``UnusableInputError`` when it cannot be read as a table.
    """
    return open_contents(unpack(path, shown_as=shown_as).contents, options)


def unpack(path: Path, *, shown_as: str | None = None) -> Contents:
    """Give what is to be read of a file, unpacked once for however many options it is opened with.

    Raises ``UnusableInputError`` when it cannot be opened or unpacked.
    """
    content = FileContent(path, shown_as)
    with _opening(content.shown_as):
        return contents_of(content)


def open_contents(contents: Sequence[Content], options: SourceOptions) -> tuple[Source, ...]:
    """Open the tables of what a file holds, in order.

    Raises ``UnusableInputError`` with the mistakes of all that cannot be read.
    """
    sources: list[Source] = []
    mistakes: list[Mistake] = []
    for content in contents:
        try:
            with _opening(content.shown_as):
                sources.extend(_open(content, options))
        except UnusableInputError as error:
            mistakes.extend(error.mistakes)
    if mistakes:
        raise UnusableInputError(*mistakes)
    return tuple(sources)


def _open(content: Content, options: SourceOptions) -> Sequence[Source]:
    look = look_at(content)
    match look.form:
        case Form.OPEN_XML | Form.OPEN_DOCUMENT | Form.XLSB | Form.XLS:
            from importer.sources.workbook import open_workbook  # heavy

            return open_workbook(content, options, look.form)
        case Form.TEXT:
            _refuse_text_named_workbook(content)
            return (open_text(content, options),)
        case Form.GZIP | Form.BZIP2 | Form.XZ | Form.ZIP:
            raise UnusableInputError(
                tr("{file} is packed: unpack it first.", file=content.shown_as)
            )
        case Form.PROTECTED | Form.OTHER:
            raise UnusableInputError(
                tr("{file} {sentence}.", file=content.shown_as, sentence=look.sentence)
            )


def _refuse_text_named_workbook(content: Content) -> None:
    ending = PurePath(content.name).suffix.lower()
    if ending in _NEVER_TEXT:
        raise UnusableInputError(
            tr(
                "{file} is text, whatever its name says: rename it to .csv, or save it as {ending} "
                "in a spreadsheet program.",
                file=content.shown_as,
                ending=ending,
            )
        )


@contextmanager
def _opening(shown_as: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnusableInputError(
            tr(
                "{file} cannot be opened: {reason}.",
                file=shown_as,
                reason=error.strerror or error,
            )
        ) from error
