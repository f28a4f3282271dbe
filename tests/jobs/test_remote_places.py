"""Places on other machines: a real SSH server, and a server of the web on loopback."""

from __future__ import annotations

import errno
import http.server
import logging
import os
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from importer.errors import UnusableInputError
from importer.job_settings import AccessSection, JobSection
from importer.jobs import ssh, web
from importer.jobs.addresses import Url, reason_of
from importer.jobs.host_keys import KnownHosts
from importer.jobs.places import (
    ChangedError,
    Place,
    UnreachableError,
    open_places,
    ready_files,
)
from importer.jobs.waiting import Looked
from tests.delivery.stage import FakeClock
from tests.ssh_server import CutLine, SshHost, free_port, make_key
from tests.ssh_server import ssh_host as ssh_host
from tests.ssh_server import sshd as sshd

NOW = datetime(2026, 12, 1, 5, 0, tzinfo=UTC)
TWO_ROWS = b"email\nann@example.com\nbob@example.com\n"


def job_of(files: str, **members: Any) -> JobSection:
    """Give a job, also one whose place is refused where the settings are read."""
    return JobSection(files="inbox", keep_in="kept", **members).model_copy(
        update={"files": [files]}
    )


def of_host(host: SshHost, pattern: str = "", *, port: int = 0, **members: Any) -> JobSection:
    access: dict[str, Any] = {
        "user": host.user,
        "private_key": str(host.private_key),
        "known_hosts": str(host.knowing(port or host.port)),
        **members.pop("access", {}),
    }
    url = f"sftp://127.0.0.1:{port or host.port}{host.files}{pattern}"
    return job_of(url, access=AccessSection(**access), **members)


def place_of(job: JobSection) -> Place:
    (place,) = open_places(job)
    return place


def names(looked: Looked) -> list[str]:
    return [waiting.name for waiting in looked.waiting]


def said(act: Callable[[], object], kind: type[UnusableInputError] = UnusableInputError) -> str:
    with pytest.raises(kind) as caught:
        act()
    return str(caught.value)


# --- SFTP: looking and fetching -----------------------------------------------------------------


def test_files_of_a_real_ssh_server_are_listed_and_fetched_by_name(
    ssh_host: SshHost, tmp_path: Path
) -> None:
    for number in range(100):
        (ssh_host.files / f"contacts {number:03}.csv").write_bytes(TWO_ROWS)
    (ssh_host.files / "Été n°1 'à revoir' #2.csv").write_bytes(b"courriel\n")
    (ssh_host.files / "notes.pdf").write_bytes(b"")
    (ssh_host.files / "contacts.csv.part").write_bytes(b"")
    (ssh_host.files / ".hidden.csv").write_bytes(b"")
    (ssh_host.files / "archive").mkdir()
    (ssh_host.files / "link.csv").symlink_to(ssh_host.files / "contacts 000.csv")
    place = place_of(of_host(ssh_host))
    looked = place.look()
    assert len(looked.waiting) == 101
    assert names(looked)[0] == "contacts 000.csv"
    assert [told.split(": ", 1)[1] for told in looked.passed_over] == [
        "a file that is still being written",
        "it is a link: put the file itself there",
        "no spreadsheet",
    ]
    odd = looked.waiting[-1]
    assert odd.place == f"{ssh_host.url}/Été n°1 'à revoir' #2.csv"
    place.fetch(odd, tmp_path / "processing" / "one")
    assert [p.name for p in (tmp_path / "processing" / "one").iterdir()] == [odd.name]
    assert (tmp_path / "processing" / "one" / odd.name).read_bytes() == b"courriel\n"
    assert (tmp_path / "processing").stat().st_mode & 0o777 == 0o700
    assert (ssh_host.files / odd.name).exists()


def test_a_pattern_means_the_names_that_match_also_with_a_question_mark(
    ssh_host: SshHost, tmp_path: Path
) -> None:
    for name in ("a1.csv", "a2.csv", "a12.csv", "b1.csv"):
        (ssh_host.files / name).write_bytes(TWO_ROWS)
    place = place_of(of_host(ssh_host, "/a?.csv"))
    looked = place.look()
    assert names(looked) == ["a1.csv", "a2.csv"]
    assert looked.waiting[0].place == f"{ssh_host.url}/a1.csv"


