"""A workbook read by calamine for the sake of whether that ends well; a program of its own.

Of a damaged .xls, calamine may ask for more memory than any machine has, and that ends the process
in which it runs. The workbook comes by standard input; the exit code says how it went.
"""

from __future__ import annotations

import sys
from typing import BinaryIO

import python_calamine

READ, DAMAGED, ASKS_FOR_PASSWORD = 0, 3, 4
"""Exit codes; Python's own are 1 and 2, when a program cannot be run."""
_MOST_MEMORY = 4 << 30


def main(workbook: BinaryIO) -> int:
    """Read all cells of a workbook; give the exit code."""
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(workbook)
        for sheet in book.sheets_metadata:
            if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet:
                book.get_sheet_by_name(sheet.name)
    except python_calamine.PasswordError:
        return ASKS_FOR_PASSWORD
    except BaseException:  # noqa: BLE001 - calamine's panics are no Exception
        return DAMAGED
    return READ


def bound_memory() -> None:
    """Let this process have no more memory than a workbook can need, where the system knows how.

    Windows has no such limit for a process by itself: there, a damaged workbook can take all of
    the memory until the system refuses more, and only then ends this process.
    """
    try:
        import resource  # which Windows does not have

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = _MOST_MEMORY if hard == resource.RLIM_INFINITY else min(_MOST_MEMORY, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    except (ImportError, ValueError, OSError, OverflowError):
        pass  # it is a guard only, and a system may refuse it


if __name__ == "__main__":
    bound_memory()
    sys.exit(main(sys.stdin.buffer))
