"""``jobs`` in ``importer.yaml``: the recipes of unattended runs, as they are written."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PositiveInt, WithJsonSchema

from importer.documents import Count, DocumentModel, Text, as_text, number_needed
from importer.durations import check_duration, check_retention
from importer.file_names import PACKING_ENDINGS, TABLE_ENDINGS
from importer.key_places import REFERENCE
from importer.language import tr
from importer.literal_secrets import check_reference
from importer.thresholds import check_threshold, is_share, is_threshold
from importer.timetables import check_days, check_exception, check_time, check_zone
from importer.written_places import (
    check_folder,
    check_heartbeat,
    check_path,
    check_place,
)

_MOST_SECONDS = 86_400
_LAST_PORT = 65_535
_SMALLEST_LOG, _LARGEST_LOG, _MOST_LOGS = 10_000, 1_000_000_000, 1000
_SCALAR = {"type": ["string", "number", "boolean"]}
_LISTED = WithJsonSchema(
    {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]}, mode="validation"
)


def _in_list(value: object) -> object:
    """Take one text as a list of it."""
    if isinstance(value, dict):
        raise ValueError(tr("a text, or a list of texts, is needed"))  # noqa: TRY004 - a mistake
    return [value] if isinstance(as_text(value), str) else value


def _share_or_false(value: object) -> object:
    if value is False:
        return value
    text = as_text(value)
    if not isinstance(text, str) or not is_share(text):
        raise ValueError(tr("a share from 0% to 100%, or false, is needed"))
    return text.strip()


def _fewest_or_false(value: object) -> object:
    if value is False:
        return value
    text = as_text(value)
    if not isinstance(text, str) or not (
        is_share(text) if text.strip().endswith("%") else is_threshold(text)
    ):
        raise ValueError(
            tr("a number of rows, a share from 0% to 100% of the usual ones, or false, is needed")
        )
    return text.strip()


def _check_seconds(seconds: float) -> float:
    if not 0 <= seconds <= _MOST_SECONDS:  # nor is NaN
        raise ValueError(tr("a number of seconds from 0 to 86400 is needed"))
    return seconds


def _check_marker(marker: str) -> str:
    if not marker.startswith((".", "-")) or marker in {".", ".."}:
        raise ValueError(
            tr("what is added to the file's name is needed, with its dot or dash: .done")
        )
    if set("/\\\0") & set(marker):
        raise ValueError(tr("the marker lies beside its file: leave / and \\ out"))
    if marker.lower().endswith((*TABLE_ENDINGS, *PACKING_ENDINGS)):
        raise ValueError(
            tr("a marker that ends like a spreadsheet would be imported itself: write .done")
        )
    return marker


def _check_key_file(path: str) -> str:
    if REFERENCE.fullmatch(path):
        raise ValueError(tr("the path of the key file is needed, without file: before it"))
    return check_path(path)


def _check_heartbeat(url: str) -> str:
    return url if REFERENCE.fullmatch(url) else check_heartbeat(url)


def _check_log(place: str) -> str:
    if place.lower() in {"stdout", "-"}:
        raise ValueError(tr("stderr, or the path of a file, is needed"))
    return check_folder(place)


_Given = Annotated[Text, Field(min_length=1)]
_Reference = Annotated[Text, AfterValidator(check_reference)]
_Retention = Annotated[Text, AfterValidator(check_retention)]
_Threshold = Annotated[
    Text,
    AfterValidator(check_threshold),
    WithJsonSchema(
        {"type": ["integer", "string"], "pattern": r"^\s*\d+([.,]\d+)?\s*%?\s*$", "minimum": 0},
        mode="validation",
    ),
]
_Seconds = Annotated[
    float,
    BeforeValidator(number_needed),
    AfterValidator(_check_seconds),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": _MOST_SECONDS}, mode="validation"),
]
_Port = Annotated[PositiveInt, Field(le=_LAST_PORT), BeforeValidator(number_needed)]
_Bytes = Annotated[int, Field(ge=_SMALLEST_LOG, le=_LARGEST_LOG), BeforeValidator(number_needed)]
_Files = Annotated[PositiveInt, Field(le=_MOST_LOGS), BeforeValidator(number_needed)]
_Guard = {"type": ["integer", "string", "boolean"]}


class Told(StrEnum):
    """What word is sent of: changes of a job's state; ``success`` is every night that went well."""

    FAILED = "failed"
    DEGRADED = "degraded"
    MISSING = "missing"
    RECOVERED = "recovered"
    SUCCESS = "success"


