"""What a text that is no address was likely meant to be: a remedy in the operator's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from importer.checking.typing_slips import domain_completed, domain_meant, known_domains
from importer.language import tr

_LONGEST = 400
_BETWEEN = re.compile(r"[\s;,/|<>()\"]+")
_ANGLED = re.compile(r"<\s*([^<>]+?)\s*>[\s.;,]*$")
_AT = re.compile(r"(?i)\s*[(\[{<]\s*(?:at|arobase|chez|@)\s*[)\]}>]\s*|\s+(?:at|arobase)\s+|[＠﹫]")
_DOT = re.compile(r"(?i)\s*[(\[{]\s*(?:dot|point)\s*[)\]}]\s*")
_INVISIBLE = re.compile(r"[\s\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]+")
_AROUND = " \t\r\n.,;:<>()[]\"'«»“”‘’"
_REPEATED = (
    (re.compile(r"[,;]"), "."),
    (re.compile(r"\.{2,}"), "."),
    (re.compile(r"@{2,}"), "@"),
    (re.compile(r"\.?@\.?"), "@"),
)


def remedy(text: str, accepts: Callable[[str], bool]) -> str:
    """Say what to do about a text that is no address; empty where nothing can be guessed.

    ``accepts`` tells whether a text is an address.
    """
    if len(text) > _LONGEST:
        return ""
    if text.count("@") > 1:
        several = sum(accepts(part.strip(_AROUND)) for part in _BETWEEN.split(text) if "@" in part)
        if several > 1:
            return tr("It holds {several} addresses: keep one.", several=several)
    tried = {text}
    for candidate in _mended(text):
        if candidate in tried or "@" not in candidate:
            continue
        tried.add(candidate)
        if accepts(candidate):
            return tr("Did you mean {address}?", address=_with_domain_meant(candidate))
    return ""


def _with_domain_meant(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain_meant(domain.lower()) or domain}"


def _mended(text: str) -> Iterator[str]:
    """Give the text with more and more of it mended."""
    angled = _ANGLED.search(text)
    text = _without_frame(angled[1] if angled else text)
    yield text
    text = _without_frame(_DOT.sub(".", _AT.sub("@", text)))
    yield text
    text = _INVISIBLE.sub("", text)
    yield text
    for pattern, replacement in _REPEATED:
        text = pattern.sub(replacement, text)
    yield text
    local, at, domain = text.rpartition("@")
    if at:
        yield f"{local}@{domain_completed(domain.lower()) or domain}"
        return
    without = _lacking_at().match(text)
    if without:
        yield f"{without[1]}@{without[2]}"


def _without_frame(text: str) -> str:
    return re.sub(r"(?i)^mailto:\s*", "", text.strip(_AROUND)).strip(_AROUND)


@lru_cache(maxsize=1)
def _lacking_at() -> re.Pattern[str]:
    """Match a provider's domain with what a missed key leaves of the sign before it."""
    domains = "|".join(re.escape(d) for d in sorted(known_domains(), key=len, reverse=True))
    return re.compile(rf"(?i)^([a-z0-9._+-]+?)[.2à]?({domains})$")
