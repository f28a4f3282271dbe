"""How long an answer asks to wait: Retry-After (RFC 9110), and what rate headers say is left.

Rate headers have no standard yet. Read are the common ``X-RateLimit-Remaining`` with
``X-RateLimit-Reset``, the same without ``X-`` (draft-ietf-httpapi-ratelimit-headers up to 06), and
the one header ``RateLimit`` of the later drafts: ``limit=10, remaining=0, reset=5`` (07), then
``"minute";r=0;t=5``.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importer.model import ApiResponse

_PREFIXES = ("x-ratelimit", "x-rate-limit", "ratelimit")
_REMAINING, _RESET = ("r", "remaining"), ("t", "reset")
_MEMBER = re.compile(r'([a-z]+)\s*=\s*"?([0-9.]+)')
_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
_LEAST_SECONDS, _LEAST_MILLISECONDS = 1e9, 1e12  # since 1970; anything less is a delta


def retry_after(response: ApiResponse) -> float | None:
    """Read the wait in seconds; None when the answer names none that can be read.

    A date is measured from the answer's own ``Date``, so that our clock need not agree with the
    platform's. The client sees to it that every answer has one.
    """
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        seconds = float(text)
        return seconds if math.isfinite(seconds) else None
    until, sent = _moment(text), _moment(response.headers.get("date", ""))
    if until is None or sent is None:
        return None
    return max(0.0, (until - sent).total_seconds())


def rate_limit_wait(response: ApiResponse) -> float | None:
    """Read how many seconds no call may go, because none is left; None when some are, or unsaid.

    A reset above 1e12 is in milliseconds since 1970, above 1e9 in seconds since 1970 (both measured
    from the answer's own ``Date``), else seconds from now. What cannot be read is no wait. The
    longest of several counts. It may be very long: how much of it is believed is the caller's.
    """
    waits = [
        wait
        for remaining, reset in _said(response)
        if _number(remaining) == 0 and (wait := _until(reset, response)) is not None
    ]
    return max(waits, default=None)


def _said(response: ApiResponse) -> list[tuple[str, str]]:
    """Collect what is left and when it is renewed, of each limit that the answer tells of."""
    headers = response.headers
    said = [(headers.get(f"{p}-remaining", ""), headers.get(f"{p}-reset", "")) for p in _PREFIXES]
    members = [
        dict(_MEMBER.findall(part)) for part in _limits(headers.get("ratelimit", "").lower())
    ]
    return said + [(_first(found, _REMAINING), _first(found, _RESET)) for found in members]


def _limits(text: str) -> list[str]:
    """Cut the ``RateLimit`` header into limits; in its older form the commas are inside of one."""
    return [text] if "remaining" in text else text.split(",")


def _first(members: dict[str, str], names: tuple[str, ...]) -> str:
    return next((members[name] for name in names if name in members), "")


def _until(reset: str, response: ApiResponse) -> float | None:
    number = _number(reset)
    if number is None or number <= _LEAST_SECONDS:
        return number
    sent = _moment(response.headers.get("date", ""))
    if sent is None:
        return None
    until = number / 1000 if number > _LEAST_MILLISECONDS else number
    return max(0.0, until - sent.timestamp())


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text.strip()) else None


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # the latter for numbers of very many digits
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
