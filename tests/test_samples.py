"""Facts about the shipped files: samples, mappings and the vendor's examples."""

from __future__ import annotations

import csv
import importlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from importer.field_rules import ValueType
from importer.issues import IssueCode
from importer.model import (
    Verdict,
)
from importer.sandbox.project import DEFAULT_PROJECT
from tests.judging import is_address, is_date, is_phone

TOP = Path(__file__).parents[1]
SAMPLES = TOP / "sample_data"
MAPPINGS = TOP / "mappings"
EXAMPLES = TOP / "tests" / "vendor_examples"
EXPORTS = TOP.parent / "shared" / "corpus" / "real-exports"

CASES = tuple(
    f"{what}-{how}" for what in ("optin", "tracking") for how in ("create", "update", "sync")
)
DEMO_FILES = ("demo-1-salon.csv", "demo-2-shop.xlsx", "demo-3-dirty.csv")
# name -> (delimiter, encoding, line end)
TEXT_FILES = {
    "demo-1-salon.csv": (";", "cp1252", "\r\n"),
    "demo-3-dirty.csv": (",", "utf-8", "\n"),
    "optin-create.csv": (";", "cp1252", "\r\n"),
    "optin-update.csv": (",", "utf-8", "\r\n"),
    "optin-sync.csv": (",", "utf-8-sig", "\r\n"),
    "tracking-update.csv": ("\t", "utf-8", "\n"),
    "gmail.csv": (",", "utf-8", "\r\n"),
    "outlook.csv": (",", "utf-8", "\r\n"),
    "thunderbird.csv": (",", "utf-8", "\n"),
    "subscribers.csv": (",", "utf-8", "\n"),
    "plain-list.csv": (",", "ascii", "\n"),
    "address-book.csv": (",", "utf-8-sig", "\r\n"),
    "orders-table.csv": (";", "utf-8-sig", "\r\n"),
    "dotdigital-contact.csv": (";", "cp1252", "\r\n"),
    "dotdigital-clear.csv": (",", "utf-8", "\r\n"),
    "dotdigital-lists.csv": (";", "utf-8-sig", "\r\n"),
    "dotdigital-preferences.csv": (",", "utf-8", "\r\n"),
    "dotdigital-consents.csv": (";", "utf-8-sig", "\r\n"),
    "dotdigital-double-opt-in.csv": ("\t", "utf-8", "\n"),
}
EXPORT_OF = {
    "gmail": "gmail.csv",
    "outlook": "outlook.csv",
    "thunderbird": "tb_plain.csv",
    "subscribers": "newsletter-subscribers.csv",
    "plain-list": "email.csv",
    "address-book": "all.csv",
}
TABLES = {"orders-table"}  # mappings for rows of a table, which are no contacts
DOTDIGITAL = "dotdigital-"  # what mappings and samples of that platform begin with
TOP_LEVEL = {
    "name",
    "target",
    "connection",
    "source",
    "columns",
    "constants",
    "computed",
    "merge",
    "consent",
    "duplicates",
    "unmapped_columns",
}
BLANKS = " \u00a0"


def read_text(path: Path, delimiter: str = ",", encoding: str = "utf-8-sig") -> list[list[str]]:
    with path.open(encoding=encoding, newline="") as stream:
        return list(csv.reader(stream, delimiter=delimiter))


def read_cells(path: Path) -> list[list[Any]]:
    # By name, since it comes without types.
    sheet = importlib.import_module("openpyxl").load_workbook(path).active
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def rows_of(name: str) -> list[list[Any]]:
    if name.endswith(".xlsx"):
        return read_cells(SAMPLES / name)
    delimiter, encoding, _ = TEXT_FILES[name]
    return read_text(SAMPLES / name, delimiter, encoding)


def sample_names() -> list[str]:
    return sorted(path.name for path in SAMPLES.iterdir() if path.suffix in {".csv", ".xlsx"})


