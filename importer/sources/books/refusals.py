"""What is said of a workbook that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import python_calamine

from importer.errors import UnusableInputError
from importer.language import tr
from importer.sources.lines import CELL_LIMIT
from importer.sources.signatures import PROTECTED, is_of_the_machine


def damaged(shown_as: str) -> UnusableInputError:
    """Make the error for a workbook whose parts cannot be read."""
    return UnusableInputError(
        tr(
            "{file} is no workbook that can be read: the file is damaged or not complete. Open it "
            "in a spreadsheet program and save it again as .xlsx.",
            file=shown_as,
        )
    )


def protected(shown_as: str) -> UnusableInputError:
    """Make the error for a workbook that needs a password."""
    return UnusableInputError(tr("{file} {sentence}.", file=shown_as, sentence=tr(PROTECTED)))


def too_large(shown_as: str, what: str) -> UnusableInputError:
    """Make the error for a workbook of which ``what`` is more than can be read."""
    return UnusableInputError(
        tr(
            "{file} {what}, which is more than can be read: save it as CSV UTF-8 and use that.",
            file=shown_as,
            what=what,
        )
    )


def large_cell(shown_as: str) -> UnusableInputError:
    """Make the error for a workbook with a cell of more characters than are read."""
    return too_large(shown_as, tr("holds a cell of more than {most} MiB", most=CELL_LIMIT >> 20))


@contextmanager
def translated(shown_as: str) -> Iterator[None]:
    """Turn whatever is raised over a workbook's bytes into one sentence.

    The libraries raise exceptions of all kinds over damaged files, and calamine's defects surface
    as panics, which are no ``Exception``. Only what reads bytes may stand inside, lest a defect of
    ours be called damage. What the machine raises, ``OSError`` and ``MemoryError``, passes.
    """
    try:
        yield
    except UnusableInputError:
        raise
    except python_calamine.PasswordError as error:
        raise protected(shown_as) from error
    except Exception as error:
        if is_of_the_machine(error):
            raise
        raise damaged(shown_as) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise damaged(shown_as) from error
