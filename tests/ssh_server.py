"""A real SSH server on loopback: OpenSSH's, with keys and a configuration of its own.

``IMPORTER_TEST_SSHD`` holds the path of ``sshd``. Without it the tests that ask for this fixture
are skipped. It takes the user who runs the tests, with the key that it made, and nobody else.
"""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

SSHD = "IMPORTER_TEST_SSHD"
_SEPARATION = Path("/run/sshd")  # a server of root's refuses to begin without it

_CONFIGURATION = """
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PidFile none
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
UseDNS no
MaxStartups 100
Subsystem sftp internal-sftp
"""


@dataclass(frozen=True, slots=True)
class SshHost:
    """Where the server is; ``folder`` has its keys, ``files`` is an empty folder for the test."""

    port: int
    user: str
    folder: Path
    files: Path

    @property
    def url(self) -> str:
        """Give the address of the folder of files."""
        return f"sftp://127.0.0.1:{self.port}{self.files}"

    @property
    def private_key(self) -> Path:
        return self.folder / "user_key"

    @property
    def known_hosts(self) -> Path:
        """Give a file that knows the server at its own port."""
        return self.knowing(self.port)

    def knowing(self, port: int) -> Path:
        """Give a file of known hosts by which the server is known at a port."""
        return self.known_as(port, self.folder / "host_key.pub")

    def known_as(self, port: int, public_key: Path) -> Path:
        """Give a file of known hosts that has a key for a port of this machine."""
        file = self.files.parent / f"known_hosts_{port}_{public_key.stem}"
        key = " ".join(public_key.read_text(encoding="utf-8").split()[:2])
        file.write_text(f"[127.0.0.1]:{port} {key}\n", encoding="utf-8")
        return file


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """One server for all tests of a process: its port, and the folder of its keys."""
    program = os.environ.get(SSHD)
    if not program:
        pytest.skip(f"{SSHD} names no sshd")
    folder = tmp_path_factory.mktemp("sshd")
    for name in ("host_key", "user_key", "other_key"):
        make_key(folder / name)
    if os.geteuid() == 0:
        _SEPARATION.mkdir(mode=0o755, exist_ok=True)
    port = free_port()
    configuration = folder / "sshd_config"
    configuration.write_text(_CONFIGURATION.format(port=port, folder=folder), encoding="utf-8")
    with subprocess.Popen(
        [program, "-D", "-e", "-f", configuration], stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        for line in server.stderr:
            if "Server listening" in line:
                break
        else:
            pytest.fail(f"{program} cannot be started with {configuration}")
        # What it says goes on being read, or it would wait for a reader.
        reader = threading.Thread(target=server.stderr.read)
        reader.start()
        yield port, folder
        server.terminate()
        reader.join()


@pytest.fixture
def ssh_host(sshd: tuple[int, Path], tmp_path: Path) -> SshHost:
    """Give the server with an empty folder of this test."""
    port, folder = sshd
    files = tmp_path / "remote"
    files.mkdir()
    return SshHost(port, getpass.getuser(), folder, files)


def make_key(path: Path, *, passphrase: str = "", kind: str = "ed25519") -> None:
    """Make a key as people do; its public half is ``path`` with ``.pub``."""
    subprocess.run(
        ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "", "-f", path], check=True
    )


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port: int = server.getsockname()[1]
        return port


class CutLine:
    """A line to a port that carries so many bytes of answers, and then falls silent or is cut."""

    def __init__(self, to: int, *, most: int, silent: bool = False) -> None:
        self._to, self._left, self._silent = to, most, silent
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._sockets: list[socket.socket] = [self._server]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with suppress(OSError):
            near, _ = self._server.accept()
            far = socket.create_connection(("127.0.0.1", self._to))
            self._sockets += [near, far]
            for work in (lambda: self._carry(near, far), lambda: self._answer(far, near)):
                self._begin(work)

    def _begin(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work)
        self._threads.append(thread)
        thread.start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while said := source.recv(65536):
                target.sendall(said)

    def _answer(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while said := source.recv(65536):
                if self._left <= 0 and self._silent:
                    continue
                target.sendall(said[: self._left])
                self._left -= len(said)
                if self._left <= 0 and not self._silent:
                    source.shutdown(socket.SHUT_RDWR)
                    target.shutdown(socket.SHUT_RDWR)
                    return
