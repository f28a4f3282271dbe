"""Secrets are nowhere, personal data is in the run folder only, and that is its owner's."""

from __future__ import annotations

import csv
import html
import json
import logging
import os
import re
import stat
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.runs.workshop import (
    PEOPLE,
    SETTINGS,
    TOP,
    Workshop,
    bytes_below,
    files_below,
    read_report,
)

SECRET = "sup3r-s3cret-K3y-of-the-account"
PERSONAL = ("person1@example.com", "First1", "Laval", "somebody-odd")


def mentions(folder: Path, words: tuple[str, ...] | str) -> list[str]:
    """The files below a folder that hold one of these words."""
    wanted = (words,) if isinstance(words, str) else words
    return [
        str(path.relative_to(folder))
        for path in files_below(folder)
        if any(word.encode() in path.read_bytes() for word in wanted)
    ]


def test_promise_7_the_key_is_in_no_file_no_output_and_no_log(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    workshop.people(12)
    monkeypatch.setenv("SANDBOX_KEY", SECRET)

    def echoing(request: httpx.Request) -> httpx.Response:
        """A platform that repeats the key in its refusal."""
        words = f"the key {SECRET} is refused"
        return httpx.Response(401, json={"Success": False, "ErrorMessage": words})

    answers: Any = httpx.MockTransport(echoing)
    workshop.network.inner = answers
    told = ""
    for command in (
        ["check", "people.csv", "-c", "local"],
        ["run", "people.csv", "--yes"],
        ["resume"],
        ["report", "people"],
        ["runs", "--json"],
        ["connection", "test", "local"],
        ["connection", "test", "local", "--json"],
    ):
        done = workshop.importer(*command)
        told += done.out + done.err
    assert SECRET in workshop.network.requests[-1].content.decode()  # it was really used
    assert SECRET not in told
    assert SECRET not in caplog.text
    assert mentions(workshop.folder, SECRET) == []


def test_promise_7_the_key_is_not_in_what_a_defect_leaves(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.people(3)
    monkeypatch.setenv("SANDBOX_KEY", SECRET)

    def broken(request: httpx.Request) -> None:
        raise RuntimeError(request.content.decode())

    workshop.network.before = broken
    done = workshop.importer("run", "people.csv", "--yes")
    assert (done.code, len(done.lines)) == (1, 1)
    assert SECRET not in done.out + done.err
    assert mentions(workshop.folder, SECRET) == []


def test_promise_7_personal_data_is_in_the_run_folder_only_and_not_in_its_log(
    workshop: Workshop, tmp_path: Path
) -> None:
    path = workshop.people(3)
    path.write_text(path.read_text() + "somebody-odd,First9,Laval\n")
    workshop.sandbox(faults="ok 429", drop_answers=1)
    workshop.importer("run", "people.csv", "--yes")
    path.unlink()
    kept = mentions(workshop.folder, PERSONAL)
    assert kept
    assert {name.split("/")[0] for name in kept} == {"runs"}
    assert [name for name in kept if name.endswith("run.log")] == []
    for told in (workshop.importer("runs"), workshop.importer("show", workshop.run_id())):
        assert not any(word in told.out + told.err for word in PERSONAL)


@pytest.mark.skipif(os.name != "posix", reason="modes as POSIX has them")
@pytest.mark.parametrize("stdin", [b"", b"Email,First,City\na@example.com,A,B\nbad,B,C\n"])
def test_promise_7_only_the_owner_can_read_a_run_folder_at_every_stage(
    workshop: Workshop, stdin: bytes
) -> None:
    path = workshop.people(12)
    path.write_text(path.read_text() + "bad,First9,Laval\n")
    old = os.umask(0)
    try:
        source = "-" if stdin else "people.csv"
        commands = [["run", source, "-m", "people", "--yes", "--first", "1"], ["resume"]]
        if not stdin:
            commands.insert(1, ["abandon", ""])
        for command in commands:
            workshop.importer(*[part or workshop.run_id() for part in command], stdin=stdin)
            for place in [workshop.folder / "runs", *(workshop.folder / "runs").rglob("*")]:
                mode = stat.S_IMODE(place.stat().st_mode)
                assert mode == (0o700 if place.is_dir() else 0o600), place
    finally:
        os.umask(old)


def test_nothing_is_written_outside_the_runs_folder(workshop: Workshop) -> None:
    workshop.people(12)
    before = {str(path) for path in files_below(workshop.folder)}
    workshop.importer("run", "people.csv", "--yes", "--first", "5", "--runs-dir", "elsewhere")
    workshop.importer("resume", "--runs-dir", "elsewhere")
    after = {str(path.relative_to(workshop.folder)) for path in files_below(workshop.folder)}
    new = {n for n in after if str(workshop.folder / n) not in before}
    assert {name.split("/")[0] for name in new} == {"elsewhere"}


def test_runs_folder_that_is_there_keeps_its_modes(workshop: Workshop) -> None:
    runs = workshop.folder / "runs"
    runs.mkdir(mode=0o755)
    workshop.people(1)
    workshop.importer("check", "people.csv")
    assert stat.S_IMODE(runs.stat().st_mode) == 0o755


def test_sources_are_never_changed(workshop: Workshop) -> None:
    path = workshop.people(12)
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    workshop.importer("run", "people.csv", "--yes")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_settings_of_a_run_name_the_secret_and_never_hold_it(workshop: Workshop) -> None:
    workshop.people(1)
    key = workshop.write("key", f"{SECRET}\n")
    key.chmod(0o600)
    workshop.write("importer.yaml", SETTINGS.replace("env:SANDBOX_KEY", f"file:{key}"))
    workshop.importer("run", "people.csv", "--yes")
    text = (workshop.run_folder() / "settings.json").read_text()
    assert f"file:{key}" in text
    key.unlink()
    assert mentions(workshop.folder, SECRET) == []


# --- reports for sending to others ----------------------------------------------------------------

MASKED = ["issues.csv", "report.html", "results.csv", "summary.json", "totals.html"]


def cells_of(path: Path, *but: str) -> set[str]:
    """The texts of a file's cells, and their words, that have three letters; not its headers."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        header, *rows = csv.reader(stream)
    texts = {cell.strip() for row in rows for cell in row}
    texts |= {word for text in texts for word in re.findall(r"\w{3,}", text)}
    return {
        text for text in texts if sum(map(str.isalpha, text)) >= 3 and text not in {*header, *but}
    }


def found_in(folder: Path, texts: set[str]) -> dict[str, list[str]]:
    """Which of these texts stand as words in the files below a folder."""
    wanted = re.compile(r"(?<!\w)(" + "|".join(map(re.escape, texts)) + r")(?!\w)", re.IGNORECASE)
    told = {}
    for path in files_below(folder):
        hits = {hit[0] for hit in wanted.finditer(html.unescape(path.read_text("utf-8")))}
        if hits:
            told[path.name] = sorted(hits)
    return told


def adverse(workshop: Workshop) -> None:
    """A platform that repeats what it was sent in every way it can think of."""

    def answer(request: httpx.Request) -> httpx.Response:
        sent = json.loads(request.content).get("Records", [])
        entries = []
        for one in sent:
            values = [str(value) for value in (*one["ID"].values(), *one["Data"].values())]
            told = [json.dumps(values), "; ".join(values).upper(), f"'{values[0]}'s", *values]
            told += [quote(values[-1]), html.escape(values[1]), f"no{values[1]}no", f"{values[0]},"]
            words = {"ValidationResult": values[1], "Message": " is wrong, ".join(told)}
            entries.append({"ID": one["ID"], "Status": "Error", "IdRecord": values[0], **words})
        return httpx.Response(200, json={"Success": True, "Records": entries})

    answers: Any = httpx.MockTransport(answer)
    workshop.network.inner = answers


def test_masked_reports_of_the_dirty_sample_hold_no_cell(workshop: Workshop) -> None:
    sample = TOP / "sample_data" / "demo-3-dirty.csv"
    workshop.write("people.csv", sample.read_bytes())
    workshop.write("mappings/demo.yaml", (TOP / "mappings" / "demo.yaml").read_bytes())
    workshop.importer("run", "people.csv", "-m", "demo", "--yes", "--note", "for Zacharie")
    whole = read_report(workshop.run_folder() / "results.csv")
    done = workshop.importer("report", workshop.run_id(), "--mask")
    masked = workshop.run_folder() / "masked"
    assert sorted(path.name for path in masked.iterdir()) == MASKED
    # Words of the mapping, which names the answers it knows, and of the page's fonts.
    ours = {"Oui", "Non", "non", "À confirmer", "confirmer", "sans", "Sans"}
    assert found_in(masked, cells_of(sample, *ours) | {"Zacharie"}) == {}
    assert str(Path("runs", masked.parent.name, "masked")) in done.err
    rows = read_report(masked / "results.csv")
    for name in ("row", "verdict", "code", "field", "attempts", "sheet", "file"):
        assert [row[name] for row in rows] == [row[name] for row in whole]
    people = {row["key"].strip().lower() for row in whole}
    assert len({row["key"] for row in rows}) == len(people)
    assert (masked.parent / "summary.json").read_bytes() != (masked / "summary.json").read_bytes()


@pytest.mark.parametrize("state", ["whole", "cut"])
def test_masked_reports_hold_nothing_that_an_adverse_platform_repeats(
    workshop: Workshop, state: str
) -> None:
    names = ["Zacharie;Quévillon", "Ève;O'Brien-Côté", "Ян;Жуков", "Li;王小明", "Ada;Lovelace & Co"]
    lines = [
        f"{first}.x{at}@example.com,{first} {last},Baie-Comeau {at}4567"
        for at, (first, last) in enumerate(name.split(";") for name in names)
    ]
    path = workshop.write("people.csv", "\n".join(["Email,First,City", *lines, ""]))
    workshop.write("mappings/people.yaml", PEOPLE)
    if state == "whole":
        workshop.write("importer.yaml", f"keep: all\n{SETTINGS}")
    adverse(workshop)
    workshop.importer("run", "people.csv", "--yes")
    assert "Zacharie" in (workshop.run_folder() / "results.csv").read_text("utf-8")
    assert workshop.importer("report", workshop.run_id(), "--mask").code == 0
    masked = workshop.run_folder() / "masked"
    texts = cells_of(path) | {"Ада", "王小明", "Жуков", "4567", "14567"}
    assert found_in(masked, texts) == {}
    assert "is wrong" in (masked / "results.csv").read_text("utf-8")


def test_masked_reports_are_the_same_bytes_every_time_and_the_runs_own(workshop: Workshop) -> None:
    workshop.people(3)
    for _ in range(2):
        workshop.importer("run", "people.csv", "--yes")
    first, second = workshop.run_folders()
    for folder in (first, second, second):
        workshop.importer("report", folder.name, "--mask")
        written = bytes_below(folder / "masked")
        workshop.importer("report", folder.name, "--mask")
        assert bytes_below(folder / "masked") == written
    keys = [read_report(folder / "masked" / "results.csv")[0]["key"] for folder in (first, second)]
    assert keys[0] != keys[1]


def test_a_masked_report_that_fails_leaves_the_one_there_was(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.people(3)
    workshop.importer("run", "people.csv", "--yes")
    folder = workshop.run_folder()
    workshop.importer("report", folder.name, "--mask")
    before = bytes_below(folder / "masked")
    (folder / ".masked.old").mkdir()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patches:
        patches.setattr("importer.reports.writing.write_issues", full)
        assert workshop.importer("report", folder.name, "--mask").code != 0
    assert bytes_below(folder / "masked") == before
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


@pytest.mark.skipif(os.name != "posix", reason="modes as POSIX has them")
def test_promise_7_every_file_that_commands_leave_is_its_owners(workshop: Workshop) -> None:
    path = workshop.people(7)
    path.write_text(path.read_text() + "bad,First9,Laval\n")
    runs = workshop.folder / "runs"
    old = os.umask(0)
    try:
        workshop.importer("run", "people.csv", "--yes", "--verify", "3")
        run = workshop.run_id()
        for command in (
            ["report", run],
            ["report", run, "--mask"],
            ["show", run, "--row", "2"],
            ["retry", run, "--yes"],
            ["find", "person1@example.com"],
        ):
            workshop.importer(*command)
            for place in [runs, *runs.rglob("*")]:
                mode = stat.S_IMODE(place.stat().st_mode)
                assert mode == (0o700 if place.is_dir() else 0o600), place
    finally:
        os.umask(old)


def test_what_quiet_commands_say_and_logs_hold_no_person(workshop: Workshop) -> None:
    path = workshop.people(7)
    path.write_text(path.read_text() + "somebody-odd,First9,Laval\n")
    told = run = ""
    for command in (
        ["run", "people.csv", "--yes", "--quiet"],
        ["run", "people.csv", "--quiet"],
        ["report", "people", "--quiet"],
        ["report", "RUN", "--mask"],
        ["resume", "--quiet"],
        ["purge", "--days", "0", "--yes"],
    ):
        done = workshop.importer(*[part.replace("RUN", run) for part in command])
        run = run or workshop.run_id()
        told += done.out + done.err
        logs = [log.read_text("utf-8") for log in workshop.folder.rglob("run.log")]
        assert not any(word in text for word in PERSONAL for text in (told, *logs))


@pytest.mark.parametrize("masked", [(), ("--mask",)])
def test_a_page_names_the_totals_beside_it_the_first_time_too(
    workshop: Workshop, masked: tuple[str, ...]
) -> None:
    workshop.people(3)
    workshop.importer("run", "people.csv", "--yes")
    written = []
    for _ in range(2):
        workshop.importer("report", workshop.run_id(), "--totals", *masked)
        written.append(bytes_below(workshop.run_folder(), but=["run.log"]))
        page = workshop.run_folder() / ("masked" if masked else "") / "report.html"
        assert "totals.html" in page.read_text("utf-8")
    assert {name: text for name, text in written[0].items() if "journal" not in name} == {
        name: text for name, text in written[1].items() if "journal" not in name
    }
