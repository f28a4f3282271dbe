"""The page of Dotdigital is true: its examples, its tables and its commands are the code's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from importer import targets
from importer.cli import cli
from importer.field_rules import ValueType
from importer.issues import IssueCode
from importer.model import Limits, Verdict
from importer.sandbox import DotdigitalSettings
from importer.settings import read_settings
from importer.targets.dotdigital.grammar import MOST_RECORDS, RECORD
from tests.mapping.reading import mapping_of

TOP = Path(__file__).parents[1]
TEXT = (TOP / "docs" / "dotdigital.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
MAPPINGS = [one for one in EXAMPLES if not one.startswith("connections:")]
HEAD = "name: page\ntarget: dotdigital\ncolumns: {Email: id.email, Status: email.status}\n"
"""What stands above an example of a part of a mapping."""
SINGLE = "dotdigital-single"
V2 = "dotdigital-v2"
NAMES = {"<name>": "crm-id", "<FIELD>": "CITY", "<number or name>": "Tea"}


def table(heading: str) -> list[list[str]]:
    """The first table after a heading, without its head."""
    section = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in rows]


def codes_of_the_page() -> Iterator[tuple[str, str, bool]]:
    """Give each code, the words on its type, and whether version 2's call takes it."""
    for codes, _, type_, in_v2 in table("Field codes"):
        for code in re.findall(r"`([^`]+)`", codes):
            for word, name in NAMES.items():
                code = code.replace(word, name)
            assert in_v2 in {"yes", "no"}
            yield code, type_, in_v2 == "yes"


def named(cell: str) -> set[str]:
    return set(re.findall(r"`([a-z-]+)`", cell))


# --- examples -----------------------------------------------------------------------------------


@pytest.mark.parametrize("example", MAPPINGS)
def test_each_mapping_of_the_page_is_one(example: str) -> None:
    mapping = mapping_of(example if "target:" in example else HEAD + example)
    assert mapping.target in targets.names()
    assert mapping.warnings == ()


def test_the_connection_of_the_page_can_be_read(tmp_path: Path) -> None:
    (example,) = (one for one in EXAMPLES if one not in MAPPINGS)
    (tmp_path / "importer.yaml").write_text(example, encoding="utf-8")
    (connection,) = read_settings(tmp_path).connections.values()
    assert connection.target == targets.connected_by(SINGLE) == targets.connected_by(V2)


def test_the_shipped_examples_of_the_page_are_those_that_there_are() -> None:
    (listed,) = re.findall(r"(?m)^Shipped examples: (.*?), each in", TEXT)
    told = re.findall(r"`([\w-]+)`", listed)
    assert sorted(told) == sorted(one.stem for one in (TOP / "mappings").glob("dotdigital-*.yaml"))
    assert sorted(told) == sorted(one.stem for one in (TOP / "sample_data").glob("dotdigital-*"))


# --- tables -------------------------------------------------------------------------------------


def test_the_targets_of_the_page_are_those_that_there_are() -> None:
    told = [cell.strip("`") for cell, *_ in table("Which target")]
    assert told == [name for name in targets.names() if name.startswith("dotdigital")]


@pytest.mark.parametrize(("code", "type_", "in_v2"), [*codes_of_the_page()])
def test_each_code_of_the_page_is_one_of_that_type(code: str, type_: str, in_v2: bool) -> None:
    for name in ("dotdigital", SINGLE):
        fact = targets.grammar(name).fact(code)
        assert fact.type == (None if type_ == "any; text, if not said" else ValueType(type_))
    if in_v2:
        assert targets.grammar(V2).fact(code).type == fact.type
    else:
        with pytest.raises(ValueError, match=re.escape(code)):
            targets.grammar(V2).fact(code)


def test_the_page_leaves_no_code_out() -> None:
    told = {code for code, _, _ in codes_of_the_page()}
    grammar = targets.grammar("dotdigital")
    assert {code for code in grammar.usual if not code.startswith("data.")} <= told
    assert all(any(code.startswith(one) for code in told) for one in grammar.beginnings)
    most = re.findall(r"`(consent\.\w+)\.1` … `(consent\.\w+)\.(\d)`", TEXT)
    assert most == [(f"{RECORD}text", f"{RECORD}userAgent", str(MOST_RECORDS))]


@pytest.mark.parametrize("code", ["email.type", "email.optIn"])
def test_the_words_of_a_choice_are_those_that_it_takes(code: str) -> None:
    (what,) = (cell for codes, cell, *_ in table("Field codes") if codes == f"`{code}`")
    assert tuple(re.findall(r"`(\w+)`", what)) == targets.grammar("dotdigital").fact(code).choices


def test_the_merge_options_of_the_page_are_those_that_there_are() -> None:
    told = [cell for cell, _ in table("Merge options")]
    known = targets.grammar("dotdigital").abilities.merge_options
    assert tuple(re.findall(r"`([a-z-]+)`", " ".join(told))) == known
    assert [cell for cell in told if "usual" in cell] == [f"`{known[0]}` (the usual one)"]
    assert targets.grammar(SINGLE).abilities.merge_options == known
    assert targets.grammar(V2).abilities.merge_options == ()


def test_verdicts_and_codes_of_the_page_exist() -> None:
    rows = table("What becomes of a row")
    verdicts = set().union(*(named(verdict) for _, verdict, _ in rows))
    codes = set().union(*(named(code) for *_, code in rows))
    targets_and_commands = set(targets.names())
    assert verdicts - targets_and_commands <= {one.value for one in Verdict}
    assert codes <= {one.value for one in IssueCode}
    ours = {"partly-written", "contact-suppressed", "contact-undeleted", "must-confirm"}
    assert ours <= codes


def test_the_limits_of_the_page_are_those_that_hold() -> None:
    rows = table("Limits")
    assert {cell.strip("`") for cell, *_ in rows} <= {*Limits.__slots__}
    for cell, _, imports, most_of_imports, single, most_of_single in rows:
        limit = cell.strip("`")
        for name, usual, most in (
            ("dotdigital", imports, most_of_imports),
            (SINGLE, single, most_of_single),
            (V2, single, most_of_single),
        ):
            assert getattr(targets.careful_limits(name), limit) == number(usual)
            beyond = Limits(**{limit: 10**9})
            kept = getattr(targets.within_ceilings(name, beyond), limit)
            assert kept == (number(most) if most else 10**9)


def number(cell: str) -> int:
    return int(cell.replace(",", ""))


# --- commands -----------------------------------------------------------------------------------


def test_commands_and_options_of_the_page_are_there() -> None:
    lines = re.findall(r"`importer ([a-z][^`]*)`", TEXT)
    assert len(lines) > 5
    for line in lines:
        command: click.Command = cli
        options = {*re.findall(r"(?<= )--?[a-z-]+", line)}
        for word in line.split():
            if isinstance(command, click.Group) and word in command.commands:
                command = command.commands[word]
        assert command is not cli, line
        known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
        assert options <= known, line


def test_the_switches_of_the_sandbox_begin_as_the_page_says() -> None:
    (beginning,) = re.findall(r"Its switches begin with `(--[a-z-]+-)`", TEXT)
    flags = [name for one in cli.commands["sandbox"].params for name in one.opts]
    assert len([flag for flag in flags if flag.startswith(beginning)]) == len(
        DotdigitalSettings.__dataclass_fields__
    )
