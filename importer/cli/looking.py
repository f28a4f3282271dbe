"""``inspect``, ``runs``, ``show``, ``report``: looking, without changing anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from importer.cli import inspected, options
from importer.cli.screen import print_summary, say

if TYPE_CHECKING:
    from importer.inspection import InspectedTable
    from importer.sources import Source


@click.command("inspect")
@click.argument("file")
@options.sheet
@click.option(
    "--dump",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT.csv",
    help="Write the table's rows as clean UTF-8 CSV, to a new file.",
)
@options.as_json
@options.quiet
def inspect_command(
    file: str, sheet: str | None, dump: Path | None, as_json: bool, quiet: bool
) -> int:
    """Tell what a file is, how sure that is, and what was left out.

    For each table: its format, sheet, encoding, delimiter, quotes and header, each certain, likely
    or doubtful; the rows that are none of the table's; and its columns. Where two readings are
    about as likely, the line of the mapping that settles it is named.

    \b
    Examples:
      importer inspect contacts.csv
      importer inspect agency.xlsx --sheet Clients --dump clients.csv

    \b
    With --json, one object {"tables": [...], "passed_over": [...]}: what was named, or lies in
    a folder or an archive, and is not read, in words. Of each table:
      file, sheet, format, encoding, delimiter, quote, escape
      header_row (0: none), header_rows, first_row
      rows (read), table_rows (those of the table), hidden
      readings: what, found, certainty, others, settle
      left_out: part, first, last, rows, numbers (the first few)
      computed: column and how many of its cells hold formulas
      columns: name, fill (0 to 1), look, date_order, examples
      unknown: what the format does not tell
      repeated, warnings, obstacles (what a mapping must settle before a check)
    """
    from importer import inspection

    opened = inspection.open_tables(file, sheet=sheet)
    if dump is not None:
        _refuse_source(dump, opened.paths)
    if dump is None:
        found = [inspection.inspect(source) for source in opened.sources]
    else:
        found = [_dumped(opened.sources, dump)]
        if not (as_json or quiet):
            say(f"Written: {dump}")
    if as_json:
        import orjson

        content = {
            "tables": [inspected.as_members(table) for table in found],
            "passed_over": opened.passed_over,
        }
        click.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2))
        return 0
    for passed in opened.passed_over:
        say(f"Passed over: {passed}")
    for table in found:
        if quiet:
            described = table.description
            for warning in (*described.warnings, *(said for _, said in described.obstacles)):
                say(f"Warning: {described.shown}: {warning}")
        else:
            inspected.print_table(table)
    return 0


def _refuse_source(place: Path, sources: Sequence[Path]) -> None:
    """Refuse to write over a file that is read, by its own name or another."""
    from importer.errors import UnusableInputError

    if place.exists() and any(path.exists() and place.samefile(path) for path in sources):
        raise UnusableInputError(f"{place} is the file that is read: name another one for --dump")


def _dumped(sources: Sequence[Source], place: Path) -> InspectedTable:
    """Write the one table to a file while it is inspected."""
    from importer.errors import UnusableInputError
    from importer.files import replacing
    from importer.inspection import inspect

    if len(sources) > 1:
        raise click.UsageError(
            "--dump writes one table: name one file, and its sheet with --sheet NAME"
        )
    try:
        with replacing(place) as stream:
            return inspect(sources[0], into=stream)
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
