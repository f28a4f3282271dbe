"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from importer.cli.languages import speak
from importer.language import ENGLISH, tr


def _threshold(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
    """Refuse what is no threshold as wrong usage."""
    if text is not None:
        from importer.thresholds import check_threshold

        try:
            check_threshold(text)
        except ValueError as error:
            raise click.BadParameter(tr("{sentence}.", sentence=str(error))) from None
    return text


F = TypeVar("F", bound=Callable[..., Any])

runs_dir = click.option(
    "--runs-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="The folder where runs are kept.",
)


def _in_english(_: click.Context, __: click.Parameter, as_json: bool) -> bool:
    """JSON stays English, and so does what a program reads beside it."""
    if as_json:
        speak(ENGLISH)
    return as_json


as_json = click.option(
    "--json",
    "as_json",
    is_flag=True,
    is_eager=True,  # so that what is wrong with other options is told in English, too
    callback=_in_english,
    help="Print one JSON object on stdout.",
)
quiet = click.option("-q", "--quiet", is_flag=True, help="Print only problems.")
yes = click.option("-y", "--yes", is_flag=True, help="Send without asking.")
stale = click.option(
    "--stale", is_flag=True, help="Send also a plan that is older than max_plan_age allows."
)
verify = click.option(
    "--verify",
    type=click.IntRange(min=1),
    metavar="N",
    help="Afterwards read N contacts back and compare them with what was sent.",
)
verbose = click.option(
    "-v", "--verbose", is_flag=True, help="Tell each call and each wait on stderr."
)
note = click.option("--note", metavar="TEXT", default="", help="A note kept with the run.")
max_rejected = click.option(
    "--max-rejected",
    metavar="N|N%",
    callback=_threshold,
    help="Stop when the platform refuses more rows.",
)
connection = click.option(
    "-c", "--connection", metavar="NAME", help="The connection; 'sandbox' is built in."
)
mapping = click.option(
    "-m",
    "--mapping",
    metavar="NAME|PATH",
    help="mappings/NAME.yaml, or a path; left out: the one of mappings/ that fits.",
)
sheet = click.option(
    "--sheet", metavar="NAME|NUMBER|all", help="Which sheet of a workbook to read."
)


def of_new_runs(command: F) -> F:
    """Add the options that ``check`` and ``run`` share."""
    for option in reversed(
        (
            mapping,
            connection,
            sheet,
            click.option(
                "--first",
                type=click.IntRange(min=1),
                metavar="N",
                help="Send only the first N good rows; resume sends the rest.",
            ),
            click.option("--strict", is_flag=True, help="Send nothing if any row is invalid."),
            click.option(
                "--max-invalid",
                metavar="N|N%",
                callback=_threshold,
                help="Send nothing if more rows are invalid.",
            ),
            click.option(
                "--max-yes",
                metavar="N|N%",
                callback=_threshold,
                help="Send nothing if some consent would be set to yes for more contacts.",
            ),
            click.option(
                "--max-no",
                metavar="N|N%",
                callback=_threshold,
                help="Send nothing if some consent would be set to no for more contacts.",
            ),
            click.option(
                "--only-changes",
                is_flag=True,
                help="Send only what has changed since it was last sent; a consent only if its own "
                "cell has.",
            ),
            max_rejected,
            note,
            runs_dir,
            as_json,
            quiet,
        )
    ):
        command = option(command)
    return command
