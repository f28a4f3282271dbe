"""Usual slips in the domains of well-known mailbox providers -> the domain that was meant.

A domain is doubted only when one slip of a finger leads from it to a provider of Quebec, France,
their neighbours or the whole world, and it is not known to be somebody's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_EVERYWHERE = ("com", "fr", "ca", "be", "ch", "de", "es", "it", "co.uk")
# Name -> the endings under which it has mailboxes, the likeliest first.
_PROVIDERS: dict[str, tuple[str, ...]] = {
    "gmail": ("com",),
    "hotmail": _EVERYWHERE,
    "outlook": _EVERYWHERE,
    "yahoo": _EVERYWHERE,
    "live": ("com", "ca", "fr", "be"),
    "icloud": ("com",),
    "msn": ("com",),
    "aol": ("com", "fr"),
    "ymail": ("com",),
    "rocketmail": ("com",),
    "googlemail": ("com",),
    "protonmail": ("com", "ch"),
    "proton": ("me",),
    "gmx": ("com", "fr", "net", "de", "ch"),
    "videotron": ("ca",),
    "sympatico": ("ca",),
    "bell": ("net",),
    "rogers": ("com",),
    "telus": ("net",),
    "shaw": ("ca",),
    "cogeco": ("ca", "net"),
    "eastlink": ("ca",),
    "globetrotter": ("net",),
    "sasktel": ("net",),
    "orange": ("fr",),
    "wanadoo": ("fr",),
    "laposte": ("net",),
    "free": ("fr",),
    "sfr": ("fr",),
    "neuf": ("fr",),
    "bbox": ("fr",),
    "numericable": ("fr",),
    "noos": ("fr",),
    "voila": ("fr",),
    "aliceadsl": ("fr",),
    "club-internet": ("fr",),
    "cegetel": ("net",),
    "skynet": ("be",),
    "telenet": ("be",),
    "proximus": ("be",),
    "bluewin": ("ch",),
    "comcast": ("net",),
    "verizon": ("net",),
    "sbcglobal": ("net",),
    "bellsouth": ("net",),
}
_SHORTEST = 5  # a shorter name has too many neighbours that are names too
# Endings that do not exist, but for the last three of com: countries that only these providers'
# customers reach by a slip.
_ENDINGS = {
    "com": (
        "con", "cmo", "ocm", "vom", "xom", "cpm", "clm", "cim", "c0m", "cok", "cmm", "coom",
        "ccom", "comm", "comn", "conm", "cpom", "coml", "c",
    ),
    "fr": ("f", "ft", "rf", "fe", "ff", "fd", "frr", "ffr", "dr"),
    "ca": ("c", "xa", "cq", "cs", "caa", "cca", "da"),
    "net": ("ner", "nte", "ent", "nt", "nrt", "nett", "nnet", "ney", "neet", "nwt"),
}  # fmt: skip
_SHORTENED = ("co", "cm", "om")
_ONLY_BY_SLIP = {"gmail", "hotmail", "outlook", "icloud", "yahoo"}
_OTHERS = {
    "gmail.ca": "gmail.com",
    "gmail.fr": "gmail.com",
    "gmail.be": "gmail.com",
    "gemail.com": "gmail.com",
    "gimail.com": "gmail.com",
    "g-mail.com": "gmail.com",
    "gmaile.com": "gmail.com",
    "hot-mail.com": "hotmail.com",
    "hotmeil.com": "hotmail.com",
    "icloud.ca": "icloud.com",
    "icloud.fr": "icloud.com",
    "iclould.com": "icloud.com",
    "videotron.com": "videotron.ca",
    "vidéotron.ca": "videotron.ca",
    "sympatico.com": "sympatico.ca",
}
# Somebody's own, however near.
_REAL = {
    "email.com", "hotmail.gr", "mail.com", "orage.fr", "oranger.fr", "roger.com", "telnet.be",
    "viola.fr",
}  # fmt: skip
_KEYBOARDS = (("qwertyuiop", "asdfghjkl", "zxcvbnm"), ("azertyuiop", "qsdfghjklm", "wxcvbn"))


def domains_meant(domains: Any) -> Any:
    """Give, for each domain in lower case (Arrow text), the one that was likely meant.

    Missing where nothing speaks against the domain.
    """
    slips, meant = _table()
    return meant.take(pc.index_in(domains, value_set=slips))


def domain_meant(domain: str) -> str | None:
    """Give the domain that one was likely meant to be, or None."""
    return _slips().get(domain)


@lru_cache(maxsize=1)
def known_domains() -> tuple[str, ...]:
    """Give the domains of the well-known providers."""
    return tuple(f"{name}.{ending}" for name, ends in _PROVIDERS.items() for ending in ends)


def domain_completed(domain: str) -> str | None:
    """Give the provider's domain of a text that lacks its dot or its ending, or None."""
    return _incomplete().get(domain)


@lru_cache(maxsize=1)
def _incomplete() -> dict[str, str]:
    lacking = {name: f"{name}.{endings[0]}" for name, endings in _PROVIDERS.items()}
    return lacking | {domain.replace(".", ""): domain for domain in known_domains()}


@lru_cache(maxsize=1)
def _table() -> tuple[Any, Any]:
    slips = _slips()
    return pa.array(slips, pa.large_string()), pa.array(slips.values(), pa.large_string())


@lru_cache(maxsize=1)
def _slips() -> dict[str, str]:
    """Make every slip of every provider's domain."""
    slips: dict[str, str] = {}
    for name, endings in _PROVIDERS.items():
        names = set(_misspelt(name)) if len(name) >= _SHORTEST else set()
        for ending in endings:
            meant = f"{name}.{ending}"
            for slip in _mistyped_endings(name, ending):
                slips.setdefault(f"{name}.{slip}", meant)
            for slip in sorted(names):
                slips.setdefault(f"{slip}.{ending}", meant)
            slips[f"www.{meant}"] = meant
    slips |= _OTHERS
    for real in {*known_domains(), *_REAL}:
        slips.pop(real, None)
    return slips


def _mistyped_endings(name: str, ending: str) -> tuple[str, ...]:
    shortened = _SHORTENED if ending == "com" and name in _ONLY_BY_SLIP else ()
    return _ENDINGS.get(ending, ()) + shortened


def _misspelt(name: str) -> Iterator[str]:
    """Give what a finger makes of a name; its first letter stands, or changes with the second."""
    for at in range(len(name) - 1):
        yield name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    for at, letter in enumerate(name):
        yield name[:at] + letter + name[at:]
        if at == 0:
            continue
        yield name[:at] + name[at + 1 :]
        for near in _neighbours()[letter]:
            yield name[:at] + near + name[at + 1 :]
        for near in _neighbours()[name[at - 1]] + _neighbours()[letter]:
            yield name[:at] + near + name[at:]


@lru_cache(maxsize=1)
def _neighbours() -> dict[str, str]:
    """Give the keys beside each letter, on keyboards of both kinds."""
    beside: dict[str, set[str]] = {"-": set()}
    for rows in _KEYBOARDS:
        for row in rows:
            for left, right in pairwise(row):
                beside.setdefault(left, set()).add(right)
                beside.setdefault(right, set()).add(left)
    return {letter: "".join(sorted(keys)) for letter, keys in beside.items()}
