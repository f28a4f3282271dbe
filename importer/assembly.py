"""The composition root: options and settings become opened sources, targets, clients and clocks."""

from __future__ import annotations

import contextlib
import getpass
import os
import random
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from importer import targets
from importer.client import Client
from importer.clock import Clock, Interruption, SystemClock, iso
from importer.documents import near
from importer.errors import ImporterError, Mistake, UnusableInputError
from importer.files import replacing, sha256_of, write_whole
from importer.journal import Journal
from importer.mapping import BoundMapping, Mapping, bind, read_mapping
from importer.model import (
    AccountFields,
    ApiRequest,
    ApiResponse,
    Connection,
    Credentials,
    Limits,
    Watcher,
    WriteMode,
)
from importer.reports.steps import argument
from importer.run_folder import (
    ConnectionFacts,
    FileFacts,
    RunFolder,
    RunSettings,
    make_run_id,
)
from importer.run_log import Unwatched
from importer.settings import (
    SANDBOX,
    SANDBOX_URL,
    ConnectionSection,
    Settings,
    read_settings,
    resolve_secret,
)
from importer.sources import STANDARD_INPUT, Source, find_files, open_sources

MAPPINGS = Path("mappings")
# The sandbox is this machine: it may be asked quickly, and its key is no secret.
_SANDBOX_LIMITS: dict[str, Any] = {"calls_per_minute": None, "rows_per_call": 100}
_SHORTEST_SECRET = 8  # a shorter text would be found in answers by chance
_READING = WriteMode(allow_insert=False, allow_update=False)


@dataclass(frozen=True, slots=True)
class Means:
    """What a run needs of the world; tests put their own in its place."""

    clock: Clock
    interruption: Interruption
    watcher: Watcher = field(default_factory=Unwatched)
    chance: random.Random = field(default_factory=random.SystemRandom)
    transport: Any = None  # replaces the network: an httpx transport
    standard_input: Callable[[], BinaryIO] = lambda: sys.stdin.buffer
    sandbox_url: str = SANDBOX_URL
    settings: Settings | None = None  # replaces importer.yaml


def means(watcher: Watcher | None = None) -> Means:
    """Make the ordinary means: the system's clock, the network, standard input."""
    with contextlib.suppress(NotImplementedError):
        # It gives memory back soonest: a third less at the peak of a long run than the default's.
        pa.set_memory_pool(pa.jemalloc_memory_pool())
    interruption = Interruption()
    return Means(SystemClock(interruption), interruption, watcher or Unwatched())


def tool_version() -> str:
    """Tell the version of this package."""
    try:
        return version("importer")
    except PackageNotFoundError:  # pragma: no cover - a checkout that nobody installed
        return "0"


# --- mappings ------------------------------------------------------------------------------------


def grammars() -> dict[str, Callable[[str], Any]]:
    """Give every target's reading of field codes."""
    return {name: targets.grammar(name).fact for name in targets.names()}


def load_mapping(name: str) -> tuple[Path, Mapping]:
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
    chosen = None if mapping is None else (mapping, *load_mapping(mapping))
    try:
        if chosen is not None:
            opened = _open_with(*chosen[1:], found, sheet=sheet, run_date=run_date)
        else:
            opened = _open_with_only_fitting(found, sheet=sheet, run_date=run_date)
    except UnusableInputError as error:
        if len(found) == 1:
            raise
        apart = _apart(found, chosen, sheet=sheet, run_date=run_date)
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
    return replace(opened, passed_over=tuple(passed_over))


def _apart(
    found: Sequence[tuple[Path, str]],
    chosen: tuple[str, Path, Mapping] | None,
    *,
    sheet: str | None,
    run_date: date,
) -> dict[str, list[str]]:
    """Sort files that cannot go in one run by the mapping that fits each; without the others."""
    apart: dict[str, list[str]] = {}
    for one in found:
        candidates = [chosen] if chosen is not None else []
        fitting = _fitting([one], candidates, sheet=sheet, run_date=run_date)
        fitting = fitting or _fitting([one], _shelf(), sheet=sheet, run_date=run_date)
        if len(fitting) == 1:
            apart.setdefault(next(iter(fitting)), []).append(one[1])
    return apart


def _shelf() -> list[tuple[str, Path, Mapping]]:
    """Read the mappings of ``mappings/`` that can be read."""
    shelf = []
    for path in sorted(MAPPINGS.glob("*.yaml")):
        with contextlib.suppress(UnusableInputError):
            shelf.append((path.stem, path, read_mapping(path, grammars())))
    return shelf


def _fitting(
    found: Sequence[tuple[Path, str]],
    candidates: Sequence[tuple[str, Path, Mapping]],
    *,
    sheet: str | None,
    run_date: date,
) -> dict[str, Opened]:
    fitting = {}
    for name, path, read in candidates:
        with contextlib.suppress(UnusableInputError):
            fitting[name] = _open_with(path, read, found, sheet=sheet, run_date=run_date)
    return fitting


