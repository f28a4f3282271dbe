"""Word that goes out to people, through apprise: mail, Teams, Slack, webhooks and many more.

The addresses hold secrets and are secrets as wholes: what is said of one is its place in the list
and its kind.
"""

from __future__ import annotations

import hashlib
import logging
import re
import threading
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from importer.clock import SystemClock
from importer.documents import joined
from importer.job_settings import Told
from importer.language import tr, trn
from importer.state import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.clock import Clock
    from importer.model import Secret
    from importer.state import NewMessage

LARGEST_ATTACHMENT = 5_000_000
"""Bytes; many a mail server refuses a message of more than 10 MB."""
_PAUSE = 5.0  # seconds before what failed is tried again
_KIND = re.compile(r"([a-z][a-z0-9+.-]{0,19})://", re.IGNORECASE)
_TONES = {
    Told.FAILED: "failure",
    Told.DEGRADED: "warning",
    Told.MISSING: "warning",
    Told.RECOVERED: "success",
    Told.SUCCESS: "success",
}
_CHATTY = ("apprise", "requests", "urllib3")  # what they log can hold an address


@dataclass(frozen=True, slots=True)
class Delivery:
    """Who was told. ``told``: marks of the places that took the message, now or before.

    ``problem``: a sentence, without any address, when not all did.
    """

    told: tuple[str, ...] = ()
    problem: str | None = None


@dataclass(slots=True)
class _Place:
    """One address to tell. ``number``: counted from 1. ``service``: apprise's; None: not usable."""

    number: int
    url: str = field(repr=False)
    service: Any = field(default=None, repr=False)
    told: bool = False

    @property
    def mark(self) -> str:
        """Tell addresses apart; far too short for the address to be found by it."""
        return hashlib.sha256(self.url.encode()).hexdigest()[:6]

    def __str__(self) -> str:
        kind = _KIND.match(self.url)
        if kind is None:
            return tr("place {number}", number=self.number)
        return tr("place {number} ({kind})", number=self.number, kind=kind[1].lower())


def tell(
    message: Message | NewMessage,
    to: Sequence[Secret],
    *,
    clock: Clock | None = None,
    timeout_seconds: float = 60.0,
) -> Delivery:
    """Send word to every address that has not taken it yet.

    ``to``: texts of one or several addresses, with blanks or line breaks between them. All are told
    at once, and must answer within ``timeout_seconds``; those that did not take it are tried once
    more, without attachments. An attachment that is not there, or is too large, is left out, which
    the message then says.
    """
    told = message.told if isinstance(message, Message) else ()
    problem = _lacking(to)
    if problem is not None:
        return Delivery(told, problem)
    _silence()
    urls = _urls(to)
    places = [_Place(number, url, _service(url)) for number, url in enumerate(urls, 1)]
    places = [one for one in places if one.mark not in told]
    _tell_all(places, message, message.attached, timeout_seconds)
    again = [one for one in places if one.service is not None and not one.told]
    if again:
        (clock or SystemClock()).sleep(_PAUSE)
        _tell_all(again, message, (), timeout_seconds)
    now = tuple(one.mark for one in places if one.told)
    return Delivery((*told, *now), _who_was_not(places))


def _urls(to: Sequence[Secret]) -> list[str]:
    return [url for secret in to for text in secret.reveal().split() if (url := text.strip(","))]


def _lacking(to: Sequence[Secret]) -> str | None:
    """Say what is missing for anybody to be told."""
    try:
        import apprise  # noqa: F401 - only to see whether it is there
    except ImportError:
        return tr(
            "Word was not sent: a package is missing. Run: pip install 'importer[nights]'. The "
            "next start sends it"
        )
    if not _urls(to):
        return tr(
            "Word was not sent: there is no address to send it to. Put one where `notify` of the "
            "job says; the next start sends it"
        )
    return None


def _who_was_not(places: Sequence[_Place]) -> str | None:
    unusable = [one for one in places if one.service is None]
    silent = [one for one in places if one.service is not None and not one.told]
    told = []
    if unusable:
        told.append(
            trn(
                "{places} of `notify` is no address that apprise knows: write it as apprise's own "
                "pages have it",
                "{places} of `notify` are no addresses that apprise knows: write them as apprise's "
                "own pages have them",
                len(unusable),
                places=joined(map(str, unusable)),
            )
        )
    if silent:
        told.append(
            trn(
                "{places} of `notify` did not take the message: look at its address, and whether "
                "this machine reaches it",
                "{places} of `notify` did not take the message: look at their addresses, and "
                "whether this machine reaches them",
                len(silent),
                places=joined(map(str, silent)),
            )
        )
    if not told:
        return None
    return tr(
        "Not everybody was told: {why}. The next start tries again", why=joined(told, tr("; "))
    )


# --- apprise --------------------------------------------------------------------------------------


def _silence() -> None:
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    warnings.filterwarnings("ignore", message="Unverified HTTPS request")  # it names the host


def _service(url: str) -> Any:
    """Make what sends to an address; None: it is none, or its package is missing."""
    import apprise

    asset = apprise.AppriseAsset(
        app_id="importer",
        app_desc="importer",
        app_url="",
        image_url_mask="",  # no pictures from elsewhere
        image_url_logo="",
        async_mode=False,
        http_redirects=False,  # after one, a page that answers 200 would pass for a delivery
        service_timeout=0,  # ours holds, and no thread of theirs holds up our end
    )
    try:
        with warnings.catch_warnings():  # its modules are all imported here: that they use what
            warnings.simplefilter("ignore")  # is out of date is not to hinder us
            service = apprise.Apprise.instantiate(url, asset=asset)
    except Exception:  # noqa: BLE001 - each of the services has errors of its own
        return None
    if service is not None and service.overflow_mode == apprise.OverflowMode.UPSTREAM:
        service.overflow_mode = apprise.OverflowMode.SPLIT  # cut, only the first file would go
    return service


def _tell_all(
    places: Sequence[_Place],
    message: Message | NewMessage,
    attached: Sequence[str],
    timeout_seconds: float,
) -> None:
    """Tell all at once; a thread that hangs is left behind, and ends with the process."""
    there = [path for path in attached if _may_go(Path(path))]
    body = _with_note(message, there)
    threads = [
        threading.Thread(target=_tell_one, args=(one, message, body, there), daemon=True)
        for one in places
        if one.service is not None
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + timeout_seconds  # the network knows no other clock
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


def _tell_one(
    place: _Place, message: Message | NewMessage, body: str, attached: Sequence[str]
) -> None:
    import apprise
    from apprise.attachment import file

    attachment: Any = file.AttachFile
    try:
        told = apprise.Apprise(place.service).notify(
            body=body,
            title=message.title,
            notify_type=_TONES[Told(message.kind)],
            body_format=apprise.NotifyFormat.TEXT,
            # By path: a name with ? or % would be read as an address otherwise.
            attach=[attachment(path) for path in attached] or None,
        )
        place.told = bool(told)
    except Exception:  # noqa: BLE001 - each of the services has errors of its own
        place.told = False


def _may_go(path: Path) -> bool:
    try:
        with path.open("rb"):
            return path.is_file() and path.stat().st_size <= LARGEST_ATTACHMENT
    except OSError:
        return False


def _with_note(message: Message | NewMessage, there: Sequence[str]) -> str:
    """Add to a message which of its attachments are left out."""
    left = [Path(path).name for path in message.attached if path not in there]
    if not left:
        return message.body
    note = tr("Left out: {files}. They lie in the folder of the run.", files=joined(left))
    return f"{message.body}\n\n{note}"
