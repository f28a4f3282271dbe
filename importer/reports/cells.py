"""Cells that no spreadsheet program can take for a formula, as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from importer.guards import AT_FIRST, CUTS, guarded

__all__ = ["LINE_END", "TEXT", "guarded", "guarded_row", "written", "written_column"]

TEXT = pa.large_string()
LINE_END = "\r\n"


def guarded_row(cells: Iterable[object]) -> list[object]:
    """Guard the texts of a row; numbers stay."""
    return [guarded(c) if isinstance(c, str) else c for c in cells]


# --- cells as they stand in a CSV file ------------------------------------------------------------


def written(rows: Iterable[Iterable[object]], delimiter: str) -> list[str]:
    """Write rows of several cells as ``csv.writer`` does, guarded, each without its line end."""
    lines: list[str] = []
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, lineterminator=LINE_END)
    for row in rows:
        writer.writerow(guarded_row(row))
        lines.append(stream.getvalue().removesuffix(LINE_END))
        stream.seek(0)
        stream.truncate()
    return lines


def written_column(texts: Any, delimiter: str) -> Any:
    """Write the texts of a large_string column, each as a cell that has others beside it.

    Nearly always a text stands in the file as it is; which do not is found out quickly.
    """
    doubtful = _doubtful(texts, delimiter)
    if not doubtful.any():
        return texts
    mask = pa.array(doubtful)
    cells = written(((text, "") for text in texts.filter(mask).to_pylist()), delimiter)
    exact = [cell.removesuffix(delimiter) for cell in cells]
    return pc.replace_with_mask(texts, mask, pa.array(exact, TEXT))


def _doubtful(texts: Any, delimiter: str) -> NDArray[np.bool_]:
    """Find the texts that may need an apostrophe or quotes; more than do is no harm."""
    count = len(texts)
    doubtful = np.zeros(count, dtype=bool)
    _, offsets, content = texts.buffers()
    if not count or content is None:
        return doubtful
    bounds = np.frombuffer(offsets, np.int64, count + 1, texts.offset * 8)
    start, end = int(bounds[0]), int(bounds[-1])
    octets = np.frombuffer(content, np.uint8, end - start, start)
    bounds = bounds - start
    some = bounds[1:] > bounds[:-1]
    doubtful[some] = _AT_FIRST[octets[bounds[:-1][some]]]
    special = _octets(delimiter + '"' + LINE_END)
    # Few octets are either; `translate` finds these far quicker than an index of each octet.
    marks = octets.tobytes().translate((special | _AT_CUT).tobytes())
    at = np.flatnonzero(np.frombuffer(marks, dtype=bool))
    behind = octets[np.minimum(at + 1, len(octets) - 1)]
    at = at[special[octets[at]] | _BEHIND_CUT[behind]]
    if len(at):
        # The last text that begins at or before an octet; texts without any begin there too.
        inside = np.searchsorted(bounds, at, "right") - 1
        doubtful[inside] = True
    return doubtful


def _octets(signs: str) -> NDArray[np.bool_]:
    """Mark the octets that begin a sign in UTF-8."""
    marks = np.zeros(256, dtype=bool)
    marks[[sign.encode()[0] for sign in signs]] = True
    return marks


_AT_FIRST = _octets("".join(AT_FIRST))
_AT_CUT = _octets(CUTS)
_BEHIND_CUT = _AT_FIRST | _octets('"')
