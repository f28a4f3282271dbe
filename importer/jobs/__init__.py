"""Unattended jobs: what came is picked up, guarded, imported and put away, and word gets out.

``run_job`` does what ``importer job run`` does, ``try_job`` what it does with ``--dry-run``,
``list_jobs`` what ``importer job list`` does. Jobs stand in the current folder's
``importer.yaml``.
"""

from importer.jobs.course import run_job
from importer.jobs.listing import ListedJob, list_jobs
from importer.jobs.opening import overlaps_quietly
from importer.jobs.schedules import schedule
from importer.jobs.trying import Trial, try_job
from importer.jobs.values import FileEnd, JobEnd

__all__ = [
    "FileEnd",
    "JobEnd",
    "ListedJob",
    "Trial",
    "list_jobs",
    "overlaps_quietly",
    "run_job",
    "schedule",
    "try_job",
]
