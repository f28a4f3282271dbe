"""What consents rest on, as a mapping says it for an auditor; nothing of it is ever sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from importer.errors import sentence_of
from importer.field_rules import FieldRole, FieldRule
from importer.language import number, tr
from importer.mapping.rules import Say
from importer.mapping.sections import MappingDocument, OptionsSection
from importer.mapping.template import Template, parse_template

LONGEST_BASIS = 500  # characters, as it stands in the mapping


@dataclass(frozen=True, slots=True)
class Basis:
    """What a consent rests on. ``place``: where the mapping says so."""

    template: Template
    place: tuple[str, ...]


def bases_of(
    content: MappingDocument, rules: Sequence[FieldRule], say: Say, *, sound: bool
) -> dict[str, Basis]:
    """Read what each consent rests on: its own ``basis``, else that of all.

    ``rules``: of every field that the mapping writes. ``sound``: whether all of its fields could
    be read, so that a consent is not missed for another mistake.
    """
    by_code = {rule.field: rule for rule in rules}
    consents = [rule.field for rule in rules if rule.role is FieldRole.CONSENT]
    found: dict[str, Basis] = {}
    if content.consent is not None and content.consent.basis is not None:
        place = ("consent", "basis")
        general = _basis(content.consent.basis, place, say)
        if general is not None:
            found = dict.fromkeys(consents, general)
        if not consents and sound:
            say(
                tr("`basis` says what consents rest on, and the mapping writes none: leave it out"),
                *place,
            )
    for section, name, codes, text in _own_ones(content):
        own_place = (section, name, "basis")
        written = [by_code[code] for code in codes if code in by_code]
        about = [rule.field for rule in written if rule.role is FieldRole.CONSENT]
        if written and not about:
            say(
                tr(
                    "`basis` says what a consent rests on, and {field} is no consent: leave it out",
                    field=written[0].field,
                ),
                *own_place,
            )
        basis = _basis(text, own_place, say)
        if basis is not None:
            found |= dict.fromkeys(about, basis)
    return found


def _own_ones(content: MappingDocument) -> Iterator[tuple[str, str, list[str], str]]:
    """Give each entry that has a basis of its own: section, name, field codes, text."""
    for section in ("columns", "constants", "computed"):
        for name, spec in getattr(content, section).items():
            if isinstance(spec, OptionsSection) and spec.basis is not None:
                written = getattr(spec, "field", name)
                yield section, name, [written] if isinstance(written, str) else written, spec.basis


def _basis(text: str, place: tuple[str, ...], say: Say) -> Basis | None:
    """Read a text with places; None where what is wrong is said already."""
    if not text.strip():
        say(tr("`basis` has no text: say what the consent rests on, or leave it out"), *place)
        return None
    if len(text) > LONGEST_BASIS:
        say(
            tr(
                "`basis` has {count} characters, and {most} are allowed: shorten it, or name the "
                "document that says it",
                count=number(len(text)),
                most=number(LONGEST_BASIS),
            ),
            *place,
        )
        return None
    try:
        return Basis(parse_template(text), place)
    except ValueError as error:
        say(tr("`basis`: {problem}", problem=sentence_of(error)), *place)
        return None
