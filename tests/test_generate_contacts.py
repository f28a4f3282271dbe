"""The generator of benchmark files keeps its word."""

from __future__ import annotations

import csv
import importlib
import json
import subprocess
import sys
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.judging import is_address, is_date, is_phone

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
BLANKS = " \u00a0"


def read_text(path: Path, delimiter: str = ",", encoding: str = "utf-8") -> list[list[str]]:
    with path.open(encoding=encoding, newline="") as stream:
        return list(csv.reader(stream, delimiter=delimiter))


def generate(out: Path, *options: str) -> dict[str, Any]:
    command = [sys.executable, str(BENCHMARKS / "generate_contacts.py"), str(out), *options]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


def test_generator_writes_the_same_bytes_for_the_same_seed_and_others_for_another(
    tmp_path: Path,
) -> None:
    first, again, other = (tmp_path / name for name in ("first.csv", "again.csv", "other.csv"))
    generate(first, "--rows", "2000", "--seed", "7")
    generate(again, "--rows", "2000", "--seed", "7")
    generate(other, "--rows", "2000", "--seed", "8")
    assert first.read_bytes() == again.read_bytes()
    assert first.read_bytes() != other.read_bytes()


def test_generated_rows_are_as_many_as_asked_and_as_dirty_as_printed(tmp_path: Path) -> None:
    out = tmp_path / "contacts.csv"
    printed = generate(out, "--rows", "3000", "--dirty", "0.2")
    header, *rows = read_text(out)
    mapping = YAML(typ="safe", pure=True).load(BENCHMARKS / "contacts.yaml")
    assert header == list(mapping["columns"])
    kinds, expected = printed["kinds"], printed["expected"]
    assert len(rows) == printed["rows"] == sum(kinds.values()) == sum(expected.values()) == 3000
    assert 400 < 3000 - kinds["good"] < 800
    assert all(kinds.values())
    assert sum(len(row) < 12 for row in rows) == kinds["too-short"]
    assert sum(len(row) > 12 for row in rows) == kinds["too-long"]
    whole = [row for row in rows if len(row) == 12]
    assert sum(not any(row) for row in whole) == kinds["blank"]
    filled = [row for row in whole if any(row)]
    bad_addresses = sum(not is_address(row[0].strip(BLANKS)) for row in filled)
    assert bad_addresses == kinds["missing-address"] + kinds["malformed-address"]
    assert sum(bool(row[3]) and not is_phone(row[3]) for row in filled) == kinds["bad-phone"]
    bad_dates = sum(bool(row[4]) and not is_date(row[4]) for row in filled)
    assert bad_dates == kinds["impossible-date"] + kinds["other-date-form"]
    assert sum(len(row[8]) > 100 for row in filled) == kinds["long-city"]
    assert sum("\n" in row[11] for row in filled) > 100
    good_keys = Counter(row[0].strip(BLANKS).lower() for row in filled if row[0])
    assert sum(good_keys.values()) - len(good_keys) == expected["duplicate"]


def test_generator_writes_what_is_asked_in_encoding_and_delimiter(tmp_path: Path) -> None:
    out = tmp_path / "contacts.csv"
    generate(out, "--rows", "50", "--encoding", "cp1252", "--delimiter", "tab", "--dirty", "0")
    rows = read_text(out, "\t", "cp1252")
    assert rows[0][1] == "Prénom"
    assert {len(row) for row in rows} == {12}


def test_generated_workbook_has_real_dates_and_numbers(tmp_path: Path) -> None:
    out = tmp_path / "contacts.xlsx"
    printed = generate(out, "--rows", "400", "--dirty", "0.1", "--format", "xlsx")
    # By name, since it comes without types.
    sheet = importlib.import_module("openpyxl").load_workbook(out).active
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert len(rows) == 400
    assert printed["kinds"]["too-short"] == printed["kinds"]["too-long"] == 0
    assert {type(row[4]) for row in rows} == {datetime, str, type(None)}
    assert any(type(row[10]) is int for row in rows)
    assert all(row[7] is None or isinstance(row[7], date) for row in rows)
