"""Suppression lists are found and read: every address, and every SHA-256 of one, in some files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from importer.assembly.named_files import printable
from importer.blanks import trimmed
from importer.checking import Suppression
from importer.checking.suppression import address_hashes, addresses_in
from importer.errors import Mistake, UnusableInputError
from importer.files import sha256_of
from importer.issues import IssueCode
from importer.language import english, tr, trn
from importer.mapping import Mapping
from importer.model import Chunk
from importer.run_folder import ListFacts
from importer.sources import Source, open_sources
from importer.tables import FILE_END, NO_HEADER, Acceptance, Inclusion, SourceOptions

# Nothing of a list may be passed over.
_EVERYTHING = SourceOptions(
    sheet="all",
    header_row=NO_HEADER,
    last_row=FILE_END,
    ragged_rows=Acceptance.ACCEPT,
    hidden_rows=Inclusion.INCLUDE,
)
_PLAIN = r"^[A-Za-z0-9][A-Za-z0-9!#$%&+/?^_`{}~.-]*@(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+$"
_HASH = r"^[0-9A-Fa-f]{64}$"
_HASHES = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{64}(?![0-9A-Za-z])")


@dataclass(frozen=True, slots=True)
class ReadLists:
    """The suppression lists of a mapping, read. ``warnings``: sentences for the operator."""

    suppression: Suppression | None = None
    facts: tuple[ListFacts, ...] = ()
    warnings: tuple[str, ...] = ()


def lists_of(mapping_file: Path, mapping: Mapping) -> list[tuple[Path, str]]:
    """Give a mapping's suppression lists, as (path, as the mapping names it).

    Raises:
        UnusableInputError: there are lists that do not exist.
    """
    found = [(mapping_file.parent / named, named) for named in mapping.suppress]
    missing = [
        _mistake(
            mapping,
            at,
            tr(
                "the suppression list {file} is not there, or is no file ({place}): mend its "
                "place under `suppress`, which is told from the mapping's folder",
                file=named,
                place=printable(path),
            ),
        )
        for at, (path, named) in enumerate(found)
        if not _is_file(path)
    ]
    if missing:
        raise UnusableInputError(*missing)
    return found


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # such as a name that is too long
        return False


def read_lists(mapping: Mapping, lists: Sequence[tuple[Path, str]]) -> ReadLists:
    """Read suppression lists, in a few bytes an address.

    ``lists``: the mapping's, in its order, as (path, as the mapping names it).

    Raises:
        UnusableInputError: a list cannot be read, or there is no address in it.
    """
    if not lists:
        return ReadLists()
    hashes: list[NDArray[np.uint64]] = []
    facts: list[ListFacts] = []
    warnings: list[str] = []
    mistakes: list[Mistake] = []
    for at, (path, named) in enumerate(lists):
        try:
            found = _read(path, named)
        except UnusableInputError as error:
            mistakes.append(_mistake(mapping, at, _unreadable(error.mistakes[0], named)))
            continue
        hashes.append(found.hashes)
        warnings += found.warnings
        facts.append(found.facts)
    if mistakes:
        raise UnusableInputError(*mistakes)
    together = np.unique(np.concatenate(hashes))
    return ReadLists(
        Suppression(together, rows=mapping.suppress_rows), tuple(facts), tuple(warnings)
    )


def _unreadable(mistake: Mistake, named: str) -> str:
    """Say why a list cannot be read, in a sentence that begins with the list's name."""
    why = str(mistake)
    if english(why).startswith(f"{named} "):
        return tr("the suppression list {sentence}", sentence=why.rstrip("."))
    return tr(
        "the suppression list {file} cannot be read: {reason}", file=named, reason=why.rstrip(".")
    )


def _mistake(mapping: Mapping, at: int, sentence: str) -> Mistake:
    return mapping.document.mistake(sentence, "suppress", at)


@dataclass(frozen=True, slots=True)
class _List:
    hashes: NDArray[np.uint64]
    facts: ListFacts
    warnings: tuple[str, ...]


