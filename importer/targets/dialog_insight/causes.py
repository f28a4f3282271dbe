"""Why an account refuses every call, as far as status and words of the refusal tell.

A key has a switch, a date of expiry, a list of addresses and permissions (documented); how the
platform words the want of one is not known. These patterns are ours: they look for what such a
sentence can hardly do without, in English and French, in a code as in a message. What they do not
know stays unsaid.
"""

from __future__ import annotations

import re

from importer.errors import AccountCause

_WRONG_KEY = 401
_LONGEST = 500  # characters of a refusal that are looked at
_WORDS_OF_A_CODE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_")

_NEAR = r"[^.:;]{0,40}?"
_KEY = r"\b(?:key|cl[ée]f?|credentials?|identifiants?|account|compte|user|utilisateur)\b"
_PROJECT = r"\b(?:project|projet)\b"
_OFF = (
    r"\b(?:inactive?s?|(?:de|dé|des|dés)activ(?:ated|[ée]e?s?)|disabled|suspended|suspendue?|revoked"
    r"|révoqu[ée]e?|expir(?:ed|y|ation|[ée]e?)|not (?:in use|active|enabled)|pas active?)\b"
)
_WRONG = (
    r"\b(?:invalide?s?|incorrecte?s?|wrong|unknown|inconnue?s?|bad|mauvaise?|erron[ée]e?s?"
    r"|not (?:accepted|valid|recogni[sz]ed|found|known)|(?:pas|non) (?:valide|reconnue?)"
    r"|does not match|mismatch|failed|échouée?|refused|refusée?)\b"
)
_ABSENT = (
    r"\b(?:not found|unknown|inconnue?|introuvable|invalide?|incorrecte?|inactif|inactive"
    r"|(?:does not|doesn't) exist|n['’]existe pas|closed|deleted|supprimé)\b"
)
_FORBIDDEN = (
    r"\b(?:not|non|pas)\b[^.:;]{0,10}\b(?:allowed|permitted|autoris[ée]e?s?|authori[sz]ed)\b"
)

# In this order: what a sentence says beside its cause ("... for this key") comes last.
_PATTERNS = tuple(
    (cause, re.compile(pattern, re.IGNORECASE))
    for cause, pattern in (
        (
            AccountCause.ADDRESS,
            rf"\bIP\b|(?<!mail )\b(?:address|adresse)\b{_NEAR}{_FORBIDDEN}"
            rf"|{_FORBIDDEN}{_NEAR}\bfrom (?:this |your )?(?:address|location)\b"
            r"|\bmay not be used from\b",
        ),
        (
            AccountCause.PROJECT,
            rf"{_PROJECT}{_NEAR}{_ABSENT}"
            rf"|\b(?:no|no such|unknown|invalid|wrong|inactive|aucun|mauvais) {_PROJECT}",
        ),
        (AccountCause.INACTIVE, rf"{_KEY}{_NEAR}{_OFF}|{_OFF}{_NEAR}{_KEY}"),
        (
            AccountCause.PERMISSION,
            r"\b(?:permissions?|privil[eè]ges?|droits?|habilitations?)\b"
            r"|\b(?:insufficient|missing|no|lacks?) (?:access )?rights?\b"
            r"|\b(?:not|pas) (?:allowed|permitted|authori[sz]ed|autoris[ée]e?)"
            r" (?:to|access|à|for|pour)\b",
        ),
        (
            AccountCause.KEY,
            rf"{_KEY}{_NEAR}{_WRONG}|{_WRONG}{_NEAR}{_KEY}"
            r"|\b(?:authentication|authentification)\b",
        ),
    )
)


def cause_of(status: int, words: str) -> AccountCause:
    """Find why an account was refused. ``words``: code and message, as the platform said them."""
    plain = _WORDS_OF_A_CODE.sub(" ", words[:_LONGEST])
    for cause, pattern in _PATTERNS:
        if pattern.search(plain):
            return cause
    return AccountCause.KEY if status == _WRONG_KEY else AccountCause.UNSAID