def mapping_of(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return content


def mapping_paths() -> list[Path]:
    """The mappings for contacts of Dialog Insight."""
    shipped = [
        path
        for path in sorted(MAPPINGS.glob("*.yaml"))
        if path.stem not in TABLES and not path.stem.startswith(DOTDIGITAL)
    ]
    return [*shipped, TOP / "benchmarks" / "contacts.yaml"]


def long_form(spec: str | dict[str, Any]) -> dict[str, Any]:
    return {"field": spec} if isinstance(spec, str) else spec


def table_below(heading: str) -> list[list[str]]:
    """The first table of the samples' README after a heading: its rows, without the header."""
    text = (SAMPLES / "README.md").read_text(encoding="utf-8")
    lines = text[text.index(heading) :].splitlines()
    found = [line for line in lines[: _end_of_table(lines)] if line.startswith("|")]
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in found[2:]]


def _end_of_table(lines: list[str]) -> int:
    inside = False
    for number, line in enumerate(lines):
        if inside and not line.startswith("|"):
            return number
        inside = inside or line.startswith("|")
    return len(lines)


# --- how the files are written -------------------------------------------------------------------


def test_every_sample_is_described_here_and_in_its_readme() -> None:
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    text_files = [name for name in sample_names() if name.endswith(".csv")]
    assert text_files == sorted(TEXT_FILES)
    assert [name for name in sample_names() if f"`{name}`" not in readme] == []


@pytest.mark.parametrize("name", sorted(TEXT_FILES))
def test_text_file_is_written_as_its_readme_says(name: str) -> None:
    delimiter, encoding, end = TEXT_FILES[name]
    content = (SAMPLES / name).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf") == (encoding == "utf-8-sig")
    header = content.decode(encoding).split(end)[0]
    assert "\n" not in header
    assert len(next(csv.reader([header], delimiter=delimiter))) == len(rows_of(name)[0])
    if encoding == "cp1252":
        with pytest.raises(UnicodeDecodeError):
            content.decode("utf-8")


def test_salon_file_has_letters_that_only_cp1252_has_and_one_quoted_line_break() -> None:
    content = (SAMPLES / "demo-1-salon.csv").read_bytes()
    assert b"\x9c" in content  # œ, which ISO 8859-1 lacks
    with_break = [i for i, row in enumerate(rows_of("demo-1-salon.csv"), 1) if "\n" in row[-1]]
    assert with_break == [10]


def test_shop_workbook_has_real_dates_numbers_for_phones_and_leading_zeros_in_text() -> None:
    rows = rows_of("demo-2-shop.xlsx")[1:]
    assert {type(row[4]) for row in rows} == {datetime, type(None)}
    assert {type(row[3]) for row in rows} == {int, str, type(None)}
    assert rows[0][3] == 5145551234
    assert all(isinstance(row[7], str) and re.fullmatch("00[0-9]{3}", row[7]) for row in rows)
    assert rows[0][7] == "00123"


@pytest.mark.parametrize("name", ["tracking-create.xlsx", "tracking-sync.xlsx"])
def test_consent_dates_of_the_workbooks_are_real_dates(name: str) -> None:
    values = [row[-1] for row in rows_of(name)[1:]]
    assert all(isinstance(value, datetime) for value in values)
    assert {value.date() for value in values} == {date(2026, 10, 24)}


# --- the demo ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DEMO_FILES[:2])
def test_clean_demo_files_hold_only_good_and_different_contacts(name: str) -> None:
    header, *rows = rows_of(name)
    assert all(len(row) == len(header) for row in rows)
    assert [row[0] for row in rows if not is_address(row[0])] == []
    assert [row[3] for row in rows if row[3] and not is_phone(str(row[3]))] == []
    assert len({row[0].lower() for row in rows}) == len(rows) == 40
    dates = [row[4] for row in rows if row[4]]
    assert all(isinstance(one, datetime) or is_date(one) for one in dates)
    answers = mapping_of(MAPPINGS / "demo.yaml")["columns"]["Infolettre"]["values"]
    assert {row[5] for row in rows if row[5]} <= set(answers)


def test_shop_and_salon_share_no_address() -> None:
    salon, shop = ({row[0].lower() for row in rows_of(name)[1:]} for name in DEMO_FILES[:2])
    assert salon.isdisjoint(shop)


