"""The page for administrators is true: its commands run, and its tables are whole."""

from __future__ import annotations

import inspect
import re
import shlex
import shutil
from pathlib import Path

import pytest

from importer.errors import UnusableInputError
from importer.job_settings import GuardsSection, JobSection, Told
from importer.runs import thresholds
from importer.settings import read_settings
from tests.jobs.nights import Listener, listener
from tests.runs.workshop import URL, Workshop

__all__ = ["listener"]  # a fixture

DOCUMENT = Path(__file__).parents[2] / "docs" / "nightly.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
YAML = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
COMMANDS = re.compile(r"```sh run\n(.*?)```", re.DOTALL)
NEWSLETTER = """\
name: newsletter
target: dialog-insight
columns: {Email: key_f_EMail, City: f_City}
merge: {mode: upsert}
"""


@pytest.fixture
def office(workshop: Workshop, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """A folder as the page describes it, its platform and its messages on loopback."""
    written = YAML.findall(TEXT)[0]
    for there, here in (
        ("state_dir: /var/lib/importer/state ", "state_dir: state "),
        ("https://app.dialoginsight.com", URL),
        ("project_id: 123456", "project_id: 1"),
        ("key_id: 5335", "key_id: 1"),
    ):
        assert there in written
        written = written.replace(there, here)
    workshop.write("importer.yaml", written)
    workshop.write("mappings/newsletter.yaml", NEWSLETTER)
    monkeypatch.delenv("IMPORTER_STATE_DIR")
    monkeypatch.setenv("DIALOG_INSIGHT_KEY", "sandbox")
    monkeypatch.setenv("IMPORTER_NOTIFY", f"json://{listener.address}/")
    monkeypatch.setenv("IMPORTER_HEARTBEAT", f"http://{listener.address}/beat")
    (workshop.folder / "log").mkdir()
    return workshop


def do(office: Workshop, line: str) -> tuple[int, str]:
    words = shlex.split(line, comments=True)
    if words[0] == "mv":
        (found,) = office.folder.glob(words[1])
        shutil.move(found, office.folder / words[2] / found.name)
        return 0, ""
    assert words[0] == "importer"
    done = office.importer(*words[1:])
    return done.code, done.out + done.err


def drop(office: Workshop, people: int) -> None:
    rows = "".join(f"person{i}@example.com,Laval\n" for i in range(people))
    office.write("inbox/contacts.csv", f"Email,City\n{rows}")


def test_every_command_of_the_page_does_what_the_page_says(
    office: Workshop, listener: Listener
) -> None:
    blocks = [block.splitlines() for block in COMMANDS.findall(TEXT)]
    tried, first, *schedules, states, late, accepted, again = blocks
    drop(office, 5)
    assert [do(office, line)[0] for line in tried] == [0, 0]
    assert (office.folder / "inbox" / "contacts.csv").exists()
    assert not listener.told
    assert [do(office, line)[0] for line in first] == [0, 0, 0]
    (message,) = listener.told
    assert message["title"].startswith("nightly on ")
    assert listener.beats == 1
    forms = ["[Timer]", "MAILTO=", "<Task "]
    for (line,), form in zip(schedules, forms, strict=True):
        code, printed = do(office, line)
        assert code == 0
        assert form in printed
    code, told = do(office, states[0])
    assert "nightly" in told
    drop(office, 6)
    assert do(office, late[0])[0] == 0
    assert len(list(office.folder.glob("inbox/archive/*/*/*/contacts.csv"))) == 2
    drop(office, 7)
    assert do(office, late[0])[0] == 0
    drop(office, 2)  # far fewer than usual
    assert do(office, late[0])[0] == 4
    assert [do(office, line)[0] for line in accepted] == [0, 0]
    for older in sorted(office.folder.glob("inbox/archive/*/*/*/contacts.csv"))[1:]:
        older.unlink()
    merges = len(office.merge_calls())
    assert [do(office, line)[0] for line in again] == [0, 0]
    assert len(office.merge_calls()) > merges


def test_the_example_is_read_as_it_stands(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.write("importer.yaml", YAML.findall(TEXT)[0])
    job = read_settings(workshop.folder).jobs["nightly"]
    assert job.max_no == "5%"
    workshop.write("importer.yaml", YAML.findall(TEXT)[0].replace("max_no", "max_now"))
    with pytest.raises(UnusableInputError):
        read_settings(workshop.folder)


def test_the_page_explains_every_member_of_a_job() -> None:
    table = TEXT.partition("| member | what it says |")[2].partition("\n\n")[0]
    explained = {
        name
        for row in table.splitlines()
        for name in re.findall(r"`([a-z_]+)`", row.partition("|")[2].partition("|")[0])
    }
    assert explained == set(JobSection.model_fields)


def test_the_page_explains_every_guard_with_its_default() -> None:
    table = TEXT.partition("| guard | the file |")[2].partition("\n\n")[0]
    named = dict(re.findall(r"(?m)^\| `(\w+): ([^`]+)`", table))
    defaults = GuardsSection().model_dump()
    assert named == {name: str(value).replace("True", "true") for name, value in defaults.items()}


def test_each_alarm_has_a_part_of_its_name() -> None:
    what_to_do = TEXT.partition("\n## What to do on each alarm\n")[2]
    for kind in (Told.FAILED, Told.DEGRADED, Told.MISSING):
        assert f"\n### {kind.value}\n" in what_to_do


def test_every_exit_code_of_a_job_stands_in_the_page() -> None:
    what_to_do = TEXT.partition("\n## What to do on each alarm\n")[2]
    for code in (1, 2, 3, 4, 5, 6, 7, 130, 143):
        assert re.search(rf"(?<!\d){code}(?!\d)", what_to_do)


def test_the_page_quotes_the_guards_as_they_speak() -> None:
    (row,) = re.findall(r"(?m)^\| (4, .*) \| a guard refused the file", TEXT)
    sentences = re.sub(r'"\s+"', "", inspect.getsource(thresholds))
    assert [words for words in re.findall('"([^"]+)"', row) if words not in sentences] == []


def test_links_within_the_page_lead_somewhere() -> None:
    titles = {
        re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-")
        for title in re.findall(r"(?m)^#+ (.*)$", TEXT)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= titles
