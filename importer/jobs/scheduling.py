"""When a job is started by the clock, by whom, and what it may touch."""

from __future__ import annotations

import getpass
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path

from importer.durations import check_duration, duration_of
from importer.errors import UnusableInputError, sentence_of
from importer.job_settings import JobSection
from importer.jobs.job_log import STDERR
from importer.jobs.needs import outermost, read_by, references_of, written_by
from importer.language import tr
from importer.settings import Settings
from importer.timetables import check_zone, time_of, weekdays

ALL_DAYS = frozenset(range(7))
TIME_LIMIT = "4h"
_EARLIER = timedelta(hours=1)
_LATER = timedelta(minutes=5)
_USUAL = time(5)
_DAY = 24 * 60
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
_MAIN = "__main__.py"
ACCOUNT = "importer"
"""Who runs jobs where nobody is named and an administrator asks: an account of its own."""


@dataclass(frozen=True, slots=True)
class Start:
    """A time of day, on days of the week; Monday is 0."""

    at: time
    days: frozenset[int]


@dataclass(frozen=True, slots=True)
class SchedulePlan:
    """All that a schedule's units say. Paths are absolute.

    ``program``: the words that start ``importer``. ``folder``: where ``importer.yaml`` is.
    ``starts``: when; ``every``: instead, or besides, how often on ``days``. ``time_zone``: of the
    starts; "" is the machine's. ``writable``: folders that the job changes; none lies below
    another. ``read``: what else it needs. ``variables``: the environment variables that hold its
    secrets; ``secret_files``: the files that do; ``keyring``: whether some are in a keyring.
    ``quiet_overlap``: a start beside another is no failure. ``logs_to_file``: nothing but problems
    is written on stderr. ``environment_file``: where an administrator writes the secrets, as
    ``NAME='value'``.
    """

    job: str
    program: tuple[str, ...]
    folder: Path
    user: str
    starts: tuple[Start, ...] = ()
    every: timedelta | None = None
    days: frozenset[int] = ALL_DAYS
    time_zone: str = ""
    time_limit: timedelta = timedelta(hours=4)
    runs_dir: Path | None = None
    writable: tuple[Path, ...] = ()
    read: tuple[Path, ...] = ()
    variables: tuple[str, ...] = ()
    secret_files: tuple[str, ...] = ()
    keyring: bool = False
    quiet_overlap: bool = False
    logs_to_file: bool = False
    environment_file: str = ""

    @property
    def command(self) -> tuple[str, ...]:
        """The words of the command that starts the job."""
        named = () if self.runs_dir is None else ("--runs-dir", str(self.runs_dir))
        return (*self.program, "job", "run", self.job, "--quiet", *named)


def plan_of(
    name: str,
    settings: Settings,
    *,
    folder: Path,
    runs_dir: Path = Path("runs"),
    at: Sequence[str] = (),
    every: str = "",
    days: Sequence[str] = (),
    time_zone: str = "",
    user: str = "",
    time_limit: str = TIME_LIMIT,
    program: tuple[str, ...] = (),
    environment_file: str = "",
) -> SchedulePlan:
    """Plan a job's starts. What is not given follows from the job.

    ``at``: times of day, else an hour before ``expect.by``, else 05:00; where a file is expected,
    one start comes five minutes after ``by``, since only a start notices that it is missing.
    ``every``: a duration instead, such as 15min or 1h. ``days`` and ``time_zone``: those of
    ``expect``, else daily, in the machine's zone. ``user``: who asks; for root, ``importer``.
    ``environment_file``: ``/etc/importer/NAME.env``.

    Raises:
        UnusableInputError: a time, a duration, a zone, an account or a path cannot be written, or
            nothing says where that account and others keep what jobs remember.
    """
    job = settings.jobs[name]
    folder = folder.absolute()
    chosen = _account(user)
    try:
        zone = check_zone(time_zone or (job.expect.time_zone if job.expect else ""))
        wanted = weekdays(days or (job.expect.days if job.expect else ["daily"]))
        times = [time_of(text) for text in at]
        rhythm = _rhythm(every) if every else None
        limit = _length(time_limit)
    except ValueError as error:
        raise UnusableInputError(sentence_of(error)) from None
    references = tuple(references_of(job, settings))
    whole_runs = folder / runs_dir
    plan = SchedulePlan(
        job=name,
        program=program or _program(),
        folder=folder,
        user=chosen,
        starts=_starts(job, times, rhythm, wanted),
        every=rhythm,
        days=wanted,
        time_zone=zone,
        time_limit=limit,
        runs_dir=None if whole_runs == folder / "runs" else whole_runs,
        writable=outermost(written_by(job, settings, folder, whole_runs, chosen)),
        read=tuple(read_by(job, folder, references, chosen)),
        variables=tuple(sorted({r[4:] for r in references if r.startswith("env:")})),
        secret_files=tuple(sorted({r[5:] for r in references if r.startswith("file:")})),
        keyring=any(r.startswith("keyring:") for r in references),
        quiet_overlap=job.overlap == "quiet",
        logs_to_file=job.log.to != STDERR,
        environment_file=environment_file or f"/etc/importer/{name}.env",
    )
    _refuse_unprintable(plan)
    return plan


