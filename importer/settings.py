"""``importer.yaml``: connections, defaults, and where secrets are (never the secrets)."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit

import platformdirs
from pydantic import AfterValidator, AllowInfNan, BeforeValidator, Field, PositiveFloat, PositiveInt

from importer.documents import (
    Document,
    DocumentModel,
    Text,
    as_text,
    near,
    read_document,
    salvage,
)
from importer.durations import check_duration, check_retention, duration_of
from importer.errors import Mistake, UnusableInputError, sentence_of
from importer.job_settings import JobSection
from importer.key_places import HOW, REFERENCE
from importer.language import tr

SETTINGS_FILE = "importer.yaml"
SANDBOX = "sandbox"
SANDBOX_URL = "http://127.0.0.1:8025"
MOST_IN_FLIGHT = 64
_SECRET_NAME = re.compile(
    r"(key|secret|password|passwd|pwd|passphrase|token|credentials?)$", re.IGNORECASE
)
_LONG_RUN = re.compile(r"[A-Za-z0-9]{20,}")
_LIKE_A_SECRET = re.compile(
    r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9][A-Za-z]).*|[0-9a-f]{32,}|[0-9A-F]{32,}"
)


def _no_answer(value: object) -> object:
    if isinstance(value, bool):  # true would count as 1
        raise ValueError(tr("a number is needed"))  # noqa: TRY004 - what pydantic makes a mistake of
    return value


_MOST = 1_000_000_000  # more has no meaning, and some system has no room for it
_Count = Annotated[PositiveInt, Field(le=_MOST), BeforeValidator(_no_answer)]
_Pace = Annotated[PositiveFloat, AllowInfNan(False), Field(le=_MOST), BeforeValidator(_no_answer)]


class LimitsSection(DocumentModel):
    """A connection's limits; each member replaces the platform's careful default.

    ``calls_per_…: null``: no such limit.
    """

    rows_per_call: _Count | None = None
    bytes_per_call: _Count | None = None
    calls_per_second: _Pace | None = None
    calls_per_minute: _Pace | None = None
    calls_per_hour: _Pace | None = None
    calls_per_day: _Pace | None = None
    in_flight: Annotated[_Count, Field(le=MOST_IN_FLIGHT)] | None = None
    timeout_seconds: _Pace | None = None
    attempts: _Count | None = None

    def given(self) -> dict[str, Any]:
        """Give the members that are written; ``null`` takes a rate's limit away."""
        written = self.model_dump(exclude_unset=True)
        return {n: v for n, v in written.items() if v is not None or n.startswith("calls_per_")}


def _check_folder(path: str) -> str:
    try:
        Path(path).expanduser()
    except RuntimeError:
        raise ValueError(tr("~ names no user of this machine: write the whole path")) from None
    if "\0" in path:
        raise ValueError(tr("a path has no NUL character"))
    return path


def _check_store(url: str) -> str:
    parts = _parts(url)
    if parts is None or parts.scheme not in {"postgresql", "postgres"} or not parts.hostname:
        raise ValueError(tr("an address such as postgresql://importer@database.example/budgets"))
    if parts.password is not None:
        raise ValueError(
            tr("the address must not hold a password: {how}, as `password`", how=tr(HOW))
        )
    if parts.query or parts.fragment:
        raise ValueError(tr("the address must end before any ? or #"))
    return url


def is_loopback(host: str) -> bool:
    """Tell whether a host name can only mean this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def check_url(url: str) -> str:
    """Take the address of a platform. Raises ValueError, a sentence, for what is none."""
    parts = _parts(url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(tr("a URL such as https://app.dialoginsight.com is needed"))
    if parts.username is not None or parts.password is not None:
        raise ValueError(tr("a URL must not hold a user name or a password: take them out"))
    if parts.query or parts.fragment:
        raise ValueError(
            tr("a URL must end before any ? or #: only the platform's address is needed")
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError(
            tr(
                "http:// would send the contacts and the key in clear text to {host}; "
                "write https://",
                host=parts.hostname,
            )
        )
    return url.rstrip("/")


def _parts(url: str) -> SplitResult | None:
    """Take a URL apart; None if it is none. A reason is not given: it could quote a secret."""
    if re.search(r"[\s\\\x00-\x1f]", url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    return None if port == 0 else parts


def _check_reference(key: str) -> str:
    if not REFERENCE.fullmatch(key):
        raise ValueError(tr(HOW))
    return key


class ConnectionSection(DocumentModel):
    target: str = "dialog-insight"
    url: Annotated[str, AfterValidator(check_url)]
    project_id: Text = ""
    key_id: Text
    key: Annotated[Text, AfterValidator(_check_reference)]
    limits: LimitsSection = LimitsSection()
    ca_file: str = ""
    null_handling: Any = None
    opt_in_dates: bool = False
    boolean_values: Literal["number", "json"] = "number"
    table_keys_in_data: bool = True


class BudgetsSection(DocumentModel):
    """Where calls are counted when several machines use one account; the password's place."""

    store: Annotated[str, AfterValidator(_check_store)]
    password: Annotated[Text, AfterValidator(_check_reference)] | None = None


class ReportsSection(DocumentModel):
    delimiter: Literal[",", ";", "\t"] = ","
    workbook: Literal["auto", "always", "never"] = "auto"


