"""One field's rule, made of what a mapping says of it and what the platform says of the field."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from importer.blanks import folded
from importer.date_formats import formats_problem, parse_date_format
from importer.documents import near
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
from importer.mapping.sections import DefaultBlank, OptionsSection, OtherValue, RegionOfColumn

_DATES = frozenset({ValueType.DATE, ValueType.DATETIME})
_PLAIN = frozenset({ValueType.TEXT, ValueType.CHOICE})
_CLOSED = frozenset({ValueType.CHOICE, ValueType.BOOLEAN, ValueType.CONSENT})
_ANSWERS = {ValueType.CONSENT: ("yes", "no", "leave"), ValueType.BOOLEAN: ("yes", "no")}
_TYPES_OF_ROLE = {
    FieldRole.CONSENT: frozenset({ValueType.CONSENT}),
    FieldRole.CONSENT_DATE: _DATES,
}
_LIST = ValueType.LIST
_BUT_CONSENTS = frozenset(ValueType) - {ValueType.CONSENT}
_REGIONAL = frozenset({ValueType.PHONE, ValueType.POSTAL})

# Option -> the types it is for, what they are called, and the type to write.
_OPTIONS: dict[str, tuple[frozenset[ValueType], str]] = {
    "trim": (frozenset({ValueType.TEXT}), "text"),
    "replace": (_BUT_CONSENTS, "fields that are no consents (write `values` for those)"),
    "take": (_BUT_CONSENTS, "fields that are no consents (write `values` for those)"),
    "case": (_PLAIN, "text"),
    "max_length": (_PLAIN, "text"),
    "truncate": (_PLAIN, "text"),
    "pattern": (_PLAIN, "text"),
    "format": (_DATES | {ValueType.PHONE}, "dates and phones"),
    "pivot": (_DATES, "dates"),
    "real_dates": (_DATES, "dates"),
    "future": (_DATES, "dates"),
    "region": (_REGIONAL, "phones and postal codes"),
    "extension_field": (frozenset({ValueType.PHONE}), "phones"),
    "separator": (frozenset({ValueType.LIST}), "lists"),
    "decimal": (frozenset({ValueType.DECIMAL, ValueType.INTEGER}), "numbers"),
}
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
    _check_type(fact, type_, say)
    _check_options(fact, type_, section, say)
    _check_values(fact, type_, section, say)
    if fact.role is FieldRole.KEY and section.on_invalid is OnInvalid.SKIP:
        say(
            f"{fact.code} is a key, and a row without it cannot be sent: leave `on_invalid` out",
            "on_invalid",
        )
    blank, default = _blank(fact, type_, column, section, say, required=required)
    other, other_value = _other(fact, type_, section, say)
    formats = _listed(section.format)
    if type_ in _DATES:
        _check_formats(type_, formats, section, say)
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
        values=tuple((section.values or {}).items()),
        other=other,
        other_value=other_value,
        clear_token=clear_token,
        on_invalid=section.on_invalid,
        case=section.case,
        max_length=section.max_length,
        truncate=section.truncate,
        pattern=section.pattern,
        formats=formats if type_ in _DATES else (),
        pivot=section.pivot,
        real_dates=section.real_dates,
        future=_may_be_future(fact, section, say),
        region=region.default if isinstance(region, RegionOfColumn) else region,
        region_column=region.column if isinstance(region, RegionOfColumn) else "",
        phone_form=_phone_form(type_, formats, say),
        keeps_extension=section.extension_field is not None,
        separator=section.separator,
        decimal=section.decimal,
    )


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


def _check_type(fact: FieldFact, type_: ValueType, say: Say) -> None:
    allowed = _types_of(fact)
    fixed = fact.role in _TYPES_OF_ROLE or (fact.role is FieldRole.KEY and fact.type is not None)
    if fixed and type_ not in allowed:
        wanted = " or ".join(sorted(allowed))
        say(f"{fact.code} can only be of type {wanted}, not {type_}: leave `type` out", "type")
    elif not fixed and type_ is ValueType.CONSENT:
        say(
            f"{fact.code} is no consent: use type boolean (consents are optin_ fields and "
            "hasTrackingConsent)",
            "type",
        )
    elif fact.role is FieldRole.KEY and type_ is ValueType.LIST:
        say(f"{fact.code} is a key, and a key is one value: leave `type: list` out", "type")


def _types_of(fact: FieldFact) -> frozenset[ValueType]:
    """Give the types that a field can have."""
    if fact.role is FieldRole.KEY:
        return frozenset({fact.type}) if fact.type is not None else _BUT_CONSENTS - {_LIST}
    return _TYPES_OF_ROLE.get(fact.role, _BUT_CONSENTS)


def _check_options(fact: FieldFact, type_: ValueType, section: OptionsSection, say: Say) -> None:
    """Refuse what would have no effect on a field of this type."""
    for option, (types, names) in _OPTIONS.items():
        written = getattr(section, option)
        if type_ in types or written is None or written in _UNSET.get(option, ()):
            continue
        remedy, possible = "leave it out", types & _types_of(fact)
        if possible and len(types) <= 2:
            remedy = f"write type: {' or '.join(sorted(possible))}, or leave it out"
        say(f"`{option}` is for {names}, and {fact.code} is of type {type_}: {remedy}", option)
    if section.truncate and section.max_length is None:
        say("`truncate` needs to know where to cut: add `max_length`", "truncate")
    if section.replace is not None and "" in section.replace:
        say("`replace` needs a text to look for: an empty one stands everywhere", "replace")
    if section.separator is not None and section.separator.strip() == "|" and type_ is _LIST:
        say(
            "`separator` says what parts the entries in the file: for | leave it out, since that "
            "is known",
            "separator",
        )
    if section.separator == "":
        say("`separator` must be a text: leave it out for ; | and line breaks", "separator")
    if section.truncate and fact.role is FieldRole.KEY:
        say(
            f"{fact.code} is a key, and a key that is cut may be another contact's: leave "
            "`truncate` out",
            "truncate",
        )
    if not section.trim and fact.role is FieldRole.KEY:
        say(f"{fact.code} is a key, and keys are compared trimmed: leave `trim` out", "trim")


def _check_formats(
    type_: ValueType, formats: Sequence[str], section: OptionsSection, say: Say
) -> None:
    if section.format is not None and not formats:
        say("`format` has no format: write one, such as DD/MM/YYYY, or leave it out", "format")
        return
    problem = formats_problem(formats, timed=type_ is ValueType.DATETIME)
    if problem:
        say(problem, "format")
        return
    short = [one for one in formats if parse_date_format(one).short_year]
    if short and section.pivot is None:
        say(
            f'the format "{short[0]}" has a year of two digits: add `pivot: 30`, say, so that 00 '
            "to 30 are 2000 to 2030, and 31 to 99 are 1931 to 1999",
            "format",
        )
    if section.pivot is not None and not short:
        say("`pivot` is for years of two digits (YY), and no format has one", "pivot")


def _check_values(fact: FieldFact, type_: ValueType, section: OptionsSection, say: Say) -> None:
    if type_ is ValueType.CHOICE and not section.values:
        say(f"{fact.code} is a choice: list its values under `values`")
    answers = _ANSWERS.get(type_)
    seen: dict[str, str] = {}
    for text, value in (section.values or {}).items():
        if not text.strip():
            say(f"a blank cell of {fact.code} is no value: say what it means under `blank`",
                "values", text)  # fmt: skip
        if answers is not None and value not in answers:
            hint = near(value, answers, most=1)
            say(
                f'"{text}" of {fact.code} stands for "{value}"; it can stand for '
                f"{', '.join(answers)}{'.' * bool(hint)}{hint}",
                "values",
                text,
            )
        if seen.setdefault(folded(text), value) != value:
            say(
                f'"{text}" stands under `values` twice, with two answers: keep one',
                "values",
                text,
            )


def _other(
    fact: FieldFact, type_: ValueType, section: OptionsSection, say: Say
) -> tuple[Other, str | None]:
    """Say what becomes of texts that `values` does not list."""
    closed = type_ in _CLOSED
    if section.other is None:
        return (Other.REJECT if closed else Other.KEEP), None
    if not section.values:
        say("`other` says what becomes of texts that `values` does not list: add `values`", "other")
    if isinstance(section.other, OtherValue):
        _check_other_value(fact, type_, section.other.value, say)
        return Other.VALUE, section.other.value
    if section.other == "keep" and closed:
        say(
            f"{fact.code} takes only what `values` lists: write other: reject or leave, or "
            "{value: …}",
            "other",
        )
    return Other(section.other), None


def _check_other_value(fact: FieldFact, type_: ValueType, value: str, say: Say) -> None:
    if type_ is ValueType.CONSENT and value == "yes":
        say(
            f"any unlisted word would be a yes of {fact.code}: list the words that mean yes under "
            "`values`",
            "other",
        )
    elif type_ is ValueType.CONSENT and value == "leave":
        say(f"so that unlisted texts leave {fact.code} alone, write other: leave", "other")
    elif type_ in _ANSWERS and value not in _ANSWERS[type_]:
        say(f'unlisted texts of {fact.code} cannot stand for "{value}": write yes or no', "other")


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
    if required or fact.role is FieldRole.KEY:
        if blank not in {Blank.SKIP, Blank.REJECT}:
            what = "a key" if fact.role is FieldRole.KEY else "required"
            say(f"{column} is {what}, so its blank cells are rejected: leave `blank` out", "blank")
        return Blank.REJECT, None
    if blank is Blank.CLEAR and fact.role is not FieldRole.DATA:
        say(
            f"a blank cell can clear neither a consent nor its date ({fact.code}): "
            "leave `blank` out",
            "blank",
        )
    return blank, default


def _check_default(
    fact: FieldFact, type_: ValueType, default: str, section: OptionsSection, say: Say
) -> None:
    listed = [folded(text) for text in section.values or {}]
    if not default.strip():
        say("a default that is blank changes nothing: leave `blank` out", "blank")
    elif type_ in _CLOSED and listed and folded(default) not in listed:
        names = ", ".join(section.values or {})
        say(
            f'the default "{default}" of {fact.code} must be one of the texts that `values` '
            f"lists: {names}",
            "blank",
        )


def _may_be_future(fact: FieldFact, section: OptionsSection, say: Say) -> bool:
    """Consents are never given tomorrow, and nobody is born then."""
    past = fact.role is FieldRole.CONSENT_DATE or _BIRTH.search(fact.code) is not None
    if past and section.future == "accept":
        say(f"{fact.code} can never lie in the future: leave `future` out", "future")
    return not past if section.future is None else section.future == "accept"


def _phone_form(type_: ValueType, formats: Sequence[str], say: Say) -> PhoneForm:
    if type_ is not ValueType.PHONE or not formats:
        return PhoneForm.E164
    try:
        (form,) = formats
        return PhoneForm(form)
    except ValueError:
        known = ", ".join(PhoneForm)
        say(f"the format of a phone number is one of {known}", "format")
        return PhoneForm.E164


_UNSET = {"trim": (True,), "truncate": (False,)}
