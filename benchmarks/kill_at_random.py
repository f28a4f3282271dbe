"""Kill imports at random moments, resume them, and count everything that was sent.

Each round imports a file of its own, in about 30 calls, to one sandbox in a process of its own
that loses, refuses and garbles answers by a script. ``kill -9`` comes at a moment that a seed
chooses, anywhere between the start of a run and the time that an undisturbed one took; sometimes
its ``importer resume`` is killed too. Then it is resumed until it is finished. Example::

    python benchmarks/kill_at_random.py --kills 50 --seed 1

Exit code 1 unless every row of every file has exactly one verdict, the totals balance, the sandbox
holds exactly the contacts of the files, and no call reached it again but those whose journal says
that the one before was in doubt or not taken, with the same bytes.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trial

_MAPPING = """\
name: people
target: dialog-insight
columns: {Email: key_f_EMail, First: f_FirstName, City: f_City}
merge: {mode: upsert}
"""
_FAULTS = (
    "ok*4 lost ok*3 429 ok*4 dropped ok*3 503-after ok*4 500 ok*3 cut ok*4 502 ok*3 garbage ok*4 "
    "empty ok*3 504-done ok*4 429-bare"
)
_INVALID_EVERY = 40  # rows
_FIRST_DATA_ROW = 2
_AGAIN = 0.4  # chance that a resumption is killed too
_MOST_RESUMES = 6  # in a row that nobody kills
_WRITTEN = {"created", "updated"}
_MAY_GO_AGAIN = {"open", "in-doubt", "not-taken"}  # what a journal says of a call


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill. ``after``: seconds from the start. ``stood``: the run's state in its journal."""

    command: str
    after: float
    stood: str
    calls: int
    in_doubt: int


@dataclass(slots=True)
class Round:
    """One file and its import. ``people``: each good row's address and city, in plan order."""

    number: int
    path: Path
    rows: int
    people: dict[str, str]
    kills: list[Kill] = field(default_factory=list)
    run: Path | None = None


def main() -> int:
    """Read the command line, kill and resume, print the evidence and what is wrong."""
    options = _parser().parse_args()
    chance = random.Random(options.seed)
    began = time.perf_counter()
    with trial.trial_folder(options.keep) as folder:
        switches: list[str | Path] = [
            "--store",
            folder / "platform.sqlite3",
            "--retry-after-seconds",
            "0",
        ]
        switches += ["--faults", " ".join([options.faults] * (options.kills + 2))]
        keep = 200 * (options.kills + 2)
        with trial.sandbox(
            folder, keep_calls=keep, latency=options.latency, switches=switches
        ) as sandbox:
            per_call = max(1, options.rows // 30)
            trial.write_settings(folder, sandbox.url, rows_per_call=per_call)
            (folder / "mappings").mkdir(exist_ok=True)
            (folder / "mappings" / "people.yaml").write_text(_MAPPING, encoding="utf-8")
            rounds = _rounds(folder, options, chance)
            wrong = [sentence for one in rounds for sentence in _wrong_in_reports(one)]
            wrong += _wrong_on_platform(rounds, sandbox)
            calls = sandbox.merges()
        _show(rounds, calls, time.perf_counter() - began)
    return _told(wrong)


# --- killing --------------------------------------------------------------------------------


def _rounds(folder: Path, options: argparse.Namespace, chance: random.Random) -> list[Round]:
    """Import one file undisturbed, to learn how long it takes; then others, until enough kills."""
    first = _written(folder, 0, options.rows)
    began = time.perf_counter()
    _finish(folder, first, ["run", first.path.name, "--yes"])
    longest = time.perf_counter() - began
    rounds, left = [first], options.kills
    while left > 0:
        one = _written(folder, len(rounds), options.rows)
        _disturb(folder, one, longest, left, chance)
        left -= len(one.kills)
        rounds.append(one)
    return rounds


def _written(folder: Path, number: int, rows: int) -> Round:
    """Write a round's file."""
    path = folder / f"people-{number}.csv"
    people = {}
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["Email", "First", "City"])
        for row in range(1, rows + 1):
            address, city = f"person{row}@round{number}.example.com", f"City {row} of {number}"
            if row % _INVALID_EVERY == 0:
                address = f"no address {row}"
            else:
                people[address] = city
            writer.writerow([address, f"First {row}", city])
    return Round(number, path, rows, people)


