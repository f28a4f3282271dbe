"""Paths and addresses as ``importer.yaml`` writes them."""

from __future__ import annotations

import os
import re
from ipaddress import ip_address
from itertools import takewhile
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, urlsplit

from importer.file_names import is_pattern, is_spreadsheet
from importer.language import tr

SECRET_NAME = re.compile(
    r"(key|secret|password|passwd|pwd|passphrase|token|credentials?)$", re.IGNORECASE
)
OWN_FOLDERS = ("processing", "archive", "failed")
"""The folders in which a job keeps its files; what lies in them waits for nobody."""
# One letter would be a drive of Windows.
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_LOCAL_SCHEME = re.compile(r"(file|local):", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SIGNED = re.compile(r"(?:^|[-_])(?:sig|signature)$", re.IGNORECASE)


def url_parts(url: str) -> SplitResult | None:
    """Take a URL apart; None if it is none. A reason is not given: it could quote a secret."""
    if re.search(r"[\s\\\x00-\x1f]", url):
        return None
    return _split(url)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    return None if port == 0 else parts


def is_loopback(host: str) -> bool:
    """Tell whether a host name can only mean this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def check_path(path: str) -> str:
    """Take a path, ``~`` written out. Raises ValueError, a sentence, for what is none."""
    if "\0" in path:
        raise ValueError(tr("a path has no NUL character"))
    if not path.startswith("~"):
        return path
    try:
        return str(Path(path).expanduser())
    except RuntimeError:
        raise ValueError(tr("~ names no user of this machine: write the whole path")) from None


def check_folder(path: str) -> str:
    """Take the path of a folder, as ``check_path`` does."""
    if is_remote(path):
        raise ValueError(tr("a folder of this machine is needed, not an address"))
    return check_path(path)


def is_remote(place: str) -> bool:
    """Tell whether a place of files is an address rather than a path."""
    return _ADDRESS.match(place) is not None


def is_web(place: str) -> bool:
    """Tell whether a place of files is one that a web server gives: one file, never moved."""
    return place.lower().startswith(("http://", "https://"))


def check_place(place: str) -> str:
    """Take where a job's files are: a folder, a glob, a path, or an address without a password.

    Raises ValueError, a sentence without what was written, which may hold a secret.
    """
    place = place.strip()
    if not place:
        raise ValueError(tr("a path or an address is needed, such as inbox/*.csv"))
    if place == "-":
        raise ValueError(tr("a job cannot read standard input: write the path of its files"))
    if _LOCAL_SCHEME.match(place):
        raise ValueError(tr("write the path itself, without file:"))
    if not is_remote(place):
        return check_path(place)
    # fsspec would take addresses within addresses, each with a password of its own.
    if "::" in place.partition("?")[0].replace("[::", ""):
        raise ValueError(tr("addresses cannot be chained with ::"))
    _check_address(place)
    return place


def _check_address(url: str) -> None:
    parts = None if _CONTROL.search(url) else _split(url)
    if parts is None or re.search(r"\s", parts.netloc):
        raise ValueError(tr("an address such as sftp://importer@files.example/out/*.csv is needed"))
    # A password may hold a "/" and so end the part of the address where it is looked for.
    if parts.password is not None or re.search(r"//[^/@]*:[^@]*@", url):
        raise ValueError(tr("an address must not hold a password: write it under `access`"))
    if parts.scheme in {"http", "https"}:
        _check_web_address(parts)
    elif parts.scheme in {"sftp", "ssh"} and not parts.hostname:
        raise ValueError(tr("an address such as sftp://importer@files.example/out/*.csv is needed"))


def _check_web_address(parts: SplitResult) -> None:
    if not parts.hostname:
        raise ValueError(tr("an address such as https://files.example/contacts.csv is needed"))
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError(
            tr(
                "http:// would send the contacts in clear text from {host}; write https://",
                host=parts.hostname,
            )
        )
    if "*" in parts.path:
        raise ValueError(tr("a web server lists no files: write the address of one, without any *"))
    for name, _ in parse_qsl(parts.query, keep_blank_values=True):
        if SECRET_NAME.search(name) or _SIGNED.search(name):
            raise ValueError(
                tr("an address must not hold a secret behind its ?: write it under `access`")
            )


def check_heartbeat(url: str) -> str:
    """Take a URL to ping. Raises ValueError, a sentence without it: it may be a secret."""
    parts = url_parts(url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(tr("env:NAME, or an address such as https://heartbeats.example/nightly"))
    if parts.username is not None or parts.password is not None:
        raise ValueError(tr("a URL must not hold a user name or a password: take them out"))
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError(tr("http:// would send it in clear text; write https://"))
    return url


def folder_of(place: str, base: Path = Path()) -> Path:
    """Give the folder in which a place of this machine has its files, whether it is there or not.

    Of a pattern it is the folder above its first ``*``, ``?`` or ``[``.
    """
    path = base / place
    if os.path.isdir(path):  # noqa: PTH112 - unlike Path's own it never raises
        return path
    if is_pattern(place):
        return base.joinpath(*takewhile(lambda part: not is_pattern(part), Path(place).parts))
    is_file = os.path.isfile(path) or is_spreadsheet(place)  # noqa: PTH113
    return path.parent if is_file else path
