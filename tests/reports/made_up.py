"""Runs that never were, for the tests of the page."""

from __future__ import annotations

from typing import Any

from importer.reports.problems import Group
from importer.reports.summary import (
    CallTotals,
    ConsentTotals,
    FileSummary,
    RowTotals,
    Summary,
)
from importer.run_folder import ConnectionFacts, FileFacts, RunSettings

RUN = "20261122T031500Z-newsletter-k3fq"


def rows(read: int | None = None, **totals: int) -> RowTotals:
    """Make totals that add up, unless ``read`` says otherwise."""
    return RowTotals(read=sum(totals.values()) if read is None else read, **totals)


def summary(**members: Any) -> Summary:
    """Make the summary of a run that went well, with other members where they are given."""
    good: dict[str, Any] = {
        "run": RUN,
        "state": "finished",
        "exit_code": 0,
        "mapping": "newsletter",
        "target": "dialog-insight",
        "connection": "production",
        "project": "123456",
        "url": "https://app.dialoginsight.com",
        "files": (csv_file(),),
        "rows": rows(created=84, updated=36),
        "consents": {"optin_Newsletter": ConsentTotals(yes=71, no=9, left=40)},
        "calls": CallTotals(planned=2, planned_seconds=0.6, made=2, bytes=48_210),
        "created": "2026-11-22T03:15:00.000Z",
        "checked": "2026-11-22T03:15:01.200Z",
        "started": "2026-11-22T03:15:01.400Z",
        "finished": "2026-11-22T03:15:04.020Z",
        "operator": "marie",
        "tool_version": "0.1.0",
    }
    return Summary(**good | members)


def csv_file(**members: Any) -> FileSummary:
    """Describe a text file that was read."""
    return FileSummary(
        **{
            "path": "contacts.csv",
            "sha256": "9f" * 32,
            "format": "csv",
            "encoding": "cp1252",
            "delimiter": "semicolon",
            "header_row": 1,
            "rows": 120,
        }
        | members
    )


def settings(**members: Any) -> RunSettings:
    """Make the settings of that run."""
    given: dict[str, Any] = {
        "run": RUN,
        "tool_version": "0.1.0",
        "command": "run",
        "created": "2026-11-22T03:15:00.000Z",
        "run_date": "2026-11-21",
        "time_zone": "EST",
        "operator": "marie",
        "mapping": "newsletter",
        "mapping_file": "mappings/newsletter.yaml",
        "mapping_sha256": "ab" * 32,
        "connection": ConnectionFacts(
            name="production",
            target="dialog-insight",
            url="https://app.dialoginsight.com",
            key_id="5335",
            key="env:DIALOG_INSIGHT_KEY",
            limits={"rows_per_call": 100},
        ),
        "files": (file_facts("contacts.csv"),),
    }
    return RunSettings(**given | members)


def file_facts(path: str) -> FileFacts:
    """Name an input file."""
    return FileFacts(path=path, absolute=f"/in/{path}", sha256="9f" * 32, bytes=9_000)


def group(code: str, count: int, *sentences: str, severity: str = "error") -> Group:
    """Make a group of problems with one example for each sentence."""
    examples = [(f"contacts.csv row {n}", text) for n, text in enumerate(sentences, 2)]
    return Group(code, severity, count, examples)
