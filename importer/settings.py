"""``importer.yaml``: connections, defaults, and where secrets are (never the secrets)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, AllowInfNan, Field, PositiveFloat, PositiveInt

from importer.documents import (
    Document,
    DocumentModel,
    Text,
    as_text,
    near,
    read_document,
    salvage,
)
from importer.errors import Mistake, UnusableInputError
from importer.model import Secret

SETTINGS_FILE = "importer.yaml"
SANDBOX = "sandbox"
SANDBOX_URL = "http://127.0.0.1:8025"
_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+|keyring:[^/]+/.+")
_SECRET_NAME = re.compile(
    r"(key|secret|password|passwd|pwd|passphrase|token|credentials?)$", re.IGNORECASE
)
_LONG_RUN = re.compile(r"[A-Za-z0-9]{20,}")
_LIKE_A_SECRET = re.compile(
    r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9][A-Za-z]).*|[0-9a-f]{32,}|[0-9A-F]{32,}"
)
_FILES_HAVE_MODES = os.name == "posix"
_HOW = "write env:NAME, file:PATH or keyring:SERVICE/USER instead, and keep the secret there"


_Pace = Annotated[PositiveFloat, AllowInfNan(False)]


class LimitsSection(DocumentModel):
    """A connection's limits; each member replaces the platform's careful default."""

    rows_per_call: PositiveInt | None = None
    bytes_per_call: PositiveInt | None = None
    calls_per_second: _Pace | None = None
    calls_per_minute: _Pace | None = None
    calls_per_hour: _Pace | None = None
    calls_per_day: _Pace | None = None
    in_flight: Literal[1] | None = None
    timeout_seconds: _Pace | None = None
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
    parts = _parts(url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("a URL such as https://app.dialoginsight.com is needed")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a URL must not hold a user name or a password: take them out")
    if parts.query or parts.fragment:
        raise ValueError("a URL must end before any ? or #: only the platform's address is needed")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError(
            f"http:// would send the contacts and the key in clear text to {parts.hostname}; "
            "write https://"
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
    if not _REFERENCE.fullmatch(key):
        raise ValueError(_HOW)
    return key


class ConnectionSection(DocumentModel):
    target: str = "dialog-insight"
    url: Annotated[str, AfterValidator(_check_url)]
    project_id: Text = ""
    key_id: Text
    key: Annotated[Text, AfterValidator(_check_reference)]
    limits: LimitsSection = LimitsSection()
    null_handling: Any = None
    opt_in_dates: bool = False
    boolean_values: Literal["number", "json"] = "number"
    table_keys_in_data: bool = True


class ReportsSection(DocumentModel):
    delimiter: Literal[",", ";", "\t"] = ","


class SettingsDocument(DocumentModel):
    language: Literal["en", "fr"] | None = None
    default_connection: Text | None = None
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
        default_connection=content.default_connection,
        connections=content.connections,
        report_delimiter=content.reports.delimiter,
        keep_all=content.keep == "all",
        warnings=tuple(_not_yet(content)),
    )


def _not_yet(content: SettingsDocument) -> Iterator[str]:
    if content.language == "fr":
        yield "language: fr is noted; messages are in English in this version."
    if content.state_dir is not None:
        yield "state_dir is noted; in this version each run keeps its own count of calls."


def _contradictions(document: Document) -> list[Mistake]:
    """Find what does not go together, also beside members that are wrong themselves."""
    content = document.content if isinstance(document.content, dict) else {}
    connections = content.get("connections")
    names = list(connections) if isinstance(connections, dict) else []
    mistakes = []
    if SANDBOX in names:
        mistakes.append(
            document.mistake(
                'the connection "sandbox" is built in: give yours another name',
                "connections",
                SANDBOX,
            )
        )
    default = as_text(content.get("default_connection"))
    if isinstance(default, str) and default not in {*names, SANDBOX}:
        known = ", ".join(names) or "none"
        mistakes.append(
            document.mistake(
                f'default_connection "{default}" is no connection of this file '
                f"(there are: {known}).{near(default, names)}",
                "default_connection",
            )
        )
    if content.get("jobs"):
        mistakes.append(
            document.mistake("jobs cannot be run by this version: leave the section out", "jobs")
        )
    return mistakes


def _literal_secrets(document: Document) -> list[Mistake]:
    """Find texts that are secrets rather than references; their value is never shown."""
    mistakes: list[Mistake] = []

    def look(value: Any, name: str, path: tuple[str | int, ...]) -> None:
        if isinstance(value, dict):
            for member, below in value.items():
                look(below, member, (*path, member))
                if _like_a_secret(member):
                    say("the name of a member looks like a secret", *path, member)
        elif isinstance(value, list):
            for index, below in enumerate(value):
                look(below, name, (*path, index))
        elif value is not None and _is_secret(name, str(as_text(value))):
            shown = ".".join("…" if _like_a_secret(str(part)) else str(part) for part in path)
            say(f"{shown} holds a secret itself", *path)

    def say(what: str, *path: str | int) -> None:
        mistakes.append(document.mistake(f"{what}: {_HOW}", *path))

    look(document.content, "", ())
    return mistakes


def _is_secret(name: str, text: str) -> bool:
    if _REFERENCE.fullmatch(text):
        return text.startswith("env:") and _like_a_secret(text)
    return _like_a_secret(text) or (bool(text.strip()) and bool(_SECRET_NAME.search(name)))


def _like_a_secret(text: str) -> bool:
    """Tell whether a text holds a long run of characters such as a machine makes."""
    return any(_LIKE_A_SECRET.fullmatch(run) for run in _LONG_RUN.findall(text))


def resolve_secret(reference: str, connection: str) -> Secret:
    """Fetch the secret that a reference names.

    Raises:
        UnusableInputError: it is not there, or not safe there. The message never holds it.
    """
    kind, _, place = reference.partition(":")
    match kind:
        case "env":
            found = os.environ.get(place, "").strip()
            if not found:
                raise UnusableInputError(
                    f'connection "{connection}": the environment variable {place} is not set. '
                    "Set it to the account's key."
                )
        case "file":
            found = _secret_file(place, connection)
        case "keyring":
            found = _keyring_secret(place, connection)
        case "public":
            found = place  # the sandbox's own key, which protects nothing
        case _:
            raise UnusableInputError(
                f'connection "{connection}": its key must be a reference: {_HOW}'
            )
    return Secret(found)


def _secret_file(place: str, connection: str) -> str:
    try:
        path = Path(place).expanduser()
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise UnusableInputError(
            f'connection "{connection}": the key file {place} cannot be read: {reason}'
        ) from None
    if _FILES_HAVE_MODES and mode & 0o077:
        raise UnusableInputError(
            f'connection "{connection}": others can read the key file {path}. Run: chmod 600 {path}'
        )
    if not text:
        raise UnusableInputError(
            f'connection "{connection}": the key file {path} is empty: put the account\'s key in it'
        )
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
