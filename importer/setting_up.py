"""Connecting an account: its key is kept in a safe place, and importer.yaml names it."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from importer import targets
from importer.documents import Document, comment, inline, parse_document
from importer.errors import UnusableInputError
from importer.files import write_whole
from importer.key_places import NoKeyringError, keeping
from importer.language import mark, tr
from importer.literal_secrets import like_a_secret
from importer.model import Connection, Secret
from importer.settings import (
    SANDBOX,
    SETTINGS_FILE,
    Settings,
    key_folder,
    read_settings,
)

_FILE_MODE = 0o644  # there is no secret in it
_INDENT = 2
_NAME = re.compile(r"[^\W_][\w.-]{0,39}")
_NUMBER = re.compile(r"[0-9]{1,18}")
_USER = re.compile(r"[^\s:/@\x00-\x1f\x7f]{1,200}@[^\s:/@\x00-\x1f\x7f]{1,200}")
_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an account can be: ``label`` in English. ``url``: empty where it must be asked for.

    ``known_user``: of a sandbox, the key's number or the API user that everybody knows.
    """

    label: str
    target: str
    url: str
    known_user: str = ""

    @property
    def is_sandbox(self) -> bool:
        return bool(self.known_user)


# All these addresses are documented. Whose account is in another region of Dotdigital is told so on
# the first, with the address.
PLACES = (
    Place(
        mark("Dialog Insight, Canada and other countries"),
        "dialog-insight",
        "https://app.dialoginsight.com",
    ),
    Place(mark("Dialog Insight, France"), "dialog-insight", "https://app.mydialoginsight.com"),
    Place(mark("Dialog Insight, at another address"), "dialog-insight", ""),
    Place(mark("the local sandbox (importer sandbox), for trying"), "dialog-insight", "", "1"),
    Place(mark("Dotdigital, in any region"), "dotdigital", "https://r1-api.dotdigital.com"),
    Place(
        mark("the local sandbox as Dotdigital, for trying"),
        "dotdigital",
        "",
        "apiuser-sandbox@apiconnector.com",
    ),
)
_NO_LIMITS = mark(
    "# The platform publishes no limits: these are careful guesses, in force as they\n"
    "# stand. To change one, take its # and that of limits: away."
)
_SOME_LIMITS = mark(
    "# The platform publishes limits for some packages: these are the careful ones, in\n"
    "# force as they stand. To change one, take its # and that of limits: away."
)
_REMARKS = {"dotdigital": _SOME_LIMITS}


class Written(StrEnum):
    """What became of importer.yaml."""

    NEW = "new"
    ADDED = "added"
    BY_HAND = "by-hand"  # it cannot be added without changing what else stands there


@dataclass(frozen=True, slots=True)
class Kept:
    """What was kept of a connection, and where. ``lines``: those of importer.yaml that name it."""

    connection: Connection
    file: Path
    written: Written
    lines: str
    default: bool
    """Whether commands take this connection when none is named."""


def new_connection(place: Place, url: str, key_id: str) -> Connection:
    """Make a connection that is not configured yet, to try it; its key is nowhere yet."""
    limits = targets.careful_limits(place.target)
    return Connection("", place.target, url, key_id, "", limits=limits)


def number_mistake(text: str) -> str:
    """Say what is wrong with the number of a key or project, which is an integer; "" if nothing.

    What was typed is not repeated: it could be the key itself.
    """
    return "" if _NUMBER.fullmatch(text) else tr("A number is needed: digits only.")


def user_mistake(text: str) -> str:
    """Say what is wrong with the name of an API user, which looks like an address; "" if nothing.

    What was typed is not repeated: it could be the password itself.
    """
    if _USER.fullmatch(text):
        return ""
    return tr("The API user is needed, which looks like apiuser-1a2b3c@apiconnector.com.")


def name_mistake(name: str, settings: Settings) -> str:
    """Say why a connection cannot have this name; "" if it can."""
    if not _NAME.fullmatch(name):
        return tr("A name is letters, digits, - . and _, and begins with no sign.")
    if like_a_secret(name):
        return tr("That looks like a key: give another name.")
    if name == SANDBOX:
        return tr("The connection sandbox is built in: give another name.")
    if name in settings.connections:
        return tr(
            "{file} has a connection {name}: give another name.", file=settings.file, name=name
        )
    return ""


def keep(
    connection: Connection,
    secret: Secret,
    *,
    folder: Path,
    project: str = "",
    keyring: bool = True,
) -> Kept:
    """Keep a connection's key, and name the connection in a folder's ``importer.yaml``.

    ``connection.key``: the reference to the key if it has its place already, else empty.
    ``project``: the project's name, for a comment. ``keyring``: whether the system's keyring may
    have the key; a private file has it where it may not, or where there is none. Should anything
    fail, or be interrupted, nothing is left behind.

    Raises:
        UnusableInputError: a file cannot be written.
    """
    if connection.key:
        return _name(connection, folder, project)
    host = urlsplit(connection.url).netloc
    service = f"importer {host}"
    if keyring:
        try:
            with keeping(secret, service=service, user=connection.key_id, file=None) as reference:
                return _name(replace(connection, key=reference), folder, project)
        except NoKeyringError:
            pass
    file = key_folder() / f"{_in_file_name(host)}-{_in_file_name(connection.key_id)}.key"
    with keeping(secret, service=service, user=connection.key_id, file=file) as reference:
        return _name(replace(connection, key=reference), folder, project)


