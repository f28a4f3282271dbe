"""The mapping document: its shape, and every mistake that shows without a file beside it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from importer.documents import Document, MemberPath, near, read_document, salvage
from importer.errors import Mistake, UnusableInputError
from importer.mapping.rules import make_rule
from importer.mapping.sections import ColumnSection, MappingDocument
from importer.mapping.source import source_options
from importer.mapping.template import Template, parse_template
from importer.model import Blank, FieldFact, FieldRole, FieldRule, WriteMode
from importer.tables import SourceOptions

IGNORE = "ignore"


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
    stand_ins = {"name": "mapping", "target": next(iter(grammars)), "columns": {}}
    shape = salvage(document, MappingDocument, stand_ins=stand_ins)
    content, mistakes = shape.content, [*shape.mistakes]
    if content is None:
        raise UnusableInputError(*mistakes)
    if content.target not in grammars:
        hint = near(content.target, grammars) or f" There are: {', '.join(grammars)}."
        mistakes.append(document.mistake(f'there is no target "{content.target}".{hint}', "target"))
        raise UnusableInputError(*_in_line_order(mistakes))
    resolver = _Resolver(document, content, grammars[content.target], shape.removed)
    mapping = resolver.mapping()
    mistakes += resolver.mistakes
    if mistakes:
        raise UnusableInputError(*_in_line_order(mistakes))
    return mapping


def _in_line_order(mistakes: Iterable[Mistake]) -> list[Mistake]:
    return sorted(mistakes, key=lambda mistake: mistake.line or 0)


class _Resolver:
    """Collects a document's mistakes while it turns sections into rules.

    ``removed``: what the document's shape has wrong. What follows from that is not said again.
    """

    def __init__(
        self,
        document: Document,
        content: MappingDocument,
        grammar: Grammar,
        removed: frozenset[MemberPath],
    ) -> None:
        self._document = document
        self._content = content
        self._grammar = grammar
        self._written: dict[str, str] = {}
        self._unsound = {
            path[1]
            for path in removed
            if path[0] == "columns" and path[2:] in {("type",), ("values",)}
        }
        # A key that is only written wrongly is there all the same.
        self._has_key = any(path[0] == "columns" and len(path) < 3 for path in removed)
        self._who_gets_a_yes_is_open = any(path[0] in {"merge", "consent"} for path in removed)
        self.mistakes: list[Mistake] = []
        self.warnings: list[str] = []

    def mapping(self) -> Mapping:
        content = self._content
        columns = tuple(self._column(header, spec) for header, spec in content.columns.items())
        found = [
            self._made(section, code, text)
            for section, members in (
                ("constants", content.constants),
                ("computed", content.computed),
            )
            for code, text in members.items()
        ]
        made = tuple(one for one in found if one is not None)
        mode = WriteMode(
            allow_insert=content.merge.mode != "update",
            allow_update=content.merge.mode != "insert",
            skip_duplicates=content.merge.skip_duplicates,
            skip_unmatched=content.merge.skip_unmatched,
        )
        self._check_headers(columns)
        self._check_keys(made)
        self._check_refusals(columns, made)
        self._check_yeses(columns, made, mode)
        source = source_options(content.source, self._sayer("source"))
        return Mapping(
            name=content.name,
            target=content.target,
            connection=content.connection,
            source=source,
            columns=columns,
            made=made,
            mode=mode,
            yes_to=content.consent.yes_to if content.consent else None,
            duplicates=content.duplicates,
            unmapped_columns=content.unmapped_columns,
            document=self._document,
            warnings=tuple(self.warnings),
        )

    def _say(self, message: str, *path: str | int) -> None:
        self.mistakes.append(self._document.mistake(message, *path))

    def _sayer(self, *place: str) -> Callable[..., None]:
        return lambda message, *path: self._say(message, *place, *path)

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
            if code.casefold() == IGNORE:
                self._say(f"to leave the column out, write {header}: ignore", "columns", header)
                continue
            fact = self._fact(code, "columns", header)
            if fact is None:
                continue
            self._has_key = self._has_key or fact.role is FieldRole.KEY
            if header not in self._unsound:
                rules.append(make_rule(fact, header, section, self._sayer("columns", header)))
        return MappedColumn(header, tuple(section.aliases), tuple(rules))

    def _made(self, section: str, code: str, text: str) -> MadeField | None:
        fact = self._fact(code, section, code)
        if fact is None:
            return None
        try:
            template = parse_template(text)
        except ValueError as error:
            self._say(f"{code}: {error}", section, code)
            self._has_key = self._has_key or fact.role is FieldRole.KEY
            return None
        rule = make_rule(fact, code, ColumnSection(field=code), self._sayer(section, code))
        if fact.role is FieldRole.CONSENT and not template.columns:
            self._check_constant_consent(section, code, text)
        return MadeField(template, rule, section)

    def _check_constant_consent(self, section: str, code: str, text: str) -> None:
        if text.casefold() not in {"yes", "no"}:
            self._say(
                f'{code} is a consent: it can be set to yes or no, not to "{text}"', section, code
            )
        self.warnings.append(
            f"{self._place(section, code)}: {code} is set to {text} for every row, "
            "whatever the person answered."
        )

    def _place(self, *path: str) -> str:
        return f"{self._document.file}:{self._document.line(path)}"

    def _fact(self, code: str, *path: str) -> FieldFact | None:
        """Look a code up, and refuse to write one field twice."""
        try:
            fact = self._grammar(code)
        except ValueError as error:
            self._say(str(error), *path)
            self._has_key = self._has_key or code.casefold().startswith("key")
            return None
        earlier = self._written.get(code.casefold())
        if earlier is not None:
            self._say(
                f'{code} is written a second time: "{earlier}" writes it already. Keep one.', *path
            )
            return None
        self._written[code.casefold()] = path[-1]
        return fact

    def _check_headers(self, columns: tuple[MappedColumn, ...]) -> None:
        owners: dict[str, str] = {}
        for column in columns:
            for name in column.names:
                owner = owners.setdefault(name, column.header)
                if owner != column.header:
                    self._say(
                        f'the header "{name}" belongs to "{owner}" already: name it once',
                        "columns",
                        column.header,
                    )

    def _check_keys(self, made: tuple[MadeField, ...]) -> None:
        keys = [one for one in made if one.rule.role is FieldRole.KEY]
        if self._has_key or any(one.template.columns for one in keys):
            return
        if keys:
            self._say(
                f"{keys[0].rule.field} is the same in every row, so all rows would be one "
                "contact: map a column to it",
                keys[0].section,
                keys[0].rule.field,
            )
        else:
            self._say(
                "no column goes to a key (key_f_…), and nothing else tells the contacts apart: "
                "map one, for instance to key_f_EMail",
                "columns",
            )

    def _check_refusals(
        self, columns: tuple[MappedColumn, ...], made: tuple[MadeField, ...]
    ) -> None:
        """Refuse to guess what a yes means under a header such as "Unsubscribed"."""
        for column in columns:
            refusal = next(filter(_reads_negatively, column.names), None)
            if refusal is not None and any(_unexplained(rule) for rule in column.rules):
                self._say(
                    f'the header "{refusal}" reads like a refusal, so a yes in it may mean no: '
                    "spell both answers out under `values`",
                    "columns",
                    column.header,
                )
        for one in made:
            refusal = next(filter(_reads_negatively, one.template.columns), None)
            if refusal is not None and _unexplained(one.rule):
                self._say(
                    f'the header "{refusal}" reads like a refusal, so a yes in it may mean no: '
                    "map it under `columns`, with both answers spelled out under `values`",
                    one.section,
                    one.rule.field,
                )

    def _check_yeses(
        self, columns: tuple[MappedColumn, ...], made: tuple[MadeField, ...], mode: WriteMode
    ) -> None:
        consent = self._content.consent
        if consent is not None and consent.yes_to != "everyone":
            self._say(
                f"yes_to: {consent.yes_to} cannot be done by this version; "
                "only yes_to: everyone can, which sends each yes as it stands",
                "consent",
                "yes_to",
            )
        if consent is not None or not mode.allow_update or self._who_gets_a_yes_is_open:
            return
        places = {
            rule.field: ("columns", column.header)
            for column in columns
            for rule in column.rules
            if rule.role is FieldRole.CONSENT and _may_say_yes(rule)
        } | {
            one.rule.field: (one.section, one.rule.field)
            for one in made
            if one.rule.role is FieldRole.CONSENT and not _is_no(one.template)
        }
        if places:
            self._say(
                f"a yes of {', '.join(places)} could reach people who are in the account already, "
                "also those who unsubscribed: write who may be set to yes, for instance "
                "consent: {yes_to: everyone}",
                *next(iter(places.values())),
            )


def _may_say_yes(rule: FieldRule) -> bool:
    return not rule.values or any(value == "yes" for _, value in rule.values)


def _is_no(template: Template) -> bool:
    return [text.casefold() for text, _ in template.pieces] == ["no"]


def _unexplained(rule: FieldRule) -> bool:
    return rule.role is FieldRole.CONSENT and not rule.values


_REFUSAL = re.compile(
    r"desabonn|desinscri|refus|decline|exclu(?!si)|oppos|opt(ed)? ?out|unsub|suppress|"
    r"\b(pas|sans|stop|not|dont|don t|never|dnc)\b|\bne?\b.*\bplus\b|\bno ?(mail|contact|e ?mail)|"
    r"(black|block) ?list|liste (noire|rouge)"
)


def _reads_negatively(header: str) -> bool:
    plain = "".join(
        c for c in unicodedata.normalize("NFD", header.casefold()) if not unicodedata.combining(c)
    )
    return _REFUSAL.search(re.sub(r"[\W_]+", " ", plain)) is not None
