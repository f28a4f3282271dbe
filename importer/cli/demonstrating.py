"""``demo``."""

from __future__ import annotations

import click

from importer.cli import options
from importer.cli.screen import Screen, print_summary, say
from importer.language import tr


@click.command("demo")
@options.as_json
@options.quiet
def demo_command(as_json: bool, quiet: bool) -> int:
    """See the whole job on sample files, against a sandbox inside this process.

    Writes to ./runs and nowhere else; needs no configuration and no network. Exit code 0 when the
    bad rows that are planted in the files were found, all of them and no others.

    \b
    Example:
      importer demo
    """
    from importer.cli.running import watched
    from importer.demonstration import FILES, demo

    screen = Screen(quiet=as_json or quiet)
    if not (as_json or quiet):
        say(tr("Importing {files} into a sandbox on this machine.", files=", ".join(FILES)))
    with watched(screen) as means:
        summary, wrong = demo(means)
    if as_json or not quiet:
        print_summary(summary, as_json=as_json, quiet=False)
    if wrong:
        say(tr("The demo did not find what is planted: {found}", found="; ".join(wrong)))
        return 1
    if not (as_json or quiet):
        say(tr("The demo found every planted bad row: open report.html, results.csv and to-fix/."))
    return 0
