"""Secrets that stand in ``importer.yaml`` itself rather than a reference to them."""

from __future__ import annotations

import re
from typing import Any

from importer.documents import Document, MemberPath, as_text
from importer.errors import Mistake
from importer.key_places import HOW, REFERENCE
from importer.language import tr
from importer.written_places import SECRET_NAME

_LONG_RUN = re.compile(r"[A-Za-z0-9]{20,}")
_LIKE_A_SECRET = re.compile(
    r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9][A-Za-z]).*|[0-9a-f]{32,}|[0-9A-F]{32,}"
)
_WITH_PASSWORD = re.compile(r"://[^/@\s]*:[^@\s]*@")
# Where an address itself is the secret: its path is a token. A job's own files are no such thing.
_TOLD = "notify"
_PATH = "private_key"
"""A member that is called like a secret, and holds the path of one."""


def literal_secrets(document: Document) -> list[Mistake]:
    """Find texts that are secrets rather than references; their value is never shown."""
    mistakes: list[Mistake] = []

    def look(value: Any, name: str, path: MemberPath) -> None:
        if isinstance(value, dict):
            for member, below in value.items():
                look(below, member, (*path, member))
                if like_a_secret(member) or _is_address_of_job(member, path):
                    say(tr("the name of a member looks like a secret"), *path, member)
        elif isinstance(value, list):
            for index, below in enumerate(value):
                look(below, name, (*path, index))
        elif value is not None and _is_secret(name, str(as_text(value)), path):
            shown = ".".join("…" if _hides(str(part)) else str(part) for part in path)
            say(tr("{member} holds a secret itself", member=shown), *path)

    def say(what: str, *path: str | int) -> None:
        sentence = tr("{what}: {remedy}", what=what, remedy=tr(HOW))
        mistakes.append(document.mistake(sentence, *path))

    look(document.content, "", ())
    return mistakes


def _hides(part: str) -> bool:
    return like_a_secret(part) or "://" in part


def _is_address_of_job(member: str, path: MemberPath) -> bool:
    """Tell whether a blank is missing after a colon, so that an address became a name."""
    if path[:1] != ("jobs",) or "://" not in member:
        return False
    return not member.startswith("files:") or _WITH_PASSWORD.search(member) is not None


def _is_secret(name: str, text: str, path: MemberPath) -> bool:
    if REFERENCE.fullmatch(text):
        return text.startswith("env:") and like_a_secret(text)
    if like_a_secret(text):
        return True
    if path[:1] == ("jobs",):
        if path[2:3] == (_TOLD,) and "://" in text:
            return True
        # The files' own address has a sentence that says where its password belongs.
        if path[2:3] != ("files",) and _WITH_PASSWORD.search(text):
            return True
        if path[2:] == ("access", _PATH):
            return "PRIVATE KEY" in text
    return bool(text.strip()) and bool(SECRET_NAME.search(name))


def like_a_secret(text: str) -> bool:
    """Tell whether a text holds a long run of characters such as a machine makes."""
    return any(_LIKE_A_SECRET.fullmatch(run) for run in _LONG_RUN.findall(text))


def check_reference(key: str) -> str:
    """Take a reference to a secret. Raises ValueError, how one is written."""
    if not REFERENCE.fullmatch(key):
        raise ValueError(tr(HOW))
    return key
