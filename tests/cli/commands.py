"""Every command of the command line, by its full name."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import click

from importer.cli import cli, run_command

GOLDEN = Path(__file__).parent / "golden"


def commands(
    command: click.Command = cli, name: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Give (words of the name, command), groups included."""
    yield name, command
    if isinstance(command, click.Group):
        for word, member in sorted(command.commands.items()):
            yield from commands(member, (*name, word))


def golden_file(name: tuple[str, ...]) -> Path:
    return GOLDEN / ("-".join(("importer", *name)) + ".txt")


def help_text(name: tuple[str, ...]) -> str:
    """Give a command's help as a terminal of 100 columns shows it."""
    shown = io.StringIO()
    with mock.patch.dict(os.environ, COLUMNS="100"), contextlib.redirect_stdout(shown):
        assert run_command([*name, "--help"]) == 0
    return shown.getvalue()


if __name__ == "__main__":  # writes the golden files again
    GOLDEN.mkdir(exist_ok=True)
    for name, _ in commands():
        golden_file(name).write_text(help_text(name), encoding="utf-8")
