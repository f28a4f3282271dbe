"""What a mapping demands of rows as wholes: conditions, rules, suppression lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from importer.documents import near
from importer.field_rules import FieldRole, FieldRule, ValueType
from importer.language import tr
from importer.mapping.consent_checks import Warn
from importer.mapping.document import Condition, MappedColumn
from importer.mapping.rules import Say
from importer.mapping.sections import ConditionSection, MappingDocument, RulesSection
from importer.model import (
    WriteMode,
)

Group = tuple[str, ...]
_CONSENTS = frozenset({FieldRole.CONSENT, FieldRole.CONSENT_DATE})


def condition_of(header: str, written: str | list[str] | ConditionSection, say: Say) -> Condition:
    """Read one entry of ``when:``."""
    section = written
    if not isinstance(section, ConditionSection):
        section = ConditionSection(**{"is": section})
    said = [way for way in ("is_", "not_", "filled") if getattr(section, way) is not None]
    if len(said) != 1:
        sentence = tr(
            'the condition on "{header}" must be one of is, not and filled', header=header
        )
        say(sentence, "when", header)
        return Condition(header)
    if section.filled is not None:
        return Condition(header, filled=section.filled)
    texts = section.is_ if section.is_ is not None else section.not_
    listed = [texts] if isinstance(texts, str) else list(texts or ())
    if not listed:
        sentence = tr(
            'the condition on "{header}" lists no text: write one at least', header=header
        )
        say(sentence, "when", header)
    return Condition(header, tuple(listed), negated=section.not_ is not None)


def groups_of(
    section: RulesSection,
    rule: str,
    columns: Sequence[MappedColumn],
    rules: Sequence[FieldRule],
    say: Say,
) -> tuple[Group, ...]:
    """Read groups of fields, each named by its code or by the header that goes to it."""
    written: list[Any] = getattr(section, rule)
    groups = [written] if written and isinstance(written[0], str) else written
    codes = {one.field for one in rules}
    by_header = {one.header: [r.field for r in one.rules] for one in columns if one.rules}
    found = []
    for group in groups:
        named: list[str] = []
        for name in group:
            meant = [name] if name in codes else by_header.get(name, [])
            if not meant:
                sentence = tr(
                    '`{rule}` names "{name}", and the mapping writes no such field.{hint}',
                    rule=rule,
                    name=name,
                    hint=near(name, [*codes, *by_header]),
                )
                say(sentence, "rules", rule)
            named += meant
        found.append(tuple(dict.fromkeys(named)))
    keys = {one.field for one in rules if one.role is FieldRole.KEY}
    for group, fields in zip(groups, found, strict=True):
        if all(name in codes or name in by_header for name in group):  # else that is said already
            _check_group(rule, fields, keys, say)
    return tuple(found)


def _check_group(rule: str, group: Group, keys: set[str], say: Say) -> None:
    """Refuse a rule that can never fail or hold, or that something else says already."""
    if not group:
        sentence = tr(
            "`{rule}` has a list without a field: name fields in it, or take it out", rule=rule
        )
        say(sentence, "rules", rule)
    elif rule == "unique":
        if {*group} == keys:
            sentence = tr("the key is unique as it is (see `duplicates`): leave the rule out")
            say(sentence, "rules", rule)
    elif len(group) == 1:
        sentence = tr(
            "`require_one_of` needs two fields to choose from: for one, write required: true at "
            "{code}",
            code=group[0],
        )
        say(sentence, "rules", rule)
    elif keys & {*group}:
        sentence = tr(
            "{code} is a key and has a value in every row that is sent, so `require_one_of` always "
            "holds: leave the rule out",
            code=next(code for code in group if code in keys),
        )
        say(sentence, "rules", rule)


def check_effects(
    content: MappingDocument, mode: WriteMode, rules: Sequence[FieldRule], say: Say, warn: Warn
) -> None:
    """Refuse what is written and would have no effect; warn of it where it does no harm."""
    if mode.skip_unmatched and mode.allow_insert:
        sentence = tr(
            "`skip_unmatched` passes over contacts that are not there, and mode: {mode} adds them: "
            "leave it out, or write mode: update",
            mode=content.merge.mode,
        )
        say(sentence, "merge", "skip_unmatched")
    if not content.suppress and "suppress" in content.model_fields_set:
        say(tr("`suppress` names no list: name one at least, or leave it out"), "suppress")
    for rule in ("require_one_of", "unique"):
        if rule in content.rules.model_fields_set and not getattr(content.rules, rule):
            sentence = tr("`{rule}` names no field: name them, or leave it out", rule=rule)
            say(sentence, "rules", rule)
    said = content.consent is not None and not content.consent.left_out
    if said and _CONSENTS.isdisjoint(rule.role for rule in rules):
        warn(tr("`consent` has no effect, since the mapping writes no consent."), "consent")


def check_suppression(content: MappingDocument, rules: Sequence[FieldRule], say: Say) -> None:
    """Refuse suppression lists that would have no effect."""
    if content.suppress_rows and not content.suppress:
        sentence = tr("`suppress_rows` needs the lists of addresses: name them under `suppress`")
        say(sentence, "suppress_rows")
    if content.suppress and all(rule.type is not ValueType.EMAIL for rule in rules):
        sentence = tr("`suppress` compares addresses, and no field of the mapping is of type email")
        say(sentence, "suppress")
