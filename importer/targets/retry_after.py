"""How long an answer asks to wait: the Retry-After header of RFC 9110, in both forms."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importer.model import ApiResponse


def retry_after(response: ApiResponse) -> float | None:
    """Read the wait in seconds; None when the answer names none that can be read.

    A date is measured from the answer's own ``Date``, so that our clock need not agree with the
    platform's. The client sees to it that every answer has one.
    """
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    until, sent = _moment(text), _moment(response.headers.get("date", ""))
    if until is None or sent is None:
        return None
    return max(0.0, (until - sent).total_seconds())


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
