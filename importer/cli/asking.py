"""Questions at the terminal, on stderr: what a command prints stays its result."""

from __future__ import annotations

import getpass
import warnings
from collections.abc import Callable, Sequence

import click

from importer.cli.screen import say
from importer.language import ENGLISH, spoken, tr

_YES, _NO = {"o", "oui", "y", "yes"}, {"", "n", "no", "non"}


def ask(what: str, mistake: Callable[[str], str], default: str | None = None) -> str:
    """Ask until the answer is right; ``mistake`` says what is wrong with one, or ""."""
    while True:
        given = click.prompt(what, default=default, prompt_suffix=tr(": "), err=True)
        answer = str(given).strip()
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
        # What was typed is not repeated: it could be a key.
        return tr("A number from 1 to {last} is needed.", last=len(labels))

    return int(ask(tr("Number"), mistake, None if default is None else str(default))) - 1


def confirm(question: str) -> bool:
    """Ask for a yes or a no, in the language that is spoken; a bare return is a no."""
    if spoken() == ENGLISH:
        return click.confirm(question, default=False, err=True)
    answers = tr("[y/N]")
    answer = click.prompt(
        f"{question} {answers}",
        default="",
        show_default=False,
        prompt_suffix=tr(": "),
        value_proc=_yes_or_no,
        err=True,
    )
    return bool(answer)


def _yes_or_no(typed: str) -> bool:
    """Read a yes or a no in either language."""
    word = typed.strip().lower()
    if word not in _YES | _NO:
        raise click.UsageError(tr("invalid input"))
    return word in _YES


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
                given = click.prompt(what, hide_input=True, prompt_suffix=tr(": "), err=True)
                typed = str(given).strip()
                wrong = ""
                if not typed.isprintable():
                    wrong = tr("It holds a character that no key has. Give it again.")
            except UnicodeError:  # bytes that are no text in this terminal's encoding
                wrong = tr("It holds a character that cannot be read. Give it again.")
            except getpass.GetPassWarning:
                raise UnusableInputError(
                    tr(
                        "this terminal cannot hide what is typed: put the key in a file that only "
                        "you may read, and name it with --key-file"
                    )
                ) from None
            if wrong:
                say(wrong)
                typed = ""
    return typed
