"""A job's schedule as lines for cron."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from importer.errors import UnusableInputError
from importer.jobs.scheduling import Start, check_for_unix
from importer.language import tr
from importer.timetables import zone_of

if TYPE_CHECKING:
    from importer.jobs.scheduling import SchedulePlan

_LONGEST = 990  # characters; cron of Debian takes a command of less than 1000
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def cron_lines(plan: SchedulePlan) -> str:
    """Write a file for ``/etc/cron.d``: a line for each start.

    Where the starts are in another time zone than the machine's, a line asks for the time there
    itself: cron of Debian knows no ``CRON_TZ``.

    Raises:
        UnusableInputError: a path cannot be written for cron, or makes a line too long.
    """
    check_for_unix(plan)
    command = _command(plan)
    lines = [f"{when} {plan.user} {_if_it_is_time(test, command)}" for when, test in _times(plan)]
    if any(len(line) > _LONGEST for line in lines):
        raise UnusableInputError(
            tr("the paths are too long for a line of cron: shorten them, or use --systemd")
        )
    return "\n".join([*_head(plan), *(line.replace("%", "\\%") for line in lines), ""])


def _head(plan: SchedulePlan) -> Iterator[str]:
    yield f"# /etc/cron.d/importer-{plan.job}"
    yield "# " + tr(
        'Owned by root, mode 0644. In an account\'s own crontab leave the word "{user}" out.',
        user=plan.user,
    )
    if plan.variables:
        yield "# " + tr(
            "Write these secrets into {file}, as NAME='value', owned by root, readable by the "
            "group of {user}, mode 0640: {names}",
            file=plan.environment_file,
            user=plan.user,
            names=", ".join(plan.variables),
        )
    if plan.keyring:
        yield "# " + tr(
            "A service reaches no keyring: write env:NAME or file:PATH in importer.yaml instead."
        )
    if not plan.logs_to_file:
        yield (
            "# "
            + tr("Write log: {to: FILE} for the job: else cron mails its log after every start.")
        )
    yield "# " + tr("Cron mails what is printed, which is problems only, to this address:")
    yield "MAILTO=root"
    yield "SHELL=/bin/sh"
    yield f"PATH={_PATH}"


def _command(plan: SchedulePlan) -> str:
    """Write the command for a shell. TERM stops it behind the call under way."""
    seconds = round(plan.time_limit.total_seconds())
    limited = ("timeout", "--signal=TERM", "--kill-after=300", str(seconds), *plan.command)
    steps = [f"cd {shlex.quote(str(plan.folder))}"]
    if plan.variables:
        steps.append(f"set -a && . {shlex.quote(plan.environment_file)} && set +a")
    return " && ".join([*steps, f"exec {shlex.join(limited)}"])


def _times(plan: SchedulePlan) -> Iterator[tuple[str, str]]:
    """Give when each line is started, and by what it knows that it is time there; "": at once."""
    elsewhere = "" if _same_clock(plan.time_zone) else plan.time_zone
    if plan.every is not None:
        minutes = round(plan.every.total_seconds() / 60)
        minute = "0" if minutes >= 60 else "*" if minutes == 1 else f"*/{minutes}"
        if not elsewhere:
            hour = "*" if minutes <= 60 else f"*/{minutes // 60}"
            yield f"{minute} {hour} * * {_week(plan.days)}", ""
        elif minutes <= 60:
            yield f"{minute} * * * *", _test(elsewhere, "%u", plan.days, "")
        else:
            for hour_there in range(0, 24, minutes // 60):
                yield _elsewhere(Start(time(hour_there), plan.days), elsewhere)
    for start in plan.starts:
        if not elsewhere:
            yield f"{start.at.minute} {start.at.hour} * * {_week(start.days)}", ""
        else:
            yield _elsewhere(start, elsewhere)


def _elsewhere(start: Start, zone: str) -> tuple[str, str]:
    """Start every hour, and go on in the one that it is there; a late cron misses none."""
    minutes = _quarters(zone, start.at.minute)
    if "," in minutes:  # a zone that is not whole hours away
        return f"{minutes} * * * *", _test(zone, "%u%H%M", start.days, f"{start.at:%H%M}")
    return f"{minutes} * * * *", _test(zone, "%u%H", start.days, f"{start.at:%H}")


def _test(zone: str, form: str, days: frozenset[int], shown: str) -> str:
    week = "".join(str(day + 1) for day in sorted(days))
    return f'case "$(TZ={zone} date +{form})" in [{week}]{shown}) '


def _if_it_is_time(test: str, command: str) -> str:
    return f"{test}{command};; esac" if test else command


def _quarters(zone: str, minute: int) -> str:
    """Give the minutes, by this machine's clock, at which it may be that minute there."""
    apart = {offset % timedelta(hours=1) for offset in _offsets(zone)}
    if apart == {timedelta()}:
        return str(minute)
    return ",".join(str(one) for one in sorted((minute + 15 * n) % 60 for n in range(4)))


def _same_clock(zone: str) -> bool:
    """Tell whether the clocks of a zone show what this machine's do, all year long."""
    return not zone or set(_offsets(zone)) == {timedelta()}


def _offsets(zone: str) -> Iterator[timedelta]:
    """Give by how much a zone's clocks differ from this machine's, over a year and more."""
    there = zone_of(zone)
    now = datetime.now(UTC)
    for day in range(400):
        moment = now + timedelta(days=day)
        here = moment.astimezone().utcoffset() or timedelta()
        yield (moment.astimezone(there).utcoffset() or timedelta()) - here


def _week(days: frozenset[int]) -> str:
    """Write days of the week as cron does: Sunday is 0."""
    if len(days) == 7:
        return "*"
    if days == frozenset(range(5)):
        return "1-5"
    return ",".join(str((day + 1) % 7) for day in sorted(days, key=lambda one: (one + 1) % 7))
