from __future__ import annotations

import subprocess
import sys

import phonenumbers
import pyarrow as pa
import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from importer.checking.countries import regions_of


def regions(texts: list[str | None], default: str | None = None) -> list[str | None]:
    found: list[str | None] = regions_of(pa.array(texts, pa.large_string()), default).to_pylist()
    return found


@pytest.mark.parametrize(
    ("region", "texts"),
    [
        ("CA", ["Canada", "CANADA", "ca", "CA", "can", "CAN", " le Canada ",
                "Québec", "QUEBEC", "QC", "qc", "Ontario", "ON", "Colombie-Britannique", "BC",
                "New Brunswick", "l'Alberta", "le Nunavut", "Terre-Neuve",
                "Île du Prince Édouard"]),
        ("US", ["USA", "U.S.A.", "U.S.", "us", "United States", "the united states of america",
                "États-Unis", "Etats Unis", "ETATS-UNIS", "les États-Unis", "États-Unis d'Amérique",
                "E\u0301tats-Unis", "États‑Unis", "É.-U.", "é.‑u.", "E.-U.", "E\u0301.-U.", "É.U.",
                "ÉU", "E-U"]),
        ("GB", ["UK", "U.K.", "United Kingdom", "Royaume-Uni", "le royaume uni", "GB", "GBR",
                "Great Britain", "Angleterre", "England", "Écosse", "Scotland", "Wales"]),
        ("FR", ["France", "la France", "FR", "fra", "France métropolitaine"]),
        ("GF", ["Guyane", "la Guyane", "Guyane française", "French Guiana"]),
        ("NA", ["Namibia", "Namibie", "la Namibie", "NAM"]),
        ("CI", ["Côte d'Ivoire", "COTE D’IVOIRE", "Ivory Coast"]),
        ("NL", ["Pays-Bas", "Les Pays Bas", "Netherlands", "The Netherlands", "Hollande", "NL"]),
        ("DE", ["Allemagne", "l'Allemagne", "Germany", "Deutschland", "DEU"]),
        ("RE", ["La Réunion", "Réunion", "Reunion"]),
        ("LC", ["St. Lucia", "Saint Lucia", "Sainte-Lucie"]),
        ("TT", ["Trinidad & Tobago", "Trinidad and Tobago", "Trinité-et-Tobago"]),
        ("LA", ["LA", "Laos"]),
        ("HK", ["Hong Kong", "HK", "Hong Kong SAR China"]),
        ("CH", ["Suisse", "Switzerland", "CHE"]),
    ],
)  # fmt: skip
def test_a_country_is_known_however_it_is_written(region: str, texts: list[str]) -> None:
    assert regions(list(texts)) == [region] * len(texts)


@pytest.mark.parametrize(
    "text", ["EU", "E.U.", "Union européenne", "Monde", "124", "ZZ", "SU", "NT", "Narnia",
             "Canada (QC)", "🇨🇦", "中国", "le", "x" * 1_000, "?" * 1_000]
)  # fmt: skip
def test_what_is_no_country_is_missing_even_with_a_default(text: str) -> None:
    assert regions([text], "CA") == [None]


def test_a_blank_cell_is_of_the_default_country() -> None:
    assert regions([None, "", "  ", "\u00a0", "France"], "CA") == ["CA", "CA", "CA", "CA", "FR"]
    assert regions([None, "", "France"]) == [None, None, "FR"]
    assert regions([], "CA") == []
    assert regions([None], "CA") == ["CA"]


@pytest.mark.parametrize(
    "text", ["N/A", "NA", "na", "n.a.", "N/D", "-", "—", "--", "?", "...", "inconnu",
             "Inconnue", "UNKNOWN", "aucun", "None", "null", " ? "]
)  # fmt: skip
def test_what_is_written_for_nothing_is_blank(text: str) -> None:
    assert regions([text, "France"], "CA") == ["CA", "FR"]
    assert regions([text, "France"]) == [None, "FR"]


@pytest.mark.parametrize("code", ["NL", "NU", "PE", "SK", "YT"])
def test_a_provinces_letters_that_are_a_countrys_code_are_the_countrys(code: str) -> None:
    assert regions([code, code.lower()], "CA") == [code, code]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_country_with_phones_is_known_by_its_name_and_code(language: str) -> None:
    names = Locale(language).territories
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        codes = [] if region == "NA" else [region, region.lower()]  # "NA" is blank
        assert regions([names[region], *codes]) == [region] * (1 + len(codes))


@given(texts=st.lists(st.none() | st.text(), max_size=8), default=st.sampled_from([None, "CA"]))
def test_no_text_whatsoever_raises(texts: list[str | None], default: str | None) -> None:
    found = regions(texts, default)
    assert len(found) == len(texts)
    assert regions(found) == [None if region == "NA" else region for region in found]


def test_columns_in_several_pieces_are_taken_too() -> None:
    pieces = pa.chunked_array([["France"], ["Canada", None]], pa.large_string())
    assert regions_of(pieces, "US").to_pylist() == ["FR", "CA", "US"]


def test_names_of_countries_cost_nothing_until_they_are_asked_for() -> None:
    code = "import sys, importer.checking.countries; sys.exit('babel' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
