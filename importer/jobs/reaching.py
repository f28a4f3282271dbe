"""The ways to files on other machines: SFTP, the web, and whatever else fsspec reaches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from importer.jobs import host_keys, ssh, web
from importer.jobs.addresses import SFTP, WEB, Url, unusable
from importer.key_places import secret_at
from importer.language import tr

if TYPE_CHECKING:
    from importer.job_settings import JobSection
    from importer.model import Secret

_REQUEST_BYTES = 255 * 1024  # OpenSSH answers as much at once; a server that does not gives less
_CHUNK_BYTES = 1 << 20


def way_to(url: Url, job: JobSection) -> Callable[[], Any]:
    """Give how a place is opened: each time anew, for hours may lie between two files."""
    web.refuse_in_clear("" if job.access.options.get("tls") else url.scheme, url.host)
    if url.scheme in SFTP:
        return lambda: _sftp(url, job)
    if url.is_web:
        return lambda: _web(url, job)
    return lambda: _other(url, job)


@contextmanager
def _sftp(url: Url, job: JobSection) -> Iterator[Any]:
    with _installed(url):
        from fsspec.implementations.sftp import SFTPFileSystem

    access = job.access
    server = ssh.SshServer(
        url.host,
        url.port or host_keys.PORT,
        access.user or url.user,
        _secret(access.password, "password", tr("the password of the server")),
        access.private_key,
        _secret(access.passphrase, "passphrase", tr("the passphrase of the key")),
        access.known_hosts,
        access.options,
    )
    client = ssh.connected(server)

    class Connected(SFTPFileSystem):  # type: ignore[misc]
        """The files of a connection that is made: fsspec's own trusts any host key."""

        cachable = False

        def _connect(self) -> None:
            self.client = client
            self.ftp = ssh.files_of(client)

        @classmethod
        def _strip_protocol(cls, path: str) -> str:
            """Take a path as it is: fsspec's own would end it at a ?."""
            return path

        def get_file(self, rpath: str, lpath: str, **_: Any) -> None:
            """Read in turn: paramiko's own way asks ahead in a thread that dies aloud."""
            with self.ftp.open(rpath, "rb") as source:
                source.MAX_REQUEST_SIZE = _REQUEST_BYTES
                with Path(lpath).open("wb") as target:
                    while chunk := source.read(_CHUNK_BYTES):
                        target.write(chunk)

        def mv(self, old: str, new: str, **_: Any) -> None:
            """Rename; fsspec's own would replace what is there."""
            self.ftp.rename(old, new)

    try:
        yield Connected(url.host)
    finally:
        client.close()


@contextmanager
def _web(url: Url, job: JobSection) -> Iterator[Any]:
    with _installed(url):
        import aiohttp
        from fsspec.asyn import sync
        from fsspec.implementations.http import HTTPFileSystem

    sessions: list[aiohttp.ClientSession] = []

    async def session(**settings: Any) -> aiohttp.ClientSession:
        sessions.append(aiohttp.ClientSession(**settings))
        return sessions[-1]

    access = job.access
    settings = web.session_settings(
        access.user or url.user,
        _secret(access.password, "password", tr("the password of the server")),
        url.host,
    )
    files = HTTPFileSystem(
        client_kwargs=settings, get_client=session, skip_instance_cache=True, **access.options
    )
    try:
        yield files
    finally:
        for one in sessions:
            sync(files.loop, one.close)


@contextmanager
def _other(url: Url, job: JobSection) -> Iterator[Any]:
    with _installed(url):
        import fsspec

        kind = fsspec.get_filesystem_class(url.scheme)
    access = job.access
    password = _secret(access.password, "password", tr("the password of the server"))
    given = {
        **kind._get_kwargs_from_urls(url.address),
        **({"username": access.user or url.user} if access.user or url.user else {}),
        **({"password": password.reveal()} if password else {}),
        **access.options,
    }
    yield kind(skip_instance_cache=True, **given)


@contextmanager
def _installed(url: Url) -> Iterator[None]:
    """Say what to install where a package is missing, or that nothing knows such a place."""
    try:
        yield
    except ImportError as error:
        if url.scheme in {*SFTP, *WEB} or (error.name or "").startswith("fsspec"):
            reason = tr("a package is missing. Run: pip install 'importer[nights]'")
        else:
            reason = tr(
                "fsspec has a package of its own for {scheme}://, which is missing: {words}",
                scheme=url.scheme,
                words=str(error),
            )
        raise unusable(url.shown, reason) from None
    except ValueError:
        reason = tr("nothing is known of {scheme}://. Try sftp:// or https://", scheme=url.scheme)
        raise unusable(url.shown, reason) from None


def _secret(reference: str | None, member: str, what: str) -> Secret | None:
    if reference is None:
        return None
    return secret_at(reference, f"access: {member}", what=what)
