"""The way to one account: its turn in the pace, the call, and its secret kept out of answers."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from importer.errors import ImporterError
from importer.language import tr

if TYPE_CHECKING:
    from types import TracebackType

    from importer.client import Client
    from importer.clock import Clock, Interruption
    from importer.model import ApiRequest, ApiResponse, Credentials, Watcher
    from importer.pacing import Pace, Turn

_LONGEST_PACE = 4_000.0  # seconds; an hour's window is waited for, a day's is not
_NOTABLE_WAIT = 5.0  # seconds; shorter ones are not worth a line in the log
_SHORTEST_SECRET = 8  # a shorter text would be found in answers by chance
_INSTEAD = b"***"
_ESCAPES = r"\\{1,8}"  # JSON within JSON doubles them each time
# Patterns of how JSON, HTML and addresses write some characters in short.
_SHORT_FORMS = {
    '"': ("&quot;",),
    "'": ("&apos;",),
    "&": ("&amp;",),
    "<": ("&lt;",),
    ">": ("&gt;",),
    " ": (r"\+",),
}


class StopRequestedError(ImporterError):
    """A stop was requested, so no further call begins."""


class Line:
    """Calls to one account, within its pace. Several threads may use it at once."""

    def __init__(
        self,
        client: Client,
        pace: Pace,
        credentials: Credentials,
        *,
        clock: Clock,
        interruption: Interruption,
        watcher: Watcher,
    ) -> None:
        self._client = client
        self._pace = pace
        self._echoes = _Echoes(credentials)
        self._clock = clock
        self._interruption = interruption
        self._watcher = watcher

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def turn(self, *, pause: float = 0.0, scope: str = "default") -> Turn:
        """Wait for the pause, in seconds, and then until a call may go; it must be sent.

        The turn's ``waited`` counts both. ``scope``: of the request that is to go.

        Raises:
            StopRequestedError: meanwhile or before.
            BudgetSpentError: the pace would be waited for longer than an hour's window lasts.
        """
        began = self._clock.monotonic()
        if pause > 0 and not self._interruption.requested:
            self._clock.sleep(pause)
        paused = self._clock.monotonic() - began
        turn = self._pace.wait_turn(
            self._interruption, longest=_LONGEST_PACE, tell=self._tell, scope=scope
        )
        if turn is None:
            raise StopRequestedError(tr("The run was asked to stop."))
        return replace(turn, waited=turn.waited + paused)

    def _tell(self, seconds: float) -> None:
        if seconds >= _NOTABLE_WAIT:
            self._watcher.event("waiting", seconds=round(seconds, 1))

    def send(self, turn: Turn, request: ApiRequest) -> ApiResponse:
        """Make a turn's call; the pace obeys what the answer asks for.

        Should the answer repeat the account's secret, it is taken out. Raises as the client does.
        """
        try:
            response = self._client.send(request)
        finally:
            self._pace.done(turn)
        self._pace.heed(response, scope=request.scope)
        return self._echoes.taken_out(response)

    def unused(self, turn: Turn) -> None:
        """Give a turn back of which no call comes; it counts all the same."""
        self._pace.done(turn)

    def ask(self, request: ApiRequest) -> ApiResponse:
        """Wait for a turn and make a call that only reads; raises as both do."""
        return self.send(self.turn(scope=request.scope), request)

    def hold(self, seconds: float, *, scope: str = "default") -> None:
        """Let no call of the scope go for that long; of ``default``: none of the account."""
        self._pace.hold(seconds, scope=scope)

    def abort(self) -> None:
        """Cut off the calls under way, and let no new one begin; for another thread to call."""
        self._client.abort()

    def close(self) -> None:
        """Close the client and the pace."""
        try:
            self._client.close()
        finally:
            self._pace.close()


class _Echoes:
    """The secret as answers may repeat it: in JSON, in HTML, in addresses, and for Basic auth."""

    def __init__(self, credentials: Credentials) -> None:
        secret = credentials.key.reveal()
        pair = f"{credentials.key_id}:{secret}"  # long enough where the secret alone is not
        hidden = [text for text in (pair, secret) if secret and len(text) >= _SHORTEST_SECRET]
        encodings = (base64.b64encode, base64.urlsafe_b64encode)
        encoded = {
            _without_neighbours(encode(b"\0" * before + text.encode()).decode(), before)
            for encode in encodings
            for text in hidden
            for before in range(3)
        }
        forms = [*([secret] if secret in hidden else []), *sorted(encoded)]
        self._echoes = [(_longest_stretch(form), _in_any_notation(form)) for form in forms]

    def taken_out(self, response: ApiResponse) -> ApiResponse:
        """Give the answer without the secret, in its body and its headers' values."""
        headers = {n: self._without(v.encode()).decode() for n, v in response.headers.items()}
        return replace(response, headers=headers, body=self._without(response.body))

    def _without(self, text: bytes) -> bytes:
        for stretch, echo in self._echoes:
            if stretch in text:  # a pattern is slow, and answers hardly ever hold one
                text = echo.sub(_INSTEAD, text)
        return text


def _without_neighbours(encoded: str, before: int) -> str:
    """Keep of base64 what does not depend on the bytes around: the whole call may be encoded."""
    whole = len(encoded.rstrip("=")) - (2 if encoded.endswith("=") else 0)
    return encoded[(0, 2, 3)[before] : whole]


def _longest_stretch(text: str) -> bytes:
    """Find the longest part that no notation changes."""
    return max(re.findall(r"[A-Za-z0-9]+", text), key=len, default="").encode()


def _in_any_notation(text: str) -> re.Pattern[bytes]:
    return re.compile("".join(_notations(character) for character in text).encode())


def _notations(character: str) -> str:
    """Match a character as it is, or as JSON, an address or HTML may write it."""
    if character.isascii() and character.isalnum():
        return character
    code, units = ord(character), character.encode("utf-16-be")
    escaped = "".join(rf"{_ESCAPES}u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))
    percent = "".join(f"%{byte:02x}" for byte in character.encode())
    # The plain form comes last: it can be the beginning of another.
    forms = (
        rf"(?i:{escaped}|{percent}|&#0*{code};|&#x0*{code:x};)",
        *_SHORT_FORMS.get(character, ()),
        _ESCAPES if character == "\\" else _ESCAPES.replace("1", "0") + re.escape(character),
    )
    return f"(?:{'|'.join(forms)})"
