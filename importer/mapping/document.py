"""The mapping document: its shape, and every mistake that shows without a file beside it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import phonenumbers
from pydantic import AfterValidator, ConfigDict, Field, PositiveInt

from importer.date_formats import date_format_problem
from importer.documents import Document, DocumentModel, Text, read_document, validate
from importer.errors import Mistake, UnusableInputError
from importer.mapping.template import Template, parse_template
from importer.model import (
    Blank,
    FieldFact,
    FieldRole,
    FieldRule,
    OnInvalid,
    SourceOptions,
    ValueType,
    WriteMode,
)

IGNORE = "ignore"
CONSENT_ANSWERS = ("yes", "no", "leave")
_TYPES_OF_ROLE = {
    FieldRole.CONSENT: {ValueType.CONSENT},
    FieldRole.CONSENT_DATE: {ValueType.DATE, ValueType.DATETIME},
}


def _check_region(region: str) -> str:
    if region.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f"{region} is no country code of two letters, such as CA or FR")
    return region.upper()


def _check_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"the pattern is no regular expression ({error})") from None
    return pattern


class DefaultBlank(DocumentModel):
    """``blank: {default: VALUE}``: a blank cell counts as this text."""

    default: Text


class ColumnSection(DocumentModel):
    """The long form of a column."""

    field: Annotated[
        str | list[str], Field(description="One field code, or several: the value goes to each.")
    ]
    type: ValueType | None = Field(None, description="Left out: what the field code implies.")
    format: str | None = Field(
        None, description="Dates: YYYY, MM, DD, HH, mm, ss and what stands between them."
    )
    region: Annotated[str, AfterValidator(_check_region)] | None = Field(
        None, description="Phones: the country of numbers written without a country code."
    )
    values: dict[str, Text] | None = Field(None, description="Cell text: the value it stands for.")
    aliases: list[Text] = Field(default_factory=list, description="Other headers it may have.")
    required: bool = Field(False, description="A blank cell makes the row invalid.")
    blank: Literal["skip", "clear", "reject"] | DefaultBlank = Field(
        "skip", description="What a blank cell means; skip leaves the field alone."
    )
    case: Literal["lower", "upper"] | None = None
    max_length: PositiveInt | None = Field(None, description="Longer text makes the row invalid.")
    pattern: Annotated[str, AfterValidator(_check_pattern)] | None = Field(
        None, description="A regular expression that the whole text must match."
    )
    on_invalid: OnInvalid = Field(
        OnInvalid.REJECT, description="reject the row, or skip the field with a warning."
    )


class SourceSection(DocumentModel):
    sheet: Text | None = None
    header_row: PositiveInt | None = None
    delimiter: str | None = None
    encoding: str | None = None


class MergeSection(DocumentModel):
    mode: Literal["insert", "update", "upsert"] = "upsert"
    skip_duplicates: bool = False
    skip_unmatched: bool = False


class ConsentSection(DocumentModel):
    yes_to: Literal["everyone", "new", "unless-refused"]


class MappingDocument(DocumentModel):
    """Which column goes to which field of the platform, and how rows are written."""

    model_config = ConfigDict(title="importer mapping", extra="forbid", frozen=True)

    name: Text
    target: str
    connection: str | None = None
    source: SourceSection = SourceSection()
    columns: dict[str, str | ColumnSection]
    constants: dict[str, Text] = Field(default_factory=dict)
    computed: dict[str, Text] = Field(default_factory=dict)
    merge: MergeSection = MergeSection()
    consent: ConsentSection | None = None
    duplicates: Literal["last", "first", "refuse"] = "last"
    unmapped_columns: Literal["warn", "error", "ignore"] = "warn"


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """One entry of ``columns:``; ``rules`` is empty for a column that is ignored."""

    header: str
    aliases: tuple[str, ...]
    rules: tuple[FieldRule, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return (self.header, *self.aliases)


@dataclass(frozen=True, slots=True)
class MadeField:
    """One entry of ``constants:`` or ``computed:``."""

    template: Template
    rule: FieldRule
    section: str


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping that holds together: every field known, every rule complete."""

    name: str
    target: str
    connection: str | None
    source: SourceOptions
    columns: tuple[MappedColumn, ...]
    made: tuple[MadeField, ...]
    mode: WriteMode
    yes_to: str | None
    duplicates: str
    unmapped_columns: str
    document: Document
    warnings: tuple[str, ...]

    @property
    def rules(self) -> tuple[FieldRule, ...]:
        """Every field's rule, in the order of the document."""
        of_columns = tuple(rule for column in self.columns for rule in column.rules)
        return of_columns + tuple(made.rule for made in self.made)

    @property
    def clears(self) -> tuple[str, ...]:
        """The fields that a blank cell clears."""
        return tuple(rule.field for rule in self.rules if rule.blank is Blank.CLEAR)


