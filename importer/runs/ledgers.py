"""Some lines of a run's ``consents.csv``, found quickly among many."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from importer.guards import unguarded_column
from importer.masks import to_mask
from importer.reports.cells import TEXT, guarded
from importer.reports.ledger import LedgerLine, read_ledger
from importer.runs.fitting import WantedKey


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

    return list(read_ledger(path, of_row)) if path.exists() else []


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

    lines = read_ledger(path, of_key) if path.exists() else ()
    return [line for line in lines if key.fits(line.key)]
