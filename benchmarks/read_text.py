"""Read delimited text as the importer does, beside ``csv.reader``; and open a huge file.

Each reading runs in a process of its own. Opening finds encoding, delimiter, quotes, header and
the table's place, from samples: it is timed on a file of ``--gigabytes``, and its yardstick is
to read that file's bytes once. Example::

    python benchmarks/read_text.py --rows 1000000 --gigabytes 1

Exit code 1 when a row is lost, or the importer took more than 500 MiB.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import trial

_READ_AT_ONCE = 1 << 20


def main() -> int:
    """Read the command line; read in this process, or start the readings and compare them."""
    options = _parser().parse_args()
    if options.reader is not None:
        print(json.dumps(_READERS[options.reader](options.file)))
        return 0
    with trial.trial_folder(options.keep) as folder:
        path, _ = trial.generate(folder, rows=options.rows, seed=1)
        huge = folder / "huge.csv"
        _repeated(path, huge, round(options.gigabytes * 1e9))
        names = ("csv.reader", "importer")
        found = {name: _medians(folder, name, path, options.repeat) for name in names}
        opened = {name: _medians(folder, name, huge, options.repeat) for name in ("bytes", "open")}
        size = huge.stat().st_size / 1e9
    print(f"{options.rows:,} rows, medians of {options.repeat}\n")
    print(f"{'':<24}{'× plain':>9}{'rows/s':>11}{'CPU s':>8}{'MiB':>7}")
    plain = found["csv.reader"]
    for name, one in found.items():
        ratio, rate = plain["seconds"] / one["seconds"], one["rows"] / one["seconds"]
        print(f"{name:<24}{ratio:>9.2f}{rate:>11,.0f}{one['cpu']:>8.2f}{one['peak']:>7.0f}")
    print(f"\n{size:.2f} GB{'':<17}{'× bytes':>9}{'seconds':>11}{'CPU s':>8}{'MiB':>7}")
    for name, one in opened.items():
        ratio = opened["bytes"]["seconds"] / one["seconds"]
        print(
            f"{name:<24}{ratio:>9.1f}{one['seconds']:>11.3f}{one['cpu']:>8.2f}{one['peak']:>7.0f}"
        )
    wrong = found["importer"]["rows"] != options.rows
    large = max(one["peak"] for one in (*found.values(), *opened.values())) > trial.MEMORY_BOUND
    print("\nWRONG" if wrong or large else "\nbalanced: every row was read")
    return 1 if wrong or large else 0


def _repeated(path: Path, huge: Path, size: int) -> None:
    """Write the rows of a file again and again, below one header."""
    with huge.open("wb") as stream, path.open("rb") as rows:
        stream.write(rows.readline())
        below = rows.tell()
        while stream.tell() < size:
            rows.seek(below)
            shutil.copyfileobj(rows, stream, _READ_AT_ONCE)


def _medians(folder: Path, reader: str, path: Path, repeat: int) -> dict[str, float]:
    found: list[dict[str, float]] = []
    for _ in range(repeat):
        options = ["--reader", reader, "--file", str(path)]
        went = trial.measured(folder, Path(__file__).resolve(), *options)
        if went.exit_code:
            raise SystemExit(f"{reader} failed")
        found.append({**went.printed_json(), "peak": went.peak})
    return {name: statistics.median(one[name] for one in found) for name in found[0]}


# --- readers --------------------------------------------------------------------------------


def _timed(read: Callable[[], int]) -> dict[str, float]:
    began, cpu = time.perf_counter(), time.process_time()
    rows = read()
    seconds = time.perf_counter() - began
    return {"rows": rows, "seconds": seconds, "cpu": time.process_time() - cpu}


def _importer(path: Path) -> dict[str, float]:
    from importer import assembly
    from importer.sources import open_sources
    from importer.tables import SourceOptions

    assembly.means()  # the memory allocator that commands use

    def read() -> int:
        (source,) = open_sources(path, options=SourceOptions())
        return sum(len(chunk) for chunk in source.chunks())

    return _timed(read)


def _opened(path: Path) -> dict[str, float]:
    from importer.sources import open_sources
    from importer.tables import SourceOptions

    def read() -> int:
        (source,) = open_sources(path, options=SourceOptions())
        return len(source.description.columns)

    return _timed(read)


def _csv_reader(path: Path) -> dict[str, float]:
    def read() -> int:
        with path.open(encoding="utf-8", newline="") as stream:
            return sum(1 for _ in csv.reader(stream)) - 1

    return _timed(read)


def _bytes(path: Path) -> dict[str, float]:
    def read() -> int:
        with path.open("rb") as stream:
            return sum(len(block) for block in iter(lambda: stream.read(_READ_AT_ONCE), b""))

    return _timed(read)


_READERS = {"csv.reader": _csv_reader, "importer": _importer, "bytes": _bytes, "open": _opened}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--gigabytes", type=float, default=1.0, help="of the file that is opened")
    parser.add_argument("--repeat", type=int, default=3, help="medians of so many readings")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="work there, and leave it")
    parser.add_argument("--reader", choices=_READERS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