def test_one_file_may_be_named_and_a_link_that_is_named_is_followed(
    ssh_host: SshHost, tmp_path: Path
) -> None:
    (ssh_host.files / "20261201.dat").write_bytes(TWO_ROWS)
    (ssh_host.files / "latest.dat").symlink_to(ssh_host.files / "20261201.dat")
    place = place_of(of_host(ssh_host, "/latest.dat"))
    (waiting,) = place.look().waiting
    assert place.lent(waiting, tmp_path / "lent").read_bytes() == TWO_ROWS
    assert waiting.place == f"{ssh_host.url}/latest.dat"


def test_a_file_that_is_to_come_is_no_alarm_and_a_folder_that_is_gone_is(
    ssh_host: SshHost,
) -> None:
    assert place_of(of_host(ssh_host, "/contacts.csv")).look() == Looked()
    gone = place_of(of_host(ssh_host, "/gone"))
    assert said(gone.look, UnreachableError) == (
        f"{ssh_host.url}/gone cannot be fetched from: it is not there"
    )
    said(place_of(of_host(ssh_host, "/gone/contacts.csv")).look, UnreachableError)
    said(place_of(of_host(ssh_host, "/gone/*.csv")).look, UnreachableError)


def test_a_path_may_begin_in_the_users_own_folder(ssh_host: SshHost) -> None:
    url = f"sftp://{ssh_host.user}@127.0.0.1/~/no-such-folder-of-the-tests/*.csv"
    access = AccessSection(
        port=ssh_host.port,
        private_key=str(ssh_host.private_key),
        known_hosts=str(ssh_host.known_hosts),
    )
    told = said(place_of(job_of(url, access=access)).look, UnreachableError)
    assert told == (
        f"sftp://127.0.0.1:{ssh_host.port}/~/no-such-folder-of-the-tests/*.csv cannot be fetched "
        "from: it is not there"
    )


def test_a_file_that_grows_between_two_looks_waits_for_the_next_start(ssh_host: SshHost) -> None:
    for name in ("done.csv", "growing.csv"):
        (ssh_host.files / name).write_bytes(TWO_ROWS)
    job = of_host(ssh_host, "/*.csv")
    clock = FakeClock()

    def grow() -> None:
        with (ssh_host.files / "growing.csv").open("ab") as stream:
            stream.write(b"eve@example.com\n")

    clock.on_sleep = grow
    ready = ready_files(open_places(job), job, clock=clock, known=lambda one: False)
    assert [waiting.name for _, waiting in ready.files] == ["done.csv"]
    assert ready.passed_over == (
        f"{ssh_host.url}/growing.csv is left where it is: it is still being written",
    )


def test_a_file_that_changed_since_the_look_is_not_taken(ssh_host: SshHost, tmp_path: Path) -> None:
    (ssh_host.files / "a.csv").write_bytes(TWO_ROWS)
    place = place_of(of_host(ssh_host))
    (waiting,) = place.look().waiting
    (ssh_host.files / "a.csv").write_bytes(TWO_ROWS * 2)
    said(lambda: place.fetch(waiting, tmp_path / "one"), ChangedError)
    assert [*(tmp_path / "one").iterdir()] == []


def test_a_marker_makes_a_file_ready_unless_it_was_left_by_an_earlier_one(
    ssh_host: SshHost,
) -> None:
    for name in ("a.csv", "b.csv", "b.csv.done", "c.csv", "c.csv.done"):
        (ssh_host.files / name).write_bytes(TWO_ROWS)
    os.utime(ssh_host.files / "c.csv.done", (1_000, 1_000))
    job = of_host(ssh_host, done_marker=".done")
    looked = place_of(job).look()
    assert [(w.name, w.marker) for w in looked.waiting] == [("b.csv", "b.csv.done")]
    assert looked.passed_over == (
        f"{ssh_host.url}/a.csv is left where it is: its marker a.csv.done has not come",
        f"{ssh_host.url}/c.csv is left where it is: its marker c.csv.done is older than the file "
        "itself",
    )
    one = place_of(of_host(ssh_host, "/b.csv", done_marker=".done"))
    assert names(one.look()) == ["b.csv"]
    assert names(place_of(of_host(ssh_host, "/a.csv", done_marker=".done")).look()) == []


# --- SFTP: letting go ---------------------------------------------------------------------------