def check_for_unix(plan: SchedulePlan) -> None:
    """Refuse what systemd and cron read differently from version to version.

    Raises UnusableInputError, a sentence.
    """
    if any("\\" in path for path in _paths(plan)):
        raise UnusableInputError(
            tr("systemd and cron take no path with a backslash: rename the folder")
        )
    if not re.fullmatch(r"[A-Za-z0-9_][\w.@-]*\$?", plan.user):
        raise UnusableInputError(_no_account(plan.user))


# --- when -----------------------------------------------------------------------------------------


def _starts(
    job: JobSection, times: list[time], every: timedelta | None, days: frozenset[int]
) -> tuple[Start, ...]:
    """Choose the starts of a day, the earliest first."""
    by = time_of(job.expect.by) if job.expect is not None else None
    found = [Start(one, days) for one in times]
    if not found and every is None:
        found = [Start(_USUAL, days)] if by is None else [_shifted(by, -_EARLIER, days)]
    if by is not None and not _notices(by, times, every):
        found.append(_shifted(by, _LATER, days))
    return tuple(sorted(set(found), key=lambda start: (start.at, sorted(start.days))))


def _notices(by: time, times: list[time], every: timedelta | None) -> bool:
    """Tell whether some start of the same day comes after the deadline."""
    if any(one > by for one in times):
        return True
    return every is not None and _minutes(by) + every.seconds // 60 < _DAY


def _shifted(at: time, by: timedelta, days: frozenset[int]) -> Start:
    """Move a time of day, over midnight to the days beside if need be."""
    day, minute = divmod(_minutes(at) + round(by.total_seconds() / 60), _DAY)
    return Start(time(*divmod(minute, 60)), frozenset((one + day) % 7 for one in days))


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _rhythm(text: str) -> timedelta:
    """Read how often. Raises ValueError for what does not come at the same times every day."""
    every = _length(text)
    minutes = round(every.total_seconds() / 60)
    if not (minutes < 60 and 60 % minutes == 0) and (
        minutes % 60 or _DAY % minutes or minutes == _DAY
    ):
        raise ValueError(
            tr(
                "{text} does not come at the same times every day, and more than once: write such "
                "as 5min, 15min, 30min, 1h, 2h or 6h",
                text=text,
            )
        )
    return every


def _length(text: str) -> timedelta:
    return duration_of(check_duration(text))


# --- who, and with what ---------------------------------------------------------------------------


def _account(given: str) -> str:
    """Name who runs the job; a job that needs no rights gets none."""
    chosen = given.strip() or _asking()
    if not re.fullmatch(r"[\w.@$ \\-]+", chosen) or chosen.startswith("-"):
        raise UnusableInputError(_no_account(chosen))
    return chosen


def _no_account(user: str) -> str:
    return tr('"{user}" is no name of an account here: give one with --user', user=user[:60])


def _asking() -> str:
    user = getpass.getuser()
    return ACCOUNT if user == "root" else user


def _program() -> tuple[str, ...]:
    """Tell how ``importer`` runs now: as the program of its installation, or by its Python."""
    called = Path(sys.argv[0])
    if called.name != _MAIN and called.stem.lower() == "importer":
        found = shutil.which(str(called))
        if found is not None:
            return (str(Path(found).absolute()),)
    # -P: nothing of the job's folder is taken for a part of Python.
    return (sys.executable, "-P", "-m", "importer")


def _refuse_unprintable(plan: SchedulePlan) -> None:
    for path in (*_paths(plan), plan.user):
        if _UNPRINTABLE.search(path) or path != path.strip():
            raise UnusableInputError(
                tr(
                    "the path {path} cannot be written into a schedule: it has a control character "
                    "or a line break, or ends in a blank. Rename the folder",
                    path=ascii(path),
                )
            )


def _paths(plan: SchedulePlan) -> list[str]:
    named = () if plan.runs_dir is None else (plan.runs_dir,)
    return [
        *plan.program,
        plan.environment_file,
        *map(str, (plan.folder, *plan.writable, *plan.read, *named)),
    ]
