"""Write the reports of a run of a million results: how fast, and in how much memory.

Checks the file of ``generate_contacts.py`` (2 % of the rows dirty), writes answers into the run's
journal as a platform would have given them (3 % refused), and then writes every report, in a
process of its own. The yardstick is Python's csv module, which copies ``results.csv`` row by row in
the same process. With ``--workbook`` a second run is reported, every contact of which was refused:
its rows to fix are written as a workbook, too. Example::

    python benchmarks/report_million.py --rows 1000000 --workbook
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trial

_ROWS_A_CALL = 500
_REFUSED = 33  # every such contact is refused
_IN_WORKBOOK = 100_000  # rows, nearly all of which are refused


def main() -> int:
    """Read the command line; run the stage that is named, or all of them."""
    options = _parser().parse_args()
    if options.stage is not None:
        stage = {"settle": settle, "write": write}[options.stage]
        return stage(options.folder, workbook=options.workbook)
    with trial.trial_folder(options.keep) as folder:
        _print(*_reported(folder, rows=options.rows, seed=options.seed))
        if options.workbook:
            told, sizes = _reported(folder, rows=_IN_WORKBOOK, seed=options.seed, workbook=True)
            print()
            _print(told, sizes)
    return 0


def _reported(
    folder: Path, *, rows: int, seed: int, workbook: bool = False
) -> tuple[dict[str, Any], dict[str, int]]:
    """Check, settle and report a run; give what was measured, and the sizes of its files."""
    run = _checked(folder, rows=rows, seed=seed)
    extra = ["--workbook"] if workbook else []
    for stage in ("settle", "write"):
        went = trial.measured(folder, __file__, "--stage", stage, "--folder", run, *extra)
        if went.exit_code:
            raise SystemExit(f"{stage} ended with {went.exit_code}")
    sizes = {p.name: p.stat().st_size for p in sorted(run.iterdir()) if p.is_file()}
    return went.printed_json(), sizes


def _checked(folder: Path, *, rows: int, seed: int) -> Path:
    path, _ = trial.generate(folder, rows=rows, seed=seed)
    trial.write_settings(folder, "http://127.0.0.1:9", rows_per_call=_ROWS_A_CALL)
    options = [path.name, "-m", str(trial.MAPPING), "-c", "bench", "--offline", "--json"]
    went = trial.measured(folder, "-m", "importer", "check", *options)
    return folder / "runs" / str(went.printed_json()["run"])


def _print(told: dict[str, Any], sizes: dict[str, int]) -> None:
    print(f"{told['rows']:,} results, {told['problems']:,} problems\n")
    print(f"{'':<34}{'× CPU':>8}{'wall s':>9}{'CPU s':>8}")
    base = told["yardstick"]
    for name in _NAMES:
        if name not in told:
            continue
        one = told[name]
        ratio = base["cpu"] / one["cpu"] if one["cpu"] else 0
        print(f"{_NAMES[name]:<34}{ratio:>8.2f}{one['wall']:>9.2f}{one['cpu']:>8.2f}")
    print(f"\npeak {told['peak']:,.0f} MiB while the reports were written")
    for name, size in sizes.items():
        print(f"  {name:<20}{size / 1e6:>10,.1f} MB")


_NAMES = {
    "yardstick": "csv module copies results.csv",
    "files": "all reports but these",
    "consents": "consents.csv",
    "workbook": "to-fix.xlsx",
    "page": "report.html",
}


# --- stages, each in a process of its own -----------------------------------------------------


def settle(folder: Path, *, workbook: bool) -> int:
    """Write into the journal what a platform would have answered; for a workbook: all refused."""
    from importer import pipeline
    from importer.journal import Journal
    from importer.model import Batch, Outcome, RunState, Settled, Verdict
    from importer.run_folder import RunFolder

    run = RunFolder(folder)
    each = 1 if workbook else _REFUSED
    with Journal.open(run.journal) as journal:
        planned = pipeline.plan_facts(journal).planned
        for first in range(0, planned, _ROWS_A_CALL):
            end = min(first + _ROWS_A_CALL, planned)
            names = tuple(str(at) for at in range(first, end))
            batch = Batch(f"b{first:08d}", first, names, (b"{}",) * len(names), "0" * 64)
            outcomes = tuple(
                Outcome(
                    Verdict.REJECTED, "platform-refused", "", f"The platform refused it: {at % 7}"
                )
                if at % each == 0
                else Outcome(Verdict.CREATED, record_id=str(at))
                for at in range(first, end)
            )
            call = journal.submitting(batch, attempt=1, at="2026-11-22T03:15:00Z")
            journal.settled(call, batch, Settled(outcomes, f"r{first}"), at="2026-11-22T03:15:01Z")
        journal.set_fact("started", "2026-11-22T03:15:00Z")
        journal.set_state(RunState.SENDING)
    return 0


def write(folder: Path, *, workbook: bool) -> int:
    """Write the reports, and print how long that took."""
    from importer import pipeline
    from importer.reports import writing
    from importer.reports.fixes.book import FixBook
    from importer.reports.ledger import Ledger
    from importer.runs import report

    spent: dict[str, dict[str, float]] = {}
    parts: list[tuple[Any, str, str]] = [
        (writing, "page", "page"),
        (pipeline, "note_consents", "consents"),
        *((Ledger, name, "consents") for name in ("__enter__", "add", "__exit__")),
        *((FixBook, name, "workbook") for name in ("__enter__", "add", "__exit__")),
    ]
    for place, name, part in parts:
        setattr(place, name, _timed(getattr(place, name), spent, part))
    with _clock(spent, "files"):
        summary = report(str(folder), workbook=workbook)
    for part in {part for _, _, part in parts} & {*spent}:
        for clock in ("wall", "cpu"):
            spent["files"][clock] -= spent[part][clock]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with _clock(spent, "yardstick"):
        _copy(folder / "results.csv")
    problems = sum(summary.problems.values())
    print(json.dumps({"rows": summary.rows.read, "problems": problems, "peak": peak, **spent}))
    return 0


def _copy(path: Path) -> None:
    copy = path.with_name("copy.csv")
    with (
        path.open(encoding="utf-8-sig", newline="") as source,
        copy.open("w", encoding="utf-8", newline="") as target,
    ):
        writer = csv.writer(target)
        for row in csv.reader(source):
            writer.writerow(row)
    copy.unlink()


def _timed(
    function: Callable[..., Any], spent: dict[str, dict[str, float]], name: str
) -> Callable[..., Any]:
    def timed(*arguments: Any, **members: Any) -> Any:
        with _clock(spent, name):
            return function(*arguments, **members)

    return timed


@contextmanager
def _clock(spent: dict[str, dict[str, float]], name: str) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    so_far = spent.setdefault(name, {"wall": 0.0, "cpu": 0.0})
    so_far["wall"] += time.perf_counter() - wall
    so_far["cpu"] += time.process_time() - cpu


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1, help="of the generated file")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="work there, and leave it")
    parser.add_argument(
        "--workbook", action="store_true", help=f"also of {_IN_WORKBOOK:,} rows to fix"
    )
    parser.add_argument("--stage", choices=["settle", "write"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    os.environ.setdefault("IMPORTER_LANGUAGE", "en")
    sys.exit(main())
