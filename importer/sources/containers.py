"""Packed files and archives become what they hold, in bounded room."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from importer.documents import joined
from importer.errors import UnusableInputError
from importer.file_names import is_spreadsheet
from importer.language import number, tr, trn
from importer.sources.content import Content, Unpacked
from importer.sources.finding import PassedOver, printable, why_temporary
from importer.sources.signatures import (
    READ_METHODS,
    WORKBOOKS,
    Form,
    begins_as_workbook,
    is_of_the_machine,
    look_at,
    open_zip,
)

MOST_BYTES = 4 << 30
MOST_MEMBERS = 1_000
FREE_BYTES = 64 << 20
MOST_RATIO = 250  # real tables shrink to a tenth, or a fortieth at best
_STEP = 256 << 10
_LZMA_MEMORY = 128 << 20  # the strongest common setting needs half of it
_ENCRYPTED = 1
_TOLD = 5  # of the files that are no spreadsheets
_ENDINGS = {Form.GZIP: ".gz", Form.BZIP2: ".bz2", Form.XZ: ".xz"}


@dataclass(frozen=True, slots=True)
class Contents:
    """What is to be read of a file: itself, or what it holds; and what of that is not read."""

    contents: tuple[Content, ...]
    passed_over: tuple[PassedOver, ...] = ()


def contents_of(content: Content) -> Contents:
    """Unpack a packed file or an archive; give any other file itself.

    A file packed by gzip, bzip2 or xz holds one; a zip archive those members that are
    spreadsheets, by name. Packed members are unpacked too; archives within archives are not.

    Raises ``OSError`` when the file cannot be opened, ``UnusableInputError`` when what it holds
    cannot be had: damaged, protected, no spreadsheet, too large, or no room to unpack it.
    """
    form = look_at(content).form
    if form in _ENDINGS:
        unpacking = _Unpacking(content)
        return Contents((unpacking.one(content, form),))
    if form is Form.ZIP:
        with open_zip(content) as archive:
            return _Unpacking(content).members(archive)
    return Contents((content,))


class _Unpacking:
    """One file's unpacking: how much came out of it is known at every moment."""

    def __init__(self, container: Content) -> None:
        self._container = container
        self._store = Unpacked()
        self._size = 0

    def one(self, content: Content, form: Form) -> Content:
        """Unpack a content that is packed by itself."""
        name = content.name
        if name.lower().endswith(_ENDINGS[form]):
            name = name[: -len(_ENDINGS[form])]
        with _translated(content.shown_as), content.open() as stream:
            # Where the packed bytes are themselves unpacked, the ratio is that of the outer file.
            whole = self._container.size
            packed = stream.tell if content is self._container else lambda: whole
            pieces = self._bounded(_pieces(stream, form), packed)
            inner = self._store.add(pieces, name=name, shown_as=content.shown_as)
        if look_at(inner).form in {*_ENDINGS, Form.ZIP}:
            raise UnusableInputError(
                tr(
                    "{file} holds an archive, which is packed once more: unpack it first.",
                    file=content.shown_as,
                )
            )
        return inner

    def members(self, archive: zipfile.ZipFile) -> Contents:
        """Unpack those members of an archive that are spreadsheets."""
        members = [_Member(self._container.shown_as, i) for i in archive.infolist()]
        members = sorted((m for m in members if not m.info.is_dir()), key=lambda m: m.shown_as)
        self._refuse_many(members)
        passed_over: list[PassedOver] = []
        contents: list[Content] = []
        chosen = []
        for member in members:
            if (reason := member.why_not()) is not None:
                passed_over.append(PassedOver(Path(member.shown_as), reason))
            elif member.named or _begins_as_workbook(archive, member.info):
                chosen.append(member)
            else:
                passed_over.append(PassedOver(Path(member.shown_as), tr("no spreadsheet")))
        self._refuse_beforehand([m for m in chosen if m.named])
        for member in chosen:
            content = self._member(archive, member)
            if content is None:
                passed_over.append(PassedOver(Path(member.shown_as), tr("no spreadsheet")))
            else:
                contents.append(content)
        if not contents:
            raise self._no_spreadsheet(passed_over)
        return Contents(tuple(contents), tuple(passed_over))

    def _member(self, archive: zipfile.ZipFile, member: _Member) -> Content | None:
        """Unpack a member; None if it turns out to be no spreadsheet, and is not named as one."""
        whole = self._container.size
        with archive.open(member.info) as stream:
            pieces = self._bounded(iter(lambda: stream.read(_STEP), b""), lambda: whole)
            content = self._store.add(pieces, name=member.name, shown_as=member.shown_as)
        try:
            form = look_at(content).form
        except UnusableInputError:  # told when it is opened, with all others that are damaged
            return content if member.named else None
        if not member.named:
            return content if form in {*WORKBOOKS, Form.PROTECTED} else None
        if form is Form.ZIP:
            raise UnusableInputError(
                tr(
                    "{file} is an archive within an archive: unpack {archive} first.",
                    file=member.shown_as,
                    archive=self._container.shown_as,
                )
            )
        return self.one(content, form) if form in _ENDINGS else content

    def _bounded(self, pieces: Iterator[bytes], packed: Callable[[], int]) -> Iterator[bytes]:
        """Pass pieces on as long as their sum is believable; ``packed``: the bytes they took."""
        for piece in pieces:
            self._size += len(piece)
            self._refuse_large(self._size, packed())
            yield piece

    def _refuse_large(self, size: int, packed: int) -> None:
        if size > MOST_BYTES:
            raise UnusableInputError(
                tr(
                    "{file} holds more than {most} GiB: unpack it and cut what it holds into "
                    "smaller files.",
                    file=self._container.shown_as,
                    most=MOST_BYTES >> 30,
                )
            )
        if size > FREE_BYTES and size > packed * MOST_RATIO:
            raise UnusableInputError(
                tr(
                    "{file} holds more than {times} times its own size, as no real table does: if "
                    "you trust it, unpack it yourself.",
                    file=self._container.shown_as,
                    times=MOST_RATIO,
                )
            )

    def _refuse_many(self, members: Sequence[_Member]) -> None:
        shown_as = self._container.shown_as
        if len(members) > MOST_MEMBERS:
            raise UnusableInputError(
                tr(
                    "{file} holds {files} files, more than {most}: unpack it and name its "
                    "spreadsheets.",
                    file=shown_as,
                    files=number(len(members)),
                    most=number(MOST_MEMBERS),
                )
            )
        for name, count in Counter(m.shown_as for m in members).items():
            if count > 1:
                raise UnusableInputError(
                    tr(
                        "{file} holds {files} files with the name {name}: unpack it and name the "
                        "one you mean.",
                        file=shown_as,
                        files=count,
                        name=name,
                    )
                )

    def _refuse_beforehand(self, members: Sequence[_Member]) -> None:
        """Refuse what the archive's own directory says cannot be unpacked."""
        shown_as = self._container.shown_as
        if any(m.info.flag_bits & _ENCRYPTED for m in members):
            raise UnusableInputError(
                tr(
                    "{file} is protected by a password: unpack it and name its spreadsheets.",
                    file=shown_as,
                )
            )
        for member in members:
            if member.info.compress_type not in READ_METHODS:
                raise UnusableInputError(
                    tr(
                        "{file} is packed in a way that is not read here: unpack {archive} first.",
                        file=member.shown_as,
                        archive=shown_as,
                    )
                )
        self._refuse_large(sum(m.info.file_size for m in members), self._container.size)

    def _no_spreadsheet(self, passed_over: Sequence[PassedOver]) -> UnusableInputError:
        shown_as = self._container.shown_as
        if not passed_over:
            return UnusableInputError(tr("{file} is an empty zip archive.", file=shown_as))
        told, more = passed_over[:_TOLD], len(passed_over) - _TOLD
        listed = joined(tr("{file} ({reason})", file=p.path.name, reason=p.reason) for p in told)
        if more > 0:
            listed = trn("{names} and {count} more", "{names} and {count} more", more, names=listed)
        return UnusableInputError(
            tr(
                "{file} holds no spreadsheet (.csv, .xlsx, ...), only {files}.",
                file=shown_as,
                files=listed,
            )
        )


