"""``check`` and ``run``: a new run from files."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from importer import assembly
from importer.assembly import Means, NewRun, Opened
from importer.errors import UnusableInputError
from importer.language import LANGUAGES, choose, speaking, tr
from importer.model import Connection, PlannedField
from importer.reports import (
    Summary,
)
from importer.run_folder import RunFolder
from importer.runs.course import (
    Ask,
    check_files,
    compare_with_account,
    finish,
    go_on,
    held,
    state_after_check,
)
from importer.runs.looking import RUNS
from importer.settings import Settings
from importer.sources import STANDARD_INPUT
from importer.thresholds import threshold

_THRESHOLDS = ("max_invalid", "max_rejected", "max_yes", "max_no")


def check(
    *files: str | Path,
    mapping: str | None = None,
    connection: str | None = None,
    offline: bool = False,
    language: str | None = None,
    runs_dir: str | Path = RUNS,
    means: Means | None = None,
    **options: Any,
) -> Summary:
    """Read, map, check and plan; write a run folder; send nothing.

    ``files``: paths, folders, globs, or ``-`` for standard input. ``mapping``: a name in
    ``mappings/`` or a path; None: the one that fits. With ``connection`` the account's fields are
    compared too, unless ``offline``. ``language``: ``en`` or ``fr``, of the run's sentences and
    pages; None: as IMPORTER_LANGUAGE, ``importer.yaml`` or the system's locale has it.

    ``options``: ``sheet`` (a name, a number from 1, or ``all``), ``first`` (how many good rows are
    sent), ``strict``, ``only_changes`` (what is as it was last sent is left out), ``max_invalid``
    and ``max_rejected`` (a number of rows, or a share such as
    ``"5%"``), ``max_yes`` and ``max_no`` (the same of contacts, for each consent), ``note``, and
    ``verify`` (how many contacts are read back after sending). Of a job's runs ``job``, ``pick_up``
    and ``guards``: what refuses files that are not as the last ones.
    """
    means = means or assembly.means()
    settings = assembly.settings_here(means)
    with speaking(_language(language, settings)):
        order, opened, provisional = _prepare(
            "check", files, mapping, connection, Path(runs_dir), options, settings, means
        )
        if connection is not None and order.connection is not None and not offline:
            try:
                compare_with_account(order.connection, opened.mapping, means)
            except BaseException:
                _discard(provisional)
                raise
        folder = assembly.make_run(Path(runs_dir), opened, order, means, provisional=provisional)
    with held(folder, means) as journal:
        check_files(folder, journal, _settled(folder, opened), means)
        return finish(folder, journal, means, state_after_check(folder, journal))


def run(
    *files: str | Path,
    mapping: str | None = None,
    connection: str | None = None,
    yes: bool = False,
    ask: Ask | None = None,
    language: str | None = None,
    runs_dir: str | Path = RUNS,
    means: Means | None = None,
    **options: Any,
) -> Summary:
    """Check, then send what is good.

    ``yes`` consents to sending, but not to what the mapping leaves open: with hidden rows or
    consents computed by formulas it sends nothing. Without it ``ask`` is given the plan's summary
    and decides; with neither, the run stays checked and UnusableInputError is raised.
    ``connection``: left out, the mapping's, the default one, or the only one. ``language`` and
    ``options``: as in ``check``.
    """
    means = means or assembly.means()
    settings = assembly.settings_here(means)
    with speaking(_language(language, settings)):
        order, opened, provisional = _prepare(
            "run", files, mapping, connection, Path(runs_dir), options, settings, means, needed=True
        )
        order = replace(order, consented=yes)
        folder = assembly.make_run(Path(runs_dir), opened, order, means, provisional=provisional)
    with held(folder, means) as journal:
        check_files(folder, journal, _settled(folder, opened), means)
        return go_on(folder, journal, means, yes=yes, ask=ask)


def _language(wanted: str | None, settings: Settings) -> str:
    """Choose a new run's language, which is its own from then on."""
    if wanted is None:
        return choose(settings.language)
    if wanted not in LANGUAGES:
        raise UnusableInputError(
            tr('the language "{language}" is not known: it can be en or fr', language=wanted)
        )
    return wanted


def _prepare(
    command: str,
    files: Sequence[str | Path],
    mapping: str | None,
    connection: str | None,
    runs: Path,
    options: dict[str, Any],
    settings: Settings,
    means: Means,
    *,
    needed: bool = False,
) -> tuple[NewRun, Opened, RunFolder | None]:
    """Open everything a new run needs; nothing is left behind when something stands in the way."""
    for name in (*_THRESHOLDS, "sheet"):
        if options.get(name) is not None:
            options[name] = str(options[name])  # from Python they may be numbers
    for name in _THRESHOLDS:
        if options.get(name) is not None:
            threshold(options[name], 1)
    found, passed_over = assembly.files_of([str(file) for file in files])
    provisional = None
    if any(path == STANDARD_INPUT for path, _ in found):
        provisional = RunFolder.prepare(runs, f"input-{secrets.token_hex(4)}")
        assembly.spool(means.standard_input(), provisional.spooled_input)
        found = [
            (provisional.spooled_input, shown) if path == STANDARD_INPUT else (path, shown)
            for path, shown in found
        ]
    try:
        today = means.clock.now().astimezone().date()
        opened = assembly.open_all(
            found,
            mapping,
            sheet=options.get("sheet"),
            run_date=today,
            passed_over=passed_over,
            command=command,
        )
        chosen = assembly.choose_connection(means, opened.mapping, connection, needed=needed)
        _refuse_changes_of_nothing(chosen, only_changes=options.get("only_changes", False))
        if chosen is not None:
            _built(chosen, opened)
            if needed:
                assembly.credentials_of(chosen)  # better missed now than after a long check
        order = NewRun(command, chosen, settings, **options)
    except BaseException:
        _discard(provisional)
        raise
    return order, opened, provisional


def _refuse_changes_of_nothing(connection: Connection | None, *, only_changes: bool) -> None:
    if only_changes and connection is None:
        raise UnusableInputError(
            tr(
                "--only-changes compares with what an account was sent before, and no connection "
                "is chosen: name one with -c NAME"
            )
        )


def _built(connection: Connection, opened: Opened) -> None:
    """Let the target refuse what the connection does not allow, before anything is made."""
    fields = tuple(PlannedField(r.field, r.type, r.role) for r in opened.bound[0].rules)
    assembly.target_of(connection, opened.mapping, fields)


def _discard(provisional: RunFolder | None) -> None:
    if provisional is not None:
        provisional.discard()


def _settled(folder: RunFolder, opened: Opened) -> Opened:
    """Open spooled input where it lies now that the folder has its name."""
    if any(facts.spooled for facts in folder.settings.files):
        return assembly.reopen(folder)
    return opened
