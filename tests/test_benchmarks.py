"""The benchmark scripts run, and prove what they say, on a few thousand rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the scripts ask POSIX for the peak memory of one child"
)


def ended(folder: Path, script: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a script to its end in a folder."""
    return subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / script), *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def printed(folder: Path, script: str, *options: str) -> str:
    """Run a script; it must end with 0."""
    done = ended(folder, script, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def names_of_lines(text: str) -> set[str]:
    return {line.split()[0] for line in text.splitlines() if line.strip()}


def test_import_benchmark_finds_every_planted_verdict(tmp_path: Path) -> None:
    told = printed(tmp_path, "import_million.py", "--rows", "3000", "--keep", str(tmp_path))
    assert "balanced: every row has the verdict that was planted" in told
    assert "2,945 created, 12 duplicate, 4 skipped, 36 invalid, 3 rejected" in told
    assert "the sandbox: 2,945 contacts after 6 calls" in told
    assert "importer check and send" in told


def test_import_benchmark_of_dotdigital_finds_every_planted_verdict(tmp_path: Path) -> None:
    told = printed(tmp_path, "import_dotdigital.py", "--rows", "3000", "--keep", str(tmp_path))
    assert "balanced: every row has the verdict that was planted" in told
    assert "calls: 2 imports + 6 polls + 5 that ask what there is" in told


def test_import_benchmark_fails_when_the_books_are_not_as_planted(tmp_path: Path) -> None:
    # What lies in a kept folder is used: a file of which one contact is missing.
    contacts = tmp_path / "contacts-1000-1.csv"
    told = printed(tmp_path, "generate_contacts.py", str(contacts), "--rows", "1000")
    contacts.with_name(f"{contacts.name}.json").write_text(told)
    header, _, *others = contacts.read_bytes().split(b"\r\n")
    contacts.write_bytes(b"\r\n".join([header, *others]))
    done = ended(tmp_path, "import_million.py", "--rows", "1000", "--keep", str(tmp_path))
    assert done.returncode == 1, done.stdout + done.stderr
    planted = json.loads(told)["expected"]["created"]
    assert f"WRONG: created: {planted - 1}, not {planted}" in done.stdout
    assert f"WRONG: the sandbox holds {planted - 1} contacts, not {planted}" in done.stdout


def test_promise_3_killed_imports_are_resumed_without_loss_or_repetition(tmp_path: Path) -> None:
    # The wait of each call gives the kill its time: what it proves does not depend on it.
    options = ["--rows", "2000", "--rows-per-call", "50", "--kills", "2", "--latency", "0.02"]
    told = printed(tmp_path, "kill_and_resume.py", *options)
    assert "balanced: nothing lost, nothing sent twice but what was in doubt" in told
    assert "results.csv: 2,000 rows, one verdict each" in told
    assert "kill 1: during" in told


def test_promise_3_imports_killed_at_random_are_resumed_without_loss_or_repetition(
    tmp_path: Path,
) -> None:
    faults = "ok*9 503-after ok*9 lost ok*9 429"
    options = ["--kills", "2", "--rows", "90", "--faults", faults]
    told = printed(tmp_path, "kill_at_random.py", *options)
    assert "2 kills in " in told
    assert "balanced: nothing lost, nothing sent twice but what was in doubt or not taken" in told


def test_type_benchmark_compares_every_type_and_stage(tmp_path: Path) -> None:
    options = ["--values", "2000", "--rows", "2000", "--slice", "200", "--repeat", "1"]
    told = names_of_lines(printed(tmp_path, "check_types.py", *options))
    types = {"text", "email", "phone", "date", "datetime", "integer", "decimal", "boolean"}
    assert told >= types | {"consent", "choice", "read", "map", "check", "plan", "report"}


def test_text_benchmark_reads_every_row(tmp_path: Path) -> None:
    options = ["--rows", "2000", "--gigabytes", "0.001", "--repeat", "1"]
    told = printed(tmp_path, "read_text.py", *options)
    assert "balanced: every row was read" in told
    assert {"csv.reader", "importer", "bytes", "open"} <= names_of_lines(told)


def test_reading_score_compares_what_was_read_with_what_is_meant(tmp_path: Path) -> None:
    texts = {
        "good.csv": "a,b\n1,2\n",
        "no_header.csv": "x@y.ca,2\nz@y.ca,3\n",
        "bad.csv": "a,b\n1,3\n",
    }
    for folder in ("files", "clean"):
        (tmp_path / folder).mkdir()
        for name, text in texts.items():
            spoiled = text.replace("3\n", "4\n") if (folder, name) == ("files", "bad.csv") else text
            (tmp_path / folder / name).write_text(spoiled, "utf-8")
    told = printed(tmp_path, "score_reading.py", str(tmp_path), "--each")
    assert "bad.csv" in told
    assert "good.csv" not in told
    (ours,) = [line for line in told.splitlines() if line.startswith("importer")]
    assert ours.split() == ["importer", "1.000", "0.667", "0.833"]


def test_workbook_benchmark_reads_every_row(tmp_path: Path) -> None:
    told = printed(tmp_path, "read_workbook.py", "--rows", "2000", "--repeat", "1")
    assert "balanced: every row was read" in told
    assert {"openpyxl,", "importer"} <= names_of_lines(told)


def test_changes_benchmark_remembers_every_contact(tmp_path: Path) -> None:
    told = printed(tmp_path, "only_changes.py", "--rows", "2000")
    assert "only changes, none of them" in told
    assert "1,966 contacts remembered" in told
