"""How other programs write date formats, in our signs."""

from __future__ import annotations

import re

_STRFTIME = {"d": "DD", "e": "D", "m": "MM", "Y": "YYYY", "y": "YY", "H": "HH", "k": "H"}
_STRFTIME |= {"I": "hh", "l": "h", "M": "mm", "S": "ss", "p": "A", "P": "A", "b": "MMM"}
_STRFTIME |= {"h": "MMM", "B": "MMMM", "a": "ddd", "A": "dddd", "F": "YYYY-MM-DD"}
_STRFTIME |= {"T": "HH:mm:ss", "R": "HH:mm", "D": "MM/DD/YY"}
_HALVES = "am/pm|a/p|tt|(?<![a-z])a(?![a-z])"
_RUN = re.compile(rf"(?i)(?P<half>{_HALVES})|(?P<letter>[a-z])(?P=letter)*")


def respelled(text: str) -> str:
    """Write a format such as dd/mm/yyyy, jj/mm/aaaa or %d/%m/%Y as it should be.

    What makes no sense stays: whether the result is a format is for the caller to find out.
    """
    if "%" in text:
        return re.sub("%([-#]?)([A-Za-z])", _of_strftime, text)
    twelve = any(run["half"] for run in _RUN.finditer(text))
    pieces, last, before = [], 0, ""
    for run in _RUN.finditer(text):
        sign = "A" if run["half"] else _sign(run[0], before, twelve=twelve)
        pieces += [text[last : run.start()], sign]
        last, before = run.end(), sign
    return "".join(pieces) + text[last:]


def _of_strftime(match: re.Match[str]) -> str:
    sign = _STRFTIME.get(match[2], match[0])
    return sign[0] if match[1] else sign  # %-d and %#d have no nought in front


def _sign(run: str, before: str, *, twelve: bool) -> str:
    """Take a run of one letter for what it must mean after another sign."""
    match run[0].lower():
        case "d" | "j":
            return "D" * len(run) if len(run) < 3 else "d" * len(run)
        case "y" | "a":
            return "YY" if len(run) == 2 else "YYYY"
        case "m":
            return "mm" if before.lower() in {"h", "hh"} else "M" * len(run)
        case "h":
            return ("h" if twelve else "H") * len(run)
        case "s":
            return "ss"
        case _:
            return run
