"""Ends of starts of a job, made up, and a clock that only moves when somebody waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from importer.clock import iso
from importer.jobs.values import FileEnd, JobEnd
from importer.reports import CallTotals, FileSummary, RowTotals, Summary
from importer.run_folder import FileFacts, RunFolder, RunSettings
from importer.state import End, PickUp, State, Step

NOW = datetime(2026, 11, 22, 3, 15, tzinfo=UTC)
RUN = "20261122T031500Z-newsletter-k3fq"


class StillClock:
    """Time that moves when somebody waits."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        return NOW + timedelta(seconds=sum(self.slept))

    def monotonic(self) -> float:
        return sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def pick_up(end: End | None = End.IMPORTED, **facts: Any) -> PickUp:
    facts = {"exit_code": 0, "run": RUN, "step": Step.ENDED, "name": "contacts.csv", **facts}
    return PickUp(
        id="20261122T031500Z-aaaa",
        place=f"inbox/{facts['name']}",
        size=10,
        modified=0.0,
        taken=NOW,
        end=end,
        **facts,
    )


def summary(*, folder: Path | None = None, **facts: Any) -> Summary:
    members: dict[str, Any] = {
        "run": RUN,
        "state": "finished",
        "exit_code": 0,
        "mapping": "newsletter",
        "target": "dialog-insight",
        "connection": "production",
        "files": (
            FileSummary(path="contacts.csv", sha256="0", format="csv", header_row=1, rows=12),
        ),
        "rows": RowTotals(read=12, created=10, invalid=2),
        "consents": {},
        "calls": CallTotals(planned=1, planned_seconds=1),
        "created": iso(NOW),
        "tool_version": "1",
        "folder": str(folder or ""),
    }
    return Summary(**{**members, **facts})


def end_of(*files: FileEnd, **facts: Any) -> JobEnd:
    members: dict[str, Any] = {
        "job": "nightly",
        "started": NOW,
        "ended": NOW + timedelta(seconds=12),
        "exit_code": 0,
        "state": State.OK,
        "before": State.OK,
        "files": files,
    }
    return JobEnd(**{**members, **facts})


def made_run(runs: Path, *, job: str = "nightly") -> Path:
    """Make a run's folder that has its settings and nothing else."""
    folder = RunFolder(runs / RUN)
    folder.path.mkdir(parents=True)
    folder.write_settings(
        RunSettings(
            run=RUN,
            tool_version="1",
            command="job run",
            created=iso(NOW),
            run_date="2026-11-22",
            time_zone="UTC",
            operator="night",
            mapping="newsletter",
            mapping_file="mappings/newsletter.yaml",
            mapping_sha256="0",
            files=(FileFacts(path="contacts.csv", absolute="/x", sha256="0", bytes=1),),
            job=job,
        )
    )
    return folder.path
