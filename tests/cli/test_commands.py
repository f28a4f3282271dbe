"""What commands print and how they exit: for a person, for a machine, and for nobody."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

import importer.demonstration
from importer import assembly, cli
from importer.cli import screen
from importer.sandbox import running
from importer.version import tool_version
from tests.runs.workshop import PEOPLE, SETTINGS, TOP, URL, Workshop, read_report

SAMPLES = sorted(p for p in (TOP / "sample_data").iterdir() if p.suffix in {".csv", ".xlsx"})
ORDINARY_MEANS = assembly.means  # before a workshop puts its own in the place
MIXED = "Email,First,City\na@example.com,A,B\nb@example.com,C,D\nno address,E,F\n"


def terminals(monkeypatch: pytest.MonkeyPatch, answer: str) -> list[str]:
    """Pretend that a person sits there; give the list of what is asked."""
    asked: list[str] = []

    def confirm(question: str, **_: Any) -> bool:
        asked.append(question)
        return answer == "y"

    monkeypatch.setattr(screen, "may_ask", lambda: True)
    monkeypatch.setattr("importer.cli.running.may_ask", lambda: True)
    monkeypatch.setattr("click.confirm", confirm)
    return asked


# --- JSON, quiet, variables ---------------------------------------------------------------------


def test_json_is_exactly_the_summary_and_nothing_else_is_on_stdout(workshop: Workshop) -> None:
    workshop.write("people.csv", MIXED)
    for command in (["check", "people.csv"], ["run", "people.csv", "--yes"],
                    ["run", "people.csv", "--strict", "--yes"]):  # fmt: skip
        done = workshop.importer(*command, "--json")
        written = (workshop.run_folder() / "summary.json").read_text(encoding="utf-8")
        assert done.out == written
        assert done.json["exit_code"] == done.code
        assert done.err == ""
    run = workshop.run_id()
    for command in (["show", run], ["report", run]):
        assert workshop.importer(*command, "--json").json == workshop.summary()


def test_every_verdict_is_in_the_json_zeros_included(workshop: Workshop) -> None:
    workshop.people(1)
    rows = workshop.importer("run", "people.csv", "--yes", "--json").json["rows"]
    assert list(rows) == [
        "read", "created", "updated", "accepted", "duplicate",
        "skipped", "invalid", "rejected", "unknown", "not_sent",
    ]  # fmt: skip


def test_quiet_says_nothing_of_a_good_run_and_all_of_a_bad_one(workshop: Workshop) -> None:
    workshop.people(3)
    done = workshop.importer("run", "people.csv", "--yes", "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")
    for command in ("show", "report"):
        done = workshop.importer(command, workshop.run_id(), "-q")
        assert (done.code, done.out, done.err) == (0, "", "")
    workshop.write("people.csv", MIXED)
    done = workshop.importer("run", "people.csv", "--yes", "-q")
    assert done.code == 3
    assert "1 row refused by our checks" in done.err


def test_options_come_from_variables_and_the_command_line_wins(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.write("mappings/twin.yaml", PEOPLE.replace("name: people", "name: twin"))
    workshop.write("people.csv", MIXED)
    monkeypatch.setenv("IMPORTER_RUN_MAPPING", "twin")
    monkeypatch.setenv("IMPORTER_RUN_YES", "1")
    monkeypatch.setenv("IMPORTER_RUN_JSON", "1")
    monkeypatch.setenv("IMPORTER_RUN_MAX_INVALID", "50%")
    monkeypatch.setenv("IMPORTER_RUN_FIRST", "1")
    done = workshop.importer("run", "people.csv")
    assert (done.code, done.json["mapping"]) == (5, "twin")
    assert workshop.importer("run", "people.csv", "-m", "people").json["mapping"] == "people"
    monkeypatch.setenv("IMPORTER_RUN_STRICT", "true")
    assert workshop.importer("run", "people.csv").code == 4


def test_dry_run_is_a_check(workshop: Workshop) -> None:
    workshop.people(2)
    assert workshop.importer("run", "people.csv", "--dry-run").code == 0
    assert workshop.summary()["state"] == "checked"
    assert workshop.network.requests == []


# --- asking ---------------------------------------------------------------------------------------


def test_without_a_terminal_and_without_yes_one_line_says_that_nothing_was_sent(
    workshop: Workshop,
) -> None:
    workshop.people(2)
    done = workshop.importer("run", "people.csv")
    assert (done.code, done.out, len(done.lines)) == (4, "", 1)
    assert "sending needs --yes" in done.err
    assert f"importer send {workshop.run_id()} --yes" in done.err
    assert workshop.network.requests == []


@pytest.mark.parametrize("answer", ["y", "n"])
def test_a_person_is_shown_the_plan_and_asked_once(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    mapping = PEOPLE.replace("f_City", "{field: optin_Newsletter, values: {Y: yes, N: no}}")
    workshop.write("mappings/people.yaml", mapping + "consent: {yes_to: everyone}\n")
    rows = "a@example.com,A,Y\nb@example.com,B,N\nb@example.com,B,\nbad,B,N\n,,\nc@example.com,,\n"
    workshop.write("people.csv", "Email,First,City\n" + rows)
    asked = terminals(monkeypatch, answer)
    done = workshop.importer("run", "people.csv")
    assert asked == ["Send it?"]
    for words in (
        "6 rows read; 3 contacts to send.",
        "1 refused by our checks",
        "1 duplicate",
        "1 left out on purpose",
        "optin_Newsletter: 1 yes and 1 no will be sent; 1 contact is left alone.",
        "What the platform holds now was not looked up: a yes is sent as it stands",
        f"About 1 call, 1 s at the allowed pace, to local (project 1, {URL}).",
    ):
        assert words in done.err
    assert "SANDBOX" not in done.err
    assert done.code == (3 if answer == "y" else 4)
    assert bool(workshop.merge_calls()) is (answer == "y")


def test_with_yes_or_json_nobody_is_asked(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.people(2)
    asked = terminals(monkeypatch, "n")
    assert workshop.importer("run", "people.csv", "--yes").code == 0
    assert workshop.importer("run", "people.csv", "--json").code == 4
    assert asked == []


def test_abandon_asks_a_person_once(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    workshop.people(2)
    workshop.importer("check", "people.csv")
    run = workshop.run_id()
    asked = terminals(monkeypatch, "n")
    assert workshop.importer("abandon", run).code == 4
    assert asked == [f"Abandon {run}?"]
    assert workshop.importer("abandon", run, "--yes").code == 0


def test_everything_about_the_sandbox_says_so(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.people(2)
    terminals(monkeypatch, "y")
    done = workshop.importer("run", "people.csv", "-c", "sandbox")
    assert done.code == 0
    assert "SANDBOX: nothing leaves this machine." in done.err
    assert "SANDBOX" in done.out
    assert workshop.summary()["sandbox"] is True
    assert "SANDBOX" in (workshop.run_folder() / "report.html").read_text(encoding="utf-8")
    assert "SANDBOX" in workshop.importer("runs").out
    assert workshop.importer("connection", "test", "sandbox").out.startswith("SANDBOX\n")


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("\n", 4), ("\x04", 130)])
def test_at_a_real_terminal_the_question_is_asked_once_and_obeyed(
    workshop: Workshop, answer: str, code: int
) -> None:
    import pty
    import subprocess

    from tests.runs.workshop import environment

    workshop.people(2)
    with running() as url:
        workshop.write("importer.yaml", SETTINGS.replace(URL, url))
        master, terminal = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "importer", "run", "people.csv"],
            cwd=workshop.folder, env=environment(TERM="xterm"), start_new_session=True,
            stdin=terminal, stdout=terminal, stderr=terminal,
            preexec_fn=lambda: __import__("fcntl").ioctl(0, __import__("termios").TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(terminal)
        shown = b""
        while b"[y/N]" not in shown:
            shown += os.read(master, 4096)
        os.write(master, answer.encode())
        with contextlib.suppress(OSError):  # the terminal's end
            while part := os.read(master, 4096):
                shown += part
        assert process.wait() == code
        os.close(master)
    assert shown.count(b"Send it?") == 1
    assert workshop.summary()["state"] == ("finished" if code == 0 else "checked")


def test_without_a_terminal_there_is_no_colour_and_no_animation(workshop: Workshop) -> None:
    workshop.write("people.csv", MIXED)
    with running() as url:
        workshop.write("importer.yaml", SETTINGS.replace(URL, url))
        done = workshop.spawned("run", "people.csv", "--yes")
    assert done.code == 3
    assert "\x1b" not in done.out + done.err
    assert "\r" not in done.out + done.err


# --- exit codes -------------------------------------------------------------------------------


def exit_0(workshop: Workshop) -> int:
    workshop.people(2)
    return workshop.importer("run", "people.csv", "--yes").code


def exit_1(workshop: Workshop) -> int:
    workshop.people(2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("importer.planning.Planner.finish", lambda self: 1 / 0)
        return workshop.importer("run", "people.csv", "--yes").code


def exit_2(workshop: Workshop) -> int:
    return workshop.importer("run", "people.csv", "--no-such-option").code


def exit_3(workshop: Workshop) -> int:
    workshop.write("people.csv", MIXED)
    return workshop.importer("run", "people.csv", "--yes").code


def exit_4(workshop: Workshop) -> int:
    return workshop.importer("run", "gone.csv", "--yes").code


def exit_5(workshop: Workshop) -> int:
    workshop.people(6)
    workshop.sandbox(faults="503*")
    return workshop.importer("run", "people.csv", "--yes").code


def exit_6(workshop: Workshop) -> int:
    workshop.write("people.csv", MIXED)  # unknown outranks invalid
    workshop.sandbox(drop_answers=1)
    return workshop.importer("run", "people.csv", "--yes").code


def exit_7(workshop: Workshop) -> int:
    from importer.run_folder import RunFolder

    workshop.people(6)
    workshop.importer("run", "people.csv", "--first", "5", "--yes")
    with RunFolder(workshop.run_folder()).locked():
        return workshop.importer("resume").code


def interrupted_by(workshop: Workshop, number: int) -> int:
    workshop.write("people.csv", MIXED)
    workshop.sandbox(faults="503")
    workshop.clock.on_sleep = lambda: workshop.interruption.request(number)
    return workshop.importer("run", "people.csv", "--yes").code


def exit_130(workshop: Workshop) -> int:
    return interrupted_by(workshop, signal.SIGINT)


def exit_143(workshop: Workshop) -> int:
    return interrupted_by(workshop, signal.SIGTERM)


SITUATIONS = {
    int(name.removeprefix("exit_")): situation
    for name, situation in list(globals().items())
    if name.startswith("exit_")
}


@pytest.mark.parametrize("code", sorted(SITUATIONS))
def test_each_exit_code_has_its_situation(workshop: Workshop, code: int) -> None:
    assert SITUATIONS[code](workshop) == code


def test_situations_are_all_the_codes_of_the_readme() -> None:
    from tests.cli.test_help import CODES

    assert {str(code) for code in SITUATIONS} == CODES


@pytest.mark.parametrize(
    "option", ["--first=0", "--first=x", "--max-invalid=-1", "--max-rejected=a%"]
)
def test_option_that_makes_no_sense_is_wrong_usage(workshop: Workshop, option: str) -> None:
    workshop.people(1)
    done = workshop.importer("run", "people.csv", option)
    assert done.code == 2
    assert "Traceback" not in done.err
    assert workshop.run_folders() == []


# --- defects -------------------------------------------------------------------------------------


def test_defect_is_one_line_and_a_traceback_without_values_in_the_log(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.people(3)

    def broken(*_: Any, **__: Any) -> None:
        raise KeyError("person1@example.com")

    monkeypatch.setattr("importer.pipeline.reconcile", broken)
    done = workshop.importer("run", "people.csv", "--yes")
    assert (done.code, len(done.lines)) == (1, 1)
    assert "KeyError" in done.err
    (defect,) = [line for line in workshop.log() if line["event"] == "defect"]
    assert defect["kind"] == "KeyError"
    assert any(
        "pipeline.py" in frame and frame.endswith(" finish") for frame in defect["traceback"]
    )
    assert "person1" not in done.err + (workshop.run_folder() / "run.log").read_text()
    monkeypatch.undo()


def test_defect_of_the_books_stops_loudly(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.people(3)
    monkeypatch.setattr("importer.pipeline.counted", lambda results, totals: results)
    done = workshop.importer("run", "people.csv", "--yes")
    assert done.code == 1
    assert "the verdicts do not balance" in done.err
    assert not (workshop.run_folder() / "summary.json").exists()
    assert workshop.merge_calls() == []


def test_ctrl_c_outside_of_a_run_is_130(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(**_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("importer.runs.runs", interrupted)
    assert workshop.importer("runs").code == 130


def test_reader_that_goes_away_changes_nothing_of_a_run(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.write("people.csv", MIXED)

    def gone(*_: Any, **__: Any) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    with monkeypatch.context() as patch:
        patch.setattr("click.echo", gone)
        patch.setattr("importer.cli.screen._print_table", gone)
        assert workshop.importer("run", "people.csv", "--yes", "--json").code == 3
        assert workshop.importer("run", "people.csv", "--yes").code == 3
        assert workshop.importer("runs").code == 141
    assert workshop.totals() == {"updated": 2, "invalid": 1}


def test_reader_that_is_gone_at_the_end_changes_no_exit_code(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.write("people.csv", MIXED)
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as gone, monkeypatch.context() as patch:  # noqa: PTH123
        patch.setattr(sys, "stdout", gone)
        assert cli.run_command(["run", "people.csv", "--yes", "--json"]) == 3
        gone.write("more")


@pytest.mark.skipif(os.name != "posix", reason="a shell's pipe")
def test_closed_pipe_is_silent(workshop: Workshop) -> None:
    workshop.people(1)
    workshop.importer("check", "people.csv")
    process = workshop.start("runs", "--json")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait() in {0, 141}
    process.stderr.close()


def test_terminal_that_knows_only_ascii_is_no_reason_to_fail(workshop: Workshop) -> None:
    workshop.write("prénom.csv", "Courriel,Prénom ☂\na@example.com,Zoë\n")
    done = workshop.spawned("inspect", "prénom.csv", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.code == 0
    assert "Pr\\xe9nom" in done.out


def test_control_characters_of_a_file_do_not_reach_the_terminal(workshop: Workshop) -> None:
    workshop.write("p.csv", "Email,First,City,\x1b[31mred\na@example.com,A,B,C\n")
    done = workshop.importer("check", "p.csv")
    assert done.code == 0
    assert "red" in done.err
    assert "\x1b" not in done.out + done.err


# --- inspect -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_inspect_tells_every_sample_and_dumps_it_cleanly(workshop: Workshop, path: Path) -> None:
    done = workshop.importer("inspect", str(path))
    assert (done.code, done.err) == (0, "")
    assert f"{path.name}" in done.out.replace("\n", "")
    (table,) = workshop.importer("inspect", str(path), "--json").json["tables"]
    assert table["rows"] > 0
    names = [column["name"] for column in table["columns"]]
    done = workshop.importer("inspect", str(path), "--dump", "out.csv")
    assert done.code == 0
    assert "Written: out.csv" in done.err
    dumped = (workshop.folder / "out.csv").read_bytes()
    assert not dumped.startswith(b"\xef\xbb\xbf")
    header, *rows = csv.reader(dumped.decode("utf-8").splitlines(keepends=True))
    assert header == names
    assert len(rows) == table["table_rows"]
    workshop.importer("inspect", "out.csv", "--dump", "again.csv", "--json")
    assert (workshop.folder / "again.csv").read_bytes() == dumped
    again = workshop.importer("inspect", "out.csv", "--json").json["tables"][0]
    assert [column["name"] for column in again["columns"]] == names


def test_inspect_never_escapes_a_dump_and_masks_its_examples(workshop: Workshop) -> None:
    workshop.write("p.csv", "Email,Note\nsomebody@example.com,=1+1\nother@example.org,-x\n")
    done = workshop.importer("inspect", "p.csv", "--dump", "out.csv", "-q")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert (workshop.folder / "out.csv").read_text() == (workshop.folder / "p.csv").read_text()
    done = workshop.importer("inspect", "p.csv")
    assert "somebody@example.com" not in done.out


def test_inspect_warns_of_what_it_is_not_sure_of(workshop: Workshop) -> None:
    workshop.write("p.csv", b"Email,Email\nsomebody@example.com,x\n")
    done = workshop.importer("inspect", "p.csv")
    table = workshop.importer("inspect", "p.csv", "--json").json["tables"][0]
    assert ("Warning:" in done.out) == bool(table["warnings"])
    quiet = workshop.importer("inspect", "p.csv", "--quiet")
    assert ("Warning:" in quiet.err) == bool(table["warnings"])
    assert quiet.out == ""


def test_inspect_reads_standard_input_and_all_sheets(workshop: Workshop) -> None:
    done = workshop.importer("inspect", "-", "--json", stdin=b"Email;City\na@example.com;B\n")
    (table,) = done.json["tables"]
    assert (table["file"], table["delimiter"], table["rows"]) == ("-", ";", 1)
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["Email"])
    book.active.append(["a@example.com"])
    book.create_sheet("Two").append(["City"])
    book["Two"].append(["Laval"])
    book.save(workshop.folder / "book.xlsx")
    done = workshop.importer("inspect", "book.xlsx", "--sheet", "all", "--json")
    assert [table["sheet"] for table in done.json["tables"]] == ["Sheet", "Two"]
    done = workshop.importer("inspect", "book.xlsx", "--sheet", "all", "--dump", "out.csv")
    assert done.code == 2
    assert "--sheet NAME" in done.err
    assert not (workshop.folder / "out.csv").exists()
    assert workshop.importer("inspect", "book.xlsx", "--sheet", "Three").code == 4
    assert workshop.importer("inspect", "gone.csv").code == 4


# --- mapping -------------------------------------------------------------------------------------


def test_mapping_check_tells_all_mistakes_and_what_does_not_fit(workshop: Workshop) -> None:
    workshop.people(1)
    done = workshop.importer("mapping", "check", "people")
    assert (done.code, done.err) == (0, "")
    assert done.out == "people: no mistake found. It writes key_f_EMail, f_FirstName, f_City.\n"
    assert workshop.importer("mapping", "check", "people", "people.csv").code == 0
    assert workshop.importer("mapping", "check", "people", "-q").out == ""
    workshop.write("other.csv", "Email,Till\na@example.com,1\n")
    done = workshop.importer("mapping", "check", "mappings/people.yaml", "other.csv", "--json")
    assert done.code == 4
    assert {m["file"] for m in done.json["mistakes"]} == {"mappings/people.yaml"}
    assert len(done.json["mistakes"]) == 2
    workshop.write("more.csv", "Email,First,City,Till\na@example.com,A,B,1\n")
    done = workshop.importer("mapping", "check", "people", "more.csv", "--json")
    assert done.json["mistakes"] == []
    assert "Till" in done.json["warnings"][0]
    assert "Till" in workshop.importer("mapping", "check", "people", "more.csv").err
    workshop.write("mappings/bad.yaml", "name: bad\ntarget: nowhere\ncolumns: {A: x_y}\nfoo: 1\n")
    done = workshop.importer("mapping", "check", "bad")
    assert done.code == 4
    assert len(done.lines) >= 2
    assert all(line.startswith("importer: mappings/bad.yaml:") for line in done.lines)


def test_mapping_schema_is_a_json_schema(workshop: Workshop) -> None:
    schema = workshop.importer("mapping", "schema").json
    assert "properties" in schema
    assert {"columns", "merge", "consent"} <= set(schema["properties"])


# --- connection test -----------------------------------------------------------------------------


def test_connection_test_of_a_good_key_names_project_and_fields(workshop: Workshop) -> None:
    done = workshop.importer("connection", "test", "local")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"local: dialog-insight at {URL}\nProject 1: ")
    assert "The key is accepted." in done.out
    told = workshop.importer("connection", "test", "local", "--json").json
    assert told["problem"] == ""
    assert "f_EMail" in told["fields"]
    assert told["required"] == ["f_EMail"]
    assert workshop.importer("connection", "test", "local", "--quiet").out == ""
    assert workshop.merge_calls() == []


@pytest.mark.parametrize("style", ["http", "envelope"])
def test_connection_test_of_a_bad_key_is_a_problem_without_the_key(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, style: str
) -> None:
    workshop.sandbox(style=style)
    monkeypatch.setenv("SANDBOX_KEY", "a-wrong-secret-key")
    done = workshop.importer("connection", "test", "local", "-q")
    assert done.code == 4
    assert "Problem: " in done.out
    assert "not accepted" in done.out
    assert "a-wrong-secret" not in done.out + done.err
    assert workshop.importer("connection", "test", "local", "--json").json["fields"] is None


def test_connection_test_of_an_unknown_project_lists_those_of_the_key(workshop: Workshop) -> None:
    workshop.write("importer.yaml", SETTINGS.replace("project_id: 1", "project_id: 99"))
    done = workshop.importer("connection", "test", "local")
    assert done.code == 4
    assert "there is no project 99" in done.out
    assert "Projects of the key: 1 " in done.out


def test_connection_test_of_an_unreachable_platform(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(_: httpx.Request) -> None:
        raise httpx.ConnectError("refused") from ConnectionRefusedError(111, "Connection refused")

    workshop.network.before = unreachable
    done = workshop.importer("connection", "test", "local")
    assert done.code == 4
    assert "nothing answers on its port" in done.out
    monkeypatch.delenv("SANDBOX_KEY")
    done = workshop.importer("connection", "test", "local")
    assert (done.code, len(done.lines)) == (4, 1)
    assert "SANDBOX_KEY is not set" in done.err
    assert workshop.importer("connection", "test", "nowhere").code == 4


# --- sandbox -------------------------------------------------------------------------------------


def sandbox_url(process: Any) -> str:
    line = process.stderr.readline()
    found = re.match(r"SANDBOX at (http://\S+) \(its page: \S+/\)\. Ctrl-C ends it\.", line)
    assert found, line
    return found.group(1)


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_sandbox_serves_on_a_port_until_ctrl_c(workshop: Workshop) -> None:
    process = workshop.start(
        "sandbox", "--port", "0", "--faults", "ok lost", "--style", "envelope", "--blank", "keep",
        "--no-echo-ids", "--any-field", "--store", "contacts.sqlite3", "--max-records", "7",
        "--shuffle", "--no-retry-after", "--calls-per-minute", "500",
    )  # fmt: skip
    url = sandbox_url(process)
    assert httpx.get(f"{url}/_sandbox/ready").json()["sandbox"] is True
    page = httpx.get(f"{url}/").text
    assert "ok lost" in page
    workshop.people(3)
    workshop.write("importer.yaml", SETTINGS.replace(URL, url))
    workshop.network.inner = httpx.HTTPTransport()
    assert workshop.importer("run", "people.csv", "--yes").code == 0
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert (workshop.folder / "contacts.sqlite3").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--faults", "nonsense"], 4, "'nonsense' is not a fault"),
        (["--host", "192.0.2.1"], 4, "not this machine's loopback"),
        (["--port", "99999"], 4, "99999 is not a port"),
        (["--style", "odd"], 2, "'odd' is not one of 'http', 'envelope'"),
        (["--max-records", "0"], 4, "max_records must be at least 1"),
        (["--project", "gone.json"], 2, "does not exist"),
        (["--project", "bad.json"], 4, "bad.json"),
    ],
)
def test_sandbox_with_switches_that_make_no_sense(
    workshop: Workshop, arguments: list[str], code: int, words: str
) -> None:
    workshop.write("bad.json", "{")
    done = workshop.importer("sandbox", *arguments)
    assert done.code == code
    assert words in done.err


# --- demo ----------------------------------------------------------------------------------------


def test_demo_works_in_an_empty_folder_and_writes_only_runs(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    workshop.folder = empty
    workshop.network.inner = httpx.HTTPTransport()
    done = workshop.importer("demo")
    assert done.code == 0
    assert done.lines[-1].startswith("The demo found every planted bad row")
    assert "created 88" in " ".join(done.out.split())
    assert [path.name for path in empty.iterdir()] == ["runs"]
    assert len(read_report(workshop.run_folder() / "results.csv")) == 102
    done = workshop.importer("demo", "--json")
    assert (done.code, done.err) == (0, "")
    assert done.json == workshop.summary()
    done = workshop.importer("demo", "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_demo_that_finds_something_else_is_exit_1(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.network.inner = httpx.HTTPTransport()
    planted = {**importer.demonstration.PLANTED, "created": 89}
    monkeypatch.setattr(importer.demonstration, "PLANTED", planted)
    done = workshop.importer("demo")
    assert done.code == 1
    assert "did not find what is planted: created: 88, not 89" in done.err


def test_demo_without_its_files_is_one_sentence(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer.demonstration, "__file__", str(workshop.folder / "a" / "b.py"))
    done = workshop.importer("demo", "--quiet")
    assert (done.code, done.lines) == (
        4,
        ["importer: sample_data/demo-1-salon.csv did not come with this installation"],
    )


def test_ordinary_means_are_the_machines_own() -> None:
    from importer.clock import SystemClock

    made = ORDINARY_MEANS()
    assert isinstance(made.clock, SystemClock)
    assert made.transport is None
    assert made.settings is None


def test_program_exits_with_the_code_of_its_command(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importer.__main__ import main

    monkeypatch.setattr(sys, "argv", ["importer", "show", "nothing"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 4


def test_version_and_json_of_settings_agree(workshop: Workshop) -> None:
    workshop.people(1)
    workshop.importer("check", "people.csv")
    settings = json.loads((workshop.run_folder() / "settings.json").read_bytes())
    assert settings["tool_version"] == tool_version()


def test_the_next_commands_fit_where_the_runs_are(workshop: Workshop) -> None:
    workshop.write("people.csv", "Email,First,City\na@example.com,A,Laval\nno address,B,Laval\n")
    done = workshop.importer("run", "people.csv", "--yes", "--runs-dir", "my runs")
    (folder,) = (workshop.folder / "my runs").iterdir()
    (command,) = (line for line in done.err.splitlines() if line.startswith("  importer run "))
    place = command.split('"')[1]  # quotes that every shell knows
    assert Path(place).read_bytes() == (folder / "to-fix.csv").read_bytes()
    workshop.sandbox(faults="503*")
    done = workshop.importer("run", "people.csv", "--yes", "--runs-dir", "my runs")
    assert '--runs-dir "' in done.err
