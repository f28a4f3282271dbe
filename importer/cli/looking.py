"""``inspect``, ``runs``, ``show``, ``report``: looking, without changing anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from importer.cli import options
from importer.cli.screen import print_summary, say

if TYPE_CHECKING:
    from importer.recognition import ColumnLook
    from importer.sources import Source


@click.command("inspect")
@click.argument("file")
@options.sheet
@click.option(
    "--dump",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT.csv",
    help="Write what was read as clean UTF-8 CSV.",
)
@options.as_json
@options.quiet
def inspect_command(
    file: str, sheet: str | None, dump: Path | None, as_json: bool, quiet: bool
) -> int:
    """Tell what a file is: format, encoding, delimiter, sheet, header row, rows and columns.

    \b
    Example:
      importer inspect contacts.csv
    """
    from importer import inspection

    found = inspection.inspect(file, sheet=sheet)
    if dump is not None:
        _dump([table.source for table in found], dump)
        if not (as_json or quiet):
            say(f"Written: {dump}")
    if as_json:
        import orjson

        tables = [
            {**asdict(table.description), "columns": [asdict(look) for look in table.columns]}
            for table in found
        ]
        click.echo(orjson.dumps({"tables": tables}, option=orjson.OPT_INDENT_2))
        return 0
    for table in found:
        if quiet:
            for warning in table.description.warnings:
                say(f"Warning: {table.description.place}: {warning}")
        else:
            _print_table(asdict(table.description), table.columns)
    return 0


def _print_table(described: dict[str, Any], columns: tuple[ColumnLook, ...]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    sheet = f", sheet {described['sheet']}" if described["sheet"] else ""
    console.print(f"[bold]{_plain(described['file'] + sheet)}[/bold]")
    facts = [described["format"], described["encoding"]]
    if described["delimiter"]:
        facts.append(f"delimiter {described['delimiter']!r}")
    facts.append(f"header in row {described['header_row']}")
    facts.append(f"{described['rows']:,} rows")
    console.print("  " + _plain(" · ".join(fact for fact in facts if fact)))
    for warning in described["warnings"]:
        console.print(f"  Warning: {_plain(warning)}")
    table = Table(box=None, pad_edge=True)
    for title in ("column", "filled", "looks like", "examples (masked)"):
        table.add_column(title)
    for look in columns:
        examples = _plain(", ".join(look.examples))
        table.add_row(_plain(look.name), f"{look.fill:.0%}", _plain(look.words), examples)
    console.print(table)


def _plain(text: str) -> str:
    """Take what a terminal or rich would read as commands out of a text."""
    from rich.markup import escape

    return escape("".join(c if c.isprintable() else " " for c in text))


def _dump(sources: list[Source], place: Path) -> None:
    from importer.errors import UnusableInputError
    from importer.files import replacing
    from importer.inspection import dump

    if len(sources) > 1:
        raise click.UsageError("--dump writes one table: choose a sheet with --sheet NAME")
    try:
        with replacing(place) as stream:
            dump(sources[0], stream)
    except OSError as error:
        raise UnusableInputError(f"{place} cannot be written: {error.strerror or error}") from error


@click.command("runs")
@options.runs_dir
@options.as_json
@options.quiet
def runs_command(runs_dir: Path, as_json: bool, quiet: bool) -> int:
    """List the runs, oldest first; with --quiet only those that somebody must look at.

    \b
    Example:
      importer runs
    """
    from importer import runs

    found = runs.runs(runs_dir=runs_dir)
    if as_json:
        import orjson

        lines = [
            {"run": folder.id, "state": state, "rows": s.rows.model_dump() if s else None}
            for folder, state, s in found
        ]
        click.echo(orjson.dumps({"runs": lines}, option=orjson.OPT_INDENT_2))
        return 0
    if not found and not quiet:
        say(f"There is no run in {runs_dir}.")
    for folder, state, summary in found:
        over = state in {"checked", "finished"}
        if quiet and over and summary is not None and summary.exit_code == 0:
            continue
        told = ""
        if summary is not None:
            rows = summary.rows
            sent = rows.created + rows.updated + rows.accepted
            bad = rows.invalid + rows.rejected + rows.unknown
            told = f"{rows.read:>9,} rows  {sent:>9,} sent  {bad:>7,} with problems"
            told += "  SANDBOX" if summary.sandbox else ""
        click.echo(f"{folder.id:<50} {state:<10} {told}".rstrip())
    return 0


@click.command("show")
@click.argument("run")
@options.runs_dir
@options.as_json
@options.quiet
def show_command(run: str, runs_dir: Path, as_json: bool, quiet: bool) -> int:
    """Show one run's totals, and where its files are.

    \b
    Example:
      importer show k3fq
    """
    from importer import runs

    summary = runs.show(run, runs_dir=runs_dir)
    print_summary(summary, as_json=as_json, quiet=quiet)
    if not (as_json or quiet):
        for name in _files_of(Path(summary.folder)):
            click.echo(name)
    return 0


def _files_of(folder: Path) -> Iterator[str]:
    for path in sorted(folder.iterdir()):
        if path.name != "state":
            yield str(path)


@click.command("report")
@click.argument("run")
@options.runs_dir
@options.as_json
@options.quiet
def report_command(run: str, runs_dir: Path, as_json: bool, quiet: bool) -> int:
    """Write a run's report files again; the same bytes every time.

    \b
    Example:
      importer report k3fq
    """
    from importer import runs

    summary = runs.report(run, runs_dir=runs_dir)
    print_summary(summary, as_json=as_json, quiet=quiet)
    return 0
