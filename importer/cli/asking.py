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

    def mistake(answer: str) -> str:
        right = answer.isascii() and answer.isdigit() and len(answer) < 10
        if right and 1 <= int(answer) <= len(labels):
            return ""
        return f"A number from 1 to {len(labels)} is needed."  # what was typed could be a key

    return int(ask("Number", mistake, None if default is None else str(default))) - 1


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
                wrong = "" if typed.isprintable() else "It holds a character that no key has."
            except UnicodeError:  # bytes that are no text in this terminal's encoding
                wrong = "It holds a character that cannot be read."
            except getpass.GetPassWarning:
                raise UnusableInputError(
                    "this terminal cannot hide what is typed: put the key in a file that only you "
                    "may read, and name it with --key-file"
                ) from None
            if wrong:
                say(f"{wrong} Give it again.")
                typed = ""
    return typed
