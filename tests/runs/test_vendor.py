"""The vendor's six cases to the last member, and exports of other programs to the last row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from importer.model import Verdict
from tests.runs.workshop import SHARED, TOP, URL, Workshop, read_report

EXAMPLES = sorted((TOP / "tests" / "vendor_examples").glob("*.json"))
EXPORTS = SHARED / "corpus" / "real-exports"
EXPORT_OF = {
    "gmail": "gmail.csv",
    "outlook": "outlook.csv",
    "thunderbird": "tb_plain.csv",
    "subscribers": "newsletter-subscribers.csv",
    "plain-list": "email.csv",
    "address-book": "all.csv",
}
# The examples' own account, as their AuthKey and idProject have it.
ACCOUNT = f"""\
connections:
  vendor:
    target: dialog-insight
    url: {URL}
    project_id: 123456
    key_id: 5335
    key: env:SANDBOX_KEY
"""


def sample(stem: str) -> Path:
    (path,) = [p for p in (TOP / "sample_data").iterdir() if p.stem == stem]
    return path


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_request_of_the_shipped_case_is_the_vendors_example_member_by_member(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    example: dict[str, Any] = json.loads(path.read_bytes())
    workshop.write("importer.yaml", ACCOUNT)
    monkeypatch.setenv("SANDBOX_KEY", example["AuthKey"]["Key"])
    workshop.importer(
        "run", str(sample(path.stem)), "-m", str(TOP / "mappings" / f"{path.stem}.yaml"), "--yes"
    )
    (body,) = workshop.network.merges()
    assert body == example
    assert list(body) == list(example)
    assert list(body["MergeOptions"]) == list(example["MergeOptions"])


@pytest.mark.parametrize("what", ["optin", "tracking"])
def test_vendor_cases_one_after_the_other_do_what_their_names_say(
    workshop: Workshop, what: str
) -> None:
    ends = []
    for how in ("create", "update", "sync"):
        mapping = TOP / "mappings" / f"{what}-{how}.yaml"
        workshop.importer(
            "run", str(sample(f"{what}-{how}")), "-m", str(mapping), "-c", "sandbox", "--yes"
        )
        ends.append(workshop.totals())
    assert ends[0] == {"created": 2}
    assert sum(ends[1].get(verdict, 0) for verdict in ("updated", "rejected", "skipped")) == 3
    assert ends[2].keys() <= {"created", "updated"}


@pytest.mark.parametrize("stem", sorted(EXPORT_OF))
def test_sample_of_an_export_is_recognized_checked_and_sent_with_its_shipped_mapping(
    workshop: Workshop, stem: str
) -> None:
    (workshop.folder / "mappings" / "people.yaml").unlink()
    for mapping in (TOP / "mappings").glob("*.yaml"):
        workshop.write(f"mappings/{mapping.name}", mapping.read_bytes())
    done = workshop.importer("run", str(sample(stem)), "-c", "sandbox", "--yes")
    assert workshop.summary()["mapping"] == stem
    bad = 1 if stem == "gmail" else 0  # its row without an address
    assert (done.code, workshop.totals().get("invalid", 0)) == (3 if bad else 0, bad)


@pytest.mark.parametrize("stem", sorted(EXPORT_OF))
def test_real_export_is_inspected_checked_and_sent_with_every_row_in_a_verdict(
    workshop: Workshop, stem: str
) -> None:
    if not EXPORTS.exists():
        pytest.skip("the real exports are not beside the project")
    place = str(EXPORTS / EXPORT_OF[stem])
    mapping = ["-m", str(TOP / "mappings" / f"{stem}.yaml")]
    assert workshop.importer("inspect", place).code == 0
    table = workshop.importer("inspect", place, "--json").json["tables"][0]
    assert workshop.importer("check", place, *mapping).code in {0, 3}
    done = workshop.importer("run", place, *mapping, "-c", "sandbox", "--yes")
    assert done.code in {0, 3}
    results = read_report(workshop.run_folder() / "results.csv")
    assert len(results) == table["rows"]
    assert {line["verdict"] for line in results} <= set(Verdict)
    sent = [line for line in results if line["verdict"] in {"created", "updated"}]
    assert len(sent) == len(workshop.contacts()) > 0