def _disturb(folder: Path, one: Round, longest: float, most: int, chance: random.Random) -> None:
    """Run a round, kill it, resume it, perhaps kill that too, and resume it to the end."""
    arguments = ["run", one.path.name, "--yes"]
    while len(one.kills) < most and (not one.kills or chance.random() < _AGAIN):
        moment = chance.uniform(0, longest)
        killed = _killed(folder, arguments, moment)
        one.run = _run_of(folder, one)
        if killed:
            one.kills.append(_kill(arguments[0], moment, one.run))
        if one.run is not None:
            arguments = ["resume", one.run.name]
        if not killed or (one.run is not None and _state(one.run) == "finished"):
            break
    _finish(folder, one, arguments)


def _killed(folder: Path, arguments: list[str], moment: float) -> bool:
    """Start a command and kill it after so many seconds; False if it ended before."""
    command = trial.Command(folder, "-m", "importer", *arguments, "--json")
    time.sleep(moment)
    command.send_signal(signal.SIGKILL)
    return command.wait().exit_code == -signal.SIGKILL


def _kill(command: str, after: float, run: Path | None) -> Kill:
    """Say how a run stood when it was killed."""
    if run is None:
        return Kill(command, after, "no run yet", 0, 0)
    with _journal(run) as journal:
        state = journal.execute("SELECT value FROM fact WHERE name = 'state'").fetchone()
        calls = journal.execute("SELECT count(*), total(result = 'open') FROM call").fetchone()
    return Kill(command, after, state[0] if state else "checking", int(calls[0]), int(calls[1]))


def _finish(folder: Path, one: Round, arguments: list[str]) -> None:
    """Let a command run to its end, and resume until there is nothing to resume."""
    for _ in range(_MOST_RESUMES):
        if one.run is not None and _state(one.run) == "finished":
            return
        went = trial.measured(folder, "-m", "importer", *arguments, "--json")
        one.run = _run_of(folder, one)
        if went.exit_code not in {3, 5} or one.run is None:
            raise SystemExit(f"importer {' '.join(arguments)} ended with {went.exit_code}")
        arguments = ["resume", one.run.name]
    raise SystemExit(f"{one.path.name}: not finished after {_MOST_RESUMES} resumptions")


def _run_of(folder: Path, one: Round) -> Path | None:
    """Find the run of a round: a folder that has no name yet is none."""
    runs = sorted(path for path in folder.glob("runs/*") if not path.name.startswith("."))
    named = [
        path
        for path in runs
        if json.loads((path / "settings.json").read_bytes())["files"][0]["path"] == one.path.name
    ]
    if len(named) > 1:
        raise SystemExit(f"{len(named)} runs of {one.path.name}: work in an empty folder")
    return named[0] if named else None


def _state(run: Path) -> str:
    with _journal(run) as journal:
        found = journal.execute("SELECT value FROM fact WHERE name = 'state'").fetchone()
    return str(found[0]) if found else "checking"


@contextlib.contextmanager
def _journal(run: Path) -> Iterator[sqlite3.Connection]:
    """Open a copy of a run's journal: what the kill left must be what ``resume`` finds."""
    with tempfile.TemporaryDirectory() as copies:
        for part in (run / "state").glob("journal.sqlite3*"):
            shutil.copy(part, copies)
        with contextlib.closing(sqlite3.connect(Path(copies) / "journal.sqlite3")) as journal:
            yield journal


# --- counting -------------------------------------------------------------------------------


def _wrong_in_reports(one: Round) -> Iterator[str]:
    """Say what is wrong with the verdicts of a round."""
    assert one.run is not None
    place = f"round {one.number}"
    with (one.run / "results.csv").open(encoding="utf-8-sig", newline="") as stream:
        lines = list(csv.DictReader(stream))
    numbers = [int(line["row"]) for line in lines]
    if numbers != list(range(_FIRST_DATA_ROW, one.rows + _FIRST_DATA_ROW)):
        yield f"{place}: {len(lines)} lines for {one.rows} rows, or not in their order"
    verdicts = Counter(line["verdict"] for line in lines)
    summary = json.loads((one.run / "summary.json").read_bytes())
    totals = {n.replace("_", "-"): c for n, c in summary["rows"].items() if c and n != "read"}
    if verdicts != totals or summary["rows"]["read"] != one.rows:
        yield f"{place}: results.csv says {dict(verdicts)}, summary.json {totals}"
    if verdicts.keys() - _WRITTEN - {"invalid"}:
        yield f"{place}: not all that is good was written: {dict(verdicts)}"
    if [line["key"] for line in lines if line["verdict"] in _WRITTEN] != list(one.people):
        yield f"{place}: the rows that count as written are not those that are good"
    if (summary["state"], summary["exit_code"]) != ("finished", 3):
        yield f"{place}: {summary['state']} with exit code {summary['exit_code']}"


