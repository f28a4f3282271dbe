"""How pages write shares, moments, durations and sizes, and cut what is too long."""

from __future__ import annotations

from datetime import datetime

from importer.language import decimal, number, tr, trn

LONGEST = 200


def share(some: int, total: int) -> str:
    """Write a part of a total; what is there is never 0 %, what is missing never 100 %."""
    if not total or some in {0, total}:
        return tr("{share}%", share=number(100 if some else 0))
    per_cent = 100 * some / total
    if per_cent < 0.1:
        return tr("< {share}%", share=decimal(0.1))
    return tr("{share}%", share=decimal(min(per_cent, 99.9)))


def moment(text: str) -> str:
    """Write an ISO moment as people read it, in UTC; anything else as it stands."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{found:%Y-%m-%d %H:%M:%S} UTC" if text.endswith("Z") else text


def duration(seconds: float) -> str:
    """Write a duration in its two largest units."""
    if seconds < 59.95:
        whole = round(seconds, 1) == int(round(seconds, 1))
        return tr("{seconds} s", seconds=decimal(seconds, 0 if whole else 1))
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return tr("{minutes} min {seconds} s", minutes=minutes, seconds=rest)
    hours, minutes = divmod(minutes, 60)
    return tr("{hours} h {minutes} min", hours=number(hours), minutes=minutes)


def size(octets: int) -> str:
    """Write a number of bytes."""
    if octets >= 1_000_000:
        return tr("{size} MB", size=decimal(octets / 1_000_000))
    if octets >= 1_000:
        return tr("{size} kB", size=decimal(octets / 1_000))
    return trn("{count} byte", "{count} bytes", octets)


def clip(text: str, longest: int = LONGEST) -> str:
    """Cut a text that is too long for the page."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
