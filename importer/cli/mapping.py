"""``mapping new``, ``mapping check``, ``mapping convert``, ``mapping schema``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from importer.cli import options
from importer.cli.screen import say
from importer.language import tr

if TYPE_CHECKING:
    from importer.assembly import Means
    from importer.errors import Mistake
    from importer.mapping import BoundMapping, Drift, Mapping


def _mapping_name(_: click.Context, __: click.Parameter, name: str | None) -> str | None:
    """Refuse what cannot be the name of a mapping, and of runs, as wrong usage."""
    if name is not None and not re.fullmatch(r"[^\W_][\w.-]*", name):
        raise click.BadParameter(
            tr("a name is letters, digits, - . and _, and begins with no sign.")
        )
    return name


_output = click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PATH",
    help="Write the mapping to a new file, such as mappings/NAME.yaml; left out: to stdout.",
)
_name = click.option(
    "--name",
    metavar="NAME",
    callback=_mapping_name,
    help="The mapping's name; left out: made of the file's name.",
)


@click.group("mapping")
def mapping_group() -> None:
    """Mapping files: which column goes to which field."""


@mapping_group.command("new")
@click.argument("file")
@_output
@_name
@click.option(
    "-c",
    "--connection",
    metavar="NAME",
    help="Ask this connection's account which fields there are; 'sandbox' is built in.",
)
@click.option(
    "--target",
    metavar="TARGET",
    help="The platform that the mapping is for; left out: the connection's, else dialog-insight.",
)
@options.sheet
@options.as_json
@options.quiet
def mapping_new(
    file: str,
    output: Path | None,
    name: str | None,
    connection: str | None,
    target: str | None,
    sheet: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Draft a mapping from a file's headers and values, for a person to read through.

    Each column gets a field, or none, with the reason and how sure it is. What is unsure is a
    comment, and so is every consent. Headers are read in English and French. With -c, only fields
    that the account has are proposed.

    \b
    Examples:
      importer mapping new contacts.csv -o mappings/contacts.yaml
      importer mapping new agency.xlsx --sheet Clients -c production
      importer mapping new readers.csv --target dotdigital

    \b
    With --json, one object:
      name, file, sheet, target, connection, key (the column, or null)
      proposals: column, field, options, reason, certainty (sure, likely, unsure, no field),
        commented
      required_and_lacking (fields), other_tables, written (a path, or null), draft (the text)
    or, where nothing can be drafted: mistakes (file, line, column, message, row)
    """
    from importer import drafting
    from importer.errors import UnusableInputError

    try:
        _refuse_to_write_over(output)
        drafted = drafting.draft(file, sheet=sheet, connection=connection, target=target, name=name)
        text = drafting.as_yaml(drafted, mapping=_named_by(output))
        if output is not None:
            _write_draft(output, text)
    except UnusableInputError as error:
        if not as_json:
            raise
        return _print_mistakes(error.mistakes)
    if as_json:
        import orjson

        members = drafting.as_members(drafted, text=text, path=str(output) if output else None)
        click.echo(orjson.dumps(members, option=orjson.OPT_INDENT_2))
    elif output is None:
        click.echo(text, nl=False)
    elif not quiet:
        say(tr("Written: {file}", file=output))
    if drafted.key is None:
        say(tr("No column is surely the key: choose one in the draft before it can be used."))
    for other in drafted.other_tables:
        say(tr("Not looked at: {table}", table=other))
    return 0


def _refuse_to_write_over(place: Path | None) -> None:
    from importer.errors import UnusableInputError

    if place is not None and (place.exists() or place.is_symlink()):
        raise UnusableInputError(
            tr("{file} is there already: name another file with -o", file=place)
        )


def _named_by(output: Path | None) -> str | None:
    """Say how commands name a mapping that is written there; None where it is only printed."""
    if output is None:
        return None
    shelved = output.parent == Path("mappings") and output.suffix == ".yaml"
    return output.stem if shelved else str(output)


def _write_draft(place: Path, text: str) -> None:
    """Write a mapping, and make the folder that it stands in."""
    from importer.errors import UnusableInputError
    from importer.files import write_whole

    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place, text.encode())
    except OSError as error:
        reason = error.strerror or error
        raise UnusableInputError(
            tr("{file} cannot be written: {reason}", file=place, reason=reason)
        ) from error