def _read(path: Path, named: str) -> _List:
    """Read one list.

    Raises:
        UnusableInputError: as a sentence that begins with the list's name.
    """
    try:
        sha256 = sha256_of(path)
    except OSError as error:
        reason = error.strerror or error
        raise UnusableInputError(
            tr("{file} cannot be opened: {reason}", file=named, reason=reason)
        ) from error
    found: list[NDArray[np.uint64]] = []
    others = 0
    warnings: list[str] = []
    for source in open_sources(path, options=_EVERYTHING, shown_as=named):
        cells = _Cells()
        found.extend(cells.add(chunk, named) for chunk in source.chunks())
        others += cells.others
        _refuse_unread(source, named)
    hashes = np.unique(np.concatenate([*found, np.zeros(0, np.uint64)]))
    if not len(hashes):
        raise UnusableInputError(
            tr(
                "{file} holds not one address and no SHA-256 of one (64 digits and letters a to "
                "f): see whether it is the right file",
                file=named,
            )
        )
    if others:
        told = trn(
            "{count} cell of {file} is neither an address nor a SHA-256.",
            "{count} cells of {file} are neither an address nor a SHA-256.",
            others,
            file=named,
        )
        warnings.append(told)
    facts = ListFacts(
        path=named, absolute=printable(path.resolve()), sha256=sha256, addresses=len(hashes)
    )
    return _List(hashes, facts, tuple(warnings))


def _refuse_unread(source: Source, named: str) -> None:
    """Refuse a workbook of which a sheet is passed over: nothing of a list may be.

    Raises:
        UnusableInputError: it has hidden sheets.
    """
    if any("not read" in english(warning) for warning in source.description.warnings):
        raise UnusableInputError(
            tr(
                "{file} has hidden sheets, which are not read: show them in a spreadsheet "
                "program, or take them out, and save it",
                file=named,
            )
        )


@dataclass(slots=True)
class _Cells:
    """The cells of one table as they pass; ``others`` counts those that are no address.

    The first row that is not blank may be a header.
    """

    others: int = 0
    begun: bool = False

    def add(self, chunk: Chunk, named: str) -> NDArray[np.uint64]:
        """Give the hashes of the addresses in a chunk.

        Raises:
            UnusableInputError: the file was cut off.
        """
        if any(one.code is IssueCode.FILE_CUT_OFF for one in chunk.findings):
            raise UnusableInputError(
                tr("{file} ends in the middle of a row: get the whole file", file=named)
            )
        found = np.zeros(len(chunk), dtype=bool)
        filled = np.zeros(len(chunk), dtype=bool)
        others = np.zeros(len(chunk), dtype=np.int64)
        hashes: list[NDArray[np.uint64]] = []
        for rows, texts in _columns(chunk):
            numbers, addressed = hashes_in(texts)
            hashes.append(numbers)
            found[rows[addressed]] = True
            filled[rows] = True
            others += np.bincount(rows[~addressed], minlength=len(chunk))
        for one in chunk.findings:
            if one.code is IssueCode.FORMULA_WITHOUT_VALUE:
                others += np.bincount(one.at, minlength=len(chunk))
        if not self.begun and filled.any():
            self.begun = True
            first = int(np.argmax(filled))
            others[first] *= found[first]  # a header alone is no cell of the list
        self.others += int(others.sum())
        return np.concatenate([*hashes, np.zeros(0, np.uint64)])


def _columns(chunk: Chunk) -> Iterator[tuple[NDArray[np.int64], Any]]:
    """Give the filled cells of each column, trimmed, and which rows they stand in."""
    for name in chunk.frame.columns:
        texts = trimmed(pa.array(chunk.frame[name].array))
        yield np.flatnonzero(pc.is_valid(texts).to_numpy(zero_copy_only=False)), texts.drop_null()
    beyond = [(at, cell) for at, cells in chunk.extra.items() for cell in cells if cell.strip()]
    if beyond:
        rows, cells = zip(*beyond, strict=True)
        yield np.array(rows, dtype=np.int64), pa.array(cells, pa.large_string())


def hashes_in(texts: Any) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Give the hashes of all addresses in some cells, and which cells have one.

    A cell can be an address, hold several among other words, or be an SHA-256 in hexadecimal.
    """
    plain = pc.match_substring_regex(texts, _PLAIN)
    hashed = pc.match_substring_regex(texts, _HASH)
    given = [int(text[:16], 16) for text in texts.filter(hashed).to_pylist()]
    found = [address_hashes(texts.filter(plain)), np.array(given, dtype=np.uint64)]
    addressed = pc.or_(plain, hashed).to_numpy(zero_copy_only=False).copy()
    addresses: list[str] = []
    digests: list[int] = []
    for at in np.flatnonzero(~addressed):
        cell = texts[int(at)].as_py()
        some, others = list(addresses_in(cell)), [int(h[:16], 16) for h in _HASHES.findall(cell)]
        addressed[at] = bool(some or others)
        addresses += some
        digests += others
    found.append(address_hashes(pa.array(addresses, pa.large_string())))
    found.append(np.array(digests, dtype=np.uint64))
    return np.concatenate(found), addressed
