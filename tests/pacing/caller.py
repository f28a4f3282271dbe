"""A process that calls a platform as often as it may: ``caller.py STATE URL CALLS LANES LIMIT``.

It prints a line for each answer.
"""

from __future__ import annotations

import sys
import threading
import urllib.request
from pathlib import Path

from importer.clock import Interruption, SystemClock
from importer.model import Limits
from importer.pacing import Pace
from importer.state import shared_budget
from tests.pacing.world import ACCOUNT

_TIMEOUT = 5.0
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def main() -> None:
    """Make the calls in some threads, then end."""
    folder, url, calls, lanes, per_second = sys.argv[1:]
    clock = SystemClock()
    limits = Limits(
        calls_per_second=int(per_second), calls_per_minute=None, timeout_seconds=_TIMEOUT
    )
    budget = shared_budget(Path(folder), ACCOUNT, clock=clock, timeout_seconds=_TIMEOUT)
    pace = Pace(limits, clock, budget=budget)
    share = int(calls) // int(lanes)
    threads = [threading.Thread(target=_lane, args=(pace, url, share)) for _ in range(int(lanes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pace.close()


def _lane(pace: Pace, url: str, calls: int) -> None:
    for _ in range(calls):
        turn = pace.wait_turn(Interruption())
        assert turn is not None
        with _DIRECT.open(url, data=b"{}", timeout=_TIMEOUT) as answer:
            answer.read()
        pace.done(turn)
        print(turn.number, flush=True)


if __name__ == "__main__":
    main()