def _wrong_on_platform(rounds: list[Round], sandbox: trial.Sandbox) -> Iterator[str]:
    """Say what the sandbox holds that it should not, and which calls came once too often."""
    expected = {address: city for one in rounds for address, city in one.people.items()}
    held = [(contact["f_EMail"], contact.get("f_City")) for contact in sandbox.contacts()]
    if len(held) != len(expected) or dict(held) != expected:
        yield f"the sandbox holds {len(held):,} contacts, not the {len(expected):,} of the files"
    of_round: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for call in sandbox.merges():
        of_round[call["keys"][0].partition("@")[2]].append(call)
    for one in rounds:
        domain = f"round{one.number}.example.com"
        for sentence in _wrong_calls(one, of_round.pop(domain, [])):
            yield f"round {one.number}: {sentence}"
    if of_round:
        yield f"calls of nobody's: {sorted(of_round)}"


def _wrong_calls(one: Round, arrived: list[dict[str, Any]]) -> Iterator[str]:
    """Compare what reached the sandbox with the intents of the journal, stretch by stretch."""
    assert one.run is not None
    with _journal(one.run) as journal:
        intents: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
        for first, end, result in journal.execute("SELECT first, end, result FROM call"):
            intents[first, end].append(result)
    order = {address: position for position, address in enumerate(one.people)}
    stretches: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
    for call in arrived:
        places = [order[key] for key in call["keys"]]
        if places != list(range(places[0], places[0] + len(places))):
            yield f"a call carried contacts {places}, which do not follow one another"
        stretches[places[0], places[-1] + 1].append(call["sha256"])
    for stretch, hashes in stretches.items():
        results = intents.get(stretch, [])
        if len(hashes) > len(results):
            yield f"contacts {stretch} came {len(hashes)} times, intended {len(results)} times"
        if len(hashes) - 1 > sum(result in _MAY_GO_AGAIN for result in results):
            yield f"contacts {stretch} came {len(hashes)} times; the journal says {results}"
        if len(set(hashes)) > 1:
            yield f"contacts {stretch} came in {len(set(hashes))} different forms"
        if results.count("answered") != 1:
            yield f"contacts {stretch} have {results.count('answered')} answers"


# --- telling --------------------------------------------------------------------------------


def _show(rounds: list[Round], calls: list[dict[str, Any]], seconds: float) -> None:
    print(f"{'kill':>4}  {'of':6}  {'after':>7}  {'the run stood':13}  {'calls':>5}  in doubt")
    kills = [kill for one in rounds for kill in one.kills]
    for number, kill in enumerate(kills, 1):
        print(
            f"{number:>4}  {kill.command:6}  {kill.after:5.2f} s  {kill.stood:13}  "
            f"{kill.calls:>5}  {kill.in_doubt}"
        )
    stood = Counter(kill.stood for kill in kills)
    shares = ", ".join(f"{count / len(kills):.0%} {name}" for name, count in stood.most_common())
    print(f"\n{len(kills)} kills in {len(rounds) - 1} runs: {shares}")
    doubtful = sum(kill.in_doubt > 0 for kill in kills)
    print(f"{doubtful} kills ({doubtful / len(kills):.0%}) left a call in doubt")
    different = len({call["sha256"] for call in calls})
    people = sum(len(one.people) for one in rounds)
    print(
        f"the sandbox: {people:,} contacts in {len(calls):,} calls, {different:,} different ones: "
        f"{len(calls) / different:.3f} calls for each"
    )
    print(f"{seconds:.0f} s, {seconds / len(rounds):.1f} s a run")


def _told(wrong: list[str]) -> int:
    print()
    for sentence in wrong:
        print(f"WRONG: {sentence}")
    if not wrong:
        print("balanced: nothing lost, nothing sent twice but what was in doubt or not taken")
    return 1 if wrong else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    parser.add_argument("--rows", type=int, default=600, help="of each file")
    parser.add_argument("--faults", default=_FAULTS, help="of the sandbox; repeated to the end")
    parser.add_argument("--latency", type=float, default=0.1, help="seconds a call waits")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="work there (it must be empty)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
