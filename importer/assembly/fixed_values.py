"""Values that a mapping itself writes, checked before any row is: those that can never pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from importer.checking import check_column
from importer.checking.column import Context, texts_of
from importer.errors import Mistake, UnusableInputError
from importer.field_rules import (
    Blank,
    FieldRule,
    Other,
    ValueType,
)
from importer.issues import Severity, message
from importer.language import mark, tr
from importer.mapping.document import MadeField
from importer.mapping.document import Mapping as FieldMapping
from importer.mapping.template import FILE_NAME, RUN_DATE, Template

_ANSWERS = frozenset({ValueType.BOOLEAN, ValueType.CONSENT})
_LISTED = mark('what "{text}" of {field} stands for can never pass: {sentence}')
_UNLISTED = mark("what an unlisted text of {field} stands for can never pass: {sentence}")


def value_mistakes(mapping: FieldMapping, *, run_date: date) -> list[Mistake]:
    """Find the constants, defaults and mapped values that their own fields refuse, with places.

    A text made of the file's name is not known yet, and left out; so is what depends on a country
    that stands in each row.
    """
    # Real dates pass whatever the format, so what is refused here is refused of every source.
    context = Context(typed_dates=True, today=run_date)
    found = [*_of_constants(mapping, context)]
    for rule, place in _rules(mapping):
        if rule.region_column or rule.extension:
            continue
        if rule.blank is Blank.DEFAULT:
            for sentence in _refusals([None], rule, context, shown=[rule.default or ""]).values():
                wrong = tr(
                    "the default of {field} can never pass: {sentence}",
                    field=rule.field,
                    sentence=sentence,
                )
                found.append(mapping.document.mistake(wrong, *place, "blank", "default"))
        found += _of_values(mapping, rule, place, context)
    return sorted(dict.fromkeys(found), key=lambda mistake: mistake.place)


def refuse_impossible_values(mapping: FieldMapping, *, run_date: date) -> None:
    """Refuse a mapping whose own values can never pass.

    Raises:
        UnusableInputError: with every mistake, as ``value_mistakes`` finds them.
    """
    mistakes = value_mistakes(mapping, run_date=run_date)
    if mistakes:
        raise UnusableInputError(*mistakes)


def _rules(mapping: FieldMapping) -> Iterator[tuple[FieldRule, tuple[str, str]]]:
    for column in mapping.columns:
        for rule in column.rules:
            yield rule, ("columns", column.header)
    for made in mapping.made:
        yield made.rule, (made.section, made.rule.field)


def _of_constants(mapping: FieldMapping, context: Context) -> Iterator[Mistake]:
    for made in mapping.made:
        text = _text_of(made, context.today)
        if not text or made.rule.region_column or made.rule.extension:
            continue
        for sentence in _refusals([text], made.rule, context).values():
            wrong = tr(
                "{field} is the same in every row, and can never pass: {sentence}",
                field=made.rule.field,
                sentence=sentence,
            )
            yield mapping.document.mistake(wrong, made.section, made.rule.field, "value")


def _text_of(made: MadeField, run_date: date) -> str:
    """Give the text of a constant; empty where it is not known before a file is."""
    recipe = made.recipe
    if not isinstance(recipe, Template) or recipe.columns:
        return ""
    if any(name == FILE_NAME for _, name in recipe.pieces):
        return ""
    days = {RUN_DATE: run_date.isoformat()}
    return "".join(text or days[name] for text, name in recipe.pieces).strip()


def _of_values(
    mapping: FieldMapping, rule: FieldRule, place: tuple[str, str], context: Context
) -> Iterator[Mistake]:
    """Check what cells stand for; a yes and a no are checked with the mapping itself."""
    if rule.type in _ANSWERS:
        return
    told = {("values", text): value for text, value in rule.values}
    if rule.other is Other.VALUE:
        told["other", "value"] = rule.other_value or ""
    plain = replace(
        rule, values=(), other=Other.KEEP, replace=(), take=None, blank=Blank.SKIP, clear_token=None
    )
    refused = _refusals(list(told.values()), plain, context)
    for number, path in enumerate(told):
        if number in refused:
            listed = path[0] == "values"
            wrong = tr(
                _LISTED if listed else _UNLISTED,
                text=path[1],
                field=rule.field,
                sentence=refused[number],
            )
            yield mapping.document.mistake(wrong, *place, *path)


def _refusals(
    texts: Sequence[str | None],
    rule: FieldRule,
    context: Context,
    *,
    shown: Sequence[str | None] | None = None,
) -> Mapping[int, str]:
    """Give the sentence of each text that a field's rule refuses, by its position."""
    trimmed = [text.strip() or None if text is not None else None for text in texts]
    if not trimmed:
        return {}
    refused: dict[int, str] = {}
    for problem in check_column(texts_of(trimmed), rule, context).problems:
        marked = problem.mask.nonzero()[0].tolist()
        if problem.severity is not Severity.ERROR:
            marked = []
        for place, number in enumerate(marked):
            detail = problem.details
            sentence = message(
                problem.code,
                column=rule.field,
                value=(shown or texts)[number] or "",
                detail=detail if isinstance(detail, str) else detail[place],
            )
            refused.setdefault(number, sentence)
    return refused
