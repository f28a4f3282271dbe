"""Which rows of a run somebody means, by number or by key; and what files of a run say of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from importer.errors import UnusableInputError
from importer.language import tr
from importer.masks import to_mask
from importer.model import RowCheck, comparable_key
from importer.planning.key_columns import comparable_column
from importer.tables import writable

_Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class KnownRow:
    """A row as the list of a run's rows has it.

    ``index``: in the run. ``table``: which table of the run it stands in. ``position``: in the
    plan, -1: not there. ``winner_table``, ``winner_number``: for a duplicate, the chosen row;
    ``refused``: the mapping refuses such duplicates.
    """

    index: int
    table: int
    number: int
    key: str
    check: RowCheck
    position: int
    winner_table: int
    winner_number: int
    refused: bool


class WantedKey:
    """A key that is looked for, compared as the platform does: no case, no blanks around it.

    A key of several parts is found by its JSON, or by any of its parts.
    """

    def __init__(self, text: str) -> None:
        # What a terminal of another encoding typed is no text, and no key is like it.
        text = writable(text)
        self._text = comparable_key([text])
        self._parts = _parts(text)

    def fits(self, key: str) -> bool:
        """Tell whether a key, as reports show it, is the one that is looked for."""
        if comparable_key([key]) == self._text:
            return True
        parts = _parts(key)
        if parts is None:
            return False
        return parts == self._parts or self._text in parts.values()

    def among(self, keys: Any) -> _Mask:
        """Tell which keys of a column of text (Arrow) fit."""
        shown = comparable_column([keys])
        found = to_mask(pc.equal(shown, self._text))
        composite = to_mask(pc.starts_with(shown, "{")) & ~found
        for part in self._needles():
            composite &= to_mask(pc.match_substring(shown, part))
        for at in np.flatnonzero(composite).tolist():
            found[at] = self.fits(keys[at].as_py())
        return found

    def _needles(self) -> Iterator[str]:
        """Give what the JSON of a key of several parts holds for certain, if it fits."""
        for value in [self._text] if self._parts is None else self._parts.values():
            yield orjson.dumps(value).decode()[1:-1].lower()


def _parts(text: str) -> dict[str, str] | None:
    """Read a key of several parts; None: it has one."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        content: dict[str, Any] = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return {
        name: comparable_key(["" if value is None else str(value)])
        for name, value in content.items()
    }


def fitting_rows(
    path: Path,
    *,
    key: WantedKey | None = None,
    number: int | None = None,
    tables: frozenset[int] | None = None,
    most: int,
) -> tuple[list[KnownRow], int]:
    """Find rows in a run's list of them; ``path``: that file. Gives the first and how many fit.

    ``tables``: the tables in question, None: all. Raises UnusableInputError for a damaged file.
    """
    wanted = {"key": key is not None, "number": number is not None, "table": tables is not None}
    columns = [name for name, asked in wanted.items() if asked]

    def mask(group: Any) -> _Mask:
        fits = np.ones(group.num_rows, dtype=bool)
        if number is not None:
            fits &= group.column("number").to_numpy() == number
        if tables is not None:
            fits &= np.isin(group.column("table").to_numpy(), list(tables))
        if key is not None and fits.any():
            few = group.column("key").filter(pa.array(fits)).combine_chunks()
            fits[fits] = key.among(few)
        return fits

    found: list[KnownRow] = []
    count = 0
    for rows in _groups(path, columns, mask):
        count += rows.num_rows
        found += _known(rows.slice(0, max(most - len(found), 0)))
    return found, count


def _known(rows: Any) -> list[KnownRow]:
    names = ("row", "table", "number", "key", "verdict", "position", "winner_table",
             "winner_number", "refused")  # fmt: skip
    columns = [rows.column(name).to_pylist() for name in names]
    return [
        KnownRow(index, table, number, key or "", RowCheck(check), *others)
        for index, table, number, key, check, *others in zip(*columns, strict=True)
    ]


def said_of(path: Path, row: int) -> list[dict[str, Any]]:
    """Give what a file of the run says of one row; its first column holds the row's index."""
    if not path.exists():
        return []
    with _readable(path):
        name = pq.read_schema(path).names[0]
    found = _groups(path, [name], lambda group: group.column(0).to_numpy() == row)
    return [line for lines in found for line in lines.to_pylist()]


def _groups(path: Path, columns: list[str], mask: Callable[[Any], _Mask]) -> Iterator[Any]:
    """Give the fitting rows of a file, part by part; of the others only some columns are read."""
    with _readable(path), pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            fits = mask(file.read_row_group(group, columns=columns))
            if fits.any():
                yield file.read_row_group(group).filter(pa.array(fits))


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise UnusableInputError(
            tr("{file} cannot be read: it is missing or damaged", file=path)
        ) from error
