"""How well tables are read: F1 of header, rows and cells, beside other readers of delimited text.

    python benchmarks/score_reading.py FOLDER [--each]

FOLDER holds ``files/``, delimited text as it comes, and ``clean/`` with the same names: what each
file means, as plain CSV, header first. A file whose name has ``no_header`` has none; there a reader
is right when it gives names of its own and loses no row. Each reader finds everything out by
itself. One that refuses a file has read nothing of it.

The other readers come with ``pip install -e '.[bench]'``; those that are missing are left out.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from importer.errors import UnusableInputError
from importer.inspection import inspect
from importer.sources import open_sources
from importer.tables import SourceOptions

Rows = list[list[str]]
Reader = Callable[[Path], Rows]


@dataclass(frozen=True, slots=True)
class Scores:
    """F1 from 0 to 1."""

    header: float
    rows: float
    cells: float


def importer(path: Path) -> Rows:
    """Read as ``importer inspect FILE --dump`` writes it."""
    try:
        (source,) = open_sources(path, options=SourceOptions())
        with tempfile.TemporaryFile() as stream:
            inspect(source, into=stream)
            stream.seek(0)
            text = stream.read().decode()
    except UnusableInputError:
        return []
    return list(csv.reader(text.splitlines(keepends=True)))


def duckdb(path: Path) -> Rows:
    """Read with DuckDB's sniffer, all columns as text."""
    import duckdb as database

    try:
        found = database.connect().execute(
            "select * from read_csv(?, all_varchar = true)", [str(path)]
        )
    except database.Error:
        return []
    names = [column[0] for column in found.description or []]
    return [names, *(["" if c is None else c for c in row] for row in found.fetchall())]


def clevercsv(path: Path) -> Rows:
    """Read with CleverCSV's detection; the first row is the header."""
    from clevercsv import wrappers

    try:
        return [list(row) for row in wrappers.read_table(str(path))]
    except Exception:  # noqa: BLE001 - it raises what it likes over what it cannot read
        return []


def sniffed_by_pandas(path: Path) -> Rows:
    """Read with the delimiter that pandas finds."""
    try:
        frame = pd.read_csv(path, sep=None, engine="python", dtype=str, keep_default_na=False)
    except Exception:  # noqa: BLE001 - as above
        return []
    return [list(map(str, frame.columns)), *frame.fillna("").to_numpy().tolist()]


READERS: dict[str, Reader] = {
    "importer": importer,
    "duckdb": duckdb,
    "clevercsv": clevercsv,
    "pandas": sniffed_by_pandas,
}


def installed() -> dict[str, Reader]:
    """Give the readers that can be tried here."""
    return {name: read for name, read in READERS.items() if importlib.util.find_spec(name)}


def f1(found: Sequence[Hashable], right: Sequence[Hashable]) -> float:
    """Compare two bags; both empty is right."""
    if not found and not right:
        return 1.0
    common = sum((Counter(found) & Counter(right)).values())
    return 2 * common / (len(found) + len(right))


def score(found: Rows, right: Rows, *, headless: bool) -> Scores:
    """Compare what was read with what is meant."""
    head, body = (found[0] if found else []), found[1:]
    if headless:
        own_names = bool(found) and not set(head) & set(right[0] if right else [])
        header, right_body = float(own_names or not right), right
    else:
        header, right_body = f1(head, right[0] if right else []), right[1:]
    width = max(map(len, right), default=0)
    padded = [tuple(row + [""] * (width - len(row))) for row in body]
    expected = [tuple(row + [""] * (width - len(row))) for row in right_body]
    cells = [cell for row in padded for cell in row]
    return Scores(header, f1(padded, expected), f1(cells, [c for row in expected for c in row]))


def main() -> None:
    """Print a line a reader; with --each also every file that is not read perfectly."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--each", action="store_true", help="list our imperfect files")
    options = arguments.parse_args()
    csv.field_size_limit(sys.maxsize)
    warnings.simplefilter("ignore")
    readers = installed()
    totals: dict[str, list[Scores]] = {name: [] for name in readers}
    for path in sorted((options.folder / "files").iterdir()):
        text = (options.folder / "clean" / path.name).read_text("utf-8")
        right = list(csv.reader(text.splitlines(keepends=True)))
        for name, read in readers.items():
            scores = score(read(path), right, headless="no_header" in path.name)
            totals[name].append(scores)
            if options.each and name == "importer" and scores != Scores(1, 1, 1):
                print(f"{path.name:44} {scores.header:.3f} {scores.rows:.3f} {scores.cells:.3f}")
    print(f"{'reader':12} {'header':>7} {'rows':>7} {'cells':>7}")
    for name, all_scores in totals.items():
        count = len(all_scores)
        means = [sum(getattr(s, part) for s in all_scores) / count for part in Scores.__slots__]
        print(f"{name:12} " + " ".join(f"{mean:7.3f}" for mean in means))


if __name__ == "__main__":
    main()
