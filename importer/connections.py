"""Trying a connection: credentials, project and permissions, without writing anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from importer import assembly, targets
from importer.assembly import Means
from importer.errors import AccountCause, ImporterError, RefusedError, UnusableInputError
from importer.language import tr
from importer.model import AccountFields, Connection, Credentials, WriteMode
from importer.settings import SANDBOX

if TYPE_CHECKING:
    from importer.line import Line

_READING = WriteMode(allow_insert=False, allow_update=False)
_TELLS_NOTHING = frozenset({AccountCause.KEY, AccountCause.UNSAID})


@dataclass(frozen=True, slots=True)
class ConnectionTest:
    """What a connection's account answered.

    ``problem``: the platform's own words, or why it cannot be asked; empty when all is well.
    ``cause``: of a refusal; None when there is no problem, or no answer. ``aside``: what was
    refused and is not needed. ``address``: where the account is, when the platform says that it is
    elsewhere. ``has_projects``: whether its accounts hold several.
    """

    connection: Connection
    account: AccountFields | None = None
    projects: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    cause: AccountCause | None = None
    aside: str = ""
    address: str = ""
    has_projects: bool = True

    @property
    def exit_code(self) -> int:
        """0, or 4: nothing can be sent through this connection as it is."""
        return 4 if self.problem else 0

    @property
    def remedy(self) -> str:
        """One sentence that says what to do; empty where no cause is known."""
        if self.cause is None:
            return ""
        if not self.has_projects:
            return _remedy_of_user(self.cause, self.connection, self.address)
        return _remedy(self.cause, self.connection)

    def lines(self) -> Iterator[str]:
        """Say it in lines for a person."""
        if self.connection.name == SANDBOX:
            yield "SANDBOX"
        one = self.connection
        yield tr(
            "{connection}: {target} at {url}", connection=one.name, target=one.target, url=one.url
        )
        if self.projects:
            named = self.projects.get(self.connection.project_id, "")
            if named:
                yield tr("Project {number}: {name}", number=one.project_id, name=named)
            others = ", ".join(f"{number} {name}" for number, name in self.projects.items())
            yield tr("Projects of the key: {projects}", projects=others)
        if self.account is not None:
            required = ", ".join(sorted(self.account.required)) or tr("none")
            count = len(self.account.labels)
            yield tr("Fields: {count} (required: {required})", count=count, required=required)
            yield self._accepted()
        if self.aside:
            yield tr(
                "The key may not list projects, which is not needed ({words}).", words=self.aside
            )
        yield from self.problem_lines()

    def _accepted(self) -> str:
        if self.has_projects:
            return tr("The key is accepted. Whether it may write is known at the first call.")
        return tr("The API user is accepted. Whether it may write is known at the first call.")

    def problem_lines(self) -> Iterator[str]:
        """Say what is wrong: the remedy, then the platform's own words."""
        if not self.problem:
            return
        yield tr("Problem: {sentence}", sentence=self.remedy or self.problem)
        if self.remedy:
            yield tr("The platform says: {words}", words=self.problem)

    def as_dict(self) -> dict[str, Any]:
        """Say it for a machine."""
        return {
            "connection": self.connection.name,
            "target": self.connection.target,
            "url": self.connection.url,
            "project_id": self.connection.project_id,
            "projects": dict(self.projects),
            "fields": dict(self.account.labels) if self.account else None,
            "required": sorted(self.account.required) if self.account else None,
            "problem": self.problem,
            "cause": None if self.cause is None else self.cause.value,
            "remedy": self.remedy,
        }


def _remedy(cause: AccountCause, connection: Connection) -> str:
    match cause:
        case AccountCause.KEY:
            return tr(
                "the key, or its number {number}, is wrong: compare both with the keys that the "
                "platform lists.",
                number=connection.key_id,
            )
        case AccountCause.INACTIVE:
            return tr(
                "the key is switched off or has expired: switch it on in the platform, or make "
                "another one there."
            )
        case AccountCause.ADDRESS:
            return tr(
                "the key may not be used from this machine's address: add it to the key's "
                "authorized addresses in the platform."
            )
        case AccountCause.PERMISSION:
            return tr(
                "the key lacks a permission: give it the projects and the contacts API in the "
                "platform."
            )
        case AccountCause.PROJECT:
            return tr(
                "there is no project {number} for this key: correct project_id in importer.yaml.",
                number=connection.project_id or tr("(none is named)"),
            )
        case AccountCause.MOVED:
            return tr("the platform's address is another one: correct url in importer.yaml.")
        case AccountCause.UNSAID:
            return tr(
                "the platform refuses the key and does not say why: look at the key, its "
                "permissions and the log of calls in the platform."
            )


