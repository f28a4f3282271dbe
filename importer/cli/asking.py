"""Questions at the terminal, on stderr: what a command prints stays its result."""

from __future__ import annotations

import getpass
import warnings
from collections.abc import Callable, Sequence

import click

from importer.cli.screen import say


def ask(what: str, mistake: Callable[[str], str], default: str | None = None) -> str:
    """Ask until the answer is right; ``mistake`` says what is wrong with one, or ""."""
    while True:
        answer = str(click.prompt(what, default=default, err=True)).strip()
        wrong = mistake(answer)
        if not wrong:
            return answer
        say(wrong)


def choose(question: str, labels: Sequence[str], *, default: int | None) -> int:
    """Ask for one of several, counted from 1; gives its index."""
    say(question)
    for number, label in enumerate(labels, 1):
        say(f"  {number}  {label}")
    kind = click.IntRange(1, len(labels))
    return int(click.prompt("Number", type=kind, default=default, err=True)) - 1


def ask_unseen(what: str) -> str:
    """Ask for a secret, which does not show while it is typed.

    Raises:
        UnusableInputError: this terminal would show it.
    """
    from importer.errors import UnusableInputError

    typed = ""
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        while not typed:
            try:
                typed = str(click.prompt(what, hide_input=True, err=True)).strip()
            except getpass.GetPassWarning:
                raise UnusableInputError(
                    "this terminal cannot hide what is typed: put the key in a file that only you "
                    "may read, and name it with --key-file"
                ) from None
    return typed
