"""Import contact spreadsheets into a marketing platform, with every row accounted for.

The functions of this package do what the commands of the same names do::

    from importer import check, run, send, resume

    summary = run("contacts.csv", mapping="newsletter", connection="production", yes=True)
    print(summary.rows.created, summary.exit_code)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importer.runs import (
        abandon,
        check,
        find,
        purge,
        report,
        resume,
        retry,
        run,
        send,
        show,
        story,
    )

__all__ = [
    "abandon",
    "check",
    "find",
    "purge",
    "report",
    "resume",
    "retry",
    "run",
    "send",
    "show",
    "story",
]


def __getattr__(name: str) -> Any:
    """Load the functions when they are asked for: ``importer --help`` needs none of them."""
    if name in __all__:
        from importer import runs

        return getattr(runs, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