def planted(row: list[str], *, columns: int, answers: Iterable[str]) -> str:
    """The first fault of a row of the dirty file, told without the product's own checks."""
    cells = [cell.strip(BLANKS) for cell in row]
    if len(cells) < columns:
        return "row-too-short"
    if len(cells) > columns:
        return "row-too-long"
    if not any(cells):
        return "blank-row"
    if not cells[0]:
        return "value-missing"
    if not is_address(cells[0]):
        return "email-invalid"
    if cells[3] and not is_phone(cells[3]):
        return "phone-invalid"
    if cells[4] and not is_date(cells[4]):
        return "date-impossible" if re.fullmatch("../../....", cells[4]) else "date-invalid"
    if cells[5] and cells[5] not in answers:
        return "value-not-listed"
    return ""


def test_dirty_file_has_the_faults_that_its_readme_plants() -> None:
    header, *rows = rows_of("demo-3-dirty.csv")
    answers = mapping_of(MAPPINGS / "demo.yaml")["columns"]["Infolettre"]["values"]
    found = {
        str(number): planted(row, columns=len(header), answers=answers)
        for number, row in enumerate(rows, 2)
    }
    table = table_below("### What is planted")
    assert [row[0] for row in table] == list(found)
    alone = {"invalid", "skipped"}
    assert {n: code for n, _, verdict, code in table if verdict in alone} == {
        n: code for n, code in found.items() if code
    }
    assert all(verdict in set(Verdict) for _, _, verdict, _ in table)
    assert all(code in set(IssueCode) for *_, code in table if code)


def test_dirty_file_has_the_duplicates_the_conflict_and_the_long_city_that_its_readme_plants() -> (
    None
):
    salon = rows_of("demo-1-salon.csv")
    dirty = dict(enumerate(rows_of("demo-3-dirty.csv"), 1))
    good = [
        int(n)
        for n, _, verdict, _ in table_below("### What is planted")
        if verdict not in {"invalid", "skipped"}
    ]
    keys = Counter(dirty[n][0].strip(BLANKS).lower() for n in good)
    assert sorted(key for key, count in keys.items() if count > 1) == [
        dirty[12][0],
        dirty[15][0],
    ]
    assert dirty[12][0] == dirty[13][0]
    assert dirty[14][0] != salon[5][0]
    assert dirty[14][0].lower() == salon[5][0].lower()
    assert dirty[14][5] == salon[5][5]  # they agree about the consent
    assert (dirty[15][0], dirty[15][5], dirty[16][5]) == (dirty[16][0], "Non", "Oui")
    assert [n for n in good if len(dirty[n][6]) > 100] == [17]
    assert dirty[18][0].startswith(" ")
    assert dirty[18][0].endswith("\u00a0")
    assert dirty[20][8].startswith("=HYPERLINK(")


def test_totals_of_the_readme_are_the_rows_of_the_files_and_the_planted_verdicts() -> None:
    table = table_below("Imported together")
    assert [line[0] for line in table] == [*DEMO_FILES, "all"]
    *files, total = [[int(number) for number in line[1:]] for line in table]
    assert [line[0] for line in files] == [len(rows_of(name)) - 1 for name in DEMO_FILES]
    for rows, *verdicts in [*files, total]:
        assert rows == sum(verdicts)
    assert total == [sum(column) for column in zip(*files, strict=True)]
    counted = Counter(verdict for _, _, verdict, _ in table_below("### What is planted"))
    order = ("created", "updated", "duplicate", "skipped", "invalid", "rejected")
    assert files[2][1:] == [counted[verdict] for verdict in order]
    assert [line[3] for line in files[:2]] == [len(table_below("One row of the clean file")), 0]


def test_consents_of_the_readme_are_those_of_the_contacts_that_are_sent() -> None:
    meaning = mapping_of(MAPPINGS / "demo.yaml")["columns"]["Infolettre"]["values"]
    sent: dict[str, str] = {}
    refused: set[str] = set()
    for name in DEMO_FILES:
        for row in rows_of(name)[1:]:
            if name == "demo-3-dirty.csv" and planted(row, columns=9, answers=meaning):
                continue
            key = row[0].strip(BLANKS).lower()
            sent[key] = meaning.get((row[5] or "").strip(BLANKS), "leave")
            refused |= {key} if sent[key] == "no" else set()
    counted = Counter("no" if key in refused else answer for key, answer in sent.items())
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    assert (
        f"of the {len(sent)} contacts that are sent: {counted['yes']} yes, {counted['no']} no"
    ) in readme


