"""Addresses of places on other machines: what of them is shown, and why one does not answer."""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
from urllib.parse import SplitResult, quote, unquote, urlsplit

from importer.errors import UnusableInputError, sentence_of
from importer.file_names import is_pattern
from importer.jobs.waiting import shown
from importer.language import tr

SFTP = frozenset({"sftp", "ssh"})
WEB = frozenset({"http", "https"})


class Url:
    """A place's address: what of it may be shown, and what only its server sees.

    ``address``: without who goes there. ``path``: of SFTP, that begins in the user's own folder
    when it is no absolute one.
    """

    def __init__(self, written: str, port: int | None) -> None:
        scheme, _, rest = written.partition("://")
        self.scheme = scheme.lower()
        self.is_web, self.is_sftp = self.scheme in WEB, self.scheme in SFTP
        if "::" in re.sub(r"\[[^]]*\]", "", written):  # but in an address of IPv6 it may stand
            raise unusable(f"{self.scheme}://…", tr("addresses cannot be chained with ::"))
        try:
            parts = urlsplit(f"{self.scheme}://{rest if self.is_web else _quoted(rest)}")
            self.host, self.port = parts.hostname or "", parts.port or port
        except ValueError:
            raise unusable(f"{self.scheme}://…", tr("it is no address")) from None
        self.user = unquote(parts.username or "")
        host = parts.netloc.rpartition("@")[2]
        host = host if parts.port or not self.port else f"{host}:{self.port}"
        self._bare = parts._replace(netloc=host)
        path = parts.path if self.is_web else unquote(parts.path)
        self.shown = f"{self.scheme}://{host}{shown(path)}"
        self.unique = self.shown + _told_apart(parts)
        self.address = self._bare.geturl() if self.is_web else f"{self.scheme}://{host}{path}"
        self.path = path[3:] if self.is_sftp and f"{path}/".startswith("/~/") else path
        if not self.is_web and len(self.path) > 1:
            self.path = self.path.rstrip("/")
        self._refuse(parts)

    def beside(self, name: str, *, of_folder: bool) -> str:
        """Show where a file of this place is; ``of_folder``: in it, else in the folder above."""
        folder = self.shown.rstrip("/") if of_folder else posixpath.dirname(self.shown)
        return f"{folder}/{shown(name)}"

    def with_ending(self, ending: str) -> str:
        """Give the address of the file whose name goes on with something; of the web."""
        return self._bare._replace(path=self._bare.path + ending).geturl()

    def _refuse(self, parts: SplitResult) -> None:
        reason = ""
        if parts.password is not None:
            reason = tr("write the password as a reference, in `access`")
        elif (self.is_web or self.is_sftp) and not self.host:
            reason = tr("it names no machine")
        elif self.is_web and re.search(r"[*[]", self.path):
            reason = tr("the web has no patterns: write the address of a file")
        elif not self.is_web and is_pattern(posixpath.dirname(self.path)):
            reason = tr("*, ? and [ can only stand in the name of the file")
        if reason:
            raise unusable(self.shown, reason)


def _quoted(rest: str) -> str:
    """Quote a path: only on the web is ? or # its end, and % more than itself."""
    host, slash, path = rest.partition("/")
    return host + slash + quote(path)


def _told_apart(parts: SplitResult) -> str:
    """Tell addresses apart that only differ in what is not shown."""
    hidden = "\0".join([parts.username or "", parts.query])
    if hidden == "\0":
        return ""
    return f" ({hashlib.sha256(hidden.encode()).hexdigest()[:6]})"


def unusable(place: str, reason: str) -> UnusableInputError:
    """Say that nothing can ever be fetched from there."""
    return UnusableInputError(
        tr("{place} cannot be a place of files: {reason}", place=place, reason=reason)
    )


def reason_of(error: Exception) -> str:
    """Say what went wrong. The texts of libraries are not shown: they can hold a whole address."""
    told: BaseException = error.__cause__ or error  # fsspec calls all that the web says not found
    status = getattr(told, "status", None)
    if isinstance(status, int) and status >= 400:
        return tr("its server answers with the status {status}", status=status)
    if isinstance(told, UnusableInputError):
        return sentence_of(told)
    if isinstance(told, UnicodeDecodeError):
        return tr("the name of a file there is no UTF-8: rename it")
    if isinstance(told, TimeoutError):
        return tr("its server says nothing any more")
    if isinstance(told, FileNotFoundError):
        return tr("it is not there")
    if isinstance(told, PermissionError):
        return tr("the user may not do that there")
    if type(told).__name__ == "ClientConnectorCertificateError":
        return tr("its certificate is not valid")
    if isinstance(told, EOFError | ConnectionError) or _is_of_a_connection(told):
        return tr("the connection cannot be made, or broke off")
    if isinstance(told, OSError) and told.errno is not None:
        return os.strerror(told.errno)
    if isinstance(told, OSError):
        return tr("its server refuses it")
    return type(told).__name__


def _is_of_a_connection(error: BaseException) -> bool:
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"SSHException", "SFTPError", "ClientError", "HttpProcessingError"})
