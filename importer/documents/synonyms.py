"""Words of other tools and of French that mean what a document calls otherwise."""

from __future__ import annotations

from functools import cache

# Our word, then those that people write for it; all folded (lower case, no accents, no signs).
_GROUPS = """
email: courriel, mail, mel, e mail, email address, adresse courriel, adresse email
phone: telephone, tel, cellulaire, cell, mobile, phone number
date: jour, day
datetime: timestamp, horodatage, date heure, date et heure
integer: nombre, entier, int, number, numeric, whole number, nombre entier
decimal: float, double, real, montant, amount, money, currency, nombre decimal, numeric
boolean: bool, booleen, oui non, yes no, flag, bit, checkbox, logical, case a cocher
consent: consentement, opt in, optin, abonnement, subscription, consents
choice: choix, enum, select, dropdown, picklist, category, liste de choix
postal: zip, zipcode, zip code, code postal, postal code, postcode
list: liste, array, multiple, multiselect, tags
text: string, str, texte, varchar, char, chaine, alphanumeric
field: champ, to, target, destination, code, cible, field code
type: kind, dtype, data type, genre
format: date format, mask, masque, input format
region: country, pays, locale
values: map, mapping, valeurs, lookup, translate, correspondances, choices, options, enum
aliases: alias, synonyms, synonymes, other names, autres noms, alternatives
required: require, mandatory, obligatoire, requis, not null, notnull
blank: empty, vide, null, if empty, if blank, on blank, on empty, default, defaut
default: defaut, valeur par defaut, fallback, par defaut
case: casse, letter case, capitalize
max_length: length, longueur, maxlen, longueur max, longueur maximale, size, taille
truncate: cut, tronquer, couper
pattern: regex, regexp, regular expression, motif, match, expression reguliere
on_invalid: on error, on errors, if invalid, si invalide, on fail, errors
trim: strip, whitespace
replace: remplacer, substitute, sub, gsub, remplacement
take: extract, prendre
other: else, otherwise, autre, autres, sinon, fallback
pivot: century, siecle, pivot year
future: futur, allow future
extension_field: extension, ext, poste
separator: separateur, delimiter, sep
decimal: decimals, decimal sign, decimale
delimiter: separator, separateur, sep, delimiteur
name: nom
target: platform, plateforme, cible, destination
connection: connexion, account, compte
source: file, fichier, input, csv, reader
columns: fields, champs, colonnes, mappings, map
constants: constantes, static, fixed, constante
computed: calculated, calcules, calcule, formulas, derived, calculs
when: where, filter, filters, condition, conditions, if, quand, si, only if
rules: regles, validation, validations, constraints
merge: import, fusion, mode
duplicates: doublons, dedupe, dedup, deduplicate
unmapped_columns: unmapped, extra columns, other columns, autres colonnes
clear_token: null token, erase token
suppress: suppression, suppression list, blocklist, blacklist, exclusions
require_one_of: one of, any of, at least one
template: modele, gabarit, expression
join: concat, concatenate, joindre, combine
split: explode, couper, scinder
header_row: header, entete, en tete, header line, skip rows
last_row: footer, end row, derniere ligne
sheet: feuille, onglet, worksheet, tab
encoding: charset, encodage, codepage
quote: quotechar, guillemet, quoting
upper: majuscule, majuscules, uppercase
lower: minuscule, minuscules, lowercase
title: titre, proper, propercase, capitalize, nom propre
skip: ignore, ignorer, laisser, leave
clear: erase, effacer, empty, vider, null
reject: refuse, refuser, rejeter, error, fail
refuse: reject, refuser, rejeter, error, fail
leave: laisser, skip, ignore, ignorer
leave-out: exclude, omit, drop, exclure, hide
include: inclure
keep: garder, conserver, preserve
last: dernier, derniere, latest, newest
first: premier, premiere, earliest, oldest
insert: add, ajouter, ajout, create, creer, append
update: modifier, modify, mettre a jour, replace
upsert: both, sync, synchronize, add and update, merge
everyone: all, tous, tout le monde, everybody, anyone
new: nouveau, nouveaux, only new
warn: warning, avertir
error: fail, erreur, strict, refuse
ignore: ignorer, skip, none
yes: oui, true, vrai
no: non, false, faux
"""


@cache
def _by_word() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _GROUPS.strip().splitlines():
        name, _, words = line.partition(": ")
        for word in [name.replace("_", " ").replace("-", " "), *words.split(", ")]:
            found.setdefault(word, set()).add(name)
    return {word: frozenset(names) for word, names in found.items()}


def meanings(word: str) -> frozenset[str]:
    """Give what a folded word may stand for; nothing for a word that is not known."""
    return _by_word().get(word, frozenset())
