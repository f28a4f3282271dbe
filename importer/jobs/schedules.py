"""``job schedule``: what starts a job by the clock, as text ready to be installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from importer import assembly
from importer.assembly import Means
from importer.jobs.crontabs import cron_lines
from importer.jobs.opening import section_of
from importer.jobs.scheduling import plan_of
from importer.jobs.systemd_units import systemd_unit
from importer.jobs.windows_tasks import windows_task

_FORMS = {"systemd": systemd_unit, "cron": cron_lines, "windows": windows_task}


def schedule(name: str, form: str, *, means: Means | None = None, **options: Any) -> str:
    """Write the schedule of a job of the current folder's ``importer.yaml``.

    ``form``: ``systemd``, ``cron`` or ``windows``. ``options``: those of ``plan_of``.

    Raises UnusableInputError: there is no such job, or the schedule cannot be written.
    """
    settings = assembly.settings_here(means or assembly.means())
    section_of(settings, name)
    return _FORMS[form](plan_of(name, settings, folder=Path(), **options))