class _Member:
    """A member of a zip archive. Its name is shown, and is never a path on disk."""

    def __init__(self, container: str, info: zipfile.ZipInfo) -> None:
        self.info = info
        self._path = PurePosixPath(info.filename.replace("\\", "/"))
        self.name = self._path.name
        self.shown_as = f"{container}/{printable(str(self._path).lstrip('/'))}"
        self.named = is_spreadsheet(self.name)

    def why_not(self) -> str | None:
        """Say why nobody means this member; None if somebody may."""
        if "__MACOSX" in self._path.parts:
            return tr("what macOS adds to archives")
        if self.name.lower() in {"thumbs.db", "desktop.ini"}:
            return tr("what Windows adds to folders")
        return why_temporary(self.name)


def _begins_as_workbook(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    if info.flag_bits & _ENCRYPTED or info.compress_type not in READ_METHODS:
        return False
    with archive.open(info) as stream:
        return begins_as_workbook(stream.read(8))


def _pieces(stream: BinaryIO, form: Form) -> Iterator[bytes]:
    if form is Form.XZ:
        yield from _pieces_of_xz(stream)
        return
    with gzip.open(stream) if form is Form.GZIP else bz2.open(stream) as unpacked:
        while piece := unpacked.read(_STEP):
            yield piece


def _pieces_of_xz(stream: BinaryIO) -> Iterator[bytes]:
    """Unpack as lzma.open does, which cannot bound the memory."""
    packed = stream.read(_STEP)
    while packed:
        decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_LZMA_MEMORY)
        while not decompressor.eof:
            if not packed and decompressor.needs_input:
                packed = stream.read(_STEP)
                if not packed:
                    raise EOFError
            yield decompressor.decompress(packed, _STEP)
            packed = b""
        packed = (decompressor.unused_data or stream.read(_STEP)).lstrip(b"\0")


@contextmanager
def _translated(shown_as: str) -> Iterator[None]:
    """Turn what is raised over packed bytes into one sentence."""
    try:
        yield
    except UnusableInputError:
        raise
    except EOFError as error:
        raise UnusableInputError(
            tr(
                "{file} is cut off: it ends before what is packed in it does. Get it again.",
                file=shown_as,
            )
        ) from error
    except Exception as error:  # the libraries raise errors of several families
        if is_of_the_machine(error):
            raise
        raise UnusableInputError(
            tr(
                "{file} is damaged: what is packed in it cannot be unpacked. Get it again.",
                file=shown_as,
            )
        ) from error