def _in_file_name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "_", text)


def _name(connection: Connection, folder: Path, project: str) -> Kept:
    """Write the connection into ``importer.yaml``, if nothing else in there changes by it."""
    path = (folder / SETTINGS_FILE).resolve()
    lines = list(_lines(connection, project, _INDENT))
    shown = "\n".join(["connections:", *lines, ""])
    before = read_settings(folder)
    if not before.file:
        text = "\n".join([*_head(connection), *lines, *_tail(), ""])
        _read_back(text)
        _write(path, text, _FILE_MODE)
        return Kept(connection, path, Written.NEW, shown, default=True)
    default = before.default_connection is None and not before.connections
    old = path.read_bytes().decode()
    text = _with_connection(old, connection, project)
    if not _only_adds(text, connection, before):
        return Kept(connection, path, Written.BY_HAND, shown, default)
    _write(path, text, stat.S_IMODE(path.stat().st_mode))
    return Kept(connection, path, Written.ADDED, shown, default)


def _write(path: Path, text: str, mode: int) -> None:
    try:
        write_whole(path, text.encode())
        path.chmod(mode)
    except OSError as error:
        reason = error.strerror or error
        raise UnusableInputError(
            tr("{file} cannot be written: {reason}", file=path, reason=reason)
        ) from error


# --- the lines of importer.yaml -------------------------------------------------------------------


def _head(connection: Connection) -> Iterator[str]:
    yield tr("# Connections to accounts. Which column goes to which field stands in mappings/.")
    yield from tr(
        "# No key is in this file: `key` says where it is (env:NAME, file:PATH,\n"
        "# keyring:SERVICE/USER)."
    ).splitlines()
    yield f"default_connection: {inline(connection.name)}"
    yield "connections:"


def _lines(connection: Connection, project: str, indent: int) -> Iterator[str]:
    """Write a connection, with the limits that hold for it as comments."""
    around, inside = " " * indent, " " * (indent + _INDENT)
    yield f"{around}{inline(connection.name)}:"
    yield f"{inside}target: {connection.target}"
    yield f"{inside}url: {inline(connection.url)}"
    if connection.project_id:
        remark = next(comment(" ".join(project.split())[:80])) if project.strip() else ""
        yield f"{inside}project_id: {connection.project_id}   {remark}".rstrip()
    is_number = _NUMBER.fullmatch(connection.key_id)
    yield f"{inside}key_id: {connection.key_id if is_number else inline(connection.key_id)}"
    yield f"{inside}key: {inline(connection.key)}"
    remarks = tr(_REMARKS.get(connection.target, _NO_LIMITS))
    yield from (f"{inside}{one}" for one in remarks.splitlines())
    yield f"{inside}# limits:"
    for limit, value in asdict(connection.limits).items():
        if value is None:
            none = tr("# none now")
            yield f"{inside}#   {limit}: 1000   {none}"
        else:
            yield f"{inside}#   {limit}: {value}"


def _tail() -> Iterator[str]:
    yield tr('# reports: {delimiter: ";"}   # a French Excel splits on it')


def _with_connection(text: str, connection: Connection, project: str) -> str:
    """Add a connection's lines behind those of the others; every line that is there stays."""
    break_ = "\r\n" if "\r\n" in text else "\n"
    lines = text.removeprefix(_MARK).split("\n")
    if not lines[-1].strip():
        lines.pop()
    document = parse_document("\n".join(lines), SETTINGS_FILE)
    if ("connections",) not in document.names:
        new = ["connections:", *_lines(connection, project, _INDENT)]
        at = len(lines)
    else:
        new = list(_lines(connection, project, _indent(document)))
        at = _end_of_connections(lines, document)
    lines = [line.removesuffix("\r") for line in (*lines[:at], *new, *lines[at:])]
    mark = _MARK if text.startswith(_MARK) else ""
    return mark + break_.join([*lines, ""])


def _indent(document: Document) -> int:
    names = (name for path, name in document.names.items() if _is_connection(path))
    return next((name.column - 1 for name in names), _INDENT)


def _is_connection(path: tuple[str | int, ...]) -> bool:
    return len(path) == 2 and path[0] == "connections"


def _end_of_connections(lines: list[str], document: Document) -> int:
    """Find the line before which another connection belongs; remarks above what follows stay."""
    begin = document.line(("connections",))
    end = begin
    while end < len(lines) and (not lines[end].strip() or lines[end][0] in " \t#"):
        end += 1
    while end > begin and (not lines[end - 1].strip() or lines[end - 1][0] == "#"):
        end -= 1
    return end


def _only_adds(text: str, connection: Connection, before: Settings) -> bool:
    """Tell whether a text says what the file said before, and the connection, and nothing else."""
    try:
        after = _read_back(text)
    except UnusableInputError:
        return False
    added = after.connections.get(connection.name)
    others = {name: one for name, one in after.connections.items() if name != connection.name}
    same = replace(after, file=before.file, connections=others) == before
    wanted = (connection.target, connection.url, connection.key_id, connection.key)
    return (
        same and added is not None and (added.target, added.url, added.key_id, added.key) == wanted
    )


def _read_back(text: str) -> Settings:
    """Read a text as importer.yaml is read."""
    with TemporaryDirectory() as folder:
        (Path(folder) / SETTINGS_FILE).write_bytes(text.encode())
        return read_settings(Path(folder))
