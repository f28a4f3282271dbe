"""The published schema of ``summary.json``: it is what the code writes, and loses no member."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from importer.reports.summary import SCHEMA_VERSION, VerifiedTotals
from tests.reports import schema
from tests.reports.made_up import summary
from tests.runs.workshop import PEOPLE, Workshop

MIXED = "Email,First,City\na@example.com,A,B\na@example.com,C,D\nno address,E,F\n,,\n"


def strict(part: Any) -> Any:
    """Let nothing pass that the schema does not name."""
    if isinstance(part, list):
        return [strict(one) for one in part]
    if not isinstance(part, dict):
        return part
    made = {name: strict(content) for name, content in part.items()}
    if "properties" in made and "type" in made:
        made["additionalProperties"] = False
    return made


VALIDATOR = Draft202012Validator(strict(schema.schema()))


def mistakes(content: Any) -> list[str]:
    return [f"{list(e.path)}: {e.message}" for e in VALIDATOR.iter_errors(content)]


def test_the_published_schema_is_the_code_s() -> None:
    # `python -m tests.reports.schema` writes it again.
    assert schema.PUBLISHED.read_text(encoding="utf-8") == schema.written(schema.schema())
    Draft202012Validator.check_schema(schema.schema())


def test_every_member_is_described() -> None:
    made = schema.schema()
    parts = {"": made, **made["$defs"]}
    bare = [
        f"{name}.{member}"
        for name, part in parts.items()
        for member, content in part.get("properties", {}).items()
        if not content.get("description", "").strip()
    ]
    assert bare == []


def test_no_member_of_a_version_goes_or_gets_another_name() -> None:
    assert schema.lost_members(schema.schema()) == set()
    made = schema.schema()
    assert sorted(schema.members(made, made)) == schema.known_members()[str(SCHEMA_VERSION)]


def test_a_member_that_is_gone_is_noticed() -> None:
    made = copy.deepcopy(schema.schema())
    made["properties"]["cals"] = made["properties"].pop("calls")
    made["$defs"]["LeftOut"]["properties"].pop("first")
    lost = schema.lost_members(made)
    assert {"calls", "calls.made", "files[].left_out[].first"} <= lost
    assert "cals" not in lost


def test_a_lost_member_is_not_written_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(schema, "lost_members", lambda _: {"calls"})
    before = schema.PUBLISHED.read_bytes(), schema.MEMBERS.read_bytes()
    assert schema.main() == 1
    assert capsys.readouterr().err == "raise SCHEMA_VERSION: calls is gone\n"
    assert (schema.PUBLISHED.read_bytes(), schema.MEMBERS.read_bytes()) == before


def test_every_summary_of_some_runs_validates(workshop: Workshop) -> None:
    mapping = PEOPLE.replace("f_City", "{field: optin_Newsletter, values: {B: yes, D: no}}")
    workshop.write("mappings/people.yaml", mapping + "consent: {yes_to: new}\n")
    workshop.write("people.csv", MIXED)
    for command in (
        ["check"],
        ["run", "--yes", "--verify", "2", "--note", "x"],
        ["run", "--yes", "--strict"],
        ["run", "--yes", "--first", "1", "--language", "fr"],
    ):
        done = workshop.importer(command[0], "people.csv", *command[1:])
        assert done.code in {0, 3, 4, 5}
        assert mistakes(workshop.summary()) == []
    workshop.sandbox(faults="503*")
    assert workshop.importer("run", "people.csv", "--yes").code == 5
    assert mistakes(workshop.summary()) == []
    workshop.importer("abandon", workshop.run_id(), "--yes")
    assert mistakes(workshop.summary()) == []


def test_what_is_no_summary_does_not_validate() -> None:
    import json

    good = summary(verified=VerifiedTotals(looked_up=1, same=1, different=0, missing=0))
    content = json.loads(good.as_json())
    assert mistakes(content) == []
    for broken in (
        {**content, "exit_code": "0"},
        {**content, "more": 1},
        {name: value for name, value in content.items() if name != "rows"},
        {**content, "schema_version": SCHEMA_VERSION + 1},
    ):
        assert mistakes(broken) != []
