"""``report --mask``: a run's reports for sending to others, in a folder of their own."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from importer import pipeline
from importer.files import make_private_folder, sync_folder
from importer.journal import Journal
from importer.model import RunState
from importer.reports import Summary
from importer.run_facts import facts_of
from importer.run_folder import RunFolder

MASKED = "masked"
"""The folder, within the run's."""
_KEY = "masking-key"  # the fact that makes pseudonyms the same every time, and the run's own


def masked_reports(
    folder: RunFolder, journal: Journal, state: RunState, *, chance: random.Random
) -> Summary:
    """Write the masked reports of a run that is held, and give their summary: it is masked too.

    The same bytes every time. Its ``folder`` is the run's. ``chance``: makes the pseudonyms' key,
    the first time. Raises DefectError when the books do not balance, OSError when the folder
    cannot be written.
    """
    place = folder.path / MASKED
    with _made_whole(place) as beside:
        summary = pipeline.write_masked(
            folder,
            journal,
            key=_key(journal, chance),
            into=beside,
            facts=lambda totals: facts_of(folder, journal, state, totals),
        )
    return summary.model_copy(update={"folder": str(folder.path)})


def _key(journal: Journal, chance: random.Random) -> bytes:
    """Give the key of the run's pseudonyms, which nothing but its journal holds."""
    known = journal.fact(_KEY)
    if known is None:
        known = chance.randbytes(32).hex()
        journal.set_fact(_KEY, known)
    return bytes.fromhex(known)


@contextmanager
def _made_whole(place: Path) -> Iterator[Path]:
    """Make a folder beside its place, and put it there when it is whole; an old one goes."""
    beside, old = (place.with_name(f".{place.name}.{what}") for what in ("writing", "old"))
    for left in (beside, old):  # of a process that died
        shutil.rmtree(left, ignore_errors=True)
    make_private_folder(beside)
    try:
        yield beside
        sync_folder(beside)
        if place.exists():
            place.rename(old)
        beside.rename(place)
        sync_folder(place.parent)
    finally:
        for left in (beside, old):
            shutil.rmtree(left, ignore_errors=True)
