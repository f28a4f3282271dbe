"""What can go wrong here, by who must act."""

from __future__ import annotations

Headers = tuple[tuple[str, str], ...]


class SandboxError(ValueError):
    """The sandbox cannot start as asked; the message is one sentence for the operator."""


class AnswerLostError(ConnectionResetError):
    """The answer of this call never reaches the caller.

    Being an ``OSError``, it makes waitress close the connection without a byte. A caller in the
    same process (``httpx.WSGITransport``) gets this exception itself.
    """


class RefusalError(Exception):
    """The whole call is refused. ``code`` and ``message`` are the sandbox's invention.

    ``status`` is the HTTP status of the style ``http``; ``always`` keeps it in the other style.
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 400,
        *,
        always: bool = False,
        headers: Headers = (),
    ) -> None:
        super().__init__(message)
        self.code = f"Sandbox{code}"
        self.message = f"sandbox: {message}"
        self.status = status
        self.always = always
        self.headers = headers


class UnfitValueError(ValueError):
    """A value does not fit its field; the message says why."""
