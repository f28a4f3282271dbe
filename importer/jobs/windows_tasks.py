"""A job's schedule as a task of Windows' Task Scheduler.

The shape is that of Microsoft's schema ([MS-TSCH], Task Scheduler 1.2), the elements in its order.
"""

from __future__ import annotations

import subprocess
from datetime import time, timedelta
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET  # nothing is parsed

from importer.errors import UnusableInputError
from importer.jobs.scheduling import ALL_DAYS
from importer.language import tr

if TYPE_CHECKING:
    from importer.jobs.scheduling import SchedulePlan

_SPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_FIRST_DAY = "2026-01-01"  # a day in the past, from which on the task counts
_BUILT_IN = {"system", "local service", "network service"}


def windows_task(plan: SchedulePlan) -> str:
    """Write a task's XML. It names no encoding, so that it may be saved as PowerShell saves text.

    Raises:
        UnusableInputError: a path cannot be written there.
    """
    if any("%" in text or '"' in text for text in (*plan.command, str(plan.folder))):
        raise UnusableInputError(
            tr("Task Scheduler takes no path with a % or a quote: rename the folder")
        )
    task = ET.Element("Task", {"version": "1.2", "xmlns": _SPACE})
    task.append(ET.Comment(_in_comment(_remark(plan))))
    about = ET.SubElement(task, "RegistrationInfo")
    _add(about, "Description", tr("Imports of the job {job}", job=plan.job))
    _add(about, "URI", f"\\importer\\{plan.job}")
    _triggers(ET.SubElement(task, "Triggers"), plan)
    _principal(ET.SubElement(task, "Principals"), plan)
    _settings(ET.SubElement(task, "Settings"), plan)
    action = ET.SubElement(ET.SubElement(task, "Actions", {"Context": "Author"}), "Exec")
    program, *arguments = plan.command
    _add(action, "Command", program)
    _add(action, "Arguments", subprocess.list2cmdline(arguments))
    _add(action, "WorkingDirectory", str(plan.folder))
    ET.indent(task)
    return '<?xml version="1.0"?>\n' + ET.tostring(task, encoding="unicode") + "\n"


def _remark(plan: SchedulePlan) -> str:
    lines = [
        tr("Save this as {file}, and in PowerShell, as administrator:", file=f"{plan.job}.xml"),
        "  $who = Get-Credential",
        f"  Register-ScheduledTask -TaskPath importer -TaskName {plan.job} "
        f"-Xml (Get-Content -Raw {plan.job}.xml) -User $who.UserName "
        "-Password $who.GetNetworkCredential().Password",
    ]
    if plan.time_zone:
        lines.append(
            tr(
                "Task Scheduler knows the machine's own time zone only: the times below are of "
                "{zone}, so change them where the machine's clock shows others.",
                zone=plan.time_zone,
            )
        )
    if not plan.logs_to_file:
        lines.append(tr("Write log: {to: FILE} for the job: a task has no screen."))
    return "\n".join(["", *lines, ""])


def _in_comment(text: str) -> str:
    """Keep two dashes in a row, which end a comment, apart."""
    return text.replace("--", "- -")


def _triggers(triggers: ET.Element, plan: SchedulePlan) -> None:
    if plan.every is not None:
        _trigger(triggers, time(), plan.days, plan.every)
    for start in plan.starts:
        _trigger(triggers, start.at, start.days, None)


def _trigger(triggers: ET.Element, at: time, days: frozenset[int], every: timedelta | None) -> None:
    trigger = ET.SubElement(triggers, "CalendarTrigger")
    _add(trigger, "Enabled", "true")
    _add(trigger, "StartBoundary", f"{_FIRST_DAY}T{at:%H:%M}:00")
    if every is not None:
        again = ET.SubElement(trigger, "Repetition")
        _add(again, "Interval", _duration(every))
        _add(again, "Duration", "P1D")
    if days == ALL_DAYS:
        _add(ET.SubElement(trigger, "ScheduleByDay"), "DaysInterval", "1")
        return
    weekly = ET.SubElement(trigger, "ScheduleByWeek")
    _add(weekly, "WeeksInterval", "1")
    chosen = ET.SubElement(weekly, "DaysOfWeek")
    for day in sorted(days):
        ET.SubElement(chosen, _DAYS[day])


def _principal(principals: ET.Element, plan: SchedulePlan) -> None:
    principal = ET.SubElement(principals, "Principal", {"id": "Author"})
    _add(principal, "UserId", plan.user)
    built_in = plan.user.lower().removeprefix("nt authority\\") in _BUILT_IN
    _add(principal, "LogonType", "ServiceAccount" if built_in else "Password")
    _add(principal, "RunLevel", "LeastPrivilege")


def _settings(settings: ET.Element, plan: SchedulePlan) -> None:
    """A missed start is made up for; a running one is left alone; one that hangs is ended."""
    _add(settings, "MultipleInstancesPolicy", "IgnoreNew")
    _add(settings, "DisallowStartIfOnBatteries", "false")
    _add(settings, "StopIfGoingOnBatteries", "false")
    _add(settings, "StartWhenAvailable", "true")
    _add(settings, "RunOnlyIfNetworkAvailable", "false")
    _add(settings, "Enabled", "true")
    _add(settings, "ExecutionTimeLimit", _duration(plan.time_limit))


def _duration(length: timedelta) -> str:
    return f"PT{round(length.total_seconds() / 60)}M"


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = str(text)
