"""Some lines of a run's ``consents.csv``, found quickly among many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from importer.errors import UnusableInputError
from importer.guards import unguarded, unguarded_column
from importer.language import tr
from importer.masks import to_mask
from importer.reports.cells import TEXT, guarded
from importer.reports.ledger import LEDGER_COLUMNS, LedgerLine
from importer.runs.fitting import WantedKey

_BLOCK = 1 << 20  # bytes read at a time
_NEEDED = ("key", "file", "sheet", "row")


def consents_of_row(path: Path, *, file: str, sheet: str, row: int) -> list[LedgerLine]:
    """Give the consents that were sent of one row; none, if there is no such file.

    Raises:
        UnusableInputError: the file cannot be read as a list of consents.
    """
    wanted = {"row": str(row), "file": file, "sheet": sheet}

    def of_row(lines: Any) -> NDArray[np.bool_]:
        fits = np.ones(lines.num_rows, dtype=bool)
        for name, text in wanted.items():
            fits &= to_mask(pc.is_in(lines.column(name), pa.array([text, guarded(text)], TEXT)))
        return fits

    return list(_lines(path, of_row))


def consents_of_key(path: Path, key: WantedKey) -> list[LedgerLine]:
    """Give the consents that were sent for a key; none, if there is no such file.

    Raises:
        UnusableInputError: the file cannot be read as a list of consents.
    """

    def of_key(lines: Any) -> NDArray[np.bool_]:
        keys = lines.column("key")
        bare = unguarded_column(keys)
        found: NDArray[np.bool_] = key.among(keys) | key.among(bare)
        return found

    return [line for line in _lines(path, of_key) if key.fits(line.key)]


def _lines(path: Path, mask: Callable[[Any], NDArray[np.bool_]]) -> Iterator[LedgerLine]:
    if not path.exists():
        return
    try:
        for lines in _batches(path):
            fitting = lines.filter(pa.array(mask(lines)))
            for cells in fitting.to_pylist():
                told = {name: unguarded(cells.get(name) or "") for name in LEDGER_COLUMNS}
                yield LedgerLine(**{**told, "row": int(told["row"])})  # type: ignore[arg-type]
    except (OSError, ValueError, LookupError) as error:
        raise UnusableInputError(
            tr("{file} cannot be read as a list of consents", file=path)
        ) from error


def _batches(path: Path) -> Iterator[Any]:
    """Read the file some thousands of lines at a time, every cell as text."""
    with path.open("rb") as stream:
        head = stream.readline().decode("utf-8-sig").rstrip("\r\n")
    delimiter = head.removeprefix(LEDGER_COLUMNS[0])[:1]
    names = head.split(delimiter)
    if not {*_NEEDED} <= {*names}:
        raise LookupError(head)
    with csv.open_csv(
        path,
        read_options=csv.ReadOptions(block_size=_BLOCK, use_threads=False),
        parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, TEXT), strings_can_be_null=False
        ),
    ) as reader:
        yield from reader
