"""A process that notes files of a job: ``noter.py STATE HOME OWN COUNT``.

It prints the id of each once it is noted as taken. ``COUNT`` 0: it holds the job and notes nothing.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from importer.clock import SystemClock
from importer.state import PickUp, Step, job_state

JOB = "nightly"


def main() -> None:
    """Note the files, or hold the job until somebody ends this."""
    folder, home, own, count = sys.argv[1:]
    job = job_state(Path(folder), JOB, Path(home), clock=SystemClock())
    if count == "0":
        with job.held():
            print("held", flush=True)
            sys.stdin.read()
    for number in range(int(count)):
        pick_up = PickUp(
            f"{own}-{number:05}", f"{own}/{number}.csv", "a.csv", number, 0.5, datetime.now(UTC)
        )
        job.add(pick_up)
        job.change(replace(pick_up, step=Step.TAKEN, sha256="a1"))
        print(pick_up.id, flush=True)
    job.close()


if __name__ == "__main__":
    main()