def test_a_fetched_file_is_renamed_into_the_archive_there_and_nothing_is_replaced(
    ssh_host: SshHost, tmp_path: Path
) -> None:
    for name in ("a.csv", "a.csv.done"):
        (ssh_host.files / name).write_bytes(TWO_ROWS)
    place = place_of(of_host(ssh_host, after_fetch="archive", done_marker=".done"))
    assert not place.leaves
    (waiting,) = place.look().waiting
    place.fetch(waiting, tmp_path / "one")
    place.let_go(waiting, NOW)
    place.let_go(waiting, NOW)  # it is gone: nothing is left to do
    archive = ssh_host.files / "archive" / "2026" / "12"
    assert sorted(p.name for p in archive.iterdir()) == [
        "20261201T050000Z-a.csv",
        "20261201T050000Z-a.csv.done",
    ]
    assert place.look() == Looked()


def test_a_newer_file_of_the_same_name_is_not_archived_in_its_place(
    ssh_host: SshHost, tmp_path: Path
) -> None:
    (ssh_host.files / "a.csv").write_bytes(TWO_ROWS)
    place = place_of(of_host(ssh_host, after_fetch="archive"))
    (waiting,) = place.look().waiting
    place.fetch(waiting, tmp_path / "one")
    (ssh_host.files / "a.csv").write_bytes(TWO_ROWS * 2)
    place.let_go(waiting, NOW)
    assert (ssh_host.files / "a.csv").read_bytes() == TWO_ROWS * 2


def test_a_file_that_stays_is_found_again_and_passed_over_without_a_word(ssh_host: SshHost) -> None:
    (ssh_host.files / "a.csv").write_bytes(TWO_ROWS)
    job = of_host(ssh_host)
    clock = FakeClock()
    (place,) = places = open_places(job)
    assert place.leaves
    place.let_go(place.look().waiting[0], NOW)
    ready = ready_files(places, job, clock=clock, known=lambda one: one.name == "a.csv")
    assert (ready.files, ready.passed_over, clock.slept) == ((), (), [])


# --- SFTP: who is there -------------------------------------------------------------------------


def test_a_host_that_nobody_knows_is_refused_with_its_fingerprint_and_the_remedy(
    ssh_host: SshHost, tmp_path: Path
) -> None:
    empty = tmp_path / "known_hosts"
    empty.write_text("# nobody\n", encoding="utf-8")
    told = said(place_of(of_host(ssh_host, access={"known_hosts": str(empty)})).look)
    assert told == (
        f"the host key of 127.0.0.1:{ssh_host.port} is not known ({_fingerprint(ssh_host)}). Ask "
        "who runs the server whether this is its fingerprint; if it is, run: ssh-keyscan "
        f"-p {ssh_host.port} 127.0.0.1 >> {empty}"
    )


def test_a_host_with_another_key_than_the_known_one_is_refused(ssh_host: SshHost) -> None:
    other = ssh_host.known_as(ssh_host.port, ssh_host.folder / "other_key.pub")
    told = said(place_of(of_host(ssh_host, access={"known_hosts": str(other)})).look)
    assert "shows another host key" in told
    assert _fingerprint(ssh_host) in told
    assert f'run: ssh-keygen -R "[127.0.0.1]:{ssh_host.port}" -f {other} and then:' in told


def test_a_host_key_that_is_revoked_is_refused_though_it_is_known(
    ssh_host: SshHost, tmp_path: Path
) -> None:
    line = ssh_host.known_hosts.read_text(encoding="utf-8")
    file = tmp_path / "revoked"
    file.write_text(line + f"@revoked {line}", encoding="utf-8")
    job = of_host(ssh_host, access={"known_hosts": str(file)})
    assert "calls revoked" in said(place_of(job).look)


def test_a_host_that_is_known_by_a_key_of_another_kind_only_is_refused(
    ssh_host: SshHost, tmp_path: Path
) -> None:
    make_key(tmp_path / "ecdsa", kind="ecdsa")
    other = ssh_host.known_as(ssh_host.port, tmp_path / "ecdsa.pub")
    told = said(place_of(of_host(ssh_host, access={"known_hosts": str(other)})).look)
    assert "it has no host key of a kind that" in told