@mapping_group.command("check")
@click.argument("mapping")
@click.argument("file", required=False)
@click.option(
    "-c",
    "--connection",
    metavar="NAME",
    help="Compare with the fields of this connection's account; 'sandbox' is built in.",
)
@options.sheet
@options.as_json
@options.quiet
def mapping_check(
    mapping: str,
    file: str | None,
    connection: str | None,
    sheet: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """List all mistakes of a mapping at once; with FILE, also what does not fit it.

    Columns of FILE that are new, missing, renamed or in another order are told as such. With -c,
    also the fields that the account does not have, or keeps as something else.

    \b
    Examples:
      importer mapping check newsletter
      importer mapping check mappings/newsletter.yaml contacts.csv
      importer mapping check newsletter -c production

    \b
    With --json, one object:
      mistakes: file, line, column, message
      warnings, consents_only (null where there are mistakes)
      drift: new, missing, renamed, reordered (null without FILE)
    """
    from importer import assembly
    from importer.errors import UnusableInputError
    from importer.mapping import drift_in_words, merged

    bound: Sequence[BoundMapping] = ()
    told_of_account: Sequence[str] = ()
    try:
        place, read = assembly.find_mapping(mapping)
        means = assembly.means()
        today = means.clock.now().astimezone().date()
        assembly.refuse_impossible_values(read, run_date=today)
        assembly.lists_of(place, read)
        if connection is not None:
            told_of_account = _compare(read, connection, means)
        if file is not None:
            found, _ = assembly.files_of([file])
            bound = assembly.open_all(found, mapping, sheet=sheet, run_date=today).bound
    except UnusableInputError as error:
        if not as_json:
            raise
        drifts = getattr(error, "drifts", ())
        _print_check(error.mistakes, drift=merged(drifts) if drifts else None)
        return 4
    of_files = (warning for one in bound for warning in one.warnings)
    warnings = [*read.warnings, *told_of_account, *of_files]
    if as_json:
        drift = merged([one.drift for one in bound]) if bound else None
        _print_check((), warnings, drift=drift, consents_only=read.consents_only)
        return 0
    for warning in warnings:
        say(tr("Warning: {warning}", warning=warning))
    if quiet:
        return 0
    for one in bound:
        for sentence in drift_in_words(replace(one.drift, new=()), read, one.table):
            say(sentence)
    fields = ", ".join(rule.field for rule in read.rules)
    told = tr("{mapping}: no mistake found. It writes {fields}.", mapping=mapping, fields=fields)
    if read.consents_only:
        told = tr(
            "{mapping}: no mistake found. It writes {fields}. It writes consents only.",
            mapping=mapping,
            fields=fields,
        )
    click.echo(told)
    return 0


def _compare(mapping: Mapping, connection: str, means: Means) -> tuple[str, ...]:
    """Compare a mapping with an account; a sentence where it cannot be asked.

    Raises UnusableInputError for what the account does not have, or no call can hold.
    """
    from importer import assembly

    chosen = assembly.choose_connection(means, mapping, connection, needed=True)
    assert chosen is not None
    found = assembly.account_fields(chosen, means, mapping)
    if isinstance(found, str):
        return (
            tr(
                "The account's fields could not be compared with the mapping: {reason}",
                reason=found,
            ),
        )
    assembly.compare(chosen, mapping, found)
    return ()


def _print_check(
    mistakes: Sequence[Mistake],
    warnings: Sequence[str] = (),
    *,
    drift: Drift | None,
    consents_only: bool | None = None,
) -> None:
    import orjson

    content = {
        "mistakes": [vars_of(mistake) for mistake in mistakes],
        "warnings": warnings,
        "drift": None if drift is None else _vars_of_drift(drift),
        "consents_only": consents_only,
    }
    click.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2))


def vars_of(mistake: Mistake) -> dict[str, object]:
    """Lay a mistake out for JSON."""
    return {name: getattr(mistake, name) for name in ("file", "line", "column", "message")}


def _print_mistakes(mistakes: Sequence[Mistake]) -> int:
    """Print why nothing was written, as JSON; gives the exit code."""
    import orjson

    told = [vars_of(mistake) | {"row": mistake.row} for mistake in mistakes]
    click.echo(orjson.dumps({"mistakes": told}, option=orjson.OPT_INDENT_2))
    return 4


def _vars_of_drift(drift: Drift) -> dict[str, object]:
    return {name: getattr(drift, name) for name in ("new", "missing", "renamed", "reordered")}


@mapping_group.command("convert")
@click.argument("file")
@_output
@_name
@click.option(
    "--target",
    metavar="TARGET",
    default="dialog-insight",
    show_default=True,
    help="The platform that the mapping is for.",
)
@click.option("--table-id", metavar="NUMBER", help="The table of the target dialog-insight-table.")
@options.sheet
@options.as_json
@options.quiet
def mapping_convert(
    file: str,
    output: Path | None,
    name: str | None,
    target: str,
    table_id: str | None,
    sheet: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Turn a mapping that is kept as a CSV or Excel sheet into YAML.

    Two columns are enough: a header of the file, and the code of its field, or ignore. With a row
    of titles there can be more, in any order, in English or French: column, field, type, format,
    region, values (Oui=yes; Non=no, or with commas), aliases (E-mail; Mail, or with commas; one
    that holds a comma in quotes), required, blank, default, case, max_length, pattern and every
    other option of a column; constant, for rows that name no column; comment.

    \b
    Examples:
      importer mapping convert mapping.xlsx -o mappings/newsletter.yaml
      importer mapping convert mapping.csv --name newsletter

    \b
    With --json, one object:
      name, target, mapping (the text), written (a path, or null)
      open_question (what a person must write into it before use, or null)
    or, where nothing can be written: mistakes (file, line, column, message, row)
    """
    from importer import assembly
    from importer.errors import UnusableInputError

    try:
        _refuse_to_write_over(output)
        converted = assembly.convert_sheet(
            file, sheet=sheet, name=name, target=target, table_id=table_id
        )
        if output is not None:
            _write_draft(output, converted.text)
    except UnusableInputError as error:
        if not as_json:
            raise
        return _print_mistakes(error.mistakes)
    if as_json:
        import orjson

        members = {
            "name": converted.name,
            "target": target,
            "mapping": converted.text,
            "written": str(output) if output else None,
            "open_question": converted.open_question or None,
        }
        click.echo(orjson.dumps(members, option=orjson.OPT_INDENT_2))
    elif output is None:
        click.echo(converted.text, nl=False)
    elif not quiet:
        say(tr("Written: {file}", file=output))
    if converted.open_question:
        say(tr("Before it can be used: {question}.", question=converted.open_question))
    return 0


@mapping_group.command("schema")
def mapping_schema() -> int:
    """Print the JSON Schema of the mapping format, for editors.

    \b
    Example:
      importer mapping schema > mapping.schema.json
    """
    import orjson

    from importer import assembly
    from importer.mapping import json_schema

    click.echo(orjson.dumps(json_schema([*assembly.grammars()]), option=orjson.OPT_INDENT_2))
    return 0
