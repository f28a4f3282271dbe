"""What a job's last start came to, for Prometheus: a file that node_exporter reads."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from importer.errors import sentence_of
from importer.language import tr
from importer.model import Verdict
from importer.state import End, State

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from prometheus_client import CollectorRegistry

    from importer.jobs.values import JobEnd
    from importer.state import Standing

_READABLE = 0o644  # by node_exporter, which has a user of its own; there is no person in it
_UNFINISHED = "unfinished"
_UNSAFE = re.compile(r"[^\w.-]")

# The same for every job: files that differ in them are refused.
_HELPS = {
    "rows": "Rows of the files of the job's last start, by verdict.",
    "files": "Files of the job's last start, by what became of them.",
    "duration_seconds": "How long the job's last start took.",
    "last_start_timestamp_seconds": "When the job was last started.",
    "last_success_timestamp_seconds": "When a start of the job last ended ok; 0: never.",
    "exit_code": "Exit code of the job's last start.",
    "state": "How the job does: 1 for the state that holds.",
    "unsent_messages": "Messages of the job that could not be sent yet.",
}


def write_metrics(folder: Path, end: JobEnd, standing: Standing, *, unsent: int) -> str | None:
    """Write ``importer_<job>.prom`` whole; a sentence when that cannot be done.

    ``standing``: after the start. ``unsent``: messages that wait. The file can be read by others.
    """
    try:
        from prometheus_client import CollectorRegistry, write_to_textfile
    except ImportError:
        return tr(
            "Metrics are not written: a package is missing. Run: pip install 'importer[nights]'"
        )
    file = folder / f"importer_{_UNSAFE.sub('_', end.job)}.prom"
    sibling = file.with_name(f".{file.name}.writing")  # the collector reads only *.prom
    registry = CollectorRegistry()
    _measure(registry, end, standing, unsent)
    try:
        write_to_textfile(str(sibling), registry)
        sibling.chmod(_READABLE)
        sibling.replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            sibling.unlink(missing_ok=True)
        return tr(
            "The metrics {file} cannot be written: {reason}. Make the folder, and let the account "
            "of the job write to it",
            file=file,
            reason=error.strerror or sentence_of(error),
        )
    return None


def _measure(registry: CollectorRegistry, end: JobEnd, standing: Standing, unsent: int) -> None:
    from prometheus_client import Gauge

    def note(name: str, value: float, **labels: str) -> None:
        gauge = gauges.get(name)
        if gauge is None:
            names = ("job", *labels)
            gauge = Gauge(f"importer_job_{name}", _HELPS[name], names, registry=registry)
            gauges[name] = gauge
        gauge.labels(job=end.job, **labels).set(value)

    gauges: dict[str, Gauge] = {}
    summaries = [one.summary for one in end.files if one.summary is not None]
    for verdict in Verdict:
        rows = sum(summary.rows.of(verdict) for summary in summaries)
        note("rows", rows, verdict=verdict.value)
    ends = [one.pick_up.end.value if one.pick_up.end else _UNFINISHED for one in end.files]
    for kind in (*End, _UNFINISHED):
        note("files", ends.count(kind), end=str(kind))
    note("duration_seconds", (end.ended - end.started).total_seconds())
    note("last_start_timestamp_seconds", end.started.timestamp())
    note("last_success_timestamp_seconds", _seconds(standing.last_success))
    note("exit_code", end.exit_code)
    for state in State:
        note("state", standing.state is state, state=state.value)
    note("unsent_messages", unsent)


def _seconds(moment: datetime | None) -> float:
    """Zero is longer ago than any alarm allows, so a job that never succeeded raises it too."""
    return moment.timestamp() if moment else 0.0
