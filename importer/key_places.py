"""Where the keys of accounts are kept: an environment variable, a private file, the keyring."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from importer.errors import ImporterError, UnusableInputError
from importer.files import make_private_folder, write_whole
from importer.language import mark, tr
from importer.model import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+|keyring:[^/]+/.+")
HOW = mark("write env:NAME, file:PATH or keyring:SERVICE/USER instead, and keep the secret there")
_FILES_HAVE_MODES = os.name == "posix"


class NoKeyringError(ImporterError):
    """This machine has no keyring that keeps what it is given."""


def resolve_secret(reference: str, connection: str) -> Secret:
    """Fetch the key of a connection's account, as ``secret_at`` does."""
    return secret_at(reference, tr('connection "{connection}"', connection=connection))


def secret_at(reference: str, who: str, *, what: str = "", in_lines: bool = False) -> Secret:
    """Fetch the secret that a reference names.

    ``who`` needs it and ``what`` it is (left out: the account's key), for sentences. ``in_lines``:
    whether a file may hold several lines of it.

    Raises:
        UnusableInputError: it is not there, or not safe there. The message never holds it.
    """
    what = what or tr("the account's key")
    kind, _, place = reference.partition(":")
    match kind:
        case "env":
            found = _secret_of_environment(place, who, what)
        case "file":
            found = _secret_file(place, who, what, in_lines=in_lines)
        case "keyring":
            found = _keyring_secret(place, who)
        case "public":
            found = place  # the sandbox's own key, which protects nothing
        case _:
            raise UnusableInputError(
                tr("{who}: its key must be a reference: {how}", who=who, how=tr(HOW))
            )
    return Secret(found)


def _secret_of_environment(name: str, who: str, what: str) -> str:
    found = os.environ.get(name, "").strip()
    if not found:
        raise UnusableInputError(
            tr(
                "{who}: the environment variable {variable} is not set. Set it to {what}.",
                who=who,
                variable=name,
                what=what,
            )
        )
    if any("\ud800" <= character <= "\udfff" for character in found):
        raise UnusableInputError(  # so Python shows bytes that are no text
            tr(
                "{who}: the environment variable {variable} holds bytes that are no text. Set it "
                "to {what}.",
                who=who,
                variable=name,
                what=what,
            )
        )
    return found


def _secret_file(place: str, who: str, what: str, *, in_lines: bool) -> str:
    try:
        path = Path(place).expanduser()
        with path.open(encoding="utf-8-sig") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            text = stream.read().strip()
    except (OSError, ValueError, RuntimeError) as error:
        if isinstance(error, UnicodeDecodeError):
            reason = tr("it is no UTF-8 text")
        else:
            reason = getattr(error, "strerror", None) or str(error)
        raise UnusableInputError(
            tr(
                "{who}: the key file {file} cannot be read: {reason}",
                who=who,
                file=place,
                reason=reason,
            )
        ) from None
    wrong = ""
    if _FILES_HAVE_MODES and mode & 0o077:
        wrong = mark("{who}: others can read the key file {file}. Run: chmod 600 {file}")
    elif not text:
        wrong = mark("{who}: the key file {file} is empty: put {what} in it")
    elif len(text.splitlines()) > 1 and not in_lines:
        wrong = mark("{who}: the key file {file} has several lines: leave only {what} in it")
    if wrong:
        raise UnusableInputError(tr(wrong, who=who, file=path, what=what))
    return text


def _keyring_secret(place: str, who: str) -> str:
    service, _, user = place.partition("/")
    try:
        import keyring

        found = keyring.get_password(service, user)
    except Exception as error:  # noqa: BLE001 - each keyring has errors of its own
        raise UnusableInputError(
            tr(
                "{who}: the keyring does not answer ({error}): unlock it, or keep the key in a "
                "file that only you can read and write file:PATH",
                who=who,
                error=type(error).__name__,
            )
        ) from None
    if not found:
        raise UnusableInputError(
            tr(
                "{who}: the keyring holds nothing for {service}, user {user}",
                who=who,
                service=service,
                user=user,
            )
        )
    return str(found)


# --- keeping a key --------------------------------------------------------------------------------


@contextmanager
def keeping(secret: Secret, *, service: str, user: str, file: Path | None) -> Iterator[str]:
    """Keep a key and give the reference to it; should the block fail, all is as it was before.

    ``file``: the private file to keep it in; None: the keyring, under ``service`` and ``user``.

    Raises:
        NoKeyringError: there is no keyring that keeps it.
        UnusableInputError: the file cannot be written.
    """
    put_back = _keyring_before(service, user) if file is None else _file_before(file)
    try:
        if file is None:
            yield store_in_keyring(service, user, secret)
        else:
            yield write_key_file(file, secret)
    except BaseException:
        with suppress(Exception):
            put_back()
        raise


def store_in_keyring(service: str, user: str, secret: Secret) -> str:
    """Put a key in the system's keyring, and give the reference to it.

    Raises:
        NoKeyringError: there is none, or it does not give the key back. The message has no key.
    """
    try:
        import keyring

        keyring.set_password(service, user, secret.reveal())
        kept = keyring.get_password(service, user)
    except Exception as error:  # noqa: BLE001 - each keyring has errors of its own
        raise NoKeyringError(f"there is no keyring here ({type(error).__name__})") from None
    if kept != secret.reveal():  # the one that is switched off takes all and keeps nothing
        raise NoKeyringError("the keyring does not keep what it is given")
    return f"keyring:{service}/{user}"


def write_key_file(path: Path, secret: Secret) -> str:
    """Write a key to a file that only its owner can read, and give the reference to it.

    Where files have no modes (Windows) the user's folder is private by the system's own rules.

    Raises:
        UnusableInputError: it cannot be written.
    """
    try:
        make_private_folder(path.parent)
        write_whole(path, f"{secret.reveal()}\n".encode())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UnusableInputError(
            tr("the key file {file} cannot be written: {reason}", file=path, reason=reason)
        ) from None
    return f"file:{path}"


def _keyring_before(service: str, user: str) -> Callable[[], None]:
    """Give the way back to what the keyring holds now."""
    try:
        import keyring

        before = keyring.get_password(service, user)
    except Exception as error:  # noqa: BLE001 - each keyring has errors of its own
        raise NoKeyringError(f"there is no keyring here ({type(error).__name__})") from None
    if before is None:
        return lambda: keyring.delete_password(service, user)
    return lambda: keyring.set_password(service, user, before)


def _file_before(path: Path) -> Callable[[], None]:
    """Give the way back to what the key file holds now."""
    try:
        before = path.read_bytes()
    except OSError:
        return lambda: path.unlink(missing_ok=True)
    return lambda: write_whole(path, before)
