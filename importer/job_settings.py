"""``jobs`` in ``importer.yaml``: the recipes of unattended runs, as they are written."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, NonNegativeFloat, PositiveInt

from importer.documents import DocumentModel, Text
from importer.durations import check_duration, check_retention

_Retention = Annotated[Text, AfterValidator(check_retention)]


class Told(StrEnum):
    """What word is sent of: changes of a job's state; ``success`` is every night that went well."""

    FAILED = "failed"
    DEGRADED = "degraded"
    MISSING = "missing"
    RECOVERED = "recovered"
    SUCCESS = "success"


class AccessSection(DocumentModel):
    """How a remote place is reached. ``options`` go to fsspec as they are written."""

    user: Text = ""
    password: Text | None = None
    private_key: Text = ""
    passphrase: Text | None = None
    known_hosts: Text = ""
    port: PositiveInt | None = None
    options: dict[str, bool | int | float | str] = Field(default_factory=dict)


class GuardsSection(DocumentModel):
    """What a file is compared with: the last accepted ones of the job.

    ``fewest_rows``: a share of the median, ``50%``, or a number. ``fill``: by how many points of
    a hundred a column's fill may differ. ``false`` turns a guard off.
    """

    fewest_rows: Text | Literal[False] = "50%"
    fill: Text | Literal[False] = "50%"
    types: bool = True
    cut_off: bool = True


class ExpectSection(DocumentModel):
    """When a file must have come. ``days``: ``mon-fri``, ``daily`` or a list of days.

    ``exceptions``: dates, or ``holidays:CA-QC``; written ``except``.
    """

    days: Text | list[Text] = "daily"
    by: Text
    exceptions: list[Text] = Field(default_factory=list, alias="except")
    time_zone: Text = ""


class RetentionSection(DocumentModel):
    archive: _Retention | None = None
    failed: _Retention | None = None
    runs: _Retention | None = None


class NotifySection(DocumentModel):
    """Where word goes: references to apprise URLs, which hold secrets."""

    to: list[Text] | Text
    on: list[Told] = Field(
        default_factory=lambda: [Told.FAILED, Told.DEGRADED, Told.MISSING, Told.RECOVERED]
    )
    attach: list[Literal["summary", "page"]] = Field(default_factory=list)
    repeat: Annotated[Text, AfterValidator(check_duration)] | None = None


class LogSection(DocumentModel):
    """Where JSON lines go. ``to``: ``stderr`` or a file, which is rotated at ``max_bytes``."""

    to: Text = "stderr"
    max_bytes: PositiveInt = 10_000_000
    keep: PositiveInt = 10


class JobSection(DocumentModel):
    """One job. What is not given of a run's settings is as ``importer run`` has it."""

    files: Text | list[Text]
    access: AccessSection = AccessSection()
    keep_in: Text = ""
    after_fetch: Literal["leave", "archive"] = "leave"
    mapping: Text | None = None
    connection: Text | None = None
    sheet: Text | None = None
    strict: bool = False
    max_invalid: Text | None = None
    max_rejected: Text | None = None
    max_yes: Text | None = None
    max_no: Text | None = None
    verify: PositiveInt | None = None
    only_changes: bool = False
    settle_seconds: NonNegativeFloat = 30
    done_marker: Text = ""
    guards: GuardsSection = GuardsSection()
    expect: ExpectSection | None = None
    overlap: Literal["tell", "quiet"] = "tell"
    stale: Literal["wait", "abandon"] = "wait"
    retention: RetentionSection = RetentionSection()
    notify: NotifySection | None = None
    heartbeat: Text | None = None
    metrics: Text = ""
    log: LogSection = LogSection()

    @property
    def places(self) -> tuple[str, ...]:
        """Where the files are, in the order that is written."""
        return (self.files,) if isinstance(self.files, str) else tuple(self.files)
