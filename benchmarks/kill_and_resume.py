"""Kill the importer again and again in the middle of a big import, resume, and count everything.

The set-up is that of ``import_million.py``. ``kill -9`` comes once while the file is checked and
``--kills`` times while contacts are sent, at moments that a seed chooses and progress decides: the
bytes that the check has written, the calls that reached the sandbox. Then ``importer resume`` goes
on. Example::

    python benchmarks/kill_and_resume.py --rows 1000000 --kills 3 --seed 1

Exit code 1 unless, at the end, every row of the file has exactly one verdict, the totals balance,
the sandbox holds the contacts whose rows say so and no other, and no batch reached the sandbox
twice but those that were in doubt at a kill: at most one for each kill.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import orjson
import trial

_MERGES_IN_DOUBT = 1  # one call is in flight
_ADDRESS, _ROW, _KEY, _VERDICT = 0, 2, 3, 4  # columns of the file, and of results.csv
_FIRST_DATA_ROW = 2
_LOOK = 0.002  # seconds between two looks at the progress


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill. ``at``: the progress seen. ``in_doubt``: hashes of the Records in doubt then."""

    stage: str
    at: str
    in_doubt: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the run folder and the sandbox say when all is over."""

    rows: dict[str, int]
    verdicts: Counter[str]
    rows_out_of_place: int
    strange_keys: int
    written: tuple[int, int]  # fingerprint of the keys that rows say are on the platform
    held: tuple[int, int]  # fingerprint of what the sandbox holds
    batches: Counter[str]  # sha256 of Records -> calls that carried it
    carried: int  # contacts in all calls
    twice: int  # contacts in calls that carried a batch again


def main() -> int:
    """Read the command line, kill and resume, print the evidence and what is wrong."""
    options = _parser().parse_args()
    with trial.trial_folder(options.keep) as folder:
        path, expected = trial.generate(folder, rows=options.rows, seed=options.seed)
        planned = expected["created"] + expected["rejected"]
        calls = planned // options.rows_per_call
        keep = 2 * calls + 1_000
        with trial.sandbox(folder, keep_calls=keep, latency=options.latency) as sandbox:
            trial.write_settings(folder, sandbox.url, rows_per_call=options.rows_per_call)
            chance = random.Random(options.seed)
            kills = [_kill_check(folder, path, chance)]
            run = _run_folder(folder)
            # One in each of as many stretches, so that they are not all early or late.
            stretch = calls / max(1, options.kills)
            moments = [int(stretch * (at + chance.random())) + 1 for at in range(options.kills)]
            kills += _kill_sends(folder, run, sandbox, moments)
            evidence = _evidence(path, run, sandbox)
    caught = [kill for kill in kills if kill is not None]
    _show(caught, evidence)
    return _told(_wrong(caught, evidence, expected, options.rows))


# --- killing --------------------------------------------------------------------------------


def _kill_check(folder: Path, path: Path, chance: random.Random) -> Kill | None:
    """Kill a check once it has written some bytes, and resume it; None if it ended before."""
    enough = int(path.stat().st_size * chance.uniform(0.0, 0.4))
    on_file = [path.name, "-m", str(trial.MAPPING), "-c", "bench", "--offline", "--json"]
    command = trial.Command(folder, "-m", "importer", "check", *on_file)
    if not _kill_when(command, lambda: _staged(folder) > enough):
        return None
    run = _run_folder(folder)
    kill = Kill("check", f"{_staged(folder):,} bytes staged", ())
    _importer(folder, 3, "resume", run.name)
    return kill


def _kill_sends(
    folder: Path, run: Path, sandbox: trial.Sandbox, moments: list[int]
) -> Iterator[Kill | None]:
    """Send, kill when so many calls have reached the sandbox, resume, and so on to the end."""
    verb = ["send", run.name, "--yes"]
    for moment in moments:
        enough = max(moment, sandbox.call_count() + 1)
        command = trial.Command(folder, "-m", "importer", *verb, "--json")
        if not _kill_when(command, partial(_arrived, sandbox, enough)):
            yield None
            return
        yield Kill("send", f"{sandbox.call_count():,} calls arrived", _in_doubt(run))
        verb = ["resume", run.name]
    _importer(folder, 3, *verb)


def _arrived(sandbox: trial.Sandbox, calls: int) -> bool:
    return sandbox.call_count() >= calls


def _kill_when(command: trial.Command, due: Callable[[], bool]) -> bool:
    """Kill a command as soon as it is due; False if it ended before."""
    while command.running:
        if due():
            command.send_signal(signal.SIGKILL)
            break
        time.sleep(_LOOK)
    return command.wait().exit_code == -signal.SIGKILL


def _importer(folder: Path, expected: int, *arguments: str) -> None:
    went = trial.measured(folder, "-m", "importer", *arguments, "--json")
    if went.exit_code != expected:
        raise SystemExit(f"importer {arguments[0]} ended with {went.exit_code}, not {expected}")


def _run_folder(folder: Path) -> Path:
    """Find the one run; a folder that has no name yet is none."""
    runs = [path for path in (folder / "runs").iterdir() if not path.name.startswith(".")]
    if len(runs) != 1:
        raise SystemExit(f"{len(runs)} runs instead of one: work in an empty folder")
    return runs[0]


def _staged(folder: Path) -> int:
    """Count the bytes of columns that a check has written so far."""
    files = [*folder.glob("runs/[!.]*/state/*.staging"), *folder.glob("runs/[!.]*/state/*.parquet")]
    total = 0
    for file in files:
        try:
            total += file.stat().st_size
        except FileNotFoundError:  # the check put it elsewhere meanwhile
            continue
    return total


def _in_doubt(run: Path) -> tuple[str, ...]:
    """Hash the Records of each batch that the journal leaves in doubt, as the sandbox hashes them.

    Reads a copy of the journal: what the kill left must be what ``resume`` finds.
    """
    from importer import assembly, pipeline, targets
    from importer.batching import whole
    from importer.journal import Journal
    from importer.run_folder import RunFolder

    folder = RunFolder(run)
    facts = folder.settings.connection
    assert facts is not None
    mapping = assembly.mapping_of(folder)
    with tempfile.TemporaryDirectory() as copies:
        for part in folder.state.glob("journal.sqlite3*"):
            shutil.copy(part, copies)
        with Journal.open(Path(copies) / folder.journal.name) as journal:
            plan = pipeline.stored_plan(folder, journal)
            gaps = [gap for gap in journal.gaps(len(plan)) if gap.in_doubt]
    target = targets.build(
        assembly.connection_of(facts), mode=mapping.mode, fields=plan.fields, clears=mapping.clears
    )
    batches = [whole(plan.slices(gap.first, gap.end), target) for gap in gaps]
    bodies = [b"[" + b",".join(batch.contacts) + b"]" for batch in batches]
    return tuple(hashlib.sha256(body).hexdigest() for body in bodies)


# --- counting -------------------------------------------------------------------------------


def _evidence(path: Path, run: Path, sandbox: trial.Sandbox) -> Evidence:
    """Read results.csv beside the file itself, and ask the sandbox."""
    verdicts: Counter[str] = Counter()
    counts = {"misplaced": 0, "strange": 0}

    def written() -> Iterator[str]:
        for number, (cells, result) in enumerate(_side_by_side(path, run), _FIRST_DATA_ROW):
            verdicts[result[_VERDICT]] += 1
            counts["misplaced"] += result[_ROW] != str(number)
            if result[_VERDICT] in {"created", "updated"}:
                address = cells[_ADDRESS].strip().lower()
                counts["strange"] += result[_KEY].lower() != address
                yield address

    on_platform = trial.fingerprint(written())
    merges = sandbox.merges()
    batches = Counter(call["sha256"] for call in merges)
    sizes = {call["sha256"]: call["records"] for call in merges}
    return Evidence(
        rows=_summary_rows(run),
        verdicts=verdicts,
        rows_out_of_place=counts["misplaced"],
        strange_keys=counts["strange"],
        written=on_platform,
        held=trial.fingerprint(sandbox.addresses()),
        batches=batches,
        carried=sum(call["records"] for call in merges),
        twice=sum(sizes[sha256] * (calls - 1) for sha256, calls in batches.items()),
    )


def _side_by_side(path: Path, run: Path) -> Iterator[tuple[list[str], list[str]]]:
    """Give each row of the file with its line of results.csv; as many of one as of the other."""
    with (
        path.open(encoding="utf-8", newline="") as file,
        (run / "results.csv").open(encoding="utf-8-sig", newline="") as results,
    ):
        rows, lines = csv.reader(file), csv.reader(results)
        next(rows), next(lines)
        yield from zip(rows, lines, strict=True)


def _summary_rows(run: Path) -> dict[str, int]:
    rows: dict[str, int] = orjson.loads((run / "summary.json").read_bytes())["rows"]
    return rows


def _wrong(kills: list[Kill], found: Evidence, expected: dict[str, int], rows: int) -> list[str]:
    """Say what is not as it must be."""
    # A batch in doubt that had arrived is answered "updated" when it comes again.
    read, total = found.rows, found.verdicts.total()
    once = {**read, "created": read["created"] + read["updated"], "updated": 0}
    wrong = trial.unbalanced(once, expected)
    counted = {name.replace("-", "_"): count for name, count in found.verdicts.items()}
    summed = {name: count for name, count in read.items() if count and name != "read"}
    doubtful = {sha256 for kill in kills for sha256 in kill.in_doubt}
    again = {sha256: calls for sha256, calls in found.batches.items() if calls > 1}
    planned, carried = expected["created"] + expected["rejected"], found.carried - found.twice
    most = max((len(kill.in_doubt) for kill in kills), default=0)
    claims = [
        (total == rows, f"results.csv has {total:,} rows, not {rows:,}"),
        (counted == summed, f"results.csv says {counted}, summary.json {summed}"),
        (not found.rows_out_of_place, f"{found.rows_out_of_place} rows are out of place"),
        (not found.strange_keys, f"{found.strange_keys} rows have a key that is not theirs"),
        (found.held == found.written, f"sandbox {found.held}, results {found.written}"),
        (again.keys() <= doubtful, "a batch came twice that no kill left in doubt"),
        (max(again.values(), default=0) <= 2, "a batch came more than twice"),
        (most <= _MERGES_IN_DOUBT, f"a kill left {most} batches in doubt"),
        (carried == planned, f"the calls carried {carried:,} contacts, not {planned:,}"),
    ]
    return wrong + [sentence for holds, sentence in claims if not holds]


def _show(kills: list[Kill], found: Evidence) -> None:
    for number, kill in enumerate(kills, 1):
        fate = "nothing in doubt"
        if kill.in_doubt:
            arrivals = [found.batches[sha256] for sha256 in kill.in_doubt]
            fate = "; ".join(
                f"in doubt: batch {sha256[:12]}, which the sandbox got "
                + ("twice" if calls == 2 else "once" if calls == 1 else f"{calls} times")
                for sha256, calls in zip(kill.in_doubt, arrivals, strict=True)
            )
        print(f"kill {number}: during {kill.stage}, {kill.at}; {fate}")
    sent = [kill for kill in kills if kill.stage == "send"]
    print(f"\nkills: {len(kills) - len(sent)} during the check, {len(sent)} during the send")
    verdicts = ", ".join(f"{count:,} {name}" for name, count in sorted(found.verdicts.items()))
    print(f"results.csv: {found.verdicts.total():,} rows, one verdict each: {verdicts}")
    again = sum(calls > 1 for calls in found.batches.values())
    print(
        f"the sandbox: {found.held[0]:,} contacts; {found.batches.total():,} calls, "
        f"{len(found.batches):,} different ones, {again} twice; in doubt at the kills: "
        f"{sum(len(kill.in_doubt) for kill in kills)}"
    )


def _told(wrong: list[str]) -> int:
    print()
    for sentence in wrong:
        print(f"WRONG: {sentence}")
    if not wrong:
        print("balanced: nothing lost, nothing sent twice but what was in doubt")
    return 1 if wrong else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rows-per-call", type=int, default=500)
    parser.add_argument("--kills", type=int, default=3, help="while contacts are sent")
    parser.add_argument("--seed", type=int, default=1, help="of the file and of the moments")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds a call waits")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="work there (it must be empty)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
