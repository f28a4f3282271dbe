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
from importer.sandbox import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    DotdigitalSettings,
    SandboxError,
    SandboxSettings,
)


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
    platform that has moved. Of an account in another region of Dotdigital the right address is
    told. Whether the key may write is known only at the first call that writes.

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
_DOTDIGITAL = "dotdigital_"
# Settings that a JSON file holds; the option of each is the file's name.
_FILES = {"project", "account", "dotdigital"}


def _switches(command: Any) -> Any:
    """Make an option of every switch of the sandbox, of both platforms."""
    told: list[tuple[str, Any, str]] = [
        *(("", one, SandboxSettings.help_of(one.name)) for one in fields(SandboxSettings)),
        *(
            (_DOTDIGITAL, one, DotdigitalSettings.help_of(one.name))
            for one in fields(DotdigitalSettings)
        ),
    ]
    for prefix, switch, purpose in reversed(told):
        if switch.name not in _FILES:
            command = _option(prefix + switch.name, switch, purpose)(command)
    return command


def _option(name: str, switch: Any, told: str) -> Any:
    flag = "--" + name.replace("_", "-")
    if isinstance(switch.default, bool):
        if not switch.default:
            return click.option(flag, is_flag=True, help=told)
        return click.option(f"{flag}/--no-{flag[2:]}", default=True, help=told)
    if isinstance(switch.default, Enum):
        choices = click.Choice([str(member.value) for member in type(switch.default)])
        return click.option(
            flag, type=choices, default=switch.default.value, show_default=True, help=told
        )
    return click.option(
        flag,
        type=_TYPES[str(switch.type)],
        default=switch.default,
        show_default=switch.default not in {None, ""},
        help=told,
    )


@click.command("sandbox")
@click.option("--host", default=DEFAULT_HOST, show_default=True, help="Where to listen.")
@click.option("--port", type=int, default=DEFAULT_PORT, show_default=True, help="0: any free one.")
@click.option(
    "--project",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A JSON file with the project's fields.",
)
@click.option(
    "--dotdigital-account",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A JSON file with the account's data fields, lists and preferences.",
)
@_switches
def sandbox_command(
    host: str, port: int, project: Path | None, dotdigital_account: Path | None, **switches: Any
) -> int:
    """Run a local imitation of both platforms, for trying and for tests.

    What nobody outside knows of a platform is a switch here, with a default of our own making.
    Dialog Insight and Dotdigital answer on the same port; store, faults, latency and the list of
    calls are common to both.

    \b
    Examples:
      importer sandbox
      importer sandbox --faults "ok lost 429 500 slow garbage" --store contacts.sqlite3
      importer sandbox --dotdigital-rate-scheme tiered --dotdigital-polls 5
      importer run contacts.csv -m newsletter -c sandbox
    """
    from importer.errors import UnusableInputError
    from importer.sandbox import read_account, read_project, serve

    try:
        chosen = _chosen(SandboxSettings, "", switches)
        of_dotdigital = _chosen(DotdigitalSettings, _DOTDIGITAL, switches)
        if project is not None:
            chosen["project"] = read_project(project)
        if dotdigital_account is not None:
            of_dotdigital["account"] = read_account(dotdigital_account)
        chosen["dotdigital"] = DotdigitalSettings(**of_dotdigital)
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


def _chosen(settings: Any, prefix: str, switches: dict[str, Any]) -> dict[str, Any]:
    """The values of the options of one platform's switches, by the names of the switches."""
    chosen = {}
    for one in fields(settings):
        if one.name not in _FILES:
            value = switches[prefix + one.name]
            chosen[one.name] = type(one.default)(value) if isinstance(one.default, Enum) else value
    return chosen
