"""Keeping a connection: its key in a safe place, its name in importer.yaml, all or nothing."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from importer import setting_up
from importer.errors import UnusableInputError
from importer.key_places import resolve_secret
from importer.model import Connection, Secret
from importer.setting_up import (
    PLACES,
    Kept,
    Written,
    keep,
    name_mistake,
    new_connection,
    number_mistake,
    user_mistake,
)
from importer.settings import SETTINGS_FILE, Settings, read_settings
from tests.keyrings import Keyring

SECRET = "0123456789ABCDEFabcdef0123456789"
SERVICE = "importer app.dialoginsight.com"


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    made = Keyring()
    monkeypatch.setitem(sys.modules, "keyring", made)
    return made


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of key files; no keyring is here unless a test has one."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    folder = tmp_path / "config" / "keys"
    monkeypatch.setattr(setting_up, "key_folder", lambda: folder)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "work"
    made.mkdir()
    return made


def connection(name: str = "production", key: str = "") -> Connection:
    made = new_connection(PLACES[0], PLACES[0].url, "5335")
    return replace(made, name=name, project_id="123456", key=key)


def kept(folder: Path, name: str = "production", *, keyring: bool = True) -> Kept:
    return keep(connection(name), Secret(SECRET), folder=folder, project="Club", keyring=keyring)


def text_of(folder: Path) -> str:
    return (folder / SETTINGS_FILE).read_bytes().decode()


# --- a new file -----------------------------------------------------------------------------------


def test_a_new_file_names_the_connection_and_says_the_limits(
    folder: Path, keyring: Keyring
) -> None:
    done = kept(folder)
    assert (done.written, done.default) == (Written.NEW, True)
    assert text_of(folder) == (
        """\
# Connections to accounts. Which column goes to which field stands in mappings/.
# No key is in this file: `key` says where it is (env:NAME, file:PATH,
# keyring:SERVICE/USER).
default_connection: production
connections:
  production:
    target: dialog-insight
    url: "https://app.dialoginsight.com"
    project_id: 123456   # Club
    key_id: 5335
    key: "keyring:importer app.dialoginsight.com/5335"
    # The platform publishes no limits: these are careful guesses, in force as they
    # stand. To change one, take its # and that of limits: away.
    # limits:
    #   rows_per_call: 100
    #   bytes_per_call: 1000000
    #   calls_per_second: 1000   # none now
    #   calls_per_minute: 60
    #   calls_per_hour: 1000   # none now
    #   calls_per_day: 1000   # none now
    #   in_flight: 1
    #   timeout_seconds: 60
    #   attempts: 6
# reports: {delimiter: ";"}   # a French Excel splits on it
"""
    )
    settings = read_settings(folder)
    assert settings.default_connection == "production"
    section = settings.connections["production"]
    assert (section.project_id, section.key_id) == ("123456", "5335")
    assert resolve_secret(section.key, "production").reveal() == SECRET
    assert keyring.held == {(SERVICE, "5335"): SECRET}


def test_the_limits_are_in_force_when_their_marks_are_taken_away(folder: Path) -> None:
    kept(folder)
    text = text_of(folder).replace("    # limits:", "    limits:").replace("    #   ", "      ")
    (folder / SETTINGS_FILE).write_text(text, encoding="utf-8")
    limits = read_settings(folder).connections["production"].limits
    assert (limits.rows_per_call, limits.calls_per_day, limits.attempts) == (100, 1000, 6)


@pytest.mark.parametrize("none", [None, Keyring(trouble=OSError()), Keyring(forgets=True)])
def test_where_there_is_no_keyring_a_private_file_has_the_key(
    folder: Path, keys: Path, none: Keyring | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", none)
    done = kept(folder)
    path = keys / "app.dialoginsight.com-5335.key"
    assert done.connection.key == f"file:{path}"
    assert (
        resolve_secret(read_settings(folder).connections["production"].key, "").reveal() == SECRET
    )
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600
        assert (folder / SETTINGS_FILE).stat().st_mode & 0o777 == 0o644


def test_the_keyring_can_be_left_out(folder: Path, keys: Path, keyring: Keyring) -> None:
    assert kept(folder, keyring=False).connection.key.startswith(f"file:{keys}")
    assert keyring.held == {}


def test_a_key_that_has_its_place_stays_there(folder: Path, keys: Path, keyring: Keyring) -> None:
    done = keep(connection(key="env:DI_KEY"), Secret(SECRET), folder=folder)
    assert read_settings(folder).connections["production"].key == "env:DI_KEY"
    assert done.connection.key == "env:DI_KEY"
    assert keyring.held == {}
    assert not keys.exists()


def test_promise_7_the_key_is_in_no_file_but_its_own(folder: Path, keyring: Keyring) -> None:
    done = kept(folder)
    assert SECRET not in text_of(folder) + repr(done) + done.lines


@pytest.mark.parametrize(
    "name", ["Club\nkey: hunter2", "été # 100 %", "  ", "x" * 500, "a: b", "\x00\x1b[31m", "!"]
)
def test_whatever_a_project_is_called_the_file_can_be_read(folder: Path, name: str) -> None:
    keep(connection(), Secret(SECRET), folder=folder, project=name)
    section = read_settings(folder).connections["production"]
    assert section.project_id == "123456"
    assert section.key.startswith("file:")
    assert max(map(len, text_of(folder).splitlines())) < 200


def test_another_port_is_another_place_for_the_key(folder: Path, keys: Path) -> None:
    made = replace(connection(), url="http://127.0.0.1:8025")
    assert keep(made, Secret("sandbox"), folder=folder).connection.key == (
        f"file:{keys / '127.0.0.1_8025-5335.key'}"
    )


def test_an_account_without_projects_has_its_user_and_no_project(
    folder: Path, keys: Path, keyring: Keyring
) -> None:
    (place,) = [one for one in PLACES if one.target == "dotdigital" and not one.is_sandbox]
    user = "apiuser-1a2b3c@apiconnector.com"
    made = replace(new_connection(place, place.url, user), name="mail")
    done = keep(made, Secret(SECRET), folder=folder)
    text = text_of(folder)
    assert (
        f"""\
  mail:
    target: dotdigital
    url: "https://r1-api.dotdigital.com"
    key_id: {user}
    key: "keyring:importer r1-api.dotdigital.com/{user}"
    # The platform publishes limits for some packages: these are the careful ones, in
    # force as they stand. To change one, take its # and that of limits: away.
    # limits:
    #   rows_per_call: 2000
