"""The French catalogue, brought up to date with the code, and compiled.

``python -m tests.language.catalogue [OTHER.po ...]`` collects every sentence of the package, keeps
the translations there are, takes those of other files as well, drops what is said no more, writes
``importer.po`` and ``importer.mo`` anew, and prints what has no French yet.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from inspect import cleandoc
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from importer import cli

PACKAGE = Path(cli.__file__).parents[1]
SOURCE = PACKAGE / "locale" / "fr" / "LC_MESSAGES" / "importer.po"
COMPILED = SOURCE.with_suffix(".mo")
_METHODS = [
    ("locale/**", "ignore"),
    ("sandbox/**.py", "ignore"),
    ("**.py", "python"),
    ("**/templates/**.html", "jinja2.ext:babel_extract"),
]
_KEYWORDS = {"tr": None, "mark": None, "trn": (1, 2)}
_ALWAYS = datetime(2026, 1, 1, tzinfo=UTC)  # the same bytes whenever it is written
# What click 8.5 says itself, as far as a command line of ours can make it.
_OF_CLICK: tuple[str | tuple[str, str], ...] = (
    "Usage:", "Options", "Commands", "default: {default}", "required", "Aborted!",
    "Error: {message}", "Show this message and exit.", "Try '{command} {option}' for help.",
    "Missing argument", "Missing option", "Missing parameter", "Missing command.",
    "No such option {name!r}.", "No such command {name!r}.",
    ("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    ("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    "Option {name!r} does not take a value.",
    ("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    "Invalid value: {message}", "Invalid value for {param_hint}: {message}",
    "{value!r} is not a valid {number_type}.", "{value} is not in the range {range}.",
    ("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
    "{name} {filename!r} does not exist.", "{name} {filename!r} is a file.",
    "{name} {filename!r} is a directory.", "{name} {filename!r} is not readable.",
    "{name} {filename!r} is not writable.",
)  # fmt: skip


def collected() -> Catalog:
    """Collect every sentence of the package: of the code, the pages, and the commands' help."""
    catalog = _empty()
    found = extract_from_dir(PACKAGE, _METHODS, keywords=_KEYWORDS, strip_comment_tags=True)
    for file, _, text, comments, context in found:
        catalog.add(text, locations=[(file, 1)], auto_comments=comments, context=context)
    for text in (*_helps(cli.cli), *_OF_CLICK):
        if text not in catalog:
            catalog.add(text, locations=[("cli", 1)])
    return catalog


def _helps(command: click.Command) -> Iterator[str]:
    if command.help:
        yield cleandoc(command.help)
    for option in command.params:
        if isinstance(option, click.Option) and option.help:
            yield option.help
    if isinstance(command, click.Group):
        for member in command.commands.values():
            yield from _helps(member)


def translated() -> Catalog:
    """Read the French catalogue."""
    if not SOURCE.exists():
        return _empty()
    with SOURCE.open("rb") as stream:
        return read_po(stream, locale="fr")


def compiled(catalog: Catalog) -> bytes:
    """Give a catalogue as gettext reads it."""
    stream = io.BytesIO()
    write_mo(stream, catalog)
    return stream.getvalue()


def written(catalog: Catalog) -> bytes:
    """Give a catalogue as people read it."""
    stream = io.BytesIO()
    write_po(stream, catalog, width=100, sort_by_file=True, include_lineno=False)
    return stream.getvalue()


def _empty() -> Catalog:
    return Catalog(
        locale="fr",
        project="importer",
        version="1",
        header_comment="# French words of importer.",
        creation_date=_ALWAYS,
        revision_date=_ALWAYS,
        last_translator="",
        language_team="",
        charset="utf-8",
        fuzzy=False,
    )


def is_translated(string: str | list[str] | tuple[str, ...] | None) -> bool:
    """Tell whether a message has its French, in every number."""
    return bool(string) and (isinstance(string, str) or all(string or ()))


def updated(others: list[Path]) -> Catalog:
    """Lay the translations there are over the sentences of today; those of others count more."""
    known = [translated()]
    for path in others:
        with path.open("rb") as stream:
            known.append(read_po(stream, locale="fr"))
    result = _empty()
    for message in collected():
        if not message.id:
            continue
        french = message.string
        for catalog in known:
            one = message.id[0] if isinstance(message.id, tuple) else message.id
            found = catalog.get(one)
            same = found is not None and isinstance(found.id, str) == isinstance(message.id, str)
            if found is not None and same and is_translated(found.string):
                french = found.string
        result.add(message.id, french, locations=sorted(set(message.locations)))
    return result


def main() -> None:
    """Bring the catalogue up to date, and print what is missing."""
    catalog = updated([Path(name) for name in sys.argv[1:]])
    SOURCE.parent.mkdir(parents=True, exist_ok=True)
    SOURCE.write_bytes(written(catalog))
    COMPILED.write_bytes(compiled(catalog))
    missing = [m for m in catalog if m.id and not is_translated(m.string)]
    for message in missing:
        print(repr(message.id))
    print(f"{len(list(catalog))} sentences, {len(missing)} without French", file=sys.stderr)


if __name__ == "__main__":
    main()
