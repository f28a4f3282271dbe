"""Generated addresses: plain, nearly plain and odd ones, the same for the same seed."""

from __future__ import annotations

import random

from email_validator import SPECIAL_USE_DOMAIN_NAMES

_WORDS = ("marie", "jean-luc", "O'Brien", "a", "Tremblay", "x_y", "info", "POSTMASTER", "2024")
_NAMES = ("example", "gmail", "Videotron", "b-c", "a1", "xn--bcher-kva", "bücher", "日本", "école")
_ENDINGS = ("com", "ca", "fr", "qc.ca", "CO.UK", "museum", "québec", "xn--p1ai", "c0m", "c", "1")
_STRANGE = (
    "\"\\ (),:;<>[]@.'`|~éßÉñ日ｅ。．＠﹫@@..--__++%&#/?!𝒶🙂ﬁﷺ\t\n\x00\x7f\x85\u2028\u212b"
    "\u0301\u0338\u200b\u200d\u00ad\u202e\ufeff\u00a0\ud7ff\ue000\ufffd"
)
_WHOLE = (
    '"quoted"@{}', '"quoted at@"@{}', '"a b"@{}', r'"a\"b"@{}', "Name <a@{}>", "<a@{}>",
    '"Name, N." <a@{}>', "mailto:a@{}", "a@[192.0.2.1]", "a@[IPv6:2001:db8::1]", "a@[{}]",
    "a@{}.", "a@.{}", "a@{},b@{}", "(c)a@{}", "a(c)@{}", "a@{} ", " a@{}", "@{}", "a@", "{}", "@",
    "a@-{}", "a@{}-", "a@b_c.{}", "a@b..{}", "a@xn--.{}", "a@ab--cd.{}", "a@{}:25", "a@{}/x",
)  # fmt: skip


def addresses(count: int, seed: int) -> list[str]:
    """Make so many texts: half plain, a quarter nearly so, the rest odd."""
    chance = random.Random(seed)
    kinds = (_plain, _plain, _nearly_plain, _odd)
    return [chance.choice(kinds)(chance) for _ in range(count)]


def _plain(chance: random.Random) -> str:
    local = chance.choice(".+_-").join(chance.choices(_WORDS, k=chance.randint(1, 3)))
    return f"{local}{chance.randrange(10_000)}@{_domain(chance, _NAMES[:5], _ENDINGS[:6])}"


def _domain(chance: random.Random, names: tuple[str, ...], endings: tuple[str, ...]) -> str:
    labels = [*chance.choices(names, k=chance.randint(1, 3)), chance.choice(endings)]
    return ".".join(labels)


def _nearly_plain(chance: random.Random) -> str:
    text = _plain(chance) if chance.random() < 0.5 else f"a{chance.randrange(99)}@{_far(chance)}"
    for _ in range(chance.randint(0, 2)):
        at = chance.randint(0, len(text))
        kept = at + chance.randint(0, 1)
        text = text[:at] + chance.choice(_STRANGE) + text[kept:]
    return text


def _far(chance: random.Random) -> str:
    """Make a domain near one of its limits, or one that is nobody's."""
    kind = chance.randrange(5)
    if kind == 0:
        return f"{'b' * chance.randint(60, 66)}.fr"
    if kind == 1:
        return "bcdefghi." * chance.randint(24, 30) + "fr"
    if kind == 2:
        return f"x.{chance.choice(SPECIAL_USE_DOMAIN_NAMES)}"
    if kind == 3:
        return f"{chance.choice(SPECIAL_USE_DOMAIN_NAMES)}.{chance.choice(_ENDINGS)}"
    return _domain(chance, _NAMES, _ENDINGS)


def _odd(chance: random.Random) -> str:
    if chance.random() < 0.4:
        domain = _domain(chance, _NAMES, _ENDINGS)
        return chance.choice(_WHOLE).replace("{}", domain) or "@"
    if chance.random() < 0.3:
        local = chance.choice(("a", "é", "日", "ab.", "a'")) * chance.randint(20, 130)
        return f"{local}@{_far(chance)}"
    signs = (*_STRANGE, *_WORDS, "@", "@", ".", "com")
    return "".join(chance.choices(signs, k=chance.randint(1, 12)))
