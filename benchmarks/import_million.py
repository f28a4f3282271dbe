"""Import a million generated contacts into a sandbox: how fast, how big, and whether it balances.

Writes the file of ``generate_contacts.py`` (2 % of the rows dirty), starts ``importer sandbox``,
then runs ``importer check`` and ``importer send`` as an operator would, each in a process of its
own. Measures rows a second, CPU and peak memory of each, and of two yardsticks: Python's csv.reader
over the same file, and ``naive_import.py`` on a slice of it. Example::

    python benchmarks/import_million.py --rows 1000000

Exit code 1 when a verdict, a total or the sandbox's contacts are not as planted, or when a command
took more than 500 MiB.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import trial
from trial import Measured

_SPARE_CALLS = 1_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table. ``rows``: how many it took. ``yardstick``: what it is compared to."""

    name: str
    rows: int
    went: Measured
    yardstick: Line | None = None

    def __str__(self) -> str:
        return (
            f"{self.name:<42}{self._ratios()}{self.rows / self.went.wall:>11,.0f}"
            f"{self.went.wall:>9.1f}{self.went.cpu:>8.1f}{self.went.peak:>7.0f}"
        )

    def _ratios(self) -> str:
        if self.yardstick is None:
            return f"{'1':>9}{'1':>9}"
        other = self.yardstick
        share = self.rows / other.rows  # of the yardstick's rows, which may be a slice
        wall, cpu = other.went.wall * share / self.went.wall, other.went.cpu * share / self.went.cpu
        return f"{wall:>9.2f}{cpu:>9.2f}"


HEADING = f"{'':<42}{'× wall':>9}{'× CPU':>9}{'rows/s':>11}{'wall s':>9}{'CPU s':>8}{'MiB':>7}"


def main() -> int:
    """Read the command line, run the trial, print the table and what is wrong."""
    options = _parser().parse_args()
    with trial.trial_folder(options.keep) as folder:
        path, expected = trial.generate(folder, rows=options.rows, seed=options.seed)
        size = path.stat().st_size / 1e6
        print(f"{options.rows:,} rows, {size:,.0f} MB, {options.rows_per_call} rows a call\n")
        lines, wrong = _import(folder, path, expected, options.rows_per_call)
        lines = [*lines, *_yardsticks(folder, path, options)]
    check, send, naive_read, naive_send = lines
    both = Measured(
        0,
        check.went.wall + send.went.wall,
        check.went.cpu + send.went.cpu,
        max(check.went.peak, send.went.peak),
        b"",
    )
    print(HEADING)
    for line in (
        naive_read,
        Line("importer check", check.rows, check.went, naive_read),
        naive_send,
        Line("importer send", send.rows, send.went, naive_send),
        Line("importer check and send", send.rows, both, naive_send),
    ):
        print(line)
    wrong += [
        f"{line.name} took {line.went.peak:,.0f} MiB, more than {trial.MEMORY_BOUND}"
        for line in (check, send)
        if line.went.peak > trial.MEMORY_BOUND
    ]
    return told(wrong)


def _import(
    folder: Path, path: Path, expected: dict[str, int], rows_per_call: int
) -> tuple[list[Line], list[str]]:
    """Check and send; give how that went, and what is not as planted."""
    rows = sum(expected.values())
    calls = rows // rows_per_call + _SPARE_CALLS
    with trial.sandbox(folder, keep_calls=calls) as sandbox:
        trial.write_settings(folder, sandbox.url, rows_per_call=rows_per_call)
        on_file = [path.name, "-m", str(trial.MAPPING), "-c", "bench", "--offline"]
        check = _importer(folder, "check", *on_file)
        checked = check.printed_json()
        wrong = trial.unbalanced(checked["rows"], trial.after_check(expected))
        send = _importer(folder, "send", checked["run"], "--yes")
        sent = send.printed_json()
        wrong += trial.unbalanced(sent["rows"], expected)
        held = sandbox.contact_count()
        merges = sandbox.merges()
        cpu = sandbox.cpu_when_ended()
    if held != expected["created"]:
        wrong.append(f"the sandbox holds {held:,} contacts, not {expected['created']:,}")
    carried = sum(call["records"] for call in merges)
    planned = expected["created"] + expected["rejected"]
    if carried != planned:
        wrong.append(f"the calls carried {carried:,} contacts, not {planned:,}")
    verdicts = ", ".join(f"{count:,} {name}" for name, count in expected.items())
    print(f"planted:     {verdicts}")
    print(f"the sandbox: {held:,} contacts after {len(merges):,} calls; its CPU {cpu:.1f} s\n")
    return [Line("importer check", rows, check), Line("importer send", rows, send)], wrong


def _importer(folder: Path, *arguments: str | Path) -> Measured:
    went = trial.measured(folder, "-m", "importer", *arguments, "--json")
    if went.exit_code != 3:  # dirty rows are planted: anything else is a failure
        raise SystemExit(f"importer {arguments[0]} ended with {went.exit_code}")
    return went


def _yardsticks(folder: Path, path: Path, options: argparse.Namespace) -> list[Line]:
    """Read the file with csv.reader, and send a slice of it with the naive script."""
    script = trial.HERE / "naive_import.py"
    read = trial.measured(folder, script, path)
    some = min(options.rows, options.naive_rows)
    with trial.sandbox(folder, keep_calls=_SPARE_CALLS) as sandbox:
        sizes = ["--rows", str(some), "--rows-per-call", str(options.rows_per_call)]
        send = trial.measured(folder, script, path, "--url", sandbox.url, *sizes)
    if read.exit_code or send.exit_code:
        raise SystemExit("a yardstick failed")
    return [
        Line("csv.reader over the file", options.rows, read),
        Line(f"naive script, no checks, {some:,} rows", some, send),
    ]


def told(wrong: Sequence[str]) -> int:
    """Print whether the books balance; give the exit code."""
    print()
    for sentence in wrong:
        print(f"WRONG: {sentence}")
    if not wrong:
        print("balanced: every row has the verdict that was planted")
    return 1 if wrong else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rows-per-call", type=int, default=500)
    parser.add_argument("--naive-rows", type=int, default=200_000, help="slice of the naive script")
    parser.add_argument("--seed", type=int, default=1, help="of the generated file")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="work there, and leave it")
    return parser


if __name__ == "__main__":
    sys.exit(main())
