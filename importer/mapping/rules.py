"""One field's rule, made of a column's section and what the platform says of the field."""

from __future__ import annotations

from typing import Protocol

from importer.date_formats import date_format_problem
from importer.mapping.sections import ColumnSection, DefaultBlank
from importer.model import Blank, FieldFact, FieldRole, FieldRule, OnInvalid, ValueType

_DATES = {ValueType.DATE, ValueType.DATETIME}
_PLAIN = {ValueType.TEXT, ValueType.CHOICE}
_CLOSED = {ValueType.CHOICE, ValueType.BOOLEAN, ValueType.CONSENT}
_ANSWERS = {ValueType.CONSENT: ("yes", "no", "leave"), ValueType.BOOLEAN: ("yes", "no")}
_TYPES_OF_ROLE = {FieldRole.CONSENT: {ValueType.CONSENT}, FieldRole.CONSENT_DATE: _DATES}


class Say(Protocol):
    """Takes a mistake: its sentence, and the path from the section to the member it is about."""

    def __call__(self, message: str, *path: str) -> None: ...


def make_rule(fact: FieldFact, column: str, section: ColumnSection, say: Say) -> FieldRule:
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
    blank, default = _blank(fact, type_, column, section, say)
    return FieldRule(
        field=fact.code,
        role=fact.role,
        type=type_,
        column=column,
        blank=blank,
        default=default,
        format=section.format,
        region=section.region,
        values=tuple((section.values or {}).items()),
        on_invalid=section.on_invalid,
        case=section.case,
        max_length=section.max_length,
        pattern=section.pattern,
    )


def _check_type(fact: FieldFact, type_: ValueType, say: Say) -> None:
    allowed = _TYPES_OF_ROLE.get(fact.role)
    if fact.role is FieldRole.KEY and fact.type is not None:
        allowed = {fact.type}
    if allowed is not None and type_ not in allowed:
        wanted = " or ".join(sorted(allowed))
        say(f"{fact.code} can only be of type {wanted}, not {type_}: leave `type` out", "type")
    elif allowed is None and type_ is ValueType.CONSENT:
        say(
            f"{fact.code} is no consent: use type boolean (consents are optin_ fields and "
            "hasTrackingConsent)",
            "type",
        )


def _check_options(fact: FieldFact, type_: ValueType, section: ColumnSection, say: Say) -> None:
    """Refuse what would have no effect on a field of this type."""
    if section.format is not None:
        if type_ in _DATES:
            problem = date_format_problem(section.format, timed=type_ is ValueType.DATETIME)
            if problem:
                say(problem, "format")
        else:
            say(
                f"format is for dates, and {fact.code} is of type {type_}: write type: date",
                "format",
            )
    if section.region is not None and type_ is not ValueType.PHONE:
        say(
            f"region is for phones, and {fact.code} is of type {type_}: write type: phone",
            "region",
        )
    for option in ("case", "max_length", "pattern"):
        if getattr(section, option) is not None and type_ not in _PLAIN:
            say(f"{option} is for text, and {fact.code} is of type {type_}: leave it out", option)


def _check_values(fact: FieldFact, type_: ValueType, section: ColumnSection, say: Say) -> None:
    if type_ is ValueType.CHOICE and not section.values:
        say(f"{fact.code} is a choice: list its values under `values`")
    answers = _ANSWERS.get(type_)
    seen: dict[str, str] = {}
    for text, value in (section.values or {}).items():
        if answers is not None and value not in answers:
            say(
                f'"{text}" of {fact.code} stands for "{value}"; it can stand for '
                f"{', '.join(answers)}",
                "values",
                text,
            )
        if seen.setdefault(text.strip().casefold(), value) != value:
            say(
                f'"{text}" stands under `values` twice, with two answers: keep one',
                "values",
                text,
            )


def _blank(
    fact: FieldFact, type_: ValueType, column: str, section: ColumnSection, say: Say
) -> tuple[Blank, str | None]:
    """Say what a blank cell means, and which text it counts as if it has a default."""
    if isinstance(section.blank, DefaultBlank):
        blank, default = Blank.DEFAULT, section.blank.default
        _check_default(fact, type_, section.blank.default, section, say)
    else:
        blank, default = Blank(section.blank), None
    if section.required or fact.role is FieldRole.KEY:
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
    fact: FieldFact, type_: ValueType, default: str, section: ColumnSection, say: Say
) -> None:
    listed = [text.strip().casefold() for text in section.values or {}]
    if type_ in _CLOSED and listed and default.strip().casefold() not in listed:
        names = ", ".join(section.values or {})
        say(
            f'the default "{default}" of {fact.code} must be one of the texts that `values` '
            f"lists: {names}",
            "blank",
        )
