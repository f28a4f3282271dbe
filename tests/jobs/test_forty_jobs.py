"""Four processes that start forty jobs of five accounts at once; two of them are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from importer.sandbox import SandboxSettings, running
from tests.pacing.world import most_in_a_window
from tests.runs.workshop import KEY, environment, read_report

JOBS, ACCOUNTS, ROWS = 40, 5, 12
CALLS_PER_SECOND = 20
STARTER = """\
import random, sys
from importer.cli import run_command
names = sys.argv[2:]
random.Random(int(sys.argv[1])).shuffle(names)
codes = [run_command(["job", "run", name, "--quiet"]) for name in names]
sys.exit(0 if set(codes) <= {0, 7} else 1)
"""
MAPPING = """\
name: people
target: dialog-insight
columns: {Email: key_f_EMail, City: f_City}
merge: {mode: upsert}
"""


def _configure(folder: Path, urls: list[str]) -> None:
    (folder / "mappings").mkdir(parents=True)
    (folder / "mappings" / "people.yaml").write_text(MAPPING, encoding="utf-8")
    lines = ["connections:"]
    for number, url in enumerate(urls):
        limits = (
            f"{{rows_per_call: 4, calls_per_minute: null, calls_per_second: {CALLS_PER_SECOND}}}"
        )
        lines.append(f"  account{number}: {{target: dialog-insight, url: '{url}', project_id: 1, "
                     f"key_id: 1, key: 'env:SANDBOX_KEY', limits: {limits}}}")  # fmt: skip
    lines.append("jobs:")
    for job in range(JOBS):
        lines.append(f"  job{job}: {{files: 'in/{job}/*.csv', mapping: people, settle_seconds: 0, "
                     f"connection: account{job % ACCOUNTS}}}")  # fmt: skip
        people = [f"person{job}-{i}@example.com,City{job}" for i in range(ROWS)]
        place = folder / "in" / str(job)
        place.mkdir(parents=True)
        content = "\n".join(["Email,City", *people, ""])
        (place / "people.csv").write_text(content, encoding="utf-8")
    (folder / "importer.yaml").write_text("\n".join(lines), encoding="utf-8")


def _merges(url: str) -> list[dict[str, Any]]:
    with httpx.Client(trust_env=False) as client:
        calls = client.get(f"{url}/_sandbox/calls").json()["calls"]
    return [call for call in calls if call["method"] == "Contacts.Merge"]


def test_every_job_once_budgets_kept_every_row_one_verdict(tmp_path: Path) -> None:
    folder, state = tmp_path / "work", tmp_path / "state"
    names = [f"job{job}" for job in range(JOBS)]
    with ExitStack() as stack:
        sandboxes = [
            stack.enter_context(running(SandboxSettings(latency_seconds=0.01)))
            for _ in range(ACCOUNTS)
        ]
        _configure(folder, sandboxes)

        def start(seed: int) -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                [sys.executable, "-P", "-c", STARTER, str(seed), *names],
                cwd=folder,
                env=environment(SANDBOX_KEY=KEY, IMPORTER_STATE_DIR=str(state)),
                stderr=subprocess.DEVNULL,
            )

        processes = [start(seed) for seed in range(4)]
        for victim, share in ((processes[0], 0.2), (processes[1], 0.5)):
            while sum(len(_merges(url)) for url in sandboxes) < share * JOBS * ROWS / 4:
                assert any(process.poll() is None for process in processes)
                time.sleep(0.02)
            os.kill(victim.pid, signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        assert [process.wait() for process in processes[2:]] == [0, 0]
        assert all(process.wait() != 0 for process in processes[:2])
        assert start(99).wait() == 0  # the next night goes on with what the killed ones left
        calls = {url: _merges(url) for url in sandboxes}

    taken = sorted(path.parent.name for path in folder.glob("in/*/archive/**/people.csv"))
    assert len(taken) == JOBS
    assert not list(folder.glob("in/*/people.csv"))
    assert not list(folder.glob("in/*/processing/*"))
    verdicts: Counter[str] = Counter()
    for run in sorted((folder / "runs").iterdir()):
        summary = json.loads((run / "summary.json").read_bytes())
        rows = summary["rows"]
        assert (summary["state"], rows.pop("read")) == ("finished", ROWS)
        assert sum(rows.values()) == ROWS
        for line in read_report(run / "results.csv"):
            verdicts[line["key"]] += 1
            assert line["verdict"] in {"created", "updated"}
    assert len(verdicts) == JOBS * ROWS
    assert set(verdicts.values()) == {1}  # so every job had one run

    for url, made in calls.items():
        carried = Counter(key for call in made for key in call["keys"])
        assert len(carried) == JOBS * ROWS / ACCOUNTS, url
        assert sum(count - 1 for count in carried.values()) <= 2 * 4  # a call each in doubt at most
        assert most_in_a_window([call["time"] for call in made], 1.0) <= CALLS_PER_SECOND
