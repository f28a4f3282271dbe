"""How a delimited text is written: what stands between cells, and how a cell is quoted."""

from __future__ import annotations

from dataclasses import dataclass

# Stands for "there is no delimiter": a file of one column. No text holds this control character.
NO_DELIMITER = "\x1f"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text is cut into cells.

    ``delimiter``: one character or more, or ``NO_DELIMITER``. ``quote``: the character around
    quoted cells, "" for none. ``escape``: the character before a quote inside a quoted cell; ""
    when such a quote is doubled.
    """

    delimiter: str
    quote: str = '"'
    escape: str = ""
