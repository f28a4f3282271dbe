"""``setup``: the questions, and what is said of the answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from importer.cli import options
from importer.cli.asking import ask, ask_unseen, choose, confirm
from importer.cli.screen import may_ask, say
from importer.language import mark, tr

if TYPE_CHECKING:
    from importer.assembly import Means
    from importer.connections import ConnectionTest
    from importer.model import Connection, Credentials, Secret
    from importer.setting_up import Kept, Place
    from importer.settings import Settings

_TRIALS = 3
_NO_TERMINAL = mark(
    "setup asks questions, and there is no terminal: write importer.yaml by hand instead, for "
    "instance connections: {production: {target: dialog-insight, "
    "url: https://app.dialoginsight.com, project_id: 123456, key_id: 5335, key: env:NAME}}"
)
_NOTHING = mark("nothing was stored or written")


@dataclass(frozen=True, slots=True)
class _Account:
    """An account that was asked for. ``tested``: it was also reached, and all was well."""

    connection: Connection
    secret: Secret
    project: str
    tested: bool


@click.command("setup")
@click.option(
    "--key-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="PATH",
    help="Take the key from this file, which only you may read; it stays there.",
)
@click.option(
    "--no-keyring",
    is_flag=True,
    help="Keep the key in a file that only you may read, not in the system's keyring.",
)
@options.as_json
@options.quiet
def setup_command(key_file: Path | None, no_keyring: bool, as_json: bool, quiet: bool) -> int:
    """Connect an account: asks for it, tries it, and writes importer.yaml.

    The key, or the password of an API user, is typed unseen and goes into the system's keyring;
    where there is none, into a file that only you may read. It is never in importer.yaml. Nothing
    is written before the last answer.

    \b
    Examples:
      importer setup
      importer setup --key-file ~/dialog-insight.key

    \b
    With --json, one object:
      connection, target, url, project_id, key_id, key (where it is), tested
      file, written (new, added, by-hand), lines (those that name the connection)
    """
    from importer import assembly, connections, setting_up
    from importer.errors import UnusableInputError

    if not may_ask():
        raise UnusableInputError(tr(_NO_TERMINAL))
    means = assembly.means()
    settings = assembly.settings_here(means)
    place = _ask_place()
    url = place.url or _ask_address(place)
    empty = setting_up.new_connection(place, url, "")
    asks = _ask_account if connections.knows_projects(empty) else _ask_user_s_account
    account = asks(place, url, key_file, means)
    name = _ask_name(place, settings)
    kept = setting_up.keep(
        replace(account.connection, name=name),
        account.secret,
        folder=Path(),
        project=account.project,
        keyring=not no_keyring,
    )
    if as_json:
        _print_json(kept, account)
    else:
        _print(kept, account, quiet=quiet)
    return 0


# --- questions ------------------------------------------------------------------------------------


def _ask_place() -> Place:
    from importer.setting_up import PLACES

    labels = [
        tr("{place} ({url})", place=tr(one.label), url=one.url) if one.url else tr(one.label)
        for one in PLACES
    ]
    return PLACES[choose(tr("Where is the account?"), labels, default=1)]


def _ask_account(place: Place, url: str, key_file: Path | None, means: Means) -> _Account:
    """Ask for key and project until the platform takes them.

    Raises:
        UnusableInputError: it does not take them, or cannot be asked and nobody wants to go on.
    """
    from importer import connections, setting_up
    from importer.errors import AccountCause, UnusableInputError
    from importer.model import Credentials

    key_id = ""
    for _ in range(_TRIALS):
        key_id = _ask_number(tr("Number of the key"), key_id or _usual_key(place))
        secret, reference = _ask_key(tr("Key (it does not show)"), key_file)
        connection = setting_up.new_connection(place, url, key_id)
        connection = replace(connection, key=reference)
        credentials = Credentials(key_id, secret)
        trial = connections.try_key(connection, credentials, means=means)
        if trial.problem and trial.cause is None:
            return _untested(trial, secret)
        if trial.cause in {AccountCause.PERMISSION, AccountCause.UNSAID}:
            say(tr("The key may not list projects ({words}).", words=trial.problem))
        elif trial.problem:
            _say_problem(trial)
            if trial.cause is not AccountCause.KEY or key_file is not None:
                raise UnusableInputError(tr(_NOTHING))
            continue
        account = _ask_project(trial, credentials, means)
        if account is not None:
            return account
    raise UnusableInputError(
        tr("the key was refused {times} times: nothing was stored or written", times=_TRIALS)
    )


def _ask_user_s_account(place: Place, url: str, key_file: Path | None, means: Means) -> _Account:
    """Ask for an API user and its password until the platform takes them; there are no projects.

    Raises:
        UnusableInputError: as ``_ask_account``.
    """
    from importer import connections, setting_up
    from importer.errors import AccountCause, UnusableInputError
    from importer.model import Credentials

    user = ""
    for _ in range(_TRIALS):
        user = ask(tr("API user"), setting_up.user_mistake, user or _usual_user(place))
        secret, reference = _ask_key(tr("Password (it does not show)"), key_file)
        connection = replace(setting_up.new_connection(place, url, user), key=reference)
        credentials = Credentials(user, secret)
        trial = connections.try_account(connection, credentials, means=means)
        if trial.address:
            say(tr("The account is at {address}.", address=trial.address))
            connection = replace(connection, url=trial.address)
            trial = connections.try_account(connection, credentials, means=means)
        if not trial.problem:
            return _Account(connection, secret, "", tested=True)
        if trial.cause is not AccountCause.KEY:
            return _untested(trial, secret)
        _say_problem(trial)
        if key_file is not None:
            raise UnusableInputError(tr(_NOTHING))
    raise UnusableInputError(
        tr("the password was refused {times} times: nothing was stored or written", times=_TRIALS)
    )


def _ask_project(trial: ConnectionTest, credentials: Credentials, means: Means) -> _Account | None:
    """Ask for the project and try it; None when it turns out that the key is wrong."""
    from importer import connections
    from importer.errors import AccountCause, UnusableInputError

    for _ in range(_TRIALS):
        number = _which_project(trial)
        connection = replace(trial.connection, project_id=number)
        full = connections.try_account(connection, credentials, means=means)
        project = full.projects.get(number, "")
        if not full.problem:
            return _Account(connection, credentials.key, project, tested=True)
        if full.cause is None:
            return _untested(full, credentials.key)
        _say_problem(full)
        if full.cause in {AccountCause.KEY, AccountCause.UNSAID}:
            return None
        if full.cause is not AccountCause.PROJECT:
            _go_on_or_stop()
            return _Account(connection, credentials.key, project, tested=False)
    raise UnusableInputError(tr("no project was found: nothing was stored or written"))


def _which_project(trial: ConnectionTest) -> str:
    numbers = list(trial.projects)
    if not numbers:
        return _ask_number(tr("Number of the project"))
    no_name = tr("(no name)")
    labels = [f"{name or no_name} ({number})" for number, name in trial.projects.items()]
    only = 1 if len(numbers) == 1 else None
    return numbers[choose(tr("Which project?"), labels, default=only)]


def _untested(trial: ConnectionTest, secret: Secret) -> _Account:
    """Go on with an account that could not be reached, if the person wants to."""
    _say_problem(trial)
    _go_on_or_stop()
    connection = trial.connection
    if trial.has_projects and not connection.project_id:
        number = _ask_number(tr("Number of the project"))
        connection = replace(connection, project_id=number)
    return _Account(connection, secret, "", tested=False)


def _go_on_or_stop() -> None:
    from importer.errors import UnusableInputError

    if not confirm(tr("Write importer.yaml all the same, untested?")):
        raise UnusableInputError(tr(_NOTHING))


def _ask_name(place: Place, settings: Settings) -> str:
    from importer.setting_up import name_mistake

    usual = "local" if place.is_sandbox else "production"
    default = None if usual in settings.connections else usual
    return ask(tr("Name of the connection"), lambda name: name_mistake(name, settings), default)


def _ask_address(place: Place) -> str:
    from importer.errors import sentence_of
    from importer.settings import SANDBOX_URL, check_url

    def mistake(url: str) -> str:
        try:
            check_url(url)
        except ValueError as error:
            return tr("{sentence}.", sentence=sentence_of(error))
        return ""

    usual = SANDBOX_URL if place.is_sandbox else None
    return ask(tr("Address"), mistake, usual).rstrip("/")


def _ask_number(what: str, default: str | None = None) -> str:
    from importer.setting_up import number_mistake

    return ask(what, number_mistake, default)


def _usual_key(place: Place) -> str | None:
    """Give the number of the sandbox's key, which everybody knows."""
    if not place.is_sandbox:
        return None
    say(tr("The sandbox's own key is number 1, and the key is the word sandbox."))
    return place.known_user


