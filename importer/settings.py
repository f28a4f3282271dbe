"""``importer.yaml``: connections, defaults, and where secrets are (never the secrets)."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PositiveInt

from importer.documents import (
    Amount,
    Count,
    Document,
    DocumentModel,
    Text,
    as_text,
    near,
    number_needed,
    published_schema,
    read_document,
    salvage,
)
from importer.durations import check_duration, check_retention, duration_of
from importer.errors import Mistake, UnusableInputError, sentence_of
from importer.job_checks import job_mistakes
from importer.job_settings import JobSection
from importer.key_places import HOW
from importer.language import tr
from importer.literal_secrets import check_reference, literal_secrets
from importer.timetables import check_zone
from importer.written_places import check_path, is_loopback, url_parts

SETTINGS_FILE = "importer.yaml"
SANDBOX = "sandbox"
SANDBOX_URL = "http://127.0.0.1:8025"
MOST_IN_FLIGHT = 64


_InFlight = Annotated[PositiveInt, Field(le=MOST_IN_FLIGHT), BeforeValidator(number_needed)]


class LimitsSection(DocumentModel):
    """A connection's limits; each replaces the platform's careful default.

    ``calls_per_…: null``: no such limit.
    """

    rows_per_call: Count | None = Field(None, description="How many contacts a call carries.")
    bytes_per_call: Count | None = Field(None, description="How large a call becomes.")
    calls_per_second: Amount | None = Field(None, description="null: no such limit.")
    calls_per_minute: Amount | None = Field(None, description="null: no such limit.")
    calls_per_hour: Amount | None = Field(None, description="null: no such limit.")
    calls_per_day: Amount | None = Field(None, description="null: no such limit.")
    in_flight: _InFlight | None = Field(
        None, description="How many calls are on their way at once."
    )
    timeout_seconds: Amount | None = Field(None, description="How long an answer is waited for.")
    attempts: Count | None = Field(
        None, description="How often a call is made that the platform does not take."
    )

    def given(self) -> dict[str, Any]:
        """Give the members that are written; ``null`` takes a rate's limit away."""
        written = self.model_dump(exclude_unset=True)
        return {n: v for n, v in written.items() if v is not None or n.startswith("calls_per_")}


def _check_store(url: str) -> str:
    parts = url_parts(url)
    if parts is None or parts.scheme not in {"postgresql", "postgres"} or not parts.hostname:
        raise ValueError(tr("an address such as postgresql://importer@database.example/budgets"))
    if parts.password is not None:
        raise ValueError(
            tr("the address must not hold a password: {how}, as `password`", how=tr(HOW))
        )
    if parts.query or parts.fragment:
        raise ValueError(tr("the address must end before any ? or #"))
    return url


def check_url(url: str) -> str:
    """Take the address of a platform. Raises ValueError, a sentence, for what is none."""
    parts = url_parts(url)
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


class ConnectionSection(DocumentModel):
    """An account of a platform, and how it is called."""

    target: str = Field("dialog-insight", description="The platform.")
    url: Annotated[str, AfterValidator(check_url)] = Field(
        description="The platform's address, such as https://app.dialoginsight.com."
    )
    project_id: Text = Field("", description="The project's number; dotdigital has none.")
    key_id: Text = Field(
        description="The number of the API key; of dotdigital, the address of the API user."
    )
    key: Annotated[Text, AfterValidator(check_reference)] = Field(
        description="Where the key is: env:NAME, file:PATH or keyring:SERVICE/USER."
    )
    limits: LimitsSection = Field(LimitsSection(), description="How the account is spared.")
    ca_file: str = Field("", description="A file of certificates to trust instead of the usual.")
    null_handling: Any = Field(
        None, description="What the platform makes of an empty value; needed by `blank: clear`."
    )
    opt_in_dates: bool = Field(False, description="Whether dates of opt-ins may be written.")
    boolean_values: Literal["number", "json"] = Field(
        "number", description="How yes and no are sent: as 1 and 0, or as true and false."
    )
    table_keys_in_data: bool = Field(
        True, description="Whether keys of relational tables are sent among the values, too."
    )
    integration_token: Text = Field(
        "", description="Of dotdigital: the token of a partner's verified integration."
    )
    look_up_first: bool = Field(
        True,
        description="Of dotdigital-single: whether each contact is looked up before it is written,"
        " which tells those that come back from the recycle bin.",
    )
    time_zone: Annotated[Text, AfterValidator(check_zone)] = Field(
        "",
        description="Of dotdigital, which keeps times in UTC: the zone of the times of day that"
        " stand in files, such as America/Toronto; needed where they are written.",
    )


