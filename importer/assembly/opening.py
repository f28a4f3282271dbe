"""Mappings are found and laid on opened files: by name, or the only one that fits."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from importer import targets
from importer.assembly.fixed_values import refuse_impossible_values
from importer.assembly.named_files import NamedFile, unpacked
from importer.assembly.suppressing import lists_of, read_lists
from importer.checking import Suppression
from importer.documents import joined, near
from importer.errors import Mistake, UnusableInputError
from importer.files import sha256_of
from importer.language import tr, trn
from importer.mapping import (
    BoundMapping,
    Drift,
    DriftedError,
    Grammar,
    Mapping,
    bind,
    merged,
    read_mapping,
)
from importer.reports.words.commands import argument
from importer.run_folder import ListFacts, RunFolder
from importer.sources import Source

MAPPINGS = Path("mappings")


def grammars() -> dict[str, Grammar]:
    """Give every target's reading of field codes."""
    return {name: targets.grammar(name) for name in targets.names()}


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
            hint = near(name, known)
            if known and not hint:
                hint = tr(" There are: {known}.", known=", ".join(known))
            raise UnusableInputError(
                tr('there is no mapping "{name}" ({file}).{hint}', name=name, file=path, hint=hint)
            )
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
    suppression: Suppression | None = None
    lists: tuple[ListFacts, ...] = ()  # what the suppression was read from


def open_all(
    found: Sequence[tuple[Path, str]],
    mapping: str | None,
    *,
    sheet: str | None,
    run_date: date,
    passed_over: Sequence[str] = (),
    command: str = "check",
    lists: Sequence[tuple[Path, str]] | None = None,
) -> Opened:
    """Open files and lay a mapping on each of their tables.

    ``found``: (path, as shown). ``mapping``: left out, the only one of ``mappings/`` that fits.
    ``command``: the one that the operator is told to use instead. ``lists``: the mapping's
    suppression lists, as (path, as shown); left out, told from the mapping's folder.

    Raises:
        UnusableInputError: a file or a suppression list cannot be read, or the mapping does not fit
            one of the tables.
    """
    chosen = None if mapping is None else (mapping, *find_mapping(mapping))
    if chosen is not None:
        refuse_impossible_values(chosen[2], run_date=run_date)
    if chosen is not None and lists is None:
        lists = lists_of(*chosen[1:])
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
            tr(
                "nothing was sent: a run has one mapping and reads every file. What can go "
                "is:{commands}",
                commands="".join(commands),
            ),
        ) from None
    inside = (told for file in files for told in file.passed_over)
    return _with_lists(replace(opened, passed_over=(*passed_over, *inside)), lists)


def _with_lists(opened: Opened, lists: Sequence[tuple[Path, str]] | None) -> Opened:
    """Read the suppression lists; what is to be warned of them is said with the first table."""
    if lists is None:
        lists = lists_of(opened.mapping_file, opened.mapping)
    found = read_lists(opened.mapping, lists)
    first, *others = opened.bound
    first = replace(first, warnings=(*first.warnings, *found.warnings))
    return replace(opened, bound=(first, *others), suppression=found.suppression, lists=found.facts)


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
    misfits: list[_Misfit] = []
    for path in sorted(MAPPINGS.glob("*.yaml")):
        try:
            read = read_mapping(path, grammars())
            fitting.append(_open_with(path, read, files, sheet=sheet, run_date=run_date))
        except UnusableInputError as error:
            misfits.append(_Misfit(path, error))
    if len(fitting) == 1:
        refuse_impossible_values(fitting[0].mapping, run_date=run_date)
        return fitting[0]
    if fitting:
        names = ", ".join(opened.mapping_file.stem for opened in fitting)
        raise UnusableInputError(
            tr("several mappings fit: {names}. Choose one with -m NAME.", names=names)
        )
    if not misfits:
        raise UnusableInputError(
            tr(
                "there is no mapping in {folder}/: name one with -m PATH, or write one",
                folder=MAPPINGS,
            )
        )
    misfits.sort(key=lambda misfit: misfit.far_off)
    listed = joined([misfit.reason for misfit in misfits], "\n  ")
    raise UnusableInputError(
        tr(
            "no mapping of {folder}/ fits; name one with -m NAME. Why each does not, the nearest "
            "first:\n  {reasons}",
            folder=MAPPINGS,
            reasons=listed,
        )
    )


@dataclass(frozen=True, slots=True)
class _Misfit:
    """A mapping that does not fit, and why."""

    path: Path
    error: UnusableInputError

    @property
    def _drift(self) -> Drift | None:
        return merged(self.error.drifts) if isinstance(self.error, DriftedError) else None

    @property
    def far_off(self) -> tuple[bool, int, str]:
        """How much is between it and the file, to sort by."""
        drift = self._drift
        return drift is None, drift.lacking + len(drift.new) if drift else 0, self.path.stem

    @property
    def reason(self) -> str:
        drift, mistakes = self._drift, self.error.mistakes
        if drift is not None and drift.shortly:
            return tr("{mapping}: {reason}", mapping=self.path.stem, reason=drift.shortly)
        if len(mistakes) == 1:
            return tr("{mapping}: {reason}", mapping=self.path.stem, reason=str(mistakes[0]))
        return trn(
            "{mapping}: {reason} (and {count} more)",
            "{mapping}: {reason} (and {count} more)",
            len(mistakes) - 1,
            mapping=self.path.stem,
            reason=str(mistakes[0]),
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
    drifts: list[Drift] = []
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
            except DriftedError as error:
                mistakes.extend(error.mistakes)
                drifts.extend(error.drifts)
    if mistakes:
        raise DriftedError(*mistakes, drifts=drifts)
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
            tr(
                "{file} is not what the run {run} was checked with: start a new run",
                file=folder.mapping,
                run=folder.id,
            )
        )
    return read_mapping(folder.mapping, grammars())
