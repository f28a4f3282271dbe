"""What a terminal, a file or a pipe can show: no colour and no sign that it does not know."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_BLANKS = str.maketrans({"\u202f": " ", "\xa0": " "})


def plain(text: str) -> str:
    """Give a text as any terminal can show it, on as many lines as it has.

    Blanks are plain ones, and what would move the cursor is a question mark.
    """
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text.translate(_BLANKS))


def console(*, error: bool = False) -> Console:
    """Give rich's way to a stream; colour and movement only at a terminal, whatever variables say.

    ``error``: standard error.
    """
    from rich.console import Console

    stream = sys.stderr if error else sys.stdout
    return Console(file=stream, force_terminal=stream.isatty(), highlight=False, markup=False)