class AccessSection(DocumentModel):
    """How a remote place is reached."""

    user: Text = Field("", description="The account on the server.")
    password: _Reference | None = Field(
        None, description="Where its password is: env:NAME, file:PATH or keyring:SERVICE/USER."
    )
    private_key: Annotated[Text, AfterValidator(_check_key_file)] = Field(
        "", description="The file of the private key, for sftp."
    )
    passphrase: _Reference | None = Field(
        None, description="Where the passphrase of the private key is, as of a password."
    )
    known_hosts: Annotated[Text, AfterValidator(check_path)] = Field(
        "", description="The file of known host keys; left out: ~/.ssh/known_hosts."
    )
    port: _Port | None = Field(
        None, description="The server's port, where it is not the usual one."
    )
    options: dict[str, bool | int | float | str] = Field(
        default_factory=dict,
        description="Options of the place's file system, given to fsspec as they are.",
    )


class GuardsSection(DocumentModel):
    """What a file is compared with: the last imported ones of the job. false: not at all."""

    fewest_rows: Annotated[
        str | Literal[False],
        BeforeValidator(_fewest_or_false),
        WithJsonSchema(_Guard, mode="validation"),
    ] = Field(
        "60%",
        description="Nothing is sent of a file of fewer rows, or of fewer different contacts: a "
        "share of the median of the last 5 imported files, or a number of rows.",
    )
    fill: Annotated[
        str | Literal[False],
        BeforeValidator(_share_or_false),
        WithJsonSchema(_Guard, mode="validation"),
    ] = Field(
        "50%",
        description="Nothing is sent when the share of filled cells of a mapped column differs "
        "by more from that of the last imported file.",
    )
    types: bool = Field(
        True, description="Nothing is sent when a mapped column looks like something else."
    )
    cut_off: bool = Field(True, description="Nothing is sent of a file that ends within a row.")


_Days = Annotated[
    list[Annotated[Text, AfterValidator(check_days)]],
    Field(min_length=1),
    BeforeValidator(_in_list),
    _LISTED,
]
_Exceptions = Annotated[
    list[Annotated[Text, AfterValidator(check_exception)]], BeforeValidator(_in_list), _LISTED
]
_References = Annotated[list[_Reference], Field(min_length=1), BeforeValidator(_in_list), _LISTED]
_Places = Annotated[
    list[Annotated[Text, AfterValidator(check_place)]],
    Field(min_length=1),
    BeforeValidator(_in_list),
    _LISTED,
]


class ExpectSection(DocumentModel):
    """When a file must have come."""

    days: _Days = Field(
        default_factory=lambda: ["daily"],
        description="daily, mon-fri, or a list of days such as [mon, wed].",
    )
    by: Annotated[Text, AfterValidator(check_time)] = Field(
        description='The time of day by which it must have come: "06:00".'
    )
    exceptions: _Exceptions = Field(
        default_factory=list,
        alias="except",
        description="Days without a file: 2026-12-25, or the holidays of a country or of a part "
        "of it: holidays:FR, holidays:CA-QC.",
    )
    time_zone: Annotated[Text, AfterValidator(check_zone)] = Field(
        "", description="Such as America/Toronto; left out: that of the machine."
    )


class RetentionSection(DocumentModel):
    """How long what a job leaves behind is kept; left out: until somebody deletes it."""

    archive: _Retention | None = Field(None, description="Imported files: 90d, 12w or 1y.")
    failed: _Retention | None = Field(None, description="Files of which nothing was imported.")
    runs: _Retention | None = Field(None, description="The folders of the job's runs.")


