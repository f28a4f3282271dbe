"""One field's rule, made of what a mapping says of it and what the platform says of the field."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from importer.blanks import folded
from importer.field_rules import (
    Blank,
    FieldFact,
    FieldRole,
    FieldRule,
    OnInvalid,
    Other,
    PhoneForm,
    ValueType,
)
from importer.language import mark, tr
from importer.mapping.option_checks import (
    ANSWERS,
    DATES,
    check_formats,
    check_options,
    check_type,
    check_values,
)
from importer.mapping.sections import DefaultBlank, OptionsSection, OtherValue, RegionOfColumn

_CLOSED = frozenset({ValueType.CHOICE, ValueType.BOOLEAN, ValueType.CONSENT})
_BIRTH = re.compile(r"birth|naiss|(^|_)dob($|_)", re.IGNORECASE)


class Say(Protocol):
    """Takes a mistake: its sentence, and the path from the section to the member it is about."""

    def __call__(self, message: str, *path: str | int) -> None: ...


def make_rule(
    fact: FieldFact,
    column: str,
    section: OptionsSection,
    say: Say,
    *,
    required: bool = False,
    clear_token: str | None = None,
) -> FieldRule:
    """Make a field's rule; ``column`` is what issues call it. Mistakes are said, not raised."""
    type_ = section.type or fact.type or ValueType.TEXT
    check_type(fact, type_, say)
    values = _values(fact, section, say)
    check_options(fact, type_, section, say)
    check_values(fact, type_, section, say)
    if fact.role is FieldRole.KEY and section.on_invalid is OnInvalid.SKIP:
        sentence = tr(
            "{code} is a key, and a row without it cannot be sent: leave `on_invalid` out",
            code=fact.code,
        )
        say(sentence, "on_invalid")
    if fact.always and section.on_invalid is OnInvalid.SKIP:
        sentence = tr(
            "the platform takes {code} for a no where a call leaves it out: leave `on_invalid` "
            "out, or write consent: {{left_out: no}}",
            code=fact.code,
        )
        say(sentence, "on_invalid")
    blank, default = _blank(fact, type_, column, section, say, required=required)
    other, other_value = _other(fact, type_, section, say)
    formats = _listed(section.format)
    if type_ in DATES:
        check_formats(type_, formats, section, say)
    region = section.region
    return FieldRule(
        field=fact.code,
        role=fact.role,
        type=type_,
        column=column,
        blank=blank,
        default=default,
        trim=section.trim,
        replace=tuple((section.replace or {}).items()),
        take=section.take,
        values=values,
        other=other,
        other_value=other_value,
        clear_token=clear_token if fact.erasable or fact.role is not FieldRole.DATA else None,
        on_invalid=section.on_invalid,
        case=section.case,
        max_length=section.max_length,
        truncate=section.truncate,
        pattern=section.pattern or fact.form or None,
        formats=formats if type_ in DATES else (),
        pivot=section.pivot,
        real_dates=section.real_dates,
        future=_may_be_future(fact, section, say),
        region=region.default if isinstance(region, RegionOfColumn) else region,
        region_column=region.column if isinstance(region, RegionOfColumn) else "",
        phone_form=_phone_form(fact, type_, formats, say),
        keeps_extension=section.extension_field is not None,
        separator=section.separator,
        decimal=section.decimal,
        erasable=fact.erasable,
        yes_only=fact.yes_only,
        like="" if section.pattern else fact.like,
    )


def _values(fact: FieldFact, section: OptionsSection, say: Say) -> tuple[tuple[str, str], ...]:
    """Give what texts stand for: what the mapping says, else each word of the platform for itself.

    Mistakes are said, not raised.
    """
    given = tuple((section.values or {}).items())
    if not fact.choices:
        return given
    for text, value in given:
        if value not in fact.choices:
            sentence = tr(
                '"{text}" of {code} stands for "{value}"; it can stand for {answers}',
                text=text,
                code=fact.code,
                value=value,
                answers=", ".join(fact.choices),
            )
            say(sentence, "values", text)
    return given or tuple((word, word) for word in fact.choices)


def extension_rule(phone: FieldRule, code: str) -> FieldRule:
    """Make the rule of the field that takes the extensions of a phone's column."""
    return FieldRule(
        field=code,
        role=FieldRole.DATA,
        type=ValueType.TEXT,
        column=phone.column,
        replace=phone.replace,
        take=phone.take,
        region=phone.region,
        region_column=phone.region_column,
        extension=True,
        other=Other.KEEP,
    )


def _listed(format_: str | Sequence[str] | None) -> tuple[str, ...]:
    if format_ is None:
        return ()
    return (format_,) if isinstance(format_, str) else tuple(format_)


