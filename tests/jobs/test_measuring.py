from __future__ import annotations

import builtins
import os
import stat
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from importer.jobs.measuring import write_metrics
from importer.jobs.values import FileEnd
from importer.state import End, Standing, State
from tests.jobs.ends import NOW, end_of, pick_up, summary

posix = pytest.mark.skipif(sys.platform == "win32", reason="files have no modes there")


def _read(file: Path) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *(v for name, v in sorted(sample.labels.items()) if name != "job")): (
            sample.value
        )
        for family in text_string_to_metric_families(file.read_text(encoding="utf-8"))
        for sample in family.samples
    }


def test_a_start_is_measured_whole(tmp_path: Path) -> None:
    files = (
        FileEnd(pick_up(), summary=summary()),
        FileEnd(pick_up(), summary=summary()),
        FileEnd(pick_up(End.REFUSED)),
        FileEnd(pick_up(None)),
    )
    end = end_of(*files, exit_code=3, state=State.DEGRADED)
    standing = Standing(state=State.DEGRADED, last_success=NOW - timedelta(days=1))
    assert write_metrics(tmp_path, end, standing, unsent=2) is None
    assert [one.name for one in tmp_path.iterdir()] == ["importer_nightly.prom"]
    found = _read(tmp_path / "importer_nightly.prom")
    rows = {key[1]: value for key, value in found.items() if key[0] == "importer_job_rows"}
    assert rows == {
        **dict.fromkeys(
            ["updated", "accepted", "duplicate", "skipped", "rejected", "unknown", "not-sent"], 0
        ),
        "created": 20,
        "invalid": 4,
    }
    others = {key: value for key, value in found.items() if key[0] != "importer_job_rows"}
    assert others == {
        ("importer_job_files", "imported"): 2,
        ("importer_job_files", "repeated"): 0,
        ("importer_job_files", "refused"): 1,
        ("importer_job_files", "stopped"): 0,
        ("importer_job_files", "unfinished"): 1,
        ("importer_job_duration_seconds",): 12,
        ("importer_job_last_start_timestamp_seconds",): NOW.timestamp(),
        ("importer_job_last_success_timestamp_seconds",): NOW.timestamp() - 86_400,
        ("importer_job_exit_code",): 3,
        ("importer_job_state", "ok"): 0,
        ("importer_job_state", "degraded"): 1,
        ("importer_job_state", "failed"): 0,
        ("importer_job_state", "missing"): 0,
        ("importer_job_unsent_messages",): 2,
    }


def test_a_job_that_never_succeeded_says_so_by_a_zero(tmp_path: Path) -> None:
    write_metrics(tmp_path, end_of(), Standing(), unsent=0)
    found = _read(tmp_path / "importer_nightly.prom")
    assert found["importer_job_last_success_timestamp_seconds",] == 0


def test_two_jobs_write_two_files_that_agree_in_their_help(tmp_path: Path) -> None:
    for job in ("nightly", "a/b c"):
        write_metrics(tmp_path, replace(end_of(), job=job), Standing(), unsent=0)
    first, second = (tmp_path / name for name in ("importer_nightly.prom", "importer_a_b_c.prom"))
    helps = [
        [line for line in file.read_text().splitlines() if line.startswith("#")]
        for file in (first, second)
    ]
    assert helps[0] == helps[1]
    assert 'job="a/b c"' in second.read_text()


@posix
def test_others_may_read_it_whatever_the_mask_and_the_file_before(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_metrics(tmp_path, end_of(), Standing(), unsent=0)
        write_metrics(tmp_path, end_of(), Standing(), unsent=1)
    finally:
        os.umask(before)
    file = tmp_path / "importer_nightly.prom"
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert _read(file)["importer_job_unsent_messages",] == 1


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    told = write_metrics(tmp_path / "none", end_of(), Standing(), unsent=0)
    assert told is not None
    assert str(tmp_path / "none" / "importer_nightly.prom") in told
    assert "Make the folder" in told


def test_a_file_that_cannot_be_replaced_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "importer_nightly.prom").mkdir()
    told = write_metrics(tmp_path, end_of(), Standing(), unsent=0)
    assert told is not None
    assert [one.name for one in tmp_path.iterdir()] == ["importer_nightly.prom"]


def test_without_its_package_the_remedy_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name.startswith("prometheus_client"):
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    told = write_metrics(tmp_path, end_of(), Standing(), unsent=0)
    assert told is not None
    assert "pip install 'importer[nights]'" in told
