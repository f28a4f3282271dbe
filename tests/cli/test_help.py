"""Help texts, and the README's tables: what is documented is what is there."""

from __future__ import annotations

import re
import subprocess
import sys

import click
import pytest

from importer.cli import cli
from importer.mapping.source import SourceSection
from importer.model import Verdict
from tests.cli.commands import GOLDEN, commands, golden_file, help_text
from tests.runs.workshop import TOP, Workshop, environment

ALL = list(commands())
LEAVES = [(name, command) for name, command in ALL if not isinstance(command, click.Group)]
CODES = {"0", "1", "2", "3", "4", "5", "6", "7", "130", "143"}


def readme() -> str:
    return (TOP / "README.md").read_text(encoding="utf-8")


def table(heading: str) -> list[list[str]]:
    """The README's first table after a heading, without its head."""
    lines = readme().split(f"\n{heading}\n", 1)[1].splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("|"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows


@pytest.mark.parametrize("name", [n for n, _ in ALL], ids=" ".join)
def test_help_is_the_golden_file(name: tuple[str, ...]) -> None:
    # `python -m tests.cli.commands` writes the files again.
    assert help_text(name) == golden_file(name).read_text(encoding="utf-8")


def test_no_golden_file_is_left_of_a_command_that_is_gone() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {golden_file(name).name for name, _ in ALL}


@pytest.mark.parametrize(("name", "command"), LEAVES, ids=[" ".join(n) for n, _ in LEAVES])
def test_every_command_has_an_example_and_every_option_its_help(
    name: tuple[str, ...], command: click.Command
) -> None:
    text = help_text(name)
    assert re.search(r"Examples?:\n( +\S.*\n)*? +importer " + " ".join(name), text)
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, option.name


def test_help_is_asked_for_with_either_option_and_the_bare_command_is_wrong_usage(
    workshop: Workshop,
) -> None:
    for option in ("-h", "--help"):
        done = workshop.importer("run", option)
        assert (done.code, done.err) == (0, "")
        assert done.out.startswith("Usage: importer run [OPTIONS] FILE...")
    done = workshop.importer()
    assert done.code == 2
    assert "Commands:" in done.err
    assert re.fullmatch(r"importer \S+\n", workshop.importer("--version").out)


@pytest.mark.parametrize(("name", "command"), LEAVES, ids=[" ".join(n) for n, _ in LEAVES])
def test_every_option_has_the_environment_variable_of_its_name(
    name: tuple[str, ...], command: click.Command
) -> None:
    prefix = "_".join(("IMPORTER", *name)).upper()
    for option in command.params:
        if isinstance(option, click.Option) and option.name != "help":
            longest = max(option.opts, key=len)
            assert option.envvar == f"{prefix}_{longest[2:].upper().replace('-', '_')}"


@pytest.mark.parametrize(("name", "command"), LEAVES, ids=[" ".join(n) for n, _ in LEAVES])
def test_every_command_that_tells_something_can_be_quiet_and_can_speak_json(
    name: tuple[str, ...], command: click.Command
) -> None:
    if name in {("sandbox",), ("mapping", "schema"), ("job", "schema"), ("job", "schedule")}:
        return  # a server; JSON, or units of another program, by nature
    options = {name for option in command.params for name in option.opts}
    assert {"--json", "--quiet"} <= options


def test_every_command_about_runs_takes_the_runs_folder() -> None:
    about = {"check", "run", "send", "resume", "retry", "abandon", "runs", "show", "report",
             "find", "purge", "job"}  # fmt: skip
    having = {
        name[0] for name, command in LEAVES
        if any("--runs-dir" in option.opts for option in command.params)
    }  # fmt: skip
    assert having == about


def test_no_option_takes_a_secret() -> None:
    words = re.compile(r"key$|secret|password|token", re.IGNORECASE)
    named = [(*name, o) for name, command in LEAVES for p in command.params for o in p.opts]
    of_a_person = {("show", "--key"), ("memory", "erase", "--key")}
    assert {name for name in named if words.search(name[-1])} == of_a_person


# --- the README ---------------------------------------------------------------------------------


def test_commands_of_the_readme_are_the_commands() -> None:
    told = {
        tuple(re.sub(r"\[?[A-Z]{3,}(\.\.\.)?\]?", "", text).split())
        for cell, *_ in table("## Commands")
        for text in re.findall(r"`importer ([^`]*)`", cell)
    }
    assert told == {name for name, _ in LEAVES}


def test_options_of_the_readme_are_options_of_check_and_run() -> None:
    paragraph = readme().split("Options of `check` and `run`:", 1)[1].split("\n\n", 1)[0]
    told = set(re.findall(r"--[a-z-]+", paragraph))
    there = {o for p in cli.commands["run"].params for o in p.opts if o.startswith("--")}
    assert told == there


def test_exit_codes_of_the_readme_are_those_of_the_help() -> None:
    told = {code for cell, *_ in table("### Exit codes") for code in cell.split(", ")}
    assert told == CODES
    text = " ".join(golden_file(()).read_text(encoding="utf-8").split())
    sentence = text.split("Exit codes:")[1].split("Options:")[0]
    assert set(re.findall(r"\b\d+\b", sentence)) == CODES


def test_verdicts_of_the_readme_are_the_verdicts() -> None:
    told = [v for cell, *_ in table("### Verdicts") for v in re.findall("`([a-z-]+)`", cell)]
    assert told == [verdict.value for verdict in Verdict]


def test_what_the_readme_says_a_mapping_settles_of_a_file_is_all_it_settles() -> None:
    told = [m for cell, *_ in table("## Any spreadsheet") for m in re.findall("`([a-z_]+)`", cell)]
    assert set(told) == set(SourceSection.model_fields)


def test_long_and_short_options_of_check_and_run_are_the_same_but_for_sending() -> None:
    of = {name: {o for p in cli.commands[name].params for o in p.opts} for name in ("check", "run")}
    sending = {"--yes", "-y", "--dry-run", "-n", "--verify", "--verbose", "-v"}
    assert of["run"] - of["check"] == sending
    assert of["check"] - of["run"] == {"--offline"}


# --- lightness ----------------------------------------------------------------------------------

HEAVY = ("pandas", "pyarrow", "numpy", "httpx", "flask", "waitress", "rich", "pydantic", "openpyxl")


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["sandbox", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys\n"
        "from importer.cli import run_command\n"
        "run_command(sys.argv[1:])\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == "[]\n"
    assert "Usage: importer" in done.stdout


def test_the_package_itself_loads_nothing() -> None:
    program = "import importer, sys; print(len([n for n in sys.modules if n.startswith('imp')]))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(done.stdout) < 8
