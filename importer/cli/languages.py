"""The command line in the language that is spoken: help texts, click's own words, odd terminals.

click asks Python's gettext for its words, which has one domain for the whole process: it is ours
while a command line speaks another language than English, and no longer.
"""

from __future__ import annotations

import codecs
import gettext
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from inspect import cleandoc
from pathlib import Path

import click

from importer import language
from importer.language import ENGLISH, LANGUAGES, tr

PLAINER = "importer-plainer"
"""How a stream writes what its encoding lacks: signs of print as plain ones, others as numbers."""
_PLAIN = {"\u202f": " ", "\xa0": " ", "’": "'", "«": '"', "»": '"', "…": "...", "·": "-"}

_DOMAIN = "importer"
_FOLDER = Path(language.__file__).parent / "locale"
_VARIABLE = "LANGUAGE"  # gettext looks at it first
_written: list[tuple[click.Command | click.Option, str]] = []  # every help text in English


def learn(command: click.Command, help_names: Sequence[str]) -> None:
    """Note the help texts of a command, and of all below it, as they are written.

    ``help_names``: the names of the option that shows them.
    """
    if command.help:
        _written.append((command, command.help))
    context = click.Context(command, help_option_names=list(help_names))
    options = (one for one in command.get_params(context) if isinstance(one, click.Option))
    _written.extend((option, option.help) for option in options if option.help)
    if isinstance(command, click.Group):
        for member in command.commands.values():
            learn(member, help_names)


def asked_for(arguments: Sequence[str]) -> str | None:
    """Find the language that a command line names: what is wrong with it is told in it, too."""
    found = None
    for at, argument in enumerate(arguments):
        if argument == "--":
            break
        name, _, value = argument.partition("=")
        if name == "--language":
            chosen = value or "".join(arguments[at + 1 : at + 2])
            found = chosen if chosen in LANGUAGES else found
    return found


def speak(chosen: str) -> None:
    """Speak a language from now on, in help texts and click's own words as well."""
    language.speak(chosen)
    for shown, text in _written:
        # Not every terminal has the narrow blank.
        shown.help = tr(cleandoc(text)).replace("\u202f", "\xa0") if chosen != ENGLISH else text
    if chosen != ENGLISH:
        gettext.bindtextdomain(_DOMAIN, str(_FOLDER))
        gettext.textdomain(_DOMAIN)
    if gettext.textdomain() == _DOMAIN:
        os.environ[_VARIABLE] = chosen


@contextmanager
def for_one_command() -> Iterator[None]:
    """Undo at the end what ``speak`` and ``prefer`` did to the process."""
    before, domain, variable = language.spoken(), gettext.textdomain(), os.environ.get(_VARIABLE)
    try:
        yield
    finally:
        speak(ENGLISH)
        gettext.textdomain(domain)
        if variable is None:
            os.environ.pop(_VARIABLE, None)
        else:
            os.environ[_VARIABLE] = variable
        language.speak(before)
        language.prefer(None)


def _plainer(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    plain = (_PLAIN.get(c) or c.encode("ascii", "backslashreplace").decode() for c in lacking)
    return "".join(plain), error.end


codecs.register_error(PLAINER, _plainer)