def test_the_users_own_known_hosts_are_read_where_no_file_is_given(
    ssh_host: SshHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".ssh").mkdir()
    known = ssh_host.known_hosts.read_text(encoding="utf-8")
    (tmp_path / ".ssh" / "known_hosts").write_text(known, encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert place_of(of_host(ssh_host, access={"known_hosts": ""})).look() == Looked()
    (tmp_path / ".ssh" / "known_hosts").unlink()
    told = said(place_of(of_host(ssh_host, access={"known_hosts": ""})).look)
    assert told.endswith(">> ~/.ssh/known_hosts")


@pytest.mark.parametrize(
    ("names", "means"),
    [
        ("files.example.com", True),
        ("other.example.com,FILES.example.com", True),
        ("*.example.com", True),
        ("files.example.co?", True),
        ("*.example.com,!files.example.com", False),
        ("[files.example.com]:2222", False),
        ("files.example.community", False),
        ("|1|nonsense", False),
    ],
)
def test_names_in_a_file_of_known_hosts_mean_what_openssh_means(
    names: str, means: bool, tmp_path: Path
) -> None:
    file = _known_file(tmp_path, names)
    assert bool(KnownHosts.of("files.example.com", 22, str(file)).keys) is means


def test_a_hashed_name_is_known_and_odd_lines_make_nobody_known(tmp_path: Path) -> None:
    file = _known_file(tmp_path, "files.example.com")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", file], check=True, capture_output=True)
    hashed = file.read_text(encoding="utf-8")
    assert hashed.startswith("|1|")
    odd = "@cert-authority files.example.com ssh-ed25519 AAAA\nfiles.example.com\n"
    odd += "files.example.com ssh-ed25519 !!!\nfiles.example.com ssh-unheard-of AAAA\n"
    file.write_text(odd + hashed, encoding="utf-8")
    known = KnownHosts.of("files.example.com", 22, str(file))
    assert (len(known.keys), known.revoked) == (1, ())
    assert "cannot be read" in said(lambda: KnownHosts.of("a", 22, str(tmp_path / "none")))


def test_a_user_whose_key_the_server_does_not_take_is_refused_without_a_name(
    ssh_host: SshHost,
) -> None:
    other = str(ssh_host.folder / "other_key")
    told = said(place_of(of_host(ssh_host, access={"private_key": other})).look)
    assert told.startswith(f"127.0.0.1:{ssh_host.port} refuses the user, the key or the password")


def test_a_password_is_tried_and_never_told(
    ssh_host: SshHost, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SFTP_PASSWORD", "a-word-that-opens")
    access = {"private_key": "", "password": "env:SFTP_PASSWORD"}
    with caplog.at_level(logging.DEBUG):
        told = said(place_of(of_host(ssh_host, access=access)).look)
    assert "refuses the user" in told
    assert "a-word-that-opens" not in told + caplog.text
    monkeypatch.delenv("SFTP_PASSWORD")
    assert "SFTP_PASSWORD is not set" in said(place_of(of_host(ssh_host, access=access)).look)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_a_key_with_a_passphrase_opens_with_it_alone(
    kind: str, ssh_host: SshHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_key(tmp_path / "locked", passphrase="open sesame", kind=kind)
    server = ssh.SshServer("127.0.0.1", private_key=str(tmp_path / "locked"))
    assert "`passphrase` belongs in `access`" in said(lambda: ssh.connected(server))
    monkeypatch.setenv("WORD", "open sesame")
    access = {"private_key": str(tmp_path / "locked"), "passphrase": "env:WORD"}
    assert "refuses the user" in said(place_of(of_host(ssh_host, access=access)).look)
    monkeypatch.setenv("WORD", "close sesame")
    told = said(place_of(of_host(ssh_host, access=access)).look)
    assert "its passphrase is another" in told
    assert "sesame" not in told


def test_a_private_key_that_is_not_there_is_named(ssh_host: SshHost) -> None:
    told = said(place_of(of_host(ssh_host, access={"private_key": "none.key"})).look)
    assert told == "the private key none.key cannot be used: No such file or directory"


def test_options_that_could_open_a_door_are_refused(ssh_host: SshHost) -> None:
    access = {"options": {"host_key_policy": "auto_add"}}
    told = said(place_of(of_host(ssh_host, access=access)).look)
    assert told == (
        "sftp has no option host_key_policy: of `options` it takes allow_agent, compress, "
        "look_for_keys"
    )
    assert place_of(of_host(ssh_host, access={"options": {"compress": True}})).look() == Looked()


# --- SFTP: lines that fail ----------------------------------------------------------------------


@pytest.fixture
def lines() -> Iterator[list[CutLine]]:
    made: list[CutLine] = []
    yield made
    for line in made:
        line.close()


def _cut(host: SshHost, tmp_path: Path, line: CutLine) -> str:
    (host.files / "big.csv").write_bytes(os.urandom(1_000_000))
    (waiting,) = place_of(of_host(host)).look().waiting
    place = place_of(of_host(host, port=line.port))
    told = said(lambda: place.fetch(waiting, tmp_path / "one"), UnreachableError)
    assert [*(tmp_path / "one").iterdir()] == []
    return told


def test_a_connection_that_is_cut_leaves_nothing_half(
    ssh_host: SshHost, tmp_path: Path, lines: list[CutLine], capfd: pytest.CaptureFixture[str]
) -> None:
    lines.append(CutLine(ssh_host.port, most=400_000))
    told = _cut(ssh_host, tmp_path, lines[0])
    assert told.endswith("cannot be fetched from: the connection cannot be made, or broke off")
    assert capfd.readouterr().err == ""


def test_a_server_that_falls_silent_is_given_up(
    ssh_host: SshHost, tmp_path: Path, lines: list[CutLine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssh, "IDLE_SECONDS", 0.3)
    lines.append(CutLine(ssh_host.port, most=400_000, silent=True))
    assert _cut(ssh_host, tmp_path, lines[0]).endswith("its server says nothing any more")


def test_a_port_where_nothing_or_something_else_answers_is_told(
    ssh_host: SshHost, lines: list[CutLine], capfd: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    told = said(place_of(of_host(ssh_host, port=port)).look, UnreachableError)
    assert told == f"127.0.0.1:{port} cannot be reached: nothing takes connections there"
    lines.append(CutLine(ssh_host.port, most=4))
    told = said(place_of(of_host(ssh_host, port=lines[0].port)).look, UnreachableError)
    assert told.endswith("cannot be reached: it broke off, or is no SSH server")
    job = job_of("sftp://files.invalid/in", access=AccessSection(user="x"))
    told = said(place_of(job).look, UnreachableError)
    assert told == "files.invalid cannot be reached: no machine of this name is known"
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (TimeoutError(), "it took too long"),
        (OSError(101, "Network is unreachable"), "Network is unreachable"),
        (ValueError("s3cret"), "ValueError"),
    ],
)
def test_why_a_server_is_not_reached_is_told_without_what_a_library_says(
    error: Exception, told: str, ssh_host: SshHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    import paramiko

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(paramiko.SSHClient, "connect", fail)
    sentence = said(place_of(of_host(ssh_host)).look, UnreachableError)
    assert sentence == f"127.0.0.1:{ssh_host.port} cannot be reached: {told}"


def test_an_interruption_is_no_failure_of_a_place(
    ssh_host: SshHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    import paramiko

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(paramiko.SSHClient, "connect", stop)
    with pytest.raises(KeyboardInterrupt):
        place_of(of_host(ssh_host)).look()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermissionError(errno.EACCES, "s3cret"), "the user may not do that there"),
        (OSError(errno.ENOSPC, "s3cret"), "No space left on device"),
        (OSError("s3cret"), "its server refuses it"),
        (RuntimeError("s3cret"), "RuntimeError"),
    ],
)
def test_what_a_library_says_is_never_told(error: Exception, told: str) -> None:
    assert reason_of(error) == told


def test_names_that_are_no_text_are_told_with_the_remedy(ssh_host: SshHost) -> None:
    with open(os.path.join(os.fsencode(ssh_host.files), b"caf\xe9.csv"), "wb"):  # noqa: PTH118, PTH123
        pass
    told = said(place_of(of_host(ssh_host)).look, UnreachableError)
    assert told.endswith("the name of a file there is no UTF-8: rename it")


def test_a_disk_that_takes_nothing_is_told(ssh_host: SshHost, tmp_path: Path) -> None:
    (ssh_host.files / "a.csv").write_bytes(TWO_ROWS)
    place = place_of(of_host(ssh_host))
    (waiting,) = place.look().waiting
    (tmp_path / "file").write_bytes(b"")
    told = said(lambda: place.fetch(waiting, tmp_path / "file" / "one"))
    assert "cannot be kept in" in told


def test_names_that_would_leave_the_folder_stay_in_it(ssh_host: SshHost, tmp_path: Path) -> None:
    for name in ("C:\\x.csv", "..\\up.csv", "-rf.csv", "two\nlines.csv"):
        (ssh_host.files / name).write_bytes(TWO_ROWS)
    place = place_of(of_host(ssh_host, "/*.csv"))
    looked = place.look()
    assert names(looked) == ["-rf.csv", "C:_x.csv", "two_lines.csv"]
    for number, waiting in enumerate(looked.waiting):
        place.fetch(waiting, tmp_path / str(number))
        assert [p.name for p in (tmp_path / str(number)).iterdir()] == [waiting.name]
    assert looked.waiting[2].place.endswith("two\\nlines.csv")


# --- the web ------------------------------------------------------------------------------------


class _Pages(http.server.BaseHTTPRequestHandler):
    """What the server of a test has: path -> (status, headers, body); and what was asked of it."""

    pages: ClassVar[dict[str, tuple[int, dict[str, str], bytes]]] = {}
    asked: ClassVar[list[tuple[str, str, str]]] = []

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def _answer(self, *, with_body: bool) -> None:
        self.asked.append((self.command, self.path, self.headers.get("Authorization", "")))
        status, headers, body = self.pages.get(self.path, (404, {}, b"no"))
        self.send_response(status)
        told = {"Content-Length": str(len(body)), **headers}
        for name, value in told.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body)


@pytest.fixture
def web_server() -> Iterator[str]:
    _Pages.pages, _Pages.asked = {}, []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Pages) as server:
        thread = threading.Thread(target=lambda: server.serve_forever(0.01))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


