"""What tells contacts apart: the keys of a mapping, and which of them finds a contact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from importer.field_rules import Abilities, FieldRole
from importer.language import mark, tr
from importer.mapping.code_hints import Grammar
from importer.mapping.document import MadeField
from importer.mapping.rules import Say
from importer.mapping.sections import MappingDocument


def matching_key(content: MappingDocument, grammar: Grammar, say: Say) -> str | None:
    """Tell which of several keys finds a contact, where only one does; None: all do together."""
    if not grammar.abilities.one_key:
        return None
    keys = [code for code in _codes(content) if _is_key(code, grammar)]
    match = content.merge.match
    if match is not None and keys and match not in keys:
        sentence = tr(
            "`match` names {match}, and the mapping writes {keys}: name one of these",
            match=match,
            keys=", ".join(keys),
        )
        say(sentence, "merge", "match")
    elif match is None and len(keys) > 1:
        sentence = tr(
            "{keys} are identifiers, and one of them finds the contact: write which, for instance "
            "merge: {{match: {first}}}",
            keys=", ".join(keys),
            first=keys[0],
        )
        say(sentence, "columns")
    return match if match in keys else next(iter(keys), None)


def _codes(content: MappingDocument) -> Iterator[str]:
    for spec in content.columns.values():
        written = spec if isinstance(spec, str) else spec.field
        yield from [written] if isinstance(written, str) else written
    yield from content.constants
    yield from content.computed


def _is_key(code: str, grammar: Grammar) -> bool:
    try:
        return grammar.fact(code).role is FieldRole.KEY
    except ValueError:
        return False


def check_keys(made: Sequence[MadeField], abilities: Abilities, say: Say) -> None:
    """Refuse a mapping in which no column makes a key. ``made``: its constants and such."""
    keys = [one for one in made if one.rule.role is FieldRole.KEY]
    if any(one.recipe.columns for one in keys):
        return
    if keys:
        sentence = tr(
            "{code} is the same in every row, so all rows would be one contact: map a column to it",
            code=keys[0].rule.field,
        )
        say(sentence, keys[0].section, keys[0].rule.field)
        return
    if abilities.needs_table:
        lacking = mark(
            "no column goes to a key ({beginning}…), and nothing else tells the rows apart: map "
            "one, for instance to {example}"
        )
    else:
        lacking = mark(
            "no column goes to a key ({beginning}…), and nothing else tells the contacts apart: "
            "map one, for instance to {example}"
        )
    example, beginning = abilities.example_key, abilities.key_beginning
    say(tr(lacking, beginning=beginning, example=example), "columns")
