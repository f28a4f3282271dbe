"""What a job makes of a file: a run, or on trial a check, of the same options."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from importer import runs
from importer.clock import iso
from importer.files import sha256_of
from importer.jobs.guarding import USUAL, guards_from
from importer.language import tr

if TYPE_CHECKING:
    from importer.assembly import Means
    from importer.job_settings import JobSection
    from importer.reports import Summary
    from importer.state import JobState, PickUp


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a job imports its files. ``job``: its name.

    ``again``: content that was imported before is imported all the same. ``accept``: the guards
    refuse nothing.
    """

    job: str
    section: JobSection
    state: JobState
    means: Means
    runs_dir: Path
    again: bool = False
    accept: bool = False

    def repeated(self, sha256: str) -> str:
        """Say that the same content was imported already; empty: it was not, or it may be again."""
        earlier = None if self.again else self.state.imported_before(sha256)
        return "" if earlier is None else _imported_already(earlier)

    def run(self, file: Path, pick_up: str) -> Summary:
        """Import a file; a job is its own consent. ``pick_up``: the id under which it was taken."""
        return runs.run(
            file,
            yes=True,
            max_rejected=self.section.max_rejected,
            verify=self.section.verify,
            pick_up=pick_up,
            **self._options(),
        )

    def tried(self, file: Path) -> Summary | str:
        """Check a file, or say why it would not be imported. Raises as ``check``."""
        return self.repeated(sha256_of(file)) or runs.check(file, offline=True, **self._options())

    def _options(self) -> dict[str, Any]:
        section = self.section
        imported = [one.facts for one in self.state.last_imported(USUAL)]
        return {
            "mapping": section.mapping,
            "connection": section.connection,
            "runs_dir": self.runs_dir,
            "means": self.means,
            "sheet": section.sheet,
            "strict": section.strict,
            "max_invalid": section.max_invalid,
            "max_yes": section.max_yes,
            "max_no": section.max_no,
            "only_changes": section.only_changes,
            "guards": None if self.accept else guards_from(section.guards, imported),
            "job": self.job,
        }


def _imported_already(earlier: PickUp) -> str:
    return tr(
        "the same content was imported already, at {moment} ({file}, run {run}): nothing was sent. "
        "To import it all the same, put it back and add --again",
        moment=iso(earlier.ended or earlier.taken),
        file=earlier.name,
        run=earlier.run,
    )