DATED = {"Last-Modified": "Tue, 01 Dec 2026 05:00:00 GMT"}


def test_an_address_is_one_file_of_that_size_and_time(web_server: str, tmp_path: Path) -> None:
    _Pages.pages["/exports/contacts%20d%C3%A9c.csv"] = (200, DATED, TWO_ROWS)
    place = place_of(job_of(f"{web_server}/exports/contacts%20d%C3%A9c.csv"))
    (waiting,) = place.look().waiting
    assert (waiting.name, waiting.size) == ("contacts déc.csv", len(TWO_ROWS))
    assert waiting.modified == NOW.timestamp()
    assert waiting.dated
    assert place.leaves
    place.fetch(waiting, tmp_path / "one")
    assert [p.read_bytes() for p in (tmp_path / "one").iterdir()] == [TWO_ROWS]
    place.let_go(waiting, NOW)


def test_an_address_that_tells_no_version_is_fetched_every_time(web_server: str) -> None:
    _Pages.pages["/export?id=7&token=s3cret"] = (200, {}, TWO_ROWS)
    job = job_of(f"{web_server}/export?id=7&token=s3cret", settle_seconds=0)
    places = open_places(job)
    for known in (True, False):
        ready = ready_files(places, job, clock=FakeClock(), known=lambda one, k=known: k)  # type: ignore[misc]
        ((_, waiting),) = ready.files
    assert (waiting.name, waiting.dated) == ("export", False)
    assert "s3cret" not in repr(waiting)
    other = place_of(job_of(f"{web_server}/export?id=8&token=s3cret"))
    _Pages.pages["/export?id=8&token=s3cret"] = (200, {}, TWO_ROWS)
    assert other.look().waiting[0].place != waiting.place


