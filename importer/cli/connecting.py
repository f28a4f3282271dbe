"""``connection test`` and ``sandbox``."""

from __future__ import annotations

from dataclasses import fields
from enum import Enum
from pathlib import Path
from typing import Any

import click

from importer.cli import options
from importer.cli.screen import say
from importer.language import tr
from importer.sandbox import DEFAULT_HOST, DEFAULT_PORT, SandboxError, SandboxSettings


@click.group("connection")
def connection_group() -> None:
    """Connections to accounts, as importer.yaml has them."""


@connection_group.command("test")
@click.argument("name")
@options.as_json
@options.quiet
def connection_test(name: str, as_json: bool, quiet: bool) -> int:
    """Try credentials, project and permissions, without writing anything.

    A refusal is told apart where the platform's answer does: a wrong key, a key that is switched
    off or expired, an address that is not allowed, a missing permission, an unknown project, a
    platform that has moved. Whether the key may write is known only at the first call that writes.

    \b
    Examples:
      importer connection test production
      importer connection test production --json

    \b
    With --json, one object:
      connection, target, url, project_id
      projects (number -> name), fields (code -> label, or null), required (fields, or null)
      problem (the platform's words, or ""), remedy (a sentence, or "")
      cause: key, inactive, address, permission, project, moved, unsaid; null without a refusal
    """
    from importer import connections

    found = connections.try_connection(name)
    if as_json:
        import orjson

        click.echo(orjson.dumps(found.as_dict(), option=orjson.OPT_INDENT_2))
        return found.exit_code
    if quiet and not found.problem:
        return 0
    for line in found.lines():
        click.echo(line)
    return found.exit_code


# --- sandbox -------------------------------------------------------------------------------------

_TYPES: dict[str, Any] = {
    "int": int,
    "float": float,
    "str": str,
    "int | None": int,
    "Path | None": click.Path(dir_okay=False, path_type=Path),
}


def _switches(command: Any) -> Any:
    """Make an option of every switch of the sandbox."""
    for switch in reversed(fields(SandboxSettings)):
        if switch.name == "project":
            continue
        flag = "--" + switch.name.replace("_", "-")
        told = SandboxSettings.help_of(switch.name)
        if isinstance(switch.default, bool):
            names = f"{flag}/--no-{flag[2:]}" if switch.default else flag
            option = click.option(names, default=switch.default, help=told)
            if not switch.default:
                option = click.option(names, is_flag=True, help=told)
        elif isinstance(switch.default, Enum):
            kind = type(switch.default)
            choices = click.Choice([str(member.value) for member in kind])
            option = click.option(
                flag, type=choices, default=switch.default.value, show_default=True, help=told
            )
        else:
            option = click.option(
                flag,
                type=_TYPES[str(switch.type)],
                default=switch.default,
                show_default=switch.default not in {None, ""},
                help=told,
            )
        command = option(command)
    return command


@click.command("sandbox")
@click.option("--host", default=DEFAULT_HOST, show_default=True, help="Where to listen.")
@click.option("--port", type=int, default=DEFAULT_PORT, show_default=True, help="0: any free one.")
@click.option(
    "--project",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A JSON file with the project's fields.",
)
@_switches
def sandbox_command(host: str, port: int, project: Path | None, **switches: Any) -> int:
    """Run a local imitation of the platform, for trying and for tests.

    What nobody outside knows of the platform is a switch here, with a default of our own making.

    \b
    Examples:
      importer sandbox
      importer sandbox --faults "ok lost 429 500 slow garbage" --store contacts.sqlite3
      importer run contacts.csv -m newsletter -c sandbox
    """
    from importer.errors import UnusableInputError
    from importer.sandbox import read_project, serve

    kinds: dict[str, Any] = {field.name: type(field.default) for field in fields(SandboxSettings)}
    chosen = {
        name: kinds[name](value) if issubclass(kinds[name], Enum) else value
        for name, value in switches.items()
    }
    try:
        if project is not None:
            chosen["project"] = read_project(project)
        serve(
            SandboxSettings(**chosen),
            host,
            port,
            on_ready=lambda url: say(
                tr("SANDBOX at {url} (its page: {url}/). Ctrl-C ends it.", url=url)
            ),
        )
    except SandboxError as error:
        raise UnusableInputError(str(error)) from None
    return 0
