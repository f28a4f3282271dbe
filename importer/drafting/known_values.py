"""Values by which a column is known: salutations, provinces, answers. Without accents and case."""

from __future__ import annotations

from collections.abc import Mapping

from importer.drafting.headers import folded


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SALUTATIONS = frozenset(
    {"m", "mr", "mrs", "ms", "miss", "mx", "mme", "mlle", "dr", "dre", "prof", "me", "monsieur",
     "madame", "mademoiselle", "sir", "pr", "mister", "docteur", "maitre", "herr", "frau"}
)  # fmt: skip
GENDERS = frozenset(
    {"m", "f", "h", "x", "homme", "femme", "male", "female", "masculin", "feminin", "man", "woman",
     "autre", "other", "non binaire", "nonbinary", "non-binary", "unknown", "inconnu"}
)  # fmt: skip
REGIONS = _words(
    """ab alberta bc manitoba mb nb newfoundland nl ns nt nu on ontario pe qc quebec saskatchewan sk
    yt yukon al ak az ar ca co ct de fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh
    nj nm ny nc nd oh ok or pa ri sc sd tn tx ut vt va wa wv wi wy dc california florida texas
    nouveau-brunswick nunavut"""
)
"""Provinces and states by which such a column is known."""

CITIES_OF_CANADA = frozenset(
    """montreal|quebec|laval|gatineau|longueuil|sherbrooke|levis|trois-rivieres|saguenay|terrebonne|
    saint-jerome|repentigny|brossard|drummondville|saint-jean-sur-richelieu|granby|blainville|
    rimouski|alma|rouyn-noranda|saint-hyacinthe|shawinigan|toronto|ottawa|mississauga|brampton|
    calgary|edmonton|winnipeg|vancouver|surrey|burnaby|halifax|regina|saskatoon|moncton|fredericton|
    gaspe|sept-iles|val-d'or|joliette|mirabel|chicoutimi|jonquiere|victoriaville|kelowna|nanaimo"""
    .replace("\n    ", "").split("|")
)  # fmt: skip
CITIES_OF_FRANCE = frozenset(
    """paris|marseille|lyon|toulouse|nice|nantes|montpellier|strasbourg|bordeaux|lille|rennes|reims|
    toulon|saint-etienne|le havre|grenoble|dijon|angers|villeurbanne|nimes|clermont-ferrand|
    aix-en-provence|brest|tours|amiens|limoges|annecy|metz|besancon|perpignan|orleans|rouen|
    mulhouse|caen|nancy|avignon|poitiers|versailles|la rochelle|pau|cannes|colmar|bayonne|lorient"""
    .replace("\n    ", "").split("|")
)  # fmt: skip
"""Large cities by which a table's country is known."""

ANSWERS = _words(
    """oui non yes no y n o x 0 1 true false vrai faux on off si ja nein abonne desabonne abonnee
    desabonnee subscribed unsubscribed opt-in opt-out optin optout opted-in opted-out accepte refuse
    actif inactif active inactive peut-etre maybe confirme confirmed pending cleaned
    unknown"""
) | {"a confirmer", "to confirm", "opt in", "opt out", "en attente", "opted in", "opted out"}
"""Answers to a question of consent."""


def share_known(answers: Mapping[str, int] | None, known: frozenset[str]) -> float:
    """Give the share of a column's values that are known ones, 0 to 1; 0 where there are many."""
    if not answers:
        return 0.0
    found = sum(count for text, count in answers.items() if folded(text).rstrip(".") in known)
    return found / sum(answers.values())