def _usual_user(place: Place) -> str | None:
    """Give the sandbox's API user, which everybody knows."""
    if not place.is_sandbox:
        return None
    say(
        tr(
            "The sandbox's own API user is {user}, and the password is the word sandbox.",
            user=place.known_user,
        )
    )
    return place.known_user


def _ask_key(what: str, key_file: Path | None) -> tuple[Secret, str]:
    """Ask for the key unseen; or read it, and give the reference to where it is."""
    from importer.key_places import resolve_secret
    from importer.model import Secret

    if key_file is not None:
        reference = f"file:{key_file.absolute()}"
        return resolve_secret(reference, "setup"), reference
    return Secret(ask_unseen(what)), ""


# --- what is said ---------------------------------------------------------------------------------


def _say_problem(trial: ConnectionTest) -> None:
    for line in trial.problem_lines():
        say(line)


def _print(kept: Kept, account: _Account, *, quiet: bool) -> None:
    from importer.setting_up import Written

    connection = kept.connection
    if kept.written is Written.BY_HAND:
        say(tr("{file} cannot be added to safely. Add these lines to it:", file=kept.file.name))
        click.echo(kept.lines, nl=False)
    if quiet:
        return
    tried = tr("tried") if account.tested else tr("not tried")
    if connection.project_id:
        told = tr(
            "{connection}: {url}, project {project} ({tried})",
            connection=connection.name,
            url=connection.url,
            project=f"{connection.project_id} {account.project}".strip(),
            tried=tried,
        )
    else:
        told = tr(
            "{connection}: {url} ({tried})",
            connection=connection.name,
            url=connection.url,
            tried=tried,
        )
    click.echo(told)
    click.echo(_where(connection.key))
    if kept.written is not Written.BY_HAND:
        click.echo(tr("Written: {file}", file=kept.file.name))
    if not kept.default:
        click.echo(
            tr("Name it where several could be meant: -c {connection}", connection=connection.name)
        )
    click.echo(tr("Next:"))
    click.echo("  importer mapping new contacts.csv -o mappings/contacts.yaml")
    click.echo("  importer check contacts.csv")


def _where(reference: str) -> str:
    kind, _, place = reference.partition(":")
    if kind == "keyring":
        service, _, user = place.partition("/")
        return tr(
            "The key is in the system's keyring, as {service}, user {user}",
            service=service,
            user=user,
        )
    return tr("The key is in {file}", file=place)


def _print_json(kept: Kept, account: _Account) -> None:
    import orjson

    connection = kept.connection
    members = {
        "connection": connection.name,
        "target": connection.target,
        "url": connection.url,
        "project_id": connection.project_id,
        "key_id": connection.key_id,
        "key": connection.key,
        "tested": account.tested,
        "file": str(kept.file),
        "written": kept.written.value,
        "lines": kept.lines,
    }
    click.echo(orjson.dumps(members, option=orjson.OPT_INDENT_2))
