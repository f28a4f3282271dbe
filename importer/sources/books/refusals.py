"""What is said of a workbook that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import python_calamine

from importer.errors import UnusableInputError


def damaged(shown_as: str) -> UnusableInputError:
    """Make the error for a workbook whose parts cannot be read."""
    return UnusableInputError(
        f"{shown_as} is no workbook that can be read: the file is damaged or not complete. "
        "Open it in a spreadsheet program and save it again as .xlsx."
    )


def protected(shown_as: str) -> UnusableInputError:
    """Make the error for a workbook that needs a password."""
    return UnusableInputError(
        f"{shown_as} is protected by a password: save a copy without one and use that."
    )


def too_large(shown_as: str, what: str) -> UnusableInputError:
    """Make the error for a workbook of which ``what`` is more than can be read."""
    return UnusableInputError(
        f"{shown_as} {what}, which is more than can be read: save it as CSV UTF-8 and use that."
    )


@contextmanager
def translated(shown_as: str) -> Iterator[None]:
    """Turn whatever a library raises over a workbook's bytes into one sentence.

    The libraries raise exceptions of all kinds over damaged files, and calamine's defects surface
    as panics, which are no ``Exception``.
    """
    try:
        yield
    except (UnusableInputError, GeneratorExit, KeyboardInterrupt, SystemExit):
        raise
    except python_calamine.PasswordError as error:
        raise protected(shown_as) from error
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise damaged(shown_as) from error
