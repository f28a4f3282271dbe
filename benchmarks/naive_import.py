"""The script one writes in ten minutes: the yardstick of ``import_million.py``.

It reads with the csv module, puts each row in the platform's form with plain Python, writes JSON
with the json module and sends it with one httpx client. It checks nothing, finds no duplicates,
keeps no journal, and reports nothing. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_ANSWERS = {"Oui": True, "Yes": True, "Non": False, "No": False}
_TEXTS = {
    "Prénom": "f_FirstName",
    "Nom": "f_LastName",
    "Téléphone": "f_MobilePhone",
    "Ville": "f_City",
    "Code postal": "f_PostalCode",
    "Notes": "f_Notes",
}
_OPTIONS = {"AllowInsert": True, "AllowUpdate": True}


def contact(row: dict[str, str]) -> dict[str, Any]:
    """Put a row in the platform's form, believing what it holds."""
    written: dict[str, Any] = {code: row[name] for name, code in _TEXTS.items() if row[name]}
    day, _, rest = (row["Date de naissance"] or "").partition("/")
    if rest:
        month, _, year = rest.partition("/")
        written["f_BirthDate"] = f"{year}.{month}.{day}"
    if row["Infolettre"] in _ANSWERS:
        written["optin_Newsletter"] = _ANSWERS[row["Infolettre"]]
    if row["Suivi"] in _ANSWERS:
        written["hasTrackingConsent"] = _ANSWERS[row["Suivi"]]
    if row["Date du suivi"]:
        written["dtTrackingConsent"] = row["Date du suivi"].replace("-", ".")
    if (row["Points"] or "").isdigit():
        written["f_Points"] = int(row["Points"])
    return {"ID": {"key_f_EMail": row["Courriel"]}, "Data": written}


def send(path: Path, url: str, *, rows: int, rows_per_call: int) -> int:
    """Send the first rows of a file; give how many contacts the platform says it created."""
    import httpx  # only sending needs it

    head = {"AuthKey": {"idKey": 1, "Key": "sandbox"}, "idProject": 1, "MergeOptions": _OPTIONS}
    address = f"{url}/webservices/ofc4/contacts.ashx?method=Merge"
    created = 0
    with path.open(encoding="utf-8", newline="") as stream, _client(httpx) as client:
        contacts = (contact(row) for row in itertools.islice(csv.DictReader(stream), rows))
        for batch in _cut(contacts, rows_per_call):
            body = json.dumps({**head, "Records": batch}).encode()
            answer = client.post(
                address, content=body, headers={"content-type": "application/json"}
            )
            created += answer.json()["CreatedRecords"]
    return created


def _client(httpx: Any) -> Any:
    return httpx.Client(timeout=None, trust_env=False)  # a busy machine is no failure


def _cut(contacts: Iterator[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    while batch := list(itertools.islice(contacts, size)):
        yield batch


def read(path: Path) -> int:
    """Read a file with the csv module and nothing else; count its rows."""
    with path.open(encoding="utf-8", newline="") as stream:
        return sum(1 for _ in csv.reader(stream)) - 1


def main() -> None:
    """Read the command line, read or send the file, print how that went."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--url", help="send to this sandbox; left out: only read")
    parser.add_argument("--rows", type=int, default=50_000, help="send only the first rows")
    parser.add_argument("--rows-per-call", type=int, default=500)
    options = parser.parse_args()
    began = time.perf_counter()
    if options.url is None:
        count = read(options.file)
    else:
        count = send(
            options.file, options.url, rows=options.rows, rows_per_call=options.rows_per_call
        )
    print(json.dumps({"count": count, "seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