def _open_with_only_fitting(
    found: Sequence[tuple[Path, str]], *, sheet: str | None, run_date: date
) -> Opened:
    fitting: list[Opened] = []
    reasons: list[str] = []
    for path in sorted(MAPPINGS.glob("*.yaml")):
        try:
            read = read_mapping(path, grammars())
            fitting.append(_open_with(path, read, found, sheet=sheet, run_date=run_date))
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
    found: Sequence[tuple[Path, str]],
    *,
    sheet: str | None,
    run_date: date,
) -> Opened:
    options = replace(mapping.source, sheet=sheet) if sheet is not None else mapping.source
    sources: list[Source] = []
    bound: list[BoundMapping] = []
    mistakes: list[Mistake] = []
    for file, shown in found:
        try:
            opened = open_sources(file, options=options, shown_as=shown)
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
        tuple(file for file, _ in found),
        tuple(shown for _, shown in found),
    )


# --- connections ---------------------------------------------------------------------------------


def choose_connection(
    means: Means, mapping: Mapping | None, option: str | None, *, needed: bool
) -> Connection | None:
    """Choose the connection: option, mapping, default, the only one. Never the sandbox by itself.

    Raises:
        UnusableInputError: it is not configured, or contradicts the mapping; or there is none and
            it is ``needed``.
    """
    settings = settings_here(means)
    wanted = mapping.connection if mapping else None
    if wanted is not None and option not in {None, wanted}:
        raise UnusableInputError(
            f"the mapping {mapping.name if mapping else ''} is bound to the connection {wanted}: "
            f"it cannot be sent through {option}"
        )
    name = option or wanted or settings.default_connection
    if name is None and len(settings.connections) == 1:
        name = next(iter(settings.connections))
    if name is None:
        if not needed:
            return None
        known = ", ".join(settings.connections)
        place = f"{settings.file} has several ({known})" if known else "importer.yaml has none"
        raise UnusableInputError(
            f"no connection is chosen and {place}: name one with -c NAME (-c sandbox is built in)"
        )
    connection = named_connection(means, name)
    if mapping is not None and connection.target != mapping.target:
        raise UnusableInputError(
            f"the mapping {mapping.name} is for {mapping.target}, "
            f"and the connection {name} for {connection.target}"
        )
    return connection


def named_connection(means: Means, name: str) -> Connection:
    """Give a configured connection with its limits, or the built-in sandbox.

    Raises:
        UnusableInputError: there is none of that name.
    """
    if name == SANDBOX:
        return sandbox_connection(means.sandbox_url)
    settings = settings_here(means)
    section = settings.connections.get(name)
    if section is None:
        known = [*settings.connections, SANDBOX]
        hint = near(name, known) or f" There are: {', '.join(known)}."
        raise UnusableInputError(f'there is no connection "{name}".{hint}')
    if section.target not in targets.names():
        raise UnusableInputError(
            f"{settings.file}: the connection {name} has the target {section.target}; "
            f"there are: {', '.join(targets.names())}"
        )
    return _connection(name, section)


def sandbox_connection(url: str) -> Connection:
    """Give the built-in connection to a sandbox of this machine."""
    limits = replace(targets.careful_limits("dialog-insight"), **_SANDBOX_LIMITS)
    return Connection(
        name=SANDBOX,
        target="dialog-insight",
        url=url,
        key_id="1",
        key="public:sandbox",
        project_id="1",
        limits=limits,
    )


def _connection(name: str, section: ConnectionSection) -> Connection:
    given = section.limits.model_dump(exclude_none=True)
    return Connection(
        name=name,
        target=section.target,
        url=section.url,
        key_id=section.key_id,
        key=section.key,
        project_id=section.project_id,
        limits=replace(targets.careful_limits(section.target), **given),
        null_handling=section.null_handling,
        opt_in_dates=section.opt_in_dates,
        boolean_values=section.boolean_values,
    )


def connection_facts(connection: Connection) -> ConnectionFacts:
    """Write a connection down for the run folder; its secret is only named in it."""
    return ConnectionFacts.model_validate(asdict(connection))


def connection_of(facts: ConnectionFacts) -> Connection:
    """Read a connection back from a run folder."""
    members = facts.model_dump()
    return Connection(**{**members, "limits": Limits(**members["limits"])})


def credentials_of(connection: Connection) -> Credentials:
    """Fetch a connection's secret.

    Raises:
        UnusableInputError: it is not where the configuration says.
    """
    return Credentials(connection.key_id, resolve_secret(connection.key, connection.name))


def client_for(connection: Connection, means: Means) -> Client:
    """Open the door to a connection's platform."""
    return Client(connection.limits.timeout_seconds, means.transport, clock=means.clock)


