"""Two processes on one budget, one of them killed and started again, and what the platform sees.

Each process has ``--lanes`` threads that call the sandbox as often as they may. A call takes some
time by chance, and arrives at any moment of it. The sandbox notes when; that log is held against
the limit, window by window. The same calls go at the pace of pyrate-limiter (a SQLite bucket with
its file lock), when it is installed (``pip install 'pyrate-limiter==4.5.*'``). Example::

    python benchmarks/pace_proof.py --calls 40 --per second --seconds 20
    python benchmarks/pace_proof.py --calls 600 --per minute --seconds 240

*over*: windows, each begun by a call, that hold more calls than allowed. *used*: of the calls that
the limit allows, between the end of the first full window and the last call. A call counts until a
window after its end, since nobody knows when it arrived: what can be used is window / (window +
latency). Exit code 1 if a window is over by the importer's pace, or if less is used than
``--least`` says.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SECONDS = {"second": 1.0, "minute": 60.0}
_TIMEOUT = 5.0
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_OURS, _THEIRS = "importer", "pyrate-limiter"

Slot = Callable[[], Callable[[], None]]
"""Waits until a call may go, and gives what is to be done when it ended."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the platform saw. ``worst``: calls in the fullest window."""

    calls: int
    over: int
    worst: int
    used: float


def main() -> int:
    """Read the command line, let both run, print what was seen."""
    options = _parser().parse_args()
    if options.caller:
        _call(options)
        return 0
    window = _SECONDS[options.per]
    print(f"limit: {options.calls} a {options.per}; latency {_told(options.latency)} ms\n")
    print(f"{'':16}{'calls':>8}{'over':>8}{'worst':>8}{'used':>9}")
    ours = _measured(_OURS, options, window)
    if _has_theirs():
        _measured(_THEIRS, options, window)
    else:
        print(f"{_THEIRS}: not installed")
    print(f"\npossible at this latency: {_possible(options.latency, window):.1%}")
    good = ours.over == 0 and ours.used >= options.least
    return 0 if good else 1


# --- the platform's side ----------------------------------------------------------------------


def _measured(pace: str, options: argparse.Namespace, window: float) -> Seen:
    from importer.sandbox import SandboxSettings, running

    sandbox = SandboxSettings(threads=32, keep_calls=1_000_000, log_keys=False)
    with tempfile.TemporaryDirectory() as folder, running(sandbox) as url:
        _run_processes(pace, options, folder, url)
        with _DIRECT.open(f"{url}/_sandbox/calls") as answer:
            arrivals = sorted(call["time"] for call in json.load(answer)["calls"])
    seen = _seen(arrivals, options.calls, window)
    print(f"{pace:16}{seen.calls:>8,}{seen.over:>8,}{seen.worst:>8,}{seen.used:>9.1%}")
    return seen


def _run_processes(pace: str, options: argparse.Namespace, folder: str, url: str) -> None:
    """Run two processes to the end; the second is killed half-way and started again."""

    def start(seed: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, __file__, *sys.argv[1:], "--caller", pace, folder, url, str(seed)]
        )

    began = time.monotonic()
    processes = [start(1), start(2)]
    time.sleep(options.seconds / 2)
    processes[1].kill()
    processes[1].wait()
    processes[1] = start(3)
    time.sleep(max(0.0, options.seconds - (time.monotonic() - began)))
    for process in processes:
        process.kill()
        process.wait()


def _seen(arrivals: list[float], calls: int, window: float) -> Seen:
    over, worst, last = 0, 0, 0
    for first, moment in enumerate(arrivals):
        while last < len(arrivals) and arrivals[last] < moment + window:
            last += 1
        worst = max(worst, last - first)
        over += last - first > calls
    steady = len(arrivals) - calls
    used = steady * window / (calls * (arrivals[-1] - arrivals[0])) if steady > 0 else 0.0
    return Seen(len(arrivals), over, worst, used)


def _possible(latency: tuple[float, float], window: float) -> float:
    return window / (window + sum(latency) / 2 / 1000)


# --- a process that calls ----------------------------------------------------------------------


def _call(options: argparse.Namespace) -> None:
    """Call until killed."""
    pace, folder, url, seed = options.caller
    slot = (_our_slot if pace == _OURS else _their_slot)(options, Path(folder))
    chances = [random.Random(f"{seed} {lane}") for lane in range(options.lanes)]
    lanes = [
        threading.Thread(target=_lane, args=(slot, url, options.latency, chance), daemon=True)
        for chance in chances
    ]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()


def _lane(slot: Slot, url: str, latency: tuple[float, float], chance: random.Random) -> None:
    while True:
        done = slot()
        takes, before = chance.uniform(*latency) / 1000, chance.random()
        time.sleep(takes * before)
        target = f"{url}/webservices/ofc4/contacts.ashx?method=Get"
        try:
            _DIRECT.open(target, data=b"{}", timeout=_TIMEOUT).close()
        except urllib.error.HTTPError as refused:  # the sandbox knows no such key, and logs it
            refused.close()
        time.sleep(takes * (1 - before))
        done()


def _our_slot(options: argparse.Namespace, folder: Path) -> Slot:
    from importer.clock import Interruption, SystemClock
    from importer.model import Limits
    from importer.pacing import Pace
    from importer.state import shared_budget

    clock, interruption = SystemClock(), Interruption()
    limits = Limits(
        calls_per_second=options.calls if options.per == "second" else None,
        calls_per_minute=options.calls if options.per == "minute" else None,
        timeout_seconds=_TIMEOUT,
    )
    budget = shared_budget(folder, "benchmark", clock=clock, timeout_seconds=_TIMEOUT)
    pace = Pace(limits, clock, budget=budget)

    def slot() -> Callable[[], None]:
        turn = pace.wait_turn(interruption)
        assert turn is not None
        return lambda: pace.done(turn)

    return slot


def _their_slot(options: argparse.Namespace, folder: Path) -> Slot:
    import pyrate_limiter

    rate = pyrate_limiter.Rate(options.calls, int(_SECONDS[options.per] * 1000))
    bucket = pyrate_limiter.SQLiteBucket.init_from_file(
        [rate], db_path=str(folder / "bucket.sqlite"), use_file_lock=True
    )
    limiter: Any = pyrate_limiter.Limiter(bucket)

    def slot() -> Callable[[], None]:
        limiter.try_acquire("calls")
        return lambda: None

    return slot


def _has_theirs() -> bool:
    try:
        import pyrate_limiter
    except ImportError:
        return False
    return bool(pyrate_limiter)


def _told(latency: tuple[float, float]) -> str:
    return f"{latency[0]:g} to {latency[1]:g}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=40, help="that the limit allows")
    parser.add_argument("--per", choices=sorted(_SECONDS), default="second")
    parser.add_argument("--seconds", type=float, default=20.0, help="for each of the two")
    parser.add_argument("--lanes", type=int, default=8, help="threads of each process")
    parser.add_argument(
        "--latency",
        type=float,
        nargs=2,
        default=(5.0, 200.0),
        metavar=("LEAST", "MOST"),
        help="milliseconds that a call takes",
    )
    parser.add_argument("--least", type=float, default=0.0, help="share that must be used")
    parser.add_argument("--caller", nargs=4, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
