"""What ``--json`` prints where a command has no result: one object that says why."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import click

from importer.errors import (
    ImporterError,
    LockedError,
    Mistake,
    StoppedError,
    UnusableInputError,
    sentence_of,
)
from importer.language import english

F = TypeVar("F", bound=Callable[..., Any])
_OF_CLICK = (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError)


def errors_as_json(command: F) -> F:
    """Let a command with ``--json`` print an object also when an error ends it."""

    @functools.wraps(command)
    def told(*arguments: Any, as_json: bool, **options: Any) -> Any:
        try:
            return command(*arguments, as_json=as_json, **options)
        except _OF_CLICK:
            raise
        except Exception as error:
            if as_json:
                with contextlib.suppress(BrokenPipeError):
                    click.echo(_object(error))
                told_again = _in_english(error)
                if told_again is not error:
                    raise told_again from error
            raise

    return told  # type: ignore[return-value]


def _in_english(error: Exception) -> Exception:
    """Give an error of a run that speaks another language as a program reads it."""
    match error:
        case UnusableInputError():
            told = (replace(m, message=english(m.message)) for m in error.mistakes)
            return UnusableInputError(*told)
        case LockedError() | StoppedError():
            return type(error)(english(sentence_of(error)))
        case _:
            return error


def _object(error: Exception) -> bytes:
    import orjson

    content = {"exit_code": _exit_code(error), "mistakes": [_members(m) for m in _told(error)]}
    return orjson.dumps({"error": content}, option=orjson.OPT_INDENT_2)


def _exit_code(error: Exception) -> int:
    match error:
        case UnusableInputError():
            return 4
        case LockedError():
            return 7
        case StoppedError():
            return 5
        case _:
            return 1


def _told(error: Exception) -> tuple[Mistake, ...]:
    """Give the sentences of an error; of a defect no values, which may be what a row holds."""
    if isinstance(error, UnusableInputError):
        return error.mistakes
    if isinstance(error, ImporterError):
        return (Mistake(sentence_of(error)),)
    return (Mistake(f"a defect of importer stopped this command ({type(error).__name__})"),)


def _members(mistake: Mistake) -> dict[str, str | int | None]:
    return {
        "file": mistake.file or None,
        "line": mistake.line,
        "column": mistake.column,
        "row": mistake.row,
        "message": english(mistake.message),
    }
