"""The words of contact spreadsheets, English and French."""

from __future__ import annotations


def _variants(*lines: str) -> dict[str, str]:
    """Read lines such as ``email: courriel mel``: a word, and what else is written for it."""
    words = {}
    for line in lines:
        word, _, others = line.partition(":")
        for written in (word, *others.split()):
            words[written] = word
    return words


WORDS = _variants(
    "email:courriel mel mail",
    "address:adresse addr adr",
    "first:given",
    "firstname:prenom fname forename",
    "lastname:lname surname",
    "name",
    "nom",
    "family:famille fam",
    "last",
    "full:complet complete entier",
    "middle:additional",
    "nickname:surnom",
    "prefix:prefixe",
    "title:titre",
    "salutation:civilite honorific",
    "gender:sexe sex",
    "genre",
    "language:langue lang langage",
    "date:dt",
    "birth:naissance nais naiss",
    "birthday:dob ddn anniversaire",
    "phone:telephone tel",
    "mobile:cell cel cellulaire cellular gsm portable mob cellphone",
    "number:numero num nbr no",
    "fax:telecopieur telecopie",
    "company:entreprise societe organisation organization org compagnie cie",
    "account",
    "job:emploi",
    "function:fonction",
    "poste",
    "department:dept",
    "departement",
    "street:rue",
    "line:ligne",
    "civic:civique",
    "mailing:postale",
    "city:ville town municipalite localite",
    "province:prov",
    "state",
    "etat",
    "region",
    "postal",
    "code",
    "cp",
    "zip",
    "country:pays",
    "website",
    "url",
    "web:internet",
    "site",
    "page",
    "note:comment commentaire remarque remark",
    "source:provenance",
    "lead:prospect",
    "value:valeur",
    "primary:main principal principale default preferred prefere preferee",
    "home:personal personnel personnelle perso domicile maison residence res private prive privee",
    "work:business pro professionnel professionnelle bureau bur travail office",
    "second:secondary secondaire alternate alternative autre other 2nd 2e 2eme deuxieme",
    "correspondence:correspondance communication",
    # Whose column it is.
    "contact:contacts",
    "client:customer cliente clients",
    "subscriber",
    "member:membre adherent",
    "participant:attendee",
    "recipient:destinataire",
    "required:obligatoire requis requise mandatory optional optionnel facultatif facultative",
    # Consents. A header with one of these never names anything else.
    "consent:consentement consents consentements consented consenti",
    "newsletter:infolettre newsletters bulletin",
    "optin:optedin",
    "optout:optedout",
    "abonne:abonnee abonnement subscribed subscription subscribe inscrit inscrite",
    "desabonne:desabonnee desabonnement unsubscribed unsubscribe unsub desinscrit desinscription",
    "marketing:promo promotion promotionnel",
    "permission:autorisation autorise accepte accept accepts agree agreed accord",
    "casl:lcap rgpd gdpr",
    "refuse:refus stop dnc dne optouts donotcontact donotemail",
    "tracking:suivi",
    # When somebody joined; often the date of a consent.
    "joining:inscription registration registered signup",
)
"""Each word as it may be written, without accents: the word it counts as."""

CONSENT_WORDS = frozenset(
    {"consent", "newsletter", "optin", "optout", "abonne", "desabonne", "marketing", "permission",
     "casl", "refuse", "tracking"}
)  # fmt: skip
_NEGATIONS = (frozenset({"do", "not"}), frozenset({"ne", "pas"}))

ARTICLES = frozenset(
    {"de", "du", "des", "d", "la", "le", "les", "l", "the", "of", "a", "au", "aux", "my", "your",
     "votre", "vos", "mon", "ma", "s", "et", "and", "en", "or", "ou"}
)  # fmt: skip
"""Words that change nothing. "et", "ou" and the like join names of one thing."""

PERSONS = frozenset({"contact", "client", "subscriber", "member", "participant", "recipient"})
"""Words for the people of a table; they change nothing where all its columns have the same."""

NEUTRAL = PERSONS | {"required"}