def test_a_tag_tells_one_version_from_the_next(web_server: str) -> None:
    place = place_of(job_of(f"{web_server}/a.csv"))
    versions = []
    for tag in ('"1"', '"1"', '"2"'):
        _Pages.pages["/a.csv"] = (200, {"ETag": tag, "Last-Modified": "long ago"}, TWO_ROWS)
        versions.append(place.look().waiting[0].modified)
    assert versions[0] == versions[1] != versions[2]


def test_a_size_that_is_not_told_is_not_known(web_server: str, tmp_path: Path) -> None:
    _Pages.pages["/a.csv"] = (200, {"Content-Length": "", **DATED}, TWO_ROWS)
    place = place_of(job_of(f"{web_server}/a.csv"))
    (waiting,) = place.look().waiting
    assert waiting.size == -1
    assert place.lent(waiting, tmp_path / "lent").read_bytes() == TWO_ROWS


def test_an_answer_that_is_shorter_than_it_said_is_not_taken(
    web_server: str, tmp_path: Path
) -> None:
    _Pages.pages["/a.csv"] = (200, {"Content-Length": "5000", **DATED}, TWO_ROWS)
    place = place_of(job_of(f"{web_server}/a.csv"))
    (waiting,) = place.look().waiting
    told = said(lambda: place.fetch(waiting, tmp_path / "one"), UnreachableError)
    assert told.endswith("the connection cannot be made, or broke off")
    assert [*(tmp_path / "one").iterdir()] == []


