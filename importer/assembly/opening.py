"""Mappings are found and laid on opened files: by name, or the only one that fits."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from importer import targets
from importer.assembly.named_files import NamedFile, unpacked
from importer.documents import near
from importer.errors import Mistake, UnusableInputError
from importer.files import sha256_of
from importer.mapping import BoundMapping, Mapping, bind, read_mapping
from importer.reports.steps import argument
from importer.run_folder import (
    RunFolder,
)
from importer.sources import Source

MAPPINGS = Path("mappings")


def grammars() -> dict[str, Callable[[str], Any]]:
    """Give every target's reading of field codes."""
    return {name: targets.grammar(name).fact for name in targets.names()}


def find_mapping(name: str) -> tuple[Path, Mapping]:
    """Read a mapping by its path, or by its name in ``mappings/``.

    Raises:
        UnusableInputError: there is none, or it is wrong.
    """
    path = Path(name)
    if path.suffix.lower() not in {".yaml", ".yml"} and not path.is_file():
        path = MAPPINGS / f"{name}.yaml"
        if not path.is_file():
            known = sorted(p.stem for p in MAPPINGS.glob("*.yaml"))
            hint = near(name, known) or (f" There are: {', '.join(known)}." if known else "")
            raise UnusableInputError(f'there is no mapping "{name}" ({path}).{hint}')
    return path, read_mapping(path, grammars())


@dataclass(frozen=True, slots=True)
class Opened:
    """Files that were opened with a mapping that fits every one of their tables."""

    mapping_file: Path
    mapping: Mapping
    sources: tuple[Source, ...]
    bound: tuple[BoundMapping, ...]
    paths: tuple[Path, ...]  # what was read, in order
    shown: tuple[str, ...]  # what the operator called it
    passed_over: tuple[str, ...] = ()


def open_all(
    found: Sequence[tuple[Path, str]],
    mapping: str | None,
    *,
    sheet: str | None,
    run_date: date,
    passed_over: Sequence[str] = (),
    command: str = "check",
) -> Opened:
    """Open files and lay a mapping on each of their tables.

    ``found``: (path, as shown). ``mapping``: left out, the only one of ``mappings/`` that fits.
    ``command``: the one that the operator is told to use instead.

    Raises:
        UnusableInputError: a file cannot be read, or the mapping does not fit one of its tables.
    """
    chosen = None if mapping is None else (mapping, *find_mapping(mapping))
    files = [unpacked(path, shown) for path, shown in found]
    try:
        if chosen is not None:
            opened = _open_with(*chosen[1:], files, sheet=sheet, run_date=run_date)
        else:
            opened = _open_with_only_fitting(files, sheet=sheet, run_date=run_date)
    except UnusableInputError as error:
        if len(found) == 1:
            raise
        apart = _apart(files, chosen, sheet=sheet, run_date=run_date)
        if not apart:
            raise
        commands = [
            f"\n  importer {command} {' '.join(map(argument, files))} -m {argument(name)}"
            for name, files in apart.items()
        ]
        raise UnusableInputError(
            *error.mistakes,
            f"nothing was sent: a run has one mapping and reads every file. "
            f"What can go is:{''.join(commands)}",
        ) from None
    inside = (told for file in files for told in file.passed_over)
    return replace(opened, passed_over=(*passed_over, *inside))


def _apart(
    files: Sequence[NamedFile],
    chosen: tuple[str, Path, Mapping] | None,
    *,
    sheet: str | None,
    run_date: date,
) -> dict[str, list[str]]:
    """Sort files that cannot go in one run by the mapping that fits each; without the others."""
    apart: dict[str, list[str]] = {}
    for one in files:
        candidates = [chosen] if chosen is not None else []
        fitting = _fitting([one], candidates, sheet=sheet, run_date=run_date)
        fitting = fitting or _fitting([one], _shelf(), sheet=sheet, run_date=run_date)
        if len(fitting) == 1:
            apart.setdefault(next(iter(fitting)), []).append(one.shown)
    return apart


def _shelf() -> list[tuple[str, Path, Mapping]]:
    """Read the mappings of ``mappings/`` that can be read."""
    shelf = []
    for path in sorted(MAPPINGS.glob("*.yaml")):
        with contextlib.suppress(UnusableInputError):
            shelf.append((path.stem, path, read_mapping(path, grammars())))
    return shelf


def _fitting(
    files: Sequence[NamedFile],
    candidates: Sequence[tuple[str, Path, Mapping]],
    *,
    sheet: str | None,
    run_date: date,
) -> dict[str, Opened]:
    fitting = {}
    for name, path, read in candidates:
        with contextlib.suppress(UnusableInputError):
            fitting[name] = _open_with(path, read, files, sheet=sheet, run_date=run_date)
    return fitting


def _open_with_only_fitting(
    files: Sequence[NamedFile], *, sheet: str | None, run_date: date
) -> Opened:
    fitting: list[Opened] = []
    reasons: list[str] = []
    for path in sorted(MAPPINGS.glob("*.yaml")):
        try:
            read = read_mapping(path, grammars())
            fitting.append(_open_with(path, read, files, sheet=sheet, run_date=run_date))
        except UnusableInputError as error:
            first = error.mistakes[0]
            more = f" (and {len(error.mistakes) - 1} more)" if len(error.mistakes) > 1 else ""
            reasons.append(f"{path.stem}: {first}{more}")
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = ", ".join(opened.mapping_file.stem for opened in fitting)
        raise UnusableInputError(f"several mappings fit: {names}. Choose one with -m NAME.")
    if not reasons:
        raise UnusableInputError(
            f"there is no mapping in {MAPPINGS}/: name one with -m PATH, or write one"
        )
    listed = "\n  ".join(reasons)
    raise UnusableInputError(
        f"no mapping of {MAPPINGS}/ fits; name one with -m NAME. Why each does not:\n  {listed}"
    )


def _open_with(
    path: Path,
    mapping: Mapping,
    files: Sequence[NamedFile],
    *,
    sheet: str | None,
    run_date: date,
) -> Opened:
    options = replace(mapping.source, sheet=sheet) if sheet is not None else mapping.source
    sources: list[Source] = []
    bound: list[BoundMapping] = []
    mistakes: list[Mistake] = []
    for file in files:
        try:
            opened = file.tables(options)
        except UnusableInputError as error:
            mistakes.extend(error.mistakes)
            continue
        for source in opened:
            try:
                bound.append(bind(mapping, source.description, run_date=run_date))
                sources.append(source)
            except UnusableInputError as error:
                mistakes.extend(error.mistakes)
    if mistakes:
        raise UnusableInputError(*mistakes)
    return Opened(
        path,
        mapping,
        tuple(sources),
        tuple(bound),
        tuple(file.path for file in files),
        tuple(file.shown for file in files),
    )


def mapping_of(folder: RunFolder) -> Mapping:
    """Read a run's own copy of its mapping.

    Raises:
        UnusableInputError: somebody changed it since the run was made.
    """
    if sha256_of(folder.mapping) != folder.settings.mapping_sha256:
        raise UnusableInputError(
            f"{folder.mapping} is not what the run {folder.id} was checked with: start a new run"
        )
    return read_mapping(folder.mapping, grammars())
