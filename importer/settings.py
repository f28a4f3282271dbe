"""``importer.yaml``: connections, defaults, and where secrets are (never the secrets)."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PositiveFloat, PositiveInt

from importer.documents import Document, DocumentModel, Text, read_document, validate
from importer.errors import Mistake, UnusableInputError
from importer.model import Secret

SETTINGS_FILE = "importer.yaml"
SANDBOX = "sandbox"
SANDBOX_URL = "http://127.0.0.1:8025"
_REFERENCE = re.compile(r"(env|file|keyring):.+", re.DOTALL)
_SECRET_NAME = re.compile(r"(^|_)(key|secret|password|passwd|pwd|token|apikey)$", re.IGNORECASE)
_HOW = "write env:NAME, file:PATH or keyring:SERVICE/USER instead, and keep the secret there"


class LimitsSection(DocumentModel):
    """A connection's limits; each member replaces the platform's careful default."""

    rows_per_call: PositiveInt | None = None
    bytes_per_call: PositiveInt | None = None
    calls_per_second: PositiveFloat | None = None
    calls_per_minute: PositiveFloat | None = None
    calls_per_hour: PositiveFloat | None = None
    calls_per_day: PositiveFloat | None = None
    in_flight: Literal[1] | None = None
    timeout_seconds: PositiveFloat | None = None
    attempts: PositiveInt | None = None


def is_loopback(host: str) -> bool:
    """Tell whether a host name can only mean this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _check_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("a URL such as https://app.dialoginsight.com is needed")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a URL must not hold a user name or a password")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError(
            f"http:// would send the contacts and the key in clear text to {parts.hostname}; "
            "write https://"
        )
    return url.rstrip("/")


class ConnectionSection(DocumentModel):
    target: str = "dialog-insight"
    url: Annotated[str, AfterValidator(_check_url)]
    project_id: Text = ""
    key_id: Text
    key: Text
    limits: LimitsSection = LimitsSection()
    null_handling: Any = None
    opt_in_dates: bool = False
    boolean_values: Literal["number", "json"] = "number"


class ReportsSection(DocumentModel):
    delimiter: Literal[",", ";", "\t"] = ","


class SettingsDocument(DocumentModel):
    language: Literal["en", "fr"] | None = None
    default_connection: str | None = None
    connections: dict[str, ConnectionSection] = Field(default_factory=dict)
    reports: ReportsSection = ReportsSection()
    keep: Literal["needed", "all"] = "needed"
    jobs: dict[str, Any] = Field(default_factory=dict)
    state_dir: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``importer.yaml`` says; the defaults where there is none. ``file`` is "" then."""

    file: str = ""
    default_connection: str | None = None
    connections: dict[str, ConnectionSection] = field(default_factory=dict)
    report_delimiter: str = ","
    keep_all: bool = False
    warnings: tuple[str, ...] = ()


def read_settings(folder: Path) -> Settings:
    """Read a folder's ``importer.yaml``; without one, the defaults.

    Raises:
        UnusableInputError: with every mistake of the file at once.
    """
    path = folder / SETTINGS_FILE
    if not path.exists():
        return Settings()
    document = read_document(path)
    document.file = SETTINGS_FILE if folder == Path() else str(path)
    secrets = _literal_secrets(document)
    if secrets:
        raise UnusableInputError(*secrets)
    content = validate(document, SettingsDocument)
    mistakes = list(_contradictions(document, content))
    if mistakes:
        raise UnusableInputError(*mistakes)
    warnings: tuple[str, ...] = ()
    if content.language == "fr":
        warnings = ("language: fr is noted; messages are in English in this version.",)
    return Settings(
        file=document.file,
        default_connection=content.default_connection,
        connections=content.connections,
        report_delimiter=content.reports.delimiter,
        keep_all=content.keep == "all",
        warnings=warnings,
    )


def _contradictions(document: Document, content: SettingsDocument) -> list[Mistake]:
    mistakes = []
    if SANDBOX in content.connections:
        mistakes.append(
            document.mistake(
                'the connection "sandbox" is built in: give yours another name',
                "connections",
                SANDBOX,
            )
        )
    default = content.default_connection
    if default is not None and default not in {*content.connections, SANDBOX}:
        known = ", ".join(content.connections) or "none"
        mistakes.append(
            document.mistake(
                f'default_connection "{default}" is no connection of this file '
                f"(there are: {known})",
                "default_connection",
            )
        )
    if content.jobs:
        mistakes.append(
            document.mistake("jobs cannot be run by this version: leave the section out", "jobs")
        )
    return mistakes


def _literal_secrets(document: Document) -> list[Mistake]:
    """Find texts that are secrets rather than references; their value is never shown."""
    mistakes: list[Mistake] = []

    def look(value: Any, path: tuple[str | int, ...]) -> None:
        if isinstance(value, dict):
            for name, member in value.items():
                look(member, (*path, name))
        elif isinstance(value, list):
            for index, member in enumerate(value):
                look(member, (*path, index))
        elif path and value is not None and _is_secret(str(path[-1]), str(value)):
            name = ".".join(str(part) for part in path)
            mistakes.append(document.mistake(f"{name} holds a secret itself: {_HOW}", *path))

    look(document.content, ())
    return mistakes


def _is_secret(name: str, text: str) -> bool:
    if _REFERENCE.fullmatch(text):
        return False
    if _SECRET_NAME.search(name):
        return True
    return bool(
        re.fullmatch(r"[A-Za-z0-9+/_=-]{24,}", text)
        and re.search(r"\d", text)
        and re.search(r"[a-z]", text)
        and re.search(r"[A-Z]", text)
    )


def resolve_secret(reference: str, connection: str) -> Secret:
    """Fetch the secret that a reference names.

    Raises:
        UnusableInputError: it is not there, or not safe there. The message never holds it.
    """
    kind, _, place = reference.partition(":")
    match kind:
        case "env":
            found = os.environ.get(place, "")
            if not found:
                raise UnusableInputError(
                    f'connection "{connection}": the environment variable {place} is not set. '
                    "Set it to the account's key."
                )
        case "file":
            found = _secret_file(Path(place).expanduser(), connection)
        case "keyring":
            found = _keyring_secret(place, connection)
        case "public":
            found = place  # the sandbox's own key, which protects nothing
        case _:
            raise UnusableInputError(
                f'connection "{connection}": its key must be a reference: {_HOW}'
            )
    return Secret(found)


def _secret_file(path: Path, connection: str) -> str:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableInputError(
            f'connection "{connection}": the key file {path} cannot be read'
        ) from error
    if os.name == "posix" and mode & 0o077:
        raise UnusableInputError(
            f'connection "{connection}": others can read the key file {path}. Run: chmod 600 {path}'
        )
    if not text:
        raise UnusableInputError(f'connection "{connection}": the key file {path} is empty')
    return text


def _keyring_secret(place: str, connection: str) -> str:
    service, _, user = place.partition("/")
    try:
        import keyring  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        raise UnusableInputError(
            f'connection "{connection}": its key is in the system\'s keyring. '
            "Run: pip install 'importer[keyring]'"
        ) from None
    try:
        found = keyring.get_password(service, user)
    except Exception as error:  # noqa: BLE001 - each keyring has errors of its own
        raise UnusableInputError(
            f'connection "{connection}": the keyring does not answer ({type(error).__name__})'
        ) from None
    if not found:
        raise UnusableInputError(
            f'connection "{connection}": the keyring holds nothing for {service}, user {user}'
        )
    return str(found)
