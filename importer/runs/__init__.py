"""What can be done with runs: the functions behind the commands, and for other programs.

``check``, ``run``, ``send``, ``resume``, ``retry``, ``abandon``, ``report`` and ``show`` take the
same settings as the commands of those names and return the run's summary; ``abandon`` also how many
rows were sent. ``run`` is a run's id or its folder; ``runs_dir`` the folder where runs are kept;
``means`` what tests replace: clock, chance, network and settings. ``story`` tells all that is known
of some rows of a run, ``find`` what all runs know of a key; ``purge`` deletes old runs.

Raises:
    UnusableInputError: something stands in the way, and nothing was sent by this call.
    LockedError: another process holds the run.
    StoppedError: the disk, or what counts the calls, stood in the way while sending; ``resume``
        goes on.
    DefectError: a defect of importer; its place stands in the run's log.
"""

from importer.runs.continuing import abandon, resume, send
from importer.runs.course import Ask
from importer.runs.finding import Found, find
from importer.runs.looking import RUNS, report, runs, show
from importer.runs.purging import Purged, purge
from importer.runs.retrying import retry
from importer.runs.starting import check, run
from importer.runs.story_members import Story
from importer.runs.telling import story

__all__ = [
    "RUNS",
    "Ask",
    "Found",
    "Purged",
    "Story",
    "abandon",
    "check",
    "find",
    "purge",
    "report",
    "resume",
    "retry",
    "run",
    "runs",
    "send",
    "show",
    "story",
]
