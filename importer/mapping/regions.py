"""Countries as people call them, for the question what they may have meant."""

from __future__ import annotations

import phonenumbers

from importer.documents import folded
from importer.language import tr

# Code, then what people write for it; all folded. Only a question is made of it.
_NAMES = """
CA: canada, can, quebec, qc
FR: france, fra
US: usa, united states, united states of america, etats unis, america
GB: uk, united kingdom, great britain, england, royaume uni, grande bretagne, angleterre
BE: belgique, belgium, belgie
CH: suisse, switzerland, schweiz
LU: luxembourg
DE: allemagne, germany, deutschland
ES: espagne, spain
IT: italie, italy
PT: portugal
NL: pays bas, netherlands, nederland
IE: irlande, ireland
MX: mexique, mexico
MA: maroc, morocco
DZ: algerie, algeria
TN: tunisie, tunisia
SN: senegal
CI: cote d ivoire, ivory coast
HT: haiti
AU: australie, australia
"""


def region_code(written: str) -> str:
    """Give a country's code in capitals.

    Raises:
        ValueError: it is none; with the code that may be meant.
    """
    if written.upper() in phonenumbers.SUPPORTED_REGIONS:
        return written.upper()
    lines = (line.partition(": ") for line in _NAMES.strip().splitlines())
    meant = next((code for code, _, names in lines if folded(written) in names.split(", ")), "")
    sentence = tr("{text} is no country code of two letters, such as CA or FR", text=written)
    if meant:
        sentence = tr('{sentence}. Did you mean "{name}"?', sentence=sentence, name=meant)
    raise ValueError(sentence)
