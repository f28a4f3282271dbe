from __future__ import annotations

from importer.mending import places_of, refusals_of
from tests.mapping.reading import EVERYONE, HEAD, mapping_of, table_of

MAPPING = (
    HEAD
    + """\
  Prénom: f_FirstName
  Nom: f_LastName
  Infolettre: {field: optin_News, values: {Oui: yes, Jamais: no}}
  Accord: {field: optin_Other, values: {Oui: yes}}
  Suivi: hasTrackingConsent
  Le: {field: dtTrackingConsent, format: DD/MM/YYYY}
computed:
  f_FullName: "{Prénom} {Nom}"
"""
    + EVERYONE
)
TABLE = table_of("Nom", "Courriel", "Prénom", "Infolettre", "Suivi", "Le", "Autre", "Accord")


def test_a_field_stands_in_its_column_or_in_those_it_is_made_of() -> None:
    places = places_of(mapping_of(MAPPING), TABLE)
    assert places["key_f_EMail"] == (1,)
    assert places["f_LastName"] == (0,)
    assert sorted(places["f_FullName"]) == [0, 2]
    assert "f_Source" not in places


def test_a_row_says_no_in_the_words_of_the_mapping_and_leaves_no_date() -> None:
    refusals = refusals_of(mapping_of(MAPPING), TABLE)
    assert refusals["optin_News"].cells == ((3, "Jamais"),)
    assert refusals["optin_News"].noes == {"jamais"}
    assert refusals["optin_Other"].cells == ((7, ""),)
    assert refusals["hasTrackingConsent"].cells == ((5, ""), (4, "no"))
    assert "non" in refusals["hasTrackingConsent"].noes
