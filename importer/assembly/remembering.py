"""Opens what is remembered of a run's contacts: by its account, its mapping and its table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.assembly.connecting import settings_here
from importer.assembly.opening import mapping_of
from importer.field_rules import FieldRole
from importer.language import tr
from importer.planning.changes import Known
from importer.state.fingerprints import FIELDS, Recollection
from importer.state.installation import installation_hash
from importer.state.memories import Memory, Subject, known_memory, memory_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.assembly.means import Means
    from importer.run_folder import RunFolder


def known_of(
    folder: RunFolder, consents: Sequence[str], means: Means
) -> tuple[Known, tuple[str, ...]]:
    """Give by what a run's rows are compared, and what is to be warned of; nothing is changed.

    ``consents``: the codes of the mapping's. Raises UnusableInputError when the state folder cannot
    be used, StoppedError when the memory cannot be read.
    """
    import numpy as np  # heavy

    settings = settings_here(means)
    hashes = installation_hash(settings.state_folder)
    memory = known_memory(settings.state_folder, subject_of(folder), clock=means.clock)
    none = np.zeros(0, np.uint64)
    nothing = Recollection(none, none, dict.fromkeys((FIELDS, *consents), none))
    if memory is None:
        return Known(hashes, nothing), ()
    with memory:
        if not memory.is_of(hashes):
            return Known(hashes, nothing), (_another_secret(),)
        since = means.clock.now() - settings.keep_changes
        return Known(hashes, memory.recall(consents, seen_since=since)), ()


def _another_secret() -> str:
    return tr(
        "Nothing can be compared with what was sent before: it was remembered with a secret that "
        "is no longer in the state folder. Every row counts as changed, and every yes is sent "
        "again. If `secret` is in a backup of that folder, put it back and check again."
    )


def memory_for(subject: Subject, means: Means) -> Memory:
    """Open a memory for writing. Raises UnusableInputError when it cannot be opened."""
    return memory_of(settings_here(means).state_folder, subject, clock=means.clock)


def subject_of(folder: RunFolder) -> Subject:
    """Name what a run's contacts are remembered by."""
    connection, mapping = folder.settings.connection, mapping_of(folder)
    assert connection is not None
    return Subject(
        target=mapping.target,
        url=connection.url,
        project=connection.project_id,
        mapping=mapping.name,
        table=mapping.table_id or "",
        keys=" ".join(sorted(one.field for one in mapping.rules if one.role is FieldRole.KEY)),
    )
