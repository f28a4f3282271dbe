"""``importer setup``: its questions, in this process and in a real terminal."""

from __future__ import annotations

import getpass
import os
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import httpx
import pytest

from importer import setting_up
from importer.cli import asking, run_command
from importer.errors import UnusableInputError
from importer.sandbox import KeyState, Project, SandboxSettings, running
from importer.settings import read_settings
from tests.dotdigital_regions import AMERICA, EUROPE, PASSWORD, USER, Regions
from tests.keyrings import Keyring
from tests.runs.workshop import SETTINGS, Done, Workshop, environment, files_below

SERVICE = "importer app.dialoginsight.com"
KEY = "sandbox"
WRONG = "a-wrong-secret-key"
CTRL_C = None

Answer = str | list[str | UnicodeError] | None


@dataclass
class Person:
    """Answers questions in their order; an answer in a list is typed unseen, None is Ctrl-C."""

    answers: list[Answer] = field(default_factory=list)

    def sees(self, _: str) -> str:
        answer = self._next()
        assert isinstance(answer, str), "this question is asked in the open"
        return answer

    def types_unseen(self, _: str) -> str:
        answer = self._next()
        assert isinstance(answer, list), "this question hides its answer"
        (typed,) = answer
        if isinstance(typed, UnicodeError):
            raise typed
        return typed

    def _next(self) -> str | list[str | UnicodeError]:
        answer = self.answers.pop(0)
        if answer is None:
            raise KeyboardInterrupt
        return answer


class Setup:
    """``importer setup`` in an empty folder, with a person, a keyring and a platform."""

    def __init__(self, workshop: Workshop, keyring: Keyring, keys: Path, person: Person) -> None:
        self.workshop = workshop
        self.keyring = keyring
        self.keys = keys
        self._person = person

    def __call__(self, *answers: Answer, options: tuple[str, ...] = ()) -> Done:
        self._person.answers = list(answers)
        done = self.workshop.importer("setup", *options)
        assert self._person.answers == [], "not every question was asked"
        assert KEY not in done.out.replace("sandbox\n", "").replace("apiuser-sandbox@", "")
        assert WRONG not in done.out + done.err
        return done

    def left_behind(self) -> list[str]:
        """What there is of keys and settings."""
        kept = [str(key) for key in self.keyring.held]
        kept += [path.name for path in files_below(self.keys.parent)]
        return kept + [path.name for path in self.workshop.folder.glob("*.yaml")]


