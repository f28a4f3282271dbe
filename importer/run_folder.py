"""A run's folder: its name, its files, its settings and its lock; and the folder of all runs."""

from __future__ import annotations

import contextlib
import random
import re
import shutil
import string
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict

from importer import locks
from importer.clock import SystemClock
from importer.errors import UnusableInputError
from importer.files import make_private_folder, sync_folder, write_whole
from importer.language import tr

_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[a-z0-9-]+-[a-z0-9]{4}")
_STAMP = "%Y%m%dT%H%M%SZ"  # begins an id
_NEW = ".new-"
LEDGER = "consents.csv"
"""All that is left of a run that was purged, beside the numbers of its summary."""
_STALE = 86_400  # seconds after which a provisional folder has no process behind it any more


class FileFacts(BaseModel):
    """One input file: as the operator gave it, where it is, and what it held."""

    model_config = ConfigDict(frozen=True)

    path: str
    absolute: str
    sha256: str
    bytes: int
    spooled: bool = False


class ListFacts(BaseModel):
    """One suppression list: as the mapping names it, where it is, and how much it held."""

    model_config = ConfigDict(frozen=True)

    path: str
    absolute: str
    sha256: str
    addresses: int


class ConnectionFacts(BaseModel):
    """The connection a run is bound to, without its secret."""

    model_config = ConfigDict(frozen=True)

    name: str
    target: str
    url: str
    key_id: str
    key: str
    project_id: str = ""
    limits: dict[str, float | int | None]
    null_handling: Any = None
    opt_in_dates: bool = False
    boolean_values: str = "number"
    table_keys_in_data: bool = True
    integration_token: str = ""
    look_up_first: bool = True
    time_zone: str = "UTC"
    ca_file: str = ""


class ColumnFacts(BaseModel):
    """What was seen in a mapped column: its filled cells, of how many rows, and what it looks like.

    ``looks_like``: email, phone, date, integer, decimal, yes/no, text or empty. ``looks``: each of
    these -> the share of the values that look so, 0 to 1, on a sample. ``garbled``: the share in
    which letters seem to have been lost.
    """

    model_config = ConfigDict(frozen=True)

    filled: int
    rows: int
    looks_like: str
    looks: dict[str, float] = {}
    garbled: float = 0.0


class Guards(BaseModel):
    """What an unattended run's files are compared with before anything is sent.

    ``usual_rows``: the median of the last files; 0: there were none. ``fewest_rows``: nothing is
    sent below. ``usual_contacts`` and ``fewest_contacts``: the same of rows less duplicates.
    ``columns``: header -> as it was last time. ``fill_change``: by how large a share of the rows a
    column's fill may differ; None: by any. ``types``: columns must look as they did.
    ``cut_off``: a file that ends in the middle of a row is refused. ``ends_in_line_break``: whether
    the last files did; None: not known, or not all alike.
    """

    model_config = ConfigDict(frozen=True)

    usual_rows: int = 0
    fewest_rows: int = 0
    usual_contacts: int = 0
    fewest_contacts: int = 0
    columns: dict[str, ColumnFacts] = {}
    fill_change: float | None = None
    types: bool = False
    cut_off: bool = False
    ends_in_line_break: bool | None = None


