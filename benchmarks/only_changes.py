"""What it costs to send only what has changed: checks of a file, beside a plain check of it.

Checks the file of ``generate_contacts.py`` three times, each in a process of its own: plainly, with
``--only-changes`` and nothing remembered, and once more when every contact is remembered as it is.
Between, what the platform would have got is remembered, as after a run that wrote every contact.
Example::

    python benchmarks/only_changes.py --rows 1000000

Prints CPU seconds and their ratio to the plain check, the peak of memory, and the memory's size.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import trial


def main() -> int:
    """Read the command line; run the stage that is named, or all of them."""
    options = _parser().parse_args()
    if options.stage is not None:
        remember(options.folder)
        return 0
    with trial.trial_folder(options.keep) as folder:
        _measure(folder, rows=options.rows, seed=options.seed)
    return 0


def _measure(folder: Path, *, rows: int, seed: int) -> None:
    path, _ = trial.generate(folder, rows=rows, seed=seed)
    trial.write_settings(folder, "http://127.0.0.1:9", rows_per_call=500)
    check = ["-m", "importer", "check", path.name, "-m", str(trial.MAPPING), "-c", "bench",
             "--offline", "--json"]  # fmt: skip
    plain = trial.measured(folder, *check)
    first = trial.measured(folder, *check, "--only-changes")
    run = folder / "runs" / str(first.printed_json()["run"])
    done = trial.measured(folder, __file__, "--stage", "remember", "--folder", str(run))
    again = trial.measured(folder, *check, "--only-changes")
    _expect(first.printed_json(), again.printed_json())
    print(f"{rows:,} rows\n\n{'':<34}{'× CPU':>8}{'CPU s':>8}{'wall s':>9}{'peak MiB':>10}")
    for name, went in (
        ("a plain check", plain),
        ("only changes, nothing remembered", first),
        ("what was sent is remembered", done),
        ("only changes, none of them", again),
    ):
        ratio = went.cpu / plain.cpu
        print(f"{name:<34}{ratio:>8.2f}{went.cpu:>8.2f}{went.wall:>9.2f}{went.peak:>10,.0f}")
    told = json.loads(done.printed)
    size = sum(one.stat().st_size for one in (folder / "state" / "memories").iterdir())
    print(f"\n{told['contacts']:,} contacts remembered in {told['cpu']:.2f} CPU s, {size:,} bytes")


def _expect(first: dict[str, Any], again: dict[str, Any]) -> None:
    good = first["rows"]["not_sent"]
    if again["unchanged"] != good or again["rows"]["not_sent"]:
        raise SystemExit(f"{again['unchanged']} rows of {good} were found unchanged")


def remember(run: Path) -> None:
    """Remember all contacts of a checked run, as if the platform had just written them."""
    from importer import assembly
    from importer.assembly.remembering import memory_for, subject_of
    from importer.run_folder import RunFolder
    from importer.runs.remembering import fingerprints_of
    from importer.state.fingerprints import Change, Prints
    from importer.state.installation import installation_hash

    folder, means = RunFolder(run), assembly.means()
    hashes = installation_hash(assembly.settings_here(means).state_folder)
    subject, count = subject_of(folder), 0
    started = time.process_time()
    with memory_for(subject, means) as memory:
        for position, prints in fingerprints_of(folder):
            some = prints.taken(position >= 0)
            moments = some.moments + int(means.clock.now().timestamp())
            told = Prints(some.keys, some.facts, moments.astype("uint32"))
            memory.change(told, Change.WRITTEN, subject=subject, hashes=hashes)
            count += len(some)
    print(json.dumps({"contacts": count, "cpu": time.process_time() - started}))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="where to work; that folder then stays")
    parser.add_argument("--stage", choices=["remember"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
