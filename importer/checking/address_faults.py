"""What email-validator says of an address that is none, in the language that is spoken.

It says it in English only. A sentence that is not known here, as of another version of it, stays
as it came.
"""

from __future__ import annotations

import re
from functools import lru_cache
from string import Formatter

from importer.documents import joined
from importer.language import ENGLISH, mark, spoken, tr

# {signs}: characters and names of characters; {reason} and {fault}: sentences that are looked up
# here too.
_FAULTS = (
    mark("An email address must have an @-sign."),
    mark("There must be something before the @-sign."),
    mark("There must be something after the @-sign."),
    mark("There can't be anything after the email address."),
    mark(
        'The email address has the "full-width" at-sign (@) character instead of a regular at-sign.'
    ),
    mark('The email address has the "small commercial at" character instead of a regular at-sign.'),
    mark("Extra character(s) found after close quote: {signs}"),
    mark("The display name contains invalid characters when not quoted: {signs}."),
    mark(
        "An open angle bracket at the start of the email address has to be followed by a close "
        "angle bracket at the end."
    ),
    mark("A display name and angle brackets around the email address are not permitted here."),
    mark("Quoting the part before the @-sign is not allowed here."),
    mark("A bracketed IP address after the @-sign is not allowed here."),
    mark(
        "The address in brackets after the @-sign is not valid: It is not an IPv4 address "
        "({reason}) or is missing an address literal tag."
    ),
    mark("The IPv6 address in brackets after the @-sign is not valid ({reason})."),
    mark("It has a zone index"),
    mark(
        "The part after the @-sign in brackets is not an IPv4 address and has no address literal "
        "tag."
    ),
    mark("The part after the @-sign contains invalid characters in brackets: {signs}."),
    mark("The part after the @-sign contains an invalid address literal tag in brackets."),
    mark("The email address contains an invalid character."),
    mark("The email address contains invalid characters in quotes before the @-sign: {signs}."),
    mark("The email address contains invalid characters before the @-sign: {signs}."),
    mark("The email address contains invalid characters before the @-sign."),
    mark("The email address contains unsafe characters: {signs}."),
    mark("An email address cannot start with a period."),
    mark("An email address cannot have a period immediately before the @-sign."),
    mark("An email address cannot have two periods in a row."),
    mark("An email address cannot have a period immediately after the @-sign."),
    mark("An email address cannot have a hyphen immediately after the @-sign."),
    mark("An email address cannot end with a period."),
    mark("An email address cannot end with a hyphen."),
    mark("An email address cannot have a period and a hyphen next to each other."),
    mark(
        "An email address cannot have two letters followed by two dashes immediately after the "
        "@-sign or after a period, except Punycode."
    ),
    mark("The part after the @-sign contains invalid characters ({reason})."),
    mark(
        "The part after the @-sign contains invalid characters after Unicode normalization: "
        "{signs}."
    ),
    mark("The part after the @-sign contains invalid characters: {signs}."),
    mark("The part after the @-sign is invalid ({reason})."),
    mark("The part after the @-sign is not valid IDNA ({reason})."),
    mark(
        "The part after the @-sign became invalid after normalizing to international characters "
        "({reason})."
    ),
    mark("The email address contains invalid characters after the @-sign after IDNA encoding."),
    mark("The part after the @-sign is not valid. It should have a period."),
    mark("The part after the @-sign is not valid. It is not within a valid top-level domain."),
    mark(
        "The part after the @-sign is a special-use or reserved name that cannot be used with "
        "email."
    ),
    mark("The email address is too long after the @-sign ({reason})."),
    mark("The email address is too long after normalization ({reason})."),
    mark(
        "The email address is too long when the part after the @-sign is converted to IDNA ASCII "
        "({reason})."
    ),
    mark("After the @-sign, periods cannot be separated by so many characters ({reason})."),
    mark("The email address is too long ({reason})."),
    mark("{count} bytes too many after IDNA encoding"),
    mark("{count} byte too many after IDNA encoding"),
    mark("{count} characters too many"),
    mark("{count} character too many"),
    mark("{count} bytes too many"),
    mark("{count} byte too many"),
    mark("{count} characters"),
    mark("After Unicode normalization: {fault}"),
    # Of the package idna, with which domains are written.
    mark("Codepoint {sign} at position {place} of {label} not allowed"),
    mark("Codepoint {sign} not allowed at position {place} in {label}"),
    mark("Joiner {sign} not allowed at position {place} in {label}"),
    mark("Label too long"),
    mark("Empty Label"),
    mark("Empty label"),
    mark("Malformed A-label, no Punycode eligible content found"),
    mark("A-label must not end with a hyphen"),
    mark("Invalid A-label"),
    mark("Label has disallowed hyphens in 3rd and 4th position"),
    mark("Label must not start or end with a hyphen"),
    mark("Label begins with an illegal combining character"),
)
_SIGNS = {
    "SPACE": mark("SPACE"),
    "NO-BREAK SPACE": mark("NO-BREAK SPACE"),
    "ZERO WIDTH SPACE": mark("ZERO WIDTH SPACE"),
    "SOFT HYPHEN": mark("SOFT HYPHEN"),
}
_NAME = re.compile("([A-Z][A-Z -]*[A-Z])")


def fault_in_words(said: str) -> str:
    """Give what email-validator says of an address as an operator reads it."""
    if spoken() == ENGLISH:
        return said
    for template, pattern in _patterns():
        found = pattern.fullmatch(said)
        if found is not None:
            places = {name: _in_words(name, text) for name, text in found.groupdict().items()}
            return tr(template, **places)
    return said


def _in_words(place: str, text: str) -> str:
    match place:
        case "reason" | "fault":
            return fault_in_words(text)
        case "signs":
            pieces = _NAME.split(text)
            return joined((tr(_SIGNS[p]) if p in _SIGNS else p for p in pieces), between="")
        case _:
            return text


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Make of each sentence the pattern by which it is known again."""
    found = []
    for template in _FAULTS:
        parts = (
            re.escape(text) + (f"(?P<{name}>.+)" if name else "")
            for text, name, _, _ in Formatter().parse(template)
        )
        found.append((template, re.compile("".join(parts), re.DOTALL)))
    return tuple(found)
