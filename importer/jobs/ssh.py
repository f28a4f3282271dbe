"""A way into an SSH server: whose host key is known, and which takes the job's user."""

from __future__ import annotations

import logging
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from importer.errors import UnusableInputError
from importer.jobs.host_keys import PORT, KnownHosts, only_known
from importer.jobs.waiting import UnreachableError
from importer.language import tr

if TYPE_CHECKING:
    import paramiko

    from importer.model import Secret

CONNECT_SECONDS = 30.0
IDLE_SECONDS = 60.0
"""The longest that a server that was reached may say nothing."""
_OPTIONS = frozenset({"compress", "allow_agent", "look_for_keys"})
_LOG = "importer.ssh"


@dataclass(frozen=True, slots=True)
class SshServer:
    """An SSH server and who goes there. ``known_hosts`` "": the user's own and the machine's."""

    host: str
    port: int = PORT
    user: str = ""
    password: Secret | None = None
    private_key: str = ""
    passphrase: Secret | None = None
    known_hosts: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        return self.host if self.port == PORT else f"{self.host}:{self.port}"


def connected(server: SshServer) -> paramiko.SSHClient:
    """Connect to a server whose host key is known; the caller closes it.

    A key that is given is the only one tried; without a key and a password, those of the agent
    and of ``~/.ssh`` are.

    Raises:
        UnreachableError: it does not answer.
        UnusableInputError: its host key is not known or another, it refuses the user, or what
            is said of the access cannot be used. No message has a secret or the user's name.
    """
    import paramiko

    odd = sorted(server.options.keys() - _OPTIONS)
    if odd:
        raise UnusableInputError(
            tr(
                "sftp has no option {option}: of `options` it takes {known}",
                option=odd[0],
                known=", ".join(sorted(_OPTIONS)),
            )
        )
    key = _private_key(server)
    own_keys = key is None and server.password is None
    known = KnownHosts.of(server.host, server.port, server.known_hosts)
    client = paramiko.SSHClient()
    client.set_log_channel(_quiet_log())
    client.set_missing_host_key_policy(only_known(known))
    try:
        client.connect(
            server.host,
            port=server.port,
            username=server.user or None,
            password=server.password.reveal() if server.password else None,
            pkey=key,
            timeout=CONNECT_SECONDS,
            banner_timeout=CONNECT_SECONDS,
            auth_timeout=CONNECT_SECONDS,
            channel_timeout=CONNECT_SECONDS,
            disabled_algorithms={"keys": known.unwanted()},
            **{"allow_agent": own_keys, "look_for_keys": own_keys, **server.options},
        )
    except BaseException as error:
        client.close()
        if not isinstance(error, Exception) or isinstance(error, UnusableInputError):
            raise
        raise _said(error, server, known) from None
    return client


def files_of(client: paramiko.SSHClient) -> paramiko.SFTPClient:
    """Open the files of a server; one that says nothing for a minute raises TimeoutError."""
    import paramiko

    transport = client.get_transport()
    assert transport is not None
    channel = transport.open_session(timeout=CONNECT_SECONDS)
    channel.settimeout(IDLE_SECONDS)
    channel.invoke_subsystem("sftp")
    return paramiko.SFTPClient(channel)


def _said(error: Exception, server: SshServer, known: KnownHosts) -> UnusableInputError:
    import paramiko

    if isinstance(error, paramiko.AuthenticationException):
        return UnusableInputError(
            tr(
                "{server} refuses the user, the key or the password: check `access` of the job, "
                "and what the server lets this user do",
                server=server.shown,
            )
        )
    if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
        reason = tr(
            "it has no host key of a kind that {file} has of it, or no algorithm in common",
            file=known.file,
        )
    elif isinstance(error, socket.gaierror):
        reason = tr("no machine of this name is known")
    elif isinstance(error, TimeoutError):
        reason = tr("it took too long")
    elif isinstance(error, paramiko.ssh_exception.NoValidConnectionsError):
        reason = tr("nothing takes connections there")
    elif isinstance(error, OSError):
        reason = error.strerror or type(error).__name__
    elif isinstance(error, EOFError | paramiko.SSHException):
        reason = tr("it broke off, or is no SSH server")
    else:
        reason = type(error).__name__
    return UnreachableError(
        tr("{server} cannot be reached: {reason}", server=server.shown, reason=reason)
    )


def _private_key(server: SshServer) -> paramiko.PKey | None:
    import paramiko

    if not server.private_key:
        return None
    passphrase = server.passphrase.reveal() if server.passphrase else None
    try:
        return paramiko.PKey.from_path(
            Path(server.private_key).expanduser(),
            passphrase.encode() if passphrase else None,  # type: ignore[arg-type]
        )
    except TypeError:
        reason = tr("`passphrase` belongs in `access` when the key has one, and only then")
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except Exception:  # noqa: BLE001 - each kind of key has errors of its own
        reason = tr("it is no private key, or its passphrase is another")
    raise UnusableInputError(
        tr(
            "the private key {file} cannot be used: {reason}",
            file=server.private_key,
            reason=reason,
        )
    )


def _quiet_log() -> str:
    """Give a log that says nothing: a message of ours is enough, and tells what to do."""
    for name in (_LOG, "paramiko"):
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
            logger.propagate = False
    return _LOG
