"""Connections are chosen, and their accounts asked what they hold."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from importer import targets
from importer.assembly.means import Means
from importer.documents import near
from importer.errors import ImporterError, UnusableInputError
from importer.key_places import resolve_secret
from importer.language import tr
from importer.mapping import Mapping
from importer.model import (
    AccountFields,
    Connection,
    Credentials,
    Limits,
    PlannedField,
    WriteMode,
)
from importer.run_folder import ConnectionFacts
from importer.settings import (
    SANDBOX,
    ConnectionSection,
    Settings,
    read_settings,
)

if TYPE_CHECKING:
    from collections.abc import Mapping as Members

    from importer.line import Line
    from importer.pacing import Budget

# The sandbox is this machine: it may be asked quickly, and its key is no secret.
_SANDBOX_KEY = "public:sandbox"
# Target -> key id and project.
_SANDBOX_ACCOUNTS = {
    "dialog-insight": ("1", "1"),
    "dotdigital": ("apiuser-sandbox@apiconnector.com", ""),
}

_READING = WriteMode(allow_insert=False, allow_update=False)


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
            tr(
                "the mapping {mapping} is bound to the connection {connection}: it cannot be sent "
                "through {other}",
                mapping=mapping.name if mapping else "",
                connection=wanted,
                other=option,
            )
        )
    name = option or wanted or settings.default_connection
    if name is None and len(settings.connections) == 1:
        name = next(iter(settings.connections))
    if name is None:
        if not needed:
            return None
        raise UnusableInputError(_none_chosen(settings))
    target = mapping.target if mapping is not None else ""
    connection = named_connection(means, name, target)
    if mapping is not None:
        _refuse_other_target(mapping, connection)
    return connection


def _none_chosen(settings: Settings) -> str:
    known = ", ".join(settings.connections)
    if known:
        return tr(
            "no connection is chosen and {file} has several ({known}): name one with -c NAME "
            "(-c sandbox is built in)",
            file=settings.file,
            known=known,
        )
    return tr(
        "no connection is chosen and importer.yaml has none: name one with -c NAME (-c sandbox is "
        "built in)"
    )


def _refuse_other_target(mapping: Mapping, connection: Connection) -> None:
    wanted = targets.connected_by(mapping.target)
    if connection.target == wanted:
        return
    facts = {
        "mapping": mapping.name,
        "target": mapping.target,
        "connection": connection.name,
        "other": connection.target,
    }
    if wanted == mapping.target:
        raise UnusableInputError(
            tr(
                "the mapping {mapping} is for {target}, and the connection {connection} for "
                "{other}",
                **facts,
            )
        )
    raise UnusableInputError(
        tr(
            "the mapping {mapping} is for {target} (through a connection of {wanted}), and the "
            "connection {connection} for {other}",
            wanted=wanted,
            **facts,
        )
    )


def named_connection(means: Means, name: str, target: str = "") -> Connection:
    """Give a configured connection with its limits, or the built-in sandbox.

    ``target``: what a mapping calls the target that is written to through it; the limits are that
    one's. Left out, they are the connection's own, and the sandbox is Dialog Insight's.

    Raises:
        UnusableInputError: there is none of that name.
    """
    if name == SANDBOX:
        return sandbox_connection(means.sandbox_url, target or "dialog-insight")
    settings = settings_here(means)
    section = settings.connections.get(name)
    if section is None:
        known = [*settings.connections, SANDBOX]
        hint = near(name, known) or tr(" There are: {known}.", known=", ".join(known))
        raise UnusableInputError(tr('there is no connection "{name}".{hint}', name=name, hint=hint))
    known_targets = targets.connections()
    if section.target not in known_targets:
        instead = tr("there are: {known}", known=", ".join(known_targets))
        if section.target in targets.names():
            instead = tr(
                "write target: {target}, it serves both",
                target=targets.connected_by(section.target),
            )
        raise UnusableInputError(
            tr(
                "{file}: the connection {connection} has the target {target}; {instead}",
                file=settings.file,
                connection=name,
                target=section.target,
                instead=instead,
            )
        )
    return _connection(name, section, target)


def sandbox_connection(url: str, target: str) -> Connection:
    """Give the built-in connection to a sandbox of this machine, for a mapping's target."""
    limits = replace(targets.careful_limits(target), calls_per_minute=None)
    platform = targets.connected_by(target)
    key_id, project_id = _SANDBOX_ACCOUNTS[platform]
    return Connection(
        name=SANDBOX,
        target=platform,
        url=url,
        key_id=key_id,
        key=_SANDBOX_KEY,
        project_id=project_id,
        limits=limits,
        time_zone="UTC",
    )


