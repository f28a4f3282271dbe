"""The reference of the mapping file is true: each of its examples does what its table says."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from importer import check, targets
from importer.assembly import find_mapping
from importer.mapping import json_schema
from importer.model import Connection, PlanSlice
from importer.planning.column_files import ROW
from importer.run_columns import planned_fields

DOCUMENT = Path(__file__).parents[1] / "docs" / "mapping.md"
OTHER_DOCUMENT = DOCUMENT.with_name("dotdigital.md")  # of members that only Dotdigital has
_ADDRESS = "Adresse"  # the key of examples that have none
_NOTHING, _ERASED = "—", '""'
_REAL_DATE = "real date "
_SETTINGS = """\
connections:
  production:
    {target: dialog-insight, url: "https://example.com", key_id: 1, project_id: 1,
     key: "env:NEVER_ASKED", null_handling: empty}
"""
_EXAMPLE = re.compile(r"```yaml\n(?P<mapping>[^`]*)```\n\n(?P<table>(?:\|.*\n)+)")
_CELL = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class Example:
    """A mapping, the cells of a file, and what the page says becomes of each row."""

    mapping: str
    headers: tuple[str, ...]
    fields: tuple[str, ...]
    rows: tuple[dict[str, str], ...]

    def __str__(self) -> str:
        return "-".join((*self.headers[:2], *self.fields[:1]))


def examples() -> Iterator[Example]:
    for match in _EXAMPLE.finditer(DOCUMENT.read_text(encoding="utf-8")):
        titles, _, *rows = [_cells(line) for line in match["table"].splitlines()]
        cells = tuple(dict(zip(titles, row, strict=True)) for row in rows)
        fields = tuple(title for title in titles if title.startswith("→"))
        headers = tuple(t.strip("`") for t in titles if t not in fields and t != "issue")
        yield Example(match["mapping"], headers, fields, cells)


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in _CELL.split(line.strip())[1:-1]]


def _text(cell: str) -> str:
    """What stands between the backticks; a cell without them is blank."""
    return cell[1:-1] if cell.startswith("`") else ""


def test_the_page_has_examples() -> None:
    assert len(list(examples())) > 20


@pytest.mark.parametrize("example", list(examples()), ids=str)
def test_an_example_does_what_its_table_says(
    example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    summary = check(_write_files(example), mapping="example.yaml", offline=True)
    run = Path(summary.folder)
    sent = _sent(run)
    said = _said(run)
    for number, row in enumerate(example.rows, 2):
        code, warned = _issue(row.get("issue", ""))
        place = f"row {number}: {row}"
        assert said.get(number, (set(), set()))[not warned] >= ({code} - {""}), place
        if code and not warned:
            assert number not in sent, place
            continue
        assert number in sent, place
        found = {title: sent[number].get(title.removeprefix("→ ")) for title in example.fields}
        assert found == {title: _expected(row[title]) for title in example.fields}, place
        assert bool(code) == bool(said.get(number)), place  # no warning that the table is silent of


def _issue(cell: str) -> tuple[str, bool]:
    code = cell.partition("(")[0].strip().strip("`")
    return code, "(warning)" in cell or not code


def _expected(cell: str) -> str | None:
    if cell == _NOTHING:
        return None
    return "" if _text(cell) == _ERASED else _text(cell)


def _write_files(example: Example) -> Path:
    text = f"name: example\n{example.mapping}"
    if "target:" not in text:
        text = f"target: dialog-insight\n{text}"
    keyed = "key_" in text
    if not keyed:
        text = text.replace("columns:\n", f"columns:\n  {_ADDRESS}: key_f_EMail\n", 1)
    Path("importer.yaml").write_text(_SETTINGS, encoding="utf-8")
    Path("example.yaml").write_text(text, encoding="utf-8")
    listed = re.findall(r"suppress: \[(.*?)\] *# holds (.*)", text)
    for name, addresses in listed:
        Path(name).write_text(addresses.replace(" and ", "\n"), encoding="utf-8")
    rows: list[list[object]] = [[*([] if keyed else [_ADDRESS]), *example.headers]]
    for number, row in enumerate(example.rows, 1):
        cells = [_value(row[header]) for header in example.headers]
        rows.append([*([] if keyed else [f"row{number}@example.com"]), *cells])
    if any(isinstance(cell, date) for line in rows for cell in line):
        book = Workbook()
        for line in rows:
            book.active.append(line)
        book.save("contacts.xlsx")
        return Path("contacts.xlsx")
    with Path("contacts.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return Path("contacts.csv")


def _value(cell: str) -> object:
    """Give what is written into the file: a text, or a real date."""
    if cell.startswith(_REAL_DATE):
        return date.fromisoformat(_text(cell.removeprefix(_REAL_DATE)))
    return _text(cell)


def _sent(run: Path) -> dict[int, dict[str, Any]]:
    """Give what the platform would get of each row that is to be sent: number -> members."""
    plan = run / "state" / "plan.parquet"
    fields = planned_fields(plan)
    _, mapping = find_mapping(str(run / "mapping.yaml"))
    connection = Connection(
        "production", "dialog-insight", "http://127.0.0.1", "1", "public:x", "1"
    )
    target = targets.build(connection, mode=mapping.mode, fields=fields, table_id=mapping.table_id)
    numbers = pq.read_table(run / "state" / "rows.parquet").column("number").to_pylist()
    sent = {}
    for batch in pq.ParquetFile(plan).iter_batches():
        for row, contact in zip(
            batch.column(ROW).to_pylist(), target.encode(PlanSlice(0, fields, batch)), strict=True
        ):
            members = json.loads(contact, parse_int=str, parse_float=str)
            sent[numbers[row]] = members["ID"] | members["Data"]
    return sent


def _said(run: Path) -> dict[int, tuple[set[str], set[str]]]:
    """Give the codes of each row's issues: (warnings, all others)."""
    said: dict[int, tuple[set[str], set[str]]] = {}
    with (run / "issues.csv").open(encoding="utf-8-sig", newline="") as stream:
        for issue in csv.DictReader(stream):
            sets = said.setdefault(int(issue["row"]), (set(), set()))
            sets[issue["severity"] != "warning"].add(issue["code"])
    with (run / "results.csv").open(encoding="utf-8-sig", newline="") as stream:
        for result in csv.DictReader(stream):
            if result["code"] and result["verdict"] in {"duplicate", "skipped"}:
                sets = said.setdefault(int(result["row"]), (set(), set()))
                sets[1].add(result["code"])
    return said


def test_every_member_and_option_has_an_example() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in (DOCUMENT, OTHER_DOCUMENT))
    blocks = re.findall(r"```yaml\n(.*?)```", pages, re.DOTALL)
    text = "".join(blocks)
    names = {*_members(json_schema())} - {"name", "source"}
    source = json_schema()["$defs"]["SourceSection"]["properties"]
    lacking = sorted(name for name in names - set(source) if not re.search(rf"\b{name}\b", text))
    assert lacking == []


def _members(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from _members(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _members(part)
