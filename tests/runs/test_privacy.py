"""Secrets are nowhere, personal data is in the run folder only, and that is its owner's."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.runs.workshop import SETTINGS, Workshop, files_below

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