def _connection(name: str, section: ConnectionSection, target: str) -> Connection:
    # A mapping of another platform is refused with the connection's own limits in hand.
    if not target or targets.connected_by(target) != section.target:
        target = section.target
    limits = replace(targets.careful_limits(target), **section.limits.given())
    return Connection(
        name=name,
        target=section.target,
        url=section.url,
        key_id=section.key_id,
        key=section.key,
        project_id=section.project_id,
        limits=targets.within_ceilings(target, limits),
        ca_file=section.ca_file,
        null_handling=section.null_handling,
        opt_in_dates=section.opt_in_dates,
        boolean_values=section.boolean_values,
        table_keys_in_data=section.table_keys_in_data,
        integration_token=section.integration_token,
        look_up_first=section.look_up_first,
        time_zone=section.time_zone,
    )


def target_of(
    connection: Connection,
    mapping: Mapping,
    fields: tuple[PlannedField, ...],
    mode: WriteMode | None = None,
    places: Members[str, str] | None = None,
) -> targets.Target:
    """Make the target that writes a mapping's fields through a connection.

    ``mode``: replaces the mapping's. ``places``: how the account names fields. Raises
    UnusableInputError as ``targets.build`` does.
    """
    return targets.build(
        connection,
        name=mapping.target,
        mode=mode or mapping.mode,
        fields=fields,
        clears=mapping.clears,
        table_id=mapping.table_id,
        places=places,
    )


def refreshed(connection: Connection, means: Means, target: str) -> Connection:
    """Take key and limits as they are configured now, where it still is the same account.

    A run keeps its own copy of its connection, so the configuration may go. But a key that was put
    right, or a limit, counts at once: for the same name, target, URL and project. ``target``: what
    the run's mapping calls it.
    """
    section = settings_here(means).connections.get(connection.name)
    if section is None:
        return connection
    now = _connection(connection.name, section, target)
    same = (now.target, now.url, now.project_id)
    if same != (connection.target, connection.url, connection.project_id):
        return connection
    return replace(
        connection, key_id=now.key_id, key=now.key, limits=now.limits, ca_file=now.ca_file
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


def line_to(connection: Connection, credentials: Credentials, means: Means) -> Line:
    """Open the way to a connection's account; close it when done.

    Raises:
        UnusableInputError: its calls cannot be counted, or ``ca_file`` cannot be read.
    """
    from importer.client import Client  # heavy, and a check needs no network
    from importer.line import Line
    from importer.pacing import Pace

    limits = connection.limits
    client = Client(
        limits.timeout_seconds, means.transport, clock=means.clock, ca_file=connection.ca_file
    )
    try:
        pace = Pace(limits, means.clock, budget=_budget(connection, means))
    except BaseException:
        client.close()
        raise
    return Line(
        client,
        pace,
        credentials,
        clock=means.clock,
        interruption=means.interruption,
        watcher=means.watcher,
    )


def _budget(connection: Connection, means: Means) -> Budget | None:
    """Open the count of the account's calls that everybody shares; none without any rate."""
    from importer.state import postgresql_budget, shared_budget

    limits = connection.limits
    rates = (
        limits.calls_per_second,
        limits.calls_per_minute,
        limits.calls_per_hour,
        limits.calls_per_day,
    )
    if not any(rates):
        return None
    settings = settings_here(means)
    account = "|".join((connection.target, connection.url, connection.key_id))
    if settings.budgets is None:
        return shared_budget(
            settings.state_folder,
            account,
            clock=means.clock,
            timeout_seconds=limits.timeout_seconds,
        )
    place = settings.budgets.password
    password = resolve_secret(place, "budgets") if place else None
    return postgresql_budget(
        settings.budgets.store, password, account, timeout_seconds=limits.timeout_seconds
    )


def account_fields(
    connection: Connection, means: Means, mapping: Mapping | None = None
) -> AccountFields | str:
    """Ask the account which fields it has; a sentence instead when it cannot be asked.

    ``mapping``: the fields of its target, where that is not the connection's own.

    Raises:
        UnusableInputError: the connection's secret is not where the configuration says.
    """
    target = (
        target_of(connection, mapping, ())
        if mapping is not None
        else targets.build(connection, mode=_READING, fields=())
    )
    if not isinstance(target, targets.Describes):
        return tr("no call is known that names the fields of {target}.", target=target.name)
    try:
        credentials = credentials_of(connection)
        with line_to(connection, credentials, means) as line:
            return targets.described(target, credentials, line.ask)
    except UnusableInputError:
        raise
    except ImporterError as error:
        return str(error)


def settings_here(means: Means) -> Settings:
    """Read the ``importer.yaml`` of the current folder."""
    return means.settings or read_settings(Path())