def _remedy_of_user(cause: AccountCause, connection: Connection, address: str) -> str:
    """Say it where accounts have users with passwords, and no projects."""
    match cause:
        case AccountCause.KEY:
            return tr(
                "the API user {user}, or its password, is wrong: compare both with the API users "
                "that the platform lists.",
                user=connection.key_id,
            )
        case AccountCause.MOVED if address:
            return tr(
                "the account is at {address}: write url: {address} in importer.yaml.",
                address=address,
            )
        case AccountCause.PERMISSION:
            return tr(
                "the API user lacks a permission, or the account is at another address: look at "
                "both in the platform."
            )
        case AccountCause.UNSAID:
            return tr(
                "the platform refuses the API user and does not say why: look at it in the "
                "platform."
            )
        case (
            AccountCause.MOVED | AccountCause.INACTIVE | AccountCause.ADDRESS | AccountCause.PROJECT
        ):
            return _remedy(cause, connection)


def try_connection(name: str, *, means: Means | None = None) -> ConnectionTest:
    """Ask a connection's account who it is.

    Raises:
        UnusableInputError: the connection is not configured, or its secret is not there.
    """
    means = means or assembly.means()
    connection = assembly.named_connection(means, name)
    return try_account(connection, assembly.credentials_of(connection), means=means)


def try_account(
    connection: Connection, credentials: Credentials, *, means: Means
) -> ConnectionTest:
    """List the projects a key may see, and read the one that the connection names.

    Where a platform has no projects, the account itself is read.

    Raises:
        UnusableInputError: the way to the account cannot be opened, by what is configured.
    """
    has_projects = knows_projects(connection)
    try:
        with assembly.line_to(connection, credentials, means) as line:
            projects = _listed(connection, credentials, line)
            account = _read(connection, credentials, line)
    except UnusableInputError:
        raise
    except ImporterError as error:
        return ConnectionTest(connection, problem=str(error), has_projects=has_projects)
    refused = projects if isinstance(projects, RefusedError) else None
    seen = {} if isinstance(projects, RefusedError) else projects
    found = ConnectionTest(connection, projects=seen, has_projects=has_projects)
    if not isinstance(account, RefusedError):
        return replace(found, account=account, aside=str(refused or ""))
    cause = account.cause
    if has_projects:
        cause = _cause_of_both(account, refused, known=_knows(seen, connection.project_id))
    return replace(found, problem=str(account), cause=cause, address=account.address)


def knows_projects(connection: Connection) -> bool:
    """Tell whether the accounts of a connection's platform hold several projects."""
    return isinstance(targets.build(connection, mode=_READING, fields=()), targets.Lists)


def try_key(connection: Connection, credentials: Credentials, *, means: Means) -> ConnectionTest:
    """List the projects a key may see, before one is chosen.

    Raises:
        UnusableInputError: as ``try_account``.
    """
    try:
        with assembly.line_to(connection, credentials, means) as line:
            projects = _listed(connection, credentials, line)
    except UnusableInputError:
        raise
    except ImporterError as error:
        return ConnectionTest(connection, problem=str(error))
    if isinstance(projects, RefusedError):
        return ConnectionTest(connection, problem=str(projects), cause=projects.cause)
    return ConnectionTest(connection, projects=projects)


def _cause_of_both(read: RefusedError, listed: RefusedError | None, *, known: bool) -> AccountCause:
    """Say why a project cannot be read; that the key may list projects says more than a status."""
    if listed is not None:
        return listed.cause if read.cause is AccountCause.UNSAID else read.cause
    if read.cause in _TELLS_NOTHING:
        return AccountCause.PERMISSION if known else AccountCause.PROJECT
    return read.cause


def _knows(projects: Mapping[str, str], project_id: str) -> bool:
    return project_id.lstrip("0") in {number.lstrip("0") for number in projects}


def _listed(
    connection: Connection, credentials: Credentials, line: Line
) -> Mapping[str, str] | RefusedError:
    """List the projects the key may see; none where the platform knows no projects."""
    target = targets.build(connection, mode=_READING, fields=())
    if not isinstance(target, targets.Lists):
        return {}
    try:
        return dict(target.read_list(line.ask(target.list_request(credentials))))
    except RefusedError as refusal:
        return refusal


def _read(
    connection: Connection, credentials: Credentials, line: Line
) -> AccountFields | RefusedError | None:
    """Read the fields of the connection's project; None where the platform does not tell them."""
    target = targets.build(connection, mode=_READING, fields=())
    if not isinstance(target, targets.Describes):  # pragma: no cover - every target so far does
        return None
    try:
        return targets.described(target, credentials, line.ask)
    except RefusedError as refusal:
        return refusal
