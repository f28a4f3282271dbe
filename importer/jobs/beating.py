"""A job's heartbeat: somebody else's alarm goes off when it stays away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from importer.clock import SystemClock
from importer.language import tr

if TYPE_CHECKING:
    from importer.clock import Clock
    from importer.model import Secret

_WAITS = (1.0, 4.0)  # seconds before the second and the third try


def beat(
    url: Secret,
    *,
    clock: Clock | None = None,
    transport: Any = None,
    timeout_seconds: float = 10.0,
) -> str | None:
    """Give a sign of life; a sentence, without the address, when nobody took it.

    Three tries are made at most, fewer where another would come to the same. ``transport``: of
    httpx, instead of the network.
    """
    from importer.client.pinging import PingError, ping  # heavy, and few jobs have a heartbeat

    clock = clock or SystemClock()
    for wait in (*_WAITS, None):
        try:
            ping(url, timeout_seconds=timeout_seconds, transport=transport, clock=clock)
        except PingError as error:
            if wait is None or not error.passing:
                return tr(
                    "The heartbeat was not given: {why}. Until it is, whoever watches it will "
                    "raise an alarm",
                    why=error,
                )
            clock.sleep(wait)
        else:
            return None
    raise AssertionError  # pragma: no cover - the last try always returns
