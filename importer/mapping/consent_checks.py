"""What a mapping says of consents: refused where it may mean the contrary, else warned of."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Members
from typing import Protocol

from importer.blanks import folded
from importer.field_rules import Blank, FieldRole, FieldRule
from importer.language import mark, tr
from importer.mapping.document import MadeField, MappedColumn, YesTo
from importer.mapping.rules import Say
from importer.mapping.sections import ConsentSection
from importer.mapping.template import Recipe, Template
from importer.model import (
    WriteMode,
)


class Warn(Protocol):
    """Takes a warning: its sentence, and the path to the member it is about."""

    def __call__(self, message: str, *path: str) -> None: ...


def check_constant(made: MadeField, say: Say, warn: Warn) -> None:
    """Refuse a consent that is set to something else than an answer; warn of each that is set."""
    code, recipe = made.rule.field, made.recipe
    text = "".join(t for t, _ in recipe.pieces) if isinstance(recipe, Template) else ""
    if text.casefold() not in {"yes", "no"}:
        sentence = tr('{code} is a consent: it can be set to yes or no, not to "{text}"', code=code,
                      text=text)  # fmt: skip
        say(sentence, made.section, code)
    elif made.rule.yes_only and text.casefold() == "no":
        sentence = tr("{code} can only be added: no call says no of it, so leave it out", code=code)
        say(sentence, made.section, code)
    if made.rule.values:
        sentence = tr(
            "{code} is the same for every row: write the answer itself, and leave `values` out",
            code=code,
        )
        say(sentence, made.section, code, "values")
    warning = tr("{code} is set to {text} for every row, whatever the person answered.", code=code,
                 text=text)  # fmt: skip
    warn(warning, made.section, code)


_OF_A_COLUMN = mark(
    'the header "{header}" reads like a refusal, so a yes in it may mean no: '
    "spell both answers out under `values`, for instance {{Oui: no, Non: yes}}"
)
_OF_A_MADE_FIELD = mark(
    'the header "{header}" reads like a refusal, so a yes in it may mean no: '
    "map it under `columns`, with both answers spelled out under `values`"
)


def check_refusals(columns: Sequence[MappedColumn], made: Sequence[MadeField], say: Say) -> None:
    """Refuse to guess what a yes means under a header such as "Unsubscribed"."""
    for column in columns:
        refusal = next(filter(reads_negatively, column.names), None)
        if refusal is not None and any(_unexplained(rule) for rule in column.rules):
            say(tr(_OF_A_COLUMN, header=refusal), "columns", column.header)
    for one in made:
        refusal = next(filter(reads_negatively, _meant(one, columns)), None)
        if refusal is not None and _unexplained(one.rule):
            say(tr(_OF_A_MADE_FIELD, header=refusal), one.section, one.rule.field)


def _meant(made: MadeField, columns: Sequence[MappedColumn]) -> Iterator[str]:
    """Give the headers that a made field may read, by any name that the mapping knows."""
    for name in made.recipe.columns:
        yield name
        for column in columns:
            if folded(name) in map(folded, column.names):
                yield from column.names


def check_yeses(
    consent: ConsentSection | None,
    columns: Sequence[MappedColumn],
    made: Sequence[MadeField],
    mode: WriteMode,
    say: Say,
    warn: Warn,
) -> None:
    """Refuse a yes that could reach an existing contact without a word on who may get it."""
    if yes_to_of(consent, columns, made, mode) is YesTo.NEW and not mode.allow_insert:
        warn(
            tr(
                "no yes is sent: `yes_to: new` gives it only to contacts that the run creates, and "
                "mode: update creates none."
            ),
            "consent",
            "yes_to",
        )
    settled = consent is not None and (consent.yes_to is not None or consent.only == "no")
    if settled or not mode.allow_update:
        return
    places = places_of_yeses(columns, made)
    if places:
        sentence = tr(
            "a yes of {consents} could reach people who are in the account already, "
            "also those who unsubscribed: write who may be set to yes, for instance "
            "consent: {{yes_to: everyone}}",
            consents=", ".join(places),
        )
        say(sentence, *next(iter(places.values())))


def yes_to_of(
    consent: ConsentSection | None,
    columns: Sequence[MappedColumn],
    made: Sequence[MadeField],
    mode: WriteMode,
) -> YesTo:
    """Tell to whom yeses go: everyone also where none can reach an existing contact."""
    if consent is None or consent.yes_to is None or consent.only == "no" or not mode.allow_update:
        return YesTo.EVERYONE
    return YesTo(consent.yes_to) if places_of_yeses(columns, made) else YesTo.EVERYONE


def places_of_yeses(
    columns: Sequence[MappedColumn], made: Sequence[MadeField]
) -> dict[str, tuple[str, str]]:
    """Find the consents that could be set to yes, and where the mapping says so."""
    return {
        rule.field: ("columns", column.header)
        for column in columns
        for rule in column.rules
        if rule.role is FieldRole.CONSENT and _may_say_yes(rule)
    } | {
        one.rule.field: (one.section, one.rule.field)
        for one in made
        if one.rule.role is FieldRole.CONSENT and not _is_no(one.recipe)
    }


def warn_of_consents(
    columns: Sequence[MappedColumn],
    made: Sequence[MadeField],
    dates: Members[str, str],
    mode: WriteMode,
    warn: Warn,
) -> None:
    """Warn of what is allowed and seldom meant. ``dates``: consent -> its date's field."""
    placed = [(rule, ("columns", column.header)) for column in columns for rule in column.rules]
    placed += [(one.rule, (one.section, one.rule.field)) for one in made]
    place_of = {rule.field: place for rule, place in placed}
    for rule, place in placed:
        if rule.role is FieldRole.CONSENT and rule.blank is Blank.DEFAULT:
            warning = tr(
                "a blank {column} counts as {default} for {field}, though the "
                "person answered nothing.",
                column=rule.column,
                default=rule.default,
                field=rule.field,
            )
            warn(warning, *place)
    for consent, code in dates.items():
        if code in place_of and consent not in place_of:
            warning = tr("{code} dates an answer, and nothing writes {consent}.", code=code,
                         consent=consent)  # fmt: skip
            warn(warning, *place_of[code])
    consents = [rule for rule, _ in placed if rule.role is FieldRole.CONSENT]
    profile = [rule.field for rule, _ in placed if rule.role is FieldRole.DATA]
    if consents and profile and not mode.allow_insert:
        listed = ", ".join(profile[:5])
        if len(profile) > 5:
            listed = tr("{listed} and others", listed=listed)
        warning = tr(
            "an update of consents also writes {listed}: the vendor advises to send the consents "
            "alone, so that nothing else is overwritten.",
            listed=listed,
        )
        warn(warning, "merge")


