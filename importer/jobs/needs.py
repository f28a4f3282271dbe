"""What a job needs of its machine: what it changes, what it reads, where its secrets are."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from importer.errors import UnusableInputError
from importer.job_settings import JobSection
from importer.jobs.job_log import STDERR
from importer.language import tr
from importer.settings import SANDBOX, Settings
from importer.written_places import folder_of, is_remote


def written_by(
    job: JobSection, settings: Settings, folder: Path, runs_dir: Path, user: str
) -> Iterator[Path]:
    """Give the folders that a job changes: where its files come from, and where all else lies.

    ``folder``: that of ``importer.yaml``; ``user``: the account that runs the job.

    Raises UnusableInputError when that account and others would not remember in one place.
    """
    for place in job.places:
        if not is_remote(place):
            yield folder_of(place, folder)
    if job.keep_in:
        yield folder / job.keep_in
    yield runs_dir
    yield _state_folder(settings, folder, user)
    if job.metrics:
        yield folder / job.metrics
    if job.log.to not in {"", STDERR}:
        yield (folder / job.log.to).parent


def _state_folder(settings: Settings, folder: Path, user: str) -> Path:
    """Give where jobs remember. A start by hand must find what a start by the clock left there."""
    elsewhere = os.environ.get("IMPORTER_STATE_DIR", "").strip()
    if not elsewhere and (settings.state_dir is not None or user == getpass.getuser()):
        return folder / settings.state_folder
    raise UnusableInputError(
        tr(
            "importer.yaml must say where jobs remember what they imported, for whoever starts "
            "them: write state_dir: with a whole path, such as /var/lib/importer, and leave the "
            "environment variable IMPORTER_STATE_DIR out"
        )
    )


def read_by(job: JobSection, folder: Path, references: Iterable[str], user: str) -> Iterator[Path]:
    """Give what a job reads that may lie in somebody's home, or among temporary files."""
    yield folder
    yield Path(sys.prefix)
    yield Path(sys.base_prefix)
    yield from (folder / Path(r[5:]).expanduser() for r in references if r.startswith("file:"))
    for written in (job.access.private_key, job.access.known_hosts, job.mapping or ""):
        if written:
            yield folder / written
    home = _home_of(user)
    if home is not None:
        yield home


def _home_of(user: str) -> Path | None:
    try:
        import pwd
    except ImportError:  # Windows
        return None
    try:
        return Path(pwd.getpwnam(user).pw_dir)
    except KeyError:
        return None


def references_of(job: JobSection, settings: Settings) -> Iterator[str]:
    """Give the references to secrets that a job needs; of connections, those that it may use."""
    named = job.connection or settings.default_connection
    for name, connection in settings.connections.items():
        if named in {None, name} and named != SANDBOX:
            yield connection.key
    others = (job.access.password, job.access.passphrase, job.heartbeat)
    yield from (one for one in others if one and not is_remote(one))
    if job.notify is not None:
        yield from job.notify.to
    if settings.budgets is not None and settings.budgets.password:
        yield settings.budgets.password


def outermost(folders: Iterable[Path]) -> tuple[Path, ...]:
    """Leave out what lies below another: each that is named becomes a file system of its own."""
    plain = sorted({Path(os.path.normpath(one)) for one in folders})
    return tuple(one for one in plain if not any(above in one.parents for above in plain))