BEFORE_ITS_NOUN = frozenset({"main", "primary", "default", "preferred"})
BEHIND_ITS_NOUN = frozenset({"principal", "principale", "prefere", "preferee"})
"""Words for the first of several, in English and in French; a principal heads a school."""
ENGLISH_NOUNS = frozenset(
    {"phone", "address", "number", "name", "street", "city", "zip", "country",
     "language", "company", "website", "cell"}
)  # fmt: skip

CONTRACTIONS = {
    ("e", "mail"): "email",
    ("e", "mails"): "email",
    ("adresse", "electronique"): "email",
    ("courrier", "electronique"): "email",
    ("electronic", "mail"): "email",
    ("opt", "in"): "optin",
    ("opted", "in"): "optin",
    ("opt", "out"): "optout",
    ("opted", "out"): "optout",
    ("mobile", "phone"): "mobile",
    ("cell", "phone"): "mobile",
    ("zip", "code"): "zip",
    ("post", "code"): "zip",
    ("nick", "name"): "nickname",
    ("pre", "nom"): "prenom",
    ("web", "site"): "website",
    ("sur", "name"): "surname",
    ("news", "letter"): "newsletter",
    ("sign", "up"): "signup",
}

COMPOUNDS = {
    "zipcode": ("zip",),
    "postcode": ("zip",),
    "postalcode": ("zip",),
    "codepostal": ("zip",),
    "codepost": ("zip",),
    "fullname": ("full", "name"),
    "nomcomplet": ("full", "name"),
    "emailaddress": ("email", "address"),
    "emailaddr": ("email", "address"),
    "mailaddress": ("email", "address"),
    "adressecourriel": ("email", "address"),
    "adresseemail": ("email", "address"),
    "adressemail": ("email", "address"),
    "phonenumber": ("phone", "number"),
    "mobilephone": ("mobile",),
    "mobilenumber": ("mobile", "number"),
    "phonemobile": ("mobile",),
    "phonehome": ("home", "phone"),
    "phonework": ("work", "phone"),
    "homephone": ("home", "phone"),
    "workphone": ("work", "phone"),
    "telmobile": ("mobile",),
    "birthdate": ("date", "birth"),
    "dateofbirth": ("date", "birth"),
    "datenaissance": ("date", "birth"),
    "datedenaissance": ("date", "birth"),
    "jobtitle": ("job", "title"),
    "companyname": ("company", "name"),
    "nomentreprise": ("company", "name"),
    "streetaddress": ("street", "address"),
    "nomfamille": ("nom", "family"),
    "nomdefamille": ("nom", "family"),
    "familyname": ("family", "name"),
    "givenname": ("firstname",),
    "webpage": ("web", "page"),
    "siteweb": ("site", "web"),
}
"""Words that are written in one, with the words they are made of."""

OTHER_WORDS = frozenset(
    {"adressee", "adresser", "compagne", "contract", "county", "courrier", "filename", "gendre",
     "listname", "portal", "potable", "pronom", "provence", "sender", "societal", "telephonie",
     "telephony", "username"}
)  # fmt: skip
"""Words beside those of the vocabulary that are no slip of typing."""

_NEVER_GUESSED = frozenset(
    {"primary", "home", "work", "second", "middle", "correspondence", "lead", "full", "departement",
     "joining", "postal", "mailing", "number", "function"}
)  # fmt: skip
GUESSABLE = tuple(
    word
    for word, meant in WORDS.items()
    if (len(word) >= 7 or word in {"prenom", "mobile", "gender"})
    and meant not in CONSENT_WORDS | NEUTRAL | _NEVER_GUESSED
)
"""The words that a header with a typing slip may mean: long ones, that name a thing."""


def speaks_of_consent(words: frozenset[str], written: frozenset[str]) -> bool:
    """Tell whether a header asks for a consent, or tells of one.

    ``words``: those of the vocabulary; ``written``: all, without accents.
    """
    return bool(words & CONSENT_WORDS) or _negated(written)


def _negated(written: frozenset[str]) -> bool:
    return any(negation <= written for negation in _NEGATIONS)