class RunSettings(BaseModel):
    """``settings.json``: all that a run's later commands need, and who asked for it."""

    model_config = ConfigDict(frozen=True)

    schema_version: int = 1
    run: str
    tool_version: str
    command: str
    created: str
    language: str = "en"
    run_date: str
    time_zone: str
    operator: str
    note: str = ""
    mapping: str
    mapping_file: str
    mapping_sha256: str
    connection: ConnectionFacts | None = None
    files: tuple[FileFacts, ...]
    suppression: tuple[ListFacts, ...] = ()
    passed_over: tuple[str, ...] = ()
    sheet: str | None = None
    first: int | None = None
    strict: bool = False
    max_invalid: str | None = None
    max_rejected: str | None = None
    max_yes: str | None = None
    max_no: str | None = None
    only_changes: bool = False
    guards: Guards | None = None
    job: str = ""
    pick_up: str = ""
    retry_of: str = ""
    verify: int | None = None
    report_delimiter: str = ","
    report_workbook: str = "auto"
    keep_all: bool = False


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run; ``path`` ends in the run's id."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name.removeprefix(_NEW)

    @property
    def state(self) -> Path:
        return self.path / "state"

    @property
    def journal(self) -> Path:
        return self.state / "journal.sqlite3"

    @property
    def rows(self) -> Path:
        return self.state / "rows.parquet"

    @property
    def source(self) -> Path:
        return self.state / "source.parquet"

    @property
    def plan(self) -> Path:
        return self.state / "plan.parquet"

    @property
    def issues(self) -> Path:
        return self.state / "issues.parquet"

    @property
    def changes(self) -> Path:
        """The fingerprints of the chosen rows; only of a run that sends changes only."""
        return self.state / "changes.parquet"

    @property
    def spooled_input(self) -> Path:
        return self.state / "input"

    @property
    def log(self) -> Path:
        return self.path / "run.log"

    @property
    def mapping(self) -> Path:
        return self.path / "mapping.yaml"

    @property
    def ledger(self) -> Path:
        return self.path / LEDGER

    @property
    def purged(self) -> bool:
        """Whether only its ledger of consents is left."""
        return not self.state.exists() and self.ledger.is_file()

    @cached_property
    def settings(self) -> RunSettings:
        """What ``settings.json`` says.

        Raises:
            UnusableInputError: the folder holds no run that this version knows.
        """
        place = self.path / "settings.json"
        try:
            content = orjson.loads(place.read_bytes())
            version = content.get("schema_version") if isinstance(content, dict) else None
            if isinstance(version, int) and version > 1:
                raise UnusableInputError(
                    tr(
                        "{run} was made by a newer version of importer: update importer",
                        run=self.id,
                    )
                )
            return RunSettings.model_validate(content)
        except (OSError, ValueError) as error:
            raise UnusableInputError(
                tr("{file} cannot be read: is {folder} a run?", file=place, folder=self.path)
            ) from error

    # --- its life ---------------------------------------------------------------------------

    @classmethod
    def prepare(cls, runs: Path, name: str) -> RunFolder:
        """Make the folder under a provisional name; ``publish`` gives it its own.

        Raises:
            UnusableInputError: the runs folder cannot be made or written.
        """
        _sweep(runs)
        folder = cls(runs / f"{_NEW}{name}")
        try:
            if not runs.is_dir():  # one that is there keeps its owner's modes
                make_private_folder(runs)
            make_private_folder(folder.path)
            make_private_folder(folder.state)
        except OSError as error:
            reason = error.strerror or error
            raise UnusableInputError(
                tr(
                    "the runs folder {folder} cannot be written: {reason}",
                    folder=runs,
                    reason=reason,
                )
            ) from error
        return folder

    def publish(self, run_id: str) -> RunFolder:
        """Sync what lies in the folder and give it its name: from now on it can be resumed."""
        sync_folder(self.state)
        sync_folder(self.path)
        final = self.path.with_name(run_id)
        self.path.rename(final)
        sync_folder(final.parent)
        return RunFolder(final)

    def discard(self) -> None:
        """Take an unpublished folder away."""
        shutil.rmtree(self.path, ignore_errors=True)

    def write_settings(self, settings: RunSettings) -> None:
        content = orjson.dumps(settings.model_dump(), option=orjson.OPT_INDENT_2)
        write_whole(self.path / "settings.json", content + b"\n")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run, against every other process.

        Raises:
            LockedError: another process holds it; the sentence says which.
            OSError: the folder cannot be written.
        """
        with locks.held(self.state, tr("the run {run}", run=self.id), clock=SystemClock()):
            yield


def _sweep(runs: Path) -> None:
    """Take away provisional folders whose process died: they can hold spooled personal data."""
    for left in runs.glob(f"{_NEW}*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _STALE:
                shutil.rmtree(left, ignore_errors=True)


# --- the runs folder ----------------------------------------------------------------------------


def make_run_id(now: datetime, mapping: str, chance: random.Random) -> str:
    """Make a run's id: UTC time, mapping name, four letters."""
    plain = unicodedata.normalize("NFKD", mapping).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40] or "run"
    letters = "".join(chance.choices(string.ascii_lowercase + string.digits, k=4))
    return f"{now.astimezone(UTC):{_STAMP}}-{name}-{letters}"


def list_runs(runs: Path) -> list[RunFolder]:
    """List the runs of a folder, oldest first."""
    if not runs.is_dir():
        return []
    return [RunFolder(p) for p in sorted(runs.iterdir()) if p.is_dir() and is_run_id(p.name)]


def is_run_id(name: str) -> bool:
    """Tell whether a folder is called as runs are, of a moment that there is."""
    if not _ID.fullmatch(name):
        return False
    try:
        made_at(name)
    except ValueError:
        return False
    return True


def made_at(run: str) -> datetime:
    """Read from a run's id when it was made."""
    return datetime.strptime(run.partition("-")[0], _STAMP).replace(tzinfo=UTC)


def find_run(runs: Path, name: str) -> RunFolder:
    """Find a run by its id, the end or beginning of its id, or its folder's path.

    Raises:
        UnusableInputError: there is none, several fit, or it was purged.
    """
    found = _found(runs, name)
    if found.purged:
        raise UnusableInputError(
            tr(
                "{run} was purged: only its consents are left, in {file}",
                run=found.id,
                file=found.ledger,
            )
        )
    return found


def _found(runs: Path, name: str) -> RunFolder:
    if not name.strip():
        raise UnusableInputError(tr("the name of the run is blank: write its id, or a part of it"))
    as_path = Path(name)
    if (as_path / "settings.json").is_file() or RunFolder(as_path).purged:
        return RunFolder(as_path.resolve())
    known = list_runs(runs)
    exact = [run for run in known if run.id == name]
    fitting = exact or [r for r in known if r.id.endswith(name) or r.id.startswith(name)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        listed = ", ".join(run.id for run in fitting[:5])
        raise UnusableInputError(
            tr(
                '"{name}" could be several runs: {runs}. Write more of its id.',
                name=name,
                runs=listed,
            )
        )
    if known:
        raise UnusableInputError(
            tr(
                'there is no run "{name}" in {folder}. The newest run is {newest}.',
                name=name,
                folder=runs,
                newest=known[-1].id,
            )
        )
    raise UnusableInputError(tr('there is no run "{name}" in {folder}.', name=name, folder=runs))
