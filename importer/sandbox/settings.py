# ruff: noqa: RUF009 -- switch makes a dataclass field, not a value
"""Every switch of the sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from importer.sandbox.dotdigital.settings import DotdigitalSettings
from importer.sandbox.faults import parse_faults
from importer.sandbox.project import DEFAULT_PROJECT, Project
from importer.sandbox.rights import (
    SERVICES,
    KeyState,
    Rights,
    read_addresses,
    read_permissions,
)
from importer.sandbox.switches import refuse_too_small, switch

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8025


class Style(StrEnum):
    """How a whole-call failure looks; which one the platform uses is not known."""

    HTTP = "http"  # 400, 401, 404, 413 with the envelope
    ENVELOPE = "envelope"  # always 200, Success false


class BlankRule(StrEnum):
    """What an empty string or null does to a field; not known of the platform."""

    CLEAR = "clear"
    KEEP = "keep"
    REFUSE = "refuse"


class UnknownFieldRule(StrEnum):
    """What a field name the project lacks does; not known of the platform."""

    REFUSE = "refuse"  # the whole call
    REJECT = "reject"  # that record only
    IGNORE = "ignore"


class TableKeyRule(StrEnum):
    """Whether a table's key stands in Data too; not known of the platform."""

    OPTIONAL = "optional"
    NEEDED = "needed"  # by every new row
    REFUSED = "refused"  # that record only


class RateHeaders(StrEnum):
    """Whether answers tell what is left of the pace; not known of the platform."""

    NONE = "none"
    EPOCH = "epoch"  # X-RateLimit-Reset in seconds since 1970
    DELTA = "delta"  # X-RateLimit-Reset in seconds from now


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """The switches, each with its default; ``help_of`` tells what one is for.

    Raises SandboxError when a value makes no sense.
    """

    project: Project = switch(DEFAULT_PROJECT, "the one project and its key; see read_project")
    dotdigital: DotdigitalSettings = switch(
        DotdigitalSettings(), "the switches of Dotdigital; those above and below are shared"
    )
    store: Path | None = switch(
        None, "file that keeps the contacts and the rows of tables; none: memory only"
    )
    faults: str = switch("", 'fault script, one word a call that writes: "ok lost 429*3"')
    slow_seconds: float = switch(2.0, "how long a slow call waits before its answer")
    latency_seconds: float = switch(0.0, "how long every call takes at least, its work included")
    retry_after_seconds: int = switch(1, "what the faults 429, 429-date and 503-after ask for")
    calls_per_second: int | None = switch(None, "answers 429 above this pace; none: no limit")
    calls_per_minute: int | None = switch(None, "the same, in any sixty seconds")
    calls_per_hour: int | None = switch(None, "the same, in any hour")
    calls_per_day: int | None = switch(None, "the same, in any twenty-four hours")
    retry_after: bool = switch(True, "say Retry-After when the pace is too high")
    rate_headers: RateHeaders = switch(
        RateHeaders.NONE, "X-RateLimit-Limit, -Remaining and -Reset on every answer"
    )
    key_state: KeyState = switch(KeyState.ACTIVE, "whether the key is in use")
    allowed_addresses: str = switch(
        "", 'where the key may be used from: "192.0.2.7 10.0.0.0/8"; none: everywhere'
    )
    permissions: str = switch(SERVICES, "services, or methods (Projects.List), the key may call")
    max_records: int = switch(1000, "refuses a call with more records")
    max_bytes: int = switch(4 * 1024 * 1024, "refuses a call with a longer body")
    style: Style = switch(Style.HTTP, "whole-call failures as HTTP statuses, or always 200")
    all_or_nothing: bool = switch(False, "one bad record refuses the whole call")
    shuffle: bool = switch(False, "answers the records in another order")
    drop_answers: int = switch(0, "leaves so many records out of each answer")
    strangers: int = switch(0, "adds so many records nobody sent to each answer")
    echo_ids: bool = switch(True, "repeats each record's ID in the answer")
    blank: BlankRule = switch(BlankRule.CLEAR, "what an empty value does to a field")
    unknown_field: UnknownFieldRule = switch(
        UnknownFieldRule.REFUSE, "what a field name the project lacks does"
    )
    table_key_in_data: TableKeyRule = switch(
        TableKeyRule.OPTIONAL, "whether the key of a table's row stands in Data too"
    )
    any_field: bool = switch(False, "takes every f_ field the project lacks as text")
    default_allow_insert: bool = switch(False, "AllowInsert when a call leaves it out")
    default_allow_update: bool = switch(True, "AllowUpdate when a call leaves it out")
    created_word: str = switch("Created", "Status of a new contact")
    updated_word: str = switch("Updated", "Status of a changed contact")
    skipped_word: str = switch("Skipped", "Status of a record passed over")
    error_word: str = switch("Error", "Status of a record refused")
    compact: bool = switch(False, "answers without indentation, a little faster")
    keep_calls: int = switch(20_000, "how many calls are remembered")
    log_keys: bool = switch(True, "remember each call's keys; off spares memory")
    threads: int = switch(8, "calls served at the same time on a port")
    allow_remote: bool = switch(False, "may listen beyond this machine's loopback")
    seed: int = switch(0, "what shuffle and drop_answers draw from")

    def __post_init__(self) -> None:
        parse_faults(self.faults)
        _ = self.rights
        refuse_too_small(self, _LEAST)

    @property
    def pace(self) -> dict[float, int | None]:
        """How many calls there may be in windows of so many seconds; None: as many as come."""
        return {
            1.0: self.calls_per_second,
            60.0: self.calls_per_minute,
            3_600.0: self.calls_per_hour,
            86_400.0: self.calls_per_day,
        }

    @property
    def rights(self) -> Rights:
        """What the key may be used for. Raises SandboxError for switches that say nothing."""
        return Rights(
            self.key_state,
            read_addresses(self.allowed_addresses),
            read_permissions(self.permissions),
        )

    @classmethod
    def help_of(cls, name: str) -> str:
        """One line that says what a switch is for. Raises KeyError for no such switch."""
        return str(cls.__dataclass_fields__[name].metadata["help"])


_LEAST: dict[str, float] = {
    "slow_seconds": 0,
    "latency_seconds": 0,
    "retry_after_seconds": 0,
    "calls_per_second": 1,
    "calls_per_minute": 1,
    "calls_per_hour": 1,
    "calls_per_day": 1,
    "max_records": 1,
    "max_bytes": 1,
    "drop_answers": 0,
    "strangers": 0,
    "keep_calls": 1,
    "threads": 1,
}
