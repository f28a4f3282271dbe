"""How the account slows its callers down: by tiers a minute, or by a flat number an hour."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from importer.sandbox.calls import Pace
from importer.sandbox.dotdigital.settings import RateReset, RateScheme

if TYPE_CHECKING:
    from importer.sandbox.clock import Clock
    from importer.sandbox.dotdigital.settings import DotdigitalSettings
    from importer.sandbox.errors import Headers

_MINUTE = 60.0
_HOUR = 3_600.0


class Tier(StrEnum):
    """What a call counts against; the words stand in X-RateLimit-Scope.

    One vendor sample shows ``lowCallRate``; the others are spelled after it.
    """

    LOW = "lowCallRate"
    MEDIUM = "mediumCallRate"
    HIGH = "highCallRate"
    UNLIMITED = "unlimited"


@dataclass(slots=True)
class _Window:
    limit: int
    began: float = -math.inf
    taken: int = 0

    def turn(self, now: float) -> None:
        """Begin anew when the minute is over."""
        if now >= self.began + _MINUTE:
            self.began, self.taken = now, 0


class Limiter:
    """Counts the account's calls; refused calls do not count (which no document says)."""

    def __init__(self, settings: DotdigitalSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._hour = Pace({_HOUR: settings.flat_calls})
        limits = {
            Tier.LOW: settings.tier_low,
            Tier.MEDIUM: settings.tier_medium,
            Tier.HIGH: settings.tier_high,
        }
        self._windows = {
            tier: _Window(limit)
            for tier, limit in limits.items()
            if settings.rate_scheme is RateScheme.TIERED and limit is not None
        }

    def take(self, tier: Tier) -> bool:
        """Count a call of that tier, or tell that it is one too many."""
        now = self._clock.monotonic()
        if self._hour.take(now) > 0 and self._settings.rate_scheme is RateScheme.FLAT:
            return False
        with self._lock:
            if (window := self._windows.get(tier)) is None:
                return True
            window.turn(now)
            if window.taken >= window.limit:
                return False
            window.taken += 1
            return True

    def headers(self, tier: Tier) -> Headers:
        """The four headers of a tier as it stands now; none where nothing is counted."""
        with self._lock:
            if (window := self._windows.get(tier)) is None:
                return ()
            now = self._clock.monotonic()
            window.turn(now)
            wait = window.began + _MINUTE - now
            return self._told(tier, window.limit, window.limit - window.taken, wait)

    def spent(self, tier: Tier, wait: float) -> Headers:
        """The four headers of a tier that has nothing left for so many seconds."""
        window = self._windows.get(tier)
        return self._told(tier, window.limit if window else 1, 0, wait)

    def last_hour(self) -> tuple[int, int]:
        """The calls of the last hour, and how many the flat limit leaves."""
        left = self._hour.allowance(self._clock.monotonic())
        remaining = left.remaining if left else 0
        return self._settings.flat_calls - remaining, remaining

    def _told(self, tier: Tier, limit: int, remaining: int, wait: float) -> Headers:
        since = self._clock.now() if self._settings.reset is RateReset.EPOCH else 0.0
        return (
            ("X-RateLimit-Limit", str(limit)),
            ("X-RateLimit-Remaining", str(remaining)),
            ("X-RateLimit-Reset", str(math.ceil(since + wait))),
            ("X-RateLimit-Scope", tier.value),
        )