"""
        in text
    )
    section = read_settings(folder).connections["mail"]
    assert (section.target, section.key_id, section.project_id) == ("dotdigital", user, "")
    assert section.key == done.connection.key
    assert resolve_secret(section.key, "mail").reveal() == SECRET
    other = folder.parent / "other"
    other.mkdir()
    done = keep(made, Secret(SECRET), folder=other, keyring=False)
    name = "r1-api.dotdigital.com-apiuser-1a2b3c_apiconnector.com.key"
    assert done.connection.key == f"file:{keys / name}"


# --- a file that is there -------------------------------------------------------------------------

FULL = """\
# Ours.
default_connection: test        # never the real one
connections:
    # The account for trying.
    test:
        url: https://app.dialoginsight.com
        key_id: 0007
        key: env:TEST_KEY

    # not yet:
    #   other: {}

# What a French Excel needs:
reports: {delimiter: ";"}
"""


def test_a_connection_is_added_and_every_line_stays(folder: Path) -> None:
    (folder / SETTINGS_FILE).write_text(FULL, encoding="utf-8")
    done = kept(folder)
    assert (done.written, done.default) == (Written.ADDED, False)
    text = text_of(folder)
    lines = text.splitlines()
    assert [line for line in lines if line in FULL.splitlines()] == FULL.splitlines()
    assert "    #   other: {}\n    production:\n" in text
    assert "#   attempts: 6\n\n# What a French Excel needs:\n" in text
    settings = read_settings(folder)
    assert set(settings.connections) == {"test", "production"}
    assert settings.connections["production"].project_id == "123456"
    assert settings.report_delimiter == ";"


@pytest.mark.parametrize(
    ("text", "default"),
    [
        ("", True),
        ("# nothing yet", True),
        ("language: en", True),
        ("keep: all\n", True),
        ("default_connection: sandbox\n", False),
        (FULL.replace("\n", "\r\n"), False),
        ("\ufeff" + FULL, False),
        (FULL.rstrip("\n"), False),
        (FULL.split("\n    # not")[0], False),
        ("connections:\n  a: {url: https://a, key_id: 1, key: env:A}", False),
        ("connections:\n  a: &it {url: https://a, key_id: 1, key: env:A}\n  b: *it\n\n\n", False),
    ],
)
def test_a_connection_is_added_to_many_files(folder: Path, text: str, default: bool) -> None:
    path = folder / SETTINGS_FILE
    path.write_bytes(text.encode())
    before = read_settings(folder)
    done = kept(folder)
    assert (done.written, done.default) == (Written.ADDED, default)
    after = read_settings(folder)
    assert set(after.connections) == {*before.connections, "production"}
    assert replace(after, connections=before.connections) == before
    new = text_of(folder)
    assert new.startswith("\ufeff") == text.startswith("\ufeff")
    assert new.count("\r\n") in ({new.count("\n")} if "\r\n" in text else {0})


@pytest.mark.parametrize(
    "text",
    [
        "connections: {}\n",
        "connections: {a: {url: https://a, key_id: 1, key: env:A}}\n",
        "connections: {\n  a: {url: https://a, key_id: 1, key: env:A}\n}\n",
        "{}\n",
        "{connections: {a: {url: https://a, key_id: 1, key: env:A}}}",
        '"connections":\n  a: {url: https://a, key_id: 1, key: env:A}\n...\n',
    ],
)
def test_where_adding_could_change_something_the_lines_are_given(
    folder: Path, text: str, keys: Path
) -> None:
    path = folder / SETTINGS_FILE
    path.write_text(text, encoding="utf-8")
    done = kept(folder)
    if done.written is Written.BY_HAND:
        assert text_of(folder) == text
    else:
        assert set(read_settings(folder).connections) == {"a", "production"}
    assert done.lines.startswith("connections:\n  production:\n    target: dialog-insight\n")
    (folder / SETTINGS_FILE).write_text(done.lines, encoding="utf-8")
    assert read_settings(folder).connections["production"].key == done.connection.key
    assert len(list(keys.iterdir())) == 1


def test_a_file_in_one_line_is_left_as_it_is(folder: Path) -> None:
    (folder / SETTINGS_FILE).write_text("connections: {}\n", encoding="utf-8")
    assert kept(folder).written is Written.BY_HAND


@pytest.mark.skipif(os.name != "posix", reason="the system has no file modes")
def test_the_file_keeps_its_mode_and_stays_where_a_link_leads(folder: Path, tmp_path: Path) -> None:
    real = tmp_path / "settings.yaml"
    real.write_text(FULL, encoding="utf-8")
    real.chmod(0o640)
    (folder / SETTINGS_FILE).symlink_to(real)
    assert kept(folder).written is Written.ADDED
    assert (folder / SETTINGS_FILE).is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert "production:" in real.read_text(encoding="utf-8")


# --- nothing is left behind -----------------------------------------------------------------------


@pytest.mark.parametrize("end", [KeyboardInterrupt, OSError])
def test_a_file_that_is_not_written_leaves_no_key(
    folder: Path,
    keys: Path,
    keyring: Keyring,
    end: type[BaseException],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise end

    monkeypatch.setattr(setting_up, "write_whole", fail)
    for with_keyring in (True, False):
        with pytest.raises((KeyboardInterrupt, UnusableInputError)):
            kept(folder, keyring=with_keyring)
    assert keyring.held == {}
    assert [path for path in keys.parent.rglob("*") if path.is_file()] == []
    assert list(folder.iterdir()) == []


def test_a_file_that_cannot_be_written_is_said(folder: Path, keyring: Keyring) -> None:
    with pytest.raises(UnusableInputError, match="cannot be written"):
        kept(folder / "nowhere")
    assert keyring.held == {}


# --- what may be typed ----------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "12a", SECRET, " 12", "-1", "1.5", "١", "1" * 19])
def test_promise_7_what_is_no_number_is_refused_and_not_repeated(text: str) -> None:
    assert number_mistake(text) == "A number is needed: digits only."


def test_a_number_is_digits() -> None:
    assert [number_mistake(text) for text in ("1", "0053", "5335")] == ["", "", ""]


@pytest.mark.parametrize(
    "text",
    ["", "apiuser", SECRET, "a b@c", "a:b@c", "@c", "a@", "a@b@c", "a/b@c", "a@\x7f", " a@b"],
)
def test_promise_7_what_is_no_user_is_refused_and_not_repeated(text: str) -> None:
    assert user_mistake(text) == (
        "The API user is needed, which looks like apiuser-1a2b3c@apiconnector.com."
    )


def test_a_user_looks_like_an_address() -> None:
    assert user_mistake("apiuser-1a2b3c@apiconnector.com") == ""


def test_a_name_is_new_and_can_be_written_in_a_command(folder: Path) -> None:
    (folder / SETTINGS_FILE).write_text(FULL, encoding="utf-8")
    settings = read_settings(folder)
    for name in ("production", "Client-A.2", "été", "7", "x" * 40):
        assert name_mistake(name, settings) == ""
    for name in ("", "-c", "_x", "a b", "a/b", "x" * 41, "a:b"):
        assert "letters, digits" in name_mistake(name, settings)
    assert "is built in" in name_mistake("sandbox", settings)
    assert name_mistake("test", settings).endswith("has a connection test: give another name.")
    assert name_mistake("test", Settings()) == ""
