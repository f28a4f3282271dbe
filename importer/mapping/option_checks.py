"""What a mapping says of a field that goes neither with its type nor with itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from importer.blanks import folded
from importer.date_formats import formats_problem, parse_date_format
from importer.documents import in_quotes, joined, near
from importer.field_rules import FieldFact, FieldRole, ValueType
from importer.language import mark, tr

if TYPE_CHECKING:
    from importer.mapping.rules import Say
    from importer.mapping.sections import OptionsSection

DATES = frozenset({ValueType.DATE, ValueType.DATETIME})
_PLAIN = frozenset({ValueType.TEXT, ValueType.CHOICE})
ANSWERS = {ValueType.CONSENT: ("yes", "no", "leave"), ValueType.BOOLEAN: ("yes", "no")}
_TYPES_OF_ROLE = {
    FieldRole.CONSENT: frozenset({ValueType.CONSENT}),
    FieldRole.CONSENT_DATE: DATES,
}
_LIST = ValueType.LIST
_BUT_CONSENTS = frozenset(ValueType) - {ValueType.CONSENT}
_REGIONAL = frozenset({ValueType.PHONE, ValueType.POSTAL})
_FOR_TEXT = mark("`{option}` is for text, and {code} is of type {type}: {remedy}")
_FOR_DATES = mark("`{option}` is for dates, and {code} is of type {type}: {remedy}")
_FOR_ALL_BUT_CONSENTS = mark(
    "`{option}` is for fields that are no consents (write `values` for those), and {code} is of "
    "type {type}: {remedy}"
)
# Option -> the types it is for, and the sentence that says so.
_OPTIONS: dict[str, tuple[frozenset[ValueType], str]] = {
    "trim": (frozenset({ValueType.TEXT}), _FOR_TEXT),
    "replace": (_BUT_CONSENTS, _FOR_ALL_BUT_CONSENTS),
    "take": (_BUT_CONSENTS, _FOR_ALL_BUT_CONSENTS),
    "case": (_PLAIN, _FOR_TEXT),
    "max_length": (_PLAIN, _FOR_TEXT),
    "truncate": (_PLAIN, _FOR_TEXT),
    "pattern": (_PLAIN, _FOR_TEXT),
    "format": (
        DATES | {ValueType.PHONE},
        mark("`{option}` is for dates and phones, and {code} is of type {type}: {remedy}"),
    ),
    "pivot": (DATES, _FOR_DATES),
    "real_dates": (DATES, _FOR_DATES),
    "future": (DATES, _FOR_DATES),
    "region": (
        _REGIONAL,
        mark("`{option}` is for phones and postal codes, and {code} is of type {type}: {remedy}"),
    ),
    "extension_field": (
        frozenset({ValueType.PHONE}),
        mark("`{option}` is for phones, and {code} is of type {type}: {remedy}"),
    ),
    "separator": (
        frozenset({ValueType.LIST}),
        mark("`{option}` is for lists, and {code} is of type {type}: {remedy}"),
    ),
    "decimal": (
        frozenset({ValueType.DECIMAL, ValueType.INTEGER}),
        mark("`{option}` is for numbers, and {code} is of type {type}: {remedy}"),
    ),
}
_UNSET = {"trim": (True,), "truncate": (False,)}


def check_type(fact: FieldFact, type_: ValueType, say: Say) -> None:
    """Refuse a type that the platform's field cannot have."""
    allowed = _types_of(fact)
    fixed = fact.role in _TYPES_OF_ROLE or (
        fact.type is not None and (fact.role is FieldRole.KEY or not fact.erasable)
    )
    if fixed and type_ not in allowed:
        sentence = tr(
            "{code} can only be of type {types}, not {type}: leave `type` out",
            code=fact.code,
            types=joined(sorted(allowed), tr(" or ")),
            type=type_,
        )
        say(sentence, "type")
    elif not fixed and type_ is ValueType.CONSENT:
        say(tr("{code} is no consent: use type boolean", code=fact.code), "type")
    elif fact.role is FieldRole.KEY and type_ is ValueType.LIST:
        sentence = tr(
            "{code} is a key, and a key is one value: leave `type: list` out", code=fact.code
        )
        say(sentence, "type")


def _types_of(fact: FieldFact) -> frozenset[ValueType]:
    """Give the types that a field can have."""
    if fact.type is not None and (fact.role is FieldRole.KEY or not fact.erasable):
        return DATES if fact.type in DATES else frozenset({fact.type})
    if fact.role is FieldRole.KEY:
        return _BUT_CONSENTS - {_LIST}
    return _TYPES_OF_ROLE.get(fact.role, _BUT_CONSENTS)


