"""Countries as people write them -> the codes of two letters."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.checking.column import (
    flat,
    texts_of,
)
from importer.masks import to_mask

_LONGEST = 100
_LANGUAGES = ("en", "fr")
_ARTICLES = {"the", "le", "la", "les", "l"}
_NO_COUNTRIES = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}  # of the names, those of other things
# What stands for nothing. "NA" is Namibia's code too, but cells that name none are far commoner.
_ABSENT = {
    "na", "nd", "nan", "null", "nil", "none", "aucun", "aucune", "inconnu", "inconnue", "unknown",
}  # fmt: skip
_ONLY_SIGNS = re.compile(r"[-–—.*?/_]+")
_AMERICA = re.compile(r"(?:é\.? ?-? ?|e\.? ?- ?)u\.?")  # "E.U." could be the European Union
# Beside the names and codes that Unicode gives. Parts of the United Kingdom have its codes.
_ALSO = {
    "America": "US", "Amérique": "US", "États-Unis d'Amérique": "US",
    "United States of America": "US", "Etats Unis Amerique": "US", "E.U.A.": "US",
    "Great Britain": "GB", "Grande-Bretagne": "GB", "England": "GB", "Angleterre": "GB",
    "Scotland": "GB", "Écosse": "GB", "Wales": "GB", "Pays de Galles": "GB",
    "Northern Ireland": "GB", "Irlande du Nord": "GB",
    "Holland": "NL", "Hollande": "NL", "The Netherlands": "NL",
    "Czech Republic": "CZ", "République tchèque": "CZ", "Turkey": "TR", "Ivory Coast": "CI",
    "Republic of Ireland": "IE", "Hong Kong": "HK", "Macau": "MO", "Macao": "MO",
    "Burma": "MM", "Birmanie": "MM", "Myanmar": "MM", "Korea": "KR", "Corée": "KR",
    "Congo": "CG", "DR Congo": "CD", "DRC": "CD", "RDC": "CD",
    "République démocratique du Congo": "CD", "Palestine": "PS", "Cape Verde": "CV",
    "Russian Federation": "RU", "Fédération de Russie": "RU", "Macedonia": "MK",
    "Viet Nam": "VN", "Swaziland": "SZ", "UAE": "AE", "Vatican": "VA",
    "Deutschland": "DE", "España": "ES", "Italia": "IT", "Schweiz": "CH", "Svizzera": "CH",
    "Île Maurice": "MU", "Bosnia": "BA", "Bosnie": "BA",
    "France métropolitaine": "FR", "Metropolitan France": "FR", "Guyane": "GF",
    "Österreich": "AT", "België": "BE", "Nederland": "NL", "Brasil": "BR",
}  # fmt: skip
# Whose name or letters stand in the column of countries of many a Canadian file. The other
# provinces' letters are codes of countries (NL, NU, PE, SK, YT), or an Australian territory's (NT).
_OF_CANADA = (
    "Québec", "Ontario", "Colombie-Britannique", "British Columbia", "Alberta", "Saskatchewan",
    "Manitoba", "Nouveau-Brunswick", "New Brunswick", "Nouvelle-Écosse", "Nova Scotia",
    "Île-du-Prince-Édouard", "Prince Edward Island", "Terre-Neuve", "Newfoundland",
    "Terre-Neuve-et-Labrador", "Newfoundland and Labrador", "Yukon", "Nunavut",
    "Territoires du Nord-Ouest", "Northwest Territories",
    "AB", "BC", "MB", "NB", "NS", "ON", "QC",
)  # fmt: skip


def regions_of(countries: Any, default: str | None) -> Any:
    """Give each row's country code (Arrow text); ``default`` where the cell is blank.

    Names are known in English and French, with or without article and accents, and codes of two
    and three letters; a Canadian province stands for Canada. What people write for nothing
    (`N/A`, `?`, `inconnu`) is blank, and so is `NA`: Namibia is known by its name and as `NAM`.
    A country that is not known is missing.
    """
    encoded = flat(countries).dictionary_encode()
    codes: list[str | None] = []
    blank = np.zeros(len(encoded.dictionary), dtype=bool)
    for place, text in enumerate(encoded.dictionary.to_pylist()):
        blank[place] = _is_absent(text.strip())
        codes.append(default if blank[place] else _region_of(text))
    regions = texts_of(codes).take(encoded.indices)
    if default is None:
        return regions
    missing = pa.array(to_mask(pc.is_null(encoded.indices)))
    return pc.if_else(missing, pa.scalar(default, pa.large_string()), regions)


def _is_absent(text: str) -> bool:
    if len(text) > _LONGEST:
        return False
    return not text or _ONLY_SIGNS.fullmatch(text) is not None or _folded(text) in _ABSENT


@lru_cache(maxsize=4096)
def _region_of(text: str) -> str | None:
    text = text[:_LONGEST]
    plain = unicodedata.normalize("NFC", text.strip().casefold().replace("\u2011", "-"))
    return "US" if _AMERICA.fullmatch(plain) else _known().get(_folded(text))


def _folded(text: str) -> str:
    """Give what the spellings of one name have in common: its letters, without articles."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("&", " and "))
    words = re.findall(r"[a-z0-9]+", "".join(c for c in plain if not unicodedata.combining(c)))
    if len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    return "".join("saint" if word == "st" and len(words) > 1 else word for word in words)


@lru_cache(maxsize=1)
def _known() -> dict[str, str]:
    """Make the table of names and codes; codes come before names that read like them."""
    from babel import Locale  # it reads its tables from files: only who needs them pays
    from babel.core import get_global

    known: dict[str, str] = {}
    regions: set[str] = set()
    for language in _LANGUAGES:
        for code, name in Locale(language).territories.items():
            if re.fullmatch("[A-Z]{2}", code) and code not in _NO_COUNTRIES:
                regions.add(code)
                known[_folded(name)] = code
    known |= {_folded(name): code for name, code in _ALSO.items()}
    known |= {_folded(name): "CA" for name in _OF_CANADA}
    for alias, (code, *others) in get_global("territory_aliases").items():
        if alias.isalpha() and not others and code in regions:
            known[_folded(alias)] = code
    return known | {code.lower(): code for code in regions}
