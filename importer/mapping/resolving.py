"""A mapping document turned into a mapping, or all that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Members
from dataclasses import replace
from pathlib import Path

from importer.documents import Document, MemberPath, near, nearest, read_document, salvage
from importer.errors import Mistake, UnusableInputError, sentence_of
from importer.field_rules import (
    FieldFact,
    FieldRole,
    FieldRule,
    RowRules,
    ValueType,
)
from importer.language import tr
from importer.mapping.code_hints import Grammar, meant, unusual
from importer.mapping.consent_basis import bases_of
from importer.mapping.consent_checks import (
    check_constant,
    check_refusals,
    check_yeses,
    warn_of_consents,
    yes_to_of,
)
from importer.mapping.document import MadeField, MappedColumn, Mapping
from importer.mapping.identifying import check_keys, matching_key
from importer.mapping.made_fields import IGNORE, options_of, recipe_of
from importer.mapping.platform_checks import (
    Place,
    check_clearing,
    check_platform,
    check_resubscribing,
    fields_together,
    resubscription_of,
    warn_of_platform,
)
from importer.mapping.row_demands import (
    check_effects,
    check_suppression,
    condition_of,
    groups_of,
)
from importer.mapping.rules import Say, extension_rule, make_rule
from importer.mapping.sections import (
    ColumnSection,
    ComputedSection,
    ConstantSection,
    MappingDocument,
    OptionsSection,
)
from importer.mapping.source import source_options
from importer.model import (
    WriteMode,
)


def read_mapping(path: Path, grammars: Members[str, Grammar]) -> Mapping:
    """Read a mapping file; ``grammars`` has one entry for each target there is.

    Raises:
        UnusableInputError: with every mistake of the document at once, each with its line.
    """
    document = read_document(path)
    return resolve_mapping(document, grammars)


def resolve_mapping(document: Document, grammars: Members[str, Grammar]) -> Mapping:
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
        known = tr(" There are: {names}.", names=", ".join(grammars))
        hint = near(content.target, grammars) or known
        sentence = tr('there is no target "{name}".{hint}', name=content.target, hint=hint)
        mistakes.append(document.mistake(sentence, "target"))
    likely = nearest(content.target, grammars, most=1)
    if not likely:
        raise UnusableInputError(*_in_place_order(mistakes))
    resolver = _Resolver(document, content, grammars[likely[0]], shape.removed)
    mapping = resolver.mapping()
    mistakes += resolver.mistakes
    if mistakes:
        raise UnusableInputError(*_in_place_order(mistakes))
    return mapping


def _in_place_order(mistakes: Iterable[Mistake]) -> list[Mistake]:
    return sorted(mistakes, key=lambda mistake: mistake.place)


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
        self._consent_dates: dict[str, str] = {}
        self._unsound = {
            path[:2] for path in removed if len(path) == 3 and path[2] in {"type", "values"}
        }
        self._half_said = {
            path[:2]
            for path in removed
            if path[0] == "when" or (path[0] == "computed" and path[-1] in ComputedSection.ways())
        }
        # A key that is only written wrongly is there all the same.
        self._has_key = any(path[0] == "columns" and len(path) < 3 for path in removed)
        self._fields_are_open = any(
            path[0] in {"columns", "constants", "computed"} for path in removed
        )
        self._who_gets_a_yes_is_open = any(path[0] in {"merge", "consent"} for path in removed)
        self._written_codes: dict[str, Place] = {}
        self.mistakes: list[Mistake] = []
        self.warnings: list[str] = []
        self._match = matching_key(content, grammar, self._say)

    def mapping(self) -> Mapping:
        content = self._content
        columns = tuple(self._column(header, spec) for header, spec in content.columns.items())
        found = [
            self._made(section, code, spec)
            for section, members in (
                ("constants", content.constants),
                ("computed", content.computed),
            )
            for code, spec in members.items()
        ]
        made = tuple(one for some in found for one in some)
        mode = WriteMode(
            allow_insert=content.merge.mode != "update",
            allow_update=content.merge.mode != "insert",
            skip_duplicates=content.merge.skip_duplicates,
            skip_unmatched=content.merge.skip_unmatched,
            option=content.merge.option or "",
            resubscription=resubscription_of(content.consent),
            left_out=content.consent.left_out or "" if content.consent else "",
        )
        check_platform(content, self._grammar.abilities, self._say)
        self._check_headers(columns)
        if not self._has_key:
            check_keys(made, self._grammar.abilities, self._say)
        check_refusals(columns, made, self._say_of_name)
        if not self._who_gets_a_yes_is_open:
            check_yeses(content.consent, columns, made, mode, self._say, self._warn)
        for one in made:
            if one.rule.constant and one.rule.role is FieldRole.CONSENT:
                check_constant(one, self._say, self._warn)
        warn_of_consents(columns, made, self._consent_dates, mode, self._warn)
        rules = [rule for column in columns for rule in column.rules] + [m.rule for m in made]
        check_resubscribing(
            content.consent, self._grammar.abilities, columns, made, mode, self._say
        )
        check_clearing(rules, self._grammar.abilities, mode, self._written_codes, self._say)
        warn_of_platform(content, self._grammar, rules, self._written_codes, self._warn)
        check_suppression(content, rules, self._say)
        check_effects(content, mode, rules, self._say, self._warn)
        sound = not (self.mistakes or self._fields_are_open)
        bases = bases_of(content, rules, self._say, sound=sound)
        source = source_options(content.source, self._sayer("source"))
        return Mapping(
            name=content.name,
            target=content.target,
            connection=content.connection,
            source=source,
            columns=columns,
            made=made,
            mode=mode,
            yes_to=yes_to_of(content.consent, columns, made, mode),
            duplicates=content.duplicates,
            unmapped_columns=content.unmapped_columns,
            conditions=tuple(
                condition_of(*one, self._say)
                for one in content.when.items()
                if ("when", one[0]) not in self._half_said
            ),
            row_rules=RowRules(
                one_of=groups_of(content.rules, "require_one_of", columns, rules, self._say),
                together=fields_together(self._grammar, rules, self._written_codes, self._say),
                unique=groups_of(content.rules, "unique", columns, rules, self._say),
                only=content.consent.only if content.consent else None,
                consent_dates=self._consent_dates,
                whole=self._grammar.abilities.wants_all,
            ),
            bases=bases,
            suppress=tuple(content.suppress),
            suppress_rows=content.suppress_rows,
            clear_token=content.clear_token,
            table_id=content.table_id or "",
            document=self._document,
            warnings=tuple(self.warnings),
        )

    def _say(self, message: str, *path: str | int) -> None:
        self.mistakes.append(self._document.mistake(message, *path))

    def _say_of_name(self, message: str, *path: str | int) -> None:
        self.mistakes.append(self._document.mistake_of_name(message, *path))

    def _sayer(self, *place: str) -> Say:
        return lambda message, *path: self._say(message, *place, *path)

    def _column(self, header: str, spec: str | ColumnSection) -> MappedColumn:
        if spec == IGNORE:
            return MappedColumn(header, (), ())
        section = ColumnSection(field=spec) if isinstance(spec, str) else spec
        codes = [section.field] if isinstance(section.field, str) else section.field
        place = ("columns", header)
        if not codes:
            self._say(
                tr("the column {header} names no field: write a code, or ignore", header=header),
                *place,
            )
        rules: list[FieldRule] = []
        for code in codes:
            if code.casefold() == IGNORE:
                self._say(
                    tr("to leave the column out, write {header}: ignore", header=header), *place
                )
                continue
            required = section.required
            rule = self._rule(code, header, section, place, required=required)
            if rule is not None:
                rules.append(rule)
        rules += self._extension(rules, section, place)
        return MappedColumn(header, tuple(section.aliases), tuple(rules))

    def _rule(
        self,
        code: str,
        column: str,
        section: OptionsSection,
        place: tuple[str, str],
        *,
        required: bool = False,
    ) -> FieldRule | None:
        """Make a field's rule; None where what is wrong is said already."""
        written = ("field",) if place[0] == "columns" else ()
        fact = self._fact(code, *place, *written)
        if fact is None:
            if section.type not in {None, ValueType.CONSENT} and place not in self._unsound:
                make_rule(FieldFact(code, FieldRole.DATA), column, section, self._sayer(*place))
            return None
        self._has_key = self._has_key or (fact.role is FieldRole.KEY and place[0] == "columns")
        if fact.role is FieldRole.CONSENT_DATE:
            self._consent_dates[fact.consent] = code
        if place in self._unsound:
            return None
        token = self._content.clear_token
        return make_rule(
            fact, column, section, self._sayer(*place), required=required, clear_token=token
        )

    def _extension(
        self, phones: Sequence[FieldRule], section: OptionsSection, place: tuple[str, str]
    ) -> list[FieldRule]:
        """Make the rule of the field that takes the phone's extension, if one is named."""
        code = section.extension_field
        if code is None or not phones or phones[0].type is not ValueType.PHONE:
            return []
        fact = self._fact(code, *place, "extension_field")
        if fact is None:
            return []
        if fact.role is not FieldRole.DATA:
            sentence = tr("an extension cannot go to {code}: name an ordinary field", code=code)
            self._say(sentence, *place, "extension_field")
        return [extension_rule(phones[0], code)]

    def _made(
        self, section: str, code: str, spec: str | ConstantSection | ComputedSection
    ) -> list[MadeField]:
        place = (section, code)
        say = self._sayer(*place)
        recipe = None
        if place not in self._half_said:
            recipe = recipe_of(code, spec, say, constant=section == "constants")
        options = options_of(code, spec, say)
        rule = self._rule(code, code, options, place)
        if rule is None or recipe is None:
            self._has_key = self._has_key or (rule is not None and rule.role is FieldRole.KEY)
            return []
        if not recipe.columns:
            rule = replace(rule, constant=True)
        made = [MadeField(recipe, rule, section)]
        extensions = self._extension([rule], options, place)
        return made + [MadeField(recipe, one, section) for one in extensions]

    def _warn(self, message: str, *path: str) -> None:
        self.warnings.append(str(self._document.mistake(message, *path)))

    def _fact(self, code: str, *path: str) -> FieldFact | None:
        """Look a code up, and refuse to write one field twice."""
        say = self._say if path[0] == "columns" else self._say_of_name
        try:
            fact = self._grammar.fact(code)
        except ValueError as error:
            others = (IGNORE,) if path[0] == "columns" else ()
            hint = meant(code, self._grammar, *others)
            say(tr("{sentence}{hint}", sentence=sentence_of(error), hint=hint), *path)
            self._has_key = self._has_key or code.casefold().startswith("key")
            return None
        earlier = self._written.get(code.casefold())
        if earlier is not None:
            sentence = tr(
                '{code} is written a second time: "{name}" writes it already. Keep one.',
                code=code,
                name=earlier,
            )
            say(sentence, *path)
            return None
        self._written[code.casefold()] = path[1]
        self._written_codes[code] = (path[0], path[1])
        fact = self._as_this_mapping_has_it(fact)
        if spelling := unusual(code, self._grammar):
            self._warn(spelling, *path)
        return fact

    def _as_this_mapping_has_it(self, fact: FieldFact) -> FieldFact:
        """Say of a key that does not find the contact that it is written like a field."""
        consent = self._content.consent
        if fact.always and consent is not None and consent.left_out is not None:
            fact = replace(fact, always=False)
        if fact.role is FieldRole.KEY and self._match not in {None, fact.code}:
            return replace(fact, role=FieldRole.DATA)
        return fact

    def _check_headers(self, columns: tuple[MappedColumn, ...]) -> None:
        owners: dict[str, str] = {}
        for column in columns:
            for name in column.names:
                owner = owners.setdefault(name, column.header)
                if owner != column.header:
                    sentence = tr('the header "{name}" belongs to "{owner}" already: name it once',
                                  name=name, owner=owner)  # fmt: skip
                    self._say_of_name(sentence, "columns", column.header)