def _other(
    fact: FieldFact, type_: ValueType, section: OptionsSection, say: Say
) -> tuple[Other, str | None]:
    """Say what becomes of texts that `values` does not list."""
    closed = type_ in _CLOSED
    if section.other is None:
        return (Other.REJECT if closed else Other.KEEP), None
    if not section.values:
        sentence = tr(
            "`other` says what becomes of texts that `values` does not list: add `values`"
        )
        say(sentence, "other")
    if isinstance(section.other, OtherValue):
        _check_other_value(fact, type_, section.other.value, say)
        return Other.VALUE, section.other.value
    if section.other == "leave" and fact.always:
        sentence = tr(
            "the platform takes {code} for a no where a call leaves it out: write other: reject, "
            "or consent: {{left_out: no}}",
            code=fact.code,
        )
        say(sentence, "other")
    if section.other == "keep" and closed:
        sentence = tr(
            "{code} takes only what `values` lists: write other: reject or leave, or {{value: …}}",
            code=fact.code,
        )
        say(sentence, "other")
    return Other(section.other), None


def _check_other_value(fact: FieldFact, type_: ValueType, value: str, say: Say) -> None:
    if type_ is ValueType.CONSENT and value == "yes":
        sentence = tr(
            "any unlisted word would be a yes of {code}: list the words that mean yes under "
            "`values`",
            code=fact.code,
        )
        say(sentence, "other")
    elif type_ is ValueType.CONSENT and value == "leave":
        sentence = tr(
            "so that unlisted texts leave {code} alone, write other: leave", code=fact.code
        )
        say(sentence, "other")
    elif type_ in ANSWERS and value not in ANSWERS[type_]:
        sentence = tr(
            'unlisted texts of {code} cannot stand for "{value}": write yes or no',
            code=fact.code,
            value=value,
        )
        say(sentence, "other")


def _blank(
    fact: FieldFact,
    type_: ValueType,
    column: str,
    section: OptionsSection,
    say: Say,
    *,
    required: bool,
) -> tuple[Blank, str | None]:
    """Say what a blank cell means, and which text it counts as if it has a default."""
    if isinstance(section.blank, DefaultBlank):
        blank, default = Blank.DEFAULT, section.blank.default
        _check_default(fact, type_, section.blank.default, section, say)
    else:
        blank, default = Blank(section.blank), None
    if fact.always and blank is Blank.SKIP:
        return Blank.REJECT, None
    if required or fact.role is FieldRole.KEY:
        if blank not in {Blank.SKIP, Blank.REJECT}:
            sentence = _OF_A_KEY if fact.role is FieldRole.KEY else _OF_A_REQUIRED
            say(tr(sentence, column=column), "blank")
        return Blank.REJECT, None
    if blank is Blank.CLEAR and fact.role is FieldRole.DATA and not fact.erasable:
        sentence = tr("{code} cannot be erased on the platform: leave `blank` out", code=fact.code)
        say(sentence, "blank")
    elif blank is Blank.CLEAR and fact.role is not FieldRole.DATA:
        sentence = tr(
            "a blank cell can clear neither a consent nor its date ({code}): leave `blank` out",
            code=fact.code,
        )
        say(sentence, "blank")
    return blank, default


_OF_A_KEY = mark("{column} is a key, so its blank cells are rejected: leave `blank` out")
_OF_A_REQUIRED = mark("{column} is required, so its blank cells are rejected: leave `blank` out")


def _check_default(
    fact: FieldFact, type_: ValueType, default: str, section: OptionsSection, say: Say
) -> None:
    listed = [folded(text) for text in section.values or {}]
    if not default.strip():
        say(tr("a default that is blank changes nothing: leave `blank` out"), "blank")
    elif type_ in _CLOSED and listed and folded(default) not in listed:
        sentence = tr(
            'the default "{default}" of {code} must be one of the texts that `values` lists: '
            "{texts}",
            default=default,
            code=fact.code,
            texts=", ".join(section.values or {}),
        )
        say(sentence, "blank")


def _may_be_future(fact: FieldFact, section: OptionsSection, say: Say) -> bool:
    """Consents are never given tomorrow, and nobody is born then."""
    past = fact.past or fact.role is FieldRole.CONSENT_DATE
    past |= _BIRTH.search(fact.code) is not None
    if past and section.future == "accept":
        sentence = tr("{code} can never lie in the future: leave `future` out", code=fact.code)
        say(sentence, "future")
    return not past if section.future is None else section.future == "accept"


def _phone_form(fact: FieldFact, type_: ValueType, formats: Sequence[str], say: Say) -> PhoneForm:
    if type_ is not ValueType.PHONE or not formats:
        return PhoneForm.E164
    if fact.type is ValueType.PHONE:
        say(
            tr("{code} takes numbers in one form only: leave `format` out", code=fact.code),
            "format",
        )
        return PhoneForm.E164
    try:
        (form,) = formats
        return PhoneForm(form)
    except ValueError:
        sentence = tr("the format of a phone number is one of {forms}", forms=", ".join(PhoneForm))
        say(sentence, "format")
        return PhoneForm.E164
