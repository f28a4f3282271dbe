"""The command line: parse, call, print, exit. A heavy module is imported where it is needed."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from importer import language
from importer.cli import languages
from importer.cli.connecting import connection_group, sandbox_command
from importer.cli.demonstrating import demo_command
from importer.cli.jobs import job_group
from importer.cli.keeping import purge_command
from importer.cli.looking import inspect_command, report_command, runs_command, show_command
from importer.cli.mapping import mapping_group
from importer.cli.memory import memory_group
from importer.cli.rows import find_command
from importer.cli.running import (
    abandon_command,
    check_command,
    resume_command,
    retry_command,
    run_command_,
    send_command,
)
from importer.cli.screen import say
from importer.cli.setting_up import setup_command
from importer.errors import ImporterError, LockedError, StoppedError, UnusableInputError
from importer.language import tr

_READER_GONE = 141  # what a shell says of a command whose reader went away
_HELP = ["-h", "--help"]
_CONTEXT = {"help_option_names": _HELP, "max_content_width": 100}


def _version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importer.version import tool_version

        click.echo(f"importer {tool_version()}")
        context.exit()


class _Commands(click.Group):
    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            ctx.exit(_READER_GONE)


@click.group(cls=_Commands, context_settings=_CONTEXT)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version,
    help="Show the version and exit.",
)  # fmt: skip
def cli() -> None:
    """Import contact spreadsheets into a marketing platform, with every row accounted for.

    \b
    First steps:
      importer demo                            see the whole job, on sample files
      importer setup                           connect an account; its key goes into the keyring
      importer inspect contacts.csv            see what a file is
      importer mapping new contacts.csv -o mappings/contacts.yaml
      importer check contacts.csv              check it; nothing is sent
      importer run contacts.csv --first 10     send ten contacts, and look at them

    Exit codes: 0 all good, 1 a defect of importer, 2 wrong usage, 3 some rows invalid or rejected,
    4 nothing was sent, 5 stopped early, 6 some rows unknown, 7 held by another process,
    130 and 143 interrupted.
    """


for _command in (
    demo_command,
    setup_command,
    inspect_command,
    mapping_group,
    check_command,
    run_command_,
    send_command,
    resume_command,
    retry_command,
    abandon_command,
    runs_command,
    show_command,
    find_command,
    report_command,
    purge_command,
    memory_group,
    job_group,
    connection_group,
    sandbox_command,
):
    cli.add_command(_command)


def _language_chosen(context: click.Context, _: click.Parameter, chosen: str | None) -> None:
    if chosen is not None:
        language.prefer(chosen)
        if not context.params.get("as_json"):
            languages.speak(chosen)


def _add_language(command: click.Command) -> None:
    """Let every command be told its language, wherever the option stands."""
    command.params.append(
        click.Option(
            ["--language"],
            type=click.Choice(language.LANGUAGES),
            is_eager=True,
            expose_value=False,
            callback=_language_chosen,
            help="The language of screen, messages and pages.",
        )
    )
    if isinstance(command, click.Group):
        for member in command.commands.values():
            _add_language(member)


_add_language(cli)


def _name_variables(command: click.Command, prefix: str) -> None:
    """Give every option its environment variable, named for its long form."""
    if isinstance(command, click.Group):
        for name, member in command.commands.items():
            _name_variables(member, f"{prefix}_{name.upper()}")
        return
    for option in command.params:
        if isinstance(option, click.Option):
            long_form = max(option.opts, key=len).removeprefix("--")
            option.envvar = f"{prefix}_{long_form.upper().replace('-', '_')}"


_name_variables(cli, "IMPORTER")
languages.learn(cli, _HELP)


def run_command(arguments: Sequence[str]) -> int:
    """Run one command and give its exit code; errors become sentences on stderr."""
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a word it cannot write is no reason to stop
            stream.reconfigure(errors=languages.PLAINER)
    with languages.for_one_command():
        code = _code_of(arguments)
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # the reader is gone: what the command did stands
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _open_closed_streams() -> None:
    """Put the null device where whoever started this closed a stream; else a file gets its number.

    In the order of their numbers, for each gets the lowest that is free.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - to the end


def _code_of(arguments: Sequence[str]) -> int:
    language.prefer(languages.asked_for(arguments))
    languages.speak(language.choose(language.configured_in(Path("importer.yaml"))))
    try:
        result = cli.main(args=list(arguments), prog_name="importer", standalone_mode=False)
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except UnusableInputError as error:
        for mistake in error.mistakes:
            say(tr("importer: {sentence}", sentence=str(mistake)))
        return 4
    except LockedError as error:
        say(tr("importer: {sentence}", sentence=str(error)))
        return 7
    except StoppedError as error:
        say(tr("importer: {sentence}", sentence=str(error)))
        return 5
    except (click.Abort, KeyboardInterrupt):
        return 130
    except Exception as error:  # noqa: BLE001 - a defect of ours is one line, never a traceback
        told = str(error) if isinstance(error, ImporterError) else type(error).__name__
        say(
            tr(
                "importer: a defect of importer stopped this command ({told}). The run's run.log "
                "tells where; nothing that was sent is lost.",
                told=told,
            )
        )
        return 1
    return result if isinstance(result, int) else 0