def json_schema() -> dict[str, Any]:
    """Give the JSON Schema of the mapping format, for editors."""
    schema = MappingDocument.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


Grammar = Callable[[str], FieldFact]
"""What a platform says of a field code; raises ValueError with a sentence for a wrong one."""


def read_mapping(path: Path, grammars: dict[str, Grammar]) -> Mapping:
    """Read a mapping file; ``grammars`` has one entry for each target there is.

    Raises:
        UnusableInputError: with every mistake of the document at once, each with its line.
    """
    document = read_document(path)
    return resolve_mapping(document, grammars)


def resolve_mapping(document: Document, grammars: dict[str, Grammar]) -> Mapping:
    """Turn a document into a mapping, or list all that is wrong with it.

    Raises:
        UnusableInputError: as ``read_mapping``.
    """
    content = validate(document, MappingDocument)
    if content.target not in grammars:
        known = ", ".join(grammars)
        raise UnusableInputError(
            document.mistake(f"there is no target {content.target} (there are: {known})", "target")
        )
    resolver = _Resolver(document, content, grammars[content.target])
    mapping = resolver.mapping()
    if resolver.mistakes:
        raise UnusableInputError(*sorted(resolver.mistakes, key=lambda m: m.line or 0))
    return mapping


class _Resolver:
    """Collects a document's mistakes while it turns sections into rules."""

    def __init__(self, document: Document, content: MappingDocument, grammar: Grammar) -> None:
        self._document = document
        self._content = content
        self._grammar = grammar
        self._written: dict[str, str] = {}
        self.mistakes: list[Mistake] = []
        self.warnings: list[str] = []

    def mapping(self) -> Mapping:
        content = self._content
        columns = tuple(self._column(header, spec) for header, spec in content.columns.items())
        made = tuple(
            self._made(section, code, text)
            for section, members in (
                ("constants", content.constants),
                ("computed", content.computed),
            )
            for code, text in members.items()
        )
        mode = WriteMode(
            allow_insert=content.merge.mode != "update",
            allow_update=content.merge.mode != "insert",
            skip_duplicates=content.merge.skip_duplicates,
            skip_unmatched=content.merge.skip_unmatched,
        )
        rules = [rule for column in columns for rule in column.rules]
        rules += [one.rule for one in made if one is not None]
        self._check_headers(columns)
        self._check_keys(rules)
        self._check_consents(rules, mode)
        source = content.source
        return Mapping(
            name=content.name,
            target=content.target,
            connection=content.connection,
            source=SourceOptions(
                source.sheet, source.header_row, source.delimiter, source.encoding
            ),
            columns=columns,
            made=tuple(one for one in made if one is not None),
            mode=mode,
            yes_to=content.consent.yes_to if content.consent else None,
            duplicates=content.duplicates,
            unmapped_columns=content.unmapped_columns,
            document=self._document,
            warnings=tuple(self.warnings),
        )

    def _say(self, message: str, *path: str | int) -> None:
        self.mistakes.append(self._document.mistake(message, *path))

    def _column(self, header: str, spec: str | ColumnSection) -> MappedColumn:
        if spec == IGNORE:
            return MappedColumn(header, (), ())
        section = ColumnSection(field=spec) if isinstance(spec, str) else spec
        codes = [section.field] if isinstance(section.field, str) else section.field
        if not codes:
            self._say(
                f"the column {header} names no field: write a code, or ignore", "columns", header
            )
        rules = []
        for code in codes:
            fact = self._fact(code, "columns", header)
            if fact is not None:
                rules.append(self._rule(fact, header, section, ("columns", header)))
        return MappedColumn(header, tuple(section.aliases), tuple(rules))

    def _made(self, section: str, code: str, text: str) -> MadeField | None:
        fact = self._fact(code, section, code)
        if fact is None:
            return None
        try:
            template = parse_template(text)
        except ValueError as error:
            self._say(f"{code}: {error}", section, code)
            return None
        rule = self._rule(fact, code, ColumnSection(field=code), (section, code))
        if fact.role is FieldRole.CONSENT and section == "constants":
            self.warnings.append(
                f"{self._place(section, code)}: {code} is set to {text} for every row, "
                "whatever the person answered."
            )
        return MadeField(template, rule, section)

    def _place(self, *path: str) -> str:
        return f"{self._document.file}:{self._document.line(path)}"

    def _fact(self, code: str, *path: str) -> FieldFact | None:
        """Look a code up, and refuse to write one field twice."""
        try:
            fact = self._grammar(code)
        except ValueError as error:
            self._say(str(error), *path)
            return None
        earlier = self._written.get(code.casefold())
        if earlier is not None:
            self._say(f"{code} is written a second time: {earlier} already writes it", *path)
            return None
        self._written[code.casefold()] = path[-1]
        return fact

    def _rule(
        self, fact: FieldFact, column: str, section: ColumnSection, path: tuple[str, str]
    ) -> FieldRule:
        type_ = section.type or fact.type or ValueType.TEXT
        self._check_type(fact, type_, section, path)
        blank, default = Blank.SKIP, None
        if isinstance(section.blank, DefaultBlank):
            blank, default = Blank.DEFAULT, section.blank.default
        else:
            blank = Blank(section.blank)
        if section.required or fact.role is FieldRole.KEY:
            if blank not in {Blank.SKIP, Blank.REJECT}:
                what = "a key" if fact.role is FieldRole.KEY else "required"
                self._say(f"{column} is {what}: its blank cells can only be rejected", *path)
            blank, default = Blank.REJECT, None
        if blank is Blank.CLEAR and fact.role is not FieldRole.DATA:
            self._say(f"{fact.code}: a blank cell cannot clear a consent", *path, "blank")
        if fact.role is FieldRole.KEY and section.on_invalid is OnInvalid.SKIP:
            self._say(f"{fact.code} is a key: a row without it cannot be sent", *path, "on_invalid")
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

    def _check_type(
        self, fact: FieldFact, type_: ValueType, section: ColumnSection, path: tuple[str, str]
    ) -> None:
        allowed = _TYPES_OF_ROLE.get(fact.role)
        if fact.role is FieldRole.KEY and fact.type is not None:
            allowed = {fact.type}
        if allowed is not None and type_ not in allowed:
            wanted = " or ".join(sorted(allowed))
            self._say(f"{fact.code} can only be of type {wanted}, not {type_}", *path, "type")
        if fact.role is FieldRole.DATA and type_ is ValueType.CONSENT:
            self._say(
                f"{fact.code} is an ordinary field: use type boolean (consents are optin_ fields "
                "and hasTrackingConsent)",
                *path,
                "type",
            )
        dated = type_ in {ValueType.DATE, ValueType.DATETIME}
        if section.format is not None:
            if not dated:
                self._say(
                    f"format is for dates, and {fact.code} is of type {type_}", *path, "format"
                )
            else:
                self._check_format(section.format, type_, path)
        if section.region is not None and type_ is not ValueType.PHONE:
            self._say(f"region is for phones, and {fact.code} is of type {type_}", *path, "region")
        if type_ is ValueType.CHOICE and not section.values:
            self._say(f"{fact.code} is a choice: list its values under values:", *path)
        self._check_values(fact, type_, section, path)

    def _check_format(self, format_: str, type_: ValueType, path: tuple[str, str]) -> None:
        problem = date_format_problem(format_, timed=type_ is ValueType.DATETIME)
        if problem:
            self._say(problem, *path, "format")

    def _check_values(
        self, fact: FieldFact, type_: ValueType, section: ColumnSection, path: tuple[str, str]
    ) -> None:
        answers = {
            ValueType.CONSENT: CONSENT_ANSWERS,
            ValueType.BOOLEAN: ("yes", "no"),
        }.get(type_)
        seen: dict[str, str] = {}
        for text, value in (section.values or {}).items():
            if answers is not None and value not in answers:
                listed = ", ".join(answers)
                self._say(
                    f'"{text}" of {fact.code} stands for {value}; it can stand for {listed}',
                    *path,
                    "values",
                    text,
                )
            fold = text.strip().casefold()
            if fold in seen and seen[fold] != value:
                self._say(f'"{text}" stands under values: twice, with two answers', *path, "values")
            seen[fold] = value

    def _check_headers(self, columns: tuple[MappedColumn, ...]) -> None:
        owners: dict[str, str] = {}
        for column in columns:
            for name in column.names:
                if name in owners:
                    self._say(
                        f'the header "{name}" belongs to {owners[name]} already',
                        "columns",
                        column.header,
                    )
                owners[name] = column.header

    def _check_keys(self, rules: list[FieldRule]) -> None:
        if not any(rule.role is FieldRole.KEY for rule in rules) and not self.mistakes:
            self._say(
                "no column goes to a key (key_f_…): nothing would tell the contacts apart",
                "columns",
            )

    def _check_consents(self, rules: list[FieldRule], mode: WriteMode) -> None:
        consent = self._content.consent
        if consent is not None and consent.yes_to != "everyone":
            self._say(
                f"yes_to: {consent.yes_to} cannot be done by this version; "
                "only yes_to: everyone can, which sends each yes as it stands",
                "consent",
                "yes_to",
            )
        yeses = [r for r in rules if r.role is FieldRole.CONSENT and _may_say_yes(r)]
        if yeses and mode.allow_update and consent is None:
            names = ", ".join(dict.fromkeys(r.field for r in yeses))
            self._say(
                f"a yes of {names} could reach people who are in the account already, "
                "also those who unsubscribed: write who may be set to yes, for instance "
                "consent: {yes_to: everyone}",
                "columns",
                yeses[0].column,
            )
        for rule in rules:
            if (
                rule.role is FieldRole.CONSENT
                and not rule.values
                and _reads_negatively(rule.column)
            ):
                self._say(
                    f'the header "{rule.column}" reads like a refusal, so a yes in it may mean no: '
                    "spell both answers out under values:",
                    "columns",
                    rule.column,
                )


def _may_say_yes(rule: FieldRule) -> bool:
    return not rule.values or any(value == "yes" for _, value in rule.values)


def _reads_negatively(header: str) -> bool:
    plain = "".join(
        c for c in unicodedata.normalize("NFD", header.casefold()) if not unicodedata.combining(c)
    )
    return bool(
        re.search(
            r"desabonn|desinscri|refus|ne (pas|plus) |opt[ _-]?out|unsub|\bstop\b|do[ _-]?not|"
            r"\bdnc\b|no[ _-]?(mail|contact|email)|exclu|oppos",
            plain,
        )
    )
