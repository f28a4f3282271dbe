"""Which host keys of SSH servers are known: OpenSSH's files of them, read and never written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from importer.errors import UnusableInputError
from importer.language import tr

if TYPE_CHECKING:
    import paramiko

PORT = 22
_USERS_OWN = Path("~/.ssh/known_hosts")
_MACHINES_OWN = Path("/etc/ssh/ssh_known_hosts")
# RFC 4253, 5656, 8332 and 8709: what a host key signs with -> what it is called in known_hosts.
_SIGNATURES = {
    "ssh-ed25519": "ssh-ed25519",
    "ecdsa-sha2-nistp256": "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384": "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521": "ecdsa-sha2-nistp521",
    "rsa-sha2-512": "ssh-rsa",
    "rsa-sha2-256": "ssh-rsa",
    "ssh-rsa": "ssh-rsa",
}


@dataclass(frozen=True, slots=True)
class KnownHosts:
    """What is known of one server's host keys. ``file``: where one more would be written."""

    host: str
    port: int
    file: str
    keys: tuple[paramiko.PKey, ...]
    revoked: tuple[paramiko.PKey, ...]

    @classmethod
    def of(cls, host: str, port: int, given: str) -> KnownHosts:
        """Read them. ``given``: a file; "": the user's own and the machine's.

        Raises UnusableInputError when the file that is given cannot be read.
        """
        files = [Path(given).expanduser()] if given else [_USERS_OWN.expanduser(), _MACHINES_OWN]
        keys: list[paramiko.PKey] = []
        revoked: list[paramiko.PKey] = []
        for file in files:
            for mark, key in _lines_of(file, _entry(host, port), needed=bool(given)):
                (revoked if mark else keys).append(key)
        return cls(host, port, given or str(_USERS_OWN), tuple(keys), tuple(revoked))

    def unwanted(self) -> list[str]:
        """Give the signatures that a server is not asked for: by these it could not be known."""
        names = {key.get_name() for key in self.keys}
        return [s for s, name in _SIGNATURES.items() if names and name not in names]

    def check(self, shown_key: paramiko.PKey) -> None:
        """Raise UnusableInputError, with the fingerprint and the remedy, for any but a known."""
        server = self.host if self.port == PORT else f"{self.host}:{self.port}"
        if shown_key in self.revoked:
            raise UnusableInputError(
                tr(
                    "{server} shows a host key that {file} calls revoked ({fingerprint}): somebody "
                    "may be listening in. Nothing was sent there. Ask who runs the server",
                    server=server,
                    file=self.file,
                    fingerprint=shown_key.fingerprint,
                )
            )
        if shown_key in self.keys:
            return
        port = "" if self.port == PORT else f"-p {self.port} "
        scan = f"ssh-keyscan {port}{self.host} >> {self.file}"
        if not self.keys:
            raise UnusableInputError(
                tr(
                    "the host key of {server} is not known ({fingerprint}). Ask who runs the "
                    "server whether this is its fingerprint; if it is, run: {command}",
                    server=server,
                    fingerprint=shown_key.fingerprint,
                    command=scan,
                )
            )
        remove = f'ssh-keygen -R "{_entry(self.host, self.port)}" -f {self.file}'
        raise UnusableInputError(
            tr(
                "{server} shows another host key ({fingerprint}) than {file} has of it: somebody "
                "may be listening in. Nothing was sent there. Ask who runs the server; if it was "
                "changed on purpose, run: {remove} and then: {command}",
                server=server,
                fingerprint=shown_key.fingerprint,
                file=self.file,
                remove=remove,
                command=scan,
            )
        )


def only_known(known: KnownHosts) -> paramiko.MissingHostKeyPolicy:
    """Judge host keys ourselves: paramiko knows no patterns, and of each kind one key only."""
    import paramiko

    class OnlyKnown(paramiko.MissingHostKeyPolicy):
        def missing_host_key(
            self,
            client: paramiko.SSHClient,  # noqa: ARG002
            hostname: str,  # noqa: ARG002
            key: paramiko.PKey,
        ) -> None:
            known.check(key)

    return OnlyKnown()


def _lines_of(file: Path, name: str, *, needed: bool) -> list[tuple[str, paramiko.PKey]]:
    """Read a server's keys out of a file of OpenSSH's (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).

    Lines of certificate authorities are passed over: no certificate is asked for.
    """
    from paramiko.hostkeys import HostKeyEntry

    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        if not needed:
            return []
        raise UnusableInputError(
            tr(
                "the file of known hosts {file} cannot be read: {reason}",
                file=file,
                reason=error.strerror or type(error).__name__,
            )
        ) from None
    found = []
    for line in lines:
        words = line.split()
        mark = words.pop(0) if words and words[0].startswith("@") else ""
        if mark not in {"", "@revoked"} or len(words) < 3 or not _means(words[0], name):
            continue
        try:
            entry = HostKeyEntry.from_line(" ".join(["host", *words[1:3]]))
        except Exception:  # noqa: BLE001, S112 - a line that cannot be read makes nobody known
            continue
        if entry is not None and entry.key is not None:
            found.append((mark, entry.key))
    return found


def _entry(host: str, port: int) -> str:
    """Give the name under which a server stands in a file of known hosts."""
    return host.lower() if port == PORT else f"[{host.lower()}]:{port}"


def _means(patterns: str, name: str) -> bool:
    from paramiko.hostkeys import HostKeys

    if patterns.startswith("|1|"):
        try:
            return HostKeys.hash_host(name, patterns) == patterns
        except Exception:  # noqa: BLE001 - not a hash as OpenSSH writes it
            return False
    means = False
    for pattern in patterns.lower().split(","):
        bare = pattern.removeprefix("!")
        wanted = re.escape(bare).replace(r"\*", ".*").replace(r"\?", ".")
        if re.fullmatch(wanted, name):
            if bare != pattern:
                return False
            means = True
    return means
