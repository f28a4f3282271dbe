"""Real processes on one budget, and a sandbox that says when their calls arrived."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

from importer.sandbox import SandboxSettings, Style, running
from tests.pacing.world import most_in_a_window

TOP = Path(__file__).parents[2]
LIMIT = 40  # calls a second


def _caller(folder: Path, url: str, calls: int) -> subprocess.Popen[str]:
    target = f"{url}/webservices/ofc4/contacts.ashx?method=Get"
    arguments = [str(folder), target, str(calls), "2", str(LIMIT)]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.pacing.caller", *arguments],
        cwd=TOP,
        env={**os.environ, "PYTHONPATH": str(TOP)},
        stdout=subprocess.PIPE,
        text=True,
    )


def _arrivals(url: str) -> list[float]:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(f"{url}/_sandbox/calls") as answer:
        return [call["time"] for call in json.load(answer)["calls"]]


def test_two_processes_and_a_restart_never_send_one_call_too_many(tmp_path: Path) -> None:
    with running(SandboxSettings(style=Style.ENVELOPE, latency_seconds=0.005)) as url:
        steady = _caller(tmp_path, url, 60)
        with _caller(tmp_path, url, 10_000) as killed:
            assert killed.stdout is not None
            for _ in range(10):
                assert killed.stdout.readline()
            killed.kill()
        with _caller(tmp_path, url, 30) as restarted:
            assert len(restarted.communicate()[0].splitlines()) == 30
        assert len(steady.communicate()[0].splitlines()) == 60
        assert (steady.returncode, restarted.returncode) == (0, 0)
        arrivals = _arrivals(url)
    assert len(arrivals) >= 100
    assert most_in_a_window(arrivals, 1.0) <= LIMIT
