"""Import generated contacts into an imitated Dotdigital: how fast, how big, in how many calls.

Writes the file of ``generate_contacts.py`` (2 % of the rows dirty), starts ``importer sandbox``,
then runs ``importer check`` and ``importer send`` as an operator would, each in a process of its
own, beside a naive script (this one, with ``--naive``) that reads with the csv module, checks and
keeps nothing, and sends the same calls one after the other. Example::

    python benchmarks/import_dotdigital.py --rows 200000

Exit code 1 when a verdict or a total is not as planted, when the imports were not the contacts over
2,000 and the polls not the calls beside them, or when a command took more than 500 MiB.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path

import trial
from trial import Measured

MAPPING = trial.HERE / "dotdigital.yaml"
CONTACTS_PER_CALL = 2_000  # the target's own
_USER, _PASSWORD = "apiuser-sandbox@apiconnector.com", "sandbox"
_DESCRIPTION = 5  # calls that ask what the account has, once
_SETTINGS = """\
default_connection: bench
connections:
  bench:
    target: dotdigital
    url: {url}
    key_id: {user}
    key: env:{key}
    limits: {{calls_per_minute: 1000000}}
"""


def main() -> int:
    """Read the command line, run the trial, print the table and what is wrong."""
    options = _parser().parse_args()
    if options.naive:
        return naive(options.file, options.naive)
    with trial.trial_folder(options.keep) as folder:
        path, expected = trial.generate(folder, rows=options.rows, seed=options.seed)
        # What one platform refuses for its length, another one takes.
        expected["created"] += expected.pop("rejected")
        print(f"{options.rows:,} rows, {CONTACTS_PER_CALL:,} contacts a call\n")
        wrong = _import(folder, path, expected)
    print()
    for sentence in wrong:
        print(f"WRONG: {sentence}")
    if not wrong:
        print("balanced: every row has the verdict that was planted")
    return 1 if wrong else 0


def _import(folder: Path, path: Path, expected: dict[str, int]) -> list[str]:
    calls = sum(expected.values()) // CONTACTS_PER_CALL * 20 + 1_000
    with trial.sandbox(folder, keep_calls=calls) as sandbox:
        settings = _SETTINGS.format(url=sandbox.url, user=_USER, key=trial.KEY_VARIABLE)
        (folder / "importer.yaml").write_text(settings, encoding="utf-8")
        check = _importer(folder, "check", path.name, "-m", MAPPING, "-c", "bench", "--offline")
        checked = check.printed_json()
        wrong = trial.unbalanced(checked["rows"], _after_check(expected))
        send = _importer(folder, "send", checked["run"], "--yes")
        sent = send.printed_json()
        wrong += trial.unbalanced(sent["rows"], expected)
        made = sandbox.calls_by_method()
    imports, polls = made["PUT import"], made["GET import"]
    due = math.ceil(expected["created"] / CONTACTS_PER_CALL)
    if imports != due or sent["calls"]["polls"] != polls:
        wrong.append(f"{imports} imports and {polls} polls, not {due} and {sent['calls']['polls']}")
    if made.total() != imports + polls + _DESCRIPTION:
        wrong.append(f"{made.total()} calls, not {imports} + {polls} + {_DESCRIPTION}: {made}")
    with trial.sandbox(folder, keep_calls=calls) as sandbox:
        plain = trial.measured(folder, __file__, path, "--naive", sandbox.url)
    if plain.exit_code:
        raise SystemExit("the naive script failed")
    print(f"calls: {imports} imports + {polls} polls + {_DESCRIPTION} that ask what there is\n")
    print(f"{'':<28}{'× wall':>8}{'× CPU':>8}{'rows/s':>10}{'CPU s':>8}{'MiB':>6}")
    rows = sum(expected.values())
    for name, went in (("naive script", plain), ("importer check", check), ("importer send", send)):
        print(
            f"{name:<28}{plain.wall / went.wall:>8.2f}{plain.cpu / went.cpu:>8.2f}"
            f"{rows / went.wall:>10,.0f}{went.cpu:>8.1f}{went.peak:>6.0f}"
        )
    wrong += [
        f"importer {name} took {went.peak:,.0f} MiB, more than {trial.MEMORY_BOUND}"
        for name, went in (("check", check), ("send", send))
        if went.peak > trial.MEMORY_BOUND
    ]
    return wrong


def _after_check(expected: dict[str, int]) -> dict[str, int]:
    return trial.after_check({**expected, "rejected": 0})


def _importer(folder: Path, *arguments: str | Path) -> Measured:
    went = trial.measured(folder, "-m", "importer", *arguments, "--json")
    if went.exit_code != 3:  # dirty rows are planted: anything else is a failure
        raise SystemExit(f"importer {arguments[0]} ended with {went.exit_code}")
    return went


# --- the yardstick ----------------------------------------------------------------------------


def naive(path: Path, url: str) -> int:
    """Send a file as a short script would: no checks, no journal, no report."""
    import httpx

    with httpx.Client(base_url=url, auth=(_USER, _PASSWORD), timeout=121) as client:
        for contacts in _slices(path):
            body = json.dumps({"contacts": contacts}).encode()
            headers = {"content-type": "application/json"}
            taken = client.put("/contacts/v3/import", content=body, headers=headers)
            number = taken.raise_for_status().json()["importId"]
            while client.get(f"/contacts/v3/import/{number}").json()["status"] == "NotFinished":
                pass
    return 0


def _slices(path: Path) -> Iterator[list[dict[str, object]]]:
    contacts: list[dict[str, object]] = []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            data = {"FIRSTNAME": row["Prénom"], "LASTNAME": row["Nom"], "CITY": row["Ville"]}
            match = {"matchIdentifier": "email", "identifiers": {"email": row["Courriel"]}}
            contacts.append({**match, "dataFields": data})
            if len(contacts) == CONTACTS_PER_CALL:
                yield contacts
                contacts = []
    if contacts:
        yield contacts


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("file", type=Path, nargs="?", help="of the naive script")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1, help="of the generated file")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="work there, and leave it")
    parser.add_argument("--naive", metavar="URL", help="send a file to a sandbox, and nothing else")
    return parser


if __name__ == "__main__":
    sys.exit(main())
