"""A job's schedule as a service and a timer of systemd."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from importer.errors import UnusableInputError
from importer.jobs.scheduling import check_for_unix
from importer.language import tr

if TYPE_CHECKING:
    from importer.jobs.scheduling import SchedulePlan

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_PLAIN = re.compile(r"[A-Za-z0-9_./:=@+,%$-]+")
_HOMES = ("/home", "/root", "/run/user")
_TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108 - what PrivateTmp= hides
# What the job needs none of. Calls that are filtered fail with EPERM: libraries that only try
# (where memory lies best, for one) go on. Python, numpy and pyarrow make no memory executable.
_HARDENING = """\
UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RemoveIPC=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM"""


def systemd_unit(plan: SchedulePlan) -> str:
    """Write a service and its timer; a comment before each names its file.

    For systemd 235 (time zones) or newer; what an older one does not know of the rest, it says and
    leaves out.

    Raises:
        UnusableInputError: the account or a path is none that systemd takes.
    """
    check_for_unix(plan)
    if set("\"'") & set(plan.program[0]):
        raise UnusableInputError(
            tr(
                "systemd starts no program with a quote in its path: install importer elsewhere "
                "than {program}",
                program=plan.program[0],
            )
        )
    return "\n".join([*_service(plan), "", "", *_timer(plan), ""])


def calendars(plan: SchedulePlan) -> list[str]:
    """Give the moments of the starts, each as ``OnCalendar=`` has it (systemd.time(7))."""
    found = [f"{_days(start.days)}*-*-* {start.at:%H:%M}:00{_zone(plan)}" for start in plan.starts]
    if plan.every is not None:
        minutes = round(plan.every.total_seconds() / 60)
        often = f"*:00/{minutes}:00" if minutes < 60 else f"00/{minutes // 60}:00:00"
        found.insert(0, f"{_days(plan.days)}*-*-* {often}{_zone(plan)}")
    return found


def _service(plan: SchedulePlan) -> Iterator[str]:
    yield f"# /etc/systemd/system/importer-{plan.job}.service"
    for sentence in _remarks(plan):
        yield f"# {sentence}"
    yield "[Unit]"
    yield f"Description={tr('Imports of the job {job}', job=plan.job)}"
    yield "Wants=network-online.target"
    yield "After=network-online.target remote-fs.target"
    yield ""
    yield "[Service]"
    yield "Type=oneshot"
    yield f"User={plan.user}"
    yield f"WorkingDirectory={_value(str(plan.folder))}"
    yield f"EnvironmentFile=-{_value(plan.environment_file)}"
    yield f"ExecStart={exec_line(plan.command)}"
    yield f"# {tr('After this long it stops behind the call under way; the next start goes on.')}"
    yield f"TimeoutStartSec={_seconds(plan.time_limit)}"
    yield "TimeoutStopSec=5min"
    yield "KillMode=mixed"
    if plan.quiet_overlap:
        yield "SuccessExitStatus=7"
    yield ""
    yield "ProtectSystem=strict"
    for folder in plan.writable:
        yield f"ReadWritePaths={_path(folder)}"
    yield f"ProtectHome={'read-only' if _among(plan, _HOMES) else 'yes'}"
    yield f"PrivateTmp={'no' if _among(plan, _TEMPORARY) else 'yes'}"
    yield _HARDENING


def _remarks(plan: SchedulePlan) -> Iterator[str]:
    folders = " ".join(str(one) for one in plan.writable)
    yield tr("The account {user} must be able to write: {folders}", user=plan.user, folders=folders)
    if plan.variables:
        yield tr(
            "Write these secrets into {file}, as NAME='value', owned by root, mode 0600: {names}",
            file=plan.environment_file,
            names=", ".join(plan.variables),
        )
    if plan.secret_files:
        yield tr(
            "These files must be readable by {user} alone: {files}",
            user=plan.user,
            files=", ".join(plan.secret_files),
        )
        yield tr(
            "systemd can hand such a file over too (LoadCredential=NAME:PATH); importer.yaml then "
            "says file:/run/credentials/importer-{job}.service/NAME",
            job=plan.job,
        )
    if plan.keyring:
        yield tr(
            "A service reaches no keyring: write env:NAME or file:PATH in importer.yaml instead."
        )


def _timer(plan: SchedulePlan) -> Iterator[str]:
    yield f"# /etc/systemd/system/importer-{plan.job}.timer"
    yield "[Unit]"
    yield f"Description={tr('Starts of the job {job}', job=plan.job)}"
    yield ""
    yield "[Timer]"
    for moment in calendars(plan):
        yield f"OnCalendar={moment}"
    yield f"# {tr('A start that was missed while the machine was off comes when it is on again.')}"
    yield "Persistent=true"
    yield "AccuracySec=15s"
    yield "RandomizedDelaySec=30s"
    yield ""
    yield "[Install]"
    yield "WantedBy=timers.target"


def exec_line(command: tuple[str, ...]) -> str:
    """Write a command as ``ExecStart=`` takes it (systemd.service(5), COMMAND LINES)."""
    # In the program's own path no $ is special, so there it cannot be doubled; ":" says that none
    # is special anywhere.
    if "$" in command[0]:
        return ":" + " ".join(_word(one) for one in command)
    return " ".join(_word(one.replace("$", "$$")) for one in command)


def _word(text: str) -> str:
    text = text.replace("%", "%%")
    if _PLAIN.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _value(text: str) -> str:
    """Write a setting that takes all of its line as it is, but for specifiers."""
    return text.replace("%", "%%")


def _path(folder: Path) -> str:
    """Write one of several paths: quotes hold it together, and a backslash is only itself.

    The leading dash lets a job start whose folder is away: it then says so itself, and tells.
    """
    text = _value(f"-{folder}")
    if _PLAIN.fullmatch(text):
        return text
    return "".join(
        f"'{part}'" if part.startswith('"') else f'"{part}"'
        for part in re.findall(r'"+|[^"]+', text)
    )


def _among(plan: SchedulePlan, folders: tuple[str, ...]) -> bool:
    """Tell whether something the job needs lies in one of such folders."""
    needed = [Path(plan.program[0]), plan.folder, *plan.writable, *plan.read]
    return any(one.is_relative_to(folder) for one in needed for folder in folders)


def _days(days: frozenset[int]) -> str:
    """Write days of the week; nothing for all of them."""
    if len(days) == len(_DAYS):
        return ""
    groups: list[list[int]] = []
    for day in sorted(days):
        if groups and groups[-1][-1] == day - 1:
            groups[-1].append(day)
        else:
            groups.append([day])
    written = [_DAYS[g[0]] if len(g) == 1 else f"{_DAYS[g[0]]}..{_DAYS[g[-1]]}" for g in groups]
    return ",".join(written) + " "


def _zone(plan: SchedulePlan) -> str:
    return f" {plan.time_zone}" if plan.time_zone else ""


def _seconds(length: timedelta) -> str:
    minutes = round(length.total_seconds() / 60)
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}min"
