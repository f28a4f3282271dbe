"""A new run gets its folder, and an interrupted check its files again."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from importer.assembly.connecting import connection_facts
from importer.assembly.means import Means
from importer.assembly.named_files import printable
from importer.assembly.opening import Opened, open_all
from importer.clock import iso
from importer.errors import UnusableInputError
from importer.files import sha256_of, write_whole
from importer.journal import Journal
from importer.language import spoken, tr
from importer.model import (
    Connection,
)
from importer.run_folder import (
    FileFacts,
    Guards,
    ListFacts,
    RunFolder,
    RunSettings,
    make_run_id,
)
from importer.settings import (
    Settings,
)
from importer.sources import STANDARD_INPUT
from importer.tables import writable
from importer.version import tool_version


@dataclass(frozen=True, slots=True)
class NewRun:
    """What a new run is told beside its files."""

    command: str
    connection: Connection | None
    settings: Settings
    sheet: str | None = None
    first: int | None = None
    strict: bool = False
    max_invalid: str | None = None
    max_rejected: str | None = None
    max_yes: str | None = None
    max_no: str | None = None
    only_changes: bool = False
    guards: Guards | None = None
    job: str = ""
    pick_up: str = ""
    verify: int | None = None
    note: str = ""
    consented: bool = False


def note_consent(journal: Journal, *, given: bool) -> None:
    """Note whether the operator wants a run sent: after a crash, resume need not ask again."""
    journal.set_fact("consent", "given" if given else "withdrawn")


def consented(journal: Journal) -> bool:
    """Tell whether the operator wants a run sent."""
    return journal.fact("consent") == "given"


def make_run(
    runs: Path, opened: Opened, order: NewRun, means: Means, *, provisional: RunFolder | None
) -> RunFolder:
    """Make the folder of a run: from then on it can be resumed.

    ``provisional``: the folder where standard input was spooled already.
    """
    now = means.clock.now()
    run_id = make_run_id(now, opened.mapping.name, means.chance)
    folder = provisional or RunFolder.prepare(runs, run_id)
    try:
        with Journal.create(folder.journal) as journal:
            note_consent(journal, given=order.consented)
        write_whole(folder.mapping, opened.mapping_file.read_bytes())
        folder.write_settings(
            RunSettings(
                run=run_id,
                tool_version=tool_version(),
                command=order.command,
                created=iso(now),
                language=spoken(),
                run_date=opened.bound[0].run_date.isoformat(),
                time_zone=str(now.astimezone().tzinfo),
                operator=operator_name(),
                note=writable(order.note),
                mapping=opened.mapping.name,
                mapping_file=str(opened.mapping_file),
                mapping_sha256=sha256_of(opened.mapping_file),
                connection=connection_facts(order.connection) if order.connection else None,
                files=tuple(
                    _file_facts(path, shown)
                    for path, shown in zip(opened.paths, opened.shown, strict=True)
                ),
                suppression=opened.lists,
                passed_over=opened.passed_over,
                sheet=order.sheet,
                first=order.first,
                strict=order.strict,
                max_invalid=order.max_invalid,
                max_rejected=order.max_rejected,
                max_yes=order.max_yes,
                max_no=order.max_no,
                only_changes=order.only_changes,
                guards=order.guards,
                job=order.job,
                pick_up=order.pick_up,
                verify=order.verify,
                report_delimiter=order.settings.report_delimiter,
                report_workbook=order.settings.report_workbook,
                keep_all=order.settings.keep_all,
            )
        )
        return folder.publish(run_id)
    except BaseException as error:
        folder.discard()
        if isinstance(error, OSError):
            raise UnusableInputError(
                tr(
                    "{folder}: the run cannot be written ({reason}). Nothing was sent.",
                    folder=runs,
                    reason=error.strerror or error,
                )
            ) from error
        raise


def _file_facts(path: Path, shown: str) -> FileFacts:
    spooled = shown == str(STANDARD_INPUT)
    return FileFacts(
        path=shown,
        absolute="" if spooled else printable(path.resolve()),
        sha256=sha256_of(path),
        bytes=path.stat().st_size,
        spooled=spooled,
    )


def operator_name() -> str:
    try:
        return writable(getpass.getuser())
    except (OSError, KeyError, ImportError):
        return ""


def reopen(folder: RunFolder) -> Opened:
    """Open a run's files again, for a check that did not end.

    Raises:
        UnusableInputError: a file or a suppression list is gone, or is not what it was.
    """
    settings = folder.settings
    found = []
    for facts in settings.files:
        path = folder.spooled_input if facts.spooled else Path(facts.absolute)
        _refuse_changed(path, facts, folder)
        found.append((path, facts.path))
    for one in settings.suppression:
        _refuse_changed(Path(one.absolute), one, folder)
    return open_all(
        found,
        str(folder.mapping),
        sheet=settings.sheet,
        run_date=date.fromisoformat(settings.run_date),
        lists=[(Path(one.absolute), one.path) for one in settings.suppression],
    )


def _refuse_changed(path: Path, facts: FileFacts | ListFacts, folder: RunFolder) -> None:
    if not path.is_file():
        raise UnusableInputError(
            tr("{file} is gone: the run {run} cannot be checked", file=facts.path, run=folder.id)
        )
    if sha256_of(path) != facts.sha256:
        raise UnusableInputError(
            tr(
                "{file} has changed since the run {run} began: start a new run",
                file=facts.path,
                run=folder.id,
            )
        )
