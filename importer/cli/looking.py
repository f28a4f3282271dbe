"""``inspect``, ``runs``, ``show``, ``report``: looking, without changing anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from importer.cli import inspected, options
from importer.cli.refusing import errors_as_json
from importer.cli.rows import show_rows
from importer.cli.screen import print_summary, say, state_shown
from importer.cli.terminal import plain
from importer.language import number, tr

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
@errors_as_json
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
      rows (read), table_rows (those of the table), hidden, ends_in_line_break
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
            say(tr("Written: {file}", file=dump))
    if as_json:
        import orjson

        content = {
            "tables": [inspected.as_members(table) for table in found],
            "passed_over": opened.passed_over,
        }
        click.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2))
        return 0
    for passed in opened.passed_over:
        say(tr("Passed over: {what}", what=passed))
    for table in found:
        if quiet:
            described = table.description
            for warning in (*described.warnings, *(said for _, said in described.obstacles)):
                say(tr("Warning: {table}: {sentence}", table=described.shown, sentence=warning))
        else:
            inspected.print_table(table)
    return 0


def _refuse_source(place: Path, sources: Sequence[Path]) -> None:
    """Refuse to write over a file that is read, by its own name or another."""
    from importer.errors import UnusableInputError

    if place.exists() and any(path.exists() and place.samefile(path) for path in sources):
        raise UnusableInputError(
            tr("{file} is the file that is read: name another one for --dump", file=place)
        )


def _dumped(sources: Sequence[Source], place: Path) -> InspectedTable:
    """Write the one table to a file while it is inspected."""
    from importer.errors import UnusableInputError
    from importer.files import replacing
    from importer.inspection import inspect

    if len(sources) > 1:
        raise click.UsageError(
            tr("--dump writes one table: name one file, and its sheet with --sheet NAME")
        )
    try:
        with replacing(place) as stream:
            return inspect(sources[0], into=stream)
    except OSError as error:
        raise UnusableInputError(
            tr("{file} cannot be written: {why}", file=place, why=error.strerror or error)
        ) from error


@click.command("runs")
@options.runs_dir
@options.as_json
@options.quiet
@errors_as_json
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
        say(tr("There is no run in {folder}.", folder=runs_dir))
    for folder, state, summary in found:
        over = state in {"checked", "finished", "purged"}
        if quiet and over and summary is not None and summary.exit_code == 0:
            continue
        told = ""
        if summary is not None:
            rows = summary.rows
            sent = rows.created + rows.updated + rows.accepted
            bad = rows.invalid + rows.rejected + rows.unknown
            told = tr(
                "{read} rows  {sent} sent  {bad} with problems",
                read=f"{number(rows.read):>9}",
                sent=f"{number(sent):>9}",
                bad=f"{number(bad):>7}",
            )
            told += "  SANDBOX" if summary.sandbox else ""
        line = f"{folder.id:<50} {state_shown(state):<10} {told}"
        click.echo(plain(line.rstrip()))
    return 0


@click.command("show")
@click.argument("run")
@click.option(
    "--row", type=click.IntRange(min=1), metavar="N", help="Tell all of the row of that number."
)
@click.option("--key", metavar="ADDRESS", help="Tell all of the rows with that key.")
@click.option("--file", metavar="NAME", help="With --row or --key: in that file.")
@click.option("--sheet", metavar="NAME", help="With --row or --key: in that sheet.")
@options.runs_dir
@options.as_json
@options.quiet
@errors_as_json
def show_command(
    run: str,
    row: int | None,
    key: str | None,
    file: str | None,
    sheet: str | None,
    runs_dir: Path,
    as_json: bool,
    quiet: bool,
) -> int:
    """Show one run's totals, and where its files are; or the whole story of a row.

    The story of a row: what was read, what the checks said, what was planned, in which calls it
    went, what came back, which consents were sent, and what became of it in retries.

    \b
    Examples:
      importer show k3fq
      importer show k3fq --row 12
      importer show k3fq --key marie@example.com --json

    \b
    With --json the run's summary.json; of rows, one object:
      run, fitting (how many rows fit; the first 20 are told)
      rows, each with: run, fitting, file, sheet, row, key, verdict, code, field, message, batch,
        attempts, record_id (as in results.csv)
        read: column, text (null: the text was cut, and unread says so)
        issues, withheld: severity, code, column, field, value, message
        planned: field, text (null: not planned, or cut, and unplanned says so)
        consents: the columns of consents.csv
        calls: number, step, batch, contacts, attempt, waited, started, ended, result, message
        answers: call, at, verdict, code, field, message, record_id, request_id
        looked_up: at, found, differences; null: it was not read back
        elsewhere: run, created, retry_of, verdict, code, message
    """
    from importer import runs

    if row is not None or key is not None:
        show_rows(run, row=row, key=key, file=file, sheet=sheet, runs_dir=runs_dir, as_json=as_json)
        return 0
    if file is not None or sheet is not None:
        raise click.UsageError(tr("--file and --sheet go with --row or --key"))
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
@click.option("--totals", is_flag=True, help="Also write totals.html: one page without any row.")
@click.option("--workbook", is_flag=True, help="Also write to-fix.xlsx, whatever was read.")
@click.option(
    "--mask", is_flag=True, help="Write reports for others instead, addresses and names masked."
)
@options.runs_dir
@options.as_json
@options.quiet
@errors_as_json
def report_command(
    run: str,
    totals: bool,
    workbook: bool,
    mask: bool,
    runs_dir: Path,
    as_json: bool,
    quiet: bool,
) -> int:
    """Write a run's report files again; the same bytes every time.

    With --mask they are written into the folder masked of the run, to be sent to others: the same
    person has the same pseudonym in all of them, and who ran it is left out.

    \b
    Examples:
      importer report k3fq --totals
      importer report k3fq --mask
    """
    from importer import runs

    if mask and workbook:
        raise click.UsageError(
            tr("leave --workbook out with --mask: the workbook holds the rows themselves")
        )
    summary = runs.report(run, mask=mask, totals=totals, workbook=workbook, runs_dir=runs_dir)
    print_summary(summary, as_json=as_json, quiet=quiet)
    if mask and not (as_json or quiet):
        say(tr("Masked reports: {folder}", folder=Path(summary.folder) / "masked"))
    return 0