# --- the vendor's examples -----------------------------------------------------------------------


def strict(text: str) -> Any:
    """Read JSON; a member that stands twice, or a number JSON does not know, is an error."""

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)

    def refuse(word: str) -> None:
        raise AssertionError(word)

    return json.loads(text, object_pairs_hook=members, parse_constant=refuse)


def example_of(case: str) -> dict[str, Any]:
    content: dict[str, Any] = strict((EXAMPLES / f"{case}.json").read_text(encoding="utf-8"))
    return content


@pytest.mark.parametrize("case", CASES)
def test_vendor_example_is_strict_json_with_the_switches_of_its_mapping(case: str) -> None:
    example = example_of(case)
    assert list(example) == ["AuthKey", "idProject", "Records", "MergeOptions"]
    mode = mapping_of(MAPPINGS / f"{case}.yaml")["merge"]["mode"]
    assert example["MergeOptions"] == {
        "AllowInsert": mode in {"insert", "upsert"},
        "AllowUpdate": mode in {"update", "upsert"},
        "SkipDuplicateRecords": False,
        "SkipUnmatchedRecords": False,
        "ReturnRecordsOnSuccess": False,
        "ReturnRecordsOnError": False,
        "FieldOptions": None,
    }


def test_each_case_has_one_example_one_mapping_and_one_file() -> None:
    assert sorted(path.stem for path in EXAMPLES.iterdir()) == sorted(CASES)
    stems = {Path(name).stem for name in sample_names()}
    assert set(CASES) <= stems & {path.stem for path in MAPPINGS.iterdir()}


def as_the_vendor_writes(value: Any, spec: dict[str, Any]) -> str:
    """One cell of the vendor's cases on the wire."""
    if isinstance(value, datetime):
        return value.strftime("%Y.%m.%d")
    if "values" in spec:
        return {"yes": "1", "no": "0"}[spec["values"][str(value)]]
    return str(value)


@pytest.mark.parametrize("case", CASES)
def test_sample_file_holds_the_contacts_of_the_vendor_example(case: str) -> None:
    name = next(name for name in sample_names() if Path(name).stem == case)
    header, *rows = rows_of(name)
    columns = {h: long_form(s) for h, s in mapping_of(MAPPINGS / f"{case}.yaml")["columns"].items()}
    assert list(columns) == header
    contacts = []
    for row in rows:
        members = {
            columns[title]["field"]: as_the_vendor_writes(value, columns[title])
            for title, value in zip(header, row, strict=True)
            if value not in ("", None)
        }
        key = {code: members.pop(code) for code in list(members) if code.startswith("key_")}
        contacts.append({"ID": key, "Data": members})
    assert contacts == example_of(case)["Records"]


# --- the mappings --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", mapping_paths(), ids=lambda path: path.stem)
def test_mapping_keeps_to_the_format_and_to_the_fields_of_the_sandbox(path: Path) -> None:
    content = mapping_of(path)
    assert content["name"] == path.stem
    assert content["target"] == "dialog-insight"
    assert set(content) <= TOP_LEVEL
    specs = [long_form(spec) for spec in content["columns"].values() if spec != "ignore"]
    codes = [spec["field"] for spec in specs]
    codes += [*content.get("constants", {}), *content.get("computed", {})]
    assert len({code.lower() for code in codes}) == len(codes)
    assert [code for code in codes if code.startswith("key_")] == ["key_f_EMail"]
    known = {f"f_{field.code}" for field in DEFAULT_PROJECT.fields}
    known |= {f"optin_{optin.code}" for optin in DEFAULT_PROJECT.optins}
    known |= {"hasTrackingConsent", "dtTrackingConsent"}
    assert {code.removeprefix("key_") for code in codes} <= known
    assert {spec["type"] for spec in specs if "type" in spec} <= {
        type_.value for type_ in ValueType
    }


@pytest.mark.parametrize("path", mapping_paths(), ids=lambda path: path.stem)
def test_promise_5_mapping_says_who_may_be_set_to_yes_wherever_a_yes_could_reach_someone(
    path: Path,
) -> None:
    content = mapping_of(path)
    specs = [long_form(spec) for spec in content["columns"].values()]
    consents = [
        spec for spec in specs if spec["field"].startswith(("optin_", "hasTrackingConsent"))
    ]
    reaches_existing = bool(consents) and content["merge"]["mode"] != "insert"
    assert content.get("consent") == ({"yes_to": "everyone"} if reaches_existing else None)
    for spec in consents:
        assert set(spec["values"].values()) <= {"yes", "no", "leave"}


