"""The titles of a sheet that keeps a mapping, in English and in French."""

from __future__ import annotations

from collections.abc import Sequence

from importer.documents import folded, in_quotes, joined, near
from importer.language import tr, trn
from importer.mapping.sections import ColumnSection

COLUMN, FIELD, CONSTANT, COMMENT = "column", "field", "constant", "comment"
DEFAULT, REGION_COLUMN = "default", "region_column"

# Beside an option's own name, which is a title too.
_TITLES = """
column: colonne, header, en tete, entete, file column, column of the file, colonne du fichier
field: champ, code, field code, code du champ, code de champ
constant: constante, text, texte, constant text, texte constant
comment: comments, commentaire, commentaires, remark, remarks, remarque, remarques, note, notes
type: value type, genre
format: formats
region: country, pays
region_column: country column, column of the country, colonne du pays, colonne de region
values: valeurs, words, mots, correspondances
other: others, autre, autres, other values, autres valeurs
aliases: alias, other headers, autres noms, autres en tetes, synonymes
required: obligatoire, requis, mandatory
blank: blanks, vide, si vide, blank cell, cellule vide
default: defaut, valeur par defaut, par defaut, default value
case: casse
max_length: maximum length, longueur max, longueur maximale
truncate: tronquer, couper
pattern: motif, regex
trim: enlever les blancs
replace: remplacer, replacements, remplacements
take: prendre, part
pivot: annee pivot, pivot year
real_dates: vraies dates
future: futur, dates futures
extension_field: champ du poste, extension field, poste
separator: separateur
decimal: decimale, signe decimal, decimal sign
on_invalid: if invalid, si invalide
"""


def _titles() -> dict[str, str]:
    known: dict[str, str] = {}
    for line in _TITLES.strip().splitlines():
        name, _, words = line.partition(": ")
        known |= dict.fromkeys([folded(name), *words.split(", ")], name)
    return known | {folded(name): name for name in ColumnSection.model_fields}


TITLES = _titles()
"""Folded title: what the column under it says."""


def listed_titles() -> str:
    """List the titles there are, in English."""
    return ", ".join(dict.fromkeys(TITLES.values()))


def read_titles(cells: Sequence[str]) -> tuple[dict[int, str], list[str]]:
    """Tell what each column of the sheet says, by its title; and what is wrong with the titles.

    A column whose title is wrong says nothing: its name is "".
    """
    meant: dict[int, str] = {}
    mistakes: list[str] = []
    unknown: list[str] = []
    for place, title in enumerate(cells):
        if not title:
            continue
        name = _meaning(title)
        meant[place] = ""
        if not name:
            hint = near(title, dict.fromkeys([*TITLES.values(), *TITLES]), most=1)
            if hint:
                mistakes.append(
                    tr('the title "{title}" is not understood.{hint}', title=title, hint=hint)
                )
            else:
                unknown.append(in_quotes(title))
        elif name in meant.values():
            mistakes.append(
                tr(
                    'the title "{title}" stands for {name}, which is there already',
                    title=title,
                    name=name,
                )
            )
        else:
            meant[place] = name
    if unknown:
        mistakes.append(
            trn(
                "the title {titles} is not understood: take out what is no part of the mapping. "
                "Titles are: {known}.",
                "the titles {titles} are not understood: take out what is no part of the mapping. "
                "Titles are: {known}.",
                len(unknown),
                titles=joined(unknown),
                known=listed_titles(),
            )
        )
    return meant, mistakes


def are_titles(cells: Sequence[str]) -> bool:
    """Tell whether a row is the titles: one for the columns of the file, one for their fields."""
    return {COLUMN, FIELD} <= {_meaning(cell) for cell in cells if cell}


_OF_COLUMNS = frozenset({"colonne", "colonnes", "column", "columns", "header", "headers", "entete"})
_OF_FIELDS = frozenset({"champ", "champs", "field", "fields", "code", "codes"})
_HERE = frozenset({"source", "fichier", "file", "excel", "csv", "origine", "origin"})
_THERE = frozenset({"destination", "cible", "target", "dialog", "insight", "di", "plateforme"})
_BESIDE = frozenset(
    {"nom", "name", "de", "du", "des", "d", "la", "le", "l", "les", "the", "of", "in"}
)


def _meaning(title: str) -> str:
    """Tell what a title says, as it is known or by its words; empty where it is not understood."""
    plain = folded(title)
    known = TITLES.get(plain)
    if known is not None:
        return known
    words = {*plain.replace("en tete", "entete").split()} - _BESIDE
    if not words & (_OF_COLUMNS | _OF_FIELDS) or words - (
        _OF_COLUMNS | _OF_FIELDS | _HERE | _THERE
    ):
        return ""
    if words & _HERE:
        return "" if words & _THERE else COLUMN
    if words & _THERE:
        return FIELD
    return COLUMN if words & _OF_COLUMNS else FIELD