def test_an_answer_of_another_size_than_was_looked_at_is_not_taken(
    web_server: str, tmp_path: Path
) -> None:
    _Pages.pages["/a.csv"] = (200, DATED, TWO_ROWS)
    place = place_of(job_of(f"{web_server}/a.csv"))
    (waiting,) = place.look().waiting
    _Pages.pages["/a.csv"] = (200, DATED, TWO_ROWS * 2)
    said(lambda: place.fetch(waiting, tmp_path / "one"), ChangedError)


@pytest.mark.parametrize("status", [401, 403, 404, 410, 500, 503])
def test_a_status_of_refusal_is_an_alarm_and_the_query_is_not_told(
    status: int, web_server: str
) -> None:
    _Pages.pages["/a.csv?token=s3cret"] = (status, {}, b"")
    place = place_of(job_of(f"{web_server}/a.csv?token=s3cret"))
    assert said(place.look, UnreachableError) == (
        f"{web_server}/a.csv cannot be fetched from: its server answers with the status {status}"
    )


def test_who_goes_there_is_told_to_the_server_alone(
    web_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEB_PASSWORD", "pass:wörd")
    monkeypatch.setenv("WEB_TOKEN", "t0ken")
    _Pages.pages["/a.csv"] = (200, DATED, TWO_ROWS)
    url = web_server.replace("//", "//night@")
    access = AccessSection(password="env:WEB_PASSWORD")
    (waiting,) = place_of(job_of(f"{url}/a.csv", access=access)).look().waiting
    assert _Pages.asked == [("HEAD", "/a.csv", "Basic bmlnaHQ6cGFzczp3w7ZyZA==")]
    place_of(job_of(f"{web_server}/a.csv", access=AccessSection(password="env:WEB_TOKEN"))).look()
    assert _Pages.asked[1:] == [("HEAD", "/a.csv", "Bearer t0ken")]
    assert waiting.place.startswith(f"{web_server}/a.csv (")
    assert "night" not in repr(waiting) + waiting.source


def test_a_redirection_to_clear_text_is_refused(web_server: str) -> None:
    _Pages.pages["/a.csv"] = (302, {"Location": "http://files.example.com/a.csv"}, b"")
    told = said(place_of(job_of(f"{web_server}/a.csv")).look)
    assert "http:// would carry the contacts in clear text from files.example.com" in told


def test_a_redirection_on_this_machine_is_followed(web_server: str, tmp_path: Path) -> None:
    _Pages.pages["/a.csv"] = (302, {"Location": "/b.csv"}, b"")
    _Pages.pages["/b.csv"] = (200, DATED, TWO_ROWS)
    place = place_of(job_of(f"{web_server}/a.csv"))
    (waiting,) = place.look().waiting
    assert place.lent(waiting, tmp_path / "one").name == "a.csv"


def test_a_marker_on_the_web_is_an_address_of_its_own(web_server: str) -> None:
    _Pages.pages["/a.csv?x=1"] = (200, DATED, TWO_ROWS)
    place = place_of(job_of(f"{web_server}/a.csv?x=1", done_marker=".done"))
    looked = place.look()
    assert looked.passed_over == (
        f"{web_server}/a.csv is left where it is: its marker a.csv.done has not come",
    )
    _Pages.pages["/a.csv.done?x=1"] = (200, {}, b"")
    assert names(place.look()) == ["a.csv"]
    earlier = {"Last-Modified": "Tue, 01 Dec 2026 04:00:00 GMT"}
    _Pages.pages["/a.csv.done?x=1"] = (200, earlier, b"")
    assert "older than the file" in place.look().passed_over[0]
    _Pages.pages["/a.csv.done?x=1"] = (403, {}, b"")
    said(place.look, UnreachableError)


def test_a_server_whose_certificate_nobody_vouches_for_is_not_asked(tmp_path: Path) -> None:
    _Pages.pages, _Pages.asked = {"/a.csv": (200, DATED, TWO_ROWS)}, []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Pages) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        thread = threading.Thread(target=lambda: server.serve_forever(0.01))
        thread.start()
        place = place_of(job_of(f"https://127.0.0.1:{server.server_port}/a.csv"))
        told = said(place.look, UnreachableError)
        server.shutdown()
        thread.join()
    assert told.endswith("its certificate is not valid")
    assert _Pages.asked == []