def check_options(fact: FieldFact, type_: ValueType, section: OptionsSection, say: Say) -> None:
    """Refuse what would have no effect on a field of this type."""
    for option, (types, sentence) in _OPTIONS.items():
        written = getattr(section, option)
        if type_ in types or written is None or written in _UNSET.get(option, ()):
            continue
        remedy, possible = tr("leave it out"), types & _types_of(fact)
        if possible and len(types) <= 2:
            listed = joined(sorted(possible), tr(" or "))
            remedy = tr("write type: {types}, or leave it out", types=listed)
        say(tr(sentence, option=option, code=fact.code, type=type_, remedy=remedy), option)
    if section.truncate and section.max_length is None:
        say(tr("`truncate` needs to know where to cut: add `max_length`"), "truncate")
    if section.replace is not None and "" in section.replace:
        say(tr("`replace` needs a text to look for: an empty one stands everywhere"), "replace")
    if section.separator is not None and section.separator.strip() == "|" and type_ is _LIST:
        sentence = tr(
            "`separator` says what parts the entries in the file: for | leave it out, since that "
            "is known"
        )
        say(sentence, "separator")
    if section.separator == "":
        say(tr("`separator` must be a text: leave it out for ; | and line breaks"), "separator")
    if section.truncate and fact.role is FieldRole.KEY:
        sentence = tr(
            "{code} is a key, and a key that is cut may be another contact's: leave `truncate` out",
            code=fact.code,
        )
        say(sentence, "truncate")
    if not section.trim and fact.role is FieldRole.KEY:
        sentence = tr(
            "{code} is a key, and keys are compared trimmed: leave `trim` out", code=fact.code
        )
        say(sentence, "trim")


def check_formats(
    type_: ValueType, formats: Sequence[str], section: OptionsSection, say: Say
) -> None:
    """Refuse date formats that nothing can be read with."""
    if section.format is not None and not formats:
        say(tr("`format` has no format: write one, such as DD/MM/YYYY, or leave it out"), "format")
        return
    problem = formats_problem(formats, timed=type_ is ValueType.DATETIME)
    if problem:
        say(problem, "format")
        return
    short = [one for one in formats if parse_date_format(one).short_year]
    if short and section.pivot is None:
        sentence = tr(
            'the format "{format}" has a year of two digits: add `pivot: 30`, say, so that 00 '
            "to 30 are 2000 to 2030, and 31 to 99 are 1931 to 1999",
            format=short[0],
        )
        say(sentence, "format")
    if section.pivot is not None and not short:
        say(tr("`pivot` is for years of two digits (YY), and no format has one"), "pivot")


def check_values(fact: FieldFact, type_: ValueType, section: OptionsSection, say: Say) -> None:
    """Refuse words that stand for no answer, or for two."""
    if type_ is ValueType.CHOICE and not (section.values or fact.choices):
        say(tr("{code} is a choice: list its values under `values`", code=fact.code))
    answers = ANSWERS.get(type_)
    seen: dict[str, str] = {}
    for text, value in (section.values or {}).items():
        if not text.strip():
            sentence = tr(
                "a blank cell of {code} is no value: say what it means under `blank`",
                code=fact.code,
            )
            say(sentence, "values", text)
        if answers is not None and value not in answers:
            say(_no_answer(fact, text, value, answers), "values", text)
        elif fact.yes_only and value == "no":
            say(_no_no(fact, text), "values", text)
        elif fact.always and value == "leave":
            say(_no_leave(fact, text), "values", text)
        if seen.setdefault(folded(text), value) != value:
            sentence = tr(
                '"{text}" stands under `{name}` twice, with two answers: keep one',
                text=text,
                name="values",
            )
            say(sentence, "values", text)


def _no_no(fact: FieldFact, text: str) -> str:
    return tr(
        '{code} can only be added, and no call says no of it: let "{text}" stand for leave',
        code=fact.code,
        text=text,
    )


def _no_leave(fact: FieldFact, text: str) -> str:
    return tr(
        "the platform takes {code} for a no where a call leaves it out: let {text} stand for yes "
        "or no, or write consent: {{left_out: no}}",
        code=fact.code,
        text=in_quotes(text),
    )


def _no_answer(fact: FieldFact, text: str, value: str, answers: Sequence[str]) -> str:
    sentence = tr(
        '"{text}" of {code} stands for "{value}"; it can stand for {answers}',
        text=text,
        code=fact.code,
        value=value,
        answers=", ".join(answers),
    )
    hint = near(value, answers, most=1)
    return tr("{sentence}.{hint}", sentence=sentence, hint=hint) if hint else sentence