def _may_say_yes(rule: FieldRule) -> bool:
    return not rule.values or any(value == "yes" for _, value in rule.values)


def _is_no(recipe: Recipe) -> bool:
    told = [text for text, _ in recipe.pieces] if isinstance(recipe, Template) else []
    return [text.casefold() for text in told] == ["no"]


def _unexplained(rule: FieldRule) -> bool:
    spelled = {value for _, value in rule.values}
    return rule.role is FieldRole.CONSENT and not {"yes", "no"} <= spelled


# Where a word of these stands in a header, a yes under it is likely to be a no.
_REFUSAL = re.compile(
    r"des ?(abonn|inscr|activ)|desab|desinsc|desist|refus|rejet|reject|decline|exclu(?!si[fv])|"
    r"oppos|object(?!i[fv])|denied|opt(s|ed|ing)? ?out|un ?sub|unwanted|suppress|supprim|retrait|"
    r"retir(e|ed|ee)\b|bloqu|block|bloctel|robinson|lnnte|interdi|prohib|revo[qk]|withdr|cancel|"
    r"annul|resili|radi(e|ee)\b|remov|disabl|plainte|complain|inacti[fv]|bounce|\bspam|indesir|"
    r"anti ?pub|decede|decease|(black|block) ?list|listes? (noire|rouge)|hors liste|"
    r"\bnon? ?(consent|abonn|inscri|interess)|^non$|\bne?\b.*\bplus\b|\bplus de\b|\bno longer\b|"
    r"\b(pas|sans|aucun|aucune|stop|not|dont|don t|never|jamais|dnc|dne)\b|"
    r"\bstop ?(sms|e ?mail|mail|pub|appel)|\bpas ?de\b|\b(no|do ?not|ne ?pas) ?(bulk ?)?"
    r"(e ?mail|mail|pub|contact|sms|text|call|phone|news|promo|marketing|appel|post)|"
    r"\bno\b (?!\d)(?!de\b|du\b|d\b|client|tel|membre|cart|compte|dossier|contact)"
)
_HUMP = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Ý])|(?<=[A-ZÀ-Ý])(?=[A-ZÀ-Ý][a-zà-ÿ])")


def reads_negatively(header: str) -> bool:
    """Tell whether a yes under this header may mean no."""
    apart = unicodedata.normalize("NFD", _HUMP.sub(" ", header).casefold())
    plain = "".join(c for c in apart if not unicodedata.combining(c))
    return _REFUSAL.search(re.sub(r"[\W_]+", " ", plain).strip()) is not None