class BudgetsSection(DocumentModel):
    """Where calls are counted when several machines use one account."""

    store: Annotated[str, AfterValidator(_check_store)] = Field(
        description="An address such as postgresql://importer@database.example/budgets."
    )
    password: Annotated[Text, AfterValidator(check_reference)] | None = Field(
        None, description="Where its password is, as of a connection's key."
    )


class ReportsSection(DocumentModel):
    """How report files are written."""

    delimiter: Literal[",", ";", "\t"] = Field(
        ",", description="What separates the cells; a French Excel needs a semicolon."
    )
    workbook: Literal["auto", "always", "never"] = Field(
        "auto", description="Whether the rows to fix are written as a workbook."
    )


class SettingsDocument(DocumentModel):
    """importer.yaml: connections, unattended jobs, defaults."""

    model_config = ConfigDict(title="importer.yaml", extra="forbid", frozen=True)

    language: Literal["en", "fr"] | None = Field(
        None, description="Of screens, messages and pages; left out: that of the system."
    )
    default_connection: Text | None = Field(
        None, description="The connection of runs that name none."
    )
    connections: dict[str, ConnectionSection] = Field(
        default_factory=dict, description="Accounts, by the names that they are called by."
    )
    reports: ReportsSection = Field(ReportsSection(), description="How report files are written.")
    keep: Literal["needed", "all"] = Field(
        "needed", description="What a finished run keeps of its source: what needs fixing, or all."
    )
    jobs: dict[str, JobSection] = Field(
        default_factory=dict, description="Unattended jobs, by the names they are started by."
    )
    state_dir: Annotated[str, AfterValidator(check_path)] | None = Field(
        None, description="The folder of what runs and jobs share."
    )
    budgets: BudgetsSection | None = Field(
        None, description="Where several machines count the calls of one account."
    )
    max_plan_age: Annotated[Text, AfterValidator(check_duration)] = Field(
        "24h", description="How old a plan may be that is sent without asking: 90m, 24h or 7d."
    )
    keep_runs: Annotated[Text, AfterValidator(check_retention)] | None = Field(
        None, description="How long run folders are kept: 90d, 12w or 3y."
    )
    keep_consents: Annotated[Text, AfterValidator(check_retention)] | None = Field(
        None, description="How long it is kept what was sent of consents: 3y."
    )
    keep_changes: Annotated[Text, AfterValidator(check_retention)] = Field(
        "400d",
        description="How long only_changes remembers a contact that no file holds any more.",
    )


def settings_schema() -> dict[str, Any]:
    """Give the JSON Schema of ``importer.yaml``, for editors."""
    return published_schema(SettingsDocument, "settings")


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``importer.yaml`` says; the defaults where there is none. ``file`` is "" then.

    ``keep_runs`` and ``keep_consents``: how old runs, and what was sent of consents, become before
    ``purge`` deletes them; None: nothing is said, or until somebody deletes them. ``keep_changes``:
    how long a contact is remembered that no file holds any more, for ``only_changes``.
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
    keep_changes: timedelta = timedelta(days=400)

    @property
    def state_folder(self) -> Path:
        """Where runs share what they must: environment, ``state_dir``, the system's place.

        Raises UnusableInputError for an environment that names no path.
        """
        named = os.environ.get("IMPORTER_STATE_DIR", "").strip()
        if named:
            try:
                return Path(check_path(named))
            except ValueError as error:
                raise UnusableInputError(
                    tr(
                        "{place}: {sentence}",
                        place="IMPORTER_STATE_DIR",
                        sentence=sentence_of(error),
                    )
                ) from None
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
    secrets = literal_secrets(document)
    if secrets:
        raise UnusableInputError(*secrets)
    read = salvage(document, SettingsDocument, stand_ins={})
    mistakes = [*read.mistakes, *_contradictions(document, folder)]
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
        state_dir=Path(content.state_dir) if content.state_dir else None,
        budgets=content.budgets,
        jobs=content.jobs,
        max_plan_age=duration_of(content.max_plan_age),
        keep_runs=duration_of(content.keep_runs) if content.keep_runs else None,
        keep_consents=duration_of(content.keep_consents) if content.keep_consents else None,
        keep_changes=duration_of(content.keep_changes),
    )


def _contradictions(document: Document, folder: Path) -> list[Mistake]:
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
    return [*mistakes, *job_mistakes(document, [*names, SANDBOX], folder)]


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
