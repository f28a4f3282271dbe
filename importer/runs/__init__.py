"""What can be done with runs: the functions behind the commands, and for other programs.

``check``, ``run``, ``send``, ``resume``, ``retry``, ``abandon`` and ``report`` take the same
settings as the commands of those names and return the run's summary. All raise
``UnusableInputError`` when something stands in the way and nothing was sent, ``LockedError`` when
another process holds the run.
"""

from importer.runs.continuing import abandon, resume, send
from importer.runs.course import Ask
from importer.runs.looking import RUNS, report, runs, show
from importer.runs.retrying import retry
from importer.runs.starting import check, run

__all__ = [
    "RUNS",
    "Ask",
    "abandon",
    "check",
    "report",
    "resume",
    "retry",
    "run",
    "runs",
    "send",
    "show",
]
