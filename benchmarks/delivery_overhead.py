"""What the sender itself costs: its time beside the platform's, and its CPU.

Checks generated contacts once, then sends the plan to ``instant_platform.py``: with a latency and
several calls in flight (the time that the calls alone need is calls x latency / in flight), and
without any. Only the sending is measured: from the first call's turn to the last outcome in the
journal, in a process of its own. Example::

    python benchmarks/delivery_overhead.py --rows 200000 --latency 0.05 --in-flight 4

Exit code 1 when a contact is not created.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
from pathlib import Path

import trial

_SENDER = """
import json, sys, time
from importer import cli, pipeline
send = pipeline.send
def timed(*given, **named):
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        return send(*given, **named)
    finally:
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(json.dumps({"wall": wall, "cpu": cpu}), file=sys.stderr)
pipeline.send = timed
sys.exit(cli.run_command(sys.argv[1:]))
"""


def main() -> int:
    """Read the command line, send twice, print the table and what is wrong."""
    options = _parser().parse_args()
    with trial.trial_folder(options.keep) as folder:
        path, _ = trial.generate(folder, rows=options.rows, seed=options.seed)
        trial.write_settings(folder, "http://127.0.0.1:1", rows_per_call=options.rows_per_call)
        checked = trial.measured(
            folder, "-m", "importer", "check", path.name, "-m", str(trial.MAPPING),
            "-c", "bench", "--offline", "--json",
        ).printed_json()  # fmt: skip
        contacts = checked["rows"]["not_sent"]
        calls = math.ceil(contacts / options.rows_per_call)
        print(f"{contacts:,} contacts, {calls:,} calls of {options.rows_per_call}\n")
        alone = calls * options.latency / options.in_flight
        slow = _sent(folder, checked["run"], options, options.latency, options.in_flight)
        instant = _sent(folder, checked["run"], options, 0.0, 1)
    wrong = [
        f"{went['created']:,} contacts created, not {contacts:,}"
        for went in (slow, instant)
        if went["created"] != contacts
    ]
    hundred = contacts / 100_000
    print(f"{'':<46}{'× calls alone':>14}{'wall s':>9}{'CPU s':>8}{'CPU s / 100,000':>17}")
    name = f"calls alone ({options.latency * 1000:g} ms, {options.in_flight} in flight)"
    print(f"{name:<46}{1:>14}{alone:>9.2f}")
    print(
        f"{'the sender, the same':<46}{slow['wall'] / alone:>14.3f}{slow['wall']:>9.2f}"
        f"{slow['cpu']:>8.2f}{slow['cpu'] / hundred:>17.2f}"
    )
    print(
        f"{'the sender, instant platform, 1 in flight':<46}{'':>14}{instant['wall']:>9.2f}"
        f"{instant['cpu']:>8.2f}{instant['cpu'] / hundred:>17.2f}"
    )
    for sentence in wrong:
        print(f"WRONG: {sentence}")
    return 1 if wrong else 0


def _sent(
    folder: Path, run: str, options: argparse.Namespace, latency: float, in_flight: int
) -> dict[str, float]:
    """Send a copy of the checked run; give how long the sending took, and what was created."""
    copy = folder / f"copy-{latency:g}"
    shutil.copytree(folder / "runs" / run, copy / run)
    platform = trial.Command(folder, trial.HERE / "instant_platform.py", "--latency", str(latency))
    url = platform.first_line().strip()
    try:
        _point_to(copy / run, url, options.rows_per_call, in_flight)
        went = trial.Command(
            folder, "-c", _SENDER, "send", run, "--runs-dir", str(copy), "--yes", "--json",
            with_messages=True,
        ).wait()  # fmt: skip
    finally:
        platform.send_signal(15)
        platform.wait()
    text = went.printed.decode()
    timed = next(json.loads(line) for line in text.splitlines() if line.startswith('{"wall"'))
    summary = json.loads((copy / run / "summary.json").read_bytes())
    return {**timed, "created": summary["rows"]["created"]}


def _point_to(run: Path, url: str, rows_per_call: int, in_flight: int) -> None:
    """Bind a run to the platform of this trial, with limits that never make it wait."""
    settings = json.loads((run / "settings.json").read_bytes())
    settings["connection"]["url"] = url
    settings["connection"]["name"] = "instant"
    settings["connection"]["limits"] |= {"rows_per_call": rows_per_call, "in_flight": in_flight}
    (run / "settings.json").write_text(json.dumps(settings))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rows-per-call", type=int, default=500)
    parser.add_argument("--latency", type=float, default=0.05, metavar="SECONDS")
    parser.add_argument("--in-flight", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=None, metavar="FOLDER")
    return parser


if __name__ == "__main__":
    sys.exit(main())
