"""Where keys are kept: fetched from there, put there, and never shown."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from importer.errors import UnusableInputError
from importer.key_places import (
    REFERENCE,
    NoKeyringError,
    keeping,
    resolve_secret,
    secret_at,
    store_in_keyring,
    write_key_file,
)
from importer.model import Secret
from tests.keyrings import Keyring

# As Dialog Insight's keys are: 32 letters of both cases and digits.
SECRET = "0123456789ABCDEFabcdef0123456789"


def refused(reference: str) -> str:
    with pytest.raises(UnusableInputError) as raised:
        resolve_secret(reference, "production")
    (mistake,) = raised.value.mistakes
    assert str(mistake).startswith('connection "production": ')
    assert raised.value.__cause__ is None
    return str(mistake)


def test_a_key_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DI_KEY", f" {SECRET}\n")
    secret = resolve_secret("env:DI_KEY", "production")
    assert secret.reveal() == SECRET
    assert SECRET not in repr(secret)
    for blank in ("", "  \n"):
        monkeypatch.setenv("DI_KEY", blank)
        assert "the environment variable DI_KEY is not set" in refused("env:DI_KEY")
    monkeypatch.delenv("DI_KEY")
    assert "Set it to the account's key." in refused("env:DI_KEY")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.touch(mode=0o600)
    return path


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_key_of_a_file(key_file: Path, mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    key_file.write_text(f"{mark}{SECRET}\r\n", encoding="utf-8")
    assert resolve_secret(f"file:{key_file}", "production").reveal() == SECRET
    monkeypatch.setenv("HOME", str(key_file.parent))
    monkeypatch.setenv("USERPROFILE", str(key_file.parent))
    assert resolve_secret("file:~/key", "production").reveal() == SECRET


@pytest.mark.skipif(os.name != "posix", reason="the system has no file modes")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o666])
def test_promise_7_a_key_file_that_others_can_read_is_refused(key_file: Path, mode: int) -> None:
    key_file.write_text(SECRET, encoding="utf-8")
    key_file.chmod(mode)
    said = refused(f"file:{key_file}")
    assert said.endswith(f"others can read the key file {key_file}. Run: chmod 600 {key_file}")
    key_file.chmod(0o400)
    assert resolve_secret(f"file:{key_file}", "production").reveal() == SECRET


def test_where_files_have_no_modes_a_key_file_is_taken_as_it_is(
    key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_file.write_text(SECRET, encoding="utf-8")
    key_file.chmod(0o644)
    monkeypatch.setattr("importer.key_places._FILES_HAVE_MODES", False)
    assert resolve_secret(f"file:{key_file}", "production").reveal() == SECRET


def test_a_key_file_without_a_key_is_refused(key_file: Path) -> None:
    assert f"the key file {key_file} is empty" in refused(f"file:{key_file}")
    key_file.write_text("\ufeff \n", encoding="utf-8")
    assert "is empty" in refused(f"file:{key_file}")


def test_a_key_file_holds_one_line(key_file: Path) -> None:
    key_file.write_text(f"{SECRET}\nmarie\n", encoding="utf-8")
    said = refused(f"file:{key_file}")
    assert said.endswith("has several lines: leave only the account's key in it")
    assert SECRET not in said


def test_a_key_file_that_cannot_be_read_is_refused(key_file: Path) -> None:
    assert "cannot be read: No such file" in refused(f"file:{key_file}.absent")
    assert "cannot be read" in refused(f"file:{key_file.parent}")
    assert "cannot be read" in refused("file:a\0b")
    assert "cannot be read" in refused("file:~no-such-user-at-all/key")
    key_file.write_bytes(b"\xff\xfehunter2")
    said = refused(f"file:{key_file}")
    assert "cannot be read: " in said
    assert "hunter2" not in said


LOCKED = RuntimeError(f"the keyring of {SECRET} is locked")


def test_a_key_of_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = Keyring({("Dialog Insight", "5335/x"): SECRET})
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    secret = resolve_secret("keyring:Dialog Insight/5335/x", "production")
    assert secret.reveal() == SECRET


def test_a_keyring_that_gives_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for nothing in (None, ""):
        monkeypatch.setitem(sys.modules, "keyring", Keyring({("importer", "5335"): nothing}))
        assert "holds nothing for importer, user 5335" in refused("keyring:importer/5335")
    monkeypatch.setitem(sys.modules, "keyring", Keyring(trouble=LOCKED))
    said = refused("keyring:importer/5335")
    assert (
        "the keyring does not answer (RuntimeError): unlock it, or keep the key in a file" in said
    )
    assert SECRET not in said


def test_a_system_without_keyring_is_told_of_the_private_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert refused("keyring:importer/5335").endswith("and write file:PATH")


@pytest.mark.parametrize("reference", [SECRET, "vault:hunter2", "", "hunter2:x"])
def test_promise_7_what_is_no_reference_is_not_shown(reference: str) -> None:
    said = refused(reference)
    assert "its key must be a reference: write env:NAME" in said
    assert SECRET not in said
    assert "hunter2" not in said


def test_the_sandbox_has_a_key_that_protects_nothing() -> None:
    assert resolve_secret("public:sandbox", "sandbox").reveal() == "sandbox"


# --- putting them there ---------------------------------------------------------------------------

SERVICE, USER = "importer app.dialoginsight.com", "5335"
KEY = Secret(SECRET)


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    made = Keyring()
    monkeypatch.setitem(sys.modules, "keyring", made)
    return made


def test_a_key_put_in_the_keyring_is_found_by_its_reference(keyring: Keyring) -> None:
    reference = store_in_keyring(SERVICE, USER, KEY)
    assert reference == "keyring:importer app.dialoginsight.com/5335"
    assert REFERENCE.fullmatch(reference)
    assert resolve_secret(reference, "production").reveal() == SECRET


@pytest.mark.parametrize(
    "none", [None, Keyring(trouble=LOCKED), Keyring(forgets=True)], ids=["none", "locked", "off"]
)
def test_where_no_keyring_keeps_a_key_that_is_said_without_the_key(
    none: Keyring | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", none)
    with pytest.raises(NoKeyringError) as raised:
        store_in_keyring(SERVICE, USER, KEY)
    assert SECRET not in str(raised.value)
    assert raised.value.__cause__ is None
    with pytest.raises(NoKeyringError), keeping(KEY, service=SERVICE, user=USER, file=None):
        pytest.fail("it is not kept")


def test_promise_7_a_key_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "app.dialoginsight.com-5335.key"
    reference = write_key_file(path, KEY)
    assert resolve_secret(reference, "production").reveal() == SECRET
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_key_file_that_cannot_be_written_is_said_without_the_key(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("", encoding="utf-8")
    path = tmp_path / "keys" / "k"
    with pytest.raises(UnusableInputError, match="cannot be written") as raised:
        write_key_file(path, KEY)
    assert str(path) in str(raised.value)
    assert SECRET not in str(raised.value)


def test_a_key_stays_when_all_went_well(keyring: Keyring, tmp_path: Path) -> None:
    with keeping(KEY, service=SERVICE, user=USER, file=None) as reference:
        assert reference == f"keyring:{SERVICE}/{USER}"
    assert keyring.held == {(SERVICE, USER): SECRET}
    with keeping(KEY, service=SERVICE, user=USER, file=tmp_path / "k") as reference:
        assert reference == f"file:{tmp_path / 'k'}"
    assert resolve_secret(reference, "production").reveal() == SECRET


@pytest.mark.parametrize("end", [KeyboardInterrupt, OSError])
def test_a_key_is_taken_away_again_when_the_rest_fails(
    end: type[BaseException], keyring: Keyring, tmp_path: Path
) -> None:
    for file in (None, tmp_path / "keys" / "k"):
        with pytest.raises(end), keeping(KEY, service=SERVICE, user=USER, file=file):
            raise end
    assert keyring.held == {}
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_key_that_was_there_before_is_put_back_when_the_rest_fails(
    keyring: Keyring, tmp_path: Path
) -> None:
    keyring.held[SERVICE, USER] = "the old one"
    path = tmp_path / "k"
    write_key_file(path, Secret("the old one"))
    for file in (None, path):
        with (
            pytest.raises(KeyboardInterrupt),
            keeping(KEY, service=SERVICE, user=USER, file=file),
        ):
            raise KeyboardInterrupt
    assert keyring.held == {(SERVICE, USER): "the old one"}
    assert path.read_text(encoding="utf-8") == "the old one\n"


def test_environment_that_holds_no_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYTES", "abc\udcff")
    with pytest.raises(UnusableInputError, match="BYTES holds bytes that are no text") as raised:
        resolve_secret("env:BYTES", "p")
    assert "abc" not in str(raised.value)


def test_others_than_connections_keep_secrets_in_the_same_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOBODY", raising=False)
    with pytest.raises(UnusableInputError) as raised:
        secret_at("env:NOBODY", 'job "nightly", notify', what="its addresses")
    assert str(raised.value) == (
        'job "nightly", notify: the environment variable NOBODY is not set. Set it to its '
        "addresses."
    )
    file = tmp_path / "addresses"
    write_key_file(file, Secret("json://a\njson://b"))
    with pytest.raises(UnusableInputError, match="has several lines: leave only its addresses"):
        secret_at(f"file:{file}", "job", what="its addresses")
    assert secret_at(f"file:{file}", "job", in_lines=True).reveal() == "json://a\njson://b"