def answer_of(client: Client, request: ApiRequest, credentials: Credentials) -> ApiResponse:
    """Make a call that only reads; should the answer repeat the secret, it is taken out."""
    response = client.send(request)
    secret = credentials.key.reveal().encode()
    if len(secret) < _SHORTEST_SECRET:
        return response
    return replace(response, body=response.body.replace(secret, b"***"))


def account_fields(connection: Connection, means: Means) -> AccountFields | str:
    """Ask the account which fields it has; a sentence instead when it cannot be asked.

    Raises:
        UnusableInputError: the connection's secret is not where the configuration says.
    """
    target = targets.build(connection, mode=_READING, fields=())
    if not isinstance(target, targets.Describes):  # pragma: no cover - every target so far does
        return f"{connection.target} cannot be asked for its fields"
    try:
        credentials = credentials_of(connection)
        with client_for(connection, means) as client:
            request = target.describe_request(credentials)
            return target.read_description(answer_of(client, request, credentials))
    except UnusableInputError:
        raise
    except ImporterError as error:
        return str(error)


def account_mistakes(mapping: Mapping, account: AccountFields) -> list[Mistake]:
    """List the fields of a mapping that the account does not have, with near names."""
    known = {code.casefold() for code in account.labels}
    of_columns = [("columns", rule) for column in mapping.columns for rule in column.rules]
    of_sections = [(made.section, made.rule) for made in mapping.made]
    mistakes = []
    for section, rule in (*of_columns, *of_sections):
        code = rule.field.removeprefix("key_")
        if code.startswith(("f_", "optin_")) and code.casefold() not in known:
            sentence = f"the account has no field {code}.{near(code, account.labels)}"
            mistakes.append(mapping.document.mistake(sentence, section, rule.column))
    return mistakes


# --- input and folder ----------------------------------------------------------------------------


def settings_here(means: Means) -> Settings:
    """Read the ``importer.yaml`` of the current folder."""
    return means.settings or read_settings(Path())


def files_of(arguments: Sequence[str]) -> tuple[list[tuple[Path, str]], list[str]]:
    """Give the files that arguments mean, as (path, shown), and what was passed over."""
    found = find_files(arguments)
    passed = [f"{_printable(one.path)}: {one.reason}" for one in found.passed_over]
    return [(path, _printable(path)) for path in found.files], passed


def _printable(path: Path) -> str:
    """Give a path as text that every report can hold: a name need not be UTF-8 on every system."""
    return os.fsencode(path).decode("utf-8", "replace")


def spool(stream: BinaryIO, place: Path) -> None:
    """Keep standard input, so that a run can be checked again."""
    with replacing(place) as copy:
        shutil.copyfileobj(stream, copy)


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
                run_date=opened.bound[0].run_date.isoformat(),
                time_zone=str(now.astimezone().tzinfo),
                operator=_operator(),
                note=order.note,
                mapping=opened.mapping.name,
                mapping_file=str(opened.mapping_file),
                mapping_sha256=sha256_of(opened.mapping_file),
                connection=connection_facts(order.connection) if order.connection else None,
                files=tuple(
                    _file_facts(path, shown)
                    for path, shown in zip(opened.paths, opened.shown, strict=True)
                ),
                passed_over=opened.passed_over,
                sheet=order.sheet,
                first=order.first,
                strict=order.strict,
                max_invalid=order.max_invalid,
                max_rejected=order.max_rejected,
                report_delimiter=order.settings.report_delimiter,
                keep_all=order.settings.keep_all,
            )
        )
        return folder.publish(run_id)
    except BaseException:
        folder.discard()
        raise


def _file_facts(path: Path, shown: str) -> FileFacts:
    spooled = shown == str(STANDARD_INPUT)
    return FileFacts(
        path=shown,
        absolute="" if spooled else _printable(path.resolve()),
        sha256=sha256_of(path),
        bytes=path.stat().st_size,
        spooled=spooled,
    )


def _operator() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def reopen(folder: RunFolder) -> Opened:
    """Open a run's files again, for a check that did not end.

    Raises:
        UnusableInputError: a file is gone, or is not what it was.
    """
    settings = folder.settings
    found = []
    for facts in settings.files:
        path = folder.spooled_input if facts.spooled else Path(facts.absolute)
        if not path.is_file():
            raise UnusableInputError(f"{facts.path} is gone: the run {folder.id} cannot be checked")
        if sha256_of(path) != facts.sha256:
            raise UnusableInputError(
                f"{facts.path} has changed since the run {folder.id} began: start a new run"
            )
        found.append((path, facts.path))
    return open_all(
        found,
        str(folder.mapping),
        sheet=settings.sheet,
        run_date=date.fromisoformat(settings.run_date),
    )


def mapping_of(folder: RunFolder) -> Mapping:
    """Read a run's own copy of its mapping."""
    return read_mapping(folder.mapping, grammars())
