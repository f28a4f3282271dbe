"""``summary.json``: what a run came to, for machines and for the Python functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict

from importer.model import Verdict
from importer.tables import LeftOut, Reading, TableDescription

SCHEMA_VERSION = 1


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class RowTotals(_Frozen):
    """Every verdict, zeros included; they add up to ``read``."""

    read: int
    created: int = 0
    updated: int = 0
    accepted: int = 0
    duplicate: int = 0
    skipped: int = 0
    invalid: int = 0
    rejected: int = 0
    unknown: int = 0
    not_sent: int = 0

    def of(self, verdict: Verdict) -> int:
        """Give one verdict's total."""
        found: int = getattr(self, verdict.value.replace("-", "_"))
        return found


class FileSummary(_Frozen):
    """One table, as it was understood: numbers and names of columns, never what a cell holds.

    ``results``: the verdicts of its rows. ``header_row``: 0 where there is no header.
    ``computed``: column -> how many of its cells hold formulas.
    """

    path: str
    sha256: str
    sheet: str = ""
    format: str
    encoding: str = ""
    delimiter: str = ""
    quote: str = ""
    escape: str = ""
    header_row: int
    header_rows: int = 1
    first_row: int = 2
    rows: int
    hidden: int = 0
    computed: dict[str, int] = {}
    readings: tuple[Reading, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    warnings: tuple[str, ...] = ()
    results: RowTotals | None = None


def file_summary(table: TableDescription, sha256: str) -> FileSummary:
    """Tell what was found out about a table; ``sha256``: of the file it stands in."""
    return FileSummary(
        path=table.file,
        sha256=sha256,
        sheet=table.sheet,
        format=table.format,
        encoding=table.encoding,
        delimiter=table.delimiter,
        quote=table.quote,
        escape=table.escape,
        header_row=table.header_row,
        header_rows=table.header_rows,
        first_row=table.first_row,
        rows=table.rows or 0,
        hidden=table.hidden,
        computed=dict(table.computed),
        readings=table.readings,
        left_out=table.left_out,
        warnings=table.warnings,
    )


class ConsentTotals(_Frozen):
    """What the plan sets for one consent; ``left``: contacts whose consent is left alone.

    ``by_mapping_yes`` and ``by_mapping_no``: how many of these answers a constant or a default
    gave, not the row. ``withheld``: how many chosen rows had a yes that a suppression list
    withheld, those included of which then nothing was left to send; rows that `suppress_rows`
    left out as wholes are not among them. ``withheld_by_account``: how many yeses of the plan were
    not sent for what the account holds; known once their contacts are sent.
    """

    yes: int
    no: int
    left: int
    by_mapping_yes: int = 0
    by_mapping_no: int = 0
    withheld: int = 0
    withheld_by_account: int = 0


class VerifiedTotals(_Frozen):
    """What reading contacts back came to: looked up, as sent, different, not there.

    ``settled``: of those whose answer was unknown, how many are known now.
    """

    looked_up: int
    same: int
    different: int
    missing: int
    settled: int = 0


class CallTotals(_Frozen):
    """``planned``: about how many calls the whole plan takes, and how many seconds at the pace.

    ``to_read``: those of them that only look a contact up before it is sent. ``read``: how many of
    these were made, beside ``made``.
    """

    planned: int
    planned_seconds: float
    to_read: int = 0
    read: int = 0
    made: int = 0
    retried: int = 0
    not_taken: int = 0
    refused: int = 0
    in_doubt: int = 0
    strangers: int = 0
    waited_seconds: float = 0.0
    bytes: int = 0


class LimitsInForce(_Frozen):
    """The limits that hold for a run's calls; None: no such limit. Durations in seconds.

    ``configured``: those for which the connection gives another value than the platform's careful
    one.
    """

    rows_per_call: int
    bytes_per_call: int
    calls_per_second: float | None = None
    calls_per_minute: float | None = None
    calls_per_hour: float | None = None
    calls_per_day: float | None = None
    in_flight: int
    timeout_seconds: float
    attempts: int
    configured: tuple[str, ...] = ()


class Summary(_Frozen):
    """One run. Times are ISO 8601 in UTC, empty when the run did not get there.

    All of it is in English; ``sentences``: each of its sentences in ``language``, the run's own.
    """

    schema_version: int = SCHEMA_VERSION
    run: str
    state: str
    exit_code: int
    language: str = "en"
    sandbox: bool = False
    mapping: str
    target: str
    connection: str = ""
    project: str = ""
    url: str = ""
    files: tuple[FileSummary, ...]
    rows: RowTotals
    refused_duplicates: int = 0
    consents: dict[str, ConsentTotals]
    yes_to: str = ""
    calls: CallTotals
    limits: LimitsInForce | None = None
    stopped_because: str = ""
    message: str = ""
    warnings: tuple[str, ...] = ()
    problems: dict[str, int] = {}
    retry_of: str = ""
    verified: VerifiedTotals | None = None
    created: str
    checked: str = ""
    started: str = ""
    finished: str = ""
    operator: str = ""
    note: str = ""
    tool_version: str
    sentences: dict[str, str] = {}
    folder: str = ""

    def said(self, sentence: str) -> str:
        """Give a sentence of the summary, which is in English, in the run's language."""
        return self.sentences.get(sentence, sentence)

    def as_json(self) -> bytes:
        """Write it as the run folder's file holds it (without ``folder``, which may move)."""
        content: dict[str, Any] = self.model_dump(exclude={"folder"})
        return orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n"


@dataclass(frozen=True, slots=True)
class RunFacts:
    """All of a summary but the problems, which are counted while the reports are written."""

    members: dict[str, Any]

    def summary(self, problems: dict[str, int], tables: Sequence[RowTotals]) -> Summary:
        """Make the summary; ``tables``: the verdicts of each table's rows."""
        files = tuple(
            file.model_copy(update={"results": totals})
            for file, totals in zip(self.members["files"], tables, strict=True)
        )
        return Summary(**{**self.members, "files": files}, problems=problems)
