"""What stands in the way of a run: one clear line, exit code 4, nothing sent, nothing left."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from importer import runs
from importer.errors import UnusableInputError
from tests.runs.workshop import KEY, PEOPLE, SHARED, TOP, URL, Workshop

CITIES = """\
name: cities
target: dialog-insight
columns: {Address: key_f_EMail, Town: f_City}
merge: {mode: upsert}
"""


def refused(workshop: Workshop, *arguments: str, stdin: bytes = b"") -> list[str]:
    """Run a command that must do nothing; give its lines."""
    done = workshop.importer(*arguments, stdin=stdin)
    assert done.code == 4, done
    assert done.out == ""
    assert workshop.network.requests == []
    assert workshop.run_folders() == []
    assert "Traceback" not in done.err
    return done.lines


def docx() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<document/>")
    return stream.getvalue()


# --- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [["check"], ["run", "--yes"]])
@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("nowhere.csv", None, "nowhere.csv does not exist"),
        ("empty.csv", b"", "empty.csv"),
        ("header-only.csv", b"Email,First,City\n", "header-only.csv"),
        ("letter.xlsx", docx(), "letter.xlsx"),
        ("text.xlsx", b"Email,First,City\na@example.com,A,B\n", "text.xlsx"),
    ],
)
def test_file_that_is_no_spreadsheet_gets_one_line_and_leaves_nothing(
    workshop: Workshop, command: list[str], name: str, content: bytes | None, told: str
) -> None:
    if content is not None:
        workshop.write(name, content)
    (line,) = refused(workshop, *command, name, "-m", "people")
    assert line.startswith("importer: ")
    assert told in line


def test_folder_without_spreadsheets_is_named(workshop: Workshop) -> None:
    workshop.write("inbox/readme.md", "nothing here")
    (line,) = refused(workshop, "run", "inbox", "-m", "people", "--yes")
    assert "inbox holds no spreadsheet" in line


def test_password_protected_workbook_is_named_as_such(workshop: Workshop) -> None:
    place = SHARED / "corpus" / "workbooks" / "password.xlsx"
    if not place.exists():
        pytest.skip("the corpus of workbooks is not beside the project")
    workshop.write("locked.xlsx", place.read_bytes())
    (line,) = refused(workshop, "run", "locked.xlsx", "-m", "people", "--yes")
    assert "locked.xlsx" in line
    assert "password" in line


def test_file_that_cannot_be_read_to_its_end_takes_its_run_folder_away(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = workshop.people(3).read_bytes()

    def broken_off(*_: object) -> None:
        raise UnusableInputError("people.csv cannot be read beyond row 3")

    monkeypatch.setattr("importer.planning.Planner.add", broken_off)
    for source in ("people.csv", "-"):
        (line,) = refused(workshop, "run", source, "-m", "people", "--yes", stdin=content)
        assert line == "importer: people.csv cannot be read beyond row 3"


def test_all_mistakes_of_several_files_are_told_at_once(workshop: Workshop) -> None:
    workshop.write("empty.csv", b"")
    lines = refused(workshop, "check", "gone.csv", "also-gone.csv", "-m", "people")
    assert [line.split(" does")[0] for line in lines] == [
        "importer: gone.csv",
        "importer: also-gone.csv",
    ]


def test_unwritable_runs_folder_is_one_line(workshop: Workshop) -> None:
    workshop.people(1)
    done = workshop.importer("check", "people.csv", "-m", "people", "--runs-dir", "people.csv/runs")
    assert done.code == 4
    assert "the runs folder people.csv/runs cannot be written" in done.err


def test_passed_over_files_of_a_folder_are_listed_in_the_settings(workshop: Workshop) -> None:
    workshop.people(2, "inbox/b.csv")
    workshop.people(2, "inbox/a.csv", start=3)
    for name in ("~$b.xlsx", ".hidden.csv", "half.csv.part", "old.tmp", "notes.md", "below/c.csv"):
        workshop.write(f"inbox/{name}", "x")
    assert workshop.importer("check", "inbox", "-m", "people").code == 0
    settings = json.loads((workshop.run_folder() / "settings.json").read_bytes())
    assert [Path(one["path"]).name for one in settings["files"]] == ["a.csv", "b.csv"]
    listed = " ".join(settings["passed_over"])
    for name in ("~$b.xlsx", ".hidden.csv", "half.csv.part", "old.tmp", "notes.md", "below"):
        assert name in listed


def test_quoted_glob_is_read_by_name_and_results_keep_the_order_of_input(
    workshop: Workshop,
) -> None:
    workshop.people(2, "b.csv")
    workshop.people(2, "a.csv", start=3)
    assert workshop.importer("check", "*.csv", "-m", "people").code == 0
    assert [(r["file"], r["row"]) for r in workshop.results()] == [
        ("a.csv", "2"), ("a.csv", "3"), ("b.csv", "2"), ("b.csv", "3"),
    ]  # fmt: skip


# --- mappings ------------------------------------------------------------------------------------


def test_unknown_field_prefix_is_told_with_file_and_line(workshop: Workshop) -> None:
    workshop.people(1)
    workshop.write("mappings/people.yaml", PEOPLE.replace("f_City", "field_City"))
    (line,) = refused(workshop, "run", "people.csv", "-m", "people", "--yes")
    assert line.startswith("importer: mappings/people.yaml:6:10: ")
    assert "field_City" in line


def test_mapped_column_that_the_file_lacks_is_told_with_near_names(workshop: Workshop) -> None:
    workshop.write("people.csv", "Emails,First,City\na@example.com,A,B\n")
    lines = refused(workshop, "run", "people.csv", "-m", "people", "--yes")
    assert len(lines) == 1
    assert "Email" in lines[0]
    assert "Emails" in lines[0]
    assert "mappings/people.yaml:4:3: " in lines[0]
    assert "`Email: {field: key_f_EMail, aliases: [Emails]}`" in lines[0]


def test_mapping_that_is_not_there_is_told_with_near_names(workshop: Workshop) -> None:
    workshop.people(1)
    (line,) = refused(workshop, "check", "people.csv", "-m", "poeple")
    assert 'there is no mapping "poeple"' in line
    assert "people" in line.split(").")[-1]
    (line,) = refused(workshop, "check", "people.csv", "-m", "zzzzzz")
    assert "There are: people" in line


def test_without_any_mapping_there_is_one_sentence(workshop: Workshop) -> None:
    workshop.people(1)
    (workshop.folder / "mappings" / "people.yaml").unlink()
    (line,) = refused(workshop, "check", "people.csv")
    assert "there is no mapping in mappings/" in line
    (line,) = refused(workshop, "check", "people.csv", "-m", "people")
    assert 'there is no mapping "people"' in line


def test_the_one_mapping_that_fits_is_chosen_by_itself(workshop: Workshop) -> None:
    workshop.write("mappings/cities.yaml", CITIES)
    workshop.write("mappings/broken.yaml", "name: [")
    workshop.people(1)
    assert workshop.importer("check", "people.csv").code == 0
    assert workshop.summary()["mapping"] == "people"


def test_several_mappings_that_fit_are_listed(workshop: Workshop) -> None:
    workshop.write("mappings/twin.yaml", PEOPLE.replace("name: people", "name: twin"))
    workshop.people(1)
    (line,) = refused(workshop, "check", "people.csv")
    assert "several mappings fit: people, twin" in line
    assert "-m NAME" in line


def test_when_no_mapping_fits_each_candidate_says_why(workshop: Workshop) -> None:
    workshop.write("mappings/cities.yaml", CITIES)
    workshop.write("other.csv", "Foo,Bar\n1,2\n")
    lines = refused(workshop, "check", "other.csv")
    assert "no mapping of mappings/ fits" in lines[0]
    assert lines[1:] == [
        '  cities: needs "Address", "Town"; does not name "Foo", "Bar"',
        '  people: needs "Email", "First", "City"; does not name "Foo", "Bar"',
    ]


def test_the_mapping_that_fits_nearly_is_named_first(workshop: Workshop) -> None:
    workshop.write("mappings/cities.yaml", CITIES)
    workshop.write("mappings/broken.yaml", "name: [")
    workshop.write("nearly.csv", "Email,First,Citys,Till\na@example.com,A,B,1\n")
    lines = refused(workshop, "check", "nearly.csv")
    assert lines[1] == '  people: needs "City" (renamed "Citys"?); does not name "Till"'
    assert lines[2].startswith("  cities: needs")
    assert lines[3].startswith("  broken: mappings/broken.yaml:1:8: a value is missing here")


# --- one mapping a run ---------------------------------------------------------------------------


@pytest.mark.parametrize("mapping", [[], ["-m", "people"]])
def test_files_that_fit_different_mappings_are_told_apart_with_the_commands_to_use(
    workshop: Workshop, mapping: list[str]
) -> None:
    workshop.write("mappings/cities.yaml", CITIES)
    workshop.people(1, "one file.csv")
    workshop.people(1, "two.csv", start=2)
    workshop.write("towns.csv", "Address,Town\na@example.com,Laval\n")
    lines = refused(workshop, "run", "one file.csv", "towns.csv", "two.csv", "--yes", *mapping)
    assert '  importer run "one file.csv" two.csv -m people' in lines
    assert "  importer run towns.csv -m cities" in lines


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize("mapping", [[], ["-m", "people"]])
def test_one_unreadable_file_keeps_all_back_and_the_command_for_the_others_is_told(
    workshop: Workshop, command: str, mapping: list[str]
) -> None:
    workshop.people(1)
    workshop.write("bad.xlsx", docx())
    yes = ["--yes"] if command == "run" else []
    lines = refused(workshop, command, "people.csv", "bad.xlsx", *mapping, *yes)
    assert "bad.xlsx" in "".join(lines[:-1])
    assert lines[-1] == f"  importer {command} people.csv -m people"


def test_files_of_which_none_can_go_get_no_command(workshop: Workshop) -> None:
    workshop.write("a.csv", "Foo\n1\n")
    workshop.write("b.csv", "Foo\n1\n")
    assert "importer check" not in "".join(
        refused(workshop, "check", "a.csv", "b.csv", "-m", "people")
    )


def test_mapping_and_connection_of_different_targets_are_refused(workshop: Workshop) -> None:
    workshop.people(1)
    workshop.write("importer.yaml", _settings("other", target="dotdigital"))
    (line,) = refused(workshop, "run", "people.csv", "-m", "people", "--yes")
    assert "dotdigital" in line


# --- configuration ---------------------------------------------------------------------------


def _settings(*names: str, target: str = "dialog-insight", more: str = "") -> str:
    account = f"{{target: {target}, url: {URL}, project_id: 1, key_id: 1, key: env:SANDBOX_KEY}}"
    return "\n".join([more, "connections:", *(f"  {name}: {account}" for name in names), ""])


def test_literal_secret_is_refused_without_being_shown(workshop: Workshop) -> None:
    workshop.people(1)
    secret = "Tr0ub4dorAnd3HorsesCorrect"
    workshop.write("importer.yaml", _settings("local").replace("env:SANDBOX_KEY", secret))
    (line,) = refused(workshop, "run", "people.csv", "-m", "people", "--yes")
    assert line.startswith("importer: importer.yaml:")
    assert "env:NAME" in line
    assert secret not in line


def test_plain_http_to_another_host_is_refused(workshop: Workshop) -> None:
    workshop.people(1)
    workshop.write("importer.yaml", _settings("local").replace("127.0.0.1:8025", "example.com"))
    (line,) = refused(workshop, "run", "people.csv", "-m", "people", "--yes")
    assert "importer.yaml:" in line
    assert "https://" in line


def test_key_that_is_not_in_the_environment_is_missed_before_anything_is_checked(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.people(1)
    monkeypatch.delenv("SANDBOX_KEY")
    (line,) = refused(workshop, "run", "people.csv", "-m", "people", "--yes")
    assert "SANDBOX_KEY is not set" in line
    piped = (workshop.folder / "people.csv").read_bytes()
    (line,) = refused(workshop, "check", "-", "-m", "people", "-c", "local", stdin=piped)
    assert "SANDBOX_KEY is not set" in line
    assert workshop.importer("check", "people.csv", "-m", "people").code == 0


def test_connection_is_the_option_then_the_mappings_then_the_default_then_the_only_one(
    workshop: Workshop,
) -> None:
    workshop.people(1)

    def chosen(*option: str) -> str:
        assert workshop.importer("check", "people.csv", "--offline", *option).code == 0
        return str(workshop.summary()["connection"])

    workshop.write("importer.yaml", _settings("a", "b", "c", more="default_connection: b"))
    assert chosen() == "b"
    assert chosen("-c", "c") == "c"
    assert chosen("-c", "sandbox") == "sandbox"
    workshop.write("mappings/people.yaml", PEOPLE + "connection: a\n")
    assert chosen() == "a"
    assert chosen("-c", "a") == "a"
    workshop.write("mappings/people.yaml", PEOPLE)
    workshop.write("importer.yaml", _settings("c"))
    assert chosen() == "c"
    (workshop.folder / "importer.yaml").unlink()
    assert chosen() == ""


def test_mapping_that_is_bound_to_a_connection_refuses_another(workshop: Workshop) -> None:
    workshop.people(1)
    workshop.write("importer.yaml", _settings("a", "b"))
    workshop.write("mappings/people.yaml", PEOPLE + "connection: a\n")
    for other in ("b", "sandbox"):
        (line,) = refused(workshop, "run", "people.csv", "-m", "people", "-c", other, "--yes")
        assert f"bound to the connection a: it cannot be sent through {other}" in line


def test_the_sandbox_is_never_chosen_by_itself(workshop: Workshop) -> None:
    workshop.people(1)
    (workshop.folder / "importer.yaml").unlink()
    (line,) = refused(workshop, "run", "people.csv", "-m", "people", "--yes")
    assert "no connection is chosen and importer.yaml has none" in line
    assert "-c sandbox" in line
    workshop.write("importer.yaml", _settings("a", "b"))
    (line,) = refused(workshop, "run", "people.csv", "-m", "people", "--yes")
    assert "several (a, b)" in line


def test_unknown_connection_is_told_with_near_names(workshop: Workshop) -> None:
    workshop.people(1)
    for name in ("lcoal", "zzzzzz"):
        (line,) = refused(workshop, "run", "people.csv", "-m", "people", "-c", name, "--yes")
        assert f'there is no connection "{name}"' in line
        assert "local" in line.split(".", 1)[1]


def test_field_that_the_account_lacks_is_refused_before_sending(workshop: Workshop) -> None:
    workshop.people(1)
    workshop.write("mappings/people.yaml", PEOPLE.replace("f_City", "f_Citi"))
    done = workshop.importer("check", "people.csv", "-c", "local")
    assert done.code == 4
    assert "mappings/people.yaml:6:10: the account has no field f_Citi. Did you mean" in done.err
    assert workshop.run_folders() == []
    assert workshop.importer("check", "people.csv", "-c", "local", "--offline").code == 0
    done = workshop.importer("run", "people.csv", "--yes")
    assert done.code == 4
    assert "the account has no field f_Citi" in done.err
    assert workshop.merge_calls() == []
    done = workshop.importer("resume")
    assert done.code == 4  # what was refused is not taken up again by itself
    assert workshop.merge_calls() == []


def test_account_that_cannot_be_asked_is_told_and_does_not_stop_a_check(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.people(1)
    monkeypatch.setenv("SANDBOX_KEY", "wrong-key")
    done = workshop.importer("check", "people.csv", "-c", "local")
    assert done.code == 0
    assert "not accepted" in done.err
    assert "wrong-key" not in done.err


# --- standard input ------------------------------------------------------------------------------


def test_standard_input_is_kept_until_the_run_is_finished(workshop: Workshop) -> None:
    content = workshop.people(3).read_bytes()
    assert workshop.importer("check", "-", "-m", "people", stdin=content).code == 0
    spooled = workshop.run_folder() / "state" / "input"
    assert spooled.read_bytes() == content
    assert [r["file"] for r in workshop.results()] == ["'-"] * 3
    assert workshop.importer("send", workshop.run_id(), "--yes").code == 0
    assert not spooled.exists()
    assert workshop.totals() == {"created": 3}


def test_standard_input_finds_its_mapping_by_itself_and_leaves_nothing_when_none_fits(
    workshop: Workshop,
) -> None:
    content = workshop.people(3).read_bytes()
    assert workshop.importer("run", "-", "--yes", stdin=content).code == 0
    workshop.importer("abandon", workshop.run_id())
    before = workshop.run_folders()
    assert workshop.importer("run", "-", "--yes", stdin=b"Foo\n1\n").code == 4
    assert workshop.importer("run", "-", "--yes", stdin=b"").code == 4
    assert workshop.run_folders() == before


def test_python_functions_raise_for_a_threshold_that_is_none(workshop: Workshop) -> None:
    workshop.people(1)
    with pytest.raises(UnusableInputError, match="neither a number of rows nor a share"):
        runs.run("people.csv", yes=True, max_invalid="many")
    assert workshop.run_folders() == []


def test_vendor_mappings_of_the_checkout_are_found_by_path(workshop: Workshop) -> None:
    mapping = str(TOP / "mappings" / "plain-list.yaml")
    sample = str(TOP / "sample_data" / "plain-list.csv")
    assert workshop.importer("check", sample, "-m", mapping).code == 0
    assert KEY not in (workshop.run_folder() / "settings.json").read_text().replace("sandbox:", "")