@pytest.mark.parametrize("stem", sorted(TABLES))
def test_mapping_of_a_table_keeps_to_the_format_and_to_the_sandbox_s_table(stem: str) -> None:
    content = mapping_of(MAPPINGS / f"{stem}.yaml")
    assert (content["name"], content["target"]) == (stem, "dialog-insight-table")
    assert set(content) <= TOP_LEVEL | {"table_id"}
    (table,) = [one for one in DEFAULT_PROJECT.tables if one.id_table == content["table_id"]]
    codes = [long_form(spec)["field"] for spec in content["columns"].values()]
    keys = [code.removeprefix("key_") for code in codes if code.startswith("key_")]
    assert keys == list(table.key_fields)
    assert {code.removeprefix("key_") for code in codes} <= {one.code for one in table.fields}


def test_orders_of_the_table_sample_are_as_its_readme_says() -> None:
    header, *rows = rows_of("orders-table.csv")
    numbers = [row[header.index("Order No")] for row in rows]
    shipped = [row[header.index("Ship on")] for row in rows]
    bad = [n for n, day in enumerate(shipped, 2) if day and not is_date(day)]
    ((_, _, count, good, _),) = table_below("## Rows of a relational table")
    assert (bad, numbers[3]) == ([6], numbers[6])
    assert (len(rows), len(set(numbers)) - len(bad)) == (int(count), int(good))


def fits(content: dict[str, Any], header: list[str]) -> bool:
    named = set()
    for title, spec in content["columns"].items():
        found = {title, *long_form(spec).get("aliases", ())} & set(header)
        if len(found) != 1:
            return False
        named |= found
    return content["unmapped_columns"] != "error" or named == set(header)


def test_exactly_one_shipped_mapping_fits_each_sample() -> None:
    contents = {path.stem: mapping_of(path) for path in MAPPINGS.glob("*.yaml")}
    for name in sample_names():
        header = [str(cell) for cell in rows_of(name)[0]]
        fitting = [stem for stem, content in contents.items() if fits(content, header)]
        wanted = "demo" if name in DEMO_FILES else Path(name).stem
        assert fitting == [wanted], name


# --- exports of other programs -------------------------------------------------------------------


def addresses_of(stem: str, rows: list[list[str]]) -> list[str]:
    """The cells that identify the contacts."""
    columns = mapping_of(MAPPINGS / f"{stem}.yaml")["columns"]
    key = next(h for h, spec in columns.items() if long_form(spec)["field"].startswith("key_"))
    return [row[rows[0].index(key)] for row in rows[1:]]


def test_good_rows_of_the_export_samples_are_as_many_as_the_readme_says() -> None:
    for name, _, rows, good, _ in table_below("## Exports of other programs"):
        addresses = addresses_of(Path(name).stem, rows_of(name))
        assert len(addresses) == int(rows)
        assert sum(map(is_address, addresses)) == int(good)


@pytest.mark.parametrize("stem", sorted(EXPORT_OF))
def test_sample_has_the_columns_of_the_real_export_and_its_rows_go_through(stem: str) -> None:
    if not EXPORTS.exists():
        pytest.skip("the real exports are not beside the project")
    real = read_text(EXPORTS / EXPORT_OF[stem])
    assert rows_of(f"{stem}.csv")[0] == real[0]
    assert all(map(is_address, addresses_of(stem, real)))


@pytest.mark.parametrize("name", sample_names())
def test_addresses_of_invented_people_are_at_domains_kept_for_examples(name: str) -> None:
    words = [str(cell) for row in rows_of(name)[1:] for cell in row if cell and "@" in str(cell)]
    domains = {word.strip(BLANKS).rpartition("@")[2].lower() for word in words}
    allowed = (
        {"domain.com"}
        if Path(name).stem in CASES
        else {f"example.{t}" for t in ("com", "org", "net")}
    )
    assert domains <= allowed
