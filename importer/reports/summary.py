"""``summary.json``: what a run came to, for machines and for the Python functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict

from importer.model import Verdict
from importer.run_folder import ColumnFacts
from importer.tables import LeftOut, Reading, TableDescription

SCHEMA_VERSION = 1


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class RowTotals(_Frozen):
    """Every verdict, zeros included; they add up to ``read``."""

    read: int
    """Rows of all files."""
    created: int = 0
    """Contacts that the platform says it created."""
    updated: int = 0
    """Contacts that the platform says it updated."""
    accepted: int = 0
    """Contacts that the platform took without saying which of the two."""
    duplicate: int = 0
    """Rows whose key stands in another row, which was chosen."""
    skipped: int = 0
    """Rows left out on purpose: blank, by a condition, by a suppression list, not changed since
    they were last sent, passed over as asked."""
    invalid: int = 0
    """Rows refused by our checks; never sent."""
    rejected: int = 0
    """Rows refused by the platform."""
    unknown: int = 0
    """Rows that were sent and of which no answer can be had."""
    not_sent: int = 0
    """Good rows whose turn has not come."""

    @classmethod
    def counted(cls, counts: Mapping[Any, int], *, read: int) -> RowTotals:
        """Make totals of how many rows have each verdict; one that is not named has none."""
        totals = {verdict.value.replace("-", "_"): counts.get(verdict, 0) for verdict in Verdict}
        return cls(read=read, **totals)

    def of(self, verdict: Verdict) -> int:
        """Give one verdict's total."""
        found: int = getattr(self, verdict.value.replace("-", "_"))
        return found


class FileSummary(_Frozen):
    """One table, as it was understood: numbers and names of columns, never what a cell holds."""

    path: str
    """The file as the operator gave it."""
    sha256: str
    """Of the file, in hexadecimal."""
    sheet: str = ""
    """The sheet of a workbook; otherwise empty."""
    format: str
    """csv, xlsx and the like."""
    encoding: str = ""
    """Of a text file."""
    delimiter: str = ""
    """What stands between cells, as a word or a character."""
    quote: str = ""
    """What stands around quoted cells."""
    escape: str = ""
    """How a quote is written within quotes."""
    header_row: int
    """The number that a spreadsheet shows for the header's first row; 0: there is none."""
    header_rows: int = 1
    """How many rows the header has."""
    first_row: int = 2
    """The number of the first row below the header."""
    rows: int
    """How many rows were read."""
    hidden: int = 0
    """How many rows the sheet hides."""
    computed: dict[str, int] = {}
    """Column -> how many of its cells hold formulas."""
    columns: dict[str, ColumnFacts] = {}
    """Each column that the mapping reads -> what was seen in it."""
    ends_in_line_break: bool | None = None
    """Whether a text file does; null: it is none."""
    readings: tuple[Reading, ...] = ()
    """What was understood of the table, and how sure that is."""
    left_out: tuple[LeftOut, ...] = ()
    """Parts of the file that are no rows of the table."""
    warnings: tuple[str, ...] = ()
    """Sentences, in English."""
    results: RowTotals | None = None
    """The verdicts of its rows."""


def file_summary(
    table: TableDescription, sha256: str, columns: Mapping[str, ColumnFacts] | None = None
) -> FileSummary:
    """Tell what was found out about a table.

    ``sha256``: of the file it stands in. ``columns``: header -> what was seen in it.
    """
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
        columns=dict(columns or {}),
        ends_in_line_break=table.ends_in_line_break,
        readings=table.readings,
        left_out=table.left_out,
        warnings=table.warnings,
    )


class ConsentTotals(_Frozen):
    """What the plan sets for one consent."""

    yes: int
    """Contacts set to yes."""
    no: int
    """Contacts set to no."""
    left: int
    """Contacts whose consent is left alone."""
    by_mapping_yes: int = 0
    """Of `yes`, how many a constant or a default gave, not the row."""
    by_mapping_no: int = 0
    """Of `no`, how many a constant or a default gave, not the row."""
    withheld: int = 0
    """Chosen rows with a yes that a suppression list withheld, those included of which then
    nothing was left to send; not those that `suppress_rows` left out as wholes."""
    withheld_by_account: int = 0
    """Yeses of the plan that were not sent for what the account holds; known once their contacts
    are sent."""
    unchanged: int = 0
    """Of `left`, answers that are as they were last sent; counted where only changes are sent."""


class VerifiedTotals(_Frozen):
    """What reading contacts back came to."""

    looked_up: int
    """Contacts that were read back."""
    same: int
    """Stored as they were sent."""
    different: int
    """Stored with another value in some field."""
    missing: int
    """Not in the account."""
    settled: int = 0
    """Of those whose answer was unknown, how many are known now."""


