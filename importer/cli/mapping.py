"""``mapping check``, ``mapping schema``."""

from __future__ import annotations

import click

from importer.cli import options
from importer.cli.screen import say


@click.group("mapping")
def mapping_group() -> None:
    """Mapping files: which column goes to which field."""


@mapping_group.command("check")
@click.argument("mapping")
@click.argument("file", required=False)
@options.sheet
@options.as_json
@options.quiet
def mapping_check(
    mapping: str, file: str | None, sheet: str | None, as_json: bool, quiet: bool
) -> int:
    """List all mistakes of a mapping at once; with FILE, also what does not fit it.

    \b
    Examples:
      importer mapping check newsletter
      importer mapping check mappings/newsletter.yaml contacts.csv
    """
    from importer import assembly
    from importer.errors import UnusableInputError

    try:
        _, read = assembly.find_mapping(mapping)
        warnings = list(read.warnings)
        if file is not None:
            found, _ = assembly.files_of([file])
            today = assembly.means().clock.now().astimezone().date()
            opened = assembly.open_all(found, mapping, sheet=sheet, run_date=today)
            warnings += [w for bound in opened.bound for w in bound.warnings]
    except UnusableInputError as error:
        if not as_json:
            raise
        _print_json([vars_of(m) for m in error.mistakes], [])
        return 4
    if as_json:
        _print_json([], warnings)
        return 0
    for warning in warnings:
        say(f"Warning: {warning}")
    if quiet:
        return 0
    fields = ", ".join(rule.field for rule in read.rules)
    click.echo(f"{mapping}: no mistake found. It writes {fields}.")
    return 0


def vars_of(mistake: object) -> dict[str, object]:
    """Lay a mistake out for JSON."""
    return {name: getattr(mistake, name) for name in ("file", "line", "message")}


def _print_json(mistakes: list[dict[str, object]], warnings: list[str]) -> None:
    import orjson

    content = {"mistakes": mistakes, "warnings": warnings}
    click.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2))


@mapping_group.command("schema")
def mapping_schema() -> int:
    """Print the JSON Schema of the mapping format, for editors.

    \b
    Example:
      importer mapping schema > mapping.schema.json
    """
    import orjson

    from importer.mapping import json_schema

    click.echo(orjson.dumps(json_schema(), option=orjson.OPT_INDENT_2))
    return 0
