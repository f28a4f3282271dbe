"""Read a workbook as the importer does, beside openpyxl's read-only mode: speed and memory.

Each reading runs in a process of its own, and gives every row as text: the importer in its chunks,
openpyxl in the obvious loop over a slice of the rows. The importer also looks at the whole book
before it reads (which sheet, which header), and that counts. Example::

    python benchmarks/read_workbook.py --rows 100000 --repeat 3

Exit code 1 when the two do not read the same rows, or the importer took more than 500 MiB.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import trial


def main() -> int:
    """Read the command line; read in this process, or start the readings and compare them."""
    options = _parser().parse_args()
    if options.reader is not None:
        print(json.dumps(_timed(options.reader, options.file, options.rows)))
        return 0
    with trial.trial_folder(options.keep) as folder:
        path, _ = trial.generate(folder, rows=options.rows, seed=1, form="xlsx")
        size = path.stat().st_size / 1e6
        print(f"{options.rows:,} rows, {size:,.1f} MB, medians of {options.repeat}\n")
        ours = _readings(folder, "importer", path, options.rows, options.repeat)
        some = min(options.rows, options.slice)
        plain = _readings(folder, "openpyxl", path, some, options.repeat)
    print(f"{'':<28}{'× plain':>9}{'rows/s':>10}{'CPU s/M':>9}{'MiB':>7}")
    for name, found in ((f"openpyxl, {some:,} rows", plain), ("importer", ours)):
        ratio = found["rate"] / plain["rate"]
        cost = found["cpu"] * 1e6 / found["rows"]
        print(f"{name:<28}{ratio:>9.1f}{found['rate']:>10,.0f}{cost:>9.1f}{found['peak']:>7.0f}")
    return _told(ours, options.rows, same=some < options.rows or ours["cells"] == plain["cells"])


def _told(ours: dict[str, float], rows: int, *, same: bool) -> int:
    wrong = []
    if ours["rows"] != rows:
        wrong.append(f"{ours['rows']:,.0f} rows were read, not {rows:,}")
    if not same:
        wrong.append("openpyxl reads another number of filled cells")
    if ours["peak"] > trial.MEMORY_BOUND:
        wrong.append(f"{ours['peak']:,.0f} MiB were taken, more than {trial.MEMORY_BOUND}")
    print()
    for sentence in wrong:
        print(f"WRONG: {sentence}")
    if not wrong:
        print("balanced: every row was read")
    return 1 if wrong else 0


def _readings(folder: Path, reader: str, path: Path, rows: int, repeat: int) -> dict[str, float]:
    """Read several times, each in a new process; give the medians."""
    found: list[dict[str, float]] = []
    for _ in range(repeat):
        options = ["--reader", reader, "--file", str(path), "--rows", str(rows)]
        went = trial.measured(folder, Path(__file__).resolve(), *options)
        if went.exit_code:
            raise SystemExit(f"{reader} failed")
        told = went.printed_json()
        rate = told["rows"] / told["seconds"]
        found.append({**told, "rate": rate, "peak": went.peak})
    return {name: statistics.median(one[name] for one in found) for name in found[0]}


# --- readers --------------------------------------------------------------------------------


def _timed(reader: str, path: Path, rows: int) -> dict[str, float]:
    """Read with one of the readers, its libraries loaded; give rows, filled cells and seconds."""
    read = _READERS[reader]()
    began, cpu = time.perf_counter(), time.process_time()
    count, cells = read(path, rows)
    return {
        "rows": count,
        "cells": cells,
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - cpu,
    }


Reader = Callable[[Path, int], tuple[int, int]]


def _importer() -> Reader:
    from importer import assembly
    from importer.sources import open_sources
    from importer.tables import SourceOptions

    assembly.means()  # the memory allocator that commands use

    def read(path: Path, _: int) -> tuple[int, int]:
        count = cells = 0
        (source,) = open_sources(path, options=SourceOptions())
        for chunk in source.chunks():
            count += len(chunk)
            cells += int((chunk.frame != "").to_numpy().sum())
        return count, cells

    return read


def _openpyxl() -> Reader:
    # By name, since it comes without types.
    open_book: Any = importlib.import_module("openpyxl").load_workbook

    def read(path: Path, rows: int) -> tuple[int, int]:
        book = open_book(path, read_only=True, data_only=True)
        count = cells = 0
        for row in itertools.islice(book.active.iter_rows(values_only=True), 1, rows + 1):
            texts = ["" if cell is None else str(cell) for cell in row]
            count += 1
            cells += sum(not text.isspace() for text in texts if text)
        book.close()
        return count, cells

    return read


_READERS: dict[str, Callable[[], Reader]] = {"importer": _importer, "openpyxl": _openpyxl}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--slice", type=int, default=100_000, help="what openpyxl reads of them")
    parser.add_argument("--repeat", type=int, default=3, help="medians of so many readings")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="work there, and leave it")
    parser.add_argument("--reader", choices=_READERS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