class CallTotals(_Frozen):
    """What a run's sending takes and took, in calls and seconds."""

    planned: int
    """About how many calls the whole plan takes."""
    planned_seconds: float
    """How long they take at the allowed pace."""
    to_read: int = 0
    """Of `planned`, those that only look a contact up before it is sent."""
    read: int = 0
    """Calls made that only looked a contact up; beside `made`."""
    made: int = 0
    """Calls that carried contacts."""
    retried: int = 0
    """Calls after the first for the same contacts."""
    not_taken: int = 0
    """Calls that the platform did not take."""
    refused: int = 0
    """Calls that were refused as a whole."""
    taken: int = 0
    """Calls that the platform took and of which it has not said yet what became of them."""
    polls: int = 0
    """Calls made that only asked what became of others; beside `made`."""
    in_doubt: int = 0
    """Calls whose answer never came."""
    strangers: int = 0
    """Answers that belong to no contact that was sent."""
    waited_seconds: float = 0.0
    """Waited before calls, for the pace and for retries."""
    bytes: int = 0
    """Of the contacts that were carried."""


class LimitsInForce(_Frozen):
    """The limits that hold for a run's calls. Durations in seconds."""

    rows_per_call: int
    """Contacts in one call at most."""
    bytes_per_call: int
    """Bytes of one call at most."""
    calls_per_second: float | None = None
    """Calls in a second at most; null: no such limit."""
    calls_per_minute: float | None = None
    """Calls in a minute at most; null: no such limit."""
    calls_per_hour: float | None = None
    """Calls in an hour at most; null: no such limit."""
    calls_per_day: float | None = None
    """Calls in a day at most; null: no such limit."""
    in_flight: int
    """Calls under way at once."""
    timeout_seconds: float
    """How long an answer is waited for."""
    attempts: int
    """How often a call is made at most."""
    configured: tuple[str, ...] = ()
    """Those of these limits for which the connection gives another value than the platform's
    careful one."""


class Summary(_Frozen):
    """One run. Times are ISO 8601 in UTC, empty when the run did not get there.

    All of it is in English; ``said`` gives its sentences in the run's language. ``folder`` may
    move, so the file does not hold it.
    """

    schema_version: int = SCHEMA_VERSION
    """Of this document; it rises when a member goes or changes its meaning."""
    run: str
    """The run's id, which is its folder's name."""
    state: str
    """checking, checked, sending, stopped, finished, refused (by a threshold or a guard) or
    abandoned."""
    exit_code: int
    """What the command that wrote this ended with, or would now."""
    language: str = "en"
    """The run's: en or fr."""
    sandbox: bool = False
    """Whether nothing of it left this machine."""
    mapping: str
    """The mapping's name."""
    target: str
    """The platform: dialog-insight and the like."""
    connection: str = ""
    """The connection's name; empty: none was chosen yet."""
    project: str = ""
    """The project's number on the platform."""
    url: str = ""
    """The platform's address."""
    files: tuple[FileSummary, ...]
    """Each table that was read, in the order of reading."""
    rows: RowTotals
    """How many rows have each verdict."""
    refused_duplicates: int = 0
    """Of the duplicates, those that the mapping refuses."""
    unchanged: int = 0
    """Of the skipped rows, those that are as they were last sent; counted where only changes are
    sent."""
    rows_in_part: int = 0
    """Of the created, updated and accepted rows, those that were written only in part: their
    `code` and `message` in results.csv say what is missing."""
    consents: dict[str, ConsentTotals]
    """Field code -> what the plan sets for that consent."""
    yes_to: str = ""
    """Who may be set to yes: everyone, new or unless-refused; empty: no consent is mapped."""
    calls: CallTotals
    """What the sending takes and took."""
    limits: LimitsInForce | None = None
    """The limits that hold for the run's calls."""
    stopped_because: str = ""
    """Why an unfinished run ended, as a code."""
    message: str = ""
    """Why, as a sentence in English."""
    warnings: tuple[str, ...] = ()
    """Sentences, in English."""
    problems: dict[str, int] = {}
    """Code -> how many problems or warnings there are of it; errors first, then the most frequent
    first."""
    retry_of: str = ""
    """The id of the run that this one retries."""
    job: str = ""
    """The job that the run is of; empty: none."""
    pick_up: str = ""
    """The id under which the job took the file; empty: no job did."""
    verified: VerifiedTotals | None = None
    """What reading contacts back came to; null: none was asked for."""
    created: str
    """When the run was made."""
    checked: str = ""
    """When its check ended."""
    started: str = ""
    """When its sending began."""
    finished: str = ""
    """When its sending ended."""
    operator: str = ""
    """Who ran it."""
    note: str = ""
    """What the operator noted."""
    tool_version: str
    """Of importer."""
    sentences: dict[str, str] = {}
    """Each of the English sentences of this document -> the same in `language`."""
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