def test_a_server_of_the_web_that_says_nothing_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(web, "IDLE_SECONDS", 0.2)
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        told = said(place_of(job_of(f"http://127.0.0.1:{port}/a.csv")).look, UnreachableError)
    assert told.endswith("its server says nothing any more")
    told = said(place_of(job_of(f"http://127.0.0.1:{free_port()}/a.csv")).look, UnreachableError)
    assert told.endswith("the connection cannot be made, or broke off")


# --- whatever else fsspec reaches, and what it does not -----------------------------------------


def test_other_places_of_fsspec_are_read_as_well(tmp_path: Path) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe("/inbox/a.csv", TWO_ROWS)
    memory.pipe("/inbox/notes.pdf", b"")
    try:
        place = place_of(job_of("memory://inbox", after_fetch="archive"))
        looked = place.look()
        (waiting,) = looked.waiting
        assert waiting.place == "memory://inbox/a.csv"
        assert looked.passed_over == (
            "memory://inbox/notes.pdf is left where it is: no spreadsheet",
        )
        place.fetch(waiting, tmp_path / "one")
        place.let_go(waiting, NOW)
        archived = "/inbox/archive/2026/12/20261201T050000Z-a.csv"
        assert memory.cat_file(archived) == TWO_ROWS
        assert names(place_of(job_of("memory://inbox/*.csv")).look()) == []
    finally:
        memory.rm("/inbox", recursive=True)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://files.example.com/a.csv", "clear text"),
        ("ftp://files.example.com/a.csv", "clear text"),
        ("https://files.example.com/*.csv", "the web has no patterns"),
        ("sftp://files.example.com/*/a.csv", "can only stand in the name"),
        ("sftp://bob:s3cret@files.example.com/in", "write the password as a reference"),
        ("sftp://bob:s3cret@files.example.com:port/in", "it is no address"),
        ("zip://*.csv::sftp://files.example.com/in", "cannot be chained"),
        ("sftp://files.example.com/in::zip", "cannot be chained"),
        ("sftp:///in", "it names no machine"),
    ],
)
def test_what_can_never_be_a_place_is_refused_before_anybody_is_asked(url: str, told: str) -> None:
    sentence = said(lambda: open_places(job_of(url)))
    assert told in sentence
    assert "s3cret" not in sentence
    assert "bob" not in sentence


@pytest.mark.parametrize(
    ("written", "shown", "path"),
    [
        ("sftp://[::1]:2222/in/[ab]?.csv", "sftp://[::1]:2222/in/[ab]?.csv", "/in/[ab]?.csv"),
        ("SFTP://Files.Example/in/", "sftp://Files.Example:2200/in/", "/in"),
        ("sftp://night%40x@files.example/~", "sftp://files.example:2200/~", ""),
        ("sftp://files.example/100%25 été", "sftp://files.example:2200/100%25 été", "/100%25 été"),
    ],
)
def test_an_address_is_shown_without_who_goes_there(written: str, shown: str, path: str) -> None:
    url = Url(written, 2200)
    assert (url.shown, url.path) == (shown, path)
    assert url.user in {"", "night@x"}


def test_a_kind_of_place_that_nothing_knows_is_told() -> None:
    told = said(place_of(job_of("gopher://files.example.com/in")).look)
    assert "nothing is known of gopher://" in told


def test_a_package_that_is_missing_is_named_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "fsspec.implementations.sftp", None)
    told = said(place_of(job_of("sftp://files.example.com/in")).look)
    assert told.endswith("a package is missing. Run: pip install 'importer[nights]'")
    monkeypatch.setitem(sys.modules, "s3fs", None)
    told = said(place_of(job_of("s3://bucket/in")).look)
    assert "fsspec has a package of its own for s3://, which is missing" in told


def _fingerprint(host: SshHost) -> str:
    listed = subprocess.run(
        ["ssh-keygen", "-l", "-f", host.folder / "host_key.pub"],
        check=True,
        capture_output=True,
        text=True,
    )
    return listed.stdout.split()[1]


def _certificate(folder: Path) -> Path:
    """Make a certificate that its server signed itself, with its key, in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = folder / "server.pem"
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


def _known_file(folder: Path, names: str) -> Path:
    make_key(folder / "key")
    key = " ".join((folder / "key.pub").read_text(encoding="utf-8").split()[:2])
    file = folder / "known_hosts"
    file.write_text(f"{names} {key}\n", encoding="utf-8")
    return file