@pytest.fixture
def setup(workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Setup:
    (workshop.folder / "importer.yaml").unlink()
    person, keyring, keys = Person(), Keyring(), tmp_path / "config" / "keys"
    monkeypatch.setenv("IMPORTER_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setattr(setting_up, "key_folder", lambda: keys)
    monkeypatch.setattr("importer.cli.setting_up.may_ask", lambda: True)
    monkeypatch.setattr(click.termui, "visible_prompt_func", person.sees)
    monkeypatch.setattr(click.termui, "hidden_prompt_func", person.types_unseen)
    return Setup(workshop, keyring, keys, person)


# --- what is asked, and what becomes of it --------------------------------------------------------


def test_a_few_answers_make_a_connection_that_works(setup: Setup) -> None:
    done = setup("", "1", [KEY], "", "")
    assert done.code == 0
    assert done.out == (
        "production: https://app.dialoginsight.com, project 1 Sandbox (tried)\n"
        f"The key is in the system's keyring, as {SERVICE}, user 1\n"
        "Written: importer.yaml\n"
        "Next:\n"
        "  importer mapping new contacts.csv -o mappings/contacts.yaml\n"
        "  importer check contacts.csv\n"
    )
    assert (
        "1  Dialog Insight, Canada and other countries (https://app.dialoginsight.com)" in done.err
    )
    assert "  1  Sandbox (1)\n" in done.err
    assert setup.keyring.held == {(SERVICE, "1"): KEY}
    assert read_settings(Path()).default_connection == "production"
    assert setup.workshop.importer("connection", "test", "production").code == 0
    assert setup.workshop.merge_calls() == []


def test_projects_are_chosen_by_name(setup: Setup) -> None:
    listed = [{"idProject": 7, "ProjectName": "Club"}, {"idProject": 9, "ProjectName": ""}]

    def answer(request: httpx.Request) -> httpx.Response:
        asked = "List" in str(request.url)
        members: dict[str, Any] = {"Records": listed} if asked else {"ProjectInfo": {}}
        return httpx.Response(200, json={"Success": True, **members})

    setup.workshop.network.inner = httpx.MockTransport(answer)
    done = setup("2", "1", [KEY], "3", "2", "club")
    assert "  1  Club (7)\n  2  (no name) (9)\n" in done.err
    section = read_settings(Path()).connections["club"]
    assert (section.url, section.project_id) == ("https://app.mydialoginsight.com", "9")


def test_the_sandbox_is_a_place_and_says_its_key(setup: Setup) -> None:
    done = setup("4", "", "", [KEY], "", "")
    assert "key is the word sandbox" in done.err
    assert "local: http://127.0.0.1:8025, project 1 Sandbox (tried)\n" in done.out
    assert set(read_settings(Path()).connections) == {"local"}


def test_another_address_is_asked_for_until_it_is_one(setup: Setup) -> None:
    done = setup("3", "app.example.test", "http://app.example.test", "https://app.example.test/",
                 "1", [KEY], "", "")  # fmt: skip
    assert "a URL such as https://" in done.err
    assert "in clear text" in done.err
    assert read_settings(Path()).connections["production"].url == "https://app.example.test"


def test_promise_7_a_key_typed_where_its_number_is_asked_is_not_taken(setup: Setup) -> None:
    done = setup("1", WRONG, "1", ["  "], [f" {KEY} "], "", "")  # fmt: skip
    assert "A number is needed: digits only." in done.err
    assert done.code == 0
    assert setup.keyring.held == {(SERVICE, "1"): KEY}


def test_a_name_that_is_taken_is_asked_for_again(setup: Setup) -> None:
    setup.workshop.write("importer.yaml", SETTINGS.replace("local", "production"))
    done = setup("1", "1", [KEY], "", "production", "sandbox", "second")
    assert "has a connection production: give another name." in done.err
    assert "The connection sandbox is built in" in done.err
    assert "Name it where several could be meant: -c second\n" in done.out
    assert set(read_settings(Path()).connections) == {"production", "second"}


def test_a_file_that_cannot_be_added_to_gets_its_lines_shown(setup: Setup) -> None:
    setup.workshop.write("importer.yaml", "connections: {}\n")
    done = setup("1", "1", [KEY], "", "")
    assert "cannot be added to safely. Add these lines to it:" in done.err
    assert done.out.startswith("connections:\n  production:\n    target: dialog-insight\n")
    assert "Written" not in done.out
    done = setup("1", "1", [KEY], "", "", options=("--quiet",))
    assert done.out.startswith("connections:\n  production:\n")
    assert "Next" not in done.out


def test_wrong_settings_are_said_before_any_question(setup: Setup) -> None:
    setup.workshop.write("importer.yaml", "connectons: {}\n")
    done = setup()
    assert done.code == 4
    assert "connectons" in done.err


# --- where the key goes ---------------------------------------------------------------------------


def test_without_a_keyring_the_key_is_in_a_private_file(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    done = setup("1", "1", [KEY], "", "")
    assert f"The key is in {setup.keys / 'app.dialoginsight.com-1.key'}\n" in done.out
    assert setup.workshop.importer("connection", "test", "production").code == 0


def test_the_keyring_can_be_declined(setup: Setup) -> None:
    setup("1", "1", [KEY], "", "", options=("--no-keyring",))
    assert setup.keyring.held == {}
    assert read_settings(Path()).connections["production"].key.startswith("file:")


def test_a_key_file_is_read_and_stays_where_it_is(setup: Setup) -> None:
    path = setup.workshop.write("my.key", f"{KEY}\n")
    path.chmod(0o600)
    done = setup("1", "1", "", "", options=("--key-file", "my.key"))
    assert done.code == 0
    assert read_settings(Path()).connections["production"].key == f"file:{path}"
    assert setup.keyring.held == {}


def test_a_wrong_key_in_a_file_ends_the_setup(setup: Setup) -> None:
    setup.workshop.write("my.key", f"{WRONG}\n").chmod(0o600)
    done = setup("1", "1", options=("--key-file", "my.key"))
    assert done.code == 4
    assert done.err.endswith("importer: nothing was stored or written\n")
    assert setup.left_behind() == []


def test_promise_7_a_key_file_that_others_can_read_is_not_used(setup: Setup) -> None:
    if os.name != "posix":
        pytest.skip("the system has no file modes")
    setup.workshop.write("my.key", f"{KEY}\n").chmod(0o644)
    done = setup("1", "1", options=("--key-file", "my.key"))
    assert (done.code, "others can read" in done.err) == (4, True)


def test_json_tells_where_everything_is_and_not_the_key(setup: Setup) -> None:
    done = setup("1", "1", [KEY], "", "", options=("--json",))
    told = done.json
    assert told.pop("lines").startswith("connections:\n  production:\n")
    assert told == {
        "connection": "production",
        "target": "dialog-insight",
        "url": "https://app.dialoginsight.com",
        "project_id": "1",
        "key_id": "1",
        "key": f"keyring:{SERVICE}/1",
        "tested": True,
        "file": str(setup.workshop.folder / "importer.yaml"),
        "written": "new",
    }
    assert setup("1", "1", [KEY], "", "next", options=("-q",)).out == ""


# --- what the platform says -----------------------------------------------------------------------


def test_a_wrong_key_is_asked_again_with_the_words_of_the_platform(setup: Setup) -> None:
    done = setup("1", "2", [KEY], "1", [WRONG], "", [KEY], "", "")
    assert done.code == 0
    assert done.err.count("Problem: the key, or its number ") == 2
    assert (
        "The platform says: SandboxInvalidCredentials: sandbox: idKey and Key are not" in done.err
    )


def test_a_key_that_is_wrong_three_times_ends_the_setup(setup: Setup) -> None:
    done = setup("1", "1", [WRONG], "", [WRONG], "", [WRONG])
    assert done.code == 4
    assert "importer: the key was refused 3 times: nothing was stored or written" in done.err
    assert setup.left_behind() == []


@pytest.mark.parametrize(
    ("switches", "words"),
    [
        ({"key_state": KeyState.EXPIRED}, "switched off or has expired"),
        ({"allowed_addresses": "192.0.2.7"}, "this machine's address"),
    ],
)
def test_what_another_key_would_not_mend_ends_the_setup(
    setup: Setup, switches: dict[str, Any], words: str
) -> None:
    setup.workshop.sandbox(**switches)
    done = setup("1", "1", [KEY])
    assert done.code == 4
    assert words in done.err
    assert setup.left_behind() == []


def test_a_key_that_may_not_list_projects_has_its_project_asked_for(setup: Setup) -> None:
    setup.workshop.sandbox(permissions="contacts projects.get")
    done = setup("1", "1", [KEY], "99", "1", "")
    assert "The key may not list projects (SandboxPermissionMissing" in done.err
    assert "there is no project 99 for this key" in done.err
    assert "project 1 (tried)" in done.out


def test_a_project_that_is_never_found_ends_the_setup(setup: Setup) -> None:
    setup.workshop.sandbox(permissions="contacts projects.get")
    done = setup("1", "1", [KEY], "97", "98", "99")
    assert done.code == 4
    assert "no project was found: nothing was stored or written" in done.err


@pytest.mark.parametrize("yes", [True, False])
def test_a_project_that_may_not_be_read_is_written_only_when_wanted(
    setup: Setup, yes: bool
) -> None:
    setup.workshop.sandbox(permissions="contacts projects.list")
    done = setup("1", "1", [KEY], "", *(["y", ""] if yes else [""]))
    assert "the key lacks a permission" in done.err
    assert done.code == (0 if yes else 4)
    assert ("(not tried)" in done.out) == yes
    assert bool(setup.left_behind()) == yes


def test_a_refusal_without_a_word_may_be_the_key_after_all(setup: Setup) -> None:
    forbidden = httpx.MockTransport(lambda _: httpx.Response(403))
    platform, setup.workshop.network.inner = setup.workshop.network.inner, forbidden
    calls: list[int] = []

    def mend(_: httpx.Request) -> None:
        calls.append(1)
        if len(calls) > 3:  # list, list and read were refused
            setup.workshop.network.inner = platform

    setup.workshop.network.before = mend
    done = setup("1", "1", [WRONG], "1", "", [KEY], "", "")
    assert done.code == 0
    assert "does not say why" in done.err


@pytest.mark.parametrize("yes", [True, False])
def test_without_a_network_the_file_is_written_only_when_wanted(setup: Setup, yes: bool) -> None:
    setup.workshop.network.inner = httpx.MockTransport(lambda _: httpx.Response(503))
    done = setup("1", "1", [KEY], *(["y", "123456", ""] if yes else [""]))
    assert "Problem: The platform asks to wait" in done.err
    assert done.code == (0 if yes else 4)
    assert bool(setup.left_behind()) == yes
    if yes:
        assert "project 123456 (not tried)" in done.out


def test_a_network_that_goes_away_in_between_is_said(setup: Setup) -> None:
    calls: list[int] = []

    def leave(_: httpx.Request) -> None:
        calls.append(1)
        if len(calls) > 1:
            setup.workshop.network.inner = httpx.MockTransport(lambda _: httpx.Response(503))

    setup.workshop.network.before = leave
    done = setup("1", "1", [KEY], "", "y", "")
    assert "project 1 (not tried)" in done.out


# --- a platform with users instead of keys, and without projects ----------------------------------


def regions(setup: Setup, home: str, **members: Any) -> None:
    setup.workshop.network.inner = httpx.MockTransport(Regions(home, **members))


def test_user_and_password_make_a_connection_in_whichever_region(setup: Setup) -> None:
    regions(setup, AMERICA)
    done = setup("5", USER, [PASSWORD], "")
    assert done.code == 0
    assert f"The account is at {AMERICA}.\n" in done.err
    assert done.out.startswith(
        f"production: {AMERICA} (tried)\n"
        f"The key is in the system's keyring, as importer r2-api.dotdigital.com, user {USER}\n"
    )
    assert "roject" not in done.out + done.err
    section = read_settings(Path()).connections["production"]
    assert (section.target, section.url, section.project_id) == ("dotdigital", AMERICA, "")
    tested = setup.workshop.importer("connection", "test", "production")
    assert (tested.code, "The API user is accepted." in tested.out) == (0, True)


def test_an_account_of_the_first_region_is_found_there(setup: Setup) -> None:
    regions(setup, EUROPE)
    done = setup("5", USER, [PASSWORD], "mail", options=("--json",))
    assert (done.json["url"], done.json["project_id"], done.json["tested"]) == (EUROPE, "", True)


def test_the_sandbox_has_a_user_too_and_says_its_password(setup: Setup) -> None:
    done = setup("6", "", "", [KEY], "")
    assert "the password is the word sandbox" in done.err
    assert "local: http://127.0.0.1:8025 (tried)\n" in done.out
    assert read_settings(Path()).connections["local"].target == "dotdigital"


def test_promise_7_a_password_typed_where_the_user_is_asked_is_not_taken(setup: Setup) -> None:
    regions(setup, EUROPE)
    done = setup("5", WRONG, USER, [PASSWORD], "")
    assert "The API user is needed, which looks like" in done.err
    assert done.code == 0


def test_a_wrong_password_is_asked_again_three_times(setup: Setup) -> None:
    regions(setup, AMERICA)
    done = setup("5", USER, [WRONG], "", [PASSWORD], "")
    assert done.code == 0
    assert done.err.count("Problem: the API user ") == 1
    done = setup("5", USER, [WRONG], "", [WRONG], "", [WRONG])
    assert done.code == 4
    assert "the password was refused 3 times: nothing was stored or written" in done.err


def test_a_wrong_password_in_a_file_ends_the_setup(setup: Setup) -> None:
    regions(setup, EUROPE)
    setup.workshop.write("my.key", f"{WRONG}\n").chmod(0o600)
    done = setup("5", USER, options=("--key-file", "my.key"))
    assert done.code == 4
    assert done.err.endswith("importer: nothing was stored or written\n")


@pytest.mark.parametrize("yes", [True, False])
@pytest.mark.parametrize("denied", ["/v2/preferences", None])
def test_an_account_that_cannot_be_read_is_written_only_when_wanted(
    setup: Setup, denied: str | None, yes: bool
) -> None:
    if denied is None:
        setup.workshop.network.inner = httpx.MockTransport(lambda _: httpx.Response(503))
    else:
        regions(setup, EUROPE, denied=denied)
    done = setup("5", USER, [PASSWORD], *(["y", ""] if yes else [""]))
    assert done.code == (0 if yes else 4)
    assert (f"production: {EUROPE} (not tried)" in done.out) == yes
    assert bool(setup.left_behind()) == yes


# --- ending it ------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", range(5))
def test_ctrl_c_at_any_question_leaves_nothing_behind(setup: Setup, question: int) -> None:
    answers: list[Answer] = ["1", "1", [KEY], "1", "production"]
    done = setup(*answers[:question], CTRL_C)
    assert done.code == 130
    assert setup.left_behind() == []


def test_without_a_terminal_the_file_by_hand_is_named(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importer.cli.setting_up.may_ask", lambda: False)
    done = setup()
    assert (done.code, done.out) == (4, "")
    (line,) = done.lines
    assert "write importer.yaml by hand" in line
    setup.workshop.write("importer.yaml", line.split("for instance ")[1])
    assert read_settings(Path()).connections["production"].key == "env:NAME"


def test_a_terminal_that_would_show_the_key_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def shown(_: str) -> str:
        warnings.warn("Can not control echo on the terminal.", getpass.GetPassWarning, stacklevel=1)
        return KEY

    monkeypatch.setattr(click.termui, "hidden_prompt_func", shown)
    with pytest.raises(UnusableInputError, match="--key-file"):
        asking.ask_unseen("Key")


# --- a real terminal ------------------------------------------------------------------------------

# Makes the terminal on standard input the process's own, as a shell does.
_OWN_TERMINAL = """\
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from importer.__main__ import main
main()
"""


class Terminal:
    """A command in a terminal of its own."""

    def __init__(self, folder: Path, *arguments: str, **variables: str) -> None:
        import pty
        import subprocess

        self._controller, terminal = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", _OWN_TERMINAL, *arguments],
            cwd=folder, env=environment(NO_COLOR="1", TERM="dumb", **variables),
            stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
        )  # fmt: skip
        os.close(terminal)
        self.shown = ""
        self._seen = 0

    def answer(self, question: str, text: str) -> None:
        """Wait for a question, and type."""
        while question not in self.shown[self._seen :]:
            part = self._read()
            assert part, f"ended before {question!r} was asked: {self.shown}"
        self._seen = len(self.shown)
        os.write(self._controller, text.encode())

    def end(self) -> int:
        while self._read():
            pass
        os.close(self._controller)
        return self.process.wait()

    def _read(self) -> str:
        try:
            part = os.read(self._controller, 65_536).decode()
        except OSError:  # how Linux says that the other side is closed
            part = ""
        self.shown += part.replace("\r\n", "\n")
        return part


@pytest.fixture(scope="module")
def platform() -> Iterator[str]:
    with running(SandboxSettings(project=Project(key="s3cret-k3y-of-the-s4ndbox"))) as url:
        yield url


@pytest.mark.skipif(os.name != "posix", reason="the system has no such terminals")
def test_from_nothing_to_a_first_check_in_three_commands_in_a_terminal(
    tmp_path: Path,
    platform: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "contacts.csv").write_text(
        "Email,First name,City\nana@example.com,Ana,Laval\nben@example.com,Ben,Québec\n",
        encoding="utf-8",
    )
    variables = {
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "IMPORTER_STATE_DIR": str(tmp_path / "state"),
    }
    terminal = Terminal(work, "setup", **variables)
    terminal.answer("Number [1]:", "4\n")
    terminal.answer("Address [http://127.0.0.1:8025]:", f"{platform}\n")
    terminal.answer("Number of the key [1]:", "\n")
    terminal.answer("Key (it does not show):", "s3cret-k3y-of-the-s4ndbox\n")
    terminal.answer("Number [1]:", "\n")
    terminal.answer("Name of the connection [local]:", "\n")
    assert terminal.end() == 0, terminal.shown
    assert "s3cret" not in terminal.shown
    (key,) = [path for path in files_below(tmp_path) if path.suffix == ".key"]
    assert key.stat().st_mode & 0o777 == 0o600
    assert "s3cret" not in (work / "importer.yaml").read_text(encoding="utf-8")

    next_ones = terminal.shown.split("Next:\n")[1].splitlines()
    assert len(next_ones) == 2
    monkeypatch.chdir(work)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for command in next_ones:
        assert run_command(command.split()[1:]) == 0
    assert "rows read 2" in " ".join(capsys.readouterr().out.split())


@pytest.mark.skipif(os.name != "posix", reason="the system has no such terminals")
def test_ctrl_c_at_the_key_in_a_terminal_leaves_nothing_behind(
    tmp_path: Path, platform: str
) -> None:
    terminal = Terminal(tmp_path, "setup", HOME=str(tmp_path))
    terminal.answer("Number [1]:", "1\n")
    terminal.answer("Number of the key:", "5335\n")
    terminal.answer("Key (it does not show):", "s3cr\x03")
    assert terminal.end() == 130
    assert "s3cr" not in terminal.shown
    assert list(files_below(tmp_path)) == []


# --- answers that no question takes ---------------------------------------------------------------


def test_key_typed_where_a_number_or_a_name_is_asked_is_not_repeated(setup: Setup) -> None:
    pasted = "aSecretKey123456789Xx"
    done = setup(pasted, "", "1", [KEY], pasted, "", pasted, "")
    assert done.code == 0
    assert pasted not in done.out + done.err
    assert "A number from 1 to 6 is needed." in done.err
    assert "That looks like a key: give another name." in done.err


@pytest.mark.parametrize("typed", ["\x1b[200~sandbox\x1b[201~", UnicodeError()])
def test_key_with_bytes_that_no_key_has_is_asked_for_again(
    setup: Setup, typed: str | UnicodeError
) -> None:
    done = setup("", "1", [typed], [KEY], "", "")
    assert done.code == 0
    assert "Give it again." in done.err