class SettingsDocument(DocumentModel):
    language: Literal["en", "fr"] | None = None
    default_connection: Text | None = None
    connections: dict[str, ConnectionSection] = Field(default_factory=dict)
    reports: ReportsSection = ReportsSection()
    keep: Literal["needed", "all"] = "needed"
    jobs: dict[str, JobSection] = Field(default_factory=dict)
    state_dir: Annotated[str, AfterValidator(_check_folder)] | None = None
    budgets: BudgetsSection | None = None
    max_plan_age: Annotated[Text, AfterValidator(check_duration)] = "24h"
    keep_runs: Annotated[Text, AfterValidator(check_retention)] | None = None
    keep_consents: Annotated[Text, AfterValidator(check_retention)] | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``importer.yaml`` says; the defaults where there is none. ``file`` is "" then.

    ``keep_runs`` and ``keep_consents``: how old runs, and what was sent of consents, become before
    ``purge`` deletes them; None: nothing is said, or until somebody deletes them.
    """

    file: str = ""
    language: str | None = None
    default_connection: str | None = None
    connections: dict[str, ConnectionSection] = field(default_factory=dict)
    report_delimiter: str = ","
    report_workbook: str = "auto"
    keep_all: bool = False
    state_dir: Path | None = None
    budgets: BudgetsSection | None = None
    jobs: dict[str, JobSection] = field(default_factory=dict)
    max_plan_age: timedelta = timedelta(hours=24)
    keep_runs: timedelta | None = None
    keep_consents: timedelta | None = None

    @property
    def state_folder(self) -> Path:
        """Where runs share what they must: environment, ``state_dir``, the system's place.

        Raises UnusableInputError for an environment that names no path.
        """
        named = os.environ.get("IMPORTER_STATE_DIR", "").strip()
        if named:
            try:
                _check_folder(named)
            except ValueError as error:
                raise UnusableInputError(
                    tr(
                        "{place}: {sentence}",
                        place="IMPORTER_STATE_DIR",
                        sentence=sentence_of(error),
                    )
                ) from None
            return Path(named).expanduser()
        return self.state_dir or Path(platformdirs.user_state_dir("importer", appauthor=False))


def key_folder() -> Path:
    """Where keys are kept in files on a machine that has no keyring."""
    return Path(platformdirs.user_config_dir("importer", appauthor=False)) / "keys"


def read_settings(folder: Path) -> Settings:
    """Read a folder's ``importer.yaml``; without one, the defaults.

    Raises:
        UnusableInputError: with every mistake of the file at once; but as long as it holds a
            secret, with nothing else, since another message could quote it.
    """
    path = folder / SETTINGS_FILE
    if not path.exists():
        return Settings()
    document = read_document(path)
    secrets = _literal_secrets(document)
    if secrets:
        raise UnusableInputError(*secrets)
    read = salvage(document, SettingsDocument, stand_ins={})
    mistakes = [*read.mistakes, *_contradictions(document)]
    content = read.content
    if content is None or mistakes:
        raise UnusableInputError(*sorted(mistakes, key=lambda mistake: mistake.place))
    return Settings(
        file=document.file,
        language=content.language,
        default_connection=content.default_connection,
        connections=content.connections,
        report_delimiter=content.reports.delimiter,
        report_workbook=content.reports.workbook,
        keep_all=content.keep == "all",
        state_dir=Path(content.state_dir).expanduser() if content.state_dir else None,
        budgets=content.budgets,
        jobs=content.jobs,
        max_plan_age=duration_of(content.max_plan_age),
        keep_runs=duration_of(content.keep_runs) if content.keep_runs else None,
        keep_consents=duration_of(content.keep_consents) if content.keep_consents else None,
    )


def _contradictions(document: Document) -> list[Mistake]:
    """Find what does not go together, also beside members that are wrong themselves."""
    content = document.content if isinstance(document.content, dict) else {}
    connections = content.get("connections")
    names = list(connections) if isinstance(connections, dict) else []
    mistakes = []
    if SANDBOX in names:
        mistakes.append(
            document.mistake(
                tr('the connection "{name}" is built in: give yours another name', name=SANDBOX),
                "connections",
                SANDBOX,
            )
        )
    default = as_text(content.get("default_connection"))
    if isinstance(default, str) and default not in {*names, SANDBOX}:
        sentence = _no_connection(default, names)
        mistakes.append(document.mistake(sentence, "default_connection"))
    return mistakes


def _no_connection(name: str, names: list[str]) -> str:
    if not names:
        return tr(
            'default_connection "{name}" is no connection of this file (there are: none).',
            name=name,
        )
    return tr(
        'default_connection "{name}" is no connection of this file (there are: {known}).{hint}',
        name=name,
        known=", ".join(names),
        hint=near(name, names),
    )


def _literal_secrets(document: Document) -> list[Mistake]:
    """Find texts that are secrets rather than references; their value is never shown."""
    mistakes: list[Mistake] = []

    def look(value: Any, name: str, path: tuple[str | int, ...]) -> None:
        if isinstance(value, dict):
            for member, below in value.items():
                look(below, member, (*path, member))
                if like_a_secret(member):
                    say(tr("the name of a member looks like a secret"), *path, member)
        elif isinstance(value, list):
            for index, below in enumerate(value):
                look(below, name, (*path, index))
        elif value is not None and _is_secret(name, str(as_text(value))):
            shown = ".".join("…" if like_a_secret(str(part)) else str(part) for part in path)
            say(tr("{member} holds a secret itself", member=shown), *path)

    def say(what: str, *path: str | int) -> None:
        sentence = tr("{what}: {remedy}", what=what, remedy=tr(HOW))
        mistakes.append(document.mistake(sentence, *path))

    look(document.content, "", ())
    return mistakes


def _is_secret(name: str, text: str) -> bool:
    if REFERENCE.fullmatch(text):
        return text.startswith("env:") and like_a_secret(text)
    return like_a_secret(text) or (bool(text.strip()) and bool(_SECRET_NAME.search(name)))


def like_a_secret(text: str) -> bool:
    """Tell whether a text holds a long run of characters such as a machine makes."""
    return any(_LIKE_A_SECRET.fullmatch(run) for run in _LONG_RUN.findall(text))