class NotifySection(DocumentModel):
    """Who is told of a job."""

    to: _References = Field(
        description="References to apprise URLs, such as env:IMPORTER_NOTIFY: the URLs are "
        "secrets. One secret may hold several, each on a line of its own."
    )
    on: Annotated[list[Told], Field(min_length=1)] = Field(
        default_factory=lambda: [Told.FAILED, Told.DEGRADED, Told.MISSING, Told.RECOVERED],
        description="Of what. Left out: of all but success.",
    )
    attach: list[Literal["summary", "page"]] = Field(
        default_factory=list, description="What comes along: summary.json, the masked report.html."
    )
    repeat: Annotated[Text, AfterValidator(check_duration)] | None = Field(
        None, description="After how long people are told again while nothing has changed: 1d."
    )


class LogSection(DocumentModel):
    """Where a job writes its log, as JSON lines."""

    to: Annotated[_Given, AfterValidator(_check_log)] = Field(
        "",
        description="stderr, or the path of a file; left out: a file in logs/ of the state folder.",
    )
    max_bytes: _Bytes = Field(
        10_000_000, description="How large the file becomes before a new one is begun."
    )
    keep: _Files = Field(10, description="How many older files are kept.")


class JobSection(DocumentModel):
    """One job. What is not given of a run's settings is as `importer run` has it."""

    files: _Places = Field(
        description="Where its files are: a folder, a path, a glob such as inbox/*.csv, or an "
        "address such as sftp://importer@files.example/out/*.csv; or a list of these."
    )
    access: AccessSection = Field(AccessSection(), description="How remote places are reached.")
    keep_in: Annotated[Text, AfterValidator(check_folder)] = Field(
        "",
        description="The folder of processing/, archive/ and failed/; left out: that of the files.",
    )
    after_fetch: Literal["leave", "archive"] = Field(
        "leave", description="What becomes of a remote file once it was fetched."
    )
    mapping: _Given | None = Field(
        None, description="A name of mappings/, or a path; left out: the one that fits."
    )
    connection: _Given | None = Field(
        None, description="A connection of this file, or sandbox; left out: as of `importer run`."
    )
    sheet: _Given | None = Field(None, description="The name or number of a sheet, or all.")
    strict: bool = Field(False, description="Nothing is sent if any row is invalid.")
    max_invalid: _Threshold | None = Field(
        None, description="Nothing is sent if more rows are invalid: 20, or 5%."
    )
    max_rejected: _Threshold | None = Field(
        None, description="Sending stops once more rows are rejected: 20, or 5%."
    )
    max_yes: _Threshold | None = Field(
        None, description="Nothing is sent if a consent would be set to yes for more contacts."
    )
    max_no: _Threshold | None = Field(
        None, description="Nothing is sent if a consent would be set to no for more contacts."
    )
    verify: Count | None = Field(
        None, description="How many sent contacts are read again and compared."
    )
    only_changes: bool = Field(
        False, description="Only rows and consents that changed since they were last accepted."
    )
    settle_seconds: _Seconds = Field(
        30, description="For how long a file's size and time must stand still."
    )
    done_marker: Annotated[Text, AfterValidator(_check_marker)] = Field(
        "",
        description="Instead: contacts.csv is complete once contacts.csv and this, such as .done, "
        "is the name of a file.",
    )
    guards: GuardsSection = Field(
        GuardsSection(), description="When a file is too unlike the last ones."
    )
    expect: ExpectSection | None = Field(None, description="When a file must have come.")
    overlap: Literal["tell", "quiet"] = Field(
        "tell", description="How a second start ends while one is running: with a word, or without."
    )
    stale: Literal["wait", "abandon"] = Field(
        "wait", description="What becomes of an unfinished run whose plan is too old."
    )
    retention: RetentionSection = Field(
        RetentionSection(), description="How long files and runs are kept."
    )
    notify: NotifySection | None = Field(None, description="Who is told.")
    heartbeat: Annotated[_Given, AfterValidator(_check_heartbeat)] | None = Field(
        None, description="A URL that is called after each night that went well, or env:NAME."
    )
    metrics: Annotated[Text, AfterValidator(check_folder)] = Field(
        "", description="The folder where Prometheus's node_exporter looks for text files."
    )
    log: LogSection = Field(LogSection(), description="Where JSON lines go.")

    @property
    def places(self) -> tuple[str, ...]:
        """Where the files are, in the order that is written."""
        return tuple(self.files)
